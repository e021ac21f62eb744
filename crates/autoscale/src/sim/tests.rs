use plimsoll_hpa::spec::Target;
use plimsoll_hpa::{Behavior, Flags, Hpa, Metric, Policy};

use crate::Autoscaler;

use super::{Detail, HoldKind, Report, Scene, Subject, simulate, simulate_parts};

fn hpa(min: i32, max: i32, percent: i32) -> Hpa {
    Hpa {
        min_replicas: Some(min),
        max_replicas: max,
        metrics: vec![Metric::Resource {
            name: "cpu".to_owned(),
            target: Target::utilization(percent),
        }],
        ..Hpa::default()
    }
}

fn run(hpa: &Hpa, scene: &Scene, loads: &[f64]) -> Report {
    let autoscaler = Autoscaler {
        hpa: hpa.clone(),
        keda: None,
    };
    let subject = Subject::new(&autoscaler, &Flags::default(), None);
    simulate(&subject, scene, loads, Detail::Steps)
}

fn scene() -> Scene {
    Scene {
        pod_capacity: 100.0,
        ..Scene::default()
    }
}

#[test]
fn parts_add_up_to_the_whole() {
    let loads: Vec<f64> = (0..100)
        .map(|at| 500.0 + 400.0 * f64::from(at % 30))
        .collect();
    let autoscaler = Autoscaler {
        hpa: hpa(1, 50, 50),
        keda: None,
    };
    let subject = Subject::new(&autoscaler, &Flags::default(), None);
    let whole = simulate(&subject, &scene(), &loads, Detail::Sums);
    let parts = simulate_parts(&subject, &scene(), &loads, 12);
    assert_eq!(parts.len(), 12);
    let sum = |of: fn(&Report) -> f64| parts.iter().map(of).sum::<f64>();
    assert!(whole.lost > 0.0);
    assert!((sum(|one| one.lost) - whole.lost).abs() < 1e-6);
    assert!((sum(|one| one.replica_hours) - whole.replica_hours).abs() < 1e-9);
    let changes = |one: &Report| one.ups + one.downs;
    assert_eq!(parts.iter().map(changes).sum::<usize>(), changes(&whole));
    assert!(simulate_parts(&subject, &scene(), &[], 12).is_empty());
    assert_eq!(simulate_parts(&subject, &scene(), &[1.0; 3], 12).len(), 3);
}

#[test]
fn a_steady_load_settles_at_its_target() {
    let report = run(&hpa(1, 50, 50), &scene(), &[1000.0; 400]);
    // 10 pods' worth of work at half load each.
    assert_eq!(report.samples.last().unwrap().replicas, 20);
    let last = report.samples.last().unwrap();
    assert!((last.utilization - 50.0).abs() < 1e-9);
    assert_eq!((report.lost, report.flaps), (0.0, 0));
    assert!((report.offered - report.served).abs() < 1e-6);
}

#[test]
fn work_is_served_or_lost_or_waits() {
    let mut loads = vec![100.0; 40];
    loads.extend([2000.0; 40]);
    loads.extend([100.0; 80]);
    let report = run(&hpa(1, 30, 60), &scene(), &loads);
    assert!(report.lost > 0.0 && report.delayed > 0.0);
    assert!((report.served + report.lost - report.offered).abs() < 1e-6 * report.offered);
    assert!(report.lossy_seconds > 0.0);
    let hours: f64 = report
        .samples
        .iter()
        .map(|sample| f64::from(sample.replicas) * 15.0 / 3600.0)
        .sum();
    assert!((hours - report.replica_hours).abs() < 1e-9);
}

#[test]
fn what_held_a_decision_is_named() {
    let mut loads = vec![100.0; 40];
    loads.extend([3000.0; 200]);
    let mut one = hpa(1, 20, 60);
    let mut behavior = Behavior::default();
    behavior.up.policies = vec![Policy::pods(2, 60)];
    one.behavior = Some(behavior);
    let report = run(&one, &scene(), &loads);
    let held = |one: &&super::Move| one.hold.kind == HoldKind::UpPolicy;
    let first = report.moves.iter().find(held).unwrap();
    assert!(first.to - first.from <= 2 && first.proposed > first.to);
    assert_eq!(first.hold.to_string(), "limited by policy Pods 2/60s");
    assert!(report.held[HoldKind::Max as usize] > 0);
    // A full pod at a target of 30 % asks for more than three times as many.
    let plain = run(&hpa(1, 20, 30), &scene(), &loads);
    assert!(plain.held[HoldKind::UpDoubling as usize] > 0);
}

#[test]
fn late_pods_lose_work() {
    let mut loads = vec![100.0; 40];
    loads.extend([1000.0; 200]);
    let quick = run(&hpa(1, 30, 60), &scene(), &loads);
    let slow = Scene {
        start_up: 300.0,
        ..scene()
    };
    let slow = run(&hpa(1, 30, 60), &slow, &loads);
    assert!(slow.lost > 2.0 * quick.lost);
    let nodes = Scene {
        pods_per_node: 2,
        node_delay: 240.0,
        ..scene()
    };
    let nodes = run(&hpa(1, 30, 60), &nodes, &loads);
    assert!(nodes.lost > 2.0 * quick.lost);
    // Pods that wait are not pods that serve.
    assert!(nodes.samples.iter().any(|one| one.ready < one.replicas));
}

