//! Stages: what each `FROM` starts, with the state its instructions build up.
use std::collections::BTreeMap;

use crate::shell::Script;
use crate::syntax::{Body, Dockerfile, Instruction, Mount, Pair, Word};
use crate::words;

mod scripts;

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
    pub scripts: Vec<Option<Script>>,
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
    /// ENV at its end, with what its base stages set (not what a base image sets).
    pub env: BTreeMap<String, String>,
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

/// Variables that exist without an ARG of their own, for a build on the common platform. The
/// proxy variables have no value here; the builder takes them from the command line.
const PLATFORM: &[(&str, &str)] = &[
    ("BUILDARCH", "amd64"),
    ("BUILDOS", "linux"),
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDVARIANT", ""),
    ("TARGETARCH", "amd64"),
    ("TARGETOS", "linux"),
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETSTAGE", ""),
    ("TARGETVARIANT", ""),
];

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

/// The variables of a stage while it is walked.
#[derive(Clone, Debug, Default)]
struct Scope {
    /// ARGs with their defaults; `None` where there is none.
    args: BTreeMap<String, Option<String>>,
    /// ENV, which wins over ARG.
    env: BTreeMap<String, String>,
}

impl Scope {
    fn get(&self, name: &str) -> Option<String> {
        if let Some(value) = self.env.get(name) {
            return Some(value.clone());
        }
        self.args.get(name).cloned().flatten()
    }
}

/// The variables of FROM lines: global ARGs and what the platform gives.
fn globals(file: &Dockerfile, preamble: std::ops::Range<usize>) -> Scope {
    let mut scope = Scope::default();
    for (name, value) in PLATFORM {
        scope
            .args
            .insert((*name).to_owned(), Some((*value).to_owned()));
    }
    for instruction in &file.instructions[preamble] {
        let Body::Arg(decls) = &instruction.body else {
            continue;
        };
        for decl in decls {
            let value = match &decl.default {
                Some(word) => Some(text_of(file, word, &scope).0),
                // A bare platform ARG keeps what the platform gives.
                None => scope.args.get(&*decl.name.value).cloned().flatten(),
            };
            scope.args.insert(decl.name.value.to_string(), value);
        }
    }
    scope
}

/// A word expanded, and whether every variable had a value. Unknown variables stay as written.
fn text_of(file: &Dockerfile, word: &Word, scope: &Scope) -> (String, bool) {
    if !word.value.contains(['$', '\'', '"', file.escape]) {
        return (word.value.to_string(), true);
    }
    let lookup = |name: &str| scope.get(name);
    match words::expand(word, &file.text, file.escape, &lookup) {
        Ok(expanded) if expanded.unset.is_empty() => (expanded.text, true),
        Ok(_) => {
            let keep = |name: &str| Some(scope.get(name).unwrap_or_else(|| format!("${{{name}}}")));
            let text = words::expand(word, &file.text, file.escape, &keep)
                .map_or_else(|_| word.value.to_string(), |expanded| expanded.text);
            (text, false)
        }
        Err(_) => (word.value.to_string(), false),
    }
}

/// Takes in what an instruction declares. All its words see the variables as they were before it.
fn declare(file: &Dockerfile, instruction: &Instruction, scope: &mut Scope, globals: &Scope) {
    match &instruction.body {
        Body::Env(pairs) => {
            let values: Vec<(String, String)> = pairs
                .iter()
                .map(|Pair { key, value, .. }| {
                    (text_of(file, key, scope).0, text_of(file, value, scope).0)
                })
                .collect();
            scope.env.extend(values);
        }
        Body::Arg(decls) => {
            for decl in decls {
                let name = decl.name.value.to_string();
                let value = match &decl.default {
                    Some(word) => Some(text_of(file, word, scope).0),
                    None => globals.args.get(&name).cloned().flatten(),
                };
                scope.args.insert(name, value);
            }
        }
        _ => {}
    }
}

