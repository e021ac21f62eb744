//! The walk over an object along its structure.

use plimsoll_source::{Safety, TextRange};
use plimsoll_yaml::{Entry, Kind, Node};

use super::problem::{Problem, ProblemKind};
use super::table::{Base, Field, Holder, Mask, Table};
use super::{Settings, lists, required, scalars, unknown, values};

/// How deep structures are followed: only the schemas in CustomResourceDefinitions hold
/// themselves.
const MAX_DEPTH: usize = 48;
/// The most values of one object that are looked at; aliases could ask for any number.
const MAX_VALUES: u32 = 200_000;
/// The most problems of one object that are told.
const MAX_PROBLEMS: usize = 100;

/// A walk in progress.
pub(super) struct Walk<'a> {
    pub(super) table: &'static Table,
    pub(super) bit: Mask,
    pub(super) settings: Settings,
    pub(super) problems: Vec<Problem>,
    /// The definitions from the top to here.
    pub(super) above: Vec<u16>,
    /// The fields from the top to here.
    pub(super) path: Vec<&'a str>,
    /// What the object is, for messages about its top.
    pub(super) kind: String,
    /// Names of volumes that a pod has besides its own: the claims of a StatefulSet.
    pub(super) extra_volumes: Vec<&'a str>,
    values: u32,
}

/// A structure on the way.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The mapping.
    pub(super) node: Node<'a>,
    /// Where something missing from it is told.
    pub(super) head: TextRange,
    pub(super) definition: u16,
}

impl<'a> Walk<'a> {
    pub(super) fn new(table: &'static Table, bit: Mask, settings: Settings, kind: String) -> Self {
        Self {
            table,
            bit,
            settings,
            problems: Vec::new(),
            above: Vec::new(),
            path: Vec::new(),
            kind,
            extra_volumes: Vec::new(),
            values: 0,
        }
    }

    /// Whether the walk is below `status`, which the API server empties before it validates.
    pub(super) fn in_status(&self) -> bool {
        self.path.first() == Some(&"status")
    }

    /// Adds a problem about the field at hand.
    pub(super) fn report(
        &mut self,
        kind: ProblemKind,
        range: TextRange,
        message: impl Into<String>,
    ) -> &mut Problem {
        let mut problem = Problem::new(kind, range, message.into());
        problem.path = self.path.iter().map(|name| (*name).to_owned()).collect();
        if self.problems.len() >= MAX_PROBLEMS {
            // Overwritten by the next: the caller may write into it, nobody will read it.
            self.problems.truncate(MAX_PROBLEMS);
        }
        self.problems.push(problem);
        self.problems.last_mut().expect("just pushed")
    }

