//! Reading times by a layout (`time.ParseInLocation`), with Go's errors.

use std::fmt::Write as _;

use super::civil::{DAYS, Date, MONTHS, days_in, is_leap};
use super::layout::{Pad, Part, Style, next};
use super::time::Time;
use super::zone::Zone;

/// A text between double quotes as package time writes it.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in text {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            0x20..=0x7f => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}

/// Why a text is no time.
enum Fault {
    /// It does not have the form.
    Form,
    /// Something of this name is out of range.
    Range(&'static str),
}

type Parsed<T> = Result<T, Fault>;

/// What was read so far.
#[derive(Default)]
struct Reading {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    morning: bool,
    afternoon: bool,
    utc: bool,
    offset: Option<i64>,
    name: Option<Vec<u8>>,
}

/// Reads a time; without a zone it is one of `local`.
pub(super) fn parse(layout: &[u8], text: &[u8], local: &Zone) -> Result<Time, String> {
    let cannot = |part: &[u8], at: &[u8]| {
        let (text, layout) = (quoted(text), quoted(layout));
        format!(
            "parsing time {text} as {layout}: cannot parse {} as {}",
            quoted(at),
            quoted(part)
        )
    };
    let wrong = |what: &str| format!("parsing time {}: {what}", quoted(text));
    let mut reading = Reading::default();
    let (mut format, mut rest) = (layout, text);
    loop {
        let found = next(format);
        let prefix = found.map_or(format, |(start, _, _)| &format[..start]);
        if let Err(at) = skip(&mut rest, prefix) {
            return Err(cannot(at, rest));
        }
        let Some((start, part, end)) = found else {
            if !rest.is_empty() {
                return Err(wrong(&format!("extra text: {}", quoted(rest))));
            }
            break;
        };
        let written = &format[start..end];
        format = &format[end..];
        let held = rest;
        match reading.read(part, &mut rest, format) {
            Ok(()) => {}
            Err(Fault::Range(what)) => return Err(wrong(&format!("{what} out of range"))),
            Err(Fault::Form) => return Err(cannot(written, held)),
        }
    }
    reading.finish(local).map_err(wrong)
}

/// Takes text that the layout has as it is; gives what of the layout was not met.
fn skip<'l>(rest: &mut &[u8], prefix: &'l [u8]) -> Result<(), &'l [u8]> {
    let mut left = prefix;
    while let Some((&byte, behind)) = left.split_first() {
        if byte == b' ' {
            if rest.first().is_some_and(|&byte| byte != b' ') {
                return Err(prefix);
            }
            left = left.trim_prefix_spaces();
            *rest = rest.trim_prefix_spaces();
            continue;
        }
        match rest.split_first() {
            Some((&first, more)) if first == byte => *rest = more,
            _ => return Err(prefix),
        }
        left = behind;
    }
    Ok(())
}

trait TrimSpaces {
    fn trim_prefix_spaces(&self) -> Self;
}

impl TrimSpaces for &[u8] {
    fn trim_prefix_spaces(&self) -> Self {
        let spaces = self.iter().take_while(|&&byte| byte == b' ').count();
        &self[spaces..]
    }
}

/// One or two digits; two if `fixed`.
fn number(rest: &mut &[u8], fixed: bool) -> Parsed<i64> {
    digits(rest, 2, fixed)
}

/// Up to so many digits; exactly as many if `fixed`.
fn digits(rest: &mut &[u8], most: usize, fixed: bool) -> Parsed<i64> {
    let count = rest
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 || fixed && count != most {
        return Err(Fault::Form);
    }
    let (digits, behind) = rest.split_at(count);
    *rest = behind;
    Ok(digits
        .iter()
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// So many bytes.
fn take<'t>(rest: &mut &'t [u8], count: usize) -> Parsed<&'t [u8]> {
    if rest.len() < count {
        return Err(Fault::Form);
    }
    let (taken, behind) = rest.split_at(count);
    *rest = behind;
    Ok(taken)
}

/// Which of the names comes next, in whatever case.
fn name(rest: &mut &[u8], names: &[&str], len: Option<usize>) -> Parsed<i64> {
    for (index, name) in names.iter().enumerate() {
        let name = &name.as_bytes()[..len.unwrap_or(name.len())];
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name) {
            *rest = &rest[name.len()..];
            return Ok(index as i64);
        }
    }
    Err(Fault::Form)
}

/// Digits with an optional sign (the `atoi` of package time).
fn signed(text: &[u8]) -> Parsed<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Fault::Form);
    }
    let value = digits
        .iter()
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    Ok(if negative { -value } else { value })
}

