//! Names of objects as Kubernetes wants them, in the words of its validation.

/// What a name must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    /// A DNS name of RFC 1123.
    Subdomain,
    /// One part of it.
    Label,
    /// A part of a DNS name of RFC 1035.
    Service,
    /// A part of a path.
    Path,
    /// Anything.
    Any,
}

/// What is wrong with the name of an object of a kind; `None` if nothing is.
pub(super) fn problem(kind: &str, name: &str) -> Option<String> {
    let rule = match &*kind.to_lowercase() {
        "service" => Rule::Service,
        "namespace" => Rule::Label,
        "certificatesigningrequest" => Rule::Any,
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => Rule::Path,
        _ => Rule::Subdomain,
    };
    let shown = plimsoll_gotmpl::quote(name.as_bytes());
    let mut words: Vec<String> = broken(rule, name)
        .into_iter()
        .map(|words| format!("metadata.name: Invalid value: {shown}: {words}"))
        .collect();
    words.dedup();
    let words = match &words[..] {
        [] => return None,
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Some(format!(
        "object name does not conform to Kubernetes naming requirements: {shown}: {words}"
    ))
}

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const SERVICE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

fn broken(rule: Rule, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut longest = |most: usize| {
        if name.len() > most {
            found.push(format!("must be no more than {most} characters"));
        }
    };
    match rule {
        Rule::Any => {}
        Rule::Subdomain => {
            longest(253);
            if !is_subdomain(name) {
                found.push(SUBDOMAIN.to_owned());
            }
        }
        Rule::Label => {
            longest(63);
            if !is_label(name) {
                found.push(if is_subdomain(name) {
                    "must not contain dots".to_owned()
                } else {
                    LABEL.to_owned()
                });
            }
        }
        Rule::Service => {
            longest(63);
            if !(is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase())) {
                found.push(SERVICE.to_owned());
            }
        }
        Rule::Path if matches!(name, "." | "..") => {
            found.push(format!("may not be '{name}'"));
        }
        Rule::Path => {
            for part in ["/", "%"] {
                if name.contains(part) {
                    found.push(format!("may not contain '{part}'"));
                }
            }
        }
    }
    found
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(|&byte| inner(byte));
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|&byte| inner(byte) || byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}
