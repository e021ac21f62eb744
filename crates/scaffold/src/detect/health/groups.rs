//! What stands before routes of PHP: groups of Laravel, Lumen and Slim, attributes of a class in Symfony.

use crate::detect::code::{Code, Kind};

use super::joined;

/// How many groups a route may stand in.
const MOST_GROUPS: usize = 12;
/// How far back the beginning of a statement is looked for, in tokens.
const REACH: usize = 60;

/// The prefix of the groups around a route; nothing for none.
pub(super) fn prefix(code: Code<'_>, token: usize) -> Option<String> {
    let mut prefix = chained(code, token).unwrap_or_default();
    let mut at = token;
    for _ in 0..MOST_GROUPS {
        let Some(open) = code.opening(at) else { break };
        let part = if code.is(open.wrapping_sub(1), &["group", "("]) {
            of_group(code, open)
        } else if code.is(open, &["{"]) {
            of_class(code, open)
        } else {
            None
        };
        if let Some(part) = part {
            prefix = joined(&part, &prefix).unwrap_or(prefix);
        }
        at = open;
    }
    // Laravel puts it before all routes of this file.
    if code.path.ends_with("routes/api.php") && code.text.contains("Route::") {
        prefix = joined("api", &prefix).unwrap_or_else(|| "/api".to_owned());
    }
    (!prefix.is_empty()).then_some(prefix)
}

/// Whether the path of an attribute is a class's, and no route.
pub(super) fn is_of_class(code: Code<'_>, token: usize) -> bool {
    if !code.is(token.wrapping_sub(2), &["Route", "("]) {
        return false;
    }
    let after = code.close(token - 1) + 1;
    let mut rest = (after..after + REACH).take_while(|&at| !code.is(at, &["{"]));
    // A method comes before any class that follows.
    let kind = rest.find_map(|at| {
        code.word(at)
            .filter(|word| matches!(*word, "class" | "function"))
    });
    kind == Some("class")
}

/// `->group('/api', …)`, `->group(['prefix' => 'api'], …)`, `->prefix('api')->group(…)`.
fn of_group(code: Code<'_>, open: usize) -> Option<String> {
    let first = code.arguments(open).into_iter().next()?;
    let own = match code.string(first.start) {
        Some(path) => Some(path.to_owned()),
        None => first
            .clone()
            // What else comes first is the body of the group.
            .filter(|_| matches!(code.at(first.start), "[" | "array"))
            .find(|&at| code.string(at) == Some("prefix") && code.is(at + 1, &["=", ">"]))
            .and_then(|at| code.string(at + 3))
            .map(str::to_owned),
    };
    let before = chained(code, open);
    match (before, own) {
        (Some(before), Some(own)) => joined(&before, &own),
        (before, own) => before.or(own),
    }
}

/// `Route::prefix('api')->middleware(…)->` before a call.
fn chained(code: Code<'_>, token: usize) -> Option<String> {
    let mut depth = 0usize;
    for at in (token.saturating_sub(REACH)..token).rev() {
        let sign = code.kind(at) == Some(Kind::Sign);
        match code.at(at) {
            ")" | "]" | "}" if sign => depth += 1,
            // The bracket of the call itself.
            "(" if sign && depth == 0 && at + 1 == token => {}
            "(" | "[" | "{" if sign && depth == 0 => return None,
            "(" | "[" | "{" if sign => depth -= 1,
            ";" if sign && depth == 0 => return None,
            "prefix" if depth == 0 && code.is(at + 1, &["("]) => {
                return code.string(at + 2).map(str::to_owned);
            }
            _ => {}
        }
    }
    None
}

/// `#[Route('/api')] final class X {`
fn of_class(code: Code<'_>, open: usize) -> Option<String> {
    let start = open.saturating_sub(REACH);
    let class = (start..open)
        .rev()
        .take_while(|&at| !code.is(at, &[";"]) && !code.is(at, &["}"]))
        .find(|&at| code.is(at, &["class"]))?;
    let attribute = (class.saturating_sub(REACH)..class)
        .rev()
        .take_while(|&at| !code.is(at, &[";"]) && !code.is(at, &["}"]))
        .find(|&at| code.is(at, &["Route", "("]) && code.close(at + 1) < class)?;
    let named = code.named(attribute + 1, "path").map(|range| range.start);
    code.string(named.unwrap_or(attribute + 2))
        .map(str::to_owned)
}
