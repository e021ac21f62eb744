//! What a project depends on, whatever its manifest.

use std::collections::BTreeMap;

use super::backings::{Client, Grip};
use super::tables;
use crate::model::{Evidence, Known, Library};

/// One dependency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dependency {
    /// The constraint as written, perhaps empty.
    pub(crate) version: String,
    /// Extras or features that are asked for.
    pub(crate) extras: Vec<String>,
    /// Whether it is needed at run time.
    pub(crate) runtime: bool,
    /// Where it stands.
    pub(crate) evidence: Evidence,
}

/// What a dependency says about the server that it speaks with.
pub(crate) fn grip(name: &str) -> Grip {
    if !tables::speaks_with_one(name) {
        Grip::Loose
    } else if tables::connects(name) {
        Grip::Firm
    } else {
        Grip::Driver
    }
}

/// The dependencies of a project, by name.
#[derive(Clone, Default, Debug)]
pub(crate) struct Dependencies {
    found: BTreeMap<String, Dependency>,
}

impl Dependencies {
    /// Adds a dependency; the first of a name stays, but a run-time one overrules.
    pub(crate) fn add(
        &mut self,
        name: &str,
        version: &str,
        extras: Vec<String>,
        runtime: bool,
        file: &str,
        line: u32,
    ) {
        let dependency = Dependency {
            version: version.to_owned(),
            extras,
            runtime,
            evidence: Evidence::line(file, line, format!("`{name}` is a dependency")),
        };
        match self.found.get_mut(name) {
            Some(known) if known.runtime || !runtime => {
                known.extras.extend(dependency.extras);
            }
            _ => {
                self.found.insert(name.to_owned(), dependency);
            }
        }
    }

    /// A dependency by name, development ones too.
    pub(crate) fn get(&self, name: &str) -> Option<&Dependency> {
        self.found.get(name)
    }

    /// Whether it is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.found.contains_key(name)
    }

    /// The first of these that is there.
    pub(crate) fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &Dependency)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// Where it stands; an empty place when it does not.
    pub(crate) fn evidence(&self, name: &str) -> Evidence {
        match self.get(name) {
            Some(dependency) => dependency.evidence.clone(),
            None => Evidence::table(format!("`{name}`")),
        }
    }

    /// All, in order of names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Dependency)> {
        self.found
            .iter()
            .map(|(name, dependency)| (name.as_str(), dependency))
    }

    /// Whether something is needed at run time.
    pub(crate) fn any_at_run_time(&self) -> bool {
        self.found.values().any(|dependency| dependency.runtime)
    }

    /// Those that speak with servers.
    pub(crate) fn clients(&self) -> Vec<Client> {
        let found = self.iter().filter(|(_, dependency)| dependency.runtime);
        found
            .filter_map(|(name, dependency)| {
                Some(Client {
                    backing: tables::backing(name)?,
                    grip: grip(name),
                    evidence: dependency.evidence.clone(),
                })
            })
            .collect()
    }

    /// Whether a database that is a file is among them.
    pub(crate) fn embeds_database(&self) -> bool {
        self.iter()
            .any(|(name, dependency)| dependency.runtime && tables::is_embedded(name))
    }

    /// The Debian packages that they need, by the table of one ecosystem.
    pub(crate) fn libraries(&self, table: &[tables::Row]) -> Vec<Library> {
        let mut found = Vec::new();
        for row in table {
            let Some(dependency) = self.get(row.name).filter(|d| d.runtime) else {
                continue;
            };
            found.extend(row.packages.iter().map(|(build, run)| Library {
                because: Known::stated(row.name.to_owned(), dependency.evidence.clone()),
                build: (!build.is_empty()).then(|| (*build).to_owned()),
                run: (!run.is_empty()).then(|| (*run).to_owned()),
            }));
        }
        found
    }
}
