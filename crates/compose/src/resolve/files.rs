//! The files of `env_file` and `label_file`, read into the services that name them.
//!
//! Follows compose-go's `types/project.go`: a later file wins over an earlier one, what is
//! written in the service wins over both, and only services that are on are looked at.

use std::collections::BTreeMap;

use super::context::{Cx, Refused, Resolving, is_missing};
use super::dotenv::{Mistake, Reader};
use super::environment::{Environment, Variable};
use super::item::{Data, Item, Map};
use super::records::{SourceId, Spot, Trace, Use, VariableOrigin};
use super::refusal::{Reason, Refusal};
use super::select::Model;
use super::surroundings::PathKind;

/// Resolves `environment` of every service that is on.
pub(super) fn environments(
    cx: &mut Cx<'_>,
    model: &mut Model,
    project: &Environment,
) -> Resolving<()> {
    let Some(services) = model.section_mut("services") else {
        return Ok(());
    };
    for (_, head, service) in services.values_mut() {
        let Some(service) = service.as_map_mut() else {
            continue;
        };
        environment(cx, service, head, project)?;
    }
    Ok(())
}

fn environment(
    cx: &mut Cx<'_>,
    service: &mut Map,
    head: Trace,
    project: &Environment,
) -> Resolving<()> {
    let (key_trace, trace, mut own) = match service.remove("environment") {
        Some(entry) => match entry.value.data {
            Data::Map(map) => (entry.key_trace, entry.value.trace, map),
            _ => (entry.key_trace, entry.value.trace, Map::default()),
        },
        None => (head.implied(), head.implied(), Map::default()),
    };
    for (name, key_trace, value) in own.values_mut() {
        if value.is_null()
            && let Some(variable) = project.get(name)
        {
            *value = of_variable(cx, name, variable, key_trace);
        }
    }
    let files = if cx.request.no_env_files {
        None
    } else {
        service.remove("env_file")
    };
    let mut variables = Environment::default();
    for entry in &own {
        if let Some(value) = entry.value().as_str() {
            variables.set(entry.key(), of_service(value));
        }
    }
    // Which file a variable comes from.
    let mut causes: BTreeMap<Box<str>, Trace> = BTreeMap::new();
    for file in files.iter().flat_map(|entry| entry.value.items()) {
        let lookup = |name: &str| {
            let written = || Some(of_service(own.get(name)?.as_str()?));
            project.get(name).cloned().or_else(written)
        };
        let before = variables.clone();
        env_file(cx, file, &lookup, &mut variables)?;
        for (name, variable) in variables.iter() {
            if before.get(name) != Some(variable) {
                causes.insert(name.into(), file.trace);
            }
        }
    }
    let mut merged = Map::default();
    for (name, variable) in variables.iter() {
        if !own.contains(name) {
            let cause = causes.get(name).copied().unwrap_or(head);
            let value = of_variable(cx, name, variable, cause);
            merged.insert(name, cause.implied(), value);
        }
    }
    for entry in own {
        merged.insert(entry.key, entry.key_trace, entry.value);
    }
    if !merged.is_empty() {
        service.insert(
            "environment",
            key_trace,
            Item::new(Data::Map(merged), trace),
        );
    }
    Ok(())
}

/// A value that the service itself gives.
fn of_service(value: &str) -> Variable {
    Variable {
        value: value.into(),
        origin: VariableOrigin::Compose,
    }
}

/// A variable's value as it stands in a service.
fn of_variable(cx: &mut Cx<'_>, name: &str, variable: &Variable, cause: Trace) -> Item {
    let used = Use {
        name: name.into(),
        origin: variable.origin,
    };
    let trace = cx.records.with_uses(cause, vec![used]);
    Item::text(variable.value.clone(), trace)
}

fn env_file(
    cx: &mut Cx<'_>,
    file: &Item,
    lookup: &dyn Fn(&str) -> Option<Variable>,
    vars: &mut Environment,
) -> Resolving<()> {
    let trace = file.get("path").map_or(file.trace, |path| path.trace);
    let path = file.get("path").and_then(Item::as_str).unwrap_or_default();
    let required = file.get("required").and_then(Item::as_bool) != Some(false);
    let format = file
        .get("format")
        .and_then(Item::as_str)
        .unwrap_or_default();
    if cx.kind(path).is_none() {
        if !required {
            return Ok(());
        }
        let refused = missing(cx, "env file", path, trace);
        return cx.tolerate(refused);
    }
    mapping_file(cx, "env file", path, format, trace, lookup, vars)
}

