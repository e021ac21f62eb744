//! How much of its folder a build sends, and how much of that it needs.

use plimsoll_project::{DockerfileUnit, Project};

use super::build_context::View;
use super::context_files::bulk;
use super::facts::Facts;
use super::facts::copies::Whence;

/// Sizes of a build context, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContextSizes {
    /// All of the folder.
    pub folder: u64,
    /// What `.dockerignore` leaves of it.
    pub visible: u64,
    /// What some COPY or ADD takes of that: BuildKit sends nothing else.
    pub sent: u64,
    /// What remains of that without folders and files that no image needs (`.git`,
    /// `node_modules`, results of builds).
    pub needed: u64,
    /// Whether the folder was too large to be looked at whole; then the numbers are lower bounds.
    pub truncated: bool,
}

/// The sizes of the context of a Dockerfile; `None` where no context is known.
pub fn context_sizes(project: &Project, unit: &DockerfileUnit) -> Option<ContextSizes> {
    let view = View::of(project, unit)?;
    let everything = view.context.everything(project);
    let visible = view.visible();
    let facts = Facts::new(&unit.build);
    let mut taken = std::collections::BTreeMap::new();
    let copies = facts.copies.iter();
    for copy in copies.filter(|copy| copy.whence == Whence::Context) {
        for file in view.taken(copy) {
            taken.insert(file.path.as_str(), file.len);
        }
    }
    let needed = taken.iter().filter(|(path, _)| bulk(path).is_none());
    Some(ContextSizes {
        folder: everything.bytes,
        visible: visible.bytes,
        sent: taken.values().sum(),
        needed: needed.map(|(_, len)| len).sum(),
        truncated: everything.truncated || visible.truncated,
    })
}
