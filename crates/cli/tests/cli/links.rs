//! `plimsoll links`: every format of it.

use serde_json::Value;

use crate::folder::{Folder, valid};

fn folder() -> Folder {
    Folder::with(&[
        (
            "web/Dockerfile",
            "FROM alpine:3.22 AS base\nFROM base AS run\nUSER 1\nCMD [\"a\"]\n",
        ),
        (
            "compose.yaml",
            "services:\n  web:\n    image: acme/web\n    build: {context: web, target: run}\n    depends_on: [db]\n  db: {image: 'postgres:17'}\n",
        ),
        (
            "k8s/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: 'acme/web:1'}]\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n",
        ),
    ])
}

#[test]
fn links_have_their_places_and_their_evidence() {
    let answer = folder().run(&["links"]);
    assert_eq!(answer.quiet(), 0);
    for line in [
        "service/web  compose.yaml:2\n",
        "  builds web/Dockerfile#run\n    compose.yaml:4: `build` of the Compose file names its folder\n",
        "  depends on service/db\n",
        "  runs web/Dockerfile#run (container web)\n    k8s/web.yaml:8: the Compose file builds it under this name\n",
        "  selects Deployment/web\n    k8s/web.yaml:13: the labels `app: web` match\n",
        "\n6 links between 6 things\n",
    ] {
        assert!(answer.stdout.contains(line), "{line} in {}", answer.stdout);
    }
    let nothing = Folder::with(&[("Dockerfile", "FROM a\n")]).run(&["links"]);
    assert_eq!(
        nothing.stdout,
        "no links: nothing here refers to anything else\n"
    );
}

#[test]
fn the_json_is_as_its_schema_says() {
    let answer = folder().run(&["links", "--format", "json"]);
    let value = valid(
        &answer.stdout,
        include_str!("../../../../docs/schema/links.schema.json"),
    );
    let things = value["things"].as_array().expect("a list");
    let label = |id: &Value| {
        let found = things
            .iter()
            .find(|thing| thing["id"] == *id)
            .expect("a thing");
        found["label"].as_str().expect("a text").to_owned()
    };
    let links = value["links"].as_array().expect("a list");
    let mut shown: Vec<String> = links
        .iter()
        .map(|link| {
            let kind = link["kind"].as_str().expect("a text");
            format!("{} {kind} {}", label(&link["from"]), label(&link["to"]))
        })
        .collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            "Deployment/web runs web/Dockerfile#run",
            "Service/web selects Deployment/web",
            "service/web builds web/Dockerfile#run",
            "service/web depends-on service/db",
            "service/web same-as Deployment/web",
            "web/Dockerfile#run built-as acme/web",
        ]
    );
}

#[test]
fn drawings_are_whole() {
    let dot = folder().run(&["links", "--format", "dot"]).stdout;
    assert!(
        dot.starts_with("digraph links {") && dot.ends_with("}\n"),
        "{dot}"
    );
    assert_eq!(dot.matches(" -> ").count(), 6);
    let html = folder().run(&["links", "--format", "html"]).stdout;
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    // One card for the service; its database runs nothing that is built here.
    assert_eq!(html.matches("<section class=\"card\">").count(), 1);
    assert!(html.contains("Deployment/web"));
    assert!(!html.contains("http://") || html.contains("http://www.w3.org/2000/svg"));
}
