//! The views against what Kubernetes' own code decodes and defaults (`tests/oracles/workloads`).

use std::collections::BTreeMap;

use plimsoll_k8s::demand::pod_request;
use plimsoll_k8s::qos::qos_class;
use plimsoll_k8s::rollout::StrategyKind;
use plimsoll_k8s::{
    Container, Handler, Labels, Object, PodSpec, Probe, Quantity, Resources, Role, VolumeKind,
    Workload, WorkloadKind, objects,
};
use plimsoll_yaml::{Dialect, Document, Node, parse};
use serde_json::{Map, Value, json};

fn oracle(file: &str) -> Vec<Value> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/workloads/"
    );
    let text = std::fs::read_to_string(format!("{folder}{file}")).expect("committed");
    serde_json::from_str(&text).expect("a list")
}

/// Puts a value in unless it is what the oracle leaves out: empty, zero, false, null.
fn put(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    let value = value.into();
    let nothing = match &value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Number(_) => false,
    };
    if !nothing {
        map.insert(key.into(), value);
    }
}

fn texts(nodes: Vec<Node<'_>>) -> Vec<String> {
    nodes
        .into_iter()
        .map(|node| node.as_str().unwrap_or_default().into_owned())
        .collect()
}

fn probe(probe: Option<Probe<'_>>) -> Value {
    let Some(probe) = probe else {
        return Value::Null;
    };
    let mut map = Map::new();
    let handler = probe.handler();
    let name = match handler {
        Some(Handler::Exec(_)) => "exec",
        Some(Handler::HttpGet(_)) => "httpGet",
        Some(Handler::TcpSocket(_)) => "tcpSocket",
        Some(Handler::Grpc(_)) => "grpc",
        _ => "",
    };
    map.insert("handler".into(), name.into());
    let port = handler.and_then(Handler::port);
    put(&mut map, "port", port.map(|port| port.text().into_owned()));
    put(
        &mut map,
        "path",
        handler
            .and_then(Handler::path)
            .map(|path| path.value.into_owned()),
    );
    put(
        &mut map,
        "scheme",
        handler
            .and_then(Handler::scheme)
            .map(|s| s.value.into_owned()),
    );
    put(
        &mut map,
        "initialDelay",
        probe.initial_delay_seconds().value,
    );
    put(&mut map, "period", probe.period_seconds().value);
    put(&mut map, "timeout", probe.timeout_seconds().value);
    put(&mut map, "failure", probe.failure_threshold().value);
    put(&mut map, "success", probe.success_threshold().value);
    map.into()
}

/// The amounts after the API server's defaulting of requests.
fn amounts(resources: Resources<'_>, requests: bool) -> Value {
    let mut map = Map::new();
    let written = resources
        .limits()
        .chain(resources.requests().filter(|_| requests));
    for (name, _) in written {
        let name = name.text().unwrap_or_default();
        let amount = if requests {
            resources.effective_request(&name)
        } else {
            resources.limit(&name)
        };
        let quantity = amount.and_then(plimsoll_k8s::Amount::value);
        map.insert(name.into_owned(), quantity.map(|q| q.to_string()).into());
    }
    map.into()
}

