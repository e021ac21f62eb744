//! What pods use now, as `metrics.k8s.io/v1beta1` says it: `PodMetrics`, alone or in a list.
//!
//! CPU is a mean over a window of some seconds, memory the working set at its end. The API gives the
//! same sample until there is a new one.

use std::collections::BTreeMap;

use plimsoll_k8s::Quantity;
use plimsoll_yaml::{Dialect, Kind, Node, Tree, parse};

use super::number::seconds;

/// What a pod used.
#[derive(Clone, PartialEq, Debug)]
pub struct PodMetrics {
    /// The pod's namespace; empty where it is not said.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// When the window ended, in seconds since 1970.
    pub at: f64,
    /// How long it was, in seconds; 0 where it is not said.
    pub window: f64,
    /// The containers with what they used, by resource.
    pub containers: Vec<(String, BTreeMap<String, Quantity>)>,
}

/// What is wrong with an item of the metrics API.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PodMetricsError {
    /// It names no pod.
    #[error("an item names no pod")]
    NoName,
    /// It says no time, as pods themselves do not.
    #[error("the item `{pod}` has no `timestamp`: `kubectl get --raw {PATH}` gives what pods use")]
    NoTime {
        /// The pod.
        pod: String,
    },
    /// An amount that is none.
    #[error("`{text}` is no amount: `{pod}` is said to use so much {resource}")]
    Amount {
        /// The pod.
        pod: String,
        /// The resource.
        resource: String,
        /// The amount's text.
        text: String,
    },
}

/// Where the API server gives what all pods use.
pub const PATH: &str = "/apis/metrics.k8s.io/v1beta1/pods";

impl PodMetrics {
    /// Reads one item.
    ///
    /// # Errors
    ///
    /// See [`PodMetricsError`].
    pub fn of(node: Node<'_>) -> Result<Self, PodMetricsError> {
        let metadata = node.get("metadata").map(Node::resolve);
        let named = |key: &str| string(metadata?, key);
        let pod = named("name").ok_or(PodMetricsError::NoName)?;
        let at = string(node, "timestamp").and_then(|text| seconds(&text));
        let at = at.ok_or_else(|| PodMetricsError::NoTime { pod: pod.clone() })?;
        let containers = node.get("containers").map(Node::resolve);
        let containers = containers.filter(|list| list.kind() == Kind::Sequence);
        let one = |node: Node<'_>| {
            let name = string(node, "name").unwrap_or_default();
            Ok((name, amounts(node.get("usage"), &pod)?))
        };
        let containers = containers.into_iter().flat_map(Node::items);
        let containers = containers.map(|node| one(node.resolve()));
        Ok(Self {
            namespace: named("namespace").unwrap_or_default(),
            at,
            window: string(node, "window").map_or(0.0, |text| duration(&text)),
            containers: containers.collect::<Result<_, _>>()?,
            pod,
        })
    }

    /// Reads one item of a text of its own.
    ///
    /// # Errors
    ///
    /// See [`PodMetricsError`].
    pub fn of_text(text: &str) -> Result<Self, PodMetricsError> {
        let tree = parse(text, Dialect::GoV2);
        let root = tree.documents().find_map(|document| document.root());
        Self::of(root.ok_or(PodMetricsError::NoName)?.resolve())
    }

    /// Reads all items of the documents of a text: of lists, and those that stand alone. Other
    /// objects are passed over.
    ///
    /// # Errors
    ///
    /// See [`PodMetricsError`].
    pub fn all(tree: &Tree) -> Result<Vec<Self>, PodMetricsError> {
        let mut found = Vec::new();
        let roots = tree.documents().filter_map(|document| document.root());
        for root in roots.map(Node::resolve) {
            let kind = string(root, "kind").unwrap_or_default();
            let items = root.get("items").map(Node::resolve);
            match kind.as_str() {
                "PodMetrics" => found.push(Self::of(root)?),
                "PodMetricsList" | "List" => {
                    let items = items.filter(|list| list.kind() == Kind::Sequence);
                    for item in items.into_iter().flat_map(Node::items) {
                        found.push(Self::of(item.resolve())?);
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

fn string(node: Node<'_>, key: &str) -> Option<String> {
    let value = node.get(key).map(Node::resolve)?.as_str()?;
    Some(value.into_owned())
}

fn amounts(
    usage: Option<Node<'_>>,
    pod: &str,
) -> Result<BTreeMap<String, Quantity>, PodMetricsError> {
    let entries = usage.map(Node::resolve).into_iter().flat_map(Node::entries);
    let mut found = BTreeMap::new();
    for entry in entries {
        let (Some(resource), Some(text)) = (entry.key.text(), entry.value.resolve().text()) else {
            continue;
        };
        let amount = Quantity::parse(text.trim()).map_err(|_| PodMetricsError::Amount {
            pod: pod.to_owned(),
            resource: resource.clone().into_owned(),
            text: text.into_owned(),
        })?;
        found.insert(resource.into_owned(), amount);
    }
    Ok(found)
}

/// A duration as Go writes it, such as `1m30.5s`, in seconds; 0 where it is none.
fn duration(text: &str) -> f64 {
    let mut sum = 0.0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let is_digit = |b: u8| b.is_ascii_digit() || b == b'.';
        let end = rest.bytes().position(|b| !is_digit(b));
        let end = end.unwrap_or(rest.len());
        let unit = rest[end..].bytes().position(is_digit);
        let unit = unit.map_or(rest.len(), |at| at + end);
        let scale = match &rest[end..unit] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => 0.0,
        };
        let Ok(number) = rest[..end].parse::<f64>() else {
            return 0.0;
        };
        sum += number * scale;
        rest = &rest[unit..];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{PodMetrics, PodMetricsError, duration};

    #[test]
    fn durations_of_go_are_read() {
        let millis = |text| (duration(text) * 1000.0).round() as i64;
        let found = ["15.06s", "1m0s", "1h2m3.5s", "250ms", "x", "", "1"].map(millis);
        assert_eq!(found, [15_060, 60_000, 3_723_500, 250, 0, 0, 0]);
    }

    #[test]
    fn items_stand_alone_in_lists_and_in_yaml() {
        let item = "kind: PodMetrics\nmetadata: {name: web-1, namespace: shop}\n\
                    timestamp: '2024-05-01T12:00:00Z'\nwindow: 15s\n\
                    containers: [{name: app, usage: {cpu: 250000000n, memory: 20480Ki}}]\n";
        let one = PodMetrics::of_text(item).unwrap();
        assert_eq!((&*one.namespace, &*one.pod), ("shop", "web-1"));
        assert_eq!((one.at as i64, one.window as i64), (1_714_564_800, 15));
        assert_eq!(one.containers[0].1["cpu"].milli_value(), 250);
        let list = format!("kind: Pod\n---\n{item}");
        let tree = plimsoll_yaml::parse(list, plimsoll_yaml::Dialect::GoV2);
        assert_eq!(PodMetrics::all(&tree), Ok(vec![one]));
    }

    #[test]
    fn what_is_wrong_with_an_item_is_said() {
        assert_eq!(PodMetrics::of_text("{}"), Err(PodMetricsError::NoName));
        let words = |text: &str| PodMetrics::of_text(text).unwrap_err().to_string();
        assert!(words("metadata: {name: a}").starts_with("the item `a` has no `timestamp`"));
        let wrong = "{metadata: {name: a}, timestamp: 2024-05-01T12:00:00Z, containers: [{name: b, usage: {cpu: much}}]}";
        assert_eq!(
            words(wrong),
            "`much` is no amount: `a` is said to use so much cpu"
        );
    }
}
