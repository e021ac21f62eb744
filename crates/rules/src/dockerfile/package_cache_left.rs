//! # What it does
//! Finds installs in the image that ships which leave the package manager's lists or downloads in
//! their layer: apt's lists, apk's index, the caches of dnf, yum and zypper, pip's wheels.
//!
//! # Why it matters
//! A layer keeps what its step leaves behind, and a later step cannot take it out again. apt's
//! lists alone are 20 to 50 MB that every node pulls and nobody reads.
//!
//! Silent in stages that do not ship, and where a cache mount holds the files. `apk update` writes
//! the index whatever options the calls after it have.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//! ```
//! ```dockerfile fixed
//! FROM debian:13-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! # Fix safety
//! The files are caches; packages stay as they are. Where a later step installs from the lists,
//! there is no fix: the two steps have to become one. Where a later step runs a script that may
//! install from them, the fix is given as unsafe.
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#apt-get>

use plimsoll_dockerfile::shell::{Joint, Script};
use plimsoll_dockerfile::{Body, Command, Instruction, Mount};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity, TextRange};

use super::facts::packages;
use super::managers::{Action, Call, Manager, call};
use super::package_lists::{Afterlife, afterlife};
use super::shipped::{base_image, lineage, shipped};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "package-cache-left",
    summary: "a package manager's cache stays in the image",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3009",
        },
        Alias {
            tool: "hadolint",
            id: "DL3019",
        },
        Alias {
            tool: "hadolint",
            id: "DL3032",
        },
        Alias {
            tool: "hadolint",
            id: "DL3036",
        },
        Alias {
            tool: "hadolint",
            id: "DL3040",
        },
        Alias {
            tool: "hadolint",
            id: "DL3042",
        },
        Alias {
            tool: "trivy",
            id: "DS-0015",
        },
        Alias {
            tool: "trivy",
            id: "DS-0019",
        },
        Alias {
            tool: "trivy",
            id: "DS-0020",
        },
        Alias {
            tool: "trivy",
            id: "DS-0025",
        },
        Alias {
            tool: "dockle",
            id: "DKL-DI-0004",
        },
        Alias {
            tool: "dockle",
            id: "DKL-DI-0005",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

/// What a manager leaves and how to avoid it.
struct Cache {
    /// What stays.
    what: &'static str,
    /// Folders that hold it.
    folders: &'static [&'static str],
    /// Options of the install that leave nothing.
    options: &'static [&'static str],
    /// The command that takes it out in the same step.
    remove: &'static str,
}

const fn cache(manager: Manager) -> Cache {
    match manager {
        Manager::Apt => Cache {
            what: "apt's package lists stay in the layer",
            folders: &["/var/lib/apt"],
            options: &[],
            remove: "rm -rf /var/lib/apt/lists/*",
        },
        Manager::Apk => Cache {
            what: "apk's index stays in the layer",
            folders: &["/var/cache/apk", "/etc/apk/cache"],
            options: &["--no-cache", "--cache-max-age", "--no-network"],
            remove: "rm -rf /var/cache/apk/*",
        },
        Manager::Dnf => Cache {
            what: "the cache of dnf stays in the layer",
            folders: &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"],
            options: &[],
            remove: "dnf clean all",
        },
        Manager::Zypper => Cache {
            what: "zypper's cache stays in the layer",
            folders: &["/var/cache/zypp"],
            options: &[],
            remove: "zypper clean --all",
        },
        Manager::Pip => Cache {
            what: "pip's downloads stay in the layer",
            folders: &["/root/.cache", ".cache/pip", "~/.cache"],
            options: &["--no-cache-dir", "--no-cache", "--cache-dir"],
            remove: "",
        },
    }
}

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    for stage in lineage(build, stage) {
        for index in stage.instructions.clone() {
            let instruction = &build.file.instructions[index];
            let Body::Run(command) = &instruction.body else {
                continue;
            };
            let Some(script) = &build.scripts[index] else {
                continue;
            };
            if !script.errors.is_empty() {
                continue;
            }
            let calls: Vec<Call<'_>> = script.commands.iter().filter_map(call).collect();
            let step = Step {
                index,
                command,
                script,
                calls: &calls,
            };
            let mut told = Vec::new();
            for call in &calls {
                if call.action != Action::Install || told.contains(&call.manager) || !installs(call)
                {
                    continue;
                }
                let cache = cache(call.manager);
                let update = calls
                    .iter()
                    .find(|c| c.manager == call.manager && c.action == Action::Update);
                let writes_index = call.manager == Manager::Apk && update.is_some();
                if call.manager == Manager::Pip && pip_is_quiet(build, index)
                    || keeps_nothing(call, &cache) && !writes_index
                    || is_mounted(instruction, &cache)
                    || is_removed(script, &calls, call.manager, &cache)
                    // apt without lists of its own has used those of an earlier layer, where the
                    // finding belongs.
                    || call.manager == Manager::Apt && update.is_none()
                {
                    continue;
                }
                told.push(call.manager);
                match update.filter(|_| writes_index) {
                    Some(update) => report_index(cx, input, update, &step),
                    None => report(cx, input, call, &cache, &step),
                }
            }
        }
    }
}

