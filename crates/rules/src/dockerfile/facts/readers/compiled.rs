//! go, cargo, Maven and Gradle.

use super::super::calls::{Arg, Call};
use super::super::ecosystems::Tool;
use super::super::installs::{Action, Lock, Read, Words};
use super::named;

pub(super) const GO_VALUED: &[&str] = &[
    "-C",
    "-o",
    "-ldflags",
    "-gcflags",
    "-asmflags",
    "-tags",
    "-p",
    "-buildmode",
    "-compiler",
    "-modfile",
    "-pkgdir",
    "-run",
    "-timeout",
    "-count",
    "-coverprofile",
    "--tags",
    "--ldflags",
];

pub(super) fn go(words: &Words<'_>) -> Option<Read> {
    let vendored = words.has("-mod=vendor") || words.has("--mod=vendor");
    let versioned = words.rest().iter().any(|arg| arg.text.contains('@'));
    let mut read = match words.verb()? {
        "mod" => match words.rest().first()?.text {
            "download" | "vendor" => Read::new(Action::Fetch, Lock::Enforced),
            "tidy" => Read::new(Action::Project, Lock::Ignored),
            _ => return None,
        },
        "get" => {
            let local = words.rest().iter().all(|arg| arg.text.starts_with('.'));
            if local {
                Read::new(Action::Project, Lock::Followed)
            } else {
                Read::new(Action::Named, Lock::Ignored)
            }
        }
        "install" | "run" if versioned => Read::new(Action::Named, Lock::Ignored),
        "build" | "install" | "run" | "test" | "vet" | "generate" if !vendored => {
            Read::new(Action::Build, Lock::Enforced)
        }
        _ => return None,
    };
    read.folder = words.value(&["-C"]).map(str::to_owned);
    Some(read)
}

const CARGO_VALUED: &[&str] = &[
    "--target",
    "--features",
    "-F",
    "-p",
    "--package",
    "--bin",
    "--bins",
    "--profile",
    "--path",
    "--root",
    "--manifest-path",
    "-j",
    "--jobs",
    "--target-dir",
    "--version",
    "--git",
    "--tag",
    "--branch",
    "--rev",
    "--recipe-path",
    "--config",
    "-Z",
    "--example",
    "--artifact-dir",
    "--out-dir",
    "--registry",
    "--index",
    "--color",
    "--vers",
];

pub(super) fn cargo<'a>(call: &Call<'a>) -> Option<(Tool, Words<'a>, Read)> {
    let mut words = Words::of(call, CARGO_VALUED);
    if words.verb()?.starts_with('+') {
        words.plain.remove(0);
    }
    // Wrappers that take cargo's own commands.
    if matches!(words.verb()?, "auditable" | "zigbuild" | "xwin" | "ndk") && words.plain.len() > 1 {
        words.plain.remove(0);
    }
    let lock = if ["--locked", "--frozen"].iter().any(|name| words.has(name)) {
        Lock::Enforced
    } else {
        Lock::Followed
    };
    let strict = |lock: Lock| {
        if lock == Lock::Enforced {
            lock
        } else {
            Lock::Ignored
        }
    };
    let offline = words.has("--offline");
    let mut read = match words.verb()? {
        "fetch" | "vendor" => Read::new(Action::Fetch, lock),
        "chef" if words.rest().first()?.text == "cook" => Read::new(Action::Fetch, lock),
        "build" | "b" | "check" | "c" | "test" | "t" | "run" | "r" | "rustc" | "zigbuild"
            if !offline =>
        {
            Read::new(Action::Build, lock)
        }
        "install" if words.value(&["--path"]).is_some() => Read::new(Action::Build, strict(lock)),
        "install" => named(words.rest(), strict(lock)),
        "update" => Read::new(Action::Project, Lock::Ignored),
        _ => return None,
    };
    read.folder = words
        .value(&["--path"])
        .or_else(|| {
            words
                .value(&["--manifest-path"])
                .map(|path| path.trim_end_matches("Cargo.toml"))
        })
        .filter(|path| !path.is_empty())
        .map(str::to_owned);
    Some((Tool::Cargo, words, read))
}

pub(super) const MAVEN_VALUED: &[&str] = &[
    "-f",
    "--file",
    "-s",
    "--settings",
    "-gs",
    "-P",
    "-T",
    "-pl",
    "--projects",
    "-rf",
    "-l",
    "--activate-profiles",
    "--threads",
];

pub(super) fn maven(words: &Words<'_>) -> Option<Read> {
    if words.has("-o") || words.has("--offline") || words.has("-v") {
        return None;
    }
    let fetches = |goal: &str| {
        goal.contains("go-offline")
            || goal.contains("dependency:") && !goal.contains("dependency:tree")
            || goal.contains("resolve-dependencies")
    };
    let builds = |goal: &str| {
        let phases = [
            "compile",
            "test",
            "package",
            "verify",
            "install",
            "deploy",
            "process-resources",
            "prepare-package",
            "generate-sources",
            "test-compile",
            "integration-test",
        ];
        phases.contains(&goal) || goal.contains("spring-boot:") || goal.contains("assembly:")
    };
    let mut read = if words.plain.iter().any(|arg| builds(arg.text)) {
        Read::new(Action::Build, Lock::None)
    } else if words.plain.iter().any(|arg| fetches(arg.text)) {
        Read::new(Action::Fetch, Lock::None)
    } else {
        return None;
    };
    read.folder = words
        .value(&["-f", "--file"])
        .map(|path| path.trim_end_matches("pom.xml").to_owned())
        .filter(|path| !path.is_empty());
    Some(read)
}

pub(super) const GRADLE_VALUED: &[&str] = &[
    "-p",
    "--project-dir",
    "-b",
    "--build-file",
    "-x",
    "--exclude-task",
    "-g",
    "--gradle-user-home",
    "-I",
    "--init-script",
    "--console",
    "--warning-mode",
    "-c",
    "--max-workers",
    "--tests",
];

pub(super) fn gradle(words: &Words<'_>) -> Option<Read> {
    if words.has("--offline") || words.has("-v") {
        return None;
    }
    let task = |arg: &Arg<'_>| {
        arg.text
            .rsplit(':')
            .next()
            .unwrap_or("")
            .to_ascii_lowercase()
    };
    let tasks: Vec<String> = words.plain.iter().map(task).collect();
    let idle = [
        "clean",
        "help",
        "tasks",
        "wrapper",
        "projects",
        "properties",
        "init",
        "stop",
    ];
    let fetches = |task: &String| {
        task.contains("dependencies") || task.contains("resolve") || task.contains("download")
    };
    let mut read = if tasks
        .iter()
        .any(|task| !idle.contains(&task.as_str()) && !fetches(task))
    {
        Read::new(Action::Build, Lock::None)
    } else if tasks.iter().any(fetches) {
        Read::new(Action::Fetch, Lock::None)
    } else {
        return None;
    };
    read.folder = words.value(&["-p", "--project-dir"]).map(str::to_owned);
    Some(read)
}
