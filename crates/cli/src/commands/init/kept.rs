//! Compose files, charts and manifests that somebody else wrote: a file of ours among them would
//! change what they do, so that nothing is written beside them.

use plimsoll_scaffold::compose::COMPOSE_FILE;
use plimsoll_scaffold::generate::Artefact;
use plimsoll_scaffold::manifests::FOLDER;
use plimsoll_scaffold::merge::{Record, Standing};
use plimsoll_scaffold::written::Written;

use super::place::Place;

/// Names of Compose files besides ours, all of which Compose would pass over for ours.
const COMPOSE_FILES: &[&str] = &["compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// Something that stays.
pub(super) struct Kept {
    /// Its path relative to the root.
    pub(super) path: String,
    /// What is not written for its sake, a lower-case phrase.
    pub(super) says: &'static str,
}

/// Takes out of what would be written what does not go together with what stands there. `of_manifests`
/// says that manifests are what it was made of, which lie wherever they do.
pub(super) fn take_out(
    written: &mut Vec<Written>,
    record: &Record,
    place: &Place,
    of_manifests: bool,
) -> Vec<Kept> {
    let is_made_of_them = of_manifests;
    let mut kept = Vec::new();
    let is_foreign = |path: &str, written: &[Written]| {
        let ours = written.iter().find(|file| file.path == path);
        match place.standing(path) {
            Standing::Text(text) if !record.files.contains_key(path) => {
                ours.is_none_or(|ours| ours.text() != text)
            }
            _ => false,
        }
    };
    let of_compose = |path: &str| Artefact::of(path) == Artefact::Compose && path != ".gitignore";
    if written.iter().any(|file| of_compose(&file.path)) {
        let mut names = COMPOSE_FILES.iter().chain([&COMPOSE_FILE]);
        if let Some(name) = names.find(|name| is_foreign(name, written)) {
            written.retain(|file| !of_compose(&file.path));
            kept.push(Kept {
                path: (*name).to_owned(),
                says: "no Compose file is written beside it",
            });
        }
    }
    let charts: Vec<String> = written
        .iter()
        .filter(|file| file.path.ends_with("/Chart.yaml") && is_foreign(&file.path, written))
        .map(|file| file.path.clone())
        .collect();
    for path in charts {
        let folder = path.trim_end_matches("Chart.yaml").to_owned();
        written.retain(|file| !file.path.starts_with(&folder));
        kept.push(Kept {
            path,
            says: "nothing is written into its chart",
        });
    }
    let of_manifests = |path: &str| Artefact::of(path) == Artefact::Manifests;
    let is_ours = record.files.keys().any(|path| of_manifests(path))
        || written.iter().any(|file| {
            of_manifests(&file.path) && place.standing(&file.path) == Standing::Text(file.text())
        });
    if !is_ours
        && !is_made_of_them
        && place.has_entries(FOLDER)
        && written.iter().any(|file| of_manifests(&file.path))
    {
        written.retain(|file| !of_manifests(&file.path));
        kept.push(Kept {
            path: FOLDER.to_owned(),
            says: "no manifests are written beside what is there",
        });
    }
    kept
}
