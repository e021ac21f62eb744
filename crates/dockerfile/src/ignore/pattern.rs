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
    /// `before*after`: the number of bytes on either side.
    Star(usize, usize),
    /// `**/*after`: the number of bytes after the star.
    Ending(usize),
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
                match *shortcut {
                    Shortcut::Star(before, after) => {
                        let (before, after) = (&self.text[..before], &self.text[after..]);
                        return path
                            .strip_prefix(before)
                            .and_then(|rest| rest.strip_suffix(after))
                            .is_some_and(|middle| !middle.contains('/'));
                    }
                    Shortcut::Ending(after) => {
                        let fits = path.ends_with(&self.text[after..]);
                        // A line break is the one byte that `**` does not cross.
                        if !fits || !path.contains('\n') {
                            return fits;
                        }
                    }
                    Shortcut::None => {}
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
    let plain = |part: &str| {
        !part.contains([
            '*', '?', '[', ']', '\\', '{', '}', '|', '^', '\n', '\u{feff}',
        ])
    };
    if let Some(after) = text.strip_prefix("**/*")
        && plain(after)
        && !after.contains('/')
    {
        return Shortcut::Ending(text.len() - after.len());
    }
    match text.split_once('*') {
        Some((before, after)) if plain(before) && plain(after) => {
            Shortcut::Star(before.len(), text.len() - after.len())
        }
        _ => Shortcut::None,
    }
}
