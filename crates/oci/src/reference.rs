//! Image references: `[domain/]path[:tag][@digest]`, with Docker Hub's short names.

use std::fmt;

use plimsoll_source::TextRange;

use crate::digest::{Digest, DigestError};

/// The domain of names without one.
const HUB: &str = "docker.io";
/// What the path of a one-part name on Docker Hub begins with.
const OFFICIAL: &str = "library/";
/// The longest path, in bytes.
const MAX_PATH: usize = 255;
/// The longest tag, in bytes.
const MAX_TAG: usize = 128;

/// An image reference in its normal form, with the places of its parts in the text that it was
/// read from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reference {
    domain: Box<str>,
    repository: Box<str>,
    tag: Option<Box<str>>,
    digest: Option<Digest>,
    domain_range: Option<TextRange>,
    repository_range: TextRange,
    tag_range: Option<TextRange>,
    digest_range: Option<TextRange>,
}

/// Why a text is no image reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferenceError {
    /// The part at fault, relative to the text given.
    pub range: TextRange,
    /// What is wrong with it.
    pub kind: ReferenceErrorKind,
}

/// The ways in which a text is no image reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReferenceErrorKind {
    /// Nothing there.
    Empty,
    /// The repository has upper-case letters.
    Uppercase,
    /// 64 hexadecimal digits name an image id, not a repository.
    Identifier,
    /// The repository is longer than 255 bytes.
    TooLong,
    /// The domain (and port) before the first `/`.
    Domain,
    /// The repository: lower-case letters and digits, joined by `.`, `_`, `__`, dashes and `/`.
    Repository,
    /// The tag: up to 128 letters, digits, `_`, `.` and `-`, not beginning with the last two.
    Tag,
    /// The digest.
    Digest(DigestError),
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ReferenceErrorKind::Empty => f.write_str("the image name is empty"),
            ReferenceErrorKind::Uppercase => {
                f.write_str("the repository of an image is written in lower case")
            }
            ReferenceErrorKind::Identifier => {
                f.write_str("64 hexadecimal digits are an image id, not a name")
            }
            ReferenceErrorKind::TooLong => {
                write!(f, "the repository is longer than {MAX_PATH} characters")
            }
            ReferenceErrorKind::Domain => f.write_str("the registry's domain is malformed"),
            ReferenceErrorKind::Repository => f.write_str("the repository is malformed"),
            ReferenceErrorKind::Tag => f.write_str("the tag is malformed"),
            ReferenceErrorKind::Digest(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReferenceError {}

impl Reference {
    /// Reads a reference as the engine and the builders do, short names included: `redis` is
    /// `docker.io/library/redis`. No tag is made up; see [`Reference::tag_or_latest`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let whole = TextRange::at(0, text.len());
        let fail = |range, kind| Err(ReferenceError { range, kind });
        if text.is_empty() {
            return fail(whole, ReferenceErrorKind::Empty);
        }
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return fail(whole, ReferenceErrorKind::Identifier);
        }
        let (domain, rest_at) = split_domain(text);
        let rest = &text[rest_at..];
        let path_len = rest.find([':', '@']).unwrap_or(rest.len());
        let path = &rest[..path_len];
        let path_range = TextRange::at(rest_at, rest_at + path_len);
        // The reference looks for upper case before the first colon, so in a digest's algorithm
        // too when there is no tag.
        let before_colon = &rest[..rest.find(':').unwrap_or(rest.len())];
        if before_colon.chars().any(|c| c.to_lowercase().ne([c])) {
            let range = TextRange::at(rest_at, rest_at + before_colon.len());
            return fail(range, ReferenceErrorKind::Uppercase);
        }

        let mut at = rest_at + path_len;
        let mut tag_range = None;
        let mut digest_range = None;
        if text[at..].starts_with(':') {
            let end = text[at..].find('@').map_or(text.len(), |n| at + n);
            tag_range = Some(TextRange::at(at + 1, end));
            at = end;
        }
        if text[at..].starts_with('@') {
            digest_range = Some(TextRange::at(at + 1, text.len()));
        }

        let hub = matches!(domain, None | Some("docker.io" | "index.docker.io"));
        let official = hub && !rest.contains('/');
        let mut domain_range = domain.map(|domain| TextRange::at(0, domain.len()));
        let mut repository_range = path_range;
        let mut repository: Box<str> = if official {
            format!("{OFFICIAL}{path}").into()
        } else {
            path.into()
        };
        let mut domain = if hub { HUB } else { domain.unwrap_or(HUB) };
        if !is_path(path) {
            return fail(path_range, ReferenceErrorKind::Repository);
        }
        if !is_domain(domain) {
            // A first part that is no domain for its underscores may still be a path's, though
            // the name then has no domain at all. The reference reads it so.
            if !domain.split('/').all(is_component) {
                let range = TextRange::at(0, domain.len());
                return fail(range, ReferenceErrorKind::Domain);
            }
            repository = format!("{domain}/{path}").into();
            repository_range = TextRange::new(0, path_range.end);
            domain_range = None;
            domain = "";
        }
        if let Some(range) = tag_range
            && !is_tag(range.of(text))
        {
            return fail(range, ReferenceErrorKind::Tag);
        }
        if let Some(range) = digest_range
            && !is_digest_shape(range.of(text))
        {
            return fail(range, ReferenceErrorKind::Digest(DigestError::Format));
        }
        if repository.len() > MAX_PATH {
            return fail(repository_range, ReferenceErrorKind::TooLong);
        }
        let digest = match digest_range.map(|range| (range, Digest::parse(range.of(text)))) {
            None => None,
            Some((_, Ok(digest))) => Some(digest),
            Some((range, Err(error))) => return fail(range, ReferenceErrorKind::Digest(error)),
        };
        Ok(Self {
            domain: domain.into(),
            repository,
            tag: tag_range.map(|range| range.of(text).into()),
            digest,
            domain_range,
            repository_range,
            tag_range,
            digest_range,
        })
    }

    /// The registry's domain with its port; `docker.io` for names without one. Empty for the
    /// few names whose first part looks like a domain but has an underscore.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The path on the registry, `library/` of Docker Hub's official images included.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The last part of the path: `redis` for `docker.io/library/redis`.
    pub fn name(&self) -> &str {
        self.repository
            .rsplit('/')
            .next()
            .unwrap_or(&self.repository)
    }

    /// Domain and path without tag and digest: `docker.io/library/redis`.
    pub fn full_name(&self) -> String {
        if self.domain.is_empty() {
            self.repository.to_string()
        } else {
            format!("{}/{}", self.domain, self.repository)
        }
    }

    /// Domain and path in the short form that people write: `redis`, `bitnami/redis`,
    /// `ghcr.io/astral-sh/uv`.
    pub fn familiar(&self) -> String {
        if &*self.domain != HUB {
            return self.full_name();
        }
        match self.repository.strip_prefix(OFFICIAL) {
            Some(name) if !name.contains('/') => name.to_owned(),
            _ => self.repository.to_string(),
        }
    }

    /// Whether it is one of Docker Hub's official images (`docker.io/library/NAME`).
    pub fn is_official(&self) -> bool {
        &*self.domain == HUB
            && self
                .repository
                .strip_prefix(OFFICIAL)
                .is_some_and(|name| !name.contains('/'))
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The tag that is pulled: the one written, `latest` where neither tag nor digest is.
    pub fn tag_or_latest(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, Some(_)) => None,
            (None, None) => Some("latest"),
        }
    }

    /// The digest, if one is written.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Where the domain is written; `None` if it is not.
    pub fn domain_range(&self) -> Option<TextRange> {
        self.domain_range
    }

    /// Where the path is written (without a `library/` that is only implied).
    pub fn repository_range(&self) -> TextRange {
        self.repository_range
    }

    /// Where the last part of the path is written.
    pub fn name_range(&self) -> TextRange {
        let end = self.repository_range.end;
        TextRange::new(end - self.name().len() as u32, end)
    }

    /// Where domain and path are written: everything before tag and digest.
    pub fn full_name_range(&self) -> TextRange {
        TextRange::new(0, self.repository_range.end)
    }

    /// Where the tag is written, without its colon.
    pub fn tag_range(&self) -> Option<TextRange> {
        self.tag_range
    }

    /// Where the digest is written, without its `@`.
    pub fn digest_range(&self) -> Option<TextRange> {
        self.digest_range
    }
}

