//! Placing, losing and sparing, on small clusters.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read fails the test"
)]

use plimsoll_fit::{Dump, Manifests, Needed, Node, Plan, Scale, Scene, Shape, growing};
use plimsoll_yaml::{Dialect, parse};

fn nodes(shapes: &[&str]) -> Vec<Node> {
    let mut nodes = Vec::new();
    for text in shapes {
        let (count, shape) = Shape::parse(text).unwrap();
        nodes.extend(shape.nodes(count, 1));
    }
    nodes
}

fn scene(shapes: &[&str], manifests: &str, pods: Option<&str>) -> Scene {
    let tree = parse(manifests, Dialect::GoV2);
    let found = Manifests::read([&tree].into_iter(), Scale::Written);
    let pods = pods.map(|text| Dump::parse(text.to_owned()).unwrap());
    Scene {
        nodes: nodes(shapes),
        pods: pods.map_or(Vec::new(), |dump| dump.pods(&found.inventory)),
        inventory: found.inventory,
        groups: found.groups,
    }
}

fn plan(shapes: &[&str], manifests: &str) -> Plan {
    scene(shapes, manifests, None).plan()
}

fn workload(kind: &str, name: &str, replicas: usize, pod: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  \
         replicas: {replicas}\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
         metadata: {{labels: {{app: {name}}}}}\n    spec:\n      {pod}\n"
    )
}

fn asking(cpu: &str) -> String {
    format!("containers: [{{name: c, image: x, resources: {{requests: {{cpu: {cpu}}}}}}}]")
}

/// The nodes of a group's pods, in the order in which they were placed.
fn places(plan: &Plan, group: usize) -> Vec<&str> {
    let placed = plan.placed.iter().filter(|one| one.group == group);
    placed
        .map(|one| plan.scheduler.nodes()[one.node].name.as_str())
        .collect()
}

const APART: &str = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
                     [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: \
                     {app: db}}}]}}";

#[test]
fn priority_goes_before_the_order_of_files_and_daemons_before_equals() {
    let low = workload("Deployment", "low", 1, &asking("3"));
    let high = workload(
        "Deployment",
        "high",
        1,
        &format!("priorityClassName: high\n      {}", asking("3")),
    );
    let daemon = workload("DaemonSet", "daemon", 0, &asking("1"));
    let class = "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\n\
                 metadata: {name: high}\nvalue: 10\n";
    let plan = plan(&["4cpu,8Gi"], &[&*low, &*high, &*daemon, class].concat());
    assert_eq!(places(&plan, 1), ["4cpu-8gi-1"]);
    assert_eq!(places(&plan, 2), ["4cpu-8gi-1"]);
    let [pending] = plan.pending.as_slice() else {
        panic!("{:?}", plan.pending);
    };
    assert_eq!(pending.group, 0);
    assert_eq!(
        pending.refusal.to_string(),
        "0/1 nodes are available: 1 Insufficient cpu."
    );
}

#[test]
fn a_lost_node_takes_what_cannot_be_elsewhere() {
    let manifests = [
        workload("StatefulSet", "db", 3, &format!("{APART}\n      {}", asking("1"))),
        workload("DaemonSet", "daemon", 0, &asking("100m")),
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{image: x}]}\n"
            .to_owned(),
    ];
    let mut plan = plan(&["3x4cpu,8Gi"], &manifests.concat());
    assert!(plan.pending.is_empty());
    let losses = plan.lose_nodes();
    assert_eq!(losses.len(), 3);
    for loss in &losses {
        assert_eq!((loss.moved, loss.pending.len()), (1, 1), "{loss:?}");
        let words = loss.pending[0].refusal.to_string();
        let expected = "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.";
        assert_eq!(words, expected);
    }
    let bare: usize = losses.iter().map(|loss| loss.lost).sum();
    assert_eq!(bare, 1, "nobody makes a bare pod again");
    assert_eq!(
        plan.scheduler.nodes().len(),
        3,
        "a question changes nothing"
    );
    assert_eq!(plan.load.nodes(), 3);
}

