//! Django: `manage.py`, the settings behind it, the application that they name.

use plimsoll_source::files::parent;

use super::entry::Sources;
use super::manifest::Manifest;
use super::{settings, start, urls};
use crate::detect::draft::Draft;
use crate::detect::files::{Text, below};
use crate::model::{Evidence, Known, Python, PythonFramework, Topic};

/// Finds a Django project.
pub(super) fn find(
    manifest: &Manifest,
    sources: &Sources<'_>,
    python: &mut Python,
    draft: &mut Draft,
) -> bool {
    let manage = sources
        .list
        .iter()
        .filter(|text| text.path.ends_with("manage.py") && text.text.contains("django"))
        .min_by_key(|text| (text.path.matches('/').count(), text.path.clone()));
    let Some(manage) = manage else { return false };
    let local = sources.local(manage);
    let folder = parent(&local).to_owned();
    let evidence = match manifest.dependencies.get("django") {
        Some(dependency) => dependency.evidence.clone(),
        None => Evidence::file(&manage.path, "there is a `manage.py`"),
    };
    python.framework = Some(Known::stated(PythonFramework::Django, evidence.clone()));
    let in_folder = |module: &str| {
        let path = below(&folder, &format!("{}.py", module.replace('.', "/")));
        let whole = below(&sources.folder, &path);
        sources.list.iter().copied().find(|text| text.path == whole)
    };
    let all_settings: Vec<&Text> = sources
        .list
        .iter()
        .copied()
        .filter(|text| text.path.contains("settings") && text.text.contains('='))
        .collect();
    let application = application(&all_settings, &in_folder, sources, &folder);
    python.collects_static = all_settings.iter().any(|text| {
        let code = text.code();
        code.find(&["STATIC_ROOT", "="]).is_some()
    });
    let migrate = ["python", &local, "migrate", "--noinput"]
        .map(str::to_owned)
        .to_vec();
    draft.migration = Some(Known::stated(
        migrate,
        Evidence::file(&manage.path, "there is a `manage.py`"),
    ));
    draft.health = settings::health(sources);
    draft.health.extend(urls::health(sources));
    let asgi = manifest.dependencies.has("channels") || manifest.dependencies.has("daphne");
    let servers: &[&str] = if asgi {
        &["daphne", "uvicorn", "hypercorn", "granian", "gunicorn"]
    } else {
        &[
            "gunicorn", "uwsgi", "waitress", "uvicorn", "granian", "daphne",
        ]
    };
    let server = start::server(manifest, servers);
    python.server = server.clone();
    let habit = || {
        Known::likely(
            start::plain(8000),
            Evidence::line(
                &evidence.file,
                evidence.line,
                "Django listens here when nothing else is said",
            ),
        )
    };
    let (Some(server), Some((target, named))) = (server, application.clone()) else {
        python.application = application.map(|(target, named)| Known::stated(target, named));
        let words = ["python", &local, "runserver", "0.0.0.0:8000"]
            .map(str::to_owned)
            .to_vec();
        draft.start = Some(Known::likely(
            words,
            Evidence::file(&manage.path, "`runserver` is a server for development"),
        ));
        draft.port = Some(habit());
        draft.ask(
            Topic::Start,
            "No server for the application is among the dependencies. Which one shall serve it?",
            vec!["gunicorn".to_owned(), "uvicorn".to_owned()],
            vec![evidence],
        );
        return true;
    };
    let speaks_asgi = matches!(server.value.as_str(), "daphne" | "uvicorn" | "hypercorn")
        || asgi && server.value == "granian";
    let target = if speaks_asgi {
        target.replace(".wsgi:", ".asgi:")
    } else {
        target
    };
    python.application = Some(Known::stated(target.clone(), named.clone()));
    let from = if folder.is_empty() { "." } else { &folder };
    let port = habit();
    let command = start::command(&server.value, &target, port.value.number, speaks_asgi, from);
    draft.start = Some(Known::stated(command, named).and(server.evidence[0].clone()));
    draft.port = Some(port);
    true
}

/// The application as `module:attribute`: what the settings name, else the one `wsgi.py`.
fn application<'a>(
    settings: &[&'a Text],
    in_folder: &dyn Fn(&str) -> Option<&'a Text>,
    sources: &Sources<'a>,
    folder: &str,
) -> Option<(String, Evidence)> {
    for text in settings {
        let code = text.code();
        let Some(index) = code.find(&["WSGI_APPLICATION", "="]) else {
            continue;
        };
        let Some((module, attribute)) = code
            .string(index + 2)
            .and_then(|name| name.rsplit_once('.'))
        else {
            continue;
        };
        if in_folder(module).is_some() {
            let evidence =
                Evidence::line(&text.path, code.line(index), "`WSGI_APPLICATION` is set");
            return Some((format!("{module}:{attribute}"), evidence));
        }
    }
    let base = below(&sources.folder, folder);
    let text = sources
        .list
        .iter()
        .filter(|text| {
            text.path.ends_with("/wsgi.py") && text.text.contains("get_wsgi_application")
        })
        .min_by_key(|text| text.path.matches('/').count())?;
    let module = super::module(&text.path, &base)?;
    let line = text.line_with("get_wsgi_application");
    Some((
        format!("{module}:application"),
        Evidence::line(&text.path, line, "the application is made here"),
    ))
}
