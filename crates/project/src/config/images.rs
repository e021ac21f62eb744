//! What a configuration says of images, held against the project.

use plimsoll_source::EntryKind;
use plimsoll_source::nearest::nearest;

use super::{Config, Image, Problem};
use crate::snapshot::Project;

impl Config {
    /// What is not true of the project: Dockerfiles and stages that are not there. A Dockerfile
    /// outside the paths under review is not opened for it.
    pub fn check(&self, project: &Project) -> Vec<Problem> {
        let faults = self.images.iter();
        faults
            .filter_map(|image| self.fault(project, image))
            .collect()
    }

    fn fault(&self, project: &Project, image: &Image) -> Option<Problem> {
        let path = self.path(&image.dockerfile.text);
        let path = path.filter(|path| project.tree.kind(path) == Some(EntryKind::File));
        let Some(path) = path else {
            return Some(Problem {
                range: image.dockerfile.range,
                message: format!("there is no file `{}`", image.dockerfile.text),
                help: Some("name the Dockerfile from the folder of `plimsoll.toml` on".into()),
            });
        };
        let stage = image.stage.as_ref()?;
        let mut units = project.dockerfiles.iter();
        let unit = units.find(|unit| project.path(unit.file) == path)?;
        if unit.build.stage_named(&stage.text, usize::MAX).is_some() {
            return None;
        }
        let stages = unit.build.stages.iter();
        let names = stages.filter_map(|stage| Some(&*stage.name.as_ref()?.value));
        Some(Problem {
            range: stage.range,
            message: format!("`{path}` has no stage `{}`", stage.text),
            help: Some(match nearest(&stage.text, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a stage by what follows its `AS`".into(),
            }),
        })
    }
}
