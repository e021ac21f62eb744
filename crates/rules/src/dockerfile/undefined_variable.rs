//! # What it does
//! Finds variables that have no value where they are used: an ARG from above the first FROM that
//! the stage does not repeat, `TARGETARCH` and its like without `ARG`, variables of another
//! stage, variables used above the line (or on the very ENV line) that sets them, misspelt names,
//! and names that nothing sets.
//!
//! # Why it matters
//! A variable without a value is the empty string, without a word from the builder: `WORKDIR
//! $APP_HOME` becomes the root folder, `app-$VERSION.tar.gz` becomes `app-.tar.gz`, and an image
//! for arm64 gets the binary for no architecture at all.
//!
//! Silent for `${NAME:-default}` and its kin, for a variable that an ENV extends by itself
//! (`ENV PYTHONPATH=$PYTHONPATH:/app`), and where the base image may set the name. In RUN only
//! names are looked at that the file itself sets elsewhere, and not those that the script sets.
//!
//! # Example
//! ```dockerfile bad
//! ARG VERSION=1.4.2
//! FROM alpine:3.22
//! ADD https://example.com/tool-${VERSION}.tar.gz /opt/
//! ```
//! ```dockerfile fixed
//! ARG VERSION=1.4.2
//! FROM alpine:3.22
//! ARG VERSION
//! ADD https://example.com/tool-${VERSION}.tar.gz /opt/
//! ```
//! ```dockerfile good
//! ARG VERSION=1.4.2
//! FROM alpine:3.22
//! ARG VERSION
//! ADD https://example.com/tool-${VERSION}.tar.gz /opt/
//! ```
//!
//! # Fix safety
//! Declares the ARG that is missing, or writes the name that was meant. What was empty gets a
//! value, which is the point and a change.
//!
//! # References
//! - <https://docs.docker.com/reference/build-checks/undefined-var/>
//! - <https://docs.docker.com/reference/build-checks/undefined-arg-in-from/>
//! - <https://docs.docker.com/build/building/variables/#scoping>

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_dockerfile::words::variables;
use plimsoll_dockerfile::{Base, Body, Build, Stage, Word};
use plimsoll_oci::Reference;
use plimsoll_secrets::names_secret;
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, Edit, FileId, Fix, Safety, Severity, TextRange};

use super::facts::env::{environment, is_platform_arg, is_predefined_arg, may_set, shell_sets};
use super::facts::variables::{Use, names_set, uses};
use super::shipped::base_image;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "undefined-variable",
    summary: "a variable has no value where it is used",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "buildkit",
            id: "UndefinedVar",
        },
        Alias {
            tool: "buildkit",
            id: "UndefinedArgInFrom",
        },
        Alias {
            tool: "hadolint",
            id: "DL3044",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    if !build.file.text.contains('$') || is_template(cx.project.path(input.unit.file)) {
        return;
    }
    let mut file = Names::new(build, input.unit.file);
    file.preamble(cx);
    for stage in &build.stages {
        file.from(cx, stage);
        file.stage(cx, stage);
    }
}

/// `ENV VERSION=${VERSION}` may keep what an unknown base image sets.
fn is_env(body: &Body) -> bool {
    matches!(body, Body::Env(_))
}

/// Which names the file sets, and where.
struct Names<'a> {
    build: &'a Build,
    id: FileId,
    /// ARGs above the first FROM, with their instructions.
    global: BTreeMap<&'a str, usize>,
    /// All settings inside stages, in order: (name, instruction, stage).
    set: Vec<(&'a str, usize, usize)>,
    /// What each stage has in scope at its end.
    ends: Vec<BTreeSet<&'a str>>,
}

impl<'a> Names<'a> {
    fn new(build: &'a Build, id: FileId) -> Self {
        let global = build
            .preamble
            .clone()
            .flat_map(|index| names_set(&build.file.instructions[index]).map(move |n| (n, index)))
            .collect();
        let set = build
            .stages
            .iter()
            .flat_map(|stage| {
                stage
                    .instructions
                    .clone()
                    .map(move |index| (stage.index, index))
            })
            .flat_map(|(stage, index)| {
                names_set(&build.file.instructions[index]).map(move |name| (name, index, stage))
            })
            .collect();
        Self {
            build,
            id,
            global,
            set,
            ends: Vec::with_capacity(build.stages.len()),
        }
    }

