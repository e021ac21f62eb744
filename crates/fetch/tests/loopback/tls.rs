//! TLS with a certificate authority of the test's own.

use std::sync::Arc;

use plimsoll_fetch::{Client, FetchErrorKind, Login, Request, Settings, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::server::{Server, answer, settings};

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

struct Identity {
    certificate: String,
    key: String,
    der: (CertificateDer<'static>, PrivateKeyDer<'static>),
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("signed");
        Self { issuer }
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }

    fn issue(&self, name: &str) -> Identity {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        let der = PrivatePkcs8KeyDer::from(key.serialize_der());
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: (certificate.der().clone(), der.into()),
        }
    }

    /// A server, which may want to know its clients.
    fn server(&self, name: &str, asks_for_clients: bool) -> Server {
        let identity = self.issue(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = if asks_for_clients {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).expect("a root");
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        } else {
            builder.with_no_client_auth()
        };
        let (certificate, key) = identity.der;
        let config = builder
            .with_single_cert(vec![certificate], key)
            .expect("usable");
        Server::with_tls(config, |_, _| answer(200, &[], "over TLS"))
    }
}

fn get(server: &Server, tls: Tls) -> Result<Vec<u8>, FetchErrorKind> {
    let client = Client::new(Settings { tls, ..settings() });
    client
        .bytes(&Request::get(server.url("/")), 99)
        .map_err(|error| error.kind)
}

#[test]
fn a_server_must_prove_who_it_is() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let trusting = |pem: &str| Tls::default().trusting(pem.as_bytes()).expect("a CA");
    assert_eq!(
        get(&server, trusting(&authority.pem())).expect("trusted"),
        b"over TLS"
    );
    assert_eq!(
        get(&server, Tls::default().insecure(true)).expect("unchecked"),
        b"over TLS"
    );
    let stranger = get(&server, trusting(&Authority::new().pem()));
    assert!(
        matches!(stranger, Err(FetchErrorKind::Certificate { .. })),
        "{stranger:?}"
    );
    let kind = stranger.expect_err("not trusted");
    assert!(kind.help().is_some_and(|help| help.contains("--ca-file")));
    let elsewhere = authority.server("other.example", false);
    let misnamed = get(&elsewhere, trusting(&authority.pem()));
    assert!(
        matches!(misnamed, Err(FetchErrorKind::Certificate { .. })),
        "{misnamed:?}"
    );
}

#[test]
fn a_client_can_prove_who_it_is() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", true);
    let tls = || {
        Tls::default()
            .trusting(authority.pem().as_bytes())
            .expect("a CA")
    };
    assert!(get(&server, tls()).is_err());
    let ours = authority.issue("ann");
    let known = tls().identified(ours.certificate.as_bytes(), ours.key.as_bytes());
    assert_eq!(
        get(&server, known.expect("a pair")).expect("known"),
        b"over TLS"
    );
    let theirs = Authority::new().issue("ann");
    let unknown = tls().identified(theirs.certificate.as_bytes(), theirs.key.as_bytes());
    assert!(get(&server, unknown.expect("a pair")).is_err());
}

#[test]
fn what_was_for_tls_is_not_told_in_the_clear() {
    let plain = Server::new(|_, _| answer(200, &[], "clear"));
    let authority = Authority::new();
    let identity = authority.issue("127.0.0.1");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder
        .with_safe_default_protocol_versions()
        .expect("versions");
    let (certificate, key) = identity.der;
    let config = builder
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    let location = format!("location: {}", plain.url("/"));
    let server = Server::with_tls(config.expect("usable"), move |_, _| {
        answer(302, &[&location], "")
    });
    let tls = Tls::default().insecure(true);
    let client = Client::new(Settings { tls, ..settings() });
    let mut request = Request::get(server.url("/")).login(Some(Login::password("ann", "x")));
    request.login_for_all = true;
    assert_eq!(client.bytes(&request, 9).expect("answered"), b"clear");
    assert!(server.asked()[0].header("authorization").is_some());
    assert_eq!(plain.asked()[0].header("authorization"), None);
}
