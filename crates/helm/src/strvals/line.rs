//! The walk along one line. It follows strvals step by step, also where that is odd: the end
//! of the line inside an index is no error, and what was set until then stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_source::TextRange;

use super::error::Cause;
use super::{Flag, ReadFile};
use crate::json;
use crate::values::{Data, Item, Key, Source, SourceId, Sources, Step};

/// Dots in one key.
pub(super) const MAX_LEVEL: u32 = 30;

/// The largest index.
pub(super) const MAX_INDEX: i64 = 65_536;

/// Elements that one line may make. Helm counts only each index, and so a short line can ask
/// for gigabytes.
pub(super) const MAX_ELEMENTS: usize = 1 << 21;

/// Indexes in a row, such as `a[0][0]`.
const MAX_INDEXES: u32 = 200;

type Entries = BTreeMap<Key, Item>;

pub(super) struct Line<'a, 'r> {
    text: &'a str,
    at: usize,
    flag: Flag,
    file: u32,
    sources: &'a mut Sources,
    read: &'a mut ReadFile<'r>,
    /// How many elements may still be made.
    elements: usize,
}

/// Why the walk stops.
enum Stop {
    /// The line is at its end: not an error.
    End,
    Failed(Cause, TextRange),
}

/// What was read up to a sign that ends it, or to the end of the line.
struct Run {
    /// Without escapes.
    text: String,
    range: TextRange,
    end: Option<char>,
}

/// A list in braces, or not.
enum Braces {
    List(Item),
    None,
}

impl<'a, 'r> Line<'a, 'r> {
    pub(super) fn new(
        text: &'a str,
        flag: Flag,
        file: u32,
        sources: &'a mut Sources,
        read: &'a mut ReadFile<'r>,
    ) -> Self {
        Self {
            text,
            at: 0,
            flag,
            file,
            sources,
            read,
            elements: MAX_ELEMENTS,
        }
    }

    /// Sets everything that the line says.
    pub(super) fn lay_over(
        mut self,
        values: &mut Item,
        root: SourceId,
    ) -> Result<(), (Cause, TextRange)> {
        let Data::Map(map) = &mut values.data else {
            return Ok(());
        };
        let map = Arc::make_mut(map);
        loop {
            match self.key(map, root, 0, 0) {
                Ok(()) => {}
                Err(Stop::End) => return Ok(()),
                Err(Stop::Failed(cause, range)) => return Err((cause, range)),
            }
        }
    }

    /// `level` counts dots, `indexes` counts indexes: both bound the recursion.
    fn key(
        &mut self,
        data: &mut Entries,
        parent: SourceId,
        level: u32,
        indexes: u32,
    ) -> Result<(), Stop> {
        let stops: &[char] = match self.flag {
            Flag::Literal => &['=', '[', '.'],
            _ => &['=', '[', ',', '.'],
        };
        let run = self.run(stops);
        let Run {
            text: name,
            range,
            end,
        } = run;
        let failed = |cause| Err(Stop::Failed(cause, range));
        let step = Step::Key(range);
        match end {
            None if name.is_empty() => Err(Stop::End),
            None => failed(Cause::NoValue(name)),
            Some('[') => {
                let index = self.index()?;
                let here = self.place(range, parent, step);
                let there = data.get_mut(name.as_str());
                let is_new = there.is_none();
                let (mut list, source) = match there {
                    None => (Vec::new(), here),
                    Some(item) => match &mut item.data {
                        Data::List(list) => (std::mem::take(Arc::make_mut(list)), item.source),
                        other => return failed(other_type(other, "[]interface {}")),
                    },
                };
                let before = list.len();
                let outcome = self.element(&mut list, index, here, (level, indexes + 1));
                if name.is_empty() {
                    // An empty key is not set: only what was changed in place shows.
                    list.truncate(before);
                }
                if !(is_new && name.is_empty()) {
                    let item = Item::new(Data::List(Arc::new(list)), source);
                    data.insert(name.into(), item);
                }
                outcome
            }
            Some('=') if self.flag == Flag::Json => {
                let value = self.json(parent, step)?;
                put(data, name, value);
                Ok(())
            }
            Some('=') => {
                let (value, outcome) = self.value(parent, step);
                if let Some(value) = value {
                    put(data, name, value);
                }
                outcome
            }
            Some(',') => failed(Cause::NoValueBeforeComma(name)),
            // What is left is a dot.
            Some(_) => {
                let level = level + 1;
                if level > MAX_LEVEL {
                    return failed(Cause::TooDeep);
                }
                let here = self.place(range, parent, step);
                if let Some(item) = data.get_mut(name.as_str()) {
                    let Data::Map(inner) = &mut item.data else {
                        return failed(other_type(&item.data, "map[string]interface {}"));
                    };
                    let inner = Arc::make_mut(inner);
                    let outcome = self.key(inner, here, level, indexes);
                    if outcome.is_ok() && inner.is_empty() {
                        return failed(Cause::EmptyMap(name));
                    }
                    return outcome;
                }
                let mut inner = Entries::new();
                let outcome = self.key(&mut inner, here, level, indexes);
                if outcome.is_ok() && inner.is_empty() {
                    return failed(Cause::EmptyMap(name));
                }
                if !inner.is_empty() {
                    put(data, name, Item::new(Data::Map(Arc::new(inner)), here));
                }
                outcome
            }
        }
    }

