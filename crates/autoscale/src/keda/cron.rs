//! Schedules of the trigger `cron`, as robfig/cron reads them, and when the trigger is active.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A trigger of type `cron`: between `start` and `end` it asks for replicas.
#[derive(Clone, PartialEq, Debug)]
pub struct Clock {
    start: Schedule,
    end: Schedule,
    zone: TimeZone,
}

/// What is wrong with a trigger of type `cron`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClockError {
    /// A zone that the database of time zones does not have.
    #[error("`{0}` is no time zone")]
    Zone(String),
    /// A schedule that cannot be read.
    #[error("`{text}` is no schedule: {lacks}")]
    Schedule {
        /// The schedule.
        text: String,
        /// What is wrong with it.
        lacks: String,
    },
    /// Begin and end are written alike, which KEDA refuses.
    #[error("`start` and `end` are both `{0}`")]
    Same(String),
    /// More changes than are followed.
    #[error("it begins and ends more than {MOST} times in the load")]
    Restless,
}

/// The most changes that are followed.
const MOST: usize = 1_000_000;
/// How far robfig/cron looks ahead, in years.
const YEARS: i16 = 5;

impl Clock {
    /// Reads what the metadata of a trigger say.
    ///
    /// # Errors
    ///
    /// See [`ClockError`].
    pub fn new(start: &str, end: &str, zone: &str) -> Result<Self, ClockError> {
        if start == end {
            return Err(ClockError::Same(start.to_owned()));
        }
        let read = |text: &str| {
            Schedule::parse(text).map_err(|lacks| ClockError::Schedule {
                text: text.to_owned(),
                lacks,
            })
        };
        let zone = match zone {
            "" | "UTC" => TimeZone::UTC,
            name => TimeZoneDatabase::bundled()
                .get(name)
                .map_err(|_| ClockError::Zone(name.to_owned()))?,
        };
        Ok(Self {
            start: read(start)?,
            end: read(end)?,
            zone,
        })
    }

    /// When it is active: spans in seconds after `begin`, which is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`ClockError::Restless`].
    pub fn spans(&self, begin: f64, seconds: f64) -> Result<Vec<(f64, f64)>, ClockError> {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        let mut at = begin;
        for _ in 0..MOST {
            let Some(local) = self.local(at) else {
                return Ok(spans);
            };
            let (start, end) = (self.start.after(local), self.end.after(local));
            let next = [start, end].into_iter().flatten().min();
            let next = next.and_then(|next| self.instant(next));
            // A clock that is turned back must not stop the walk.
            let next = next.map_or(f64::INFINITY, |next| next.max(at + 60.0));
            if is_active(start, end) {
                let until = next.min(begin + seconds) - begin;
                match spans.last_mut() {
                    Some(last) if last.1 >= at - begin => last.1 = until,
                    _ => spans.push((at - begin, until)),
                }
            }
            if next >= begin + seconds {
                return Ok(spans);
            }
            at = next;
        }
        Err(ClockError::Restless)
    }

    fn local(&self, at: f64) -> Option<DateTime> {
        let at = Timestamp::from_second(at.floor() as i64).ok()?;
        Some(self.zone.to_datetime(at))
    }

    fn instant(&self, local: DateTime) -> Option<f64> {
        let at = self.zone.to_timestamp(local).ok()?;
        Some(at.as_second() as f64)
    }
}

/// `GetMetricsAndActivity` of the scaler: what comes next decides. A schedule that never comes is
/// the zero time there, which lies before everything.
fn is_active(start: Option<DateTime>, end: Option<DateTime>) -> bool {
    match (start, end) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(start), Some(end)) => start >= end,
    }
}

/// Five fields: the minutes, hours, days, months and days of the week at which it comes, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether both kinds of days must fit: one of them is written as `*` or `?`.
    both: bool,
}

/// A field's lowest and highest value, and its names from the lowest on.
struct Bounds {
    what: &'static str,
    low: u32,
    high: u32,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const fn bounds(what: &'static str, low: u32, high: u32, names: &'static [&'static str]) -> Bounds {
    Bounds {
        what,
        low,
        high,
        names,
    }
}

const FIELDS: [Bounds; 5] = [
    bounds("minute", 0, 59, &[]),
    bounds("hour", 0, 23, &[]),
    bounds("day", 1, 31, &[]),
    bounds("month", 1, 12, &MONTHS),
    bounds("day of the week", 0, 6, &WEEKDAYS),
];

impl Schedule {
    fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            return Err(format!("it has {} fields, not 5", fields.len()));
        }
        let mut bits = [0_u64; 5];
        let mut stars = [false; 5];
        for (at, (field, bounds)) in fields.iter().zip(&FIELDS).enumerate() {
            for part in field.split(',').filter(|part| !part.is_empty()) {
                let (found, star) = range(part, bounds)?;
                bits[at] |= found;
                stars[at] |= star;
            }
            if bits[at] == 0 {
                return Err(format!("`{field}` names no {}", bounds.what));
            }
        }
        let [minutes, hours, days, months, weekdays] = bits;
        Ok(Self {
            minutes,
            hours,
            days,
            months,
            weekdays,
            both: stars[2] || stars[4],
        })
    }

