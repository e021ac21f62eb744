//! Constants: Go keeps a number in every type that can hold it, and the context chooses.

use crate::format::quote::{Keep, quote, unquote_char};

use super::lexer::Kind;

/// A numeric or character constant in all the types that can represent it.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Number {
    /// As a signed integer.
    pub int: Option<i64>,
    /// As an unsigned integer.
    pub uint: Option<u64>,
    /// As a floating-point number.
    pub float: Option<f64>,
    /// As a complex number: real and imaginary part.
    pub complex: Option<(f64, f64)>,
}

/// Reads a constant; the error is Go's text.
pub(super) fn parse(text: &[u8], kind: Kind) -> Result<Number, String> {
    match kind {
        Kind::CharConstant => character(text),
        Kind::Complex => complex(text),
        _ => real(text),
    }
}

fn character(text: &[u8]) -> Result<Number, String> {
    let unit = unquote_char(&text[1..], b'\'').ok_or("invalid syntax")?;
    if &text[1 + unit.len..] != b"'" {
        let text = String::from_utf8_lossy(text);
        return Err(format!("malformed character constant: {text}"));
    }
    Ok(Number {
        int: Some(i64::from(unit.code)),
        uint: Some(u64::from(unit.code)),
        float: Some(f64::from(unit.code)),
        complex: None,
    })
}

/// `1+2i`, as `fmt.Sscan` reads it.
fn complex(text: &[u8]) -> Result<Number, String> {
    let (real, rest) = float_token(text);
    let Some((&(b'+' | b'-'), _)) = rest.split_first() else {
        return Err("syntax error scanning complex number".into());
    };
    // The sign is read twice by Go, so that a second one is allowed.
    let (imaginary, rest) = float_token(&rest[1..]);
    if rest.first() != Some(&b'i') {
        return Err("syntax error scanning complex number".into());
    }
    let negative = text[real.len()] == b'-';
    let real = scanned(real, "")?;
    let imaginary = scanned(imaginary, if negative { "-" } else { "+" })?;
    Ok(simplified(real, imaginary))
}

/// The part of `text` that Go's scanner takes for a float.
fn float_token(text: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    let mut accept = |valid: &[u8]| {
        let found = text.get(at).is_some_and(|byte| valid.contains(byte));
        at += usize::from(found);
        found
    };
    accept(b"+-");
    let hexadecimal = accept(b"0") && accept(b"xX");
    let digits: &[u8] = if hexadecimal {
        b"0123456789aAbBcCdDeEfF_"
    } else {
        b"0123456789_"
    };
    while accept(digits) {}
    if accept(b".") {
        while accept(digits) {}
    }
    if accept(if hexadecimal { b"pP" } else { b"eEpP" }) {
        accept(b"+-");
        while accept(b"0123456789_") {}
    }
    text.split_at(at)
}

fn scanned(token: &[u8], sign: &str) -> Result<f64, String> {
    let text = [sign.as_bytes(), token].concat();
    float(&text).map_err(|why| {
        let text = quote(&text, Keep::Printable);
        format!("strconv.ParseFloat: parsing {text}: {}", why.text())
    })
}

fn simplified(real: f64, imaginary: f64) -> Number {
    let mut number = Number {
        complex: Some((real, imaginary)),
        ..Number::default()
    };
    if imaginary == 0.0 {
        number.float = Some(real);
        number.int = whole_int(real);
        number.uint = whole_uint(real);
    }
    number
}

fn real(text: &[u8]) -> Result<Number, String> {
    if let Some(digits) = text.strip_suffix(b"i")
        && let Ok(imaginary) = float(digits)
    {
        return Ok(simplified(0.0, imaginary));
    }
    let mut number = Number {
        uint: unsigned(text),
        int: signed(text),
        ..Number::default()
    };
    if number.int == Some(0) {
        // `-0` is no unsigned number to the parser of unsigned numbers.
        number.uint = number.uint.or(Some(0));
    }
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Ok(value) = float(text) {
        if !text.iter().any(|byte| b".eEpP".contains(byte)) {
            let text = quote(text, Keep::Printable);
            return Err(format!("integer overflow: {text}"));
        }
        number.float = Some(value);
        number.int = whole_int(value);
        number.uint = whole_uint(value);
    }
    if number == Number::default() {
        let text = quote(text, Keep::Printable);
        return Err(format!("illegal number syntax: {text}"));
    }
    Ok(number)
}

