//! # What it does
//! Finds files that the build needs and `.dockerignore` leaves out: sources that a COPY or ADD
//! names, and what steps read after a folder was copied: lock files, requirement files, the
//! readme that `pyproject.toml` names, members of a workspace, scripts.
//!
//! # Why it matters
//! The build fails, with "not found" for a file that is plainly there; nothing in the message
//! names `.dockerignore`. Or it does not fail: without its lock file a project is installed with
//! whatever versions are newest.
//!
//! A file of keys or of an environment's settings (`.env.production`) is left out for a reason: the
//! advice is to give it to the container when it starts.
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
//! Takes back in just the file or folder that is needed. It was left out for some reason, so
//! look at what else reads it.
//!
//! # References
//! - <https://docs.docker.com/reference/build-checks/copy-ignored-file/>

use std::cell::OnceCell;

use plimsoll_source::files::{file_name, parent};
use plimsoll_source::{Confidence, EntryKind, Place, Severity};

use super::build_context::View;
use super::facts::copies::{Source, Whence};
use super::needed_files::hidden;
use super::secret_in_image::by_name;
use crate::manifests::reach::any_text_around;
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
    if view.ignore().is_none() {
        return;
    }
    let sources: Vec<&Source> = input
        .facts
        .copies
        .iter()
        .filter(|copy| copy.whence == Whence::Context)
        .flat_map(|copy| &copy.sources)
        // A wildcard may take whatever is there.
        .filter(|source| source.known && !source.path.contains(['*', '?', '[']))
        .collect();
    // That the folder is the context shows in what else is found there.
    let anchored = sources
        .iter()
        .any(|source| !source.is_whole() && view.kind(&source.path).is_some());
    // Asked only where there is something to report: scripts around have to be read for it.
    let elsewhere = OnceCell::new();
    let is_elsewhere =
        |cx: &Cx<'_>| *elsewhere.get_or_init(|| is_built_in_its_folder(cx, input, view));
    for source in &sources {
        copied(cx, view, source, anchored, &is_elsewhere);
    }
    for need in hidden(&input.unit.build, input.facts, view) {
        let path = need.path.as_str();
        let Some((unit, pattern)) = view.excluding(path) else {
            continue;
        };
        if is_elsewhere(cx) {
            continue;
        }
        let step = cx.place(need.step);
        let draft = cx
            .report_at(
                Place::new(unit.file, pattern.range),
                format!("this leaves out `{path}`, which {}", need.why),
            )
            .related(step, "needed here")
            .help(format!("add `!{path}` at the end, or narrow the pattern"));
        if need.fails {
            draft.note("the step fails where it is missing");
        } else {
            draft
                .severity(Severity::Warning)
                .note("without it versions are resolved anew in every build");
        }
        if let Some(fix) = view.let_in(path) {
            draft.fix(fix);
        }
    }
}

/// Whether a script around hands the Dockerfile's own folder to a builder, and no other: it is the
/// context then, and this `.dockerignore` has no part in it.
fn is_built_in_its_folder(cx: &Cx<'_>, input: &DockerfileInput<'_>, view: View<'_>) -> bool {
    let file = input.unit.file;
    let folder = parent(cx.project.path(file));
    if folder == view.context.dir || !folder.contains('/') {
        return false;
    }
    any_text_around(cx, file, |text| {
        text.lines().any(|line| {
            line.contains("build")
                && line
                    .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
                    .any(|word| word.trim_start_matches("./").trim_end_matches('/') == folder)
        })
    })
}

/// Whether a file holds secrets by its name: keys, and the settings of an environment, if they are
/// not what a bundler of JavaScript builds in.
fn is_secret(view: View<'_>, path: &str) -> bool {
    const SAMPLES: [&str; 8] = [
        "example", "sample", "template", "dist", "default", "test", "ci", "dev",
    ];
    let name = file_name(path);
    let environment = name.strip_prefix(".env.").filter(|rest| {
        let mut words = rest.split(['.', '-', '_']);
        !words.any(|word| SAMPLES.iter().any(|sample| word.starts_with(sample)))
    });
    by_name(path, "").is_some() || environment.is_some() && !view.has("package.json")
}

