//! Which package manager installs, by `packageManager`, lock files and settings.

use super::Project;
use crate::detect::constraint::numbers;
use crate::detect::files::{below, relative};
use crate::model::{Evidence, Known, NodeManager};

/// Lock files, those that decide first.
pub(super) const LOCKS: &[&str] = &[
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "yarn.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
];

/// How a package is installed.
pub(super) struct Managed {
    pub(super) manager: Known<NodeManager>,
    pub(super) version: Option<Known<String>>,
    pub(super) lock: Option<String>,
    /// Files that installing needs, relative to the context.
    pub(super) manifests: Vec<String>,
}

/// Finds it.
pub(super) fn find(project: &Project<'_>) -> Managed {
    let files = project.cx.files;
    let context = &project.context;
    let lock = files.first(context, LOCKS);
    let field = project
        .package
        .manager
        .as_ref()
        .or_else(|| project.workspace.as_ref()?.manager.as_ref());
    let (manager, version) = match (field.and_then(named), &lock) {
        (Some((manager, version)), lock) => {
            let manager = match lock {
                Some(lock) if fits(manager.value, lock) => {
                    manager.and(Evidence::file(lock, "there is its lock file"))
                }
                _ => manager,
            };
            (manager, version)
        }
        (None, Some(lock)) => by_lock(project, lock),
        (None, None) => (without_lock(project), None),
    };
    // A lock file of another manager is of no use.
    let lock = LOCKS
        .iter()
        .map(|name| below(context, name))
        .find(|path| files.has(path) && fits(manager.value, path));
    let version = version.or_else(|| engine(project, manager.value));
    let mut manifests = vec![relative(&project.package.path, context)];
    let mut add = |path: String| {
        let local = relative(&path, context);
        if !manifests.contains(&local) {
            manifests.push(local);
        }
    };
    if let Some(root) = &project.workspace {
        add(root.path.clone());
        for member in root.members(files) {
            add(below(&member, "package.json"));
        }
    }
    for member in project.package.members(files) {
        add(below(&member, "package.json"));
    }
    for name in [
        "pnpm-workspace.yaml",
        ".npmrc",
        ".yarnrc.yml",
        ".yarnrc",
        "bunfig.toml",
        ".pnpmfile.cjs",
    ] {
        if files.has(&below(context, name)) {
            add(below(context, name));
        }
    }
    for name in [
        "patches",
        ".yarn/releases",
        ".yarn/plugins",
        ".yarn/patches",
    ] {
        if files.has_folder(&below(context, name)) {
            add(below(context, name));
        }
    }
    if let Some(lock) = &lock {
        add(lock.clone());
    }
    Managed {
        manager,
        version,
        lock: lock.map(|lock| relative(&lock, context)),
        manifests,
    }
}

/// What `packageManager` names, such as `pnpm@9.1.0+sha512.…`.
fn named(field: &Known<String>) -> Option<(Known<NodeManager>, Option<Known<String>>)> {
    let (name, version) = field.value.split_once('@').unwrap_or((&field.value, ""));
    let version = version.split('+').next().unwrap_or_default();
    let manager = match name {
        "npm" => NodeManager::Npm,
        "pnpm" => NodeManager::Pnpm,
        "yarn" if numbers(version).first().is_some_and(|major| *major < 2) => NodeManager::Yarn,
        "yarn" => NodeManager::YarnBerry,
        "bun" => NodeManager::Bun,
        _ => return None,
    };
    let stated = field.clone().map(|_| manager);
    let version = (!numbers(version).is_empty()).then(|| field.clone().map(|_| version.to_owned()));
    Some((stated, version))
}

fn fits(manager: NodeManager, lock: &str) -> bool {
    let name = plimsoll_source::files::file_name(lock);
    match manager {
        NodeManager::Npm => matches!(name, "package-lock.json" | "npm-shrinkwrap.json"),
        NodeManager::Pnpm => name == "pnpm-lock.yaml",
        NodeManager::Yarn | NodeManager::YarnBerry => name == "yarn.lock",
        NodeManager::Bun => matches!(name, "bun.lock" | "bun.lockb"),
    }
}

