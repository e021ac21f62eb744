//! # What it does
//! Finds files in `templates/` that are no templates and that Helm renders all the same: a
//! README, a script, a backup of a manifest.
//!
//! # Why it matters
//! Whatever lies in `templates/` and does not begin with `_` is rendered and applied. A text
//! stops the install with an error about YAML; a backup of a Deployment is installed beside the
//! Deployment, or instead of it.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/configmap.yaml.bak
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/.helmignore
//! *.bak
//! //- /chart/templates/configmap.yaml.bak
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/topics/charts/#the-chart-file-structure>
//! - <https://helm.sh/docs/chart_template_guide/helm_ignore_file/>

use plimsoll_source::files::file_name;
use plimsoll_source::{Confidence, Place, Severity};

use super::files::{first_line, is_rendered};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "stray-template-file",
    summary: "Helm renders a file in templates/ that is no template",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// Endings of what is meant to be rendered.
const ENDINGS: [&str; 8] = [
    "yaml", "yml", "tpl", "txt", "json", "gotmpl", "gotpl", "tmpl",
];

/// Endings of what was put aside, templates or not.
const BACKUPS: [&str; 9] = [
    "bak", "bk", "backup", "disabled", "old", "orig", "rej", "save", "swp",
];

fn check(cx: &mut Cx<'_>) {
    for chart in cx
        .project
        .charts
        .iter()
        .filter(|chart| chart.is_loaded && !chart.is_library)
    {
        for (path, file) in chart.below("templates/") {
            let name = file_name(path);
            let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
            let text = &cx.project.files.get(file).text;
            let ending = ending.to_lowercase();
            let is_backup = BACKUPS.contains(&&*ending) || name.ends_with('~');
            // A text that is all actions, such as a check of the values, is there to be rendered.
            let is_template = text.trim_start().starts_with("{{") || text.contains("apiVersion");
            let is_stray = is_backup
                || !ENDINGS.contains(&&*ending) && !text.trim_start().starts_with("{{")
                || ending == "txt" && name != "NOTES.txt" && !is_template;
            if !is_rendered(name) || !is_stray || text.trim().is_empty() {
                continue;
            }
            // Only definitions, under an unusual ending: they give nothing.
            if text.contains("{{- define") && !text.contains("apiVersion") {
                continue;
            }
            cx.report_at(
                Place::new(file, first_line(text)),
                format!("Helm renders `{name}` and applies what it gives"),
            )
            .help("move it out of `templates/`, or name it in `.helmignore`");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(name: &str, text: &str, more: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/templates/{name}\n{text}\n{more}"
        )
    }

    #[test]
    fn files_that_are_no_templates_are_found() {
        on(&RULE)
            .files(&chart("README.md", "# About: this", ""))
            .flags(&["c/templates/README.md:1: # About: this"])
            .loud_by_default();
        on(&RULE)
            .files(&chart("web.yaml.orig", "kind: A", ""))
            .flags(&["c/templates/web.yaml.orig:1: kind: A"])
            .says(&["Helm renders `web.yaml.orig` and applies what it gives"]);
        on(&RULE)
            .files(&chart(
                "web.yaml.bak",
                "{{ if true }}\nkind: A\n{{ end }}",
                "",
            ))
            .flags(&["c/templates/web.yaml.bak:1: {{ if true }}"]);
        on(&RULE)
            .files(&chart("notes.txt", "Thank you: all", ""))
            .flags(&["c/templates/notes.txt:1: Thank you: all"])
            .loud_by_default();
    }

    #[test]
    fn templates_and_helpers_are_clean() {
        for (name, text) in [
            ("a.yaml", "kind: A"),
            ("a.json", "{}"),
            ("_a.md", "# About"),
            ("NOTES.txt", "Thank you"),
            ("check.txt", "{{- if .Values.a }}{{ fail \"no\" }}{{ end }}"),
            ("web.yaml.gotmpl", "apiVersion: v1\nkind: A"),
            ("helpers.gotmpl", "{{- define \"c.x\" }}a{{ end }}"),
        ] {
            on(&RULE).files(&chart(name, text, "")).clean();
        }
        on(&RULE)
            .files(&chart(
                "README.md",
                "# About",
                "//- /c/.helmignore\nREADME.md\n",
            ))
            .clean();
    }
}
