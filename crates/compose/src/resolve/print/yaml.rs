//! YAML as go-yaml v4 writes it with the defaults of v3 and an indent of two: which scalars are
//! quoted and how, where long lines are folded, and when text is a block.

use plimsoll_yaml::{Dialect, Scalar, plain_scalar};

use super::super::values;
use super::doc::Doc;

/// The column after which a space may become a line break.
const BEST_WIDTH: usize = 80;

/// The longest key that is written without a `?`.
const MAX_SIMPLE_KEY: usize = 128;

pub(super) fn write(document: &Doc) -> String {
    let mut emitter = Emitter {
        out: String::new(),
        column: 0,
        whitespace: true,
        indention: true,
    };
    emitter.node(document, None, false);
    if emitter.column != 0 {
        emitter.line_break();
    }
    emitter.out
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What the text of a scalar allows.
struct Analysis {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

struct Emitter {
    out: String,
    column: usize,
    /// Whether the last character was white space.
    whitespace: bool,
    /// Whether nothing but indentation stands on the line.
    indention: bool,
}

impl Emitter {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention = true;
    }

    fn indent(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
    }

    fn indicator(&mut self, text: &str, needs_space: bool, is_space: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        for c in text.chars() {
            self.put(c);
        }
        self.whitespace = is_space;
        self.indention = self.indention && is_indention;
    }

    /// Writes a value that stands in a collection at `indent`; none at the top.
    fn node(&mut self, document: &Doc, indent: Option<usize>, in_list: bool) {
        match document {
            Doc::Null => self.scalar("null", Style::Plain, indent, in_list, false),
            Doc::Bool(value) => {
                let text = if *value { "true" } else { "false" };
                self.scalar(text, Style::Plain, indent, in_list, false);
            }
            Doc::Number(text) | Doc::Time(text) => {
                self.scalar(text, Style::Plain, indent, in_list, false);
            }
            Doc::Text(text) => {
                let style = style_of(text);
                self.scalar(text, style, indent, in_list, false);
            }
            Doc::List(items) if items.is_empty() => {
                self.indicator("[", true, true, false);
                self.indicator("]", false, false, false);
            }
            Doc::Map(entries) if entries.is_empty() => {
                self.indicator("{", true, true, false);
                self.indicator("}", false, false, false);
            }
            Doc::List(items) => {
                let inner = deeper(indent, in_list, false);
                for item in items {
                    self.indent(inner);
                    self.indicator("-", true, false, true);
                    self.node(item, Some(inner), true);
                }
            }
            Doc::Map(entries) => {
                let inner = deeper(indent, in_list, false);
                for (key, value) in entries {
                    self.entry(key, value, inner);
                }
            }
        }
    }

    fn entry(&mut self, key: &str, value: &Doc, indent: usize) {
        self.indent(indent);
        let style = style_of(key);
        let is_simple = !analyse(key).multiline && key.len() <= MAX_SIMPLE_KEY;
        if is_simple {
            self.scalar(key, style, Some(indent), false, true);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, true);
            self.scalar(key, style, Some(indent), false, false);
            self.indent(indent);
            self.indicator(":", true, false, true);
        }
        self.node(value, Some(indent), false);
    }

    fn scalar(
        &mut self,
        text: &str,
        wanted: Style,
        indent: Option<usize>,
        in_list: bool,
        is_key: bool,
    ) {
        let analysis = analyse(text);
        let mut style = wanted;
        if is_key && analysis.multiline {
            style = Style::Double;
        }
        if style == Style::Plain && (!analysis.plain || (text.is_empty() && is_key)) {
            style = Style::Single;
        }
        if style == Style::Single && !analysis.single {
            style = Style::Double;
        }
        if style == Style::Literal && (!analysis.block || is_key) {
            style = Style::Double;
        }
        let inner = deeper(indent, in_list, true);
        match style {
            Style::Plain => self.plain(text, inner, !is_key),
            Style::Single => self.single(text, inner, !is_key),
            Style::Double => self.double(text, inner, !is_key),
            Style::Literal => self.literal(text, inner),
        }
    }

    fn plain(&mut self, text: &str, indent: usize, may_break: bool) {
        if !text.is_empty() && !self.whitespace {
            self.put(' ');
        }
        let mut spaces = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == ' ' {
                let folds =
                    may_break && !spaces && self.column > BEST_WIDTH && chars.peek() != Some(&' ');
                if folds {
                    self.indent(indent);
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                self.indention = false;
                spaces = false;
            }
        }
        if !text.is_empty() {
            self.whitespace = false;
        }
        self.indention = false;
    }

    fn single(&mut self, text: &str, indent: usize, may_break: bool) {
        self.indicator("'", true, false, false);
        let mut spaces = false;
        let mut breaks = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == ' ' {
                let folds = may_break
                    && !spaces
                    && self.column > BEST_WIDTH
                    && at > 0
                    && at < text.len() - 1
                    && chars.peek().is_none_or(|(_, next)| *next != ' ');
                if folds {
                    self.indent(indent);
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.line_break();
                }
                self.text_break(c);
                breaks = true;
            } else {
                if breaks {
                    self.indent(indent);
                }
                if c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
                spaces = false;
                breaks = false;
            }
        }
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn text_break(&mut self, c: char) {
        if c == '\n' {
            self.line_break();
        } else {
            self.out.push(c);
            self.column = 0;
            self.indention = true;
        }
    }

    fn double(&mut self, text: &str, indent: usize, may_break: bool) {
        self.indicator("\"", true, false, false);
        // A byte order mark at the beginning makes the reference escape every character.
        let all = text.starts_with('\u{feff}');
        let mut spaces = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                spaces = false;
            } else if c == ' ' {
                let folds = may_break
                    && !spaces
                    && self.column > BEST_WIDTH
                    && at > 0
                    && at < text.len() - 1;
                if folds {
                    self.indent(indent);
                    if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        self.put('\\');
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(c);
                let long = match code {
                    0..=0xff => format!("x{code:02X}"),
                    0x100..=0xffff => format!("u{code:04X}"),
                    _ => format!("U{code:08X}"),
                };
                for c in long.chars() {
                    self.put(c);
                }
                return;
            }
        };
        self.put(short);
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", true, false, false);
        if text.starts_with(' ') {
            self.indicator("2", false, false, false);
        }
        let mut ends = text.chars().rev();
        let chomp = match (ends.next(), ends.next()) {
            (Some(last), _) if !is_break(last) => "-",
            (Some(_), None) => "+",
            (Some(_), Some(before)) if is_break(before) => "+",
            (None, _) => "-",
            _ => "",
        };
        if !chomp.is_empty() {
            self.indicator(chomp, false, false, false);
        }
        self.line_break();
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.text_break(c);
                breaks = true;
            } else {
                if breaks {
                    self.indent(indent);
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }
}

