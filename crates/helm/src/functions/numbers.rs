//! Numbers: conversion as spf13/cast does it, and arithmetic.

mod decimal;

use plimsoll_gotmpl::syntax::{parse_float, parse_int};
use plimsoll_gotmpl::value::IntType;
use plimsoll_gotmpl::{Arguments, Call, CallError, List, Traced, Type, Value};

use super::flow::text_of;
use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("int", "any", |_, arguments| {
        Ok(Value::int(to_int(arguments.at(0)?)).into())
    }),
    entry("int64", "any", |_, arguments| {
        Ok(Value::int64(to_int(arguments.at(0)?)).into())
    }),
    entry("float64", "any", |_, arguments| {
        Ok(to_float(arguments.at(0)?).into())
    }),
    entry("atoi", "string", |_, arguments| {
        Ok(Value::int(atoi(arguments.str(0)?.bytes())).into())
    }),
    entry("toDecimal", "any", to_decimal),
    entry("add1", "any", |_, arguments| {
        Ok(Value::int64(to_int(arguments.at(0)?).wrapping_add(1)).into())
    }),
    entry("add", "any...", |_, arguments| {
        let sum = arguments.iter().map(to_int).fold(0, i64::wrapping_add);
        Ok(Value::int64(sum).into())
    }),
    entry("sub", "any any", |_, arguments| {
        let (a, b) = two(arguments)?;
        Ok(Value::int64(a.wrapping_sub(b)).into())
    }),
    entry("mul", "any any...", |_, arguments| {
        let product = arguments.iter().map(to_int).fold(1, i64::wrapping_mul);
        Ok(Value::int64(product).into())
    }),
    entry("div", "any any", |_, arguments| {
        let (a, b) = two(arguments)?;
        if b == 0 {
            return Err(DIVISION_BY_ZERO.into());
        }
        Ok(Value::int64(a.wrapping_div(b)).into())
    }),
    entry("mod", "any any", |_, arguments| {
        let (a, b) = two(arguments)?;
        if b == 0 {
            return Err(DIVISION_BY_ZERO.into());
        }
        Ok(Value::int64(a.wrapping_rem(b)).into())
    }),
    entry("max", "any any...", |_, arguments| {
        extreme(arguments, i64::max)
    }),
    entry("biggest", "any any...", |_, arguments| {
        extreme(arguments, i64::max)
    }),
    entry("min", "any any...", |_, arguments| {
        extreme(arguments, i64::min)
    }),
    entry("maxf", "any any...", |_, arguments| {
        float_extreme(arguments, true)
    }),
    entry("minf", "any any...", |_, arguments| {
        float_extreme(arguments, false)
    }),
    entry("add1f", "any", |_, arguments| {
        let first = to_float(arguments.at(0)?);
        Ok(decimal::fold(first, [1.0], decimal::add)?.into())
    }),
    entry("addf", "any...", |call, arguments| {
        charge_decimals(call, arguments)?;
        let rest = arguments.iter().map(to_float);
        Ok(decimal::fold(0.0, rest, decimal::add)?.into())
    }),
    entry("subf", "any any...", |call, arguments| {
        decimals(call, arguments, decimal::subtract)
    }),
    entry("mulf", "any any...", |call, arguments| {
        decimals(call, arguments, decimal::multiply)
    }),
    entry("divf", "any any...", |call, arguments| {
        decimals(call, arguments, decimal::divide)
    }),
    entry("floor", "any", |_, arguments| {
        Ok(to_float(arguments.at(0)?).floor().into())
    }),
    entry("ceil", "any", |_, arguments| {
        Ok(to_float(arguments.at(0)?).ceil().into())
    }),
    entry("round", "any int float...", round),
    entry("until", "int", |call, arguments| {
        let count = arguments.int(0)?;
        let step = if count < 0 { -1 } else { 1 };
        let list = steps(call, 0, count, step)?;
        int_list(call, arguments, list)
    }),
    entry("untilStep", "int int int", |call, arguments| {
        let list = steps(
            call,
            arguments.int(0)?,
            arguments.int(1)?,
            arguments.int(2)?,
        )?;
        int_list(call, arguments, list)
    }),
    entry("seq", "int...", sequence),
];

