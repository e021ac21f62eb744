//! `--why-missing`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use plimsoll_helm::chart::{File, Loaded};
use plimsoll_helm::provenance::Provenance;
use plimsoll_helm::provenance::missing::{Answer, Candidate, Fit, Present, Question, Reason, why};
use plimsoll_helm::render::BranchKind;

use super::any_of;
use super::text::{cause_row, causes, place, row, shortened};
use crate::failure::Failure;
use crate::terminal;

/// The most places that are told.
const MAX_CANDIDATES: usize = 12;

pub(in crate::commands::chart) fn run(
    of: &Provenance,
    question: &Question<'_>,
    wanted: &str,
) -> Result<(), Failure> {
    let is_name = wanted
        .split_once('/')
        .is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
    if !is_name {
        return Err(Failure::user(format!("`{wanted}` is no `kind/name`"))
            .help("name the object that is missing, such as `deployment/web`"));
    }
    let answer = why(of, question, wanted);
    if answer.present.is_none() && answer.candidates.is_empty() {
        let failure = Failure::user(format!("nothing in the chart writes `{wanted}`"));
        return Err(if answer.near.is_empty() {
            failure
        } else {
            failure.help(format!("what is rendered has {}", any_of(&answer.near)))
        });
    }
    terminal::print(&text(of, wanted, &answer))
}

fn text(of: &Provenance, wanted: &str, answer: &Answer) -> String {
    let mut out = String::new();
    if let Some(present) = &answer.present {
        let _ = match present {
            Present::Line(line) => writeln!(out, "{wanted} is there: line {line} of the output"),
            Present::Hook(path) => writeln!(
                out,
                "{wanted} is a hook of {path}, and `--no-hooks` or `--skip-tests` leaves it out"
            ),
            Present::NotShown(path) => writeln!(
                out,
                "{wanted} is rendered by {path}, which `--show-only` does not name"
            ),
            Present::Crd(path) => writeln!(
                out,
                "{wanted} is in {path}, which is printed with `--include-crds`"
            ),
        };
        return out;
    }
    let only_kind = answer.candidates.iter().all(|one| one.fit == Fit::Kind);
    let words = if only_kind {
        "is not rendered, and no place has its name; its kind would be written here:"
    } else {
        "is not rendered:"
    };
    let _ = writeln!(out, "{wanted} {words}");
    for candidate in answer.candidates.iter().take(MAX_CANDIDATES) {
        one(of, &mut out, candidate);
    }
    if let Some(more) = answer.candidates.len().checked_sub(MAX_CANDIDATES + 1) {
        let _ = writeln!(out, "\n  and {} more places", more + 1);
    }
    if only_kind && !answer.near.is_empty() {
        let _ = writeln!(out, "\n  what is rendered has {}", any_of(&answer.near));
    }
    out
}

fn one(of: &Provenance, out: &mut String, candidate: &Candidate) {
    let Candidate {
        path,
        line,
        name,
        fit,
        reason,
    } = candidate;
    let sure = match fit {
        Fit::Rendered => "writes it when the branches below are decided otherwise",
        Fit::Name if name.contains("{{") => "may write it",
        Fit::Name => "writes it",
        Fit::Kind => "writes the kind",
    };
    let named = if name.is_empty() {
        String::new()
    } else {
        format!(", with the name {}", shortened(name))
    };
    let _ = writeln!(out, "\n  {path}:{line} {sure}{named}");
    match reason {
        Reason::Branches(blocks) => {
            for block in blocks {
                let word = match (block.set.is_some(), block.wants, block.branch.kind) {
                    (false, ..) => "unreached",
                    (true, true, BranchKind::Range) => "empty",
                    (true, true, _) => "not taken",
                    (true, false, _) => "taken",
                };
                let head = of.expression(block.head.template, block.head.range);
                row(out, word, &place(of, &block.head), &shortened(&head));
                if let Some(set) = block.set {
                    causes(of, out, &of.causes(set));
                }
            }
        }
        Reason::Subchart { name, switch } => {
            let word = "off";
            match switch {
                Some((path, what)) => {
                    let (place, text) = cause_row(of, what);
                    row(out, word, &format!("subchart `{name}`"), "");
                    row(out, "decided", &format!("`{path}`  {place}"), &text);
                }
                None => row(out, word, &format!("subchart `{name}` takes no part"), ""),
            }
        }
        Reason::Partial => row(
            out,
            "partial",
            "a file whose name starts with `_` gives only what others include",
            "",
        ),
        Reason::NotCalled(name) => {
            row(
                out,
                "uncalled",
                &format!("no template includes \"{name}\""),
                "",
            );
        }
        Reason::Ignored => row(out, "ignored", "`.helmignore` leaves the file out", ""),
        Reason::Library(name) => row(
            out,
            "library",
            &format!("`{name}` is a library chart: only its partial templates count"),
            "",
        ),
    }
}

/// The most bytes and folders of templates that were left out.
const MAX_BYTES: u64 = 1 << 20;
const MAX_DEPTH: u32 = 8;

/// The files below `templates/` of a chart's folder that are no part of the chart.
pub(in crate::commands::chart) fn ignored(chart: &str, loaded: &Loaded) -> Vec<File> {
    let mut found = Vec::new();
    below(Path::new(chart.trim()), "templates", 0, loaded, &mut found);
    found
}

/// Recursion ends at [`MAX_DEPTH`].
fn below(root: &Path, inside: &str, depth: u32, loaded: &Loaded, found: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(root.join(inside)) else {
        return;
    };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{inside}/{}", entry.file_name().to_string_lossy());
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() && depth < MAX_DEPTH {
            below(root, &name, depth + 1, loaded, found);
        } else if meta.is_file()
            && meta.len() <= MAX_BYTES
            && !loaded.chart.raw.iter().any(|file| *file.name == *name)
            && let Ok(data) = fs::read(entry.path())
        {
            let name: Arc<str> = name.into();
            found.push(File {
                name: name.clone(),
                data: data.into(),
                path: name,
            });
        }
    }
}
