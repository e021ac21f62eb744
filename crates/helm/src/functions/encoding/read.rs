//! What decoders have in common: parts of a text that know where they came from, and what the
//! functions answer if a text cannot be decoded.

use std::ops::Range;
use std::rc::Rc;

use plimsoll_gotmpl::trace::EncodedPart;
use plimsoll_gotmpl::{Call, CallError, List, Map, Reply, Str, Trace, Traced, Type, Value};

use super::Failure;

/// What a text is decoded into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
    /// `interface {}`
    Any,
}

/// What was decoded, and what was found wrong with it on the way.
pub(super) struct Decoded {
    pub(super) value: Traced,
    pub(super) error: Option<String>,
}

pub(super) type Read = Result<Decoded, Failure>;

/// The text that is decoded.
pub(super) struct Source<'t> {
    text: &'t Traced,
    string: &'t Str,
    /// Whether parts of the text came from different sources.
    fine: bool,
    /// What all that is read depends on.
    pub(super) whole: Trace,
    /// Whether an encoder of the same language wrote it.
    encoded: bool,
    /// The parts that encoders wrote and that are read as one value each, in order: what is in
    /// them cannot change what is read elsewhere.
    enclosed: Vec<Range<usize>>,
}

impl<'t> Source<'t> {
    pub(super) fn new(call: &mut Call<'_>, text: &'t Traced) -> Result<Self, Failure> {
        let Value::Str(string) = &text.value else {
            return Err(Failure::Limit("the argument is no string".into()));
        };
        let pieces = Traced::new(Value::Str(string.clone()), Trace::NONE);
        let inner = call.trace_of(&pieces);
        let fine = !inner.is_none();
        let condition = call.as_condition(inner);
        let whole = call.union(text.trace, condition);
        Ok(Self {
            text,
            string,
            fine,
            whole,
            encoded: false,
            enclosed: Vec::new(),
        })
    }

    /// The same of a text that may be what an encoder of the language wrote.
    pub(super) fn maybe_encoded(call: &mut Call<'_>, text: &'t Traced) -> Result<Self, Failure> {
        let mut source = Self::new(call, text)?;
        if let Some(encoded) = call.encoded(text) {
            source.encoded = true;
            source.whole = call.union(encoded.kind, encoded.by);
        }
        Ok(source)
    }

    /// The parts that encoders wrote, if not all of the text is one.
    pub(super) fn parts(&self, call: &Call<'_>) -> Rc<[EncodedPart]> {
        if self.fine && !self.encoded {
            call.encoded_parts(self.text)
        } else {
            Rc::default()
        }
    }

    /// Says that these parts are read as one value each, so that they decide nothing else.
    pub(super) fn enclose(&mut self, call: &mut Call<'_>, parts: &[&EncodedPart]) {
        if parts.is_empty() {
            return;
        }
        self.enclosed = parts.iter().map(|part| part.range.clone()).collect();
        let around = self.around(call, 0..self.string.len());
        let mut whole = call.union(self.text.trace, around);
        for part in parts {
            whole = call.union(whole, part.by);
        }
        self.whole = whole;
    }

    /// What decided a range, apart from the enclosed parts in it.
    fn around(&self, call: &mut Call<'_>, range: Range<usize>) -> Trace {
        let first = self
            .enclosed
            .partition_point(|part| part.end <= range.start);
        let mut trace = Trace::NONE;
        let mut start = range.start;
        for part in &self.enclosed[first..] {
            if part.start >= range.end {
                break;
            }
            // What could stand right before a part is no part of it.
            for before in [start..part.start.max(start), part.start..part.start] {
                let found = call.trace_of_part(self.string, before);
                trace = call.union(trace, found);
            }
            start = part.end.min(range.end);
        }
        if start < range.end || start == self.string.len() {
            let found = call.trace_of_part(self.string, start..range.end);
            trace = call.union(trace, found);
        }
        call.as_condition(trace)
    }

    /// Whether a range lies in an enclosed part.
    fn is_enclosed(&self, range: &Range<usize>) -> bool {
        let next = self
            .enclosed
            .partition_point(|part| part.end <= range.start);
        let part = self.enclosed.get(next);
        part.is_some_and(|part| part.start <= range.start && range.start < part.end)
    }

    /// What a container has to say itself because the text as a whole does not.
    pub(super) fn alone(&self, range: &Range<usize>, shape: Trace) -> Trace {
        if self.encoded || self.is_enclosed(range) {
            shape
        } else {
            Trace::NONE
        }
    }

