//! Values: what a template computes with, and what Go's reflection would say of it.

mod duration;
mod entries;
mod equal;
mod list;
mod map;
mod object;
mod release;
mod string;
mod types;
mod watch;

use std::rc::Rc;

use crate::trace::Trace;

pub use list::List;
pub use map::Map;
pub(crate) use map::WeakMap;
pub use object::{Class, FuncValue, Object};
pub use string::Str;
pub use types::{IntType, Type, UintType};
pub use watch::{Seen, Watch};

/// A value. Cheap to clone; maps are shared, as in Go.
#[derive(Clone, Default)]
pub enum Value {
    /// `nil`.
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// A signed integer of some type.
    Int(i64, IntType),
    /// An unsigned integer of some type.
    Uint(u64, UintType),
    /// `float64`.
    Float(f64),
    /// `complex128`: real and imaginary part.
    Complex(Rc<(f64, f64)>),
    /// `time.Duration`, in nanoseconds.
    Duration(i64),
    /// `string`: any bytes.
    Str(Str),
    /// `[]uint8`.
    Bytes(Str),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A function.
    Func(Rc<FuncValue>),
    /// Something of the host.
    Object(Rc<Box<dyn Object>>),
}

/// A value and where it came from.
#[derive(Clone, Default)]
pub struct Traced {
    /// The value.
    pub value: Value,
    /// What it came from as a whole. Parts of containers and pieces of strings have more.
    pub trace: Trace,
    /// Whether Go would still have it in an `interface {}`. A nil without one is no value.
    pub(crate) wrapped: bool,
}

impl Traced {
    /// A value with its trace.
    pub fn new(value: impl Into<Value>, trace: Trace) -> Self {
        Self {
            value: value.into(),
            trace,
            wrapped: false,
        }
    }

    /// A value that Go has in an `interface {}`, such as a field of that type. Error texts name
    /// that type, and a nil is a value.
    pub fn in_interface(value: impl Into<Value>, trace: Trace) -> Self {
        Self::new(value, trace).wrapped(true)
    }

    /// The same as an element of type `interface {}`.
    pub(crate) fn wrapped(mut self, wrapped: bool) -> Self {
        self.wrapped = wrapped;
        self
    }

    /// Whether it is no value at all, not even nil in an interface.
    pub(crate) fn is_invalid(&self) -> bool {
        matches!(self.value, Value::Nil) && !self.wrapped
    }
}

impl<T: Into<Value>> From<T> for Traced {
    fn from(value: T) -> Self {
        Self::new(value, Trace::NONE)
    }
}

/// What Go's reflection calls a kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// No value.
    Invalid,
    /// `bool`
    Bool,
    /// Signed integers of any size.
    Int(IntType),
    /// Unsigned integers of any size.
    Uint(UintType),
    /// `float64`
    Float64,
    /// `complex128`
    Complex128,
    /// `string`
    String,
    /// `slice`
    Slice,
    /// `map`
    Map,
    /// `func`
    Func,
    /// `struct`
    Struct,
    /// `ptr`
    Pointer,
}

impl Kind {
    /// Go's name of it (`reflect.Kind.String`).
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Bool => "bool",
            Kind::Int(int) => int.name(),
            Kind::Uint(uint) => uint.name(),
            Kind::Float64 => "float64",
            Kind::Complex128 => "complex128",
            Kind::String => "string",
            Kind::Slice => "slice",
            Kind::Map => "map",
            Kind::Func => "func",
            Kind::Struct => "struct",
            Kind::Pointer => "ptr",
        }
    }
}

impl Value {
    /// A Go `int`.
    pub fn int(value: i64) -> Self {
        Value::Int(value, IntType::Int)
    }

    /// A Go `int64`.
    pub fn int64(value: i64) -> Self {
        Value::Int(value, IntType::Int64)
    }

    /// A list of type `[]interface {}`.
    pub fn list(items: Vec<Traced>) -> Self {
        Value::List(List::new(Type::Any, items))
    }

    /// A list of type `[]string`.
    pub fn strings(items: Vec<Traced>) -> Self {
        Value::List(List::new(Type::String, items))
    }