/// The full form: `docker.io/library/redis:7@sha256:…`.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.domain.is_empty() {
            write!(f, "{}/", self.domain)?;
        }
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// The domain, if the part before the first `/` is one, and the offset of what follows. A
/// first part counts as a domain when no path on Docker Hub could begin so: with a dot, a
/// colon or a capital, or when it is `localhost`.
fn split_domain(text: &str) -> (Option<&str>, usize) {
    let Some((first, _)) = text.split_once('/') else {
        return (None, 0);
    };
    let is_domain = first == "localhost"
        || first.contains(['.', ':'])
        || first.chars().any(|c| c.to_lowercase().ne([c]));
    if is_domain {
        (Some(first), first.len() + 1)
    } else {
        (None, 0)
    }
}

/// `host[:port]`, the host a domain name, an IPv4 address or an IPv6 address in brackets.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rfind(']').map_or_else(
        || text.find(':'),
        |end| text[end..].find(':').map(|n| end + n),
    ) {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    let port_fits = port.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let label = |part: &str| {
        let bytes = part.as_bytes();
        bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
    };
    let host_fits = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| {
            !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
        }),
        None => host.split('.').all(label),
    };
    port_fits && host_fits
}

fn is_path(text: &str) -> bool {
    text.split('/').all(is_component)
}

