//! JSON pointers and URLs, as far as references in schemas need them.

use std::fmt::Write;

use crate::values::{Data, Item};

/// One token of a pointer, escaped.
pub(super) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = token.chars();
    while let Some(next) = chars.next() {
        match (next, next == '~') {
            (_, true) => match chars.next()? {
                '0' => out.push('~'),
                '1' => out.push('/'),
                _ => return None,
            },
            (plain, false) => out.push(plain),
        }
    }
    Some(out)
}

/// Why a pointer points at nothing.
pub(super) enum LookupError {
    Invalid,
    NotFound,
}

/// What a pointer points at.
pub(super) fn lookup<'a>(root: &'a Item, pointer: &str) -> Result<&'a Item, LookupError> {
    let mut at = root;
    for token in pointer.split('/').skip(1) {
        let token = unescape(token).ok_or(LookupError::Invalid)?;
        let next = match &at.data {
            Data::Map(map) => map.get(token.as_str()),
            Data::List(items) => token.parse().ok().and_then(|index: usize| items.get(index)),
            _ => None,
        };
        at = next.ok_or(LookupError::NotFound)?;
    }
    Ok(at)
}

/// A URL up to its fragment, and the fragment, decoded (`splitFragment`).
pub(super) fn split(reference: &str) -> Option<(&str, String)> {
    let (url, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let mut bytes = Vec::new();
    let mut rest = fragment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = after.get(..2)?;
            let digits = std::str::from_utf8(digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    Some((url, String::from_utf8_lossy(&bytes).into_owned()))
}

/// A fragment in a URL that is printed (`encode`): path escaping that leaves slashes alone.
pub(super) fn encode(fragment: &str) -> String {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b'=' | b':' | b'@' | b'/'
            )
    };
    if fragment.bytes().all(is_plain) {
        return fragment.to_owned();
    }
    let mut out = String::new();
    for byte in fragment.bytes() {
        if is_plain(byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A reference resolved against a base, without fragments (RFC 3986, 5.2).
pub(super) fn join(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    if scheme(reference).is_some() {
        return reference.to_owned();
    }
    let Some(scheme) = scheme(base) else {
        return reference.to_owned();
    };
    let rest = &base[scheme.len() + 1..];
    let Some(after) = rest.strip_prefix("//") else {
        // An opaque base, such as `urn:…`, stays what it is.
        return base.to_owned();
    };
    if reference.starts_with("//") {
        return format!("{scheme}:{reference}");
    }
    let authority = &after[..after.find('/').unwrap_or(after.len())];
    let path = &after[authority.len()..];
    let path = path.split('?').next().unwrap_or_default();
    let (reference, query) = reference
        .split_once('?')
        .map_or((reference, None), |(path, query)| (path, Some(query)));
    let merged = if reference.is_empty() {
        path.to_owned()
    } else if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
        format!("{folder}{reference}")
    };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{scheme}://{authority}{}{query}", without_dots(&merged))
}

fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    out.pop();
                }
                if is_last {
                    out.push("");
                }
            }
            plain => out.push(plain),
        }
    }
    format!("/{}", out.join("/"))
}

/// The scheme of an absolute URL.
pub(super) fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let mut bytes = scheme.bytes();
    let is_scheme = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::{encode, join, split};

    #[test]
    fn references_are_resolved() {
        let base = "https://a.example/x/y.json";
        for (reference, expected) in [
            ("", base),
            ("z.json", "https://a.example/x/z.json"),
            ("../z.json", "https://a.example/z.json"),
            ("/z.json", "https://a.example/z.json"),
            ("//b.example/z", "https://b.example/z"),
            ("urn:x:y", "urn:x:y"),
            ("?q", "https://a.example/x/y.json?q"),
        ] {
            assert_eq!(join(base, reference), expected, "{reference}");
        }
        assert_eq!(
            join("file:///values.schema.json", "b.json"),
            "file:///b.json"
        );
        assert_eq!(join("urn:a:b", "c"), "urn:a:b");
    }

    #[test]
    fn fragments_are_decoded_and_encoded() {
        assert_eq!(split("a#/b%20c"), Some(("a", "/b c".to_owned())));
        assert_eq!(split("a#%zz"), None);
        assert_eq!(encode("/b c/é~1"), "/b%20c/%C3%A9~1");
    }
}
