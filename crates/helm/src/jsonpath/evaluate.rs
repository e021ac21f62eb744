//! What a template gives with values (`JSONPath.FindResults` of the reference).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::{Bound, Comparison, EvaluationError, MAX_VALUES, Node};
use crate::values::Data;

/// A value on the way; `None` is Go's value that is none, which a `range` over nothing has.
pub(super) type Value<'a> = Option<Cow<'a, Data>>;

/// Why walking stopped. A filter that asks whether there is something counts what the reference
/// had found until then.
struct Stopped {
    error: EvaluationError,
    any: bool,
}

type Walked<'a> = Result<Vec<Value<'a>>, Stopped>;

/// What each part of a template gives, with those in a `range` once for each of its values.
pub(super) fn results<'a>(
    nodes: &'a [Node],
    values: &'a Data,
) -> Result<Vec<Vec<Value<'a>>>, EvaluationError> {
    let mut walk = Walk {
        nodes,
        begun: 0,
        inside: 0,
        ended: 0,
        last_end: None,
        left: MAX_VALUES,
    };
    let found = walk.from(0, &Some(Cow::Borrowed(values)));
    found.map_err(|stopped| stopped.error)
}

struct Walk<'a> {
    nodes: &'a [Node],
    /// `range`s that were read and not begun.
    begun: u32,
    /// `range`s around.
    inside: u32,
    /// `end`s that were read and have ended nothing yet.
    ended: u32,
    /// Where the last `end` stands.
    last_end: Option<usize>,
    /// How many values may still be looked at.
    left: usize,
}

impl<'a> Walk<'a> {
    /// The parts from `start` on. Recursion is as deep as `range`s are nested, and each takes
    /// a value of what is left.
    fn from(&mut self, start: usize, value: &Value<'a>) -> Result<Vec<Vec<Value<'a>>>, Stopped> {
        let mut all = Vec::new();
        let mut at = start;
        while let Some(node) = self.nodes.get(at) {
            let results = self.node(vec![value.clone()], node)?;
            if self.ended > 0 && self.ended <= self.inside {
                self.ended -= 1;
                self.last_end = Some(at);
                break;
            }
            if self.begun > 0 {
                self.begun -= 1;
                self.inside += 1;
                self.charge(results.len() + 1)?;
                for value in &results {
                    // Of a null the reference takes what is in it, which is none.
                    let value = value.clone().filter(|value| !value.is_null());
                    all.extend(self.from(at + 1, &value)?);
                }
                if results.is_empty() {
                    // The reference looks for the end, and for mistakes on the way.
                    self.from(at + 1, &None)?;
                }
                self.inside -= 1;
                at = self.last_end.filter(|end| *end > at).unwrap_or(at) + 1;
                continue;
            }
            all.push(results);
            at += 1;
        }
        Ok(all)
    }

    fn charge(&mut self, values: usize) -> Result<(), Stopped> {
        match self.left.checked_sub(values) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(stopped(EvaluationError::TooMuch, false)),
        }
    }