    fn variables(&self, word: &Word) -> Vec<(Box<str>, TextRange)> {
        variables(word, &self.build.file.text, self.build.file.escape)
            .into_iter()
            .filter(|variable| variable.operator.is_none())
            .map(|variable| (variable.name, variable.range))
            .collect()
    }

    /// ARGs above the first FROM see each other and what the builder gives.
    fn preamble(&self, cx: &mut Cx<'_>) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for index in self.build.preamble.clone() {
            let Body::Arg(declared) = &self.build.file.instructions[index].body else {
                continue;
            };
            for arg in declared {
                for (name, range) in arg.default.iter().flat_map(|word| self.variables(word)) {
                    if seen.contains(&*name) || builder_gives(&name) {
                        continue;
                    }
                    let draft = cx.report(range, format!("`${name}` has no value here"));
                    if self.global.contains_key(&*name) {
                        draft.help("move its ARG above this one");
                    } else {
                        draft.help(format!("declare it above: `ARG {name}=…`"));
                    }
                }
                seen.insert(&arg.name.value);
            }
        }
    }

    /// FROM sees the ARGs above the first FROM and what the builder gives.
    fn from(&self, cx: &mut Cx<'_>, stage: &Stage) {
        let instruction = &self.build.file.instructions[stage.from];
        let Body::From(from) = &instruction.body else {
            return;
        };
        let platform = instruction
            .flag("platform")
            .and_then(|flag| flag.value.as_ref());
        let words = [Some(&from.image), platform].into_iter().flatten();
        for (name, range) in words.flat_map(|word| self.variables(word)) {
            if self.global.contains_key(&*name) || builder_gives(&name) {
                continue;
            }
            let inner = self
                .set
                .iter()
                .find(|(set, at, _)| **set == *name && *at < stage.from);
            let place = inner.map(|(_, at, _)| cx.place(self.build.file.instructions[*at].range));
            let draft = cx
                .report(range, format!("`${name}` has no value in FROM"))
                .severity(Severity::Error)
                .note("FROM sees only ARGs that stand above the first FROM")
                .subject(format!("stage/{}", stage.index));
            if let Some(place) = place {
                draft.related(place, "set inside a stage, which FROM does not see");
                draft.help(format!("declare `ARG {name}` above the first FROM"));
            } else if let Some(near) = nearest(&name, self.global.keys().copied()) {
                draft.help(format!("write `{near}`"));
                draft.fix(self.rename(range, &name, near));
            } else {
                draft.help(format!("declare it above the first FROM: `ARG {name}=…`"));
            }
        }
    }

    fn stage(&mut self, cx: &mut Cx<'_>, stage: &Stage) {
        let mut scope: BTreeSet<&'a str> = match stage.base {
            Base::Stage(base) => self.ends.get(base).cloned().unwrap_or_default(),
            _ => BTreeSet::new(),
        };
        let base = base_image(self.build, stage);
        let mut told: BTreeSet<Box<str>> = BTreeSet::new();
        for index in stage.instructions.clone().skip(1) {
            for found in uses(self.build, index) {
                let known = scope.contains(&*found.name) || told.contains(&*found.name);
                if !known && self.judge(cx, stage, base.as_ref(), &scope, index, &found) {
                    told.insert(found.name);
                }
            }
            scope.extend(names_set(&self.build.file.instructions[index]));
        }
        self.ends.push(scope);
    }

    /// Reports a use of a name that is not in scope, if it is certain enough that the base image
    /// does not set it.
    fn judge(
        &self,
        cx: &mut Cx<'_>,
        stage: &Stage,
        base: Option<&Reference>,
        scope: &BTreeSet<&str>,
        index: usize,
        found: &Use,
    ) -> bool {
        let name = &*found.name;
        let all = environment_of(self.build, stage, base);
        let silent = name == "PATH"
            || is_predefined_arg(name)
            || (found.shell && shell_sets(name))
            || all.is_some_and(|all| all.contains(&name))
            || (all.is_none() && may_set(base, name))
            // `ENV PYTHONPATH=$PYTHONPATH:/app` extends what may be there.
            || (found.inside.as_deref() == Some(name)
                && (!self.global.contains_key(name)
                    || all.is_none() && is_env(&self.build.file.instructions[index].body)));
        if silent {
            return false;
        }
        let build = self.build;
        let line = &build.file.instructions[index];
        let same_line = names_set(line).any(|set| set == name);
        let place = |at: usize| cx.place(build.file.instructions[at].range);
        let global = self.global.get(name).map(|&at| place(at));
        let mut elsewhere = self.set.iter().filter(|(set, ..)| *set == name);
        let later = elsewhere
            .clone()
            .find(|(_, at, of)| *of == stage.index && *at > index)
            .map(|(_, at, _)| place(*at));
        let other = elsewhere
            .find(|(_, _, of)| *of != stage.index)
            .map(|(_, at, _)| place(*at));
        let near = || nearest(name, scope.iter().copied()).filter(|_| name.len() > 3);

        let what = format!("`${name}` has no value here");
        let confidence = if all.is_some() {
            Confidence::High
        } else {
            Confidence::Medium
        };
        let declare = || {
            Fix::new(format!("declare `ARG {name}`"), Safety::Unsafe).edit(
                self.id,
                Edit::insert(line.range.start, format!("ARG {name}\n")),
            )
        };
        let draft = if let (Some(global), Some(inside)) = (global, found.inside.as_deref())
            && inside == name
            && matches!(line.body, Body::Arg(_))
        {
            cx.report(found.range, what)
                .related(
                    global,
                    "the value from above the first FROM is not seen here",
                )
                .help(format!(
                    "write `ARG {name}` alone, which takes over that value"
                ))
        } else if same_line && !matches!(line.body, Body::Arg(_)) {
            cx.report(found.range, what)
                .note("all of one ENV line is expanded with what was set before the line")
                .help(format!("set `{name}` in an ENV of its own above"))
        } else if let Some(global) = global {
            cx.report(found.range, what)
                .related(global, "seen by FROM lines only")
                .note("a stage sees an ARG from above the first FROM once it repeats it")
                .help(format!("add `ARG {name}` to this stage"))
                .fix(declare())
        } else if is_platform_arg(name) {
            cx.report(found.range, what)
                .note("the builder has a value, which a stage sees once it declares the ARG")
                .help(format!("add `ARG {name}` to this stage"))
                .fix(declare())
        } else if let Some(later) = later {
            cx.report(found.range, what)
                .related(later, "set only here, below")
                .help(format!("move the line that sets `{name}` up"))
        } else if let Some(other) = other {
            cx.report(found.range, what)
                .related(other, "set in another stage")
                .note("stages share neither ARG nor ENV unless one is built FROM the other")
                .help(format!("set `{name}` in this stage as well"))
        } else if found.shell {
            return false;
        } else if let Some(near) = near() {
            cx.report(found.range, what)
                .note(format!("nothing sets `{name}`; there is a `{near}`"))
                .help(format!("write `{near}`"))
                .fix(self.rename(found.range, name, near))
        } else if all.is_some() {
            let draft = cx.report(found.range, what);
            if name == "HOME" {
                draft
                    .note("`HOME` is set when a process starts, not while the builder expands")
                    .help("write the folder out")
            } else if names_secret(name) || name.ends_with("DATABASE_URL") {
                draft
                    .note("neither this file nor the base image sets it")
                    .help(
                        "leave it out: what is secret is given when the container starts, and an \
                         ARG would keep it in the image's history",
                    )
            } else {
                draft
                    .note("neither this file nor the base image sets it")
                    .help(format!("declare it: `ARG {name}=…`"))
            }
        } else {
            return false;
        };
        draft
            .confidence(confidence)
            .subject(format!("stage/{}", stage.index));
        true
    }

    fn rename(&self, range: TextRange, name: &str, to: &str) -> Fix {
        let text = range.of(&self.build.file.text).replacen(name, to, 1);
        Fix::new(format!("write `{to}`"), Safety::Unsafe).edit(self.id, Edit::replace(range, text))
    }
}

