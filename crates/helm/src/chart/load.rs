//! From files to a chart (Helm's `chart/v2/loader`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::archive::{self, ArchiveError, Budget};
use super::folder::FolderError;
use super::metadata::{self, Metadata, MetadataError};
use super::{Chart, File, Loaded, MAX_DEPTH};
use crate::values::{Data, Item, ReadError, SourceFile, Sources, read_plain, read_values};

/// A chart could not be loaded. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// What is wrong.
    pub kind: LoadErrorKind,
    /// The charts on the way to it, the outermost first: its name, and the entry of its
    /// `charts/`.
    pub inside: Vec<(String, String)>,
}

/// The ways in which loading fails.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LoadErrorKind {
    /// The folder could not be read.
    #[error(transparent)]
    Folder(FolderError),
    /// The archive could not be read.
    #[error(transparent)]
    Archive(ArchiveError),
    /// There is no `Chart.yaml`.
    #[error("Chart.yaml file is missing")]
    NoMetadata,
    /// A file of the chart is no YAML, or not what it should be.
    #[error("cannot load {file}: {error}")]
    Yaml {
        /// The file's path in the chart.
        file: String,
        /// What is wrong with it.
        error: ReadError,
    },
    /// `Chart.yaml` says something impossible.
    #[error("validation: {0}")]
    Metadata(MetadataError),
    /// An `apiVersion` that this renderer does not know.
    #[error("unsupported chart version")]
    Version,
    /// An archive in `charts/` whose file has another name than its entry.
    #[error("error unpacking subchart tar in {chart}: expected {expected}, got {found}")]
    Misplaced {
        /// The chart.
        chart: String,
        /// The entry.
        expected: String,
        /// The file.
        found: String,
    },
    /// Charts in charts without end.
    #[error("charts are nested deeper than {MAX_DEPTH}")]
    TooDeep,
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (chart, entry) in &self.inside {
            write!(f, "error unpacking subchart {entry} in {chart}: ")?;
        }
        write!(f, "{}", self.kind)
    }
}

impl std::error::Error for LoadError {}

impl From<LoadErrorKind> for LoadError {
    fn from(kind: LoadErrorKind) -> Self {
        Self {
            kind,
            inside: Vec::new(),
        }
    }
}

impl Loaded {
    /// Loads a chart from its files.
    pub fn from_files(files: Vec<File>) -> Result<Self, LoadError> {
        version(&files)?;
        Self::of_any_version(files)
    }

    /// The same, whatever `apiVersion` says: so Helm's linter and `package` load charts.
    pub(crate) fn of_any_version(files: Vec<File>) -> Result<Self, LoadError> {
        let mut loader = Loader::default();
        let chart = loader.chart(files, &[], 0)?;
        Ok(Self {
            chart: Arc::new(chart),
            sources: Arc::new(loader.sources),
            warnings: loader.warnings,
        })
    }
}

/// Refuses versions of charts that are not rendered.
fn version(files: &[File]) -> Result<(), LoadErrorKind> {
    let Some(file) = files.iter().find(|file| &*file.name == "Chart.yaml") else {
        return Err(LoadErrorKind::NoMetadata);
    };
    let item = read_plain(&file.data).map_err(|error| yaml(file, error))?;
    if !matches!(item.data, Data::Map(_) | Data::Null) {
        let words = metadata::mismatch(&item.data, "Go value of type loader.chartBase");
        return Err(yaml(file, words));
    }
    let version = item.data.get("apiVersion").map(|item| &item.data);
    match version {
        None | Some(Data::Null) => Ok(()),
        Some(Data::Str(text)) => match &**text {
            b"" | b"v1" | b"v2" => Ok(()),
            // What Helm says of it later depends on what is in it.
            b"v3" => Ok(()),
            _ => Err(LoadErrorKind::Version),
        },
        Some(_) => Err(LoadErrorKind::Version),
    }
}

fn yaml(file: &File, error: ReadError) -> LoadErrorKind {
    LoadErrorKind::Yaml {
        file: file.name.to_string(),
        error,
    }
}

#[derive(Default)]
struct Loader {
    sources: Sources,
    warnings: Vec<String>,
    /// For the archives in the chart.
    budget: Budget,
}