/// The float as an integer, if converting there and back as amd64 does gives it again.
fn whole_int(value: f64) -> Option<i64> {
    let in_range = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    let int = if in_range { value as i64 } else { i64::MIN };
    #[expect(clippy::float_cmp, reason = "the question is whether nothing is lost")]
    let same = int as f64 == value;
    same.then_some(int)
}

/// As [`whole_int`], for unsigned integers.
fn whole_uint(value: f64) -> Option<u64> {
    let uint = if (0.0..18_446_744_073_709_551_616.0).contains(&value) {
        value as u64
    } else if value > -9_223_372_036_854_775_808.0 && value < 0.0 {
        (value as i64) as u64
    } else {
        1 << 63
    };
    #[expect(clippy::float_cmp, reason = "the question is whether nothing is lost")]
    let same = uint as f64 == value;
    same.then_some(uint)
}

/// `strconv.ParseUint(text, 0, 64)`.
fn unsigned(text: &[u8]) -> Option<u64> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    for &byte in digits {
        if byte == b'_' {
            continue;
        }
        let digit = char::from(byte).to_digit(base)?;
        value = value.checked_mul(u64::from(base))?;
        value = value.checked_add(u64::from(digit))?;
    }
    underscores_fit(text).then_some(value)
}

/// `strconv.ParseInt(text, 0, 64)`.
fn signed(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = unsigned(digits)?;
    if negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// Whether underscores stand only between digits, or between a base prefix and a digit.
fn underscores_fit(text: &[u8]) -> bool {
    #[derive(PartialEq)]
    enum Last {
        Start,
        Digit,
        Underscore,
        Other,
    }
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let mut last = Last::Start;
    let mut hexadecimal = false;
    let mut digits = text;
    if let [b'0', prefix, rest @ ..] = text
        && matches!(prefix.to_ascii_lowercase(), b'b' | b'o' | b'x')
    {
        hexadecimal = prefix.eq_ignore_ascii_case(&b'x');
        last = Last::Digit;
        digits = rest;
    }
    for &byte in digits {
        last = if byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit() {
            Last::Digit
        } else if byte == b'_' {
            if last != Last::Digit {
                return false;
            }
            Last::Underscore
        } else if last == Last::Underscore {
            return false;
        } else {
            Last::Other
        };
    }
    last != Last::Underscore
}

/// A number with an optional base prefix and underscores (`strconv.ParseInt(text, 0, 64)`).
pub fn parse_int(text: &[u8]) -> Option<i64> {
    signed(text)
}

/// A floating-point number in Go's syntax, infinities and NaN by name included
/// (`strconv.ParseFloat(text, 64)`). `None` also for what is out of range.
pub fn parse_float(text: &[u8]) -> Option<f64> {
    let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+"));
    let unsigned = unsigned.unwrap_or(text);
    let named = |name: &str| unsigned.eq_ignore_ascii_case(name.as_bytes());
    if named("inf") || named("infinity") {
        let negative = text.first() == Some(&b'-');
        return Some(if negative {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        });
    }
    if text.eq_ignore_ascii_case(b"nan") {
        return Some(f64::NAN);
    }
    float(text).ok()
}

/// Why a text is no float.
pub(super) enum NoFloat {
    Syntax,
    Range,
}

impl NoFloat {
    fn text(&self) -> &'static str {
        match self {
            NoFloat::Syntax => "invalid syntax",
            NoFloat::Range => "value out of range",
        }
    }
}

/// `strconv.ParseFloat(text, 64)` for what the lexer can call a number: no infinities by name.
fn float(text: &[u8]) -> Result<f64, NoFloat> {
    let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+"));
    let unsigned = unsigned.unwrap_or(text);
    let hexadecimal = unsigned.len() > 2 && unsigned[..2].eq_ignore_ascii_case(b"0x");
    let value = if hexadecimal {
        hexadecimal_float(&unsigned[2..]).ok_or(NoFloat::Syntax)?
    } else {
        let plain: Vec<u8> = unsigned.iter().copied().filter(|&b| b != b'_').collect();
        let shape = plain.iter().all(|b| b"0123456789.eE+-".contains(b));
        let signed = plain.first().is_some_and(|b| b"+-".contains(b));
        let digits = plain.iter().take_while(|b| !b"eE".contains(b));
        if !shape || signed || !digits.clone().any(u8::is_ascii_digit) {
            return Err(NoFloat::Syntax);
        }
        let plain = std::str::from_utf8(&plain).map_err(|_| NoFloat::Syntax)?;
        plain.parse().map_err(|_| NoFloat::Syntax)?
    };
    if text.contains(&b'_') && !underscores_fit(text) {
        return Err(NoFloat::Syntax);
    }
    if value.is_infinite() {
        return Err(NoFloat::Range);
    }
    Ok(if text.first() == Some(&b'-') {
        -value
    } else {
        value
    })
}

