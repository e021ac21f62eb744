//! Steps that change a project's manifests between the COPY that brings them and the installation.

use plimsoll_dockerfile::Build;
use plimsoll_source::TextRange;

use super::build_context::View;
use super::facts::Facts;
use super::facts::calls::{Call, calls};
use super::facts::copies::Copied;
use super::facts::folders::join;
use super::facts::installs::Install;
use super::shipped::lineage;

/// A command that changes what an installation reads.
pub(crate) struct Changer {
    /// What it is called: `patch`, `git apply`.
    pub(crate) name: String,
    /// Where.
    pub(crate) range: TextRange,
}

/// The first command after `copy` and before `install` that changes the manifests.
pub(crate) fn changer(
    build: &Build,
    facts: &Facts,
    view: Option<View<'_>>,
    copy: &Copied,
    install: &Install,
) -> Option<Changer> {
    let stage = build.stage_of(install.instruction)?;
    let line = lineage(build, stage);
    let until = install.instruction;
    let between = (copy.instruction + 1..=until)
        .filter(|index| line.iter().any(|stage| stage.instructions.contains(index)));
    between
        .flat_map(|index| {
            calls(build, index)
                .into_iter()
                .map(move |call| (index, call))
        })
        .filter(|(index, call)| *index < until || call.range.end <= install.range.start)
        .find_map(|(index, call)| {
            let name = changes(facts, view, index, &call, install)?;
            Some(Changer {
                name,
                range: call.range,
            })
        })
}

/// What the call is, if it changes the manifests of the installation.
fn changes(
    facts: &Facts,
    view: Option<View<'_>>,
    index: usize,
    call: &Call<'_>,
    install: &Install,
) -> Option<String> {
    let is_manifest = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or("");
        install.tool.reads(name) || install.files.iter().any(|file| file.ends_with(name))
    };
    let named = || {
        call.args
            .iter()
            .any(|arg| arg.literal && is_manifest(arg.text))
    };
    let first = call.args.first().map_or("", |arg| arg.text);
    // What a patch is about stands in it.
    let touches = || {
        let redirects = call.command.map_or(&[][..], |command| &command.redirects);
        let input = redirects.iter().filter(|redirect| redirect.operator == "<");
        let words = input
            .filter_map(|redirect| redirect.target.literal())
            .chain(call.args.iter().map(|arg| arg.text));
        let folder = facts.folders.at(index);
        let texts: Vec<String> = words
            .filter_map(|word| {
                let path = view?.laid(facts.copies.iter(), &join(folder, word))?;
                view?.read(&path)
            })
            .collect();
        let tells = |text: &String| {
            let lines = text.lines().filter(|line| line.starts_with("+++ "));
            lines.into_iter().any(|line| is_manifest(line.trim_end()))
        };
        texts.is_empty() || texts.iter().any(tells)
    };
    match call.program {
        "patch" if touches() => Some("patch".to_owned()),
        "git" if matches!(first, "apply" | "am") && touches() => Some(format!("git {first}")),
        "sed" | "perl" if call.args.iter().any(|arg| arg.text.starts_with("-i")) && named() => {
            Some(call.program.to_owned())
        }
        "cp" | "mv" => {
            let last = call
                .args
                .last()
                .filter(|arg| arg.literal && is_manifest(arg.text));
            last.map(|_| call.program.to_owned())
        }
        _ => {
            let redirects = call.command.map_or(&[][..], |command| &command.redirects);
            let written = redirects.iter().any(|redirect| {
                redirect.operator.starts_with('>')
                    && redirect.target.literal().is_some_and(is_manifest)
            });
            written.then(|| call.program.to_owned())
        }
    }
}
