//! Charts, values, rendered files and patterns against Helm, whose answers are committed under
//! `tests/oracles/charts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_helm::chart::{File, Ignore, Loaded, Pattern};
use plimsoll_helm::render::{Glob, Order, sort};
use plimsoll_helm::values::{Data, Item, SourceFile, Sources, compute, read_values};
use serde::Deserialize;
use serde_json::Value;

const CASES: &str = include_str!("../../../tests/oracles/charts/cases.json");
const ANSWERS: &str = include_str!("../../../tests/oracles/charts/answers.json");

#[derive(Deserialize)]
struct Cases {
    charts: Vec<ChartCase>,
    manifests: Vec<ManifestsCase>,
    ignore: Vec<IgnoreCase>,
    r#match: Vec<(String, String)>,
    glob: Vec<GlobCase>,
}

#[derive(Deserialize)]
struct ChartCase {
    name: String,
    files: BTreeMap<String, String>,
    values: String,
}

#[derive(Deserialize)]
struct ManifestsCase {
    files: BTreeMap<String, String>,
    #[serde(default)]
    uninstall: bool,
}

#[derive(Deserialize)]
struct IgnoreCase {
    text: String,
    paths: Vec<String>,
}

#[derive(Deserialize)]
struct GlobCase {
    pattern: String,
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Answers {
    charts: Vec<ChartAnswer>,
    manifests: Vec<ManifestsAnswer>,
    ignore: Vec<IgnoreAnswer>,
    r#match: Vec<MatchAnswer>,
    glob: Vec<GlobAnswer>,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(default)]
struct ChartAnswer {
    error: String,
    values: Value,
    charts: Vec<String>,
    warnings: Vec<String>,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(default)]
struct Document {
    path: String,
    content: String,
    events: Vec<String>,
    weight: i64,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(default)]
struct ManifestsAnswer {
    error: String,
    manifests: Vec<Document>,
    hooks: Vec<Document>,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(default)]
struct IgnoreAnswer {
    error: String,
    ignored: Vec<String>,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(default)]
struct MatchAnswer {
    matched: bool,
    bad: bool,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
#[serde(default)]
struct GlobAnswer {
    bad: bool,
    matched: Vec<String>,
}

fn cases() -> (Cases, Answers) {
    let cases = serde_json::from_str(CASES).expect("the cases are JSON");
    let answers = serde_json::from_str(ANSWERS).expect("the answers are JSON");
    (cases, answers)
}

/// Fails with the first cases whose answers differ.
fn check<T: PartialEq + std::fmt::Debug>(found: impl Iterator<Item = (String, T, T)>) {
    let mut count = 0;
    let mut different = Vec::new();
    for (name, ours, theirs) in found {
        count += 1;
        if ours != theirs {
            different.push(format!("{name}\n  ours: {ours:?}\n  helm: {theirs:?}"));
        }
    }
    let shown = different.iter().take(12).cloned().collect::<Vec<_>>();
    assert!(
        different.is_empty(),
        "{} of {count} differ:\n{}",
        different.len(),
        shown.join("\n")
    );
}

fn json(data: &Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Int(value) => (*value as f64).into(),
        Data::Float(value) => (*value).into(),
        Data::Str(text) => String::from_utf8_lossy(text).into_owned().into(),
        Data::List(items) => items.iter().map(|item| json(&item.data)).collect(),
        Data::Map(entries) => {
            let entries = entries.iter();
            let pairs = entries.map(|(key, item)| (key.to_string(), json(&item.data)));
            Value::Object(pairs.collect())
        }
    }
}

/// Every number as a float, as they are all in values.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.iter().map(floats).collect(),
        Value::Object(entries) => {
            let pairs = entries
                .iter()
                .map(|(key, value)| (key.clone(), floats(value)));
            Value::Object(pairs.collect())
        }
        other => other.clone(),
    }
}

fn file(name: &str, text: &str) -> File {
    File {
        name: name.into(),
        data: text.as_bytes().into(),
        path: name.into(),
    }
}

fn values(text: &str) -> Result<Item, String> {
    let place = SourceFile {
        name: "values".into(),
        text: "".into(),
        below: Arc::default(),
    };
    read_values(place, text.as_bytes(), &mut Sources::default()).map_err(|error| error.to_string())
}

