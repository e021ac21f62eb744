//! The registry client against servers that lie, break and ask for logins. What a real registry
//! does is tested with a real one.

use plimsoll_fetch::registry::{Descriptor, NoLogins, Registry, RegistryError, Upload, sha256};
use plimsoll_fetch::{Client, FetchErrorKind, Login, Scheme, Secret};

use crate::server::{Asked, Reply, Server, answer, client};

fn ann() -> Login {
    Login::password("ann", "secret")
}

const ANN: &str = "Basic YW5uOnNlY3JldA==";

fn host(server: &Server) -> String {
    server.address.to_string()
}

fn registry<'a>(client: &'a Client, server: &Server, login: &'a Login) -> Registry<'a> {
    Registry::new(client, &host(server), Scheme::Http, login).expect("a host")
}

fn descriptor(content: &[u8]) -> Descriptor {
    let digest = sha256(content).to_string();
    let text = format!(
        r#"{{"mediaType":"x","digest":"{digest}","size":{}}}"#,
        content.len()
    );
    serde_json::from_str(&text).expect("a descriptor")
}

fn asked_login(asked: &Asked) -> Option<&str> {
    asked.header("authorization")
}

#[test]
fn a_password_is_told_when_it_is_asked_for() {
    let server = Server::new(|asked, _| match asked_login(asked) {
        Some(ANN) => answer(200, &[], ""),
        _ => answer(401, &["www-authenticate: Basic realm=\"x\""], ""),
    });
    let (client, login) = (client(), ann());
    let known = registry(&client, &server, &login);
    known.ping().expect("let in");
    known.ping().expect("let in");
    let logins = server.asked();
    let logins: Vec<_> = logins.iter().map(asked_login).collect();
    assert_eq!(logins, [None, Some(ANN), Some(ANN)]);
    let unknown = Registry::new(&client, &host(&server), Scheme::Http, &NoLogins).expect("a host");
    let error = unknown.ping().expect_err("nobody");
    assert!(matches!(error, RegistryError::NoLogin(_)), "{error}");
    let wrong = Login::password("ann", "other");
    let error = registry(&client, &server, &wrong)
        .ping()
        .expect_err("refused");
    assert!(matches!(error, RegistryError::BadLogin { .. }), "{error}");
}

