//! What of a project could not be read: commands that answer from manifests say so, for what is missing
//! would otherwise look like what was never there.

use plimsoll_project::Project;
use plimsoll_source::{FileId, Place, TextRange};

use crate::roots::{self, Roots};
use crate::terminal::Terminal;

/// The most that is said.
const MOST: usize = 20;

/// Warns of files that are no YAML or no text, and of charts that could not be rendered.
pub(crate) fn warn(project: &Project, roots: &Roots, terminal: &Terminal) {
    for words in all(project, roots).into_iter().take(MOST) {
        terminal.warn(&words);
    }
}

/// The same, in words.
pub(crate) fn all(project: &Project, roots: &Roots) -> Vec<String> {
    let here = roots::here();
    let place = |file: FileId, range: TextRange| {
        let text = project.files.get(file);
        let path = roots.shown(&here, &text.path);
        format!("{path}:{}", text.line_col(range.start).line)
    };
    let is_written = |file: FileId| project.files.get(file).origins.is_none();
    let manifests = project.manifests.iter().map(|unit| (unit.file, &unit.tree));
    let composes = project.composes.iter().map(|unit| (unit.file, &unit.tree));
    let yaml = manifests.chain(composes);
    // Answers of servers, one after another in one file, are JSON as well.
    let is_yaml = |file: FileId| !project.path(file).ends_with(".json");
    let broken = yaml.filter(|(file, _)| is_written(*file) && is_yaml(*file));
    let broken = broken.filter_map(|(file, tree)| {
        let error = tree.errors().first()?;
        let at = place(file, error.range);
        Some(format!(
            "{at}: {}; what follows in this file may be missing",
            error.message
        ))
    });
    let unreadable = project.unreadable.iter().map(|one| {
        let path = roots.shown(&here, project.path(one.file));
        format!("`{path}` cannot be read and is left out")
    });
    let amounts = project.manifests.iter().flat_map(|unit| {
        let found = plimsoll_sizing::unread(&unit.tree).into_iter();
        found.map(|one| {
            let range = TextRange::new(one.at.start, one.at.end);
            let origin = project.files.origin(Place {
                file: unit.file,
                range,
            });
            format!(
                "{}: `{}` is no amount of {}, which counts as not set",
                place(origin.place.file, origin.place.range),
                one.text,
                one.resource
            )
        })
    });
    let failures = project.failures.iter().map(|one| {
        let values = match &*one.values {
            "" => String::new(),
            name => format!(" with `{name}`"),
        };
        format!(
            "{}: the chart cannot be rendered{values}: {}",
            place(one.place.file, one.place.range),
            one.message
        )
    });
    let mut all: Vec<String> = broken
        .chain(amounts)
        .chain(unreadable)
        .chain(failures)
        .collect();
    all.dedup();
    all
}
