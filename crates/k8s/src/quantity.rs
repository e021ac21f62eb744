//! Quantities such as `500m` and `1.5Gi`, read, compared and printed as Kubernetes does.

use std::cmp::Ordering;
use std::fmt;

/// An exact quantity: a decimal number with the family of suffixes that it was written in.
///
/// Two quantities are equal when they have the same value, whatever their form: `1Ki` equals
/// `1024`. Printing gives the canonical form: `1500m`, `1536Mi`, `12e6`.
///
/// The value is exact for up to 38 significant digits, rounded up (away from zero) beyond that.
/// Everything finer than a billionth is rounded up, as Kubernetes does.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    negative: bool,
    /// Without trailing decimal zeros; 0 only with exponent 0 and `negative` false.
    digits: u128,
    exponent: i32,
    format: Format,
}

/// The family of suffixes that a quantity is written in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// `Ki`, `Mi`, `Gi`, …
    BinarySi,
    /// `n`, `u`, `m`, none, `k`, `M`, `G`, …
    DecimalSi,
    /// `e3`, `E6`.
    DecimalExponent,
}

/// Why a text is no quantity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QuantityError {
    /// It is not a number with an optional suffix.
    Format,
    /// The number in it is none.
    Number,
    /// The suffix is not known.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "not a number with an optional suffix",
            Self::Number => "the number cannot be read",
            Self::Suffix => "the suffix is unknown",
        })
    }
}

impl std::error::Error for QuantityError {}

/// The exponent of the finest value that is kept.
const NANO: i64 = -9;
/// The significant digits that are looked at; what follows only says whether anything follows.
/// 69 digits after the point decide the rounding of a fraction of 2⁶⁰ exactly.
const KEPT: usize = 128;
/// The significant digits that fit the representation.
const STORED: usize = 38;
/// What binary quantities are capped at.
const MAX_BINARY: u128 = i64::MAX as u128;

impl Quantity {
    /// Zero.
    pub const ZERO: Self = Self {
        negative: false,
        digits: 0,
        exponent: 0,
        format: Format::DecimalSi,
    };

    /// A whole number.
    pub fn new(value: i64, format: Format) -> Self {
        Self::from_parts(value < 0, u128::from(value.unsigned_abs()), 0, format)
    }

    /// A number of thousandths, such as millicores.
    pub fn from_milli(value: i64, format: Format) -> Self {
        Self::from_parts(value < 0, u128::from(value.unsigned_abs()), -3, format)
    }

