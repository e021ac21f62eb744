//! Ports that the package `config` keeps: `config.get("api.port")` reads files below `config`.

use serde_json::Value;

use super::{Project, parse};
use crate::detect::code::Code;
use crate::detect::files::below;
use crate::detect::port as ports;
use crate::model::{Evidence, Known, Port};

/// Files of defaults, what is for production first.
const FILES: &[&str] = &[
    "config/production.json",
    "config/default.json",
    "config/production.json5",
    "config/default.json5",
];

/// The port that an expression reads by its key, with the variable that may set it.
pub(super) fn port(
    project: &Project<'_>,
    code: Code<'_>,
    range: std::ops::Range<usize>,
) -> Option<Known<Port>> {
    if !project.package.has("config") {
        return None;
    }
    let named = range.clone().filter_map(|at| code.word(at));
    let given = named.flat_map(|name| code.definitions(name));
    let all: Vec<_> = std::iter::once(range.clone()).chain(given).collect();
    let key = all.into_iter().flatten().find_map(|at| {
        let read = code.is(at, &["config", ".", "get", "("]);
        code.string(at + 4).filter(|_| read)
    })?;
    let mut files = FILES.iter();
    let (path, line, number) = files.find_map(|name| {
        let path = below(&project.folder, name);
        let text = project.cx.files.text(&path)?;
        let value = at_key(parse(&text.text)?, key)?;
        let number = match &value {
            Value::Number(number) => u16::try_from(number.as_u64()?).ok()?,
            value => ports::number_in(value.as_str()?)?,
        };
        let last = key.rsplit('.').next().unwrap_or(key);
        let line = text.line_with(&format!("\"{last}\""));
        Some((path, line, number))
    })?;
    let port = Port {
        number,
        variable: variable(project, key),
        loopback: false,
    };
    let evidence = Evidence::line(&path, line, format!("`{key}` is set"));
    Some(Known::stated(port, evidence))
}

fn at_key(value: Value, key: &str) -> Option<Value> {
    key.split('.')
        .try_fold(value, |value, part| value.get(part).cloned())
}

/// The variable that overrules a key.
fn variable(project: &Project<'_>, key: &str) -> Option<String> {
    let path = below(&project.folder, "config/custom-environment-variables.json");
    let text = project.cx.files.text(&path)?;
    let value = at_key(parse(&text.text)?, key)?;
    let name = value.as_str().or_else(|| value.get("__name")?.as_str())?;
    Some(name.to_owned())
}
