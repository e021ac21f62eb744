//! PEM blocks, as Go's encoding/pem writes and finds them.

use crate::functions::radix::{base64, from_base64};

/// A block.
pub(super) struct Block {
    /// What stands behind `BEGIN`.
    pub(super) label: String,
    pub(super) content: Vec<u8>,
}

pub(super) fn encode(label: &str, content: &[u8]) -> Vec<u8> {
    let mut out = format!("-----BEGIN {label}-----\n").into_bytes();
    for line in base64(content).chunks(64) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    out
}

/// The first block in a text.
pub(super) fn decode(text: &[u8]) -> Option<Block> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(&text[from..], BEGIN) {
        let start = from + found;
        from = start + BEGIN.len();
        // A block starts a line.
        if start > 0 && text[start - 1] != b'\n' {
            continue;
        }
        if let Some(block) = block(&text[from..]) {
            return Some(block);
        }
    }
    None
}

/// The block whose label starts here.
fn block(text: &[u8]) -> Option<Block> {
    let (line, mut rest) = line(text)?;
    let label = line.strip_suffix(b"-----")?;
    // Headers come before the content, and an empty line behind them.
    while let Some((header, behind)) = self::line(rest)
        && header.contains(&b':')
    {
        rest = behind;
    }
    let end = [b"-----END ", label, b"-----"].concat();
    let at = memchr::memmem::find(rest, &end)?;
    let starts_line = at == 0 || rest[at - 1] == b'\n';
    let after = rest[at + end.len()..]
        .iter()
        .find(|byte| !b" \t".contains(byte));
    if !starts_line || !matches!(after, None | Some(b'\n' | b'\r')) {
        return None;
    }
    let written: Vec<u8> = rest[..at]
        .iter()
        .copied()
        .filter(|byte| !b" \t\r\n".contains(byte))
        .collect();
    Some(Block {
        label: String::from_utf8_lossy(label).into_owned(),
        content: from_base64(&written).ok()?,
    })
}

/// A line without white space at its end, and what follows it.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let next = text.len().min(end + 1);
    Some((text[..end].trim_ascii_end(), &text[next..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_where_it_starts_a_line() {
        let block = encode("A KEY", &[1; 100]);
        let found = decode(&[b"text\n", &block[..]].concat()).expect("a block");
        assert_eq!(
            (found.label.as_str(), found.content),
            ("A KEY", vec![1; 100])
        );
        assert!(decode(&[b"x", &block[..]].concat()).is_none());
        assert!(decode(&block[..block.len() - 10]).is_none());
        let headers = b"-----BEGIN X-----\nA: b\n\nAQI=\n-----END X-----";
        assert_eq!(decode(headers).expect("a block").content, [1, 2]);
    }
}
