//! Invocations of helm 4.3.1 and ours, side by side: the exit code, what is printed, and the
//! words of a refusal. Helm's answers were recorded (tests/oracles/helm-commands).

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::Deserialize;

use crate::folder::Folder;

#[derive(Deserialize)]
struct Cases {
    files: BTreeMap<String, String>,
}

/// The command line, the exit code, standard output, and what is said of a refusal.
type Answer = (String, i32, String, String);

/// Refused by both, in words of our own: what Go, its TLS or the operating system says there, or
/// a path that is whole here.
const OWN_WORDS: &[&str] = &[
    "template rel web --output-dir file",
    "template rel oci://",
    "template rel web --ca-file file",
    "template rel web --cert-file file --key-file file",
    "show chart empty",
    "package file",
    "dependency list file",
    "dependency list empty",
    "dependency update empty",
];

/// Words that are missing or wrong are wrong use (2) here, as in all of Plimsoll, and 1 in Helm.
const WRONG_USE: &[&str] = &["repo list -o x", "repo rm", "repo add a"];

/// What is different on purpose.
const OTHERWISE: &[&str] = &[
    // The folder is `.` if none is named.
    "lint",
    // They print what the network says.
    "dependency update parent",
    "dependency build parent",
    // Helm packs first, and leaves the archive there.
    "package web --sign --key x --keyring none",
];

#[test]
fn invocations_end_as_in_helm() {
    let cases = include_str!("../../../../tests/oracles/helm-commands/cases.json");
    let answers = include_str!("../../../../tests/oracles/helm-commands/answers.json");
    let cases: Cases = serde_json::from_str(cases).expect("files");
    let answers: Vec<Answer> = serde_json::from_str(answers).expect("answers");
    let next = AtomicUsize::new(0);
    let differences = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(answer) = answers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = difference(&cases, answer);
                    differences.lock().expect("no panic").extend(found);
                }
            });
        }
    });
    let differences = differences.into_inner().expect("no panic");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn difference(cases: &Cases, (case, code, out, refused): &Answer) -> Option<String> {
    let case = case.as_str();
    if OTHERWISE.contains(&case) {
        return None;
    }
    let folder = Folder::new();
    for (name, text) in &cases.files {
        folder.write(&format!("world/{name}"), text.as_bytes());
    }
    let world = folder.path().join("world");
    let home = folder.path().join("home");
    let (world, home) = (world.to_string_lossy(), home.to_string_lossy());
    let case_here = case.replace("WORLD", &world);
    let mut command = folder.command(&["chart"]);
    command.args(case_here.split(' '));
    if case.starts_with("lint") {
        command.args(["--format", "helm"]);
    }
    command.current_dir(&*world).stdin(Stdio::null());
    command.env_clear().env("HOME", &*home).env("TZ", "UTC");
    let output = command.output().expect("the binary runs");
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.replace(&*world, "WORLD").replace(&*home, "HOME")
    };
    let (found_code, found_out) = (output.status.code(), text(&output.stdout));
    let found_err = text(&output.stderr);
    let wanted_code = if WRONG_USE.contains(&case) { 2 } else { *code };
    if found_code != Some(wanted_code) {
        return Some(format!(
            "{case}: exit code {found_code:?}, not {wanted_code}: {found_err}"
        ));
    }
    if found_out != *out {
        return Some(format!("{case}: printed\n{found_out}\ninstead of\n{out}"));
    }
    let has_words = *code == 0 || WRONG_USE.contains(&case) || OWN_WORDS.contains(&case);
    let said = found_err.split_once("error: ").map_or("", |(_, said)| said);
    // Help, and where it stands, come after what Helm says.
    (!has_words && !said.starts_with(refused.as_str()))
        .then(|| format!("{case}: said\n{found_err}\ninstead of\n{refused}"))
}
