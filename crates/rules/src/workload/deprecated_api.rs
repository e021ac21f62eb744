//! # What it does
//! Finds objects whose version of the API is deprecated in, or removed from, the version of
//! Kubernetes that they are for (`--kube-version`), and says since when, until when, and what
//! takes its place. So too versions of a custom resource that its CustomResourceDefinition calls
//! deprecated.
//!
//! # Why it matters
//! After the upgrade that removes a version, `kubectl apply` fails with `no matches for kind`,
//! and so does every chart and pipeline that still has it. Objects in the cluster are converted;
//! files are not.
//!
//! A removed version is an error, a deprecated one a warning, and one that is deprecated without
//! a planned removal a note.
//!
//! # Example
//! ```yaml bad
//! apiVersion: policy/v1beta1
//! kind: PodDisruptionBudget
//! metadata: {name: payments}
//! spec:
//!   minAvailable: 1
//!   selector: {matchLabels: {app: payments}}
//! ```
//! ```yaml good
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: payments}
//! spec:
//!   minAvailable: 1
//!   selector: {matchLabels: {app: payments}}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>

use plimsoll_k8s::Object;
use plimsoll_k8s::schema::{self, Lifecycle};
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use crate::{Alias, Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "deprecated-api",
    summary: "an object uses a version of the API that is deprecated or removed",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "no-extensions-v1beta",
        },
        Alias {
            tool: "kube-score",
            id: "stable-version",
        },
        Alias {
            tool: "polaris",
            id: "deprecatedAPI",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let object = input.object;
    let (group, version, kind) = (object.group(), object.version(), object.kind());
    let entry = object.node().entry("apiVersion");
    let range = entry.map_or_else(|| object.head(), |entry| entry.value.range());
    let written = object.api_version();
    if let Some(life) = schema::lifecycle(&group, &version, &kind) {
        let chosen = cx.kube_version.minor();
        if let Some(removed) = life.removed.filter(|removed| *removed <= chosen) {
            let message = format!("`{written}` of `{kind}` was removed in Kubernetes 1.{removed}");
            let draft = cx.report(range, message);
            draft.severity(Severity::Error);
            draft.note(format!(
                "`kubectl apply` fails with 1.{chosen}: no matches for kind `{kind}`"
            ));
            draft.help(advice(object, &life));
        } else if life.deprecated <= chosen {
            let since = life.deprecated;
            let message =
                format!("`{written}` of `{kind}` is deprecated since Kubernetes 1.{since}");
            let draft = cx.report(range, message);
            match life.removed {
                Some(removed) => draft.note(format!("Kubernetes 1.{removed} will remove it")),
                None => draft.severity(Severity::Note),
            };
            draft.help(advice(object, &life));
        }
        return;
    }
    let versions = cx.definitions.versions(&group, &kind);
    let mut same = versions.iter().filter(|known| known.name == version);
    // Where several definitions are there, one that is content is enough.
    let Some(first) = same.next() else { return };
    let Some(warning) = first.deprecated else {
        return;
    };
    if same.any(|known| known.deprecated.is_none()) {
        return;
    }
    let usable = || {
        let content = versions.iter().rev().filter(|one| one.deprecated.is_none());
        content.map(|known| known.name)
    };
    let is_stable = |name: &&str| !name.contains("alpha") && !name.contains("beta");
    let stable = usable().find(is_stable).or_else(|| usable().next());
    let message = format!("`{written}` of `{kind}` is deprecated by its definition");
    let draft = cx.report(range, message);
    if !warning.is_empty() {
        draft.note(format!("the definition says: {warning}"));
    }
    draft.help(match stable {
        Some(stable) => format!("move to `{group}/{stable}`"),
        None => "move to another version".to_owned(),
    });
}

fn advice(object: Object<'_>, life: &Lifecycle) -> String {
    let mut text = match &life.replacement {
        Some(replacement) => match replacement.split_once(' ') {
            Some((version, kind)) if *kind == *object.kind() => {
                format!("write `apiVersion: {version}`")
            }
            Some((version, kind)) => format!(
                "write a `{kind}` of `{version}` in its stead, whose fields are called otherwise"
            ),
            None => format!("write `apiVersion: {replacement}`"),
        },
        None => "remove it; nothing takes its place under another version".to_owned(),
    };
    let has = |key: &str| {
        object
            .spec()
            .is_some_and(|spec| spec.present(key).is_some())
    };
    let hint = match life.hint {
        Some(_) if object.kind() == "Ingress" && has("backend") && !has("rules") => Some(
            "`spec.backend` is then called `spec.defaultBackend`, with `service.name` and \
             `service.port`",
        ),
        hint => hint,
    };
    if let Some(hint) = hint.filter(|_| lacks_what_is_new(object)) {
        if life.replacement.is_none() {
            text = hint.to_owned();
        } else {
            text.push_str("; ");
            text.push_str(hint);
        }
    }
    text
}

