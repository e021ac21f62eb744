//! JSON as encoding/json writes it.

use std::fmt::Write as _;

use plimsoll_gotmpl::{Call, Map, Str, Trace, Traced};

use super::pieces::{self, Pieces};
use super::view::{self, View, view};
use super::{Encoded, Failure, MAX_DEPTH, float};

/// How JSON is written.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Whether `<`, `>` and `&` are escaped.
    pub(super) html: bool,
    /// Whether it is indented by two spaces.
    pub(super) pretty: bool,
}

/// Writes a value as JSON.
pub(super) fn encode(call: &mut Call<'_>, value: &Traced, layout: Layout) -> Encoded {
    let pieces = Pieces::new(call);
    let limit = call.bytes_left();
    let mut writer = Writer {
        call,
        layout,
        limit,
        out: String::new(),
        pieces,
        depth: 0,
        open: Vec::new(),
    };
    writer.value(value, Trace::NONE, Trace::NONE)?;
    let Writer {
        call, out, pieces, ..
    } = writer;
    pieces.finish(call, out, value.trace)
}

struct Writer<'w, 'a> {
    call: &'w mut Call<'a>,
    layout: Layout,
    limit: usize,
    out: String,
    pieces: Pieces,
    depth: usize,
    /// The maps that are being written: only a map can contain itself.
    open: Vec<Map>,
}

impl Writer<'_, '_> {
    /// Writes a value. It came from `outer`, and whether and where it stands from `around`.
    fn value(&mut self, value: &Traced, outer: Trace, around: Trace) -> Result<(), Failure> {
        if let Some(other) = view::stand_in(value) {
            let outer = self.union(outer, value.trace);
            return self.value(&other, outer, around);
        }
        if self.out.len() > self.limit {
            self.call.charge_bytes(self.out.len())?;
        }
        let trace = self.union(outer, value.trace);
        let viewed = view(&value.value).map_err(|failure| match failure {
            Failure::Reference(name) => {
                Failure::Reference(format!("json: unsupported type: {name}"))
            }
            limit @ Failure::Limit(_) => limit,
        })?;
        self.pieces.cover(self.out.len(), around);
        match viewed {
            View::Null => self.out.push_str("null"),
            View::Bool(value) => self.out.push_str(if value { "true" } else { "false" }),
            View::Int(value) | View::Duration(value) => self.out.push_str(&value.to_string()),
            View::Uint(value) => self.out.push_str(&value.to_string()),
            View::Float(value) if !value.is_finite() => {
                let text = float::general(value);
                return Err(Failure::Reference(format!(
                    "json: unsupported value: {text}"
                )));
            }
            View::Float(value) => self.out.push_str(&float::json(value)),
            View::Text(text) => self.string(text, trace),
            View::Bytes(bytes) => {
                let (trace, _) = pieces::of_string(self.call, bytes, trace);
                self.out.push('"');
                self.out.push_str(&view::base64(bytes.bytes()));
                self.out.push('"');
                self.pieces.cover(self.out.len(), trace);
            }
            View::List(list) => {
                let shape = self.union(trace, list.shape());
                let around = self.union(around, shape);
                self.enter(None)?;
                self.out.push('[');
                for (n, item) in list.items().iter().enumerate() {
                    self.separator(n > 0);
                    self.value(item, trace, around)?;
                }
                self.leave(']', !list.is_empty(), around);
            }
            View::Map(map) if map.is_nil() => self.out.push_str("null"),
            View::Map(map) => {
                let trace = self.union(trace, map.taint());
                let shape = self.union(trace, map.shape());
                let around = self.union(around, shape);
                self.enter(Some(map))?;
                let entries = map.entries();
                self.entries(&entries, trace, around)?;
                self.open.pop();
            }
            View::Fields(fields) => {
                self.enter(None)?;
                self.entries(&fields, trace, around)?;
            }
        }
        self.pieces.cover(self.out.len(), trace);
        Ok(())
    }

    fn entries(
        &mut self,
        entries: &[(Str, Traced)],
        trace: Trace,
        around: Trace,
    ) -> Result<(), Failure> {
        self.out.push('{');
        for (n, (key, entry)) in entries.iter().enumerate() {
            self.separator(n > 0);
            self.pieces.cover(self.out.len(), around);
            let known = self.union(around, entry.trace);
            self.string(key, known);
            self.out
                .push_str(if self.layout.pretty { ": " } else { ":" });
            self.value(entry, trace, known)?;
        }
        self.leave('}', !entries.is_empty(), around);
        Ok(())
    }

