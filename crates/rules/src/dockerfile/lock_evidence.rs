//! What is known of a project's lock file when a build step installs, and of settings that make
//! the step keep to it.

use plimsoll_dockerfile::{Build, Mount, Stage};
use plimsoll_source::files::file_name;

use super::build_context::View;
use super::dependency_steps::project_dir;
use super::facts::Facts;
use super::facts::copies::{Copied, Source, Whence, clean};
use super::facts::ecosystems::{Tool, meets};
use super::facts::installs::Install;
use super::shipped::lineage;

/// What is known of the lock file when the step runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum LockFile {
    /// It is there: its name, and whether that is certain.
    There(String, bool),
    /// It exists in the context and is not copied.
    Left(String),
    /// The project has none.
    None,
    Unknown,
}

pub(crate) fn lock_file(
    build: &Build,
    facts: &Facts,
    prior: &[&Copied],
    install: &Install,
    view: Option<View<'_>>,
) -> LockFile {
    let locks = install.tool.knowledge().locks;
    let line = build
        .stage_of(install.instruction)
        .map(|stage| lineage(build, stage));
    let from_elsewhere = facts.copies.iter().any(|copy| {
        copy.instruction < install.instruction
            && matches!(
                copy.whence,
                Whence::Stage(_) | Whence::Remote | Whence::Inline
            )
            && line.as_ref().is_some_and(|line| {
                line.iter()
                    .any(|stage| stage.instructions.contains(&copy.instruction))
            })
    });
    if let Some(view) = view
        && let Some(dir) = project_dir(prior, install, view)
    {
        return in_context(build, prior, install, view, &dir, from_elsewhere);
    }
    // What is fetched has a lock file of its own, or none.
    if line.is_some_and(|line| clones(build, &line, install.instruction)) {
        return LockFile::Unknown;
    }
    let sources = || prior.iter().flat_map(|copy| &copy.sources);
    let named = locks
        .iter()
        .find(|lock| sources().any(|source| source.name().trim_end_matches('*') == **lock));
    if let Some(lock) = named {
        return LockFile::There((*lock).to_owned(), true);
    }
    // A pattern takes nothing from a folder that has nothing of the name.
    let is_there = |lock: &str| {
        view.is_none_or(|view| {
            let files = &view.context.everything(view.project).files;
            files.iter().any(|file| file_name(&file.path) == lock)
        })
    };
    let fits = |lock: &&&str| is_there(lock) && sources().any(|source| meets(source.name(), lock));
    if let Some(lock) = locks.iter().find(fits) {
        // `package*.json`, or the whole context: it is there if the project has one.
        return LockFile::There((*lock).to_owned(), false);
    }
    if is_there(locks[0]) && sources().any(Source::is_whole) {
        return LockFile::There(locks[0].to_owned(), false);
    }
    LockFile::Unknown
}

/// Whether a step of these stages before `end` clones a repository.
fn clones(build: &Build, line: &[&Stage], end: usize) -> bool {
    let before = line.iter().flat_map(|stage| stage.instructions.clone());
    before.filter(|&index| index < end).any(|index| {
        let script = build.scripts[index].as_deref();
        let mut commands = script.into_iter().flat_map(|script| &script.commands);
        commands.any(|command| command.name() == Some("git") && command.has_arg("clone"))
    })
}

/// The lock file of the project in folder `dir` of the context, or of the workspace around it.
fn in_context(
    build: &Build,
    prior: &[&Copied],
    install: &Install,
    view: View<'_>,
    dir: &str,
    from_elsewhere: bool,
) -> LockFile {
    let known = install.tool.knowledge();
    let lock_in = |dir: &str| {
        let paths = known
            .locks
            .iter()
            .map(|lock| clean(&format!("{dir}/{lock}")));
        paths.into_iter().find(|path| view.has(path))
    };
    let is_taken = |path: &str| takes(prior, path) || mounts(build, install, path);
    if let Some(path) = lock_in(dir) {
        return if is_taken(&path) {
            LockFile::There(path, true)
        } else if from_elsewhere {
            LockFile::Unknown
        } else {
            LockFile::Left(path)
        };
    }
    let mut above = dir;
    while !above.is_empty() {
        above = above.rsplit_once('/').map_or("", |(above, _)| above);
        if let Some(path) = lock_in(above) {
            // Whether the project belongs to the workspace up there is not known; without the
            // workspace's own manifest the lock file is of no use to it.
            let of_it = |name: &String| {
                known.manifests.iter().any(|pattern| meets(pattern, name))
                    && is_taken(&clean(&format!("{above}/{name}")))
            };
            return if is_taken(&path) && view.names(above).iter().any(of_it) {
                LockFile::There(path, true)
            } else {
                LockFile::Unknown
            };
        }
    }
    let is_manifest = |name: &String| known.manifests.iter().any(|pattern| meets(pattern, name));
    if from_elsewhere || !view.names(dir).iter().any(is_manifest) {
        return LockFile::Unknown;
    }
    LockFile::None
}

