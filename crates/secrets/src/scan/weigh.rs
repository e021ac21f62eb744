//! What a value under a name is worth in a text that may be anything: prose, code, a template.

use std::ops::Range;

use super::Kind;
use super::manner::Manner;
use super::pairs::Pair;
use crate::address::embedded;
use crate::base64::decode;
use crate::name::{Named, named};
use crate::placeholder::{is_own_name, is_placeholder, says_it_stands_in, stands_in};
use crate::random::{entropy, is_words};
use crate::value::{Worth, worth};

/// The longest value that is taken for a secret, in bytes; keys have forms of their own.
const MAX_VALUE: usize = 512;

/// What a pair is, and whether that is sure.
pub(super) fn weigh(pair: &Pair, value: &str, manner: Manner) -> Option<(Kind, bool)> {
    let own = pair.name.rsplit(['.', '/']).next().unwrap_or(&pair.name);
    match named(own).or_else(|| named(&pair.name)) {
        Some(sureness) => {
            // What stands in base64 is judged by what it says.
            let wanted = is_wanted(value, pair.quoted)
                && says(value).is_none_or(|text| is_wanted(&text, true));
            let made = machine_made(value);
            match sureness {
                _ if !wanted => None,
                Named::Surely if made => Some((Kind::Named, true)),
                Named::Surely => is_password(value, &pair.name, pair.quoted, manner)
                    .then_some((Kind::Named, false)),
                Named::Likely => (made && value.len() >= 16 && entropy(value) >= 3.3)
                    .then_some((Kind::Named, false)),
            }
        }
        None if manner == Manner::Settings && !pair.quoted && names_nothing_else(&pair.name) => {
            is_key(value).then_some((Kind::Random, false))
        }
        None => None,
    }
}

/// What a value says in base64, if that is a text of one line.
fn says(value: &str) -> Option<String> {
    let text = String::from_utf8(decode(value)?).ok()?;
    let text = text.trim_end_matches('\n');
    let plain = text.len() >= 4 && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    plain.then(|| text.to_owned())
}

/// Passwords in addresses of a line that are neither variables nor stand-ins.
pub(super) fn addresses(line: &str) -> Vec<(Range<usize>, bool)> {
    if !line.contains("://") && !line.contains(['=']) {
        return Vec::new();
    }
    let mut found = embedded(line);
    found.retain(|range| {
        let password = &line[range.clone()];
        let before = &line[..range.start];
        let scheme = before.rfind("://").map(|at| &before[at + 3..]);
        // The user's name says of itself that it is a stand-in: `user:…`, `<user>`.
        let user = scheme
            .and_then(|rest| rest.split(':').next())
            .unwrap_or_default();
        password.len() >= 6
            && password.len() <= 128
            && !password.contains(is_of_pattern)
            && !user.contains(is_of_pattern)
            && user != password
            && !password.contains("...")
            && matches!(
                worth(password, &[user.to_ascii_lowercase()]),
                Worth::Real | Worth::Token(_)
            )
            && !is_placeholder(password)
            && !stands_in(password)
            && !is_words(password)
    });
    found
        .into_iter()
        .map(|range| {
            let sure = machine_made(&line[range.clone()]);
            (range, sure)
        })
        .collect()
}

/// Letters of templates and patterns.
const fn is_of_pattern(c: char) -> bool {
    matches!(
        c,
        '$' | '{'
            | '}'
            | '<'
            | '>'
            | '['
            | ']'
            | '('
            | ')'
            | '\\'
            | '|'
            | '*'
            | '%'
            | '^'
            | '"'
            | '\''
            | '`'
            | ','
            | ' '
    )
}

/// What people type to fill a place.
const FILLERS: &[&str] = &["abcdef12", "notareal", "goeshere", "1234567890"];

