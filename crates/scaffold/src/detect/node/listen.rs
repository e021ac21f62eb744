//! Where Node code listens, and what it reads, writes and answers.

use std::collections::BTreeMap;

use plimsoll_source::files::{file_name, join, parent};

use super::{Project, nest};
use crate::detect::code::{Code, Kind};
use crate::detect::draft::Draft;
use crate::detect::files::{Text, inside};
use crate::detect::{health as routes, names, port as ports};
use crate::model::{Certainty, Evidence, HealthRoute, Known, Port};

/// Whether a file listens.
pub(super) fn listens(code: Code<'_>) -> bool {
    calls(code).next().is_some()
}

/// Whether a file does something when it is started, rather than defining things for others.
pub(super) fn acts(code: Code<'_>) -> bool {
    if listens(code) {
        return true;
    }
    let exports = (0..code.len()).any(|index| {
        code.at_margin(index)
            && (code.is(index, &["export"])
                || code.is(index, &["module", ".", "exports"])
                || code.is(index, &["exports", "."]))
    });
    let calls = (0..code.len()).any(|index| {
        let word = code.at(index);
        code.at_margin(index)
            && code.kind(index) == Some(Kind::Word)
            && !matches!(word, "import" | "export" | "function" | "class" | "require")
            && (1..8).any(|ahead| {
                code.is(index + ahead, &["("]) && code.line(index + ahead) == code.line(index)
            })
            || code.at_margin(index) && (code.is(index, &["("]) || word == "await")
    });
    calls && !exports
}

