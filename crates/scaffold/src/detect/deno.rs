//! Deno services.

use serde_json::Value;

use super::draft::{Cx, Draft, name, sources};
use super::files::{below, relative};
use super::node::parse;
use super::reading::{Found, Reading, refused, words};
use super::releases::{self, DENO};
use super::{pins, port as ports, shell};
use crate::model::{Deno, Evidence, Known, Port, Stack};

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let Some(file) = cx.files.first(folder, &["deno.json", "deno.jsonc"]) else {
        return Found::Nothing;
    };
    // Beside a `package.json` it may be there for tools alone: the code has to name Deno.
    let reading = Reading::of(cx, folder, &[".ts", ".tsx", ".js", ".mjs"], own);
    let package = cx.files.has(&below(folder, "package.json"));
    if package && !reading.files.iter().any(|text| text.text.contains("Deno.")) {
        return Found::Nothing;
    }
    let text = cx.files.text(&file);
    let value = text.and_then(|text| parse(&text.text)).unwrap_or_default();
    if value.get("workspace").is_some() {
        return Found::Library;
    }
    let mut questions = Vec::new();
    let version = releases::choose(
        &DENO,
        &pins::of(cx.files, folder, folder, pins::DENO),
        &mut questions,
    );
    let tasks = value.get("tasks").and_then(Value::as_object);
    let task = tasks.and_then(|tasks| {
        let task = tasks.get("start")?;
        task.as_str().or_else(|| task.get("command")?.as_str())
    });
    let commands = task.and_then(shell::commands);
    let by_task = commands.as_ref().and_then(|commands| {
        let command = commands.last()?;
        let entry = command.words.iter().find(|word| {
            [".ts", ".tsx", ".js", ".mjs"]
                .iter()
                .any(|end| word.ends_with(end))
        })?;
        let run = command.words.first().is_some_and(|word| word == "deno")
            && !command.words.iter().any(|word| word.starts_with("--watch"));
        let line = text.map_or(0, |text| text.line_with("\"start\""));
        run.then(|| {
            (
                entry.trim_start_matches("./").to_owned(),
                command.exec(),
                Evidence::line(&file, line, "the task `start` says so"),
            )
        })
    });
    let habit = || {
        let names = [
            "main.ts",
            "server.ts",
            "mod.ts",
            "index.ts",
            "app.ts",
            "src/main.ts",
            "src/server.ts",
            "src/index.ts",
            "main.js",
            "server.js",
            "main.tsx",
        ];
        let path = cx.files.first(folder, &names)?;
        let entry = relative(&path, folder);
        let evidence = Evidence::file(&path, format!("`{entry}` is called like a program's entry"));
        let command = words(&[
            "deno",
            "run",
            "--allow-net",
            "--allow-env",
            "--allow-read",
            &entry,
        ]);
        Some((entry, command, evidence))
    };
    let stated = by_task.is_some();
    let told = || {
        let start = cx.told.start(folder)?;
        let is_file = |word: &&String| {
            [".ts", ".tsx", ".js", ".mjs"]
                .iter()
                .any(|end| word.ends_with(end))
        };
        let entry = start.value.iter().find(is_file)?;
        let evidence = start.evidence.first()?;
        Some((entry.clone(), start.value.clone(), evidence.clone()))
    };
    let Some((entry, command, evidence)) = by_task.or_else(habit).or_else(told) else {
        if value.get("exports").is_some() {
            return Found::Library;
        }
        return refused(
            folder,
            Evidence::file(file, "there is a manifest of Deno"),
            "no task `start` and no file says how it is started",
            "add a task `start`, or say what starts which file in `plimsoll.toml`",
        );
    };
    let mut manifests = vec![relative(&file, folder)];
    if cx.files.has(&below(folder, "deno.lock")) {
        manifests.push("deno.lock".to_owned());
    }
    let deno = Deno {
        version,
        entry: Known::stated(entry, evidence.clone()),
        sources: sources(cx, folder, folder, &manifests, own),
        manifests,
    };
    let mut draft = Draft::new(folder, folder, Stack::Deno(deno));
    draft.questions = questions;
    draft.name = Some(name(None, folder));
    draft.start = Some(if stated {
        Known::stated(command, evidence)
    } else {
        Known::likely(command, evidence)
    });
    draft.port = reading.files.iter().find_map(|text| {
        let code = text.code();
        for index in 0..code.len() {
            let bare = code.is(index, &["serve", "("])
                && !code.is(index.wrapping_sub(1), &["."])
                && text.text.contains("http/server.ts");
            let serve = bare || code.is(index, &["Deno", ".", "serve", "("]);
            let listen = code.is(index, &[".", "listen", "("]);
            if !serve && !listen {
                continue;
            }
            let open = match (bare, serve) {
                (true, _) => index + 1,
                (false, true) => index + 3,
                (false, false) => index + 2,
            };
            let evidence = Evidence::line(&text.path, code.line(index), "it listens here");
            let brace = (open..open + 3).find(|&at| code.is(at, &["{"]));
            let range = brace.and_then(|brace| code.named(brace, "port"));
            let found = range
                .map(|range| ports::of_expression(code, range))
                .and_then(|found| found.stated(evidence.clone()));
            let port = Port {
                number: 8000,
                variable: None,
                loopback: false,
            };
            if serve {
                return Some(found.unwrap_or_else(|| {
                    Known::likely(
                        port,
                        Evidence {
                            says: "Deno listens here when nothing else is said".to_owned(),
                            ..evidence
                        },
                    )
                }));
            }
            if found.is_some() {
                return found;
            }
        }
        None
    });
    reading.environment(&mut draft);
    draft.health = reading.health();
    Found::Services(vec![draft])
}
