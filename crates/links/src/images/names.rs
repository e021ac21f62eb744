//! Names that agree: the last part of an image's name and that of a folder, a Dockerfile or a
//! stage.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_dockerfile::{Build, Stage};
use plimsoll_project::Project;
use plimsoll_source::Confidence;
use plimsoll_source::files::{file_name, parent};

use super::{Build as Built, Match, StageRef, Use, last, stage_of};
use crate::model::{Evidence, Thing};

/// Folders that say nothing about what is in them.
const PLAIN_FOLDERS: &[&str] = &[
    ".devcontainer",
    ".docker",
    "build",
    "ci",
    "container",
    "containers",
    "contrib",
    "deploy",
    "deployment",
    "deployments",
    "dev",
    "development",
    "docker",
    "dockerfile",
    "dockerfiles",
    "hack",
    "image",
    "images",
    "infra",
    "linux",
    "local",
    "main",
    "package",
    "prod",
    "production",
    "release",
    "root",
    "scripts",
    "src",
    "test",
    "tests",
];

/// What an image's name may have behind that of its folder.
const ENDINGS: &[&str] = &["-service", "-svc", "-app", "-server", "-image", "-api"];

/// The shortest name that is known without what joins its words.
const MIN_JOINED: usize = 6;

/// The Dockerfiles by the names that they may be known by.
pub(super) struct Nearness<'p> {
    project: &'p Project,
    by_name: HashMap<String, Named>,
    /// The names as they are without what joins their words: `userservice` of `user-service`.
    joined: HashMap<String, String>,
}

/// What a name may mean: the stages that have it at first hand. `web/Dockerfile` is `web` before
/// `web/tests/Dockerfile` is.
#[derive(Default)]
struct Named {
    stages: BTreeSet<StageRef>,
    /// How many folders lie between the name and the Dockerfile.
    away: usize,
}

impl Named {
    fn take(&mut self, stage: StageRef, away: usize) {
        if self.stages.is_empty() || away < self.away {
            self.stages.clear();
            self.away = away;
        }
        if away == self.away {
            self.stages.insert(stage);
        }
    }
}

impl<'p> Nearness<'p> {
    pub(super) fn new(project: &'p Project, builds: &[Built]) -> Self {
        let mut by_name: HashMap<String, Named> = HashMap::new();
        for (number, unit) in project.dockerfiles.iter().enumerate() {
            let path = project.path(unit.file);
            let whole = stage_of(project, number, unit.target.as_deref());
            let variant = variant(file_name(path));
            match &variant {
                // A Dockerfile for a variant is known by it, not by its folder.
                Some(name) => {
                    by_name.entry(name.clone()).or_default().take(whole, 0);
                    if let Some((folder, away)) = folder(path) {
                        let both = format!("{folder}-{name}");
                        by_name.entry(both).or_default().take(whole, away);
                    }
                }
                None => {
                    if let Some((name, away)) = folder(path) {
                        by_name.entry(name).or_default().take(whole, away);
                    }
                    if let Some(context) = unit.context.and_then(|n| project.contexts.get(n)) {
                        let name = plain(file_name(&context.dir));
                        if !name.is_empty() && !PLAIN_FOLDERS.contains(&&*name) {
                            by_name.entry(name).or_default().take(whole, 0);
                        }
                    }
                }
            }
            // Several images may come out of one file, each from its stage.
            for stage in &unit.build.stages {
                let Some(name) = &stage.name else { continue };
                let name = plain(&name.value);
                let generic = matches!(
                    &*name,
                    "base"
                        | "build"
                        | "builder"
                        | "runtime"
                        | "final"
                        | "deps"
                        | "dev"
                        | "prod"
                        | "production"
                        | "release"
                        | "runner"
                        | "test"
                        | "development"
                        | "dependencies"
                        | "app"
                        | "main"
                        | "run"
                );
                if !generic && unit.build.stages.len() > 1 && !is_step(&unit.build, stage) {
                    let stage = StageRef {
                        dockerfile: number as u32,
                        stage: stage.index as u32,
                    };
                    by_name.entry(name).or_default().take(stage, 0);
                }
            }
        }
        for (name, stages) in services(builds) {
            by_name.entry(name).or_insert(Named { stages, away: 0 });
        }
        let joined = joined(&by_name);
        Self {
            project,
            by_name,
            joined,
        }
    }

