//! Which Dockerfile and stage builds the image that something runs.

mod names;

use std::collections::{BTreeSet, HashMap};

use plimsoll_compose::ComposeFile;
use plimsoll_dockerfile::Base;
use plimsoll_dockerfile::syntax::{Body, Command};
use plimsoll_k8s::Workload;
use plimsoll_oci::Reference;
use plimsoll_project::kustomize::kustomizations;
use plimsoll_project::{DockerfileUnit, ManifestRole, Project};
use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{Confidence, Place};
use plimsoll_yaml::Node;

use crate::evidence::{self, BuiltName};
use crate::known::{is_official, is_public};
use crate::model::{Evidence, Thing};
use crate::objects::Objects;
use names::Nearness;

pub(crate) use names::says_nothing;

/// A stage of a Dockerfile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct StageRef {
    /// Index into the project's Dockerfiles.
    pub(crate) dockerfile: u32,
    /// Its number in the file.
    pub(crate) stage: u32,
}

/// That a stage is built under a name.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    pub(crate) stage: StageRef,
    /// The name; `None` where a Compose service builds it and names no image.
    pub(crate) name: Option<BuiltName>,
    /// The tag, if it says which of several images of the name it is.
    pub(crate) variant: Option<Box<str>>,
    pub(crate) evidence: Evidence,
    pub(crate) place: Option<Place>,
    /// The Compose service that builds it.
    pub(crate) service: Option<Thing>,
    /// Whether a variable stands before the last part of the name, so that its value there is one
    /// of several.
    pub(crate) open: bool,
}

/// That something runs an image.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    /// A Compose service or an object.
    pub(crate) user: Thing,
    /// The container of an object, by its label.
    pub(crate) container: Option<Box<str>>,
    /// The name without tag, in the familiar form; empty parts for variables.
    pub(crate) name: BuiltName,
    /// The tag, if it says which of several images of the name it is.
    pub(crate) variant: Option<Box<str>>,
    /// Where the image is written.
    pub(crate) place: Place,
    /// Whether the image is known to be somebody else's.
    pub(crate) public: bool,
}

/// What is known of one image in use.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    pub(crate) stage: StageRef,
    pub(crate) evidence: Evidence,
    pub(crate) confidence: Confidence,
}

/// All builds and uses of a project.
pub(crate) struct Images {
    pub(crate) builds: Vec<Build>,
    pub(crate) uses: Vec<Use>,
    /// For each use, the stage it runs.
    pub(crate) matches: Vec<Option<Match>>,
}

/// Folders of what is run beside a service, not as it.
const ASIDE: [&str; 8] = [
    "benchmark",
    "e2e",
    "example",
    "examples",
    "perf",
    "sample",
    "test",
    "tests",
];

impl Images {
    pub(crate) fn new(objects: &Objects<'_>) -> Self {
        let project = objects.project();
        let mut builds = configured_builds(project);
        builds.extend(compose_builds(project));
        let mut uses = compose_uses(project);
        uses.extend(container_uses(objects));
        let own = own_programs(project);
        for used in uses.iter_mut().filter(|used| used.public) {
            // `grafana/tempo` is somebody else's everywhere but where Tempo is made.
            let is_official = matches!(&used.name, BuiltName::Whole(name) if !name.contains('/'));
            used.public = is_official || !own.contains(last(&used.name));
        }
        if !uses.is_empty() {
            builds.extend(written_builds(project));
        }
        let renames = renames(project);
        let matches = Matcher::new(project, &builds, &uses, &renames).matches();
        Self {
            builds,
            uses,
            matches,
        }
    }
}

