//! # What it does
//! Finds compilers, headers and whole toolchains in the image that ships: packages such as `gcc`
//! and `libpq-dev` that a step has needed to build something, base images such as `golang` or
//! `maven` in which the program is built and then run, and development packages of JavaScript
//! projects.
//!
//! # Why it matters
//! They are needed once, and then pulled, stored and scanned with every release: hundreds of
//! megabytes, most of the known vulnerabilities, and a compiler at hand for whoever breaks in. A
//! second stage that copies only the result costs three lines.
//!
//! Silent for images that start nothing or a shell, for files and stages made for development,
//! test or CI (a `Dockerfile` with a `Dockerfile.prod` beside it is one), for packages that the same RUN removes again or that the base brings already, and
//! where no step builds anything. Of headers of PostgreSQL and MySQL with which nothing is built, because
//! the project takes `psycopg2-binary`, `asyncpg` and the like, the advice is to leave them out.
//!
//! # Example
//! ```dockerfile bad
//! FROM python:3.13-slim
//! WORKDIR /app
//! RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev
//! COPY requirements.txt .
//! RUN pip install -r requirements.txt
//! COPY src/ src/
//! CMD ["python", "-m", "src"]
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim AS build
//! RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev
//! RUN python -m venv /opt/venv
//! COPY requirements.txt .
//! RUN /opt/venv/bin/pip install -r requirements.txt
//!
//! FROM python:3.13-slim
//! WORKDIR /app
//! RUN apt-get update && apt-get install -y --no-install-recommends libpq5
//! COPY --from=build /opt/venv /opt/venv
//! COPY src/ src/
//! CMD ["/opt/venv/bin/python", "-m", "src"]
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/building/multi-stage/>
//! - <https://docs.docker.com/build/building/best-practices/#use-multi-stage-builds>

use plimsoll_dockerfile::{Body, Build, Instruction, Stage};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity, TextRange};

use super::build_context::{View, listed};
use super::build_tools::{
    Use, compiles, is_brought, is_other_python, needs_toolchain, package, toolchain,
};
use super::development_packages;
use super::driver_headers;
use super::facts::Facts;
use super::facts::calls::calls;
use super::facts::packages::{Package, PackageStep, Verb};
use super::purpose::{has_production_beside, is_for_development, starts_tool};
use super::runtime_images::instead;
use super::shipped::{base_image, lineage, shipped, starts_process};
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "build-tools-in-final-image",
    summary: "compilers or development packages are in the image that ships",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

pub(super) const IN_A_STAGE: &str =
    "build in a stage of its own, and copy only the result into the stage that ships";

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    let path = cx.project.path(input.unit.file);
    if !starts_process(stage)
        || is_for_development(path, stage)
        || has_production_beside(cx.project, path)
        || starts_tool(build, stage)
    {
        return;
    }
    let line = lineage(build, stage);
    let own = |index: usize| line.iter().any(|stage| stage.instructions.contains(&index));
    let subject = format!("stage/{}", stage.index);
    packages(cx, input, &own, &subject);
    base(cx, input, stage, &own, &subject);
    development_packages::check(cx, input, &own, &subject);
}

