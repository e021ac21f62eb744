//! Times as templates see them: Go's `time.Time`, with its methods.

use std::any::Any;
use std::sync::OnceLock;

use plimsoll_gotmpl::value::IntType;
use plimsoll_gotmpl::{
    Arguments, Call, CallError, Class, Object, Reply, Signature, Traced, Type, Value,
};

use super::civil::{DAYS, Date, MONTHS, weekday};
use super::duration::round;
use super::layout::format;
use super::zone::{Offset, Zone};
use crate::functions::context::Context;

/// A time, and the zone that it is shown in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::functions) struct Time {
    /// Seconds since 1970, UTC.
    pub(in crate::functions) seconds: i64,
    pub(in crate::functions) nanoseconds: u32,
    pub(in crate::functions) zone: Zone,
    /// Nanoseconds since the session began, for a time that was read from the clock.
    pub(super) monotonic: Option<i64>,
}

/// The first of January of the year 1.
const ZERO: i64 = -62_135_596_800;
const NANOSECONDS: i64 = 1_000_000_000;

impl Time {
    /// Go's zero time.
    pub(super) fn zero() -> Self {
        Self {
            seconds: ZERO,
            nanoseconds: 0,
            zone: Zone::Utc,
            monotonic: None,
        }
    }

    /// The same as read from the clock, when the session began.
    pub(super) fn read_from_clock(self) -> Self {
        Self {
            monotonic: Some(0),
            ..self
        }
    }

    pub(super) fn value(self) -> Value {
        Value::object(self)
    }

    /// The time that a value is.
    pub(in crate::functions) fn of(value: &Value) -> Option<&Self> {
        match value {
            Value::Object(object) => object.as_any().downcast_ref(),
            _ => None,
        }
    }

    pub(super) fn offset(&self) -> Offset {
        self.zone.at(self.seconds)
    }

    /// Shown in another zone.
    pub(super) fn in_zone(&self, zone: Zone) -> Self {
        Self {
            zone,
            monotonic: None,
            ..self.clone()
        }
    }

    fn local_seconds(&self) -> i64 {
        self.seconds.saturating_add(self.offset().seconds)
    }

    fn date(&self) -> Date {
        Date::of_days(self.local_seconds().div_euclid(86_400))
    }

    /// So many nanoseconds later.
    pub(super) fn plus(&self, duration: i64) -> Self {
        let nanoseconds = i64::from(self.nanoseconds) + duration % NANOSECONDS;
        Self {
            seconds: self
                .seconds
                .wrapping_add(duration / NANOSECONDS)
                .wrapping_add(nanoseconds.div_euclid(NANOSECONDS)),
            nanoseconds: nanoseconds.rem_euclid(NANOSECONDS) as u32,
            zone: self.zone.clone(),
            monotonic: self.monotonic.and_then(|since| since.checked_add(duration)),
        }
    }

