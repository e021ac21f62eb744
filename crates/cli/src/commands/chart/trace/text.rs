//! Traces for people.

use std::fmt::Write as _;

use plimsoll_helm::provenance::{Cause, Causes, Effects, Field, Provenance, Strand, What, Wrote};
use plimsoll_helm::render::{BranchKind, Role, Written};
use plimsoll_source::TextRange;

/// The longest text that is shown of a line, in characters.
const MAX_TEXT: usize = 100;
/// The most keys that a compact line names.
const MAX_KEYS: usize = 3;
/// The most causes of one role that are told of a part.
const MAX_CAUSES: usize = 12;

/// The whole chain of a line.
pub(super) fn line(of: &Provenance, line: u32) -> String {
    let mut out = String::new();
    let Some(range) = of.line_range(line) else {
        return out;
    };
    let _ = writeln!(out, "{line:>5} | {}", shortened(range.of(of.text())));
    if let Some((copy, path)) = of.at_line(line) {
        let name = if copy.name.is_empty() {
            copy.path.clone()
        } else {
            format!("{}/{}", copy.kind, copy.name)
        };
        let path = if path.is_empty() {
            String::new()
        } else {
            format!(" {path}")
        };
        let _ = writeln!(out, "      = {name}{path}");
    }
    let strands = strands(of, range);
    let only = strands.len() == 1;
    for strand in &strands {
        part(of, &mut out, strand, only);
    }
    out
}

