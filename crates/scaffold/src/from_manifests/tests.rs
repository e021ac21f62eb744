use plimsoll_source::MemoryTree;

use super::{Charted, chart};
use crate::wishes::Wishes;

fn charted(files: &[(&str, &str)]) -> Charted {
    let mut tree = MemoryTree::new();
    for (path, text) in files {
        tree.insert(*path, *text);
    }
    let wishes = Wishes {
        project: "shop".to_owned(),
        ..Wishes::default()
    };
    chart(&tree, &wishes)
}

fn text(charted: &Charted, path: &str) -> String {
    let file = charted.written.iter().find(|file| file.path == path);
    file.map_or_else(|| panic!("{path} is not written"), |file| file.text())
}

const WEB: &str = "# The web.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3 # enough
  template:
    spec:
      containers:
        - name: web
          image: 'ghcr.io/example/web:1.2'
          args: [\"--format={{.Name}}\"]
          env:
            - name: LOG_LEVEL
              value: info
            - {name: DB_PASSWORD, value: hunter2}
          resources:
            requests: {cpu: 1, memory: 64Mi}
            limits:
              memory: 128Mi
";

#[test]
fn what_differs_becomes_a_value_and_the_rest_stays() {
    let charted = charted(&[("k8s/web.yaml", WEB)]);
    let template = text(&charted, "chart/templates/web.yaml");
    assert!(template.starts_with("# The web.\n"), "{template}");
    for line in [
        "namespace: {{ .Release.Namespace | quote }}",
        "replicas: {{ .Values.web.replicas }} # enough",
        "image: {{ printf \"%s:%s\" .Values.web.image.repository .Values.web.image.tag | quote }}",
        "value: {{ index .Values.web.env \"LOG_LEVEL\" | quote }}",
        "args: [\"--format={{ \"{{\" }}.Name}}\"]",
        "{name: DB_PASSWORD, value: hunter2}",
    ] {
        assert!(template.contains(line), "{line}\n{template}");
    }
    assert!(
        template.contains("{{- toYaml .Values.web.resources | nindent 12 }}\n"),
        "{template}"
    );
    let values = text(&charted, "chart/values.yaml");
    assert!(
        values.contains("cpu: 1\n") && values.contains("memory: \"64Mi\""),
        "{values}"
    );
    assert!(!values.contains("hunter2"));
}

#[test]
fn what_is_not_taken_is_told() {
    let charted = charted(&[
        (
            "a.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
        ),
        ("b.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n"),
        ("values.yaml", "a: 1\n"),
        ("base/kustomization.yaml", "resources: [x.yaml]\n"),
        ("base/x.yaml", WEB),
    ]);
    assert!(charted.written.is_empty());
    let files: Vec<&str> = charted
        .left_out
        .iter()
        .map(|left| left.file.as_str())
        .collect();
    assert_eq!(
        files,
        ["a.yaml", "a.yaml", "b.yaml", "base/kustomization.yaml"]
    );
}

#[test]
fn names_that_two_objects_share_do_not_share_values() {
    let twin = WEB
        .replace("kind: Deployment", "kind: StatefulSet")
        .replace("1.2", "2.0");
    let charted = charted(&[("k8s/a.yaml", WEB), ("k8s/b.yaml", &twin)]);
    let template = text(&charted, "chart/templates/b.yaml");
    assert!(
        template.contains("image: 'ghcr.io/example/web:2.0'"),
        "{template}"
    );
}
