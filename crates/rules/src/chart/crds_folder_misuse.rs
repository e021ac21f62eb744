//! # What it does
//! Finds files in the `crds/` of a chart that use templates, and objects in them that are no
//! CustomResourceDefinitions.
//!
//! # Why it matters
//! Helm does not render `crds/`: what looks like an expression goes to the cluster as it stands
//! and is refused, or becomes part of a name. It installs what is there once, and never upgrades
//! or deletes it: a Role or a ConfigMap among it stays as it was on the first day.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/crds/all.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/crds/refund.yaml
//! apiVersion: apiextensions.k8s.io/v1
//! kind: CustomResourceDefinition
//! metadata: {name: refunds.acme.example}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/custom_resource_definitions/>

use plimsoll_source::{Confidence, Place, Severity, TextRange};
use plimsoll_yaml::{Dialect, parse};

use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "crds-folder-misuse",
    summary: "crds/ of a chart has templates or other objects than definitions",
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
        for (name, file) in chart.below("crds/") {
            if !name.ends_with(".yaml") && !name.ends_with(".yml") && !name.ends_with(".json") {
                continue;
            }
            let text = &cx.project.files.get(file).text;
            if let Some(range) = expression(text) {
                cx.report_at(
                    Place::new(file, range),
                    "Helm does not render what is in `crds/`",
                )
                .severity(Severity::Error)
                .note("the expression goes to the cluster as it stands")
                .help("write what it should be, or move the file to `templates/`");
                continue;
            }
            // Most files are definitions by all their lines, and large.
            if text.matches("\nkind: CustomResourceDefinition").count() + 1
                > text.matches("\nkind:").count()
            {
                continue;
            }
            let tree = parse(std::sync::Arc::clone(text), Dialect::GoV2);
            let others = plimsoll_k8s::objects(&tree);
            let mut others = others
                .into_iter()
                .filter(|object| object.kind() != "CustomResourceDefinition")
                // What has no name is nothing that Helm could install.
                .filter(|object| object.name().is_some_and(|name| !name.is_empty()));
            if let Some(object) = others.next() {
                let what = format!("{} `{}`", object.kind(), object.name().unwrap_or_default());
                let message = format!("Helm installs {what} once and never upgrades or deletes it");
                cx.report_at(Place::new(file, object.head()), message).help(
                    if object.is("", "Namespace") {
                        "leave it out, and install with `--create-namespace`"
                    } else {
                        "move it to `templates/`"
                    },
                );
            }
        }
    }
}

/// A line that is control or whose value is an expression of the chart.
fn expression(text: &str) -> Option<TextRange> {
    if !text.contains("{{") {
        return None;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        // Descriptions tell of templates, and defaults hold them.
        let is_control =
            body.starts_with("{{-") || body.starts_with("{{ if") || body.starts_with("{{ end");
        let is_value = || {
            let value = body
                .split_once(": ")
                .map(|(_, value)| value.trim_matches(['"', '\'']));
            value.is_some_and(|value| {
                ["{{ .Values.", "{{ .Release.", "{{ .Chart.", "{{ include "]
                    .iter()
                    .any(|open| value.starts_with(open))
            })
        };
        let in_text = body.starts_with("description:") || body.starts_with('#');
        if !in_text && (is_control || is_value()) {
            let start = at + line.len() - line.trim_start().len();
            return Some(TextRange::at(start, start + body.len()));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: as.x.example\n";

    fn chart(crd: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/crds/a.yaml\n{crd}"
        )
    }

    #[test]
    fn templates_in_crds_are_found() {
        on(&RULE)
            .files(&chart(&format!(
                "{{{{- if .Values.crds }}}}\n{CRD}{{{{- end }}}}\n"
            )))
            .flags(&["c/crds/a.yaml:1: {{- if .Values.crds }}"])
            .loud_by_default();
        on(&RULE)
            .files(&chart(&format!(
                "{CRD}  labels:\n    a: \"{{{{ .Release.Name }}}}\"\n"
            )))
            .flags(&["c/crds/a.yaml:6: a: \"{{ .Release.Name }}\""]);
    }

    #[test]
    fn other_objects_are_found() {
        on(&RULE)
            .files(&chart(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
            ))
            .says(&["Helm installs ConfigMap `a` once and never upgrades or deletes it"]);
        on(&RULE)
            .files(&chart(&format!("{CRD}---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: b}}\n")))
            .flags(&["c/crds/a.yaml:7: kind: ClusterRole"]);
    }

    #[test]
    fn definitions_are_clean() {
        on(&RULE).files(&chart(CRD)).clean();
        on(&RULE)
            .files(&chart(&format!("{CRD}  annotations:\n    a: b\nspec:\n  description: \"{{{{ .Values.x }}}} is replaced\"\n")))
            .clean();
        on(&RULE)
            .files(&chart(&format!(
                "{CRD}spec:\n  pattern: ^a$\n  # {{{{- if }}}}\n---\n{CRD}"
            )))
            .clean();
    }

    #[test]
    fn a_namespace_is_made_by_the_installation() {
        let text = chart("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n");
        let case = on(&RULE).files(&text);
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.contains("--create-namespace"), "{help}");
    }
}
