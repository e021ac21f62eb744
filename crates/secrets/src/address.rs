//! Passwords inside addresses and connection strings.

use std::ops::Range;

/// Passwords in URLs (`scheme://user:password@host`) and connection strings (`Password=…;`), as
/// byte ranges of the text.
pub fn embedded(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = &text[start..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | ','))
            .unwrap_or(rest.len());
        let Some(userinfo) = rest[..end].rfind('@') else {
            continue;
        };
        if let Some(colon) = rest[..userinfo].find(':') {
            found.push(start + colon + 1..start + userinfo);
        }
    }
    let lower = text.to_ascii_lowercase();
    for key in ["password=", "pwd="] {
        for (at, _) in lower.match_indices(key) {
            let joined = text[..at].chars().next_back();
            if !joined.is_some_and(|c| matches!(c, ';' | '?' | '&')) {
                continue;
            }
            let start = at + key.len();
            let rest = &text[start..];
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '"' | '\''))
                .unwrap_or(rest.len());
            found.push(start..start + end);
        }
    }
    found.retain(|range| !range.is_empty());
    found.sort_by_key(|range| range.start);
    found
}

/// Whether an address is made of the names of its parts: `postgres://user:password@host:5432/db_name`.
pub(crate) fn is_form(text: &str) -> bool {
    form_host(text)
        .is_some_and(|host| host == "hostname" || host.ends_with("host") && host != "localhost")
}

/// Whether such an address leads to the machine itself: in a pod no database is there.
pub(crate) fn is_form_of_localhost(text: &str) -> bool {
    form_host(text).is_some_and(|host| matches!(&*host, "localhost" | "127.0.0.1"))
}

/// The host of an address whose login is made of the names of its parts, in small letters.
fn form_host(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let (login, place) = rest.split_once('@')?;
    let host = place.split([':', '/', '?']).next().unwrap_or("");
    let (user, password) = login.split_once(':')?;
    let is = |names: &[&str], part: &str| names.iter().any(|name| part.eq_ignore_ascii_case(name));
    let is_form = is(&["", "user", "username", "db_user", "dbuser"], user)
        && is(&["password", "pass", "passwd", "pw"], password);
    is_form.then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_made_of_names_are_forms() {
        for text in [
            "postgres://user:password@host:5432/db_name",
            "amqp://user:password@rabbitmq-host:5672/%2f/",
            "redis://:password@redis-host:6379",
        ] {
            assert!(is_form(text), "{text}");
        }
        for text in [
            "postgres://user:password@localhost:5432/app",
            "postgres://user:password@db:5432/app",
            "postgres://shop:password@db-host/app",
            "postgres://user:kJ8x2m@host/app",
            "user:password@host",
        ] {
            assert!(!is_form(text), "{text}");
        }
    }

    #[test]
    fn passwords_inside_addresses_are_found() {
        for (text, expected) in [
            ("postgresql://pay:abc@db:5432/pay", &["abc"][..]),
            ("redis://:abc@cache", &["abc"]),
            ("redis://cache:6379/0", &[]),
            ("amqp://a:b@x,amqp://c:d@y", &["b", "d"]),
            ("http://x.test/?u=a:b@c", &[]),
            ("Server=db;User Id=sa;Password=Abc-1;Encrypt=no", &["Abc-1"]),
            ("jdbc:postgresql://db/pay?user=a&password=abc", &["abc"]),
            ("password=abc", &[]),
        ] {
            let found: Vec<&str> = embedded(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
