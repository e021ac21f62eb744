//! Rendering one text with the functions.

use std::sync::{Arc, OnceLock};

use plimsoll_gotmpl::{
    Arguments, Function, Functions, Limits, MissingKey, Options, Render, Session, Signature,
    Templates, Tree, Type, Value,
};
use plimsoll_helm::functions::{Context, Random, register};

/// Chance that is the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Random for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

/// Go's functions, ours, one that makes bytes, and one that renders a template.
pub(crate) fn functions() -> Arc<Functions> {
    static FUNCTIONS: OnceLock<Arc<Functions>> = OnceLock::new();
    let make = || {
        let mut functions = Functions::new();
        register(&mut functions);
        let bytes = Function::new(Signature::new([Type::String]), |_, arguments| {
            Ok(Value::Bytes(arguments.str(0)?.clone()).into())
        });
        functions.add("bytes", bytes);
        let named = Signature::new([Type::String, Type::Any]);
        let include = Function::new(named, |_, arguments| {
            let (name, dot) = (arguments.str(0)?.clone(), arguments.at(1)?.clone());
            Ok(Render::named(name, dot, |_, text| Ok(text?.into())))
        });
        functions.add("include", include);
        Arc::new(functions)
    };
    FUNCTIONS.get_or_init(make).clone()
}

/// A session over one text, with a clock that stands and chance that repeats.
#[allow(dead_code, reason = "not every test that shares this file calls it")]
pub(crate) fn session(text: &str, tracing: bool) -> Result<Session, String> {
    limited(text, tracing, Limits::default())
}

/// The same with other limits.
pub(crate) fn limited(text: &str, tracing: bool, limits: Limits) -> Result<Session, String> {
    let functions = functions();
    let tree = Tree::parse("main.tpl", text.as_bytes(), &*functions);
    if let Some(error) = tree.errors().first() {
        return Err(error.to_string());
    }
    let mut templates = Templates::new("set", functions);
    templates.add(tree);
    let mut context = Context::new((1_800_000_000, 5), Box::new(Dice(1)), Box::new(()));
    context.zone = "Europe/Berlin".into();
    Ok(Session::new(
        Arc::new(templates),
        Options {
            limits,
            missing_key: MissingKey::Zero,
            tracing,
            state: Some(Box::new(context)),
        },
    ))
}
