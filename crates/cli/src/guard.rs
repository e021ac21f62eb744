//! A panic is our mistake: it is caught, said in two lines, and ends with exit code 3.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;

/// Runs `command`; a panic in it, on any thread that it waits for, becomes a failure.
pub(crate) fn guarded<T>(command: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    /// Where the first panic happened, and its words.
    static FIRST: Mutex<Option<String>> = Mutex::new(None);
    let first = || FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let words = info.payload_as_str().unwrap_or("no message");
        let place = info
            .location()
            .map(|at| format!(" ({}:{})", at.file(), at.line()));
        first().get_or_insert(format!("{words}{}", place.unwrap_or_default()));
    }));
    let outcome = panic::catch_unwind(AssertUnwindSafe(command));
    panic::set_hook(before);
    outcome.unwrap_or_else(|_| {
        let words = first().take().unwrap_or_else(|| "no message".to_owned());
        Err(Failure::internal(format!("plimsoll failed: {words}"))
            .help("this is a bug; please report it, with the file that brings it about"))
    })
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::guarded;

    #[test]
    fn a_panic_is_our_mistake_and_says_where() {
        let failure = guarded::<()>(|| panic!("no {}", "luck")).expect_err("it panicked");
        assert!(
            failure.message.starts_with("plimsoll failed: no luck ("),
            "{}",
            failure.message
        );
        assert!(failure.message.contains("guard.rs:"), "{}", failure.message);
        assert_eq!(
            format!("{:?}", failure.code()),
            format!("{:?}", ExitCode::from(3))
        );
        assert!(guarded(|| Ok(1)).is_ok());
    }
}
