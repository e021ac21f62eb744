//! From a parsed file to trees of our own: aliases and merge keys followed, `!reset` and
//! `!override` noted.
//!
//! Follows go-yaml's decoding into maps and compose-go's `loader/reset.go`: a value tagged
//! `!reset` is not there, and what earlier files say at its path is dropped; a value tagged
//! `!override` is there, and what earlier files say is dropped all the same.

use plimsoll_source::TextRange;
use plimsoll_yaml::{Document, Entry as YamlEntry, Kind, Node, Scalar, Style};

use super::context::{Cx, MAX_DEPTH, Parsed, Refused, Resolving};
use super::item::{Data, Halves, Item, Map};
use super::records::{SourceId, Spot, Trace};
use super::refusal::{Reason, Refusal};
use super::values;

/// One document of a file.
pub(super) struct Read {
    /// A mapping.
    pub(super) root: Item,
    /// The paths that are cleared in what earlier files say.
    pub(super) resets: Resets,
}

/// Paths of keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Resets(Vec<Vec<Box<str>>>);

impl Resets {
    /// Removes what lies at these paths.
    pub(super) fn apply(&self, item: &mut Item) {
        for path in &self.0 {
            clear(item, path);
        }
    }

    /// Removes what lies at these paths within one entry of a section, never the entry itself.
    pub(super) fn apply_within(&self, section: &str, name: &str, entry: &mut Item) {
        for path in &self.0 {
            if let [first, second, rest @ ..] = path.as_slice()
                && &**first == section
                && (&**second == name || &**second == "*")
                && !rest.is_empty()
            {
                clear(entry, rest);
            }
        }
    }
}

fn clear(item: &mut Item, path: &[Box<str>]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let Some(map) = item.as_map_mut() else {
        return;
    };
    if &**first == "*" {
        if rest.is_empty() {
            map.retain(|_| false);
        } else {
            map.values_mut()
                .for_each(|(_, _, value)| clear(value, rest));
        }
    } else if rest.is_empty() {
        map.remove(first);
    } else if let Some(value) = map.get_mut(first) {
        clear(value, rest);
    }
}

/// Extensions that are read as the attribute that they became, with the depth at which they
/// stand.
const PROMOTED: [(&[&str], &str, &str); 1] = [(&["services", "*"], "x-develop", "develop")];

/// The documents of a file.
pub(super) fn documents(cx: &mut Cx<'_>, parsed: &Parsed<'_>) -> Resolving<Vec<Read>> {
    let tree = parsed.tree();
    let errors = tree.errors();
    if !errors.is_empty() {
        let refusals = errors.iter().map(|error| {
            let reason = Reason::Syntax {
                message: error.message.clone(),
                help: error.help.clone(),
            };
            let source = parsed.source;
            Refusal::at_spot(
                reason,
                Spot {
                    source,
                    range: error.range,
                },
            )
        });
        return Err(Refused(refusals.collect()));
    }
    let mut found = Vec::new();
    for document in tree.documents() {
        if let Some(read) = document_of(cx, parsed.source, document)? {
            found.push(read);
        }
    }
    Ok(found)
}

fn document_of(
    cx: &mut Cx<'_>,
    source: SourceId,
    document: Document<'_>,
) -> Resolving<Option<Read>> {
    let Some(root) = document.root() else {
        // Comments alone are no document, an empty one after `---` is.
        let Some(marker) = document.marker() else {
            return Ok(None);
        };
        return Err(not_a_mapping(source, marker, "null value"));
    };
    let mut reader = Reader {
        source,
        path: Vec::new(),
        resets: Resets::default(),
        visits: 0,
    };
    let item = reader.convert(cx, root, false)?;
    let root = match item {
        Some(item) if item.as_map().is_some() => item,
        Some(item) => {
            return Err(not_a_mapping(source, root.range(), item.kind_name()));
        }
        None => return Err(not_a_mapping(source, root.range(), "null value")),
    };
    let mut resets = reader.resets;
    for (within, from, to) in PROMOTED {
        let promoted: Vec<Vec<Box<str>>> = resets
            .0
            .iter()
            .filter(|path| {
                path.len() > within.len()
                    && &*path[within.len()] == from
                    && within
                        .iter()
                        .zip(path.iter())
                        .all(|(pattern, part)| *pattern == "*" || **pattern == **part)
            })
            .map(|path| {
                let mut path = path.clone();
                path[within.len()] = to.into();
                path
            })
            .collect();
        resets.0.extend(promoted);
    }
    Ok(Some(Read { root, resets }))
}

