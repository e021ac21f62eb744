//! Edits, case by case: what was written before and after.

use plimsoll_source::Edit;
use plimsoll_source::edit::apply;
use plimsoll_yaml::{Dialect, Document, Entry, Node, edit, parse};

/// Applies what `make` returns for the root and compares.
#[track_caller]
fn check(before: &str, after: &str, make: impl Fn(Node<'_>) -> Vec<Edit>) {
    let tree = parse(before, Dialect::GoV2);
    assert_eq!(tree.errors(), []);
    let root = tree
        .documents()
        .next()
        .and_then(Document::root)
        .expect("a root");
    let edits = make(root);
    let edited = apply(before, &edits).expect("edits that fit");
    assert_eq!(edited, after, "{edits:?}");
    let again = parse(edited, Dialect::GoV2);
    assert_eq!(again.errors(), []);
}

fn entry<'a>(root: Node<'a>, path: &[&str]) -> Entry<'a> {
    let (last, above) = path.split_last().expect("a path");
    root.at(above)
        .and_then(|node| node.entry(last))
        .expect("an entry")
}

fn insert(key: &'static str, block: &'static str) -> impl Fn(Node<'_>) -> Vec<Edit> {
    move |root| edit::insert_entry(root, key, block, None)
}

#[test]
fn entries_are_added_after_the_last_one() {
    check("a: 1\n", "a: 1\nb: 2\n", insert("b", "2"));
    check("a: 1", "a: 1\nb: 2", insert("b", "2"));
    check(
        "a: 1 # c\n# end\n",
        "a: 1 # c\nb: 2\n# end\n",
        insert("b", "2"),
    );
    check(
        "a: 1\r\nb: 2\r\n",
        "a: 1\r\nb: 2\r\nc:\r\n  d: 1\r\n",
        insert("c", "d: 1"),
    );
    check("\u{feff}a: 1\n", "\u{feff}a: 1\nb: 2\n", insert("b", "2"));
    check("a: |\n  x\n\n", "a: |\n  x\nb: 2\n\n", insert("b", "2"));
    check("a: |+\n  x\n\n", "a: |+\n  x\n\nb: 2\n", insert("b", "2"));
    check("a:\n", "a:\nb: x\n", insert("b", "x"));
    check("? a\n: 1\n", "? a\n: 1\nb: x\n", insert("b", "x"));
    check(
        "a: 1\n...\n---\nb: 1\n",
        "a: 1\nc: 2\n...\n---\nb: 1\n",
        insert("c", "2"),
    );
    check("a: 1\n", "a: 1\n\"on\": 2\n", insert("on", "2"));
}

#[test]
fn several_lines_are_indented_as_the_text_does_it() {
    check(
        "a:\n    b: 1\n",
        "a:\n    b: 1\nc:\n    d:\n      e: 1\n    f: |\n      x\n\n      y\n",
        insert("c", "d:\n  e: 1\nf: |\n  x\n\n  y\n"),
    );
    check(
        "a:\n- 1\n",
        "a:\n- 1\nc:\n- 2\n- 3\n",
        insert("c", "- 2\n- 3"),
    );
    check(
        "a:\n  - 1\n",
        "a:\n  - 1\nc:\n  - 2\n  - 3\n",
        insert("c", "- 2\n- 3"),
    );
    check("a: 1\n", "a: 1\nc: |-\n  x\n  y\n", insert("c", "|-\nx\ny"));
    check(
        "a: 1\n",
        "a: 1\nc: |1-\n  x\n y\n",
        insert("c", "|1-\n  x\n y"),
    );
    check(
        "a: 1\n",
        "a: 1\nc:\n  # why\n  d: 1\n",
        insert("c", "# why\nd: 1"),
    );
    check("a: 1\n", "a: 1\nc: {d: 1}\n", insert("c", "{d: 1}"));
    check("a: 1\n", "a: 1\nc: &x\n  d: 1\n", insert("c", "&x\nd: 1"));
}

#[test]
fn an_entry_can_follow_a_named_one() {
    let after = |root: Node<'_>| edit::insert_entry(root, "k", "1", Some("a"));
    check(
        "a:\n  x: 1\n  # tail\nb: 2\n",
        "a:\n  x: 1\n  # tail\nk: 1\nb: 2\n",
        after,
    );
    check("{a: 1, b: 2}\n", "{a: 1, k: 1, b: 2}\n", after);
    check(
        "{\n  a: 1, # one\n  b: 2\n}\n",
        "{\n  a: 1, # one\n  k: 1,\n  b: 2\n}\n",
        after,
    );
    check("b: 1\n", "b: 1\nk: 1\n", after);
}

