//! What the values of a Kubernetes Secret are worth to whoever reads them.

use crate::address::{embedded, is_form, is_form_of_localhost};
use crate::form::issuer;
use crate::name::names_secret;
use crate::placeholder::{is_own_name, is_placeholder};
use crate::value::{Worth, worth};

/// The most lines of one value that are looked at.
const MAX_LINES: usize = 2000;

/// What the value under `key` is worth. `context` are words that stand in the open beside it.
pub fn value_worth(key: &str, text: &str, context: &[String]) -> Worth {
    if let Some(issuer) = issuer(text) {
        return Worth::Token(issuer);
    }
    if is_form(text) || is_form_of_localhost(text) {
        return Worth::Nothing;
    }
    // In an address only the password is secret, and not when something fills it in.
    let inside = embedded(text).into_iter().map(|range| &text[range]);
    if let Some(found) = inside
        .map(|password| match worth(password, context) {
            _ if is_placeholder(password) || is_own_name(password) => Worth::Nothing,
            found => found,
        })
        .max()
    {
        return found;
    }
    if is_settings(text) {
        return credentials(text);
    }
    // How long something lasts is told by a number.
    let lasts = [
        "expir", "ttl", "timeout", "lifetime", "duration", "max_age", "_ms", "_seconds",
    ];
    let is_span = lasts
        .iter()
        .any(|word| key.to_ascii_lowercase().contains(word));
    if is_own_name(text) || is_span && text.trim().len() < 16 {
        return Worth::Nothing;
    }
    let found = worth(text, context);
    // Whatever a key file holds, but for what was blotted out.
    if (key.ends_with(".key") || key.ends_with("privatekey")) && !text.contains("XXXXXXXX") {
        return Worth::Real;
    }
    if names_secret(key) || matches!(key, "pass" | "pwd" | "pw" | "auth") {
        // One short word in small letters is in every list of passwords.
        let word = text.trim();
        let short = word.len() <= 10 && word.bytes().all(|b| b.is_ascii_lowercase());
        return if found == Worth::Real && short {
            Worth::Weak
        } else {
            found
        };
    }
    match found {
        // What stands beside a password in the open.
        _ if names_the_open(key) => Worth::Nothing,
        // Under a key that says nothing, words say nothing either.
        Worth::Real if is_plain(text) => Worth::Nothing,
        Worth::Weak => Worth::Nothing,
        other => other,
    }
}

/// Whether a key is called like what needs no secret: a database, a user, a host.
fn names_the_open(key: &str) -> bool {
    let last = key.rsplit(['_', '-', '.']).next().unwrap_or(key);
    let open = [
        "bucket", "database", "db", "dbname", "email", "host", "hostname", "name", "port",
        "region", "user", "username",
    ];
    open.iter().any(|word| last.eq_ignore_ascii_case(word))
}

/// Whether the text is nothing but words and short numbers: a name, a host, an address, a region.
fn is_plain(text: &str) -> bool {
    text.trim()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .all(|part| {
            let number = part.bytes().all(|b| b.is_ascii_digit());
            let word = part.bytes().all(|b| b.is_ascii_alphabetic());
            let lower = part.bytes().all(|b| b.is_ascii_lowercase());
            number && part.len() <= 5 || word && part.len() <= 12 || lower && part.len() <= 32
        })
}

/// Whether the text is a file of settings: JSON, or several lines of keys with values.
fn is_settings(text: &str) -> bool {
    let trimmed = text.trim();
    let json = trimmed.starts_with('{') && trimmed.ends_with('}')
        || trimmed.starts_with('[') && trimmed.ends_with(']');
    let keyed = |line: &&str| setting(line).is_some();
    json && trimmed.contains(':') || trimmed.lines().take(MAX_LINES).filter(keyed).count() >= 2
}

/// A line's key and value, in the ways of YAML, INI, TOML and JSON.
fn setting(line: &str) -> Option<(&str, &str)> {
    let line = line.trim().trim_start_matches("- ").trim_end_matches(',');
    let at = line.find([':', '='])?;
    let key = line[..at].trim().trim_matches(['"', '\'']);
    let value = line[at + 1..].trim().trim_matches(['"', '\'', '|', '>']);
    let named = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    named.then_some((key, value))
}

/// What the credentials in a file of settings are worth.
fn credentials(text: &str) -> Worth {
    const KEYS: &[&str] = &[
        "auth",
        "client-key-data",
        "credentials",
        "identitytoken",
        "pass",
        "private_key",
        "privatekey",
        "pwd",
        "secretaccesskey",
    ];
    // JSON on one line is split at its commas and braces.
    let parts = text.lines().take(MAX_LINES).flat_map(|line| {
        let json = line.contains("\":") || line.contains("\" :");
        line.split(move |c: char| json && matches!(c, ',' | '{' | '}'))
    });
    let worths = parts.into_iter().map(|part| {
        let Some((key, value)) = setting(part) else {
            return Worth::Nothing;
        };
        let named = names_secret(key) || KEYS.contains(&key.to_ascii_lowercase().as_str());
        // Hashed passwords of htpasswd and shadow files stand under the user's name.
        let hashed = ["$2", "$apr1$", "$1$", "$5$", "$6$", "{SHA}"]
            .iter()
            .any(|start| value.starts_with(start));
        if hashed {
            Worth::Real
        } else if !named || is_placeholder(value) || is_own_name(value) {
            Worth::Nothing
        } else {
            worth(value, &[])
        }
    });
    // Whoever has one of them has all that it opens.
    worths.max().unwrap_or(Worth::Nothing)
}

