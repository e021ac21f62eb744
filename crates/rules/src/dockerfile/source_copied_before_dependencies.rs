//! # What it does
//! Finds COPY and ADD instructions that bring in the source before the steps that install its
//! dependencies, and names the manifests that those steps need, those of workspaces included.
//! Knows uv, pip, poetry, pdm, pipenv, npm, pnpm, yarn, bun, go, cargo, Maven, Gradle, Bundler,
//! Composer, dotnet, mix, and the package managers of the distributions.
//!
//! # Why it matters
//! A layer is taken from the cache only while everything above it is unchanged. With the source
//! above the installation, a changed comment downloads and builds all dependencies again, on
//! every machine and in every CI run; with the manifests above it, only a changed dependency
//! does.
//!
//! Silent where the dependencies were installed earlier in the stage, where a COPY takes them from a
//! stage that installed them (`target` of `cargo chef`, `node_modules`, `.venv`), where a cache mount keeps
//! the downloads, where the step installs from the source itself (`pip install .`), and for what
//! a vendored folder supplies. Where a step changes the manifests before they are installed (`patch`,
//! `sed -i`), the advice says that it has to come along.
//!
//! # Example
//! ```dockerfile bad
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! RUN npm ci
//! ```
//! ```dockerfile good
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! COPY . .
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/cache/optimize/#order-your-layers>
//! - <https://docs.docker.com/build/cache/optimize/#use-cache-mounts>

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_dockerfile::{Build, Mount};
use plimsoll_source::{Confidence, Severity, TextRange};

use super::build_context::{View, below, listed};
use super::changed_manifests::changer;
use super::copied_dependencies::come_from_a_stage;
use super::copied_source::{Sources, before, is_for};
use super::dependency_steps::{
    Group, cargo_home, is_apart, is_movable, is_project, needs_source, shown,
};
use super::facts::Facts;
use super::facts::copies::{Copied, Source, Whence};
use super::facts::ecosystems::Tool;
use super::facts::installs::{Action, Install};
use super::facts::packages::{PackageStep, Verb};
use super::shipped::{base_image, lineage};
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "source-copied-before-dependencies",
    summary: "dependencies are installed below the copied source, so every change installs anew",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

/// A step that runs again after every change.
#[derive(Clone, Copy)]
enum Step<'a> {
    Install(&'a Install),
    System(&'a PackageStep),
}

impl Step<'_> {
    fn range(self) -> TextRange {
        match self {
            Self::Install(install) => install.range,
            Self::System(step) => step.range,
        }
    }

    fn name(self, text: &str) -> String {
        match self {
            Self::Install(install) => shown(text, install),
            Self::System(step) => format!("{} {}", step.program, step.verb_range.of(text)),
        }
    }

    /// Whether it installs what a project's manifests name.
    fn is_of_project(self) -> bool {
        matches!(self, Self::Install(install) if is_project(install.action))
    }
}

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let facts = input.facts;
    if facts.copies.is_empty() || (facts.installs.is_empty() && facts.packages.is_empty()) {
        return;
    }
    let build = &input.unit.build;
    let sources = Sources::new(View::with_content(cx.project, input.unit));
    // By COPY, so that each is reported once, with all that it sets off.
    let mut found: BTreeMap<usize, Vec<Step<'_>>> = BTreeMap::new();
    // Installations that are blamed on a COPY, so that those after them are not taken to be
    // served by them.
    let mut judged: BTreeSet<TextRange> = BTreeSet::new();
    for stage in &build.stages {
        let line = lineage(build, stage);
        for index in stage.instructions.clone() {
            let mut prior: Option<Vec<&Copied>> = None;
            for install in facts.installs_at(index) {
                let prior = prior.get_or_insert_with(|| before(facts, &line, index));
                if let Some(copy) = blamed(build, facts, &sources, prior, install, &judged) {
                    judged.insert(install.range);
                    found
                        .entry(copy.instruction)
                        .or_default()
                        .push(Step::Install(install));
                }
            }
            for step in facts.packages_at(index) {
                let prior = prior.get_or_insert_with(|| before(facts, &line, index));
                let copy = prior.iter().find(|copy| sources.brings_code(copy));
                if let Some(copy) = copy
                    && step.verb == Verb::Install
                    && !step.packages.is_empty()
                    && stage.instructions.contains(&copy.instruction)
                    && is_movable(build, index)
                    && !has_cache_mount(build, index)
                {
                    found
                        .entry(copy.instruction)
                        .or_default()
                        .push(Step::System(step));
                }
            }
        }
    }
    for (copy, mut steps) in found {
        steps.sort_by_key(|step| step.range());
        // A stage that others are built on is seen once for each of them.
        steps.dedup_by_key(|step| step.range());
        if let Some(copy) = facts.copy_at(copy) {
            report(cx, input, copy, &steps, &sources);
        }
    }
}

