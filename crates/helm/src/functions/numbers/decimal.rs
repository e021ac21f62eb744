//! Decimal arithmetic as shopspring/decimal does it: exact, but for division, which is rounded
//! to 16 places.

use num_bigint::{BigInt, Sign};
use plimsoll_gotmpl::CallError;

/// `coefficient * 10^exponent`
pub(super) struct Decimal {
    coefficient: BigInt,
    exponent: i32,
}

/// One step of a fold.
pub(super) type Operation = fn(Decimal, Decimal) -> Result<Decimal, CallError>;

/// How many places a quotient has.
const DIVISION_PLACES: i32 = 16;
/// Beyond this a number cannot come back into the range of floats by what a call can do, and
/// computing with it would only take time.
const MAX_EXPONENT: i32 = 100_000;

/// Folds floats, from the left.
pub(super) fn fold(
    first: f64,
    rest: impl IntoIterator<Item = f64>,
    operation: Operation,
) -> Result<f64, CallError> {
    let mut result = Decimal::of(first)?;
    for next in rest {
        result = operation(result, Decimal::of(next)?)?;
    }
    Ok(result.to_float())
}

impl Decimal {
    /// The shortest decimal that reads back as the float (`NewFromFloat`).
    fn of(value: f64) -> Result<Self, CallError> {
        if !value.is_finite() {
            let name = match value {
                f64::INFINITY => "+Inf",
                f64::NEG_INFINITY => "-Inf",
                _ => "NaN",
            };
            return Err(format!("Cannot create a Decimal from {name}").into());
        }
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let coefficient = BigInt::parse_bytes(digits.as_bytes(), 10).unwrap_or_default();
        let exponent: i32 = exponent.parse().unwrap_or(0);
        Ok(Self {
            coefficient,
            exponent: exponent - fraction.len() as i32,
        })
    }

    /// The nearest float.
    fn to_float(&self) -> f64 {
        let text = format!("{}e{}", self.coefficient, self.exponent);
        let value: f64 = text.parse().unwrap_or(0.0);
        // There is no negative zero among fractions.
        if value == 0.0 && self.coefficient.sign() == Sign::NoSign {
            0.0
        } else {
            value
        }
    }

    fn checked(self) -> Result<Self, CallError> {
        if self.exponent.abs() > MAX_EXPONENT {
            return Err("a number has too many digits".into());
        }
        Ok(self)
    }
}

fn power_of_ten(exponent: i32) -> BigInt {
    BigInt::from(10).pow(exponent.unsigned_abs())
}

/// Both with the smaller of the two exponents.
fn aligned(a: Decimal, b: Decimal) -> (BigInt, BigInt, i32) {
    let exponent = a.exponent.min(b.exponent);
    let scaled = |value: Decimal| value.coefficient * power_of_ten(value.exponent - exponent);
    (scaled(a), scaled(b), exponent)
}

pub(super) fn add(a: Decimal, b: Decimal) -> Result<Decimal, CallError> {
    let (a, b, exponent) = aligned(a, b);
    let coefficient = a + b;
    Decimal {
        coefficient,
        exponent,
    }
    .checked()
}

pub(super) fn subtract(a: Decimal, b: Decimal) -> Result<Decimal, CallError> {
    let (a, b, exponent) = aligned(a, b);
    let coefficient = a - b;
    Decimal {
        coefficient,
        exponent,
    }
    .checked()
}

pub(super) fn multiply(a: Decimal, b: Decimal) -> Result<Decimal, CallError> {
    let coefficient = a.coefficient * b.coefficient;
    let exponent = a.exponent.saturating_add(b.exponent);
    Decimal {
        coefficient,
        exponent,
    }
    .checked()
}

/// Rounds half away from zero.
pub(super) fn divide(a: Decimal, b: Decimal) -> Result<Decimal, CallError> {
    if b.coefficient.sign() == Sign::NoSign {
        return Err("decimal division by 0".into());
    }
    let negative = a.coefficient.sign() != Sign::NoSign
        && (a.coefficient.sign() == Sign::Minus) != (b.coefficient.sign() == Sign::Minus);
    let shift = a.exponent - b.exponent + DIVISION_PLACES;
    let (mut dividend, mut divisor) = (a.coefficient, b.coefficient);
    if shift < 0 {
        divisor *= power_of_ten(shift);
    } else {
        dividend *= power_of_ten(shift);
    }
    let mut quotient = &dividend / &divisor;
    let rest = &dividend - &quotient * &divisor;
    if rest.magnitude() * 2_u32 >= *divisor.magnitude() {
        quotient += if negative { -1 } else { 1 };
    }
    Decimal {
        coefficient: quotient,
        exponent: -DIVISION_PLACES,
    }
    .checked()
}
