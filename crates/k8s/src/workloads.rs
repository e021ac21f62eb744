//! Objects that make pods.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::Node;

use crate::containers::Container;
use crate::labels::Labels;
use crate::objects::{Object, missing_below};
use crate::pods::PodSpec;
use crate::rollout::Strategy;
use crate::selectors::LabelSelector;
use crate::view::{Setting, integer, integer_or, mapping, mapping_at, mappings, string};

/// The kinds of objects that make pods.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WorkloadKind {
    /// A bare Pod.
    Pod,
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A ReplicaSet.
    ReplicaSet,
    /// A ReplicationController.
    ReplicationController,
    /// A Job.
    Job,
    /// A CronJob.
    CronJob,
    /// A PodTemplate.
    PodTemplate,
    /// Argo's Rollout: a Deployment with other strategies.
    ArgoRollout,
    /// Knative's Service or Configuration: it sets ports, probes and replicas its own way.
    KnativeService,
    /// OpenShift's DeploymentConfig.
    DeploymentConfig,
    /// OpenKruise's CloneSet.
    CloneSet,
    /// OpenKruise's StatefulSet.
    KruiseStatefulSet,
    /// OpenKruise's DaemonSet.
    KruiseDaemonSet,
    /// OpenKruise's BroadcastJob.
    BroadcastJob,
    /// OpenKruise's AdvancedCronJob.
    AdvancedCronJob,
    /// KEDA's ScaledJob.
    ScaledJob,
}

impl WorkloadKind {
    /// The kind of an object of this group and kind. Kubernetes' own kinds are taken in any of
    /// its own groups, so that `apiVersion: v1` on a Deployment does not hide everything else.
    pub fn of(group: &str, kind: &str) -> Option<Self> {
        Some(match (group, kind) {
            ("argoproj.io", "Rollout") => Self::ArgoRollout,
            ("serving.knative.dev", "Service" | "Configuration") => Self::KnativeService,
            ("apps.openshift.io", "DeploymentConfig") => Self::DeploymentConfig,
            ("apps.kruise.io", "CloneSet") => Self::CloneSet,
            ("apps.kruise.io", "StatefulSet") => Self::KruiseStatefulSet,
            ("apps.kruise.io", "DaemonSet") => Self::KruiseDaemonSet,
            ("apps.kruise.io", "BroadcastJob") => Self::BroadcastJob,
            ("apps.kruise.io", "AdvancedCronJob") => Self::AdvancedCronJob,
            ("keda.sh", "ScaledJob") => Self::ScaledJob,
            ("" | "apps" | "batch" | "extensions", kind) => match kind {
                "Pod" => Self::Pod,
                "Deployment" => Self::Deployment,
                "StatefulSet" => Self::StatefulSet,
                "DaemonSet" => Self::DaemonSet,
                "ReplicaSet" => Self::ReplicaSet,
                "ReplicationController" => Self::ReplicationController,
                "Job" => Self::Job,
                "CronJob" => Self::CronJob,
                "PodTemplate" => Self::PodTemplate,
                "DeploymentConfig" => Self::DeploymentConfig,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Whether its pods run to an end: Jobs and whatever makes them.
    pub const fn runs_to_completion(self) -> bool {
        matches!(
            self,
            Self::Job
                | Self::CronJob
                | Self::BroadcastJob
                | Self::AdvancedCronJob
                | Self::ScaledJob
        )
    }

    /// Whether it keeps a number of equal pods running, given by `replicas`.
    pub const fn has_replicas(self) -> bool {
        matches!(
            self,
            Self::Deployment
                | Self::StatefulSet
                | Self::ReplicaSet
                | Self::ReplicationController
                | Self::ArgoRollout
                | Self::DeploymentConfig
                | Self::CloneSet
                | Self::KruiseStatefulSet
        )
    }

    /// Whether it runs one pod per node.
    pub const fn is_daemon(self) -> bool {
        matches!(self, Self::DaemonSet | Self::KruiseDaemonSet)
    }

    /// Whether Kubernetes itself defines it.
    pub const fn is_builtin(self) -> bool {
        matches!(
            self,
            Self::Pod
                | Self::Deployment
                | Self::StatefulSet
                | Self::DaemonSet
                | Self::ReplicaSet
                | Self::ReplicationController
                | Self::Job
                | Self::CronJob
                | Self::PodTemplate
        )
    }

    /// The path from the object to its pod template (a mapping with `metadata` and `spec`).
    pub const fn template_path(self) -> &'static [&'static str] {
        match self {
            Self::Pod => &[],
            Self::PodTemplate => &["template"],
            Self::CronJob => &["spec", "jobTemplate", "spec", "template"],
            Self::AdvancedCronJob => &["spec", "template", "jobTemplate", "spec", "template"],
            Self::ScaledJob => &["spec", "jobTargetRef", "template"],
            _ => &["spec", "template"],
        }
    }
}

/// An object that makes pods.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Workload<'a> {
    object: Object<'a>,
    kind: WorkloadKind,
}

impl<'a> Workload<'a> {
    /// The view of an object, if it is of such a kind.
    pub fn new(object: Object<'a>) -> Option<Self> {
        let kind = WorkloadKind::of(&object.group(), &object.kind())?;
        Some(Self { object, kind })
    }

    /// The object.
    pub fn object(self) -> Object<'a> {
        self.object
    }

    /// Which kind.
    pub fn kind(self) -> WorkloadKind {
        self.kind
    }

    /// The object's `kind:` entry.
    pub fn head(self) -> TextRange {
        self.object.head()
    }

    /// The object's own `spec` mapping; a CronJob's has the schedule, not the Job.
    pub fn spec(self) -> Option<Node<'a>> {
        self.object.spec()
    }

