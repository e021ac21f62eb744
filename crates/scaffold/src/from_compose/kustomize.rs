//! The manifests of a project as a Kustomize base with overlays.

use super::{App, Cx, objects};
use crate::emit::{Dialect, Document, List, Map, Node, file};
use crate::manifests::FOLDER;
use crate::manifests::kustomize::{kustomization, patch, replace};
use crate::model::Evidence;
use crate::written::Written;

/// An environment, and what its namespace's name ends with.
const OVERLAYS: &[(&str, &str)] = &[("production", ""), ("staging", "-staging")];

/// Where the base lies.
pub(super) fn base() -> String {
    format!("{FOLDER}/base")
}

/// What makes a base of `files`, and the overlays.
pub(super) fn around(cx: &Cx<'_>, apps: &[App<'_>], files: &[Written]) -> Vec<Written> {
    let base = format!("{}/", base());
    let mut resources = List::new();
    for file in files {
        resources = resources.item(file.path.strip_prefix(&base).unwrap_or(&file.path));
    }
    let why: Vec<Evidence> = apps.iter().flat_map(|app| app.why.clone()).collect();
    let body = kustomization().put("resources", resources);
    let mut written = vec![file(
        format!("{base}kustomization.yaml"),
        &[Document::new(body, why.clone())],
        Dialect::Plain,
    )];
    for (overlay, suffix) in OVERLAYS {
        let folder = format!("{FOLDER}/overlays/{overlay}");
        let name = format!("{}{suffix}", cx.wishes.project);
        let body = overlay_of(cx, apps, overlay, &name);
        for (path, document) in [
            ("kustomization", Document::new(body, why.clone())),
            ("namespace", objects::namespace(apps, &name, &why)),
        ] {
            let path = format!("{folder}/{path}.yaml");
            written.push(file(path, &[document], Dialect::Plain));
        }
    }
    written
}

fn overlay_of(cx: &Cx<'_>, apps: &[App<'_>], overlay: &str, namespace: &str) -> Map {
    let resources = List::new().item("../../base").item("namespace.yaml");
    let mut images = List::new();
    let mut patches = List::new();
    let tag = cx.wishes.tag();
    for app in apps {
        if app.image.is_built {
            let image = Map::new()
                .put("name", app.image.repository.as_str())
                .put("newTag", Node::Text(tag.value.clone()));
            images = images.item(image).why(&tag.evidence);
        }
        if let Some((host, ..)) = app.host.as_ref().filter(|_| overlay != "production") {
            let host = format!("{overlay}.{host}");
            let hosts = List::new()
                .item(replace("/spec/rules/0/host", Node::Text(host.clone())))
                .item(replace("/spec/tls/0/hosts/0", Node::Text(host)));
            patches = patches.item(patch("Ingress", &app.name, &hosts));
        }
    }
    let mut body = kustomization()
        .put("namespace", namespace)
        .put("resources", resources);
    if !images.is_empty() {
        body = body.put("images", images);
    }
    if !patches.is_empty() {
        body = body.put("patches", patches);
    }
    body
}
