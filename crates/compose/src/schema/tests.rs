//! Our verdicts against compose-go's on the same files, and what we say.

use plimsoll_yaml::{Dialect, parse};
use serde_json::Value;

use super::*;

/// Where we differ, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("{}\n", "a file with nothing in it is nothing to speak of"),
    (
        "services:\n  a:\n    image: a:1\n    label_file: a\n",
        "other files are not looked at",
    ),
    (
        "services:\n  a:\n    image: a:1\n    privileged: ${P}\n",
        "whoever runs it may set the variable",
    ),
    (
        "services:\n  a:\n    image: a:1\n    deploy: {replicas: '${N}'}\n",
        "whoever runs it may set the variable",
    ),
    (
        "services:\n  a:\n    image: a:1\n    pull_policy: ${P}\n",
        "whoever runs it may set the variable",
    ),
];

fn problems(text: &str) -> Vec<Problem> {
    let tree = parse(text, Dialect::Core);
    let file = ComposeFile::new(&tree);
    file.map_or_else(Vec::new, |file| check(file, Settings { whole: true }))
}

#[test]
fn verdicts_are_those_of_compose_go() {
    let text = include_str!("../../../../tests/oracles/compose-schema/answers.json");
    let answers: Vec<Value> = serde_json::from_str(text).expect("JSON");
    let mut wrong = Vec::new();
    let mut stale: Vec<&str> = DIFFERENT.iter().map(|(text, _)| *text).collect();
    for answer in &answers {
        let text = answer["text"].as_str().expect("a text");
        let error = answer["error"].as_str().unwrap_or_default();
        let tree = parse(text, Dialect::Core);
        let found = problems(text);
        let refused = !tree.errors().is_empty() || !found.is_empty();
        let agrees = refused != error.is_empty();
        if let Some(at) = stale.iter().position(|other| *other == text) {
            stale.swap_remove(at);
            assert!(!agrees, "{text} agrees and is listed as different");
            continue;
        }
        if !agrees {
            wrong.push(format!(
                "{text:?}\n    {error:?}\n    {:?}\n",
                found.first().map(|p| &p.message)
            ));
        }
    }
    assert!(
        stale.is_empty(),
        "listed as different and not there: {stale:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.concat()
    );
}

#[test]
fn what_is_wrong_is_told_with_the_way_out() {
    let says = |body: &str| {
        let text = format!("services:\n  web:\n    image: a:1\n    {body}\n");
        let found = problems(&text);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert_eq!(found[0].service.as_deref(), Some("web"));
        let help = found[0].help.clone().unwrap_or_default();
        format!("{} / {help}", found[0].message)
    };
    assert_eq!(
        says("imagee: b"),
        "`imagee` is no key of service `web` / remove it, or begin it with `x-` if it is your own"
    );
    assert_eq!(
        says("port: ['80:80']"),
        "`port` is no key of service `web` / write `ports`"
    );
    assert_eq!(
        says("containerName: ab"),
        "`containerName` is no key of service `web` / write `container_name`"
    );
    assert_eq!(
        says("replicas: 2"),
        "`replicas` is no key of service `web` / move it into `deploy`"
    );
    assert_eq!(
        says("healthcheck: {restart: always}"),
        "`restart` is no key of `healthcheck` / move it up: it is a key of the service"
    );
    let at_top = |text: &str| {
        let tree = parse(text, Dialect::Core);
        let file = ComposeFile::new(&tree).expect("a file");
        let problems = check(file, Settings { whole: true });
        problems[0].help.clone().unwrap_or_default()
    };
    assert_eq!(
        at_top("services: {a: {image: b}}\nvolumes:\n  web:\n    ports: ['80:80']\n"),
        "if `web` is a service, move it from `volumes` into `services`"
    );
    assert_eq!(
        says("user: 1000"),
        "`user` must be a string, not a number / put quotes around it"
    );
    assert_eq!(
        says("ports: '80'"),
        "`ports` must be a list, not a string / "
    );
    assert_eq!(
        says("cgroup: hots"),
        "`cgroup` cannot be `hots` / write `host`"
    );
    assert_eq!(
        says("environment:"),
        "`environment` must be a mapping or a list, not empty / give it a value, or remove it"
    );
}

#[test]
fn parts_of_files_and_directives_are_left_alone() {
    let part = |text: &str| {
        let tree = parse(text, Dialect::Core);
        let file = ComposeFile::new(&tree).expect("a file");
        check(file, Settings { whole: false })
    };
    assert_eq!(
        part("services: {a: {depends_on: {b: {restart: true}}}}\n"),
        []
    );
    // What an override leaves empty keeps what is below it.
    assert_eq!(part("services: {a: {build: null, environment: }}\n"), []);
    assert_eq!(
        problems("services: {a: {image: b, ports: !reset null, volumes: !override [a:/b]}}\n"),
        []
    );
    assert_eq!(
        problems("x-a: &a {anything: 1}\nservices: {a: {image: b, x-b: *a}}\n"),
        []
    );
}
