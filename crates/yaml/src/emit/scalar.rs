//! Writing a scalar in each of the styles.

use std::ops::Range;

use super::shape::{is_printable, is_wide_break};
use super::{Emitter, Flavor, Run, WIDTH};

/// How many characters there are.
fn count(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}

impl Emitter {
    /// Whether a line may be folded here.
    fn is_wide(&self) -> bool {
        self.flavor == Flavor::V2 && self.column > WIDTH
    }

    /// Copies a stretch of the text that has no line break.
    fn copy(&mut self, text: &str, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.note(range.start, range.len());
        let part = &text[range];
        self.push(part, count(part));
    }

    /// Copies a line break other than `\n`.
    fn copy_break(&mut self, text: &str, range: Range<usize>) {
        self.copy(text, range);
        self.column = 0;
    }

    /// Notes that the next bytes of the output are those of the text.
    fn note(&mut self, text: usize, len: usize) {
        let output = self.out.len();
        let Some(runs) = &mut self.runs else { return };
        if let Some(last) = runs.last_mut()
            && last.output + last.len == output
            && last.text + last.len == text
        {
            last.len += len;
            return;
        }
        runs.push(Run { output, text, len });
    }

    pub(super) fn write_plain(&mut self, text: &str, breaks: bool) -> Range<usize> {
        let silent = text.is_empty() && self.flavor == Flavor::V3;
        if !(self.whitespace || silent) {
            self.put(' ');
        }
        let start = self.out.len();
        if breaks && self.flavor == Flavor::V2 && self.column + text.len() > WIDTH {
            self.fold(text);
        } else {
            self.copy(text, 0..text.len());
        }
        if !silent {
            self.whitespace = false;
        }
        self.indention = false;
        start..self.out.len()
    }

    /// Copies text without line breaks, folding it at single spaces.
    fn fold(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut from = 0;
        let mut after_space = false;
        for (at, &byte) in bytes.iter().enumerate() {
            if byte != b' ' {
                after_space = false;
                continue;
            }
            self.copy(text, from..at);
            from = at;
            if !after_space && self.is_wide() && bytes.get(at + 1) != Some(&b' ') {
                self.write_indent();
                from = at + 1;
            }
            after_space = true;
        }
        self.copy(text, from..text.len());
    }

    pub(super) fn write_single(&mut self, text: &str, breaks: bool) -> Range<usize> {
        let start = self.indicator("'", true, false, false).start;
        let bytes = text.as_bytes();
        let mut from = 0;
        let (mut after_space, mut after_break) = (false, false);
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b' ' => {
                    self.copy(text, from..at);
                    from = at;
                    let inside = at > 0 && at + 1 < bytes.len();
                    if breaks && !after_space && inside && self.is_wide() && bytes[at + 1] != b' ' {
                        self.write_indent();
                        from = at + 1;
                    }
                    after_space = true;
                    at += 1;
                    continue;
                }
                0x80.. => {
                    let character = text[at..].chars().next().unwrap_or_default();
                    let width = character.len_utf8();
                    if is_wide_break(character) {
                        self.copy(text, from..at);
                        self.copy_break(text, at..at + width);
                        self.indention = true;
                        after_break = true;
                        at += width;
                        from = at;
                        continue;
                    }
                    self.after_break(&mut after_break);
                    at += width;
                }
                b'\'' => {
                    self.copy(text, from..at);
                    self.after_break(&mut after_break);
                    self.put('\'');
                    from = at;
                    at += 1;
                }
                _ => {
                    self.after_break(&mut after_break);
                    at += 1;
                }
            }
            self.indention = false;
            after_space = false;
        }
        self.copy(text, from..text.len());
        let end = self.indicator("'", false, false, false).end;
        self.whitespace = false;
        self.indention = false;
        start..end
    }

    /// Indents what follows a line break.
    fn after_break(&mut self, after_break: &mut bool) {
        if std::mem::take(after_break) {
            self.write_indent();
        }
    }

    pub(super) fn write_double(&mut self, text: &str, breaks: bool) -> Range<usize> {
        let start = self.indicator("\"", true, false, false).start;
        // The reference looks for a byte order mark at the start of the text, wherever it is.
        let escape_all = text.starts_with('\u{feff}');
        let mut from = 0;
        let mut after_space = false;
        for (at, character) in text.char_indices() {
            let width = character.len_utf8();
            let as_it_is = match character {
                '"' | '\\' => false,
                ' '..='~' => true,
                _ => width > 1 && is_printable(character) && !is_wide_break(character),
            };
            if !as_it_is || escape_all {
                self.copy(text, from..at);
                from = at + width;
                self.escape(character);
                after_space = false;
            } else if character == ' ' {
                self.copy(text, from..at);
                from = at;
                let inside = at > 0 && at + 1 < text.len();
                if breaks && !after_space && inside && self.is_wide() {
                    self.write_indent();
                    if text.as_bytes()[at + 1] == b' ' {
                        self.put('\\');
                    }
                    from = at + 1;
                }
                after_space = true;
            } else {
                after_space = false;
            }
        }
        self.copy(text, from..text.len());
        let end = self.indicator("\"", false, false, false).end;
        self.whitespace = false;
        self.indention = false;
        start..end
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => "\\0",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            '\u{1b}' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{85}' => "\\N",
            '\u{a0}' => "\\_",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            _ => "",
        };
        if !short.is_empty() {
            self.push(short, 2);
            return;
        }
        let code = u32::from(character);
        let written = match code {
            0..=0xff => format!("\\x{code:02X}"),
            0x100..=0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.push(&written, written.len());
    }

    pub(super) fn write_literal(&mut self, text: &str) -> Range<usize> {
        let start = self.indicator("|", true, false, false).start;
        let is_break = |c: char| c == '\n' || is_wide_break(c);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut last = text.chars().rev();
        let chomp = match (last.next(), last.next()) {
            (Some(end), _) if !is_break(end) => "-",
            (Some(_), None) => "+",
            (Some(_), Some(before)) if is_break(before) => "+",
            (Some(_), Some(_)) => "",
            (None, _) => "-",
        };
        if !chomp.is_empty() {
            self.indicator(chomp, false, false, false);
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let wide = !text.is_ascii();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let line = if wide {
                rest.find(is_break).unwrap_or(rest.len())
            } else {
                memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())
            };
            if line > 0 {
                self.write_indent();
                self.copy(text, at..at + line);
                self.indention = false;
                at += line;
            }
            if let Some(end) = text[at..].chars().next() {
                let width = end.len_utf8();
                if end == '\n' {
                    self.note(at, 1);
                    self.put_break();
                } else {
                    self.copy_break(text, at..at + width);
                }
                self.indention = true;
                at += width;
            }
        }
        start..self.out.len()
    }
}
