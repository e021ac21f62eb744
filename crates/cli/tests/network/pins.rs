//! `plimsoll init --pin` asks a real registry, which images were pushed to.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::world::World;

/// A request, and the status and header lines of the answer.
fn send(address: &str, first: &str, kind: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it is there");
    let request = format!(
        "{first} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

/// Puts an image for one platform, and an index of it under a tag: the digests of both.
fn push(address: &str, repository: &str, tag: &str, release: &str) -> (String, String) {
    let put = |reference: &str, kind: &str, body: &str| {
        let first = format!("PUT /v2/{repository}/manifests/{reference}");
        let answer = send(address, &first, kind, body);
        let digest = answer.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("docker-content-digest")
                .then(|| value.trim().to_owned())
        });
        digest.unwrap_or_else(|| panic!("{answer}"))
    };
    // The digest of `{}`, with which it is put.
    let config = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let first = format!("POST /v2/{repository}/blobs/uploads/?digest={config}");
    let answer = send(address, &first, "application/octet-stream", "{}");
    if let Some(place) = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("location").then(|| value.trim())
    }) && answer.starts_with("HTTP/1.1 202")
    {
        let path = place.trim_start_matches(&format!("http://{address}"));
        let first = format!("PUT {path}&digest={config}");
        let answer = send(address, &first, "application/octet-stream", "{}");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}},"layers":[],"annotations":{{"release":"{release}"}}}}"#
    );
    let image = put(
        &format!("{tag}-amd64"),
        "application/vnd.oci.image.manifest.v1+json",
        &manifest,
    );
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{image}","size":{},"platform":{{"architecture":"amd64","os":"linux"}}}}]}}"#,
        manifest.len()
    );
    let index = put(tag, "application/vnd.oci.image.index.v1+json", &index);
    (image, index)
}

#[test]
fn digests_are_those_of_the_index() {
    let world = World::new();
    let server = world.server(&["registry"]);
    let address = &server.address;
    world.write("go.mod", "module example.com/api\n\ngo 1.25\n");
    world.write(
        "main.go",
        "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.HandleFunc(\"/healthz\", nil)\n\t_ = http.ListenAndServe(\":8080\", nil)\n}\n",
    );
    let (hub, gcr) = (
        format!("http://{address}"),
        format!("gcr.io=http://{address}/gcr"),
    );
    let pin = [
        "init",
        "--yes",
        "--only",
        "dockerfile",
        "--pin",
        "--mirror",
        &hub,
        "--mirror",
        &gcr,
    ];
    // Nothing is there yet, so nothing is written.
    let refused = world.command(&pin).bad("is not there");
    let (_, rest) = refused
        .err
        .split_once("`golang:")
        .expect("the image is named");
    let (tag, _) = rest.split_once('`').expect("to its end");
    assert_eq!(
        world
            .names("")
            .iter()
            .filter(|name| *name == "Dockerfile")
            .count(),
        0
    );

    let (image, index) = push(address, "library/golang", tag, "1");
    assert_ne!(image, index);
    let (_, base) = push(address, "gcr/distroless/static-debian13", "nonroot", "1");
    world.command(&pin).good();
    let text = world.read("Dockerfile");
    assert!(
        text.contains(&format!("FROM golang:{tag}@{index} AS ")),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "gcr.io/distroless/static-debian13:nonroot@{base} AS "
        )),
        "{text}"
    );
    let record = world.read(".plimsoll/init.json");
    world.command(&pin).good();
    assert_eq!(
        (world.read("Dockerfile"), world.read(".plimsoll/init.json")),
        (text, record)
    );

    let (_, newer) = push(address, "library/golang", tag, "2");
    assert_ne!(newer, index);
    world.command(&pin).good();
    assert!(world.read("Dockerfile").contains(&newer));
}

#[test]
fn logins_are_those_of_docker() {
    let world = World::new();
    let server = world.server(&["registry", "-user", "ann", "-password", "hunter2"]);
    let address = &server.address;
    world.write("index.html", "<h1>x</h1>\n");
    let hub = format!("http://{address}");
    let pin = [
        "init",
        "--yes",
        "--only",
        "dockerfile",
        "--pin",
        "--mirror",
        &hub,
    ];
    let refused = world.command(&pin).bad("unauthorized");
    assert!(
        refused.err.contains(&format!("docker login {address}")),
        "{}",
        refused.err
    );
    // Who is known learns that the image is not there.
    let config = format!("{{\"auths\":{{\"{address}\":{{\"auth\":\"YW5uOmh1bnRlcjI=\"}}}}}}");
    world.write("home/docker/config.json", config);
    let known = world.command(&pin).bad("is not there");
    assert!(!known.err.contains("hunter2"), "{}", known.err);
}