/// The COPY that makes an installation run again, if there is one and it need not be so.
fn blamed<'f>(
    build: &Build,
    facts: &'f Facts,
    sources: &Sources<'_>,
    prior: &[&'f Copied],
    install: &'f Install,
    judged: &BTreeSet<TextRange>,
) -> Option<&'f Copied> {
    if install.cached {
        return None;
    }
    let stage = build.stage_of(install.instruction)?;
    if !is_project(install.action) {
        let copy = *prior.iter().find(|copy| sources.brings_code(copy))?;
        let same_stage = stage.instructions.contains(&copy.instruction);
        let movable = same_stage && is_apart(install) && is_movable(build, install.instruction);
        return movable.then_some(copy);
    }
    // Where the rest of the source comes in below the installation, what came above it was
    // chosen for it.
    let chosen = facts.copies.iter().any(|copy| {
        copy.instruction > install.instruction
            && copy.whence == Whence::Context
            && stage.instructions.contains(&copy.instruction)
            && copy.sources.iter().any(Source::is_whole)
    });
    let copy = *prior.iter().find(|copy| {
        // `|| true` of a COPY, which has no shell, are further files.
        !copy.sources.iter().any(|source| source.path == "||")
            && (!chosen || copy.sources.iter().any(Source::is_whole))
            && sources.brings_source_for(copy, install)
            && is_for(copy, install)
    })?;
    let line = lineage(build, stage);
    let done_before = facts.installs.iter().any(|other| {
        other.instruction < install.instruction
            && line
                .iter()
                .any(|stage| stage.instructions.contains(&other.instruction))
            && covers(other, install)
            && !judged.contains(&other.range)
    }) || come_from_a_stage(build, facts, &line, install, &|other| {
        !judged.contains(&other.range)
    });
    let fetches = install.tool != Tool::Go || sources.fetches_modules(copy);
    let sensible = !done_before
        && fetches
        && sources.brings_manifest(prior, install)
        && !needs_source(prior, install, sources.view);
    sensible.then_some(copy)
}

/// Whether what `other` fetched is what `install` needs: the same kind of project, in the same
/// folder or one around it.
fn covers(other: &Install, install: &Install) -> bool {
    let apart = match (&other.folder, &install.folder) {
        (Some(a), Some(b)) => below(a, b).is_none() && below(b, a).is_none(),
        _ => false,
    };
    let fetches = is_project(other.action) || other.tool == Tool::Go;
    other.tool.family() == install.tool.family() && fetches && !apart
}

fn has_cache_mount(build: &Build, index: usize) -> bool {
    build.file.instructions[index]
        .flags_named("mount")
        .filter_map(Mount::read)
        .any(|mount| &*mount.kind == "cache")
}

