//! Ports in the texts that command lines and variables give.

/// The port of a text that is a port or an address: `8000`, `:8000`, `0.0.0.0:8000`, `[::]:80`,
/// `tcp://0.0.0.0:9292`, `http://+:80`. `None` for paths, names and port 0.
pub(crate) fn port(text: &str) -> Option<u16> {
    let text = text.trim().trim_end_matches('/');
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    if matches!(scheme, Some("unix" | "unix+http" | "file")) || rest.starts_with("unix:") {
        return None;
    }
    let rest = rest.split(['/', '?']).next().unwrap_or("");
    let digits = match rest.rsplit_once(':') {
        Some((host, digits)) => {
            // The last part of an address without brackets is none of its ports.
            if host.contains(':') && !host.ends_with(']') {
                return None;
            }
            digits
        }
        None if scheme.is_some() => {
            return match scheme {
                Some("http") => Some(80),
                Some("https") => Some(443),
                _ => None,
            };
        }
        None => rest,
    };
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn ports_stand_at_the_end_of_addresses() {
        for (text, expected) in [
            ("8000", Some(8000)),
            (":8000", Some(8000)),
            ("0.0.0.0:8000", Some(8000)),
            ("[::]:80", Some(80)),
            ("tcp://0.0.0.0:9292", Some(9292)),
            ("http://+:80", Some(80)),
            ("http://*:5000/", Some(5000)),
            ("https://localhost", Some(443)),
            ("unix:/run/x.sock", None),
            ("unix:///run/x", None),
            ("0.0.0.0", None),
            ("::1", None),
            ("fe80::1:80", None),
            ("localhost", None),
            ("0", None),
            ("70000", None),
            ("", None),
        ] {
            assert_eq!(port(text), expected, "{text}");
        }
    }
}
