//! Properties: no project makes the resolution fail in another way than by a refusal, every
//! place lies in its file, what is printed can be read, and nothing grows without bound.

mod projects;

use std::fmt::Write as _;

use plimsoll_compose::resolve::{
    Category, MemorySurroundings, Request, env_file, replaced, resolve,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 96,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A value as it may be written in a flow collection.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "x",
            "1",
            "-1",
            "0.5",
            "true",
            "null",
            "\"\"",
            "'80:80'",
            "'8080-8081:80-81/udp'",
            "./a:/b:ro",
            "v:/v",
            "/t",
            "service:b",
            "\"$SET\"",
            "\"${NONE:-d}\"",
            "\"${NONE:?}\"",
            "\"${\"",
            "1g",
            "1m30s",
            "service_healthy",
            "CMD",
            "2001-01-01",
            "[]",
            "{}",
            "*a",
            "!reset null",
            "!override []",
            "a=b",
            "default",
            "all",
            "0440",
            "~/x",
            "é",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9:/=$.{}-]{0,8}".prop_map(|text| format!("'{text}'")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::btree_map(key(), inner, 0..4).prop_map(|map| {
                let entries = map
                    .into_iter()
                    .map(|(key, value)| format!("{key}: {value}"));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b",
        "image",
        "build",
        "context",
        "ports",
        "volumes",
        "environment",
        "env_file",
        "networks",
        "depends_on",
        "condition",
        "required",
        "deploy",
        "resources",
        "limits",
        "memory",
        "cpus",
        "replicas",
        "scale",
        "healthcheck",
        "test",
        "interval",
        "command",
        "entrypoint",
        "secrets",
        "configs",
        "source",
        "target",
        "type",
        "bind",
        "extends",
        "service",
        "file",
        "profiles",
        "labels",
        "label_file",
        "develop",
        "watch",
        "path",
        "action",
        "ulimits",
        "soft",
        "hard",
        "devices",
        "gpus",
        "count",
        "post_start",
        "pre_start",
        "x-a",
        "<<",
        "extra_hosts",
        "tmpfs",
        "dns",
        "logging",
        "driver",
        "options",
        "published",
        "external",
        "name",
        "ipam",
        "config",
        "subnet",
        "models",
        "provider",
        "ssh",
        "args",
        "additional_contexts",
        "links",
        "network_mode",
        "volumes_from",
    ])
    .prop_map(str::to_owned)
}

fn service() -> impl Strategy<Value = String> {
    prop::collection::btree_map(key(), value(), 0..6).prop_map(|map| {
        let lines = map
            .into_iter()
            .map(|(key, value)| format!("    {key}: {value}\n"));
        lines.collect::<String>()
    })
}

