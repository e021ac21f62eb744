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

/// Words of a comment that says that there must not be several of something.
const ALONE: [&str; 14] = [
    "cannot be scaled",
    "can't be scaled",
    "do not increase",
    "do not scale",
    "don't scale",
    "exactly one",
    "must be 1",
    "should be 1",
    "should be one",
    "not be scaled",
    "one replica",
    "only one",
    "single replica",
    "singleton",
];

/// Whether a comment beside what stands at an offset, or in the lines right above it, says that
/// there must not be several.
pub(crate) fn says_alone(text: &str, at: usize) -> bool {
    comments_at(text, at).any(|comment| {
        let lower = comment.to_ascii_lowercase();
        ALONE.iter().any(|words| lower.contains(words))
    })
}

/// Whether a comment beside what stands at an offset, or in the lines right above it, is a phrase.
pub(crate) fn is_explained_at(text: &str, at: usize) -> bool {
    comments_at(text, at).any(is_phrase)
}

/// The comments beside what stands at an offset, and in the lines right above it.
fn comments_at(text: &str, at: usize) -> impl Iterator<Item = &str> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let beside = line.split_once(" #").map(|(_, comment)| comment);
    let above = text[..start].lines().rev().map(str::trim_start);
    let above = above
        .take_while(|line| line.starts_with('#'))
        .take(MAX_LINES);
    beside.into_iter().chain(above)
}

/// The most lines of a comment that are read.
const MAX_LINES: usize = 10;

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
