//! # What it does
//! Finds names in `COPY --from=`, `RUN --mount=…,from=` and FROM that mean a stage which is not
//! there: numbers past the last stage, misspelt names, names that no `AS` gives, FROM of a stage
//! further down, and stages that need themselves.
//!
//! # Why it matters
//! A name that is no stage is taken for an image on Docker Hub. The build fails at that line,
//! often after minutes, with a complaint about an image that nobody asked for; or it pulls a
//! stranger's image of that name.
//!
//! Silent for names of official images, for anything with a registry, a path or a tag, and for
//! named contexts that a Compose or Bake file of the project mentions, and for stages of a file
//! beside this one, where a script joins the two.
//!
//! # Example
//! ```dockerfile bad
//! FROM golang:1.25 AS builder
//! RUN go install example.com/cmd/app@v1.2.0
//!
//! FROM gcr.io/distroless/static-debian12
//! COPY --from=bulider /go/bin/app /app
//! ```
//! ```dockerfile fixed
//! FROM golang:1.25 AS builder
//! RUN go install example.com/cmd/app@v1.2.0
//!
//! FROM gcr.io/distroless/static-debian12
//! COPY --from=builder /go/bin/app /app
//! ```
//! ```dockerfile good
//! FROM golang:1.25 AS builder
//! RUN go install example.com/cmd/app@v1.2.0
//!
//! FROM gcr.io/distroless/static-debian12
//! COPY --from=builder /go/bin/app /app
//! COPY --from=busybox /bin/wget /bin/wget
//! ```
//!
//! # Fix safety
//! Given for names that are a slip away from a stage's. As written the build most likely fails.
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/#copy---from>
//! - <https://docs.docker.com/build/building/multi-stage/>

use plimsoll_dockerfile::{Base, Body, Build, Mount, Word};
use plimsoll_links::is_official;
use plimsoll_project::{DockerfileUnit, Project};
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity, TextRange, files};

use crate::manifests::reach::any_text_around;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "unknown-stage",
    summary: "a stage is named that the file does not have",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3022",
        },
        Alias {
            tool: "hadolint",
            id: "DL3023",
        },
        Alias {
            tool: "trivy",
            id: "DS-0006",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let unit = input.unit;
    let build = &unit.build;
    // For each stage the stages that it needs, with the word that says so.
    let mut needs: Vec<Vec<(usize, Word)>> = vec![Vec::new(); build.stages.len()];
    for stage in &build.stages {
        if let Base::Image(name) | Base::Unresolved(name) = &stage.base
            && let Body::From(from) = &build.file.instructions[stage.from].body
        {
            base(cx, unit, stage.index, name, &from.image);
        }
        if let Base::Stage(base) = stage.base {
            let Body::From(from) = &build.file.instructions[stage.from].body else {
                continue;
            };
            needs[stage.index].push((base, from.image.clone()));
        }
        for index in stage.instructions.clone() {
            let instruction = &build.file.instructions[index];
            let words: Vec<Word> = match &instruction.body {
                Body::Copy(_) => instruction
                    .flags_named("from")
                    .filter_map(|flag| flag.value.clone())
                    .collect(),
                Body::Run(_) => instruction
                    .flags_named("mount")
                    .filter_map(Mount::read)
                    .filter_map(|mount| mount.from)
                    .collect(),
                _ => continue,
            };
            for word in words {
                match build.stage_named(&word.value, usize::MAX) {
                    Some(found) => needs[stage.index].push((found.index, word)),
                    None => source(cx, unit, &word),
                }
            }
        }
    }
    for (stage, word) in circles(&needs) {
        let message = if needs[stage]
            .iter()
            .any(|(to, at)| *to == stage && at == word)
        {
            format!("the stage takes from itself: `{}`", word.value)
        } else {
            format!("stage `{}` needs this stage in turn", word.value)
        };
        cx.report(word.range, message)
            .note("the builder refuses stages that need each other in a circle")
            .help("take from an earlier stage")
            .subject(format!("stage/{stage}"));
    }
}