    fn union(&mut self, a: Trace, b: Trace) -> Trace {
        self.call.union(a, b)
    }

    fn enter(&mut self, map: Option<&Map>) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(&self.open, map));
        }
        self.open.extend(map.cloned());
        Ok(())
    }

    fn separator(&mut self, comma: bool) {
        if comma {
            self.out.push(',');
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if self.layout.pretty {
            self.out.push('\n');
            for _ in 0..self.depth {
                self.out.push_str("  ");
            }
        }
    }

    fn leave(&mut self, bracket: char, any: bool, around: Trace) {
        self.depth -= 1;
        if any {
            self.new_line();
        }
        self.out.push(bracket);
        self.pieces.cover(self.out.len(), around);
    }

    fn string(&mut self, text: &Str, trace: Trace) {
        let (whole, copied) = if self.pieces.on() {
            pieces::of_string(self.call, text, trace)
        } else {
            (trace, trace)
        };
        self.out.push('"');
        match std::str::from_utf8(text.bytes()) {
            Ok(valid) => {
                let mut from = 0;
                for (at, character) in valid.char_indices() {
                    let Some(escape) = escape(character, self.layout.html) else {
                        continue;
                    };
                    self.copy(text, valid, from..at, (whole, copied));
                    escape.write(&mut self.out, character);
                    from = at + character.len_utf8();
                }
                self.copy(text, valid, from..valid.len(), (whole, copied));
            }
            Err(_) => write_lossy(&mut self.out, text.bytes(), self.layout.html),
        }
        self.out.push('"');
        self.pieces.cover(self.out.len(), whole);
    }

    fn copy(
        &mut self,
        text: &Str,
        valid: &str,
        range: std::ops::Range<usize>,
        (whole, copied): (Trace, Trace),
    ) {
        if range.is_empty() {
            return;
        }
        if self.pieces.on() && whole != copied {
            self.pieces.cover(self.out.len(), whole);
            self.pieces.copy(text, range.clone(), copied);
        }
        self.out.push_str(&valid[range]);
    }
}

/// What the reference says of a map that contains itself; other depths are a limit of ours.
pub(super) fn too_deep(open: &[Map], map: Option<&Map>) -> Failure {
    let is_cycle = |map: &Map| open.iter().any(|other| other.is_same(map));
    let repeated = open.iter().enumerate();
    let mut repeated = repeated.filter(|(n, map)| open[..*n].iter().any(|m| m.is_same(map)));
    match map {
        Some(map) if is_cycle(map) => {
            let name = map.type_of();
            Failure::Reference(format!(
                "json: unsupported value: encountered a cycle via {name}"
            ))
        }
        _ => match repeated.next() {
            Some((_, map)) => Failure::Reference(format!(
                "json: unsupported value: encountered a cycle via {}",
                map.type_of()
            )),
            None => Failure::Limit(
                format!("a value is nested more than {MAX_DEPTH} levels deep").into(),
            ),
        },
    }
}

/// How a character is escaped.
enum Escape {
    Short(char),
    Code,
}

impl Escape {
    fn write(self, out: &mut String, character: char) {
        match self {
            Escape::Short(letter) => {
                out.push('\\');
                out.push(letter);
            }
            Escape::Code => drop(write!(out, "\\u{:04x}", u32::from(character))),
        }
    }
}

fn escape(character: char, html: bool) -> Option<Escape> {
    Some(match character {
        '"' | '\\' => Escape::Short(character),
        '\u{8}' => Escape::Short('b'),
        '\u{c}' => Escape::Short('f'),
        '\n' => Escape::Short('n'),
        '\r' => Escape::Short('r'),
        '\t' => Escape::Short('t'),
        '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => Escape::Code,
        '<' | '>' | '&' if html => Escape::Code,
        _ => return None,
    })
}

/// Writes a string as `json.Marshal` does: in quotes, with `<`, `>` and `&` escaped.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    write_lossy(out, text.as_bytes(), true);
    out.push('"');
}

/// Writes bytes that are no UTF-8: each that is none becomes `U+FFFD`.
fn write_lossy(out: &mut String, bytes: &[u8], html: bool) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match escape(character, html) {
                Some(escape) => escape.write(out, character),
                None => out.push(character),
            }
        }
        for _ in chunk.invalid() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}
