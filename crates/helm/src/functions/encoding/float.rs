//! Numbers as Go writes them.

use plimsoll_gotmpl::format_float;

/// `strconv.FormatFloat(value, 'g', -1, 64)`.
pub(crate) fn general(value: f64) -> String {
    format_float(value, b'g', None)
}

/// `strconv.FormatFloat(value, 'g', -1, 32)`.
pub(crate) fn general_32(value: f64) -> String {
    let value = value as f32;
    // The fewest digits that tell it from other `f32` are read as an `f64`, whose fewest digits
    // they then are.
    let digits = value.to_string();
    general(digits.parse().unwrap_or(f64::from(value)))
}

/// A finite number as encoding/json writes it.
pub(crate) fn json(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return format_float(value, b'f', None);
    }
    let text = format_float(value, b'e', None);
    match text.split_once("e-0") {
        Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
        None => text,
    }
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
            (0.000_012_5, "1.25e-05"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(general(value), text);
        }
        for (value, text) in [
            (1_000_000.0, "1000000"),
            (1e20, "100000000000000000000"),
            (9_223_372_036_854_775_807.0, "9223372036854776000"),
            (0.5, "0.5"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1e-10, "1e-10"),
            (1e100, "1e+100"),
            (-0.0, "-0"),
        ] {
            assert_eq!(json(value), text);
        }
        assert_eq!(general_32(0.1), "0.1");
        assert_eq!(general_32(16_777_217.0), "1.6777216e+07");
        assert_eq!(general_32(f64::MAX), "+Inf");
    }
}
