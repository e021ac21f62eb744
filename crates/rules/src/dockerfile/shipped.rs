//! The stage that ships, and small questions about instructions that many rules ask.

use plimsoll_dockerfile::{Base, Body, Build, Instruction, Stage};
use plimsoll_oci::Reference;
use plimsoll_project::DockerfileUnit;

use super::purpose::is_for_development;

/// The stage that is built and run: the target that the Compose file names, else the last one.
/// A target for development ships nothing; the stage that does is then the last one.
pub(crate) fn shipped(unit: &DockerfileUnit) -> Option<&Stage> {
    let build = &unit.build;
    unit.target
        .as_deref()
        .and_then(|name| build.stage_named(name, usize::MAX))
        .filter(|stage| !is_for_development("", stage))
        .or_else(|| build.final_stage())
}

/// The stage and the stages that it is built on, nearest first.
pub(crate) fn lineage<'a>(build: &'a Build, stage: &'a Stage) -> Vec<&'a Stage> {
    build.lineage(stage)
}

/// The image at the bottom of a stage's lineage, if it is one whose name is known.
pub(crate) fn base_image(build: &Build, stage: &Stage) -> Option<Reference> {
    let bottom = *lineage(build, stage).last()?;
    match &bottom.base {
        Base::Image(name) => Reference::parse(name).ok(),
        _ => None,
    }
}

/// Whether the stage starts a process of its own: it or a stage it is built on has CMD or
/// ENTRYPOINT. One that does not is a toolbox or a base for others.
pub(crate) fn starts_process(stage: &Stage) -> bool {
    stage.cmd.is_some() || stage.entrypoint.is_some()
}

/// Whether instruction `index` is a RUN.
pub(crate) fn is_run(build: &Build, index: usize) -> bool {
    matches!(build.file.instructions[index].body, Body::Run(_))
}

/// The place where a USER would go: before the instruction that starts the process.
pub(crate) fn before_start<'a>(build: &'a Build, stage: &Stage) -> Option<&'a Instruction> {
    let own = |index: &usize| stage.instructions.contains(index);
    let starts = [stage.entrypoint.filter(own), stage.cmd.filter(own)];
    let starts = || starts.into_iter().flatten();
    // Whoever the process runs as, steps that follow are still root's.
    let is_step = |index: &usize| matches!(build.file.instructions[*index].body, Body::Run(_));
    let last_step = stage.instructions.clone().filter(is_step).max();
    let first = starts()
        .filter(|start| last_step.is_none_or(|step| *start > step))
        .min();
    let first = first.or(starts().max()).unwrap_or(stage.from);
    build.file.instructions.get(first)
}
