//! What a scalar means: the two typings, decided when asked.

use std::borrow::Cow;

use crate::Dialect;
use crate::node::Node;
use crate::timestamp;
use crate::tree::{Kind, Style};

/// A scalar's value under a [`Dialect`].
#[derive(Clone, PartialEq, Debug)]
pub enum Scalar<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A float.
    Float(f64),
    /// A string (timestamps too: both reference decoders hand them to JSON as strings).
    Str(Cow<'a, str>),
}

impl Scalar<'_> {
    /// The type's name in messages and its tag without `!!`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::UInt(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
        }
    }
}

/// The prefix of YAML's own tags.
pub(crate) const YAML_TAG: &str = "tag:yaml.org,2002:";

/// The value of a scalar node; `None` for other nodes.
pub(crate) fn of(node: Node<'_>) -> Option<Scalar<'_>> {
    if node.kind() != Kind::Scalar {
        return None;
    }
    let text = node.tree().scalar_text(node.id);
    Some(match node.tag() {
        None if node.style() == Style::Plain => plain_scalar(text, node.tree().dialect()),
        None => Scalar::Str(Cow::Borrowed(text)),
        Some((tag, _)) => tagged(node, tag, text).unwrap_or(Scalar::Str(Cow::Borrowed(text))),
    })
}

/// The value of a tagged scalar, or the type that its text has instead.
pub(crate) fn tagged<'a>(
    node: Node<'a>,
    tag: &str,
    text: &'a str,
) -> Result<Scalar<'a>, &'static str> {
    tagged_text(tag, node.style(), text, node.tree().dialect())
}

/// The same of a text that is written in this style.
pub(crate) fn tagged_text<'a>(
    tag: &str,
    style: Style,
    text: &'a str,
    dialect: Dialect,
) -> Result<Scalar<'a>, &'static str> {
    let string = Scalar::Str(Cow::Borrowed(text));
    if tag == "!" {
        let typed = style == Style::Plain && dialect == Dialect::Core;
        return Ok(if typed {
            plain_scalar(text, dialect)
        } else {
            string
        });
    }
    let Some(name) = tag.strip_prefix(YAML_TAG) else {
        return Ok(string);
    };
    match name {
        "bool" | "int" | "null" => {
            let value = plain_scalar(text, dialect);
            if value.type_name() == name {
                Ok(value)
            } else {
                Err(value.type_name())
            }
        }
        "float" => match plain_scalar(text, dialect) {
            Scalar::Int(value) => Ok(Scalar::Float(value as f64)),
            value @ Scalar::Float(_) => Ok(value),
            value => Err(value.type_name()),
        },
        "timestamp" if !timestamp::is_timestamp(text) => {
            Err(plain_scalar(text, dialect).type_name())
        }
        "binary" => base64(text)
            .map(|text| Scalar::Str(Cow::Owned(text)))
            .ok_or("str"),
        _ => Ok(string),
    }
}

/// The value of a plain scalar with this text and no tag.
pub fn plain_scalar(text: &str, dialect: Dialect) -> Scalar<'_> {
    let number = match text.as_bytes().first() {
        None | Some(b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O') => {
            word(text, dialect)
        }
        Some(b'.') => infinity(text).or_else(|| {
            // Go's `ParseFloat` allows single underscores between digits.
            let digits = without_separators(text)?;
            if is_float(&digits) {
                finite(&digits)
            } else {
                None
            }
        }),
        Some(b'+' | b'-' | b'0'..=b'9') => number(text, dialect),
        _ => None,
    };
    number.unwrap_or(Scalar::Str(Cow::Borrowed(text)))
}

fn word(text: &str, dialect: Dialect) -> Option<Scalar<'static>> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ if dialect == Dialect::Core => return None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        _ => return None,
    })
}

/// The text without underscores, each of which must stand between two digits.
fn without_separators(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let fits = (0..bytes.len())
        .filter(|&at| bytes[at] == b'_')
        .all(|at| digit(at.checked_sub(1)) && digit(at.checked_add(1)));
    fits.then(|| Cow::Owned(text.replace('_', "")))
}

