//! The variables of a container beside those of the Compose services that are the same service.

use plimsoll_compose::ComposeFile;
use plimsoll_k8s::Role;
use plimsoll_links::facts::environment::{Environment, Given, Giver};
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::runner::{ContainerRunner, Runner, ServiceRunner};
use plimsoll_links::facts::sources::{Hit, Known, Reading, Sources};
use plimsoll_links::{Keys, LinkKind, Links, Thing, is_public};
use plimsoll_oci::Reference;
use plimsoll_project::ManifestRole;
use plimsoll_source::Place;
use plimsoll_source::files::parent;
use plimsoll_yaml::Node;

use crate::Cx;
use crate::service::keys::{is_injected, is_local};
use crate::service::runners::same_services;

/// The shortest name that can be another one renamed, in letters.
const MIN_NAME: usize = 4;

/// The side that lacks something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Side {
    /// The workload.
    Workload,
    /// The Compose service.
    Compose,
}

/// A variable that one side lacks.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: Box<str>,
    /// Where the other side gives it.
    pub(super) place: Place,
    /// Whether it comes from a Secret there.
    pub(super) secret: bool,
    /// Where the source reads it and needs it.
    pub(super) read: Option<Hit>,
}

/// What one side lacks.
#[derive(Debug)]
pub(super) struct Lack {
    pub(super) side: Side,
    /// The Compose service.
    pub(super) service: String,
    /// The workload, for people.
    pub(super) workload: String,
    /// The Kubernetes object, or the Compose service, that lacks them.
    pub(super) object: String,
    /// Where they would go.
    pub(super) place: Place,
    pub(super) keys: Vec<Key>,
    /// How many variables both sides give.
    pub(super) shared: usize,
    /// A variable that is given here and not there, and may be the same under another name.
    pub(super) instead: Option<(Box<str>, Place)>,
}

/// A variable that is given under a name that nobody reads, while the other side gives the one
/// that is read.
#[derive(Debug)]
pub(super) struct Stale {
    /// The side that gives the name that nobody reads.
    pub(super) side: Side,
    /// The Compose service.
    pub(super) service: String,
    /// The Kubernetes object, or the Compose service, that gives it.
    pub(super) object: String,
    pub(super) name: Box<str>,
    pub(super) place: Place,
    /// The name that is read, and where.
    pub(super) read: Box<str>,
    pub(super) hit: Hit,
}

/// Both sides of one service.
pub(super) struct Compared<'c, 'a> {
    cx: &'c Cx<'a>,
    runner: ContainerRunner<'a>,
    image: Option<Image<'a>>,
    services: Vec<ServiceRunner<'a>>,
    own: Environment,
    theirs: Vec<Environment>,
    /// What the image sets by itself.
    set: Environment,
    shared: usize,
}

impl<'c, 'a> Compared<'c, 'a> {
    /// The two sides, where the container has a Compose service beside it.
    pub(super) fn new(cx: &'c Cx<'a>, runner: &ContainerRunner<'a>) -> Option<Self> {
        if runner.container.role() != Role::App || runner.workload.kind().runs_to_completion() {
            return None;
        }
        let links = cx.links;
        let image = links
            .image_of(&Runner::Container(*runner))
            .map(|(image, _)| image);
        let mut services = same_services(links, runner, image);
        if image.is_none() {
            services.retain(|service| is_same_image(links, runner, service));
        }
        if services.is_empty() {
            return None;
        }
        let own = Environment::of_container(links, runner);
        let theirs: Vec<Environment> = services
            .iter()
            .map(|service| Environment::of_service(cx.project, service))
            .collect();
        let shared = theirs
            .iter()
            .map(|environment| {
                let both = environment
                    .given
                    .iter()
                    .filter(|given| own.has(&given.name));
                both.filter(|given| !is_local(&given.name)).count()
            })
            .min()?;
        Some(Self {
            cx,
            runner: *runner,
            image,
            services,
            own,
            theirs,
            set: image.map(Environment::of_image).unwrap_or_default(),
            shared,
        })
    }

