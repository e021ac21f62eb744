//! Fetching many indexes at the same time.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use plimsoll_helm::repository::Repository;

use super::net::{Homes, update_index};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// How many at once.
const AT_ONCE: usize = 8;

/// How fetching went.
pub(super) struct Refreshed {
    /// What Helm prints of it.
    pub(super) said: String,
    /// The URLs where it went wrong.
    pub(super) failed: Vec<String>,
}

/// Fetches indexes.
pub(super) fn all(
    homes: &Homes,
    repositories: &[&Repository],
    timeout: Option<Duration>,
    terminal: &Terminal,
) -> Refreshed {
    let results: Mutex<Vec<Option<Result<(), Failure>>>> =
        Mutex::new(repositories.iter().map(|_| None).collect());
    let next = Mutex::new(0..repositories.len());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(repositories.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.lock().map_or(None, |mut next| next.next());
                    let Some(index) = index else { return };
                    let fetched = update_index(homes, repositories[index], timeout, terminal);
                    if let Ok(mut results) = results.lock() {
                        results[index] = Some(fetched.map(|_| ()));
                    }
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_default();
    let mut failed = Vec::new();
    let mut said = String::new();
    for (repository, result) in repositories.iter().zip(results) {
        let (name, url) = (&repository.name, &repository.url);
        // A repository that Helm knows by no name of the user's is called by its URL.
        let named = !name.starts_with(UNMANAGED);
        match result {
            Some(Ok(())) => {
                let shown = if named { name } else { url };
                let _ = writeln!(
                    said,
                    "...Successfully got an update from the {shown:?} chart repository"
                );
            }
            Some(Err(failure)) => {
                let reason = failure.message;
                let (shown, place) = if named {
                    (name, format!(" ({url})"))
                } else {
                    (url, String::new())
                };
                let _ = writeln!(
                    said,
                    "...Unable to get an update from the {shown:?} chart repository{place}:\n\t{reason}"
                );
                failed.push(url.clone());
            }
            None => failed.push(url.clone()),
        }
    }
    Refreshed { said, failed }
}

/// How Helm names the indexes of repositories that the user gave no name.
pub(super) const UNMANAGED: &str = "helm-manager-";
