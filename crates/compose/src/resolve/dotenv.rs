//! Env files: `.env`, the files of `env_file` and `label_file`.
//!
//! The grammar is compose-go's dotenv package, its corner cases included: a value may go over
//! several lines within quotes, `:` separates as `=` does, a name alone takes its value from the
//! environment, a comment begins at ` #` in a value without quotes, and single quotes keep
//! variables as they stand. The `raw` format is that of `docker run --env-file`.

use plimsoll_source::TextRange;

use super::environment::{Environment, Lookup, Variable};
use super::records::{SourceId, Spot, VariableOrigin};
use super::substitute::{Failure, substitute};

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) range: TextRange,
}

/// What reading a file takes along.
pub(super) struct Reader<'r> {
    /// The file.
    pub(super) source: SourceId,
    /// What variables in values mean, before those of the file itself.
    pub(super) lookup: Lookup<'r>,
    /// Names that variables asked for and that nothing sets.
    pub(super) unset: Vec<(String, Spot)>,
}

impl Reader<'_> {
    /// Reads a file; its variables win over those that `vars` has already.
    pub(super) fn read(&mut self, text: &str, vars: &mut Environment) -> Result<(), Mistake> {
        let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        while let Some(start) = statement_start(text, at) {
            let name = locate_name(text, start)?;
            if name.text.contains(' ') {
                return Err(Mistake {
                    message: format!("the name `{}` has a space in it", name.text),
                    range: TextRange::at(start, start + name.text.len()),
                });
            }
            if name.inherited {
                if let Some(found) = (self.lookup)(name.text) {
                    vars.set(name.text, found);
                }
                at = name.rest;
                continue;
            }
            at = self.value(text, &name, vars)?;
        }
        Ok(())
    }

    /// Reads the value of `name` and gives where the next statement may begin.
    fn value(
        &mut self,
        text: &str,
        name: &Name<'_>,
        vars: &mut Environment,
    ) -> Result<usize, Mistake> {
        let start = name.rest;
        let rest = &text[start..];
        let (value, range, next) = match rest.as_bytes().first() {
            Some(&quote @ (b'"' | b'\'')) => {
                let Some((value, length)) = quoted(rest, quote) else {
                    let line = rest.find('\n').unwrap_or(rest.len());
                    return Err(Mistake {
                        message: format!("the quote of `{}` is never closed", name.text),
                        range: TextRange::at(start, start + line),
                    });
                };
                let range = TextRange::at(start, start + length);
                if quote == b'"' {
                    let value = self.expand(&escapes(&value), range, vars)?;
                    (value, range, start + length)
                } else {
                    (value, range, start + length)
                }
            }
            _ => {
                let line = rest.find('\n').unwrap_or(rest.len());
                let value = &rest[..line];
                let value = value.find(" #").map_or(value, |at| &value[..at]);
                let value = value.trim_end_matches(char::is_whitespace);
                let range = TextRange::at(start, start + value.len());
                let next = (start + line + 1).min(text.len());
                (self.expand(value, range, vars)?, range, next)
            }
        };
        let spot = Spot {
            source: self.source,
            range,
        };
        let variable = Variable {
            value: value.into(),
            origin: VariableOrigin::File(spot),
        };
        vars.set(name.text, variable);
        Ok(next)
    }

    fn expand(
        &mut self,
        value: &str,
        range: TextRange,
        vars: &Environment,
    ) -> Result<String, Mistake> {
        let outer = self.lookup;
        let lookup = |name: &str| outer(name).or_else(|| vars.get(name).cloned());
        let mistake = |message| Mistake { message, range };
        let found = substitute(value, &lookup, false).map_err(|failure| match failure {
            Failure::Invalid(template) => {
                mistake(format!("`{template}` is no valid use of a variable"))
            }
            Failure::Required(name, words) if words.is_empty() => {
                mistake(format!("the variable `{name}` is required"))
            }
            Failure::Required(name, words) => {
                mistake(format!("the variable `{name}` is required: {words}"))
            }
            Failure::TooLong => mistake("the value becomes too long".to_owned()),
        })?;
        let source = self.source;
        let spot = Spot { source, range };
        self.unset
            .extend(found.unset.into_iter().map(|name| (name, spot)));
        Ok(found.text)
    }

    /// Reads a file in the `raw` format.
    pub(super) fn read_raw(&mut self, text: &str, vars: &mut Environment) -> Result<(), Mistake> {
        // The reference reads line by line, none longer than this.
        const MAX_LINE: usize = 64 * 1024;
        let mut at = 0;
        for whole in text.split_inclusive('\n') {
            let start = at;
            at += whole.len();
            let line = whole.strip_suffix('\n').unwrap_or(whole);
            let line = line.strip_suffix('\r').unwrap_or(line);
            let range = TextRange::at(start, start + line.len());
            if whole.len() >= MAX_LINE {
                let message = "the line is longer than 64 KiB".to_owned();
                return Err(Mistake { message, range });
            }
            let bom = usize::from(start == 0 && line.starts_with('\u{feff}')) * 3;
            let trimmed = line[bom..].trim_start_matches(char::is_whitespace);
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let from = start + line.len() - trimmed.len();
            let (name, value) = match trimmed.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (trimmed, None),
            };
            if name.is_empty() {
                let message = "the line has no name before its `=`".to_owned();
                return Err(Mistake { message, range });
            }
            if name.contains([' ', '\t', '\u{b}', '\u{c}', '\r', '\n']) {
                let message = format!("the name `{name}` has white space in it");
                return Err(Mistake { message, range });
            }
            let variable = match value {
                Some(value) => {
                    let from = from + name.len() + 1;
                    let spot = Spot {
                        source: self.source,
                        range: TextRange::at(from, from + value.len()),
                    };
                    Some(Variable {
                        value: value.into(),
                        origin: VariableOrigin::File(spot),
                    })
                }
                None => (self.lookup)(name),
            };
            if let Some(variable) = variable {
                vars.set(name, variable);
            }
        }
        Ok(())
    }
}

