//! Which version of each dependency is taken, and from where (`internal/resolver` and the
//! manager of Helm).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plimsoll_fetch::registry::sha256;
use plimsoll_helm::chart::Dependency;
use plimsoll_helm::repository::{Index, Repositories, Repository, same_url};
use plimsoll_helm::semver::{Constraint, Version};

use super::super::net::{Homes, Oci, OciReference, cached_index, index_url, is_oci, update_index};
use super::super::refresh::{self, UNMANAGED};
use super::{UpdateArgs, known, load};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// A dependency with the version that was chosen.
pub(super) struct Wanted {
    /// As it stands in the lock file.
    pub(super) dependency: Dependency,
}

impl Wanted {
    /// As a lock file has it.
    pub(super) fn from_lock(dependency: Dependency) -> Self {
        Self { dependency }
    }
}

/// What choosing and fetching share.
pub(super) struct Resolver<'a> {
    pub(super) args: &'a UpdateArgs,
    pub(super) homes: Homes,
    pub(super) terminal: &'a Terminal,
    repositories: Repositories,
    /// Indexes that were read, by the names of their repositories.
    indexes: BTreeMap<String, Index>,
    oci: Option<Oci>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(args: &'a UpdateArgs, terminal: &'a Terminal) -> Result<Self, Failure> {
        let homes = args.homes.homes();
        Ok(Self {
            repositories: known(&homes)?,
            args,
            homes,
            terminal,
            indexes: BTreeMap::new(),
            oci: None,
        })
    }

    /// Says how it goes, on standard output at once: what is done next may take long.
    pub(super) fn say(&self, words: &str) -> Result<(), Failure> {
        if self.args.quiet {
            return Ok(());
        }
        terminal::print(words)
    }

    /// Replaces `@NAME` and `alias:NAME` by the URLs of repositories, and refuses what is no
    /// place of a chart.
    pub(super) fn name(&self, wanted: &mut [Dependency]) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for dependency in wanted {
            let place = &dependency.repository;
            if place.is_empty() || is_oci(place) {
                continue;
            }
            if is_file(place) {
                local_path(place, &self.args.chart)?;
                continue;
            }
            let alias = place
                .strip_prefix('@')
                .or_else(|| place.strip_prefix("alias:"));
            match alias {
                Some(alias) => match self.repositories.get(alias) {
                    Some(repository) => dependency.repository = repository.url.clone(),
                    None => missing.push(place.clone()),
                },
                None if place.contains("://") || place.starts_with('/') => {}
                None => missing.push(place.clone()),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let is_word = |place: &String| {
            !place.contains("//") && !place.starts_with('@') && !place.starts_with("alias:")
        };
        let mut message = format!(
            "no repository definition for {}. Please add them via 'helm repo add'",
            missing.join(", ")
        );
        if missing.iter().any(is_word) {
            message.push_str(
                "\nNote that repositories must be URLs or aliases. For example, to refer to the \"example\"\n\
                 repository, use \"https://charts.example.com/\" or \"@example\" instead of\n\
                 \"example\". Don't forget to add the repo, too ('helm repo add').",
            );
        }
        Err(Failure::user(message).help("run `plimsoll chart repo add NAME URL`"))
    }

    /// Refuses a lock file with repositories that are known by no name.
    pub(super) fn check_known(&self, locked: &[Dependency]) -> Result<(), Failure> {
        let is_unknown = |dependency: &&Dependency| {
            let place = &dependency.repository;
            let is_web = !place.is_empty() && !is_file(place) && !is_oci(place);
            is_web && self.repository(place).is_none()
        };
        let unknown: Vec<&str> = locked
            .iter()
            .filter(is_unknown)
            .map(|dependency| dependency.repository.as_str())
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(Failure::user(format!(
            "no repository definition for {}. Please add the missing repos via 'helm repo add'",
            unknown.join(", ")
        ))
        .help("run `plimsoll chart repo add NAME URL`, or `plimsoll chart dependency update`"))
    }

    fn repository(&self, url: &str) -> Option<&Repository> {
        self.repositories
            .all
            .iter()
            .find(|known| same_url(&known.url, url))
    }

    /// The repository of a URL; one that has no name gets one that is made of the URL.
    fn owner(&self, url: &str) -> Repository {
        self.repository(url).cloned().unwrap_or_else(|| Repository {
            name: format!("{UNMANAGED}{}", sha256(url.as_bytes()).hex()),
            url: url.to_owned(),
            ..Repository::default()
        })
    }

    /// Fetches the indexes of all repositories that have names.
    pub(super) fn refresh_known(&mut self) -> Result<(), Failure> {
        let mut unique: Vec<&Repository> = Vec::new();
        for repository in &self.repositories.all {
            let url = repository.url.trim_end_matches('/');
            unique.retain(|known| known.url.trim_end_matches('/') != url);
            unique.push(repository);
        }
        if unique.is_empty() {
            return Ok(());
        }
        self.say("Hang tight while we grab the latest from your chart repositories...\n")?;
        self.say(&refresh::all(&self.homes, &unique, None, self.terminal).said)?;
        self.say("Update Complete. ⎈Happy Helming!⎈\n")
    }

    /// Fetches the indexes of repositories that only the chart names.
    pub(super) fn refresh_unmanaged(&mut self, wanted: &[Dependency]) -> Result<(), Failure> {
        let mut unmanaged: Vec<Repository> = Vec::new();
        for dependency in wanted {
            let place = &dependency.repository;
            let is_web = !place.is_empty() && !is_file(place) && !is_oci(place);
            if !is_web || self.repository(place).is_some() {
                continue;
            }
            index_url(place)?;
            if !unmanaged.iter().any(|known| &known.url == place) {
                unmanaged.push(self.owner(place));
            }
        }
        if unmanaged.is_empty() {
            return Ok(());
        }
        self.say("Getting updates for unmanaged Helm repositories...\n")?;
        let all: Vec<&Repository> = unmanaged.iter().collect();
        self.say(&refresh::all(&self.homes, &all, None, self.terminal).said)
    }

    /// Chooses versions.
    pub(super) fn choose(&mut self, wanted: &[Dependency]) -> Result<Vec<Wanted>, Failure> {
        let mut chosen = Vec::new();
        let mut missing = Vec::new();
        for dependency in wanted {
            let version = self.version(dependency)?;
            match version {
                Some(version) => chosen.push(Wanted {
                    dependency: Dependency {
                        name: dependency.name.clone(),
                        repository: dependency.repository.clone(),
                        version,
                        ..Dependency::default()
                    },
                }),
                None => missing.push(format!(
                    "{:?} (repository {:?}, version {:?})",
                    dependency.name, dependency.repository, dependency.version
                )),
            }
        }
        if missing.is_empty() {
            return Ok(chosen);
        }
        Err(Failure::user(format!(
            "can't get a valid version for {} subchart(s): {}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml",
            missing.len(),
            missing.join(", ")
        )))
    }

    fn version(&mut self, dependency: &Dependency) -> Result<Option<String>, Failure> {
        let Dependency {
            name,
            version,
            repository,
            ..
        } = dependency;
        let constraint = constraint(name, version)?;
        let fits =
            |text: &str| Version::parse(text).is_ok_and(|version| constraint.check(&version));
        if repository.is_empty() {
            local_path(&format!("charts/{name}"), &self.args.chart)?;
            return Ok(Some(version.clone()));
        }
        if is_file(repository) {
            let found = load(&local_path(repository, &self.args.chart)?)?;
            let own = &found.chart.metadata.version;
            return Ok(fits(own).then(|| own.clone()));
        }
        if is_oci(repository) {
            if Version::parse(version).is_ok() {
                return Ok(Some(version.clone()));
            }
            let reference = OciReference::parse(&format!("{repository}/{name}"))?;
            let versions = self.oci()?.versions(&reference).map_err(|failure| {
                let message = format!(
                    "could not retrieve list of tags for repository {repository}: {}",
                    failure.message
                );
                failure.saying(message)
            })?;
            return Ok(versions.into_iter().find(|version| fits(version)));
        }
        let owner = self.owner(repository);
        let index = self.index(&owner)?;
        let versions = index
            .entries
            .get(name)
            .ok_or_else(|| Failure::user(format!("{name} chart not found in repo {repository}")))?;
        let found = versions
            .iter()
            .find(|entry| !entry.urls.is_empty() && fits(&entry.metadata.version));
        Ok(found.map(|entry| entry.metadata.version.clone()))
    }

    fn index(&mut self, repository: &Repository) -> Result<&Index, Failure> {
        let name = &repository.name;
        if !self.indexes.contains_key(name) {
            let read = cached_index(&self.homes, name, self.terminal);
            let index = read.map_err(|failure| {
                let message = failure.message.replace(
                    "no cached repo found.",
                    &format!("no cached repository for {name} found."),
                );
                failure.saying(message)
            })?;
            self.indexes.insert(name.clone(), index);
        }
        Ok(&self.indexes[name])
    }

    /// The registries.
    pub(super) fn oci(&mut self) -> Result<&Oci, Failure> {
        if self.oci.is_none() {
            self.oci = Some(Oci::new(&self.homes, &self.args.server)?);
        }
        match &self.oci {
            Some(oci) => Ok(oci),
            None => Err(Failure::internal("no client for registries")),
        }
    }

    /// The repository of a dependency and the entry of its index for a version.
    pub(super) fn entry(
        &mut self,
        dependency: &Dependency,
    ) -> Result<(Repository, plimsoll_helm::repository::IndexEntry), Failure> {
        let place = &dependency.repository;
        let owner = self.owner(place);
        if owner.name.starts_with(UNMANAGED) && !self.homes.index(&owner.name).exists() {
            let nameless = Repository {
                name: String::new(),
                ..owner.clone()
            };
            let index = update_index(&self.homes, &nameless, None, self.terminal);
            let index =
                index.map_err(|failure| super::super::source::unreachable(place, failure))?;
            self.indexes.insert(owner.name.clone(), index);
        }
        let Dependency { name, version, .. } = dependency;
        let index = self.index(&owner)?;
        let could_not = |reason: &str| Failure::user(format!("could not find {name}: {reason}"));
        let versions = index
            .entries
            .get(name)
            .ok_or_else(|| could_not("entry not found"))?;
        let same = |entry: &&plimsoll_helm::repository::IndexEntry| {
            let own = &entry.metadata.version;
            let parsed = (Version::parse(version), Version::parse(own));
            !entry.urls.is_empty()
                && match parsed {
                    (Ok(one), Ok(other)) => one.compare(&other).is_eq(),
                    (Err(_), _) => version == own,
                    (Ok(_), Err(_)) => false,
                }
        };
        // Versions that differ in what follows `+` are equal: the very same one is better.
        let exact = versions
            .iter()
            .find(|entry| &entry.metadata.version == version);
        let found = exact.filter(|entry| !entry.urls.is_empty());
        let found = found.or_else(|| versions.iter().find(same));
        let found = found
            .ok_or_else(|| could_not("no matching version"))?
            .clone();
        Ok((owner, found))
    }
}

pub(super) fn constraint(name: &str, version: &str) -> Result<Constraint, Failure> {
    Constraint::parse(version).map_err(|error| {
        Failure::user(format!(
            "dependency {name:?} has an invalid version/constraint format: {error}"
        ))
    })
}

/// Whether a chart lies in a folder of the machine.
pub(super) fn is_file(place: &str) -> bool {
    place.starts_with("file://")
}

/// The folder that `file://` names, from the chart's folder on.
pub(super) fn local_path(place: &str, chart: &Path) -> Result<PathBuf, Failure> {
    let path = place.strip_prefix("file://").unwrap_or(place);
    let full = if path.starts_with('/') {
        PathBuf::from(path)
    } else {
        chart.join(path)
    };
    let shown = plain(&full);
    if full.exists() {
        Ok(full)
    } else {
        Err(Failure::user(format!("directory {shown} not found")))
    }
}

/// A path without `.` and `x/..`, as Go's `filepath.Join` gives it.
fn plain(path: &Path) -> String {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out.display().to_string()
}
