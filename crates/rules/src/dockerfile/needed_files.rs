//! Files of the context that build steps read although no COPY names them: what manifests point
//! at, lock files, scripts that are run.

use plimsoll_dockerfile::Build;
use plimsoll_source::TextRange;

use super::build_context::{View, below};
use super::copied_source::before;
use super::dependency_steps::project_dir;
use super::facts::calls::{Call, calls, is_python};
use super::facts::copies::{Copied, clean};
use super::facts::ecosystems::Tool;
use super::facts::folders::{join, of_calls};
use super::facts::installs::{Action, Install, Lock};
use super::facts::{Facts, ending};
use super::shipped::lineage;

/// A file that a step reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Need {
    /// Its path in the context.
    pub(crate) path: String,
    /// Who needs it: a phrase that follows "which".
    pub(crate) why: String,
    /// The step.
    pub(crate) step: TextRange,
    /// Whether the build fails without it, as against doing something else.
    pub(crate) fails: bool,
}

/// All files that steps read, lie in the context, and are left out by `.dockerignore`, although
/// a COPY takes the folder in which they lie.
pub(crate) fn hidden(build: &Build, facts: &Facts, view: View<'_>) -> Vec<Need> {
    let mut found: Vec<Need> = Vec::new();
    for stage in &build.stages {
        let line = lineage(build, stage);
        for index in stage.instructions.clone() {
            if !super::shipped::is_run(build, index) {
                continue;
            }
            let prior = before(facts, &line, index);
            let folders = taken_folders(&prior, view);
            if folders.is_empty() {
                continue;
            }
            let mut needs = Vec::new();
            for install in facts.installs_at(index) {
                installed(&prior, install, view, &mut needs);
            }
            let calls = calls(build, index);
            let at = of_calls(facts.folders.at(index), &calls);
            for (call, folder) in calls.iter().zip(&at) {
                if let Some(folder) = folder {
                    called(&prior, call, folder, view, &mut needs);
                }
            }
            found.extend(needs.into_iter().filter(|need| {
                let inside = |folder: &&str| {
                    folder.is_empty()
                        || below(folder, &need.path).is_some_and(|rest| !rest.is_empty())
                };
                folders.iter().any(inside) && view.hides(&need.path)
            }));
        }
    }
    // The version may be handed in instead.
    if build.file.text.contains("PRETEND_VERSION") {
        found.retain(|need| ending(&need.path) != "git");
    }
    let mut seen: Vec<String> = Vec::new();
    found.retain(|need| {
        let new = !seen.contains(&need.path);
        seen.push(need.path.clone());
        new
    });
    found
}

/// The folders of the context that COPY instructions take as a whole.
fn taken_folders<'a>(prior: &[&'a Copied], view: View<'_>) -> Vec<&'a str> {
    prior
        .iter()
        .flat_map(|copy| &copy.sources)
        .filter(|source| source.known)
        .filter_map(|source| {
            if source.is_whole() {
                return Some("");
            }
            let dir = view.kind(&source.path) == Some(plimsoll_source::EntryKind::Dir);
            dir.then_some(&*source.path)
        })
        .collect()
}

/// What an installation reads.
fn installed(prior: &[&Copied], install: &Install, view: View<'_>, needs: &mut Vec<Need>) {
    let Some(dir) = project_dir(prior, install, view) else {
        return;
    };
    let tool = install.tool.knowledge();
    let at = |name: &str| clean(&format!("{dir}/{name}"));
    let mut push = |path: String, why: String, fails: bool| {
        needs.push(Need {
            path,
            why,
            step: install.range,
            fails,
        });
    };
    if matches!(
        install.action,
        Action::Project | Action::Fetch | Action::Build
    ) {
        let seen = |lock: &&&str| view.kind(&at(lock)).is_some() && !view.hides(&at(lock));
        if !tool.locks.iter().any(|lock| seen(&lock)) {
            for lock in tool.locks {
                push(
                    at(lock),
                    format!("`{}` takes versions from", tool.name),
                    install.lock == Lock::Enforced && install.tool != Tool::Go,
                );
            }
        }
    }
    for file in &install.files {
        requirements(view, &at(file), 4, &mut push);
    }
    let own = match install.tool {
        Tool::Pip => install.action == Action::Local && install.files.is_empty(),
        Tool::Uv => !install.has("--no-install-project") && !install.has("--no-install-workspace"),
        Tool::Poetry => !install.has("--no-root") && !install.has("--only"),
        Tool::Pdm => !install.has("--no-self"),
        _ => false,
    };
    if own {
        python_project(view, &dir, &mut push);
    }
    if install.tool == Tool::Cargo && install.action == Action::Build {
        for member in cargo_members(view, &dir) {
            push(
                at(&member),
                "`Cargo.toml` names as a member of the workspace".into(),
                true,
            );
        }
    }
}

