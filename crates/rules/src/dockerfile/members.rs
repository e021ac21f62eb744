//! The members of a workspace, by what its root says: the manifests that lie below a root without
//! belonging to it (fixtures of tests, generated packages) are installed by nobody.

use plimsoll_source::files::parent;
use plimsoll_yaml::Dialect;

use super::build_context::{View, below};
use super::facts::copies::clean;
use super::facts::ecosystems::{Tool, meets};
use super::facts::folders::join;

/// The most patterns, and the most members, that are looked at.
const MOST: usize = 200;

/// The patterns by which a root names its members.
#[derive(Debug, Default)]
struct Patterns {
    taken: Vec<String>,
    left: Vec<String>,
}

/// Says of a folder of the context whether it is a member of the workspace in `dir`. `None` where
/// the root does not say so in a way that is known: then all that lie below it may be.
pub(crate) fn of_workspace<'a>(
    tool: Tool,
    view: View<'_>,
    dir: &'a str,
) -> Option<impl Fn(&str) -> bool + 'a> {
    let read = |name: &str| view.read(&join(dir, name));
    let patterns = match tool {
        Tool::Npm | Tool::Yarn | Tool::Bun => of_package(&read("package.json")?)?,
        Tool::Pnpm => of_pnpm(&read("pnpm-workspace.yaml")?)?,
        Tool::Cargo => of_cargo(view, dir, &read("Cargo.toml")?),
        _ => return None,
    };
    Some(move |folder: &str| {
        let inner = if dir.is_empty() {
            Some(folder)
        } else {
            below(dir, folder)
        };
        let Some(inner) = inner else { return false };
        let fits = |patterns: &[String]| patterns.iter().any(|one| matches_folder(one, inner));
        fits(&patterns.taken) && !fits(&patterns.left)
    })
}

/// The strings in quotes of the first list after `key`.
fn quoted_list(text: &str, key: &str) -> Option<Vec<String>> {
    let (_, rest) = text.split_once(key)?;
    let (_, list) = rest.split_once('[')?;
    let (list, _) = list.split_once(']')?;
    let parts = list.split(['"', '\'']).skip(1).step_by(2);
    Some(parts.take(MOST).map(str::to_owned).collect())
}

/// `"workspaces": ["a/*", "!b"]`, or the same below `"packages"`.
fn of_package(text: &str) -> Option<Patterns> {
    Some(sorted(quoted_list(text, "\"workspaces\"")?))
}

fn of_pnpm(text: &str) -> Option<Patterns> {
    let tree = plimsoll_yaml::parse(text, Dialect::Core);
    let packages = tree.documents().next()?.root()?.get("packages")?;
    let names = packages.items().filter_map(|item| item.as_str());
    Some(sorted(
        names.take(MOST).map(|name| name.into_owned()).collect(),
    ))
}

fn sorted(names: Vec<String>) -> Patterns {
    let mut patterns = Patterns::default();
    for name in names {
        match name.strip_prefix('!') {
            Some(left) => patterns.left.push(clean(left)),
            None => patterns.taken.push(clean(&name)),
        }
    }
    patterns
}

/// `members` and `exclude` of `[workspace]`, and the crates in folders that the manifests of the
/// root and of its members name, which are members by themselves.
fn of_cargo(view: View<'_>, dir: &str, text: &str) -> Patterns {
    let plain: Vec<&str> = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""))
        .collect();
    let section = plain
        .iter()
        .skip_while(|line| line.trim() != "[workspace]")
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    let section: Vec<&str> = section.copied().collect();
    let listed = |key: &str| {
        let starts = |line: &&&str| {
            line.trim_start()
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let at = section.iter().position(|line| starts(&line));
        let list = at.and_then(|at| quoted_list(&section[at..].join("\n"), key));
        let names = list.unwrap_or_default();
        names.iter().map(|name| clean(name)).collect::<Vec<_>>()
    };
    let mut patterns = Patterns {
        taken: listed("members"),
        left: listed("exclude"),
    };
    let mut folders = vec![String::new()];
    let manifests = view.visible().files.iter().filter_map(|file| {
        let folder = parent(&file.path);
        let inner = if dir.is_empty() {
            Some(folder)
        } else {
            below(dir, folder)
        };
        inner.filter(|_| file.path.ends_with("/Cargo.toml"))
    });
    let named =
        manifests.filter(|inner| patterns.taken.iter().any(|one| matches_folder(one, inner)));
    folders.extend(named.take(MOST).map(str::to_owned));
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        at += 1;
        let path = join(&join(dir, &folder), "Cargo.toml");
        let Some(text) = view.read(&path) else {
            continue;
        };
        for inner in crates_named(&text).map(|path| clean(&format!("{folder}/{path}"))) {
            if folders.len() < MOST && !folders.contains(&inner) {
                patterns.taken.push(inner.clone());
                folders.push(inner);
            }
        }
    }
    patterns
}

/// The values of `path = "…"` in a Cargo manifest that are no files.
fn crates_named(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.split('#').next().unwrap_or("");
        let (before, rest) = line.split_once("path")?;
        let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let value = rest.trim_start().strip_prefix('=')?.trim_start();
        let value = value.strip_prefix(['"', '\''])?.split(['"', '\'']).next()?;
        (!before.ends_with(joins) && !value.ends_with(".rs")).then_some(value)
    })
}

