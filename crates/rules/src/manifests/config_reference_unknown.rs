//! # What it does
//! Finds references of pods to a ConfigMap, Secret, key of one, ServiceAccount or
//! PersistentVolumeClaim that is not there, through every way of referring: `env`, `envFrom`,
//! volumes, projected volumes, `imagePullSecrets`, `serviceAccountName`, and the `secretName` of
//! an Ingress.
//!
//! # Why it matters
//! The objects are accepted, and the pods do not start: `CreateContainerConfigError` for a
//! variable, `FailedMount` for a volume, pods that are never made for a ServiceAccount,
//! unschedulable ones for a claim.
//!
//! A name alone is no proof, for Secrets above all: they are made by hand, by a controller or by
//! another repository, and often ought to be. What is reported is a name that differs by a slip
//! from one that is there, one that is missing in the very file that defines its kin, and a key
//! that an object with known keys does not have. Silent for `optional: true`, for what the
//! cluster makes by itself, for what cert-manager, external-secrets, sealed-secrets, Vault or an
//! operator will make, for what a text tells to create by hand (beside the files, above them or in a
//! folder for scripts there), and for sets that are evidently part of something larger.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments-config}
//! data: {LOG_LEVEL: INFO}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/example/payments:1.0
//!           envFrom: [{configMapRef: {name: payment-config}}]
//! ```
//! ```yaml fixed
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments-config}
//! data: {LOG_LEVEL: INFO}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/example/payments:1.0
//!           envFrom: [{configMapRef: {name: payments-config}}]
//! ```
//!
//! # Fix safety
//! Given where one name or key is near enough to be the one meant.
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/>
//! - <https://kubernetes.io/docs/concepts/configuration/secret/>

use std::borrow::Cow;

use plimsoll_links::{By, Definition, Keys, LinkKind, Reference, Resolution, Target};
use plimsoll_project::{ManifestRole, ManifestUnit};
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};

use super::reach::{defined_around, is_created_by_hand, is_open, names, operator_may_make};
use crate::{Alias, Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "config-reference-unknown",
    summary: "a pod refers to a ConfigMap, Secret, key, account or claim that is not there",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "non-existent-service-account",
        },
        Alias {
            tool: "kube-linter",
            id: "env-value-from",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let unit = input.unit;
    if unit.role == ManifestRole::Patch {
        return;
    }
    let references = cx.links.references().of(cx.this());
    let mut told: Vec<(&str, &str)> = Vec::new();
    for reference in references {
        let wanted = matches!(
            reference.kind,
            LinkKind::Reads
                | LinkKind::Mounts
                | LinkKind::PullsWith
                | LinkKind::RunsAs
                | LinkKind::EndsTlsWith
        );
        let Target::Named { kind, name, .. } = &reference.target else {
            continue;
        };
        let known = matches!(
            &**kind,
            "ConfigMap" | "Secret" | "ServiceAccount" | "PersistentVolumeClaim"
        );
        if !wanted || !known || reference.optional || told.contains(&(&**kind, &**name)) {
            continue;
        }
        let reported = match cx.links.objects().resolve(reference) {
            Resolution::Found(distance, found) => {
                if distance.is_certain() {
                    keys(cx, unit, reference, &found);
                }
                continue;
            }
            Resolution::Absent => absent(cx, unit, reference),
        };
        // One object that is missing is one defect, however often it is named.
        if reported {
            told.push((kind, name));
        }
    }
}

