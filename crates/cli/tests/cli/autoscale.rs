//! `plimsoll autoscale`: replays and searches over a small load.

use serde_json::Value;

use crate::folder::Folder;

const MANIFESTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: app, image: 'shop:1', resources: {requests: {cpu: 500m}, limits: {cpu: 1}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 12
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 100}}}]
  behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}
";

/// Half an hour of little, one of much, one of little again.
fn load() -> String {
    let value = |minute: i32| if (30..90).contains(&minute) { 800 } else { 100 };
    let lines = (0..150).map(|minute| format!("{},{}\n", minute * 60, value(minute)));
    format!("time,value\n{}", lines.collect::<String>())
}

fn folder() -> Folder {
    Folder::with(&[("k8s/shop.yaml", MANIFESTS), ("load.csv", &load())])
}

#[test]
fn a_replay_names_what_held_each_decision() {
    let args = [
        "autoscale",
        "simulate",
        "k8s",
        "--load",
        "load.csv",
        "--per-pod",
        "100",
    ];
    let answer = folder().run(&args);
    assert_eq!(answer.quiet(), 0);
    let heading = "shop: 2 to 12 replicas, cpu 100 % (k8s/shop.yaml:11)\n";
    assert!(answer.stdout.starts_with(heading), "{}", answer.stdout);
    for words in [
        "limited by policy Pods 1/60s",
        "replica hours",
        "held by the scale-down window",
    ] {
        assert!(
            answer.stdout.contains(words),
            "{words} in {}",
            answer.stdout
        );
    }
}

const SCALED: &str = "\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: work}
spec:
  scaleTargetRef: {name: shop}
  maxReplicaCount: 12
  triggers: [{type: redis, metadata: {listLength: '50', activationListLength: '200'}}]
";

#[test]
fn a_scaled_object_sleeps_until_it_is_woken() {
    let folder = Folder::with(&[("work.yaml", SCALED), ("load.csv", &load())]);
    let command = |name: &'static str| {
        let mut args = vec!["autoscale", name, "work.yaml", "--load", "load.csv"];
        args.extend(["--per-pod", "100", "--patience", "60"]);
        args
    };
    let answer = folder.run(&command("simulate"));
    assert_eq!(answer.quiet(), 0);
    let heading = "work: 0 to 12 replicas, s0-redis 50 a pod (work.yaml:2)\n";
    assert!(answer.stdout.starts_with(heading), "{}", answer.stdout);
    for words in [
        "activated by KEDA",
        "cooled down by KEDA",
        "disabled at zero",
    ] {
        assert!(
            answer.stdout.contains(words),
            "{words} in {}",
            answer.stdout
        );
    }
    let mut tune = command("tune");
    tune.extend(["--tries", "40", "--format", "patch"]);
    let answer = folder.run(&tune);
    assert_eq!(answer.quiet(), 0);
    for words in [
        "- {op: add, path: /spec/minReplicaCount, value: ",
        "- {op: add, path: /spec/triggers/0/metadata/listLength, value: \"",
    ] {
        assert!(
            answer.stdout.contains(words),
            "{words} in {}",
            answer.stdout
        );
    }
}

#[test]
fn a_chart_is_rendered_and_a_load_may_be_of_openmetrics() {
    let template = MANIFESTS.replace("minReplicas: 2", "minReplicas: {{ .Values.min }}");
    let value = |minute: i32| if minute < 40 { 100 } else { 600 };
    let lines: String = (0..80)
        .map(|minute| format!("rps{{job=\"shop\"}} {} {}\n", value(minute), minute * 60))
        .collect();
    let folder = Folder::with(&[
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        ),
        ("chart/values.yaml", "min: 3\n"),
        ("chart/templates/shop.yaml", &template),
        ("load.prom", &format!("# TYPE rps gauge\n{lines}# EOF\n")),
    ]);
    let args = [
        "autoscale",
        "simulate",
        "chart",
        "--load",
        "load.prom",
        "--per-pod",
        "100",
    ];
    let answer = folder.run(&args);
    assert_eq!(answer.quiet(), 0);
    let heading = "shop: 3 to 12 replicas, cpu 100 % (chart/templates/shop.yaml:11)\n";
    assert!(answer.stdout.starts_with(heading), "{}", answer.stdout);
}

const CLUSTER: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: shop, namespace: web}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
    maxReplicas: 9
    metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
    behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}
  status:
    currentReplicas: 1
    desiredReplicas: 1
    conditions: [{type: ScalingLimited, status: 'True', reason: ScaleUpLimit}]
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: shop, namespace: web}
  spec: {replicas: 1, selector: {matchLabels: {app: shop}}}
- apiVersion: v1
  kind: Pod
  metadata: {name: shop-1, namespace: web, labels: {app: shop}}
  spec: {containers: [{name: app, resources: {requests: {cpu: 200m}}}]}
  status:
    phase: Running
    startTime: '2024-05-01T10:00:00Z'
    conditions: [{type: Ready, status: 'True', lastTransitionTime: '2024-05-01T10:01:00Z'}]
";
const TOP: &str = "NAME   CPU(cores) MEMORY(bytes)\nshop-1 420m 20Mi\n";

