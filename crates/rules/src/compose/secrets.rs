//! Telling secrets from other settings, by the name of a setting and the look of its value.

use std::ops::Range;

use super::guessable::{is_weak, longest_run};

/// What a value is worth to whoever reads it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Worth {
    /// No secret: nothing, a switch, a path, a reference to a secret kept elsewhere.
    Nothing,
    /// A password that anyone would guess, or a stand-in that works as one.
    Weak,
    /// A secret.
    Real,
    /// A credential whose form tells who gave it out.
    Token(&'static str),
}

/// Words of names that say something about a secret.
const ABOUT: &[&str] = &[
    "allow", "enable", "enabled", "disable", "disabled", "require", "required", "random", "forgot",
    "reset", "show", "public", "no", "has", "use", "with", "without", "generate", "max", "min",
    "ignore", "skip", "validate", "encrypt", "hash", "store",
];

/// Whether a setting of this name holds a secret: `DB_PASSWORD`, `stripeApiKey`,
/// `SECRET_KEY_BASE`; not `PASSWORD_MIN_LENGTH`, `TOKEN_URL`, `PASSWORD_FILE`.
pub(crate) fn names_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else {
        return false;
    };
    // The shell's working directory.
    if matches!(name, "PWD" | "OLDPWD") {
        return false;
    }
    if words.iter().any(|word| ABOUT.contains(&&**word)) {
        return false;
    }
    // `PGPASSWORD`, `dbpasswd`: one word by its look.
    if ["password", "passwd"].iter().any(|end| {
        last.strip_suffix(end)
            .is_some_and(|rest| !ABOUT.contains(&rest))
    }) {
        return true;
    }
    let before = |n: usize| words.len().checked_sub(n + 1).map(|at| words[at].as_str());
    match last {
        "password" | "passwd" | "passphrase" | "secret" | "token" | "apikey" | "secretkey"
        | "privatekey" | "pat" | "dsn" => true,
        "pass" | "pwd" | "pw" => words.len() > 1,
        "key" => {
            words.iter().any(|word| word == "secret")
                || before(1).is_some_and(|qualifier| {
                    [
                        "api",
                        "secret",
                        "private",
                        "encryption",
                        "signing",
                        "master",
                        "app",
                        "auth",
                        "jwt",
                        "session",
                        "crypto",
                        "hmac",
                        "account",
                        "admin",
                        "write",
                        "service",
                        "license",
                        "token",
                        "cookie",
                        "webhook",
                        "salt",
                        "shared",
                    ]
                    .contains(&qualifier)
                })
        }
        "base" => before(1) == Some("key") && before(2) == Some("secret"),
        _ => false,
    }
}

/// The words of a name, in lower case, numbers left out: `DB_PASSWORD_2` is `db`, `password`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut lower_before = false;
    let mut open = false;
    for c in name.chars() {
        if !c.is_ascii_alphabetic() {
            open = false;
            lower_before = false;
            continue;
        }
        if !open || (lower_before && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
        open = true;
        lower_before = c.is_ascii_lowercase();
    }
    words
}

/// Whether the lines of a key are there, and all of one or two letters: `XXXX`.
fn is_blotted_out(pem: &str) -> bool {
    let lines = pem.lines().map(str::trim);
    let body = lines.filter(|line| !line.is_empty() && !line.starts_with('-'));
    let mut letters: Vec<char> = body.flat_map(str::chars).collect();
    letters.sort_unstable();
    letters.dedup();
    matches!(letters.len(), 1 | 2)
}

/// Who gave out a credential of this form, whatever the setting is called.
pub(crate) fn issuer(value: &str) -> Option<&'static str> {
    let value = value.trim();
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----") {
        return (!is_blotted_out(value)).then_some("a private key");
    }
    let issuer = issuer_by_form(value)?;
    let stand_ins = [
        "example",
        "xxxx",
        "....",
        "****",
        "your",
        "changeme",
        "dummy",
        "fake",
        "test-",
        "1234567890",
    ];
    let lower = value.to_ascii_lowercase();
    let is_shown = stand_ins.iter().any(|word| lower.contains(word));
    (!is_shown).then_some(issuer)
}