/// A RUN with what it calls.
struct Step<'a> {
    index: usize,
    command: &'a Command,
    script: &'a Script,
    calls: &'a [Call<'a>],
}

fn installs(call: &Call<'_>) -> bool {
    let verb = call.verb.literal().unwrap_or("");
    let asks = matches!(
        verb,
        "search" | "policy" | "show" | "list" | "group" | "module"
    );
    // `pip install -e .` downloads its dependencies too; `pip install --no-deps .` nothing.
    let local = call.manager == Manager::Pip && call.command.has_arg("--no-index");
    !asks && !local
}

fn pip_is_quiet(build: &plimsoll_dockerfile::Build, index: usize) -> bool {
    let env = build.env_at(index);
    // Whatever it is set to, `off` too: pip takes any word as no cache.
    let set = env
        .get("PIP_NO_CACHE_DIR")
        .is_some_and(|value| !value.is_empty());
    set || is_quiet_python(build, index)
        || build.scripts[index].as_deref().is_some_and(|script| {
            script.commands.iter().any(|command| {
                command
                    .assignments
                    .iter()
                    .any(|(name, _)| &**name == "PIP_NO_CACHE_DIR")
                    || command
                        .words
                        .iter()
                        .any(|word| word.text().contains("PIP_NO_CACHE_DIR"))
            })
        })
}

/// Whether the stage begins with one of Red Hat's images for Python, which set `PIP_NO_CACHE_DIR`.
fn is_quiet_python(build: &plimsoll_dockerfile::Build, index: usize) -> bool {
    let image = build
        .stage_of(index)
        .and_then(|stage| base_image(build, stage));
    image.is_some_and(|image| {
        matches!(
            image.domain(),
            "registry.access.redhat.com" | "registry.redhat.io"
        ) && image.name().starts_with("python-3")
    })
}

fn keeps_nothing(call: &Call<'_>, cache: &Cache) -> bool {
    call.command.words.iter().any(|word| {
        let text = word.text().trim_matches('"');
        cache.options.iter().any(|option| {
            text == *option
                || text
                    .strip_prefix(option)
                    .is_some_and(|rest| rest.starts_with('='))
        })
    })
}

fn is_mounted(instruction: &Instruction, cache: &Cache) -> bool {
    instruction.flags_named("mount").filter_map(Mount::read).any(|mount| {
        matches!(&*mount.kind, "cache" | "tmpfs")
            && mount.target.is_some_and(|target| {
                // A mount on the folder, above it or on its part for the lists.
                let target = target.value.trim_end_matches('/');
                cache.folders.iter().any(|folder| {
                    target.contains(folder.trim_start_matches('~')) || folder.starts_with(target)
                })
                    // Anybody's home may hold pip's cache, and variables any path.
                    || target.ends_with("/.cache") || target.ends_with("/pip") || target.starts_with('$')
            })
    })
}

