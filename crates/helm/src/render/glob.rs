//! The patterns of `.Files.Glob` (gobwas/glob with `/` as separator): `*` and `?` stop at `/`,
//! `**` does not, `[…]` and `[!…]` name characters, `{a,b}` alternatives.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// A pattern. One that is malformed matches everything, as in Helm.
pub struct Glob(Option<Regex>);

/// The most bytes of a compiled pattern.
const MAX_SIZE: usize = 1 << 20;

impl Glob {
    /// A pattern.
    pub fn new(pattern: &str) -> Self {
        let Some(regex) = translate(pattern) else {
            return Self(None);
        };
        let config = Regex::config().nfa_size_limit(Some(MAX_SIZE));
        let mut builder = Regex::builder();
        builder.configure(config);
        builder.syntax(syntax::Config::new().dot_matches_new_line(true));
        Self(builder.build(&regex).ok())
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Some(regex) => regex.is_match(name),
            None => true,
        }
    }
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
