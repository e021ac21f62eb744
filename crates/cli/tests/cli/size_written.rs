//! `plimsoll size`: what is written for others to use (Compose files, objects of a cluster, nodes),
//! and a sample of what runs now.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use crate::folder::Folder;

const COMPOSE: &str = "\
name: shop
services:
  web:
    image: web:1
    mem_limit: 1g # since March
    cpus: 2
  db:
    image: db:1
    deploy:
      resources:
        limits:
          memory: ${DB_MEMORY}
";

pub(crate) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: web:1
          resources: {requests: {cpu: '2', memory: 4Gi}}
";

/// Two weeks of 250m and 200 MiB for each name.
pub(crate) fn csv(column: &str, names: &[&str]) -> String {
    let mut text = format!("time,{column},cpu_m,memory_mib\n");
    for step in 0..14 * 288 {
        let at = 1_714_521_600 + step * 300;
        for name in names {
            let _ = writeln!(text, "{at},{name},250,200");
        }
    }
    text
}

#[test]
fn compose_files_are_read_and_changed() {
    let usage = csv("container", &["shop-web-1", "shop-db-1"]);
    let folder = Folder::with(&[("compose.yaml", COMPOSE), ("usage.csv", &usage)]);
    let answer = folder.run(&["size", "--usage", "usage.csv"]);
    assert_eq!(answer.quiet(), 0);
    for words in ["(compose.yaml:3)", "limit 2 → none", "1.00Gi → "] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    let answer = folder.run(&["size", "--usage", "usage.csv", "--patch"]);
    for words in [
        "--- a/compose.yaml\n",
        "-    cpus: 2\n",
        "M # since March\n",
        "+        reservations:\n",
        "+          cpus: '0.2",
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    let left = "`shop-db-1` is left as it is: `memory` is set by a variable";
    assert!(answer.stderr.contains(left), "{}", answer.stderr);
}

#[test]
fn objects_of_a_cluster_are_written() {
    let usage = csv("workload,namespace,container", &["web,shop,app"]);
    let folder = Folder::with(&[
        ("k8s/web.yaml", DEPLOYMENT),
        ("docs/readme.md", "Shop\n"),
        ("usage.csv", &usage),
    ]);
    let answer = folder.run(&["size", "k8s", "--usage", "usage.csv", "--format", "vpa"]);
    assert_eq!(answer.quiet(), 0);
    for words in [
        "kind: VerticalPodAutoscaler\n",
        "updateMode: Initial\n",
        "containerName: app\n",
        "minAllowed:\n",
        "maxAllowed:\n",
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    let range = folder.run(&["size", "--usage", "usage.csv", "--format", "limit-range"]);
    assert_eq!(range.quiet(), 0);
    assert!(
        range.stdout.contains("kind: LimitRange\n"),
        "{}",
        range.stdout
    );
    assert!(
        range.stdout.contains("namespace: shop\n"),
        "{}",
        range.stdout
    );
    let none = folder.run(&[
        "size",
        "usage.csv",
        "--usage",
        "usage.csv",
        "--format",
        "vpa",
    ]);
    assert_eq!(none.code, 2, "{}", none.stdout);
}

/// A `PodMetricsList`.
fn pods() -> String {
    r#"{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","items":[
      {"metadata":{"name":"web-5f6585d649-fnmft","namespace":"shop"},
       "timestamp":"2024-05-01T12:00:00Z","window":"15s",
       "containers":[{"name":"app","usage":{"cpu":"250000000n","memory":"204800Ki"}}]}]}"#
        .to_owned()
}

#[test]
fn a_sample_of_what_runs_now_says_how_little_it_knows() {
    let later = pods().replace("12:00:00", "12:05:00");
    let folder = Folder::with(&[("now.json", &(pods() + &pods() + &later))]);
    let answer = folder.run(&["size", "--usage", "now.json"]);
    assert_eq!(answer.quiet(), 0);
    let words = "only 5 minutes measured: numbers are widened by 150 %, and neither other hours";
    assert!(answer.stdout.contains(words), "{}", answer.stdout);
}

#[test]
fn metrics_server_is_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = thread::spawn(move || {
        let mut asked = String::new();
        for (status, body) in [("200 OK", pods()), ("403 Forbidden", String::new())] {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut head = [0; 4096];
            let length = stream.read(&mut head).expect("a request");
            asked = String::from_utf8_lossy(&head[..length]).into_owned();
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).expect("it listens");
        }
        asked
    });
    let folder = Folder::with(&[]);
    let args = ["size", "--metrics-server", &address, "--sample", "0"];
    let answer = folder.run(&args);
    assert_eq!(answer.quiet(), 0);
    assert!(answer.stdout.contains("shop/web"), "{}", answer.stdout);
    let refused = folder.run(&args);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("status 403"), "{}", refused.stderr);
    let asked = server.join().expect("it ends");
    assert!(
        asked.starts_with("GET /apis/metrics.k8s.io/v1beta1/pods "),
        "{asked}"
    );
}

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

/// As `helm create` writes it.
const CHART_VALUES: &str = "\
# We do not recommend defaults
resources: {}
autoscaling:
  enabled: true
  cpu: 80 # of the request
";

const CHART_DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-api
  namespace: {{ .Release.Namespace }}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: api
          image: web:1
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
";

const CHART_HPA: &str = "\
{{- if .Values.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .Release.Name }}-api}
  maxReplicas: 9
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .Values.autoscaling.cpu }} }
{{- end }}
";

