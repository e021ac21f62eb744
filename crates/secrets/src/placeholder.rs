//! Values that only stand in for a secret.

/// Whether a value evidently stands in for one that is filled in later.
pub fn is_placeholder(value: &str) -> bool {
    let text = value.trim();
    let bare = text.trim_matches(['<', '>', '"', '\'', '*', '_', '-', '.']);
    if bare.is_empty() || text.starts_with("ENC[") {
        return true;
    }
    if is_empty_pem(text) || text.starts_with("-----BEGIN ") && stands_in_pem(text) {
        return true;
    }
    let marked = (text.starts_with('<') && text.ends_with('>'))
        || text.starts_with("${")
        || text.starts_with("$(")
        || text.starts_with('$')
            && text[1..]
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_')
        || text.contains("{{")
        || text.contains("<%")
        || text.starts_with("__") && text.ends_with("__")
        // Elided: `sk_test_...`.
        || text.len() < 32 && (text.ends_with("...") || text.ends_with('…'))
        || text.starts_with('%') && text.ends_with('%');
    let lower = text.to_ascii_lowercase();
    let addressed = ["your-", "your_", "my-base64", "insert-", "insert_"]
        .iter()
        .any(|start| lower.starts_with(start));
    // `sk-your-api-key`.
    let mut parts = lower.split(['-', '_']);
    let addressed = addressed || parts.any(|part| part == "your");
    let plain: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let word = [
        "changeme",
        "changethis",
        "replaceme",
        "replacethis",
        "replacewith",
        "yourpassword",
        "yoursecret",
        "yourtoken",
        "yourkey",
        "yourapikey",
        "insert",
        "todo",
        "tobereplaced",
        "redacted",
        "dummy",
        "notused",
        "xxxx",
        "fillme",
        "putyour",
        "base64encoded",
        "goeshere",
        "somevalue",
        // Portuguese, Spanish and French for what is to be changed.
        "altereisto",
        "alterar",
        "cambiame",
        "cambiar",
        "changez",
        "reemplaz",
        "remplacez",
        "substitua",
        "troque",
    ];
    // `base64:replace-with-a-real-key`.
    let told = [
        "replace-with",
        "replace-me",
        "change-me",
        "change-before",
        "change-for-prod",
        "change-in-prod",
        "dev-placeholder",
    ];
    let begun = ["dev-only-", "fake-", "local-only-", "mock-", "test-only-"];
    let dashed = lower.replace('_', "-");
    marked
        || told.iter().any(|words| dashed.contains(words))
        || begun.iter().any(|words| dashed.starts_with(words))
        || basic_password(text).is_some_and(|password| is_placeholder(&password))
        || addressed
        || names_a_secret(text)
        || names_its_stage(text)
        // `$2y$10$placeholder-hash`: no machine makes that up.
        || plain.contains("placeholder")
        || word
            .iter()
            .any(|word| plain.starts_with(word) || plain.ends_with(word))
}

/// The password of a login in base64, as `Authorization: Basic` has it.
fn basic_password(text: &str) -> Option<String> {
    let both = String::from_utf8(crate::base64::decode(text)?).ok()?;
    let (user, password) = both.split_once(':')?;
    let is_name = !user.is_empty() && user.bytes().all(|b| b.is_ascii_graphic());
    (is_name && password.chars().all(|c| !c.is_control())).then(|| password.to_owned())
}

/// Whether the text is a name for what should stand there: `CLUSTER_API_KEY`, `secret_key`.
fn names_a_secret(text: &str) -> bool {
    text.contains(['_', '-']) && is_own_name(&text.to_ascii_uppercase())
}

/// Whether what is between the first and the last line of a PEM file stands in for a key: one word, or
/// lines of words as no line of a key is.
fn stands_in_pem(text: &str) -> bool {
    let is_inner = |line: &&str| !line.starts_with("-----") && !line.is_empty();
    let inner: Vec<&str> = text.lines().map(str::trim).filter(is_inner).collect();
    let is_prose = |line: &&str| line.starts_with('#') || line.split_whitespace().count() > 2;
    matches!(inner[..], [word] if is_placeholder(word))
        || !inner.is_empty() && inner.iter().all(is_prose)
}

/// Whether the text is the first and last line of a PEM file with nothing between them.
fn is_empty_pem(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    text.starts_with("-----BEGIN ") && lines.all(|line| line.starts_with("-----"))
}

/// Whether a value is the name of what goes there, in capitals: `PASSWORD`, `API_TOKEN`, `VALUE1`.
/// Examples and the defaults of charts are written so.
pub fn is_own_name(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "ACCESS",
        "ACCOUNT",
        "ADMIN",
        "API",
        "APP",
        "AUTH",
        "AWS",
        "BASE64",
        "CLIENT",
        "CLUSTER",
        "CREDENTIAL",
        "CREDENTIALS",
        "DATABASE",
        "DB",
        "ENCODED",
        "GITHUB",
        "HERE",
        "ID",
        "KEY",
        "MY",
        "NAME",
        "PASS",
        "PASSWD",
        "PASSWORD",
        "PRIVATE",
        "SECRET",
        "SERVICE",
        "STRING",
        "THE",
        "TOKEN",
        "USER",
        "USERNAME",
        "VALUE",
        "YOUR",
    ];
    let word = |word: &str| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        WORDS.contains(&word)
    };
    let text = value.trim();
    // `DISCORD_TOKEN`: whatever comes before, the last word says what should stand there.
    let is_name = text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let ends = text.rsplit_once('_').is_some_and(|(_, last)| word(last));
    is_name && ends || text.split(['_', '-']).all(word)
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

