//! Whether a Compose service and a workload are one service.

use plimsoll_source::Confidence;

use crate::model::Evidence;

/// What a service or a workload runs.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) name: Box<str>,
    /// The name without what people add to it.
    pub(super) plain: String,
    pub(super) dockerfiles: Vec<(u32, Confidence)>,
    /// The last parts of the images' names.
    pub(super) images: Vec<Box<str>>,
    /// What the container is called, where the service says it.
    pub(super) container: Option<String>,
}

/// Something that a service and a workload may have in common.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Mark<'r> {
    Name(&'r str),
    Image(&'r str),
    Dockerfile(u32),
}

impl Runs {
    pub(super) fn marks(&self) -> impl Iterator<Item = Mark<'_>> {
        let images = self.images.iter().map(|image| Mark::Image(image));
        let built = self.dockerfiles.iter().map(|one| Mark::Dockerfile(one.0));
        images.chain(built).chain([Mark::Name(&self.plain)])
    }
}

/// A name without what people add to it: `web` of `Web_deployment`.
pub(super) fn plain(name: &str) -> String {
    let mut name = name.to_ascii_lowercase().replace('_', "-");
    for ending in ["-deployment", "-statefulset", "-deploy"] {
        if let Some(bare) = name.strip_suffix(ending) {
            name.truncate(bare.len());
            break;
        }
    }
    name
}

/// Whether a Compose service and a workload are one service. `alone` tells whether a Dockerfile
/// makes one service only, `beside` whether two lie in one folder, and how surely they are of one
/// service.
pub(super) fn same(
    here: &Runs,
    there: &Runs,
    alone: impl Fn(u32) -> bool,
    beside: impl Fn(u32, u32) -> Option<Confidence>,
) -> Option<(Evidence, Confidence)> {
    let (name, other) = (&*here.plain, &*there.plain);
    let build = here.dockerfiles.iter().find_map(|(dockerfile, sure)| {
        let found = there
            .dockerfiles
            .iter()
            .find(|(other, _)| other == dockerfile)?;
        Some((*dockerfile, (*sure).min(found.1)))
    });
    if let Some((dockerfile, confidence)) = build {
        let fits =
            name == other || alone(dockerfile) || is_part(name, other) || is_part(other, name);
        // What is called alike on top of that is beyond reasonable doubt, be it the workload, the
        // image of it or the container.
        let image = alone(dockerfile) && there.images.iter().any(|image| plain(image) == name);
        let container = here.container.as_deref() == Some(other);
        let confidence = if name == other || image || container {
            Confidence::High
        } else {
            confidence
        };
        return fits.then_some((Evidence::SameBuild, confidence));
    }
    if let (Some((one, _)), Some((two, _))) = (here.dockerfiles.first(), there.dockerfiles.first())
    {
        // One Dockerfile for development and one for production, side by side.
        let sure = beside(*one, *two).filter(|_| name == other)?;
        return Some((Evidence::SameServiceName(name.into()), sure));
    }
    let image = here.images.iter().any(|image| there.images.contains(image));
    // A database of one image may stand beside each of several services.
    let alike = is_part(name, other) || is_part(other, name) || {
        let starts = |a: &str, b: &str| {
            a.len() > 3 && b.strip_prefix(a).is_some_and(|rest| rest.starts_with('-'))
        };
        starts(name, other) || starts(other, name)
    };
    match (image, name == other) {
        (true, true) => Some((Evidence::SameServiceName(name.into()), Confidence::High)),
        (true, false) if alike => Some((Evidence::SameImage, Confidence::Medium)),
        _ => None,
    }
}

/// Whether `whole` has `part` as one of its ends: `frontend` in `podinfo-frontend`.
pub(super) fn is_part(part: &str, whole: &str) -> bool {
    let before = whole
        .strip_suffix(part)
        .is_some_and(|rest| rest.ends_with('-'));
    let after = whole
        .strip_prefix(part)
        .is_some_and(|rest| rest.starts_with('-'));
    before || after
}
