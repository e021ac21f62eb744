//! The URLs of requests.

use std::fmt;

use crate::secret::{Login, Secret};

/// Longer texts are no URLs.
const MAX_BYTES: usize = 8 * 1024;

/// How a server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// An absolute URL of a web server. Displayed, it has neither a password nor its query, which may
/// hold a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    scheme: Scheme,
    login: Option<Login>,
    /// In lower case; an IPv6 address with its brackets.
    host: String,
    port: Option<u16>,
    /// Starts with `/`.
    path: String,
    query: Option<String>,
}

/// Why a text is no URL that can be fetched.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UrlError {
    /// Another scheme, or none.
    #[error("the URL has to begin with `http://` or `https://`")]
    Scheme,
    /// No server.
    #[error("the URL names no host")]
    NoHost,
    /// A host that is none.
    #[error("the URL has a malformed host")]
    Host,
    /// A host with letters beyond ASCII.
    #[error("the host of the URL is to be written in ASCII (`xn--…`)")]
    International,
    /// A port that is none.
    #[error("the URL has a malformed port")]
    Port,
    /// Line breaks and the like.
    #[error("the URL holds control characters")]
    Control,
    /// A percent sign without two hexadecimal digits.
    #[error("the URL holds a `%` that escapes nothing")]
    Escape,
    /// Too long.
    #[error("the URL has more than {MAX_BYTES} bytes")]
    TooLong,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

impl Url {
    /// Reads an absolute URL. What must be escaped and is not, is; a fragment is dropped.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_BYTES {
            return Err(UrlError::TooLong);
        }
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(UrlError::Control);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = match &*scheme.to_ascii_lowercase() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(UrlError::Scheme),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (login, authority) = match authority.rsplit_once('@') {
            Some((user, authority)) => (Some(login(user)?), authority),
            None => (None, authority),
        };
        let (host, port) = host_and_port(authority)?;
        let mut url = Self {
            scheme,
            login,
            host,
            port,
            path: String::new(),
            query: None,
        };
        url.set_tail(tail)?;
        Ok(url)
    }

    /// What a reference in an answer of this URL names (RFC 3986, 5.2): the target of a redirect.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        if has_scheme(reference) {
            return Self::parse(reference);
        }
        if reference.starts_with("//") {
            return Self::parse(&format!("{}:{reference}", self.scheme.name()));
        }
        if reference.len() > MAX_BYTES {
            return Err(UrlError::TooLong);
        }
        let mut url = self.clone();
        let without_fragment = reference.split('#').next().unwrap_or_default();
        let (path, query) = match without_fragment.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (without_fragment, None),
        };
        if path.is_empty() {
            if let Some(query) = query {
                url.query = Some(escaped(query)?);
            }
            return Ok(url);
        }
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            let folder = self.path.rfind('/').map_or("/", |at| &self.path[..=at]);
            format!("{folder}{path}")
        };
        url.path = escaped(&without_dots(&path))?;
        url.query = query.map(escaped).transpose()?;
        Ok(url)
    }

    /// The URL with one more parameter in its query; both are escaped.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        let query = self.query.get_or_insert_default();
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&percent(name));
        query.push('=');
        query.push_str(&percent(value));
        self
    }

    /// How the server is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host in lower case; an IPv6 address stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, also if it is the usual one and not written.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// The path, starting with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name and the password that are written in the URL.
    pub fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Whether both are served by the same server: scheme, host and port.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port() == other.port()
    }

    /// `http://host:port` without anything behind it.
    pub fn origin(&self) -> String {
        let port = self.port.map(|port| format!(":{port}"));
        format!(
            "{}://{}{}",
            self.scheme.name(),
            self.host,
            port.unwrap_or_default()
        )
    }

    /// The URL as a request names it: with its query, without a login.
    pub(crate) fn for_request(&self) -> String {
        let query = self.query.as_ref().map(|query| format!("?{query}"));
        format!(
            "{}{}{}",
            self.origin(),
            self.path,
            query.unwrap_or_default()
        )
    }

    fn set_tail(&mut self, tail: &str) -> Result<(), UrlError> {
        let tail = tail.split('#').next().unwrap_or_default();
        let (path, query) = match tail.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (tail, None),
        };
        self.path = if path.is_empty() {
            "/".to_owned()
        } else {
            escaped(path)?
        };
        self.query = query.map(escaped).transpose()?;
        Ok(())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = if self.query.is_some() { "?…" } else { "" };
        write!(f, "{}{}{query}", self.origin(), self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn login(text: &str) -> Result<Login, UrlError> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    Ok(Login::Password {
        user: unescaped(user)?,
        password: Secret::new(unescaped(password)?),
    })
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), UrlError> {
    let (host, port) = match authority.rfind(']') {
        Some(end) => {
            let (host, rest) = authority.split_at(end + 1);
            let address = host
                .strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'));
            let address = address.ok_or(UrlError::Host)?;
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(UrlError::Host);
            }
            match rest.strip_prefix(':') {
                Some(port) => (host, port),
                None if rest.is_empty() => (host, ""),
                None => return Err(UrlError::Host),
            }
        }
        None if authority.starts_with('[') => return Err(UrlError::Host),
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    if !host.is_ascii() {
        return Err(UrlError::International);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if !host.starts_with('[') && !host.bytes().all(plain) {
        return Err(UrlError::Host);
    }
    let port = match port {
        "" => None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().map_err(|_| UrlError::Port)?)
        }
        _ => return Err(UrlError::Port),
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// Whether a byte may stand in a path or a query as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte)
}

