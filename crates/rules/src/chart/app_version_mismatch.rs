//! # What it does
//! Compares `appVersion` of a chart with `image.tag` of its `values.yaml`, where both are
//! versions and the tag is used by a container.
//!
//! # Why it matters
//! `helm list`, the label `app.kubernetes.io/version` and every dashboard tell the one, and the
//! other runs: who looks for a release that has a security fix is told that it is there. It
//! mostly comes of raising one of the two and forgetting the other.
//!
//! A tag that only says more (`1.4.0-alpine`) or less (`1.4`) agrees. Where not even the first
//! number is the same, and the template does not take `.Chart.AppVersion` for a tag, the image may
//! be counted in another way than what it holds: that is for pedantic reviews.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! appVersion: 1.4.0
//! //- /chart/values.yaml
//! image: {repository: ghcr.io/acme/payments, tag: 1.5.0}
//! //- /chart/templates/pod.yaml
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: payments}
//! spec:
//!   containers:
//!     - name: payments
//!       image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! appVersion: 1.5.0
//! //- /chart/values.yaml
//! image: {repository: ghcr.io/acme/payments, tag: ""}
//! //- /chart/templates/pod.yaml
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: payments}
//! spec:
//!   containers:
//!     - name: payments
//!       image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
//! ```
//!
//! # References
//! - <https://helm.sh/docs/topics/charts/#the-appversion-field>

use std::collections::BTreeMap;

use plimsoll_k8s::{PodSpec, Workload};
use plimsoll_source::{Confidence, Place, Severity, ValueRole};
use plimsoll_yaml::Document;

use super::given::{behind, rendered};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "app-version-mismatch",
    summary: "the image tag of a chart is another version than its appVersion",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    // By the place of the tag: where it is used, and what the chart says.
    let mut found: BTreeMap<Place, (Place, Place, String)> = BTreeMap::new();
    for (number, unit, render) in rendered(cx) {
        let render = &cx.project.renders[render];
        let charts = &cx.project.charts;
        let chart = charts.iter().find(|chart| chart.folder == render.folder);
        let root = chart.and_then(|chart| chart.tree.documents().next().and_then(Document::root));
        let (Some(chart), Some(node)) = (chart, root.and_then(|root| root.get("appVersion")))
        else {
            continue;
        };
        let (Some(values), Some(app)) = (chart.text_of("values.yaml"), node.text()) else {
            continue;
        };
        let objects = &cx.links.objects().by_unit()[number];
        let workloads = objects.iter().filter_map(|&object| Workload::new(object));
        let pods = workloads.filter_map(Workload::pod);
        for container in pods.flat_map(PodSpec::all_containers) {
            let Some(image) = container.image() else {
                continue;
            };
            let used = Place::new(unit.file, image.range());
            let Some(behind) = behind(cx, used) else {
                continue;
            };
            let mut tags = behind.values(ValueRole::Content);
            let tag = tags
                .find(|value| &*value.path == "image.tag")
                .and_then(|value| value.place);
            if let Some(tag) = tag.filter(|place| place.file == values)
                && differ(cx.project.files.text(tag).trim_matches(['"', '\'']), &app)
            {
                let said = Place::new(chart.file, node.range());
                found.entry(tag).or_insert((used, said, app.to_string()));
            }
        }
    }
    for (tag, (used, said, app)) in found {
        let text = cx
            .project
            .files
            .text(tag)
            .trim_matches(['"', '\''])
            .to_owned();
        let used = cx.project.files.origin(used).place;
        // Images may be counted otherwise than what is in them.
        let same_count = major(&text) == major(&app) || line_of(cx, used).contains(".AppVersion");
        let draft = cx.report_at(tag, format!("the image tag is `{text}`, and the chart says that the application is `{app}`"))
            .related(said, "what the chart says")
            .related(used, "used here")
            .note(format!("`helm list` shows {app} as the version of what runs"))
            .help("write in both what runs; or leave the tag empty and let the template default to `.Chart.AppVersion`, once that names a tag");
        if !same_count {
            draft.strictness(Strictness::Pedantic);
        }
    }
}

/// The first number of a version.
fn major(version: &str) -> &str {
    let version = plain(version);
    let end = version.find(|c: char| !c.is_ascii_digit());
    &version[..end.unwrap_or(version.len())]
}

/// The line of a text around a place.
fn line_of<'a>(cx: &Cx<'a>, place: Place) -> &'a str {
    let text = &*cx.project.files.get(place.file).text;
    let (start, end) = (place.range.start as usize, place.range.end as usize);
    let before = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let after = text[end..].find('\n').map_or(text.len(), |at| end + at);
    &text[before..after]
}

/// Whether both are versions, and neither only says more than the other: `1.25-alpine` is some
/// version of `1.25.3`.
fn differ(tag: &str, app: &str) -> bool {
    let (tag, app) = (plain(tag), plain(app));
    let is_version =
        |text: &str| text.starts_with(|first: char| first.is_ascii_digit()) && text.contains('.');
    let more = |long: &str, short: &str| {
        let rest = long.strip_prefix(short);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    };
    let series = tag.split(['-', '_', '+']).next().unwrap_or(tag);
    let floats = app.strip_prefix(series);
    let floats = floats.is_some_and(|rest| rest.starts_with('.'));
    is_version(tag) && is_version(app) && !more(tag, app) && !more(app, tag) && !floats
}

fn plain(version: &str) -> &str {
    version.strip_prefix(['v', 'V']).unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::{RULE, differ};
    use crate::chart::given::tests::deployment;
    use crate::testing::on;

    const IMAGE: &str =
        "          image: \"a:{{ .Values.image.tag | default .Chart.AppVersion }}\"\n";

    #[test]
    fn tags_that_disagree_are_found() {
        on(&RULE)
            .files(&deployment("image: {tag: 2.1.0}", "", IMAGE))
            .flags(&["c/values.yaml:1: 2.1.0"])
            .says(&["the image tag is `2.1.0`, and the chart says that the application is `2.0.0`"])
            .loud_by_default();
        on(&RULE)
            .files(&deployment("image:\n  tag: v1.9", "", IMAGE))
            .flags(&["c/values.yaml:2: v1.9"]);
        on(&RULE)
            .files(&deployment("image:\n  tag: '2.0.1-alpine'", "", IMAGE))
            .flags(&["c/values.yaml:2: '2.0.1-alpine'"]);
    }

    #[test]
    fn tags_that_agree_are_clean() {
        for tag in [
            "''",
            "v2.0.0",
            "2.0.0-alpine",
            "'2.0'",
            "latest",
            "sha-0a1b2c3",
        ] {
            on(&RULE)
                .files(&deployment(&format!("image: {{tag: {tag}}}"), "", IMAGE))
                .clean();
        }
        on(&RULE)
            .files(&deployment(
                "image: {tag: 2.1.0}",
                "",
                "          image: a:2.0.0\n",
            ))
            .clean();
        on(&RULE)
            .files(&deployment(
                "sidecar: {image: {tag: 2.1.0}}",
                "",
                "          image: a:{{ .Values.sidecar.image.tag }}\n",
            ))
            .clean();
        assert!(!differ("1.10", "1.10.3"));
        assert!(!differ("1.25-alpine", "1.25.3"));
        assert!(differ("1.1", "1.10.3"));
        assert!(differ("1.2-alpine", "1.25.3"));
    }
}
