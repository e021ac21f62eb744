//! A base that says what is the same everywhere, and overlays for what is not.

use super::{FOLDER, namespace, of_part};
use crate::deploy::Part;
use crate::emit::{Dialect, Document, List, Map, Node, file};
use crate::model::Evidence;
use crate::wishes::Wishes;
use crate::written::Written;

/// An environment: its name, what its namespace's name ends with, and its bounds of replicas.
const OVERLAYS: &[(&str, &str, u32, u32)] =
    &[("production", "", 2, 10), ("staging", "-staging", 1, 3)];

pub(super) fn write(parts: &[Part<'_>], wishes: &Wishes) -> Vec<Written> {
    let base = format!("{FOLDER}/base");
    let mut written = Vec::new();
    let mut resources = List::new();
    for part in parts {
        let folder = if part.is_alone {
            base.clone()
        } else {
            format!("{base}/{}", part.name())
        };
        for file in of_part(part, &folder) {
            let inside = file.path.strip_prefix(&base).unwrap_or(&file.path);
            resources = resources.item(inside.trim_start_matches('/'));
            written.push(file);
        }
    }
    let why = parts.first().map(Part::why).unwrap_or_default();
    let body = kustomization().put("resources", resources);
    written.push(file(
        format!("{base}/kustomization.yaml"),
        &[Document::new(body, why.clone())],
        Dialect::Plain,
    ));
    for overlay in OVERLAYS {
        let folder = format!("{FOLDER}/overlays/{}", overlay.0);
        let name = format!("{}{}", wishes.project, overlay.1);
        written.push(file(
            format!("{folder}/kustomization.yaml"),
            &[overlay_of(parts, wishes, overlay, &name, &why)],
            Dialect::Plain,
        ));
        if let Some(first) = parts.first() {
            written.push(file(
                format!("{folder}/namespace.yaml"),
                &[namespace(first, &name)],
                Dialect::Plain,
            ));
        }
    }
    written
}

/// The head of a `kustomization.yaml`.
pub(crate) fn kustomization() -> Map {
    Map::new()
        .put("apiVersion", "kustomize.config.k8s.io/v1beta1")
        .put("kind", "Kustomization")
}

fn overlay_of(
    parts: &[Part<'_>],
    wishes: &Wishes,
    (overlay, _, least, most): &(&str, &str, u32, u32),
    namespace: &str,
    why: &[Evidence],
) -> Document {
    let resources = List::new().item("../../base").item("namespace.yaml");
    let mut images = List::new();
    let mut patches = List::new();
    for part in parts {
        let repository = wishes.repository(&part.running.image);
        let tag = wishes.tag();
        images = images
            .item(
                Map::new()
                    .put("name", repository.value)
                    .put("newTag", Node::Text(tag.value)),
            )
            .why(&tag.evidence);
        if part.running.port.is_none() {
            continue;
        }
        let bounds = List::new()
            .item(replace("/spec/minReplicas", Node::from(*least)))
            .item(replace("/spec/maxReplicas", Node::from(*most)));
        patches = patches.item(patch("HorizontalPodAutoscaler", part.name(), &bounds));
        if *overlay != "production" {
            let host = wishes.host(part.name(), part.is_alone);
            let host = format!("{overlay}.{}", host.value);
            let hosts = List::new()
                .item(replace("/spec/rules/0/host", Node::Text(host.clone())))
                .item(replace("/spec/tls/0/hosts/0", Node::Text(host)));
            patches = patches.item(patch("Ingress", part.name(), &hosts));
        }
    }
    let mut body = kustomization()
        .put("namespace", namespace)
        .put("resources", resources)
        .put("images", images);
    if !patches.is_empty() {
        body = body.put("patches", patches);
    }
    Document::new(body, why.to_vec())
}

/// One operation of a JSON patch.
pub(crate) fn replace(path: &str, value: Node) -> Map {
    Map::new()
        .put("op", "replace")
        .put("path", path)
        .put("value", value)
}

/// A JSON patch (RFC 6902) as the text that Kustomize wants it in.
pub(crate) fn patch(kind: &str, name: &str, operations: &List) -> Map {
    Map::new()
        .put("target", Map::new().put("kind", kind).put("name", name))
        .put("patch", Node::Block(operations.clone()))
}
