//! Texts as programs write them: block collections of scalars, most of which stand on one line.
//!
//! Most texts are of this kind, and none of what makes YAML slow to read can happen in them. This
//! reader gives what the exact one gives, ranges included, or nothing: it has no errors of its
//! own, and whatever it does not know is left to the other.
//!
//! Who asks for some fields of a document gets these, and for the others it is only made sure that
//! they can be read and have a JSON: nothing is built of them.

mod scalars;

use super::{GoNode, GoValue};

/// Collections in collections; the exact reader takes more.
const MAX_DEPTH: usize = 64;
/// A key that is longer may be none.
const MAX_KEY: usize = 1000;

/// The document, if it is of this kind.
pub(super) fn decode(bytes: &[u8]) -> Option<GoNode<'_>> {
    let mut reader = Reader::new(std::str::from_utf8(bytes).ok()?)?;
    let root = if reader.is_entry() {
        reader.sequence::<true>(false, 0)?
    } else {
        reader.mapping::<true>(None, 0)?
    };
    reader.is_end().then_some(root)
}

/// The fields that are wanted of a mapping, if all of it has a JSON.
pub(super) fn decode_fields<'t>(
    text: &'t str,
    wanted: impl Fn(&GoNode<'t>) -> bool,
) -> Option<GoNode<'t>> {
    let mut reader = Reader::new(text)?;
    if reader.is_entry() {
        return None;
    }
    let mut entries = Vec::new();
    loop {
        let key = reader.key::<true>()?;
        if wanted(&key.node) {
            let value = reader.value::<true>(0, key.end, 0)?;
            entries.push((key.node, value));
        } else {
            if !scalars::has_json(&key.node.value) {
                return None;
            }
            reader.value::<false>(0, key.end, 0)?;
        }
        if reader.is_end() {
            break;
        }
        if reader.column > 0 || reader.is_entry() {
            return None;
        }
    }
    let value = GoValue::Map(entries);
    let range = 0..text.len();
    Some(GoNode { value, range })
}

/// Whether a text has tabs; nothing, if it has characters that are refused, that break lines, or that
/// are a mark.
fn has_tabs(text: &str) -> Option<bool> {
    // Without a branch in it this loop goes over many bytes at a time.
    let (mut is_bad, mut tabs, mut all) = (0, 0, 0);
    for &byte in text.as_bytes() {
        is_bad |= u8::from(matches!(byte, 0..=8 | 0x0b..=0x1f | 0x7f));
        tabs |= u8::from(byte == b'\t');
        all |= byte;
    }
    let fits = is_bad == 0 && (all.is_ascii() || !has_odd(text.as_bytes()));
    fits.then_some(tabs != 0)
}

/// Whether a text has characters beyond ASCII that no text as programs write it has.
fn has_odd(text: &[u8]) -> bool {
    memchr::memchr3_iter(0xc2, 0xe2, 0xef, text).any(|at| {
        matches!(
            text[at..],
            // U+0080 to U+009F; U+2028 and U+2029; U+FEFF; U+FFFE and U+FFFF.
            [0xc2, 0x80..=0x9f, ..]
                | [0xe2, 0x80, 0xa8 | 0xa9, ..]
                | [0xef, 0xbb, 0xbf, ..]
                | [0xef, 0xbf, 0xbe | 0xbf, ..]
        )
    })
}

/// Where a document ends: before a line of three dots that nothing but blanks follows.
fn document_end(text: &str) -> usize {
    match text.trim_ascii_end().strip_suffix("\n...") {
        Some(before) => before.len() + 1,
        None => text.len(),
    }
}

/// A key, and where its colon ends.
struct Key<'t> {
    node: GoNode<'t>,
    end: usize,
}

/// Reads a text. Methods with `KEEP` build what they read; without it values are null, and what
/// has no JSON is not read.
struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    has_tabs: bool,
    /// Between two steps, the start of a token, or the end.
    at: usize,
    /// How many bytes of its line are before the token. They are as many characters: indentation
    /// and dashes.
    column: usize,
}

