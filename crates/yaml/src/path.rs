//! Paths for people: `spec.containers[0].image`.

use std::fmt::Write as _;

use crate::node::Node;
use crate::tree::Kind;

/// The longest key that is written out; a longer one is cut.
const MAX_KEY: usize = 80;

pub(crate) fn of(node: Node<'_>) -> String {
    let mut steps = Vec::new();
    let mut at = node;
    loop {
        // A key has the path of its value.
        steps.push(at);
        let Some(parent) = at.parent() else { break };
        at = parent;
    }
    let mut path = String::new();
    for step in steps.into_iter().rev() {
        if let Some(index) = step.index() {
            let _ = write!(path, "[{index}]");
        } else if let Some(key) = if step.is_key() {
            Some(step)
        } else {
            step.key()
        } {
            push_key(&mut path, key);
        }
    }
    path
}

fn push_key(path: &mut String, key: Node<'_>) {
    let text = match key.kind() {
        Kind::Scalar => key.tree().scalar_text(key.id),
        _ => key.source(),
    };
    if !path.is_empty() {
        path.push('.');
    }
    if !text.is_empty()
        && text.len() <= MAX_KEY
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '/'))
    {
        path.push_str(text);
    } else {
        let cut = text
            .char_indices()
            .nth(MAX_KEY)
            .map_or(text.len(), |(at, _)| at);
        let _ = write!(path, "{:?}", &text[..cut]);
    }
}
