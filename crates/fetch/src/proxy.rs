//! Which proxy stands before a server, as Go's net/http reads it from the environment.

use std::net::IpAddr;

use crate::url::{Scheme, Url};

/// The proxies of the environment: `HTTP_PROXY`, `HTTPS_PROXY`, and in `NO_PROXY` what is asked
/// without one; each also in lower case.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<String>,
    https: Option<String>,
    without: Vec<Exception>,
}

/// An entry of `NO_PROXY`.
#[derive(Clone, Debug)]
struct Exception {
    host: Host,
    port: Option<String>,
}

#[derive(Clone, Debug)]
enum Host {
    Any,
    Address(IpAddr),
    /// An address and how many of its bits count.
    Network(IpAddr, u8),
    /// Starts with a dot. Whether the name without it is meant, too.
    Domain(String, bool),
}

impl Proxies {
    /// Asks for the variables of the environment.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Self {
        let any = |name: &str| {
            let found = variable(name).filter(|value| !value.is_empty());
            found.or_else(|| variable(&name.to_ascii_lowercase()).filter(|value| !value.is_empty()))
        };
        // Under CGI a client could set the variable with a header `Proxy`.
        let is_cgi = variable("REQUEST_METHOD").is_some_and(|value| !value.is_empty());
        Self {
            http: any("HTTP_PROXY").filter(|_| !is_cgi),
            https: any("HTTPS_PROXY"),
            without: any("NO_PROXY")
                .map(|text| exceptions(&text))
                .unwrap_or_default(),
        }
    }

    /// The proxy for a URL, as it is written in the environment.
    pub(crate) fn of(&self, url: &Url) -> Option<&str> {
        let proxy = match url.scheme() {
            Scheme::Http => self.http.as_deref(),
            Scheme::Https => self.https.as_deref(),
        }?;
        let host = url.host().trim_start_matches('[').trim_end_matches(']');
        let address: Option<IpAddr> = host.parse().ok();
        let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        let port = url.port().to_string();
        let is_exception = |entry: &Exception| entry.matches(host, address, &port);
        (!is_here && !self.without.iter().any(is_exception)).then_some(proxy)
    }
}

impl Exception {
    fn matches(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        if self.port.as_deref().is_some_and(|wanted| wanted != port) {
            return false;
        }
        match &self.host {
            Host::Any => true,
            Host::Address(wanted) => address == Some(*wanted),
            Host::Network(network, bits) => {
                address.is_some_and(|address| in_network(address, *network, *bits))
            }
            Host::Domain(domain, itself) => {
                host.ends_with(domain.as_str()) || *itself && host == &domain[1..]
            }
        }
    }
}

fn exceptions(text: &str) -> Vec<Exception> {
    let entries = text
        .split(',')
        .map(|entry| entry.trim().to_ascii_lowercase());
    entries.filter_map(|entry| exception(&entry)).collect()
}

fn exception(entry: &str) -> Option<Exception> {
    let whole = |host| Some(Exception { host, port: None });
    if entry == "*" {
        return whole(Host::Any);
    }
    if let Some((network, bits)) = entry.split_once('/') {
        let network: IpAddr = network.parse().ok()?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        let bits = bits.parse().ok().filter(|bits| *bits <= most)?;
        return whole(Host::Network(network, bits));
    }
    let (host, port) = if let Some(rest) = entry.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        (host, port.strip_prefix(':'))
    } else if entry.matches(':').count() == 1 {
        let (host, port) = entry.split_once(':')?;
        (host, Some(port))
    } else {
        (entry, None)
    };
    let port = port.map(str::to_owned);
    if let Ok(address) = host.parse() {
        let host = Host::Address(address);
        return Some(Exception { host, port });
    }
    let domain = host.strip_prefix('*').filter(|rest| rest.starts_with('.'));
    let domain = domain.unwrap_or(host);
    if domain.is_empty() {
        return None;
    }
    let host = if domain.starts_with('.') {
        Host::Domain(domain.to_owned(), false)
    } else {
        Host::Domain(format!(".{domain}"), true)
    };
    Some(Exception { host, port })
}

fn in_network(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Proxies;
    use crate::Url;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::from_env(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn of(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&Url::parse(url).expect(url)).map(str::to_owned)
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let both = proxies(&[("HTTP_PROXY", "http://a:1"), ("https_proxy", "b:2")]);
        assert_eq!(of(&both, "http://x/"), Some("http://a:1".into()));
        assert_eq!(of(&both, "https://x/"), Some("b:2".into()));
        assert_eq!(of(&proxies(&[("HTTP_PROXY", "a")]), "https://x/"), None);
        assert_eq!(of(&proxies(&[("HTTP_PROXY", "")]), "http://x/"), None);
        let cgi = proxies(&[("HTTP_PROXY", "a"), ("REQUEST_METHOD", "GET")]);
        assert_eq!(of(&cgi, "http://x/"), None);
    }

    #[test]
    fn this_machine_is_never_asked_through_a_proxy() {
        let all = proxies(&[("HTTP_PROXY", "a")]);
        for url in [
            "http://localhost:8/",
            "http://127.0.0.2/",
            "http://[::1]:8/",
        ] {
            assert_eq!(of(&all, url), None, "{url}");
        }
        assert!(of(&all, "http://localhost.example/").is_some());
    }

    #[test]
    fn exceptions_are_names_addresses_and_networks() {
        let list = "one.example, .two.example,*.three.example,four.example:8080, 10.1.2.3,\
                    192.168.0.0/16, fd00::/8,[fe80::1]:81, ,/,x/33";
        let all = proxies(&[("HTTP_PROXY", "a"), ("NO_PROXY", list)]);
        for url in [
            "http://one.example/",
            "http://a.one.example:99/",
            "http://a.two.example/",
            "http://a.three.example/",
            "http://four.example:8080/",
            "http://a.four.example:8080/",
            "http://10.1.2.3:5/",
            "http://192.168.77.1/",
            "http://[fd12::1]/",
            "http://[fe80::1]:81/",
        ] {
            assert_eq!(of(&all, url), None, "{url}");
        }
        for url in [
            "http://aone.example/",
            "http://two.example/",
            "http://three.example/",
            "http://four.example/",
            "http://10.1.2.4/",
            "http://192.169.0.1/",
            "http://[fe80::1]:82/",
        ] {
            assert!(of(&all, url).is_some(), "{url}");
        }
        let none = proxies(&[("HTTP_PROXY", "a"), ("NO_PROXY", "x,*")]);
        assert_eq!(of(&none, "http://y/"), None);
    }
}
