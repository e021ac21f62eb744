//! Which parts of a YAML text, written by encoders, are read as one value each.

use std::ops::Range;

use plimsoll_gotmpl::trace::{EncodedPart, Style};
use plimsoll_yaml::go::{GoNode, GoValue};

/// The parts that are all of one value of the document. What stands in such a part cannot change
/// how the text around it is read: whatever the encoder had written, it would have been that
/// value.
pub(super) fn find<'p>(
    bytes: &[u8],
    document: &GoNode<'_>,
    parts: &'p [EncodedPart],
) -> Vec<&'p EncodedPart> {
    if parts.is_empty() {
        return Vec::new();
    }
    let mut search = Search {
        bytes,
        waiting: parts
            .iter()
            .map(|part| (trimmed(bytes, &part.range), part))
            .collect(),
        found: Vec::new(),
    };
    search.inside(document);
    let mut found = search.found;
    found.sort_by_key(|part| part.range.start);
    // What an alias means is read several times.
    found.dedup_by_key(|part| part.range.start);
    found
}

/// The range without blanks and line breaks around what stands in it.
fn trimmed(bytes: &[u8], range: &Range<usize>) -> Range<usize> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r');
    let inner = bytes.get(range.clone()).unwrap_or_default();
    let Some(first) = inner.iter().position(|byte| !is_blank(byte)) else {
        return range.start..range.start;
    };
    let last = inner
        .iter()
        .rposition(|byte| !is_blank(byte))
        .unwrap_or(first);
    range.start + first..range.start + last + 1
}

struct Search<'s, 'p> {
    bytes: &'s [u8],
    /// The parts, each with the range that its value must have, in order.
    waiting: Vec<(Range<usize>, &'p EncodedPart)>,
    found: Vec<&'p EncodedPart>,
}

impl Search<'_, '_> {
    /// Looks at the values in a container. What was decoded nests no deeper than the decoder
    /// allows.
    fn inside(&mut self, node: &GoNode<'_>) {
        match &node.value {
            GoValue::Seq(items) => {
                for item in items {
                    self.value(item, None);
                }
            }
            GoValue::Map(entries) => {
                for (key, entry) in entries {
                    self.value(entry, Some(key.range.start));
                }
            }
            _ => {}
        }
    }

    /// Looks at a value, and where the key of it starts if it has one.
    fn value(&mut self, node: &GoNode<'_>, key: Option<usize>) {
        let range = trimmed(self.bytes, &node.range);
        let at = self
            .waiting
            .partition_point(|(wanted, _)| wanted.start < range.start);
        match self.waiting.get(at) {
            Some((wanted, part))
                if *wanted == range && self.stands_well(&range, key, part.style) =>
            {
                self.found.push(part);
            }
            // Nothing of a part is in it.
            None => {}
            Some((wanted, _)) if wanted.start >= range.end => {}
            Some(_) => self.inside(node),
        }
    }

    /// Whether any other value would have been read as a value here, too.
    fn stands_well(&self, range: &Range<usize>, key: Option<usize>, style: Style) -> bool {
        let line = self.line_start(range.start);
        let is_first = self.bytes[line..range.start]
            .iter()
            .all(|&byte| byte == b' ');
        if !is_first {
            return style == Style::Flow;
        }
        // On a line of its own it must be deeper than the key that it belongs to.
        let Some(key) = key else {
            return false;
        };
        let depth = key - self.line_start(key);
        let rest = &self.bytes[range.end..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        range.start - line > depth && rest[..end].iter().all(u8::is_ascii_whitespace)
    }

    fn line_start(&self, at: usize) -> usize {
        memchr::memrchr(b'\n', &self.bytes[..at]).map_or(0, |before| before + 1)
    }
}