#[test]
fn flow_mappings_keep_their_layout() {
    check("{a: 1}\n", "{a: 1, b: x y}\n", insert("b", "x y"));
    check("{a: 1, }\n", "{a: 1, b: 2, }\n", insert("b", "2"));
    check("{a: 1 # c\n}\n", "{a: 1, # c\n b: 2\n}\n", insert("b", "2"));
    check(
        "{a: 1}\n",
        "{a: 1, b: {c: [1, x]}}\n",
        insert("b", "c:\n- 1\n- x"),
    );
    check(
        "{\n  \"a\": 1\n}\n",
        "{\n  \"a\": 1,\n  \"b\": {\"c\": [true, \"x\", null]}\n}\n",
        insert("b", "c:\n- true\n- x\n- "),
    );
    check(
        "{\n  a: 1, # one\n}\n",
        "{\n  a: 1, # one\n  b: 2,\n}\n",
        insert("b", "2"),
    );
    check("x: {}\n", "x:\n  b: 2\n", |root| {
        edit::insert_entry(root.get("x").unwrap(), "b", "2", None)
    });
    check("{x: {}}\n", "{x: {b: 2}}\n", |root| {
        edit::insert_entry(root.get("x").unwrap(), "b", "2", None)
    });
    check("{}\n", "b: 2\n", insert("b", "2"));
    check("--- {} # c\n", "--- # c\nb: 2\n", insert("b", "2"));
}

#[test]
fn a_null_becomes_a_mapping_or_sequence() {
    let fill = |root: Node<'_>| edit::insert_entry(root.get("x").unwrap(), "b", "2", None);
    check("x:\ny: 1\n", "x:\n  b: 2\ny: 1\n", fill);
    check("x: # c\ny: 1\n", "x: # c\n  b: 2\ny: 1\n", fill);
    check("x: ~ # c\n", "x: # c\n  b: 2\n", fill);
    check("x: null\n", "x:\n  b: 2\n", fill);
    check("x: &a\n", "x: &a\n  b: 2\n", fill);
    check("x:\n  null\n", "x:\n  b: 2\n", fill);
    check("{x: , y}\n", "{x: {b: 2} , y}\n", fill);
    check("{x, y}\n", "{x: {b: 2}, y}\n", fill);
    check("{x: null}\n", "{x: {b: 2}}\n", fill);
    check("x:\n", "x:\n  - 1\n", |root| {
        edit::push_item(root.get("x").unwrap(), "1")
    });
    check("x: []\n", "x:\n  - a: 1\n    b: 2\n", |root| {
        edit::push_item(root.get("x").unwrap(), "a: 1\nb: 2")
    });
    let item = |root: Node<'_>| edit::insert_entry(root.items().next().unwrap(), "b", "2", None);
    check("-\n- x\n", "- b: 2\n- x\n", item);
    check("- # c\n- x\n", "- # c\n  b: 2\n- x\n", item);
    check("- {}\n", "- b: 2\n", item);
}

#[test]
fn paths_are_made_where_they_lack() {
    let memory =
        |root: Node<'_>| edit::insert_path(root, &["resources", "limits", "memory"], "128Mi");
    check(
        "name: x\n",
        "name: x\nresources:\n  limits:\n    memory: 128Mi\n",
        memory,
    );
    check(
        "resources: {}\n",
        "resources:\n  limits:\n    memory: 128Mi\n",
        memory,
    );
    check(
        "resources:\n  limits:\n",
        "resources:\n  limits:\n    memory: 128Mi\n",
        memory,
    );
    check(
        "resources: {limits: {cpu: 1}}\n",
        "resources: {limits: {cpu: 1, memory: 128Mi}}\n",
        memory,
    );
    check(
        "resources:\n  limits:\n    memory: 1\n",
        "resources:\n  limits:\n    memory: 1\n",
        memory,
    );
    check(
        "resources:\n  limits:\n    memory:\n",
        "resources:\n  limits:\n    memory: 128Mi\n",
        memory,
    );
    check("resources: x\n", "resources: x\n", memory);
    check(
        "a: &a\n  b: 1\nresources: *a\n",
        "a: &a\n  b: 1\nresources: *a\n",
        memory,
    );
    let merged = "a: &a {resources: {x: 1}}\n<<: *a\n";
    check(merged, merged, memory);
}

