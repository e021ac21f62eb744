//! What the graph is made of.

use std::fmt;

use plimsoll_source::{Confidence, Place};

use crate::objects::ObjectRef;

/// Names one thing of a graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ThingId(pub u32);

/// What a link joins.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Thing {
    /// A stage of a Dockerfile that something builds or runs.
    Stage {
        /// Index into the project's Dockerfiles.
        dockerfile: u32,
        /// Its number in the file.
        stage: u32,
    },
    /// An image by its name, in the familiar form and without tag: `ghcr.io/acme/web`.
    Image(Box<str>),
    /// A service of a Compose file.
    Service {
        /// Index into the project's Compose files.
        compose: u32,
        /// Its name.
        name: Box<str>,
    },
    /// A Kubernetes object.
    Object(ObjectRef),
    /// A ConfigMap or Secret that the generator of a kustomization makes.
    Generated {
        /// `ConfigMap` or `Secret`.
        kind: Box<str>,
        /// Its name before the hash.
        name: Box<str>,
        /// The index of the kustomization's file among the project's manifests.
        unit: u32,
    },
}

/// What part a thing plays in a service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Part {
    /// An image by its name.
    Image,
    /// A stage of a Dockerfile.
    Stage,
    /// A service of a Compose file.
    Service,
    /// Configuration, secrets, storage, accounts.
    Configuration,
    /// An object that makes pods.
    Workload,
    /// A Service of Kubernetes.
    Endpoint,
    /// What lets traffic in: an Ingress, a route.
    Route,
    /// What routes attach to.
    Gateway,
    /// Autoscalers, budgets, policies, monitors, roles and the rest.
    Other,
}

/// What a link says of its two ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum LinkKind {
    /// A stage is built as an image of this name.
    BuiltAs,
    /// A Compose service builds a stage.
    Builds,
    /// A service or a workload's container runs an image.
    Runs,
    /// A Compose service and a workload are the same service, here and in the cluster.
    SameAs,
    /// A Service selects pods.
    Selects,
    /// A NetworkPolicy restricts pods.
    Restricts,
    /// A PodDisruptionBudget guards pods.
    Guards,
    /// A ServiceMonitor or PodMonitor observes Services or pods.
    Observes,
    /// An autoscaler scales a workload.
    Scales,
    /// An Ingress or a route sends traffic to a Service.
    Routes,
    /// A route attaches to a Gateway.
    AttachesTo,
    /// TLS ends with the certificate of a Secret.
    EndsTlsWith,
    /// A container reads keys of a ConfigMap or Secret.
    Reads,
    /// A pod mounts a ConfigMap, Secret or claim.
    Mounts,
    /// Images are pulled with the credentials of a Secret.
    PullsWith,
    /// Pods run as a ServiceAccount.
    RunsAs,
    /// A StatefulSet's pods are named by a Service.
    GovernedBy,
    /// A binding grants a role.
    Grants,
    /// A binding grants to a ServiceAccount.
    GrantsTo,
    /// A webhook calls a Service.
    Calls,
    /// A Compose service waits for or uses another one.
    DependsOn,
}

impl LinkKind {
    /// The word used in reports, read between its two ends.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::BuiltAs => "is built as",
            Self::Builds => "builds",
            Self::Runs => "runs",
            Self::SameAs => "is the same service as",
            Self::Selects => "selects",
            Self::Restricts => "restricts",
            Self::Guards => "guards",
            Self::Observes => "observes",
            Self::Scales => "scales",
            Self::Routes => "routes to",
            Self::AttachesTo => "attaches to",
            Self::EndsTlsWith => "ends TLS with",
            Self::Reads => "reads",
            Self::Mounts => "mounts",
            Self::PullsWith => "pulls with",
            Self::RunsAs => "runs as",
            Self::GovernedBy => "is governed by",
            Self::Grants => "grants",
            Self::GrantsTo => "grants to",
            Self::Calls => "calls",
            Self::DependsOn => "depends on",
        }
    }

    /// The name used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltAs => "built-as",
            Self::Builds => "builds",
            Self::Runs => "runs",
            Self::SameAs => "same-as",
            Self::Selects => "selects",
            Self::Restricts => "restricts",
            Self::Guards => "guards",
            Self::Observes => "observes",
            Self::Scales => "scales",
            Self::Routes => "routes",
            Self::AttachesTo => "attaches-to",
            Self::EndsTlsWith => "ends-tls-with",
            Self::Reads => "reads",
            Self::Mounts => "mounts",
            Self::PullsWith => "pulls-with",
            Self::RunsAs => "runs-as",
            Self::GovernedBy => "governed-by",
            Self::Grants => "grants",
            Self::GrantsTo => "grants-to",
            Self::Calls => "calls",
            Self::DependsOn => "depends-on",
        }
    }
}

/// Why two things are held to be linked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// A field names it.
    Field(&'static str),
    /// Labels match a selector.
    Labels(String),
    /// `build` of a Compose file names the folder.
    ComposeBuild,
    /// A Compose service builds it and gives the image this name.
    ComposeImage,
    /// `plimsoll.toml` says so.
    Configuration,
    /// Skaffold, a bake file or a Tiltfile builds the image from this folder.
    BuildFile(Box<str>),
    /// A command in a script, a Makefile or a workflow builds the image.
    Command(Box<str>),
    /// A kustomization gives the image another name.
    Renamed(Box<str>),
    /// The last part of the image's name is that of the folder, the Dockerfile or the stage.
    SameName(Box<str>),
    /// It is the only image that is not public, and the only Dockerfile.
    OnlyOne,
    /// Both run what one Dockerfile builds.
    SameBuild,
    /// Both run the same image.
    SameImage,
    /// Both have this name.
    SameServiceName(Box<str>),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "`{field}` names it"),
            Self::Labels(labels) => write!(f, "the labels `{labels}` match"),
            Self::ComposeBuild => f.write_str("`build` of the Compose file names its folder"),
            Self::ComposeImage => f.write_str("the Compose file builds it under this name"),
            Self::Configuration => f.write_str("`plimsoll.toml` says so"),
            Self::BuildFile(path) => write!(f, "`{path}` builds it"),
            Self::Command(path) => write!(f, "a command in `{path}` builds it"),
            Self::Renamed(path) => write!(f, "`{path}` gives it this name"),
            Self::SameName(name) => write!(f, "both are called `{name}`"),
            Self::OnlyOne => f.write_str("it is the only one that it can be"),
            Self::SameBuild => f.write_str("both run what one Dockerfile builds"),
            Self::SameImage => f.write_str("both run the same image"),
            Self::SameServiceName(name) => write!(f, "both are called `{name}`"),
        }
    }
}

/// That two things belong together, and how that is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// The thing that refers.
    pub from: ThingId,
    /// The thing meant.
    pub to: ThingId,
    /// What it says.
    pub kind: LinkKind,
    /// Where it is written; `None` where it follows from names alone.
    pub place: Option<Place>,
    /// The container of a workload that it is about, by its label.
    pub container: Option<Box<str>>,
    /// How it is known.
    pub evidence: Evidence,
    /// How sure it is.
    pub confidence: Confidence,
}
