//! # What it does
//! Finds names in a Compose file that nothing defines: services in `depends_on`, `links`,
//! `volumes_from`, `extends` and `network_mode: service:…`, volumes, networks, secrets and configs
//! of services, and a build `target` that the Dockerfile has no stage for.
//!
//! # Why it matters
//! Compose refuses the whole file: `service "web" refers to undefined volume data`. A missing
//! target fails the build.
//!
//! Override files, files that others are laid under, and what comes in by `include` and `extends`
//! are judged together, as Compose sees them: a network that an extended service needs is missing
//! where the service is extended; so are the files that a comment at the head of the file says it
//! is started with (`docker compose -f base.yml -f this.yml`). Silent where another file that may
//! be merged defines the name, and where a part of the project cannot be read. A `target` is looked
//! for in the Dockerfile of the build that the file is laid over.
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

use plimsoll_compose::resolve::Reason;
use plimsoll_compose::{ComposeFile, ReferenceKind, ResourceKind, Service, Source, Value};
use plimsoll_project::compose::path_in_tree;
use plimsoll_source::files::{join, parent};
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, Severity, TextRange};

use super::volumes::define;
use super::{build_target, resolved, siblings};
use crate::{Check, ComposeInput, Cx, Draft, FixKind, Rule, Strictness};

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
        build_target::check(cx, input, service);
    }
    let mut told: BTreeSet<TextRange> = BTreeSet::new();
    if !resolved::is_partial(input) {
        in_file(cx, input, &mut told);
        let mut services = file.services();
        if services.all(|service| !resolved::extends_elsewhere(file, service)) {
            return;
        }
    }
    in_projects(cx, input, &told);
}

/// What the file names, where it is all there is.
fn in_file(cx: &mut Cx<'_>, input: &ComposeInput<'_>, told: &mut BTreeSet<TextRange>) {
    let file = input.file;
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
                || siblings::is_service_of_another_file(cx.project, file, &name)
                || resolved::is_laid_with(cx.project, input.unit, |all| all.defines_service(&name))
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
                || siblings::is_of_another_file(cx.project, file, kind, &name.name)
                || resolved::is_laid_with(cx.project, input.unit, |all| {
                    all.defines(kind, &name.name)
                })
            {
                continue;
            }
            told.insert(name.range);
            let names = file
                .resources(kind)
                .map(|resource| resource.name().into_owned());
            let names: Vec<String> = names.take(MAX_CANDIDATES).collect();
            resource(cx, input, &service.name(), kind, &name, &names);
        }
    }
}

/// What the projects of the file lack, where other files have a part in them.
fn in_projects(cx: &mut Cx<'_>, input: &ComposeInput<'_>, told: &BTreeSet<TextRange>) {
    let project = cx.project;
    let missing = resolved::missing(project, input.unit);
    if missing.is_empty() || siblings::is_extended(project, input.unit) {
        return;
    }
    let is_partial = resolved::is_partial(input);
    for found in missing {
        let range = found.range;
        // What stands in a file that is all there is was looked at there.
        let is_told = found.is_own && !is_partial && !is_extends(found.reason);
        if is_told || told.contains(&range) {
            continue;
        }
        match found.reason {
            Reason::Undefined {
                service,
                kind,
                name,
            } => match resolved::resource_kind(kind) {
                Some(kind) if is_known(cx, input, kind, name) => {}
                Some(kind) => {
                    let names = found.resolved.root().get(kind.key()).into_iter();
                    let names = names.flat_map(plimsoll_compose::resolve::Item::entries);
                    let names: Vec<String> = names
                        .map(|entry| entry.key().to_owned())
                        .take(MAX_CANDIDATES)
                        .collect();
                    let used = Used {
                        name: name.clone(),
                        range,
                    };
                    let draft = resource(cx, input, service, kind, &used, &names);
                    if let Some(place) = found.written {
                        draft.related(place, format!("`{name}` is named here"));
                    }
                }
                None if siblings::defines_service(project, input.unit, name) => {}
                None => {
                    let services = found.resolved.services();
                    let names: Vec<&str> = services
                        .map(plimsoll_compose::resolve::ResolvedService::name)
                        .filter(|known| known != service)
                        .take(MAX_CANDIDATES)
                        .collect();
                    let help = match nearest(name, names.iter().copied()) {
                        Some(near) => format!("write `{near}`"),
                        None => format!("define the service `{name}`, or do without it"),
                    };
                    let message =
                        format!("`{service}` needs the service `{name}`, which nothing defines");
                    let draft = cx.report(range, message);
                    draft
                        .subject(format!("service/{service}"))
                        .object(format!("service/{service}"))
                        .help(help);
                    if let Some(place) = found.written {
                        draft.related(place, format!("`{name}` is named here"));
                    }
                }
            },
            Reason::ExtendsUnknown {
                service,
                base,
                file,
            } => {
                unknown_base(cx, input, range, [service, base, file]);
            }
            _ => {}
        }
    }
}