/// The programs that Dockerfiles in folders of their name start.
fn own_programs(project: &Project) -> BTreeSet<String> {
    let program = |unit: &DockerfileUnit| {
        let stage = unit.build.final_stage()?;
        let start = stage.entrypoint.or(stage.cmd)?;
        let (Body::Entrypoint(Command::Exec(words)) | Body::Cmd(Command::Exec(words))) =
            &unit.build.file.instructions[start].body
        else {
            return None;
        };
        let name = file_name(&words.first()?.value).to_owned();
        let dir = parent(project.path(unit.file));
        // `FROM hashicorp/vault` adds to the program of others.
        let below = unit.build.lineage(stage);
        let is_theirs = below.last().is_some_and(|bottom| match &bottom.base {
            Base::Image(image) => {
                let image = image.rsplit('/').next().unwrap_or(image);
                image.split([':', '@']).next() == Some(&name)
            }
            _ => false,
        });
        (file_name(dir) == name && !is_theirs).then_some(name)
    };
    project.dockerfiles.iter().filter_map(program).collect()
}

/// The stage of a Dockerfile that a target means.
pub(crate) fn stage_of(project: &Project, dockerfile: usize, target: Option<&str>) -> StageRef {
    let unit = &project.dockerfiles[dockerfile];
    let named = target.and_then(|target| {
        unit.build.stage_named(target, usize::MAX).or_else(|| {
            let number: usize = target.parse().ok()?;
            unit.build.stages.get(number)
        })
    });
    let stage = named.or_else(|| unit.build.final_stage());
    StageRef {
        dockerfile: dockerfile as u32,
        stage: stage.map_or(0, |stage| stage.index as u32),
    }
}

fn by_path(project: &Project) -> HashMap<&str, usize> {
    let paths = project.dockerfiles.iter().enumerate();
    paths
        .map(|(number, unit)| (project.path(unit.file), number))
        .collect()
}

/// What `plimsoll.toml` says.
fn configured_builds(project: &Project) -> Vec<Build> {
    let known = by_path(project);
    let configured = project.config.images.iter().filter_map(|image| {
        let path = project.config.path(&image.dockerfile.text)?;
        let stage = image.stage.as_ref().map(|stage| &*stage.text);
        Some(Build {
            stage: stage_of(project, *known.get(&*path)?, stage),
            name: Some(name_of(&image.name.text)?),
            variant: evidence::variant(&image.name.text),
            evidence: Evidence::Configuration,
            place: None,
            service: None,
            open: false,
        })
    });
    configured.collect()
}

/// What the services of Compose files build.
fn compose_builds(project: &Project) -> Vec<Build> {
    let known = by_path(project);
    let mut found = Vec::new();
    for (number, unit) in project.composes.iter().enumerate() {
        let dir = parent(project.path(unit.file));
        let services = ComposeFile::new(&unit.tree)
            .into_iter()
            .flat_map(ComposeFile::services);
        for service in services {
            let Some(build) = service.build() else {
                continue;
            };
            if build.is_remote() || build.dockerfile_inline().is_some() {
                continue;
            }
            let context = build.context_text().and_then(|context| join(dir, &context));
            let Some(context) = context else { continue };
            let file = match build.dockerfile() {
                Some(file) => file.with_defaults().and_then(|file| join(&context, &file)),
                None => join(&context, "Dockerfile"),
            };
            let Some(&dockerfile) = file.and_then(|file| known.get(&*file)) else {
                continue;
            };
            let target = build.target().and_then(|target| target.with_defaults());
            let stage = stage_of(project, dockerfile, target.as_deref());
            let thing = Thing::Service {
                compose: number as u32,
                name: (*service.name()).into(),
            };
            let place = Place::new(unit.file, build.head());
            let written = service.image().into_iter().chain(build.tags());
            let named: Vec<_> = written
                .map(|image| {
                    let name = name_of(&image.with_unknowns());
                    // `${REGISTRY:-acme}/web` is `acme/web` until somebody says otherwise.
                    let last = name_of(&image.text());
                    let open = matches!(last, Some(BuiltName::Last(_)));
                    let place = Place::new(unit.file, image.range());
                    let variant = evidence::variant(&image.with_unknowns());
                    (name.or(last), variant, open, place)
                })
                .collect();
            found.push(Build {
                stage,
                name: None,
                variant: None,
                evidence: Evidence::ComposeBuild,
                place: Some(place),
                service: Some(thing),
                open: false,
            });
            found.extend(
                named
                    .into_iter()
                    .filter_map(|(name, variant, open, place)| {
                        Some(Build {
                            stage,
                            name: Some(name?),
                            variant,
                            evidence: Evidence::ComposeImage,
                            place: Some(place),
                            service: None,
                            open,
                        })
                    }),
            );
        }
    }
    found
}

