//! Python services.

mod django;
mod drivers;
mod entry;
mod manifest;
mod settings;
mod start;
mod urls;
mod workers;

use super::draft::{Cx, Draft, name, sources};
use super::files::{Files, below, inside, relative};
use super::reading::Found;
use super::releases::{self, PYTHON};
use super::tables;
use crate::model::{Evidence, Known, Python, PythonFramework, Refusal, Stack};
use entry::Sources;
use manifest::Manifest;

/// Files that make a folder a Python project.
pub(crate) const MANIFESTS: &[&str] = &[
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "setup.py",
    "requirements.in",
    "requirements",
];

/// Whether a file with such a name is one: a module may be called `setup.py`, too.
pub(crate) fn is_manifest(files: &Files<'_>, folder: &str, name: &str) -> bool {
    let text = files
        .text(&below(folder, name))
        .filter(|_| name == "setup.py");
    let tools = ["setuptools", "distutils", "skbuild"];
    text.is_none_or(|text| tools.iter().any(|tool| text.text.contains(tool)))
}

/// Names of scripts that are a program's entry by habit, the likeliest first.
pub(crate) const SCRIPTS: &[&str] = &[
    "main.py",
    "app.py",
    "server.py",
    "run.py",
    "wsgi.py",
    "asgi.py",
    "bot.py",
    "start.py",
    "application.py",
    "service.py",
    "api.py",
    "web.py",
    "__main__.py",
    "manage.py",
    "worker.py",
    "consumer.py",
    "hello.py",
];

/// Looks at a folder. `own` says which folders below are projects of their own.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let Some(manifest) = Manifest::read(cx, folder) else {
        return Found::Nothing;
    };
    let files = Sources::read(cx, folder, own);
    if files.list.is_empty() {
        return Found::Nothing;
    }
    let mut questions = Vec::new();
    let version = releases::choose(&PYTHON, &manifest.versions(cx, folder), &mut questions);
    let context = manifest.context.clone();
    let sources = sources(cx, folder, &context, &manifest.files, own);
    let stack = Python {
        version,
        manager: manifest.manager.clone(),
        framework: None,
        manifests: manifest.files.clone(),
        lock: manifest.lock.clone(),
        package: manifest.package,
        needs: manifest.needs.clone(),
        sources,
        application: None,
        server: None,
        collects_static: false,
        postgres_driver: None,
    };
    let mut draft = Draft::new(folder, &context, Stack::Python(stack.clone()));
    draft.questions = questions;
    draft.name = Some(name(manifest.name.clone(), folder));
    let mut python = stack;
    let program = start::find(cx, &manifest, &files, &mut python, &mut draft);
    if let Some(refusal) = draft.refusal.take() {
        return Found::Refused(refusal);
    }
    workers::find(&manifest, &files, &mut python, &mut draft);
    let is_known = draft.start.is_some() || !draft.processes.is_empty() || program;
    let is_told = cx.told.starts(folder);
    if !is_known && !is_told && manifest.is_tool_configuration() {
        return Found::Library;
    }
    // What is said of all services says nothing of the packages that they share.
    let is_told = is_told || context == folder && cx.told.may_start(folder);
    if !is_known && !is_told && manifest.package {
        return Found::Library;
    }
    if !is_known && !cx.told.may_start(folder) {
        let files: Vec<Evidence> = manifest.evidence.iter().cloned().collect();
        return Found::Refused(Refusal {
            folder: folder.to_owned(),
            evidence: files,
            why: "no application, script or entry point says how it is started".to_owned(),
            help: "say what starts it with `start` for this folder in `plimsoll.toml`, or add a `Procfile`"
                .to_owned(),
        });
    }
    // A member of a workspace that only installs a command is a package for the others.
    let command = draft
        .start
        .as_ref()
        .is_some_and(|start| start.value.len() == 1);
    if command && draft.port.is_none() && context != folder {
        return Found::Library;
    }
    if draft.start.is_none() && draft.port.is_none() && !program {
        worker_alone(&mut python, &mut draft);
    }
    draft.depends_on(&manifest.dependencies);
    draft.libraries = manifest.dependencies.libraries(tables::PYTHON);
    draft
        .libraries
        .extend(manifest.dependencies.libraries(tables::PYTHON_BROWSER));
    if manifest.lock.is_none() || manifest.dependencies.has("psycopg2-binary") {
        draft.libraries.retain(|library| {
            library.because.value != "psycopg2" || !manifest.dependencies.has("psycopg2-binary")
        });
    }
    python.postgres_driver = drivers::postgres(&manifest, &files);
    settings::environment(&files, &mut draft);
    settings::writes(&files, &mut draft);
    draft.stack = Stack::Python(python);
    Found::Services(vec![draft])
}

/// A worker without anything beside it is the service.
fn worker_alone(python: &mut Python, draft: &mut Draft) {
    if draft.processes.is_empty() {
        return;
    }
    let process = draft.processes.remove(0);
    if process
        .command
        .value
        .first()
        .is_some_and(|word| word == "celery")
    {
        let evidence = process.command.evidence[0].clone();
        python.framework = Some(Known::stated(PythonFramework::Celery, evidence));
    }
    draft.start = Some(process.command);
}

/// The module that a file is imported as, from a folder on the path: `app/main.py` is `app.main`.
pub(crate) fn module(path: &str, from: &str) -> Option<String> {
    if !inside(path, from) {
        return None;
    }
    let local = relative(path, from);
    let stem = local.strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let fits = stem.split('/').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b >= 128)
    });
    fits.then(|| stem.replace('/', "."))
}

/// Whether a folder without a manifest holds a script that is a program by its name.
pub(crate) fn bare_script(cx: Cx<'_>, folder: &str) -> Option<String> {
    let names = [
        "main.py",
        "app.py",
        "bot.py",
        "server.py",
        "start.py",
        "hello.py",
    ];
    let path = cx.files.first(folder, &names)?;
    Some(below("", &path))
}
