//! # What it does
//! Finds passwords, tokens and keys written into a Compose file: in `environment` and
//! `build.args`, in the address of a database, and in the arguments of a `command`.
//!
//! # Why it matters
//! A Compose file is committed, copied into tickets and pasted into chats. A secret in it is known
//! to everybody who ever had the repository, stays in its history, and cannot be changed for one
//! machine without changing it for all. Values belong in an `.env` file that git ignores
//! (`${POSTGRES_PASSWORD:?}` refuses to start without it) or in `secrets`, which mounts them as
//! files; the official database images read `POSTGRES_PASSWORD_FILE` and the like.
//!
//! A password that anyone would guess (`postgres`, `changeme`) keeps nothing secret. It is reported
//! as a note, and as a warning where the service that asks for it publishes a port on every address
//! of the host. One that presents it to another, as `CLICKHOUSE_PASSWORD` in an application is, does
//! not ask for it.
//!
//! One value written in several places is one finding. Silent for files that git ignores; a
//! default in a variable (`${PASSWORD:-postgres}`) is for `--strictness pedantic`, and so are guessable
//! values and those that say what they are (`key-for-testing-only-9f2d`) in files and profiles for tests and in
//! services that nothing can start (neither they nor a file below says an image or a build), and keys for
//! signing webhooks that call themselves ones for development (`dev-webhook-secret`).
//!
//! # Example
//! ```compose bad
//! services:
//!   db:
//!     image: postgres:18.1
//!     environment:
//!       POSTGRES_PASSWORD: s3cr3t-pay-9d2f
//! ```
//! ```compose good
//! services:
//!   db:
//!     image: postgres:18.1
//!     environment:
//!       POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it in .env}
//! ```
//!
//! # References
//! - <https://docs.docker.com/compose/how-tos/use-secrets/>
//! - <https://docs.docker.com/compose/how-tos/environment-variables/best-practices/>

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use plimsoll_compose::{Command, ComposeFile, Service, Value, Variable, interpolation};
use plimsoll_project::vcs::Status;
use plimsoll_secrets::address::embedded;
use plimsoll_secrets::form::issuer;
use plimsoll_secrets::placeholder::says_it_stands_in;
use plimsoll_secrets::{Worth, names_secret, worth};
use plimsoll_source::{Confidence, Severity, TextRange};

use self::asked::{is_for_search, is_open, is_startable, only_signs, searches_without_login};
use super::backing;
use super::siblings::is_for_tests;
use crate::{Check, ComposeInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "compose-inline-secret",
    summary: "a Compose file holds a password, token or key",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Compose(check)],
};

/// A secret and where it stands.
struct Secret<'a> {
    /// What holds it: the name of a variable, the flag of a command.
    name: String,
    service: Service<'a>,
    range: TextRange,
    text: String,
    worth: Worth,
    /// Only the default of a variable.
    default: bool,
    /// Within an address or a connection string.
    inside: bool,
}

/// How a secret stands in a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Default,
    Inside,
    InsideDefault,
}

fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    let path = cx.project.path(input.unit.file);
    if cx.project.vcs.status(path) == Status::Ignored {
        return;
    }
    let for_tests = is_for_tests(path);
    let mut places: BTreeSet<TextRange> = BTreeSet::new();
    let mut groups: BTreeMap<(String, bool), usize> = BTreeMap::new();
    let mut told: Vec<Vec<Secret<'_>>> = Vec::new();
    let unasked = searches_without_login(input.file);
    for secret in collect(input.file) {
        if unasked && secret.worth == Worth::Weak && is_for_search(&secret.name) {
            continue;
        }
        // Anchors make one place part of several services.
        if !places.insert(secret.range) {
            continue;
        }
        let at = *groups
            .entry((secret.text.clone(), secret.default))
            .or_insert(told.len());
        match told.get_mut(at) {
            Some(group) => group.push(secret),
            None => told.push(vec![secret]),
        }
    }
    // One name for several values: a variable for each service.
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for secret in told.iter().flatten() {
        values.entry(&secret.name).or_default().insert(&secret.text);
    }
    let ambiguous: BTreeSet<String> = values
        .into_iter()
        .filter(|(_, values)| values.len() > 1)
        .map(|(name, _)| name.to_owned())
        .collect();
    for group in told {
        report(cx, input, &group, for_tests, &ambiguous);
    }
}

