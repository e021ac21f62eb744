//! What can go wrong with a registry.

use plimsoll_oci::Digest;
use serde::Deserialize;

use super::MAX_ANSWER;
use crate::client::Response;
use crate::credentials::CredentialsError;
use crate::error::{FetchError, reason};

/// A registry did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A host that is none.
    #[error("`{0}` is no host of a registry")]
    Host(String),
    /// The name of a repository that is none.
    #[error(
        "`{0}` is no name of a repository: it has lower-case letters and digits, joined by `.`, `_`, `-` and `/`"
    )]
    Repository(String),
    /// A tag or a digest that is none.
    #[error("`{0}` is neither a tag nor a digest")]
    Reference(String),
    /// The connection failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// There is no such manifest or blob.
    #[error("`{0}` is not there: not found")]
    Missing(String),
    /// The registry wants to know who asks, and nobody said.
    #[error("`{0}` wants to know who asks: unauthorized, and there is no login for it")]
    NoLogin(String),
    /// The registry does not accept the login.
    #[error("`{host}` does not accept the login: unauthorized{}", colon(.message))]
    BadLogin {
        /// The host.
        host: String,
        /// What it says about it.
        message: String,
    },
    /// The registry says no.
    #[error("`{host}` refused to {doing}: {status} {}{}", reason(*.status), colon(.message))]
    Refused {
        /// The host.
        host: String,
        /// What it was asked to do.
        doing: &'static str,
        /// The status.
        status: u16,
        /// What it says about it.
        message: String,
    },
    /// The registry sends to a place that must not learn who asks.
    #[error("`{host}` wants the login sent to `{realm}`: {reason}")]
    Realm {
        /// The registry's host.
        host: String,
        /// Where to.
        realm: String,
        /// Why not.
        reason: &'static str,
    },
    /// An answer that is not of the form it must have.
    #[error("{what} is malformed: {reason}")]
    Malformed {
        /// The answer.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The content is another one.
    #[error("the content has the digest {found}, not {expected}")]
    Digest {
        /// The digest it should have.
        expected: Digest,
        /// The one it has.
        found: Digest,
    },
    /// The content is longer or shorter than it was said to be.
    #[error("the content has {found} bytes, not {expected}")]
    Length {
        /// The bytes it should have.
        expected: u64,
        /// The bytes it has, or at least has.
        found: u64,
    },
    /// The login could not be looked up.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Writing what was received failed.
    #[error("cannot write what was received: {0}")]
    Write(std::io::Error),
}

fn colon(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// The error that an answer is, with what the registry says about it.
pub(super) fn refused(host: String, doing: &'static str, response: Response) -> RegistryError {
    let status = response.status;
    let message = message(response);
    if status == 401 {
        return RegistryError::BadLogin { host, message };
    }
    RegistryError::Refused {
        host,
        doing,
        status,
        message,
    }
}

/// The codes and messages in the body of an answer.
pub(super) fn message(response: Response) -> String {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        errors: Vec<Entry>,
        /// Token servers.
        details: Option<String>,
    }
    #[derive(Deserialize)]
    struct Entry {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    }
    let bytes = response.bytes(MAX_ANSWER).unwrap_or_default();
    let Ok(body) = serde_json::from_slice::<Body>(&bytes) else {
        return String::new();
    };
    let words = body.errors.iter().take(5).map(|error| {
        let code = error.code.to_lowercase().replace('_', " ");
        match (code.is_empty(), error.message.is_empty()) {
            (false, false) => format!("{code}: {}", error.message),
            (false, true) => code,
            _ => error.message.clone(),
        }
    });
    let words: Vec<String> = words.chain(body.details).collect();
    let joined = words.join("; ");
    joined.chars().take(500).collect()
}