    /// The first time after another one, to the minute.
    fn after(&self, local: DateTime) -> Option<DateTime> {
        let has = |bits: u64, value: i8| bits & (1 << value) != 0;
        let mut date = local.date();
        let mut from = Some((local.hour(), local.minute()));
        let last = Date::new(date.year().checked_add(YEARS)?, 12, 31).ok()?;
        while date <= last {
            if self.has_day(date) {
                // On the first day, only what comes later counts.
                let (hour, minute) = from.map_or((0, -1), |(hour, minute)| (hour, minute));
                for hour in (hour..24).filter(|hour| has(self.hours, *hour)) {
                    let after = match from {
                        Some((first, _)) if first != hour => -1,
                        _ => minute,
                    };
                    let next = (after + 1..60).find(|minute| has(self.minutes, *minute));
                    if let Some(minute) = next {
                        let time = Time::new(hour, minute, 0, 0).ok()?;
                        return Some(date.to_datetime(time));
                    }
                }
            }
            from = None;
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn has_day(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset();
        let has = |bits: u64, value: i8| bits & (1 << value) != 0;
        let (day, week) = (has(self.days, date.day()), has(self.weekdays, weekday));
        has(self.months, date.month()) && if self.both { day && week } else { day || week }
    }
}

/// A part of a field (`getRange`): its bits, and whether it is a star, which a step undoes.
fn range(part: &str, bounds: &Bounds) -> Result<(u64, bool), String> {
    let wrong = || format!("`{part}` names no {}", bounds.what);
    let number = |text: &str| -> Result<u32, String> {
        let lower = text.to_ascii_lowercase();
        let named = bounds.names.iter().position(|name| *name == lower);
        let value = match named {
            Some(at) => bounds.low + at as u32,
            None => text.parse().map_err(|_| wrong())?,
        };
        let known = bounds.low..=bounds.high;
        known.contains(&value).then_some(value).ok_or_else(wrong)
    };
    let (span, step) = match part.split_once('/') {
        Some((span, step)) => (span, Some(step)),
        None => (part, None),
    };
    let star = matches!(span, "*" | "?");
    let (low, mut high, single) = match span.split_once('-') {
        _ if star => (bounds.low, bounds.high, false),
        Some((low, high)) => (number(low)?, number(high)?, false),
        None => (number(span)?, number(span)?, true),
    };
    let step = match step {
        None => 1,
        Some(step) => step.parse::<u32>().map_err(|_| wrong())?,
    };
    if single && part.contains('/') {
        high = bounds.high;
    }
    if step == 0 || low > high {
        return Err(wrong());
    }
    let values = (low..=high).step_by(step as usize);
    Ok((
        values.fold(0, |bits, value| bits | 1 << value),
        star && step == 1,
    ))
}

#[cfg(test)]
mod tests {
    use super::{Clock, ClockError, Schedule};
    use jiff::civil::date;

    fn after(schedule: &str, at: jiff::civil::DateTime) -> String {
        let next = Schedule::parse(schedule).unwrap().after(at);
        next.map_or("never".to_owned(), |next| next.to_string())
    }

    #[test]
    fn the_next_time_is_found() {
        // 2024-05-01 was a Wednesday.
        let at = date(2024, 5, 1).at(12, 30, 10, 0);
        assert_eq!(after("* * * * *", at), "2024-05-01T12:31:00");
        assert_eq!(after("30 12 * * *", at), "2024-05-02T12:30:00");
        assert_eq!(after("0 6 * * 1-5", at), "2024-05-02T06:00:00");
        assert_eq!(after("0 6 * * sat,SUN", at), "2024-05-04T06:00:00");
        assert_eq!(after("*/20 9-17/4 * * *", at), "2024-05-01T13:00:00");
        assert_eq!(after("45/5 * * * *", at), "2024-05-01T12:45:00");
        assert_eq!(after("0 0 29 feb ?", at), "2028-02-29T00:00:00");
        assert_eq!(after("0 0 30 2 *", at), "never");
        // Two kinds of days: either, unless one of them is a star.
        assert_eq!(after("0 0 10 * 5", at), "2024-05-03T00:00:00");
        assert_eq!(after("0 0 10 * *", at), "2024-05-10T00:00:00");
        assert_eq!(after("0 0 */9 * 5", at), "2024-05-03T00:00:00");
    }

    #[test]
    fn what_is_no_schedule_is_said() {
        let error = |text: &str| Schedule::parse(text).unwrap_err();
        assert_eq!(error("0 6 * *"), "it has 4 fields, not 5");
        assert_eq!(error("0 6 * * 7"), "`7` names no day of the week");
        assert_eq!(error("60 6 * * *"), "`60` names no minute");
        assert_eq!(error("9-5 6 * * *"), "`9-5` names no minute");
        assert_eq!(error("*/0 6 * * *"), "`*/0` names no minute");
        assert_eq!(error(", 6 * * *"), "`,` names no minute");
        let same = Clock::new("0 6 * * *", "0 6 * * *", "UTC").unwrap_err();
        assert_eq!(same, ClockError::Same("0 6 * * *".to_owned()));
        let zone = Clock::new("0 6 * * *", "0 7 * * *", "Mars/Olympus").unwrap_err();
        assert_eq!(zone.to_string(), "`Mars/Olympus` is no time zone");
    }

    #[test]
    fn spans_follow_the_zone() {
        let clock = Clock::new("0 6 * * *", "0 20 * * *", "Europe/Berlin").unwrap();
        // 2024-03-30T00:00:00Z; the clocks go forward in the night to the 31st.
        let spans = clock.spans(1_711_756_800.0, 2.0 * 86_400.0).unwrap();
        let hours: Vec<(f64, f64)> = spans
            .iter()
            .map(|(from, to)| (from / 3600.0, to / 3600.0))
            .collect();
        assert_eq!(hours, [(5.0, 19.0), (28.0, 42.0)]);
        // Over midnight, and begun within.
        let night = Clock::new("0 20 * * *", "0 6 * * *", "UTC").unwrap();
        let spans = night.spans(1_711_756_800.0, 86_400.0).unwrap();
        assert_eq!(spans, [(0.0, 21_600.0), (72_000.0, 86_400.0)]);
    }
}
