//! What the reference implementations refuse although YAML allows it.
//!
//! Both are ports of libyaml: they know YAML 1.1 with additions, and their decoders refuse keys
//! and merges that Go's maps cannot hold. The parser here reads YAML 1.2, so what they refuse is
//! found afterwards, on the tree; nothing is dropped from it.

mod documents;
mod nodes;
mod tabs;

use plimsoll_source::TextRange;

use crate::tree::{SyntaxError, Tree};

/// Adds the errors of the tree's dialect. `blanked` are the parts of the text that the tree was
/// built without, in order.
pub(crate) fn check(tree: &mut Tree, blanked: &[TextRange]) {
    documents::say_what_is_indented(tree);
    let mut found = Vec::new();
    documents::check(tree, &mut found);
    nodes::check(tree, &mut found);
    tabs::check(tree, blanked, &mut found);
    tree.errors.append(&mut found);
}

fn error(range: TextRange, message: impl Into<String>, help: &str) -> SyntaxError {
    SyntaxError {
        range,
        message: message.into(),
        help: Some(help.into()),
    }
}
