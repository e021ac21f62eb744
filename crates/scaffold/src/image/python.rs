//! Images of Python programs: a virtual environment is made in one stage and copied into the last.

use super::base;
use super::sheet::Sheet;
use super::words::{cached, quote};
use crate::model::{Evidence, Python, PythonManager};

const PIP_CACHE: &str = "/root/.cache/pip";

pub(super) fn write(sheet: &mut Sheet<'_>, python: &Python) {
    let manager = python.manager.value;
    let image = base::python(&python.version.value);
    if manager == PythonManager::Uv {
        sheet.stage(base::UV, "uv", python.manager.evidence.clone());
    }
    sheet.stage(&image, "build", python.version.evidence.clone());
    sheet.build_packages(&["build-essential", "pkg-config"]);
    tool(sheet, python);
    sheet.workdir();
    sheet.manifests(&python.manifests);
    dependencies(sheet, python);
    if python.package {
        sheet.sources(&with(&python.needs, &python.sources));
        project(sheet, python);
    }

    sheet.next(
        "build",
        "dev",
        "developers have the tests' dependencies, too",
    );
    development(sheet, python);
    if !python.package {
        sheet.sources(&python.sources);
    }
    sheet.put(
        "ENV PATH=\"/app/.venv/bin:$PATH\" \\\n    PYTHONUNBUFFERED=1",
        "the programs of the virtual environment",
    );
    let command = reloading(&sheet.running.command.value);
    sheet.dev_ending(&command);

    sheet.stage(&image, "runtime", python.version.evidence.clone());
    sheet.runtime_packages(&[]);
    sheet.environment();
    sheet.workdir();
    sheet.put(
        "COPY --from=build /app/.venv .venv",
        "what is installed, without what installed it",
    );
    if !python.package || manager == PythonManager::Poetry {
        sheet.sources(&python.sources);
    } else if let Some(files) = beside(python) {
        sheet.sources(&files);
    }
    let statics = (
        "python manage.py collectstatic --no-input",
        "Django's static files are gathered once, not at every start",
    );
    sheet.writable_after(python.collects_static.then_some(statics));
    sheet.ending();
}

/// Files that a packaged program may be started from and that no package holds.
fn beside(python: &Python) -> Option<Vec<String>> {
    const FILES: &[&str] = &[
        "manage.py",
        "alembic.ini",
        "gunicorn.conf.py",
        "alembic",
        "migrations",
    ];
    let sources = python.sources.iter();
    let files: Vec<String> = sources
        .filter(|path| FILES.contains(&path.as_str()))
        .cloned()
        .collect();
    (!files.is_empty()).then_some(files)
}

/// What installs, and how it is told to install into `/app/.venv`.
fn tool(sheet: &mut Sheet<'_>, python: &Python) {
    let manager = &python.manager;
    match manager.value {
        PythonManager::Uv => {
            sheet.on("COPY --from=uv /uv /usr/local/bin/uv", manager);
            sheet.put(
                "ENV UV_COMPILE_BYTECODE=1 \\\n    UV_LINK_MODE=copy \\\n    UV_PYTHON_DOWNLOADS=never",
                "byte code is made now, since the root is read-only later; the image has the Python",
            );
        }
        PythonManager::Poetry => {
            let command = format!("pip install {}", base::POETRY);
            sheet.on(cached(&[PIP_CACHE], &command), manager);
            sheet.put(
                "ENV POETRY_NO_INTERACTION=1 \\\n    POETRY_VIRTUALENVS_IN_PROJECT=1",
                "the environment is copied from the project's folder",
            );
        }
        PythonManager::Pdm => {
            let command = format!("pip install {}", base::PDM);
            sheet.on(cached(&[PIP_CACHE], &command), manager);
            sheet.put(
                "ENV PDM_CHECK_UPDATE=0 \\\n    PDM_USE_VENV=1",
                "the environment is copied from the project's folder",
            );
        }
        PythonManager::Pipenv => {
            let command = format!("pip install {}", base::PIPENV);
            sheet.on(cached(&[PIP_CACHE], &command), manager);
            sheet.put(
                "ENV PIPENV_VENV_IN_PROJECT=1",
                "the environment is copied from the project's folder",
            );
        }
        PythonManager::Pip => {
            sheet.on("RUN python -m venv /app/.venv", manager);
            sheet.put(
                "ENV PATH=\"/app/.venv/bin:$PATH\"",
                "pip installs into the environment that is copied",
            );
        }
    }
}