/// Whether the object has not got yet what its kind needs in the later version.
fn lacks_what_is_new(object: Object<'_>) -> bool {
    let spec = object.spec();
    match &*object.kind() {
        "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet" => {
            spec.is_none_or(|spec| spec.present("selector").is_none())
        }
        // The metrics of v2beta2 are written as those of v2.
        "HorizontalPodAutoscaler" => {
            &*object.version() == "v2beta1"
                && spec.is_some_and(|spec| spec.present("metrics").is_some())
        }
        "Ingress" => spec.is_some_and(|spec| {
            spec.present("rules").is_some() || spec.present("backend").is_some()
        }),
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            let hooks = object.node().get("webhooks");
            hooks.into_iter().flat_map(Node::items).any(|hook| {
                ["sideEffects", "admissionReviewVersions"]
                    .iter()
                    .any(|key| hook.present(key).is_none())
            })
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Severity;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn an_ingress_of_one_backend_has_no_paths() {
        let case = on(&RULE).manifest(
            "apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  backend: {serviceName: a, servicePort: 80}\n",
        );
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(help.contains("`spec.defaultBackend`"), "{help}");
        assert!(!help.contains("pathType"), "{help}");
    }

    #[test]
    fn removed_and_deprecated_versions_are_found() {
        let case = on(&RULE).manifest(
            "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n",
        );
        assert_eq!(case.findings[0].severity, Severity::Error);
        case.flags(&["1: autoscaling/v2beta2"]).says(&[
            "`autoscaling/v2beta2` of `HorizontalPodAutoscaler` was removed in Kubernetes 1.26",
        ]);
        on(&RULE)
            .manifest("kind: Ingress\napiVersion: extensions/v1beta1\nmetadata: {name: a}\n")
            .flags(&["2: extensions/v1beta1"]);
        let case = on(&RULE).manifest(
            "apiVersion: resource.k8s.io/v1beta1\nkind: DeviceClass\nmetadata: {name: a}\n",
        );
        assert_eq!(case.findings[0].severity, Severity::Warning);
        let case = on(&RULE).manifest("apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\n");
        assert_eq!(case.findings[0].severity, Severity::Note);
    }

    #[test]
    fn versions_that_a_definition_deprecates_are_found() {
        let files = |version: &str| {
            on(&RULE).files(&format!(
                "//- /crd.yaml\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
                 metadata: {{name: as.a.example}}\nspec:\n  group: a.example\n  names: {{kind: A, plural: as}}\n  \
                 versions:\n  - {{name: v1beta1, served: true, deprecated: true}}\n  - {{name: v1, served: true}}\n\
                 //- /a.yaml\napiVersion: a.example/{version}\nkind: A\nmetadata: {{name: a}}\n"
            ))
        };
        files("v1beta1").flags(&["a.yaml:1: a.example/v1beta1"]);
        files("v1").clean();
    }

    #[test]
    fn what_is_there_already_is_not_asked_for() {
        let help = |text: &str| on(&RULE).manifest(text).help();
        let old = "apiVersion: apps/v1beta2\nkind: Deployment\nmetadata: {name: a}\n";
        assert!(help(old).ends_with("it then needs `spec.selector`"));
        let whole = format!("{old}spec: {{selector: {{matchLabels: {{a: b}}}}}}\n");
        assert_eq!(help(&whole), "write `apiVersion: apps/v1`");
        let hpa = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: \
                   {name: a}\nspec: {metrics: []}\n";
        assert_eq!(help(hpa), "write `apiVersion: autoscaling/v2`");
        let endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\n";
        assert!(help(endpoints).contains("`EndpointSlice` of `discovery.k8s.io/v1`"));
    }

    #[test]
    fn versions_that_stay_are_left_alone() {
        for (version, kind) in [
            ("apps/v1", "Deployment"),
            ("autoscaling/v1", "HorizontalPodAutoscaler"),
            ("a.example/v1beta1", "Deployment"),
            ("policy/v1", "PodDisruptionBudget"),
        ] {
            on(&RULE)
                .manifest(&format!(
                    "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n"
                ))
                .clean();
        }
    }
}
