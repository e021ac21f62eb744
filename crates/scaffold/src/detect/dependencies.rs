//! What a project depends on, whatever its manifest.

use std::collections::BTreeMap;

use super::tables;
use crate::model::{Backing, Evidence, Known, Library};

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

    /// The servers that they talk to.
    pub(crate) fn backings(&self) -> Vec<Known<Backing>> {
        let found = self.iter().filter(|(_, dependency)| dependency.runtime);
        found
            .filter_map(|(name, dependency)| {
                let backing = tables::backing(name)?;
                let evidence = dependency.evidence.clone();
                Some(if tables::speaks_with_one(name) {
                    Known::stated(backing, evidence)
                } else {
                    Known::likely(backing, evidence)
                })
            })
            .collect()
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