fn chart_answer(case: &ChartCase) -> Result<ChartAnswer, String> {
    let files = case.files.iter();
    let files = files.map(|(name, text)| file(name, text)).collect();
    let loaded = Loaded::from_files(files).map_err(|error| error.to_string())?;
    let user = values(&case.values)?;
    let computed = compute(&loaded, &user).map_err(|error| error.to_string())?;
    let mut warnings = computed.warnings;
    warnings.sort();
    warnings.dedup();
    Ok(ChartAnswer {
        values: json(&computed.values.data),
        charts: computed.charts,
        warnings,
        ..ChartAnswer::default()
    })
}

#[test]
fn values_come_to_what_helm_makes_of_them() {
    let (cases, answers) = cases();
    check(
        cases
            .charts
            .iter()
            .zip(answers.charts)
            .map(|(case, mut theirs)| {
                theirs.values = floats(&theirs.values);
                let mut ours = chart_answer(case).unwrap_or_else(|error| ChartAnswer {
                    error,
                    ..ChartAnswer::default()
                });
                // Helm has charts that are not declared in any order.
                ours.charts.sort();
                theirs.charts.sort();
                (case.name.clone(), ours, theirs)
            }),
    );
}

#[test]
fn documents_are_split_and_sorted_as_helm_does() {
    let (cases, answers) = cases();
    check(
        cases
            .manifests
            .iter()
            .zip(answers.manifests)
            .map(|(case, theirs)| {
                let files: BTreeMap<Arc<str>, &String> = case
                    .files
                    .iter()
                    .map(|(name, text)| (name.as_str().into(), text))
                    .collect();
                let order = if case.uninstall {
                    Order::Uninstall
                } else {
                    Order::Install
                };
                let files: Vec<_> = files
                    .iter()
                    .map(|(name, text)| (name, Arc::new(text.as_str().into())))
                    .collect();
                let ours = match sort(files.iter().map(|(name, text)| (*name, text)), order) {
                    Err(error) => ManifestsAnswer {
                        error: error.to_string(),
                        ..ManifestsAnswer::default()
                    },
                    Ok((manifests, hooks)) => ManifestsAnswer {
                        error: String::new(),
                        manifests: manifests
                            .into_iter()
                            .map(|manifest| Document {
                                path: manifest.path.to_string(),
                                content: manifest.content.to_string(),
                                ..Document::default()
                            })
                            .collect(),
                        hooks: hooks
                            .into_iter()
                            .map(|hook| Document {
                                path: hook.manifest.path.to_string(),
                                content: hook.manifest.content.to_string(),
                                events: hook.events.iter().map(|&event| event.to_owned()).collect(),
                                weight: hook.weight,
                            })
                            .collect(),
                    },
                };
                (format!("{:?}", case.files), ours, theirs)
            }),
    );
}

#[test]
fn files_are_ignored_as_helm_does() {
    let (cases, answers) = cases();
    check(
        cases
            .ignore
            .iter()
            .zip(answers.ignore)
            .map(|(case, theirs)| {
                let ours = match Ignore::parse(case.text.as_bytes()) {
                    Err(error) => IgnoreAnswer {
                        error: error.to_string(),
                        ignored: Vec::new(),
                    },
                    Ok(ignore) => IgnoreAnswer {
                        error: String::new(),
                        ignored: case
                            .paths
                            .iter()
                            .filter(|path| match path.strip_suffix('/') {
                                Some(folder) => ignore.ignores(folder, true),
                                None => ignore.ignores(path, false),
                            })
                            .cloned()
                            .collect(),
                    },
                };
                (format!("{:?}", case.text), ours, theirs)
            }),
    );
}

#[test]
fn patterns_match_as_go_does() {
    let (cases, answers) = cases();
    check(
        cases
            .r#match
            .iter()
            .zip(answers.r#match)
            .map(|((pattern, name), theirs)| {
                let ours = match Pattern::new(pattern.as_str()).matches(name) {
                    Ok(matched) => MatchAnswer {
                        matched,
                        bad: false,
                    },
                    Err(_) => MatchAnswer {
                        matched: false,
                        bad: true,
                    },
                };
                (format!("{pattern:?} {name:?}"), ours, theirs)
            }),
    );
}

#[test]
fn globs_match_as_gobwas_does() {
    let (cases, answers) = cases();
    check(cases.glob.iter().zip(answers.glob).map(|(case, theirs)| {
        let glob = Glob::new(&case.pattern);
        let names = case.names.iter();
        let matched: Vec<String> = names.filter(|name| glob.matches(name)).cloned().collect();
        // A malformed pattern matches everything.
        (format!("{:?}", case.pattern), matched, theirs.matched)
    }));
}