    /// The matches of images in use, by their names alone.
    pub(super) fn all(&self, uses: &[&Use]) -> Vec<Option<Match>> {
        let prefixes = self.prefixes(uses);
        uses.iter()
            .map(|used| {
                let name = plain(last(&used.name));
                let (known, stages) = self.find(&name, &prefixes)?;
                let stage = match stages.len() {
                    1 => *stages.first()?,
                    _ => nearest(self.project, stages, used)?,
                };
                Some(Match {
                    stage,
                    evidence: Evidence::SameName(known.into()),
                    confidence: Confidence::Medium,
                })
            })
            .collect()
    }

    /// What stands before the names of several images: `rs-` of `rs-cart` and `rs-user`. One
    /// alone may be chance.
    fn prefixes(&self, uses: &[&Use]) -> BTreeSet<String> {
        let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let names: Vec<String> = uses.iter().map(|used| plain(last(&used.name))).collect();
        for name in &names {
            for (at, _) in name.match_indices('-') {
                let (prefix, rest) = (&name[..=at], &name[at + 1..]);
                if self.by_name.contains_key(rest) {
                    seen.entry(prefix).or_default().insert(rest);
                }
            }
        }
        seen.into_iter()
            .filter(|(_, rests)| rests.len() > 1)
            .map(|(prefix, _)| prefix.to_owned())
            .collect()
    }

    fn find(&self, name: &str, prefixes: &BTreeSet<String>) -> Option<(&str, &BTreeSet<StageRef>)> {
        let known = |name: &str| {
            let (name, named) = self.by_name.get_key_value(name)?;
            Some((name.as_str(), &named.stages))
        };
        if let Some(found) = known(name) {
            return Some(found);
        }
        let rests = prefixes
            .iter()
            .rev()
            .filter_map(|prefix| name.strip_prefix(&**prefix));
        for rest in rests.chain([name]) {
            if let Some(found) = known(rest) {
                return Some(found);
            }
            for ending in ENDINGS {
                if let Some(found) = rest.strip_suffix(ending).and_then(known) {
                    return Some(found);
                }
                if let Some(found) = known(&format!("{rest}{ending}")) {
                    return Some(found);
                }
            }
        }
        known(self.joined.get(&name.replace('-', ""))?)
    }
}

/// The stages that Compose services build, by the names of the services.
fn services(builds: &[Built]) -> BTreeMap<String, BTreeSet<StageRef>> {
    let mut found: BTreeMap<String, BTreeSet<StageRef>> = BTreeMap::new();
    for build in builds {
        if let Some(Thing::Service { name, .. }) = &build.service {
            found.entry(plain(name)).or_default().insert(build.stage);
        }
    }
    found
}

/// Names of several words, by these without what joins them; none that two names share.
fn joined(by_name: &HashMap<String, Named>) -> HashMap<String, String> {
    let mut found: HashMap<String, Option<String>> = HashMap::new();
    for name in by_name.keys() {
        let whole = name.replace('-', "");
        if whole.len() >= MIN_JOINED {
            let entry = found.entry(whole);
            entry
                .and_modify(|one| *one = None)
                .or_insert_with(|| Some(name.clone()));
        }
    }
    found
        .into_iter()
        .filter_map(|(whole, name)| Some((whole, name?)))
        .collect()
}

