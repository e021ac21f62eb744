//! YAML as sigs.k8s.io/yaml writes it (by way of JSON), and as go-yaml 3's encoder does.

use std::borrow::Cow;

use plimsoll_gotmpl::{Call, Map, Str, Trace, Traced, Value};
use plimsoll_yaml::emit::{Emitter, Flavor};

use super::json::too_deep;
use super::pieces::{self, Pieces};
use super::view::{self, View, view};
use super::{Encoded, Failure, MAX_DEPTH, float, order};

/// A key in JSON must end within so many characters, or it is read as no key.
const MAX_JSON_KEY: usize = 1024;

/// Writes a value as YAML, without the last line break.
pub(super) fn encode(call: &mut Call<'_>, value: &Traced, flavor: Flavor) -> Encoded {
    let pieces = Pieces::new(call);
    let mut emitter = Emitter::new(flavor, call.bytes_left());
    if pieces.on() {
        emitter = emitter.with_runs();
    }
    let mut writer = Writer {
        call,
        flavor,
        emitter,
        pieces,
        depth: 0,
        open: Vec::new(),
        after_scalar: None,
        opened: None,
    };
    writer.value(value, Trace::NONE, Trace::NONE)?;
    let Writer {
        call,
        emitter,
        pieces,
        ..
    } = writer;
    let mut text = emitter.finish();
    if text.ends_with('\n') {
        text.pop();
    }
    pieces.finish(call, text, value.trace)
}

struct Writer<'w, 'a> {
    call: &'w mut Call<'a>,
    flavor: Flavor,
    emitter: Emitter,
    pieces: Pieces,
    depth: usize,
    /// The maps that are being written: only a map can contain itself.
    open: Vec<Map>,
    /// What the last scalar came from as a whole.
    after_scalar: Option<Trace>,
    /// What the first container came from that was opened behind it: that there is a new line.
    opened: Option<Trace>,
}

impl Writer<'_, '_> {
    /// Writes a value. It came from `outer`, and whether and where it stands from `around`.
    fn value(&mut self, value: &Traced, outer: Trace, around: Trace) -> Result<(), Failure> {
        if let Some(other) = view::stand_in(value) {
            let outer = self.union(outer, value.trace);
            if self.flavor == Flavor::V3
                && view::is_time(&value.value)
                && let Value::Str(text) = &other.value
            {
                self.plain(&text.text(), outer, around);
                return Ok(());
            }
            return self.value(&other, outer, around);
        }
        if self.emitter.is_full() {
            self.call.charge_bytes(usize::MAX)?;
        }
        let trace = self.union(outer, value.trace);
        let viewed = view(&value.value).map_err(|failure| self.unsupported(failure))?;
        match viewed {
            View::Null => self.plain("null", trace, around),
            View::Bool(value) => {
                self.plain(if value { "true" } else { "false" }, trace, around);
            }
            View::Int(value) => self.plain(&value.to_string(), trace, around),
            View::Uint(value) => self.plain(&value.to_string(), trace, around),
            View::Duration(nanoseconds) if self.flavor == Flavor::V2 => {
                self.plain(&nanoseconds.to_string(), trace, around);
            }
            View::Duration(_) => {
                let text = self.call.format(value)?;
                self.string(&text.as_str().into(), trace, around, Role::Value)?;
            }
            View::Float(value) => {
                let text = self.number(value)?;
                self.plain(&text, trace, around);
            }
            View::Text(text) => self.string(text, trace, around, Role::Value)?,
            View::Bytes(bytes) => self.bytes(bytes, trace, around)?,
            View::List(list) => {
                let shape = self.union(trace, list.shape());
                let around = self.union(around, shape);
                self.enter(None)?;
                let range = self.emitter.start_sequence(list.is_empty());
                if list.is_empty() {
                    self.before(range.start, shape, around);
                    self.pieces.cover(range.end, shape);
                    self.after_scalar = Some(shape);
                } else {
                    self.opened.get_or_insert(around);
                }
                for item in list.items() {
                    self.value(item, trace, around)?;
                }
                self.leave();
            }
            // By way of JSON it is null.
            View::Map(map) if map.is_nil() && self.flavor == Flavor::V2 => {
                self.plain("null", trace, around);
            }
            View::Map(map) => {
                let trace = self.union(trace, map.taint());
                let shape = self.union(trace, map.shape());
                self.enter(Some(map))?;
                self.entries(map.entries(), trace, shape, around)?;
                self.open.pop();
            }
            View::Fields(mut fields) => {
                if self.flavor == Flavor::V3 {
                    for (name, _) in &mut fields {
                        *name = name.text().to_lowercase().into();
                    }
                }
                self.enter(None)?;
                self.entries(fields, trace, trace, around)?;
            }
        }
        Ok(())
    }