    /// Reads a quantity. White space around it is not cut; the API server does that before.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let parts = split(text)?;
        let (scale, format) = suffix(parts.suffix).ok_or(QuantityError::Suffix)?;
        let mut decimal = Decimal::read(parts.whole, parts.fraction);
        match scale {
            Scale::Ten(exponent) => {
                if !parts.has_digits && exponent < NANO as i32 {
                    // Only the reference's slow way looks at the number's own text.
                    return Err(QuantityError::Number);
                }
                decimal.exponent += i64::from(exponent);
            }
            Scale::Kibi(power) => {
                if !parts.has_digits && power >= 5 {
                    return Err(QuantityError::Number);
                }
                for _ in 0..power {
                    decimal.multiply(1024);
                }
            }
        }
        decimal.round_up_to(NANO);
        decimal.limit(STORED);
        let (mut digits, mut exponent) = decimal.parts();
        let mut format = format;
        if format == Format::BinarySi {
            let unsigned = Self::from_parts(false, digits, exponent, format);
            if unsigned > Self::from_parts(false, MAX_BINARY, 0, format) {
                (digits, exponent) = (MAX_BINARY, 0);
            }
            if digits != 0 && unsigned < Self::from_parts(false, 1, 0, format) {
                format = Format::DecimalSi;
            }
        }
        Ok(Self::from_parts(parts.negative, digits, exponent, format))
    }

    fn from_parts(negative: bool, mut digits: u128, mut exponent: i32, format: Format) -> Self {
        if digits == 0 {
            return Self {
                negative: false,
                digits: 0,
                exponent: 0,
                format,
            };
        }
        while digits.is_multiple_of(10) {
            digits /= 10;
            exponent = exponent.saturating_add(1);
        }
        Self {
            negative,
            digits,
            exponent,
            format,
        }
    }

    /// The family of suffixes that it was written in.
    pub const fn format(self) -> Format {
        self.format
    }

    /// Whether it is 0.
    pub const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// Whether it is above 0.
    pub const fn is_positive(self) -> bool {
        self.digits != 0 && !self.negative
    }

    /// Whether it is below 0.
    pub const fn is_negative(self) -> bool {
        self.negative
    }

    /// The value in whole units (bytes, cores), rounded up in size, capped to `i64`.
    pub fn value(self) -> i64 {
        self.scaled(0)
    }

    /// The value in thousandths (millicores), rounded up in size, capped to `i64`.
    pub fn milli_value(self) -> i64 {
        self.scaled(-3)
    }

    /// The value in units of 10^`exponent`, rounded away from zero, capped to `i64`.
    fn scaled(self, exponent: i32) -> i64 {
        let shift = i64::from(self.exponent) - i64::from(exponent);
        let size = if shift >= 0 {
            u32::try_from(shift)
                .ok()
                .and_then(|shift| 10u128.checked_pow(shift))
                .and_then(|factor| self.digits.checked_mul(factor))
                .unwrap_or(if self.digits == 0 { 0 } else { u128::MAX })
        } else {
            let divisor = u32::try_from(-shift)
                .ok()
                .and_then(|shift| 10u128.checked_pow(shift));
            divisor.map_or(u128::from(self.digits != 0), |divisor| {
                self.digits.div_ceil(divisor)
            })
        };
        match (self.negative, i64::try_from(size)) {
            (false, size) => size.unwrap_or(i64::MAX),
            (true, size) => size.map_or(i64::MIN, |size| -size),
        }
    }

    /// Whether it is a whole number.
    pub const fn is_whole(self) -> bool {
        self.exponent >= 0
    }

    /// The nearest float, for ratios and plots.
    pub fn to_f64(self) -> f64 {
        // Reading a decimal text rounds once; multiplying by a power of ten would round twice.
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.exponent)
            .parse()
            .unwrap_or(f64::INFINITY)
    }

    /// The sum, in the form of the first that is not zero.
    pub fn plus(self, other: Self) -> Self {
        if self.is_zero() {
            return other;
        }
        if other.is_zero() {
            return self;
        }
        let low = self.exponent.min(other.exponent);
        let (Some(a), Some(b)) = (self.signed_at(low), other.signed_at(low)) else {
            // Too far apart for one to matter beside the other.
            return if self.order() >= other.order() {
                self
            } else {
                other
            };
        };
        let sum = a
            .checked_add(b)
            .unwrap_or(if a < 0 { i128::MIN + 1 } else { i128::MAX });
        Self::from_parts(sum < 0, sum.unsigned_abs(), low, self.format)
    }

    fn signed_at(self, exponent: i32) -> Option<i128> {
        let shift = u32::try_from(i64::from(self.exponent) - i64::from(exponent)).ok()?;
        let size = self.digits.checked_mul(10u128.checked_pow(shift)?)?;
        let size = i128::try_from(size).ok()?;
        Some(if self.negative { -size } else { size })
    }

    /// The exponent of the first digit plus one; only for values that are not zero.
    fn order(self) -> i64 {
        i64::from(self.digits.checked_ilog10().unwrap_or(0)) + 1 + i64::from(self.exponent)
    }

    fn compare_size(self, other: Self) -> Ordering {
        match (self.digits, other.digits) {
            (0, 0) => return Ordering::Equal,
            (0, _) => return Ordering::Less,
            (_, 0) => return Ordering::Greater,
            _ => {}
        }
        self.order().cmp(&other.order()).then_with(|| {
            // Of one order: scaling the one with fewer digits makes it as long as the other,
            // which fits.
            let low = self.exponent.min(other.exponent);
            let at = |q: Self| {
                let shift = i64::from(q.exponent) - i64::from(low);
                q.digits.saturating_mul(10u128.saturating_pow(shift as u32))
            };
            at(self).cmp(&at(other))
        })
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_size(*other),
            (true, true) => other.compare_size(*self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text)
    }
}

impl fmt::Display for Quantity {
    /// The canonical form. Values above the last decimal suffix are printed with an exponent;
    /// the reference prints them without any, which is another number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        let sign = if self.negative { "-" } else { "" };
        if self.format == Format::BinarySi && self.exponent >= 0 {
            let size = u32::try_from(self.exponent)
                .ok()
                .and_then(|shift| 10u128.checked_pow(shift))
                .and_then(|factor| self.digits.checked_mul(factor));
            if let Some(mut size) = size.filter(|size| *size >= 1024) {
                let mut power = 0;
                while size.is_multiple_of(1024) && power < BINARY.len() - 1 {
                    size /= 1024;
                    power += 1;
                }
                return write!(f, "{sign}{size}{}", BINARY[power]);
            }
        }
        let mut digits = self.digits;
        let mut exponent = self.exponent;
        while exponent % 3 != 0 {
            // 38 digits have room for two more only when they are small; print zeros instead.
            match digits.checked_mul(10) {
                Some(more) => digits = more,
                None => return write!(f, "{sign}{}e{}", self.digits, self.exponent),
            }
            exponent -= 1;
        }
        let suffix = usize::try_from((exponent + 9) / 3)
            .ok()
            .and_then(|n| DECIMAL.get(n));
        match suffix {
            Some(suffix) if self.format != Format::DecimalExponent => {
                write!(f, "{sign}{digits}{suffix}")
            }
            _ if exponent == 0 => write!(f, "{sign}{digits}"),
            _ => write!(f, "{sign}{digits}e{exponent}"),
        }
    }
}

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
    has_digits: bool,
}