/// Reports an object that is not there, where something tells that it should be.
fn absent(cx: &mut Cx<'_>, unit: &ManifestUnit, reference: &Reference<'_>) -> bool {
    let Target::Named {
        kind,
        name,
        keys: asked,
        ..
    } = &reference.target
    else {
        return false;
    };
    let given = match &**kind {
        "ServiceAccount" => name == "default",
        "ConfigMap" => matches!(
            &**name,
            "kube-root-ca.crt" | "openshift-service-ca.crt" | "istio-ca-root-cert"
        ),
        _ => false,
    };
    // Somewhere in the project it is defined after all: in another namespace or another set.
    if given
        || cx.links.objects().named(kind, name).next().is_some()
        || is_open(cx, unit.file)
        || operator_may_make(cx, unit.file, name)
    {
        return false;
    }
    let around = defined_around(cx, unit.file, kind);
    let known = names(&around);
    let near = nearest_name(name, &known);
    // Credentials come from elsewhere as a rule; configuration that is missing among its kin in
    // one file is missing.
    let mut beside: Vec<&str> = Vec::new();
    let mut fitting: Vec<&str> = Vec::new();
    let wanted: Vec<Cow<'_, str>> = asked.iter().filter_map(|key| key.as_str()).collect();
    if matches!(&**kind, "ConfigMap" | "PersistentVolumeClaim") {
        // The claims of a StatefulSet are its own.
        let here = around
            .iter()
            .filter(|one| one.file == unit.file && one.by != By::Controller);
        // What is offered has to have the keys that are asked for.
        let has_keys = |one: &&&Definition<'_>| match one.keys() {
            Keys::Known(known) => wanted
                .iter()
                .all(|wanted| known.iter().any(|(key, _)| key == wanted)),
            Keys::Unknown => true,
        };
        fitting = here
            .clone()
            .filter(has_keys)
            .map(|one| &*one.name)
            .collect();
        fitting.sort_unstable();
        fitting.dedup();
        beside = here.map(|one| &*one.name).collect();
        beside.sort_unstable();
        beside.dedup();
    }
    if (near.is_none() && beside.is_empty()) || is_created_by_hand(cx, unit.file, name) {
        return false;
    }
    let place = near.and_then(|near| {
        let found = around.iter().find(|definition| definition.name == near)?;
        Some(found.place())
    });
    let what = match &reference.container {
        Some(container) => format!("`{container}`"),
        None => format!("`{}`", reference.field),
    };
    let draft = cx.report(
        reference.range,
        format!("{what} refers to {kind} `{name}`, which is not there"),
    );
    draft.note(consequence(reference));
    match near {
        Some(near) => {
            if let Some(place) = place {
                draft.related(place, format!("there is a `{near}`"));
            }
            draft.help(format!("write `{near}`")).fix(
                Fix::new(format!("write `{near}`"), Safety::Unsafe)
                    .edit(unit.file, Edit::replace(reference.range, near)),
            );
        }
        None if fitting.is_empty() => {
            draft
                .confidence(Confidence::Medium)
                .help(format!("add the {kind}"));
        }
        None => {
            draft.confidence(Confidence::Medium).help(format!(
                "add the {kind}, or name one that is here: {}",
                listed(&fitting)
            ));
        }
    }
    true
}

/// The most names that a piece of advice lists.
const MAX_LISTED: usize = 8;

fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(MAX_LISTED);
    let shown: Vec<String> = shown.map(|name| format!("`{name}`")).collect();
    shown.join(", ")
}

/// The name that a slip away from is written. Names that differ in a number or in one of their
/// words are names of different things.
fn nearest_name<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let near = nearest(name, known.iter().copied())?;
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    if digits(name) != digits(near) {
        return None;
    }
    let words = |text: &str| text.split(['-', '.', '_']).count();
    let (a, b) = (words(name), words(near));
    if a != b {
        // `api-config` beside `config`: a word more or less is no slip.
        let joined = |text: &str| text.replace(['-', '.', '_'], "");
        return (joined(name) == joined(near)).then_some(near);
    }
    let differing: Vec<(&str, &str)> = name
        .split(['-', '.', '_'])
        .zip(near.split(['-', '.', '_']))
        .filter(|(a, b)| a != b)
        .collect();
    // `web-a` and `web-b`, `blue` and `glue`: short words differ on purpose.
    match differing[..] {
        [] => Some(near),
        [(one, other)] => {
            (one.len().min(other.len()) > 3 && nearest(one, [other]).is_some()).then_some(near)
        }
        _ => None,
    }
}

