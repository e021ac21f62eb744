//! The objects of each service, as trees that are written as manifests and as templates.

use super::{App, Became, Cx, Kind, SecretNeeded, kustomize, policies, secrets};
use crate::deploy::ObjectFile;
use crate::emit::{Dialect, Document, List, Map, Node, When, file};
use crate::manifests::FOLDER;
use crate::model::Evidence;
use crate::written::Written;

/// The image that waits for others.
pub(super) const WAITER: (&str, &str) = ("busybox", "1.37.0");

/// The same as manifests name it.
pub(super) fn waiter_image() -> String {
    format!("{}:{}", WAITER.0, WAITER.1)
}

/// Who the container that waits is: nobody.
const NOBODY: u32 = 65534;

/// Room that a claim asks for, where nothing says how much there is.
pub(super) const SIZE: &str = "10Gi";

/// The manifests of all services.
pub(super) fn manifests(cx: &Cx<'_>, apps: &[App<'_>], needed: &[SecretNeeded]) -> Vec<Written> {
    policies::settle(cx);
    let folder = if cx.wishes.kustomize {
        kustomize::base()
    } else {
        FOLDER.to_owned()
    };
    let mut written = Vec::new();
    for app in apps {
        for object in files(cx, apps, app) {
            let path = format!("{folder}/{}{}", app.folder, object.name);
            written.push(file(path, &object.documents, Dialect::Plain));
        }
    }
    written.retain(|written| !written.blocks.is_empty());
    written.extend(secrets::files(cx, apps, needed, &folder));
    let Some(first) = apps.first() else {
        return written;
    };
    if cx.wishes.kustomize {
        written.extend(kustomize::around(cx, apps, &written));
    } else {
        let document = namespace(apps, &cx.wishes.project, &first.why);
        let path = format!("{FOLDER}/namespace.yaml");
        written.push(file(path, &[document], Dialect::Plain));
    }
    written
}

/// The namespace, with the strictest profile of Pod Security that all pods meet.
pub(super) fn namespace(apps: &[App<'_>], name: &str, why: &[Evidence]) -> Document {
    let level = apps.iter().map(|app| app.level).max();
    let level = level.map_or("restricted", super::security::Level::name);
    let labels = Map::new().put("pod-security.kubernetes.io/enforce", level);
    let metadata = Map::new().put("name", name).put("labels", labels);
    let body = Map::new()
        .put("apiVersion", "v1")
        .put("kind", "Namespace")
        .put("metadata", metadata);
    Document::new(body, why.to_vec())
}

/// The files of one service.
pub(super) fn files(cx: &Cx<'_>, apps: &[App<'_>], app: &App<'_>) -> Vec<ObjectFile> {
    let name = match app.kind {
        Kind::Deployment => "deployment.yaml",
        Kind::StatefulSet => "statefulset.yaml",
        Kind::DaemonSet => "daemonset.yaml",
        Kind::Job => "job.yaml",
    };
    let mut files = Vec::new();
    let mut add = |name: &str, documents: Vec<Document>| {
        if !documents.is_empty() {
            files.push(ObjectFile {
                name: name.to_owned(),
                documents,
            });
        }
    };
    add(name, vec![workload(cx, app)]);
    add("configmap.yaml", configmaps(cx, app));
    add("service.yaml", services(cx, app));
    add("ingress.yaml", ingress(cx, app).into_iter().collect());
    add("storage.yaml", claims(cx, app));
    let mut access = vec![account(cx, app)];
    let head = object(cx, app, "networking.k8s.io/v1", "NetworkPolicy", "");
    access.extend(policies::of(cx, apps, app, head));
    add("access.yaml", access);
    add("disruption.yaml", budget(cx, app).into_iter().collect());
    files
}

fn object(cx: &Cx<'_>, app: &App<'_>, api: &str, kind: &str, suffix: &str) -> Map {
    named(cx, app, api, kind, format!("{}{suffix}", app.name).into())
}

