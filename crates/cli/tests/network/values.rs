//! Values that are named by URLs.

use crate::tls::{certificates, tls};
use crate::world::{Server, World};

/// A chart that prints its values.
fn chart(world: &World) {
    world.write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    world.write("c/templates/a.yaml", "values: {{ toJson .Values }}\n");
}

/// Both print the same.
fn same(world: &World, words: &[&str]) -> String {
    let (ours, theirs) = (world.plimsoll(words).good(), world.helm(words).good());
    assert_eq!(ours.out, theirs.out, "{words:?}");
    assert_eq!(ours.err, theirs.err, "{words:?}");
    ours.out
}

/// Both refuse, and say that.
fn both_refuse(world: &World, words: &[&str], reason: &str) {
    world.plimsoll(words).bad(reason);
    world.helm(words).bad(reason);
}

fn served(world: &World) -> Server {
    for (name, text) in [
        ("a.yaml", "image: {tag: one}\nreplicas: 2\n"),
        ("b.yaml", "image: {name: web}\nreplicas: 3\n"),
        ("bad.yaml", "a: [1,\n"),
        ("dir/index.html", "moved: true\n"),
    ] {
        world.write(&format!("served/{name}"), text);
    }
    world.server(&["files"])
}

#[test]
fn values_are_taken_from_urls() {
    let world = World::new();
    chart(&world);
    let server = served(&world);
    let at = |name: &str| format!("http://{}/{name}", server.address);
    let (a, b) = (at("a.yaml"), at("b.yaml"));
    let upper = a.replace("http:", "HTTP:");
    let both = format!("{a},{b}");
    let file = format!("text={a}");
    // The server sends on from `dir` to `dir/`.
    let moved = at("dir");
    let cut = format!("{b}?x=1#top");
    for words in [
        &["-f", &a][..],
        &["-f", &a, "--values", &b],
        &["-f", &both, "--set", "replicas=7"],
        &["-f", &upper],
        &["-f", &moved],
        &["-f", &cut],
        &["-f", "local.yaml", "-f", &a],
        &["--set-file", &file],
    ] {
        world.write("local.yaml", "replicas: 9\nlocal: true\n");
        let printed = same(&world, &[&["template", "rel", "c"], words].concat());
        assert!(printed.contains("values: {\""), "{printed}");
        let lint = [&["lint", "c"], words].concat();
        assert_eq!(
            world
                .plimsoll(&[&lint[..], &["--format", "helm"]].concat())
                .good()
                .out,
            world.helm(&lint).good().out,
        );
    }
    // Each is fetched once, and the chart on disk needs no server.
    world.write("log", "");
    world
        .plimsoll(&["template", "c", "-f", &a, "-f", &a, "--set-file", &file])
        .good();
    assert_eq!(world.read("log"), "GET /a.yaml []\n");
    let each = world
        .plimsoll(&["template", "c", "--each", &a, "--each", &b])
        .good();
    assert!(
        each.out.contains(&format!("# Values: {b}\n")),
        "{}",
        each.out
    );
    for command in [&["template", "c"][..], &["lint", "c"]] {
        let refused = |words: &[&str], reason: &str| {
            both_refuse(&world, &[command, words].concat(), reason);
        };
        let none = at("none.yaml");
        refused(
            &["-f", &none],
            &format!("failed to fetch {none} : 404 Not Found"),
        );
        let file = format!("text={none}");
        let reason = format!("failed parsing --set-file data: failed to fetch {none} : 404");
        refused(&["--set-file", &file], &reason);
        let bad = at("bad.yaml");
        refused(
            &["-f", &bad],
            &format!("failed to parse {bad}: cannot unmarshal yaml document"),
        );
        refused(
            &["-f", "ftp://a/b.yaml"],
            "open ftp://a/b.yaml: no such file or directory",
        );
        refused(
            &["-f", "1:b"],
            "parse \"1:b\": first path segment in URL cannot contain colon",
        );
        refused(
            &["-f", "http://127.0.0.1:x/"],
            "invalid port \":x\" after host",
        );
        refused(&["-f", "http://127.0.0.1:1/a.yaml"], "");
        refused(
            &["-f", &format!("oci://{}/a", server.address)],
            "invalid reference",
        );
    }
}

#[test]
fn logins_stand_in_the_url_alone() {
    let world = World::new();
    chart(&world);
    world.write("served/a.yaml", "replicas: 2\n");
    let server = world.server(&["files", "-user", "ann", "-password", "hunter2"]);
    let plain = format!("http://{}/a.yaml", server.address);
    let known = plain.replace("//", "//ann:hunter2@");
    same(&world, &["template", "c", "-f", &known]);
    let flags = ["--username", "ann", "--password", "hunter2"];
    let words = [&["template", "c", "-f", &plain][..], &flags].concat();
    both_refuse(
        &world,
        &words,
        &format!("failed to fetch {plain} : 401 Unauthorized"),
    );
    // It is not told again.
    let each = world.plimsoll(&["template", "c", "--each", &known]).good();
    assert!(
        each.out.contains(&format!("# Values: {plain}\n")),
        "{}",
        each.out
    );
    world.write("served/a.yaml", "a: [1,\n");
    let refused = world.plimsoll(&["template", "c", "-f", &known]);
    let refused = refused.bad(&format!("failed to parse {plain}"));
    assert!(!refused.err.contains("hunter2"), "{}", refused.err);
}

#[test]
fn servers_of_values_prove_who_they_are_to_the_environment() {
    let mut world = World::new();
    certificates(&world);
    chart(&world);
    world.write("served/a.yaml", "replicas: 2\n");
    world.packed("web", "1.0.0", "packed");
    let archive = world.path("packed/web-1.0.0.tgz");
    let words = tls(&world, "files", false);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let server = world.server(&words);
    let url = format!("https://{}/a.yaml", server.address);
    let words = ["template", "c", "-f", &url];
    world.plimsoll(&words).bad("the certificate of");
    world.helm(&words).bad("certificate");
    // The flags for servers are those of charts.
    let with = [&words[..], &["--ca-file", "ca.pem"]].concat();
    world.plimsoll(&with).bad("the certificate of");
    world.helm(&with).bad("certificate");
    let ca = world.path("ca.pem").to_string_lossy().into_owned();
    world.variables.push(("SSL_CERT_FILE", ca));
    same(&world, &words);

    // A registry gives a chart, which `--set-file` takes as a text.
    let words = tls(&world, "registry", false);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let registry = world.server(&words);
    let place = format!("oci://{}/charts", registry.address);
    world
        .helm(&["push", &archive.to_string_lossy(), &place])
        .good();
    world.write("c/templates/a.yaml", "length: {{ len .Values.text }}\n");
    let file = format!("text={place}/web:1.0.0");
    let printed = same(&world, &["template", "c", "--set-file", &file]);
    let bytes = std::fs::metadata(&archive).expect("there").len();
    assert!(
        printed.ends_with(&format!("length: {bytes}\n")),
        "{printed}"
    );
    let file = format!("text={place}/web");
    both_refuse(
        &world,
        &["template", "c", "--set-file", &file],
        "invalid reference",
    );
}
