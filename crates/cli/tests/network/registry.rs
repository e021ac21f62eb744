//! Charts in a registry.

use std::fs;

use crate::world::{World, signed};

const PLAIN: &str = "--plain-http";

fn digest(said: &str) -> &str {
    let line = said.lines().find_map(|line| line.strip_prefix("Digest: "));
    line.unwrap_or_else(|| panic!("no digest in {said}"))
}

#[test]
fn what_one_pushes_the_other_pulls() {
    let world = World::new();
    let server = world.server(&["registry"]);
    let at = |path: &str| format!("oci://{}/{path}", server.address);
    let archive = world.packed("web", "1.2.3+build", "packed");
    let ours = world
        .plimsoll(&["push", "packed/web-1.2.3+build.tgz", &at("ours"), PLAIN])
        .good();
    let theirs = world
        .helm(&["push", "packed/web-1.2.3+build.tgz", &at("theirs"), PLAIN])
        .good();
    // The manifests are the same byte for byte.
    assert_eq!(digest(&ours.out), digest(&theirs.out));
    assert_eq!(ours.out.replace("/ours/", "/theirs/"), theirs.out);

    fs::create_dir_all(world.path("a")).expect("made");
    fs::create_dir_all(world.path("b")).expect("made");
    let by_us = world
        .plimsoll(&["pull", &at("theirs/web"), "-d", "a", PLAIN])
        .good();
    let by_helm = world
        .helm(&["pull", &at("theirs/web"), "-d", "b", PLAIN])
        .good();
    assert_eq!(by_us.out, by_helm.out);
    assert_eq!(world.names("a"), world.names("b"));
    let original = fs::read(&archive).expect("there");
    assert_eq!(
        fs::read(world.path("a/web-1.2.3+build.tgz")).expect("pulled"),
        original
    );
    let rendered = world
        .helm(&["template", "x", &at("ours/web"), PLAIN])
        .good();
    assert!(rendered.out.contains("web-1.2.3_build"), "{}", rendered.out);
    // A second time nothing has to be sent.
    let again = world
        .plimsoll(&["push", "packed/web-1.2.3+build.tgz", &at("ours"), PLAIN])
        .good();
    assert_eq!(again.out, ours.out);

    // By its digest, and unpacked.
    let by_digest = format!("{}@{}", at("ours/web"), digest(&ours.out));
    world
        .plimsoll(&["pull", &by_digest, "-d", "a", PLAIN])
        .good();
    world.helm(&["pull", &by_digest, "-d", "b", PLAIN]).good();
    assert_eq!(world.names("a"), world.names("b"));
    world
        .plimsoll(&["pull", &at("ours/web"), "--untar", "-d", "a", PLAIN])
        .good();
    world
        .helm(&["pull", &at("ours/web"), "--untar", "-d", "b", PLAIN])
        .good();
    assert_eq!(world.names("a/web"), world.names("b/web"));
    assert_eq!(
        world.read("a/web/Chart.yaml"),
        world.read("b/web/Chart.yaml")
    );
    let taken = world.plimsoll(&["pull", &at("ours/web"), "--untar", "-d", "a", PLAIN]);
    taken.bad("failed to untar: a file or directory with the name a/web already exists");
}

#[test]
fn versions_are_chosen_as_helm_chooses_them() {
    let world = World::new();
    let server = world.server(&["registry"]);
    let place = format!("oci://{}/charts", server.address);
    for version in ["1.0.0", "1.9.0", "1.10.0", "2.0.0-rc.1", "1.10.0+b"] {
        world.packed("web", version, "packed");
        let archive = format!("packed/web-{version}.tgz");
        world.plimsoll(&["push", &archive, &place, PLAIN]).good();
    }
    let web = format!("{place}/web");
    for wanted in [
        &[][..],
        &["--version", "1.0.0"],
        &["--version", "^1"],
        &["--version", "1.9.x"],
        &["--version", ">0.0.0-0"],
        &["--devel"],
        &["--version", "<1.10.0"],
    ] {
        let [ours, theirs] = ["ours", "theirs"].map(|folder| {
            let _ = fs::remove_dir_all(world.path(folder));
            fs::create_dir_all(world.path(folder)).expect("made");
            let words = [&["pull", &web, PLAIN, "-d", folder], wanted].concat();
            if folder == "ours" {
                world.plimsoll(&words).good();
            } else {
                world.helm(&words).good();
            }
            world.names(folder)
        });
        assert_eq!(ours, theirs, "{wanted:?}");
    }
    for (wanted, reason) in [
        (
            "^3",
            "could not locate a version matching provided version string ^3",
        ),
        ("3.0.0", "not found"),
        ("x y", "improper constraint"),
    ] {
        world
            .plimsoll(&["pull", &web, "--version", wanted, PLAIN])
            .bad(reason);
        world
            .helm(&["pull", &web, "--version", wanted, PLAIN])
            .bad(reason);
    }
    world
        .plimsoll(&["pull", &format!("{place}/none"), PLAIN])
        .bad("not found");
}

