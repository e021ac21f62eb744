//! # What it does
//! Finds names in a Compose file that nothing defines: services in `depends_on`, `links`,
//! `volumes_from`, `extends` and `network_mode: service:…`, volumes, networks, secrets and configs
//! of services, and a build `target` that the Dockerfile has no stage for.
//!
//! # Why it matters
//! Compose refuses the whole file: `service "web" refers to undefined volume data`. A missing
//! target fails the build.
//!
//! Silent where another Compose file that may be merged with this one defines the name, where
//! files are included, and in files that are evidently only a part.
//!
//! # Example
//! ```compose bad
//! services:
//!   db:
//!     image: postgres:18.1
//!     volumes:
//!       - database:/var/lib/postgresql
//! ```
//! ```compose fixed
//! services:
//!   db:
//!     image: postgres:18.1
//!     volumes:
//!       - database:/var/lib/postgresql
//! volumes:
//!   database:
//! ```
//!
//! # Fix safety
//! A volume or network that is nowhere defined, and whose name resembles none that is, is defined
//! with nothing said of it, which is what Compose asks for. Misspelt names are left to you.
//!
//! # References
//! - <https://docs.docker.com/reference/compose-file/volumes/>
//! - <https://docs.docker.com/reference/compose-file/networks/>

use std::collections::BTreeSet;

use plimsoll_compose::{ComposeFile, ReferenceKind, ResourceKind, Service, Source, Value};
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, Severity, TextRange};

use super::siblings;
use super::volumes::define;
use crate::{Check, ComposeInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "undefined-reference",
    summary: "a name in a Compose file that nothing defines",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Compose(check)],
};

fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    let file = input.file;
    for service in file.services() {
        target(cx, input, service);
    }
    if !file.is_whole() || input.unit.is_override {
        return;
    }
    let mut told: BTreeSet<TextRange> = BTreeSet::new();
    let names: Vec<String> = file
        .services()
        .map(|s| s.name().into_owned())
        .take(MAX_CANDIDATES)
        .collect();
    let mut joined = None;
    // Aliases can repeat one list without end.
    let mut budget = MAX_REFERENCES;
    for service in file.services() {
        let references = service.references();
        let used = used(service);
        budget = budget.saturating_sub(references.len() + used.len());
        if budget == 0 {
            return;
        }
        for reference in references {
            let Some(name) = reference.name.with_defaults() else {
                continue;
            };
            let range = reference.name.range();
            if file.names_service(&name)
                || name.is_empty()
                || (reference.kind == ReferenceKind::Links && is_link_alias(&name))
                || told.contains(&range)
                || is_joined(cx, input, &mut joined)
                || siblings::defines_service(cx.project, input.unit, &name)
            {
                continue;
            }
            told.insert(range);
            let key = reference.kind.key();
            let near = nearest(
                &name,
                names
                    .iter()
                    .map(String::as_str)
                    .filter(|n| *n != service.name()),
            );
            let help = match near {
                Some(near) => format!("write `{near}`"),
                None => format!("define the service `{name}`, or remove it from `{key}`"),
            };
            cx.report(
                range,
                format!("`{key}` names `{name}`, which is no service of this file"),
            )
            .subject(format!("service/{}", service.name()))
            .object(format!("service/{}", service.name()))
            .help(help);
        }
        for (kind, name) in used {
            if is_defined(file, kind, &name.name)
                || told.contains(&name.range)
                || is_joined(cx, input, &mut joined)
                || siblings::defines(cx.project, input.unit, kind, &name.name)
            {
                continue;
            }
            told.insert(name.range);
            resource(cx, input, service, kind, &name);
        }
    }
}

/// Names that are compared with one that is not defined.
const MAX_CANDIDATES: usize = 200;

/// References that are looked at in one file.
const MAX_REFERENCES: usize = 100_000;

/// Whether other files take services of this one over, so that it need not stand by itself.
/// Asked only when something is missing.
fn is_joined(cx: &Cx<'_>, input: &ComposeInput<'_>, known: &mut Option<bool>) -> bool {
    *known.get_or_insert_with(|| siblings::is_extended(cx.project, input.unit))
}

