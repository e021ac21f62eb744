//! A stage of a Dockerfile as the image that it becomes: its environment, and where the files
//! in it come from.

use plimsoll_dockerfile::{Base, Body, Build, Instruction, Stage, Word, words};
use plimsoll_oci::Reference;
use plimsoll_project::{DockerfileUnit, Project};
use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{EntryKind, FileId, Place, TextRange};

use super::bases::{self, Known};
use crate::model::Thing;

/// The largest file of a build context that is read for facts, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// How many stages a file is followed through.
const MAX_STAGES: u32 = 8;

/// The folder of a base image whose working folder is not known.
const UNKNOWN: &str = "?";

/// A stage of a Dockerfile, as the image that it becomes.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    project: &'a Project,
    unit: &'a DockerfileUnit,
    stage: &'a Stage,
    dockerfile: u32,
}

/// A text of the build context that ends up in an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inside {
    /// Its path relative to the root under review.
    pub path: String,
    /// The text.
    pub text: String,
}

/// A variable that ENV sets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Set<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value with quotes removed and what is known put in.
    pub value: String,
    /// Whether an argument of the build may make it another one.
    pub by_argument: bool,
    /// Where it is written.
    pub place: Place,
}

impl<'a> Image<'a> {
    /// The view of a stage; `None` where there is no such stage.
    pub fn new(project: &'a Project, dockerfile: u32, stage: u32) -> Option<Self> {
        let unit = project.dockerfiles.get(dockerfile as usize)?;
        let stage = unit.build.stages.get(stage as usize)?;
        Some(Self {
            project,
            unit,
            stage,
            dockerfile,
        })
    }

