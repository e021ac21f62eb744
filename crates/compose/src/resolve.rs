//! A project as `docker compose config` resolves it: files found and merged, `extends` and
//! `include` followed, variables replaced, short forms made long, defaults added, services
//! chosen by their profiles — every value with the place where it was written.
//!
//! The reference is docker compose 5.6.1 with compose-go 2.16.1; [`Resolved::print`] gives what
//! its `config` command prints. Where it refuses a project, so does [`resolve`], with a
//! [`Reason`] and a place.
//!
//! Nothing here does I/O: files, links and the environment come through [`Surroundings`]. Paths
//! are those of Unix, absolute and `/`-separated. Nothing is fetched: a project that includes or
//! extends what lies in a repository or registry is refused.
//!
//! What is made is bounded: values, text, files, and how deep files lead to each other.

mod canonical;
mod consistency;
mod context;
mod decode;
mod defaults;
mod dotenv;
mod environment;
mod extends;
mod files;
mod include;
mod interpolate;
mod item;
mod lists;
mod load;
mod locate;
mod merge;
mod normalise;
mod paths;
mod print;
mod read;
mod records;
mod refusal;
mod relative;
mod schema;
mod select;
mod short;
mod substitute;
mod surroundings;
mod trail;
mod unique;
mod values;
mod view;

pub use environment::{Environment, Variable};
pub use item::{Data, Entry, Item, Map};
pub use lists::TemplateVariable;
pub use locate::{FILE_NAMES, OVERRIDE_NAMES, normalised as normalised_project_name};
pub use print::Format;
pub use records::{LinkKind, Records, Source, SourceId, Spot, Trace, Use, VariableOrigin};
pub use refusal::{Category, Notice, Reason, Refusal};
pub use short::bytes;
pub use surroundings::{MemorySurroundings, PathKind, ReadFailure, Surroundings};
pub use view::{
    ResolvedBuild, ResolvedDependency, ResolvedHealthcheck, ResolvedMount, ResolvedPort,
    ResolvedService, ResolvedVariable, WrittenText,
};

use std::collections::BTreeMap;

use context::{Cx, Refused, Resolving};
use decode::separate_extensions;
use select::Model;
use trail::Trail;

/// What to resolve, and how: the options of `docker compose` and of its `config` command.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The folder that relative paths are relative to; absolute.
    pub current_dir: String,
    /// `-f`: the Compose files, `-` for [`Request::standard_input`]. Without any they are looked
    /// for.
    pub files: Vec<String>,
    /// `--project-directory`.
    pub project_directory: Option<String>,
    /// `--project-name`.
    pub project_name: Option<String>,
    /// `--profile`. Without any, `COMPOSE_PROFILES` says which.
    pub profiles: Vec<String>,
    /// `--env-file`. Without any, `.env` is read.
    pub env_files: Vec<String>,
    /// Only these services, with what they depend on.
    pub services: Vec<String>,
    /// `--all-resources`: also networks, volumes and the like that no service uses.
    pub all_resources: bool,
    /// `--no-interpolate`: the model is left before services are chosen and env files read.
    pub no_interpolate: bool,
    /// `--no-normalize`.
    pub no_normalise: bool,
    /// `--no-path-resolution`.
    pub no_path_resolution: bool,
    /// `--no-consistency`.
    pub no_consistency: bool,
    /// `--no-env-resolution`.
    pub no_env_files: bool,
    /// Leaves the checks against the specification out, as `--variables` does.
    pub no_validation: bool,
    /// What a file called `-` holds.
    pub standard_input: Option<Vec<u8>>,
    /// Goes on where something is missing that another machine may have, and where parts of the
    /// project do not fit together: see [`Resolved::tolerated`]. A review looks at a repository
    /// without the `.env` that it ignores.
    pub lenient: bool,
}

/// A resolved project.
#[derive(Debug)]
pub struct Resolved {
    name: String,
    working_dir: String,
    files: Vec<String>,
    environment: Environment,
    records: Records,
    notices: Vec<Notice>,
    tolerated: Vec<Refusal>,
    model: Model,
    /// The model before it was decoded, with [`Request::no_interpolate`].
    raw: Option<Item>,
}

/// A project that cannot be resolved.
#[derive(Debug)]
pub struct Unresolved {
    /// Why, at least one.
    pub refusals: Vec<Refusal>,
    /// What the places refer to.
    pub records: Records,
    /// What was noticed on the way.
    pub notices: Vec<Notice>,
}

/// Resolves a project.
pub fn resolve(
    request: &Request,
    surroundings: &dyn Surroundings,
) -> Result<Resolved, Box<Unresolved>> {
    let mut cx = Cx::new(surroundings, request);
    match project(&mut cx) {
        Ok(project) => Ok(Resolved {
            name: project.name,
            working_dir: project.working_dir,
            files: project.files,
            environment: project.environment,
            records: cx.records,
            notices: cx.notices,
            tolerated: cx.tolerated,
            model: project.model,
            raw: project.raw,
        }),
        Err(refused) => Err(Box::new(Unresolved {
            refusals: refused.0,
            records: cx.records,
            notices: cx.notices,
        })),
    }
}

/// Reads the text of an env file by itself, with these variables known.
pub fn env_file(text: &str, known: &BTreeMap<String, String>) -> Result<Environment, String> {
    let lookup = |name: &str| known.get(name).map(|value| of_shell(value));
    let mut reader = dotenv::Reader {
        source: SourceId(0),
        lookup: &lookup,
        unset: Vec::new(),
    };
    let mut variables = Environment::default();
    let outcome = reader.read(text, &mut variables);
    outcome.map_err(|mistake| mistake.message)?;
    Ok(variables)
}

