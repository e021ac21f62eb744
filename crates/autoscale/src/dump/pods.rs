//! Pods of a dump, as far as the controller looks at them.

use std::sync::Arc;

use plimsoll_hpa::pods::{Amounts, Container, Phase, Pod, Ready, Requests};
use plimsoll_k8s::{Object, Quantity};
use plimsoll_yaml::Node;

use super::time_at;
use crate::manifest::{list, string, text};

pub(super) fn pod(object: Object<'_>) -> Pod {
    let status = object.node().get("status").map(Node::resolve);
    let of = |key: &str| status.and_then(|node| string(node, key));
    let metadata = object.metadata();
    Pod {
        name: text(object.name()).unwrap_or_default(),
        deleted: metadata.is_some_and(|node| node.present("deletionTimestamp").is_some()),
        phase: match of("phase").as_deref() {
            Some("Running") => Phase::Running,
            Some("Succeeded") => Phase::Succeeded,
            Some("Failed") => Phase::Failed,
            Some("Unknown") => Phase::Unknown,
            _ => Phase::Pending,
        },
        start: status.and_then(|node| time_at(node, "startTime")),
        ready: status.and_then(ready),
        requests: Arc::new(object.spec().map(requests).unwrap_or_default()),
    }
}

fn ready(status: Node<'_>) -> Option<Ready> {
    let condition =
        list(status, "conditions").find(|one| string(*one, "type").as_deref() == Some("Ready"))?;
    Some(Ready {
        status: match string(condition, "status").as_deref() {
            Some("True") => Some(true),
            Some("False") => Some(false),
            _ => None,
        },
        since: time_at(condition, "lastTransitionTime").unwrap_or(plimsoll_hpa::Time::PAST),
    })
}

fn requests(spec: Node<'_>) -> Requests {
    let containers = |key: &str| -> Vec<Container> {
        let one = |node: Node<'_>| Container {
            name: string(node, "name").unwrap_or_default(),
            restarts: string(node, "restartPolicy").as_deref() == Some("Always"),
            requests: amounts(node.at(&["resources", "requests"])),
        };
        list(spec, key).map(one).collect()
    };
    Requests {
        containers: containers("containers"),
        init_containers: containers("initContainers"),
        pod: amounts(spec.at(&["resources", "requests"])),
        overhead: amounts(spec.get("overhead")),
    }
}

/// Quantities by name.
pub(super) fn amounts(node: Option<Node<'_>>) -> Amounts {
    let entries = node.map(Node::resolve).into_iter().flat_map(Node::entries);
    entries
        .filter_map(|entry| {
            let amount = entry.value.resolve().text()?;
            let amount = Quantity::parse(amount.trim()).ok()?;
            Some((entry.key.text()?.into_owned(), amount))
        })
        .collect()
}
