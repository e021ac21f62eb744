//! Proxies: in the clear by the first line, TLS through a tunnel.

use plimsoll_fetch::{Client, FetchErrorKind, Proxies, Request, Settings, Url};

use crate::server::{Reply, Server, answer, settings};

fn through(server: &Server) -> Client {
    let address = server.address;
    let proxies = Proxies::from_env(|name| match name {
        "HTTP_PROXY" | "HTTPS_PROXY" => Some(format!("http://u:p%40@{address}")),
        _ => None,
    });
    Client::new(Settings {
        proxies,
        ..settings()
    })
}

fn get(client: &Client, url: &str) -> Result<Vec<u8>, FetchErrorKind> {
    let request = Request::get(Url::parse(url).expect("a URL"));
    client.bytes(&request, 99).map_err(|error| error.kind)
}

#[test]
fn what_is_in_the_clear_is_asked_of_the_proxy() {
    let proxy = Server::new(|_, _| answer(200, &[], "from the proxy"));
    let client = through(&proxy);
    for _ in 0..2 {
        let got = get(&client, "http://charts.invalid:8080/a?b");
        assert_eq!(got.expect("answered"), b"from the proxy");
    }
    for asked in proxy.asked() {
        assert_eq!(asked.line, "GET http://charts.invalid:8080/a?b HTTP/1.1");
        assert_eq!(asked.header("host"), Some("charts.invalid:8080"));
        // `u:p@`
        assert_eq!(asked.header("proxy-authorization"), Some("Basic dTpwQA=="));
    }
}

#[test]
fn tls_goes_through_a_tunnel() {
    let target = Server::new(|_, _| answer(200, &[], "never reached in the clear"));
    let address = target.address;
    let proxy = Server::new(move |_, _| Reply::Tunnel(address));
    let got = get(&through(&proxy), "https://charts.invalid/");
    assert!(got.is_err());
    let asked = &proxy.asked()[0];
    assert_eq!(asked.line, "CONNECT charts.invalid:443 HTTP/1.1");
    assert_eq!(asked.header("proxy-authorization"), Some("Basic dTpwQA=="));
}

#[test]
fn a_proxy_that_refuses_is_named_without_its_password() {
    let proxy = Server::new(|_, _| answer(407, &[], ""));
    let error = get(&through(&proxy), "https://charts.invalid/").expect_err("refused");
    let said = error.to_string();
    assert!(matches!(error, FetchErrorKind::Proxy { .. }), "{said}");
    assert!(
        said.contains(&proxy.address.to_string()) && !said.contains("p@"),
        "{said}"
    );
    let socks =
        Proxies::from_env(|name| (name == "HTTP_PROXY").then(|| "socks4://u:secret@h".into()));
    let client = Client::new(Settings {
        proxies: socks,
        ..settings()
    });
    let error = get(&client, "http://charts.invalid/").expect_err("not spoken");
    assert!(matches!(error, FetchErrorKind::ProxyUrl));
    assert!(!error.to_string().contains("secret"));
}
