//! *Resources*.

use plimsoll_k8s::qos::{QosClass, qos_class};
use plimsoll_k8s::{Container, Resources};

use super::{Answer, Asked, NO_WORKLOAD, evidence};
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
    let amounts = amounts(asked);
    vec![
        asked.line(
            "requests-and-limits",
            "requests set, memory limited",
            &[
                "missing-memory-request",
                "missing-memory-limit",
                "missing-cpu-request",
                "hpa-without-requests",
                "limit-below-request",
            ],
            or_none(Answer::shown(amounts.clone())),
        ),
        asked.line(
            "qos-class",
            "quality-of-service class",
            &[],
            or_none(class(asked)),
        ),
        asked.line(
            "memory-headroom",
            "memory limit leaves headroom for the runtime",
            &["memory-limit-without-headroom"],
            or_none(if limited(asked) {
                Answer::shown(amounts)
            } else {
                Answer::Nothing("no container has a memory limit")
            }),
        ),
    ]
}

fn limited(asked: &Asked<'_, '_>) -> bool {
    let containers = asked.containers();
    !containers
        .into_iter()
        .all(|(_, container)| open_memory(container))
}

fn amounts(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let containers = asked.containers().into_iter();
    containers
        .filter_map(|(reference, container)| {
            let resources = container.resources();
            let node = resources.node()?;
            let text = format!("`{}` {}", container.label(), written(resources)?);
            Some(evidence(asked.place(reference, node.range()), text))
        })
        .collect()
}

/// `requests cpu 250m, memory 128Mi; limits memory 256Mi`.
fn written(resources: Resources<'_>) -> Option<String> {
    let list = |what: &str, amounts: Vec<_>| {
        let items: Vec<String> = amounts
            .into_iter()
            .filter_map(
                |(key, amount): (plimsoll_yaml::Node<'_>, plimsoll_k8s::Amount<'_>)| {
                    Some(format!("{} {}", key.text()?, amount.node.text()?))
                },
            )
            .collect();
        (!items.is_empty()).then(|| format!("{what} {}", items.join(", ")))
    };
    let parts: Vec<String> = [
        list("requests", resources.requests().collect()),
        list("limits", resources.limits().collect()),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn class(asked: &Asked<'_, '_>) -> Answer {
    let mut shown = Vec::new();
    let mut worst = QosClass::Guaranteed;
    for (reference, workload) in asked.workloads() {
        let Some(pod) = workload.pod() else {
            continue;
        };
        let class = qos_class(pod);
        if rank(class) > rank(worst) {
            worst = class;
        }
        let place = asked.place(reference, workload.pod_head());
        shown.push(evidence(place, class.name()));
        if class == QosClass::Burstable {
            shown.extend(
                pod.containers()
                    .filter(|container| open_memory(*container))
                    .map(|container| {
                        let text = format!("`{}` has no memory limit", container.label());
                        evidence(asked.place(reference, container.head()), text)
                    }),
            );
        }
    }
    if shown.is_empty() {
        return Answer::Nothing("its pods are not known");
    }
    let meaning = match worst {
        QosClass::Guaranteed => {
            "Guaranteed: when a node runs out of memory, the kernel kills it last, and the kubelet \
             evicts it only for pods of higher priority"
        }
        QosClass::Burstable => {
            "Burstable: when a node runs out of memory, it is evicted or killed once it uses more \
             than it requests, the more the sooner"
        }
        QosClass::BestEffort => {
            "BestEffort: when a node runs out of memory, it is the first to be evicted or killed"
        }
    };
    match worst {
        QosClass::BestEffort => Answer::Lacks(meaning.into(), shown),
        _ => Answer::Is(meaning.into(), shown),
    }
}

const fn rank(class: QosClass) -> u8 {
    match class {
        QosClass::Guaranteed => 0,
        QosClass::Burstable => 1,
        QosClass::BestEffort => 2,
    }
}

fn open_memory(container: Container<'_>) -> bool {
    container.resources().limit("memory").is_none()
}