    fn entries(
        &mut self,
        mut entries: Vec<(Str, Traced)>,
        trace: Trace,
        shape: Trace,
        around: Trace,
    ) -> Result<(), Failure> {
        let around = self.union(around, shape);
        let range = self.emitter.start_mapping(entries.is_empty());
        if entries.is_empty() {
            self.before(range.start, shape, around);
            self.pieces.cover(range.end, shape);
            self.after_scalar = Some(shape);
        } else {
            self.opened.get_or_insert(around);
        }
        order::sort(&mut entries, self.flavor);
        for (key, entry) in &entries {
            let known = self.union(shape, entry.trace);
            self.string(key, known, around, Role::Key)?;
            self.value(entry, trace, around)?;
        }
        self.leave();
        Ok(())
    }

    fn union(&mut self, a: Trace, b: Trace) -> Trace {
        self.call.union(a, b)
    }

    fn unsupported(&self, failure: Failure) -> Failure {
        match (failure, self.flavor) {
            (Failure::Reference(name), Flavor::V2) => Failure::Reference(format!(
                "error marshaling into JSON: json: unsupported type: {name}"
            )),
            (Failure::Reference(name), Flavor::V3) => {
                // The reference panics here, which ends the call with an error.
                Failure::Limit(format!("cannot marshal type: {name}").into())
            }
            (limit, _) => limit,
        }
    }

    fn number(&self, value: f64) -> Result<String, Failure> {
        if self.flavor == Flavor::V3 {
            return Ok(match value {
                _ if value.is_nan() => ".nan".into(),
                f64::INFINITY => ".inf".into(),
                f64::NEG_INFINITY => "-.inf".into(),
                _ => float::general(value),
            });
        }
        if !value.is_finite() {
            let text = float::general(value);
            return Err(Failure::Reference(format!(
                "error marshaling into JSON: json: unsupported value: {text}"
            )));
        }
        // What JSON writes without a fraction is read back as an integer if one can hold it.
        let text = float::json(value);
        if text.contains(['.', 'e']) {
            return Ok(float::general(value));
        }
        if text == "-0" {
            return Ok("0".into());
        }
        let fits = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
        Ok(if fits { text } else { float::general(value) })
    }

    fn enter(&mut self, map: Option<&Map>) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(match (too_deep(&self.open, map), self.flavor) {
                (Failure::Reference(text), Flavor::V2) => {
                    Failure::Reference(format!("error marshaling into JSON: {text}"))
                }
                // The reference runs out of stack, which ends the program.
                (Failure::Reference(_), Flavor::V3) => {
                    Failure::Limit("a value contains itself".into())
                }
                (limit, _) => limit,
            });
        }
        self.open.extend(map.cloned());
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.emitter.end();
    }

    fn plain(&mut self, text: &str, trace: Trace, around: Trace) {
        let range = self.emitter.plain(text);
        self.before(range.start, trace, around);
        self.pieces.cover(range.end, trace);
        self.after_scalar = Some(trace);
    }

    /// Covers what stands before a scalar: what it is decides that, too. Of the lines above it
    /// only what holds it decides.
    fn before(&mut self, start: usize, trace: Trace, around: Trace) {
        if self.pieces.on() {
            let (end, _) = self.pieces.last();
            let between = self.emitter.text().as_bytes().get(end..start);
            let line_break = between.and_then(|between| {
                let at = memchr::memrchr(b'\n', between)?;
                // What begins a block scalar is of the scalar.
                let opens = |byte: &u8| matches!(byte, b':' | b'-' | b' ' | b'\n');
                between[..at].iter().all(opens).then_some(end + at + 1)
            });
            let opened = self.opened.take();
            if let Some(line_break) = line_break {
                self.cover(line_break, opened.unwrap_or(around));
            }
            let around = self.union(around, trace);
            self.cover(start, around);
        }
    }

    /// Covers what stands before a node. The line break behind a scalar belongs to the scalar:
    /// a block has one already.
    fn cover(&mut self, start: usize, around: Trace) {
        let (end, last) = self.pieces.last();
        if end > 0 && end < start && self.emitter.text().as_bytes()[end] == b'\n' {
            self.pieces
                .cover(end + 1, self.after_scalar.unwrap_or(last));
        }
        self.pieces.cover(start, around);
    }

    fn bytes(&mut self, bytes: &Str, trace: Trace, around: Trace) -> Result<(), Failure> {
        let (trace, _) = pieces::of_string(self.call, bytes, trace);
        if self.flavor == Flavor::V2 {
            let text = view::base64(bytes.bytes());
            return self.string(&text.into(), trace, around, Role::Value);
        }
        let range = self.emitter.start_sequence(bytes.is_empty());
        self.before(range.start, trace, around);
        self.pieces.cover(range.end, trace);
        self.after_scalar = Some(trace);
        for byte in bytes.bytes() {
            if self.emitter.is_full() {
                break;
            }
            self.plain(&byte.to_string(), trace, trace);
        }
        self.emitter.end();
        Ok(())
    }

    fn string(
        &mut self,
        text: &Str,
        trace: Trace,
        around: Trace,
        role: Role,
    ) -> Result<(), Failure> {
        let (whole, copied) = if self.pieces.on() {
            pieces::of_string(self.call, text, trace)
        } else {
            (trace, trace)
        };
        let range = match self.flavor {
            Flavor::V2 => {
                let passed = by_way_of_json(text.bytes(), role)?;
                let range = match role {
                    Role::Key => self.emitter.key(&passed),
                    Role::Value => self.emitter.string(&passed),
                };
                if matches!(passed, Cow::Owned(_)) {
                    self.before(range.start, whole, around);
                    self.pieces.cover(range.end, whole);
                    self.after_scalar = Some(whole);
                    return Ok(());
                }
                range
            }
            Flavor::V3 => match (std::str::from_utf8(text.bytes()), role) {
                (Ok(valid), Role::Key) => self.emitter.key(valid),
                (Ok(valid), Role::Value) => self.emitter.string(valid),
                (Err(_), _) => {
                    let text = in_lines(&view::base64(text.bytes()));
                    let range = match role {
                        Role::Key => self.emitter.binary_key(&text),
                        Role::Value => self.emitter.binary(&text),
                    };
                    self.before(range.start, whole, around);
                    self.pieces.cover(range.end, whole);
                    self.after_scalar = Some(whole);
                    return Ok(());
                }
            },
        };
        // How it is quoted is not what is in it.
        self.before(range.start, copied, around);
        if self.pieces.on() && whole != copied {
            if self.emitter.text().as_bytes().get(range.start) == Some(&b'|') {
                let first = self.emitter.runs().first();
                self.pieces
                    .cover(first.map_or(range.start, |run| run.output), copied);
            }
            for run in self.emitter.runs() {
                self.pieces.cover(run.output, whole);
                self.pieces.copy(text, run.text..run.text + run.len, copied);
            }
        }
        self.pieces.cover(range.end, whole);
        self.after_scalar = Some(whole);
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Value,
}