/// A source that a COPY names.
fn copied(
    cx: &mut Cx<'_>,
    view: View<'_>,
    source: &Source,
    anchored: bool,
    is_elsewhere: &dyn Fn(&Cx<'_>) -> bool,
) {
    let path = source.path.as_str();
    if source.is_whole() || view.visible().truncated || !view.visible().select(path).is_empty() {
        return;
    }
    let kind = view.kind(path);
    // The deciding pattern of a folder may be that of the files in it (`dist/*`).
    let inner = || {
        let all = view.context.everything(cx.project);
        all.select(path).first().map(|file| file.path.clone())
    };
    let found = match kind {
        Some(EntryKind::File | EntryKind::Link) => view.excluding(path),
        Some(EntryKind::Dir) => {
            inner().and_then(|inner| view.excluding(path).or_else(|| view.excluding(&inner)))
        }
        // What is made before the build would be left out as well, if nothing below it is let
        // back in.
        None if anchored => {
            let closed = view.ignore().is_some_and(|unit| unit.ignore.prunes(path));
            view.excluding(path).filter(|_| closed)
        }
        _ => None,
    };
    let Some((unit, pattern)) = found else { return };
    if is_elsewhere(cx) {
        return;
    }
    let line = pattern.range.of(&unit.ignore.text).to_owned();
    let ignore = view.ignore_path();
    let message = if kind.is_some() {
        format!("`{path}` is there, but `{ignore}` leaves it out")
    } else {
        format!("`{path}` can never be copied: `{ignore}` leaves it out")
    };
    // It is left out for a reason.
    let is_secret = kind != Some(EntryKind::Dir) && is_secret(view, path);
    let draft = cx
        .report(source.range, message)
        .related(
            Place::new(unit.file, pattern.range),
            format!("`{line}` does"),
        )
        .note("the build fails with \"not found\"")
        .help(if is_secret {
            "leave it out of the image: drop the COPY, and give what it holds to the container when \
             it starts (a Secret, `env_file` or `secrets` of Compose)"
                .to_owned()
        } else {
            format!("add `!{path}` at the end of `{ignore}`, or narrow the pattern")
        });
    if kind.is_none() {
        draft.confidence(Confidence::Medium);
    }
    if let Some(fix) = view.let_in(path).filter(|_| !is_secret) {
        draft.fix(fix);
    }
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
            .files("//- /.dockerignore\n.git\ndist\n//- /Dockerfile\nFROM a:1\nCOPY dist /d\n//- /dist/a\nx\n")
            .fixed(".git\n");
        on(&RULE)
            .files("//- /.dockerignore\nbuild/*\n//- /Dockerfile\nFROM a:1\nCOPY build /b\n//- /build/a\nx\n")
            .flags(&["Dockerfile:2: build"]);
        on(&RULE)
            .files("//- /.dockerignore\ntarget\n//- /Dockerfile\nFROM a:1\nCOPY x target/a.jar /\n//- /x\n1\n")
            .flags(&["Dockerfile:2: target/a.jar"])
            .says(&["`target/a.jar` can never be copied: `.dockerignore` leaves it out"]);
    }

    #[test]
    fn secrets_are_not_let_in() {
        let help = |file: &str, more: &str| {
            let case = on(&RULE).files(&format!(
                "//- /.dockerignore\n.env*\nkeys.*\n//- /Dockerfile\nFROM a:1\nCOPY x /\nCOPY {file} /\n//- /x\n1\n{more}"
            ));
            let [finding] = &case.findings[..] else {
                panic!("{:?}", case.findings)
            };
            (
                finding.help.clone().unwrap_or_default(),
                finding.fix.is_some(),
            )
        };
        let (text, fix) = help(".env.production", "");
        assert!(text.contains("drop the COPY") && !fix, "{text}");
        assert!(help("keys.pem", "").0.contains("drop the COPY"));
        let plain = [
            (".env.example", ""),
            ("keys.json", ""),
            // Built into what browsers get.
            (".env.production", "//- /package.json\n{}\n"),
        ];
        for (file, more) in plain {
            let (text, fix) = help(file, more);
            assert!(text.starts_with("add `!") && fix, "{text}");
        }
    }

    #[test]
    fn what_steps_read_is_found() {
        let project = "[project]\nname = \"a\"\nreadme = \"README.md\"\n[build-system]\nrequires = [\"hatchling\"]\n";
        on(&RULE)
            .files(&format!(
                "//- /.dockerignore\n*.md\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN pip install .\n\
                 //- /pyproject.toml\n{project}//- /README.md\nhi\n"
            ))
            .flags(&[".dockerignore:1: *.md"])
            .says(&["this leaves out `README.md`, which `pyproject.toml` names as its readme"])
            .fixed("*.md\n!README.md\n");
        on(&RULE)
            .files(
                "//- /.dockerignore\n*.json\n!package.json\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN npm ci\n\
                 //- /package.json\n{}\n//- /package-lock.json\n{}\n",
            )
            .says(&["this leaves out `package-lock.json`, which `npm` takes versions from"]);
        on(&RULE)
            .files(
                "//- /.dockerignore\n**/*.sh\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN ./ci/build.sh\n\
                 //- /ci/build.sh\n\n//- /x\n1\n",
            )
            .says(&["this leaves out `ci/build.sh`, which a step runs"]);
        on(&RULE)
            .files(
                "//- /.dockerignore\nts*.json\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN npm run build\n\
                 //- /package.json\n{\"scripts\": {\"build\": \"tsc -p tsconfig.build.json\"}}\n//- /tsconfig.build.json\n{}\n",
            )
            .flags(&[".dockerignore:1: ts*.json"]);
        on(&RULE)
            .files(
                "//- /.dockerignore\ntests\n//- /Dockerfile\nFROM rust:1\nWORKDIR /a\nCOPY . .\nRUN cargo build\n\
                 //- /Cargo.toml\n[workspace]\nmembers = [\"app\", \"tests/e2e\"]\n//- /tests/e2e/Cargo.toml\n\n//- /app/Cargo.toml\n\n",
            )
            .flags(&[".dockerignore:1: tests"]);
        on(&RULE)
            .files(
                "//- /.dockerignore\nbase.txt\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN pip install -r dev.txt\n\
                 //- /dev.txt\n-r base.txt\n//- /base.txt\nflask\n",
            )
            .says(&["this leaves out `base.txt`, which `pip install -r` reads"]);
    }

    #[test]
    fn versions_from_git_need_it() {
        let files = |line: &str| {
            format!(
                "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\n{line}RUN pip install .\n\
                 //- /pyproject.toml\n[build-system]\nrequires = [\"setuptools-scm\"]\n//- /.git/HEAD\nx\n"
            )
        };
        on(&RULE)
            .files(&files(""))
            .says(&["this leaves out `.git`, which `pyproject.toml` takes the version from"]);
        on(&RULE)
            .files(&files("ARG SETUPTOOLS_SCM_PRETEND_VERSION\n"))
            .clean();
    }

    #[test]
    fn what_is_seen_or_not_there_is_left_alone() {
        for text in [
            "//- /.dockerignore\n*\n!app.jar\n//- /Dockerfile\nFROM a:1\nCOPY app.jar /\n//- /app.jar\nx\n",
            "//- /.dockerignore\n*.jar\n//- /Dockerfile\nFROM a:1\nCOPY *.jar x /\n//- /app.jar\nx\n//- /x\n1\n",
            "//- /.dockerignore\ndist\n//- /Dockerfile\nFROM a:1 AS b\nFROM a:1\nCOPY --from=b dist /d\n//- /dist/a\nx\n",
            "//- /.dockerignore\nout/*\n!out/a\n//- /Dockerfile\nFROM a:1\nCOPY x out /\n//- /x\n1\n",
            "//- /.dockerignore\n*.md\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN uv sync --no-install-project\n\
             //- /pyproject.toml\n[project]\nreadme = \"README.md\"\n[build-system]\n//- /README.md\nhi\n",
            "//- /.dockerignore\n*.md\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN pip install .\n\
             //- /pyproject.toml\n[project]\nreadme = \"README.md\"\n[build-system]\nbuild-backend = \"setuptools.build_meta\"\n\
             //- /README.md\nhi\n",
            "//- /.dockerignore\nyarn.lock\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN npm ci\n\
             //- /package.json\n{}\n//- /yarn.lock\n\n//- /package-lock.json\n{}\n",
            "//- /.dockerignore\n*.sh\n//- /Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY src .\nRUN ./gen.sh\n//- /gen.sh\n\n//- /src/x\n1\n",
        ] {
            on(&RULE).files(text).clean();
        }
    }
}