fn issuer_by_form(value: &str) -> Option<&'static str> {
    let rest = |prefix: &str| value.strip_prefix(prefix);
    let alphanumeric = |text: &str, least: usize| {
        text.len() >= least
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let forms: [(&str, usize, &str); 16] = [
        ("ghp_", 36, "GitHub"),
        ("gho_", 36, "GitHub"),
        ("ghs_", 36, "GitHub"),
        ("github_pat_", 40, "GitHub"),
        ("glpat-", 20, "GitLab"),
        ("xoxb-", 20, "Slack"),
        ("xoxp-", 20, "Slack"),
        ("xapp-", 20, "Slack"),
        ("sk_live_", 20, "Stripe"),
        ("rk_live_", 20, "Stripe"),
        ("npm_", 36, "npm"),
        ("pypi-", 50, "PyPI"),
        ("hf_", 30, "Hugging Face"),
        ("dckr_pat_", 20, "Docker Hub"),
        ("sk-ant-", 40, "Anthropic"),
        ("sk-proj-", 40, "OpenAI"),
    ];
    if let Some((.., issuer)) = forms
        .iter()
        .find(|(prefix, least, _)| rest(prefix).is_some_and(|rest| alphanumeric(rest, *least)))
    {
        return Some(issuer);
    }
    let aws = |prefix| {
        rest(prefix).is_some_and(|rest| {
            rest.len() == 16
                && rest
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        })
    };
    (aws("AKIA") || aws("ASIA")).then_some("AWS")
}

/// What the value of a setting that [`names_secret`] is worth. `context` are words that anyone
/// would try: the names of the service, the user, the database.
pub(crate) fn worth(value: &str, context: &[String]) -> Worth {
    let text = value.trim().trim_matches(['"', '\'']);
    if let Some(issuer) = issuer(text) {
        return Worth::Token(issuer);
    }
    if is_nothing(text) {
        return Worth::Nothing;
    }
    if is_weak(text, context) {
        Worth::Weak
    } else {
        Worth::Real
    }
}

/// `$DB_PASSWORD`, which something fills in.
fn is_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

fn is_nothing(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let switches = [
        "",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "0",
        "1",
        "none",
        "null",
        "nil",
        "enabled",
        "disabled",
        "required",
        "optional",
        "auto",
        "undefined",
    ];
    let path = ["/", "./", "../", "~/", "file:", "c:\\"];
    let file = [
        ".pem", ".key", ".crt", ".p12", ".pfx", ".jks", ".json", ".txt",
    ];
    let kept_elsewhere = [
        "vault:",
        "arn:",
        "ssm:",
        "op://",
        "enc[",
        "aws:",
        "gcp:",
        "secret://",
        "awssm",
        "env:",
    ];
    let marked = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close);
    switches.contains(&lower.as_str())
        || path.iter().chain(&kept_elsewhere).any(|prefix| lower.starts_with(prefix))
        || file.iter().any(|end| lower.ends_with(end))
        || longest_run(&lower, |b| matches!(b, b'x' | b'*')) >= 5
        || marked("<", ">")
        || marked("[", "]")
        || marked("{", "}")
        || marked("%", "%")
        || is_variable(text)
        || lower.starts_with("$(")
        || lower.starts_with("${")
        || text.contains("{{")
        // A URL says where something is.
        || lower.starts_with("http://")
        || lower.starts_with("https://")
        || !text.bytes().any(|b| b.is_ascii_alphanumeric())
        || lower.bytes().filter(|b| matches!(b, b'x' | b'*' | b'.')).count() * 2 > lower.len()
        || is_duration(&lower)
        // A sentence is prose: a prompt, a label.
        || text.split_whitespace().count() > 3
}

/// `15m`, `3600`: the life of a token, not a token.
fn is_duration(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0
        && digits <= 4
        && ["s", "m", "h", "d", "w", "ms", "min", "days", "hours"].contains(&&text[digits..])
}

