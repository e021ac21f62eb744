use plimsoll_hpa::{Metric, Select};
use plimsoll_k8s::Quantity;
use plimsoll_yaml::{Dialect, parse};

use super::{Drive, Paused, Scaled, scaled};
use crate::Autoscaler;
use crate::patch::patch;

fn read_with(annotations: &str, spec: &str) -> Result<Scaled, String> {
    let head = format!(
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: work, annotations: {{{annotations}}}}}\n"
    );
    let tree = parse(format!("{head}spec:\n{spec}"), Dialect::GoV2);
    scaled(plimsoll_k8s::objects(&tree)[0])
}

fn read(spec: &str) -> Result<Scaled, String> {
    read_with("", spec)
}

const TARGET: &str = "  scaleTargetRef: {name: work}\n";
const QUEUE: &str = "  triggers: [{type: kafka, metadata: {lagThreshold: '50'}}]\n";

#[test]
fn it_becomes_an_hpa() {
    let found = read(&format!(
        "{TARGET}  maxReplicaCount: 12\n  cooldownPeriod: 60\n  advanced: \
         {{horizontalPodAutoscalerConfig: {{name: own, behavior: {{scaleDown: \
         {{stabilizationWindowSeconds: 30}}}}}}}}\n  triggers:\n  - type: memory\n    metricType: \
         AverageValue\n    metadata: {{value: 200Mi}}\n  - type: kafka\n    metadata: \
         {{lagThreshold: \"50\", activationLagThreshold: \"5\"}}\n  - type: cpu\n    metricType: \
         Utilization\n    metadata: {{value: \"70\", containerName: app}}\n"
    ))
    .unwrap();
    let (hpa, keda) = (&found.hpa, &found.keda);
    assert_eq!((hpa.min_replicas, hpa.max_replicas), (Some(1), 12));
    assert_eq!(
        (&*hpa.target.kind, &*hpa.target.api_version),
        ("Deployment", "apps/v1")
    );
    assert_eq!(hpa.name, "own");
    let window = hpa.behavior.as_ref().map(|one| one.down.window_seconds);
    assert_eq!(window, Some(Some(30)));
    // By type, as KEDA sorts them.
    let [
        Metric::ContainerResource { container, .. },
        Metric::External { metric, target },
        Metric::Resource { name, .. },
    ] = hpa.metrics.as_slice()
    else {
        panic!("{hpa:?}");
    };
    assert_eq!((&**container, &**name), ("app", "memory"));
    assert_eq!(metric.name, "s1-kafka");
    assert_eq!(target.average_value.map(Quantity::value), Some(50));
    assert_eq!((keda.min, keda.polling, keda.cooldown), (0, 30, 60));
    assert!(keda.triggers[1].above > 4.9);
    assert!(keda.sleeps());
}

#[test]
fn targets_are_as_the_scalers_read_them() {
    let target = |trigger: &str| {
        let found = read(&format!("{TARGET}  triggers: [{trigger}]\n")).unwrap();
        let trigger = found.keda.triggers[0].clone();
        let Metric::External { target, .. } = trigger.metric else {
            panic!("{trigger:?}");
        };
        let value = target.average_value.or(target.value);
        (
            target.kind,
            value.map(|value| value.to_string()),
            trigger.above,
        )
    };
    let each = |text: &str, above| ("AverageValue".to_owned(), Some(text.to_owned()), above);
    assert_eq!(target("{type: kafka, metadata: {}}"), each("10", 0.0));
    assert_eq!(
        target("{type: prometheus, metadata: {threshold: '0.25', activationThreshold: 0.1}}"),
        each("250m", 0.1)
    );
    assert_eq!(
        target("{type: rabbitmq, metadata: {mode: MessageRate, value: '100'}}"),
        each("100", 0.0)
    );
    assert_eq!(target("{type: rabbitmq, metadata: {}}"), each("20", 0.0));
    assert_eq!(
        target("{type: artemis-queue, metadata: {}}"),
        each("10", 10.0)
    );
    assert_eq!(
        target("{type: redis-streams, metadata: {streamLength: '7', activationLagCount: '3'}}"),
        each("7", 0.0)
    );
    assert_eq!(
        target("{type: aws-sqs-queue, metricType: Value, metadata: {queueLength: 4}}"),
        ("Value".to_owned(), Some("4".to_owned()), 0.0)
    );
    assert_eq!(
        target("{type: splunk-observability, metadata: {targetValue: '4'}}").0,
        "Value"
    );
    assert_eq!(target("{type: external, metadata: {a: b}}").1, None);
}