fn named(cx: &Cx<'_>, app: &App<'_>, api: &str, kind: &str, name: Node) -> Map {
    let metadata = placed(cx, name).put("labels", labels(cx, app));
    Map::new()
        .put("apiVersion", api)
        .put("kind", kind)
        .put("metadata", metadata)
}

/// An object that belongs to no service alone.
pub(super) fn of_project(cx: &Cx<'_>, api: &str, kind: &str, name: &str) -> Map {
    let labels = Map::new().put("app.kubernetes.io/part-of", cx.wishes.project.as_str());
    Map::new()
        .put("apiVersion", api)
        .put("kind", kind)
        .put("metadata", placed(cx, name.into()).put("labels", labels))
}

/// A name, and the namespace where no overlay gives it.
fn placed(cx: &Cx<'_>, name: Node) -> Map {
    let map = Map::new().put("name", name);
    if cx.wishes.kustomize {
        return map;
    }
    map.put("namespace", cx.wishes.project.as_str())
        .only(When::Plain)
}

/// The labels of everything that belongs to a service.
fn labels(cx: &Cx<'_>, app: &App<'_>) -> Map {
    Map::new()
        .put("app.kubernetes.io/name", app.name.as_str())
        .put("app.kubernetes.io/part-of", cx.wishes.project.as_str())
        .splice(format!("include \"{}.labels\" .", cx.wishes.project))
}

/// The labels that tell the pods of a service; in a chart the release's, too.
pub(super) fn selector(app: &App<'_>) -> Map {
    Map::new()
        .put("app.kubernetes.io/name", app.name.as_str())
        .put(
            "app.kubernetes.io/instance",
            Node::text_expression(".Release.Name"),
        )
        .only(When::Chart)
}

fn workload(cx: &Cx<'_>, app: &App<'_>) -> Document {
    let (api, kind) = match app.kind {
        Kind::Deployment => ("apps/v1", "Deployment"),
        Kind::StatefulSet => ("apps/v1", "StatefulSet"),
        Kind::DaemonSet => ("apps/v1", "DaemonSet"),
        Kind::Job => ("batch/v1", "Job"),
    };
    let mut spec = Map::new();
    if matches!(app.kind, Kind::Deployment | Kind::StatefulSet) {
        let replicas = Node::from(app.replicas.0);
        spec = spec
            .put(
                "replicas",
                replicas.or_expression(format!("{}.replicas", app.values())),
            )
            .why(&app.replicas.1);
    }
    if app.kind == Kind::Job && app.replicas.0 > 1 {
        spec = spec
            .put("completions", app.replicas.0)
            .why(&app.replicas.1)
            .put("parallelism", app.replicas.0)
            .why(&app.replicas.1);
    }
    spec.members.extend(app.spec.members.iter().cloned());
    if app.kind == Kind::Job {
        spec = spec
            .put("ttlSecondsAfterFinished", 600u32)
            .note("A Job cannot be changed: it goes after a while, so that the next release can apply it anew.")
            .only(When::Plain);
    } else {
        spec = spec.put("selector", Map::new().put("matchLabels", selector(app)));
    }
    if app.kind == Kind::StatefulSet {
        spec = spec.put("serviceName", app.name.as_str());
    }
    if app.kind == Kind::Deployment {
        let strategy = app.strategy.clone().unwrap_or_else(|| {
            Map::new().put("type", "RollingUpdate").put(
                "rollingUpdate",
                Map::new().put("maxSurge", 1u32).put("maxUnavailable", 0u32),
            )
        });
        spec = spec.put("strategy", strategy);
        if app.mounts.claims.iter().any(|claim| !claim.is_shared) {
            spec = spec.note("The volume is of one pod at a time.");
        }
    }
    spec = spec.put("template", template(cx, app));
    if app.kind == Kind::StatefulSet {
        let templates = templates(app);
        if !templates.is_empty() {
            spec = spec.put("volumeClaimTemplates", templates);
        }
    }
    // A Job cannot be changed, so that each release has one of its own.
    let name = Node::from(app.name.as_str());
    let name = if app.kind == Kind::Job {
        let numbered = Node::Word(format!("{}-{{{{ .Release.Revision }}}}", app.name));
        Node::Either(Box::new(name), Box::new(numbered))
    } else {
        name
    };
    let body = named(cx, app, api, kind, name).put("spec", spec);
    let document = Document::new(body, app.why.clone());
    match app.image.known.filter(|known| known.keeps_data) {
        Some(known) => document.note(format!(
            "{} in the cluster has no backups and no standby. A managed one is usual in production, or an operator for it.",
            known.title
        )),
        None => document,
    }
}