#[test]
fn a_number_is_explained_from_a_dump() {
    let folder = Folder::with(&[("web.yaml", CLUSTER), ("top.txt", TOP)]);
    let command = |format: &'static str| {
        let mut args = vec!["autoscale", "explain", "shop", "web.yaml"];
        args.extend(["--metrics", "top.txt", "--at", "2024-05-01T12:00:00Z"]);
        args.extend(["--format", format]);
        args
    };
    let answer = folder.run(&command("text"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let expected = "\
web/shop: 1 of 1 to 9 replicas of Deployment shop, at 2024-05-01 12:00:00
  the metrics propose 3, more than 1; policy Pods 1/60s lets it go to 2
  the status, of the last sync, says 1

metric    now  target  ratio  proposes
cpu     210 %    80 %  2.625  3
  cpu: 1 pod counts

to go up
  cpu at 210 %: it proposes 3
  one sync goes to at most 2: policy Pods 1/60s

to go down
  cpu at 0 % or less: it would propose 0
  a higher recommendation of the last 300 s holds it
  `minReplicas` is reached

conditions
  ScalingLimited True ScaleUpLimit: more are wanted; a policy slows the way up
";
    assert_eq!(answer.stdout, expected);
    let markdown = folder.run(&command("markdown"));
    assert!(
        markdown
            .stdout
            .contains("| cpu | 210 % | 80 % | 2.625 | 3 |")
    );
    let json: Value = serde_json::from_str(&folder.run(&command("json")).stdout).unwrap();
    assert_eq!(json["desiredReplicas"], 2);
    assert_eq!(json["metrics"][0]["now"]["utilization"], 210);
    let unknown = folder.run(&["autoscale", "explain", "till", "web.yaml"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("there are `web/shop`"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn flags_take_the_place_of_manifests() {
    let mut args = vec![
        "autoscale",
        "simulate",
        "--load",
        "load.csv",
        "--format",
        "json",
    ];
    args.extend([
        "--per-pod",
        "100",
        "--min",
        "3",
        "--max",
        "30",
        "--target-cpu",
        "50",
    ]);
    let answer = folder().run(&args);
    assert_eq!(answer.quiet(), 0);
    let value: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(value["maxReplicas"], 30);
    let replicas = value["steps"]["replicas"].as_array().expect("a list");
    assert_eq!(replicas.len(), 596);
    // 800 at 100 a pod and half of it used are 16.
    assert!(replicas.contains(&16.into()), "{replicas:?}");
    assert_eq!(value["summary"]["fewestReplicas"], 3);
}

#[test]
fn a_search_reports_on_what_it_has_not_seen() {
    let mut args = vec!["autoscale", "tune", "k8s", "--load", "load.csv"];
    args.extend(["--per-pod", "100", "--tries", "60"]);
    let folder = folder();
    let answer = folder.run(&args);
    assert_eq!(answer.quiet(), 0);
    for words in ["60 settings tried", "\ntuned ", "\npresent ", "\ndefault "] {
        assert!(
            answer.stdout.contains(words),
            "{words} in {}",
            answer.stdout
        );
    }
    args.extend(["--format", "patch"]);
    let answer = folder.run(&args);
    assert!(
        answer.stdout.starts_with("spec:\n  minReplicas: "),
        "{}",
        answer.stdout
    );
}

#[test]
fn pages_and_drawings_are_whole() {
    let mut args = vec!["autoscale", "simulate", "k8s", "--load", "load.csv"];
    args.extend(["--per-pod", "100", "--format"]);
    let page = folder().run(&[&args[..], &["html"]].concat());
    assert!(page.stdout.starts_with("<!doctype html>") && page.stdout.contains("2 → 3"));
    let drawing = folder().run(&[&args[..], &["svg"]].concat());
    assert!(drawing.stdout.starts_with("<svg xmlns=") && drawing.stdout.ends_with("</svg>\n"));
}

#[test]
fn what_is_missing_is_said() {
    let answer = folder().run(&["autoscale", "simulate", "k8s", "--load", "load.csv"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer
            .stderr
            .contains("how much load a pod serves is not known")
    );
    let folder = Folder::with(&[("load.csv", "0,1\n1,x\n"), ("a.yaml", "a: 1\n")]);
    let args = [
        "autoscale",
        "simulate",
        "--load",
        "load.csv",
        "--per-pod",
        "1",
    ];
    let answer = folder.run(&args);
    assert!(
        answer.stderr.contains("`load.csv`, line 2: `x` is no load"),
        "{}",
        answer.stderr
    );
}

#[test]
fn what_the_server_refuses_is_told_with_its_place() {
    let broken = MANIFESTS.replace("periodSeconds: 60", "periodSeconds: 6000");
    let cut = "apiVersion: v1\nkind: Service\nmetadata: {name: x\nspec: [\n";
    let text = "time,requests,tokens\n0,1,5\n60,2,5\n120,1,5\n";
    let folder = Folder::with(&[
        ("k8s/shop.yaml", &broken),
        ("k8s/cut.yaml", cut),
        ("load.csv", text),
    ]);
    let args = [
        "autoscale",
        "simulate",
        "k8s",
        "--per-pod",
        "1",
        "--load",
        "load.csv",
    ];
    let answer = folder.run(&args);
    assert_eq!(answer.code, 2);
    for words in [
        "cannot be replayed: `periodSeconds` is `6000`; a whole number from 1 to 1800 is expected",
        "k8s/shop.yaml:18:",
        "k8s/cut.yaml:3: ",
        "the load is column `requests`; `--column` chooses another: `tokens`",
    ] {
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
    }
}