fn not_a_mapping(source: SourceId, range: TextRange, found: &'static str) -> Refused {
    Refusal::at_spot(Reason::TopNotMapping { found }, Spot { source, range }).into()
}

/// The most values of one document, as the reference counts them.
const MAX_VISITS: u64 = 100_000;

#[derive(Clone, Copy)]
enum Step<'t> {
    Key(&'t str),
    /// What lies in a list is never cleared by path.
    Item,
}

struct Reader<'t> {
    source: SourceId,
    path: Vec<Step<'t>>,
    resets: Resets,
    visits: u64,
}

impl<'t> Reader<'t> {
    fn trace(&self, range: TextRange) -> Trace {
        Trace::written(Spot {
            source: self.source,
            range,
        })
    }

    fn note_reset(&mut self) {
        let mut path: Vec<Box<str>> = Vec::new();
        for step in &self.path {
            match step {
                Step::Key(key) => path.push((*key).into()),
                Step::Item => return,
            }
        }
        self.resets.0.push(path);
    }

    /// The value of a node; `None` for one that is tagged `!reset`. Tags mean nothing below an
    /// `!override` (`plain`).
    fn convert(
        &mut self,
        cx: &mut Cx<'_>,
        written: Node<'t>,
        plain: bool,
    ) -> Resolving<Option<Item>> {
        let node = written.resolve();
        let trace = self.trace(node.range());
        cx.count_items(1, trace)?;
        self.visits += u64::from(!plain);
        if self.path.len() > MAX_DEPTH {
            let reason = Reason::TooMuch {
                what: "mappings and lists lie in one another",
                limit: MAX_DEPTH as u64,
            };
            return Err(cx.refusal(reason, trace));
        }
        let mut plain = plain;
        if !plain {
            match node.tag().map(|(tag, _)| tag) {
                Some("!reset") => {
                    self.note_reset();
                    return Ok(None);
                }
                Some("!override") => {
                    self.note_reset();
                    plain = true;
                }
                _ => {}
            }
        }
        let data = match node.kind() {
            Kind::Scalar => scalar(node),
            Kind::Sequence => {
                let mut items = Vec::with_capacity(node.len());
                for item in node.items() {
                    self.path.push(Step::Item);
                    let value = self.convert(cx, item, plain);
                    self.path.pop();
                    if let Some(mut value) = value? {
                        value.halves = self.halves(item.resolve());
                        items.push(value);
                    }
                }
                Data::List(items)
            }
            Kind::Mapping => {
                let mut map = Map::default();
                self.mapping(cx, node, plain, &mut map, 0)?;
                Data::Map(map)
            }
            // An alias without its anchor is an error of the tree.
            Kind::Alias => Data::Null,
        };
        if self.visits > MAX_VISITS {
            let reason = Reason::TooMuch {
                what: "the document holds values,",
                limit: MAX_VISITS,
            };
            return Err(cx.refusal(reason, trace));
        }
        Ok(Some(Item::new(data, trace)))
    }

