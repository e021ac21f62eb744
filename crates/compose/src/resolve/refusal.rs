//! Why a project cannot be resolved, with the place.

use super::records::{LinkKind, Records, Spot, Trace};
use super::surroundings::ReadFailure;

/// A refusal: what is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What is wrong.
    pub reason: Reason,
    /// Where; nothing where no file is to blame.
    pub spot: Option<Spot>,
    /// The `include` and `extends` that led there, the nearest first.
    pub chain: Vec<(LinkKind, Spot)>,
}

impl Refusal {
    pub(super) fn new(reason: Reason) -> Self {
        Self {
            reason,
            spot: None,
            chain: Vec::new(),
        }
    }

    pub(super) fn at(reason: Reason, trace: Trace, records: &Records) -> Self {
        Self {
            reason,
            spot: trace.spot(),
            chain: records.chain(trace),
        }
    }

    pub(super) fn at_spot(reason: Reason, spot: Spot) -> Self {
        Self {
            reason,
            spot: Some(spot),
            chain: Vec::new(),
        }
    }
}

/// Groups of reasons, by the step of the reference that refuses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Category {
    /// A file is missing or cannot be read.
    File,
    /// The text is no YAML, or none that Compose takes.
    Yaml,
    /// A variable cannot be replaced, or its value does not fit.
    Interpolation,
    /// An env file or label file cannot be read or understood.
    EnvFile,
    /// The name of the project.
    Name,
    /// Files do not fit together.
    Merge,
    /// `include`.
    Include,
    /// `extends`.
    Extends,
    /// The schema of the specification.
    Schema,
    /// A value has the right type and no sense: a port, a size, a duration.
    Value,
    /// A name that nothing defines.
    Reference,
    /// Values that contradict each other.
    Conflict,
    /// Services that wait for each other.
    Cycle,
    /// More than what is read.
    Limit,
}

impl Category {
    /// Its name, one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Yaml => "yaml",
            Self::Interpolation => "interpolation",
            Self::EnvFile => "env-file",
            Self::Name => "name",
            Self::Merge => "merge",
            Self::Include => "include",
            Self::Extends => "extends",
            Self::Schema => "schema",
            Self::Value => "value",
            Self::Reference => "reference",
            Self::Conflict => "conflict",
            Self::Cycle => "cycle",
            Self::Limit => "limit",
        }
    }
}

