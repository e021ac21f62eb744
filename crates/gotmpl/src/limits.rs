//! Bounds, so that a hostile template ends in an error and not in a hang.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::CallError;

/// How much a session may do. What is exceeded is named in the error.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Steps of evaluation: about one for each part of an action. Functions may charge more.
    pub steps: u64,
    /// Bytes written, those of texts in between counted, too.
    pub bytes: u64,
    /// Templates in templates; the error of the default has Go's text.
    pub depth: u32,
    /// Renderings inside renderings (a function like `include` that answers with a request).
    pub nested_renders: u32,
    /// Set from elsewhere to stop.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 500_000_000,
            bytes: 1 << 30,
            depth: 100_000,
            nested_renders: 20_000,
            stop: None,
        }
    }
}

/// Containers in containers: printing and comparing go no deeper. A cycle ends here.
pub(crate) const MAX_VALUE_DEPTH: u32 = 256;

/// As many cheap things in a row are one step.
pub(crate) const CHEAP: usize = 16;

/// How often [`Limits::stop`] is looked at.
const STEPS_PER_LOOK: u64 = 4096;

/// A limit was exceeded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exceeded {
    Steps(u64),
    Bytes(u64),
    Stopped,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exceeded::Steps(limit) => {
                write!(f, "exceeded the limit of {limit} steps of evaluation")
            }
            Exceeded::Bytes(limit) => write!(f, "exceeded the limit of {limit} bytes written"),
            Exceeded::Stopped => f.write_str("evaluation was stopped"),
        }
    }
}

impl From<Exceeded> for CallError {
    fn from(exceeded: Exceeded) -> Self {
        exceeded.to_string().into()
    }
}

/// What is left of the limits.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    steps_left: u64,
    bytes_left: u64,
    /// Steps until the next look whether to stop.
    until_look: u64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            steps_left: limits.steps,
            bytes_left: limits.bytes,
            until_look: STEPS_PER_LOOK,
            limits,
        }
    }

    /// Takes one step; gives whether it is time to [`Budget::look`].
    #[inline]
    pub(crate) fn step(&mut self) -> bool {
        self.until_look -= 1;
        self.until_look == 0
    }

    /// Whether the steps since the last look were allowed.
    #[cold]
    pub(crate) fn look(&mut self) -> Result<(), Exceeded> {
        self.until_look = STEPS_PER_LOOK;
        self.take_steps(STEPS_PER_LOOK)?;
        let stop = &self.limits.stop;
        if stop
            .as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed))
        {
            return Err(Exceeded::Stopped);
        }
        Ok(())
    }

    /// Takes many steps at once.
    pub(crate) fn take_steps(&mut self, steps: u64) -> Result<(), Exceeded> {
        match self.steps_left.checked_sub(steps) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => {
                self.steps_left = 0;
                Err(Exceeded::Steps(self.limits.steps))
            }
        }
    }

    /// Takes steps for work that cannot fail itself; beyond the limit, the next look does.
    pub(crate) fn spend_steps(&mut self, steps: u64) {
        self.steps_left = self.steps_left.saturating_sub(steps);
    }

    /// How many bytes may still be written.
    pub(crate) fn bytes_left(&self) -> usize {
        usize::try_from(self.bytes_left).unwrap_or(usize::MAX)
    }

    #[inline]
    pub(crate) fn take_bytes(&mut self, bytes: usize) -> Result<(), Exceeded> {
        match self.bytes_left.checked_sub(bytes as u64) {
            Some(left) => {
                self.bytes_left = left;
                Ok(())
            }
            None => Err(self.too_many_bytes()),
        }
    }

    pub(crate) fn too_many_bytes(&mut self) -> Exceeded {
        self.bytes_left = 0;
        Exceeded::Bytes(self.limits.bytes)
    }
}
