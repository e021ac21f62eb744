//! What the user said beforehand: flags and `plimsoll.toml`.

use crate::model::{Backing, HealthRoute, Known};

/// What the user said, for one service or for the only one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Services that were spoken of.
    pub services: Vec<ToldService>,
}

/// What the user said of one service. Whatever is set overrules what the tree says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ToldService {
    /// Its folder, relative to the root of the tree; `None` for every service that is found.
    pub folder: Option<String>,
    /// Its name.
    pub name: Option<Known<String>>,
    /// What starts it, in exec form.
    pub start: Option<Known<Vec<String>>>,
    /// The TCP port that it listens on; 0 for none.
    pub port: Option<Known<u16>>,
    /// The HTTP route that tells its health.
    pub health: Option<Known<HealthRoute>>,
    /// The version of its runtime.
    pub version: Option<Known<String>>,
    /// Which of several programs it is: a binary, a package, a project, a workspace member.
    pub program: Option<Known<String>>,
    /// What brings its database up to date, in exec form; an empty list for nothing.
    pub migration: Option<Known<Vec<String>>>,
    /// The backing services that it needs, all of them.
    pub backing: Option<Vec<Known<Backing>>>,
}

impl Told {
    /// What was said of the service in `folder`: that which names it first, then that which holds
    /// for all.
    pub fn of<'s>(&'s self, folder: &'s str) -> impl Iterator<Item = &'s ToldService> {
        let named = move |told: &&ToldService| told.folder.as_deref() == Some(folder);
        let general = |told: &&ToldService| told.folder.is_none();
        let first = self.services.iter().filter(named);
        first.chain(self.services.iter().filter(general))
    }
}
