//! An edit of a text without errors applies, and the text after it has none either.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_source::edit::apply;
use plimsoll_yaml::{Dialect, Kind, Node, edit, parse};

fuzz_target!(|text: &str| {
    let tree = parse(text, Dialect::GoV2);
    if !tree.errors().is_empty() {
        return;
    }
    let Some(root) = tree.documents().next().and_then(|document| document.root()) else { return };
    let mut changes = Vec::new();
    let mut open: Vec<Node<'_>> = vec![root];
    while let Some(node) = open.pop() {
        match node.kind() {
            Kind::Mapping => {
                changes.push(edit::insert_entry(node, "added-by-fuzz", "1", None));
                changes.extend(node.entries().take(4).map(edit::remove_entry));
                open.extend(node.entries().map(|entry| entry.value));
            }
            Kind::Sequence => {
                changes.push(edit::push_item(node, "1"));
                open.extend(node.items());
            }
            Kind::Scalar => changes.push(edit::set_scalar(node, "a: b")),
            Kind::Alias => {}
        }
        if changes.len() > 64 {
            break;
        }
    }
    for edits in changes.iter().filter(|edits| !edits.is_empty()) {
        let after = apply(text, edits).expect("edits of one change fit together");
        let again = parse(after.as_str(), Dialect::GoV2);
        assert!(again.errors().is_empty(), "{edits:?} made {after:?}: {:?}", again.errors());
    }
});
