//! The stages that builds of Compose files name.

use plimsoll_compose::Service;
use plimsoll_project::DockerfileUnit;
use plimsoll_source::nearest::nearest;

use super::siblings;
use crate::{ComposeInput, Cx};

/// A build target that the Dockerfile has no stage for.
pub(super) fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>, service: Service<'_>) {
    let Some(build) = service.build() else { return };
    let Some(target) = build.target() else { return };
    let Some(name) = target.with_defaults() else {
        return;
    };
    let own = siblings::dockerfile_of(cx.project, input.unit, build);
    let Some(below) = siblings::dockerfiles_below(cx.project, input.unit, &service.name(), build)
    else {
        return;
    };
    let has_stage = |file: &&DockerfileUnit| siblings::stage_of(file, build).is_some();
    let Some(dockerfile) = below.first().copied().or(own) else {
        return;
    };
    let stages = &dockerfile.build.stages;
    if name.is_empty() || stages.is_empty() || has_stage(&dockerfile) || below.iter().any(has_stage)
    {
        return;
    }
    let names: Vec<&str> = stages
        .iter()
        .filter_map(|stage| stage.name.as_ref().map(|name| name.value.as_ref()))
        .collect();
    let path = cx.project.path(dockerfile.file).to_owned();
    let help = match nearest(&name, names.iter().copied()) {
        Some(near) => format!("write `{near}`"),
        None if names.is_empty() => format!("name a stage with `AS {name}`, or drop `target`"),
        // What nobody can name but by leaving `target` out is the image that is meant to run.
        None if stages.last().is_some_and(|last| last.name.is_none()) => format!(
            "drop `target`, which builds the last stage, or name that stage with `AS {name}`"
        ),
        None => format!(
            "name one of its stages (`{}`), or drop `target`, which builds the last one",
            names.join("`, `")
        ),
    };
    cx.report(target.range(), format!("`{path}` has no stage `{name}`"))
        .subject(format!("service/{}", service.name()))
        .object(format!("service/{}", service.name()))
        .help(help);
}

#[cfg(test)]
mod tests {
    use crate::compose::undefined_reference::RULE;
    use crate::testing::on;

    #[test]
    fn a_target_is_one_of_the_build_that_it_is_laid_over() {
        let laid_over = |base: &str, over: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a AS one\n//- /web/Dockerfile\nFROM a AS dev\n//- /compose.yaml\n\
                 services:\n  web:\n    build: {base}\n//- /compose.override.yaml\n\
                 services:\n  web:\n    build: {over}\n"
            ))
        };
        for base in ["./web", "{context: ., dockerfile: web/Dockerfile}"] {
            laid_over(base, "{target: dev}").clean();
            let case = laid_over(base, "{target: one}");
            case.says(&["`web/Dockerfile` has no stage `one`"]);
        }
        laid_over("./web", "{context: ., target: dev}").says(&["`Dockerfile` has no stage `dev`"]);
        laid_over("{args: {A: b}}", "{target: dev}").says(&["`Dockerfile` has no stage `dev`"]);
    }
}
