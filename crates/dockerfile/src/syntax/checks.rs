//! Values that the builder refuses while it reads the file: durations, counts, modes of RUN.

use plimsoll_source::nearest::nearest;

use super::problems::Problems;
use super::{Flag, SyntaxError, mounts};

/// `--interval`, `--timeout`, … and `--retries` of HEALTHCHECK.
pub(crate) fn health_flags(flags: &[Flag], problems: &mut Problems) {
    for flag in flags {
        let Some(value) = flag.value.as_ref().filter(|value| !value.value.is_empty()) else {
            continue;
        };
        let text = &*value.value;
        let name = &*flag.name.value;
        let error = match name {
            "retries" => match integer(text).filter(|&n| i32::try_from(n).is_ok()) {
                Some(0..) => continue,
                Some(_) => SyntaxError::new(
                    value.range,
                    format!("`--retries={text}` is negative"),
                    "write a whole number such as `3`",
                ),
                None => SyntaxError::new(
                    value.range,
                    format!("`--retries={text}` is no whole number"),
                    "write a whole number such as `3`",
                ),
            },
            "interval" | "timeout" | "start-period" | "start-interval" => match duration(text) {
                // Zero stands for the default; below a millisecond is refused.
                Some(0 | 1_000_000..) => continue,
                Some(_) => SyntaxError::new(
                    value.range,
                    format!("`--{name}={text}` is less than a millisecond"),
                    "write a duration such as `30s`",
                ),
                None => SyntaxError::new(
                    value.range,
                    format!("`{text}` is no duration"),
                    "write a number and its unit, such as `30s` or `1m30s`",
                ),
            },
            _ => continue,
        };
        problems.late(error);
    }
}

/// A whole number as Go's `strconv.Atoi` reads it.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A duration as Go's `time.ParseDuration` reads it, in nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let limit = 1_u64 << 63;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
        let mut value: u64 = 0;
        for byte in rest[..whole].bytes() {
            if value > limit / 10 {
                return None;
            }
            value = value * 10 + u64::from(byte - b'0');
            if value > limit {
                return None;
            }
        }
        rest = &rest[whole..];
        let mut fraction = 0;
        // Nanoseconds of the part after the point, as the reference rounds it: digits that
        // would overflow are dropped.
        let (mut part, mut scale, mut full) = (0_u64, 1_f64, false);
        if let Some(after) = rest.strip_prefix('.') {
            fraction = after.bytes().take_while(u8::is_ascii_digit).count();
            for byte in after[..fraction].bytes() {
                if full || part > (limit - 1) / 10 {
                    full = true;
                    continue;
                }
                let next = part * 10 + u64::from(byte - b'0');
                if next > limit {
                    full = true;
                    continue;
                }
                part = next;
                scale *= 10.0;
            }
            rest = &after[fraction..];
        }
        if whole == 0 && fraction == 0 {
            return None;
        }
        let end = rest
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(rest.len());
        let unit: u64 = match &rest[..end] {
            "ns" => 1,
            // The reference reads flags byte by byte, so it never sees a `µ` in them.
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        rest = &rest[end..];
        if value > limit / unit {
            return None;
        }
        value *= unit;
        if part > 0 {
            value += (part as f64 * (unit as f64 / scale)) as u64;
            if value > limit {
                return None;
            }
        }
        total = total.checked_add(value).filter(|&total| total <= limit)?;
    }
    if negative {
        return Some(0_i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).ok()
}

/// `--network`, `--security`, `--mount` and `--device` of RUN.
pub(crate) fn run_flags(flags: &[Flag], problems: &mut Problems) {
    for flag in flags {
        let Some(value) = &flag.value else { continue };
        let text = &*value.value;
        let name = &*flag.name.value;
        let allowed: &[&str] = match name {
            "network" => &["default", "none", "host"],
            "security" => &["sandbox", "insecure"],
            "mount" => {
                mounts::check_early(flag, problems);
                continue;
            }
            "device" => {
                mounts::check_device(value, problems);
                continue;
            }
            _ => continue,
        };
        if !allowed.contains(&text) {
            let near = nearest(text, allowed.iter().copied());
            problems.late(SyntaxError {
                range: value.range,
                message: format!("`--{name}={text}` is not known"),
                help: Some(format!("write one of `{}`", allowed.join("`, `"))),
                replacement: near.map(str::to_owned),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        assert_eq!(duration("1m30s"), Some(90_000_000_000));
        assert_eq!(duration("1.5s"), Some(1_500_000_000));
        assert_eq!(duration("-.5ms"), Some(-500_000));
        assert_eq!(duration("0"), Some(0));
        assert_eq!(duration("+1h"), Some(3_600_000_000_000));
        for bad in [
            "",
            "5",
            "s",
            "1 s",
            "1d",
            ".s",
            "1s5",
            "-",
            "99999999999h",
            "1e3s",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
