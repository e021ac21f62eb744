//! # What it does
//! Finds services that wait for something that never comes, `service_healthy` of a service that
//! has no health check, and services built here that start before their database accepts
//! connections.
//!
//! # Why it matters
//! Compose refuses to start a service that waits for the health of one without a health check.
//! Without a condition `depends_on` waits only until the container runs: a database needs seconds
//! more before it accepts connections, longer on its first start, and the service crashes then.
//! On a fast machine it works, in CI it does not.
//!
//! Whether an image has a health check of its own is decided by the Dockerfile it is built from,
//! or a table of common images; other images are left alone. Services of files that are included,
//! extended or laid over are judged as Compose puts them together. Silent where the command
//! evidently waits. Services with a `restart` policy, run from an image of somebody else, or whose
//! source or start script shows attempts to connect, are for `--strictness pedantic`: they may
//! well try again. So are those whose source shows neither a migration nor a connection made at
//! once, and all whose command does not migrate the database: a pool or an ORM connects with the
//! first query, when the database is long there.
//!
//! # Example
//! ```compose bad
//! services:
//!   web:
//!     build: .
//!     depends_on:
//!       - db
//!   db:
//!     image: postgres:18.1
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U pay"]
//! ```
//! ```compose fixed
//! services:
//!   web:
//!     build: .
//!     depends_on:
//!       db:
//!         condition: service_healthy
//!   db:
//!     image: postgres:18.1
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U pay"]
//! ```
//! ```compose bad
//! services:
//!   web:
//!     build: .
//!     depends_on:
//!       db: {condition: service_healthy}
//!   db:
//!     image: postgres:18.1
//! ```
//! ```compose good
//! services:
//!   web:
//!     build: .
//!     depends_on:
//!       db: {condition: service_healthy}
//!   db:
//!     image: postgres:18.1
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U pay"]
//! ```
//!
//! # Fix safety
//! Where the database has a health check, `depends_on` is made to wait for it: the start takes
//! longer, and fails if the check does.
//!
//! # References
//! - <https://docs.docker.com/compose/how-tos/startup-order/>
//! - <https://docs.docker.com/reference/compose-file/services/#depends_on>

use std::collections::BTreeSet;

use plimsoll_compose::{Condition, Dependency, Service, Value};
use plimsoll_source::{Confidence, Severity};

use super::backing::Backing;
use super::health::{Health, health};
use super::resolved::Everywhere;
use super::waiting::{awaited, is_tolerant, shows_waiting, starting, waiting, waits_by_itself};
use super::{backing, resolved, siblings};
use crate::{Check, ComposeInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "depends-on-unready",
    summary: "a service waits for health that is never checked, or not for its database",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Compose(check)],
};

fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    if !input.unit.tree.errors().is_empty() {
        // What seems to be missing may stand on the broken line.
        return;
    }
    for service in input.file.services() {
        for dependency in service.depends_on() {
            if dependency.condition() == Condition::Healthy {
                never_healthy(cx, input, service, dependency);
            }
        }
        starts_too_early(cx, input, service);
    }
}

/// Further databases of one service that are shown.
const MAX_RELATED: usize = 4;

