//! # What it does
//! Finds CustomResourceDefinitions among the templates of a chart.
//!
//! # Why it matters
//! `helm uninstall` deletes what is in `templates/`, and with a definition go all objects of its
//! kind, those of other releases included. A template that uses the kind fails on the first
//! install, since the definition is not there yet when Helm asks the cluster for it. In `crds/`
//! they are installed first and never deleted, but then Helm does not upgrade them either: many
//! projects choose on purpose, so this is pedantic. A chart that has nothing but definitions is left
//! alone: that is the other way which Helm recommends.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/crd.yaml
//! apiVersion: apiextensions.k8s.io/v1
//! kind: CustomResourceDefinition
//! metadata: {name: refunds.acme.example}
//! spec: {}
//! //- /chart/templates/config.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/crds/crd.yaml
//! apiVersion: apiextensions.k8s.io/v1
//! kind: CustomResourceDefinition
//! metadata: {name: refunds.acme.example}
//! spec: {}
//! //- /chart/templates/config.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/custom_resource_definitions/>

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_source::{Confidence, Place, Severity};

use super::given::rendered;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "crd-in-templates",
    summary: "a chart has CustomResourceDefinitions among its templates",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    let mut found: BTreeMap<usize, (Place, String, usize)> = BTreeMap::new();
    let mut with_others = BTreeSet::new();
    let renders = &cx.project.renders;
    // Values for checks switch off what protects the definitions, so that they can be cleaned up.
    let only_trials = |folder: &str| {
        let mut of_chart = renders.iter().filter(|render| render.folder == folder);
        of_chart.all(|render| render.is_trial)
    };
    for (number, unit, render) in rendered(cx) {
        if renders[render].is_trial && !only_trials(&renders[render].folder) {
            continue;
        }
        for object in &cx.links.objects().by_unit()[number] {
            if !object.is("apiextensions.k8s.io", "CustomResourceDefinition") {
                with_others.insert(render);
                continue;
            }
            // With this they stay when the release goes.
            let kept = object.annotations().get("helm.sh/resource-policy");
            if kept.as_deref() != Some("keep") {
                let place = Place::new(unit.file, object.head());
                let name = object.name().unwrap_or_default().into_owned();
                found.entry(render).or_insert((place, name, 0)).2 += 1;
            }
        }
    }
    for (render, (place, name, count)) in found {
        // A chart of nothing but definitions is one of Helm's two ways of keeping them.
        if !with_others.contains(&render) {
            continue;
        }
        let message = match count {
            1 => format!(
                "`helm uninstall` deletes the definition `{name}`, and all objects of its kind"
            ),
            more => format!(
                "`helm uninstall` deletes the definition `{name}` and {} more, and all objects of their kinds",
                more - 1
            ),
        };
        cx.report_at(place, message).help(
            "move it to `crds/`, or keep it with the annotation `helm.sh/resource-policy: keep`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::chart;
    use crate::testing::on;

    const OTHER: &str =
        "//- /c/templates/z.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: z}\n";
    const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: as.x.example\n";

    #[test]
    fn definitions_in_templates_are_found_once() {
        on(&RULE)
            .files(&chart("{}", &format!("{CRD}{OTHER}")))
            .flags(&["c/templates/a.yaml:2: kind: CustomResourceDefinition"])
            .quiet_by_default();
        on(&RULE)
            .files(&chart("{}", &format!("{CRD}---\n{CRD}{OTHER}")))
            .says(&["`helm uninstall` deletes the definition `as.x.example` and 1 more, and all objects of their kinds"]);
        on(&RULE)
            .files(&chart(
                "crds: true",
                &format!("{{{{- if .Values.crds }}}}\n{CRD}{{{{- end }}}}\n{OTHER}"),
            ))
            .flags(&["c/templates/a.yaml:3: kind: CustomResourceDefinition"]);
    }

    #[test]
    fn definitions_elsewhere_and_kept_ones_are_clean() {
        let files = format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/crds/a.yaml\n{CRD}"
        );
        on(&RULE).files(&files).clean();
        let kept = format!("{CRD}  annotations: {{helm.sh/resource-policy: keep}}\n");
        on(&RULE).files(&chart("{}", &kept)).clean();
        on(&RULE).manifest(CRD).clean();
        // A chart of definitions.
        on(&RULE)
            .files(&chart("{}", &format!("{CRD}---\n{CRD}")))
            .clean();
    }
}
