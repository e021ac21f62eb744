//! Formats of texts that drafts before 2019-09 assert, with the library's words. Of URLs, which
//! it leaves to Go's net/url, only the usual mistakes are told.

use std::net::Ipv6Addr;

/// A format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Regex,
    JsonPointer,
    RelativeJsonPointer,
    Uuid,
    Duration,
    Period,
    Ipv4,
    Ipv6,
    Hostname,
    Email,
    Date,
    Time,
    DateTime,
    Uri,
    Iri,
    UriReference,
    IriReference,
    UriTemplate,
    Semver,
}

const ALL: [(&str, Format); 19] = [
    ("regex", Format::Regex),
    ("json-pointer", Format::JsonPointer),
    ("relative-json-pointer", Format::RelativeJsonPointer),
    ("uuid", Format::Uuid),
    ("duration", Format::Duration),
    ("period", Format::Period),
    ("ipv4", Format::Ipv4),
    ("ipv6", Format::Ipv6),
    ("hostname", Format::Hostname),
    ("email", Format::Email),
    ("date", Format::Date),
    ("time", Format::Time),
    ("date-time", Format::DateTime),
    ("uri", Format::Uri),
    ("iri", Format::Iri),
    ("uri-reference", Format::UriReference),
    ("iri-reference", Format::IriReference),
    ("uri-template", Format::UriTemplate),
    ("semver", Format::Semver),
];

type Verdict = Result<(), String>;

impl Format {
    /// The format of a name; others are not asserted.
    pub(super) fn of(name: &str) -> Option<Self> {
        let found = ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format)
    }

    pub(super) fn name(self) -> &'static str {
        let found = ALL.iter().find(|(_, format)| *format == self);
        found.map_or("", |(name, _)| name)
    }

    /// Why a text is not of the format.
    pub(super) fn mismatch(self, text: &str) -> Option<String> {
        let verdict = match self {
            Format::Regex => super::pattern::Pattern::parse(text).map(|_| ()),
            Format::JsonPointer => json_pointer(text),
            Format::RelativeJsonPointer => relative_json_pointer(text),
            Format::Uuid => uuid(text),
            Format::Duration => duration(text),
            Format::Period => period(text),
            Format::Ipv4 => ipv4(text),
            Format::Ipv6 => ipv6(text),
            Format::Hostname => hostname(text),
            Format::Email => email(text),
            Format::Date => date(text),
            Format::Time => time(text),
            Format::DateTime => date_time(text),
            Format::Uri | Format::Iri => match url(text) {
                Ok(true) => Ok(()),
                Ok(false) => fail("relative url"),
                Err(words) => Err(words),
            },
            Format::UriReference | Format::IriReference if text.contains('\\') => {
                fail("contains \\")
            }
            Format::UriReference | Format::IriReference => url(text).map(|_| ()),
            Format::UriTemplate => uri_template(text),
            Format::Semver => semver(text),
        };
        verdict.err()
    }
}

fn fail(words: &str) -> Verdict {
    Err(words.to_owned())
}

