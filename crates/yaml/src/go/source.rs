//! The bytes that are scanned, and where scanning stands.

use super::GoError;

/// The reference decodes its input in blocks of so many bytes, and finds what is wrong with
/// them a block at a time.
const BLOCK: usize = 512;

/// A place in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mark {
    /// The byte.
    pub(super) at: usize,
    /// Characters before it.
    pub(super) index: usize,
    /// Lines before it.
    pub(super) line: usize,
    /// Characters before it on its line.
    pub(super) column: usize,
}

/// The text. Behind its end are zeros, which no text has.
pub(super) struct Source<'t> {
    bytes: &'t [u8],
    pub(super) mark: Mark,
    /// Up to here the text is known to be valid.
    decoded: usize,
    /// Whether a character was found to be incomplete there. The reference tries to read on
    /// before it complains.
    partial: bool,
}

impl<'t> Source<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        let start = if bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let plain = |&byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r');
        let valid = bytes.iter().all(plain)
            || std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_allowed));
        Self {
            bytes,
            mark: Mark {
                at: start,
                ..Mark::default()
            },
            decoded: if valid { bytes.len() } else { start },
            partial: false,
        }
    }

    pub(super) fn bytes(&self) -> &'t [u8] {
        self.bytes
    }

    /// The byte so many bytes ahead.
    #[inline]
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.mark.at + ahead).copied().unwrap_or(0)
    }

    /// Whether this is the start of the text and a byte order mark.
    pub(super) fn starts_with_mark(&self) -> bool {
        self.mark.index == 0 && (self.peek(0), self.peek(1), self.peek(2)) == (0xef, 0xbb, 0xbf)
    }

    /// Makes sure that so many characters are decoded.
    #[inline]
    pub(super) fn need(&mut self, characters: usize) -> Result<(), GoError> {
        if self.decoded == self.bytes.len() {
            return Ok(());
        }
        self.decode(characters)
    }

    #[cold]
    fn decode(&mut self, characters: usize) -> Result<(), GoError> {
        loop {
            let unread = self.bytes.get(self.mark.at..self.decoded);
            let unread = unread.unwrap_or_default();
            let count = unread.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
            if count >= characters || self.decoded == self.bytes.len() {
                return Ok(());
            }
            let end = (self.decoded + BLOCK).min(self.bytes.len());
            let is_last = self.partial && end == self.bytes.len();
            self.partial = false;
            while self.decoded < end {
                let width = width(&self.bytes[self.decoded..end], is_last)?;
                if width == 0 {
                    self.partial = true;
                    break;
                }
                self.decoded += width;
            }
        }
    }

    /// Goes behind one character that is no line break.
    pub(super) fn skip(&mut self) {
        let width = match self.peek(0) {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0.. => 4,
        };
        self.mark.at += width;
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Goes behind the printable ASCII characters that are decoded.
    pub(super) fn skip_printable(&mut self) {
        let ahead = self.bytes.get(self.mark.at..self.decoded);
        let ahead = ahead.unwrap_or_default().iter();
        self.skip_bytes(ahead.take_while(|byte| matches!(byte, b' '..=b'~')).count());
    }

    /// Goes behind so many characters of one byte each.
    pub(super) fn skip_bytes(&mut self, count: usize) {
        self.mark.at += count;
        self.mark.index += count;
        self.mark.column += count;
    }

    /// Goes behind a line break; gives what it is read as.
    pub(super) fn skip_break(&mut self) -> &'static str {
        let (width, characters, text) = match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'\r', b'\n', _) => (2, 2, "\n"),
            (b'\r' | b'\n', _, _) => (1, 1, "\n"),
            (0xc2, 0x85, _) => (2, 1, "\n"),
            (0xe2, 0x80, 0xa8) => (3, 1, "\u{2028}"),
            (0xe2, 0x80, 0xa9) => (3, 1, "\u{2029}"),
            _ => return "",
        };
        self.mark.at += width;
        self.mark.index += characters;
        self.mark.column = 0;
        self.mark.line += 1;
        text
    }

    pub(super) fn is_end(&self) -> bool {
        self.mark.at >= self.bytes.len()
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        match self.peek(ahead) {
            b'\r' | b'\n' => true,
            0xc2 => self.peek(ahead + 1) == 0x85,
            0xe2 => self.peek(ahead + 1) == 0x80 && matches!(self.peek(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), b' ' | b'\t')
    }

    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.is_break(ahead) || self.mark.at + ahead >= self.bytes.len()
    }

    pub(super) fn is_white(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Whether a line starts here that separates documents.
    pub(super) fn is_document_marker(&self) -> bool {
        let here = self.bytes.get(self.mark.at..).unwrap_or_default();
        self.mark.column == 0
            && (here.starts_with(b"---") || here.starts_with(b"..."))
            && self.is_white(3)
    }
}

fn is_allowed(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..
    )
}

/// The width of the first character; 0 if it is not complete and more bytes follow.
fn width(bytes: &[u8], is_last: bool) -> Result<usize, GoError> {
    let failed = |problem: &str| Err(GoError::new(format!("yaml: {problem}")));
    let first = bytes[0];
    let (width, bits) = match first {
        0..=0x7f => (1, first),
        0xc0..=0xdf => (2, first & 0x1f),
        0xe0..=0xef => (3, first & 0x0f),
        0xf0..=0xf7 => (4, first & 0x07),
        _ => return failed("invalid leading UTF-8 octet"),
    };
    if width > bytes.len() {
        return if is_last {
            failed("incomplete UTF-8 octet sequence")
        } else {
            Ok(0)
        };
    }
    let mut code = u32::from(bits);
    for &byte in &bytes[1..width] {
        if byte & 0xc0 != 0x80 {
            return failed("invalid trailing UTF-8 octet");
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    if code < [0, 0, 0x80, 0x800, 0x1_0000][width] {
        return failed("invalid length of a UTF-8 sequence");
    }
    match char::from_u32(code) {
        None => failed("invalid Unicode character"),
        Some(character) if !is_allowed(character) => failed("control characters are not allowed"),
        Some(_) => Ok(width),
    }
}
