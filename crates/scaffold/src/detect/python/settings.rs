//! What Python code reads, writes and listens on.

use std::collections::BTreeMap;

use super::entry::Sources;
use crate::detect::code::{Code, Kind};
use crate::detect::draft::Draft;
use crate::detect::files::Text;
use crate::detect::{health as routes, names, port as ports};
use crate::model::{Evidence, HealthRoute, Known, Port};

/// Calls that listen, with the argument that holds the port: by name, and by position.
const LISTENS: &[(&[&str], &str, Option<usize>)] = &[
    (&["uvicorn", ".", "run", "("], "port", None),
    (&["run", "("], "port", Some(1)),
    (&["run_app", "("], "port", None),
    (&["serve", "("], "port", None),
    (&["HTTPServer", "("], "server_address", Some(0)),
    (&["ThreadingHTTPServer", "("], "server_address", Some(0)),
    (&["TCPServer", "("], "server_address", Some(0)),
    (&["make_server", "("], "port", Some(1)),
    (&["add_insecure_port", "("], "address", Some(0)),
    (&["launch", "("], "server_port", None),
    (&["listen", "("], "port", Some(0)),
    (&["bind", "("], "address", Some(0)),
];

/// The port that the code listens on. With `only`, of that file first.
pub(super) fn port(sources: &Sources<'_>, only: Option<&Text>) -> Option<Known<Port>> {
    let first = only.and_then(|text| port_of(sources, text));
    if first.is_some() {
        return first;
    }
    let mut files: Vec<&Text> = sources
        .list
        .iter()
        .copied()
        .filter(|text| !text.path.contains("/scripts/"))
        .collect();
    files.sort_by_key(|text| text.path.matches('/').count());
    files.into_iter().find_map(|text| port_of(sources, text))
}

fn port_of(sources: &Sources<'_>, text: &Text) -> Option<Known<Port>> {
    let telling = [
        "run(",
        "serve(",
        "Server(",
        "_port(",
        "launch(",
        "listen(",
        "bind(",
        "make_server(",
    ];
    if !telling.iter().any(|word| text.text.contains(word)) {
        return None;
    }
    let code = text.code();
    for (pattern, name, position) in LISTENS {
        for index in code.all(pattern) {
            let open = index + pattern.len() - 1;
            // `subprocess.run(…)`, `asyncio.run(…)` listen on nothing.
            let holder = if code.is(index.wrapping_sub(1), &["."]) {
                code.at(index.wrapping_sub(2))
            } else {
                ""
            };
            // `listen(Model.field, "set", f)` of SQLAlchemy listens to events.
            if *pattern == ["listen", "("] && holder.is_empty() {
                continue;
            }
            if matches!(
                holder,
                "subprocess"
                    | "asyncio"
                    | "anyio"
                    | "mlflow"
                    | "trio"
                    | "logging"
                    | "event"
                    | "signal"
                    | "debugpy"
                    | "ptvsd"
            ) {
                continue;
            }
            let named = code.named(open, name);
            let by_position = || {
                let argument = code.arguments(open).get((*position)?)?.clone();
                let own = code.at(argument.start + 1) == "=";
                (!own).then_some(argument)
            };
            // A first argument that is no port, such as the host of `app.run("0.0.0.0", 80)`.
            let Some(range) = named.or_else(by_position) else {
                continue;
            };
            let elsewhere = |word: &str| defined_elsewhere(sources, text, word);
            let mut found = ports::of_expression_with(code, range, &elsewhere);
            let host = code
                .named(open, "host")
                .map(|range| ports::of_expression(code, range));
            found.loopback |= host.as_ref().is_some_and(|host| host.loopback);
            // Flask and uvicorn listen on the loopback when no host is said.
            let brings_host = !matches!(code.at(open - 1), "run")
                || host.is_some()
                || *position == Some(1) && code.named(open, "port").is_none();
            found.loopback |= !brings_host && code.at(open - 1) == "run";
            if let Some(number) = found.number.filter(|n| *n < 20) {
                let _ = number;
                continue;
            }
            let evidence = Evidence::line(&text.path, code.line(index), "it listens here");
            if let Some(known) = found.stated(evidence) {
                return Some(known);
            }
        }
    }
    None
}

