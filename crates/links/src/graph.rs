//! The graph of a project.

mod labelled;
mod same;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use plimsoll_compose::ComposeFile;
use plimsoll_k8s::{Labels, Workload};
use plimsoll_project::{ManifestRole, Project};
use plimsoll_source::files::{file_name, parent};
use plimsoll_source::{Confidence, Place};

use crate::evidence::BuiltName;
use crate::facts::image::Image;
use crate::facts::source_cache::SourceCache;
use crate::facts::sources::Sources;
use crate::images::{Images, Match, StageRef, last, says_nothing};
use crate::model::{Evidence, Link, LinkKind, Part, Thing, ThingId};
use crate::objects::{By, Definition, Objects, namespaces_fit};
use crate::references::{Pods, Reference, References, Resolution, Target};
use crate::worlds::Distance;
use labelled::Labelled;
use same::{Mark, Runs, plain, same};

/// Everything that refers to something in a project.
pub struct Links<'a> {
    objects: Objects<'a>,
    references: References<'a>,
    pods: Vec<Pods<'a>>,
    images: Images,
    things: Vec<Thing>,
    ids: HashMap<Thing, ThingId>,
    all: Vec<Link>,
    /// For each thing, the links that begin at it and those that end there.
    from: Vec<Vec<u32>>,
    to: Vec<Vec<u32>>,
    sources: SourceCache,
}

impl<'a> Links<'a> {
    /// Looks at the whole project.
    pub fn new(project: &'a Project) -> Self {
        let objects = Objects::new(project);
        let references = References::new(&objects);
        let pods = pods(&objects);
        let images = Images::new(&objects);
        let mut links = Self {
            objects,
            references,
            pods,
            images,
            things: Vec::new(),
            ids: HashMap::new(),
            all: Vec::new(),
            from: Vec::new(),
            to: Vec::new(),
            sources: SourceCache::default(),
        };
        links.join_images();
        links.join_dependencies();
        links.join_references();
        links.join_services();
        links.index();
        links
    }

