//! *Build context*.

use plimsoll_rules::{bytes, context_sizes};
use plimsoll_source::files;

use super::{Answer, Asked, NO_IMAGE, evidence};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let sizes: Vec<_> = asked
        .units()
        .filter_map(|unit| Some((unit, context_sizes(asked.project, unit)?)))
        .collect();
    let sent: u64 = sizes.iter().map(|(_, sizes)| sizes.sent).sum();
    let taken = |answer: Answer| {
        if asked.units().next().is_none() {
            Answer::Nothing(NO_IMAGE)
        } else if sizes.is_empty() {
            Answer::Nothing("the folder that it is built from is not known")
        } else if sent == 0 {
            Answer::Nothing("nothing of the folder is copied")
        } else {
            answer
        }
    };
    let ignores = ignores(asked);
    let present = if ignores.is_empty() {
        Answer::Is("nothing that is copied needs one".into(), Vec::new())
    } else {
        Answer::shown(ignores.clone())
    };
    let shown = sizes
        .iter()
        .map(|(unit, sizes)| {
            let least = if sizes.truncated { "at least " } else { "" };
            let text = format!(
                "sends {least}{}, needs {} of that; the folder holds {}",
                bytes(sizes.sent),
                bytes(sizes.needed),
                bytes(sizes.folder)
            );
            evidence(files::head(&asked.project.files, unit.file), text)
        })
        .collect();
    let total = |pick: fn(&plimsoll_rules::ContextSizes) -> u64| {
        bytes(sizes.iter().map(|(_, sizes)| pick(sizes)).sum())
    };
    let summary = format!(
        "{} sent, {} needed",
        total(|sizes| sizes.sent),
        total(|sizes| sizes.needed)
    );
    vec![
        asked.line(
            "dockerignore",
            "`.dockerignore` present",
            &["missing-dockerignore"],
            taken(present),
        ),
        asked.line(
            "context-secrets",
            "secrets kept out of the build",
            &["context-leaks-secrets"],
            taken(Answer::shown(ignores.clone())),
        ),
        asked.line(
            "context-bulk",
            "bulk kept out of the build",
            &["context-bloat"],
            taken(Answer::Is(summary, shown)),
        ),
        asked.line(
            "context-complete",
            "what the build needs is not left out",
            &["dockerignore-hides-needed-file"],
            taken(Answer::shown(ignores)),
        ),
    ]
}

fn ignores(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let mut found: Vec<Evidence> = Vec::new();
    for unit in asked.units() {
        let context = asked.project.context_of(unit);
        if let Some(index) = context.and_then(|context| context.ignore) {
            let file = asked.project.ignores[index].file;
            let place = files::head(&asked.project.files, file);
            if found.iter().all(|other| other.place != place) {
                found.push(evidence(place, "leaves out what it names"));
            }
        }
    }
    found
}
