//! Floating-point numbers as `strconv.FormatFloat` writes them.

use std::io::Write as _;

/// No exact decimal form of a float is longer; what is asked for beyond is zeros.
const EXACT: usize = 1100;

/// Two shortest forms can be equally near only from so many digits on.
const TIES_FROM: usize = 15;

/// The digits of a number: `0.d1d2d3… * 10^point`.
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

/// Appends a number: `verb` is one of `beEfgGxX`, `precision` is `None` for the shortest form
/// that reads back the same.
pub(crate) fn append(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = value.abs();
    match verb {
        b'b' => binary(out, value),
        b'x' | b'X' => hexadecimal(out, value, verb, precision),
        b'e' | b'E' => {
            let digits = match precision {
                None => shortest(value),
                Some(precision) => significant(value, precision.saturating_add(1)),
            };
            let precision = precision.unwrap_or(digits.digits.len().saturating_sub(1));
            exponent(out, &digits, precision, verb);
        }
        b'f' => {
            let digits = match precision {
                None => shortest(value),
                Some(precision) => fixed(value, precision),
            };
            let fraction = digits.digits.len() as i32 - digits.point;
            let precision = precision.unwrap_or(fraction.max(0) as usize);
            plain(out, &digits, precision);
        }
        _ => general(out, value, verb, precision),
    }
}

fn general(out: &mut Vec<u8>, value: f64, verb: u8, asked: Option<usize>) {
    let digits = match asked {
        None => shortest(value),
        Some(precision) => significant(value, precision.max(1)),
    };
    let count = digits.digits.len();
    let mut precision = match asked {
        None => count,
        Some(precision) => precision.max(1),
    };
    let point = digits.point;
    // The form with an exponent is for exponents below -4 and from the precision on; the
    // shortest form counts as precision 6 there.
    let bound = match asked {
        None => 6,
        Some(_) if precision > count && count as i32 >= point => count,
        Some(_) => precision,
    };
    let letter = if verb == b'G' { b'E' } else { b'e' };
    let exponent_value = point - 1;
    if exponent_value < -4 || exponent_value >= bound as i32 {
        precision = precision.min(count);
        exponent(out, &digits, precision.saturating_sub(1), letter);
        return;
    }
    if precision as i32 > point {
        precision = count;
    }
    plain(out, &digits, (precision as i32 - point).max(0) as usize);
}

fn exponent(out: &mut Vec<u8>, digits: &Digits, precision: usize, letter: u8) {
    let all = &digits.digits;
    out.push(all.first().copied().unwrap_or(b'0'));
    if precision > 0 {
        out.push(b'.');
        let given = all.get(1..).unwrap_or_default();
        let given = &given[..given.len().min(precision)];
        out.extend_from_slice(given);
        out.resize(out.len() + precision - given.len(), b'0');
    }
    let exponent = if all.is_empty() { 0 } else { digits.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "{}{sign}{:02}", char::from(letter), exponent.abs());
}

fn plain(out: &mut Vec<u8>, digits: &Digits, precision: usize) {
    let all = &digits.digits;
    if digits.point > 0 {
        let point = digits.point as usize;
        let whole = &all[..all.len().min(point)];
        out.extend_from_slice(whole);
        out.resize(out.len() + point - whole.len(), b'0');
    } else {
        out.push(b'0');
    }
    if precision == 0 {
        return;
    }
    out.push(b'.');
    let zeros = usize::try_from(-digits.point).unwrap_or(0).min(precision);
    out.resize(out.len() + zeros, b'0');
    let from = usize::try_from(digits.point).unwrap_or(0).min(all.len());
    let given = &all[from..];
    let given = &given[..given.len().min(precision - zeros)];
    out.extend_from_slice(given);
    out.resize(out.len() + precision - zeros - given.len(), b'0');
}

/// The fewest digits that read back as the same number.
fn shortest(value: f64) -> Digits {
    let mut digits = scientific(&format!("{value:e}"));
    to_even(&mut digits, value);
    digits
}