/// A name that another module defines: `settings.port` is looked for in classes of settings.
fn defined_elsewhere(sources: &Sources<'_>, text: &Text, word: &str) -> Option<ports::Found> {
    if !word.to_ascii_lowercase().contains("port") {
        return None;
    }
    let settings = sources.list.iter().filter(|other| {
        other.path != text.path
            && (other.path.contains("config") || other.path.contains("settings"))
    });
    settings.take(8).find_map(|other| {
        let code = other.code();
        let definition = code.definition(word)?;
        let mut found = ports::of_expression(code, definition);
        if found.number.is_some() && found.variable.is_none() && other.text.contains("BaseSettings")
        {
            found.variable = Some(word.to_ascii_uppercase());
        }
        Some(found)
    })
}

/// Routes that tell of health, with the prefixes of routers that are included.
pub(super) fn health(sources: &Sources<'_>) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    for text in &sources.list {
        let lower = [
            "health",
            "live",
            "ready",
            "ping",
            "status",
            "alive",
            "heartbeat",
            "/up",
        ];
        if !lower.iter().any(|word| text.text.contains(word)) {
            continue;
        }
        let code = text.code();
        if routes::registered(code).is_empty() {
            continue;
        }
        let mounted = mounts(sources, text);
        found.extend(routes::of_file(code, &mounted));
    }
    found
}

/// What includes put before the routers of a file.
fn mounts(sources: &Sources<'_>, text: &Text) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let stem = plimsoll_source::files::file_name(&text.path)
        .trim_end_matches(".py")
        .to_owned();
    for other in &sources.list {
        if !other.text.contains("include_router") && !other.text.contains("register_blueprint") {
            continue;
        }
        let code = other.code();
        for (call, prefix) in [
            ("include_router", "prefix"),
            ("register_blueprint", "url_prefix"),
        ] {
            for index in code.all(&[call, "("]) {
                let first = code.arguments(index + 1).into_iter().next();
                let Some(first) = first else { continue };
                // `health.router` names the module, `router` alone what is imported from it.
                let module = code.at(first.start);
                let attribute = code.at(first.end.saturating_sub(1));
                let own = other.path == text.path;
                let names_module = module == stem;
                let imported = imported_from(code, module).is_some_and(|from| from == stem);
                if !own && !names_module && !imported {
                    continue;
                }
                let prefix = code.named(index + 1, prefix).map(|range| {
                    let literal = code.string(range.start).map(str::to_owned);
                    literal
                        .or_else(|| setting(sources, code, range.end - 1))
                        .unwrap_or_else(|| "{".to_owned())
                });
                let holder = if own || names_module { attribute } else { "" };
                let outer =
                    routes::prefix_of(code, code.at(index.wrapping_sub(2))).unwrap_or_default();
                let whole = format!("{outer}{}", prefix.unwrap_or_default());
                // A router that is included into another gets that one's prefix too.
                let above = if own || outer.is_empty() && code.at(index.wrapping_sub(2)) == "app" {
                    String::new()
                } else {
                    above(sources, other, code.at(index.wrapping_sub(2)))
                };
                found.insert(holder.to_owned(), format!("{above}{whole}"));
            }
        }
    }
    found
}

/// The prefix that a file's own router is included with, one step up.
fn above(sources: &Sources<'_>, text: &Text, router: &str) -> String {
    for other in &sources.list {
        if other.path == text.path || !other.text.contains("include_router") {
            continue;
        }
        let code = other.code();
        for index in code.all(&["include_router", "("]) {
            let first = code.at(index + 2);
            let attribute = code
                .arguments(index + 1)
                .first()
                .map_or("", |range| code.at(range.end - 1));
            if first == router || attribute == router {
                let prefix = code.named(index + 1, "prefix");
                return prefix
                    .and_then(|range| {
                        code.string(range.start)
                            .map(str::to_owned)
                            .or_else(|| setting(sources, code, range.end - 1))
                    })
                    .unwrap_or_default();
            }
        }
    }
    String::new()
}

