//! `plimsoll size`: recommendations from small files of measurements.

use std::fmt::Write as _;

use serde_json::Value;

use crate::folder::Folder;

const MANIFESTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: app
          image: web:1
          resources:
            # measured in May
            requests:
              cpu: 500m # half a core
              memory: 1Gi
            limits:
              cpu: '1'
              memory: 1Gi
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 9
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 40}}}]
";

const BEGIN: i64 = 1_714_521_600;

/// Two pods over so many hours: 100m to 200m, 200 MiB.
fn csv(hours: i64) -> String {
    let mut text = "time,namespace,pod,container,cpu_m,memory_mib\n".to_owned();
    for step in 0..hours * 12 {
        let at = BEGIN + step * 300;
        let cpu = if step % 24 < 12 { 100 } else { 200 };
        for pod in ["web-5f6585d649-fnmft", "web-5f6585d649-x7k2p"] {
            let _ = writeln!(text, "{at},shop,{pod},app,{cpu},200");
        }
    }
    text
}

fn folder() -> Folder {
    Folder::with(&[("k8s/web.yaml", MANIFESTS), ("usage.csv", &csv(14 * 24))])
}

fn json(folder: &Folder, more: &[&str]) -> Value {
    let mut args = vec!["size", "k8s", "--usage", "usage.csv", "--format", "json"];
    args.extend(more);
    let answer = folder.run(&args);
    assert_eq!(answer.quiet(), 0);
    serde_json::from_str(&answer.stdout).expect("JSON")
}

