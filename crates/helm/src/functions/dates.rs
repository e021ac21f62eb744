//! Dates and durations.

use plimsoll_gotmpl::Object;

/// What `cast` makes of a month or a weekday.
pub(super) fn number_of(_: &dyn Object) -> Option<i64> {
    None
}
