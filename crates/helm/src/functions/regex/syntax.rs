//! The syntax of Go's package regexp (RE2), with its errors.
//!
//! The parser follows the Perl flags of Go's package: what is accepted, what each construct
//! means and what the errors say is the reference's; the result is an expression of the crate
//! that matches. Groups nest on the heap.

use plimsoll_gotmpl::unicode;
use regex_syntax::hir::{Capture, Class, ClassUnicode, Dot, Hir, Look, Repetition};

use super::classes;
use super::counts::{Count, count};
use super::groups::{Flags, Group, Item, Result, fault};

/// A parsed expression.
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// The name of each group, from the whole match on; empty for those without.
    pub(super) names: Vec<Vec<u8>>,
    /// About how many instructions it compiles to.
    pub(super) size: u64,
}

/// How often what is repeated may be repeated in all.
const MAX_REPEAT: u64 = 1000;

const BAD_CLASS: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";
const BAD_PERL: &str = "invalid or unsupported Perl syntax";
const BAD_REPEAT: &str = "invalid repeat count";
const BAD_UTF8: &str = "invalid UTF-8";
const NAME: &str = "invalid named capture";
const NESTED_REPEAT: &str = "invalid nested repetition operator";
const NOTHING_TO_REPEAT: &str = "missing argument to repetition operator";
const NO_BRACKET: &str = "missing closing ]";