    /// The project.
    pub fn project(self) -> &'a Project {
        self.project
    }

    /// Its Dockerfile.
    pub fn unit(self) -> &'a DockerfileUnit {
        self.unit
    }

    /// The number of its Dockerfile in the project.
    pub(super) fn dockerfile(self) -> u32 {
        self.dockerfile
    }

    /// Its Dockerfile's file.
    pub fn file(self) -> FileId {
        self.unit.file
    }

    /// Its Dockerfile with stages resolved.
    pub fn build(self) -> &'a Build {
        &self.unit.build
    }

    /// The stage.
    pub fn stage(self) -> &'a Stage {
        self.stage
    }

    /// The stage as links know it.
    pub fn thing(self) -> Thing {
        Thing::Stage {
            dockerfile: self.dockerfile,
            stage: self.stage.index as u32,
        }
    }

    /// A place in its Dockerfile.
    pub fn place(self, range: TextRange) -> Place {
        Place::new(self.unit.file, range)
    }

    /// The line `FROM` that starts the stage.
    pub fn head(self) -> Place {
        self.place(self.build().file.instructions[self.stage.from].range)
    }

    /// The instructions that made it, those of the stages below first.
    pub fn instructions(self) -> impl Iterator<Item = (usize, &'a Instruction)> {
        self.unit.build.instructions_of(self.stage, true)
    }

    /// The image at the bottom, if it is one whose name is known.
    pub fn base(self) -> Option<Reference> {
        match &self.build().lineage(self.stage).last()?.base {
            Base::Image(name) => Reference::parse(name).ok(),
            _ => None,
        }
    }

    /// Whether there is no image at the bottom: `FROM scratch`.
    pub fn is_from_scratch(self) -> bool {
        let lineage = self.build().lineage(self.stage);
        lineage
            .last()
            .is_some_and(|stage| stage.base == Base::Scratch)
    }

    /// What is known of the image at the bottom.
    pub fn known(self) -> Option<Known> {
        if self.is_from_scratch() {
            return Some(Known::SCRATCH);
        }
        bases::known(&self.base()?)
    }

    /// The variables that ENV sets, each as it is at the end.
    pub fn env(self) -> Vec<Set<'a>> {
        let mut found: Vec<Set<'a>> = Vec::new();
        for (index, instruction) in self.instructions() {
            let Body::Env(pairs) = &instruction.body else {
                continue;
            };
            for pair in pairs {
                let name = &*pair.key.value;
                let Some(value) = self.build().env_of(self.stage, name) else {
                    continue;
                };
                let by_argument = self.takes_argument(index, &pair.value, &found);
                found.retain(|other| other.name != name);
                found.push(Set {
                    name,
                    value: value.to_owned(),
                    by_argument,
                    place: self.place(pair.range),
                });
            }
        }
        found
    }

    /// Whether a word of instruction `index` may come out otherwise with another argument of the
    /// build. `set` is what ENV has set before.
    fn takes_argument(self, index: usize, word: &Word, set: &[Set<'_>]) -> bool {
        if !word.value.contains('$') {
            return false;
        }
        let build = self.build();
        let variables = words::variables(word, &build.file.text, build.file.escape);
        let mut args = None;
        variables.iter().any(|variable| {
            let name = &*variable.name;
            match set.iter().rev().find(|set| set.name == name) {
                Some(set) => set.by_argument,
                None => args
                    .get_or_insert_with(|| build.args_at(index))
                    .contains_key(name),
            }
        })
    }

    /// Whether a word of instruction `index` may come out otherwise with another argument of the
    /// build.
    pub fn is_by_argument(self, index: usize, word: &Word) -> bool {
        word.value.contains('$') && self.takes_argument(index, word, &self.env())
    }

    /// The text of a file of the image that came from the build context.
    pub fn read(self, path: &str) -> Option<Inside> {
        let path = self.locate(path)?;
        let bytes = self.project.tree.read(&path).ok()?;
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let text = String::from_utf8(bytes).ok()?;
        Some(Inside { path, text })
    }

    /// Where a file of the image lies in the tree under review. `path` is absolute, relative to
    /// the working folder, or the name of a command.
    pub fn locate(self, path: &str) -> Option<String> {
        if path.is_empty() || path.contains('$') {
            return None;
        }
        if path.contains('/') {
            let folder = self.stage.workdir.as_deref().unwrap_or(UNKNOWN);
            return self.trace(&absolute(folder, path), MAX_STAGES);
        }
        const SEARCHED: &[&str] = &["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin"];
        let folder = self.stage.workdir.as_deref().unwrap_or(UNKNOWN);
        SEARCHED
            .iter()
            .copied()
            .chain([folder])
            .find_map(|folder| self.trace(&absolute(folder, path), MAX_STAGES))
    }

    fn trace(self, path: &str, depth: u32) -> Option<String> {
        let mut copies = self.copies();
        copies.reverse();
        copies
            .into_iter()
            .find_map(|copy| self.source(&copy, path, depth))
    }

    /// The file of the tree that one COPY brings to `path`.
    fn source(self, copy: &Copied<'_>, path: &str, depth: u32) -> Option<String> {
        let below = |dir: &str| {
            let rest = path.strip_prefix(dir.trim_end_matches('/'))?;
            rest.strip_prefix('/')
        };
        if let Some(from) = &copy.from {
            let other = Self {
                stage: self.build().stage_named(from, self.stage.index)?,
                ..self
            };
            // What was copied there under the same name, or below a folder that was taken whole.
            return copy.sources.iter().find_map(|source| {
                let source = absolute("/", source);
                let inner = if *path == *copy.dest {
                    Some(source.clone())
                } else {
                    let rest = below(&copy.dest)?;
                    if rest == file_name(&source) {
                        Some(source.clone())
                    } else {
                        Some(absolute(&source, rest))
                    }
                }?;
                other.trace(&inner, depth.checked_sub(1)?)
            });
        }
        let context = &self.project.context_of(self.unit)?.dir;
        let tree = &*self.project.tree;
        let is_file = |path: &String| tree.kind(path) == Some(EntryKind::File);
        copy.sources.iter().find_map(|source| {
            let place = join(context, source.trim_start_matches('/'))?;
            if source.contains(['*', '?', '[']) {
                let rest = below(&copy.dest)?;
                return join(parent(&place), rest).filter(is_file);
            }
            match tree.kind(&place)? {
                EntryKind::Dir => join(&place, below(&copy.dest)?).filter(is_file),
                EntryKind::File => {
                    let whole = *path == *copy.dest;
                    let named = below(&copy.dest) == Some(file_name(&place));
                    (whole || named).then_some(place)
                }
                EntryKind::Link | EntryKind::Other => None,
            }
        })
    }

    /// What COPY and ADD bring from elsewhere, in order.
    pub(crate) fn copies(self) -> Vec<Copied<'a>> {
        let build = self.build();
        let mut folder = self
            .base()
            .and_then(|base| bases::folder(&base))
            .unwrap_or(if self.is_from_scratch() { "/" } else { UNKNOWN })
            .to_owned();
        let mut found = Vec::new();
        for (index, instruction) in self.instructions() {
            let text = |word: &Word| build.expanded(index, word).0;
            match &instruction.body {
                Body::Workdir(word) => folder = absolute(&folder, &text(word)),
                Body::Copy(transfer) | Body::Add(transfer) => {
                    let sources: Vec<String> = transfer.sources.iter().map(text).collect();
                    let from = instruction
                        .flag("from")
                        .and_then(|flag| flag.value.as_ref());
                    found.push(Copied {
                        index,
                        instruction,
                        dest: absolute(&folder, &text(&transfer.dest)),
                        sources,
                        from: from.map(text),
                    });
                }
                _ => {}
            }
        }
        found
    }
}

