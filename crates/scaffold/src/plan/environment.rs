//! The variables that an image sets itself.

use super::{Setting, WORKDIR, artefact};
use crate::model::{
    Evidence, Known, Node, NodeFramework, NodeOutput, PhpFramework, RubyFramework, Service, Stack,
};

/// Names of variables that say on which address a program listens.
const ADDRESSES: &[&str] = &[
    "HOST",
    "HOSTNAME",
    "BIND_HOST",
    "LISTEN_HOST",
    "SERVER_HOST",
];

/// The variables, in the order of their lines.
pub(super) fn settings(
    service: &Service,
    port: Option<&Known<u16>>,
    command: &[String],
) -> Vec<Setting> {
    let mut settings = Settings::default();
    match &service.stack {
        Stack::Python(_) => {
            let path = format!("{WORKDIR}/.venv/bin:$PATH");
            settings.add("PATH", &path, "the programs of the virtual environment");
            settings.add(
                "PYTHONDONTWRITEBYTECODE",
                "1",
                "the root is read-only, and what is installed is compiled",
            );
            settings.add(
                "PYTHONUNBUFFERED",
                "1",
                "a line of a log is seen when it is written",
            );
            if ["gunicorn", "streamlit"]
                .iter()
                .any(|server| runs(command, server))
            {
                settings.home();
            }
        }
        Stack::Node(node) if !artefact::is_site(&service.stack) => {
            let workdir = artefact::workdir(service);
            of_node(&mut settings, node, command, &workdir);
        }
        Stack::Jvm(_) => settings.add(
            "JAVA_TOOL_OPTIONS",
            "-XX:MaxRAMPercentage=75.0 -XX:+ExitOnOutOfMemoryError",
            "the heap follows the container's memory, of which the JVM takes a quarter by itself",
        ),
        Stack::Dotnet(dotnet) => {
            settings.add(
                "DOTNET_EnableDiagnostics",
                "0",
                "the root is read-only, and nobody attaches a debugger",
            );
            if let Some(port) = port.filter(|_| dotnet.web) {
                let value = port.clone().map(|port| port.to_string());
                settings.known("ASPNETCORE_HTTP_PORTS", value);
            }
        }
        Stack::Php(php) => {
            for (name, value) in [
                ("APACHE_LOCK_DIR", "/tmp"),
                ("APACHE_PID_FILE", "/tmp/apache2.pid"),
                ("APACHE_RUN_DIR", "/tmp"),
            ] {
                settings.add(name, value, "Apache's own files have to be writable");
            }
            match php.framework.as_ref() {
                Some(known) if known.value == PhpFramework::Laravel => {
                    settings.on("LOG_CHANNEL", "stderr", &known.evidence);
                }
                Some(known) if known.value == PhpFramework::Symfony => {
                    settings.on("APP_ENV", "prod", &known.evidence);
                }
                _ => {}
            }
        }
        Stack::Ruby(ruby) => {
            let production = "the servers of Ruby listen on every address in production only";
            settings.add("APP_ENV", "production", production);
            settings.add("BUNDLE_DEPLOYMENT", "1", "gems are those of the lock file");
            settings.add(
                "BUNDLE_PATH",
                "/usr/local/bundle",
                "where gems are installed",
            );
            settings.add(
                "BUNDLE_WITHOUT",
                "development:test",
                "only what runs is there",
            );
            settings.home();
            settings.add("RACK_ENV", "production", production);
            if let Some(known) = ruby.framework.as_ref()
                && known.value == RubyFramework::Rails
            {
                settings.on("RAILS_ENV", "production", &known.evidence);
                settings.on("RAILS_LOG_TO_STDOUT", "1", &known.evidence);
            }
        }
        Stack::Elixir(elixir) => {
            settings.add("LANG", "C.UTF-8", "the BEAM reads file names as UTF-8");
            if elixir.phoenix {
                settings.on("PHX_SERVER", "true", &elixir.application.evidence);
            }
            settings.add("RELEASE_TMP", "/tmp", "the root is read-only");
        }
        Stack::Deno(_) => {
            settings.add("DENO_DIR", "/deno-dir", "modules are fetched in the build");
            settings.add(
                "DENO_NO_UPDATE_CHECK",
                "1",
                "an image is replaced, not updated",
            );
        }
        Stack::Go(_) | Stack::Rust(_) | Stack::Static(_) | Stack::Node(_) => {}
    }
    listening(&mut settings, service, port);
    settings.all
}

