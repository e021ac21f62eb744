//! Asking again when a server is busy or a connection breaks.

use std::time::Duration;

/// When to ask again.
#[derive(Clone, Debug)]
pub struct Retries {
    /// How often after the first time.
    pub most: u32,
    /// The pause before the first of them; each further one is twice as long.
    pub pause: Duration,
    /// The longest pause, also if a server asks for a longer one (`Retry-After`).
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            most: 3,
            pause: Duration::from_millis(250),
            longest: Duration::from_secs(30),
        }
    }
}

impl Retries {
    /// Asks once.
    pub fn none() -> Self {
        Self {
            most: 0,
            ..Self::default()
        }
    }

    /// The pause before the try with this number (the first retry is 0), or `None` if there is
    /// none. `wanted` is what the server asked for.
    pub(crate) fn pause(&self, number: u32, wanted: Option<Duration>) -> Option<Duration> {
        if number >= self.most {
            return None;
        }
        let factor = 2_u32.checked_pow(number).unwrap_or(u32::MAX);
        let pause = self.pause.saturating_mul(factor);
        Some(wanted.unwrap_or(pause).min(self.longest))
    }
}

/// Whether a later answer may be another one.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// The seconds of `Retry-After`. A date is not read: our own pause does instead.
pub(crate) fn retry_after(header: &str) -> Option<Duration> {
    header.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::{Retries, retry_after};
    use std::time::Duration;

    #[test]
    fn pauses_double_and_end() {
        let retries = Retries::default();
        let pauses: Vec<_> = (0..5).map(|number| retries.pause(number, None)).collect();
        let millis = |n| Some(Duration::from_millis(n));
        assert_eq!(pauses, [millis(250), millis(500), millis(1000), None, None]);
        let wanted = retries.pause(0, retry_after(" 7 "));
        assert_eq!(wanted, Some(Duration::from_secs(7)));
        let wanted = retries.pause(0, retry_after("86400"));
        assert_eq!(wanted, Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert_eq!(Retries::none().pause(0, None), None);
    }
}
