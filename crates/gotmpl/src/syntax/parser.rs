//! Parsing: tokens, errors and nodes. Blocks are in [`super::blocks`], pipelines in
//! [`super::expression`], what most actions are in [`super::quick`].
//!
//! Go's parser stops at its first error, and what it reports depends on how far it has looked
//! ahead. The token buffer here is therefore Go's, step for step. After an error the rest of
//! the action is left out and parsing goes on.

use std::fmt::Write as _;
use std::sync::Arc;

use foldhash::HashMap;
use plimsoll_source::TextRange;

use crate::format::quote::{Keep, quote, unquote};
use crate::shared::SharedBytes;
use crate::unicode::decode;

use super::blocks::{Block, Scope};
use super::expression::OpenPipe;
use super::lexer::{Kind, Lexer, Token, Words};
use super::tree::{Literal, Names, Node, NodeId, NodeKind, Pipe, Room, Span, StringId, Tree};
use super::{Delimiters, FunctionNames, ParseError};

/// After this many errors the rest of the text is left out: nobody mends them one by one, and
/// each costs a search for the next action.
const MAX_ERRORS: usize = 100;

/// An error was recorded; the caller gives up what it was parsing.
pub(super) struct Failed;

pub(super) type Parsed<T> = Result<T, Failed>;

pub(super) struct Parser<'t> {
    pub(super) text: &'t [u8],
    pub(super) lexer: Lexer<'t>,
    pub(super) functions: &'t dyn FunctionNames,
    pub(super) tree: Tree,
    /// The last token that was read, and two that were read before it and given back.
    pub(super) buffer: [Token; 3],
    pub(super) buffered: usize,
    /// Whether usual actions are parsed without tokens ([`super::quick`]).
    pub(super) is_quick: bool,
    pub(super) scope: Scope<'t>,
    pub(super) blocks: Vec<Block<'t>>,
    /// Nodes whose parent is not finished.
    pub(super) pending: Vec<NodeId>,
    pub(super) pipes: Vec<OpenPipe>,
    /// Where each defined name is among the definitions.
    pub(super) defined: HashMap<Arc<str>, usize>,
}

/// Parses a whole text.
pub(super) fn parse(
    name: Arc<str>,
    text: &SharedBytes,
    functions: &dyn FunctionNames,
    delimiters: &Delimiters,
    room: Room,
) -> Tree {
    parse_with(name, text, functions, delimiters, room, true)
}

/// The same; `is_quick` is no option but for comparisons, which want both to be the same.
pub(super) fn parse_with(
    name: Arc<str>,
    text: &SharedBytes,
    functions: &dyn FunctionNames,
    delimiters: &Delimiters,
    mut room: Room,
    is_quick: bool,
) -> Tree {
    let words = Words {
        break_is_keyword: functions.function("break").is_none(),
        continue_is_keyword: functions.function("continue").is_none(),
    };
    room.grow(text.len());
    let Room {
        nodes,
        children,
        names,
    } = room;
    let tree = Tree {
        name,
        text: text.clone(),
        nodes,
        children,
        names,
        numbers: Vec::new(),
        strings: Vec::new(),
        definitions: Vec::new(),
        comments: Vec::new(),
        errors: Vec::new(),
    };
    let nothing = Token {
        kind: Kind::Eof,
        start: 0,
        end: 0,
    };
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text, delimiters, words),
        functions,
        tree,
        buffer: [nothing; 3],
        buffered: 0,
        is_quick,
        scope: Scope::new(),
        blocks: Vec::new(),
        pending: Vec::new(),
        pipes: Vec::new(),
        defined: HashMap::default(),
    };
    parser.file();
    parser.tree.comments = parser.lexer.comments;
    parser.tree
}

// Tokens.
impl<'t> Parser<'t> {
    #[inline]
    pub(super) fn next(&mut self) -> Token {
        if self.buffered > 0 {
            self.buffered -= 1;
        } else {
            self.buffer[0] = self.lexer.next();
        }
        self.buffer[self.buffered]
    }

    pub(super) fn backup(&mut self) {
        self.buffered += 1;
    }

    /// Gives back `first` and the last token.
    pub(super) fn backup2(&mut self, first: Token) {
        self.buffer[1] = first;
        self.buffered = 2;
    }

    /// Gives back `first`, `second` and the last token.
    pub(super) fn backup3(&mut self, first: Token, second: Token) {
        self.buffer[1] = second;
        self.buffer[2] = first;
        self.buffered = 3;
    }

    pub(super) fn peek(&mut self) -> Token {
        let token = self.next();
        self.backup();
        token
    }

