//! What a container starts, where, and with which terminal.

use std::ops::Range;

use plimsoll_compose::resolve::{Item, Trace, VariableOrigin};

use super::environment::{holds_secret, is_secret};
use super::{App, Cx};
use crate::emit::{Map, Node};

/// Reads `entrypoint`, `command`, `working_dir`, `tty`, `stdin_open`, `pull_policy`, `post_start` and
/// `pre_stop`.
pub(super) fn read<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    let mut container = Map::new();
    for (key, field) in [("entrypoint", "command"), ("command", "args")] {
        let Some(entry) = cx.take(app.item, key) else {
            continue;
        };
        let items: Vec<&Item> = entry.value().items().iter().collect();
        if items.is_empty() && key == "command" {
            continue;
        }
        if items.is_empty() {
            cx.lose(
                app.service,
                entry.key_trace(),
                key,
                "an empty entrypoint cannot be said: the image's own stays",
                "write the whole command as `entrypoint`",
            );
            continue;
        }
        let mut words: Vec<String> = Vec::new();
        for item in items {
            let Some(text) = item.as_str() else { continue };
            let follows = words.last().is_some_and(|before| wants_secret(before));
            words.push(if follows && !text.is_empty() && !text.contains("$(") {
                kept_out(cx, app, text, item.trace())
            } else {
                word(cx, app, text, item.trace())
            });
        }
        container = container
            .put(field, Node::Flow(words))
            .why(&cx.because(entry));
    }
    if let Some(entry) = cx.take(app.item, "working_dir") {
        container = container
            .put("workingDir", entry.value().as_str().unwrap_or_default())
            .why(&cx.because(entry));
    }
    for (key, field) in [("tty", "tty"), ("stdin_open", "stdin")] {
        let entry = cx.take(app.item, key);
        if let Some(entry) = entry.filter(|entry| entry.value().as_bool() == Some(true)) {
            container = container.put(field, true).why(&cx.because(entry));
        }
    }
    container = pull_policy(cx, app, container);
    app.container = hooks(cx, app, container);
}

fn pull_policy<'r>(cx: &Cx<'r>, app: &App<'r>, container: Map) -> Map {
    let Some(entry) = cx.take(app.item, "pull_policy") else {
        return container;
    };
    let policy = match entry.value().as_str().unwrap_or_default() {
        "always" => "Always",
        "never" => "Never",
        "missing" | "if_not_present" => "IfNotPresent",
        // It is built: see `build`.
        "build" => return container,
        _ => {
            cx.lose(
                app.service,
                entry.key_trace(),
                "pull_policy",
                "images are pulled always, never, or where they are missing",
                "let whatever deploys name a new tag",
            );
            return container;
        }
    };
    container
        .put("imagePullPolicy", policy)
        .why(&cx.because(entry))
}

/// A pod runs one command after the start and one before the end.
fn hooks<'r>(cx: &Cx<'r>, app: &App<'r>, container: Map) -> Map {
    let mut lifecycle = Map::new();
    for (key, field) in [("post_start", "postStart"), ("pre_stop", "preStop")] {
        let Some(hooks) = app.item.as_map().and_then(|map| map.entry(key)) else {
            continue;
        };
        for (number, hook) in hooks.value().items().iter().enumerate() {
            let Some(command) = cx.take(hook, "command").filter(|_| number == 0) else {
                continue;
            };
            let words: Vec<&str> = command
                .value()
                .items()
                .iter()
                .filter_map(Item::as_str)
                .collect();
            if words.iter().any(|word| holds_secret(word)) {
                let lost = "a secret stands in the command, which is not copied";
                let help = "let the command read it from a variable";
                cx.lose(app.service, hook.trace(), key, lost, help);
                continue;
            }
            let exec = Map::new().put("command", Node::flow(&words));
            lifecycle = lifecycle
                .put(field, Map::new().put("exec", exec))
                .why(&cx.because(hooks));
        }
    }
    if lifecycle.is_empty() {
        container
    } else {
        container.put("lifecycle", lifecycle)
    }
}

/// A word of a command. `$(` would be taken for a variable of the pod; a secret becomes one.
pub(super) fn word(cx: &Cx<'_>, app: &mut App<'_>, text: &str, trace: Trace) -> String {
    let mut out = text.replace("$(", "$$(");
    for used in cx.resolved.records().uses(trace) {
        if !matches!(used.origin, VariableOrigin::Shell | VariableOrigin::File(_)) {
            continue;
        }
        let Some(value) = cx.resolved.environment().value(&used.name) else {
            continue;
        };
        if value.is_empty() || !is_secret(&used.name, value) {
            continue;
        }
        let escaped = value.replace("$(", "$$(");
        if out.contains(&escaped) {
            out = out.replace(&escaped, &format!("$({})", used.name));
            add_secret(cx, app, &used.name, trace);
        }
    }
    let mut kept = String::new();
    let mut at = 0;
    for range in secret_ranges(&out) {
        kept.push_str(&out[at..range.start]);
        kept.push_str(&kept_out(cx, app, &out[range.clone()], trace));
        at = range.end;
    }
    kept.push_str(&out[at..]);
    kept
}

/// What stands for a secret in a command: the variable that a secret of `.env` has there, or a new one.
fn kept_out(cx: &Cx<'_>, app: &mut App<'_>, text: &str, trace: Trace) -> String {
    let environment = cx.resolved.environment();
    let uses = cx.resolved.records().uses(trace).iter();
    let named = uses
        .map(|used| &*used.name)
        .find(|name| environment.value(name) == Some(text));
    let name = match named {
        Some(name) => name.to_owned(),
        None => {
            let made = |(name, ..): &&(String, bool, _, _)| name.starts_with("COMMAND_SECRET");
            format!(
                "COMMAND_SECRET_{}",
                app.secret.iter().filter(made).count() + 1
            )
        }
    };
    add_secret(cx, app, &name, trace);
    format!("$({name})")
}

/// Whether what follows a word of a command is a secret.
fn wants_secret(word: &str) -> bool {
    let Some(option) = word.strip_prefix('-') else {
        return false;
    };
    let option = option.trim_start_matches('-').to_ascii_lowercase();
    !option.contains('=') && (option.ends_with("pass") || option.ends_with("password"))
}

/// Where secrets stand in a text in plain.
fn secret_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = plimsoll_secrets::address::embedded(text);
    let tokens = plimsoll_secrets::form::tokens(text).into_iter();
    ranges.extend(tokens.map(|token| token.range));
    let mut at = 0;
    let mut follows = false;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let start = at;
        at += word.len();
        if bare.is_empty() {
            continue;
        }
        if follows {
            ranges.push(start..start + bare.len());
        }
        follows = wants_secret(bare);
        if let Some((option, value)) = bare.split_once('=')
            && wants_secret(option)
            && !value.is_empty()
        {
            ranges.push(start + option.len() + 1..start + bare.len());
        }
    }
    ranges.retain(|range| {
        let found = &text[range.clone()];
        !found.contains("$(") && !found.starts_with('$')
    });
    ranges.sort_by_key(|range| range.start);
    let mut end = 0;
    ranges.retain(|range| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
    ranges
}

fn add_secret(cx: &Cx<'_>, app: &mut App<'_>, name: &str, trace: Trace) {
    if app.secret.iter().any(|(known, ..)| known == name) {
        return;
    }
    let why = vec![cx.why(trace, format!("`{name}` stands in a command"))];
    let note = "A command holds it; it comes in by a variable.".to_owned();
    app.secret.push((name.to_owned(), false, Some(note), why));
}
