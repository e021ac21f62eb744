//! Objects and their fields in the printed text: `deployment/web.spec.replicas`.

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;
use plimsoll_yaml::{Dialect, Kind, Node, Tree, parse};

use super::Provenance;
use crate::render::Copied;

/// An object or a field of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// The document, by its number in [`Provenance::documents`].
    pub document: usize,
    /// The path in the object; empty for the object itself.
    pub path: String,
    /// The key with its value in the printed text.
    pub range: TextRange,
    /// Whether it is a single value.
    pub is_scalar: bool,
}

/// Why a name means nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FieldError {
    /// No object is called so.
    #[error("no object `{wanted}` is rendered")]
    NoObject {
        /// What was asked for.
        wanted: String,
        /// Names like it, or some that are there.
        near: Vec<String>,
    },
    /// The object has no such field.
    #[error("`{object}` has no field `{wanted}`")]
    NoField {
        /// The object.
        object: String,
        /// What was asked for.
        wanted: String,
        /// What holds it, as far as that is there.
        holder: String,
        /// The fields that are there.
        near: Vec<String>,
    },
}

/// The most names that an error tells.
const MAX_NEAR: usize = 8;

impl Provenance {
    /// The objects called `kind/name`, or the fields of them that a path behind it names. Kinds
    /// may be written in small letters.
    pub fn find(&self, wanted: &str) -> Result<Vec<Field>, FieldError> {
        let (kind, rest) = wanted.split_once('/').unwrap_or((wanted, ""));
        let mut found: Vec<(usize, &Copied)> = Vec::new();
        // A name may have dots; the longest one that fits is meant.
        for (number, copy) in self.printed.copies.iter().enumerate() {
            let is_name = rest
                .strip_prefix(&*copy.name)
                .is_some_and(|path| path.is_empty() || path.starts_with(['.', '[']));
            if copy.name.is_empty() || !same_kind(kind, &copy.kind) || !is_name {
                continue;
            }
            match found.first() {
                Some((_, first)) if first.name.len() > copy.name.len() => {}
                Some((_, first)) if first.name.len() < copy.name.len() => {
                    found = vec![(number, copy)];
                }
                _ => found.push((number, copy)),
            }
        }
        let Some((_, first)) = found.first() else {
            return Err(FieldError::NoObject {
                wanted: wanted.to_owned(),
                near: self.near(wanted),
            });
        };
        let path = &rest[first.name.len()..];
        let mut fields = Vec::new();
        let mut failed = None;
        for (number, copy) in found {
            match self.field(number, copy, path) {
                Ok(field) => fields.push(field),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            Some(error) if fields.is_empty() => Err(error),
            _ => Ok(fields),
        }
    }

    /// `kind/name` of all objects.
    pub fn object_names(&self) -> Vec<String> {
        let named = self
            .printed
            .copies
            .iter()
            .filter(|copy| !copy.name.is_empty());
        named.map(label).collect()
    }

    /// Names like one that is none: by their letters, of the same kind, or of the same name.
    pub(super) fn near(&self, wanted: &str) -> Vec<String> {
        let names = self.object_names();
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let wanted = wanted.to_lowercase();
        let (kind, name) = wanted.split_once('/').unwrap_or(("", &wanted));
        let closest = nearest(&wanted, lower.iter().map(String::as_str));
        let score = |lower: &str| {
            let (its_kind, its_name) = lower.split_once('/').unwrap_or_default();
            let part = |a: &str, b: &str| !b.is_empty() && (a.contains(b) || b.contains(a));
            if Some(lower) == closest {
                0
            } else if its_name == name {
                1
            } else if its_kind == kind && part(its_name, name) {
                2
            } else if its_kind == kind {
                3
            } else if part(its_name, name) {
                4
            } else {
                5
            }
        };
        let mut scored: Vec<(u32, &String)> = lower
            .iter()
            .zip(&names)
            .map(|(lower, name)| (score(lower), name))
            .collect();
        scored.sort_by_key(|(score, _)| *score);
        let any = scored.iter().any(|(score, _)| *score < 5);
        let mut near: Vec<String> = Vec::new();
        for (score, name) in scored {
            if near.len() < MAX_NEAR && !(any && score == 5) && !near.contains(name) {
                near.push(name.clone());
            }
        }
        near
    }

    fn field(&self, document: usize, copy: &Copied, path: &str) -> Result<Field, FieldError> {
        let text = copy.output.of(&self.printed.text);
        let moved = |range: TextRange| range.shifted(copy.output.start);
        if path.is_empty() {
            return Ok(Field {
                document,
                path: String::new(),
                range: copy.output,
                is_scalar: false,
            });
        }
        let tree = parse(text, Dialect::GoV2);
        let wrong = |at: Option<Node<'_>>, holder: String| FieldError::NoField {
            object: label(copy),
            wanted: path.trim_start_matches('.').to_owned(),
            holder,
            near: at.map(keys).unwrap_or_default(),
        };
        let Some(mut at) = root(&tree) else {
            return Err(wrong(None, String::new()));
        };
        let steps = steps(path);
        let mut rest = steps.as_slice();
        while let Some((step, further)) = rest.split_first() {
            rest = further;
            let found = match step {
                Step::Key(name) => dotted(at, name, &mut rest),
                Step::Index(index) => at.items().nth(*index),
                Step::With(key, value) => at.items().find(|item| {
                    let text = item.get(key).and_then(Node::as_str);
                    text.is_some_and(|text| *text == **value)
                }),
            };
            match found {
                Some(node) => at = node,
                None => return Err(wrong(Some(at), at.path())),
            }
        }
        let range = at
            .key()
            .map_or(at.range(), |key| key.range().join(at.full_range()));
        Ok(Field {
            document,
            path: at.path(),
            range: moved(range),
            is_scalar: at.kind() == Kind::Scalar,
        })
    }

