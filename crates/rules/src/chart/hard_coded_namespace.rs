//! # What it does
//! Finds objects of a chart whose namespace is written in the template, and bindings of a chart
//! that grant to a ServiceAccount of the chart in such a namespace.
//!
//! # Why it matters
//! `helm install --namespace` says where a release goes. An object with a namespace of its own
//! goes elsewhere: its Services are not found, its Secrets cannot be mounted, `helm uninstall`
//! needs rights in a namespace that nobody named, and the chart cannot be installed twice. A
//! binding with the wrong namespace grants its rights to an account that does not exist.
//!
//! Namespaces of the cluster itself (`kube-system` and the like, those of OpenShift) are left
//! alone, and so is a namespace that a value can change.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//!   namespace: shop
//! data: {LEVEL: info}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//!   namespace: {{ .Release.Namespace }}
//! data: {LEVEL: info}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/templates/>
//! - <https://helm.sh/docs/chart_template_guide/builtin_objects/>

use std::collections::BTreeMap;

use plimsoll_k8s::Object;
use plimsoll_source::{Confidence, FileId, Place, Severity};
use plimsoll_yaml::Node;

use super::given::{behind, rendered};
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "hard-coded-namespace",
    summary: "a namespace is written in a template of a chart",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(objects), Check::Object(bindings)],
};

/// The most further objects that a finding names.
const MAX_FURTHER: usize = 5;

/// The objects of each render that have a namespace of their own: one finding for each namespace.
fn objects(cx: &mut Cx<'_>) {
    let mut found: BTreeMap<(usize, String), Vec<(Place, String)>> = BTreeMap::new();
    for (number, unit, render) in rendered(cx) {
        for &object in &cx.links.objects().by_unit()[number] {
            // Argo CD looks for its applications in its own namespace, wherever the release goes.
            if object.group() == "argoproj.io"
                && matches!(
                    &*object.kind(),
                    "Application" | "ApplicationSet" | "AppProject"
                )
            {
                continue;
            }
            let node = object.metadata().and_then(|node| node.get("namespace"));
            // A chart may bring the namespace along that it fills.
            let space = node.and_then(Node::as_str).unwrap_or_default();
            let mut spaces = cx.peers(unit, "Namespace").iter();
            if spaces.any(|(_, one)| one.name().is_some_and(|name| name == space)) {
                continue;
            }
            if let Some((name, place)) = node.and_then(|node| written(cx, unit.file, node)) {
                let what = format!("{} `{}`", object.kind(), object.name().unwrap_or_default());
                found.entry((render, name)).or_default().push((place, what));
            }
        }
    }
    for ((_, name), objects) in found {
        let (first, what) = &objects[0];
        let rest = &objects[1..];
        let message = match rest.len() {
            0 => format!("{what} goes to the namespace `{name}`, wherever the release goes"),
            more => format!(
                "{what} and {more} more objects go to the namespace `{name}`, wherever the release goes"
            ),
        };
        let draft = cx.report_at(*first, message);
        for (place, what) in rest.iter().take(MAX_FURTHER) {
            draft.related(*place, format!("{what}, too"));
        }
        draft.help(
            "leave `metadata.namespace` out, or write `{{ .Release.Namespace }}` or a value that \
             defaults to it",
        );
    }
}

/// The accounts that a binding grants to.
fn bindings(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let object = input.object;
    if !object.group().starts_with("rbac.authorization")
        || cx.project.generated(input.unit.file).is_none()
    {
        return;
    }
    let subjects = object.node().get("subjects");
    for subject in subjects
        .into_iter()
        .flat_map(Node::items)
        .map(Node::resolve)
    {
        let text = |key: &str| subject.get(key).and_then(Node::as_str);
        let node = subject.get("namespace");
        let Some((namespace, place)) = node.and_then(|node| written(cx, input.unit.file, node))
        else {
            continue;
        };
        let (Some(kind), Some(name)) = (text("kind"), text("name")) else {
            continue;
        };
        if kind != "ServiceAccount" {
            continue;
        }
        let accounts = cx.peers(input.unit, "ServiceAccount").iter();
        let mut accounts = accounts.filter(|(_, account)| account.name().as_ref() == Some(&name));
        let Some(&(file, account)) = accounts.next() else {
            continue;
        };
        let in_release = goes_with_the_release(cx, file, account);
        if accounts.next().is_none() && in_release {
            let account = Place::new(file, account.head());
            let message = format!(
                "the rights are granted to `{name}` in the namespace `{namespace}`, and the account goes where the release goes"
            );
            cx.report_at(place, message)
                .severity(Severity::Error)
                .related(account, "the account")
                .help("write `{{ .Release.Namespace }}`");
        }
    }
}

