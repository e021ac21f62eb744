//! Times as Go writes them into files.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time in UTC with all its digits (`time.RFC3339Nano`).
pub fn rfc3339(seconds: i64, nanoseconds: u32) -> String {
    let time = Timestamp::new(seconds, nanoseconds.cast_signed()).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_string()
}

/// A time in a zone, to the second (`time.RFC3339`). A zone that is not known is UTC.
pub fn in_zone(seconds: i64, zone: &str) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let offset = i64::from(zone.to_offset(time).seconds());
    let there = Timestamp::from_second(seconds.saturating_add(offset)).unwrap_or(time);
    let shown = there.to_string();
    if offset == 0 {
        return shown;
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.unsigned_abs() / 60;
    let shown = shown.trim_end_matches('Z');
    format!("{shown}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The time of a file that says none.
pub(super) const ZERO: &str = "0001-01-01T00:00:00Z";

/// A time as Go writes what it read: without zeros at the end of the fraction. `None` if it is
/// no time.
pub(super) fn again(text: &str) -> Option<String> {
    let digits = |range: std::ops::Range<usize>| {
        let part = text.as_bytes().get(range);
        part.is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let signs = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    let fits = signs
        .iter()
        .all(|(at, sign)| text.get(*at..*at + 1) == Some(sign.encode_utf8(&mut [0; 4])));
    let numbers = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19];
    if !fits || !numbers.into_iter().all(digits) {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            (&rest[..end], &rest[end..])
        }
        None => ("", rest),
    };
    let is_zone = zone == "Z"
        || zone.len() == 6
            && zone.starts_with(['+', '-'])
            && zone
                .bytes()
                .skip(1)
                .all(|byte| byte.is_ascii_digit() || byte == b':');
    if !is_zone {
        return None;
    }
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    let zone = if zone == "+00:00" { "Z" } else { zone };
    Some(format!("{}{dot}{fraction}{zone}", &text[..19]))
}

#[cfg(test)]
mod tests {
    use super::{again, in_zone, rfc3339};

    #[test]
    fn times_are_written_as_go_writes_them() {
        assert_eq!(
            rfc3339(1_700_000_000, 120_000_000),
            "2023-11-14T22:13:20.12Z"
        );
        assert_eq!(rfc3339(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(in_zone(1_700_000_000, "UTC"), "2023-11-14T22:13:20Z");
        assert_eq!(
            in_zone(1_700_000_000, "Europe/Berlin"),
            "2023-11-14T23:13:20+01:00"
        );
        assert_eq!(in_zone(1_700_000_000, "nowhere"), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn times_are_read_as_go_reads_them() {
        let same = |text: &str, expected: Option<&str>| {
            assert_eq!(again(text).as_deref(), expected, "{text}");
        };
        same("2023-11-14T22:13:20.1200Z", Some("2023-11-14T22:13:20.12Z"));
        same(
            "2023-11-14T22:13:20.000+02:00",
            Some("2023-11-14T22:13:20+02:00"),
        );
        for text in [
            "",
            "2023-11-14",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13:20",
            "x",
            "2023-11-14T22:13:20.1",
        ] {
            same(text, None);
        }
    }
}