/// One COPY or ADD.
pub(crate) struct Copied<'a> {
    /// Its number in the file.
    pub(crate) index: usize,
    /// The instruction.
    pub(crate) instruction: &'a Instruction,
    /// Where it puts things: a file or a folder.
    pub(crate) dest: String,
    /// What it takes.
    pub(crate) sources: Vec<String>,
    /// The stage or image it takes from.
    pub(crate) from: Option<String>,
}

/// A path of the image without `.` and `..`, as seen from a folder. One below an unknown folder
/// begins with it.
pub(crate) fn absolute(folder: &str, path: &str) -> String {
    let from = if path.starts_with('/') { "/" } else { folder };
    let rooted = from.starts_with('/');
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if rooted || parts.len() > 1 => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    if rooted { format!("/{path}") } else { path }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_testkit::{Fixture, tree};

    use super::{Image, absolute};

    fn project(files: &str) -> Project {
        Project::load(
            Arc::new(tree(&Fixture::parse("Dockerfile", files))),
            &Options::default(),
        )
    }

    #[track_caller]
    fn located(files: &str, path: &str) -> Option<String> {
        let project = project(files);
        let last = project.dockerfiles[0].build.stages.len() as u32 - 1;
        Image::new(&project, 0, last).expect("a stage").locate(path)
    }

    #[test]
    fn files_of_the_image_are_found_in_the_context() {
        let files = |dockerfile: &str| {
            format!("{dockerfile}//- /run.sh\n#!/bin/sh\n//- /app/run.sh\n#!/bin/sh\n")
        };
        let found = |dockerfile: &str, path: &str| located(&files(dockerfile), path);
        let whole = "FROM debian:13\nWORKDIR /srv\nCOPY . .\n";
        assert_eq!(found(whole, "./run.sh").as_deref(), Some("run.sh"));
        assert_eq!(
            found(whole, "/srv/app/run.sh").as_deref(),
            Some("app/run.sh")
        );
        assert_eq!(found(whole, "/run.sh"), None);
        let named = "FROM debian:13\nCOPY app/run.sh /usr/local/bin/\n";
        assert_eq!(found(named, "run.sh").as_deref(), Some("app/run.sh"));
        let renamed = "FROM debian:13\nCOPY run.sh /start\n";
        assert_eq!(found(renamed, "/start").as_deref(), Some("run.sh"));
        let staged = "FROM debian:13 AS b\nWORKDIR /src\nCOPY . .\nFROM debian:13\nCOPY --from=b /src/app /app\n";
        assert_eq!(found(staged, "/app/run.sh").as_deref(), Some("app/run.sh"));
        let relative = "FROM acme/base\nCOPY . .\n";
        assert_eq!(found(relative, "./run.sh").as_deref(), Some("run.sh"));
        let wild = "FROM debian:13\nCOPY app/*.sh /x/\n";
        assert_eq!(found(wild, "/x/run.sh").as_deref(), Some("app/run.sh"));
        assert_eq!(found(wild, "/x/$A.sh"), None);
    }

    #[test]
    fn variables_are_those_at_the_end() {
        let project = project("FROM a AS b\nENV A=1 B=2\nFROM b\nENV A=\"x $B\"\n");
        let image = Image::new(&project, 0, 1).expect("a stage");
        let env: Vec<_> = image
            .env()
            .into_iter()
            .map(|set| (set.name, set.value))
            .collect();
        assert_eq!(env, [("B", "2".to_owned()), ("A", "x 2".to_owned())]);
    }

    #[test]
    fn arguments_of_the_build_are_told() {
        let project = project("FROM a\nARG P=1\nENV A=$P\nENV B=x$A C=2\n");
        let image = Image::new(&project, 0, 0).expect("a stage");
        let told: Vec<_> = image.env().iter().map(|set| set.by_argument).collect();
        assert_eq!(told, [true, true, false]);
    }

    #[test]
    fn paths_are_made_absolute() {
        assert_eq!(absolute("/a", "./b/../c"), "/a/c");
        assert_eq!(absolute("/", ".."), "/");
        assert_eq!(absolute("?", ".."), "?/..");
        assert_eq!(absolute("?/x", "../y"), "?/y");
        assert_eq!(absolute("/a", "/b//c/"), "/b/c");
    }
}
