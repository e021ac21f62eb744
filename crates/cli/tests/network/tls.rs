//! TLS, client certificates and proxies.

use std::fs;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

use crate::world::World;

/// Writes a certificate authority, a certificate for this machine and one for a client.
pub(crate) fn certificates(world: &World) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let issuer = CertifiedIssuer::self_signed(params, key).expect("signed");
    world.write("ca.pem", issuer.pem());
    for (name, subject, usage) in [
        (
            "server",
            vec!["127.0.0.1".to_owned(), "charts.test".to_owned()],
            ExtendedKeyUsagePurpose::ServerAuth,
        ),
        (
            "client",
            vec!["ann".to_owned()],
            ExtendedKeyUsagePurpose::ClientAuth,
        ),
    ] {
        let mut params = CertificateParams::new(subject).expect("parameters");
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &issuer).expect("signed");
        world.write(&format!("{name}.pem"), certificate.pem());
        world.write(&format!("{name}.key"), key.serialize_pem());
    }
}

pub(crate) fn tls(world: &World, kind: &str, asks_for_clients: bool) -> Vec<String> {
    let path = |name: &str| world.path(name).to_string_lossy().into_owned();
    let mut words = vec![
        kind.to_owned(),
        "-cert".into(),
        path("server.pem"),
        "-key".into(),
        path("server.key"),
    ];
    if asks_for_clients {
        words.extend(["-clients".into(), path("ca.pem")]);
    }
    words
}

const CA: [&str; 2] = ["--ca-file", "ca.pem"];
const CLIENT: [&str; 4] = ["--cert-file", "client.pem", "--key-file", "client.key"];

#[test]
fn registries_prove_who_they_are_and_may_ask_the_same() {
    let world = World::new();
    certificates(&world);
    world.packed("web", "1.0.0", "packed");
    for asks_for_clients in [false, true] {
        let words = tls(&world, "registry", asks_for_clients);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let server = world.server(&words);
        let place = format!("oci://{}/charts", server.address);
        let web = format!("{place}/web");
        let push = ["push", "packed/web-1.0.0.tgz", &place];
        let with = |words: &[&'static str]| words.to_vec();
        let flags = if asks_for_clients {
            [&CA[..], &CLIENT].concat()
        } else {
            with(&CA)
        };
        world.plimsoll(&push).bad("the certificate of");
        if asks_for_clients {
            assert!(
                world
                    .plimsoll(&[&push[..], &CA].concat())
                    .bad("")
                    .err
                    .contains("127.0.0.1")
            );
        }
        world.plimsoll(&[&push[..], &flags].concat()).good();
        world.helm(&[&["pull", &web][..], &flags].concat()).good();
        world
            .plimsoll(&[&["pull", &web][..], &flags].concat())
            .good();
        if !asks_for_clients {
            world
                .plimsoll(&["pull", &web, "--insecure-skip-tls-verify"])
                .good();
        }
    }
    let missing = ["pull", "oci://127.0.0.1:1/web", "--ca-file", "none.pem"];
    world
        .plimsoll(&missing)
        .bad("can't create TLS config for client: can't read CA file: \"none.pem\"");
    world
        .helm(&missing)
        .bad("can't create TLS config for client: can't read CA file: \"none.pem\"");
}

#[test]
fn repositories_remember_their_certificates() {
    let world = World::new();
    certificates(&world);
    world.packed("web", "1.0.0", "served");
    world.helm(&["repo", "index", "served"]).good();
    let words = tls(&world, "files", true);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let server = world.server(&words);
    let url = format!("https://{}", server.address);
    let add = ["repo", "add", "one", &url];
    world.plimsoll(&add).bad("the certificate of");
    world.plimsoll(&[&add[..], &CA, &CLIENT].concat()).good();
    world.helm(&["repo", "update"]).good();
    world.plimsoll(&["repo", "update"]).good();
    fs::create_dir_all(world.path("a")).expect("made");
    world.plimsoll(&["pull", "one/web", "-d", "a"]).good();
    world.helm(&["pull", "one/web"]).good();
    let archive = fs::read(world.path("a/web-1.0.0.tgz")).expect("pulled");
    assert_eq!(
        archive,
        fs::read(world.path("web-1.0.0.tgz")).expect("pulled")
    );
}

#[test]
fn proxies_are_asked() {
    let mut world = World::new();
    certificates(&world);
    world.packed("web", "1.0.0", "served");
    world.helm(&["repo", "index", "served"]).good();
    let plain = world.server(&["files"]);
    let words = tls(&world, "registry", false);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let registry = world.server(&words);
    let proxy = world.server(&["proxy", "-user", "u", "-password", "p"]);
    let port = |address: &str| address.rsplit(':').next().expect("a port").to_owned();
    // Only the proxy knows the name.
    let url = format!("http://charts.test:{}", port(&plain.address));
    let place = format!("oci://charts.test:{}/charts", port(&registry.address));
    let push = ["push", "served/web-1.0.0.tgz", &place, CA[0], CA[1]];
    world.plimsoll(&push).bad("charts.test");
    let through = |login: &str| format!("http://{login}{}", proxy.address);
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        world.variables.push((name, through("u:wrong@")));
    }
    let refused = world.plimsoll(&push).bad("proxy");
    assert!(!refused.err.contains("wrong"), "{}", refused.err);
    world.variables.clear();
    for name in ["HTTP_PROXY", "https_proxy"] {
        world.variables.push((name, through("u:p@")));
    }
    world.plimsoll(&push).good();
    world
        .helm(&["pull", &format!("{place}/web"), CA[0], CA[1]])
        .good();
    world
        .plimsoll(&["pull", &format!("{place}/web"), CA[0], CA[1]])
        .good();
    world.plimsoll(&["repo", "add", "one", &url]).good();
    world.helm(&["repo", "update"]).good();
    world.plimsoll(&["pull", "one/web"]).good();
    world.variables.push(("NO_PROXY", ".test".into()));
    world
        .plimsoll(&["repo", "update"])
        .bad("failed to update the following repositories");
}
