//! The name of a release from a template: `--name-template`.

use std::sync::Arc;

use plimsoll_gotmpl::{
    Arguments, CallError, Function, Functions, Options, Session, Signature, Templates, Tree, Type,
    Value,
};

use crate::functions::{Context, Random};

const NAME: &str = "name-template";

/// What a template gives that sees no values (`TemplateName`). The error is what Helm prints.
/// `variable` gives the variables of the environment.
pub fn template_name(
    text: &str,
    variable: fn(&str) -> String,
    now: (i64, u32),
    random: Box<dyn Random>,
) -> Result<String, String> {
    let mut functions = Functions::new();
    crate::functions::register(&mut functions);
    let fail = Function::new(Signature::new([Type::String]), |_, arguments| {
        Err(CallError::new(arguments.str(0)?.text().into_owned()))
    });
    let env = Function::new(Signature::new([Type::String]), move |_, arguments| {
        Ok(Value::from(variable(&arguments.str(0)?.text()).as_str()).into())
    });
    functions.add("fail", fail).add("env", env);
    let functions = Arc::new(functions);
    let tree = Tree::parse(NAME, text.as_bytes(), &*functions);
    if let Some(error) = tree.errors().first() {
        return Err(error.to_string());
    }
    let mut templates = Templates::new(NAME, functions);
    templates.add(tree);
    let context = Context::new(now, random, Box::new(()));
    let mut session = Session::new(
        Arc::new(templates),
        Options {
            state: Some(Box::new(context)),
            ..Options::default()
        },
    );
    let output = session.render(NAME, Value::Nil.into());
    let output = output.map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(output.bytes()).into_owned())
}
