//! A structural schema where it stands in its definition.

use plimsoll_yaml::{Kind, Node};

/// Keywords that are asked for often and stand in few schemas.
const RARE: [&str; 28] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-preserve-unknown-fields",
];

/// A schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema<'s> {
    node: Node<'s>,
    /// Which of [`RARE`] it has, a bit each: a value is asked about nearly all of them.
    has: u32,
}

/// The bit of a keyword; `None` for those that are always looked up.
fn bit(name: &str) -> Option<u32> {
    let at = RARE.binary_search(&name).ok()?;
    Some(1 << at)
}

impl<'s> Schema<'s> {
    pub(super) fn new(node: Node<'s>) -> Self {
        let node = node.resolve();
        let mut has = 0;
        for entry in node.entries() {
            has |= match entry.key.str() {
                // Another mapping is merged in: it may have any.
                Some("<<") | None => u32::MAX,
                Some(name) => bit(name).unwrap_or(0),
            };
        }
        Self { node, has }
    }

    /// What stands under a keyword.
    fn get(self, name: &str) -> Option<Node<'s>> {
        let may_have = bit(name).is_none_or(|bit| self.has & bit != 0);
        may_have.then(|| self.node.get(name)).flatten()
    }

    /// The same, where it is not null.
    fn present(self, name: &str) -> Option<Node<'s>> {
        self.get(name).filter(|node| !node.is_null())
    }

    pub(super) fn word(self, name: &str) -> Option<&'s str> {
        self.present(name)?.str()
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.get(name).and_then(Node::as_bool) == Some(true)
    }

    pub(super) fn number(self, name: &str) -> Option<f64> {
        match self.present(name)?.scalar()? {
            plimsoll_yaml::Scalar::Int(value) => Some(value as f64),
            plimsoll_yaml::Scalar::UInt(value) => Some(value as f64),
            plimsoll_yaml::Scalar::Float(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn count(self, name: &str) -> Option<usize> {
        usize::try_from(self.present(name)?.as_int()?).ok()
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A schema under a keyword, such as `items`.
    pub(super) fn inner(self, name: &str) -> Option<Self> {
        let node = self.present(name)?;
        (node.kind() == Kind::Mapping).then(|| Self::new(node))
    }

    /// What the server fills in.
    pub(super) fn default_value(self) -> Option<Node<'s>> {
        self.present("default").map(Node::resolve)
    }

    /// The schemas of a list, such as `anyOf`.
    pub(super) fn list(self, name: &str) -> Vec<Self> {
        let items = self.get(name).into_iter().flat_map(Node::items);
        items.map(Self::new).collect()
    }

    pub(super) fn property(self, name: &str) -> Option<Self> {
        let properties = self.present("properties")?;
        properties.get(name).map(Self::new)
    }

    /// The names of the properties.
    pub(super) fn properties(self) -> Vec<&'s str> {
        let properties = self.present("properties");
        let entries = properties.into_iter().flat_map(Node::entries);
        entries.filter_map(|entry| entry.key.str()).collect()
    }

    /// The strings of a list, such as `required`.
    pub(super) fn words(self, name: &str) -> Vec<&'s str> {
        let items = self.get(name).into_iter().flat_map(Node::items);
        items.filter_map(Node::str).collect()
    }

    /// The values of `enum`.
    pub(super) fn values(self) -> Vec<Node<'s>> {
        let items = self.get("enum").into_iter().flat_map(Node::items);
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

#[cfg(test)]
mod tests {
    use super::{RARE, bit};

    #[test]
    fn every_keyword_has_a_bit_of_its_own() {
        assert!(RARE.is_sorted() && RARE.len() <= 32);
        let all = RARE.iter().filter_map(|name| bit(name));
        assert_eq!(all.fold(0, |sum, bit| sum ^ bit).count_ones(), 28);
        assert_eq!(bit("type"), None);
    }
}
