//! All errors of a text are found, each at its place; the rest of the text is parsed.

use plimsoll_gotmpl::syntax::NodeKind;
use plimsoll_gotmpl::{Functions, Tree};

/// Compares the errors with `message @ bytes that are wrong`.
#[track_caller]
fn check(text: &str, errors: &[&str]) -> Tree {
    let tree = Tree::parse("t", text.as_bytes(), &Functions::new());
    let found: Vec<String> = tree
        .errors()
        .iter()
        .map(|error| {
            let wrong = String::from_utf8_lossy(tree.bytes(error.range)).into_owned();
            format!("{}: {} @ {wrong}", error.line, error.message)
        })
        .collect();
    assert_eq!(found, errors, "{text}");
    tree
}

fn actions(tree: &Tree) -> usize {
    let nodes = tree.all_nodes();
    nodes
        .filter(|(_, node)| matches!(node.kind, NodeKind::Action(_)))
        .count()
}

#[test]
fn each_action_may_have_an_error() {
    let tree = check(
        "{{ .a ) }}\n{{ nope }} {{ .b }}\n{{ \"x }}\n{{ .c }}{{ $x }}{{ 1a }}",
        &[
            "1: unexpected right paren @ )",
            "2: function \"nope\" not defined @ nope",
            "3: unterminated quoted string @ \"x }}\n",
            "4: undefined variable \"$x\" @ $x",
            "4: bad number syntax: \"1a\" @ 1a",
        ],
    );
    assert_eq!(actions(&tree), 4);
}

#[test]
fn two_errors_in_one_action_that_can_be_read_on() {
    let tree = check(
        "{{ nope $x 1 | other }}{{ .a }}",
        &[
            "1: function \"nope\" not defined @ nope",
            "1: undefined variable \"$x\" @ $x",
            "1: function \"other\" not defined @ other",
        ],
    );
    assert_eq!(actions(&tree), 2);
}

#[test]
fn a_block_whose_clause_is_wrong_is_a_block() {
    let tree = check(
        "{{ if | }}a{{ else }}b{{ end }}{{ range $a, $b, $c := .x }}{{ break }}{{ end }}{{ with .a .b) }}{{ end }}{{ .d }}",
        &[
            "1: unexpected \"|\" in if @ |",
            "1: too many declarations in range @ $b",
            "1: unexpected right paren @ )",
        ],
    );
    assert_eq!(actions(&tree), 1);
}

#[test]
fn ends_and_elses_without_a_block() {
    let tree = check(
        "{{ end }}a{{ else }}b{{ if .x }}{{ else }}{{ else }}{{ end }}{{ break }}{{ continue }}",
        &[
            "1: unexpected {{end}} @ {{ end }}",
            "1: unexpected {{else}} @ {{ else }}",
            "1: expected end; found {{else}} @ {{ else }}",
            "1: {{break}} outside {{range}} @ break",
            "1: {{continue}} outside {{range}} @ continue",
        ],
    );
    assert_eq!(actions(&tree), 0);
}

#[test]
fn blocks_that_are_not_closed() {
    let tree = check("{{ if .a }}{{ range .b }}x", &["1: unexpected EOF @ "]);
    assert_eq!(actions(&tree), 0);
}

#[test]
fn definitions_with_errors() {
    let tree = check(
        "{{ define }}{{ nope }}{{ end }}{{ define \"a\" }}{{ $ }}{{ .x := 1 }}{{ end }}{{ block \"b\" }}{{ end }}{{ template 3 }}{{ define \"a\" }}x{{ end }}",
        &[
            "1: unexpected \"}}\" in define clause @ }}",
            "1: function \"nope\" not defined @ nope",
            "1: unexpected \":=\" in operand @ :=",
            "1: missing value for block clause @ }}",
            "1: unexpected \"3\" in template clause @ 3",
            "1: template: multiple definition of template \"a\" @ \"a\"",
        ],
    );
    assert_eq!(actions(&tree), 2);
}

#[test]
fn an_action_that_is_not_closed_ends_before_the_next() {
    let tree = check(
        "{{ .a {{ .b }} {{ .c",
        &[
            "1: unexpected \"{\" in operand @ {",
            "1: unclosed action @ ",
        ],
    );
    assert_eq!(actions(&tree), 1);
}

#[test]
fn comments_that_are_wrong() {
    let tree = check(
        "{{/* a */ x }}{{ .b }}{{/* c",
        &[
            "1: comment ends before closing delimiter @ /* a */",
            "1: unclosed comment @ ",
        ],
    );
    assert_eq!(actions(&tree), 1);
}

#[test]
fn errors_in_parentheses() {
    let tree = check(
        "{{ (1 | (.a ]) }}{{ ((.b) }}{{ .c }}",
        &[
            "1: unexpected \"]\" in operand @ ]",
            "1: unclosed left paren @ ",
        ],
    );
    assert_eq!(actions(&tree), 1);
}

#[test]
fn after_a_hundred_errors_the_rest_is_left_out() {
    let text = "{{ ) }}".repeat(10_000);
    let tree = Tree::parse("t", text.as_bytes(), &Functions::new());
    assert_eq!(tree.errors().len(), 100);
    let found = |error: &plimsoll_gotmpl::ParseError| error.range.start as usize;
    assert!(
        tree.errors()
            .iter()
            .map(found)
            .eq((0..100).map(|n| 7 * n + 3))
    );
}
