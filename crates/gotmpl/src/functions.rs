//! Functions: what a template can call, and what a function can do.

mod arguments;
mod call;
mod text;

use std::sync::Arc;

use foldhash::HashMap;

use crate::error::CallError;
use crate::syntax::FunctionNames;
use crate::value::{Traced, Type, Value};

pub use arguments::Arguments;
pub use call::{Call, Parsed, Render};
pub(crate) use call::{Finish, Target};
pub use text::TextBuilder;

/// What a function takes.
#[derive(Clone, Debug)]
pub struct Signature {
    pub(crate) parameters: Vec<Type>,
    pub(crate) variadic: bool,
}

impl Signature {
    /// A fixed number of parameters.
    pub fn new(parameters: impl Into<Vec<Type>>) -> Self {
        Self {
            parameters: parameters.into(),
            variadic: false,
        }
    }

    /// These parameters, then any number of `rest`.
    pub fn variadic(parameters: impl Into<Vec<Type>>, rest: Type) -> Self {
        let mut parameters = parameters.into();
        parameters.push(rest);
        Self {
            parameters,
            variadic: true,
        }
    }

    /// How many parameters there are before a variadic one.
    pub(crate) fn fixed(&self) -> usize {
        self.parameters.len() - usize::from(self.variadic)
    }

    /// The type of the argument at `index`, which the signature allows.
    pub(crate) fn parameter(&self, index: usize) -> &Type {
        let last = self.parameters.len().saturating_sub(1);
        self.parameters.get(index.min(last)).unwrap_or(&Type::Any)
    }
}

/// What a function answers.
pub enum Reply {
    /// A value that came from the arguments: their traces are joined.
    Value(Value),
    /// A value whose trace the function knows.
    Traced(Traced),
    /// A template is to be rendered first.
    Render(Box<Render>),
}

impl<T: Into<Value>> From<T> for Reply {
    fn from(value: T) -> Self {
        Reply::Value(value.into())
    }
}

impl From<Traced> for Reply {
    fn from(traced: Traced) -> Self {
        Reply::Traced(traced)
    }
}

pub(crate) type Native = dyn Fn(&mut Call<'_>, &[Traced]) -> Result<Reply, CallError> + Send + Sync;

/// What the evaluator itself knows of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Special {
    None,
    /// Evaluates its arguments only as far as needed.
    And,
    Or,
    /// Calls its first argument.
    Call,
    /// Only asks whether its argument is true.
    Not,
}

/// A function.
pub struct Function {
    pub(crate) signature: Signature,
    pub(crate) special: Special,
    /// Whether the answer depends on nothing inside a container that is an argument.
    pub(crate) shallow: bool,
    /// Whether it writes into the map that is its first argument.
    pub(crate) writes: bool,
    /// Whether its answer has all elements of the list that is its first argument.
    pub(crate) keeps: bool,
    pub(crate) native: Box<Native>,
}

impl Function {
    /// A function of the host.
    pub fn new(
        signature: Signature,
        native: impl Fn(&mut Call<'_>, &[Traced]) -> Result<Reply, CallError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            signature,
            special: Special::None,
            shallow: false,
            writes: false,
            keeps: false,
            native: Box::new(native),
        }
    }

    /// Declares that a value that it answers depends on the arguments themselves and on how
    /// many elements a container has, but not on what is inside (`len`, `kindOf`).
    #[must_use]
    pub fn shallow(mut self) -> Self {
        self.shallow = true;
        self
    }

    /// Declares that it writes into the map that is its first argument (`set`, `merge`): a
    /// branch that is not taken may then have mattered to it.
    #[must_use]
    pub fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    /// Declares that it answers with a list that has all elements of the one that is its first
    /// argument (`append`), and that it joins what decided the call to those that it adds: a
    /// variable that is assigned so in a branch keeps its elements whether or not that is taken.
    #[must_use]
    pub fn keeps(mut self) -> Self {
        self.keeps = true;
        self
    }

    pub(crate) fn special(mut self, special: Special) -> Self {
        self.special = special;
        self
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function")
            .field("signature", &self.signature)
            .finish_non_exhaustive()
    }
}

/// The functions that templates can call, by name.
#[derive(Clone)]
pub struct Functions {
    list: Vec<(Arc<str>, Arc<Function>)>,
    index: HashMap<Arc<str>, u32>,
}

impl Default for Functions {
    fn default() -> Self {
        Self::new()
    }
}

impl Functions {
    /// Go's own: `and`, `call`, `eq`, `ge`, `gt`, `html`, `index`, `js`, `le`, `len`, `lt`,
    /// `ne`, `not`, `or`, `print`, `printf`, `println`, `slice`, `urlquery`.
    pub fn new() -> Self {
        let mut functions = Self {
            list: Vec::new(),
            index: HashMap::default(),
        };
        crate::builtins::add(&mut functions);
        functions
    }

    /// Adds a function, or replaces the one of the same name.
    pub fn add(&mut self, name: &str, function: Function) -> &mut Self {
        let entry: (Arc<str>, _) = (name.into(), Arc::new(function));
        match self.index.get(name) {
            Some(&index) => self.list[index as usize] = entry,
            None => {
                self.index.insert(entry.0.clone(), self.list.len() as u32);
                self.list.push(entry);
            }
        }
        self
    }

    /// The names, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(name, _)| &**name)
    }

    /// The function of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Function>> {
        let index = *self.index.get(name)?;
        Some(&self.list[index as usize].1)
    }

    pub(crate) fn at(&self, index: u32) -> (&Arc<str>, &Arc<Function>) {
        let (name, function) = &self.list[index as usize];
        (name, function)
    }
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl FunctionNames for Functions {
    fn function(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }
}
