//! The embedded table of Kubernetes' structure: every kind, its fields, their types, and the
//! versions that have them.
//!
//! `structure.bin` is written by `cargo xtask codegen schemas`. Numbers have seven bits a byte,
//! the lowest first. After the mark `PKS1` come: the first minor version and the number of
//! versions; the masks (a bit for each version, little endian); the names, sorted, each with the
//! number of bytes it shares with the one before, the number that follows, and those; the keys
//! of lists that are maps; the definitions with their fields; the kinds.
//!
//! Reading it takes some tenths of a millisecond and happens when the first object is checked.

use std::ops::Range;
use std::sync::OnceLock;

use super::limits::{self, Limit};
use super::relations::{self, Relation};
use super::required;

static STRUCTURE: &[u8] = include_bytes!("structure.bin");

/// One bit for each version, the oldest the lowest.
pub(super) type Mask = u16;

/// The whole table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) first: u32,
    pub(super) versions: u32,
    names: Names,
    keys: Vec<Vec<u16>>,
    pub(super) definitions: Vec<Definition>,
    pub(super) fields: Vec<Field>,
    pub(super) kinds: Vec<Kind>,
}

/// A structure.
#[derive(Debug)]
pub(super) struct Definition {
    name: u16,
    /// The versions that refuse other fields than these.
    pub(super) closed: Mask,
    fields: Range<u32>,
    /// What its fields must satisfy together.
    pub(super) relation: Option<Relation>,
}

/// A field in the versions of one mask; a field whose type changed is there twice.
#[derive(Debug)]
pub(super) struct Field {
    name: u16,
    pub(super) present: Mask,
    pub(super) required: Mask,
    pub(super) holder: Holder,
    pub(super) base: Base,
    keys: u8,
    /// What its value must satisfy besides its type.
    pub(super) limit: Option<&'static Limit>,
    /// Whether the API server needs it, where the schema's word is not the server's.
    pub(super) needed: Option<bool>,
}

/// What holds the values of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    One,
    List,
    Map,
    MapOfLists,
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Base {
    Any,
    Text,
    Bool,
    Int32,
    Int64,
    Number,
    Bytes,
    Time,
    IntOrString,
    Quantity,
    Object,
    /// A number into [`Table::definitions`].
    Definition(u16),
}

/// A kind in one version of its group.
#[derive(Debug)]
pub(super) struct Kind {
    group: u16,
    name: u16,
    version: u16,
    pub(super) definition: u16,
    /// The versions of Kubernetes that serve it.
    pub(super) present: Mask,
}

/// Strings in one piece of memory.
#[derive(Debug)]
struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    fn get(&self, n: u16) -> &str {
        let n = usize::from(n);
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[n] as usize]
    }
}

/// The table, read once.
pub(super) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = read(STRUCTURE).expect("the embedded table is whole; a test reads it");
        table.attach();
        table
    })
}

impl Table {
    /// `core.v1.Container`.
    pub(super) fn definition_name(&self, definition: u16) -> &str {
        self.names
            .get(self.definitions[usize::from(definition)].name)
    }

    /// `Container` of `core.v1.Container`.
    pub(super) fn type_name(&self, definition: u16) -> &str {
        let name = self.definition_name(definition);
        name.rsplit_once('.').map_or(name, |(_, last)| last)
    }

    pub(super) fn field_name(&self, field: &Field) -> &str {
        self.names.get(field.name)
    }

    /// The fields of a definition, by name, all versions.
    pub(super) fn fields_of(&self, definition: u16) -> &[Field] {
        let Range { start, end } = self.definitions[usize::from(definition)].fields;
        &self.fields[start as usize..end as usize]
    }

    /// The place of the fields of a definition among all fields.
    pub(super) fn field_range(&self, definition: u16) -> Range<usize> {
        let Range { start, end } = self.definitions[usize::from(definition)].fields;
        start as usize..end as usize
    }

    /// The field called `name` in the version of `bit`.
    pub(super) fn field(&self, definition: u16, name: &str, bit: Mask) -> Option<&Field> {
        self.variants(definition, name)
            .find(|field| field.present & bit != 0)
    }

