//! Format strings (`fmt.Sprintf`), and lists of values (`fmt.Sprint`, `fmt.Sprintln`).

use crate::error::CallError;
use crate::trace::{Builder, Pen, Sets, Trace};
use crate::unicode;
use crate::value::{Str, Traced, Value};

use super::print::{Flags, Printer};

/// Larger widths and precisions are refused, as in Go.
const MAX_NUMBER: i64 = 1_000_000;

/// Prints values one after the other, with a space between two that are no strings.
pub(crate) fn sprint(
    out: &mut Builder,
    sets: &mut Sets,
    pen: Pen,
    arguments: &[Traced],
) -> Result<(), CallError> {
    sprint_with(Printer::new(out, sets, pen), arguments)
}

/// [`sprint`] for the functions that print as an action does (`evalArgs`).
pub(crate) fn sprint_pointed(
    out: &mut Builder,
    sets: &mut Sets,
    pen: Pen,
    arguments: &[Traced],
) -> Result<(), CallError> {
    let mut printer = Printer::new(out, sets, pen);
    printer.pointed = true;
    sprint_with(printer, arguments)
}

fn sprint_with(mut printer: Printer<'_>, arguments: &[Traced]) -> Result<(), CallError> {
    let mut after_string = false;
    for (n, argument) in arguments.iter().enumerate() {
        let is_string = matches!(argument.value, Value::Str(_));
        if n > 0 && !is_string && !after_string {
            printer.write(" ");
        }
        printer.argument(argument, 'v')?;
        after_string = is_string;
    }
    Ok(())
}

/// Prints values with spaces between them and a line break behind.
pub(crate) fn sprintln(
    out: &mut Builder,
    sets: &mut Sets,
    pen: Pen,
    arguments: &[Traced],
) -> Result<(), CallError> {
    let mut printer = Printer::new(out, sets, pen);
    for (n, argument) in arguments.iter().enumerate() {
        if n > 0 {
            printer.write(" ");
        }
        printer.argument(argument, 'v')?;
    }
    printer.write("\n");
    Ok(())
}

/// Prints by a format string, with Go's marks for what does not fit.
pub(crate) fn sprintf(
    out: &mut Builder,
    sets: &mut Sets,
    pen: Pen,
    format: &Traced,
    arguments: &[Traced],
) -> Result<(), CallError> {
    let Value::Str(text) = &format.value else {
        return Ok(());
    };
    let pieces = sets.whole(text);
    let whole = sets.union(pieces, format.trace);
    let decides = sets.as_condition(whole);
    let verbs = pen.with(sets.union(pen.trace, decides));
    let copies = pen.with(sets.union(pen.trace, format.trace));
    Directives {
        printer: Printer::new(out, sets, verbs),
        copies,
        format: text,
        at: 0,
        arguments,
        next: 0,
        reordered: false,
        good_number: true,
        after_index: false,
        chosen: Trace::NONE,
    }
    .run()
}

struct Directives<'p> {
    printer: Printer<'p>,
    /// Who writes the text between directives.
    copies: Pen,
    format: &'p Str,
    at: usize,
    arguments: &'p [Traced],
    next: usize,
    /// Whether `[n]` was used anywhere.
    reordered: bool,
    /// Whether the last `[n]` named an argument.
    good_number: bool,
    /// Whether the last thing was `[n]`.
    after_index: bool,
    /// What a width or precision came from that is an argument.
    chosen: Trace,
}

