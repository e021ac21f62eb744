//! Printing one value with one verb.

use crate::error::CallError;
use crate::limits::MAX_VALUE_DEPTH;
use crate::trace::{Builder, Pen, Sets, Trace};
use crate::unicode;
use crate::value::{Object, Str, Traced, Type, Value};

use super::quote::{Keep, can_backquote, quote, quote_rune};
use super::{float, number, too_deep};

/// Flags, width and precision of a directive.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Flags {
    pub(crate) width: Option<usize>,
    pub(crate) precision: Option<usize>,
    pub(crate) minus: bool,
    pub(crate) plus: bool,
    pub(crate) sharp: bool,
    pub(crate) space: bool,
    pub(crate) zero: bool,
    /// `%+v`
    pub(crate) plus_v: bool,
    /// `%#v`
    pub(crate) sharp_v: bool,
}

/// What pointers print as: Go prints an address, which no two runs have in common.
const ADDRESS: u64 = 0xc0_0000_0000;

/// Prints values into a text.
pub(crate) struct Printer<'p> {
    pub(super) out: &'p mut Builder,
    pub(super) sets: &'p mut Sets,
    /// Who writes; its trace is that of the value in hand.
    pub(super) pen: Pen,
    pub(crate) flags: Flags,
    /// Whether a wrong verb is being told: methods are not called then.
    erroring: bool,
    /// Whether a pointer is printed as what it points to.
    pub(crate) pointed: bool,
}

type Printed = Result<(), CallError>;

impl<'p> Printer<'p> {
    pub(crate) fn new(out: &'p mut Builder, sets: &'p mut Sets, pen: Pen) -> Self {
        Self {
            out,
            sets,
            pen,
            flags: Flags::default(),
            erroring: false,
            pointed: false,
        }
    }

    /// Writes text that belongs to the value in hand.
    pub(super) fn write(&mut self, text: impl AsRef<[u8]>) {
        self.out.write(text.as_ref(), &self.pen);
    }

    /// Runs `print` with the trace of a part joined to that of the whole.
    pub(super) fn inside(
        &mut self,
        trace: Trace,
        print: impl FnOnce(&mut Self) -> Printed,
    ) -> Printed {
        let outer = self.pen.trace;
        self.pen.trace = self.sets.union(outer, trace);
        let printed = print(self);
        self.pen.trace = outer;
        printed
    }

    /// Prints an argument (`printArg`).
    pub(crate) fn argument(&mut self, argument: &Traced, verb: char) -> Printed {
        self.inside(argument.trace, |printer| {
            printer.argument_value(&argument.value, verb)
        })
    }

    fn argument_value(&mut self, value: &Value, verb: char) -> Printed {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => {
                self.pad(b"<nil>");
                Ok(())
            }
            (Value::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => {
                let name = value.type_of().to_string();
                self.inside(value.shape(), |printer| {
                    printer.string_text(name.as_bytes());
                    Ok(())
                })
            }
            (_, 'p') => self.inside(value.shape(), |printer| printer.pointer(value, 'p')),
            (Value::Bytes(bytes), _) => self.bytes(value, bytes, "[]byte", verb),
            _ => {
                if let Some(done) = self.by_method(value, verb) {
                    return done;
                }
                self.value(value, verb, 0)
            }
        }
    }

