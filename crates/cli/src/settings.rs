//! The configuration of a run: finding `plimsoll.toml`, reading it, and saying what is wrong
//! with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_project::config::{self, Base, Config, RuleEntry, Written};
use plimsoll_project::disk::{DiskTree, find_config};
use plimsoll_project::{Options, Project};
use plimsoll_report::Problem;
use plimsoll_rules::{KubeVersion, Level, RuleWish, Strictness, named};
use plimsoll_source::{SourceFile, TreeError, TreeErrorKind};

use crate::failure::Failure;
use crate::names;
use crate::roots::{self, Roots};

/// Where the configuration comes from.
#[derive(clap::Args)]
pub(crate) struct ConfigArgs {
    /// Read this file instead of the plimsoll.toml that is found at the top of the repository, or
    /// from there down to the paths given
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long)]
    no_config: bool,
}

/// The configuration of a run.
#[derive(Default)]
pub(crate) struct Settings {
    /// What it says; nothing where there is no file.
    pub(crate) config: Config,
    /// The file: the path to show, and the text.
    file: Option<(String, String)>,
}

impl ConfigArgs {
    /// Reads the configuration for a review.
    pub(crate) fn read(&self, roots: &Roots) -> Result<Settings, Failure> {
        if self.no_config {
            return Ok(Settings::default());
        }
        let (path, bytes, base) = match &self.config {
            Some(path) => (path.clone(), read(path)?, Base::default()),
            None => match find_config(&roots.root, &roots.folder) {
                None => return Ok(Settings::default()),
                Some(found) => {
                    let bytes = found
                        .bytes
                        .map_err(|kind| unreadable(&shown(&found.path, roots), kind))?;
                    (PathBuf::from(shown(&found.path, roots)), bytes, found.base)
                }
            },
        };
        let shown = path.to_string_lossy().into_owned();
        if bytes.len() as u64 > config::MAX_BYTES {
            return Err(Failure::user(format!(
                "`{shown}` has more than the {} bytes that are read of a configuration",
                config::MAX_BYTES
            )));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Failure::user(format!("`{shown}` is not UTF-8 text: see byte {at}"))
                .help("save the file as UTF-8")
        })?;
        match config::parse(&text, &base) {
            Ok(config) => Ok(Settings {
                config,
                file: Some((shown, text)),
            }),
            Err(problems) => {
                let problems = problems.into_iter().map(shown_problem).collect();
                Err(Failure::in_file(SourceFile::written(shown, text), problems))
            }
        }
    }
}

/// What the charts among the paths are installed as.
#[derive(clap::Args, Default)]
pub(crate) struct ReleaseArgs {
    /// What the charts are installed as, where the release is not called like the chart:
    /// their workloads are known by it
    #[arg(long, value_name = "[NAMESPACE/]NAME", value_parser = release)]
    release: Option<plimsoll_charts::Named>,
    /// The set of values that charts are rendered with, instead of their defaults: a file in the
    /// chart's folder such as `values-prod.yaml`, or the name of a set in plimsoll.toml
    #[arg(long, value_name = "SET")]
    values: Option<String>,
}

fn release(text: &str) -> Result<plimsoll_charts::Named, String> {
    let (namespace, name) = text.split_once('/').unwrap_or(("default", text));
    plimsoll_helm::render::check_name(name).map_err(|error| error.to_string())?;
    // Namespaces are DNS labels, which are shorter than the names of releases and have no dots.
    let is_label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = namespace.starts_with('-') || namespace.ends_with('-');
    if namespace.is_empty() || namespace.len() > 63 || ends || !namespace.bytes().all(is_label) {
        return Err(format!("`{namespace}` is no name of a namespace"));
    }
    Ok(plimsoll_charts::Named {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    })
}

impl Settings {
    /// The project that was asked for, its charts rendered with the first of their sets of values:
    /// for what shows a project and does not compare sets.
    pub(crate) fn load(&self, roots: &Roots) -> Result<Project, Failure> {
        self.load_as(roots, &ReleaseArgs::default())
    }

