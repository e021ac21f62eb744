//! # What it does
//! Finds health checks that call a program which the image does not have: `curl` or `wget` in a
//! slim, distroless or empty base, and nothing installs it.
//!
//! # Why it matters
//! The check fails for ever, with "not found" where nobody looks. The container is marked
//! unhealthy although it serves; Compose then never starts what waits for it, and Swarm kills it
//! again and again.
//!
//! # Example
//! ```dockerfile bad
//! FROM python:3.13-slim
//! HEALTHCHECK CMD curl -f http://localhost:8000/health || exit 1
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim
//! HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8000/health')"]
//! ```
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/#healthcheck>

use plimsoll_compose::Value;
use plimsoll_compose::health::Test;
use plimsoll_dockerfile::shell::{self, Piece, Script, ShellCommand, ShellWord, is_sh_family};
use plimsoll_dockerfile::{Base, Body, Command, Healthcheck};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity, TextRange};

use super::shipped::{base_image, lineage, shipped};
use super::tools::{TOOLS, brings, is_added};
use crate::{Check, ComposeInput, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "healthcheck-tool-missing",
    summary: "a health check calls a program that the image lacks",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Dockerfile(dockerfile), Check::Compose(compose)],
};

fn dockerfile(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    let Some(index) = stage.healthcheck else {
        return;
    };
    let Body::Healthcheck(Healthcheck::Cmd(command)) = &build.file.instructions[index].body else {
        return;
    };
    let scratch = matches!(
        lineage(build, stage).last().map(|s| &s.base),
        Some(Base::Scratch)
    );
    let base = base_image(build, stage);
    let name = match &base {
        Some(image) => image.familiar().to_owned(),
        None if scratch => "scratch".to_owned(),
        None => return,
    };
    let called = called(command, build.scripts[index].as_deref());
    let missing = |tool: &str| {
        let there = match &base {
            Some(image) => brings(image, tool),
            None => Some(false),
        };
        there == Some(false) && !is_added(build, stage, tool)
    };
    // One that is there may stand in for one that is not: `curl … || wget …`.
    if called.iter().all(|(tool, _)| missing(tool)) {
        let operator = match command {
            Command::Exec(words) => operator(words.iter().map(|word| &*word.value)),
            _ => None,
        };
        for (tool, range) in called {
            let shell = operator.map(|one| (one, "write `CMD` without the JSON array"));
            report(cx, range, tool, &name, shell);
        }
    }
}

/// A word of an exec form that means something to a shell only.
fn operator<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<&'static str> {
    const OPERATORS: [&str; 4] = ["||", "&&", "|", ";"];
    words
        .into_iter()
        .find_map(|word| OPERATORS.into_iter().find(|known| *known == word))
}

