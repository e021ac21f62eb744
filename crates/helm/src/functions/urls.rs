//! URLs taken apart and put together as Go's net/url does it.

use plimsoll_gotmpl::{Arguments, Call, CallError, Map, Traced, Value};

use super::flow::NIL_POINTER;
use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("urlParse", "string", url_parse),
    entry("urlJoin", "map", url_join),
    // Rendering asks no name server.
    entry("getHostByName", "string", |_, _| Ok("".into())),
];

/// What a part of a URL may hold unescaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    /// The zone of an IPv6 address.
    Zone,
    Fragment,
}

/// The parts of a URL, unescaped but for the query.
#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    /// The user and perhaps a password.
    user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

/// The host and the path of a URL; `None` for what is none (`url.Parse`).
pub(crate) fn host_and_path(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let url = parse_with_fragment(text.as_bytes()).ok()?;
    Some((url.host, url.path))
}

/// The scheme of a URL in lower case, or what is wrong with the URL (`url.Parse`).
pub(crate) fn scheme_of(text: &str) -> Result<String, String> {
    let (rest, fragment) = cut(text.as_bytes(), b'#');
    let url = parse(rest)?;
    unescape(fragment.unwrap_or_default(), Part::Fragment)?;
    Ok(String::from_utf8_lossy(&url.scheme).into_owned())
}

/// Whether a text is a URL with a scheme as requests have it (`url.ParseRequestURI`): a `#` is
/// no fragment there.
pub(crate) fn is_request_url(text: &[u8]) -> bool {
    parse(text).is_ok_and(|url| !url.scheme.is_empty())
}

fn quoted(text: &[u8]) -> String {
    plimsoll_gotmpl::quote(text)
}

fn url_parse(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let text = arguments.str(0)?.bytes();
    let url = parse_with_fragment(text).map_err(|error| format!("unable to parse url: {error}"))?;
    let userinfo = url.user.as_ref().map_or(Vec::new(), userinfo);
    let map = Map::new();
    let hostname = hostname(&url.host).to_vec();
    let parts = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", userinfo),
    ];
    for (name, part) in parts {
        call.insert(&map, name.into(), part.into())?;
    }
    Ok(Value::Map(map).into())
}

fn url_join(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let map = arguments.map(0)?;
    let part = |name: &str| -> Result<Vec<u8>, CallError> {
        match map.get(name.as_bytes()).map(|entry| entry.value) {
            None => Ok(Vec::new()),
            Some(Value::Str(text)) => Ok(text.bytes().to_vec()),
            Some(Value::Nil) => Err(NIL_POINTER.into()),
            Some(other) => {
                let kind = other.kind().name();
                Err(
                    format!("unable to parse {name} key, must be of type string, but {kind} found")
                        .into(),
                )
            }
        }
    };
    // In the order in which the reference looks for them.
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let userinfo = part("userinfo")?;
    if !userinfo.is_empty() {
        let text = [b"proto://", &userinfo[..], b"@host"].concat();
        let parsed = parse_with_fragment(&text)
            .map_err(|error| format!("unable to parse userinfo in dict: {error}"))?;
        url.user = parsed.user;
    }
    Ok(url.joined().into())
}

/// `url.Parse`; the error has Go's text.
fn parse_with_fragment(text: &[u8]) -> Result<Url, String> {
    let (rest, fragment) = cut(text, b'#');
    let within = |text: &[u8], error: String| format!("parse {}: {error}", quoted(text));
    let mut url = parse(rest).map_err(|error| within(rest, error))?;
    let fragment = fragment.unwrap_or_default();
    url.fragment = unescape(fragment, Part::Fragment).map_err(|error| within(text, error))?;
    Ok(url)
}

/// What is before the first `byte`, and what is after it if it is there.
fn cut(text: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(byte, text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn parse(text: &[u8]) -> Result<Url, String> {
    if text.iter().any(|&byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".into());
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.query = query.unwrap_or_default().to_vec();
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".into());
        }
    }
    let has_authority = rest.starts_with(b"//");
    if has_authority && (!url.scheme.is_empty() || !rest.starts_with(b"///")) {
        let authority = &rest[2..];
        let end = memchr::memchr(b'/', authority).unwrap_or(authority.len());
        rest = &authority[end..];
        let authority = &authority[..end];
        let at = memchr::memrchr(b'@', authority);
        url.host = host(&url.scheme, &authority[at.map_or(0, |at| at + 1)..])?;
        if let Some(at) = at {
            url.user = Some(user(&authority[..at])?);
        }
    }
    url.path = unescape(rest, Part::Path)?;
    Ok(url)
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

type User = (Vec<u8>, Option<Vec<u8>>);

fn user(text: &[u8]) -> Result<User, String> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !text.iter().all(fits) {
        return Err("net/url: invalid userinfo".into());
    }
    let (name, password) = cut(text, b':');
    let name = unescape(name, Part::User)?;
    let password = password.map(|password| unescape(password, Part::User));
    Ok((name, password.transpose()?))
}

fn host(scheme: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    match memchr::memrchr(b'[', text) {
        Some(0) => return literal_address(text),
        Some(_) => return Err("invalid IP-literal".into()),
        None => {}
    }
    if let Some(first) = memchr::memchr(b':', text) {
        // Only web addresses must not have lists of hosts.
        let web = scheme == b"http" || scheme == b"https";
        let last = memchr::memrchr(b':', text).unwrap_or(first);
        let port = &text[if web { first } else { last }..];
        check_port(port)?;
    }
    unescape(text, Part::Host)
}

fn check_port(port: &[u8]) -> Result<(), String> {
    let digits = port.strip_prefix(b":");
    if port.is_empty() || digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit)) {
        return Ok(());
    }
    Err(format!("invalid port {} after host", quoted(port)))
}

