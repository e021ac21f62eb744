//! Variables in strings: `$NAME`, `${NAME}`, `${NAME:-default}` and the like.
//!
//! Follows compose-go's template package, its corner cases included: names are matched without
//! regard to case of letters, a `$` before anything that is no name stays a `$`, `${` before
//! anything that is no name is an error, and the `}` that closes a default is found by counting
//! braces in a way that overlooks one directly after a `{`.

use std::borrow::Cow;
use std::ops::Range;

/// Stands for the value of a variable that nobody can know; see [`with_unknowns`]. No string of
/// a YAML file can hold this character.
pub const UNKNOWN: char = '\u{0}';

/// How deep defaults are looked into.
const MAX_DEPTH: u32 = 16;

/// What follows the name in braces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operator {
    /// `:-`: the word if unset or empty.
    DefaultIfEmpty,
    /// `-`: the word if unset.
    DefaultIfUnset,
    /// `:?`: an error if unset or empty.
    RequiredNotEmpty,
    /// `?`: an error if unset.
    RequiredSet,
    /// `:+`: the word if set and not empty.
    ReplaceIfNotEmpty,
    /// `+`: the word if set.
    ReplaceIfSet,
}

impl Operator {
    /// Whether the word is what holds when the variable is not set.
    pub const fn is_default(self) -> bool {
        matches!(self, Self::DefaultIfEmpty | Self::DefaultIfUnset)
    }

    /// Whether Compose refuses to go on without the variable.
    pub const fn is_required(self) -> bool {
        matches!(self, Self::RequiredNotEmpty | Self::RequiredSet)
    }
}

/// A variable in a string. Ranges are bytes of that string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable<'t> {
    /// The name.
    pub name: &'t str,
    /// From `$` to the end of the name or the closing brace.
    pub range: Range<usize>,
    /// Where the name stands.
    pub name_range: Range<usize>,
    /// The operator and the word after it, with the word's place. The word may hold variables.
    pub operation: Option<(Operator, &'t str, Range<usize>)>,
}

/// A part of a string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part<'t> {
    /// Text that stays.
    Text(&'t str),
    /// `$$`, which becomes `$`.
    Dollar(Range<usize>),
    /// A variable.
    Variable(Variable<'t>),
    /// `${` that begins no variable; to the end of the text. Compose refuses the file.
    Invalid(Range<usize>),
}

/// Takes a string apart.
pub fn parts(text: &str) -> Parts<'_> {
    Parts {
        text,
        at: 0,
        last_brace: None,
    }
}

/// The iterator of [`parts`].
#[derive(Clone, Debug)]
pub struct Parts<'t> {
    text: &'t str,
    at: usize,
    /// End of a line and offset of its last `}`, so that a long line is searched once.
    last_brace: Option<(usize, Option<usize>)>,
}

impl<'t> Iterator for Parts<'t> {
    type Item = Part<'t>;

    fn next(&mut self) -> Option<Part<'t>> {
        let start = self.at;
        let mut from = start;
        loop {
            let rest = self.text.get(from..).filter(|rest| !rest.is_empty());
            let Some(found) = rest.and_then(|rest| rest.find('$')) else {
                self.at = self.text.len();
                return (start < self.text.len()).then(|| Part::Text(&self.text[start..]));
            };
            let dollar = from + found;
            match self.construct(dollar) {
                // A lone `$` is text.
                None => from = dollar + 1,
                Some(_) if dollar > start => {
                    self.at = dollar;
                    return Some(Part::Text(&self.text[start..dollar]));
                }
                Some((part, end)) => {
                    self.at = end;
                    return Some(part);
                }
            }
        }
    }
}

impl<'t> Parts<'t> {
    /// What begins with the `$` at `dollar`, and where it ends.
    fn construct(&mut self, dollar: usize) -> Option<(Part<'t>, usize)> {
        let rest = &self.text[dollar + 1..];
        match rest.as_bytes().first()? {
            b'$' => Some((Part::Dollar(dollar..dollar + 2), dollar + 2)),
            b'{' => Some(self.braced(dollar)),
            _ => {
                let length = name_length(rest);
                if length == 0 {
                    return None;
                }
                let end = dollar + 1 + length;
                let variable = Variable {
                    name: &rest[..length],
                    range: dollar..end,
                    name_range: dollar + 1..end,
                    operation: None,
                };
                Some((Part::Variable(variable), end))
            }
        }
    }

