//! Which subcharts take part, and under which names (Helm's `chart/v2/util/dependencies.go`).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::coalesce::{CoalesceError, Coalescing, coalesce, merge_values, printed_data};
use super::data::{Data, Item, Key};
use super::sources::SourceId;
use super::table::{Slot, Table};
use crate::chart::{Chart, Instance};
use crate::semver;

/// Settles the subcharts of a chart for the values of a user (`ProcessDependencies`).
pub(crate) fn process(
    chart: &mut Instance,
    user: &Table,
    warnings: &mut Vec<String>,
) -> Result<(), CoalesceError> {
    enable(chart, user, "", warnings)?;
    import_all(chart, warnings)
}

/// What subcharts handed up when a chart was settled last. It depends on which of them take part,
/// and on nothing else that a user's values say.
#[derive(Debug, Default)]
pub(crate) struct Imports(Mutex<Option<Imported>>);

#[derive(Debug)]
struct Imported {
    /// The names of the charts that take part, and what each depends on, before.
    settled: Vec<(Key, Declared)>,
    /// Their values, and what they depend on, thereafter.
    charts: Vec<(Option<Item>, Declared)>,
    warnings: Vec<String>,
}

/// What a chart declares to depend on.
type Declared = Option<Arc<[crate::chart::Dependency]>>;

/// The same, with what is known of the last time. Of where values were written only the first
/// place is kept.
pub(crate) fn process_again(
    chart: &mut Instance,
    user: &Table,
    imports: &Imports,
    warnings: &mut Vec<String>,
) -> Result<(), CoalesceError> {
    enable(chart, user, "", warnings)?;
    let mut settled = Vec::new();
    each(chart, &mut |chart| {
        settled.push((chart.name.clone(), chart.dependencies.clone()));
    });
    let Ok(mut known) = imports.0.lock() else {
        return import_all(chart, warnings);
    };
    if known.as_ref().is_none_or(|known| known.settled != settled) {
        let mut said = Vec::new();
        import_all(chart, &mut said)?;
        let mut charts = Vec::new();
        each(chart, &mut |chart| {
            let values = chart.values.as_ref().map(Table::frozen);
            charts.push((values, chart.dependencies.clone()));
        });
        *known = Some(Imported {
            settled,
            charts,
            warnings: said,
        });
    }
    if let Some(known) = &*known {
        let mut charts = known.charts.iter();
        each(chart, &mut |chart| {
            if let Some((values, dependencies)) = charts.next() {
                chart.values = values.as_ref().map(Table::of_item);
                chart.dependencies.clone_from(dependencies);
            }
        });
        warnings.extend_from_slice(&known.warnings);
    }
    Ok(())
}

