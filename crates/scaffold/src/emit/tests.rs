use super::{Dialect, Document, List, Map, Node, When, file};
use crate::model::Evidence;

fn texts(body: Map) -> (String, String) {
    let document = Document::new(body, vec![Evidence::table("all of it")]);
    let plain = file("a.yaml", std::slice::from_ref(&document), Dialect::Plain);
    let chart = file("a.yaml", &[document], Dialect::Chart);
    (plain.text(), chart.text())
}

#[test]
fn one_tree_is_written_as_it_is_and_as_a_template() {
    let body = Map::new()
        .put("kind", "Service")
        .put(
            "metadata",
            Map::new()
                .put(
                    "name",
                    Node::from("web").or_expression("include \"web.name\" ."),
                )
                .put("namespace", "shop")
                .only(When::Plain)
                .put(
                    "labels",
                    Map::new()
                        .splice("include \"web.labels\" .")
                        .put("app", "web")
                        .only(When::Plain),
                ),
        )
        .put("replicas", 2u32)
        .only(When::If(".Values.fixed".to_owned()))
        .note("How many.")
        .put("args", Node::flow(&["a {{b}}", "$x"]))
        .put(
            "items",
            List::new()
                .item(
                    Map::new()
                        .put("name", "a")
                        .note("The first.")
                        .put("port", 80u16),
                )
                .item("plain")
                .item(List::new().item("nested")),
        )
        .put("none", Map::new());
    let (plain, chart) = texts(body);
    assert_eq!(
        plain,
        r#"kind: Service
metadata:
  name: web
  namespace: shop
  labels:
    app: web
# How many.
replicas: 2
args: ["a {{b}}", "$x"]
items:
  # The first.
  - name: a
    port: 80
  - plain
  -
    - nested
none: {}
"#
    );
    assert_eq!(
        chart,
        r#"kind: Service
metadata:
  name: {{ include "web.name" . | quote }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
{{- if .Values.fixed }}
# How many.
replicas: 2
{{- end }}
args: ["a {{ "{{" }}b}}", "$x"]
items:
  # The first.
  - name: a
    port: 80
  - plain
  -
    - nested
none: {}
"#
    );
}

#[test]
fn lines_say_what_they_rest_on() {
    let port = Evidence::line("app.py", 3, "the port");
    let body = Map::new()
        .put("a", "x")
        .put("port", 80u16)
        .why(std::slice::from_ref(&port))
        .put("b", "y");
    let document = Document::new(body, vec![Evidence::table("all of it")]);
    let written = file("a.yaml", &[document], Dialect::Plain);
    assert_eq!(written.blocks.len(), 3);
    assert_eq!(written.why(2), [port]);
    assert_eq!(written.why(3)[0].says, "all of it");
}
