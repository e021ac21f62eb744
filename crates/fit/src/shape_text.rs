//! Shapes of nodes as they are written: in a flag, or in a file.

use std::collections::BTreeMap;

use plimsoll_k8s::Quantity;
use plimsoll_yaml::{Dialect, Document, Kind, Node as Yaml, parse};

use crate::node::{Node, Taint};
use crate::read::entries;
use crate::resources::Resources;
use crate::shapes::{MOST_NODES, Shape};

/// What is wrong with a shape.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ShapeError {
    /// A part says nothing that is known.
    #[error("`{0}` is none of the parts that a shape is made of")]
    Part(String),
    /// An amount is none.
    #[error("`{text}` is no amount of {what}")]
    Amount {
        /// Of what.
        what: String,
        /// What is written.
        text: String,
    },
    /// Something that every node has is not said.
    #[error("the shape does not say how much {0} a node has")]
    Lacks(&'static str),
    /// There are none or too many.
    #[error("`{0}` is no number of nodes from 1 to {MOST_NODES}")]
    Count(String),
    /// A taint is none.
    #[error("`{0}` is no taint: write KEY=VALUE:EFFECT")]
    Taint(String),
}

/// What is wrong with a file of shapes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ShapesError {
    /// It is no YAML.
    #[error("{message}")]
    Syntax {
        /// Where, in bytes.
        offset: u32,
        /// What.
        message: String,
    },
    /// It is no list of shapes.
    #[error("a list of shapes is expected, each a mapping with `name`, `cpu` and `memory`")]
    NoList {
        /// Where, in bytes.
        offset: u32,
    },
    /// A shape is none.
    #[error("{error}")]
    Shape {
        /// Where, in bytes.
        offset: u32,
        /// What.
        #[source]
        error: ShapeError,
    },
}

impl ShapesError {
    /// Where it is wrong, in bytes.
    pub fn offset(&self) -> u32 {
        match self {
            Self::Syntax { offset, .. } | Self::NoList { offset } | Self::Shape { offset, .. } => {
                *offset
            }
        }
    }
}

/// The pods that a node holds unless the shape says otherwise: the kubelet's default.
const PODS: i64 = 110;

/// Storage of which there is always enough, in bytes, and little enough to be added up.
const ENOUGH: i64 = 1 << 48;

/// A shape in the making.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    amounts: BTreeMap<String, Quantity>,
    zones: Vec<String>,
    price: Option<f64>,
    labels: BTreeMap<String, String>,
    taints: Vec<Taint>,
}

impl Draft {
    fn amount(&mut self, what: &str, resource: &str, text: &str) -> Result<(), ShapeError> {
        let quantity = Quantity::parse(text.trim()).ok();
        let quantity = quantity.filter(|quantity| !quantity.is_negative());
        let quantity = quantity.ok_or_else(|| ShapeError::Amount {
            what: what.to_owned(),
            text: text.to_owned(),
        })?;
        self.amounts.insert(resource.to_owned(), quantity);
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), ShapeError> {
        match key {
            "name" => self.name = Some(value.to_owned()),
            "cpu" => self.amount("CPU", "cpu", value)?,
            "memory" => self.amount("memory", "memory", value)?,
            "storage" => self.amount("storage", "ephemeral-storage", value)?,
            "pods" => self.amount("pods", "pods", value)?,
            "zone" | "zones" => {
                let zones = value.split(['+', '|']).filter(|zone| !zone.is_empty());
                self.zones.extend(zones.map(str::to_owned));
            }
            "price" => {
                let price = value.parse::<f64>().ok();
                let price = price.filter(|price| price.is_finite() && *price >= 0.0);
                self.price = Some(price.ok_or_else(|| ShapeError::Amount {
                    what: "money".to_owned(),
                    text: value.to_owned(),
                })?);
            }
            "arch" => {
                self.labels
                    .insert("kubernetes.io/arch".to_owned(), value.to_owned());
            }
            _ => return Err(ShapeError::Part(format!("{key}={value}"))),
        }
        Ok(())
    }

    fn taint(&mut self, text: &str) -> Result<(), ShapeError> {
        let parts = text.rsplit_once(':').filter(|(_, effect)| {
            matches!(*effect, "NoSchedule" | "NoExecute" | "PreferNoSchedule")
        });
        let (pair, effect) = parts.ok_or_else(|| ShapeError::Taint(text.to_owned()))?;
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        self.taints.push(Taint {
            key: key.to_owned(),
            value: value.to_owned(),
            effect: effect.to_owned(),
        });
        Ok(())
    }

