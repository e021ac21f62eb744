//! Any text gives a tree in either dialect, and every range lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_yaml::{Dialect, Node, parse};

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Core, Dialect::GoV2] {
        let tree = parse(text, dialect);
        for error in tree.errors() {
            assert!(text.get(error.range.as_usize()).is_some(), "{error:?}");
        }
        for comment in tree.comments() {
            assert!(comment.range.of(text).starts_with('#'), "{comment:?}");
        }
        for document in tree.documents() {
            let mut open: Vec<Node<'_>> = document.root().into_iter().collect();
            while let Some(node) = open.pop() {
                assert!(text.get(node.full_range().as_usize()).is_some());
                let _ = (node.scalar(), node.path(), node.resolve());
                open.extend(node.items());
                if node.kind() == plimsoll_yaml::Kind::Mapping {
                    open.extend(node.entries().flat_map(|entry| [entry.key, entry.value]));
                }
            }
        }
    }
});
