//! Scalars and parts of scalars, and reading fields without failing.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Kind, Node, Scalar};

use crate::interpolation;

/// A scalar of the file, or a part of one, such as the value in `- KEY=value`.
///
/// Its text is what Compose makes of it as a string: `0x10` is `16`. A date keeps the text it is
/// written as, where Compose prints a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Value<'a> {
    node: Node<'a>,
    /// Bytes of the decoded text; `None` for all of it.
    part: Option<(usize, usize)>,
}

impl<'a> Value<'a> {
    /// The view of a scalar that is not null.
    pub fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        match node.scalar() {
            None | Some(Scalar::Null) => None,
            Some(_) => Some(Self { node, part: None }),
        }
    }

    /// The view of a mapping's key, whatever its type.
    pub(crate) fn of_key(node: Node<'a>) -> Self {
        Self { node, part: None }
    }

    /// A part of this value, in bytes of its text. The bounds must be character boundaries.
    pub(crate) fn part(self, start: usize, end: usize) -> Self {
        let base = self.part.map_or(0, |(start, _)| start);
        Self {
            node: self.node,
            part: Some((base + start, base + end)),
        }
    }

    /// The scalar that it is, or is a part of.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Whether it is a part of its scalar only.
    pub fn is_part(self) -> bool {
        self.part.is_some()
    }

    /// The text, variables not replaced.
    pub fn text(self) -> Cow<'a, str> {
        let text = self.node.text().unwrap_or_default();
        match self.part {
            None => match self.node.scalar() {
                Some(Scalar::Int(value)) => printed(value, text),
                Some(Scalar::UInt(value)) => printed(value, text),
                Some(Scalar::Float(value)) if value.is_finite() => printed(float(value), text),
                _ => text,
            },
            Some((start, end)) => match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or("")),
                Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or("").to_owned()),
            },
        }
    }

    /// The bytes in the file; those of a whole quoted scalar include the quotes.
    pub fn range(self) -> TextRange {
        match self.part {
            None => self.node.range(),
            Some((start, end)) => {
                TextRange::new(self.node.source_offset(start), self.node.source_offset(end))
            }
        }
    }

    /// The bytes in the file of a part of the text, such as a variable of
    /// [`interpolation::variables`].
    pub fn range_of(self, part: std::ops::Range<usize>) -> TextRange {
        self.part(part.start, part.end).range()
    }

    /// The text if it has no variable; `$$` is turned into `$`.
    pub fn literal(self) -> Option<Cow<'a, str>> {
        self.replaced(interpolation::literal)
    }

    /// The text that holds when no variable is set; `None` where one without a default decides.
    pub fn with_defaults(self) -> Option<Cow<'a, str>> {
        self.replaced(interpolation::with_defaults)
    }

    /// [`Value::with_defaults`] with each variable that has no default turned into
    /// [`interpolation::UNKNOWN`], so that what does not depend on it can still be read.
    pub fn with_unknowns(self) -> Cow<'a, str> {
        self.replaced(|text| Some(interpolation::with_unknowns(text)))
            .unwrap_or_default()
    }

    fn replaced(self, replace: impl Fn(&str) -> Option<Cow<'_, str>>) -> Option<Cow<'a, str>> {
        match self.text() {
            Cow::Borrowed(text) if !text.contains('$') => Some(Cow::Borrowed(text)),
            text => Some(Cow::Owned(replace(&text)?.into_owned())),
        }
    }
}

/// A number as it is printed, borrowed where it is written so.
fn printed(value: impl std::fmt::Display, written: Cow<'_, str>) -> Cow<'_, str> {
    let printed = value.to_string();
    if printed == written {
        written
    } else {
        Cow::Owned(printed)
    }
}

/// A float as Go prints it: the shortest digits, with an exponent from a million on.
fn float(value: f64) -> String {
    let short = format!("{value:e}");
    let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

/// The mapping under `key`.
pub(crate) fn mapping<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.get(key).filter(|value| value.kind() == Kind::Mapping)
}

/// The items of the sequence under `key`, aliases followed.
pub(crate) fn items<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    node.get(key)
        .filter(|value| value.kind() == Kind::Sequence)
        .into_iter()
        .flat_map(Node::items)
        .map(Node::resolve)
}

/// The scalar under `key`.
pub(crate) fn value<'a>(node: Node<'a>, key: &str) -> Option<Value<'a>> {
    Value::new(node.get(key)?)
}

/// The scalars under `key`: one, or a sequence of them.
pub(crate) fn values<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Value<'a>> + use<'a> {
    value(node, key)
        .into_iter()
        .chain(items(node, key).filter_map(Value::new))
}

/// A boolean as Compose casts it: also from a string, with variables at their defaults.
pub(crate) fn boolean<'a>(node: Node<'a>, key: &str) -> Option<(bool, Node<'a>)> {
    let found = node.get(key)?;
    if let Some(value) = found.as_bool() {
        return Some((value, found));
    }
    let text = Value::new(found)?.with_defaults()?;
    let value = match text.to_ascii_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => true,
        "false" | "n" | "no" | "off" => false,
        _ => return None,
    };
    Some((value, found))
}

/// An integer as Compose casts it: also from a string, with variables at their defaults.
pub(crate) fn integer<'a>(node: Node<'a>, key: &str) -> Option<(i64, Node<'a>)> {
    let found = node.get(key)?;
    if let Some(value) = found.as_int() {
        return Some((value, found));
    }
    let text = Value::new(found)?.with_defaults()?;
    Some((text.trim().parse().ok()?, found))
}
