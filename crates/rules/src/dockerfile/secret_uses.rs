//! Whether a build needs a secret that a COPY takes along: then leaving it out would break the
//! build, or change what it makes.

use plimsoll_dockerfile::{Body, Build, Command};
use plimsoll_project::{DockerfileUnit, Project};
use plimsoll_source::TextRange;
use plimsoll_source::files::file_name;

use super::build_context::{View, below};
use super::facts::Facts;
use super::facts::calls::{Call, calls};
use super::facts::copies::{Copied, Source, Whence};
use super::facts::folders::{join, of_calls};
use super::shipped::lineage;

/// The most Dockerfiles of one context that are looked at.
const MOST: usize = 40;

/// What is done with a file that a COPY takes along.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum How {
    /// A step reads it, and is done with it.
    Reads,
    /// A step reads settings out of it and writes their values into the image.
    Caches,
    /// A step makes it a part of what it builds.
    Packs,
    /// It is copied on by its name, which ships it on purpose.
    CopiesOn,
    /// The container starts with it.
    Starts,
    /// A step only adds lines to it.
    Adds,
}

/// A later use of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Use {
    pub(crate) how: How,
    pub(crate) range: TextRange,
}

/// How the file at `path` of the context, which `source` of `copy` takes, is used later: by a
/// step that names it or reads it by convention, by what the container starts, or by a COPY from
/// the stage. What only adds to it counts where nothing reads it.
pub(crate) fn used(
    build: &Build,
    facts: &Facts,
    view: View<'_>,
    (copy, source): (&Copied, &Source),
    path: &str,
) -> Option<Use> {
    let stage = build.stage_of(copy.instruction)?;
    let top = if source.is_whole() { "" } else { &*source.path };
    let inner = if top.is_empty() {
        path
    } else {
        below(top, path)?
    };
    // What the COPY names itself keeps its name in a folder.
    let inner = if inner.is_empty() && copy.dest.ends_with('/') {
        source.name()
    } else {
        inner
    };
    let file = join(&copy.dest, inner);
    let end = build.file.instructions.len();
    let mut adds = None;
    let found = (copy.instruction + 1..end).find_map(|index| {
        let at = build.stage_of(index)?;
        let own = lineage(build, at)
            .iter()
            .any(|one| one.index == stage.index);
        let instruction = &build.file.instructions[index];
        match &instruction.body {
            Body::Run(_) if own => {
                let found = in_run(build, facts, index, &file, view, path);
                adds = adds.or(found.filter(|found| found.how == How::Adds));
                found.filter(|found| found.how != How::Adds)
            }
            Body::Cmd(command) | Body::Entrypoint(command) if own => {
                in_start(build, facts, index, command, &file).then_some(Use {
                    how: How::Starts,
                    range: instruction.range,
                })
            }
            Body::Copy(_) => {
                let copy = facts.copy_at(index)?;
                let from = copy.whence == Whence::Stage(stage.index);
                let named = copy.sources.iter().find(|source| source.path == file);
                named.filter(|_| from).map(|source| Use {
                    how: How::CopiesOn,
                    range: source.range,
                })
            }
            _ => None,
        }
    });
    found.or(adds)
}

/// The Dockerfile, another one than `unit` with the same context, whose build needs the file at
/// `path`: what hides the file from one build hides it from all.
pub(crate) fn used_by_another(
    project: &Project,
    unit: &DockerfileUnit,
    view: View<'_>,
    path: &str,
) -> Option<String> {
    let shares = |other: &&DockerfileUnit| {
        let context = project.context_of(other);
        other.file != unit.file
            && context.is_some_and(|context| std::ptr::eq(context, view.context))
    };
    let needs = |other: &&DockerfileUnit| {
        let facts = Facts::new(&other.build);
        facts.copies.iter().any(|copy| {
            copy.whence == Whence::Context
                && copy.sources.iter().any(|source| {
                    source.path == path
                        || used(&other.build, &facts, view, (copy, source), path).is_some()
                })
        })
    };
    let others = project.dockerfiles.iter().filter(shares).take(MOST);
    let other = others.into_iter().find(needs)?;
    Some(project.path(other.file).to_owned())
}

fn in_run(
    build: &Build,
    facts: &Facts,
    index: usize,
    file: &str,
    view: View<'_>,
    path: &str,
) -> Option<Use> {
    let calls = calls(build, index);
    let at = of_calls(facts.folders.at(index), &calls);
    let uses = calls.iter().zip(&at).filter_map(|(call, folder)| {
        let folder = folder.as_deref()?;
        let how = if names(call, folder, file) {
            match call.program {
                "cp" | "mv" | "install" | "ln" => How::CopiesOn,
                _ => How::Reads,
            }
        } else if redirects(call, "<", folder, file) {
            How::Reads
        } else if let Some(how) = by_convention(call, folder, file) {
            how
        } else if packs(call, path) || publishes(call, folder, file, view, path) {
            How::Packs
        } else if bundles(call, folder, file, view, path) {
            How::Reads
        } else if redirects(call, ">>", folder, file) {
            How::Adds
        } else {
            return None;
        };
        Some(Use {
            how,
            range: call.range,
        })
    });
    let mut adds = None;
    for found in uses {
        if found.how != How::Adds {
            return Some(found);
        }
        adds = adds.or(Some(found));
    }
    adds
}

