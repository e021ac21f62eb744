//! Time zones: names, offsets and when they change.

use std::rc::Rc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Where a time is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::functions) enum Zone {
    Utc,
    /// The zone of the machine, and its name.
    Local(Rc<str>),
    Named(Rc<str>),
    /// An offset with a name, which may be empty.
    Fixed(Rc<str>, i64),
}

/// What holds in a zone at some time.
pub(super) struct Offset {
    /// Such as `CET`.
    pub(super) name: String,
    /// Seconds east of Greenwich.
    pub(super) seconds: i64,
    pub(super) is_dst: bool,
}

/// The rules of all zones repeat after as many seconds: 400 years.
const CYCLE: i64 = 146_097 * 86_400;
/// After this the rules are looked up in an earlier cycle.
const LATE: i64 = 32_503_680_000;
/// Before this nothing is known that would differ.
const EARLY: i64 = -30_000_000_000;

impl Zone {
    /// The zone of this name (`time.LoadLocation`); `local` is that of the machine.
    pub(in crate::functions) fn load(name: &str, local: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Zone::Utc),
            "Local" => Some(Zone::local(local)),
            _ => {
                let strange = name.starts_with(['/', '\\']) || name.contains("..");
                (!strange && find(name).is_some()).then(|| Zone::Named(name.into()))
            }
        }
    }

    /// The zone of the machine, by its name.
    pub(super) fn local(name: &str) -> Self {
        Zone::Local(name.into())
    }

    fn rules(&self) -> Option<TimeZone> {
        match self {
            Zone::Utc | Zone::Fixed(..) => None,
            Zone::Local(name) | Zone::Named(name) => find(name),
        }
    }

    /// What holds at a time.
    pub(super) fn at(&self, unix: i64) -> Offset {
        if let Zone::Fixed(name, seconds) = self {
            return Offset {
                name: name.to_string(),
                seconds: *seconds,
                is_dst: false,
            };
        }
        match self.rules() {
            None => Offset {
                name: "UTC".into(),
                seconds: 0,
                is_dst: false,
            },
            Some(rules) => offset(&rules, unix),
        }
    }

    /// The offset that a civil time has, given as if it were UTC; where clocks are set forward or
    /// back it is the one that Go takes.
    pub(super) fn at_civil(&self, civil: i64) -> i64 {
        let first = self.at(civil).seconds;
        if first == 0 {
            return 0;
        }
        let Some(rules) = self.rules() else {
            return first;
        };
        // The first guess holds if nothing changes between the two readings of the time.
        let utc = civil - first;
        let (from, to) = (utc.min(civil), utc.max(civil));
        let next = rules.following(stamp(from)).next();
        let changes = next.is_some_and(|next| next.timestamp().as_second() <= cycled(to));
        if changes { self.at(utc).seconds } else { first }
    }

    /// The offset of an abbreviation, at best one that held at the time (`lookupName`).
    pub(super) fn named_offset(&self, name: &str, civil: i64) -> Option<i64> {
        let Some(rules) = self.rules() else {
            let only = self.at(civil);
            return (only.name == name).then_some(only.seconds);
        };
        let mut known: Vec<i64> = Vec::new();
        let first = offset(&rules, EARLY);
        let later = rules.following(stamp(EARLY)).take(1000);
        let all = later.map(|change| (change.abbreviation().to_owned(), change.offset().seconds()));
        let first = (first.name, first.seconds as i32);
        for (abbreviation, seconds) in std::iter::once(first).chain(all) {
            let seconds = i64::from(seconds);
            if abbreviation == name && !known.contains(&seconds) {
                known.push(seconds);
            }
        }
        let held = known
            .iter()
            .find(|&&seconds| self.at(civil - seconds).name == name);
        match held {
            Some(&seconds) => Some(self.at(civil - seconds).seconds),
            None => known.first().copied(),
        }
    }
}

/// The zone of this name, in exactly these letters.
fn find(name: &str) -> Option<TimeZone> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

fn cycled(unix: i64) -> i64 {
    if unix > LATE {
        LATE - CYCLE + (unix - LATE).rem_euclid(CYCLE)
    } else {
        unix.max(EARLY)
    }
}

fn stamp(unix: i64) -> Timestamp {
    Timestamp::from_second(cycled(unix)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn offset(rules: &TimeZone, unix: i64) -> Offset {
    let info = rules.to_offset_info(stamp(unix));
    Offset {
        name: info.abbreviation().to_owned(),
        seconds: i64::from(info.offset().seconds()),
        is_dst: info.dst().is_dst(),
    }
}
