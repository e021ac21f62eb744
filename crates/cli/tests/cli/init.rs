//! `plimsoll init`.

use std::fs;

use crate::folder::Folder;

const PYPROJECT: &str = r#"[project]
name = "shop"
version = "0.1.0"
requires-python = ">=3.12"
dependencies = ["fastapi>=0.115", "uvicorn>=0.34", "sqlalchemy>=2", "psycopg[binary]>=3", "redis>=5"]
"#;

const MAIN: &str = r#"import os

import redis
from fastapi import FastAPI
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
cache = redis.from_url(os.environ["REDIS_URL"])
level = os.environ.get("LOG_LEVEL", "INFO")

app = FastAPI()


@app.get("/health/live")
def live():
    return {}


@app.get("/health/ready")
def ready():
    return {}
"#;

const LOCK: &str = "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n";

pub(crate) fn shop() -> Folder {
    Folder::with(&[
        ("pyproject.toml", PYPROJECT),
        ("uv.lock", LOCK),
        ("main.py", MAIN),
    ])
}

const FLAGS: &[&str] = &[
    "--start",
    "uvicorn main:app --host 0.0.0.0 --port 8000",
    "--port",
    "8000",
];

pub(crate) fn init<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["init"];
    args.extend(FLAGS);
    args.extend(more);
    args
}

/// Every file below a folder, with its text.
pub(crate) fn files(folder: &Folder) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.path().to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder.path()).expect("below it");
            let text = fs::read_to_string(&path).expect("a text");
            found.push((name.to_string_lossy().into_owned(), text));
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_written_in_a_pipe_without_a_yes() {
    let folder = shop();
    let before = files(&folder);
    for more in [
        &[][..],
        &["--diff"],
        &["--why"],
        &["--dry-run"],
        &["--format", "json"],
    ] {
        let answer = folder.run(&init(more));
        assert_eq!(answer.code, 0, "{more:?}: {}", answer.stderr);
        assert!(answer.stdout.contains("compose.yaml"), "{more:?}");
        assert_eq!(files(&folder), before, "{more:?}");
    }
    let answer = folder.run(&init(&["--format", "json"]));
    let document: serde_json::Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(document["written"], false);
    assert_eq!(document["services"][0]["name"], "shop");
}

#[test]
fn what_was_found_comes_first_then_the_diff_then_what_is_short() {
    let folder = shop();
    let shown = folder.run(&["init"]).stdout;
    let at = |what: &str| match shown.find(what) {
        Some(at) => at,
        None => panic!("`{what}` is missing: {shown}"),
    };
    let order = [
        at("shop in ."),
        at("pyproject.toml:5: `redis` is a dependency"),
        at("\n--- /dev/null"),
        at("\ncreate    .dockerignore"),
        at("\nunsure    shop: port 8000 (likely)"),
    ];
    assert!(order.is_sorted(), "{order:?}: {shown}");
    assert!(!shown[order[3]..].contains("\n+"), "{shown}");
}

#[test]
fn what_is_written_has_no_finding_and_a_second_run_changes_nothing() {
    let folder = shop();
    for more in [&[][..], &["--kustomize", "--secrets", "external"]] {
        let answer = folder.run(&init(&[&["--yes"][..], more].concat()));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let once = files(&folder);
        assert!(once.iter().any(|(path, _)| path == ".plimsoll/init.json"));
        let again = folder.run(&init(&[&["--yes"][..], more].concat()));
        assert_eq!(again.code, 0, "{}", again.stderr);
        assert!(
            again
                .stdout
                .contains("everything is as it would be written"),
            "{}",
            again.stdout
        );
        assert_eq!(files(&folder), once);
        let review = folder.run(&["check", "--strictness", "pedantic", "--fail-on", "note"]);
        assert_eq!(review.code, 0, "{}", review.stdout);
    }
}