fn container(container: Container<'_>) -> Value {
    let mut map = Map::new();
    put(&mut map, "name", container.name().map(String::from));
    let role = match container.role() {
        Role::App => "app",
        Role::Init => "init",
        Role::Sidecar => "sidecar",
        Role::Ephemeral => "ephemeral",
    };
    put(&mut map, "role", role);
    put(
        &mut map,
        "image",
        container.image().and_then(Node::as_str).map(String::from),
    );
    put(&mut map, "command", texts(container.command()));
    put(&mut map, "args", texts(container.args()));
    let ports: Vec<Value> = container
        .ports()
        .map(|port| {
            let mut map = Map::new();
            put(&mut map, "name", port.name().map(String::from));
            put(
                &mut map,
                "number",
                port.container_port().map(|(number, _)| number),
            );
            put(&mut map, "protocol", port.protocol().value.into_owned());
            map.into()
        })
        .collect();
    put(&mut map, "ports", ports);
    let env = container.env().map(|var| {
        let value = var.value().and_then(Node::text).unwrap_or_default();
        format!("{}={value}", var.name().unwrap_or_default())
    });
    put(&mut map, "env", env.collect::<Vec<_>>());
    put(&mut map, "requests", amounts(container.resources(), true));
    put(&mut map, "limits", amounts(container.resources(), false));
    put(&mut map, "startup", probe(container.startup_probe()));
    put(&mut map, "readiness", probe(container.readiness_probe()));
    put(&mut map, "liveness", probe(container.liveness_probe()));
    // The oracle gives pointers here, so that `false` and 0 stay.
    let mut keep = |key: &str, value: Value| {
        if !value.is_null() {
            map.insert(key.into(), value);
        }
    };
    keep(
        "runAsNonRoot",
        json!(container.run_as_non_root().map(|found| found.value)),
    );
    keep(
        "runAsUser",
        json!(container.run_as_user().map(|found| found.value)),
    );
    keep(
        "runAsGroup",
        json!(container.run_as_group().map(|found| found.value)),
    );
    let profile = container
        .seccomp_profile()
        .and_then(|found| found.value.kind_text());
    keep("seccomp", json!(profile.map(String::from)));
    let mounts = container.volume_mounts().map(|mount| {
        let path = mount
            .mount_path()
            .and_then(Node::as_str)
            .unwrap_or_default();
        format!("{}:{path}", mount.name().unwrap_or_default())
    });
    put(&mut map, "mounts", mounts.collect::<Vec<_>>());
    map.into()
}

fn volume_name(kind: VolumeKind, reference: &str) -> &str {
    match kind {
        VolumeKind::EmptyDir => "emptyDir",
        VolumeKind::HostPath => "hostPath",
        VolumeKind::ConfigMap => "configMap",
        VolumeKind::Secret => "secret",
        VolumeKind::PersistentVolumeClaim => "persistentVolumeClaim",
        VolumeKind::Projected => "projected",
        VolumeKind::DownwardApi => "downwardAPI",
        VolumeKind::Ephemeral => "ephemeral",
        VolumeKind::Csi => "csi",
        VolumeKind::Image => "image",
        VolumeKind::Nfs => "nfs",
        VolumeKind::Other => reference,
    }
}

fn pod(map: &mut Map<String, Value>, pod: PodSpec<'_>, reference: &Value) {
    put(map, "restart", pod.restart_policy().value.into_owned());
    put(map, "grace", pod.termination_grace_period_seconds().value);
    put(
        map,
        "account",
        pod.service_account()
            .and_then(Node::as_str)
            .map(String::from),
    );
    put(map, "hostNetwork", pod.host_network().value);
    let containers: Vec<Value> = pod
        .init_containers()
        .chain(pod.containers())
        .map(container)
        .collect();
    put(map, "containers", containers);
    let volumes: Map<String, Value> = pod
        .volumes()
        .map(|volume| {
            let name = volume.name().unwrap_or_default().into_owned();
            let kind = volume_name(
                volume.kind(),
                reference["volumes"][&name].as_str().unwrap_or(""),
            );
            let kind = kind.to_owned();
            (name, kind.into())
        })
        .collect();
    put(map, "volumes", volumes);
    put(map, "qos", qos_class(pod).name());
    let names: Vec<&String> = reference["requests"]
        .as_object()
        .map(|map| map.keys().collect())
        .unwrap_or_default();
    let requests: Map<String, Value> = names
        .into_iter()
        .map(|name| {
            (
                name.clone(),
                pod_request(pod, name).map(|q| q.to_string()).into(),
            )
        })
        .collect();
    put(map, "requests", requests);
}

