//! Services that wait by themselves or need not, and turning a `depends_on` list into one that
//! waits for health.

use std::collections::BTreeSet;

use plimsoll_compose::{Command, Condition, Service};
use plimsoll_links::facts::runner::{Runner, ServiceRunner};
use plimsoll_links::facts::sources::Hit;
use plimsoll_source::files::parent;
use plimsoll_source::{Edit, FileId, Fix, Safety};
use plimsoll_yaml::{Kind, Node, Style};

use super::backing;
use crate::{ComposeInput, Cx};

/// The change that makes every dependency named in `ready` wait for health; the others keep
/// waiting for the start.
pub(super) fn waiting(service: Service<'_>, ready: &BTreeSet<String>, file: FileId) -> Option<Fix> {
    let list = service.node().get("depends_on")?;
    let edits = match (list.kind(), list.style()) {
        (Kind::Sequence, Style::Block) => block(list, ready)?,
        (Kind::Sequence, Style::Flow) => vec![flow(list, ready)?],
        _ => return None,
    };
    let fix = Fix::new("wait for `service_healthy`", Safety::Unsafe);
    Some(
        edits
            .into_iter()
            .fold(fix, |fix, edit| fix.edit(file, edit)),
    )
}

fn condition(name: &str, ready: &BTreeSet<String>) -> &'static str {
    if ready.contains(name) {
        "service_healthy"
    } else {
        "service_started"
    }
}

/// `[a, b]` becomes `{a: {condition: …}, b: {condition: …}}`.
fn flow(list: Node<'_>, ready: &BTreeSet<String>) -> Option<Edit> {
    if list.source().contains(['#', '&', '*']) {
        return None;
    }
    let mut entries = Vec::new();
    for item in list.items() {
        let name = item.text()?;
        entries.push(format!(
            "{}: {{condition: {}}}",
            item.source(),
            condition(&name, ready)
        ));
    }
    Some(Edit::replace(
        list.range(),
        format!("{{{}}}", entries.join(", ")),
    ))
}

/// `- a` becomes `a:` with its condition below; the dash becomes a space or goes, so that the
/// new keys stand where the items of a mapping may.
fn block(list: Node<'_>, ready: &BTreeSet<String>) -> Option<Vec<Edit>> {
    let text = list.tree().text();
    let key_column = column(text, list.key()?.range().start);
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edits = Vec::new();
    for item in list.items() {
        let name = item.text()?;
        let range = item.full_range();
        if item.kind() != Kind::Scalar || item.range() != range || item.source().contains('\n') {
            return None;
        }
        let before = text.get(..range.start as usize)?;
        let dash = before.rfind('-')?;
        if !before[dash + 1..].bytes().all(|b| b == b' ') {
            return None;
        }
        let dash_column = column(text, dash as u32);
        // An unindented list stands below its key; a mapping may not.
        let indent = if dash_column > key_column {
            dash_column
        } else {
            key_column + 2
        };
        let lead = " ".repeat(indent - dash_column);
        edits.push(Edit::replace((dash..range.start as usize).into(), lead));
        edits.push(Edit::insert(
            range.end,
            format!(
                ":{line_break}{}condition: {}",
                " ".repeat(indent + 2),
                condition(&name, ready)
            ),
        ));
    }
    Some(edits)
}

/// The column of an offset, from 0, in bytes.
fn column(text: &str, offset: u32) -> usize {
    let before = text.get(..offset as usize).unwrap_or("");
    before.len() - before.rfind('\n').map_or(0, |at| at + 1)
}

/// Variables of one service that are looked at.
const MAX_VARIABLES: usize = 100;

/// Whether a command evidently waits, or variables tell an entry point or a library to.
pub(super) fn waits_by_itself(service: Service<'_>) -> bool {
    // `WAIT_HOSTS`, `CheckDependency__Host`.
    let told = service.environment().take(MAX_VARIABLES).any(|variable| {
        let name = variable.name().to_ascii_lowercase();
        name.starts_with("wait_") || name.contains("checkdependency") || name.contains("wait_for")
    });
    if told {
        return true;
    }
    [service.command(), service.entrypoint()]
        .into_iter()
        .flatten()
        .any(|command| match command {
            Command::Line(line) => shows_waiting(&line.text()),
            Command::Words(words) => {
                let words: Vec<String> =
                    words.iter().map(|word| word.text().into_owned()).collect();
                shows_waiting(&words.join(" "))
            }
        })
}

