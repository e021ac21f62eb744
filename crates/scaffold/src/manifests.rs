//! Manifests: plain, or as a Kustomize base with overlays.

pub(crate) mod kustomize;

use crate::deploy::{Part, parts, secret_file};
use crate::emit::{Dialect, Document, Map, file};
use crate::model::Survey;
use crate::wishes::Wishes;
use crate::written::Written;

/// The folder of manifests.
pub const FOLDER: &str = "k8s";

/// Writes the manifests of all services; nothing where none can be run.
pub fn write(survey: &Survey, wishes: &Wishes) -> Vec<Written> {
    let parts = parts(survey, wishes);
    let Some(first) = parts.first() else {
        return Vec::new();
    };
    if wishes.kustomize {
        return kustomize::write(&parts, wishes);
    }
    let mut written = vec![file(
        format!("{FOLDER}/namespace.yaml"),
        &[namespace(first, &wishes.project)],
        Dialect::Plain,
    )];
    for part in &parts {
        let folder = if part.is_alone {
            FOLDER.to_owned()
        } else {
            format!("{FOLDER}/{}", part.name())
        };
        written.extend(of_part(part, &folder));
    }
    written
}

/// The files of one service.
fn of_part(part: &Part<'_>, folder: &str) -> Vec<Written> {
    let files = part.files();
    let mut written: Vec<Written> = files
        .iter()
        .map(|object| {
            let path = format!("{folder}/{}", object.name);
            file(path, &object.documents, Dialect::Plain)
        })
        .filter(|written| !written.blocks.is_empty())
        .collect();
    written.extend(secret_file(part, folder));
    written
}

/// The namespace, in which no pod runs that Pod Security's strictest profile forbids.
fn namespace(first: &Part<'_>, name: &str) -> Document {
    let body = Map::new()
        .put("apiVersion", "v1")
        .put("kind", "Namespace")
        .put(
            "metadata",
            Map::new().put("name", name).put(
                "labels",
                Map::new().put("pod-security.kubernetes.io/enforce", "restricted"),
            ),
        );
    Document::new(body, first.why())
}