/// Parses an expression; the error has Go's text.
pub(super) fn parse(text: &[u8]) -> Result<Parsed> {
    let mut parser = Parser {
        text,
        at: 0,
        flags: Flags::default(),
        groups: vec![Group::default()],
        names: vec![Vec::new()],
    };
    parser.run()?;
    let Some(mut last) = parser.groups.pop().filter(|_| parser.groups.is_empty()) else {
        return fault("missing closing )", text);
    };
    let whole = last.close(text)?;
    Ok(Parsed {
        hir: whole.hir,
        names: parser.names,
        size: whole.size,
    })
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    flags: Flags,
    groups: Vec<Group>,
    names: Vec<Vec<u8>>,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text[self.at..]
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn push(&mut self, hir: Hir) {
        self.group().items.push(Item::leaf(hir));
    }

    /// Takes a character.
    fn next(&mut self) -> Result<u32> {
        let (code, width) = unicode::decode(self.rest());
        if width == 1 && code == unicode::REPLACEMENT {
            return fault(BAD_UTF8, self.rest());
        }
        self.at += width;
        Ok(code)
    }

    fn run(&mut self) -> Result<()> {
        // The operator that ended right before, if one did.
        let mut repeated: Option<usize> = None;
        while let Some(byte) = self.peek(0) {
            let start = self.at;
            let mut operator = None;
            match byte {
                b'(' if self.peek(1) == Some(b'?') => self.perl_group()?,
                b'(' => {
                    self.at += 1;
                    self.open_capture(Vec::new());
                }
                b'|' => {
                    self.at += 1;
                    let text = self.text;
                    self.group().end_alternative(text)?;
                }
                b')' => {
                    self.at += 1;
                    self.close()?;
                }
                b'^' => {
                    self.at += 1;
                    self.push(Hir::look(if self.flags.lines {
                        Look::StartLF
                    } else {
                        Look::Start
                    }));
                }
                b'$' => {
                    self.at += 1;
                    self.push(Hir::look(if self.flags.lines {
                        Look::EndLF
                    } else {
                        Look::End
                    }));
                }
                b'.' => {
                    self.at += 1;
                    self.push(Hir::dot(if self.flags.dot_all {
                        Dot::AnyChar
                    } else {
                        Dot::AnyCharExceptLF
                    }));
                }
                b'[' => self.class()?,
                b'*' | b'+' | b'?' => {
                    self.at += 1;
                    let (min, max) = match byte {
                        b'*' => (0, None),
                        b'+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(min, max, start, repeated, false)?;
                    operator = Some(start);
                }
                b'{' => match count(self.rest()) {
                    None => {
                        self.at += 1;
                        self.literal(u32::from(b'{'));
                    }
                    Some(Count { min, max, len }) => {
                        self.at += len;
                        let above = |number: u32| u64::from(number) > MAX_REPEAT;
                        if above(min) || max.is_some_and(|max| above(max) || min > max) {
                            return fault(BAD_REPEAT, &self.text[start..self.at]);
                        }
                        self.repeat(min, max, start, repeated, true)?;
                        operator = Some(start);
                    }
                },
                b'\\' => self.escape()?,
                _ => {
                    let code = self.next()?;
                    self.literal(code);
                }
            }
            repeated = operator;
        }
        Ok(())
    }

    fn literal(&mut self, code: u32) {
        let hir = match char::from_u32(code) {
            // No text has a surrogate.
            None => Hir::fail(),
            Some(character) if self.flags.fold => {
                let class = classes::folded(classes::of_range(code, code));
                if class.ranges().len() == 1 && class.ranges()[0].len() == 1 {
                    literal(character)
                } else {
                    Hir::class(Class::Unicode(class))
                }
            }
            Some(character) => literal(character),
        };
        self.push(hir);
    }

    /// An operator behind an item; `start` is where it began.
    fn repeat(
        &mut self,
        min: u32,
        max: Option<u32>,
        start: usize,
        repeated: Option<usize>,
        counted: bool,
    ) -> Result<()> {
        let mut lazy = self.flags.lazy;
        if self.peek(0) == Some(b'?') {
            self.at += 1;
            lazy = !lazy;
        }
        if let Some(before) = repeated {
            return fault(NESTED_REPEAT, &self.text[before..self.at]);
        }
        let written = &self.text[start..self.at];
        let text = self.text;
        let Some(item) = self.group().items.pop() else {
            return fault(NOTHING_TO_REPEAT, written);
        };
        let times = max.unwrap_or(min.max(1)).max(min);
        let repeats = if counted && times > 0 {
            let count = u64::from(if max == Some(0) {
                1
            } else {
                max.unwrap_or(min).max(1)
            });
            count * item.repeats
        } else {
            item.repeats
        };
        if counted && (min >= 2 || max.is_some_and(|max| max >= 2)) && repeats > MAX_REPEAT {
            return fault(BAD_REPEAT, written);
        }
        let hir = Hir::repetition(Repetition {
            min,
            max,
            greedy: !lazy,
            sub: Box::new(item.hir),
        });
        let repetition = Item {
            hir,
            height: item.height + 1,
            size: item.size.saturating_mul(u64::from(times.max(1))) + 1,
            repeats,
        };
        let repetition = repetition.checked(text)?;
        self.group().items.push(repetition);
        Ok(())
    }

    fn open_capture(&mut self, name: Vec<u8>) {
        let index = self.names.len() as u32;
        self.names.push(name);
        self.open(Some(index), self.flags);
    }

    fn open(&mut self, capture: Option<u32>, flags: Flags) {
        self.groups.push(Group {
            flags,
            capture,
            ..Group::default()
        });
    }

    fn close(&mut self) -> Result<()> {
        let text = self.text;
        let Some(mut group) = self.groups.pop().filter(|_| !self.groups.is_empty()) else {
            return fault("unexpected )", text);
        };
        let mut item = group.close(text)?;
        self.flags = group.flags;
        if let Some(index) = group.capture {
            item.hir = Hir::capture(Capture {
                index,
                name: None,
                sub: Box::new(item.hir),
            });
            item.height += 1;
            item.size += 2;
        }
        let item = item.checked(text)?;
        self.group().items.push(item);
        Ok(())
    }

    /// `(?P<name>`, `(?<name>`, `(?flags)`, `(?flags:`.
    fn perl_group(&mut self) -> Result<()> {
        let start = self.at;
        let whole = self.rest();
        let name_at = if whole.starts_with(b"(?P<") && whole.len() > 4 {
            Some(4)
        } else {
            (whole.starts_with(b"(?<") && whole.len() > 3).then_some(3)
        };
        if let Some(name_at) = name_at {
            let Some(end) = memchr::memchr(b'>', whole) else {
                check_utf8(whole)?;
                return fault(NAME, whole);
            };
            let name = whole.get(name_at..end).unwrap_or_default();
            check_utf8(name)?;
            let valid = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            if name.is_empty() || !name.iter().all(valid) {
                return fault(NAME, &whole[..=end]);
            }
            self.at += end + 1;
            self.open_capture(name.to_vec());
            return Ok(());
        }
        self.at += 2;
        let mut flags = self.flags;
        let mut to = true;
        let mut saw_flag = false;
        while self.peek(0).is_some() {
            let code = self.next()?;
            match char::from_u32(code) {
                Some('i') => flags.fold = to,
                Some('m') => flags.lines = to,
                Some('s') => flags.dot_all = to,
                Some('U') => flags.lazy = to,
                Some('-') if to => {
                    to = false;
                    saw_flag = false;
                    continue;
                }
                Some(end @ (':' | ')')) if to || saw_flag => {
                    if end == ':' {
                        self.open(None, self.flags);
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            saw_flag = true;
        }
        fault(BAD_PERL, &self.text[start..self.at])
    }

    fn escape(&mut self) -> Result<()> {
        let look = match self.peek(1) {
            Some(b'A') => Some(Look::Start),
            Some(b'z') => Some(Look::End),
            Some(b'b') => Some(Look::WordAscii),
            Some(b'B') => Some(Look::WordAsciiNegate),
            Some(b'C') => return fault(BAD_ESCAPE, b"\\C"),
            Some(b'Q') => return self.quoted(),
            _ => None,
        };
        if let Some(look) = look {
            self.at += 2;
            self.push(Hir::look(look));
            return Ok(());
        }
        if let Some(class) = self.unicode_class()? {
            self.push(Hir::class(Class::Unicode(class)));
            return Ok(());
        }
        if let Some(class) = self.perl_class() {
            self.push(Hir::class(Class::Unicode(class)));
            return Ok(());
        }
        let code = self.escaped()?;
        self.literal(code);
        Ok(())
    }

    /// `\Q…\E`: literals.
    fn quoted(&mut self) -> Result<()> {
        self.at += 2;
        let end = memchr::memmem::find(self.rest(), b"\\E");
        let stop = end.map_or(self.text.len(), |end| self.at + end);
        while self.at < stop {
            // An invalid character is named with what follows it in the quotes.
            let (code, width) = unicode::decode(&self.text[self.at..stop]);
            if width == 1 && code == unicode::REPLACEMENT {
                return fault(BAD_UTF8, &self.text[self.at..stop]);
            }
            self.at += width;
            self.literal(code);
        }
        if end.is_some() {
            self.at += 2;
        }
        Ok(())
    }

    /// `\d` and its kin.
    fn perl_class(&mut self) -> Option<ClassUnicode> {
        let class = classes::perl(self.peek(1)?, self.flags.fold)?;
        self.at += 2;
        Some(class)
    }

    /// `\pN`, `\p{Greek}`, `\P{^Greek}`.
    fn unicode_class(&mut self) -> Result<Option<ClassUnicode>> {
        let whole = self.rest();
        let [b'\\', sign @ (b'p' | b'P'), ..] = whole else {
            return Ok(None);
        };
        let mut negated = *sign == b'P';
        self.at += 2;
        let mut name = &whole[2..2];
        if self.peek(0).is_some() {
            let code = self.next()?;
            name = &self.text[self.at - whole_width(code)..self.at];
        }
        let mut written = &whole[..2 + name.len()];
        if name == b"{" {
            let Some(end) = memchr::memchr(b'}', whole) else {
                check_utf8(whole)?;
                return fault(BAD_CLASS, whole);
            };
            written = &whole[..=end];
            name = &whole[3..end];
            self.at += end - 2;
            check_utf8(name)?;
        }
        if let Some(rest) = name.strip_prefix(b"^") {
            negated = !negated;
            name = rest;
        }
        let Some(mut class) = classes::unicode(name, self.flags.fold) else {
            return fault(BAD_CLASS, written);
        };
        if negated {
            class.negate();
        }
        Ok(Some(class))
    }

    /// `[…]`
    fn class(&mut self) -> Result<()> {
        let whole = self.rest();
        self.at += 1;
        let negated = self.peek(0) == Some(b'^');
        if negated {
            self.at += 1;
        }
        let mut class = ClassUnicode::empty();
        let mut first = true;
        while first || self.peek(0) != Some(b']') {
            first = false;
            if let Some(named) = self.posix_class()? {
                class.union(&named);
                continue;
            }
            if let Some(named) = self.unicode_class()? {
                class.union(&named);
                continue;
            }
            if self.peek(0) == Some(b'\\')
                && let Some(named) = self.perl_class()
            {
                class.union(&named);
                continue;
            }
            let start = self.at;
            let low = self.class_character(whole)?;
            let mut high = low;
            if self.peek(0) == Some(b'-') && self.peek(1).is_some_and(|byte| byte != b']') {
                self.at += 1;
                high = self.class_character(whole)?;
                if high < low {
                    return fault(BAD_CLASS, &self.text[start..self.at]);
                }
            }
            let range = classes::of_range(low, high);
            class.union(&if self.flags.fold {
                classes::folded(range)
            } else {
                range
            });
        }
        self.at += 1;
        if negated {
            class.negate();
        }
        self.push(Hir::class(Class::Unicode(class)));
        Ok(())
    }

    fn class_character(&mut self, whole: &[u8]) -> Result<u32> {
        match self.peek(0) {
            None => fault(NO_BRACKET, whole),
            Some(b'\\') => self.escaped(),
            Some(_) => self.next(),
        }
    }

    /// `[:alnum:]` inside a class.
    fn posix_class(&mut self) -> Result<Option<ClassUnicode>> {
        let rest = self.rest();
        if !rest.starts_with(b"[:") || rest.len() <= 2 {
            return Ok(None);
        }
        let Some(end) = memchr::memmem::find(&rest[2..], b":]") else {
            return Ok(None);
        };
        let written = &rest[..end + 4];
        self.at += written.len();
        let name = &rest[2..2 + end];
        match classes::posix(name, self.flags.fold) {
            Some(class) => Ok(Some(class)),
            None => fault(BAD_CLASS, written),
        }
    }

    /// A single character behind a backslash.
    fn escaped(&mut self) -> Result<u32> {
        let start = self.at;
        self.at += 1;
        if self.peek(0).is_none() {
            return fault("trailing backslash at end of expression", b"");
        }
        let code = self.next()?;
        let simple = match char::from_u32(code) {
            Some('a') => Some(0x07),
            Some('f') => Some(0x0c),
            Some('n') => Some(0x0a),
            Some('r') => Some(0x0d),
            Some('t') => Some(0x09),
            Some('v') => Some(0x0b),
            Some('x') => self.hexadecimal()?,
            Some(digit @ '0'..='7') => {
                let more = matches!(self.peek(0), Some(b'0'..=b'7'));
                (digit == '0' || more).then(|| self.octal(code))
            }
            Some(character) if character.is_ascii() && !character.is_ascii_alphanumeric() => {
                Some(code)
            }
            _ => None,
        };
        match simple {
            Some(code) => Ok(code),
            None => fault(BAD_ESCAPE, &self.text[start..self.at]),
        }
    }

    fn octal(&mut self, first: u32) -> u32 {
        let mut code = first - u32::from(b'0');
        for _ in 0..2 {
            let Some(digit @ b'0'..=b'7') = self.peek(0) else {
                break;
            };
            code = code * 8 + u32::from(digit - b'0');
            self.at += 1;
        }
        code
    }

    /// Behind `\x`: two digits, or any number in braces.
    fn hexadecimal(&mut self) -> Result<Option<u32>> {
        if self.peek(0).is_none() {
            return Ok(None);
        }
        let first = self.next()?;
        let digit = |code: u32| char::from_u32(code).and_then(|character| character.to_digit(16));
        if first != u32::from(b'{') {
            let second = if self.peek(0).is_none() {
                0
            } else {
                self.next()?
            };
            let both = digit(first).zip(digit(second));
            return Ok(both.map(|(high, low)| high * 16 + low));
        }
        let mut code = 0;
        let mut digits = 0;
        while self.peek(0).is_some() {
            let next = self.next()?;
            if next == u32::from(b'}') {
                return Ok((digits > 0).then_some(code));
            }
            let Some(value) = digit(next) else {
                return Ok(None);
            };
            code = code * 16 + value;
            if code > 0x10_ffff {
                return Ok(None);
            }
            digits += 1;
        }
        Ok(None)
    }
}

fn literal(character: char) -> Hir {
    Hir::literal(character.encode_utf8(&mut [0; 4]).as_bytes())
}

/// How many bytes the character has that was just taken.
fn whole_width(code: u32) -> usize {
    char::from_u32(code).map_or(3, char::len_utf8)
}

fn check_utf8(text: &[u8]) -> Result<()> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(error) => fault(BAD_UTF8, &text[error.valid_up_to()..]),
    }
}
