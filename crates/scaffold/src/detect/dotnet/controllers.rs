//! Routes of ASP.NET's controllers: `[Route("api/[controller]")]` before a class, `[HttpGet("health")]`
//! before its methods.

use crate::detect::code::Code;
use crate::detect::health as routes;
use crate::detect::reading::Reading;
use crate::model::{Evidence, HealthRoute, Known};

/// How far before a class or behind an attribute something is looked for, in tokens.
const REACH: usize = 80;
/// How many classes above a controller are asked for its route.
const MOST_BASES: usize = 4;

/// The routes of all controllers that tell of health.
pub(super) fn health(reading: &Reading<'_>) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    for text in &reading.files {
        if !text.text.contains("HttpGet") {
            continue;
        }
        let code = text.code();
        for class in code.all(&["class"]) {
            let Some(name) = code
                .word(class + 1)
                .filter(|name| name.ends_with("Controller"))
            else {
                continue;
            };
            let template = template(reading, code, class);
            let Some(open) = (class..class + REACH).find(|&at| code.is(at, &["{"])) else {
                continue;
            };
            for at in open + 1..code.close(open) {
                if !is_get(code, at) {
                    continue;
                }
                let Some(path) = path(code, at, name, template.as_deref()) else {
                    continue;
                };
                let says = format!("a controller answers `{path}`");
                let evidence = Evidence::line(code.path, code.line(at), says);
                found.extend(routes::route(&path, evidence));
            }
        }
    }
    found
}

/// `[HttpGet]`, `[HttpGet("x")]`, `[AllowAnonymous, HttpGet]`.
fn is_get(code: Code<'_>, at: usize) -> bool {
    code.is(at, &["HttpGet"])
        && (code.is(at.wrapping_sub(1), &["["]) || code.is(at.wrapping_sub(1), &[","]))
}

/// The path of a method, with the names that stand for parts of it filled in.
fn path(code: Code<'_>, at: usize, class: &str, above: Option<&str>) -> Option<String> {
    // The name of the method stands before the first bracket behind its attributes.
    let mut end = at;
    while let Some(open) = code.opening(end).filter(|&open| code.is(open, &["["])) {
        end = code.close(open) + 1;
        if code.is(end, &["["]) {
            end += 1;
        }
    }
    let method =
        (end..end + REACH).find(|&at| code.is(at, &["("]) && code.word(at - 1).is_some())?;
    let action = code.word(method - 1)?;
    let routed = (at.saturating_sub(12)..method).find(|&near| {
        code.is(near, &["[", "Route", "("])
            && (at.min(near)..at.max(near)).all(|between| !code.is(between, &[";"]))
    });
    let own = code
        .string(at + 2)
        .filter(|_| code.is(at + 1, &["("]))
        .or_else(|| routed.and_then(|near| code.string(near + 3)))
        .unwrap_or_default();
    let absolute = own.strip_prefix('~').unwrap_or(own);
    let whole = if absolute.starts_with('/') {
        absolute.to_owned()
    } else {
        // Without a template the table of routes decides.
        if above.is_none() && own.is_empty() {
            return None;
        }
        format!("/{}/{own}", above.unwrap_or_default())
    };
    let controller = class.strip_suffix("Controller").unwrap_or(class);
    // Paths are compared without regard to capitals.
    let filled = whole
        .replace("[controller]", &controller.to_lowercase())
        .replace("[action]", &action.to_lowercase());
    routes::joined("", filled.trim_end_matches('/'))
}

/// The template before a class, or before one that it is made of.
fn template(reading: &Reading<'_>, code: Code<'_>, class: usize) -> Option<String> {
    let (mut code, mut class) = (code, class);
    for _ in 0..MOST_BASES {
        let before = (class.saturating_sub(REACH)..class)
            .rev()
            .take_while(|&at| !code.is(at, &[";"]) && !code.is(at, &["}"]));
        for at in before {
            if code.is(at, &["Route", "("]) {
                return code.string(at + 2).map(str::to_owned);
            }
        }
        // Behind the name, and what a constructor there takes.
        let mut at = class + 2;
        if code.is(at, &["("]) {
            at = code.close(at) + 1;
        }
        let base = code.word(at + 1).filter(|_| code.is(at, &[":"]))?;
        let above = reading.files.iter().find_map(|text| {
            let other = text.text.contains(base).then(|| text.code())?;
            Some((other, other.find(&["class", base])?))
        });
        (code, class) = above?;
    }
    None
}