fn is_defined(file: ComposeFile<'_>, kind: ResourceKind, name: &str) -> bool {
    let implied = kind == ResourceKind::Network && name == "default";
    implied || name.is_empty() || file.resource(kind, name).is_some()
}

/// A name of a resource, and where it is written.
struct Used {
    name: String,
    range: TextRange,
}

/// The resources that a service names.
fn used(service: Service<'_>) -> Vec<(ResourceKind, Used)> {
    let mut found = Vec::new();
    let mut add = |kind, value: Value<'_>| {
        if let Some(name) = value.with_defaults() {
            found.push((
                kind,
                Used {
                    name: name.into_owned(),
                    range: value.range(),
                },
            ));
        }
    };
    for network in service.networks() {
        add(ResourceKind::Network, network.name);
    }
    let of_build = service
        .build()
        .into_iter()
        .flat_map(plimsoll_compose::Build::secrets);
    for secret in service.secrets().chain(of_build) {
        add(ResourceKind::Secret, secret.source());
    }
    for config in service.configs() {
        add(ResourceKind::Config, config.source());
    }
    for mount in service.mounts() {
        if let (Some(Source::Named(Some(name))), Some(range)) =
            (mount.source(), mount.source_range())
        {
            found.push((ResourceKind::Volume, Used { name, range }));
        }
    }
    found
}

/// Reports a resource that nothing defines.
fn resource(
    cx: &mut Cx<'_>,
    input: &ComposeInput<'_>,
    service: Service<'_>,
    kind: ResourceKind,
    used: &Used,
) {
    let name = used.name.as_str();
    let noun = kind.noun();
    let names: Vec<String> = input
        .file
        .resources(kind)
        .map(|resource| resource.name().into_owned())
        .take(MAX_CANDIDATES)
        .collect();
    let near = nearest(name, names.iter().map(String::as_str));
    let looks_like_path = kind == ResourceKind::Volume && name.contains(['/', '\\']);
    let help = match near {
        Some(near) => format!("write `{near}`"),
        None if looks_like_path => {
            let dot = if name.contains('/') { "./" } else { ".\\" };
            format!("write `{dot}{name}` if a folder beside the file is meant")
        }
        None => format!(
            "define `{name}` under `{}` at the top of the file",
            kind.key()
        ),
    };
    let definable = matches!(kind, ResourceKind::Volume | ResourceKind::Network)
        && near.is_none()
        && !looks_like_path;
    let fix = definable
        .then(|| define(input.file, kind, name, input.unit.file))
        .flatten();
    let draft = cx.report(used.range, format!("{noun} `{name}` is not defined"));
    draft
        .subject(format!("{noun}/{name}"))
        .group("definition")
        .object(format!("service/{}", service.name()))
        .help(help);
    if let Some(fix) = fix {
        draft.fix(fix);
    }
}

/// `links` may name a container outside the project by `external_links` only; a link of old
/// files to one is written with its project, `project_service_1`.
fn is_link_alias(name: &str) -> bool {
    name.rsplit('_')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
}

