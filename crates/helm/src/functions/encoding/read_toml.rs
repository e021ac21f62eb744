//! TOML as BurntSushi/toml reads it, with its error texts.

mod lexer;
mod strings;
mod tables;

use std::collections::BTreeMap;
use std::ops::Range;

use plimsoll_gotmpl::{Call, List, Map, Trace, Traced, Type, Value, quote};

use super::read::{self, Read, Source, Target};
use super::{Failure, MAX_DEPTH};
use crate::functions::dates;
use lexer::{Item, Kind, Lexer};
use tables::{Content, Node, TableId, Tables};

/// What a value is charged.
const NODE: usize = 64;

/// Decodes a text.
pub(super) fn read(call: &mut Call<'_>, text: &Traced) -> Read {
    let source = Source::new(call, text)?;
    let bytes = source.bytes();
    let start = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => 2,
        [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    };
    let first = &bytes[start..bytes.len().min(start + 6)];
    if first.contains(&0) {
        let text = "toml: line 1: files cannot contain NULL bytes; \
                    probably using UTF-16; TOML files must be UTF-8";
        return Err(Failure::Reference(text.into()));
    }
    let mut parser = Parser {
        zones: dates::Zones::of(call),
        bytes,
        lexer: Lexer::new(bytes, start),
        tables: Tables::new(),
        key: Vec::new(),
        line: 0,
        depth: 0,
    };
    loop {
        let item = parser.next()?;
        if item.kind == Kind::End {
            break;
        }
        parser.top_level(&item)?;
    }
    let mut tables = parser.tables;
    let mut value = Builder {
        call,
        source: &source,
        tables: &mut tables,
    }
    .table(TableId::ROOT)?;
    value.trace = call.union(value.trace, source.whole);
    Ok(read::fitted(value, Target::Map))
}

struct Parser<'t> {
    zones: dates::Zones,
    bytes: &'t [u8],
    lexer: Lexer<'t>,
    tables: Tables,
    /// The last part of the key whose value is read.
    key: Vec<u8>,
    /// The line of the last key or table.
    line: usize,
    depth: usize,
}

/// The parts of a key as one text.
fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = parts
        .iter()
        .map(|part| super::toml::key_text(part))
        .collect();
    parts.join(&b'.')
}