/// Whether a part of the value says that it stands in for another.
pub fn stands_in(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    STAND_INS.iter().any(|mark| lower.contains(mark))
}

/// Whether one of a value's words says that it is there to be replaced: `TEST_CHANGE9s`. A word
/// counts up to its first digit and only as a whole, since a random value may hold any letters.
pub fn says_it_stands_in(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "change",
        "changed",
        "changeit",
        "changeme",
        "dummy",
        "example",
        "fake",
        "insecure",
        "local",
        "placeholder",
        "replace",
        "sample",
        "test",
        "testing",
        "your",
    ];
    value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| {
            let lower = word.to_ascii_lowercase();
            let letters = lower
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(lower.len());
            WORDS.contains(&&lower[..letters])
        })
}

/// Whether a value is a phrase that begins with a stage other than production and says what stands
/// there: `local-gateway-token`, `sk-test-key-for-development`. A password may be typed like that, and is
/// none of these.
pub fn names_its_stage(value: &str) -> bool {
    const STAGES: &[&str] = &["dev", "development", "local", "test", "testing"];
    const KINDS: &[&str] = &[
        "apikey",
        "credential",
        "credentials",
        "jwt",
        "key",
        "keys",
        "salt",
        "secret",
        "secrets",
        "token",
        "tokens",
    ];
    let lower = value.trim().to_ascii_lowercase();
    // As the keys of some providers begin.
    let phrase = ["sk", "pk", "rk"].iter().find_map(|start| {
        let rest = lower.strip_prefix(start)?;
        rest.strip_prefix(['-', '_'])
    });
    let words: Vec<&str> = phrase.unwrap_or(&lower).split(['-', '_']).collect();
    lower.len() <= 96
        && words.len() > 2
        && STAGES.contains(&words[0])
        && words.iter().any(|word| KINDS.contains(word))
        && words.iter().all(|word| is_word(word))
}

/// Whether a part of a value can be read: letters with vowels among them, a short number, or letters
/// with one at an end (`32chars`).
fn is_word(part: &str) -> bool {
    const MAX_DIGITS: usize = 4;
    const MAX_LETTERS: usize = 16;
    const MAX_CONSONANTS: usize = 4;
    let letters = part.trim_matches(|c: char| c.is_ascii_digit());
    let is_vowel = |b: u8| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let mut runs = letters.as_bytes().split(|b| is_vowel(*b));
    !part.is_empty()
        && part.len() - letters.len() <= MAX_DIGITS
        && letters.len() <= MAX_LETTERS
        && letters.bytes().all(|b| b.is_ascii_lowercase())
        && runs.all(|run| run.len() <= MAX_CONSONANTS)
}

#[cfg(test)]
mod tests {
    use super::{is_own_name, is_placeholder, names_its_stage};

    #[test]
    fn placeholders_are_told_from_values() {
        for text in [
            "",
            "<password>",
            "${DB}",
            "$DB",
            "{{ .Values.x }}",
            "CHANGE_ME",
            "xxxxxxxx",
            "***",
            "your-api-key-here",
            "sk_test_...",
            "$2y$10$placeholder-hash-replace-in-production",
            "...base64 encoded data...",
            "CLUSTER_API_KEY",
            "secret_key",
            "somevalue",
            "sk-your-api-key",
            "sk_test_YOUR_KEY_HERE",
            "dev-only-jwt-secret-change-before-shared-use",
            "dev-placeholder-twilio-token",
            "mock_maps_api_key",
            "shop-k8s-jwt-secret-change-in-production-2024",
            // `elastic:CHANGE_THIS_PASSWORD`.
            "ZWxhc3RpYzpDSEFOR0VfVEhJU19QQVNTV09SRA==",
            "troque-esta-senha",
            "-----BEGIN PRIVATE KEY-----\n# Your JWT private key here\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nput the key here,\nall of its lines\n-----END PRIVATE KEY-----",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "hunter2",
            "s3cr3t",
            "$2y$10$abcdefgh",
            "payments",
            "p<a>b",
            "secret",
            "my-pa55",
            "mockingbird7",
            "dev-5f2a9c81d3",
            // `elastic:5f2a9c81d3`.
            "ZWxhc3RpYzo1ZjJhOWM4MWQz",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n# mine\nMIIEvQIBADANBg\n-----END RSA PRIVATE KEY-----",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn phrases_name_their_stage() {
        for text in [
            "local-devhire-gateway-boundary-token",
            "sk-test-key-for-development",
            "test-pinecone-key",
            "dev_google_secret",
            "dev-jwt-secret-key-2026-min-32chars",
        ] {
            assert!(names_its_stage(text) && is_placeholder(text), "{text}");
        }
        for text in [
            "dev-acme-password",
            "dev-token",
            "devote-acme-token",
            "prod-gateway-token",
            "test-xkqjzpwv-key",
            "dev-key-5f2a9c81d3",
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        ] {
            assert!(!names_its_stage(text), "{text}");
        }
    }

    #[test]
    fn names_in_capitals_are_what_should_stand_there() {
        for name in ["PASSWORD", "API_TOKEN", "VALUE1", "DISCORD_TOKEN"] {
            assert!(is_own_name(name), "{name}");
        }
        for value in ["HUNTER", "DISCORD_BOT", "Discord_TOKEN", "A1B2_TOKEN"] {
            assert!(!is_own_name(value), "{value}");
        }
    }
}
