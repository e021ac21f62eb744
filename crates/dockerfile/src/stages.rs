//! Stages: what each `FROM` starts, with the state its instructions build up.
//!
//! Stages are resolved as BuildKit does: `FROM` knows earlier stages by their names in lower
//! case, `COPY --from` by name in any case or by number, `RUN --mount=from=` by name alone.

use std::collections::{BTreeMap, HashMap};

use ecow::EcoString;

use crate::shell::Script;
use crate::syntax::{self, Body, Dockerfile, Instruction, Mount, Word};

mod check;
mod reference;
mod scope;
mod scripts;
mod sources;
mod values;

use scope::Variables;

/// A Dockerfile with its stages resolved and its shell bodies parsed: what rules look at.
#[derive(Debug)]
pub struct Build {
    /// The parsed file.
    pub file: Dockerfile,
    /// Stages in order.
    pub stages: Vec<Stage>,
    /// Instructions (indices) before the first FROM.
    pub preamble: std::ops::Range<usize>,
    /// For each instruction, its shell script if it has one (RUN, CMD, ENTRYPOINT, HEALTHCHECK
    /// in shell form, RUN heredocs; exec form `["sh", "-c", "…"]` too).
    pub scripts: Vec<Option<Box<Script>>>,
    variables: Variables,
    /// Numbers of the stages with a name in lower case, in order.
    names: HashMap<EcoString, Vec<usize>>,
}

/// What a stage starts from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// `FROM scratch`.
    Scratch,
    /// An earlier stage, by its number in [`Build::stages`].
    Stage(usize),
    /// An image: the reference after expanding global ARGs by their defaults.
    Image(String),
    /// An image whose name depends on an ARG without a default: the text with what is known.
    Unresolved(String),
}

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its number, from 0.
    pub index: usize,
    /// Its name after AS, as written.
    pub name: Option<Word>,
    /// The number of its FROM in the file's instructions.
    pub from: usize,
    /// What it starts from.
    pub base: Base,
    /// Its instructions, the FROM included.
    pub instructions: std::ops::Range<usize>,
    /// The last USER in it or its base stages: instruction number and expanded text.
    pub user: Option<(usize, String)>,
    /// WORKDIR at its end, absolute where that is known (a base image's is unknown).
    pub workdir: Option<String>,
    /// The instruction that sets its ENTRYPOINT (here or in a base stage).
    pub entrypoint: Option<usize>,
    /// The instruction that sets its CMD; reset by an ENTRYPOINT in a later stage, as BuildKit
    /// does.
    pub cmd: Option<usize>,
    /// The instruction that sets its HEALTHCHECK.
    pub healthcheck: Option<usize>,
    /// The instruction that sets its STOPSIGNAL.
    pub stop_signal: Option<usize>,
    /// Ports exposed here or in base stages: (instruction, expanded text such as `8000/tcp`).
    pub exposed: Vec<(usize, String)>,
}

