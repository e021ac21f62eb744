//! Numbers as Go writes them.

/// From this power of ten on, the shortest form has an exponent.
const EXPONENT_FROM: i32 = 6;

/// `strconv.FormatFloat(value, 'g', -1, 64)`.
pub(super) fn general(value: f64) -> String {
    not_finite(value).unwrap_or_else(|| general_of(&format!("{value:e}")))
}

/// `strconv.FormatFloat(value, 'g', -1, 32)`.
pub(super) fn general_32(value: f64) -> String {
    let value = value as f32;
    not_finite(f64::from(value)).unwrap_or_else(|| general_of(&format!("{value:e}")))
}

fn not_finite(value: f64) -> Option<String> {
    if value.is_nan() {
        Some("NaN".into())
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" }.into())
    } else {
        None
    }
}

/// From the fewest digits, written `d.ddde-x`.
fn general_of(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..EXPONENT_FROM).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|&c| c != '.').collect();
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("{sign}0.{zeros}{digits}");
    }
    let point = exponent as usize + 1;
    if digits.len() <= point {
        return format!("{sign}{digits}{}", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

/// A finite number as encoding/json writes it.
pub(super) fn json(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return match text.split_once("e-") {
            Some(_) => text,
            None => text.replacen('e', "e+", 1),
        };
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_go() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (100_000.0, "100000"),
            (1_000_000.0, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (123_456.7, "123456.7"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (-1.5, "-1.5"),
            (1e100, "1e+100"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(general(value), text);
        }
        for (value, text) in [
            (1_000_000.0, "1000000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-0.0, "-0"),
        ] {
            assert_eq!(json(value), text);
        }
        assert_eq!(general_32(0.1), "0.1");
        assert_eq!(general_32(16_777_217.0), "1.6777216e+07");
    }
}
