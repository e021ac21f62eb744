//! `plimsoll chart create` and `plimsoll chart package`.

use std::fs;

use crate::folder::Folder;

#[test]
fn a_new_chart_can_be_rendered_linted_and_packed() {
    let folder = Folder::new();
    let answer = folder.run(&["chart", "create", "web"]);
    assert_eq!(answer.quiet(), 0);
    assert_eq!(answer.stdout, "Creating web\n");
    assert!(folder.path().join("web/charts").is_dir());
    let rendered = folder.run(&["chart", "template", "rel", "web"]);
    assert_eq!(rendered.quiet(), 0);
    let kinds: Vec<&str> = rendered
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("kind: "))
        .collect();
    assert_eq!(kinds, ["ServiceAccount", "Service", "Deployment", "Pod"]);
    let linted = folder.run(&["chart", "lint", "web", "--format", "helm", "--strict"]);
    assert_eq!(linted.quiet(), 0);
    assert_eq!(
        linted.stdout,
        "==> Linting web\n[INFO] Chart.yaml: icon is recommended\n\n1 chart(s) linted, 0 chart(s) failed\n"
    );
    let packed = folder.run(&["chart", "package", "web", "-d", "out", "--version", "2.0.0"]);
    assert_eq!(packed.quiet(), 0);
    assert_eq!(
        packed.stdout,
        "Successfully packaged chart and saved it to: out/web-2.0.0.tgz\n"
    );
    let again = folder.run(&["chart", "template", "rel", "out/web-2.0.0.tgz"]);
    assert_eq!(
        again.stdout,
        rendered.stdout.replace("web-0.1.0", "web-2.0.0")
    );
}

#[test]
fn archives_are_the_same_every_time() {
    let folder = Folder::with(&[
        (
            "a/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- name: b\n  version: 1.x\n  repository: file://../b\n",
        ),
        (
            "a/Chart.lock",
            "dependencies:\n- name: b\n  repository: file://../b\n  version: 1.0.0\ndigest: sha256:0\ngenerated: \"2024-01-02T03:04:05Z\"\n",
        ),
        ("a/values.yaml", "# kept\nx: 1\n"),
        ("a/.helmignore", "*.bak\n"),
        ("a/notes.bak", "no\n"),
        ("a/README.md", "# A\n"),
        ("a/templates/x.yaml", "kind: {{ .Values.x }}\n"),
        (
            "a/charts/b/Chart.yaml",
            "apiVersion: v2\nname: b\nversion: 1.0.0\n",
        ),
        ("a/charts/b/templates/y.yaml", "kind: Y\n"),
    ]);
    let pack = |to: &str| {
        let answer = folder.run(&["chart", "package", "a", "-d", to]);
        assert_eq!(answer.quiet(), 0);
        fs::read(folder.path().join(to).join("a-1.0.0.tgz")).expect("it is there")
    };
    let first = pack("one");
    folder.write("a/templates/x.yaml", b"kind: {{ .Values.x }}\n");
    assert_eq!(first, pack("two"));
    let shown = |part: &str, of: &str| folder.run(&["chart", "show", part, of]).stdout;
    for part in ["chart", "values", "readme"] {
        assert_eq!(shown(part, "one/a-1.0.0.tgz"), shown(part, "a"));
    }
    let rendered = |of: &str| folder.run(&["chart", "template", "rel", of]).stdout;
    assert_eq!(rendered("one/a-1.0.0.tgz"), rendered("a"));
    let linted = folder.run(&["chart", "lint", "one/a-1.0.0.tgz"]);
    assert_eq!(linted.quiet(), 0);
}