fn report(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    copy: &Copied,
    steps: &[Step<'_>],
    sources: &Sources<'_>,
) {
    let build = &input.unit.build;
    let text = &build.file.text;
    // What compiles the source has to run again whatever the order; it is named only where it is
    // what fetches.
    let fetched = |step: &Step<'_>| match step {
        Step::Install(install) if install.action == Action::Build => {
            steps.iter().any(|other| match other {
                Step::Install(other) => other.action != Action::Build && covers(other, install),
                Step::System(_) => false,
            })
        }
        _ => false,
    };
    let steps: Vec<Step<'_>> = steps
        .iter()
        .copied()
        .filter(|step| !fetched(step))
        .collect();
    let mut names: Vec<String> = steps.iter().map(|step| step.name(text)).collect();
    names.dedup();
    let one = names.len() == 1;
    let builds = steps
        .iter()
        .all(|step| matches!(step, Step::Install(install) if install.action == Action::Build));
    let again = match (builds, one) {
        (true, true) => "fetches its dependencies again",
        (true, false) => "fetch their dependencies again",
        (false, true) => "runs again",
        (false, false) => "run again",
    };
    let message = format!(
        "{} {again} after every change of the source",
        listed(&names, 3)
    );

    // One piece of advice for each project.
    let mut groups: Vec<Group<'_>> = Vec::new();
    for step in &steps {
        let Step::Install(install) = *step else {
            continue;
        };
        if !step.is_of_project() {
            continue;
        }
        let same = |group: &&mut Group<'_>| {
            let first = group.installs[0];
            first.tool.family() == install.tool.family() && first.folder == install.folder
        };
        if let Some(group) = groups.iter_mut().find(same) {
            group.installs.push(install);
        } else if let Some(stage) = build.stage_of(install.instruction) {
            groups.push(Group {
                installs: vec![install],
                prior: before(input.facts, &lineage(build, stage), install.instruction),
                on_gradle: base_image(build, stage).is_some_and(|image| image.name() == "gradle"),
                cargo_home: cargo_home(build, stage),
            });
        }
    }
    let mut advices: Vec<String> = groups
        .iter()
        .map(|group| group.advice(copy, sources.view))
        .collect();
    advices.dedup();
    let changer = groups
        .iter()
        .flat_map(|group| &group.installs)
        .find_map(|install| changer(build, input.facts, sources.view, copy, install));
    if let Some(changer) = &changer {
        advices.push(format!(
            "`{}` changes them first: copy what it needs as well, and run it above the installation",
            changer.name
        ));
    }
    let mut movable: Vec<String> = steps
        .iter()
        .filter(|step| !step.is_of_project())
        .map(|step| step.name(text))
        .collect();
    movable.dedup();
    if !movable.is_empty() {
        advices.push(format!("move {} above this line", listed(&movable, 3)));
    }

    let places: Vec<_> = steps.iter().map(|step| cx.place(step.range())).collect();
    let changed = changer.map(|changer| cx.place(changer.range));
    let stage = build
        .stage_of(copy.instruction)
        .map_or(0, |stage| stage.index);
    let draft = cx
        .report(build.file.instructions[copy.instruction].range, message)
        .label("the source comes in here")
        .note("below a changed layer every layer is built anew")
        .help(advices.join("; "))
        .subject(format!("stage/{stage}"));
    for place in places.into_iter().take(4) {
        draft.related(
            place,
            "not taken from the cache when the source has changed",
        );
    }
    if let Some(place) = changed {
        draft.related(place, "the manifests are changed here");
    }
    if sources.view.is_none() && !groups.is_empty() {
        draft.confidence(Confidence::Medium);
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Confidence;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn every_tool_is_known() {
        for install in [
            "uv sync --frozen",
            "pip install -r requirements.txt",
            "poetry install --only main",
            "pdm install --prod",
            "pipenv install --system --deploy",
            "npm ci",
            "pnpm i --frozen-lockfile",
            "yarn --immutable",
            "bun install",
            "go mod download",
            "go build -o /bin/app ./cmd/app",
            "cargo build --release",
            "mvn -B package -DskipTests",
            "./gradlew bootJar",
            "bundle install",
            "composer install --no-dev",
            "dotnet restore",
            "dotnet publish -c Release -o /out",
            "mix do deps.get, deps.compile",
            "apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*",
            "pip install gunicorn",
        ] {
            on(&RULE)
                .dockerfile(&format!(
                    "FROM acme/x:1\nWORKDIR /app\nCOPY . .\nRUN {install}\n"
                ))
                .flags(&["3: COPY . ."]);
        }
    }

    #[test]
    fn manifests_and_workspaces_are_named() {
        let case = on(&RULE)
            .files(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n\
                 //- /package.json\n{\"workspaces\": [\"apps/*\"]}\n//- /package-lock.json\n{}\n\
                 //- /apps/web/package.json\n{}\n//- /apps/web/index.js\n1\n",
            )
            .flags(&["Dockerfile:3: COPY . ."])
            .says(&["`npm ci` runs again after every change of the source"]);
        let help = case.findings[0].help.as_deref().unwrap();
        assert_eq!(
            help,
            "copy `package.json`, `package-lock.json` and `apps/web/package.json` first, install, \
             then copy the rest"
        );
        assert_eq!(case.findings[0].confidence, Confidence::High);
        let case = on(&RULE)
            .files(
                "//- /Dockerfile\nFROM python:3.13\nCOPY backend/ /srv/\nWORKDIR /srv\n\
                 RUN pip install -r requirements/prod.txt\n//- /backend/requirements/prod.txt\nflask\n\
                 //- /backend/app.py\n1\n",
            )
            .flags(&["Dockerfile:2: COPY backend/ /srv/"]);
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(
            help.starts_with("copy `backend/requirements/prod.txt` first"),
            "{help}"
        );
    }

    #[test]
    fn one_copy_is_one_finding() {
        on(&RULE)
            .dockerfile(
                "FROM python:3.9\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y gcc\n\
                 RUN pip install uv\nRUN uv sync\n",
            )
            .says(&["`apt-get install`, `pip install uv` and `uv sync` run again after every change \
                     of the source"]);
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nCOPY . /app\nWORKDIR /app\nFROM a AS b\nRUN npm ci\nFROM a\nRUN npm ci --omit=dev\n")
            .flags(&["2: COPY . /app"]);
        on(&RULE)
            .dockerfile("FROM maven:3 AS a\nCOPY pom.xml .\nCOPY src src\nRUN mvn package\n")
            .flags(&["3: COPY src src"]);
        on(&RULE)
            .dockerfile("FROM node:22\nCOPY package.json .\nCOPY . .\nRUN yarn\n")
            .flags(&["3: COPY . ."]);
    }

    #[track_caller]
    fn help(files: &str) -> String {
        let case = on(&RULE).files(files);
        assert_eq!(case.findings.len(), 1, "{:#?}", case.findings);
        case.findings[0]
            .help
            .clone()
            .unwrap_or_default()
            .into_owned()
    }

    #[test]
    fn modules_that_need_no_others_fetch_nothing() {
        let with = |module: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM golang:1\nWORKDIR /a\nCOPY . .\nRUN go build -o /a .\n\
                 //- /go.mod\nmodule a\n{module}//- /main.go\npackage main\n"
            ))
        };
        with("").clean();
        with("require b/sdk v0.0.0\nreplace b/sdk => ../sdk\n").clean();
        with("require (\n\tb/sdk v0.0.0 // indirect\n)\nreplace b/sdk v0.0.0 => ./sdk\n").clean();
        with("require (\n\tb/sdk v0.0.0\n\tc v1\n)\nreplace b/sdk => ./sdk\n").loud_by_default();
        with("require c v1\nreplace c => d v2\n").loud_by_default();
    }

    #[test]
    fn words_for_a_shell_are_files_to_a_copy() {
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM node:24\nCOPY package.json ./ 2>/dev/null || true\nRUN npm ci\nCOPY . .\n\
                 //- /package.json\n{}\n//- /package-lock.json\n{}\n//- /a.js\nx\n",
            )
            .clean();
    }

    #[test]
    fn steps_that_compile_are_named_only_where_they_fetch() {
        let go =
            "//- /go.mod\nmodule a\nrequire b v1\n//- /go.sum\nx\n//- /main.go\npackage main\n";
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM golang:1\nWORKDIR /a\nCOPY . .\nRUN go mod download\n\
                 RUN go generate ./...\nRUN go build\n{go}"
            ))
            .says(&["`go mod download` runs again after every change of the source"]);
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM golang:1\nWORKDIR /a\nCOPY . .\nRUN go build\n{go}"
            ))
            .says(&["`go build` fetches its dependencies again after every change of the source"]);
    }

    #[test]
    fn what_manifests_include_and_refer_to_is_named() {
        assert_eq!(
            help(
                "//- /Dockerfile\nFROM python:3.13\nCOPY ./ /f\nRUN pip install -r /f/requirements.txt\n\
                 RUN pip install -r /f/req-b.txt\n//- /requirements.txt\nflask\n\
                 //- /req-b.txt\n-r base/more.txt\n-c limits.txt\n//- /base/more.txt\n-r ../requirements.txt\n\
                 //- /limits.txt\nx<2\n//- /a.py\n1\n"
            ),
            "copy `requirements.txt`, `req-b.txt`, `base/more.txt` and `limits.txt` first, install, \
             then copy the rest"
        );
        assert_eq!(
            help(
                "//- /Dockerfile\nFROM golang:1\nWORKDIR /w\nCOPY api/ api/\nCOPY go.mod go.mod\n\
                 COPY go.sum go.sum\nRUN go mod download\nCOPY main.go .\nRUN go build\n\
                 //- /go.mod\nmodule a\nrequire x/api v0\nreplace x/api => ./api/loki\n//- /go.sum\ny\n\
                 //- /api/loki/go.mod\nmodule x/api\n//- /api/loki/go.sum\nz\n//- /api/loki/a.go\npackage loki\n\
                 //- /main.go\npackage main\n"
            ),
            "copy `api/loki/go.mod` and `api/loki/go.sum` first, run `go mod download`, then copy the rest"
        );
        assert!(
            help(
                "//- /Dockerfile\nFROM golang:1\nWORKDIR /w\nCOPY . .\nRUN go build ./a\n//- /go.work\nuse (\n\
                 \t./a\n\t./b\n)\n//- /a/go.mod\nmodule a\nrequire c v1\n//- /b/go.mod\nmodule b\n\
                 //- /a/a.go\npackage a\n//- /go.mod\nmodule w\nrequire c v1\n"
            )
            .starts_with("copy `go.mod`, `go.work`, `a/go.mod` and `b/go.mod` first")
        );
    }

    #[test]
    fn the_advice_leaves_a_build_that_works() {
        assert_eq!(
            help(
                "//- /Dockerfile\nFROM gradle:8-jdk21\nWORKDIR /a\nCOPY . .\nRUN gradle build\n\
                 //- /build.gradle\nx\n//- /src/A.java\nclass A\n"
            ),
            "keep the downloads with `RUN --mount=type=cache,target=/home/gradle/.gradle`"
        );
        assert_eq!(
            help(
                "//- /Dockerfile\nFROM maven:3\nWORKDIR /a\nCOPY . .\nRUN mvn package\n\
                 //- /pom.xml\n<modules><module>b</module></modules>\n//- /b/pom.xml\n<p/>\n//- /b/A.java\nclass A\n"
            ),
            "keep the downloads with `RUN --mount=type=cache,target=/root/.m2`"
        );
        assert!(
            help(
                "//- /Dockerfile\nFROM php:8.4\nWORKDIR /a\nCOPY . .\nRUN composer install --no-dev\n\
                 //- /composer.json\n{}\n//- /a.php\n1\n"
            )
            .ends_with("then copy the rest and run `composer dump-autoload`")
        );
        // A gemspec that reads the source needs it.
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM ruby:3.4\nWORKDIR /a\nCOPY . .\nRUN bundle install\n//- /Gemfile\ngemspec\n\
                 //- /a.gemspec\nrequire_relative 'lib/version'\n//- /lib/version.rb\nV = 1\n",
            )
            .clean();
    }

    #[test]
    fn a_step_that_changes_the_manifests_comes_along() {
        let with = |lines: &str, files: &str| {
            help(&format!(
                "//- /Dockerfile\nFROM ruby:3.4\nWORKDIR /a\nCOPY . .\n{lines}\nRUN bundle install\n\
                 //- /Gemfile\ngem 'a'\n//- /Gemfile.lock\nx\n//- /a.rb\n1\n{files}"
            ))
        };
        let patch = |file: &str| format!("//- /x.patch\n--- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n");
        assert!(
            with("RUN patch -t -p1 < x.patch", &patch("Gemfile")).ends_with(
                "then copy the rest; `patch` changes them first: copy what it needs as well, and \
                 run it above the installation"
            )
        );
        assert!(with("RUN sed -i s/a/b/ Gemfile", "").contains("`sed` changes them"));
        assert!(with("RUN curl x > Gemfile.lock", "").contains("`curl` changes them"));
        // Other files are changed.
        assert!(with("RUN patch -p1 < x.patch", &patch("a.rb")).ends_with("then copy the rest"));
        assert!(with("RUN sed -i s/a/b/ a.rb", "").ends_with("then copy the rest"));
    }

    #[test]
    fn crates_in_other_folders_are_no_manifests_to_copy() {
        let with = |dependency: &str| {
            help(&format!(
                "//- /Dockerfile\nFROM rust:1\nCOPY Cargo.toml /b/\nCOPY src /b/src\nCOPY app /b/app\n\
                 WORKDIR /b/app\nRUN cargo build --release\n//- /Cargo.toml\n[package]\n//- /src/lib.rs\n1\n\
                 //- /app/Cargo.toml\n[package]\n[dependencies]\n{dependency}\n[[bin]]\npath = \"main.rs\"\n\
                 //- /app/main.rs\nfn main() {{}}\n"
            ))
        };
        assert_eq!(
            with("b = { path = \"..\", features = [\"x\"] }"),
            "keep the downloads with `RUN --mount=type=cache,target=/usr/local/cargo/registry`"
        );
        assert!(with("tokio = \"1\"").starts_with("build the dependencies from `app/Cargo.toml`"));
    }

    #[test]
    fn what_is_copied_already_is_not_asked_for() {
        assert_eq!(
            help(
                "//- /Dockerfile\nFROM maven:3\nWORKDIR /a\nCOPY pom.xml pom.xml\nCOPY src src\n\
                 RUN mvn package -q -P mongo -DskipTests -Dx=y\n//- /pom.xml\n<p/>\n//- /src/A.java\nclass A\n"
            ),
            "run `mvn dependency:go-offline -P mongo -Dx=y` above this line: `pom.xml` is there already"
        );
        assert_eq!(
            help(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /a\nCOPY src src\nCOPY package.json package-lock.json ./\n\
                 RUN npm ci\n//- /package.json\n{}\n//- /package-lock.json\n{}\n//- /src/a.js\n1\n"
            ),
            "install after `package.json` and `package-lock.json` and before this line"
        );
        assert!(
            help(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci\n//- /package.json\n\
                 {\"scripts\": {\"postinstall\": \"node x.js\"}}\n//- /package-lock.json\n{}\n//- /x.js\n1\n"
            )
            .contains("`postinstall` script")
        );
    }

    #[test]
    fn dependencies_that_come_first_are_left_alone() {
        for rest in [
            "COPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build",
            "COPY package.json yarn.lock .yarnrc.yml ./\nCOPY .yarn .yarn\nRUN yarn --immutable\nCOPY . .",
            "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build ./...",
            "COPY pyproject.toml uv.lock ./\nRUN uv sync --frozen --no-install-project\nCOPY . .\nRUN uv sync --frozen",
            "COPY . .\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked",
            "RUN --mount=type=bind,source=package.json,target=package.json npm ci\nCOPY . .",
            "COPY --from=planner /app/recipe.json .\nRUN cargo chef cook --release\nCOPY . .\nRUN cargo build --release",
            "COPY Cargo.toml Cargo.lock ./\nRUN mkdir src && echo 'fn main(){}' > src/main.rs && cargo build --release\nCOPY src src\nRUN cargo build --release",
            "COPY Cargo.* ./\nCOPY macros macros\nRUN cargo build\nCOPY . .\nRUN cargo build",
            "COPY . .\nRUN npm install left-pad",
            "COPY . .\nRUN composer require a/b",
            "COPY . .\nRUN pip install .",
            "COPY . .\nRUN pip install -e '.[dev]'",
            "COPY prisma ./prisma\nCOPY package.json ./\nRUN npm install",
            "COPY . .\nRUN dotnet publish --no-restore",
            "COPY . .\nRUN make all && pip install gunicorn",
            "COPY entrypoint.sh /\nRUN apt-get update && apt-get install -y curl",
            "ONBUILD COPY . .\nONBUILD RUN npm ci",
            "COPY --from=a . .\nRUN npm ci",
            "RUN git clone https://x.org/y /y && cd /y && npm ci",
            "COPY *.csproj ./\nRUN dotnet restore\nCOPY . .\nRUN dotnet publish",
        ] {
            on(&RULE)
                .dockerfile(&format!("FROM acme/x:1\nWORKDIR /app\n{rest}\n"))
                .clean();
        }
    }

    #[test]
    fn what_needs_no_download_is_left_alone() {
        on(&RULE)
            .files("//- /Dockerfile\nFROM golang:1\nWORKDIR /a\nCOPY . .\nRUN go build\n//- /go.mod\nmodule a\n//- /main.go\npackage main\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM golang:1\nWORKDIR /a\nCOPY . .\nRUN go build\n//- /go.mod\nrequire b v1\n//- /vendor/modules.txt\n#\n//- /main.go\npackage main\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM python:3\nWORKDIR /a\nCOPY . .\nRUN pip install -r r.txt\n//- /r.txt\n-e .\n//- /a.py\n1\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci\n//- /package.json\n{}\n//- /package-lock.json\n{}\n")
            .clean();
    }
}
