//! Routes that look like those of health by their names and are none: what wants a login answers a probe
//! with 401, and a page for people says nothing of the service.

use crate::detect::code::{Code, Kind, Language};

/// How far the head of a handler is looked for, in tokens.
const REACH: usize = 120;

/// Whether a route is open to a probe: nothing around its registration asks who calls. `name` is the
/// token of the function that registers, `path` that of the route.
pub(super) fn is_open(code: Code<'_>, name: usize, path: usize, holder: &str) -> bool {
    let asks = |at: usize| match code.kind(at) {
        Some(Kind::Word) => asks_who(code.at(at)),
        // `->middleware('auth:sanctum')`
        Some(Kind::Text) => code.language == Language::Php && asks_who(code.at(at)),
        _ => false,
    };
    if asks_who(holder) || asks_in_definition(code, holder) {
        return false;
    }
    let open = path.wrapping_sub(1);
    let within = if code.is(open, &["("]) {
        heads(code, open)
    } else {
        path..path
    };
    // `dependencies=[Depends(Permission([AllowAll]))]` lets everybody in.
    let lets_all = |at: usize| {
        let lower = code.at(at).to_ascii_lowercase();
        matches!(
            lower.as_str(),
            "allowall" | "allowany" | "allowanonymous" | "permitall"
        )
    };
    if within.clone().any(lets_all) {
        return true;
    }
    if within.clone().any(asks) || chain(code, within.end).any(asks) {
        return false;
    }
    match code.language {
        Language::Python => !decorated(code, name).any(asks),
        Language::Php => !in_guarded_group(code, path),
        _ => true,
    }
}

/// Whether what answers a route hands out a page.
pub(super) fn is_page(code: Code<'_>, path: usize) -> bool {
    let open = path.wrapping_sub(1);
    if !code.is(open, &["("]) {
        return false;
    }
    let body = match code.language {
        Language::Python => {
            let end = (path..code.len())
                .find(|&at| at > path + 4 && code.at_margin(at) && code.is(at, &["@"]))
                .unwrap_or(code.len());
            path..end.min(path + 4 * REACH)
        }
        _ => path..code.close(open),
    };
    body.filter_map(|at| code.word(at)).any(|word| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "render"
                | "render_template"
                | "templateresponse"
                | "htmlresponse"
                | "sendfile"
                | "view"
                | "inertia"
                | "indexhtml"
                | "html"
        )
    })
}

/// Whether a name is of what asks who calls.
pub(crate) fn asks_who(name: &str) -> bool {
    // An author is none who is asked, whoever authorizes is.
    let lower = name.to_ascii_lowercase();
    let lower = lower
        .replace("authoriz", "auth")
        .replace("authoris", "auth");
    let has = |word: &str| lower.contains(word);
    let asks = has("auth") && !has("author")
        || has("login")
        || has("loggedin")
        || has("permission")
        || has("current_user")
        || has("currentuser")
        || has("require_user")
        || has("requireuser")
        || has("isadmin")
        || has("is_admin")
        || has("jwt");
    let lets = [
        "allow",
        "anonymous",
        "public",
        "skip",
        "noauth",
        "no_auth",
        "optional",
        "unauth",
        "without",
    ];
    asks && !lets.iter().any(|word| has(word))
}

/// The tokens of a call's arguments, up to the body of a handler.
fn heads(code: Code<'_>, open: usize) -> std::ops::Range<usize> {
    let close = code.close(open);
    let arrow = code.language == Language::Script;
    let body = (open..close).find(|&at| code.is(at, &["{"]) || arrow && code.is(at, &["=", ">"]));
    open..body.unwrap_or(close)
}

/// The chain behind a call: `.RequireAuthorization()`, `->middleware('auth')`.
fn chain(code: Code<'_>, from: usize) -> impl Iterator<Item = usize> + '_ {
    let fits = matches!(
        code.language,
        Language::Csharp | Language::Php | Language::Rust
    );
    let end = if fits { from + REACH } else { from };
    (from..end.min(code.len())).take_while(move |&at| !code.is(at, &[";"]))
}

/// The decorators around one of Python's, and the head of the function below them.
fn decorated(code: Code<'_>, name: usize) -> impl Iterator<Item = usize> + '_ {
    let function = (name..(name + REACH).min(code.len()))
        .find(|&at| code.is(at, &["def"]))
        .unwrap_or(name);
    let end = if function > name && code.is(function + 2, &["("]) {
        code.close(function + 2)
    } else {
        name
    };
    // Decorators stand above one another, without anything between them.
    let mut start = name;
    for at in (name.saturating_sub(REACH)..name).rev() {
        if matches!(code.at(at), "return" | "def" | "class" | "pass")
            && code.kind(at) == Some(Kind::Word)
        {
            break;
        }
        if code.is(at, &["@"]) {
            start = at;
        }
    }
    start..end
}

/// Whether the groups around a route of PHP ask who calls.
fn in_guarded_group(code: Code<'_>, path: usize) -> bool {
    let mut at = path;
    for _ in 0..12 {
        let Some(open) = code.opening(at) else { break };
        if code.is(open.wrapping_sub(1), &["group", "("])
            || code.is(open.wrapping_sub(1), &["group"])
        {
            let start = (open.saturating_sub(REACH)..open)
                .rev()
                .find(|&at| code.is(at, &[";"]) || code.is(at, &["}"]))
                .unwrap_or(open.saturating_sub(REACH));
            let first = code.arguments(open).into_iter().next();
            let list = first.filter(|range| code.is(range.start, &["["]));
            let texts = (start..open).chain(list.into_iter().flatten());
            if texts.filter_map(|at| code.string(at)).any(asks_who) {
                return true;
            }
        }
        at = open;
    }
    false
}

/// Whether what a router is made of asks who calls: `APIRouter(dependencies=[Depends(current_user)])`,
/// `r.Group("/", AuthRequired())`.
fn asks_in_definition(code: Code<'_>, holder: &str) -> bool {
    let Some(definition) = code.definition(holder).filter(|_| !holder.is_empty()) else {
        return false;
    };
    let head = definition
        .take(REACH)
        .take_while(|&at| !code.is(at, &["{"]));
    head.filter_map(|at| code.word(at)).any(asks_who)
}
