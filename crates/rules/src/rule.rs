//! What a rule is.

use plimsoll_project::{IgnoreUnit, ManifestUnit};
use plimsoll_source::{Confidence, Severity};

use crate::cx::{
    ComposeInput, ContainerInput, Cx, DockerfileInput, ObjectInput, WorkloadInput,
};

/// How demanding a review is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Strictness {
    /// Wrong, dangerous or wasteful beyond argument.
    #[default]
    Default,
    /// Good practice that reasonable teams skip.
    Pedantic,
    /// Policy that an organisation must choose.
    Auditor,
}

impl Strictness {
    /// The word used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Pedantic => "pedantic",
            Self::Auditor => "auditor",
        }
    }
}

/// Whether a rule's findings carry a fix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FixKind {
    /// Never.
    None,
    /// Where the mend is certain.
    Sometimes,
    /// Always.
    Always,
}

/// The name of the same rule in another tool, accepted in suppressions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Alias {
    /// `hadolint`, `buildkit`, `shellcheck`, `kube-linter`, `checkov`, `dclint`, `trivy`, …
    pub tool: &'static str,
    /// The other tool's id.
    pub id: &'static str,
}

/// One check of a rule, by the kind of input that it looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Each Dockerfile.
    Dockerfile(fn(&mut Cx<'_>, &DockerfileInput<'_>)),
    /// Each `.dockerignore`.
    Ignore(fn(&mut Cx<'_>, &IgnoreUnit)),
    /// Each Compose file.
    Compose(fn(&mut Cx<'_>, &ComposeInput<'_>)),
    /// Each manifest file as YAML.
    Manifest(fn(&mut Cx<'_>, &ManifestUnit)),
    /// Each Kubernetes object.
    Object(fn(&mut Cx<'_>, &ObjectInput<'_>)),
    /// Each object that makes pods.
    Workload(fn(&mut Cx<'_>, &WorkloadInput<'_>)),
    /// Each container of a workload: init and sidecar containers too, see its role.
    Container(fn(&mut Cx<'_>, &ContainerInput<'_>)),
    /// The project as a whole, once.
    Project(fn(&mut Cx<'_>)),
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// The name of the problem in kebab-case; reads well after "allow".
    pub id: &'static str,
    /// What it finds: one line without a final period.
    pub summary: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// How bad a finding is, unless the finding says otherwise.
    pub severity: Severity,
    /// How sure it is, unless the finding says otherwise.
    pub confidence: Confidence,
    /// From which strictness on it speaks, unless the finding says otherwise.
    pub strictness: Strictness,
    /// Whether its findings carry a fix.
    pub fix: FixKind,
    /// Its names in other tools.
    pub aliases: &'static [Alias],
    /// Its checks.
    pub checks: &'static [Check],
}

/// The rule called `id`.
pub fn find(id: &str) -> Option<&'static Rule> {
    crate::RULES.iter().copied().find(|rule| rule.id == id)
}
