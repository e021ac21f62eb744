//! Values that are read when an instruction is carried out: ports, signals, modes.

use std::net::IpAddr;

use crate::syntax::checks::integer;

/// Why `text` is no argument of EXPOSE: `[ip:][public:]private[/protocol]`.
pub(super) fn port_refused(text: &str) -> bool {
    let mut parts = text.rsplitn(3, ':');
    let container = parts.next().unwrap_or("");
    let host = parts.next().unwrap_or("");
    let address = parts.next().unwrap_or("");
    let (ports, protocol) = container.split_once('/').unwrap_or((container, ""));
    if !matches!(
        protocol.to_lowercase().as_str(),
        "" | "tcp" | "udp" | "sctp"
    ) {
        return true;
    }
    if !address.is_empty() {
        let inner = match address.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']'),
            None => Some(address),
        };
        if inner.is_none_or(|inner| !inner.is_empty() && inner.parse::<IpAddr>().is_err()) {
            return true;
        }
    }
    let Some((start, end)) = range(ports) else {
        return true;
    };
    if host.is_empty() {
        return false;
    }
    let Some((host_start, host_end)) = range(host) else {
        return true;
    };
    end - start != host_end - host_start && end != start
}

fn range(text: &str) -> Option<(i64, i64)> {
    let number = |text: &str| integer(text).filter(|port| (0..=65535).contains(port));
    match text.split_once('-') {
        Some((from, to)) if from != to => {
            let (from, to) = (number(from)?, number(to)?);
            (from <= to).then_some((from, to))
        }
        Some((from, _)) => number(from).map(|port| (port, port)),
        None => number(text).map(|port| (port, port)),
    }
}

/// Names of Linux signals without `SIG`.
const SIGNALS: &[&str] = &[
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS",
    "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
    "XFSZ",
];

/// The names, for suggestions.
pub(super) fn signals() -> impl Iterator<Item = &'static str> {
    SIGNALS.iter().copied()
}

/// Whether `text` is a signal: a name, with `SIG` or without, or any number but zero.
pub(super) fn is_signal(text: &str) -> bool {
    if let Some(number) = integer(text) {
        return number != 0;
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let offset = |text: &str, last: u8| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        digits && text.parse::<u8>().is_ok_and(|n| (1..=last).contains(&n))
    };
    SIGNALS.contains(&name)
        || name.strip_prefix("RTMIN+").is_some_and(|n| offset(n, 15))
        || name.strip_prefix("RTMAX-").is_some_and(|n| offset(n, 14))
}

/// Whether `text` is a mode for `--chmod`: octal up to 07777, or symbolic as chmod takes it.
pub(super) fn is_mode(text: &str) -> bool {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return u32::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777);
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    text.split(',').all(|clause| {
        let rest = clause.trim_start_matches(['a', 'u', 'g', 'o']);
        rest.starts_with(['+', '-', '='])
            && rest.bytes().all(|byte| {
                matches!(
                    byte,
                    b'+' | b'-'
                        | b'='
                        | b'r'
                        | b'w'
                        | b'x'
                        | b'X'
                        | b's'
                        | b't'
                        | b'u'
                        | b'g'
                        | b'o'
                )
            })
    })
}

/// Whether `--chown` names its user or group instead of giving numbers.
pub(super) fn owner_is_named(text: &str) -> bool {
    let named =
        |text: &str| text != "root" && integer(text).is_none_or(|id| i32::try_from(id).is_err());
    match text.split_once(':') {
        Some((user, group)) => named(user) && !user.is_empty() || !group.is_empty() && named(group),
        None => named(text) && !text.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        for good in [
            "80",
            "80/TCP",
            "80/",
            "8000-8010/udp",
            "0",
            "1.2.3.4:80:80",
            "[::1]:1:2",
            "1-2:3-4",
        ] {
            assert!(!port_refused(good), "{good}");
        }
        for bad in [
            "",
            "http",
            "65536",
            "9-8",
            "80/icmp",
            "80-",
            "1.2.3:80:80",
            "1-2:3-5",
            "-80",
        ] {
            assert!(port_refused(bad), "{bad}");
        }
    }

    #[test]
    fn signals_and_modes() {
        for good in ["9", "-1", "SIGTERM", "term", "RTMIN+15", "SIGRTMAX-14"] {
            assert!(is_signal(good), "{good}");
        }
        for bad in ["", "0", "SIGFOO", "RTMIN+16", "RTMIN+0", "SIG"] {
            assert!(!is_signal(bad), "{bad}");
        }
        for good in [
            "644",
            "07777",
            "u=rwx,go=rx",
            "+x",
            "a-w",
            "go=u-w",
            "u+rw-x",
        ] {
            assert!(is_mode(good), "{good}");
        }
        for bad in ["", "8", "10000", "u", "rwx", "u+q", "u=rwx,", ",", "0x1"] {
            assert!(!is_mode(bad), "{bad}");
        }
    }

    #[test]
    fn owners() {
        for named in ["app", "1:app", "app:1", ":app"] {
            assert!(owner_is_named(named), "{named}");
        }
        for numeric in ["1", "1:2", "root", "root:root", "1:"] {
            assert!(!owner_is_named(numeric), "{numeric}");
        }
    }
}
