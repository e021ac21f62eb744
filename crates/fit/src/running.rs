//! Pods of a cluster, as a dump has them.

use plimsoll_k8s::{Object, PodSpec};

use crate::inventory::{Inventory, Owner, namespace};
use crate::read::{items, string};
use crate::selector::{Labels, Selector};
use crate::template::{Template, labels_of};

/// A pod of a dump.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// The node that it is on, if it is on one.
    pub node: Option<String>,
    /// Who makes another in its place, if anybody does.
    pub owner: Option<Owner>,
    /// What the scheduler knows of it.
    pub template: Template,
}

/// Labels that tell the pods of one owner apart.
const OF_ONE_POD: [&str; 3] = [
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
];
/// The label of the template that a Deployment's pods are made of.
pub(crate) const TEMPLATE_HASH: &str = "pod-template-hash";

impl Pod {
    /// The pod that an object describes; `None` for pods that have run to an end, and for objects
    /// that are no pods.
    pub fn of(object: Object<'_>, inventory: &Inventory) -> Option<Self> {
        if !object.is("", "Pod") {
            return None;
        }
        let phase = object.node().get("status").map(|one| string(one, "phase"));
        if matches!(phase.as_deref(), Some("Succeeded" | "Failed")) {
            return None;
        }
        let spec = PodSpec::new(object.spec()?)?;
        let namespace = namespace(object);
        let labels = labels_of(object.metadata());
        let owner = owner(object, &namespace);
        let mut template = Template::of(spec, &namespace, labels);
        let deleted = object.metadata()?.present("deletionTimestamp");
        template.terminating = deleted.is_some();
        let node = template.node_name.take();
        template.company = company(&template, owner.as_ref(), inventory);
        Some(Self {
            name: object.name().unwrap_or_default().into_owned(),
            node,
            owner,
            template,
        })
    }
}

/// The controller among the owners of an object.
fn owner(object: Object<'_>, namespace: &str) -> Option<Owner> {
    let owner = items(object.metadata(), "ownerReferences")
        .find(|one| one.get("controller").and_then(|node| node.as_bool()) == Some(true))?;
    Some(Owner {
        namespace: namespace.to_owned(),
        kind: string(owner, "kind"),
        name: string(owner, "name"),
    })
}

/// Whom it is spread among by default. Controllers that select by it are seldom part of a dump;
/// the labels of the pod, but for those that are its own, then stand for the selector.
fn company(template: &Template, owner: Option<&Owner>, inventory: &Inventory) -> Option<Selector> {
    let controller = owner
        .filter(|owner| {
            let kind = owner.kind.as_str();
            matches!(kind, "ReplicaSet" | "StatefulSet" | "ReplicationController")
        })
        .map(|owner| {
            let known = inventory.controller(owner).cloned();
            known.unwrap_or_else(|| {
                let mut shared: Labels = template.labels.clone();
                shared.retain(|key, _| !OF_ONE_POD.contains(&key.as_str()));
                Selector::of_labels(&shared)
            })
        });
    inventory.company(&template.namespace, &template.labels, controller.as_ref())
}

/// The workload that a person knows the owner by: the Deployment of a ReplicaSet that is named by
/// the hash of its template.
pub(crate) fn shown_owner(pod: &Pod) -> Option<Owner> {
    let owner = pod.owner.clone()?;
    if owner.kind != "ReplicaSet" {
        return Some(owner);
    }
    let hash = pod.template.labels.get(TEMPLATE_HASH);
    let name = hash.and_then(|hash| owner.name.strip_suffix(hash)?.strip_suffix('-'));
    Some(match name {
        Some(name) => Owner {
            kind: "Deployment".to_owned(),
            name: name.to_owned(),
            ..owner
        },
        None => owner,
    })
}
