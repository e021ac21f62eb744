//! Names that the builder refuses before it asks a registry: image references and platforms.

/// Why a text cannot name an image; `None` if it can.
pub(super) fn refused(text: &str) -> Option<&'static str> {
    let hex = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if text.len() == 64 && hex(text) {
        return Some("an image cannot be named by 64 hexadecimal digits alone");
    }
    let (domain, rest) = split_domain(text);
    let name = rest.split(':').next().unwrap_or("");
    if name.chars().any(|c| c.to_lowercase().ne([c])) {
        return Some("the name of an image is in lower case");
    }
    let malformed = Some("it is no image name");
    // What cannot be a registry may still be the first folder of the path.
    let (domain, rest) = match domain {
        Some(domain) if !is_domain(domain) => (Some(""), text),
        domain => (domain, rest),
    };
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (rest, None),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    if !path.split('/').all(is_component) {
        return malformed;
    }
    if let Some(tag) = tag
        && !is_tag(tag)
    {
        return Some("it has no proper tag");
    }
    if let Some(digest) = digest
        && !is_digest(digest)
    {
        return Some("it has no proper digest");
    }
    // The folder of official images counts too.
    let hub = domain.is_none_or(|domain| matches!(domain, "docker.io" | "index.docker.io"));
    let folder = if hub && !path.contains('/') {
        "library/".len()
    } else {
        0
    };
    (folder + path.len() > 255).then_some("the name is longer than 255 bytes")
}

fn split_domain(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((domain, rest))
            if domain == "localhost"
                || domain.contains(['.', ':'])
                || domain.chars().any(|c| c.to_lowercase().ne([c])) =>
        {
            (Some(domain), rest)
        }
        _ => (None, text),
    }
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((inner, port)) = rest.split_once(']') else {
                return false;
            };
            let address = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
            if inner.is_empty() || !inner.bytes().all(address) {
                return false;
            }
            match port.strip_prefix(':') {
                Some(port) => (None, Some(port)),
                None if port.is_empty() => (None, None),
                None => return false,
            }
        }
        None => match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        },
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.is_none_or(|host| host.split('.').all(label))
        && port
            .is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if !letter(first) || !letter(last) {
        return false;
    }
    bytes.split(|&byte| letter(byte)).all(|joint| {
        matches!(joint, b"" | b"." | b"_" | b"__") || joint.iter().all(|&byte| byte == b'-')
    })
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    text.len() <= 128
        && bytes.next().is_some_and(word)
        && bytes.all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

/// A digest with an algorithm that the builder knows.
pub(super) fn is_digest(text: &str) -> bool {
    let Some((algorithm, encoded)) = text.split_once(':') else {
        return false;
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    encoded.len() == length
        && encoded
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "windows",
    "zos",
];
const MACHINES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "ppc64",
    "ppc64le",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// Whether a text names a platform: `OS`, `ARCH`, `OS/ARCH` or `OS/ARCH/VARIANT`.
pub(super) fn is_platform(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(4, '/').collect();
    let Some((first, rest)) = parts.split_first() else {
        return false;
    };
    let Some(system) = system(first) else {
        return false;
    };
    let part = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
    };
    if !rest.iter().all(part) {
        return false;
    }
    match rest.len() {
        0 => {
            let system = if system == "macos" {
                "darwin"
            } else {
                system.as_str()
            };
            let whole = first.to_lowercase();
            let machine = match whole.as_str() {
                "i386" => "386",
                "x86_64" | "x86-64" => "amd64",
                "aarch64" => "arm64",
                "armhf" | "armel" => "arm",
                other => other,
            };
            SYSTEMS.contains(&system) || MACHINES.contains(&machine)
        }
        1 | 2 => true,
        _ => false,
    }
}

/// The system of `NAME(VERSION+FEATURE…)`, in lower case.
fn system(text: &str) -> Option<String> {
    let (name, options) = match text.split_once('(') {
        Some((name, options)) => (name, Some(options.strip_suffix(')')?)),
        None => (text, None),
    };
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.is_empty() || !name.bytes().all(word) {
        return None;
    }
    if let Some(options) = options {
        let option = |byte: u8| word(byte) || matches!(byte, b'.' | b'%');
        let mut parts = options.split('+');
        let version = parts.next().unwrap_or("");
        let escapes = |text: &str| {
            text.split('%').skip(1).all(|part| {
                part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
            })
        };
        let features: Vec<&str> = parts.collect();
        if !version.bytes().all(option) || !escapes(version) {
            return None;
        }
        if !features
            .iter()
            .all(|f| !f.is_empty() && f.bytes().all(option) && escapes(f))
        {
            return None;
        }
    }
    Some(name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_names() {
        let digest = format!("a@sha256:{}", "0".repeat(64));
        for good in [
            "a",
            "a/b-c__d.e",
            "r.io:5000/a/b:T.1",
            "localhost/a",
            "[::1]:80/a",
            &digest,
            "A/b",
            "a_b.c/d",
        ] {
            assert_eq!(refused(good), None, "{good}");
        }
        let identifier = "a".repeat(64);
        let long = "a".repeat(250);
        for bad in [
            "",
            "A",
            "a:",
            "a b",
            "a//b",
            "-a",
            "a_",
            "a___b",
            "a:t:u",
            "a@sha256:0",
            "r.io/",
            &identifier,
            &long,
            "a..b/c",
            "a:-t",
            "http://a/b",
        ] {
            assert!(refused(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn platforms_have_parts() {
        for good in [
            "linux",
            "amd64",
            "x86_64",
            "linux/amd64",
            "linux/arm/v7",
            "a/b",
            "windows(10.0+x)/amd64",
        ] {
            assert!(is_platform(good), "{good}");
        }
        for bad in [
            "",
            "foo",
            "linux/",
            "/amd64",
            "linux/a/b/c",
            "linux/*",
            "linux amd64",
            "w(%)/a",
        ] {
            assert!(!is_platform(bad), "{bad}");
        }
    }
}