/// The requirement files that one includes.
fn requirements(
    view: View<'_>,
    path: &str,
    depth: usize,
    push: &mut dyn FnMut(String, String, bool),
) {
    push(path.to_owned(), "`pip install -r` reads".into(), true);
    let Some(text) = view.read(path).filter(|_| depth > 0) else {
        return;
    };
    let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    for line in text.lines().map(str::trim) {
        let included = ["-r", "--requirement", "-c", "--constraint"]
            .iter()
            .find_map(|option| line.strip_prefix(option))
            .map(|rest| {
                rest.trim_start_matches(['=', ' '])
                    .split('#')
                    .next()
                    .unwrap_or("")
                    .trim()
            });
        if let Some(file) = included.filter(|file| !file.is_empty() && !file.contains("://")) {
            requirements(view, &clean(&format!("{dir}/{file}")), depth - 1, push);
        }
    }
}

/// What the build back end of a Python project reads besides the source.
fn python_project(view: View<'_>, dir: &str, push: &mut dyn FnMut(String, String, bool)) {
    let at = |name: &str| clean(&format!("{dir}/{name}"));
    if let Some(text) = view.read(&at("setup.py")) {
        for name in view.names(dir) {
            let read = text.contains(&format!("\"{name}\"")) || text.contains(&format!("'{name}'"));
            if read && matches!(ending(&name), "md" | "rst" | "txt") {
                push(at(&name), "`setup.py` reads".into(), true);
            }
        }
    }
    let manifest = at("pyproject.toml");
    let Some(text) = view.read(&manifest) else {
        return;
    };
    let asks_git = [
        "setuptools_scm",
        "setuptools-scm",
        "hatch-vcs",
        "versioningit",
    ];
    if asks_git.iter().any(|name| text.contains(name))
        && !text.contains("fallback")
        && !text.contains("default-version")
    {
        push(
            at(".git"),
            format!("`{manifest}` takes the version from"),
            true,
        );
    }
    // Without a build back end uv and poetry install no project; setuptools passes over files
    // that are not there.
    if !text.contains("[build-system]") || text.contains("setuptools.build_meta") {
        return;
    }
    let mut table = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            name.trim().clone_into(&mut table);
            continue;
        }
        if table != "project" && table != "tool.poetry" {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let what = match key.trim() {
            "readme" => "readme",
            "license" if value.contains("file") => "licence",
            _ => continue,
        };
        let mut quoted = value.split(['"', '\'']).skip(1).step_by(2);
        let file = if value.contains('{') {
            value.contains("file").then(|| quoted.next()).flatten()
        } else {
            quoted.next()
        };
        if let Some(file) = file.filter(|file| !file.is_empty()) {
            push(at(file), format!("`{manifest}` names as its {what}"), true);
        }
    }
}

/// The members of a Cargo workspace that are named without wildcards.
fn cargo_members(view: View<'_>, dir: &str) -> Vec<String> {
    let Some(text) = view.read(&clean(&format!("{dir}/Cargo.toml"))) else {
        return Vec::new();
    };
    let Some((_, rest)) = text.split_once("members") else {
        return Vec::new();
    };
    let rest = rest
        .trim_start()
        .strip_prefix('=')
        .unwrap_or("")
        .trim_start();
    let Some(list) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Vec::new();
    };
    let quoted = list.0.split('"').skip(1).step_by(2);
    quoted
        .filter(|name| !name.contains('*') && *name != ".")
        .map(str::to_owned)
        .collect()
}