#[test]
fn a_falling_load_is_followed_after_the_window() {
    let mut loads = vec![1000.0; 100];
    loads.extend([100.0; 100]);
    let report = run(&hpa(1, 50, 50), &scene(), &loads);
    let first = report
        .moves
        .iter()
        .find(|one| one.to < one.from && one.step >= 100);
    // 300 s of recommendations lie before it.
    assert!((120..=124).contains(&first.unwrap().step), "{first:?}");
    assert!(report.held[HoldKind::DownWindow as usize] >= 19);
}

fn scaled(spec: &str) -> Autoscaler {
    let text = format!(
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: work}}\nspec:\n  scaleTargetRef: {{name: work}}\n{spec}"
    );
    let tree = plimsoll_yaml::parse(text, plimsoll_yaml::Dialect::GoV2);
    let scaled = crate::keda::scaled(plimsoll_k8s::objects(&tree)[0]).unwrap();
    Autoscaler {
        hpa: scaled.hpa,
        keda: Some(scaled.keda),
    }
}

fn replay(autoscaler: &Autoscaler, loads: &[f64]) -> Report {
    let subject = Subject::new(autoscaler, &Flags::default(), None);
    simulate(&subject, &scene(), loads, Detail::Steps)
}

/// An hour of nothing, one of work, one of nothing.
fn burst() -> Vec<f64> {
    let mut loads = vec![0.0; 240];
    loads.extend([500.0; 240]);
    loads.extend([0.0; 240]);
    loads
}

#[test]
fn keda_wakes_a_target_and_lays_it_down() {
    let queue = "  triggers: [{type: redis, metadata: {listLength: '50'}}]\n";
    let report = replay(&scaled(queue), &burst());
    let moves: Vec<(usize, i32, i32, HoldKind)> = report
        .moves
        .iter()
        .map(|one| (one.step, one.from, one.to, one.hold.kind))
        .collect();
    // Never active since it was made: it goes at the second look, which is past the first.
    assert_eq!(moves[0], (2, 1, 0, HoldKind::Cooled));
    // A look every 30 s, which sees a load as old as its samples.
    let (step, from, to, hold) = moves[1];
    assert_eq!((from, to, hold), (0, 1, HoldKind::Activated));
    assert!((241..=243).contains(&step), "{step}");
    assert_eq!(report.most, 10);
    let (step, _, to, hold) = *moves.last().unwrap();
    assert_eq!((to, hold), (0, HoldKind::Cooled));
    // The load is over at step 480, and 300 s of cooldown are 20 steps.
    assert!((500..=504).contains(&step), "{step}");
    assert_eq!(report.fewest, 0);
}

#[test]
fn an_activation_threshold_keeps_it_asleep() {
    let queue =
        "  triggers: [{type: redis, metadata: {listLength: '50', activationListLength: '500'}}]\n";
    let report = replay(&scaled(queue), &burst());
    assert_eq!(report.most, 1);
    assert_eq!(report.samples.last().unwrap().replicas, 0);
    // Whoever keeps a replica is never laid down.
    let kept = format!("  minReplicaCount: 2\n{queue}");
    assert_eq!(replay(&scaled(&kept), &burst()).fewest, 2);
    let idle = format!("  minReplicaCount: 2\n  idleReplicaCount: 0\n{queue}");
    assert_eq!(replay(&scaled(&idle), &burst()).fewest, 0);
}

#[test]
fn a_clock_asks_for_replicas() {
    let cron = "  triggers: [{type: cron, metadata: {timezone: UTC, start: 0 1 * * *, end: 0 2 * * *, desiredReplicas: '6'}}]\n";
    let mut autoscaler = scaled(cron);
    let keda = autoscaler.keda.as_mut().unwrap();
    keda.unroll(0.0, 3.0 * 3600.0).unwrap();
    let report = replay(&autoscaler, &[0.0; 720]);
    let at = |step: usize| report.samples[step].replicas;
    assert_eq!((at(230), at(300), at(475), at(719)), (0, 6, 6, 0));
    // The rest of a load that was cut begins later.
    let subject = Subject::new(&autoscaler, &Flags::default(), None);
    let late = Scene {
        start: 3600.0,
        ..scene()
    };
    let report = simulate(&subject, &late, &[0.0; 100], Detail::Steps);
    assert_eq!(report.samples[60].replicas, 6);
}

#[test]
fn what_is_paused_stays() {
    let mut autoscaler = scaled("  triggers: [{type: redis}]\n");
    autoscaler.keda.as_mut().unwrap().paused = crate::keda::Paused::At(3);
    let report = replay(&autoscaler, &burst());
    assert_eq!((report.fewest, report.most, report.moves.len()), (3, 3, 0));
}
