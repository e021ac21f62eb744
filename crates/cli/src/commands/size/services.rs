//! The services of Compose files among the paths.

use plimsoll_project::Project;
use plimsoll_sizing::service::{Service, services};

use crate::roots::Roots;

/// The services of every Compose project, with what each of its files says of them.
pub(super) fn of<'p>(project: &'p Project, roots: &Roots) -> Vec<Service<'p>> {
    let mut found = Vec::new();
    for composed in project.compose_projects() {
        let mut units = composed.units.clone();
        let others = composed.members.iter();
        units.extend(others.filter(|unit| !composed.units.contains(unit)));
        let Some(first) = units.first() else { continue };
        let path = project.path(project.composes[*first].file);
        let folder = match path.rsplit_once('/') {
            Some((folders, _)) => folders.to_owned(),
            // Only the machine knows what the root is called.
            None => roots.shown_root(),
        };
        let folder = folder.rsplit(['/', '\\']).next().unwrap_or_default();
        let trees = units
            .iter()
            .map(|unit| (*unit, &project.composes[*unit].tree));
        found.extend(services(trees, folder));
    }
    found
}