/// The places where a file listens: the bracket of each call.
fn calls(code: Code<'_>) -> impl Iterator<Item = usize> + '_ {
    (0..code.len()).filter_map(move |index| {
        if code.kind(index) != Some(Kind::Word) {
            return None;
        }
        if code.at(index) == "listen"
            && code.is(index.wrapping_sub(1), &["."])
            && code.is(index + 1, &["("])
        {
            // Listeners for events take a name first.
            let first = index + 2;
            let event = code
                .string(first)
                .is_some_and(|text| ports::number_in(text).is_none() && !text.contains('/'));
            let told = takes_what_happens(code, first) || code.is(index.wrapping_sub(2), &["this"]);
            return (!event && !told).then_some(index + 1);
        }
        let serves = code.is(index, &["Bun", ".", "serve", "("])
            || code.is(index, &["Deno", ".", "serve", "("]);
        if serves {
            return Some(index + 3);
        }
        let plain = code.is(index, &["serve", "("])
            && !code.is(index.wrapping_sub(1), &["."])
            && code.text.contains("@hono/node-server");
        plain.then_some(index + 1)
    })
}

/// Whether an argument is a function with parameters: a listener is told what happens, and what is
/// called once a server listens is told nothing.
fn takes_what_happens(code: Code<'_>, first: usize) -> bool {
    let first = if code.is(first, &["async"]) {
        first + 1
    } else {
        first
    };
    if code.is(first, &["function", "("]) {
        return !code.is(first + 2, &[")"]);
    }
    if !code.is(first, &["("]) {
        return code.is(first + 1, &["=", ">"]) || code.is(first + 1, &["=>"]);
    }
    if code.is(first + 1, &[")"]) {
        return false;
    }
    let close = (first + 1..first + 24).find(|at| code.is(*at, &[")"]));
    close.is_some_and(|close| code.is(close + 1, &["=", ">"]) || code.is(close + 1, &["=>"]))
}

/// The port that the package listens on. Where the file that is started, `entry`, lies in a folder of
/// sources, those of others say nothing: scripts beside a server have servers of their own.
pub(super) fn port(project: &Project<'_>, entry: &str) -> Option<Known<Port>> {
    let local = |text: &Text| crate::detect::files::relative(&text.path, &project.folder);
    let near = entry.split_once('/').map_or("", |(folder, _)| folder);
    let near = if project.code.iter().any(|text| local(text) == entry) {
        near
    } else {
        ""
    };
    for text in &project.code {
        if !near.is_empty() && !inside(&local(text), near) {
            continue;
        }
        if !(text.text.contains("listen") || text.text.contains("serve")) {
            continue;
        }
        let code = text.code();
        for open in calls(code) {
            if let Some(known) = at_call(project, text, code, open) {
                return Some(known);
            }
        }
    }
    None
}

/// `const PORT = process.env.PORT || 3333`, where what listens is handed it on ways that are not
/// followed.
pub(super) fn set_by_variable(project: &Project<'_>) -> Option<Known<Port>> {
    project.code.iter().find_map(|text| {
        let code = text.text.contains("env.PORT").then(|| text.code())?;
        ["PORT", "port"].into_iter().find_map(|name| {
            let value = code.definition(name)?;
            let line = code.line(value.start);
            let found = ports::of_expression(code, value);
            found.variable.as_ref().filter(|name| *name == "PORT")?;
            let says = "`PORT` is read, with what it is when it is not set";
            let known = found.stated(Evidence::line(&text.path, line, says))?;
            Some(known.at_most(Certainty::Likely))
        })
    })
}

fn at_call(project: &Project<'_>, text: &Text, code: Code<'_>, open: usize) -> Option<Known<Port>> {
    let arguments = code.arguments(open);
    let first = arguments.first()?.clone();
    let close = code.close(open);
    // `listen({ port, host })`, `serve({ fetch, port })`, `listen(3000)`, `listen(port, host)`.
    let object = (first.start..close)
        .find(|&at| code.is(at, &["{"]))
        .filter(|&at| at <= first.start + 2);
    let range = match object {
        Some(brace) => {
            let named = code.named(brace, "port");
            let short = code.arguments(brace).into_iter().find(|range| {
                range.len() == 1 && code.at(range.start).eq_ignore_ascii_case("port")
            });
            named.or(short)?
        }
        None => first,
    };
    let elsewhere = |word: &str| defined_elsewhere(project, text, word);
    // Express keeps it by name: `app.set('port', …)`, `app.listen(app.get('port'))`.
    let kept = range
        .clone()
        .find(|&at| code.is(at, &["get", "("]) && code.string(at + 2) == Some("port"));
    let kept = kept.and_then(|_| {
        let mut sets = code.all(&[".", "set", "("]);
        let set = sets.find(|&at| code.string(at + 3) == Some("port"))?;
        code.arguments(set + 2).get(1).cloned()
    });
    let range = kept.unwrap_or(range);
    if let Some(known) = super::kept::port(project, code, range.clone()) {
        return Some(known);
    }
    let mut found = ports::of_expression_with(code, range.clone(), &elsewhere);
    // `env.PORT` of what has read the environment before.
    let mut words = range.clone();
    if found.variable.is_none() && words.any(|at| code.is(at, &["env", ".", "PORT"])) {
        found.variable = Some("PORT".to_owned());
    }
    // The host stands beside the port: as the next argument, or by name.
    let by_name = (open..close).any(|at| matches!(code.at(at), "host" | "hostname"));
    found.loopback |= if by_name {
        (open..close).any(|at| code.string(at).is_some_and(ports::is_loopback))
    } else {
        arguments
            .iter()
            .skip(1)
            .any(|range| range.len() <= 3 && ports::of_expression(code, range.clone()).loopback)
    };
    found.stated(Evidence::line(
        &text.path,
        code.line(open),
        "it listens here",
    ))
}

/// A name that another file defines: `config.port`, an imported constant.
fn defined_elsewhere(project: &Project<'_>, text: &Text, word: &str) -> Option<ports::Found> {
    if !word.to_ascii_lowercase().contains("port") {
        return None;
    }
    let others = project.code.iter().filter(|other| {
        if aside(project, other) {
            return false;
        }
        let name = file_name(&other.path).to_ascii_lowercase();
        other.path != text.path
            && ["config", "env", "constant", "setting"]
                .iter()
                .any(|part| name.contains(part) || parent(&other.path).ends_with(part))
    });
    // What lies beside it is likelier to be what it imports.
    let mut others: Vec<_> = others.collect();
    others.sort_by_key(|other| parent(&other.path) != parent(&text.path));
    others.into_iter().take(12).find_map(|other| {
        let code = other.code();
        for index in 0..code.len() {
            if code.at(index) != word && code.string(index) != Some(word) {
                continue;
            }
            if code.is(index + 1, &[":"]) {
                let found = ports::of_expression(code, code.expression(index + 2));
                if found.number.is_some() || found.variable.is_some() {
                    return Some(found);
                }
            }
        }
        let definition = code.definition(word)?;
        Some(ports::of_expression(code, definition))
    })
}

/// Environment variables that the code reads.
pub(super) fn environment(project: &Project<'_>, draft: &mut Draft) {
    for text in &project.code {
        if aside(project, text) {
            continue;
        }
        let reads = ["process.env", "Bun.env", "onfig", "Env(", "env("];
        if !reads.iter().any(|word| text.text.contains(word)) && !text.text.contains("://") {
            continue;
        }
        let code = text.code();
        draft.environment.scan(code);
        destructured(code, draft);
        for index in 0..code.len() {
            let Some(address) = code.string(index).filter(|text| text.len() < 300) else {
                continue;
            };
            draft.embedded |= address.starts_with("sqlite:");
            // Of others' servers an address is put together, or shown to people.
            if is_elsewhere(address) || text.path.ends_with("sx") {
                continue;
            }
            if let Some(backing) = crate::detect::backings::of_address(address) {
                let evidence = Evidence::line(
                    &text.path,
                    code.line(index),
                    "an address of it is written here",
                );
                draft.backing.push(Known::likely(backing, evidence));
            }
        }
    }
    prisma(project, draft);
}

/// Whether the host of an address is handed over, rather than written or read from the environment.
fn is_elsewhere(address: &str) -> bool {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    host.starts_with("${") && !host.to_ascii_lowercase().contains("env")
}

/// Configuration of tools reads variables that the program never sees.
fn aside(project: &Project<'_>, text: &Text) -> bool {
    let name = file_name(&text.path);
    let local = crate::detect::files::relative(&text.path, &project.folder);
    let tool = [
        "jest.",
        "vitest.",
        "playwright.",
        "cypress.",
        "webpack.",
        "rollup.",
        "eslint.",
        ".eslintrc",
        "karma.",
        "protractor.",
        "codegen.",
    ];
    tool.iter().any(|start| name.starts_with(start)) || local.starts_with("scripts/")
}

/// `const { PORT = 3000, HOST } = process.env`
fn destructured(code: Code<'_>, draft: &mut Draft) {
    for index in code.all(&["}", "=", "process", ".", "env"]) {
        if code.is(index + 5, &["."]) || code.is(index + 5, &["["]) {
            continue;
        }
        let Some(open) = (0..index)
            .rev()
            .take(400)
            .find(|&at| code.is(at, &["{"]) && code.close(at) == index)
        else {
            continue;
        };
        for argument in code.arguments(open) {
            let Some(name) = code
                .word(argument.start)
                .filter(|name| names::is_variable(name))
            else {
                continue;
            };
            let default = (argument.clone())
                .find(|&at| code.is(at, &["="]))
                .and_then(|at| crate::detect::reads::literal(code, at + 1..argument.end));
            let evidence = Evidence::line(
                code.path,
                code.line(argument.start),
                format!("`{name}` is read"),
            );
            draft
                .environment
                .add(name.to_owned(), default, false, evidence);
        }
    }
}

/// The database of a Prisma schema.
fn prisma(project: &Project<'_>, draft: &mut Draft) {
    let folders = [project.folder.clone(), project.context.clone()];
    let places = [
        "prisma/schema.prisma",
        "schema.prisma",
        "src/prisma/schema.prisma",
    ];
    let path = folders
        .iter()
        .find_map(|folder| project.cx.files.first(folder, &places));
    let Some(text) = path.and_then(|path| project.cx.files.text(&path)) else {
        return;
    };
    for (number, line) in text.text.lines().enumerate() {
        let line = line.trim();
        let evidence = |says: &str| Evidence::line(&text.path, number as u32 + 1, says);
        if let Some(name) = line
            .strip_prefix("provider")
            .and_then(|rest| rest.split('"').nth(1))
        {
            let backing = match name {
                "postgresql" | "postgres" | "cockroachdb" => Some(crate::model::Backing::Postgres),
                "mysql" => Some(crate::model::Backing::Mysql),
                "mongodb" => Some(crate::model::Backing::Mongodb),
                _ => None,
            };
            draft.backing.extend(
                backing.map(|backing| Known::stated(backing, evidence("the datasource of Prisma"))),
            );
        }
        let Some(name) = line
            .split_once("env(\"")
            .and_then(|(_, rest)| rest.split('"').next())
        else {
            continue;
        };
        draft.environment.add(
            name.to_owned(),
            None,
            true,
            evidence(&format!("Prisma reads `{name}`")),
        );
    }
}

/// Files that the code writes, at fixed paths.
pub(super) fn writes(project: &Project<'_>, draft: &mut Draft) {
    const WRITES: &[&str] = &[
        "writeFile",
        "writeFileSync",
        "appendFile",
        "appendFileSync",
        "createWriteStream",
        "mkdir",
        "mkdirSync",
    ];
    for text in &project.code {
        if aside(project, text)
            || !(text.text.contains("write")
                || text.text.contains("Write")
                || text.text.contains("mkdir")
                || text.text.contains("multer")
                || text.text.contains("sqlite"))
        {
            continue;
        }
        let code = text.code();
        for index in 0..code.len() {
            let word = code.at(index);
            let evidence = |says: &str| Evidence::line(&text.path, code.line(index), says);
            let path = code
                .string(index + 2)
                .filter(|path| fixed(path) && code.is(index + 1, &["("]));
            if let Some(path) = path.filter(|_| WRITES.contains(&word)) {
                let path = local(path);
                let path = if word.starts_with("mkdir") {
                    path
                } else {
                    names::of_file(&path)
                };
                draft
                    .writes
                    .push(Known::stated(path, evidence("it is written here")));
            }
            if word == "multer" && code.is(index + 1, &["("]) {
                let folder = (index + 2..index + 10)
                    .find(|&at| code.is(at, &["dest", ":"]))
                    .and_then(|at| code.string(at + 2));
                if let Some(path) = folder.filter(|path| fixed(path)) {
                    draft.writes.push(Known::stated(
                        local(path),
                        evidence("uploads are kept here"),
                    ));
                }
            }
            let database =
                matches!(word, "Database" | "DatabaseSync") && code.is(index + 1, &["("]);
            if let Some(path) = path.filter(|path| database && !path.starts_with(':')) {
                draft.writes.push(Known::stated(
                    local(path),
                    evidence("a SQLite database lies there"),
                ));
            }
        }
    }
}

fn local(path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    join("", path).unwrap_or_else(|| path.to_owned())
}

fn fixed(path: &str) -> bool {
    !path.is_empty()
        && path.len() < 200
        && !path.contains(['$', '{', '\n', '*', ' '])
        && !path.starts_with("..")
        && path != "."
        && path != "/"
        && !names::is_of_system(path)
}

/// Routes that tell of health.
pub(super) fn health(project: &Project<'_>) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    let prefix = nest::Prefix::of(project);
    for text in &project.code {
        let lower = text.text.as_str();
        let telling = [
            "ealth",
            "live",
            "ready",
            "ping",
            "status",
            "alive",
            "heartbeat",
            "'/up'",
            "\"/up\"",
        ];
        if telling.iter().any(|word| lower.contains(word)) {
            let code = text.code();
            if !routes::registered(code).is_empty() {
                found.extend(routes::of_file(code, &mounts(project, text, 0)));
            }
            found.extend(nest::routes(project, code, &prefix));
            found.extend(objects(code));
        }
        found.extend(super::places::route(project, text));
    }
    found
}

/// Fastify's and hapi's `route({ method: 'GET', url: '/health' })`.
fn objects(code: Code<'_>) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    for index in 0..code.len() {
        if !(code.is(index, &["url", ":"]) || code.is(index, &["path", ":"])) {
            continue;
        }
        let Some(path) = code.string(index + 2).filter(|path| path.starts_with('/')) else {
            continue;
        };
        let near = index.saturating_sub(10)..index + 10;
        let method = near.clone().any(|at| {
            code.is(at, &["method", ":"])
                && code
                    .string(at + 2)
                    .is_some_and(|m| m.eq_ignore_ascii_case("get"))
        });
        let call = near.clone().any(|at| code.is(at, &["route", "("]));
        if method && (call || near.clone().any(|at| code.is(at, &["handler"]))) {
            let evidence = Evidence::line(
                code.path,
                code.line(index),
                format!("the route `{path}` is registered"),
            );
            found.extend(routes::route(path, evidence));
        }
    }
    found
}

