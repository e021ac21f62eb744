//! The snapshot: every file of the project that can be reviewed, read once and parsed once.

use std::sync::{Arc, OnceLock};

use plimsoll_dockerfile::{Build, ignore::Ignore};
use plimsoll_source::{FileId, Files, Tree, TreeError};
use plimsoll_yaml as yaml;

use crate::charts::ChartUnit;
use crate::compose::ComposeProject;
use crate::config::Config;
use crate::context::BuildContext;
use crate::generated::{Failure, Generated, Render};
use crate::kustomize::Overlays;
use crate::values::ChartValues;
use crate::vcs::Vcs;

/// A project: files, what they are, and how they lie.
pub struct Project {
    /// All texts, by id.
    pub files: Files,
    /// The folder under review, to read further files from (contexts, manifests of languages).
    pub tree: Arc<dyn Tree>,
    /// Dockerfiles, in path order.
    pub dockerfiles: Vec<DockerfileUnit>,
    /// `.dockerignore` files, in path order; those that only a context outside the paths under
    /// review led to come last.
    pub ignores: Vec<IgnoreUnit>,
    /// Compose files, in path order.
    pub composes: Vec<ComposeUnit>,
    /// Kubernetes manifests: those that were written, in path order, then generated ones.
    pub manifests: Vec<ManifestUnit>,
    /// For each number of [`ManifestUnit::set`], the manifests (indices) with it.
    pub sets: Vec<Vec<usize>>,
    /// Build contexts that the Dockerfiles use, walked on demand.
    pub contexts: Vec<BuildContext>,
    /// What Kustomize overlays add to which bases.
    pub overlays: Overlays,
    /// The folders of the Helm charts that discovery came across, in order.
    pub chart_folders: Vec<String>,
    /// The Helm charts, by folder, once they were looked at.
    pub charts: Vec<ChartUnit>,
    /// What charts were rendered with; their manifests come after those that were written.
    pub renders: Vec<Render>,
    /// Charts that could not be rendered.
    pub failures: Vec<Failure>,
    /// The values of charts, in the order of their folders.
    pub chart_values: Vec<ChartValues>,
    /// The files that rendered text was written in: templates and values, each once.
    pub chart_files: Vec<FileId>,
    pub(crate) generated: Vec<Option<Generated>>,
    /// What version control tracks and ignores.
    pub vcs: Vcs,
    /// What `plimsoll.toml` says.
    pub config: Config,
    /// Files that should have been reviewed and could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Files recognised and left alone.
    pub not_reviewed: Vec<NotReviewed>,
    /// Files that were named and are nothing that can be reviewed, in path order.
    pub unrecognised: Vec<String>,
    /// Whether discovery stopped at its bound, so that there is more than is listed here.
    pub truncated: bool,
    pub(crate) composed: OnceLock<Vec<ComposeProject>>,
    pub(crate) composed_links: OnceLock<Vec<ComposeProject>>,
}

/// A Dockerfile.
#[derive(Debug)]
pub struct DockerfileUnit {
    /// Its text.
    pub file: FileId,
    /// Parsed, stages resolved.
    pub build: Build,
    /// Its build context (index into [`Project::contexts`]); `None` when no folder fits.
    pub context: Option<usize>,
    /// The target stage when every Compose service that builds it names this one.
    pub target: Option<String>,
    /// Further contexts that Compose services build it from (indices).
    pub other_contexts: Vec<usize>,
}

/// A `.dockerignore` or `<Dockerfile>.dockerignore`.
#[derive(Debug)]
pub struct IgnoreUnit {
    /// Its text.
    pub file: FileId,
    /// Parsed.
    pub ignore: Ignore,
}

/// A Compose file.
#[derive(Debug)]
pub struct ComposeUnit {
    /// Its text.
    pub file: FileId,
    /// Parsed with [`yaml::Dialect::Core`].
    pub tree: yaml::Tree,
    /// Whether it is an override file (`compose.override.yaml` and the like), which need not be
    /// whole by itself.
    pub is_override: bool,
}

/// A file of Kubernetes manifests.
#[derive(Debug)]
pub struct ManifestUnit {
    /// Its text.
    pub file: FileId,
    /// Parsed with [`yaml::Dialect::GoV2`].
    pub tree: yaml::Tree,
    /// How whole its objects are.
    pub role: ManifestRole,
    /// Files with the same number are applied together (one folder, one kustomization).
    pub set: usize,
}

/// How whole the objects of a manifest file are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ManifestRole {
    /// Applied as it stands.
    Whole,
    /// A resource of a kustomization that changes it or that overlays build on.
    Base,
    /// A patch: only what it says is known, nothing is missing from it.
    Patch,
    /// What a test expects to find in a cluster: nobody applies it.
    Expected,
}

/// A file that could not be read.
#[derive(Debug)]
pub struct Unreadable {
    /// An empty stand-in, so that the finding has a place.
    pub file: FileId,
    /// Why. Text that is not UTF-8 is said with its byte offset.
    pub error: ReadError,
}

/// Why a file could not be read as text.
#[derive(Debug)]
pub enum ReadError {
    /// The tree refused.
    Tree(TreeError),
    /// Not UTF-8; offset of the first bad byte.
    NotUtf8(u64),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tree(error) => write!(f, "{error}"),
            Self::NotUtf8(offset) => write!(f, "not UTF-8 from byte {offset} on"),
        }
    }
}

impl std::error::Error for ReadError {}

/// A file recognised and left alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotReviewed {
    /// Path relative to the root.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

/// Why a recognised file is left alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// A template of a Helm chart, not YAML until rendered.
    ChartTemplate,
    /// Encrypted with SOPS.
    Sops,
    /// Jsonnet.
    Jsonnet,
    /// A file of another template language (Jinja, ERB, envsubst placeholders that break YAML).
    Template,
}

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files and folders relative to the root; empty for the whole tree. A file named here is
    /// reviewed even where discovery would skip it.
    pub paths: Vec<String>,
    /// What `plimsoll.toml` says.
    pub config: Config,
}

impl Project {
    /// Discovers, reads and parses.
    pub fn load(tree: Arc<dyn Tree>, options: &Options) -> Self {
        crate::load::load(tree, options)
    }

    /// One text by itself, reviewed as `name`: nothing is known of the folder that it stands in,
    /// so it has no build context and no repository.
    pub fn from_text(name: &str, text: impl Into<Vec<u8>>) -> Self {
        crate::load::alone(name, text.into())
    }

    /// The context of a Dockerfile.
    pub fn context_of(&self, unit: &DockerfileUnit) -> Option<&BuildContext> {
        self.contexts.get(unit.context?)
    }

    /// The manifests applied together with `unit`, itself included, in path order.
    pub fn set_of(&self, unit: &ManifestUnit) -> impl Iterator<Item = &ManifestUnit> {
        self.sets
            .get(unit.set)
            .into_iter()
            .flatten()
            .map(|index| &self.manifests[*index])
    }

    /// Path of a file relative to the root.
    pub fn path(&self, file: FileId) -> &str {
        &self.files.get(file).path
    }
}

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project")
            .field("dockerfiles", &self.dockerfiles.len())
            .field("ignores", &self.ignores.len())
            .field("composes", &self.composes.len())
            .field("manifests", &self.manifests.len())
            .field("unreadable", &self.unreadable)
            .field("not_reviewed", &self.not_reviewed)
            .finish_non_exhaustive()
    }
}
