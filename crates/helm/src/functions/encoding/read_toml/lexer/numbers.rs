//! Numbers and booleans.

use plimsoll_gotmpl::{is_letter, quote};

use super::{Kind, Lexer, Next, State, ascii, character, quoted};

impl Lexer<'_> {
    pub(super) fn base_number(&mut self) -> Next {
        let code = self.next();
        let byte = ascii(code);
        let (state, name) = match byte {
            b'0'..=b'9' => return Some(State::NumberOrDate),
            b'_' => return Some(State::DecimalNumber),
            b'.' | b'e' | b'E' => return Some(State::Float),
            b'b' => (State::BinaryInteger, "a binary"),
            b'o' => (State::OctalInteger, "an octal"),
            b'x' => (State::HexInteger, "a hexadecimal"),
            _ => return self.ended(Kind::Integer),
        };
        let follows = self.peek();
        let fits = match (byte, ascii(follows)) {
            (b'b', digit) => matches!(digit, b'0' | b'1'),
            (b'o', digit) => matches!(digit, b'0'..=b'7'),
            (_, digit) => digit.is_ascii_hexdigit(),
        };
        if !fits {
            let (current, found) = (self.current_text(), character(follows));
            self.errorf(format!("not {name} number: '{current}{found}'"));
        }
        Some(state)
    }

    pub(super) fn decimal_number_start(&mut self) -> Next {
        let code = self.next();
        match ascii(code) {
            b'i' => {
                if self.accept(b'n') && self.accept(b'f') {
                    return self.value(Kind::Float);
                }
                let current = self.current_text();
                return self.errorf(format!("invalid float: '{current}'"));
            }
            b'n' => {
                if self.accept(b'a') && self.accept(b'n') {
                    return self.value(Kind::Float);
                }
                let current = self.current_text();
                return self.errorf(format!("invalid float: '{current}'"));
            }
            b'0' => {
                let follows = self.peek();
                if matches!(ascii(follows), b'b' | b'o' | b'x') {
                    let (current, found) = (self.current_text(), character(follows));
                    return self.errorf(format!(
                        "cannot use sign with non-decimal numbers: '{current}{found}'"
                    ));
                }
            }
            b'.' => return self.errorf("floats must start with a digit, not '.'"),
            _ => {}
        }
        if ascii(code).is_ascii_digit() {
            return Some(State::DecimalNumber);
        }
        self.errorf(format!("expected a digit but got {}", quoted(code)))
    }

    pub(super) fn boolean(&mut self) -> Next {
        let mut word = String::new();
        loop {
            let code = self.next();
            if !is_letter(code) {
                self.backup();
                break;
            }
            word.push(character(code));
        }
        if matches!(word.as_str(), "true" | "false") {
            return self.value(Kind::Bool);
        }
        let found = quote(word.as_bytes());
        self.errorf(format!("expected value but found {found} instead"))
    }
}