    /// What either side lacks, and what one of them gives under a name that nobody reads.
    pub(super) fn differences(&self) -> (Vec<Lack>, Vec<Stale>) {
        let mut here = self.missing_here();
        let mut there = self.missing_there();
        if here.is_empty() && there.is_empty() {
            return (Vec::new(), Vec::new());
        }
        // The source is read only where there is something to ask.
        let sources = self.image.map(|image| self.cx.links.sources_around(image));
        let stale = self.stale(sources.as_deref(), &mut here, &mut there);
        (self.lacks(sources.as_deref(), &here, &there), stale)
    }

    /// Takes those out that are given under one name here and under another there, where the
    /// source reads only one of the two.
    fn stale(
        &self,
        sources: Option<&Sources>,
        here: &mut Vec<Given>,
        there: &mut Vec<Given>,
    ) -> Vec<Stale> {
        let Some(sources) = sources else {
            return Vec::new();
        };
        let mut found: Vec<Stale> = Vec::new();
        for compose in here.iter() {
            for workload in there.iter() {
                let long = compose.name.len().min(workload.name.len()) >= MIN_NAME;
                if !long || !is_renamed(&compose.name, &workload.name) {
                    continue;
                }
                let known = (sources.knows(&compose.name), sources.knows(&workload.name));
                let (side, given, read, hit) = match known {
                    (Known::Read(hit), Known::Unread) => (Side::Workload, workload, compose, hit),
                    (Known::Unread, Known::Read(hit)) => (Side::Compose, compose, workload, hit),
                    _ => continue,
                };
                found.push(Stale {
                    side,
                    service: self.services[0].service.name().into_owned(),
                    object: self.object(side),
                    name: given.name.clone(),
                    place: given.place,
                    read: read.name.clone(),
                    hit,
                });
            }
        }
        let told = |given: &Given| {
            found
                .iter()
                .any(|one| one.name == given.name || one.read == given.name)
        };
        here.retain(|given| !told(given));
        there.retain(|given| !told(given));
        found
    }

    /// The Kubernetes object or the Compose service on one side.
    fn object(&self, side: Side) -> String {
        match side {
            Side::Workload => self.runner.workload.object().id(),
            Side::Compose => format!("service/{}", self.services[0].service.name()),
        }
    }

    /// What either side lacks, of what only Compose gives (`here`) and only the workload
    /// (`there`).
    fn lacks(&self, sources: Option<&Sources>, here: &[Given], there: &[Given]) -> Vec<Lack> {
        let mut found = Vec::new();
        for (side, candidates) in [(Side::Workload, here), (Side::Compose, there)] {
            let mut keys = self.judged(side, candidates, sources);
            // A profile has settings of its own, in files that an image holds.
            if self.has_other_profile() {
                keys.retain(|key| key.read.is_some());
            }
            if keys.is_empty() {
                continue;
            }
            let others = if side == Side::Workload { there } else { here };
            let instead = keys.iter().find_map(|key| {
                let other = others
                    .iter()
                    .find(|given| is_renamed(&key.name, &given.name))?;
                Some((other.name.clone(), other.place))
            });
            // One variable renamed on one side is one defect.
            let told = found.iter().any(|lack: &Lack| {
                let other = lack.instead.as_ref();
                other.is_some_and(|(name, _)| keys.iter().all(|key| key.name == *name))
            });
            if !told {
                found.push(self.lack(side, keys, instead));
            }
        }
        found
    }

    /// Whether Spring takes another profile on the one side than on the other.
    fn has_other_profile(&self) -> bool {
        let profile = |environment: &Environment| {
            let given = environment.get("SPRING_PROFILES_ACTIVE");
            given.and_then(|given| given.value.clone())
        };
        let own = profile(&self.own);
        self.theirs.iter().any(|theirs| profile(theirs) != own)
    }

    fn lack(&self, side: Side, keys: Vec<Key>, instead: Option<(Box<str>, Place)>) -> Lack {
        let service = self.services[0];
        let object = self.runner.workload.object();
        let name = service.service.name().into_owned();
        Lack {
            side,
            workload: format!("{} `{}`", object.kind(), object.name().unwrap_or_default()),
            object: self.object(side),
            service: name,
            place: match side {
                Side::Workload => Place::new(self.runner.file, self.runner.container.head()),
                Side::Compose => Place::new(service.unit.file, service.service.head()),
            },
            keys,
            shared: self.shared,
            instead,
        }
    }