#[test]
fn values_are_replaced_where_they_stand() {
    let set = |root: Node<'_>| edit::set_value(entry(root, &["a"]), "new");
    check("a: 1 # c\nb: 2\n", "a: new # c\nb: 2\n", set);
    check("a: # c\nb: 2\n", "a: new # c\nb: 2\n", set);
    check(
        "a: # c\n  x: 1\n  # d\n  y: 2\nb: 2\n",
        "a: new # c\nb: 2\n",
        set,
    );
    check("a:\n- 1\n- 2\n# e\nb: 2\n", "a: new\n# e\nb: 2\n", set);
    check("a: | # c\n  x\n\n  y\nb: 2\n", "a: new # c\nb: 2\n", set);
    check("a: !!str &x 'y'\n", "a: new\n", set);
    check("a: &x 1\nb: *x\n", "a: &x new\nb: *x\n", set);
    check("a: {b: &x 1}\nb: *x\n", "a: {b: &x 1}\nb: *x\n", set);
    check("a: !!map\n  x: 1\nb: 2\n", "a: new\nb: 2\n", set);
    check("a: x\n  y\nb: 2\n", "a: new\nb: 2\n", set);
    check("{a, b: 1}\n", "{a: new, b: 1}\n", set);
    check("{\"a\":1}\n", "{\"a\":new}\n", set);
    check("? a\n: 1\n", "? a\n: new\n", set);
}

#[test]
fn scalars_keep_their_quoting() {
    let set =
        |text: &'static str| move |root: Node<'_>| edit::set_scalar(root.get("a").unwrap(), text);
    check("a: x\n", "a: y z\n", set("y z"));
    check("a: x\n", "a: \"1\"\n", set("1"));
    check("a: x\n", "a: \"yes\"\n", set("yes"));
    check("a: 1\n", "a: 2\n", set("2"));
    check("a: x\n", "a: \"y: z\"\n", set("y: z"));
    check("a: x\n", "a: \"y #z\"\n", set("y #z"));
    check("a: x\n", "a: y#z\n", set("y#z"));
    check("{a: x}\n", "{a: \"y, z\"}\n", set("y, z"));
    check("a: 'x'\n", "a: 'it''s'\n", set("it's"));
    check("a: 'x'\n", "a: \"a\\nb\"\n", set("a\nb"));
    check("a: \"x\"\n", "a: \"\\\"\\\\\"\n", set("\"\\"));
    check("a: |\n  x\nb: 1\n", "a: |-\n  y\n  z\nb: 1\n", set("y\nz"));
    check(
        "a: >-\n    x\nb: 1\n",
        "a: |+\n    y\n\nb: 1\n",
        set("y\n\n"),
    );
    check("a: | # c\n  x\n", "a: \" y\" # c\n", set(" y"));
    check("a:\n", "a: z\n", set("z"));
    check("a: &x\n", "a: &x z\n", set("z"));
    check("a: x\n  y\nb: 1\n", "a: z\nb: 1\n", set("z"));
    check("a: x\n", "a: \"\"\n", set(""));
    check("a: x\n", "a: \"- y\"\n", set("- y"));
}

#[test]
fn entries_go_with_their_comments() {
    let remove = |root: Node<'_>| edit::remove_entry(entry(root, &["b"]));
    check("a: 1\nb: 2\nc: 3\n", "a: 1\nc: 3\n", remove);
    check(
        "a: 1\n# about b\nb: 2 # two\nc: 3\n",
        "a: 1\nc: 3\n",
        remove,
    );
    check("# file\nb: 2\nc: 3\n", "# file\nc: 3\n", remove);
    check("a: 1\nb: 2", "a: 1", remove);
    check("\u{feff}b: 2\nc: 3\n", "\u{feff}c: 3\n", remove);
    check(
        "a: 1\r\nb: |\r\n  x\r\nc: 3\r\n",
        "a: 1\r\nc: 3\r\n",
        remove,
    );
    check("{a: 1, b: 2, c: 3}\n", "{a: 1, c: 3}\n", remove);
    check("{a: 1, b: 2}\n", "{a: 1}\n", remove);
    check("{b: 2, c: 3}\n", "{c: 3}\n", remove);
    check(
        "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
        "{\n  \"a\": 1\n}\n",
        remove,
    );
    check(
        "{\n  \"b\": 1,\n  \"c\": 2\n}\n",
        "{\n  \"c\": 2\n}\n",
        remove,
    );
    check("b: 1\n", "{}\n", remove);
    check("b: &x 1\nc: *x\n", "b: &x 1\nc: *x\n", remove);
    check("? b\n: 1\n? c\n", "? c\n", remove);
    let inner = |root: Node<'_>| edit::remove_entry(entry(root, &["m", "b"]));
    check("m:\n  b: 1\nz: 2\n", "m: {}\nz: 2\n", inner);
    check("m: # c\n  b: 1\nz: 2\n", "m: {} # c\nz: 2\n", inner);
    check("m: !!map\n  b: 1\nz: 2\n", "m: !!map {}\nz: 2\n", inner);
    let first =
        |root: Node<'_>| edit::remove_entry(root.items().next().unwrap().entry("b").unwrap());
    check("- b: 1\n  c: 2\n", "- c: 2\n", first);
    check(
        "- b: 1 # one\n  # about c\n  c: 2\n",
        "- # about c\n  c: 2\n",
        first,
    );
    check("- b: 1\n- c\n", "- {}\n- c\n", first);
}

