//! Workspaces of JavaScript projects whose members are built with a context of their own, though
//! what their installation needs lies above it.

use plimsoll_source::files::{file_name, join, parent};

use super::build_context::{View, below, listed};
use super::facts::copies::Copied;
use super::facts::ecosystems::{Tool, meets};
use super::facts::installs::Install;
use super::manifest_files::brings;

/// The most manifests that are searched for a name.
const MAX_MANIFESTS: usize = 100;

/// The most folders above a context that are looked at.
const MAX_UP: usize = 8;

/// What to copy first where the project in `dir` of the context has no lock file, and belongs to a
/// workspace above that has one.
pub(crate) fn advice_for_member(tool: Tool, view: View<'_>, dir: &str) -> Option<String> {
    if !matches!(tool, Tool::Npm | Tool::Yarn | Tool::Pnpm | Tool::Bun) {
        return None;
    }
    let is_lock = |name: &&String| tool.knowledge().locks.iter().any(|lock| meets(lock, name));
    if view.names(dir).iter().any(|name| is_lock(&name)) {
        return None;
    }
    let mut folder = join(&view.context.dir, dir)?;
    for _ in 0..MAX_UP {
        if folder.is_empty() {
            return None;
        }
        folder = parent(&folder).to_owned();
        let listing = view.project.tree.list(&folder).ok()?;
        let names: Vec<String> = listing.iter().map(|entry| entry.name.clone()).collect();
        let Some(lock) = names.iter().find(is_lock) else {
            continue;
        };
        if !is_workspace(tool, view, &folder, &names) {
            return None;
        }
        let mut files = vec!["package.json", lock];
        let settings = (tool == Tool::Pnpm).then_some("pnpm-workspace.yaml");
        files.extend(settings);
        let root = match &*folder {
            "" => "the root of the repository".to_owned(),
            folder => format!("`{folder}`"),
        };
        let fetch = match tool {
            Tool::Pnpm => format!("; or copy `{lock}` alone for `pnpm fetch`"),
            _ => String::new(),
        };
        return Some(format!(
            "copy {} of the workspace and the `package.json` of its members first, install, then \
             copy the rest{fetch}; the context has to be {root} for that",
            listed(&files, 6)
        ));
    }
    None
}

/// The folder of the project that pnpm is told to install (`--filter NAME`), where the lock file has
/// nothing of it.
pub(crate) fn not_in_lock(
    view: View<'_>,
    install: &Install,
    prior: &[&Copied],
    lock: &str,
) -> Option<String> {
    if install.tool != Tool::Pnpm {
        return None;
    }
    let apart = install.values.iter();
    let apart = apart.filter(|(option, _)| matches!(&**option, "--filter" | "-F"));
    let joined = install.options.iter();
    let joined = joined.filter_map(|option| option.strip_prefix("--filter="));
    let filter = apart.map(|(_, value)| &**value).chain(joined).next()?;
    let name = filter.trim_matches(|c: char| "\"'.^".contains(c));
    let is_it = |path: &str| {
        let text = view.read(path).unwrap_or_default();
        let after = text.split_once("\"name\"").map(|(_, rest)| rest);
        after.and_then(|rest| rest.split('"').nth(1)) == Some(name)
    };
    let manifests = view.visible().files.iter().map(|file| &*file.path);
    let mut manifests = manifests
        .filter(|path| file_name(path) == "package.json")
        .filter(|path| prior.iter().any(|copy| brings(copy, path)))
        .take(MAX_MANIFESTS);
    let folder = parent(manifests.find(|path| is_it(path))?);
    let top = parent(lock);
    let inner = if top.is_empty() {
        folder
    } else {
        below(top, folder)?
    };
    let text = view.read(lock)?;
    let entry = |line: &str| line.trim_end().trim_matches(['\'', '"', ' ', ':']) == inner;
    let known = text.lines().any(|line| {
        let indented = line.starts_with("  ") && !line.starts_with("   ");
        indented && line.trim_end().ends_with(':') && entry(line)
    });
    (!inner.is_empty() && !known).then(|| inner.to_owned())
}

fn is_workspace(tool: Tool, view: View<'_>, folder: &str, names: &[String]) -> bool {
    if tool == Tool::Pnpm {
        return names.iter().any(|name| name == "pnpm-workspace.yaml");
    }
    let manifest = join(folder, "package.json").and_then(|path| view.project.tree.read(&path).ok());
    manifest.is_some_and(|text| String::from_utf8_lossy(&text).contains("\"workspaces\""))
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::source_copied_before_dependencies::RULE;
    use crate::testing::on;

    fn help(install: &str, files: &str) -> String {
        let case = on(&RULE).files(&format!(
            "//- /apps/web/Dockerfile\nFROM node:22\nWORKDIR /app\nCOPY . .\nRUN {install}\n\
             //- /apps/web/package.json\n{{}}\n//- /apps/web/a.js\n1\n{files}"
        ));
        case.findings[0]
            .help
            .as_deref()
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn what_the_workspace_above_has_is_named() {
        let pnpm = "//- /package.json\n{}\n//- /pnpm-lock.yaml\na: b\n//- /pnpm-workspace.yaml\npackages: [apps/*]\n";
        assert_eq!(
            help("pnpm i --frozen-lockfile", pnpm),
            "copy `package.json`, `pnpm-lock.yaml` and `pnpm-workspace.yaml` of the workspace and the \
             `package.json` of its members first, install, then copy the rest; or copy \
             `pnpm-lock.yaml` alone for `pnpm fetch`; the context has to be the root of the \
             repository for that"
        );
        let yarn = "//- /package.json\n{\"workspaces\": [\"apps/*\"]}\n//- /yarn.lock\n\n";
        assert!(help("yarn", yarn).starts_with("copy `package.json` and `yarn.lock` of the"));
    }

    #[test]
    fn a_project_of_its_own_needs_nothing_from_above() {
        let own = "copy `package.json` first, install, then copy the rest";
        assert_eq!(
            help("yarn", "//- /yarn.lock\n\n//- /package.json\n{}\n"),
            own
        );
        assert_eq!(help("npm ci", "//- /package.json\n{}\n"), own);
        let lock = "//- /apps/web/yarn.lock\n\n//- /yarn.lock\n\n//- /package.json\n{\"workspaces\": []}\n";
        assert!(help("yarn", lock).starts_with("copy `package.json` and `yarn.lock` first"));
    }

    #[test]
    fn a_lock_file_that_has_nothing_of_the_project_comes_first() {
        let help = |option: &str, importers: &str| {
            let case = on(&crate::dockerfile::missing_lockfile_install::RULE).files(&format!(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /app\nCOPY package.json pnpm-lock.yaml* ./\n\
                 COPY bff/package.json ./bff/\nRUN pnpm install {option}\n//- /package.json\n{{}}\n\
                 //- /bff/package.json\n{{\"name\": \"@a/bff\"}}\n//- /pnpm-workspace.yaml\npackages: [apps/*]\n\
                 //- /pnpm-lock.yaml\nimporters:\n\n  .:\n    a: b\n{importers}\n"
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        for option in ["--filter @a/bff...", "--filter=@a/bff"] {
            let found = help(option, "");
            assert!(
                found.starts_with("`pnpm-lock.yaml` has nothing of `bff`"),
                "{found}"
            );
        }
        let plain = "add `--frozen-lockfile`";
        assert_eq!(help("--filter @a/bff...", "\n  bff:\n    a: b"), plain);
        assert_eq!(help("--filter @a/web", ""), plain);
        assert_eq!(help("--prod", ""), plain);
    }
}
