//! As whom the images of containers run, where they are built in the project.

use plimsoll_k8s::Container;
use plimsoll_links::facts::identity::{Identity, User};
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::runner::{ContainerRunner, Runner};
use plimsoll_oci::Reference;
use plimsoll_source::{FileId, Place};
use plimsoll_yaml::Node;

use crate::dockerfile::shipped::shipped;
use crate::{Cx, WorkloadInput};

/// The numbers of the users of a container's image, with their USER instructions: several where
/// several Dockerfiles may have built it. `None` where it is not built here, or where one of them
/// is root, a name, or nobody that is known.
pub(crate) fn built_users(
    cx: &Cx<'_>,
    input: &WorkloadInput<'_>,
    container: Container<'_>,
) -> Option<Vec<(u32, Place)>> {
    let runner = ContainerRunner {
        object: cx.this(),
        file: input.unit.file,
        workload: input.workload,
        container,
    };
    let images = match cx.links.image_of(&Runner::Container(runner)) {
        Some((image, _)) => vec![image],
        None => by_folder(cx, input.unit.file, container),
    };
    let user = |image: &Image<'_>| {
        let identity = Identity::of(*image);
        match identity.user {
            User::Id(id) => Some((id, identity.place.unwrap_or(image.head()))),
            User::Root | User::Name(_) | User::Unknown => None,
        }
    };
    let users: Option<Vec<(u32, Place)>> = images.iter().map(user).collect();
    users.filter(|users| !users.is_empty())
}

/// What the Dockerfiles build that lie in a folder called like the image, where there are several
/// such folders in the one nearest to the manifest.
fn by_folder<'a>(cx: &Cx<'a>, file: FileId, container: Container<'_>) -> Vec<Image<'a>> {
    let text = container.image().and_then(Node::as_str);
    let reference = text.and_then(|text| Reference::parse(&text).ok());
    // What everybody pulls is not built here.
    let Some(reference) = reference.filter(|reference| !reference.is_official()) else {
        return Vec::new();
    };
    let own = cx.project.path(file);
    let mut found: Vec<(&str, Image<'a>)> = Vec::new();
    for (number, unit) in cx.project.dockerfiles.iter().enumerate() {
        let path = cx.project.path(unit.file);
        let Some(folder) = folder_called(path, reference.name()) else {
            continue;
        };
        let stage = shipped(unit).map(|stage| stage.index as u32);
        let image = stage.and_then(|stage| Image::new(cx.project, number as u32, stage));
        found.extend(image.map(|image| (folder, image)));
    }
    let shared = |folder: &str| {
        let ours = own.split('/');
        folder
            .split('/')
            .zip(ours)
            .take_while(|(a, b)| a == b)
            .count()
    };
    let most = found.iter().map(|(folder, _)| shared(folder)).max();
    found.retain(|(folder, _)| Some(shared(folder)) == most);
    found.into_iter().map(|(_, image)| image).collect()
}

/// The path up to its last folder of this name.
fn folder_called<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let mut end = path.len();
    while let Some(at) = path[..end].rfind('/') {
        let folder = &path[..at];
        if folder.rsplit('/').next() == Some(name) {
            return Some(folder);
        }
        end = at;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::folder_called;

    #[test]
    fn folders_are_found_by_their_name() {
        let found = |path| folder_called(path, "web");
        assert_eq!(found("web/src/docker/Dockerfile.jvm"), Some("web"));
        assert_eq!(found("web/web/Dockerfile"), Some("web/web"));
        assert_eq!(found("apps/web/Dockerfile"), Some("apps/web"));
        assert_eq!(found("apps/web-ui/Dockerfile"), None);
        assert_eq!(found("web"), None);
    }
}
