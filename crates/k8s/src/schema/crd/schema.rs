//! A structural schema where it stands in its definition.

use plimsoll_yaml::{Kind, Node};

/// A schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema<'s> {
    node: Node<'s>,
}

impl<'s> Schema<'s> {
    pub(super) fn new(node: Node<'s>) -> Self {
        Self {
            node: node.resolve(),
        }
    }

    pub(super) fn word(self, name: &str) -> Option<&'s str> {
        self.node.present(name)?.str()
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.node.get(name).and_then(Node::as_bool) == Some(true)
    }

    pub(super) fn number(self, name: &str) -> Option<f64> {
        match self.node.present(name)?.scalar()? {
            plimsoll_yaml::Scalar::Int(value) => Some(value as f64),
            plimsoll_yaml::Scalar::UInt(value) => Some(value as f64),
            plimsoll_yaml::Scalar::Float(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn count(self, name: &str) -> Option<usize> {
        usize::try_from(self.node.present(name)?.as_int()?).ok()
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.node.get(name).is_some()
    }

    /// A schema under a keyword, such as `items`.
    pub(super) fn inner(self, name: &str) -> Option<Self> {
        let node = self.node.present(name)?;
        (node.kind() == Kind::Mapping).then(|| Self::new(node))
    }

    /// What the server fills in.
    pub(super) fn default_value(self) -> Option<Node<'s>> {
        self.node.present("default").map(Node::resolve)
    }

    /// The schemas of a list, such as `anyOf`.
    pub(super) fn list(self, name: &str) -> Vec<Self> {
        let items = self.node.get(name).into_iter().flat_map(Node::items);
        items.map(Self::new).collect()
    }

    pub(super) fn property(self, name: &str) -> Option<Self> {
        let properties = self.node.present("properties")?;
        properties.get(name).map(Self::new)
    }

    /// The names of the properties.
    pub(super) fn properties(self) -> Vec<&'s str> {
        let properties = self.node.present("properties");
        let entries = properties.into_iter().flat_map(Node::entries);
        entries.filter_map(|entry| entry.key.str()).collect()
    }

    /// The strings of a list, such as `required`.
    pub(super) fn words(self, name: &str) -> Vec<&'s str> {
        let items = self.node.get(name).into_iter().flat_map(Node::items);
        items.filter_map(Node::str).collect()
    }

    /// The values of `enum`.
    pub(super) fn values(self) -> Vec<Node<'s>> {
        let items = self.node.get("enum").into_iter().flat_map(Node::items);
        items.map(Node::resolve).collect()
    }

    /// Whether fields that it does not name are kept.
    pub(super) fn keeps_unknown(self) -> bool {
        self.flag("x-kubernetes-preserve-unknown-fields")
            || self.flag("x-kubernetes-embedded-resource")
            || self.has("additionalProperties")
    }

    pub(super) fn is_int_or_string(self) -> bool {
        self.flag("x-kubernetes-int-or-string")
    }
}