const DIVISION_BY_ZERO: &str = "runtime error: integer divide by zero";

fn two(arguments: &[Traced]) -> Result<(i64, i64), CallError> {
    Ok((to_int(arguments.at(0)?), to_int(arguments.at(1)?)))
}

/// A float as an integer, as amd64 converts it: what does not fit is the smallest one.
pub(super) fn truncated(value: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// A value as an integer (`cast.ToInt64`): 0 for what is none.
pub(super) fn to_int(value: &Traced) -> i64 {
    match &value.value {
        Value::Int(value, _) => *value,
        Value::Uint(value, _) => *value as i64,
        Value::Float(value) => truncated(*value),
        Value::Bool(value) => i64::from(*value),
        Value::Str(text) => parse_int(without_zero_decimals(text.bytes())).unwrap_or(0),
        Value::Object(object) => super::dates::number_of(&***object).unwrap_or(0),
        _ => 0,
    }
}

/// A value as a float (`cast.ToFloat64`): 0 for what is none.
pub(super) fn to_float(value: &Traced) -> f64 {
    match &value.value {
        Value::Int(value, _) => *value as f64,
        // Not of the types that the reference lists.
        Value::Uint(_, plimsoll_gotmpl::value::UintType::Uintptr) => 0.0,
        Value::Uint(value, _) => *value as f64,
        Value::Float(value) => *value,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Str(text) => parse_float(text.bytes()).unwrap_or(0.0),
        Value::Object(object) => super::dates::number_of(&***object).unwrap_or(0) as f64,
        _ => 0.0,
    }
}

/// `2.00` as `2`.
fn without_zero_decimals(text: &[u8]) -> &[u8] {
    let zeros = text.iter().rev().take_while(|&&byte| byte == b'0').count();
    let rest = &text[..text.len() - zeros];
    match rest {
        [whole @ .., b'.'] if zeros > 0 => whole,
        _ => text,
    }
}

/// `strconv.Atoi` without its error: 0 for what is no number, the nearest for what is too large.
pub(super) fn atoi(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let mut value: i64 = 0;
    for digit in digits {
        let digit = i64::from(digit - b'0');
        let digit = if negative { -digit } else { digit };
        value = value.saturating_mul(10).saturating_add(digit);
    }
    value
}

/// What is written in octal (`strconv.ParseInt(text, 8, 64)`).
fn to_decimal(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let value = arguments.at(0)?;
    let text = match &value.value {
        // `fmt.Sprint` of bytes is a list of numbers.
        Value::Bytes(_) => return Ok(Value::int64(0).into()),
        _ => text_of(call, value)?.0,
    };
    let text = text.text();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let octal = !unsigned.is_empty() && unsigned.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let number = if octal {
        i64::from_str_radix(&text, 8).unwrap_or(0)
    } else {
        0
    };
    let trace = call.deep_trace_of(value);
    Ok(Traced::new(Value::int64(number), trace).into())
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the answer of functions that can fail"
)]
fn extreme(arguments: &[Traced], choose: fn(i64, i64) -> i64) -> Answer {
    let chosen = arguments.iter().map(to_int).reduce(choose);
    Ok(Value::int64(chosen.unwrap_or(0)).into())
}

/// `math.Max` or `math.Min` of all.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the answer of functions that can fail"
)]
#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
fn float_extreme(arguments: &[Traced], largest: bool) -> Answer {
    let wins = if largest {
        f64::INFINITY
    } else {
        f64::NEG_INFINITY
    };
    let choose = |a: f64, b: f64| {
        if a == wins || b == wins {
            wins
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            // Of two zeros the one with the sign that is asked for.
            if a.is_sign_negative() == largest {
                b
            } else {
                a
            }
        } else if (a > b) == largest {
            a
        } else {
            b
        }
    };
    let chosen = arguments.iter().map(to_float).reduce(choose);
    Ok(chosen.unwrap_or(0.0).into())
}

fn charge_decimals(call: &mut Call<'_>, arguments: &[Traced]) -> Result<(), CallError> {
    // Each number may have hundreds of digits.
    call.charge_steps((arguments.len() as u64).saturating_pow(2))
}