/// Packages that were installed to compile something.
fn packages(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    own: &dyn Fn(usize) -> bool,
    subject: &str,
) {
    let build = &input.unit.build;
    let facts = input.facts;
    let view = View::with_content(cx.project, input.unit);
    let base = shipped(input.unit).and_then(|stage| base_image(build, stage));
    for step in facts.packages.iter().filter(|step| own(step.instruction)) {
        if step.verb != Verb::Install || step.conditional {
            continue;
        }
        let kept: Vec<&Package> = step
            .packages
            .iter()
            .filter(|one| !is_removed(facts, step, one))
            .collect();
        let (other, tools): (Vec<&Package>, Vec<&Package>) = kept
            .into_iter()
            .filter(|one| package(step.manager, &one.name).is_some())
            .filter(|one| {
                let brought = |image: &Reference| is_brought(image, step.manager, &one.name);
                !base.as_ref().is_some_and(brought)
            })
            .partition(|one| {
                let other = |image: &Reference| is_other_python(image, &one.name);
                base.as_ref().is_some_and(other)
            });
        let other_python = other.first().map(|one| &*one.name);
        if let (Some(one), true) = (other.first(), tools.is_empty()) {
            cx.report(
                one.range,
                format!("`{}` is in the image that ships", one.name),
            )
            .note("nothing that is installed with `pip` needs it")
            .help(format!("leave it out: {OTHER_PYTHON}"))
            .subject(subject)
            .group("build-stage");
            continue;
        }
        let compiler = tools
            .iter()
            .find(|one| package(step.manager, &one.name) == Some(Use::Compiler));
        let (Some(first), Some(used)) = (compiler, used_by(build, step, own)) else {
            continue;
        };
        let mut names: Vec<&str> = Vec::new();
        for one in &tools {
            if !names.contains(&&*one.name) {
                names.push(&one.name);
            }
        }
        let later = removed_later(facts, step, &names, own);
        let place = cx.place(used.range);
        let later = later.map(|range| cx.place(range));
        let are = if names.len() == 1 { "is" } else { "are" };
        let mut help = if brings_its_own(facts, step, &used, &tools) {
            let names = listed(&names, 6);
            format!("leave {names} out here: the step that needs it installs it itself")
        } else if let Some(advice) = driver_headers::advice(build, facts, view, &names, own) {
            advice
        } else {
            format!(
                "{IN_A_STAGE}{}{}",
                used.or_remove(build, step),
                brought_along(step, &tools)
            )
        };
        if let Some(name) = other_python {
            help = format!("{help}; leave `{name}` out: {OTHER_PYTHON}");
        }
        let draft = cx
            .report(
                first.range,
                format!("{} {are} in the image that ships", listed(&names, 6)),
            )
            .note("compilers and headers are needed to build, not to run")
            .related(place, "the first step after it that may need them")
            .help(help)
            .subject(subject)
            .group("build-stage");
        if let Some(place) = later {
            draft.related(
                place,
                "removed too late: the layer that holds them is shipped all the same",
            );
        }
    }
}

/// What is lost with headers: the library that they come with may be what the program loads.
fn brought_along(step: &PackageStep, tools: &[&Package]) -> String {
    let headers = tools.iter().find(|one| {
        let library = one.name.ends_with("-dev") || one.name.ends_with("-devel");
        library
            && package(step.manager, &one.name) == Some(Use::Compiler)
            && !is_of_c(&one.name)
            // Tools for making packages, not headers.
            && &*one.name != "dpkg-dev"
    });
    match headers {
        Some(one) => format!(
            "; what runs may need the library or the programs that `{}` brings along, which have \
             packages of their own",
            one.name
        ),
        None => String::new(),
    }
}

/// Headers that every program in C has, of the C library and the kernel.
fn is_of_c(name: &str) -> bool {
    matches!(
        name,
        "libc-dev" | "libc6-dev" | "linux-libc-dev" | "musl-dev" | "glibc-devel" | "kernel-devel"
    )
}

const OTHER_PYTHON: &str = "it belongs to the distribution's own Python, and the Python of this \
                            image has headers of its own";

/// Whether the RUN that installs a package removes it again.
fn is_removed(facts: &Facts, step: &PackageStep, one: &Package) -> bool {
    facts.packages_at(step.instruction).any(|other| {
        other.command > step.command
            && other.verb == Verb::Remove
            // What a variable names is taken to be what was installed; `apt-get autoremove` after
            // `apt-mark` removes all that is not marked.
            && (other.open
                || other.packages.is_empty()
                || other.packages.iter().any(|removed| {
                    removed.name == one.name
                        || Some(&*removed.name) == step.group.as_deref()
                        || removed.name.starts_with('.')
                        || &*removed.name == "build-essential"
                }))
    })
}