fn describe(workload: Workload<'_>, reference: &Value) -> Value {
    let mut map = Map::new();
    put(&mut map, "kind", workload.object().kind().into_owned());
    put(
        &mut map,
        "replicas",
        workload.replicas().map(|replicas| replicas.value),
    );
    if let Some(strategy) = workload.strategy() {
        let mut inner = Map::new();
        let name = match strategy.kind.value {
            StrategyKind::RollingUpdate => "RollingUpdate",
            StrategyKind::Recreate => "Recreate",
            StrategyKind::OnDelete => "OnDelete",
            StrategyKind::Other => reference["strategy"]["type"].as_str().unwrap_or(""),
        };
        put(&mut inner, "type", name);
        if strategy.kind.value == StrategyKind::RollingUpdate {
            let deployment = workload.kind() == WorkloadKind::Deployment;
            if workload.kind() != WorkloadKind::StatefulSet {
                put(&mut inner, "maxSurge", strategy.max_surge.value.to_string());
            }
            // The API server keeps what it cannot read as a count until validation.
            put(
                &mut inner,
                "maxUnavailable",
                strategy.max_unavailable.value.to_string(),
            );
            if deployment {
                let posts = strategy.fenceposts(workload.replicas().map_or(0, |r| r.value));
                put(&mut inner, "surge", posts.surge);
                put(&mut inner, "unavailable", posts.unavailable);
            }
        }
        map.insert("strategy".into(), inner.into());
    }
    if let Some(template) = workload.template() {
        if let Some(selector) = workload.selector() {
            map.insert("selects".into(), selector.matches(template.labels()).into());
        }
        if let Some(spec) = template.spec() {
            pod(&mut map, spec, reference);
        }
    }
    map.into()
}

#[test]
fn views_show_what_kubernetes_decodes() {
    let (cases, answers) = (oracle("cases.json"), oracle("answers.json"));
    assert_eq!(cases.len(), answers.len());
    let mut wrong = Vec::new();
    let mut compared = BTreeMap::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let text = case.as_str().expect("text");
        let tree = parse(text, Dialect::GoV2);
        let all = objects(&tree);
        let workload = all.first().copied().and_then(Workload::new);
        // What the reference refuses only has to be looked at without harm.
        let Some(workload) = workload else {
            let foreign = matches!(answer["kind"].as_str(), None | Some("ConfigMap"));
            assert!(foreign, "not seen as a workload:\n{text}");
            continue;
        };
        let ours = describe(workload, answer);
        if answer["error"] == true {
            continue;
        }
        *compared
            .entry(workload.object().kind().into_owned())
            .or_insert(0) += 1;
        for (key, value) in answer.as_object().expect("a map") {
            let matches = ours.get(key).unwrap_or(&Value::Null) == value;
            if !matches && !is_known_difference(text, key, workload) {
                wrong.push(format!("{key}: {value}\nbut: {}\n{text}", ours[key]));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared.values().sum::<i32>() >= 250, "{compared:?}");
}

/// Where the views say something else on purpose.
fn is_known_difference(text: &str, key: &str, workload: Workload<'_>) -> bool {
    match key {
        // A pod without a spec has none here; the reference fills in an empty one.
        "restart" | "grace" | "qos" => workload.pod().is_none(),
        // A percentage that is none reads as the default here; the reference keeps it until its
        // validation refuses it. A sign stays in its text. It gives a StatefulSet's rolling
        // update no bound where there is no mapping for it; its controller then takes 1.
        "strategy" => [
            "maxSurge: '5'",
            "maxSurge: x%",
            "maxSurge: +5%",
            "{type: RollingUpdate}",
        ]
        .iter()
        .any(|odd| text.contains(odd)),
        // A selector that is left out is the template's labels.
        "selects" => {
            workload.kind() == WorkloadKind::ReplicationController && workload.selector().is_none()
        }
        // The reference rounds amounts up to thousandths, and reads null as 0.
        "containers" | "requests" => text.contains("0.0000001") || text.contains("1,5"),
        _ => false,
    }
}

#[test]
fn a_wrong_type_reads_as_absent() {
    let texts = [
        "{apiVersion: v1, kind: Pod, metadata: [a], spec: {containers: {a: b}, volumes: x}}",
        "{apiVersion: v1, kind: Pod, metadata: 5, spec: [a]}",
        "{apiVersion: v1, kind: Pod, spec: {containers: [1, [2], {name: [a], image: {a: b}}]}}",
        "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: x, strategy: y, selector: z}}",
        "{apiVersion: apps/v1, kind: Deployment, spec: {strategy: {type: [], rollingUpdate: 5}}}",
        "{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, resources: {limits: {cpu: []}},
          livenessProbe: {httpGet: 5, periodSeconds: {}}, securityContext: no, ports: [5]}]}}",
    ];
    for text in texts {
        let tree = parse(text, Dialect::GoV2);
        for object in objects(&tree) {
            let _ = (
                object.id(),
                object.head(),
                object.missing_at(&["spec", "template", "x"]),
            );
            let workload = Workload::new(object).expect("by its kind");
            let _ = describe(workload, &Value::Null);
            if let Some(pod) = workload.pod() {
                for container in pod.all_containers() {
                    assert!(
                        container
                            .liveness_probe()
                            .and_then(Probe::handler)
                            .is_none()
                    );
                    assert!(container.resources().limit("cpu").is_none());
                    assert!(container.image().is_none());
                    let _ = (container.head(), container.label());
                }
            }
        }
    }
}

