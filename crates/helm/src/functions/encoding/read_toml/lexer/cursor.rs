//! From bytes to characters: forwards, and back by up to four of them.

use super::{END, Kind, Lexer, is, is_white};

impl<'t> Lexer<'t> {
    pub(super) fn next(&mut self) -> u32 {
        let Some(&first) = self.input.get(self.at) else {
            self.at_end = true;
            return END;
        };
        if first == b'\n' {
            self.line += 1;
        }
        self.widths.copy_within(0..3, 1);
        let rest = &self.input[self.at..];
        let decoded = (1..=4).find_map(|n| std::str::from_utf8(rest.get(..n)?).ok());
        let Some(found) = decoded.and_then(|text| text.chars().next()) else {
            self.error(format!("invalid UTF-8 byte: 0x{first:02x}"));
            return u32::from(char::REPLACEMENT_CHARACTER);
        };
        let lonely_return = first == b'\r' && rest.get(1) != Some(&b'\n');
        let is_control =
            matches!(first, 0..=0x1f | 0x7f) && !matches!(first, b'\t' | b'\r' | b'\n');
        if is_control || lonely_return {
            let message = format!("TOML files cannot contain control characters: '0x{first:02x}'");
            self.item(Kind::Error, message, self.line);
            return u32::from(char::REPLACEMENT_CHARACTER);
        }
        self.widths[0] = found.len_utf8();
        self.at += found.len_utf8();
        u32::from(found)
    }

    pub(super) fn backup(&mut self) {
        if std::mem::take(&mut self.at_end) {
            return;
        }
        let width = self.widths[0];
        self.widths.copy_within(1..4, 0);
        self.at = self.at.saturating_sub(width);
        if self.input.get(self.at) == Some(&b'\n') {
            self.line -= 1;
        }
    }

    pub(super) fn peek(&mut self) -> u32 {
        let code = self.next();
        self.backup();
        code
    }

    pub(super) fn accept(&mut self, wanted: u8) -> bool {
        if is(self.next(), wanted) {
            return true;
        }
        self.backup();
        false
    }

    pub(super) fn ignore(&mut self) {
        self.start = self.at;
    }

    pub(super) fn skip_white(&mut self) {
        while is_white(self.next()) {}
        self.backup();
        self.ignore();
    }

    pub(super) fn current(&self) -> &'t [u8] {
        &self.input[self.start.min(self.at)..self.at]
    }

    pub(super) fn current_text(&self) -> String {
        String::from_utf8_lossy(self.current()).into_owned()
    }
}
