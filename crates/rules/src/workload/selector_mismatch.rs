//! # What it does
//! Finds workloads whose selector does not match the labels of their own pod template.
//!
//! # Why it matters
//! The API server refuses the object: a workload that does not find its own pods would make new
//! ones for ever.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: website}}
//!     spec:
//!       containers: [{name: web, image: "ghcr.io/example/web:1.0"}]
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web, tier: front}}
//!     spec:
//!       containers: [{name: web, image: "ghcr.io/example/web:1.0"}]
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector>

use plimsoll_source::{Confidence, Severity, TextRange};
use plimsoll_yaml::Node;

use crate::{Alias, Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "selector-mismatch",
    summary: "a workload's selector does not match its own pods",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "mismatching-selector",
        },
        Alias {
            tool: "kube-score",
            id: "deployment-pod-selector-labels-match-template-metadata-labels",
        },
        Alias {
            tool: "kube-score",
            id: "statefulset-pod-selector-labels-match-template-metadata-labels",
        },
    ],
    checks: &[Check::Workload(check)],
};

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let WorkloadInput { unit, workload } = *input;
    // A Job's selector is made by the API server; one that is written goes with manualSelector.
    if workload.kind().runs_to_completion() {
        return;
    }
    let (Some(selector), Some(template)) = (workload.selector(), workload.template()) else {
        return;
    };
    let labels = template.labels();
    let unmet = selector.unmet(labels);
    let object = workload.object();
    let path: Vec<&str> = workload
        .kind()
        .template_path()
        .iter()
        .copied()
        .chain(["metadata", "labels"])
        .collect();
    if unmet.is_empty() || !cx.reports_missing(unit, object, &path) {
        return;
    }
    let wanted: Vec<String> = unmet
        .iter()
        .map(|requirement| match requirement.value_texts().as_slice() {
            [value] => format!("`{}: {value}`", requirement.key_text()),
            _ => format!("`{}`", requirement.key_text()),
        })
        .collect();
    let range = unmet
        .iter()
        .map(|requirement| requirement.key.range())
        .reduce(TextRange::join);
    let range = range.unwrap_or_else(|| object.head());
    let there = labels.node().map_or_else(
        || object.missing_at(&path),
        |node| {
            unmet
                .iter()
                .find_map(|requirement| labels.value_node(&requirement.key_text()))
                .map_or_else(|| node.key().map_or(node.range(), Node::range), Node::range)
        },
    );
    let place = cx.place(there);
    cx.report(
        range,
        format!(
            "the selector wants {}, which the pod template does not have",
            wanted.join(" and ")
        ),
    )
    .related(place, "the labels of the pods")
    .note("the API server refuses the object")
    .help("make the selector and `template.metadata.labels` agree");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};

    #[track_caller]
    fn with(selector: &str, labels: &str) -> Case {
        on(&RULE).manifest(&format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: a}}\nspec:\n  selector: {selector}\n  \
             template:\n    metadata: {{labels: {labels}}}\n    spec: {{containers: [{{name: a, image: \"b:1\"}}]}}\n"
        ))
    }

    #[test]
    fn selectors_that_miss_are_found() {
        with("{matchLabels: {app: web}}", "{app: api}").flags(&["5: app"]);
        with("{matchLabels: {app: web, tier: x}}", "{app: web}").flags(&["5: tier"]);
        with(
            "{matchExpressions: [{key: app, operator: In, values: [a, b]}]}",
            "{app: c}",
        )
        .flags(&["5: app"]);
    }

    #[test]
    fn of_a_label_that_is_written_twice_one_counts() {
        let twice = "{a.b/name: x, a.b/name: y}";
        with(&format!("{{matchLabels: {twice}}}"), twice).clean();
        with(&format!("{{matchLabels: {twice}}}"), "{a.b/name: z}").flags(&["5: a.b/name"]);
    }

    #[test]
    fn selectors_that_match_are_left_alone() {
        with("{matchLabels: {app: web}}", "{app: web, tier: x}").clean();
        with(
            "{matchExpressions: [{key: app, operator: Exists}]}",
            "{app: web}",
        )
        .clean();
        on(&RULE)
            .manifest(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n  \
                 template: {spec: {containers: []}}\n",
            )
            .clean();
    }
}