    /// What a part of the text came from, beside what the whole did.
    pub(super) fn trace(&self, call: &mut Call<'_>, range: Range<usize>) -> Trace {
        if self.fine {
            call.trace_within(self.text, range)
        } else {
            Trace::NONE
        }
    }

    /// What decided the keys or the number of elements of a container.
    pub(super) fn shape(&self, call: &mut Call<'_>, range: Range<usize>) -> Trace {
        if !self.enclosed.is_empty() && !self.is_enclosed(&range) {
            let around = self.around(call, range);
            return call.union(self.text.trace, around);
        }
        let trace = self.trace(call, range);
        call.as_condition(trace)
    }

    /// A string that stands in the text as it is.
    pub(super) fn part(
        &self,
        call: &mut Call<'_>,
        range: Range<usize>,
    ) -> Result<Traced, CallError> {
        if self.fine {
            let mut out = call.text();
            out.copy(self.string, range, Trace::NONE);
            return out.finish();
        }
        let bytes = self.string.bytes().get(range).unwrap_or_default();
        Ok(Value::Str(bytes.into()).into())
    }

    /// A string that was decoded from a part of the text.
    pub(super) fn decoded(
        &self,
        call: &mut Call<'_>,
        text: impl Into<Str>,
        range: Range<usize>,
    ) -> Traced {
        let trace = self.trace(call, range);
        Traced::new(Value::Str(text.into()), trace)
    }

    /// A key that is written otherwise in the text, such as a number. A key has no trace but
    /// that of its pieces.
    pub(super) fn decoded_key(
        &self,
        call: &mut Call<'_>,
        text: String,
        range: Range<usize>,
    ) -> Result<Str, CallError> {
        if !self.fine {
            return Ok(text.into());
        }
        let trace = self.trace(call, range);
        let mut out = call.text();
        out.write(text, trace);
        match out.finish()?.value {
            Value::Str(key) => Ok(key),
            _ => Ok(Str::from("")),
        }
    }

    pub(super) fn bytes(&self) -> &'t [u8] {
        self.string.bytes()
    }
}

/// The value as the target wants it; `found` is what JSON calls the kind of the value.
pub(super) fn fitted(value: Traced, target: Target) -> Decoded {
    let (found, error) = match (&value.value, target) {
        (_, Target::Any) | (Value::Map(_), Target::Map) | (Value::List(_), Target::List) => {
            (value, None)
        }
        (Value::Nil, Target::Map) => (Traced::new(Map::nil(Type::Any), value.trace), None),
        (Value::Nil, Target::List) => (Traced::new(List::nil(Type::Any), value.trace), None),
        (other, _) => {
            let kind = match other {
                Value::Map(_) => "object",
                Value::List(_) => "array",
                Value::Bool(_) => "bool",
                Value::Float(_) => "number",
                _ => "string",
            };
            let (name, empty) = if target == Target::Map {
                ("map[string]interface {}", Value::Map(Map::new()))
            } else {
                ("[]interface {}", Value::list(Vec::new()))
            };
            let error = format!("json: cannot unmarshal {kind} into Go value of type {name}");
            (Traced::new(empty, value.trace), Some(error))
        }
    };
    Decoded {
        value: found,
        error,
    }
}

/// The map, with an entry `Error` if something was wrong.
pub(super) fn or_error_in_map(
    call: &mut Call<'_>,
    text: &Traced,
    read: Read,
) -> Result<Reply, CallError> {
    let (value, error) = match read {
        Ok(decoded) => (decoded.value, decoded.error),
        Err(failure) => (Value::Map(Map::new()).into(), Some(failure.text()?)),
    };
    let Some(error) = error else {
        return Ok(value.into());
    };
    let trace = call.trace_of(text);
    let map = match &value.value {
        Value::Map(map) if !map.is_nil() => map.clone(),
        _ => Map::new(),
    };
    map.insert("Error", Traced::new(error, trace));
    let map = map.with_shape(trace);
    Ok(Traced::new(map, trace).into())
}

/// The list, or the one of what was wrong.
pub(super) fn or_error_in_list(
    call: &mut Call<'_>,
    text: &Traced,
    read: Read,
) -> Result<Reply, CallError> {
    let error = match read {
        Ok(Decoded { value, error: None }) => return Ok(value.into()),
        Ok(Decoded {
            error: Some(error), ..
        }) => error,
        Err(failure) => failure.text()?,
    };
    let trace = call.trace_of(text);
    let list = List::new(Type::Any, vec![Traced::new(error, trace)]).with_shape(trace);
    Ok(Traced::new(list, trace).into())
}