fn never_healthy(
    cx: &mut Cx<'_>,
    input: &ComposeInput<'_>,
    service: Service<'_>,
    dependency: Dependency<'_>,
) {
    let Some(name) = dependency.name_value().literal() else {
        return;
    };
    let target = input.file.service(&name);
    let known = target.map_or(Health::Unknown, |target| health(cx, input, target));
    let (place, backing) = match known {
        Health::Checked => return,
        Health::Unchecked => {
            let head = target.map(|target| cx.place(target.head()));
            let base = target.and_then(|target| backing::base(input.file, target));
            (head, base.and_then(backing::of_service))
        }
        Health::Unknown if !is_decided_elsewhere(input, target) => return,
        Health::Unknown => {
            let Some(all) = resolved::everywhere(cx.project, input.unit, &name) else {
                return;
            };
            let dependent = resolved::everywhere(cx.project, input.unit, &service.name());
            let waits = dependent.is_some_and(|own| own.waits(&name, Condition::Healthy));
            let said = siblings::says(cx.project, input.unit, &name, &["healthcheck"]);
            if !waits || said || all.is_checked(cx.project) != Some(false) {
                return;
            }
            let image = all.image();
            let backing = image.as_ref().and_then(backing::of_image);
            (all.head(cx.project), backing)
        }
    };
    let range = dependency
        .condition_value()
        .map_or_else(|| dependency.name_value().range(), Value::range);
    let off = target
        .and_then(Service::healthcheck)
        .is_some_and(plimsoll_compose::Healthcheck::is_off);
    let dependent = service.name();
    let (message, severity, note) = if dependency.required() {
        (
            format!("`{dependent}` waits for the health of `{name}`, which is never checked"),
            Severity::Error,
            "Compose stops with `no healthcheck configured`",
        )
    } else {
        (
            format!("the condition of the optional `{name}` can never be met"),
            Severity::Warning,
            "Compose warns that the dependency failed to start, and goes on without waiting",
        )
    };
    let draft = cx.report(range, message);
    draft
        .severity(severity)
        .subject(format!("service/{name}"))
        .object(format!("service/{dependent}"))
        .group("health-check")
        .note(note)
        .help(match backing.and_then(|backing| backing.test) {
            Some(test) => format!("give `{name}` a `healthcheck` with `test: {test}`"),
            None => format!("give `{name}` a `healthcheck`, or wait for `service_started`"),
        });
    if let Some(place) = place {
        let words = if off {
            "its health check is switched off"
        } else {
            "no health check, nor in its image"
        };
        draft.related(place, words);
    }
}

/// Whether another file tells what a service of the file is.
fn is_decided_elsewhere(input: &ComposeInput<'_>, service: Option<Service<'_>>) -> bool {
    match service {
        None => resolved::is_partial(input),
        Some(service) => {
            resolved::is_partial(input) || resolved::extends_elsewhere(input.file, service)
        }
    }
}

/// A database that needs seconds before it accepts connections.
struct Slow {
    name: String,
    backing: &'static Backing,
    health: Health,
    /// Whether this file alone tells so.
    is_own: bool,
}

/// The service of this name, if it is a database that is slow to start.
fn slow(cx: &Cx<'_>, input: &ComposeInput<'_>, name: &str) -> Option<Slow> {
    let target = input.file.service(name);
    let base = target.and_then(|target| backing::base(input.file, target));
    let own = base.and_then(backing::of_service);
    let (backing, health) = match (own, target) {
        (Some(backing), Some(target)) => (backing, health(cx, input, target)),
        _ if !is_decided_elsewhere(input, target) => return None,
        _ => {
            let all = resolved::everywhere(cx.project, input.unit, name)?;
            let health = match all.is_checked(cx.project) {
                Some(true) => Health::Checked,
                Some(false) => Health::Unchecked,
                None => Health::Unknown,
            };
            (backing::of_image(&all.image()?)?, health)
        }
    };
    (backing.database && backing.slow).then(|| Slow {
        name: name.to_owned(),
        backing,
        health,
        is_own: own.is_some(),
    })
}