    /// The same, its charts as they are installed.
    pub(crate) fn load_as(&self, roots: &Roots, release: &ReleaseArgs) -> Result<Project, Failure> {
        let options = Options {
            paths: roots.paths.clone(),
            config: self.config.clone(),
        };
        let mut project = Project::load(Arc::new(DiskTree::new(&roots.root)), &options);
        let charts = plimsoll_charts::Options {
            sets: plimsoll_charts::Sets::First,
            long_names: false,
            release: release.release.clone(),
            values: release.values.clone(),
            ..plimsoll_charts::Options::new(&roots.paths, &KubeVersion::NEWEST)
        };
        plimsoll_charts::add(&mut project, &charts);
        self.check(&project)?;
        let Some(wanted) = &release.values else {
            return Ok(project);
        };
        let known = plimsoll_charts::set_names(&project);
        if known.contains(wanted) {
            return Ok(project);
        }
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        Err(
            Failure::user(format!("no chart has a set of values `{wanted}`")).help(
                if known.is_empty() {
                    "there is no chart among the paths".to_owned()
                } else {
                    format!("there are {}", known.join(", "))
                },
            ),
        )
    }

    /// The ids of the rules that names mean.
    pub(crate) fn ids(&self, names: &[Written]) -> Result<BTreeSet<String>, Failure> {
        let mut ids = BTreeSet::new();
        for name in names {
            ids.extend(self.rules(name)?);
        }
        Ok(ids)
    }

    /// What is wanted of single rules, by id.
    pub(crate) fn wishes(
        &self,
        entries: &[RuleEntry],
    ) -> Result<BTreeMap<String, RuleWish>, Failure> {
        let mut wishes = BTreeMap::new();
        for entry in entries {
            let level = entry.level.map(|level| match level {
                config::Level::Off => Level::Off,
                config::Level::From(strictness) => Level::From(strictness_of(strictness)),
            });
            let wish = RuleWish {
                severity: entry.severity,
                level,
            };
            for id in self.rules(&entry.name)? {
                wishes.insert(id, wish);
            }
        }
        Ok(wishes)
    }

    /// Whether what the file says of images is true of the project.
    pub(crate) fn check(&self, project: &Project) -> Result<(), Failure> {
        let problems = self.config.check(project);
        if problems.is_empty() {
            return Ok(());
        }
        Err(self.problems(problems))
    }

    fn rules(&self, name: &Written) -> Result<Vec<String>, Failure> {
        let found = named(&name.text);
        if found.is_empty() {
            return Err(self.problems(vec![config::Problem {
                range: name.range,
                message: names::unknown(&name.text),
                help: Some(names::help(&name.text)),
            }]));
        }
        Ok(found.into_iter().map(|rule| rule.id.to_owned()).collect())
    }

    fn problems(&self, problems: Vec<config::Problem>) -> Failure {
        let (path, text) = self.file.clone().unwrap_or_default();
        Failure::in_file(
            SourceFile::written(path, text),
            problems.into_iter().map(shown_problem).collect(),
        )
    }
}

fn shown_problem(problem: config::Problem) -> Problem {
    Problem {
        range: problem.range,
        message: problem.message,
        help: problem.help,
    }
}

/// The strictness that a word of the file means.
pub(crate) const fn strictness_of(strictness: config::Strictness) -> Strictness {
    match strictness {
        config::Strictness::Default => Strictness::Default,
        config::Strictness::Pedantic => Strictness::Pedantic,
        config::Strictness::Auditor => Strictness::Auditor,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path)
        .and_then(|file| file.take(config::MAX_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::user(format!(
            "cannot read the configuration `{}`: {error}",
            path.display()
        ))),
    }
}

fn unreadable(path: &str, kind: TreeErrorKind) -> Failure {
    let error = TreeError {
        path: path.to_owned(),
        kind,
    };
    Failure::user(error.to_string()).help("`--no-config` reviews without it")
}

/// A path of the file system as it is seen from the current folder.
fn shown(path: &Path, roots: &Roots) -> String {
    match path.strip_prefix(&roots.root) {
        Ok(inside) => roots.shown(&roots::here(), &inside.to_string_lossy()),
        Err(_) => path.to_string_lossy().into_owned(),
    }
}