fn decimals(call: &mut Call<'_>, arguments: &[Traced], operation: decimal::Operation) -> Answer {
    charge_decimals(call, arguments)?;
    let first = to_float(arguments.at(0)?);
    let rest = arguments[1..].iter().map(to_float);
    Ok(decimal::fold(first, rest, operation)?.into())
}

/// A power of ten as `math.Pow` computes it: by squaring, with the exponent apart.
fn power_of_ten(exponent: i64) -> f64 {
    const ONE_EIGHTH_OF_TEN: f64 = 0.625;
    let (mut result, mut result_exponent) = (1.0, 0_i64);
    let (mut factor, mut factor_exponent) = (ONE_EIGHTH_OF_TEN, 4_i64);
    let mut left = exponent.unsigned_abs();
    while left != 0 {
        if !(-4096..=4096).contains(&factor_exponent) {
            result_exponent += factor_exponent;
            break;
        }
        if left & 1 == 1 {
            result *= factor;
            result_exponent += factor_exponent;
        }
        factor *= factor;
        factor_exponent <<= 1;
        if factor < 0.5 {
            factor += factor;
            factor_exponent -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 {
        result = 1.0 / result;
        result_exponent = -result_exponent;
    }
    scaled(result, result_exponent)
}

/// `value * 2^exponent`; both steps are exact but the last, which rounds once.
fn scaled(value: f64, exponent: i64) -> f64 {
    let power = |exponent: i64| f64::from_bits(((exponent + 1023) as u64) << 52);
    match exponent {
        1024.. => value * power(1023) * power((exponent - 1023).min(1023)),
        -1022..=1023 => value * power(exponent),
        -2044..=-1023 => value * power(-1022) * power(exponent + 1022),
        _ => 0.0,
    }
}

fn round(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let value = to_float(arguments.at(0)?);
    let up_from = match arguments.get(2) {
        Some(_) => arguments.float(2)?,
        None => 0.5,
    };
    let power = power_of_ten(arguments.int(1)?);
    let shifted = power * value;
    let rounded = if shifted.fract() >= up_from {
        shifted.ceil()
    } else {
        shifted.floor()
    };
    Ok((rounded / power).into())
}

/// The numbers from `start` to before `stop`.
fn steps(call: &mut Call<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, CallError> {
    let runs = if stop < start { step < 0 } else { step > 0 };
    if !runs || start == stop {
        return Ok(Vec::new());
    }
    let count = stop.abs_diff(start).div_ceil(step.unsigned_abs());
    call.charge_steps(count)?;
    call.charge_bytes(
        usize::try_from(count)
            .unwrap_or(usize::MAX)
            .saturating_mul(40),
    )?;
    let mut list = Vec::with_capacity(count as usize);
    let mut next = start;
    for _ in 0..count {
        list.push(next);
        next = next.wrapping_add(step);
    }
    Ok(list)
}

/// `[]int` that the arguments decided.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the answer of functions that can fail"
)]
fn int_list(call: &mut Call<'_>, arguments: &[Traced], list: Vec<i64>) -> Answer {
    let mut trace = plimsoll_gotmpl::Trace::NONE;
    for argument in arguments {
        trace = call.union(trace, argument.trace);
    }
    let items = list
        .into_iter()
        .map(|number| Traced::new(Value::Int(number, IntType::Int), trace));
    let list = List::new(Type::INT, items.collect()).with_shape(trace);
    Ok(Traced::new(list, trace).into())
}

fn sequence(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let number = |index: usize| arguments.int(index);
    let (start, step, end) = match arguments.len() {
        1 => (1, None, number(0)?),
        2 => (number(0)?, None, number(1)?),
        3 => (number(0)?, Some(number(1)?), number(2)?),
        _ => return Ok("".into()),
    };
    let direction = if end < start { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok("".into());
    }
    let stop = end.wrapping_add(direction);
    let list = steps(call, start, stop, step.unwrap_or(direction))?;
    let numbers: Vec<String> = list.iter().map(i64::to_string).collect();
    Ok(numbers.join(" ").into())
}