/// The images of Compose services that build none.
fn compose_uses(project: &Project) -> Vec<Use> {
    let mut found = Vec::new();
    for (number, unit) in project.composes.iter().enumerate() {
        let services = ComposeFile::new(&unit.tree)
            .into_iter()
            .flat_map(ComposeFile::services);
        for service in services.filter(|service| service.build().is_none()) {
            let Some(image) = service.image() else {
                continue;
            };
            let user = Thing::Service {
                compose: number as u32,
                name: (*service.name()).into(),
            };
            let place = Place::new(unit.file, image.range());
            found.extend(used(user, None, &image.with_unknowns(), place));
        }
    }
    found
}

/// The images of all containers.
fn container_uses(objects: &Objects<'_>) -> Vec<Use> {
    let project = objects.project();
    let mut found = Vec::new();
    for (reference, object) in objects.iter() {
        let unit = &project.manifests[reference.unit as usize];
        if unit.role == ManifestRole::Patch {
            continue;
        }
        let Some(pod) = Workload::new(object).and_then(Workload::pod) else {
            continue;
        };
        for container in pod.all_containers() {
            let Some(image) = container.image() else {
                continue;
            };
            let place = Place::new(unit.file, image.range());
            let text = image.as_str().unwrap_or_default();
            let label = Some(container.label().into());
            found.extend(used(Thing::Object(reference), label, &text, place));
        }
    }
    found
}

fn used(user: Thing, container: Option<Box<str>>, text: &str, place: Place) -> Option<Use> {
    let name = name_of(text)?;
    let public = match &name {
        BuiltName::Whole(name) => Reference::parse(name).is_ok_and(|image| is_public(&image)),
        BuiltName::Last(_) => false,
    };
    Some(Use {
        user,
        container,
        name,
        variant: evidence::variant(text),
        place,
        public,
    })
}

fn name_of(text: &str) -> Option<BuiltName> {
    evidence::image_name(text)
}

/// Builds that other files describe.
fn written_builds(project: &Project) -> Vec<Build> {
    let known = by_path(project);
    evidence::builds(project)
        .into_iter()
        .filter_map(|built| {
            let dockerfile = *known.get(&*built.dockerfile)?;
            let path = built.path.into_boxed_str();
            let place = project
                .files
                .by_path(&path)
                .map(|file| Place::new(file, built.range));
            Some(Build {
                stage: stage_of(project, dockerfile, built.target.as_deref()),
                name: Some(built.name),
                variant: built.variant,
                evidence: if built.command {
                    Evidence::Command(path)
                } else {
                    Evidence::BuildFile(path)
                },
                place,
                service: None,
                open: false,
            })
        })
        .collect()
}

/// That a kustomization replaces one image name by another.
struct Rename {
    from: Box<str>,
    to: Box<str>,
    path: Box<str>,
}

fn renames(project: &Project) -> Vec<Rename> {
    let mut found = Vec::new();
    for unit in &project.manifests {
        for root in kustomizations(project.path(unit.file), &unit.tree) {
            for item in root.get("images").into_iter().flat_map(Node::items) {
                let text = |key: &str| item.present(key).and_then(Node::as_str);
                let (Some(from), Some(to)) = (text("name"), text("newName")) else {
                    continue;
                };
                let whole = |text: &str| match name_of(text) {
                    Some(BuiltName::Whole(name)) => Some(name),
                    _ => None,
                };
                if let (Some(from), Some(to)) = (whole(&from), whole(&to)) {
                    let path = project.path(unit.file).into();
                    found.push(Rename { from, to, path });
                }
            }
        }
    }
    found
}