/// Base64 in lines of 70 characters, each with its line break if there are several.
fn in_lines(text: &str) -> String {
    const LINE: usize = 70;
    if text.len() / LINE == 0 {
        return text.to_owned();
    }
    let lines = text.as_bytes().chunks(LINE);
    lines
        .map(|line| String::from_utf8_lossy(line).into_owned() + "\n")
        .collect()
}

/// What a string becomes when it is written as JSON and read as YAML again.
fn by_way_of_json(bytes: &[u8], role: Role) -> Result<Cow<'_, str>, Failure> {
    let mut text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(lossy(bytes)),
    };
    if role == Role::Key && text.len() > 100 && json_length(&text) > MAX_JSON_KEY {
        return Err(Failure::Reference(
            "yaml: did not find expected ',' or '}'".into(),
        ));
    }
    if bytes.is_ascii() {
        if bytes.contains(&0x7f) {
            return Err(not_allowed());
        }
        return Ok(text);
    }
    let mut has_next_line = false;
    for character in text.chars() {
        match character {
            '\u{85}' => has_next_line = true,
            '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => return Err(not_allowed()),
            _ => {}
        }
    }
    if has_next_line {
        if role == Role::Key {
            return Err(Failure::Reference(
                "yaml: line 1: did not find expected ',' or '}'".into(),
            ));
        }
        text = Cow::Owned(folded(&text)?);
    }
    Ok(text)
}

fn not_allowed() -> Failure {
    Failure::Reference("yaml: control characters are not allowed".into())
}

/// Each byte that is no UTF-8 becomes `U+FFFD`.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// How many characters a string takes in JSON, with its quotes.
fn json_length(text: &str) -> usize {
    let length = |character: char| match character {
        '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => 2,
        '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        _ => 1,
    };
    text.chars().map(length).sum::<usize>() + 2
}

/// YAML reads `U+0085` between quotes as a line break, and folds the lines.
fn folded(text: &str) -> Result<String, Failure> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        let is_white = |c: char| c == ' ' || c == '\u{85}';
        out.push_str(rest[..at].trim_end_matches(' '));
        let after = &rest[at..];
        let follows = after.trim_start_matches(is_white);
        let white = &after[..after.len() - follows.len()];
        let breaks = white.matches('\u{85}').count();
        match breaks {
            1 => out.push(' '),
            _ => out.extend(std::iter::repeat_n('\n', breaks - 1)),
        }
        let at_start = white.ends_with('\u{85}');
        let marker = follows.starts_with("---") || follows.starts_with("...");
        let ends = follows.chars().nth(3);
        if at_start && marker && matches!(ends, Some(' ')) {
            return Err(Failure::Reference(
                "yaml: line 2: found unexpected document indicator".into(),
            ));
        }
        rest = follows;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_lines_are_folded() {
        let fold = |text| folded(text).ok();
        assert_eq!(fold("a \u{85} b"), Some("a b".into()));
        assert_eq!(fold("a\u{85}\u{85}b"), Some("a\nb".into()));
        assert_eq!(fold("\u{85}"), Some(" ".into()));
        assert_eq!(fold("a\u{85}--- b"), None);
    }

    #[test]
    fn base64_is_broken_into_lines() {
        assert_eq!(in_lines("YQ=="), "YQ==");
        let long = in_lines(&"a".repeat(100));
        assert_eq!(long.lines().map(str::len).collect::<Vec<_>>(), [70, 30]);
    }
}
