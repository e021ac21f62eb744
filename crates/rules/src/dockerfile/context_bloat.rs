//! # What it does
//! Looks at what a COPY or ADD of a folder really takes, and finds what the image does not need:
//! version control, packages and build output of this machine that the Dockerfile makes by
//! itself, caches of tools, and dumps, logs and recordings of 20 MB and more that no instruction
//! names. Names the folders and files with their sizes.
//!
//! # Why it matters
//! BuildKit sends what COPY names and `.dockerignore` does not leave out. Folders such as `.git`
//! and `node_modules` are most of a project's bytes, are sent and hashed in every build, and stay
//! in the image. `.git` changes with every commit, so that nothing below the COPY is ever taken
//! from the cache; `node_modules` and `.venv` overwrite what the build has installed with
//! packages made for another system.
//!
//! Caches and build output count from 1 MB. Silent for what the build may need: `.git` where a step asks git,
//! `dist` and the like, and packages where the Dockerfile installs none.
//!
//! # Example
//! ```dockerfile bad
//! //- /Dockerfile
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! COPY . .
//! //- /.dockerignore
//! .git
//! //- /package.json
//! {}
//! //- /package-lock.json
//! {}
//! //- /node_modules/left-pad/index.js
//! module.exports = 1
//! ```
//! ```dockerfile fixed
//! //- /Dockerfile
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! COPY . .
//! //- /.dockerignore
//! .git
//! node_modules
//! //- /package.json
//! {}
//! //- /package-lock.json
//! {}
//! //- /node_modules/left-pad/index.js
//! module.exports = 1
//! ```
//! ```dockerfile good
//! //- /Dockerfile
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! COPY . .
//! //- /.dockerignore
//! .git
//! node_modules
//! //- /package.json
//! {}
//! //- /node_modules/left-pad/index.js
//! module.exports = 1
//! ```
//!
//! # Fix safety
//! Adds the folders to `.dockerignore`. A step that reads them after all would miss them.
//!
//! # References
//! - <https://docs.docker.com/build/concepts/context/#dockerignore-files>
//! - <https://docs.docker.com/build/cache/optimize/#keep-the-context-small>

use std::fmt::Write;

use plimsoll_source::{Confidence, Severity};

use super::build_context::{View, bytes};
use super::facts::copies::Whence;
use super::junk::{Habits, Heap, Why, heaps};
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "context-bloat",
    summary: "a COPY takes folders that the image does not need",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Always,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

/// Fewer bytes than this are not worth a word.
const LEAST: u64 = 1_000_000;

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let facts = input.facts;
    let build = &input.unit.build;
    let folders: Vec<_> = facts
        .copies
        .iter()
        .filter(|copy| copy.whence == Whence::Context && copy.exclude.is_empty())
        .collect();
    let (Some(view), false) = (View::of(cx.project, input.unit), folders.is_empty()) else {
        return;
    };
    let habits = Habits::of(build, facts, view);
    // The same junk taken by several COPY is one line in `.dockerignore`.
    let mut told: Vec<String> = Vec::new();
    for copy in folders {
        let taken = view.taken(copy);
        let mut heaps = heaps(&habits, view, &taken);
        heaps.retain(|heap| !told.contains(&heap.path));
        // History spoils the cache and foreign packages the image, whatever their size.
        let harms = heaps
            .iter()
            .any(|heap| matches!(heap.why, Why::History | Why::Installed));
        let total: u64 = heaps.iter().map(|heap| heap.bytes).sum();
        if heaps.is_empty() || (total < LEAST && !harms) {
            continue;
        }
        told.extend(heaps.iter().map(|heap| heap.path.clone()));
        let all: u64 = taken.iter().map(|file| file.len).sum();
        report(cx, input, copy.instruction, view, &heaps, all);
    }
}