    /// The spec of the Job that a Job, CronJob or the like runs.
    pub fn job_spec(self) -> Option<Node<'a>> {
        match self.kind {
            WorkloadKind::Job => self.spec(),
            WorkloadKind::CronJob => {
                mapping_at(self.object.node(), &["spec", "jobTemplate", "spec"])
            }
            WorkloadKind::AdvancedCronJob => mapping_at(
                self.object.node(),
                &["spec", "template", "jobTemplate", "spec"],
            ),
            WorkloadKind::ScaledJob => mapping_at(self.object.node(), &["spec", "jobTargetRef"]),
            _ => None,
        }
    }

    /// The pod template; for a Pod the object itself. `None` where it is missing, or where the
    /// object refers to another one's (an Argo Rollout with `workloadRef`).
    pub fn template(self) -> Option<PodTemplate<'a>> {
        let node = self.object.node();
        let direct = mapping_at(node, self.kind.template_path());
        let node = direct.or_else(|| match self.kind {
            WorkloadKind::AdvancedCronJob => mapping_at(
                node,
                &[
                    "spec",
                    "template",
                    "broadcastJobTemplate",
                    "spec",
                    "template",
                ],
            ),
            _ => None,
        })?;
        Some(PodTemplate { node })
    }

    /// The spec of its pods.
    pub fn pod(self) -> Option<PodSpec<'a>> {
        self.template()?.spec()
    }

    /// Whether it can be applied as it stands, as far as its pods go: they have a container with
    /// an image, or another object gives the template (`workloadRef` of an Argo Rollout).
    pub fn is_whole(self) -> bool {
        match self.pod() {
            Some(pod) => pod.containers().any(Container::names_image),
            None => self
                .spec()
                .is_some_and(|spec| spec.get("workloadRef").is_some()),
        }
    }

    /// Where something missing in the pod's spec would go: the key `spec` of the pod template.
    pub fn pod_head(self) -> TextRange {
        let mut path = self.kind.template_path().to_vec();
        path.push("spec");
        missing_below(self.object.node(), &path).unwrap_or_else(|| self.head())
    }

    /// How many pods it keeps running, 1 by default. `None` for kinds that do not count.
    pub fn replicas(self) -> Option<Setting<'a, i64>> {
        if !self.kind.has_replicas() {
            return None;
        }
        Some(match self.spec() {
            Some(spec) => integer_or(spec, "replicas", 1),
            None => Setting::default_of(1),
        })
    }

    /// Its selector. Kinds whose selector Kubernetes makes up (Job, CronJob) have one only where
    /// it is written.
    pub fn selector(self) -> Option<LabelSelector<'a>> {
        let node = self.spec()?.present("selector")?;
        match self.kind {
            WorkloadKind::Pod | WorkloadKind::PodTemplate | WorkloadKind::KnativeService => None,
            WorkloadKind::CronJob | WorkloadKind::AdvancedCronJob => None,
            WorkloadKind::ReplicationController | WorkloadKind::DeploymentConfig => {
                LabelSelector::from_map(node)
            }
            _ => LabelSelector::new(node),
        }
    }

    /// How it replaces its pods, with the defaults of its kind. `None` for kinds that replace
    /// none by themselves.
    pub fn strategy(self) -> Option<Strategy<'a>> {
        Strategy::of(self)
    }

    /// `minReadySeconds`, 0 by default.
    pub fn min_ready_seconds(self) -> Setting<'a, i64> {
        self.spec().map_or(Setting::default_of(0), |spec| {
            integer_or(spec, "minReadySeconds", 0)
        })
    }

    /// `serviceName` of a StatefulSet.
    pub fn service_name(self) -> Option<Cow<'a, str>> {
        string(self.spec()?, "serviceName").filter(|text| !text.is_empty())
    }

    /// `volumeClaimTemplates` of a StatefulSet.
    pub fn volume_claim_templates(self) -> impl Iterator<Item = Node<'a>> {
        self.spec()
            .into_iter()
            .flat_map(|spec| mappings(spec, "volumeClaimTemplates"))
    }

    /// Whether one of its claims takes the place of a pod's volume of this name: the controller puts
    /// it there before it makes a pod.
    pub fn claims_volume(self, name: &str) -> bool {
        self.volume_claim_templates().any(|claim| {
            let own = claim.at(&["metadata", "name"]).and_then(Node::str);
            own.is_some_and(|own| own == name)
        })
    }

    /// Whether it is written to run no pods: `replicas: 0`, or `suspend: true`.
    pub fn is_scaled_to_zero(self) -> bool {
        let Some(spec) = self.spec() else {
            return false;
        };
        self.kind.has_replicas() && integer(spec, "replicas").is_some_and(|(value, _)| value == 0)
            || self.kind.runs_to_completion()
                && spec.get("suspend").and_then(Node::as_bool).unwrap_or(false)
    }
}

/// A pod template: `metadata` and `spec` of the pods to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PodTemplate<'a> {
    node: Node<'a>,
}

impl<'a> PodTemplate<'a> {
    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Its `metadata` mapping.
    pub fn metadata(self) -> Option<Node<'a>> {
        mapping(self.node, "metadata")
    }

    /// The labels of the pods.
    pub fn labels(self) -> Labels<'a> {
        Labels::new(self.metadata().and_then(|node| node.get("labels")))
    }

    /// The annotations of the pods.
    pub fn annotations(self) -> Labels<'a> {
        Labels::new(self.metadata().and_then(|node| node.get("annotations")))
    }

    /// The spec of the pods.
    pub fn spec(self) -> Option<PodSpec<'a>> {
        PodSpec::new(mapping(self.node, "spec")?)
    }
}
