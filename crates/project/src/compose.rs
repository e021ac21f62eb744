//! Compose projects: the files of a folder as Compose sees them together, resolved.
//!
//! Nothing is resolved before the first question, and nothing is taken from the machine: the
//! files are those of the tree, no variable is set, every profile is on. What a clone may lack
//! is tolerated (see [`Request::lenient`]).

mod around;
mod sets;
mod told;

pub(crate) use around::failure;
use plimsoll_compose::resolve::SourceId;
pub use plimsoll_compose::resolve::{
    Category, Format, LinkKind, Notice, Reason, Records, Refusal, Request, Resolved, Spot,
    Surroundings, TemplateVariable, Unresolved, resolve,
};
use plimsoll_source::{FileId, Place};

use crate::snapshot::{ComposeUnit, Project};

/// Files that Compose lays over one another, resolved.
#[derive(Debug)]
pub struct ComposeProject {
    /// The files laid over one another, the first one first, as far as they are under review
    /// (indices into [`Project::composes`]).
    pub units: Vec<usize>,
    /// Those, and the files that they include and extend, in path order.
    pub members: Vec<usize>,
    /// What they come to.
    pub outcome: Result<Resolved, Box<Unresolved>>,
}

impl Project {
    /// The Compose projects of the files under review, each set of files that Compose lays over
    /// one another once: what `docker compose` finds by itself in a folder, further files that
    /// stand by themselves, and those that need the folder's own file below them. Files that only
    /// others include or extend are no project of their own.
    pub fn compose_projects(&self) -> &[ComposeProject] {
        self.composed
            .get_or_init(|| sets::projects(self, |_, _| true))
    }

    /// Those of folders in which files have to do with others: what a folder's only file says by
    /// itself needs no resolution to be understood, and most are like that.
    fn linked_compose_projects(&self) -> &[ComposeProject] {
        self.composed_links
            .get_or_init(|| sets::projects(self, sets::is_linked))
    }

    /// The Compose projects that a file is part of, by itself, included or extended.
    pub fn compose_projects_with(
        &self,
        unit: &ComposeUnit,
    ) -> impl Iterator<Item = &ComposeProject> {
        let file = unit.file;
        let is_unit = move |index: &usize| self.composes[*index].file == file;
        let is_linked =
            sets::folder_of(self, unit).is_some_and(|(_, units)| sets::is_linked(self, &units));
        let all = match self.composed.get() {
            None if is_linked => self.linked_compose_projects(),
            _ => self.compose_projects(),
        };
        all.iter()
            .filter(move |project| project.members.iter().any(is_unit))
    }
}

impl ComposeProject {
    /// The resolved project, if it could be.
    pub fn resolved(&self) -> Option<&Resolved> {
        self.outcome.as_ref().ok()
    }

    /// What the places refer to.
    pub fn records(&self) -> &Records {
        match &self.outcome {
            Ok(resolved) => resolved.records(),
            Err(unresolved) => &unresolved.records,
        }
    }

    /// The Compose file under review that a source is. Env files are none, so that nothing of
    /// them can be shown.
    pub fn file(&self, project: &Project, source: SourceId) -> Option<FileId> {
        let path = path_in_tree(&self.records().source(source).path)?;
        unit_at(project, path).map(|index| project.composes[index].file)
    }

    /// The place of a spot in a Compose file under review.
    pub fn place(&self, project: &Project, spot: Spot) -> Option<Place> {
        Some(Place::new(self.file(project, spot.source)?, spot.range))
    }
}

/// The path relative to the root that an absolute path of a resolved project stands for; `None`
/// for what lies outside.
pub fn path_in_tree(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(around::ROOT)?;
    rest.strip_prefix('/')
        .or_else(|| rest.is_empty().then_some(""))
}

/// The index of the Compose file with this path.
fn unit_at(project: &Project, path: &str) -> Option<usize> {
    let composes = &project.composes;
    composes
        .binary_search_by(|unit| project.path(unit.file).cmp(path))
        .ok()
}

#[cfg(test)]
mod tests;
