//! Which things of a project make up which service.

use std::collections::BTreeMap;

use plimsoll_links::{LinkKind, Links, ObjectRef, Part, Thing, ThingId};
use plimsoll_source::Place;
use plimsoll_source::files::{file_name, parent};

/// What makes up one service.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// What it is called.
    pub name: String,
    /// Stages that are built for it: number of the Dockerfile, number of the stage.
    pub stages: Vec<(usize, usize)>,
    /// Compose services: number of the file, name.
    pub composes: Vec<(usize, String)>,
    /// Compose services that those depend on.
    pub backing: Vec<(usize, String)>,
    /// Objects that make its pods.
    pub workloads: Vec<ObjectRef>,
    /// Objects that select, expose, scale, guard or restrict those.
    pub around: Vec<ObjectRef>,
    /// Objects that those read, mount or run as.
    pub configuration: Vec<ObjectRef>,
}

/// The services of a project, by name. What only others depend on is no service of its own.
pub(crate) fn services(links: &Links<'_>) -> Vec<Service> {
    let things = links.things();
    let mut groups = Groups::new(things.len());
    for link in links.all() {
        let joins = matches!(
            link.kind,
            LinkKind::Builds | LinkKind::Runs | LinkKind::SameAs
        );
        // A binary or an init container of another image makes no common service of the two.
        if joins {
            groups.join(link.from, link.to);
        }
    }
    let mut found: BTreeMap<usize, Service> = BTreeMap::new();
    for (number, thing) in things.iter().enumerate() {
        let group = groups.find(number);
        match thing {
            Thing::Stage { dockerfile, stage } => {
                let service = found.entry(group).or_default();
                service.stages.push((*dockerfile as usize, *stage as usize));
            }
            Thing::Service { compose, name } => {
                let service = found.entry(group).or_default();
                service.composes.push((*compose as usize, name.to_string()));
            }
            Thing::Object(object) if links.part(thing) == Part::Workload => {
                found.entry(group).or_default().workloads.push(*object);
            }
            _ => {}
        }
    }
    add_alone(links, &mut found);
    let mut services: Vec<Service> = found
        .into_values()
        .filter(|service| !service.stages.is_empty() || !service.workloads.is_empty())
        .map(|service| surrounded(links, service))
        .collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    services
}

/// Dockerfiles and workloads that no link joins are services as well.
fn add_alone(links: &Links<'_>, found: &mut BTreeMap<usize, Service>) {
    let project = links.project();
    let mut next = links.things().len();
    for (number, unit) in project.dockerfiles.iter().enumerate() {
        let linked = found.values().any(|service| {
            service
                .stages
                .iter()
                .any(|(dockerfile, _)| *dockerfile == number)
        });
        let Some(stage) = unit.build.final_stage().filter(|_| !linked) else {
            continue;
        };
        let service = Service {
            stages: vec![(number, stage.index)],
            ..Service::default()
        };
        found.insert(next, service);
        next += 1;
    }
    for pods in links.pods() {
        if links.id(&Thing::Object(pods.object)).is_none() {
            let service = Service {
                workloads: vec![pods.object],
                ..Service::default()
            };
            found.insert(next, service);
            next += 1;
        }
    }
}

/// The service with its name and what lies around it.
fn surrounded(links: &Links<'_>, mut service: Service) -> Service {
    let push = |list: &mut Vec<ObjectRef>, object: ObjectRef| {
        if !list.contains(&object) {
            list.push(object);
        }
    };
    for workload in service.workloads.clone() {
        let thing = Thing::Object(workload);
        for link in links.from(&thing) {
            if let Thing::Object(object) = links.thing(link.to) {
                push(&mut service.configuration, *object);
            }
        }
        for link in links.to(&thing) {
            if let Thing::Object(object) = links.thing(link.from) {
                push(&mut service.around, *object);
            }
        }
    }
    // What sends traffic to its Services, and the certificates there.
    for endpoint in service.around.clone() {
        for link in links.to(&Thing::Object(endpoint)) {
            if let (LinkKind::Routes | LinkKind::Observes, Thing::Object(object)) =
                (link.kind, links.thing(link.from))
            {
                push(&mut service.around, *object);
            }
        }
    }
    for (compose, name) in service.composes.clone() {
        let thing = Thing::Service {
            compose: compose as u32,
            name: name.as_str().into(),
        };
        for link in links.from(&thing) {
            if let (LinkKind::DependsOn, Thing::Service { compose, name }) =
                (link.kind, links.thing(link.to))
            {
                let other = (*compose as usize, name.to_string());
                if !service.composes.contains(&other) && !service.backing.contains(&other) {
                    service.backing.push(other);
                }
            }
        }
    }
    service.name = name(links, &service);
    service
}

/// What a service is called: as its workload, else as its Compose service, else as the folder of
/// its Dockerfile.
fn name(links: &Links<'_>, service: &Service) -> String {
    let workload = service.workloads.first().and_then(|workload| {
        let object = links.objects().get(*workload);
        Some(object.name()?.into_owned())
    });
    let compose = service.composes.first().map(|(_, name)| name.clone());
    let dockerfile = service.stages.first().map(|(number, _)| {
        let project = links.project();
        let path = project.path(project.dockerfiles[*number].file);
        match file_name(parent(path)) {
            "" => path.to_owned(),
            folder => folder.to_owned(),
        }
    });
    workload.or(compose).or(dockerfile).unwrap_or_default()
}

impl Service {
    /// What it consists of, as people call it, with the places.
    pub fn parts(&self, links: &Links<'_>) -> Vec<(String, Option<Place>)> {
        let stages = self.stages.iter().map(|(dockerfile, stage)| Thing::Stage {
            dockerfile: *dockerfile as u32,
            stage: *stage as u32,
        });
        let composes = self.composes.iter().map(|(compose, name)| Thing::Service {
            compose: *compose as u32,
            name: name.as_str().into(),
        });
        let objects = self.workloads.iter().chain(&self.around);
        stages
            .chain(composes)
            .chain(objects.map(|object| Thing::Object(*object)))
            .map(|thing| (links.label(&thing), links.place(&thing)))
            .collect()
    }
}

/// Things that belong together.
struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    fn new(len: usize) -> Self {
        Self {
            parents: (0..len).collect(),
        }
    }

    fn find(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, a: ThingId, b: ThingId) {
        let (a, b) = (self.find(a.0 as usize), self.find(b.0 as usize));
        self.parents[a.max(b)] = a.min(b);
    }
}