    fn braced(&mut self, dollar: usize) -> (Part<'t>, usize) {
        let invalid = (Part::Invalid(dollar..self.text.len()), self.text.len());
        let name_start = dollar + 2;
        let length = name_length(&self.text[name_start..]);
        let name_end = name_start + length;
        if length == 0 {
            return invalid;
        }
        let after = &self.text[name_end..];
        let (operation, end) = if after.starts_with('}') {
            (None, name_end + 1)
        } else {
            let Some((operator, width)) = operator(after) else {
                return invalid;
            };
            let word_start = name_end + width;
            let Some(last) = self
                .last_brace_of_line(dollar)
                .filter(|&last| last >= word_start)
            else {
                return invalid;
            };
            let whole = &self.text[dollar..=last];
            let close = closing_brace(whole).map_or(last, |close| dollar + close);
            let word = &self.text[word_start..close];
            (Some((operator, word, word_start..close)), close + 1)
        };
        let variable = Variable {
            name: &self.text[name_start..name_end],
            range: dollar..end,
            name_range: name_start..name_end,
            operation,
        };
        (Part::Variable(variable), end)
    }

    /// Offset of the last `}` on the line that holds `offset`.
    fn last_brace_of_line(&mut self, offset: usize) -> Option<usize> {
        if self.last_brace.is_none_or(|(end, _)| end <= offset) {
            let rest = &self.text[offset..];
            let end = offset + rest.find('\n').unwrap_or(rest.len());
            let last = self.text[offset..end].rfind('}').map(|at| offset + at);
            self.last_brace = Some((end, last));
        }
        self.last_brace.and_then(|(_, last)| last)
    }
}

fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes
        .first()
        .is_some_and(|&b| b == b'_' || b.is_ascii_alphabetic())
    {
        return 0;
    }
    bytes
        .iter()
        .position(|&b| b != b'_' && !b.is_ascii_alphanumeric())
        .unwrap_or(bytes.len())
}

fn operator(text: &str) -> Option<(Operator, usize)> {
    let (colon, rest) = match text.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let operator = match (rest.as_bytes().first()?, colon) {
        (b'-', true) => Operator::DefaultIfEmpty,
        (b'-', false) => Operator::DefaultIfUnset,
        (b'?', true) => Operator::RequiredNotEmpty,
        (b'?', false) => Operator::RequiredSet,
        (b'+', true) => Operator::ReplaceIfNotEmpty,
        (b'+', false) => Operator::ReplaceIfSet,
        _ => return None,
    };
    Some((operator, 1 + usize::from(colon)))
}

/// The `}` that closes the first `{`, by the reference's way of counting: the byte after a `{`
/// is never looked at.
fn closing_brace(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 0_i64;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// All variables of a string in text order, those inside defaults included.
pub fn variables(text: &str) -> Vec<Variable<'_>> {
    let mut found = Vec::new();
    collect(text, 0, 0, &mut found);
    found
}

fn collect<'t>(text: &'t str, base: usize, depth: u32, found: &mut Vec<Variable<'t>>) {
    let shift = |range: Range<usize>| range.start + base..range.end + base;
    for part in parts(text) {
        let Part::Variable(variable) = part else {
            continue;
        };
        let word = variable.operation.clone();
        found.push(Variable {
            name: variable.name,
            range: shift(variable.range),
            name_range: shift(variable.name_range),
            operation: variable
                .operation
                .map(|(operator, word, range)| (operator, word, shift(range))),
        });
        if let Some((_, word, range)) = word
            && depth < MAX_DEPTH
        {
            collect(word, base + range.start, depth + 1, found);
        }
    }
}

/// The text if it holds no variable, with `$$` turned into `$`.
pub fn literal(text: &str) -> Option<Cow<'_, str>> {
    replace(text, &|_, _| Filled::Fail, 0)
}

/// The text that holds when no variable is set. `None` where a variable without a default
/// decides, or where Compose refuses the text.
pub fn with_defaults(text: &str) -> Option<Cow<'_, str>> {
    replace(text, &default_or(Filled::Fail), 0)
}

/// [`with_defaults`] with [`UNKNOWN`] for each variable that has no default, and for whatever
/// Compose refuses.
pub fn with_unknowns(text: &str) -> Cow<'_, str> {
    replace(text, &default_or(Filled::Unknown), 0).unwrap_or_else(|| {
        // Only a text that Compose refuses comes here; keep what stands before the error.
        let end = parts(text).find_map(|part| match part {
            Part::Invalid(range) => Some(range.start),
            _ => None,
        });
        let head = end.map_or("", |end| &text[..end]);
        let head = replace(head, &default_or(Filled::Unknown), 0).unwrap_or_default();
        Cow::Owned(format!("{head}{UNKNOWN}"))
    })
}

/// What stands for a variable.
#[derive(Clone, Copy)]
enum Filled {
    /// Its word, variables in it replaced in turn.
    Word,
    /// [`UNKNOWN`].
    Unknown,
    /// Nothing can.
    Fail,
}

fn default_or(otherwise: Filled) -> impl Fn(&Variable<'_>, u32) -> Filled {
    move |variable, depth| match variable.operation {
        Some((operator, ..)) if operator.is_default() && depth < MAX_DEPTH => Filled::Word,
        _ => otherwise,
    }
}

