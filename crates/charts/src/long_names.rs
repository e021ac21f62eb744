//! Which names get too long when that of the release is as long as it can be.

use memchr::memmem;

/// The longest name that a release can have: 53 characters.
pub(crate) const RELEASE: &str = "q123456789-123456789-123456789-123456789-123456789-1q";
/// The shortest limit of names that are made of it: a StatefulSet and a CronJob have 52.
const SHORTEST: usize = 52;

/// Whether a text has a name that may be too long because of that of the release.
pub(crate) fn has_one(text: &[u8]) -> bool {
    let is_short_kind = |text: &[u8]| {
        let find = |kind: &str| memmem::find(text, kind.as_bytes()).is_some();
        find("StatefulSet") || find("CronJob")
    };
    let needle = &RELEASE.as_bytes()[..20];
    let limit = if is_short_kind(text) { SHORTEST } else { 63 };
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    memmem::find_iter(text, needle).any(|at| {
        let before = text[..at].iter().rev().take_while(|byte| of_name(byte));
        let after = text[at..].iter().take_while(|byte| of_name(byte));
        before.count() + after.count() > limit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_too_long_are_noticed() {
        assert_eq!(RELEASE.len(), 53);
        let named = |head: &str, tail: &str| has_one(format!("{head}{RELEASE}{tail}").as_bytes());
        assert!(named("kind: Service\nname: ", "-metrics-web"));
        assert!(!named("kind: Service\nname: ", "-metrics"));
        assert!(named("kind: StatefulSet\nname: ", ""));
        assert!(!named("kind: Service\nname: metrics ", " web-metrics"));
    }
}
