//! URLs as Helm compares and joins them.

use std::borrow::Cow;

use crate::chart::clean;
use crate::functions::urls::scheme_of;

/// The scheme of a URL in lower case; empty if it has none, which a path is, too. The error has
/// the words of Go's `url.Parse`.
pub fn url_scheme(text: &str) -> Result<String, String> {
    scheme_of(text).map_err(|reason| {
        let shown = plimsoll_gotmpl::quote(without_secrets(text).as_bytes());
        format!("parse {shown}: {reason}")
    })
}

/// A text to show instead of one that may be a URL: without its login, and without its query,
/// which may hold a signature.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.into();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (path, query) = match tail.split_once('?') {
        Some((path, _)) => (path, "?…"),
        None => (tail, ""),
    };
    if host.len() == authority.len() && query.is_empty() {
        return text.into();
    }
    format!("{scheme}://{host}{path}{query}").into()
}

/// The parts of a URL that matter here, as they are written.
struct Parts<'a> {
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: &'a str,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return None;
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let scheme_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
    let (scheme, rest) = match scheme_end {
        Some(0) if text.starts_with(':') => return None,
        Some(end)
            if text[end..].starts_with(':')
                && text.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            (&text[..end], &text[end + 1..])
        }
        _ => ("", text),
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, rest),
    };
    if scheme.is_empty() && authority.is_none() && path.split('/').next()?.contains(':') {
        return None;
    }
    Some(Parts {
        scheme,
        authority,
        path,
        query,
        fragment,
    })
}

impl Parts<'_> {
    fn written(&self, path: &str) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme.to_ascii_lowercase());
            out.push(':');
        }
        if let Some(authority) = self.authority {
            out.push_str("//");
            out.push_str(authority);
        }
        out.push_str(path);
        if let Some(query) = self.query {
            out.push('?');
            out.push_str(query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(self.fragment);
        }
        out
    }
}