/// The indentation within a collection.
fn deeper(indent: Option<usize>, in_list: bool, flow: bool) -> usize {
    match indent {
        None => usize::from(flow) * 2,
        Some(indent) if in_list => indent + 2,
        Some(indent) => (indent / 2 + 1) * 2,
    }
}

/// The style that a string asks for by its content.
fn style_of(text: &str) -> Style {
    if text.contains('\n') {
        let is_literal = text.len() >= 2 && text.chars().any(|c| !c.is_whitespace());
        return if is_literal {
            Style::Literal
        } else {
            Style::Double
        };
    }
    if is_old_bool(text) || is_base_60(text) || text == "<<" {
        return Style::Single;
    }
    let is_string = matches!(plain_scalar(text, Dialect::Core), Scalar::Str(_));
    if is_string && values::timestamp(text).is_none() {
        Style::Plain
    } else {
        Style::Double
    }
}

/// The words for booleans of YAML 1.1.
fn is_old_bool(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    )
}

/// Numbers of YAML 1.1 to the base of 60: `1:30`, `-12:05.5`.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let Some(first) = parts.next() else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !digits(first) {
        return false;
    }
    let rest: Vec<&str> = parts.collect();
    let sixty = |part: &str| match part.as_bytes() {
        [a] => a.is_ascii_digit(),
        [a, b] => matches!(a, b'0'..=b'5') && b.is_ascii_digit(),
        _ => false,
    };
    let Some((last, middle)) = rest.split_last() else {
        return false;
    };
    let (whole, fraction) = last.split_once('.').unwrap_or((last, ""));
    middle.iter().all(|part| sixty(part)) && sixty(whole) && digits(fraction)
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What the reference writes as it is; it knows no character beyond the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

fn analyse(text: &str) -> Analysis {
    if text.is_empty() {
        return Analysis {
            multiline: false,
            plain: true,
            single: true,
            block: false,
        };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut breaks, mut special, mut tabs) = (false, false, false);
    let (mut leading, mut trailing_space, mut trailing_break) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut previous_space, mut previous_break) = (false, false);
    let mut preceded = true;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let followed = next.is_none_or(|next| matches!(next, ' ' | '\t'));
        let is_last = next.is_none();
        if at == 0 {
            indicators |= match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"'
                | '%' | '@' | '`' => true,
                '?' | ':' | '-' => followed,
                _ => false,
            };
        } else {
            indicators |= match c {
                ':' => followed,
                '#' => preceded,
                _ => false,
            };
        }
        if c == '\t' {
            tabs = true;
        } else if !is_printable(c) {
            special = true;
        }
        if c == ' ' {
            leading |= at == 0;
            trailing_space |= is_last;
            break_space |= previous_break;
            previous_space = true;
            previous_break = false;
        } else if is_break(c) {
            breaks = true;
            leading |= at == 0;
            trailing_break |= is_last;
            space_break |= previous_space;
            previous_space = false;
            previous_break = true;
        } else {
            previous_space = false;
            previous_break = false;
        }
        preceded = matches!(c, ' ' | '\t' | '\0') || is_break(c);
    }
    let unquotable = space_break || tabs || special;
    let plain = !leading
        && !trailing_space
        && !trailing_break
        && !break_space
        && !unquotable
        && !breaks
        && !indicators;
    Analysis {
        multiline: breaks,
        plain,
        single: !break_space && !unquotable,
        block: !trailing_space && !space_break && !special,
    }
}
