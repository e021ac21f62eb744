//! The part of Go's regular expressions that translated patterns can hold, run as a set of
//! states so that no pattern takes more than its length times that of the path.

/// The largest program, in instructions.
const MAX_PROGRAM: usize = 20_000;
/// The largest number of repetitions.
const MAX_REPEAT: u32 = 1000;

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
        let mut parser = Parser {
            rest: expression,
            in_group: false,
        };
        let node = parser.alternation()?;
        if !parser.rest.is_empty() {
            return Err("the pattern has an unexpected `)`".to_owned());
        }
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

struct Parser<'a> {
    rest: &'a str,
    in_group: bool,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    fn alternation(&mut self) -> Result<Node, String> {
        let mut branches = vec![self.concatenation()?];
        while let Some(rest) = self.rest.strip_prefix('|') {
            self.rest = rest;
            branches.push(self.concatenation()?);
        }
        Ok(if branches.len() == 1 {
            branches.remove(0)
        } else {
            Node::Alternate(branches)
        })
    }

    fn concatenation(&mut self) -> Result<Node, String> {
        let mut nodes = Vec::new();
        let mut repeated = false;
        while let Some(character) = self.rest.chars().next() {
            let before = self.rest;
            let was_repeated = std::mem::replace(&mut repeated, false);
            match character {
                '|' => break,
                ')' if self.in_group => break,
                '(' if !self.in_group => {
                    self.next();
                    self.in_group = true;
                    nodes.push(self.alternation()?);
                    self.in_group = false;
                    // Only the translation writes groups, and it closes them.
                    self.next();
                }
                '^' => {
                    self.next();
                    nodes.push(Node::Begin);
                }
                '$' => {
                    self.next();
                    nodes.push(Node::End);
                }
                '.' => {
                    self.next();
                    nodes.push(Node::Dot);
                }
                '[' => {
                    self.next();
                    nodes.push(Node::Class(self.class()?));
                }
                '*' | '?' | '{' => {
                    self.next();
                    let range = match character {
                        '*' => Some((0, None)),
                        '?' => Some((0, Some(1))),
                        _ => self.repetition()?,
                    };
                    let Some((least, most)) = range else {
                        nodes.push(Node::Char('{'));
                        continue;
                    };
                    if was_repeated {
                        let operators = &before[..before.len() - self.rest.len()];
                        return Err(format!("the pattern repeats a repetition at `{operators}`"));
                    }
                    let Some(node) = nodes.pop() else {
                        return Err(format!(
                            "nothing stands before `{character}` in the pattern"
                        ));
                    };
                    nodes.push(Node::Repeat(Box::new(node), least, most));
                    repeated = true;
                }
                '\\' => {
                    self.next();
                    self.escape(&mut nodes)?;
                }
                _ => {
                    self.next();
                    nodes.push(Node::Char(character));
                }
            }
        }
        Ok(Node::Concat(nodes))
    }

    /// What follows `{`: the bounds of a repetition, or `None` if the brace is an ordinary one.
    fn repetition(&mut self) -> Result<Option<(u32, Option<u32>)>, String> {
        fn number(text: &str) -> Option<(u32, &str)> {
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let leading_zero = digits > 1 && text.starts_with('0');
            if digits == 0 || leading_zero {
                return None;
            }
            // A number too large to be read is above the bound in any case.
            Some((text[..digits].parse().unwrap_or(u32::MAX), &text[digits..]))
        }
        let Some((least, rest)) = number(self.rest) else {
            return Ok(None);
        };
        let (most, rest) = match rest.strip_prefix(',') {
            None => (Some(least), rest),
            Some(rest) if rest.starts_with('}') => (None, rest),
            Some(rest) => match number(rest) {
                Some((most, rest)) => (Some(most), rest),
                None => return Ok(None),
            },
        };
        let Some(rest) = rest.strip_prefix('}') else {
            return Ok(None);
        };
        self.rest = rest;
        if least.max(most.unwrap_or(0)) > MAX_REPEAT || most.is_some_and(|most| most < least) {
            return Err("the pattern has a repetition `{…}` out of bounds".to_owned());
        }
        Ok(Some((least, most)))
    }

    /// What follows a backslash outside brackets.
    fn escape(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        match self.rest.chars().next() {
            Some('A') => nodes.push(Node::Begin),
            Some('z') => nodes.push(Node::End),
            Some('b') => nodes.push(Node::Boundary(true)),
            Some('B') => nodes.push(Node::Boundary(false)),
            Some('Q') => {
                let (literal, rest) = match self.rest[1..].split_once("\\E") {
                    Some(halves) => halves,
                    None => (&self.rest[1..], ""),
                };
                nodes.extend(literal.chars().map(Node::Char));
                self.rest = rest;
                return Ok(());
            }
            _ => {
                let node = match self.perl_class() {
                    Some(class) => Node::Class(class),
                    None => Node::Char(self.escaped_character()?),
                };
                nodes.push(node);
                return Ok(());
            }
        }
        self.next();
        Ok(())
    }

    /// `\d` and its like, and `\p{…}`, after the backslash. Unicode's classes are read as empty:
    /// no list of them is kept for what nobody writes.
    fn perl_class(&mut self) -> Option<Class> {
        let character = self.rest.chars().next()?;
        let ranges = match character.to_ascii_lowercase() {
            'd' => vec![('0', '9')],
            's' => vec![('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
            'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            'p' => {
                let rest = &self.rest[1..];
                let len = if rest.starts_with('{') {
                    rest.find('}')? + 1
                } else {
                    rest.chars().next()?.len_utf8()
                };
                self.rest = &rest[len..];
                return Some(Class {
                    negated: character == 'P',
                    ranges: Vec::new(),
                });
            }
            _ => return None,
        };
        self.next();
        Some(Class {
            negated: character.is_ascii_uppercase(),
            ranges,
        })
    }

    /// The single character that an escape stands for.
    fn escaped_character(&mut self) -> Result<char, String> {
        let refused = |what: &str| {
            Err(format!(
                "the pattern has the escape `\\{what}`, which the matcher refuses"
            ))
        };
        let Some(character) = self.next() else {
            return Err("the pattern ends in a backslash".to_owned());
        };
        let octal = |c: Option<char>| c.is_some_and(|c| ('0'..='7').contains(&c));
        Ok(match character {
            '1'..='7' if !octal(self.rest.chars().next()) => {
                return refused(character.encode_utf8(&mut [0; 4]));
            }
            '0'..='7' => {
                let mut value = character as u32 - '0' as u32;
                for _ in 0..2 {
                    if octal(self.rest.chars().next()) {
                        value = value * 8 + self.next().map_or(0, |c| c as u32 - '0' as u32);
                    }
                }
                char::from_u32(value).unwrap_or('\0')
            }
            'x' => {
                let digits = match self.rest.strip_prefix('{') {
                    Some(rest) => rest.split_once('}'),
                    None => self.rest.get(..2).map(|digits| (digits, &self.rest[2..])),
                };
                let value = digits.and_then(|(digits, rest)| {
                    let fits = digits.bytes().all(|b| b.is_ascii_hexdigit());
                    let value = u32::from_str_radix(digits, 16).ok().filter(|_| fits)?;
                    Some((char::from_u32(value)?, rest))
                });
                let Some((value, rest)) = value else {
                    return refused("x");
                };
                self.rest = rest;
                value
            }
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            c => return refused(c.encode_utf8(&mut [0; 4])),
        })
    }

    /// A class, after its opening bracket.
    fn class(&mut self) -> Result<Class, String> {
        const UNCLOSED: &str = "the brackets of the pattern are malformed";
        let mut class = Class::default();
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.rest = rest;
            class.negated = true;
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if let Some(rest) = self.rest.strip_prefix("[:")
                && let Some((name, rest)) = rest.split_once(":]")
            {
                self.rest = rest;
                class.add(&named(name)?);
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('\\') {
                let before = std::mem::replace(&mut self.rest, rest);
                if let Some(escaped) = self.perl_class() {
                    class.add(&escaped);
                    continue;
                }
                self.rest = before;
            }
            let low = self.class_character()?;
            let mut high = low;
            if self.rest.starts_with('-') && !self.rest[1..].starts_with(']') && self.rest.len() > 1
            {
                self.next();
                high = self.class_character()?;
                if high < low {
                    return Err(format!("the pattern has the reversed range `{low}-{high}`"));
                }
            }
            class.ranges.push((low, high));
        }
        if self.next().is_none() {
            return Err(UNCLOSED.to_owned());
        }
        Ok(class)
    }

    fn class_character(&mut self) -> Result<char, String> {
        match self.next() {
            Some('\\') => self.escaped_character(),
            Some(character) => Ok(character),
            None => Err("the brackets of the pattern are malformed".to_owned()),
        }
    }
}

/// `[:alpha:]` and its like, by the name between the colons.
fn named(name: &str) -> Result<Class, String> {
    let (negated, plain) = match name.strip_prefix('^') {
        Some(plain) => (true, plain),
        None => (false, name),
    };
    let ranges: &[(char, char)] = match plain {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\u{7f}')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(format!("the pattern has the unknown class `[:{name}:]`")),
    };
    Ok(Class {
        negated,
        ranges: ranges.to_vec(),
    })
}