/// The tools that a command calls, with their places.
fn called(command: &Command, script: Option<&Script>) -> Vec<(&'static str, TextRange)> {
    if let Some(script) = script {
        return called_in(script);
    }
    match command {
        Command::Exec(words) => words
            .first()
            .and_then(|word| Some((tool(&word.value)?, word.range)))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

fn tool(program: &str) -> Option<&'static str> {
    let name = program.rsplit('/').next().unwrap_or("");
    TOOLS.iter().copied().find(|tool| *tool == name)
}

fn called_in(script: &Script) -> Vec<(&'static str, TextRange)> {
    let asks = |command: &ShellCommand| {
        matches!(command.name(), Some("command" | "which" | "type" | "hash"))
    };
    // A script that looks for the tool first knows what to do without it.
    if script.commands.iter().any(asks) {
        return Vec::new();
    }
    script
        .commands
        .iter()
        .filter_map(|command| {
            // `timeout -s KILL 5 curl`, `exec curl`, `env A=b curl`.
            let wraps = |word: &ShellWord| {
                let text = word.literal().unwrap_or("");
                matches!(
                    text,
                    "timeout" | "exec" | "env" | "sudo" | "nice" | "KILL" | "TERM"
                ) || text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                    || text.contains('=')
            };
            let word = command.words.iter().find(|word| !wraps(word))?;
            Some((tool(word.literal()?)?, word.range))
        })
        .collect()
}

/// A service that runs a published image with a check of its own.
fn compose(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    for service in input.file.services() {
        // What a build adds is in another file; the Dockerfile's own check covers it there.
        if service.build().is_some() {
            continue;
        }
        let (Some(image), Some(check)) = (service.image(), service.healthcheck()) else {
            continue;
        };
        let Some(test) = check.test() else { continue };
        let Some(text) = image.node().as_str() else {
            continue;
        };
        let Ok(image) = Reference::parse(&text) else {
            continue;
        };
        let called = match &test {
            Test::Off => continue,
            Test::Shell(line) => called_by_line(*line),
            Test::Exec(words) => match words.as_slice() {
                [shell, option, line, ..]
                    if is_sh_family(&shell.text()) && option.text().ends_with('c') =>
                {
                    called_by_line(*line)
                }
                [program, ..] => tool(&program.text())
                    .map(|tool| (tool, program.node().range()))
                    .into_iter()
                    .collect(),
                [] => continue,
            },
        };
        if called
            .iter()
            .all(|(tool, _)| brings(&image, tool) == Some(false))
        {
            let name = image.familiar().to_owned();
            let operator = match &test {
                Test::Exec(words) => {
                    let words: Vec<_> = words.iter().map(|word| word.text()).collect();
                    operator(words.iter().map(|word| &**word))
                }
                _ => None,
            };
            for (tool, range) in called {
                let shell = operator.map(|one| (one, "write it with `CMD-SHELL`"));
                report(cx, range, tool, &name, shell);
            }
        }
    }
}

/// The tools that a line for the shell calls, all placed at the line: a scalar's escapes and folds
/// stand between it and its text.
fn called_by_line(line: Value<'_>) -> Vec<(&'static str, TextRange)> {
    let Some(text) = line.node().text() else {
        return Vec::new();
    };
    let pieces = [Piece {
        start: 0,
        text: &text,
    }];
    let mut tools: Vec<&'static str> = called_in(&shell::parse(&pieces, "/bin/sh", &[]))
        .into_iter()
        .map(|(tool, _)| tool)
        .collect();
    tools.dedup();
    let range = line.node().range();
    tools.into_iter().map(|tool| (tool, range)).collect()
}

fn report(cx: &mut Cx<'_>, range: TextRange, tool: &str, image: &str, shell: Option<(&str, &str)>) {
    // What needs a shell is an argument of the program otherwise.
    let shell = shell.map_or_else(String::new, |(operator, instead)| {
        format!("; `{operator}` is an argument here, as no shell reads it: {instead}")
    });
    cx.report(
        range,
        format!("the health check calls `{tool}`, which `{image}` does not have"),
    )
    .note("the check fails for ever: the container is unhealthy although it serves")
    .help(format!(
        "ask with what the image has (its own runtime, a `--healthcheck` of the program), or \
         install `{tool}`{shell}"
    ));
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn missing_tools_are_found() {
        on(&RULE)
            .dockerfile("FROM node:22-slim\nHEALTHCHECK CMD wget -qO- http://localhost || exit 1\n")
            .flags(&["2: wget"]);
        on(&RULE)
            .dockerfile("FROM node:22-alpine\nHEALTHCHECK --interval=5s CMD [\"curl\", \"-f\", \"http://localhost\"]\n")
            .flags(&["2: \"curl\""]);
        on(&RULE)
            .dockerfile("FROM gcr.io/distroless/static-debian12\nHEALTHCHECK CMD [\"wget\", \"x\"]\n")
            .says(&["the health check calls `wget`, which `gcr.io/distroless/static-debian12` does not have"]);
        on(&RULE)
            .dockerfile("FROM scratch\nCOPY app /app\nHEALTHCHECK CMD [\"curl\", \"x\"]\n")
            .flags(&["3: \"curl\""]);
        // A script at the top is no root file system.
        on(&RULE)
            .dockerfile("FROM debian:13\nCOPY entrypoint.sh /\nHEALTHCHECK CMD curl x\n")
            .flags(&["3: curl"]);
        for whole in ["root.tar.gz", "rootfs", "./*.sh", "v1.2", "."] {
            on(&RULE)
                .dockerfile(&format!(
                    "FROM debian:13\nADD {whole} /\nHEALTHCHECK CMD curl x\n"
                ))
                .clean();
        }
        // Variables in steps that install nothing say nothing about the tool.
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN if [ $(nproc) = 2 ]; then echo $A > /a; fi\nHEALTHCHECK CMD curl x\n")
            .flags(&["3: curl"]);
        on(&RULE)
            .compose("services:\n  db:\n    image: postgres:17\n    healthcheck:\n      test: [CMD, curl, localhost]\n")
            .flags(&["5: curl"]);
    }

    #[test]
    fn what_only_a_shell_reads_is_told() {
        let help = |test: &str| {
            let case = on(&RULE).dockerfile(&format!("FROM debian:13\nHEALTHCHECK CMD {test}\n"));
            case.findings[0].help.clone().unwrap_or_default()
        };
        let exec = help("[\"curl\", \"x\", \"||\", \"exit\", \"1\"]");
        assert!(
            exec.ends_with("reads it: write `CMD` without the JSON array"),
            "{exec}"
        );
        for plain in ["[\"curl\", \"x\"]", "curl x || exit 1"] {
            assert!(!help(plain).contains("argument"));
        }
        let case = on(&RULE).compose(
            "services:\n  db:\n    image: postgres:17\n    healthcheck:\n      test: [CMD, curl, a, '||', exit, '1']\n",
        );
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap_or_default()
                .ends_with("with `CMD-SHELL`")
        );
    }

    #[test]
    fn tools_are_found_anywhere_in_a_line() {
        let db = |test: &str| {
            format!(
                "services:\n  db:\n    image: postgres:17\n    healthcheck:\n      test: {test}\n"
            )
        };
        on(&RULE)
            .compose(&db("timeout -s KILL 5 curl -f localhost || exit 1"))
            .flags(&["5: timeout -s KILL 5 curl -f localhost || exit 1"]);
        on(&RULE)
            .compose(&db("[CMD-SHELL, test -e /ready && curl -f localhost]"))
            .flags(&["5: test -e /ready && curl -f localhost"]);
        on(&RULE)
            .compose(&db("[CMD, sh, -c, curl -f localhost]"))
            .flags(&["5: curl -f localhost"]);
        on(&RULE).compose(&db("[CMD-SHELL, echo curl]")).clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nHEALTHCHECK CMD timeout 3 wget -q localhost\n")
            .flags(&["2: wget"]);
    }

    #[test]
    fn tools_that_are_there_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM node:22-alpine\nHEALTHCHECK CMD wget -q localhost\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM python:3.13\nHEALTHCHECK CMD curl localhost\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN apt-get update && apt-get install -y curl\nHEALTHCHECK CMD curl x\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN apt-get install -y $TOOLS\nHEALTHCHECK CMD curl x\n")
            .clean();
        // A script that sets things up may bring it.
        for script in [
            "/opt/app/scripts/setup/install --all",
            "bash -e ./install.sh",
        ] {
            let text = format!("FROM debian:13\nRUN {script}\nHEALTHCHECK CMD curl x\n");
            on(&RULE).dockerfile(&text).clean();
        }
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN /usr/bin/install -d /x\nHEALTHCHECK CMD curl x\n")
            .flags(&["3: curl"]);
        on(&RULE)
            .dockerfile("FROM alpine:3.22\nHEALTHCHECK CMD curl -f x || wget -q x\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nHEALTHCHECK CMD if command -v curl; then curl x; fi\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM acme/base:1\nHEALTHCHECK CMD curl x\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nCOPY --from=tools /usr/bin/curl /usr/bin/\nHEALTHCHECK CMD curl x\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM python:3.13-slim\nHEALTHCHECK CMD python check.py\n")
            .clean();
        on(&RULE)
            .compose("services:\n  db:\n    image: postgres:17\n    healthcheck:\n      test: pg_isready\n")
            .clean();
    }
}
