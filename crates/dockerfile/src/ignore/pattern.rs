//! One pattern: how moby/patternmatcher compiles and tries it.

use std::sync::Arc;

use super::glob::{clean, matches};
use super::regex::{Progress, Regex, Scratch};

/// A pattern ready to be tried.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    text: Box<str>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Nothing special in it: the path itself.
    Exact,
    /// Ends in `**` and has nothing else special: everything that begins with the rest.
    Prefix,
    /// Begins with `**` and has nothing else special: everything that ends with the rest.
    Suffix,
    /// Anything else.
    Regex(Arc<Regex>, Shortcut),
}

/// What answers for most paths without running the regular expression.
#[derive(Clone, Copy, Debug)]
enum Shortcut {
    None,
    /// Parts between slashes with nothing special but `*` and `?`: so many parts, the whole of
    /// the path, each matched by itself.
    Parts(usize),
    /// The same after `**/`: the last parts of the path.
    LastParts(usize),
    /// `**/name/**`, the name without wildcards: something below a folder of that name.
    Below,
}

impl Matcher {
    /// Reads a pattern as the matcher's constructor does: trims and cleans it and takes `!`
    /// off. `None` if nothing is left.
    pub(crate) fn read(line: &str) -> Result<Option<(Box<str>, bool, Self)>, String> {
        let line = line.trim();
        if line.is_empty() {
            return Ok(None);
        }
        let cleaned = clean(line);
        let (negated, text) = match cleaned.strip_prefix('!') {
            Some("") => return Err("`!` stands without a pattern".to_owned()),
            Some(rest) => (true, rest),
            None => (false, cleaned.as_str()),
        };
        // The matcher's own check. What it misses, behind stars, the translation refuses.
        if matches(text, ".").is_err() {
            let escapes = text.bytes().rev().take_while(|b| *b == b'\\').count();
            return Err(if escapes % 2 == 1 {
                "the pattern ends in a backslash".to_owned()
            } else {
                "the brackets of the pattern are malformed".to_owned()
            });
        }
        Ok(Some((text.into(), negated, Self::compile(text)?)))
    }

    fn compile(text: &str) -> Result<Self, String> {
        let (shape, expression) = translate(text);
        let kind = match shape {
            Shape::Exact => Kind::Exact,
            Shape::Prefix => Kind::Prefix,
            Shape::Suffix => Kind::Suffix,
            Shape::Regex => Kind::Regex(Arc::new(Regex::new(&expression)?), shortcut(text)),
        };
        Ok(Self {
            text: text.into(),
            kind,
        })
    }

    /// Whether the pattern matches `path` itself; folders above it are the caller's affair.
    pub(crate) fn matches(&self, path: &str, scratch: &mut Scratch) -> bool {
        match &self.kind {
            Kind::Exact => path == &*self.text,
            Kind::Prefix => path.starts_with(&self.text[..self.text.len() - 2]),
            Kind::Suffix => {
                // Two bytes are taken off even where a byte order mark stands before the stars.
                let rest = &self.text.as_bytes()[2..];
                path.as_bytes().ends_with(rest) || rest.strip_prefix(b"/") == Some(path.as_bytes())
            }
            Kind::Regex(regex, shortcut) => {
                // A line break is the one byte that `**` does not cross.
                let crosses = || !path.contains('\n');
                match *shortcut {
                    Shortcut::Parts(count) => {
                        return path.split('/').count() == count
                            && self.text.split('/').zip(path.split('/')).all(fits);
                    }
                    Shortcut::LastParts(count) if crosses() => {
                        let parts = self.text.rsplit('/').take(count);
                        let mut names = path.rsplit('/');
                        return parts
                            .into_iter()
                            .all(|part| names.next().is_some_and(|name| fits((part, name))));
                    }
                    Shortcut::Below if crosses() => {
                        let name = &self.text[2..self.text.len() - 2];
                        return path.starts_with(&name[1..]) || path.contains(name);
                    }
                    _ => {}
                }
                regex.is_match(path, scratch)
            }
        }
    }

    /// Whether the pattern can match a path that begins with `folder`, which ends in `/`.
    pub(crate) fn may_match_below(&self, folder: &str, scratch: &mut Scratch) -> bool {
        match &self.kind {
            Kind::Exact => self.text.starts_with(folder),
            Kind::Prefix => {
                let rest = &self.text[..self.text.len() - 2];
                rest.starts_with(folder) || folder.starts_with(rest)
            }
            Kind::Suffix => true,
            Kind::Regex(regex, _) => regex.progress(folder, scratch) != Progress::Dead,
        }
    }