    /// The path in its object of what stands on a line of the printed text, and the object.
    pub fn at_line(&self, line: u32) -> Option<(&Copied, String)> {
        let range = self.line_range(line)?;
        let copy = self
            .printed
            .copies
            .iter()
            .find(|copy| copy.output.overlaps(range) && !range.is_empty())?;
        let tree = parse(copy.output.of(&self.printed.text), Dialect::GoV2);
        let path = root(&tree).map(|root| {
            let start = range.start.max(copy.output.start) - copy.output.start;
            let end = range.end.min(copy.output.end) - copy.output.start;
            first_in(root, TextRange::new(start, end)).unwrap_or_default()
        });
        Some((copy, path.unwrap_or_default()))
    }
}

/// How an object is called.
pub(super) fn label(copy: &Copied) -> String {
    format!("{}/{}", copy.kind, copy.name)
}

fn root(tree: &Tree) -> Option<Node<'_>> {
    tree.documents().find_map(plimsoll_yaml::Document::root)
}

/// The path of what starts in a range, or else of the innermost value that holds it.
fn first_in(root: Node<'_>, range: TextRange) -> Option<String> {
    let mut at = root;
    loop {
        let found = match at.kind() {
            Kind::Mapping => at
                .entries()
                .find_map(|entry| within(entry.value, entry.key.range(), range)),
            Kind::Sequence => at
                .items()
                .find_map(|item| within(item, item.full_range(), range)),
            _ => None,
        };
        match found {
            // The key is on the line, so the line is about it.
            Some((node, from)) if node.key().is_some() && range.overlaps(from) => {
                return Some(node.path());
            }
            Some((node, _)) => at = node,
            None => return Some(at.path()),
        }
    }
}

/// A node and where it begins, if it has to do with a range.
fn within(node: Node<'_>, from: TextRange, range: TextRange) -> Option<(Node<'_>, TextRange)> {
    let whole = from.join(node.full_range());
    whole.overlaps(range).then_some((node, from))
}

/// The keys of a mapping, or how many items a list has.
fn keys(node: Node<'_>) -> Vec<String> {
    match node.kind() {
        Kind::Mapping => {
            let keys = node.entries().filter_map(|entry| entry.key.as_str());
            keys.map(std::borrow::Cow::into_owned).collect()
        }
        Kind::Sequence => {
            let count = node.len();
            (0..count.min(MAX_NEAR))
                .map(|index| format!("[{index}]"))
                .collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn same_kind(wanted: &str, kind: &str) -> bool {
    let plural = wanted.strip_suffix('s').unwrap_or(wanted);
    wanted.eq_ignore_ascii_case(kind) || plural.eq_ignore_ascii_case(kind)
}

/// The value of a key, which may have dots: then the next steps are parts of it.
fn dotted<'n>(node: Node<'n>, name: &str, rest: &mut &[Step]) -> Option<Node<'n>> {
    if let Some(found) = node.get(name) {
        return Some(found);
    }
    let mut name = name.to_owned();
    let mut left = *rest;
    while let Some((Step::Key(more), further)) = left.split_first() {
        name = format!("{name}.{more}");
        left = further;
        if let Some(found) = node.get(&name) {
            *rest = left;
            return Some(found);
        }
    }
    None
}

/// A step of a path.
enum Step {
    Key(String),
    Index(usize),
    /// The item in which a key has a value: `[name=web]`.
    With(String, String),
}

/// The steps of `.spec.containers[0].image`, `.metadata.labels."a.b/c"`, `[name=web]`.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            let text = &inner[..end];
            rest = inner.get(end + 1..).unwrap_or_default();
            let plain = text.trim_matches(['"', '\'']);
            steps.push(match (text.parse(), text.split_once('=')) {
                (Ok(index), _) => Step::Index(index),
                (_, Some((key, value))) => Step::With(key.to_owned(), value.to_owned()),
                _ => Step::Key(plain.to_owned()),
            });
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(inner) = rest.strip_prefix('"') {
            let end = inner.find('"').unwrap_or(inner.len());
            steps.push(Step::Key(inner[..end].to_owned()));
            rest = inner.get(end + 1..).unwrap_or_default();
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        if end > 0 {
            steps.push(Step::Key(rest[..end].to_owned()));
        }
        rest = &rest[end..];
    }
    steps
}
