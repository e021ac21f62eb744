//! How the command lines of servers tell where they listen.

use plimsoll_dockerfile::Body;

use super::{Listen, Lookup, Sight, Strength, Told};
use crate::facts::start::Call;
use crate::facts::words::Word;

/// What a call says of its ports.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) ports: Vec<Listen>,
    pub(super) whole: bool,
    pub(super) open: bool,
    /// Whether it is a server that does not say here where it listens.
    pub(super) unsaid: bool,
}

/// A server whose command line is known.
struct Spec {
    programs: &'static [&'static str],
    /// The first of these words must be there; empty where the program alone serves.
    commands: &'static [&'static str],
    /// Options whose value is a port or an address.
    options: &'static [&'static str],
    /// Where it listens when no option is there; 0 where that depends on what is not seen here.
    default: u16,
    /// Variables that say it when no option does.
    variables: &'static [&'static str],
    /// Options that name a configuration, which may decide when no option does.
    configuration: &'static [&'static str],
    /// Files of the working folder that are read as a configuration.
    files: &'static [&'static str],
    /// Whether it listens nowhere else.
    whole: bool,
}

const NONE: Spec = Spec {
    programs: &[],
    commands: &[],
    options: &["--port"],
    default: 0,
    variables: &[],
    configuration: &[],
    files: &[],
    whole: true,
};

const SPECS: &[Spec] = &[
    Spec {
        programs: &["uvicorn"],
        default: 8000,
        variables: &["UVICORN_PORT"],
        configuration: &["--uds", "--fd"],
        ..NONE
    },
    Spec {
        programs: &["gunicorn"],
        options: &["-b", "--bind"],
        default: 8000,
        variables: &["PORT"],
        configuration: &["-c", "--config"],
        files: &["./gunicorn.conf.py"],
        ..NONE
    },
    Spec {
        programs: &["hypercorn"],
        options: &["-b", "--bind"],
        default: 8000,
        configuration: &["-c", "--config", "--quic-bind", "--insecure-bind"],
        ..NONE
    },
    Spec {
        programs: &["daphne"],
        options: &["-p", "--port"],
        default: 8000,
        configuration: &["-e", "--endpoint", "-u", "--unix-socket", "--fd"],
        ..NONE
    },
    Spec {
        programs: &["waitress-serve"],
        options: &["--port", "--listen"],
        default: 8080,
        configuration: &["--unix-socket"],
        ..NONE
    },
    Spec {
        programs: &["flask"],
        commands: &["run"],
        options: &["-p", "--port"],
        default: 5000,
        variables: &["FLASK_RUN_PORT"],
        files: &["./.flaskenv"],
        ..NONE
    },
    Spec {
        programs: &["fastapi"],
        commands: &["run", "dev"],
        default: 8000,
        variables: &["PORT"],
        ..NONE
    },
    Spec {
        programs: &["streamlit"],
        commands: &["run"],
        options: &["--server.port"],
        default: 8501,
        variables: &["STREAMLIT_SERVER_PORT"],
        files: &["./.streamlit/config.toml"],
        ..NONE
    },
    Spec {
        programs: &["chainlit"],
        commands: &["run"],
        default: 8000,
        variables: &["CHAINLIT_PORT"],
        ..NONE
    },
    Spec {
        programs: &["jupyter", "jupyter-lab", "jupyter-notebook"],
        options: &["--port", "--ServerApp.port", "--NotebookApp.port"],
        default: 8888,
        variables: &["JUPYTER_PORT"],
        configuration: &["--config"],
        ..NONE
    },
    Spec {
        programs: &["mlflow"],
        commands: &["server", "ui"],
        options: &["-p", "--port"],
        default: 5000,
        variables: &["MLFLOW_PORT"],
        ..NONE
    },
    Spec {
        programs: &["next"],
        commands: &["start", "dev"],
        options: &["-p", "--port"],
        default: 3000,
        variables: &["PORT"],
        ..NONE
    },
    Spec {
        programs: &["serve"],
        options: &["-l", "--listen", "-p", "--port"],
        default: 3000,
        variables: &["PORT"],
        configuration: &["-c", "--config"],
        ..NONE
    },
    Spec {
        programs: &["http-server"],
        options: &["-p", "--port"],
        default: 8080,
        variables: &["PORT"],
        ..NONE
    },
    Spec {
        programs: &["react-scripts"],
        commands: &["start"],
        options: &[],
        default: 3000,
        variables: &["PORT"],
        files: &["./.env", "./.env.development"],
        ..NONE
    },
    Spec {
        programs: &["remix-serve"],
        options: &[],
        default: 3000,
        variables: &["PORT"],
        ..NONE
    },
    Spec {
        programs: &[
            "vite",
            "astro",
            "ng",
            "vue-cli-service",
            "webpack-dev-server",
            "nuxt",
            "nuxi",
            "gatsby",
            "json-server",
            "webpack",
        ],
        options: &["--port", "-p"],
        ..NONE
    },
    Spec {
        programs: &["rails"],
        commands: &["server", "s"],
        options: &["-p", "--port", "-b", "--binding"],
        ..NONE
    },
    Spec {
        programs: &["puma", "unicorn", "thin", "rackup", "falcon", "iodine"],
        options: &["-p", "--port", "-b", "--bind", "-l", "--listen"],
        ..NONE
    },
    Spec {
        programs: &["redis-server", "valkey-server"],
        default: 6379,
        configuration: &["--include", "--tls-port"],
        ..NONE
    },
    Spec {
        programs: &["postgres"],
        options: &["-p"],
        default: 5432,
        variables: &["PGPORT"],
        configuration: &["-c", "--config-file", "-C"],
        ..NONE
    },
    Spec {
        programs: &["mysqld", "mariadbd"],
        options: &["-P", "--port"],
        configuration: &["--defaults-file", "--defaults-extra-file"],
        whole: false,
        ..NONE
    },
    Spec {
        programs: &["mongod"],
        default: 27017,
        configuration: &["-f", "--config"],
        ..NONE
    },
    Spec {
        programs: &["memcached"],
        options: &["-p", "--port"],
        default: 11211,
        configuration: &["-l", "--listen", "-s"],
        ..NONE
    },
];

