//! Answers, redirects, retries and bounds.

use plimsoll_fetch::{FetchErrorKind, Login, Method, Request};

use crate::server::{Reply, Server, answer, client};

fn ann() -> Login {
    Login::password("ann", "secret")
}

/// `ann:secret`
const ANN: &str = "Basic YW5uOnNlY3JldA==";

#[test]
fn an_answer_is_read() {
    let server = Server::new(|_, _| answer(200, &["x-a: 1"], "hello"));
    let request = Request::get(server.url("/a b?c=d")).header("accept", "text/plain");
    let response = client().send(&request).expect("answered");
    assert_eq!((response.status, response.header("x-a")), (200, Some("1")));
    assert_eq!(response.bytes(5).expect("read"), b"hello");
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "GET /a%20b?c=d HTTP/1.1");
    assert_eq!(asked.header("user-agent"), Some("plimsoll/test"));
    assert_eq!(asked.header("accept"), Some("text/plain"));
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.header("accept-encoding"), None);
}

#[test]
fn other_answers_are_errors_without_secrets() {
    let server = Server::new(|_, _| answer(404, &[], ""));
    let address = server.address;
    let url = plimsoll_fetch::Url::parse(&format!("http://ann:secret@{address}/x?sig=abc"));
    let error = client()
        .bytes(&Request::get(url.expect("a URL")), 1)
        .expect_err("404");
    let said = format!("{error} {error:?}");
    assert!(
        said.contains(&format!(
            "failed to fetch http://{address}/x?… : 404 Not Found"
        )),
        "{said}"
    );
    assert!(!said.contains("secret") && !said.contains("abc"), "{said}");
    assert_eq!(server.asked()[0].header("authorization"), Some(ANN));
}

