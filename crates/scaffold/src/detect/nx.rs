//! Applications of an Nx workspace that have a `project.json` and no manifest of their own.

use serde_json::Value;

use super::files::{Files, below};
use super::node::parse;
use crate::model::{Evidence, Refusal};

/// What builds applications that serve, or pages.
const BUILDERS: &[&str] = &[
    "@angular-devkit/build-angular:application",
    "@angular-devkit/build-angular:browser",
    "@nx/angular:application",
    "@nx/esbuild:esbuild",
    "@nx/next:build",
    "@nx/vite:build",
    "@nx/webpack:webpack",
];

/// The line that says what builds the application of a folder.
fn builder(files: &Files<'_>, folder: &str) -> Option<Evidence> {
    if files.has(&below(folder, "package.json")) {
        return None;
    }
    let path = below(folder, "project.json");
    let text = files.text(&path)?;
    let value: Value = parse(&text.text)?;
    let kind = value.get("projectType").and_then(Value::as_str);
    let executor = value
        .get("targets")?
        .get("build")?
        .get("executor")?
        .as_str()?;
    let is_one = kind == Some("application") && BUILDERS.contains(&executor);
    let says = format!("`{executor}` builds it");
    is_one.then(|| Evidence::line(&path, text.line_with(executor), says))
}

/// Whether a folder holds such an application.
pub(super) fn is_application(files: &Files<'_>, folder: &str) -> bool {
    builder(files, folder).is_some()
}

/// Why it is not served.
pub(super) fn refusal(files: &Files<'_>, folder: &str) -> Option<Refusal> {
    let evidence = builder(files, folder)?;
    Some(Refusal {
        folder: folder.to_owned(),
        evidence: vec![evidence],
        why: "it is an application of an Nx workspace without a `package.json`, and which packages it needs is not known".to_owned(),
        help: "add a `package.json` with a script `start` to its folder, or write its `Dockerfile` by hand".to_owned(),
    })
}
