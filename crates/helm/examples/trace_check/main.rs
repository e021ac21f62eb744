//! Traces of real charts held against what happens when values change: `cargo xtask trace-check`
//! runs this. Prints what was counted and every violation.
//!
//! - Of several other values of a key that a line names, at least one changes the line, keeps it
//!   from being there, or has it named for another reason or written at another place.
//! - Other values of keys that no part and no decision names change nothing.
//!   That a chart refuses a value is no change. A condition of which nothing that was tried shows
//!   anything is listed and no violation: where exactness is lost, traces widen.
//! - Where a line is said to be copied the template has the same bytes, and what wrote the rest
//!   is an action.

mod change;
mod charts;
mod lines;
mod properties;
mod tally;

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use self::charts::Subject;
use self::tally::Tally;

/// How much is tried.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Lines of one chart.
    pub(crate) lines: usize,
    /// Keys of one chart.
    pub(crate) keys: usize,
    /// The start of the random numbers.
    pub(crate) seed: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut effort = Effort {
        lines: 400,
        keys: 40,
        seed: 1,
    };
    let (mut folders, mut sample, mut only) = (Vec::new(), 0, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("a value is missing");
        match &*argument {
            "--lines" => effort.lines = value()?.parse()?,
            "--keys" => effort.keys = value()?.parse()?,
            "--seed" => effort.seed = value()?.parse()?,
            "--sample" => sample = value()?.parse()?,
            "--only" => only = Some(value()?),
            folder => folders.push(PathBuf::from(folder)),
        }
    }
    let found = charts::find(&folders)?;
    let wanted = |path: &&PathBuf| {
        let path = path.to_string_lossy();
        only.as_ref().is_none_or(|only| path.contains(only))
    };
    let found: Vec<&PathBuf> = found.iter().filter(wanted).collect();
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Tally::default());
    let work = || {
        while let Some(path) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut tally = Tally::default();
            match Subject::load(path) {
                Some(subject) => properties::check(&subject, effort, &mut tally),
                None => tally.not_rendered += 1,
            }
            let mut total = total.lock().expect("no thread panics with the lock");
            total.add(tally);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            // A render that nests deeply needs no stack, but parsers of values do.
            let builder = thread::Builder::new().stack_size(64 << 20);
            builder.spawn_scoped(scope, work).expect("threads start");
        }
    });
    let total = total.into_inner().expect("no thread panicked");
    write!(std::io::stdout(), "{}", total.report(sample, effort.seed))?;
    if total.violations() > 0 {
        return Err(format!("{} violations", total.violations()).into());
    }
    Ok(())
}