fn by_lock(project: &Project<'_>, lock: &str) -> (Known<NodeManager>, Option<Known<String>>) {
    let files = project.cx.files;
    let name = plimsoll_source::files::file_name(lock);
    let stated = |manager| {
        Known::stated(
            manager,
            Evidence::file(lock, format!("there is a `{name}`")),
        )
    };
    match name {
        "pnpm-lock.yaml" => (stated(NodeManager::Pnpm), pnpm_version(project, lock)),
        "bun.lock" | "bun.lockb" => (stated(NodeManager::Bun), None),
        "yarn.lock" => {
            let text = files.text(lock);
            let head = text.map_or("", |text| &text.text[..text.text.len().min(4096)]);
            let berry = head.contains("__metadata:")
                || text.is_none() && files.has(&below(&project.context, ".yarnrc.yml"));
            if berry || files.has(&below(&project.context, ".yarnrc.yml")) {
                (stated(NodeManager::YarnBerry), yarn_version(project))
            } else {
                (stated(NodeManager::Yarn), None)
            }
        }
        _ => (stated(NodeManager::Npm), None),
    }
}

/// The release of pnpm that writes this format of the lock file.
fn pnpm_version(project: &Project<'_>, lock: &str) -> Option<Known<String>> {
    let text = project.cx.files.text(lock)?;
    let line = text
        .text
        .lines()
        .position(|line| line.starts_with("lockfileVersion"))?;
    let format = text
        .text
        .lines()
        .nth(line)?
        .split_once(':')?
        .1
        .trim()
        .trim_matches(['\'', '"']);
    let version = match numbers(format).first()? {
        9 => "10",
        6 => "8",
        5 => "7",
        _ => return None,
    };
    let evidence = Evidence::line(
        lock,
        line as u32 + 1,
        format!("the lock file has the format {format}"),
    );
    Some(Known::likely(version.to_owned(), evidence))
}

/// The release that `.yarnrc.yml` points to.
fn yarn_version(project: &Project<'_>) -> Option<Known<String>> {
    let path = below(&project.context, ".yarnrc.yml");
    let text = project.cx.files.text(&path)?;
    let line = text
        .text
        .lines()
        .position(|line| line.starts_with("yarnPath"))?;
    let version = text
        .text
        .lines()
        .nth(line)?
        .rsplit_once("yarn-")?
        .1
        .split(".cjs")
        .next()?
        .to_owned();
    Some(Known::stated(
        version,
        Evidence::line(&path, line as u32 + 1, "`yarnPath` is set"),
    ))
}

fn without_lock(project: &Project<'_>) -> Known<NodeManager> {
    let files = project.cx.files;
    for (tool, manager) in [
        ("pnpm", NodeManager::Pnpm),
        ("bun", NodeManager::Bun),
        ("yarn", NodeManager::YarnBerry),
    ] {
        let engine = project.package.engines.get(tool);
        let engine = engine.or_else(|| project.workspace.as_ref()?.engines.get(tool));
        if let Some(engine) = engine {
            return Known::stated(manager, engine.evidence[0].clone());
        }
    }
    let by_file = [
        ("pnpm-workspace.yaml", NodeManager::Pnpm),
        (".yarnrc.yml", NodeManager::YarnBerry),
        ("bunfig.toml", NodeManager::Bun),
    ];
    for (name, manager) in by_file {
        let path = below(&project.context, name);
        if files.has(&path) {
            return Known::stated(
                manager,
                Evidence::file(path, format!("there is a `{name}`")),
            );
        }
    }
    let bun = project
        .package
        .scripts
        .get("start")
        .filter(|script| script.text.starts_with("bun "));
    if let Some(script) = bun {
        return Known::likely(NodeManager::Bun, script.evidence.clone());
    }
    Known::likely(
        NodeManager::Npm,
        Evidence::file(
            &project.package.path,
            "there is a `package.json` and no lock file",
        ),
    )
}

fn engine(project: &Project<'_>, manager: NodeManager) -> Option<Known<String>> {
    let tool = match manager {
        NodeManager::Npm => "npm",
        NodeManager::Pnpm => "pnpm",
        NodeManager::Yarn | NodeManager::YarnBerry => "yarn",
        NodeManager::Bun => "bun",
    };
    let own = project.package.engines.get(tool);
    let known = own.or_else(|| project.workspace.as_ref()?.engines.get(tool))?;
    let major = numbers(
        known
            .value
            .trim_start_matches(['>', '<', '=', '^', '~', ' ']),
    )
    .first()?
    .to_string();
    Some(known.clone().map(|_| major))
}
