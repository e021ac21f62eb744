//! # What it does
//! Finds files that the build needs and `.dockerignore` leaves out: sources that a COPY or ADD
//! names, and the readme or licence file that `pyproject.toml` names and the build back end reads.
//!
//! # Why it matters
//! The build fails, with "not found" for a file that is plainly there; nothing in the message
//! names `.dockerignore`.
//!
//! # Example
//! ```dockerfile bad
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY dist/ /app/
//! //- /.dockerignore
//! dist
//! //- /dist/index.js
//! console.log("up")
//! ```
//! ```dockerfile good
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY dist/ /app/
//! //- /.dockerignore
//! node_modules
//! //- /dist/index.js
//! console.log("up")
//! ```
//!
//! # Fix safety
//! The fix takes back in just the file or folder that is needed.
//!
//! # References
//! - <https://docs.docker.com/reference/build-checks/copy-ignored-file/>

use plimsoll_source::files::join;
use plimsoll_source::{Confidence, Edit, EntryKind, Fix, Place, Safety, Severity};

use super::build_context::View;
use super::facts::copies::Whence;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "dockerignore-hides-needed-file",
    summary: "`.dockerignore` leaves out a file that the build needs",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[Alias {
        tool: "buildkit",
        id: "CopyIgnoredFile",
    }],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let Some(view) = View::of(cx.project, input.unit) else {
        return;
    };
    let Some(unit) = view
        .context
        .ignore
        .and_then(|index| view.ignore_unit(index))
    else {
        return;
    };
    let pattern_of = |path: &str| {
        let (index, excluded) = unit.ignore.deciding(path)?;
        let range = unit.ignore.patterns.get(index).filter(|_| excluded)?.range;
        Some(Place::new(unit.file, range))
    };
    let take_back = |path: &str| {
        let text = &*unit.ignore.text;
        let lead = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        Fix::new("take it back in", Safety::Safe).edit(
            unit.file,
            Edit::insert(text.len() as u32, format!("{lead}!{path}\n")),
        )
    };
    for copy in input
        .facts
        .copies
        .iter()
        .filter(|copy| copy.whence == Whence::Context)
    {
        for source in copy
            .sources
            .iter()
            .filter(|source| source.known && !source.is_whole())
        {
            let path = source.path.as_str();
            // A wildcard may take whatever is there.
            if path.contains(['*', '?', '[']) || !view.visible().select(path).is_empty() {
                continue;
            }
            let there = match view.kind(path) {
                Some(EntryKind::File) => true,
                Some(EntryKind::Dir) => {
                    !view.context.everything(cx.project).select(path).is_empty()
                }
                _ => false,
            };
            // The deciding pattern of a folder may be that of a file in it (`dist/*`).
            let first = || {
                let all = view.context.everything(cx.project);
                all.select(path).first().map(|file| file.path.clone())
            };
            let place = pattern_of(path).or_else(|| pattern_of(&first()?));
            let (true, Some(place)) = (there && !view.visible().truncated, place) else {
                continue;
            };
            let line = cx.project.files.text(place).to_owned();
            cx.report(
                source.range,
                format!("`{path}` is there, but `.dockerignore` leaves it out"),
            )
            .related(place, format!("`{line}` does"))
            .note("the build fails with \"not found\"")
            .help(format!(
                "add `!{path}` at the end of `.dockerignore`, or narrow the pattern"
            ))
            .fix(take_back(path));
        }
    }
    for (path, why) in named_by_pyproject(input, view) {
        let Some(place) = pattern_of(&path) else {
            continue;
        };
        let Some(manifest) = join(&view.context.dir, "pyproject.toml") else {
            continue;
        };
        cx.report_at(
            place,
            format!("this leaves out `{path}`, which `{manifest}` names as its {why}"),
        )
        .note("the build back end reads it and fails where it is missing")
        .help(format!("add `!{path}` at the end"))
        .fix(take_back(&path));
    }
}

