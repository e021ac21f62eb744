//! Which files make up a project, what its variables are, and how it is called.
//!
//! Follows docker compose's `toProjectOptions` and compose-go's `cli/options.go`: the
//! environment wins over `.env`, which is read from the current folder and then from the
//! project's.

use super::Request;
use super::context::{Cx, Refused, Resolving, remote};
use super::dotenv::Reader;
use super::environment::{Environment, Variable};
use super::files;
use super::interpolate;
use super::item::{Data, Item};
use super::paths;
use super::records::{Spot, Trace, VariableOrigin};
use super::refusal::{Reason, Refusal};
use super::surroundings::{PathKind, ReadFailure};
use super::values;

/// Names by which a Compose file is found, the first one wins.
pub const FILE_NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// Names by which the file laid over it is found.
pub const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// A project's files and circumstances.
pub(super) struct Located {
    /// Absolute paths; `-` for standard input.
    pub(super) files: Vec<String>,
    /// The project's folder.
    pub(super) working_dir: String,
    pub(super) environment: Environment,
    pub(super) profiles: Vec<String>,
}

/// Finds the files and reads the variables.
pub(super) fn locate(cx: &mut Cx<'_>) -> Resolving<Located> {
    let request = cx.request;
    let mut environment = Environment::default();
    let shell = |value: &str| Variable {
        value: value.into(),
        origin: VariableOrigin::Shell,
    };
    for (name, value) in cx.surroundings.variables() {
        environment.set(&name, shell(&value));
    }
    if environment.get("PWD").is_none() && !request.current_dir.is_empty() {
        environment.set("PWD", shell(&request.current_dir));
    }
    let mut files: Vec<String> = request.files.clone();
    // What `.env` says of Compose itself counts before anything else is read.
    let dir = working_dir(request, &files);
    let first = dotenv(cx, &environment, &dir)?;
    let mut switches = environment.clone();
    switches.add_missing(first);
    let disabled = switches
        .value("COMPOSE_DISABLE_ENV_FILE")
        .map(values::parse_go_bool);
    let is_disabled = match disabled {
        Some(None) => {
            let text = switches.value("COMPOSE_DISABLE_ENV_FILE").unwrap_or("");
            let reason = Reason::Value {
                path: "COMPOSE_DISABLE_ENV_FILE".to_owned(),
                problem: format!("`{text}` is neither `true` nor `false`"),
            };
            return Err(Refusal::new(reason).into());
        }
        Some(Some(value)) => value && request.env_files.is_empty(),
        None => false,
    };
    if !is_disabled {
        environment.add_missing(dotenv(cx, &environment, &dir)?);
    }
    if files.is_empty()
        && let Some(named) = environment.value("COMPOSE_FILE").map(str::to_owned)
    {
        let separator = environment
            .value("COMPOSE_PATH_SEPARATOR")
            .filter(|separator| !separator.is_empty())
            .unwrap_or(":");
        for path in named.split(separator) {
            files.push(accepted(cx, path)?);
        }
    }
    if files.is_empty() {
        files = discovered(cx, &working_dir(request, &files));
    }
    let working_dir = working_dir(request, &files);
    if !is_disabled {
        environment.add_missing(dotenv(cx, &environment, &working_dir)?);
    }
    if files.is_empty() {
        return Err(Refusal::new(Reason::NoFile { dir: working_dir }).into());
    }
    for file in &mut files {
        if let Some(reason) = remote(file) {
            return Err(Refusal::new(reason).into());
        }
        if file != "-" {
            *file = paths::absolute(&request.current_dir, file);
        }
    }
    let profiles = if request.profiles.is_empty() {
        let listed = environment.value("COMPOSE_PROFILES").unwrap_or_default();
        listed
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    } else {
        request.profiles.clone()
    };
    Ok(Located {
        files,
        working_dir,
        environment,
        profiles,
    })
}

/// The project's folder: the one asked for, that of the first file, or the current one.
fn working_dir(request: &Request, files: &[String]) -> String {
    if let Some(dir) = request
        .project_directory
        .as_deref()
        .filter(|d| !d.is_empty())
    {
        return paths::absolute(&request.current_dir, dir);
    }
    match files.iter().find(|file| *file != "-") {
        Some(file) if remote(file).is_none() => {
            paths::dir(&paths::absolute(&request.current_dir, file))
        }
        _ => request.current_dir.clone(),
    }
}

/// The variables of the env files asked for, or of `.env` in `dir`.
fn dotenv(cx: &mut Cx<'_>, known: &Environment, dir: &str) -> Resolving<Environment> {
    let named = &cx.request.env_files;
    let mut found: Vec<(String, Trace)> = Vec::new();
    if named.is_empty() {
        let path = paths::join(dir, ".env");
        if cx.kind(&path).is_some_and(|kind| kind != PathKind::Folder) {
            found.push((path, Trace::IMPLICIT));
        }
    }
    for path in named {
        let path = cx.with_home(path, Trace::IMPLICIT);
        let path = paths::absolute(&cx.request.current_dir, &path);
        found.push((path, Trace::IMPLICIT));
    }
    env_files(cx, known, &found)
}