/// The last part of a name: `ghcr.io/acme/web` gives `web`.
pub(crate) fn last(name: &BuiltName) -> &str {
    match name {
        BuiltName::Whole(name) => name.rsplit('/').next().unwrap_or(name),
        BuiltName::Last(last) => last,
    }
}

struct Matcher<'m> {
    project: &'m Project,
    builds: &'m [Build],
    uses: &'m [Use],
    renames: &'m [Rename],
    whole: HashMap<&'m str, Vec<usize>>,
    by_last: HashMap<&'m str, Vec<usize>>,
}

impl<'m> Matcher<'m> {
    fn new(
        project: &'m Project,
        builds: &'m [Build],
        uses: &'m [Use],
        renames: &'m [Rename],
    ) -> Self {
        let mut whole: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_last: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, build) in builds.iter().enumerate() {
            let Some(name) = &build.name else { continue };
            if let BuiltName::Whole(name) = name {
                whole.entry(name).or_default().push(number);
            }
            by_last.entry(last(name)).or_default().push(number);
        }
        Self {
            project,
            builds,
            uses,
            renames,
            whole,
            by_last,
        }
    }

    fn matches(&self) -> Vec<Option<Match>> {
        let mut found: Vec<Option<Match>> = self.uses.iter().map(|one| self.written(one)).collect();
        // Names alone say something where nothing is written.
        let open: Vec<usize> = (0..self.uses.len())
            .filter(|n| found[*n].is_none() && !self.uses[*n].public)
            .collect();
        if !open.is_empty() && !self.project.dockerfiles.is_empty() {
            let nearness = Nearness::new(self.project, self.builds);
            let names: Vec<&Use> = open.iter().map(|n| &self.uses[*n]).collect();
            for (n, matched) in open.iter().zip(nearness.all(&names)) {
                let used = &self.uses[*n];
                found[*n] = matched.filter(|found| !self.is_built_beside(used, found));
            }
            self.only_one(&open, &mut found);
        }
        found
    }

    /// Whether another service of the same Compose file builds what a longer name was taken for:
    /// `shop/shop-backend` beside a `backend` that is built is somebody else's.
    fn is_built_beside(&self, used: &Use, found: &Match) -> bool {
        let (Thing::Service { compose, .. }, Evidence::SameName(known)) =
            (&used.user, &found.evidence)
        else {
            return false;
        };
        let is_longer = last(&used.name).len() > known.len();
        let is_of_others = matches!(&used.name, BuiltName::Whole(name) if name.contains('/'));
        let mut builds = self.builds.iter().filter(|one| one.stage == found.stage);
        is_longer
            && is_of_others
            && builds.any(|one| match &one.service {
                Some(Thing::Service { compose: other, .. }) => other == compose,
                _ => false,
            })
    }

    /// What builds that are written down say of an image in use.
    fn written(&self, used: &Use) -> Option<Match> {
        if let BuiltName::Whole(name) = &used.name {
            let mut built = self.whole.get(&**name).cloned();
            if is_official(name) {
                // `alpine` is everybody's, unless the same folder says that it builds it.
                let folder = |file| parent(self.project.path(file));
                let here = folder(used.place.file);
                if let Some(built) = &mut built {
                    built.retain(|number| {
                        let build = &self.builds[*number];
                        build.evidence == Evidence::Configuration
                            || build.place.is_some_and(|place| folder(place.file) == here)
                    });
                }
            }
            if let Some(found) = self.agreed(built.as_ref(), used, Confidence::High) {
                return Some(found);
            }
            for rename in self.renames {
                let other = match name {
                    name if **name == *rename.from => &rename.to,
                    name if **name == *rename.to => &rename.from,
                    _ => continue,
                };
                if let Some(mut found) =
                    self.agreed(self.whole.get(&**other), used, Confidence::High)
                {
                    found.evidence = Evidence::Renamed(rename.path.clone());
                    return Some(found);
                }
            }
            if used.public {
                return None;
            }
        }
        let numbers = self.by_last.get(last(&used.name))?;
        // A name without registry is what it is called before it is pushed; with variables in
        // front nothing contradicts.
        let loose = |number: &&usize| match (&self.builds[**number].name, &used.name) {
            _ if self.builds[**number].open => true,
            (Some(BuiltName::Last(_)), _) | (_, BuiltName::Last(_)) => true,
            (Some(BuiltName::Whole(name)), BuiltName::Whole(other)) => {
                !name.contains('/') || !other.contains('/')
            }
            (None, _) => false,
        };
        let near: Vec<usize> = numbers.iter().filter(loose).copied().collect();
        // One registry may mirror another; another organisation builds something else.
        let owner = |name: &BuiltName| match name {
            BuiltName::Whole(name) => name.rsplit('/').nth(1).map(str::to_owned),
            BuiltName::Last(_) => None,
        };
        let same_owner = |number: &&usize| {
            let name = self.builds[**number].name.as_ref();
            name.and_then(owner) == owner(&used.name)
        };
        let mirrored: Vec<usize> = numbers.iter().filter(same_owner).copied().collect();
        self.agreed(Some(&near), used, Confidence::High)
            .or_else(|| self.agreed(Some(&mirrored), used, Confidence::Medium))
    }

    /// The stage that these builds name, if it is one, or the nearest of them.
    fn agreed(
        &self,
        numbers: Option<&Vec<usize>>,
        used: &Use,
        confidence: Confidence,
    ) -> Option<Match> {
        let numbers = numbers?;
        // What the configuration says comes before all else.
        let is_told = |n: &&usize| self.builds[**n].evidence == Evidence::Configuration;
        let told: Vec<usize> = numbers.iter().filter(is_told).copied().collect();
        let numbers = if told.is_empty() { numbers } else { &told };
        // `app:worker` is the one of the images called `app` that is built as `app:worker`.
        let has_tag = |n: &&usize| self.builds[**n].variant == used.variant;
        let tagged: Vec<usize> = numbers.iter().filter(has_tag).copied().collect();
        let numbers = if tagged.is_empty() { numbers } else { &tagged };
        let stages: BTreeSet<StageRef> = numbers.iter().map(|n| self.builds[*n].stage).collect();
        let stage = match stages.len() {
            0 => return None,
            1 => *stages.first()?,
            _ => names::nearest(self.project, &stages, used)?,
        };
        let build = numbers
            .iter()
            .map(|n| &self.builds[*n])
            .find(|build| build.stage == stage)?;
        Some(Match {
            stage,
            evidence: build.evidence.clone(),
            confidence,
        })
    }

    /// One Dockerfile, and one image that is nobody else's: they belong together.
    fn only_one(&self, open: &[usize], found: &mut [Option<Match>]) {
        let [unit] = &self.project.dockerfiles[..] else {
            return;
        };
        let names: BTreeSet<&BuiltName> = open.iter().map(|n| &self.uses[*n].name).collect();
        let linked = found.iter().any(Option::is_some);
        if names.len() != 1 || linked || unit.build.stages.is_empty() {
            return;
        }
        // What tests and examples run beside it is mostly somebody else's.
        let is_aside = |n: &usize| {
            let path = self
                .project
                .path(self.uses[*n].place.file)
                .to_ascii_lowercase();
            let dockerfile = self.project.path(unit.file).to_ascii_lowercase();
            let aside = |path: &str| {
                let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
                folders.split('/').any(|folder| ASIDE.contains(&folder))
            };
            aside(&path) && !aside(&dockerfile)
        };
        for n in open.iter().filter(|n| !is_aside(n)) {
            found[*n] = Some(Match {
                stage: stage_of(self.project, 0, unit.target.as_deref()),
                evidence: Evidence::OnlyOne,
                confidence: Confidence::Medium,
            });
        }
    }
}
