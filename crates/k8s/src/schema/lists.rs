//! Lists whose items must differ.

use std::collections::HashMap;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Kind, Node};

use super::placeholders::is_placeholder;
use super::problem::ProblemKind;
use super::table::Field;
use super::walk::Walk;

/// What the API server does about equal items.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It refuses the object.
    Refused,
    /// It warns, and the last one wins.
    Warned,
    /// It takes the object.
    Taken,
}

/// Lists in which equal items are no error.
const LENIENT: &[(&str, &str, Verdict)] = &[
    ("core.v1.Container", "env", Verdict::Warned),
    ("core.v1.Container", "ports", Verdict::Warned),
    ("core.v1.EphemeralContainer", "env", Verdict::Warned),
    ("core.v1.EphemeralContainer", "ports", Verdict::Warned),
    ("core.v1.PodSpec", "hostAliases", Verdict::Warned),
    ("core.v1.PodSpec", "imagePullSecrets", Verdict::Warned),
    ("core.v1.ServiceAccount", "secrets", Verdict::Taken),
    ("meta.v1.ObjectMeta", "finalizers", Verdict::Taken),
    ("meta.v1.ObjectMeta", "ownerReferences", Verdict::Taken),
    (
        "apiextensions.v1.JSONSchemaProps",
        "x-kubernetes-validations",
        Verdict::Taken,
    ),
];

/// Tells of items with the same keys.
pub(super) fn check<'a>(walk: &mut Walk<'a>, field: &'static Field, list: Node<'a>) {
    let table = walk.table;
    let Some(&owner) = walk.above.last() else {
        return;
    };
    let name = table.field_name(field);
    // Before 1.30 some lists were not marked yet, and validated all the same.
    let Some(marked) = table
        .variants(owner, name)
        .find(|field| table.keys(field).next().is_some())
    else {
        return;
    };
    let keys = table.keys(marked);
    let Some(first_key) = keys.clone().next() else {
        return;
    };
    let verdict = LENIENT
        .iter()
        .find(|row| row.0 == table.definition_name(owner) && row.1 == name)
        .map_or(Verdict::Refused, |row| row.2);
    if verdict == Verdict::Taken {
        return;
    }
    let mut seen: HashMap<Vec<String>, TextRange> = HashMap::new();
    for item in list.items() {
        let item = item.resolve();
        let Some(values) = values(item, keys.clone()) else {
            continue;
        };
        let range = match item.entry(first_key) {
            Some(entry) if item.kind() == Kind::Mapping => entry.range(),
            _ => item.range(),
        };
        if values.iter().any(|value| is_placeholder(value)) {
            continue;
        }
        let Some(first) = seen.get(&values).copied() else {
            seen.insert(values, range);
            continue;
        };
        let called = values.join("/");
        let message = if first_key == "*" {
            format!("`{name}` holds `{called}` twice")
        } else {
            format!(
                "two of `{name}` have the same `{}`: `{called}`",
                shown(keys.clone())
            )
        };
        let problem = walk.report(ProblemKind::Duplicate, range, message);
        problem.related(first, "the first one");
        match verdict {
            Verdict::Refused => problem.help(match name {
                "ports" => "give one of them another number, or remove it and let what names it name the other",
                _ => "rename or remove one",
            }),
            _ => problem
                .warning()
                .note("the API server takes it with a warning; `kubectl apply --server-side` refuses it")
                .help("remove one"),
        };
    }
}

fn shown<'k>(keys: impl Iterator<Item = &'k str>) -> String {
    keys.collect::<Vec<_>>().join("` and `")
}

/// The values of the keys, with the API server's defaults.
fn values<'k>(item: Node<'_>, keys: impl Iterator<Item = &'k str>) -> Option<Vec<String>> {
    let mut values = Vec::new();
    for key in keys {
        if key == "*" {
            return Some(vec![item.str()?.to_owned()]);
        }
        let value = item.present(key).and_then(Node::str);
        values.push(match (key, value) {
            (_, Some(value)) if !value.is_empty() => value.to_owned(),
            ("protocol", _) => "TCP".to_owned(),
            _ => return None,
        });
    }
    Some(values)
}