/// A path with everything that is escaped without need unescaped.
fn unescaped(path: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded {
            Some(decoded) if byte == b'%' => {
                out.push(decoded);
                rest = &after[2..];
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

/// Whether two repositories are the same (`urlutil.Equal`): a slash at the end counts nothing.
pub fn same_url(one: &str, other: &str) -> bool {
    let Some(first) = parts(one) else {
        return clean(one) == clean(other);
    };
    let Some(second) = parts(other) else {
        return false;
    };
    let path = |parts: &Parts<'_>| {
        let path = if parts.path.is_empty() {
            "/"
        } else {
            parts.path
        };
        let path = String::from_utf8_lossy(&unescaped(path)).into_owned();
        clean(&path)
    };
    first.scheme.eq_ignore_ascii_case(second.scheme)
        && first.authority.unwrap_or_default() == second.authority.unwrap_or_default()
        && path(&first) == path(&second)
        && first.query.unwrap_or_default() == second.query.unwrap_or_default()
        && first.fragment == second.fragment
}

/// The URL of a file that a repository names (`repo.ResolveReferenceURL`): the repository's
/// query stays, for some keep a token there. `None` if one of them is no URL.
pub fn resolve_url(base: &str, reference: &str) -> Option<String> {
    let wanted = parts(reference)?;
    if !wanted.scheme.is_empty() {
        return Some(reference.to_owned());
    }
    let base = parts(base)?;
    let folder = format!("{}/", base.path.strip_suffix('/').unwrap_or(base.path));
    let (authority, path) = match wanted.authority {
        Some(authority) => (Some(authority), without_dots(wanted.path)),
        None if wanted.path.starts_with('/') => (base.authority, without_dots(wanted.path)),
        None => (
            base.authority,
            without_dots(&format!("{folder}{}", wanted.path)),
        ),
    };
    let resolved = Parts {
        authority,
        fragment: wanted.fragment,
        ..base
    };
    Some(resolved.written(&path))
}

/// A URL with parts added to its path (`urlutil.URLJoin`); what is no URL is joined as a path.
pub fn join_url(base: &str, further: &str) -> String {
    match parts(base) {
        Some(base) => {
            let path = match (base.path.is_empty(), further.is_empty()) {
                (true, true) => String::new(),
                (true, false) => clean(further),
                (false, true) => clean(base.path),
                (false, false) => clean(&format!("{}/{further}", base.path)),
            };
            let slash = base.authority.is_some() && !path.is_empty() && !path.starts_with('/');
            let slash = if slash { "/" } else { "" };
            base.written(&format!("{slash}{path}"))
        }
        None => clean(&format!("{base}/{further}")),
    }
}

/// RFC 3986, 5.2.4, on a path that begins with a slash or is empty.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for part in path.split('/').skip(1) {
        ends_open = false;
        match part {
            "." => ends_open = true,
            ".." => {
                kept.pop();
                ends_open = true;
            }
            part => kept.push(part),
        }
    }
    let end = if ends_open && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{join_url, resolve_url, same_url, url_scheme, without_secrets};

    #[test]
    fn schemes_are_told_and_what_is_no_url_is_refused() {
        let scheme = |text: &str| url_scheme(text).expect(text);
        assert_eq!(scheme("HTTPS://a/b?c#d"), "https");
        for path in ["values.yaml", "./a b/c.yaml", "/a", "a#b"] {
            assert_eq!(scheme(path), "", "{path}");
        }
        assert_eq!(scheme("file:///a"), "file");
        let refused = |text: &str| url_scheme(text).expect_err(text);
        assert_eq!(
            refused("1:b"),
            "parse \"1:b\": first path segment in URL cannot contain colon"
        );
        assert_eq!(
            refused("http://ann:hunter2@[::1"),
            "parse \"http://[::1\": missing ']' in host"
        );
        assert_eq!(
            refused("a#%zz"),
            "parse \"a#%zz\": invalid URL escape \"%zz\""
        );
    }

    #[test]
    fn what_is_secret_in_a_url_is_not_shown() {
        let shown = |text: &'static str| without_secrets(text).into_owned();
        assert_eq!(shown("https://ann:hunter2@a/b"), "https://a/b");
        assert_eq!(shown("https://a/b?token=x#y"), "https://a/b?…");
        for same in ["https://a/b@c", "a/b?c", "C:\\values.yaml", "https://a"] {
            assert_eq!(shown(same), same);
        }
    }

    #[test]
    fn repositories_are_compared() {
        assert!(same_url("https://a/b", "https://a/b/"));
        assert!(same_url("https://a", "https://a/"));
        assert!(same_url("HTTPS://a/%62", "https://a/x/../b"));
        assert!(!same_url("https://a/b", "http://a/b"));
        assert!(!same_url("https://a/b?x", "https://a/b"));
        assert!(!same_url("https://a/b", "https://A/b"));
        assert!(same_url("\u{1}a/", "\u{1}a"));
    }

    #[test]
    fn files_are_found_in_their_repository() {
        let resolve = |base, reference| resolve_url(base, reference).unwrap_or_default();
        assert_eq!(resolve("https://a/b", "c-1.tgz"), "https://a/b/c-1.tgz");
        assert_eq!(
            resolve("https://a/b/", "c/d%2Be.tgz"),
            "https://a/b/c/d%2Be.tgz"
        );
        assert_eq!(resolve("https://a", "c.tgz"), "https://a/c.tgz");
        assert_eq!(
            resolve("https://a/b?t=1", "c.tgz?x=2"),
            "https://a/b/c.tgz?t=1"
        );
        assert_eq!(resolve("https://a/b", "/c.tgz"), "https://a/c.tgz");
        assert_eq!(resolve("https://a/b", "../c.tgz"), "https://a/c.tgz");
        assert_eq!(resolve("https://a/b", "//z/c.tgz"), "https://z/c.tgz");
        assert_eq!(resolve("https://a/b", "http://z/c.tgz"), "http://z/c.tgz");
        assert_eq!(resolve("https://u:p@a/b", "c.tgz"), "https://u:p@a/b/c.tgz");
        assert_eq!(resolve_url("https://a", "\u{7}"), None);
    }

    #[test]
    fn paths_are_added() {
        assert_eq!(join_url("https://a/b/", "c.tgz"), "https://a/b/c.tgz");
        assert_eq!(join_url("https://a", "c.tgz"), "https://a/c.tgz");
        assert_eq!(join_url("", "c"), "c");
        assert_eq!(join_url("", ""), "");
        assert_eq!(join_url("charts", "c.tgz"), "charts/c.tgz");
    }
}