    /// The entries of a mapping that `map` does not have yet: its own first, then merged ones.
    fn mapping(
        &mut self,
        cx: &mut Cx<'_>,
        node: Node<'t>,
        plain: bool,
        map: &mut Map,
        depth: usize,
    ) -> Resolving<()> {
        let mut merged = None;
        for entry in node.entries() {
            if is_merge(&entry) {
                merged = Some(entry.value);
                continue;
            }
            let (key, key_range) = self.key(cx, &entry)?;
            self.path.push(Step::Key(key));
            let value = self.convert(cx, entry.value, plain);
            self.path.pop();
            if let Some(value) = value?
                && !map.contains(key)
            {
                map.insert(key, self.trace(key_range), value);
            }
        }
        let Some(merged) = merged.filter(|_| depth < MAX_DEPTH) else {
            return Ok(());
        };
        let merged = merged.resolve();
        if merged.kind() == Kind::Mapping {
            return self.mapping(cx, merged, plain, map, depth + 1);
        }
        for item in merged.items() {
            let item = item.resolve();
            if item.kind() == Kind::Mapping {
                self.path.push(Step::Item);
                let done = self.mapping(cx, item, plain, map, depth + 1);
                self.path.pop();
                done?;
            }
        }
        Ok(())
    }

    fn key(&self, cx: &Cx<'_>, entry: &YamlEntry<'t>) -> Resolving<(&'t str, TextRange)> {
        let key = entry.key.resolve();
        let found = match key.kind() {
            Kind::Scalar => match key.scalar() {
                Some(Scalar::Str(_)) if !is_timestamp(key) => {
                    return Ok((key.str().unwrap_or_default(), entry.key.range()));
                }
                Some(Scalar::Str(_)) => "date",
                Some(Scalar::Null) | None => "null value",
                Some(Scalar::Bool(_)) => "boolean",
                Some(_) => "number",
            },
            Kind::Sequence => "list",
            Kind::Mapping => "mapping",
            Kind::Alias => "alias",
        };
        let keys = self.path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item => None,
        });
        let keys: Vec<&str> = keys.collect();
        let inside = if keys.is_empty() {
            "the top".to_owned()
        } else {
            format!("`{}`", keys.join("."))
        };
        let reason = Reason::KeyNotString {
            key: entry.key.source().chars().take(40).collect(),
            inside,
            found,
        };
        Err(cx.refusal(reason, self.trace(entry.key.range())))
    }

    /// The halves of an item that is written `KEY=value`.
    fn halves(&self, node: Node<'t>) -> Option<Box<Halves>> {
        let text = node.str()?;
        let at = text.find('=')?;
        Some(Box::new(Halves {
            key: self.trace(node.source_range(0..at)),
            value: self.trace(node.source_range(at + 1..text.len())),
        }))
    }
}

fn is_merge(entry: &YamlEntry<'_>) -> bool {
    entry.key.kind() == Kind::Scalar
        && entry.key.style() == Style::Plain
        && entry.key.str() == Some("<<")
        && entry
            .key
            .tag()
            .is_none_or(|(tag, _)| tag == "tag:yaml.org,2002:merge")
}

fn is_timestamp(node: Node<'_>) -> bool {
    let plain = match node.tag() {
        None => node.style() == Style::Plain,
        Some((tag, _)) => tag == "tag:yaml.org,2002:timestamp",
    };
    plain
        && node
            .str()
            .is_some_and(|text| values::timestamp(text).is_some())
}

fn scalar(node: Node<'_>) -> Data {
    match node.scalar() {
        None | Some(Scalar::Null) => Data::Null,
        Some(Scalar::Bool(value)) => Data::Bool(value),
        Some(Scalar::Int(value)) => Data::Int(value),
        Some(Scalar::UInt(value)) => Data::UInt(value),
        Some(Scalar::Float(value)) => Data::Float(value),
        Some(Scalar::Str(text)) => match is_timestamp(node).then(|| values::timestamp(&text)) {
            Some(Some(time)) => Data::Time(time.into()),
            _ => Data::Text(text.into()),
        },
    }
}
