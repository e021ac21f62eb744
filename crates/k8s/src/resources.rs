//! Requests and limits.

use std::borrow::Cow;

use plimsoll_yaml::{Kind, Node, Scalar};

use crate::quantity::{Quantity, QuantityError};
use crate::view::mapping;

/// A quantity as written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Amount<'a> {
    /// The scalar.
    pub node: Node<'a>,
    /// What it means.
    pub quantity: Result<Quantity, QuantityError>,
}

impl<'a> Amount<'a> {
    /// Reads a scalar as the API server does: strings with white space around them cut, numbers
    /// by their JSON text. `None` for null and for collections.
    pub fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        let text = quantity_text(node)?;
        Some(Self {
            node,
            quantity: Quantity::parse(text.trim()),
        })
    }

    /// The quantity, if it is one.
    pub fn value(self) -> Option<Quantity> {
        self.quantity.ok()
    }
}

/// The text that the API server would parse. JSON has one way to write a number, so `0x10` and
/// `1_000` in YAML reach it as `16` and `1000`.
fn quantity_text(node: Node<'_>) -> Option<Cow<'_, str>> {
    Some(match node.scalar()? {
        Scalar::Null => return None,
        Scalar::Str(text) => text,
        Scalar::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Scalar::Int(value) => Cow::Owned(value.to_string()),
        Scalar::UInt(value) => Cow::Owned(value.to_string()),
        Scalar::Float(value) => {
            let size = value.abs();
            // The two forms of Go's JSON encoder.
            Cow::Owned(if size != 0.0 && !(1e-6..1e21).contains(&size) {
                format!("{value:e}")
            } else {
                format!("{value}")
            })
        }
    })
}

/// `resources` of a container or of a pod. An absent one is empty.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Resources<'a> {
    node: Option<Node<'a>>,
}

impl<'a> Resources<'a> {
    /// The view of a node; anything but a mapping is empty.
    pub fn new(node: Option<Node<'a>>) -> Self {
        Self {
            node: node
                .map(Node::resolve)
                .filter(|node| node.kind() == Kind::Mapping),
        }
    }

    /// The `resources` mapping, if there is one.
    pub fn node(self) -> Option<Node<'a>> {
        self.node
    }

    /// The `requests` mapping, if there is one.
    pub fn requests_node(self) -> Option<Node<'a>> {
        mapping(self.node?, "requests")
    }

    /// The `limits` mapping, if there is one.
    pub fn limits_node(self) -> Option<Node<'a>> {
        mapping(self.node?, "limits")
    }

    /// The request as written for a resource: `cpu`, `memory`, `ephemeral-storage`, …
    pub fn request(self, resource: &str) -> Option<Amount<'a>> {
        Amount::new(self.requests_node()?.get(resource)?)
    }

    /// The limit as written for a resource.
    pub fn limit(self, resource: &str) -> Option<Amount<'a>> {
        Amount::new(self.limits_node()?.get(resource)?)
    }

    /// The request in force: the one written, else the limit, which the API server copies.
    pub fn effective_request(self, resource: &str) -> Option<Amount<'a>> {
        self.request(resource).or_else(|| self.limit(resource))
    }

    /// All requests as written.
    pub fn requests(self) -> impl Iterator<Item = (Node<'a>, Amount<'a>)> {
        amounts(self.requests_node())
    }

    /// All limits as written.
    pub fn limits(self) -> impl Iterator<Item = (Node<'a>, Amount<'a>)> {
        amounts(self.limits_node())
    }
}

/// The entries of a mapping from resource name to quantity: name node and amount.
pub fn amounts(node: Option<Node<'_>>) -> impl Iterator<Item = (Node<'_>, Amount<'_>)> {
    node.into_iter()
        .flat_map(Node::merged_entries)
        .filter_map(|entry| Some((entry.key, Amount::new(entry.value)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_yaml::{Dialect, parse};

    #[test]
    fn numbers_are_read_by_their_json_text() {
        let tree = parse(
            "limits: {a: 0.5, b: 1e3, c: 0x10, d: 1_000, e: ' 1Gi ', f: true, g: , h: [1]}\n",
            Dialect::GoV2,
        );
        let root = tree
            .documents()
            .next()
            .and_then(plimsoll_yaml::Document::root);
        let resources = Resources::new(root);
        let limit = |name: &str| {
            resources
                .limit(name)
                .map(|amount| amount.quantity.map(|q| q.to_string()))
        };
        assert_eq!(limit("a"), Some(Ok("500m".into())));
        assert_eq!(limit("b"), Some(Ok("1k".into())));
        assert_eq!(limit("c"), Some(Ok("16".into())));
        assert_eq!(limit("d"), Some(Ok("1k".into())));
        assert_eq!(limit("e"), Some(Ok("1Gi".into())));
        assert!(limit("f").is_some_and(|quantity| quantity.is_err()));
        assert_eq!(limit("g"), None);
        assert_eq!(limit("h"), None);
        assert_eq!(limit("absent"), None);
        let request = resources.effective_request("a").expect("from the limit");
        assert_eq!(request.node.source(), "0.5");
        assert_eq!(resources.limits().count(), 6);
    }
}
