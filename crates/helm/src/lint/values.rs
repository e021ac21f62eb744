//! `values.yaml`, and the values of the user laid over it, against the schema of the chart.

use std::sync::Arc;

use super::{Level, LintPlace, Linter, Request, UNASKED};
use crate::schema::{CompileError, Schema};
use crate::values::{
    Coalescing, Data, ReadError, SourceFile, SourceId, Sources, Table, json_kind, read_item,
};

const FILE: &str = "values.yaml";

pub(super) fn check(linter: &mut Linter<'_>, request: &Request<'_>) {
    if linter.chart.kind(FILE).is_none() {
        let head = linter.head();
        linter.say(
            Level::Info,
            "chart-values",
            FILE,
            "file does not exist",
            head,
        );
        return;
    }
    let bytes = linter.chart.read(FILE).unwrap_or_default();
    let text: Arc<str> = String::from_utf8_lossy(&bytes).into();
    let place = |range| {
        Some(LintPlace {
            path: FILE.into(),
            text: text.clone(),
            range,
        })
    };
    let mut sources = Sources::default();
    let read = read(&bytes, &text, &mut sources);
    let values = match read {
        Ok(values) => values,
        Err(error) => {
            let words = format!("unable to parse YAML: {}", error.message);
            linter.say(
                Level::Error,
                "chart-values",
                FILE,
                words,
                place(error.range),
            );
            return;
        }
    };
    let schema = linter.chart.read("values.schema.json").unwrap_or_default();
    if schema.is_empty() || request.skip_schema {
        return;
    }
    let (user, sources) = (request.sources)(Arc::new(sources));
    let all = Table::of_item(&user);
    Coalescing::default().tables(&all, &Table::of_item(&values), "");
    match Schema::compile(&schema, request.others.as_deref()) {
        Err(error) => {
            let place = Some(LintPlace {
                path: "values.schema.json".into(),
                text: String::from_utf8_lossy(&schema).into(),
                range: plimsoll_source::TextRange::default(),
            });
            let said = linter.say(Level::Error, "chart-schema", FILE, error.to_string(), place);
            if request.others.is_none() && matches!(error, CompileError::Load { .. }) {
                said.notes.push(UNASKED.to_owned());
            }
        }
        Ok(compiled) => {
            let Err(violations) = compiled.validate(&all.to_item()) else {
                return;
            };
            let words = format!("{}\n", violations.without_headline());
            let leaves = violations.violations.iter().flat_map(|one| one.leaves());
            let found: Vec<_> = leaves.collect();
            let spot = |id: SourceId| {
                let source = sources.get(id)?;
                let file = sources.file(source.file)?;
                (*file.name == *FILE).then_some(source.range)
            };
            let range = found.iter().find_map(|one| spot(one.source));
            let said = linter.say(
                Level::Error,
                "chart-schema",
                FILE,
                words,
                place(range.unwrap_or_default()),
            );
            for one in found {
                said.notes.extend(note(one.source, &one.path, &sources));
            }
        }
    }
}

/// Where a value was set.
fn note(id: SourceId, path: &[String], sources: &Sources) -> Option<String> {
    let source = sources.get(id)?;
    let file = sources.file(source.file)?;
    let path = path.join(".");
    if file.name.starts_with("--") {
        return Some(format!("`{path}` is set by `{}`", file.name));
    }
    let lines = plimsoll_source::LineIndex::new(&file.text);
    let line = lines.line(source.range.start);
    Some(format!("`{path}` is set in {}:{line}", file.name))
}

/// `ReadValues`: the first document, which must be a mapping.
fn read(
    bytes: &[u8],
    text: &Arc<str>,
    sources: &mut Sources,
) -> Result<crate::values::Item, ReadError> {
    let file = SourceFile {
        name: FILE.into(),
        text: text.clone(),
        below: Arc::default(),
    };
    let item = read_item(file, bytes, sources)?;
    match &item.data {
        Data::Map(_) => Ok(item),
        Data::Null => Ok(Data::map().into()),
        other => {
            let kind = json_kind(other);
            let words = format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type common.Values"
            );
            Err(ReadError::new(words, plimsoll_source::TextRange::default()))
        }
    }
}
