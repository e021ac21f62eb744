//! What a chart says it depends on, and what lies in its `charts/`.

use super::{Level, Linter};
use crate::chart::{LoadError, Loaded};

pub(super) fn check(linter: &mut Linter<'_>, loaded: &Result<Loaded, LoadError>) {
    let shown = linter.chart.shown.to_owned();
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            let place = linter.place_of(error);
            let text = format!("unable to load chart\n\t{error}");
            linter.say(Level::Error, "chart-load", "", text, place);
            return;
        }
    };
    let chart = &loaded.chart;
    let declared = chart.metadata.dependencies.as_deref().unwrap_or_default();
    let unknown: Vec<&str> = chart
        .dependencies
        .iter()
        .map(|found| found.name())
        .filter(|name| !declared.iter().any(|wanted| wanted.name == *name))
        .collect();
    let head = linter.head();
    if !unknown.is_empty() {
        let names = unknown.join(",");
        let text = format!("chart metadata is missing these dependencies: {names}");
        linter.say(
            Level::Error,
            "chart-dependencies",
            &*shown,
            text,
            head.clone(),
        );
    }
    let mut known: Vec<&str> = Vec::new();
    let mut twice: Vec<&str> = Vec::new();
    for wanted in declared {
        let name = wanted.alias().unwrap_or(&wanted.name);
        if known.contains(&name) {
            twice.push(name);
        }
        known.push(name);
    }
    if !twice.is_empty() {
        let names = twice.join(",");
        let text = format!("multiple dependencies with name or alias: {names}");
        linter.say(
            Level::Error,
            "chart-dependencies",
            &*shown,
            text,
            head.clone(),
        );
    }
    let missing = chart.missing_dependencies();
    if !missing.is_empty() {
        let names = missing.join(",");
        let text = format!("chart directory is missing these dependencies: {names}");
        linter.say(Level::Warning, "chart-dependencies", shown, text, head);
    }
}