/// The first line of a script in the file that passes the secret on: `--db-password=VALUE`.
fn passed_on(text: &str, group: &[Secret<'_>]) -> Option<usize> {
    let secret = &group.first()?.text;
    let known = |at: usize| {
        group
            .iter()
            .any(|one| one.range.start as usize <= at && at < one.range.end as usize)
    };
    let passes = |at: &usize| {
        let before = text[..*at].to_ascii_lowercase();
        let after = &text[*at + secret.len()..];
        before.ends_with("password=") && after.starts_with(|c: char| c.is_whitespace() || c == ';')
    };
    let mut places = text.match_indices(&**secret).map(|(at, _)| at);
    let at = places.find(|at| passes(at) && !known(*at))?;
    Some(text[..at].matches('\n').count() + 1)
}

fn report(
    cx: &mut Cx<'_>,
    input: &ComposeInput<'_>,
    group: &[Secret<'_>],
    for_tests: bool,
    ambiguous: &BTreeSet<String>,
) {
    let Some(first) = group.first() else { return };
    let name = &first.name;
    let what = if first.inside {
        format!("the password in `{name}`")
    } else {
        format!("`{name}`")
    };
    let message = match first.worth {
        Worth::Token(issuer) if issuer.starts_with("a ") => format!("{what} is {issuer}"),
        Worth::Token(issuer) => format!("{what} is a credential of {issuer}"),
        Worth::Weak if first.inside => format!("{what} is one that anyone would guess"),
        Worth::Weak => format!("{what} has a value that anyone would guess"),
        Worth::Real | Worth::Nothing if first.inside => format!("{what} is written into the file"),
        Worth::Real | Worth::Nothing => format!("the secret {what} is written into the file"),
    };
    let open = group.iter().find(|secret| is_open(input.file, secret));
    let related: Vec<_> = group[1..]
        .iter()
        .take(MAX_RELATED)
        .map(|other| {
            let what = format!("the same value in `{}`", other.name);
            (cx.place(other.range), what)
        })
        .collect();
    let mut help = help(first, ambiguous.contains(&first.name));
    if first.inside && group.len() == 1 {
        help.push_str(if first.text == "guest" {
            "; `guest` is what RabbitMQ has by itself: give the broker the same, as \
             `RABBITMQ_DEFAULT_USER` and `RABBITMQ_DEFAULT_PASS`"
        } else {
            "; the server that it is for needs the same"
        });
    }
    let text = &cx.project.files.get(input.unit.file).text;
    if let Some(line) = passed_on(text, group).filter(|_| !first.default) {
        let _ = write!(help, "; line {line} passes the same value on");
    }
    let places: Vec<_> = group.iter().map(|secret| cx.place(secret.range)).collect();
    let unneeded = is_unneeded(cx, input, group, for_tests);
    let draft = cx.report(first.range, message);
    draft
        .subject(format!("service/{}", first.service.name()))
        .object(format!("service/{}", first.service.name()))
        .help(help);
    match first.worth {
        Worth::Token(_) => {
            draft
                .severity(Severity::Error)
                .note("whoever has the repository or its history can use it; it must be revoked");
        }
        Worth::Weak => {
            if let Some(open) = open {
                draft.note(format!(
                    "service `{}` publishes a port on every address of the host",
                    open.service.name()
                ));
            } else {
                draft.severity(Severity::Note);
            }
        }
        Worth::Real | Worth::Nothing => {
            draft.note("everybody who ever had the repository knows it, and its history keeps it");
        }
    }
    if first.default || unneeded {
        draft.strictness(Strictness::Pedantic);
    }
    for (place, message) in related {
        draft.related(place, message);
    }
    for place in places {
        draft.secret(place);
    }
}

/// Whether a value that keeps nothing secret is in a place where that is meant, or never run.
fn is_unneeded(
    cx: &Cx<'_>,
    input: &ComposeInput<'_>,
    group: &[Secret<'_>],
    for_tests: bool,
) -> bool {
    let keeps_nothing = |secret: &Secret<'_>| match secret.worth {
        Worth::Weak => true,
        Worth::Real => says_it_stands_in(&secret.text),
        Worth::Token(_) | Worth::Nothing => false,
    };
    let in_tests = |secret: &Secret<'_>| {
        let mut profiles = secret.service.profiles().peekable();
        profiles.peek().is_some() && profiles.all(|profile| is_for_tests(&profile.text()))
    };
    group.first().is_some_and(keeps_nothing)
        && (for_tests
            || group.iter().all(in_tests)
            || group.iter().all(only_signs)
            || !group
                .iter()
                .any(|secret| is_startable(cx.project, input.unit, secret)))
}

/// `ambiguous` says whether the file has other values under the same name.
fn help(secret: &Secret<'_>, ambiguous: bool) -> String {
    let name = secret.name.as_str();
    let has_file_form = ["POSTGRES_", "MYSQL_", "MARIADB_", "MONGO_INITDB_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        && backing::of_service(secret.service).is_some();
    if secret.default {
        format!("drop the default: `${{{name}:?}}` refuses to start without the value")
    } else if has_file_form {
        format!(
            "keep it in an `.env` that git ignores and write `${{{name}:?}}` here, or give the \
             image `{name}_FILE` with a file from `secrets`"
        )
    } else {
        let variable = variable(secret, ambiguous);
        // What stands in a command line cannot come from a mounted file.
        let or_mount = if name.starts_with('-') {
            ""
        } else {
            ", or mount it with `secrets` where the program can read it from a file"
        };
        format!(
            "keep it in an `.env` that git ignores and write `${{{variable}:?}}` in its place{or_mount}"
        )
    }
}

/// A name for the variable that takes the secret's place: that of the variable that holds it, or
/// one made of the service's name and the flag's.
fn variable(secret: &Secret<'_>, ambiguous: bool) -> String {
    let upper = |text: &str| -> String {
        let word = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        };
        text.trim_start_matches('-').chars().map(word).collect()
    };
    let name = upper(&secret.name);
    if secret.name.starts_with('-') || ambiguous && !secret.inside {
        return format!("{}_{name}", upper(&secret.service.name()));
    }
    if !secret.inside {
        return name;
    }
    let address = ["_URL", "_URI", "_DSN", "_CONNECTION", "_STRING"];
    let stem = address.iter().find_map(|end| name.strip_suffix(end));
    format!("{}_PASSWORD", stem.unwrap_or(&name))
}

/// Further places of one value that are shown.
const MAX_RELATED: usize = 6;

/// Variables that are looked at in one file.
const MAX_VARIABLES: usize = 100_000;

/// Names that a value is compared with.
const MAX_CONTEXT: usize = 100;

fn collect(file: ComposeFile<'_>) -> Vec<Secret<'_>> {
    let mut found = Vec::new();
    let mut context = Vec::new();
    for service in file.services().take(MAX_CONTEXT) {
        names_of(service, &mut context);
    }
    // Aliases can repeat one list without end.
    let mut budget = MAX_VARIABLES;
    let mut seen = HashSet::new();
    for service in file.services() {
        let arguments = service
            .build()
            .into_iter()
            .flat_map(plimsoll_compose::Build::args);
        for variable in service.environment().chain(arguments) {
            budget -= 1;
            if budget == 0 {
                return found;
            }
            if !seen.insert(variable.range()) {
                continue;
            }
            of_variable(service, variable, &context, &mut found);
        }
        for words in [service.command(), service.entrypoint()]
            .into_iter()
            .flatten()
        {
            of_command(service, words, &context, &mut found);
        }
    }
    found
}

/// Words that are no secret because they stand in the open: services, users, databases.
fn names_of(service: Service<'_>, context: &mut Vec<String>) {
    let mut add = |text: &str| {
        let lower = text.trim().to_ascii_lowercase();
        if lower.len() > 1 && context.len() < MAX_CONTEXT && !context.contains(&lower) {
            context.push(lower);
        }
    };
    add(&service.name());
    for variable in service.environment().take(MAX_CONTEXT) {
        let name = variable.name();
        let last = name.rsplit('_').next().unwrap_or(&name);
        let open = ["user", "username", "database", "db", "login", "admin"]
            .iter()
            .any(|word| last.eq_ignore_ascii_case(word));
        if (open || name.ends_with("DB_NAME"))
            && let Some(text) = variable.value().and_then(Value::with_defaults)
        {
            add(&text);
        }
    }
}

fn of_variable<'a>(
    service: Service<'a>,
    variable: Variable<'a>,
    context: &[String],
    found: &mut Vec<Secret<'a>>,
) {
    let Some(value) = variable.value() else {
        return;
    };
    let name = variable.name().into_owned();
    let text = value.text();
    let push = |found: &mut Vec<Secret<'a>>, range, text: &str, worth, form: Form| {
        found.push(Secret {
            name: name.clone(),
            service,
            range,
            text: text.to_owned(),
            worth,
            default: matches!(form, Form::Default | Form::InsideDefault),
            inside: matches!(form, Form::Inside | Form::InsideDefault),
        });
    };
    if let Some(literal) = value.literal() {
        if names_secret(&name) || issuer(&literal).is_some() {
            let inside = embedded(&text);
            if inside.is_empty() {
                let worth = worth(&literal, context);
                if worth > Worth::Nothing {
                    push(found, value.range(), &literal, worth, Form::Whole);
                }
                return;
            }
        }
    } else if names_secret(&name) {
        // `${PASSWORD:-postgres}` alone: the default is the secret of whoever sets none.
        let variables = interpolation::variables(&text);
        if let [variable] = variables.as_slice()
            && variable.range == (0..text.len())
            && let Some((operator, word, range)) = &variable.operation
            && operator.is_default()
        {
            let worth = worth(word, context);
            if worth > Worth::Nothing {
                push(
                    found,
                    value.range_of(range.clone()),
                    word,
                    worth,
                    Form::Default,
                );
            }
        }
        return;
    }
    // `${DATABASE_URL:-postgresql://shop:shop@db/shop}` alone.
    let variables = interpolation::variables(&text);
    let default = match variables.as_slice() {
        [variable] if variable.range == (0..text.len()) => variable
            .operation
            .as_ref()
            .filter(|(operator, ..)| operator.is_default())
            .map(|(.., range)| range.clone()),
        _ => None,
    };
    for range in embedded(&text) {
        let password = &text[range.clone()];
        if password.contains('$') {
            continue;
        }
        let form = match &default {
            Some(default) if default.contains(&range.start) => Form::InsideDefault,
            _ => Form::Inside,
        };
        let worth = worth(password, context);
        if worth > Worth::Nothing {
            push(found, value.range_of(range), password, worth, form);
        }
    }
}