/// Where two such forms are equally near, Go takes the even one.
fn to_even(digits: &mut Digits, value: f64) {
    let count = digits.digits.len();
    // With fewer digits no other number of that length reads back the same.
    if count < TIES_FROM || digits.digits[count - 1].is_multiple_of(2) {
        return;
    }
    let exact = format!("{value:.*e}", count + 60);
    let exact: Vec<u8> = exact
        .bytes()
        .take_while(|&byte| byte != b'e')
        .filter(|&byte| byte != b'.')
        .collect();
    let (head, tail) = exact.split_at(count.min(exact.len()));
    let tie = tail.split_first() == Some((&b'5', &[b'0'; 60][..]));
    // Rounded up to an odd digit: the one below is even. Below a power of two numbers are
    // closer, so that it may read back as another one.
    if tie
        && head
            .last()
            .is_some_and(|last| last + 1 == digits.digits[count - 1])
    {
        let below: String = head.iter().map(|&byte| char::from(byte)).collect();
        let below = format!("{below}e{}", digits.point - count as i32);
        if below.parse() != Ok(value) {
            return;
        }
        digits.digits[count - 1] -= 1;
        digits.trim();
    }
}

/// This many significant digits, rounded.
fn significant(value: f64, count: usize) -> Digits {
    scientific(&format!("{value:.*e}", count.min(EXACT) - 1))
}

/// As many digits as stand before and `fraction` places behind the decimal point.
fn fixed(value: f64, fraction: usize) -> Digits {
    let text = format!("{value:.*}", fraction.min(EXACT));
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.trim_start_matches('0');
    let mut digits = Digits {
        digits: [whole, rest].concat().into_bytes(),
        point: whole.len() as i32,
    };
    digits.trim();
    digits
}

/// Reads `d.ddde±x`.
fn scientific(text: &str) -> Digits {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = mantissa.bytes().filter(|&byte| byte != b'.').collect();
    let mut digits = Digits {
        digits,
        point: exponent.parse().unwrap_or(0) + 1,
    };
    digits.trim();
    digits
}

impl Digits {
    /// Drops zeros at both ends; zero itself has no digits.
    fn trim(&mut self) {
        let zeros = self.digits.iter().take_while(|&&digit| digit == b'0');
        let zeros = zeros.count();
        self.digits.drain(..zeros);
        self.point -= zeros as i32;
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }
}

/// The bits of a finite number: mantissa with its leading one, and the power of two.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let mantissa = bits & ((1 << 52) - 1);
    match exponent {
        0 => (mantissa, -1022),
        _ => (mantissa | 1 << 52, exponent - 1023),
    }
}

/// `4503599627370496p-52`
fn binary(out: &mut Vec<u8>, value: f64) {
    let (mantissa, exponent) = parts(value);
    let _ = write!(out, "{mantissa}p{:+}", exponent - 52);
}

/// `0x1.8p+01`
fn hexadecimal(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>) {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    }
    mantissa <<= 60 - 52;
    while mantissa != 0 && mantissa & 1 << 60 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision
        && precision < 15
    {
        let shift = precision as u32 * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits: &[u8; 16] = if verb == b'X' {
        b"0123456789ABCDEF"
    } else {
        b"0123456789abcdef"
    };
    out.extend_from_slice(&[b'0', verb, b'0' + (mantissa >> 60 & 1) as u8]);
    mantissa <<= 4;
    let has_fraction = mantissa != 0;
    let mut next = || {
        let digit = digits[(mantissa >> 60 & 15) as usize];
        mantissa <<= 4;
        (digit, mantissa)
    };
    match precision {
        None if has_fraction => {
            out.push(b'.');
            loop {
                let (digit, rest) = next();
                out.push(digit);
                if rest == 0 {
                    break;
                }
            }
        }
        Some(precision) if precision > 0 => {
            out.push(b'.');
            for _ in 0..precision.min(16) {
                out.push(next().0);
            }
            out.resize(out.len() + precision.saturating_sub(16), b'0');
        }
        _ => {}
    }
    let letter = if verb == b'X' { 'P' } else { 'p' };
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "{letter}{sign}{:02}", exponent.abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_shortest_forms_the_even_one_is_written() {
        let text = |value| {
            let mut out = Vec::new();
            append(&mut out, value, b'g', None);
            String::from_utf8(out).expect("ASCII")
        };
        // The values lie just between the two.
        let exact = |digits: &str| digits.parse().expect("a number");
        assert_eq!(text(exact("0.0139408111572265625")), "0.013940811157226562");
        assert_eq!(text(exact("13919290192.9765625")), "1.3919290192976562e+10");
        assert_eq!(text(5.960_464_477_539_063e-8), "5.960464477539063e-08");
        assert_eq!(text(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(text(1e23), "1e+23");
        assert_eq!(text(f64::MAX), "1.7976931348623157e+308");
    }
}
