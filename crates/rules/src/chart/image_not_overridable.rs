//! # What it does
//! Finds containers of a chart whose image is written in the template, so that no value can
//! change it; at the pedantic strictness also images of which only the tag can be changed.
//!
//! # Why it matters
//! Whoever mirrors images in a registry of their own, needs a patched release or runs without
//! access to the internet has to fork the chart.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/pod.yaml
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: payments}
//! spec:
//!   containers:
//!     - name: payments
//!       image: ghcr.io/acme/payments:1.4.0
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! image:
//!   repository: ghcr.io/acme/payments
//!   tag: 1.4.0
//! //- /chart/templates/pod.yaml
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: payments}
//! spec:
//!   containers:
//!     - name: payments
//!       image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/pods/>

use plimsoll_project::Given;
use plimsoll_source::{Confidence, Place, Severity, TextRange, ValueRole};

use super::given::behind;
use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "image-not-overridable",
    summary: "no value of a chart changes an image",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

/// What values that choose an image are called.
const WORDS: [&str; 5] = ["image", "tag", "registry", "repository", "version"];

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let Some(node) = input.container.image() else {
        return;
    };
    let (Some(image), Some(behind)) = (node.as_str(), behind(cx, cx.place(node.range()))) else {
        return;
    };
    let given = Given::Anything
        .content()
        .join(Given::Files.content())
        .join(Given::Cluster.content());
    // Without a name it is made of values that are not given.
    let is_named = image.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !is_named || behind.marks().has(given) || behind.is_decided_by(&WORDS) {
        return;
    }
    if behind.values(ValueRole::Content).next().is_none() {
        let by_version = behind.marks().has(Given::AppVersion.any());
        let what = if by_version {
            "only the chart's `appVersion` changes"
        } else {
            "no value changes"
        };
        cx.report(node.range(), format!("{what} the image `{image}`"))
            .note("a mirror or a patched release needs a fork of the chart")
            .help("take registry, repository and tag from values that default to these");
        return;
    }
    // Where the name ends: a colon before it belongs to the port of a registry.
    let source = node.source();
    let name = source.rfind('/').map_or(0, |at| at + 1);
    let end = source[name..].find([':', '@']).map(|at| name + at);
    let Some(end) = end else { return };
    let start = node.range().start;
    let range = TextRange::new(start, start + end as u32);
    let place = Place::new(input.unit.file, range);
    if super::given::behind(cx, place).is_some_and(|name| name.is_fixed()) {
        let message = format!("no value changes the registry and name of the image `{image}`");
        cx.report(node.range(), message)
            .strictness(Strictness::Pedantic)
            .note("images from a mirror need a fork of the chart")
            .help("take registry and repository from values that default to these");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::deployment;
    use crate::testing::on;

    fn image(text: &str) -> String {
        let values = "image: {name: nginx, tag: '1.27'}\nsidecar: {enabled: true}";
        deployment(values, "", &format!("          image: {text}\n"))
    }

    #[test]
    fn images_in_templates_are_found() {
        on(&RULE)
            .files(&image("nginx:1.27.0"))
            .flags(&["c/templates/a.yaml:13: nginx:1.27.0"])
            .loud_by_default();
        on(&RULE)
            .files(&image("\"nginx:{{ .Chart.AppVersion }}\""))
            .says(&["only the chart's `appVersion` changes the image `nginx:2.0.0`"]);
        on(&RULE)
            .files(&image(
                "{{ if .Values.sidecar.enabled }}nginx:1{{ else }}nginx:2{{ end }}",
            ))
            .loud_by_default();
    }

    #[test]
    fn a_name_that_is_written_is_pedantic() {
        on(&RULE)
            .files(&image("\"localhost:5000/nginx:{{ .Values.image.tag }}\""))
            .says(&[
                "no value changes the registry and name of the image `localhost:5000/nginx:1.27`",
            ])
            .quiet_by_default();
    }

    #[test]
    fn images_of_values_are_clean() {
        on(&RULE)
            .files(&image("\"{{ .Values.a }}:{{ .Values.b }}\""))
            .clean();
        on(&RULE)
            .files(&image(
                "\"{{ .Values.image.name }}:{{ .Chart.AppVersion }}\"",
            ))
            .clean();
        on(&RULE)
            .files(&image("{{ .Values.web.image | default \"nginx:1.27.0\" }}"))
            .clean();
        on(&RULE)
            .files(&image(
                "{{ if .Values.image.debug }}nginx:1-debug{{ else }}nginx:1{{ end }}",
            ))
            .clean();
        on(&RULE)
            .files(&image("{{ printf \"%s/%s:1\" (.Values.registry | default \"docker.io\") .Values.image.name }}"))
            .clean();
    }
}
