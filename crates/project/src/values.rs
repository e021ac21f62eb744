//! The values of a chart: what its `values.yaml` says, who reads it, and what is read that it does
//! not say.

use plimsoll_source::{FileId, Place, TextRange};

use crate::snapshot::Project;

/// The values of a chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartValues {
    /// The chart's folder, relative to the root.
    pub folder: String,
    /// Its `values.yaml`, if it has one.
    pub file: Option<FileId>,
    /// Its `values.schema.json`, if it has one.
    pub schema: Option<FileId>,
    /// The keys of `values.yaml`, those above before those below them.
    pub keys: Vec<ValueKey>,
    /// Keys of maps in lists of `values.yaml` that nothing reads, while other keys beside them are
    /// read.
    pub unread_in_lists: Vec<ElementKey>,
    /// The paths, joined by dots, of what templates read and no values have, whether they allow for
    /// its absence or not.
    pub unset: Vec<String>,
    /// What templates use as if it were there and what no values define.
    pub undefined: Vec<UndefinedValue>,
    /// Where values do not fit the schema.
    pub violations: Vec<SchemaViolation>,
    /// Properties of the schema that no values have and no template reads.
    pub idle_properties: Vec<IdleProperty>,
}

/// A key of `values.yaml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueKey {
    /// The keys that lead there, joined by dots.
    pub path: String,
    /// The key that holds it, by its number in [`ChartValues::keys`].
    pub parent: Option<u32>,
    /// Where the key stands.
    pub key: TextRange,
    /// How far it is read.
    pub read: ValueRead,
    /// Where it is read, in the files of the chart that are no archives.
    pub places: Vec<Place>,
}

/// A key of the maps in a list that nothing reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElementKey {
    /// The keys that lead there, joined by dots, with `[]` for the elements: `hosts[].port`.
    pub path: String,
    /// Where it stands: once at least, and in each element that has it.
    pub keys: Vec<TextRange>,
}

/// How far a value is read, by any template with any values, as far as is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ValueRead {
    /// Nothing reads it or anything in it.
    Unread,
    /// It is read, or something in it.
    Itself,
    /// All that is in it may be read.
    Whole,
}

/// A value that templates use and no values define.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UndefinedValue {
    /// The keys that lead there, joined by dots.
    pub path: String,
    /// Where it is used.
    pub place: Place,
    /// Whether it is only compared with something (`eq`, `ne`).
    pub is_compared: bool,
    /// The nearest key above it that `values.yaml` has.
    pub above: Option<Place>,
}

/// A value that does not fit `values.schema.json`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaViolation {
    /// Where the value stands: its key if it has one, or where the schema is, if no value does.
    pub place: Place,
    /// The keys that lead to the value, joined by dots; empty for the root.
    pub path: String,
    /// What is wrong, in the validator's words.
    pub message: String,
    /// What the schema says, if the chart holds it.
    pub schema: Option<Place>,
    /// What the set of values is called.
    pub values: String,
    /// Whether something is missing that a user is to give.
    pub is_demand: bool,
}

/// A property that a schema describes and that nothing defines or reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdleProperty {
    /// The keys that lead there, joined by dots.
    pub path: String,
    /// Where the schema names it.
    pub place: Place,
}

impl Project {
    /// The values of the chart in a folder.
    pub fn values_of(&self, folder: &str) -> Option<&ChartValues> {
        self.chart_values
            .iter()
            .find(|values| values.folder == folder)
    }
}
