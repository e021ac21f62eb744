//! A schema that is compiled: nodes in one list, which name each other by number.

use std::fmt;
use std::sync::Arc;

use plimsoll_source::TextRange;

use super::draft::Draft;
use super::formats::Format;
use super::number::Number;
use super::pattern::Pattern;
use super::pointer::encode;
use crate::values::Data;

/// The number of a node.
pub(super) type Id = usize;

/// A schema that values can be checked against.
#[derive(Debug)]
pub struct Schema {
    pub(super) nodes: Vec<Node>,
}

/// A value of `const` or `enum`, and how it is written.
#[derive(Debug)]
pub(super) struct Constant {
    pub(super) data: Data,
    pub(super) shown: String,
}

/// What `additionalProperties` or `additionalItems` says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Additional {
    Bool(bool),
    Schema(Id),
}

/// What `items` says before draft 2020-12.
#[derive(Debug)]
pub(super) enum Items {
    All(Id),
    Each(Vec<Id>),
}

/// What `dependencies` says of one property.
#[derive(Debug)]
pub(super) enum Dependency {
    Properties(Vec<String>),
    Schema(Id),
}

/// Where a schema is. Displayed, it is its URL with its pointer.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The document.
    pub(super) url: Arc<str>,
    pub(super) pointer: Arc<str>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.url, encode(&self.pointer))
    }
}

/// One schema.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) draft: Draft,
    /// The node of the document or of the part with an `$id` that it lies in.
    pub(super) resource: Id,
    /// `true`, `false` or `{}`.
    pub(super) bool: Option<bool>,
    pub(super) reference: Option<Id>,
    pub(super) recursive_ref: Option<Id>,
    pub(super) recursive_anchor: bool,
    /// The target, and the anchor if it names one.
    pub(super) dynamic_ref: Option<(Id, String)>,
    pub(super) dynamic_anchor: String,
    /// Of a resource: its dynamic anchors.
    pub(super) dynamic_anchors: Vec<(String, Id)>,
    pub(super) types: Types,
    pub(super) constant: Option<Constant>,
    pub(super) choices: Option<Vec<Constant>>,
    pub(super) format: Option<Format>,
    pub(super) all_of: Vec<Id>,
    pub(super) any_of: Vec<Id>,
    pub(super) one_of: Vec<Id>,
    pub(super) not: Option<Id>,
    pub(super) condition: Option<Id>,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,
    pub(super) min_properties: Option<u64>,
    pub(super) max_properties: Option<u64>,
    pub(super) required: Vec<String>,
    pub(super) dependencies: Vec<(String, Dependency)>,
    /// Sorted by name.
    pub(super) properties: Vec<(String, Id)>,
    pub(super) pattern_properties: Vec<(Pattern, Id)>,
    pub(super) additional_properties: Option<Additional>,
    pub(super) property_names: Option<Id>,
    pub(super) dependent_schemas: Vec<(String, Id)>,
    pub(super) dependent_required: Vec<(String, Vec<String>)>,
    pub(super) unevaluated_properties: Option<Id>,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) unique_items: bool,
    pub(super) items: Option<Items>,
    pub(super) additional_items: Option<Additional>,
    pub(super) prefix_items: Vec<Id>,
    pub(super) items_2020: Option<Id>,
    pub(super) contains: Option<Id>,
    pub(super) min_contains: Option<u64>,
    pub(super) max_contains: Option<u64>,
    pub(super) unevaluated_items: Option<Id>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<Pattern>,
    pub(super) minimum: Option<Number>,
    pub(super) maximum: Option<Number>,
    pub(super) exclusive_minimum: Option<Number>,
    pub(super) exclusive_maximum: Option<Number>,
    pub(super) multiple_of: Option<Number>,
    /// Where it is written; of a schema that was fetched, in that text.
    pub(super) range: TextRange,
}

impl Node {
    pub(super) fn new(place: Place, draft: Draft, range: TextRange) -> Self {
        Self {
            place,
            draft,
            resource: 0,
            bool: None,
            reference: None,
            recursive_ref: None,
            recursive_anchor: false,
            dynamic_ref: None,
            dynamic_anchor: String::new(),
            dynamic_anchors: Vec::new(),
            types: Types::default(),
            constant: None,
            choices: None,
            format: None,
            all_of: Vec::new(),
            any_of: Vec::new(),
            one_of: Vec::new(),
            not: None,
            condition: None,
            then: None,
            otherwise: None,
            min_properties: None,
            max_properties: None,
            required: Vec::new(),
            dependencies: Vec::new(),
            properties: Vec::new(),
            pattern_properties: Vec::new(),
            additional_properties: None,
            property_names: None,
            dependent_schemas: Vec::new(),
            dependent_required: Vec::new(),
            unevaluated_properties: None,
            min_items: None,
            max_items: None,
            unique_items: false,
            items: None,
            additional_items: None,
            prefix_items: Vec::new(),
            items_2020: None,
            contains: None,
            min_contains: None,
            max_contains: None,
            unevaluated_items: None,
            min_length: None,
            max_length: None,
            pattern: None,
            minimum: None,
            maximum: None,
            exclusive_minimum: None,
            exclusive_maximum: None,
            multiple_of: None,
            range,
        }
    }

    /// Whether every property is looked at by this schema alone.
    pub(super) fn all_properties_evaluated(&self) -> bool {
        self.additional_properties.is_some()
    }

    /// How many elements of a list are looked at by this schema alone.
    pub(super) fn items_evaluated(&self) -> usize {
        let all = if self.draft < Draft::D2020 {
            self.additional_items.is_some() || matches!(self.items, Some(Items::All(_)))
        } else {
            self.items_2020.is_some()
        };
        match (&self.items, all) {
            (_, true) => usize::MAX,
            (Some(Items::Each(each)), false) => each.len(),
            _ => self.prefix_items.len(),
        }
    }
}

/// A set of types.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Types(u8);

/// In the order in which they are printed.
const NAMES: [&str; 7] = [
    "null", "boolean", "number", "integer", "string", "array", "object",
];

impl Types {
    pub(super) fn add(&mut self, name: &str) {
        if let Some(bit) = NAMES.iter().position(|known| *known == name) {
            self.0 |= 1 << bit;
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, name: &str) -> bool {
        let bit = NAMES.iter().position(|known| *known == name);
        bit.is_some_and(|bit| self.0 & (1 << bit) != 0)
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        NAMES.into_iter().filter(|name| self.has(name)).collect()
    }
}

/// What the library calls the type of a value.
pub(super) fn type_name(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "boolean",
        Data::Int(_) | Data::Float(_) => "number",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
    }
}
