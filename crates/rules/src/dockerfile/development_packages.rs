//! Development packages of JavaScript projects that are built and run in one stage.

use plimsoll_dockerfile::{Body, Build};
use plimsoll_source::Confidence;

use super::build_context::{View, listed};
use super::build_tools_in_final_image::IN_A_STAGE;
use super::facts::Facts;
use super::facts::calls::calls;
use super::facts::ecosystems::Tool;
use super::facts::installs::{Action, Install};
use super::lock_evidence::is_berry;
use crate::{Cx, DockerfileInput};

/// Development packages of a JavaScript project that is built and run in one stage.
pub(super) fn check(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    own: &dyn Fn(usize) -> bool,
    subject: &str,
) {
    let build = &input.unit.build;
    let facts = input.facts;
    let installs = || {
        facts
            .installs
            .iter()
            .filter(|one| own(one.instruction) && is_js(one))
    };
    let Some(install) = installs().find(|one| brings_development(build, one)) else {
        return;
    };
    // A later production install or a prune takes them out of what runs.
    if installs().any(|one| {
        (one.instruction, one.command) > (install.instruction, install.command)
            && !brings_development(build, one)
    }) {
        return;
    }
    let mut builds = None;
    for index in (install.instruction..build.file.instructions.len()).filter(|&index| own(index)) {
        for call in calls(build, index) {
            let has = |text: &str| call.args.iter().any(|arg| arg.text.contains(text));
            let prunes = has("prune")
                || has("deploy")
                || (call.program == "rm" && has("node_modules"))
                || call.program == "modclean";
            if prunes {
                return;
            }
            let runner = matches!(call.program, "npm" | "yarn" | "pnpm" | "bun" | "npx");
            let tool = matches!(
                call.program,
                "tsc" | "webpack" | "vite" | "ng" | "next" | "nuxt"
            );
            let after = index > install.instruction || call.number > install.command;
            // What is built in another folder is another project.
            let here = folder_of(build, index, call.number)
                == folder_of(build, install.instruction, install.command);
            if builds.is_none() && after && here && (tool || runner) && has("build") {
                builds = Some(call.range);
            }
        }
    }
    let Some(builds) = builds else { return };
    let development = View::with_content(cx.project, input.unit)
        .and_then(|view| development_packages(view, install, facts));
    let names = match &development {
        Some(names) if names.is_empty() => return,
        Some(names) => names.clone(),
        None => Vec::new(),
    };
    let place = cx.place(builds);
    let message = if names.is_empty() {
        "the development packages of the project are in the image that ships".to_owned()
    } else {
        let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
        let more = names.len().saturating_sub(3);
        if more == 0 {
            format!(
                "the development packages {} are in the image that ships",
                listed(&shown, 3)
            )
        } else {
            format!(
                "the development packages {} and {more} more are in the image that ships",
                shown
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
    };
    // Yarn 2 and later has a plugin for it.
    let is_berry = install.tool == Tool::Yarn
        && is_berry(install, &[], View::with_content(cx.project, input.unit)) == Some(true);
    let without = match install.tool {
        Tool::Yarn if is_berry => "`yarn workspaces focus --production`",
        Tool::Yarn => "`yarn install --production`",
        Tool::Pnpm => "`pnpm install --prod`",
        Tool::Bun => "`bun install --production`",
        // npm 6 and older knows another option.
        _ => "`--omit=dev` (`--production` before npm 7)",
    };
    let draft = cx
        .report(install.range, message)
        .label("installs what `devDependencies` names")
        .related(place, "the first step after it that may need them")
        .help(if serves_files(build, own) {
            format!("{IN_A_STAGE}: the files that are built, and what serves them")
        } else {
            format!("{IN_A_STAGE}; install there with {without}")
        })
        .subject(subject)
        .group("build-stage");
    if names.is_empty() {
        draft.confidence(Confidence::Medium);
    }
}

/// The folder that a step changed to with `cd` before one of its commands, as written.
fn folder_of(build: &Build, instruction: usize, command: usize) -> Option<&str> {
    let script = build.scripts[instruction].as_deref()?;
    let before = script.commands.iter().take(command).rev();
    let mut changes = before.filter(|command| command.name() == Some("cd"));
    changes.next()?.words.get(1)?.literal()
}

/// Whether the container starts a server of files, which needs nothing of the project's packages.
fn serves_files(build: &Build, own: &dyn Fn(usize) -> bool) -> bool {
    let starts = (0..build.file.instructions.len()).rfind(|&index| {
        let body = &build.file.instructions[index].body;
        own(index) && matches!(body, Body::Cmd(_) | Body::Entrypoint(_))
    });
    starts.is_some_and(|index| {
        let text = build.file.instructions[index].args.of(&build.file.text);
        let mut words = text.split(|c: char| c.is_whitespace() || "[]\",'".contains(c));
        words.any(|word| matches!(word, "serve" | "http-server"))
    })
}

fn is_js(install: &Install) -> bool {
    matches!(
        install.tool,
        Tool::Npm | Tool::Yarn | Tool::Pnpm | Tool::Bun
    ) && install.action == Action::Project
}

/// Whether an installation brings development packages.
fn brings_development(build: &Build, install: &Install) -> bool {
    let option = |names: &[&str]| names.iter().any(|name| install.has(name));
    if option(&["--production", "--prod", "-P", "--only", "--omit"]) {
        return option(&["--production=false"]);
    }
    let asked = option(&["--include", "--dev", "-D", "--production=false"]);
    let env = build.env_at(install.instruction);
    asked
        || env
            .get("NODE_ENV")
            .is_none_or(|value| value != "production")
}

/// The `devDependencies` of the project that is installed, where its manifest can be read.
fn development_packages(view: View<'_>, install: &Install, facts: &Facts) -> Option<Vec<String>> {
    let prior: Vec<_> = facts
        .copies
        .iter()
        .filter(|copy| copy.instruction < install.instruction)
        .collect();
    let dir = super::dependency_steps::project_dir(&prior, install, view)?;
    let text = view.read(&super::facts::copies::clean(&format!("{dir}/package.json")))?;
    let (_, rest) = text.split_once("\"devDependencies\"").unwrap_or(("", ""));
    let inner = rest.split_once('{').map_or("", |(_, rest)| rest);
    let inner = inner.split_once('}').map_or("", |(inner, _)| inner);
    let names = inner.split(',').filter_map(|entry| {
        let name = entry.split_once(':')?.0.trim().trim_matches('"');
        (!name.is_empty()).then(|| name.to_owned())
    });
    // Types cost nothing worth a word next to the tools.
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("@types/")).collect();
    names
        .sort_by_key(|name| !matches!(name.as_str(), "typescript" | "webpack" | "vite" | "eslint"));
    Some(names)
}
