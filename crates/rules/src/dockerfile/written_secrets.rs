//! Secrets that stand in a Dockerfile as they are: by the name beside them and by their form.

use plimsoll_secrets::address::embedded;
use plimsoll_secrets::form::{is_private_key, tokens};
use plimsoll_secrets::placeholder::stands_in;
use plimsoll_secrets::random::is_words;
use plimsoll_secrets::{Worth, names_secret, worth};

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
        // `DRAGONFLY_PASSWORD=dragonfly`: what the name begins with stands in the open.
        let lower = name.to_ascii_lowercase();
        let first: Vec<String> = lower.split('_').take(1).map(str::to_owned).collect();
        return match worth(value, &first) {
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
    if is_private_key(text) {
        return Some("a private key".to_owned());
    }
    let found = tokens(text).into_iter().next()?;
    Some(format!("a credential of {}", found.issuer))
}

#[cfg(test)]
mod tests {
    use super::{Written, in_setting, in_word};

    #[test]
    fn settings_and_words_are_weighed() {
        assert_eq!(
            in_setting("API_KEY", "f3b9c1d27a8e4465", false),
            Some(Written::Named)
        );
        assert_eq!(in_setting("SECRET_KEY", "django-secret", false), None);
        assert_eq!(
            in_setting("DRAGONFLY_PASSWORD", "dragonfly", true),
            Some(Written::Guessable)
        );
        assert_eq!(
            in_setting("DSN", "pg://u:kJ8x2mQ9@db/x", true),
            Some(Written::Named)
        );
        assert_eq!(in_word("https://bot:kJ8x2mQ9@h/x"), Some(Written::Embedded));
        assert_eq!(in_word("https://user:password@h/x"), None);
        assert_eq!(in_word("https://u:${T}@h/x"), None);
    }
}
