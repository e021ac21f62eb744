//! What comes from chance: the caller's ([`super::Random`]).

use plimsoll_gotmpl::{Arguments, Call, CallError, Traced, Value, unicode};

use super::context::Context;
use super::radix::base64;
use super::{Answer, Entry, chance};

pub(super) const FUNCTIONS: &[Entry] = &[
    chance("randAlphaNum", "int", |call, arguments| {
        characters(
            call,
            arguments,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        )
    }),
    chance("randAlpha", "int", |call, arguments| {
        characters(
            call,
            arguments,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        )
    }),
    chance("randNumeric", "int", |call, arguments| {
        characters(call, arguments, b"0123456789")
    }),
    chance("randAscii", "int", |call, arguments| {
        let printable: Vec<u8> = (b' '..=b'~').collect();
        characters(call, arguments, &printable)
    }),
    chance("randInt", "int int", |call, arguments| {
        let (min, max) = (arguments.int(0)?, arguments.int(1)?);
        let count = max.wrapping_sub(min);
        if count <= 0 {
            return Err("invalid argument to Intn".into());
        }
        let offset = below(call, count as u64)?;
        Ok(Value::int(min.wrapping_add(offset as i64)).into())
    }),
    chance("randBytes", "int", |call, arguments| {
        let count = arguments.int(0)?;
        let count = usize::try_from(count).ok().filter(|&count| count < 1 << 48);
        let count = count.ok_or("runtime error: makeslice: len out of range")?;
        call.charge_bytes(count.saturating_mul(2))?;
        Ok(base64(&bytes(call, count)?).into())
    }),
    chance("uuidv4", "", |call, _| {
        let mut id = bytes(call, 16)?;
        id[6] = id[6] & 0x0f | 0x40;
        id[8] = id[8] & 0x3f | 0x80;
        let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        Ok(parts.join("-").into())
    }),
    chance("shuffle", "string", shuffle),
];

/// So many random bytes.
pub(super) fn bytes(call: &mut Call<'_>, count: usize) -> Result<Vec<u8>, CallError> {
    let mut bytes = vec![0; count];
    Context::of(call)?.chance().fill(&mut bytes);
    Ok(bytes)
}

/// A number below `end`, each as likely as the others.
fn below(call: &mut Call<'_>, end: u64) -> Result<u64, CallError> {
    let random = Context::of(call)?.chance();
    let mask = u64::MAX >> (end - 1).leading_zeros().min(63);
    // Half of the tries or more fit. A source that never does gets the smallest number.
    for _ in 0..1000 {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let number = u64::from_le_bytes(bytes) & mask;
        if number < end {
            return Ok(number);
        }
    }
    Ok(0)
}

fn characters(call: &mut Call<'_>, arguments: &[Traced], from: &[u8]) -> Answer {
    // The reference swallows the error of a negative count.
    let count = usize::try_from(arguments.int(0)?).unwrap_or(0);
    call.charge_bytes(count)?;
    call.charge_steps(count as u64)?;
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        out.push(from[below(call, from.len() as u64)? as usize]);
    }
    Ok(out.into())
}

fn shuffle(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let text = arguments.str(0)?.bytes();
    let mut codes = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (code, width) = unicode::decode(&text[at..]);
        codes.push(code);
        at += width;
    }
    call.charge_steps(codes.len() as u64)?;
    for index in (1..codes.len()).rev() {
        let other = below(call, index as u64 + 1)? as usize;
        codes.swap(index, other);
    }
    let mut out = Vec::with_capacity(text.len());
    for code in codes {
        unicode::push(&mut out, code);
    }
    Ok(out.into())
}
