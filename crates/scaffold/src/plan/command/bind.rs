//! Flags that make a known server listen on every address and on a given port.

/// How a server is told where to listen.
struct Server {
    /// The program.
    name: &'static str,
    /// The word among its arguments that makes it serve; empty where the program itself does.
    task: &'static str,
    /// Flags that say the address.
    host: &'static [&'static str],
    /// Flags that say the port.
    port: &'static [&'static str],
    /// Flags that say both, as `address:port`.
    bind: &'static [&'static str],
    /// Flags that name a file which may say it.
    file: &'static [&'static str],
    /// The port that it takes when it is not told one.
    usual: u16,
    /// Whether it listens on every address when it is not told one.
    open: bool,
}

#[rustfmt::skip]
static SERVERS: &[Server] = &[
    Server { name: "uvicorn", task: "", host: &["--host"], port: &["--port"], bind: &["--uds", "--fd"], file: &[], usual: 8000, open: false },
    Server { name: "gunicorn", task: "", host: &[], port: &[], bind: &["--bind", "-b"], file: &["--config", "-c"], usual: 0, open: false },
    Server { name: "hypercorn", task: "", host: &[], port: &[], bind: &["--bind", "-b"], file: &["--config", "-c"], usual: 0, open: false },
    Server { name: "granian", task: "", host: &["--host"], port: &["--port"], bind: &[], file: &[], usual: 8000, open: false },
    Server { name: "daphne", task: "", host: &["--bind", "-b"], port: &["--port", "-p"], bind: &["--unix-socket", "-u", "--endpoint", "-e"], file: &[], usual: 8000, open: false },
    Server { name: "fastapi", task: "run", host: &["--host"], port: &["--port"], bind: &[], file: &[], usual: 8000, open: true },
    Server { name: "flask", task: "run", host: &["--host", "-h"], port: &["--port", "-p"], bind: &[], file: &[], usual: 5000, open: false },
    Server { name: "litestar", task: "run", host: &["--host", "-H"], port: &["--port", "-p"], bind: &["--uds", "-U"], file: &[], usual: 8000, open: false },
    Server { name: "streamlit", task: "run", host: &["--server.address"], port: &["--server.port"], bind: &[], file: &[], usual: 8501, open: true },
    Server { name: "next", task: "start", host: &["--hostname", "-H"], port: &["--port", "-p"], bind: &[], file: &[], usual: 3000, open: true },
];

/// What has to be added to `command`; nothing for what is no server of the table, and nothing
/// where the command says it itself.
pub(super) fn flags(command: &[String], port: Option<u16>) -> Vec<String> {
    // `python -m uvicorn` is `uvicorn`.
    let at = match command {
        [python, module, ..] if python.starts_with("python") && module == "-m" => 2,
        _ => 0,
    };
    let Some(program) = command.get(at) else {
        return Vec::new();
    };
    let name = program.rsplit('/').next().unwrap_or_default();
    let rest = &command[at + 1..];
    let Some(server) = SERVERS.iter().find(|server| {
        server.name == name
            && (server.task.is_empty() || rest.iter().any(|word| word == server.task))
    }) else {
        return Vec::new();
    };
    let says = |flags: &[&str]| rest.iter().any(|word| flags.iter().any(|f| is(f, word)));
    if says(server.bind) || says(server.file) {
        return Vec::new();
    }
    let mut added = Vec::new();
    if server.host.is_empty() {
        let port = port.unwrap_or(8000);
        added.extend([server.bind[0].to_owned(), format!("0.0.0.0:{port}")]);
        return added;
    }
    if !server.open && !says(server.host) {
        added.extend([server.host[0].to_owned(), "0.0.0.0".to_owned()]);
    }
    if let Some(port) = port
        && port != server.usual
        && !says(server.port)
    {
        added.extend([server.port[0].to_owned(), port.to_string()]);
    }
    added
}

/// Whether a word is a flag, alone or with its value behind `=`, or behind a short flag.
fn is(flag: &str, word: &str) -> bool {
    word.strip_prefix(flag)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('=') || !flag.starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::flags;

    #[track_caller]
    fn check(command: &str, port: Option<u16>, added: &str) {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        assert_eq!(flags(&words, port).join(" "), added);
    }

    #[test]
    fn servers_listen_on_every_address_and_the_port_of_the_model() {
        check("uvicorn app:app", Some(8000), "--host 0.0.0.0");
        check(
            "python -m uvicorn app:app",
            Some(80),
            "--host 0.0.0.0 --port 80",
        );
        check(
            "/app/.venv/bin/gunicorn a:b -w 2",
            Some(8000),
            "--bind 0.0.0.0:8000",
        );
        check("fastapi run main.py", Some(9000), "--port 9000");
        check("flask --app a run", Some(5000), "--host 0.0.0.0");
    }

    #[test]
    fn what_a_command_says_stays() {
        check("uvicorn app:app --host=0.0.0.0 --port 81", Some(81), "");
        check("gunicorn -b0.0.0.0:80 a:b", Some(80), "");
        check("gunicorn -c gunicorn.conf.py a:b", Some(80), "");
        check("node server.js", Some(3000), "");
        check("celery -A app worker", None, "");
    }
}
