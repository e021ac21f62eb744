//! What is known of the services in a source tree, each statement with where it comes from.
//!
//! A statement is a [`Known`]: a value, how sure it is, and the lines that say so. What is not
//! known is absent; nothing here holds a default that looks like a finding.

mod stack;

pub use stack::{
    Deno, Dotnet, Elixir, Go, GoMain, Jvm, JvmFramework, JvmTool, Node, NodeFramework, NodeManager,
    NodeOutput, Php, PhpFramework, Python, PythonFramework, PythonManager, Ruby, RubyFramework,
    Rust, Stack, StaticSite,
};

/// How sure a statement is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Certainty {
    /// From a table by runtime or framework; nothing in the tree says it. Shown as unmeasured.
    Assumed,
    /// The tree suggests it, by a name or a habit of its framework.
    Likely,
    /// Code, configuration or a lock file of the tree says it.
    Stated,
    /// The user said it: a flag or `plimsoll.toml`.
    Told,
}

/// One line that a statement rests on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Evidence {
    /// Path relative to the root of the tree, `/`-separated; empty when it is no file's
    /// (a flag, a table of ours).
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// What is there, in one lower-case phrase: "`fastapi` is a dependency".
    pub says: String,
}

/// A value with how sure it is and what it rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// How sure it is.
    pub certainty: Certainty,
    /// What it rests on, the strongest first; never empty.
    pub evidence: Vec<Evidence>,
}

impl Evidence {
    /// A line of a file, from 1.
    pub fn line(file: impl Into<String>, line: u32, says: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            says: says.into(),
        }
    }

    /// A file as a whole.
    pub fn file(file: impl Into<String>, says: impl Into<String>) -> Self {
        Self::line(file, 0, says)
    }

    /// What no file of the tree says.
    pub fn table(says: impl Into<String>) -> Self {
        Self::line("", 0, says)
    }
}

impl<T> Known<T> {
    /// What a file of the tree says.
    pub fn stated(value: T, evidence: Evidence) -> Self {
        Self::with(value, Certainty::Stated, evidence)
    }

    /// What the tree suggests.
    pub fn likely(value: T, evidence: Evidence) -> Self {
        Self::with(value, Certainty::Likely, evidence)
    }

    /// What a table says for want of anything better.
    pub fn assumed(value: T, says: impl Into<String>) -> Self {
        Self::with(value, Certainty::Assumed, Evidence::table(says))
    }

    /// What the user said.
    pub fn told(value: T, evidence: Evidence) -> Self {
        Self::with(value, Certainty::Told, evidence)
    }

    fn with(value: T, certainty: Certainty, evidence: Evidence) -> Self {
        Self {
            value,
            certainty,
            evidence: vec![evidence],
        }
    }

    /// The same, resting on one more line.
    pub fn and(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Another value on the same grounds.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        Known {
            value: change(self.value),
            certainty: self.certainty,
            evidence: self.evidence,
        }
    }

    /// The same, no surer than `certainty`.
    pub fn at_most(mut self, certainty: Certainty) -> Self {
        self.certainty = self.certainty.min(certainty);
        self
    }
}

/// All that was found in a tree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Survey {
    /// The services, ordered by folder and name.
    pub services: Vec<Service>,
    /// Folders that look like services and cannot be served, with why.
    pub refusals: Vec<Refusal>,
}

/// A folder that looks like a service and of which too little is known to write anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The folder, relative to the root; empty for the root.
    pub folder: String,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// Why it is not enough, in one lower-case phrase.
    pub why: String,
    /// What to do, imperative.
    pub help: String,
}

/// One deployable service: one image, the processes that run from it, and what they need.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// A DNS-1123 label.
    pub name: Known<String>,
    /// Its folder, relative to the root; empty for the root.
    pub folder: String,
    /// The folder that its image is built from: its own, or the workspace's when it needs shared
    /// packages or a lock file there.
    pub context: String,
    /// Language, tools and framework.
    pub stack: Stack,
    /// What starts it, in exec form, as a developer would type it in the service's folder;
    /// absent where nothing says so. Paths in it are relative to that folder. Programs that a
    /// build leaves may be named as the tree does (`go run ./cmd/api`, `./target/release/api`,
    /// `java -jar target/api.jar`): [`crate::plan`] knows where they lie in the image. So it is
    /// with the commands of `migration` and `processes`. Programs that
    /// dependencies install (`uvicorn`, `next`) go by their bare names: the folders that they lie in
    /// are on the path.
    pub start: Option<Known<Vec<String>>>,
    /// The TCP port it listens on; absent for what serves nothing, or where nothing says so.
    pub port: Option<Known<Port>>,
    /// HTTP routes that tell its health, found in its code.
    pub health: Vec<Known<HealthRoute>>,
    /// Environment variables that its code reads, sorted by name.
    pub environment: Vec<Variable>,
    /// Services that it talks to, from dependencies, URLs and existing files; one of each kind.
    pub backing: Vec<Known<Backing>>,
    /// What brings its database up to date, in exec form.
    pub migration: Option<Known<Vec<String>>>,
    /// What else runs from the same image: workers, schedulers, cron jobs.
    pub processes: Vec<Process>,
    /// Clocks inside the process that serves, by the names of their libraries: every replica has them.
    pub timers: Vec<Known<String>>,
    /// Absolute paths, or paths relative to its working directory, that it writes at run time;
    /// the temporary folder is not among them. What ends with `/` is a folder; else what has an ending
    /// like a file's is one.
    pub writes: Vec<Known<String>>,
    /// Debian packages its dependencies need.
    pub libraries: Vec<Library>,
    /// Web pages that are built for its image, because its code hands them out.
    pub pages: Vec<Pages>,
    /// What a person should be asked, or has to say by a flag.
    pub questions: Vec<Question>,
}