#[test]
fn every_number_has_its_risk_and_its_reason() {
    let answer = folder().run(&["size", "k8s", "--usage", "usage.csv"]);
    assert_eq!(answer.quiet(), 0);
    for words in [
        "shop/web (k8s/web.yaml:2)\n",
        "    cpu     request 500m → ",
        ", limit 1 → none\n",
        "of the demand above the request, in ",
        "percentile of 14.0 days, recent days first",
        "killed within a month: ",
        "largest peak of 14.0 days and ",
        "  class Burstable, evicted as number 1 of these",
        "  autoscaler target 40 % → ",
        "pods are added at 200m a pod as today",
        "1 container of 1 workload, risk medium: ",
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    let alone = folder().run(&[
        "size",
        "--usage",
        "usage.csv",
        "usage.csv",
        "--format",
        "html",
    ]);
    assert!(!alone.stdout.contains("none →"), "{}", alone.stdout);
    let more = ["--core-price", "0.03", "--format", "html"];
    let page = folder().run(&[&["size", "k8s", "--usage", "usage.csv"][..], &more].concat());
    for words in [
        "of the demand above the request, in ",
        " a month); largest peak ",
        " the request</li>",
        "killed within a month: ",
    ] {
        assert!(page.stdout.contains(words), "{words}: {}", page.stdout);
    }
}

#[test]
fn json_holds_all_of_it() {
    let all = json(&folder(), &["--explain", "--core-price", "0.03"]);
    let workload = &all["workloads"][0];
    assert_eq!(workload["name"], "web");
    assert_eq!(workload["scaling"]["cores"], 0.2);
    let one = &workload["containers"][0];
    assert_eq!(one["present"]["requests"]["cpu"], "500m");
    let request = one["cpu"]["requestCores"].as_f64().expect("a number");
    assert!((0.2..0.25).contains(&request), "{request}");
    assert!(one["memory"]["limitBytes"].as_f64() > Some(200.0 * 1_048_576.0));
    assert!(one["idleCostMonth"].as_f64() > Some(0.0));
    assert!(
        one["cpu"]["rejected"]
            .as_array()
            .is_some_and(|all| all.len() == 5)
    );
    assert_eq!(one["data"]["coverage"], 1.0);
}

#[test]
fn a_dial_turns_and_profiles_add_advice() {
    let folder = folder();
    let request = |risk: &str| {
        let all = json(&folder, &["--risk", risk]);
        let one = &all["workloads"][0]["containers"][0];
        one["memory"]["limitBytes"].as_f64().expect("a number")
    };
    assert!(request("low") >= request("medium"));
    assert!(request("medium") >= request("high"));
    let answer = folder.run(&["size", "k8s", "--usage", "usage.csv", "--profile", "app=go"]);
    assert!(answer.stdout.contains("GOMEMLIMIT="), "{}", answer.stdout);
    let answer = folder.run(&["size", "--usage", "usage.csv", "--profile", "cobol"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("there is no profile `cobol`"));
}

#[test]
fn a_patch_keeps_comments_and_moves_the_target_along() {
    let answer = folder().run(&["size", "k8s", "--usage", "usage.csv", "--patch"]);
    assert_eq!(answer.quiet(), 0);
    for words in [
        "--- a/k8s/web.yaml\n",
        " measured in May\n",
        "-              cpu: 500m # half a core\n",
        " # half a core\n",
        "-              cpu: '1'\n",
        "averageUtilization: 40}",
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    let added: Vec<&str> = answer
        .stdout
        .lines()
        .filter(|line| line.starts_with('+'))
        .collect();
    assert!(
        added
            .iter()
            .any(|line| line.contains("averageUtilization: "))
    );
}

#[test]
fn the_values_of_a_chart_are_changed() {
    let chart = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";
    let values = "web:\n  # sized by hand\n  resources:\n    requests: {cpu: 1}\n";
    let template = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: app
          image: web:1
          resources: {{- toYaml .Values.web.resources | nindent 12 }}
";
    let folder = Folder::with(&[
        ("shop/Chart.yaml", chart),
        ("shop/values.yaml", values),
        ("shop/templates/web.yaml", template),
        ("usage.csv", &csv(14 * 24)),
    ]);
    let answer = folder.run(&["size", "shop", "--usage", "usage.csv", "--patch"]);
    assert!(
        answer.stdout.contains("--- a/shop/values.yaml\n"),
        "{}{}",
        answer.stdout,
        answer.stderr
    );
    assert!(
        answer.stdout.contains("# sized by hand"),
        "{}",
        answer.stdout
    );
}

#[test]
fn forms_of_measurements_agree() {
    let mut metrics = String::from("# TYPE container_memory_working_set_bytes gauge\n");
    let mut series = Vec::new();
    for pod in ["web-5f6585d649-fnmft", "web-5f6585d649-x7k2p"] {
        let labels = format!("{{namespace=\"shop\",pod=\"{pod}\",container=\"app\"}}");
        let mut seconds = 0.0;
        let (mut cpu, mut memory) = (Vec::new(), Vec::new());
        for step in 0..14 * 288 {
            let at = BEGIN + step * 300;
            seconds += if step % 24 < 12 { 0.1 } else { 0.2 } * 300.0;
            let _ = writeln!(
                metrics,
                "container_cpu_usage_seconds_total{labels} {seconds} {at}"
            );
            let _ = writeln!(
                metrics,
                "container_memory_working_set_bytes{labels} 209715200 {at}"
            );
            cpu.push(format!("[{at},\"{seconds}\"]"));
            memory.push(format!("[{at},\"209715200\"]"));
        }
        for (name, values) in [
            ("container_cpu_usage_seconds_total", cpu),
            ("container_memory_working_set_bytes", memory),
        ] {
            series.push(format!(
                "{{\"metric\":{{\"__name__\":\"{name}\",\"namespace\":\"shop\",\"pod\":\"{pod}\",\"container\":\"app\"}},\"values\":[{}]}}",
                values.join(",")
            ));
        }
    }
    let answer = format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{}]}}}}",
        series.join(",")
    );
    let folder = Folder::with(&[
        ("k8s/web.yaml", MANIFESTS),
        ("usage.csv", &csv(14 * 24)),
        ("usage.txt", &(metrics + "# EOF\n")),
        ("usage.json", &answer),
    ]);
    let of = |file: &str| {
        let answer = folder.run(&["size", "k8s", "--usage", file, "--format", "json"]);
        assert_eq!(answer.quiet(), 0);
        let all: Value = serde_json::from_str(&answer.stdout).expect("JSON");
        all["workloads"][0]["containers"][0]["recommended"].clone()
    };
    let csv = of("usage.csv");
    assert_eq!(csv, of("usage.txt"));
    assert_eq!(csv, of("usage.json"));
}

#[test]
fn what_is_wrong_with_measurements_is_said() {
    let folder = Folder::with(&[
        ("bad.csv", "time,cpu\n1714521600,0.5\n1714521660,lots\n"),
        ("none.csv", "time,cpu\n"),
    ]);
    let answer = folder.run(&["size", "--usage", "bad.csv"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer
            .stderr
            .contains("`bad.csv`, line 3: `lots` is no amount of CPU"),
        "{}",
        answer.stderr
    );
    let answer = folder.run(&["size", "--usage", "none.csv"]);
    assert!(
        answer.stderr.contains("nothing was measured"),
        "{}",
        answer.stderr
    );
    let answer = folder.run(&["size", "--usage", "absent.csv"]);
    assert!(
        answer.stderr.contains("cannot read `absent.csv`"),
        "{}",
        answer.stderr
    );
}

#[test]
fn little_data_widen_and_say_so() {
    let folder = Folder::with(&[("usage.csv", &csv(5))]);
    let answer = folder.run(&["size", "--usage", "usage.csv"]);
    assert_eq!(answer.quiet(), 0);
    assert!(
        answer.stdout.contains("(in no manifest)"),
        "{}",
        answer.stdout
    );
    assert!(
        answer
            .stdout
            .contains("only 5.0 hours measured: numbers are widened by 150 %"),
        "{}",
        answer.stdout
    );
}
