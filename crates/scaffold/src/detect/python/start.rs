//! What starts a Python program, and where it listens.

use plimsoll_source::files::{file_name, parent};

use super::entry::{Application, Kinds, Script, Sources, applications, import, scripts};
use super::manifest::Manifest;
use super::{django, settings};
use crate::detect::draft::{Cx, Draft};
use crate::detect::files::Text;
use crate::detect::port;
use crate::detect::told::{is_program, no_program};
use crate::model::{Certainty, Evidence, Known, Port, Python, PythonFramework, Topic};

/// Servers for applications, the better first.
const ASGI: &[&str] = &["uvicorn", "hypercorn", "granian", "daphne", "gunicorn"];
const WSGI: &[&str] = &[
    "gunicorn",
    "waitress",
    "uwsgi",
    "granian",
    "gevent",
    "hypercorn",
];

/// Finds the program. Says whether there is one, even if what starts it is not known.
pub(crate) fn find(
    cx: Cx<'_>,
    manifest: &Manifest,
    sources: &Sources<'_>,
    python: &mut Python,
    draft: &mut Draft,
) -> bool {
    if django::find(manifest, sources, python, draft) {
        return true;
    }
    if streamlit(cx, manifest, sources, python, draft) {
        return true;
    }
    let mut found = applications(sources, made_with(manifest));
    // What a file makes by its own function is found twice.
    found.dedup_by(|one, other| one.text.path == other.text.path && !other.factory);
    found.retain(|application| {
        !matches!(application.kind, Kinds::Framework(PythonFramework::Django))
    });
    let scripts = scripts(sources);
    let application = match cx.told.program(&draft.folder) {
        Some(said) if found.len() > 1 => told(sources, &found, python.package, said, draft),
        _ => best(sources, found, draft),
    };
    if draft.refusal.is_some() {
        return false;
    }
    if let Some(application) = application {
        served(manifest, sources, &application, &scripts, python, draft);
        draft.health = settings::health(sources);
        return true;
    }
    script(manifest, sources, &scripts, draft)
}

/// What an application is made with, by the framework among the dependencies.
fn made_with(manifest: &Manifest) -> Option<Kinds> {
    [
        ("fastapi", Kinds::Framework(PythonFramework::Fastapi)),
        ("flask", Kinds::Framework(PythonFramework::Flask)),
        ("starlette", Kinds::Framework(PythonFramework::Starlette)),
        ("quart", Kinds::Asgi("quart")),
    ]
    .into_iter()
    .find_map(|(name, kind)| manifest.dependencies.get(name).map(|_| kind))
}

/// The application that the user named: by its file, its module, or as a server is told it.
fn told<'a>(
    sources: &Sources<'a>,
    found: &[Application<'a>],
    package: bool,
    said: &Known<String>,
    draft: &mut Draft,
) -> Option<Application<'a>> {
    let mut names = Vec::new();
    for application in found {
        let file = sources.local(application.text);
        let module = import(sources, application.text, package).map(|(_, module)| module);
        let module = module.unwrap_or_default();
        let target = format!("{module}:{}", application.attribute);
        if is_program(said, &[&file, &module, &target]) {
            return Some(application.clone());
        }
        names.push(target);
    }
    draft.refusal = Some(no_program(&draft.folder, said, &names));
    None
}

/// The application that is the program: the one in the file with the likeliest name, nearest to
/// the top. Two that stand equal raise a question.
fn best<'a>(
    sources: &Sources<'a>,
    mut found: Vec<Application<'a>>,
    draft: &mut Draft,
) -> Option<Application<'a>> {
    let rank = |application: &Application<'_>| {
        let local = sources.local(application.text);
        let name = file_name(&local);
        let habit = [
            "wsgi.py",
            "asgi.py",
            "main.py",
            "app.py",
            "server.py",
            "application.py",
            "__init__.py",
            "api.py",
            "run.py",
        ]
        .iter()
        .position(|known| *known == name)
        .unwrap_or(20);
        let attribute = match application.attribute.as_str() {
            "app" | "application" | "create_app" => 0,
            "api" | "server" => 1,
            _ => 2,
        };
        (local.matches('/').count(), habit.min(8), attribute)
    };
    found.sort_by_key(|application| (rank(application), application.text.path.clone()));
    let best = found.first()?.clone();
    let rivals: Vec<&Application<'_>> = found
        .iter()
        .skip(1)
        .filter(|other| {
            rank(other).0 == rank(&best).0 && other.text.path != best.text.path && !other.factory
        })
        .collect();
    if !rivals.is_empty() && rank(&best).1 >= 8 {
        let all = std::iter::once(&best).chain(rivals.iter().copied());
        let choices: Vec<String> = all.clone().map(|one| sources.local(one.text)).collect();
        let evidence = all
            .map(|one| Evidence::line(&one.text.path, one.line, "an application is made here"))
            .collect();
        draft.ask(
            Topic::Program,
            "There are several applications. Which one is the service?",
            choices,
            evidence,
        );
    }
    Some(best)
}

