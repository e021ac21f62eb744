//! What stands around a route and changes it: mounts of Starlette, blocks of Rails and Phoenix, lists
//! of methods.

use crate::detect::code::{Code, Language};

use super::joined;

/// How many tokens before a route are looked at.
const REACH: usize = 4000;

/// How many blocks a route may stand in.
const MOST_BLOCKS: usize = 16;

/// What stands around a route puts this before it.
pub(super) fn prefix(code: Code<'_>, token: usize) -> Option<String> {
    match code.language {
        Language::Python => mounted(code, token),
        Language::Ruby | Language::Elixir => in_blocks(code, token),
        Language::Php => super::groups::prefix(code, token),
        _ => None,
    }
}

/// Whether a call that registers a route names methods, and `GET` is none of them.
pub(super) fn answers_others(code: Code<'_>, token: usize) -> bool {
    if !matches!(code.language, Language::Python | Language::Php) {
        return false;
    }
    let Some(methods) = code.named(token - 1, "methods") else {
        return false;
    };
    let mut methods = methods.filter_map(|at| code.string(at)).peekable();
    methods.peek().is_some() && !methods.any(|method| method.eq_ignore_ascii_case("get"))
}

/// `Mount("/api", routes=[Route("/health", …)])`, and the same with a list that has a name.
fn mounted(code: Code<'_>, token: usize) -> Option<String> {
    let mut prefix = String::new();
    let mut at = token;
    for _ in 0..MOST_BLOCKS {
        let Some(open) = code.opening(at) else { break };
        if code.is(open.wrapping_sub(1), &["Mount"])
            && let Some(path) = code.string(open + 1)
        {
            prefix = joined(path, &prefix).unwrap_or(prefix);
        }
        // `name = [` at the outermost bracket.
        if code.is(open, &["["])
            && code.is(open.wrapping_sub(1), &["="])
            && let Some(name) = code.word(open.wrapping_sub(2))
            && code.opening(open).is_none()
        {
            let mount = code
                .all(&["routes", "="])
                .find(|&at| code.word(at + 2) == Some(name));
            at = match mount {
                Some(mount) if mount != open.wrapping_sub(2) => mount,
                _ => break,
            };
            continue;
        }
        at = open;
    }
    (!prefix.is_empty()).then_some(prefix)
}

/// `scope "/api" do … end`, `namespace :api do … end`.
fn in_blocks(code: Code<'_>, token: usize) -> Option<String> {
    let mut open: Vec<Option<String>> = Vec::new();
    for at in token.saturating_sub(REACH)..token {
        let Some(word) = code.word(at) else { continue };
        let begins_line = at == 0 || code.line(at - 1) != code.line(at);
        let is_block = match word {
            // `do:` is a pair of a list.
            "do" => !code.is(at + 1, &[":"]),
            // These end with `end`, too, without a `do`; in Elixir with one.
            "if" | "unless" | "case" | "def" | "class" | "module" | "begin" | "while" => {
                begins_line && code.language == Language::Ruby
            }
            "end" => {
                open.pop();
                false
            }
            _ => false,
        };
        if is_block {
            open.push(if word == "do" {
                of_block(code, at)
            } else {
                None
            });
        }
    }
    let parts = open.into_iter().flatten().take(MOST_BLOCKS);
    let prefix = parts.fold(String::new(), |prefix, part| {
        joined(&prefix, &part).unwrap_or(prefix)
    });
    (!prefix.is_empty()).then_some(prefix)
}

/// What the line of a `do` puts before the routes of its block.
fn of_block(code: Code<'_>, at: usize) -> Option<String> {
    let line = code.line(at);
    let start = (0..at)
        .rev()
        .take_while(|&before| code.line(before) == line)
        .last()?;
    match code.word(start)? {
        "scope" => {
            let named = (start + 1..at).find(|&at| code.is(at, &["path", ":"]));
            let at = named.map_or(start + 1, |at| at + 2);
            let at = if code.is(at, &["("]) { at + 1 } else { at };
            code.string(at).map(str::to_owned)
        }
        "namespace" => {
            let named = code.is(start + 1, &[":"]).then(|| code.word(start + 2));
            let name = named.flatten().or_else(|| code.string(start + 1))?;
            Some(format!("/{name}"))
        }
        _ => None,
    }
}