/// Installs what runs, without the program itself.
fn dependencies(sheet: &mut Sheet<'_>, python: &Python) {
    let evidence = match &python.lock {
        Some(lock) => vec![Evidence::file(sheet.in_tree(lock), "it pins every version")],
        None => python.manager.evidence.clone(),
    };
    let locked = python.lock.is_some();
    let text = match python.manager.value {
        PythonManager::Uv => cached(
            &["/root/.cache/uv"],
            &format!("uv sync {}--no-dev --no-install-project", uv_lock(locked)),
        ),
        PythonManager::Poetry => cached(
            &["/root/.cache/pypoetry"],
            "poetry install --only main --no-root",
        ),
        PythonManager::Pdm => cached(&["/root/.cache/pdm"], "pdm sync --prod --no-self"),
        PythonManager::Pipenv => cached(&["/root/.cache/pipenv"], "pipenv sync"),
        PythonManager::Pip => match requirements(python) {
            Some(file) => cached(&[PIP_CACHE], &format!("pip install -r {}", quote(file))),
            None if python.manifests.iter().any(|path| path == "pyproject.toml") => cached(
                &[PIP_CACHE],
                "python -c \"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project'].get('dependencies', []), sep='\\n')\" > /tmp/dependencies.txt \\\n    && pip install -r /tmp/dependencies.txt",
            ),
            None => return,
        },
    };
    sheet.add(text, evidence);
}

/// Installs the program as a package.
fn project(sheet: &mut Sheet<'_>, python: &Python) {
    let locked = python.lock.is_some();
    let text = match python.manager.value {
        PythonManager::Uv => cached(
            &["/root/.cache/uv"],
            &format!("uv sync {}--no-dev --no-editable", uv_lock(locked)),
        ),
        // A link to the sources, which the last stage has in the same place.
        PythonManager::Poetry => cached(&["/root/.cache/pypoetry"], "poetry install --only main"),
        PythonManager::Pdm => cached(&["/root/.cache/pdm"], "pdm sync --prod --no-editable"),
        PythonManager::Pipenv => cached(
            &["/root/.cache/pipenv"],
            "pipenv run pip install --no-deps .",
        ),
        PythonManager::Pip => cached(&[PIP_CACHE], "pip install --no-deps ."),
    };
    let evidence = sheet.files(&python.manifests, "it makes the program a package");
    sheet.add(text, evidence);
}

/// Adds what only developers need.
fn development(sheet: &mut Sheet<'_>, python: &Python) {
    let locked = python.lock.is_some();
    let text = match python.manager.value {
        PythonManager::Uv => cached(
            &["/root/.cache/uv"],
            &format!("uv sync {}--no-install-project", uv_lock(locked)),
        ),
        PythonManager::Poetry => cached(&["/root/.cache/pypoetry"], "poetry install --no-root"),
        PythonManager::Pdm => cached(&["/root/.cache/pdm"], "pdm sync --no-self"),
        PythonManager::Pipenv => cached(&["/root/.cache/pipenv"], "pipenv sync --dev"),
        PythonManager::Pip => {
            let development = python.manifests.iter().find(|path| {
                let name = path.rsplit('/').next().unwrap_or(path);
                name.contains("dev") && name.ends_with(".txt")
            });
            match development {
                Some(file) => cached(&[PIP_CACHE], &format!("pip install -r {}", quote(file))),
                None => return,
            }
        }
    };
    // The project stays installed where it is a package.
    let text = if python.package {
        text.replace(" --no-install-project", " --no-editable")
            .replace(" --no-self", " --no-editable")
            .replace(" --no-root", "")
    } else {
        text
    };
    sheet.on(text, &python.manager);
}

fn uv_lock(locked: bool) -> &'static str {
    if locked { "--locked " } else { "" }
}

/// The requirements file that the program runs with.
fn requirements(python: &Python) -> Option<&str> {
    let is_requirements = |path: &&String| path.ends_with(".txt");
    let lock = python.lock.as_ref().filter(is_requirements);
    let first = python
        .manifests
        .iter()
        .filter(is_requirements)
        .find(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            !["dev", "test", "constraint"]
                .iter()
                .any(|part| name.contains(part))
        });
    lock.or(first).map(String::as_str)
}

/// The command for developers: servers that can watch the code do.
fn reloading(command: &[String]) -> Vec<String> {
    let mut command = command.to_vec();
    let runs = |name: &str| {
        let mut words = command.iter().take(3);
        words.any(|word| word.rsplit('/').next() == Some(name))
    };
    if runs("uvicorn") || runs("gunicorn") || runs("hypercorn") {
        command.push("--reload".to_owned());
    } else if runs("flask") {
        command.push("--debug".to_owned());
    }
    command
}

fn with(first: &[String], second: &[String]) -> Vec<String> {
    first.iter().chain(second).cloned().collect()
}
