//! Routes of programs without a router: the path of a request is compared with a text, or a table
//! holds it.

use crate::detect::code::{Code, Language};
use crate::model::{Evidence, HealthRoute, Known};

use super::{purpose, route};

/// How far before a comparison its method or its `switch` is looked for, in tokens.
const NEAR: usize = 12;
const SWITCH: usize = 2000;

/// The routes of a file.
pub(super) fn routes(code: Code<'_>) -> Vec<Known<HealthRoute>> {
    let is_server = serves(code);
    let mut found = Vec::new();
    for index in 1..code.len() {
        let Some(path) = code.string(index) else {
            continue;
        };
        if !path.starts_with('/') || purpose(path).is_none() {
            continue;
        }
        let says = match code.language {
            Language::Script if is_server => script(code, index),
            Language::Python => python(code, index, is_server),
            Language::Go => go(code, index),
            Language::Rust => rust(code, index),
            _ => None,
        };
        if let Some(says) = says {
            let says = format!("{says} `{path}`");
            found.extend(route(
                path,
                Evidence::line(code.path, code.line(index), says),
            ));
        }
    }
    found
}

const COMPARES: &str = "the path of a request is compared with";
const LISTS: &str = "a table of routes has";

/// Whether a file makes a server whose handler sees every request.
fn serves(code: Code<'_>) -> bool {
    match code.language {
        Language::Script => {
            code.find(&["createServer", "("]).is_some()
                || code.find(&["Bun", ".", "serve", "("]).is_some()
                || code.find(&["Deno", ".", "serve", "("]).is_some()
                || code.text.contains("IncomingMessage")
        }
        Language::Python => [
            "BaseHTTPRequestHandler",
            "SimpleHTTPRequestHandler",
            "tornado",
            "aiohttp",
        ]
        .iter()
        .any(|name| code.text.contains(name)),
        _ => true,
    }
}

/// `req.url === "/healthz"`, `case "/healthz":`, and Bun's table of routes.
fn script(code: Code<'_>, index: usize) -> Option<&'static str> {
    let is_path = |at: usize| matches!(code.word(at), Some("url" | "pathname" | "path"));
    let is_client = |at: usize| {
        let from = at.saturating_sub(3);
        (from..at).any(|at| code.is(at, &["location"]))
    };
    // Behind `==` or `===`.
    let before = (index.saturating_sub(4)..index).rev();
    let name = before.take_while(|&at| at + 1 == index || code.is(at + 1, &["="]));
    let name = name
        .last()
        .filter(|&at| is_path(at) && code.is(at + 1, &["=", "="]));
    if let Some(name) = name {
        return (!is_client(name) && !asks_others(code, index)).then_some(COMPARES);
    }
    if code.is(index - 1, &["("]) && code.is(index.wrapping_sub(3), &[".", "startsWith"]) {
        let name = index.wrapping_sub(4);
        let fits = is_path(name) && !is_client(name) && !asks_others(code, index);
        return fits.then_some(COMPARES);
    }
    if code.is(index - 1, &["case"]) {
        let open = switch(code, index)?;
        let fits = (open..code.close(open)).any(is_path);
        return fits.then_some(COMPARES);
    }
    let is_key = code.is(index + 1, &[":"]) && matches!(code.at(index - 1), "{" | ",");
    if is_key {
        let near = (index.saturating_sub(SWITCH)..index).rev();
        let table = near
            .into_iter()
            .find(|&at| code.is(at, &["routes", ":", "{"]))?;
        let own = code.close(table + 2) > index && code.find(&["Bun", ".", "serve"]).is_some();
        return own.then_some(LISTS);
    }
    None
}

/// The bracket behind the `switch` that a `case` belongs to.
fn switch(code: Code<'_>, case: usize) -> Option<usize> {
    let near = (case.saturating_sub(SWITCH)..case).rev();
    let at = near.into_iter().find(|&at| code.is(at, &["switch", "("]))?;
    Some(at + 1)
}

/// Whether a comparison is one for another method than `GET`.
fn asks_others(code: Code<'_>, index: usize) -> bool {
    let near = index.saturating_sub(NEAR)..(index + NEAR).min(code.len());
    let line = code.line(index);
    let mut methods = near
        .filter(|&at| code.line(at) == line)
        .filter_map(|at| code.string(at));
    methods.any(|text| {
        ["POST", "PUT", "PATCH", "DELETE"]
            .iter()
            .any(|method| text.eq_ignore_ascii_case(method))
    })
}

/// `self.path == "/healthz"`, aiohttp's `add_route("GET", "/healthz", …)`, Tornado's pairs.
fn python(code: Code<'_>, index: usize, is_server: bool) -> Option<&'static str> {
    let own = |at: usize| code.is(at, &["self", ".", "path"]);
    let compared = own(index.wrapping_sub(5)) && code.is(index - 2, &["=", "="])
        || own(index.wrapping_sub(5)) && code.is(index - 2, &["startswith", "("])
        || own(index.wrapping_sub(6)) && code.is(index - 3, &[".", "startswith", "("]);
    let listed = || {
        let line = code.line(index);
        let mut before = (index.saturating_sub(NEAR)..index).rev();
        before.any(|at| own(at) && code.is(at + 3, &["in"]) && code.line(at) == line)
    };
    if is_server && (compared || listed()) {
        return Some(COMPARES);
    }
    let by_method = code.is(index - 1, &[","])
        && code.string(index.wrapping_sub(2)) == Some("GET")
        && code.is(index.wrapping_sub(4), &["add_route", "("]);
    let pair = code.text.contains("tornado")
        && code.is(index - 1, &["("])
        && matches!(code.at(index.wrapping_sub(2)), "[" | ",")
        && code.is(index + 1, &[","])
        && code.word(index + 2).is_some();
    (by_method || pair).then_some(LISTS)
}

/// `r.URL.Path == "/healthz"`, `switch r.URL.Path { case "/healthz": … }`.
fn go(code: Code<'_>, index: usize) -> Option<&'static str> {
    let path = &["URL", ".", "Path"];
    if code.is(index.wrapping_sub(5), path) && code.is(index - 2, &["=", "="]) {
        return (!asks_others(code, index)).then_some(COMPARES);
    }
    if !matches!(code.at(index - 1), "case" | ",") {
        return None;
    }
    let near = (index.saturating_sub(SWITCH)..index).rev();
    let at = near.into_iter().find(|&at| code.is(at, &["switch"]))?;
    let line = code.line(at);
    let in_line = (at..index).take_while(|&at| code.line(at) == line && !code.is(at, &["{"]));
    let fits = in_line.into_iter().any(|at| code.is(at, path));
    let is_case = code.is(index - 1, &["case"]) || code.is(index + 1, &[":"]);
    (fits && is_case).then_some(COMPARES)
}

/// `(&Method::GET, "/healthz") => …`
fn rust(code: Code<'_>, index: usize) -> Option<&'static str> {
    let fits = code.is(index.wrapping_sub(5), &["Method", ":", ":", "GET", ","])
        && code.is(index + 1, &[")", "="]);
    fits.then_some(COMPARES)
}