/// All charts, the upper ones first. Recursion is as deep as charts are nested, which loading
/// bounds.
fn each(chart: &mut Instance, act: &mut impl FnMut(&mut Instance)) {
    act(chart);
    for child in &mut chart.children {
        each(child, act);
    }
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn enable(
    chart: &mut Instance,
    user: &Table,
    path: &str,
    warnings: &mut Vec<String>,
) -> Result<(), CoalesceError> {
    let Some(dependencies) = chart.dependencies.clone() else {
        return Ok(());
    };
    let charts = chart.chart.dependencies.clone();
    let fits = |wanted: &str, name: &str, found: &Arc<Chart>| {
        found.metadata.name == name && semver::is_compatible(wanted, &found.metadata.version)
    };
    let is_declared = |found: &Arc<Chart>| {
        let mut declared = dependencies.iter();
        declared.any(|wanted| fits(&wanted.version, &wanted.name, found))
    };
    let mut children: Vec<Instance> = charts
        .iter()
        .filter(|found| !is_declared(found))
        .map(|found| Instance::new(found, None))
        .collect();
    let mut settled = dependencies.to_vec();
    for wanted in &mut settled {
        let found = charts
            .iter()
            .find(|found| fits(&wanted.version, &wanted.name, found));
        if let Some(found) = found {
            children.push(Instance::new(found, wanted.alias()));
        }
        if let Some(alias) = wanted.alias() {
            wanted.name = alias.to_owned();
        }
        wanted.enabled = true;
    }
    chart.children = children;
    let values = coalesce(chart, user, warnings)?;
    let mut switches = tags(&mut settled, &values, warnings);
    conditions(&mut settled, &values, path, warnings, &mut switches);
    for child in &mut chart.children {
        let named = settled.iter().zip(&switches);
        let mut named = named.filter(|(wanted, _)| *wanted.name == *child.name);
        if let Some((_, switches)) = named.next() {
            child.switches.clone_from(switches);
        }
    }
    let off: BTreeSet<String> = settled
        .iter()
        .filter(|wanted| !wanted.enabled)
        .map(|wanted| wanted.name.clone())
        .collect();
    chart.children.retain(|child| !off.contains(&*child.name));
    settled.retain(|wanted| !off.contains(&wanted.name));
    for child in &mut chart.children {
        let path = format!("{path}{}.", child.name);
        enable(child, &values, &path, warnings)?;
    }
    // An empty list of dependencies is none from here on.
    chart.dependencies = (!settled.is_empty()).then(|| settled.into());
    Ok(())
}

/// What decided for each dependency.
type Switches = Vec<Vec<SourceId>>;

fn tags(
    dependencies: &mut [crate::chart::Dependency],
    values: &Table,
    warnings: &mut Vec<String>,
) -> Switches {
    let mut switches = vec![Vec::new(); dependencies.len()];
    let Ok(tags) = values.table("tags") else {
        return switches;
    };
    for (wanted, switches) in dependencies.iter_mut().zip(&mut switches) {
        let (mut on, mut off) = (false, false);
        for tag in &wanted.tags {
            let Some(slot) = tags.get(tag) else {
                continue;
            };
            switches.push(slot.source());
            match slot.as_bool() {
                Some(true) => on = true,
                Some(false) => off = true,
                None => warnings.push(format!(
                    "returned non-bool value tag={tag} chart={}",
                    wanted.name
                )),
            }
        }
        wanted.enabled = on || !off;
    }
    switches
}

fn conditions(
    dependencies: &mut [crate::chart::Dependency],
    values: &Table,
    path: &str,
    warnings: &mut Vec<String>,
    switches: &mut Switches,
) {
    for (wanted, switches) in dependencies.iter_mut().zip(switches) {
        let paths = wanted.condition.trim().split(',');
        for condition in paths.filter(|condition| !condition.is_empty()) {
            let Some(slot) = values.path_value(&format!("{path}{condition}")) else {
                continue;
            };
            if let Some(value) = slot.as_bool() {
                wanted.enabled = value;
                // Tags have no say then.
                *switches = vec![slot.source()];
                break;
            }
            warnings.push(format!(
                "returned non-bool value path={condition} chart={}",
                wanted.name
            ));
        }
    }
}

fn import_all(chart: &mut Instance, warnings: &mut Vec<String>) -> Result<(), CoalesceError> {
    for child in &mut chart.children {
        import_all(child, warnings)?;
    }
    import(chart, warnings)
}

/// Merges what a chart imports of its subcharts under its own values (`processImportValues`).
fn import(chart: &mut Instance, warnings: &mut Vec<String>) -> Result<(), CoalesceError> {
    let Some(dependencies) = chart.dependencies.clone() else {
        return Ok(());
    };
    let values = merge_values(chart, &Table::new(), warnings)?;
    let imported = Table::new();
    let mut run = Coalescing {
        merge: true,
        warnings: std::mem::take(warnings),
    };
    let mut settled = dependencies.to_vec();
    for wanted in &mut settled {
        let mut kept = Vec::new();
        for import in &wanted.import_values {
            let (child, parent) = match &import.data {
                Data::Map(entries) => {
                    let text = |key: &str| match entries.get(key) {
                        Some(item) => printed_data(&item.data),
                        None => "<nil>".into(),
                    };
                    (text("child"), text("parent"))
                }
                Data::Str(name) => {
                    let name = String::from_utf8_lossy(name);
                    (format!("exports.{name}"), ".".to_owned())
                }
                _ => continue,
            };
            kept.push(pair(&child, &parent));
            match values.table(&format!("{}.{child}", wanted.name)) {
                Ok(table) => {
                    let table = if table.is_empty() { Table::new() } else { table };
                    run.tables(&imported, &at_path(&parent, table), "");
                }
                Err(key) => run.warnings.push(format!(
                    "ImportValues missing table from chart chart={} error=\"\\\"{key}\\\" is not a table\"",
                    wanted.name
                )),
            }
        }
        wanted.import_values = kept;
    }
    let values = values.deep_copy();
    run.tables(&values, &imported, "");
    *warnings = run.warnings;
    chart.values = Some(values);
    chart.dependencies = Some(settled.into());
    Ok(())
}

/// What Helm leaves in the metadata of an import.
fn pair(child: &str, parent: &str) -> Item {
    let entry = |key: &str, text: &str| (Key::from(key), Item::from(Data::str(text)));
    let entries = [entry("child", child), entry("parent", parent)];
    Data::Map(Arc::new(entries.into_iter().collect())).into()
}

/// A map in which `table` stands at the path (`pathToMap`).
fn at_path(path: &str, table: Table) -> Table {
    if path == "." {
        return table;
    }
    path.split('.').rev().fold(table, |inner, key| {
        let outer = Table::new();
        outer.add_sources(&inner);
        outer.insert(key.into(), Slot::Table(inner));
        outer
    })
}