#[test]
fn logins_are_shared_and_not_shown() {
    for kind in [&["registry"][..], &["registry", "-tokens"]] {
        let world = World::new();
        let words = [kind, &["-user", "ann", "-password", "hunter2"]].concat();
        let server = world.server(&words);
        let host = &server.address;
        let place = format!("oci://{host}/charts");
        world.packed("web", "1.0.0", "packed");
        let push = ["push", "packed/web-1.0.0.tgz", &place, PLAIN];
        let web = format!("{place}/web");
        let pull = ["pull", &web, PLAIN];

        let refused = world.plimsoll(&push).bad("unauthorized");
        assert!(
            refused
                .err
                .contains(&format!("plimsoll chart login {host}")),
            "{}",
            refused.err
        );
        let login = |word: &'static str| ["login", host, "-u", "ann", "-p", word, PLAIN];
        world.plimsoll(&login("wrong-word")).bad("unauthorized");
        let good = world.plimsoll(&login("hunter2")).good();
        assert_eq!(good.out, "Login Succeeded\n");
        assert!(!good.err.contains("hunter2"), "{}", good.err);
        world.plimsoll(&push).good();
        world.helm(&pull).good();
        let config = world.read("home/config/registry/config.json");

        let out = world.plimsoll(&["logout", host]).good();
        assert_eq!(
            out.out,
            world.helm(&["registry", "logout", host]).good().out
        );
        world.plimsoll(&pull).bad("unauthorized");
        world
            .helm(&[
                "registry", "login", host, "-u", "ann", "-p", "hunter2", PLAIN,
            ])
            .good();
        // Both programs write the same file.
        assert_eq!(world.read("home/config/registry/config.json"), config);
        world.plimsoll(&pull).good();
        world.plimsoll(&["registry", "logout", host]).good();
        world.helm(&pull).bad("");

        // Without a file: by flags, and by Docker's.
        let flags = [&pull[..], &["--username", "ann", "--password", "hunter2"]].concat();
        world.plimsoll(&flags).good();
        world.write("home/docker/config.json", config);
        world.plimsoll(&pull).good();
    }
}

#[test]
fn signatures_are_pushed_pulled_and_checked() {
    let world = World::new();
    let server = world.server(&["registry"]);
    let data = signed();
    for (from, to) in [
        ("web-0.1.0.tgz", "web-0.1.0.tgz"),
        ("helm.prov", "web-0.1.0.tgz.prov"),
    ] {
        world.write(to, fs::read(data.join(from)).expect("there"));
    }
    let at = |path: &str| format!("oci://{}/{path}", server.address);
    let ours = world
        .plimsoll(&["push", "web-0.1.0.tgz", &at("ours"), PLAIN])
        .good();
    let theirs = world
        .helm(&["push", "web-0.1.0.tgz", &at("theirs"), PLAIN])
        .good();
    assert_eq!(digest(&ours.out), digest(&theirs.out));
    let keys = data.join("keys.gpg").to_string_lossy().into_owned();
    let web = at("ours/web");
    fs::create_dir_all(world.path("a")).expect("made");
    fs::create_dir_all(world.path("b")).expect("made");
    let pull = |folder: &'static str| {
        [
            "pull",
            &web,
            PLAIN,
            "--verify",
            "--keyring",
            &keys,
            "-d",
            folder,
        ]
        .map(str::to_owned)
    };
    let words = pull("a");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = world.plimsoll(&words).good();
    let words = pull("b");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(said.out, world.helm(&words).good().out);
    assert_eq!(world.names("a"), ["web-0.1.0.tgz", "web-0.1.0.tgz.prov"]);
    assert_eq!(world.names("a"), world.names("b"));
    // A chart that is not signed, and a keyring without the key.
    world.packed("db", "1.0.0", "packed");
    world
        .plimsoll(&["push", "packed/db-1.0.0.tgz", &at("ours"), PLAIN])
        .good();
    let db = at("ours/db");
    let words = ["pull", &db, PLAIN, "--verify", "--keyring", &keys];
    world.plimsoll(&words).bad("failed to fetch provenance");
    world.helm(&words).bad("failed to fetch provenance");
    world
        .plimsoll(&["pull", &db, PLAIN, "--prov", "-d", "a"])
        .good();
    let other = data.join("subkey.gpg").to_string_lossy().into_owned();
    let words = ["pull", &web, PLAIN, "--verify", "--keyring", &other];
    world
        .plimsoll(&words)
        .bad("signature made by unknown entity");
    world.helm(&words).bad("signature made by unknown entity");
}

#[test]
fn helm_gives_the_same_verdict_on_signatures() {
    let world = World::new();
    let server = world.server(&["files"]);
    let data = signed();
    let keys = data.join("keys.gpg").to_string_lossy().into_owned();
    for name in [
        "helm", "rsa", "ed25519", "p256", "p384", "p521", "subkey", "short", "revoked", "sha1",
    ] {
        let folder = format!("served/{name}");
        let archive = fs::read(data.join("web-0.1.0.tgz")).expect("there");
        world.write(&format!("{folder}/web-0.1.0.tgz"), archive);
        let statement = fs::read(data.join(format!("{name}.prov"))).expect("there");
        world.write(&format!("{folder}/web-0.1.0.tgz.prov"), statement);
        let url = format!("http://{}/{name}/web-0.1.0.tgz", server.address);
        let words = ["pull", &url, "--verify", "--keyring", &keys];
        let (ours, theirs) = (world.plimsoll(&words), world.helm(&words));
        match name {
            "short" | "revoked" => {
                ours.bad("openpgp: ");
                theirs.bad("openpgp: ");
            }
            // Helm still takes this hash.
            "sha1" => {
                ours.bad("openpgp: ");
                theirs.good();
            }
            _ => assert_eq!(ours.good().out, theirs.good().out, "{name}"),
        }
    }
}
