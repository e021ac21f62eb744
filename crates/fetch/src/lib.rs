//! HTTP and OCI registries: requests within bounds, with credentials that go nowhere else.
//!
//! The only crate that links TLS. It knows neither charts nor images nor rules: callers name
//! URLs, repositories and media types, and get bytes whose size and digest are checked.
//!
//! Invariants: every answer has a bound in bytes and in time; a redirect is followed a few times
//! and never carries credentials to another origin unless that was asked for; what is secret is
//! in a [`Secret`] and in no message; the environment is asked through a function of the caller.

mod client;
pub mod credentials;
mod error;
mod proxy;
mod proxy_transport;
pub mod registry;
mod retry;
mod secret;
mod tls;
mod url;

pub use client::{Client, Content, Method, Request, Response, Settings, Timeouts};
pub use error::{FetchError, FetchErrorKind};
pub use proxy::Proxies;
pub use retry::Retries;
pub use secret::{Login, Secret};
pub use tls::{Tls, TlsError};
pub use url::{Scheme, Url, UrlError};