/// `[fe80::1%25en0]:80`
fn literal_address(text: &[u8]) -> Result<Vec<u8>, String> {
    let Some(close) = memchr::memrchr(b']', text) else {
        return Err("missing ']' in host".into());
    };
    let port = &text[close + 1..];
    check_port(port)?;
    let name = &text[1..close];
    let address = match memchr::memmem::find(name, b"%25") {
        Some(zone) => [
            unescape(&name[..zone], Part::Host)?,
            unescape(&name[zone..], Part::Zone)?,
        ]
        .concat(),
        None => unescape(name, Part::Host)?,
    };
    let shown = String::from_utf8_lossy(&address);
    let (plain, zone) = match shown.split_once('%') {
        Some((plain, zone)) => (plain, Some(zone)),
        None => (&*shown, None),
    };
    if plain.parse::<std::net::Ipv4Addr>().is_ok() {
        if zone.is_some() {
            let address = quoted(&address);
            return Err(format!(
                "invalid host: ParseAddr({address}): zones cannot be used with IPv4 addresses"
            ));
        }
        return Err("invalid IP-literal".into());
    }
    if plain.parse::<std::net::Ipv6Addr>().is_err() || zone == Some("") {
        let reason = match (plain.contains([':', '.']), zone) {
            (true, Some("")) => "zone must be a non-empty string",
            _ => "unable to parse IP",
        };
        return Err(format!(
            "invalid host: ParseAddr({}): {reason}",
            quoted(&address)
        ));
    }
    Ok([b"[", &address[..], b"]", port].concat())
}

/// The host without its port and brackets.
fn hostname(host: &[u8]) -> &[u8] {
    let mut name = host;
    if let Some(colon) = memchr::memrchr(b':', host)
        && check_port(&host[colon..]).is_ok()
    {
        name = &host[..colon];
    }
    name.strip_prefix(b"[")
        .and_then(|inner| inner.strip_suffix(b"]"))
        .unwrap_or(name)
}

/// Whether a byte stands for itself in a part.
fn is_plain(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return true;
    }
    match part {
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => b"$&+,/:;=@".contains(&byte),
        Part::User => b"$&+,;=".contains(&byte),
        Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escape(text: &[u8], part: Part) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if is_plain(byte, part) {
            out.push(byte);
        } else {
            out.extend_from_slice(&[
                b'%',
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
    }
    out
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let in_host = matches!(part, Part::Host | Part::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        if byte != b'%' {
            if in_host && byte < 0x80 && !is_plain(byte, part) {
                return Err(format!(
                    "invalid character {} in host name",
                    quoted(&[byte])
                ));
            }
            out.push(byte);
            at += 1;
            continue;
        }
        let digit = |ahead: usize| {
            let digit = char::from(*text.get(at + ahead)?).to_digit(16)?;
            Some(digit as u8)
        };
        let written = &text[at..text.len().min(at + 3)];
        let bad = || format!("invalid URL escape {}", quoted(written));
        let (Some(high), Some(low)) = (digit(1), digit(2)) else {
            return Err(bad());
        };
        let decoded = high << 4 | low;
        let percent = written == b"%25";
        let refused = match part {
            Part::Host => high < 8 && !percent,
            Part::Zone => !percent && decoded != b' ' && !is_plain(decoded, Part::Host),
            _ => false,
        };
        if refused {
            return Err(bad());
        }
        out.push(decoded);
        at += 3;
    }
    Ok(out)
}

fn userinfo(user: &User) -> Vec<u8> {
    let mut out = escape(&user.0, Part::User);
    if let Some(password) = &user.1 {
        out.push(b':');
        out.extend_from_slice(&escape(password, Part::User));
    }
    out
}

impl Url {
    /// `URL.String` of a URL that was put together from parts.
    fn joined(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_place(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(&escape(&self.fragment, Part::Fragment));
        }
        out
    }

    fn write_place(&self, out: &mut Vec<u8>) {
        let has_host = !self.host.is_empty();
        let named = has_host || self.user.is_some();
        if named || !self.scheme.is_empty() && !self.path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            out.extend_from_slice(&userinfo(user));
            out.push(b'@');
        }
        out.extend_from_slice(&escape(&self.host, Part::Host));
        let path = match &self.path[..] {
            b"*" => b"*".to_vec(),
            path => escape(path, Part::Path),
        };
        if has_host && !path.is_empty() && !path.starts_with(b"/") {
            out.push(b'/');
        }
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            // Otherwise the first segment would be taken for a scheme.
            out.extend_from_slice(b"./");
        }
        out.extend_from_slice(&path);
    }
}
