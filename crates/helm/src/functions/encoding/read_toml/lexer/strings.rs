//! Strings: where they end, and what follows a backslash.

use plimsoll_gotmpl::quote;

use super::{END, Kind, Lexer, Next, QUOTE, State, ascii, character, is_line_end};

impl Lexer<'_> {
    pub(super) fn string(&mut self) -> Next {
        let code = self.next();
        match ascii(code) {
            0 if code == END => self.errorf("unexpected EOF; expected '\"'"),
            b'\n' | b'\r' => self.error_on_previous_line("strings cannot contain newlines"),
            b'\\' => {
                self.stack.push(State::String);
                self.escape()
            }
            b'"' => {
                let kind = if std::mem::take(&mut self.escaped) {
                    Kind::StringWithEscapes
                } else {
                    Kind::String
                };
                self.end_string(kind, 1)
            }
            _ => Some(State::String),
        }
    }

    pub(super) fn multiline_string(&mut self) -> Next {
        let code = self.next();
        match ascii(code) {
            0 if code == END => self.errorf("unexpected EOF; expected '\"\"\"'"),
            b'\\' => {
                if is_line_end(self.next()) {
                    return Some(State::MultilineString);
                }
                self.backup();
                self.stack.push(State::MultilineString);
                self.escape()
            }
            b'"' => self.closing(QUOTE),
            _ => Some(State::MultilineString),
        }
    }

    /// After one quote of a string over lines: whether it is one of the three that end it.
    pub(super) fn closing(&mut self, quote: u32) -> Next {
        let byte = ascii(quote);
        let (state, kind) = if quote == QUOTE {
            (State::MultilineString, Kind::MultilineString)
        } else {
            (State::RawMultilineString, Kind::RawMultilineString)
        };
        if !self.accept(byte) {
            return Some(state);
        }
        if !self.accept(byte) {
            self.backup();
            return Some(state);
        }
        if self.peek() == quote {
            let current = self.current();
            let five = current.ends_with(&[byte; 5]);
            let escaped = quote == QUOTE && current.ends_with(b"\\\"\"\"\"\"");
            if five && !escaped {
                return self.errorf(if quote == QUOTE {
                    "unexpected '\"\"\"\"\"\"'"
                } else {
                    "unexpected \"''''''\""
                });
            }
            self.backup();
            self.backup();
            return Some(state);
        }
        if quote == QUOTE {
            self.escaped = false;
        }
        self.backup();
        self.backup();
        self.end_string(kind, 3)
    }

    /// Ends a string before the last character, and skips its closing quotes.
    pub(super) fn end_string(&mut self, kind: Kind, quotes: usize) -> Next {
        self.backup();
        self.emit(kind);
        for _ in 0..quotes {
            self.next();
        }
        self.ignore();
        self.pop()
    }

    pub(super) fn escape(&mut self) -> Next {
        self.escaped = true;
        let code = self.next();
        let (count, words) = match ascii(code) {
            b'e' | b'b' | b't' | b'n' | b'f' | b'r' | b'"' | b' ' | b'\t' | b'\\' => {
                return self.pop();
            }
            b'x' => (2, "two hexadecimal digits after '\\x'"),
            b'u' => (4, "four hexadecimal digits after '\\u'"),
            b'U' => (8, "eight hexadecimal digits after '\\U'"),
            _ => {
                let found = if code == END { '\0' } else { character(code) };
                return self.error(format!("invalid escape in string '\\{found}'"));
            }
        };
        for _ in 0..count {
            if !ascii(self.next()).is_ascii_hexdigit() {
                let found = quote(self.current());
                return self.errorf(format!("expected {words}, but got {found} instead"));
            }
        }
        self.pop()
    }
}