fn report(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    index: usize,
    view: View<'_>,
    heaps: &[Heap],
    all: u64,
) {
    let build = &input.unit.build;
    let shown: Vec<String> = heaps
        .iter()
        .take(3)
        .map(|heap| format!("`{}` ({})", heap.path, bytes(heap.bytes)))
        .collect();
    let mut names = match shown.as_slice() {
        [] => return,
        [one] => one.clone(),
        [rest @ .., last] if heaps.len() <= 3 => format!("{} and {last}", rest.join(", ")),
        all => all.join(", "),
    };
    if heaps.len() > 3 {
        let rest: u64 = heaps.iter().skip(3).map(|heap| heap.bytes).sum();
        let _ = write!(names, " and {} more ({})", heaps.len() - 3, bytes(rest));
    }
    let total: u64 = heaps.iter().map(|heap| heap.bytes).sum();
    let files: usize = heaps.iter().map(|heap| heap.files).sum();
    let stage = build.stage_of(index).map_or(0, |stage| stage.index);
    let lines = lines(heaps);
    let draft = cx
        .report(
            build.file.instructions[index].range,
            format!("the copy takes {names} along"),
        )
        .label(format!(
            "{} of {} in {files} {} are not needed here",
            bytes(total),
            bytes(all),
            if files == 1 { "file" } else { "files" },
        ))
        .help(format!(
            "leave them out in `{}`: {}",
            view.ignore_path(),
            lines.join(", ")
        ))
        .fix(view.leave_out(&lines))
        .subject(format!("stage/{stage}"));
    if heaps.iter().any(|heap| heap.why == Why::History) {
        draft.note("`.git` changes with every commit, and with it every layer from here on");
    }
    if let Some(heap) = heaps.iter().find(|heap| heap.why == Why::Installed) {
        draft.note(format!(
            "`{}` of this machine lands over what the build installs for the image",
            heap.path
        ));
    }
}

/// The lines that leave the heaps out; one for several of one name.
fn lines(heaps: &[Heap]) -> Vec<String> {
    let name = |heap: &Heap| heap.path.rsplit('/').next().unwrap_or("").to_owned();
    let mut lines: Vec<String> = Vec::new();
    for heap in heaps {
        let own = name(heap);
        let several = heaps.iter().filter(|other| name(other) == own).count() > 1;
        let line = if several {
            format!("**/{own}")
        } else {
            heap.path.clone()
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn big(path: &str) -> String {
        format!("//- /{path}\n{}\n", "x".repeat(2_000_000))
    }

    #[test]
    fn junk_is_named_with_its_size() {
        let case = on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . /app\n//- /.dockerignore\n*.log\n//- /a.py\n1\n{}{}",
                big(".git/objects/pack/x.pack"),
                big("api/__pycache__/a.pyc"),
            ))
            .flags(&["Dockerfile:2: COPY . /app"])
            .says(&["the copy takes `.git` (2.0 MB) and `api/__pycache__` (2.0 MB) along"]);
        let label = case.findings[0].label.as_deref().unwrap();
        assert_eq!(label, "4.0 MB of 4.0 MB in 2 files are not needed here");
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM rust:1\nCOPY . .\nRUN cargo build\n//- /Cargo.toml\n\n//- /.dockerignore\n.git\n{}",
                big("target/debug/app"),
            ))
            .flags(&["Dockerfile:2: COPY . ."]);
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM node:22\nCOPY web /web\nRUN cd /web && npm ci\n//- /.dockerignore\n.git\n\
                 //- /web/package.json\n{}\n//- /web/node_modules/a/i.js\n1\n",
            )
            .flags(&["Dockerfile:2: COPY web /web"]);
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /Cargo.toml\n\n{}",
                big("target/debug/app"),
            ))
            .flags(&["Dockerfile:2: COPY . ."]);
    }

    #[test]
    fn large_dumps_are_named_alone() {
        let dump = |path: &str| format!("//- /{path}\n{}\n", "x".repeat(20_000_000));
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /data/a.csv\n1\n{}",
                dump("data/backup.sql.gz"),
            ))
            .flags(&["Dockerfile:2: COPY . ."])
            .says(&["the copy takes `data/backup.sql.gz` (20 MB) along"]);
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\nRUN load data/backup.sql\n{}",
                dump("data/backup.sql"),
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n{}",
                dump("model.bin")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\nCMD [\"target/debug/app\"]\n//- /Cargo.toml\n\n{}",
                big("target/debug/app"),
            ))
            .clean();
    }

    #[test]
    fn what_is_small_needed_or_left_out_is_left_alone() {
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /a/__pycache__/b.pyc\n1\n")
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\nRUN git describe > v\n{}",
                big(".git/o/x")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n{}",
                big("node_modules/a.js")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY src /src\n//- /src/a.c\n1\n{}",
                big(".git/o/x")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.dockerignore\n**/.git\n{}",
                big(".git/o/x")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /dist/a.js\n1\n{}",
                big("data/x.bin")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\nRUN pip install .\n//- /pyproject.toml\nrequires = ['setuptools-scm']\n{}",
                big(".git/o/x")
            ))
            .clean();
    }
}
