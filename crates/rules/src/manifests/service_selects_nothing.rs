//! # What it does
//! Finds Services whose selector no pod of the set has, although the pods that are meant are
//! there: a workload of the same name, or one whose labels differ by a slip.
//!
//! # Why it matters
//! A Service without pods has no endpoints. Nothing refuses it: it gets an address, its name
//! resolves, and every connection is refused or times out.
//!
//! Silent where the pods may come from elsewhere: an operator, a chart, another kustomization,
//! another set of the repository.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payment}
//!   ports: [{port: 80, targetPort: 8000}]
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//! ```yaml fixed
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports: [{port: 80, targetPort: 8000}]
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//!
//! # Fix safety
//! Writes the value that the pods have; the pods may be the ones that are wrong.
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/services-networking/service/#services-in-kubernetes>
//! - <https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/>

use plimsoll_k8s::{LabelSelector, Labels, Object};
use plimsoll_links::{LinkKind, Target, Thing};
use plimsoll_project::{ManifestRole, ManifestUnit};
use plimsoll_source::{Confidence, FileEdit, Fix, Place, Safety, Severity};
use plimsoll_yaml::Node;

use super::reach::{
    Miss, asks_for_given_labels, evident_miss, is_rendered_in_part, operator_may_make,
};
use crate::{Alias, Check, Cx, Draft, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "service-selects-nothing",
    summary: "a Service selects no pods",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "dangling-service",
        },
        Alias {
            tool: "kube-score",
            id: "service-targets-pod",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    if !object.is("", "Service") {
        return;
    }
    let Some(miss) = missed(cx, unit, object, LinkKind::Selects, &["spec", "selector"]) else {
        return;
    };
    let name = object.name().unwrap_or_default();
    report(
        cx,
        unit,
        &miss,
        &format!("Service `{name}` selects no pods"),
    )
    .note("a Service without pods has no endpoints: connections to it fail");
}

/// How the selector of an object misses the pods that it evidently means. `None` where it selects
/// some, or where what it means may be elsewhere.
pub(crate) fn missed<'a>(
    cx: &Cx<'a>,
    unit: &ManifestUnit,
    object: Object<'a>,
    link: LinkKind,
    path: &[&str],
) -> Option<Miss<'a>> {
    let this = cx.this();
    let selector = cx
        .links
        .references()
        .of(this)
        .iter()
        .find_map(|reference| match reference.target {
            Target::Pods { selector, .. } if reference.kind == link => Some(selector),
            _ => None,
        })?;
    let selects = cx
        .links
        .from(&Thing::Object(this))
        .any(|other| other.kind == link);
    if selects
        || selector.is_empty()
        || unit.role == ManifestRole::Patch
        || asks_for_given_labels(selector)
        || is_rendered_in_part(cx, unit.file)
        || !cx.reports_missing(unit, object, path)
    {
        return None;
    }
    let miss = evident_miss(cx, unit.file, object, selector)?;
    let maker = cx.links.objects().get(miss.pods.object);
    let units = &cx.project.manifests;
    let relabelled = !cx.reports_missing(
        &units[miss.pods.object.unit as usize],
        maker,
        &["spec", "template", "metadata", "labels"],
    );
    let asked = miss.asked.as_str().unwrap_or_default();
    let made = operator_may_make(cx, unit.file, &asked) || selects_experiment(cx, selector);
    // Asks all pods of the project, and so comes last.
    (!relabelled && !made && !selects_elsewhere(cx, selector)).then_some(miss)
}

/// Whether a selector means the pods of an experiment of Argo Rollouts: of a step of a canary, or
/// of an object of its own.
fn selects_experiment(cx: &Cx<'_>, selector: LabelSelector<'_>) -> bool {
    let objects = cx.links.objects();
    let labelled = |template: Node<'_>, path: &[&str]| {
        let labels = template.resolve().at(path);
        labels.is_some() && selector.matches(Labels::new(labels))
    };
    let of_steps = objects.of_kind("Rollout").any(|rollout| {
        let steps = rollout.node.at(&["spec", "strategy", "canary", "steps"]);
        let steps = steps.into_iter().flat_map(Node::items);
        let templates = steps.filter_map(|step| step.resolve().at(&["experiment", "templates"]));
        templates
            .flat_map(Node::items)
            .any(|template| labelled(template, &["metadata", "labels"]))
    });
    let alone = || {
        objects.of_kind("Experiment").any(|experiment| {
            let templates = experiment.node.at(&["spec", "templates"]);
            templates
                .into_iter()
                .flat_map(Node::items)
                .any(|one| labelled(one, &["template", "metadata", "labels"]))
        })
    };
    of_steps || alone()
}

/// Whether pods of another set have the labels: then the sets may be applied together after all.
fn selects_elsewhere(cx: &Cx<'_>, selector: LabelSelector<'_>) -> bool {
    cx.links
        .pods()
        .iter()
        .any(|pods| selector.matches(pods.labels))
}

