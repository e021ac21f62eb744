//! A service while it is put together.

use std::collections::BTreeSet;

use plimsoll_source::files::file_name;

use super::backings::{self, Client};
use super::dependencies::Dependencies;
use super::environment::Environment;
use super::files::{Files, below, relative};
use super::names;
use super::port::number_in;
use super::told::Told;
use crate::model::{
    Backing, Evidence, HealthRoute, Known, Library, Port, Process, Question, Refusal, Service,
    Stack, Topic,
};

/// What a detection works on.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    /// The files.
    pub(crate) files: &'a Files<'a>,
    /// What the user said.
    pub(crate) told: &'a Told,
}

/// A service as far as it is known.
pub(crate) struct Draft {
    pub(crate) name: Option<Known<String>>,
    pub(crate) folder: String,
    pub(crate) context: String,
    pub(crate) stack: Stack,
    pub(crate) start: Option<Known<Vec<String>>>,
    pub(crate) port: Option<Known<Port>>,
    pub(crate) health: Vec<Known<HealthRoute>>,
    pub(crate) environment: Environment,
    pub(crate) backing: Vec<Known<Backing>>,
    /// Dependencies that speak with servers.
    pub(crate) clients: Vec<Client>,
    /// Whether a database that is a file is among the dependencies.
    pub(crate) embedded: bool,
    /// Whether the user said where it listens.
    pub(crate) told_port: bool,
    /// Whether the user said which they are.
    pub(crate) told_backing: bool,
    pub(crate) migration: Option<Known<Vec<String>>>,
    pub(crate) processes: Vec<Process>,
    pub(crate) timers: Vec<Known<String>>,
    pub(crate) writes: Vec<Known<String>>,
    pub(crate) libraries: Vec<Library>,
    pub(crate) questions: Vec<Question>,
    /// Where configuration is taken from another server, which may say anything.
    pub(crate) remote: Option<Evidence>,
    /// What Spring's configuration puts before the endpoints of its management.
    pub(crate) management_path: Option<String>,
    /// Whether they have a port of their own.
    pub(crate) own_management: bool,
    /// What a configuration puts before all routes.
    pub(crate) base_path: Option<String>,
    /// Why it cannot be served after all.
    pub(crate) refusal: Option<Refusal>,
}

impl Draft {
    /// A service of which only the place and the stack are known.
    pub(crate) fn new(folder: &str, context: &str, stack: Stack) -> Self {
        Self {
            name: None,
            folder: folder.to_owned(),
            context: context.to_owned(),
            stack,
            start: None,
            port: None,
            health: Vec::new(),
            environment: Environment::default(),
            backing: Vec::new(),
            clients: Vec::new(),
            embedded: false,
            told_port: false,
            told_backing: false,
            migration: None,
            processes: Vec::new(),
            timers: Vec::new(),
            writes: Vec::new(),
            libraries: Vec::new(),
            questions: Vec::new(),
            remote: None,
            management_path: None,
            own_management: false,
            base_path: None,
            refusal: None,
        }
    }

    /// Where nothing is known to listen, a variable for a port of its own says that something does.
    fn port_by_variable(&mut self) {
        let asked = self.questions.iter().any(|open| open.topic == Topic::Port);
        if self.port.is_some() || asked || self.told_port || self.start.is_none() {
            return;
        }
        let name = self.name.as_ref().map_or("", |name| name.value.as_str());
        let Some(variable) = self.environment.own_port(&[name, file_name(&self.folder)]) else {
            return;
        };
        let variable = variable.clone();
        let number = variable.default.as_deref().and_then(number_in);
        let evidence = variable.name.evidence;
        match (number, evidence.first()) {
            (Some(number), Some(first)) => {
                let port = Port {
                    number,
                    variable: Some(variable.name.value),
                    loopback: false,
                };
                self.port = Some(Known::likely(port, first.clone()));
            }
            _ => self.ask(
                Topic::Port,
                format!(
                    "On which port does it listen? It reads `{}`.",
                    variable.name.value
                ),
                vec!["8080".to_owned()],
                evidence,
            ),
        }
    }

    /// Takes over what dependencies say of servers.
    pub(crate) fn depends_on(&mut self, dependencies: &Dependencies) {
        self.clients.extend(dependencies.clients());
        self.embedded |= dependencies.embeds_database();
    }

    /// Asks something.
    pub(crate) fn ask(
        &mut self,
        topic: Topic,
        text: impl Into<String>,
        choices: Vec<String>,
        evidence: Vec<Evidence>,
    ) {
        self.questions.push(Question {
            topic,
            text: text.into(),
            choices,
            evidence,
        });
    }

    /// The finished service.
    pub(crate) fn finish(mut self) -> Service {
        self.writes = unique_paths(self.writes);
        self.port_by_variable();
        let asked = self.questions.iter().any(|open| open.topic == Topic::Port);
        if self.port.is_none() && !asked && matches!(self.stack, Stack::Jvm(_)) {
            // A module without a web server answers nothing, whatever it depends on.
            self.health.clear();
        }
        if !self.told_backing {
            let embedded = self.embedded || self.environment.names_sqlite();
            self.backing =
                backings::settle(self.backing, &self.clients, &self.environment, embedded);
            self.backing.extend(self.environment.backings());
        }
        Service {
            name: self.name.unwrap_or_else(|| fallback_name(&self.folder)),
            folder: self.folder,
            context: self.context,
            stack: self.stack,
            start: self.start,
            port: self.port,
            health: unique_routes(self.health),
            environment: self.environment.variables(),
            backing: unique_backings(self.backing),
            migration: self.migration,
            processes: self.processes,
            timers: self.timers,
            writes: self.writes,
            libraries: unique_libraries(self.libraries),
            pages: Vec::new(),
            questions: self.questions,
        }
    }
}

