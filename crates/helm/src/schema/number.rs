//! Numbers: compared exactly, and printed as `golang.org/x/text/message` prints them in English.

use std::cmp::Ordering;

use crate::values::Data;

/// A number of a schema or of values, as it is written in decimal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(f64);

impl Number {
    pub(super) fn of(data: &Data) -> Option<Self> {
        match data {
            Data::Int(value) => Some(Self(*value as f64)),
            Data::Float(value) => Some(Self(*value)),
            _ => None,
        }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }

    pub(super) fn is_whole(self) -> bool {
        self.0.fract() == 0.0
    }

    /// Whether it is a multiple: 0.3 is one of 0.1, as their decimals are.
    pub(super) fn is_multiple_of(self, unit: Self) -> bool {
        let (one, two) = (decimal(self.0), decimal(unit.0));
        let scale = one.1.min(two.1);
        let scaled = |(digits, exponent): (i128, i32)| {
            let zeros = u32::try_from(exponent - scale).ok()?;
            digits.checked_mul(10_i128.checked_pow(zeros)?)
        };
        match (scaled(one), scaled(two)) {
            (_, Some(0)) => true,
            (Some(one), Some(two)) => one % two == 0,
            _ => (self.0 / unit.0).fract() == 0.0,
        }
    }

    /// As `%v` prints it in English.
    pub(super) fn shown(self) -> String {
        float(self.0)
    }
}

/// The shortest decimal that is this number: its digits and the power of ten.
fn decimal(value: f64) -> (i128, i32) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let fraction = digits
        .split_once('.')
        .map_or(0, |(_, part)| part.len() as i32);
    let digits = digits.replace('.', "").parse().unwrap_or_default();
    (digits, exponent - fraction)
}

/// A count, with commas between thousands.
pub(super) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn float(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let text = format!("{:e}", value.abs());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if value != 0.0 && !(-4..6).contains(&exponent) {
        const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
        let mut raised: String = if exponent < 0 {
            "⁻".into()
        } else {
            String::new()
        };
        for digit in format!("{:02}", exponent.abs()).bytes() {
            raised.push(RAISED[usize::from(digit - b'0')]);
        }
        return format!("{sign}{digits}\u{202f}×\u{202f}10{raised}");
    }
    let plain = format!("{}", value.abs());
    match plain.split_once('.') {
        Some((whole, part)) => format!("{sign}{}.{part}", grouped(whole)),
        None => format!("{sign}{}", grouped(&plain)),
    }
}
