//! Words: unquoting, and variable expansion with every modifier BuildKit knows.

use plimsoll_source::TextRange;

use crate::syntax::Word;
use crate::syntax::lines::{Logical, rejoin};

mod pattern;

/// A variable reference inside a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// From `$` to the end of the reference.
    pub range: TextRange,
    /// Its name.
    pub name: Box<str>,
    /// The operator (`:-`, `-`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/`, `//`), if any.
    pub operator: Option<&'static str>,
}

/// The result of expanding a word.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expanded {
    /// The text, quotes removed.
    pub text: String,
    /// Names that had no value and no default.
    pub unset: Vec<Box<str>>,
}

/// Why a word cannot be expanded (unterminated quote, bad modifier, `${v:?message}`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpandError {
    /// Where in the source.
    pub range: TextRange,
    /// What is wrong.
    pub message: String,
}

/// Deepest nesting of `${…}` that is followed.
const MAX_DEPTH: u32 = 64;

/// Longest text that an expansion may give, in bytes: `${a//x/long}` can grow.
const MAX_TEXT: usize = 1 << 20;

/// Expands a word with `lookup` as the environment, as BuildKit's `ProcessWord` does.
pub fn expand(
    word: &Word,
    source: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded, ExpandError> {
    let line = place(word, source, escape);
    let mut scanner = Scanner {
        text: &word.value,
        at: 0,
        escape,
        lookup,
        unset: Vec::new(),
        variables: Vec::new(),
        depth: 0,
    };
    match scanner.until(None, false) {
        Ok(text) => Ok(Expanded {
            text,
            unset: scanner.unset,
        }),
        Err(message) => {
            let at = scanner.at.min(word.value.len());
            let range = match &line {
                Some(line) => line.range(0, at.max(1)),
                None => word.range,
            };
            Err(ExpandError { range, message })
        }
    }
}

/// The variables of a word (those in single quotes or escaped are none), nested ones included.
pub fn variables(word: &Word, source: &str, escape: char) -> Vec<Variable> {
    if !word.value.contains('$') {
        return Vec::new();
    }
    let line = place(word, source, escape);
    let mut scanner = Scanner {
        text: &word.value,
        at: 0,
        escape,
        // Every variable counts as set, so that no branch ends the scan.
        lookup: &|_| Some(String::from("x")),
        unset: Vec::new(),
        variables: Vec::new(),
        depth: 0,
    };
    // What was found before an error still stands there.
    let _ = scanner.until(None, false);
    let mut found = scanner.variables;
    found.sort_by_key(|seen| seen.start);
    found
        .into_iter()
        .map(|seen| Variable {
            range: match &line {
                Some(line) => line.range(seen.start, seen.end),
                None => word.range,
            },
            name: seen.name.into(),
            operator: seen.operator,
        })
        .collect()
}

/// The way from the word's text to the source; `None` where they differ for another reason than
/// continuations (a JSON string with escapes).
fn place<'s>(word: &Word, source: &'s str, escape: char) -> Option<Logical<'s>> {
    let line = rejoin(source, word.range, escape);
    if *line.text == *word.value {
        return Some(line);
    }
    // A JSON string without escapes is the text between the quotes.
    let inner = TextRange::new(word.range.start + 1, word.range.end.saturating_sub(1));
    let line = rejoin(source, inner, escape);
    (*line.text == *word.value).then_some(line)
}

