//! Blocks: branches, loops, and what they decide.

use crate::format;
use crate::limits::CHEAP;
use crate::syntax::{NodeId, Tree};
use crate::trace::{Decision, Outcome, Trace};
use crate::value::{IntType, List, Str, Traced, UintType, Value};

use super::code::{Code, Effects, Logic, RangeSite, Written};
use super::machine::{Machine, Step};

/// An open block.
pub(super) struct Block {
    variables: usize,
    dot: Traced,
    condition: Trace,
    /// What decided inside that something was skipped that comes later in the loop.
    skipped: Trace,
    /// How much was written before it.
    bytes: usize,
    pieces: usize,
    looping: Option<Box<Looping>>,
}

struct Looping {
    elements: Elements,
    next: usize,
    symbols: Vec<u32>,
    assigns: bool,
    /// How many variables there are at the start of each iteration.
    variables: usize,
    /// What decided each iteration, beside what the element says of that.
    condition: Trace,
    /// What decided how many there are, if the elements say themselves why they are there.
    count: Option<Trace>,
    /// What the elements came from beside themselves.
    handle: Trace,
}

enum Elements {
    List(List),
    Bytes(Str),
    Entries(Vec<(Str, Traced)>, bool),
    Ints(i64, IntType),
    Uints(u64, UintType),
    Durations(i64),
}

impl Elements {
    fn len(&self) -> usize {
        match self {
            Elements::List(list) => list.len(),
            Elements::Bytes(bytes) => bytes.len(),
            Elements::Entries(entries, _) => entries.len(),
            Elements::Ints(count, _) | Elements::Durations(count) => {
                usize::try_from(*count).unwrap_or(0)
            }
            Elements::Uints(count, _) => usize::try_from(*count).unwrap_or(usize::MAX),
        }
    }

    /// The index, or key, and the element.
    fn get(&self, index: usize) -> (Traced, Traced) {
        let position = || Traced::from(Value::int(index as i64));
        match self {
            Elements::List(list) => {
                let wrapped = list.element_type().is_any();
                let element = list.items()[index].clone().wrapped(wrapped);
                (position(), element)
            }
            Elements::Bytes(bytes) => {
                let byte = u64::from(bytes.bytes()[index]);
                (position(), Value::Uint(byte, UintType::Uint8).into())
            }
            Elements::Entries(entries, wrapped) => {
                let (key, entry) = &entries[index];
                let key = Traced::new(key.clone(), entry.trace);
                (key, entry.clone().wrapped(*wrapped))
            }
            // Counting gives no index.
            Elements::Ints(_, kind) => (Traced::default(), Value::Int(index as i64, *kind).into()),
            Elements::Uints(_, kind) => {
                (Traced::default(), Value::Uint(index as u64, *kind).into())
            }
            Elements::Durations(_) => (Traced::default(), Value::Duration(index as i64).into()),
        }
    }
}

