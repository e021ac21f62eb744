//! Requests in the clear through a proxy.
//!
//! ureq tunnels every request through a proxy with `CONNECT`, but many proxies allow that only
//! to port 443. What is not TLS is therefore asked of the proxy itself, with the whole URL in the
//! first line (RFC 9112, 3.2.2), as Go's client does.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};

/// Connects as ureq does, but for requests in the clear through a proxy.
#[derive(Debug, Default)]
pub(crate) struct ProxyConnector(DefaultConnector);

impl Connector<()> for ProxyConnector {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let proxy = details.config.proxy().filter(|_| !details.needs_tls());
        let Some(proxy) = proxy else {
            return self.0.connect(details, chained);
        };
        // Without its own proxy, or connecting would come back here.
        let config = ureq::config::Config::builder()
            .tls_config(details.config.tls_config().clone())
            .proxy(None)
            .build();
        let addrs = details
            .resolver
            .resolve(proxy.uri(), &config, details.timeout)?;
        let to_proxy = ConnectionDetails {
            uri: proxy.uri(),
            addrs,
            config: &config,
            request_level: true,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        let transport = (details.run_connector)(&to_proxy)?;
        let authority = details.uri.authority().map(|authority| {
            let host = authority.host();
            let port = authority.port().map(|port| format!(":{port}"));
            format!("{host}{}", port.unwrap_or_default())
        });
        let login = proxy.username().map(|user| {
            let password = proxy.password().unwrap_or_default();
            let login = BASE64_STANDARD.encode(format!("{user}:{password}"));
            format!("Proxy-Authorization: Basic {login}\r\n")
        });
        Ok(Some(Box::new(ToProxy {
            transport,
            origin: format!("http://{}", authority.unwrap_or_default()),
            login: login.unwrap_or_default(),
            begun: false,
        })))
    }
}

/// A connection to a proxy, for one request.
struct ToProxy {
    transport: Box<dyn Transport>,
    /// What is put before the path.
    origin: String,
    /// A header line, or nothing.
    login: String,
    /// Whether the first line is sent.
    begun: bool,
}

impl std::fmt::Debug for ToProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToProxy")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Transport for ToProxy {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if std::mem::replace(&mut self.begun, true) {
            return self.transport.transmit_output(amount, timeout);
        }
        let output = self.transport.buffers().output();
        let head = with_origin(&output[..amount], &self.origin, &self.login);
        let Some(place) = output.get_mut(..head.len()) else {
            return Err(Error::ConnectProxyFailed("the request is too long".into()));
        };
        place.copy_from_slice(&head);
        self.transport.transmit_output(head.len(), timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.transport.await_input(timeout)
    }

    /// It is not used again: the next request would need its first line rewritten, too.
    fn is_open(&mut self) -> bool {
        false
    }
}

/// The head of a request with the whole URL in its first line, and a header behind that.
fn with_origin(head: &[u8], origin: &str, login: &str) -> Vec<u8> {
    let path = head
        .iter()
        .position(|&byte| byte == b' ')
        .map_or(0, |at| at + 1);
    let line = head.windows(2).position(|pair| pair == b"\r\n");
    let line = line.map_or(head.len(), |at| at + 2);
    let path = path.min(line);
    let mut out = Vec::with_capacity(head.len() + origin.len() + login.len());
    out.extend_from_slice(&head[..path]);
    out.extend_from_slice(origin.as_bytes());
    out.extend_from_slice(&head[path..line]);
    out.extend_from_slice(login.as_bytes());
    out.extend_from_slice(&head[line..]);
    out
}

#[cfg(test)]
mod tests {
    use super::with_origin;

    #[test]
    fn the_first_line_gets_the_origin() {
        let head = b"GET /a HTTP/1.1\r\nhost: h\r\n\r\n";
        let rewritten = with_origin(head, "http://h:1", "X: y\r\n");
        let expected = b"GET http://h:1/a HTTP/1.1\r\nX: y\r\nhost: h\r\n\r\n";
        assert_eq!(rewritten, expected);
    }
}