/// A FROM that is no earlier stage.
fn base(cx: &mut Cx<'_>, unit: &DockerfileUnit, stage: usize, name: &str, word: &Word) {
    let build = &unit.build;
    if name.contains(['/', ':', '@', '.', '$']) || name == "scratch" || is_official(name) {
        return;
    }
    // Another platform than the one that is taken for granted may have the stage.
    let written = &*word.value;
    let by_platform = ["TARGETARCH", "TARGETPLATFORM", "TARGETOS", "TARGETVARIANT"];
    if by_platform
        .iter()
        .any(|variable| written.contains(variable))
        && {
            let stem = written.split('$').next().unwrap_or("");
            let named = build.stages.iter().filter_map(|stage| stage.name.as_ref());
            !stem.is_empty() && named.into_iter().any(|name| name.value.starts_with(stem))
        }
    {
        return;
    }
    if let Some(later) = build
        .stage_named(name, usize::MAX)
        .filter(|found| found.index >= stage)
    {
        // `FROM app AS app` gives a local image the same name; nothing wrong with that.
        let image = Base::Image(name.to_owned());
        if later.index == stage || later.base == image || name.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let place = cx.place(build.file.instructions[later.from].range);
        cx.report(word.range, format!("stage `{name}` is not defined yet"))
            .related(place, "it begins here")
            .note("FROM sees the stages above it only; this name is taken for an image")
            .help(format!("move stage `{name}` above this one"));
    } else if let Some(near) = slip(build, name, stage) {
        misspelt(cx, unit, word, name, &near);
    }
}

/// A source of COPY or of a mount that is no stage.
fn source(cx: &mut Cx<'_>, unit: &DockerfileUnit, word: &Word) {
    let build = &unit.build;
    let name = &*word.value;
    // The parser speaks about variables, which are not expanded here.
    if name.is_empty() || name.contains(['/', ':', '@', '.', '$']) || is_official(name) {
        return;
    }
    let count = build.stages.len();
    if name.bytes().all(|b| b.is_ascii_digit()) {
        let last = count - 1;
        let has = if count == 1 {
            "one stage, `0`".into()
        } else {
            format!("`0` to `{last}`")
        };
        cx.report(word.range, format!("there is no stage number `{name}`"))
            .note(format!("stages count from 0; this file has {has}"))
            .help("name the stage with `AS` and use the name");
        return;
    }
    if ["context", "scratch"].contains(&name)
        || named_elsewhere(cx.project, unit, name)
        || is_joined(cx, unit, name)
    {
        return;
    }
    if let Some((line, goes_on)) = swallowed(build, name) {
        let (line, goes_on) = (cx.place(line), cx.place(goes_on));
        cx.report(word.range, format!("no stage is called `{name}`"))
            .related(line, "this FROM is a part of the instruction before it")
            .related(goes_on, "which goes on here")
            .note("a backslash at the end of a line joins the next one, empty lines between them or not")
            .help("remove the backslash before the FROM");
        return;
    }
    if let Some(near) = slip(build, name, count) {
        misspelt(cx, unit, word, name, &near);
        return;
    }
    let unnamed: Vec<_> = build
        .stages
        .iter()
        .take(count - 1)
        .filter(|stage| stage.name.is_none())
        .collect();
    let meant = match unnamed.as_slice() {
        [only] => Some(cx.place(build.file.instructions[only.from].range)),
        _ => None,
    };
    let draft = cx
        .report(word.range, format!("no stage is called `{name}`"))
        .confidence(Confidence::Medium)
        .note(format!(
            "the builder takes it for an image; Docker Hub has no official image `{name}`"
        ));
    match meant {
        Some(place) => draft.related(place, "this stage has no name").help(format!(
            "write `AS {name}` after the FROM of the stage that is meant"
        )),
        None => draft.help(
            "name a stage of this file, or an image with its path, or pass a context of that \
             name with `--build-context`",
        ),
    };
}

fn misspelt(cx: &mut Cx<'_>, unit: &DockerfileUnit, word: &Word, name: &str, near: &str) {
    let place = unit
        .build
        .stage_named(near, usize::MAX)
        .and_then(|stage| stage.name.as_ref())
        .map(|name| cx.place(name.range));
    let draft = cx
        .report(word.range, format!("no stage is called `{name}`"))
        .note("the builder takes it for an image on Docker Hub")
        .help(format!("write `{near}`"))
        .fix(
            Fix::new(format!("write `{near}`"), Safety::Unsafe)
                .edit(unit.file, Edit::replace(word.range, near)),
        );
    if let Some(place) = place {
        draft.related(place, "a stage with a similar name");
    }
}