#[test]
fn tokens_are_fetched_for_what_is_done() {
    let tokens = Server::new(|asked, _| {
        let body = &String::from_utf8_lossy(&asked.body);
        if body.contains("refresh_token=i%2Fd") || asked_login(asked) == Some(ANN) {
            return answer(200, &[], r#"{"token":"T"}"#);
        }
        answer(401, &[], r#"{"details":"who?"}"#)
    });
    let realm = tokens.url("/token");
    let challenge = format!(
        "www-authenticate: Bearer realm=\"{realm}\",service=\"s\",scope=\"repository:a/b:pull\""
    );
    let server = Server::new(move |asked, _| match (asked_login(asked), asked.path()) {
        (Some("Bearer T"), "/v2/a/b/tags/list") => answer(
            200,
            &["link: </v2/a/b/tags/list?last=1>; rel=\"next\""],
            r#"{"tags":["1"]}"#,
        ),
        (Some("Bearer T"), _) => answer(200, &[], r#"{"tags":null}"#),
        _ => answer(401, &[&challenge], ""),
    });
    let client = client();
    for login in [ann(), Login::Identity(Secret::new("i/d"))] {
        let registry = registry(&client, &server, &login);
        let tags = registry
            .repository("a/b")
            .expect("a name")
            .tags()
            .expect("a list");
        assert_eq!(tags, ["1"]);
    }
    let asked = tokens.asked();
    assert_eq!(
        asked[0].line,
        "GET /token?service=s&scope=repository%3Aa%2Fb%3Apull HTTP/1.1"
    );
    assert_eq!(asked[1].line, "POST /token HTTP/1.1");
    assert!(String::from_utf8_lossy(&asked[1].body).contains("scope=repository%3Aa%2Fb%3Apull"));
    // One token did for both pages.
    assert_eq!(asked.len(), 2);
    assert!(
        server
            .asked()
            .iter()
            .all(|asked| asked_login(asked) != Some(ANN))
    );
    let wrong = Login::password("ann", "other");
    let error = registry(&client, &server, &wrong)
        .repository("a/b")
        .expect("a name")
        .tags();
    let said = error.expect_err("refused").to_string();
    assert!(
        said.contains("unauthorized: who?") && !said.contains("other"),
        "{said}"
    );
}

#[test]
fn a_registry_cannot_send_logins_to_inner_addresses() {
    // Another loopback address stands for a cloud's metadata.
    let server = Server::new(|_, _| {
        answer(
            401,
            &["www-authenticate: Bearer realm=\"http://127.0.0.9:1/x\""],
            "",
        )
    });
    let (client, login) = (client(), ann());
    let error = registry(&client, &server, &login)
        .ping()
        .expect_err("refused");
    assert!(matches!(error, RegistryError::Realm { .. }), "{error}");
}

#[test]
fn storage_elsewhere_learns_no_login() {
    let content = b"layer".to_vec();
    let storage = Server::new(|_, _| answer(200, &[], "layer"));
    let location = format!("location: {}", storage.url("/stored"));
    let server = Server::new(move |asked, _| match asked_login(asked) {
        Some(ANN) => answer(307, &[&location], ""),
        _ => answer(401, &["www-authenticate: Basic realm=x"], ""),
    });
    let (client, login) = (client(), ann());
    let registry = registry(&client, &server, &login);
    let repository = registry.repository("a").expect("a name");
    let got = repository
        .blob(&descriptor(&content), 100)
        .expect("fetched");
    assert_eq!(got, content);
    assert_eq!(asked_login(&storage.asked()[0]), None);
}

#[test]
fn content_is_what_its_digest_says() {
    let (client, login) = (client(), ann());
    let wanted = descriptor(b"right");
    for (body, is_length) in [("wrong", false), ("righ", true), ("rightly", true)] {
        let server = Server::new(move |_, _| {
            Reply::Raw(format!("HTTP/1.1 200 OK\r\n\r\n{body}").into_bytes())
        });
        let registry = registry(&client, &server, &login);
        let repository = registry.repository("a").expect("a name");
        let error = repository.blob(&wanted, 100).expect_err(body);
        match error {
            RegistryError::Length { .. } => assert!(is_length, "{body}"),
            RegistryError::Digest { .. } => assert!(!is_length, "{body}"),
            other => panic!("{body}: {other}"),
        }
        let manifest = repository.manifest(&wanted.digest, &[]);
        assert!(
            matches!(manifest, Err(RegistryError::Digest { .. })),
            "{body}"
        );
    }
    let server = Server::new(|_, _| answer(200, &[], "never asked"));
    let registry = registry(&client, &server, &login);
    let huge = Descriptor {
        size: u64::MAX,
        ..wanted
    };
    let error = registry.repository("a").expect("a name").blob(&huge, 100);
    assert!(matches!(error, Err(RegistryError::Length { .. })));
    assert!(server.asked().is_empty());
}

#[test]
fn a_tag_is_checked_against_the_registrys_own_digest() {
    let lie = format!("docker-content-digest: {}", sha256(b"another"));
    let server = Server::new(move |_, _| answer(200, &[&lie, "content-type: m/x; q=1"], "{}"));
    let (client, login) = (client(), ann());
    let registry = registry(&client, &server, &login);
    let manifest = registry
        .repository("a")
        .expect("a name")
        .manifest("latest", &["m/x"]);
    assert!(matches!(manifest, Err(RegistryError::Digest { .. })));
    assert_eq!(server.asked()[0].header("accept"), Some("m/x"));
}

#[test]
fn a_manifest_has_a_bound() {
    let server = Server::new(|_, _| answer(200, &[], vec![b' '; 5_000_000]));
    let (client, login) = (client(), ann());
    let registry = registry(&client, &server, &login);
    let error = registry
        .repository("a")
        .expect("a name")
        .manifest("x", &[])
        .expect_err("large");
    let RegistryError::Fetch(error) = error else {
        panic!("{error}")
    };
    assert!(matches!(error.kind, FetchErrorKind::TooLarge(_)));
}

#[test]
fn a_broken_download_goes_on() {
    let content: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    let served = content.clone();
    let server = Server::new(move |asked, _| {
        let from = asked.header("range").and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse::<usize>()
                .ok()
        });
        let from = from.unwrap_or(0);
        let rest = &served[from..];
        let status = if from == 0 {
            "200 OK".to_owned()
        } else {
            "206 Partial".to_owned()
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{}/{}\r\n\r\n",
            rest.len(),
            served.len() - 1,
            served.len()
        );
        Reply::Raw([head.as_bytes(), &rest[..rest.len().min(70_000)]].concat())
    });
    let (client, login) = (client(), ann());
    let registry = registry(&client, &server, &login);
    let got = registry
        .repository("a")
        .expect("a name")
        .blob(&descriptor(&content), 1_000_000);
    assert_eq!(got.expect("in three parts"), content);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn uploads_go_on_where_they_broke() {
    // What has arrived, and whether a part was lost on the way.
    let state = std::sync::Mutex::new((Vec::<u8>::new(), false));
    let server = Server::new(move |asked, _| {
        let mut state = state.lock().expect("not poisoned");
        let method = asked.line.split(' ').next().unwrap_or_default();
        let range = |len: usize| format!("range: 0-{}", len.saturating_sub(1));
        match method {
            "HEAD" => answer(404, &[], ""),
            "POST" => answer(202, &["location: /v2/a/blobs/uploads/1?state=x"], ""),
            "PATCH" if state.0.len() == 4 && !state.1 => {
                state.0.extend_from_slice(&asked.body[..2]);
                state.1 = true;
                Reply::Raw(Vec::new())
            }
            "PATCH" => {
                let from = asked
                    .header("content-range")
                    .and_then(|range| range.split('-').next());
                assert_eq!(from, Some(&*state.0.len().to_string()));
                state.0.extend_from_slice(&asked.body);
                answer(
                    202,
                    &[
                        "location: /v2/a/blobs/uploads/1?state=x",
                        &range(state.0.len()),
                    ],
                    "",
                )
            }
            "GET" => answer(
                204,
                &[
                    "location: /v2/a/blobs/uploads/1?state=x",
                    &range(state.0.len()),
                ],
                "",
            ),
            _ => {
                assert_eq!(state.0, b"0123456789");
                assert!(
                    asked.path().contains("state=x&digest=sha256%3A"),
                    "{}",
                    asked.line
                );
                answer(201, &[], "")
            }
        }
    });
    let (client, login) = (client(), ann());
    let registry = registry(&client, &server, &login);
    let repository = registry.repository("a").expect("a name");
    let content = b"0123456789".to_vec();
    let upload = Upload {
        chunk: Some(4),
        ..Upload::default()
    };
    let sent = repository
        .push_blob(&sha256(&content), &content, upload)
        .expect("arrived");
    assert!(sent);
}

#[test]
fn an_upload_elsewhere_learns_no_login() {
    let storage = Server::new(|_, _| answer(201, &[], ""));
    let location = format!("location: {}", storage.url("/upload"));
    let server = Server::new(move |asked, _| match (asked_login(asked), &*asked.line) {
        (None, _) => answer(401, &["www-authenticate: Basic realm=x"], ""),
        (_, line) if line.starts_with("HEAD") => answer(404, &[], ""),
        _ => answer(202, &[&location], ""),
    });
    let (client, login) = (client(), ann());
    let registry = registry(&client, &server, &login);
    let content = b"x".to_vec();
    let repository = registry.repository("a").expect("a name");
    let sent = repository.push_blob(&sha256(&content), &content, Upload::default());
    assert!(sent.expect("arrived"));
    assert_eq!(asked_login(&storage.asked()[0]), None);
    assert_eq!(storage.asked()[0].body, b"x");
}

#[test]
fn what_a_registry_says_is_told() {
    let body = r#"{"errors":[{"code":"DENIED","message":"not yours"},{"code":"NAME_INVALID"}]}"#;
    let server = Server::new(move |_, _| answer(403, &[], body));
    let (client, login) = (client(), ann());
    let registry = registry(&client, &server, &login);
    let bytes = b"{}".to_vec();
    let error = registry
        .repository("a")
        .expect("a name")
        .put_manifest("1", "m", &bytes);
    let expected = format!(
        "`{}` refused to take the manifest: 403 Forbidden: denied: not yours; name invalid",
        server.address
    );
    assert_eq!(error.expect_err("refused").to_string(), expected);
    for name in ["../x", "A", ""] {
        assert!(matches!(
            registry.repository(name),
            Err(RegistryError::Repository(_))
        ));
    }
    assert!(Registry::new(&client, "a/b", Scheme::Http, &login).is_err());
    assert!(Registry::new(&client, "u@a", Scheme::Http, &login).is_err());
}
