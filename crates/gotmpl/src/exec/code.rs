//! The code of a template: what Go's evaluator does, step by step.

use crate::syntax::NodeId;
use crate::value::{IntType, Type, UintType};

/// An `and` or `or`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logic {
    pub(crate) or: bool,
    /// Whether nobody asks for more of the answer than whether it is true ([`super::truth`]).
    pub(crate) is_tested: bool,
}

/// One step. Operands lie on a stack. A step that is "at" a node makes it the one that errors
/// name from here on, as Go's evaluator does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// Writes template text.
    Text(NodeId),
    /// Is at a node.
    At(NodeId),
    /// At a statement of a text that was parsed while rendering.
    Statement(NodeId),
    /// Pushes no value.
    Invalid,
    /// At a node: pushes a field of a field of a variable, or of the dot ([`DOT`]). The fields
    /// are names of the tree from `name` on, and each has a slot.
    Path {
        node: NodeId,
        root: u32,
        name: u32,
        slot: u32,
        count: u16,
        unwrap: bool,
    },
    /// At a literal: pushes it. A session keeps it in a slot.
    Literal {
        node: NodeId,
        slot: u32,
    },
    /// Pushes nil of a type.
    Nil {
        type_: u32,
    },
    /// Fails.
    Fail {
        message: u32,
    },
    /// Replaces the top with a field of a field of it.
    Fields {
        node: NodeId,
        name: u32,
        slot: u32,
        count: u16,
        unwrap: bool,
    },
    /// Takes the top as the receiver of a method that is called with arguments; jumps if it is
    /// no value, because then the answer is none, either.
    Method {
        site: u32,
        end: u32,
    },
    /// Makes the top fit a parameter of the method.
    MethodArgument {
        index: u32,
    },
    /// At a literal: pushes it as an argument of the method.
    MethodLiteral {
        node: NodeId,
        index: u32,
    },
    /// Pushes nil as an argument of the method.
    MethodNil {
        index: u32,
    },
    /// Calls the method.
    CallMethod {
        site: u32,
    },
    /// Makes the value at a depth of the stack fit a parameter.
    Check {
        type_: u32,
        depth: u32,
    },
    /// Calls a function.
    Call {
        site: u32,
    },
    /// Starts an `and` or `or`.
    Logic,
    /// Jumps with the top as the answer if it decides, else drops it.
    Decide {
        logic: Logic,
        end: u32,
    },
    /// The top is the answer.
    Last(Logic),
    /// The top replaces the value beneath it.
    Nip,
    /// Takes the top out of its interface.
    Unwrap,
    /// Declares a variable with the top, which stays.
    Declare {
        symbol: u32,
    },
    /// Assigns the top, which stays.
    Assign {
        symbol: u32,
    },
    /// The same, if the top has all elements of the list that the variable has.
    Grow {
        symbol: u32,
    },
    /// Prints the top.
    Print(NodeId),
    Pop,
    Jump(u32),
    /// Opens a block: the variables from here on end with it.
    Open,
    /// Takes the top and jumps if it is false.
    Branch {
        node: NodeId,
        otherwise: u32,
        with: bool,
    },
    /// Takes the top and starts to range over it; jumps if there is nothing.
    Range {
        node: NodeId,
        otherwise: u32,
        site: u32,
    },
    /// Goes to the next element, or jumps behind the loop.
    Next {
        end: u32,
    },
    /// Closes the innermost block, which may be one that can write nothing.
    Close {
        node: NodeId,
        effects: u32,
        is_silent: bool,
    },
    /// Closes blocks inside a loop, and the loop's iteration, and jumps.
    Leave {
        node: NodeId,
        blocks: u32,
        to: u32,
    },
    /// Looks up the template that a node names.
    Find {
        node: NodeId,
    },
    /// Calls the template that was found last, with the top as dot.
    Enter {
        node: NodeId,
    },
    /// Ends the template.
    Return,
}

/// The root of a path that starts at the dot.
pub(crate) const DOT: u32 = u32::MAX;

/// A call of a function or method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSite {
    /// The function, for a function.
    pub(crate) function: u32,
    /// A name of the tree, for a method.
    pub(crate) name: u32,
    /// The node that is named if it fails.
    pub(crate) node: NodeId,
    /// How many arguments are written.
    pub(crate) arguments: u32,
    /// Whether one more comes from the command before; it lies beneath the others.
    pub(crate) piped: bool,
    /// Whether the answer is taken out of its interface.
    pub(crate) unwrap: bool,
    /// The first argument, whose text `call` uses.
    pub(crate) first: Option<NodeId>,
}

/// The variables of a `range`.
#[derive(Clone, Debug)]
pub(crate) struct RangeSite {
    pub(crate) symbols: Vec<u32>,
    pub(crate) assigns: bool,
}

/// What a branch may do to things outside it, whether it is taken or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    /// Variables that it assigns.
    pub(crate) assigned: Vec<u32>,
    /// Variables that it assigns lists with all elements that they have and more.
    pub(crate) grown: Vec<u32>,
    /// Maps that it writes into, as far as they can be named.
    pub(crate) written: Vec<Written>,
    /// How many blocks further out the loop is that it may leave or go on with.
    pub(crate) leaves: Option<u32>,
    /// There were too many to list: every variable may be assigned.
    pub(crate) any_variable: bool,
}

impl Effects {
    pub(crate) fn is_empty(&self) -> bool {
        self.assigned.is_empty()
            && self.grown.is_empty()
            && self.written.is_empty()
            && self.leaves.is_none()
            && !self.any_variable
    }
}

/// A map that a branch writes into.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Written {
    /// The variable; `None` for the dot.
    pub(crate) variable: Option<u32>,
    /// Names of the tree: the fields from there on.
    pub(crate) name: u32,
    pub(crate) count: u32,
    /// The literal that is the key, if it is one.
    pub(crate) key: Option<crate::syntax::StringId>,
}

/// The value of a literal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Literal {
    Bool(bool),
    /// A string literal of the tree.
    Str(crate::syntax::StringId),
    Int(i64, IntType),
    Uint(u64, UintType),
    Duration(i64),
    Float(f64),
    Complex(f64, f64),
}

/// Compiled code.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) ops: Vec<Op>,
    pub(crate) calls: Vec<CallSite>,
    pub(crate) ranges: Vec<RangeSite>,
    pub(crate) types: Vec<Type>,
    pub(crate) messages: Vec<String>,
    /// The names of variables; the first is `$`.
    pub(crate) symbols: Vec<String>,
    pub(crate) literals: Vec<(Literal, NodeId)>,
    /// The first has none.
    pub(crate) effects: Vec<Effects>,
    /// How many slots for fields there are.
    pub(crate) field_slots: u32,
}

impl Code {
    /// Room for the code of a text of `len` bytes, as a rule.
    pub(crate) fn with_room(len: usize) -> Self {
        Self {
            ops: Vec::with_capacity(len / 8),
            calls: Vec::with_capacity(len / 32),
            literals: Vec::with_capacity(len / 32),
            ..Self::default()
        }
    }

    /// Leaves nothing but the room that it took.
    pub(super) fn clear(&mut self) {
        let Self {
            ops,
            calls,
            ranges,
            types,
            messages,
            symbols,
            literals,
            effects,
            field_slots,
        } = self;
        ops.clear();
        calls.clear();
        ranges.clear();
        types.clear();
        messages.clear();
        symbols.clear();
        literals.clear();
        effects.clear();
        *field_slots = 0;
    }
}
