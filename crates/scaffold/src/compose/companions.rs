//! What lies beside a Compose file.

use super::service::context;
use super::{EnvEntry, Project};
use crate::emit::{Dialect, Document, List, Map, Node, file};
use crate::model::Evidence;
use crate::wiring::{self, Carrier, wires};
use crate::written::Written;

/// `.env.example`, the example of an override file, and lines for `.gitignore`.
pub(super) fn write(project: &Project<'_>, why: &[Evidence]) -> Vec<Written> {
    let mut written = Vec::new();
    if !project.env.is_empty() {
        written.push(env_example(&project.env, why));
    }
    written.push(override_example(project, why));
    let mut ignored = Written::new(".gitignore");
    ignored.push(
        ".env\ncompose.override.yaml",
        vec![Evidence::table(
            "both are one person's own, and `.env` holds passwords",
        )],
    );
    written.push(ignored);
    written
}

/// What `.env` has to hold.
pub(crate) fn env_example(entries: &[EnvEntry], why: &[Evidence]) -> Written {
    let mut written = Written::new(".env.example");
    written.push(
        "# Copy to .env, which git ignores, and fill in.",
        why.to_vec(),
    );
    for entry in entries {
        let line = if entry.required {
            format!("\n# {}\n{}=", entry.says, entry.name)
        } else {
            format!("\n# {} Not needed to start.\n#{}=", entry.says, entry.name)
        };
        written.push(line, entry.why.clone());
    }
    written
}

/// What one developer wants otherwise: more logging, ports of backing services.
fn override_example(project: &Project<'_>, why: &[Evidence]) -> Written {
    let mut services = Map::new();
    for (service, running, _) in &project.services {
        let level = wires(service, running).into_iter().find(|wire| {
            wire.carrier == Carrier::Config
                && wire.name().to_ascii_uppercase().ends_with("LOG_LEVEL")
        });
        let mut body = Map::new();
        if let Some(level) = level {
            let debug = match &level.variable.default {
                Some(default) if default.chars().any(char::is_uppercase) => "DEBUG",
                _ => "debug",
            };
            body = body
                .put("environment", Map::new().put(level.name(), debug))
                .why(level.evidence());
        } else {
            let watch = Map::new()
                .put("action", "rebuild")
                .put("path", context(service));
            body = body.put("develop", Map::new().put("watch", List::new().item(watch)));
        }
        services = services
            .put(service.name.value.as_str(), body)
            .why(&service.name.evidence);
    }
    for known in &project.backing {
        let image = wiring::image(known.value);
        let port = Node::Quoted(format!("127.0.0.1:{}:{}", image.port, image.port));
        services = services
            .put(image.name, Map::new().put("ports", List::new().item(port)))
            .why(&known.evidence);
    }
    let document = Document::new(Map::new().put("services", services), why.to_vec()).note(
        "Copy to compose.override.yaml, which git ignores: Compose lays it over compose.yaml.",
    );
    file("compose.override.example.yaml", &[document], Dialect::Plain)
}