/// Whether one of the COPY instructions takes the file.
fn takes(prior: &[&Copied], path: &str) -> bool {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    prior.iter().flat_map(|copy| &copy.sources).any(|source| {
        let (of, last) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
        source.is_whole()
            || !source.known
            || path == source.path
            || path
                .strip_prefix(&*source.path)
                .is_some_and(|rest| rest.starts_with('/'))
            || (meets(of, dir) && meets(last, name))
    })
}

/// Whether the step itself mounts the file from the context.
fn mounts(build: &Build, install: &Install, path: &str) -> bool {
    build.file.instructions[install.instruction]
        .flags_named("mount")
        .filter_map(Mount::read)
        .filter(|mount| matches!(&*mount.kind, "" | "bind") && mount.from.is_none())
        .any(|mount| {
            let source = mount
                .source
                .map_or(String::new(), |word| clean(&word.value));
            source.is_empty() || path == source || path.starts_with(&format!("{source}/"))
        })
}

/// Whether the environment, an earlier command or a settings file makes the tool strict.
pub(crate) fn is_strict_by_settings(
    build: &Build,
    install: &Install,
    prior: &[&Copied],
    view: Option<View<'_>>,
) -> bool {
    let names: &[&str] = match install.tool {
        Tool::Uv => &["UV_LOCKED", "UV_FROZEN"],
        Tool::Pnpm => &[
            "CI",
            "NPM_CONFIG_FROZEN_LOCKFILE",
            "npm_config_frozen_lockfile",
        ],
        Tool::Yarn => &["CI", "YARN_ENABLE_IMMUTABLE_INSTALLS"],
        Tool::Bundler => &["BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"],
        Tool::Pdm => &["PDM_FROZEN_LOCKFILE"],
        _ => &[],
    };
    let on = |value: &str| !matches!(value, "" | "0" | "false" | "no" | "off");
    let script = build.scripts[install.instruction].as_deref();
    let assigned = script.is_some_and(|script| {
        script
            .commands
            .iter()
            .flat_map(|command| &command.assignments)
            .any(|(name, value)| names.contains(&&**name) && on(value.literal().unwrap_or("1")))
    });
    if assigned {
        return true;
    }
    if !names.is_empty() {
        let env = build.env_at(install.instruction);
        if names
            .iter()
            .any(|name| env.get(*name).is_some_and(|value| on(value)))
        {
            return true;
        }
    }
    // `bundle config set frozen true`, `pnpm config set frozen-lockfile true`, …
    let says = |text: &str| {
        ["frozen", "immutable", "deployment"]
            .iter()
            .any(|word| text.contains(word))
    };
    let Some(stage) = build.stage_of(install.instruction) else {
        return false;
    };
    let configured = build
        .instructions_of(stage, true)
        .take_while(|(index, _)| *index <= install.instruction)
        .filter_map(|(index, _)| build.scripts[index].as_deref())
        .flat_map(|script| &script.commands)
        .any(|command| {
            command.has_arg("config") && command.words.iter().any(|word| says(word.text()))
        });
    if configured {
        return true;
    }
    let files: &[&str] = match install.tool {
        Tool::Yarn => &[".yarnrc", ".yarnrc.yml"],
        Tool::Pnpm => &[".npmrc", "pnpm-workspace.yaml"],
        Tool::Bun => &["bunfig.toml"],
        Tool::Bundler => &[".bundle/config"],
        _ => &[],
    };
    let Some(view) = view else { return false };
    let Some(dir) = project_dir(prior, install, view) else {
        return false;
    };
    files.iter().any(|file| {
        let text = view.read(&clean(&format!("{dir}/{file}")));
        text.is_some_and(|text| says(&text.to_ascii_lowercase()))
    })
}

/// Whether the project is of Yarn 2 or later, where that can be told.
pub(crate) fn is_berry(
    install: &Install,
    prior: &[&Copied],
    view: Option<View<'_>>,
) -> Option<bool> {
    let named = |name: &str| {
        prior
            .iter()
            .flat_map(|copy| &copy.sources)
            .any(|source| source.name() == name)
    };
    if named(".yarnrc.yml") || named(".yarn") {
        return Some(true);
    }
    let view = view?;
    let dir = project_dir(prior, install, view)?;
    if view.has(&clean(&format!("{dir}/.yarnrc.yml"))) {
        return Some(true);
    }
    let lock = view.read(&clean(&format!("{dir}/yarn.lock")))?;
    let start: String = lock.chars().take(400).collect();
    if start.contains("yarn lockfile v1") {
        Some(false)
    } else {
        start.contains("__metadata").then_some(true)
    }
}