/// How many routers may stand in one another.
const MOST_ROUTERS: usize = 4;

/// What other files put before this file's routers: `app.use('/api', require('./routes'))`.
fn mounts(project: &Project<'_>, text: &Text, depth: usize) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for other in &project.code {
        if !other.text.contains(".use(")
            && !other.text.contains(".route(")
            && !other.text.contains(".register(")
        {
            continue;
        }
        let code = other.code();
        for index in 0..code.len() {
            let call = code.is(index, &[".", "use", "("]) || code.is(index, &[".", "route", "("]);
            let register = code.is(index, &[".", "register", "("]);
            if !call && !register {
                continue;
            }
            let arguments = code.arguments(index + 2);
            let first = code.string(index + 3);
            let prefix = if call {
                // Without a path it stands at the root of what mounts it.
                Some(first.unwrap_or_default().to_owned())
            } else {
                (index..code.close(index + 2))
                    .find(|&at| code.is(at, &["prefix", ":"]))
                    .and_then(|at| code.string(at + 2))
                    .map(str::to_owned)
            };
            let Some(prefix) = prefix else { continue };
            let holder = code.word(index.wrapping_sub(1)).unwrap_or_default();
            let handlers = arguments.iter().skip(usize::from(call && first.is_some()));
            for handler in handlers {
                let name = code.at(handler.start);
                let target = required(code, handler.start).or_else(|| imported(code, name));
                let own = other.path == text.path && target.is_none();
                let holds = if own {
                    name.to_owned()
                } else if target.is_some_and(|from| leads_to(&other.path, from, &text.path)) {
                    // `routes.api` is what the other file exports by that name.
                    let member = code.is(handler.start + 1, &["."]);
                    let member = member.then(|| code.word(handler.start + 2)).flatten();
                    member
                        .and_then(|member| exported(text.code(), member))
                        .unwrap_or_default()
                        .to_owned()
                } else {
                    continue;
                };
                let whole = above(project, other, holder, depth) + &prefix;
                found.insert(holds, whole);
            }
        }
    }
    found
}