/// Scripts that a step runs, and files that a script of `package.json` names.
fn called(prior: &[&Copied], call: &Call<'_>, folder: &str, view: View<'_>, needs: &mut Vec<Need>) {
    let in_context = |path: &str| {
        let path = join(folder, path);
        let (dir, name) = path.rsplit_once('/')?;
        let dir = if dir.is_empty() { "/" } else { dir };
        let origin = prior.iter().find_map(|copy| view.origin(copy, dir))?;
        Some(clean(&format!("{origin}/{name}")))
    };
    let script = |text: &str| {
        let name = text.rsplit('/').next().unwrap_or("");
        name.contains('.') && !text.contains(['$', '*', '=', ':'])
    };
    let whole = call.command.and_then(|command| command.words.first());
    let program = whole
        .and_then(|word| word.literal())
        .unwrap_or(call.program);
    if program.starts_with("./") || program.starts_with("../") {
        if let Some(path) = in_context(program) {
            let why = "a step runs".to_owned();
            needs.push(Need {
                path,
                why,
                step: call.range,
                fails: true,
            });
        }
        return;
    }
    let runs = matches!(
        call.program,
        "sh" | "bash" | "node" | "ruby" | "php" | "perl"
    ) || is_python(call.program);
    if runs
        && let Some(first) = call.args.first()
        && first.literal
        && !first.text.starts_with('-')
        && script(first.text)
        && let Some(path) = in_context(first.text)
    {
        let why = format!("`{}` runs", call.program);
        needs.push(Need {
            path,
            why,
            step: call.range,
            fails: true,
        });
    }
    if matches!(call.program, "npm" | "yarn" | "pnpm" | "bun") {
        package_script(call, &in_context, view, needs);
    }
}

fn package_script(
    call: &Call<'_>,
    in_context: &dyn Fn(&str) -> Option<String>,
    view: View<'_>,
    needs: &mut Vec<Need>,
) {
    let mut words = call
        .args
        .iter()
        .filter(|arg| arg.literal && !arg.text.starts_with('-'));
    let name = match words.next().map(|arg| arg.text) {
        Some("run" | "run-script") => words.next().map(|arg| arg.text),
        other => other,
    };
    let (Some(name), Some(manifest)) = (name, in_context("package.json")) else {
        return;
    };
    let Some(text) = view.read(&manifest) else {
        return;
    };
    let Some((_, scripts)) = text.split_once("\"scripts\"") else {
        return;
    };
    let scripts = scripts
        .split_once('}')
        .map_or(scripts, |(scripts, _)| scripts);
    let Some((_, rest)) = scripts.split_once(&format!("\"{name}\"")) else {
        return;
    };
    let Some(line) = rest
        .split_once('"')
        .and_then(|(_, rest)| rest.split_once('"'))
    else {
        return;
    };
    let dir = manifest.rsplit_once('/').map_or("", |(dir, _)| dir);
    let at = |file: &str| clean(&format!("{dir}/{file}"));
    for word in line.0.split([' ', ';', '&', '|']) {
        let word = word.trim_matches(['\'', '"']);
        let is_file =
            word.contains('.') && !word.starts_with('-') && !word.contains(['*', '$', '=']);
        if is_file && view.has(&at(word)) {
            let why = format!("the script `{name}` of `{manifest}` names");
            needs.push(Need {
                path: at(word),
                why,
                step: call.range,
                fails: true,
            });
        }
    }
    if line.0.split([' ', '&', ';']).any(|word| word == "tsc") {
        let path = at("tsconfig.json");
        needs.push(Need {
            path,
            why: "`tsc` reads".into(),
            step: call.range,
            fails: true,
        });
    }
}
