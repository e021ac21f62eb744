//! From characters to items of TOML, as BurntSushi/toml does it: which error comes first, and
//! what it says, follows from its states.

mod cursor;
mod keys;
mod numbers;
mod strings;

use std::collections::VecDeque;
use std::ops::Range;

use plimsoll_gotmpl::{is_letter, quote};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Error,
    End,
    Text,
    String,
    StringWithEscapes,
    RawString,
    MultilineString,
    RawMultilineString,
    Bool,
    Integer,
    Float,
    Datetime,
    Array,
    ArrayEnd,
    TableStart,
    TableEnd,
    ArrayTableStart,
    ArrayTableEnd,
    KeyStart,
    KeyEnd,
    CommentStart,
    InlineTableStart,
    InlineTableEnd,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// The bytes of its text.
    pub(super) range: Range<usize>,
    /// What is wrong, for an error.
    pub(super) message: String,
    pub(super) line: usize,
}

#[derive(Clone, Copy)]
enum State {
    Top,
    TopEnd,
    TableStart,
    TableEnd,
    ArrayTableEnd,
    TableNameStart,
    TableNameEnd,
    BareName,
    QuotedName,
    KeyStart,
    KeyNameStart,
    KeyEnd,
    Value,
    ArrayValue,
    ArrayValueEnd,
    InlineTableValue,
    InlineTableValueEnd,
    String,
    MultilineString,
    RawString,
    RawMultilineString,
    NumberOrDateStart,
    NumberOrDate,
    BaseNumberOrDate,
    Datetime,
    DecimalNumberStart,
    DecimalNumber,
    HexInteger,
    OctalInteger,
    BinaryInteger,
    Float,
    Bool,
    Comment,
}

/// The end of the text; no text has this character.
const END: u32 = 0;
const QUOTE: u32 = b'"' as u32;
const APOSTROPHE: u32 = b'\'' as u32;

pub(super) struct Lexer<'t> {
    input: &'t [u8],
    start: usize,
    at: usize,
    line: usize,
    state: Option<State>,
    stack: Vec<State>,
    items: VecDeque<Item>,
    /// Widths of the last characters, the last first.
    widths: [usize; 4],
    at_end: bool,
    escaped: bool,
}

fn is(code: u32, byte: u8) -> bool {
    code == u32::from(byte)
}

fn is_white(code: u32) -> bool {
    is(code, b'\t') || is(code, b' ')
}

fn is_line_end(code: u32) -> bool {
    is(code, b'\n') || is(code, b'\r')
}

fn ascii(code: u32) -> u8 {
    u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(0)
}

