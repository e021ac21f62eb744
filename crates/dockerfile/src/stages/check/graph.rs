//! Which stages take files from which: numbers, names, circles.

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::super::reference;
use super::{Edge, Pass, expand, fault_error, lower};
use crate::syntax::{self, Body, Instruction, Mount, SyntaxError, Word, mounts};
use crate::words;

impl Pass<'_> {
    /// Stages and images that `COPY --from` and `RUN --mount=from=` name.
    pub(super) fn sources(&mut self) {
        let count = self.build.stages.len();
        let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); count];
        // Every other source counts as one more stage, which a number may name.
        let mut known = count;
        for stage in &self.build.stages {
            for at in stage.instructions.clone() {
                let instruction = &self.file.instructions[at];
                let found = self.source_stages(instruction, &mut known);
                for source in found {
                    match source {
                        Ok((target, earlier)) => {
                            edges[stage.index].push(Edge {
                                target,
                                at,
                                earlier,
                            });
                        }
                        Err(error) => self.errors.push((at, error)),
                    }
                }
            }
        }
        self.circles(&edges);
    }

    /// The stages that an instruction takes files from, and whether they must come earlier.
    pub(super) fn source_stages(
        &self,
        instruction: &Instruction,
        known: &mut usize,
    ) -> Vec<Result<(usize, bool), SyntaxError>> {
        match &instruction.body {
            Body::Copy(_) => {
                let flag = instruction
                    .flag("from")
                    .and_then(|flag| flag.value.as_ref());
                let Some(value) = flag.filter(|value| !value.value.is_empty()) else {
                    return Vec::new();
                };
                let found = self.copy_from(value, known);
                found
                    .map(|found| found.map(|target| (target, true)))
                    .into_iter()
                    .collect()
            }
            Body::Run(_) => {
                let mut found = Vec::new();
                for flag in instruction.flags_named("mount") {
                    let Some(mount) = flag.value.as_ref() else {
                        continue;
                    };
                    let from = mount_from(mount);
                    let name = from.as_ref().map_or("scratch", |word| &*word.value);
                    if let Some(&target) = self.names.get(&lower(name)) {
                        // Without `from` only a cache looks at the stage, if one has this name.
                        let read = Mount::read(flag);
                        let cache = read.is_some_and(|mount| &*mount.kind == "cache");
                        found.push(Ok((target, from.is_some() || cache)));
                        continue;
                    }
                    *known += 1;
                    if let (Some(from), Some(why)) = (&from, reference::refused(name))
                        && name != "scratch"
                    {
                        found.push(Err(SyntaxError::new(
                            from.range,
                            format!("`{name}` is no stage and cannot be an image: {why}"),
                            "name a stage or an image",
                        )));
                    }
                }
                found
            }
            _ => Vec::new(),
        }
    }

    fn copy_from(&self, value: &Word, known: &mut usize) -> Option<Result<usize, SyntaxError>> {
        let refuse =
            |message: String, help: &str| Some(Err(SyntaxError::new(value.range, message, help)));
        match expand(value, self.file.escape, &|_| None) {
            Ok(text) if *text == *value.value => {}
            Ok(_) => {
                return refuse(
                    format!("`--from={}` is not expanded", value.value),
                    "name a stage: `FROM` with the variable, `AS` with the name",
                );
            }
            Err(fault) => {
                let range = words::place(value, &self.file.text, self.file.escape, fault.at);
                return Some(Err(fault_error(range, &fault)));
            }
        }
        let name = &*value.value;
        if let Some(number) = syntax::checks::integer(name) {
            return match usize::try_from(number) {
                Ok(number) if number < self.build.stages.len() => Some(Ok(number)),
                Ok(number) if number < *known => {
                    *known += 1;
                    None
                }
                _ => refuse(
                    format!("there is no stage {name}"),
                    "name the stage with `AS` and use its name",
                ),
            };
        }
        if let Some(&target) = self.names.get(&lower(name)) {
            return Some(Ok(target));
        }
        *known += 1;
        let why = reference::refused(name).filter(|_| name != "scratch")?;
        let stages: Vec<&str> = self
            .build
            .stages
            .iter()
            .filter_map(|s| Some(&*s.name.as_ref()?.value))
            .collect();
        let near = nearest(name, stages.iter().copied());
        Some(Err(SyntaxError {
            range: value.range,
            message: format!("`{name}` is no stage and cannot be an image: {why}"),
            help: Some(near.map_or_else(
                || "name a stage or an image".to_owned(),
                |near| format!("write `{near}`"),
            )),
            replacement: near.map(str::to_owned),
        }))
    }

    /// Stages that need themselves, and sources that come too late.
    fn circles(&mut self, edges: &[Vec<Edge>]) {
        // 0: not seen, 1: on the path, 2: done. Without recursion: stages may be many.
        let mut state = vec![0_u8; edges.len()];
        for start in 0..edges.len() {
            let mut path = vec![(start, 0)];
            if state[start] != 0 {
                continue;
            }
            state[start] = 1;
            while let Some((stage, next)) = path.last_mut() {
                let (stage, edge) = (*stage, edges[*stage].get(*next));
                *next += 1;
                match edge {
                    None => {
                        state[stage] = 2;
                        path.pop();
                    }
                    Some(&Edge { target, at, .. }) if state[target] == 1 => {
                        let range = self.source_range(at, target);
                        let message = if target == stage {
                            "the stage takes files from itself".to_owned()
                        } else {
                            let name = self.stage_name(target);
                            format!("the stages need each other: {name} takes files from this one")
                        };
                        self.errors.push((
                            at,
                            SyntaxError::new(
                                range,
                                message,
                                "take the files from an earlier stage",
                            ),
                        ));
                    }
                    Some(&Edge { target, .. }) if state[target] == 0 => {
                        state[target] = 1;
                        path.push((target, 0));
                    }
                    Some(_) => {}
                }
            }
        }
        for (stage, edges) in edges.iter().enumerate() {
            for &Edge {
                target,
                at,
                earlier,
            } in edges
            {
                if target > stage && earlier {
                    let range = self.source_range(at, target);
                    let name = self.stage_name(target);
                    self.errors.push((
                        at,
                        SyntaxError::new(
                            range,
                            format!("{name} comes after the stage that takes files from it"),
                            "move the stage before this one",
                        ),
                    ));
                }
            }
        }
    }

    pub(super) fn stage_name(&self, stage: usize) -> String {
        match &self.build.stages[stage].name {
            Some(name) => format!("the stage `{}`", name.value),
            None => format!("stage {stage}"),
        }
    }

    /// The word of instruction `at` that names a stage.
    fn source_range(&self, at: usize, target: usize) -> TextRange {
        let instruction = &self.file.instructions[at];
        let words = self.build.stage_references(at);
        words
            .iter()
            .find(|word| {
                self.names.get(&lower(&word.value)) == Some(&target)
                    || *word.value == *target.to_string()
            })
            .or(words.first())
            .map_or(instruction.keyword_range, |word| word.range)
    }
}

/// `from` of a mount; it is not expanded.
fn mount_from(mount: &Word) -> Option<Word> {
    let options = mounts::options(mount).ok()?;
    let mut from = None;
    for (key, value) in options {
        if &*key.value == "from" && value.is_some() {
            from = value;
        }
    }
    from.filter(|word| !word.value.is_empty())
}