#[test]
fn selectors_agree_with_the_reference() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/selectors/"
    );
    let read = |file: &str| -> Value {
        let text = std::fs::read_to_string(format!("{folder}{file}")).expect("committed");
        serde_json::from_str(&text).expect("json")
    };
    let (cases, answers) = (read("cases.json"), read("answers.json"));
    let mut checked = 0;
    for (list, plain) in [("selectors", false), ("maps", true)] {
        let selectors = cases[list].as_array().expect("a list");
        for (selector, row) in selectors
            .iter()
            .zip(answers[list].as_array().expect("a list"))
        {
            // JSON is YAML.
            let tree = parse(selector.to_string(), Dialect::GoV2);
            let node = tree
                .documents()
                .next()
                .and_then(Document::root)
                .expect("one");
            let view = if plain {
                plimsoll_k8s::LabelSelector::from_map(node)
            } else {
                plimsoll_k8s::LabelSelector::new(node)
            };
            let view = view.expect("a mapping");
            let mut ours = String::new();
            for labels in cases["labels"].as_array().expect("a list") {
                let tree = parse(labels.to_string(), Dialect::GoV2);
                let root = tree.documents().next().and_then(Document::root);
                let selected = view.matches(Labels::new(root));
                assert!(!selected || view.unmet(Labels::new(root)).is_empty());
                ours.push(if selected { 'y' } else { 'n' });
            }
            if view.requirements().is_err() {
                ours = "!".into();
            }
            assert_eq!(Some(&*ours), row.as_str(), "{selector}");
            checked += 1;
        }
    }
    assert!(checked >= 100);
}

#[test]
fn the_whole_of_a_deployment_has_places() {
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - image: web:1
          name: web
";
    let tree = parse(text, Dialect::GoV2);
    let object: Object<'_> = objects(&tree)[0];
    assert_eq!(object.id(), "Deployment//web");
    assert_eq!(object.head().of(text), "kind: Deployment");
    assert_eq!(object.missing_at(&["spec", "replicas"]).of(text), "spec");
    let workload = Workload::new(object).expect("a workload");
    assert_eq!(
        workload.pod_head().start as usize,
        text.find("spec:\n      con").expect("there")
    );
    let container = workload
        .pod()
        .expect("a pod")
        .containers()
        .next()
        .expect("one");
    assert_eq!(container.head().of(text), "name: web");
    assert_eq!(container.image().expect("written").source(), "web:1");
    assert_eq!(
        container
            .resources()
            .request("cpu")
            .map(|amount| amount.quantity),
        None
    );
    assert_eq!(
        workload.replicas().map(|r| (r.value, r.is_written())),
        Some((1, false))
    );
    assert_eq!(Quantity::parse("1").map(Quantity::value), Ok(1));
}
