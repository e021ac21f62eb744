//! # What it does
//! Finds templates of a library chart that Helm does not load, and charts that call themselves
//! applications and have nothing but helpers.
//!
//! # Why it matters
//! Of a library chart Helm loads only files whose names begin with `_`. What another file
//! defines is not there for the charts that use it, and what it would render is never rendered. An
//! application chart without anything to install can be installed all the same: an empty release
//! that looks as if something ran.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: common
//! version: 1.0.0
//! type: library
//! //- /chart/templates/labels.tpl
//! {{- define "common.labels" -}}
//! app: {{ .Chart.Name }}
//! {{- end -}}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: common
//! version: 1.0.0
//! type: library
//! //- /chart/templates/_labels.tpl
//! {{- define "common.labels" -}}
//! app: {{ .Chart.Name }}
//! {{- end -}}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/topics/library_charts/>

use plimsoll_source::files::file_name;
use plimsoll_source::{Confidence, Place, Severity};

use super::files::{first_line, head, is_prose, is_rendered, root};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "library-misuse",
    summary: "a library chart has templates that Helm does not load, or an application only helpers",
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
        let templates: Vec<_> = chart.below("templates/").collect();
        if chart.is_library {
            for (name, file) in &templates {
                if file_name(name) == "NOTES.txt" || !is_rendered(name) || is_prose(name) {
                    continue;
                }
                let text = &cx.project.files.get(*file).text;
                let message = format!(
                    "Helm does not load `{}` of a library chart",
                    file_name(name)
                );
                cx.report_at(Place::new(*file, first_line(text)), message)
                    .note("of a library only the files whose names begin with `_` are loaded")
                    .help(if text.contains("define ") {
                        format!(
                            "call it `_{}`, or make the chart an application",
                            file_name(name)
                        )
                    } else {
                        "remove it, if a `define` of the library gives the same; else put it into \
                         one, in a file whose name begins with `_`, or make the chart an application"
                            .to_owned()
                    });
            }
            continue;
        }
        let renders = |name: &str| is_rendered(name) && file_name(name) != "NOTES.txt";
        let is_idle = !templates.is_empty()
            && !templates.iter().any(|(name, _)| renders(name))
            && chart.dependencies.is_empty()
            && chart.subcharts.is_empty()
            && chart.below("crds/").next().is_none();
        if is_idle {
            let kind = root(chart).and_then(|root| root.entry("type"));
            let version = root(chart).and_then(|root| root.get("apiVersion"));
            let is_first = version.is_none_or(|version| version.as_str().as_deref() == Some("v1"));
            let place =
                kind.map_or_else(|| head(chart), |kind| Place::new(chart.file, kind.range()));
            cx.report_at(
                place,
                "an application chart with nothing but helpers installs nothing",
            )
            .help(if is_first {
                "write `apiVersion: v2` and `type: library`"
            } else {
                "write `type: library`"
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(kind: &str, template: &str, more: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n{kind}//- /c/templates/{template}\n{{{{ define \"c.a\" }}}}a: b{{{{ end }}}}\n{more}"
        )
    }

    #[test]
    fn what_a_library_does_not_load_is_found() {
        on(&RULE)
            .files(&chart("type: library\n", "a.tpl", ""))
            .flags(&["c/templates/a.tpl:1: {{ define \"c.a\" }}a: b{{ end }}"])
            .loud_by_default();
        on(&RULE)
            .files(&chart("type: library\n", "a.yaml", ""))
            .says(&["Helm does not load `a.yaml` of a library chart"]);
    }

    #[test]
    fn an_application_of_helpers_is_found() {
        on(&RULE)
            .files(&chart("", "_a.tpl", ""))
            .flags(&["c/Chart.yaml:2: name: c"]);
        on(&RULE)
            .files(&chart("type: application\n", "_a.tpl", ""))
            .flags(&["c/Chart.yaml:4: type: application"]);
    }

    #[test]
    fn a_library_is_of_the_second_api_version() {
        let text = chart("", "_a.tpl", "").replace("apiVersion: v2", "apiVersion: v1");
        let case = on(&RULE).files(&text);
        let help = case.findings[0].help.as_deref();
        assert_eq!(help, Some("write `apiVersion: v2` and `type: library`"));
    }

    #[test]
    fn libraries_and_applications_as_they_should_be_are_clean() {
        on(&RULE)
            .files(&chart("type: library\n", "_a.tpl", ""))
            .clean();
        on(&RULE)
            .files(&chart("", "_a.tpl", "//- /c/templates/a.yaml\nkind: A\n"))
            .clean();
        // A guide for whoever uses the library.
        on(&RULE)
            .files(&chart("type: library\n", "README.txt", ""))
            .clean();
        on(&RULE)
            .files(&chart("dependencies: [{name: d, version: 1.0.0, repository: 'https://charts.example.com'}]\n", "_a.tpl", ""))
            .clean();
        on(&RULE)
            .files(&chart("type: library\n", "NOTES.txt", ""))
            .clean();
    }

    #[test]
    fn what_defines_nothing_has_to_go_into_a_helper() {
        let text = chart("type: library\n", "a.yaml", "")
            .replace("{{ define \"c.a\" }}a: b{{ end }}", "a: b");
        let case = on(&RULE).files(&text);
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.starts_with("remove it, if a `define`"), "{help}");
    }
}