/// The parts of a range that say something: letters and digits, or else anything but white space,
/// or else anything.
fn strands(of: &Provenance, range: TextRange) -> Vec<Strand> {
    let all = of.strands(range);
    let with = |says: fn(char) -> bool| -> Vec<Strand> {
        let found = all.iter().filter(|strand| {
            let text = strand.output.of(of.text());
            text.chars().any(says)
        });
        found.copied().collect()
    };
    let kinds: [fn(char) -> bool; 3] = [char::is_alphanumeric, |c| !c.is_whitespace(), |_| true];
    let mut found = kinds.into_iter().map(with);
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

fn part(of: &Provenance, out: &mut String, strand: &Strand, only: bool) {
    if !only {
        let text = strand.output.of(of.text()).trim();
        let _ = writeln!(out, "\n      `{}`", shortened(text));
    }
    match strand.wrote {
        Wrote::Helm => {
            row(out, "written", "by Helm, between documents", "");
        }
        Wrote::Crd(number, range) => {
            if let Some((path, line, source)) = of.crd_spot(number, range) {
                row(out, "copied", &format!("{path}:{line}"), &source);
            }
        }
        Wrote::Template {
            written,
            verbatim,
            calls,
            set,
        } => {
            if let Some(written) = &written {
                let verb = if verbatim { "copied" } else { "written" };
                row(out, verb, &place(of, written), &spot_source(of, written));
            }
            for call in of.calls(calls) {
                if Some(*call) != written {
                    row(out, "called", &place(of, call), &spot_source(of, call));
                }
            }
            if let Some(written) = &written {
                for (head, branch, taken) in of.branches(written, calls) {
                    let word = match (branch.kind, taken) {
                        (BranchKind::If, true) => "if",
                        (BranchKind::With, true) => "with",
                        (BranchKind::Range, true) => "range",
                        (_, false) => "else of",
                    };
                    let shown = of.expression(head.template, head.range);
                    row(out, word, &place(of, &head), &shortened(&shown));
                }
            }
            causes(of, out, &of.causes(set));
        }
    }
}

pub(super) fn causes(of: &Provenance, out: &mut String, causes: &Causes) {
    if causes.any {
        row(out, "from", "anything: there was too much to keep", "");
    }
    for (role, word) in [(Role::Content, "from"), (Role::Condition, "decided")] {
        let of_role = causes.list.iter().filter(|cause| cause.role == role);
        // Literals that decide stand in the branch that is told.
        let told: Vec<&Cause> = of_role
            .filter(|cause| role == Role::Content || cause.what.path().is_some())
            .collect();
        for cause in told.iter().take(MAX_CAUSES) {
            let name = cause_name(&cause.what);
            let (place, text) = cause_row(of, &cause.what);
            row(out, word, &format!("`{name}`  {place}"), &text);
        }
        if let Some(more) = told.len().checked_sub(MAX_CAUSES + 1) {
            row(out, word, &format!("and {} more", more + 1), "");
        }
    }
}

/// Where a cause is, and how it is written.
pub(super) fn cause_row(of: &Provenance, what: &What) -> (String, String) {
    match what {
        What::Value {
            file,
            flag,
            line,
            text,
            ..
        } => {
            let place = match flag {
                Some(number) => format!("{file} number {number}"),
                None => format!("{file}:{line}"),
            };
            (place, text.clone())
        }
        What::Given { path } if path.starts_with(".Chart") => {
            ("of Chart.yaml".to_owned(), String::new())
        }
        What::Given { .. } => ("given by Helm".to_owned(), String::new()),
        What::Literal { written, .. } => (format!("in {}", place(of, written)), String::new()),
        What::Absent {
            holder: Some((file, line)),
            ..
        } => (format!("not set below {file}:{line}"), String::new()),
        What::Absent { holder: None, .. } => ("not set".to_owned(), String::new()),
    }
}

/// What a cause is called.
pub(super) fn cause_name(what: &What) -> String {
    match (what, what.path()) {
        (What::Literal { text, .. }, _) => shortened(text),
        (_, Some("")) => "all values".to_owned(),
        (_, path) => path.unwrap_or_default().to_owned(),
    }
}

pub(super) fn row(out: &mut String, word: &str, place: &str, source: &str) {
    let line = format!("      {word:<9} {place:<34}  {source}");
    let _ = writeln!(out, "{}", line.trim_end());
}

/// `FILE:LINE:COLUMN` and the named template.
pub(super) fn place(of: &Provenance, written: &Written) -> String {
    let spot = of.spot(written);
    let named = spot.definition.map(|name| format!(" in \"{name}\""));
    format!(
        "{}:{}:{}{}",
        spot.path,
        spot.line,
        spot.column,
        named.unwrap_or_default()
    )
}

fn spot_source(of: &Provenance, written: &Written) -> String {
    shortened(&of.spot(written).source)
}

/// One line for each line of a range.
pub(super) fn compact(of: &Provenance, range: TextRange) -> String {
    let first = of.line_of(range.start);
    let last = of.line_of(range.end.saturating_sub(1).max(range.start));
    lines(of, first..=last.min(of.line_count()))
}

fn lines(of: &Provenance, numbers: impl IntoIterator<Item = u32>) -> String {
    struct Row {
        line: u32,
        place: String,
        text: String,
        keys: String,
    }
    let mut rows = Vec::new();
    let mut before = String::new();
    for line in numbers {
        let Some(range) = of.line_range(line) else {
            continue;
        };
        let strands = strands(of, range);
        let (keys, decided) = keys(of, &strands);
        // What decided is said where it changes.
        let mut told = keys;
        if decided != before && !decided.is_empty() {
            let space = if told.is_empty() { "" } else { "  " };
            told = format!("{told}{space}if {decided}");
        }
        before = decided;
        rows.push(Row {
            line,
            place: line_place(of, &strands),
            text: shortened(range.of(of.text())),
            keys: told,
        });
    }
    let width = |text: &str| text.chars().count();
    let places = rows.iter().map(|row| width(&row.place)).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        let Row {
            line,
            place,
            text,
            keys,
        } = row;
        let gap = if keys.is_empty() { "" } else { "  <- " };
        let shown = format!("{line:>5}  {place:<places$} | {text}{gap}{keys}");
        let _ = writeln!(out, "{}", shown.trim_end());
    }
    out
}