fn fallback_name(folder: &str) -> Known<String> {
    let label = names::label(folder);
    if label.is_empty() {
        Known::assumed("app".to_owned(), "nothing in the tree names the service")
    } else {
        Known::likely(
            label,
            Evidence::file(folder, "it is the name of the folder"),
        )
    }
}

/// The name that a manifest gives, else that of the folder.
pub(crate) fn name(stated: Option<Known<String>>, folder: &str) -> Known<String> {
    let label = stated.map(|known| known.map(|name| names::label(&name)));
    match label.filter(|known| !known.value.is_empty()) {
        Some(known) => known,
        None => fallback_name(folder),
    }
}

fn unique_backings(found: Vec<Known<Backing>>) -> Vec<Known<Backing>> {
    let mut unique: Vec<Known<Backing>> = Vec::new();
    for known in found {
        match unique.iter_mut().find(|other| other.value == known.value) {
            Some(other) => {
                // What is surer comes first.
                if known.certainty > other.certainty {
                    other.certainty = known.certainty;
                    let weaker = std::mem::replace(&mut other.evidence, known.evidence);
                    other.evidence.extend(weaker);
                } else {
                    other.evidence.extend(known.evidence);
                }
                other.evidence.truncate(4);
            }
            None => unique.push(known),
        }
    }
    // A driver for MySQL serves MariaDB as well; what names MariaDB decides.
    if unique.iter().any(|known| known.value == Backing::Mariadb) {
        unique.retain(|known| known.value != Backing::Mysql);
    }
    unique.sort_by_key(|known| known.value);
    unique
}

fn unique_routes(mut found: Vec<Known<HealthRoute>>) -> Vec<Known<HealthRoute>> {
    let mut seen = BTreeSet::new();
    found.retain(|known| seen.insert(known.value.path.clone()));
    found.sort_by(|a, b| {
        let key = |known: &Known<HealthRoute>| {
            let path = known.value.path.clone();
            (
                std::cmp::Reverse(known.certainty),
                path.matches('/').count(),
                path,
            )
        };
        key(a).cmp(&key(b))
    });
    found.truncate(6);
    found
}

fn unique_paths(mut found: Vec<Known<String>>) -> Vec<Known<String>> {
    let mut seen = BTreeSet::new();
    found.retain(|known| !known.value.starts_with("/tmp") && seen.insert(known.value.clone()));
    found.truncate(12);
    found
}

fn unique_libraries(mut found: Vec<Library>) -> Vec<Library> {
    let mut seen = BTreeSet::new();
    found.retain(|library| seen.insert((library.build.clone(), library.run.clone())));
    found
}

/// What a project holds beside its sources.
fn is_aside(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if name.starts_with('.') {
        return true;
    }
    let named = matches!(
        lower.as_str(),
        "node_modules"
            | "venv"
            | "env"
            | "__pycache__"
            | "dist"
            | "build"
            | "out"
            | "target"
            | "coverage"
            | "test"
            | "tests"
            | "__tests__"
            | "e2e"
            | "cypress"
            | "docs"
            | "doc"
            | "charts"
            | "chart"
            | "helm"
            | "k8s"
            | "kubernetes"
            | "deploy"
            | "deployment"
            | "deployments"
            | "terraform"
            | "makefile"
            | "justfile"
            | "taskfile.yml"
            | "procfile"
            | "vagrantfile"
            | "jenkinsfile"
            | "tox.ini"
            | "noxfile.py"
            | "pytest.ini"
            | "conftest.py"
            | "setup.cfg"
            | "mypy.ini"
            | "railpack.json"
            | "skaffold.yaml"
            | "tiltfile"
            | "renovate.json"
            | "codecov.yml"
            | "plimsoll.toml"
            | "mise.toml"
            | "mise.lock"
            | "staticfile"
            | "heroku.yml"
            | "app.yaml"
            | "fly.toml"
            | "render.yaml"
            | "vercel.json"
            | "netlify.toml"
            | "log"
            | "logs"
            | "tmp"
            | "obj"
            | "_build"
            | "deps"
    );
    let kind = lower.rsplit_once('.').map_or("", |(_, kind)| kind);
    named
        || lower.starts_with("dockerfile")
        || lower.ends_with(".dockerfile")
        || ((lower.starts_with("docker-compose") || lower.starts_with("compose"))
            && matches!(kind, "yml" | "yaml"))
        || matches!(
            kind,
            "md" | "rst"
                | "adoc"
                | "log"
                | "lock"
                | "sh"
                | "png"
                | "gif"
                | "svg"
                | "jpg"
                | "sln"
                | "iml"
                | "bat"
                | "cmd"
                | "tf"
        )
        || lower.starts_with("license")
        || lower.starts_with("changelog")
        || lower.starts_with("readme")
        || lower.starts_with("contributing")
        || lower.starts_with("test_")
        || lower.contains(".test.")
        || lower.contains(".spec.")
}

/// The files and folders of a folder that are sources, relative to the context: all but what is
/// known to lie beside them, what `manifests` names already, and folders that are services or
/// packages of their own.
pub(crate) fn sources(
    cx: Cx<'_>,
    folder: &str,
    context: &str,
    manifests: &[String],
    own: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let names = cx.files.names(folder).into_iter();
    for name in names.chain(cx.files.folders(folder)) {
        let path = below(folder, name);
        let local = relative(&path, context);
        if is_aside(name) || manifests.contains(&local) || own(&path) {
            continue;
        }
        found.push(local);
    }
    found.sort();
    found
}
