//! # What it does
//! Finds charts that install a Service or an Ingress and have no `NOTES.txt`.
//!
//! # Why it matters
//! `helm install` prints `NOTES.txt`: how to reach what was installed, where the password is,
//! what to do next. Without it the user reads the templates.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/service.yaml
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   ports: [{port: 80}]
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/NOTES.txt
//! kubectl port-forward service/payments 8080:80
//! //- /chart/templates/service.yaml
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   ports: [{port: 80}]
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_template_guide/notes_files/>

use std::collections::BTreeMap;

use plimsoll_source::{Confidence, Place, Severity};

use super::files::head;
use super::given::rendered;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-chart-notes",
    summary: "a chart does not tell how to reach what it installs",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    let mut serving: BTreeMap<&str, Place> = BTreeMap::new();
    for (number, unit, render) in rendered(cx) {
        for object in &cx.links.objects().by_unit()[number] {
            if object.is("", "Service") || object.is("networking.k8s.io", "Ingress") {
                let folder = &*cx.project.renders[render].folder;
                serving
                    .entry(folder)
                    .or_insert(Place::new(unit.file, object.head()));
            }
        }
    }
    for chart in &cx.project.charts {
        let has_notes = chart
            .files
            .iter()
            .any(|file| file.name == "templates/NOTES.txt");
        if let Some(&service) = serving.get(&*chart.folder)
            && !has_notes
        {
            cx.report_at(head(chart), "the chart has no `NOTES.txt`")
                .related(service, "nobody is told how to reach this")
                .help("write `templates/NOTES.txt`: it is rendered, and `helm install` prints it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(object: &str, more: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n{more}//- /c/templates/a.yaml\n{object}\nmetadata: {{name: a}}\n"
        )
    }

    const SERVICE: &str = "apiVersion: v1\nkind: Service";

    #[test]
    fn charts_that_serve_without_notes_are_found() {
        on(&RULE)
            .files(&chart(SERVICE, ""))
            .flags(&["c/Chart.yaml:2: name: c"])
            .quiet_by_default();
        on(&RULE)
            .files(&chart(
                "apiVersion: networking.k8s.io/v1\nkind: Ingress",
                "",
            ))
            .flags(&["c/Chart.yaml:2: name: c"]);
        on(&RULE)
            .files(&chart(SERVICE, "//- /c/NOTES.txt\nhello\n"))
            .flags(&["c/Chart.yaml:2: name: c"]);
    }

    #[test]
    fn notes_libraries_and_charts_that_serve_nothing_are_clean() {
        on(&RULE)
            .files(&chart(SERVICE, "//- /c/templates/NOTES.txt\nhello\n"))
            .clean();
        on(&RULE)
            .files(&chart("apiVersion: v1\nkind: ConfigMap", ""))
            .clean();
        on(&RULE).files(&chart(SERVICE, "type: library\n")).clean();
    }
}
