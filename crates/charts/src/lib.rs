//! The Helm charts of a project, rendered so that they are reviewed as manifests are.
//!
//! [`add`] finds the charts, renders each of them once for each of its sets of values, and adds
//! what they give to the project: units like all others, whose text knows for each of its parts
//! the template text that wrote it, the calls that led there and the values that flowed in. So
//! no rule needs to know of charts.
//!
//! Invariants: what is rendered is the same on every run (time and chance are made up); a chart
//! costs a bounded amount of work; only files below the root are named. This crate knows no
//! rules and prints nothing.

mod chance;
mod documents;
mod failures;
mod find;
pub mod listing;
mod load;
mod long_names;
mod merge;
mod origins;
mod paths;
mod render;
mod sets;
mod unit;
mod values;

use plimsoll_project::Project;
use rayon::prelude::*;

/// How charts are rendered.
#[derive(Clone, Debug)]
pub struct Options {
    /// The files and folders under review, relative to the root; empty for the whole tree.
    pub paths: Vec<String>,
    /// The version of Kubernetes that templates see, such as `1.34`.
    pub kube_version: String,
    /// Whether findings in the manifests of subcharts are reported.
    pub subcharts: bool,
    /// Which sets of values are rendered.
    pub sets: Sets,
    /// Whether the chart is rendered once more for a release with the longest name that there
    /// can be.
    pub long_names: bool,
    /// What the charts are installed as; the chart's own name in `default` when not known.
    pub release: Option<Named>,
    /// The one set of values to render, by its name; charts without it are rendered as
    /// [`Options::sets`] says.
    pub values: Option<String>,
}

/// The name of a release, and the namespace that it is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Its name, which Helm must allow.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}

/// Which sets of values are rendered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sets {
    /// The chart's defaults, its `ci/*-values.yaml`, the values files beside `values.yaml`, and
    /// what `plimsoll.toml` names.
    #[default]
    All,
    /// The first of them with which the chart can be rendered.
    First,
}

impl Options {
    /// Everything below these paths, for a version of Kubernetes.
    pub fn new(paths: &[String], kube_version: &impl ToString) -> Self {
        Self {
            paths: paths.to_vec(),
            kube_version: kube_version.to_string(),
            subcharts: false,
            sets: Sets::All,
            long_names: true,
            release: None,
            values: None,
        }
    }
}

/// The names of the sets of values of a project's charts, each once.
pub fn set_names(project: &Project) -> std::collections::BTreeSet<String> {
    let charts = project.charts.iter();
    charts
        .flat_map(|chart| sets::sets(project, &chart.folder))
        .map(|set| set.name)
        .collect()
}

/// Renders the charts of a project and adds their manifests to it.
pub fn add(project: &mut Project, options: &Options) {
    let found = find::charts(project, &options.paths);
    let outcomes: Vec<render::Outcome> = found
        .par_iter()
        .map(|chart| render::chart(project, chart, options))
        .collect();
    merge::merge(project, outcomes);
}