    fn done(mut self) -> Result<Shape, ShapeError> {
        let cpu = self.amounts.get("cpu").ok_or(ShapeError::Lacks("CPU"))?;
        let memory = self.amounts.get("memory");
        let memory = memory.ok_or(ShapeError::Lacks("memory"))?;
        let name = self.name.unwrap_or_else(|| {
            let text = format!("{cpu}cpu-{memory}").to_lowercase();
            text.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
        });
        let fixed = [
            ("kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", "amd64"),
            ("node.kubernetes.io/instance-type", name.as_str()),
        ];
        for (key, value) in fixed {
            let value = || value.to_owned();
            self.labels.entry(key.to_owned()).or_insert_with(value);
        }
        let pods = self.amounts.get("pods").map_or(PODS, |pods| pods.value());
        let amounts = self.amounts.iter();
        let mut allocatable = Resources::of(amounts.map(|(name, amount)| (name.as_str(), *amount)));
        if !self.amounts.contains_key("ephemeral-storage") {
            // Nothing is said of it, and a pod must not wait for want of a word.
            allocatable.ephemeral_storage = ENOUGH;
        }
        Ok(Shape {
            node: Node {
                name: name.clone(),
                labels: self.labels,
                taints: self.taints,
                allocatable,
                pods,
                price: self.price,
                ..Node::default()
            },
            name,
            zones: self.zones,
        })
    }
}

impl Shape {
    /// A shape in a flag, with how many nodes there are of it: `8x4cpu,16Gi,zone=a,price=0.2`.
    ///
    /// # Errors
    ///
    /// The part that says nothing.
    pub fn parse(text: &str) -> Result<(usize, Self), ShapeError> {
        let (count, rest) = counted(text)?;
        let mut draft = Draft::default();
        for part in rest.split(',').map(str::trim) {
            let prefixed = part
                .split_once(':')
                .filter(|(prefix, _)| matches!(*prefix, "label" | "taint" | "resource"));
            if let Some((prefix, rest)) = prefixed {
                let pair = rest.split_once('=');
                match (prefix, pair) {
                    ("taint", _) => draft.taint(rest)?,
                    ("label", Some((key, value))) => {
                        draft.labels.insert(key.to_owned(), value.to_owned());
                    }
                    ("resource", Some((key, value))) => draft.amount(key, key, value)?,
                    _ => return Err(ShapeError::Part(part.to_owned())),
                }
            } else if let Some((key, value)) = part.split_once('=') {
                draft.set(key.trim(), value.trim())?;
            } else if let Some(cpu) = part.strip_suffix("cpu") {
                draft.amount("CPU", "cpu", cpu)?;
            } else if part.starts_with(|c: char| c.is_ascii_digit()) {
                draft.amount("memory", "memory", part)?;
            } else {
                return Err(ShapeError::Part(part.to_owned()));
            }
        }
        Ok((count, draft.done()?))
    }

    /// The shapes of a file: a YAML list of mappings, or a mapping with such a list under `shapes`.
    ///
    /// # Errors
    ///
    /// What is wrong first, with its place.
    pub fn read(text: &str) -> Result<Vec<Self>, ShapesError> {
        let tree = parse(text, Dialect::GoV2);
        if let Some(error) = tree.errors().first() {
            return Err(ShapesError::Syntax {
                offset: error.range.start,
                message: error.message.clone(),
            });
        }
        let root = tree.documents().next().and_then(Document::root);
        let root = root.ok_or(ShapesError::NoList { offset: 0 })?.resolve();
        let list = root.get("shapes").map_or(root, Yaml::resolve);
        if list.kind() != Kind::Sequence || list.is_empty() {
            let offset = list.range().start;
            return Err(ShapesError::NoList { offset });
        }
        list.items().map(Yaml::resolve).map(of_mapping).collect()
    }
}