/// The whole environment that a stage's base image brings, where it is known.
fn environment_of(
    build: &Build,
    stage: &Stage,
    base: Option<&Reference>,
) -> Option<&'static [&'static str]> {
    if let Some(image) = base {
        return environment(image);
    }
    let line = super::shipped::lineage(build, stage);
    line.last()
        .is_some_and(|last| last.base == Base::Scratch)
        .then_some(&[])
}

/// Whether the path says that something else fills in variables before the builder reads the
/// file.
fn is_template(path: &str) -> bool {
    path.contains("tmpl") || path.contains("template")
}

fn builder_gives(name: &str) -> bool {
    is_platform_arg(name) || is_predefined_arg(name)
}

#[cfg(test)]
mod tests {
    use plimsoll_source::{Confidence, Severity};

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn args_from_above_the_first_from_are_found() {
        on(&RULE)
            .dockerfile("ARG V=1\nFROM alpine:3\nENV A=$V\nRUN echo $V ${V}\n")
            .flags(&["3: $V"])
            .fixed("ARG V=1\nFROM alpine:3\nARG V\nENV A=$V\nRUN echo $V ${V}\n");
        on(&RULE)
            .dockerfile("ARG V=1\nFROM acme/x:1\nRUN curl \\\n  x-${V}.tar\n")
            .flags(&["4: ${V}"]);
        on(&RULE)
            .dockerfile("ARG V=1\nFROM alpine:3\nARG V=$V\n")
            .flags(&["3: $V"]);
        on(&RULE)
            .dockerfile("FROM alpine:3\nRUN get $TARGETARCH\n")
            .flags(&["2: $TARGETARCH"])
            .fixed("FROM alpine:3\nARG TARGETARCH\nRUN get $TARGETARCH\n");
    }