/// A service of another file that is extended and is not there.
fn unknown_base(
    cx: &mut Cx<'_>,
    input: &ComposeInput<'_>,
    range: TextRange,
    [service, base, file]: [&str; 3],
) {
    let Some(path) = path_in_tree(file) else {
        return;
    };
    if path == cx.project.path(input.unit.file) {
        return;
    }
    let composes = cx.project.composes.iter();
    let other = composes
        .filter(|unit| cx.project.path(unit.file) == path)
        .find_map(|unit| ComposeFile::new(&unit.tree));
    let names: Vec<String> = other
        .into_iter()
        .flat_map(ComposeFile::services)
        .map(|service| service.name().into_owned())
        .take(MAX_CANDIDATES)
        .collect();
    let help = match nearest(base, names.iter().map(String::as_str)) {
        Some(near) => format!("write `{near}`"),
        None => format!("define the service `{base}` in `{path}`, or extend another one"),
    };
    cx.report(range, format!("`{path}` has no service `{base}`"))
        .subject(format!("service/{service}"))
        .object(format!("service/{service}"))
        .help(help);
}

fn is_extends(reason: &Reason) -> bool {
    matches!(reason, Reason::ExtendsUnknown { .. })
}

/// Whether another file that may be merged, or the folder by itself, has the resource.
fn is_known(cx: &Cx<'_>, input: &ComposeInput<'_>, kind: ResourceKind, name: &str) -> bool {
    is_defined(input.file, kind, name) || siblings::defines(cx.project, input.unit, kind, name)
}

/// Names that are compared with one that is not defined.
const MAX_CANDIDATES: usize = 200;

/// The folders of a path that are looked for, and those above a file.
const MAX_PARTS: usize = 32;

/// References that are looked at in one file.
const MAX_REFERENCES: usize = 100_000;

/// Whether other files include this one or take services of it over, so that it need not stand by
/// itself.
/// Asked only when something is missing.
fn is_joined(cx: &Cx<'_>, input: &ComposeInput<'_>, known: &mut Option<bool>) -> bool {
    let (project, unit) = (cx.project, input.unit);
    *known.get_or_insert_with(|| {
        siblings::is_extended(project, unit) || siblings::is_included(project, unit)
    })
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

/// The line on which a name stands as a key at the top of the file, as it does when it is not indented.
fn left_at_top(cx: &Cx<'_>, input: &ComposeInput<'_>, name: &str) -> Option<u32> {
    let entry = input.file.node().entry(name)?;
    let file = cx.project.files.get(input.unit.file);
    Some(file.line_col(entry.key.range().start).line)
}

/// Reports a resource that nothing defines.
fn resource<'d>(
    cx: &'d mut Cx<'_>,
    input: &ComposeInput<'_>,
    service: &str,
    kind: ResourceKind,
    used: &Used,
    names: &[String],
) -> &'d mut Draft {
    let name = used.name.as_str();
    let noun = kind.noun();
    let near = nearest(name, names.iter().map(String::as_str));
    let looks_like_path = kind == ResourceKind::Volume && name.contains(['/', '\\']);
    let help = match near {
        Some(near) => format!("write `{near}`"),
        None if looks_like_path => match folder_meant(cx, input, name) {
            Some(way) => format!("put `{way}` before it: a path begins with `.` or `/`"),
            None => {
                let dot = if name.contains('/') { "./" } else { ".\\" };
                format!("write `{dot}{name}` if a folder beside the file is meant")
            }
        },
        None => match left_at_top(cx, input, name) {
            Some(line) => format!(
                "indent `{name}:` of line {line} and what is below it, so that it stands under `{}`",
                kind.key()
            ),
            None => format!(
                "define `{name}` under `{}` at the top of the file",
                kind.key()
            ),
        },
    };
    let definable = matches!(kind, ResourceKind::Volume | ResourceKind::Network)
        && near.is_none()
        && left_at_top(cx, input, name).is_none()
        && !looks_like_path;
    let fix = definable
        .then(|| define(input.file, kind, name, input.unit.file))
        .flatten();
    let draft = cx.report(used.range, format!("{noun} `{name}` is not defined"));
    draft
        .subject(format!("{noun}/{name}"))
        .group("definition")
        .object(format!("service/{service}"))
        .help(help);
    if let Some(fix) = fix {
        draft.fix(fix);
    }
    draft
}