    /// What follows `]`. The list is changed in place also if the walk stops here.
    fn element(
        &mut self,
        list: &mut Vec<Item>,
        index: (i64, TextRange),
        parent: SourceId,
        (level, indexes): (u32, u32),
    ) -> Result<(), Stop> {
        let (number, range) = index;
        let failed = |cause| Err(Stop::Failed(cause, range));
        if indexes > MAX_INDEXES {
            return failed(Cause::TooMuch);
        }
        let Ok(slot) = usize::try_from(number) else {
            return failed(Cause::NegativeIndex(number));
        };
        let run = self.run(&['[', '.', '=']);
        if !run.text.is_empty() {
            return Err(Stop::Failed(Cause::AfterIndex(run.text), run.range));
        }
        let step = Step::Index(number.min(MAX_INDEX) as u32);
        match run.end {
            None => Err(Stop::End),
            Some('=') if self.flag == Flag::Json => {
                let value = self.json(parent, step)?;
                self.put_at(list, index, value)
            }
            Some('=') => {
                let (value, outcome) = self.value(parent, step);
                match (value, outcome) {
                    // The end of the line right after `=` sets an empty text.
                    (Some(value), Ok(()) | Err(Stop::End)) => self.put_at(list, index, value),
                    (_, outcome) => outcome,
                }
            }
            Some('[') => {
                let next = self.index()?;
                let here = self.place(range, parent, step);
                let (mut inner, source) = match list.get_mut(slot) {
                    None => (Vec::new(), here),
                    Some(item) => match &mut item.data {
                        Data::Null => (Vec::new(), here),
                        Data::List(inner) => (std::mem::take(Arc::make_mut(inner)), item.source),
                        other => return failed(other_type(other, "[]interface {}")),
                    },
                };
                let outcome = self.element(&mut inner, next, here, (level, indexes + 1));
                let item = Item::new(Data::List(Arc::new(inner)), source);
                match outcome {
                    Ok(()) => self.put_at(list, index, item),
                    Err(stop) => {
                        // What was changed in place stays.
                        if let Some(there) = list.get_mut(slot)
                            && !there.data.is_null()
                        {
                            *there = item;
                        }
                        Err(stop)
                    }
                }
            }
            // What is left is a dot.
            Some(_) => {
                let here = self.place(range, parent, step);
                if let Some(item) = list.get_mut(slot) {
                    if !item.data.is_map() {
                        *item = Item::new(Data::map(), here);
                    }
                    let Data::Map(inner) = &mut item.data else {
                        return Ok(());
                    };
                    return self.key(Arc::make_mut(inner), here, level, indexes);
                }
                let mut inner = Entries::new();
                self.key(&mut inner, here, level, indexes)?;
                self.put_at(list, index, Item::new(Data::Map(Arc::new(inner)), here))
            }
        }
    }

    fn put_at(
        &mut self,
        list: &mut Vec<Item>,
        (number, range): (i64, TextRange),
        value: Item,
    ) -> Result<(), Stop> {
        if number > MAX_INDEX {
            return Err(Stop::Failed(Cause::IndexTooLarge(number), range));
        }
        let slot = number as usize;
        if slot >= list.len() {
            let more = slot + 1 - list.len();
            self.elements = match self.elements.checked_sub(more) {
                Some(left) => left,
                None => return Err(Stop::Failed(Cause::TooMuch, range)),
            };
            list.resize_with(slot + 1, Item::default);
        }
        list[slot] = value;
        Ok(())
    }

