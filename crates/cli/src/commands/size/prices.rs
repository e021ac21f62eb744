//! What a core and a GiB cost in an hour: from flags, from what nodes cost, or from OpenCost's
//! series in a Prometheus server.

use plimsoll_fit::{Node, Shape};

use crate::failure::Failure;

/// The hours of a month, on average.
const MONTH_HOURS: f64 = 730.0;
/// The bytes of a GiB.
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
/// A core costs as much as so many GiB where only the whole node has a price: about what the large
/// clouds ask for machines whose parts are sold apart, and what OpenCost assumes by default.
const CORE_IN_GIB: f64 = 7.5;
/// Labels with the type of a node's machine: today's, and the one before it.
const TYPE_LABELS: [&str; 2] = [
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
];

/// What an hour costs.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Prices {
    pub(super) core: f64,
    pub(super) gib: f64,
    pub(super) source: Source,
}

/// Who says what an hour costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Source {
    /// Whoever called.
    #[default]
    Flags,
    /// The prices of whole nodes, divided.
    Nodes,
    /// OpenCost.
    OpenCost,
}

impl Prices {
    pub(super) fn is_known(self) -> bool {
        self.core > 0.0 || self.gib > 0.0
    }

    /// What cores and bytes that are idle cost in a month.
    pub(super) fn month(self, cores: f64, bytes: f64) -> f64 {
        (cores * self.core + bytes / GIB * self.gib) * MONTH_HOURS
    }

    /// What the parts of nodes cost whose price is known; `None` where none is.
    pub(super) fn of_nodes(nodes: &[Node]) -> Option<Self> {
        let (mut price, mut parts) = (0.0, 0.0);
        for node in nodes {
            let Some(one) = node.price else { continue };
            price += one;
            let cores = node.allocatable.milli_cpu as f64 / 1000.0;
            parts += cores * CORE_IN_GIB + node.allocatable.memory as f64 / GIB;
        }
        (price > 0.0 && parts > 0.0).then(|| Self {
            core: price / parts * CORE_IN_GIB,
            gib: price / parts,
            source: Source::Nodes,
        })
    }

    /// The same of a shape.
    pub(super) fn of_shape(shape: &Shape) -> Option<Self> {
        Self::of_nodes(&shape.nodes(1, 1))
    }

    /// Where they come from, where that was not said with a flag.
    pub(super) fn words(self) -> Option<String> {
        let from = match self.source {
            Source::Flags => return None,
            Source::Nodes => {
                format!("the price of nodes, a core taken for {CORE_IN_GIB} GiB")
            }
            Source::OpenCost => "OpenCost".to_owned(),
        };
        Some(format!(
            "prices an hour: {:.4} a core and {:.4} a GiB, from {from}",
            self.core, self.gib
        ))
    }
}

impl Source {
    /// As programs read it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flags => "flags",
            Self::Nodes => "nodes",
            Self::OpenCost => "opencost",
        }
    }
}

/// `TYPE=PRICE`.
pub(super) fn node_price(text: &str) -> Result<(String, f64), String> {
    let (name, price) = text
        .rsplit_once('=')
        .ok_or("expected TYPE=PRICE, such as `m5.large=0.107`")?;
    match price.parse::<f64>() {
        Ok(price) if price.is_finite() && price >= 0.0 && !name.is_empty() => {
            Ok((name.to_owned(), price))
        }
        _ => Err(format!(
            "expected a price an hour after `{name}=`, such as `0.107`"
        )),
    }
}

/// Gives each node the price of its machine's type.
///
/// # Errors
///
/// A type that no node has, which is a slip.
pub(super) fn apply(prices: &[(String, f64)], nodes: &mut [Node]) -> Result<(), Failure> {
    for (name, price) in prices {
        let mut is_any = false;
        for node in nodes.iter_mut().filter(|node| type_of(node) == Some(name)) {
            node.price = Some(*price);
            is_any = true;
        }
        if !is_any {
            let mut known: Vec<&str> = nodes.iter().filter_map(type_of).collect();
            known.sort_unstable();
            known.dedup();
            known.truncate(10);
            let failure = Failure::user(format!("no node is of the type `{name}`"));
            return Err(failure.help(match &*known {
                [] => format!("the nodes have no label `{}`", TYPE_LABELS[0]),
                known => format!("there are `{}`", known.join("`, `")),
            }));
        }
    }
    Ok(())
}

fn type_of(node: &Node) -> Option<&str> {
    TYPE_LABELS
        .iter()
        .find_map(|label| node.labels.get(*label))
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_fit::Resources;

    fn node(kind: &str, cores: i64, gib: i64) -> Node {
        let labels = [(TYPE_LABELS[0].to_owned(), kind.to_owned())];
        Node {
            name: kind.to_owned(),
            labels: labels.into_iter().collect(),
            allocatable: Resources {
                milli_cpu: cores * 1000,
                memory: gib << 30,
                ..Resources::default()
            },
            ..Node::default()
        }
    }

    #[test]
    fn the_parts_of_nodes_cost_what_the_nodes_do() {
        let mut nodes = [
            node("large", 4, 16),
            node("small", 2, 4),
            node("free", 8, 64),
        ];
        apply(&[("large".into(), 0.2), ("small".into(), 0.08)], &mut nodes)
            .expect("they are there");
        let prices = Prices::of_nodes(&nodes).expect("known");
        let whole = 6.0 * prices.core + 20.0 * prices.gib;
        assert!((whole - 0.28).abs() < 1e-9, "{prices:?}");
        assert!((prices.core / prices.gib - CORE_IN_GIB).abs() < 1e-9);
        assert_eq!(Prices::of_nodes(&nodes[2..]), None);
    }

    #[test]
    fn a_type_that_no_node_has_is_a_slip() {
        let mut nodes = [node("large", 4, 16)];
        let failure = apply(&[("lagre".into(), 0.2)], &mut nodes).expect_err("none");
        assert!(format!("{failure:?}").contains("large"), "{failure:?}");
    }

    #[test]
    fn prices_of_types_are_read() {
        assert_eq!(node_price("m5.large=0.1"), Ok(("m5.large".to_owned(), 0.1)));
        for text in ["m5.large", "m5.large=", "=1", "a=-1", "a=inf", "a=b"] {
            assert!(node_price(text).is_err(), "{text}");
        }
    }
}