/// What the source of a service tells of its start.
pub(super) struct Starting {
    /// Where it shows that it tries again to reach its database.
    pub(super) again: Option<Hit>,
    /// Whether it reaches for it at all before the first request, as far as words tell.
    pub(super) connects: Option<bool>,
}

/// Looks at the source of what the service builds.
pub(super) fn starting(
    cx: &Cx<'_>,
    input: &ComposeInput<'_>,
    service: Service<'_>,
) -> Option<Starting> {
    let units = &cx.project.composes;
    let number = units.iter().position(|unit| unit.file == input.unit.file)?;
    let runner = Runner::Service(ServiceRunner {
        compose: number as u32,
        unit: input.unit,
        service,
    });
    let (image, _) = cx.links.image_of(&runner)?;
    let sources = cx.links.sources(image);
    // Of a context with several programs the one beside the Dockerfile is built.
    let beside = parent(cx.project.path(image.file()));
    let folder = if sources.has_program(beside) {
        beside
    } else {
        ""
    };
    Some(Starting {
        again: sources.tries_again(folder),
        connects: sources.connects_at_start(folder),
    })
}

/// Whether the text of a command shows that it waits for something.
pub(super) fn shows_waiting(text: &str) -> bool {
    const SIGNS: [&str; 18] = [
        "wait-for",
        "wait_for",
        "waitfor",
        "wait4",
        "dockerize",
        "until ",
        "pg_isready",
        "nc -z",
        "nc -w",
        "mysqladmin ping",
        "sleep ",
        "while !",
        "while true",
        "wait-on",
        "wait.sh",
        "waitdb",
        "retry",
        "tail -f",
    ];
    let text = text.to_ascii_lowercase();
    SIGNS.iter().any(|sign| text.contains(sign)) || is_idle(text.trim())
}

/// A shell or a sleeper that keeps a development container open: nothing of it connects.
fn is_idle(text: &str) -> bool {
    matches!(
        text,
        "bash" | "/bin/bash" | "sh" | "/bin/sh" | "zsh" | "sleep infinity" | "tty"
    )
}

/// Dependencies of one service that count as waited for.
const MAX_AWAITED: usize = 100;

/// The services that those have waited for which this one waits for: they accept connections by
/// then. `None` where it waits for a job to end, which may have waited for anything.
pub(super) fn awaited(input: &ComposeInput<'_>, service: Service<'_>) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for dependency in service.depends_on() {
        match dependency.condition() {
            Condition::Completed => return None,
            Condition::Healthy => {
                let other = input.file.service(&dependency.name());
                let inner = other.into_iter().flat_map(Service::depends_on);
                names.extend(
                    inner
                        .take(MAX_AWAITED)
                        .map(|inner| inner.name().into_owned()),
                );
            }
            Condition::Started | Condition::Unknown => {}
        }
    }
    Some(names)
}

/// Tools that connect when a person asks them to, proxies, exporters, and workers of Kafka Connect,
/// whose connectors come when they run.
pub(super) fn is_tolerant(service: Service<'_>) -> bool {
    const NAMES: [&str; 24] = [
        "connect",
        "connect-base",
        "cp-kafka-connect",
        "cp-kafka-connect-base",
        "cp-server-connect",
        "adminer",
        "phpmyadmin",
        "pgadmin4",
        "mongo-express",
        "nginx",
        "caddy",
        "traefik",
        "haproxy",
        "httpd",
        "cloudbeaver",
        "pgweb",
        "wordpress",
        "metabase",
        "prometheus",
        "grafana",
        "postgres",
        "mysql",
        "mongo",
        "mariadb",
    ];
    let is_worker = service.environment().any(|variable| {
        matches!(
            &*variable.name(),
            "CONFIG_STORAGE_TOPIC" | "CONNECT_CONFIG_STORAGE_TOPIC"
        )
    });
    is_worker
        || backing::image_of(service)
            .is_some_and(|image| NAMES.contains(&image.name()) || image.name().contains("exporter"))
}
