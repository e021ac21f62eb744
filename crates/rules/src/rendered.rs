//! Findings in rendered charts: where a person finds what they are about, and which sets of values
//! show them.

use std::collections::BTreeSet;

use plimsoll_project::Project;
use plimsoll_secrets::base64;
use plimsoll_source::files::file_name;
use plimsoll_source::{Files, Finding, Place, Related, TextRange, ValueOrigin, ValueRole};

use crate::service::keys::is_secret;

/// The most values that a finding names.
const MAX_VALUES: usize = 3;
/// A value of so many bytes may be a file with a secret in it.
const MIN_FILE: usize = 40;
/// The most sets of values that a finding names.
const MAX_SETS: usize = 3;

/// Whether a secret of rendered text stands in some file: it is text of a template, a value, or a
/// literal in an action. One that is made up anew for each release does not.
fn is_committed(files: &Files, place: Place) -> bool {
    // What a helper gives is not seen here.
    const MADE: [&str; 7] = [
        "rand", "gen", "uuidv4", "shuffle", "lookup", "include", "template",
    ];
    if files.editable(place).is_some() {
        return true;
    }
    let origin = files.origin(place);
    let shown = files.text(place).trim_matches(['"', '\'']);
    let decoded = base64::decode(shown).unwrap_or_default();
    let holds = |text: &str| {
        let text = text.trim_matches(['"', '\'']);
        let in_decoded = || {
            decoded
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        !text.is_empty() && (shown.contains(text) || in_decoded())
    };
    let is_whole = |text: &str| {
        let text = text.trim_matches(['"', '\'']);
        text == shown || text.as_bytes() == decoded
    };
    // Of a text that is put together of values, the name of a user is no secret.
    let gives = |value: &ValueOrigin| {
        let text = value.place.map_or("", |place| files.text(place));
        let key = value.path.rsplit('.').next().unwrap_or_default();
        let is_file = text.len() >= MIN_FILE;
        holds(text) && (is_whole(text) || is_file || is_secret(key))
    };
    if contents(&origin.values).any(gives) {
        return true;
    }
    let text = files.text(origin.place);
    text.contains('"') && !MADE.iter().any(|word| text.contains(word))
}

/// Whether a finding about secrets is about none that is committed.
pub(crate) fn is_made_up(files: &Files, finding: &Finding) -> bool {
    finding.generated.is_some()
        && !finding.secrets.is_empty()
        && !finding
            .secrets
            .iter()
            .any(|&place| is_committed(files, place))
}

/// Moves the places of a finding to where they were written, and names what led there.
pub(crate) fn place(files: &Files, finding: &mut Finding) {
    let mut secrets = Vec::with_capacity(finding.secrets.len());
    for &place in &finding.secrets {
        let origin = files.origin(place);
        secrets.push(origin.place);
        // A secret that came from values stands there.
        secrets.extend(contents(&origin.values).filter_map(|value| value.place));
    }
    finding.secrets = secrets;
    for related in &mut finding.related {
        related.place = files.origin(related.place).place;
    }
    let primary = finding.origin.place;
    finding
        .related
        .retain(|related| related.place != primary || !related.message.is_empty());
    let Some(generated) = finding.generated else {
        return;
    };
    if !finding.origin.chain.is_empty()
        && let Some(fix) = &finding.fix
    {
        // What a helper writes is indented where it is called, and by how much is not known here.
        let inserts_lines = fix
            .change
            .edits
            .iter()
            .any(|edit| edit.edit.text.contains('\n'));
        if inserts_lines {
            finding.fix = None;
        }
    }
    let below = under(&files.get(generated.file).text, generated.range);
    if let Some(range) = below {
        // What is wrong with a key is mostly what stands under it.
        let origin = files.origin(Place::new(generated.file, range));
        let mut values = contents(&origin.values);
        if let (Some(value), None) = (values.next(), values.next())
            && !finding.origin.values.contains(value)
        {
            finding.origin.values.push(value.clone());
        }
    }
    let mut further: Vec<Related> = Vec::new();
    for value in contents(&finding.origin.values).take(MAX_VALUES) {
        let Some(place) = value.place else { continue };
        let name = file_name(&files.get(place.file).path);
        further.push(Related {
            place,
            message: format!("`{}` of {name}", value.path).into(),
        });
    }
    for &place in &finding.origin.chain {
        further.push(Related {
            place,
            message: "used here".into(),
        });
    }
    for related in further {
        let known = finding
            .related
            .iter()
            .any(|other| other.place == related.place);
        if !known && related.place != primary {
            finding.related.push(related);
        }
    }
}

/// What stands under a key of a block mapping, by the lines alone.
pub(crate) fn under(text: &str, key: TextRange) -> Option<TextRange> {
    let start = key.end as usize;
    if !text.get(start..)?.starts_with(':') {
        return None;
    }
    let head = text[..key.start as usize]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let column = key.start as usize - head;
    let mut end = start + 1;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        let body = line.trim_start();
        let depth = line.len() - body.len();
        let inside = number == 0
            || body.is_empty()
            || depth > column
            || depth == column && body.starts_with("- ");
        if !inside {
            break;
        }
        if !body.trim().is_empty() {
            end = end.max(line.as_ptr().addr() - text.as_ptr().addr() + line.trim_end().len());
        }
    }
    Some(TextRange::at(start + 1, end))
}

