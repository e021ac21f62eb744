//! The schedules of CronJobs, as the API server's parser reads them.

/// Whether `text` is a schedule: five fields, or a descriptor such as `@hourly`. A time zone in
/// it (`TZ=…`) is refused for new objects.
pub(super) fn is_schedule(text: &str) -> bool {
    let text = text.trim();
    if let Some(name) = text.strip_prefix('@') {
        return matches!(
            name,
            "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly"
        ) || name.strip_prefix("every ").is_some_and(is_duration);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    const MONTHS: &[&str] = &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    fields.len() == 5
        && is_field(fields[0], 0, 59, &[], 0)
        && is_field(fields[1], 0, 23, &[], 0)
        && is_field(fields[2], 1, 31, &[], 0)
        && is_field(fields[3], 1, 12, MONTHS, 1)
        && is_field(fields[4], 0, 6, DAYS, 0)
}

/// A list of ranges, each with perhaps a step.
fn is_field(text: &str, least: u32, most: u32, names: &[&str], first: u32) -> bool {
    let value = |text: &str| -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        if let Some(at) = names.iter().position(|name| *name == lower) {
            return Some(at as u32 + first);
        }
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    text.split(',').all(|part| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        if step.is_some_and(|step| value(step).is_none_or(|step| step == 0)) {
            return false;
        }
        if matches!(range, "*" | "?") {
            return true;
        }
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from), value(to)),
            None => (value(range), value(range)),
        };
        matches!((from, to), (Some(from), Some(to)) if least <= from && from <= to && to <= most)
    })
}

/// Go's duration, roughly: numbers with units.
fn is_duration(text: &str) -> bool {
    let mut rest = text.trim();
    let mut any = false;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let after = &rest[digits..];
        let units = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let unit = &after[..units];
        if digits == 0 || !matches!(unit, "ns" | "us" | "µs" | "ms" | "s" | "m" | "h") {
            return false;
        }
        any = true;
        rest = &after[units..];
    }
    any
}

#[cfg(test)]
mod tests {
    use super::is_schedule;

    #[test]
    fn schedules_are_told() {
        for text in [
            "* * * * *",
            "*/5 * * * *",
            "0 0 1,15 * 1-5",
            "0 9 * JAN-MAR mon",
            "0 0 ? * *",
            "10/15 * * * *",
            "@hourly",
            "@every 1h30m",
        ] {
            assert!(is_schedule(text), "{text}");
        }
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "*/0 * * * *",
            "0 0 * * 7",
            "5-1 * * * *",
            "@reboot",
            "TZ=UTC 0 0 * * *",
            "every hour",
            "@every 5",
        ] {
            assert!(!is_schedule(text), "{text}");
        }
    }
}