fn quoted_char(found: char) -> String {
    match found {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => {
            let quoted = plimsoll_gotmpl::quote(found.encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

fn json_pointer(text: &str) -> Verdict {
    if text.is_empty() {
        return Ok(());
    }
    if !text.starts_with('/') {
        return fail("not starting with /");
    }
    for token in text.split('/').skip(1) {
        let mut chars = token.chars();
        while let Some(next) = chars.next() {
            if next == '~' && !matches!(chars.next(), Some('0' | '1')) {
                return fail("~ must be followed by 0 or 1");
            }
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Verdict {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return fail("must start with non-negative integer");
    }
    if digits > 1 && text.starts_with('0') {
        return fail("starts with zero");
    }
    match &text[digits..] {
        "#" => Ok(()),
        rest => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Verdict {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    if groups.len() != lengths.len() {
        return fail("must have 5 elements");
    }
    for (index, (group, length)) in groups.iter().zip(lengths).enumerate() {
        if group.len() != length {
            return Err(format!(
                "element {} must be {length} characters long",
                index + 1
            ));
        }
        if let Some(odd) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quoted_char(odd)));
        }
    }
    Ok(())
}

fn duration(text: &str) -> Verdict {
    let Some(text) = text.strip_prefix('P') else {
        return fail("must start with P");
    };
    if text.is_empty() {
        return fail("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix('W') {
        return match weeks {
            "" => fail("no number in week"),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
            _ => fail("invalid week"),
        };
    }
    for (index, part) in text.split('T').enumerate() {
        if index != 0 && part.is_empty() {
            return fail("no time elements");
        }
        let Some(all) = ["YMD", "HMS"].get(index) else {
            return fail("more than one T");
        };
        let (mut units, mut rest) = (*all, part);
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return fail("missing number");
            }
            rest = &rest[digits..];
            let Some(unit) = rest.chars().next() else {
                return fail("missing unit");
            };
            match units.find(unit) {
                Some(at) => units = &units[at + 1..],
                None if all.contains(unit) => {
                    return Err(format!("unit {} out of order", quoted_char(unit)));
                }
                None => return Err(format!("invalid unit {}", quoted_char(unit))),
            }
            rest = &rest[unit.len_utf8()..];
        }
    }
    Ok(())
}

fn period(text: &str) -> Verdict {
    let Some((start, end)) = text.split_once('/') else {
        return fail("missing slash");
    };
    let say =
        |what: &str, verdict: Verdict| verdict.map_err(|words| format!("invalid {what}: {words}"));
    if start.starts_with('P') {
        say("start duration", duration(start))?;
        return say("end date-time", date_time(end));
    }
    say("start date-time", date_time(start))?;
    if end.starts_with('P') {
        return say("end duration", duration(end));
    }
    say("end date-time", date_time(end))
}

fn ipv4(text: &str) -> Verdict {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return fail("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return fail("leading zeros");
        }
        let Ok(number) = group.parse::<i64>() else {
            let digits = group.strip_prefix(['+', '-']).unwrap_or(group);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let why = if is_number {
                "value out of range"
            } else {
                "invalid syntax"
            };
            let quoted = plimsoll_gotmpl::quote(group.as_bytes());
            return Err(format!("strconv.Atoi: parsing {quoted}: {why}"));
        };
        if !(0..=255).contains(&number) {
            return fail("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

fn ipv6(text: &str) -> Verdict {
    if !text.contains(':') {
        return fail("missing colon");
    }
    let (address, zone) = text
        .split_once('%')
        .map_or((text, None), |(a, z)| (a, Some(z)));
    if address.parse::<Ipv6Addr>().is_err() {
        let quoted = plimsoll_gotmpl::quote(text.as_bytes());
        return Err(format!("ParseAddr({quoted}): unable to parse IP"));
    }
    match zone {
        Some(_) => fail("zone id is not a part of ipv6 address"),
        None => Ok(()),
    }
}

fn hostname(text: &str) -> Verdict {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return fail("more than 253 characters long");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return fail("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return fail("label starts with hyphen");
        }
        if label.ends_with('-') {
            return fail("label ends with hyphen");
        }
        if let Some(odd) = label
            .chars()
            .find(|c| !c.is_ascii_alphanumeric() && *c != '-')
        {
            return Err(format!("invalid character {}", quoted_char(odd)));
        }
    }
    Ok(())
}

fn email(text: &str) -> Verdict {
    if text.len() > 254 {
        return fail("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return fail("missing @");
    };
    if local.len() > 64 {
        return fail("local part more than 64 characters long");
    }
    if local.len() > 1 && local.starts_with('"') && local.ends_with('"') {
        if local[1..local.len() - 1].contains(['\\', '"']) {
            return fail("backslash and quote are not allowed within quoted local part");
        }
    } else {
        if local.starts_with('.') {
            return fail("starts with dot");
        }
        if local.ends_with('.') {
            return fail("ends with dot");
        }
        if local.contains("..") {
            return fail("consecutive dots");
        }
        let is_odd = |c: &char| !c.is_ascii_alphanumeric() && !".!#$%&'*+-/=?^_`{|}~".contains(*c);
        if let Some(odd) = local.chars().find(is_odd) {
            return Err(format!("invalid character {}", quoted_char(odd)));
        }
    }
    let inner = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = inner {
        return match address.strip_prefix("IPv6:") {
            Some(address) => {
                ipv6(address).map_err(|words| format!("invalid ipv6 address: {words}"))
            }
            None => ipv4(address).map_err(|words| format!("invalid ipv4 address: {words}")),
        };
    }
    hostname(domain).map_err(|words| format!("invalid domain: {words}"))
}

/// `time.Parse("2006-01-02", text)`.
fn date(text: &str) -> Verdict {
    let quoted = |text: &str| plimsoll_gotmpl::quote(text.as_bytes());
    let head = format!("parsing time {}", quoted(text));
    let cannot = |rest: &str, element: &str| {
        let layout = format!("{head} as \"2006-01-02\"");
        Err(format!(
            "{layout}: cannot parse {} as {}",
            quoted(rest),
            quoted(element)
        ))
    };
    let mut rest = text;
    let mut numbers = [0_u32; 3];
    for (number, (element, length)) in numbers.iter_mut().zip([("2006", 4), ("01", 2), ("02", 2)]) {
        if element != "2006" {
            match rest.strip_prefix('-') {
                Some(after) => rest = after,
                None => return cannot(rest, "-"),
            }
        }
        let digits = rest.get(..length);
        let Some(digits) = digits.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        else {
            return cannot(rest, element);
        };
        *number = digits.parse().unwrap_or_default();
        rest = &rest[length..];
        if element == "01" && !(1..=12).contains(number) {
            return Err(format!("{head}: month out of range"));
        }
    }
    if !rest.is_empty() {
        return Err(format!("{head}: extra text: {}", quoted(rest)));
    }
    let [year, month, day] = numbers;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=days).contains(&day) {
        return Err(format!("{head}: day out of range"));
    }
    Ok(())
}

fn time(text: &str) -> Verdict {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return fail("less than 9 characters long");
    }
    if bytes[2] != b':' || bytes[5] != b':' {
        return fail("missing colon in correct place");
    }
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<i64>().ok());
    let parts = [text.get(..2), text.get(3..5), text.get(6..8)].map(number);
    let [Some(hour), Some(minute), Some(second)] = parts else {
        return fail("invalid hour/min/sec");
    };
    if hour < 0 || minute < 0 || second < 0 {
        return fail("non-positive hour/min/sec");
    }
    if hour > 23 || minute > 59 || second > 60 {
        return fail("hour/min/sec out of range");
    }
    let Some(mut rest) = text.get(8..) else {
        return fail("invalid hour/min/sec");
    };
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return fail("no digits in second fraction");
        }
        rest = &fraction[digits..];
    }
    let mut total = hour * 60 + minute;
    if !matches!(rest, "z" | "Z") {
        if rest.len() != 6 {
            return fail("offset must be 6 characters long");
        }
        let sign = match rest.as_bytes()[0] {
            b'+' => -1,
            b'-' => 1,
            _ => return fail("offset must begin with plus/minus"),
        };
        if rest.as_bytes()[3] != b':' {
            return fail("missing colon in offset in correct place");
        }
        let [Some(hours), Some(minutes)] = [rest.get(1..3), rest.get(4..6)].map(number) else {
            return fail("invalid hour/min in offset");
        };
        if hours < 0 || minutes < 0 {
            return fail("non-positive hour/min in offset");
        }
        if hours > 23 || minutes > 59 {
            return fail("hour/min in offset out of range");
        }
        total += sign * (hours * 60 + minutes);
        if total < 0 {
            total += 24 * 60;
        }
    }
    if second >= 60 && (total / 60, total % 60) != (23, 59) {
        return fail("invalid leap second");
    }
    Ok(())
}

fn date_time(text: &str) -> Verdict {
    if text.len() < 20 {
        return fail("less than 20 characters long");
    }
    if !matches!(text.as_bytes()[10], b't' | b'T') {
        return fail("11th character must be t or T");
    }
    let (Some(day), Some(clock)) = (text.get(..10), text.get(11..)) else {
        return fail("11th character must be t or T");
    };
    date(day).map_err(|words| format!("invalid date element: {words}"))?;
    time(clock).map_err(|words| format!("invalid time element: {words}"))
}

/// Whether a URL is absolute; an error is what Go's net/url says.
fn url(text: &str) -> Result<bool, String> {
    let quoted = |text: &str| plimsoll_gotmpl::quote(text.as_bytes());
    let head = format!("parse {}", quoted(text));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err(format!("{head}: net/url: invalid control character in URL"));
    }
    let (body, fragment) = text.split_once('#').unwrap_or((text, ""));
    let scheme = super::pointer::scheme(body);
    if scheme.is_none() {
        let first = body.split(['/', '?']).next().unwrap_or_default();
        if body.starts_with(':') {
            return Err(format!("{head}: missing protocol scheme"));
        }
        if first.contains(':') {
            return Err(format!(
                "{head}: first path segment in URL cannot contain colon"
            ));
        }
    }
    let rest = scheme.map_or(body, |scheme| &body[scheme.len() + 1..]);
    let after = rest.strip_prefix("//").unwrap_or_default();
    let authority = after.split(['/', '?']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if host.contains(' ') {
        return Err(format!("{head}: invalid character \" \" in host name"));
    }
    let port = match host.rfind(']') {
        Some(end) => host[end + 1..].strip_prefix(':'),
        None => host.rsplit_once(':').map(|(_, port)| port),
    };
    if let Some(port) = port.filter(|port| !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(format!(
            "{head}: invalid port {} after host",
            quoted(&format!(":{port}"))
        ));
    }
    let path = rest.split('?').next().unwrap_or_default();
    for part in [path, fragment] {
        for (at, _) in part.match_indices('%') {
            let digits = part.get(at + 1..at + 3);
            if !digits.is_some_and(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit())) {
                let bad: String = part[at..].chars().take(3).collect();
                return Err(format!("{head}: invalid URL escape {}", quoted(&bad)));
            }
        }
    }
    Ok(scheme.is_some())
}

fn uri_template(text: &str) -> Verdict {
    url(text)?;
    let path = text.split(['?', '#']).next().unwrap_or_default();
    for token in path.split('/') {
        let mut open = false;
        for brace in token.chars().filter(|c| matches!(c, '{' | '}')) {
            if (brace == '{') == open {
                return fail("nested curly braces");
            }
            open = !open;
        }
        if open {
            return fail("no matching closing brace");
        }
    }
    Ok(())
}

fn semver(text: &str) -> Verdict {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (text, build) = text
        .split_once('+')
        .map_or((text, None), |(a, b)| (a, Some(b)));
    if let Some(build) = build {
        if build.is_empty() {
            return fail("build is empty");
        }
        for part in build.split('.') {
            if part.is_empty() {
                return fail("build identifier is empty");
            }
            if let Some(odd) = part.chars().find(|c| !is_letter(*c)) {
                return Err(format!(
                    "invalid character {} in build identifier",
                    quoted_char(odd)
                ));
            }
        }
    }
    let (text, pre) = text
        .split_once('-')
        .map_or((text, None), |(a, b)| (a, Some(b)));
    for part in pre.into_iter().flat_map(|pre| pre.split('.')) {
        if part.is_empty() {
            return fail("pre-release identifier is empty");
        }
        if let Some(odd) = part.chars().find(|c| !is_letter(*c)) {
            return Err(format!(
                "invalid character {} in pre-release identifier",
                quoted_char(odd)
            ));
        }
        let all_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        if all_digits && part.len() > 1 && part.starts_with('0') {
            return fail("pre-release numeric identifier starts with zero");
        }
    }
    let numbers: Vec<&str> = text.split('.').collect();
    if numbers.len() != 3 {
        return fail("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.into_iter().zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return Err(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return Err(format!("{name} starts with zero"));
        }
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}