/// The values whose content is in the text.
fn contents(values: &[ValueOrigin]) -> impl Iterator<Item = &ValueOrigin> {
    values
        .iter()
        .filter(|value| value.role == ValueRole::Content)
}

/// Where a comment can stand that allows a finding: at its line, at a line that calls that one,
/// at a value that is in it or that would have filled what it misses, or in the object that it is
/// about.
pub(crate) fn allowing(finding: &Finding) -> Vec<Place> {
    let origin = &finding.origin;
    let causes = |value: &&ValueOrigin| value.role != ValueRole::Branch;
    let values = origin.values.iter().filter(causes);
    let values = values.filter_map(|value| value.place);
    let own = [origin.place].into_iter().chain(finding.generated);
    own.chain(origin.chain.iter().copied())
        .chain(values)
        .collect()
}

/// Makes one of findings that are the same defect: the same object seen through two documents,
/// or rendered with two sets of values. They stand in one file, in the order of their places.
pub(crate) fn merged(project: &Project, findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    // The renders that show each of them.
    let mut shown: Vec<BTreeSet<usize>> = Vec::with_capacity(findings.len());
    let mut start = 0;
    for finding in findings {
        let same_spot = |other: &Finding| {
            other.rule == finding.rule && other.origin.place == finding.origin.place
        };
        if !merged.last().is_some_and(same_spot) {
            start = merged.len();
        }
        let generated = finding.generated;
        let render = generated.and_then(|place| Some(project.generated(place.file)?.render));
        let twin = (start..merged.len()).find(|&index| {
            let other = &merged[index];
            let elsewhere = render.is_some_and(|render| !shown[index].contains(&render));
            let same_thing = other.object == finding.object && other.subject == finding.subject;
            other.message == finding.message || elsewhere && same_thing
        });
        match twin {
            Some(index) => shown[index].extend(render),
            None => {
                merged.push(finding);
                shown.push(render.into_iter().collect());
            }
        }
    }
    let mut shown = shown.into_iter();
    merged.retain_mut(|finding| {
        let shown = shown.next().unwrap_or_default();
        if is_trial(project, finding, &shown) {
            return false;
        }
        if let Some(note) = label(project, &shown) {
            finding.notes.push(note.into());
        }
        true
    });
    merged
}

/// Whether a finding is about values that are there for checks only: a secret in these is none,
/// and nobody runs the container that they add.
fn is_trial(project: &Project, finding: &Finding, shown: &BTreeSet<usize>) -> bool {
    let Some(&first) = shown.first() else {
        return false;
    };
    let trials = shown.iter().all(|&render| project.renders[render].is_trial);
    let folder = &project.renders[first].folder;
    let in_trial = |place: Place| {
        let path = project.path(place.file);
        let inner = path.strip_prefix(&**folder).unwrap_or(path);
        let inner = inner.trim_start_matches('/');
        inner.starts_with("ci/")
            || shown
                .iter()
                .any(|&render| *project.renders[render].values == *inner)
    };
    let causes = finding.origin.values.iter();
    let causes = causes.filter(|value| value.role != ValueRole::Branch);
    let mut values = causes.filter_map(|value| value.place);
    trials && (!finding.secrets.is_empty() || values.any(in_trial))
}

/// Which sets of values show a finding, if not all of the chart do.
fn label(project: &Project, shown: &BTreeSet<usize>) -> Option<String> {
    let first = *shown.first()?;
    if project
        .sets_of_chart(first)
        .all(|render| shown.contains(&render))
    {
        return None;
    }
    let mut names: Vec<String> = shown
        .iter()
        .map(|&render| format!("`{}`", project.renders[render].values))
        .collect();
    let more = names.len().saturating_sub(MAX_SETS);
    names.truncate(MAX_SETS);
    let names = names.join(", ");
    Some(match more {
        0 => format!("only with the values of {names}"),
        more => format!("only with the values of {names} and {more} more"),
    })
}