struct Seen {
    start: usize,
    end: usize,
    name: String,
    operator: Option<&'static str>,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    escape: char,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    unset: Vec<Box<str>>,
    variables: Vec<Seen>,
    depth: u32,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Text up to `stop` (which is consumed), or to the end where there is none.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.peek() {
            if Some(c) == stop {
                self.next();
                return Ok(out);
            }
            match c {
                '\'' => self.single(&mut out)?,
                '"' => self.double(&mut out, raw_escapes)?,
                '$' => self.dollar(&mut out)?,
                c if c == self.escape => {
                    self.next();
                    if raw_escapes {
                        out.push(c);
                    }
                    match self.next() {
                        Some(c) => out.push(c),
                        None => break,
                    }
                }
                c => {
                    self.next();
                    out.push(c);
                }
            }
            if out.len() > MAX_TEXT {
                return Err("the expanded text is longer than 1 MiB".to_owned());
            }
        }
        match stop {
            Some(stop) => Err(format!("`{stop}` is missing")),
            None => Ok(out),
        }
    }

    fn single(&mut self, out: &mut String) -> Result<(), String> {
        self.next();
        let rest = &self.text[self.at..];
        let Some(end) = rest.find('\'') else {
            self.at = self.text.len();
            return Err("the single quote does not close".to_owned());
        };
        out.push_str(&rest[..end]);
        self.at += end + 1;
        Ok(())
    }

    fn double(&mut self, out: &mut String, raw_escapes: bool) -> Result<(), String> {
        self.next();
        loop {
            match self.peek() {
                None => return Err("the double quote does not close".to_owned()),
                Some('"') => {
                    self.next();
                    return Ok(());
                }
                Some('$') => self.dollar(out)?,
                Some(c) if c == self.escape => {
                    self.next();
                    if raw_escapes {
                        out.push(c);
                    }
                    match self.peek() {
                        None => {}
                        Some(next) if next == '"' || next == '$' || next == self.escape => {
                            self.next();
                            out.push(next);
                        }
                        Some(_) => out.push(c),
                    }
                }
                Some(c) => {
                    self.next();
                    out.push(c);
                }
            }
        }
    }

    fn name(&mut self) -> String {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return String::new();
        };
        let len = if first.is_ascii_digit() {
            rest.bytes().take_while(u8::is_ascii_digit).count()
        } else if matches!(first, '@' | '*' | '#' | '?' | '-' | '$' | '!') {
            1
        } else {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len())
        };
        self.at += len;
        rest[..len].to_owned()
    }

    fn get(&mut self, name: &str) -> Option<String> {
        (self.lookup)(name)
    }

    fn seen(&mut self, start: usize, name: &str, operator: Option<&'static str>) {
        self.variables.push(Seen {
            start,
            end: self.at,
            name: name.to_owned(),
            operator,
        });
    }

    fn dollar(&mut self, out: &mut String) -> Result<(), String> {
        let start = self.at;
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                out.push('$');
                return Ok(());
            }
            self.seen(start, &name, None);
            match self.get(&name) {
                Some(value) => out.push_str(&value),
                None => self.unset.push(name.into()),
            }
            return Ok(());
        }
        self.next();
        if self.depth >= MAX_DEPTH {
            return Err("the substitution is nested too deeply".to_owned());
        }
        self.depth += 1;
        let result = self.braced(start, out);
        self.depth -= 1;
        result
    }

    fn braced(&mut self, start: usize, out: &mut String) -> Result<(), String> {
        match self.peek() {
            None => return Err("`}` is missing".to_owned()),
            Some('{' | '}' | ':') => return Err("the substitution has no name".to_owned()),
            Some(_) => {}
        }
        let name = self.name();
        let (operator, null_is_unset) = match self.next() {
            None => return Err("`}` is missing".to_owned()),
            Some('}') => {
                self.seen(start, &name, None);
                match self.get(&name) {
                    Some(value) => out.push_str(&value),
                    None => self.unset.push(name.into()),
                }
                return Ok(());
            }
            Some(':') => (self.next(), true),
            Some(c) => (Some(c), false),
        };
        let Some(operator) = operator else {
            return Err("`}` is missing".to_owned());
        };
        match operator {
            '+' | '-' | '?' => self.conditional(start, &name, operator, null_is_unset, out),
            '#' | '%' if !null_is_unset => {
                let word = self.until(Some('}'), true)?;
                let (greedy, word) = match word.strip_prefix(operator) {
                    Some(word) => (true, word),
                    None => (false, &word[..]),
                };
                let sign = match (operator, greedy) {
                    ('#', false) => "#",
                    ('#', true) => "##",
                    (_, false) => "%",
                    (_, true) => "%%",
                };
                self.seen(start, &name, Some(sign));
                let value = self.value_or_unset(&name);
                if operator == '#' {
                    out.push_str(pattern::trim_prefix(word, &value, greedy));
                } else {
                    out.push_str(pattern::trim_suffix(word, &value, greedy));
                }
                Ok(())
            }
            '/' if !null_is_unset => {
                let all = self.peek() == Some('/');
                if all {
                    self.next();
                }
                let from = self.until(Some('/'), true)?;
                let to = self.until(Some('}'), true)?;
                self.seen(start, &name, Some(if all { "//" } else { "/" }));
                let value = self.value_or_unset(&name);
                out.push_str(&pattern::replace(&from, &value, &to, all, MAX_TEXT));
                Ok(())
            }
            other => Err(format!(
                "the modifier `{}{other}` is not known",
                if null_is_unset { ":" } else { "" }
            )),
        }
    }

    fn value_or_unset(&mut self, name: &str) -> String {
        self.get(name).unwrap_or_else(|| {
            self.unset.push(name.into());
            String::new()
        })
    }

    fn conditional(
        &mut self,
        start: usize,
        name: &str,
        operator: char,
        null_is_unset: bool,
        out: &mut String,
    ) -> Result<(), String> {
        // Names that are unset inside a word which is not taken do not count.
        let before = self.unset.len();
        let word = self.until(Some('}'), false)?;
        let sign = match (operator, null_is_unset) {
            ('-', false) => "-",
            ('-', true) => ":-",
            ('+', false) => "+",
            ('+', true) => ":+",
            (_, false) => "?",
            (_, true) => ":?",
        };
        self.seen(start, name, Some(sign));
        let value = self.get(name);
        let missing = match &value {
            None => true,
            Some(value) => null_is_unset && value.is_empty(),
        };
        let takes_word = (operator == '-') == missing && operator != '?';
        if !takes_word {
            self.unset.truncate(before);
        }
        match (operator, missing) {
            ('-', true) | ('+', false) => out.push_str(&word),
            ('+', true) => {}
            ('?', true) => {
                let why = match (&word[..], value.is_some()) {
                    ("", false) => "is not allowed to be unset",
                    ("", true) => "is not allowed to be empty",
                    (word, _) => word,
                };
                return Err(format!("{name}: {why}"));
            }
            _ => out.push_str(&value.unwrap_or_default()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        Word {
            range: TextRange::new(0, text.len() as u32),
            value: text.into(),
        }
    }

    fn expanded(text: &str) -> Result<String, String> {
        let env = |name: &str| match name {
            "A" => Some("a b".to_owned()),
            "EMPTY" => Some(String::new()),
            "V" => Some("foo-bar-baz".to_owned()),
            _ => None,
        };
        expand(&word(text), text, '\\', &env)
            .map(|e| e.text)
            .map_err(|e| e.message)
    }

    #[test]
    fn words_are_expanded_as_the_builder_does() {
        for (text, want) in [
            ("x$A-y", "xa b-y"),
            ("'$A'\"$A\"", "$Aa b"),
            ("\\$A", "$A"),
            ("\"\\$A \\x\"", "$A \\x"),
            ("${N:-d${A}}", "da b"),
            ("${EMPTY-d}|${EMPTY:-d}", "|d"),
            ("${A:+y}${N+y}", "y"),
            (
                "${V#*-}|${V##*-}|${V%-*}|${V%%-*}",
                "bar-baz|baz|foo-bar|foo",
            ),
            ("${V/ba?/X}|${V//ba?/X}", "foo-X-baz|foo-X-X"),
            ("$", "$"),
            ("$1x", "x"),
            ("a\\", "a"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(want), "{text}");
        }
        for bad in [
            "${",
            "${}",
            "${A",
            "'a",
            "\"a",
            "${A^}",
            "${N?}",
            "${EMPTY:?x}",
            "${A:#x}",
        ] {
            assert!(expanded(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_have_their_places() {
        let text = "a$B-${C:-$D}'$E'";
        let found = variables(&word(text), text, '\\');
        let told: Vec<_> = found
            .iter()
            .map(|v| (v.range.of(text), &*v.name, v.operator))
            .collect();
        assert_eq!(
            told,
            [
                ("$B", "B", None),
                ("${C:-$D}", "C", Some(":-")),
                ("$D", "D", None)
            ]
        );
    }

    #[test]
    fn names_without_a_value_are_told() {
        let text = "$N${M:-$O}${P:+$Q}";
        let unset = expand(&word(text), text, '\\', &|_| None).map(|e| e.unset);
        assert_eq!(unset, Ok(vec!["N".into(), "O".into()]));
    }
}
