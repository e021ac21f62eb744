//! Addresses as govalidator judges them, which Helm's linter asks about maintainers, sources and
//! icons.

use std::sync::OnceLock;

use crate::functions::regex::Regex;
use crate::functions::urls;

/// What may stand in a name beyond ASCII.
const BEYOND: &str = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}";

/// Whether a text is an address of mail (`IsEmail`).
pub fn is_email(text: &str) -> bool {
    static EMAIL: OnceLock<Option<Regex>> = OnceLock::new();
    let make = || {
        let atom = format!(r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{{|}}~{BEYOND}]+");
        let blank = r"(?:(?:[ \t]*\r\n)?[ \t]+)?";
        let plain = format!(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f!#-\[\]-~{BEYOND}]");
        let escaped = r"\([\x01-\x09\x0b\x0c\x0d-\x7f]";
        // A slip of the reference: it wants a quote before each character.
        let quoted = format!(r#"(?:"{blank}(?:{plain}|{escaped}))*{blank}""#);
        let any = format!("a-zA-Z0-9{BEYOND}");
        let letter = format!("a-zA-Z{BEYOND}");
        let label = format!(r"[{any}](?:[{any}\-._~]*[{any}])?");
        let top = format!(r"[{letter}](?:[{any}\-_~]*[{letter}])?");
        format!(r"^(?:{atom}(?:\.{atom})*|{quoted})@(?:{label}\.)+{top}\.?$")
    };
    matches(&EMAIL, make, text)
}

/// The lengths that an address of the web may not have, in characters and in bytes.
const TOO_LONG: usize = 2083;
const TOO_SHORT: usize = 3;

/// Whether a text is an address of the web, with its scheme or without (`IsURL`).
pub fn is_url(text: &str) -> bool {
    static URL: OnceLock<Option<Regex>> = OnceLock::new();
    let dot = text.starts_with('.');
    if text.chars().count() >= TOO_LONG || text.len() <= TOO_SHORT || dot {
        return false;
    }
    let whole = if text.contains(':') && !text.contains("://") {
        format!("http://{text}")
    } else {
        text.to_owned()
    };
    let Some((host, path)) = urls::host_and_path(&whole) else {
        return false;
    };
    if host.starts_with(b".") || host.is_empty() && !path.is_empty() && !path.contains(&b'.') {
        return false;
    }
    let make = || {
        let first = r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3]|24\d|25[0-5])";
        let inner = r"(?:\.(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])){2}";
        let last = r"\.(?:[0-9]\d?|1\d\d|2[0-4]\d|25[0-5])";
        let address = format!("{first}{inner}{last}");
        let letter = r"a-zA-Z\x{A1}-\x{FFFF}";
        let plain = "a-zA-Z0-9";
        let before = format!(r"[{plain}](?:[{plain}\-_]+)?[{plain}](?:[-.][{plain}]+)*");
        let below = format!(r"(?:www\.)|(?:[{plain}]+(?:[-_.]?[{plain}])*[{plain}]\.[{plain}]+)");
        let name = format!(
            r"(?:{before}|(?:{below})?)?(?:[{letter}0-9]+-?-?)*[{letter}0-9]+(?:\.[{letter}]+)?"
        );
        let scheme = r"(?:(?:ftp|tcp|udp|wss?|https?)://)?";
        let rest = r"\.?(?::\d{1,5})?(?:[/?#]\S*)?";
        let six = six();
        format!(r"^{scheme}(?:\S+(?::\S*)?@)?(?:{address}|\[{six}\]|{name}){rest}$")
    };
    matches(&URL, make, text)
}

/// Addresses of IPv6 as the reference writes them down: with what may be left out at each place.
fn six() -> String {
    let group = "[0-9a-fA-F]{1,4}";
    let mut forms = vec![
        format!("(?:{group}:){{7}}{group}"),
        format!("(?:{group}:){{1,7}}:"),
    ];
    for after in 1..=6 {
        forms.push(format!(
            "(?:{group}:){{1,{}}}(?::{group}){{1,{after}}}",
            7 - after
        ));
    }
    forms.push(format!(":(?:(?::{group}){{1,7}}|:)"));
    forms.push("fe80:(?::[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]+".to_owned());
    let byte = "(?:25[0-5]|(?:2[0-4]|1?[0-9])?[0-9])";
    let four = format!(r"(?:{byte}\.){{3}}{byte}");
    forms.push(format!("::(?:ffff(?::0{{1,4}})?:)?{four}"));
    forms.push(format!("(?:{group}:){{1,4}}:{four}"));
    format!("(?:{})", forms.join("|"))
}

/// Whether a text is an address with a scheme, such as a request has (`IsRequestURL`).
pub fn is_request_url(text: &str) -> bool {
    urls::is_request_url(text.as_bytes())
}

fn matches(cell: &'static OnceLock<Option<Regex>>, make: impl Fn() -> String, text: &str) -> bool {
    let regex = cell.get_or_init(|| Regex::new(make().as_bytes()).ok());
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}