/// Whether a value could be a secret at all: no placeholder, no reference, no name, no place.
fn is_wanted(value: &str, quoted: bool) -> bool {
    let lower = value.to_ascii_lowercase();
    let real = |value: &str| matches!(worth(value, &[]), Worth::Real | Worth::Token(_));
    (6..=MAX_VALUE).contains(&value.len())
        && value.is_ascii()
        && !value.contains([' ', '\t', '<', '>', '`'])
        && !is_reference(value)
        && !FILLERS.iter().any(|filler| lower.contains(filler))
        && !is_placeholder(value)
        && !is_own_name(value)
        && !stands_in(value)
        && !says_it_stands_in(value)
        && real(value)
        && !is_place(value)
        && (quoted || !is_code(value))
}

/// Whether a value refers to one that is kept elsewhere.
fn is_reference(value: &str) -> bool {
    const STARTS: &[&str] = &[
        "$",
        "@",
        "&",
        "*",
        "#",
        "%",
        "!",
        "=",
        "process.",
        "os.",
        "env.",
        "secrets.",
        "secret/",
        "vars.",
        "var.",
        "local.",
        "module.",
        "data.",
        "self.",
        "this.",
        "config.",
        "settings.",
        "vault",
        "ref+",
        "keyvault",
        "projects/",
        "kms:",
        "sops:",
        "enc:",
        "fn::",
        "ssm:",
        "base64:",
        "aes-",
        "chacha20",
        "sha1:",
        "md5:",
        "sha256:",
        "sha512:",
        "bearer",
        "basic",
        "urn:",
        "arn:",
        "did:",
        "ssh-rsa",
        "ssh-ed25519",
    ];
    let lower = value.to_ascii_lowercase();
    STARTS.iter().any(|start| lower.starts_with(start))
        || ["${", "$(", "{{", "}}", "#{", "%s", "%(", "{0}", "::", "->", "=>", "\\x", "\\u", "getenv", "env("]
            .iter()
            .any(|mark| value.contains(mark))
        // Hashed passwords open nothing by themselves.
        || ["$2", "pbkdf2", "$argon", "{sha", "scrypt:"].iter().any(|start| lower.starts_with(start))
}

/// Whether a value says where something is or how it is called: a path, an address, a host, a file,
/// a release, a moment, a class, a pattern.
fn is_place(value: &str) -> bool {
    let has = |c: char| value.contains(c);
    let parts = |c: char| value.split(c).collect::<Vec<_>>();
    let wordy = |part: &&str| {
        !part.is_empty()
            && part.bytes().filter(u8::is_ascii_digit).count() * 3 <= part.len()
            && part.len() <= 24
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let dotted = has('.') && parts('.').len() > 1 && parts('.').iter().all(wordy);
    // A host name before the path has dots in it.
    let step = |part: &&str| part.is_empty() || part.split('.').all(|word| wordy(&word));
    let path = has('/') && (value.starts_with('/') || parts('/').iter().all(step));
    let number = value
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'_' | b'T' | b'Z' | b'+'));
    let pattern = [
        "[a-", "[A-", "[0-", "\\d", "\\w", "\\s", "(?", ".*", ".+", "]+", "]*",
    ]
    .iter()
    .any(|mark| value.contains(mark));
    dotted
        || path
        || number
        || pattern
        || value.contains("://")
        || has('@') && has('.') && !has('!')
        || is_uuid(value)
        || value.starts_with('-')
        || value.ends_with([':', '(', '[', '{'])
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether a value without quotes is a name, a call or an expression of code.
fn is_code(value: &str) -> bool {
    value.contains(['(', ')', '[', ']', '{', '}', ';', '"', '\'', '|', '\\'])
        || value.contains("==") && !value.ends_with("==")
        || value.ends_with(':')
        || value
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'-'))
}

