//! Base64 and base32, with the errors of Go's decoders.

use plimsoll_gotmpl::Arguments;

use super::{Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("b64enc", "string", |call, arguments| {
        let bytes = arguments.str(0)?.bytes();
        call.charge_bytes(bytes.len() / 3)?;
        Ok(base64(bytes).into())
    }),
    entry("b64dec", "string", |_, arguments| {
        Ok(match from_base64(arguments.str(0)?.bytes()) {
            Ok(bytes) => bytes.into(),
            Err(at) => illegal(64, at).into(),
        })
    }),
    entry("b32enc", "string", |call, arguments| {
        let bytes = arguments.str(0)?.bytes();
        call.charge_bytes(bytes.len())?;
        Ok(base32(bytes).into())
    }),
    entry("b32dec", "string", |_, arguments| {
        Ok(match from_base32(arguments.str(0)?.bytes()) {
            Ok(bytes) => bytes.into(),
            Err(at) => illegal(32, at).into(),
        })
    }),
];

/// What Go says of input that a decoder refuses.
pub(super) fn illegal(base: u32, at: i64) -> String {
    format!("illegal base{base} data at input byte {at}")
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    encoded(bytes, 3, 6, BASE64)
}

fn base32(bytes: &[u8]) -> Vec<u8> {
    encoded(bytes, 5, 5, BASE32)
}

/// Groups of `size` bytes as digits of `bits` bits, the last one filled up with `=`.
fn encoded(bytes: &[u8], size: usize, bits: usize, digits: &[u8]) -> Vec<u8> {
    let per_group = size * 8 / bits;
    let mut out = Vec::with_capacity(bytes.len().div_ceil(size) * per_group);
    for group in bytes.chunks(size) {
        let mut value = 0_u64;
        for index in 0..size {
            value = value << 8 | u64::from(group.get(index).copied().unwrap_or(0));
        }
        let given = (group.len() * 8).div_ceil(bits);
        for index in 0..per_group {
            let shift = bits * (per_group - 1 - index);
            let digit = (value >> shift) as usize & (digits.len() - 1);
            out.push(if index < given { digits[digit] } else { b'=' });
        }
    }
    out
}

fn base64_digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Decodes as `base64.StdEncoding` does; an error is the offset that Go names.
pub(super) fn from_base64(text: &[u8]) -> Result<Vec<u8>, i64> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut at = 0;
    let skip_breaks = |at: &mut usize| {
        while matches!(text.get(*at), Some(b'\n' | b'\r')) {
            *at += 1;
        }
    };
    while at < text.len() {
        let mut digits = [0_u8; 4];
        let mut count = 0;
        let mut ends = false;
        while count < 4 {
            let Some(&byte) = text.get(at) else {
                if count == 0 {
                    return Ok(out);
                }
                return Err(at as i64 - count as i64);
            };
            at += 1;
            if let Some(digit) = base64_digit(byte) {
                digits[count] = digit;
                count += 1;
                continue;
            }
            if matches!(byte, b'\n' | b'\r') {
                continue;
            }
            if byte != b'=' || count < 2 {
                return Err(at as i64 - 1);
            }
            if count == 2 {
                skip_breaks(&mut at);
                match text.get(at) {
                    None => return Err(text.len() as i64),
                    Some(b'=') => at += 1,
                    Some(_) => return Err(at as i64 - 1),
                }
            }
            skip_breaks(&mut at);
            if at < text.len() {
                return Err(at as i64);
            }
            ends = true;
            break;
        }
        let value = digits
            .iter()
            .fold(0_u32, |value, &digit| value << 6 | u32::from(digit));
        let bytes = [(value >> 16) as u8, (value >> 8) as u8, value as u8];
        out.extend_from_slice(&bytes[..count - 1]);
        if ends {
            break;
        }
    }
    Ok(out)
}

/// Decodes as `base32.StdEncoding` does, which first leaves out line breaks.
fn from_base32(text: &[u8]) -> Result<Vec<u8>, i64> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !b"\r\n".contains(byte))
        .collect();
    let len = text.len() as i64;
    let mut rest = &text[..];
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    while !rest.is_empty() {
        let mut digits = [0_u8; 8];
        let mut count = 0;
        let mut ends = false;
        while count < 8 {
            let Some((&byte, behind)) = rest.split_first() else {
                return Err(len - count as i64);
            };
            rest = behind;
            let left = len - rest.len() as i64;
            if byte == b'=' && count >= 2 && rest.len() < 8 {
                if rest.len() + count < 7 {
                    return Err(len);
                }
                let fill = rest.iter().take(7 - count);
                if let Some(wrong) = fill.clone().position(|&byte| byte != b'=') {
                    return Err(left + wrong as i64 - 1);
                }
                if matches!(count, 3 | 6) {
                    return Err(left - 1);
                }
                ends = true;
                break;
            }
            let digit = BASE32.iter().position(|&digit| digit == byte);
            digits[count] = digit.ok_or(left - 1)? as u8;
            count += 1;
        }
        let value = digits
            .iter()
            .fold(0_u64, |value, &digit| value << 5 | u64::from(digit));
        let bytes = value.to_be_bytes();
        out.extend_from_slice(&bytes[3..3 + count * 5 / 8]);
        if ends {
            break;
        }
    }
    Ok(out)
}
