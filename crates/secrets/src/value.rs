//! What a value is worth to whoever reads it.

use crate::form::issuer;
use crate::guessable::{is_weak, longest_run};
use crate::placeholder::names_its_stage;

/// What a value is worth to whoever reads it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Worth {
    /// No secret: nothing, a switch, a path, a reference to a secret kept elsewhere.
    Nothing,
    /// A password that anyone would guess, or a stand-in that works as one.
    Weak,
    /// A secret.
    Real,
    /// A credential whose form tells who gave it out.
    Token(&'static str),
}

/// What the value of a setting that [`names_secret`](crate::names_secret) is worth. `context` are words that anyone
/// would try: the names of the service, the user, the database.
pub fn worth(value: &str, context: &[String]) -> Worth {
    let text = value.trim().trim_matches(['"', '\'']);
    if let Some(issuer) = issuer(text) {
        return Worth::Token(issuer);
    }
    if is_nothing(text) {
        return Worth::Nothing;
    }
    if is_weak(text, context) || names_its_stage(text) {
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
    // `__YOUR_PASSWORD__` is there for a program, or a person, to replace.
    if text.len() > 4 && text.starts_with("__") && text.ends_with("__") {
        return true;
    }
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
        || says_there_is_none(&lower)
        || is_bare_address(&lower)
        || PUBLISHED.iter().any(|key| text.starts_with(key))
        || !text.bytes().any(|b| b.is_ascii_alphanumeric())
        || lower.bytes().filter(|b| matches!(b, b'x' | b'*' | b'.')).count() * 2 > lower.len()
        || is_duration(&lower)
        // A sentence is prose: a prompt, a label.
        || text.split_whitespace().count() > 3
}

/// `no-key`, `not-needed`: some programs refuse an empty value.
fn says_there_is_none(lower: &str) -> bool {
    const NONE: [&str; 12] = [
        "na",
        "noapikey",
        "noauth",
        "nokey",
        "none",
        "notapplicable",
        "notneeded",
        "notrequired",
        "notset",
        "notused",
        "unset",
        "unused",
    ];
    let bare: String = lower.split(['-', '_', ' ', '/']).collect();
    NONE.contains(&&*bare)
}

/// Keys that emulators have built in, by how they begin: Azure's of storage and of Cosmos DB.
const PUBLISHED: &[&str] = &[
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMb",
];

/// A URL says where something is: that of a page in any case, any other when nobody logs in with it.
fn is_bare_address(lower: &str) -> bool {
    let Some((scheme, rest)) = lower.split_once("://") else {
        return false;
    };
    matches!(scheme, "http" | "https")
        || scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            && !rest.contains(['@', '=', ';', ' '])
}

/// `15m`, `3600`: the life of a token, not a token.
fn is_duration(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0
        && digits <= 4
        && ["s", "m", "h", "d", "w", "ms", "min", "days", "hours"].contains(&&text[digits..])
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("no-key", Worth::Nothing),
            ("NOT_NEEDED", Worth::Nothing),
            ("n/a", Worth::Nothing),
            ("none-a1B2c3", Worth::Real),
            ("nokeys4u7", Worth::Real),
            ("dev-google-secret", Worth::Weak),
            ("https://auth.test/token", Worth::Nothing),
            ("tcp://clickhouse:9000", Worth::Nothing),
            ("postgres://db:5432/app", Worth::Nothing),
            (
                "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
                Worth::Nothing,
            ),
            ("tcp://clickhouse:9000?password=kJ8x2mQ9", Worth::Real),
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
}
