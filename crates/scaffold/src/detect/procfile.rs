//! `Procfile`, whose lines overrule what the code suggests.

use super::draft::{Cx, Draft};
use super::files::{Text, below};
use super::{names, port, shell};
use crate::model::{Backing, Evidence, Known, Port, Process, ProcessKind};

/// A line of a `Procfile`.
pub(crate) struct Line {
    /// The kind of process.
    pub(crate) name: String,
    /// The command.
    pub(crate) command: String,
    /// Where it stands.
    pub(crate) evidence: Evidence,
}

/// The lines of a `Procfile`.
pub(crate) fn lines(text: &Text) -> Vec<Line> {
    let mut found = Vec::new();
    for (number, line) in text.text.lines().enumerate() {
        let Some((name, command)) = line.split_once(':') else {
            continue;
        };
        let (name, command) = (name.trim(), command.trim());
        let valid = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if valid && !command.is_empty() {
            found.push(Line {
                name: name.to_owned(),
                command: command.to_owned(),
                evidence: Evidence::line(
                    &text.path,
                    number as u32 + 1,
                    format!("the `Procfile` says how `{name}` is run"),
                ),
            });
        }
    }
    found
}

/// Lets the `Procfile` of the service's folder overrule what was found.
pub(crate) fn apply(cx: Cx<'_>, draft: &mut Draft) {
    let Some(text) = cx.files.text(&below(&draft.folder, "Procfile")) else {
        return;
    };
    let mut first_worker = true;
    for mut line in lines(text) {
        if line.name == "web"
            && let Some((before, after)) = split_migration(&line.command)
        {
            let migration = Known::stated(shell::exec(before), line.evidence.clone());
            draft.migration = Some(migration);
            line.command = after.to_owned();
        }
        // What Heroku's own images bring is in no other.
        if line.command.contains("heroku-php-") {
            continue;
        }
        let command = Known::stated(shell::exec(&line.command), line.evidence.clone());
        match line.name.as_str() {
            "web" => {
                if line
                    .command
                    .split_whitespace()
                    .any(|word| word == "thrust" || word.ends_with("/thrust"))
                {
                    let says =
                        "Thruster listens here, before the server, when nothing else is said";
                    let known = Port {
                        number: 80,
                        variable: Some("HTTP_PORT".to_owned()),
                        loopback: false,
                    };
                    let evidence = Evidence {
                        says: says.to_owned(),
                        ..line.evidence.clone()
                    };
                    draft.port = Some(Known::likely(known, evidence));
                } else if let Some(number) = stated_port(&line.command) {
                    let known = Port {
                        number,
                        variable: None,
                        loopback: false,
                    };
                    draft.port = Some(Known::stated(known, line.evidence.clone()));
                } else if line.command.contains("$PORT") || line.command.contains("${PORT") {
                    let number = default_in(&line.command)
                        .or(draft.port.as_ref().map(|port| port.value.number))
                        .unwrap_or(8080);
                    let known = Port {
                        number,
                        variable: Some("PORT".to_owned()),
                        loopback: false,
                    };
                    draft.port = Some(Known::likely(known, line.evidence.clone()));
                    draft.environment.add(
                        "PORT".to_owned(),
                        Some(number.to_string()),
                        false,
                        line.evidence.clone(),
                    );
                }
                draft
                    .questions
                    .retain(|question| question.topic != crate::model::Topic::Start);
                draft.start = Some(command);
            }
            "release" => draft.migration = Some(command),
            _ if serves_others(&line.command).is_some() => {
                // What is started beside it on one machine is a service of its own elsewhere.
                if let Some(backing) = serves_others(&line.command) {
                    draft
                        .backing
                        .push(Known::stated(backing, line.evidence.clone()));
                }
            }
            name => {
                let kind = match name {
                    "clock" | "scheduler" | "beat" | "cron" => ProcessKind::Scheduler,
                    _ => ProcessKind::Worker,
                };
                // What was found by other means is the same process.
                if first_worker {
                    draft.processes.clear();
                    first_worker = false;
                }
                draft.processes.push(Process {
                    name: names::label(name),
                    kind,
                    command,
                });
            }
        }
    }
}

/// The server that a line starts beside the program.
fn serves_others(command: &str) -> Option<Backing> {
    let first = command.split_whitespace().next()?;
    Some(match first.rsplit('/').next()? {
        "redis-server" | "valkey-server" => Backing::Redis,
        "postgres" | "pg_ctl" => Backing::Postgres,
        "mysqld" => Backing::Mysql,
        "mariadbd" => Backing::Mariadb,
        "mongod" => Backing::Mongodb,
        "memcached" => Backing::Memcached,
        "rabbitmq-server" => Backing::Rabbitmq,
        "elasticsearch" => Backing::Elasticsearch,
        "mailcatcher" | "mailhog" | "mailpit" => Backing::Smtp,
        _ => return None,
    })
}

/// The port that a command names: `-p 3000`, `--port=3000`, `--bind 0.0.0.0:8000`.
fn stated_port(command: &str) -> Option<u16> {
    let words: Vec<&str> = command.split_whitespace().collect();
    words
        .iter()
        .enumerate()
        .find_map(|(index, word)| match *word {
            "-p" | "--port" | "-b" | "--bind" => port::number_in(words.get(index + 1)?),
            word => port::number_in(
                ["--port=", "--bind=", "-b=", "-p="]
                    .iter()
                    .find_map(|flag| word.strip_prefix(flag))?,
            ),
        })
}

/// The default of `${PORT:-3000}`.
fn default_in(command: &str) -> Option<u16> {
    let (_, rest) = command.split_once("${PORT:-")?;
    port::number_in(rest.split('}').next()?)
}

/// What brings the database up to date before the server starts (`rake db:migrate && …`): each
/// replica would do it again.
fn split_migration(command: &str) -> Option<(&str, &str)> {
    let (before, after) = command.rsplit_once("&&")?;
    let (before, after) = (before.trim(), after.trim());
    (before.contains("migrat") && !before.contains("&&") && !after.is_empty())
        .then_some((before, after))
}
