//! The part of Go's regular expressions that translated patterns can hold, run as a set of
//! states so that no pattern takes more than its length times that of the path.

mod parse;

use parse::Parser;

/// The largest program, in instructions.
const MAX_PROGRAM: usize = 20_000;

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Regex {
    program: Vec<Inst>,
    /// Every way through begins with `^`.
    anchored: bool,
}

#[derive(Debug)]
enum Inst {
    Char(char),
    Class(Class),
    /// `.`: anything but a line break.
    Dot,
    Split(usize, usize),
    Jump(usize),
    Begin,
    End,
    /// `\b` or (`false`) `\B`.
    Boundary(bool),
    Match,
}

#[derive(Clone, Debug, Default)]
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn contains(&self, character: char) -> bool {
        let inside = self
            .ranges
            .iter()
            .any(|(low, high)| *low <= character && character <= *high);
        inside != self.negated
    }

    /// Adds what `other` contains.
    fn add(&mut self, other: &Self) {
        if !other.negated {
            self.ranges.extend_from_slice(&other.ranges);
            return;
        }
        let mut ranges = other.ranges.clone();
        ranges.sort_unstable();
        let mut from = '\0';
        for (low, high) in ranges {
            if from < low
                && let Some(before) = before(low)
            {
                self.ranges.push((from, before));
            }
            match after(high) {
                Some(next) => from = from.max(next),
                None => return,
            }
        }
        self.ranges.push((from, char::MAX));
    }
}

fn after(character: char) -> Option<char> {
    (character..=char::MAX).nth(1)
}

fn before(character: char) -> Option<char> {
    ('\0'..character).next_back()
}

/// Memory that is used again from path to path.
#[derive(Default, Debug)]
pub(crate) struct Scratch {
    now: Vec<usize>,
    next: Vec<usize>,
    /// For each instruction the last step in which it was reached.
    seen: Vec<u64>,
    step: u64,
    stack: Vec<usize>,
}

/// How far an expression has come at the end of the first part of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// No continuation can match.
    Dead,
    /// Some continuation may match.
    Alive,
    /// It has matched whatever follows.
    Matched,
}

/// What surrounds a position.
#[derive(Clone, Copy)]
struct Around {
    before: Option<char>,
    after: Option<char>,
    /// The text goes on in an unknown way.
    open: bool,
}

impl Regex {
    pub(super) fn new(expression: &str) -> Result<Self, String> {
        let node = Parser::parse(expression)?;
        let anchored = begins_anchored(&node);
        let mut program = Vec::new();
        emit(&node, &mut program)?;
        program.push(Inst::Match);
        Ok(Self { program, anchored })
    }

    /// The number of its instructions.
    pub(super) fn len(&self) -> usize {
        self.program.len()
    }

    /// Whether it matches somewhere in `text`.
    pub(super) fn is_match(&self, text: &str, scratch: &mut Scratch) -> bool {
        self.run(text, false, scratch) == Progress::Matched
    }

    /// What is known when a text begins with `text`.
    pub(super) fn progress(&self, text: &str, scratch: &mut Scratch) -> Progress {
        self.run(text, true, scratch)
    }

    fn run(&self, text: &str, open: bool, scratch: &mut Scratch) -> Progress {
        if scratch.seen.len() < self.program.len() {
            scratch.seen.resize(self.program.len(), 0);
        }
        scratch.next.clear();
        let mut characters = text.chars().peekable();
        let mut around = Around {
            before: None,
            after: characters.peek().copied(),
            open,
        };
        scratch.step += 1;
        if self.reach(0, around, scratch) {
            return Progress::Matched;
        }
        std::mem::swap(&mut scratch.now, &mut scratch.next);
        while let Some(character) = characters.next() {
            if scratch.now.is_empty() && self.anchored {
                return Progress::Dead;
            }
            around = Around {
                before: Some(character),
                after: characters.peek().copied(),
                open,
            };
            scratch.step += 1;
            scratch.next.clear();
            for index in 0..scratch.now.len() {
                let at = scratch.now[index];
                let fits = match &self.program[at] {
                    Inst::Char(expected) => *expected == character,
                    Inst::Class(class) => class.contains(character),
                    Inst::Dot => character != '\n',
                    _ => false,
                };
                if fits && self.reach(at + 1, around, scratch) {
                    return Progress::Matched;
                }
            }
            if !self.anchored && self.reach(0, around, scratch) {
                return Progress::Matched;
            }
            std::mem::swap(&mut scratch.now, &mut scratch.next);
        }
        if open && (!self.anchored || !scratch.now.is_empty()) {
            Progress::Alive
        } else {
            Progress::Dead
        }
    }

