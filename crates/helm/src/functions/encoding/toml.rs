//! TOML as BurntSushi/toml writes it: tables indented below each other, values before tables.

use plimsoll_gotmpl::{Call, List, Map, Str, Trace, Traced, Value};

use super::json::too_deep;
use super::pieces::{self, Pieces};
use super::view::{self, View, view};
use super::{Encoded, Failure, MAX_DEPTH, float};
use crate::functions::dates;

/// Writes a value as TOML.
pub(super) fn encode(call: &mut Call<'_>, value: &Traced) -> Encoded {
    if matches!(value.value, Value::Nil) {
        // The reference panics where it does not catch it.
        let text = "reflect: call of reflect.Value.Type on zero Value";
        return Err(Failure::Limit(text.into()));
    }
    let pieces = Pieces::new(call);
    let limit = call.bytes_left();
    let mut writer = Writer {
        call,
        limit,
        out: Vec::new(),
        pieces,
        above: 0,
        first: Trace::NONE,
        path: Vec::new(),
        depth: 0,
        open: Vec::new(),
    };
    writer.encode(value, Trace::NONE, Trace::NONE)?;
    let Writer {
        call, out, pieces, ..
    } = writer;
    pieces.finish(call, out, value.trace)
}

/// What TOML takes a value for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Nothing is written for it.
    Nil,
    Table,
    Tables,
    Other,
}

struct Writer<'w, 'a> {
    call: &'w mut Call<'a>,
    limit: usize,
    out: Vec<u8>,
    pieces: Pieces,
    /// How many entries of the uppermost table are written, and the trace of the first.
    above: usize,
    first: Trace,
    /// The keys of the tables that are open, as they are written.
    path: Vec<Vec<u8>>,
    depth: usize,
    /// The maps that are being written: only a map can contain itself.
    open: Vec<Map>,
}

impl Writer<'_, '_> {
    fn union(&mut self, a: Trace, b: Trace) -> Trace {
        self.call.union(a, b)
    }

