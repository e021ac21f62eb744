//! Which files belong together, and how near they are to each other.
//!
//! A repository holds more than one set of manifests: overlays for several environments, a
//! folder for each example, a file for each variant. Two files are of *different worlds* when at
//! the folder where their paths part both sides define the same object: nobody applies both. Or
//! `plimsoll.toml` says that they are.
//! What one render of a chart gives is of one world, and what another render of that chart gives
//! is of another.
//! Files of a folder of inputs of tests (`testdata`, `fixtures`) are not one set: each is a case. Nor
//! are those that only a number tells apart (`pod-1.yaml`, `pod-2.yaml`).
//! Otherwise they may belong together, and the nearer they are, the more likely they do.

use std::collections::HashMap;

use plimsoll_k8s::Object;
use plimsoll_project::kustomize::Kinship;
use plimsoll_project::{ManifestRole, Project};
use plimsoll_source::FileId;
use plimsoll_source::files::parent;

/// How near two manifest files are; the least is the nearest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Distance {
    /// One file.
    SameFile,
    /// One kustomization, or one folder without any.
    SameSet,
    /// Some kustomization takes both.
    SameBuild,
    /// One folder holds both, this many levels above the deeper one.
    Folder(u32),
}

impl Distance {
    /// Whether files this near are applied together beyond reasonable doubt.
    pub const fn is_certain(self) -> bool {
        matches!(self, Self::SameFile | Self::SameSet | Self::SameBuild)
    }
}

/// Folders and files of which at most one is applied.
#[derive(Debug, Default)]
pub struct Worlds {
    /// For each folder and the name of an entry in it: the objects (numbers) defined below that
    /// are defined elsewhere too, in order.
    repeated: HashMap<Box<str>, Vec<u32>>,
    /// For each file of the project the number of its folder, or [`MEMBER`].
    homes: Vec<u32>,
}

/// Stands for the folder of a file that belongs to a kustomization.
const MEMBER: u32 = u32::MAX;

impl Worlds {
    /// Looks for objects that several files define. `objects` are those of each manifest of the
    /// project, in its order.
    pub fn new(project: &Project, objects: &[Vec<Object<'_>>]) -> Self {
        let mut places: HashMap<[Box<str>; 4], Vec<FileId>> = HashMap::new();
        for (unit, objects) in project.manifests.iter().zip(objects) {
            if unit.role == ManifestRole::Patch {
                continue;
            }
            for object in objects {
                let Some(name) = object.name() else { continue };
                let id = [
                    (*object.group()).into(),
                    (*object.kind()).into(),
                    object.namespace().as_deref().unwrap_or_default().into(),
                    (*name).into(),
                ];
                let files = places.entry(id).or_default();
                if files.last() != Some(&unit.file) {
                    files.push(unit.file);
                }
            }
        }
        let mut repeated: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        let several = places.into_values().filter(|files| files.len() > 1);
        for (number, files) in (0_u32..).zip(several) {
            for file in files {
                for entry in entries(project.path(file)) {
                    let numbers = repeated.entry(entry.into()).or_default();
                    if numbers.last() != Some(&number) {
                        numbers.push(number);
                    }
                }
            }
        }
        Self {
            repeated,
            homes: homes(project),
        }
    }

    /// Whether two manifest files are applied together beyond reasonable doubt; what
    /// [`Worlds::distance`] and [`Distance::is_certain`] say, at a small part of the cost.
    pub fn is_certain(&self, project: &Project, a: FileId, b: FileId) -> bool {
        a == b
            || self.home(a) == self.home(b)
                && self
                    .distance(project, a, b)
                    .is_some_and(Distance::is_certain)
    }

    fn home(&self, file: FileId) -> u32 {
        self.homes.get(file.0 as usize).copied().unwrap_or(MEMBER)
    }

    /// How near two manifest files are; `None` where they are of different worlds.
    pub fn distance(&self, project: &Project, a: FileId, b: FileId) -> Option<Distance> {
        if a == b {
            return Some(Distance::SameFile);
        }
        match project.rendered_together(a, b) {
            Some(true) => return Some(Distance::SameSet),
            Some(false) => return None,
            None => {}
        }
        let told = |file| project.config.world_of(project.path(file));
        if !project.config.worlds.is_empty()
            && let (Some(world_a), Some(world_b)) = (told(a), told(b))
            && world_a != world_b
        {
            return None;
        }
        let kinship = project.overlays.kinship(a, b);
        match kinship {
            Some(Kinship::Same) => return Some(Distance::SameSet),
            Some(Kinship::Joined) => return Some(Distance::SameBuild),
            Some(Kinship::Rivals) => return None,
            Some(Kinship::Strangers) | None => {}
        }
        let (path_a, path_b) = (project.path(a), project.path(b));
        let parted = Parted::of(path_a, path_b);
        let repeats = |entry: &str| self.repeated.get(entry).map_or(&[][..], Vec::as_slice);
        if meet(repeats(parted.a), repeats(parted.b)) {
            return None;
        }
        // Files beside each other that kustomizations take apart stay apart.
        let alone = !project.overlays.is_member(a) && !project.overlays.is_member(b);
        if alone && parted.levels == 0 && !is_of_tests(path_a) && !are_numbered(path_a, path_b) {
            return Some(Distance::SameSet);
        }
        Some(Distance::Folder(parted.levels + u32::from(!alone)))
    }
}

/// Whether the file is one of a folder of inputs of tests, each of which is loaded by itself.
fn is_of_tests(path: &str) -> bool {
    parent(path).split('/').any(|folder| {
        matches!(
            folder,
            "testdata" | "test-data" | "fixtures" | "__fixtures__"
        )
    })
}

/// Whether two files are called alike but for a number: each is a variant, or a step, of its own.
fn are_numbered(a: &str, b: &str) -> bool {
    let letters = |path: &str| path.replace(|c: char| c.is_ascii_digit(), "");
    a != b && letters(a) == letters(b)
}

/// The numbers of the folders of all files.
fn homes(project: &Project) -> Vec<u32> {
    let mut numbers: HashMap<(Option<usize>, &str), u32> = HashMap::new();
    let files = project.files.iter().map(|(id, file)| {
        if project.overlays.is_member(id) {
            return MEMBER;
        }
        let next = numbers.len() as u32;
        let home = match project.generated(id) {
            Some(generated) => (Some(generated.render), ""),
            None => (None, parent(&file.path)),
        };
        *numbers.entry(home).or_insert(next)
    });
    files.collect()
}

/// Where two paths part: the first entry that differs, and how far above the deeper file the
/// folder is that holds both.
struct Parted<'a> {
    a: &'a str,
    b: &'a str,
    levels: u32,
}

