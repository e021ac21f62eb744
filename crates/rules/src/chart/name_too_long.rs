//! # What it does
//! Renders the chart for a release with the longest name that Helm allows (53 characters) and
//! finds names and labels that are longer then than Kubernetes allows: 63 characters for a
//! Service, a Namespace, a Job and the value of a label, 52 for a CronJob and a StatefulSet.
//!
//! # Why it matters
//! A chart that works for `shop` fails for `payments-integration-tests-eu-west`. For most objects
//! the install is refused; a StatefulSet is accepted and never gets a pod, since the label that
//! is made of its name and of a hash is too long. `fullname` of `helm create` cuts itself to 63
//! characters, but what is put behind it comes on top.
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
//! metadata:
//!   name: {{ .Release.Name }}-payments-metrics
//! spec:
//!   ports: [{port: 80}]
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/service.yaml
//! apiVersion: v1
//! kind: Service
//! metadata:
//!   name: {{ .Release.Name | trunc 46 | trimSuffix "-" }}-payments-metrics
//! spec:
//!   ports: [{port: 80}]
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>
//! - <https://helm.sh/docs/chart_template_guide/getting_started/>

use plimsoll_k8s::{Object, Workload, objects};
use plimsoll_project::Given;
use plimsoll_source::{Confidence, Place, Severity, TextRange};
use plimsoll_yaml::Node;

use super::given::behind;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "name-too-long",
    summary: "a name of a chart gets too long with a long name of the release",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    for chart in &cx.project.charts {
        for unit in &chart.long_named {
            for object in objects(&unit.tree) {
                let mut names: Vec<(Node<'_>, String, usize, &str)> = Vec::new();
                if let (Some(node), Some((limit, why))) = (object.name_node(), limit(object)) {
                    names.push((
                        node,
                        format!("the name of this {}", object.kind()),
                        limit,
                        why,
                    ));
                }
                for node in labels(object) {
                    let key = node.key().and_then(Node::text).unwrap_or_default();
                    names.push((node, format!("the label `{key}`"), 63, REFUSED));
                }
                for (node, what, limit, why) in names {
                    let len = node.text().map_or(0, |text| text.chars().count());
                    let place = Place::new(unit.file, node.range());
                    let of_release = cx
                        .project
                        .files
                        .marks(place)
                        .has(Given::ReleaseName.content());
                    if len <= limit || !of_release {
                        continue;
                    }
                    let long = chart.long_name;
                    let help = help(cx, place, limit);
                    cx.report_at(
                        place,
                        format!("{what} has {len} characters in a release whose name has {long}, and {limit} are allowed"),
                    )
                    .note(why)
                    .help(help)
                    .object(object.kind());
                }
            }
        }
    }
}

/// How to cut a name: before its suffix, where the template writes one.
fn help(cx: &Cx<'_>, place: Place, limit: usize) -> String {
    let end = place.range.end;
    let last = Place::new(place.file, TextRange::new(end.saturating_sub(1), end));
    let quoted = cx.project.files.text(last).contains(['"', '\'']);
    let before = Place::new(place.file, TextRange::new(end.saturating_sub(2), end - 1));
    let last = if quoted { before } else { last };
    let name = Place::new(
        place.file,
        TextRange::new(place.range.start, last.range.end),
    );
    if cx.project.files.editable(last).is_some() || is_appended(cx, name) {
        "cut what comes before the suffix with `trunc`, and a `-` at its end with `trimSuffix \"-\"`"
            .to_owned()
    } else {
        format!("cut the whole of it: `… | trunc {limit} | trimSuffix \"-\"`")
    }
}

/// Whether the end of a name is written by another action than the name of the release.
fn is_appended(cx: &Cx<'_>, place: Place) -> bool {
    let of_release = Given::ReleaseName.content();
    behind(cx, place).is_some_and(|behind| {
        let named = behind
            .parts()
            .filter(|(_, what)| what.marks.has(of_release));
        let (named, last) = (named.last(), behind.parts().last());
        named
            .zip(last)
            .is_some_and(|((named, _), (last, _))| named.place != last.place)
    })
}

const REFUSED: &str = "the API server refuses the object";

