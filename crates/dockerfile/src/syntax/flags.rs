//! Flags: `--name=value` words before the arguments.

use plimsoll_source::nearest::nearest;

use super::lines::{Logical, is_space};
use super::{Flag, Keyword, SyntaxError, Word};

/// Splits the flags off the text at `start..limit` of a logical line. Gives the flags and where
/// the arguments begin. A word `--` ends the flags and is dropped.
pub(crate) fn split_within(
    line: &Logical<'_>,
    start: usize,
    limit: usize,
    escape: char,
) -> (Vec<Flag>, usize) {
    let text = &line.text[..limit];
    let mut flags = Vec::new();
    let mut at = start;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches(is_space).len();
        if !text[at..].starts_with("--") {
            return (flags, at);
        }
        let begin = at;
        let mut value = String::new();
        // Where each `=` of the raw word stands, to give name and value their own ranges.
        let mut equals = None;
        let mut quote = None;
        let mut chars = text[at..].char_indices();
        let mut end = text.len();
        while let Some((offset, c)) = chars.next() {
            match quote {
                None if is_space(c) => {
                    end = at + offset;
                    break;
                }
                None if c == '\'' || c == '"' => quote = Some(c),
                Some(open) if c == open => quote = None,
                _ if c == escape => {
                    if let Some((_, c)) = chars.next() {
                        value.push(c);
                    }
                }
                _ => {
                    if c == '=' && equals.is_none() {
                        equals = Some((at + offset, value.len()));
                    }
                    value.push(c);
                }
            }
        }
        at = end;
        if value == "--" {
            at += text[at..].len() - text[at..].trim_start_matches(is_space).len();
            return (flags, at);
        }
        flags.push(flag(line, begin, end, &value, equals));
    }
}

fn flag(
    line: &Logical<'_>,
    begin: usize,
    end: usize,
    value: &str,
    equals: Option<(usize, usize)>,
) -> Flag {
    let range = line.range(begin, end);
    let (name_end, name, value) = match equals {
        Some((at, in_value)) => {
            let word = Word {
                range: line.range(at + 1, end),
                value: value[in_value + 1..].into(),
            };
            (at, &value[..in_value], Some(word))
        }
        None => (end, value, None),
    };
    let name = name.strip_prefix("--").unwrap_or(name);
    Flag {
        range,
        name: Word {
            range: line.range(begin + 2, name_end),
            value: name.into(),
        },
        value,
    }
}

/// What a flag takes.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// `--link`, `--link=true`, `--link=false`.
    Bool,
    /// One value.
    Text,
    /// A value, and the flag may be repeated.
    Texts,
}

/// The flags of an instruction; `None` where the builder does not look at them at all.
fn known(keyword: Keyword) -> Option<&'static [(&'static str, Takes)]> {
    use Takes::{Bool, Text, Texts};
    Some(match keyword {
        Keyword::From => &[("platform", Text)],
        Keyword::Run => &[
            ("mount", Texts),
            ("network", Text),
            ("security", Text),
            ("device", Texts),
        ],
        Keyword::Copy => &[
            ("chown", Text),
            ("from", Text),
            ("chmod", Text),
            ("link", Bool),
            ("exclude", Texts),
            ("parents", Bool),
        ],
        Keyword::Add => &[
            ("chown", Text),
            ("chmod", Text),
            ("link", Bool),
            ("keep-git-dir", Bool),
            ("checksum", Text),
            ("unpack", Bool),
            ("exclude", Texts),
        ],
        Keyword::Healthcheck => &[
            ("interval", Text),
            ("timeout", Text),
            ("start-period", Text),
            ("start-interval", Text),
            ("retries", Text),
        ],
        Keyword::Arg | Keyword::StopSignal | Keyword::Unknown => return None,
        _ => &[],
    })
}

/// Finds the first flag that the builder refuses.
pub(crate) fn check(keyword: Keyword, flags: &[Flag], errors: &mut Vec<SyntaxError>) -> bool {
    let Some(known) = known(keyword) else {
        return true;
    };
    let mut seen: Vec<&str> = Vec::new();
    for flag in flags {
        let name = &*flag.name.value;
        let Some(&(_, takes)) = known.iter().find(|(known, _)| *known == name) else {
            let near = nearest(name, known.iter().map(|(name, _)| *name));
            errors.push(SyntaxError {
                range: flag.name.range,
                message: format!("`{}` has no flag `--{name}`", keyword.name()),
                help: Some(match (near, known) {
                    (Some(near), _) => format!("write `--{near}`"),
                    (None, []) => "remove it: this instruction takes no flags".to_owned(),
                    (None, known) => format!("its flags are {}", listed(known)),
                }),
                replacement: near.map(str::to_owned),
            });
            return false;
        };
        if seen.contains(&name) && takes != Takes::Texts {
            errors.push(SyntaxError::new(
                flag.range,
                format!("the flag `--{name}` is given twice"),
                "keep one of them",
            ));
            return false;
        }
        seen.push(name);
        let value = flag.value.as_ref().map(|word| &*word.value);
        let problem = match (takes, value) {
            (Takes::Bool, Some("")) | (Takes::Text | Takes::Texts, None) => Some((
                format!("the flag `--{name}` lacks its value"),
                "write `--NAME=VALUE`",
            )),
            (Takes::Bool, Some(value))
                if !value.eq_ignore_ascii_case("true") && !value.eq_ignore_ascii_case("false") =>
            {
                Some((
                    format!("the flag `--{name}` is `true` or `false`, not `{value}`"),
                    "write `true` or `false`",
                ))
            }
            _ => None,
        };
        if let Some((message, help)) = problem {
            errors.push(SyntaxError::new(flag.range, message, help));
            return false;
        }
    }
    true
}

fn listed(known: &[(&str, Takes)]) -> String {
    let names: Vec<String> = known
        .iter()
        .map(|(name, _)| format!("`--{name}`"))
        .collect();
    names.join(", ")
}
