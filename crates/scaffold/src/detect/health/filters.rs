//! Routes of warp, which are chains of filters: `warp::path("api").and(warp::path("health"))`,
//! `warp::path!("api" / "health")`.

use crate::detect::code::{Code, Language};
use crate::model::{Evidence, HealthRoute, Known};

use super::{joined, route};

/// How far the end of a chain is looked for, in tokens.
const REACH: usize = 80;

/// A part of a chain: its path, where it begins and what follows it.
struct Part {
    path: String,
    start: usize,
    end: usize,
}

/// The routes of a file whose names tell of health.
pub(super) fn routes(code: Code<'_>) -> Vec<Known<HealthRoute>> {
    if code.language != Language::Rust || !code.text.contains("warp") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut before: Option<Part> = None;
    for index in 0..code.len() {
        let Some(part) = part(code, index) else {
            continue;
        };
        let whole = match ahead(code, &part, before.as_ref()) {
            Ahead::Nothing => Some(part.path.clone()),
            Ahead::Path(prefix) => joined(&prefix, &part.path),
            Ahead::Unknown => None,
        };
        let Some(path) = whole else {
            before = None;
            continue;
        };
        if ends(code, &part) && answers_get(code, &part) {
            let evidence = Evidence::line(
                code.path,
                code.line(index),
                format!("the filter of `{path}` is made here"),
            );
            found.extend(route(&path, evidence));
        }
        before = Some(Part { path, ..part });
    }
    found
}

/// What stands before a part of a chain.
enum Ahead {
    /// Nothing: it begins one.
    Nothing,
    /// This path, which may be empty.
    Path(String),
    /// A filter of which nothing is known.
    Unknown,
}

/// `path("health")`, `path!("api" / "health")`.
fn part(code: Code<'_>, index: usize) -> Option<Part> {
    let is_macro = code.is(index, &["path", "!", "("]);
    let open = if is_macro {
        index + 2
    } else if code.is(index, &["path", "("]) {
        index + 1
    } else {
        return None;
    };
    let close = code.close(open);
    let mut path = String::new();
    for at in open + 1..close {
        match code.string(at) {
            Some(text) => path = joined(&path, text)?,
            None if is_macro && matches!(code.at(at), "/" | "." | "..") => {}
            // A parameter.
            None => return None,
        }
    }
    let qualified = code.is(index.wrapping_sub(3), &["warp", ":", ":"]);
    (!path.is_empty()).then_some(Part {
        path,
        start: if qualified { index - 3 } else { index },
        end: close + 1,
    })
}

/// What stands before a part that another filter is joined to.
fn ahead(code: Code<'_>, part: &Part, before: Option<&Part>) -> Ahead {
    if !code.is(part.start.wrapping_sub(3), &[".", "and", "("]) {
        return Ahead::Nothing;
    }
    let dot = part.start - 3;
    // Behind the part before it, in the same chain.
    if let Some(before) = before
        && before.end <= dot
        && !(before.end..dot).any(|at| code.is(at, &[";"]) || code.is(at, &["or"]))
    {
        return Ahead::Path(before.path.clone());
    }
    // `api.and(…)`, `api.clone().and(…)`.
    let name_at = if code.is(dot.wrapping_sub(4), &[".", "clone", "(", ")"]) {
        dot.wrapping_sub(5)
    } else {
        dot.wrapping_sub(1)
    };
    if let Some(definition) = code.word(name_at).and_then(|name| code.definition(name)) {
        let paths = definition.filter_map(|at| self::part(code, at));
        return Ahead::Path(paths.fold(String::new(), |whole, part| {
            joined(&whole, &part.path).unwrap_or(whole)
        }));
    }
    // A filter without a path, such as one of a method, puts nothing before it.
    let is_method = ["get", "any", "head"]
        .iter()
        .any(|name| code.is(dot.wrapping_sub(3), &[name, "(", ")"]));
    if is_method {
        Ahead::Path(String::new())
    } else {
        Ahead::Unknown
    }
}

/// Whether no further path follows in the chain.
fn ends(code: Code<'_>, part: &Part) -> bool {
    let mut at = part.end;
    // Out of the brackets of the `and` that it stands in.
    while code.is(at, &[")"]) {
        at += 1;
    }
    if !code.is(at, &[".", "and", "("]) {
        return true;
    }
    let next = if code.is(at + 3, &["warp", ":", ":"]) {
        at + 6
    } else {
        at + 3
    };
    let more = [
        &["path", "("][..],
        &["path", "!"],
        &["path", ":", ":", "param"],
    ];
    !more.iter().any(|pattern| code.is(next, pattern))
}

/// Whether nothing in the rest of the chain says another method.
fn answers_get(code: Code<'_>, part: &Part) -> bool {
    let rest = part.end..(part.end + REACH).min(code.len());
    let mut rest = rest.take_while(|&at| !code.is(at, &[";"]) && !code.is(at, &[".", "or", "("]));
    !rest.any(|at| {
        ["post", "put", "delete", "patch"]
            .iter()
            .any(|method| code.is(at, &[method, "(", ")"]))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::code::tokens;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let text = format!("use warp::Filter;\n{text}");
        let tokens = tokens(&text, Language::Rust);
        let code = Code {
            path: "a.rs",
            text: &text,
            tokens: &tokens,
            language: Language::Rust,
        };
        let all = routes(code).into_iter();
        all.map(|known| known.value.path).collect()
    }

    #[test]
    fn chains_of_filters_are_paths() {
        for (text, path) in [
            (
                "let a = warp::path(\"health\").and(warp::get()).map(h);",
                "/health",
            ),
            (
                "let a = warp::path!(\"api\" / \"health\").map(h);",
                "/api/health",
            ),
            (
                "let a = warp::path(\"api\").and(warp::path(\"health\")).and(warp::path::end()).map(h);",
                "/api/health",
            ),
            (
                "let api = warp::path(\"api\");\nlet a = api.and(warp::path(\"health\")).map(h);",
                "/api/health",
            ),
            (
                "let a = warp::get().and(warp::path(\"healthz\")).and(warp::path::end()).map(h);",
                "/healthz",
            ),
            (
                "let r = warp::path(\"users\").map(u).or(warp::path(\"health\").map(h));",
                "/health",
            ),
        ] {
            assert_eq!(found(text), [path], "{text}");
        }
        for text in [
            "let a = warp::path(\"health\").and(warp::post()).map(h);",
            "let a = warp::path!(\"users\" / u32 / \"status\").map(h);",
            "let a = warp::path(\"health\").and(warp::path(\"records\")).map(h);",
            "let a = base().and(warp::path(\"users\")).map(h);",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
