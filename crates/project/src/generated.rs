//! What was generated and is reviewed like what was written: the manifests of rendered charts.
//!
//! A chart is rendered once for each set of values. What one render gives is applied together,
//! and never with what another render of the same chart gives.

use plimsoll_source::{FileId, Marks, Place};

use crate::snapshot::Project;

/// One chart with one set of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Render {
    /// The chart's folder, relative to the root.
    pub folder: String,
    /// What the set of values is called: `values.yaml`, or a path relative to the chart.
    pub values: String,
    /// Whether the values are there for checks only, so that nothing in them is meant to last.
    pub is_trial: bool,
}

/// What a generated manifest came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generated {
    /// The render, by its number in [`Project::renders`].
    pub render: usize,
    /// Whether findings in it are reported; those of subcharts are not unless asked for.
    pub reported: bool,
}

/// What templates are given beside values. What flowed into a part of a render, or decided that it
/// is there, is told by its marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// The name of the release.
    ReleaseName,
    /// The namespace of the release.
    ReleaseNamespace,
    /// Which revision of the release it is.
    Revision,
    /// Whether it is installed or upgraded.
    Stage,
    /// The version of the chart.
    ChartVersion,
    /// The version of the application, as the chart says.
    AppVersion,
    /// Further files of the chart.
    Files,
    /// What is random.
    Chance,
    /// The time.
    Time,
    /// What is in the cluster (`lookup`).
    Cluster,
    /// It is not known: too much flowed in.
    Anything,
}

impl Given {
    /// Its content flowed in.
    pub const fn content(self) -> Marks {
        Marks(1 << self as u32)
    }

    /// It was tested.
    pub const fn branch(self) -> Marks {
        Marks(1 << (16 + self as u32))
    }

    /// Either.
    pub const fn any(self) -> Marks {
        self.content().join(self.branch())
    }
}

/// A chart that could not be rendered with a set of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Where it failed.
    pub place: Place,
    /// The calls that led there, innermost first.
    pub chain: Vec<Place>,
    /// What Helm says, without the place.
    pub message: String,
    /// What more is known of the cause, each a sentence of its own.
    pub notes: Vec<String>,
    /// What the set of values is called.
    pub values: String,
    /// Whether the chart's author refuses these values (`required`, `fail`), and they are the
    /// defaults, which nobody is meant to use as they are.
    pub is_demand: bool,
}

impl Project {
    /// What a generated file came from; `None` for a written one.
    pub fn generated(&self, file: FileId) -> Option<Generated> {
        self.generated.get(file.0 as usize).copied().flatten()
    }

    /// How two files lie if a render gave both: `Some(true)` for one render, `Some(false)` for
    /// two of one chart.
    pub fn rendered_together(&self, a: FileId, b: FileId) -> Option<bool> {
        let (a, b) = (self.generated(a)?.render, self.generated(b)?.render);
        if a == b {
            return Some(true);
        }
        let same_chart = self.renders[a].folder == self.renders[b].folder;
        same_chart.then_some(false)
    }

    /// The sets of values that the chart of a render was rendered with.
    pub fn sets_of_chart(&self, render: usize) -> impl Iterator<Item = usize> + '_ {
        let folder = &self.renders[render].folder;
        let renders = self.renders.iter().enumerate();
        renders.filter_map(move |(number, one)| (one.folder == *folder).then_some(number))
    }

    /// Says that a file was generated.
    pub fn mark_generated(&mut self, file: FileId, generated: Generated) {
        let index = file.0 as usize;
        if self.generated.len() <= index {
            self.generated.resize(index + 1, None);
        }
        self.generated[index] = Some(generated);
    }
}
