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

use plimsoll_gotmpl::{
    Call, CallError, Function, Functions, Reply, Signature, Trace, Traced, Type,
};

pub use context::{Context, Outside, Random};
pub use dates::time;
pub(crate) use encoding::json::write_string as write_json_string;
pub(crate) use encoding::{float, sort_as_yaml, to_yaml};
pub(crate) use radix::base64 as to_base64;

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
    /// See [`Function::keeps`].
    keeps: bool,
    /// What the answer comes from beside the arguments.
    outside: Option<fn(&Outside) -> Trace>,
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
        keeps: false,
        outside: None,
    }
}

/// A function whose answer is made of chance.
const fn chance(
    name: &'static str,
    parameters: &'static str,
    native: fn(&mut Call<'_>, &[Traced]) -> Answer,
) -> Entry {
    let mut entry = entry(name, parameters, native);
    entry.outside = Some(|outside| outside.chance);
    entry
}

/// A function whose answer depends on the clock.
const fn clock(
    name: &'static str,
    parameters: &'static str,
    native: fn(&mut Call<'_>, &[Traced]) -> Answer,
) -> Entry {
    let mut entry = entry(name, parameters, native);
    entry.outside = Some(|outside| outside.time);
    entry
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

    const fn keeps(mut self) -> Self {
        self.keeps = true;
        self
    }

    fn function(&self) -> Function {
        let signature = signature(self.parameters);
        let native = self.native;
        let mut function = match self.outside {
            None => Function::new(signature, native),
            Some(source) => Function::new(signature, move |call, arguments| {
                let answer = native(call, arguments)?;
                from_outside(call, arguments, answer, source)
            }),
        };
        if self.shallow {
            function = function.shallow();
        }
        if self.writes {
            function = function.writes();
        }
        if self.keeps {
            function = function.keeps();
        }
        function
    }
}

/// An answer with a source that is none of the arguments.
fn from_outside(
    call: &mut Call<'_>,
    arguments: &[Traced],
    answer: Reply,
    source: fn(&Outside) -> Trace,
) -> Answer {
    let source = source(&Context::of(call)?.outside);
    Ok(match answer {
        Reply::Value(value) => {
            let mut trace = source;
            for argument in arguments {
                let argument = call.deep_trace_of(argument);
                trace = call.union(trace, argument);
            }
            Traced::new(value, trace).into()
        }
        Reply::Traced(mut traced) => {
            traced.trace = call.union(traced.trace, source);
            traced.into()
        }
        render @ Reply::Render(_) => render,
    })
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
