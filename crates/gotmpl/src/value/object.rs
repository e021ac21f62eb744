//! What only the host knows: objects with fields and methods, named types, function values.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::CallError;
use crate::functions::{Call, Function, Reply, Signature};
use crate::trace::Trace;

use super::{Traced, Value};

/// Something of the host that templates can look into, such as a Go struct.
pub trait Object {
    /// Go's name of its type, such as `*common.Capabilities`.
    fn type_name(&self) -> &str;

    /// Whether it is a pointer to a struct and not a struct.
    fn is_pointer(&self) -> bool {
        self.type_name().starts_with('*')
    }

    /// A field. `None` means that the type has no such field, or that it is nil.
    fn field(&self, name: &str) -> Option<Traced>;

    /// Whether the type has this field, which matters for nil.
    fn has_field(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// Whether it is a nil pointer.
    fn is_nil(&self) -> bool {
        false
    }

    /// The fields in order, for printing.
    fn fields(&self) -> Vec<(String, Traced)> {
        Vec::new()
    }

    /// The fields that encoders see, by the names that they have there.
    fn encoded_fields(&self) -> Vec<(String, Traced)> {
        self.fields()
    }

    /// The methods of its type.
    fn class(&self) -> Option<&Class> {
        None
    }

    /// What its `String` or `Error` method gives, if it has one.
    fn text(&self) -> Option<Vec<u8>> {
        None
    }

    /// The value that encoders write in its place, if its type says so (`MarshalJSON`,
    /// `MarshalText`); otherwise they write its fields.
    fn encoded(&self) -> Option<Traced> {
        None
    }

    /// What the `String` method of a pointer to it gives: an action that prints a field uses
    /// it, because Go can take the field's address.
    fn addressed_text(&self) -> Option<Vec<u8>> {
        None
    }

    /// What it came from as a whole.
    fn trace(&self) -> Trace {
        Trace::NONE
    }

    /// Whether Go would call the two equal (`==` of pointers or structs).
    fn equals(&self, _other: &dyn Object) -> bool {
        false
    }

    /// The object itself, for functions that know its type.
    fn as_any(&self) -> &dyn Any;
}

/// A named type: its name and methods.
#[derive(Default)]
pub struct Class {
    /// Go's name of it, such as `common.Values`.
    pub name: String,
    /// Its `String` method, which printing uses.
    pub text: Option<fn(&Value) -> Vec<u8>>,
    methods: BTreeMap<String, Arc<Function>>,
    /// A bit for each letter, modulo 64, that the name of a method begins with.
    initials: u64,
}

impl Class {
    /// A type without methods.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Adds a method. The closure finds the receiver with [`Call::receiver`].
    #[must_use]
    pub fn method(
        mut self,
        name: &str,
        signature: Signature,
        native: impl Fn(&mut Call<'_>, &[Traced]) -> Result<Reply, CallError> + Send + Sync + 'static,
    ) -> Self {
        let function = Arc::new(Function::new(signature, native));
        self.methods.insert(name.to_owned(), function);
        self.initials |= initial(name.as_bytes());
        self
    }

    /// The method of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Function>> {
        self.methods.get(name)
    }

    /// Whether there is a method of this name.
    #[inline]
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.initials & initial(name) != 0
            && self.methods.keys().any(|known| known.as_bytes() == name)
    }
}

/// The bit for the letter that a name begins with.
#[inline]
fn initial(name: &[u8]) -> u64 {
    name.first().map_or(0, |first| 1 << (first % 64))
}

/// A function as a value: for the builtin `call`.
pub struct FuncValue {
    /// Go's name of its type, such as `func(int) string`.
    pub type_name: String,
    /// What it does.
    pub function: Arc<Function>,
}
