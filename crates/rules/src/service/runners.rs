//! Small questions that the rules across files ask.

use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::runner::{ContainerRunner, Runner, ServiceRunner};
use plimsoll_links::{LinkKind, Links, Thing};
use plimsoll_source::Confidence;

use crate::{ComposeInput, ContainerInput, Cx};

/// The container of a check as links know it.
pub(crate) fn container<'i>(cx: &Cx<'_>, input: &ContainerInput<'i>) -> ContainerRunner<'i> {
    ContainerRunner {
        object: cx.this(),
        file: input.unit.file,
        workload: input.workload,
        container: input.container,
    }
}

/// The services of a check's Compose file as links know them.
pub(crate) fn services<'i>(cx: &Cx<'_>, input: &ComposeInput<'i>) -> Vec<ServiceRunner<'i>> {
    let units = &cx.project.composes;
    let number = units.iter().position(|unit| unit.file == input.unit.file);
    let Some(number) = number else {
        return Vec::new();
    };
    input
        .file
        .services()
        .map(|service| ServiceRunner {
            compose: number as u32,
            unit: input.unit,
            service,
        })
        .collect()
}

/// The Compose services that are the same service as a container, here and there: those that
/// links name, where that is certain.
pub(crate) fn same_services<'a>(
    links: &Links<'a>,
    runner: &ContainerRunner<'_>,
    image: Option<Image<'_>>,
) -> Vec<ServiceRunner<'a>> {
    let mut found = Vec::new();
    let alone = runner.container.pod().containers().count() == 1;
    for link in links.to(&Thing::Object(runner.object)) {
        if link.kind == LinkKind::SameAs && link.confidence == Confidence::High {
            let service = links.service(links.thing(link.from));
            // In a pod of several containers the one that runs the same image is meant.
            let fits = |service: &ServiceRunner<'a>| {
                alone || {
                    let built = links.image_of(&Runner::Service(*service));
                    match (built, image) {
                        (Some((one, _)), Some(two)) => one.thing() == two.thing(),
                        _ => false,
                    }
                }
            };
            found.extend(service.filter(fits));
        }
    }
    found
}