fn file() -> impl Strategy<Value = String> {
    let top = prop::collection::btree_map(
        prop::sample::select(vec![
            "volumes", "networks", "secrets", "configs", "models", "include", "name", "x-b",
            "version", "jobs",
        ]),
        value(),
        0..3,
    );
    (service(), service(), top).prop_map(|(a, b, top)| {
        let mut text = format!("x-a: &a {{image: x}}\nservices:\n  a:\n    image: x\n{a}  b:\n{b}");
        for (key, value) in top {
            let _ = writeln!(text, "{key}: {value}");
        }
        text
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn projects_of_random_fields_are_resolved_or_refused(
        main in file(),
        over in file(),
        dotenv in "([A-Z]{1,3}=[ -~]{0,12}\n){0,3}",
    ) {
        projects::check(&[
            ("compose.yaml", &main),
            ("compose.override.yaml", &over),
            ("a", "services: {a: {image: y}}\n"),
            ("x", "A=1\n"),
            (".env", &dotenv),
        ]);
    }

    #[test]
    fn projects_of_random_text_are_resolved_or_refused(
        text in "(services:\n  a: )?[ -~\n\t]{0,120}",
    ) {
        projects::check(&[("compose.yaml", &text)]);
    }

    #[test]
    fn env_files_of_any_text_are_read_or_refused(text in "[A-C='\"\\\\$#{}: \n\r\tn0-7é]{0,60}") {
        let known = MemorySurroundings::default().variable("A", "a").variables;
        if let Ok(variables) = env_file(&text, &known) {
            prop_assert!(variables.iter().all(|(_, variable)| variable.value.len() < 1000));
        }
    }

    #[test]
    fn templates_of_any_text_are_replaced_or_refused(text in "[$AB{}:?+x \n-]{0,40}") {
        let known = MemorySurroundings::default().variable("A", "a").variables;
        if let Ok(text) = replaced(&text, &known) {
            prop_assert!(text.len() < 1000);
        }
    }
}

/// The one category of the refusal.
fn refusal(files: &[(&str, String)]) -> Category {
    let mut surroundings = MemorySurroundings::default();
    for (path, text) in files {
        surroundings = surroundings.file(format!("/p/{path}"), text.as_str());
    }
    let request = Request {
        current_dir: "/p".to_owned(),
        ..Request::default()
    };
    let unresolved = resolve(&request, &surroundings).expect_err("refused");
    unresolved.refusals[0].reason.category()
}

#[test]
fn includes_that_go_on_for_ever_are_stopped() {
    let files: Vec<(String, String)> = (0..150)
        .map(|number| {
            let name = match number {
                0 => "compose.yaml".to_owned(),
                number => format!("{number}.yaml"),
            };
            (
                name,
                format!(
                    "include: [{}.yaml]\nservices: {{s{number}: {{image: x}}}}",
                    number + 1
                ),
            )
        })
        .collect();
    let files: Vec<(&str, String)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()))
        .collect();
    assert_eq!(refusal(&files), Category::Limit);
}

#[test]
fn services_that_double_are_stopped() {
    // Each service merges the one before into itself twice over.
    let mut text = "services:\n  s0: {image: x, labels: {a: b}}\n".to_owned();
    let environment: Vec<String> = (0..2000).map(|n| format!("V{n}=x")).collect();
    let environment = environment.join(", ");
    let _ = writeln!(text, "  base: {{image: x, environment: [{environment}]}}");
    for number in 0..600 {
        let _ = writeln!(text, "  t{number}: {{extends: base}}");
    }
    assert_eq!(refusal(&[("compose.yaml", text)]), Category::Limit);
}

#[test]
fn aliases_that_double_are_refused() {
    let mut text = "x-0: &a0 [x, x]\n".to_owned();
    for number in 1..40 {
        let before = number - 1;
        let _ = writeln!(text, "x-{number}: &a{number} [*a{before}, *a{before}]");
    }
    text.push_str("services: {a: {image: x}}\n");
    assert_eq!(refusal(&[("compose.yaml", text)]), Category::Yaml);
}

#[test]
fn deep_files_are_refused() {
    let text = format!(
        "x-a: {}{}\nservices: {{a: {{image: x}}}}",
        "[".repeat(230),
        "]".repeat(230)
    );
    assert_eq!(refusal(&[("compose.yaml", text)]), Category::Limit);
}

#[test]
fn values_that_grow_are_refused() {
    let big = "x".repeat(1 << 20);
    let text = format!(
        "services: {{a: {{image: x, command: [{}]}}}}",
        vec!["\"$A$A$A$A\""; 40].join(", ")
    );
    let files = [("compose.yaml", text), (".env", format!("A={big}\n"))];
    assert_eq!(refusal(&files), Category::Limit);
}

#[test]
fn ports_by_the_thousand_are_refused() {
    let mut text = "services:\n".to_owned();
    for number in 0..3 {
        let _ = writeln!(
            text,
            "  s{number}: {{image: x, ports: ['1-65535:1-65535']}}"
        );
    }
    assert_eq!(refusal(&[("compose.yaml", text)]), Category::Limit);
}
