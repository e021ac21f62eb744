//! Workloads as groups of equal pods.

use plimsoll_k8s::{Object, Workload, WorkloadKind};

use crate::inventory::{Inventory, Owner, controller_selector, owner_of};
use crate::node::Node;
use crate::nodes::exactly;
use crate::prepare::tolerates_all;
use crate::read::int;
use crate::running::{Pod, TEMPLATE_HASH, shown_owner};
use crate::selector::{Labels, Requirement, Selector};
use crate::template::{Template, Toleration};

/// Pods that one workload makes.
#[derive(Clone, Debug)]
pub struct Group {
    /// The workload.
    pub owner: Owner,
    /// Its kind.
    pub kind: WorkloadKind,
    /// How many pods it makes; for a DaemonSet one on each node that it fits.
    pub count: Count,
    /// What its pods are.
    pub template: Template,
    /// Whether it has claims to volumes, which are not followed.
    pub claims_volumes: bool,
}

/// How many pods a workload makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// So many.
    Fixed(usize),
    /// One on each node.
    PerNode,
}

/// Why a workload is left out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LeftOut {
    /// It has no pod template of its own.
    #[error("it has no pod template")]
    NoTemplate,
    /// Another thing than a number in the manifest says how many pods it makes.
    #[error("how many pods it makes is not written in it")]
    NoCount,
    /// It asks for more than [`MOST_REPLICAS`].
    #[error("it asks for {0} pods, more than the {MOST_REPLICAS} of a workload that are placed")]
    TooMany(usize),
}

/// Which number of replicas is taken where an autoscaler sets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scale {
    /// What is written, or the autoscaler's least where that is more or nothing is written.
    #[default]
    Written,
    /// The autoscaler's most.
    Most,
}

/// The most pods of one workload that are placed: beyond any cluster.
pub const MOST_REPLICAS: usize = 100_000;

impl Group {
    /// The pods of a workload as its controller and the API server make them. Labels that tell the
    /// pods of a StatefulSet or Job apart are left out, and a Deployment's pods have `new` for the
    /// hash of their template.
    ///
    /// # Errors
    ///
    /// Why nothing is known of its pods.
    pub fn of(
        workload: Workload<'_>,
        inventory: &Inventory,
        scale: Scale,
    ) -> Result<Self, LeftOut> {
        let owner = owner_of(workload);
        let kind = workload.kind();
        let count = count(workload, inventory, &owner, scale)?;
        let template = workload.template().ok_or(LeftOut::NoTemplate)?;
        let spec = template.spec().ok_or(LeftOut::NoTemplate)?;
        let hash = match kind {
            WorkloadKind::Deployment => Some(TEMPLATE_HASH),
            WorkloadKind::ArgoRollout => Some("rollouts-pod-template-hash"),
            _ => None,
        };
        let mut labels: Labels = template
            .labels()
            .iter()
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        if let Some(hash) = hash {
            labels.insert(hash.to_owned(), "new".to_owned());
        }
        let mut template = Template::of(spec, &owner.namespace, labels);
        let class = spec.priority_class().and_then(|node| node.as_str());
        if spec.node().present("priority").is_none()
            && let Some(priority) = inventory.priority(&class.unwrap_or_default())
            && template.priority == 0
        {
            template.priority = priority;
        }
        if kind.is_daemon() {
            tolerate_as_daemon(&mut template, spec.host_network().value);
        }
        let controller = spreads(kind).then(|| selector(workload.object(), hash));
        template.company =
            inventory.company(&owner.namespace, &template.labels, controller.as_ref());
        let claims = spec.volumes().any(|volume| {
            let node = volume.node();
            node.present("persistentVolumeClaim").is_some() || node.present("ephemeral").is_some()
        });
        Ok(Self {
            claims_volumes: claims || workload.volume_claim_templates().next().is_some(),
            owner,
            kind,
            count,
            template,
        })
    }

    /// The groups of pods that run, by who makes them, and for each pod the number of its group.
    /// Pods of one owner that differ are groups of their own.
    pub fn of_running(pods: &[Pod]) -> (Vec<Self>, Vec<usize>) {
        let mut groups: Vec<Self> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let mut of_pod = Vec::with_capacity(pods.len());
        for pod in pods {
            let owner = shown_owner(pod).unwrap_or_else(|| Owner {
                namespace: pod.template.namespace.clone(),
                kind: "Pod".to_owned(),
                name: pod.name.clone(),
            });
            let mut template = pod.template.clone();
            let kind = WorkloadKind::of("apps", &owner.kind).unwrap_or(WorkloadKind::Pod);
            if kind.is_daemon() {
                template.nodes.required = None;
            }
            let at = *known
                .entry((owner.clone(), template.clone()))
                .or_insert_with(|| {
                    groups.push(Self {
                        owner,
                        kind,
                        count: if kind.is_daemon() {
                            Count::PerNode
                        } else {
                            Count::Fixed(0)
                        },
                        template,
                        claims_volumes: false,
                    });
                    groups.len() - 1
                });
            if let Count::Fixed(count) = &mut groups[at].count {
                *count += 1;
            }
            of_pod.push(at);
        }
        (groups, of_pod)
    }

