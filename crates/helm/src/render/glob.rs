//! The patterns of `.Files.Glob` (gobwas/glob with `/` as separator): `*` and `?` stop at `/`,
//! `**` does not, `[…]` and `[!…]` name characters, `{a,b}` alternatives.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// A pattern. One that is malformed matches everything, as in Helm.
pub struct Glob(Form);

enum Form {
    Everything,
    Simple(Vec<Part>),
    Regex(Box<Regex>),
}

/// A part of a pattern without classes and alternatives, as nearly all are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Char(char),
    /// `?`
    One,
    /// `*`
    Some,
    /// `**`
    Any,
}

/// Simple patterns are no longer than this; what takes the time of both lengths stays quick.
const MAX_SIMPLE: usize = 256;

/// The most bytes of a compiled pattern.
const MAX_SIZE: usize = 1 << 20;

impl Glob {
    /// A pattern.
    pub fn new(pattern: &str) -> Self {
        if let Some(parts) = simple(pattern) {
            return Self(Form::Simple(parts));
        }
        let Some(regex) = translate(pattern) else {
            return Self(Form::Everything);
        };
        let config = Regex::config().nfa_size_limit(Some(MAX_SIZE));
        let mut builder = Regex::builder();
        builder.configure(config);
        builder.syntax(syntax::Config::new().dot_matches_new_line(true));
        Self(match builder.build(&regex) {
            Ok(regex) => Form::Regex(Box::new(regex)),
            Err(_) => Form::Everything,
        })
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Form::Everything => true,
            Form::Simple(parts) => all_match(parts, name),
            Form::Regex(regex) => regex.is_match(name),
        }
    }
}

/// The parts of a pattern that has nothing but characters and stars.
fn simple(pattern: &str) -> Option<Vec<Part>> {
    if pattern.len() > MAX_SIMPLE || pattern.contains(['\\', '{', '[']) {
        return None;
    }
    let mut parts = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' if chars.next_if_eq(&'*').is_some() => Part::Any,
            '*' => Part::Some,
            '?' => Part::One,
            c => Part::Char(c),
        });
    }
    Some(parts)
}

/// Whether parts match a whole name: which of them could be next is kept for each character.
fn all_match(parts: &[Part], name: &str) -> bool {
    let pass_stars = |next: &mut [bool]| {
        for (at, part) in parts.iter().enumerate() {
            if matches!(part, Part::Some | Part::Any) && next[at] {
                next[at + 1] = true;
            }
        }
    };
    let mut next = vec![false; parts.len() + 1];
    next[0] = true;
    pass_stars(&mut next);
    for c in name.chars() {
        let mut then = vec![false; parts.len() + 1];
        let open = parts.iter().enumerate().filter(|&(at, _)| next[at]);
        for (at, part) in open {
            match part {
                Part::Char(wanted) => then[at + 1] |= *wanted == c,
                Part::One => then[at + 1] |= c != '/',
                Part::Some => then[at] |= c != '/',
                Part::Any => then[at] = true,
            }
        }
        pass_stars(&mut then);
        if !then.contains(&true) {
            return false;
        }
        next = then;
    }
    next[parts.len()]
}

/// The pattern as a regular expression; `None` if it is malformed.
fn translate(pattern: &str) -> Option<String> {
    let mut out = String::from("^(?:");
    let mut chars = pattern.chars().peekable();
    let mut open = 0_u32;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if let Some(c) = chars.next() {
                    literal(&mut out, c);
                }
            }
            '*' => {
                if chars.next_if_eq(&'*').is_some() {
                    out.push_str(".*");
                } else {
                    out.push_str("[^/]*");
                }
            }
            '?' => out.push_str("[^/]"),
            '{' => {
                open += 1;
                out.push_str("(?:");
            }
            ',' if open > 0 => out.push('|'),
            '}' if open > 0 => {
                open -= 1;
                out.push(')');
            }
            '[' => class(&mut out, &mut chars)?,
            other => literal(&mut out, other),
        }
    }
    // What is not closed ends with the pattern.
    out.extend((0..open).map(|_| ')'));
    out.push_str(")$");
    Some(out)
}

fn class(out: &mut String, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<()> {
    out.push('[');
    if chars.next_if_eq(&'!').is_some() {
        out.push('^');
    }
    let first = chars.next()?;
    if chars.next_if_eq(&'-').is_some() {
        let last = chars.next()?;
        if chars.next()? != ']' || last < first {
            return None;
        }
        literal(out, first);
        out.push('-');
        literal(out, last);
    } else {
        let mut next = Some(first);
        let mut any = false;
        loop {
            match next? {
                ']' => break,
                '\\' => literal(out, chars.next()?),
                other => literal(out, other),
            }
            any = true;
            next = chars.next();
        }
        if !any {
            return None;
        }
    }
    out.push(']');
    Some(())
}

fn literal(out: &mut String, c: char) {
    if r"\.+*?()|[]{}^$#&-~".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_patterns_match_as_their_expressions_do() {
        let names = [
            "",
            "a",
            "ab",
            "a/b",
            "a/b/c.yaml",
            "dashboards/x.json",
            "x.json",
            "a\nb",
            "é/ü.json",
            "aaab",
        ];
        for pattern in [
            "",
            "*",
            "**",
            "?",
            "a",
            "a*",
            "*b",
            "a/*",
            "**.json",
            "*/?.json",
            "dashboards/*.json",
            "**/*.yaml",
            "*a*b",
            "a?b",
            "***",
            "a,b",
            "a}b",
            "^a$",
            "*.*",
        ] {
            let parts = simple(pattern).expect(pattern);
            let expression = translate(pattern).expect(pattern);
            let syntax = syntax::Config::new().dot_matches_new_line(true);
            let regex = Regex::builder()
                .syntax(syntax)
                .build(&expression)
                .expect(pattern);
            for name in names {
                assert_eq!(
                    all_match(&parts, name),
                    regex.is_match(name),
                    "{pattern} of {name:?}"
                );
            }
        }
    }
}
