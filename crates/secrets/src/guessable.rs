//! Passwords that anyone would guess: names, dictionary words of this trade, runs and fillers.

use std::sync::LazyLock;

/// Words that make a password guessable, alone or strung together.
const WEAK: &str = "\
a abc abcd abcde abcdef abcdefgh abcdefghijklmnopqrstuvwxyz access account admin \
administrator airflow an and any api app application at auth bad bar base baz be bit \
blank by bytes ca change changed changeme character characters chars choose clickhouse \
client cloud compose cookie data database db deadbeef default demo dev devel developer \
development django do docker dont drupal dummy duper easy elastic email empty encryption \
enter env example fake file fixme flask foo foobar for from ftp generate generated gitea \
gitlab grafana guest hack hackme hello here hex http https hunter id in influx influxdb \
initial insecure internal invalid is it jenkins jwt key keycloak kibana laravel ldap \
least letmein license local localhost login long longer mail make mariadb master me min \
minimum minio mongo mongodb mssql must my mysql need needs neo nextcloud no none \
nosecret not notsecret oauth odoo of one only openssl optional or oracle our own pass \
passphrase passwd password pgsql pick pki placeholder please pls postgis postgre \
postgres postgresql private prod production pw pwd qwerty rabbit rabbitmq rails rand \
random redis refresh replace root sa safe sample secret secrets secure secury sentry \
server service session set shared should signing simple smtp some sonar sonarqube sql \
ssh staging stop string strong strongly super symfony temp temporary test tester testing \
tests that the this three to todo token tokens top two type unsafe unset up use used \
user username value very vpn weak web webhook welcome which with wordpress worker world \
your";

/// Whether anyone would try it. `context` are words that stand in the open beside it.
pub(crate) fn is_weak(text: &str, context: &[String]) -> bool {
    let lower = text.to_ascii_lowercase();
    let few_digits = lower.bytes().filter(u8::is_ascii_digit).count() <= 4;
    let stand_in = [
        "changeme",
        "change-me",
        "change_me",
        "changethis",
        "password",
        "passwd",
    ];
    if context.contains(&lower)
        || (few_digits && stand_in.iter().any(|word| lower.contains(word)))
        || ["your-", "your_"]
            .iter()
            .any(|word| lower.starts_with(word))
    {
        return true;
    }
    // The alphabet, from its beginning.
    if lower.len() >= 4 && "abcdefghijklmnopqrstuvwxyz".starts_with(&lower) {
        return true;
    }
    // 12345678, 00000000, 2024: short numbers and runs.
    if lower.bytes().all(|b| b.is_ascii_digit()) {
        return lower.len() <= 6 || "0123456789012345678901234567890".contains(&lower) || {
            let first = lower.as_bytes()[0];
            lower.bytes().all(|b| b == first)
        };
    }
    // Deliberately long fillers: `0123456789abcdef0123456789abcdef`, `aaaa…`.
    if lower.len() >= 8 {
        let distinct: std::collections::BTreeSet<u8> = lower.bytes().collect();
        if distinct.len() <= 3
            || lower.starts_with("0123456789abcdef")
            || longest_run(&lower, |_| true) >= 8
        {
            return true;
        }
    }
    let bare = strip_digits(&lower);
    [lower.as_str(), bare, &spelled(&lower), &spelled(bare)]
        .iter()
        .any(|text| is_made_of(text, context))
}

/// The text with digits and signs read as the letters they stand for.
fn spelled(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '@' | '4' => 'a',
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '5' | '$' => 's',
            '7' => 't',
            c => c,
        })
        .collect()
}

/// The length of the longest run of one byte among those that fit.
pub(crate) fn longest_run(text: &str, fits: impl Fn(u8) -> bool) -> usize {
    let mut longest = 0;
    let mut run = 0;
    let mut before = None;
    for byte in text.bytes() {
        run = if before == Some(byte) { run + 1 } else { 1 };
        before = Some(byte);
        if fits(byte) {
            longest = longest.max(run);
        }
    }
    longest
}

/// The text without a few digits and signs at its ends.
fn strip_digits(text: &str) -> &str {
    let end = |c: char| c.is_ascii_digit() || "!#?.*".contains(c);
    let trimmed = text
        .trim_end_matches(end)
        .trim_start_matches(|c: char| c.is_ascii_digit());
    if text.len() - trimmed.len() <= 8 {
        trimmed
    } else {
        text
    }
}

/// Whether the text is nothing but known words, whatever joins them.
fn is_made_of(text: &str, context: &[String]) -> bool {
    if text.is_empty() || text.len() > 96 {
        return false;
    }
    let parts: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    !parts.is_empty()
        && parts.iter().all(|part| {
            (part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
                || context.iter().any(|word| word == part)
                || splits_into_words(part, context)
        })
}

/// The weak words that begin with this byte.
fn by_initial(initial: u8) -> &'static [&'static str] {
    static TABLE: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| {
        let mut table = vec![Vec::new(); 256];
        for word in WEAK.split_ascii_whitespace() {
            table[usize::from(word.as_bytes()[0])].push(word);
        }
        table
    });
    &TABLE[usize::from(initial)]
}

/// Whether a run of letters can be cut into known words of at least two letters.
fn splits_into_words(text: &str, context: &[String]) -> bool {
    let bytes = text.as_bytes();
    let mut reached = vec![false; bytes.len() + 1];
    reached[0] = true;
    for at in 0..bytes.len() {
        if !reached[at] {
            continue;
        }
        let rest = &bytes[at..];
        let initial = rest[0];
        let known = by_initial(initial)
            .iter()
            .copied()
            .chain(context.iter().map(String::as_str));
        for word in known {
            if rest.starts_with(word.as_bytes()) {
                reached[at + word.len()] = true;
            }
        }
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if at > 0 && (1..=4).contains(&digits) {
            reached[at + digits] = true;
        }
    }
    reached[bytes.len()]
}

#[cfg(test)]
mod tests {
    use super::{is_weak, longest_run};

    #[test]
    fn words_runs_and_fillers_are_weak() {
        let context = ["shop".to_owned()];
        for text in [
            "admin",
            "Sh0p2024",
            "my-db-password",
            "11111111",
            "abcdefghijk",
            "abcabcabcabc",
            "top secret",
        ] {
            assert!(is_weak(text, &context), "{text}");
        }
        for text in ["kJ8#pQ2v", "acme-9d2f", "9b1deb4d3b7d4bad", "blue horse"] {
            assert!(!is_weak(text, &context), "{text}");
        }
        assert_eq!(longest_run("abbbc", |_| true), 3);
        assert_eq!(longest_run("abbbc", |byte| byte == b'c'), 1);
    }
}