/// Whether the step that compiles installs by itself all the tools that an earlier one did.
fn brings_its_own(facts: &Facts, step: &PackageStep, used: &User, tools: &[&Package]) -> bool {
    let again = |tool: &&Package| {
        facts.packages_at(used.instruction).any(|other| {
            (other.instruction, other.command) > (step.instruction, step.command)
                && other.command < used.command
                && other.verb == Verb::Install
                && other.packages.iter().any(|one| one.name == tool.name)
        })
    };
    used.instruction > step.instruction && tools.iter().all(again)
}

/// A later step that removes one of the packages, to no avail.
fn removed_later(
    facts: &Facts,
    step: &PackageStep,
    names: &[&str],
    own: &dyn Fn(usize) -> bool,
) -> Option<TextRange> {
    let found = facts.packages.iter().find(|other| {
        other.instruction > step.instruction
            && own(other.instruction)
            && other.verb == Verb::Remove
            && other
                .packages
                .iter()
                .any(|one| names.contains(&&*one.name) || Some(&*one.name) == step.group.as_deref())
    })?;
    Some(found.range)
}

/// A step that compiles.
struct User {
    instruction: usize,
    /// The command's number in the script.
    command: usize,
    range: TextRange,
}

impl User {
    /// The second way to mend it, where there is one: the step that installs the tools ends with
    /// their removal. It has to be the step that needs them, or one that can become part of it.
    fn or_remove(&self, build: &Build, step: &PackageStep) -> &'static str {
        let between = &build.file.instructions
            [step.instruction + 1..self.instruction.max(step.instruction + 1)];
        let copies = |one: &Instruction| matches!(one.body, Body::Copy(_) | Body::Add(_));
        if self.instruction == step.instruction {
            "; or remove them again at the end of this RUN"
        } else if between.iter().any(copies) {
            ""
        } else {
            "; or join the two steps, and remove them at the end"
        }
    }
}

/// The first step from this one on that compiles.
fn used_by(build: &Build, step: &PackageStep, own: &dyn Fn(usize) -> bool) -> Option<User> {
    (step.instruction..build.file.instructions.len())
        .filter(|&index| own(index))
        .find_map(|index| {
            calls(build, index)
                .iter()
                .filter(|call| index > step.instruction || call.number > step.command)
                .find(|call| compiles(call))
                .map(|call| User {
                    instruction: index,
                    command: call.number,
                    range: call.range,
                })
        })
}

/// A base image that builds the program and then runs it.
fn base(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    stage: &Stage,
    own: &dyn Fn(usize) -> bool,
    subject: &str,
) {
    let build = &input.unit.build;
    let Some(image) = base_image(build, stage) else {
        return;
    };
    let Some(tools) = toolchain(&image) else {
        return;
    };
    let built = (0..build.file.instructions.len())
        .filter(|&index| own(index))
        .find_map(|index| {
            calls(build, index)
                .iter()
                .find(|call| tools.builds.contains(&call.program) && needs_toolchain(call))
                .map(|call| call.range)
        });
    let Some(built) = built else { return };
    let bottom = lineage(build, stage).last().map(|stage| stage.from);
    let Some(Body::From(from)) = bottom.map(|index| &build.file.instructions[index].body) else {
        return;
    };
    let place = cx.place(built);
    let from_what = instead(&image, build, own, needs_c(cx, input));
    cx.report(
        from.image.range,
        format!(
            "`{}` ships with the program that it builds",
            image.familiar()
        ),
    )
    .label(format!("brings {} into the image that ships", tools.holds))
    .related(place, "the first step after it that may need them")
    .note("the source and all that the build downloads ship as well")
    .help(format!("{IN_A_STAGE}, made from {from_what}"))
    .subject(subject)
    .group("build-stage");
}

