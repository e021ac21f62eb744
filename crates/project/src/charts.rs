//! Helm charts as sets of files: what a chart says of itself, what it is made of, and how it was
//! found to be when it was rendered.

use plimsoll_source::{FileId, Place};
use plimsoll_yaml::Tree;

use crate::snapshot::ManifestUnit;

/// A chart under review that is no part of another one.
#[derive(Debug)]
pub struct ChartUnit {
    /// Its folder, relative to the root.
    pub folder: String,
    /// `Chart.yaml`.
    pub file: FileId,
    /// The same, parsed with [`plimsoll_yaml::Dialect::GoV2`].
    pub tree: Tree,
    /// Whether it says that it is a library.
    pub is_library: bool,
    /// Whether Helm would load it. If not, nothing but its `Chart.yaml` is known.
    pub is_loaded: bool,
    /// What Helm would pack, without the charts in it, by name.
    pub files: Vec<ChartFile>,
    /// `Chart.lock` or, for a chart of version 1, `requirements.lock`.
    pub lock: Option<FileId>,
    /// What it depends on, in the order in which it is written.
    pub dependencies: Vec<ChartDependency>,
    /// What of `kubeVersion` and the dependencies, by their names, has no range of versions that
    /// Helm could read.
    pub unreadable: Vec<String>,
    /// The names of the charts in `charts/`.
    pub subcharts: Vec<String>,
    /// What the chart gives for a release with the longest name that there can be, as far as
    /// that name shows in it.
    pub long_named: Vec<ManifestUnit>,
    /// The length of that name.
    pub long_name: usize,
    /// Templates that were left out, because a chart that is not there would have to be.
    pub left_out: Vec<LeftOut>,
}

/// A file of a chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartFile {
    /// Its path in the chart.
    pub name: String,
    /// Its size in bytes.
    pub len: usize,
    /// Its text, for templates, CustomResourceDefinitions and what describes the chart.
    pub file: Option<FileId>,
}

/// A chart that a chart depends on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChartDependency {
    /// Its name.
    pub name: String,
    /// The versions that are wanted.
    pub version: String,
    /// Where it is to be fetched from.
    pub repository: String,
    /// The version in the lock file.
    pub locked: Option<Locked>,
    /// The version in `charts/`.
    pub vendored: Option<Locked>,
    /// Whether it was found nowhere, neither in `charts/` nor elsewhere in the tree.
    pub is_missing: bool,
}

/// A version that was chosen for a dependency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Locked {
    /// The version.
    pub version: String,
    /// Whether it is one of those that are wanted.
    pub fits: bool,
}

/// A template that could not be rendered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The template.
    pub path: String,
    /// Where it failed.
    pub place: Place,
    /// What Helm says.
    pub message: String,
}

impl ChartUnit {
    /// The text of a file of the chart by its name there.
    pub fn text_of(&self, name: &str) -> Option<FileId> {
        let at = self.files.binary_search_by(|file| (*file.name).cmp(name));
        self.files[at.ok()?].file
    }

    /// The files whose texts are known below a folder of the chart, such as `templates/`.
    pub fn below<'c>(&'c self, folder: &'c str) -> impl Iterator<Item = (&'c str, FileId)> {
        let files = self.files.iter();
        let inside = files.filter(move |file| file.name.starts_with(folder));
        inside.filter_map(|file| Some((&*file.name, file.file?)))
    }
}
