//! `plimsoll init`: what flags say, low ports, clocks, and flags with `--from compose`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::folder::Folder;
use crate::init::{composed, files, objects};

/// Nothing to find in a demanding review.
#[track_caller]
fn clean(folder: &Folder, more: &[&str]) {
    let args = [
        &["check", "--strictness", "pedantic", "--fail-on", "note"],
        more,
    ]
    .concat();
    let review = folder.run(&args);
    assert_eq!(review.code, 0, "{}", review.stdout);
}

/// Writes, and writes nothing when run again.
#[track_caller]
fn written(folder: &Folder, args: &[&str]) -> String {
    let args = [&["init", "--yes"], args].concat();
    let first = folder.run(&args);
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    let once = files(folder);
    let again = folder.run(&args);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(files(folder), once);
    first.stdout
}

fn go(port: &str) -> Folder {
    let main = format!(
        "package main\n\nimport \"net/http\"\n\nfunc main() {{\n\thttp.HandleFunc(\"/healthz\", f)\n\t_ = http.ListenAndServe({port}, nil)\n}}\n"
    );
    Folder::with(&[
        ("go.mod", "module example.com/api\n\ngo 1.26\n"),
        ("main.go", &main),
    ])
}

#[test]
fn a_port_of_root_is_asked_for_where_it_cannot_be_left() {
    let fixed = go("\":80\"");
    written(&fixed, &[]);
    clean(&fixed, &[]);
    let deployment = fixed.read("k8s/deployment.yaml");
    assert!(
        deployment.contains("net.ipv4.ip_unprivileged_port_start"),
        "{deployment}"
    );
    assert!(deployment.contains("containerPort: 80\n"), "{deployment}");
    assert!(
        fixed
            .read("compose.yaml")
            .contains("net.ipv4.ip_unprivileged_port_start: \"0\"")
    );
    let rendered = fixed.run(&["chart", "template", "api", "chart"]);
    assert!(
        rendered
            .stdout
            .contains("net.ipv4.ip_unprivileged_port_start")
    );

    let moved = go("\":\" + getenv(\"PORT\", \"80\")");
    moved.write(
        "env.go",
        b"package main\n\nimport \"os\"\n\nfunc getenv(name, other string) string {\n\tif v := os.Getenv(name); v != \"\" {\n\t\treturn v\n\t}\n\treturn other\n}\n",
    );
    let said = written(&moved, &[]);
    clean(&moved, &[]);
    let deployment = moved.read("k8s/deployment.yaml");
    assert!(!deployment.contains("sysctls"), "{deployment}");
    assert!(
        deployment.contains("containerPort: 8080\n"),
        "{said}{deployment}"
    );
    assert!(moved.read("Dockerfile").contains("PORT=8080"));
    let service = moved.read("k8s/service.yaml");
    assert!(service.contains("port: 80\n"), "{service}");
}

#[test]
fn what_runs_by_a_clock_is_written_and_said() {
    let folder = Folder::with(&[
        (
            "package.json",
            "{\"name\":\"web\",\"scripts\":{\"start\":\"node server.js\"},\"dependencies\":{\"express\":\"5.1.0\",\"node-cron\":\"4.0.0\"},\"engines\":{\"node\":\"24\"}}",
        ),
        ("package-lock.json", "{\"lockfileVersion\":3}"),
        (
            "server.js",
            "const cron = require('node-cron')\nconst app = require('express')()\ncron.schedule('0 * * * *', () => {})\napp.get('/healthz', (req, res) => res.end())\napp.listen(3000)\n",
        ),
        (
            "crontab",
            "0 3 * * 7 node jobs/clean.js >> /var/log/clean.log 2>&1\n",
        ),
        ("jobs/clean.js", "console.log('done')\n"),
    ]);
    let said = written(&folder, &[]);
    clean(&folder, &[]);
    assert!(said.contains("node-cron, in every replica"), "{said}");
    assert!(said.contains("clean: node jobs/clean.js"), "{said}");
    let job = folder.read("k8s/clean.yaml");
    assert!(job.contains("schedule: \"0 3 * * 0\""), "{job}");
    let deployment = folder.read("k8s/deployment.yaml");
    assert!(
        deployment.contains("its own clock (server.js:3)"),
        "{deployment}"
    );
}

