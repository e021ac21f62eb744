//! How the command line of each tool is read.

mod compiled;
mod javascript;
mod others;
mod python;

use super::calls::{Arg, Call};
use super::ecosystems::Tool;
use super::installs::{Action, Lock, Read, Words, is_path};
use compiled::{GO_VALUED, GRADLE_VALUED, MAVEN_VALUED, cargo, go, gradle, maven};
use javascript::{NPM_VALUED, PNPM_VALUED, YARN_VALUED, bun, javascript, npm, pnpm, yarn};
use others::{BUNDLE_VALUED, DOTNET_VALUED, bundle, composer, dotnet, gem, mix};
use python::{PIP_VALUED, POETRY_VALUED, pdm, pip, pipenv, poetry, uv};

/// Tool, sorted words and meaning of a call; `None` for calls that install nothing.
pub(super) fn read<'a>(call: &Call<'a>) -> Option<(Tool, Words<'a>, Read)> {
    let program = call.program.split('@').next().unwrap_or("");
    match program {
        "npm" => javascript(call, Tool::Npm, NPM_VALUED, npm),
        "yarn" | "yarnpkg" => javascript(call, Tool::Yarn, YARN_VALUED, yarn),
        "pnpm" => javascript(call, Tool::Pnpm, PNPM_VALUED, pnpm),
        "bun" => javascript(call, Tool::Bun, PNPM_VALUED, bun),
        "uv" => uv(call),
        "poetry" => simple(call, Tool::Poetry, POETRY_VALUED, poetry),
        "pdm" => simple(call, Tool::Pdm, &["-p", "-G", "--project", "--group"], pdm),
        "pipenv" => simple(call, Tool::Pipenv, &["--python", "--categories"], pipenv),
        "pip-sync" => {
            let words = Words::of(call, PIP_VALUED);
            let mut read = Read::new(Action::Project, Lock::None);
            read.files = words.plain.iter().map(|arg| arg.text.into()).collect();
            Some((Tool::Pip, words, read))
        }
        "go" => simple(call, Tool::Go, GO_VALUED, go),
        "cargo" => cargo(call),
        "mvn" | "mvnw" => simple(call, Tool::Maven, MAVEN_VALUED, maven),
        "gradle" | "gradlew" => simple(call, Tool::Gradle, GRADLE_VALUED, gradle),
        "bundle" | "bundler" => simple(call, Tool::Bundler, BUNDLE_VALUED, bundle),
        "gem" => simple(call, Tool::Gem, &["-v", "--version", "-i", "-n"], gem),
        "composer" | "composer.phar" => {
            simple(call, Tool::Composer, &["-d", "--working-dir"], composer)
        }
        "dotnet" => simple(call, Tool::Dotnet, DOTNET_VALUED, dotnet),
        "mix" => simple(call, Tool::Mix, &["--only"], mix),
        _ if is_pip(program) => {
            let words = Words::of(call, PIP_VALUED);
            let read = pip(&words)?;
            Some((Tool::Pip, words, read))
        }
        _ => None,
    }
}

fn simple<'a>(
    call: &Call<'a>,
    tool: Tool,
    valued: &[&str],
    meaning: fn(&Words<'a>) -> Option<Read>,
) -> Option<(Tool, Words<'a>, Read)> {
    let words = Words::of(call, valued);
    if words.has("--help") || words.has("--version") {
        return None;
    }
    let read = meaning(&words)?;
    Some((tool, words, read))
}

fn is_pip(program: &str) -> bool {
    program
        .strip_prefix("pip")
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Packages that the command line names, or folders and files.
fn named(names: &[Arg<'_>], lock: Lock) -> Read {
    let local = names.iter().any(|arg| is_path(arg.text));
    Read::new(if local { Action::Local } else { Action::Named }, lock)
}