/// White space that does not end a line, as the reference counts it.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}'
    )
}

/// Where the next statement begins: white space, empty lines and comments skipped.
fn statement_start(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = &text[at..];
        at += rest.find(|c: char| !c.is_whitespace())?;
        if !text[at..].starts_with('#') {
            return Some(at);
        }
        at += text[at..].find('\n')?;
    }
}

struct Name<'t> {
    text: &'t str,
    /// Whether the line ends after it.
    inherited: bool,
    /// Where the value begins, or the next line.
    rest: usize,
}

fn locate_name(text: &str, start: usize) -> Result<Name<'_>, Mistake> {
    let mut start = start;
    if let Some(rest) = text[start..].strip_prefix("export")
        && rest.starts_with(['\t', '\n', '\u{c}', '\r', ' '])
    {
        start = text.len() - rest.trim_start_matches(is_blank).len();
    }
    let src = &text[start..];
    let mut found = None;
    for (at, c) in src.char_indices() {
        match c {
            _ if is_blank(c) => {}
            '=' | ':' | '\n' => {
                found = Some((at, c == '\n'));
                break;
            }
            '_' | '.' | '-' | '[' | ']' => {}
            _ if c.is_alphabetic() || c.is_numeric() => {}
            _ => {
                return Err(Mistake {
                    message: format!("`{c}` cannot be in the name of a variable"),
                    range: TextRange::at(start + at, start + at + c.len_utf8()),
                });
            }
        }
    }
    // A name at the very end of the file, without a line break, is read as a value without a
    // name; so the reference does it.
    let (name, offset, inherited) = match found {
        Some((at, inherited)) => (&src[..at], at + 1, inherited),
        None => ("", 0, false),
    };
    let rest = &src[offset..];
    Ok(Name {
        text: name.trim_end_matches(char::is_whitespace),
        inherited,
        rest: text.len() - rest.trim_start_matches(is_blank).len(),
    })
}