fn consequence(reference: &Reference<'_>) -> &'static str {
    match reference.kind {
        LinkKind::Reads => "the container does not start: CreateContainerConfigError",
        LinkKind::Mounts => match &reference.target {
            Target::Named { kind, .. } if kind == "PersistentVolumeClaim" => {
                "the pods stay unschedulable without their claim"
            }
            _ => "the pod does not start: FailedMount",
        },
        LinkKind::PullsWith => "a private image cannot be pulled without it",
        LinkKind::RunsAs => "no pod is made as long as its ServiceAccount does not exist",
        _ => "the controller serves its own certificate as long as there is none",
    }
}

/// The one other object of this kind in the file, and of the same namespace, that has the key.
fn with_key(
    cx: &Cx<'_>,
    unit: &ManifestUnit,
    kind: &str,
    wanted: &str,
    found: &[&Definition<'_>],
) -> Option<String> {
    let here = cx.links.objects().of_kind(kind);
    let mut others = here.filter(|one| {
        one.file == unit.file
            && found.iter().all(|known| known.name != one.name)
            && found.iter().any(|known| known.namespace == one.namespace)
            && matches!(one.keys(), Keys::Known(keys) if keys.iter().any(|(key, _)| *key == wanted))
    });
    let only = others.next()?;
    others.next().is_none().then(|| only.name.to_string())
}

/// Whether the template that an object comes from writes the key with other values than those at hand.
fn is_in_template(cx: &Cx<'_>, definition: &Definition<'_>, key: &str) -> bool {
    let place = definition.place();
    let origin = cx.project.files.origin(place).place;
    origin.file != place.file
        && cx.project.files.get(origin.file).text.lines().any(|line| {
            let line = line.trim_start();
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(':'))
        })
}

/// Reports keys that none of the objects that the name means has.
fn keys(
    cx: &mut Cx<'_>,
    unit: &ManifestUnit,
    reference: &Reference<'_>,
    found: &[&Definition<'_>],
) {
    let Target::Named {
        kind, name, keys, ..
    } = &reference.target
    else {
        return;
    };
    // What the same container asks of it elsewhere.
    let asked: Vec<Cow<'_, str>> = cx
        .links
        .references()
        .of(cx.this())
        .iter()
        .filter(|other| other.container == reference.container)
        .filter_map(|other| match &other.target {
            Target::Named {
                kind: other_kind,
                name: other_name,
                keys,
                ..
            } if other_kind == kind && other_name == name => Some(keys),
            _ => None,
        })
        .flatten()
        .filter_map(|key| key.as_str())
        .collect();
    for key in keys {
        let Some(wanted) = key.as_str().filter(|key| !key.contains('$')) else {
            continue;
        };
        let mut all: Vec<String> = Vec::new();
        let mut place = None;
        let known = found.iter().all(|definition| {
            let Keys::Known(keys) = definition.keys() else {
                return false;
            };
            place = place.or(Some(definition.place()));
            let object = definition.object.map(|object| {
                let unit = &cx.project.manifests[object.unit as usize];
                let fields = ["data", "stringData"];
                let object = cx.links.objects().get(object);
                fields
                    .iter()
                    .all(|field| cx.reports_missing(unit, object, &[field]))
            });
            let missing = keys.iter().all(|(key, _)| *key != wanted)
                && !is_in_template(cx, definition, &wanted);
            all.extend(keys.into_iter().map(|(key, _)| key.into_owned()));
            missing && object.unwrap_or(true)
        });
        // An object without any key is filled by whoever applies it.
        if !known || all.is_empty() || is_open(cx, unit.file) {
            continue;
        }
        all.sort();
        all.dedup();
        // A key that is asked for beside this one is no slip of it.
        let spare: Vec<&str> = all
            .iter()
            .map(String::as_str)
            .filter(|key| !asked.iter().any(|other| other == key))
            .collect();
        let near = nearest(&wanted, spare.iter().copied()).map(str::to_owned);
        let other = (near.is_none())
            .then(|| with_key(cx, unit, kind, &wanted, found))
            .flatten();
        let draft = cx.report(
            key.resolve().range(),
            format!("{kind} `{name}` has no key `{wanted}`"),
        );
        draft.note(consequence(reference));
        if let Some(place) = place {
            draft.related(place, "defined here");
        }
        match near {
            Some(near) => {
                let edits = plimsoll_yaml::edit::set_scalar(*key, &near);
                let mut fix = Fix::new(format!("write `{near}`"), Safety::Unsafe);
                fix.change.edits = edits
                    .into_iter()
                    .map(|edit| plimsoll_source::FileEdit {
                        file: unit.file,
                        edit,
                    })
                    .collect();
                draft.help(format!("write `{near}`")).fix(fix);
            }
            None => {
                let by_hand = format!("add `{wanted}` to the {kind}");
                draft.help(match (spare.as_slice(), other) {
                    (_, Some(other)) => format!("name `{other}`, which has it, or {by_hand}"),
                    ([], None) => by_hand,
                    _ => format!("{by_hand}, or name one of its keys: {}", listed(&spare)),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RULE, nearest_name};
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    const CONFIG: &str = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-config}\ndata: {LOG_LEVEL: info, app.yaml: x}\n";
    const SECRET: &str = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: web-secrets}\nstringData: {database-url: x}\n";

    fn with(container: &str, others: &str) -> String {
        deployment(container) + others
    }

    #[test]
    fn keys_that_a_template_writes_with_other_values_are_there() {
        let with = |key: &str| {
            let workload = deployment(
                "env: [{name: A, valueFrom: {secretKeyRef: {name: web-secrets, key: password}}}]",
            );
            on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\npassword: \"\"\n\
                 //- /c/templates/a.yaml\n{workload}//- /c/templates/b.yaml\n\
                 apiVersion: v1\nkind: Secret\nmetadata: {{name: web-secrets}}\nstringData:\n  user: a\n\
                 {{{{- with .Values.password }}}}\n  {key}: {{{{ . }}}}\n{{{{- end }}}}\n"
            ))
        };
        with("password").clean();
        assert_eq!(with("passwort").findings.len(), 1);
    }

    #[test]
    fn slips_in_names_are_found() {
        on(&RULE)
            .manifest(&with(
                "envFrom: [{configMapRef: {name: web-confg}}]",
                CONFIG,
            ))
            .flags(&["12: web-confg"])
            .fixed(&with(
                "envFrom: [{configMapRef: {name: web-config}}]",
                CONFIG,
            ));
        on(&RULE)
            .manifest(&with(
                "env: [{name: A, valueFrom: {secretKeyRef: {name: web-secret, key: database-url}}}]",
                SECRET,
            ))
            .flags(&["12: web-secret"])
            .says(&["`web` refers to Secret `web-secrets`, which is not there".replace("web-secrets", "web-secret").as_str()]);
        on(&RULE)
            .manifest(&(pod("volumes: [{name: v, configMap: {name: webconfig}}]") + CONFIG))
            .flags(&["12: webconfig"]);
        on(&RULE)
            .manifest(
                &(pod("serviceAccountName: payment")
                    + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: payments}\n"),
            )
            .flags(&["12: payment"]);
        // Missing among its kin in the file.
        on(&RULE)
            .manifest(&with("envFrom: [{configMapRef: {name: features}}]", CONFIG))
            .flags(&["12: features"]);
    }

    #[test]
    fn unknown_keys_are_found() {
        on(&RULE)
            .manifest(&with(
                "env: [{name: A, valueFrom: {configMapKeyRef: {name: web-config, key: LOGLEVEL}}}]",
                CONFIG,
            ))
            .flags(&["12: LOGLEVEL"])
            .fixed(&with(
                "env: [{name: A, valueFrom: {configMapKeyRef: {name: web-config, key: LOG_LEVEL}}}]",
                CONFIG,
            ));
        on(&RULE)
            .manifest(&with(
                "env: [{name: A, valueFrom: {secretKeyRef: {name: web-secrets, key: password}}}]",
                SECRET,
            ))
            .flags(&["12: password"]);
        on(&RULE)
            .manifest(&(pod("volumes: [{name: v, configMap: {name: web-config, items: [{key: app.yml, path: a}]}}]") + CONFIG))
            .flags(&["12: app.yml"]);
        on(&RULE)
            .files(&format!(
                "//- /kustomization.yaml\nresources: [web.yaml]\nconfigMapGenerator: [{{name: gen, literals: [A=1]}}]\n//- /web.yaml\n{}",
                deployment("env: [{name: A, valueFrom: {configMapKeyRef: {name: gen, key: B}}}]")
            ))
            .flags(&["web.yaml:12: B"]);
    }

    #[test]
    fn what_may_be_there_is_left_alone() {
        for text in [
            with("envFrom: [{configMapRef: {name: web-config}}]", CONFIG),
            with(
                "envFrom: [{configMapRef: {name: web-confg, optional: true}}]",
                CONFIG,
            ),
            // Nothing is known of Secrets that are nobody's kin.
            with("envFrom: [{secretRef: {name: vault-made}}]", SECRET),
            deployment("envFrom: [{configMapRef: {name: elsewhere}}]"),
            pod("serviceAccountName: default"),
            pod("volumes: [{name: ca, configMap: {name: kube-root-ca.crt}}]") + CONFIG,
            with("envFrom: [{configMapRef: {name: web-confg}}]", CONFIG)
                + "---\napiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: x}\n",
            with(
                "env: [{name: A, valueFrom: {secretKeyRef: {name: db-app, key: uri}}}]",
                SECRET,
            ) + "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\n",
            with(
                "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: any}}}]",
                "",
            ) + "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: s}\nspec: {dataFrom: [{extract: {key: x}}]}\n",
            with(
                "env: [{name: A, valueFrom: {configMapKeyRef: {name: empty, key: B}}}]",
                "",
            ) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: empty}\n",
        ] {
            on(&RULE).manifest(&text).clean();
        }
        on(&RULE)
            .files(&format!(
                "//- /k/web.yaml\n{}//- /README.md\nkubectl create configmap web-confg --from-file=x\n",
                with("envFrom: [{configMapRef: {name: web-confg}}]", CONFIG)
            ))
            .clean();
        // By a script beside the folder of the manifests.
        let scripted = |script: &str| {
            on(&RULE).files(&format!(
                "//- /net/kube/web.yaml\n{}//- /net/scripts/up.sh\n{script}\n",
                with("envFrom: [{configMapRef: {name: features}}]", CONFIG)
            ))
        };
        scripted("kubectl create configmap features --from-file=x").clean();
        scripted("echo features").flags(&["net/kube/web.yaml:12: features"]);
    }

    #[test]
    fn another_object_that_has_the_key_is_named() {
        let other =
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: hive}\ndata: {BAR: x}\n";
        let env = "env: [{name: A, valueFrom: {configMapKeyRef: {name: web-config, key: BAR}}}]";
        let case = on(&RULE).manifest(&with(env, &format!("{CONFIG}{other}")));
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("name `hive`, which has it, or add `BAR` to the ConfigMap")
        );
    }

    #[test]
    fn keys_that_are_asked_for_beside_it_are_no_advice() {
        let keys = |first: &str, second: &str| {
            let one = |key: &str| {
                format!(
                    "{{name: {}, valueFrom: {{configMapKeyRef: {{name: web-config, key: {key}}}}}}}",
                    key.replace(['.', '-'], "_")
                )
            };
            let env = format!("env: [{}, {}]", one(first), one(second));
            let case = on(&RULE).manifest(&with(&env, CONFIG));
            case.help()
        };
        assert_eq!(
            keys("LOG_FILE", "LOG_LEVEL"),
            "add `LOG_FILE` to the ConfigMap, or name one of its keys: `app.yaml`"
        );
        assert_eq!(keys("app.yml", "LOG_LEVEL"), "write `app.yaml`");
        let both = CONFIG.replace(", app.yaml: x", "");
        let env = "env: [{name: A, valueFrom: {configMapKeyRef: {name: web-config, key: id}}}, {name: \
                   B, valueFrom: {configMapKeyRef: {name: web-config, key: LOG_LEVEL}}}]";
        let case = on(&RULE).manifest(&with(env, &both));
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("add `id` to the ConfigMap")
        );
    }

    #[test]
    fn names_that_are_offered_stand_in_the_file() {
        let case = on(&RULE).files(&format!(
            "//- /k/web.yaml\n{}//- /k/other.yaml\n{}",
            with("envFrom: [{configMapRef: {name: features}}]", CONFIG),
            CONFIG.replace("web-config", "unrelated"),
        ));
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("add the ConfigMap, or name one that is here: `web-config`")
        );
    }

    #[test]
    fn names_of_different_things_are_no_slips() {
        assert_eq!(
            nearest_name("web-confg", &["web-config"]),
            Some("web-config")
        );
        assert_eq!(
            nearest_name("webconfig", &["web-config"]),
            Some("web-config")
        );
        for (name, other) in [
            ("web-1", "web-2"),
            ("api-config", "app-config"),
            ("a-config", "config"),
            ("dev-cfg", "prd-cfg"),
        ] {
            assert_eq!(nearest_name(name, &[other]), None, "{name} {other}");
        }
    }
}
