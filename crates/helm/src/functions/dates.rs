//! Dates and durations.

mod civil;
mod duration;
mod layout;
mod parse;
mod time;
mod zone;

use plimsoll_gotmpl::value::IntType;
use plimsoll_gotmpl::{Arguments, Call, CallError, Object, Traced, Value};

use super::context::Context;
use super::{Answer, Entry, clock, entry};
pub(in crate::functions) use time::Time;
pub(in crate::functions) use zone::Zone;

pub(super) fn families() -> [&'static [Entry]; 2] {
    [FUNCTIONS, duration::FUNCTIONS]
}

const FUNCTIONS: &[Entry] = &[
    clock("now", "", |call, _| Ok(now(call)?.value().into())),
    clock("ago", "any", |call, arguments| {
        let now = now(call)?;
        let then = match &arguments.at(0)?.value {
            // Of the types of numbers the reference takes two here.
            Value::Int(_, IntType::Int32) => now.clone(),
            value => moment(call, value)?,
        };
        let since = duration::round(now.since(&then), 1_000_000_000);
        let written = Traced::from(Value::Duration(since));
        Ok(call.format(&written)?.into())
    }),
    entry("date", "string any", |call, arguments| {
        let layout = arguments.str(0)?.bytes();
        show(call, layout, arguments.at(1)?, b"Local")
    }),
    entry("dateInZone", "string any string", in_zone),
    entry("date_in_zone", "string any string", in_zone),
    entry("htmlDate", "any", |call, arguments| {
        show(call, b"2006-01-02", arguments.at(0)?, b"Local")
    }),
    entry("htmlDateInZone", "any string", |call, arguments| {
        show(
            call,
            b"2006-01-02",
            arguments.at(0)?,
            arguments.str(1)?.bytes(),
        )
    }),
    entry("dateModify", "string time", modify),
    entry("date_modify", "string time", modify),
    entry("mustDateModify", "string time", must_modify),
    entry("must_date_modify", "string time", must_modify),
    entry("toDate", "string string", |call, arguments| {
        // The reference swallows the error and goes on with the zero time.
        let time = read(call, arguments)?.unwrap_or_else(|_| Time::zero());
        Ok(time.value().into())
    }),
    entry("mustToDate", "string string", |call, arguments| {
        Ok(read(call, arguments)??.value().into())
    }),
    entry("unixEpoch", "time", |_, arguments| {
        Ok(given(arguments, 0)?.seconds.to_string().into())
    }),
    entry("duration", "any", |call, arguments| {
        let seconds = match &arguments.at(0)?.value {
            Value::Str(text) => seconds(text.bytes()),
            Value::Int(seconds, IntType::Int64) => *seconds,
            _ => 0,
        };
        let written = Traced::from(Value::Duration(seconds.wrapping_mul(1_000_000_000)));
        Ok(call.format(&written)?.into())
    }),
    entry("durationRound", "any", duration_round),
];

/// A time in a zone by its name, for tests and hosts: nanoseconds since 1970. `None` if there is
/// no such zone.
pub fn time(nanoseconds: i64, zone: &str) -> Option<Value> {
    let zone = Zone::load(zone, "UTC")?;
    let epoch = Time {
        seconds: 0,
        ..Time::zero()
    };
    Some(epoch.plus(nanoseconds).in_zone(zone).value())
}

/// Where times without a zone are taken to be.
pub(in crate::functions) struct Zones {
    local: Zone,
    /// Seconds east of Greenwich at the time of the session.
    offset: i64,
}

impl Zones {
    /// Those of the session; UTC if it has no clock.
    pub(in crate::functions) fn of(call: &mut Call<'_>) -> Self {
        let Some(context) = call.state::<Context>() else {
            return Self {
                local: Zone::local("UTC"),
                offset: 0,
            };
        };
        let local = Zone::local(&context.zone);
        let offset = local.at(context.time().0).seconds;
        Self { local, offset }
    }

    /// A time as TOML writes it, `T` and `Z` in capitals; `None` if it is none. One without a
    /// zone has a zone of its own by which it is known.
    pub(in crate::functions) fn toml(&self, text: &[u8]) -> Option<Value> {
        let fixed = |name: &str| Zone::Fixed(name.into(), self.offset);
        let (both, date, time) = (fixed(LOCAL_DATETIME), fixed(LOCAL_DATE), fixed(LOCAL_TIME));
        let forms: [(&[u8], &Zone); 7] = [
            (b"2006-01-02T15:04:05.999999999Z07:00", &self.local),
            (b"2006-01-02T15:04:05.999999999", &both),
            (b"2006-01-02", &date),
            (b"15:04:05.999999999", &time),
            (b"2006-01-02T15:04Z07:00", &self.local),
            (b"2006-01-02T15:04", &both),
            (b"15:04", &time),
        ];
        let (layout, time) = forms.into_iter().find_map(|(layout, zone)| {
            let time = parse::parse(layout, text, zone).ok()?;
            Some((layout, time))
        })?;
        // Parsing takes numbers without their leading zeros, which TOML does not.
        let separators = layout.iter().enumerate();
        let mut separators = separators.take_while(|(_, byte)| !matches!(byte, b'.' | b'Z'));
        let in_place =
            |(at, byte): (usize, &u8)| byte.is_ascii_digit() || text.get(at) == Some(byte);
        separators.all(in_place).then(|| time.value())
    }
}