    /// The project.
    pub fn project(&self) -> &'a Project {
        self.objects.project()
    }

    /// The source of an image's program: what its build takes from its context.
    pub fn sources(&self, image: Image<'_>) -> Arc<Sources> {
        self.sources.sources(image, false)
    }

    /// The same; where that holds no program, the programs in the nearest folder above the
    /// Dockerfile that holds some. One of those is likely meant: which of two names is read can be
    /// told by them, but not that the image needs it.
    pub fn sources_around(&self, image: Image<'_>) -> Arc<Sources> {
        self.sources.sources(image, true)
    }

    /// The objects, by what they are called.
    pub fn objects(&self) -> &Objects<'a> {
        &self.objects
    }

    /// What objects name.
    pub fn references(&self) -> &References<'a> {
        &self.references
    }

    /// The pods that objects make.
    pub fn pods(&self) -> &[Pods<'a>] {
        &self.pods
    }

    /// All things that links join, in a fixed order.
    pub fn things(&self) -> &[Thing] {
        &self.things
    }

    /// All links, in a fixed order.
    pub fn all(&self) -> &[Link] {
        &self.all
    }

    /// The thing called `id`.
    pub fn thing(&self, id: ThingId) -> &Thing {
        &self.things[id.0 as usize]
    }

    /// The number of a thing, if any link joins it.
    pub fn id(&self, thing: &Thing) -> Option<ThingId> {
        self.ids.get(thing).copied()
    }

    /// The links that begin at a thing.
    pub fn from<'s>(&'s self, thing: &Thing) -> impl Iterator<Item = &'s Link> + use<'s, 'a> {
        self.at(&self.from, thing)
    }

    /// The links that end at a thing.
    pub fn to<'s>(&'s self, thing: &Thing) -> impl Iterator<Item = &'s Link> + use<'s, 'a> {
        self.at(&self.to, thing)
    }

    fn at<'s>(
        &'s self,
        index: &'s [Vec<u32>],
        thing: &Thing,
    ) -> impl Iterator<Item = &'s Link> + use<'s, 'a> {
        let numbers = self.id(thing).map_or(&[][..], |id| &index[id.0 as usize]);
        numbers.iter().map(|n| &self.all[*n as usize])
    }

    fn take(&mut self, thing: Thing) -> ThingId {
        if let Some(id) = self.ids.get(&thing) {
            return *id;
        }
        let id = ThingId(self.things.len() as u32);
        self.things.push(thing.clone());
        self.ids.insert(thing, id);
        id
    }

    fn index(&mut self) {
        self.from = vec![Vec::new(); self.things.len()];
        self.to = vec![Vec::new(); self.things.len()];
        for (number, link) in self.all.iter().enumerate() {
            self.from[link.from.0 as usize].push(number as u32);
            self.to[link.to.0 as usize].push(number as u32);
        }
    }

    /// Stages, the names they are built under, and what runs them.
    fn join_images(&mut self) {
        let builds = std::mem::take(&mut self.images.builds);
        let mut told: BTreeSet<(StageRef, Box<str>)> = BTreeSet::new();
        for build in &builds {
            let stage = self.take(stage(build.stage));
            if let Some(service) = &build.service {
                let from = self.take(service.clone());
                self.all.push(Link {
                    from,
                    to: stage,
                    kind: LinkKind::Builds,
                    place: build.place,
                    container: None,
                    evidence: build.evidence.clone(),
                    confidence: Confidence::High,
                });
            }
            if let Some(name) = &build.name {
                let name: Box<str> = match name {
                    BuiltName::Whole(name) => name.clone(),
                    BuiltName::Last(last) => last.clone(),
                };
                // One name written in several workflows is one fact.
                if !told.insert((build.stage, name.clone())) {
                    continue;
                }
                let image = self.take(Thing::Image(name));
                self.all.push(Link {
                    from: stage,
                    to: image,
                    kind: LinkKind::BuiltAs,
                    place: build.place,
                    container: None,
                    evidence: build.evidence.clone(),
                    confidence: Confidence::High,
                });
            }
        }
        self.images.builds = builds;
        let uses = std::mem::take(&mut self.images.uses);
        let matches = std::mem::take(&mut self.images.matches);
        for (used, matched) in uses.iter().zip(&matches) {
            let Some(Match {
                stage: found,
                evidence,
                confidence,
            }) = matched
            else {
                continue;
            };
            let from = self.take(used.user.clone());
            let to = self.take(stage(*found));
            self.all.push(Link {
                from,
                to,
                kind: LinkKind::Runs,
                place: Some(used.place),
                container: used.container.clone(),
                evidence: evidence.clone(),
                confidence: *confidence,
            });
        }
        self.images.uses = uses;
        self.images.matches = matches;
    }

    /// What Compose services depend on.
    fn join_dependencies(&mut self) {
        for (number, unit) in self.project().composes.iter().enumerate() {
            let Some(file) = ComposeFile::new(&unit.tree) else {
                continue;
            };
            let thing = |name: &str| Thing::Service {
                compose: number as u32,
                name: name.into(),
            };
            for service in file.services() {
                for dependency in service.depends_on() {
                    let name = dependency.name_value();
                    let Some(target) = name.literal().filter(|name| file.names_service(name))
                    else {
                        continue;
                    };
                    let from = self.take(thing(&service.name()));
                    let to = self.take(thing(&target));
                    self.all.push(Link {
                        from,
                        to,
                        kind: LinkKind::DependsOn,
                        place: Some(Place::new(unit.file, name.range())),
                        container: None,
                        evidence: Evidence::Field("depends_on"),
                        confidence: Confidence::High,
                    });
                }
            }
        }
    }

    /// What Kubernetes objects refer to.
    fn join_references(&mut self) {
        let references = std::mem::replace(&mut self.references, References { all: Vec::new() });
        let pods = std::mem::take(&mut self.pods);
        let labelled = Labelled::new(&pods);
        for reference in &references.all {
            let (distance, ends, evidence) = match &reference.target {
                Target::Named { .. } => match self.objects.resolve(reference) {
                    Resolution::Found(distance, found) => {
                        let ends: Vec<Thing> = found
                            .into_iter()
                            .filter_map(|one| self.defined(one))
                            .collect();
                        (distance, ends, Evidence::Field(reference.field))
                    }
                    Resolution::Absent => continue,
                },
                Target::Pods {
                    selector,
                    namespace,
                } => {
                    if selector.is_empty() {
                        continue;
                    }
                    let Ok(asked) = selector.requirements() else {
                        continue;
                    };
                    let candidates = labelled.candidates(&pods, &asked).filter(|pods| {
                        namespaces_fit(namespace.as_deref(), pods.namespace.as_deref())
                            && asked.iter().all(|one| one.matches(pods.labels))
                    });
                    let (distance, found) =
                        self.objects
                            .nearest_of(reference.file, candidates, |pods| pods.file);
                    let Some(distance) = distance else { continue };
                    let ends = found
                        .iter()
                        .map(|pods| Thing::Object(pods.object))
                        .collect();
                    (
                        distance,
                        ends,
                        Evidence::Labels(labels(selector.match_labels())),
                    )
                }
                Target::Services { selector } => {
                    if selector.is_empty() {
                        continue;
                    }
                    let services = self.objects.of_kind("Service").filter(|service| {
                        service.by == By::Itself
                            && service.object.is_some_and(|object| {
                                selector.matches(self.objects.get(object).labels())
                            })
                    });
                    let (distance, found) =
                        self.objects
                            .nearest_of(reference.file, services, |service| service.file);
                    let Some(distance) = distance else { continue };
                    let ends = found.iter().filter_map(|one| self.defined(one)).collect();
                    (
                        distance,
                        ends,
                        Evidence::Labels(labels(selector.match_labels())),
                    )
                }
            };
            let Some(confidence) = confidence(reference, distance) else {
                continue;
            };
            let from = self.take(Thing::Object(reference.from));
            for end in ends {
                let to = self.take(end);
                let link = Link {
                    from,
                    to,
                    kind: reference.kind,
                    place: Some(reference.place()),
                    container: reference.container.clone(),
                    evidence: evidence.clone(),
                    confidence,
                };
                // Ten keys of one Secret are one link.
                let same = |other: &Link| {
                    (other.from, other.to, other.kind) == (from, to, link.kind)
                        && other.container == link.container
                };
                let again = self.all.iter().rev().take(64).any(same);
                if !again && from != to {
                    self.all.push(link);
                }
            }
        }
        self.references = references;
        self.pods = pods;
    }

    /// The thing that a definition stands for.
    fn defined(&self, definition: &Definition<'_>) -> Option<Thing> {
        match (definition.object, definition.by) {
            (Some(object), _) => Some(Thing::Object(object)),
            (None, By::Generator) => {
                let project = self.project();
                let unit = project
                    .manifests
                    .iter()
                    .position(|unit| unit.file == definition.file)?;
                Some(Thing::Generated {
                    kind: definition.kind.into(),
                    name: (*definition.name).into(),
                    unit: unit as u32,
                })
            }
            (None, _) => None,
        }
    }

    /// A workload that certainly is a service runs what that certainly builds. `certain` are workloads
    /// with the Dockerfiles of their services.
    fn settle_builds(&mut self, certain: &HashSet<(ThingId, u32)>) {
        let things = &self.things;
        for link in &mut self.all {
            let Thing::Stage { dockerfile, .. } = things[link.to.0 as usize] else {
                continue;
            };
            if link.kind == LinkKind::Runs && certain.contains(&(link.from, dockerfile)) {
                link.confidence = Confidence::High;
            }
        }
    }

    /// Which Compose service is which workload.
    fn join_services(&mut self) {
        // What runs each stage, and what each service and container is called.
        let mut services: BTreeMap<Thing, Runs> = BTreeMap::new();
        let mut workloads: BTreeMap<Thing, Runs> = BTreeMap::new();
        for link in &self.all {
            if !matches!(link.kind, LinkKind::Builds | LinkKind::Runs) {
                continue;
            }
            let Thing::Stage { dockerfile, .. } = self.things[link.to.0 as usize] else {
                continue;
            };
            let from = self.things[link.from.0 as usize].clone();
            let ends = match from {
                Thing::Service { .. } => &mut services,
                Thing::Object(_) => &mut workloads,
                _ => continue,
            };
            let runs = ends.entry(from).or_default();
            runs.dockerfiles.push((dockerfile, link.confidence));
        }
        for used in &self.images.uses {
            let ends = match &used.user {
                Thing::Service { .. } => &mut services,
                Thing::Object(_) => &mut workloads,
                _ => continue,
            };
            let runs = ends.entry(used.user.clone()).or_default();
            runs.images.push(last(&used.name).into());
        }
        for (thing, runs) in services.iter_mut().chain(&mut workloads) {
            runs.name = match thing {
                Thing::Service { name, .. } => name.clone(),
                Thing::Object(object) => {
                    self.objects.get(*object).name().unwrap_or_default().into()
                }
                _ => continue,
            };
            runs.plain = plain(&runs.name);
            let service = self.service(thing);
            let container = service.and_then(|one| one.service.container_name()?.with_defaults());
            runs.container = container.map(|name| plain(&name));
        }
        let mut shared: BTreeMap<u32, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
        for (service, here) in &services {
            if let Thing::Service { name, .. } = service {
                for (dockerfile, _) in &here.dockerfiles {
                    shared.entry(*dockerfile).or_default().0.insert(name);
                }
            }
        }
        for there in workloads.values() {
            for (dockerfile, _) in &there.dockerfiles {
                shared.entry(*dockerfile).or_default().1.insert(&there.name);
            }
        }
        // A Dockerfile that several services run says nothing about which of them is which.
        let alone = |dockerfile: u32| {
            shared
                .get(&dockerfile)
                .is_none_or(|(services, workloads)| services.len() < 2 && workloads.len() < 2)
        };
        let project = self.project();
        let path = |dockerfile: u32| project.path(project.dockerfiles[dockerfile as usize].file);
        let beside = |one: u32, two: u32| {
            let (one, two) = (path(one), path(two));
            // `Dockerfile` and `Dockerfile.prod` differ in nothing else.
            let sure = if says_nothing(file_name(one)) && says_nothing(file_name(two)) {
                Confidence::High
            } else {
                Confidence::Medium
            };
            (parent(one) == parent(two)).then_some(sure)
        };
        // Workloads without a name, an image or a Dockerfile in common are not the same.
        let numbered: Vec<(&Thing, &Runs)> = workloads.iter().collect();
        let mut by_mark: HashMap<Mark<'_>, Vec<usize>> = HashMap::new();
        for (number, (_, there)) in numbered.iter().enumerate() {
            for mark in there.marks() {
                by_mark.entry(mark).or_default().push(number);
            }
        }
        let mut found = Vec::new();
        for (service, here) in &services {
            let near: BTreeSet<usize> = here
                .marks()
                .filter_map(|mark| by_mark.get(&mark))
                .flatten()
                .copied()
                .collect();
            for (workload, there) in near.into_iter().map(|number| numbered[number]) {
                if let Some((evidence, confidence)) = same(here, there, alone, beside) {
                    found.push((service.clone(), workload.clone(), evidence, confidence));
                }
            }
        }
        let mut certain = HashSet::new();
        for (service, workload, evidence, confidence) in found {
            let here = &services[&service];
            let is_called_so = here.container.as_ref() == Some(&workloads[&workload].plain);
            let to = self.take(workload);
            if is_called_so && evidence == Evidence::SameBuild {
                let sure = here.dockerfiles.iter();
                let sure = sure.filter(|one| one.1 == Confidence::High);
                certain.extend(sure.map(|one| (to, one.0)));
            }
            let from = self.take(service);
            self.all.push(Link {
                from,
                to,
                kind: LinkKind::SameAs,
                place: None,
                container: None,
                evidence,
                confidence,
            });
        }
        if !certain.is_empty() {
            self.settle_builds(&certain);
        }
    }
}

