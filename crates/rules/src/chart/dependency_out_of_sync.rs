//! # What it does
//! Finds dependencies of a chart on whose versions `Chart.yaml`, `Chart.lock` and `charts/` do
//! not agree: one that is locked or lies in `charts/` in a version that is not wanted, one that
//! the lock file does not know, and at the pedantic strictness a version range without a lock
//! file and a chart in `charts/` that is not listed.
//!
//! # Why it matters
//! A chart in `charts/` of a version that is not wanted is left out by Helm without a word: its
//! objects are missing from the release. With a lock file that is behind, `helm dependency build`
//! stops. Without one, each build takes what is newest that day.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! dependencies:
//!   - name: redis
//!     version: ^20.0.0
//!     repository: https://charts.example.com
//! //- /chart/Chart.lock
//! dependencies:
//!   - name: redis
//!     version: 19.6.4
//!     repository: https://charts.example.com
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! dependencies:
//!   - name: redis
//!     version: ^20.0.0
//!     repository: https://charts.example.com
//! //- /chart/Chart.lock
//! dependencies:
//!   - name: redis
//!     version: 20.1.0
//!     repository: https://charts.example.com
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/helm/helm_dependency/>
//! - <https://helm.sh/docs/topics/charts/#chart-dependencies>

use plimsoll_project::{ChartDependency, ChartUnit};
use plimsoll_source::{Confidence, Place, Severity, TextRange};
use plimsoll_yaml::Node;

use super::fetching::fetch;
use super::files::{head, items, listing};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "dependency-out-of-sync",
    summary: "Chart.yaml, its lock file and charts/ do not agree on a dependency",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    for chart in cx.project.charts.iter().filter(|chart| chart.is_loaded) {
        let Some((file, tree)) = listing(cx, chart) else {
            unlisted(cx, chart);
            continue;
        };
        let items = items(&tree);
        let mut unlocked: Option<(Place, &str)> = None;
        for (number, dependency) in chart.dependencies.iter().enumerate() {
            let item = items.get(number).map(|item| item.resolve());
            let node = item.and_then(|item| item.get("version").or(item.get("name")));
            let place = Place::new(file, node.map_or(TextRange::default(), Node::range));
            let (name, wanted) = (&dependency.name, &dependency.version);
            let is_local =
                dependency.repository.starts_with("file:") || dependency.repository.is_empty();
            // Unreadable ranges are told elsewhere.
            if chart.unreadable.contains(name) {
                continue;
            }
            if let Some(vendored) = dependency.vendored.as_ref().filter(|one| !one.fits) {
                cx.report_at(
                    place,
                    format!(
                        "`charts/` has `{name}` {}, and `{wanted}` is wanted",
                        vendored.version
                    ),
                )
                .note("Helm installs what is there, under its own name, whatever `alias` says")
                .help(if is_local {
                    "put the version that is wanted into `charts/`, or want the one that is there"
                        .to_owned()
                } else {
                    format!(
                        "want the version that is there; or, for the other, {}",
                        fetch(chart, &[dependency], true)
                    )
                });
                continue;
            }
            match (chart.lock, &dependency.locked) {
                // Of a chart that lies in `charts/` Helm locks what is wanted, letter by letter.
                (Some(lock), Some(locked)) if !locked.fits && locked.version != *wanted => {
                    cx.report_at(
                        place,
                        format!(
                            "`{name}` is locked at {}, and `{wanted}` is wanted",
                            locked.version
                        ),
                    )
                    .related(Place::new(lock, TextRange::default()), "the lock file")
                    .help(relock(chart, dependency));
                }
                (Some(lock), None) => {
                    cx.report_at(place, format!("the lock file does not know `{name}`"))
                        .related(Place::new(lock, TextRange::default()), "the lock file")
                        .help(relock(chart, dependency));
                }
                (None, _) if is_range(wanted) && !is_local && dependency.vendored.is_none() => {
                    unlocked = unlocked.or(Some((place, name)));
                }
                _ => {}
            }
        }
        if let Some((place, name)) = unlocked {
            cx.report_at(
                place,
                format!("each build takes another version of `{name}`: there is no lock file"),
            )
            .strictness(Strictness::Pedantic)
            .severity(Severity::Note)
            .help("commit the lock file that `helm dependency update` writes");
        }
        unlisted(cx, chart);
    }
}

