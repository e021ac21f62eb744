//! The functions of templates: sprig's and Helm's own.
//!
//! The reference is Helm 4.3.1: sprig 3.3.0 without `env` and `expandenv`, and the functions of
//! Helm's engine. Names, parameter types, results, error texts and aliasing are theirs; equality
//! is tested with recorded answers (`tests/oracles/sprig`). What a function answers has the
//! traces of all that it depends on.
//!
//! Where the reference has an order that changes from run to run (`keys`, `values`), ours is
//! that of the keys. Time and chance come from the caller ([`Context`]).

mod context;
mod crypto;
mod dates;
mod defaults;
mod dicts;
mod encoding;
mod flow;
mod hashes;
mod lists;
mod merge;
mod numbers;
mod paths;
mod radix;
mod random;
pub(crate) mod regex;
mod strings;
mod types;
pub(crate) mod urls;
mod versions;

use plimsoll_gotmpl::{Call, CallError, Function, Functions, Reply, Signature, Traced, Type};

pub use context::{Context, Random};
pub use dates::time;
pub(crate) use encoding::json::write_string as write_json_string;
pub(crate) use encoding::{float, sort_as_yaml, to_yaml};

/// Adds the functions of this module to those of a set of templates.
pub fn register(functions: &mut Functions) {
    let families = [
        defaults::FUNCTIONS,
        dicts::FUNCTIONS,
        hashes::FUNCTIONS,
        lists::FUNCTIONS,
        merge::FUNCTIONS,
        numbers::FUNCTIONS,
        paths::FUNCTIONS,
        radix::FUNCTIONS,
        random::FUNCTIONS,
        regex::FUNCTIONS,
        types::FUNCTIONS,
        urls::FUNCTIONS,
        versions::FUNCTIONS,
    ];
    let families = families
        .into_iter()
        .chain(strings::families())
        .chain(dates::families())
        .chain(crypto::families());
    for entry in families.flatten() {
        functions.add(entry.name, entry.function());
    }
    encoding::register(functions);
}

type Answer = Result<Reply, CallError>;

/// A function of a family.
struct Entry {
    name: &'static str,
    /// The types of its parameters, separated by spaces; the last may end in `...`.
    parameters: &'static str,
    native: fn(&mut Call<'_>, &[Traced]) -> Answer,
    /// See [`Function::shallow`].
    shallow: bool,
    /// See [`Function::writes`].
    writes: bool,
}

const fn entry(
    name: &'static str,
    parameters: &'static str,
    native: fn(&mut Call<'_>, &[Traced]) -> Answer,
) -> Entry {
    Entry {
        name,
        parameters,
        native,
        shallow: false,
        writes: false,
    }
}

impl Entry {
    const fn shallow(mut self) -> Self {
        self.shallow = true;
        self
    }

    const fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    fn function(&self) -> Function {
        let mut function = Function::new(signature(self.parameters), self.native);
        if self.shallow {
            function = function.shallow();
        }
        if self.writes {
            function = function.writes();
        }
        function
    }
}

fn signature(parameters: &str) -> Signature {
    let mut types = Vec::new();
    for word in parameters.split_whitespace() {
        match word.strip_suffix("...") {
            Some(rest) => return Signature::variadic(types, type_of(rest)),
            None => types.push(type_of(word)),
        }
    }
    Signature::new(types)
}

/// The type that a word stands for.
fn type_of(word: &str) -> Type {
    match word {
        "string" => Type::String,
        "bool" => Type::Bool,
        "int" => Type::INT,
        "uint32" => Type::Uint(plimsoll_gotmpl::value::UintType::Uint32),
        "float" => Type::Float64,
        "map" => Type::any_map(),
        "list" => Type::any_list(),
        "time" => Type::Opaque("time.Time".into()),
        "certificate" => Type::Opaque("sprig.certificate".into()),
        _ => Type::Any,
    }
}
