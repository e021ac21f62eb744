//! Secrets that stand in a Dockerfile as they are: by the name beside them, by their form, and by
//! looking made by a machine.

use crate::compose::secrets::{Worth, embedded, issuer, names_secret, worth};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    /// A credential whose form tells what it is: a phrase such as "a credential of GitHub".
    Token(String),
    /// A value whose name says that it is secret.
    Named,
    /// A value that anyone would guess, under such a name.
    Guessable,
    /// A password inside a URL or a connection string.
    Embedded,
}

/// Parts of values that stand in for a secret while something is built.
const STAND_INS: &[&str] = &[
    "dummy",
    "placeholder",
    "fake",
    "build",
    "change",
    "example",
    "sample",
    "not-",
    "insecure",
    "temp",
    "replace",
    "todo",
    "unused",
    "fixme",
    "override",
    "unset",
    "test",
    "foo",
    "bar",
    "local",
    "your-",
    "your_",
];

fn stands_in(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    STAND_INS.iter().any(|mark| lower.contains(mark))
}

/// A secret in the value of ARG or ENV. What ENV sets stays for the program to use, so that a
/// plain word counts there; a default of ARG that is only words is a stand-in.
pub(crate) fn in_setting(name: &str, value: &str, env: bool) -> Option<Written> {
    if value.contains('$') {
        return None;
    }
    if let Some(token) = token(value) {
        return Some(Written::Token(token));
    }
    if names_secret(name) {
        return match worth(value, &[]) {
            _ if stands_in(value) => None,
            Worth::Real if env || !is_words(value) => Some(Written::Named),
            Worth::Weak if env => Some(Written::Guessable),
            _ => None,
        };
    }
    is_embedded(value).then_some(Written::Embedded)
}

/// A credential somewhere in a word or line of a script: `Authorization: Bearer ghp_…`, a URL
/// with a password.
pub(crate) fn in_word(text: &str) -> Option<Written> {
    if let Some(token) = token(text) {
        return Some(Written::Token(token));
    }
    is_embedded(text).then_some(Written::Embedded)
}

/// A password in a URL or connection string that is neither a variable nor a stand-in.
fn is_embedded(text: &str) -> bool {
    embedded(text).into_iter().any(|range| {
        let password = &text[range];
        !password.contains(['$', '{', '<'])
            && matches!(worth(password, &[]), Worth::Real | Worth::Token(_))
            && !stands_in(password)
            && !is_words(password)
    })
}

/// A credential by its form, anywhere in the text.
fn token(text: &str) -> Option<String> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key".to_owned());
    }
    text.split(|c: char| c.is_whitespace() || "=:,;\"'@/()".contains(c))
        .find_map(|part| {
            let issuer = issuer(part).or_else(|| is_google(part).then_some("Google"))?;
            Some(if issuer.starts_with("a ") {
                issuer.to_owned()
            } else {
                format!("a credential of {issuer}")
            })
        })
}

fn is_google(part: &str) -> bool {
    let rest = part.strip_prefix("AIza").unwrap_or("");
    rest.len() == 35
        && rest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Words in one case, joined by signs, with at most a number: `build-key`, `db_pass2`.
fn is_words(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let lower = value.bytes().any(|b| b.is_ascii_lowercase());
    let upper = value.bytes().any(|b| b.is_ascii_uppercase());
    let first_upper = value.bytes().skip(1).all(|b| !b.is_ascii_uppercase());
    digits <= 2
        && !(lower && upper && !first_upper)
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_. ".contains(&b))
}

/// Whether the value looks made by a machine: long enough, of several kinds of characters, and
/// without a run that reads as a word.
pub(crate) fn looks_random(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    if value.len() < 10
        || value.contains(['$', ' ', '/', '{', '<'])
        || stands_in(value)
        || !matches!(worth(value, &[]), Worth::Real | Worth::Token(_))
    {
        return false;
    }
    let kinds = [
        value.bytes().any(|b| b.is_ascii_lowercase()),
        value.bytes().any(|b| b.is_ascii_uppercase()),
        value.bytes().any(|b| b.is_ascii_digit()),
        value
            .bytes()
            .any(|b| b.is_ascii_punctuation() && !b"-_.".contains(&b)),
    ];
    kinds.iter().filter(|kind| **kind).count() >= 2 && entropy(value) >= 3.0
}

/// Bits per character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let len = text.len() as f64;
    let of = |count: u32| {
        let part = f64::from(count) / len;
        -part * part.log2()
    };
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| of(*count))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{Written, in_setting, in_word, is_words, looks_random};

    #[test]
    fn keys_are_told_from_words() {
        for value in ["kJ8x2mQ9vT4w", "f3b9c1d27a8e4465", "s3cr3t!9d2fQx"] {
            assert!(looks_random(value), "{value}");
        }
        for value in [
            "build-time-dummy",
            "changeme123",
            "mysecretpassword",
            "$TOKEN",
            "short1",
            "1.2.3.4.5.6",
        ] {
            assert!(!looks_random(value), "{value}");
        }
        assert!(is_words("build-key") && !is_words("kJ8x2mQ9"));
    }

    #[test]
    fn settings_and_words_are_weighed() {
        assert_eq!(
            in_setting("API_KEY", "f3b9c1d27a8e4465", false),
            Some(Written::Named)
        );
        assert_eq!(in_setting("SECRET_KEY", "django-secret", false), None);
        assert_eq!(
            in_setting("DSN", "pg://u:kJ8x2mQ9@db/x", true),
            Some(Written::Named)
        );
        assert_eq!(in_word("https://bot:kJ8x2mQ9@h/x"), Some(Written::Embedded));
        assert_eq!(in_word("https://user:password@h/x"), None);
        assert_eq!(in_word("https://u:${T}@h/x"), None);
    }
}