impl<'t> Reader<'t> {
    /// A reader at the first token, which starts its line.
    fn new(text: &'t str) -> Option<Self> {
        let text = &text[..document_end(text)];
        let mut reader = Reader {
            text,
            bytes: text.as_bytes(),
            has_tabs: has_tabs(text)?,
            at: 0,
            column: 0,
        };
        if reader.next_line().is_none() {
            reader.pass_document_start()?;
            reader.next_line()?;
        }
        (!reader.is_end() && reader.column == 0).then_some(reader)
    }

    /// Goes behind the line that starts the document, if it is one.
    fn pass_document_start(&mut self) -> Option<()> {
        let line = self.bytes.get(self.at..)?;
        let blank = self.behind_spaces(self.at + 3);
        let starts = line.starts_with(b"---") && self.bytes.get(blank) == Some(&b'\n');
        self.at = blank + 1;
        starts.then_some(())
    }

    /// A byte; a line break behind the end.
    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn is_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The first byte from here on that is no space.
    #[inline]
    fn behind_spaces(&self, mut at: usize) -> usize {
        const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
        while self.byte(at) == b' ' {
            if let Some(eight) = self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
                let others = u64::from_le_bytes(*eight) ^ SPACES;
                // Of none, that is eight.
                at += others.trailing_zeros() as usize / 8;
                continue;
            }
            at += 1;
        }
        at
    }

    /// The line break, or the end.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.bytes[at..];
        at + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
    }

    /// Whether an entry of a sequence starts here.
    fn is_entry(&self) -> bool {
        self.byte(self.at) == b'-' && matches!(self.byte(self.at + 1), b' ' | b'\n')
    }

    /// Goes from the start of a line to the next token.
    fn next_line(&mut self) -> Option<()> {
        loop {
            let line = self.at;
            let at = self.behind_spaces(line);
            if at >= self.bytes.len() {
                (self.at, self.column) = (self.bytes.len(), 0);
                return Some(());
            }
            match self.bytes[at] {
                b'\n' => self.at = at + 1,
                b'#' => self.at = (self.line_end(at) + 1).min(self.bytes.len()),
                b'\t' => return None,
                _ => return self.settle(line, at),
            }
        }
    }

    /// Goes to the token at `at`, the first of its line.
    #[inline]
    fn settle(&mut self, line: usize, at: usize) -> Option<()> {
        (self.at, self.column) = (at, at - line);
        // What separates documents, and directives.
        let is_special = self.column == 0 && matches!(self.byte(at), b'-' | b'.' | b'%');
        (!is_special || self.is_entry()).then_some(())
    }

    /// Goes from the end of a token to the next one, which must stand on another line.
    fn after(&mut self, end: usize) -> Option<()> {
        let mut at = self.behind_spaces(end);
        if self.byte(at) == b'#' && at > end {
            at = self.line_end(at);
        }
        if self.byte(at) != b'\n' {
            return None;
        }
        self.at = (at + 1).min(self.bytes.len());
        self.next_line()
    }

    fn mapping<const KEEP: bool>(
        &mut self,
        mut first: Option<Key<'t>>,
        depth: usize,
    ) -> Option<GoNode<'t>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (start, column) = (self.at, self.column);
        let mut entries = Vec::new();
        loop {
            let key = match first.take() {
                Some(key) => key,
                None => self.key::<KEEP>()?,
            };
            let value = self.value::<KEEP>(column, key.end, depth)?;
            if KEEP {
                entries.push((key.node, value));
            }
            if self.is_end() || self.column < column {
                break;
            }
            if self.column > column || self.is_entry() {
                return None;
            }
        }
        let range = start..self.at;
        let value = if KEEP {
            GoValue::Map(entries)
        } else {
            GoValue::Null
        };
        Some(GoNode { value, range })
    }

    fn key<const KEEP: bool>(&self) -> Option<Key<'t>> {
        self.as_key::<KEEP>(self.text::<KEEP>(self.at)?)
    }

    /// A scalar as a key, if a colon follows.
    fn as_key<const KEEP: bool>(&self, node: GoNode<'t>) -> Option<Key<'t>> {
        let end = node.range.end;
        let is_key = self.bytes.get(end) == Some(&b':')
            && matches!(self.byte(end + 1), b' ' | b'\n')
            && self.may_be_key::<KEEP>(&node);
        let end = end + 1;
        is_key.then_some(Key { node, end })
    }

    /// Whether a scalar is short enough for a key, and none that means something.
    fn may_be_key<const KEEP: bool>(&self, node: &GoNode<'t>) -> bool {
        let written = &self.text[node.range.clone()];
        // Only what begins so can be a merge, or go over several lines.
        let is_odd = matches!(written.as_bytes(), [b'<' | b'"' | b'\'', ..])
            && (written.contains("<<") || written.contains('\n'));
        written.len() < MAX_KEY && !is_odd && (KEEP || scalars::has_json(&node.value))
    }

    /// What follows a colon that ends at `from`, in a mapping that stands at `column`.
    fn value<const KEEP: bool>(
        &mut self,
        column: usize,
        from: usize,
        depth: usize,
    ) -> Option<GoNode<'t>> {
        let at = self.behind_spaces(from);
        if !matches!(self.byte(at), b'\n' | b'#') {
            self.at = at;
            return self.scalar::<KEEP>(column);
        }
        self.after(from)?;
        if !self.is_end() && self.is_entry() && self.column >= column {
            return self.sequence::<KEEP>(self.column == column, depth + 1);
        }
        if self.column > column && !self.is_end() {
            return self.below::<KEEP>(column, depth);
        }
        Some(GoNode {
            value: GoValue::Null,
            range: from..from,
        })
    }

    /// What stands here and is no sequence, in a collection that stands at `column`.
    fn below<const KEEP: bool>(&mut self, column: usize, depth: usize) -> Option<GoNode<'t>> {
        if matches!(self.byte(self.at), b'|' | b'[' | b'{') {
            return self.scalar::<KEEP>(column);
        }
        let node = self.text::<KEEP>(self.at)?;
        if self.byte(node.range.end) == b':' {
            let key = self.as_key::<KEEP>(node)?;
            return self.mapping::<KEEP>(Some(key), depth + 1);
        }
        self.lines::<KEEP>(node, column)
    }

    /// The sequence whose first dash is here. One that is `bare` has no indentation of its own,
    /// and the next key of the mapping around it ends it.
    fn sequence<const KEEP: bool>(&mut self, bare: bool, depth: usize) -> Option<GoNode<'t>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (start, column) = (self.at, self.column);
        let mut items = Vec::new();
        loop {
            let dash = self.at;
            self.at = self.behind_spaces(dash + 1);
            self.column = column + (self.at - dash);
            let item = self.item::<KEEP>(dash, column, depth)?;
            if KEEP {
                items.push(item);
            }
            if self.is_end() || self.column < column {
                break;
            }
            if self.column > column {
                return None;
            }
            if !self.is_entry() {
                if bare {
                    break;
                }
                return None;
            }
        }
        let range = start..self.at;
        let value = if KEEP {
            GoValue::Seq(items)
        } else {
            GoValue::Null
        };
        Some(GoNode { value, range })
    }

    /// What follows a dash, in a sequence that stands at `column`.
    fn item<const KEEP: bool>(
        &mut self,
        dash: usize,
        column: usize,
        depth: usize,
    ) -> Option<GoNode<'t>> {
        match self.byte(self.at) {
            b'\n' | b'#' => {
                self.after(dash + 1)?;
                if self.is_end() || self.column <= column {
                    return None;
                }
                if self.is_entry() {
                    return self.sequence::<KEEP>(false, depth + 1);
                }
                self.below::<KEEP>(column, depth)
            }
            b'-' if self.is_entry() => self.sequence::<KEEP>(false, depth + 1),
            _ => self.below::<KEEP>(column, depth),
        }
    }

    /// A scalar, or a collection on one line, in a collection that stands at `column`.
    fn scalar<const KEEP: bool>(&mut self, column: usize) -> Option<GoNode<'t>> {
        match self.byte(self.at) {
            b'|' => self.block::<KEEP>(column),
            b'[' | b'{' => {
                let node = self.flow::<KEEP>(self.at, 0)?;
                self.ended(node, column)
            }
            _ => {
                let node = self.text::<KEEP>(self.at)?;
                self.lines::<KEEP>(node, column)
            }
        }
    }

    /// Goes on behind a node that ends on its line: what is indented deeper would belong to it.
    fn ended(&mut self, node: GoNode<'t>, column: usize) -> Option<GoNode<'t>> {
        self.after(node.range.end)?;
        (self.is_end() || self.column <= column).then_some(node)
    }
}

#[cfg(test)]
mod tests;