impl Machine<'_> {
    pub(super) fn open(&mut self) {
        self.blocks.push(Block {
            variables: self.variables.len(),
            dot: self.current.dot.clone(),
            condition: self.current.condition,
            skipped: Trace::NONE,
            bytes: self.out.len(),
            pieces: self.out.piece_count(),
            looping: None,
        });
    }

    /// Joins what decided a branch to the condition and records the decision.
    fn decide_branch(&mut self, node: NodeId, trace: Trace, taken: bool) {
        if !self.env.sets.on {
            return;
        }
        let reached = self.condition();
        let decides = self.env.sets.as_condition(trace);
        self.current.condition = self.env.sets.union(reached, decides);
        let decision = Decision {
            frame: self.current.frame,
            node,
            outcome: if taken {
                Outcome::Taken
            } else {
                Outcome::NotTaken
            },
            trace: self.env.sets.as_condition(self.current.condition),
        };
        self.env.log.decide(decision);
    }

    /// Takes the top; whether it is true.
    pub(super) fn branch(&mut self, node: NodeId, with: bool) -> bool {
        let value = self.pop();
        let truth = value.value.truth();
        let trace = self.env.truth(&value);
        self.decide_branch(node, trace, truth);
        if truth && with {
            self.current.dot = value;
        }
        truth
    }

    /// Takes the top and starts to range over it; whether there is anything.
    pub(super) fn range(&mut self, node: NodeId, site: &RangeSite) -> Step<bool> {
        let value = self.pop();
        let counts = || {
            let value = format::text_of(&value.value);
            format!("can't use {value} to iterate over more than one variable")
        };
        let two = site.symbols.len() > 1;
        let elements = match &value.value {
            Value::Nil => None,
            Value::List(list) => Some(Elements::List(list.clone())),
            Value::Bytes(bytes) => Some(Elements::Bytes(bytes.clone())),
            Value::Map(map) => {
                let wrapped = map.element_type().is_any();
                self.env.budget.take_steps(map.len() as u64)?;
                Some(Elements::Entries(map.entries(), wrapped))
            }
            Value::Int(_, _) | Value::Uint(_, _) | Value::Duration(_) if two => {
                return Err(counts().into());
            }
            Value::Int(count, kind) => Some(Elements::Ints(*count, *kind)),
            Value::Uint(count, kind) => Some(Elements::Uints(*count, *kind)),
            Value::Duration(count) => Some(Elements::Durations(*count)),
            other => {
                let value = format::text_of(other);
                return Err(format!("range can't iterate over {value}").into());
            }
        };
        let trace = self.env.shallow(&value);
        let elements = elements.filter(|elements| elements.len() > 0);
        let reached = self.condition();
        self.decide_branch(node, trace, elements.is_some());
        let Some(elements) = elements else {
            return Ok(false);
        };
        let (mut condition, mut count) = (self.current.condition, None);
        // Each may be there whatever the others are.
        let by = match &value.value {
            Value::List(list) if !list.order().is_none() => {
                Some(self.env.sets.as_condition(value.trace))
            }
            Value::Map(map) if map.rest() != map.shape() => {
                Some(self.env.presence(map, value.trace))
            }
            _ => None,
        };
        if let Some(by) = by {
            count = Some(condition);
            condition = self.env.sets.union(reached, by);
        }
        let looping = Looping {
            elements,
            next: 0,
            symbols: site.symbols.clone(),
            assigns: site.assigns,
            variables: self.variables.len(),
            condition,
            count,
            handle: value.trace,
        };
        if let Some(block) = self.blocks.last_mut() {
            block.looping = Some(Box::new(looping));
        }
        Ok(true)
    }

    /// Goes to the next element; whether there is one.
    pub(super) fn next(&mut self, code: &Code) -> Step<bool> {
        let Some(block) = self.blocks.last_mut() else {
            return Ok(false);
        };
        let skipped = block.skipped;
        let Some(looping) = &mut block.looping else {
            return Ok(false);
        };
        if looping.next == looping.elements.len() {
            return Ok(false);
        }
        let (mut index, mut element) = looping.elements.get(looping.next);
        looping.next += 1;
        let (handle, mut condition, mark) = (looping.handle, looping.condition, looping.variables);
        if looping.count.is_some() {
            let own = self.env.sets.deciders(element.trace);
            condition = self.env.sets.union(condition, own);
            index.trace = match &looping.elements {
                Elements::List(list) => list.order(),
                _ => index.trace,
            };
        }
        let assigned = looping.assigns.then(|| looping.symbols.clone());
        let count = looping.symbols.len();
        self.variables.truncate(mark);
        self.current.condition = self.env.sets.union(condition, skipped);
        element.trace = self.env.sets.union(element.trace, handle);
        if matches!(index.value, Value::Str(_)) {
            // A key came from its entry, and a container knows by its shape where it is.
            let shape = self.env.sets.union(element.trace, element.value.shape());
            let own = self.env.sets.union(index.trace, shape);
            index.trace = self.env.sets.names(own);
        }
        self.current.dot = element.clone();
        match assigned.as_deref() {
            None => {
                let top = self.variables.len();
                if count > 1 {
                    self.variables[top - 2].1 = index;
                }
                if count > 0 {
                    self.variables[top - 1].1 = element;
                }
            }
            // With two variables the index comes first; one gets the element.
            Some([index_symbol, element_symbol]) => {
                self.assign(*index_symbol, index, code)?;
                self.assign(*element_symbol, element, code)?;
            }
            Some([symbol]) => self.assign(*symbol, element, code)?,
            Some(_) => {}
        }
        Ok(true)
    }

    /// Closes the innermost block. If nothing was written, a gap tells what decided that; but
    /// that a silent block writes nothing is decided already.
    pub(super) fn close(&mut self, node: NodeId, tree: &Tree, effects: &Effects, is_silent: bool) {
        let Some(block) = self.blocks.pop() else {
            return;
        };
        self.variables.truncate(block.variables);
        self.current.dot = block.dot;
        if !self.env.sets.on {
            return;
        }
        let mut inside = self.env.sets.union(self.current.condition, block.skipped);
        let count = block.looping.and_then(|looping| looping.count);
        if let Some(count) = count {
            inside = self.env.sets.union(inside, count);
        }
        self.current.condition = block.condition;
        let is_empty = self.out.len() == block.bytes && self.out.piece_count() == block.pieces;
        // With another list there could be more behind what was written.
        if (is_empty || count.is_some()) && !is_silent {
            let pen = self.pen(node, inside);
            self.out.gap(&pen);
        }
        if !effects.is_empty() {
            self.apply(tree, effects, inside);
        }
    }

    /// Leaves blocks inside a loop. What decided that is not written any more in this iteration
    /// stands in a gap.
    pub(super) fn leave_blocks(&mut self, node: NodeId, blocks: u32) {
        let condition = self.condition();
        let pen = self.pen(node, condition);
        self.out.gap(&pen);
        let len = self.blocks.len() - blocks as usize;
        self.blocks.truncate(len);
        if let Some(block) = self.blocks.last_mut() {
            block.skipped = self.env.sets.union(block.skipped, condition);
        }
    }

    /// Whether or not a branch was taken, what it may do depends on what decided it.
    fn apply(&mut self, tree: &Tree, effects: &Effects, trace: Trace) {
        let decided = self.env.sets.as_condition(trace);
        let own = self.current.variables;
        let count = self.variables.len() - own;
        self.env.budget.spend_steps((count / CHEAP) as u64);
        for (symbol, value) in &mut self.variables[own..] {
            if effects.any_variable || effects.assigned.contains(symbol) {
                value.trace = self.env.sets.union(value.trace, decided);
            } else if effects.grown.contains(symbol) {
                *value = self.env.grown(std::mem::take(value), decided);
            }
        }
        for written in &effects.written {
            self.taint(tree, written, decided);
        }
        if let Some(outward) = effects.leaves {
            let index = self.blocks.len().checked_sub(outward as usize);
            if let Some(block) = index.and_then(|index| self.blocks.get_mut(index)) {
                block.skipped = self.env.sets.union(block.skipped, decided);
                let skipped = block.skipped;
                let condition = self.current.condition;
                self.current.condition = self.env.sets.union(condition, skipped);
            }
        }
    }

    fn taint(&mut self, tree: &Tree, written: &Written, decided: Trace) {
        let own = &self.variables[self.current.variables..];
        let root = match written.variable {
            None => Some(&self.current.dot),
            Some(symbol) => {
                let found = own.iter().rev().find(|(known, _)| *known == symbol);
                found.map(|(_, value)| value)
            }
        };
        let mut value = root.map(|root| root.value.clone()).unwrap_or_default();
        for name in written.name..written.name + written.count {
            value = match &value {
                Value::Map(map) => map
                    .get(tree.name_at(name))
                    .map(|entry| entry.value)
                    .unwrap_or_default(),
                _ => return,
            };
        }
        let Value::Map(map) = value else {
            return;
        };
        let Some(key) = written.key.map(|key| tree.string(key)) else {
            let taint = self.env.sets.union(map.taint(), decided);
            map.set_taint(taint);
            return;
        };
        if let Some(mut entry) = map.get(key) {
            entry.trace = self.env.sets.union(entry.trace, decided);
            map.insert(key, entry);
        } else {
            let before = map.trace_if_absent(key);
            let trace = self.env.sets.union(before, decided);
            map.set_trace_if_absent(key, trace);
        }
    }

    // `and` and `or`.

    /// Whether the top decides: then it is the answer, otherwise it is dropped.
    pub(super) fn decide(&mut self, logic: Logic) -> bool {
        let top = self.stack.last();
        if top.is_some_and(|top| top.value.truth() == logic.or) {
            self.decided(logic);
            return true;
        }
        let value = self.pop();
        let trace = self.env.truth(&value);
        let trace = self.env.sets.as_condition(trace);
        if let Some(last) = self.logic.last_mut() {
            *last = self.env.sets.union(*last, trace);
        }
        false
    }

    /// The top is the answer; what was evaluated before it decided that. But where only the truth
    /// is asked for, and the top decides it, it would be the same whatever came before.
    pub(super) fn decided(&mut self, logic: Logic) {
        let before = self.logic.pop().unwrap_or_default();
        if let Some(top) = self.stack.last_mut() {
            let alone = logic.is_tested && top.value.truth() == logic.or;
            if !alone {
                top.trace = self.env.sets.union(top.trace, before);
            }
        }
    }
}
