//! Reasons that people write beside what looks wrong.

use plimsoll_yaml::Node;

/// Words of a comment that says why, as against one that says what.
const WHY: [&str; 16] = [
    "because",
    "cannot",
    "can't",
    "doesn't",
    "does not",
    "hangs",
    "in order to",
    "must",
    "need",
    "only way",
    "otherwise",
    "require",
    "since",
    "so that",
    "unless",
    "without",
];

/// Whether a comment at a value, or at the list or mapping that it stands in, is a phrase.
pub(crate) fn is_explained(value: Node<'_>) -> bool {
    around(value).any(is_phrase)
}

/// Whether a comment at a value, or at what it stands in, says why it is there.
pub(crate) fn says_why(value: Node<'_>) -> bool {
    around(value).any(|comment| {
        let lower = comment.to_ascii_lowercase();
        is_phrase(comment) && WHY.iter().any(|word| lower.contains(word))
    })
}

fn around(value: Node<'_>) -> impl Iterator<Item = &str> {
    let holder = value.parent();
    let keys = [Some(value), holder, holder.and_then(Node::parent)];
    let keys = keys.into_iter().flatten().filter_map(Node::key);
    let text = value.tree().text();
    let nodes = std::iter::once(value).chain(keys);
    let comments = nodes.flat_map(Node::comments);
    comments.map(move |comment| comment.range.of(text))
}

/// Whether a comment is a phrase, not a line that was taken out or a word for a tool.
fn is_phrase(comment: &str) -> bool {
    let comment = comment.trim_start_matches(['#', ' ']);
    let words = comment
        .split_whitespace()
        .filter(|word| word.bytes().any(|b| b.is_ascii_alphabetic()));
    !comment.starts_with(['-', '{', '[']) && !comment.starts_with("plimsoll:") && words.count() >= 3
}