/// Whether a stage is a step on the way to others: it starts nothing, and they copy from it.
fn is_step(build: &Build, stage: &Stage) -> bool {
    let number = stage.index.to_string();
    let name = stage.name.as_ref().map(|name| &*name.value);
    let is_it =
        |from: &str| from == number || name.is_some_and(|name| name.eq_ignore_ascii_case(from));
    stage.entrypoint.is_none()
        && stage.cmd.is_none()
        && build.file.instructions[stage.instructions.end..]
            .iter()
            .filter_map(|instruction| instruction.flag("from")?.value.as_ref())
            .any(|from| is_it(&from.value))
}

/// Names as they are compared.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// Whether a Dockerfile's own name says no more than when it is used, if that.
pub(crate) fn says_nothing(name: &str) -> bool {
    variant(name).is_none()
}

/// What a Dockerfile's own name says: `Dockerfile.web`, `web.Dockerfile`, `Dockerfile-web`.
fn variant(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("dockerfile")
        .or_else(|| lower.strip_suffix("dockerfile"))?;
    let rest = rest.trim_matches(['.', '-', '_']);
    let says_nothing = matches!(
        rest,
        "" | "dev" | "prod" | "production" | "development" | "local" | "ci" | "test" | "debug"
    );
    (!says_nothing).then(|| plain(rest))
}

/// Whether a Dockerfile's own name says that nothing is deployed from it.
fn is_for_development(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["dev", "development", "local", "ci", "test", "debug"]
        .iter()
        .any(|word| lower.split(['.', '-', '_']).any(|part| part == *word))
}

/// Whether a Dockerfile's own name says that what is deployed is built from it.
fn is_for_production(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower
        .split(['.', '-', '_'])
        .any(|part| matches!(part, "prod" | "production"))
}

/// The nearest folder above a Dockerfile whose name says something, and how many lie between.
fn folder(path: &str) -> Option<(String, usize)> {
    let mut dir = parent(path);
    let mut away = 0;
    while !dir.is_empty() {
        let name = file_name(dir).to_ascii_lowercase();
        if !PLAIN_FOLDERS.contains(&&*name) {
            return Some((plain(&name), away));
        }
        away += 1;
        dir = parent(dir);
    }
    None
}

/// The stage whose Dockerfile shares the most folders with the file of a use, if there is one such.
pub(super) fn nearest(
    project: &Project,
    stages: &BTreeSet<StageRef>,
    used: &Use,
) -> Option<StageRef> {
    let from = project.path(used.place.file);
    let deployed = matches!(used.user, Thing::Object(_)) || is_for_production(file_name(from));
    let shared = |stage: &StageRef| {
        let unit = &project.dockerfiles[stage.dockerfile as usize];
        let path = project.path(unit.file);
        let common = parent(path)
            .split('/')
            .zip(parent(from).split('/'))
            .take_while(|(a, b)| a == b && !a.is_empty())
            .count();
        // Beside equals the file without a variant is meant, no one for development, and of one
        // for production and one that says nothing each in its place.
        let name = file_name(path);
        // Of two stages of one file likewise, by their names.
        let own = unit.build.stages.get(stage.stage as usize);
        let own = own.and_then(|stage| stage.name.as_ref());
        let own = own.map_or("", |name| &*name.value);
        (
            common,
            variant(name).is_none(),
            !is_for_development(name),
            is_for_production(name) == deployed,
            deployed && !is_for_development(own),
        )
    };
    let best = stages.iter().map(shared).max()?;
    let mut found = stages.iter().filter(|stage| shared(stage) == best);
    let first = *found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{folder, variant};

    #[test]
    fn names_of_files_and_folders() {
        assert_eq!(variant("Dockerfile"), None);
        assert_eq!(variant("Dockerfile.web").as_deref(), Some("web"));
        assert_eq!(variant("web_ui.dockerfile").as_deref(), Some("web-ui"));
        assert_eq!(variant("Dockerfile.dev"), None);
        assert_eq!(
            folder("src/cart/docker/Dockerfile"),
            Some(("cart".into(), 1))
        );
        assert_eq!(folder("docker/Dockerfile"), None);
    }
}