/// `--requirepass VALUE` and `--password=VALUE`.
fn of_command<'a>(
    service: Service<'a>,
    command: Command<'a>,
    context: &[String],
    found: &mut Vec<Secret<'a>>,
) {
    let words: Vec<(Value<'a>, std::ops::Range<usize>)> = match command {
        Command::Words(words) => words
            .into_iter()
            .map(|word| (word, 0..word.text().len()))
            .collect(),
        Command::Line(line) => words_of(&line.text())
            .into_iter()
            .map(|at| (line, at))
            .collect(),
    };
    let mut flag: Option<String> = None;
    for (value, at) in words {
        let text = value.text();
        let word = &text[at.clone()];
        let before = flag.take();
        let (name, start) = if let Some(name) = before.filter(|_| !word.starts_with('-')) {
            (name, at.start)
        } else if let Some(name) = word.strip_prefix("--") {
            let Some((name, given)) = name.split_once('=') else {
                flag = is_secret_flag(name).then(|| word.to_owned());
                continue;
            };
            if !is_secret_flag(name) {
                continue;
            }
            (format!("--{name}"), at.end - given.len())
        } else {
            continue;
        };
        let secret = &text[start..at.end];
        if secret.contains('$') {
            continue;
        }
        let worth = worth(secret, context);
        if worth > Worth::Nothing {
            let whole = start == 0 && at.end == text.len();
            let range = if whole {
                value.range()
            } else {
                value.range_of(start..at.end)
            };
            found.push(Secret {
                name,
                service,
                range,
                text: secret.to_owned(),
                worth,
                default: false,
                inside: false,
            });
        }
    }
}

fn is_secret_flag(name: &str) -> bool {
    // etcd's is the cluster's name.
    name != "initial-cluster-token" && is_secret_name(name)
}

fn is_secret_name(name: &str) -> bool {
    matches!(name, "requirepass" | "masterauth" | "password") || names_secret(name)
}

/// The words of a line, by white space. Quotes are taken off a word that has them on both ends.
fn words_of(line: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in line.split_ascii_whitespace() {
        let Some(offset) = line[at..].find(word) else {
            break;
        };
        let start = at + offset;
        at = start + word.len();
        let quoted = word.len() > 2
            && ['"', '\'']
                .iter()
                .any(|&quote| word.starts_with(quote) && word.ends_with(quote));
        found.push(if quoted { start + 1..at - 1 } else { start..at });
    }
    found
}

mod asked;
#[cfg(test)]
mod tests;