fn is_removed(script: &Script, calls: &[Call<'_>], manager: Manager, cache: &Cache) -> bool {
    let cleaned = manager != Manager::Apt
        && calls
            .iter()
            .any(|call| call.manager == manager && call.action == Action::Clean);
    // A script of the build's own that is called so (`/scripts/cleanup.sh`) is taken at its word.
    let cleans = script.commands.iter().any(|command| {
        let program = command.words.first().map_or("", |word| word.text());
        let name = program.rsplit_once('/').map_or("", |(_, name)| name);
        name.to_ascii_lowercase().contains("clean")
    });
    cleaned
        || cleans
        || script.commands.iter().any(|command| {
            let removes = matches!(command.name(), Some("rm" | "find" | "sudo" | "rmdir" | "xargs" | "dnf" | "yum"));
            removes
                && command.words.iter().any(|word| {
                    cache.folders.iter().any(|folder| word.text().contains(folder))
                        || word.text().starts_with("/var/lib/{")
                        || word.text().starts_with("/var/{")
                        || matches!(word.text(), "/var/lib/" | "/var/cache/*" | "/var/cache")
                            && manager != Manager::Apt
                })
        })
        // apt has its own word for it since 2.7.
        || manager == Manager::Apt
            && script.commands.iter().any(|command| {
                command.has_arg("dist-clean") || command.has_arg("distclean")
            })
}

fn report(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    call: &Call<'_>,
    cache: &Cache,
    step: &Step<'_>,
) {
    let build = &input.unit.build;
    let later = followed(input, step.index, call.manager);
    let places: Vec<_> = later.uses.iter().map(|&range| cx.place(range)).collect();
    // `yum`, `dnf` and `microdnf` are one manager, and an image may have one of them alone.
    let (what, remove) = match call.manager {
        Manager::Dnf => (
            format!("the cache of {} stays in the layer", call.program),
            format!("{} clean all", call.program),
        ),
        _ => (cache.what.to_owned(), cache.remove.to_owned()),
    };
    // The index of an earlier step is there whatever this one is told.
    let updated = input.facts.packages.iter().find(|earlier| {
        let stage = |index| build.stage_of(index).map(|stage| stage.index);
        call.manager == Manager::Apk
            && earlier.manager == packages::Manager::Apk
            && earlier.verb == packages::Verb::Refresh
            && earlier.instruction < step.index
            && stage(earlier.instruction) == stage(step.index)
    });
    let updated = updated.map(|earlier| cx.place(earlier.range));
    let draft = cx.report(call.head(), what);
    draft.note("a later step cannot take it out of this layer again");
    if let Some(place) = updated {
        draft.related(place, "this has written the index already");
    }
    let option = match call.manager {
        Manager::Apk => Some("--no-cache"),
        Manager::Pip => Some("--no-cache-dir"),
        _ => None,
    };
    let mut edits = Vec::new();
    match option {
        Some(option) => {
            let all: Vec<_> = keeping(step.calls, call.manager, cache).collect();
            let adding = if all.len() > 1 {
                format!("add `{option}` to each of its installations")
            } else {
                format!("add `{option}`")
            };
            draft.help(match updated {
                Some(_) => format!(
                    "{adding}, and leave out the `apk update` above it, which writes the index"
                ),
                None => format!("{adding}, or use a cache mount"),
            });
            let edit = |one: &Call<'_>| Edit::insert(one.verb.range.end, format!(" {option}"));
            edits.extend(all.into_iter().map(edit));
        }
        None if places.is_empty() => {
            draft.help(format!(
                "end the step with `&& {remove}`, or use a cache mount"
            ));
            edits.extend(append(step.command, step.script, &build.file.text, &remove));
        }
        None => {
            draft.help(format!(
                "install all packages in this one step, and end it with `&& {remove}`; or use a \
                 cache mount"
            ));
        }
    }
    for place in places.into_iter().take(4) {
        draft.related(place, "this installs from the lists that stay");
    }
    if !edits.is_empty() {
        let fix = Fix::new("leave no cache", safety(&later));
        draft.fix(
            edits
                .into_iter()
                .fold(fix, |fix, edit| fix.edit(input.unit.file, edit)),
        );
    }
}

/// The installations of a step that leave a manager's cache behind.
fn keeping<'c>(
    calls: &'c [Call<'c>],
    manager: Manager,
    cache: &Cache,
) -> impl Iterator<Item = &'c Call<'c>> {
    calls.iter().filter(move |call| {
        call.manager == manager
            && call.action == Action::Install
            && installs(call)
            && !keeps_nothing(call, cache)
    })
}