fn of_mapping(node: Yaml<'_>) -> Result<Shape, ShapesError> {
    let offset = node.range().start;
    if node.kind() != Kind::Mapping {
        return Err(ShapesError::NoList { offset });
    }
    let mut draft = Draft::default();
    for entry in node.merged_entries() {
        let offset = entry.key.range().start;
        let at = |error| ShapesError::Shape { offset, error };
        let key = entry.key.text().unwrap_or_default();
        let value = entry.value.resolve();
        let unknown = || at(ShapeError::Part(key.clone().into_owned()));
        match (&*key, value.kind()) {
            ("labels", Kind::Mapping) => draft.labels.extend(entries(value)),
            ("resources", Kind::Mapping) => {
                for (name, text) in entries(value) {
                    draft.amount(&name, &name, &text).map_err(at)?;
                }
            }
            ("taints" | "zones", Kind::Sequence) => {
                for text in value.items().filter_map(|item| item.resolve().text()) {
                    if key == "taints" {
                        draft.taint(&text).map_err(at)?;
                    } else {
                        draft.zones.push(text.into_owned());
                    }
                }
            }
            (key, Kind::Scalar) => {
                let text = value.text().unwrap_or_default();
                draft.set(key, &text).map_err(at)?;
            }
            _ => return Err(unknown()),
        }
    }
    draft
        .done()
        .map_err(|error| ShapesError::Shape { offset, error })
}

/// How many there are, and the rest: `8x4cpu` and `8×4cpu` are eight.
fn counted(text: &str) -> Result<(usize, &str), ShapeError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let Some(rest) = rest.strip_prefix(['x', '×']) else {
        return Ok((1, text));
    };
    let count = number.parse().ok();
    let count = count.filter(|count| (1..=MOST_NODES).contains(count));
    let count = count.ok_or_else(|| ShapeError::Count(number.to_owned()))?;
    Ok((count, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_says_all_of_it() {
        let text = "8x4cpu,16Gi,zone=a+b,price=0.2,taint:spot=true:NoSchedule,\
                    label:pool=web,resource:nvidia.com/gpu=2,pods=58";
        let (count, shape) = Shape::parse(text).unwrap();
        assert_eq!(count, 8);
        assert_eq!(shape.node.allocatable.milli_cpu, 4000);
        assert_eq!(shape.node.allocatable.memory, 16 << 30);
        assert_eq!(shape.node.allocatable.scalar("nvidia.com/gpu"), 2);
        assert_eq!((shape.node.pods, shape.node.price), (58, Some(0.2)));
        let nodes = shape.nodes(3, 1);
        assert_eq!(nodes[2].name, "4cpu-16gi-3");
        assert_eq!(nodes[1].zone(), Some("b"));
        assert_eq!(nodes[2].zone(), Some("a"));
        assert_eq!(nodes[0].labels["pool"], "web");
        assert_eq!(nodes[0].taints[0].effect, "NoSchedule");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| Shape::parse(text).unwrap_err().to_string();
        assert_eq!(
            error("16Gi"),
            "the shape does not say how much CPU a node has"
        );
        assert_eq!(
            error("4cpu"),
            "the shape does not say how much memory a node has"
        );
        assert_eq!(error("4cpu,16GB"), "`16GB` is no amount of memory");
        assert_eq!(
            error("0x4cpu,1Gi"),
            "`0` is no number of nodes from 1 to 5000"
        );
        assert_eq!(
            error("4cpu,1Gi,size=big"),
            "`size=big` is none of the parts that a shape is made of"
        );
        assert_eq!(
            error("4cpu,1Gi,taint:a=b:Never"),
            "`a=b:Never` is no taint: write KEY=VALUE:EFFECT"
        );
        assert_eq!(error("4cpu,1Gi,price=-1"), "`-1` is no amount of money");
    }

    #[test]
    fn a_file_is_a_list() {
        let text = "shapes:\n- {name: small, cpu: 2, memory: 8Gi, price: 0.1, zones: [a, b]}\n\
                    - {name: gpu, cpu: 8, memory: 32Gi, resources: {nvidia.com/gpu: 1}}\n";
        let shapes = Shape::read(text).unwrap();
        assert_eq!(shapes.len(), 2);
        assert_eq!(shapes[0].zones, ["a", "b"]);
        assert_eq!(shapes[1].node.allocatable.scalar("nvidia.com/gpu"), 1);
        let wrong = "- name: small\n  cpu: 2\n  memory: lots\n";
        let error = Shape::read(wrong).unwrap_err();
        assert_eq!(error.offset(), 25);
        assert_eq!(error.to_string(), "`lots` is no amount of memory");
        assert!(matches!(
            Shape::read("a: b"),
            Err(ShapesError::NoList { .. })
        ));
        assert!(Shape::read("").is_err());
    }
}