impl<'a> Parted<'a> {
    fn of(a: &'a str, b: &'a str) -> Self {
        let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        let folder = a[..common].rfind('/').map_or(0, |slash| slash + 1);
        let entry = |path: &'a str| {
            let end = path[folder..]
                .find('/')
                .map_or(path.len(), |at| folder + at);
            &path[..end]
        };
        let depth = |path: &str| path[folder..].matches('/').count() as u32;
        Self {
            a: entry(a),
            b: entry(b),
            levels: depth(a).max(depth(b)),
        }
    }
}

/// The path itself and every folder above it.
fn entries(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(path.match_indices('/').map(|(at, _)| &path[..at]))
}

/// Whether two sorted lists share a number.
fn meet(a: &[u32], b: &[u32]) -> bool {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.iter().any(|number| many.binary_search(number).is_ok())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project, config};
    use plimsoll_testkit::{Fixture, tree};

    use super::{Distance, Parted, Worlds};

    fn distance(fixture: &str, a: &str, b: &str) -> Option<Distance> {
        told("", fixture, a, b)
    }

    fn told(config: &str, fixture: &str, a: &str, b: &str) -> Option<Distance> {
        let (project, worlds) = loaded(config, fixture);
        let file = |path| project.files.by_path(path).expect(path);
        worlds.distance(&project, file(a), file(b))
    }

    fn loaded(config: &str, fixture: &str) -> (Project, Worlds) {
        let tree = tree(&Fixture::parse("x.yaml", fixture));
        let config = config::parse(config, &config::Base::default()).expect("it is valid");
        let options = Options {
            config,
            ..Options::default()
        };
        let project = Project::load(Arc::new(tree), &options);
        let objects: Vec<_> = project
            .manifests
            .iter()
            .map(|unit| plimsoll_k8s::objects(&unit.tree))
            .collect();
        let worlds = Worlds::new(&project, &objects);
        (project, worlds)
    }

    fn object(path: &str, kind: &str, name: &str) -> String {
        format!("//- /{path}\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n")
    }

    #[test]
    fn paths_part_at_the_first_difference() {
        let parted = Parted::of("a/b/c.yaml", "a/bd/e/f.yaml");
        assert_eq!((parted.a, parted.b, parted.levels), ("a/b", "a/bd", 2));
        let parted = Parted::of("a.yaml", "b/c.yaml");
        assert_eq!((parted.a, parted.b, parted.levels), ("a.yaml", "b", 1));
    }

    #[test]
    fn inputs_of_tests_are_no_set() {
        let files = [
            object("testdata/a.yaml", "Pod", "a"),
            object("testdata/b.yaml", "Pod", "b"),
        ];
        let found = distance(&files.concat(), "testdata/a.yaml", "testdata/b.yaml");
        assert_eq!(found, Some(Distance::Folder(0)));
        let files = [
            object("a/pod1.yaml", "Pod", "a"),
            object("a/pod2.yaml", "Pod", "b"),
        ]
        .concat();
        let found = distance(&files, "a/pod1.yaml", "a/pod2.yaml");
        assert_eq!(found, Some(Distance::Folder(0)));
    }

    #[test]
    fn folders_with_the_same_object_are_different_worlds() {
        let files = [
            object("dev/config.yaml", "ConfigMap", "app"),
            object("dev/pod.yaml", "Pod", "app"),
            object("prod/config.yaml", "ConfigMap", "app"),
            object("prod/service.yaml", "Service", "app"),
            object("shared/secret.yaml", "Secret", "app"),
        ]
        .concat();
        assert_eq!(distance(&files, "dev/pod.yaml", "prod/service.yaml"), None);
        assert_eq!(
            distance(&files, "dev/pod.yaml", "dev/config.yaml"),
            Some(Distance::SameSet)
        );
        assert_eq!(
            distance(&files, "dev/pod.yaml", "shared/secret.yaml"),
            Some(Distance::Folder(1))
        );
    }

    #[test]
    fn worlds_may_be_told() {
        let files = [
            object("eu.yaml", "Pod", "app"),
            object("us.yaml", "Service", "app"),
            object("all.yaml", "ConfigMap", "app"),
        ]
        .concat();
        let config = "[[world]]\npaths = [\"eu.yaml\"]\n[[world]]\npaths = [\"us.yaml\"]\n";
        assert_eq!(told(config, &files, "eu.yaml", "us.yaml"), None);
        assert_eq!(
            told(config, &files, "eu.yaml", "all.yaml"),
            Some(Distance::SameSet)
        );
        assert_eq!(
            distance(&files, "eu.yaml", "us.yaml"),
            Some(Distance::SameSet)
        );
    }

    #[test]
    fn variants_beside_each_other_are_different_worlds() {
        let files = [
            object("a.yaml", "Pod", "app"),
            object("a-dev.yaml", "Pod", "app"),
            object("b.yaml", "Service", "app"),
        ]
        .concat();
        assert_eq!(distance(&files, "a.yaml", "a-dev.yaml"), None);
        assert_eq!(
            distance(&files, "a.yaml", "b.yaml"),
            Some(Distance::SameSet)
        );
    }

    #[test]
    fn overlays_meet_their_base_and_not_each_other() {
        let files = [
            object("base/pod.yaml", "Pod", "app"),
            "//- /base/kustomization.yaml\nresources: [pod.yaml]\n".into(),
            object("over/dev/config.yaml", "ConfigMap", "dev"),
            "//- /over/dev/kustomization.yaml\nresources: [../../base, config.yaml]\n".into(),
            object("over/prod/config.yaml", "ConfigMap", "prod"),
            "//- /over/prod/kustomization.yaml\nresources: [../../base, config.yaml]\n".into(),
        ]
        .concat();
        assert_eq!(
            distance(&files, "base/pod.yaml", "over/prod/config.yaml"),
            Some(Distance::SameBuild)
        );
        assert_eq!(
            distance(&files, "over/dev/config.yaml", "over/prod/config.yaml"),
            None
        );
        let all = [
            "base/pod.yaml",
            "over/dev/config.yaml",
            "over/prod/config.yaml",
            "base/kustomization.yaml",
        ];
        for a in all {
            for b in all {
                let (project, worlds) = loaded("", &files);
                let [one, two] = [a, b].map(|path| project.files.by_path(path).expect(path));
                let distance = worlds.distance(&project, one, two);
                let certain = distance.is_some_and(Distance::is_certain);
                assert_eq!(worlds.is_certain(&project, one, two), certain, "{a} {b}");
            }
        }
    }
}