/// The index that `apk update` writes, whatever the calls after it do.
fn report_index(cx: &mut Cx<'_>, input: &DockerfileInput<'_>, update: &Call<'_>, step: &Step<'_>) {
    let cache = cache(Manager::Apk);
    let later = followed(input, step.index, Manager::Apk);
    let installs = || {
        let all = step
            .calls
            .iter()
            .filter(|call| call.manager == Manager::Apk);
        all.filter(|call| call.action == Action::Install && !keeps_nothing(call, &cache))
    };
    let draft = cx.report(update.head(), cache.what);
    draft.note("a later step cannot take it out of this layer again");
    draft.help(if installs().next().is_some() {
        "leave `apk update` out, and give the calls after it `--no-cache`, with which they fetch \
         the index and keep none"
    } else {
        "leave `apk update` out: with `--no-cache` the calls after it fetch the index and keep none"
    });
    let Some(gap) = without(update, step.script, &input.unit.build.file.text) else {
        return;
    };
    let mut fix =
        Fix::new("leave no index", safety(&later)).edit(input.unit.file, Edit::delete(gap));
    for call in installs() {
        let edit = Edit::insert(call.verb.range.end, " --no-cache");
        fix = fix.edit(input.unit.file, edit);
    }
    draft.fix(fix);
}

/// What happens to the cache after the step. Of downloads nothing depends on them.
fn followed(input: &DockerfileInput<'_>, index: usize, manager: Manager) -> Afterlife {
    let manager = match manager {
        Manager::Apt => packages::Manager::Apt,
        Manager::Apk => packages::Manager::Apk,
        Manager::Dnf | Manager::Zypper | Manager::Pip => return Afterlife::default(),
    };
    afterlife(&input.unit.build, input.facts, index, manager)
}

fn safety(later: &Afterlife) -> Safety {
    if later.hidden || !later.uses.is_empty() {
        Safety::Unsafe
    } else {
        Safety::Safe
    }
}

/// The call with what joins it to the next command, where that can go without a trace.
fn without(call: &Call<'_>, script: &Script, text: &str) -> Option<TextRange> {
    let own = call.command;
    let at = script.commands.iter().position(|c| std::ptr::eq(c, own))?;
    let next = script.commands.get(at + 1)?;
    let plain = [own, next]
        .iter()
        .all(|command| command.depth == 0 && !command.conditional)
        && matches!(own.joint, Joint::Start | Joint::And | Joint::Then)
        && matches!(next.joint, Joint::And | Joint::Then);
    let glue = text.get(own.range.end as usize..next.range.start as usize)?;
    let clean = glue
        .chars()
        .all(|c| c.is_whitespace() || "\\&;".contains(c));
    (plain && clean).then(|| TextRange::new(own.range.start, next.range.start))
}

