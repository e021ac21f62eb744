//! Where a Go program listens, and what it reads, writes and answers.

use plimsoll_source::files::parent;

use super::module::Module;
use super::reach::Reach;
use super::viper;
use crate::detect::code::{Code, Kind};
use crate::detect::draft::{Cx, Draft};
use crate::detect::files::{Text, below, relative};
use crate::detect::{health as routes, names, port as ports};
use crate::model::{Certainty, Evidence, HealthRoute, Known, Port};
use std::collections::BTreeMap;

/// Calls that listen, with the position of the argument that holds the address.
const LISTENS: &[(&str, usize)] = &[
    ("ListenAndServe", 0),
    ("ListenAndServeTLS", 0),
    ("Listen", 0),
    ("Run", 0),
    ("Start", 0),
    ("StartServer", 0),
];

/// Whether something in the program listens.
pub(crate) fn serves(reach: &Reach<'_>) -> bool {
    reach.files.iter().any(|text| {
        [
            "ListenAndServe",
            "net.Listen",
            "grpc.NewServer",
            ".Serve(",
            "fiber.New",
            "gin.Default",
            "echo.New",
        ]
        .iter()
        .any(|word| text.text.contains(word))
    })
}

/// The port that a program listens on. Files of `main` decide before those of other packages, and
/// an HTTP server before metrics and profiles.
pub(crate) fn port(reach: &Reach<'_>) -> Option<Known<Port>> {
    const TELLING: &[&str] = &["Listen", ".Run(", ".Start(", "Addr", "buffalo.New("];
    let mut found: Vec<(u8, Known<Port>)> = Vec::new();
    for (number, text) in reach.files.iter().enumerate() {
        // A package may hold servers of other programs.
        if !text.may_listen(TELLING) || !reach.is_live(number) {
            continue;
        }
        let code = text.code();
        for index in 0..code.len() {
            if let Some((rank, known)) = at(reach, text, code, index) {
                found.push((rank, known));
            }
        }
        if found.iter().any(|(rank, _)| *rank == 0) {
            break;
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().next().map(|(_, known)| known)
}

fn at(reach: &Reach<'_>, text: &Text, code: Code<'_>, index: usize) -> Option<(u8, Known<Port>)> {
    if code.kind(index)? != Kind::Word {
        return None;
    }
    let word = code.at(index);
    let evidence = Evidence::line(&text.path, code.line(index), "it listens here");
    // `http.Server{Addr: ":8080"}`
    if word == "Addr" && code.is(index + 1, &[":"]) && !code.is(index + 2, &["="]) {
        let range = code.expression(index + 2);
        let within = (0..index)
            .rev()
            .take(30)
            .any(|at| code.is(at, &["Server", "{"]));
        return within
            .then(|| judged(reach, text, code, range, evidence))
            .flatten();
    }
    if code.is(index, &["buffalo", ".", "New", "("]) {
        let port = Port {
            number: 3000,
            variable: Some("PORT".to_owned()),
            loopback: false,
        };
        let says = Evidence {
            says: "Buffalo listens here when nothing else is said".to_owned(),
            ..evidence
        };
        return Some((1, Known::likely(port, says)));
    }
    let (_, position) = LISTENS.iter().find(|(name, _)| *name == word)?;
    if !code.is(index.wrapping_sub(1), &["."]) || !code.is(index + 1, &["("]) {
        return None;
    }
    let holder = code.at(index.wrapping_sub(2));
    let mut position = *position;
    if word == "Listen"
        && code
            .string(index + 2)
            .is_some_and(|network| network.starts_with("tcp") || network.starts_with("unix"))
    {
        position = 1;
    }
    let arguments = code.arguments(index + 1);
    let gin = text.text.contains("gin-gonic/gin") || text.text.contains("gin.");
    if word == "Run"
        && arguments.is_empty()
        && gin
        && matches!(
            holder,
            "r" | "router" | "engine" | "g" | "app" | "server" | "e" | "Router"
        )
    {
        let port = Port {
            number: 8080,
            variable: Some("PORT".to_owned()),
            loopback: false,
        };
        return Some((0, Known::stated(port, evidence)));
    }
    // `server.Run(address, port)`
    let by_name = arguments.iter().position(|range| {
        let last = range.clone().last().map(|at| code.at(at));
        last.is_some_and(|word| word.eq_ignore_ascii_case("port"))
    });
    if let Some(named) = by_name.filter(|_| matches!(word, "Run" | "Start")) {
        position = named;
    }
    let range = arguments.get(position)?.clone();
    // `t.Run("name", …)`, `cmd.Run()`, `svc.Start(ctx)` listen on nothing.
    let telling = range.clone().any(|at| {
        let text = code.at(at).to_ascii_lowercase();
        match code.kind(at) {
            Some(Kind::Text) => {
                ports::number_in(&text).is_some() && text.contains(':')
                    || text.ends_with(':')
                    || text.contains(":%")
            }
            _ => {
                text.contains("port")
                    || text.contains("addr")
                    || text.contains("listen")
                    || text.contains("bind")
                    || text.contains("endpoint")
            }
        }
    });
    if !telling && matches!(word, "Run" | "Start" | "Listen") {
        return None;
    }
    judged(reach, text, code, range, evidence)
}

fn judged(
    reach: &Reach<'_>,
    text: &Text,
    code: Code<'_>,
    range: std::ops::Range<usize>,
    evidence: Evidence,
) -> Option<(u8, Known<Port>)> {
    let written: String = range
        .clone()
        .map(|at| code.at(at).to_ascii_lowercase())
        .collect();
    let aside = ports::is_beside(&written)
        || ports::is_beside_file(&text.path)
        || named_beside(code, &range);
    let elsewhere = |word: &str| defined_elsewhere(reach, text, word);
    let found = match handed_over(reach, code, &range) {
        Some(handed) => handed,
        None => ports::of_expression_with(code, range.clone(), &elsewhere),
    };
    let found = match (found.number, &found.variable) {
        (None, None) => viper::port(reach, code, range)?,
        _ => found,
    };
    let only_variable = found.number.is_none() && found.variable.is_some();
    let known = if only_variable {
        let port = Port {
            number: 8080,
            variable: found.variable,
            loopback: found.loopback,
        };
        let says = Evidence {
            says: "it listens on the port that a variable gives".to_owned(),
            ..evidence
        };
        Known::likely(port, says)
    } else {
        found.stated(evidence)?
    };
    // What listens beside the program's own server is surely not where it answers others.
    let known = if aside {
        known.at_most(Certainty::Likely)
    } else {
        known
    };
    let rank = if aside {
        9
    } else {
        u8::from(only_variable) * 2
    };
    Some((rank, known))
}

/// Whether a variable that holds an address was given one of metrics or probes.
fn named_beside(code: Code<'_>, range: &std::ops::Range<usize>) -> bool {
    let Some(name) = code.word(range.start).filter(|_| range.len() == 1) else {
        return false;
    };
    let mut given = code.definitions(name).into_iter().flatten();
    given.any(|at| code.word(at).is_some_and(ports::is_beside))
}

/// What callers hand over where the expression is a parameter of the function around it: a variable of
/// the same name in another function is another one.
fn handed_over(
    reach: &Reach<'_>,
    code: Code<'_>,
    range: &std::ops::Range<usize>,
) -> Option<ports::Found> {
    let name = code.word(range.start).filter(|_| range.len() == 1)?;
    let function = (0..range.start)
        .rev()
        .find(|&at| code.at_margin(at) && code.is(at, &["func"]))?;
    let called = if code.is(function + 1, &["("]) {
        code.close(function + 1) + 1
    } else {
        function + 1
    };
    let callee = code.word(called)?;
    let parameters = code.arguments(called + 1);
    let position = parameters
        .iter()
        .position(|parameter| code.word(parameter.start) == Some(name))?;
    let calls = reach.files.iter().find_map(|text| {
        let code = text.code();
        let pattern = [callee, "("];
        let mut calls = code.all(&pattern);
        let call = calls.find(|&at| {
            // Its definition is no call.
            !code.is(at.wrapping_sub(1), &["func"]) && !code.is(at.wrapping_sub(1), &[")"])
        })?;
        let argument = code.arguments(call + 1).get(position)?.clone();
        let elsewhere = |word: &str| defined_elsewhere(reach, text, word);
        Some(ports::of_expression_with(code, argument, &elsewhere))
    });
    calls.filter(|found| found.number.is_some() || found.variable.is_some())
}

/// A name that another file of the program defines: a constant, a field of a configuration with
/// its tag, a flag.
fn defined_elsewhere(reach: &Reach<'_>, text: &Text, word: &str) -> Option<ports::Found> {
    let lower = word.to_ascii_lowercase();
    if !["port", "addr", "listen", "bind", "address", "endpoint"]
        .iter()
        .any(|part| lower.contains(part))
    {
        return None;
    }
    let own = std::iter::once(text);
    let folder = parent(&text.path);
    // Where configuration is by its name, or what lies beside the file.
    let others = reach.files.iter().copied().filter(|other| {
        let name = &other.path;
        let named = [
            "config", "conf", "option", "flag", "setting", "env", "main", "const",
        ];
        other.path != text.path
            && (parent(name) == folder || named.iter().any(|part| name.contains(part)))
    });
    let others = others.take(80);
    for other in own.chain(others) {
        if !other.text.contains(word) {
            continue;
        }
        let code = other.code();
        for index in 0..code.len() {
            if code.word(index) != Some(word) {
                continue;
            }
            if let Some(found) = tagged(code, index) {
                return Some(found);
            }
            // `Port: getEnv("PORT", "8080")` in a literal, `cfg.Port = …`.
            let field = code.is(index + 1, &[":"]) && !code.is(index + 2, &["="]);
            let set = code.is(index.wrapping_sub(1), &["."])
                && code.is(index + 1, &["="])
                && !code.is(index + 2, &["="]);
            if field || set {
                let found = ports::of_expression(code, code.expression(index + 2));
                if found.number.is_some() || found.variable.is_some() {
                    return Some(found);
                }
            }
        }
        if other.path != text.path {
            for definition in code.definitions(word) {
                let found = ports::of_expression(code, definition);
                if found.number.is_some() {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// ``Port string `env:"PORT" envDefault:"8080"` `` and its kin.
fn tagged(code: Code<'_>, index: usize) -> Option<ports::Found> {
    let line = code.line(index);
    let tag = (index + 1..index + 8)
        .take_while(|&at| code.line(at) == line)
        .find_map(|at| code.string(at))?;
    let (name, default) = match tag_values(tag) {
        Some((name, default)) => (Some(name), default),
        // Without a variable it is what a library puts in where nothing else is said.
        None => (None, Some(tag_value(tag, "default")?)),
    };
    let number = default.as_deref().and_then(ports::number_in);
    (name.is_some() || number.is_some()).then_some(ports::Found {
        number,
        variable: name,
        loopback: false,
    })
}

/// The value of a key in a struct tag.
fn tag_value(tag: &str, key: &str) -> Option<String> {
    let at = tag.find(&format!("{key}:\""))?;
    let rest = &tag[at + key.len() + 2..];
    Some(rest[..rest.find('"')?].to_owned())
}

/// The variable and default of a struct tag, as caarlos0/env, envconfig and cleanenv read it.
fn tag_values(tag: &str) -> Option<(String, Option<String>)> {
    let value = |key: &str| tag_value(tag, key);
    let name = value("env")
        .or_else(|| value("envconfig"))
        .or_else(|| value("split_words"))?;
    let (name, inline) = match name.split_once(',') {
        Some((name, rest)) => (
            name.to_owned(),
            rest.strip_prefix("default=")
                .or_else(|| rest.split("default=").nth(1))
                .map(str::to_owned),
        ),
        None => (name, None),
    };
    let default = value("envDefault")
        .or_else(|| value("default"))
        .or_else(|| value("env-default"))
        .or(inline);
    names::is_variable(&name).then_some((name, default))
}

/// Environment variables that the program reads.
pub(crate) fn environment(reach: &Reach<'_>, draft: &mut Draft) {
    for text in &reach.files {
        let reads = ["env", "Env", "://"];
        if !reads.iter().any(|word| text.text.contains(word)) {
            continue;
        }
        let code = text.code();
        draft.environment.scan(code);
        for index in 0..code.len() {
            let Some(written) = code.string(index).filter(|text| text.len() < 300) else {
                continue;
            };
            let evidence = |says: &str| Evidence::line(&text.path, code.line(index), says);
            draft.embedded |= written.starts_with("sqlite:");
            if let Some(backing) = crate::detect::backings::of_address(written) {
                draft.backing.push(Known::likely(
                    backing,
                    evidence("an address of it is written here"),
                ));
            }
            // A tag follows a name and a type.
            let is_tag =
                written.contains(":\"") && code.kind(index.wrapping_sub(1)) == Some(Kind::Word);
            if let Some((name, default)) = is_tag.then(|| tag_values(written)).flatten() {
                let required = written.contains(",required")
                    || written.contains("required:\"true\"")
                    || written.contains("env-required:\"true\"");
                let says = format!("`{name}` is the tag of a field");
                draft
                    .environment
                    .add(name, default, required, evidence(&says));
            }
        }
    }
}

/// Files that the program writes, at fixed paths.
pub(crate) fn writes(reach: &Reach<'_>, draft: &mut Draft) {
    for text in &reach.files {
        if !["os.", "ioutil.", "sql.Open", "sqlite.Open"]
            .iter()
            .any(|word| text.text.contains(word))
        {
            continue;
        }
        let code = text.code();
        for index in 0..code.len() {
            let word = code.at(index);
            let writes = matches!(word, "Create" | "WriteFile" | "MkdirAll" | "Mkdir")
                && matches!(code.at(index.wrapping_sub(2)), "os" | "ioutil");
            let database = word == "Open"
                && (code.at(index.wrapping_sub(2)) == "sqlite"
                    || code
                        .string(index + 2)
                        .is_some_and(|driver| driver.starts_with("sqlite")));
            if !(writes || database) || !code.is(index + 1, &["("]) {
                continue;
            }
            let at = if database && code.at(index.wrapping_sub(2)) != "sqlite" {
                index + 4
            } else {
                index + 2
            };
            let Some(path) = code.string(at).map(|path| {
                path.trim_start_matches("file:")
                    .split('?')
                    .next()
                    .unwrap_or_default()
            }) else {
                continue;
            };
            let fixed = !path.is_empty() && !path.contains(['%', '*', ' ', ':']) && path != ".";
            if fixed {
                let says = if database {
                    "a SQLite database lies there"
                } else {
                    "it is written here"
                };
                let path = path.trim_start_matches("./").to_owned();
                draft.writes.push(Known::stated(
                    path,
                    Evidence::line(&text.path, code.line(index), says),
                ));
            }
        }
    }
}

/// Routes that tell of health.
pub(crate) fn health(reach: &Reach<'_>) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    for text in &reach.files {
        let telling = [
            "health",
            "live",
            "ready",
            "ping",
            "status",
            "alive",
            "heartbeat",
            "/up\"",
        ];
        if telling.iter().any(|word| text.text.contains(word)) {
            found.extend(routes::of_file(text.code(), &BTreeMap::new()));
        }
    }
    found
}

/// Folders that are read at run time: templates, static files, migrations.
pub(crate) fn assets(cx: Cx<'_>, module: &Module, reach: &Reach<'_>) -> Vec<Known<String>> {
    const READS: &[&str] = &[
        "ParseGlob",
        "ParseFiles",
        "LoadHTMLGlob",
        "LoadHTMLFiles",
        "Dir",
        "ReadFile",
        "Static",
        "StaticFS",
        "DirFS",
        "Open",
        "ReadDir",
    ];
    let mut found: Vec<Known<String>> = Vec::new();
    for text in &reach.files {
        let code = text.code();
        for index in 0..code.len() {
            let Some(written) = code.string(index) else {
                continue;
            };
            let path = written
                .strip_prefix("file://")
                .unwrap_or(written)
                .trim_start_matches("./");
            let called = (index.saturating_sub(4)..index).any(|at| READS.contains(&code.at(at)));
            if !(called || written.starts_with("file://"))
                || path.starts_with('/')
                || path.contains("..")
            {
                continue;
            }
            let first = path.split('/').next().unwrap_or_default();
            if first.is_empty() || first.contains(['*', '%', ':', ' ']) {
                continue;
            }
            let whole = below(&module.folder, first);
            let there = cx.files.has_folder(&whole) || cx.files.has(&whole);
            let local = relative(&whole, &module.context);
            if there && !found.iter().any(|known| known.value == local) {
                let evidence = Evidence::line(
                    &text.path,
                    code.line(index),
                    format!("`{path}` is read here"),
                );
                found.push(Known::stated(local, evidence).at_most(Certainty::Likely));
            }
        }
    }
    found
}
