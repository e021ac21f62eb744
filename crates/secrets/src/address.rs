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

#[cfg(test)]
mod tests {
    use super::*;

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