#[test]
fn a_starter_is_copied_with_its_name_put_in() {
    let folder = Folder::with(&[
        (
            "starter/Chart.yaml",
            "apiVersion: v2\nname: starter\nversion: 9.9.9\nicon: https://a.example\n",
        ),
        (
            "starter/values.yaml",
            "# of <CHARTNAME>\nname: <CHARTNAME>\n",
        ),
        ("starter/templates/x.yaml", "kind: X\nname: <CHARTNAME>\n"),
        ("starter/files/y.txt", "<CHARTNAME>\n"),
        (
            "starter/charts/sub/Chart.yaml",
            "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        ),
    ]);
    let starter = folder.path().join("starter");
    let starter = starter.to_str().expect("UTF-8");
    let answer = folder.run(&["chart", "create", "new/web", "--starter", starter]);
    assert_eq!(answer.quiet(), 0);
    assert_eq!(folder.read("new/web/values.yaml"), "# of web\nname: web\n");
    assert_eq!(
        folder.read("new/web/templates/x.yaml"),
        "kind: X\nname: web\n"
    );
    assert_eq!(folder.read("new/web/files/y.txt"), "<CHARTNAME>\n");
    assert_eq!(
        folder.read("new/web/Chart.yaml"),
        "apiVersion: v2\nappVersion: 0.1.0\ndescription: A Helm chart for Kubernetes\nname: web\ntype: application\nversion: 0.1.0\n"
    );
    assert!(folder.path().join("new/web/charts/sub-1.0.0.tgz").is_file());
}

#[test]
fn what_cannot_be_done_is_refused() {
    let folder = Folder::with(&[
        (
            "a/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- name: b\n  version: 1.x\n  repository: \"\"\n",
        ),
        ("file", "x\n"),
    ]);
    for (args, wanted) in [
        (
            &["create", "a b"][..],
            "chart name must match the regular expression",
        ),
        (&["create", "none/web"], "no such file or directory"),
        (&["create", "file"], "already exists and is not a directory"),
        (
            &["package", "a"],
            "found in Chart.yaml, but missing in charts/ directory: b",
        ),
        (&["package", "file"], "is no folder"),
        (
            &["package", "./none"],
            "stat ./none: no such file or directory",
        ),
        (
            &["package", "a", "--sign"],
            "--key is required for signing a package",
        ),
        (&["package", "a", "-u"], "directory a/charts/b not found"),
        (
            &["package", "a", "--version", "one"],
            "invalid semantic version",
        ),
    ] {
        let answer = folder.run(&[&["chart"], args].concat());
        assert_eq!(answer.code, 1, "{args:?}");
        assert!(
            answer.stderr.contains(wanted),
            "{args:?}: {}",
            answer.stderr
        );
    }
}

#[test]
fn what_a_chart_depends_on_is_brought_when_asked_for() {
    let files = [
        (
            "a/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- name: b\n  version: 1.x\n  repository: file://../b\n",
        ),
        ("b/Chart.yaml", "apiVersion: v2\nname: b\nversion: 1.2.3\n"),
        ("b/templates/b.yaml", "kind: {{ .Chart.Name }}\n"),
    ];
    let rendered = "---\n# Source: a/charts/b/templates/b.yaml\nkind: b\n";
    let folder = Folder::with(&files);
    let answer = folder.run(&["chart", "template", "-u", "a"]);
    assert_eq!(answer.code, 2, "helm's template has no short flag");
    let answer = folder.run(&["chart", "template", "--dependency-update", "a"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(
        answer.stdout,
        format!("Saving 1 charts\nDeleting outdated charts\n{rendered}")
    );
    let again = folder.run(&["chart", "template", "--dependency-update", "a"]);
    assert_eq!(again.stdout, rendered, "nothing is missing any more");

    let folder = Folder::with(&files);
    let answer = folder.run(&["chart", "package", "-u", "a"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let said = "Successfully packaged chart and saved it to: ";
    assert!(answer.stdout.starts_with(said), "{}", answer.stdout);
    assert_eq!(answer.stdout.lines().count(), 1);
    let answer = folder.run(&["chart", "template", "a-1.0.0.tgz"]);
    assert_eq!(answer.stdout, rendered);
}