    /// Adds to the next states what can be reached from `start` without a character. `true` if
    /// that is the end of the expression.
    fn reach(&self, start: usize, around: Around, scratch: &mut Scratch) -> bool {
        scratch.stack.clear();
        scratch.stack.push(start);
        while let Some(at) = scratch.stack.pop() {
            if std::mem::replace(&mut scratch.seen[at], scratch.step) == scratch.step {
                continue;
            }
            let last = around.after.is_none();
            match &self.program[at] {
                Inst::Match => return true,
                Inst::Split(a, b) => scratch.stack.extend([*b, *a]),
                Inst::Jump(to) => scratch.stack.push(*to),
                Inst::Begin if around.before.is_none() => scratch.stack.push(at + 1),
                Inst::End if last && !around.open => scratch.stack.push(at + 1),
                Inst::Boundary(wanted) => {
                    let is_word =
                        |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
                    let boundary = is_word(around.before) != is_word(around.after);
                    if boundary == *wanted || (last && around.open) {
                        scratch.stack.push(at + 1);
                    }
                }
                Inst::Begin | Inst::End => {}
                _ => scratch.next.push(at),
            }
        }
        false
    }
}

enum Node {
    Char(char),
    Class(Class),
    Dot,
    Begin,
    End,
    Boundary(bool),
    Repeat(Box<Node>, u32, Option<u32>),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
}

fn begins_anchored(node: &Node) -> bool {
    match node {
        Node::Begin => true,
        Node::Concat(nodes) => nodes.first().is_some_and(begins_anchored),
        Node::Alternate(nodes) => nodes.iter().all(begins_anchored),
        Node::Repeat(node, least, _) => *least > 0 && begins_anchored(node),
        _ => false,
    }
}

fn emit(node: &Node, program: &mut Vec<Inst>) -> Result<(), String> {
    if program.len() > MAX_PROGRAM {
        return Err("the pattern is too large".to_owned());
    }
    match node {
        Node::Char(character) => program.push(Inst::Char(*character)),
        Node::Class(class) => program.push(Inst::Class(class.clone())),
        Node::Dot => program.push(Inst::Dot),
        Node::Begin => program.push(Inst::Begin),
        Node::End => program.push(Inst::End),
        Node::Boundary(wanted) => program.push(Inst::Boundary(*wanted)),
        Node::Concat(nodes) => {
            for node in nodes {
                emit(node, program)?;
            }
        }
        Node::Alternate(nodes) => {
            let mut jumps = Vec::new();
            for (index, node) in nodes.iter().enumerate() {
                if index + 1 == nodes.len() {
                    emit(node, program)?;
                    break;
                }
                let split = program.len();
                program.push(Inst::Jump(0));
                emit(node, program)?;
                jumps.push(program.len());
                program.push(Inst::Jump(0));
                program[split] = Inst::Split(split + 1, program.len());
            }
            for jump in jumps {
                program[jump] = Inst::Jump(program.len());
            }
        }
        Node::Repeat(node, least, most) => {
            for _ in 0..*least {
                emit(node, program)?;
            }
            match most {
                None => {
                    let split = program.len();
                    program.push(Inst::Jump(0));
                    emit(node, program)?;
                    program.push(Inst::Jump(split));
                    program[split] = Inst::Split(split + 1, program.len());
                }
                Some(most) => {
                    let mut splits = Vec::new();
                    for _ in *least..*most {
                        splits.push(program.len());
                        program.push(Inst::Jump(0));
                        emit(node, program)?;
                    }
                    for split in splits {
                        program[split] = Inst::Split(split + 1, program.len());
                    }
                }
            }
        }
    }
    Ok(())
}
