//! The forms of strings: names, keys, addresses, paths, schedules.

use std::net::IpAddr;

use super::limits::Form;

impl Form {
    /// Whether `text` has this form.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::Label => is_label(text),
            Self::Subdomain => is_subdomain(text),
            Self::ServiceName => {
                is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
            }
            Self::DomainName => is_subdomain(text.strip_suffix('.').unwrap_or(text)),
            Self::Host => {
                is_subdomain(text.strip_prefix("*.").unwrap_or(text))
                    && text.parse::<IpAddr>().is_err()
            }
            Self::PortName => is_port_name(text),
            Self::EnvName => {
                !text.is_empty() && text.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'=')
            }
            Self::QualifiedName => is_qualified_name(text),
            Self::LabelValue => is_label_value(text),
            Self::FileName => is_file_name(text),
            Self::HeaderName => {
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            }
            Self::Ip => is_ip(text),
            Self::IpOrNone => text == "None" || is_ip(text),
            Self::Cidr => is_cidr(text),
            Self::RelativePath => !text.starts_with('/') && !goes_up(text),
            Self::PathWithoutUp => !goes_up(text),
            Self::NotEmpty => !text.is_empty(),
            Self::Cron => super::cron::is_schedule(text),
            Self::TimeZone => !text.is_empty() && !text.eq_ignore_ascii_case("local"),
        }
    }

    /// What a text of this form is, after "must be".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Label => {
                "a DNS label: up to 63 lower-case letters, digits and `-`, with a letter or digit at both ends"
            }
            Self::Subdomain => {
                "a DNS name: lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part"
            }
            Self::ServiceName => {
                "a DNS label that begins with a letter: up to 63 lower-case letters, digits and `-`"
            }
            Self::DomainName => "a lower-case host name",
            Self::Host => "a lower-case host name, perhaps with `*.` before it",
            Self::PortName => {
                "a port's name: up to 15 lower-case letters, digits and single `-`, with a letter among them"
            }
            Self::EnvName => "a variable's name: printable ASCII without `=`",
            Self::QualifiedName => {
                "a key: up to 63 letters, digits, `-`, `_` and `.`, perhaps after a domain and `/`"
            }
            Self::LabelValue => {
                "a label's value: up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
            }
            Self::FileName => "a key: letters, digits, `-`, `_` and `.`",
            Self::HeaderName => "a header's name: letters, digits and `-`",
            Self::Ip => "an IP address",
            Self::IpOrNone => "an IP address or `None`",
            Self::Cidr => "an address range such as `10.0.0.0/8`",
            Self::RelativePath => "a relative path without `..`",
            Self::PathWithoutUp => "a path without `..`",
            Self::NotEmpty => "given",
            Self::Cron => "a schedule of five fields such as `*/5 * * * *`, or `@hourly`",
            Self::TimeZone => "a time zone's name such as `Europe/London`",
        }
    }

    /// Whether an empty string counts as absent.
    pub(super) const fn empty_is_absent(self) -> bool {
        !matches!(
            self,
            Self::NotEmpty | Self::QualifiedName | Self::EnvName | Self::Cron | Self::TimeZone
        )
    }
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// RFC 1123 label.
pub(super) fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_label_part(text)
}

fn is_label_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!((bytes.first(), bytes.last()), (Some(&a), Some(&z)) if is_alphanumeric(a) && is_alphanumeric(z))
        && bytes.iter().all(|&b| is_alphanumeric(b) || b == b'-')
}

/// RFC 1123 subdomain.
pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label_part)
}

fn is_port_name(text: &str) -> bool {
    is_label_part(text)
        && text.len() <= 15
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && !text.contains("--")
}

/// The key of a label or annotation.
pub(super) fn is_qualified_name(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    prefix.is_none_or(is_subdomain) && !name.is_empty() && is_label_value(name)
}

/// The value of a label; it may be empty.
pub(super) fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return true;
    };
    text.len() <= 63
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The name of a variable as Kubernetes wanted it before 1.32.
pub(super) fn is_old_env_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let fits = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b'.');
    bytes.next().is_some_and(fits) && bytes.all(|b| fits(b) || b.is_ascii_digit())
}

fn is_file_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && !matches!(text, "." | "..")
        && !text.starts_with("..")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_ip(text: &str) -> bool {
    // Rust's parser refuses leading zeros, which the API server still takes for old objects.
    let cleaned: Vec<&str> = text
        .split('.')
        .map(|part| {
            let bare = part.trim_start_matches('0');
            if bare.is_empty() || text.contains(':') {
                part
            } else {
                bare
            }
        })
        .collect();
    text.parse::<IpAddr>().is_ok() || cleaned.join(".").parse::<IpAddr>().is_ok()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = if address.contains(':') { 128 } else { 32 };
    is_ip(address)
        && !bits.is_empty()
        && bits.bytes().all(|b| b.is_ascii_digit())
        && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

fn goes_up(text: &str) -> bool {
    text.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(form: Form, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(form.fits(text), "{form:?} {text}");
        }
        for text in bad {
            assert!(!form.fits(text), "{form:?} {text}");
        }
    }

    #[test]
    fn names_are_told() {
        let long = "a".repeat(64);
        check(
            Form::Label,
            &["a", "a-1", "1a", &long[1..]],
            &["", "A", "a_b", "-a", "a-", "a.b", &long],
        );
        check(
            Form::Subdomain,
            &["a.b", "a-1.b2", &long],
            &["a..b", ".a", "a.", "a_b", "A.b"],
        );
        check(Form::ServiceName, &["a1", "web"], &["1a", "a.b", "Web"]);
        check(
            Form::PortName,
            &["http", "h2", "a-b", "8a"],
            &["8080", "a--b", "HTTP", "abcdefghijklmnop", "-a"],
        );
        check(
            Form::EnvName,
            &["A", "a.b", "1A", "my var"],
            &["", "A=B", "Ä"],
        );
        check(
            Form::QualifiedName,
            &["app", "app.kubernetes.io/name", "A_b"],
            &["", "a/b/c", "/a", "a/", "app name", "A.B/c"],
        );
        check(
            Form::LabelValue,
            &["", "a", "v1.2_3", "A"],
            &["a b", "-a", "a:1", &long],
        );
        check(
            Form::FileName,
            &["a", "a_b.txt", ".env"],
            &["", "a/b", "..", "..a", "a b"],
        );
        check(
            Form::Host,
            &["a.example", "*.a.example"],
            &["*", "A.example", "a/b", "a:80", "10.0.0.1"],
        );
    }

    #[test]
    fn addresses_and_paths_are_told() {
        check(
            Form::Ip,
            &["10.0.0.1", "::1", "010.0.0.1"],
            &["10.0.0", "a", "10.0.0.1/8", ""],
        );
        check(Form::IpOrNone, &["None", "10.0.0.1"], &["none", "x"]);
        check(
            Form::Cidr,
            &["10.0.0.0/8", "::/0"],
            &["10.0.0.0", "10.0.0.0/33", "x/8", "1.1.1.1/"],
        );
        check(Form::RelativePath, &["a/b", "a..b"], &["/a", "a/../b"]);
        check(Form::TimeZone, &["Europe/London", "UTC"], &["", "Local"]);
    }
}
