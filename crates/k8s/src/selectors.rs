//! Label selectors, matched as Kubernetes' own libraries match them.

use std::borrow::Cow;

use plimsoll_yaml::{Kind, Node};

use crate::labels::Labels;
use crate::view::{lenient_text, mappings, string, string_node};

/// A label selector: `matchLabels` and `matchExpressions`, or a plain map (Services,
/// ReplicationControllers).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LabelSelector<'a> {
    node: Node<'a>,
    plain: bool,
}

/// Why a selector selects nothing and is refused.
#[derive(Clone, PartialEq, Debug)]
pub struct SelectorError<'a> {
    /// The node that is wrong.
    pub node: Node<'a>,
    /// How.
    pub kind: SelectorErrorKind,
}

/// The ways in which a selector is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SelectorErrorKind {
    /// The operator is none of `In`, `NotIn`, `Exists`, `DoesNotExist`.
    UnknownOperator(String),
    /// `In` or `NotIn` without values.
    NoValues,
    /// `Exists` or `DoesNotExist` with values.
    UnexpectedValues,
    /// A key that no label can have.
    InvalidKey(String),
    /// A value that no label can have.
    InvalidValue(String),
}

impl std::fmt::Display for SelectorErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownOperator(name) => write!(f, "`{name}` is not a label selector operator"),
            Self::NoValues => f.write_str("`In` and `NotIn` need at least one value"),
            Self::UnexpectedValues => f.write_str("`Exists` and `DoesNotExist` take no values"),
            Self::InvalidKey(key) => write!(f, "`{key}` cannot be a label's key"),
            Self::InvalidValue(value) => write!(f, "`{value}` cannot be a label's value"),
        }
    }
}

/// One requirement of a selector.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Requirement<'a> {
    /// The key's node.
    pub key: Node<'a>,
    /// What is asked of the label.
    pub operator: Operator,
    /// Where the values stand: the value of a `matchLabels` entry, or the `values` sequence.
    pub values: Option<Node<'a>>,
}

/// What a requirement asks of a label.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operator {
    /// It has this value (an entry of `matchLabels` or of a plain map).
    Equals,
    /// It has one of these values.
    In,
    /// It is absent or has none of these values.
    NotIn,
    /// It is there.
    Exists,
    /// It is absent.
    DoesNotExist,
}

impl<'a> Requirement<'a> {
    /// The key.
    pub fn key_text(&self) -> Cow<'a, str> {
        self.key.text().unwrap_or_default()
    }

    /// The values.
    pub fn value_texts(&self) -> Vec<Cow<'a, str>> {
        let Some(node) = self.values else {
            return Vec::new();
        };
        match node.kind() {
            Kind::Sequence => node
                .items()
                .filter_map(|item| lenient_text(item.resolve()))
                .collect(),
            _ => lenient_text(node).into_iter().collect(),
        }
    }

    /// Whether labels meet it.
    pub fn matches(&self, labels: Labels<'_>) -> bool {
        let label = labels.get(&self.key_text());
        match (self.operator, label) {
            (Operator::Exists, label) => label.is_some(),
            (Operator::DoesNotExist, label) => label.is_none(),
            (Operator::Equals | Operator::In, Some(label)) => self.has_value(&label),
            (Operator::Equals | Operator::In, None) => false,
            (Operator::NotIn, Some(label)) => !self.has_value(&label),
            (Operator::NotIn, None) => true,
        }
    }

    fn has_value(&self, text: &str) -> bool {
        let is_text = |node| lenient_text(node).is_some_and(|value| value == text);
        self.values.is_some_and(|node| match node.kind() {
            Kind::Sequence => node.items().any(|item| is_text(item.resolve())),
            _ => is_text(node),
        })
    }
}

