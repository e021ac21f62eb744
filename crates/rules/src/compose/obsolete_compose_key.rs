//! # What it does
//! Finds what Compose no longer reads or warns about: the top-level `version`, the `name` inside
//! `external`, keys of the first file format (`net`, `log_driver`), and files that still have its
//! layout, with services at the top.
//!
//! # Why it matters
//! There is one Compose format now. `version` is ignored, with a warning on every command, and
//! misleads readers into thinking that it decides what is allowed. Keys of the first format are
//! errors: Compose refuses the whole file.
//!
//! Silent about `version` in files that `docker stack deploy` or `ecs-cli compose` takes, which
//! still want it: by what is set, by the name `stack.yml`, or by a text in the same folder.
//!
//! # Example
//! ```compose bad
//! version: "3.9"
//! services:
//!   cache:
//!     image: redis:8.2-alpine3.22
//! ```
//! ```compose fixed
//! services:
//!   cache:
//!     image: redis:8.2-alpine3.22
//! ```
//! ```compose good
//! name: payments
//! services:
//!   cache:
//!     image: redis:8.2-alpine3.22
//! ```
//!
//! # Fix safety
//! Removing `version` changes nothing but the warning, in Compose. `external: {name: x}` becomes
//! `external: true` with `name: x`, which means the same.
//!
//! # References
//! - <https://docs.docker.com/reference/compose-file/version-and-name/>
//! - <https://docs.docker.com/compose/intro/history/>

use plimsoll_compose::{ComposeFile, ResourceKind};
use plimsoll_source::{Confidence, Fix, Safety, Severity};
use plimsoll_yaml::{Kind, edit};

use super::structure::REMOVED;
use crate::manifests::reach::any_text_beside;
use crate::{Alias, Check, ComposeInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "obsolete-compose-key",
    summary: "a key that Compose ignores, or no longer accepts",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[Alias {
        tool: "dclint",
        id: "no-version-field",
    }],
    checks: &[Check::Compose(check)],
};

fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    let file = input.file;
    if let Some(head) = file.v1_head() {
        cx.report(
            head,
            "the services stand at the top, as in the first Compose format",
        )
        .severity(Severity::Error)
        .note("Compose has not read this layout since version 2")
        .help("put the services under a `services` key, and declare named volumes");
        return;
    }
    version(cx, input);
    external(cx, file);
    for service in file.services() {
        for (key, instead) in REMOVED {
            let Some(entry) = service.node().entry(key) else {
                continue;
            };
            cx.report(
                entry.key.range(),
                format!("`{key}` is a key of the first Compose format"),
            )
            .severity(Severity::Error)
            .subject(format!("service/{}", service.name()))
            .object(format!("service/{}", service.name()))
            .note("Compose refuses the whole file")
            .help(format!("use {instead}"));
        }
    }
}

fn version(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    let Some(entry) = input.file.version() else {
        return;
    };
    if entry.value.resolve().kind() != Kind::Scalar || is_stack(input.file) {
        return;
    }
    if is_for_others(cx, input) {
        return;
    }
    let mut fix = Fix::new("remove `version`", Safety::Safe);
    for edit in edit::remove_entry(entry) {
        fix = fix.edit(input.unit.file, edit);
    }
    cx.report(
        entry.range(),
        "Compose ignores `version` and warns about it",
    )
    .help("remove the line; there is one Compose format now")
    .fix(fix);
}

/// Whether the name, or a text beside it, says that something else than Compose reads the file:
/// `docker stack deploy` and `ecs-cli compose` tell the format by its version.
fn is_for_others(cx: &Cx<'_>, input: &ComposeInput<'_>) -> bool {
    let path = cx.project.path(input.unit.file);
    let name = path.rsplit('/').next().unwrap_or_default();
    let says = |line: &str| {
        line.contains(name)
            && (line.contains("docker stack deploy") || line.contains("ecs-cli compose"))
    };
    matches!(name, "stack.yml" | "stack.yaml")
        || any_text_beside(cx, input.unit.file, |text| {
            // Most texts do not speak of the file.
            text.contains(name) && text.replace("\\\n", " ").lines().any(says)
        })
}

