//! `Chart.lock`, written anew from what was read of it.

use crate::chart::{Chart, Dependency, decode_lock};
use crate::show;
use crate::values::read_plain;

/// The text; `None` for a chart without a lock. Of two files the last that was read counts.
pub(super) fn text(chart: &Chart) -> Option<String> {
    let is_lock = |name: &str| name == "Chart.lock" || name == "requirements.lock";
    let file = chart.raw.iter().rev().find(|file| is_lock(&file.name))?;
    // It was read when the chart was loaded.
    let item = read_plain(&file.data).ok()?;
    let lock = decode_lock(&item).ok()?;
    let dependencies: Option<Vec<Dependency>> = lock.dependencies;
    Some(show::lock(
        dependencies.as_deref(),
        &lock.digest,
        &time(&lock.generated),
    ))
}

/// A time without zeros at the end of its second, as Go writes it.
fn time(text: &str) -> String {
    if text.is_empty() {
        return "0001-01-01T00:00:00Z".to_owned();
    }
    let Some(dot) = text.find('.') else {
        return text.to_owned();
    };
    let rest = &text[dot + 1..];
    let zone = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let digits = rest[..zone].trim_end_matches('0');
    let digits = &digits[..digits.len().min(9)];
    let point = if digits.is_empty() { "" } else { "." };
    format!("{}{point}{digits}{}", &text[..dot], &rest[zone..])
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_written_as_go_writes_them() {
        for (text, wanted) in [
            ("", "0001-01-01T00:00:00Z"),
            ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
            (
                "2024-01-02T03:04:05.120+01:00",
                "2024-01-02T03:04:05.12+01:00",
            ),
            ("2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05Z"),
            (
                "2024-01-02T03:04:05.1234567891Z",
                "2024-01-02T03:04:05.123456789Z",
            ),
        ] {
            assert_eq!(time(text), wanted);
        }
    }
}
