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

/// What templates took that is no function of what they are given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    /// Chance or the time.
    pub(crate) from_outside: bool,
}

/// What functions get from outside: give it to a session as its state
/// ([`plimsoll_gotmpl::Options::state`]).
pub struct Context {
    /// Seconds since 1970, UTC, and nanoseconds: the time that the whole session has.
    now: (i64, u32),
    /// The name of the local time zone, such as `Europe/Berlin`.
    pub zone: String,
    /// Chance.
    random: Box<dyn Random>,
    /// What the renderer keeps; no function of this module looks at it.
    pub host: Box<dyn Any>,
    /// What is said to have been the source of what chance, the clock and the cluster give.
    pub outside: Outside,
    /// What was taken since somebody asked last.
    pub(crate) taken: Taken,
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
            taken: Taken::default(),
            regexes: super::regex::Regexes::default(),
        }
    }

    /// The time of the session.
    pub(super) fn time(&mut self) -> (i64, u32) {
        self.taken.from_outside = true;
        self.now
    }

    /// Chance.
    pub(super) fn chance(&mut self) -> &mut dyn Random {
        self.taken.from_outside = true;
        &mut *self.random
    }

    /// Whether nobody will use what is made of chance.
    pub(super) fn is_made_up(&self) -> bool {
        self.random.is_made_up()
    }

    /// The context of a call.
    pub fn of<'c>(call: &'c mut Call<'_>) -> Result<&'c mut Self, CallError> {
        let name = call.name().to_owned();
        call.state::<Self>().ok_or_else(|| {
            format!("{name} needs a clock and chance, which this session has not").into()
        })
    }
}