    /// What every Compose service gives and the container does not get.
    fn missing_here(&self) -> Vec<Given> {
        let ContainerRunner {
            workload, object, ..
        } = self.runner;
        let unit = &self.cx.project.manifests[object.unit as usize];
        if !self.own.is_whole() || is_fed_otherwise(&self.runner) {
            return Vec::new();
        }
        let takes_maps =
            !self
                .cx
                .reports_missing_in_pod(unit, workload, &["containers", "envFrom"]);
        if takes_maps && unit.role != ManifestRole::Base {
            return Vec::new();
        }
        let is_injected = |name: &str| {
            let services = self.cx.links.objects().of_kind("Service");
            is_injected(name, services.map(|service| &*service.name))
        };
        let lacking: Vec<&Given> = self.theirs[0]
            .given
            .iter()
            .filter(|given| self.theirs[1..].iter().all(|other| other.has(&given.name)))
            .filter(|given| !self.own.has(&given.name) && !self.set.has(&given.name))
            .filter(|given| given.value.as_deref() != Some(""))
            .filter(|given| !is_local(&given.name) && !is_injected(&given.name))
            .filter(|given| !self.goes_with_another(given))
            .filter(|given| !is_exported(&self.runner, &given.name))
            .filter(|given| {
                self.cx
                    .reports_missing_variable(unit, workload, &given.name)
            })
            .filter(|given| !takes_maps || !self.may_come_with_a_map(&given.name))
            .collect();
        if lacking.is_empty() {
            return Vec::new();
        }
        let mounted = mounted_text(self.cx.links, &self.runner);
        lacking
            .into_iter()
            .filter(|given| !mounted.iter().any(|text| text.contains(&*given.name)))
            .cloned()
            .collect()
    }

    /// Whether an overlay may take a ConfigMap or Secret whole that has the variable: one that does,
    /// or one of which that is not known.
    fn may_come_with_a_map(&self, variable: &str) -> bool {
        let objects = self.cx.links.objects();
        let workload = self.runner.workload;
        let object = workload.object();
        let own = object.name().unwrap_or_default();
        let containers: Vec<_> = workload
            .pod()
            .into_iter()
            .flat_map(|pod| pod.containers())
            .collect();
        // What else is called so in a patch: the object, its containers, variables.
        let is_no_map = |name: &str| {
            name == own
                || name.contains(|c: char| c.is_ascii_uppercase() || c == '_')
                || containers
                    .iter()
                    .any(|one| one.name().as_deref() == Some(name))
        };
        let gives = |name: &str| {
            let maps = ["ConfigMap", "Secret"].into_iter();
            let mut maps = maps.flat_map(|kind| objects.named(kind, name)).peekable();
            if maps.peek().is_none() {
                return !is_no_map(name);
            }
            maps.any(|map| match map.keys() {
                Keys::Known(keys) => keys.iter().any(|(key, _)| key.as_ref() == variable),
                Keys::Unknown => true,
            })
        };
        let (overlays, file) = (&self.cx.project.overlays, self.runner.file);
        let template = workload.kind().template_path().iter().copied();
        let path: Vec<&str> = template.chain(["spec", "containers", "envFrom"]).collect();
        let kind = object.kind();
        // A prefix makes other names of the keys.
        let prefix: Vec<&str> = path.iter().copied().chain(["prefix"]).collect();
        overlays.may_set(file, &kind, &own, &prefix)
            || overlays.may_add(file, &kind, &own, &path, gives)
    }

    /// Whether Compose gives the value also as a part of another setting, an address say, which the
    /// container gets without it: there the two go together with something else.
    fn goes_with_another(&self, lacking: &Given) -> bool {
        let Some(value) = lacking
            .value
            .as_deref()
            .filter(|value| value.len() >= MIN_NAME)
        else {
            return false;
        };
        self.theirs[0].given.iter().any(|other| {
            let ours = self
                .own
                .get(&other.name)
                .and_then(|own| own.value.as_deref());
            other.name != lacking.name
                && other
                    .value
                    .as_deref()
                    .is_some_and(|text| text.contains(value))
                && ours.is_some_and(|ours| !ours.contains(value))
        })
    }