/// The service as its projects have it, if it waits there for those as it does here, and does not
/// wait by itself.
fn as_written<'p>(
    cx: &Cx<'p>,
    input: &ComposeInput<'_>,
    service: Service<'_>,
    early: &[(Dependency<'_>, Slow)],
) -> Option<Everywhere<'p>> {
    let all = resolved::everywhere(cx.project, input.unit, &service.name())?;
    let waits = |(_, slow): &(Dependency<'_>, Slow)| all.waits(&slow.name, Condition::Started);
    let is_plain = all.all(|service| {
        let words = [service.command(), service.entrypoint()];
        let words = words.into_iter().flatten().flatten();
        let words: Vec<&str> = words.map(|word| word.text).collect();
        !shows_waiting(&words.join(" "))
    });
    (is_plain && early.iter().all(waits)).then_some(all)
}

fn starts_too_early(cx: &mut Cx<'_>, input: &ComposeInput<'_>, service: Service<'_>) {
    if waits_by_itself(service) || is_tolerant(service) {
        return;
    }
    let Some(awaited) = awaited(input, service) else {
        return;
    };
    let mut early: Vec<(Dependency<'_>, Slow)> = Vec::new();
    for dependency in service.depends_on() {
        if dependency.condition() != Condition::Started {
            continue;
        }
        let name = dependency.name_value().literal();
        let Some(name) = name.filter(|name| !awaited.contains(name.as_ref())) else {
            continue;
        };
        if let Some(slow) = slow(cx, input, &name) {
            early.push((dependency, slow));
        }
    }
    let Some((first, target)) = early.first() else {
        return;
    };
    let name = service.name();
    if siblings::merged_with(cx.project, input.unit)
        .filter_map(|file| file.service(&name))
        .any(|other| other.node().present("depends_on").is_some() || other.restart().is_some())
    {
        return;
    }
    let mut builds = service.build().is_some();
    let policy = service
        .restart()
        .or_else(|| service.deploy()?.restart_condition());
    let mut restarts = policy.is_some_and(|policy| is_restarting(&policy.text()));
    if early.iter().any(|(_, slow)| !slow.is_own) {
        let Some(all) = as_written(cx, input, service, &early) else {
            return;
        };
        builds = all.all(|service| service.build().is_some());
        restarts = !all.all(|service| service.restart().is_none_or(|p| !is_restarting(p.text)));
    }
    let checked: BTreeSet<String> = early
        .iter()
        .filter(|(_, slow)| slow.health == Health::Checked)
        .map(|(_, slow)| slow.name.clone())
        .collect();
    let range = first.name_value().range();
    let database = target.name.as_str();
    let kind = target.backing.name;
    let id = cx.place(range).file;
    let fix = (checked.len() == early.len())
        .then(|| waiting(service, &checked, id))
        .flatten();
    let help = match target.backing.test {
        _ if checked.contains(database) => {
            format!("wait with `condition: service_healthy` for `{database}`")
        }
        Some(test) => format!(
            "give `{database}` a `healthcheck` with `test: {test}`, and wait for it with \
             `condition: service_healthy`"
        ),
        None => format!(
            "give `{database}` a `healthcheck`, and wait for it with `condition: service_healthy`"
        ),
    };
    let places: Vec<_> = early[1..]
        .iter()
        .take(MAX_RELATED)
        .map(|(dependency, slow)| {
            let place = cx.place(dependency.name_value().range());
            (place, format!("nor does it wait for `{}`", slow.name))
        })
        .collect();
    let deliberate = early
        .iter()
        .all(|(dependency, ..)| dependency.condition_value().is_some());
    let lenient = deliberate || !builds || restarts;
    // The source is read only where it decides something.
    let source = (!lenient).then(|| starting(cx, input, service)).flatten();
    let is_lazy = source
        .as_ref()
        .is_some_and(|source| source.connects == Some(false));
    let again = source.and_then(|source| source.again);
    let draft = cx.report(
        range,
        format!("`{name}` does not wait until `{database}` accepts connections"),
    );
    draft
        .confidence(Confidence::Medium)
        .subject(format!("service/{name}"))
        .object(format!("service/{name}"))
        .note(format!(
            "{kind} runs for seconds before it does, longer on its first start"
        ))
        .help(help);
    for (place, message) in places {
        draft.related(place, message);
    }
    if let Some(hit) = &again {
        draft.note(format!(
            "`{}:{}` seems to try again until it does",
            hit.path, hit.line
        ));
    }
    if is_lazy && again.is_none() {
        draft.note("nothing in its source shows that it connects before the first request");
    }
    // What connects with its first request comes up all the same: only who migrates fails.
    if lenient || again.is_some() || is_lazy || !migrates(service) {
        draft.strictness(Strictness::Pedantic);
    }
    if let Some(fix) = fix {
        draft.fix(fix);
    }
}

/// Whether the command of a service shows that it changes the schema of its database.
fn migrates(service: Service<'_>) -> bool {
    let nodes = ["command", "entrypoint"];
    let mut nodes = nodes.iter().filter_map(|key| service.node().present(key));
    nodes.any(|node| {
        let text = node.source().to_ascii_lowercase();
        ["migrat", "db:", "alembic", "flyway", "liquibase", "syncdb"]
            .iter()
            .any(|sign| text.contains(sign))
    })
}

/// Whether Docker starts a service of this policy again when it crashes.
fn is_restarting(policy: &str) -> bool {
    !matches!(policy, "no" | "none" | "false")
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Severity;

    use super::RULE;
    use crate::testing::{Case, on};

    fn pair(web: &str, db: &str) -> Case {
        on(&RULE).compose(&format!("services:\n  web:\n{web}  db:\n{db}"))
    }

    const HEALTHY: &str = "    build: .\n    depends_on:\n      db: {condition: service_healthy}\n";
    const STARTED: &str = "    build: .\n    depends_on: [db]\n";
    const CHECK: &str = "    healthcheck: {test: pg_isready}\n";

    #[test]
    fn a_service_that_is_told_to_wait_is_left_alone() {
        let file = |name: &str| {
            format!(
                "services:\n  app:\n    build: .\n    depends_on: [db]\n    environment: {{{name}: \"db:5432\"}}\n  \
                 db:\n    image: postgres:17\n"
            )
        };
        for name in ["CheckDependency__Host", "WAIT_HOSTS", "APP_WAIT_FOR"] {
            on(&RULE).compose(&file(name)).clean();
        }
        on(&RULE).compose(&file("DB_HOST")).flags(&["4: db"]);
    }

    #[test]
    fn an_optional_dependency_stops_nothing() {
        let file = |required: &str| {
            format!(
                "services:\n  foo:\n    image: acme/foo:1\n    depends_on:\n      bar:\n        condition: \
                 service_healthy\n{required}  bar:\n    image: alpine:3.23\n"
            )
        };
        let case = on(&RULE)
            .compose(&file("        required: false\n"))
            .says(&["the condition of the optional `bar` can never be met"]);
        assert_eq!(case.findings[0].severity, Severity::Warning);
        let case = on(&RULE)
            .compose(&file(""))
            .says(&["`foo` waits for the health of `bar`, which is never checked"]);
        assert_eq!(case.findings[0].severity, Severity::Error);
    }

    #[test]
    fn health_that_is_never_checked_is_found() {
        let case = pair(HEALTHY, "    image: postgres:16\n");
        assert_eq!(case.findings[0].severity, Severity::Error);
        case.flags(&["5: service_healthy"]);
        pair(
            HEALTHY,
            "    image: redis:8\n    healthcheck: {disable: true}\n",
        )
        .flags(&["5: service_healthy"]);
        pair(
            HEALTHY,
            "    image: acme/db:1\n    healthcheck: {test: [NONE]}\n",
        )
        .flags(&["5: service_healthy"]);
        pair(
            HEALTHY,
            "    image: mysql:8\n    healthcheck: {interval: 5s}\n",
        )
        .flags(&["5: service_healthy"]);
        on(&RULE)
            .files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n{HEALTHY}  db:\n    build: db\n//- \
                 /db/Dockerfile\nFROM python:3.13 AS a\nFROM a\nCMD [\"x\"]\n"
            ))
            .flags(&["compose.yaml:5: service_healthy"]);
    }

    #[test]
    fn health_that_is_checked_or_unknown_is_left_alone() {
        pair(HEALTHY, &format!("    image: postgres:16\n{CHECK}")).clean();
        pair(HEALTHY, "    image: acme/db:1\n").clean();
        pair(HEALTHY, "    image: ${DB_IMAGE}\n").clean();
        pair(HEALTHY, "    extends: {file: db.yaml, service: db}\n").clean();
        on(&RULE)
            .files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n{HEALTHY}  db:\n    build: db\n//- \
                 /db/Dockerfile\nFROM python:3.13\nHEALTHCHECK CMD [\"x\"]\n"
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n{HEALTHY}  db:\n    image: \
                 postgres:16\n//- /compose.prod.yaml\nservices:\n  db:\n{CHECK}"
            ))
            .clean();
    }

    /// A main file, and one that is included or extended.
    fn parts(main: &str, part: &str) -> Case {
        on(&RULE).files(&format!("//- /compose.yaml\n{main}//- /db.yaml\n{part}"))
    }

    #[test]
    fn health_is_known_across_the_files_of_a_project() {
        let included = |db: &str| {
            parts(
                &format!("include: [db.yaml]\nservices:\n  web:\n{HEALTHY}"),
                &format!("services:\n  db:\n{db}"),
            )
        };
        let case = included("    image: postgres:16\n");
        assert_eq!(case.findings[0].related.len(), 1);
        case.flags(&["compose.yaml:6: service_healthy"]);
        included("    image: nginx:1.29\n").flags(&["compose.yaml:6: service_healthy"]);
        included(&format!("    image: postgres:16\n{CHECK}")).clean();
        included("    image: acme/db:1\n").clean();
        included("    image: ${DB_IMAGE}\n").clean();
        included("    build: db\n").clean();

        let extending = |db: &str, base: &str| {
            parts(
                &format!(
                    "services:\n  web:\n{HEALTHY}  db:\n    extends: {{file: db.yaml, service: \
                     db}}\n{db}"
                ),
                &format!("services:\n  db:\n{base}"),
            )
        };
        extending("", "    image: 'postgres:${TAG}'\n").flags(&["compose.yaml:5: service_healthy"]);
        extending(CHECK, "    image: postgres:16\n").clean();
        extending("", &format!("    image: postgres:16\n{CHECK}")).clean();
        extending("    image: acme/db:1\n", "    image: postgres:16\n").clean();

        on(&RULE)
            .files(
                "//- /compose.override.yaml\nservices:\n  web:\n    depends_on: {db: {condition: \
                 service_healthy}}\n//- /compose.yaml\nservices:\n  web: {build: .}\n  db: {image: \
                 'redis:8'}\n",
            )
            .flags(&["compose.override.yaml:3: service_healthy"]);
    }

    #[test]
    fn databases_of_other_files_are_known() {
        let included = |web: &str, db: &str| {
            parts(
                &format!("include: [db.yaml]\nservices:\n  web:\n{web}"),
                &format!("services:\n  db:\n{db}"),
            )
        };
        included(STARTED, "    image: postgres:16\n").flags(&["compose.yaml:5: db"]);
        included(STARTED, &format!("    image: postgres:16\n{CHECK}")).fixed(
            "include: [db.yaml]\nservices:\n  web:\n    build: .\n    depends_on: {db: \
             {condition: service_healthy}}\n",
        );
        included(STARTED, "    image: redis:8\n").clean();
        let web = "    image: acme/web:1\n    depends_on: [db]\n";
        included(web, "    image: postgres:16\n").quiet_by_default();
        on(&RULE)
            .files(
                "//- /compose.override.yaml\nservices:\n  web: {depends_on: [db]}\n//- \
                 /compose.yaml\nservices:\n  web: {build: .}\n  db: {image: 'postgres:16'}\n",
            )
            .flags(&["compose.override.yaml:2: db"]);
        included(STARTED, "    build: db\n").clean();
        let waiting = format!("{STARTED}    command: ./wait-for-it.sh db:5432 -- x\n");
        included(&waiting, "    image: postgres:16\n").clean();
        parts(
            &format!(
                "services:\n  web:\n{STARTED}    extends: {{file: db.yaml, service: web}}\n  db: \
                 {{extends: {{file: db.yaml, service: db}}}}\n"
            ),
            "services:\n  web: {command: ./wait-for db}\n  db: {image: 'postgres:16'}\n",
        )
        .clean();
    }

    #[test]
    fn a_database_that_is_not_waited_for_is_found() {
        pair(STARTED, "    image: postgres:16\n").flags(&["4: db"]);
        pair(
            "    build: .\n    depends_on:\n      db:\n",
            "    image: mysql:8\n",
        )
        .flags(&["5: db"]);
        let case = on(&RULE).compose(
            "services:\n  web:\n    build: .\n    depends_on:\n      - db\n      - docs\n      - \
             cache\n  db:\n    image: postgres:16\n  docs:\n    image: couchdb:3\n  cache:\n    \
             image: redis:8\n",
        );
        assert_eq!(case.findings[0].related.len(), 1);
        case.flags(&["5: db"]);
    }

    #[test]
    fn services_that_may_try_again_are_for_the_pedantic() {
        let db = "    image: postgres:16\n";
        for web in [
            "    image: acme/web:1\n    depends_on: [db]\n",
            "    build: .\n    restart: always\n    depends_on: [db]\n",
            "    build: .\n    depends_on: {db: {condition: service_started}}\n",
        ] {
            let case = pair(web, db).quiet_by_default();
            assert_eq!(case.findings.len(), 1);
        }
    }

    #[test]
    fn programs_that_try_again_are_for_the_pedantic() {
        let with = |path: &str, source: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: {{context: ., dockerfile: \
                 web/Dockerfile}}\n    command: sh -c 'migrate up && web'\n    depends_on: [db]\n  db:\n    image: postgres:16\n//- \
                 /web/Dockerfile\nFROM golang:1.26\nCOPY . .\nCMD [\"web\"]\n//- \
                 /web/main.go\nfunc main() {{ db := sql.Open(x); db.Ping() }}\n//- /{path}\n{source}\n"
            ))
        };
        let again = "for attempts > 0 { db, err = sql.Open(x); time.Sleep(time.Second) }";
        let case = with("web/db.go", again).quiet_by_default();
        assert!(case.findings[0].notes[1].contains("`web/db.go:1`"));
        with("web/up.sh", "until pg_isready; do sleep 1; done").quiet_by_default();
        // Another program of the same context.
        with("worker/db.go", again).loud_by_default();
        with("web/db.go", "db, err = sql.Open(x)").loud_by_default();
        with("web/up.sh", "exec web").loud_by_default();
    }

    #[test]
    fn programs_that_connect_with_the_first_query_are_for_the_pedantic() {
        let with = |source: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    command: npm run migrate:start\n    depends_on: [db]\n  db:\n    image: postgres:16\n//- /Dockerfile\nFROM node:24\nCOPY . .\nCMD [\"node\", \"a.js\"]\n//- /a.js\n{source}\n"
            ))
        };
        let case = with("const db = knex(config)").quiet_by_default();
        assert!(case.findings[0].notes[1].contains("before the first request"));
        with("await mongoose.connect(url)").loud_by_default();
    }

    #[test]
    fn waiting_is_added_where_the_check_is_there() {
        pair(
            "    build: .\n    depends_on:\n    - cache # fast\n    - db\n",
            &format!("    image: postgres:16\n{CHECK}  cache:\n    image: redis:8\n"),
        )
        .fixed(&format!(
            "services:\n  web:\n    build: .\n    depends_on:\n      cache:\n        condition: \
             service_started # fast\n      db:\n        condition: service_healthy\n  db:\n    \
             image: postgres:16\n{CHECK}  cache:\n    image: redis:8\n"
        ));
        pair(STARTED, &format!("    image: postgres:16\n{CHECK}")).fixed(&format!(
            "services:\n  web:\n    build: .\n    depends_on: {{db: {{condition: \
             service_healthy}}}}\n  db:\n    image: postgres:16\n{CHECK}"
        ));
        let case = pair(STARTED, "    image: postgres:16\n");
        assert!(case.findings[0].fix.is_none());
    }

    #[test]
    fn services_that_wait_or_need_not_are_left_alone() {
        let db = "    image: postgres:16\n";
        pair(
            "    build: .\n    depends_on: [db]\n    command: ./wait-for-it.sh db:5432 -- x\n",
            db,
        )
        .clean();
        pair(
            "    build: .\n    depends_on: [db]\n    entrypoint: [sh, -c, 'until nc -z db 5432; do \
             sleep 1; done']\n",
            db,
        )
        .clean();
        pair("    image: adminer:5\n    depends_on: [db]\n", db).clean();
        pair("    image: acme/connect:3\n    depends_on: [db]\n", db).clean();
        pair(
            "    build: .\n    environment: [CONFIG_STORAGE_TOPIC=c]\n    depends_on: [db]\n",
            db,
        )
        .clean();
        pair(
            "    build: .\n    depends_on: [db]\n",
            "    image: redis:8\n",
        )
        .clean();
        pair(
            "    build: .\n    depends_on: [db]\n",
            "    image: acme/postgres:16\n",
        )
        .clean();
        on(&RULE)
            .compose(
                "services:\n  web:\n    build: .\n    depends_on:\n      db:\n      migrate: \
                 {condition: service_completed_successfully}\n  migrate:\n    build: .\n    \
                 command: ./wait-for db\n    depends_on: [db]\n  db:\n    image: postgres:16\n",
            )
            .clean();
    }

    #[test]
    fn who_does_not_migrate_comes_up_all_the_same() {
        let db = "    image: postgres:16\n";
        pair("    build: .\n    depends_on: [db]\n", db).quiet_by_default();
        pair(
            "    build: .\n    depends_on: [db]\n    command: alembic upgrade head\n",
            db,
        )
        .loud_by_default();
    }
}
