//! Reading templates (`Parser` of the reference).

use plimsoll_gotmpl::unescape;
use plimsoll_gotmpl::unicode::{is_digit, is_letter, is_printable};

use super::{Bound, Comparison, MAX_DEPTH, Node, ParseError};

/// Reads a template. `depth` is how many filters it stands in, and recursion ends at
/// [`MAX_DEPTH`].
pub(super) fn parse(text: &str, depth: u32) -> Result<Vec<Node>, ParseError> {
    if depth > MAX_DEPTH {
        return Err(ParseError::TooDeep);
    }
    let mut parser = Parser {
        text,
        at: 0,
        start: 0,
        depth,
    };
    let mut nodes = Vec::new();
    while let Some(open) = text[parser.at..].find('{') {
        parser.at += open;
        if open > 0 {
            nodes.push(Node::Text(parser.taken().into()));
        }
        parser.at += 1;
        parser.taken();
        nodes.push(Node::List(parser.action()?));
    }
    if parser.at < text.len() {
        nodes.push(Node::Text(text[parser.at..].into()));
    }
    Ok(nodes)
}

/// Reads what could stand in braces.
fn action(text: &str, depth: u32) -> Result<Vec<Node>, ParseError> {
    let nodes = parse(&format!("{{{text}}}"), depth + 1)?;
    Ok(match nodes.into_iter().next() {
        Some(Node::List(nodes)) => nodes,
        _ => Vec::new(),
    })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// Where what was not taken yet begins.
    start: usize,
    depth: u32,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// The text since it was called last.
    fn taken(&mut self) -> &'t str {
        let taken = &self.text[self.start..self.at];
        self.start = self.at;
        taken
    }

    /// What follows `{`, up to its `}`.
    fn action(&mut self) -> Result<Vec<Node>, ParseError> {
        let mut nodes = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with('}') {
                self.at += 1;
                self.taken();
                return Ok(nodes);
            }
            if rest.starts_with("[?(") {
                nodes.push(self.filter()?);
                continue;
            }
            if rest.starts_with("..") {
                if matches!(nodes.last(), Some(Node::Recursive)) {
                    return Err(ParseError::DoubleRecursion);
                }
                self.at += 2;
                self.taken();
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(is_alphanumeric) {
                    nodes.push(self.field());
                }
                continue;
            }
            let before = self.at;
            match self.next() {
                None | Some('\r' | '\n') => return Err(ParseError::UnclosedAction),
                Some(' ' | '@' | '$') => {
                    self.taken();
                }
                Some('[') => self.array(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
                Some('.') => nodes.push(self.field()),
                Some(first) if matches!(first, '+' | '-') || is_digit(first.into()) => {
                    self.at = before;
                    nodes.push(self.number()?);
                }
                Some(first) if is_alphanumeric(first) => {
                    self.at = before;
                    nodes.push(self.word());
                }
                Some(other) => return Err(ParseError::Character(shown(other))),
            }
        }
    }

    fn word(&mut self) -> Node {
        while self.peek().is_some_and(|c| !is_end(c)) {
            self.next();
        }
        match self.taken() {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            word => Node::Word(word.to_owned()),
        }
    }

    fn field(&mut self) -> Node {
        self.taken();
        while let Some(c) = self.peek() {
            if c == '\\' {
                self.next();
                self.next();
            } else if is_end(c) {
                break;
            } else {
                self.next();
            }
        }
        match self.taken() {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }

    fn number(&mut self) -> Result<Node, ParseError> {
        if matches!(self.peek(), Some('+' | '-')) {
            self.next();
        }
        while self.peek().is_some_and(|c| c == '.' || is_digit(c.into())) {
            self.next();
        }
        let text = self.taken();
        if let Ok(int) = text.parse() {
            return Ok(Node::Int(int));
        }
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Node::Float(float)),
            _ => Err(ParseError::Number(text.to_owned())),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Node, ParseError> {
        loop {
            let escaped = self.text[..self.at].ends_with('\\');
            match self.next() {
                None | Some('\n') => return Err(ParseError::UnterminatedText),
                Some(c) if c == quote && !escaped => break,
                Some(_) => {}
            }
        }
        let text = self.taken();
        // Both quotes are single bytes.
        let inner = text.get(1..text.len() - 1).unwrap_or_default();
        let unescaped = unescape(inner.as_bytes(), quote as u8);
        let unescaped = unescaped.ok_or_else(|| ParseError::Escape(text.to_owned()))?;
        Ok(Node::Text(unescaped))
    }

    /// What follows `[`.
    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), ParseError> {
        loop {
            match self.next() {
                None | Some('\n') => return Err(ParseError::UnterminatedArray),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let text = self.taken();
        let text = text.get(1..text.len() - 1).unwrap_or_default();
        if text.contains(',') {
            let one = |part: &str| action(&format!("[{}]", part.trim_matches(' ')), self.depth);
            let parts = text.split(',').map(one).collect::<Result<_, _>>()?;
            nodes.push(Node::Union(parts));
            return Ok(());
        }
        let key = text
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''));
        if let Some(key) = key.filter(|key| !key.contains('\'')) {
            nodes.extend(action(&format!(".{key}"), self.depth)?);
            return Ok(());
        }
        nodes.push(Node::Array(bounds(text)?));
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, ParseError> {
        self.at += "[?(".len();
        self.taken();
        let mut opened: Option<char> = None;
        let mut closed = false;
        loop {
            let escaped = self.text[..self.at].ends_with('\\');
            match self.next() {
                None | Some('\n') => return Err(ParseError::UnterminatedFilter),
                Some(quote @ ('"' | '\'')) => match opened {
                    None => opened = Some(quote),
                    Some(open) => closed |= open == quote && !escaped,
                },
                Some(')') if opened.is_some() == closed => break,
                Some(_) => {}
            }
        }
        if self.next() != Some(']') {
            return Err(ParseError::UnclosedFilter);
        }
        let text = self.taken();
        let text = text.get(..text.len() - 2).unwrap_or_default();
        let Some((left, operator, right)) = comparison(text) else {
            let what = action(text, self.depth)?;
            return Ok(Node::Filter(what, Comparison::Exists, Vec::new()));
        };
        let (left, right) = (action(left, self.depth)?, action(right, self.depth)?);
        let operator = Comparison::Operator(operator.to_owned());
        Ok(Node::Filter(left, operator, right))
    }
}