/// Web pages that a service hands out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pages {
    /// What builds them: a site, as if it were a service of its own.
    pub service: Box<Service>,
    /// The folder that they are built into and handed out from, relative to the root of the tree.
    pub place: Known<String>,
    /// Whether the build of the service takes them into its program.
    pub built_in: bool,
    /// A folder that only the build of the service makes and that their packages are taken from.
    pub needs: Option<Known<String>>,
}

impl Service {
    /// The folder that the builder is given, relative to the root: the context, or one above it that
    /// also holds the pages.
    pub fn builder_root(&self) -> &str {
        let mut root = self.context.as_str();
        for pages in &self.pages {
            let other = pages.service.context.as_str();
            while !is_within(other, root) {
                root = root.rsplit_once('/').map_or("", |(above, _)| above);
            }
        }
        root
    }
}

fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path == folder
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// A TCP port and how the process may be told another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// The number.
    pub number: u16,
    /// The environment variable that sets it, such as `PORT`, when the code reads one.
    pub variable: Option<String>,
    /// Whether it listens on the loopback address only, as far as the code says; a container
    /// has to be told otherwise.
    pub loopback: bool,
}

/// What a health route is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HealthPurpose {
    /// The process works.
    Liveness,
    /// It can take requests now.
    Readiness,
    /// The name does not say which.
    General,
}

/// An HTTP route that answers `GET` and tells of health.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthRoute {
    /// The path, with the prefixes that routers above add.
    pub path: String,
    /// What it is for.
    pub purpose: HealthPurpose,
}

/// An environment variable that the code reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Known<String>,
    /// What the code takes when it is unset. Never the value of a secret.
    pub default: Option<String>,
    /// Whether its value is to be kept from people.
    pub secret: bool,
    /// Whether the process fails without it.
    pub required: bool,
    /// Which backing service it leads to.
    pub backing: Option<Backing>,
}

/// A kind of backing service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Backing {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// Redis, or what speaks its protocol.
    Redis,
    /// Memcached.
    Memcached,
    /// RabbitMQ.
    Rabbitmq,
    /// Apache Kafka.
    Kafka,
    /// NATS.
    Nats,
    /// MongoDB.
    Mongodb,
    /// Elasticsearch.
    Elasticsearch,
    /// An object store with the API of S3.
    S3,
    /// A mail server for outgoing mail.
    Smtp,
}

/// How a further process runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProcessKind {
    /// All the time, any number of it.
    Worker,
    /// All the time, one of it.
    Scheduler,
    /// At times, in the five fields of cron.
    Cron(String),
}

/// A process beside the one that serves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// A DNS-1123 label, such as `worker`.
    pub name: String,
    /// How it runs.
    pub kind: ProcessKind,
    /// What starts it, in exec form.
    pub command: Known<Vec<String>>,
}

/// A Debian package that a dependency needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    /// What needs it.
    pub because: Known<String>,
    /// The package that is needed to build, such as `libpq-dev`.
    pub build: Option<String>,
    /// The package that is needed to run, such as `libpq5`.
    pub run: Option<String>,
}

/// What a question is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// What starts the service.
    Start,
    /// Which port it listens on.
    Port,
    /// Which of several programs is the service.
    Program,
    /// Which version of the runtime.
    Version,
    /// Which backing services it needs.
    Backing,
    /// When a job runs, or what starts what runs it. No flag answers it.
    Schedule,
}

/// Something that the tree does not settle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// The question, a sentence.
    pub text: String,
    /// Answers that fit, the likeliest first.
    pub choices: Vec<String>,
    /// What raised it.
    pub evidence: Vec<Evidence>,
}