#[test]
fn what_keda_refuses_is_said() {
    let error = |spec: &str| read(&format!("{TARGET}{spec}")).unwrap_err();
    assert_eq!(error("  triggers: []\n"), "there are no `spec.triggers`");
    assert_eq!(
        error(&format!(
            "  minReplicaCount: 9\n  maxReplicaCount: 3\n{QUEUE}"
        )),
        "`minReplicaCount` is 9, more than `maxReplicaCount` with 3"
    );
    assert_eq!(
        error(&format!("  idleReplicaCount: 0\n{QUEUE}")),
        "`idleReplicaCount` is 0, which must be less than `minReplicaCount` with 0"
    );
    assert_eq!(
        error("  triggers: [{type: cpu, metadata: {value: '60'}}]\n"),
        "trigger 0 (`cpu`) has `metricType: `; `Utilization` or `AverageValue` is expected"
    );
    assert_eq!(
        error("  triggers: [{type: kafka, metricType: Utilization}]\n"),
        "trigger 0 (`kafka`) has `metricType: Utilization`; `AverageValue` or `Value` is expected"
    );
    assert_eq!(
        error("  triggers: [{type: loki, metadata: {threshold: much}}]\n"),
        "trigger 0 (`loki`) has `threshold: much`; a number is expected"
    );
    assert_eq!(
        error("  triggers: [{type: cron, metadata: {timezone: UTC, start: 0 6 * * *}}]\n"),
        "trigger 0 (`cron`) has no `end`"
    );
}

#[test]
fn annotations_pause_and_wake() {
    let with = |annotation: &str| {
        let text = format!("autoscaling.keda.sh/{annotation}");
        read_with(&text, &format!("{TARGET}{QUEUE}"))
    };
    assert_eq!(with("paused: 'true'").unwrap().keda.paused, Paused::Here);
    assert_eq!(with("paused: 'false'").unwrap().keda.paused, Paused::Not);
    let count = with("paused-replicas: '4'").unwrap().keda.paused;
    assert_eq!(count, Paused::At(4));
    assert!(with("paused-replicas: four").is_err());
    let held = with("paused-scale-in: 'true'").unwrap();
    let behavior = held.hpa.behavior.unwrap();
    assert_eq!(
        (behavior.down.select, behavior.up.select),
        (Select::Disabled, Select::Max)
    );
    assert!(with("force-activation: sure").unwrap().keda.forced);
}

#[test]
fn a_formula_takes_the_place_of_its_metrics() {
    let found = read(&format!(
        "{TARGET}  advanced: {{scalingModifiers: {{formula: a + b, target: '2.5', activationTarget: \
         '1'}}}}\n  triggers: [{{type: kafka, name: a}}, {{type: redis, name: b}}, {{type: cpu, \
         metricType: Utilization, metadata: {{value: '50'}}}}]\n"
    ))
    .unwrap();
    assert_eq!(found.keda.triggers.len(), 2);
    let composite = &found.keda.triggers[0];
    assert_eq!((&composite.drive, composite.above), (&Drive::Load, 1.0));
    let patch = patch(&Autoscaler {
        hpa: found.hpa,
        keda: Some(found.keda),
    });
    assert!(patch.contains("path: /spec/advanced/scalingModifiers/target, value: \"2.5\""));
}

#[test]
fn a_patch_reaches_triggers_and_behavior() {
    let found = read(&format!("{TARGET}  advanced: {{}}\n{QUEUE}")).unwrap();
    let mut autoscaler = Autoscaler {
        hpa: found.hpa,
        keda: Some(found.keda),
    };
    assert_eq!(autoscaler.load_target(), Some(0));
    autoscaler.set_load_target(0, 39.7);
    autoscaler.set_least(2);
    autoscaler.hpa.behavior = Some(plimsoll_hpa::Behavior::default());
    let expected = "\
- {op: add, path: /spec/minReplicaCount, value: 2}
- {op: add, path: /spec/maxReplicaCount, value: 100}
- {op: add, path: /spec/triggers/0/metadata/lagThreshold, value: \"40\"}
- op: add
  path: /spec/advanced/horizontalPodAutoscalerConfig
  value:
    behavior:
      scaleUp:
";
    let text = patch(&autoscaler);
    assert!(text.starts_with(expected), "{text}");
}
