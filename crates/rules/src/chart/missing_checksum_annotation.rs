//! # What it does
//! Finds workloads of a chart that read a ConfigMap or Secret of the same chart once, when they
//! start, and whose pods stay as they are when a value changes what is in it.
//!
//! Silent if the pod template has an annotation or a label with a checksum or the like or a variable with the
//! checksum of a value that is in the object, if a reloader is told to look (Stakater's, Wave), if the object has another name for other content, or if it is
//! not made of values. Files of a mounted volume do change in a running pod, and some programs
//! read them again: those are reported at the pedantic strictness, unless `subPath` keeps them as
//! they were, and not at all beside a container that reloads.
//!
//! # Why it matters
//! `helm upgrade` with a changed value succeeds, the object is changed, and nothing happens: the
//! pods go on with what they read at their start, until some later day on which they are replaced
//! one by one and half of them run with other settings than the rest.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! level: info
//! //- /chart/templates/all.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! data:
//!   LEVEL: {{ .Values.level }}
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
//!           image: ghcr.io/acme/payments:1.4.0
//!           envFrom: [{configMapRef: {name: payments}}]
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! level: info
//! //- /chart/templates/all.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! data:
//!   LEVEL: {{ .Values.level }}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata:
//!       labels: {app: payments}
//!       annotations: {checksum/config: {{ .Values.level | sha256sum }}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/acme/payments:1.4.0
//!           envFrom: [{configMapRef: {name: payments}}]
//! ```
//!
//! # References
//! - <https://helm.sh/docs/howto/charts_tips_and_tricks/#automatically-roll-deployments>

use std::collections::BTreeSet;

use plimsoll_k8s::{Labels, Object, PodSpec, WorkloadKind};
use plimsoll_links::{By, LinkKind, ObjectRef, Reference, Resolution, Target};
use plimsoll_project::Given;
use plimsoll_source::{Confidence, Place, Severity, ValueRole};
use plimsoll_yaml::Node;

use super::given::{CHANGING, behind};
use crate::{Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "missing-checksum-annotation",
    summary: "a changed value changes a ConfigMap or Secret, and the pods that read it stay",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Workload(check)],
};