/// The pods that objects make, Jobs and bare Pods included.
fn pods<'a>(objects: &Objects<'a>) -> Vec<Pods<'a>> {
    let mut found = Vec::new();
    for (reference, object) in objects.iter() {
        let unit = &objects.project().manifests[reference.unit as usize];
        if unit.role == ManifestRole::Patch {
            continue;
        }
        let Some(workload) = Workload::new(object) else {
            continue;
        };
        let Some(template) = workload.template() else {
            continue;
        };
        found.push(Pods {
            object: reference,
            file: unit.file,
            namespace: object.namespace(),
            labels: template.labels(),
        });
    }
    found
}

/// How sure a link is whose ends are so far apart; `None` where it would be a guess.
fn confidence(reference: &Reference<'_>, distance: Distance) -> Option<Confidence> {
    match distance {
        distance if distance.is_certain() => Some(Confidence::High),
        // Labels such as `app: web` mean something in their own folders alone.
        Distance::Folder(levels) if matches!(reference.target, Target::Named { .. }) => {
            (levels <= 6).then_some(Confidence::Medium)
        }
        Distance::Folder(levels) => (levels <= 3).then_some(Confidence::Medium),
        _ => None,
    }
}

fn stage(stage: StageRef) -> Thing {
    Thing::Stage {
        dockerfile: stage.dockerfile,
        stage: stage.stage,
    }
}

