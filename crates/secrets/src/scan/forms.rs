//! Secrets by their form that is more than a prefix: private keys, signed tokens, logins in base64,
//! addresses that are a credential by themselves.

use std::ops::Range;

use super::{Found, Kind};
use crate::base64::decode;
use crate::guessable::longest_run;
use crate::placeholder::{is_placeholder, stands_in};
use crate::random::{entropy, is_words};
use crate::value::{Worth, worth};

/// The least base64 letters of a private key: those of an elliptic curve's.
const LEAST_KEY: usize = 60;

/// The most bytes of a key that are looked through for its end.
const MOST_KEY: usize = 16 * 1024;

/// Private keys in PEM: heads with a body that could be one.
pub(super) fn private_keys(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("-----BEGIN ") {
        let head = &text[start + 11..];
        let Some(end) = head.find("-----").filter(|end| *end <= 40) else {
            continue;
        };
        let what = &head[..end];
        if !what.contains("PRIVATE KEY") {
            continue;
        }
        let body_at = start + 11 + end + 5;
        let rest = &text[body_at..];
        let most = floor(rest, MOST_KEY);
        let body = &rest[..most];
        let Some(len) = body.find("-----END ") else {
            continue;
        };
        let body = &body[..len];
        if !is_key_body(body) {
            continue;
        }
        let sure = !what.contains("ENCRYPTED");
        let mut one = Found::new(text, body_at..body_at + len, Kind::PrivateKey, sure);
        one.at = start..body_at;
        found.push(one);
    }
    found
}

/// The greatest offset up to `most` on a boundary of characters.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

fn is_key_body(body: &str) -> bool {
    // Line breaks may be written as `\n`; lines may be strings that are joined.
    let plain = body.replace("\\n", "\n").replace("\\r", "");
    let letters: String = plain
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    let lower = plain.to_ascii_lowercase();
    let made_up = [
        "...", "example", "your", "redacted", "xxxx", "${", "{{", "<",
    ]
    .iter()
    .any(|mark| lower.contains(mark));
    letters.len() >= LEAST_KEY
        && !made_up
        && longest_run(&letters, |_| true) < 20
        && entropy(&letters) > 4.0
}

/// Whether a value is a private key in base64.
pub(super) fn is_coded_private_key(value: &str) -> bool {
    value.len() >= 100
        && value.starts_with("LS0tLS1CRUdJTi")
        && decode(value)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .is_some_and(|text| !private_keys(&text).is_empty())
}

/// Signed tokens that say something: a head, a body and a signature.
pub(super) fn jwts(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find("eyJ").map(|at| from + at) {
        let rest = &line[at..];
        let len = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .unwrap_or(rest.len());
        let token = &rest[..len];
        if is_jwt(token) {
            found.push(at..at + len);
        }
        from = at + len.max(3);
    }
    found
}

fn is_jwt(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts[..] else {
        return false;
    };
    let (Some(head), Some(body)) = (of_url(head), of_url(body)) else {
        return false;
    };
    let lower = body.to_ascii_lowercase();
    // The example of every manual, keys of Supabase that pages hold by design, things for tests.
    let shown = [
        "1234567890",
        "john doe",
        "\"anon\"",
        "example",
        "test",
        "\"demo\"",
        "supabase-demo",
        "localhost",
    ]
    .iter()
    .any(|mark| lower.contains(mark));
    head.contains("\"alg\"") && body.starts_with('{') && signature.len() >= 20 && !shown
}

/// A part of a signed token: base64 for addresses, without padding.
fn of_url(part: &str) -> Option<String> {
    let mut text = part.replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    String::from_utf8(decode(&text)?).ok()
}

/// `Authorization: Basic …` and `"auth": "…"` with a password that is one.
pub(super) fn logins(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let lower = line.to_ascii_lowercase();
    for mark in ["basic ", "\"auth\"", "_auth="] {
        for (at, _) in lower.match_indices(mark) {
            let from = at + mark.len();
            let rest = &line[from..];
            let skipped = rest.len() - rest.trim_start_matches([' ', ':', '"', '\'', '=']).len();
            let start = from + skipped;
            let value = &line[start..];
            let len = value
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
                .unwrap_or(value.len());
            if is_login(&value[..len]) {
                found.push(start..start + len);
            }
        }
    }
    found
}

/// Whether a text is `user:password` in base64, with a password that nobody would guess.
fn is_login(coded: &str) -> bool {
    if coded.len() < 12 {
        return false;
    }
    let decoded = decode(coded).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = decoded.filter(|text| text.chars().all(|c| !c.is_control())) else {
        return false;
    };
    text.split_once(':').is_some_and(|(user, password)| {
        !user.is_empty()
            && password.len() >= 6
            && !is_placeholder(password)
            && !stands_in(password)
            && !is_words(password)
            && user != password
            && matches!(
                worth(password, &[user.to_ascii_lowercase()]),
                Worth::Real | Worth::Token(_)
            )
    })
}

/// Addresses that are a credential, and keys of connection strings, with who gave them out.
pub(super) fn others(line: &str) -> Vec<(Range<usize>, &'static str)> {
    const MARKS: &[(&str, usize, &str)] = &[
        ("hooks.slack.com/services/T", 38, "Slack"),
        ("discord.com/api/webhooks/", 80, "Discord"),
        ("discordapp.com/api/webhooks/", 80, "Discord"),
        ("AccountKey=", 80, "Azure"),
        ("SharedAccessKey=", 40, "Azure"),
    ];
    let mut found = Vec::new();
    for (mark, least, issuer) in MARKS {
        for (at, _) in line.match_indices(mark) {
            let start = at + mark.len();
            let rest = &line[start..];
            let len = rest
                .find(|c: char| {
                    !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-'))
                })
                .unwrap_or(rest.len());
            let value = &rest[..len];
            if len >= *least
                && !is_known(value)
                && longest_run(value, |_| true) < 6
                && entropy(value) > 3.5
            {
                found.push((start..start + len, *issuer));
            }
        }
    }
    // `sk-…T3BlbkFJ…`: the middle spells the issuer's name in base64.
    for (at, _) in line.match_indices("T3BlbkFJ") {
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let start = line[..at].rfind(|c| !part(c)).map_or(0, |before| {
            before + line[before..].chars().next().map_or(1, char::len_utf8)
        });
        let len = line[start..]
            .find(|c| !part(c))
            .unwrap_or(line.len() - start);
        let value = &line[start..start + len];
        if value.starts_with("sk-") && len >= 40 && longest_run(value, |_| true) < 6 {
            found.push((start..start + len, "OpenAI"));
        }
    }
    for (at, _) in line.match_indices(":AA") {
        let digits = line[..at]
            .bytes()
            .rev()
            .take_while(u8::is_ascii_digit)
            .count();
        let rest = &line[at + 1..];
        let len = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
            .unwrap_or(rest.len());
        if (8..=10).contains(&digits) && len == 35 && entropy(&rest[..len]) > 3.5 {
            found.push((at - digits..at + 1 + len, "Telegram"));
        }
    }
    found
}

/// Keys that the makers of emulators print in their manuals.
fn is_known(value: &str) -> bool {
    ["Eby8vdM02xNOcqFl", "C2y6yDjf5/R+ob0N", "SAS_KEY_VALUE"]
        .iter()
        .any(|start| value.starts_with(start))
}
