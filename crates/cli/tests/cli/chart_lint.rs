//! `plimsoll chart lint`.

use crate::folder::{Folder, valid};

const METADATA: &str =
    "apiVersion: v2\nname: shop\nversion: 1.2.3\nicon: https://shop.example/icon.png\n";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n";

fn shop(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(&[
        ("shop/Chart.yaml", METADATA),
        ("shop/values.yaml", "name: web\n"),
        ("shop/templates/service.yaml", SERVICE),
    ]);
    for (path, text) in files {
        folder.write(&format!("shop/{path}"), text.as_bytes());
    }
    folder
}

#[test]
fn a_sound_chart_passes() {
    let answer = shop(&[]).run(&["chart", "lint", "shop"]);
    assert_eq!(answer.quiet(), 0);
    assert_eq!(answer.stdout, "no findings in 3 files\n1 chart, 0 failed\n");
    let answer = shop(&[]).run(&["chart", "lint", "shop", "--format", "helm"]);
    assert_eq!(answer.quiet(), 0);
    let wanted = "==> Linting shop\n\n1 chart(s) linted, 0 chart(s) failed\n";
    assert_eq!(answer.stdout, wanted);
}

#[test]
fn all_templates_are_looked_at_and_helms_verdict_is_given() {
    let folder = shop(&[
        ("templates/a.yaml", "a: {{ .Values.name.first }}\n"),
        ("templates/b.yaml", "b: {{ index .Values.name 9 }}\n"),
        (
            "templates/c.yaml",
            "kind: Deployment\nmetadata:\n  name: Web\n",
        ),
        ("templates/d.yaml", "a: b: {{ .Values.name }}\n"),
    ]);
    let answer = folder.run(&["chart", "lint", "shop", "--format", "json"]);
    assert_eq!(answer.quiet(), 1);
    let report = valid(
        &answer.stdout,
        include_str!("../../../../docs/schema/chart-lint.schema.json"),
    );
    let messages = report["charts"][0]["messages"].as_array().expect("a list");
    let told: Vec<String> = messages
        .iter()
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            let (file, check, helm) = (word("file"), word("check"), &one["helm"]);
            format!("{file}:{}:{} {check} {helm}", one["line"], one["column"])
        })
        .collect();
    assert_eq!(
        told,
        [
            "templates/b.yaml:1:7 chart-templates true",
            "templates/a.yaml:1:7 chart-templates false",
            "templates/c.yaml:3:9 object-name false",
            "templates/c.yaml:1:1 object-selector false",
            "templates/d.yaml:1:5 template-yaml false",
        ]
    );
    let answer = folder.run(&["chart", "lint", "shop", "--format", "helm"]);
    assert_eq!(answer.code, 1);
    assert_eq!(answer.stdout.matches("[ERROR]").count(), 1);
    assert_eq!(
        answer.stderr,
        "error: 1 chart(s) linted, 1 chart(s) failed\n"
    );
}

#[test]
fn all_syntax_errors_are_told_at_once() {
    let folder = shop(&[
        (
            "templates/a.yaml",
            "a: {{ if }}{{ end }}\nb: {{ nofunction }}\n",
        ),
        ("templates/b.yaml", "{{ end }}\n"),
    ]);
    let answer = folder.run(&["chart", "lint", "shop"]);
    assert_eq!(answer.quiet(), 1);
    for place in ["a.yaml:1:10", "a.yaml:2:7", "b.yaml:1:1"] {
        let wanted = format!("--> shop/templates/{place}");
        assert!(answer.stdout.contains(&wanted), "{}", answer.stdout);
    }
}

#[test]
fn flags_mean_what_they_mean_to_helm() {
    let folder = shop(&[
        (
            "templates/old.yaml",
            "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: a\n",
        ),
        (
            "templates/asks.yaml",
            "kind: A\nmetadata:\n  name: {{ required \"a name\" .Values.none | default \"x\" }}\n",
        ),
        (
            "charts/sub/Chart.yaml",
            "apiVersion: v2\nname: sub\nversion: one\n",
        ),
    ]);
    let run = |args: &[&str]| {
        let all = [&["chart", "lint", "--format", "helm"], args].concat();
        folder.run(&all)
    };
    let answer = run(&["shop"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer
            .stdout
            .contains("chart.metadata.version \"one\" is invalid")
    );
    folder.write(
        "shop/charts/sub/Chart.yaml",
        b"apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    );
    folder.write(
        "shop/Chart.yaml",
        format!("{METADATA}dependencies:\n- name: sub\n  version: 1.x\n  repository: \"\"\n")
            .as_bytes(),
    );
    let answer = run(&["shop"]);
    assert_eq!(answer.quiet(), 0);
    let old = "[WARNING] templates/old.yaml: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget\n";
    assert!(answer.stdout.contains(old), "{}", answer.stdout);
    assert_eq!(run(&["shop", "--strict"]).code, 1);
    assert_eq!(run(&["shop", "--strict", "--kube-version", "1.20"]).code, 0);
    let answer = run(&["shop", "--with-subcharts"]);
    assert!(answer.stdout.contains("==> Linting shop/charts/sub\n[INFO] Chart.yaml: icon is recommended\n[INFO] values.yaml: file does not exist\n[WARNING] templates/: directory does not exist\n"), "{}", answer.stdout);
    assert!(
        answer
            .stdout
            .ends_with("2 chart(s) linted, 0 chart(s) failed\n")
    );
    let answer = run(&["shop", "--with-subcharts", "--quiet"]);
    assert!(!answer.stdout.contains("[INFO]"), "{}", answer.stdout);
    let answer = run(&["shop", "--set", "name=Web"]);
    assert!(
        answer.stdout.contains("object name does not conform"),
        "{}",
        answer.stdout
    );
    let answer = run(&["none"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stdout.contains("Error unable to check Chart.yaml file in chart: stat none/Chart.yaml: no such file or directory\n"));
}

#[test]
fn values_that_break_the_schema_are_shown_where_they_are_written() {
    let folder = shop(&[(
        "values.schema.json",
        "{\"properties\": {\"name\": {\"type\": \"integer\"}}}",
    )]);
    let answer = folder.run(&["chart", "lint", "shop"]);
    assert_eq!(answer.quiet(), 1);
    assert!(
        answer.stdout.contains("--> shop/values.yaml:1:7"),
        "{}",
        answer.stdout
    );
    let answer = folder.run(&["chart", "lint", "shop", "--skip-schema-validation"]);
    assert_eq!(answer.quiet(), 0);
}