    /// The field called `name` in whatever versions.
    pub(super) fn variants<'t>(
        &'t self,
        definition: u16,
        name: &str,
    ) -> impl Iterator<Item = &'t Field> + use<'t> {
        let fields = self.fields_of(definition);
        let from = fields.partition_point(|field| self.field_name(field) < name);
        let to = from + fields[from..].partition_point(|field| self.field_name(field) == name);
        fields[from..to].iter()
    }

    /// The keys that tell the items of a list apart; `*` for a list that is a set.
    pub(super) fn keys(&self, field: &Field) -> impl Iterator<Item = &str> + Clone {
        self.keys[usize::from(field.keys)]
            .iter()
            .map(|&key| self.names.get(key))
    }

    /// The kinds of a group, of all its versions; sorted by kind, then version.
    pub(super) fn kinds_of(&self, group: &str) -> &[Kind] {
        let from = self
            .kinds
            .partition_point(|kind| self.names.get(kind.group) < group);
        let to =
            from + self.kinds[from..].partition_point(|kind| self.names.get(kind.group) == group);
        &self.kinds[from..to]
    }

    /// A kind in one version of its group.
    pub(super) fn kind(&self, group: &str, version: &str, kind: &str) -> Option<&Kind> {
        self.kinds_of(group)
            .iter()
            .find(|known| self.kind_name(known) == kind && self.kind_version(known) == version)
    }

    pub(super) fn kind_name(&self, kind: &Kind) -> &str {
        self.names.get(kind.name)
    }

    pub(super) fn kind_version(&self, kind: &Kind) -> &str {
        self.names.get(kind.version)
    }

    pub(super) fn kind_group(&self, kind: &Kind) -> &str {
        self.names.get(kind.group)
    }

    /// The version of the one bit, such as `1.30`.
    pub(super) fn version(&self, bit: Mask) -> String {
        format!("1.{}", self.first + bit.trailing_zeros())
    }

    /// Puts the hand-written limits and relations where they belong.
    fn attach(&mut self) {
        for (owner, rows) in limits::all() {
            let Some(definition) = self.find(owner) else {
                continue;
            };
            for row in *rows {
                for n in self.field_range(definition) {
                    if self.names.get(self.fields[n].name) == row.0 {
                        self.fields[n].limit = Some(&row.1);
                    }
                }
            }
        }
        for (rows, needed) in [(required::NOT_NEEDED, false), (required::NEEDED, true)] {
            for (owner, name) in rows {
                let Some(definition) = self.find(owner) else {
                    continue;
                };
                for n in self.field_range(definition) {
                    if self.names.get(self.fields[n].name) == *name {
                        self.fields[n].needed = Some(needed);
                    }
                }
            }
        }
        for (owner, relation) in relations::all() {
            if let Some(definition) = self.find(owner) {
                self.definitions[usize::from(definition)].relation = Some(*relation);
            }
        }
    }

    /// The definition with this short name, such as `core.v1.Container`.
    pub(super) fn find(&self, name: &str) -> Option<u16> {
        let at = self
            .definitions
            .binary_search_by(|definition| self.names.get(definition.name).cmp(name));
        at.ok().map(|at| at as u16)
    }
}

/// Reads the table; `None` if it is not whole.
fn read(bytes: &[u8]) -> Option<Table> {
    let mut input = Input {
        rest: bytes.strip_prefix(b"PKS1")?,
    };
    let first = input.number()? as u32;
    let versions = input.number()? as u32;
    let mut masks = Vec::new();
    for _ in 0..input.number()? {
        masks.push(Mask::from_le_bytes([input.byte()?, input.byte()?]));
    }
    let names = input.names()?;
    let mut keys = Vec::new();
    for _ in 0..input.number()? {
        let mut list = Vec::new();
        for _ in 0..input.number()? {
            list.push(input.small()?);
        }
        keys.push(list);
    }
    let count = input.number()?;
    let mut definitions = Vec::with_capacity(count);
    let mut fields = Vec::with_capacity(count * 5);
    for _ in 0..count {
        let name = input.small()?;
        let closed = *masks.get(input.number()?)?;
        let start = fields.len() as u32;
        for _ in 0..input.number()? {
            fields.push(input.field(&masks)?);
        }
        let fields = start..fields.len() as u32;
        definitions.push(Definition {
            name,
            closed,
            fields,
            relation: None,
        });
    }
    let mut kinds = Vec::new();
    for _ in 0..input.number()? {
        kinds.push(Kind {
            group: input.small()?,
            name: input.small()?,
            version: input.small()?,
            definition: input.small()?,
            present: *masks.get(input.number()?)?,
        });
    }
    Some(Table {
        first,
        versions,
        names,
        keys,
        definitions,
        fields,
        kinds,
    })
}