impl Parser<'_> {
    fn error<T>(&self, line: usize, message: &str) -> Result<T, Failure> {
        let context = &self.tables.context;
        let mut last = joined(context);
        if !self.key.is_empty() {
            if !context.is_empty() {
                last.push(b'.');
            }
            last.extend_from_slice(&self.key);
        }
        let key = if last.is_empty() {
            String::new()
        } else {
            format!(" (last key {})", quote(&last))
        };
        Err(Failure::Reference(format!(
            "toml: line {line}{key}: {message}"
        )))
    }

    fn next(&mut self) -> Result<Item, Failure> {
        let item = self.lexer.next_item();
        if item.kind == Kind::Error {
            return self.error(item.line, &item.message);
        }
        Ok(item)
    }

    fn next_with_line(&mut self) -> Result<Item, Failure> {
        let item = self.next()?;
        self.line = item.line;
        Ok(item)
    }

    /// The parts of a key, up to an item that ends it.
    fn key_parts(&mut self, end: Kind) -> Result<Vec<Vec<u8>>, Failure> {
        let mut parts = Vec::new();
        let mut item = self.next_with_line()?;
        while item.kind != end && item.kind != Kind::End {
            parts.push(match item.kind {
                Kind::Text => self.bytes[item.range].to_vec(),
                _ => self.string(&item)?,
            });
            item = self.next()?;
        }
        if parts.len() > MAX_DEPTH || self.tables.is_too_much(&parts) {
            return Err(Failure::Limit("the keys of the TOML are too long".into()));
        }
        Ok(parts)
    }

    fn string(&self, item: &Item) -> Result<Vec<u8>, Failure> {
        let text = &self.bytes[item.range.clone()];
        let decoded = match item.kind {
            Kind::StringWithEscapes => strings::unescaped(text),
            Kind::MultilineString => {
                let text = strings::without_first_break(text);
                strings::unescaped(&strings::without_escaped_breaks(text))
            }
            Kind::RawMultilineString => Ok(strings::without_first_break(text).to_vec()),
            _ => Ok(text.to_vec()),
        };
        decoded.or_else(|message| self.error(item.line, &message))
    }

    fn at(&self, problem: Result<(), String>) -> Result<(), Failure> {
        problem.or_else(|message| self.error(self.line, &message))
    }

    fn top_level(&mut self, item: &Item) -> Result<(), Failure> {
        match item.kind {
            Kind::CommentStart => {
                self.next()?;
            }
            Kind::TableStart | Kind::ArrayTableStart => {
                let is_array = item.kind == Kind::ArrayTableStart;
                let end = if is_array {
                    Kind::ArrayTableEnd
                } else {
                    Kind::TableEnd
                };
                let key = self.key_parts(end)?;
                let opened = self.tables.open(&key, is_array);
                self.at(opened)?;
                self.tables.forget_array(&[]);
            }
            _ => {
                let outer = self.tables.context.clone();
                let (value, is_array) = self.entry()?;
                let set = self.tables.set(&self.key, value);
                self.at(set)?;
                let key = self.key.clone();
                self.tables.set_array(&key, is_array);
                self.tables.context = outer;
                self.key.clear();
            }
        }
        Ok(())
    }

    /// Reads a key and its value; what the key stands in is then the context.
    fn entry(&mut self) -> Result<(Node, bool), Failure> {
        let parts = self.key_parts(Kind::KeyEnd)?;
        let Some((last, parents)) = parts.split_last() else {
            return self.error(self.line, "unexpected '='");
        };
        self.key.clone_from(last);
        for parent in parents {
            let opened = self.tables.open_implicit(parent);
            self.at(opened)?;
        }
        let item = self.next()?;
        self.value(&item, false)
    }

    fn value(&mut self, item: &Item, in_array: bool) -> Result<(Node, bool), Failure> {
        let range = item.range.clone();
        let content = match item.kind {
            Kind::Bool => Content::Bool(&self.bytes[range.clone()] == b"true"),
            Kind::Integer => self.integer(item)?,
            Kind::Float => self.float(item)?,
            Kind::Datetime => self.datetime(item)?,
            Kind::Array => return Ok((self.array(item)?, true)),
            Kind::InlineTableStart => return Ok((self.inline_table(item, in_array)?, false)),
            Kind::String | Kind::RawString => Content::Text,
            _ => Content::Decoded(self.string(item)?),
        };
        Ok((Node { content, range }, false))
    }

    fn text(&self, item: &Item) -> String {
        String::from_utf8_lossy(&self.bytes[item.range.clone()]).into_owned()
    }

    fn integer(&self, item: &Item) -> Result<Content, Failure> {
        let text = self.text(item);
        let shown = quote(text.as_bytes());
        if !strings::underscores_fit(&text) {
            let message =
                format!("Invalid integer {shown}: underscores must be surrounded by digits");
            return self.error(item.line, &message);
        }
        if strings::has_leading_zero(&text) {
            let message = format!("Invalid integer {shown}: cannot have leading zeroes");
            return self.error(item.line, &message);
        }
        let digits = text.replace('_', "");
        let (sign, digits) = match digits.strip_prefix(['+', '-']) {
            Some(rest) => (&digits[..1], rest),
            None => ("", digits.as_str()),
        };
        let (radix, digits) = match digits.get(..2) {
            Some("0x") => (16, &digits[2..]),
            Some("0o") => (8, &digits[2..]),
            Some("0b") => (2, &digits[2..]),
            _ => (10, digits),
        };
        match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
            Ok(value) => Ok(Content::Int(value)),
            Err(_) => self.error(item.line, &format!("{text} is out of range for int64")),
        }
    }

    fn float(&self, item: &Item) -> Result<Content, Failure> {
        let text = self.text(item);
        let shown = quote(text.as_bytes());
        let invalid = |what: &str| format!("Invalid float {shown}: {what}");
        let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
        if !parts.clone().all(strings::underscores_fit) {
            let message = invalid("underscores must be surrounded by digits");
            return self.error(item.line, &message);
        }
        if parts.next().is_some_and(strings::has_leading_zero) {
            return self.error(item.line, &invalid("cannot have leading zeroes"));
        }
        let follows = text.split('.').skip(1);
        if !follows
            .clone()
            .all(|part| part.starts_with(|c: char| c.is_ascii_digit()))
        {
            let message = invalid("'.' must be followed by one or more digits");
            return self.error(item.line, &message);
        }
        let digits = text.replace('_', "");
        let value: f64 = match digits.as_str() {
            "nan" | "+nan" => f64::NAN,
            "-nan" => -f64::NAN,
            "inf" | "+inf" => f64::INFINITY,
            "-inf" => f64::NEG_INFINITY,
            _ => match digits.parse::<f64>() {
                Ok(value) if value.is_infinite() => {
                    let message = format!("{text} is out of range for float64");
                    return self.error(item.line, &message);
                }
                Ok(value) => value,
                Err(_) => {
                    return self.error(item.line, &format!("Invalid float value: {shown}"));
                }
            },
        };
        Ok(Content::Float(value))
    }

    fn datetime(&self, item: &Item) -> Result<Content, Failure> {
        let text = self.text(item);
        let text = text.trim().replace('z', "Z").replace(['t', ' '], "T");
        match self.zones.toml(text.as_bytes()) {
            Some(value) => Ok(Content::Time(value)),
            None => {
                let message = format!("invalid datetime: {}", quote(text.as_bytes()));
                self.error(item.line, &message)
            }
        }
    }

    fn enter(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::Limit(
                format!("the TOML is nested more than {MAX_DEPTH} levels deep").into(),
            ));
        }
        Ok(())
    }

    fn array(&mut self, start: &Item) -> Result<Node, Failure> {
        self.enter()?;
        let key = self.key.clone();
        self.tables.set_array(&key, true);
        let mut items = Vec::new();
        let end = loop {
            let item = self.next()?;
            match item.kind {
                Kind::ArrayEnd => break item.range.end,
                Kind::CommentStart => {
                    self.next()?;
                }
                _ => items.push(self.value(&item, true)?.0),
            }
        };
        self.depth -= 1;
        Ok(Node {
            content: Content::Array(items),
            range: start.range.start..end,
        })
    }

    fn inline_table(&mut self, start: &Item, in_array: bool) -> Result<Node, Failure> {
        self.enter()?;
        let outer_context = self.tables.context.clone();
        let outer_key = self.key.clone();
        self.tables.context.push(std::mem::take(&mut self.key));
        let context = self.tables.context.clone();
        let opened = self.tables.open_inline(&context, in_array);
        self.at(opened)?;
        // The reference goes on with the context as it was, not as opening has left it.
        self.tables.context.clone_from(&context);
        let table = self.tables.add();
        let end = loop {
            let item = self.next()?;
            match item.kind {
                Kind::InlineTableEnd => break item.range.end,
                Kind::CommentStart => {
                    self.next()?;
                    continue;
                }
                _ => {}
            }
            let (value, is_array) = self.entry()?;
            let set = self.tables.set(&self.key, value.clone());
            self.at(set)?;
            let key = self.key.clone();
            self.tables.set_array(&key, is_array);
            let below = self.tables.context[context.len()..].to_vec();
            let put = self.tables.put(table, &below, key, value);
            let put = put.map_err(|()| {
                let context = String::from_utf8_lossy(&joined(&self.tables.context)).into_owned();
                format!("{} is not a table", quote(context.as_bytes()))
            });
            self.at(put)?;
            self.tables.context.clone_from(&context);
        };
        self.tables.context = outer_context;
        self.key = outer_key;
        self.depth -= 1;
        Ok(Node {
            content: Content::Table(table),
            range: start.range.start..end,
        })
    }
}