    /// What the container gets and no Compose service gives.
    fn missing_there(&self) -> Vec<Given> {
        let project = self.cx.project;
        // A file that is mounted may hold what the program reads as its environment.
        let filed = self.services.iter().any(|service| {
            let targets = service.service.mounts().filter_map(|mount| mount.target());
            targets.into_iter().any(|target| target.contains(".env"))
        });
        if filed
            || self
                .theirs
                .iter()
                .any(|environment| !environment.is_whole())
        {
            return Vec::new();
        }
        let mut lacking: Vec<&Given> = self
            .own
            .given
            .iter()
            .filter(|given| !self.theirs.iter().any(|other| other.has(&given.name)))
            .filter(|given| !self.set.has(&given.name) && !is_local(&given.name))
            // Fields of the pod are there in a cluster alone.
            .filter(|given| given.giver != Giver::Field)
            .filter(|given| given.value.as_deref() != Some(""))
            .collect();
        if lacking.is_empty() {
            return Vec::new();
        }
        // Files that are merged with a service's own may give more.
        let merged = self.services.iter().flat_map(|service| {
            let dir = parent(project.path(service.unit.file));
            project
                .composes
                .iter()
                .filter(move |unit| {
                    unit.file != service.unit.file && parent(project.path(unit.file)) == dir
                })
                .filter_map(|unit| ComposeFile::new(&unit.tree)?.service(&service.service.name()))
        });
        let merged: Vec<String> = merged
            .flat_map(|service| {
                let named = service.environment().map(|one| one.name().into_owned());
                let open = service.env_files().next().is_some();
                named
                    .chain(open.then(|| "*".to_owned()))
                    .collect::<Vec<_>>()
            })
            .collect();
        if merged.iter().any(|name| name == "*") {
            return Vec::new();
        }
        lacking.retain(|given| !merged.iter().any(|name| **name == *given.name));
        lacking.into_iter().cloned().collect()
    }

    /// The candidates that are worth a word.
    fn judged(&self, side: Side, candidates: &[Given], sources: Option<&Sources>) -> Vec<Key> {
        let mut needed = Vec::new();
        let mut others = Vec::new();
        for given in candidates {
            let reading = sources.map_or(Reading::Unknown, |sources| sources.reads(&given.name));
            let key = |read: Option<Hit>| Key {
                name: given.name.clone(),
                place: given.place,
                secret: matches!(given.giver, Giver::Secret(_)),
                read,
            };
            match reading {
                // A property of a framework: its own files give it, one for each profile.
                Reading::Named(_) | Reading::Absent | Reading::Unknown
                    if given.name.contains('.') => {}
                // A variant of the service has settings of its own.
                _ if side == Side::Compose && self.is_variant() => {}
                // A map is taken whole for the sake of a few of its keys.
                _ if side == Side::Compose && self.is_blanket(given) => {}
                Reading::Needed(hit) => needed.push(key(Some(hit))),
                Reading::Optional(_) => {}
                Reading::Absent
                    if sources
                        .is_some_and(|sources| sources.knows(&given.name) == Known::Unread) => {}
                // What a whole file or map gives to many says little about each.
                _ if self.is_blanket(given) => {}
                Reading::Named(_) | Reading::Absent | Reading::Unknown => others.push(key(None)),
            }
        }
        let total = needed.len() + others.len();
        let known = match side {
            Side::Workload => true,
            // In a cluster there are variants of one service with variables of their own.
            Side::Compose => self.image.is_some() && self.has_one_name(),
        };
        let agree = known && self.shared >= 3 && total <= (self.shared / 2).max(1);
        if agree {
            needed.append(&mut others);
        }
        needed
    }

    /// Whether the workload is called what the service is called.
    fn has_one_name(&self) -> bool {
        self.is_named(&self.runner.workload.object().name().unwrap_or_default())
    }

    /// Whether a service has this name.
    fn is_named(&self, name: &str) -> bool {
        let plain = |name: &str| name.to_ascii_lowercase().replace('_', "-");
        self.services
            .iter()
            .any(|service| plain(&service.service.name()) == plain(name))
    }

    /// Whether another object of this kind is called what the service is called.
    fn is_variant(&self) -> bool {
        let kind = self.runner.workload.object().kind();
        !self.has_one_name()
            && self
                .cx
                .links
                .objects()
                .of_kind(&kind)
                .any(|other| self.is_named(&other.name))
    }