/// Cuts a text into sign, digits and suffix. As lenient as the reference: a lone sign, a lone
/// point and a lone suffix are zero.
fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::Format);
    }
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits_end = |text: &str| {
        text.bytes()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let (whole, rest) = rest.split_at(digits_end(rest));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits_end(rest)),
        None => ("", rest),
    };
    let letters = suffix.bytes().position(|b| !b"eEinumkKMGTP".contains(&b));
    if let Some(letters) = letters {
        let exponent = &suffix[letters..];
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if !exponent.bytes().all(|b| b.is_ascii_digit()) {
            return Err(QuantityError::Format);
        }
    }
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    Ok(Parts {
        negative,
        whole,
        fraction,
        suffix,
        has_digits,
    })
}

enum Scale {
    Ten(i32),
    Kibi(u8),
}

fn suffix(text: &str) -> Option<(Scale, Format)> {
    if let Some(index) = DECIMAL.iter().position(|known| *known == text) {
        return Some((Scale::Ten(index as i32 * 3 - 9), Format::DecimalSi));
    }
    if let Some(index) = BINARY.iter().position(|known| *known == text) {
        return Some((Scale::Kibi(index as u8), Format::BinarySi));
    }
    let exponent: i64 = text.strip_prefix(['e', 'E'])?.parse().ok()?;
    // The reference keeps 32 bits of it and so does this: `1e4294967296` is 1.
    Some((Scale::Ten(exponent as i32), Format::DecimalExponent))
}

/// A non-negative decimal number under construction: its most significant digits, the place of
/// the last of them, and whether anything not zero was cut off below.
struct Decimal {
    digits: Vec<u8>,
    exponent: i64,
    more: bool,
}

impl Decimal {
    fn read(whole: &str, fraction: &str) -> Self {
        let all = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
        let leading = all.clone().take_while(|digit| *digit == 0).count();
        let length = whole.len() + fraction.len() - leading;
        let mut significant = all.skip(leading);
        let digits: Vec<u8> = significant.by_ref().take(KEPT).collect();
        let more = significant.any(|digit| digit != 0);
        let cut = length - digits.len();
        Self {
            digits,
            exponent: cut as i64 - fraction.len() as i64,
            more,
        }
    }

    fn multiply(&mut self, factor: u32) {
        let mut carry = 0;
        for digit in self.digits.iter_mut().rev() {
            let product = u32::from(*digit) * factor + carry;
            *digit = (product % 10) as u8;
            carry = product / 10;
        }
        let mut head = Vec::new();
        while carry > 0 {
            head.insert(0, (carry % 10) as u8);
            carry /= 10;
        }
        self.digits.splice(0..0, head);
    }

    /// Rounds away from zero so that nothing lies below 10^`lowest`.
    fn round_up_to(&mut self, lowest: i64) {
        if self.exponent >= lowest && !self.more {
            return;
        }
        let drop = usize::try_from(lowest - self.exponent).unwrap_or(0);
        let keep = self.digits.len().saturating_sub(drop);
        let dropped = self.digits.iter().skip(keep).any(|digit| *digit != 0);
        let nothing = self.digits.is_empty() && !self.more;
        self.digits.truncate(keep);
        self.exponent = self.exponent.max(lowest);
        if (dropped || self.more) && !nothing {
            self.increment();
        }
        self.more = false;
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }

    /// Rounds away from zero to so many significant digits.
    fn limit(&mut self, most: usize) {
        let leading = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..leading);
        let excess = self.digits.len().saturating_sub(most);
        if excess > 0 {
            self.round_up_to(self.exponent + excess as i64);
        }
    }

    fn parts(&self) -> (u128, i32) {
        let digits = self.digits.iter().fold(0u128, |sum, digit| {
            sum.saturating_mul(10).saturating_add(u128::from(*digit))
        });
        let exponent = self
            .exponent
            .clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        (digits, exponent)
    }
}