/// `1.8p3` behind `0x`. Rounds to nearest even, as the reference.
fn hexadecimal_float(text: &[u8]) -> Option<f64> {
    let text: Vec<u8> = text.iter().copied().filter(|&b| b != b'_').collect();
    let exponent_at = text.iter().position(|b| b.eq_ignore_ascii_case(&b'p'))?;
    let (digits, exponent) = (&text[..exponent_at], &text[exponent_at + 1..]);
    let exponent = std::str::from_utf8(exponent).ok()?;
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Far beyond what a float can hold, and no danger of overflow below.
    let magnitude = unsigned.parse().unwrap_or(10_000_i64).min(10_000);
    let mut exponent = if exponent.starts_with('-') {
        -magnitude
    } else {
        magnitude
    };
    let (mut mantissa, mut sticky) = (0_u64, false);
    let (mut saw_dot, mut saw_digit) = (false, false);
    for &byte in digits {
        if byte == b'.' {
            if saw_dot {
                return None;
            }
            saw_dot = true;
            continue;
        }
        let digit = char::from(byte).to_digit(16)?;
        saw_digit = true;
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
            exponent -= if saw_dot { 4 } else { 0 };
        } else {
            sticky |= digit != 0;
            exponent += if saw_dot { 0 } else { 4 };
        }
    }
    saw_digit.then(|| scale(mantissa, sticky, exponent))
}

/// `mantissa * 2^exponent`, rounded once.
fn scale(mantissa: u64, sticky: bool, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let zeros = mantissa.leading_zeros();
    let mantissa = mantissa << zeros;
    let exponent = exponent - i64::from(zeros);
    // The value is mantissa * 2^exponent with the top bit set: 2^(63 + exponent) and more.
    let top = 63 + exponent;
    if top > 1023 {
        return f64::INFINITY;
    }
    let keep = if top >= -1022 { 53 } else { 53 + top + 1022 };
    if keep < 0 {
        return 0.0;
    }
    let drop = 64 - keep as u32;
    let (mut kept, rest) = if drop == 64 {
        (0, mantissa)
    } else {
        (mantissa >> drop, mantissa & ((1 << drop) - 1))
    };
    let half = 1_u64 << (drop - 1);
    if rest > half || rest == half && (sticky || kept & 1 == 1) {
        kept += 1;
    }
    // `kept` has at most 54 bits and its last one is a bit of the result: both steps are exact.
    let last = top - keep + 1;
    let step = if last < -1022 { last + 100 } else { last };
    let value = kept as f64 * power_of_two(step);
    if step == last {
        value
    } else {
        value * power_of_two(-100)
    }
}

fn power_of_two(exponent: i64) -> f64 {
    let biased = (exponent + 1023).clamp(1, 2047) as u64;
    f64::from_bits(biased << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        real(text.as_bytes()).expect("a number")
    }

    #[test]
    fn a_constant_is_kept_in_every_type_that_fits() {
        assert_eq!(number("0x1F").int, Some(31));
        assert_eq!(number("017").int, Some(15));
        assert_eq!(number("1_000").int, Some(1000));
        assert_eq!(number("18446744073709551615").int, None);
        assert_eq!(number("18446744073709551615").uint, Some(u64::MAX));
        assert_eq!(number("1e3").int, Some(1000));
        assert_eq!(number("1.5").int, None);
        assert_eq!(number("-5").uint, None);
        assert_eq!(number("0x1p-2").float, Some(0.25));
        assert_eq!(number("0x1.8p1").float, Some(3.0));
        assert_eq!(number("0x1p-1074").float, Some(f64::from_bits(1)));
        assert_eq!(number("0x1p-1075").float, Some(0.0));
        assert_eq!(number("0x1.8p-1074").float, Some(f64::from_bits(2)));
        assert_eq!(number("4i").complex, Some((0.0, 4.0)));
        for bad in ["1__0", "0x", "089", "1e", ".", "0x1.8", "1e400", "_1"] {
            assert!(real(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