fn template(cx: &Cx<'_>, app: &App<'_>) -> Map {
    let mut annotations = app.annotations.clone();
    if !app.config.is_empty() && app.kind != Kind::Job {
        let path = format!("/{}configmap.yaml", app.folder);
        let include = format!("include (print $.Template.BasePath \"{path}\") . | sha256sum");
        annotations = annotations
            .put("checksum/config", Node::expression(include))
            .only(When::Chart);
    }
    let mut metadata = Map::new();
    if !app.annotations.is_empty() {
        metadata = metadata.put("annotations", annotations);
    } else if !annotations.is_empty() {
        metadata = metadata.put("annotations", annotations).only(When::Chart);
    }
    let metadata = metadata.put("labels", labels(cx, app));
    Map::new().put("metadata", metadata).put("spec", pod(app))
}

fn pod(app: &App<'_>) -> Map {
    let mut pod = Map::new()
        .put("serviceAccountName", app.name.as_str())
        .put("automountServiceAccountToken", false)
        .put("enableServiceLinks", false);
    if app.kind == Kind::Job {
        pod = pod.put("restartPolicy", "Never");
    }
    pod.members.extend(app.pod.members.iter().cloned());
    let mut first = List::new();
    for (name, port, why) in &app.waits {
        first = first.item(waiter(app, name, *port)).why(why);
    }
    if !first.is_empty() {
        pod = pod
            .put("initContainers", first)
            .note("A Service has an address to connect to when a pod behind it is ready.");
    }
    if app.kind == Kind::Deployment && app.replicas.0 > 1 {
        pod = pod.put(
            "topologySpreadConstraints",
            crate::deploy::spread(selector(app)),
        );
    }
    pod = pod.put("containers", List::new().item(container(app)));
    let volumes = app.mounts.pod_volumes(app.kind);
    if volumes.is_empty() {
        pod
    } else {
        pod.put("volumes", volumes)
    }
}

/// What waits until a service is ready.
fn waiter(app: &App<'_>, name: &str, port: u16) -> Map {
    let (image, expression) = match &app.waiter {
        Some(digest) => (
            format!("{}@{digest}", waiter_image()),
            "printf \"%s:%s@%s\" .Values.waiter.repository .Values.waiter.tag .Values.waiter.digest",
        ),
        None => (
            waiter_image(),
            "printf \"%s:%s\" .Values.waiter.repository .Values.waiter.tag",
        ),
    };
    let line = format!("until nc -z -w 2 {name} {port}; do sleep 2; done");
    let resources = Map::new()
        .put(
            "requests",
            Map::new().put("cpu", "10m").put("memory", "16Mi"),
        )
        .put("limits", Map::new().put("memory", "32Mi"));
    let security = Map::new()
        .put("runAsNonRoot", true)
        .put("runAsUser", NOBODY)
        .put("runAsGroup", NOBODY)
        .put("readOnlyRootFilesystem", true)
        .put("allowPrivilegeEscalation", false)
        .put("capabilities", Map::new().put("drop", Node::flow(&["ALL"])));
    Map::new()
        .put("name", format!("wait-for-{name}"))
        .put("image", Node::from(image).or_expression(expression))
        .put("command", Node::flow(&["/bin/sh", "-c", &line]))
        .put("resources", resources)
        .put("securityContext", security)
}

