//! Stages: what each `FROM` starts, with the state its instructions build up.
#![expect(clippy::todo, reason = "skeleton being filled in")]

use std::collections::BTreeMap;

use crate::shell::Script;
use crate::syntax::{Dockerfile, Instruction, Word};

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

impl Build {
    /// Resolves stages and parses shell bodies.
    pub fn new(file: Dockerfile) -> Self {
        let _ = file;
        todo!()
    }
    /// The stage that holds instruction number `index`; `None` in the preamble.
    pub fn stage_of(&self, index: usize) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.instructions.contains(&index))
    }
    /// The stage that a build without `--target` makes: the last one.
    pub fn final_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }
    /// The stage with this name (case-insensitive) or number, among those before `before`.
    pub fn stage_named(&self, name: &str, before: usize) -> Option<&Stage> {
        let _ = (name, before);
        todo!()
    }
    /// The stages that the final stage needs (through FROM, `COPY --from`, `--mount=from`),
    /// itself included, in file order.
    pub fn reachable(&self) -> Vec<usize> {
        todo!()
    }
    /// The instructions of a stage with their numbers, those of its base stages first when
    /// `inherited`.
    pub fn instructions_of(
        &self,
        stage: &Stage,
        inherited: bool,
    ) -> impl Iterator<Item = (usize, &Instruction)> {
        let _ = (stage, inherited);
        std::iter::empty()
    }
    /// The environment visible to instruction `index` (ARG and ENV; ENV wins), by defaults.
    pub fn env_at(&self, index: usize) -> BTreeMap<String, String> {
        let _ = index;
        todo!()
    }
    /// A word of instruction `index` expanded with what is visible there; variables without a
    /// value are kept as written and reported through the flag (`true`: all were known).
    pub fn expanded(&self, index: usize, word: &Word) -> (String, bool) {
        let _ = (index, word);
        todo!()
    }
}
