//! What the text of a template says of a branch: what its condition wants, and which keys it writes
//! at which column.

use std::borrow::Cow;

use plimsoll_source::TextRange;

/// The condition of a branch.
pub(super) fn condition(block: &str) -> &str {
    let head = block.split_once("}}").map_or(block, |(head, _)| head);
    head.trim_start_matches(['{', '-', ' ', '\t', '\r', '\n'])
}

/// What a condition wants of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    There,
    Away,
    Compared,
}

/// What a condition wants of the value with this path; `None` if it does not name it.
pub(super) fn wanted(condition: &str, path: &str) -> Option<Wanted> {
    let key = path.rsplit('.').next().filter(|key| !key.is_empty())?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = condition.match_indices(key).filter(|(at, _)| {
        let before = &condition[..*at];
        let after = condition[at + key.len()..].chars().next();
        if after.is_some_and(is_word) {
            return false;
        }
        // `index .Values "a" "b"` names each key by itself.
        if before.ends_with('"') {
            return true;
        }
        let dotted = before.trim_end_matches(|c: char| is_word(c) || matches!(c, '.' | '$' | '-'));
        let holder = before[dotted.len()..].trim_start_matches('$');
        let holder = holder.strip_prefix(".Values").unwrap_or(holder);
        let Some(holder) = holder.strip_suffix('.') else {
            return false;
        };
        let (named, whole) = (
            holder.trim_start_matches('.'),
            &path[..path.len() - key.len()],
        );
        let whole = whole.trim_end_matches('.');
        named.is_empty() || whole.ends_with(named) || named.ends_with(whole)
    });
    let (at, _) = found.next()?;
    let rest = condition[at + key.len()..].trim_start_matches(['"', ' ']);
    let mut away = ["| not", "| empty"]
        .iter()
        .any(|pipe| rest.starts_with(pipe));
    // Outwards through the calls that it is handed to.
    let mut depth = 0;
    let mut calls = vec![0];
    for (start, c) in condition[..at].char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => calls.push(start + 1),
            _ => {}
        }
    }
    for start in calls {
        let mut words = condition[start..].split(|c: char| !is_word(c));
        let mut word = words.next().unwrap_or_default();
        while matches!(word, "if" | "else" | "with" | "range") {
            word = words.next().unwrap_or_default();
        }
        match word {
            "not" | "empty" => away = !away,
            // These pass on what they are given.
            "" | "and" | "or" | "Values" | "default" | "coalesce" | "index" | "include" => {}
            _ => return Some(Wanted::Compared),
        }
    }
    Some(if away { Wanted::Away } else { Wanted::There })
}

/// How many characters of its line are before an offset.
pub(super) fn column_of(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// The lines of a range of a template that have text beside actions, and at which column it
/// starts. Actions over several lines are taken for text behind their first line.
fn lines_of_text(template: &str, range: TextRange) -> impl Iterator<Item = (usize, &str)> {
    let start = range.start as usize;
    let from = start - column_of(template, start);
    let block = template.get(from..range.end as usize).unwrap_or_default();
    block.lines().filter_map(move |line| {
        let mut rest = line.trim_start();
        while rest.starts_with("{{") {
            let end = rest.find("}}")?;
            rest = rest[end + 2..].trim_start();
        }
        let is_text = !rest.is_empty() && !rest.starts_with('#');
        is_text.then(|| (line.len() - rest.len(), rest))
    })
}

/// The column of a key that a branch writes, if nothing in the branch stands further out.
pub(super) fn column_of_key(template: &str, range: TextRange, key: &str) -> Option<usize> {
    let outermost = lines_of_text(template, range)
        .map(|(column, _)| column)
        .min()?;
    let is_key = |text: &str| {
        let rest: Option<Cow<'_, str>> = text.strip_prefix(key).map(Cow::from);
        rest.is_some_and(|rest| rest.starts_with(':'))
    };
    let mut keys = lines_of_text(template, range).filter(|(_, text)| is_key(text));
    keys.find_map(|(column, _)| (column == outermost).then_some(column))
}

/// Whether a branch writes only what its actions print.
pub(super) fn is_action_only(template: &str, range: TextRange) -> bool {
    lines_of_text(template, range).next().is_none()
}
