//! Integers, characters and code points with flags, width and precision.

use crate::unicode;

use super::print::Flags;
use super::quote::describe;

/// The text of an integer as `fmtInteger` makes it, without padding by width, or `None` if it
/// prints nothing but padding.
pub(super) fn integer(
    magnitude: u64,
    negative: bool,
    base: u32,
    verb: char,
    flags: &Flags,
) -> Option<Vec<u8>> {
    let mut precision = 0;
    if let Some(wanted) = flags.precision {
        precision = wanted;
        if wanted == 0 && magnitude == 0 {
            return None;
        }
    } else if flags.zero
        && !flags.minus
        && let Some(width) = flags.width
    {
        precision = width;
        if negative || flags.plus || flags.space {
            precision = precision.saturating_sub(1);
        }
    }
    let upper = verb == 'X';
    // Built from the last digit on.
    let mut text = Vec::with_capacity(24);
    let mut rest = magnitude;
    loop {
        let digit = (rest % u64::from(base)) as u32;
        let character = char::from_digit(digit, base).unwrap_or('0');
        text.push(if upper {
            character.to_ascii_uppercase() as u8
        } else {
            character as u8
        });
        rest /= u64::from(base);
        if rest == 0 {
            break;
        }
    }
    if text.len() < precision {
        text.resize(precision, b'0');
    }
    if flags.sharp {
        match base {
            2 => text.extend_from_slice(b"b0"),
            8 if text.last() != Some(&b'0') => text.push(b'0'),
            16 => text.extend_from_slice(if upper { b"X0" } else { b"x0" }),
            _ => {}
        }
    }
    if verb == 'O' {
        text.extend_from_slice(b"o0");
    }
    if negative {
        text.push(b'-');
    } else if flags.plus {
        text.push(b'+');
    } else if flags.space {
        text.push(b' ');
    }
    text.reverse();
    Some(text)
}

/// `%U`: `U+0078`, with `#` also `'x'`.
pub(super) fn code_point(code: u64, flags: &Flags) -> Vec<u8> {
    let precision = flags.precision.unwrap_or(4).max(4);
    let mut text = format!("U+{code:0>precision$X}", precision = precision.min(1000));
    if precision > 1000 {
        // Beyond what the formatter of the standard library takes at once.
        text.insert_str(2, &"0".repeat(precision - 1000));
    }
    if flags.sharp
        && let Ok(code) = u32::try_from(code)
        && unicode::is_printable(code)
        && let Some((_, quoted)) = describe(code).split_once(' ')
    {
        text.push(' ');
        text.push_str(quoted);
    }
    text.into_bytes()
}
