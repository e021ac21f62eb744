//! `plimsoll autoscale explain` asks a cluster: here a server of answers that are kept. The real API
//! server is in `tests/apiserver.rs`.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::folder::Folder;

const HPA: &str = r#"{"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2",
  "metadata": {"name": "shop", "namespace": "web"},
  "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
    "minReplicas": 1, "maxReplicas": 9, "metrics": [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
    {"type": "Pods", "pods": {"metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "100"}}},
    {"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "30"}}}]},
  "status": {"currentReplicas": 2, "desiredReplicas": 2, "currentMetrics": [
    {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 50, "averageValue": "100m"}}}],
    "conditions": [{"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"}]}}"#;
const KINDS: &str =
    r#"{"kind": "APIResourceList", "resources": [{"name": "deployments", "kind": "Deployment"}]}"#;
const SCALE: &str =
    r#"{"spec": {"replicas": 2}, "status": {"replicas": 2, "selector": "app=shop"}}"#;

fn pods() -> String {
    let pod = |name: &str| {
        format!(
            r#"{{"metadata": {{"name": "{name}", "namespace": "web", "labels": {{"app": "shop"}}}},
            "spec": {{"containers": [{{"name": "app", "resources": {{"requests": {{"cpu": "200m"}}}}}}]}},
            "status": {{"phase": "Running", "startTime": "2024-05-01T10:00:00Z",
              "conditions": [{{"type": "Ready", "status": "True", "lastTransitionTime": "2024-05-01T10:01:00Z"}}]}}}}"#
        )
    };
    format!(
        r#"{{"kind": "PodList", "apiVersion": "v1", "items": [{}, {}]}}"#,
        pod("shop-1"),
        pod("shop-2")
    )
}

const USAGE: &str = r#"{"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "items": [
  {"metadata": {"name": "shop-1", "namespace": "web"}, "timestamp": "2024-05-01T12:00:00Z", "window": "15s",
   "containers": [{"name": "app", "usage": {"cpu": "180m", "memory": "1Mi"}}]},
  {"metadata": {"name": "shop-2", "namespace": "web"}, "timestamp": "2024-05-01T12:00:00Z", "window": "15s",
   "containers": [{"name": "app", "usage": {"cpu": "220m", "memory": "1Mi"}}]}]}"#;
const REQUESTS: &str = r#"{"items": [
  {"describedObject": {"kind": "Pod", "name": "shop-1"}, "timestamp": "2024-05-01T12:00:00Z", "value": "120"},
  {"describedObject": {"kind": "Pod", "name": "shop-2"}, "timestamp": "2024-05-01T12:00:00Z", "value": "100"}]}"#;
const QUEUE: &str = r#"{"items": [{"metricName": "queue", "value": "150"}]}"#;
const FORBIDDEN: &str = r#"{"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403,
  "message": "pods.metrics.k8s.io is forbidden: User \"ann\" cannot list resource \"pods\""}"#;

const METRICS: &str = "/apis/metrics.k8s.io/v1beta1/namespaces/web/pods?labelSelector=app%3Dshop";

