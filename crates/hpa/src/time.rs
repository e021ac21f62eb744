//! Points in time and spans between them, to the nanosecond, as Go has them.

const SECOND: i64 = 1_000_000_000;

/// A point in time: nanoseconds since an origin of the caller's choice. Sums stop at the ends of
/// what can be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Time(i64);

/// A length of time in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(i64);

impl Time {
    /// Before everything: the zero value of Go's `time.Time`.
    pub const PAST: Self = Self(i64::MIN);

    /// So many seconds after the origin.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// So many milliseconds after the origin.
    pub const fn millis(millis: i64) -> Self {
        Self(millis.saturating_mul(SECOND / 1000))
    }

    /// So much later.
    pub const fn plus(self, span: Span) -> Self {
        // The distant past stays it: Go's years reach further than 64 bits of nanoseconds.
        if self.0 == i64::MIN {
            return self;
        }
        Self(self.0.saturating_add(span.0))
    }

    /// So much earlier.
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The whole seconds since the origin.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// The span since an earlier point; none where that is later.
    pub const fn since(self, earlier: Self) -> Span {
        let span = self.0.saturating_sub(earlier.0);
        Span(if span < 0 { 0 } else { span })
    }
}

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// So many milliseconds.
    pub const fn millis(millis: i64) -> Self {
        Self(millis.saturating_mul(SECOND / 1000))
    }

    /// The whole seconds in it.
    pub const fn as_seconds(self) -> i64 {
        self.0 / SECOND
    }

    /// The seconds in it.
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }
}