impl Directives<'_> {
    fn run(mut self) -> Result<(), CallError> {
        let end = self.format.len();
        while self.at < end {
            self.good_number = true;
            let start = self.at;
            let rest = &self.format.bytes()[start..];
            self.at = memchr::memchr(b'%', rest).map_or(end, |at| start + at);
            if self.at > start {
                let (sets, range) = (&mut *self.printer.sets, start..self.at);
                let out = &mut *self.printer.out;
                out.copy(sets, self.format, range, &self.copies, false);
            }
            if self.at >= end {
                break;
            }
            self.at += 1;
            self.directive()?;
        }
        self.extra()
    }

    fn byte(&self) -> Option<u8> {
        self.format.bytes().get(self.at).copied()
    }

    fn directive(&mut self) -> Result<(), CallError> {
        self.printer.flags = Flags::default();
        self.chosen = Trace::NONE;
        loop {
            let flags = &mut self.printer.flags;
            match self.format.bytes().get(self.at) {
                Some(b'#') => flags.sharp = true,
                Some(b'0') => flags.zero = true,
                Some(b'+') => flags.plus = true,
                Some(b'-') => flags.minus = true,
                Some(b' ') => flags.space = true,
                // The common case: a simple verb that has its argument.
                Some(&verb @ b'a'..=b'z') if self.next < self.arguments.len() => {
                    self.at += 1;
                    return self.verb(char::from(verb));
                }
                _ => break,
            }
            self.at += 1;
        }
        self.index();
        self.width();
        self.precision();
        if !self.after_index {
            self.index();
        }
        let (code, width) = unicode::decode(&self.format.bytes()[self.at..]);
        if width == 0 {
            self.printer.write("%!(NOVERB)");
            return Ok(());
        }
        let verb = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.at += width;
        if verb == '%' {
            self.printer.write("%");
        } else if !self.good_number {
            self.printer.write(format!("%!{verb}(BADINDEX)"));
        } else if self.next >= self.arguments.len() {
            self.printer.write(format!("%!{verb}(MISSING)"));
        } else {
            return self.verb(verb);
        }
        Ok(())
    }

    fn verb(&mut self, verb: char) -> Result<(), CallError> {
        if matches!(verb, 'v' | 'w') {
            let flags = &mut self.printer.flags;
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        let argument = &self.arguments[self.next];
        self.next += 1;
        if self.chosen.is_none() {
            return self.printer.argument(argument, verb);
        }
        let sets = &mut *self.printer.sets;
        let chosen = sets.as_condition(self.chosen);
        let mut argument = argument.clone();
        argument.trace = sets.union(argument.trace, chosen);
        self.printer.argument(&argument, verb)
    }

    /// `[n]`: the next argument is the n-th.
    fn index(&mut self) {
        self.after_index = false;
        if self.byte() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format.bytes()[self.at..];
        let close = rest.iter().position(|&byte| byte == b']');
        let Some(close) = close.filter(|_| rest.len() >= 3) else {
            self.good_number = false;
            self.at += 1;
            return;
        };
        let digits = &rest[1..close];
        self.at += close + 1;
        let (number, used) = parse_number(digits);
        match number.filter(|_| used == digits.len()) {
            Some(number) => {
                self.after_index = true;
                let index = usize::try_from(number - 1).ok();
                match index.filter(|&index| index < self.arguments.len()) {
                    Some(index) => self.next = index,
                    None => self.good_number = false,
                }
            }
            None => self.good_number = false,
        }
    }

    fn width(&mut self) {
        if self.byte() == Some(b'*') {
            self.at += 1;
            let number = self.number_argument();
            if number.is_none() {
                self.printer.write("%!(BADWIDTH)");
            }
            let flags = &mut self.printer.flags;
            if number.is_some_and(|number| number < 0) {
                flags.minus = true;
                // Zeros are never padded to the right.
                flags.zero = false;
            }
            flags.width = number.map(|number| number.unsigned_abs() as usize);
            self.after_index = false;
            return;
        }
        self.printer.flags.width = self.literal_number();
        if self.after_index && self.printer.flags.width.is_some() {
            // `%[3]2d`
            self.good_number = false;
        }
    }

    fn precision(&mut self) {
        if self.byte() != Some(b'.') || self.at + 1 >= self.format.len() {
            return;
        }
        self.at += 1;
        if self.after_index {
            // `%[3].2d`
            self.good_number = false;
        }
        self.index();
        if self.byte() == Some(b'*') {
            self.at += 1;
            let number = self.number_argument();
            // A negative precision is none.
            let precision = number.and_then(|number| usize::try_from(number).ok());
            if precision.is_none() {
                self.printer.write("%!(BADPREC)");
            }
            self.printer.flags.precision = precision;
            self.after_index = false;
            return;
        }
        self.printer.flags.precision = Some(self.literal_number().unwrap_or(0));
    }

    fn literal_number(&mut self) -> Option<usize> {
        let (number, used) = parse_number(&self.format.bytes()[self.at..]);
        self.at += used;
        number.and_then(|number| usize::try_from(number).ok())
    }

    /// The next argument as a width or precision.
    fn number_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        self.chosen = self.printer.sets.union(self.chosen, argument.trace);
        let number = match argument.value {
            Value::Int(number, _) | Value::Duration(number) => number,
            Value::Uint(number, _) => i64::try_from(number).ok()?,
            _ => return None,
        };
        (-MAX_NUMBER..=MAX_NUMBER)
            .contains(&number)
            .then_some(number)
    }

    /// Tells of arguments that no directive used.
    fn extra(&mut self) -> Result<(), CallError> {
        if self.reordered || self.next >= self.arguments.len() {
            return Ok(());
        }
        let printer = &mut self.printer;
        printer.flags = Flags::default();
        printer.write("%!(EXTRA ");
        for (n, argument) in self.arguments[self.next..].iter().enumerate() {
            if n > 0 {
                printer.write(", ");
            }
            printer.inside(argument.trace, |printer| {
                if !matches!(argument.value, Value::Nil) {
                    printer.write(format!("{}=", argument.value.type_of()));
                }
                printer.argument(argument, 'v')
            })?;
        }
        printer.write(")");
        Ok(())
    }
}

/// The number at the start of `text`, and how many bytes are passed. A number that is too large
/// is none, and everything is passed (`parsenum`).
fn parse_number(text: &[u8]) -> (Option<i64>, usize) {
    let mut number = 0;
    let mut used = 0;
    while let Some(digit) = text.get(used).filter(|byte| byte.is_ascii_digit()) {
        if number > MAX_NUMBER {
            return (None, text.len());
        }
        number = number * 10 + i64::from(digit - b'0');
        used += 1;
    }
    ((used > 0).then_some(number), used)
}
