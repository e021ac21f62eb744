//! Health checks of services.

use std::time::Duration;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Entry, Kind, Node};

use crate::duration;
use crate::view::{Value, boolean, integer, items, value};

/// The `healthcheck` of a service.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Healthcheck<'a> {
    entry: Entry<'a>,
}

/// The `test` of a health check.
#[derive(Clone, PartialEq, Debug)]
pub enum Test<'a> {
    /// `NONE`: the image's own check is switched off.
    Off,
    /// A line for the image's shell.
    Shell(Value<'a>),
    /// A program with its arguments.
    Exec(Vec<Value<'a>>),
}

impl<'a> Healthcheck<'a> {
    pub(crate) fn new(entry: Entry<'a>) -> Option<Self> {
        let value = entry.value.resolve();
        (value.kind() == Kind::Mapping).then_some(Self {
            entry: Entry { value, ..entry },
        })
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.entry.value
    }

    /// The `healthcheck` key.
    pub fn head(self) -> TextRange {
        self.entry.key.range()
    }

    /// Whether it switches the image's check off.
    pub fn is_off(self) -> bool {
        boolean(self.node(), "disable").is_some_and(|(value, _)| value)
            || self.test() == Some(Test::Off)
    }

    /// What is run. `None` where none is written, so that the image's own test is run, and where
    /// the list does not begin as Compose wants it.
    pub fn test(self) -> Option<Test<'a>> {
        let node = self.node().get("test")?;
        if let Some(line) = Value::new(node) {
            return Some(Test::Shell(line));
        }
        let mut words = items(self.node(), "test").filter_map(Value::new);
        match words.next()?.text().as_ref() {
            "NONE" => Some(Test::Off),
            "CMD" => Some(Test::Exec(words.collect())),
            "CMD-SHELL" => words.next().map(Test::Shell),
            _ => None,
        }
    }

    fn duration(self, key: &str) -> Option<Duration> {
        duration::parse(&value(self.node(), key)?.with_defaults()?)
    }

    /// Time between checks.
    pub fn interval(self) -> Option<Duration> {
        self.duration("interval")
    }

    /// Time that one check may take.
    pub fn timeout(self) -> Option<Duration> {
        self.duration("timeout")
    }

    /// Time after the start in which failures do not count.
    pub fn start_period(self) -> Option<Duration> {
        self.duration("start_period")
    }

    /// Time between checks within the start period.
    pub fn start_interval(self) -> Option<Duration> {
        self.duration("start_interval")
    }

    /// Failures in a row that make it unhealthy.
    pub fn retries(self) -> Option<i64> {
        integer(self.node(), "retries").map(|(value, _)| value)
    }
}
