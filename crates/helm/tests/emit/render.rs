//! Calls functions as templates do.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use plimsoll_gotmpl::{Functions, Options, Session, Templates, Traced, Tree, Value};

/// Templates that are one pipeline each.
pub(crate) struct Renderer {
    functions: Arc<Functions>,
    templates: RefCell<HashMap<String, Arc<Templates>>>,
    tracing: bool,
}

impl Renderer {
    pub(crate) fn new(tracing: bool) -> Self {
        let mut functions = Functions::new();
        plimsoll_helm::functions::register(&mut functions);
        let functions = Arc::new(functions);
        Self {
            functions,
            templates: RefCell::default(),
            tracing,
        }
    }

    fn templates(&self, pipeline: &str) -> Arc<Templates> {
        let mut known = self.templates.borrow_mut();
        if let Some(templates) = known.get(pipeline) {
            return templates.clone();
        }
        let mut templates = Templates::new("set", self.functions.clone());
        let text = format!("{{{{ .value | {pipeline} }}}}");
        templates.add(Tree::parse("main", text.as_bytes(), &*self.functions));
        let templates = Arc::new(templates);
        known.insert(pipeline.to_owned(), templates.clone());
        templates
    }

    /// What the pipeline makes of the value, printed, or the error.
    pub(crate) fn call(&self, pipeline: &str, value: Value) -> Result<Vec<u8>, String> {
        let options = Options {
            tracing: self.tracing,
            ..Options::default()
        };
        let mut session = Session::new(self.templates(pipeline), options);
        let dot = plimsoll_gotmpl::Map::new();
        dot.insert("value", Traced::from(value));
        let output = session.render("main", Value::Map(dot).into());
        match output {
            Ok(output) => Ok(output.bytes().to_vec()),
            Err(error) => Err(error.to_string()),
        }
    }
}
