//! What stands at the top: keys and the names of tables.

use super::{END, Kind, Lexer, Next, State, ascii, quoted};

impl Lexer<'_> {
    pub(super) fn top(&mut self) -> Next {
        let code = self.next();
        match ascii(code) {
            b' ' | b'\t' | b'\n' | b'\r' => self.again(State::Top),
            b'#' => self.comment(State::Top),
            b'[' => Some(State::TableStart),
            0 if code == END => {
                self.emit(Kind::End);
                None
            }
            _ => {
                self.backup();
                self.stack.push(State::TopEnd);
                Some(State::KeyStart)
            }
        }
    }

    pub(super) fn top_end(&mut self) -> Next {
        let code = self.next();
        match ascii(code) {
            b'#' => self.comment(State::Top),
            b' ' | b'\t' => Some(State::TopEnd),
            b'\n' | b'\r' => self.again(State::Top),
            0 if code == END => {
                self.emit(Kind::End);
                None
            }
            _ => {
                let found = quoted(code);
                self.errorf(format!(
                    "expected a top-level item to end with a newline, comment, or EOF, \
                     but got {found} instead"
                ))
            }
        }
    }

    pub(super) fn table_name_start(&mut self) -> Next {
        self.skip_white();
        let code = self.peek();
        match ascii(code) {
            b']' => self.errorf("unexpected end of table name (table names cannot be empty)"),
            0 if code == END => {
                self.errorf("unexpected end of table name (table names cannot be empty)")
            }
            b'.' => self.errorf("unexpected table separator (table names cannot be empty)"),
            b'"' | b'\'' => {
                self.ignore();
                self.stack.push(State::TableNameEnd);
                Some(State::QuotedName)
            }
            _ => {
                self.stack.push(State::TableNameEnd);
                Some(State::BareName)
            }
        }
    }

    pub(super) fn key_end(&mut self) -> Next {
        self.skip_white();
        let code = self.next();
        match ascii(code) {
            0 if code == END => self.errorf("unexpected EOF; expected key separator '='"),
            b'.' => self.again(State::KeyNameStart),
            b'=' => {
                self.emit(Kind::KeyEnd);
                self.again(State::Value)
            }
            byte => {
                let found = quoted(code);
                let message = format!("expected '.' or '=', but got {found} instead");
                if byte == b'\n' {
                    return self.error_on_previous_line(message);
                }
                self.errorf(message)
            }
        }
    }
}
