//! Comments that allow findings in a file of any kind: what `plimsoll secret scan` goes by.
//!
//! A comment covers the line that it is on, or, on a line of its own, the next line that is none.
//! Which signs begin a comment depends on the language, and none is known here: the words have to
//! follow one of those that languages use.

use plimsoll_source::TextRange;

use super::directives::{self, Span, Tool};

/// A comment that allows findings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// The words of the comment.
    pub range: TextRange,
    /// Findings that start in these bytes are allowed.
    pub covers: TextRange,
    /// What it allows: ids, or none for the words of another tool, which allow any secret.
    pub rules: Vec<&'static str>,
    /// The reason given.
    pub reason: Option<String>,
}

const OURS: &str = "plimsoll:";

/// Words of other tools that look for secrets: gitleaks, detect-secrets, TruffleHog.
const OTHERS: [&str; 3] = [
    "gitleaks:allow",
    "pragma: allowlist secret",
    "trufflehog:ignore",
];

/// What begins a comment in some language.
const SIGNS: [&str; 9] = ["#", "//", "--", ";", "/*", "<!--", "*", "%", "{#"];

/// The comments of a text that allow findings.
pub fn allowances(text: &str) -> Vec<Allowance> {
    let mut found = Vec::new();
    let marked = |line: &str| line.contains(OURS) || OTHERS.iter().any(|mark| line.contains(mark));
    if !marked(text) {
        return found;
    }
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line.trim_end_matches(['\n', '\r'])));
        start += line.len();
    }
    let end_of = |number: usize| {
        lines
            .get(number + 1)
            .map_or(text.len() + 1, |(start, _)| *start)
    };
    let mut blank_above = true;
    for (number, (start, line)) in lines.iter().enumerate() {
        let at_top = blank_above;
        blank_above = blank_above && (line.trim().is_empty() || is_comment(line));
        if !marked(line) {
            continue;
        }
        for mark in OTHERS {
            if let Some(at) = line.find(mark) {
                found.push(Allowance {
                    range: TextRange::at(start + at, start + at + mark.len()),
                    covers: TextRange::at(*start, end_of(number)),
                    rules: Vec::new(),
                    reason: None,
                });
            }
        }
        let Some((at, alone)) = ours(line) else {
            continue;
        };
        let words = line[at..].trim_end_matches(['*', '/', '-', '>', '#', '}', ' ']);
        for directive in directives::parse(words, (start + at) as u32, &[]) {
            if directive.tool != Tool::Plimsoll || directive.fault.is_some() {
                continue;
            }
            let rules: Vec<&str> = directive
                .names
                .into_iter()
                .flat_map(|name| name.rules)
                .collect();
            // A name of no rule allows nothing.
            if rules.is_empty() {
                continue;
            }
            let below = || {
                let rest = &lines[number + 1..];
                let comments = rest.iter().take_while(|(_, line)| is_comment(line)).count();
                number + 1 + comments
            };
            let covers = match directive.span {
                Span::File if at_top => TextRange::new(0, u32::MAX),
                Span::File => continue,
                _ if alone && below() < lines.len() => {
                    TextRange::at(lines[below()].0, end_of(below()))
                }
                _ => TextRange::at(*start, end_of(number)),
            };
            found.push(Allowance {
                range: TextRange::at(start + at, start + at + words.len()),
                covers,
                rules,
                reason: directive.reason,
            });
        }
    }
    found
}

/// Where our words stand in a line, and whether their comment is all of it.
fn ours(line: &str) -> Option<(usize, bool)> {
    let at = line.find(OURS)?;
    let before = line[..at].trim_end();
    let sign = SIGNS
        .iter()
        .filter(|sign| before.ends_with(**sign))
        .max_by_key(|sign| sign.len());
    let outside = match sign {
        Some(sign) => before[..before.len() - sign.len()].trim(),
        None if before.is_empty() => "",
        None => return None,
    };
    Some((at, outside.is_empty()))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    SIGNS.iter().any(|sign| line.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::allowances;

    /// The line numbers that are covered, for each comment, with what it allows.
    fn covered(text: &str) -> Vec<(Vec<usize>, String)> {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let found = allowances(text);
        let lines = |one: &super::Allowance| {
            let inside = |start: &&usize| one.covers.contains(**start as u32);
            let all = starts.iter().filter(inside);
            all.map(|start| text[..*start].matches('\n').count() + 1)
                .collect()
        };
        found
            .iter()
            .map(|one| (lines(one), one.rules.join(",")))
            .collect()
    }

    #[test]
    fn comments_of_any_language_cover_their_line_or_the_next() {
        for (text, expected) in [
            (
                "a\nx = 'k' # plimsoll: allow(plain-secret) public\nb\n",
                (vec![2], "plain-secret"),
            ),
            (
                "a\n// plimsoll: allow(plain-secret) public\n// more\nb\nc\n",
                (vec![4], "plain-secret"),
            ),
            (
                "<!-- plimsoll: allow(plain-secret) why -->\nb\nc\n",
                (vec![2], "plain-secret"),
            ),
            (
                "b /* plimsoll: allow(secret-in-image) */\nc\n",
                (vec![1], "secret-in-image"),
            ),
            ("x: 1 # gitleaks:allow\nc\n", (vec![1], "")),
        ] {
            assert_eq!(
                covered(text),
                [(expected.0, expected.1.to_owned())],
                "{text}"
            );
        }
    }

    #[test]
    fn a_file_is_allowed_at_its_top_only() {
        let whole = covered("# x\n# plimsoll: allow-file(plain-secret) made up\na\nb");
        assert_eq!(whole, [(vec![1, 2, 3, 4], "plain-secret".to_owned())]);
        assert_eq!(covered("a\n# plimsoll: allow-file(plain-secret)\nb\n"), []);
    }

    #[test]
    fn what_is_no_comment_allows_nothing() {
        assert_eq!(covered("say plimsoll: allow(plain-secret)\nb\n"), []);
        assert_eq!(covered("# plimsoll: alow(plain-secret)\nb\n"), []);
        assert_eq!(covered("# plimsoll: allow(no-such-rule)\nb\n"), []);
    }
}
