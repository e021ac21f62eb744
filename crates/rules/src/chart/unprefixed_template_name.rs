//! # What it does
//! Finds named templates of a chart whose names do not begin with that of a chart.
//!
//! # Why it matters
//! Names of templates are shared by a chart and all charts in it. Where two charts define
//! `fullname`, one definition is used for both: objects of the subchart are called after the
//! parent, or both after neither. Whoever takes this chart as a dependency cannot mend it.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/_names.tpl
//! {{- define "fullname" }}{{ .Release.Name }}{{ end }}
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: {{ include "fullname" . }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/_names.tpl
//! {{- define "payments.fullname" }}{{ .Release.Name }}{{ end }}
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: {{ include "payments.fullname" . }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/templates/#names-of-defined-templates>

use plimsoll_source::{Confidence, Place, Severity};

use super::defines::defines;
use super::files::root;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "unprefixed-template-name",
    summary: "a named template of a chart may collide with that of another chart",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    for chart in cx.project.charts.iter().filter(|chart| chart.is_loaded) {
        let name = root(chart).and_then(|root| root.get("name")?.text());
        let name = name.unwrap_or_default();
        let mut found: Vec<(Place, &str)> = Vec::new();
        for (_, file) in chart.below("templates/") {
            for define in defines(&cx.project.files.get(file).text) {
                // A prefix of any kind keeps it apart from those of other charts.
                let is_apart = define.name.contains(['.', '/', ':'])
                    || letters(define.name).starts_with(&letters(&name));
                if !is_apart {
                    found.push((Place::new(file, define.range), define.name));
                }
            }
        }
        let Some((place, first)) = found.first() else {
            continue;
        };
        let message = match found.len() {
            1 => format!("`{first}` may be a template of another chart, too"),
            more => format!(
                "`{first}` and {} more may be templates of another chart, too",
                more - 1
            ),
        };
        let draft = cx.report_at(*place, message);
        for (place, name) in found.iter().skip(1).take(5) {
            draft.related(*place, format!("`{name}`"));
        }
        draft
            .note("of templates with one name in a chart and its subcharts one is used for all of them")
            .help(format!("begin its name with that of the chart: `{name}.{first}`"));
    }
}

/// What is left when names are written in this way or another.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(defines: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: my-shop\nversion: 1.0.0\n//- /c/templates/_a.tpl\n{defines}\n//- /c/templates/c.yaml\nkind: C\n"
        )
    }

    #[test]
    fn names_that_anyone_may_have_are_found_once() {
        on(&RULE)
            .files(&chart("{{ define \"fullname\" }}a{{ end }}"))
            .flags(&["c/templates/_a.tpl:1: fullname"])
            .quiet_by_default();
        on(&RULE)
            .files(&chart(
                "{{ define \"name\" }}a{{ end }}\n{{ define \"labels\" }}a{{ end }}",
            ))
            .says(&["`name` and 1 more may be templates of another chart, too"]);
        on(&RULE)
            .files(&chart("{{- define \"shop-name\" -}}a{{- end -}}"))
            .flags(&["c/templates/_a.tpl:1: shop-name"]);
    }

    #[test]
    fn names_with_a_prefix_are_clean() {
        for name in [
            "my-shop.name",
            "common.names.fullname",
            "myShopName",
            "my-shop_labels",
        ] {
            on(&RULE)
                .files(&chart(&format!(
                    "{{{{ define \"{name}\" }}}}a{{{{ end }}}}"
                )))
                .clean();
        }
        on(&RULE)
            .files(&chart("{{/* define \"fullname\" */}}"))
            .clean();
    }
}