/// The text with its variables replaced by these values.
pub fn replaced(text: &str, known: &BTreeMap<String, String>) -> Result<String, String> {
    let lookup = |name: &str| known.get(name).map(|value| of_shell(value));
    match substitute::substitute(text, &lookup, false) {
        Ok(found) => Ok(found.text),
        Err(substitute::Failure::Invalid(template)) => {
            Err(format!("`{template}` is no valid use of a variable"))
        }
        Err(substitute::Failure::Required(name, words)) => {
            Err(Reason::Required { name, words }.to_string())
        }
        Err(substitute::Failure::TooLong) => Err("the text becomes too long".to_owned()),
    }
}

fn of_shell(value: &str) -> Variable {
    Variable {
        value: value.into(),
        origin: VariableOrigin::Shell,
    }
}

struct Project {
    name: String,
    working_dir: String,
    files: Vec<String>,
    environment: Environment,
    model: Model,
    raw: Option<Item>,
}

fn project(cx: &mut Cx<'_>) -> Resolving<Project> {
    let request = cx.request;
    let mut located = locate::locate(cx)?;
    let name = locate::project_name(cx, &located)?;
    located.environment.set(
        "COMPOSE_PROJECT_NAME",
        Variable {
            value: name.as_str().into(),
            origin: VariableOrigin::Compose,
        },
    );
    let files: Vec<(String, Trace)> = located
        .files
        .iter()
        .map(|file| (file.clone(), Trace::IMPLICIT))
        .collect();
    let load = load::Load {
        working_dir: located.working_dir.clone(),
        file_dir: located.working_dir.clone(),
        environment: &located.environment,
        resolve_paths: !request.no_path_resolution,
    };
    let mut model = load::model(cx, &files, &load, &[], &mut load::Loaded::default())?;
    if schema::is_empty(&model) {
        return Err(Refusal::new(Reason::Empty).into());
    }
    if name.is_empty() && !request.no_validation {
        return Err(locate::nameless());
    }
    if !request.no_normalise {
        if let Some(model) = model.as_map_mut() {
            let trace = model.get("name").map_or(Trace::IMPLICIT, Item::trace);
            let text = Item::text(name.as_str(), trace);
            model.insert("name", trace, text);
        }
        normalise::normalise(cx, &mut model, &name, &located.environment)?;
    }
    let finished = |model, raw| Project {
        name: name.clone(),
        working_dir: located.working_dir.clone(),
        files: located.files.clone(),
        environment: located.environment.clone(),
        model,
        raw,
    };
    if request.no_interpolate {
        let nothing = Item::new(Data::Map(Map::default()), Trace::IMPLICIT);
        return Ok(finished(Model::new(nothing), Some(model)));
    }
    let decoded = decoded(cx, model, &name)?;
    let model = chosen(cx, decoded, &located)?;
    Ok(finished(model, None))
}

fn decoded(cx: &mut Cx<'_>, model: Item, name: &str) -> Resolving<Item> {
    let mut model = model;
    separate_extensions(&mut model, &Trail::TOP);
    let jobs = model.as_map_mut().and_then(|model| model.get_mut("jobs"));
    if let Some(jobs) = jobs.and_then(Item::as_map_mut) {
        for (name, key_trace, job) in jobs.values_mut() {
            let name = Data::Text(name.into());
            if let Some(job) = job.as_map_mut() {
                job.imply("name", name, key_trace);
            }
        }
    }
    let mut decoded = decode::decode(cx, model)?;
    if let Some(map) = decoded.as_map_mut() {
        let trace = map.get("name").map_or(Trace::IMPLICIT, Item::trace);
        map.insert("name", trace, Item::text(name, trace));
        if !map.contains("services") {
            map.imply("services", Data::Map(Map::default()), Trace::IMPLICIT);
        }
    }
    Ok(decoded)
}

/// The services that are on, checked, with what they take from files.
fn chosen(cx: &mut Cx<'_>, decoded: Item, located: &locate::Located) -> Resolving<Model> {
    let request = cx.request;
    let mut model = Model::new(decoded);
    model.choose(&located.profiles);
    if !request.no_consistency {
        consistency::check(cx, &mut model)?;
    }
    if !request.no_env_files {
        files::environments(cx, &mut model, &located.environment)?;
    }
    files::labels(cx, &mut model)?;
    model.select(cx, &request.services)?;
    if !request.all_resources {
        model.prune();
    }
    if !request.no_consistency {
        consistency::container_names(cx, &model)?;
    }
    Ok(model)
}

impl Resolved {
    /// The project's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The project's folder.
    pub fn working_dir(&self) -> &str {
        &self.working_dir
    }

    /// The Compose files laid over one another, the first one first.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The variables that files could use.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Where everything was written.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// What Compose would warn of.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// What Compose would refuse and a lenient resolution let pass.
    pub fn tolerated(&self) -> &[Refusal] {
        &self.tolerated
    }

    /// The profiles that are on.
    pub fn profiles(&self) -> &[String] {
        &self.model.profiles
    }

    /// The project: a mapping with the fields of the specification in canonical form, services
    /// that are off left out.
    pub fn root(&self) -> &Item {
        &self.model.root
    }
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, refusal) in self.refusals.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            if let Some(spot) = refusal.spot {
                let (path, at) = self.records.place(spot);
                write!(f, "{path}:{}:{}: ", at.line, at.column)?;
            }
            write!(f, "{}", refusal.reason)?;
        }
        Ok(())
    }
}

impl std::error::Error for Unresolved {}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Refusal::new(reason).into()
    }
}
