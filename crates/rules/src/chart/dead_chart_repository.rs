//! # What it does
//! Finds dependencies on chart repositories that are gone or get no more releases: `stable` and
//! `incubator`, at their old addresses and at their archive. At the pedantic strictness also
//! repositories that are read over `http://`.
//!
//! # Why it matters
//! `helm dependency build` fails, or fetches a chart that has had no fix since November 2020.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! dependencies:
//!   - name: redis
//!     version: 10.5.7
//!     repository: https://kubernetes-charts.storage.googleapis.com
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
//!     version: 20.1.0
//!     repository: oci://registry.example.com/charts
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//!
//! # References
//! - <https://helm.sh/blog/charts-repo-deprecation/>

use plimsoll_source::{Confidence, Place, Severity, TextRange};

use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "dead-chart-repository",
    summary: "a chart depends on a repository that is gone or gets no more releases",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// Addresses that answer no more.
const GONE: [&str; 2] = [
    "kubernetes-charts.storage.googleapis.com",
    "kubernetes-charts-incubator.storage.googleapis.com",
];
/// Addresses of what was archived.
const ARCHIVED: [&str; 4] = [
    "charts.helm.sh/stable",
    "charts.helm.sh/incubator",
    "@stable",
    "alias:stable",
];

/// Whether a repository answers no more.
pub(crate) fn is_gone(repository: &str) -> bool {
    GONE.iter().any(|gone| repository.contains(gone))
}

fn check(cx: &mut Cx<'_>) {
    for chart in &cx.project.charts {
        // Several dependencies may have one address: each stands at its own.
        let mut told: Vec<Place> = Vec::new();
        // They stand in one of these.
        let files = [Some(chart.file), chart.text_of("requirements.yaml")];
        for dependency in &chart.dependencies {
            let repository = dependency.repository.trim_end_matches('/');
            let is_gone = is_gone(repository);
            let is_archived = ARCHIVED.iter().any(|old| repository.ends_with(old));
            let is_plain = repository.starts_with("http://");
            if !(is_gone || is_archived || is_plain) {
                continue;
            }
            let places = files.into_iter().flatten().flat_map(|file| {
                let found = cx.project.files.get(file).text.match_indices(repository);
                found.map(move |(at, text)| Place::new(file, TextRange::at(at, at + text.len())))
            });
            let all: Vec<Place> = places.collect();
            let next = all.iter().find(|place| !told.contains(place));
            let Some(&place) = next.or(all.last()) else {
                continue;
            };
            told.push(place);
            let name = &dependency.name;
            if is_gone {
                cx.report_at(place, format!("the repository of `{name}` is gone"))
                    .severity(Severity::Error)
                    .help("fetch the chart from where its project publishes it now");
            } else if is_archived {
                cx.report_at(
                    place,
                    format!("the repository of `{name}` has been an archive since November 2020"),
                )
                .help("fetch the chart from where its project publishes it now");
            } else if !repository.contains("localhost") && !repository.contains("127.0.0.1") {
                cx.report_at(
                    place,
                    format!("`{name}` is fetched over `http://`: anyone on the way can change it"),
                )
                .strictness(Strictness::Pedantic)
                .help("use `https://` or `oci://`");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(repository: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  - name: d\n    version: 1.0.0\n    repository: '{repository}'\n//- /c/templates/_a.tpl\n{{{{/* a */}}}}\n"
        )
    }

    #[test]
    fn repositories_that_are_gone_are_found() {
        let address = "https://charts.helm.sh/stable";
        let both = chart(address).replace(
            "//- /c/templates",
            &format!(
                "  - name: e\n    version: 1.0.0\n    repository: '{address}'\n//- /c/templates"
            ),
        );
        on(&RULE).files(&both).flags(&[
            "c/Chart.yaml:7: https://charts.helm.sh/stable",
            "c/Chart.yaml:10: https://charts.helm.sh/stable",
        ]);
        on(&RULE)
            .files(&chart("https://kubernetes-charts.storage.googleapis.com/"))
            .flags(&["c/Chart.yaml:7: https://kubernetes-charts.storage.googleapis.com"])
            .loud_by_default();
        on(&RULE)
            .files(&chart("https://charts.helm.sh/stable"))
            .says(&["the repository of `d` has been an archive since November 2020"]);
        on(&RULE).files(&chart("@stable")).loud_by_default();
        on(&RULE)
            .files("//- /c/Chart.yaml\napiVersion: v1\nname: c\nversion: 1.0.0\n//- /c/requirements.yaml\ndependencies:\n- {name: d, version: 1.0.0, repository: 'https://charts.helm.sh/incubator'}\n")
            .flags(&["c/requirements.yaml:2: https://charts.helm.sh/incubator"]);
    }

    #[test]
    fn plain_http_is_pedantic() {
        on(&RULE)
            .files(&chart("http://charts.example.com"))
            .flags(&["c/Chart.yaml:7: http://charts.example.com"])
            .quiet_by_default();
    }

    #[test]
    fn other_repositories_are_clean() {
        for repository in [
            "https://charts.example.com/stable",
            "oci://registry.example.com/charts",
            "file://../d",
            "http://localhost:8879/charts",
            "",
        ] {
            on(&RULE).files(&chart(repository)).clean();
        }
    }
}