/// The line of a FROM with the name that belongs to the instruction before it, and the backslash that
/// makes it so.
fn swallowed(build: &Build, name: &str) -> Option<(TextRange, TextRange)> {
    let text = &*build.file.text;
    build.file.instructions.iter().find_map(|instruction| {
        let from = instruction.range.start as usize;
        let whole = text.get(from..instruction.range.end as usize)?;
        let mut at = from;
        let mut escape = None;
        for (number, line) in whole.split_inclusive('\n').enumerate() {
            let clean = line.trim();
            let words: Vec<&str> = clean.split_whitespace().collect();
            let names = matches!(*words, [keyword, _, join, stage]
                if keyword.eq_ignore_ascii_case("FROM")
                    && join.eq_ignore_ascii_case("AS")
                    && stage.eq_ignore_ascii_case(name));
            if number > 0 && names {
                let begin = at + (line.len() - line.trim_start().len());
                let range = TextRange::new(begin as u32, (begin + clean.len()) as u32);
                return Some((range, escape?));
            }
            if clean.ends_with(build.file.escape) {
                let end = at + line.trim_end().len();
                escape = Some(TextRange::new((end - 1) as u32, end as u32));
            }
            at += line.len();
        }
        None
    })
}

/// The name of a stage before `before` that `name` is probably meant to be.
fn slip(build: &Build, name: &str, before: usize) -> Option<String> {
    let names: Vec<String> = build
        .stages
        .iter()
        .take(before)
        .filter_map(|stage| stage.name.as_ref())
        .map(|word| word.value.to_string())
        .collect();
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// Whether a Compose or Bake file of the project mentions the name, as it must where it hands the
/// build a context of that name.
fn named_elsewhere(project: &Project, unit: &DockerfileUnit, name: &str) -> bool {
    let mentions = |text: &str| {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
            .any(|part| part == name)
    };
    let composed = project.composes.iter().any(|unit| {
        let text = unit.tree.text();
        text.contains("additional_contexts") && mentions(text)
    });
    let own = files::parent(project.path(unit.file));
    let context = project.context_of(unit).map_or(own, |context| &context.dir);
    // Bake files lie in the folder of the Dockerfile, in that of the context, or above them.
    composed
        || ["", own, context, files::parent(own), files::parent(context)]
            .iter()
            .any(|dir| {
                [
                    "docker-bake.hcl",
                    "docker-bake.json",
                    "docker-bake.override.hcl",
                ]
                .iter()
                .any(|file| {
                    let path = files::join(dir, file);
                    let bytes = path.and_then(|path| project.tree.read(&path).ok());
                    bytes.is_some_and(|bytes| mentions(&String::from_utf8_lossy(&bytes)))
                })
            })
}

/// Whether a file beside this one has the stage, and a script around them names both: it puts them
/// together before it builds.
fn is_joined(cx: &Cx<'_>, unit: &DockerfileUnit, name: &str) -> bool {
    let path = cx.project.path(unit.file);
    let mut beside = cx.project.dockerfiles.iter().filter(|other| {
        let there = cx.project.path(other.file);
        other.file != unit.file
            && files::parent(there) == files::parent(path)
            && other.build.stage_named(name, usize::MAX).is_some()
    });
    beside.any(|other| {
        let names = [path, cx.project.path(other.file)].map(files::file_name);
        any_text_around(cx, unit.file, |text| {
            names.iter().all(|name| text.contains(name))
        })
    })
}

/// The edges that close a circle, each with the stage that it starts from.
fn circles(needs: &[Vec<(usize, Word)>]) -> Vec<(usize, &Word)> {
    // Depth first with an explicit stack: an edge to a stage whose visit is under way closes a
    // circle. Every edge is looked at once.
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; needs.len()];
    let mut found = Vec::new();
    // From the last stage, so that the unusual direction, forward, is the one that is reported.
    for start in (0..needs.len()).rev() {
        let mut stack = vec![(start, 0)];
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        while let Some((stage, edge)) = stack.pop() {
            let Some((to, word)) = needs[stage].get(edge) else {
                state[stage] = State::Done;
                continue;
            };
            stack.push((stage, edge + 1));
            match state[*to] {
                State::Open => found.push((stage, word)),
                State::New => {
                    state[*to] = State::Open;
                    stack.push((*to, 0));
                }
                State::Done => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Confidence;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn missing_stages_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1 AS build\nFROM b:1\nCOPY --from=buidl /a /a\n")
            .flags(&["3: buidl"])
            .fixed("FROM a:1 AS build\nFROM b:1\nCOPY --from=build /a /a\n");
        on(&RULE)
            .dockerfile("FROM a:1\nFROM b:1\nCOPY --from=2 /a /a\n")
            .flags(&["3: 2"])
            .says(&["there is no stage number `2`"]);
        let case = on(&RULE)
            .dockerfile("FROM golang:1\nRUN go build\nFROM b:1\nCOPY --from=builder /a /a\n")
            .flags(&["4: builder"]);
        assert_eq!(case.findings[0].confidence, Confidence::Medium);
        assert_eq!(case.findings[0].related.len(), 1);
        on(&RULE)
            .dockerfile("FROM a:1 AS deps\nFROM b:1\nRUN --mount=type=bind,from=dep,target=/d x\n")
            .flags(&["3: dep"]);
        on(&RULE)
            .dockerfile("FROM base-image AS a\nFROM a:1 AS base-image\n")
            .says(&["stage `base-image` is not defined yet"]);
        on(&RULE)
            .dockerfile("FROM a:1 AS builder\nFROM bulder\n")
            .flags(&["2: bulder"]);
    }

    #[test]
    fn a_from_that_belongs_to_the_line_before_is_told() {
        let case = on(&RULE)
            .dockerfile("FROM a:1 AS build\nRUN make \\\n\nFROM curl:8 AS curl\nFROM b:1\nCOPY --from=curl /a /a\n")
            .flags(&["6: curl"]);
        let found = &case.findings[0];
        assert_eq!(
            found.help.as_deref(),
            Some("remove the backslash before the FROM")
        );
        let shown: Vec<&str> = found.related.iter().map(|one| &*one.message).collect();
        assert_eq!(
            shown,
            [
                "this FROM is a part of the instruction before it",
                "which goes on here"
            ]
        );
        // Another name is no slip of that kind.
        let case = on(&RULE)
            .dockerfile("FROM a:1 AS build\nRUN make \\\n\nFROM curl:8 AS wget\nFROM b:1\nCOPY --from=kurl /a /a\n");
        assert_eq!(case.findings.len(), 1);
        assert!(case.findings[0].related.is_empty());
    }

    #[test]
    fn circles_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nCOPY --from=a /x /x\n")
            .says(&["the stage takes from itself: `a`"]);
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nCOPY --from=b /x /x\nFROM b:1 AS b\nCOPY --from=a /x /y\n")
            .flags(&["2: b"]);
    }

    #[test]
    fn stages_images_and_contexts_are_left_alone() {
        // amd64 is as good a guess as any.
        on(&RULE)
            .dockerfile("FROM debian:13 AS built_arm64\nFROM built_${TARGETARCH} AS built\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS Build\nFROM b:1\nCOPY --from=build /a /a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nFROM b:1\nCOPY --from=0 /a /a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nCOPY --from=composer /usr/bin/composer /bin/\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS bild\nFROM b:1\nCOPY --from=acme/build /a /a\n")
            .clean();
        // The builder allows stages further down in COPY.
        on(&RULE)
            .dockerfile("FROM a:1\nCOPY --from=z /a /a\nFROM b:1 AS z\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM local\nFROM local AS local\n")
            .clean();
        let joined = "//- /Dockerfile.common\nFROM a:1 AS tools\n//- /Dockerfile.api\nFROM b:1\n\
                      COPY --from=tools /a /a\n";
        on(&RULE)
            .files(&format!(
                "{joined}//- /build.sh\ncat Dockerfile.common Dockerfile.api > Dockerfile\n"
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "{joined}//- /build.sh\ndocker build -f Dockerfile.api .\n"
            ))
            .flags(&["Dockerfile.api:2: tools"]);
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM a:1\nCOPY --from=docs /a /a\n//- /compose.yaml\nservices:\n  \
                 a:\n    build:\n      context: .\n      additional_contexts:\n        docs: ./docs\n",
            )
            .clean();
    }
}
