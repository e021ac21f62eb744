use plimsoll_hpa::pods::Phase;
use plimsoll_hpa::samples::Metrics;
use plimsoll_hpa::{ScaleRead, Span, Time};

use super::{Dump, DumpError, UsageError, UsageFile, time};

const CLUSTER: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: shop, namespace: web}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
    minReplicas: 2
    maxReplicas: 9
    metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
  status:
    currentReplicas: 3
    desiredReplicas: 3
    lastScaleTime: '2024-05-01T11:30:00Z'
    currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: 62, averageValue: 124m}}}]
    conditions:
    - {type: AbleToScale, status: 'True', reason: ReadyForNewScale, lastTransitionTime: '2024-05-01T10:00:00Z'}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: shop, namespace: web}
  spec: {replicas: 3, selector: {matchLabels: {app: shop}}}
  status: {replicas: 3}
- apiVersion: v1
  kind: Event
  metadata: {name: shop.1, namespace: web}
  involvedObject: {kind: HorizontalPodAutoscaler, name: shop}
  type: Normal
  reason: SuccessfulRescale
  message: 'New size: 3; reason: cpu resource utilization (percentage of request) above target'
  lastTimestamp: '2024-05-01T11:30:00Z'
  count: 2
";

pub(crate) fn cluster() -> String {
    let pod = |name: &str, label: &str, status: &str| {
        format!(
            "- apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}, namespace: web, labels: {{app: {label}}}}}\n  \
             spec: {{containers: [{{name: app, resources: {{requests: {{cpu: 200m}}}}}}]}}\n  status: {status}\n"
        )
    };
    let running = "{phase: Running, startTime: '2024-05-01T10:00:00Z', conditions: [{type: Ready, status: 'True', lastTransitionTime: '2024-05-01T10:01:00Z'}]}";
    let at = CLUSTER.find("- apiVersion: v1\n  kind: Event").unwrap();
    let pods = [
        pod("shop-1", "shop", running),
        pod("shop-2", "shop", running),
        pod("shop-3", "shop", "{phase: Pending}"),
        pod("other", "other", running),
    ];
    format!("{}{}{}", &CLUSTER[..at], pods.concat(), &CLUSTER[at..])
}

pub(crate) const USAGE: &str = r#"{"kind": "PodMetricsList", "items": [
  {"metadata": {"name": "shop-1", "namespace": "web"}, "timestamp": "2024-05-01T12:00:00Z", "window": "15.5s",
   "containers": [{"name": "app", "usage": {"cpu": "170000000n", "memory": "1Mi"}}]},
  {"metadata": {"name": "shop-2", "namespace": "web"}, "timestamp": "2024-05-01T12:00:03Z", "window": "1m0s",
   "containers": [{"name": "app", "usage": {"cpu": "190m", "memory": "1Mi"}}]},
  {"metadata": {"name": "other", "namespace": "web"}, "timestamp": "2024-05-01T12:00:09Z", "window": "15s",
   "containers": [{"name": "app", "usage": {"cpu": "999m", "memory": "1Mi"}}]}]}"#;

fn read(usage: Option<&UsageFile>) -> Dump {
    Dump::read(&[cluster()], usage, "web/shop").unwrap()
}

#[test]
fn everything_about_an_hpa_is_read() {
    let usage = UsageFile::read(USAGE).unwrap();
    let dump = read(Some(&usage));
    let names: Vec<&str> = dump.pods.iter().map(|pod| &*pod.name).collect();
    assert_eq!(names, ["shop-1", "shop-2", "shop-3"]);
    assert!(dump.pods[0].is_ready());
    assert_eq!(dump.pods[2].phase, Phase::Pending);
    let ScaleRead::Read(scale) = &dump.scale else {
        panic!("{:?}", dump.scale);
    };
    assert_eq!((scale.spec_replicas, scale.status_replicas), (3, 3));
    let samples = dump.metrics.resource("cpu", "").unwrap();
    assert_eq!(samples.len(), 2);
    assert_eq!(samples["shop-1"].value, 170);
    assert_eq!(samples["shop-1"].window, Span::millis(15_500));
    assert_eq!(samples["shop-2"].window, Span::seconds(60));
    assert_eq!((dump.events.len(), dump.events[0].count), (1, 2));
    // What other pods use is not of it.
    assert_eq!(dump.newest, time("2024-05-01T12:00:03Z"));
    assert_eq!(dump.notes, Vec::<String>::new());
}

#[test]
fn without_usage_the_means_of_the_status_are_taken() {
    let dump = read(None);
    let samples = dump.metrics.resource("cpu", "").unwrap();
    let values: Vec<i64> = samples.values().map(|sample| sample.value).collect();
    // 62 % of 200m, of the pods that run.
    assert_eq!(values, [124, 124]);
    assert_eq!(dump.notes.len(), 1);
}

#[test]
fn tables_of_kubectl_are_read() {
    let table =
        "NAME     CPU(cores)   MEMORY(bytes)\nshop-1   170m         20Mi\nshop-2   190m   21Mi\n";
    let dump = read(Some(&UsageFile::read(table).unwrap()));
    assert_eq!(
        dump.metrics.resource("cpu", "").unwrap()["shop-2"].value,
        190
    );
    let containers = "NAMESPACE  POD     NAME   CPU(cores)   MEMORY(bytes)\nweb  shop-1  app  100m  20Mi\nweb  shop-1  mesh  50m  1Mi\n";
    let dump = read(Some(&UsageFile::read(containers).unwrap()));
    assert_eq!(
        dump.metrics.resource("cpu", "").unwrap()["shop-1"].value,
        150
    );
    assert_eq!(
        dump.metrics.resource("cpu", "mesh").unwrap()["shop-1"].value,
        50
    );
    let wrong = "NAME CPU(cores) MEMORY(bytes)\nshop-1 much 1Mi\n";
    assert_eq!(
        UsageFile::read(wrong).unwrap_err().to_string(),
        "line 2: `shop-1 much 1Mi` is no row of `kubectl top pods`"
    );
    assert_eq!(UsageFile::read("a: 1").unwrap_err(), UsageError::Form);
}

#[test]
fn what_is_missing_is_said() {
    let error = |text: &str, name: &str| Dump::read(&[text.to_owned()], None, name).unwrap_err();
    assert_eq!(error("a: 1", "shop"), DumpError::Nothing);
    assert_eq!(
        error(&cluster(), "till").to_string(),
        "there is no HorizontalPodAutoscaler `till` in the dump; there are `web/shop`"
    );
    assert_eq!(
        error("a: 1\nb: [\n", "shop").to_string().split(':').next(),
        Some("file 1 of the dump, line 2")
    );
    assert!(time("2024-05-01T12:00:00Z") > Some(Time::seconds(0)));
}
