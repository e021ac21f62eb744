use std::fmt::Write as _;

use plimsoll_compose::resolve::{MemorySurroundings, Request, resolve};
use plimsoll_source::MemoryTree;
use serde_json::{Value, json};

use super::{Source, Translation, translate};
use crate::wishes::{Secrets, Wishes};

/// What stands in the folder beside the Compose file.
const FILES: &[(&str, &str)] = &[
    (".env", "DB_PASSWORD=hunter2-of-env\nLEVEL=debug\n"),
    (
        "nginx.conf",
        "events {}\nhttp {\n  server { listen 80; }\n}\n",
    ),
    ("init/a.sql", "create table a (b int);\n"),
    ("pw.txt", "hunter2-of-file\n"),
    (
        "app/Dockerfile",
        "FROM node:22\nEXPOSE 3000\nUSER 1000:1000\n",
    ),
];

fn translated(project: &Value) -> Result<Translation, String> {
    wished(project, Wishes::default())
}

fn wished(project: &Value, wishes: Wishes) -> Result<Translation, String> {
    let text = serde_json::to_string_pretty(project).unwrap();
    let mut around = MemorySurroundings::default().file("/w/compose.yaml", text);
    let mut tree = MemoryTree::new();
    for (path, text) in FILES {
        around = around.file(format!("/w/{path}"), *text);
        tree.insert(*path, *text);
    }
    let request = Request {
        current_dir: "/w".to_owned(),
        no_env_files: true,
        ..Request::default()
    };
    let resolved = resolve(&request, &around).map_err(|error| error.to_string())?;
    let wishes = Wishes {
        project: resolved.name().to_owned(),
        ..wishes
    };
    Ok(translate(&Source {
        resolved: &resolved,
        root: "/w",
        tree: &tree,
        wishes: &wishes,
    }))
}

fn of_services(services: &Value) -> Translation {
    translated(&json!({ "name": "shop", "services": services })).unwrap()
}

fn text(translation: &Translation, path: &str) -> String {
    let file = translation.written.iter().find(|file| file.path == path);
    file.map_or_else(|| panic!("{path} is not written"), |file| file.text())
}

/// All that is said, but for the lines that it rests on.
fn told(translation: &Translation) -> String {
    let mut out = String::new();
    for file in &translation.written {
        let _ = writeln!(out, "{}\n{}", file.path, file.text());
    }
    for loss in &translation.losses {
        let _ = writeln!(out, "{} {} {}", loss.key, loss.lost, loss.help);
    }
    let _ = writeln!(
        out,
        "{:?} {:?}",
        translation.secrets,
        translation.left_out.len()
    );
    out
}

/// A project with every kind of key that has a counterpart, and many that have none.
fn everything() -> Value {
    serde_json::from_str(include_str!("everything.json")).unwrap()
}

/// The paths of all entries and items of a document.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                found.push(format!("{at}/{key}"));
                paths(value, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                found.push(format!("{at}/{number}"));
                paths(value, &format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
}

fn without(value: &Value, path: &str) -> Value {
    let mut value = value.clone();
    let (parent, key) = path.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.remove(&key);
        }
        Value::Array(items) => {
            items.remove(key.parse().unwrap());
        }
        _ => unreachable!(),
    }
    value
}

