//! Reading fields of mappings the way a decoder into a struct does, but without failing.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Kind, Node, Scalar};

/// A value with Kubernetes' default applied, and where it was written if it was.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Setting<'a, T> {
    /// The value in force.
    pub value: T,
    /// The node that says so; `None` when the default is in force.
    pub node: Option<Node<'a>>,
}

impl<'a, T> Setting<'a, T> {
    /// A value that nothing in the file says.
    pub const fn default_of(value: T) -> Self {
        Self { value, node: None }
    }

    /// A value that `node` says.
    pub const fn written(value: T, node: Node<'a>) -> Self {
        Self {
            value,
            node: Some(node),
        }
    }

    /// Whether the file says it.
    pub const fn is_written(&self) -> bool {
        self.node.is_some()
    }

    /// The place of the value, or `otherwise` where the default is in force.
    pub fn range_or(&self, otherwise: TextRange) -> TextRange {
        self.node.map_or(otherwise, Node::range)
    }
}

/// The mapping under `key`.
pub(crate) fn mapping<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.get(key).filter(|value| value.kind() == Kind::Mapping)
}

/// The mapping along `path`.
pub(crate) fn mapping_at<'a>(node: Node<'a>, path: &[&str]) -> Option<Node<'a>> {
    path.iter().try_fold(node, |node, key| mapping(node, key))
}

/// The sequence under `key`.
pub(crate) fn sequence<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.get(key).filter(|value| value.kind() == Kind::Sequence)
}

/// The items of the sequence under `key`, aliases followed.
pub(crate) fn items<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    sequence(node, key)
        .into_iter()
        .flat_map(Node::items)
        .map(Node::resolve)
}

/// The most containers, volumes, ports and mounts of one list that are looked at. No pod comes
/// near it, and rules look up each mount among all volumes.
const MAX_LISTED: usize = 512;

/// The items of the sequence under `key` that are mappings, as many as a pod can have.
pub(crate) fn listed<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    mappings(node, key).take(MAX_LISTED)
}

/// The items of the sequence under `key` that are mappings.
pub(crate) fn mappings<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    items(node, key).filter(|item| item.kind() == Kind::Mapping)
}

/// The items of the sequence under `key` that are strings.
pub(crate) fn strings<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    items(node, key).filter(|item| item.as_str().is_some())
}

/// The node under `key` if it is a string.
pub(crate) fn string_node<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.get(key).filter(|value| value.as_str().is_some())
}

/// The string under `key`.
pub(crate) fn string<'a>(node: Node<'a>, key: &str) -> Option<Cow<'a, str>> {
    node.get(key)?.as_str()
}

/// The boolean under `key` with its node.
pub(crate) fn boolean<'a>(node: Node<'a>, key: &str) -> Option<(bool, Node<'a>)> {
    let value = node.get(key)?;
    Some((value.as_bool()?, value))
}

/// The integer under `key` with its node.
pub(crate) fn integer<'a>(node: Node<'a>, key: &str) -> Option<(i64, Node<'a>)> {
    let value = node.get(key)?;
    Some((value.as_int()?, value))
}

/// The integer under `key`, or the default.
pub(crate) fn integer_or<'a>(node: Node<'a>, key: &str, default: i64) -> Setting<'a, i64> {
    match integer(node, key) {
        Some((value, node)) => Setting::written(value, node),
        None => Setting::default_of(default),
    }
}

/// The boolean under `key`, or the default.
pub(crate) fn boolean_or<'a>(node: Node<'a>, key: &str, default: bool) -> Setting<'a, bool> {
    match boolean(node, key) {
        Some((value, node)) => Setting::written(value, node),
        None => Setting::default_of(default),
    }
}

/// The string under `key`, or the default. An empty string counts as absent, as it does for
/// every Kubernetes field that has a default.
pub(crate) fn string_or<'a>(
    node: Node<'a>,
    key: &str,
    default: &'static str,
) -> Setting<'a, Cow<'a, str>> {
    match string_node(node, key).and_then(|node| Some((node.as_str()?, node))) {
        Some((text, node)) if !text.is_empty() => Setting::written(text, node),
        _ => Setting::default_of(Cow::Borrowed(default)),
    }
}

/// A short place that stands for a whole mapping: the first of these entries that is there and
/// short, else the first key, else the start.
pub(crate) fn head(node: Node<'_>, keys: &[&str]) -> TextRange {
    let named = keys.iter().find_map(|key| {
        let entry = node.entry(key)?;
        Some(if entry.value.kind() == Kind::Scalar {
            entry.range()
        } else {
            entry.key.range()
        })
    });
    named
        .or_else(|| Some(node.entries().next()?.key.range()))
        .unwrap_or_else(|| TextRange::empty(node.range().start))
}

/// A scalar's text as a string map holds it: null is the empty string. Numbers and booleans give
/// their text: the API server refuses them, but nothing else follows from that.
pub(crate) fn lenient_text(node: Node<'_>) -> Option<Cow<'_, str>> {
    match node.scalar()? {
        Scalar::Null => Some(Cow::Borrowed("")),
        Scalar::Str(text) => Some(text),
        _ => node.text(),
    }
}
