//! What compose-go refuses after the schema took it.

use plimsoll_yaml::{Kind, Node};

use super::walk::Walk;
use crate::file::{ComposeFile, ResourceKind};
use crate::interpolation::literal;

/// Checks a file.
pub(super) fn check(walk: &mut Walk<'_>, file: ComposeFile<'_>) {
    for kind in [ResourceKind::Secret, ResourceKind::Config] {
        for resource in file.resources(kind) {
            content(
                walk,
                kind,
                &resource.name(),
                resource.key(),
                resource.node(),
            );
        }
    }
    for kind in [ResourceKind::Volume, ResourceKind::Network] {
        for resource in file.resources(kind) {
            external(walk, kind, &resource.name(), resource.node());
        }
    }
    for service in file.services() {
        let name = service.name();
        let lists = [
            (
                "ports",
                "target",
                "a port in the long form needs `target`, the container's port",
            ),
            (
                "volumes",
                "target",
                "a mount in the long form needs `target`, the path in the container",
            ),
        ];
        for (list, key, words) in lists {
            for item in service.node().get(list).into_iter().flat_map(Node::items) {
                let item = item.resolve();
                if walk.settings.whole
                    && item.kind() == Kind::Mapping
                    && item.get(key).is_none()
                    && !walk.was_told(item)
                {
                    let problem = walk.report(super::place(item), words.to_owned());
                    problem.service = Some(name.clone().into_owned());
                    problem.help = Some(format!("add `{key}`"));
                }
            }
        }
    }
}

/// A secret or config has one source.
fn content(walk: &mut Walk<'_>, kind: ResourceKind, name: &str, key: Node<'_>, node: Node<'_>) {
    let sources: &[&str] = match kind {
        ResourceKind::Config => &["file", "environment", "content"],
        _ => &["file", "environment"],
    };
    if node.kind() != Kind::Mapping || walk.was_told(node) {
        return;
    }
    let given: Vec<&str> = sources
        .iter()
        .copied()
        .filter(|source| node.get(source).is_some())
        .collect();
    let noun = kind.noun();
    if given.len() > 1
        && let Some(entry) = node.entry(given[1])
    {
        let message = format!(
            "`{}` and `{}` of {noun} `{name}` exclude each other",
            given[0], given[1]
        );
        walk.report(entry.key.range(), message).help = Some("keep one of them".to_owned());
    }
    if given.is_empty()
        && walk.settings.whole
        && node.get("driver").is_none()
        && node.get("external").is_none()
        && node.get("template_driver").is_none()
    {
        let words = sources.join("`, `");
        let message = format!("{noun} `{name}` has no content");
        walk.report(key.range(), message).help = Some(format!("add one of `{words}`"));
    }
}

/// What exists outside the project is not described.
fn external(walk: &mut Walk<'_>, kind: ResourceKind, name: &str, node: Node<'_>) {
    let is_external = node.get("external").is_some_and(|value| {
        value.as_bool() == Some(true)
            || value.str().and_then(literal).is_some_and(|text| {
                matches!(
                    text.to_ascii_lowercase().as_str(),
                    "true" | "yes" | "on" | "y"
                )
            })
    });
    if !is_external {
        return;
    }
    for entry in node.merged_entries() {
        let Some(key) = entry.key.str() else { continue };
        if matches!(key, "external" | "name") || key.starts_with("x-") {
            continue;
        }
        // Compose checks this for volumes only; for networks the rest has no effect.
        if kind != ResourceKind::Volume {
            continue;
        }
        let noun = kind.noun();
        let message = format!("`{key}` cannot stand beside `external: true` of {noun} `{name}`");
        walk.report(entry.key.range(), message).help = Some("remove it".to_owned());
        return;
    }
}
