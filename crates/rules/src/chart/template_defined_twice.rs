//! # What it does
//! Finds named templates that two files of a chart define, each in its own way.
//!
//! # Why it matters
//! One of them is never used. Which one depends on the names of the files: of files at the same
//! depth the first in the alphabet wins. Renaming a file then changes what is installed, and
//! edits of the losing one have no effect.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/_a.tpl
//! {{- define "payments.name" }}payments{{ end }}
//! //- /chart/templates/_b.tpl
//! {{- define "payments.name" }}{{ .Release.Name }}{{ end }}
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: {{ include "payments.name" . }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/_a.tpl
//! {{- define "payments.name" }}payments{{ end }}
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: {{ include "payments.name" . }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_template_guide/named_templates/>

use std::collections::BTreeMap;

use plimsoll_source::{Confidence, FileId, Place, Severity};

use super::defines::{Define, defines};
use super::files::is_prose;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "template-defined-twice",
    summary: "two files of a chart define the same template, and one of them is never used",
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
        // The one that is used first: what lies less deep, then by name.
        let mut templates: Vec<(&str, FileId)> = chart.below("templates/").collect();
        templates.sort_by_key(|(name, _)| (name.matches('/').count(), *name));
        let mut used: BTreeMap<&str, (FileId, Define<'_>)> = BTreeMap::new();
        for (name, file) in templates {
            // Of a library Helm does not load it; elsewhere it does.
            if chart.is_library && is_prose(name) {
                continue;
            }
            for define in defines(&cx.project.files.get(file).text) {
                if define.body.trim().is_empty() {
                    continue;
                }
                let Some((winner, first)) = used.get(define.name) else {
                    used.insert(define.name, (file, define));
                    continue;
                };
                // In one file Helm refuses it.
                if *winner == file || first.body.trim() == define.body.trim() {
                    continue;
                }
                let winner = Place::new(*winner, first.range);
                cx.report_at(
                    Place::new(file, define.range),
                    format!(
                        "this `{}` is never used: another file defines it, too",
                        define.name
                    ),
                )
                .related(winner, "this one counts")
                .help("remove one of them, or give it a name of its own");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(a: &str, b: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/templates/_a.tpl\n{a}\n//- /c/templates/_b.tpl\n{b}\n//- /c/templates/c.yaml\nkind: C\n"
        )
    }

    #[test]
    fn what_another_file_defines_is_found() {
        let case = on(&RULE)
            .files(&chart(
                "{{ define \"c.x\" }}a{{ end }}",
                "{{- define \"c.x\" -}}b{{ end }}",
            ))
            .flags(&["c/templates/_b.tpl:1: c.x"])
            .loud_by_default();
        assert_eq!(case.findings[0].related.len(), 1);
        on(&RULE)
            .files(&chart(
                "{{define \"c.x\"}}{{ if .a }}a{{ end }}{{end}}",
                "x\n{{- define `c.x` }}b{{ end }}",
            ))
            .flags(&["c/templates/_b.tpl:2: c.x"]);
        on(&RULE)
            .files(&chart(
                "{{ define \"c.x\" }}a{{ end }}",
                "{{ define \"c.y\" }}c{{ end }}{{ define \"c.x\" }}{{/* end */}}b{{ end }}",
            ))
            .flags(&["c/templates/_b.tpl:1: c.x"]);
    }

    #[test]
    fn what_a_library_explains_is_no_definition() {
        let twice = chart(
            "{{ define \"c.x\" }}a{{ end }}",
            "{{ define \"c.x\" }}b{{ end }}",
        )
        .replace("templates/_b.tpl", "templates/README.txt");
        on(&RULE)
            .files(&twice)
            .flags(&["c/templates/_a.tpl:1: c.x"]);
        let library = twice.replace("version: 1.0.0", "version: 1.0.0\ntype: library");
        on(&RULE).files(&library).clean();
    }

    #[test]
    fn names_of_their_own_and_copies_are_clean() {
        on(&RULE)
            .files(&chart(
                "{{ define \"c.x\" }}a{{ end }}",
                "{{ define \"c.y\" }}b{{ end }}",
            ))
            .clean();
        on(&RULE)
            .files(&chart(
                "{{ define \"c.x\" }}a{{ end }}",
                "{{ define \"c.x\" }} a {{ end }}",
            ))
            .clean();
        on(&RULE)
            .files(&chart(
                "{{ define \"c.x\" }}a{{ end }}",
                "{{ define \"c.x\" }}{{ end }}",
            ))
            .clean();
        on(&RULE)
            .files(&chart(
                "{{ define \"c.x\" }}a{{ end }}",
                "{{/* {{ define \"c.x\" }}b{{ end }} */}}",
            ))
            .clean();
    }
}