/// Variables that RUN has without an ARG.
pub const PREDEFINED: &[&str] = &[
    "ALL_PROXY",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "all_proxy",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Entries of EXPOSE that are copied from base stages in one file; a stage beyond that
/// has only its own.
const MAX_INHERITED: usize = 1 << 18;

impl Build {
    /// Resolves stages and parses shell bodies. What the builder refuses only then is added to
    /// the errors of the file.
    pub fn new(file: Dockerfile) -> Self {
        let count = file.instructions.len();
        let is_from = |instruction: &Instruction| matches!(instruction.body, Body::From(_));
        let starts: Vec<usize> = (0..count)
            .filter(|&n| is_from(&file.instructions[n]))
            .collect();
        let preamble = 0..starts.first().copied().unwrap_or(count);
        let target = starts
            .last()
            .and_then(|&from| match &file.instructions[from].body {
                Body::From(from) => from.name.as_ref().map(|name| name.value.to_string()),
                _ => None,
            });
        let mut build = Self {
            stages: Vec::with_capacity(starts.len()),
            preamble,
            scripts: Vec::with_capacity(count),
            variables: Variables::new(target.as_deref(), starts.len()),
            names: HashMap::new(),
            file,
        };
        for at in build.preamble.clone() {
            build.variables.declare(&build.file, None, at);
            build.scripts.push(None);
        }
        let mut walk = Walk::default();
        for (index, &from) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(count);
            build.stage(index, from..end, &mut walk);
        }
        let late = check::check(&build);
        build.file.errors.extend(late);
        build.file.errors.sort_by_key(|error| error.range.start);
        build
    }

    fn stage(&mut self, index: usize, range: std::ops::Range<usize>, walk: &mut Walk) {
        let from = range.start;
        let Body::From(line) = &self.file.instructions[from].body else {
            return;
        };
        let (base, parent) = self.base(from, &line.image, walk);
        let mut stage = match parent.map(|parent| &self.stages[parent]) {
            Some(parent) => {
                let mut stage = parent.clone_state(walk.inherited < MAX_INHERITED);
                walk.inherited += stage.exposed.len();
                stage.workdir.clone_from(&parent.workdir);
                stage
            }
            None => Stage::empty(),
        };
        if base == Base::Scratch {
            stage.workdir = Some("/".to_owned());
        }
        stage.index = index;
        stage.name.clone_from(&line.name);
        stage.from = from;
        stage.base = base;
        stage.instructions = range.clone();
        let mut shell = parent.and_then(|parent| walk.shells[parent]);
        self.variables.open(parent);
        let mut reader = scripts::shell(&self.file, shell);
        for at in range {
            let instruction = &self.file.instructions[at];
            if let Body::Shell(_) = &instruction.body {
                shell = Some(at);
                reader = scripts::shell(&self.file, shell);
            }
            stage.take(&self.file, &mut self.variables, at);
            self.scripts
                .push(scripts::script(&self.file, instruction, &reader).map(Box::new));
        }
        stage.exposed.shrink_to_fit();
        if let Some(name) = &stage.name {
            let name: EcoString = name.value.chars().map(syntax::fold).collect();
            self.names.entry(name).or_default().push(index);
        }
        walk.shells.push(shell);
        walk.depths
            .push(parent.map_or(0, |parent| walk.depths[parent] + 1));
        self.stages.push(stage);
    }

    fn base(&self, from: usize, image: &Word, walk: &Walk) -> (Base, Option<usize>) {
        let (name, known) = self.variables.expand(&self.file, None, from, image);
        if !known {
            return (Base::Unresolved(name), None);
        }
        if name.is_empty() {
            return (Base::Unresolved(image.value.to_string()), None);
        }
        let stage = self
            .names
            .get(&*name)
            .and_then(|stages| stages.last().copied());
        match stage {
            Some(stage) if walk.depths[stage] < check::MAX_CHAIN => {
                (Base::Stage(stage), Some(stage))
            }
            Some(_) => (Base::Unresolved(name), None),
            None if name == "scratch" => (Base::Scratch, None),
            None => (Base::Image(name), None),
        }
    }

    /// The stage that holds instruction number `index`; `None` in the preamble.
    pub fn stage_of(&self, index: usize) -> Option<&Stage> {
        let at = self
            .stages
            .partition_point(|stage| stage.instructions.end <= index);
        self.stages
            .get(at)
            .filter(|stage| stage.instructions.contains(&index))
    }

    /// The stage that a build without `--target` makes: the last one.
    pub fn final_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// The stage with this name (case-insensitive) or number, among those before `before`. Of
    /// several with one name the last counts.
    pub fn stage_named(&self, name: &str, before: usize) -> Option<&Stage> {
        if let Some(stage) = self.stage_by_name(name, before) {
            return Some(stage);
        }
        let number = usize::try_from(syntax::checks::integer(name)?).ok()?;
        self.stages.get(number).filter(|stage| stage.index < before)
    }

    fn stage_by_name(&self, name: &str, before: usize) -> Option<&Stage> {
        let name: String = name.chars().map(syntax::fold).collect();
        let stages = self.names.get(&*name)?;
        let end = stages.partition_point(|&index| index < before);
        stages[..end].last().map(|&index| &self.stages[index])
    }

    /// The stages that the final stage needs (through FROM, `COPY --from`, `--mount=from`),
    /// itself included, in file order.
    pub fn reachable(&self) -> Vec<usize> {
        let mut needed = vec![false; self.stages.len()];
        let mut todo: Vec<usize> = self.stages.len().checked_sub(1).into_iter().collect();
        while let Some(index) = todo.pop() {
            if std::mem::replace(&mut needed[index], true) {
                continue;
            }
            let stage = &self.stages[index];
            let own = &self.file.instructions[stage.instructions.clone()];
            let mut triggers: &[Instruction] = &[];
            if let Base::Stage(parent) = stage.base {
                todo.push(parent);
                triggers = &self.file.instructions[self.stages[parent].instructions.clone()];
            }
            // ONBUILD runs in the stages that are built on its own.
            let triggers = triggers
                .iter()
                .filter_map(|instruction| match &instruction.body {
                    Body::Onbuild(inner) => Some(&**inner),
                    _ => None,
                });
            for instruction in own.iter().chain(triggers) {
                let copy = matches!(instruction.body, Body::Copy(_));
                for name in references(instruction) {
                    let found = if copy {
                        self.stage_named(&name.value, index)
                    } else {
                        self.stage_by_name(&name.value, index)
                    };
                    todo.extend(found.map(|stage| stage.index));
                }
            }
        }
        (0..needed.len()).filter(|&index| needed[index]).collect()
    }

    /// The words of instruction `index` that name a stage or an image to take files from.
    pub fn stage_references(&self, index: usize) -> Vec<Word> {
        references(&self.file.instructions[index])
    }

    /// The instructions of a stage with their numbers, those of its base stages first when
    /// `inherited`.
    pub fn instructions_of(
        &self,
        stage: &Stage,
        inherited: bool,
    ) -> impl Iterator<Item = (usize, &Instruction)> {
        let mut ranges = vec![stage.instructions.clone()];
        let mut base = &stage.base;
        while let (true, Base::Stage(index)) = (inherited, base) {
            let parent = &self.stages[*index];
            ranges.push(parent.instructions.clone());
            base = &parent.base;
        }
        ranges
            .into_iter()
            .rev()
            .flatten()
            .map(|index| (index, &self.file.instructions[index]))
    }

    /// A stage and the stages that it is built on, nearest first.
    pub fn lineage<'b>(&'b self, stage: &'b Stage) -> Vec<&'b Stage> {
        let mut line = vec![stage];
        let mut at = stage;
        while let Base::Stage(index) = at.base {
            // A stage can only be built on an earlier one, so the walk ends.
            let Some(base) = self.stages.get(index).filter(|base| base.index < at.index) else {
                break;
            };
            line.push(base);
            at = base;
        }
        line
    }

    /// The stage whose variables instruction `index` sees: none for a FROM and what stands
    /// before the first.
    fn scope_of(&self, index: usize) -> Option<usize> {
        let stage = self.stage_of(index).filter(|stage| stage.from != index)?;
        Some(stage.index)
    }

    /// The last value that ENV gives a name in a stage or in the stages below it (not what a base
    /// image sets).
    pub fn env_of(&self, stage: &Stage, name: &str) -> Option<&str> {
        self.variables.env(stage.index, name)
    }

    /// The environment visible to instruction `index` (ARG and ENV, the later one wins), by
    /// defaults.
    pub fn env_at(&self, index: usize) -> BTreeMap<String, String> {
        self.variables.all(self.scope_of(index), index)
    }

    /// The ARGs declared where instruction `index` stands, with their defaults.
    pub fn args_at(&self, index: usize) -> BTreeMap<String, Option<String>> {
        self.variables.args(self.scope_of(index), index)
    }

    /// A word of instruction `index` expanded with what is visible there; variables without a
    /// value are kept as written and reported through the flag (`true`: all were known).
    pub fn expanded(&self, index: usize, word: &Word) -> (String, bool) {
        self.variables
            .expand(&self.file, self.scope_of(index), index, word)
    }
}

