//! Configuration: `plimsoll.toml`.
//!
//! [`parse`] is strict: an unknown key, a wrong type or an unknown word is a [`Problem`] with its
//! place, and a file with a problem configures nothing. What the file may say is written down
//! once, in [`schema`]; the parser, the JSON schema and the reference are made of that. Names of
//! rules are kept as written: which rules there are is not known here.

mod globs;
mod images;
mod read;
pub mod schema;

use plimsoll_k8s::schema::KubeVersion;
use plimsoll_source::files::join;
use plimsoll_source::{Severity, TextRange};

pub use globs::{Base, Globs};
pub use read::parse;

/// The name of the file.
pub const FILE_NAME: &str = "plimsoll.toml";

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// Why a file cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub range: TextRange,
    /// What is wrong: one lower-case phrase.
    pub message: String,
    /// What to do, imperative.
    pub help: Option<String>,
}

/// What a file says. An empty one says nothing.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `[check]`.
    pub check: Check,
    /// `[[check.override]]`, in order.
    pub overrides: Vec<Override>,
    /// `[rules.NAME]`.
    pub rules: Vec<RuleEntry>,
    /// `[[image]]`, in order.
    pub images: Vec<Image>,
    /// `[[world]]`, in order.
    pub worlds: Vec<World>,
    /// `[[chart]]`, in order.
    pub charts: Vec<ChartValues>,
    /// `[init]`.
    pub init: Init,
    /// `[secrets]`: the files that are not looked through for secrets.
    pub secrets_exclude: Option<Globs>,
    /// Where the folder of the file lies.
    pub base: Base,
}

/// `[init]`: what `plimsoll init` cannot find in a tree.
#[derive(Clone, Debug, Default)]
pub struct Init {
    /// The name of the whole.
    pub project: Option<Written>,
    /// What stands before the names of images.
    pub registry: Option<Written>,
    /// The tag of images.
    pub tag: Option<Written>,
    /// The host name, or the domain of several services.
    pub host: Option<Written>,
    /// How secrets reach the cluster: a word of the schema.
    pub secrets: Option<Written>,
    /// Whether manifests are a Kustomize base with overlays.
    pub kustomize: Option<bool>,
    /// `[[init.service]]`, in order.
    pub services: Vec<InitService>,
}

/// One `[[init.service]]`.
#[derive(Clone, Debug)]
pub struct InitService {
    /// The folder of the service, as written.
    pub folder: Written,
    /// Its name.
    pub name: Option<Written>,
    /// What starts it, word by word.
    pub start: Option<Vec<Written>>,
    /// The port that it listens on, 0 for none, and where it is written.
    pub port: Option<(u16, TextRange)>,
    /// The HTTP route that tells its health.
    pub health: Option<Written>,
    /// The version of its runtime.
    pub version: Option<Written>,
    /// Which of several programs it is.
    pub program: Option<Written>,
    /// What brings its database up to date, word by word.
    pub migration: Option<Vec<Written>>,
    /// Names of the backing services that it needs.
    pub backing: Option<Vec<Written>>,
}

impl Config {
    /// A path of the file, relative to the root under review; `None` where it leads out of that.
    pub fn path(&self, written: &str) -> Option<String> {
        let path = join(&self.base.folder, written)?;
        match &*self.base.root {
            "" => Some(path),
            root => Some(path.strip_prefix(root)?.strip_prefix('/')?.to_owned()),
        }
    }

    /// The number of the world that a file belongs to.
    pub fn world_of(&self, path: &str) -> Option<usize> {
        self.worlds
            .iter()
            .position(|world| world.paths.covers(path))
    }
}

/// A text of the file and where it stands, quotes included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Where.
    pub range: TextRange,
}

/// `[check]`.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// How demanding a review is.
    pub strictness: Option<Strictness>,
    /// From which severity on a finding fails a run.
    pub fail_on: Option<FailOn>,
    /// The version of Kubernetes that manifests are for.
    pub kube_version: Option<KubeVersion>,
    /// Names of the only rules that run.
    pub select: Option<Vec<Written>>,
    /// Names of rules that do not run.
    pub ignore: Option<Vec<Written>>,
}

/// One `[[check.override]]`.
#[derive(Clone, Debug)]
pub struct Override {
    /// The files that it is about.
    pub paths: Globs,
    /// How demanding the review of them is.
    pub strictness: Option<Strictness>,
    /// Names of rules that report nothing in them.
    pub ignore: Vec<Written>,
    /// What is wanted of single rules in them.
    pub rules: Vec<RuleEntry>,
}

/// What is wanted of one rule.
#[derive(Clone, Debug)]
pub struct RuleEntry {
    /// The rule's name.
    pub name: Written,
    /// How bad its findings are.
    pub severity: Option<Severity>,
    /// From when on it speaks.
    pub level: Option<Level>,
}

/// One `[[image]]`: which Dockerfile an image is built from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// The image's name, without tag.
    pub name: Written,
    /// The Dockerfile's path, as written.
    pub dockerfile: Written,
    /// The stage; the last one when not given.
    pub stage: Option<Written>,
}

/// One `[[world]]`: files that are applied together, and not with those of another world.
#[derive(Clone, Debug)]
pub struct World {
    /// What it is called, if it is given a name.
    pub name: Option<Written>,
    /// Its files.
    pub paths: Globs,
}

/// One `[[chart]]`: a further set of values that a chart is reviewed with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartValues {
    /// The chart's folder, as written.
    pub folder: Written,
    /// What the set is called, if it is given a name.
    pub name: Option<Written>,
    /// The values files, as written; later ones are laid over earlier ones.
    pub values: Vec<Written>,
}

/// The words of `strictness`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Strictness {
    /// `default`.
    Default,
    /// `pedantic`.
    Pedantic,
    /// `auditor`.
    Auditor,
}

/// The words of `level`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Level {
    /// `off`.
    Off,
    /// From this strictness on.
    From(Strictness),
}

/// The words of `fail-on`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailOn {
    /// A finding of this severity or worse.
    Severity(Severity),
    /// Nothing.
    Never,
}

#[cfg(test)]
mod tests;
