//! Flags: `--name=value` words before the arguments.

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::lines::Logical;
use super::problems::Problems;
use super::{Flag, Keyword, SyntaxError, Word};

/// Splits the flags off `start..limit` of a logical line. Gives the flags and where the
/// arguments begin. A word `--` ends the flags and is dropped.
///
/// The reference looks at bytes here: 0x85 and 0xA0 count as white space inside letters too.
pub(crate) fn split(
    line: &Logical<'_>,
    start: usize,
    limit: usize,
    escape: char,
) -> (Vec<Flag>, usize) {
    let text = &line.text[..limit];
    let mut flags = Vec::new();
    let mut at = start;
    loop {
        at += text.as_bytes()[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b)
            .count();
        if !text[at..].starts_with("--") {
            return (flags, at);
        }
        let word = scan(text, at, escape as u8);
        let value = word.value.as_deref().unwrap_or(&text[at..word.end]);
        if value == "--" {
            return (flags, word.end);
        }
        flags.push(flag(line, at, &word, value));
        at = word.end;
    }
}

/// One word, quotes and escapes taken off.
struct Scanned {
    end: usize,
    /// The text, where it differs from the source's.
    value: Option<String>,
    /// Where its first `=` stands in the line.
    equals: Option<usize>,
}

fn scan(text: &str, start: usize, escape: u8) -> Scanned {
    let bytes = text.as_bytes();
    let space = |byte: u8| matches!(byte, 0x09..=0x0d | b' ' | 0x85 | 0xa0);
    let mut value: Option<Vec<u8>> = None;
    let mut equals = None;
    let mut quote = None;
    let mut at = start;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            None if space(byte) => break,
            None if matches!(byte, b'\'' | b'"') => {
                value.get_or_insert_with(|| bytes[start..at].to_vec());
                quote = Some(byte);
            }
            Some(open) if byte == open => quote = None,
            _ if byte == escape => {
                let value = value.get_or_insert_with(|| bytes[start..at].to_vec());
                if let Some(&next) = bytes.get(at + 1) {
                    value.push(next);
                    at += 1;
                }
            }
            _ => {
                if byte == b'=' && equals.is_none() {
                    equals = Some(at);
                }
                if let Some(value) = &mut value {
                    value.push(byte);
                }
            }
        }
        at += 1;
    }
    let at = at.min(bytes.len());
    // A letter that is cut belongs to the word if its last byte made the cut, else to the rest.
    let mut end = at;
    if !text.is_char_boundary(end) {
        end = if text.is_char_boundary(at + 1) {
            at + 1
        } else {
            (start..at)
                .rev()
                .find(|&at| text.is_char_boundary(at))
                .unwrap_or(start)
        };
    }
    let value = value.map(|bytes| match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    });
    Scanned { end, value, equals }
}

fn flag(line: &Logical<'_>, begin: usize, word: &Scanned, text: &str) -> Flag {
    let end = word.end;
    let range = line.range(begin, end);
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let equals = word.equals.filter(|&at| at < end).unwrap_or(end);
    let name_start = (begin + 2).min(equals);
    Flag {
        range,
        name: Word {
            range: line.range(name_start, equals),
            value: name.strip_prefix("--").unwrap_or(name).into(),
        },
        value: value.map(|value| Word {
            range: line.range((equals + 1).min(end), end),
            value: value.into(),
        }),
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

/// Finds the flags that the builder refuses.
pub(crate) fn check(keyword: Keyword, flags: &[Flag], problems: &mut Problems) {
    if flags.is_empty() {
        return;
    }
    let Some(known) = known(keyword) else { return };
    let mut seen: Vec<&str> = Vec::new();
    for flag in flags {
        let name = &*flag.name.value;
        let Some(&(known_name, takes)) = known.iter().find(|(known, _)| *known == name) else {
            problems.late(unknown(keyword, flag, known));
            continue;
        };
        if seen.contains(&known_name) && takes != Takes::Texts {
            problems.late(SyntaxError::new(
                flag.range,
                format!("the flag `--{name}` is given twice"),
                "keep one of them",
            ));
        } else {
            seen.push(known_name);
        }
        let value = flag.value.as_ref().map(|word| &*word.value);
        match (takes, value) {
            (Takes::Bool, Some("")) | (Takes::Text | Takes::Texts, None) => {
                problems.late(SyntaxError::new(
                    flag.range,
                    format!("the flag `--{name}` lacks its value"),
                    format!("write `--{name}=…`"),
                ));
            }
            (Takes::Bool, Some(value))
                if !value.eq_ignore_ascii_case("true") && !value.eq_ignore_ascii_case("false") =>
            {
                problems.late(SyntaxError::new(
                    flag.range,
                    format!("the flag `--{name}` is `true` or `false`, not `{value}`"),
                    "write `true` or `false`",
                ));
            }
            _ => {}
        }
    }
}

fn unknown(keyword: Keyword, flag: &Flag, known: &[(&str, Takes)]) -> SyntaxError {
    let name = &*flag.name.value;
    let near = nearest(name, known.iter().map(|(name, _)| *name));
    SyntaxError {
        // The dashes are part of what people call the flag.
        range: TextRange::new(flag.range.start, flag.name.range.end),
        message: format!("`{}` has no flag `--{name}`", keyword.name()),
        help: Some(match (near, known) {
            (Some(near), _) => format!("write `--{near}`"),
            (None, []) => "remove it: this instruction takes no flags".to_owned(),
            (None, known) => {
                let names: Vec<String> = known
                    .iter()
                    .map(|(name, _)| format!("`--{name}`"))
                    .collect();
                format!("use one of {}", names.join(", "))
            }
        }),
        replacement: near.map(|near| format!("--{near}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_text(text: &str) -> (Vec<(String, Option<String>)>, &str) {
        let line = Logical::new(0, text);
        let (flags, rest) = split(&line, 0, text.len(), '\\');
        let told = flags
            .into_iter()
            .map(|flag| {
                (
                    flag.name.value.into(),
                    flag.value.map(|word| word.value.into()),
                )
            })
            .collect();
        (told, &text[rest..])
    }

    #[test]
    fn quotes_and_escapes_are_taken_off() {
        let (flags, rest) = split_text("--a=\"b c\" --d=e\\ f  --g -- --h x");
        assert_eq!(
            flags,
            [
                ("a".into(), Some("b c".into())),
                ("d".into(), Some("e f".into())),
                ("g".into(), None)
            ]
        );
        assert_eq!(rest, " --h x");
    }

    #[test]
    fn bytes_of_letters_may_be_white_space() {
        assert_eq!(split_text("--a=\u{e0}/x y").1, "/x y");
        assert_eq!(split_text("--a=\u{3801} y").1, "\u{3801} y");
    }
}
