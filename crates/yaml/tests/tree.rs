//! The tree: ranges, look-ups, comments, recovery on whole texts.

use std::fmt::Write as _;

use plimsoll_yaml::{Dialect, Document, Kind, Node, Scalar, Style, Tree, parse};

fn tree(text: &str) -> Tree {
    parse(text, Dialect::GoV2)
}

fn root(tree: &Tree) -> Node<'_> {
    tree.documents()
        .next()
        .and_then(Document::root)
        .expect("a root")
}

const POD: &str = "\
# the pod
kind: Pod # really
spec:
  containers:
  - name: app
    image: \"nginx:1\"
    # ports below
    ports:
      - containerPort: 8080
    args: [a, 'b', {c: d}]
  -
    name: side
  note: |+
    text

  empty:
  x: !!str &a 12
  y: *a
";

#[test]
fn every_node_has_its_source() {
    let tree = tree(POD);
    assert_eq!(tree.errors(), []);
    let root = root(&tree);
    let spec = root.get("spec").unwrap();
    let containers = spec.get("containers").unwrap();
    assert!(containers.source().starts_with("- name: app"));
    let app = containers.items().next().unwrap();
    assert_eq!(app.get("image").unwrap().source(), "\"nginx:1\"");
    assert_eq!(app.get("image").unwrap().str(), Some("nginx:1"));
    assert_eq!(app.get("args").unwrap().source(), "[a, 'b', {c: d}]");
    assert_eq!(app.get("args").unwrap().style(), Style::Flow);
    let port = app
        .get("ports")
        .unwrap()
        .items()
        .next()
        .unwrap()
        .get("containerPort")
        .unwrap();
    assert_eq!(port.path(), "spec.containers[0].ports[0].containerPort");
    assert_eq!(port.as_int(), Some(8080));
    assert_eq!(spec.get("note").unwrap().source(), "|+\n    text\n");
    assert_eq!(spec.get("note").unwrap().str(), Some("text\n\n"));
    let empty = spec.get("empty").unwrap();
    assert!(empty.is_null() && empty.range().is_empty());
    assert_eq!(
        &tree.text()[..empty.range().start as usize].lines().last(),
        &Some("  empty:")
    );
    let x = spec.get("x").unwrap();
    assert_eq!(x.tag().unwrap().0, "tag:yaml.org,2002:str");
    assert_eq!(x.anchor().unwrap().0, "a");
    assert_eq!(x.scalar(), Some(Scalar::Str("12".into())));
    assert_eq!(x.full_range().of(tree.text()), "!!str &a 12");
    assert_eq!(spec.get("y"), Some(x));
    assert_eq!(spec.entry("y").unwrap().value.kind(), Kind::Alias);
}

#[test]
fn comments_above_and_right_belong_to_their_node() {
    let tree = tree(POD);
    let root = root(&tree);
    let texts = |node: Node<'_>| -> Vec<String> {
        node.comments()
            .iter()
            .map(|c| c.range.of(node.tree().text()).to_owned())
            .collect()
    };
    assert_eq!(texts(root.get("kind").unwrap()), ["# the pod", "# really"]);
    let ports = root
        .at(&["spec", "containers"])
        .unwrap()
        .items()
        .next()
        .unwrap()
        .get("ports");
    assert_eq!(texts(ports.unwrap().key().unwrap()), ["# ports below"]);
}

#[test]
fn broken_lines_are_skipped_and_the_rest_is_kept() {
    let tree = tree("a: 1\nb: \"1, 2\" x\nc: 3\nd:\n  e: 4\n\tf: 5\n  g: 6\n");
    assert!(!tree.errors().is_empty());
    let root = root(&tree);
    assert_eq!(root.get("a").and_then(Node::as_int), Some(1));
    assert_eq!(root.at(&["d", "e"]).and_then(Node::as_int), Some(4));
}

#[test]
fn documents_know_their_ranges() {
    let tree = tree("# c\n---\na: 1\n...\n---\n---\nb\n");
    let documents: Vec<_> = tree.documents().collect();
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[0].range().of(tree.text()), "---\na: 1\n...");
    assert!(documents[1].root().is_none());
    assert_eq!(documents[2].root().unwrap().source(), "b");
}

#[test]
fn large_mappings_are_looked_up_by_their_last_key() {
    let mut text = String::new();
    for n in 0..100 {
        let _ = writeln!(text, "k{}: {n}", n % 60);
    }
    let tree = tree(&text);
    assert_eq!(root(&tree).get("k7").and_then(Node::as_int), Some(67));
    assert_eq!(root(&tree).get("k59").and_then(Node::as_int), Some(59));
    assert_eq!(root(&tree).get("none"), None);
}
