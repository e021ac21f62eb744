//! *Workload*.

use plimsoll_k8s::WorkloadKind;
use plimsoll_k8s::rollout::StrategyKind;

use super::{Answer, Asked, Files, NO_WORKLOAD, evidence};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let runs = asked.workloads().next().is_some();
    let or_none = |answer: Answer| {
        if runs {
            answer
        } else {
            Answer::Nothing(NO_WORKLOAD)
        }
    };
    vec![
        asked.line(
            "selector",
            "labels and selector agree",
            &["selector-mismatch"],
            or_none(selectors(asked)),
        ),
        asked.line(
            "capacity",
            "replicas and rollout keep capacity",
            &["single-replica", "rollout-loses-capacity"],
            or_none(capacity(asked)),
        ),
        asked.line_in(
            Files::Other,
            "image-pinned",
            "image pinned, and the one that is built",
            &["unpinned-image", "image-mismatch"],
            or_none(Answer::shown(images(asked))),
        ),
        asked.line(
            "disruption-budget",
            "a disruption budget guards it and lets nodes drain",
            &[
                "missing-pod-disruption-budget",
                "pod-disruption-budget-blocks",
            ],
            or_none(budget(asked)),
        ),
        asked.line(
            "graceful-stop",
            "stops within the grace period",
            &["stop-signal-ignored", "shell-form-entrypoint"],
            or_none(stop(asked)),
        ),
    ]
}

fn selectors(asked: &Asked<'_, '_>) -> Answer {
    let shown: Vec<Evidence> = asked
        .workloads()
        .filter_map(|(reference, workload)| {
            let selector = workload.selector()?;
            let place = asked.place(reference, selector.node().range());
            Some(evidence(place, "selects its own pods"))
        })
        .collect();
    if shown.is_empty() {
        return Answer::Nothing("it has no selector");
    }
    Answer::shown(shown)
}

fn capacity(asked: &Asked<'_, '_>) -> Answer {
    let autoscaled = asked.around("HorizontalPodAutoscaler");
    let mut shown = Vec::new();
    for (reference, workload) in asked.workloads() {
        let Some(strategy) = workload.strategy() else {
            continue;
        };
        // An autoscaler's lower bound takes the place of `replicas`.
        let bound = autoscaled.iter().find_map(|(_, hpa)| {
            let node = hpa.spec()?.get("minReplicas")?;
            Some((node.as_int()?, node, *hpa))
        });
        let replicas = workload.replicas();
        if let Some((least, node, hpa)) = bound {
            let of = autoscaled
                .iter()
                .find(|(_, other)| other.head() == hpa.head());
            if let Some((hpa, _)) = of {
                let text = format!("at least {least} replicas");
                shown.push(evidence(asked.place(*hpa, node.range()), text));
            }
        } else if let Some(replicas) = &replicas {
            let place = asked.place(reference, replicas.range_or(workload.head()));
            let count = match replicas.value {
                1 => "1 replica".to_owned(),
                count => format!("{count} replicas"),
            };
            shown.push(evidence(place, count));
        }
        let least = bound.map_or_else(
            || replicas.map_or(1, |replicas| replicas.value),
            |(least, ..)| least,
        );
        let place = asked.place(reference, strategy.range_or(workload.head()));
        let one_per_node = matches!(
            workload.kind(),
            WorkloadKind::DaemonSet | WorkloadKind::KruiseDaemonSet
        );
        let text = match strategy.kind.value {
            StrategyKind::RollingUpdate if one_per_node => {
                "replaces its pods node by node".to_owned()
            }
            StrategyKind::RollingUpdate => {
                let posts = strategy.fenceposts(least);
                format!(
                    "a rollout keeps at least {} of {least}",
                    least.saturating_sub(posts.unavailable).max(0)
                )
            }
            StrategyKind::Recreate => "a rollout stops all pods first".to_owned(),
            StrategyKind::OnDelete => "pods are replaced by hand".to_owned(),
            StrategyKind::Other => continue,
        };
        shown.push(evidence(place, text));
    }
    if shown.is_empty() {
        return Answer::Nothing("it keeps no pods running");
    }
    Answer::shown(shown)
}

fn images(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    asked
        .containers()
        .into_iter()
        .filter_map(|(reference, container)| {
            let image = container.image()?;
            let text = format!("`{}`", image.text()?);
            Some(evidence(asked.place(reference, image.range()), text))
        })
        .collect()
}

fn budget(asked: &Asked<'_, '_>) -> Answer {
    let shown: Vec<Evidence> = asked
        .around("PodDisruptionBudget")
        .into_iter()
        .map(|(reference, budget)| {
            let bound = ["minAvailable", "maxUnavailable"]
                .into_iter()
                .find_map(|key| {
                    let node = budget.spec()?.present(key)?;
                    Some((key, node))
                });
            match bound {
                Some((key, node)) => {
                    let text = format!("{key} {}", node.text().unwrap_or_default());
                    evidence(asked.place(reference, node.range()), text)
                }
                None => evidence(asked.place(reference, budget.head()), "guards its pods"),
            }
        })
        .collect();
    let needs = asked
        .workloads()
        .any(|(_, workload)| workload.strategy().is_some());
    if shown.is_empty() && !needs {
        return Answer::Nothing("it keeps no pods running");
    }
    if shown.is_empty() {
        // The rule is silent where none is needed: one replica, one per node.
        return Answer::Is("none is needed".into(), shown);
    }
    Answer::shown(shown)
}

fn stop(asked: &Asked<'_, '_>) -> Answer {
    let mut shown = Vec::new();
    for (reference, workload) in asked.workloads() {
        let Some(pod) = workload.pod() else {
            continue;
        };
        let grace = pod.termination_grace_period_seconds();
        let place = asked.place(reference, grace.range_or(workload.pod_head()));
        let default = if grace.is_written() {
            ""
        } else {
            ", by default"
        };
        let text = format!("{} s to stop{default}", grace.value);
        shown.push(evidence(place, text));
        for container in pod.running_containers() {
            if let Some(handler) = container.pre_stop() {
                let place = asked.place(reference, handler.node().range());
                let text = match handler.sleep_seconds() {
                    Some(seconds) => format!("preStop waits {seconds} s of them"),
                    None => "preStop runs within them".to_owned(),
                };
                shown.push(evidence(place, text));
            }
        }
    }
    Answer::shown(shown)
}