struct Input<'a> {
    rest: &'a [u8],
}

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<usize> {
        let mut value = 0usize;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u16> {
        u16::try_from(self.number()?).ok()
    }

    fn names(&mut self) -> Option<Names> {
        let count = self.number()?;
        let mut text: Vec<u8> = Vec::with_capacity(count * 24);
        let mut ends = Vec::with_capacity(count);
        let mut start = 0;
        for _ in 0..count {
            let shared = self.number()?;
            let more = self.number()?;
            let (own, rest) = self.rest.split_at_checked(more)?;
            self.rest = rest;
            let from = text.len();
            if shared > from - start {
                return None;
            }
            text.extend_from_within(start..start + shared);
            text.extend_from_slice(own);
            ends.push(text.len() as u32);
            start = from;
        }
        let text = String::from_utf8(text).ok()?;
        Some(Names { text, ends })
    }

    fn field(&mut self, masks: &[Mask]) -> Option<Field> {
        let name = self.small()?;
        let present = *masks.get(self.number()?)?;
        let required = *masks.get(self.number()?)?;
        let code = self.byte()?;
        let base = match code & 0x0f {
            0 => Base::Any,
            1 => Base::Text,
            2 => Base::Bool,
            3 => Base::Int32,
            4 => Base::Int64,
            5 => Base::Number,
            6 => Base::Bytes,
            7 => Base::Time,
            8 => Base::IntOrString,
            9 => Base::Quantity,
            10 => Base::Object,
            11 => Base::Definition(self.small()?),
            _ => return None,
        };
        let holder = match code >> 4 {
            0 => Holder::One,
            1 => Holder::List,
            2 => Holder::Map,
            3 => Holder::MapOfLists,
            _ => return None,
        };
        let keys = match holder {
            Holder::List => u8::try_from(self.number()?).ok()?,
            _ => 0,
        };
        Some(Field {
            name,
            present,
            required,
            holder,
            base,
            keys,
            limit: None,
            needed: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let table = table();
        assert_eq!((table.first, table.versions), (28, 10));
        let deployment = table.kind("apps", "v1", "Deployment").expect("known");
        assert_eq!(table.type_name(deployment.definition), "Deployment");
        assert_eq!(deployment.present, 0x3ff);
        let pod = table.find("core.v1.PodSpec").expect("known");
        // Since 1.30 it is marked as a map of its names.
        let containers = table.field(pod, "containers", 0x200).expect("known");
        assert_eq!(containers.required, 0x3fc);
        assert_eq!(containers.holder, Holder::List);
        assert!(table.keys(containers).eq(["name"]));
    }

    #[test]
    fn a_torn_table_is_refused_without_a_panic() {
        for len in (0..STRUCTURE.len()).step_by(97) {
            assert!(read(&STRUCTURE[..len]).is_none(), "{len}");
        }
    }

    #[test]
    fn limits_and_relations_name_what_there_is() {
        let table = table();
        for (owner, rows) in limits::all() {
            let definition = table.find(owner).unwrap_or_else(|| panic!("no `{owner}`"));
            for (field, _) in *rows {
                assert!(
                    table.variants(definition, field).next().is_some(),
                    "no `{owner}.{field}`"
                );
            }
        }
        for (owner, _) in relations::all() {
            assert!(table.find(owner).is_some(), "no `{owner}`");
        }
    }
}