fn labels(labels: Labels<'_>) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .take(4)
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    pairs.join(", ")
}

impl Links<'_> {
    /// What a thing is called in reports: `Dockerfile (stage runtime)`, `Deployment/web`.
    pub fn label(&self, thing: &Thing) -> String {
        let project = self.project();
        match thing {
            Thing::Stage { dockerfile, stage } => {
                let unit = &project.dockerfiles[*dockerfile as usize];
                let path = project.path(unit.file);
                let stages = &unit.build.stages;
                match stages
                    .get(*stage as usize)
                    .and_then(|stage| stage.name.as_ref())
                {
                    Some(name) => format!("{path}#{}", name.value),
                    None if stages.len() > 1 => format!("{path}#{stage}"),
                    None => path.to_owned(),
                }
            }
            Thing::Image(name) => name.to_string(),
            Thing::Service { name, .. } => format!("service/{name}"),
            Thing::Object(object) => {
                let object = self.objects.get(*object);
                format!("{}/{}", object.kind(), object.name().unwrap_or_default())
            }
            Thing::Generated { kind, name, .. } => format!("{kind}/{name}"),
        }
    }

    /// What part a thing plays.
    pub fn part(&self, thing: &Thing) -> Part {
        let object = match thing {
            Thing::Image(_) => return Part::Image,
            Thing::Stage { .. } => return Part::Stage,
            Thing::Service { .. } => return Part::Service,
            Thing::Generated { .. } => return Part::Configuration,
            Thing::Object(object) => self.objects.get(*object),
        };
        match &*object.kind() {
            _ if Workload::new(object).is_some() => Part::Workload,
            "ConfigMap"
            | "Secret"
            | "SealedSecret"
            | "ExternalSecret"
            | "ServiceAccount"
            | "PersistentVolumeClaim"
            | "SecretProviderClass"
            | "Certificate" => Part::Configuration,
            "Service" => Part::Endpoint,
            "Gateway" => Part::Gateway,
            "Ingress" | "VirtualService" | "TrafficSplit" | "DestinationRule" => Part::Route,
            kind if kind.ends_with("Route") || kind.starts_with("IngressRoute") => Part::Route,
            _ => Part::Other,
        }
    }

    /// Where a thing stands.
    pub fn place(&self, thing: &Thing) -> Option<Place> {
        let project = self.project();
        match thing {
            Thing::Stage { dockerfile, stage } => {
                let unit = &project.dockerfiles[*dockerfile as usize];
                let stage = unit.build.stages.get(*stage as usize)?;
                let from = &unit.build.file.instructions[stage.from];
                Some(Place::new(unit.file, from.range))
            }
            Thing::Image(_) => None,
            Thing::Service { compose, name } => {
                let unit = &project.composes[*compose as usize];
                let service = ComposeFile::new(&unit.tree)?.service(name)?;
                Some(Place::new(unit.file, service.head()))
            }
            Thing::Object(object) => {
                let place = self.objects.get(*object).head();
                Some(Place::new(self.objects.file(*object), place))
            }
            Thing::Generated { kind, name, unit } => {
                let file = project.manifests[*unit as usize].file;
                let definition = self
                    .objects
                    .named(kind, name)
                    .find(|one| one.file == file)?;
                Some(definition.place())
            }
        }
    }
}