/// Runs of lower-case letters and digits, joined by one `.`, one or two `_`, or any number of
/// dashes.
fn is_component(text: &str) -> bool {
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut rest = text.as_bytes();
    loop {
        let run = rest.iter().take_while(|b| word(b)).count();
        if run == 0 {
            return false;
        }
        rest = &rest[run..];
        if rest.is_empty() {
            return true;
        }
        let joint = rest.iter().take_while(|b| !word(b)).count();
        let fits = match &rest[..joint] {
            b"." | b"_" | b"__" => true,
            dashes => dashes.iter().all(|b| *b == b'-'),
        };
        if !fits {
            return false;
        }
        rest = &rest[joint..];
    }
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= MAX_TAG
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

/// What the grammar of references asks of a digest, before the algorithm is looked at.
fn is_digest_shape(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else {
        return false;
    };
    let component = |part: &str| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(component)
        && digits.len() >= 32
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{Reference, ReferenceErrorKind};

    #[test]
    fn short_names_are_on_docker_hub() {
        let image = Reference::parse("python").expect("well formed");
        assert_eq!(
            (image.domain(), image.repository()),
            ("docker.io", "library/python")
        );
        assert_eq!(
            (image.familiar().as_str(), image.name()),
            ("python", "python")
        );
        assert_eq!((image.tag(), image.tag_or_latest()), (None, Some("latest")));
        assert!(image.is_official());
        let image = Reference::parse("bitnami/redis:7").expect("well formed");
        assert_eq!(image.to_string(), "docker.io/bitnami/redis:7");
        assert!(!image.is_official());
    }

    #[test]
    fn every_written_part_has_its_place() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let text = format!("localhost:5000/a/b-c:1.2@{digest}");
        let image = Reference::parse(&text).expect("well formed");
        assert_eq!(
            image.domain_range().map(|r| r.of(&text)),
            Some("localhost:5000")
        );
        assert_eq!(image.repository_range().of(&text), "a/b-c");
        assert_eq!(image.name_range().of(&text), "b-c");
        assert_eq!(image.full_name_range().of(&text), "localhost:5000/a/b-c");
        assert_eq!(image.tag_range().map(|r| r.of(&text)), Some("1.2"));
        assert_eq!(
            image.digest_range().map(|r| r.of(&text)),
            Some(digest.as_str())
        );
        let image = Reference::parse("redis").expect("well formed");
        assert_eq!(image.domain_range(), None);
        assert_eq!(image.name_range().of("redis"), "redis");
    }

    #[test]
    fn errors_point_at_the_part() {
        let cases = [
            ("Redis:7", "Redis", ReferenceErrorKind::Uppercase),
            ("a/B/c", "a/B/c", ReferenceErrorKind::Uppercase),
            ("x:", "", ReferenceErrorKind::Tag),
            ("x:-1", "-1", ReferenceErrorKind::Tag),
            ("-x", "-x", ReferenceErrorKind::Repository),
            ("a:b/c", "a:b", ReferenceErrorKind::Domain),
            ("", "", ReferenceErrorKind::Empty),
        ];
        for (text, part, kind) in cases {
            let error = Reference::parse(text).expect_err(text);
            assert_eq!((error.range.of(text), error.kind), (part, kind), "{text}");
        }
    }
}
