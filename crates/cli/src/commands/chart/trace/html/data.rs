//! What the page's script knows of calls and causes.

use std::collections::{BTreeMap, HashMap};

use plimsoll_helm::provenance::{Provenance, What};
use plimsoll_helm::render::Role;
use serde::Serialize;

use crate::commands::chart::trace::text::{cause_name, cause_row};
use crate::failure::Failure;

/// Calls and causes, each told once.
#[derive(Serialize)]
pub(super) struct Tables<'p> {
    #[serde(skip)]
    of: &'p Provenance,
    /// The files by their letters and numbers.
    pub(super) files: BTreeMap<String, String>,
    /// For each chain of calls its lines and the named templates that these stand in.
    calls: Vec<Vec<(String, String)>>,
    causes: Vec<Vec<Entry>>,
    #[serde(skip)]
    call_numbers: HashMap<u32, u32>,
    #[serde(skip)]
    cause_numbers: HashMap<u32, u32>,
}

/// A cause: is it a condition, the line if it has one, what it is called, where it is and how it
/// is written.
type Entry = (bool, Option<String>, String, String);

impl<'p> Tables<'p> {
    pub(super) fn new(of: &'p Provenance) -> Self {
        Self {
            of,
            files: BTreeMap::new(),
            calls: Vec::new(),
            causes: Vec::new(),
            call_numbers: HashMap::new(),
            cause_numbers: HashMap::new(),
        }
    }

    pub(super) fn calls_of(&mut self, calls: u32) -> u32 {
        let next = self.calls.len() as u32;
        let number = *self.call_numbers.entry(calls).or_insert(next);
        if number == next {
            let chain = self.of.calls(calls).iter().map(|call| {
                let spot = self.of.spot(call);
                let file = super::SourceFile::Template(call.template);
                (file.anchor(spot.line), spot.definition.unwrap_or_default())
            });
            self.calls.push(chain.collect());
        }
        number
    }

    pub(super) fn causes_of(&mut self, set: u32) -> u32 {
        let next = self.causes.len() as u32;
        let number = *self.cause_numbers.entry(set).or_insert(next);
        if number == next {
            let causes = self.of.causes(set);
            let mut entries: Vec<Entry> = Vec::new();
            if causes.any {
                let words = "there was too much to keep".to_owned();
                entries.push((false, None, "anything".to_owned(), words));
            }
            for cause in &causes.list {
                let is_condition = cause.role == Role::Condition;
                if is_condition && matches!(cause.what, What::Literal { .. }) {
                    continue;
                }
                let line = match &cause.what {
                    What::Value { number, line, .. } => {
                        Some(super::SourceFile::Values(*number).anchor(*line))
                    }
                    What::Literal { written, .. } => {
                        let file = super::SourceFile::Template(written.template);
                        Some(file.anchor(self.of.spot(written).line))
                    }
                    What::Given { .. } | What::Absent { .. } => None,
                };
                let name = cause_name(&cause.what);
                let (place, text) = cause_row(self.of, &cause.what);
                let text = if text.is_empty() {
                    place
                } else {
                    format!("= {text}  {place}")
                };
                entries.push((is_condition, line, name, text));
            }
            self.causes.push(entries);
        }
        number
    }

    pub(super) fn json(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))
    }
}