    fn enter(&mut self, map: Option<&Map>) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(match too_deep(&self.open, map) {
                // The reference runs out of stack, which ends the program.
                Failure::Reference(_) => Failure::Limit("a value contains itself".into()),
                limit @ Failure::Limit(_) => limit,
            });
        }
        if self.out.len() > self.limit {
            self.call.charge_bytes(self.out.len())?;
        }
        Ok(())
    }

    /// The shape of a value; an error if TOML has none for it.
    fn shape(&mut self, value: &Traced) -> Result<Shape, Failure> {
        if let Some(other) = view::stand_in(value) {
            return self.shape(&other);
        }
        Ok(
            match view(&value.value).map_err(|_| unsupported(&value.value))? {
                View::Null => Shape::Nil,
                View::Map(map) if map.is_nil() => Shape::Nil,
                View::Map(_) | View::Fields(_) => Shape::Table,
                View::List(list) => {
                    self.enter(None)?;
                    let mut all_tables = !list.is_empty();
                    for item in list.items() {
                        match self.shape(item)? {
                            Shape::Nil => {
                                let text = "toml: cannot encode array with nil element";
                                return Err(Failure::Reference(text.into()));
                            }
                            Shape::Table => {}
                            Shape::Tables | Shape::Other => all_tables = false,
                        }
                    }
                    self.depth -= 1;
                    if all_tables {
                        Shape::Tables
                    } else {
                        Shape::Other
                    }
                }
                _ => Shape::Other,
            },
        )
    }

    /// Writes a value below the current path. It came from `outer`, and whether and where it
    /// stands from `around`.
    fn encode(&mut self, value: &Traced, outer: Trace, around: Trace) -> Result<(), Failure> {
        let trace = self.union(outer, value.trace);
        match self.shape(value)? {
            Shape::Nil => {
                // A slice that is nil is still one.
                if matches!(value.value, Value::List(_)) && self.path.is_empty() {
                    self.push_str("[]");
                }
                self.pieces.cover(self.out.len(), trace);
                Ok(())
            }
            Shape::Table => {
                if self.path.len() == 1 {
                    self.new_line(around);
                }
                if !self.path.is_empty() {
                    self.header("[", "]");
                }
                self.pieces.cover(self.out.len(), around);
                self.table(value, outer, around, false)
            }
            Shape::Tables => {
                if self.path.is_empty() {
                    let text = "toml: top-level values must be Go maps or structs";
                    return Err(Failure::Reference(text.into()));
                }
                let Value::List(list) = &value.value else {
                    return Ok(());
                };
                let shape = self.union(trace, list.shape());
                let kinds = self.kinds(list);
                let shape = self.union(shape, kinds);
                let around = self.union(around, shape);
                for item in list.items() {
                    self.new_line(around);
                    self.header("[[", "]]");
                    self.pieces.cover(self.out.len(), around);
                    self.table(item, trace, around, false)?;
                }
                Ok(())
            }
            Shape::Other => {
                let mut around = around;
                if let Value::List(list) = &value.value {
                    let kinds = self.kinds(list);
                    around = self.union(around, kinds);
                }
                if let Some(key) = self.path.last() {
                    let levels = self.path.len() - 1;
                    for _ in 0..levels {
                        self.out.extend_from_slice(b"  ");
                    }
                    self.out.extend_from_slice(key);
                    self.push_str(" = ");
                }
                self.pieces.cover(self.out.len(), around);
                self.element(value, outer, around)?;
                if !self.path.is_empty() {
                    self.out.push(b'\n');
                }
                self.pieces.cover(self.out.len(), around);
                Ok(())
            }
        }
    }

    /// What decided that a list is written as tables or between brackets: the kinds of its
    /// items, if one of them can change it.
    fn kinds(&mut self, list: &List) -> Trace {
        let mut all = Trace::NONE;
        if !self.pieces.on() {
            return all;
        }
        let is_table = |item: &&Traced| !matches!(item.value, Value::Map(_) | Value::Object(_));
        if list.items().iter().filter(is_table).count() <= 1 {
            for item in list.items() {
                let condition = self.call.as_condition(item.trace);
                all = self.union(all, condition);
            }
        }
        all
    }

    /// A table is set apart from what is above it, if there is something.
    fn new_line(&mut self, around: Trace) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
            let above = if self.above == 1 {
                self.first
            } else {
                Trace::NONE
            };
            let trace = self.union(around, above);
            self.pieces.cover(self.out.len(), trace);
        }
    }

    fn header(&mut self, start: &str, end: &str) {
        for _ in 1..self.path.len() {
            self.push_str("  ");
        }
        self.push_str(start);
        let path = self.path.join(&b'.');
        self.out.extend_from_slice(&path);
        self.push_str(end);
        self.out.push(b'\n');
    }

    /// Writes the entries of a table.
    fn table(
        &mut self,
        value: &Traced,
        outer: Trace,
        around: Trace,
        inline: bool,
    ) -> Result<(), Failure> {
        let mut trace = self.union(outer, value.trace);
        let mut around = around;
        let map = match &value.value {
            Value::Map(map) => {
                trace = self.union(trace, map.taint());
                let shape = self.union(trace, map.shape());
                around = self.union(around, shape);
                Some(map)
            }
            _ => None,
        };
        self.enter(map)?;
        self.open.extend(map.cloned());
        let entries = match view(&value.value)? {
            View::Map(map) => map.entries(),
            View::Fields(fields) => fields,
            _ => Vec::new(),
        };
        let mut direct = Vec::new();
        let mut tables = Vec::new();
        for (key, entry) in entries {
            match self.shape(&entry)? {
                Shape::Table | Shape::Tables => tables.push((key, entry)),
                shape => direct.push((key, entry, shape == Shape::Nil)),
            }
        }
        if inline {
            self.out.push(b'{');
        }
        let (count, any_tables) = (direct.len(), !tables.is_empty());
        if inline && self.pieces.on() {
            // What is nil is left out, and decides on commas; tables come last.
            let direct = direct.iter().map(|(_, entry, _)| entry.trace);
            let all: Vec<Trace> = direct
                .chain(tables.iter().map(|(_, entry)| entry.trace))
                .collect();
            for trace in all {
                let condition = self.call.as_condition(trace);
                around = self.union(around, condition);
            }
        }
        for (n, (key, entry, is_nil)) in direct.into_iter().enumerate() {
            if !is_nil {
                let comma = inline && (any_tables || n + 1 < count);
                self.entry(&key, &entry, (trace, around), inline, comma)?;
            }
        }
        let count = tables.len();
        for (n, (key, entry)) in tables.into_iter().enumerate() {
            let comma = inline && n + 1 < count;
            self.entry(&key, &entry, (trace, around), inline, comma)?;
        }
        if inline {
            self.out.push(b'}');
        }
        self.pieces.cover(self.out.len(), around);
        if map.is_some() {
            self.open.pop();
        }
        self.depth -= 1;
        Ok(())
    }

    fn entry(
        &mut self,
        key: &Str,
        entry: &Traced,
        (trace, around): (Trace, Trace),
        inline: bool,
        comma: bool,
    ) -> Result<(), Failure> {
        self.pieces.cover(self.out.len(), around);
        let mut known = self.union(around, entry.trace);
        (known, _) = pieces::of_string(self.call, key, known);
        let written = key_text(key.bytes());
        if inline {
            self.out.extend_from_slice(&written);
            self.push_str(" = ");
            self.pieces.cover(self.out.len(), known);
            self.element(entry, trace, known)?;
            if comma {
                self.push_str(", ");
            }
            return Ok(());
        }
        self.path.push(written);
        self.encode(entry, trace, known)?;
        self.path.pop();
        if self.path.is_empty() {
            self.above += 1;
            if self.above == 1 {
                self.first = self.call.as_condition(entry.trace);
            }
        }
        Ok(())
    }

    /// Writes what can stand behind a `=`.
    fn element(&mut self, value: &Traced, outer: Trace, around: Trace) -> Result<(), Failure> {
        let trace = self.union(outer, value.trace);
        if let Some(other) = view::stand_in(value) {
            if let Some(text) = dates::toml_text(&value.value) {
                self.out.extend_from_slice(&text);
                self.pieces.cover(self.out.len(), trace);
                return Ok(());
            }
            return self.element(&other, trace, around);
        }
        match view(&value.value).map_err(|_| unsupported(&value.value))? {
            View::Null => self.push_str("[]"),
            View::Bool(value) => self.push_str(if value { "true" } else { "false" }),
            View::Int(value) => self.push_str(&value.to_string()),
            View::Uint(value) => self.push_str(&value.to_string()),
            View::Duration(_) => {
                let text = self.call.format(value)?;
                self.out.extend_from_slice(&quoted(text.as_bytes()));
            }
            View::Float(value) => self.push_str(&number(value)),
            View::Text(text) => self.string(text, trace),
            View::Bytes(bytes) => {
                let (trace, _) = pieces::of_string(self.call, bytes, trace);
                let items = bytes.bytes().iter().map(u8::to_string);
                let items: Vec<String> = items.collect();
                self.push_str(&format!("[{}]", items.join(", ")));
                self.pieces.cover(self.out.len(), trace);
            }
            View::List(list) => {
                let shape = self.union(trace, list.shape());
                let kinds = self.kinds(list);
                let shape = self.union(shape, kinds);
                let around = self.union(around, shape);
                self.enter(None)?;
                self.out.push(b'[');
                for (n, item) in list.items().iter().enumerate() {
                    if n > 0 {
                        self.push_str(", ");
                    }
                    self.pieces.cover(self.out.len(), around);
                    self.element(item, trace, around)?;
                }
                self.out.push(b']');
                self.pieces.cover(self.out.len(), around);
                self.depth -= 1;
            }
            View::Map(_) | View::Fields(_) => self.table(value, outer, around, true)?,
        }
        self.pieces.cover(self.out.len(), trace);
        Ok(())
    }

    fn string(&mut self, text: &Str, trace: Trace) {
        let (whole, copied) = if self.pieces.on() {
            pieces::of_string(self.call, text, trace)
        } else {
            (trace, trace)
        };
        let bytes = text.bytes();
        self.out.push(b'"');
        let mut from = 0;
        while from < bytes.len() {
            let run = bytes[from..]
                .iter()
                .take_while(|&&byte| escape(byte).is_none());
            let to = from + run.count();
            if to > from && self.pieces.on() && whole != copied {
                self.pieces.cover(self.out.len(), whole);
                self.pieces.copy(text, from..to, copied);
            }
            self.out.extend_from_slice(&bytes[from..to]);
            if let Some(escape) = bytes.get(to).and_then(|&byte| escape(byte)) {
                self.out.extend_from_slice(escape.as_bytes());
            }
            from = to + 1;
        }
        self.out.push(b'"');
        self.pieces.cover(self.out.len(), whole);
    }

    fn push_str(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

fn unsupported(value: &Value) -> Failure {
    let kind = value.kind().name();
    Failure::Reference(format!("unsupported type: {kind}"))
}

/// A number, which TOML wants to have a fraction or an exponent.
fn number(value: f64) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() {
            "-nan"
        } else {
            "nan"
        }
        .into();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.into();
    }
    let text = float::general(value);
    if text.contains(['e', '.']) {
        text
    } else {
        text + ".0"
    }
}

/// A key, in quotes if it is no bare one.
pub(super) fn key_text(key: &[u8]) -> Vec<u8> {
    let is_bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !key.is_empty() && key.iter().all(is_bare) {
        return key.to_vec();
    }
    quoted(key)
}

/// Text between quotes; bytes that are no UTF-8 stay as they are.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in text {
        match escape(byte) {
            Some(escape) => out.extend_from_slice(escape.as_bytes()),
            None => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

fn escape(byte: u8) -> Option<String> {
    Some(match byte {
        b'"' => "\\\"".into(),
        b'\\' => "\\\\".into(),
        8 => "\\b".into(),
        b'\t' => "\\t".into(),
        b'\n' => "\\n".into(),
        0xc => "\\f".into(),
        b'\r' => "\\r".into(),
        0..=0x1f | 0x7f => format!("\\u{byte:04x}"),
        _ => return None,
    })
}
