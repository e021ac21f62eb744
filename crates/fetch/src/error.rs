//! What can go wrong between here and a server.

use crate::tls::TlsError;
use crate::url::{Url, UrlError};

/// A request without a usable answer.
#[derive(Debug)]
pub struct FetchError {
    /// What was asked for at last, behind all redirects.
    pub url: Box<Url>,
    /// What went wrong.
    pub kind: FetchErrorKind,
}

/// The ways in which a request fails.
#[derive(Debug, thiserror::Error)]
pub enum FetchErrorKind {
    /// Nobody knows the host.
    #[error("no server with the name `{0}` is known")]
    UnknownHost(String),
    /// The server does not answer, or refuses to talk.
    #[error("cannot connect to `{host}`: {reason}")]
    Connect {
        /// The host and the port.
        host: String,
        /// What the operating system says.
        reason: String,
    },
    /// The proxy does not let it through.
    #[error("the proxy `{proxy}` does not connect to `{host}`: {reason}")]
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// The host and the port behind it.
        host: String,
        /// What was said.
        reason: String,
    },
    /// The environment names a proxy that is none.
    #[error("the proxy of the environment is no URL of a kind that is spoken")]
    ProxyUrl,
    /// The server could not prove who it is.
    #[error("the certificate of `{host}` is not trusted: {reason}")]
    Certificate {
        /// The host and the port.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The two did not come to terms on TLS.
    #[error("no TLS connection to `{host}`: {reason}")]
    Tls {
        /// The host and the port.
        host: String,
        /// Why.
        reason: String,
    },
    /// Our side of TLS is not set up.
    #[error(transparent)]
    Setup(TlsError),
    /// It takes too long.
    #[error("`{host}` took too long {doing}")]
    Timeout {
        /// The host and the port.
        host: String,
        /// At what.
        doing: &'static str,
    },
    /// The connection ended before the answer did.
    #[error("the connection to `{host}` broke: {reason}")]
    Broken {
        /// The host and the port.
        host: String,
        /// What was said.
        reason: String,
    },
    /// There is more than was agreed on.
    #[error("the answer has more than {0} bytes")]
    TooLarge(u64),
    /// Sent from place to place without end.
    #[error("redirected more than {0} times")]
    Redirects(u32),
    /// Sent to a place that is none.
    #[error("redirected to no place: {0}")]
    Redirect(UrlError),
    /// The server answered, but not with what was asked for.
    #[error("{} {}", .0, reason(*.0))]
    Status(u16),
    /// Reading what is to be sent, or writing what is received, failed.
    #[error("{0}")]
    Local(std::io::Error),
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let FetchErrorKind::Status(_) = self.kind {
            // Helm's words.
            write!(f, "failed to fetch {} : ", self.url)?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for FetchError {}

impl FetchErrorKind {
    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Certificate { .. } => {
                "name the certificate authority with `--ca-file`, or use `--insecure-skip-tls-verify` to trust anybody"
            }
            Self::Setup(TlsError::NoRoots) => {
                "install the package `ca-certificates`, or name a file with `--ca-file`"
            }
            Self::ProxyUrl => "write `http://HOST:PORT` or `https://HOST:PORT` in HTTPS_PROXY",
            _ => return None,
        })
    }

    /// Whether the same might work a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Broken { .. })
    }
}

/// The words that go with a status.
pub(crate) fn reason(status: u16) -> &'static str {
    let status = ureq::http::StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown")
}
