//! *Image build*.

use plimsoll_dockerfile::{Body, Command};
use plimsoll_rules::dockerfile::facts::Facts;
use plimsoll_rules::dockerfile::facts::installs::Action;
use plimsoll_source::Place;

use super::{Answer, Asked, NO_IMAGE, evidence, lineage};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let built = asked.stages().next().is_some();
    let or_none = |answer: Answer| {
        if built {
            answer
        } else {
            Answer::Nothing(NO_IMAGE)
        }
    };
    let installs = installs(asked);
    let of_installs = |lines: Vec<Evidence>| {
        if built && lines.is_empty() {
            Answer::Nothing("it installs no dependencies of a language")
        } else {
            or_none(Answer::shown(lines))
        }
    };
    vec![
        asked.line(
            "multi-stage",
            "built in stages",
            &["build-tools-in-final-image"],
            stages(asked),
        ),
        asked.line(
            "nothing-of-the-build-ships",
            "nothing of the build ships",
            &[
                "build-tools-in-final-image",
                "package-cache-left",
                "apt-recommends-installed",
            ],
            or_none(Answer::shown(shipping(asked))),
        ),
        asked.line(
            "dependencies-before-source",
            "dependencies installed before the source is copied",
            &["source-copied-before-dependencies"],
            of_installs(installs.clone()),
        ),
        asked.line(
            "lock-file-install",
            "dependencies installed as the lock file says",
            &["missing-lockfile-install"],
            of_installs(installs),
        ),
        asked.line(
            "base-image",
            "base image light, supported and pinned",
            &[
                "heavy-base-image",
                "end-of-life-image",
                "unpinned-base-image",
            ],
            or_none(Answer::shown(bases(asked))),
        ),
        asked.line(
            "non-root-user",
            "runs as a numeric user that is not root",
            &["image-runs-as-root", "non-numeric-user", "user-mismatch"],
            or_none(Answer::shown(users(asked))),
        ),
        asked.line(
            "exec-form",
            "starts in exec form, so that signals reach it",
            &["shell-form-entrypoint", "overridden-instruction"],
            or_none(Answer::shown(starts(asked))),
        ),
        asked.line(
            "no-secrets-in-image",
            "no secret in the image or its history",
            &["secret-in-image"],
            or_none(Answer::shown(Vec::new())),
        ),
    ]
}

fn stages(asked: &Asked<'_, '_>) -> Answer {
    let mut shown = Vec::new();
    let mut single = false;
    for (unit, stage) in asked.stages() {
        let build = &unit.build;
        let own = lineage(build, stage).len();
        let others = build.stages.len().saturating_sub(own);
        let froms = build.stages.iter().map(|stage| {
            let from = &build.file.instructions[stage.from];
            let name = stage.name.as_ref().map_or_else(
                || format!("stage {}", stage.index),
                |name| format!("stage `{}`", name.value),
            );
            evidence(Place::new(unit.file, from.range), name)
        });
        shown.extend(froms);
        let makes = Facts::new(build).installs.iter().any(|install| {
            matches!(
                install.action,
                Action::Build | Action::Project | Action::Local
            )
        });
        single |= others == 0 && makes;
    }
    if shown.is_empty() {
        return Answer::Nothing(NO_IMAGE);
    }
    if single && shown.len() == 1 {
        return Answer::Is("one stage, which keeps nothing of a build".into(), shown);
    }
    Answer::Is(format!("{} stages", shown.len()), shown)
}

/// The FROM of each stage that ships.
fn shipping(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    asked
        .stages()
        .map(|(unit, stage)| {
            let from = &unit.build.file.instructions[stage.from];
            evidence(Place::new(unit.file, from.range), "the stage that ships")
        })
        .collect()
}

fn installs(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for unit in asked.units() {
        for install in Facts::new(&unit.build).installs {
            let range = unit.build.file.instructions[install.instruction].range;
            let place = Place::new(unit.file, range);
            if found.iter().all(|other: &Evidence| other.place != place) {
                found.push(evidence(place, "installs dependencies"));
            }
        }
    }
    found
}

fn bases(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    asked
        .stages()
        .filter_map(|(unit, stage)| {
            let line = lineage(&unit.build, stage);
            let bottom = line.last()?;
            let from = &unit.build.file.instructions[bottom.from];
            let Body::From(body) = &from.body else {
                return None;
            };
            let place = Place::new(unit.file, body.image.range);
            Some(evidence(place, format!("`{}`", body.image.value)))
        })
        .collect()
}

fn users(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    asked
        .stages()
        .filter_map(|(unit, stage)| {
            let line = lineage(&unit.build, stage);
            let instructions = &unit.build.file.instructions;
            let last = line.iter().find_map(|stage| {
                stage
                    .instructions
                    .clone()
                    .rev()
                    .find(|index| matches!(instructions[*index].body, Body::User(_)))
            })?;
            let Body::User(user) = &instructions[last].body else {
                return None;
            };
            let place = Place::new(unit.file, user.range);
            Some(evidence(place, format!("USER {}", user.value)))
        })
        .collect()
}

/// What starts, without its arguments: they may hold a secret.
fn starts(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (unit, stage) in asked.stages() {
        for index in [stage.entrypoint, stage.cmd].into_iter().flatten() {
            let instruction = &unit.build.file.instructions[index];
            let (keyword, command) = match &instruction.body {
                Body::Entrypoint(command) => ("ENTRYPOINT", command),
                Body::Cmd(command) => ("CMD", command),
                _ => continue,
            };
            let place = Place::new(unit.file, instruction.range);
            let form = match command {
                Command::Exec(_) => "exec form",
                Command::Shell(_) | Command::Heredoc(_) => "shell form",
            };
            found.push(evidence(place, format!("{keyword} in {form}")));
        }
    }
    found
}
