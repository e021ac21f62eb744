//! All artefacts of a survey.

use std::collections::BTreeSet;

use crate::image;
use crate::model::{Evidence, Service, Survey};
use crate::plan::{Running, running};
use crate::wishes::Wishes;
use crate::written::Written;
use crate::{chart, compose, manifests};

/// A kind of files that are written together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Artefact {
    /// Dockerfile and `.dockerignore`.
    Dockerfile,
    /// Compose file, `.env.example`, the example of an override, lines of `.gitignore`.
    Compose,
    /// Manifests.
    Manifests,
    /// Helm charts.
    Chart,
}

impl Artefact {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Dockerfile,
        Self::Compose,
        Self::Manifests,
        Self::Chart,
    ];

    /// Which kind a generated file is of, by its path.
    pub fn of(path: &str) -> Self {
        match path {
            compose::COMPOSE_FILE
            | "compose.override.example.yaml"
            | ".env.example"
            | ".gitignore" => Self::Compose,
            path if path.starts_with("compose/") => Self::Compose,
            path if path.starts_with("k8s/") => Self::Manifests,
            path if path.starts_with("chart/") || path.starts_with("charts/") => Self::Chart,
            _ => Self::Dockerfile,
        }
    }
}

/// Writes the files of these kinds, ordered by path. A Dockerfile that `wishes` says is somebody
/// else's is not written, nor is what its builder may see.
pub fn generate(survey: &Survey, wishes: &Wishes, only: &BTreeSet<Artefact>) -> Vec<Written> {
    let mut files = Vec::new();
    if only.contains(&Artefact::Dockerfile) {
        let paths = image::paths(&survey.services);
        for (service, paths) in survey.services.iter().zip(paths) {
            let Some(running) = running(service) else {
                continue;
            };
            if wishes.existing(&paths.dockerfile).is_some() {
                continue;
            }
            let mut dockerfile = image::dockerfile(service, &running);
            dockerfile.path = paths.dockerfile;
            let mut ignore = image::dockerignore(service, &running);
            ignore.path = paths.ignore;
            files.extend([dockerfile, ignore]);
        }
    }
    if only.contains(&Artefact::Compose) {
        files.extend(compose::write(survey, wishes));
    }
    if only.contains(&Artefact::Manifests) {
        files.extend(manifests::write(survey, wishes));
    }
    if only.contains(&Artefact::Chart) {
        files.extend(chart::write(survey, wishes));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    // Two services may be built from one folder.
    files.dedup_by(|second, first| second.path == first.path);
    files
}

/// How a service's image is built, from the root of the tree.
pub(crate) struct Built {
    /// The Dockerfile's path relative to the context.
    pub(crate) dockerfile: String,
    /// The stage that ships; nothing for the last.
    pub(crate) target: Option<String>,
    /// Whether there is a stage for development.
    pub(crate) has_dev: bool,
    /// What says so.
    pub(crate) why: Vec<Evidence>,
}

/// How each service runs, with what somebody else's Dockerfile says in the place of what ours
/// would: nothing of services of which nothing says what starts them.
pub(crate) fn runnable<'s>(
    survey: &'s Survey,
    wishes: &Wishes,
) -> Vec<(&'s Service, Running, Built)> {
    let paths = image::paths(&survey.services);
    let services = survey.services.iter().zip(paths);
    services
        .filter_map(|(service, paths)| {
            let mut running = running(service)?;
            let context = service.builder_root();
            let inside = paths.dockerfile.strip_prefix(context);
            let dockerfile = inside.unwrap_or(&paths.dockerfile);
            let mut built = Built {
                dockerfile: dockerfile.trim_start_matches('/').to_owned(),
                target: Some("runtime".to_owned()),
                has_dev: true,
                why: service.name.evidence.clone(),
            };
            if let Some(existing) = wishes.existing(&paths.dockerfile) {
                existing.apply(&mut running, service);
                built.target.clone_from(&existing.target);
                built.has_dev = existing.has_dev;
                built.why = vec![Evidence::file(
                    existing.dockerfile.as_str(),
                    "the Dockerfile is somebody's own",
                )];
            }
            Some((service, running, built))
        })
        .collect()
}