    /// Whether the variable comes with many others that the service need not read.
    fn is_blanket(&self, given: &Given) -> bool {
        match &given.giver {
            Giver::EnvFile(_) => true,
            // A key of a map that is taken whole stands in the map's own file or document.
            Giver::ConfigMap(_) | Giver::Secret(_) => {
                let container = self.runner.container.node().full_range();
                given.place.file != self.runner.file || !container.covers(given.place.range)
            }
            Giver::Written => {
                // Merged from an anchor that other services take too.
                let service = self
                    .services
                    .iter()
                    .find(|service| service.unit.file == given.place.file);
                service.is_some_and(|service| {
                    !service
                        .service
                        .node()
                        .full_range()
                        .covers(given.place.range)
                })
            }
            Giver::Image | Giver::Field => false,
        }
    }
}

/// Whether a container and a service that nothing here builds run the same image. Of somebody
/// else's the same release too: another one may want other variables.
fn is_same_image(
    links: &Links<'_>,
    runner: &ContainerRunner<'_>,
    service: &ServiceRunner<'_>,
) -> bool {
    let there = Runner::Service(*service);
    if links.image_of(&there).is_some() {
        return true;
    }
    let (Some(one), Some(two)) = (Runner::Container(*runner).reference(), there.reference()) else {
        return true;
    };
    // A name without an organisation is what an image is called before it is pushed.
    let local = |image: &Reference| image.is_official() && !is_public(image);
    if local(&one) || local(&two) {
        return one.name() == two.name();
    }
    one.repository() == two.repository() && (!is_public(&one) || one.tag() == two.tag())
}

/// Whether one name may be the other one renamed.
fn is_renamed(a: &str, b: &str) -> bool {
    a.starts_with(b) || b.starts_with(a) || plimsoll_source::nearest::nearest(a, [b]).is_some()
}

/// Whether the program gets variables by a way that no field shows: an agent that writes a file,
/// a command that reads one.
fn is_fed_otherwise(runner: &ContainerRunner<'_>) -> bool {
    let template = runner.workload.template();
    let agent = template.is_some_and(|template| {
        template.annotations().iter().any(|(key, _)| {
            key.starts_with("vault.hashicorp.com/agent-inject")
                || key.starts_with("vault.security.banzaicloud")
        })
    });
    let words = runner
        .container
        .command()
        .into_iter()
        .chain(runner.container.args());
    let sourced = words.filter_map(Node::as_str).any(|word| {
        word.contains("source ")
            || word.contains("/vault/")
            || word.contains(". /")
            || exported(&word).is_none()
    });
    agent || sourced
}

/// The variables that a command exports by their names; `None` where it exports what it reads or
/// makes up.
fn exported(word: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for (at, _) in word.match_indices("export ") {
        let rest = word[at + "export ".len()..].trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, value) = rest.split_at(end);
        let value = value.strip_prefix('=').filter(|_| !name.is_empty())?;
        // One statement may export several.
        let line = value.split(['\n', ';', '&']).next().unwrap_or_default();
        let quoted = line.starts_with('"')
            && line.trim_end().ends_with('"')
            && line.matches('"').count() == 2;
        if !quoted && line.trim().contains([' ', '`', '(']) {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

/// Whether the container's command sets a variable before the program starts.
fn is_exported(runner: &ContainerRunner<'_>, variable: &str) -> bool {
    let words = runner.container.command().into_iter();
    let mut words = words
        .chain(runner.container.args())
        .filter_map(Node::as_str);
    words.any(|word| exported(&word).is_some_and(|names| names.contains(&variable)))
}

/// The texts of the ConfigMaps and Secrets that are mounted, where they are known.
fn mounted_text(links: &Links<'_>, runner: &ContainerRunner<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for link in links.from(&Thing::Object(runner.object)) {
        if link.kind != LinkKind::Mounts {
            continue;
        }
        if let Thing::Object(object) = links.thing(link.to) {
            let object = links.objects().get(*object);
            let data = ["data", "stringData"]
                .iter()
                .filter_map(|key| object.node().get(key));
            found.extend(data.map(|node| node.source().to_owned()));
        }
    }
    found
}