fn container(app: &App<'_>) -> Map {
    let mut container = Map::new().put("name", app.name.as_str());
    container = container
        .put(
            "image",
            Node::from(app.image.text()).or_expression(image_expression(app)),
        )
        .why(&app.image.why);
    if let Some(note) = &app.image.note {
        container = container.plain_note(note.clone());
    }
    // The security context comes last, as people look for it there.
    let (last, first): (Vec<_>, Vec<_>) = app.container.members.iter().cloned().partition(|member| {
        matches!(&member.body, crate::emit::Body::Entry(Some(key), _) if key == "securityContext")
    });
    container.members.extend(first);
    if !app.ports.is_empty() {
        let mut ports = List::new();
        for port in &app.ports {
            let mut entry = Map::new()
                .put("name", port.name.as_str())
                .put("containerPort", port.number);
            if port.protocol != "TCP" {
                entry = entry.put("protocol", port.protocol);
            }
            ports = ports.item(entry).why(&port.why);
        }
        container = container.put("ports", ports);
    }
    container = environment(app, container);
    let (resources, why, is_said) = &app.resources;
    container = container
        .put(
            "resources",
            Node::from(resources.clone()).or_splice(format!("toYaml {}.resources", app.values())),
        )
        .why(why);
    if !is_said {
        container = container.note(
            "Unmeasured, where the Compose file says nothing. Measure under load, then set it.",
        );
    }
    container.members.extend(app.probes.members.iter().cloned());
    container.members.extend(last);
    if app.mounts.list.is_empty() {
        container
    } else {
        container.put("volumeMounts", app.mounts.list.clone())
    }
}

/// The image in a chart: of values, with the chart's appVersion for what is built.
fn image_expression(app: &App<'_>) -> String {
    let values = format!("{}.image", app.values());
    let mut parts = format!("{values}.repository");
    if app.image.is_built {
        parts = format!("printf \"%s:%s\" {parts} ({values}.tag | default .Chart.AppVersion)");
    } else if app.image.tag.is_some() && app.image.digest.is_some() {
        parts = format!("printf \"%s:%s@%s\" {parts} {values}.tag {values}.digest");
    } else if app.image.digest.is_some() {
        parts = format!("printf \"%s@%s\" {parts} {values}.digest");
    } else if app.image.tag.is_some() {
        parts = format!("printf \"%s:%s\" {parts} {values}.tag");
    }
    parts
}

fn environment(app: &App<'_>, container: Map) -> Map {
    let mut container = container;
    let mut from = List::new();
    for (name, is_optional, why) in &app.env_files {
        let mut reference = Map::new().put("name", name.as_str());
        if *is_optional {
            reference = reference.put("optional", true);
        }
        from = from
            .item(Map::new().put("secretRef", reference))
            .note("Made of the env file, whose values do not stand here.")
            .why(why);
    }
    if !app.config.is_empty() {
        let reference = Map::new().put("name", app.name.as_str());
        from = from.item(Map::new().put("configMapRef", reference));
    }
    if !from.is_empty() {
        container = container.put("envFrom", from);
    }
    let mut env = List::new();
    for (number, (name, is_optional, note, why)) in app.secret.iter().enumerate() {
        let secret =
            Node::from(app.name.as_str()).or_expression(format!("{}.secret", app.values()));
        let mut key = Map::new().put("name", secret).put("key", name.as_str());
        if *is_optional {
            key = key.put("optional", true);
        }
        env = env
            .item(
                Map::new()
                    .put("name", name.as_str())
                    .put("valueFrom", Map::new().put("secretKeyRef", key)),
            )
            .why(why);
        if number == 0 {
            env =
                env.note("The Secret is made outside of these files: nothing here holds a value.");
        }
        if let Some(note) = note {
            env = env.note(note.clone());
        }
    }
    if env.is_empty() {
        container
    } else {
        container.put("env", env)
    }
}

