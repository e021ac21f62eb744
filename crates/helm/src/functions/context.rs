//! What functions get from outside, and what they keep during a session.

use std::any::Any;

use plimsoll_gotmpl::{Call, CallError, Trace};

/// Where random bytes come from. One that always gives the same makes a render repeatable.
pub trait Random {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);

    /// Whether nobody will use what is made of it. Keys that take long to make are then of a
    /// kind that does not.
    fn is_made_up(&self) -> bool {
        false
    }
}

/// Sources of what comes from outside the chart and its values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outside {
    /// Random texts, keys and certificates.
    pub chance: Trace,
    /// The time.
    pub time: Trace,
    /// What `lookup` finds.
    pub cluster: Trace,
}

/// What functions get from outside: give it to a session as its state
/// ([`plimsoll_gotmpl::Options::state`]).
pub struct Context {
    /// Seconds since 1970, UTC, and nanoseconds: the time that the whole session has.
    pub now: (i64, u32),
    /// The name of the local time zone, such as `Europe/Berlin`.
    pub zone: String,
    /// Chance.
    pub random: Box<dyn Random>,
    /// What the renderer keeps; no function of this module looks at it.
    pub host: Box<dyn Any>,
    /// What is said to have been the source of what chance, the clock and the cluster give.
    pub outside: Outside,
    /// Expressions that were compiled.
    pub(super) regexes: super::regex::Regexes,
}

impl Context {
    /// A context with the time zone UTC.
    pub fn new(now: (i64, u32), random: Box<dyn Random>, host: Box<dyn Any>) -> Self {
        Self {
            now,
            zone: "UTC".into(),
            random,
            host,
            outside: Outside::default(),
            regexes: super::regex::Regexes::default(),
        }
    }

    /// The context of a call.
    pub fn of<'c>(call: &'c mut Call<'_>) -> Result<&'c mut Self, CallError> {
        let name = call.name().to_owned();
        call.state::<Self>().ok_or_else(|| {
            format!("{name} needs a clock and chance, which this session has not").into()
        })
    }
}
