//! The tree of a parsed text: an arena of nodes, so that it is cheap to make, to share and to
//! free, whatever its depth.

use std::sync::Arc;

use plimsoll_source::TextRange;

use crate::shared::SharedBytes;

use super::number::Number;
use super::{Delimiters, FunctionNames, ParseError, parser, print};

/// Names a node of one [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(pub(crate) u32);

/// Some nodes, in order: read with [`Tree::nodes`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Span {
    /// How many nodes there are.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// Some names, in order: read with [`Tree::names`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Names {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Names {
    /// How many names there are.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none; a parsed node always has one.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    pub(crate) fn first(self) -> u32 {
        self.start
    }
}

/// A string literal of one [`Tree`]: read with [`Tree::string`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StringId(pub(super) u32);

/// A pipeline: `$a, $b := x | f`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pipe {
    /// The variables that are declared or assigned; [`NodeKind::Variable`].
    pub variables: Span,
    /// Whether `=` was written and not `:=`.
    pub assigns: bool,
    /// The commands; [`NodeKind::Command`]. Empty only where there was an error.
    pub commands: Span,
}

/// What `if`, `with` and `range` are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Branch {
    /// What is tested or ranged over; a [`NodeKind::Pipe`].
    pub pipe: NodeId,
    /// What is done then; a [`NodeKind::List`].
    pub list: NodeId,
    /// What is done otherwise; a [`NodeKind::List`]. `else if` is a list of one `if`.
    pub else_list: Option<NodeId>,
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum NodeKind {
    /// What stands between two control actions.
    List(Span),
    /// Text outside actions, as trim markers leave it: the node's range.
    Text,
    /// `{{ pipeline }}`; a [`NodeKind::Pipe`].
    Action(NodeId),
    /// `{{ if }}`.
    If(Branch),
    /// `{{ with }}`.
    With(Branch),
    /// `{{ range }}`.
    Range(Branch),
    /// `{{ template "name" pipeline }}` and `{{ block "name" pipeline }}`.
    Template {
        /// The name of the template that is called.
        name: StringId,
        /// Its dot; nil without one.
        pipe: Option<NodeId>,
        /// Whether it was written as a `block`, which defines the template, too.
        block: bool,
    },
    /// `{{ break }}`.
    Break,
    /// `{{ continue }}`.
    Continue,
    /// A pipeline.
    Pipe(Pipe),
    /// A command of a pipeline: what is evaluated or called, then the arguments.
    Command(Span),
    /// The name of a function. `None` where it is not defined, which is an error.
    Identifier(Option<u32>),
    /// `$x.a.b`: the name of the variable with its dollar sign, then fields.
    Variable(Names),
    /// `.a.b`.
    Field(Names),
    /// `(pipeline).a.b`.
    Chain {
        /// What has the fields.
        node: NodeId,
        /// The fields.
        fields: Names,
    },
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// `true` and `false`.
    Bool(bool),
    /// A number or character: read with [`Tree::number`].
    Number(u32),
    /// A string literal.
    String(StringId),
}

/// A node.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its bytes; those of an action with its delimiters.
    pub range: TextRange,
    /// Where Go says that it is, in bytes. A field chain stands at its second field.
    pub position: u32,
}

/// A template that a text defines.
#[derive(Clone, PartialEq, Debug)]
pub struct Definition {
    /// Its name.
    pub name: Arc<str>,
    /// Its body; a [`NodeKind::List`].
    pub root: NodeId,
    /// From `{{ define` to the end of its `{{ end }}`; the whole text for the text's own.
    pub range: TextRange,
    /// The literal that names it; empty for the text's own.
    pub name_range: TextRange,
    /// Whether the body is nothing but white space and comments.
    pub is_empty: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Literal {
    /// The bytes as they stand in the text.
    Verbatim(TextRange),
    Decoded(Box<[u8]>),
}

/// A parsed text.
#[derive(Debug)]
pub struct Tree {
    pub(super) name: Arc<str>,
    pub(super) text: SharedBytes,
    pub(super) nodes: Vec<Node>,
    pub(super) children: Vec<NodeId>,
    pub(super) names: Vec<TextRange>,
    pub(super) numbers: Vec<Number>,
    pub(super) strings: Vec<Literal>,
    pub(super) definitions: Vec<Definition>,
    pub(super) comments: Vec<TextRange>,
    pub(super) errors: Vec<ParseError>,
}

/// Room that a tree had, for the next: large pieces of memory that are given back rarely come to the
/// same use.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(super) nodes: Vec<Node>,
    pub(super) children: Vec<NodeId>,
    pub(super) names: Vec<TextRange>,
}

