//! Which values an error may be about: those that the expression names, or the action around it,
//! or the `with` and `range` around that.

use plimsoll_gotmpl::syntax::NodeKind;
use plimsoll_gotmpl::{Map, Tree, Value};
use plimsoll_source::{LineIndex, TextRange};

use crate::values::{SourceId, Sources};

/// How many values are told.
const MOST: usize = 3;

/// The paths of values that have to do with a place in a template: as `.Values.a.b`.
pub(super) fn notes(tree: &Tree, range: TextRange, context: &str) -> Vec<String> {
    let own = context.strip_prefix('$').unwrap_or(context);
    if own.starts_with(".Values.") {
        return paths(own).into_iter().take(1).collect();
    }
    let mut found = paths(&action(tree.text(), range));
    if found.is_empty() {
        found = around(tree, range.start);
    }
    found.truncate(MOST);
    found
}

/// The text of the action around a range.
fn action(text: &[u8], range: TextRange) -> String {
    let (start, end) = (range.start as usize, range.end as usize);
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let from = memchr::memmem::rfind(before, b"{{").unwrap_or(start);
    let to = memchr::memmem::find(after, b"}}").map_or(end, |at| end + at);
    String::from_utf8_lossy(text.get(from..to).unwrap_or_default()).into_owned()
}

/// What the innermost `with` or `range` around a place that names values is about.
fn around(tree: &Tree, at: u32) -> Vec<String> {
    let mut best: Option<(u32, Vec<String>)> = None;
    for (_, node) in tree.all_nodes() {
        let (NodeKind::With(branch) | NodeKind::Range(branch)) = node.kind else {
            continue;
        };
        let body = tree.node(branch.list).range;
        if at < body.start || at >= body.end {
            continue;
        }
        let header = tree.bytes(tree.node(branch.pipe).range);
        let found = paths(&String::from_utf8_lossy(header));
        if !found.is_empty() && best.as_ref().is_none_or(|(start, _)| *start < body.start) {
            best = Some((body.start, found));
        }
    }
    best.map(|(_, found)| found).unwrap_or_default()
}

/// The paths of values in an expression, each once.
fn paths(expression: &str) -> Vec<String> {
    const ROOT: &str = ".Values.";
    let mut found: Vec<String> = Vec::new();
    for (at, _) in expression.match_indices(ROOT) {
        // `.x.Values` is a field of something else.
        let before = expression[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ')')) {
            continue;
        }
        let rest = &expression[at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_'))
            .unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches('.').to_owned();
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// What there is at a path, and where it was written.
pub(super) fn told(wanted: &str, root: &Map, sources: &Sources) -> String {
    let mut path = String::from(".Values");
    let Some(mut at) = root.get(b"Values") else {
        return format!("`{wanted}` is not set");
    };
    let names = wanted.split('.').skip(2);
    for name in names.filter(|name| !name.is_empty()) {
        let Value::Map(map) = &at.value else {
            break;
        };
        let found = map.get(name.as_bytes());
        let longer = format!("{path}.{name}");
        let holder = std::mem::replace(&mut path, longer);
        let Some(found) = found else {
            let place = map.id().and_then(|id| place(SourceId(id.0), sources));
            return match place {
                Some(place) => format!("`{path}` is not set; `{holder}` is, {place}"),
                None => format!("`{path}` is not set"),
            };
        };
        at = found;
    }
    let source = match &at.value {
        Value::Map(map) => map.id().map(|id| SourceId(id.0)),
        _ => at.trace.host().map(|id| SourceId(id.0)),
    };
    let kind = kind(&at.value);
    match source.and_then(|source| place(source, sources)) {
        Some(place) => format!("`{path}` is {kind}, set {place}"),
        None => format!("`{path}` is {kind}"),
    }
}

/// `in FILE:LINE`, or the flag.
fn place(source: SourceId, sources: &Sources) -> Option<String> {
    let source = sources.get(source)?;
    let file = sources.file(source.file)?;
    if file.name.starts_with("--") {
        return Some(format!("by `{}`", file.name));
    }
    let line = LineIndex::new(&file.text)
        .line_col(&file.text, source.range.start)
        .line;
    Some(format!("in {}:{line}", file.name))
}

fn kind(value: &Value) -> String {
    let word = match value {
        Value::Nil => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(..) | Value::Uint(..) | Value::Float(_) => "a number",
        Value::Str(text) if text.is_empty() => "an empty string",
        Value::Str(_) => "a string",
        Value::List(list) => return format!("a list of {}", list.len()),
        Value::Map(_) => "a map",
        _ => "an object",
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn paths_of_values_are_found() {
        let found = paths("{{- include \"a\" (dict \"b\" $.Values.c_1.d) | default .Values.e }}");
        assert_eq!(found, [".Values.c_1.d", ".Values.e"]);
        assert_eq!(
            paths("x.Values.a (f).Values.b .Values.c.Values.d"),
            [".Values.c.Values.d"]
        );
    }
}