    #[test]
    fn wrong_order_other_stages_and_slips_are_found() {
        let late = on(&RULE)
            .dockerfile("FROM acme/x:1\nWORKDIR $D\nARG D=/a\n")
            .flags(&["2: $D"]);
        assert_eq!(late.findings[0].confidence, Confidence::Medium);
        on(&RULE)
            .dockerfile("FROM acme/x:1\nENV A=/a B=$A/b\n")
            .flags(&["2: $A"]);
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nARG V=1\nFROM b:1\nCOPY --from=a /x-$V /x\n")
            .flags(&["4: $V"]);
        on(&RULE)
            .dockerfile("FROM acme/x:1\nENV APP_HOME=/a\nWORKDIR $APP_HMOE\n")
            .flags(&["3: $APP_HMOE"])
            .fixed("FROM acme/x:1\nENV APP_HOME=/a\nWORKDIR $APP_HOME\n");
        on(&RULE)
            .dockerfile("FROM python:3.13\nWORKDIR $HOME/app\n")
            .flags(&["2: $HOME"]);
        on(&RULE)
            .dockerfile("FROM scratch\nCOPY a $DIR\n")
            .flags(&["2: $DIR"]);
    }

    #[test]
    fn from_and_global_args_are_judged_by_what_they_see() {
        let case = on(&RULE)
            .dockerfile("ARG TAG=1\nFROM acme/x:${TGA}\n")
            .flags(&["2: ${TGA}"])
            .fixed("ARG TAG=1\nFROM acme/x:${TAG}\n");
        assert_eq!(case.findings[0].severity, Severity::Error);
        on(&RULE)
            .dockerfile("FROM a:1\nARG V=1\nFROM b:$V\n")
            .flags(&["3: $V"]);
        on(&RULE)
            .dockerfile("ARG A=$B\nARG B=1\nFROM x:$A\n")
            .flags(&["1: $B"]);
    }

    #[test]
    fn no_argument_is_made_of_a_secret() {
        let help = |name: &str| {
            let case = on(&RULE).dockerfile(&format!("FROM scratch\nENV A=${name}\n"));
            case.help()
        };
        assert!(help("DATABASE_URL").starts_with("leave it out"));
        assert!(help("API_TOKEN").starts_with("leave it out"));
        assert_eq!(help("REGION"), "declare it: `ARG REGION=…`");
    }

    #[test]
    fn values_that_are_or_may_be_there_are_left_alone() {
        on(&RULE)
            .dockerfile("ARG V\nFROM a:$V\nARG V\nENV A=$V\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM --platform=$BUILDPLATFORM a:${V:-1}\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nENV V=1\nFROM a\nENV W=$V\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM python:3\nENV PYTHONPATH=$PYTHONPATH:/a PATH=/b:$PATH\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM acme/x:1\nWORKDIR $SOMETHING\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM acme/x:1\nENV A=${A:-1} B='$C' D=\\$E\n")
            .clean();
        on(&RULE)
            .dockerfile("ARG V=1\nFROM a:1\nRUN . ./env && echo $V\n")
            .clean();
        on(&RULE)
            .dockerfile("ARG V=1\nFROM a:1\nRUN V=$(cat v); echo $V '$W'\n")
            .clean();
        on(&RULE)
            .dockerfile("ARG NODE_VERSION=22\nFROM node:22\nENV V=$NODE_VERSION\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nCMD echo $PORT\nENTRYPOINT [\"x\", \"$Y\"]\n")
            .clean();
    }
}
