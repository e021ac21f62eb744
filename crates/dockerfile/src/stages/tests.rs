//! Tests of stages and their state.

use super::*;
use crate::syntax::parse;

fn build(text: &str) -> Build {
    let file = parse(text);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    Build::new(file)
}

#[test]
fn stages_know_their_bases() {
    let build = build(
        "ARG UNKNOWN\nARG V=3.13\nARG IMAGE=python:${V}-slim\nFROM ${IMAGE} AS Base\nFROM base AS next\n\
         FROM scratch\nCOPY --from=next / /\nFROM $UNKNOWN\n",
    );
    let bases: Vec<_> = build
        .stages
        .iter()
        .map(|stage| stage.base.clone())
        .collect();
    assert_eq!(
        bases,
        [
            Base::Image("python:3.13-slim".into()),
            Base::Stage(0),
            Base::Scratch,
            Base::Unresolved("$UNKNOWN".into()),
        ]
    );
    assert_eq!(
        build.stage_named("BASE", 9).map(|stage| stage.index),
        Some(0)
    );
    assert_eq!(build.stage_named("2", 9).map(|stage| stage.index), Some(2));
    assert_eq!(build.stage_named("next", 1).map(|stage| stage.index), None);
}

#[test]
fn only_needed_stages_are_reachable() {
    let build = build(
        "FROM a:1 AS tools\nFROM a:1 AS unused\nFROM a:1 AS build\n\
         RUN --mount=from=tools,target=/t make\nFROM a:1\nCOPY --from=2 /x /x\n",
    );
    assert_eq!(build.reachable(), [0, 2, 3]);
}

#[test]
fn state_is_inherited_and_entrypoint_resets_the_command_of_a_base() {
    let build = build(
        "FROM a:1 AS base\nENV A=1 B=$A\nWORKDIR /app\nUSER 7\nEXPOSE 80\nCMD [\"x\"]\n\
         FROM base\nENV B=${A}2\nWORKDIR sub\nENTRYPOINT [\"y\"]\n",
    );
    let last = build.final_stage().expect("two stages");
    assert_eq!(build.env_of(last, "B"), Some("12"));
    assert_eq!(build.env_of(&build.stages[0], "B"), Some("$A"));
    assert_eq!(last.workdir.as_deref(), Some("/app/sub"));
    assert_eq!(last.user.as_ref().map(|(_, user)| user.as_str()), Some("7"));
    assert_eq!(last.exposed, [(4, "80".to_owned())]);
    assert_eq!((last.entrypoint, last.cmd), (Some(9), None));
    assert_eq!(build.stages[0].cmd, Some(5));
}

#[test]
fn arguments_are_seen_from_their_declaration_on() {
    let build = build("ARG G=g\nFROM a:1\nRUN one\nARG G\nARG L=l\nENV L=e\nUSER $G-$L-$N\n");
    assert_eq!(build.env_at(2).get("G"), None);
    assert_eq!(build.env_at(5).get("L").map(String::as_str), Some("l"));
    let Body::User(word) = &build.file.instructions[6].body else {
        panic!("a USER")
    };
    assert_eq!(build.expanded(6, word), ("g-e-$N".to_owned(), false));
}

#[test]
fn scripts_are_joined_across_continuations() {
    let text = "FROM a:1\nRUN one \\\n  # note\n  two && \\\n  three\nCMD [\"sh\", \"-c\", \"four five\"]\n";
    let build = build(text);
    let commands: Vec<_> = build.scripts[1]
        .as_ref()
        .expect("a script")
        .commands
        .iter()
        .collect();
    assert_eq!(commands.len(), 2);
    assert_eq!(commands[1].words[0].range.of(text), "three");
    assert_eq!(commands[0].words[1].range.of(text), "two");
    let cmd = build.scripts[2].as_ref().expect("a script");
    assert_eq!(cmd.commands[0].words[1].range.of(text), "five");
}

#[test]
fn files_for_windows_have_its_shell() {
    let build = Build::new(crate::parse(
        "# escape=`\nFROM a\nRUN if ($x) { `\n  y }\nSHELL [\"bash\", \"-c\"]\nRUN z\n",
    ));
    let scripts: Vec<_> = build.scripts.iter().flatten().collect();
    assert_eq!(
        (&*scripts[0].interpreter, scripts[0].errors.len()),
        ("cmd", 0)
    );
    assert_eq!(
        (&*scripts[1].interpreter, scripts[1].commands.len()),
        ("bash", 1)
    );
}

#[test]
fn heredocs_are_scripts() {
    let text =
        "FROM a:1\nRUN <<-EOF\n\tone\n\ttwo\n\tEOF\nRUN <<X\n#!/usr/bin/env python3\nimport a\nX\n";
    let build = build(text);
    let script = build.scripts[1].as_ref().expect("a script");
    assert_eq!(script.commands.len(), 2);
    assert_eq!(script.commands[1].words[0].range.of(text), "two");
    let python = build.scripts[2].as_ref().expect("a script");
    assert_eq!(&*python.interpreter, "python3");
    assert!(python.commands.is_empty());
}
