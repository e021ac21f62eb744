//! A tree of values as it was written: immutable, shared, with the source of each node.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sources::SourceId;

/// The key of an entry.
pub type Key = Arc<str>;

/// What a value is. Clones share; a change copies what is shared ([`Arc::make_mut`]).
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Data {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of `--set`: Go's `int64`.
    Int(i64),
    /// A number of YAML or JSON: Go's `float64`.
    Float(f64),
    /// A string: any bytes.
    Str(Arc<[u8]>),
    /// A list.
    List(Arc<Vec<Item>>),
    /// A mapping.
    Map(Arc<BTreeMap<Key, Item>>),
}

/// A value and where it was written.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// What it is.
    pub data: Data,
    /// Where it was written.
    pub source: SourceId,
}

impl PartialEq for Item {
    /// Values are equal wherever they were written.
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Data {
    /// A string.
    pub fn str(text: impl AsRef<[u8]>) -> Self {
        Data::Str(text.as_ref().into())
    }

    /// An empty mapping.
    pub fn map() -> Self {
        Data::Map(Arc::default())
    }

    /// The entries of a mapping.
    pub fn as_map(&self) -> Option<&BTreeMap<Key, Item>> {
        match self {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The elements of a list.
    pub fn as_list(&self) -> Option<&[Item]> {
        match self {
            Data::List(list) => Some(list),
            _ => None,
        }
    }

    /// A string that is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::Str(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    /// The entry of a mapping.
    pub fn get(&self, key: &str) -> Option<&Item> {
        self.as_map()?.get(key)
    }

    /// Whether it is a mapping.
    pub fn is_map(&self) -> bool {
        matches!(self, Data::Map(_))
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Data::Null)
    }
}

impl Item {
    /// A value from a source.
    pub fn new(data: Data, source: SourceId) -> Self {
        Self { data, source }
    }
}

impl From<Data> for Item {
    /// A value from nowhere in particular.
    fn from(data: Data) -> Self {
        Self::new(data, SourceId::NONE)
    }
}
