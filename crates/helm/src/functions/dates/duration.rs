//! Durations: reading them, and Helm's functions of them.

use plimsoll_gotmpl::syntax::parse_float;
use plimsoll_gotmpl::value::Kind;
use plimsoll_gotmpl::{Arguments, Traced, Value};

use super::super::{Answer, Entry, entry};
use super::parse::quoted;

const SECOND: i64 = 1_000_000_000;

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("mustToDuration", "any", |_, arguments| {
        let value = of(arguments.at(0)?)?;
        Ok(Value::Duration(value).into())
    }),
    entry("durationSeconds", "any", |_, arguments| {
        fraction(arguments, SECOND, 1.0)
    }),
    entry("durationMinutes", "any", |_, arguments| {
        fraction(arguments, 60 * SECOND, 1.0)
    }),
    entry("durationHours", "any", |_, arguments| {
        fraction(arguments, 3600 * SECOND, 1.0)
    }),
    entry("durationDays", "any", |_, arguments| {
        fraction(arguments, 3600 * SECOND, 24.0)
    }),
    entry("durationWeeks", "any", |_, arguments| {
        let hours = parts(arguments.at(0)?, 3600 * SECOND);
        Ok((hours / 24.0 / 7.0).into())
    }),
    entry("durationMilliseconds", "any", |_, arguments| {
        whole(arguments, 1_000_000)
    }),
    entry("durationMicroseconds", "any", |_, arguments| {
        whole(arguments, 1_000)
    }),
    entry("durationNanoseconds", "any", |_, arguments| {
        whole(arguments, 1)
    }),
    entry("durationRoundTo", "any any", |_, arguments| {
        stepped(arguments, round)
    }),
    entry("durationTruncateTo", "any any", |_, arguments| {
        stepped(arguments, truncate)
    }),
];

/// How many units a value has, as a fraction; 0 for what is no duration.
fn parts(value: &Traced, unit: i64) -> f64 {
    let value = of(value).unwrap_or(0);
    (value / unit) as f64 + (value % unit) as f64 / unit as f64
}

fn fraction(arguments: &[Traced], unit: i64, divisor: f64) -> Answer {
    Ok((parts(arguments.at(0)?, unit) / divisor).into())
}

fn whole(arguments: &[Traced], unit: i64) -> Answer {
    let value = of(arguments.at(0)?).unwrap_or(0);
    Ok(Value::int64(value / unit).into())
}

fn stepped(arguments: &[Traced], step: fn(i64, i64) -> i64) -> Answer {
    let Ok(value) = of(arguments.at(0)?) else {
        return Ok(Value::Duration(0).into());
    };
    let unit = of(arguments.at(1)?).ok();
    Ok(Value::Duration(unit.map_or(value, |unit| step(value, unit))).into())
}

/// To the nearest multiple, halves away from zero (`Duration.Round`).
pub(super) fn round(value: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return value;
    }
    let rest = (value % unit).unsigned_abs();
    let down = value - value % unit;
    match (rest >= unit.unsigned_abs() - rest, value < 0) {
        (false, _) => down,
        (true, true) => down.saturating_sub(unit),
        (true, false) => down.saturating_add(unit),
    }
}

fn truncate(value: i64, unit: i64) -> i64 {
    if unit <= 0 {
        value
    } else {
        value - value % unit
    }
}

/// A value as a duration, as Helm's engine reads it: numbers are seconds.
fn of(value: &Traced) -> Result<i64, String> {
    match &value.value {
        Value::Duration(value) => Ok(*value),
        Value::Str(text) => {
            let trimmed = String::from_utf8_lossy(text.bytes());
            let trimmed = trimmed.trim();
            if trimmed.is_empty() {
                return Err("empty duration".into());
            }
            if let Ok(value) = parse(trimmed.as_bytes()) {
                return Ok(value);
            }
            match parse_float(trimmed.as_bytes()) {
                Some(seconds) => of_float(seconds),
                None => Err(format!(
                    "could not parse duration {}",
                    plimsoll_gotmpl::quote(text.bytes())
                )),
            }
        }
        Value::Nil => Err("invalid duration".into()),
        Value::Int(seconds, _) => {
            let value = seconds.checked_mul(SECOND);
            value.ok_or_else(|| format!("duration seconds overflow: {seconds}"))
        }
        Value::Uint(seconds, _) => {
            let value = i64::try_from(*seconds).ok();
            let value = value.and_then(|seconds| seconds.checked_mul(SECOND));
            value.ok_or_else(|| format!("duration seconds overflow: {seconds}"))
        }
        Value::Float(seconds) => of_float(*seconds),
        other => match other.kind() {
            Kind::Invalid => Err("invalid duration".into()),
            _ => Err(format!("unsupported duration type {}", other.type_of())),
        },
    }
}

fn of_float(seconds: f64) -> Result<i64, String> {
    const MOST: f64 = i64::MAX as f64 / 1e9;
    let shown = || plimsoll_gotmpl::format_float(seconds, b'g', None);
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown()));
    }
    if !(-MOST..=MOST).contains(&seconds) {
        return Err(format!("duration seconds overflow: {}", shown()));
    }
    Ok(super::super::numbers::truncated(seconds * 1e9))
}

/// A text such as `1h15m30.5s` (`time.ParseDuration`); the error has Go's text.
pub(super) fn parse(text: &[u8]) -> Result<i64, String> {
    const MOST: u64 = 1 << 63;
    let invalid = |what: &str| format!("time: {what} {}", quoted(text));
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid("invalid duration"));
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (whole, behind) = rest.split_at(digits);
        let mut value: u64 = 0;
        for digit in whole {
            let next = (value <= MOST / 10).then(|| value * 10 + u64::from(digit - b'0'));
            let next = next.filter(|&next| next <= MOST);
            value = next.ok_or_else(|| invalid("invalid duration"))?;
        }
        rest = behind;
        let (mut part, mut scale, mut part_digits) = (0_u64, 1.0, 0);
        if let [b'.', behind @ ..] = rest {
            part_digits = behind
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            let mut full = false;
            for digit in &behind[..part_digits] {
                full |= part > (MOST - 1) / 10;
                if !full {
                    let next = part * 10 + u64::from(digit - b'0');
                    full = next > MOST;
                    if !full {
                        part = next;
                        scale *= 10.0;
                    }
                }
            }
            rest = &behind[part_digits..];
        }
        if digits == 0 && part_digits == 0 {
            return Err(invalid("invalid duration"));
        }
        let is_unit = |byte: &&u8| **byte != b'.' && !byte.is_ascii_digit();
        let (name, behind) = rest.split_at(rest.iter().take_while(is_unit).count());
        rest = behind;
        if name.is_empty() {
            return Err(invalid("missing unit in duration"));
        }
        let unit: u64 = match name {
            b"ns" => 1,
            // The micro sign and the Greek letter.
            b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
            b"ms" => 1_000_000,
            b"s" => 1_000_000_000,
            b"m" => 60_000_000_000,
            b"h" => 3_600_000_000_000,
            _ => {
                return Err(invalid(&format!(
                    "unknown unit {} in duration",
                    quoted(name)
                )));
            }
        };
        if value > MOST / unit {
            return Err(invalid("invalid duration"));
        }
        value *= unit;
        if part > 0 {
            value += (part as f64 * (unit as f64 / scale)) as u64;
        }
        total = total.saturating_add(value);
        if value > MOST || total > MOST {
            return Err(invalid("invalid duration"));
        }
    }
    if negative {
        return Ok((total as i64).wrapping_neg());
    }
    i64::try_from(total).map_err(|_| invalid("invalid duration"))
}
