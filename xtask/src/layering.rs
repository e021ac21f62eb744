//! The law of layers: `cargo metadata` against the table in `ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::{cargo, output, root};

/// The only crate that may link what follows.
const NETWORK: &str = "plimsoll-fetch";

/// What nothing else may link, so what reviewing does without: TLS and async runtimes, by the
/// crates that bring them.
const FORBIDDEN: &[&str] = &[
    "async-std",
    "aws-lc-rs",
    "hyper",
    "mio",
    "native-tls",
    "openssl",
    "openssl-sys",
    "reqwest",
    "ring",
    "rustls",
    "schannel",
    "security-framework",
    "smol",
    "tokio",
    "ureq",
];

/// For each crate of the workspace, the crates that it may depend on.
type Table = BTreeMap<String, Allowed>;

/// What a crate may depend on.
#[derive(Default)]
struct Allowed {
    always: BTreeSet<String>,
    /// What only its tests may use: in the table, what follows `; in tests`.
    in_tests: BTreeSet<String>,
}

/// Every breach of the law, as a sentence.
pub(crate) fn breaches() -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let table = table(&text)?;
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut breaches = edges(&table, &metadata)?;
    breaches.extend(linked(&metadata)?);
    Ok(breaches)
}

/// Reads the table between the markers.
fn table(text: &str) -> Result<Table> {
    let (_, rest) = text
        .split_once("<!-- layers:begin -->")
        .context("no `layers:begin`")?;
    let (rows, _) = rest
        .split_once("<!-- layers:end -->")
        .context("no `layers:end`")?;
    let rows = rows.lines().filter(|row| row.starts_with("| `"));
    let row = |row: &str| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let name = cells.next().unwrap_or("").trim_matches('`').to_owned();
        let allowed = cells.next().unwrap_or("");
        let (always, in_tests) = allowed.split_once("; in tests").unwrap_or((allowed, ""));
        let crates = |list: &str| {
            let names = list.split(',').map(str::trim);
            let names = names.filter(|crate_| !crate_.is_empty());
            names.map(|crate_| format!("plimsoll-{crate_}")).collect()
        };
        let allowed = Allowed {
            always: crates(always),
            in_tests: crates(in_tests),
        };
        (name, allowed)
    };
    Ok(rows.map(row).collect())
}

fn edges(table: &Table, metadata: &Value) -> Result<Vec<String>> {
    let packages = list(metadata, "packages")?;
    let ours: BTreeSet<&str> = packages
        .iter()
        .filter(|p| p["source"].is_null())
        .filter_map(|p| p["name"].as_str())
        .collect();
    let mut breaches = Vec::new();
    for name in table.keys().filter(|name| !ours.contains(name.as_str())) {
        breaches.push(format!(
            "the table names `{name}`, which is no crate of the workspace"
        ));
    }
    for package in packages.iter().filter(|p| p["source"].is_null()) {
        let name = package["name"].as_str().context("a package has a name")?;
        let Some(allowed) = table.get(name) else {
            breaches.push(format!("`{name}` is missing from the table"));
            continue;
        };
        for dependency in list(package, "dependencies")? {
            let on = dependency["name"]
                .as_str()
                .context("a dependency has a name")?;
            let only_in_tests = dependency["kind"] == "dev";
            let in_tests = on == "plimsoll-testkit" || allowed.in_tests.contains(on);
            let fine = allowed.always.contains(on) || only_in_tests && in_tests;
            if ours.contains(on) && !fine {
                let where_ = if only_in_tests { " in its tests" } else { "" };
                breaches.push(format!(
                    "`{name}` depends on `{on}`{where_}; the table forbids it"
                ));
            }
        }
    }
    Ok(breaches)
}

/// What the binary links besides the network that it must not.
fn linked(metadata: &Value) -> Result<Vec<String>> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for package in list(metadata, "packages")? {
        let id = package["id"].as_str().context("a package has an id")?;
        names.insert(
            id,
            package["name"].as_str().context("a package has a name")?,
        );
    }
    let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in list(&metadata["resolve"], "nodes")? {
        let id = node["id"].as_str().context("a node has an id")?;
        let normal = |dependency: &&Value| {
            dependency["dep_kinds"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
        };
        let deps = list(node, "deps")?.iter().filter(normal);
        below.insert(
            id,
            deps.filter_map(|dependency| dependency["pkg"].as_str())
                .collect(),
        );
    }
    let binary = names.iter().find(|(_, name)| **name == "plimsoll-cli");
    let mut open = vec![*binary.context("the workspace has `plimsoll-cli`")?.0];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let is_network = names.get(id).is_some_and(|name| *name == NETWORK);
        if !is_network && seen.insert(id) {
            open.extend(below.get(id).into_iter().flatten());
        }
    }
    let bad = seen
        .iter()
        .filter_map(|id| names.get(id))
        .filter(|name| FORBIDDEN.contains(name));
    Ok(bad
        .map(|name| format!("the binary links `{name}`, and not only through `{NETWORK}`"))
        .collect())
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key]
        .as_array()
        .with_context(|| format!("cargo metadata has the list `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_is_allowed_by_the_table() {
        let breaches = breaches().expect("the table and the metadata can be read");
        assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    }

    #[test]
    fn a_forbidden_edge_is_named() {
        let text = "<!-- layers:begin -->\n| crate | may depend on |\n| --- | --- |\n\
                    | `plimsoll-a` | b, c |\n| `plimsoll-b` | |\n| `plimsoll-d` | c; in tests a |\n\
                    | `plimsoll-z` | |\n\
                    <!-- layers:end -->";
        let table = table(text).expect("a table");
        assert_eq!(table["plimsoll-a"].always.len(), 2);
        let edge = |name: &str, kind: Value| serde_json::json!({ "name": name, "kind": kind });
        let package = |name: &str, dependencies: Vec<Value>| serde_json::json!({ "name": name, "source": null, "dependencies": dependencies });
        let metadata = serde_json::json!({ "packages": [
            package("plimsoll-a", vec![edge("plimsoll-b", Value::Null)]),
            package("plimsoll-b", vec![
                edge("plimsoll-a", "dev".into()),
                edge("plimsoll-testkit", "dev".into()),
                edge("serde", Value::Null),
            ]),
            package("plimsoll-d", vec![edge("plimsoll-a", "dev".into())]),
            package("plimsoll-testkit", vec![]),
        ]});
        let breaches = edges(&table, &metadata).expect("read");
        assert_eq!(breaches.len(), 3, "{breaches:?}");
        assert!(breaches[0].contains("`plimsoll-z`"));
        assert!(breaches[1].contains("`plimsoll-b` depends on `plimsoll-a` in its tests"));
        assert!(breaches[2].contains("`plimsoll-testkit` is missing"));
    }
}