/// What the path would begin with if the folder was meant that the tree has: beside the file, or in
/// a folder above. Where there are several, the one of which more is there.
fn folder_meant(cx: &Cx<'_>, input: &ComposeInput<'_>, name: &str) -> Option<String> {
    let tree = &*cx.project.tree;
    let plain = name.replace('\\', "/");
    let parts: Vec<&str> = plain.split('/').filter(|part| !part.is_empty()).collect();
    let there = |dir: &str| {
        let mut path = dir.to_owned();
        let known = parts.iter().take(MAX_PARTS).take_while(|part| {
            let next = join(&path, part);
            let is_there = next
                .as_deref()
                .is_some_and(|next| tree.kind(next).is_some());
            path = next.unwrap_or_default();
            is_there
        });
        known.count()
    };
    let mut best: Option<(usize, usize)> = None;
    let mut dir = parent(cx.project.path(input.unit.file));
    for up in 0..MAX_PARTS {
        let known = there(dir);
        if known > best.map_or(0, |(known, _)| known) {
            best = Some((known, up));
        }
        if dir.is_empty() {
            break;
        }
        dir = parent(dir);
    }
    let (_, up) = best?;
    let slash = if name.contains('/') { "/" } else { "\\" };
    let way = match up {
        0 => format!(".{slash}"),
        up => format!("..{slash}").repeat(up),
    };
    Some(way)
}