#[test]
fn names_that_yaml_reads_as_something_else_stay_names() {
    let folder = Folder::with(&[
        ("pyproject.toml", &PYPROJECT.replace("\"shop\"", "\"no\"")),
        ("uv.lock", LOCK),
        ("main.py", MAIN),
    ]);
    let answer = folder.run(&init(&["--yes"]));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let review = folder.run(&["check", "--strictness", "pedantic", "--fail-on", "note"]);
    assert_eq!(review.code, 0, "{}", review.stdout);
    let rendered = folder.run(&["chart", "template", "12", "chart"]);
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    for line in rendered.stdout.lines().map(str::trim_end) {
        assert!(!line.ends_with(": no") && !line.ends_with(": 12"), "{line}");
    }
}

#[test]
fn a_folder_without_a_service_is_refused_with_a_reason() {
    let folder = Folder::with(&[("README.md", "nothing\n")]);
    let answer = folder.run(&["init"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.contains("nothing can be written"),
        "{}",
        answer.stderr
    );
}

#[test]
fn the_dockerfile_of_somebody_else_stays_and_counts() {
    let folder = shop();
    let own = "FROM python:3.13-slim-trixie AS final\nWORKDIR /app\nCOPY main.py .\nUSER 1234:1234\nEXPOSE 9000\nCMD [\"python\", \"main.py\"]\n";
    folder.write("Dockerfile", own.as_bytes());
    let answer = folder.run(&["init", "--yes", "--start", "python main.py"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(
        answer.stdout.contains("keep      Dockerfile"),
        "{}",
        answer.stdout
    );
    assert_eq!(folder.read("Dockerfile"), own);
    let deployment = folder.read("k8s/deployment.yaml");
    assert!(deployment.contains("runAsUser: 1234"));
    assert!(deployment.contains("containerPort: 9000"));
    let compose = folder.read("compose.yaml");
    assert!(compose.contains("target: final") && compose.contains("127.0.0.1:9000:9000"));
}

#[test]
fn nothing_is_written_into_what_somebody_else_wrote() {
    let folder = shop();
    folder.write("docker-compose.yml", b"services: {}\n");
    folder.write(
        "chart/Chart.yaml",
        b"apiVersion: v2\nname: own\nversion: 1.0.0\n",
    );
    folder.write(
        "k8s/own.yaml",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n",
    );
    let answer = folder.run(&init(&["--yes"]));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    for path in ["docker-compose.yml", "chart/Chart.yaml", "k8s"] {
        let line = format!("keep      {path}  somebody else's");
        assert!(answer.stdout.contains(&line), "{}", answer.stdout);
    }
    let mut paths: Vec<String> = files(&folder).into_iter().map(|(path, _)| path).collect();
    paths.retain(|path| path.starts_with("k8s/") || path.starts_with("chart/"));
    assert_eq!(paths, ["chart/Chart.yaml", "k8s/own.yaml"]);
    assert!(!folder.path().join("compose.yaml").exists());
    assert!(folder.path().join("Dockerfile").exists());
}

#[test]
fn edits_stay_and_conflicts_are_told_with_both_sides() {
    let folder = shop();
    assert_eq!(folder.run(&init(&["--yes"])).code, 0);
    let service = folder.read("k8s/service.yaml");
    folder.write("k8s/service.yaml", format!("# Mine.\n{service}").as_bytes());
    let deployment = folder.read("k8s/deployment.yaml");
    let mine = deployment.replace("containerPort: 8000", "containerPort: 8123");
    folder.write("k8s/deployment.yaml", mine.as_bytes());
    let moved = [
        "init",
        "--yes",
        "--start",
        "uvicorn main:app --host 0.0.0.0",
        "--port",
        "9000",
    ];
    let answer = folder.run(&moved);
    assert_eq!(answer.code, 1, "{}", answer.stdout);
    assert!(answer.stdout.contains("8123") && answer.stdout.contains("9000"));
    assert!(
        folder
            .read("k8s/deployment.yaml")
            .contains("containerPort: 8123")
    );
    assert!(folder.read("k8s/service.yaml").starts_with("# Mine.\n"));
    assert!(folder.read("compose.yaml").contains(":9000:9000"));
    assert_eq!(folder.run(&moved).code, 1);
    let settled = [&moved[..], &["--keep-mine"]].concat();
    assert_eq!(folder.run(&settled).code, 0);
    assert_eq!(folder.run(&moved).code, 0);
    assert!(
        folder
            .read("k8s/deployment.yaml")
            .contains("containerPort: 8123")
    );
}

#[test]
fn only_what_is_asked_for_is_written() {
    let folder = shop();
    let answer = folder.run(&init(&["--yes", "--only", "compose"]));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let paths: Vec<String> = files(&folder).into_iter().map(|(path, _)| path).collect();
    assert!(paths.contains(&"compose.yaml".to_owned()));
    assert!(
        !paths
            .iter()
            .any(|path| path.starts_with("k8s") || path.starts_with("chart"))
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_folder() {
    let outside = Folder::new();
    let folder = shop();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("k8s")).expect("a link");
    let answer = folder.run(&init(&["--yes"]));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(
        answer.stdout.contains("`k8s` is a symbolic link"),
        "{}",
        answer.stdout
    );
    assert!(files(&outside).is_empty());
}

#[test]
fn the_configuration_says_what_flags_do_not() {
    let folder = shop();
    folder.write(
        "plimsoll.toml",
        b"[init]\nregistry = \"ghcr.io/example\"\nproject = \"market\"\n\n[[init.service]]\nfolder = \".\"\nstart = [\"uvicorn\", \"main:app\"]\nport = 7000\n",
    );
    let answer = folder.run(&["init", "--yes"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let deployment = folder.read("k8s/deployment.yaml");
    assert!(deployment.contains("ghcr.io/example/shop:"));
    assert!(deployment.contains("namespace: market"));
    assert!(deployment.contains("containerPort: 7000"));
    let unknown = folder.run(&["init", "--backing", "postgress"]);
    assert_eq!(unknown.code, 2);
}

/// The chart with its default values is the manifests, but for what is listed here.
#[test]
fn the_chart_is_the_manifests() {
    let folder = shop();
    assert_eq!(folder.run(&init(&["--yes"])).code, 0);
    let rendered = folder.run(&["chart", "template", "shop", "chart"]);
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let mut plain = String::new();
    for (path, text) in files(&folder) {
        if path.starts_with("k8s/") && path != "k8s/namespace.yaml" {
            plain.push_str("---\n");
            plain.push_str(&text);
        }
    }
    let plain = objects(&plain);
    let chart = objects(&rendered.stdout);
    assert!(plain.len() >= 7, "{}", plain.len());
    assert_eq!(chart, plain);
}

/// Objects as sorted lines, without comments and without what a chart and manifests rightly have
/// apart: the namespace, labels of the release, the checksum that restarts pods, hooks.
pub(crate) fn objects(text: &str) -> Vec<Vec<String>> {
    let apart = [
        "namespace: shop",
        "app.kubernetes.io/instance:",
        "app.kubernetes.io/managed-by:",
        "checksum/config:",
        "helm.sh/hook",
        "ttlSecondsAfterFinished:",
    ];
    let mut objects: Vec<Vec<String>> = text
        .split("\n---\n")
        .map(|document| {
            let lines = document.lines().filter(|line| {
                let line = line.trim();
                let is_comment = line.starts_with('#') || line.is_empty() || line == "---";
                let bare = line.replace('"', "");
                !is_comment && !apart.iter().any(|apart| bare.starts_with(apart))
            });
            let mut lines: Vec<String> = lines.map(|line| line.replace(['"', '\''], "")).collect();
            // A key whose only entries are left out is left out, too.
            let bare = |line: &String| line.trim() == "annotations:";
            let emptied = |at: usize, lines: &[String]| {
                let indent = |line: &str| line.len() - line.trim_start().len();
                lines
                    .get(at + 1)
                    .is_none_or(|next| indent(next) <= indent(&lines[at]))
            };
            let mut at = 0;
            while at < lines.len() {
                if bare(&lines[at]) && emptied(at, &lines) {
                    lines.remove(at);
                } else {
                    at += 1;
                }
            }
            lines.sort();
            lines
        })
        // The pod of the test stands in the chart alone.
        .filter(|lines| !lines.is_empty() && !lines.contains(&"kind: Pod".to_owned()))
        .collect();
    objects.sort();
    objects
}

const COMPOSE: &str = r#"name: shop
services:
  web:
    image: ghcr.io/example/web:1.4.2
    user: "10001"
    read_only: true
    tmpfs: [/tmp]
    ports: ["8080:8080"]
    environment:
      LOG_LEVEL: info
      DATABASE_URL: postgres://shop:${DB_PASSWORD}@db:5432/shop
      PRICE: "{{ not a template }}"
    healthcheck:
      test: ["CMD", "wget", "-qO-", "http://localhost:8080/healthz"]
      interval: 15s
      timeout: 3s
      start_period: 30s
    depends_on:
      db:
        condition: service_healthy
    deploy:
      replicas: 2
      resources:
        limits: {memory: 256M}
        reservations: {cpus: "0.1", memory: 128M}
    ulimits:
      nofile: 4096
  db:
    image: postgres:17.6
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: ${DB_PASSWORD}
    volumes: ["data:/var/lib/postgresql/data"]
    healthcheck:
      test: pg_isready -U shop
  tools:
    image: ghcr.io/example/tools:1.0.0
    profiles: [tools]
volumes:
  data: {}
"#;

pub(crate) fn composed() -> Folder {
    Folder::with(&[
        ("compose.yaml", COMPOSE),
        (".env", "DB_PASSWORD=correct-horse\n"),
    ])
}

#[test]
fn a_compose_project_becomes_manifests_and_a_chart() {
    let folder = composed();
    let asked = folder.run(&["init", "--from", "compose"]);
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    assert!(!folder.path().join("k8s").exists());
    let done = folder.run(&[
        "init",
        "--from",
        "compose",
        "--host",
        "shop.example.com",
        "--yes",
    ]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stdout
            .contains("compose.yaml:26: `services.web.ulimits`"),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("left out tools (compose.yaml:36)"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("web: DATABASE_URL"), "{}", done.stdout);
    let all = files(&folder);
    for (path, text) in &all {
        assert!(path == ".env" || !text.contains("correct-horse"), "{path}");
    }
    // A second run changes nothing.
    let again = folder.run(&[
        "init",
        "--from",
        "compose",
        "--host",
        "shop.example.com",
        "--yes",
    ]);
    assert!(
        again
            .stdout
            .contains("everything is as it would be written"),
        "{}",
        again.stdout
    );
    assert_eq!(files(&folder), all);
    // The chart with its default values is the manifests.
    let rendered = folder.run(&["chart", "template", "shop", "chart"]);
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let mut plain = String::new();
    for (path, text) in &all {
        if path.starts_with("k8s/") && path != "k8s/namespace.yaml" {
            plain.push_str("---\n");
            plain.push_str(text);
        }
    }
    assert_eq!(objects(&rendered.stdout), objects(&plain));
    // What the Compose file says is enough for a demanding review, but for PostgreSQL, of which it
    // does not say that its root is read-only, and whose tag nobody pinned.
    let checked = folder.run(&[
        "check",
        "--strictness",
        "pedantic",
        "--format",
        "json",
        "k8s",
        "chart",
    ]);
    let report: serde_json::Value = serde_json::from_str(&checked.stdout).expect("a report");
    let found = report["findings"].as_array().expect("findings").iter();
    let rules: std::collections::BTreeSet<&str> = found
        .filter_map(|finding| finding["rule"].as_str())
        .collect();
    assert_eq!(
        Vec::from_iter(rules),
        ["writable-root-filesystem"],
        "{}",
        checked.stdout
    );
}

#[test]
fn what_says_nothing_about_a_compose_project_is_refused() {
    let folder = composed();
    for flags in [
        &["--port", "80"][..],
        &["--backing", "redis"],
        &["--only", "dockerfile"],
    ] {
        let mut args = vec!["init", "--from", "compose"];
        args.extend(flags);
        assert_eq!(folder.run(&args).code, 2, "{flags:?}");
    }
    for flags in [
        &["--port", "80"][..],
        &["--only", "dockerfile"],
        &["--profile", "a"],
    ] {
        let mut args = vec!["init", "--from", "manifests"];
        args.extend(flags);
        assert_eq!(folder.run(&args).code, 2, "{flags:?}");
    }
    let empty = Folder::with(&[("README.md", "")]);
    let refused = empty.run(&["init", "--from", "compose"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
}

#[test]
fn a_profile_and_a_file_are_chosen_as_compose_does() {
    let folder = composed();
    fs::rename(
        folder.path().join("compose.yaml"),
        folder.path().join("other.yaml"),
    )
    .expect("renamed");
    let args = [
        "init",
        "--from",
        "compose",
        "-f",
        "other.yaml",
        "--profile",
        "tools",
        "--format",
        "json",
    ];
    let run = folder.run(&args);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("an answer");
    let services = answer["compose"]["services"].as_array().expect("services");
    assert_eq!(services.len(), 3, "{}", run.stdout);
    assert_eq!(
        answer["compose"]["leftOut"].as_array().map(Vec::len),
        Some(0)
    );
    assert!(!run.stdout.contains("correct-horse"));
}

const MANIFESTS: &[(&str, &str)] = &[
    (
        "deploy/web.yaml",
        r#"# The web.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels:
    app: web
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: ghcr.io/example/web:1.4.2
          args: ["--format={{.Name}}"]
          env:
            - name: LOG_LEVEL
              value: info
            - name: PORT
              value: "8080"
          resources:
            limits:
              memory: 256Mi
            requests:
              cpu: 100m
              memory: 128Mi
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  type: ClusterIP
  selector:
    app: web
  ports:
    - port: 80
      targetPort: 8080
"#,
    ),
    (
        "deploy/ingress.yaml",
        r#"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
spec:
  ingressClassName: nginx
  tls:
    - hosts:
        - shop.example.com
      secretName: web-tls
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  number: 80
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: shop
data:
  MODE: "yes"
  motd.txt: |
    {{ hello }}
    world
"#,
    ),
];

#[test]
fn manifests_become_a_chart_that_renders_them() {
    let folder = Folder::with(MANIFESTS);
    let done = folder.run(&["init", "--from", "manifests", "--project", "shop", "--yes"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("4 objects"), "{}", done.stdout);
    let all = files(&folder);
    let again = folder.run(&["init", "--from", "manifests", "--project", "shop", "--yes"]);
    assert!(
        again
            .stdout
            .contains("everything is as it would be written"),
        "{}",
        again.stdout
    );
    assert_eq!(files(&folder), all);
    let rendered = folder.run(&["chart", "template", "shop", "chart", "--namespace", "shop"]);
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let plain: String = MANIFESTS
        .iter()
        .map(|(_, text)| format!("---\n{text}"))
        .collect();
    assert_eq!(objects(&rendered.stdout), objects(&plain));
    let other = folder.run(&[
        "chart",
        "template",
        "shop",
        "chart",
        "--set",
        "web.image.tag=2.0.0,web.ingress.host=a.example.com",
    ]);
    assert!(
        other.stdout.contains("ghcr.io/example/web:2.0.0"),
        "{}",
        other.stdout
    );
    assert_eq!(
        other.stdout.matches("a.example.com").count(),
        2,
        "{}",
        other.stdout
    );
    assert_eq!(folder.run(&["chart", "lint", "chart"]).code, 0);
}