    /// Prints what the value's `String` method gives, if the verb asks for a text.
    fn by_method(&mut self, value: &Value, verb: char) -> Option<Printed> {
        if self.erroring {
            return None;
        }
        if verb == 'w' {
            return Some(self.bad_verb(value, verb));
        }
        if self.flags.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return None;
        }
        let text = value.text()?;
        Some(self.string(value, &Str::new(text), verb))
    }

    /// Prints a part of an argument, or one without methods (`printValue`).
    fn value(&mut self, value: &Value, verb: char, depth: u32) -> Printed {
        if depth > MAX_VALUE_DEPTH {
            return Err(too_deep());
        }
        if self.out.is_full() {
            return Ok(());
        }
        if depth > 0
            && let Some(done) = self.by_method(value, verb)
        {
            return done;
        }
        match value {
            Value::Nil => self.write(if self.flags.sharp_v {
                "interface {}(nil)"
            } else {
                "<nil>"
            }),
            Value::Bool(flag) => match verb {
                't' | 'v' => self.pad(if *flag { b"true" } else { b"false" }),
                _ => return self.bad_verb(value, verb),
            },
            Value::Int(int, _) | Value::Duration(int) => {
                return self.integer(value, int.unsigned_abs(), *int as u64, *int < 0, verb);
            }
            Value::Uint(uint, _) => {
                if verb == 'v' && self.flags.sharp_v {
                    self.hexadecimal(*uint, true);
                } else {
                    return self.integer(value, *uint, *uint, false, verb);
                }
            }
            Value::Float(number) => return self.float(value, *number, verb),
            Value::Complex(number) => return self.complex(value, **number, verb),
            Value::Str(text) => return self.string(value, text, verb),
            Value::Bytes(bytes) => {
                if matches!(verb, 's' | 'q' | 'x' | 'X') {
                    return self.bytes(value, bytes, "[]uint8", verb);
                }
                return self.byte_elements(bytes, verb, depth);
            }
            Value::List(list) => {
                let shape = list.shape();
                return self.inside(shape, |printer| printer.list(value, verb, depth));
            }
            Value::Map(map) => {
                let shape = self.sets.union(map.shape(), map.taint());
                return self.inside(shape, |printer| printer.map(value, verb, depth));
            }
            Value::Func(_) => return self.pointer(value, verb),
            Value::Object(object) => {
                let trace = object.trace();
                let object = &***object;
                return self.inside(trace, |printer| printer.object(value, object, verb, depth));
            }
        }
        Ok(())
    }

    /// `%!d(string=hi)`
    fn bad_verb(&mut self, value: &Value, verb: char) -> Printed {
        self.erroring = true;
        self.write(format!("%!{verb}("));
        let printed = if matches!(value, Value::Nil) {
            self.write("<nil>");
            Ok(())
        } else {
            self.write(format!("{}=", value.type_of()));
            match value {
                Value::Bytes(bytes) => self.byte_elements(bytes, 'v', 0),
                _ => self.value(value, 'v', 0),
            }
        };
        self.write(")");
        self.erroring = false;
        printed
    }

    // Containers.

    fn separator(&mut self) {
        self.write(if self.flags.sharp_v { ", " } else { " " });
    }

    fn list(&mut self, value: &Value, verb: char, depth: u32) -> Printed {
        let Value::List(list) = value else {
            return Ok(());
        };
        if self.flags.sharp_v {
            self.write(list.type_of().to_string());
            if list.is_nil() {
                self.write("(nil)");
                return Ok(());
            }
        }
        self.write(if self.flags.sharp_v { "{" } else { "[" });
        let step = element_step(list.element_type());
        for (n, item) in list.items().iter().enumerate() {
            if n > 0 {
                self.separator();
            }
            self.inside(item.trace, |printer| {
                printer.value(&item.value, verb, depth + step)
            })?;
        }
        self.write(if self.flags.sharp_v { "}" } else { "]" });
        Ok(())
    }

    fn map(&mut self, value: &Value, verb: char, depth: u32) -> Printed {
        let Value::Map(map) = value else {
            return Ok(());
        };
        if self.flags.sharp_v {
            self.write(map.type_of().to_string());
            if map.is_nil() {
                self.write("(nil)");
                return Ok(());
            }
            self.write("{");
        } else {
            self.write("map[");
        }
        let step = element_step(map.element_type());
        for (n, (key, entry)) in map.entries().into_iter().enumerate() {
            if n > 0 {
                self.separator();
            }
            self.inside(entry.trace, |printer| {
                printer.value(&Value::Str(key), verb, depth + 1)?;
                printer.write(":");
                printer.value(&entry.value, verb, depth + step)
            })?;
        }
        self.write(if self.flags.sharp_v { "}" } else { "]" });
        Ok(())
    }

    fn object(&mut self, value: &Value, object: &dyn Object, verb: char, depth: u32) -> Printed {
        if object.is_pointer() {
            if depth > 0 || object.is_nil() {
                return self.pointer(value, verb);
            }
            if !self.pointed {
                self.write("&");
            }
        } else if self.pointed
            && depth == 0
            && let Some(text) = object.addressed_text()
        {
            self.write(text);
            return Ok(());
        }
        if self.flags.sharp_v {
            self.write(object.type_name().trim_start_matches('*'));
        }
        self.write("{");
        for (n, (name, field)) in object.fields().into_iter().enumerate() {
            if n > 0 {
                self.separator();
            }
            if self.flags.plus_v || self.flags.sharp_v {
                self.write(format!("{name}:"));
            }
            self.inside(field.trace, |printer| {
                printer.value(&field.value, verb, depth + 1)
            })?;
        }
        self.write("}");
        Ok(())
    }

    fn pointer(&mut self, value: &Value, verb: char) -> Printed {
        let is_pointer = match value {
            Value::Map(_) | Value::List(_) | Value::Bytes(_) | Value::Func(_) => true,
            Value::Object(object) => object.is_pointer(),
            _ => false,
        };
        if !is_pointer {
            return self.bad_verb(value, verb);
        }
        let address = if value.is_nil() { 0 } else { ADDRESS };
        match verb {
            'v' if self.flags.sharp_v => {
                self.write(format!("({})(", value.type_of()));
                if address == 0 {
                    self.write("nil");
                } else {
                    self.hexadecimal(address, true);
                }
                self.write(")");
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' | 'p' => {
                let sharp = self.flags.sharp;
                self.hexadecimal(address, !sharp);
            }
            'b' | 'o' | 'd' | 'x' | 'X' => {
                return self.integer(value, address, address, false, verb);
            }
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    fn bytes(&mut self, value: &Value, bytes: &Str, type_name: &str, verb: char) -> Printed {
        match verb {
            'v' | 'd' if self.flags.sharp_v => {
                self.write(format!("{type_name}{{"));
                self.whole(bytes, |printer| {
                    for (n, &byte) in bytes.bytes().iter().enumerate() {
                        if n > 0 {
                            printer.write(", ");
                        }
                        printer.hexadecimal(u64::from(byte), true);
                    }
                });
                self.write("}");
                Ok(())
            }
            's' | 'x' | 'X' | 'q' => self.string(value, bytes, verb),
            _ => self.byte_elements(bytes, verb, 0),
        }
    }

    fn byte_elements(&mut self, bytes: &Str, verb: char, depth: u32) -> Printed {
        let (open, close) = if self.flags.sharp_v {
            ("[]uint8{", "}")
        } else {
            ("[", "]")
        };
        let mut printed = Ok(());
        self.whole(bytes, |printer| {
            printer.write(open);
            for (n, &byte) in bytes.bytes().iter().enumerate() {
                if n > 0 {
                    printer.separator();
                }
                let byte = Value::Uint(u64::from(byte), crate::value::UintType::Uint8);
                printed = printer.value(&byte, verb, depth + 1);
                if printed.is_err() {
                    break;
                }
            }
            printer.write(close);
        });
        printed
    }

    // Texts.

    /// Runs `print` with all that a string came from.
    fn whole(&mut self, text: &Str, print: impl FnOnce(&mut Self)) {
        let pieces = self.sets.whole(text);
        let outer = self.pen.trace;
        self.pen.trace = self.sets.union(outer, pieces);
        print(self);
        self.pen.trace = outer;
    }

    fn string(&mut self, value: &Value, text: &Str, verb: char) -> Printed {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => {
                let end = self.cut(text.bytes());
                self.padded_copy(text, end);
            }
            'x' | 'X' => self.whole(text, |printer| printer.hex_string(text.bytes(), verb)),
            'q' => self.quoted(text),
            _ => return self.bad_verb(value, verb),
        }
        Ok(())
    }

    /// Where the precision ends a text.
    fn cut(&self, text: &[u8]) -> usize {
        let Some(precision) = self.flags.precision else {
            return text.len();
        };
        let mut end = 0;
        for _ in 0..precision {
            if end == text.len() {
                break;
            }
            end += unicode::decode(&text[end..]).1;
        }
        end
    }

    fn padded_copy(&mut self, text: &Str, end: usize) {
        let padding = self.padding(&text.bytes()[..end]);
        if padding > 0 && !self.flags.minus {
            self.whole(text, |printer| printer.fill(padding));
        }
        self.out.copy(self.sets, text, 0..end, &self.pen, false);
        if padding > 0 && self.flags.minus {
            self.whole(text, |printer| printer.fill(padding));
        }
    }

    fn string_text(&mut self, text: &[u8]) {
        let end = self.cut(text);
        self.pad(&text[..end]);
    }

    fn quoted(&mut self, text: &Str) {
        let end = self.cut(text.bytes());
        let bytes = &text.bytes()[..end];
        let keep = if self.flags.plus {
            Keep::Ascii
        } else {
            Keep::Printable
        };
        let quoted = if self.flags.sharp && can_backquote(bytes) {
            [b"`", bytes, b"`"].concat()
        } else {
            quote(bytes, keep).into_bytes()
        };
        self.whole(text, |printer| printer.pad(&quoted));
    }

    fn hex_string(&mut self, text: &[u8], verb: char) {
        let len = self.flags.precision.unwrap_or(text.len()).min(text.len());
        let text = &text[..len];
        let (prefix, upper) = match verb {
            'X' => ("0X", true),
            _ => ("0x", false),
        };
        let mut out = String::with_capacity(2 * len + 2);
        for (n, byte) in text.iter().enumerate() {
            if n > 0 && self.flags.space {
                out.push(' ');
            }
            if self.flags.sharp && (n == 0 || self.flags.space) {
                out.push_str(prefix);
            }
            let digits = if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            };
            out.push_str(&digits);
        }
        self.pad(out.as_bytes());
    }

    // Numbers.

    fn integer(
        &mut self,
        value: &Value,
        magnitude: u64,
        bits: u64,
        negative: bool,
        verb: char,
    ) -> Printed {
        let base = match verb {
            'v' | 'd' => 10,
            'b' => 2,
            'o' | 'O' => 8,
            'x' | 'X' => 16,
            'c' => {
                let mut text = Vec::new();
                unicode::push(&mut text, u32::try_from(bits).unwrap_or(u32::MAX));
                self.pad(&text);
                return Ok(());
            }
            'q' => {
                let keep = if self.flags.plus {
                    Keep::Ascii
                } else {
                    Keep::Printable
                };
                let code = u32::try_from(bits).unwrap_or(u32::MAX);
                self.pad(quote_rune(code, keep).as_bytes());
                return Ok(());
            }
            'U' => {
                let text = number::code_point(bits, &self.flags);
                self.pad_without_zeros(&text);
                return Ok(());
            }
            _ => return self.bad_verb(value, verb),
        };
        self.digits(magnitude, negative, base, verb);
        Ok(())
    }

    fn digits(&mut self, magnitude: u64, negative: bool, base: u32, verb: char) {
        match number::integer(magnitude, negative, base, verb, &self.flags) {
            Some(text) => self.pad_without_zeros(&text),
            None => self.pad_without_zeros(b""),
        }
    }

    fn hexadecimal(&mut self, value: u64, prefix: bool) {
        let sharp = std::mem::replace(&mut self.flags.sharp, prefix);
        self.digits(value, false, 16, 'v');
        self.flags.sharp = sharp;
    }

    fn float(&mut self, value: &Value, number: f64, verb: char) -> Printed {
        let (letter, precision) = match verb {
            'v' => (b'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb as u8, None),
            'f' | 'e' | 'E' => (verb as u8, Some(6)),
            'F' => (b'f', Some(6)),
            _ => return self.bad_verb(value, verb),
        };
        self.float_text(number, letter, precision);
        Ok(())
    }

    fn float_text(&mut self, number: f64, letter: u8, default: Option<usize>) {
        let precision = self.flags.precision.or(default);
        let mut text = vec![b'+'];
        float::append(&mut text, number, letter, precision);
        if matches!(text[1], b'-' | b'+') {
            text.remove(0);
        }
        if self.flags.space && text[0] == b'+' && !self.flags.plus {
            text[0] = b' ';
        }
        if !number.is_finite() {
            if number.is_nan() && !self.flags.space && !self.flags.plus {
                text.remove(0);
            }
            self.pad_without_zeros(&text);
            return;
        }
        if self.flags.sharp && letter != b'b' {
            text = with_point(&text, letter, precision);
        }
        if self.flags.plus || text[0] != b'+' {
            if self.flags.zero
                && !self.flags.minus
                && let Some(width) = self.flags.width
                && width > text.len()
            {
                // The sign comes before the zeros.
                self.write(&text[..1]);
                self.fill(width - text.len());
                self.write(&text[1..]);
                return;
            }
            self.pad(&text);
            return;
        }
        self.pad(&text[1..]);
    }

    fn complex(&mut self, value: &Value, number: (f64, f64), verb: char) -> Printed {
        let (letter, precision) = match verb {
            'v' => (b'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb as u8, None),
            'f' | 'e' | 'E' => (verb as u8, Some(6)),
            'F' => (b'f', Some(6)),
            _ => return self.bad_verb(value, verb),
        };
        let plus = self.flags.plus;
        self.write("(");
        self.float_text(number.0, letter, precision);
        self.flags.plus = true;
        self.float_text(number.1, letter, precision);
        self.write("i)");
        self.flags.plus = plus;
        Ok(())
    }

    // Padding.

    /// How much padding the width asks for around a text.
    fn padding(&self, text: &[u8]) -> usize {
        match self.flags.width {
            Some(width) => width.saturating_sub(unicode::count(text)),
            None => 0,
        }
    }

    /// Writes padding: zeros only to the left.
    fn fill(&mut self, count: usize) {
        let byte = if self.flags.zero && !self.flags.minus {
            b'0'
        } else {
            b' '
        };
        self.out.fill(byte, count, &self.pen);
    }

    pub(super) fn pad(&mut self, text: &[u8]) {
        let padding = self.padding(text);
        if text.is_empty() && padding == 0 {
            self.out.gap(&self.pen);
        }
        if !self.flags.minus {
            self.fill(padding);
        }
        self.write(text);
        if self.flags.minus {
            self.fill(padding);
        }
    }

    fn pad_without_zeros(&mut self, text: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }
}

/// How many levels an element is deeper: Go passes an interface on its way.
fn element_step(element: &Type) -> u32 {
    if element.is_any() { 2 } else { 1 }
}

/// `%#g`: a decimal point always, and trailing zeros up to the precision.
fn with_point(text: &[u8], letter: u8, precision: Option<usize>) -> Vec<u8> {
    let mut digits = match letter {
        b'g' | b'G' | b'x' => precision.map_or(6, |precision| precision as i64),
        _ => 0,
    };
    let is_exponent = |byte: u8| match byte {
        b'p' | b'P' => true,
        b'e' | b'E' => !matches!(letter, b'x' | b'X'),
        _ => false,
    };
    let end = text[1..].iter().position(|&byte| is_exponent(byte));
    let (number, tail) = text.split_at(end.map_or(text.len(), |end| end + 1));
    let mut number = number.to_vec();
    let (mut has_point, mut seen) = (false, false);
    for &byte in &number[1..] {
        if byte == b'.' {
            has_point = true;
            continue;
        }
        seen |= byte != b'0';
        digits -= i64::from(seen);
    }
    if !has_point {
        // A leading zero counts once.
        if number[1..] == *b"0" {
            digits -= 1;
        }
        number.push(b'.');
    }
    let missing = usize::try_from(digits).unwrap_or(0);
    number.resize(number.len() + missing, b'0');
    number.extend_from_slice(tail);
    number
}