fn missing(cx: &Cx<'_>, what: &'static str, path: &str, trace: Trace) -> Refused {
    let failure = super::surroundings::ReadFailure::NotFound;
    let path = path.to_owned();
    cx.refusal(
        Reason::EnvFileMissing {
            what,
            path,
            failure,
        },
        trace,
    )
}

fn mapping_file(
    cx: &mut Cx<'_>,
    what: &'static str,
    path: &str,
    format: &str,
    trace: Trace,
    lookup: &dyn Fn(&str) -> Option<Variable>,
    vars: &mut Environment,
) -> Resolving<()> {
    let raw = match format {
        "" | ".env" => false,
        "raw" => true,
        format => {
            let format = format.to_owned();
            return Err(cx.refusal(Reason::EnvFileFormat { format }, trace));
        }
    };
    if cx.kind(path) == Some(PathKind::Folder) {
        let reason = Reason::EnvFileMissing {
            what,
            path: path.to_owned(),
            failure: super::surroundings::ReadFailure::Folder,
        };
        return Err(cx.refusal(reason, trace));
    }
    let (source, text) = match cx.read(path, trace) {
        Ok(read) => read,
        Err(refused) => {
            let unreadable = refused.0.first().is_some_and(|refusal| {
                matches!(&refusal.reason, Reason::Unreadable { failure, .. } if is_missing(failure))
            });
            return if unreadable {
                cx.tolerate(refused)
            } else {
                Err(refused)
            };
        }
    };
    let mut reader = Reader {
        source,
        lookup,
        unset: Vec::new(),
    };
    let outcome = if raw {
        reader.read_raw(&text, vars)
    } else {
        reader.read(&text, vars)
    };
    let unset = reader.unset;
    note_unset(cx, unset);
    outcome.map_err(|mistake| syntax(source, mistake))
}

/// Notes variables in an env file that nothing sets.
pub(super) fn note_unset(cx: &mut Cx<'_>, unset: Vec<(String, Spot)>) {
    for (name, spot) in unset {
        let message = format!("the variable `{name}` is not set, it is read as empty");
        cx.notice(message, Some(spot));
    }
}

/// A refusal of a line of an env file.
pub(super) fn syntax(source: SourceId, mistake: Mistake) -> Refused {
    let reason = Reason::EnvFileSyntax {
        message: mistake.message,
    };
    let range = mistake.range;
    Refusal::at_spot(reason, Spot { source, range }).into()
}

/// Resolves `labels` of every service that is on. The paths of the files stay.
pub(super) fn labels(cx: &mut Cx<'_>, model: &mut Model) -> Resolving<()> {
    let Some(services) = model.section_mut("services") else {
        return Ok(());
    };
    for (_, head, service) in services.values_mut() {
        let Some(service) = service.as_map_mut() else {
            continue;
        };
        let files: Vec<Item> = service
            .get("label_file")
            .map(|files| files.items().to_vec())
            .unwrap_or_default();
        if files.is_empty() {
            continue;
        }
        let mut merged = Map::default();
        let mut known = Environment::default();
        for file in &files {
            let path = file.as_str().unwrap_or_default();
            if cx.kind(path).is_none() {
                let refused = missing(cx, "label file", path, file.trace);
                cx.tolerate(refused)?;
                continue;
            }
            let earlier = known.clone();
            let lookup = |name: &str| earlier.get(name).cloned();
            let mut vars = Environment::default();
            mapping_file(cx, "label file", path, "", file.trace, &lookup, &mut vars)?;
            for (name, variable) in vars.iter() {
                known.set(name, variable.clone());
                let value = of_variable(cx, name, variable, file.trace);
                merged.insert(name, file.trace.implied(), value);
            }
        }
        let (key_trace, trace) = match service.remove("labels") {
            Some(entry) => {
                let trace = entry.value.trace;
                if let Data::Map(own) = entry.value.data {
                    for entry in own {
                        merged.insert(entry.key, entry.key_trace, entry.value);
                    }
                }
                (entry.key_trace, trace)
            }
            None => (head, head.implied()),
        };
        if !merged.is_empty() {
            service.insert("labels", key_trace, Item::new(Data::Map(merged), trace));
        }
    }
    Ok(())
}