/// How long the name of an object can be, and what happens beyond.
fn limit(object: Object<'_>) -> Option<(usize, &'static str)> {
    let is = |group: &str, kind: &str| object.is(group, kind);
    if is("", "Service") || is("", "Namespace") {
        Some((63, REFUSED))
    } else if is("batch", "CronJob") {
        Some((52, REFUSED))
    } else if is("batch", "Job") {
        Some((
            63,
            "its pods are labelled with its name, and the label is refused",
        ))
    } else if is("apps", "StatefulSet") {
        Some((
            52,
            "it is accepted, and gets no pods: they are labelled with its name and a hash, and the label is refused",
        ))
    } else {
        None
    }
}

/// The values of labels, wherever they stand in the object.
fn labels(object: Object<'_>) -> Vec<Node<'_>> {
    let mut found: Vec<Node<'_>> = object.labels().nodes().map(|(_, value)| value).collect();
    if let Some(workload) = Workload::new(object) {
        let template = workload.template();
        let of_pods = template
            .into_iter()
            .flat_map(|template| template.labels().nodes());
        let selected = workload.selector().into_iter();
        let selected = selected.flat_map(|selector| selector.match_labels().nodes());
        let all = of_pods.chain(selected).map(|(_, value)| value);
        found.extend(all);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::chart;
    use crate::testing::on;

    fn object(api: &str, kind: &str, name: &str, label: &str) -> String {
        chart(
            "{}",
            &format!(
                "{{{{- $full := printf \"%s-%s\" .Release.Name .Chart.Name | trunc 63 | trimSuffix \"-\" }}}}\napiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n    a: {label}\n"
            ),
        )
    }

    #[test]
    fn names_that_can_be_too_long_are_found() {
        on(&RULE)
            .files(&object("v1", "Service", "{{ $full }}-metrics-web", "b"))
            .flags(&["c/templates/a.yaml:5: {{ $full }}-metrics-web"])
            .says(&["the name of this Service has 67 characters in a release whose name has 53, and 63 are allowed"])
            .quiet_by_default();
        on(&RULE)
            .files(&object("batch/v1", "CronJob", "{{ .Release.Name }}", "b"))
            .says(&["the name of this CronJob has 53 characters in a release whose name has 53, and 52 are allowed"]);
        on(&RULE)
            .files(&object("apps/v1", "StatefulSet", "{{ $full }}", "b"))
            .says(&["the name of this StatefulSet has 55 characters in a release whose name has 53, and 52 are allowed"]);
        on(&RULE)
            .files(&object(
                "v1",
                "ConfigMap",
                "a",
                "{{ .Release.Name }}-application",
            ))
            .flags(&["c/templates/a.yaml:7: {{ .Release.Name }}-application"]);
    }

    #[test]
    fn names_without_a_suffix_are_cut_as_a_whole() {
        let help = |name: &str| {
            let case = on(&RULE).files(&object("v1", "Service", name, "b"));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("{{ $full }}-metrics-web").contains("before the suffix"));
        assert!(help("\"{{ $full }}-metrics-web\"").contains("before the suffix"));
        assert!(
            help("{{ $full }}{{ printf \"-%s\" \"metrics-web\" }}").contains("before the suffix")
        );
        let whole = "cut the whole of it: `… | trunc 63 | trimSuffix \"-\"`";
        assert_eq!(help("portal-svc-{{ $full }}"), whole);
        assert_eq!(help("\"portal-svc-{{ $full }}\""), whole);
    }

    #[test]
    fn names_that_are_cut_are_clean() {
        on(&RULE)
            .files(&object("v1", "Service", "{{ $full }}-web", "{{ $full }}"))
            .clean();
        on(&RULE)
            .files(&object(
                "v1",
                "Service",
                "{{ $full | trunc 40 }}-metrics-web",
                "b",
            ))
            .clean();
        on(&RULE)
            .files(&object(
                "batch/v1",
                "CronJob",
                "{{ .Release.Name | trunc 40 }}",
                "b",
            ))
            .clean();
    }

    #[test]
    fn names_that_may_be_long_are_clean() {
        on(&RULE)
            .files(&object(
                "v1",
                "ConfigMap",
                "{{ $full }}-application-settings",
                "b",
            ))
            .clean();
        on(&RULE).files(&object("v1", "Service", "a", "b")).clean();
    }
}