    /// Recursion is as deep as filters and unions are nested, which reading bounds.
    fn list(&mut self, input: Vec<Value<'a>>, nodes: &'a [Node]) -> Walked<'a> {
        let mut values = input;
        for node in nodes {
            values = self.node(values, node)?;
        }
        Ok(values)
    }

    fn node(&mut self, input: Vec<Value<'a>>, node: &'a Node) -> Walked<'a> {
        self.charge(1)?;
        let found = self.found(input, node)?;
        self.charge(found.len())?;
        Ok(found)
    }

    fn found(&mut self, input: Vec<Value<'a>>, node: &'a Node) -> Walked<'a> {
        let same = |data: Data, count: usize| Ok(vec![Some(Cow::Owned(data)); count]);
        match node {
            Node::List(nodes) => self.list(input, nodes),
            Node::Text(text) => same(Data::str(text), 1),
            Node::Int(number) => same(Data::Int(*number), input.len()),
            Node::Float(number) => same(Data::Float(*number), input.len()),
            Node::Bool(value) => same(Data::Bool(*value), input.len()),
            Node::Field(name) => field(&input, name),
            Node::Array(bounds) => array(&input, *bounds),
            Node::Wildcard => {
                let mut found = Vec::new();
                for value in input.iter().flatten() {
                    found.extend(children(value));
                    self.charge(found.len())?;
                }
                Ok(found)
            }
            Node::Recursive => {
                let mut found = Vec::new();
                self.recursive(&input, &mut found)?;
                Ok(found)
            }
            Node::Union(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    let any = !input.is_empty();
                    let more = self.list(input.clone(), part);
                    found.extend(more.map_err(|stop| Stopped { any, ..stop })?);
                }
                Ok(found)
            }
            Node::Filter(left, comparison, right) => self.filter(&input, left, comparison, right),
            Node::Word(word) => match &**word {
                "range" => {
                    self.begun += 1;
                    Ok(input)
                }
                "end" if self.inside > 0 => {
                    self.ended += 1;
                    Ok(Vec::new())
                }
                "end" => Err(stopped(EvaluationError::NoRange, false)),
                _ => Err(stopped(
                    EvaluationError::Word(word.clone()),
                    !input.is_empty(),
                )),
            },
        }
    }

    /// All values with something in them. Recursion is as deep as values are nested, which reading
    /// bounds.
    fn recursive(
        &mut self,
        input: &[Value<'a>],
        found: &mut Vec<Value<'a>>,
    ) -> Result<(), Stopped> {
        for value in input.iter().flatten() {
            let inner = children(value);
            self.charge(inner.len() + 1)?;
            if !inner.is_empty() {
                found.push(Some(value.clone()));
                self.recursive(&inner, found)?;
            }
        }
        Ok(())
    }

    fn filter(
        &mut self,
        input: &[Value<'a>],
        left: &'a [Node],
        comparison: &Comparison,
        right: &'a [Node],
    ) -> Walked<'a> {
        let mut found = Vec::new();
        let any = !input.is_empty();
        for value in input {
            let Some(Data::List(_)) = value.as_deref() else {
                return Err(stopped(EvaluationError::NoList, any));
            };
            for item in value.iter().flat_map(children) {
                let lefts = self.list(vec![item.clone()], left);
                let operator = match comparison {
                    Comparison::Exists => {
                        let exists = match lefts {
                            Err(stop) if stop.error == EvaluationError::TooMuch => {
                                return Err(stop);
                            }
                            Err(stop) => stop.any,
                            Ok(lefts) => !lefts.is_empty(),
                        };
                        found.extend(exists.then_some(item));
                        continue;
                    }
                    Comparison::Operator(operator) => operator,
                };
                let more = |stop: Stopped| Stopped { any, ..stop };
                let Some(left) = single(lefts.map_err(more)?).map_err(more)? else {
                    continue;
                };
                let rights = self.list(vec![item.clone()], right).map_err(more)?;
                let Some(right) = single(rights).map_err(more)? else {
                    continue;
                };
                let passes = compare(left.as_deref(), operator, right.as_deref());
                if passes.map_err(|error| stopped(error, !found.is_empty()))? {
                    found.push(item);
                }
            }
        }
        Ok(found)
    }
}

fn stopped(error: EvaluationError, any: bool) -> Stopped {
    Stopped { error, any }
}

/// The only value, if there is one.
fn single(values: Vec<Value<'_>>) -> Result<Option<Value<'_>>, Stopped> {
    if values.len() > 1 {
        return Err(stopped(EvaluationError::Several, true));
    }
    Ok(values.into_iter().next())
}

/// The values in a value, keys in their order; bytes of a string are numbers.
fn children<'a>(value: &Cow<'a, Data>) -> Vec<Value<'a>> {
    match value {
        Cow::Borrowed(Data::List(items)) => {
            let items = items.iter().map(|item| Some(Cow::Borrowed(&item.data)));
            items.collect()
        }
        Cow::Borrowed(Data::Map(entries)) => {
            let values = entries.values();
            values.map(|item| Some(Cow::Borrowed(&item.data))).collect()
        }
        // Lists and maps are never made here, so that what is owned is a scalar.
        Cow::Borrowed(Data::Str(text)) | Cow::Owned(Data::Str(text)) => bytes(text),
        _ => Vec::new(),
    }
}