#[cfg(test)]
mod tests {
    use super::{Worth, value_worth};

    #[track_caller]
    fn check(key: &str, text: &str, expected: Worth) {
        assert_eq!(value_worth(key, text, &[]), expected, "{key}: {text}");
    }

    #[test]
    fn words_under_keys_that_say_nothing_are_no_secret() {
        for (key, text) in [
            ("foo", "bar"),
            ("value", "rotated"),
            ("user", "payments"),
            ("foo", "thishasbeenmodified"),
            ("region", "us-east-1"),
            ("host", "db.internal.example.com:5432"),
            ("token-url", "https://id.example.com/token"),
            ("POSTGRES_DB", "n8n"),
            ("POSTGRES_USER", "app7user"),
        ] {
            check(key, text, Worth::Nothing);
        }
        check("value", "9f86d081884c7d65", Worth::Real);
        check("url", "postgres://pay:kJ8x2mQ9@db/pay", Worth::Real);
        check("url", "postgres://pay:password@db/pay", Worth::Weak);
        check(
            "url",
            "postgres://${USER}:${PASSWORD}@db/pay",
            Worth::Nothing,
        );
        check("url", "postgres://$(U):$(P)@$(HOST)/pay", Worth::Nothing);
        check("url", "postgres://pay:<password>@db/pay", Worth::Nothing);
        let local = |login: &str| format!("postgres://{login}@localhost:5432/pay?sslmode=disable");
        check("url", &local("user:pass"), Worth::Nothing);
        check("url", &local("pay:password"), Worth::Weak);
        check("url", &local("user:kJ8x2mQ9"), Worth::Real);
        check("url", "postgres://user:pass@db:5432/pay", Worth::Weak);
        check("password", "password", Worth::Weak);
        check("password", "superman", Worth::Weak);
        check("password", "kJ8x2mQ9vT4w", Worth::Real);
        check("data", "kJxmQvTwzLpRbNcDs", Worth::Real);
        let key = |body: &str| {
            format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
        };
        check("git_key", &key("XXXXXXXXXX\nXXXXXXXXXX"), Worth::Nothing);
        let real = value_worth("git_key", &key("MIIEvQIBADANBgkqhkiG9w0B"), &[]);
        assert!(matches!(real, Worth::Token(_)));
        check("tls.key", "key-bytes", Worth::Real);
    }

    #[test]
    fn values_that_name_themselves_stand_in() {
        for text in ["PASSWORD", "API_TOKEN", "VALUE1", "YOUR_SECRET_KEY"] {
            check("password", text, Worth::Nothing);
        }
        check(
            "http_basic.json",
            "{\n  \"username\": \"USERNAME\",\n  \"password\": \"PASSWORD\"\n}",
            Worth::Nothing,
        );
        check("a.ini", "user=a\npassword=CHANGE_ME\n", Worth::Nothing);
        check("password", "PASSWORT", Worth::Real);
        check("password", "KEY-7QX2-PVM9", Worth::Real);
        check(
            "a.json",
            "{\"username\": \"USERNAME\", \"password\": \"kJ8x2mQ9vT4w\"}",
            Worth::Real,
        );
    }

    #[test]
    fn files_of_settings_are_looked_into() {
        check(
            "datasources.yaml",
            "{\n  \"apiVersion\": 1,\n  \"datasources\": [{\"url\": \"http://p:9090\", \"name\": \"p\"}]\n}",
            Worth::Nothing,
        );
        check("config.yaml", "a: b\nserver:\n  port: 80\n", Worth::Nothing);
        check(
            ".dockerconfigjson",
            "{\"auths\": {\"r.io\": {\"auth\": \"dXNlcjpodW50ZXIy\"}}}",
            Worth::Real,
        );
        check(
            "alert.yaml",
            "smtp: x\nsmtp_password: kJ8x2mQ9\n",
            Worth::Real,
        );
        check("a.ini", "user=a\npassword=kJ8x2mQ9\n", Worth::Real);
        check("a.ini", "user=a\npassword=\n", Worth::Nothing);
        check("auth", "bob:$apr1$x$y\nann:$apr1$v$w\n", Worth::Real);
        check("a.ini", "user=a\npassword=secret\n", Worth::Weak);
        check(
            "a.ini",
            "password=secret\ntoken=kJ8x2mQ9vT4w\n",
            Worth::Real,
        );
        check("run.sh", "#!/bin/sh\nexec ./a --x\n", Worth::Nothing);
    }
}