fn of_node(settings: &mut Settings, node: &Node, command: &[String], workdir: &str) {
    settings.add(
        "NODE_ENV",
        "production",
        "libraries check less and say less",
    );
    let framework = node.framework.as_ref();
    match framework.map(|known| known.value) {
        Some(NodeFramework::Next) => {
            let evidence = framework.map(|known| known.evidence.clone());
            let evidence = evidence.unwrap_or_default();
            settings.on("NEXT_TELEMETRY_DISABLED", "1", &evidence);
            if matches!(node.output.value, NodeOutput::Standalone(_)) {
                settings.on("HOSTNAME", "0.0.0.0", &evidence);
            }
        }
        Some(NodeFramework::Nuxt | NodeFramework::SvelteKit | NodeFramework::Astro) => {
            let evidence = framework.map(|known| known.evidence.clone());
            settings.on("HOST", "0.0.0.0", &evidence.unwrap_or_default());
        }
        _ => {}
    }
    match command.first().map(String::as_str) {
        Some("npm") => {
            settings.home();
            settings.add("NPM_CONFIG_UPDATE_NOTIFIER", "false", "npm starts it");
        }
        Some("node" | "bun" | "sh" | "bash") | None => {}
        Some(program) if program.starts_with('/') => {}
        Some(_) => {
            // A member of a workspace may have dependencies of its own.
            let own = match workdir {
                WORKDIR => String::new(),
                workdir => format!("{workdir}/node_modules/.bin:"),
            };
            let path = format!("{own}{WORKDIR}/node_modules/.bin:$PATH");
            settings.add("PATH", &path, "the programs of dependencies");
        }
    }
}

/// The port and the address, where the program reads them from the environment.
fn listening(settings: &mut Settings, service: &Service, port: Option<&Known<u16>>) {
    let Some(stated) = &service.port else { return };
    if artefact::served_by_us(&service.stack) {
        return;
    }
    if let (Some(variable), Some(port)) = (&stated.value.variable, port) {
        let value = port.clone().map(|port| port.to_string());
        settings.known(variable, value);
    }
    if !stated.value.loopback {
        return;
    }
    for variable in &service.environment {
        let name = &variable.name.value;
        if ADDRESSES.contains(&name.as_str()) {
            settings.on(name, "0.0.0.0", &variable.name.evidence);
        }
    }
}

/// Whether a command starts a program, be it as a module of Python.
fn runs(command: &[String], program: &str) -> bool {
    command
        .iter()
        .take(3)
        .any(|word| word.rsplit('/').next() == Some(program))
}

#[derive(Default)]
struct Settings {
    all: Vec<Setting>,
}

impl Settings {
    fn add(&mut self, name: &str, value: &str, says: &str) {
        self.known(name, Known::assumed(value.to_owned(), says));
    }

    fn on(&mut self, name: &str, value: &str, evidence: &[Evidence]) {
        let mut known = Known::assumed(value.to_owned(), "a habit of its framework");
        known.evidence.splice(0..0, evidence.iter().cloned());
        self.known(name, known);
    }

    fn known(&mut self, name: &str, value: Known<String>) {
        if self.all.iter().all(|setting| setting.name != name) {
            self.all.push(Setting {
                name: name.to_owned(),
                value,
            });
        }
    }

    fn home(&mut self) {
        self.add(
            "HOME",
            "/tmp",
            "the user has no home, and tools write there",
        );
    }
}