impl Loader {
    fn chart(
        &mut self,
        files: Vec<File>,
        below: &[Arc<str>],
        depth: u32,
    ) -> Result<Chart, LoadError> {
        let mut metadata: Option<Metadata> = None;
        for file in files.iter().filter(|file| &*file.name == "Chart.yaml") {
            let metadata = metadata.get_or_insert_default();
            let item = read_plain(&file.data).map_err(|error| yaml(file, error))?;
            let decoded = metadata.decode(&item);
            decoded.map_err(|error| yaml(file, error))?;
            if metadata.api_version.is_empty() {
                "v1".clone_into(&mut metadata.api_version);
            }
        }
        let mut chart = Chart {
            metadata: Metadata::default(),
            values: Data::map().into(),
            schema: None,
            compiled: std::sync::OnceLock::new(),
            templates: Vec::new(),
            files: Vec::new(),
            raw: files.clone(),
            dependencies: Vec::new(),
        };
        let mut inner: BTreeMap<String, Vec<File>> = BTreeMap::new();
        let mut values = None;
        for file in files {
            match &*file.name {
                "Chart.yaml" => {}
                "Chart.lock" => lock(&file)?,
                "values.yaml" => values = Some(file),
                "values.schema.json" => chart.schema = Some(file),
                "requirements.yaml" => {
                    let metadata = metadata.get_or_insert_default();
                    if metadata.api_version != "v1" {
                        self.warnings.push("Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.".into());
                    }
                    let item = read_plain(&file.data).map_err(|error| yaml(&file, error))?;
                    let decoded = metadata.decode(&item);
                    decoded.map_err(|error| yaml(&file, error))?;
                    if metadata.api_version == "v1" {
                        chart.files.push(file);
                    }
                }
                "requirements.lock" => {
                    lock(&file)?;
                    let metadata = metadata.get_or_insert_default();
                    if metadata.api_version == "v1" {
                        chart.files.push(file);
                    } else {
                        self.warnings.push("Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.".into());
                    }
                }
                name if name.starts_with("templates/") => chart.templates.push(file),
                name if name.starts_with("charts/") => {
                    if extension(name) == ".prov" {
                        chart.files.push(file);
                        continue;
                    }
                    let name = name["charts/".len()..].to_owned();
                    let entry = name.split('/').next().unwrap_or_default().to_owned();
                    let file = File {
                        name: name.into(),
                        ..file
                    };
                    inner.entry(entry).or_default().push(file);
                }
                _ => chart.files.push(file),
            }
        }
        let mut path = below.to_vec();
        if depth > 0 {
            let name = metadata.as_ref().map_or("", |metadata| &metadata.name);
            path.push(name.into());
        }
        if let Some(file) = values {
            chart.values = self.values(&file, &path)?;
        }
        let Some(mut metadata) = metadata else {
            return Err(LoadErrorKind::NoMetadata.into());
        };
        metadata.validate().map_err(LoadErrorKind::Metadata)?;
        chart.metadata = metadata;
        for (entry, files) in inner {
            if let Some(found) = self.inner(&chart, &entry, files, &path, depth)? {
                chart.dependencies.push(Arc::new(found));
            }
        }
        Ok(chart)
    }

    fn values(&mut self, file: &File, below: &[Arc<str>]) -> Result<Item, LoadErrorKind> {
        let place = SourceFile {
            name: file.path.clone(),
            text: "".into(),
            below: below.into(),
        };
        read_values(place, &file.data, &mut self.sources).map_err(|error| yaml(file, error))
    }

    /// A chart of `charts/`; `None` if the entry is none.
    fn inner(
        &mut self,
        chart: &Chart,
        entry: &str,
        files: Vec<File>,
        below: &[Arc<str>],
        depth: u32,
    ) -> Result<Option<Chart>, LoadError> {
        if entry.starts_with(['_', '.']) {
            return Ok(None);
        }
        let found = if depth >= MAX_DEPTH {
            Err(LoadErrorKind::TooDeep.into())
        } else if extension(entry) == ".tgz" {
            let file = &files[0];
            if &*file.name != entry {
                return Err(LoadErrorKind::Misplaced {
                    chart: chart.name().to_owned(),
                    expected: entry.to_owned(),
                    found: file.name.to_string(),
                }
                .into());
            }
            let unpacked = archive::files(&file.data, &file.path, &mut self.budget);
            let unpacked = unpacked.map_err(LoadErrorKind::Archive);
            unpacked
                .map_err(LoadError::from)
                .and_then(|files| self.chart(files, below, depth + 1))
        } else {
            let inside = files.into_iter().filter_map(|file| {
                let (_, name) = file.name.split_once('/')?;
                Some(File {
                    name: name.into(),
                    ..file
                })
            });
            self.chart(inside.collect(), below, depth + 1)
        };
        found.map(Some).map_err(|mut error| {
            let step = (chart.name().to_owned(), entry.to_owned());
            error.inside.insert(0, step);
            error
        })
    }
}

/// Checks a lock file, of which rendering needs nothing.
fn lock(file: &File) -> Result<(), LoadErrorKind> {
    let item = read_plain(&file.data).map_err(|error| yaml(file, error))?;
    let read = metadata::decode_lock(&item).map_err(|error| yaml(file, error));
    read.map(|_| ())
}

/// The extension of a path with its dot (`filepath.Ext`).
fn extension(path: &str) -> &str {
    let name = plimsoll_source::files::file_name(path);
    name.rfind('.').map_or("", |at| &name[at..])
}