/// The files that the project's own build reads, where a COPY brings the project and a step
/// installs it.
fn named_by_pyproject(input: &DockerfileInput<'_>, view: View<'_>) -> Vec<(String, &'static str)> {
    let whole = input.facts.copies.iter().any(|copy| {
        copy.whence == Whence::Context
            && copy
                .sources
                .iter()
                .any(|source| source.known && source.is_whole())
    });
    if !whole || view.visible().file("pyproject.toml").is_none() {
        return Vec::new();
    }
    let installs = input.unit.build.scripts.iter().flatten().any(|script| {
        script.commands.iter().any(|command| {
            let name = command.name().unwrap_or("");
            let skips = command
                .args()
                .any(|arg| matches!(arg, "--no-install-project" | "--no-root" | "--no-self"));
            let target = |arg: &str| arg == "." || arg.starts_with(".[") || arg.starts_with("./");
            match name {
                "uv" => !skips && (command.has_arg("sync") || command.args().any(target)),
                "poetry" | "pdm" => !skips && command.has_arg("install"),
                name if name.starts_with("pip") => {
                    command.has_arg("install") && command.args().any(target)
                }
                "hatch" => command.has_arg("build"),
                _ => false,
            }
        })
    });
    if !installs {
        return Vec::new();
    }
    let Some(text) = view.read("pyproject.toml") else {
        return Vec::new();
    };
    // Without a build back end uv and poetry install no project of their own.
    if !text.contains("[build-system]") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            section = name.trim().to_owned();
            continue;
        }
        if section != "project" && section != "tool.poetry" {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let why = match key.trim() {
            "readme" => "readme",
            "license" if value.contains("file") => "licence",
            _ => continue,
        };
        let quoted = value.split(['"', '\'']).skip(1).step_by(2);
        let file = if value.contains('{') {
            quoted.last().filter(|_| value.contains("file"))
        } else {
            quoted.into_iter().next()
        };
        if let Some(file) = file.filter(|file| !file.is_empty() && view.has(file))
            && view.visible().file(file).is_none()
        {
            found.push((file.to_owned(), why));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn hidden_sources_are_found() {
        on(&RULE)
            .files("//- /.dockerignore\n*.jar\n//- /Dockerfile\nFROM a:1\nCOPY app.jar /\n//- /app.jar\nx\n")
            .flags(&["Dockerfile:2: app.jar"])
            .fixed("*.jar\n!app.jar\n");
        on(&RULE)
            .files("//- /.dockerignore\nbuild/*\n//- /Dockerfile\nFROM a:1\nCOPY build /b\n//- /build/a\nx\n")
            .flags(&["Dockerfile:2: build"]);
        on(&RULE)
            .files(
                "//- /.dockerignore\n*.md\n//- /Dockerfile\nFROM a:1\nCOPY . .\nRUN pip install .\n\
                 //- /pyproject.toml\n[project]\nname = \"a\"\nreadme = \"README.md\"\n[build-system]\n\
                 requires = [\"hatchling\"]\n//- /README.md\nhi\n",
            )
            .flags(&[".dockerignore:1: *.md"])
            .fixed("*.md\n!README.md\n");
    }

    #[test]
    fn what_is_seen_or_not_there_is_left_alone() {
        on(&RULE)
            .files("//- /.dockerignore\n*\n!app.jar\n//- /Dockerfile\nFROM a:1\nCOPY app.jar /\n//- /app.jar\nx\n")
            .clean();
        on(&RULE)
            .files("//- /.dockerignore\n*.jar\n//- /Dockerfile\nFROM a:1\nCOPY *.jar x /\n//- /app.jar\nx\n//- /x\n1\n")
            .clean();
        on(&RULE)
            .files("//- /.dockerignore\ndist\n//- /Dockerfile\nFROM a:1 AS b\nFROM a:1\nCOPY --from=b dist /d\n//- /dist/a\nx\n")
            .clean();
        on(&RULE)
            .files(
                "//- /.dockerignore\n*.md\n//- /Dockerfile\nFROM a:1\nCOPY . .\nRUN uv sync --no-install-project\n\
                 //- /pyproject.toml\n[project]\nreadme = \"README.md\"\n[build-system]\n//- /README.md\nhi\n",
            )
            .clean();
    }
}
