//! The syntax of Go's regular expressions, as far as translated patterns can hold it.

use super::{Class, Node};

/// The largest number of repetitions.
const MAX_REPEAT: u32 = 1000;

pub(super) struct Parser<'a> {
    rest: &'a str,
    in_group: bool,
}

impl<'a> Parser<'a> {
    /// Reads a whole expression.
    pub(super) fn parse(expression: &'a str) -> Result<Node, String> {
        let mut parser = Parser {
            rest: expression,
            in_group: false,
        };
        let node = parser.alternation()?;
        if parser.rest.is_empty() {
            Ok(node)
        } else {
            Err("the pattern has an unexpected `)`".to_owned())
        }
    }

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