/// A path or a query with everything escaped that must be; what is escaped stays.
fn escaped(text: &str) -> Result<String, UrlError> {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        if byte < b' ' || byte == 0x7f {
            return Err(UrlError::Control);
        }
        if byte == b'%' {
            let digits = bytes.get(at + 1..at + 3).ok_or(UrlError::Escape)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return Err(UrlError::Escape);
            }
        }
        push(&mut out, byte, is_plain(byte));
    }
    Ok(out)
}

/// A text as a part of a query.
pub(crate) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        push(&mut out, byte, plain);
    }
    out
}

fn push(out: &mut String, byte: u8, plain: bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if plain {
        out.push(char::from(byte));
    } else {
        out.push('%');
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn unescaped(text: &str) -> Result<String, UrlError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || {
            let digit = char::from(bytes.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(UrlError::Escape);
        };
        out.push(high << 4 | low);
    }
    String::from_utf8(out).map_err(|_| UrlError::Escape)
}

/// A path without `.` and `..` (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut ends_with_folder = false;
    for part in path.split('/').skip(1) {
        ends_with_folder = matches!(part, "." | ".." | "");
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            "" => parts.push(""),
            part => parts.push(part),
        }
    }
    if parts.last() == Some(&"") {
        parts.pop();
    }
    let end = if ends_with_folder && !parts.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Url, UrlError};

    fn parse(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn the_parts_of_a_url_are_read() {
        let url = parse("HTTPS://Ann:p%40ss@Charts.Example:8443/a b/%7e?x=1&y={}#top");
        assert_eq!(url.scheme(), Scheme::Https);
        assert_eq!((url.host(), url.port()), ("charts.example", 8443));
        let login = super::Login::password("Ann", "p@ss");
        assert_eq!(url.login(), Some(&login));
        assert_eq!(
            url.for_request(),
            "https://charts.example:8443/a%20b/%7e?x=1&y=%7B%7D"
        );
        assert_eq!(url.to_string(), "https://charts.example:8443/a%20b/%7e?…");
        assert_eq!(parse("http://[::1]:80").for_request(), "http://[::1]:80/");
        assert_eq!(parse("http://a?x").for_request(), "http://a/?x");
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for (text, error) in [
            ("charts.example", UrlError::Scheme),
            ("ftp://a", UrlError::Scheme),
            ("file:///etc/passwd", UrlError::Scheme),
            ("http://", UrlError::NoHost),
            ("http://:80/", UrlError::NoHost),
            ("http://a:b/", UrlError::Port),
            ("http://a:99999/", UrlError::Port),
            ("http://a b/", UrlError::Host),
            ("http://[::1/", UrlError::Host),
            ("http://[::1]x/", UrlError::Host),
            ("http://münchen/", UrlError::International),
            ("http://a/\r\nHost: b", UrlError::Control),
            ("http://a/%zz", UrlError::Escape),
        ] {
            assert_eq!(Url::parse(text), Err(error), "{text}");
        }
        assert_eq!(
            Url::parse(&format!("http://{}", "a".repeat(9000))),
            Err(UrlError::TooLong)
        );
    }

    #[test]
    fn references_are_resolved() {
        let base = parse("https://u:p@h/a/b/c?q");
        for (reference, expected) in [
            ("d", "https://h/a/b/d"),
            ("../d/./e", "https://h/a/d/e"),
            ("../../../../d", "https://h/d"),
            ("/d?x", "https://h/d?x"),
            ("?y", "https://h/a/b/c?y"),
            ("#f", "https://h/a/b/c?q"),
            ("d/", "https://h/a/b/d/"),
            ("..", "https://h/a/"),
            ("//other/d", "https://other/d"),
            ("http://other:81/", "http://other:81/"),
        ] {
            let joined = base.join(reference).expect(reference);
            assert_eq!(joined.for_request(), expected, "{reference}");
        }
        assert_eq!(base.join("ftp://x"), Err(UrlError::Scheme));
    }

    #[test]
    fn origins_are_scheme_host_and_port() {
        let same = |a: &str, b: &str| parse(a).same_origin(&parse(b));
        assert!(same("https://a/x", "https://A:443/y"));
        assert!(!same("https://a", "http://a"));
        assert!(!same("https://a", "https://a:444"));
        assert!(!same("https://a", "https://b.a"));
    }

    #[test]
    fn parameters_are_escaped() {
        let url = parse("http://a/token").with_parameter("scope", "repository:a/b:pull,push");
        let url = url.with_parameter("service", "x y");
        let expected = "http://a/token?scope=repository%3Aa%2Fb%3Apull%2Cpush&service=x%20y";
        assert_eq!(url.for_request(), expected);
    }
}
