//! Scanning of directives, anchors and tags.

use super::GoError;
use super::scan::{Kind, Scanner};
use super::source::Mark;

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl Scanner<'_> {
    fn word(&mut self) -> Result<String, GoError> {
        let mut word = String::new();
        self.source.need(1)?;
        while is_word(self.source.peek(0)) {
            word.push(char::from(self.source.peek(0)));
            self.source.skip();
            self.source.need(1)?;
        }
        Ok(word)
    }

    pub(super) fn scan_directive(&mut self) -> Result<Kind, GoError> {
        let start = self.source.mark;
        self.source.skip();
        let name = self.word()?;
        if name.is_empty() {
            return self.error(start, "could not find expected directive name");
        }
        if !self.source.is_white(0) {
            return self.error(start, "found unexpected non-alphabetical character");
        }
        let kind = match name.as_str() {
            "YAML" => {
                self.skip_blanks()?;
                let major = self.version_number(start)?;
                if self.source.peek(0) != b'.' {
                    let problem = "did not find expected digit or '.' character";
                    return self.error(start, problem);
                }
                self.source.skip();
                Kind::Version(major, self.version_number(start)?)
            }
            "TAG" => {
                self.skip_blanks()?;
                let handle = self.tag_handle(true, start)?;
                self.source.need(1)?;
                if !self.source.is_blank(0) {
                    return self.error(start, "did not find expected whitespace");
                }
                self.skip_blanks()?;
                let prefix = self.tag_uri("", start)?;
                self.source.need(1)?;
                if !self.source.is_white(0) {
                    return self.error(start, "did not find expected whitespace or line break");
                }
                Kind::TagDirective { handle, prefix }
            }
            _ => return self.error(start, "found unknown directive name"),
        };
        self.skip_blanks()?;
        if self.source.peek(0) == b'#' {
            self.skip_comment()?;
        }
        if !self.source.is_break_or_end(0) {
            return self.error(start, "did not find expected comment or line break");
        }
        self.source.need(2)?;
        self.source.skip_break();
        Ok(kind)
    }

    fn version_number(&mut self, start: Mark) -> Result<u32, GoError> {
        let mut digits = 0;
        let mut value = 0;
        self.source.need(1)?;
        while self.source.peek(0).is_ascii_digit() {
            digits += 1;
            if digits > 2 {
                return self.error(start, "found extremely long version number");
            }
            value = value * 10 + u32::from(self.source.peek(0) - b'0');
            self.source.skip();
            self.source.need(1)?;
        }
        if digits == 0 {
            return self.error(start, "did not find expected version number");
        }
        Ok(value)
    }

    pub(super) fn scan_anchor(&mut self) -> Result<String, GoError> {
        let start = self.source.mark;
        self.source.skip();
        let name = self.word()?;
        let ends = self.source.is_white(0)
            || matches!(
                self.source.peek(0),
                b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
            );
        if name.is_empty() || !ends {
            let problem = "did not find expected alphabetic or numeric character";
            return self.error(start, problem);
        }
        Ok(name)
    }

    pub(super) fn scan_tag(&mut self) -> Result<Kind, GoError> {
        let start = self.source.mark;
        self.source.need(2)?;
        let (mut handle, mut suffix);
        if self.source.peek(1) == b'<' {
            handle = String::new();
            self.source.skip_bytes(2);
            suffix = self.tag_uri("", start)?;
            if self.source.peek(0) != b'>' {
                return self.error(start, "did not find the expected '>'");
            }
            self.source.skip();
        } else {
            handle = self.tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                suffix = self.tag_uri("", start)?;
            } else {
                suffix = self.tag_uri(&handle, start)?;
                handle = "!".into();
                if suffix.is_empty() {
                    std::mem::swap(&mut handle, &mut suffix);
                }
            }
        }
        self.source.need(1)?;
        if !self.source.is_white(0) {
            return self.error(start, "did not find expected whitespace or line break");
        }
        Ok(Kind::Tag { handle, suffix })
    }

    fn tag_handle(&mut self, directive: bool, start: Mark) -> Result<String, GoError> {
        self.source.need(1)?;
        if self.source.peek(0) != b'!' {
            return self.error(start, "did not find expected '!'");
        }
        self.source.skip();
        let mut handle = "!".to_owned() + &self.word()?;
        if self.source.peek(0) == b'!' {
            self.source.skip();
            handle.push('!');
        } else if directive && handle != "!" {
            return self.error(start, "did not find expected '!'");
        }
        Ok(handle)
    }

    fn tag_uri(&mut self, head: &str, start: Mark) -> Result<String, GoError> {
        let mut any = !head.is_empty();
        let mut uri = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        self.source.need(1)?;
        loop {
            let byte = self.source.peek(0);
            if byte == b'%' {
                self.uri_escapes(start, &mut uri)?;
            } else if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) {
                uri.push(byte);
                self.source.skip();
            } else {
                break;
            }
            self.source.need(1)?;
            any = true;
        }
        if !any {
            return self.error(start, "did not find expected tag URI");
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    fn uri_escapes(&mut self, start: Mark, uri: &mut Vec<u8>) -> Result<(), GoError> {
        let mut left = 0;
        loop {
            self.source.need(3)?;
            let digit = |ahead| char::from(self.source.peek(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.source.peek(0), digit(1), digit(2)) else {
                return self.error(start, "did not find URI escaped octet");
            };
            let octet = (high << 4 | low) as u8;
            if left == 0 {
                left = match octet {
                    0..=0x7f => 1,
                    0xc0..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xf7 => 4,
                    _ => return self.error(start, "found an incorrect leading UTF-8 octet"),
                };
            } else if octet & 0xc0 != 0x80 {
                return self.error(start, "found an incorrect trailing UTF-8 octet");
            }
            uri.push(octet);
            self.source.skip_bytes(3);
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }
}