    /// An object of the host.
    pub fn object(object: impl Object + 'static) -> Self {
        Value::Object(Rc::new(Box::new(object)))
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Nil => Kind::Invalid,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_, kind) => Kind::Int(*kind),
            Value::Uint(_, kind) => Kind::Uint(*kind),
            Value::Float(_) => Kind::Float64,
            Value::Complex(_) => Kind::Complex128,
            Value::Duration(_) => Kind::Int(IntType::Int64),
            Value::Str(_) => Kind::String,
            Value::Bytes(_) | Value::List(_) => Kind::Slice,
            Value::Map(_) => Kind::Map,
            Value::Func(_) => Kind::Func,
            Value::Object(object) if object.is_pointer() => Kind::Pointer,
            Value::Object(_) => Kind::Struct,
        }
    }

    /// Its type; that of a nil is `interface {}`.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Nil => Type::Any,
            Value::Bool(_) => Type::Bool,
            Value::Int(_, kind) => Type::Int(*kind),
            Value::Uint(_, kind) => Type::Uint(*kind),
            Value::Float(_) => Type::Float64,
            Value::Complex(_) => Type::Complex128,
            Value::Duration(_) => Type::Duration,
            Value::Str(_) => Type::String,
            Value::Bytes(_) => Type::list(Type::Uint(UintType::Uint8)),
            Value::List(list) => list.type_of(),
            Value::Map(map) => map.type_of(),
            Value::Func(function) => Type::Opaque(function.type_name.as_str().into()),
            Value::Object(object) => Type::Opaque(object.type_name().into()),
        }
    }

    /// Its type, or the one that it points to.
    pub(crate) fn pointed_type(&self) -> Type {
        match self {
            Value::Object(object) => {
                Type::Opaque(object.type_name().trim_start_matches('*').into())
            }
            other => other.type_of(),
        }
    }

    /// Whether `if` takes it for true (`template.IsTrue`).
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(value, _) | Value::Duration(value) => *value != 0,
            Value::Uint(value, _) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Complex(value) => value.0 != 0.0 || value.1 != 0.0,
            Value::Str(text) | Value::Bytes(text) => !text.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Func(_) => true,
            Value::Object(object) => !object.is_nil(),
        }
    }

    /// Whether it is nil, be it of a type (`map[string]interface {}(nil)`) or of none.
    pub fn is_nil(&self) -> bool {
        match self {
            Value::Nil => true,
            Value::List(list) => list.is_nil(),
            Value::Map(map) => map.is_nil(),
            Value::Object(object) => object.is_nil(),
            _ => false,
        }
    }

    /// Whether it holds other values.
    pub(crate) fn is_container(&self) -> bool {
        matches!(
            self,
            Value::List(_) | Value::Map(_) | Value::Object(_) | Value::Func(_)
        )
    }

    /// The methods of its type.
    pub(crate) fn class(&self) -> Option<&Class> {
        match self {
            Value::List(list) => list.class(),
            Value::Map(map) => map.class(),
            Value::Object(object) => object.class(),
            Value::Duration(_) => Some(duration::class()),
            _ => None,
        }
    }

    /// The text that it prints as, if its type has a `String` or `Error` method.
    pub(crate) fn text(&self) -> Option<Vec<u8>> {
        match self {
            Value::Duration(nanoseconds) => Some(crate::format::duration(*nanoseconds)),
            Value::Object(object) => object.text(),
            Value::List(_) | Value::Map(_) => {
                let text = self.class()?.text?;
                Some(text(self))
            }
            _ => None,
        }
    }

    /// What decided its size and keys, for a container.
    pub(crate) fn shape(&self) -> Trace {
        match self {
            Value::List(list) => list.shape(),
            Value::Map(map) => map.shape(),
            Value::Object(object) => object.trace(),
            _ => Trace::NONE,
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::format::debug(self))
    }
}

impl std::fmt::Debug for Traced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} from {:?}", self.value, self.trace)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(text.into())
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Self {
        Value::Str(text)
    }
}

impl From<Vec<u8>> for Value {
    /// A string, not `[]uint8`.
    fn from(text: Vec<u8>) -> Self {
        Value::Str(text.into())
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Value::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Map(map)
    }
}
