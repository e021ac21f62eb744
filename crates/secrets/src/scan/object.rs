//! The values of Kubernetes Secrets, in YAML: plain under `stringData`, in base64 under `data`.
//!
//! Read by lines and their indents, so that a template with a Secret in it is read as well.

use std::ops::Range;

use super::manner::Manner;
use super::{Found, Kind};
use crate::address::embedded;
use crate::base64::decode;
use crate::kubernetes::value_worth;
use crate::placeholder::is_placeholder;
use crate::value::Worth;

/// The values that are secrets, and the bytes of all values in base64, which nothing else is to
/// judge.
pub(super) fn values(text: &str, manner: Manner) -> (Vec<Found>, Vec<Range<usize>>) {
    let mut found = (Vec::new(), Vec::new());
    if manner != Manner::Settings || !text.contains("Secret") {
        return found;
    }
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let whole = line.trim_end_matches(['\n', '\r']);
        lines.push(Line::new(whole, start));
        start += line.len();
    }
    let secrets = (0..lines.len()).filter(|number| {
        let text = lines[*number].text;
        matches!(text, "kind: Secret" | "kind: \"Secret\"" | "kind: 'Secret'")
    });
    for number in secrets {
        let indent = lines[number].indent;
        let ends = |line: &Line<'_>| {
            line.text.starts_with("---")
                || line.begins_item && line.indent == indent
                || !line.text.is_empty() && line.indent < indent
        };
        let from = (0..number).rev().take(500).find(|at| ends(&lines[*at]));
        let from = match from {
            // The line that begins an item belongs to it.
            Some(at) if lines[at].begins_item && lines[at].indent == indent => at,
            Some(at) => at + 1,
            None => number.saturating_sub(500),
        };
        let from = if lines[number].begins_item {
            number
        } else {
            from
        };
        let until = (number + 1..lines.len())
            .find(|at| ends(&lines[*at]))
            .unwrap_or(lines.len());
        object(text, &lines[from..until], indent, &mut found);
    }
    found
}

struct Line<'t> {
    /// Without blanks and the dash of an item.
    text: &'t str,
    /// Where that begins.
    start: usize,
    indent: usize,
    begins_item: bool,
}

impl<'t> Line<'t> {
    fn new(whole: &'t str, start: usize) -> Self {
        let trimmed = whole.trim_start_matches(' ');
        let text = trimmed.strip_prefix("- ").unwrap_or(trimmed);
        let text = text.trim_start_matches(' ');
        let indent = whole.len() - text.len();
        Self {
            text: text.trim_end(),
            start: start + indent,
            indent,
            begins_item: trimmed.starts_with("- "),
        }
    }
}

fn object(
    text: &str,
    lines: &[Line<'_>],
    indent: usize,
    (found, judged): &mut (Vec<Found>, Vec<Range<usize>>),
) {
    let mut coded = None;
    for line in lines {
        if line.text.is_empty() || line.text.starts_with('#') {
            continue;
        }
        if line.indent <= indent {
            coded = match line.text {
                "data:" => Some(true),
                "stringData:" => Some(false),
                _ => None,
            };
            continue;
        }
        let Some(coded) = coded else { continue };
        let Some((key, rest)) = line.text.split_once(':') else {
            continue;
        };
        let value = rest.trim().trim_matches(['"', '\'']);
        if coded {
            judged.push(line.start..line.start + line.text.len());
        }
        if value.len() < 6
            || !rest.starts_with(' ')
            || is_placeholder(value)
            || value.contains("{{")
        {
            continue;
        }
        let plain = if coded {
            decode(value).and_then(|bytes| String::from_utf8(bytes).ok())
        } else {
            Some(value.to_owned())
        };
        let Some(plain) = plain.filter(|plain| !is_placeholder(plain)) else {
            continue;
        };
        let key = key.trim().trim_matches(['"', '\'']);
        // Whoever is named is not what proves it.
        let lower = key.to_ascii_lowercase();
        if [
            "name",
            "user",
            "username",
            "host",
            "url",
            "email",
            "username_in",
        ]
        .iter()
        .any(|end| lower.ends_with(end))
            && embedded(&plain).is_empty()
        {
            continue;
        }
        let worth = value_worth(&lower, &plain, &[]);
        if !matches!(worth, Worth::Real | Worth::Token(_)) || plain.contains("BEGIN CERTIFICATE") {
            continue;
        }
        let at = line.start + (line.text.len() - rest.trim_start().len());
        let at = at
            + (rest.trim_start().len() - rest.trim_start().trim_start_matches(['"', '\'']).len());
        let kind = if plain.contains("PRIVATE KEY-----") {
            Kind::PrivateKey
        } else {
            Kind::KubernetesSecret
        };
        found.push(Found::new(text, at..at + value.len(), kind, true).named(key));
    }
}
