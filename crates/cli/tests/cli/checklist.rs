//! `plimsoll checklist`: every format of it.

use crate::folder::{Folder, valid};

fn folder() -> Folder {
    Folder::with(&[
        (
            "web/Dockerfile",
            "FROM alpine:3.22\nCOPY app /app\nCMD /app --token=hunter2\n",
        ),
        ("web/app", "x"),
        (
            "k8s/web.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web<b>}\nspec:\n  containers: [{name: web, image: 'acme/web:1'}]\n",
        ),
    ])
}

#[test]
fn the_text_shows_lines_and_places() {
    let answer = folder().run(&["checklist"]);
    assert_eq!(answer.quiet(), 0);
    for text in [
        "\nBuild context\n",
        "  FAIL  starts in exec form, so that signals reach it\n        web/Dockerfile:3 ",
        " [shell-form-entrypoint]\n",
        "\nLocal development  not applicable: no Compose file runs it\n",
        "  FAIL  Pod Security Standard: meets baseline; kept from restricted by:\n",
    ] {
        assert!(answer.stdout.contains(text), "{text} in {}", answer.stdout);
    }
    assert!(!answer.stdout.contains("hunter2"));
    let nothing = Folder::with(&[("a.txt", "")]).run(&["checklist"]);
    assert_eq!(
        nothing.stdout,
        "no service: nothing here builds an image or runs a workload\n"
    );
}

#[test]
fn failing_is_asked_for() {
    assert_eq!(folder().run(&["checklist"]).quiet(), 0);
    let answer = folder().run(&["checklist", "--fail"]);
    assert_eq!(answer.quiet(), 1);
}

#[test]
fn one_service_can_be_asked_for() {
    let folder = Folder::with(&[
        ("web/Dockerfile", "FROM alpine:3.22\nUSER 1\nCMD [\"a\"]\n"),
        ("job/Dockerfile", "FROM alpine:3.22\nUSER 1\nCMD [\"a\"]\n"),
    ]);
    let answer = folder.run(&["checklist", "--service", "job"]);
    assert!(answer.stdout.starts_with("job  "), "{}", answer.stdout);
    assert!(!answer.stdout.contains("web"));
    let answer = folder.run(&["checklist", "--service", "jab"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.stderr.contains("there is no service `jab`")
            && answer.stderr.contains("did you mean `job`?"),
        "{}",
        answer.stderr
    );
}

#[test]
fn the_json_is_as_its_schema_says() {
    let answer = folder().run(&["checklist", "--format", "json"]);
    let value = valid(
        &answer.stdout,
        include_str!("../../../../docs/schema/checklist.schema.json"),
    );
    let services = value["services"].as_array().expect("a list");
    assert_eq!(services.len(), 1);
    let sections = services[0]["sections"].as_array().expect("a list");
    let lines = sections
        .iter()
        .flat_map(|section| section["lines"].as_array().expect("a list"));
    let failed: Vec<&str> = lines
        .filter(|line| line["status"] == "fail")
        .map(|line| line["id"].as_str().expect("a text"))
        .collect();
    assert!(failed.contains(&"exec-form"), "{failed:?}");
    assert!(failed.contains(&"non-root-user"), "{failed:?}");
}

#[test]
fn pages_are_whole_and_safe() {
    let html = folder().run(&["checklist", "--format", "html"]).stdout;
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert!(html.contains("web&lt;b&gt;") && !html.contains("web<b>"));
    assert!(html.contains("<code class=\"at\">web/Dockerfile:3</code>"));
    let markdown = folder().run(&["checklist", "--format", "markdown"]).stdout;
    assert!(markdown.starts_with("## web&lt;b>\n"), "{markdown}");
    assert!(
        markdown.contains(
            "- [ ] starts in exec form, so that signals reach it\n  - `web/Dockerfile:3` "
        )
    );
}
