//! Checks of values against `values.schema.json`.
//!
//! JSON Schema drafts 4, 6, 7, 2019-09 and 2020-12 as santhosh-tekuri/jsonschema v6 reads them,
//! which is what Helm uses, with its texts. Helm prints the violations of an object's entries in
//! the random order of a Go map; here they are sorted by key. Nothing is fetched: a reference to
//! another document is asked of a [`Resolve`], and refused without one.

mod compile;
mod document;
mod draft;
mod formats;
mod node;
mod number;
mod pattern;
mod pointer;
mod validate;
mod violation;
mod wellformed;

use std::fmt::Write;
use std::sync::Arc;

use crate::chart::Instance;
use crate::values::{Data, Item, Table};

pub use compile::{CompileError, Resolve};
pub use node::Schema;
pub use violation::{Violation, Violations};

/// Values of one chart or several do not fit. Displayed, it is what Helm prints after its
/// headline.
#[derive(Debug)]
pub struct SchemaError {
    /// By chart, outer ones first.
    pub charts: Vec<ChartError>,
}

impl SchemaError {
    /// Whether a schema refers to a document that could not be had.
    pub fn lacks_document(&self) -> bool {
        let mut charts = self.charts.iter();
        charts.any(|chart| matches!(chart.reason, Reason::Compile(CompileError::Load { .. })))
    }
}

/// The values of one chart do not fit.
#[derive(Debug)]
pub struct ChartError {
    /// The chart's name.
    pub chart: String,
    /// Why.
    pub reason: Reason,
}

/// Why values do not fit.
#[derive(Debug)]
pub enum Reason {
    /// The schema cannot be used.
    Compile(CompileError),
    /// They break it.
    Violations(Violations),
    /// The values of a subchart are no mapping; Go's name of what they are.
    NoMap(&'static str),
}

impl std::fmt::Display for SchemaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for error in &self.charts {
            writeln!(f, "{}:", error.chart)?;
            match &error.reason {
                // Helm ends this text without a line break.
                Reason::Compile(error) => write!(f, "{error}")?,
                Reason::Violations(violations) => writeln!(f, "{}", violations.without_headline())?,
                Reason::NoMap(kind) => {
                    writeln!(
                        f,
                        "invalid type for values: expected object (map), got {kind}"
                    )?;
                }
            }
        }
        Ok(())
    }
}

impl std::error::Error for SchemaError {}

/// Checks the coalesced values of a chart and, each on its own part, those of its subcharts
/// (`ValidateAgainstSchema`).
pub(crate) fn check(
    root: &Instance,
    values: &Table,
    resolve: Option<&dyn Resolve>,
) -> Result<(), SchemaError> {
    if !has_schema(root) {
        return Ok(());
    }
    let mut charts = Vec::new();
    walk(root, &values.to_item(), resolve, &mut charts);
    if charts.is_empty() {
        return Ok(());
    }
    Err(SchemaError { charts })
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn has_schema(chart: &Instance) -> bool {
    chart.chart.schema.is_some() || chart.children.iter().any(has_schema)
}

fn walk(
    chart: &Instance,
    values: &Item,
    resolve: Option<&dyn Resolve>,
    errors: &mut Vec<ChartError>,
) {
    let mut report = |chart: &Instance, reason| {
        errors.push(ChartError {
            chart: chart.name.to_string(),
            reason,
        });
    };
    if let Some(file) = &chart.chart.schema {
        let compile = || Arc::new(Schema::compile(&file.data, resolve));
        // What another document says may change between two renders.
        let compiled = match resolve {
            None => chart.chart.compiled.get_or_init(compile).clone(),
            Some(_) => compile(),
        };
        match &*compiled {
            Err(error) => report(chart, Reason::Compile(error.clone())),
            Ok(schema) => {
                if let Err(violations) = schema.validate(values) {
                    report(chart, Reason::Violations(violations));
                }
            }
        }
    }
    for child in &chart.children {
        let Some(item) = values.data.get(&child.name) else {
            continue;
        };
        match &item.data {
            Data::Null => {}
            Data::Map(_) => walk(child, item, resolve, errors),
            other => errors.push(ChartError {
                chart: child.name.to_string(),
                reason: Reason::NoMap(go_type(other)),
            }),
        }
    }
}

fn go_type(data: &Data) -> &'static str {
    match data {
        Data::Null => "<nil>",
        Data::Bool(_) => "bool",
        Data::Int(_) => "int64",
        Data::Float(_) => "float64",
        Data::Str(_) => "string",
        Data::List(_) => "[]interface {}",
        Data::Map(_) => "map[string]interface {}",
    }
}

/// `text` in single quotes, as the library quotes.
pub(crate) fn quoted(text: &str) -> String {
    let quoted = plimsoll_gotmpl::quote(text.as_bytes());
    let inner = quoted[1..quoted.len() - 1].replace("\\\"", "\"");
    format!("'{}'", inner.replace('\'', "\\'"))
}

/// Texts in single quotes with commas between them.
pub(crate) fn all_quoted(texts: &[String]) -> String {
    let mut out = String::new();
    for text in texts {
        if !out.is_empty() {
            out.push_str(", ");
        }
        let _ = write!(out, "{}", quoted(text));
    }
    out
}