fn character(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// `%q` of a character.
fn quoted(code: u32) -> String {
    match character(code) {
        '\'' => r"'\''".into(),
        '"' => "'\"'".into(),
        other => {
            let text = quote(other.encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", &text[1..text.len() - 1])
        }
    }
}

fn or_end(code: u32) -> String {
    if code == END {
        "end of file".into()
    } else {
        format!("'{}'", character(code))
    }
}

type Next = Option<State>;

impl<'t> Lexer<'t> {
    pub(super) fn new(input: &'t [u8], start: usize) -> Self {
        Self {
            input,
            start,
            at: start,
            line: 1,
            state: Some(State::Top),
            stack: Vec::new(),
            items: VecDeque::new(),
            widths: [0; 4],
            at_end: false,
            escaped: false,
        }
    }

    pub(super) fn next_item(&mut self) -> Item {
        loop {
            if let Some(item) = self.items.pop_front() {
                return item;
            }
            self.state = match self.state {
                Some(state) => self.step(state),
                None => {
                    self.emit(Kind::End);
                    None
                }
            };
        }
    }

    fn item(&mut self, kind: Kind, message: String, line: usize) {
        let range = self.start.min(self.at)..self.at;
        self.items.push_back(Item {
            kind,
            range,
            message,
            line,
        });
    }

    fn emit(&mut self, kind: Kind) {
        self.item(kind, String::new(), self.line);
        self.start = self.at;
    }

    /// An error at the current line; at the end of the text, on the line before.
    fn error(&mut self, message: impl Into<String>) -> Next {
        if self.at_end {
            return self.error_on_previous_line(message);
        }
        self.item(Kind::Error, message.into(), self.line);
        None
    }

    fn error_on_previous_line(&mut self, message: impl Into<String>) -> Next {
        self.item(Kind::Error, message.into(), self.line - 1);
        None
    }

    /// An error at the current line; at the end of a text that ends a line, on that line.
    fn errorf(&mut self, message: impl Into<String>) -> Next {
        let ends_line = self
            .at
            .checked_sub(1)
            .is_some_and(|at| self.input[at] == b'\n');
        let line = self.line - usize::from(self.at_end && ends_line);
        self.item(Kind::Error, message.into(), line);
        None
    }

    fn pop(&mut self) -> Next {
        self.stack.pop()
    }

    /// Ends a value.
    fn value(&mut self, kind: Kind) -> Next {
        self.emit(kind);
        self.pop()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what a step answers")]
    fn again(&mut self, state: State) -> Next {
        self.ignore();
        Some(state)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what a step answers")]
    fn comment(&mut self, then: State) -> Next {
        self.stack.push(then);
        self.ignore();
        self.emit(Kind::CommentStart);
        Some(State::Comment)
    }

    fn step(&mut self, state: State) -> Next {
        match state {
            State::Top => self.top(),
            State::TopEnd => self.top_end(),
            State::TableStart => {
                if is(self.peek(), b'[') {
                    self.next();
                    self.emit(Kind::ArrayTableStart);
                    self.stack.push(State::ArrayTableEnd);
                } else {
                    self.emit(Kind::TableStart);
                    self.stack.push(State::TableEnd);
                }
                Some(State::TableNameStart)
            }
            State::TableEnd => {
                self.emit(Kind::TableEnd);
                Some(State::TopEnd)
            }
            State::ArrayTableEnd => {
                let code = self.next();
                if !is(code, b']') {
                    let found = quoted(code);
                    return self.errorf(format!(
                        "expected end of table array name delimiter ']', but got {found} instead"
                    ));
                }
                self.emit(Kind::ArrayTableEnd);
                Some(State::TopEnd)
            }
            State::TableNameStart => self.table_name_start(),
            State::TableNameEnd => {
                self.skip_white();
                let code = self.next();
                match ascii(code) {
                    b'.' => self.again(State::TableNameStart),
                    b']' => self.pop(),
                    _ => {
                        let found = quoted(code);
                        self.errorf(format!(
                            "expected '.' or ']' to end table name, but got {found} instead"
                        ))
                    }
                }
            }
            State::BareName => {
                let code = self.next();
                let byte = ascii(code);
                if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
                    return Some(State::BareName);
                }
                self.backup();
                self.value(Kind::Text)
            }
            State::QuotedName => {
                let code = self.next();
                self.ignore();
                Some(if code == QUOTE {
                    State::String
                } else {
                    State::RawString
                })
            }
            State::KeyStart => {
                self.skip_white();
                let code = self.peek();
                match ascii(code) {
                    b'=' | 0 if code <= 0x7f => {
                        self.errorf("unexpected '=': key name appears blank")
                    }
                    b'.' => self.errorf("unexpected '.': keys cannot start with a '.'"),
                    _ => {
                        self.emit(Kind::KeyStart);
                        Some(State::KeyNameStart)
                    }
                }
            }
            State::KeyNameStart => {
                self.skip_white();
                let code = self.peek();
                match ascii(code) {
                    b'"' | b'\'' => {
                        self.ignore();
                        self.stack.push(State::KeyEnd);
                        Some(State::QuotedName)
                    }
                    b'=' | 0 if code <= 0x7f => self.errorf("unexpected '='"),
                    b'.' => self.errorf("unexpected '.'"),
                    _ => {
                        self.stack.push(State::KeyEnd);
                        Some(State::BareName)
                    }
                }
            }
            State::KeyEnd => self.key_end(),
            State::Value => self.any_value(),
            State::ArrayValue => {
                let code = self.next();
                match ascii(code) {
                    b' ' | b'\t' | b'\n' | b'\r' => self.again(State::ArrayValue),
                    b'#' => self.comment(State::ArrayValue),
                    b',' => self.errorf("unexpected comma"),
                    b']' => self.array_end(),
                    _ => {
                        self.backup();
                        self.stack.push(State::ArrayValueEnd);
                        Some(State::Value)
                    }
                }
            }
            State::ArrayValueEnd => {
                let code = self.next();
                match ascii(code) {
                    b' ' | b'\t' | b'\n' | b'\r' => self.again(State::ArrayValueEnd),
                    b'#' => self.comment(State::ArrayValueEnd),
                    b',' => self.again(State::ArrayValue),
                    b']' => self.array_end(),
                    _ => {
                        let found = or_end(code);
                        self.errorf(format!(
                            "expected a comma (',') or array terminator (']'), but got {found}"
                        ))
                    }
                }
            }
            State::InlineTableValue => {
                let code = self.next();
                match ascii(code) {
                    b' ' | b'\t' | b'\n' | b'\r' => self.again(State::InlineTableValue),
                    b'#' => self.comment(State::InlineTableValue),
                    b',' => self.errorf("unexpected comma"),
                    b'}' => self.inline_table_end(),
                    _ => {
                        self.backup();
                        self.stack.push(State::InlineTableValueEnd);
                        Some(State::KeyStart)
                    }
                }
            }
            State::InlineTableValueEnd => self.inline_table_value_end(),
            State::String => self.string(),
            State::MultilineString => self.multiline_string(),
            State::RawString => {
                let code = self.next();
                match ascii(code) {
                    0 if code == END => self.errorf("unexpected EOF; expected \"'\""),
                    b'\n' | b'\r' => self.error_on_previous_line("strings cannot contain newlines"),
                    b'\'' => self.end_string(Kind::RawString, 1),
                    _ => Some(State::RawString),
                }
            }
            State::RawMultilineString => {
                let code = self.next();
                if code == END {
                    return self.errorf("unexpected EOF; expected \"'''\"");
                }
                if code != APOSTROPHE {
                    return Some(State::RawMultilineString);
                }
                self.closing(APOSTROPHE)
            }
            State::NumberOrDateStart => Some(if is(self.next(), b'0') {
                State::BaseNumberOrDate
            } else {
                State::NumberOrDate
            }),
            State::NumberOrDate => {
                let code = self.next();
                match ascii(code) {
                    b'0'..=b'9' => Some(State::NumberOrDate),
                    b'-' | b':' => Some(State::Datetime),
                    b'_' => Some(State::DecimalNumber),
                    b'.' | b'e' | b'E' => Some(State::Float),
                    _ => self.ended(Kind::Integer),
                }
            }
            State::BaseNumberOrDate => self.base_number(),
            State::Datetime => {
                let code = self.next();
                match ascii(code) {
                    b'0'..=b'9' | b'-' | b':' | b'T' | b't' | b' ' | b'.' | b'Z' | b'z' | b'+' => {
                        Some(State::Datetime)
                    }
                    _ => self.ended(Kind::Datetime),
                }
            }
            State::DecimalNumberStart => self.decimal_number_start(),
            State::DecimalNumber => {
                let code = self.next();
                match ascii(code) {
                    b'0'..=b'9' | b'_' => Some(State::DecimalNumber),
                    b'.' | b'e' | b'E' => Some(State::Float),
                    _ => self.ended(Kind::Integer),
                }
            }
            State::HexInteger => {
                let byte = ascii(self.next());
                if byte.is_ascii_hexdigit() || byte == b'_' {
                    return Some(State::HexInteger);
                }
                self.ended(Kind::Integer)
            }
            State::OctalInteger => {
                if matches!(ascii(self.next()), b'0'..=b'7' | b'_') {
                    return Some(State::OctalInteger);
                }
                self.ended(Kind::Integer)
            }
            State::BinaryInteger => {
                if matches!(ascii(self.next()), b'0' | b'1' | b'_') {
                    return Some(State::BinaryInteger);
                }
                self.ended(Kind::Integer)
            }
            State::Float => {
                let byte = ascii(self.next());
                if byte.is_ascii_digit() || b"_.-+eE".contains(&byte) {
                    return Some(State::Float);
                }
                self.ended(Kind::Float)
            }
            State::Bool => self.boolean(),
            State::Comment => {
                let code = self.next();
                if is_line_end(code) || code == END {
                    return self.ended(Kind::Text);
                }
                Some(State::Comment)
            }
        }
    }

    /// Ends a value before the last character.
    fn ended(&mut self, kind: Kind) -> Next {
        self.backup();
        self.value(kind)
    }

    fn any_value(&mut self) -> Next {
        let code = self.next();
        match ascii(code) {
            b' ' | b'\t' => return self.again(State::Value),
            b'0'..=b'9' => {
                self.backup();
                return Some(State::NumberOrDateStart);
            }
            b'[' => {
                self.ignore();
                self.emit(Kind::Array);
                return Some(State::ArrayValue);
            }
            b'{' => {
                self.ignore();
                self.emit(Kind::InlineTableStart);
                return Some(State::InlineTableValue);
            }
            quote @ (b'"' | b'\'') => {
                let mut triple = false;
                if self.accept(quote) {
                    triple = self.accept(quote);
                    if !triple {
                        self.backup();
                    }
                }
                self.ignore();
                return Some(match (quote, triple) {
                    (b'"', true) => State::MultilineString,
                    (b'"', false) => State::String,
                    (_, true) => State::RawMultilineString,
                    (_, false) => State::RawString,
                });
            }
            b'.' => return self.errorf("floats must start with a digit, not '.'"),
            b'i' | b'n'
                if (self.accept(b'n') && self.accept(b'f'))
                    || (self.accept(b'a') && self.accept(b'n')) =>
            {
                return self.value(Kind::Float);
            }
            b'-' | b'+' => return Some(State::DecimalNumberStart),
            _ => {}
        }
        if is_letter(code) {
            self.backup();
            return Some(State::Bool);
        }
        if code == END {
            return self.errorf("unexpected EOF; expected value");
        }
        let message = format!("expected value but found {} instead", quoted(code));
        if is(code, b'\n') {
            return self.error_on_previous_line(message);
        }
        self.errorf(message)
    }

    fn array_end(&mut self) -> Next {
        self.ignore();
        self.value(Kind::ArrayEnd)
    }

    fn inline_table_end(&mut self) -> Next {
        self.ignore();
        self.value(Kind::InlineTableEnd)
    }

    fn inline_table_value_end(&mut self) -> Next {
        let code = self.next();
        match ascii(code) {
            b' ' | b'\t' | b'\n' | b'\r' => self.again(State::InlineTableValueEnd),
            b'#' => self.comment(State::InlineTableValueEnd),
            b',' => {
                self.ignore();
                self.skip_white();
                Some(if is(self.peek(), b'}') {
                    State::InlineTableValueEnd
                } else {
                    State::InlineTableValue
                })
            }
            b'}' => self.inline_table_end(),
            _ => {
                let found = or_end(code);
                self.errorf(format!(
                    "expected a comma or an inline table terminator '}}', but got {found} instead"
                ))
            }
        }
    }
}