/// Whether a `go.mod` of the context asks for a module that is nothing without its C code.
fn needs_c(cx: &Cx<'_>, input: &DockerfileInput<'_>) -> bool {
    const IN_C: &[&str] = &[
        "github.com/confluentinc/confluent-kafka-go",
        "github.com/h2non/bimg",
        "github.com/mattn/go-oci8",
        "github.com/mattn/go-sqlite3",
        "gopkg.in/gographics/imagick",
    ];
    let Some(view) = View::with_content(cx.project, input.unit) else {
        return false;
    };
    let copied = input.facts.copies.iter().flat_map(|copy| &copy.sources);
    let asks = |path: &str| {
        view.read(path)
            .is_some_and(|text| IN_C.iter().any(|module| text.contains(module)))
    };
    asks("go.mod")
        || copied
            .filter(|source| source.known)
            .any(|source| match source.name() {
                "go.mod" => asks(&source.path),
                _ if source.is_whole() => false,
                _ => asks(&format!("{}/go.mod", source.path)),
            })
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Confidence;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn compilers_that_ship_are_found() {
        on(&RULE)
            .dockerfile(
                "FROM python:3.13-slim\nRUN apt-get update && apt-get install -y curl gcc make libpq-dev\n\
                 COPY . .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"a.py\"]\n",
            )
            .flags(&["2: gcc"])
            .says(&["`gcc`, `make` and `libpq-dev` are in the image that ships"]);
        on(&RULE)
            .dockerfile(
                "FROM node:22-alpine AS base\nRUN apk add --no-cache build-base python3\n\
                 FROM base\nCOPY . .\nRUN npm ci\nCMD [\"node\", \"a.js\"]\n",
            )
            .flags(&["2: build-base"]);
        let late = on(&RULE)
            .dockerfile(
                "FROM debian:13\nRUN apt-get update && apt-get install -y gcc\nRUN make install\n\
                 RUN apt-get purge -y gcc\nENTRYPOINT [\"/usr/local/bin/app\"]\n",
            )
            .flags(&["2: gcc"]);
        assert_eq!(late.findings[0].related.len(), 2);
    }

    #[test]
    fn pip_itself_needs_no_compiler() {
        let text = "FROM python:3.13-slim\nRUN apt-get update && apt-get install -y gcc\n\
                    RUN pip install -U pip 'setuptools<80'\nRUN pip install -r requirements.txt\n\
                    CMD [\"python\", \"a.py\"]\n";
        let case = on(&RULE).dockerfile(text).flags(&["2: gcc"]);
        let related = &case.findings[0].related[0];
        assert_eq!(
            &text[related.place.range.start as usize..][..22],
            "pip install -r require"
        );
    }

    #[test]
    fn the_advice_fits_the_steps() {
        let help = |text: &str| on(&RULE).dockerfile(text).help();
        let end = "CMD [\"python\", \"a.py\"]\n";
        let base = "FROM python:3.13-slim\n";
        let one = "RUN apt-get update && apt-get install -y gcc && pip install a\n";
        assert!(
            help(&format!("{base}{one}{end}"))
                .ends_with("; or remove them again at the end of this RUN")
        );
        let two = "RUN apt-get install -y gcc\nENV A=b\nRUN pip install a\n";
        assert!(
            help(&format!("{base}{two}{end}"))
                .ends_with("; or join the two steps, and remove them at the end")
        );
        let apart = "RUN apt-get install -y gcc\nCOPY . .\nRUN pip install -r a\n";
        assert!(help(&format!("{base}{apart}{end}")).ends_with("the stage that ships"));
        let other = "RUN apt-get install -y gcc python3-dev && pip install a\n";
        assert!(help(&format!("{base}{other}{end}")).contains("leave `python3-dev` out"));
    }

    #[test]
    fn what_the_base_brings_is_left_to_the_base() {
        on(&RULE)
            .dockerfile(
                "FROM python:3.9-bullseye\nRUN apt-get install -y libpq-dev gcc\nRUN pip install a\nCMD [\"b\"]\n",
            )
            .clean();
        let case = on(&RULE)
            .dockerfile(
                "FROM python:3.9\nRUN apt-get install -y libpq-dev python3-dev\nRUN pip install a\nCMD [\"b\"]\n",
            )
            .flags(&["2: python3-dev"]);
        assert!(case.findings[0].related.is_empty());
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .starts_with("leave it out")
        );
        on(&RULE)
            .dockerfile(
                "FROM python:3.9\nRUN apt-get install -y libsnappy-dev gcc\nRUN pip install a\nCMD [\"b\"]\n",
            )
            .says(&["`libsnappy-dev` is in the image that ships"]);
    }

    #[test]
    fn the_step_shown_is_the_one_that_needs_the_toolchain() {
        let case = on(&RULE).dockerfile(
            "FROM rust:1.93\nRUN cargo clean\nRUN cargo build --release\nCMD [\"./a\"]\n",
        );
        let line = "RUN cargo clean\nRUN ".len() + "FROM rust:1.93\n".len();
        assert_eq!(case.findings[0].related[0].place.range.start as usize, line);
        on(&RULE)
            .dockerfile("FROM golang:1.25\nRUN go version && go mod init a\nCMD [\"./a\"]\n")
            .clean();
    }

    #[test]
    fn toolchains_that_ship_are_found() {
        on(&RULE)
            .dockerfile(
                "FROM golang:1.25\nWORKDIR /app\nCOPY . .\nRUN go build -o app\nCMD [\"./app\"]\n",
            )
            .flags(&["1: golang:1.25"])
            .says(&["`golang` ships with the program that it builds"]);
        on(&RULE)
            .dockerfile("FROM maven:3-eclipse-temurin-21\nCOPY . .\nRUN mvn package\nCMD java -jar target/a.jar\n")
            .flags(&["1: maven:3-eclipse-temurin-21"]);
        on(&RULE)
            .dockerfile("FROM mcr.microsoft.com/dotnet/sdk:9.0 AS b\nCOPY . .\nRUN dotnet publish -o /o\nFROM b AS final\nENTRYPOINT [\"dotnet\", \"/o/a.dll\"]\n")
            .flags(&["1: mcr.microsoft.com/dotnet/sdk:9.0"]);
    }

    #[test]
    fn development_packages_are_found() {
        let case = on(&RULE)
            .files(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\nCMD [\"node\", \"dist/a.js\"]\n\
                 //- /package.json\n{\"devDependencies\": {\"@types/node\": \"1\", \"vite\": \"1\", \"typescript\": \"5\"}}\n",
            )
            .flags(&["Dockerfile:4: npm ci"])
            .says(&["the development packages `vite` and `typescript` are in the image that ships"]);
        assert_eq!(case.findings[0].confidence, Confidence::High);
        let case = on(&RULE)
            .dockerfile("FROM node:22\nCOPY package.json .\nRUN yarn\nCOPY . .\nRUN yarn build\nCMD [\"yarn\", \"start\"]\n")
            .flags(&["3: yarn"]);
        assert_eq!(case.findings[0].confidence, Confidence::Medium);
    }

    #[test]
    fn the_stage_to_build_is_one_that_runs_the_result() {
        let help = |files: &str| on(&RULE).files(files).help();
        let go = "//- /Dockerfile\nFROM golang:1.25\nCOPY . .\nRUN go build\nCMD [\"./a\"]\n//- /go.mod\n";
        assert!(help(&format!("{go}module a\n")).contains("`CGO_ENABLED=0`"));
        let c = help(&format!(
            "{go}require github.com/mattn/go-sqlite3 v1.14.0\n"
        ));
        assert!(c.ends_with("made from `debian:13-slim`"), "{c}");
        let js = |start: &str| {
            help(&format!(
                "//- /Dockerfile\nFROM node:22\nRUN npm ci\nRUN npm run build\nCMD [{start}]\n"
            ))
        };
        assert!(js("\"serve\", \"-s\", \"build\"").ends_with("what serves them"));
        assert!(js("\"node\", \"serve.js\"").contains("`--omit=dev`"));
        for (install, production) in [
            ("pnpm install", "`pnpm install --prod`"),
            ("yarn", "`yarn install --production`"),
            ("bun install", "`bun install --production`"),
        ] {
            let help = help(&format!(
                "//- /Dockerfile\nFROM node:22\nRUN {install}\nRUN npm run build\nCMD [\"node\", \"a\"]\n"
            ));
            assert!(help.ends_with(production), "{help}");
        }
    }

    #[test]
    fn tools_that_the_step_installs_itself_are_left_out_before() {
        let help = |first: &str, second: &str| {
            let case = on(&RULE).dockerfile(&format!(
                "FROM debian:13\nRUN apt-get install -y {first}\nRUN {second} pip install x\nCMD \
                 [\"x\"]\n"
            ));
            case.help()
        };
        let own = "if [ -n \"$A\" ]; then apt-get install -y gcc && pip install x; fi;";
        assert_eq!(
            help("gcc curl", own),
            "leave `gcc` out here: the step that needs it installs it itself"
        );
        // Not all of it, or too late.
        assert!(help("gcc make", own).starts_with("build in a stage"));
        assert!(help("gcc", "true &&").starts_with("build in a stage"));
        assert!(help("gcc", "pip install x && apt-get install -y gcc &&").starts_with("build in"));
    }

    #[test]
    fn a_file_with_one_for_production_beside_it_is_for_development() {
        let text = "FROM python:3.13-slim\nRUN apt-get install -y gcc\nRUN pip install x\n\
                    CMD [\"python\", \"a.py\"]\n";
        let files = |other: &str| {
            format!("//- /app/Dockerfile\n{text}//- /app/{other}\nFROM scratch\nCMD [\"/a\"]\n")
        };
        on(&RULE).files(&files("Dockerfile.prod")).clean();
        on(&RULE)
            .files(&files("Dockerfile.worker"))
            .flags(&["app/Dockerfile:2: gcc"]);
    }

    #[test]
    fn tools_that_do_not_ship_or_are_meant_to_are_left_alone() {
        for text in [
            "FROM python:3.13 AS b\nRUN apt-get install -y gcc\nRUN pip install x\nFROM python:3.13-slim\nCOPY --from=b /v /v\nCMD [\"x\"]\n",
            "FROM a:1\nRUN apk add --no-cache --virtual .d gcc musl-dev && pip install x && apk del .d\nCMD [\"x\"]\n",
            "FROM a:1\nRUN deps='gcc make'; apt-get install -y $deps; make; apt-get purge -y --auto-remove $deps\nCMD [\"x\"]\n",
            "FROM a:1\nRUN apt-get install -y gcc\nRUN make\n",
            "FROM a:1\nRUN apt-get install -y gcc\nRUN make\nCMD [\"bash\"]\n",
            "FROM a:1\nRUN apt-get install -y gcc\nRUN make\nENTRYPOINT [\"/sbin/tini\", \"-g\", \"sh\"]\n",
            "FROM a:1\nRUN apt-get install -y gcc\nCMD [\"judge\"]\n",
            "FROM a:1\nRUN apt-get install -y gcc\nRUN make\nCMD [\"python3\"]\n",
            "FROM a:1 AS dev\nRUN apt-get install -y gcc\nRUN pip install x\nCMD [\"x\"]\n",
            "FROM golang:1.25\nCOPY . .\nRUN go build\nCMD [\"go\", \"test\", \"./...\"]\n",
            "FROM golang:1.25 AS b\nRUN go build\nFROM alpine:3\nCOPY --from=b /a /a\nCMD [\"/a\"]\n",
            "FROM eclipse-temurin:21-jdk\nCOPY target/a.jar /\nCMD [\"java\", \"-jar\", \"/a.jar\"]\n",
            "FROM node:22\nENV NODE_ENV=production\nRUN npm ci\nRUN npm run build\nCMD [\"node\", \"a\"]\n",
            "FROM node:22\nRUN npm ci && npm run build && npm prune --omit=dev\nCMD [\"node\", \"a\"]\n",
            "FROM node:22\nRUN npm ci\nCMD [\"node\", \"a\"]\n",
            "FROM node:22\nRUN npm ci\nRUN cd ui && npm ci && npm run build\nCMD [\"node\", \"a\"]\n",
            "FROM node:22\nRUN npm ci && npm run build\nCMD [\"npm\", \"run\", \"dev\"]\n",
        ] {
            on(&RULE).dockerfile(text).clean();
        }
    }
}
