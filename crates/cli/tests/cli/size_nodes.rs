//! `plimsoll size`: what nodes hold before and after, and what they cost.

use serde_json::Value;

use crate::folder::Folder;
use crate::size_written::{DEPLOYMENT, csv};

/// A node of 4 cores, and what a system takes of it.
const NODES: &str = "\
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Node
    metadata: {name: a, labels: {node.kubernetes.io/instance-type: m5.xlarge}}
    status: {allocatable: {cpu: '4', memory: 16Gi, pods: '110'}}
";
const SYSTEM: &str = "  - apiVersion: v1
    kind: Pod
    metadata: {name: dns, namespace: kube-system}
    spec:
      nodeName: a
      containers: [{name: dns, image: dns:1, resources: {requests: {cpu: '3'}}}]
    status: {phase: Running}
";
/// A pod of the workload that the manifests replace.
const OWN: &str = "  - apiVersion: v1
    kind: Pod
    metadata:
      name: web-5f6585d649-fnmft
      namespace: shop
      labels: {pod-template-hash: 5f6585d649}
      ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5f6585d649, controller: true}]
    spec:
      nodeName: a
      containers: [{name: app, image: web:1, resources: {requests: {cpu: '1'}}}]
    status: {phase: Running}
";

/// The workload, what it was seen to use, and nodes.
fn shop(nodes: &str) -> Folder {
    let usage = csv("workload,namespace,container", &["web,shop,app"]);
    Folder::with(&[
        ("k8s/web.yaml", DEPLOYMENT),
        ("usage.csv", &usage),
        ("nodes.yaml", nodes),
    ])
}

const SIZE: [&str; 4] = ["size", "k8s", "--usage", "usage.csv"];
const ON_NODES: [&str; 6] = [
    "size",
    "k8s",
    "--usage",
    "usage.csv",
    "--nodes",
    "nodes.yaml",
];

fn text(folder: &Folder, args: &[&str]) -> String {
    let answer = folder.run(args);
    assert_eq!(answer.quiet(), 0);
    answer.stdout
}

fn json(folder: &Folder, args: &[&str]) -> Value {
    let out = text(folder, &[args, &["--format", "json"]].concat());
    serde_json::from_str(&out).expect("JSON")
}

fn refused(folder: &Folder, args: &[&str], words: &str) {
    let answer = folder.run(args);
    assert_eq!(answer.code, 2, "{}", answer.stdout);
    assert!(answer.stderr.contains(words), "{}", answer.stderr);
}

#[test]
fn nodes_of_a_shape_are_counted_before_and_after() {
    let folder = shop(NODES);
    let args = [&SIZE[..], &["--node", "4cpu,16Gi"]].concat();
    let words = "nodes 4cpu-16gi for 1 workload, 1 of them with new numbers: today 3 (";
    let out = text(&folder, &args);
    assert!(out.contains(words), "{out}");
    let all = json(&folder, &args);
    assert_eq!(all["packing"]["node"], "4cpu-16gi");
    assert_eq!(all["packing"]["before"]["count"], 3);
    assert_eq!(all["packing"]["after"]["count"], 1);
    assert!(all.get("prices").is_none(), "{all}");
    refused(
        &folder,
        &[&SIZE[..], &["--node", "3x4cpu,16Gi"]].concat(),
        "`--node` takes a shape",
    );
    let small = text(&folder, &[&SIZE[..], &["--node", "1cpu,1Gi"]].concat());
    assert!(small.contains("stays pending"), "{small}");
}

#[test]
fn nodes_of_a_cluster_hold_what_runs_there() {
    let folder = shop(NODES);
    let out = text(&folder, &ON_NODES);
    for words in [
        "nodes of the cluster, 1 in all, for 1 workload",
        "today 4 pods stay pending, ",
        "then every pod has a place, ",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let all = json(&folder, &ON_NODES);
    assert_eq!(all["packing"]["before"]["pendingPods"], 4);
    assert_eq!(all["packing"]["after"]["pendingPods"], 0);
    assert_eq!(all["packing"]["cluster"]["nodes"], 1);
    assert_eq!(all["packing"]["cluster"]["otherPods"], 0);
    // Three of four cores are taken: one core is too little for a pod of today, and holds three of
    // those to come. The workload's own pods make way for those of the manifests.
    folder.write("nodes.yaml", [NODES, SYSTEM, OWN].concat().as_bytes());
    let all = json(&folder, &ON_NODES);
    assert_eq!(all["packing"]["cluster"]["otherPods"], 1);
    assert_eq!(all["packing"]["before"]["pendingPods"], 6);
    assert_eq!(all["packing"]["after"]["pendingPods"], 3);
    let out = text(&folder, &ON_NODES);
    let words = "nodes of the cluster, 1 in all, beside 1 pod of others, for 1 workload";
    assert!(out.contains(words), "{out}");
}

#[test]
fn nodes_with_a_price_say_what_idle_costs() {
    let folder = shop(NODES);
    let priced = [&ON_NODES[..], &["--node-price", "m5.xlarge=0.46"]].concat();
    let all = json(&folder, &priced);
    // 4 cores as 30 GiB, and 16 GiB.
    assert_eq!(all["prices"]["source"], "nodes");
    let of = |name: &str| all["prices"][name].as_f64().expect("a price");
    assert!((of("gib") - 0.01).abs() < 1e-9, "{all}");
    assert!((of("core") - 0.075).abs() < 1e-9, "{all}");
    assert_eq!(all["packing"]["after"]["priceHour"], 0.46);
    let out = text(&folder, &priced);
    for words in [
        "what is idle costs ",
        "they cost 0.46 an hour",
        "prices an hour: 0.0750 a core and 0.0100 a GiB, from the price of nodes",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    // What is said with flags counts more.
    let said = json(&folder, &[&priced[..], &["--core-price", "1"]].concat());
    assert_eq!(said["prices"]["source"], "flags");
    assert_eq!(said["prices"]["core"], 1.0);
    let shape = json(
        &folder,
        &[&SIZE[..], &["--node", "4cpu,16Gi,price=0.46"]].concat(),
    );
    assert_eq!(shape["prices"]["core"], all["prices"]["core"]);
    let wrong = [&ON_NODES[..], &["--node-price", "m5.large=0.1"]].concat();
    refused(&folder, &wrong, "there are `m5.xlarge`");
    let none = [&SIZE[..], &["--node-price", "m5.large=0.1"]].concat();
    refused(&folder, &none, "no nodes are known");
    let price = [&ON_NODES[..], &["--node-price", "m5.xlarge=x"]].concat();
    refused(
        &folder,
        &price,
        "expected a price an hour after `m5.xlarge=`",
    );
}

#[test]
fn the_same_name_in_another_namespace_is_told() {
    let usage = csv("workload,namespace,container", &["web,store,app"]);
    let folder = Folder::with(&[("k8s/web.yaml", DEPLOYMENT), ("usage.csv", &usage)]);
    let out = text(&folder, &SIZE);
    let words = "store/web (in no manifest; that of the namespace `shop` is in k8s/web.yaml:2)";
    assert!(out.contains(words), "{out}");
    let patch = folder.run(&[&SIZE[..], &["--patch"]].concat());
    let words = "`web` of the namespace `store` is in no manifest given: that in k8s/web.yaml:2 is of \
                 `shop`";
    assert!(patch.stderr.contains(words), "{}", patch.stderr);
}