/// The text between quotes, with the quotes' own escapes undone, and its length with the quotes.
fn quoted(text: &str, quote: u8) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c != char::from(quote) {
            if !escaped && c == '\\' {
                escaped = true;
                continue;
            }
            if escaped {
                escaped = false;
                value.push('\\');
            }
            value.push(c);
        } else if escaped {
            escaped = false;
            value.push(c);
        } else {
            return Some((value, at + 1));
        }
    }
    None
}

/// The escapes of double quotes undone. `\$` becomes `$$`, so that no variable is seen there.
fn escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = &rest[1..];
        let (replacement, length) = match after.bytes().next() {
            Some(b'$') => ("$$".to_owned(), 2),
            Some(b'a') => ("\u{7}".to_owned(), 2),
            Some(b'b') => ("\u{8}".to_owned(), 2),
            Some(b'f') => ("\u{c}".to_owned(), 2),
            Some(b'n') => ("\n".to_owned(), 2),
            Some(b'r') => ("\r".to_owned(), 2),
            Some(b't') => ("\t".to_owned(), 2),
            Some(b'v') => ("\u{b}".to_owned(), 2),
            Some(b'"') => ("\"".to_owned(), 2),
            Some(b'\\') => ("\\".to_owned(), 2),
            // `\c` is found and kept.
            Some(b'c') => ("\\c".to_owned(), 2),
            Some(b'0') => octal(after),
            _ => ("\\".to_owned(), 1),
        };
        out.push_str(&replacement);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// `\0` with up to three digits: a character if there are three octal ones, else the reference
/// keeps all but the `0`.
fn octal(after: &str) -> (String, usize) {
    let digits = after[1..].bytes().take(3).take_while(u8::is_ascii_digit);
    let digits = digits.count();
    let whole = &after[..=digits];
    let code = (digits == 3).then(|| u32::from_str_radix(&whole[1..], 8).ok());
    let character = code.flatten().filter(|&code| code < 256);
    match character.and_then(char::from_u32) {
        Some(c) => (c.to_string(), 2 + digits),
        None => (format!("\\{}", &whole[1..]), 2 + digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let lookup = |name: &str| {
            (name == "SHELL").then(|| Variable {
                value: "sh".into(),
                origin: VariableOrigin::Shell,
            })
        };
        let mut reader = Reader {
            source: SourceId(0),
            lookup: &lookup,
            unset: Vec::new(),
        };
        let mut vars = Environment::default();
        let outcome = reader.read(text, &mut vars);
        for (_, variable) in vars.iter() {
            if let VariableOrigin::File(spot) = variable.origin {
                assert!(spot.range.end as usize <= text.len());
            }
        }
        outcome.map_err(|mistake| mistake.message)?;
        let pairs = vars.iter();
        Ok(pairs
            .map(|(name, v)| (name.to_owned(), v.value.to_string()))
            .collect())
    }

    #[test]
    fn lines_are_read() {
        for (text, expected) in [
            ("A=1\nB = 2 # no\n", vec![("A", "1"), ("B", "2")]),
            ("export A=x\n# c\n\n B: y\n", vec![("A", "x"), ("B", "y")]),
            (
                "A='$B \\n' # c\nB=\"a\\nb\"",
                vec![("A", "$B \\n"), ("B", "a\nb")],
            ),
            ("A=\"x\ny\"\nB=${A}z", vec![("A", "x\ny"), ("B", "x\nyz")]),
            ("SHELL\nNONE\n", vec![("SHELL", "sh")]),
            (
                "A=$SHELL\nB=\"\\$SHELL\"",
                vec![("A", "sh"), ("B", "$SHELL")],
            ),
            ("A=#x\nB= # y\n", vec![("A", "#x"), ("B", "# y")]),
            ("A=\n\nB=1", vec![("A", ""), ("B", "1")]),
            ("LAST", vec![("", "LAST")]),
            ("A=\"\\0101\\012\\c\"", vec![("A", "A\\12\\c")]),
            ("\u{feff}A=1", vec![("A", "1")]),
            ("A.b-c[0]=1", vec![("A.b-c[0]", "1")]),
        ] {
            let expected: Vec<(String, String)> = expected
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            assert_eq!(read(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for text in ["A B=1", "A!=1", "A=\"x", "A='x\n", "A=${", "{}\n"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
