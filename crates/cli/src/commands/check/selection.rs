//! Which rules speak: the flags, and below them the configuration.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use plimsoll_project::disk::DiskTree;
use plimsoll_project::{Options, Project};
use plimsoll_rules::{Date, Override, Reach, Selection, Strictness};

use super::{CheckArgs, Level};
use crate::failure::Failure;
use crate::names;
use crate::settings::{Settings, strictness_of};

/// The selection of a run.
pub(super) fn selection(
    args: &CheckArgs,
    settings: &Settings,
    reach: Reach,
) -> Result<Selection, Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let mut selection = Selection::on(Date::from_unix(now));
    let check = &settings.config.check;
    selection.reach = reach;
    selection.strictness = match (args.strictness, check.strictness) {
        (Some(level), _) => level.into(),
        (None, Some(strictness)) => strictness_of(strictness),
        (None, None) => Strictness::Default,
    };
    let ignored = settings.ids(check.ignore.as_deref().unwrap_or_default())?;
    let selected = settings.ids(check.select.as_deref().unwrap_or_default())?;
    selection.select = match &args.select[..] {
        [] => selected,
        names => names::ids(names)?,
    };
    selection.ignore = match &args.ignore[..] {
        [] => ignored,
        names => names::ids(names)?,
    };
    if !args.select.is_empty() && args.ignore.is_empty() {
        // Who names a rule on the command line wants to see it, whatever the file says.
        selection.ignore.clear();
    }
    if let Some(version) = args.kube_version.or(check.kube_version) {
        selection.kube_version = version;
    }
    selection.definitions = args.crds.as_deref().map(definitions).transpose()?;
    selection.rules = settings.wishes(&settings.config.rules)?;
    for part in &settings.config.overrides {
        selection.overrides.push(Override {
            paths: part.paths.clone(),
            strictness: part.strictness.map(strictness_of),
            ignore: settings.ids(&part.ignore)?,
            rules: settings.wishes(&part.rules)?,
        });
    }
    Ok(selection)
}

/// The files of the folder with further definitions.
fn definitions(folder: &Path) -> Result<Arc<Project>, Failure> {
    let shown = folder.display();
    if !folder.is_dir() {
        return Err(Failure::user(format!("`{shown}` is no folder"))
            .help("give the folder that holds the CustomResourceDefinitions"));
    }
    let project = Project::load(Arc::new(DiskTree::new(folder)), &Options::default());
    if project.manifests.is_empty() {
        return Err(Failure::user(format!("`{shown}` holds no manifests"))
            .help("give the folder that holds the CustomResourceDefinitions"));
    }
    Ok(Arc::new(project))
}

impl From<Level> for Strictness {
    fn from(level: Level) -> Self {
        match level {
            Level::Default => Self::Default,
            Level::Pedantic => Self::Pedantic,
            Level::Auditor => Self::Auditor,
        }
    }
}
