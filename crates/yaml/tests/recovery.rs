//! Broken texts: what is said, and what is kept.

use std::fmt::Write as _;

use plimsoll_yaml::{Dialect, Document, Kind, Node, Tree, parse};

/// The paths of all scalars that are kept, with their source.
fn kept(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for root in tree.documents().filter_map(Document::root) {
        collect(root, &mut found);
    }
    found
}

fn collect(node: Node<'_>, found: &mut Vec<String>) {
    match node.kind() {
        Kind::Mapping => node.entries().for_each(|entry| collect(entry.value, found)),
        Kind::Sequence => node.items().for_each(|item| collect(item, found)),
        Kind::Scalar | Kind::Alias => found.push(format!("{}={}", node.path(), node.source())),
    }
}

fn errors(tree: &Tree) -> Vec<String> {
    let text = tree.text();
    tree.errors()
        .iter()
        .map(|error| {
            let line = text[..error.range.start as usize].matches('\n').count() + 1;
            format!("{line}: {:?}: {}", error.range.of(text), error.message)
        })
        .collect()
}

#[track_caller]
fn check(text: &str, wanted_errors: &[&str], wanted_kept: &[&str]) {
    let tree = parse(text, Dialect::GoV2);
    assert_eq!(
        (errors(&tree), kept(&tree)),
        (
            wanted_errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            wanted_kept
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        )
    );
}

#[test]
fn a_bracket_that_is_never_closed() {
    check(
        "a: 1\nb: [1, 2\nc: 3\nd:\n  e: 4\n",
        &["2: \"[\": `[` is never closed"],
        &["a=1", "c=3", "d.e=4"],
    );
    check(
        "a: 1\nb: [\n  1,\n  {x: 2,\nc: 3\n",
        &["2: \"[\": `[` is never closed"],
        &["a=1", "c=3"],
    );
    check(
        "{\"a\": 1,\n \"b\": [1, 2],\n \"c\": {\"d\": 3}\n",
        &["1: \"{\": `{` is never closed"],
        &["a=1", "b[0]=1", "b[1]=2", "c.d=3"],
    );
    check(
        "{\n \"a\": 1\n \"b\": 2,\n \"c\": 3\n}\n",
        &["3: \"\\\"b\\\": 2,\": expected `,` or `}` before this"],
        &["a=1", "c=3"],
    );
    check(
        "a: [1}\nb: 2\n",
        &["1: \"[\": `[` is closed by `}`"],
        &["b=2"],
    );
    check("a: ]\nb: 2\n", &["1: \"]\": `]` closes nothing"], &["b=2"]);
}

#[test]
fn a_quote_that_is_never_closed() {
    check(
        "a: 1\nb: \"x\nc: 3\n",
        &["2: \"\\\"\": this quote is never closed"],
        &["a=1", "c=3"],
    );
    check(
        "a: \"x\nb: \"y\"\nc: 'z'\n",
        &["1: \"\\\"x\": the quote that starts here is not closed before the next key"],
        &["b=\"y\"", "c='z'"],
    );
    check(
        "a: 'it's'\nb: 1\n",
        &["1: \"s'\": unexpected text after the closing quote"],
        &["b=1"],
    );
    check(
        "a: \"C:\\dir\"\nb: 1\n",
        &["1: \"\\\\d\": unknown escape `\\d` in double quotes"],
        &["b=1"],
    );
}

#[test]
fn indentation_that_fits_nowhere() {
    check(
        "a:\n    b: 1\n  c: 2\nd: 3\n",
        &["3: \"c: 2\": the indentation fits none of the lines above"],
        &["a.b=1", "d=3"],
    );
    check(
        "a:\n    b: 1\n  c:\n    d: 2\n    e: 3\nf: 4\n",
        &["3: \"c:\": the indentation fits none of the lines above"],
        &["a.b=1", "f=4"],
    );
    check(
        "a: x\n  b: 1\n  c: 2\nd: 3\n",
        &["2: \"b: 1\": indented as part of the value above, so this cannot be a key"],
        &["a=x", "d=3"],
    );
    check(
        "a:\n  b: 1\n- c\nd: 3\n",
        &["3: \"- c\": a list item where a key is expected"],
        &["a.b=1", "d=3"],
    );
}

#[test]
fn tabs_have_a_message_of_their_own() {
    check(
        "a:\n\tb: 1\nc: 2\n",
        &["2: \"\\t\": indented with a tab"],
        &["a=", "c=2"],
    );
    check(
        "a:\n  b: 1\n\tc: 2\n\td: 3\n  e: 4\n",
        &["3: \"\\t\": indented with a tab"],
        &["a.b=1", "a.e=4"],
    );
    check(
        "- a\n\t- b\n- c\n",
        &["2: \"\\t\": indented with a tab"],
        &["[0]=a", "[1]=c"],
    );
}