fn configmaps(cx: &Cx<'_>, app: &App<'_>) -> Vec<Document> {
    let mut documents = Vec::new();
    if !app.config.is_empty() {
        let mut data = Map::new();
        for (name, value, note, why) in &app.config {
            data = data
                .put(name.as_str(), Node::Quoted(value.clone()))
                .why(why);
            if let Some(note) = note {
                data = data.note(note.clone());
            }
        }
        let range = format!("{{{{- range $name, $value := {}.config }}}}", app.values());
        let template = Map::new().lines(&[
            range.as_str(),
            "{{ $name }}: {{ $value | quote }}",
            "{{- end }}",
        ]);
        let body = object(cx, app, "v1", "ConfigMap", "").put(
            "data",
            Node::Either(Box::new(data.into()), Box::new(template.into())),
        );
        documents.push(Document::new(body, app.why.clone()));
    }
    if !app.mounts.files.is_empty() {
        let mut data = Map::new();
        for (key, text, why) in &app.mounts.files {
            data = data.put(key.as_str(), Node::Lines(text.clone())).why(why);
        }
        let body = object(cx, app, "v1", "ConfigMap", "-files").put("data", data);
        documents.push(Document::new(body, app.why.clone()));
    }
    documents
}

fn services(cx: &Cx<'_>, app: &App<'_>) -> Vec<Document> {
    if app.ports.is_empty() && !app.is_called && app.kind != Kind::StatefulSet {
        return Vec::new();
    }
    let mut names: Vec<(String, Vec<Evidence>)> = vec![(app.name.clone(), app.why.clone())];
    names.extend(app.aliases.iter().cloned());
    let mut documents = Vec::new();
    for (name, why) in names {
        let is_headless = app.ports.is_empty();
        let mut spec = Map::new();
        if is_headless {
            spec = spec
                .put("clusterIP", "None")
                .note("No port is known: the name leads to the pods themselves.");
        } else {
            spec = spec.put("type", "ClusterIP");
        }
        spec = spec.put("selector", selector(app));
        let mut ports = List::new();
        for port in &app.ports {
            let mut entry = Map::new()
                .put("name", port.name.as_str())
                .put("port", port.number)
                .put("targetPort", port.name.as_str());
            if port.protocol != "TCP" {
                entry = entry.put("protocol", port.protocol);
            }
            if let Some(protocol) = &port.app_protocol {
                entry = entry.put("appProtocol", protocol.as_str());
            }
            ports = ports.item(entry).why(&port.why);
        }
        if !ports.is_empty() {
            spec = spec.put("ports", ports);
        }
        let body = named(cx, app, "v1", "Service", name.into()).put("spec", spec);
        documents.push(Document::new(body, why));
    }
    documents
}

fn ingress(cx: &Cx<'_>, app: &App<'_>) -> Option<Document> {
    let (host, number, why) = app.host.as_ref()?;
    let values = format!("{}.ingress", app.values());
    let port = app
        .ports
        .iter()
        .find(|port| port.number == *number && port.protocol == "TCP")?;
    let of_host = || Node::from(host.as_str()).or_expression(format!("{values}.host"));
    let tls = Map::new()
        .put("hosts", List::new().item(of_host()))
        .put("secretName", format!("{}-tls", app.name));
    let backend = Map::new()
        .put("name", app.name.as_str())
        .put("port", Map::new().put("name", port.name.as_str()));
    let path = Map::new()
        .put("path", "/")
        .put("pathType", "Prefix")
        .put("backend", Map::new().put("service", backend));
    let rule = Map::new()
        .put("host", of_host())
        .put("http", Map::new().put("paths", List::new().item(path)));
    let spec = Map::new()
        .put(
            "ingressClassName",
            Node::from("nginx").or_expression(format!("{values}.className")),
        )
        .plain_note("The class of the cluster's ingress controller.")
        .put("tls", List::new().item(tls))
        .plain_note("The Secret with its certificate is made outside of these files.")
        .why(why)
        .put("rules", List::new().item(rule))
        .why(why);
    let body = object(cx, app, "networking.k8s.io/v1", "Ingress", "").put("spec", spec);
    Some(Document::new(body, why.clone()).only(When::If(format!("{values}.enabled"))))
}