fn infinity(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn number(text: &str, dialect: Dialect) -> Option<Scalar<'static>> {
    if let Some(value) = infinity(text) {
        return Some(value);
    }
    if dialect == Dialect::Core && matches!(text, "-0" | "-0.0") {
        return Some(Scalar::Float(-0.0));
    }
    // Go drops every underscore before it looks at the digits.
    let digits: Cow<'_, str> = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    integer(&digits).or_else(|| {
        if is_float(&digits) {
            finite(&digits)
        } else {
            None
        }
    })
}

/// Go's `ParseInt` with base 0, then its `ParseUint`.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let (negative, signed, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(value)) {
        (false, Ok(value)) => Some(Scalar::Int(value)),
        // `ParseUint` takes no sign.
        (false, Err(_)) if !signed => Some(Scalar::UInt(value)),
        (true, Ok(value)) => Some(Scalar::Int(-value)),
        (true, Err(_)) if value == i64::MIN.unsigned_abs() => Some(Scalar::Int(i64::MIN)),
        _ => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some((whole, part)) => {
            all_digits(whole) && all_digits(part) && !(whole.is_empty() && part.is_empty())
        }
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_ok && exponent_ok
}

/// A float whose value is in range; Go calls the others an error and so a string.
fn finite(text: &str) -> Option<Scalar<'static>> {
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Scalar::Float(value))
}

/// Go's standard base64: line breaks are skipped, padding is required. Bytes that are no UTF-8
/// become replacement characters, as JSON makes them.
fn base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0u32, 0u32, 0u32);
    for byte in text.bytes() {
        let value = match byte {
            b'\n' | b'\r' => continue,
            b'=' => {
                padding += 1;
                continue;
            }
            _ if padding > 0 => return None,
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count.is_multiple_of(4) {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    match (count % 4, padding) {
        (0, 0) => {}
        (2, 2) => bytes.push((bits >> 4) as u8),
        (3, 1) => bytes.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => return None,
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialects_differ_in_the_words_for_booleans() {
        for word in ["y", "Yes", "ON", "off", "n"] {
            assert_eq!(
                plain_scalar(word, Dialect::Core).type_name(),
                "str",
                "{word}"
            );
            assert_eq!(
                plain_scalar(word, Dialect::GoV2).type_name(),
                "bool",
                "{word}"
            );
        }
        for word in ["true", "False"] {
            assert_eq!(
                plain_scalar(word, Dialect::Core).type_name(),
                "bool",
                "{word}"
            );
        }
    }

    #[test]
    fn integers_are_read_in_every_base() {
        for (text, value) in [
            ("0777", 511),
            ("0o17", 15),
            ("0x1F", 31),
            ("-0b11", -3),
            ("1_000", 1000),
            ("+7", 7),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(
                plain_scalar(text, Dialect::GoV2),
                Scalar::Int(value),
                "{text}"
            );
        }
        assert_eq!(
            plain_scalar("18446744073709551615", Dialect::Core),
            Scalar::UInt(u64::MAX)
        );
        assert_eq!(plain_scalar("08", Dialect::Core), Scalar::Float(8.0));
        assert_eq!(plain_scalar("1e3", Dialect::Core), Scalar::Float(1000.0));
        for text in [
            "1:30",
            "0x",
            "1.2.3",
            "--1",
            "1e",
            "2001-01-01",
            "1e999",
            "100m",
        ] {
            assert_eq!(
                plain_scalar(text, Dialect::Core).type_name(),
                "str",
                "{text}"
            );
        }
    }

    #[test]
    fn binary_is_decoded() {
        assert_eq!(base64("aGVs\nbG8="), Some("hello".into()));
        assert_eq!(base64("aGVsbG8"), None);
        assert_eq!(base64("a*=="), None);
    }
}
