//! Published ports, short and long form.

use std::net::IpAddr;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Kind, Node};

use crate::interpolation::UNKNOWN;
use crate::view::{Value, value};

/// One item of `ports`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Port<'a> {
    node: Node<'a>,
}

/// Inclusive range of port numbers; one port is a range of length one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PortRange {
    /// The first.
    pub start: u16,
    /// The last.
    pub end: u16,
}

impl PortRange {
    /// Whether the two share a port.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    /// How many ports there are.
    pub const fn count(self) -> u32 {
        self.end as u32 - self.start as u32 + 1
    }

    /// Reads `80` or `8000-8010`.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-').unwrap_or((text, text));
        let start = port_number(start)?;
        let end = port_number(end)?;
        (start <= end).then_some(Self { start, end })
    }
}

impl std::fmt::Display for PortRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.start)?;
        if self.end != self.start {
            write!(f, "-{}", self.end)?;
        }
        Ok(())
    }
}

/// A number; the reference takes a `+` before it.
fn port_number(text: &str) -> Option<u16> {
    text.bytes()
        .all(|b| b.is_ascii_digit() || b == b'+')
        .then(|| text.parse().ok())?
}

/// Transport protocol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Protocol {
    /// TCP, the default.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "tcp" => Some(Self::Tcp),
            "udp" => Some(Self::Udp),
            "sctp" => Some(Self::Sctp),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// The address of the host that a port is published on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HostIp {
    /// Not written, `0.0.0.0` or `::`: every address.
    Any,
    /// One address.
    Is(IpAddr),
    /// A variable without a default decides.
    Unknown,
}

impl HostIp {
    fn parse(text: &str) -> Option<Self> {
        if text.contains(UNKNOWN) {
            return Some(Self::Unknown);
        }
        if text.is_empty() {
            return Some(Self::Any);
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|t| t.strip_suffix(']'))
            .unwrap_or(text);
        let address: IpAddr = bare.parse().ok()?;
        Some(if address.is_unspecified() {
            Self::Any
        } else {
            Self::Is(address)
        })
    }

    /// Whether both certainly listen on a common address. `0.0.0.0` and `::` meet every address
    /// of either family: Docker publishes on both when nothing is said.
    pub fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => false,
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Is(one), Self::Is(two)) => one == two,
        }
    }
}

/// The port of the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Published {
    /// None is named: Docker takes a free one.
    Ephemeral,
    /// This port, or one port of the host for each of the container. A range over a single
    /// container port means the first free one of it, see [`PortMapping::picks_free`].
    Range(PortRange),
    /// A variable without a default decides.
    Unknown,
}

/// A published port, read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PortMapping {
    /// The address of the host.
    pub host_ip: HostIp,
    /// The port of the host.
    pub published: Published,
    /// The port of the container; `None` where a variable without a default decides.
    pub target: Option<PortRange>,
    /// The protocol; `None` where a variable without a default decides.
    pub protocol: Option<Protocol>,
}

impl PortMapping {
    /// Whether Docker takes a free port of a range of the host, so that a meeting of two such
    /// ranges need not be a conflict.
    pub fn picks_free(&self) -> bool {
        match (self.published, self.target) {
            (Published::Range(host), Some(target)) => host.count() > 1 && target.count() == 1,
            (Published::Range(host), None) => host.count() > 1,
            _ => false,
        }
    }
}

/// Reads the short form: `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`, each port a number or a range.
/// [`UNKNOWN`] may stand for what is not known. `None` for what Compose refuses.
pub fn parse_short(text: &str) -> Option<PortMapping> {
    let (address, container) = match text.rsplit_once(':') {
        Some((address, container)) => (Some(address), container),
        None => (None, text),
    };
    let (host_ip, host) = match address {
        None => ("", ""),
        Some(address) => address.rsplit_once(':').unwrap_or(("", address)),
    };
    let (container, protocol) = container.split_once('/').unwrap_or((container, "tcp"));
    let host_ip = HostIp::parse(host_ip)?;
    let protocol = if protocol.is_empty() { "tcp" } else { protocol };
    let protocol = known(protocol, Protocol::parse)?;
    if !text.is_empty() && text.chars().all(|c| c == UNKNOWN) {
        // `$PORT` alone may hold a whole mapping.
        return Some(PortMapping {
            host_ip: HostIp::Unknown,
            published: Published::Unknown,
            target: None,
            protocol: None,
        });
    }
    let target = known(container, PortRange::parse)?;
    let published = if host.is_empty() {
        Published::Ephemeral
    } else {
        known(host, PortRange::parse)?.map_or(Published::Unknown, Published::Range)
    };
    // A variable before the first colon may hold an address as well.
    let host_ip = if published == Published::Unknown && host_ip == HostIp::Any {
        HostIp::Unknown
    } else {
        host_ip
    };
    if let (Published::Range(host), Some(target)) = (published, target)
        && host.count() != target.count()
        && target.count() != 1
    {
        return None;
    }
    Some(PortMapping {
        host_ip,
        published,
        target,
        protocol,
    })
}

/// `Some(None)` for text that is not known, `None` for text that cannot be read.
#[expect(
    clippy::option_option,
    reason = "unknown and refused are different answers"
)]
fn known<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if text.contains(UNKNOWN) {
        Some(None)
    } else {
        read(text).map(Some)
    }
}

