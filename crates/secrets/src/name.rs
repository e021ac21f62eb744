//! What the name of a setting tells: whether its value is to be kept from people.
//!
//! The one list of such names. What is sure of a name is enough for a rule that sees a plain word
//! beside it; what is likely is enough to leave a value out of what is written, and needs a value
//! that looks made by a machine before it is called a secret.

/// How surely a name says that its value is a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Named {
    /// `OPENAI_KEY`, `AWS_CREDENTIALS`, `SECRET_1_VALUE`: most of them are.
    Likely,
    /// `DB_PASSWORD`, `stripeApiKey`.
    Surely,
}

/// Whether a setting of this name holds a secret: `DB_PASSWORD`, `stripeApiKey`,
/// `SECRET_KEY_BASE`; not `PASSWORD_MIN_LENGTH`, `TOKEN_URL`, `PASSWORD_FILE`.
pub fn names_secret(name: &str) -> bool {
    named(name) == Some(Named::Surely)
}

/// Whether a setting of this name holds a secret, and how surely.
pub fn named(name: &str) -> Option<Named> {
    // The shell's working directory.
    if matches!(name, "PWD" | "OLDPWD") {
        return None;
    }
    let words = words(name);
    let last = words.last()?.as_str();
    if words.iter().any(|word| SWITCHES.contains(&word.as_str())) {
        return None;
    }
    if is_sure(&words, last) {
        return Some(Named::Surely);
    }
    is_likely(&words, last).then_some(Named::Likely)
}

/// Words that make of a name one that says something about secrets, or of what everybody may know.
const SWITCHES: &[&str] = &[
    "allow",
    "bcrypt",
    "checksum",
    "csrf",
    "digest",
    "disable",
    "disabled",
    "enable",
    "enabled",
    "encrypt",
    "forgot",
    "generate",
    "has",
    "hash",
    "hashed",
    "ignore",
    "max",
    "md",
    "min",
    "no",
    "public",
    "publishable",
    "random",
    "require",
    "required",
    "reset",
    "sha",
    "show",
    "skip",
    "store",
    "use",
    "validate",
    "with",
    "without",
    "xsrf",
];

/// Last words of names that say how a secret is found, called, made or how long it lasts.
const ABOUT: &[&str] = &[
    "age",
    "algorithm",
    "arn",
    "bits",
    "class",
    "count",
    "days",
    "description",
    "endpoint",
    "error",
    "expiration",
    "expires",
    "expiry",
    "field",
    "file",
    "format",
    "header",
    "host",
    "hours",
    "id",
    "ids",
    "in",
    "input",
    "issuer",
    "label",
    "length",
    "lifetime",
    "limit",
    "minutes",
    "mode",
    "name",
    "names",
    "path",
    "per",
    "placeholder",
    "policy",
    "port",
    "prefix",
    "provider",
    "ref",
    "regex",
    "rounds",
    "seconds",
    "size",
    "status",
    "suffix",
    "timeout",
    "title",
    "ttl",
    "type",
    "uri",
    "url",
    "usage",
    "user",
    "username",
    "version",
];

/// Words before `key` that make it one which opens something.
const OPENING: &[&str] = &[
    "account",
    "admin",
    "api",
    "app",
    "auth",
    "cookie",
    "crypto",
    "encryption",
    "hmac",
    "jwt",
    "license",
    "master",
    "private",
    "salt",
    "secret",
    "service",
    "session",
    "shared",
    "signing",
    "token",
    "webhook",
    "write",
];

/// Words before `key` that make it one which finds or sorts something, or which everybody may know.
const FINDING: &[&str] = &[
    "annotation",
    "cache",
    "column",
    "dedup",
    "dict",
    "foreign",
    "gpg",
    "group",
    "hot",
    "idempotency",
    "index",
    "json",
    "label",
    "lookup",
    "map",
    "message",
    "minisign",
    "object",
    "order",
    "partition",
    "pgp",
    "primary",
    "redis",
    "registry",
    "routing",
    "row",
    "s",
    "search",
    "shift",
    "sort",
    "storage",
    "tab",
    "topic",
    "translation",
    "unique",
    "vapid",
    "verification",
    "verify",
];

fn is_sure(words: &[String], last: &str) -> bool {
    // `PGPASSWORD`, `dbpasswd`: one word by its look.
    let joined = ["password", "passwd"].iter().any(|end| {
        last.strip_suffix(end)
            .is_some_and(|rest| !SWITCHES.contains(&rest))
    });
    let before = |n: usize| words.len().checked_sub(n + 1).map(|at| words[at].as_str());
    joined
        || match last {
            "passphrase" | "secret" | "token" | "apikey" | "secretkey" | "privatekey" | "pat"
            | "dsn" => true,
            "pass" | "pwd" | "pw" => words.len() > 1,
            "key" => {
                words.iter().any(|word| word == "secret")
                    || before(1).is_some_and(|word| OPENING.contains(&word))
            }
            "base" => before(1) == Some("key") && before(2) == Some("secret"),
            _ => false,
        }
}

fn is_likely(words: &[String], last: &str) -> bool {
    let before = words.len().checked_sub(2).map(|at| words[at].as_str());
    match last {
        about if ABOUT.contains(&about) => false,
        "credential" | "credentials" | "creds" | "salt" | "pepper" => true,
        "key" => before.is_some_and(|word| !FINDING.contains(&word)),
        "sekret" | "secrets" | "tokens" => false,
        joined
            if ["secret", "token", "apikey", "secretkey"]
                .iter()
                .any(|end| joined.ends_with(end)) =>
        {
            true
        }
        _ => words.iter().any(|word| {
            matches!(
                word.as_str(),
                "secret"
                    | "token"
                    | "password"
                    | "passwd"
                    | "pass"
                    | "pwd"
                    | "apikey"
                    | "secretkey"
            )
        }),
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
    fn what_is_likely_is_told_from_what_is_sure() {
        for name in [
            "OPENAI_KEY",
            "AWS_CREDENTIALS",
            "PASSWORD_SALT",
            "SECRET_ONE",
            "CLIENTSECRET",
        ] {
            assert_eq!(named(name), Some(Named::Likely), "{name}");
        }
        for name in [
            "SECRET_FILE",
            "STRIPE_PUBLISHABLE_KEY",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "PUBLIC_KEY",
            "SORT_KEY",
            "MONKEY",
            "PASSWORD_SHA256_HEX",
            "checksum/secret",
            "csrf-token",
            "TOKENS",
        ] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