    /// Nanoseconds from another time on; what is too long is the longest duration.
    pub(super) fn since(&self, other: &Self) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(other.seconds);
        let nanoseconds = i128::from(self.nanoseconds) - i128::from(other.nanoseconds);
        let all = seconds * i128::from(NANOSECONDS) + nanoseconds;
        let bounds = (i128::from(i64::MIN), i128::from(i64::MAX));
        all.clamp(bounds.0, bounds.1) as i64
    }

    /// Nanoseconds since the year 1, of which rounding counts multiples.
    fn since_zero(&self, unit: i64) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(ZERO);
        let all = seconds * i128::from(NANOSECONDS) + i128::from(self.nanoseconds);
        all.rem_euclid(i128::from(unit)) as i64
    }

    fn rounded(&self, unit: i64, up: bool) -> Self {
        let plain = Self {
            monotonic: None,
            ..self.clone()
        };
        if unit <= 0 {
            return plain;
        }
        let rest = self.since_zero(unit);
        if up && round(rest, unit) != 0 {
            return plain.plus(unit - rest);
        }
        plain.plus(-rest)
    }

    fn text_of(&self) -> Vec<u8> {
        let mut text = format(self, b"2006-01-02 15:04:05.999999999 -0700 MST");
        if let Some(since) = self.monotonic {
            let sign = if since < 0 { '-' } else { '+' };
            let magnitude = since.unsigned_abs();
            let (seconds, rest) = (magnitude / 1_000_000_000, magnitude % 1_000_000_000);
            text.extend_from_slice(format!(" m={sign}{seconds}.{rest:09}").as_bytes());
        }
        text
    }

    /// As encoding/json writes it, quotes left out.
    pub(super) fn rfc3339(&self) -> Vec<u8> {
        format(self, b"2006-01-02T15:04:05.999999999Z07:00")
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn field(&self, _: &str) -> Option<Traced> {
        None
    }

    fn class(&self) -> Option<&Class> {
        static CLASS: OnceLock<Class> = OnceLock::new();
        Some(CLASS.get_or_init(class))
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.text_of())
    }

    fn encoded(&self) -> Option<Traced> {
        Some(Value::from(self.rfc3339()).into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Time>();
        other.is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A month or a weekday: a number with a name.
pub(super) struct Named {
    type_name: &'static str,
    pub(super) number: i64,
    name: &'static str,
}

impl Object for Named {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn field(&self, _: &str) -> Option<Traced> {
        None
    }

    fn class(&self) -> Option<&Class> {
        static CLASS: OnceLock<Class> = OnceLock::new();
        Some(CLASS.get_or_init(|| {
            Class::new("named").method("String", Signature::new([]), |call, _| {
                match call.receiver().value {
                    Value::Object(object) => Ok(object.text().unwrap_or_default().into()),
                    _ => Err("no name".into()),
                }
            })
        }))
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.name.into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Named>();
        other.is_some_and(|other| (self.type_name, self.number) == (other.type_name, other.number))
    }

    fn encoded(&self) -> Option<Traced> {
        Some(Value::int(self.number).into())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Something of a time.
type Part = fn(&Time) -> i64;
/// What a comparison says.
type Show = fn(std::cmp::Ordering) -> Value;

/// The time that a method was called on.
fn own(call: &Call<'_>) -> Result<Time, CallError> {
    let receiver = call.receiver();
    let time = Time::of(&receiver.value);
    time.cloned()
        .ok_or_else(|| "the method wants a time".into())
}

fn argument(arguments: &[Traced]) -> Result<Time, CallError> {
    let time = Time::of(&arguments.at(0)?.value);
    time.cloned()
        .ok_or_else(|| "the argument is no time".into())
}

/// A method without arguments that gives an `int`.
fn number(class: Class, name: &str, of: Part) -> Class {
    class.method(name, Signature::new([]), move |call, _| {
        Ok(Value::Int(of(&own(call)?), IntType::Int).into())
    })
}

/// The same that gives an `int64`.
fn long_number(class: Class, name: &str, of: Part) -> Class {
    class.method(name, Signature::new([]), move |call, _| {
        Ok(Value::int64(of(&own(call)?)).into())
    })
}

/// A method that compares two times.
fn comparison(class: Class, name: &str, of: Show) -> Class {
    let time = Type::Opaque("time.Time".into());
    class.method(name, Signature::new([time]), move |call, arguments| {
        let (a, b) = (own(call)?, argument(arguments)?);
        let order = (a.seconds, a.nanoseconds).cmp(&(b.seconds, b.nanoseconds));
        Ok(of(order).into())
    })
}

fn class() -> Class {
    let none = || Signature::new([]);
    let duration = || Signature::new([Type::Duration]);
    let mut class = Class::new("time.Time")
        .method("String", none(), |call, _| Ok(own(call)?.text_of().into()))
        .method(
            "Format",
            Signature::new([Type::String]),
            |call, arguments| {
                let time = own(call)?;
                Ok(format(&time, arguments.str(0)?.bytes()).into())
            },
        )
        .method("IsZero", none(), |call, _| {
            let time = own(call)?;
            Ok((time.seconds == ZERO && time.nanoseconds == 0).into())
        })
        .method("IsDST", none(), |call, _| {
            Ok(own(call)?.offset().is_dst.into())
        })
        .method("UTC", none(), |call, _| {
            Ok(own(call)?.in_zone(Zone::Utc).value().into())
        })
        .method("Local", none(), |call, _| {
            let zone = Zone::local(&Context::of(call)?.zone);
            Ok(own(call)?.in_zone(zone).value().into())
        })
        .method("Month", none(), |call, _| {
            let number = own(call)?.date().month;
            let name = MONTHS[(number - 1) as usize];
            let type_name = "time.Month";
            Ok(Value::object(Named {
                type_name,
                number,
                name,
            })
            .into())
        })
        .method("Weekday", none(), |call, _| {
            let number = weekday(own(call)?.local_seconds().div_euclid(86_400));
            let name = DAYS[number];
            let (type_name, number) = ("time.Weekday", number as i64);
            Ok(Value::object(Named {
                type_name,
                number,
                name,
            })
            .into())
        })
        .method("Add", duration(), |call, arguments| {
            Ok(own(call)?.plus(arguments.int(0)?).value().into())
        })
        .method("Truncate", duration(), |call, arguments| {
            Ok(own(call)?.rounded(arguments.int(0)?, false).value().into())
        })
        .method("Round", duration(), |call, arguments| {
            Ok(own(call)?.rounded(arguments.int(0)?, true).value().into())
        })
        .method(
            "Sub",
            Signature::new([Type::Opaque("time.Time".into())]),
            |call, arguments| {
                let other = argument(arguments)?;
                Ok(Value::Duration(own(call)?.since(&other)).into())
            },
        )
        .method(
            "AddDate",
            Signature::new([Type::INT, Type::INT, Type::INT]),
            add_date,
        );
    let day_second = |time: &Time| time.local_seconds().rem_euclid(86_400);
    let numbers: [(&str, Part); 4] = [
        ("Year", |time| time.date().year),
        ("Day", |time| time.date().day),
        ("YearDay", |time| time.date().day_of_year()),
        ("Nanosecond", |time| i64::from(time.nanoseconds)),
    ];
    for (name, of) in numbers {
        class = number(class, name, of);
    }
    for (name, unit, most) in [("Hour", 3600, 24), ("Minute", 60, 60), ("Second", 1, 60)] {
        class = class.method(name, none(), move |call, _| {
            Ok(Value::int(day_second(&own(call)?) / unit % most).into())
        });
    }
    let parts = |time: &Time, per_second: i64| {
        let whole = time.seconds.wrapping_mul(per_second);
        whole.wrapping_add(i64::from(time.nanoseconds) / (NANOSECONDS / per_second))
    };
    for (name, per_second) in [
        ("UnixMilli", 1_000),
        ("UnixMicro", 1_000_000),
        ("UnixNano", NANOSECONDS),
    ] {
        class = class.method(name, none(), move |call, _| {
            Ok(Value::int64(parts(&own(call)?, per_second)).into())
        });
    }
    class = long_number(class, "Unix", |time| time.seconds);
    let comparisons: [(&str, Show); 4] = [
        ("After", |order| order.is_gt().into()),
        ("Before", |order| order.is_lt().into()),
        ("Equal", |order| order.is_eq().into()),
        ("Compare", |order| Value::int(order as i64)),
    ];
    for (name, of) in comparisons {
        class = comparison(class, name, of);
    }
    class
}

fn add_date(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let time = own(call)?;
    let date = time.date();
    let second = time.local_seconds().rem_euclid(86_400);
    let later = |value: i64, by: i64| value.saturating_add(by.clamp(-(1 << 40), 1 << 40));
    let date = Date {
        year: later(date.year, arguments.int(0)?),
        month: later(date.month, arguments.int(1)?),
        day: later(date.day, arguments.int(2)?),
    };
    let civil = date.days().saturating_mul(86_400).saturating_add(second);
    let seconds = civil.saturating_sub(time.zone.at_civil(civil));
    Ok(Time {
        seconds,
        monotonic: None,
        ..time
    }
    .value()
    .into())
}