/// What is answered to what is asked, by the beginning of the path.
fn answers() -> Vec<(&'static str, u16, String)> {
    let hpas = "/apis/autoscaling/v2/namespaces/web/horizontalpodautoscalers";
    let fine = |path, text: &str| (path, 200, text.to_owned());
    vec![
        fine(
            "/apis/autoscaling/v2/namespaces/web/horizontalpodautoscalers/shop",
            HPA,
        ),
        (
            "/apis/autoscaling/v2/namespaces/web/horizontalpodautoscalers/till",
            404,
            "{}".to_owned(),
        ),
        fine(hpas, r#"{"items": [{"metadata": {"name": "shop"}}]}"#),
        fine("/apis/apps/v1/namespaces/web/deployments/shop/scale", SCALE),
        fine("/apis/apps/v1", KINDS),
        fine(
            "/api/v1/namespaces/web/pods?labelSelector=app%3Dshop",
            &pods(),
        ),
        fine(
            "/api/v1/namespaces/web/events?",
            r#"{"kind": "EventList", "apiVersion": "v1", "items": []}"#,
        ),
        fine(METRICS, USAGE),
        fine(
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/web/pods/*/requests?labelSelector=app%3Dshop",
            REQUESTS,
        ),
        fine(
            "/apis/custom.metrics.k8s.io",
            r#"{"versions": [{"version": "v1beta2"}]}"#,
        ),
        fine(
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/web/queue",
            QUEUE,
        ),
    ]
}

/// Serves until the test ends; gives the address and what is asked, line by line.
fn serve(answers: Vec<(&'static str, u16, String)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let head = one(&stream, &answers).unwrap_or_default();
            log.lock().expect("no test failed with it").extend(head);
        }
    });
    (address, asked)
}

fn one(
    mut stream: &TcpStream,
    answers: &[(&'static str, u16, String)],
) -> std::io::Result<Vec<String>> {
    let lines = BufReader::new(stream).lines();
    let head: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let path = head.first().and_then(|line| line.split(' ').nth(1));
    let path = path.unwrap_or_default();
    let found = answers.iter().find(|(begin, ..)| path.starts_with(begin));
    let (status, text) = found.map_or((404, "404 page not found"), |(_, status, text)| {
        (*status, text.as_str())
    });
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{text}",
        text.len()
    )?;
    Ok(head)
}

#[test]
fn a_cluster_is_asked_for_everything_that_an_hpa_looks_at() {
    let (address, _) = serve(answers());
    let folder = Folder::with(&[]);
    let mut args = vec!["autoscale", "explain", "web/shop", "--server", &address];
    args.extend(["--at", "2024-05-01T12:00:30Z"]);
    let answer = folder.run(&args);
    assert_eq!(answer.quiet(), 0);
    let expected = "\
web/shop: 2 of 1 to 9 replicas of Deployment shop, at 2024-05-01 12:00:30
  the metrics propose 5, more than 2; the limit of twice as many, or four lets it go to 4
  the status, of the last sync, says 2

metric                      now     target  ratio  proposes
cpu                       100 %       80 %  1.250  3
requests of the pods  110 a pod  100 a pod  1.100  2
queue from outside     75 a pod   30 a pod  2.500  5
  cpu: 2 pods count
";
    assert!(answer.stdout.starts_with(expected), "{}", answer.stdout);
}

#[test]
fn what_is_refused_is_said_and_the_status_taken() {
    let mut refusing = answers();
    for (path, status, text) in &mut refusing {
        if *path == METRICS {
            (*status, *text) = (403, FORBIDDEN.to_owned());
        }
        if path.starts_with("/apis/custom") || path.contains("events") {
            (*status, *text) = (404, "404 page not found".to_owned());
        }
    }
    let (address, _) = serve(refusing);
    let folder = Folder::with(&[]);
    let mut args = vec!["autoscale", "explain", "web/shop", "--server", &address];
    args.extend(["--at", "2024-05-01T12:00:30Z"]);
    let answer = folder.run(&args);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    for words in [
        "what pods use cannot be read, and every running pod is taken to use the mean in the \
         status: the API server refuses (403): pods.metrics.k8s.io is forbidden: User \"ann\" \
         cannot list resource \"pods\"",
        "cannot be read, and the status has no value of it: the API server refuses (404): 404 page \
         not found",
        "events cannot be read: ",
    ] {
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
    }
    assert!(answer.stdout.contains("50 %"), "{}", answer.stdout);
}

#[test]
fn a_kubeconfig_says_whom_to_ask_and_who_asks() {
    let (address, asked) = serve(answers());
    let config = format!(
        "current-context: none\nclusters: [{{name: a, cluster: {{server: 'http://{address}/'}}}}]\n\
         users: [{{name: ann, user: {{token: abc, as: bob}}}}]\n\
         contexts: [{{name: shop, context: {{cluster: a, user: ann, namespace: web}}}}]\n"
    );
    let folder = Folder::with(&[("config", &config)]);
    let explain = |more: &[&'static str]| {
        let mut args = vec!["autoscale", "explain"];
        args.extend(more);
        args.extend(["--kubeconfig", "config"]);
        folder.run(&args)
    };
    let answer = explain(&["shop", "--context", "shop"]);
    assert_eq!(answer.quiet(), 0);
    let lines = asked.lock().expect("no other test has it").clone();
    let of = |name: &str| {
        let line = lines
            .iter()
            .find(|line| line.to_lowercase().starts_with(name));
        line.cloned().unwrap_or_default()
    };
    assert!(of("authorization:").ends_with("Bearer abc"), "{lines:?}");
    assert!(of("impersonate-user:").ends_with("bob"), "{lines:?}");
    let unknown = explain(&["till", "--context", "shop"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown
            .stderr
            .contains("no HorizontalPodAutoscaler `till` in the namespace `web`")
            && unknown.stderr.contains("there are `shop`"),
        "{}",
        unknown.stderr
    );
    let none = explain(&["shop"]);
    assert!(
        none.stderr.contains("the kubeconfig has no context `none`")
            && none.stderr.contains("there are `shop`"),
        "{}",
        none.stderr
    );
}

#[test]
fn a_dump_and_a_cluster_exclude_each_other() {
    let folder = Folder::with(&[("web.yaml", "a: 1\n")]);
    let both = folder.run(&[
        "autoscale",
        "explain",
        "a",
        "web.yaml",
        "--server",
        "http://a",
    ]);
    assert_eq!(both.code, 2);
    assert!(both.stderr.contains("only one of them"), "{}", both.stderr);
    // Nobody listens there.
    let alone = folder.run(&["autoscale", "explain", "a", "--server", "127.0.0.1:1"]);
    assert_eq!(alone.code, 2);
    assert!(
        alone
            .stderr
            .contains("no answer from the API server: cannot connect"),
        "{}",
        alone.stderr
    );
}
