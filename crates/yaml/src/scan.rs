//! Finding the indicators that no event carries, by reading forward from a known token over
//! white space, comments and properties.

use plimsoll_source::TextRange;

use crate::Dialect;

/// Whether a block scalar's header, a dash and so on may follow here without being content.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The first offset at or after `at` that is no white space, line break, comment or byte order
/// mark. `at` must not lie inside a token.
pub(crate) fn skip_trivia(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(&byte) if is_blank(byte) => at += 1,
            Some(b'#') if at == 0 || is_blank(bytes[at - 1]) || bytes[at - 1] == 0xbf => {
                at = line_end(text, at);
            }
            Some(0xef) if bytes[at..].starts_with("\u{feff}".as_bytes()) => at += 3,
            _ => return at,
        }
    }
}

/// The offset of the line break that ends the line of `at` (of its `\r` if it is `\r\n`), or the
/// end of the text. A lone `\r` is a line break too.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    // In the middle of a `\r\n` the line ends before.
    if at > 0 && bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') {
        return at - 1;
    }
    bytes[at..]
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .map_or(bytes.len(), |n| at + n)
}

/// The offset of the first byte of the line of `at`.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut from = at;
    if at > 0 && bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') {
        from = at - 1;
    }
    bytes[..from]
        .iter()
        .rposition(|b| matches!(b, b'\n' | b'\r'))
        .map_or(0, |n| n + 1)
}

/// The offset after the line break that ends the line of `at`, or the end of the text.
pub(crate) fn next_line(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let end = line_end(text, at);
    match bytes.get(end) {
        Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => end + 2,
        Some(_) => end + 1,
        None => end,
    }
}

/// Skips tags and anchors, and the trivia around them.
pub(crate) fn skip_properties(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = skip_trivia(text, at);
    while let Some(b'!' | b'&') = bytes.get(at) {
        let len = bytes[at..].iter().position(|&b| is_blank(b));
        at = skip_trivia(text, len.map_or(bytes.len(), |n| at + n));
    }
    at
}

/// The `:` that belongs to the key which ends at `key_end`, if there is one.
pub(crate) fn colon_after(text: &str, key_end: usize) -> Option<usize> {
    let at = skip_trivia(text, key_end);
    (text.as_bytes().get(at) == Some(&b':')).then_some(at)
}

/// The colon behind a plain scalar in brackets that libyaml takes for the last character of the
/// scalar: a comma or a bracket follows it at once.
pub(crate) fn glued_colon(text: &str, scalar: TextRange, dialect: Dialect) -> Option<usize> {
    // With a colon go-yaml v2 begins no text.
    if dialect == Dialect::GoV2 && scalar.of(text).starts_with(':') {
        return None;
    }
    let rest = &text[scalar.end as usize..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let is_glued = matches!(rest.as_bytes()[blanks..], [b':', b',' | b']' | b'}', ..]);
    is_glued.then_some(scalar.end as usize + blanks)
}

/// The first dash of the block sequence that is the value of the key which ends at `key_end`.
pub(crate) fn dash_after_key(text: &str, key_end: usize) -> Option<usize> {
    let colon = colon_after(text, key_end)?;
    let at = skip_properties(text, colon + 1);
    (text.as_bytes().get(at) == Some(&b'-')).then_some(at)
}

/// The `|` or `>` of the block scalar whose content is the next token after `at`.
pub(crate) fn block_header(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = at;
    loop {
        at = skip_properties(text, at);
        match bytes.get(at)? {
            b'|' | b'>' => return Some(at),
            b'-' | b'?' | b':' => at += 1,
            // The end of the document before.
            b'.' if bytes[at..].starts_with(b"...") => at += 3,
            _ => return None,
        }
    }
}

/// The end of the block scalar header that starts at `header`: after its `+`, `-` and digit.
pub(crate) fn block_header_end(text: &str, header: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = header + 1;
    while matches!(bytes.get(at), Some(b'+' | b'-' | b'0'..=b'9')) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indicators_are_found_over_comments_and_properties() {
        let text = "a : # x\n  !t &b # - \n- 1\n";
        assert_eq!(colon_after(text, 1), Some(2));
        assert_eq!(dash_after_key(text, 1), Some(21));
        assert_eq!(block_header("k: !t # |\n >-\n  x", 1), Some(11));
        assert_eq!(block_header_end("|+2\n", 0), 3);
        assert_eq!(line_end("a\r\nb", 0), 1);
    }
}