impl Room {
    /// Room for what is made of a text of `len` bytes, as a rule.
    pub(crate) fn of(len: usize) -> Self {
        let mut room = Self::default();
        room.grow(len);
        room
    }

    /// This room, or another if it is none.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.nodes.capacity() > 0 {
            self
        } else {
            other
        }
    }

    pub(super) fn grow(&mut self, len: usize) {
        self.nodes.reserve(len / 8);
        self.children.reserve(len / 8);
        self.names.reserve(len / 32);
    }
}

impl Tree {
    /// Parses a text with the usual delimiters in the room of another.
    pub(crate) fn parse_in(
        room: Room,
        name: Arc<str>,
        text: &SharedBytes,
        functions: &dyn FunctionNames,
    ) -> Self {
        parser::parse(name, text, functions, &Delimiters::default(), room)
    }

    /// The room that it took.
    pub(crate) fn into_room(self) -> Room {
        let Self {
            mut nodes,
            mut children,
            mut names,
            ..
        } = self;
        nodes.clear();
        children.clear();
        names.clear();
        Room {
            nodes,
            children,
            names,
        }
    }

    /// Parses a text. The text itself is the template called `name`; what it defines comes
    /// before it. Never fails: with errors there is a tree all the same.
    pub fn parse(
        name: impl Into<Arc<str>>,
        text: impl Into<SharedBytes>,
        functions: &dyn FunctionNames,
    ) -> Self {
        Self::parse_with(name, text, functions, &Delimiters::default())
    }

    /// [`Tree::parse`] with other delimiters; an empty one stands for the usual.
    pub fn parse_with(
        name: impl Into<Arc<str>>,
        text: impl Into<SharedBytes>,
        functions: &dyn FunctionNames,
        delimiters: &Delimiters,
    ) -> Self {
        let usual = Delimiters::default();
        let mut delimiters = delimiters.clone();
        if delimiters.left.is_empty() {
            delimiters.left = usual.left;
        }
        if delimiters.right.is_empty() {
            delimiters.right = usual.right;
        }
        let room = Room::default();
        parser::parse(name.into(), &text.into(), functions, &delimiters, room)
    }

    /// [`Tree::parse`] without the shorter way for usual actions: the same tree, in more time. Made to
    /// be compared.
    #[doc(hidden)]
    pub fn parse_by_tokens(
        name: impl Into<Arc<str>>,
        text: impl Into<SharedBytes>,
        functions: &dyn FunctionNames,
    ) -> Self {
        let usual = Delimiters::default();
        let (name, text) = (name.into(), text.into());
        parser::parse_with(name, &text, functions, &usual, Room::default(), false)
    }

    /// The name under which it was parsed; errors have it.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &SharedBytes {
        &self.text
    }

    /// The templates that it defines; the text's own is the last.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// All errors, in the order of the text. The first is Go's.
    pub fn errors(&self) -> &[ParseError] {
        &self.errors
    }

    /// Where comments stand, from `/*` to `*/`.
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The nodes of a span.
    pub fn nodes(&self, span: Span) -> &[NodeId] {
        &self.children[span.start as usize..(span.start + span.len) as usize]
    }

    /// Where the names stand in the text; those of fields without their dot.
    pub fn names(&self, names: Names) -> &[TextRange] {
        &self.names[names.start as usize..(names.start + names.len) as usize]
    }

    /// One name, by its number in the tree.
    pub(crate) fn name_at(&self, index: u32) -> &[u8] {
        self.bytes(self.names[index as usize])
    }

    /// The bytes of a range of the text.
    pub fn bytes(&self, range: TextRange) -> &[u8] {
        self.text.get(range.as_usize()).unwrap_or_default()
    }

    /// The content of a string literal.
    pub fn string(&self, id: StringId) -> &[u8] {
        match &self.strings[id.0 as usize] {
            Literal::Verbatim(range) => self.bytes(*range),
            Literal::Decoded(bytes) => bytes,
        }
    }

    /// A number.
    pub fn number(&self, index: u32) -> &Number {
        &self.numbers[index as usize]
    }

    /// Every node, parts before wholes.
    pub fn all_nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        let ids = (0..self.nodes.len() as u32).map(NodeId);
        ids.zip(&self.nodes)
    }

    /// The node as Go writes it in error texts.
    pub fn print(&self, id: NodeId) -> String {
        print::print(self, id)
    }

    /// Line, from 1, and byte column, from 0, of a position: as Go counts in errors of
    /// evaluation.
    pub fn line_and_column(&self, position: u32) -> (u32, u32) {
        let before = &self.text[..(position as usize).min(self.text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        (line as u32, (before.len() - line_start) as u32)
    }
}