/// Options by which programs of any kind are told where to listen.
const GENERIC: &[&str] = &[
    "--addr",
    "--address",
    "--bind",
    "--bind-addr",
    "--bind-address",
    "--http-addr",
    "--http-address",
    "--http-listen-address",
    "--http-port",
    "--http.addr",
    "--http.port",
    "--listen",
    "--listen-addr",
    "--listen-address",
    "--listen-port",
    "--port",
    "--server-port",
    "--server.port",
    "--web.listen-address",
    "--grpc-port",
    "--grpc-addr",
    "--console-address",
];

/// Whether a program talks to others and serves nobody.
pub(super) fn is_client(program: &str) -> bool {
    const CLIENTS: &[&str] = &[
        "curl",
        "wget",
        "nc",
        "ncat",
        "psql",
        "pg_isready",
        "mysql",
        "mysqladmin",
        "redis-cli",
        "mongo",
        "mongosh",
        "echo",
        "printf",
        "sleep",
        "mkdir",
        "chown",
        "chmod",
        "cp",
        "mv",
        "rm",
        "cat",
        "sed",
        "grep",
        "envsubst",
        "set",
        "cd",
        "export",
        "test",
        "[",
        "[[",
        "true",
        "until",
        "wait-for-it.sh",
        "wait-for",
        "ssh",
        "git",
        "alembic",
        "dockerize",
        "kubectl",
        "aws",
        "celery",
        "dlv",
        "touch",
        "ls",
        "ln",
        "source",
        ".",
        "exit",
        "trap",
        "tail",
        "trivy",
        "getent",
    ];
    CLIENTS.contains(&program)
}

/// Whether a program leaves something behind that goes on serving.
pub(super) fn is_daemon(program: &str) -> bool {
    matches!(
        program,
        "service"
            | "supervisord"
            | "s6-svscan"
            | "systemctl"
            | "runsvdir"
            | "pm2"
            | "pm2-runtime"
            | "foreman"
            | "honcho"
            | "concurrently"
            | "overmind"
    )
}

/// Whether a server is told to leave the shell and go on by itself.
pub(super) fn goes_to_background(call: &Call) -> bool {
    let mut args = call.args.iter().map(|arg| &*arg.text).peekable();
    while let Some(arg) = args.next() {
        let goes = match arg {
            "--daemonize" => args.peek().is_none_or(|value| *value != "no"),
            "--daemonize=yes" | "--daemon" | "--fork" => true,
            "-D" => call.program.starts_with("php-fpm"),
            _ => false,
        };
        if goes {
            return true;
        }
    }
    false
}

