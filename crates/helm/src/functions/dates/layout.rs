//! Go's layouts of times: a layout is how the reference writes one certain time.

use super::civil::{DAYS, Date, MONTHS, weekday};
use super::time::Time;

/// A part of a layout that stands for something of the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    LongMonth,
    Month,
    /// Whether it has two digits always.
    NumMonth(bool),
    LongWeekday,
    Weekday,
    /// `2`, `_2`, `02`
    Day(Pad),
    /// `__2`, `002`
    YearDay(Pad),
    Hour,
    /// The hour of twelve; whether it has two digits always.
    Hour12(bool),
    Minute(bool),
    Second(bool),
    LongYear,
    Year,
    /// `PM`, or `pm` if not.
    Noon(bool),
    Name,
    Offset(Style),
    /// `.000` and `.999`
    Fraction {
        digits: usize,
        trimmed: bool,
        separator: u8,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pad {
    None,
    Space,
    Zero,
}

/// How an offset is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Style {
    /// `Z` for no offset.
    pub(super) iso: bool,
    pub(super) colon: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// Offsets as layouts write them, longer forms first, with `-` or `Z` at their start.
const OFFSETS: [(&str, Style); 5] = [
    ("070000", style(false, true, true)),
    ("07:00:00", style(true, true, true)),
    ("0700", style(false, true, false)),
    ("07:00", style(true, true, false)),
    ("07", style(false, false, false)),
];

const fn style(colon: bool, minutes: bool, seconds: bool) -> Style {
    Style {
        iso: false,
        colon,
        minutes,
        seconds,
    }
}

/// The first part of a layout: where it starts, what it is, and where it ends.
pub(super) fn next(layout: &[u8]) -> Option<(usize, Part, usize)> {
    for at in 0..layout.len() {
        if let Some((skip, part, len)) = part_at(&layout[at..]) {
            return Some((at + skip, part, at + skip + len));
        }
    }
    None
}

/// The part at the start: how many bytes before it are text, what it is, its length.
fn part_at(rest: &[u8]) -> Option<(usize, Part, usize)> {
    let small_follows = |at: usize| rest.get(at).is_some_and(u8::is_ascii_lowercase);
    let plain = |part, len| Some((0, part, len));
    match rest {
        [b'J', b'a', b'n', b'u', b'a', b'r', b'y', ..] => plain(Part::LongMonth, 7),
        [b'J', b'a', b'n', ..] if !small_follows(3) => plain(Part::Month, 3),
        [b'M', b'o', b'n', b'd', b'a', b'y', ..] => plain(Part::LongWeekday, 6),
        [b'M', b'o', b'n', ..] if !small_follows(3) => plain(Part::Weekday, 3),
        [b'M', b'S', b'T', ..] => plain(Part::Name, 3),
        [b'0', b'1', ..] => plain(Part::NumMonth(true), 2),
        [b'0', b'2', ..] => plain(Part::Day(Pad::Zero), 2),
        [b'0', b'3', ..] => plain(Part::Hour12(true), 2),
        [b'0', b'4', ..] => plain(Part::Minute(true), 2),
        [b'0', b'5', ..] => plain(Part::Second(true), 2),
        [b'0', b'6', ..] => plain(Part::Year, 2),
        [b'0', b'0', b'2', ..] => plain(Part::YearDay(Pad::Zero), 3),
        [b'1', b'5', ..] => plain(Part::Hour, 2),
        [b'1', ..] => plain(Part::NumMonth(false), 1),
        [b'2', b'0', b'0', b'6', ..] => plain(Part::LongYear, 4),
        [b'2', ..] => plain(Part::Day(Pad::None), 1),
        // The underscore is text here.
        [b'_', b'2', b'0', b'0', b'6', ..] => Some((1, Part::LongYear, 4)),
        [b'_', b'2', ..] => plain(Part::Day(Pad::Space), 2),
        [b'_', b'_', b'2', ..] => plain(Part::YearDay(Pad::Space), 3),
        [b'3', ..] => plain(Part::Hour12(false), 1),
        [b'4', ..] => plain(Part::Minute(false), 1),
        [b'5', ..] => plain(Part::Second(false), 1),
        [b'P', b'M', ..] => plain(Part::Noon(true), 2),
        [b'p', b'm', ..] => plain(Part::Noon(false), 2),
        [sign @ (b'-' | b'Z'), offset @ ..] => {
            let found = OFFSETS
                .iter()
                .find(|(form, _)| offset.starts_with(form.as_bytes()));
            let &(form, style) = found?;
            let iso = *sign == b'Z';
            plain(Part::Offset(Style { iso, ..style }), form.len() + 1)
        }
        [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] => {
            let digits = rest[1..].iter().take_while(|byte| *byte == digit).count();
            if rest.get(digits + 1).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            let fraction = Part::Fraction {
                digits,
                trimmed: *digit == b'9',
                separator: *separator,
            };
            plain(fraction, digits + 1)
        }
        _ => None,
    }
}

/// A time by a layout (`Time.Format`).
pub(super) fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let offset = time.offset();
    let local = time.seconds.saturating_add(offset.seconds);
    let days = local.div_euclid(86_400);
    let second = local.rem_euclid(86_400);
    let date = Date::of_days(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let mut out = Vec::new();
    let mut rest = layout;
    while let Some((start, part, end)) = next(rest) {
        out.extend_from_slice(&rest[..start]);
        rest = &rest[end..];
        let width = |two: bool| if two { 2 } else { 0 };
        match part {
            Part::Year => number(&mut out, date.year.abs() % 100, 2),
            Part::LongYear => number(&mut out, date.year, 4),
            Part::LongMonth => out.extend_from_slice(month(date.month).as_bytes()),
            Part::Month => out.extend_from_slice(&month(date.month).as_bytes()[..3]),
            Part::NumMonth(two) => number(&mut out, date.month, width(two)),
            Part::LongWeekday => out.extend_from_slice(DAYS[weekday(days)].as_bytes()),
            Part::Weekday => out.extend_from_slice(&DAYS[weekday(days)].as_bytes()[..3]),
            Part::Day(pad) => padded(&mut out, date.day, pad, 2),
            Part::YearDay(pad) => padded(&mut out, date.day_of_year(), pad, 3),
            Part::Hour => number(&mut out, hour, 2),
            Part::Hour12(two) => number(&mut out, hour12, width(two)),
            Part::Minute(two) => number(&mut out, minute, width(two)),
            Part::Second(two) => number(&mut out, second, width(two)),
            Part::Noon(capitals) => out.extend_from_slice(match (capitals, hour >= 12) {
                (true, true) => b"PM",
                (true, false) => b"AM",
                (false, true) => b"pm",
                (false, false) => b"am",
            }),
            Part::Name if offset.name.is_empty() => {
                write_offset(&mut out, offset.seconds, style(false, true, false));
            }
            Part::Name => out.extend_from_slice(offset.name.as_bytes()),
            Part::Offset(style) => write_offset(&mut out, offset.seconds, style),
            Part::Fraction {
                digits,
                trimmed,
                separator,
            } => fraction(&mut out, time.nanoseconds, digits, trimmed, separator),
        }
    }
    out.extend_from_slice(rest);
    out
}

fn month(number: i64) -> &'static str {
    MONTHS[(number - 1).rem_euclid(12) as usize]
}

