//! What the rules about dependency steps say about them: their names, the manifests that they
//! need, and whether they can stand elsewhere.

use plimsoll_dockerfile::{Body, Build, Stage};

use super::build_context::{View, listed};
use super::facts::calls::calls;
use super::facts::copies::{Copied, Source};
use super::facts::ecosystems::{Tool, meets};
use super::facts::folders::join;
use super::facts::installs::{Action, Install};
use super::manifest_files::{
    brings, is_workspace, listed_manifests, manifests, named_files, names,
};
use super::shipped::{base_image, is_run, lineage};
use super::workspaces::advice_for_member;

/// A short name for the step: `npm ci`, `pip install -r requirements.txt`, long ones cut.
pub(crate) fn shown(text: &str, install: &Install) -> String {
    let mut short = String::new();
    for word in install.range.of(text).split_whitespace() {
        if word == "\\" || word.starts_with('#') {
            continue;
        }
        if short.len() + word.len() > 44 && !short.is_empty() {
            short.push_str(" …");
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

/// The installations of one project that a COPY makes run again, with the copies before them.
pub(crate) struct Group<'a> {
    pub(crate) installs: Vec<&'a Install>,
    /// What was copied before the first of them.
    pub(crate) prior: Vec<&'a Copied>,
    /// Whether the stage is built on the image `gradle`, which has its downloads in a home of its
    /// own.
    pub(crate) on_gradle: bool,
    /// Where cargo keeps what it downloads.
    pub(crate) cargo_home: String,
}

impl Group<'_> {
    /// The installation that tells most: the first that does nothing but fetch and install.
    fn main(&self) -> &Install {
        let fetches = self.installs.iter().find(|one| one.action != Action::Build);
        fetches.unwrap_or(&self.installs[0])
    }

    /// The folder of downloads to keep, where manifests alone do not bring them: `gradle
    /// dependencies` fetches no archives, `mvn dependency:go-offline` fails where one module needs
    /// another, and cargo builds nothing without the crates that lie in other folders.
    fn downloads(&self, view: Option<View<'_>>) -> Option<String> {
        let install = self.main();
        match install.tool {
            Tool::Gradle if self.on_gradle => Some("/home/gradle/.gradle".to_owned()),
            Tool::Gradle => Some("/root/.gradle".to_owned()),
            Tool::Maven => {
                let view = view?;
                let dir = project_dir(&self.prior, install, view)?;
                is_workspace(Tool::Maven, view, &dir).then(|| "/root/.m2".to_owned())
            }
            Tool::Cargo => {
                let view = view?;
                let dir = project_dir(&self.prior, install, view)?;
                needs_other_crates(view, &dir).then(|| format!("{}/registry", self.cargo_home))
            }
            _ => None,
        }
    }

    /// What to copy first and what to run then.
    pub(crate) fn advice(&self, copy: &Copied, view: Option<View<'_>>) -> String {
        let install = self.main();
        let mut files: Vec<String> = Vec::new();
        let add = |files: &mut Vec<String>, file: String| {
            if !files.contains(&file) {
                files.push(file);
            }
        };
        for one in &self.installs {
            for file in manifests(one, &self.prior, view) {
                add(&mut files, file);
            }
        }
        if files.is_empty() {
            // Nothing is known of the folder: the usual names will do.
            for one in &self.installs {
                for file in usual(one) {
                    add(&mut files, file);
                }
            }
        }
        // Folders that a variable hides may be several.
        let of_each = if self.installs.len() > 1 && install.folder.is_none() {
            " of each project"
        } else {
            ""
        };
        if let Some(folder) = self.downloads(view) {
            return format!("keep the downloads with `RUN --mount=type=cache,target={folder}`");
        }
        let dir = view.and_then(|view| project_dir(&self.prior, install, view));
        let dir = dir.as_deref();
        let shown_files =
            |files: &[String]| listed_manifests(files, install.tool, dir.unwrap_or(""));
        if install.tool == Tool::Cargo {
            return format!(
                "build the dependencies from {} alone before this line (`cargo chef` does it), or \
                 keep downloads with `RUN --mount=type=cache,target={}/registry`",
                shown_files(&files),
                self.cargo_home
            );
        }
        // A folder that comes in below this line is source as well.
        let is_there = |other: &Copied, file: &str| {
            if other.instruction < copy.instruction {
                brings(other, file)
            } else {
                names(other, file)
            }
        };
        let others = || {
            self.prior
                .iter()
                .filter(|other| !std::ptr::eq(**other, copy))
        };
        let (there, missing): (Vec<String>, Vec<String>) = files
            .into_iter()
            .partition(|file| others().any(|other| is_there(other, file)));
        let run = run_first(install);
        let scripts = view.and_then(|view| lifecycle(install, view, dir?));
        let member = view.and_then(|view| advice_for_member(install.tool, view, dir?));
        if let Some(advice) = member {
            return advice;
        }
        let mut bringers = others().filter(|one| there.iter().any(|file| is_there(one, file)));
        let mut advice = if !missing.is_empty() {
            format!(
                "copy {}{of_each} first, {run}, then copy the rest{}",
                shown_files(&missing),
                then(install)
            )
        } else if bringers.all(|other| other.instruction < copy.instruction) {
            let is = if there.len() == 1 { "is" } else { "are" };
            format!(
                "{run} above this line: {} {is} there already",
                listed(&there, 6)
            )
        } else {
            format!("{run} after {} and before this line", listed(&there, 6))
        };
        if let Some(script) = scripts {
            advice = format!(
                "{advice} (`package.json` has a `{script}` script, which runs then: copy what it \
                 reads as well, or install with `--ignore-scripts`)"
            );
        }
        advice
    }
}

/// Where cargo keeps its downloads in a stage: where ENV says, else where the image has it.
pub(crate) fn cargo_home(build: &Build, stage: &Stage) -> String {
    let line = lineage(build, stage);
    let instructions = || line.iter().flat_map(|stage| stage.instructions.clone());
    let set = instructions().find_map(|index| {
        let Body::Env(pairs) = &build.file.instructions[index].body else {
            return None;
        };
        let pair = pairs.iter().find(|pair| &*pair.key.value == "CARGO_HOME")?;
        let value = pair.value.value.trim_matches(['"', '\'']);
        (value.starts_with('/') && !value.contains('$'))
            .then(|| value.trim_end_matches('/').to_owned())
    });
    // `rustup` puts it into the home of whoever calls it, and so does cargo of a distribution.
    let text = &build.file.text;
    let by_rustup = || {
        let mut calls = instructions().filter(|&index| is_run(build, index));
        calls.any(|index| {
            build.file.instructions[index]
                .args
                .of(text)
                .contains("rustup.rs")
        })
    };
    let plain = || {
        base_image(build, stage).is_some_and(|image| {
            image.is_official() && matches!(image.name(), "alpine" | "debian" | "fedora" | "ubuntu")
        })
    };
    set.unwrap_or_else(|| {
        let of_caller = by_rustup() || plain();
        String::from(if of_caller {
            "/root/.cargo"
        } else {
            "/usr/local/cargo"
        })
    })
}

/// Whether a Cargo project depends on crates in other folders that are no members of its
/// workspace.
fn needs_other_crates(view: View<'_>, dir: &str) -> bool {
    let inside = is_workspace(Tool::Cargo, view, dir);
    let text = view.read(&join(dir, "Cargo.toml")).unwrap_or_default();
    text.lines().any(|line| {
        let line = line.split('#').next().unwrap_or("");
        line.match_indices("path").any(|(at, _)| {
            let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            let value = line[at + 4..].trim_start().strip_prefix('=');
            let value = value.and_then(|value| value.trim_start().strip_prefix('"'));
            let value = value.and_then(|value| value.split('"').next());
            value.is_some_and(|path| {
                !line[..at].ends_with(joins)
                    && !path.ends_with(".rs")
                    && (path.starts_with("..") || !inside)
            })
        })
    })
}

/// The command that fetches what the installation needs.
fn run_first(install: &Install) -> String {
    let run = match (install.tool, install.action) {
        (Tool::Go, _) => "run `go mod download`",
        (Tool::Maven, Action::Build) => {
            let mut goal = String::from("run `mvn dependency:go-offline");
            for option in maven_options(install) {
                goal.push(' ');
                goal.push_str(&option);
            }
            return format!("{goal}`");
        }
        (Tool::Dotnet, Action::Build) => "run `dotnet restore`",
        (Tool::Uv, _) if !install.has("--no-install-project") => {
            "install with `--no-install-project`"
        }
        (Tool::Poetry, _) if !install.has("--no-root") => "install with `--no-root`",
        (Tool::Pdm, _) if !install.has("--no-self") => "install with `--no-self`",
        (Tool::Composer, _) if !install.has("--no-autoloader") => {
            "install with `--no-scripts --no-autoloader`"
        }
        _ => "install",
    };
    run.to_owned()
}

/// What is left to do when the rest is there.
fn then(install: &Install) -> &'static str {
    match install.tool {
        Tool::Uv if !install.has("--no-install-project") => " and install as now",
        Tool::Poetry if !install.has("--no-root") => " and install as now",
        Tool::Pdm if !install.has("--no-self") => " and install as now",
        Tool::Composer if !install.has("--no-autoloader") => " and run `composer dump-autoload`",
        _ => "",
    }
}