impl<'a> Port<'a> {
    /// The view of an item of `ports`: a scalar or a mapping.
    pub(crate) fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        let fits = node.kind() == Kind::Mapping || Value::new(node).is_some();
        fits.then_some(Self { node })
    }

    /// The item.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Whether it is written as a mapping.
    pub fn is_long(self) -> bool {
        self.node.kind() == Kind::Mapping
    }

    /// The place of the host's port, or of the whole item in the short form.
    pub fn published_range(self) -> TextRange {
        value(self.node, "published").map_or_else(|| self.head(), Value::range)
    }

    /// The place of the container's port, or of the whole item in the short form.
    pub fn target_range(self) -> TextRange {
        value(self.node, "target").map_or_else(|| self.head(), Value::range)
    }

    /// A short place that stands for it.
    pub fn head(self) -> TextRange {
        if self.is_long() {
            self.node
                .entries()
                .next()
                .map_or_else(|| self.node.range(), |e| e.range())
        } else {
            self.node.range()
        }
    }

    /// What it means. `None` for what Compose refuses.
    pub fn mapping(self) -> Option<PortMapping> {
        if !self.is_long() {
            return parse_short(&Value::new(self.node)?.with_unknowns());
        }
        let text = |key| value(self.node, key).map(Value::with_unknowns);
        let published = match text("published") {
            None => Published::Ephemeral,
            Some(text) if text.is_empty() => Published::Ephemeral,
            Some(text) => {
                known(&text, PortRange::parse)?.map_or(Published::Unknown, Published::Range)
            }
        };
        Some(PortMapping {
            host_ip: text("host_ip").map_or(Some(HostIp::Any), |ip| HostIp::parse(&ip))?,
            published,
            target: known(&text("target")?, PortRange::parse)?,
            protocol: match text("protocol") {
                None => Some(Protocol::Tcp),
                Some(text) => known(&text, Protocol::parse)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u16, end: u16) -> PortRange {
        PortRange { start, end }
    }

    fn show(text: &str) -> String {
        let Some(m) = parse_short(text) else {
            return "refused".to_owned();
        };
        let ip = match m.host_ip {
            HostIp::Any => "*".to_owned(),
            HostIp::Is(ip) => ip.to_string(),
            HostIp::Unknown => "?".to_owned(),
        };
        let published = match m.published {
            Published::Ephemeral => "-".to_owned(),
            Published::Range(range) => range.to_string(),
            Published::Unknown => "?".to_owned(),
        };
        let target = m.target.map_or("?".to_owned(), |t| t.to_string());
        let protocol = m.protocol.map_or("?", Protocol::name);
        format!("{ip} {published} {target} {protocol}")
    }

    #[test]
    fn the_short_form_reads_as_docker_reads_it() {
        for (text, expected) in [
            ("80", "* - 80 tcp"),
            ("8080:80", "* 8080 80 tcp"),
            ("8080:80/udp", "* 8080 80 udp"),
            ("53:53/UDP", "* 53 53 udp"),
            ("127.0.0.1:8080:80", "127.0.0.1 8080 80 tcp"),
            ("127.0.0.1::80", "127.0.0.1 - 80 tcp"),
            ("0.0.0.0:80:80", "* 80 80 tcp"),
            ("[::1]:80:80", "::1 80 80 tcp"),
            ("::1:80:80", "::1 80 80 tcp"),
            ("[::]:80:80", "* 80 80 tcp"),
            (":80", "* - 80 tcp"),
            ("3000-3005", "* - 3000-3005 tcp"),
            ("9090-9091:8080-8081", "* 9090-9091 8080-8081 tcp"),
            ("9090-9099:8080", "* 9090-9099 8080 tcp"),
            ("\0:80", "? ? 80 tcp"),
            ("\0:8080:80", "? 8080 80 tcp"),
            ("127.0.0.1:\0:80", "127.0.0.1 ? 80 tcp"),
            ("8080:\0", "* 8080 ? tcp"),
            ("80\0:80", "? ? 80 tcp"),
            ("\0", "? ? ? ?"),
            ("", "refused"),
            ("8080:", "refused"),
            ("http", "refused"),
            ("localhost:80:80", "refused"),
            ("80:80/", "* 80 80 tcp"),
            ("80:80/http", "refused"),
            ("70000:80", "refused"),
            ("+80:80", "* 80 80 tcp"),
            ("++80:80", "refused"),
            ("90-80:80", "refused"),
            ("8000-8002:80-81", "refused"),
        ] {
            assert_eq!(show(text), expected, "{text:?}");
        }
    }

    #[test]
    fn addresses_meet_where_both_listen() {
        let at = |text| HostIp::parse(text).expect("an address");
        assert!(at("").meets(at("127.0.0.1")));
        assert!(at("127.0.0.1").meets(at("127.0.0.1")));
        assert!(!at("127.0.0.1").meets(at("127.0.0.2")));
        assert!(!at("\0").meets(at("")));
    }

    #[test]
    fn a_range_over_one_container_port_picks_a_free_one() {
        let read = |text| parse_short(text).expect("reads");
        assert!(read("8000-8010:80").picks_free());
        assert!(!read("8000-8001:80-81").picks_free());
        assert!(!read("8000:80").picks_free());
        assert!(range(1, 3).overlaps(range(3, 4)));
        assert!(!range(1, 3).overlaps(range(4, 4)));
    }
}
