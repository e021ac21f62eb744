//! Values that the builder refuses while it reads the file: durations, signals, ports, modes.

use super::{Flag, SyntaxError, Word, mounts};

/// `--interval`, `--timeout`, … and `--retries` of HEALTHCHECK.
pub(crate) fn health_flags(flags: &[Flag], errors: &mut Vec<SyntaxError>) {
    for flag in flags {
        let Some(value) = &flag.value else { continue };
        let text = &*value.value;
        if &*flag.name.value == "retries" {
            let number = text
                .parse::<i64>()
                .ok()
                .filter(|n| i32::try_from(*n).is_ok());
            if !text.is_empty() && !number.is_some_and(|n| n >= 0) {
                errors.push(SyntaxError::new(
                    value.range,
                    format!("`--retries={text}` is no count"),
                    "write a whole number such as `3`",
                ));
            }
        } else if !text.is_empty() {
            match duration(text) {
                // Zero stands for the default; below a millisecond is refused.
                Some(nanos) if nanos == 0.0 || nanos >= 1e6 => {}
                Some(_) => errors.push(SyntaxError::new(
                    value.range,
                    format!("`--{}={text}` is less than a millisecond", flag.name.value),
                    "write a duration such as `30s`",
                )),
                None => errors.push(SyntaxError::new(
                    value.range,
                    format!("`{text}` is no duration"),
                    "write a number and its unit, such as `30s` or `1m30s`",
                )),
            }
        }
    }
}

/// A duration as Go's `time.ParseDuration` reads it, in nanoseconds.
fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let number: f64 = match &rest[..end] {
            "" | "." => return None,
            digits => digits.parse().ok()?,
        };
        rest = &rest[end..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 6e10,
            "h" => 3.6e12,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end..];
    }
    // More than 292 years overflow Go's nanoseconds.
    (total <= 9.2e18).then_some(sign * total)
}

/// Names of Linux signals without `SIG`.
const SIGNALS: &[&str] = &[
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

/// STOPSIGNAL: a number or a name. Values with variables are not looked at.
pub(crate) fn signal(word: &Word, errors: &mut Vec<SyntaxError>) {
    let text = word.value.trim_matches(['"', '\'']);
    if text.contains('$') {
        return;
    }
    if let Ok(number) = text.parse::<i64>() {
        if number == 0 {
            errors.push(SyntaxError::new(
                word.range,
                "`0` is no signal",
                "write `SIGTERM`",
            ));
        }
        return;
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = name
        .strip_prefix("RTMIN+")
        .or_else(|| name.strip_prefix("RTMAX-"))
        .is_some_and(|n| n.parse::<u8>().is_ok_and(|n| n <= 15))
        || matches!(name, "RTMIN" | "RTMAX");
    if !SIGNALS.contains(&name) && !real_time {
        let near = plimsoll_source::nearest::nearest(name, SIGNALS.iter().copied());
        errors.push(SyntaxError {
            range: word.range,
            message: format!("`{text}` is no signal"),
            help: Some(format!("write `SIG{}`", near.unwrap_or("TERM"))),
            replacement: near.map(|near| format!("SIG{near}")),
        });
    }
}

/// EXPOSE: `80`, `80/tcp`, `8000-8010/udp`. Values with variables are not looked at.
pub(crate) fn ports(words: &[Word], errors: &mut Vec<SyntaxError>) {
    for word in words {
        let text = word.value.trim_matches(['"', '\'']);
        if text.contains('$') || port(text) {
            continue;
        }
        errors.push(SyntaxError::new(
            word.range,
            format!("`{text}` is no port"),
            "write a number up to 65535, a range `8000-8010`, and `/tcp`, `/udp` or `/sctp`",
        ));
    }
}

/// One port specification, a published address before the last `:` included.
fn port(text: &str) -> bool {
    let text = text.rsplit_once(':').map_or(text, |(_, port)| port);
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if !matches!(
        protocol.to_ascii_lowercase().as_str(),
        "tcp" | "udp" | "sctp"
    ) {
        return false;
    }
    let number = |text: &str| text.parse::<u16>().ok();
    match range.split_once('-') {
        None => number(range).is_some(),
        Some((from, to)) => match (number(from), number(to)) {
            (Some(from), Some(to)) => from <= to,
            _ => false,
        },
    }
}

/// `--network`, `--security` and `--mount` of RUN.
pub(crate) fn run_flags(flags: &[Flag], errors: &mut Vec<SyntaxError>) {
    for flag in flags {
        let Some(value) = &flag.value else { continue };
        let text = &*value.value;
        let allowed: &[&str] = match &*flag.name.value {
            "network" => &["default", "none", "host"],
            "security" => &["sandbox", "insecure"],
            "mount" => {
                mounts::check(flag, errors);
                continue;
            }
            _ => continue,
        };
        if !allowed.contains(&text) && !text.contains('$') {
            let near = plimsoll_source::nearest::nearest(text, allowed.iter().copied());
            errors.push(SyntaxError {
                range: value.range,
                message: format!("`--{}={text}` is not known", flag.name.value),
                help: Some(format!("it is one of `{}`", allowed.join("`, `"))),
                replacement: near.map(str::to_owned),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, port};

    #[test]
    fn durations_are_read_as_go_reads_them() {
        assert_eq!(duration("1m30s"), Some(9e10));
        assert_eq!(duration("1.5s"), Some(1.5e9));
        assert_eq!(duration("0"), Some(0.0));
        for bad in ["", "5", "s", "1 s", "1d", ".s", "1s5"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn ports_are_numbers_and_ranges() {
        for good in ["80", "80/TCP", "8000-8010/udp", "0"] {
            assert!(port(good), "{good}");
        }
        for bad in ["", "http", "65536", "9-8", "80/icmp", "80-"] {
            assert!(!port(bad), "{bad}");
        }
    }
}