/// What is wrong with a project.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// No Compose file was named and none found.
    #[error("no Compose file in `{dir}` or any folder above it")]
    NoFile {
        /// Where the search began.
        dir: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}`: {failure}")]
    Unreadable {
        /// Its path.
        path: String,
        /// Why not.
        failure: ReadFailure,
    },
    /// A path leads to a repository or registry.
    #[error("`{path}` lies elsewhere, and nothing is fetched")]
    Remote {
        /// The path.
        path: String,
    },
    /// A file is not UTF-8.
    #[error("not UTF-8 from byte {offset} on")]
    NotUtf8 {
        /// Of the first bad byte.
        offset: usize,
    },
    /// An error of the YAML parser.
    #[error("{message}")]
    Syntax {
        /// What was found and expected.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// The top of a file is no mapping.
    #[error("the top of a Compose file is a mapping, this is a {found}")]
    TopNotMapping {
        /// What it is.
        found: &'static str,
    },
    /// A key that is no string.
    #[error("the key `{key}` of {inside} is no string but a {found}")]
    KeyNotString {
        /// As written.
        key: String,
        /// The path of its mapping.
        inside: String,
        /// What it is.
        found: &'static str,
    },
    /// The files hold nothing.
    #[error("the Compose file is empty")]
    Empty,
    /// `${…}` that is none.
    #[error("`{template}` of `{path}` is no valid use of a variable")]
    InvalidTemplate {
        /// Where in the file, by keys.
        path: String,
        /// The text.
        template: String,
    },
    /// `${NAME:?word}` without a value.
    #[error("the variable `{name}` is required{}", suffix(.words))]
    Required {
        /// The variable.
        name: String,
        /// What the file says to that.
        words: String,
    },
    /// A value that its field cannot hold.
    #[error("`{path}` wants {wanted}, `{text}` is none")]
    Cast {
        /// Where in the file, by keys.
        path: String,
        /// The text, variables replaced.
        text: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// An env file or label file that is not there.
    #[error("the {what} `{path}` is not there: {failure}")]
    EnvFileMissing {
        /// `env file` or `label file`.
        what: &'static str,
        /// Its path.
        path: String,
        /// Why it cannot be read.
        failure: ReadFailure,
    },
    /// A line of an env file that is none.
    #[error("{message}")]
    EnvFileSyntax {
        /// What was found and expected.
        message: String,
    },
    /// A format of env files that nobody knows.
    #[error("`{format}` is no format of env files")]
    EnvFileFormat {
        /// As written.
        format: String,
    },
    /// A project name with letters that it must not have.
    #[error(
        "`{name}` is no project name: only lower-case letters, digits, `-` and `_`, \
         a letter or digit first"
    )]
    ProjectName {
        /// As given.
        name: String,
    },
    /// No name is given and the folder gives none.
    #[error("the project has no name")]
    NoProjectName,
    /// Two files say different kinds of things under one key.
    #[error("`{path}` is a {base} in one file and a {over} in another")]
    CannotMerge {
        /// The key's path.
        path: String,
        /// In the first file.
        base: &'static str,
        /// In the second.
        over: &'static str,
    },
    /// An item of a list that is told apart by what it does not have.
    #[error("`{path}` has no `{field}`")]
    NoIdentity {
        /// The item's path.
        path: String,
        /// What it lacks.
        field: &'static str,
    },
    /// An item of a list has a type that cannot be there.
    #[error("`{path}` wants {wanted}, not a {found}")]
    WrongType {
        /// The path.
        path: String,
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// Files include each other.
    #[error("the file includes itself by way of {}", listed(.files))]
    IncludeCycle {
        /// From the first to the one that comes again.
        files: Vec<String>,
    },
    /// Services extend each other.
    #[error("the service extends itself by way of {}", listed(.services))]
    ExtendsCycle {
        /// `name in file`, from the first to the one that comes again.
        services: Vec<String>,
    },
    /// What is extended is not there.
    #[error("`{service}` extends `{base}`, which `{file}` does not have")]
    ExtendsUnknown {
        /// The service.
        service: String,
        /// What it extends.
        base: String,
        /// Where that was looked for.
        file: String,
    },
    /// `extends` without a service.
    #[error("`extends` of `{service}` does not say which service")]
    ExtendsNoService {
        /// The service.
        service: String,
    },
    /// A key that the specification does not have.
    #[error("`{path}` has no key `{key}`")]
    UnknownKey {
        /// The path of its mapping.
        path: String,
        /// The key.
        key: String,
        /// A known one like it.
        nearest: Option<String>,
    },
    /// A service outside of `services`, as files of the first format have them.
    #[error("the service `{service}` stands at the top of the file")]
    ServiceAtTop {
        /// The service.
        service: String,
    },
    /// A key that must be there.
    #[error("`{path}` lacks `{key}`")]
    MissingKey {
        /// The path of the mapping.
        path: String,
        /// The key.
        key: &'static str,
    },
    /// A value that the specification does not allow.
    #[error("`{path}` wants {wanted}, not {found}")]
    Schema {
        /// The path.
        path: String,
        /// What it should be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// An item that comes twice in a list where none may.
    #[error("`{path}` has the same item twice")]
    Duplicate {
        /// The path of the list.
        path: String,
    },
    /// A value with the right type that means nothing.
    #[error("`{path}`: {problem}")]
    Value {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A service without anything to run.
    #[error("the service `{service}` has neither `image` nor `build`")]
    NothingToRun {
        /// The service.
        service: String,
    },
    /// A name that nothing defines.
    #[error("the service `{service}` refers to the {kind} `{name}`, which nothing defines")]
    Undefined {
        /// The service.
        service: String,
        /// `network`, `volume`, `secret` and so on.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A needed service is behind a profile that is not active.
    #[error(
        "the service `{service}` needs `{name}`, which is switched off (profiles: {})",
        .profiles.join(", ")
    )]
    Disabled {
        /// The service.
        service: String,
        /// What it needs.
        name: String,
        /// The profiles that switch it on.
        profiles: Vec<String>,
    },
    /// No service has a name that was asked for.
    #[error("no service is called `{name}`")]
    NoSuchService {
        /// The name.
        name: String,
    },
    /// Keys that exclude each other.
    #[error("`{path}`: {problem}")]
    Conflict {
        /// The path of the mapping.
        path: String,
        /// What contradicts what.
        problem: String,
    },
    /// Services wait for each other.
    #[error("services wait for each other: {}", .services.join(" → "))]
    DependencyCycle {
        /// From one back to itself.
        services: Vec<String>,
    },
    /// More of something than is read.
    #[error("{what} more than {limit}")]
    TooMuch {
        /// What there is too much of, with its verb.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
}

fn suffix(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(": {words}")
    }
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

impl Reason {
    /// Its group.
    pub fn category(&self) -> Category {
        match self {
            Self::NoFile { .. }
            | Self::Unreadable { .. }
            | Self::Remote { .. }
            | Self::NotUtf8 { .. } => Category::File,
            Self::Syntax { .. }
            | Self::TopNotMapping { .. }
            | Self::KeyNotString { .. }
            | Self::Empty => Category::Yaml,
            Self::InvalidTemplate { .. } | Self::Required { .. } | Self::Cast { .. } => {
                Category::Interpolation
            }
            Self::EnvFileMissing { .. }
            | Self::EnvFileSyntax { .. }
            | Self::EnvFileFormat { .. } => Category::EnvFile,
            Self::ProjectName { .. } | Self::NoProjectName => Category::Name,
            Self::CannotMerge { .. } | Self::NoIdentity { .. } => Category::Merge,
            Self::IncludeCycle { .. } => Category::Include,
            Self::ExtendsCycle { .. }
            | Self::ExtendsUnknown { .. }
            | Self::ExtendsNoService { .. } => Category::Extends,
            Self::UnknownKey { .. }
            | Self::ServiceAtTop { .. }
            | Self::MissingKey { .. }
            | Self::Schema { .. }
            | Self::Duplicate { .. }
            | Self::WrongType { .. } => Category::Schema,
            Self::Value { .. } => Category::Value,
            Self::NothingToRun { .. }
            | Self::Undefined { .. }
            | Self::Disabled { .. }
            | Self::NoSuchService { .. } => Category::Reference,
            Self::Conflict { .. } => Category::Conflict,
            Self::DependencyCycle { .. } => Category::Cycle,
            Self::TooMuch { .. } => Category::Limit,
        }
    }

    /// What to do, imperative.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoFile { .. } => "name one with `-f FILE`".into(),
            Self::Remote { .. } => "fetch it yourself and give the path of the copy".into(),
            Self::Syntax { help, .. } => return help.clone(),
            Self::TopNotMapping { .. } => "begin with `services:`".into(),
            Self::KeyNotString { key, .. } => format!("put it into quotes: `\"{key}\"`"),
            Self::Empty => "begin with `services:`".into(),
            Self::InvalidTemplate { .. } => {
                "write `${NAME}` or `${NAME:-default}`, and `$$` for a `$` itself".into()
            }
            Self::Required { name, .. } => {
                format!("set `{name}` in the environment or in the project's `.env`")
            }
            Self::EnvFileMissing { what, .. } if *what == "env file" => {
                "create it, or say `required: false` in the long form".into()
            }
            Self::EnvFileFormat { .. } => "leave `format` out, or say `raw`".into(),
            Self::NoProjectName => "give one with `-p NAME` or a `name:` at the top".into(),
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            Self::ServiceAtTop { .. } => "put it under `services:`".into(),
            Self::UnknownKey { nearest: None, .. } => {
                "remove it, or let its name begin with `x-` if it is your own".into()
            }
            Self::Duplicate { .. } => "remove one of them".into(),
            Self::NothingToRun { .. } => "give it an `image`, or a `build`".into(),
            Self::Undefined { kind, name, .. } => match *kind {
                "service" | "job" => format!("define the service `{name}`, or correct the name"),
                _ => format!("define `{name}` under `{kind}s` at the top, or correct the name"),
            },
            Self::Disabled { profiles, .. } => match profiles.first() {
                Some(profile) => {
                    format!("add `--profile {profile}`, or say `required: false` in `depends_on`")
                }
                None => return None,
            },
            Self::CannotMerge { path, .. } => {
                format!("write `{path}` in the same form in both, or mark it `!override`")
            }
            Self::DependencyCycle { .. } => "remove one of these dependencies".into(),
            _ => return None,
        })
    }
}

/// Something that Compose warns of and goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What, one lower-case phrase.
    pub message: String,
    /// Where, if a file is to blame.
    pub spot: Option<Spot>,
}