/// `links` may name a container outside the project by `external_links` only; a link of old
/// files to one is written with its project, `project_service_1`.
fn is_link_alias(name: &str) -> bool {
    name.rsplit('_')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
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
    fn what_is_included_may_name_what_the_others_define() {
        let with = |root: &str, networks: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\n{root}\nservices:\n  db: {{image: 'postgres:18'}}\n//- /parts/web/compose.yaml\nservices:\n  \
                 web:\n    image: acme/web:1\n    depends_on: [db]\n    networks: [backend]\n{networks}"
            ))
        };
        let included = "include: [{path: parts/web/compose.yaml}]\nnetworks: {backend: {}}";
        with(included, "").clean();
        // Merged by somebody else: the network is another file's.
        let case = with("networks: {backend: {}}", "");
        assert!(
            case.findings
                .iter()
                .all(|one| !one.message.contains("backend"))
        );
        let case = with("networks: {backend: {}}", "networks: {front: {}}\n");
        assert!(
            case.findings
                .iter()
                .any(|one| one.message.contains("backend"))
        );
    }

    #[test]
    fn a_folder_without_its_dot_is_told() {
        let help = |source: &str| {
            let text = format!("services:\n  a:\n    image: b:1\n    volumes: ['{source}:/c']\n");
            on(&RULE).compose(&text).help()
        };
        assert!(help("src/config").starts_with("write `./src/config`"));
        assert!(help("src\\config").starts_with("write `.\\src\\config`"));
        assert!(help("data").starts_with("define `data`"));
    }

    #[test]
    fn a_folder_that_is_there_is_named() {
        let help = |source: &str, files: &str| {
            let case = on(&RULE).files(&format!(
                "//- /deploy/compose/compose.yaml\nservices:\n  a:\n    image: b:1\n    volumes: ['{source}:/c']\n{files}"
            ));
            case.help()
        };
        let above = "//- /src/web/config/a.json\n1\n";
        assert!(help("src/web/config/", above).starts_with("put `../../` before"));
        assert!(help("src\\web\\more", above).starts_with("put `..\\..\\` before"));
        let beside = "//- /deploy/compose/src/web/a\n1\n";
        assert!(help("src/web", beside).starts_with("put `./` before"));
        // More of it is there than beside the file.
        let both = format!("{above}//- /deploy/compose/src/x\n1\n");
        assert!(help("src/web/config", &both).starts_with("put `../../` before"));
        assert_eq!(
            help("src/web", ""),
            "write `./src/web` if a folder beside the file is meant"
        );
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
    fn what_no_file_of_a_project_defines_is_found() {
        let over = |over: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web: {{image: 'a:1'}}\nnetworks: {{back: }}\n\
                 //- /compose.override.yaml\nservices:\n  web:\n{over}"
            ))
        };
        over("    networks: [front]\n").flags(&["compose.override.yaml:3: front"]);
        over("    depends_on: [db]\n")
            .flags(&["compose.override.yaml:3: db"])
            .says(&["`web` needs the service `db`, which nothing defines"]);
        over("    volumes: ['data:/data']\n").flags(&["compose.override.yaml:3: 'data:/data'"]);
        over("    networks: [back]\n").clean();
        over("    networks: ['${NET}', default]\n    volumes: [./data:/data]\n").clean();
        over("    extends: {file: gone.yaml, service: x}\n    networks: [front]\n").clean();

        let case = on(&RULE).files(
            "//- /compose.dev.yaml\nservices:\n  web: {secrets: [key]}\n//- \
             /compose.yaml\nservices:\n  web: {image: 'a:1'}\nsecrets: {keys: {file: ./k}}\n",
        );
        assert_eq!(case.findings[0].help.as_deref(), Some("write `keys`"));
        case.flags(&["compose.dev.yaml:2: key"]);
    }

    #[test]
    fn what_included_files_lack_is_found() {
        let files = |main: &str, part: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\ninclude: [parts/db.yaml]\nservices:\n  web:\n    image: \
                 a:1\n{main}//- /parts/db.yaml\nservices:\n  db:\n    image: b:1\n{part}"
            ))
        };
        files("    depends_on: [dbs]\n", "").flags(&["compose.yaml:5: dbs"]);
        files("    networks: [front]\n", "networks: {back: }\n").flags(&["compose.yaml:5: front"]);
        files(
            "    depends_on: [db]\n    networks: [back]\n",
            "networks: {back: }\n",
        )
        .clean();
        files(
            "    depends_on: [x]\n",
            "  x: {extends: {file: no.yaml, service: x}}\n",
        )
        .clean();
    }

    #[test]
    fn what_lacks_its_indentation_is_to_be_indented() {
        let help = |more: &str| {
            let text = format!(
                "services:\n  a: {{image: 'a:1', networks: [front]}}\nnetworks:\n  back:\n{more}"
            );
            let case = on(&RULE).compose(&text);
            assert_eq!(case.findings.len(), 1);
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("front:\n  internal: true\n").contains("`front:` of line 5"));
        assert!(help("").contains("define `front`"));
    }

    #[test]
    fn what_extended_services_need_is_found() {
        let files = |main: &str| {
            on(&RULE).files(&format!(
                "//- /common/base.yaml\nservices:\n  base:\n    image: a:1\n    networks: \
                 [front]\n//- /compose.yaml\nservices:\n  web:\n    extends: {{file: \
                 common/base.yaml, service: base}}\n{main}"
            ))
        };
        let case = files("");
        assert_eq!(case.findings[0].related.len(), 1);
        case.says(&["network `front` is not defined"])
            .flags(&["compose.yaml:3: {file: common/base.yaml, service: base}"]);
        files("networks: {front: }\n").clean();
        files("    networks: !override [default]\n").clean();
        on(&RULE)
            .files(
                "//- /base.yaml\nservices:\n  base: {image: 'a:1'}\n//- \
                 /compose.yaml\nservices:\n  web:\n    extends: {file: base.yaml, service: bas}\n",
            )
            .says(&["`base.yaml` has no service `bas`"])
            .flags(&["compose.yaml:3: bas"]);
        on(&RULE)
            .compose("services:\n  web:\n    extends: {file: base.yaml, service: bas}\n")
            .clean();
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