#[test]
fn what_is_said_of_nothing_is_refused_with_the_nearest() {
    let folder = Folder::with(&[
        (
            "services/cart/go.mod",
            "module example.com/cart\n\ngo 1.26\n",
        ),
        (
            "services/cart/main.go",
            "package main\n\nimport \"net/http\"\n\nfunc main() { _ = http.ListenAndServe(\":8080\", nil) }\n",
        ),
    ]);
    let near = folder.run(&["init", "--service", "services/crat", "--port", "80"]);
    assert_eq!(near.code, 2, "{}", near.stderr);
    assert!(
        near.stderr.contains("did you mean `services/cart`?"),
        "{}",
        near.stderr
    );
    let far = folder.run(&["init", "--service", "web", "--port", "80"]);
    assert!(
        far.stderr.contains("services are in `services/cart`"),
        "{}",
        far.stderr
    );
    let backing = folder.run(&["init", "--backing", "postgre"]);
    assert!(
        backing.stderr.contains("did you mean `postgres`?"),
        "{}",
        backing.stderr
    );
    folder.write(
        "plimsoll.toml",
        b"[[init.service]]\nfolder = \"services/carts\"\nport = 80\n",
    );
    let filed = folder.run(&["init"]);
    assert_eq!(filed.code, 2, "{}", filed.stderr);
    assert!(
        filed.stderr.contains("did you mean `services/cart`?"),
        "{}",
        filed.stderr
    );
    folder.write(
        "plimsoll.toml",
        b"[[init.service]]\nfolder = \"services/cart\"\nprot = 80\n",
    );
    let key = folder.run(&["init"]);
    assert!(
        key.stderr.contains("did you mean `port`?"),
        "{}",
        key.stderr
    );
}

#[test]
fn a_compose_project_gets_overlays_and_what_makes_its_secrets() {
    let plain = composed();
    written(&plain, &["--from", "compose", "--host", "shop.example.com"]);
    let expected = objects(&plain.run(&["chart", "template", "shop", "chart"]).stdout);
    for (how, kind) in [
        ("external", "ExternalSecret"),
        ("sealed", "SealedSecret"),
        ("vault", "VaultStaticSecret"),
    ] {
        let folder = composed();
        let said = written(
            &folder,
            &[
                "--from",
                "compose",
                "--host",
                "shop.example.com",
                "--kustomize",
                "--secrets",
                how,
            ],
        );
        assert!(
            folder.read("k8s/base/secret-web.yaml").contains(kind),
            "{said}"
        );
        let base = folder.read("k8s/base/kustomization.yaml");
        assert!(
            base.contains("- secret-web.yaml") && base.contains("- web/deployment.yaml"),
            "{base}"
        );
        assert!(
            !folder
                .read("k8s/base/web/deployment.yaml")
                .contains("namespace:")
        );
        let staging = folder.read("k8s/overlays/staging/kustomization.yaml");
        assert!(staging.contains("namespace: shop-staging"), "{staging}");
        assert!(staging.contains("staging.shop.example.com"), "{staging}");
        for (path, text) in files(&folder) {
            assert!(path == ".env" || !text.contains("correct-horse"), "{path}");
        }
        // The chart is the same: who makes a Secret is no part of it.
        let chart = folder.run(&["chart", "template", "shop", "chart"]);
        assert_eq!(objects(&chart.stdout), expected);
        // Of PostgreSQL the Compose file does not say that its root is read-only.
        clean(
            &folder,
            &["--ignore", "writable-root-filesystem", "k8s", "chart"],
        );
    }
}

/// Needs `script` of util-linux, which makes a terminal.
#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_what_is_open_is_asked() {
    let main = "import os\nimport http.server\n\nhttp.server.HTTPServer((\"\", \
                int(os.environ[\"PORT\"])), http.server.SimpleHTTPRequestHandler).serve_forever()\n";
    let answered = |answers: &str| {
        let folder = Folder::with(&[
            ("main.py", main),
            ("requirements.txt", "requests==2.32.5\n"),
        ]);
        let binary = env!("CARGO_BIN_EXE_plimsoll");
        let mut asked = Command::new("script")
            .args(["-qec", &format!("{binary} init"), "/dev/null"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("util-linux has `script`");
        let mut stdin = asked.stdin.take().expect("it is piped");
        stdin.write_all(answers.as_bytes()).expect("it reads");
        let shown = asked.wait_with_output().expect("it ends");
        drop(stdin);
        (folder, String::from_utf8_lossy(&shown.stdout).into_owned())
    };
    let (folder, shown) = answered("8123\ny\n");
    assert!(shown.contains("On which port does it listen?"), "{shown}");
    assert!(folder.read("compose.yaml").contains("8123"), "{shown}");
    assert!(
        folder
            .read("k8s/deployment.yaml")
            .contains("containerPort: 8123")
    );
    // Nothing is written without a yes.
    let (folder, shown) = answered("8123\nn\n");
    assert!(shown.contains("nothing is written"), "{shown}");
    assert!(!folder.path().join("compose.yaml").exists());
}