/// What a call says of its ports; `None` where the program is none that is known to serve.
pub(super) fn said(sight: &Sight<'_>, call: &Call, is_last: bool) -> Option<Said> {
    if let Some(found) = special(sight, call) {
        return Some(found);
    }
    let spec = SPECS.iter().find(|spec| {
        let runs = || {
            let first = call.args.iter().find(|arg| !arg.text.starts_with('-'));
            first.is_some_and(|first| spec.commands.contains(&&*first.text))
        };
        let is_it = spec.programs.contains(&&*call.program);
        is_it && (spec.commands.is_empty() || runs()) && may_be(sight, call)
    });
    match spec {
        Some(spec) => Some(told_by(sight, call, spec)),
        // Options of a program that is not known mean its ports only where it is what runs.
        None if is_last => generic(sight, call),
        None => None,
    }
}

/// Whether a word is the program of its name. `serve` alone is mostly an argument of what the base image
/// starts (`ollama serve`), if that is no image of Node and no step brings it. `serve run` is Ray's.
fn may_be(sight: &Sight<'_>, call: &Call) -> bool {
    let first = call.args.first().map(|arg| &*arg.text);
    if &*call.program == "serve" && matches!(first, Some("run" | "deploy")) {
        return false;
    }
    if &*call.program != "serve" || !call.args.is_empty() {
        return true;
    }
    let Some(image) = sight.image else {
        return true;
    };
    let base = image.base();
    let is_of_node = base.is_some_and(|base| {
        let name = base.familiar();
        ["node", "bun", "deno"]
            .iter()
            .any(|part| name.contains(part))
    });
    let brings = || {
        let file = &image.build().file;
        let mut runs = image
            .instructions()
            .filter(|(_, one)| matches!(one.body, Body::Run(_)));
        runs.any(|(_, run)| file.joined(run.range).contains("serve"))
    };
    is_of_node || brings()
}

fn told_by(sight: &Sight<'_>, call: &Call, spec: &Spec) -> Said {
    let mut said = options(sight, call, spec.options);
    said.whole = spec.whole;
    if !said.ports.is_empty() || said.open {
        return said;
    }
    let configured = call.args.iter().any(|arg| {
        spec.configuration
            .iter()
            .any(|option| value_of(&arg.text, option).is_some())
    });
    let first_is_file = matches!(&*call.program, "redis-server" | "valkey-server")
        && call.args.first().is_some_and(|arg| arg.text.contains('.'));
    let filed = sight
        .image
        .is_some_and(|image| spec.files.iter().any(|file| image.locate(file).is_some()));
    if configured || first_is_file || filed {
        said.open = true;
        return said;
    }
    for name in spec.variables {
        let set = call
            .assigned
            .iter()
            .rev()
            .find(|(other, _)| **other == **name);
        let (told, place) = match set {
            Some((_, word)) => (sight.told(word, &[]), word.place),
            None => match sight.lookup(name) {
                Lookup::Is(text, place) => match super::address::port(&text) {
                    Some(port) => (Told::Port(port, Some((*name).into())), place),
                    None => continue,
                },
                Lookup::Hidden => (Told::Hidden, call.place),
                Lookup::Perhaps | Lookup::Unset => continue,
            },
        };
        match told {
            Told::Port(port, _) => said.ports.push(Listen {
                port,
                what: format!("`{name}`, which `{}` reads", call.program),
                place,
                within: call.within.clone().filter(|_| set.is_some()),
                strength: Strength::Evident,
                variable: Some((*name).into()),
            }),
            Told::Hidden => said.open = true,
            Told::Nothing => continue,
        }
        return said;
    }
    if spec.default == 0 {
        said.whole = false;
        said.unsaid = true;
    } else {
        said.ports.push(Listen {
            port: spec.default,
            what: format!("the default of `{}`", call.program),
            place: call.place,
            within: call.within.clone(),
            strength: Strength::Evident,
            variable: spec.variables.first().map(|&name| name.into()),
        });
    }
    said
}

/// The ports that these options name.
fn options(sight: &Sight<'_>, call: &Call, names: &[&str]) -> Said {
    let mut said = Said::default();
    let mut words = call.args.iter().peekable();
    while let Some(word) = words.next() {
        let Some((name, value)) = names
            .iter()
            .find_map(|name| Some((name, value_of(&word.text, name)?)))
        else {
            continue;
        };
        let value = match value {
            Some(value) => Word::new(value, word.place),
            None => match words.peek() {
                Some(next) => (*next).clone(),
                None => continue,
            },
        };
        match sight.told(&value, &call.assigned) {
            Told::Port(port, variable) => said.ports.push(Listen {
                port,
                what: format!("`{name}` of `{}`", call.program),
                place: value.place,
                within: call.within.clone(),
                strength: Strength::Evident,
                variable,
            }),
            Told::Hidden => said.open = true,
            Told::Nothing => {}
        }
    }
    said
}