/// Reports at the value that no pod has.
pub(crate) fn report<'c>(
    cx: &'c mut Cx<'_>,
    unit: &ManifestUnit,
    miss: &Miss<'_>,
    message: &str,
) -> &'c mut Draft {
    let asked = miss.asked.as_str().unwrap_or_default();
    let key = &miss.key;
    let labels = miss.found.or_else(|| miss.pods.labels.node());
    let place = labels.map(|node| {
        let range = match miss.found {
            Some(found) => found.range(),
            None => node.key().map_or(node.range(), Node::range),
        };
        Place::new(miss.pods.file, range)
    });
    let draft = cx.report(miss.asked.range(), message);
    draft.label(format!("no pod here has the label `{key}: {asked}`"));
    if let Some(found) = miss.found.and_then(Node::as_str) {
        if let Some(place) = place {
            draft.related(place, format!("the pods of `{}` have this one", miss.name));
        }
        draft.help(format!("write `{key}: {found}`"));
        let mut fix = Fix::new(format!("write `{found}`"), Safety::Unsafe);
        fix.change.edits = plimsoll_yaml::edit::set_scalar(miss.asked, &found)
            .into_iter()
            .map(|edit| FileEdit {
                file: unit.file,
                edit,
            })
            .collect();
        if !fix.change.edits.is_empty() {
            draft.fix(fix);
        }
    } else {
        if let Some(place) = place {
            draft.related(place, format!("the labels of the pods of `{}`", miss.name));
        }
        draft.help(format!(
            "ask for a label that the pods of `{}` have",
            miss.name
        ));
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn service(selector: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  selector: {selector}\n  ports: [{{port: 80}}]\n---\n"
        )
    }

    #[test]
    fn pods_of_experiments_are_pods() {
        let rollout = |label: &str| {
            format!(
                "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  strategy:\n    canary:\n      steps:\n      - experiment: {{templates: [{{name: a, metadata: {{labels: {{app: {label}}}}}}}]}}\n"
            )
        };
        let both = |label: &str| service("{app: preview}") + &deployment("") + &rollout(label);
        on(&RULE).manifest(&both("preview")).clean();
        on(&RULE).manifest(&both("other")).flags(&["5: preview"]);
    }

    #[test]
    fn selectors_that_miss_their_pods_are_found() {
        let both = |selector: &str| service(selector) + &deployment("");
        on(&RULE).manifest(&both("{app: wbe}")).flags(&["5: wbe"]);
        // Called alike, whatever the label says.
        on(&RULE)
            .manifest(&both("{app: frontend}"))
            .flags(&["5: frontend"]);
        on(&RULE)
            .manifest(&both("{k8s-app: web}"))
            .flags(&["5: web"])
            .says(&["Service `web` selects no pods"]);
        on(&RULE)
            .manifest(&both("{app: web, tier: front}"))
            .flags(&["5: front"]);
        // In files of their own, one beside the other.
        on(&RULE)
            .files(&format!(
                "//- /k8s/service.yaml\n{}//- /k8s/web.yaml\n{}",
                service("{app: wbe}"),
                deployment("")
            ))
            .flags(&["k8s/service.yaml:5: wbe"]);
        on(&RULE)
            .manifest(&both("{app: wbe}"))
            .fixed(&both("{app: web}"));
    }

    #[test]
    fn pods_that_are_elsewhere_are_left_alone() {
        let both = |selector: &str| service(selector) + &deployment("");
        on(&RULE).manifest(&both("{app: web}")).clean();
        on(&RULE).manifest(&both("{}")).clean();
        on(&RULE).manifest(&service("{app: wbe}")).clean();
        on(&RULE)
            .manifest(&both("{statefulset.kubernetes.io/pod-name: web-0}"))
            .clean();
        // Nothing tells that these pods are meant.
        on(&RULE)
            .manifest(&both("{app: postgres}").replacen("{name: web}", "{name: db}", 1))
            .clean();
        // An operator makes the pods of what it manages.
        on(&RULE)
            .manifest(&format!(
                "{}apiVersion: acme.example/v1\nkind: Cluster\nmetadata: {{name: wbe}}\n---\n{}",
                service("{app: wbe}"),
                deployment("")
            ))
            .clean();
        // The pods are there, in another set.
        on(&RULE)
            .files(&format!(
                "//- /a/all.yaml\n{}//- /b/web.yaml\n{}",
                both("{app: front}"),
                deployment("").replace("app: web", "app: front")
            ))
            .clean();
        // An overlay gives the pods another label.
        on(&RULE)
            .files(&format!(
                "//- /base/all.yaml\n{}//- /base/kustomization.yaml\nresources: [all.yaml]\n\
                 labels: [{{pairs: {{app: front}}, includeTemplates: true}}]\n",
                both("{app: front}")
            ))
            .clean();
    }
}