/// Whether a word of the call is the file, as something to read.
fn names(call: &Call<'_>, folder: &str, file: &str) -> bool {
    let count = match call.program {
        // Their last word is written to.
        "cp" | "mv" | "install" | "ln" => call.args.len().saturating_sub(1),
        "rm" | "unlink" | "shred" | "touch" => 0,
        _ => call.args.len(),
    };
    call.args[..count].iter().any(|arg| {
        let value = arg.text.rsplit('=').next().unwrap_or(arg.text);
        arg.literal && !value.is_empty() && join(folder, value) == file
    })
}

/// Whether the call reads from the file (`<`) or adds to it (`>>`).
fn redirects(call: &Call<'_>, operator: &str, folder: &str, file: &str) -> bool {
    let redirects = call.command.map_or(&[][..], |command| &command.redirects);
    redirects.iter().any(|redirect| {
        let target = redirect.target.literal();
        redirect.operator == operator && target.is_some_and(|target| join(folder, target) == file)
    })
}

/// How the call reads an `.env` of its folder without naming it, if it does. Laravel writes the
/// values that it finds to `bootstrap/cache`, and Symfony's `dump-env` to `.env.local.php`.
fn by_convention(call: &Call<'_>, folder: &str, file: &str) -> Option<How> {
    let first = call.args.first().map_or("", |arg| arg.text);
    let any = |names: &[&str]| call.args.iter().any(|arg| names.contains(&arg.text));
    let caches = || any(&["optimize", "config:cache"]).then_some(How::Caches);
    let how = match call.program {
        "artisan" => caches(),
        "php" if first == "artisan" => caches(),
        "php" => first.ends_with("bin/console").then_some(How::Reads),
        "composer" => any(&["dump-env"]).then_some(How::Caches),
        "console" => Some(How::Reads),
        _ => None,
    };
    how.filter(|_| is_settings_of(folder, file))
}

/// Whether the file is one of the `.env` files of a folder.
fn is_settings_of(folder: &str, file: &str) -> bool {
    file_name(file).starts_with(".env") && join(folder, file_name(file)) == file
}

/// Whether the call packs the file into the program: a resource of a Java project.
fn packs(call: &Call<'_>, path: &str) -> bool {
    path.contains("src/main/resources/")
        && matches!(call.program, "mvn" | "mvnw" | "gradle" | "gradlew" | "sbt")
}

/// Whether the call builds a .NET project around the file whose description names it.
fn publishes(call: &Call<'_>, folder: &str, file: &str, view: View<'_>, path: &str) -> bool {
    let builds = call
        .args
        .first()
        .is_some_and(|arg| matches!(arg.text, "build" | "publish" | "pack"));
    if call.program != "dotnet" || !builds {
        return false;
    }
    let projects = call
        .args
        .iter()
        .skip(1)
        .filter(|arg| arg.text.ends_with("proj"));
    let mut folders: Vec<String> = projects
        .map(|arg| {
            let project = join(folder, arg.text.trim_matches('"'));
            project
                .rsplit_once('/')
                .map_or("", |(dir, _)| dir)
                .to_owned()
        })
        .collect();
    if folders.is_empty() {
        folders.push(folder.to_owned());
    }
    // The nearest folder above the file that holds a project says whether it belongs to it.
    folders.iter().any(|top| below(top, file).is_some()) && {
        let mut dir = path;
        loop {
            dir = dir.rsplit_once('/').map_or("", |(dir, _)| dir);
            let names = view.names(dir);
            if let Some(project) = names.iter().find(|name| name.ends_with("proj")) {
                let text = view.read(&join(dir, project)).unwrap_or_default();
                break text.contains(file_name(path));
            }
            if dir.is_empty() {
                break false;
            }
        }
    }
}

/// Whether the call is the build of a JavaScript project whose tool reads the `.env` beside its
/// manifest.
fn bundles(call: &Call<'_>, folder: &str, file: &str, view: View<'_>, path: &str) -> bool {
    const TOOLS: &[&str] = &[
        "\"@vue/cli-service\"",
        "\"astro\"",
        "\"next\"",
        "\"nuxt\"",
        "\"react-scripts\"",
        "\"vite\"",
    ];
    let runner = matches!(call.program, "npm" | "yarn" | "pnpm" | "bun" | "npx");
    let builds = call.args.iter().any(|arg| arg.text.contains("build"));
    if !runner || !builds || !is_settings_of(folder, file) {
        return false;
    }
    let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let manifest = view.read(&join(dir, "package.json")).unwrap_or_default();
    TOOLS.iter().any(|tool| manifest.contains(tool))
}

/// Whether what the container starts names the file.
fn in_start(build: &Build, facts: &Facts, index: usize, command: &Command, file: &str) -> bool {
    let folder = facts.folders.at(index);
    let is = |word: &str| {
        let value = word.rsplit('=').next().unwrap_or(word);
        !value.is_empty() && join(folder, value) == file
    };
    match (command, &build.scripts[index]) {
        (_, Some(script)) => script
            .commands
            .iter()
            .flat_map(|command| &command.words)
            .any(|word| word.literal().is_some_and(is)),
        (Command::Exec(words), None) => words.iter().any(|word| is(&word.value)),
        _ => false,
    }
}
