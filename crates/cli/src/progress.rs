//! A line of progress on the terminal, for reviews that take long.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::terminal::{self, Terminal};

/// Nobody needs to be told of a review that is over sooner.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Shows a line while it lives.
pub(crate) struct Progress {
    teller: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts the clock; shows nothing unless standard error is a terminal.
    pub(crate) fn new(terminal: &Terminal, what: &'static str) -> Self {
        let teller = terminal.progress.then(|| {
            let (end, ended) = channel::<()>();
            let teller = thread::spawn(move || {
                let started = Instant::now();
                let mut wait = PATIENCE;
                let mut shown = false;
                while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    terminal::progress(&format!("{what} ({} s)", started.elapsed().as_secs()));
                    shown = true;
                    wait = Duration::from_secs(1);
                }
                if shown {
                    terminal::progress("");
                }
            });
            (end, teller)
        });
        Self { teller }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, teller)) = self.teller.take() {
            drop(end);
            // It only fails if it panicked, and then there is no line to clear.
            let _ = teller.join();
        }
    }
}
