//! `plimsoll fit`: manifests, dumps of a cluster and shapes.

use serde_json::{Value, json};

use crate::folder::Folder;

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: 'web:1', resources: {requests: {cpu: '1', memory: 1Gi}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 9
";

/// A node of a dump.
fn node(name: &str, zone: &str, cpu: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone},
        },
        "status": {"allocatable": {"cpu": cpu, "memory": "16Gi", "pods": "110"}},
    })
}

/// A pod of a dump, made by a ReplicaSet of a Deployment.
fn pod(name: &str, deployment: &str, node: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"app": deployment, "pod-template-hash": "5d9c"},
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": format!("{deployment}-5d9c"),
                "controller": true,
            }],
        },
        "spec": {
            "nodeName": node,
            "containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}],
        },
        "status": {"phase": "Running"},
    })
}

fn list(items: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

fn folder() -> Folder {
    let nodes = [node("n1", "a", "4"), node("n2", "b", "4")];
    let pods = [
        pod("old-1", "other", "n1"),
        pod("web-1", "web", "n2"),
        pod("gone", "other", "n9"),
    ];
    Folder::with(&[
        ("k8s/web.yaml", WEB),
        ("nodes.json", &list(&nodes)),
        ("pods.json", &list(&pods)),
    ])
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn what_fits_is_said_with_what_is_left() {
    let answer = folder().run(&["fit", "k8s", "--nodes", "nodes.json", "--lose", "node"]);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    for words in [
        "placed    5 of 5 pods\n",
        "asked for 62 % of the CPU, 16 % of the memory",
        "Deployment/web: 3 more",
        "n1: ",
        "0/1 nodes are available: 1 Insufficient cpu.",
    ] {
        assert!(
            answer.stdout.contains(words),
            "{words} in {}",
            answer.stdout
        );
    }
}

#[test]
fn what_stays_pending_has_its_place_and_the_scheduler_s_words() {
    let answer = folder().run(&["fit", "k8s", "--nodes", "nodes.json", "--at-max"]);
    assert_eq!(answer.code, 1);
    let words = "  1 × Deployment/web (k8s/web.yaml:2)\n      \
                 0/2 nodes are available: 2 Insufficient cpu.\n";
    assert!(answer.stdout.contains(words), "{}", answer.stdout);
}

#[test]
fn pods_of_the_same_workloads_make_way() {
    let args = [
        "fit",
        "k8s",
        "--nodes",
        "nodes.json",
        "--pods",
        "pods.json",
        "--format",
        "json",
    ];
    let answer = folder().run(&args);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(
        answer
            .stderr
            .contains("replaced by those of the manifests: 1")
    );
    let document = document(&answer.stdout);
    assert_eq!(document["fits"], true);
    assert_eq!(document["elsewhere"], 1);
    assert_eq!(document["nodes"][0]["requested"]["milliCpu"], 4000);
    let names: Vec<&str> = document["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Deployment/web", "Deployment/other"]);
}

#[test]
fn shapes_are_compared_by_their_price() {
    let folder = folder();
    folder.write(
        "shapes.yaml",
        b"- {name: big, cpu: 8, memory: 32Gi, price: 0.4}\n\
          - {name: small, cpu: 2, memory: 8Gi, price: 0.1}\n\
          - {name: tiny, cpu: 500m, memory: 1Gi, price: 0.01}\n",
    );
    let answer = folder.run(&["fit", "k8s", "--shapes", "shapes.yaml"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let expected = "\
everything on nodes of one shape
  small: 3 nodes, 0.300 an hour; 83 % of the CPU and 21 % of the memory asked for
  big: 1 node, 0.400 an hour; 62 % of the CPU and 16 % of the memory asked for
  tiny: however many there are, Deployment/web stays pending: 0/20 nodes are available: 20 \
                    Insufficient cpu.
";
    assert_eq!(answer.stdout, expected);
}

#[test]
fn described_nodes_and_the_worth_of_each() {
    let args = [
        "fit",
        "k8s",
        "--node",
        "2x4cpu,16Gi,zone=a+b",
        "--node",
        "8cpu,32Gi,name=tainted,taint:spot=true:NoSchedule",
        "--explain",
        "web",
    ];
    let answer = folder().run(&args);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    for words in [
        "one more of Deployment/web\n  scores: TaintToleration + NodeResourcesFit",
        "  tainted-1    node(s) had untolerated taint(s)\n",
    ] {
        assert!(
            answer.stdout.contains(words),
            "{words} in {}",
            answer.stdout
        );
    }
}

#[test]
fn mistakes_have_their_place() {
    let folder = folder();
    folder.write(
        "broken.yaml",
        b"apiVersion: v1\nkind: Node\nmetadata: {name: x}\n",
    );
    let answer = folder.run(&["fit", "k8s", "--nodes", "broken.yaml"]);
    assert_eq!(answer.code, 2);
    for words in [
        "the node `x` has no `status.allocatable`",
        "broken.yaml:2:1",
    ] {
        assert!(
            answer.stderr.contains(words),
            "{words} in {}",
            answer.stderr
        );
    }
    let none = folder.run(&["fit", "k8s"]);
    assert_eq!(none.code, 2);
    assert!(
        none.stderr.contains("there are no nodes"),
        "{}",
        none.stderr
    );
    let shape = folder.run(&["fit", "k8s", "--node", "4cpu"]);
    assert_eq!(shape.code, 2);
    assert!(
        shape.stderr.contains("does not say how much memory"),
        "{}",
        shape.stderr
    );
    let pods = folder.run(&[
        "fit",
        "k8s",
        "--nodes",
        "nodes.json",
        "--pods",
        "nodes.json",
    ]);
    assert_eq!(pods.code, 2);
    assert!(pods.stderr.contains("there is no Pod"), "{}", pods.stderr);
}

#[test]
fn what_cannot_be_read_is_said() {
    let amounts = WEB.replace("cpu: '1'", "cpu: lots");
    let (web, _) = WEB.split_once("---\n").expect("two objects");
    let folder = Folder::with(&[
        ("k8s/web.yaml", &amounts),
        (
            "many/web.yaml",
            &web.replace("replicas: 5", "replicas: 2000000"),
        ),
        (
            "cut/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nspec: [\n",
        ),
    ]);
    let fit = |path: &str| folder.run(&["fit", path, "--node", "4cpu,16Gi"]);
    for (path, words) in [
        (
            "k8s",
            "k8s/web.yaml:10: `lots` is no amount of cpu, which counts as not set",
        ),
        ("many", "it asks for 2000000 pods, more than the 100000"),
        ("cut", "help: cut/web.yaml:3: "),
    ] {
        let answer = fit(path);
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
    }
}

#[test]
fn markdown_has_tables() {
    let args = ["fit", "k8s", "--node", "2x2cpu,8Gi", "--format", "markdown"];
    let answer = folder().run(&args);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stdout.starts_with("## 1 pod stays pending\n"),
        "{}",
        answer.stdout
    );
    assert!(
        answer
            .stdout
            .contains("| 2cpu-8gi-1 | - | 2 of 2 (100 %) |"),
        "{}",
        answer.stdout
    );
}
