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

use plimsoll_project::ChartUnit;
use plimsoll_source::{Confidence, EntryKind, Place, Severity, TextRange};

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
            let told = "nobody is told how to reach this";
            match left_out(cx, chart) {
                Some(place) => cx
                    .report_at(place, "`templates/NOTES.txt` is left out of the chart")
                    .related(service, told)
                    .help("keep it in with `!templates/NOTES.txt` below this line"),
                None => cx
                    .report_at(head(chart), "the chart has no `NOTES.txt`")
                    .related(service, told)
                    .help(
                        "write `templates/NOTES.txt`: it is rendered, and `helm install` prints it",
                    ),
            };
        }
    }
}

/// The line of `.helmignore` that leaves out the notes that are there: the last that names files
/// of their kind.
fn left_out(cx: &Cx<'_>, chart: &ChartUnit) -> Option<Place> {
    let notes = format!("{}/templates/NOTES.txt", chart.folder);
    let kind = cx.project.tree.kind(notes.trim_start_matches('/'))?;
    let file = chart
        .text_of(".helmignore")
        .filter(|_| kind == EntryKind::File)?;
    let text = &cx.project.files.get(file).text;
    let mut at = 0;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        let names = |part: &str| body.to_ascii_lowercase().contains(part);
        if !body.starts_with(['#', '!']) && (names("notes") || names(".txt")) {
            found = Some(TextRange::at(at, at + line.trim_end().len()));
        }
        at += line.len();
    }
    Some(Place::new(file, found?))
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
    fn notes_that_are_left_out_are_told_where_they_are() {
        on(&RULE)
            .files(&chart(
                SERVICE,
                "//- /c/.helmignore\n# what\n*.txt\n//- /c/templates/NOTES.txt\nhello\n",
            ))
            .flags(&["c/.helmignore:2: *.txt"])
            .says(&["`templates/NOTES.txt` is left out of the chart"]);
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