    /// The pod that a DaemonSet makes for a node (`NodeShouldRunDaemonPod`,
    /// `ReplaceDaemonSetPodNodeNameNodeAffinity`); `None` where it makes none.
    pub fn for_node(&self, node: &Node) -> Option<Template> {
        let template = &self.template;
        let named = template.node_name.as_ref();
        let runs = named.is_none_or(|name| *name == node.name)
            && template.nodes.matches(node)
            && tolerates_all(template, node);
        runs.then(|| {
            let mut own = template.clone();
            own.nodes.required = Some(vec![exactly(&node.name)]);
            own
        })
    }

    /// Whether somebody makes a new pod where one is lost.
    pub fn is_made_again(&self) -> bool {
        self.owner.kind != "Pod" && self.owner.kind != "Node"
    }

    /// Whether another replica can be asked for.
    pub fn can_grow(&self) -> bool {
        self.kind.has_replicas() && self.count != Count::PerNode
    }

    /// `Deployment/shop/web`, without the default namespace.
    pub fn name(&self) -> String {
        self.owner.to_string()
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace == crate::inventory::DEFAULT_NAMESPACE {
            write!(f, "{}/{}", self.kind, self.name)
        } else {
            write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// Whether the scheduler knows the selector of the controller that owns the pods.
fn spreads(kind: WorkloadKind) -> bool {
    matches!(
        kind,
        WorkloadKind::Deployment
            | WorkloadKind::ArgoRollout
            | WorkloadKind::StatefulSet
            | WorkloadKind::ReplicaSet
            | WorkloadKind::ReplicationController
            | WorkloadKind::DeploymentConfig
    )
}

/// The selector of the controller that owns the pods: of a Deployment its ReplicaSet's.
fn selector(object: Object<'_>, hash: Option<&str>) -> Selector {
    let mut selector = controller_selector(object);
    if let Some(hash) = hash {
        selector.add(Requirement::equals(hash, "new"));
    }
    selector
}

fn count(
    workload: Workload<'_>,
    inventory: &Inventory,
    owner: &Owner,
    scale: Scale,
) -> Result<Count, LeftOut> {
    let kind = workload.kind();
    if kind.is_daemon() {
        return Ok(Count::PerNode);
    }
    if workload.is_scaled_to_zero() {
        return Ok(Count::Fixed(0));
    }
    let number = match kind {
        WorkloadKind::Pod => 1,
        WorkloadKind::Job | WorkloadKind::CronJob => {
            let spec = workload.job_spec();
            let of = |key| spec.and_then(|spec| int(spec, key));
            let at_once = of("parallelism").unwrap_or(1);
            let completions = of("completions").unwrap_or(at_once.max(1));
            i64::from(at_once.min(completions))
        }
        kind if kind.has_replicas() => replicas(workload, inventory, owner, scale),
        _ => return Err(LeftOut::NoCount),
    };
    let number = usize::try_from(number).unwrap_or(0);
    if number > MOST_REPLICAS {
        return Err(LeftOut::TooMany(number));
    }
    Ok(Count::Fixed(number))
}

fn replicas(workload: Workload<'_>, inventory: &Inventory, owner: &Owner, scale: Scale) -> i64 {
    let Some(setting) = workload.replicas() else {
        return 1;
    };
    let Some(scaler) = inventory.scaler_of(owner) else {
        return setting.value;
    };
    let (min, max) = (i64::from(scaler.min), i64::from(scaler.max));
    match scale {
        Scale::Most => max,
        Scale::Written if setting.is_written() => setting.value.max(min).min(max.max(min)),
        Scale::Written => min.max(1),
    }
}

/// What every pod of a DaemonSet tolerates (`AddOrUpdateDaemonPodTolerations`).
fn tolerate_as_daemon(template: &mut Template, on_host_network: bool) {
    let always = [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ];
    let on_host = on_host_network.then_some(("network-unavailable", "NoSchedule"));
    for (key, effect) in always.into_iter().chain(on_host) {
        template.tolerations.push(Toleration {
            key: format!("node.kubernetes.io/{key}"),
            operator: "Exists".to_owned(),
            value: String::new(),
            effect: effect.to_owned(),
        });
    }
}
