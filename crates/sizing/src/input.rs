//! Measurements as texts, read line by line, so that files of any length need little memory.
//!
//! `docs/sizing.md` describes the formats. What is read is counted at once into one [`Usage`] for
//! each container of a workload.

pub mod csv;
mod number;
pub mod openmetrics;
pub mod owner;
mod pod_metrics;

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::usage::Usage;
use owner::Owners;

pub use number::{amount, seconds};
pub use pod_metrics::{PATH as POD_METRICS_PATH, PodMetrics, PodMetricsError};

/// Whose measurement it is. Parts that are not known are empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Key {
    /// The namespace.
    pub namespace: String,
    /// The workload that makes its pod.
    pub workload: String,
    /// The container.
    pub container: String,
}

/// What is known of the containers that were measured.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Census {
    places: HashMap<Vec<u8>, usize, foldhash::fast::FixedState>,
    found: Vec<(Key, Usage)>,
    by_key: BTreeMap<Key, usize>,
    owners: Owners,
}

/// What is wrong with a text of measurements.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct InputError {
    /// The line, from 1.
    pub line: u64,
    /// What.
    pub kind: InputErrorKind,
}

/// The ways in which it is wrong.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum InputErrorKind {
    /// A first line that names no column that is known.
    #[error("no column of {missing} is named here: {known}")]
    NoColumn {
        /// What is missing.
        missing: &'static str,
        /// The names that are there.
        known: String,
    },
    /// A line with fewer fields than columns.
    #[error("there are {found} fields and {wanted} columns")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// A time that is none.
    #[error("`{0}` is no time")]
    Time(String),
    /// An amount that is none.
    #[error("`{text}` is no amount of {what}: a number from 0 on is expected")]
    Amount {
        /// What it should be an amount of.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// An amount that cannot be: more than any machine has.
    #[error("`{text}` is more {what} than any machine has: is it in another unit?")]
    TooMuch {
        /// What it should be an amount of.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// A line that is no sample.
    #[error("`{0}` is no sample: `name{{labels}} value time` is expected")]
    Sample(String),
    /// A sample without a time.
    #[error("the sample of `{0}` has no time, and one moment is no history")]
    NoTime(String),
    /// More containers than are read.
    #[error("there are more than {0} containers")]
    TooMany(usize),
    /// Bytes that are no UTF-8 text.
    #[error("it is not UTF-8 text")]
    NotText,
}

/// The most containers that are read.
const MOST: usize = 200_000;

impl Census {
    /// A census that knows which workloads there are, so that pods find theirs by name.
    pub fn new(owners: Owners) -> Self {
        Self {
            owners,
            ..Self::default()
        }
    }

    /// Another one, as empty as this one was at the beginning.
    pub fn fresh(&self) -> Self {
        Self::new(self.owners.clone())
    }

    /// The usage of a container, by the bytes that stand for it in the text; `key` is asked the
    /// first time that they are seen. Pods of one workload share theirs.
    pub fn usage(
        &mut self,
        place: &[u8],
        key: impl FnOnce(&Owners) -> Key,
    ) -> Result<&mut Usage, InputErrorKind> {
        if let Some(at) = self.places.get(place) {
            return Ok(&mut self.found[*at].1);
        }
        let at = self.of(key(&self.owners))?;
        if self.places.len() >= 20 * MOST {
            return Err(InputErrorKind::TooMany(MOST));
        }
        self.places.insert(place.to_vec(), at);
        Ok(&mut self.found[at].1)
    }

    /// The usage of a container by its key.
    pub fn of_key(&mut self, key: Key) -> Result<&mut Usage, InputErrorKind> {
        let at = self.of(key)?;
        Ok(&mut self.found[at].1)
    }

    /// What a container used.
    pub fn get(&self, key: &Key) -> Option<&Usage> {
        let at = self.by_key.get(key)?;
        Some(&self.found[*at].1)
    }

    /// Which workloads there are.
    pub fn owners(&self) -> &Owners {
        &self.owners
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) -> Result<(), InputErrorKind> {
        for (key, usage) in other.found {
            match self.by_key.get(&key) {
                Some(at) => self.found[*at].1.merge(&usage),
                None => {
                    let at = self.of(key)?;
                    self.found[at].1 = usage;
                }
            }
        }
        Ok(())
    }

    /// The containers in which something was measured, by their keys.
    pub fn containers(&self) -> impl Iterator<Item = (&Key, &Usage)> {
        self.by_key
            .values()
            .map(|at| (&self.found[*at].0, &self.found[*at].1))
            .filter(|(_, usage)| usage.first().is_some())
    }

    fn of(&mut self, key: Key) -> Result<usize, InputErrorKind> {
        if let Some(at) = self.by_key.get(&key) {
            return Ok(*at);
        }
        if self.found.len() >= MOST {
            return Err(InputErrorKind::TooMany(MOST));
        }
        let at = self.found.len();
        self.found.push((key.clone(), Usage::new()));
        self.by_key.insert(key, at);
        Ok(at)
    }
}