/// Passwords in URLs (`scheme://user:password@host`) and connection strings (`Password=…;`), as
/// byte ranges of the text.
pub(crate) fn embedded(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = &text[start..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | ','))
            .unwrap_or(rest.len());
        let Some(userinfo) = rest[..end].rfind('@') else {
            continue;
        };
        if let Some(colon) = rest[..userinfo].find(':') {
            found.push(start + colon + 1..start + userinfo);
        }
    }
    let lower = if text.contains('=') {
        text.to_ascii_lowercase()
    } else {
        String::new()
    };
    for key in ["password=", "pwd="] {
        for (at, _) in lower.match_indices(key) {
            let joined = text[..at].chars().next_back();
            if !joined.is_some_and(|c| matches!(c, ';' | '?' | '&')) {
                continue;
            }
            let start = at + key.len();
            let rest = &text[start..];
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '"' | '\''))
                .unwrap_or(rest.len());
            found.push(start..start + end);
        }
    }
    found.retain(|range| !range.is_empty());
    found.sort_by_key(|range| range.start);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_kept_secret() {
        for name in [
            "POSTGRES_PASSWORD",
            "DB_PASS",
            "stripeApiKey",
            "SECRET_KEY_BASE",
            "JWT_SECRET",
            "AUTH_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "MYSQL_ROOT_PASSWORD",
            "APP_KEY",
            "Auth__JwtSecret",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "POSTGRES_PASSWORD_FILE",
            "TOKEN_URL",
            "PASSWORD_MIN_LENGTH",
            "MAX_TOKENS",
            "ALLOW_EMPTY_PASSWORD",
            "MYSQL_RANDOM_ROOT_PASSWORD",
            "AWS_ACCESS_KEY_ID",
            "NEXT_PUBLIC_MAPBOX_TOKEN",
            "PWD",
            "KEY",
            "CACHE_KEY",
            "SECRET_NAME",
            "BYPASS",
            "",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn values_are_weighed() {
        let context = ["shop".to_owned()];
        for (value, expected) in [
            ("", Worth::Nothing),
            ("true", Worth::Nothing),
            ("/run/secrets/db", Worth::Nothing),
            ("<your password>", Worth::Nothing),
            ("xxxxxxxx", Worth::Nothing),
            ("15m", Worth::Nothing),
            ("https://auth.test/token", Worth::Nothing),
            ("password", Worth::Weak),
            ("Passw0rd!", Worth::Weak),
            ("mysecretpassword", Worth::Weak),
            ("change-me-in-production", Worth::Weak),
            ("your_api_key_here", Worth::Weak),
            ("rootpassword123", Worth::Weak),
            ("shop", Worth::Weak),
            ("shop_dev", Worth::Weak),
            ("123456", Worth::Weak),
            ("0123456789abcdef0123456789abcdef", Worth::Weak),
            ("YOUR-CLOUD-API-TOKEN", Worth::Weak),
            ("ThisIsAVerySecretString", Worth::Weak),
            ("Sh0p", Worth::Weak),
            ("sk-xxx-xxx-xxx", Worth::Nothing),
            ("config/jwt/private.pem", Worth::Nothing),
            ("deport-silver-showcase-pusher", Worth::Real),
            ("s3cr3t-pay-9d2f", Worth::Real),
            ("kJ8#pQ2v", Worth::Real),
            ("acme2024", Worth::Real),
            ("b5f1c9e27d", Worth::Real),
        ] {
            assert_eq!(worth(value, &context), expected, "{value}");
        }
    }

    #[test]
    fn forms_of_credentials_are_known() {
        let github = format!("ghp_{}", "a1B2".repeat(9));
        assert_eq!(issuer(&github), Some("GitHub"));
        let aws = format!("AKIA{}", "Q7ZP".repeat(4));
        assert_eq!(issuer(&aws), Some("AWS"));
        assert_eq!(issuer("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(issuer("sk-learn"), None);
    }

    #[test]
    fn passwords_inside_addresses_are_found() {
        for (text, expected) in [
            ("postgresql://pay:abc@db:5432/pay", &["abc"][..]),
            ("redis://:abc@cache", &["abc"]),
            ("redis://cache:6379/0", &[]),
            ("amqp://a:b@x,amqp://c:d@y", &["b", "d"]),
            ("http://x.test/?u=a:b@c", &[]),
            ("Server=db;User Id=sa;Password=Abc-1;Encrypt=no", &["Abc-1"]),
            ("jdbc:postgresql://db/pay?user=a&password=abc", &["abc"]),
            ("password=abc", &[]),
        ] {
            let found: Vec<&str> = embedded(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
