//! How the charts that a chart depends on are fetched.

use plimsoll_project::{ChartDependency, ChartUnit};

use super::dead_chart_repository::is_gone;

/// What to run so that `charts/` holds these dependencies as the lock file, or, to bring that up to
/// date as well, `Chart.yaml` says.
pub(crate) fn fetch(chart: &ChartUnit, wanted: &[&ChartDependency], update: bool) -> String {
    let folder = match &*chart.folder {
        "" => ".",
        folder => folder,
    };
    if let Some(one) = wanted.iter().find(|one| is_gone(&one.repository)) {
        return format!(
            "name a repository that has `{}`, for `{}` is gone, then run `helm dependency update \
             {folder}`",
            one.name, one.repository
        );
    }
    // `build` refuses a lock file that does not fit.
    let is_stale = chart.lock.is_some()
        && chart.dependencies.iter().any(|one| {
            let is_local = one.repository.is_empty();
            !is_local && one.locked.as_ref().is_none_or(|locked| !locked.fits)
        });
    let update = update || is_stale;
    let mut named: Vec<&str> = Vec::new();
    let is_locked = chart.lock.is_some() && !update;
    // All that the lock file names are fetched, whichever is missing.
    let others = chart.dependencies.iter().filter(|_| is_locked);
    for one in wanted.iter().copied().chain(others) {
        let short = one.repository.starts_with('@') || one.repository.starts_with("alias:");
        // With a lock file Helm fetches from repositories only that it was told of.
        let far = one.repository.starts_with("http") && is_locked;
        if (short || far) && !named.contains(&&*one.repository) {
            named.push(&one.repository);
        }
    }
    let command = if update { "update" } else { "build" };
    let run = format!("`helm dependency {command} {folder}`");
    let quoted: Vec<String> = named
        .iter()
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    match (quoted.len(), named.len() > 3) {
        (0, _) => format!("run {run}"),
        (_, true) => format!(
            "add its repositories with `helm repo add` ({} and others), then run {run}",
            quoted.join(", ")
        ),
        _ => format!(
            "run `helm repo add` for {}, then {run}",
            quoted.join(" and ")
        ),
    }
}