#[test]
fn whatever_is_taken_away_makes_a_difference() {
    let whole = everything();
    let before = told(&translated(&whole).unwrap());
    let mut found = Vec::new();
    paths(&whole, "", &mut found);
    assert!(found.len() > 150, "{}", found.len());
    let mut silent = Vec::new();
    let mut refused = 0;
    for path in &found {
        match translated(&without(&whole, path)) {
            Ok(after) if told(&after) == before => silent.push(path.as_str()),
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    // What Compose itself takes for the same when it is said and when it is not.
    let same = [
        "/services/web/depends_on/cache/condition",
        "/services/api/gpus/0/driver",
        "/services/web/networks/back",
        "/networks/front",
        // A service that is off, a Job that another waits for, any port of the host.
        "/services/debug/image",
        "/services/migrate/restart",
        "/services/web/ports/1/published",
    ];
    // What is lost as a whole is told as a whole.
    let whole = [
        "/services/web/logging/",
        "/services/web/ulimits/",
        "/volumes/uploads/driver_opts/",
    ];
    silent
        .retain(|path| !same.contains(path) && !whole.iter().any(|start| path.starts_with(start)));
    assert!(silent.is_empty(), "{silent:#?}");
    assert!(refused < found.len() / 4, "{refused} of {}", found.len());
}

#[test]
fn no_secret_is_written() {
    let translation = translated(&everything()).unwrap();
    let told = told(&translation);
    assert!(!told.contains("hunter2"), "{told}");
    let names: Vec<&str> = translation
        .secrets
        .iter()
        .map(|secret| secret.name.as_str())
        .collect();
    assert_eq!(names, ["cache", "db", "shop-web-env", "token", "web"]);
}

#[test]
fn every_line_rests_on_something_and_no_path_is_written_twice() {
    for how in [
        Secrets::Reference,
        Secrets::Sealed,
        Secrets::External,
        Secrets::Vault,
    ] {
        let wishes = Wishes {
            secrets: how,
            kustomize: how != Secrets::Reference,
            ..Wishes::default()
        };
        let translation = wished(&everything(), wishes).unwrap();
        let files = translation.written.iter();
        let mut paths: Vec<&str> = files.map(|file| file.path.as_str()).collect();
        for file in &translation.written {
            let mut blocks = file.blocks.iter();
            assert!(
                blocks.all(|block| !block.evidence.is_empty()),
                "{}",
                file.path
            );
            assert!(!file.text().contains("hunter2"), "{}", file.path);
        }
        let count = paths.len();
        paths.dedup();
        assert_eq!(paths.len(), count);
        // What is referred to is made, once each.
        let made = paths.iter().filter(|path| path.contains("/secret-"));
        let expected = if how == Secrets::Reference { 0 } else { 5 };
        assert_eq!(made.count(), expected, "{paths:?}");
    }
}

#[test]
fn a_project_as_a_whole() {
    let translation = translated(&everything()).unwrap();
    let mut out = String::new();
    for file in &translation.written {
        let _ = write!(out, "=== {}\n{}", file.path, file.text());
    }
    insta::assert_snapshot!("files", out);
    let losses: Vec<String> = translation
        .losses
        .iter()
        .map(|loss| format!("{}: {}\n  {}", loss.key, loss.lost, loss.help))
        .collect();
    insta::assert_snapshot!("losses", losses.join("\n"));
}

#[test]
fn the_patience_of_probes_is_that_of_the_health_check() {
    let translation = of_services(&json!({ "api": {
        "image": "example/api:1",
        "expose": ["80"],
        "healthcheck": { "test": "wget -qO- http://localhost/", "interval": "10s", "timeout": "2s", "retries": 3, "start_period": "60s" },
    }}));
    let text = text(&translation, "k8s/deployment.yaml");
    // 60 s, and then three times 10 s, asked every 5 s.
    assert!(
        text.contains(
            "periodSeconds: 5\n            timeoutSeconds: 2\n            failureThreshold: 18"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "periodSeconds: 10\n            timeoutSeconds: 2\n            failureThreshold: 3"
        ),
        "{text}"
    );
    // No restart before it is dead for 90 s.
    assert!(
        text.contains(
            "periodSeconds: 10\n            timeoutSeconds: 2\n            failureThreshold: 9"
        ),
        "{text}"
    );
    assert!(text.contains("path: /\n"), "{text}");
}

#[test]
fn what_ends_is_a_job_and_what_serves_is_none() {
    let kind = |service: &Value| {
        let translation = of_services(&json!({ "it": service }));
        translation.services[0].workload.clone()
    };
    assert_eq!(kind(&json!({ "image": "a:1", "restart": "no" })), "Job it");
    assert_eq!(kind(&json!({ "image": "a:1" })), "Deployment it");
    assert_eq!(
        kind(&json!({ "image": "a:1", "restart": "no", "ports": ["80"] })),
        "Deployment it"
    );
    assert_eq!(
        kind(&json!({ "image": "a:1", "restart": "on-failure" })),
        "Deployment it"
    );
    assert_eq!(
        kind(&json!({ "image": "a:1", "deploy": { "mode": "global" } })),
        "DaemonSet it"
    );
    assert_eq!(
        kind(&json!({ "image": "redis:8", "volumes": ["./data:/data"] })),
        "StatefulSet it"
    );
    assert_eq!(kind(&json!({ "image": "redis:8" })), "Deployment it");
}

#[test]
fn a_name_that_no_service_can_have_is_told() {
    let translation = of_services(&json!({ "my_api": { "image": "a:1" } }));
    assert_eq!(translation.services[0].workload, "Deployment my-api");
    assert!(
        translation
            .losses
            .iter()
            .any(|loss| loss.lost.contains("`my-api`"))
    );
}

#[test]
fn a_port_that_others_call_is_known() {
    let translation = of_services(&json!({
        "web": { "image": "a:1", "environment": { "API": "http://api:9000/", "X_HOST": "other" } },
        "api": { "image": "b:1" },
        "other": { "image": "c:1" },
        "worker": { "image": "d:1" },
    }));
    assert!(text(&translation, "k8s/api/service.yaml").contains("port: 9000"));
    assert!(text(&translation, "k8s/other/service.yaml").contains("clusterIP: None"));
    assert!(
        !translation
            .written
            .iter()
            .any(|file| file.path == "k8s/worker/service.yaml")
    );
}