impl<'a> LabelSelector<'a> {
    /// The view of a mapping with `matchLabels` and `matchExpressions`.
    pub fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        (node.kind() == Kind::Mapping).then_some(Self { node, plain: false })
    }

    /// The view of a plain map from key to value.
    pub fn from_map(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        (node.kind() == Kind::Mapping).then_some(Self { node, plain: true })
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Whether it asks for nothing. An empty label selector selects everything; an empty map in
    /// a Service selects nothing, because nobody selects for it.
    pub fn is_empty(self) -> bool {
        self.match_labels().is_empty()
            && (self.plain || mappings(self.node, "matchExpressions").next().is_none())
    }

    /// The plain map, or `matchLabels`.
    pub fn match_labels(self) -> Labels<'a> {
        Labels::new(if self.plain {
            Some(self.node)
        } else {
            self.node.get("matchLabels")
        })
    }

    /// Its requirements, or what is wrong with it, in the order written.
    pub fn requirements(self) -> Result<Vec<Requirement<'a>>, SelectorError<'a>> {
        self.each().collect()
    }

    fn each(self) -> impl Iterator<Item = Result<Requirement<'a>, SelectorError<'a>>> {
        let labels = self.match_labels();
        // Of a key that is written twice one counts, here as among the labels of pods.
        let counts = move |(key, value): &(Node<'a>, Node<'a>)| {
            let key = key.as_str().unwrap_or_default();
            let chosen = labels.value_node(&key);
            chosen.is_none_or(|node| node.resolve().range() == value.resolve().range())
        };
        let labels = labels.nodes().filter(counts).map(move |(key, value)| {
            let requirement = Requirement {
                key,
                operator: Operator::Equals,
                values: Some(value),
            };
            // A plain map is taken as it is: what it selects by was validated with the object.
            if !self.plain {
                check(&requirement)?;
            }
            Ok(requirement)
        });
        let expressions = (!self.plain).then(|| mappings(self.node, "matchExpressions"));
        labels.chain(expressions.into_iter().flatten().map(requirement))
    }

    /// Whether it selects these labels; `false` for a selector that is wrong.
    pub fn matches(self, labels: Labels<'_>) -> bool {
        // The first requirement that is wrong or not met decides.
        self.each()
            .all(|one| one.is_ok_and(|one| one.matches(labels)))
    }

    /// The requirements that these labels do not meet.
    pub fn unmet(self, labels: Labels<'_>) -> Vec<Requirement<'a>> {
        let mut all = self.requirements().unwrap_or_default();
        all.retain(|one| !one.matches(labels));
        all
    }
}

fn requirement(node: Node<'_>) -> Result<Requirement<'_>, SelectorError<'_>> {
    let operator_node = string_node(node, "operator");
    let name = operator_node.and_then(Node::as_str).unwrap_or_default();
    let operator = match &*name {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        _ => {
            return Err(SelectorError {
                node: operator_node.unwrap_or(node),
                kind: SelectorErrorKind::UnknownOperator(name.into_owned()),
            });
        }
    };
    let Some(key) = string_node(node, "key") else {
        let kind = SelectorErrorKind::InvalidKey(string(node, "key").unwrap_or_default().into());
        return Err(SelectorError { node, kind });
    };
    let values = node
        .present("values")
        .filter(|values| values.kind() == Kind::Sequence);
    let requirement = Requirement {
        key,
        operator,
        values,
    };
    check(&requirement)?;
    Ok(requirement)
}

fn check<'a>(requirement: &Requirement<'a>) -> Result<(), SelectorError<'a>> {
    let wrong = |node: Node<'a>, kind| Err(SelectorError { node, kind });
    let key = requirement.key_text();
    if !is_label_key(&key) {
        return wrong(
            requirement.key,
            SelectorErrorKind::InvalidKey(key.into_owned()),
        );
    }
    let values = requirement.value_texts();
    let place = requirement.values.unwrap_or(requirement.key);
    match requirement.operator {
        Operator::In | Operator::NotIn if values.is_empty() => {
            return wrong(place, SelectorErrorKind::NoValues);
        }
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            return wrong(place, SelectorErrorKind::UnexpectedValues);
        }
        _ => {}
    }
    match values.into_iter().find(|value| !is_label_value(value)) {
        Some(value) => wrong(place, SelectorErrorKind::InvalidValue(value.into_owned())),
        None => Ok(()),
    }
}

/// Whether a label may have this key: an optional DNS subdomain and `/`, then a name of at most
/// 63 letters, digits, `-`, `_` and `.` that begins and ends with a letter or digit.
pub fn is_label_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    prefix.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

/// Whether a label may have this value: empty, or like a key's name.
pub fn is_label_value(value: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    value.is_empty()
        || bytes.len() <= 63
            && edge(bytes.first())
            && edge(bytes.last())
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether this is a lower-case DNS subdomain of at most 253 bytes.
pub fn is_dns_subdomain(text: &str) -> bool {
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        bytes.first().is_some_and(inner)
            && bytes.last().is_some_and(inner)
            && bytes.iter().all(|b| inner(b) || *b == b'-')
    };
    text.len() <= 253 && text.split('.').all(part)
}
