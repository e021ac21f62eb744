//! Charts: files of a folder or an archive, and what they say.

mod archive;
mod bytes;
mod folder;
mod ignore;
mod instance;
mod load;
mod metadata;
pub(crate) mod pattern;

use std::sync::{Arc, OnceLock};

use crate::schema::{CompileError, Schema};
use crate::values::{Item, Sources};

pub(crate) use archive::clean;
pub use archive::{ArchiveError, UnpackError, is_archive, unpack};
pub use bytes::Bytes;
pub use folder::FolderError;
pub(crate) use folder::read as read_folder;
pub use ignore::{Ignore, IgnoreError};
pub(crate) use instance::Instance;
pub use load::{LoadError, LoadErrorKind};
pub(crate) use metadata::decode_lock;
pub use metadata::{Dependency, Maintainer, Metadata, MetadataError};
pub use pattern::{Pattern, PatternError};

/// The most bytes of a folder or an unpacked archive (Helm's `MaxDecompressedChartSize`).
pub const MAX_CHART_BYTES: u64 = 100 * 1024 * 1024;
/// The most bytes of all archives in a chart together, however deep they lie.
pub const MAX_TOTAL_BYTES: u64 = 4 * MAX_CHART_BYTES;
/// The most files of a chart with all that is in it.
pub const MAX_FILES: usize = 100_000;
/// Charts in charts.
pub const MAX_DEPTH: u32 = 64;

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path in the chart, with `/` between the parts.
    pub name: Arc<str>,
    /// Its bytes, without a byte order mark.
    pub data: Bytes,
    /// Its path from the root of the outermost chart, for readers.
    pub path: Arc<str>,
}

/// A chart with the charts in it, as loaded: immutable, and shared by any number of renders.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What `Chart.yaml` says, and `requirements.yaml` for charts of version 1.
    pub metadata: Metadata,
    /// What `values.yaml` says; an empty mapping if there is none.
    pub values: Item,
    /// The text of `values.schema.json`.
    pub schema: Option<File>,
    /// The same compiled, once it was needed and if it refers to no other document.
    pub(crate) compiled: OnceLock<Arc<Result<Schema, CompileError>>>,
    /// The files below `templates/`.
    pub templates: Vec<File>,
    /// All other files that templates can read.
    pub files: Vec<File>,
    /// Every file as it was read, in the order in which it was.
    pub raw: Vec<File>,
    /// The charts below `charts/`, in the order of their names.
    pub dependencies: Vec<Arc<Chart>>,
}

/// A loaded chart: the outermost one, and where its values were written.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The chart.
    pub chart: Arc<Chart>,
    /// The places of all values of all charts in it.
    pub sources: Arc<Sources>,
    /// What Helm would warn of.
    pub warnings: Vec<String>,
}

/// Whether a path ([`File::path`]) leads into an archive in a chart.
pub fn is_in_archive(path: &str) -> bool {
    path.contains(".tgz/") || path.contains(".tar.gz/")
}

impl Chart {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether it was read from an archive in another chart.
    pub fn is_packed(&self) -> bool {
        self.raw
            .first()
            .is_some_and(|file| is_in_archive(&file.path))
    }

    /// Whether only its partial templates count.
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }

    /// The dependencies that `Chart.yaml` names but that are not in `charts/`
    /// (`action.CheckDependencies`).
    pub fn missing_dependencies(&self) -> Vec<&str> {
        let wanted = self.metadata.dependencies.iter().flat_map(|all| all.iter());
        wanted
            .map(|wanted| wanted.name.as_str())
            .filter(|name| !self.dependencies.iter().any(|chart| chart.name() == *name))
            .collect()
    }
}