    /// The number before `]`. An index that the line ends in is no error.
    fn index(&mut self) -> Result<(i64, TextRange), Stop> {
        let run = self.run(&[']']);
        if run.end.is_none() {
            return Err(Stop::End);
        }
        let digits = run.text.strip_prefix(['+', '-']).unwrap_or(&run.text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Stop::Failed(Cause::NoIndex(run.text), run.range));
        }
        match run.text.parse() {
            Ok(number) => Ok((number, run.range)),
            Err(_) => Err(Stop::Failed(Cause::IndexOutOfRange(run.text), run.range)),
        }
    }

    /// What follows `=` where no JSON is wanted. There may be a value and a reason to stop.
    fn value(&mut self, parent: SourceId, step: Step) -> (Option<Item>, Result<(), Stop>) {
        if self.flag == Flag::Literal {
            let range = TextRange::at(self.at, self.text.len());
            self.at = self.text.len();
            let source = self.place(range, parent, step);
            let value = Item::new(Data::str(range.of(self.text)), source);
            return (Some(value), Ok(()));
        }
        if self.at == self.text.len() {
            let source = self.place(TextRange::at(self.at, self.at), parent, step);
            return (Some(Item::new(Data::str(""), source)), Err(Stop::End));
        }
        match self.braces(parent, step) {
            Err(stop) => (None, Err(stop)),
            Ok(Braces::List(list)) => (Some(list), Ok(())),
            Ok(Braces::None) => {
                let run = self.run(&[',']);
                match self.typed(&run, parent, step) {
                    Ok(value) => (Some(value), Ok(())),
                    Err(stop) => (None, Err(stop)),
                }
            }
        }
    }

    fn braces(&mut self, parent: SourceId, step: Step) -> Result<Braces, Stop> {
        let start = self.at;
        if !self.text[self.at..].starts_with('{') {
            return Ok(Braces::None);
        }
        self.at += 1;
        let here = self.place(TextRange::at(start, self.at), parent, step);
        let mut items = Vec::new();
        loop {
            let run = self.run(&[',', '}']);
            if run.end.is_none() {
                let range = TextRange::at(start, self.at);
                return Err(Stop::Failed(Cause::OpenList, range));
            }
            let step = Step::Index(items.len() as u32);
            items.push(self.typed(&run, here, step)?);
            if run.end == Some('}') {
                self.sources.set_end(here, self.at);
                if self.text[self.at..].starts_with(',') {
                    self.at += 1;
                }
                let list = Data::List(Arc::new(items));
                return Ok(Braces::List(Item::new(list, here)));
            }
        }
    }

    fn typed(&mut self, run: &Run, parent: SourceId, step: Step) -> Result<Item, Stop> {
        let data = match self.flag {
            Flag::File => match (self.read)(&run.text) {
                Ok(bytes) => Data::str(bytes),
                Err(words) => return Err(Stop::Failed(Cause::File(words), run.range)),
            },
            Flag::Set => typed(&run.text),
            Flag::String | Flag::Json | Flag::Literal => Data::str(&run.text),
        };
        let source = self.place(run.range, parent, step);
        Ok(Item::new(data, source))
    }

    /// A JSON value with the comma behind it; nothing is null.
    fn json(&mut self, parent: SourceId, step: Step) -> Result<Item, Stop> {
        let start = self.at;
        if self.blank() {
            let source = self.place(TextRange::at(start, start), parent, step);
            return Ok(Item::new(Data::Null, source));
        }
        let mut reader = json::Reader::new(self.text, self.file, self.sources);
        let (item, end) = reader
            .value(self.at, parent, step)
            .map_err(|error| Stop::Failed(Cause::Json(error.expected), error.range))?;
        self.at = end;
        self.blank();
        Ok(item)
    }

    /// Passes over white space and one comma; true if there was nothing else up to it.
    fn blank(&mut self) -> bool {
        while let Some(next) = self.text[self.at..].chars().next() {
            if next != ',' && !next.is_whitespace() {
                return false;
            }
            self.at += next.len_utf8();
            if next == ',' {
                return true;
            }
        }
        true
    }

    /// Reads up to one of the signs and passes over it.
    fn run(&mut self, stops: &[char]) -> Run {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.text[start..].char_indices();
        let escapes = self.flag != Flag::Literal;
        while let Some((offset, next)) = chars.next() {
            if stops.contains(&next) {
                let end = start + offset;
                self.at = end + next.len_utf8();
                return Run {
                    text,
                    range: TextRange::at(start, end),
                    end: Some(next),
                };
            }
            if next == '\\' && escapes {
                match chars.next() {
                    Some((_, escaped)) => text.push(escaped),
                    None => break,
                }
            } else {
                text.push(next);
            }
        }
        self.at = self.text.len();
        Run {
            text,
            range: TextRange::at(start, self.at),
            end: None,
        }
    }

    fn place(&mut self, range: TextRange, parent: SourceId, step: Step) -> SourceId {
        self.sources.add(Source {
            file: self.file,
            range,
            parent,
            step,
        })
    }
}

/// An empty key is not set.
fn put(data: &mut Entries, name: String, value: Item) {
    if !name.is_empty() {
        data.insert(name.into(), value);
    }
}

fn other_type(data: &Data, wanted: &'static str) -> Cause {
    let is = match data {
        Data::Null => "nil",
        Data::Bool(_) => "bool",
        Data::Int(_) => "int64",
        Data::Float(_) => "float64",
        Data::Str(_) => "string",
        Data::List(_) => "[]interface {}",
        Data::Map(_) => "map[string]interface {}",
    };
    Cause::OtherType { is, wanted }
}

/// What a value of `--set` looks like (`typedVal`).
fn typed(text: &str) -> Data {
    // Go folds case by Unicode: the long s is an s.
    let word = text.replace('ſ', "s").to_ascii_lowercase();
    match word.as_str() {
        "true" => return Data::Bool(true),
        "false" => return Data::Bool(false),
        "null" => return Data::Null,
        "0" => return Data::Int(0),
        _ => {}
    }
    match text.parse() {
        Ok(number) if !text.starts_with('0') => Data::Int(number),
        _ => Data::str(text),
    }
}
