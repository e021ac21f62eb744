//! Points in time: only a value that is tagged as one has to be one.

/// Whether go-yaml reads the text as a point in time: a date, or a date and a time that are
/// separated by `T` and have a zone, or by a space and have none.
pub(crate) fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (
            &text[..at],
            Some((text[at..].starts_with(' '), &text[at + 1..])),
        ),
        None => (text, None),
    };
    is_date(date) && time.is_none_or(|(spaced, time)| is_time(time, spaced))
}

/// Whether the text is this many digits and a number in this range.
fn number(text: &str, digits: std::ops::RangeInclusive<usize>, most: u32) -> Option<u32> {
    if !digits.contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&value| value <= most)
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut next = |digits, most| parts.next().and_then(|part| number(part, digits, most));
    let (Some(year), Some(month), Some(day)) =
        (next(4..=4, 9999), next(1..=2, 12), next(1..=2, 31))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    month >= 1 && (1..=days).contains(&day)
}

fn is_time(text: &str, spaced: bool) -> bool {
    let (time, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, ""),
    };
    let mut parts = time.splitn(3, ':');
    let hour = parts.next().and_then(|part| number(part, 1..=2, 23));
    let minute = parts.next().and_then(|part| number(part, 1..=2, 59));
    let second = parts.next().is_some_and(|part| {
        let (second, fraction) = part.split_once(['.', ',']).unwrap_or((part, "0"));
        number(second, 1..=2, 59).is_some()
            && !fraction.is_empty()
            && fraction.bytes().all(|b| b.is_ascii_digit())
    });
    let zone = match zone.strip_prefix(['+', '-']) {
        Some(offset) => offset.split_once(':').is_some_and(|(hours, minutes)| {
            number(hours, 2..=2, 24).is_some() && number(minutes, 2..=2, 60).is_some()
        }),
        None => zone == if spaced { "" } else { "Z" },
    };
    hour.is_some() && minute.is_some() && second && zone
}

#[cfg(test)]
mod tests {
    use super::is_timestamp;

    #[test]
    fn the_four_forms_of_go_yaml() {
        for text in [
            "2001-01-01",
            "2000-2-29",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-15T2:59:43Z",
            "2001-12-14 21:59:43.10",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "x",
            "2001-02-29",
            "2001-13-01",
            "2001-01-01T00:00:00",
            "01-01-01",
            "2001",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
