//! Reading YAML the way a decoder into a struct does, without failing.

use plimsoll_yaml::{Kind, Node};

use crate::selector::Labels;

/// The items of a sequence that are no nulls; none where there is another thing.
pub(crate) fn items<'a>(
    node: Option<Node<'a>>,
    key: &str,
) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let list = node.and_then(|node| node.get(key)).map(Node::resolve);
    list.filter(|list| list.kind() == Kind::Sequence)
        .into_iter()
        .flat_map(|list| list.items().map(Node::resolve))
        .filter(|item| !item.is_null())
}

/// Keys and texts of a mapping.
pub(crate) fn entries(node: Node<'_>) -> impl Iterator<Item = (String, String)> {
    let mapping = node.resolve();
    let mapping = (mapping.kind() == Kind::Mapping).then_some(mapping);
    mapping
        .into_iter()
        .flat_map(Node::merged_entries)
        .filter_map(|entry| {
            let value = entry.value.resolve();
            let text = value.text()?.into_owned();
            Some((entry.key.text()?.into_owned(), text))
        })
}

/// A map from string to string.
pub(crate) fn labels(node: Option<Node<'_>>) -> Labels {
    let labels = plimsoll_k8s::Labels::new(node);
    labels
        .iter()
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

/// The text under a key, empty where there is none.
pub(crate) fn string(node: Node<'_>, key: &str) -> String {
    let value = node.get(key).map(Node::resolve);
    value
        .and_then(Node::as_str)
        .unwrap_or_default()
        .into_owned()
}

/// The texts of a sequence.
pub(crate) fn strings(node: Node<'_>, key: &str) -> Vec<String> {
    items(Some(node), key)
        .filter_map(Node::as_str)
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// The number under a key that fits.
pub(crate) fn int(node: Node<'_>, key: &str) -> Option<i32> {
    let value = node.get(key).map(Node::resolve)?.as_int()?;
    i32::try_from(value).ok()
}

/// The mapping under a key.
pub(crate) fn mapping<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    let value = node.get(key)?.resolve();
    (value.kind() == Kind::Mapping).then_some(value)
}

/// What stands under a key, unless it is null.
pub(crate) fn present_or_nothing<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.present(key).map(Node::resolve)
}