/// Whether a word is this option: `Some(None)` where its value is the next word.
#[expect(
    clippy::option_option,
    reason = "an option with its value in the next word is still that option"
)]
fn value_of<'t>(text: &'t str, option: &str) -> Option<Option<&'t str>> {
    let rest = text.strip_prefix(option)?;
    if rest.is_empty() {
        return Some(None);
    }
    if let Some(value) = rest.strip_prefix('=') {
        return Some(Some(value));
    }
    // `-p8000`, `-b0.0.0.0:80`.
    let short = option.len() == 2 && option.starts_with('-') && !option.starts_with("--");
    let value = rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, ':' | '[' | '$'));
    (short && value).then_some(Some(rest))
}

/// Programs whose command line has a form of its own.
fn special(sight: &Sight<'_>, call: &Call) -> Option<Said> {
    let words: Vec<&str> = call.args.iter().map(|arg| &*arg.text).collect();
    let positional = |at: usize, default: u16, what: String| {
        let word = call.args[at..]
            .iter()
            .find(|word| !word.text.starts_with('-'));
        let mut said = Said {
            whole: true,
            ..Said::default()
        };
        let listen = |port, word: Option<&Word>, variable| Listen {
            port,
            what: what.clone(),
            place: word.map_or(call.place, |word| word.place),
            within: call.within.clone(),
            strength: Strength::Evident,
            variable,
        };
        match word.map(|word| (word, sight.told(word, &call.assigned))) {
            Some((word, Told::Port(port, variable))) => {
                said.ports.push(listen(port, Some(word), variable));
            }
            Some((_, Told::Hidden)) => said.open = true,
            _ => said.ports.push(listen(default, None, None)),
        }
        said
    };
    match &*call.program {
        "http.server" => Some(positional(0, 8000, "`http.server`".into())),
        "python" | "python3" | "manage.py" | "django-admin" => {
            let at = words.iter().position(|word| *word == "runserver")?;
            let manages = call.program.contains("manage") || call.program.starts_with("django");
            let named = words[..at].iter().any(|word| word.ends_with("manage.py"));
            (manages || named).then(|| positional(at + 1, 8000, "`runserver`".into()))
        }
        "php" => {
            if let Some(at) = words.iter().position(|word| *word == "-S") {
                return Some(positional(at + 1, 8000, "`php -S`".into()));
            }
            (words.first()?.ends_with("artisan") && words.get(1) == Some(&"serve")).then(|| {
                let spec = Spec {
                    default: 8000,
                    variables: &["SERVER_PORT"],
                    ..NONE
                };
                told_by(sight, call, &spec)
            })
        }
        "java" => {
            let mut said = Said::default();
            for word in &call.args {
                const NAMES: &[&str] = &[
                    "-Dserver.port",
                    "--server.port",
                    "-Dquarkus.http.port",
                    "-Dmicronaut.server.port",
                    "-Dhttp.port",
                ];
                let found = NAMES
                    .iter()
                    .find_map(|name| Some((name, value_of(&word.text, name)??)));
                let Some((name, value)) = found else { continue };
                match sight.told(&Word::new(value, word.place), &call.assigned) {
                    Told::Port(port, variable) => said.ports.push(Listen {
                        port,
                        what: format!("`{name}`"),
                        place: word.place,
                        within: call.within.clone(),
                        strength: Strength::Evident,
                        variable,
                    }),
                    Told::Hidden => said.open = true,
                    Told::Nothing => {}
                }
            }
            Some(said)
        }
        "dotnet" => Some(options(sight, call, &["--urls"])),
        _ => None,
    }
}

/// A program that is not known, told where to listen by an option whose name leaves no doubt.
fn generic(sight: &Sight<'_>, call: &Call) -> Option<Said> {
    // With one dash, as Go's flags are often written, or with two.
    let normal: Vec<Word> = call
        .args
        .iter()
        .map(|word| match word.text.strip_prefix('-') {
            Some(rest) if !rest.starts_with('-') && rest.len() > 2 => {
                Word::new(format!("-{}", word.text), word.place)
            }
            _ => word.clone(),
        })
        .collect();
    let call = Call {
        args: normal,
        ..call.clone()
    };
    let said = options(sight, &call, GENERIC);
    (!said.ports.is_empty() || said.open).then_some(said)
}
