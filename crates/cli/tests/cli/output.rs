//! Colours, pipes and other places that output goes to.

use std::process::Stdio;

use crate::folder::{Answer, Folder};

const ARGS: &[&str] = &["check", "--select", "unpinned-base-image"];

#[test]
fn colours_follow_the_flag_then_the_environment_then_the_terminal() {
    let folder = Folder::with(&[("Dockerfile", "FROM alpine\n")]);
    let coloured = |more: &[&str], env: &[(&str, &str)]| {
        let args: Vec<&str> = ARGS.iter().chain(more).copied().collect();
        let mut command = folder.command(&args);
        command.envs(env.iter().copied());
        let answer = Answer::of(command.output().expect("runs"));
        assert_eq!(answer.quiet(), 1);
        answer.stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color=always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(
        &[],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]
    ));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let many = "FROM image\n".repeat(3000);
    let folder = Folder::with(&[("Dockerfile", &many)]);
    let mut command = folder.command(ARGS);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn hostile_names_and_texts_cannot_steer_the_terminal() {
    let folder = Folder::with(&[("Dockerfile", "FROM al\u{1b}[2Jpine\u{202e}\n")]);
    let answer = folder.run(&["check", "--strictness", "auditor"]);
    let harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
    assert!(answer.stdout.chars().all(harmless), "{:?}", answer.stdout);
    let answer = folder.run(&["check", "\u{1b}[2J"]);
    assert!(answer.stderr.chars().all(harmless), "{:?}", answer.stderr);
}