fn replace<'t>(
    text: &'t str,
    fill: &impl Fn(&Variable<'_>, u32) -> Filled,
    depth: u32,
) -> Option<Cow<'t, str>> {
    if !text.contains('$') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Dollar(_) => out.push('$'),
            Part::Invalid(_) => return None,
            Part::Variable(variable) => match fill(&variable, depth) {
                Filled::Word => {
                    let (_, word, _) = variable.operation.as_ref()?;
                    out.push_str(&replace(word, fill, depth + 1)?);
                }
                Filled::Unknown => out.push(UNKNOWN),
                Filled::Fail => return None,
            },
        }
    }
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_recognised() {
        for (text, name, operator, word) in [
            ("$TAG", "TAG", None, ""),
            ("a$tag-b", "tag", None, ""),
            ("${TAG}", "TAG", None, ""),
            ("${TAG:-1.2}", "TAG", Some(Operator::DefaultIfEmpty), "1.2"),
            ("${TAG-}", "TAG", Some(Operator::DefaultIfUnset), ""),
            (
                "${TAG:?say it}",
                "TAG",
                Some(Operator::RequiredNotEmpty),
                "say it",
            ),
            ("${TAG?}", "TAG", Some(Operator::RequiredSet), ""),
            ("${TAG:+x}", "TAG", Some(Operator::ReplaceIfNotEmpty), "x"),
            ("${TAG+x}", "TAG", Some(Operator::ReplaceIfSet), "x"),
            ("${A:-{}}", "A", Some(Operator::DefaultIfEmpty), "{}"),
        ] {
            let found = variables(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].name, name, "{text}");
            assert_eq!(&text[found[0].name_range.clone()], name, "{text}");
            let operation = found[0].operation.as_ref().map(|(o, w, _)| (*o, *w));
            assert_eq!(operation, operator.map(|o| (o, word)), "{text}");
        }
    }

    #[test]
    fn what_is_no_variable_stays() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("$$", "$"),
            ("$$HOME", "$HOME"),
            ("$${HOME}", "${HOME}"),
            ("cost: 5$", "cost: 5$"),
            ("^a$|^b$", "^a$|^b$"),
            ("$1 $(pwd) $-", "$1 $(pwd) $-"),
            ("é$é", "é$é"),
        ] {
            assert!(variables(text).is_empty(), "{text}");
            assert_eq!(literal(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn defaults_are_applied() {
        for (text, expected) in [
            ("${A:-b}", Some("b")),
            ("${A-b}c", Some("bc")),
            ("x${A:-}y", Some("xy")),
            ("${A:-${B:-c}}d", Some("cd")),
            ("${A:-b}c}", Some("bc}")),
            ("${A:-$$}", Some("$")),
            ("${A:-1}:${B:-2}", Some("1:2")),
            ("${A:-b}\n${C:-d}", Some("b\nd")),
            ("${A}", None),
            ("$A", None),
            ("${A:?}", None),
            ("${A:+b}", None),
            ("${A:-${B}}", None),
            ("${", None),
            ("${}", None),
            ("${A/b/c}", None),
            ("${A:-b", None),
            ("${A:-b\n}", None),
        ] {
            assert_eq!(with_defaults(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn unknowns_take_the_place_of_what_has_no_default() {
        for (text, expected) in [
            ("${A}:80", "\0:80"),
            ("${A:-1}:$B/x", "1:\0/x"),
            ("${A:-${B}}:1", "\0:1"),
            ("a/${", "a/\0"),
        ] {
            assert_eq!(with_unknowns(text), expected, "{text}");
        }
    }

    #[test]
    fn variables_inside_defaults_are_listed_with_their_places() {
        let text = "a ${A:-x ${B:-$C}} $D";
        let found: Vec<_> = variables(text)
            .into_iter()
            .map(|v| (v.name, &text[v.range]))
            .collect();
        assert_eq!(
            found,
            [
                ("A", "${A:-x ${B:-$C}}"),
                ("B", "${B:-$C}"),
                ("C", "$C"),
                ("D", "$D")
            ]
        );
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        let deep = "${A:-".repeat(100_000);
        assert_eq!(with_defaults(&deep), None);
        let closed = format!("{deep}{}", "}".repeat(100_000));
        assert_eq!(with_defaults(&closed), None);
        assert_eq!(variables(&closed).len(), MAX_DEPTH as usize + 1);
        let many = "${A:-x}".repeat(100_000);
        assert_eq!(with_defaults(&many).map(|t| t.len()), Some(100_000));
        let quirk = "${A:-{}".repeat(100_000);
        assert!(with_defaults(&quirk).is_none_or(|t| t.len() <= quirk.len()));
        let dollars = "$ ".repeat(100_000);
        assert_eq!(parts(&dollars).count(), 1);
    }
}