/// Words in the keys of annotations that make pods new when something changes.
const ROLLING: [&str; 8] = [
    "checksum",
    "sha",
    "hash",
    "md5",
    "digest",
    "reload",
    "rollme",
    "timestamp",
];

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let workload = input.workload;
    let stays = matches!(
        workload.kind(),
        WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet
    );
    let (Some(template), Some(pod)) = (workload.template(), workload.pod()) else {
        return;
    };
    let object = workload.object();
    if !stays
        || cx.project.generated(input.unit.file).is_none()
        || is_watched(object)
        || rolls(cx, template.annotations().node())
        || is_labelled(template.labels())
    {
        return;
    }
    let mut found: Vec<(Reference<'_>, ObjectRef, bool)> = Vec::new();
    let references = cx.links.references().of(cx.this());
    for reference in references {
        let Target::Named { kind, .. } = &reference.target else {
            continue;
        };
        let known = kind == "ConfigMap" || kind == "Secret";
        let read = matches!(reference.kind, LinkKind::Reads | LinkKind::Mounts);
        let Some(made) = (known && read).then(|| made(cx, reference)).flatten() else {
            continue;
        };
        let once = reference.kind == LinkKind::Reads || is_kept(pod, reference);
        match found.iter_mut().find(|(_, other, _)| *other == made) {
            Some((known, _, known_once)) if once && !*known_once => {
                (*known, *known_once) = (reference.clone(), true);
            }
            Some(_) => {}
            None => found.push((reference.clone(), made, once)),
        }
    }
    found.retain(|(_, made, _)| !is_hashed(cx, pod, *made));
    if is_database(pod) {
        // It reads its passwords when it makes its files, and never again.
        let objects = cx.links.objects();
        found.retain(|(_, made, _)| objects.get(*made).kind() != "Secret");
    }
    if reloads(pod) {
        found.retain(|(reference, ..)| reference.kind == LinkKind::Reads);
    }
    let any_once = found.iter().any(|(.., once)| *once);
    found.retain(|(.., once)| *once == any_once);
    let Some((_, made, _)) = found.first() else {
        return;
    };
    let of = cx.links.objects().get(*made);
    let (kind, name) = (of.kind(), of.name().unwrap_or_default());
    let more = match found.len() {
        1 => String::new(),
        more => format!(" (and {} more)", more - 1),
    };
    let (message, note) = if any_once {
        (
            format!(
                "the pods do not notice when {kind} `{name}`{more} changes, which they read only when they start"
            ),
            "after an upgrade they go on with the old values until something else replaces them",
        )
    } else {
        (
            format!("the pods stay when {kind} `{name}`{more} changes, which they mount"),
            "the files change after a minute or so; a program that does not look again goes on with the old ones",
        )
    };
    let places: Vec<Place> = found
        .iter()
        .map(|(_, made, _)| {
            let object = cx.links.objects().get(*made);
            Place::new(cx.links.objects().file(*made), object.head())
        })
        .collect();
    let template = |place: Place| {
        let behind = behind(cx, place)?;
        let (part, _) = behind.parts().next()?;
        let path = cx.project.path(part.place.file);
        Some((path, in_templates(path)?))
    };
    let makers: BTreeSet<(&str, &str)> =
        places.iter().filter_map(|place| template(*place)).collect();
    let files: BTreeSet<&str> = makers.iter().map(|(_, file)| *file).collect();
    let chart = |(path, file): (&'_ str, &str)| path.strip_suffix(file).map(str::to_owned);
    let help = match template(cx.place(object.head())) {
        // A template that includes itself never ends, and those of another chart have another base.
        Some(own)
            if makers.contains(&own) || makers.iter().any(|made| chart(*made) != chart(own)) =>
        {
            "give the pod template an annotation with a checksum of the values that it is made of: \
             `checksum/config: {{ toYaml .Values.KEY | sha256sum }}`"
                .to_owned()
        }
        _ => help(&files),
    };
    let path: Vec<&str> = workload
        .kind()
        .template_path()
        .iter()
        .copied()
        .chain(["metadata", "annotations"])
        .collect();
    let mut range = object.missing_at(&path);
    let text = &cx.project.files.get(input.unit.file).text;
    if text[range.end as usize..].starts_with(':') {
        // With its colon: what stands below the key is not to blame.
        range.end += 1;
    }
    let value = value_of(cx, *made);
    let draft = cx.report(range, message);
    for place in places {
        draft.related(place, "made of values here");
    }
    if let Some((place, message)) = value {
        draft.related(place, message);
    }
    draft.note(note).help(help);
    if !any_once {
        draft.strictness(Strictness::Pedantic);
    }
}

/// Whether all containers of a pod are databases.
fn is_database(pod: PodSpec<'_>) -> bool {
    const NAMES: [&str; 9] = [
        "mariadb",
        "mongo",
        "mongodb",
        "mysql",
        "pgvector",
        "postgis",
        "postgres",
        "postgresql",
        "timescaledb",
    ];
    let is_one = |container: plimsoll_k8s::Container<'_>| {
        let image = container.image().and_then(Node::as_str).unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or_default();
        NAMES.contains(&name.split([':', '@']).next().unwrap_or_default())
    };
    pod.containers().all(is_one)
}

/// Whether a variable of a container holds a checksum of what an object is made of.
fn is_hashed(cx: &Cx<'_>, pod: PodSpec<'_>, made: ObjectRef) -> bool {
    let Some((value, _)) = value_of(cx, made) else {
        return false;
    };
    pod.all_containers()
        .flat_map(|container| container.env())
        .any(|variable| {
            let Some(text) = variable
                .value()
                .filter(|node| node.as_str().is_some_and(|text| is_hash(&text)))
            else {
                return false;
            };
            let behind = behind(cx, cx.place(text.range()));
            behind.is_some_and(|behind| {
                let mut values = behind.values(ValueRole::Content);
                values.any(|other| other.place == Some(value))
            })
        })
}