    /// The problems found, in order, as many as are told.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.problems.truncate(MAX_PROBLEMS);
        self.problems
    }

    /// Checks a structure.
    pub(super) fn structure(&mut self, place: Place<'a>) {
        if self.above.len() >= MAX_DEPTH || self.is_spent() {
            return;
        }
        self.above.push(place.definition);
        self.repeats(place.node);
        for entry in place.node.merged_entries() {
            let Some(name) = entry.key.str() else {
                continue;
            };
            self.path.push(name);
            match self.table.field(place.definition, name, self.bit) {
                Some(field) => self.field(field, entry),
                None if self.is_closed(place.definition) => unknown::field(self, place, entry),
                None => {}
            }
            self.path.pop();
        }
        if self.settings.whole && !self.in_status() {
            required::fields(self, place);
        }
        let relation = self.table.definitions[usize::from(place.definition)].relation;
        if let Some(relation) = relation
            && !self.in_status()
        {
            relation(self, place);
        }
        self.above.pop();
    }

    /// Keys that are written twice, of which a decoder sees the last.
    fn repeats(&mut self, mapping: Node<'a>) {
        if mapping.kind() != Kind::Mapping {
            return;
        }
        for (first, second) in mapping.duplicate_entries() {
            let key = second.key.str().unwrap_or_default();
            let message = format!("`{key}` is there twice, and only the last counts");
            self.report(ProblemKind::Duplicate, second.key.range(), message)
                .warning()
                .related(first.key.range(), "this one is dropped")
                .note("kubectl says nothing; kustomize refuses the file")
                .help("remove one of them; where both are meant, write what the two say into one");
        }
    }

    fn is_closed(&self, definition: u16) -> bool {
        self.table.definitions[usize::from(definition)].closed & self.bit != 0
    }

    /// Whether so much was looked at that the rest is left alone.
    fn is_spent(&mut self) -> bool {
        self.values += 1;
        self.values > MAX_VALUES || self.problems.len() > MAX_PROBLEMS
    }

    fn field(&mut self, field: &'static Field, entry: Entry<'a>) {
        let value = entry.value.resolve();
        if value.is_null() {
            return;
        }
        match field.holder {
            Holder::One => self.value(field, value, entry.key.range()),
            Holder::List => self.list(field, value, entry),
            Holder::Map | Holder::MapOfLists => self.map(field, value, entry),
        }
    }

    fn list(&mut self, field: &'static Field, list: Node<'a>, entry: Entry<'a>) {
        if list.kind() != Kind::Sequence {
            scalars::not_a_list(self, field, list, entry);
            return;
        }
        for item in list.items() {
            let value = item.resolve();
            if self.is_spent() {
                continue;
            }
            if value.is_null() {
                // An empty item is a structure with nothing in it.
                if let Base::Definition(definition) = field.base {
                    let head = match value.range() {
                        range if range.is_empty() => entry.key.range(),
                        range => range,
                    };
                    self.structure(Place {
                        node: value,
                        head,
                        definition,
                    });
                }
                continue;
            }
            let head = match value.kind() {
                Kind::Mapping => crate::view::head(value, &["name"]),
                _ => value.range(),
            };
            self.value(field, value, head);
        }
        if !self.in_status() {
            lists::check(self, field, list);
        }
    }

    fn map(&mut self, field: &'static Field, map: Node<'a>, entry: Entry<'a>) {
        if map.kind() != Kind::Mapping {
            scalars::not_a_map(self, field, map, entry);
            return;
        }
        self.repeats(map);
        for inner in map.merged_entries() {
            let value = inner.value.resolve();
            if self.is_spent() || value.is_null() {
                continue;
            }
            let Some(name) = inner.key.str() else {
                continue;
            };
            self.path.push(name);
            if field.holder == Holder::MapOfLists {
                for item in value.items() {
                    scalars::check(self, field.base, item.resolve());
                }
            } else {
                match field.base {
                    Base::Definition(definition) => {
                        self.nested(definition, value, inner.key.range());
                    }
                    base => {
                        scalars::check(self, base, value);
                    }
                }
            }
            self.path.pop();
        }
        if let Some(limit) = field.limit
            && !self.in_status()
        {
            values::map(self, *limit, map);
        }
    }

    /// A value by itself, or an item of a list.
    fn value(&mut self, field: &'static Field, value: Node<'a>, head: TextRange) {
        if let Base::Definition(definition) = field.base {
            self.nested(definition, value, head);
            return;
        }
        if scalars::check(self, field.base, value)
            && let Some(limit) = field.limit
            && !self.in_status()
        {
            values::check(self, *limit, value);
        }
    }

    fn nested(&mut self, definition: u16, node: Node<'a>, head: TextRange) {
        if self.is_spent() {
            return;
        }
        if node.kind() == Kind::Mapping {
            self.structure(Place {
                node,
                head,
                definition,
            });
        } else {
            scalars::not_a_structure(self, definition, node);
        }
    }

    /// Whether a key of this mapping was told to be unknown.
    pub(super) fn has_unknown_in(&self, node: Node<'_>) -> bool {
        self.problems.iter().any(|problem| {
            problem.kind == ProblemKind::UnknownField
                && node
                    .entries()
                    .any(|entry| entry.key.range() == problem.range)
        })
    }

    /// Whether a key of this mapping was told to be `name` misspelt: one slip is one problem.
    pub(super) fn is_misspelt(&self, node: Node<'_>, name: &str) -> bool {
        is_misspelt(&self.problems, node, name)
    }

    /// The structure at hand as messages name it.
    pub(super) fn owner(&self, node: Node<'_>) -> String {
        if self.above.len() <= 1 {
            return format!("`{}`", self.kind);
        }
        let path = node.path();
        // An item of a typed list, or of a List, is known by the rest of its path.
        let path = match path
            .strip_prefix("items[")
            .and_then(|rest| rest.split_once("]."))
        {
            Some((_, rest)) => rest,
            None => &path,
        };
        format!("`{path}`")
    }

    /// The name of the field at hand.
    pub(super) fn name(&self) -> &'a str {
        self.path.last().copied().unwrap_or_default()
    }
}

/// Renames a key, which makes a field that was dropped take effect.
pub(super) fn rename(problem: &mut Problem, key: Node<'_>, name: &str) {
    if key.style() == plimsoll_yaml::Style::Plain {
        problem.replace(
            format!("rename it `{name}`"),
            key.range(),
            name,
            Safety::Unsafe,
        );
    }
}

/// Whether `problems` tell of a key of this mapping that is `name` misspelt.
pub(super) fn is_misspelt(problems: &[Problem], node: Node<'_>, name: &str) -> bool {
    let help = format!("write `{name}`");
    problems.iter().any(|problem| {
        problem.kind == ProblemKind::UnknownField
            && problem.help.as_deref() == Some(&help)
            && node
                .entries()
                .any(|entry| entry.key.range() == problem.range)
    })
}
