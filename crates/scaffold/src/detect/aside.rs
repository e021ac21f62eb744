//! Programs that are no services: what draws diagrams, generates code or tries something beside the
//! services of a tree. They are left out with a word on how to take them in, for a name and a `main`
//! prove nothing.

use plimsoll_source::files::{file_name, parent};

use super::draft::Cx;
use super::files::{inside, relative};
use crate::model::{Backing, Evidence, Refusal, Service, Stack, Survey, Topic};

/// Folders of what builds, draws, generates, tries or begins something.
const TOOLS: &[&str] = &[
    "tools",
    "tool",
    "scripts",
    "script",
    "hack",
    "examples",
    "example",
    "samples",
    "sample",
    "fuzz",
    "fuzzing",
    "extra",
    "extras",
    "contrib",
    "playground",
    "sandbox",
    "devtools",
    "loadtest",
    "load-test",
    "testing",
    // What others begin with.
    "templates",
    "template",
    "starters",
    "boilerplate",
];

/// Parts of names of programs that wait for work rather than for requests.
const WAITING: &[&str] = &[
    "worker",
    "consumer",
    "processor",
    "scheduler",
    "cron",
    "bot",
    "daemon",
    "agent",
    "runner",
    "queue",
    "job",
    "listener",
    "subscriber",
    "exporter",
    "controller",
    "operator",
    "collector",
    "watcher",
    "relay",
    "ingest",
    "dispatch",
    "crawler",
    "server",
    "service",
];

/// Files that say what is started.
const STARTING: &[&str] = &["Procfile", "compose.", "docker-compose"];

/// Leaves out what is no service beside others that are.
pub(crate) fn leave_out(cx: Cx<'_>, root: &str, survey: &mut Survey) {
    // A tree of which nothing listens may be a tree of tools, and is asked about as such.
    let mut services = survey.services.iter();
    if !services.any(|service| serves(service) && !is_tool(service, root)) {
        return;
    }
    let starting = starting(cx);
    let mut kept = Vec::new();
    for service in std::mem::take(&mut survey.services) {
        match why_not(cx, root, &service, &starting) {
            Some(why) => survey.refusals.push(refusal(&service, why)),
            None => kept.push(service),
        }
    }
    survey.services = kept;
}

/// Why a program is no service, where nothing says that it is one.
fn why_not(
    cx: Cx<'_>,
    root: &str,
    service: &Service,
    starting: &[(&str, &str)],
) -> Option<&'static str> {
    if service.folder == root || is_told(cx, service) {
        return None;
    }
    let works = serves(service) || waits(service);
    let why = match (is_tool(service, root), works) {
        _ if is_probe(service) => {
            "it asks whether another one is well, and no Dockerfile, Compose file or Procfile starts it"
        }
        (true, _) => "it lies among tools, and no Dockerfile, Compose file or Procfile starts it",
        (false, false) => {
            "it listens nowhere, waits for nothing, and no Dockerfile, Compose file or Procfile starts it"
        }
        (false, true) => return None,
    };
    (!is_started(service, starting)).then_some(why)
}

fn refusal(service: &Service, why: &str) -> Refusal {
    let what = match &service.start {
        Some(start) => format!("`{}` is a program", start.value.join(" ")),
        None => "a program is here".to_owned(),
    };
    let start = service.start.as_ref();
    let start = start.map_or("…".to_owned(), |start| start.value.join(" "));
    let evidence = service.start.as_ref().map(|start| start.evidence.clone());
    Refusal {
        folder: service.folder.clone(),
        evidence: evidence.unwrap_or_else(|| vec![Evidence::file(&service.folder, "")]),
        why: format!("{what}, but {why}"),
        help: format!(
            "if it is a service, run with `--service {} --start '{start}'`, or say so under `[[init.service]]` in `plimsoll.toml`",
            service.folder
        ),
    }
}

pub(crate) fn is_told(cx: Cx<'_>, service: &Service) -> bool {
    let mut named = cx.told.services.iter();
    named.any(|told| told.folder.as_deref() == Some(service.folder.as_str()))
}

/// Whether it lies in a folder of tools.
fn is_tool(service: &Service, root: &str) -> bool {
    let local = relative(&service.folder, root);
    local.split('/').any(|part| TOOLS.contains(&part))
}

/// Whether it is what a container's health is asked by, by its name.
fn is_probe(service: &Service) -> bool {
    let names = [service.name.value.as_str(), file_name(&service.folder)];
    names.iter().any(|name| {
        let plain = name.to_ascii_lowercase().replace(['-', '_'], "");
        plain.ends_with("healthcheck") || plain.ends_with("healthchecker")
    })
}

/// Whether it answers requests, or hands out pages.
pub(crate) fn serves(service: &Service) -> bool {
    let asked = |topic| service.questions.iter().any(|open| open.topic == topic);
    service.port.is_some()
        || asked(Topic::Port)
        || matches!(service.stack, Stack::Static(_) | Stack::Php(_))
}

/// Whether it waits for work.
fn waits(service: &Service) -> bool {
    let queue = |backing| matches!(backing, Backing::Kafka | Backing::Rabbitmq | Backing::Nats);
    let names = [service.name.value.as_str(), file_name(&service.folder)];
    !service.timers.is_empty()
        || !service.processes.is_empty()
        || service.backing.iter().any(|known| queue(known.value))
        || names.iter().any(|name| {
            let lower = name.to_ascii_lowercase();
            WAITING.iter().any(|word| lower.contains(word))
        })
}

/// The files that say what is started, with their paths.
fn starting(cx: Cx<'_>) -> Vec<(&str, &str)> {
    let is_one = |path: &&str| {
        let name = file_name(path);
        is_dockerfile(name) || STARTING.iter().any(|start| name.starts_with(start))
    };
    let paths = cx.files.below("").filter(is_one).take(400);
    paths
        .filter_map(|path| Some((path, cx.files.text(path)?.text.as_str())))
        .collect()
}

fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "dockerfile" || lower.starts_with("dockerfile.") || lower.ends_with(".dockerfile")
}

/// Whether such a file lies in the service's folder, or names it or its program.
fn is_started(service: &Service, starting: &[(&str, &str)]) -> bool {
    let start = service.start.as_ref();
    let program = start.and_then(|start| start.value.first());
    // What runs others says nothing of itself.
    let telling = |word: &&String| {
        !matches!(
            word.as_str(),
            "node"
                | "python"
                | "java"
                | "dotnet"
                | "npm"
                | "bun"
                | "deno"
                | "bundle"
                | "php"
                | "sh"
        )
    };
    let program = program.filter(telling).map(|word| file_name(word));
    starting.iter().any(|(path, text)| {
        inside(path, &service.folder) && inside(parent(path), &service.folder)
            || is_word(text, &service.folder)
            || program.is_some_and(|program| runs(text, program))
    })
}

/// Whether a line that runs something names a program.
fn runs(text: &str, program: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        [
            "CMD",
            "ENTRYPOINT",
            "command:",
            "entrypoint:",
            "web:",
            "worker:",
        ]
        .iter()
        .any(|start| line.starts_with(start))
            && is_word(line, program)
    })
}

/// Whether a text holds a name or path that is no part of a longer one.
pub(crate) fn is_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}