/// What a claim asks for.
fn claim_spec(app: &App<'_>, volume: &str, is_shared: bool) -> Map {
    let mode = if is_shared {
        "ReadWriteMany"
    } else {
        "ReadWriteOnce"
    };
    let size = Node::from(SIZE).or_expression(format!(
        "{}.storage.{}",
        app.values(),
        crate::deploy::camel(volume)
    ));
    let requests = Map::new().put("storage", size).plain_note(
        "Compose says no size: a start. Most storage classes can make it larger, none smaller.",
    );
    Map::new()
        .put("accessModes", Node::flow(&[mode]))
        .put("resources", Map::new().put("requests", requests))
}

fn templates(app: &App<'_>) -> List {
    let mut templates = List::new();
    for claim in &app.mounts.claims {
        if claim.is_shared || claim.is_external {
            continue;
        }
        let template = Map::new()
            .put("metadata", Map::new().put("name", claim.volume.as_str()))
            .put("spec", claim_spec(app, &claim.volume, false));
        templates = templates.item(template).why(&claim.why);
    }
    templates
}

fn claims(cx: &Cx<'_>, app: &App<'_>) -> Vec<Document> {
    let mut documents = Vec::new();
    for claim in &app.mounts.claims {
        let own = app.kind == Kind::StatefulSet && !claim.is_shared;
        if own || claim.is_external || !claim.is_first {
            continue;
        }
        let name = Node::from(claim.name.as_str());
        let body = named(cx, app, "v1", "PersistentVolumeClaim", name)
            .put("spec", claim_spec(app, &claim.volume, claim.is_shared));
        documents.push(Document::new(body, claim.why.clone()));
    }
    documents
}

fn account(cx: &Cx<'_>, app: &App<'_>) -> Document {
    let body =
        object(cx, app, "v1", "ServiceAccount", "").put("automountServiceAccountToken", false);
    let why = Evidence::table("nothing in a Compose file talks to the Kubernetes API");
    Document::new(body, vec![why])
}

/// A budget where there is more than one pod to lose.
fn budget(cx: &Cx<'_>, app: &App<'_>) -> Option<Document> {
    if app.kind != Kind::Deployment || app.replicas.0 < 2 {
        return None;
    }
    let spec = Map::new()
        .put("maxUnavailable", 1u32)
        .put("unhealthyPodEvictionPolicy", "AlwaysAllow")
        .put("selector", Map::new().put("matchLabels", selector(app)));
    let body = object(cx, app, "policy/v1", "PodDisruptionBudget", "").put("spec", spec);
    Some(Document::new(body, app.replicas.1.clone()))
}

/// What became of a service, in words.
pub(super) fn became(app: &App<'_>) -> Became {
    let kind = match app.kind {
        Kind::Deployment => "Deployment",
        Kind::StatefulSet => "StatefulSet",
        Kind::DaemonSet => "DaemonSet",
        Kind::Job => "Job",
    };
    let mut with = Vec::new();
    if !app.ports.is_empty() || app.is_called {
        let ports: Vec<String> = app
            .ports
            .iter()
            .map(|port| port.number.to_string())
            .collect();
        with.push(
            format!("Service {}", ports.join(", "))
                .trim_end()
                .to_owned(),
        );
    }
    for (alias, _) in &app.aliases {
        with.push(format!("Service `{alias}`"));
    }
    if let Some((host, ..)) = &app.host {
        with.push(format!("Ingress {host}"));
    }
    for claim in &app.mounts.claims {
        with.push(format!("volume `{}`", claim.name));
    }
    for (name, ..) in &app.waits {
        with.push(format!("waits for `{name}`"));
    }
    Became {
        service: app.service.to_owned(),
        workload: format!("{kind} {}", app.name),
        with,
        evidence: app
            .why
            .first()
            .cloned()
            .unwrap_or_else(|| Evidence::table("")),
    }
}