/// Whether the file is for `docker stack deploy`, by settings that only a swarm heeds.
fn is_stack(file: ComposeFile<'_>) -> bool {
    let overlay = file.networks().any(|network| {
        network
            .value("driver")
            .and_then(plimsoll_compose::Value::literal)
            .as_deref()
            == Some("overlay")
    });
    overlay
        || file.services().any(|service| {
            service.deploy().is_some_and(|deploy| {
                [
                    "placement",
                    "update_config",
                    "rollback_config",
                    "endpoint_mode",
                    "labels",
                    "mode",
                ]
                .iter()
                .any(|key| deploy.node().present(key).is_some())
            })
        })
}

fn external(cx: &mut Cx<'_>, file: ComposeFile<'_>) {
    let kinds = [
        ResourceKind::Volume,
        ResourceKind::Network,
        ResourceKind::Secret,
        ResourceKind::Config,
    ];
    for resource in kinds.into_iter().flat_map(|kind| file.resources(kind)) {
        let Some(external) = resource.node().entry("external") else {
            continue;
        };
        let holder = external.value.resolve();
        let Some(inner) = holder.entry("name") else {
            continue;
        };
        let name = resource.name();
        let place = cx.place(inner.key.range());
        let mut fix = Fix::new("move `name` out of `external`", Safety::Safe);
        // Only where the mapping is nothing but the name; anything else is for a person.
        let movable = holder.entries().count() == 1
            && external.value.kind() == Kind::Mapping
            && resource.node().entry("name").is_none()
            && inner.value.kind() == Kind::Scalar;
        if movable {
            let mut edits = edit::set_value(external, "true");
            edits.extend(edit::insert_entry(
                resource.node(),
                "name",
                inner.value.source(),
                Some("external"),
            ));
            for edit in edits {
                fix = fix.edit(place.file, edit);
            }
        }
        let draft = cx.report(
            inner.key.range(),
            format!("`external.name` of `{name}` is deprecated"),
        );
        draft.help("write `external: true` and `name` beside it");
        if movable {
            draft.fix(fix);
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Severity;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn the_version_is_found_and_removed() {
        on(&RULE)
            .compose("# The shop.\nversion: '3.8'\n\nservices:\n  a:\n    image: a:1\n")
            .flags(&["2: version: '3.8'"]);
        on(&RULE)
            .compose("services:\n  a:\n    image: a:1\nversion: 3\n")
            .flags(&["4: version: 3"])
            .fixed("services:\n  a:\n    image: a:1\n");
    }

    #[test]
    fn the_name_of_something_external_is_found_and_moved() {
        on(&RULE)
            .compose("networks:\n  a:\n    external:\n      name: shared\n")
            .flags(&["4: name"])
            .fixed("networks:\n  a:\n    external: true\n    name: shared\n");
    }

    #[test]
    fn the_first_format_is_one_finding() {
        let case = on(&RULE)
            .files("//- /docker-compose.yml\nweb:\n  image: a:1\n  net: host\ndb:\n  image: b:1\n")
            .flags(&["1: web"]);
        assert_eq!(case.findings[0].severity, Severity::Error);
        on(&RULE)
            .compose("services:\n  a:\n    image: a:1\n    net: host\n    log_driver: syslog\n")
            .flags(&["4: net", "5: log_driver"]);
    }

    #[test]
    fn what_is_current_is_left_alone() {
        on(&RULE)
            .compose("name: a\nservices:\n  a:\n    image: a:1\n")
            .clean();
        on(&RULE)
            .compose("services:\n  version:\n    image: a:1\n")
            .clean();
        on(&RULE)
            .compose("volumes:\n  a: {external: true, name: b}\n")
            .clean();
        on(&RULE)
            .compose(
                "version: '3.8'\nservices:\n  a:\n    image: a:1\n    deploy:\n      placement: \
                 {constraints: [node.role == manager]}\n",
            )
            .clean();
        for beside in [
            "//- /README.md\nRun `docker stack deploy -c docker-compose.yml a`.\n",
            "//- /up.sh\necs-cli compose \\\n  --file docker-compose.yml up\n",
        ] {
            let file = "//- /docker-compose.yml\nversion: '3'\nservices:\n  a:\n    image: a:1\n";
            on(&RULE).files(&format!("{file}{beside}")).clean();
        }
        on(&RULE)
            .files(
                "//- /docker-compose.yml\nversion: '3'\nservices:\n  a:\n    image: a:1\n\
                 //- /README.md\nRun `docker compose -f docker-compose.yml up`.\n",
            )
            .flags(&["docker-compose.yml:1: version: '3'"]);
        on(&RULE)
            .compose("services:\n  a:\n    build: {context: ., dockerfile: D}\n")
            .clean();
    }
}
