//! What the rules about dependency steps say about them: their names, the manifests that they
//! need, and whether they can stand elsewhere.

use plimsoll_dockerfile::Build;

use super::build_context::{View, below, listed};
use super::facts::calls::calls;
use super::facts::copies::Copied;
use super::facts::ecosystems::{Tool, meets};
use super::facts::folders::join;
use super::facts::installs::{Action, Install};

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

/// What to copy first and what to run then.
pub(crate) fn advice(install: &Install, copy: &Copied, view: Option<View<'_>>) -> String {
    let tool = install.tool;
    let files = manifests(install, copy, view);
    let first = match files.as_slice() {
        [] => listed(&usual(install), 4),
        files => listed(files, 6),
    };
    let run = match (tool, install.action) {
        (Tool::Go, Action::Build | Action::Project) => "run `go mod download`",
        (Tool::Cargo, _) => {
            return format!(
                "build the dependencies from {first} alone before this line (`cargo chef` does \
                 it), or keep downloads with `RUN --mount=type=cache,target=/usr/local/cargo/registry`"
            );
        }
        (Tool::Maven, Action::Build) => "run `mvn dependency:go-offline`",
        (Tool::Gradle, Action::Build) => "run `gradle dependencies`",
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
    format!("copy {first} first, {run}, then copy the rest")
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

/// The manifests that the installation reads, as paths of the context, where that is known.
fn manifests(install: &Install, copy: &Copied, view: Option<View<'_>>) -> Vec<String> {
    let (Some(view), Some(folder)) = (view, &install.folder) else {
        return Vec::new();
    };
    if !install.files.is_empty() {
        return install
            .files
            .iter()
            .filter_map(|file| {
                let path = join(folder, file);
                let (dir, name) = path.rsplit_once('/')?;
                let path = join(&view.origin(copy, dir)?, name);
                view.has(&path).then_some(path)
            })
            .collect();
    }
    let Some(dir) = view.origin(copy, folder) else {
        return Vec::new();
    };
    let at = |name: &str| join(&dir, name);
    let known = install.tool.knowledge();
    let names = view.names(&dir);
    let here = |patterns: &[&str]| -> Vec<String> {
        let named = |name: &&String| patterns.iter().any(|pattern| meets(pattern, name));
        names.iter().filter(named).map(|name| at(name)).collect()
    };
    let mut found = here(known.manifests);
    found.extend(here(known.locks));
    found.extend(here(install.tool.companions()));
    if is_workspace(install.tool, view, &dir) {
        let inner = view.visible().files.iter().filter(|file| {
            let name = file.path.rsplit('/').next().unwrap_or("");
            below(&dir, &file.path)
                .or(dir.is_empty().then_some(""))
                .is_some()
                && !file.path.contains("node_modules/")
                && !file.path.contains("/target/")
                && known.manifests.iter().any(|pattern| meets(pattern, name))
                && !found.contains(&file.path)
        });
        let inner: Vec<String> = inner.take(200).map(|file| file.path.clone()).collect();
        found.extend(inner);
    }
    found
}

/// Whether the project in `dir` has further projects below it that are installed with it.
fn is_workspace(tool: Tool, view: View<'_>, dir: &str) -> bool {
    let holds = |name: &str, word: &str| {
        view.read(&join(dir, name))
            .is_some_and(|text| text.contains(word))
    };
    match tool {
        Tool::Npm | Tool::Yarn | Tool::Bun => holds("package.json", "\"workspaces\""),
        Tool::Pnpm => view.has(&join(dir, "pnpm-workspace.yaml")),
        Tool::Uv => holds("pyproject.toml", "[tool.uv.workspace]"),
        Tool::Go => view.has(&join(dir, "go.work")),
        Tool::Cargo => holds("Cargo.toml", "[workspace]"),
        Tool::Maven => holds("pom.xml", "<modules>"),
        Tool::Gradle => {
            holds("settings.gradle", "include") || holds("settings.gradle.kts", "include")
        }
        Tool::Dotnet => true,
        Tool::Mix => holds("mix.exs", "apps_path"),
        _ => false,
    }
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
            .any(|file| pip_needs_source(view, &join(&dir, file), 4)),
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
        match file {
            Some(file) if copy.dest.trim_end_matches('/') == folder.trim_end_matches('/') => Some(
                file.path
                    .rsplit_once('/')
                    .map_or("", |(dir, _)| dir)
                    .to_owned(),
            ),
            _ => view.origin(copy, folder),
        }
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

/// Whether a requirements file names folders of the project.
fn pip_needs_source(view: View<'_>, path: &str, depth: usize) -> bool {
    let Some(text) = view.read(path) else {
        return false;
    };
    let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    text.lines().map(str::trim).any(|line| {
        let editable = line
            .strip_prefix("-e")
            .or_else(|| line.strip_prefix("--editable"));
        if let Some(what) = editable {
            return !what.contains("://");
        }
        if let Some(inner) = line
            .strip_prefix("-r")
            .or_else(|| line.strip_prefix("--requirement"))
        {
            let inner = inner.trim_start_matches(['=', ' ']);
            return depth > 0 && pip_needs_source(view, &join(dir, inner), depth - 1);
        }
        line.starts_with("./") || line == "." || line.starts_with("../") || line.contains("file:")
    })
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