    pub(super) fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if token.kind == kind {
            Ok(token)
        } else {
            Err(self.unexpected(token, context))
        }
    }

    /// The last token that was read; Go's errors name its line.
    pub(super) fn last(&self) -> Token {
        self.buffer[0]
    }

    pub(super) fn bytes(&self, token: Token) -> &'t [u8] {
        &self.text[token.range().as_usize()]
    }

    pub(super) fn end_of_text(&self) -> TextRange {
        TextRange::empty(self.text.len() as u32)
    }
}

// Errors.
impl Parser<'_> {
    fn line(&self, offset: u32) -> u32 {
        self.tree.line_and_column(offset).0
    }

    pub(super) fn error(&mut self, message: impl Into<String>, range: TextRange) -> Failed {
        self.error_after(self.last(), message, range)
    }

    /// An error that Go finds when `last` was the last token that it had read.
    pub(super) fn error_after(
        &mut self,
        last: Token,
        message: impl Into<String>,
        range: TextRange,
    ) -> Failed {
        if self.tree.errors.len() < MAX_ERRORS {
            self.tree.errors.push(ParseError {
                name: self.tree.name.clone(),
                line: self.line(last.start),
                message: message.into(),
                range,
            });
        }
        Failed
    }

    pub(super) fn unexpected(&mut self, token: Token, context: &str) -> Failed {
        let message = if token.kind == Kind::Error {
            let mut message = std::mem::take(&mut self.lexer.error);
            if let Some(action) = self.scope.action {
                let (started, line) = (self.line(action), self.line(token.start));
                if started != line {
                    // "unclosed action in action" is avoided.
                    if !message.ends_with(" action") {
                        message.push_str(" in action");
                    }
                    let _ = write!(message, " started at {}:{started}", self.tree.name);
                }
            }
            message
        } else {
            format!("unexpected {} in {context}", self.describe(token))
        };
        self.error(message, token.range())
    }

    fn describe(&self, token: Token) -> String {
        let text = self.bytes(token);
        match token.kind {
            Kind::Eof => "EOF".into(),
            kind if kind.is_keyword() => format!("<{}>", String::from_utf8_lossy(text)),
            _ if text.len() > 10 => {
                let mut end = 0;
                for _ in 0..10 {
                    end += decode(&text[end..]).1;
                }
                format!("{}...", quote(&text[..end], Keep::Printable))
            }
            _ => quote(text, Keep::Printable),
        }
    }

    /// Leaves out the rest of an action after an error in it.
    pub(super) fn resynchronise(&mut self) {
        if self.tree.errors.len() < MAX_ERRORS {
            self.lexer.recover(self.last());
        } else {
            self.lexer.stop();
        }
        self.buffered = 0;
        if let Some(pipe) = self.pipes.first() {
            self.pending.truncate(pipe.base);
            self.pipes.clear();
        }
        self.scope.action = None;
    }
}

// Nodes.
impl Parser<'_> {
    pub(super) fn add(&mut self, kind: NodeKind, range: TextRange, position: u32) -> NodeId {
        let id = NodeId(self.tree.nodes.len() as u32);
        self.tree.nodes.push(Node {
            kind,
            range,
            position,
        });
        id
    }

    /// Takes the pending nodes from `base` on as the children of a node to be made.
    pub(super) fn take(&mut self, base: usize) -> Span {
        let start = self.tree.children.len() as u32;
        self.tree.children.extend_from_slice(&self.pending[base..]);
        self.pending.truncate(base);
        Span {
            start,
            len: self.tree.children.len() as u32 - start,
        }
    }

    pub(super) fn add_name(&mut self, range: TextRange) -> Names {
        let start = self.tree.names.len() as u32;
        self.tree.names.push(range);
        Names { start, len: 1 }
    }

    /// The literal that a string token stands for.
    pub(super) fn literal(&mut self, token: Token) -> Parsed<StringId> {
        let text = self.bytes(token);
        let inner = &text[1..text.len() - 1];
        let plain = match token.kind {
            Kind::RawString => !inner.contains(&b'\r'),
            _ => inner.is_ascii() && !inner.contains(&b'\\'),
        };
        let literal = if plain {
            Literal::Verbatim(TextRange::new(token.start + 1, token.end - 1))
        } else {
            let Some(text) = unquote(text) else {
                return Err(self.error("invalid syntax", token.range()));
            };
            Literal::Decoded(text.into())
        };
        let id = StringId(self.tree.strings.len() as u32);
        self.tree.strings.push(literal);
        Ok(id)
    }

    /// The pipeline of a clause that could not be read.
    pub(super) fn empty_pipe(&mut self, at: u32) -> NodeId {
        let pipe = Pipe {
            variables: Span::default(),
            assigns: false,
            commands: Span::default(),
        };
        self.add(NodeKind::Pipe(pipe), TextRange::empty(at), at)
    }
}