#[test]
fn a_lost_zone_takes_all_its_nodes() {
    let manifests = workload("Deployment", "web", 4, &asking("1"));
    let mut plan = plan(&["2x2cpu,8Gi,zone=a", "1x3cpu,8Gi,zone=b"], &manifests);
    let losses = plan.lose_zones();
    let names: Vec<&str> = losses.iter().map(|loss| loss.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(losses[0].nodes.len(), 2);
    let left = plan.placed.iter().filter(|one| one.node == 2).count();
    assert_eq!(losses[0].moved, 4 - left);
    assert_eq!(losses[0].pending.len(), 1);
    assert!(losses[1].pending.is_empty());
}

#[test]
fn room_is_counted_in_pieces() {
    let manifests = [
        workload("Deployment", "wide", 1, &asking("3")),
        workload(
            "StatefulSet",
            "db",
            1,
            &format!("{APART}\n      {}", asking("1")),
        ),
    ];
    let mut plan = plan(&["3x4cpu,8Gi"], &manifests.concat());
    assert_eq!(growing(&plan.groups), [0, 1]);
    let wide = plan.spare(0).unwrap();
    // 8 cores are free, 1 + 3 + 4 of them on one node each.
    assert_eq!((wide.replicas, wide.in_one_piece), (2, 2));
    assert_eq!(
        wide.refusal.unwrap().to_string(),
        "0/3 nodes are available: 3 Insufficient cpu."
    );
    let apart = plan.spare(1).unwrap();
    assert_eq!((apart.replicas, apart.in_one_piece), (2, 8));
    let stranded = plan.stranded();
    assert_eq!(stranded.nodes, 0);
    assert_eq!(stranded.free_milli_cpu, 8000);
}

#[test]
fn pods_that_run_keep_their_place_and_those_that_wait_come_first() {
    let pod = |name: &str, node: &str, cpu: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: \
             {{nodeName: \"{node}\", containers: [{{image: x, resources: {{requests: {{cpu: \
             {cpu}}}}}}}]}}\n"
        )
    };
    let pods = [
        pod("there", "n-1", "3"),
        pod("waits", "", "1"),
        pod("done", "n-1", "4"),
    ];
    let pods = pods.concat() + "status: {phase: Succeeded}\n";
    let manifests = workload("Deployment", "web", 1, &asking("1"));
    let plan = scene(&["4cpu,8Gi,name=n"], &manifests, Some(&pods)).plan();
    assert_eq!(plan.groups.len(), 3);
    assert_eq!(places(&plan, 1), ["n-1"]);
    assert_eq!(places(&plan, 2), ["n-1"]);
    assert_eq!(plan.pending.len(), 1);
    assert_eq!(plan.pending[0].group, 0);
}

#[test]
fn the_fewest_nodes_of_a_shape_are_found() {
    let manifests = [
        workload("Deployment", "web", 7, &asking("1500m")),
        workload("DaemonSet", "daemon", 0, &asking("250m")),
    ];
    let found = scene(&[], &manifests.concat(), None);
    let needed = |text: &str| {
        Shape::parse(text)
            .unwrap()
            .1
            .needed(&found.groups, &found.inventory)
    };
    // Two of them beside the daemon on each.
    let Needed::Nodes { count, price, .. } = needed("4cpu,16Gi,price=0.5") else {
        panic!("they fit");
    };
    assert_eq!((count, price), (4, Some(2.0)));
    let Needed::Never { group, refusal } = needed("1cpu,16Gi") else {
        panic!("they do not fit");
    };
    assert_eq!(group, "Deployment/web");
    assert!(refusal.to_string().contains("Insufficient cpu"));
    assert!(scene(&[], &manifests.concat(), None).plan().pending.len() == 7);
}

#[test]
fn claims_to_volumes_are_told() {
    let claims = "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]";
    let manifests = workload(
        "Deployment",
        "db",
        1,
        &format!("{claims}\n      {}", asking("1")),
    );
    assert!(scene(&[], &manifests, None).groups[0].claims_volumes);
}