/// Where a line was written: where its parts meet, or else its first part.
fn line_place(of: &Provenance, strands: &[Strand]) -> String {
    let template_line = |written: &Written| {
        let spot = of.spot(written);
        (spot.path, spot.line)
    };
    let mut common: Option<Vec<(String, u32)>> = None;
    for strand in strands {
        match strand.wrote {
            Wrote::Helm => {}
            Wrote::Crd(number, range) => {
                let spot = of.crd_spot(number, range);
                return spot.map_or(String::new(), |(path, line, _)| format!("{path}:{line}"));
            }
            Wrote::Template { written, calls, .. } => {
                let chain: Vec<(String, u32)> = written
                    .iter()
                    .chain(of.calls(calls))
                    .map(template_line)
                    .collect();
                common = Some(match common {
                    None => chain,
                    Some(known) => {
                        let both: Vec<_> = known
                            .iter()
                            .filter(|place| chain.contains(place))
                            .cloned()
                            .collect();
                        if both.is_empty() { known } else { both }
                    }
                });
            }
        }
    }
    let first = common.and_then(|places| places.into_iter().next());
    first.map_or(String::new(), |(path, line)| format!("{path}:{line}"))
}

/// The values that flowed into strands, and those that decided, both as a list to read.
fn keys(of: &Provenance, strands: &[Strand]) -> (String, String) {
    let mut found: [Vec<String>; 2] = [Vec::new(), Vec::new()];
    let sets: Vec<u32> = strands
        .iter()
        .filter_map(|strand| match strand.wrote {
            Wrote::Template { set, .. } => Some(set),
            Wrote::Helm | Wrote::Crd(..) => None,
        })
        .collect();
    let causes = of.causes_of_all(&sets);
    if causes.any {
        found[0].push("anything".to_owned());
    }
    for cause in causes.list.iter().filter(|cause| cause.what.is_value()) {
        let (place, _) = cause_row(of, &cause.what);
        let text = format!("{} ({place})", cause_name(&cause.what));
        found[usize::from(cause.role == Role::Condition)].push(text);
    }
    let [content, conditions] = found.map(|list| {
        let more = list.len().saturating_sub(MAX_KEYS);
        let mut text = list[..list.len() - more].join(", ");
        if more > 0 {
            let _ = write!(text, " and {more} more");
        }
        text
    });
    (content, conditions)
}

/// Fields: the whole chain of those on one line, the others line by line.
pub(super) fn fields(of: &Provenance, fields: &[Field]) -> String {
    let mut out = String::new();
    for field in fields {
        if !out.is_empty() {
            out.push('\n');
        }
        let first = of.line_of(field.range.start);
        let last = of.line_of(field.range.end.saturating_sub(1).max(field.range.start));
        if first == last {
            out.push_str(&line(of, first));
        } else {
            out.push_str(&compact(of, field.range));
        }
    }
    out
}

/// What a line of a file came to.
pub(super) fn effects(of: &Provenance, path: &str, at: u32, effects: &Effects) -> String {
    let mut out = String::new();
    for (role, words) in [
        (Role::Content, "is in these lines of the output"),
        (Role::Condition, "decided over these lines of the output"),
    ] {
        let found: Vec<u32> = effects
            .iter()
            .filter(|(_, its)| **its == role)
            .map(|(line, _)| *line)
            .collect();
        if !found.is_empty() {
            let _ = writeln!(out, "{path}:{at} {words}:");
            out.push_str(&lines(of, found));
        }
    }
    if out.is_empty() {
        let _ = writeln!(out, "{path}:{at} came to nothing that is printed");
        for block in of.blocked(path, at) {
            let shown = of.expression(block.head.template, block.head.range);
            let why = match (block.set.is_some(), block.wants) {
                (false, _) => "never reached",
                (true, true) => "not taken",
                (true, false) => "taken",
            };
            row(&mut out, why, &place(of, &block.head), &shortened(&shown));
            if let Some(set) = block.set {
                causes(of, &mut out, &of.causes(set));
            }
        }
    }
    out
}

/// A text on one line that fits.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim_end();
    let line = text.replace('\t', " ");
    let line = plimsoll_report::escape::lines(&line).into_owned();
    match line.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