/// Reads env files, the later one over the earlier.
pub(super) fn env_files(
    cx: &mut Cx<'_>,
    known: &Environment,
    files: &[(String, Trace)],
) -> Resolving<Environment> {
    let mut variables = Environment::default();
    for (path, cause) in files {
        let failure = match cx.kind(path) {
            None => Some(ReadFailure::NotFound),
            Some(PathKind::Folder) => Some(ReadFailure::Folder),
            Some(_) => None,
        };
        if let Some(failure) = failure {
            let reason = Reason::EnvFileMissing {
                what: "env file",
                path: path.clone(),
                failure,
            };
            let refused = cx.refusal(reason, *cause);
            cx.tolerate(refused)?;
            continue;
        }
        let (source, text) = cx.read_once(path, *cause)?;
        let lookup = |name: &str| known.get(name).cloned();
        let mut reader = Reader {
            source,
            lookup: &lookup,
            unset: Vec::new(),
        };
        let outcome = reader.read(&text, &mut variables);
        let unset = reader.unset;
        files::note_unset(cx, unset);
        outcome.map_err(|mistake| files::syntax(source, mistake))?;
    }
    Ok(variables)
}

/// A path of `COMPOSE_FILE`: it must lead to a file.
fn accepted(cx: &Cx<'_>, path: &str) -> Resolving<String> {
    if path == "-" || remote(path).is_some() {
        return Ok(path.to_owned());
    }
    let path = paths::absolute(&cx.request.current_dir, path);
    let failure = match cx.kind(&path) {
        Some(PathKind::File) => return Ok(path),
        Some(PathKind::Folder) => ReadFailure::Folder,
        Some(PathKind::Other) => ReadFailure::Other("it is no regular file".to_owned()),
        None => ReadFailure::NotFound,
    };
    Err(Refusal::new(Reason::Unreadable { path, failure }).into())
}

/// The Compose file of the folder or the nearest one above it, and what is laid over it.
fn discovered(cx: &mut Cx<'_>, dir: &str) -> Vec<String> {
    let mut dir = dir.to_owned();
    loop {
        if let Some(file) = first_of(cx, &dir, &FILE_NAMES) {
            let over = first_of(cx, &dir, &OVERRIDE_NAMES);
            return std::iter::once(file).chain(over).collect();
        }
        let parent = paths::dir(&dir);
        if parent == dir {
            return Vec::new();
        }
        dir = parent;
    }
}

fn first_of(cx: &mut Cx<'_>, dir: &str, names: &[&str]) -> Option<String> {
    let mut found = names
        .iter()
        .map(|name| paths::join(dir, name))
        .filter(|path| cx.exists(path))
        .collect::<Vec<_>>()
        .into_iter();
    let winner = found.next()?;
    let others: Vec<String> = found.map(|path| format!("`{path}`")).collect();
    if !others.is_empty() {
        let message = format!("`{winner}` is used, {} is not", others.join(", "));
        cx.notice(message, None);
    }
    Some(winner)
}

/// The project's name: the one asked for, that of the environment, that of the last file that
/// has one, or that of the folder.
pub(super) fn project_name(cx: &mut Cx<'_>, located: &Located) -> Resolving<String> {
    let asked = cx
        .request
        .project_name
        .clone()
        .filter(|name| !name.is_empty());
    let from_environment = || {
        let name = located.environment.value("COMPOSE_PROJECT_NAME")?;
        (!name.is_empty()).then(|| name.to_owned())
    };
    if let Some(name) = asked.or_else(from_environment) {
        if normalised(&name) != name {
            return Err(Refusal::new(Reason::ProjectName { name }).into());
        }
        return Ok(name);
    }
    let mut written: Option<Item> = None;
    for file in &located.files {
        let parsed = cx.compose_file(file, Trace::IMPLICIT)?;
        for document in parsed.tree().documents() {
            let Some(node) = document.root().and_then(|root| root.get("name")) else {
                continue;
            };
            if let Some(text) = node.str()
                && !node.is_null()
                && !text.is_empty()
            {
                let spot = Spot {
                    source: parsed.source,
                    range: node.range(),
                };
                written = Some(Item::text(text, Trace::written(spot)));
            }
        }
    }
    let Some(written) = written else {
        return Ok(normalised(paths::base(&located.working_dir)));
    };
    if cx.request.no_interpolate {
        let Data::Text(text) = &written.data else {
            return Ok(String::new());
        };
        return Ok(normalised(text));
    }
    let name = interpolate::name(cx, &written, &located.environment)
        .or_else(|refused| cx.tolerate(refused).map(|()| String::new()))?;
    Ok(normalised(&name))
}

/// The name with only the letters that a project name may have.
pub fn normalised(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

/// The refusal of a project that has no name.
pub(super) fn nameless() -> Refused {
    Refusal::new(Reason::NoProjectName).into()
}
