//! Go's package `fmt`, and the parts of `strconv` that it stands on.

mod float;
mod number;
mod print;
mod printf;
pub(crate) mod quote;

use crate::error::CallError;
use crate::limits::MAX_VALUE_DEPTH;
use crate::syntax::NodeId;
use crate::trace::{Builder, FrameId, Pen, Sets, Trace};
use crate::value::{Traced, Value};

pub(crate) use print::Printer;
pub(crate) use printf::{sprint, sprint_pointed, sprintf, sprintln};

/// `text` between double quotes, with Go's escapes (`strconv.Quote`).
pub fn quote(text: &[u8]) -> String {
    quote::quote(text, quote::Keep::Printable)
}

/// What stands between two quotes, single or double, with Go's escapes read (`strconv.UnquoteChar`);
/// `None` if Go refuses it.
pub fn unescape(inner: &[u8], quote: u8) -> Option<Vec<u8>> {
    quote::unescape(inner, quote)
}

/// Whether `text` can stand between back quotes unchanged (`strconv.CanBackquote`).
pub fn can_backquote(text: &[u8]) -> bool {
    quote::can_backquote(text)
}

/// A number as Go writes it (`strconv.FormatFloat`): `verb` is one of `beEfgGxX`, `precision`
/// is `None` for the shortest form that reads back the same.
pub fn format_float(value: f64, verb: u8, precision: Option<usize>) -> String {
    let mut out = Vec::new();
    float::append(&mut out, value, verb, precision);
    String::from_utf8_lossy(&out).into_owned()
}

/// Prints one value as `%v` does (`fmt.Fprint`).
pub(crate) fn print(
    out: &mut Builder,
    sets: &mut Sets,
    pen: Pen,
    value: &Traced,
) -> Result<(), CallError> {
    Printer::new(out, sets, pen).argument(value, 'v')
}

/// Prints one value as an action does: of a pointer, what it points to.
pub(crate) fn print_pointed(
    out: &mut Builder,
    sets: &mut Sets,
    pen: Pen,
    value: &Traced,
) -> Result<(), CallError> {
    let mut printer = Printer::new(out, sets, pen);
    printer.pointed = true;
    printer.argument(value, 'v')
}

/// What Go's `%v` gives for a value, or for what it points to, for messages.
pub fn text_of(value: &Value) -> String {
    let mut out = Builder::plain(usize::MAX);
    let mut sets = Sets::new(false);
    let pen = Pen::at(FrameId(0), NodeId(0), Trace::NONE);
    let value = Traced::new(value.clone(), Trace::NONE);
    // Beyond the depth, what was printed so far is enough for a message.
    let _ = print_pointed(&mut out, &mut sets, pen, &value);
    String::from_utf8_lossy(out.bytes()).into_owned()
}

/// What Go's `%#v` gives for a value.
pub(crate) fn debug(value: &Value) -> String {
    let mut out = Builder::plain(1 << 16);
    let mut sets = Sets::new(false);
    let pen = Pen::at(FrameId(0), NodeId(0), Trace::NONE);
    let value = Traced::new(value.clone(), Trace::NONE);
    let mut printer = Printer::new(&mut out, &mut sets, pen);
    printer.flags.sharp_v = true;
    let _ = printer.argument(&value, 'v');
    String::from_utf8_lossy(out.bytes()).into_owned()
}

pub(crate) fn too_deep() -> CallError {
    format!("a value is nested more than {MAX_VALUE_DEPTH} levels deep, or contains itself").into()
}

/// A `time.Duration` as text, such as `1h15m30.5s`.
pub(crate) fn duration(nanoseconds: i64) -> Vec<u8> {
    let magnitude = nanoseconds.unsigned_abs();
    let mut out = String::new();
    if nanoseconds < 0 {
        out.push('-');
    }
    let fraction = |value: u64, digits: usize| {
        let scale = 10_u64.pow(digits as u32);
        let (whole, rest) = (value / scale, value % scale);
        if rest == 0 {
            return whole.to_string();
        }
        let rest = format!("{rest:0digits$}");
        format!("{whole}.{}", rest.trim_end_matches('0'))
    };
    let text = match magnitude {
        0 => "0s".into(),
        1..1_000 => format!("{magnitude}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(magnitude, 3)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(magnitude, 6)),
        _ => {
            let seconds = fraction(magnitude % 60_000_000_000, 9);
            let minutes = magnitude / 60_000_000_000;
            match minutes {
                0 => format!("{seconds}s"),
                1..60 => format!("{minutes}m{seconds}s"),
                _ => format!("{}h{}m{seconds}s", minutes / 60, minutes % 60),
            }
        }
    };
    out.push_str(&text);
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_as_in_go() {
        let text = |nanoseconds| String::from_utf8(duration(nanoseconds)).expect("UTF-8");
        assert_eq!(text(0), "0s");
        assert_eq!(text(1_500), "1.5µs");
        assert_eq!(text(-2_000_000), "-2ms");
        assert_eq!(text(90_000_000_000), "1m30s");
        assert_eq!(text(4_530_500_000_000), "1h15m30.5s");
        assert_eq!(text(3_600_000_000_000), "1h0m0s");
        assert_eq!(text(i64::MIN), "-2562047h47m16.854775808s");
    }
}