#[test]
fn a_busy_server_is_asked_again() {
    let server = Server::new(|_, before| match before {
        0 => answer(503, &["retry-after: 0"], ""),
        1 => Reply::Raw(Vec::new()),
        2 => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal".to_vec()),
        _ => answer(200, &[], "done"),
    });
    let bytes = client()
        .bytes(&Request::get(server.url("/")), 100)
        .expect("at last");
    assert_eq!(bytes, b"done");
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn asking_again_ends() {
    let server = Server::new(|_, _| answer(500, &[], ""));
    let response = client()
        .send(&Request::get(server.url("/")))
        .expect("answered");
    assert_eq!((response.status, server.asked().len()), (500, 4));
    let once = Server::new(|_, _| answer(503, &[], ""));
    let mut request = Request::new(Method::Patch, once.url("/"));
    request.repeatable = false;
    assert_eq!(client().send(&request).expect("answered").status, 503);
    assert_eq!(once.asked().len(), 1);
    let refused = Server::new(|_, _| answer(403, &[], ""));
    client()
        .send(&Request::get(refused.url("/")))
        .expect("answered");
    assert_eq!(refused.asked().len(), 1);
}

#[test]
fn redirects_are_followed() {
    let server = Server::new(|asked, _| match asked.path() {
        "/a/b" => answer(302, &["location: ../c?d"], ""),
        _ => answer(200, &[], "there"),
    });
    let request = Request::get(server.url("/a/b")).login(Some(ann()));
    let response = client().send(&request).expect("answered");
    assert_eq!(response.url.path(), "/c");
    assert_eq!(response.bytes(9).expect("read"), b"there");
    let logins = server.asked();
    let logins = logins.iter().map(|asked| asked.header("authorization"));
    assert!(logins.eq([Some(ANN), Some(ANN)]));
}

#[test]
fn a_login_stays_with_its_origin() {
    let other = Server::new(|_, _| answer(200, &[], "other"));
    let location = format!("location: {}", other.url("/x"));
    let location = location.replace("…", "");
    let first = Server::new(move |_, _| answer(307, &[&location], ""));
    let mut request = Request::get(first.url("/")).login(Some(ann()));
    client().bytes(&request, 9).expect("answered");
    request.login_for_all = true;
    client().bytes(&request, 9).expect("answered");
    // A login in the URL itself is one for its origin, too.
    let url = format!("http://ann:secret@{}/", first.address);
    let written = Request::get(plimsoll_fetch::Url::parse(&url).expect("a URL"));
    client().bytes(&written, 9).expect("answered");
    assert!(
        first
            .asked()
            .iter()
            .all(|asked| asked.header("authorization") == Some(ANN))
    );
    let told = other.asked();
    let told: Vec<_> = told
        .iter()
        .map(|asked| asked.header("authorization"))
        .collect();
    assert_eq!(told, [None, Some(ANN), None]);
}

#[test]
fn redirects_in_a_circle_end() {
    let server = Server::new(|_, _| answer(302, &["location: /again"], ""));
    let error = client()
        .send(&Request::get(server.url("/")))
        .err()
        .expect("no end");
    assert!(
        matches!(error.kind, FetchErrorKind::Redirects(10)),
        "{error}"
    );
    assert_eq!(server.asked().len(), 11);
    let server = Server::new(|_, _| answer(302, &["location: file:///etc/passwd"], ""));
    let error = client()
        .send(&Request::get(server.url("/")))
        .err()
        .expect("no place");
    assert!(matches!(error.kind, FetchErrorKind::Redirect(_)), "{error}");
}

#[test]
fn what_is_sent_is_sent_again_or_dropped() {
    let server = Server::new(|asked, before| match (asked.path(), before) {
        ("/307", _) => answer(307, &["location: /to"], ""),
        ("/303", _) => answer(303, &["location: /to"], ""),
        (_, 1) => answer(429, &["retry-after: 0"], ""),
        _ => answer(200, &[], ""),
    });
    let content = b"data".to_vec();
    for path in ["/307", "/303"] {
        let request = Request::new(Method::Put, server.url(path)).content(&content);
        assert_eq!(client().send(&request).expect("answered").status, 200);
    }
    let asked = server.asked();
    let asked: Vec<_> = asked.iter().map(|a| (&*a.line, a.body.len())).collect();
    assert_eq!(
        asked,
        [
            ("PUT /307 HTTP/1.1", 4),
            ("PUT /to HTTP/1.1", 4),
            ("PUT /307 HTTP/1.1", 4),
            ("PUT /to HTTP/1.1", 4),
            ("PUT /303 HTTP/1.1", 4),
            ("GET /to HTTP/1.1", 0),
        ]
    );
}

#[test]
fn too_much_is_refused() {
    let server = Server::new(|asked, _| match asked.path() {
        "/announced" => answer(200, &[], [0; 100]),
        "/chunked" => {
            let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            Reply::Raw(
                [head, &chunk.repeat(1000), "0\r\n\r\n"]
                    .concat()
                    .into_bytes(),
            )
        }
        "/endless" => Reply::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
        _ => Reply::Raw([b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'a'; 200_000]].concat()),
    });
    for path in ["/announced", "/chunked"] {
        let error = client()
            .bytes(&Request::get(server.url(path)), 50)
            .expect_err("too much");
        assert!(
            matches!(error.kind, FetchErrorKind::TooLarge(50)),
            "{path}: {error}"
        );
    }
    let error = client()
        .bytes(&Request::get(server.url("/endless")), 5)
        .expect_err("too much");
    assert!(matches!(error.kind, FetchErrorKind::TooLarge(5)), "{error}");
    assert!(
        client()
            .bytes(&Request::get(server.url("/head")), 50)
            .is_err()
    );
    assert_eq!(
        client()
            .bytes(&Request::get(server.url("/announced")), 100)
            .expect("fits")
            .len(),
        100
    );
}

#[test]
fn slow_servers_are_given_up() {
    let server = Server::new(|asked, _| match asked.path() {
        "/silent" => Reply::Hang(Vec::new()),
        "/stuck" => Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc".to_vec()),
        // Never silent for long, but never done.
        _ => Reply::Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec()),
    });
    for path in ["/silent", "/stuck", "/drip"] {
        let error = client()
            .bytes(&Request::get(server.url(path)), 200_000)
            .expect_err("slow");
        assert!(
            matches!(error.kind, FetchErrorKind::Timeout { .. }),
            "{path}: {error:?}"
        );
    }
}

#[test]
fn nobody_at_home_is_said_so() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("bound");
    drop(free);
    let url = plimsoll_fetch::Url::parse(&format!("http://{address}/")).expect("a URL");
    let error = client().bytes(&Request::get(url), 9).expect_err("nobody");
    let said = format!("cannot connect to `{address}`: connection refused");
    assert_eq!(error.to_string(), said);
    let url = plimsoll_fetch::Url::parse("http://no.such.host.invalid/").expect("a URL");
    let error = client().bytes(&Request::get(url), 9).expect_err("nobody");
    assert!(
        error.to_string().contains("no.such.host.invalid"),
        "{error:?}"
    );
}