/// Two weeks of 250m in the namespace `live`.
fn released() -> String {
    let rows = csv("pod", &["shop-api-5f6585d649-fnmft"]);
    rows.lines()
        .enumerate()
        .map(|(at, line)| {
            let own = if at == 0 {
                "namespace,container"
            } else {
                "live,api"
            };
            format!("{own},{line}\n")
        })
        .collect()
}

#[test]
fn a_chart_is_sized_as_it_is_installed() {
    let usage = released();
    let folder = Folder::with(&[
        ("web/Chart.yaml", CHART),
        ("web/values.yaml", CHART_VALUES),
        ("web/templates/deployment.yaml", CHART_DEPLOYMENT),
        ("usage.csv", &usage),
    ]);
    let answer = folder.run(&["size", "web", "--usage", "usage.csv"]);
    assert!(
        answer.stdout.contains("(in no manifest)"),
        "{}",
        answer.stdout
    );
    let release = ["--release", "live/shop"];
    let args = ["size", "web", "--usage", "usage.csv", "--patch"];
    let answer = folder.run(&[&args[..], &release[..]].concat());
    assert_eq!(answer.quiet(), 0);
    for words in [
        "--- a/web/values.yaml\n",
        " # We do not recommend defaults\n",
        "-resources: {}\n",
        "requests",
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    let answer = folder.run(&["size", "web", "--usage", "usage.csv", "--release", "Shop"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("Shop"), "{}", answer.stderr);
}

#[test]
fn the_target_of_a_chart_moves_along_or_nothing_does() {
    let usage = released();
    let values = CHART_VALUES.replace("{}", "{requests: {cpu: 100m}} # by hand");
    let files = |hpa: &str| {
        Folder::with(&[
            ("web/Chart.yaml", CHART),
            ("web/values.yaml", &values),
            ("web/templates/deployment.yaml", CHART_DEPLOYMENT),
            ("web/templates/hpa.yaml", hpa),
            ("usage.csv", &usage),
        ])
    };
    let args = [
        "size",
        "web",
        "--usage",
        "usage.csv",
        "--release",
        "live/shop",
        "--patch",
    ];
    // Manifests beside a chart are changed, and the chart is named.
    let both = files("");
    let object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop-api, namespace: live}\n\
                  spec:\n  template:\n    spec:\n      containers:\n        - name: api\n";
    both.write("k8s/api.yaml", object.as_bytes());
    let answer = both.run(&[&["size", "k8s"][..], &args[1..]].concat());
    assert!(
        answer.stdout.contains("--- a/k8s/api.yaml"),
        "{}",
        answer.stdout
    );
    assert!(!answer.stdout.contains("values.yaml"), "{}", answer.stdout);
    let words = "`shop-api` has resources in web/templates/deployment.yaml:2, too, which are left";
    assert!(answer.stderr.contains(words), "{}", answer.stderr);
    let answer = files(CHART_HPA).run(&args);
    assert_eq!(answer.quiet(), 0);
    let all = |start: char| {
        let lines = answer.stdout.lines().filter(|line| line.starts_with(start));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert!(
        all('-').contains("  cpu: 80 # of the request"),
        "{}",
        answer.stdout
    );
    assert!(all('+').contains(" # of the request"), "{}", answer.stdout);
    assert!(all('+').contains(" # by hand"), "{}", answer.stdout);
    // A target that no value sets stays, and so does the request that belongs to it.
    let answer = files(&CHART_HPA.replace("{{ .Values.autoscaling.cpu }}", "80")).run(&args);
    assert_eq!(answer.stdout, "");
    assert!(
        answer
            .stderr
            .contains("`shop-api` is left as it is: the target of its autoscaler must become")
            && answer.stderr.contains("no value of the chart sets it"),
        "{}",
        answer.stderr
    );
}

#[test]
fn a_set_of_values_is_sized_and_changed() {
    let usage = released();
    let own = "resources:\n  requests: {cpu: 100m, memory: 64Mi}\nautoscaling: {enabled: false}\n";
    let prod = "resources:\n  # since the sale\n  requests:\n    cpu: 2\n";
    let files = |own: &str| {
        Folder::with(&[
            ("web/Chart.yaml", CHART),
            ("web/values.yaml", own),
            ("web/values-prod.yaml", prod),
            ("web/templates/deployment.yaml", CHART_DEPLOYMENT),
            ("usage.csv", &usage),
        ])
    };
    let args = [
        "size",
        "web",
        "--usage",
        "usage.csv",
        "--release",
        "live/shop",
        "--values",
        "values-prod.yaml",
    ];
    let folder = files(own);
    let answer = folder.run(&args);
    assert!(answer.stdout.contains("request 2 → "), "{}", answer.stdout);
    let answer = folder.run(&[&args[..], &["--patch"]].concat());
    assert_eq!(answer.quiet(), 0);
    for words in [
        "--- a/web/values-prod.yaml\n",
        " # since the sale\n",
        "-    cpu: 2\n",
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    assert!(
        !answer.stdout.contains("a/web/values.yaml"),
        "{}",
        answer.stdout
    );
    // A limit that goes must not come back from below.
    let limited = own.replace("resources:\n", "resources:\n  limits: {cpu: 3}\n");
    let answer = files(&limited).run(&[&args[..], &["--patch"]].concat());
    assert_eq!(answer.stdout, "");
    let words = "`resources.limits.cpu` is to go and is set in `web/values.yaml`, too";
    assert!(answer.stderr.contains(words), "{}", answer.stderr);
    let answer = files(own).run(&["size", "web", "--usage", "usage.csv", "--values", "staging"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer
            .stderr
            .contains("no chart has a set of values `staging`")
            && answer
                .stderr
                .contains("there are `values-prod.yaml`, `values.yaml`"),
        "{}",
        answer.stderr
    );
}
