//! Durations as Compose writes them: `90s`, `1m30s`, `1.5h`, `2d`.

use std::time::Duration;

/// Reads a duration. `None` for a bare number other than `0`, an unknown unit, a negative one,
/// or one too long to hold.
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text == "0" || text == "-0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut nanos = 0_f64;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|&digits| digits > 0)?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        nanos += number.parse::<f64>().ok()? * nanos_of(unit)?;
        rest = tail;
    }
    // The reference holds durations as a signed count of nanoseconds.
    (!text.is_empty() && nanos < i64::MAX as f64)
        .then(|| Duration::from_nanos(nanos.round() as u64))
}

fn nanos_of(unit: &str) -> Option<f64> {
    const SECOND: f64 = 1e9;
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => SECOND,
        "m" => 60.0 * SECOND,
        "h" => 3600.0 * SECOND,
        "d" => 24.0 * 3600.0 * SECOND,
        "w" => 7.0 * 24.0 * 3600.0 * SECOND,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::Duration;

    #[test]
    fn units_add_up() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("5s", 5_000),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("250ms", 250),
            ("2d", 172_800_000),
            ("1w", 604_800_000),
            ("+1s", 1_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for text in [
            "",
            "+",
            "30",
            "s",
            "5 s",
            "5sec",
            "-5s",
            "1..2s",
            "1e9s",
            "9999999999w",
            "5é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