/// What is carried from stage to stage.
#[derive(Default)]
struct Walk {
    /// For each stage, the SHELL in force at its end.
    shells: Vec<Option<usize>>,
    /// For each stage, how many stages stand below it.
    depths: Vec<usize>,
    inherited: usize,
}

/// The words of an instruction that name a stage or an image to take files from.
fn references(instruction: &Instruction) -> Vec<Word> {
    match &instruction.body {
        Body::Copy(_) => instruction
            .flag("from")
            .and_then(|flag| flag.value.clone())
            .into_iter()
            .collect(),
        Body::Run(_) => instruction
            .flags_named("mount")
            .filter_map(Mount::read)
            .filter_map(|mount| mount.from)
            .collect(),
        _ => Vec::new(),
    }
}

impl Stage {
    fn empty() -> Self {
        Self {
            index: 0,
            name: None,
            from: 0,
            base: Base::Scratch,
            instructions: 0..0,
            user: None,
            workdir: None,
            entrypoint: None,
            cmd: None,
            healthcheck: None,
            stop_signal: None,
            exposed: Vec::new(),
        }
    }

    /// What a stage on top of this one starts with; its ports only when `all`.
    fn clone_state(&self, all: bool) -> Self {
        let mut stage = Self {
            user: self.user.clone(),
            entrypoint: self.entrypoint,
            cmd: self.cmd,
            healthcheck: self.healthcheck,
            stop_signal: self.stop_signal,
            ..Self::empty()
        };
        if all {
            stage.exposed.clone_from(&self.exposed);
        }
        stage
    }

    /// Takes in what instruction `at` sets.
    fn take(&mut self, file: &Dockerfile, variables: &mut Variables, at: usize) {
        let stage = self.index;
        let mut text = |word: &Word| variables.walk(file, Some(stage), at, word).0;
        match &file.instructions[at].body {
            Body::Env(_) | Body::Arg(_) => variables.declare(file, Some(stage), at),
            Body::User(word) => self.user = Some((at, text(word))),
            Body::Workdir(word) => self.workdir = workdir(self.workdir.as_deref(), &text(word)),
            Body::Entrypoint(_) => {
                self.entrypoint = Some(at);
                // A CMD of the base stage goes with its ENTRYPOINT; one of this stage stays.
                if self
                    .cmd
                    .is_some_and(|cmd| !self.instructions.contains(&cmd))
                {
                    self.cmd = None;
                }
            }
            Body::Cmd(_) => self.cmd = Some(at),
            Body::Healthcheck(_) => self.healthcheck = Some(at),
            Body::StopSignal(_) => self.stop_signal = Some(at),
            Body::Expose(words) => {
                let ports: Vec<_> = words.iter().map(|word| (at, text(word))).collect();
                self.exposed.extend(ports);
            }
            _ => {}
        }
    }
}

/// The working directory after `WORKDIR path`, where it is known.
fn workdir(before: Option<&str>, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    // Below a base image's own folder, which is not known.
    before.map(|before| {
        if path.is_empty() {
            before.to_owned()
        } else {
            join(before, path)
        }
    })
}

/// Two paths joined, `.` and `..` resolved.
fn join(before: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in before.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests;
