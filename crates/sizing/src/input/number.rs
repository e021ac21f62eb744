//! Numbers and times as files write them.

use plimsoll_k8s::Quantity;

/// An amount: a number, or a quantity as manifests write them (`250m`, `128Mi`). `None` if it is
/// neither.
pub fn amount(text: &str) -> Option<f64> {
    if let Some(number) = plain(text.as_bytes()) {
        return Some(number);
    }
    if let Ok(number) = text.parse::<f64>() {
        return Some(number);
    }
    // Quantities begin with a number: `.` and `k` alone are none here.
    let quantity: Quantity = text.parse().ok()?;
    text.bytes().any(|b| b.is_ascii_digit()).then_some(())?;
    Some(quantity.to_f64())
}

/// A number of digits with at most one point, so few that the result is exact.
fn plain(text: &[u8]) -> Option<f64> {
    if text.is_empty() || text.len() > 16 {
        return None;
    }
    let (mut digits, mut places, mut point) = (0_u64, 0_usize, None);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + u64::from(byte - b'0');
                places += usize::from(point.is_some());
            }
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    if digits >= 1 << 53 || text == b"." {
        return None;
    }
    Some(digits as f64 / POWERS[places])
}

/// Powers of ten, all of them exact.
const POWERS: [f64; 17] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
];

/// The seconds since 1970 that a text says: a number of seconds, of milliseconds from 10¹¹ on, or
/// a date such as `2024-05-01T12:00:00Z`, with a blank for the `T`, with fractions, with an
/// offset; without one it is UTC.
pub fn seconds(text: &str) -> Option<f64> {
    let number = plain(text.as_bytes()).or_else(|| text.parse::<f64>().ok());
    let Some(number) = number else {
        return date(text);
    };
    let number = if number.abs() >= 1e11 {
        number / 1000.0
    } else {
        number
    };
    (0.0..1e12).contains(&number).then_some(number)
}

fn date(text: &str) -> Option<f64> {
    let digits = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
        part.parse().ok()
    };
    let bytes = text.as_bytes();
    let dashes = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    if !dashes || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = days(year, month, day) as f64 * 86_400.0;
    let Some(separator) = bytes.get(10) else {
        return Some(midnight);
    };
    if !matches!(separator, b'T' | b't' | b' ') || bytes.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (digits(11, 13)?, digits(14, 16)?);
    let mut rest = text.get(16..)?;
    let mut second = 0.0;
    if let Some(after) = rest.strip_prefix(':') {
        let part = |b: u8| b.is_ascii_digit() || b == b'.';
        let end = after.bytes().position(|b| !part(b)).unwrap_or(after.len());
        second = after[..end].parse::<f64>().ok()?;
        rest = &after[end..];
    }
    if hour > 24 || minute > 59 || second >= 61.0 {
        return None;
    }
    let total = midnight + (hour * 3600 + minute * 60) as f64 + second;
    match rest {
        "" | "Z" | "z" => Some(total),
        offset => Some(total - zone(offset)?),
    }
}

fn zone(text: &str) -> Option<f64> {
    let (sign, text) = match text.as_bytes().first()? {
        b'+' => (1.0, text.get(1..)?),
        b'-' => (-1.0, text.get(1..)?),
        _ => return None,
    };
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let is_plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = is_plain.then(|| digits.parse().ok()).flatten()?;
    Some(sign * ((number / 100) * 3600 + (number % 100) * 60) as f64)
}

/// The days from 1970 to a day of the Gregorian calendar (Howard Hinnant's `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{amount, seconds};

    #[test]
    fn amounts_are_numbers_or_quantities() {
        assert_eq!(amount("0.25"), Some(0.25));
        assert_eq!(amount("12345678901234.5"), Some(12_345_678_901_234.5));
        assert_eq!(amount("1e-3"), Some(0.001));
        assert_eq!(amount("250m"), Some(0.25));
        assert_eq!(amount("128Mi"), Some(134_217_728.0));
        assert_eq!(amount(".5"), Some(0.5));
        assert_eq!(amount("."), None);
        assert_eq!(amount("much"), None);
        assert_eq!(amount(""), None);
    }

    #[test]
    fn times_are_seconds_milliseconds_or_dates() {
        assert_eq!(seconds("1714521600"), Some(1_714_521_600.0));
        assert_eq!(seconds("1714521600123"), Some(1_714_521_600.123));
        assert_eq!(seconds("2024-05-01"), Some(1_714_521_600.0));
        assert_eq!(seconds("2024-05-01 02:00:00+02:00"), Some(1_714_521_600.0));
        assert_eq!(seconds("2024-05-01T00:00:00.5Z"), Some(1_714_521_600.5));
        assert_eq!(seconds("yesterday"), None);
        assert_eq!(seconds("-5"), None);
        assert_eq!(seconds("2024-13-01"), None);
    }
}
