//! What runs an image: a Compose service, or a container of a workload.

use plimsoll_compose::{ComposeFile, Service};
use plimsoll_k8s::{Container, PodSpec, Workload};
use plimsoll_oci::Reference;
use plimsoll_project::ComposeUnit;
use plimsoll_source::{Confidence, FileId, Place, TextRange};
use plimsoll_yaml::Node;

use super::image::Image;
use crate::graph::Links;
use crate::model::{LinkKind, Thing};
use crate::objects::ObjectRef;

/// A service of a Compose file.
#[derive(Clone, Copy)]
pub struct ServiceRunner<'a> {
    /// Index into the project's Compose files.
    pub compose: u32,
    /// The file.
    pub unit: &'a ComposeUnit,
    /// The service as this one file has it.
    pub service: Service<'a>,
}

/// A container of an object.
#[derive(Clone, Copy)]
pub struct ContainerRunner<'a> {
    /// The object.
    pub object: ObjectRef,
    /// Its file.
    pub file: FileId,
    /// The object as a workload.
    pub workload: Workload<'a>,
    /// The container.
    pub container: Container<'a>,
}

/// Something that runs an image.
#[derive(Clone, Copy)]
pub enum Runner<'a> {
    /// A Compose service.
    Service(ServiceRunner<'a>),
    /// A container of a workload.
    Container(ContainerRunner<'a>),
}

impl Runner<'_> {
    /// The file that it stands in.
    pub fn file(self) -> FileId {
        match self {
            Self::Service(one) => one.unit.file,
            Self::Container(one) => one.file,
        }
    }

    /// A place in its file.
    pub fn place(self, range: TextRange) -> Place {
        Place::new(self.file(), range)
    }

    /// The short place that stands for it.
    pub fn head(self) -> Place {
        match self {
            Self::Service(one) => self.place(one.service.head()),
            Self::Container(one) => self.place(one.container.head()),
        }
    }

    /// The thing as links know it.
    pub fn thing(self) -> Thing {
        match self {
            Self::Service(one) => one.thing(),
            Self::Container(one) => Thing::Object(one.object),
        }
    }

    /// The image that it names, where the name is known.
    pub fn reference(self) -> Option<Reference> {
        let text = match self {
            Self::Service(one) => {
                if one.service.build().is_some() {
                    return None;
                }
                one.service.image()?.with_defaults()?
            }
            Self::Container(one) => one.container.image().and_then(Node::as_str)?,
        };
        Reference::parse(&text).ok()
    }
}

impl ServiceRunner<'_> {
    /// The service as links know it.
    pub fn thing(self) -> Thing {
        Thing::Service {
            compose: self.compose,
            name: (*self.service.name()).into(),
        }
    }
}

impl ContainerRunner<'_> {
    /// Whether it is the only container that its pods run.
    pub fn pod_is_single(self) -> bool {
        self.container.pod().running_containers().count() == 1
    }
}

impl<'a> Links<'a> {
    /// The Compose services of the project, each as its own file has it.
    pub fn services(&self) -> impl Iterator<Item = ServiceRunner<'a>> + '_ {
        let units = self.project().composes.iter().enumerate();
        units.flat_map(|(number, unit)| {
            let services = ComposeFile::new(&unit.tree)
                .into_iter()
                .flat_map(ComposeFile::services);
            services.map(move |service| ServiceRunner {
                compose: number as u32,
                unit,
                service,
            })
        })
    }

    /// The service that a thing is.
    pub fn service(&self, thing: &Thing) -> Option<ServiceRunner<'a>> {
        let Thing::Service { compose, name } = thing else {
            return None;
        };
        let unit = self.project().composes.get(*compose as usize)?;
        Some(ServiceRunner {
            compose: *compose,
            unit,
            service: ComposeFile::new(&unit.tree)?.service(name)?,
        })
    }

    /// The containers of an object that run for as long as its pods do.
    pub fn containers(&self, object: ObjectRef) -> Vec<ContainerRunner<'a>> {
        let file = self.objects().file(object);
        let Some(workload) = Workload::new(self.objects().get(object)) else {
            return Vec::new();
        };
        let running = workload
            .pod()
            .into_iter()
            .flat_map(PodSpec::running_containers);
        running
            .map(|container| ContainerRunner {
                object,
                file,
                workload,
                container,
            })
            .collect()
    }

    /// The stage that something runs or builds, and how sure that is.
    pub fn image_of(&self, runner: &Runner<'_>) -> Option<(Image<'a>, Confidence)> {
        let thing = runner.thing();
        let label = match runner {
            Runner::Service(_) => None,
            Runner::Container(one) => Some(one.container.label()),
        };
        let link = self.from(&thing).find(|link| {
            matches!(link.kind, LinkKind::Runs | LinkKind::Builds)
                && label
                    .as_ref()
                    .is_none_or(|label| link.container.as_deref() == Some(&**label))
        })?;
        let Thing::Stage { dockerfile, stage } = self.thing(link.to) else {
            return None;
        };
        let image = Image::new(self.project(), *dockerfile, *stage)?;
        Some((image, link.confidence))
    }

    /// What runs a stage: services first, then containers, in the order of the files.
    pub fn runners_of(&self, stage: &Thing) -> Vec<(Runner<'a>, Confidence)> {
        let mut found = Vec::new();
        for link in self.to(stage) {
            if !matches!(link.kind, LinkKind::Runs | LinkKind::Builds) {
                continue;
            }
            match self.thing(link.from) {
                thing @ Thing::Service { .. } => found.extend(
                    self.service(thing)
                        .map(|one| (Runner::Service(one), link.confidence)),
                ),
                Thing::Object(object) => {
                    let named = self
                        .containers(*object)
                        .into_iter()
                        .find(|one| link.container.as_deref() == Some(&*one.container.label()));
                    found.extend(named.map(|one| (Runner::Container(one), link.confidence)));
                }
                _ => {}
            }
        }
        found
    }
}