fn served(
    manifest: &Manifest,
    sources: &Sources<'_>,
    application: &Application<'_>,
    scripts: &[Script<'_>],
    python: &mut Python,
    draft: &mut Draft,
) {
    let made = Evidence::line(
        &application.text.path,
        application.line,
        format!("`{}` is an application", application.attribute),
    );
    if let Kinds::Framework(framework) = application.kind {
        python.framework = Some(Known::stated(framework, made.clone()));
    }
    let Some((from, module)) = import(sources, application.text, python.package) else {
        return;
    };
    let target = format!("{module}:{}", application.attribute);
    let asked = draft
        .questions
        .iter()
        .any(|question| question.topic == Topic::Program);
    let mut named = Known::stated(target.clone(), made.clone());
    if asked {
        named = named.at_most(Certainty::Likely);
    }
    python.application = Some(named);
    let asgi = application.kind.asgi();
    let server = server(manifest, if asgi { ASGI } else { WSGI });
    python.server = server.clone();
    let listens = settings::port(sources, Some(application.text));
    let Some(server) = server else {
        without_server(sources, application, &module, scripts, listens, draft);
        return;
    };
    let port = listens.unwrap_or_else(|| {
        let says = format!(
            "nothing in the code names a port; `{}` is told this one",
            server.value
        );
        Known::likely(plain(8000), Evidence::line(&made.file, made.line, says))
    });
    let mut command = command(&server.value, &target, port.value.number, asgi, &from);
    if application.factory {
        factory(&mut command, &server.value, &target);
    }
    let mut start = Known::stated(command, made).and(server.evidence[0].clone());
    start.certainty = start.certainty.min(server.certainty);
    if asked {
        start = start.at_most(Certainty::Likely);
    }
    if runs_from_above(sources, application.text) {
        start = start.at_most(Certainty::Likely);
        let own = file_name(&sources.folder);
        let question = format!(
            "It imports `{own}`, the folder that it lies in, and so runs from the folder above alone. What starts it?"
        );
        draft.ask(Topic::Start, question, Vec::new(), start.evidence.clone());
    }
    draft.start = Some(start);
    // The command says where it listens, whatever a script in the same file would do.
    draft.port = Some(port.map(|port| Port {
        loopback: false,
        variable: None,
        ..port
    }));
}

/// The server among the dependencies.
pub(super) fn server(manifest: &Manifest, names: &[&str]) -> Option<Known<String>> {
    // What only tests and developers have is not in the image.
    let installed = names.iter().find_map(|name| {
        let dependency = manifest.dependencies.get(name)?;
        dependency.runtime.then_some((*name, dependency))
    });
    if let Some((name, dependency)) = installed {
        return Some(Known::stated(name.to_owned(), dependency.evidence.clone()));
    }
    // Some frameworks bring one along.
    for (framework, extras) in [
        ("fastapi", &["standard", "all"][..]),
        ("litestar", &["standard", "full"]),
    ] {
        let Some(dependency) = manifest.dependencies.get(framework) else {
            continue;
        };
        if dependency
            .extras
            .iter()
            .any(|extra| extras.contains(&extra.as_str()))
            && names.contains(&"uvicorn")
            && names[0] == "uvicorn"
        {
            return Some(Known::stated(
                "uvicorn".to_owned(),
                dependency.evidence.clone(),
            ));
        }
    }
    let fasthtml = manifest
        .dependencies
        .get("python-fasthtml")
        .filter(|_| names[0] == "uvicorn")?;
    Some(Known::stated(
        "uvicorn".to_owned(),
        fasthtml.evidence.clone(),
    ))
}

/// The command that serves `target`.
pub(super) fn command(
    server: &str,
    target: &str,
    port: u16,
    asgi: bool,
    from: &str,
) -> Vec<String> {
    let port = port.to_string();
    let address = format!("0.0.0.0:{port}");
    let mut words: Vec<String> = match server {
        "uvicorn" => vec!["uvicorn", target, "--host", "0.0.0.0", "--port", &port],
        "hypercorn" => vec!["hypercorn", "--bind", &address, target],
        "granian" => {
            let interface = if asgi { "asgi" } else { "wsgi" };
            vec![
                "granian",
                "--interface",
                interface,
                "--host",
                "0.0.0.0",
                "--port",
                &port,
                target,
            ]
        }
        "daphne" => vec!["daphne", "-b", "0.0.0.0", "-p", &port, target],
        "waitress" => vec!["waitress-serve", "--host=0.0.0.0", "--port", &port, target],
        "uwsgi" => vec![
            "uwsgi",
            "--master",
            "--http-socket",
            &address,
            "--module",
            target,
        ],
        _ if asgi => vec![
            "gunicorn",
            "--worker-class",
            "uvicorn.workers.UvicornWorker",
            "--bind",
            &address,
            target,
        ],
        _ => vec!["gunicorn", "--bind", &address, target],
    }
    .into_iter()
    .map(str::to_owned)
    .collect();
    if from != "." {
        let flag = match server {
            "uvicorn" => "--app-dir",
            "uwsgi" => "--chdir",
            "granian" => "--working-dir",
            _ => "--chdir",
        };
        words.insert(1, flag.to_owned());
        words.insert(2, from.to_owned());
    }
    words
}

/// Changes a command so that the target is called.
fn factory(command: &mut Vec<String>, server: &str, target: &str) {
    match server {
        "uvicorn" | "granian" => command.push("--factory".to_owned()),
        "waitress" => command.insert(1, "--call".to_owned()),
        _ => {
            for word in command.iter_mut().filter(|word| *word == target) {
                word.push_str("()");
            }
        }
    }
}

/// What can be said when no server is a dependency: the script, or the framework's own.
fn without_server(
    sources: &Sources<'_>,
    application: &Application<'_>,
    module: &str,
    scripts: &[Script<'_>],
    listens: Option<Known<Port>>,
    draft: &mut Draft,
) {
    let path = &application.text.path;
    let own = scripts
        .iter()
        .find(|script| script.says && script.text.path == *path);
    // Another script runs it if it names it.
    let named = module.rsplit('.').next().unwrap_or(module);
    let runs = own.or_else(|| {
        scripts
            .iter()
            .find(|script| script.says && starts(script) && script.text.text.contains(named))
    });
    let flask = matches!(application.kind, Kinds::Framework(PythonFramework::Flask));
    if let Some(script) = runs {
        draft.start = Some(Known::stated(run(sources, script), script.evidence()));
        let unread = says_port(script.text).or_else(|| says_port(application.text));
        if let Some(evidence) = unread.filter(|_| listens.is_none()) {
            let choices = vec!["8000".to_owned(), "5000".to_owned()];
            let question = "On which port does it listen?";
            draft.ask(Topic::Port, question, choices, vec![evidence]);
            return;
        }
        draft.port = listens.or_else(|| {
            flask.then(|| {
                Known::likely(
                    loopback(5000),
                    Evidence::file(path, "Flask listens here when nothing else is said"),
                )
            })
        });
        return;
    }
    if flask {
        let port = listens.unwrap_or_else(|| {
            Known::likely(
                plain(5000),
                Evidence::file(path, "Flask listens here when nothing else is said"),
            )
        });
        let words = [
            "flask", "--app", module, "run", "--host", "0.0.0.0", "--port",
        ];
        let mut command: Vec<String> = words.map(str::to_owned).to_vec();
        command.push(port.value.number.to_string());
        draft.start = Some(Known::likely(
            command,
            Evidence::file(path, "Flask brings a server for development"),
        ));
        draft.port = Some(port);
    } else {
        draft.port = listens;
    }
    let choices = if application.kind.asgi() {
        ["uvicorn", "hypercorn"]
    } else {
        ["gunicorn", "waitress"]
    };
    draft.ask(
        Topic::Start,
        "No server for the application is among the dependencies. Which one shall serve it?",
        choices.map(str::to_owned).to_vec(),
        vec![Evidence::line(
            path,
            application.line,
            "an application is made here",
        )],
    );
}

/// What runs a script: its file, or its module where it imports the package that it lies in.
fn run(sources: &Sources<'_>, script: &Script<'_>) -> Vec<String> {
    let local = sources.local(script.text);
    let package = local.split('/').next().filter(|_| local.contains('/'));
    let imports = package.is_some_and(|package| {
        let code = script.text.code();
        sources.has(&format!("{package}/__init__.py"))
            && (0..code.len())
                .any(|at| matches!(code.at(at), "from" | "import") && code.is(at + 1, &[package]))
    });
    match super::module(&local, "").filter(|_| imports) {
        Some(module) => ["python", "-m", &module].map(str::to_owned).to_vec(),
        None => vec!["python".to_owned(), local],
    }
}

/// Where a script says on which port it listens, in a way that could not be read.
fn says_port(text: &crate::detect::files::Text) -> Option<Evidence> {
    let code = text.code();
    code.all(&[".", "run", "("]).find_map(|index| {
        code.named(index + 2, "port")?;
        let says = "the port that it listens on is put together at run time";
        Some(Evidence::line(&text.path, code.line(index), says))
    })
}

fn starts(script: &Script<'_>) -> bool {
    let code = script.text.code();
    (0..code.len()).any(|index| {
        // `subprocess.run(…)` runs others.
        let others = matches!(
            code.at(index.wrapping_sub(1)),
            "subprocess" | "asyncio" | "anyio"
        );
        !others && code.is(index, &[".", "run", "("])
            || code.is(index, &["serve", "("])
            || code.is(index, &["run_app", "("])
    })
}

pub(super) fn plain(number: u16) -> Port {
    Port {
        number,
        variable: None,
        loopback: false,
    }
}

fn loopback(number: u16) -> Port {
    Port {
        loopback: true,
        ..plain(number)
    }
}

fn streamlit(
    cx: Cx<'_>,
    manifest: &Manifest,
    sources: &Sources<'_>,
    python: &mut Python,
    draft: &mut Draft,
) -> bool {
    let Some(dependency) = manifest.dependencies.get("streamlit").filter(|d| d.runtime) else {
        return false;
    };
    let mut users: Vec<_> = sources
        .list
        .iter()
        .filter(|text| {
            text.text.contains("import streamlit") || text.text.contains("from streamlit")
        })
        .filter(|text| !text.path.contains("/pages/"))
        .collect();
    users.sort_by_key(|text| {
        let local = sources.local(text);
        let rank = [
            "streamlit_app.py",
            "app.py",
            "main.py",
            "Home.py",
            "home.py",
        ]
        .iter()
        .position(|name| *name == file_name(&local));
        (local.matches('/').count(), rank.unwrap_or(9), local)
    });
    let Some(main) = users.first() else {
        return false;
    };
    let local = sources.local(main);
    python.framework = Some(Known::stated(
        PythonFramework::Streamlit,
        dependency.evidence.clone(),
    ));
    let config = crate::detect::files::below(&sources.folder, ".streamlit/config.toml");
    let configured = cx.files.text(&config).and_then(|text| {
        let line = text
            .text
            .lines()
            .position(|line| line.trim_start().starts_with("port"))?;
        let number = port::number_in(text.text.lines().nth(line)?.split_once('=')?.1)?;
        Some(Known::stated(
            plain(number),
            Evidence::line(&config, line as u32 + 1, "`port` is set"),
        ))
    });
    let port = configured.unwrap_or_else(|| {
        Known::likely(
            plain(8501),
            Evidence::line(
                &dependency.evidence.file,
                dependency.evidence.line,
                "Streamlit listens here when nothing else is said",
            ),
        )
    });
    let number = port.value.number.to_string();
    let words = [
        "streamlit",
        "run",
        &local,
        "--server.address",
        "0.0.0.0",
        "--server.port",
        &number,
    ];
    let only = users.len() == 1 || file_name(&local) == "streamlit_app.py";
    let evidence = Evidence::line(
        &main.path,
        main.line_with("streamlit"),
        "`streamlit` is imported",
    );
    let start = Known::stated(words.map(str::to_owned).to_vec(), evidence);
    draft.start = Some(if only {
        start
    } else {
        start.at_most(Certainty::Likely)
    });
    draft.port = Some(port);
    let route = crate::model::HealthRoute {
        path: "/_stcore/health".to_owned(),
        purpose: crate::model::HealthPurpose::General,
    };
    draft
        .health
        .push(Known::likely(route, dependency.evidence.clone()));
    true
}

/// A program without an application: an installed script, a module, or a script by its name.
fn script(
    manifest: &Manifest,
    sources: &Sources<'_>,
    scripts: &[Script<'_>],
    draft: &mut Draft,
) -> bool {
    let listens = settings::port(sources, None);
    // Files that are programs by name or by what they say, next to the manifest.
    let at_top: Vec<&Script<'_>> = scripts
        .iter()
        .filter(|script| !sources.local(script.text).contains('/'))
        .collect();
    let named = at_top
        .iter()
        .find(|script| super::SCRIPTS.contains(&file_name(&script.text.path)));
    if let Some(script) = named {
        return call(sources, script, script.says, listens, draft);
    }
    if let [(name, _, evidence)] = manifest.scripts.as_slice()
        && manifest.package
    {
        draft.start = Some(Known::stated(vec![name.clone()], evidence.clone()));
        draft.port = listens;
        return true;
    }
    let main = sources.list.iter().find(|text| {
        let local = sources.local(text);
        file_name(&local) == "__main__.py" && local.matches('/').count() <= 2
    });
    if let Some(main) = main {
        let local = sources.local(main);
        let folder = parent(&local);
        let from = if folder.starts_with("src/") {
            "src"
        } else {
            ""
        };
        if let Some(module) =
            super::module(&format!("{folder}/__init__.py"), from).filter(|m| !m.is_empty())
        {
            let command = ["python", "-m", &module].map(str::to_owned).to_vec();
            draft.start = Some(Known::stated(
                command,
                Evidence::file(&main.path, "the package runs when it is called"),
            ));
            draft.port = listens;
            return true;
        }
    }
    let says: Vec<&&Script<'_>> = at_top.iter().filter(|script| script.says).collect();
    if let [only] = says.as_slice() {
        return call(sources, only, listens.is_some(), listens, draft);
    }
    // Deeper scripts count when they listen.
    let listening = listens.as_ref().map(|port| port.evidence[0].file.clone());
    let deep = scripts
        .iter()
        .find(|script| Some(&script.text.path) == listening.as_ref());
    if let Some(script) = deep {
        return call(sources, script, true, listens, draft);
    }
    if says.len() > 1 && !manifest.package {
        let choices = says
            .iter()
            .map(|script| sources.local(script.text))
            .collect();
        let evidence = says.iter().map(|script| script.evidence()).collect();
        draft.ask(
            Topic::Start,
            "There are several scripts. Which one is the service?",
            choices,
            evidence,
        );
        draft.port = listens;
        return false;
    }
    false
}

/// Whether a file imports the project's folder by its name, and so runs from the folder above alone.
fn runs_from_above(sources: &Sources<'_>, text: &Text) -> bool {
    let code = text.code();
    let own = file_name(&sources.folder);
    !own.is_empty()
        && sources.has("__init__.py")
        && (0..code.len())
            .any(|at| code.is(at, &["from", own, "."]) || code.is(at, &["import", own, "."]))
}

fn call(
    sources: &Sources<'_>,
    script: &Script<'_>,
    sure: bool,
    listens: Option<Known<Port>>,
    draft: &mut Draft,
) -> bool {
    // What imports from the package that it lies in does not run as a file.
    let code = script.text.code();
    let is_part = sources.has("__init__.py") && !sources.local(script.text).contains('/');
    if is_part && (0..code.len()).any(|at| code.at_margin(at) && code.is(at, &["from", "."])) {
        return false;
    }
    let from_above = runs_from_above(sources, script.text);
    let local = sources.local(script.text);
    let module = super::module(&local, "").filter(|_| from_above && local.contains('/'));
    let command = match module {
        Some(module) => ["python", "-m", &module].map(str::to_owned).to_vec(),
        None => run(sources, script),
    };
    let evidence = script.evidence();
    draft.start = Some(if sure && !from_above {
        Known::stated(command, evidence)
    } else {
        Known::likely(command, evidence)
    });
    draft.port = listens;
    draft.health = settings::health(sources);
    true
}