#[test]
fn lines_without_their_colon() {
    check(
        "a: 1\nb\nc: 1\n",
        &["2: \"b\": expected `key: value`, found `b`"],
        &["a=1", "c=1"],
    );
    check(
        "a:1\nb: 2\n",
        &["1: \"a:1\": expected `key: value`, found `a:1`"],
        &["b=2"],
    );
    check(
        "x:\n  a:1\n  b: 2\n",
        &["2: \"a:1\": expected `key: value`, found `a:1`"],
        &["x.b=2"],
    );
}

#[test]
fn other_broken_lines() {
    check(
        "a: b: c\nd: 1\n",
        &["1: \":\": a second `:` on this line: the value is read as another key"],
        &["d=1"],
    );
    check(
        "a: @x\nb: 1\n",
        &["1: \"@x\": a plain text cannot start with `@`"],
        &["b=1"],
    );
    check(
        "a: - b\nc: 1\n",
        &["1: \"- b\": a list cannot start on the line of its key"],
        &["c=1"],
    );
    check(
        "a: |x\n  k\nc: 1\n",
        &["1: \"|x\": unexpected text after `|`"],
        &["c=1"],
    );
    check(
        "a: *\nc: 1\n",
        &["1: \"*\": a name must follow `*`"],
        &["c=1"],
    );
    check(
        "a: !e!x 1\nc: 1\n",
        &["1: \"!e!x 1\": the tag `!e!x` has no declared prefix"],
        &["c=1"],
    );
    check(
        "a: *x\nc: 1\n",
        &["1: \"*x\": unknown anchor `&x`"],
        &["a=*x", "c=1"],
    );
    check(
        "a: ******\nc: 1\n",
        &["1: \"******\": `******` is read as an alias, and no anchor has such a name"],
        &["a=******", "c=1"],
    );
    check(
        "a: *.example.com\nc: 1\n",
        &[
            "1: \"*.example.com\": `*.example.com` is read as an alias, and no anchor has such a name",
        ],
        &["a=*.example.com", "c=1"],
    );
    check(
        "a: &x [*x]\nc: 1\n",
        &["1: \"*x\": the value of anchor `&x` contains itself"],
        &["a[0]=*x", "c=1"],
    );
}

#[test]
fn every_document_is_recovered_by_itself() {
    check(
        "a: 1\n---\nb: \"x\n---\nc: [1\nd: 2\n---\ne: 3\n",
        &[
            "3: \"\\\"\": this quote is never closed",
            "5: \"[\": `[` is never closed",
        ],
        &["a=1", "d=2", "e=3"],
    );
}

#[test]
fn a_document_without_root_is_no_error() {
    check("---\n---\n# x\n", &[], &[]);
    check("", &[], &[]);
}

#[test]
fn duplicate_keys_are_errors_of_compose_only() {
    let text = "a: 1\nb: 2\na: 3\n";
    assert_eq!(parse(text, Dialect::GoV2).errors(), []);
    assert_eq!(
        errors(&parse(text, Dialect::Core)),
        ["3: \"a\": the key `a` is already set on line 1"]
    );
}

#[test]
fn aliases_that_stand_for_too_much_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![alias; 10].join(", "));
    }
    let tree = parse(text, Dialect::GoV2);
    assert_eq!(tree.errors().len(), 1);
    assert!(tree.errors()[0].message.contains("too many nodes"));
}

#[test]
fn control_characters_in_comments_glued_to_a_bracket_are_refused() {
    let tree = parse("[]#\u{0} a\n", Dialect::GoV2);
    let errors = errors(&tree);
    assert!(errors[0].contains("U+0000"), "{errors:?}");
    assert_eq!(parse("[]# a\n", Dialect::GoV2).errors(), []);
}

#[test]
fn an_odd_key_comes_after_the_value_before_it() {
    for text in ["?\n\u{feff}: a\n", "? a\n\u{feff}: b\n", "? a\n:~: b\n"] {
        let tree = parse(text, Dialect::Core);
        let root = tree.documents().next().and_then(Document::root).unwrap();
        let places: Vec<u32> = root
            .entries()
            .flat_map(|entry| [entry.key.range().start, entry.value.range().start])
            .collect();
        assert!(places.is_sorted(), "{text:?}: {places:?}");
    }
}

#[test]
fn text_after_a_mapping_in_braces_is_what_is_named() {
    for text in [
        "c:\n  - image: {user}/app:latest\n    name: a\n",
        "image: {user}/app:latest\n",
        "- {user}/app\n",
    ] {
        let tree = parse(text, Dialect::GoV2);
        let errors = errors(&tree);
        assert!(
            errors
                .iter()
                .any(|error| error.contains("`{user}` is read as a value of its own")),
            "{text:?}: {errors:?}"
        );
    }
}
