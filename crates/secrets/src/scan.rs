//! Going through any text for secrets.
//!
//! Line by line: credentials by their form, private keys, passwords in addresses, values under names
//! of secrets, logins in base64, the values of Kubernetes Secrets. It says nothing of placeholders,
//! references, examples of manuals and keys for tests; how sure it is decides what else to leave
//! out. Total, and in time proportional to the length of the text: long lines are looked through for
//! forms only.

mod forms;
mod manner;
mod object;
mod pairs;
mod weigh;

use std::ops::Range;

use crate::form::tokens;
use crate::print::{Print, print};
use manner::Manner;

pub use manner::is_sample;

/// The longest line that is taken apart, in bytes. Longer ones are data or packed code.
const MAX_LINE: usize = 4096;

/// The most secrets of one text. A file with more is a list of them, or no text for people.
pub const MAX_FOUND: usize = 200;

/// What a secret is known by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A credential whose form tells who gave it out.
    Token(&'static str),
    /// A private key in PEM, written out or in base64.
    PrivateKey,
    /// A signed token (JWT).
    Jwt,
    /// A password in an address or a connection string.
    Address,
    /// A user and a password in base64, as HTTP and registries take them.
    Login,
    /// A value of a Kubernetes Secret.
    KubernetesSecret,
    /// A value whose name says that it is secret.
    Named,
    /// A value that looks made by a machine, in a file of settings.
    Random,
}

/// A secret in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The bytes of the value. They are not to be shown.
    pub value: Range<usize>,
    /// The bytes to point at: the value, or the head of a key.
    pub at: Range<usize>,
    /// What it is known by.
    pub kind: Kind,
    /// The name that stands beside it.
    pub name: Option<String>,
    /// Whether nothing but a secret is probable. What is not sure may be a value that is public by
    /// design, or one for a machine of a developer.
    pub sure: bool,
    /// How many characters the value has.
    pub len: usize,
    /// Tells equal values.
    pub print: Print,
}

impl Found {
    fn new(text: &str, value: Range<usize>, kind: Kind, sure: bool) -> Self {
        let secret = &text[value.clone()];
        Self {
            at: value.clone(),
            kind,
            name: None,
            sure,
            len: secret.chars().count(),
            print: print(secret),
            value,
        }
    }

    fn named(self, name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..self
        }
    }
}

/// The secrets of a text, in order, at most [`MAX_FOUND`]. `path` tells the kind of file.
pub fn scan(path: &str, text: &str) -> Vec<Found> {
    let manner = Manner::of(path, text);
    let mut found: Vec<Found> = tokens(text)
        .into_iter()
        .take(MAX_FOUND)
        .map(|token| {
            // Keys of Google's services in pages are meant to be seen.
            let sure = !text[token.range.clone()].starts_with("AIza");
            Found::new(text, token.range, Kind::Token(token.issuer), sure)
        })
        .collect();
    found.extend(forms::private_keys(text));
    if manner != Manner::Data {
        let (values, judged) = object::values(text, manner);
        found.extend(values);
        lines(text, manner, &judged, &mut found);
    }
    settled(found)
}

/// Without what lies in another one: what comes first knows best.
fn settled(found: Vec<Found>) -> Vec<Found> {
    let mut kept: Vec<Found> = Vec::new();
    let mut covered: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    for one in found {
        let before = covered.range(..one.value.end).next_back();
        if before.is_none_or(|(_, end)| *end <= one.value.start) {
            covered.insert(one.value.start, one.value.end);
            kept.push(one);
        }
    }
    kept.sort_by_key(|one| one.at.start);
    kept.truncate(MAX_FOUND);
    kept
}

/// `judged` are parts, in order, whose pairs have been looked at.
fn lines(text: &str, manner: Manner, judged: &[Range<usize>], found: &mut Vec<Found>) {
    let mut naming = pairs::Naming::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        if line.len() > MAX_LINE || line.len() < 8 {
            naming.forget();
            continue;
        }
        if found.len() > 4 * MAX_FOUND {
            return;
        }
        let mut add = |range: Range<usize>, kind, sure, name: Option<&str>| {
            let value = at + range.start..at + range.end;
            let one = Found::new(text, value, kind, sure);
            found.push(match name {
                Some(name) => one.named(name),
                None => one,
            });
        };
        for (range, issuer) in forms::others(line) {
            add(range, Kind::Token(issuer), true, None);
        }
        for range in forms::jwts(line) {
            add(range, Kind::Jwt, false, None);
        }
        for (range, sure) in weigh::addresses(line) {
            add(range, Kind::Address, sure, None);
        }
        for range in forms::logins(line) {
            add(range, Kind::Login, true, None);
        }
        let next = judged.partition_point(|range| range.end <= at);
        let is_judged = judged
            .get(next)
            .is_some_and(|range| range.start < at + line.len());
        if manner == Manner::Prose || is_judged {
            continue;
        }
        for pair in pairs::pairs(line, manner, &mut naming) {
            let value = &line[pair.value.clone()];
            if forms::is_coded_private_key(value) {
                add(pair.value, Kind::PrivateKey, true, Some(&pair.name));
            } else if let Some((kind, sure)) = weigh::weigh(&pair, value, manner) {
                add(pair.value, kind, sure, Some(&pair.name));
            }
        }
    }
}

#[cfg(test)]
mod tests;
