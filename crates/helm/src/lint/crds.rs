//! The files of `crds/`.

use plimsoll_source::EntryKind;

use super::documents::Documents;
use super::objects::Object;
use super::{Level, LintPlace, Linter};
use crate::chart::{Chart, File, LoadError, Loaded};

pub(super) fn check(linter: &mut Linter<'_>, loaded: &Result<Loaded, LoadError>) {
    const FOLDER: &str = "crds/";
    match linter.chart.kind("crds") {
        None | Some(EntryKind::Link) => return,
        Some(EntryKind::Dir) => {}
        Some(_) => {
            let head = linter.head();
            linter.say(Level::Error, "chart-crds", FOLDER, "not a directory", head);
            return;
        }
    }
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            let place = linter.place_of(error);
            linter.say(Level::Error, "chart-load", FOLDER, error.to_string(), place);
            return;
        }
    };
    let mut files = Vec::new();
    collect(&loaded.chart, &mut files);
    let mut stopped = false;
    for file in files {
        let text = String::from_utf8_lossy(&file.data);
        let place = |at: usize| {
            Some(LintPlace {
                path: file.path.clone(),
                text: (&*text).into(),
                range: line_at(&text, at),
            })
        };
        let name = &*file.name;
        for document in Documents::of(&text) {
            let object = document.and_then(|document| Object::read(&document));
            let object = match object {
                Ok(object) => object,
                Err(error) => {
                    let words = format!("unable to parse YAML: {}", error.error.message);
                    let place = place(error.offset());
                    let said = linter.say(Level::Error, "chart-crds", name, words, place);
                    said.beyond = stopped;
                    stopped = true;
                    break;
                }
            };
            let Some(object) = object else { continue };
            if !object.api_version.starts_with("apiextensions.k8s.io") {
                let words = "apiVersion is not in 'apiextensions.k8s.io'";
                let place = place(object.api_version_at);
                let said = linter.say(Level::Error, "chart-crds", name, words, place);
                said.beyond = stopped;
            }
            if object.kind != "CustomResourceDefinition" {
                let words = "object kind is not 'CustomResourceDefinition'";
                let place = place(object.kind_at);
                let said = linter.say(Level::Error, "chart-crds", name, words, place);
                said.beyond = stopped;
            }
        }
    }
}

/// The rest of the line at an offset.
pub(super) fn line_at(text: &str, at: usize) -> plimsoll_source::TextRange {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let end = at + text[at..end].trim_end().len();
    plimsoll_source::TextRange::at(at, end)
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn collect<'c>(chart: &'c Chart, files: &mut Vec<&'c File>) {
    let is_manifest = |file: &&File| {
        let end = file.name.rsplit_once('.').map_or("", |(_, end)| end);
        let known = ["yaml", "yml", "json"];
        file.name.starts_with("crds/") && known.iter().any(|known| end.eq_ignore_ascii_case(known))
    };
    files.extend(chart.files.iter().filter(is_manifest));
    for chart in &chart.dependencies {
        collect(chart, files);
    }
}
