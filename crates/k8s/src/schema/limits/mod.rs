//! What values must satisfy besides their type: the tables that the packaged schemas lack.
//!
//! Each row follows the API server's own validation (`pkg/apis/*/validation` of Kubernetes),
//! and `tests/oracles/apiserver` holds what a real one answers. Only what it refuses is here.

mod core;
mod groups;

/// What a value must satisfy. For a list it holds for each item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Limit {
    /// A string is one of these, with this case. An empty one counts as absent where the first
    /// is not empty too.
    OneOf(&'static [&'static str]),
    /// A string has this form.
    Form(Form),
    /// An integer lies between these.
    Within(i64, i64),
    /// An integer is a port's number or a string a port's name.
    PortOrName,
    /// A count or a percentage, not negative.
    CountOrPercent,
    /// A count or a percentage of at most 100, not negative.
    CountOrPart,
    /// A map of labels.
    Labels,
    /// A map whose keys are qualified names.
    Annotations,
    /// A map whose keys can be file names.
    FileNames,
    /// A map from what a container can ask for to quantities that are not negative.
    Resources,
    /// A map to quantities, or one, that are not negative.
    Amounts,
}

/// The form of a string.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Form {
    /// RFC 1123 label.
    Label,
    /// RFC 1123 subdomain.
    Subdomain,
    /// RFC 1035 label, for Services.
    ServiceName,
    /// RFC 1123 subdomain with perhaps a dot at its end.
    DomainName,
    /// A host with perhaps `*.` before it.
    Host,
    /// The name of a port.
    PortName,
    /// The name of an environment variable.
    EnvName,
    /// The key of a label, with perhaps a domain before it.
    QualifiedName,
    /// The value of a label.
    LabelValue,
    /// The key of a ConfigMap or Secret.
    FileName,
    /// The name of an HTTP header.
    HeaderName,
    /// An IP address.
    Ip,
    /// An IP address or `None`.
    IpOrNone,
    /// A range of IP addresses.
    Cidr,
    /// A path without `..` that does not start with `/`.
    RelativePath,
    /// A path without `..`.
    PathWithoutUp,
    /// Any text but none.
    NotEmpty,
    /// A schedule of cron.
    Cron,
    /// A time zone by its name.
    TimeZone,
}

/// A field and its limit.
pub(super) type Row = (&'static str, Limit);

/// The rows of all definitions.
pub(super) fn all() -> impl Iterator<Item = &'static (&'static str, &'static [Row])> {
    core::ROWS.iter().chain(groups::ROWS)
}

/// The greatest value of a 32-bit field.
const MOST: i64 = i32::MAX as i64;
/// A whole number from zero on.
const NOT_NEGATIVE: Limit = Limit::Within(0, MOST);
/// A whole number from one on.
const POSITIVE: Limit = Limit::Within(1, MOST);
/// The number of a port.
const PORT: Limit = Limit::Within(1, 65_535);
/// Permissions of a file.
const MODE: Limit = Limit::Within(0, 0o777);
/// The number of a user or group.
const ID: Limit = Limit::Within(0, MOST);
/// A protocol of the transport layer.
const PROTOCOL: Limit = Limit::OneOf(&["TCP", "UDP", "SCTP"]);