/// A fraction of a second with what separates it, in so many bytes.
fn nanoseconds(text: &[u8]) -> Parsed<u32> {
    if !matches!(text.first(), Some(b'.' | b',')) {
        return Err(Fault::Form);
    }
    let digits = &text[1..text.len().min(10)];
    let value = signed(digits)?;
    if value < 0 {
        return Err(Fault::Range("fractional second"));
    }
    let scale = 10_i64.pow(9 - digits.len() as u32);
    Ok((value * scale) as u32)
}

impl Reading {
    /// Reads one part; `format` is what follows it in the layout.
    fn read(&mut self, part: Part, rest: &mut &[u8], format: &[u8]) -> Parsed<()> {
        match part {
            Part::Year => {
                let year = signed(take(rest, 2)?)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Part::LongYear => {
                if !rest.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Fault::Form);
                }
                self.year = signed(take(rest, 4)?)?;
            }
            Part::Month => self.month = Some(name(rest, &MONTHS, Some(3))? + 1),
            Part::LongMonth => self.month = Some(name(rest, &MONTHS, None)? + 1),
            Part::NumMonth(two) => {
                let month = number(rest, two)?;
                if !(1..=12).contains(&month) {
                    return Err(Fault::Range("month"));
                }
                self.month = Some(month);
            }
            Part::Weekday => {
                name(rest, &DAYS, Some(3))?;
            }
            Part::LongWeekday => {
                name(rest, &DAYS, None)?;
            }
            Part::Day(pad) => {
                if pad == Pad::Space && rest.first() == Some(&b' ') {
                    *rest = &rest[1..];
                }
                self.day = Some(number(rest, pad == Pad::Zero)?);
            }
            Part::YearDay(pad) => {
                for _ in 0..2 {
                    if pad == Pad::Space && rest.first() == Some(&b' ') {
                        *rest = &rest[1..];
                    }
                }
                self.year_day = Some(digits(rest, 3, pad == Pad::Zero)?);
            }
            Part::Hour => self.hour = within(number(rest, false), 24, "hour")?,
            Part::Hour12(two) => self.hour = within(number(rest, two), 13, "hour")?,
            Part::Minute(two) => self.minute = within(number(rest, two), 60, "minute")?,
            Part::Second(two) => {
                self.second = within(number(rest, two), 60, "second")?;
                let follows = matches!(rest, [b'.' | b',', digit, ..] if digit.is_ascii_digit());
                let expected = matches!(next(format), Some((_, Part::Fraction { .. }, _)));
                if follows && !expected {
                    self.any_fraction(rest)?;
                }
            }
            Part::Noon(capitals) => match (capitals, take(rest, 2)?) {
                (true, b"PM") | (false, b"pm") => self.afternoon = true,
                (true, b"AM") | (false, b"am") => self.morning = true,
                _ => return Err(Fault::Form),
            },
            Part::Offset(style) => self.read_offset(style, rest)?,
            Part::Name => {
                if rest.starts_with(b"UTC") {
                    *rest = &rest[3..];
                    self.utc = true;
                } else {
                    let len = abbreviation(rest).ok_or(Fault::Form)?;
                    self.name = Some(take(rest, len)?.to_vec());
                }
            }
            Part::Fraction {
                digits,
                trimmed: false,
                ..
            } => self.nanoseconds = nanoseconds(take(rest, digits + 1)?)?,
            Part::Fraction { .. } => {
                if matches!(rest, [b'.' | b',', digit, ..] if digit.is_ascii_digit()) {
                    self.any_fraction(rest)?;
                }
            }
        }
        Ok(())
    }

    /// A fraction with as many digits as there are.
    fn any_fraction(&mut self, rest: &mut &[u8]) -> Parsed<()> {
        let count = rest[1..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.nanoseconds = nanoseconds(take(rest, count + 1)?)?;
        Ok(())
    }

    fn read_offset(&mut self, style: Style, rest: &mut &[u8]) -> Parsed<()> {
        if style.iso && rest.first() == Some(&b'Z') {
            *rest = &rest[1..];
            self.utc = true;
            return Ok(());
        }
        let len = match (style.minutes, style.colon, style.seconds) {
            (false, _, _) => 3,
            (true, false, false) => 5,
            (true, true, false) => 6,
            (true, false, true) => 7,
            (true, true, true) => 9,
        };
        if rest.len() < len {
            return Err(Fault::Form);
        }
        if style.colon && (rest[3] != b':' || style.seconds && rest[6] != b':') {
            return Err(Fault::Form);
        }
        let taken = take(rest, len)?;
        let plain: Vec<u8> = taken[1..]
            .iter()
            .copied()
            .filter(|&byte| !style.colon || byte != b':')
            .collect();
        let part = |index: usize| match plain.get(index * 2..index * 2 + 2) {
            None => Ok(0),
            Some(mut digits) => number(&mut digits, true),
        };
        let parts = part(0).and_then(|hours| Ok((hours, part(1)?, part(2)?)));
        // What is out of range is told before what has no form.
        if part(0).is_ok_and(|hours| hours > 24) {
            return Err(Fault::Range("time zone offset hour"));
        }
        if part(0).is_ok() && part(1).is_ok_and(|minutes| minutes > 60) {
            return Err(Fault::Range("time zone offset minute"));
        }
        let (hours, minutes, seconds) = parts?;
        if seconds > 60 {
            return Err(Fault::Range("time zone offset second"));
        }
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.offset = Some(match taken[0] {
            b'+' => offset,
            b'-' => -offset,
            _ => return Err(Fault::Form),
        });
        Ok(())
    }

    fn finish(mut self, local: &Zone) -> Result<Time, &'static str> {
        if self.afternoon && self.hour < 12 {
            self.hour += 12;
        } else if self.morning && self.hour == 12 {
            self.hour = 0;
        }
        let (month, day) = self.date()?;
        if day < 1 || day > days_in(month, self.year) {
            return Err("day out of range");
        }
        let date = Date {
            year: self.year,
            month,
            day,
        };
        let civil = date.days() * 86_400 + self.hour * 3600 + self.minute * 60 + self.second;
        let at = |seconds: i64, zone: Zone| Time {
            seconds,
            nanoseconds: self.nanoseconds,
            zone,
            monotonic: None,
        };
        if self.utc {
            return Ok(at(civil, Zone::Utc));
        }
        let name = self.name.as_deref().map(String::from_utf8_lossy);
        // An offset of one second west is taken for none by the reference.
        if let Some(offset) = self.offset.filter(|&offset| offset != -1) {
            let unix = civil - offset;
            let there = local.at(unix);
            let fits = name.as_ref().is_none_or(|name| **name == there.name);
            return Ok(if there.seconds == offset && fits {
                at(unix, local.clone())
            } else {
                at(unix, Zone::Fixed(name.unwrap_or_default().into(), offset))
            });
        }
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Ok(at(civil - local.at_civil(civil), local.clone()));
        };
        if let Some(offset) = local.named_offset(&name, civil) {
            return Ok(at(civil - offset, local.clone()));
        }
        let offset = match name.strip_prefix("GMT") {
            Some(hours) if !hours.is_empty() => signed(hours.as_bytes()).unwrap_or(0) * 3600,
            _ => 0,
        };
        // The reference keeps the civil time here and only shows the offset.
        Ok(at(civil, Zone::Fixed((&*name).into(), offset)))
    }

    /// Month and day, from the day of the year if there is one.
    fn date(&self) -> Result<(i64, i64), &'static str> {
        let Some(year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        let most = if is_leap(self.year) { 366 } else { 365 };
        if year_day < 1 || year_day > most {
            return Err("day-of-year out of range");
        }
        let first = Date {
            year: self.year,
            month: 1,
            day: 1,
        };
        let date = Date::of_days(first.days() + year_day - 1);
        if self.month.is_some_and(|month| month != date.month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|day| day != date.day) {
            return Err("day-of-year does not match day");
        }
        Ok((date.month, date.day))
    }
}

fn within(value: Parsed<i64>, end: i64, what: &'static str) -> Parsed<i64> {
    let value = value?;
    if value >= end {
        return Err(Fault::Range(what));
    }
    Ok(value)
}

/// How long the abbreviation of a zone is (`parseTimeZone`).
fn abbreviation(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(hours) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_hours(hours).unwrap_or(0));
    }
    if matches!(text[0], b'+' | b'-') {
        return signed_hours(text);
    }
    let capitals = text
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    match capitals {
        5 if text[4] == b'T' => Some(5),
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// How long a sign with hours is, none above 23.
fn signed_hours(text: &[u8]) -> Option<usize> {
    let [b'+' | b'-', digits @ ..] = text else {
        return None;
    };
    let count = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let hours = std::str::from_utf8(&digits[..count])
        .ok()?
        .parse::<u64>()
        .ok()?;
    (hours <= 23).then_some(count + 1)
}
