//! What the user said beforehand: flags and `plimsoll.toml`.

use plimsoll_source::nearest::nearest;

use crate::model::{Backing, HealthRoute, Known, Refusal};

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
    pub fn of<'s, 'f>(
        &'s self,
        folder: &'f str,
    ) -> impl Iterator<Item = &'s ToldService> + use<'s, 'f> {
        let named = move |told: &&ToldService| told.folder.as_deref() == Some(folder);
        let general = |told: &&ToldService| told.folder.is_none();
        let first = self.services.iter().filter(named);
        first.chain(self.services.iter().filter(general))
    }

    /// Whether something starts the service in `folder`, as was said of it alone.
    pub(crate) fn starts(&self, folder: &str) -> bool {
        let mut named = self.services.iter();
        named.any(|told| told.folder.as_deref() == Some(folder) && told.start.is_some())
    }

    /// The same, as was said of it or of all.
    pub(crate) fn may_start(&self, folder: &str) -> bool {
        self.start(folder).is_some()
    }

    /// What starts the service in `folder`.
    pub(crate) fn start<'s>(&'s self, folder: &str) -> Option<&'s Known<Vec<String>>> {
        self.of(folder).find_map(|told| told.start.as_ref())
    }

    /// Which of several programs the service in `folder` is.
    pub(crate) fn program<'s>(&'s self, folder: &str) -> Option<&'s Known<String>> {
        self.of(folder).find_map(|told| told.program.as_ref())
    }
}

/// Whether a program goes by a name: its own, or the folder or file that it begins in.
pub(crate) fn is_program(said: &Known<String>, names: &[&str]) -> bool {
    let plain = |text: &str| {
        let text = text.strip_prefix("./").unwrap_or(text);
        text.trim_end_matches('/').to_owned()
    };
    names.iter().any(|name| plain(name) == plain(&said.value))
}

/// The refusal of a folder that has several programs, and none that goes by the name that was said.
pub(crate) fn no_program(folder: &str, said: &Known<String>, names: &[String]) -> Refusal {
    let near = nearest(&said.value, names.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = names
                .iter()
                .take(8)
                .map(|name| format!("`{name}`"))
                .collect();
            format!("there are: {}", names.join(", "))
        }
    };
    Refusal {
        folder: folder.to_owned(),
        evidence: said.evidence.clone(),
        why: format!("no program here is called `{}`", said.value),
        help,
    }
}
