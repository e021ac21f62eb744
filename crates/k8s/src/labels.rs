//! Maps from string to string: labels, annotations, string selectors.

use std::borrow::Cow;

use plimsoll_yaml::{Kind, Node};

use crate::view::lenient_text;

/// A map from string to string as it stands in the file. An absent one is empty.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Labels<'a> {
    node: Option<Node<'a>>,
}

impl<'a> Labels<'a> {
    /// The view of a node; anything but a mapping is an empty map.
    pub fn new(node: Option<Node<'a>>) -> Self {
        Self {
            node: node
                .map(Node::resolve)
                .filter(|node| node.kind() == Kind::Mapping),
        }
    }

    /// The mapping, if there is one.
    pub fn node(self) -> Option<Node<'a>> {
        self.node
    }

    /// The value under `key`. Unquoted numbers and booleans give their text: the API server
    /// refuses them, which is a finding of its own.
    pub fn get(self, key: &str) -> Option<Cow<'a, str>> {
        self.value_node(key).and_then(lenient_text)
    }

    /// The node of the value under `key`.
    pub fn value_node(self, key: &str) -> Option<Node<'a>> {
        self.node?.get(key)
    }

    /// Whether the key is there.
    pub fn contains(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Key and value nodes, merges applied; entries whose value is no scalar are left out.
    pub fn nodes(self) -> impl Iterator<Item = (Node<'a>, Node<'a>)> {
        self.node
            .into_iter()
            .flat_map(Node::merged_entries)
            .map(|entry| (entry.key, entry.value.resolve()))
            .filter(|(key, value)| key.kind() == Kind::Scalar && value.kind() == Kind::Scalar)
    }

    /// Keys and values.
    pub fn iter(self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.nodes()
            .filter_map(|(key, value)| Some((key.text()?, lenient_text(value)?)))
    }

    /// Whether there is no entry.
    pub fn is_empty(self) -> bool {
        self.nodes().next().is_none()
    }
}
