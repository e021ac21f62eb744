//! Calls functions as templates do.

use std::collections::HashMap;
use std::sync::Arc;

use plimsoll_gotmpl::{Functions, Options, Session, Templates, Traced, Tree, Value};

/// Templates that call one function each.
pub(crate) struct Renderer {
    templates: HashMap<String, Arc<Templates>>,
    tracing: bool,
}

impl Renderer {
    pub(crate) fn new(tracing: bool) -> Self {
        let mut functions = Functions::new();
        plimsoll_helm::functions::register(&mut functions);
        let functions = Arc::new(functions);
        let names: Vec<String> = functions.names().map(str::to_owned).collect();
        let templates = names.into_iter().map(|name| {
            let mut templates = Templates::new("set", functions.clone());
            let text = format!("{{{{ {name} .value }}}}");
            templates.add(Tree::parse("main", text.as_bytes(), &*functions));
            (name, Arc::new(templates))
        });
        Self {
            templates: templates.collect(),
            tracing,
        }
    }

    /// What the function answers, printed, or the error.
    pub(crate) fn call(&self, function: &str, value: Value) -> Result<Vec<u8>, String> {
        let options = Options {
            tracing: self.tracing,
            ..Options::default()
        };
        let mut session = Session::new(self.templates[function].clone(), options);
        let dot = plimsoll_gotmpl::Map::new();
        dot.insert("value", Traced::from(value));
        let output = session.render("main", Value::Map(dot).into());
        match output {
            Ok(output) => Ok(output.bytes().to_vec()),
            Err(error) => Err(error.to_string()),
        }
    }
}