/// The text of a setting such as `settings.API_V1_STR`.
fn setting(sources: &Sources<'_>, code: Code<'_>, last: usize) -> Option<String> {
    let name = code.word(last)?;
    sources.list.iter().find_map(|text| {
        let code = text.text.contains(name).then(|| text.code())?;
        let definition = code.definition(name)?;
        code.string(definition.start).map(str::to_owned)
    })
}

fn imported_from<'a>(code: Code<'a>, name: &str) -> Option<&'a str> {
    for index in code.all(&["from"]) {
        let line = code.line(index);
        let import = (index..index + 24).find(|&at| code.is(at, &["import"]))?;
        let names = (import..import + 40).take_while(|&at| code.line(at) <= line + 8);
        for at in names {
            if code.at(at) == "from" && at > import {
                break;
            }
            if code.word(at) == Some(name) && code.at(at + 1) != "as" {
                return code.word(import - 1);
            }
        }
    }
    None
}

/// Environment variables, those that fields of pydantic's settings stand for among them.
pub(super) fn environment(sources: &Sources<'_>, draft: &mut Draft) {
    for text in &sources.list {
        let reads = ["environ", "getenv", "env(", "env.", "config(", "get_env"];
        if reads.iter().any(|word| text.text.contains(word)) {
            draft.environment.scan(text.code());
        }
        if text.text.contains("BaseSettings") {
            fields(text, draft);
        }
        // What is run by hand beside the program needs what the program may not.
        let local = sources.local(text);
        let by_hand = ["scripts/", "script/", "tools/"]
            .iter()
            .any(|folder| local.starts_with(folder));
        if text.text.contains("://") && !by_hand {
            addresses(text, draft);
        }
    }
}

/// Addresses of servers that are written in the code.
fn addresses(text: &Text, draft: &mut Draft) {
    let code = text.code();
    for index in 0..code.len() {
        let Some(address) = code.string(index).filter(|text| text.len() < 300) else {
            continue;
        };
        draft.embedded |= address.starts_with("sqlite:");
        if let Some(backing) = crate::detect::backings::of_address(address) {
            let says = "an address of it is written here";
            let evidence = Evidence::line(&text.path, code.line(index), says);
            draft.backing.push(Known::likely(backing, evidence));
        }
    }
}

/// The fields of classes that derive from `BaseSettings`.
fn fields(text: &Text, draft: &mut Draft) {
    let code = text.code();
    for index in code.all(&["class"]) {
        let open = index + 2;
        if !code.is(open, &["("]) {
            continue;
        }
        let close = code.close(open);
        let settings = (open..close).any(|at| code.at(at) == "BaseSettings");
        if !settings {
            continue;
        }
        let end = (close..code.len())
            .find(|&at| code.at_margin(at))
            .unwrap_or(code.len());
        let prefix = (close..end).find_map(|at| {
            let named = code.is(at, &["env_prefix", "="]) || code.string(at) == Some("env_prefix");
            named.then(|| code.string(at + 2)).flatten()
        });
        let mut at = close + 2;
        while at < end {
            let first_on_line = code.line(at) != code.line(at - 1);
            let indent = indent(code, at);
            let name = code
                .word(at)
                .filter(|name| first_on_line && !name.starts_with('_') && code.is(at + 1, &[":"]));
            let Some(name) = name.filter(|name| {
                indent <= 4 && !matches!(*name, "model_config" | "else" | "try" | "class")
            }) else {
                at += 1;
                continue;
            };
            let line = code.line(at);
            let rest = at + 2..(at + 60).min(end);
            let equals = rest
                .clone()
                .take_while(|&n| code.line(n) == line)
                .find(|&n| code.is(n, &["="]));
            let default = equals.and_then(|n| value(code, n + 1));
            let annotated = rest
                .clone()
                .take_while(|&n| code.line(n) == line)
                .any(|n| code.at(n) == "None" || code.at(n) == "Optional");
            let variable = format!("{}{name}", prefix.unwrap_or_default()).to_ascii_uppercase();
            let evidence = Evidence::line(
                &text.path,
                line,
                format!("`{name}` is a field of the settings"),
            );
            draft
                .environment
                .add(variable, default, equals.is_none() && !annotated, evidence);
            at += 2;
        }
    }
}

