//! The tables of a TOML text while it is read: which keys there are, which were made only
//! because a longer key names them, and what may be defined again.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use plimsoll_gotmpl::Value;

use super::joined;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TableId(usize);

impl TableId {
    pub(super) const ROOT: TableId = TableId(0);
}

/// A value and the bytes that it stands in.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) range: Range<usize>,
}

#[derive(Clone)]
pub(super) enum Content {
    Table(TableId),
    Tables(Vec<TableId>),
    Array(Vec<Node>),
    /// A string that stands in the text as it is.
    Text,
    Decoded(Vec<u8>),
    Bool(bool),
    Int(i64),
    Float(f64),
    Time(Value),
}

impl Content {
    fn at_nowhere(self) -> Node {
        Node {
            content: self,
            range: 0..0,
        }
    }
}

/// What stands under a key.
enum Inside {
    Nothing,
    /// A table, or the last of several.
    Table(TableId),
    /// Another value.
    Value,
}

type Key = Vec<Vec<u8>>;

/// Bytes of keys that may be put together for one text.
const MAX_WORK: usize = 1 << 28;

pub(super) struct Tables {
    all: Vec<BTreeMap<Vec<u8>, Node>>,
    /// The key of the table that entries go into.
    pub(super) context: Key,
    /// Keys, as one text, of tables that may still be defined.
    implicit: HashSet<Vec<u8>>,
    /// Keys, as one text, whose value is an array of values.
    arrays: HashSet<Vec<u8>>,
    /// Bytes of keys that were put together so far.
    work: usize,
}

fn text(key: &[Vec<u8>]) -> String {
    String::from_utf8_lossy(&joined(key)).into_owned()
}

impl Tables {
    pub(super) fn new() -> Self {
        Self {
            all: vec![BTreeMap::new()],
            context: Vec::new(),
            implicit: HashSet::new(),
            arrays: HashSet::new(),
            work: 0,
        }
    }

    /// Takes note of a key, which is about to be put together with the context. Long keys of
    /// tables with many entries cost more than the text is long: that is bounded.
    pub(super) fn is_too_much(&mut self, parts: &[Vec<u8>]) -> bool {
        let bytes = self.context.iter().chain(parts).map(|part| part.len() + 1);
        self.work += bytes.sum::<usize>() * (parts.len() + 1);
        self.work > MAX_WORK
    }

    /// Adds a table that stands nowhere.
    pub(super) fn add(&mut self) -> TableId {
        self.all.push(BTreeMap::new());
        TableId(self.all.len() - 1)
    }

    /// Takes the entries of a table.
    pub(super) fn take(&mut self, id: TableId) -> BTreeMap<Vec<u8>, Node> {
        // A table that is an element twice (an inline table) is given twice.
        self.all[id.0].clone()
    }

    fn key_in_context(&self, key: &[u8]) -> Vec<u8> {
        let mut whole = self.context.clone();
        if !key.is_empty() {
            whole.push(key.to_vec());
        }
        if whole.is_empty() {
            whole.push(Vec::new());
        }
        joined(&whole)
    }

    /// Says whether the value of a key in the context is an array.
    pub(super) fn set_array(&mut self, key: &[u8], is_array: bool) {
        let key = self.key_in_context(key);
        if is_array {
            self.arrays.insert(key);
        } else {
            self.arrays.remove(&key);
        }
    }

    /// Says that the context is no array.
    pub(super) fn forget_array(&mut self, key: &[u8]) {
        self.set_array(key, false);
    }

    /// What stands in a table under a key, and goes on from there.
    fn inside(&self, id: TableId, key: &[u8]) -> Inside {
        let Some(node) = self.all[id.0].get(key) else {
            return Inside::Nothing;
        };
        let table = match &node.content {
            Content::Table(table) => Some(*table),
            Content::Tables(tables) => tables.last().copied(),
            _ => None,
        };
        table.map_or(Inside::Value, Inside::Table)
    }

    /// Makes the table of this key the context; the tables around it are made if need be.
    pub(super) fn open(&mut self, key: &[Vec<u8>], is_array: bool) -> Result<(), String> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        let mut table = TableId::ROOT;
        let mut path: Key = Vec::new();
        for part in parents {
            path.push(part.clone());
            if matches!(self.inside(table, part), Inside::Nothing) {
                self.implicit.insert(joined(&path));
                let new = self.add();
                let node = Content::Table(new).at_nowhere();
                self.all[table.0].insert(part.clone(), node);
            }
            table = match self.inside(table, part) {
                Inside::Table(inner) => inner,
                _ => {
                    return Err(format!(
                        "Key '{}' was already created as a hash.",
                        text(&path)
                    ));
                }
            };
        }
        self.context = path;
        let new = self.add();
        if is_array {
            let entries = &mut self.all[table.0];
            let node = entries
                .entry(last.clone())
                .or_insert_with(|| Content::Tables(Vec::new()).at_nowhere());
            let Content::Tables(list) = &mut node.content else {
                return Err(format!(
                    "Key '{}' was already created and cannot be used as an array.",
                    text(key)
                ));
            };
            list.push(new);
        } else {
            self.set(last, Content::Table(new).at_nowhere())?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Goes one key deeper into what a key of several parts names.
    pub(super) fn open_implicit(&mut self, part: &[u8]) -> Result<(), String> {
        let mut key = self.context.clone();
        key.push(part.to_vec());
        self.implicit.insert(joined(&key));
        self.open(&key, false)
    }

    /// The same for a table between braces.
    pub(super) fn open_inline(&mut self, key: &[Vec<u8>], in_array: bool) -> Result<(), String> {
        self.implicit.insert(joined(key));
        self.open(key, in_array)
    }

    /// Puts an entry into the context.
    pub(super) fn set(&mut self, key: &[u8], value: Node) -> Result<(), String> {
        let mut table = TableId::ROOT;
        for (n, part) in self.context.iter().enumerate() {
            table = match self.inside(table, part) {
                Inside::Table(inner) => inner,
                _ => {
                    let path = text(&self.context[..=n]);
                    return Err(format!("Key '{path}' has already been defined."));
                }
            };
        }
        if self.all[table.0].contains_key(key) {
            let mut whole = self.context.clone();
            whole.push(key.to_vec());
            let name = joined(&whole);
            let was_implicit = self.implicit.remove(&name);
            if !was_implicit {
                return Err(format!("Key '{}' has already been defined.", text(&whole)));
            }
            if !self.arrays.contains(&name) {
                return Ok(());
            }
        }
        self.all[table.0].insert(key.to_vec(), value);
        Ok(())
    }

    /// Puts an entry into a table below a path in it. An error if something on the path is no
    /// table.
    pub(super) fn put(
        &mut self,
        table: TableId,
        path: &[Vec<u8>],
        key: Vec<u8>,
        value: Node,
    ) -> Result<(), ()> {
        let mut table = table;
        for part in path {
            if !self.all[table.0].contains_key(part) {
                let new = self.add();
                let node = Content::Table(new).at_nowhere();
                self.all[table.0].insert(part.clone(), node);
            }
            match self.all[table.0].get(part).map(|node| &node.content) {
                Some(Content::Table(inner)) => table = *inner,
                _ => return Err(()),
            }
        }
        self.all[table.0].insert(key, value);
        Ok(())
    }
}