/// Whether a value looks made by a machine: letters and digits mixed, long enough, no words.
fn machine_made(value: &str) -> bool {
    let trimmed = value.trim_end_matches('=');
    let count = |fits: fn(&u8) -> bool| value.bytes().filter(fits).count();
    let digits = count(u8::is_ascii_digit);
    let lower = count(u8::is_ascii_lowercase);
    let upper = count(u8::is_ascii_uppercase);
    let letters = trimmed
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/' | b'.' | b'~'));
    let hex = trimmed.len() >= 16 && trimmed.bytes().all(|b| b.is_ascii_hexdigit()) && digits >= 4;
    let mixed = letters && trimmed.len() >= 12 && digits >= 2 && lower + upper >= 4;
    (hex || mixed) && !is_words(trimmed) && !reads(trimmed) && entropy(trimmed) >= 3.0
}

/// Whether a value reads as words with numbers: `user-service-v2-token`, `AccessToken2024`.
fn reads(value: &str) -> bool {
    let parts: Vec<&str> = value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let word = |part: &&str| {
        let letters = part.trim_matches(|c: char| c.is_ascii_digit());
        let digits = part.len() - letters.len();
        let capitals = letters
            .bytes()
            .skip(1)
            .filter(u8::is_ascii_uppercase)
            .count();
        let vowels = letters
            .bytes()
            .filter(|b| b"aeiouyAEIOUY".contains(b))
            .count();
        letters.bytes().all(|b| b.is_ascii_alphabetic())
            && digits <= 4
            && (capitals == 0 || capitals + 1 == letters.len() || capitals * 4 <= letters.len())
            && (letters.len() <= 3 || vowels * 5 >= letters.len())
            && letters.len() <= 24
    };
    parts.iter().all(word)
}

/// Whether a plain word may be somebody's password: the name says so, it stands where programs
/// read it, and it is more than words.
fn is_password(value: &str, name: &str, quoted: bool, manner: Manner) -> bool {
    let lower = name.to_ascii_lowercase();
    let of_password = ["password", "passwd", "pass", "pwd", "passphrase"]
        .iter()
        .any(|end| lower.ends_with(end));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let signs = value
        .bytes()
        .filter(|b| b.is_ascii_punctuation() && !b"-_.:/".contains(b))
        .count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    of_password
        && value.len() >= 8
        && letters >= 3
        && (digits >= 2 || digits >= 1 && signs >= 1)
        && !is_words(value)
        && !value.contains([
            '/', ',', '(', ')', '{', '}', '[', ']', '|', '\\', ';', '"', '\'',
        ])
        && (quoted || manner == Manner::Settings)
        && entropy(value) >= 2.5
}

/// Whether a name leaves open what its value is: no hash, no key that is meant to be seen.
fn names_nothing_else(name: &str) -> bool {
    const OTHER: &[&str] = &[
        "hash",
        "sha",
        "md5",
        "digest",
        "checksum",
        "sum",
        "id",
        "uuid",
        "cert",
        "crt",
        "ca",
        "pub",
        "public",
        "fingerprint",
        "integrity",
        "image",
        "url",
        "uri",
        "host",
        "path",
        "version",
        "commit",
        "rev",
        "ref",
        "tag",
        "sig",
        "signature",
        "address",
        "arn",
        "zone",
        "subnet",
        "vpc",
        "bucket",
        "account",
        "contract",
        "data",
        "content",
        "etag",
        "nonce",
        "project",
        "client",
        "dsn",
        "file",
        "name",
        "class",
        "template",
        "caption",
        "label",
        "description",
        "message",
        "msg",
        "recipient",
        "pgp",
        "gpg",
    ];
    let lower = name.to_ascii_lowercase();
    let settings = lower
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    settings && !OTHER.iter().any(|word| lower.contains(word)) && lower.contains("key")
}

/// Whether a value is long, of all kinds of letters, and as random as they come.
fn is_key(value: &str) -> bool {
    is_wanted(value, false)
        && (32..=128).contains(&value.len())
        && machine_made(value)
        && entropy(value) >= 4.3
        && value.bytes().any(|b| b.is_ascii_lowercase())
        && value.bytes().any(|b| b.is_ascii_uppercase())
}
