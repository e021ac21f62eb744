//! The library underneath: how it is set up, and what its errors mean.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};

use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;

use super::Settings;
use crate::error::FetchErrorKind;
use crate::proxy_transport::ProxyConnector;
use crate::url::{Scheme, Url};

/// One agent for each proxy, with TLS and without.
#[derive(Default)]
pub(super) struct Agents(Mutex<HashMap<(Option<String>, Scheme), Agent>>);

impl std::fmt::Debug for Agents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A proxy's URL may hold a password.
        f.write_str("Agents")
    }
}

impl Agents {
    pub(super) fn of(
        &self,
        url: &Url,
        proxy: Option<&str>,
        settings: &Settings,
    ) -> Result<Agent, FetchErrorKind> {
        let key = (proxy.map(str::to_owned), url.scheme());
        let mut agents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = agents.get(&key) {
            return Ok(agent.clone());
        }
        let agent = agent(url.scheme(), proxy, settings)?;
        agents.insert(key, agent.clone());
        Ok(agent)
    }
}

fn agent(
    scheme: Scheme,
    proxy: Option<&str>,
    settings: &Settings,
) -> Result<Agent, FetchErrorKind> {
    let proxy = proxy.map(read_proxy).transpose()?;
    let proxy_speaks_tls = proxy
        .as_ref()
        .is_some_and(|proxy| proxy.uri().scheme_str() == Some("https"));
    let tls = settings
        .tls
        .config(scheme == Scheme::Https || proxy_speaks_tls);
    let timeouts = &settings.timeouts;
    let config = Agent::config_builder()
        .tls_config(tls.map_err(FetchErrorKind::Setup)?)
        .proxy(proxy)
        .user_agent(&*settings.user_agent)
        .http_status_as_error(false)
        // They are followed above, where credentials are known.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(64 * 1024)
        .timeout_connect(Some(timeouts.connect))
        .timeout_resolve(Some(timeouts.connect))
        .timeout_per_read(Some(timeouts.idle))
        .timeout_per_write(Some(timeouts.idle))
        .build();
    Ok(Agent::with_parts(
        config,
        ProxyConnector::default(),
        DefaultResolver::default(),
    ))
}

fn read_proxy(text: &str) -> Result<ureq::Proxy, FetchErrorKind> {
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let proxy = ureq::Proxy::new(&text).map_err(|_| FetchErrorKind::ProxyUrl)?;
    match proxy.protocol() {
        ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(proxy),
        _ => Err(FetchErrorKind::ProxyUrl),
    }
}

/// The host and the port.
pub(super) fn place(url: &Url) -> String {
    format!("{}:{}", url.host(), url.port())
}

/// What an error of the library means.
pub(super) fn kind(error: ureq::Error, url: &Url, proxy: Option<&str>) -> FetchErrorKind {
    use ureq::Error;
    let host = place(url);
    let proxy = proxy.map(|text| match read_proxy(text) {
        Ok(proxy) => format!("{}:{}", proxy.host(), proxy.port()),
        Err(_) => "?".to_owned(),
    });
    match error {
        Error::HostNotFound => FetchErrorKind::UnknownHost(match proxy {
            Some(proxy) => proxy,
            None => url.host().to_owned(),
        }),
        Error::ConnectProxyFailed(reason) => FetchErrorKind::Proxy {
            proxy: proxy.unwrap_or_default(),
            host,
            reason,
        },
        Error::Timeout(timeout) => FetchErrorKind::Timeout {
            host,
            doing: doing(timeout),
        },
        Error::BodyExceedsLimit(limit) => FetchErrorKind::TooLarge(limit),
        Error::Rustls(error) => tls(error, host),
        Error::Tls(reason) => FetchErrorKind::Tls {
            host,
            reason: reason.to_owned(),
        },
        Error::Io(error) => io(&error, proxy.unwrap_or(host), url),
        other => FetchErrorKind::Broken {
            host,
            reason: other.to_string(),
        },
    }
}

fn tls(error: rustls::Error, host: String) -> FetchErrorKind {
    match error {
        rustls::Error::InvalidCertificate(error) => FetchErrorKind::Certificate {
            host,
            reason: error.to_string(),
        },
        other => FetchErrorKind::Tls {
            host,
            reason: other.to_string(),
        },
    }
}

fn io(error: &std::io::Error, host: String, url: &Url) -> FetchErrorKind {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(inner) = inner {
        return tls(inner.clone(), place(url));
    }
    let reason = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            return FetchErrorKind::Timeout {
                host,
                doing: "to say anything",
            };
        }
        ErrorKind::UnexpectedEof => {
            return FetchErrorKind::Broken {
                host,
                reason: "it was closed too early".into(),
            };
        }
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            return FetchErrorKind::Broken {
                host,
                reason: "it was reset".into(),
            };
        }
        _ => error.to_string(),
    };
    FetchErrorKind::Connect { host, reason }
}

fn doing(timeout: ureq::Timeout) -> &'static str {
    match timeout {
        ureq::Timeout::Resolve => "to be found",
        ureq::Timeout::Connect => "to be reached",
        ureq::Timeout::PerRead | ureq::Timeout::RecvResponse => "to say anything",
        ureq::Timeout::PerWrite | ureq::Timeout::SendRequest | ureq::Timeout::SendBody => {
            "to take what was sent"
        }
        _ => "to answer",
    }
}