impl Build {
    /// Resolves stages and parses shell bodies.
    pub fn new(file: Dockerfile) -> Self {
        let is_from = |instruction: &Instruction| matches!(instruction.body, Body::From(_));
        let starts: Vec<usize> = (0..file.instructions.len())
            .filter(|&n| is_from(&file.instructions[n]))
            .collect();
        let preamble = 0..starts.first().copied().unwrap_or(file.instructions.len());
        let globals = globals(&file, preamble.clone());
        let mut stages: Vec<Stage> = Vec::with_capacity(starts.len());
        let mut shells: Vec<Option<Vec<Word>>> = Vec::with_capacity(starts.len());
        let mut scopes: Vec<Scope> = Vec::with_capacity(starts.len());
        let mut scripts: Vec<Option<Script>> = Vec::with_capacity(file.instructions.len());
        scripts.resize_with(preamble.end, || None);
        for (index, &from) in starts.iter().enumerate() {
            let end = starts
                .get(index + 1)
                .copied()
                .unwrap_or(file.instructions.len());
            let Body::From(line) = &file.instructions[from].body else {
                continue;
            };
            let base = base(&file, &line.image, &stages, &globals);
            let parent = match base {
                Base::Stage(parent) => Some(parent),
                _ => None,
            };
            let mut scope = parent.map_or_else(Scope::default, |parent| scopes[parent].clone());
            let mut shell = parent.and_then(|parent| shells[parent].clone());
            let mut stage = match parent.map(|parent| &stages[parent]) {
                Some(parent) => Stage {
                    cmd: parent.cmd,
                    ..parent.clone()
                },
                None => Stage::empty(),
            };
            stage.index = index;
            stage.name.clone_from(&line.name);
            stage.from = from;
            stage.base = base;
            stage.instructions = from..end;
            for at in from..end {
                let instruction = &file.instructions[at];
                if let Body::Shell(words) = &instruction.body {
                    shell = Some(words.clone());
                }
                stage.take(&file, at, &scope);
                declare(&file, instruction, &mut scope, &globals);
                scripts.push(scripts::script(&file, instruction, shell.as_deref()));
            }
            stage.env.clone_from(&scope.env);
            stages.push(stage);
            shells.push(shell);
            scopes.push(scope);
        }
        Self {
            file,
            stages,
            preamble,
            scripts,
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
        find_stage(&self.stages[..before.min(self.stages.len())], name).or_else(|| {
            let number: usize = name.parse().ok()?;
            self.stages.get(number).filter(|stage| stage.index < before)
        })
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
            if let Base::Stage(parent) = stage.base {
                todo.push(parent);
            }
            for at in stage.instructions.clone() {
                for name in self.stage_references(at) {
                    let (name, _) = self.expanded(at, &name);
                    todo.extend(self.stage_named(&name, index).map(|stage| stage.index));
                }
            }
        }
        (0..needed.len()).filter(|&index| needed[index]).collect()
    }

    /// The words of instruction `index` that name a stage or an image to take files from.
    pub fn stage_references(&self, index: usize) -> Vec<Word> {
        let instruction = &self.file.instructions[index];
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

    /// The variables visible to instruction `index`, before what it declares itself.
    fn scope_at(&self, index: usize) -> Scope {
        let global = globals(&self.file, self.preamble.clone());
        let Some(stage) = self.stage_of(index) else {
            return globals(&self.file, 0..index.min(self.preamble.end));
        };
        if index == stage.from {
            return global;
        }
        let mut scope = Scope::default();
        for (at, instruction) in self.instructions_of(stage, true) {
            if at == index {
                break;
            }
            declare(&self.file, instruction, &mut scope, &global);
        }
        scope
    }

    /// The environment visible to instruction `index` (ARG and ENV; ENV wins), by defaults.
    pub fn env_at(&self, index: usize) -> BTreeMap<String, String> {
        let scope = self.scope_at(index);
        let mut env: BTreeMap<String, String> = scope
            .args
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        env.extend(scope.env);
        env
    }

    /// The ARGs declared where instruction `index` stands, with their defaults.
    pub fn args_at(&self, index: usize) -> BTreeMap<String, Option<String>> {
        self.scope_at(index).args
    }

    /// A word of instruction `index` expanded with what is visible there; variables without a
    /// value are kept as written and reported through the flag (`true`: all were known).
    pub fn expanded(&self, index: usize, word: &Word) -> (String, bool) {
        if !word.value.contains(['$', '\'', '"', self.file.escape]) {
            return (word.value.to_string(), true);
        }
        text_of(&self.file, word, &self.scope_at(index))
    }
}

fn find_stage<'a>(stages: &'a [Stage], name: &str) -> Option<&'a Stage> {
    stages.iter().rev().find(|stage| {
        stage
            .name
            .as_ref()
            .is_some_and(|word| word.value.eq_ignore_ascii_case(name))
    })
}

fn base(file: &Dockerfile, image: &Word, stages: &[Stage], globals: &Scope) -> Base {
    let (name, known) = text_of(file, image, globals);
    if !known {
        return Base::Unresolved(name);
    }
    if name.is_empty() {
        return Base::Unresolved(image.value.to_string());
    }
    if let Some(stage) = find_stage(stages, &name) {
        return Base::Stage(stage.index);
    }
    if name == "scratch" {
        Base::Scratch
    } else {
        Base::Image(name)
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
            env: BTreeMap::new(),
            user: None,
            workdir: None,
            entrypoint: None,
            cmd: None,
            healthcheck: None,
            stop_signal: None,
            exposed: Vec::new(),
        }
    }

    /// Takes in what instruction `at` sets.
    fn take(&mut self, file: &Dockerfile, at: usize, scope: &Scope) {
        let text = |word: &Word| text_of(file, word, scope).0;
        match &file.instructions[at].body {
            Body::User(word) => self.user = Some((at, text(word))),
            Body::Workdir(word) => {
                let path = text(word);
                self.workdir = if path.starts_with('/') {
                    Some(path)
                } else {
                    // Below a base image's own folder, which is not known.
                    self.workdir
                        .as_ref()
                        .map(|base| format!("{}/{path}", base.trim_end_matches('/')))
                };
            }
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
                self.exposed
                    .extend(words.iter().map(|word| (at, text(word))));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