/// How a lock file comes to be up to date.
fn relock(chart: &ChartUnit, dependency: &ChartDependency) -> String {
    format!(
        "{}, and commit the lock file",
        fetch(chart, &[dependency], true)
    )
}

/// Whether more than one version is meant.
fn is_range(version: &str) -> bool {
    let exact = version.strip_prefix(['=', 'v']).unwrap_or(version);
    let parts = exact.split('.').count();
    version.is_empty()
        || parts < 3
        || version.contains(['^', '~', '>', '<', '*', 'x', 'X', '|', ','])
        || version.contains(" - ")
}

/// Charts in `charts/` that nothing lists.
fn unlisted(cx: &mut Cx<'_>, chart: &ChartUnit) {
    let listed = |name: &String| chart.dependencies.iter().any(|one| one.name == *name);
    let names: Vec<&String> = chart
        .subcharts
        .iter()
        .filter(|name| !listed(name))
        .collect();
    let Some(first) = names.first() else { return };
    let more = match names.len() {
        1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    cx.report_at(
        head(chart),
        format!("`charts/` has `{first}`{more}, and `dependencies` does not list it"),
    )
    .strictness(Strictness::Pedantic)
    .severity(Severity::Note)
    .note("it is installed all the same, and no condition can switch it off")
    .help("list it with its version");
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_range};
    use crate::testing::on;

    fn chart(version: &str, more: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  - name: d\n    version: '{version}'\n    repository: https://charts.example.com\n//- /c/templates/_a.tpl\n{{{{/* a */}}}}\n{more}"
        )
    }

    fn lock(version: &str) -> String {
        format!("//- /c/Chart.lock\ndependencies:\n- name: d\n  version: {version}\n")
    }

    fn vendored(version: &str) -> String {
        format!("//- /c/charts/d/Chart.yaml\napiVersion: v2\nname: d\nversion: {version}\n")
    }

    #[test]
    fn a_range_may_be_locked_as_it_is_wanted() {
        on(&RULE).files(&chart(">0.0.0", &lock("'>0.0.0'"))).clean();
    }

    #[test]
    fn versions_that_are_not_wanted_are_found() {
        on(&RULE)
            .files(&chart("^2.0.0", &lock("1.9.0")))
            .flags(&["c/Chart.yaml:6: '^2.0.0'"])
            .says(&["`d` is locked at 1.9.0, and `^2.0.0` is wanted"])
            .loud_by_default();
        on(&RULE)
            .files(&chart("2.x.x", &vendored("1.9.0")))
            .says(&["`charts/` has `d` 1.9.0, and `2.x.x` is wanted"]);
        on(&RULE)
            .files(&chart("^2.0.0", "//- /c/Chart.lock\ndependencies: []\n"))
            .says(&["the lock file does not know `d`"]);
    }

    #[test]
    fn ranges_without_a_lock_and_unlisted_charts_are_pedantic() {
        on(&RULE)
            .files(&chart("^2.0.0", ""))
            .says(&["each build takes another version of `d`: there is no lock file"])
            .quiet_by_default();
        let unlisted = vendored("1.0.0")
            .replace("/d/", "/e/")
            .replace("name: d", "name: e");
        on(&RULE)
            .files(&chart("2.0.0", &unlisted))
            .says(&["`charts/` has `e`, and `dependencies` does not list it"])
            .quiet_by_default();
    }

    #[test]
    fn versions_that_agree_are_clean() {
        on(&RULE).files(&chart("^2.0.0", &lock("2.3.1"))).clean();
        on(&RULE).files(&chart("2.0.0", "")).clean();
        on(&RULE).files(&chart("~2.1", &vendored("2.1.4"))).clean();
        on(&RULE)
            .files("//- /c/Chart.yaml\napiVersion: v1\nname: c\nversion: 1.0.0\n//- /c/requirements.yaml\ndependencies:\n- name: d\n  version: ^2.0.0\n  repository: https://charts.example.com\n//- /c/requirements.lock\ndependencies:\n- name: d\n  version: 2.0.0\n")
            .clean();
        assert!(
            is_range("1.2") && !is_range("1.2.3") && !is_range("v1.2.3") && is_range(">= 1.2.3")
        );
    }
}