/// The sides of a comparison and what is between them. The operator is as long as it can be, but
/// leaves something on the right.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let from = text.find(is_operator).filter(|from| *from > 0)?;
    let (left, rest) = text.split_at(from);
    let length = rest.find(|c| !is_operator(c)).unwrap_or(rest.len() - 1);
    let (operator, right) = rest.split_at(length);
    (!operator.is_empty()).then_some((left, operator, right))
}

/// What stands in brackets: an index, or up to three numbers between colons.
fn bounds(text: &str) -> Result<[Bound; 3], ParseError> {
    let text = if text == "*" { ":" } else { text };
    let invalid = || ParseError::Index(text.to_owned());
    let parts: Vec<&str> = text.split(':').collect();
    let is_number = |part: &&str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if parts.len() > 3 || !parts.iter().all(is_number) {
        return Err(invalid());
    }
    let mut bounds = [Bound::default(); 3];
    for index in 0..3 {
        match parts.get(index).copied() {
            Some("") => {}
            Some(part) => {
                let value = part.parse();
                let value = value.map_err(|_| ParseError::IndexNumber(part.to_owned()))?;
                bounds[index] = Bound {
                    value,
                    known: true,
                    derived: false,
                };
            }
            None if index == 1 => {
                bounds[1] = Bound {
                    value: bounds[0].value.saturating_add(1),
                    known: true,
                    derived: true,
                };
            }
            None => {}
        }
    }
    Ok(bounds)
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c.into()) || is_digit(c.into())
}

/// What ends a name.
fn is_end(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}'
    )
}

/// A character as Go's `%#U` shows it.
fn shown(c: char) -> String {
    let code = u32::from(c);
    if is_printable(code) {
        format!("U+{code:04X} '{c}'")
    } else {
        format!("U+{code:04X}")
    }
}
