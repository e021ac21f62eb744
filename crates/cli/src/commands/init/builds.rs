//! Which images of manifests are built here, by what is known of Dockerfiles across files.

use std::sync::Arc;

use plimsoll_links::Links;
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::runner::Runner;
use plimsoll_project::disk::DiskTree;
use plimsoll_project::{Options, Project};
use plimsoll_scaffold::from_manifests::{Build, Builds};
use plimsoll_scaffold::model::Evidence;

use super::place::Place;
use crate::settings::Settings;

/// What builds each image that a workload below the folder runs.
pub(super) fn of(place: &Place, settings: &Settings) -> Builds {
    let options = Options {
        paths: Vec::new(),
        config: settings.config.clone(),
    };
    let project = Project::load(Arc::new(DiskTree::new(place.root())), &options);
    let links = Links::new(&project);
    let mut builds = Builds::new();
    for (object, _) in links.objects().iter() {
        for container in links.containers(object) {
            let name = container.container.image();
            let Some(name) = name.and_then(|node| node.text()) else {
                continue;
            };
            if builds.contains_key(&*name) {
                continue;
            }
            let found = links.image_of(&Runner::Container(container));
            let build = found.and_then(|(image, _)| build(&project, image));
            builds.extend(build.map(|build| (name.into_owned(), build)));
        }
    }
    builds
}

fn build(project: &Project, image: Image<'_>) -> Option<Build> {
    let path = project.path(image.file());
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let context = image.unit().context;
    let context = context.and_then(|context| project.contexts.get(context));
    let context = context.map_or(folder, |context| context.dir.as_str());
    let inside = match context {
        "" => path,
        context => path.strip_prefix(context)?.strip_prefix('/')?,
    };
    let stages = &image.build().stages;
    let is_last = image.stage().index + 1 == stages.len();
    let name = image
        .stage()
        .name
        .as_ref()
        .map(|name| name.value.to_string());
    let place = image.head();
    let line = project
        .files
        .get(place.file)
        .line_col(place.range.start)
        .line;
    let why = Evidence::line(path, line, "it builds the image");
    Some(Build {
        context: context.to_owned(),
        dockerfile: inside.to_owned(),
        target: name.filter(|_| !is_last),
        has_healthcheck: image.stage().healthcheck.is_some(),
        why: vec![why],
    })
}