const LOCAL_DATETIME: &str = "datetime-local";
const LOCAL_DATE: &str = "date-local";
const LOCAL_TIME: &str = "time-local";

/// A time as TOML writes it; `None` if the value is none.
pub(in crate::functions) fn toml_text(value: &Value) -> Option<Vec<u8>> {
    let time = Time::of(value)?;
    let layout: &[u8] = match &time.zone {
        Zone::Fixed(name, _) if &**name == LOCAL_DATETIME => b"2006-01-02T15:04:05.999999999",
        Zone::Fixed(name, _) if &**name == LOCAL_DATE => b"2006-01-02",
        Zone::Fixed(name, _) if &**name == LOCAL_TIME => b"15:04:05.999999999",
        _ => return Some(time.rfc3339()),
    };
    Some(layout::format(&time.in_zone(Zone::Utc), layout))
}

/// What `cast` makes of a month or a weekday.
pub(super) fn number_of(object: &dyn Object) -> Option<i64> {
    let named = object.as_any().downcast_ref::<time::Named>();
    named.map(|named| named.number)
}

/// The time of the session, in the local zone.
fn now(call: &mut Call<'_>) -> Result<Time, CallError> {
    let context = Context::of(call)?;
    let (seconds, nanoseconds) = context.time();
    let zone = Zone::local(&context.zone);
    let clock = Time {
        seconds,
        nanoseconds,
        zone,
        ..Time::zero()
    };
    Ok(clock.read_from_clock())
}

/// The time that a value stands for: itself, or seconds since 1970, or now.
fn moment(call: &mut Call<'_>, value: &Value) -> Result<Time, CallError> {
    if let Some(time) = Time::of(value) {
        return Ok(time.clone());
    }
    let now = now(call)?;
    Ok(match value {
        Value::Int(seconds, IntType::Int | IntType::Int32 | IntType::Int64) => Time {
            seconds: *seconds,
            nanoseconds: 0,
            ..now
        },
        _ => now,
    })
}

fn in_zone(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let layout = arguments.str(0)?.bytes();
    show(call, layout, arguments.at(1)?, arguments.str(2)?.bytes())
}

/// A time by a layout; an unknown zone is UTC.
fn show(call: &mut Call<'_>, layout: &[u8], value: &Traced, zone: &[u8]) -> Answer {
    let time = moment(call, &value.value)?;
    let zone = String::from_utf8_lossy(zone);
    let zone = Zone::load(&zone, &Context::of(call)?.zone).unwrap_or(Zone::Utc);
    call.charge_steps(layout.len() as u64)?;
    let written = layout::format(&time.in_zone(zone), layout);
    Ok(written.into())
}

/// The time that is an argument.
fn given(arguments: &[Traced], index: usize) -> Result<&Time, CallError> {
    let time = Time::of(&arguments.at(index)?.value);
    time.ok_or_else(|| "the argument is no time".into())
}

fn modify(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let time = given(arguments, 1)?;
    let by = duration::parse(arguments.str(0)?.bytes());
    let modified = match by {
        Ok(by) => time.plus(by),
        Err(_) => time.clone(),
    };
    Ok(modified.value().into())
}

fn must_modify(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let by = duration::parse(arguments.str(0)?.bytes())?;
    Ok(given(arguments, 1)?.plus(by).value().into())
}

/// The inner error has Go's text.
fn read(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Result<Time, String>, CallError> {
    let (layout, text) = (arguments.str(0)?.bytes(), arguments.str(1)?.bytes());
    let local = Zone::local(&Context::of(call)?.zone);
    Ok(parse::parse(layout, text, &local))
}

/// `strconv.ParseInt(text, 10, 64)` without its error: the nearest number for what is too large.
fn seconds(text: &[u8]) -> i64 {
    super::numbers::atoi(text)
}

fn duration_round(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let value = &arguments.at(0)?.value;
    let duration = match value {
        Value::Str(text) => duration::parse(text.bytes()).unwrap_or(0),
        Value::Int(duration, IntType::Int64) => *duration,
        _ => match Time::of(value) {
            Some(time) => now(call)?.since(time),
            None => 0,
        },
    };
    const SECOND: u64 = 1_000_000_000;
    let units = [
        (365 * 24 * 3600 * SECOND, "y"),
        (30 * 24 * 3600 * SECOND, "mo"),
        (24 * 3600 * SECOND, "d"),
        (3600 * SECOND, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    let magnitude = duration.unsigned_abs();
    let unit = units.into_iter().find(|&(unit, _)| magnitude > unit);
    Ok(match unit {
        Some((unit, name)) => format!("{}{name}", magnitude / unit),
        None => "0s".to_owned(),
    }
    .into())
}

/// A time in UTC as the digits of year, month, day, hour, minute and second.
pub(super) fn stamp(seconds: i64) -> String {
    let time = Time {
        seconds,
        ..Time::zero()
    };
    String::from_utf8_lossy(&layout::format(&time, b"20060102150405")).into_owned()
}