/// A checksum in hexadecimal digits.
fn is_hash(text: &str) -> bool {
    text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A value that what an object holds is made of: one that is in it before one that decides.
fn value_of(cx: &Cx<'_>, made: ObjectRef) -> Option<(Place, String)> {
    let object = cx.links.objects().get(made);
    let file = cx.links.objects().file(made);
    let of = |role: ValueRole| {
        ["data", "stringData", "binaryData"]
            .iter()
            .filter_map(|field| object.node().get(field))
            .filter_map(|data| behind(cx, Place::new(file, data.full_range())))
            .find_map(|behind| {
                let mut values = behind.values(role);
                values.find_map(|value| Some((value.place?, value.path.clone())))
            })
    };
    let (place, path) = of(ValueRole::Content).or_else(|| of(ValueRole::Branch))?;
    let name = cx.project.path(place.file).rsplit('/').next()?;
    Some((place, format!("`{path}` of {name}")))
}

/// The path of a template below `templates/` of its chart, which may be the root itself.
fn in_templates(path: &str) -> Option<&str> {
    let below = path.rsplit_once("/templates/").map(|(_, file)| file);
    below.or_else(|| path.strip_prefix("templates/"))
}

/// The annotations to write, one for each template that makes what the pods read.
fn help(files: &BTreeSet<&str>) -> String {
    let line = |key: &str, file: &str| {
        format!(
            "`checksum/{key}: {{{{ include (print $.Template.BasePath \"/{file}\") $ | sha256sum }}}}`"
        )
    };
    let lines: Vec<String> = match files.len() {
        0 => {
            return "give the pod template an annotation with a checksum of what the object is \
                    made of, as `checksum/config`"
                .to_owned();
        }
        1 => files.iter().map(|file| line("config", file)).collect(),
        _ => {
            let key = |file: &str| file.trim_end_matches(".yaml").replace('/', "-");
            let lines = files.iter().take(MAX_LINES);
            lines.map(|file| line(&key(file), file)).collect()
        }
    };
    let what = if lines.len() == 1 {
        "an annotation with a checksum"
    } else {
        "annotations with checksums"
    };
    format!("give the pod template {what}: {}", lines.join(", "))
}

/// The most annotations that are written out.
const MAX_LINES: usize = 4;

/// Whether something outside the chart replaces the pods.
fn is_watched(object: Object<'_>) -> bool {
    let mut annotations = object.annotations().iter();
    annotations.any(|(key, _)| key.contains("reload") || key.starts_with("wave.pusher.com/"))
}

/// Whether annotations of the pod template change with what the pods read, or with every upgrade.
fn rolls(cx: &Cx<'_>, annotations: Option<Node<'_>>) -> bool {
    let Some(annotations) = annotations else {
        return false;
    };
    let every_time = Given::Chance
        .any()
        .join(Given::Time.any())
        .join(Given::Revision.any());
    let marks = behind(cx, cx.place(annotations.full_range())).map(|behind| behind.marks());
    marks.is_some_and(|marks| marks.has(every_time))
        || annotations.entries().any(|entry| {
            let key = entry.key.text().unwrap_or_default().to_lowercase();
            let value = entry.value.text().unwrap_or_default();
            ROLLING.iter().any(|word| key.contains(word)) || is_hash(&value)
        })
}

/// Whether a label of the pod template holds a checksum.
fn is_labelled(labels: Labels<'_>) -> bool {
    labels.iter().any(|(key, value)| {
        let key = key.to_lowercase();
        key.contains("checksum") || key.contains("hash") || is_hash(&value)
    })
}

/// Whether a container of the pod looks after files that change.
fn reloads(pod: PodSpec<'_>) -> bool {
    pod.all_containers().any(|container| {
        let image = container.image().and_then(Node::as_str).unwrap_or_default();
        let name = container.label().into_owned();
        let words = ["reload", "sidecar", "watch", "refresh", "sync"];
        words
            .iter()
            .any(|word| image.contains(word) || name.contains(word))
    })
}

/// Whether all mounts of what is referred to keep the files as they were at the start.
fn is_kept(pod: PodSpec<'_>, reference: &Reference<'_>) -> bool {
    let Target::Named { name, .. } = &reference.target else {
        return false;
    };
    let volumes = pod.volumes().filter(|volume| {
        let named = volume.object_name().and_then(Node::as_str);
        named.as_deref() == Some(name)
    });
    let volumes: Vec<_> = volumes.filter_map(|volume| volume.name()).collect();
    let mounts = pod
        .all_containers()
        .flat_map(|container| container.volume_mounts());
    let mut mounts = mounts
        .filter(|mount| mount.name().is_some_and(|name| volumes.contains(&name)))
        .peekable();
    mounts.peek().is_some() && mounts.all(|mount| mount.sub_path().is_some())
}

/// The object of the chart that is referred to, if values change what is in it while it keeps its
/// name.
fn made(cx: &Cx<'_>, reference: &Reference<'_>) -> Option<ObjectRef> {
    let Resolution::Found(distance, found) = cx.links.objects().resolve(reference) else {
        return None;
    };
    let [definition] = found[..] else { return None };
    let made = definition
        .object
        .filter(|_| distance.is_certain() && definition.by == By::Itself)?;
    let (object, file) = (cx.links.objects().get(made), cx.links.objects().file(made));
    // Those of another file of the same render, not of one that was written.
    cx.project.generated(file)?;
    let fixed = object.node().get("immutable").and_then(Node::as_bool);
    if object.annotations().contains("helm.sh/hook") || fixed == Some(true) {
        return None;
    }
    // An object that comes from values as a whole is the user's, as is what refers to it.
    let head = behind(cx, Place::new(file, object.head()))?;
    if head.values(ValueRole::Content).next().is_some() {
        return None;
    }
    let name = behind(cx, Place::new(file, object.name_node()?.range()))?;
    if name.marks().has(CHANGING) {
        return None;
    }
    let mut changes = false;
    for field in ["data", "stringData", "binaryData"] {
        let Some(data) = object.node().get(field) else {
            continue;
        };
        let behind = behind(cx, Place::new(file, data.full_range()))?;
        // What is made up anew would replace the pods with every upgrade.
        if behind
            .marks()
            .has(Given::Chance.any().join(Given::Cluster.any()))
        {
            return None;
        }
        let both = [ValueRole::Content, ValueRole::Branch];
        let values = || both.into_iter().flat_map(|role| behind.values(role));
        let in_name = |path: &str| {
            name.values(ValueRole::Content)
                .any(|value| *value.path == *path)
        };
        // A change of names makes everything anew.
        let is_name = |path: &str| {
            let path = path.to_lowercase();
            path.ends_with("override") || path == "name" || path.ends_with(".name")
        };
        changes |= values().any(|value| !is_name(&value.path));
        if values().any(|value| in_name(&value.path) && !is_name(&value.path)) {
            return None;
        }
    }
    changes.then_some(made)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::deployment;
    use crate::testing::on;

    const DATA: &str = "data:\n  A: {{ .Values.level }}\n";
    const ENV: &str = "          image: a:1\n          envFrom: [{configMapRef: {name: conf}}]\n";
    const MOUNT: &str = "          image: a:1\n          volumeMounts: [{name: v, mountPath: /etc/a}]\n      volumes: [{name: v, configMap: {name: conf}}]\n";

    fn with(annotations: &str, container: &str, data: &str) -> String {
        format!(
            "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\n{data}",
            deployment("level: info", annotations, container)
        )
    }

    #[test]
    fn the_template_that_makes_it_is_named() {
        let help = |files: &str| {
            let case = on(&RULE).files(files);
            case.help()
        };
        let own = help(&with("", ENV, DATA));
        assert!(own.contains("toYaml .Values.KEY"), "{own}");
        let apart = format!(
            "{}//- /c/templates/conf/web.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\n{DATA}",
            deployment("level: info", "", ENV)
        );
        let apart = help(&apart);
        assert!(apart.contains("BasePath \"/conf/web.yaml\")"), "{apart}");
        let below = format!(
            "{}//- /c/charts/d/Chart.yaml\napiVersion: v2\nname: d\nversion: 1.0.0\n\
             //- /c/charts/d/values.yaml\nlevel: info\n\
             //- /c/charts/d/templates/web.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\n{DATA}",
            deployment("level: info", "", ENV)
        );
        let below = help(&below);
        assert!(below.contains("toYaml .Values.KEY"), "{below}");
        // A chart that is the root of what is reviewed.
        assert_eq!(
            super::in_templates("templates/conf/a.yaml"),
            Some("conf/a.yaml")
        );
        assert_eq!(super::in_templates("c/templates/a.yaml"), Some("a.yaml"));
        assert_eq!(super::in_templates("c/charts/a.yaml"), None);
    }

    #[test]
    fn variables_of_a_config_made_of_values_are_found() {
        on(&RULE)
            .files(&with("", ENV, DATA))
            .flags(&["c/templates/a.yaml:8: metadata:"])
            .says(&["the pods do not notice when ConfigMap `conf` changes, which they read only when they start"])
            .loud_by_default();
        let key = "          image: a:1\n          env: [{name: A, valueFrom: {configMapKeyRef: {name: conf, key: A}}}]\n";
        on(&RULE)
            .files(&with("", key, DATA))
            .flags(&["c/templates/a.yaml:8: metadata:"])
            .loud_by_default();
        on(&RULE)
            .files(&with("      annotations: {team: web}\n", ENV, "data:\n  {{- if .Values.debug }}\n  B: '1'\n  {{- end }}\n  A: {{ .Values.level }}\n"))
            .loud_by_default();
    }

    #[test]
    fn mounts_are_pedantic_unless_they_are_kept() {
        on(&RULE)
            .files(&with("", MOUNT, DATA))
            .says(&["the pods stay when ConfigMap `conf` changes, which they mount"])
            .quiet_by_default();
        let kept = MOUNT.replace("mountPath: /etc/a", "mountPath: /etc/a, subPath: a");
        on(&RULE)
            .files(&with("", &kept, DATA))
            .flags(&["c/templates/a.yaml:8: metadata:"])
            .loud_by_default();
    }

    #[test]
    fn annotations_that_replace_the_pods_silence_it() {
        for annotations in [
            "      annotations: {checksum/config: {{ .Values.level | sha256sum }}}\n",
            "      annotations: {rollme: {{ randAlpha 5 }}}\n",
            "      annotations: {release: \"{{ .Release.Revision }}\"}\n",
            "      annotations: {config: {{ .Values.level | sha256sum }}}\n",
        ] {
            on(&RULE).files(&with(annotations, ENV, DATA)).clean();
        }
    }

    #[test]
    fn a_checksum_in_a_label_replaces_the_pods_too() {
        let labelled = |key: &str| {
            let label =
                format!("      labels: {{app: web, {key}: {{{{ .Values.level | sha1sum }}}}}}");
            with("", ENV, DATA).replace("      labels: {app: web}", &label)
        };
        assert_ne!(labelled("config-hash"), with("", ENV, DATA));
        on(&RULE).files(&labelled("config-hash")).clean();
        on(&RULE).files(&labelled("level")).clean();
    }

    #[test]
    fn a_checksum_in_a_variable_replaces_the_pods_too() {
        let sum = |key: &str| {
            format!(
                "{ENV}          env: [{{name: SUM, value: {{{{ .Values.{key} | sha256sum }}}}}}]\n"
            )
        };
        on(&RULE).files(&with("", &sum("level"), DATA)).clean();
        let other = with("", &sum("other"), DATA).replace("level: info", "level: info\nother: x");
        on(&RULE)
            .files(&other)
            .flags(&["c/templates/a.yaml:8: metadata:"]);
    }

    #[test]
    fn configs_that_do_not_change_are_clean() {
        on(&RULE).files(&with("", ENV, "data:\n  A: b\n")).clean();
        on(&RULE)
            .files(&with(
                "",
                ENV,
                "immutable: true\ndata:\n  A: {{ .Values.level }}\n",
            ))
            .clean();
        let other = ENV.replace("conf", "other");
        on(&RULE).files(&with("", &other, DATA)).clean();
        let given = with("", ENV, DATA).replace(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  A: {{ .Values.level }}\n",
            "{{ toYaml .Values.object }}\n",
        );
        let values = "level: info\nobject: {apiVersion: v1, kind: ConfigMap, metadata: {name: conf}, data: {A: b}}";
        on(&RULE)
            .files(&given.replace("level: info", values))
            .clean();
        let sidecar = MOUNT.replace(
            "      volumes:",
            "        - {name: config-reloader, image: r:1}\n      volumes:",
        );
        on(&RULE).files(&with("", &sidecar, DATA)).clean();
    }

    #[test]
    fn a_database_reads_its_passwords_once() {
        let with = |image: &str| {
            let container = format!(
                "          image: {image}\n          envFrom: [{{secretRef: {{name: conf}}}}]\n"
            );
            let files = with("", &container, "stringData:\n  A: {{ .Values.level }}\n");
            on(&RULE).files(&files.replace("kind: ConfigMap", "kind: Secret"))
        };
        with("docker.io/library/mysql:8").clean();
        with("a:1").loud_by_default();
    }
}