#[test]
fn items_come_and_go() {
    let push = |root: Node<'_>| edit::push_item(root.get("s").unwrap(), "a: 1\nb:\n  c: 2");
    check(
        "s:\n- x\nt: 1\n",
        "s:\n- x\n- a: 1\n  b:\n    c: 2\nt: 1\n",
        push,
    );
    check(
        "s:\n  - x # c\n",
        "s:\n  - x # c\n  - a: 1\n    b:\n      c: 2\n",
        push,
    );
    check("s: [x]\n", "s: [x, {a: 1, b: {c: 2}}]\n", push);
    let remove = |root: Node<'_>| edit::remove_item(root.get("s").unwrap().items().nth(1).unwrap());
    check("s:\n- x\n# about y\n- y\n- z\n", "s:\n- x\n- z\n", remove);
    check("s:\n- x\n-\n- z\n", "s:\n- x\n- z\n", remove);
    check("s: [x, y, z]\n", "s: [x, z]\n", remove);
    check("s: [x, y]\n", "s: [x]\n", remove);
    check("s: [x, a: b, z]\n", "s: [x, z]\n", remove);
    check("s:\n- - 1\n  - 2\n- - 3\n", "s:\n- - 1\n  - 2\n", remove);
    let only = |root: Node<'_>| edit::remove_item(root.get("s").unwrap().items().next().unwrap());
    check("s:\n- x\nt: 1\n", "s: []\nt: 1\n", only);
    check("s: [x]\n", "s: []\n", only);
    check("s:\n- - 1\n  - 2\n", "s: []\n", only);
    check("s:\n- x\n- y\n", "s:\n- y\n", only);
}

#[test]
fn blanks_below_a_block_scalar_do_not_become_its_own() {
    let text = "a:\n  b: 1\n        \n  \nc: 2\n";
    let tree = plimsoll_yaml::parse(text, plimsoll_yaml::Dialect::GoV2);
    let root = tree
        .documents()
        .next()
        .and_then(|d| d.root())
        .expect("a root");
    let a = root.get("a").expect("there");
    let edits = plimsoll_yaml::edit::insert_entry(a, "t", "|\n  x", None);
    let after = plimsoll_source::edit::apply(text, &edits).expect("they apply");
    let again = plimsoll_yaml::parse(after.as_str(), plimsoll_yaml::Dialect::GoV2);
    let root = again
        .documents()
        .next()
        .and_then(|d| d.root())
        .expect("a root");
    assert_eq!(
        root.at(&["a", "t"]).and_then(|node| node.str()),
        Some("x\n"),
        "{after}"
    );
    assert_eq!(root.get("c").and_then(|node| node.str()), Some("2"));
    // The same at the end of a text without a last line break.
    let text = "a:\n  b: 1\n        ";
    let tree = plimsoll_yaml::parse(text, plimsoll_yaml::Dialect::GoV2);
    let root = tree
        .documents()
        .next()
        .and_then(|d| d.root())
        .expect("a root");
    let edits = plimsoll_yaml::edit::insert_entry(root, "t", "|\n  x", None);
    let after = plimsoll_source::edit::apply(text, &edits).expect("they apply");
    let again = plimsoll_yaml::parse(after.as_str(), plimsoll_yaml::Dialect::GoV2);
    let root = again
        .documents()
        .next()
        .and_then(|d| d.root())
        .expect("a root");
    assert_eq!(
        root.get("t").and_then(|node| node.str()),
        Some("x\n"),
        "{after:?}"
    );
}

#[test]
fn an_indented_null_gives_way_to_a_mapping_at_the_start_of_its_line() {
    check("  ~  \n", "a:\n  b: 1\n", insert("a", "b: 1"));
    check("---\n    ~\n", "---\na:\n  b: 1\n", insert("a", "b: 1"));
}
