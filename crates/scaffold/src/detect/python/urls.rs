//! Routes of Django: lists of `path(…)`, in one another and included from other files.

use plimsoll_source::files::parent;

use super::entry::Sources;
use crate::detect::code::Code;
use crate::detect::files::Text;
use crate::detect::health as routes;
use crate::model::{Evidence, HealthRoute, Known};

/// What registers a route or a list of them.
const CALLS: &[&str] = &["path", "re_path", "url"];
/// How many lists may stand around a route.
const MOST_LISTS: usize = 12;

/// The routes that tell of health.
pub(super) fn health(sources: &Sources<'_>) -> Vec<Known<HealthRoute>> {
    let all = sources.list.iter().copied();
    let files: Vec<&Text> = all.filter(|text| text.path.ends_with("urls.py")).collect();
    let mut found = Vec::new();
    for text in &files {
        let code = text.code();
        for name in CALLS {
            for index in code.all(&[name, "("]) {
                let Some(path) = code.string(index + 2).map(plain) else {
                    continue;
                };
                let arguments = code.arguments(index + 1);
                let includes = arguments
                    .get(1)
                    .is_some_and(|range| code.is(range.start, &["include", "("]));
                let view = arguments.get(1).cloned().unwrap_or(0..0);
                if includes || routes::purpose(path).is_none() || wants_login(sources, code, view) {
                    continue;
                }
                let Some(whole) =
                    above(&files, text, index, 0).and_then(|prefix| routes::joined(&prefix, path))
                else {
                    continue;
                };
                let evidence = Evidence::line(
                    &text.path,
                    code.line(index),
                    format!("the route `{path}` is registered"),
                );
                found.extend(routes::route(&whole, evidence));
            }
        }
    }
    found
}

/// Whether a view of Django asks who calls: by what stands around it, by its permissions, or by those
/// that hold for all of them.
fn wants_login(sources: &Sources<'_>, code: Code<'_>, view: std::ops::Range<usize>) -> bool {
    if view
        .clone()
        .filter_map(|at| code.word(at))
        .any(routes::asks_who)
    {
        return true;
    }
    // `views.Status.as_view()`: the name that a class or function has.
    let mut names = view.filter_map(|at| code.word(at));
    let Some(name) = names.rfind(|word| !matches!(*word, "as_view" | "views")) else {
        return false;
    };
    for text in &sources.list {
        if !text.text.contains(name) {
            continue;
        }
        let code = text.code();
        let defined = ["class", "def"]
            .iter()
            .find_map(|kind| code.find(&[kind, name]));
        let Some(start) = defined else { continue };
        let above = (start.saturating_sub(40)..start)
            .rev()
            .take_while(|&at| !matches!(code.at(at), "return" | "pass" | "def" | "class"));
        let end = (start + 2..code.len()).find(|&at| code.at_margin(at));
        let body = start + 2..end.unwrap_or(code.len());
        let permissions = body
            .clone()
            .find(|&at| code.is(at, &["permission_classes", "="]));
        let Some(at) = permissions else {
            let rest = body
                .clone()
                .any(|at| matches!(code.at(at), "APIView" | "GenericAPIView" | "ViewSet"));
            return above.filter_map(|at| code.word(at)).any(routes::asks_who)
                || rest && asks_by_default(sources);
        };
        return code
            .expression(at + 2)
            .any(|at| code.at(at).starts_with("Is") || code.at(at).contains("Auth"));
    }
    false
}

/// Whether the settings of Django REST framework let only known users in.
fn asks_by_default(sources: &Sources<'_>) -> bool {
    sources.list.iter().any(|text| {
        let after = text.text.split("DEFAULT_PERMISSION_CLASSES").nth(1);
        after.is_some_and(|after| {
            after
                .chars()
                .take(160)
                .collect::<String>()
                .contains("IsAuthenticated")
        })
    })
}

/// A path without the signs of a regular expression around it.
fn plain(path: &str) -> &str {
    let path = path.trim_start_matches('^').trim_end_matches('$');
    path.trim_end_matches("/?")
}

/// What stands before what is registered at a token: of the lists around it, and of the files that
/// include this one. `None` when nothing tells.
fn above(files: &[&Text], text: &Text, token: usize, depth: usize) -> Option<String> {
    if depth >= MOST_LISTS {
        return None;
    }
    let code = text.code();
    let mut prefix = String::new();
    let mut at = token;
    while let Some(open) = code.opening(at) {
        if is_registration(code, open) {
            prefix = with(plain(code.string(open + 1)?), &prefix)?;
            // What is put together before it is a path says nothing.
            if !code.is(open + 2, &[","]) {
                return None;
            }
        }
        at = open;
    }
    // The outermost bracket is a list with a name: `urlpatterns = [ … ]`.
    let name = (at.saturating_sub(8)..at)
        .rev()
        .find_map(|before| code.word(before).filter(|_| code.at_margin(before)))?;
    if name == "urlpatterns" {
        let outer = included(files, text, depth)?;
        return with(&outer, &prefix);
    }
    let own = code.all(&["include", "("]).find(|&index| {
        let first = index + 2;
        let first = if code.is(first, &["("]) {
            first + 1
        } else {
            first
        };
        code.word(first) == Some(name)
    })?;
    let outer = above(files, text, own, depth + 1)?;
    with(&outer, &prefix)
}

fn is_registration(code: Code<'_>, open: usize) -> bool {
    let before = open.wrapping_sub(1);
    CALLS.iter().any(|name| code.is(before, &[name])) && code.is(open, &["("])
}

/// A path behind another; both may be empty.
fn with(before: &str, path: &str) -> Option<String> {
    let nothing = |text: &str| text.trim_matches('/').is_empty();
    if nothing(before) && nothing(path) {
        return Some(String::new());
    }
    routes::joined(before, path)
}

/// The prefix that a file is included with; empty for the one that is the root.
fn included(files: &[&Text], text: &Text, depth: usize) -> Option<String> {
    let module = text.path.strip_suffix(".py")?.replace('/', ".");
    for other in files.iter().filter(|other| other.path != text.path) {
        let code = other.code();
        for index in code.all(&["include", "("]) {
            let first = index + 2;
            let first = if code.is(first, &["("]) {
                first + 1
            } else {
                first
            };
            let Some(name) = code.string(first) else {
                continue;
            };
            if module == name || module.ends_with(&format!(".{name}")) {
                return above(files, other, index, depth + 1);
            }
        }
    }
    let root = text.text.contains("admin.site.urls")
        || files.len() == 1
        || parent(&text.path).ends_with("config");
    root.then(String::new)
}
