//! Numbers, booleans and points in time as Go reads and prints them.

use super::item::{Data, Item};

/// `fmt.Sprint` of a value.
pub(super) fn sprint(item: &Item) -> String {
    let mut out = String::new();
    write(item, &mut out);
    out
}

fn write(item: &Item, out: &mut String) {
    match &item.data {
        Data::Null => out.push_str("<nil>"),
        Data::Text(text) => out.push_str(text),
        Data::Time(time) => out.push_str(&time_sprint(time)),
        Data::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                if number > 0 {
                    out.push(' ');
                }
                write(item, out);
            }
            out.push(']');
        }
        Data::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.key().cmp(b.key()));
            out.push_str("map[");
            for (number, entry) in entries.into_iter().enumerate() {
                if number > 0 {
                    out.push(' ');
                }
                out.push_str(entry.key());
                out.push(':');
                write(&entry.value, out);
            }
            out.push(']');
        }
        Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Data::Int(value) => out.push_str(&value.to_string()),
        Data::UInt(value) => out.push_str(&value.to_string()),
        Data::Float(value) => out.push_str(&shortest(*value)),
        Data::Single(value) => out.push_str(&shortest_single(*value)),
    }
}

/// A number in its shortest digits, with an exponent below 1e-4 and from a million on: `%v`.
pub(super) fn shortest(value: f64) -> String {
    general(value, &format!("{value:e}"))
}

/// [`shortest`] with the digits that tell single-precision numbers apart.
pub(super) fn shortest_single(value: f32) -> String {
    general(f64::from(value), &format!("{value:e}"))
}

/// Go's format `g` with the precision -1.
fn general(value: f64, scientific: &str) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return plain(digits, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// The digits of a number in scientific notation without the exponent.
fn plain(digits: &str, exponent: i32) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let all: String = digits.chars().filter(|c| *c != '.').collect();
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{all}");
    }
    let whole = exponent as usize + 1;
    if all.len() <= whole {
        let zeros = "0".repeat(whole - all.len());
        return format!("{sign}{all}{zeros}");
    }
    format!("{sign}{}.{}", &all[..whole], &all[whole..])
}

/// `strconv.ParseInt` with base 10.
pub(super) fn parse_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// `strconv.ParseFloat`, without hexadecimal numbers.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let word = unsigned.to_ascii_lowercase();
    if matches!(word.as_str(), "inf" | "infinity" | "nan") {
        return text.parse().ok();
    }
    let numeric = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = numeric.then(|| text.parse().ok())??;
    // Go calls a number that is too large for its type an error.
    value.is_finite().then_some(value)
}

/// A boolean as the reference casts strings.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// `strconv.ParseBool`.
pub(super) fn parse_go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// What go-yaml makes of a plain scalar that is a point in time, written as RFC 3339 has it.
pub(super) fn timestamp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let year = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    if year != 4 || bytes.get(4) != Some(&b'-') {
        return None;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((bytes[at] == b' ', &text[at + 1..]))),
        None => (text, None),
    };
    let date = date_parts(date)?;
    let (clock, zone) = match time {
        None => ("00:00:00".to_owned(), "Z".to_owned()),
        Some((spaced, time)) => clock(time, spaced)?,
    };
    Some(format!("{date}T{clock}{zone}"))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>, most: u32) -> Option<u32> {
    let fits = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let value = fits.then(|| text.parse().ok())?;
    value.filter(|&value| value <= most)
}

fn date_parts(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '-');
    let year = number(parts.next()?, 4..=4, 9999)?;
    let month = number(parts.next()?, 1..=2, 12)?;
    let day = number(parts.next()?, 1..=2, 31)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        0 => 0,
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let exists = (1..=days).contains(&day);
    exists.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A time of day and its zone.
fn clock(text: &str, spaced: bool) -> Option<(String, String)> {
    let (time, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut parts = time.splitn(3, ':');
    let hour = number(parts.next()?, 1..=2, 23)?;
    let minute = number(parts.next()?, 1..=2, 59)?;
    let seconds = parts.next()?;
    let (second, fraction) = seconds.split_once(['.', ',']).unwrap_or((seconds, "0"));
    let second = number(second, 1..=2, 59)?;
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Nanoseconds are kept, what is finer is cut off.
    let fraction = fraction[..fraction.len().min(9)].trim_end_matches('0');
    let mut clock = format!("{hour:02}:{minute:02}:{second:02}");
    if !fraction.is_empty() {
        clock.push('.');
        clock.push_str(fraction);
    }
    let zone = match (spaced, zone) {
        (true, "") | (false, "Z") => "Z".to_owned(),
        (false, zone) => {
            let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
            let hours = number(hours, 2..=2, 24)?;
            let minutes = number(minutes, 2..=2, 60)?;
            if hours == 0 && minutes == 0 {
                "Z".to_owned()
            } else {
                zone.to_owned()
            }
        }
        _ => return None,
    };
    Some((clock, zone))
}

/// `fmt.Sprint` of a point in time: `2001-01-01 00:00:00 +0000 UTC`.
fn time_sprint(rfc3339: &str) -> String {
    let (date, rest) = rfc3339.split_once('T').unwrap_or((rfc3339, "00:00:00Z"));
    match rest.find(['Z', '+', '-']) {
        Some(at) if rest[at..].len() > 1 => {
            let (clock, zone) = rest.split_at(at);
            let zone = zone.replace(':', "");
            format!("{date} {clock} {zone} {zone}")
        }
        Some(at) => format!("{date} {} +0000 UTC", &rest[..at]),
        None => format!("{date} {rest} +0000 UTC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        for (value, expected) in [
            (0.0, "0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (-2.25, "-2.25"),
            (123_456.0, "123456"),
            (1e7, "1e+07"),
            (123_456_789.0, "1.23456789e+08"),
            (1_234_567.0, "1.234567e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
        ] {
            assert_eq!(shortest(value), expected);
        }
        assert_eq!(shortest_single(0.1), "0.1");
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        assert_eq!(parse_int("+7"), Some(7));
        assert_eq!(parse_int("-7"), Some(-7));
        for text in ["", "+", "1_0", "0x1", " 1", "9223372036854775808"] {
            assert_eq!(parse_int(text), None, "{text}");
        }
        assert_eq!(parse_float(".5"), Some(0.5));
        assert_eq!(parse_float("5."), Some(5.0));
        for text in ["", ".", "1e999", "1_0", "x", "1 "] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }

    #[test]
    fn points_in_time_are_written_out() {
        for (text, expected) in [
            ("2001-01-02", Some("2001-01-02T00:00:00Z")),
            ("2001-1-2", Some("2001-01-02T00:00:00Z")),
            ("2001-12-14 21:59:43.10", Some("2001-12-14T21:59:43.1Z")),
            (
                "2001-12-14t21:59:43+02:00",
                Some("2001-12-14T21:59:43+02:00"),
            ),
            ("2001-12-14T21:59:43Z", Some("2001-12-14T21:59:43Z")),
            ("2001-12-14 21:59:43Z", None),
            ("2001-02-30", None),
            ("20010203", None),
            ("2001-13-01", None),
        ] {
            assert_eq!(timestamp(text).as_deref(), expected, "{text}");
        }
        assert_eq!(
            time_sprint("2001-01-02T03:04:05+02:00"),
            "2001-01-02 03:04:05 +0200 +0200"
        );
    }
}
