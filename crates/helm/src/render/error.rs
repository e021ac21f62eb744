//! What can keep a chart from being rendered. Displayed, it is what Helm prints.

use std::sync::Arc;

use super::explain::Explanation;
use super::layout;
use super::split::ManifestError;
use crate::schema::SchemaError;
use crate::values::CoalesceError;

/// A chart could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The chart is made to be used by others.
    #[error("{0} charts are not installable")]
    NotInstallable(String),
    /// `charts/` lacks what `Chart.yaml` names.
    #[error("an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
    MissingDependencies(Vec<String>),
    /// A chart of version 3, which Helm itself does not render without being asked to.
    #[error("invalid chart apiVersion")]
    ChartVersion,
    /// The same, where Helm stumbles over its dependencies first.
    #[error(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: unsupported chart dependency type"
    )]
    DependencyType,
    /// The release's name is none.
    #[error("release name check failed: release name {}: {error}", plimsoll_gotmpl::quote(.name.as_bytes()))]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// Values do not fit the subcharts.
    #[error("chart dependencies processing failed: {0}")]
    Dependencies(CoalesceError),
    /// The same, found later.
    #[error("{0}")]
    Values(CoalesceError),
    /// Values do not fit `values.schema.json`.
    #[error(
        "values don't meet the specifications of the schema(s) in the following chart(s):\n{0}"
    )]
    Schema(SchemaError),
    /// The chart wants another cluster.
    #[error("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {found}")]
    KubeVersion {
        /// The constraint.
        wanted: String,
        /// The cluster's version.
        found: String,
    },
    /// A template could not be parsed.
    #[error("{}", layout::parse(.0))]
    Parse(Arc<plimsoll_gotmpl::ParseError>),
    /// A template could not be executed.
    #[error("{}", layout::execution(.error))]
    Execution {
        /// What Go would say.
        error: Box<plimsoll_gotmpl::Error>,
        /// What it would not.
        explanation: Box<Explanation>,
    },
    /// What was rendered is no YAML.
    #[error("{error}")]
    Manifest {
        /// What is wrong.
        error: ManifestError,
        /// What was rendered, for a look at it.
        files: Vec<(Arc<str>, String)>,
        /// Where it came from, if the render traced.
        explanation: Box<Explanation>,
    },
}

impl RenderError {
    /// What Helm does not say.
    pub fn explanation(&self) -> Option<&Explanation> {
        match self {
            RenderError::Execution { explanation, .. }
            | RenderError::Manifest { explanation, .. } => Some(explanation),
            _ => None,
        }
    }

    /// Whether a render was stopped because it took too much.
    pub fn is_bound(&self) -> bool {
        matches!(self, RenderError::Execution { .. })
            && self.to_string().contains("exceeded the limit of ")
    }

    /// Whether Helm got as far as making a release, and so gives the hint about `--debug`.
    pub fn is_late(&self) -> bool {
        matches!(
            self,
            RenderError::KubeVersion { .. }
                | RenderError::Parse(_)
                | RenderError::Execution { .. }
                | RenderError::Manifest { .. }
        )
    }
}

/// A name that no release can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("no name provided")]
    Missing,
    /// It is too long or has other characters.
    #[error(
        "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
    )]
    Invalid,
}

/// The longest name of a release, in bytes.
const MAX_NAME: usize = 53;

/// Checks the name of a release (`ValidateReleaseName`).
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Missing);
    }
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let ends =
            bytes.first().is_some_and(|&c| inner(c)) && bytes.last().is_some_and(|&c| inner(c));
        ends && bytes.iter().all(|&c| inner(c) || c == b'-')
    };
    if name.len() > MAX_NAME || !name.split('.').all(part) {
        return Err(NameError::Invalid);
    }
    Ok(())
}
