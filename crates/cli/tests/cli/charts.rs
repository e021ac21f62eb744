//! Charts in reviews, links and checklists.

use crate::folder::Folder;

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  selector:\n    matchLabels: {app: shop}\n  template:\n    metadata:\n      labels: {app: shop}\n    spec:\n      containers:\n        - name: web\n          image: {{ .Values.image }}\n{{- if .Values.service }}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  selector: {app: shop}\n  ports: [{port: 80}]\n{{- end }}\n";

fn folder() -> Folder {
    Folder::repository(&[
        ("chart/Chart.yaml", CHART),
        (
            "chart/values.yaml",
            "image: acme/shop:latest\nservice: true\n",
        ),
        ("chart/ci/no-service-values.yaml", "service: false\n"),
        ("chart/templates/web.yaml", WEB),
        ("Dockerfile", "FROM alpine:3.22\nUSER 10001\nCMD [\"a\"]\n"),
        (
            "compose.yaml",
            "services:\n  shop: {build: ., image: acme/shop}\n",
        ),
    ])
}

#[test]
fn a_review_shows_template_and_value() {
    let answer = folder().run(&["check", "--select", "unpinned-image"]);
    assert!(
        answer.stdout.contains(
            " --> chart/templates/web.yaml:14:18\n   |\n14 |           image: {{ .Values.image }}\n"
        ),
        "{}",
        answer.stdout
    );
    assert!(
        answer.stdout.contains(
            "::: chart/values.yaml:1:8\n   |\n 1 | image: acme/shop:latest\n   |        ---------------- `image` of values.yaml\n"
        ),
        "{}",
        answer.stdout
    );
    assert!(
        answer.stdout.ends_with("1 warning in 3 files\n"),
        "{}",
        answer.stdout
    );
}

#[test]
fn links_and_the_checklist_name_template_lines() {
    let links = folder().run(&["links"]);
    for line in [
        "Deployment/shop  chart/templates/web.yaml:2\n",
        "  runs Dockerfile (container web)\n    chart/templates/web.yaml:14: ",
        "  selects Deployment/shop\n    chart/templates/web.yaml:22: the labels `app: shop` match\n",
    ] {
        assert!(links.stdout.contains(line), "{line} in {}", links.stdout);
    }
    let checklist = folder().run(&["checklist"]);
    for text in [
        "  Deployment/shop  chart/templates/web.yaml:",
        "chart/templates/web.yaml:13 container `web` has no memory limit [missing-memory-limit]\n",
    ] {
        assert!(
            checklist.stdout.contains(text),
            "{text} in {}",
            checklist.stdout
        );
    }
}

#[test]
fn a_changed_value_is_a_change_of_what_it_is_in() {
    let folder = folder();
    folder.write(
        "chart/values.yaml",
        b"image: acme/store:latest\nservice: true\n",
    );
    let args = [
        "check",
        "--format",
        "json",
        "--since",
        "HEAD",
        "--select",
        "unpinned-image",
    ];
    assert_eq!(
        folder.run(&args).places(),
        ["chart/templates/web.yaml:14:18 unpinned-image"]
    );
}

#[test]
fn subcharts_are_reported_when_asked_for() {
    let folder = folder();
    folder.write(
        "chart/charts/db/Chart.yaml",
        b"apiVersion: v2\nname: db\nversion: 1.0.0\n",
    );
    folder.write(
        "chart/charts/db/templates/pod.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: db}\nspec:\n  containers: [{name: db, image: 'postgres:latest'}]\n",
    );
    let args = ["check", "--format", "json", "--select", "unpinned-image"];
    let found = folder.run(&args).places();
    assert_eq!(found, ["chart/templates/web.yaml:14:18 unpinned-image"]);
    let found = folder.run(&[&args[..], &["--subcharts"]].concat()).places();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("chart/charts/db/templates/pod.yaml:5:"));
}

#[test]
fn a_chart_of_nothing_but_subcharts_says_how_to_review_them() {
    let folder = Folder::repository(&[
        ("Chart.yaml", CHART),
        ("values.yaml", "db: {}\n"),
        (
            "charts/db/Chart.yaml",
            "apiVersion: v2\nname: db\nversion: 1.0.0\n",
        ),
        (
            "charts/db/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: db}\nspec:\n  containers: [{name: db, image: 'postgres:latest'}]\n",
        ),
    ]);
    let answer = folder.run(&["check", "--select", "unpinned-image"]);
    assert_eq!(
        answer.stdout,
        "no findings in 2 files; 1 template of a subchart (`--subcharts`) not reviewed\n"
    );
    let answer = folder.run(&["check", "--select", "unpinned-image", "--subcharts"]);
    assert!(answer.stdout.ends_with("in 1 file\n"), "{}", answer.stdout);
}