fn bytes<'a>(text: &Arc<[u8]>) -> Vec<Value<'a>> {
    let numbers = text.iter().map(|byte| Data::Int(i64::from(*byte)));
    numbers.map(|number| Some(Cow::Owned(number))).collect()
}

fn field<'a>(input: &[Value<'a>], name: &str) -> Walked<'a> {
    if input.is_empty() {
        return Ok(Vec::new());
    }
    let entry = |value: &Value<'a>| match value {
        Some(Cow::Borrowed(Data::Map(entries))) => {
            let item = entries.get(name)?;
            Some(Some(Cow::Borrowed(&item.data)))
        }
        _ => None,
    };
    let found: Vec<_> = input.iter().filter_map(entry).collect();
    if found.is_empty() {
        let error = EvaluationError::NotFound(name.to_owned());
        return Err(stopped(error, false));
    }
    Ok(found)
}

fn array<'a>(input: &[Value<'a>], bounds: [Bound; 3]) -> Walked<'a> {
    let mut found = Vec::new();
    let fail = |error| Err(stopped(error, !input.is_empty()));
    for value in input {
        let items = match value {
            Some(Cow::Borrowed(Data::List(items))) => items,
            Some(null) if null.is_null() => continue,
            _ => return fail(EvaluationError::NoList),
        };
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let [first, last, step] = bounds;
        let mut start = if first.known { first.value } else { 0 };
        if start < 0 {
            start = start.saturating_add(length);
        }
        let mut end = if last.known { last.value } else { length };
        if end < 0 || end == 0 && last.derived {
            end = end.saturating_add(length);
        }
        if start == end {
            return Ok(found);
        }
        let out = |index: i64| EvaluationError::OutOfBounds { index, length };
        if start >= length || start < 0 {
            return fail(out(start));
        }
        if end > length || end < 0 {
            return fail(out(end - 1));
        }
        if start > end {
            return fail(EvaluationError::Backwards(start, end));
        }
        let step = match step {
            Bound { known: false, .. } => 1,
            Bound { value, .. } if value <= 0 => return fail(EvaluationError::Step),
            Bound { value, .. } => usize::try_from(value).unwrap_or(usize::MAX),
        };
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let chosen = range.and_then(|(start, end)| items.get(start..end));
        let chosen = chosen.unwrap_or_default().iter().step_by(step);
        found.extend(chosen.map(|item| Some(Cow::Borrowed(&item.data))));
    }
    Ok(found)
}

fn compare(
    left: Option<&Data>,
    operator: &str,
    right: Option<&Data>,
) -> Result<bool, EvaluationError> {
    if !["<", ">", "==", "!=", "<=", ">="].contains(&operator) {
        return Err(EvaluationError::Operator(operator.to_owned()));
    }
    let ordered = !matches!(operator, "==" | "!=");
    let order = match (left, right) {
        (Some(Data::Bool(a)), Some(Data::Bool(b))) if !ordered => a.partial_cmp(b),
        (Some(Data::Int(a)), Some(Data::Int(b))) => a.partial_cmp(b),
        (Some(Data::Float(a)), Some(Data::Float(b))) => a.partial_cmp(b),
        (Some(Data::Str(a)), Some(Data::Str(b))) => a.partial_cmp(b),
        _ => return Err(EvaluationError::Types),
    };
    Ok(match operator {
        "<" => order == Some(Ordering::Less),
        "==" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        // As in the reference, what is not less or equal is greater.
        ">" => !matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => order != Some(Ordering::Less),
    })
}
