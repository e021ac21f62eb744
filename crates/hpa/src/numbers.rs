//! Numbers as Go converts them on a 64-bit Intel machine.

use plimsoll_k8s::Quantity;

/// `int32(f)`: cut towards zero; what does not fit, and what is no number, is the smallest.
pub(crate) fn int32(float: f64) -> i32 {
    let cut = float.trunc();
    if (-2_147_483_648.0..2_147_483_648.0).contains(&cut) {
        cut as i32
    } else {
        i32::MIN
    }
}

/// `int64(f)`, likewise.
pub(crate) fn int64(float: f64) -> i64 {
    let cut = float.trunc();
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&cut) {
        cut as i64
    } else {
        i64::MIN
    }
}

/// The float that the controller makes of a quantity as it is written
/// (`Quantity.AsApproximateFloat64`): the digits times a power of ten, which rounds twice.
///
/// A text that is no quantity, or one with a binary suffix, is taken by its value.
pub fn float_of(text: &str) -> Option<f64> {
    let value = Quantity::parse(text).ok()?;
    let suffix = text.trim_start_matches(|c: char| c.is_ascii_digit() || ".+-".contains(c));
    let digits = &text[..text.len() - suffix.len()];
    let power = match suffix {
        "n" => Some(-9),
        "u" => Some(-6),
        "m" => Some(-3),
        "" => Some(0),
        "k" => Some(3),
        "M" => Some(6),
        "G" => Some(9),
        _ => None,
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = format!("{whole}{fraction}").parse::<i64>().ok();
    let (Some(power), Some(mantissa)) = (power, mantissa) else {
        return Some(value.to_f64());
    };
    let exponent = power - i32::try_from(fraction.len()).ok()?;
    if exponent == 0 || mantissa == 0 {
        return Some(mantissa as f64);
    }
    // A power of ten as its nearest float, not as a product.
    let scale: f64 = format!("1e{exponent}").parse().ok()?;
    Some(mantissa as f64 * scale)
}

#[cfg(test)]
mod tests {
    use super::{float_of, int32, int64};

    #[test]
    fn what_does_not_fit_is_the_smallest() {
        assert_eq!(int32(2_147_483_647.9), i32::MAX);
        assert_eq!(int32(2_147_483_648.0), i32::MIN);
        assert_eq!(int32(f64::NAN), i32::MIN);
        assert_eq!(int32(-7.9), -7);
        assert_eq!(int64(1e19), i64::MIN);
        assert_eq!(int64(-1.5), -1);
    }

    #[test]
    fn floats_of_quantities() {
        assert_eq!(float_of("50m"), Some(0.05));
        assert_eq!(float_of("0.075"), Some(0.075));
        assert_eq!(float_of("2"), Some(2.0));
        assert_eq!(float_of("1Ki"), Some(1024.0));
        assert_eq!(float_of("x"), None);
    }
}