/// Whether the namespace of an object is that of the release.
fn goes_with_the_release(cx: &Cx<'_>, file: FileId, object: Object<'_>) -> bool {
    let node = object.metadata().and_then(|node| node.get("namespace"));
    let Some(node) = node else { return true };
    let behind = behind(cx, Place::new(file, node.range()));
    let given = plimsoll_project::Given::ReleaseNamespace.content();
    behind.is_some_and(|behind| behind.marks().has(given))
}

/// A namespace that is text of the chart, and its place.
fn written(cx: &Cx<'_>, file: FileId, node: Node<'_>) -> Option<(String, Place)> {
    let name = node.as_str().filter(|name| !name.is_empty())?.into_owned();
    let place = Place::new(file, node.range());
    let behind = behind(cx, place)?;
    let of_cluster = name.starts_with("kube-") || name.starts_with("openshift");
    let is_fixed = behind.is_fixed() && !behind.is_decided_by(&["namespace"]);
    (is_fixed && !of_cluster).then_some((name, place))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::chart;
    use crate::testing::on;

    fn config(namespace: &str) -> String {
        chart(
            "ns: shop",
            &format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: {namespace}\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: b\n  namespace: {namespace}\n"
            ),
        )
    }

    fn binding(subject: &str, account: &str) -> String {
        chart(
            "{}",
            &format!(
                "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n{account}---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: a\nroleRef: {{kind: ClusterRole, name: view, apiGroup: rbac.authorization.k8s.io}}\nsubjects:\n  - kind: ServiceAccount\n    name: a\n    namespace: {subject}\n"
            ),
        )
    }

    #[test]
    fn a_namespace_in_a_template_is_found_once_for_the_chart() {
        let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: a\n  namespace: argocd\n";
        on(&RULE).files(&chart("{}", application)).clean();
        let case = on(&RULE)
            .files(&config("shop"))
            .flags(&["c/templates/a.yaml:5: shop"]);
        assert_eq!(case.findings[0].related.len(), 1);
        on(&RULE)
            .files(&config("{{ \"shop\" | quote }}"))
            .flags(&["c/templates/a.yaml:5: quote"])
            .loud_by_default();
    }

    #[test]
    fn a_binding_to_an_account_elsewhere_is_found() {
        on(&RULE)
            .files(&binding("default", ""))
            .flags(&["c/templates/a.yaml:14: default"]);
        on(&RULE)
            .files(&binding("shop", "  namespace: {{ .Release.Namespace }}\n"))
            .loud_by_default();
    }

    #[test]
    fn a_namespace_that_can_be_chosen_is_clean() {
        on(&RULE).files(&config("{{ .Release.Namespace }}")).clean();
        on(&RULE).files(&config("{{ .Values.ns }}")).clean();
        on(&RULE)
            .files(&config("{{ .Values.namespace | default \"shop\" }}"))
            .clean();
        on(&RULE)
            .files(&config(
                "{{ if .Values.namespaceOverride }}x{{ else }}shop{{ end }}",
            ))
            .clean();
        on(&RULE)
            .files(&binding("{{ .Release.Namespace }}", ""))
            .clean();
    }

    #[test]
    fn namespaces_of_the_cluster_and_written_manifests_are_left_alone() {
        on(&RULE).files(&config("kube-system")).clean();
        on(&RULE)
            .manifest("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n")
            .clean();
    }

    #[test]
    fn a_namespace_that_the_chart_brings_along_is_left_alone() {
        let space = "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
        on(&RULE)
            .files(&format!("{}{space}", config("shop")))
            .clean();
        on(&RULE)
            .files(&format!("{}{space}", config("other")))
            .loud_by_default();
    }
}