    /// The size of its regular expression, if it has one.
    pub(crate) fn instructions(&self) -> usize {
        match &self.kind {
            Kind::Regex(regex, _) => regex.len(),
            _ => 0,
        }
    }

    /// A rough number of steps that trying it on a path takes, for budgets.
    pub(crate) fn cost(&self) -> usize {
        match &self.kind {
            Kind::Regex(regex, Shortcut::None) => 8 + regex.len(),
            _ => 1,
        }
    }
}

/// How the matcher tries a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Exact,
    Prefix,
    Suffix,
    Regex,
}

/// The matcher's translation into a regular expression. It escapes some special characters and
/// forgets others (`{`, `}`, `|` and `^`), which therefore keep their meaning in patterns that
/// have a wildcard; `\` and the character after it go through as they are, so that `\d` is a
/// digit.
fn translate(pattern: &str) -> (Shape, String) {
    let mut shape = Shape::Exact;
    let mut expression = String::with_capacity(pattern.len() * 2 + 2);
    expression.push('^');
    let mut rest = pattern
        .strip_prefix('\u{feff}')
        .unwrap_or(pattern)
        .chars()
        .peekable();
    let mut first = true;
    while let Some(character) = rest.next() {
        match character {
            '*' if rest.peek() == Some(&'*') => {
                rest.next();
                rest.next_if_eq(&'/');
                if rest.peek().is_some() {
                    expression.push_str("(.*/)?");
                    shape = Shape::Regex;
                } else if shape == Shape::Exact {
                    shape = Shape::Prefix;
                } else {
                    expression.push_str(".*");
                    shape = Shape::Regex;
                }
                if first {
                    shape = Shape::Suffix;
                }
            }
            '*' => {
                expression.push_str("[^/]*");
                shape = Shape::Regex;
            }
            '?' => {
                expression.push_str("[^/]");
                shape = Shape::Regex;
            }
            '.' | '+' | '(' | ')' | '$' => {
                expression.push('\\');
                expression.push(character);
            }
            '\\' => {
                expression.push('\\');
                if let Some(escaped) = rest.next() {
                    expression.push(escaped);
                    shape = Shape::Regex;
                }
            }
            '[' | ']' => {
                expression.push(character);
                shape = Shape::Regex;
            }
            _ => expression.push(character),
        }
        first = false;
    }
    expression.push('$');
    (shape, expression)
}

fn shortcut(text: &str) -> Shortcut {
    let plain = |part: &str| !part.contains(['[', ']', '\\', '{', '}', '|', '^', '\u{feff}']);
    let (tail, anywhere) = match text.strip_prefix("**/") {
        Some(tail) => (tail, true),
        None => (text, false),
    };
    if !plain(tail) {
        return Shortcut::None;
    }
    if !tail.contains("**") {
        let count = tail.split('/').count();
        return if anywhere {
            Shortcut::LastParts(count)
        } else {
            Shortcut::Parts(count)
        };
    }
    match tail.strip_suffix("/**") {
        Some(name) if anywhere && !name.contains(['*', '?']) => Shortcut::Below,
        _ => Shortcut::None,
    }
}

/// Whether the part of a pattern matches the name: `*` any characters, `?` one. A star tries
/// again only from where it stands, so that the time is bounded by the product of the lengths.
fn fits((part, name): (&str, &str)) -> bool {
    let (part, name) = (part.as_bytes(), name.as_bytes());
    let character = |at: usize| {
        1 + name[at + 1..]
            .iter()
            .take_while(|byte| (0x80..0xC0).contains(*byte))
            .count()
    };
    let (mut p, mut n) = (0, 0);
    let mut again = None;
    loop {
        match part.get(p) {
            Some(b'*') => {
                p += 1;
                again = Some((p, n));
                continue;
            }
            None if n == name.len() => return true,
            Some(b'?') if n < name.len() => {
                p += 1;
                n += character(n);
                continue;
            }
            Some(byte) if name.get(n) == Some(byte) => {
                p += 1;
                n += 1;
                continue;
            }
            _ => {}
        }
        // Give the last star one more character.
        let Some((after, from)) = again.filter(|(_, from)| *from < name.len()) else {
            return false;
        };
        again = Some((after, from + character(from)));
        (p, n) = (after, from + character(from));
    }
}