fn value(code: Code<'_>, at: usize) -> Option<String> {
    if code.is(at, &["Field", "("]) {
        let open = at + 1;
        let named = code.named(open, "default");
        let range = named.or_else(|| {
            code.arguments(open)
                .into_iter()
                .next()
                .filter(|range| code.at(range.start + 1) != "=")
        })?;
        return crate::detect::reads::literal(code, range);
    }
    let line = code.line(at);
    let more = code.line(at + 1) == line;
    (!more)
        .then(|| crate::detect::reads::literal(code, at..at + 1))
        .flatten()
}

fn indent(code: Code<'_>, index: usize) -> usize {
    let start = code.tokens[index].start as usize;
    let line = code.text[..start].rfind('\n').map_or(0, |at| at + 1);
    start - line
}

/// Paths that the code writes.
pub(super) fn writes(sources: &Sources<'_>, draft: &mut Draft) {
    for text in &sources.list {
        let code = text.code();
        for index in 0..code.len() {
            let word = code.at(index);
            let evidence = |says: &str| Evidence::line(&text.path, code.line(index), says);
            if let Some(path) = code.string(index).and_then(|text| {
                text.strip_prefix("sqlite:///")
                    .or_else(|| text.strip_prefix("sqlite+aiosqlite:///"))
            }) {
                let path = path.trim_start_matches("./");
                if fixed(path) && path != ":memory:" {
                    draft.writes.push(Known::stated(
                        path.to_owned(),
                        evidence("a SQLite database lies there"),
                    ));
                }
            }
            if code.kind(index) != Some(Kind::Word) {
                continue;
            }
            let opened = word == "open" && code.is(index + 1, &["("]);
            if opened && code.is(index + 3, &[","]) {
                let mode = code
                    .string(index + 4)
                    .or_else(|| code.string(index + 6))
                    .unwrap_or_default();
                if let Some(path) = code
                    .string(index + 2)
                    .filter(|path| fixed(path) && mode.starts_with(['w', 'a', 'x']))
                {
                    draft.writes.push(Known::stated(
                        names::of_file(path),
                        evidence("a file is written there"),
                    ));
                }
            }
            let folder = matches!(word, "makedirs" | "mkdir") && code.is(index + 1, &["("]);
            if folder && let Some(path) = code.string(index + 2).filter(|path| fixed(path)) {
                draft.writes.push(Known::stated(
                    path.to_owned(),
                    evidence("a folder is made there"),
                ));
            }
            let setting = matches!(word, "MEDIA_ROOT" | "UPLOAD_FOLDER" | "UPLOAD_DIR")
                && (code.is(index + 1, &["="]) || code.is(index + 1, &["]"]));
            if setting {
                let line = code.line(index);
                let last = (index + 1..index + 14)
                    .take_while(|&at| code.line(at) == line)
                    .filter_map(|at| code.string(at))
                    .last();
                if let Some(path) = last.filter(|path| fixed(path)) {
                    draft.writes.push(Known::stated(
                        path.to_owned(),
                        evidence(&format!("`{word}` is set")),
                    ));
                }
            }
        }
    }
}

/// Whether a path is one, and always the same.
fn fixed(path: &str) -> bool {
    !path.is_empty()
        && path.len() < 200
        && !path.contains(['{', '}', '%', '\n', '*', ' ', ':'])
        && path != "."
        && !names::is_of_system(path)
}
