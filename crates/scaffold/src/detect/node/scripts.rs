//! What the scripts of a package start, followed through package managers and workspaces.

use super::package::Package;
use crate::detect::draft::Cx;
use crate::detect::files::{below, inside, relative};
use crate::detect::shell::{self, Command};
use crate::model::{Evidence, Known, NodeManager};

/// What a script comes down to.
#[derive(Clone, Debug)]
pub(crate) enum Runs {
    /// A command in the package's folder, with what brings the database up to date before it.
    Command {
        command: Known<Vec<String>>,
        migration: Option<Known<Vec<String>>>,
    },
    /// A script of another member, or of several.
    Member,
    /// Tools for development.
    Development,
    /// What has to run in a shell.
    Shell(Known<Vec<String>>),
}

/// Follows the script `name`.
pub(crate) fn follow(
    cx: Cx<'_>,
    package: &Package,
    name: &str,
    manager: NodeManager,
) -> Option<Runs> {
    let mut name = name.to_owned();
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut migration = None;
    for _ in 0..5 {
        let script = package.script(&name)?;
        evidence.push(script.evidence.clone());
        let Some(mut commands) = shell::commands(&script.text) else {
            return Some(Runs::Shell(stated(whole(manager, &name), evidence)));
        };
        let last = commands.pop()?;
        let mut folder = None;
        for before in commands {
            match before.words.first().map(String::as_str) {
                Some("cd") => folder = before.words.get(1).cloned(),
                _ if is_migration(&before.words) => {
                    migration = Some(Known::stated(before.exec(), script.evidence.clone()));
                }
                _ if is_build(&before.words, package) => {}
                None => {}
                _ => return Some(Runs::Shell(stated(whole(manager, &name), evidence))),
            }
        }
        if let Some(folder) = folder {
            // What is started there is no program of this folder.
            return cx
                .files
                .has_folder(&below(&package.folder, &folder))
                .then_some(Runs::Member);
        }
        let last = unwrapped(package, last);
        match step(cx, package, &last) {
            Step::Script(next) => {
                if next == name {
                    return None;
                }
                name = next;
            }
            Step::Member => return Some(Runs::Member),
            Step::Development => return Some(Runs::Development),
            Step::Run(command) => {
                return Some(Runs::Command {
                    command: stated(command.exec(), evidence),
                    migration,
                });
            }
        }
    }
    None
}

fn stated(command: Vec<String>, evidence: Vec<Evidence>) -> Known<Vec<String>> {
    let mut evidence = evidence.into_iter();
    let first = evidence
        .next()
        .unwrap_or_else(|| Evidence::table("a script"));
    evidence.fold(Known::stated(command, first), Known::and)
}

/// The script run by its package manager.
pub(crate) fn whole(manager: NodeManager, name: &str) -> Vec<String> {
    let tool = match manager {
        NodeManager::Npm => "npm",
        NodeManager::Pnpm => "pnpm",
        NodeManager::Yarn | NodeManager::YarnBerry => "yarn",
        NodeManager::Bun => "bun",
    };
    [tool, "run", name].map(str::to_owned).to_vec()
}

/// A command without what only reads variables from files for it: `dotenv -e .env -- node x`,
/// `npm run with:env -- node x` where that script ends with `--`.
fn unwrapped(package: &Package, command: Command) -> Command {
    let words = &command.words;
    let Some(at) = words.iter().position(|word| word == "--") else {
        return command;
    };
    let wraps = |first: &str| matches!(first, "dotenv" | "dotenvx" | "env-cmd");
    let scripted = words
        .get(2)
        .filter(|_| at == 3 && words.get(1).is_some_and(|word| word == "run"));
    let scripted = scripted
        .and_then(|name| package.script(name))
        .is_some_and(|script| {
            let text = script.text.trim();
            text.ends_with(" --") && text.split_whitespace().next().is_some_and(wraps)
        });
    if !scripted && !words.first().is_some_and(|first| wraps(first)) {
        return command;
    }
    // What follows is a line of its own, with variables and tools before the program.
    let rest = words[at + 1..].join(" ");
    match shell::commands(&rest).as_deref() {
        Some([only]) => Command {
            variables: command
                .variables
                .iter()
                .chain(&only.variables)
                .cloned()
                .collect(),
            words: only.words.clone(),
        },
        _ => command,
    }
}

enum Step {
    Script(String),
    Member,
    Development,
    Run(Command),
}