/// What stands before what a holder of a file mounts; what no path can be made of where its router is
/// mounted nowhere.
fn above(project: &Project<'_>, text: &Text, holder: &str, depth: usize) -> String {
    if !routes::is_router(text.code(), holder) {
        return String::new();
    }
    let unknown = || "{".to_owned();
    if depth >= MOST_ROUTERS {
        return unknown();
    }
    let mounted = mounts(project, text, depth + 1);
    let own = mounted.get(holder).or_else(|| mounted.get(""));
    own.cloned().unwrap_or_else(unknown)
}

/// The name behind a member of what a file exports: `module.exports = { api: apiRouter }`.
fn exported<'a>(code: Code<'a>, member: &str) -> Option<&'a str> {
    let open = code.find(&["module", ".", "exports", "=", "{"])? + 4;
    let named = code.named(open, member)?;
    code.word(named.start)
}

fn required(code: Code<'_>, index: usize) -> Option<&str> {
    code.is(index, &["require", "("])
        .then(|| code.string(index + 2))
        .flatten()
}

/// The module that a name is imported from.
fn imported<'a>(code: Code<'a>, name: &str) -> Option<&'a str> {
    if name.is_empty() {
        return None;
    }
    for index in 0..code.len() {
        if code.word(index) != Some(name) {
            continue;
        }
        // `const name = require('./x')`
        if code.is(index + 1, &["=", "require", "("]) {
            return code.string(index + 4);
        }
        // `import name from './x'`, `import { name } from './x'`
        let import = (0..index)
            .rev()
            .take(40)
            .find(|&at| code.is(at, &["import"]))?;
        let from = (index..index + 40).find(|&at| code.is(at, &["from"]))?;
        let crosses = (import + 1..from).any(|at| code.is(at, &["import"]) || code.is(at, &[";"]));
        if !crosses {
            return code.string(from + 1);
        }
    }
    None
}

fn leads_to(importer: &str, from: &str, path: &str) -> bool {
    if !from.starts_with('.') {
        return false;
    }
    let Some(base) = join(parent(importer), from) else {
        return false;
    };
    let base = base.trim_end_matches(".js").trim_end_matches(".ts");
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    stem == base || stem.strip_suffix("/index") == Some(base) && inside(path, base)
}
