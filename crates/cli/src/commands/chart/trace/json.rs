//! Traces for programs. The format is described by `docs/schema/trace.schema.json`.

use std::collections::HashMap;

use plimsoll_helm::provenance::{Causes, Provenance, What, Wrote};
use plimsoll_helm::render::{Role, Written};
use plimsoll_source::TextRange;
use serde::Serialize;

use crate::failure::Failure;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document {
    version: u32,
    lines: Vec<LineEntry>,
    /// The calls that parts name by their numbers, the innermost first.
    calls: Vec<Vec<PlaceEntry>>,
    /// What parts came from, by their numbers.
    causes: Vec<CausesEntry>,
    /// How branches were decided; only of the whole output.
    #[serde(skip_serializing_if = "Option::is_none")]
    branches: Option<Vec<BranchEntry>>,
}

#[derive(Serialize)]
struct LineEntry {
    line: u32,
    text: String,
    object: Option<String>,
    parts: Vec<PartEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartEntry {
    /// Where it stands on its line, in characters from 1; the end is after the last one.
    column: u32,
    end_column: u32,
    kind: &'static str,
    place: Option<PlaceEntry>,
    calls: Option<u32>,
    causes: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceEntry {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
}

#[derive(Serialize)]
struct CausesEntry {
    any: bool,
    content: Vec<CauseEntry>,
    conditions: Vec<CauseEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CauseEntry {
    kind: &'static str,
    path: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    text: Option<String>,
}

#[derive(Serialize)]
struct BranchEntry {
    expression: String,
    taken: bool,
    place: PlaceEntry,
    calls: u32,
    causes: u32,
}

/// Numbers for what is told once.
struct Tables<'p> {
    of: &'p Provenance,
    calls: Vec<Vec<PlaceEntry>>,
    call_numbers: HashMap<u32, u32>,
    causes: Vec<CausesEntry>,
    cause_numbers: HashMap<u32, u32>,
}

/// The whole output.
pub(super) fn whole(of: &Provenance) -> Result<String, Failure> {
    let mut tables = Tables::new(of);
    let lines = (1..=of.line_count())
        .filter_map(|line| tables.line(line))
        .collect();
    let branches = of.decisions().iter().map(|decision| {
        let branch = of.outlines()[decision.template as usize].branches[decision.branch as usize];
        let head = Written {
            template: decision.template,
            range: branch.head,
        };
        BranchEntry {
            expression: of.expression(decision.template, branch.head),
            taken: decision.taken,
            place: place(of, &head),
            calls: tables.calls_of(decision.calls),
            causes: tables.causes_of(decision.set),
        }
    });
    let branches = branches.collect();
    write(tables, lines, Some(branches))
}

/// The lines that ranges of the output touch.
pub(super) fn ranges(of: &Provenance, ranges: &[TextRange]) -> Result<String, Failure> {
    let mut tables = Tables::new(of);
    let mut lines = Vec::new();
    for range in ranges {
        let last = of.line_of(range.end.saturating_sub(1).max(range.start));
        for line in of.line_of(range.start)..=last {
            lines.extend(tables.line(line));
        }
    }
    write(tables, lines, None)
}

fn write(
    tables: Tables<'_>,
    lines: Vec<LineEntry>,
    branches: Option<Vec<BranchEntry>>,
) -> Result<String, Failure> {
    let document = Document {
        version: VERSION,
        lines,
        calls: tables.calls,
        causes: tables.causes,
        branches,
    };
    let text = serde_json::to_string(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    Ok(plimsoll_report::escape::json(&text).into_owned() + "\n")
}

impl<'p> Tables<'p> {
    fn new(of: &'p Provenance) -> Self {
        Self {
            of,
            calls: Vec::new(),
            call_numbers: HashMap::new(),
            causes: Vec::new(),
            cause_numbers: HashMap::new(),
        }
    }

    fn line(&mut self, line: u32) -> Option<LineEntry> {
        let of = self.of;
        let range = of.line_range(line)?;
        let text = range.of(of.text());
        // A part may end inside a character, if two of them make one.
        let column = |at: u32| {
            let before = text.get(..(at - range.start) as usize).unwrap_or(text);
            before.chars().count() as u32 + 1
        };
        let mut parts = Vec::new();
        for strand in of.strands(range) {
            let (kind, place, calls, causes) = match strand.wrote {
                Wrote::Helm => ("helm", None, None, None),
                Wrote::Crd(number, range) => {
                    let spot = of
                        .crd_spot(number, range)
                        .map(|(path, line, _)| PlaceEntry {
                            file: path.to_owned(),
                            line,
                            column: 1,
                            end_line: line,
                            end_column: 1,
                            definition: None,
                        });
                    ("crd", spot, None, None)
                }
                Wrote::Template {
                    written,
                    verbatim,
                    calls,
                    set,
                } => {
                    let kind = if strand.output.is_empty() {
                        "nothing"
                    } else if verbatim {
                        "text"
                    } else {
                        "action"
                    };
                    let place = written.map(|written| place(of, &written));
                    (
                        kind,
                        place,
                        Some(self.calls_of(calls)),
                        Some(self.causes_of(set)),
                    )
                }
            };
            parts.push(PartEntry {
                column: column(strand.output.start),
                end_column: column(strand.output.end),
                kind,
                place,
                calls,
                causes,
            });
        }
        let document = of
            .documents()
            .iter()
            .find(|copy| copy.output.overlaps(range) && !range.is_empty());
        let object = document.filter(|copy| !copy.name.is_empty());
        Some(LineEntry {
            line,
            text: text.to_owned(),
            object: object.map(|copy| format!("{}/{}", copy.kind, copy.name)),
            parts,
        })
    }

    fn calls_of(&mut self, calls: u32) -> u32 {
        if let Some(&known) = self.call_numbers.get(&calls) {
            return known;
        }
        let number = self.calls.len() as u32;
        let entries = self.of.calls(calls).iter();
        let entries = entries.map(|call| place(self.of, call)).collect();
        self.calls.push(entries);
        self.call_numbers.insert(calls, number);
        number
    }

    fn causes_of(&mut self, set: u32) -> u32 {
        if let Some(&known) = self.cause_numbers.get(&set) {
            return known;
        }
        let number = self.causes.len() as u32;
        let entry = causes(self.of, &self.of.causes(set));
        self.causes.push(entry);
        self.cause_numbers.insert(set, number);
        number
    }
}

fn causes(of: &Provenance, causes: &Causes) -> CausesEntry {
    let of_role = |role: Role| {
        let found = causes.list.iter().filter(|cause| cause.role == role);
        found.map(|found| cause(of, &found.what)).collect()
    };
    CausesEntry {
        any: causes.any,
        content: of_role(Role::Content),
        conditions: of_role(Role::Condition),
    }
}

fn cause(of: &Provenance, what: &What) -> CauseEntry {
    let empty = |kind: &'static str| CauseEntry {
        kind,
        path: what.path().map(str::to_owned),
        file: None,
        line: None,
        column: None,
        number: None,
        text: None,
    };
    match what {
        What::Value {
            file,
            flag,
            line,
            column,
            text,
            ..
        } => CauseEntry {
            file: Some(file.clone()),
            line: flag.is_none().then_some(*line),
            column: flag.is_none().then_some(*column),
            number: *flag,
            text: Some(text.clone()),
            ..empty(if flag.is_some() { "flag" } else { "value" })
        },
        What::Given { .. } => empty("given"),
        What::Literal { written, text } => {
            let spot = of.spot(written);
            CauseEntry {
                file: Some(spot.path),
                line: Some(spot.line),
                column: Some(spot.column),
                text: Some(text.clone()),
                ..empty("literal")
            }
        }
        What::Absent { holder, .. } => CauseEntry {
            file: holder.as_ref().map(|(file, _)| file.clone()),
            line: holder.as_ref().map(|(_, line)| *line),
            ..empty("absent")
        },
    }
}

fn place(of: &Provenance, written: &Written) -> PlaceEntry {
    let spot = of.spot(written);
    PlaceEntry {
        file: spot.path,
        line: spot.line,
        column: spot.column,
        end_line: spot.end_line,
        end_column: spot.end_column,
        definition: spot.definition,
    }
}
