//! Facts about a Dockerfile that several rules need, worked out once per file: what each step
//! installs, what each COPY brings, in which folder things happen, and tables about images and
//! tools.

pub mod calls;
pub mod copies;
pub mod ecosystems;
pub mod env;
pub mod folders;
pub mod installs;
pub mod packages;
mod readers;
mod scope;
pub mod variables;

use plimsoll_dockerfile::{Base, Body, Build};

use copies::Copied;
use folders::Folders;
use installs::Install;
use packages::PackageStep;
use scope::Scope;

/// The facts.
#[derive(Debug, Default)]
pub struct Facts {
    /// The working folder of each instruction.
    pub folders: Folders,
    /// All COPY and ADD, in order; not those inside ONBUILD.
    pub copies: Vec<Copied>,
    /// All calls of system package managers in RUN, in order.
    pub packages: Vec<PackageStep>,
    /// All calls in RUN that install or fetch dependencies of a language, in order.
    pub installs: Vec<Install>,
}

impl Facts {
    /// Works them out.
    pub fn new(build: &Build) -> Self {
        let mut facts = Self::default();
        let mut global = Scope::default();
        let nothing = Scope::default();
        for index in build.preamble.clone() {
            global.declare(build, &build.file.instructions[index], &nothing);
        }
        let mut ends: Vec<(Scope, String)> = Vec::with_capacity(build.stages.len());
        for stage in &build.stages {
            let (mut scope, mut folder) = match &stage.base {
                Base::Scratch => (Scope::default(), "/".to_owned()),
                Base::Stage(base) => ends.get(*base).cloned().unwrap_or_default(),
                Base::Image(name) | Base::Unresolved(name) => {
                    (Scope::default(), folders::start(name).to_owned())
                }
            };
            facts.folders.push(stage.from, folder.clone());
            for index in stage.instructions.clone() {
                let instruction = &build.file.instructions[index];
                match &instruction.body {
                    Body::Workdir(word) => {
                        let (path, known) = scope.expand(build, word);
                        folder = if known {
                            folders::join(&folder, &path)
                        } else {
                            "?".to_owned()
                        };
                        facts.folders.push(index, folder.clone());
                    }
                    Body::Copy(_) | Body::Add(_) => {
                        facts
                            .copies
                            .extend(copies::copied(build, index, &scope, &folder));
                    }
                    Body::Run(_) => facts.run(build, index, &folder),
                    _ => scope.declare(build, instruction, &global),
                }
            }
            ends.push((scope, folder));
        }
        facts
    }

    fn run(&mut self, build: &Build, index: usize, folder: &str) {
        let calls = calls::calls(build, index);
        let locals = build.scripts[index]
            .as_deref()
            .map(locals)
            .unwrap_or_default();
        let at = folders::of_calls(folder, &calls);
        let cached = installs::has_cache(&build.file.instructions[index]);
        for (call, folder) in calls.iter().zip(&at) {
            if let Some(step) = packages::step(index, call, &locals) {
                self.packages.push(step);
            } else if let Some(install) = installs::install(index, call, folder.as_ref(), cached) {
                self.installs.push(install);
            }
        }
    }

    /// The COPY or ADD that instruction `index` is.
    pub fn copy_at(&self, index: usize) -> Option<&Copied> {
        let at = self
            .copies
            .binary_search_by_key(&index, |copy| copy.instruction)
            .ok()?;
        self.copies.get(at)
    }

    /// The package manager calls of instruction `index`.
    pub fn packages_at(&self, index: usize) -> impl Iterator<Item = &PackageStep> {
        self.packages
            .iter()
            .filter(move |step| step.instruction == index)
    }

    /// The installations of instruction `index`.
    pub fn installs_at(&self, index: usize) -> impl Iterator<Item = &Install> {
        self.installs
            .iter()
            .filter(move |install| install.instruction == index)
    }
}

/// Plain variables of a script that are set once to a text: `deps='gcc make'`.
fn locals(script: &plimsoll_dockerfile::shell::Script) -> packages::Locals<'_> {
    script
        .commands
        .iter()
        .filter(|command| command.words.is_empty() || command.name() == Some("export"))
        .flat_map(|command| &command.assignments)
        .filter_map(|(name, word)| Some((&**name, word.literal()?)))
        .collect()
}

/// What follows the last dot of a path's last part; empty where there is none.
pub fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or("");
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}