/// The options of a Maven call that choose what is resolved: profiles and properties.
fn maven_options(install: &Install) -> Vec<String> {
    let mut options = Vec::new();
    for option in &install.options {
        if matches!(&**option, "-P" | "--activate-profiles") {
            let value = install.values.iter().find(|(name, _)| name == option);
            options.extend(value.map(|(_, value)| format!("-P {value}")));
        } else if option.starts_with("-P")
            || option.starts_with("-D") && !option.to_ascii_lowercase().contains("skip")
        {
            options.push(option.to_string());
        }
    }
    options
}

/// A script of `package.json` that an installation runs by itself.
fn lifecycle(install: &Install, view: View<'_>, dir: &str) -> Option<&'static str> {
    let js = matches!(
        install.tool,
        Tool::Npm | Tool::Yarn | Tool::Pnpm | Tool::Bun
    );
    if !js || install.has("--ignore-scripts") {
        return None;
    }
    let text = view.read(&join(dir, "package.json"))?;
    let (_, scripts) = text.split_once("\"scripts\"")?;
    let scripts = scripts.split('}').next().unwrap_or("");
    ["preinstall", "install", "postinstall", "prepare"]
        .into_iter()
        .find(|name| scripts.contains(&format!("\"{name}\"")))
}

fn usual(install: &Install) -> Vec<String> {
    if !install.files.is_empty() {
        // A path from the image's root says little about the context.
        let short = |file: &str| match file.strip_prefix('/') {
            Some(_) => file.rsplit('/').next().unwrap_or("").to_owned(),
            None => file.trim_start_matches("./").to_owned(),
        };
        return install.files.iter().map(|file| short(file)).collect();
    }
    let known = install.tool.knowledge();
    let mut files: Vec<String> = known
        .manifests
        .iter()
        .take(1)
        .map(|&f| f.to_owned())
        .collect();
    if !matches!(install.tool, Tool::Dotnet | Tool::Gradle) {
        files.extend(known.locks.iter().take(1).map(|&file| file.to_owned()));
    }
    files
}

/// Whether the installation cannot come before the source, or fetches nothing: it installs from
/// folders of the project, what it needs is vendored, or there is nothing to fetch.
pub(crate) fn needs_source(prior: &[&Copied], install: &Install, view: Option<View<'_>>) -> bool {
    if install.action == Action::Local {
        return true;
    }
    let named = |name: &str| {
        prior
            .iter()
            .flat_map(|copy| &copy.sources)
            .any(|source| source.name() == name)
    };
    if install.tool == Tool::Go && named("vendor") {
        return true;
    }
    let Some(view) = view else { return false };
    let Some(dir) = project_dir(prior, install, view) else {
        return false;
    };
    let read = |name: &str| view.read(&join(&dir, name));
    match install.tool {
        Tool::Pip => install
            .files
            .iter()
            .any(|file| installs_folders(view, &join(&dir, file))),
        Tool::Npm | Tool::Yarn | Tool::Pnpm | Tool::Bun => {
            read("package.json").is_some_and(|text| {
                text.contains("\"file:") || text.contains("\"link:") || text.contains("\"portal:")
            })
        }
        Tool::Go => {
            let vendored = view.has(&join(&dir, "vendor/modules.txt"));
            let none = read("go.mod").is_some_and(|text| !text.contains("require"));
            vendored || none
        }
        // A gemspec that loads the source to ask it for its version.
        Tool::Bundler => {
            let loads = |name: &String| {
                name.ends_with(".gemspec")
                    && read(name).is_some_and(|text| {
                        let loads = |line: &str| {
                            let line = line.trim_start();
                            line.starts_with("require") || line.starts_with("load ")
                        };
                        text.contains("File.read") || text.lines().any(loads)
                    })
            };
            read("Gemfile").is_some_and(|text| text.contains("gemspec"))
                && view.names(&dir).iter().any(loads)
        }
        Tool::Cargo => {
            let vendored = [".cargo/config.toml", ".cargo/config"]
                .iter()
                .any(|name| read(name).is_some_and(|text| text.contains("vendored-sources")));
            let none = read("Cargo.lock").is_some_and(|text| !text.contains("source = \"registry"));
            vendored || none
        }
        _ => false,
    }
}

/// The folder of the context that holds the project, by what was copied before.
pub(crate) fn project_dir(prior: &[&Copied], install: &Install, view: View<'_>) -> Option<String> {
    let folder = install.folder.as_ref()?;
    let manifests = install.tool.knowledge().manifests;
    prior.iter().find_map(|copy| {
        let file = copy.sources.iter().find(|source| {
            manifests
                .iter()
                .any(|pattern| meets(pattern, source.name()))
        });
        // `COPY pom.xml .` and `COPY pom.xml pom.xml`.
        let laid = |file: &Source| {
            let dest = copy.dest.trim_end_matches('/');
            dest == folder.trim_end_matches('/') || dest == join(folder, file.name())
        };
        match file {
            Some(file) if laid(file) => Some(
                file.path
                    .rsplit_once('/')
                    .map_or("", |(dir, _)| dir)
                    .to_owned(),
            ),
            _ => view.origin(copy, folder),
        }
    })
}

/// Whether a requirements file, or one that it includes, names folders of the project.
fn installs_folders(view: View<'_>, path: &str) -> bool {
    named_files(view, path).iter().any(|path| {
        let text = view.read(path).unwrap_or_default();
        text.lines().map(str::trim).any(|line| {
            let editable = line
                .strip_prefix("-e")
                .or_else(|| line.strip_prefix("--editable"));
            match editable {
                Some(what) => !what.contains("://"),
                None => {
                    line.starts_with("./")
                        || line == "."
                        || line.starts_with("../")
                        || line.contains("file:")
                }
            }
        })
    })
}

/// Whether the step installs tools by name without touching the project: `npm install` with a
/// name changes the project's manifest, `npm install -g` does not.
pub(crate) fn is_apart(install: &Install) -> bool {
    if install.action != Action::Named || install.open {
        return false;
    }
    let first = install.names.first().map_or("", |name| &**name);
    match install.tool {
        Tool::Npm | Tool::Pnpm | Tool::Bun => install.has("-g") || install.has("--global"),
        Tool::Yarn => first == "add",
        Tool::Composer => first == "require",
        Tool::Uv | Tool::Dotnet => first == "install",
        Tool::Go => install.names.iter().any(|name| name.contains('@')),
        Tool::Pip | Tool::Gem | Tool::Cargo => true,
        _ => false,
    }
}

/// Whether the step works on a project, as against packages named on its command line.
pub(crate) fn is_project(action: Action) -> bool {
    matches!(action, Action::Project | Action::Fetch | Action::Build)
}

/// Whether all that a RUN does can be done before the source is there: it installs packages,
/// fetches, and tidies up.
pub(crate) fn is_movable(build: &Build, index: usize) -> bool {
    let harmless = |program: &str| {
        matches!(
            program,
            "apt-get"
                | "apt"
                | "apk"
                | "dnf"
                | "yum"
                | "microdnf"
                | "zypper"
                | "pacman"
                | "tdnf"
                | "apt-key"
                | "add-apt-repository"
                | "apt-mark"
                | "dpkg"
                | "debconf-set-selections"
                | "pip"
                | "pip3"
                | "pip2"
                | "npm"
                | "yarn"
                | "pnpm"
                | "gem"
                | "corepack"
                | "uv"
                | "poetry"
                | "cargo"
                | "go"
                | "composer"
                | "dotnet"
                | "rustup"
                | "set"
                | "echo"
                | "printf"
                | "true"
                | ":"
                | "export"
                | "update-ca-certificates"
                | "curl"
                | "wget"
                | "gpg"
                | "locale-gen"
                | "useradd"
                | "groupadd"
                | "adduser"
                | "addgroup"
                | "install"
                | "ln"
                | "find"
                | "rm"
                | "mkdir"
                | "tee"
                | "sh"
                | "bash"
                | "lsb_release"
                | "ldconfig"
                | "ca-certificates"
        )
    };
    let system = |text: &str| {
        let system = [
            "/var/", "/tmp", "/root/", "/etc/", "/usr/", "/home/", "~", "-",
        ];
        system.iter().any(|start| text.starts_with(start))
    };
    calls(build, index).iter().all(|call| {
        if !harmless(call.program) {
            return false;
        }
        match call.program {
            // These may touch the project itself.
            "rm" | "find" | "mkdir" | "ln" | "install" | "sh" | "bash" => {
                call.args
                    .iter()
                    .all(|arg| system(arg.text) || !arg.text.contains(['/', '.']))
                    && !(matches!(call.program, "sh" | "bash") && call.args.len() > 1)
            }
            "npm" | "yarn" | "pnpm" | "poetry" | "uv" | "cargo" | "go" | "dotnet" | "composer" => {
                !call.args.iter().any(|arg| {
                    matches!(
                        arg.text,
                        "run" | "run-script" | "build" | "test" | "exec" | "start"
                    )
                })
            }
            _ => !call.args.iter().any(|arg| {
                arg.text.starts_with("./") || arg.text == "." || arg.text.starts_with("../")
            }),
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::source_copied_before_dependencies::RULE;
    use crate::testing::on;

    #[test]
    fn downloads_lie_where_cargo_has_its_home() {
        for (above, folder) in [
            ("FROM rust:1", "/usr/local/cargo"),
            ("FROM rust:1\nENV CARGO_HOME=/cache/cargo/", "/cache/cargo"),
            (
                "FROM rust:1\nENV CARGO_HOME=$HOME/cargo",
                "/usr/local/cargo",
            ),
            (
                "FROM acme/x:1\nRUN curl -sSf https://sh.rustup.rs | sh -s -- -y",
                "/root/.cargo",
            ),
            (
                "FROM alpine:3.23\nRUN apk add --no-cache cargo",
                "/root/.cargo",
            ),
        ] {
            let case = on(&RULE).dockerfile(&format!(
                "{above}\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\n"
            ));
            let help = case.findings[0].help.clone().unwrap_or_default();
            assert!(
                help.ends_with(&format!("target={folder}/registry`")),
                "{help}"
            );
        }
    }

    #[test]
    fn folders_that_come_in_below_are_named_as_well() {
        let case = on(&RULE).files(
            "//- /Dockerfile\nFROM golang:1\nWORKDIR /w\nCOPY app /w/app\nCOPY sdk /w/sdk\n\
             RUN cd app && go build -o /a .\n//- /app/go.mod\nmodule a\nrequire (\n\tb v1\n\tsdk v0\n)\n\
             replace sdk => ../sdk\n//- /app/go.sum\nx\n//- /app/main.go\npackage main\n\
             //- /sdk/go.mod\nmodule sdk\n//- /sdk/go.sum\nx\n//- /sdk/a.go\npackage sdk\n",
        );
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert_eq!(
            help,
            "copy `app/go.mod`, `app/go.sum`, `sdk/go.mod` and `sdk/go.sum` first, run `go mod \
             download`, then copy the rest"
        );
    }
}