fn step(cx: Cx<'_>, package: &Package, command: &Command) -> Step {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let run = || Step::Run(command.clone());
    if let Some(target) = workspace_target(&words) {
        let member = package.members(cx.files).into_iter().find(|folder| {
            let named = Package::read(cx.files, folder).and_then(|member| member.name);
            named.is_some_and(|name| name.value == target)
                || *folder == below(&package.folder, target.trim_start_matches("./"))
        });
        return member.map_or_else(run, |_| Step::Member);
    }
    match words.as_slice() {
        ["npm" | "pnpm" | "yarn" | "bun", "run", name, ..]
            if package.scripts.contains_key(*name) =>
        {
            Step::Script((*name).to_owned())
        }
        ["npm" | "pnpm" | "yarn", name, ..]
            if package.scripts.contains_key(*name) && *name != "install" =>
        {
            Step::Script((*name).to_owned())
        }
        [
            "turbo" | "nx" | "lerna" | "concurrently" | "npm-run-all" | "run-p",
            ..,
        ] => Step::Development,
        _ if is_development(&words) => Step::Development,
        ["nodemon" | "ts-node-dev" | "tsnd", rest @ ..] => {
            let entry = rest.iter().find(|word| {
                word.ends_with(".js") || word.ends_with(".mjs") || word.ends_with(".cjs")
            });
            match entry {
                Some(entry) => Step::Run(Command {
                    variables: command.variables.clone(),
                    words: vec!["node".to_owned(), (*entry).to_owned()],
                }),
                None => Step::Development,
            }
        }
        [tool, path, ..] if matches!(*tool, "node" | "bun" | "tsx") => {
            let path = path.trim_start_matches("./");
            let whole = below(&package.folder, path);
            if watches(cx, path, &whole) {
                return Step::Development;
            }
            let member = package
                .members(cx.files)
                .into_iter()
                .find(|member| inside(&whole, member));
            member.map_or_else(run, |_| Step::Member)
        }
        _ => run(),
    }
}

/// Whether a script among others starts tools for development.
fn watches(cx: Cx<'_>, path: &str, whole: &str) -> bool {
    let tools = [
        "browser-sync",
        "live-server",
        "webpack-dev-server",
        "webpack/hot",
    ];
    path.starts_with("scripts/")
        && cx
            .files
            .text(whole)
            .is_some_and(|text| tools.iter().any(|tool| text.text.contains(tool)))
}

/// The member that a command names: `npm start -w api`, `pnpm --filter api start`,
/// `yarn workspace api start`.
fn workspace_target<'a>(words: &[&'a str]) -> Option<&'a str> {
    if !matches!(
        words.first(),
        Some(&("npm" | "pnpm" | "yarn" | "bun" | "turbo"))
    ) {
        return None;
    }
    let mut at = words.iter().enumerate();
    at.find_map(|(index, word)| match *word {
        "-w" | "--workspace" | "--filter" | "-F" | "workspace" | "--prefix" | "-C" | "--cwd"
        | "--dir" => words.get(index + 1).copied(),
        word => ["--workspace=", "--filter=", "--prefix=", "--cwd="]
            .iter()
            .find_map(|flag| word.strip_prefix(flag)),
    })
}

/// Whether a command starts a server for development only.
pub(crate) fn is_development(words: &[&str]) -> bool {
    match words {
        [
            "react-scripts" | "react-app-rewired" | "craco" | "vue-cli-service" | "ng",
            "start" | "serve",
            ..,
        ] => true,
        [
            "next" | "nuxt" | "nuxi" | "astro" | "remix" | "react-router" | "wrangler"
            | "vitepress" | "solid-start" | "vinxi",
            "dev" | "preview" | "start",
            ..,
        ] => !matches!(words, ["next" | "vinxi", "start", ..]),
        ["remix", "vite:dev", ..] => true,
        ["vite" | "vite-node", ..] => !words.contains(&"build"),
        ["gatsby", "develop" | "serve" | "start", ..] => true,
        ["docusaurus", "start" | "serve", ..] => true,
        [
            "webpack" | "webpack-dev-server" | "parcel" | "expo" | "snowpack" | "ember"
            | "eleventy" | "@11ty/eleventy" | "http-server" | "live-server" | "serve"
            | "browser-sync" | "storybook" | "jest" | "vitest" | "tsc" | "tsup" | "rollup"
            | "jekyll" | "gulp" | "grunt" | "echo" | "prettier" | "eslint" | "docker"
            | "docker-compose" | "electron" | "react-native" | "changeset",
            ..,
        ] => true,
        ["nest", "start", rest @ ..] => rest
            .iter()
            .any(|word| word.starts_with("--watch") || word.starts_with("--debug")),
        _ => false,
    }
}

fn is_migration(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["prisma", "migrate" | "db", ..]
            | [
                "knex"
                    | "sequelize"
                    | "sequelize-cli"
                    | "typeorm"
                    | "drizzle-kit"
                    | "node-pg-migrate",
                ..,
            ]
    ) || words.iter().any(|word| word.contains("migrat"))
}

fn is_build(words: &[String], package: &Package) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["npm" | "pnpm" | "yarn" | "bun", "run", name, ..] => {
            name.contains("build") || *name == "compile" || *name == "clean" || *name == "prestart"
        }
        ["npm" | "pnpm" | "yarn", "install" | "ci" | "i", ..] => true,
        ["npm" | "pnpm" | "yarn", name, ..] => {
            name.contains("build") && package.scripts.contains_key(*name)
        }
        [
            "tsc" | "rimraf" | "tsup" | "esbuild" | "swc" | "webpack" | "rm",
            ..,
        ] => true,
        ["prisma", "generate", ..] => true,
        ["vite" | "next" | "nest" | "nuxt" | "astro", "build", ..] => true,
        _ => false,
    }
}

/// A path of a command as it lies in the package's folder: `./dist/main` is `dist/main`.
pub(crate) fn local(path: &str) -> String {
    relative(
        &plimsoll_source::files::join("", path).unwrap_or_else(|| path.to_owned()),
        "",
    )
}