/// From tables to values.
struct Builder<'b, 'a> {
    call: &'b mut Call<'a>,
    source: &'b Source<'b>,
    tables: &'b mut Tables,
}

impl Builder<'_, '_> {
    /// Tables nest no deeper than their keys are long, which the text bounds; values do so only
    /// as deep as the parser allows.
    fn table(&mut self, id: TableId) -> Result<Traced, Failure> {
        // A stack of tables, because keys may have any number of parts.
        let map = Map::new().with_shape(self.source.whole);
        let mut waiting = vec![(id, map.clone())];
        while let Some((id, map)) = waiting.pop() {
            let entries: BTreeMap<Vec<u8>, Node> = self.tables.take(id);
            for (key, node) in entries {
                let value = self.node(node, &mut waiting)?;
                map.insert(key, value);
            }
        }
        Ok(Traced::new(map, Trace::NONE))
    }

    fn node(&mut self, node: Node, waiting: &mut Vec<(TableId, Map)>) -> Result<Traced, Failure> {
        self.call.charge_bytes(NODE)?;
        let range: Range<usize> = node.range;
        let shape = self.source.whole;
        let mut later = |id| {
            let map = Map::new().with_shape(shape);
            waiting.push((id, map.clone()));
            Traced::new(map, Trace::NONE)
        };
        let value = match node.content {
            Content::Table(id) => return Ok(later(id)),
            Content::Tables(ids) => {
                let items = ids.into_iter().map(later).collect();
                let list = List::new(Type::any_map(), items).with_shape(shape);
                return Ok(Traced::new(list, Trace::NONE));
            }
            Content::Array(items) => {
                let items: Result<Vec<_>, _> = items
                    .into_iter()
                    .map(|item| self.node(item, waiting))
                    .collect();
                let list = List::new(Type::Any, items?).with_shape(shape);
                return Ok(Traced::new(list, Trace::NONE));
            }
            Content::Text => {
                self.call.charge_bytes(range.len())?;
                return Ok(self.source.part(self.call, range)?);
            }
            Content::Decoded(text) => {
                self.call.charge_bytes(text.len())?;
                return Ok(self.source.decoded(self.call, text, range));
            }
            Content::Bool(value) => Value::Bool(value),
            Content::Int(value) => Value::int64(value),
            Content::Float(value) => Value::Float(value),
            Content::Time(value) => value,
        };
        let trace = self.source.trace(self.call, range);
        Ok(Traced::new(value, trace))
    }
}
