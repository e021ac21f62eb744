//! # What it does
//! Tells that templates of a chart are not reviewed, because a chart that it depends on is
//! neither in its `charts/` nor elsewhere in the repository.
//!
//! # Why it matters
//! A review that leaves most of a chart out and says nothing looks like one that found nothing.
//! What can be rendered without the missing chart is rendered and reviewed; nothing is said if
//! that is everything.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! dependencies:
//!   - name: common
//!     version: 2.x
//!     repository: https://charts.example.com
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: {{ include "common.fullname" . }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! dependencies:
//!   - name: common
//!     version: 2.x
//!     repository: https://charts.example.com
//! //- /chart/charts/common/Chart.yaml
//! apiVersion: v2
//! name: common
//! version: 2.0.0
//! type: library
//! //- /chart/charts/common/templates/_names.tpl
//! {{- define "common.fullname" }}{{ .Release.Name }}{{ end }}
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: {{ include "common.fullname" . }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/helm/helm_dependency_build/>

use plimsoll_project::{ChartDependency, ChartUnit, LeftOut};
use plimsoll_source::files::file_name;
use plimsoll_source::{Confidence, Place, Severity};

use super::fetching::fetch;
use super::files::{head, items, listing};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-chart-dependency",
    summary: "templates are not reviewed, because a chart that they need is not there",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// The most templates that are named.
const MAX_NAMED: usize = 3;

fn check(cx: &mut Cx<'_>) {
    for chart in &cx.project.charts {
        let Some(first) = chart.left_out.first() else {
            continue;
        };
        let (missing, names) = needed(cx, chart, first);
        // What a chart elsewhere in the tree lacks is told there.
        if missing.is_empty() {
            continue;
        }
        let listing = listing(cx, chart);
        let entry = listing.iter().find_map(|(file, tree)| {
            let name = items(tree).into_iter().find_map(|item| {
                let name = item.resolve().get("name")?;
                names.contains(&&*name.text()?).then_some(name)
            });
            Some(Place::new(*file, name?.range()))
        });
        let place = entry.unwrap_or_else(|| head(chart));
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let (count, of) = (chart.left_out.len(), quoted.join(", "));
        let is = if names.len() == 1 { "is" } else { "are" };
        let message = match count {
            1 => format!("{of} {is} not in `charts/`: 1 template of the chart is not reviewed"),
            _ => format!(
                "{of} {is} not in `charts/`: {count} templates of the chart are not reviewed"
            ),
        };
        let templates = chart.left_out.iter().take(MAX_NAMED);
        let templates: Vec<String> = templates
            .map(|one| format!("`{}`", file_name(&one.path)))
            .collect();
        let more = match count.saturating_sub(MAX_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        cx.report_at(place, message)
            .related(first.place, first.message.clone())
            .note(format!("left out: {}{more}", templates.join(", ")))
            .help(fetch(chart, &missing, false));
    }
}

/// The charts that are missing, and what they are called: those that the first template names
/// which failed, or all.
fn needed<'a>(
    cx: &Cx<'_>,
    chart: &'a ChartUnit,
    first: &LeftOut,
) -> (Vec<&'a ChartDependency>, Vec<&'a str>) {
    let text = cx.project.files.text(first.place);
    let is_named =
        |one: &&ChartDependency| text.contains(&*one.name) || first.message.contains(&*one.name);
    let missing = || chart.dependencies.iter().filter(|one| one.is_missing);
    let mut found: Vec<&ChartDependency> = missing().filter(is_named).collect();
    if found.is_empty() {
        found = missing().collect();
    }
    let mut names: Vec<&str> = Vec::new();
    for one in &found {
        if !names.contains(&&*one.name) {
            names.push(&one.name);
        }
    }
    (found, names)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const WITH: &str = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  - name: d\n    version: 1.0.0\n    repository: https://charts.example.com\n";
    const OWN: &str =
        "//- /c/templates/own.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n";
    const NEEDY: &str = "//- /c/templates/needy.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ include \"d.name\" . }}'}\n";

    #[test]
    fn templates_that_need_what_is_missing_are_told() {
        let case = on(&RULE)
            .files(&format!("{WITH}{OWN}{NEEDY}"))
            .flags(&["c/Chart.yaml:5: d"])
            .says(&["`d` is not in `charts/`: 1 template of the chart is not reviewed"])
            .loud_by_default();
        assert_eq!(case.findings[0].notes, ["left out: `needy.yaml`"]);
    }

    #[test]
    fn a_lock_file_that_does_not_fit_is_made_anew() {
        let help = |locked: &str| {
            let lock = format!(
                "//- /c/Chart.lock\ndependencies:\n- name: d\n  version: {locked}\n  repository: https://charts.example.com\ndigest: sha256:0\n"
            );
            let case = on(&RULE).files(&format!("{WITH}{OWN}{NEEDY}{lock}"));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("1.0.0").contains("`helm dependency build c`"));
        assert!(help("0.9.0").contains("`helm dependency update c`"));
    }

    #[test]
    fn old_charts_list_them_in_a_file_of_its_own() {
        let with = "//- /c/Chart.yaml\napiVersion: v1\nname: c\nversion: 1.0.0\n//- /c/requirements.yaml\ndependencies:\n- name: d\n  version: 1.0.0\n  repository: https://charts.example.com\n";
        on(&RULE)
            .files(&format!("{with}{OWN}{NEEDY}"))
            .flags(&["c/requirements.yaml:2: d"]);
    }

    #[test]
    fn what_a_chart_beside_it_lacks_is_told_there() {
        let both = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: b, version: 1.0.0, repository: 'file://../b'}]\n\
                    //- /b/Chart.yaml\napiVersion: v2\nname: b\nversion: 1.0.0\ndependencies: [{name: d, version: 1.0.0, repository: 'https://charts.example.com'}]\n";
        let needy = NEEDY.replace("/c/", "/b/");
        on(&RULE)
            .files(&format!("{both}{OWN}{needy}"))
            .flags(&["b/Chart.yaml:4: d"]);
    }

    #[test]
    fn several_templates_and_values_are_told_once() {
        let other = NEEDY.replace("needy", "other");
        on(&RULE)
            .files(&format!("{WITH}{NEEDY}{other}"))
            .says(&["`d` is not in `charts/`: 2 templates of the chart are not reviewed"]);
        on(&RULE)
            .files(&format!("{WITH}{NEEDY}//- /c/ci/a-values.yaml\na: b\n"))
            .says(&["`d` is not in `charts/`: 1 template of the chart is not reviewed"]);
    }

    #[test]
    fn charts_that_can_be_rendered_are_clean() {
        on(&RULE).files(&format!("{WITH}{OWN}")).clean();
        let beside = "//- /d/Chart.yaml\napiVersion: v2\nname: d\nversion: 1.0.0\n//- /d/templates/_d.tpl\n{{ define \"d.name\" }}d{{ end }}\n";
        on(&RULE).files(&format!("{WITH}{NEEDY}{beside}")).clean();
        on(&RULE)
            .files(&format!("{WITH}{OWN}//- /c/templates/_h.tpl\n{{{{ define \"c.x\" }}}}{{{{ include \"d.name\" . }}}}{{{{ end }}}}\n"))
            .clean();
    }
}