/// Whether a pattern of folders (`apps/*`, `packages/**`) means a folder.
fn matches_folder(pattern: &str, folder: &str) -> bool {
    fn walk(pattern: &[&str], folder: &[&str]) -> bool {
        match (pattern.first(), folder.first()) {
            (None, None) => true,
            (Some(&"**"), _) => {
                walk(&pattern[1..], folder) || !folder.is_empty() && walk(pattern, &folder[1..])
            }
            (Some(one), Some(part)) => meets(one, part) && walk(&pattern[1..], &folder[1..]),
            _ => false,
        }
    }
    let parts = |text: &'_ str| -> Vec<String> {
        let parts = text.split('/').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let (pattern, folder) = (parts(pattern), parts(folder));
    let pattern: Vec<&str> = pattern.iter().map(String::as_str).collect();
    let folder: Vec<&str> = folder.iter().map(String::as_str).collect();
    // The walk is exponential in the number of `**`; real patterns have one.
    let deep = pattern.iter().filter(|part| **part == "**").count();
    deep <= 2 && walk(&pattern, &folder)
}

#[cfg(test)]
mod tests {
    use super::matches_folder;
    use crate::dockerfile::source_copied_before_dependencies::RULE;
    use crate::testing::on;

    #[track_caller]
    fn help(files: &str) -> String {
        let case = on(&RULE).files(files);
        assert_eq!(case.findings.len(), 1, "{:#?}", case.findings);
        let help = case.findings[0].help.as_deref();
        help.unwrap_or_default().to_owned()
    }

    const JS: &str = "//- /package.json\n{\"workspaces\": [\"apps/*\", \"packages/*\"]}\n//- /yarn.lock\nx\n\
        //- /apps/web/package.json\n{}\n//- /apps/web/a.js\n1\n//- /apps/api/package.json\n{}\n\
        //- /apps/api/generated/prisma/package.json\n{}\n//- /packages/types/package.json\n{}\n\
        //- /packages/types/a.ts\n1\n";

    #[test]
    fn only_members_that_the_build_takes_are_named() {
        assert_eq!(
            help(&format!(
                "//- /apps/web/Dockerfile\nFROM node:22\nWORKDIR /app\nCOPY package.json yarn.lock ./\n\
                 COPY packages ./packages\nCOPY apps/web ./apps/web\nRUN yarn install --frozen-lockfile\n{JS}\
                 //- /compose.yaml\nservices:\n  web:\n    build: {{context: ., dockerfile: apps/web/Dockerfile}}\n"
            )),
            "copy `apps/web/package.json` and `packages/types/package.json` first, install, then copy \
             the rest"
        );
        assert_eq!(
            help(&format!(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /app\nCOPY . .\nRUN yarn --frozen-lockfile\n{JS}"
            )),
            "copy `package.json`, `yarn.lock`, `apps/api/package.json`, `apps/web/package.json` and \
             `packages/types/package.json` first, install, then copy the rest"
        );
    }

    #[test]
    fn many_members_are_named_together() {
        let members: String = (0..7)
            .map(|n| format!("//- /apps/a{n}/package.json\n{{}}\n"))
            .collect();
        assert_eq!(
            help(&format!(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /app\nCOPY . .\nRUN pnpm i --frozen-lockfile\n\
                 //- /package.json\n{{}}\n//- /pnpm-lock.yaml\nx: y\n//- /pnpm-workspace.yaml\n\
                 packages:\n  - apps/*\n  - '!apps/b*'\n//- /apps/b/package.json\n{{}}\n//- /a.js\n1\n{members}"
            )),
            "copy `package.json`, `pnpm-lock.yaml`, `pnpm-workspace.yaml` and the `package.json` of every \
             workspace first, install, then copy the rest"
        );
        let members = members.replace("package.json", "pyproject.toml");
        assert!(
            help(&format!(
                "//- /Dockerfile\nFROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync --frozen\n\
                 //- /pyproject.toml\n[tool.uv.workspace]\n//- /uv.lock\nx\n//- /a.py\n1\n{members}"
            ))
            .starts_with(
                "copy `pyproject.toml`, `uv.lock` and the `pyproject.toml` of every member first"
            )
        );
    }

    #[test]
    fn crates_of_fixtures_are_no_members() {
        let found = help(
            "//- /Dockerfile\nFROM rust:1\nWORKDIR /a\nCOPY . .\nRUN cargo build --release\n\
             //- /Cargo.toml\n[workspace]\nmembers = [\n    \"crates/*\", # all\n]\nexclude = [\"crates/old\"]\n\
             [workspace.dependencies]\nx = { path = \"tools/x\" }\n//- /crates/a/Cargo.toml\n[package]\n\
             [dependencies]\ny = { path = \"../../y\" }\n//- /crates/a/src/lib.rs\n1\n//- /crates/old/Cargo.toml\n1\n\
             //- /tools/x/Cargo.toml\n1\n//- /y/Cargo.toml\n1\n//- /.assets/cargo/Cargo.toml\n1\n\
             //- /tests/fixture/Cargo.toml\n1\n",
        );
        assert!(
            found.starts_with(
                "build the dependencies from `Cargo.toml`, `crates/a/Cargo.toml`, `tools/x/Cargo.toml` \
                 and `y/Cargo.toml` alone"
            ),
            "{found}"
        );
    }

    #[test]
    fn patterns_mean_folders() {
        for (pattern, folder, fits) in [
            ("apps/*", "apps/web", true),
            ("apps/*", "apps/web/generated", false),
            ("apps/**", "apps/web/generated", true),
            ("**/a", "a", true),
            ("tool", "tools", false),
            ("**/**/**/a", "a", false),
        ] {
            assert_eq!(matches_folder(pattern, folder), fits, "{pattern} {folder}");
        }
    }
}
