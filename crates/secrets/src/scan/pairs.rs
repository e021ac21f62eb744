//! Names and values of a line, in the ways of settings, code, markup and command lines.

use std::ops::Range;

use super::manner::Manner;
use crate::name::named;

/// A value with the name that stands beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: Range<usize>,
    /// Whether the value is a literal in quotes.
    pub(super) quoted: bool,
}

/// The name that an earlier line gave to a value that comes later: `name: X`, then `value: v`.
#[derive(Debug, Default)]
pub(super) struct Naming {
    name: Option<String>,
    /// How many lines ago.
    age: usize,
}

/// How many lines lie between a name and its value at most.
const MAX_AGE: usize = 3;

/// The most pairs of a line.
const MAX_PAIRS: usize = 64;

impl Naming {
    pub(super) fn forget(&mut self) {
        self.name = None;
    }
}

/// The pairs of a line.
pub(super) fn pairs(line: &str, manner: Manner, naming: &mut Naming) -> Vec<Pair> {
    let literals = literals(line);
    let mut found = quoted(line, &literals);
    if manner == Manner::Settings {
        found.extend(whole_line(line));
        found.extend(words(line, 0..line.len()));
        found.extend(options(line, 0..line.len()));
        found.extend(element(line));
    }
    for literal in &literals {
        found.extend(words(line, literal.clone()));
        found.extend(options(line, literal.clone()));
    }
    found.truncate(MAX_PAIRS);
    named_before(line, &mut found, naming);
    let mut seen: Vec<Range<usize>> = Vec::new();
    found.retain(|pair| {
        let fresh = !seen.contains(&pair.value);
        seen.push(pair.value.clone());
        fresh && !pair.value.is_empty()
    });
    found
}

/// The insides of the literals of a line. A quote after a letter is an apostrophe.
fn literals(line: &str) -> Vec<Range<usize>> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < MAX_PAIRS {
        let quote = bytes[at];
        let opens = matches!(quote, b'"' | b'\'' | b'`')
            && !(quote == b'\''
                && at > 1
                && bytes[at - 1].is_ascii_alphanumeric()
                && bytes[at - 2].is_ascii_alphanumeric());
        if !opens {
            at += 1;
            continue;
        }
        let start = at + 1;
        let mut end = start;
        while end < bytes.len() && bytes[end] != quote {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if end >= bytes.len() {
            at = start;
            continue;
        }
        found.push(start..end);
        at = end + 1;
    }
    found.retain(|range| line.is_char_boundary(range.start) && line.is_char_boundary(range.end));
    found
}

fn quoted(line: &str, literals: &[Range<usize>]) -> Vec<Pair> {
    let mut found = Vec::new();
    for (n, literal) in literals.iter().enumerate() {
        let left = before_literal(line, literal);
        let previous = n.checked_sub(1).map(|n| &literals[n]);
        if let Some(name) = name_of(line, left, previous) {
            found.push(Pair {
                name,
                value: literal.clone(),
                quoted: true,
            });
        }
    }
    found
}

/// What stands before a literal, without its quote and the letters that mark its kind.
fn before_literal<'l>(line: &'l str, literal: &Range<usize>) -> &'l str {
    let left = &line[..literal.start - 1];
    let marked = left.trim_end_matches(['r', 'b', 'f', 'u', 'L', '@', '$', 'R', 'B', 'F']);
    if marked.ends_with([' ', '=', ':', '(', ',']) || marked.is_empty() {
        marked.trim_end()
    } else {
        left.trim_end()
    }
}

fn name_of(line: &str, left: &str, previous: Option<&Range<usize>>) -> Option<String> {
    let literal = |range: &Range<usize>| line[range.clone()].to_owned();
    // The literal before, if only these stand between.
    let reaches = |ends: &[&str]| {
        previous.filter(|range| {
            left.get(range.end + 1..)
                .is_some_and(|between| ends.contains(&between.trim()))
        })
    };
    if let Some(previous) = reaches(&[
        ":", "=>", "] =", "]=", "] :", "=", "):", ") or", ") ||", "] ||", "] ??", ") ??",
    ]) {
        return Some(literal(previous));
    }
    if let Some(previous) = reaches(&[","]) {
        let opened = line[..previous.start - 1].trim_end();
        return opened.ends_with('(').then(|| literal(previous));
    }
    // `<add key="Password" value="…"/>`, `<property name="password" value="…"/>`.
    if let Some(previous) = reaches(&["value=", "Value=", "content="]) {
        return Some(literal(previous));
    }
    for sign in ["||", "??", " or", "?:", ":="] {
        if let Some(rest) = left.strip_suffix(sign) {
            return last_name(rest.trim_end_matches([')', ' ', '!']));
        }
    }
    if let Some(rest) = left.strip_suffix('(') {
        let name = last_name(rest)?;
        let own = name.rsplit('.').next().unwrap_or(&name);
        let gives = ["set", "with"]
            .iter()
            .find_map(|word| own.strip_prefix(word));
        return gives.map(str::to_owned);
    }
    if let Some(rest) = left.strip_suffix("=>").or_else(|| left.strip_suffix("<-")) {
        return last_name(rest.trim_end());
    }
    if let Some(rest) = left.strip_suffix('=') {
        if rest.ends_with(['=', '!', '<', '>', '~', '+', '?', '*']) {
            return None;
        }
        let rest = rest.trim_end();
        let name = last_name(rest)?;
        // `password: string = "…"`, `const token string = "…"`.
        let is_type = matches!(
            name.as_str(),
            "string" | "String" | "str" | "&str" | "static" | "char" | "any" | "Optional" | "const"
        );
        if !is_type {
            return Some(name);
        }
        let rest =
            rest[..rest.len() - name.len()].trim_end_matches([' ', ':', '&', '\'', '*', '?']);
        return last_name(
            rest.strip_suffix("'static")
                .unwrap_or(rest)
                .trim_end_matches([' ', ':', '&']),
        );
    }
    let rest = left.strip_suffix(':')?;
    last_name(rest.trim_end())
}

const fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The name at the end of a text.
fn last_name(text: &str) -> Option<String> {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_of_name(*c))
        .last()
        .map(|(at, _)| at)?;
    Some(text[start..].to_owned())
}

/// A line that is one setting without quotes: `export KEY=value`, `key: value`, `- key: value`.
fn whole_line(line: &str) -> Option<Pair> {
    let mut start = line.len()
        - line
            .trim_start_matches([' ', '\t', '#', '/', ';', '-'])
            .len();
    for word in ["export ", "set ", "ENV ", "ARG ", "SET ", "env "] {
        if line[start..].starts_with(word) {
            start += word.len();
        }
    }
    let rest = &line[start..];
    let len = rest.find(|c| !is_of_name(c) && c != '/')?;
    let name = &rest[..len];
    let after = &rest[len..];
    let spaced = after.trim_start();
    let value = match spaced.chars().next()? {
        '=' => &spaced[1..],
        ':' if spaced[1..].starts_with([' ', '\t']) => &spaced[1..],
        _ => return None,
    };
    let trimmed = value.trim_start();
    if name.is_empty() || trimmed.is_empty() || trimmed.starts_with(['"', '\'', '`', '=']) {
        return None;
    }
    let from = line.len() - trimmed.len();
    let end = trimmed.find(" #").unwrap_or(trimmed.len());
    let value = trimmed[..end].trim_end().trim_end_matches([',', ';']);
    Some(Pair {
        name: name.to_owned(),
        value: from..from + value.len(),
        quoted: false,
    })
}

/// `NAME=value` anywhere in a part of a line: in commands, queries, lists.
fn words(line: &str, part: Range<usize>) -> Vec<Pair> {
    let text = &line[part.clone()];
    let mut found = Vec::new();
    for (at, _) in text.match_indices('=') {
        let Some(name) = last_name(&text[..at]) else {
            continue;
        };
        let rest = &text[at + 1..];
        let len = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '&' | ';' | ',' | ')' | '\\')
            })
            .unwrap_or(rest.len());
        if len == 0 || rest.starts_with('=') || named(&name).is_none() {
            continue;
        }
        let from = part.start + at + 1;
        found.push(Pair {
            name,
            value: from..from + len,
            quoted: false,
        });
        if found.len() >= MAX_PAIRS {
            break;
        }
    }
    found
}

/// `--password value`.
fn options(line: &str, part: Range<usize>) -> Vec<Pair> {
    let text = &line[part.clone()];
    let mut found = Vec::new();
    for (at, _) in text.match_indices("--") {
        let rest = &text[at + 2..];
        let len = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
        let name = &rest[..len];
        let Some(value) = rest[len..].strip_prefix(' ') else {
            continue;
        };
        if named(name).is_none() {
            continue;
        }
        let end = value
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';' | '\\'))
            .unwrap_or(value.len());
        let from = part.start + at + 2 + len + 1;
        found.push(Pair {
            name: name.to_owned(),
            value: from..from + end,
            quoted: false,
        });
        if found.len() >= MAX_PAIRS {
            break;
        }
    }
    found
}

/// `<password>value</password>` on one line.
fn element(line: &str) -> Option<Pair> {
    let open = line.find('<')?;
    let rest = &line[open + 1..];
    let len = rest.find('>')?;
    let name = &rest[..len];
    let value = &rest[len + 1..];
    let end = value.find("</")?;
    let closes = value[end + 2..].starts_with(name);
    (closes && name.chars().all(is_of_name)).then(|| {
        let from = open + 1 + len + 1;
        Pair {
            name: name.to_owned(),
            value: from..from + end,
            quoted: true,
        }
    })
}

/// Gives a value that is called `value` the name of the lines above, and remembers names.
fn named_before(line: &str, found: &mut [Pair], naming: &mut Naming) {
    naming.age += 1;
    if naming.age > MAX_AGE {
        naming.name = None;
    }
    let mut here = None;
    for pair in found.iter_mut() {
        let lower = pair.name.to_ascii_lowercase();
        match lower.as_str() {
            "name" | "key" => here = Some(line[pair.value.clone()].to_owned()),
            "value" | "default" | "defaultvalue" => {
                if let Some(name) = here.as_ref().or(naming.name.as_ref()) {
                    pair.name.clone_from(name);
                }
            }
            _ => {}
        }
    }
    // `variable "db_password" {` of Terraform.
    if let Some(rest) = line.trim_start().strip_prefix("variable \"") {
        here = rest.split('"').next().map(str::to_owned);
    }
    if let Some(name) = here {
        naming.name = Some(name);
        naming.age = 0;
    }
}
