//! Whether a value looks made by a machine.

use crate::placeholder::stands_in;
use crate::value::{Worth, worth};

/// Words in one case, joined by signs, with at most a number: `build-key`, `db_pass2`.
pub fn is_words(value: &str) -> bool {
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
pub fn looks_random(value: &str) -> bool {
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
pub fn entropy(text: &str) -> f64 {
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
    use super::{is_words, looks_random};

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
}