/// A build target that the Dockerfile has no stage for.
fn target(cx: &mut Cx<'_>, input: &ComposeInput<'_>, service: Service<'_>) {
    let Some(build) = service.build() else { return };
    let Some(target) = build.target() else { return };
    let Some(name) = target.with_defaults() else {
        return;
    };
    let Some(dockerfile) = siblings::dockerfile_of(cx.project, input.unit, build) else {
        return;
    };
    let stages = &dockerfile.build.stages;
    if name.is_empty() || stages.is_empty() || siblings::stage_of(dockerfile, build).is_some() {
        return;
    }
    let names: Vec<&str> = stages
        .iter()
        .filter_map(|stage| stage.name.as_ref().map(|name| name.value.as_ref()))
        .collect();
    let path = cx.project.path(dockerfile.file).to_owned();
    let help = match nearest(&name, names.iter().copied()) {
        Some(near) => format!("write `{near}`"),
        None if names.is_empty() => format!("name a stage with `AS {name}`, or drop `target`"),
        None => format!("name one of its stages: `{}`", names.join("`, `")),
    };
    cx.report(target.range(), format!("`{path}` has no stage `{name}`"))
        .subject(format!("service/{}", service.name()))
        .object(format!("service/{}", service.name()))
        .help(help);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};

    fn web(lines: &str) -> Case {
        on(&RULE).compose(&format!(
            "services:\n  db: {{image: 'postgres:18.1'}}\n  web:\n    image: acme/web:1\n{lines}"
        ))
    }

    #[test]
    fn a_folder_without_its_dot_is_told() {
        let help = |source: &str| {
            let text = format!("services:\n  a:\n    image: b:1\n    volumes: ['{source}:/c']\n");
            on(&RULE).compose(&text).findings[0].help.clone().unwrap()
        };
        assert!(help("src/config").starts_with("write `./src/config`"));
        assert!(help("src\\config").starts_with("write `.\\src\\config`"));
        assert!(help("data").starts_with("define `data`"));
    }

    #[test]
    fn services_that_are_not_there_are_found() {
        web("    depends_on: [database]\n").flags(&["5: database"]);
        web("    depends_on:\n      dbs: {condition: service_healthy}\n").flags(&["6: dbs"]);
        // `required: false` is about services that a profile leaves out.
        web("    depends_on: {cache: {condition: service_started, required: false}}\n")
            .flags(&["5: cache"]);
        web("    network_mode: service:vpn\n").flags(&["5: vpn"]);
        web("    links: ['redis:cache']\n").flags(&["5: redis"]);
        let case = web("    depends_on: [bd]\n");
        assert_eq!(case.findings[0].help.as_deref(), Some("write `db`"));
    }

    #[test]
    fn resources_that_are_not_there_are_found() {
        web("    networks: [front]\nnetworks: {back: }\n").flags(&["5: front"]);
        web("    secrets: [key]\n").flags(&["5: key"]);
        web("    configs: [{source: site, target: /site}]\n").flags(&["5: site"]);
        web("    volumes: ['data:/data:ro', {type: volume, source: logs, target: /logs}]\n")
            .flags(&["5: data", "5: logs"]);
        web("    volumes: [data:/data]\nvolumes:\n  # Kept.\n  other:\n")
            .flags(&["5: data"])
            .fixed(
                "services:\n  db: {image: 'postgres:18.1'}\n  web:\n    image: acme/web:1\n    \
                 volumes: [data:/data]\nvolumes:\n  # Kept.\n  other:\n  data:\n",
            );
    }

    #[test]
    fn a_target_without_its_stage_is_found() {
        let files = |target: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: {{context: ., target: {target}}}\
                 \n//- /Dockerfile\nFROM alpine:3.22 AS build\nFROM alpine:3.22 AS runtime\n"
            ))
        };
        files("runtme").flags(&["compose.yaml:3: runtme"]);
        files("production").flags(&["compose.yaml:3: production"]);
        files("runtime").clean();
        files("BUILD").clean();
        files("'1'").clean();
        files("$TARGET").clean();
    }

    #[test]
    fn what_is_defined_is_left_alone() {
        web("    depends_on: [db]\n    networks: [default]\n    volumes: [./a:/a, /b]\n").clean();
        web("    volumes: ['${DATA}:/data', '${NAME}-x:/x', '${D:-./d}:/d']\n").clean();
        web("    networks: [front]\nnetworks:\n  front: {external: true}\n").clean();
        web("    depends_on: [cache]\ninclude: [cache.yaml]\n").clean();
        web("    volumes_from: ['container:old', 'db:ro']\n").clean();
        web("    extends: {file: base.yaml, service: base}\n").clean();
    }

    #[test]
    fn what_another_file_defines_is_left_alone() {
        on(&RULE)
            .files(
                "//- /compose.yaml\nservices:\n  web:\n    image: a:1\n    networks: [front]\n\
                 networks: {front: }\n//- /compose.prod.yaml\nservices:\n  proxy:\n    image: \
                 b:1\n    depends_on: [web]\n    networks: [front]\n",
            )
            .clean();
        on(&RULE)
            .compose("services:\n  web:\n    ports: ['80:80']\n    volumes: [data:/data]\n")
            .clean();
        on(&RULE)
            .files(
                "//- /base.compose.yaml\nservices:\n  base:\n    image: a:1\n    networks: \
                 [front]\n//- /app/compose.yaml\nservices:\n  web:\n    extends: {file: \
                 ../base.compose.yaml, service: base}\nnetworks: {front: }\n",
            )
            .clean();
    }
}