/// The edit that ends a chain of `&&` with one more command; `None` for anything less plain.
fn append(command: &Command, script: &Script, text: &str, remove: &str) -> Option<Edit> {
    let Command::Shell(range) = command else {
        return None;
    };
    let plain = script.commands.iter().all(|command| {
        command.depth == 0
            && !command.conditional
            && matches!(command.joint, Joint::Start | Joint::And)
    });
    let last = script.commands.last()?;
    let source = range.of(text);
    let end = range.start + source.trim_end().len() as u32;
    // Anything after the last command (a comment, a stray operator) is for a person to see.
    if !plain || last.range.end != end {
        return None;
    }
    // A step of one line stays one line, a longer one gets a line in its own manner.
    let glue = match source.rfind('\n') {
        None => " && ".to_owned(),
        Some(at) => {
            let line = &source[at + 1..];
            let indent = &line[..line.len() - line.trim_start().len()];
            if line.trim_start().starts_with("&&") {
                format!(" \\\n{indent}&& ")
            } else {
                format!(" && \\\n{indent}")
            }
        }
    };
    Some(Edit::insert(end, format!("{glue}{remove}")))
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Safety;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn all_installations_of_a_step_are_mended_together() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN pip install -U pip && pip install --no-cache-dir a && pip install b\n")
            .flags(&["2: pip install"])
            .fixed(
                "FROM a:1\nRUN pip install --no-cache-dir -U pip && pip install --no-cache-dir a && \
                 pip install --no-cache-dir b\n",
            );
    }

    #[test]
    fn caches_that_stay_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get update \\\n    && apt-get install -y a\n")
            .flags(&["3: apt-get install"])
            .fixed(
                "FROM a:1\nRUN apt-get update \\\n    && apt-get install -y a \\\n    \
                 && rm -rf /var/lib/apt/lists/*\n",
            );
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk add curl\n")
            .flags(&["2: apk add"])
            .fixed("FROM a:1\nRUN apk add --no-cache curl\n");
        on(&RULE)
            .dockerfile("FROM a:1\nRUN pip install -r requirements.txt\n")
            .fixed("FROM a:1\nRUN pip install --no-cache-dir -r requirements.txt\n");
        on(&RULE)
            .dockerfile("FROM a:1 AS base\nRUN dnf -y install a\nFROM base\nCMD [\"a\"]\n")
            .flags(&["2: dnf -y install"]);
        let case = on(&RULE).dockerfile("FROM centos:7\nRUN yum -y install a\nCMD [\"a\"]\n");
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(help.contains("`&& yum clean all`"), "{help}");
        on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN python3 -m pip install a; apt-get update; apt-get install b\n",
            )
            .flags(&["2: python3 -m pip install", "2: apt-get install"]);
    }

    #[test]
    fn whatever_pip_is_told_of_its_cache_it_keeps_none() {
        on(&RULE)
            .dockerfile("FROM a:1\nENV PIP_NO_CACHE_DIR=off\nRUN pip install a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM registry.access.redhat.com/ubi9/python-312\nRUN pip install a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM registry.access.redhat.com/ubi9/ubi\nRUN pip install a\n")
            .flags(&["2: pip install"]);
    }

    #[test]
    fn lists_that_later_steps_need_are_not_taken_away() {
        let case = on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b\n",
            )
            .flags(&["2: apt-get install"]);
        assert!(case.findings[0].fix.is_none());
        assert_eq!(case.findings[0].related.len(), 1);
        let case = on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN apt-get update && apt-get install -y a\nCOPY x.sh /\nRUN sh /x.sh\n",
            )
            .flags(&["2: apt-get install"]);
        assert_eq!(
            case.findings[0].fix.as_ref().unwrap().safety,
            Safety::Unsafe
        );
        let case = on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN apt-get update && apt-get install -y a\n\
                 RUN apt-get update && apt-get install -y b && apt-get dist-clean\n",
            )
            .flags(&["2: apt-get install"]);
        assert_eq!(case.findings[0].fix.as_ref().unwrap().safety, Safety::Safe);
    }

    #[test]
    fn the_index_that_apk_update_writes_is_found() {
        on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN apk update \\\n  && apk upgrade \\\n  && apk add -U --no-cache a\n",
            )
            .flags(&["2: apk update"])
            .fixed("FROM a:1\nRUN apk upgrade --no-cache \\\n  && apk add -U --no-cache a\n");
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk update && apk add --no-cache a\n")
            .flags(&["2: apk update"])
            .fixed("FROM a:1\nRUN apk add --no-cache a\n");
        let case = on(&RULE)
            .dockerfile("FROM a:1\nRUN (apk update || true) && apk add --no-cache a\n")
            .flags(&["2: apk update"]);
        assert!(case.findings[0].fix.is_none());
        on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN apk update && apk add --no-cache a && rm -rf /var/cache/apk/*\n",
            )
            .clean();
        on(&RULE).dockerfile("FROM a:1\nRUN apk update\n").clean();
        let case = on(&RULE).dockerfile("FROM a:1\nRUN apk update\nRUN apk add a\n");
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(help.contains("leave out the `apk update` above"), "{help}");
    }

    #[test]
    fn clean_steps_and_stages_that_do_not_ship_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get update; apt-get install -y a; apt-get dist-clean\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk add --no-cache a && apk --no-cache add b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk add --no-network --virtual .run-deps a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk add a && rm -rf /var/cache/apk/*\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN yum install -y a && yum clean all\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN --mount=type=cache,target=/root/.cache/pip pip install a\n")
            .clean();
        on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN --mount=type=cache,target=/var/cache/apt --mount=type=cache,target=/var/lib/apt \
                 apt-get update && apt-get install a\n",
            )
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS build\nRUN apk add gcc\nFROM a:1\nCOPY --from=build /a /a\n")
            .clean();
    }
}
