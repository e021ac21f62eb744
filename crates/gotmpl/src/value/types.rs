//! Types as Go names them, and which value fits which.

use std::fmt;
use std::sync::Arc;

/// The types of signed integers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntType {
    /// `int`
    Int,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
}

impl IntType {
    /// Go's name of it.
    pub fn name(self) -> &'static str {
        match self {
            IntType::Int => "int",
            IntType::Int8 => "int8",
            IntType::Int16 => "int16",
            IntType::Int32 => "int32",
            IntType::Int64 => "int64",
        }
    }

    /// What Go's conversion to it keeps of a number.
    pub(crate) fn truncated(self, value: i64) -> i64 {
        match self {
            IntType::Int | IntType::Int64 => value,
            IntType::Int8 => i64::from(value as i8),
            IntType::Int16 => i64::from(value as i16),
            IntType::Int32 => i64::from(value as i32),
        }
    }
}

/// The types of unsigned integers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UintType {
    /// `uint`
    Uint,
    /// `uint8`
    Uint8,
    /// `uint16`
    Uint16,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// `uintptr`
    Uintptr,
}

impl UintType {
    /// Go's name of it.
    pub fn name(self) -> &'static str {
        match self {
            UintType::Uint => "uint",
            UintType::Uint8 => "uint8",
            UintType::Uint16 => "uint16",
            UintType::Uint32 => "uint32",
            UintType::Uint64 => "uint64",
            UintType::Uintptr => "uintptr",
        }
    }

    /// What Go's conversion to it keeps of a number.
    pub(crate) fn truncated(self, value: u64) -> u64 {
        match self {
            UintType::Uint | UintType::Uint64 | UintType::Uintptr => value,
            UintType::Uint8 => u64::from(value as u8),
            UintType::Uint16 => u64::from(value as u16),
            UintType::Uint32 => u64::from(value as u32),
        }
    }
}

/// A type: of a value, of an element, of a parameter. Displayed as Go writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// `interface {}`
    Any,
    /// `reflect.Value`: a parameter that takes anything as it is, even no value.
    Reflect,
    /// `bool`
    Bool,
    /// Signed integers.
    Int(IntType),
    /// Unsigned integers.
    Uint(UintType),
    /// `float64`
    Float64,
    /// `complex128`
    Complex128,
    /// `time.Duration`
    Duration,
    /// `string`
    String,
    /// A slice of elements of one type.
    List(Arc<Type>),
    /// A map from strings to one type.
    Map(Arc<Type>),
    /// A named type and the one beneath.
    Named(Arc<str>, Arc<Type>),
    /// Anything else, by name: functions, structs, pointers. Only the same type fits it.
    Opaque(Arc<str>),
}

impl Type {
    /// `int`
    pub const INT: Type = Type::Int(IntType::Int);
    /// `int64`
    pub const INT64: Type = Type::Int(IntType::Int64);

    /// A slice of this.
    pub fn list(element: Type) -> Self {
        Type::List(Arc::new(element))
    }

    /// A map from strings to this.
    pub fn map(element: Type) -> Self {
        Type::Map(Arc::new(element))
    }

    /// `map[string]interface {}`
    pub fn any_map() -> Self {
        Self::map(Type::Any)
    }

    /// `[]interface {}`
    pub fn any_list() -> Self {
        Self::list(Type::Any)
    }

    /// Whether it is `interface {}`.
    pub fn is_any(&self) -> bool {
        matches!(self, Type::Any)
    }

    fn underlying(&self) -> &Type {
        match self {
            Type::Named(_, under) => under,
            other => other,
        }
    }

    fn is_defined(&self) -> bool {
        !matches!(self, Type::List(_) | Type::Map(_))
    }

    /// Whether a value of this type can be used where `to` is wanted (`Type.AssignableTo`).
    pub fn fits(&self, to: &Type) -> bool {
        if self == to || *to == Type::Any {
            return true;
        }
        let one_is_plain = !self.is_defined() || !to.is_defined();
        one_is_plain && self.underlying() == to.underlying()
    }

    /// Whether nil can be used where this is wanted.
    pub(crate) fn can_be_nil(&self) -> bool {
        match self {
            Type::Any | Type::Reflect | Type::List(_) | Type::Map(_) => true,
            Type::Named(_, under) => under.can_be_nil(),
            Type::Opaque(name) => name.starts_with('*') || name.starts_with("func("),
            _ => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("interface {}"),
            Type::Reflect => f.write_str("reflect.Value"),
            Type::Bool => f.write_str("bool"),
            Type::Int(int) => f.write_str(int.name()),
            Type::Uint(uint) => f.write_str(uint.name()),
            Type::Float64 => f.write_str("float64"),
            Type::Complex128 => f.write_str("complex128"),
            Type::Duration => f.write_str("time.Duration"),
            Type::String => f.write_str("string"),
            Type::List(element) => write!(f, "[]{element}"),
            Type::Map(element) => write!(f, "map[string]{element}"),
            Type::Named(name, _) | Type::Opaque(name) => f.write_str(name),
        }
    }
}