/// A number with zeros in front; the sign does not count.
fn number(out: &mut Vec<u8>, value: i64, width: usize) {
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(format!("{:0width$}", value.unsigned_abs()).as_bytes());
}

fn padded(out: &mut Vec<u8>, value: i64, pad: Pad, width: usize) {
    match pad {
        Pad::Space => out.extend_from_slice(format!("{value:width$}").as_bytes()),
        Pad::Zero => number(out, value, width),
        Pad::None => number(out, value, 0),
    }
}

fn write_offset(out: &mut Vec<u8>, seconds: i64, style: Style) {
    if style.iso && seconds == 0 {
        out.push(b'Z');
        return;
    }
    // The reference decides the sign by whole minutes.
    let minutes = seconds / 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    let rest = if minutes < 0 { -seconds } else { seconds };
    number(out, minutes.abs() / 60, 2);
    if style.minutes {
        if style.colon {
            out.push(b':');
        }
        number(out, minutes.abs() % 60, 2);
    } else if style.colon {
        out.push(b':');
    }
    if style.seconds {
        if style.colon {
            out.push(b':');
        }
        number(out, rest % 60, 2);
    }
}

fn fraction(out: &mut Vec<u8>, nanoseconds: u32, digits: usize, trimmed: bool, separator: u8) {
    if trimmed && nanoseconds == 0 {
        return;
    }
    let text = format!("{nanoseconds:09}");
    let text = &text[..digits.min(9)];
    let text = if trimmed {
        text.trim_end_matches('0')
    } else {
        text
    };
    if trimmed && text.is_empty() {
        return;
    }
    out.push(separator);
    out.extend_from_slice(text.as_bytes());
}
