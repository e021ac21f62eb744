//! The environment variables that a service's code reads, made one of each.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::{backings, names, reads};
use crate::model::{Backing, Evidence, Known, Variable};

/// Variables as they are collected.
#[derive(Default)]
pub(crate) struct Environment {
    found: BTreeMap<String, Variable>,
    /// Those that say where a server is and are never empty: they have to be set, or have a default.
    firm: BTreeSet<String>,
    /// Whether a default names a database that is a file.
    sqlite: bool,
}

/// What the runtime or the system sets, and what only tests and builds ask for.
const IGNORED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "PWD",
    "HOSTNAME",
    "LANG",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TEMP",
    "TMP",
    "CI",
    "EDITOR",
    "DISPLAY",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "USERPROFILE",
    "APPDATA",
    "GITHUB_ACTIONS",
    "NEXT_RUNTIME",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "GOPATH",
    "GOROOT",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "RUST_BACKTRACE",
    "DJANGO_SETTINGS_MODULE",
    "NEXT_PHASE",
    "VERCEL",
    "VERCEL_ENV",
    "LOGNAME",
    "ProgramFiles",
    "LOCALAPPDATA",
    "OUT_DIR",
    "CARGO_MANIFEST_DIR",
    "BUNDLE_GEMFILE",
];

impl Environment {
    /// Adds the reads of a file.
    pub(crate) fn scan(&mut self, code: Code<'_>) {
        for (index, read) in reads::all(code) {
            let evidence = Evidence::line(
                code.path,
                code.line(index),
                format!("`{}` is read", read.name),
            );
            self.add(read.name, read.default, read.required, evidence);
        }
    }

    /// Adds a read. Of several the first default counts; one that can do without it does not make
    /// up for one that fails.
    pub(crate) fn add(
        &mut self,
        name: String,
        default: Option<String>,
        required: bool,
        evidence: Evidence,
    ) {
        if IGNORED.contains(&name.as_str()) {
            return;
        }
        let secret = names::secret(&name);
        let address = default.as_deref().and_then(names::of_address);
        let backing = address.or_else(|| names::of_variable(&name));
        let lower = default.as_deref().map(str::to_ascii_lowercase);
        self.sqlite |= lower.as_ref().is_some_and(|value| value.contains("sqlite"));
        let says_where = lower.is_some_and(|value| {
            !matches!(
                value.trim(),
                "" | "none" | "null" | "nil" | "false" | "undefined"
            )
        });
        if required || address.is_some() || says_where && backings::is_place(&name) {
            self.firm.insert(name.clone());
        }
        // What an address may hold besides is no one's to show.
        let default = default.filter(|value| !secret && !value.contains('@'));
        let required = required && default.is_none();
        match self.found.get_mut(&name) {
            Some(variable) => {
                if variable.name.evidence.len() < 4 {
                    variable.name.evidence.push(evidence);
                }
                variable.required |= required;
                variable.backing = variable.backing.or(backing);
                if variable.default.is_none() {
                    variable.default = default;
                }
            }
            None => {
                let variable = Variable {
                    name: Known::stated(name.clone(), evidence),
                    default,
                    secret,
                    required,
                    backing,
                };
                self.found.insert(name, variable);
            }
        }
    }

    /// Adds a variable whose value is to be kept from people, whatever its name.
    pub(crate) fn add_secret(&mut self, name: String, evidence: Evidence) {
        let backing = names::of_variable(&name);
        self.found.entry(name.clone()).or_insert_with(|| Variable {
            name: Known::stated(name, evidence),
            default: None,
            secret: true,
            required: false,
            backing,
        });
    }

    /// The backing services that variables lead to, with the first place of each.
    pub(crate) fn backings(&self) -> impl Iterator<Item = Known<Backing>> {
        self.found.values().filter_map(|variable| {
            let backing = variable.backing?;
            let evidence = variable.name.evidence.first()?.clone();
            Some(Known::likely(backing, evidence))
        })
    }

    /// Where a variable stands that leads to a server in every case.
    pub(crate) fn firm(&self, backing: Backing) -> Option<Evidence> {
        let mut leads = self.found.values().filter(|variable| {
            variable.backing == Some(backing) && self.firm.contains(&variable.name.value)
        });
        leads.next()?.name.evidence.first().cloned()
    }

    /// Where a variable stands that says where the database is, whatever its kind.
    pub(crate) fn database(&self) -> Option<Evidence> {
        let mut named = self.found.values();
        let named = named.find(|variable| backings::is_database(&variable.name.value))?;
        named.name.evidence.first().cloned()
    }

    /// Whether a default names a database that is a file.
    pub(crate) fn names_sqlite(&self) -> bool {
        self.sqlite
    }

    /// The variable for the port that a program listens on, by its name and that of the program.
    pub(crate) fn own_port(&self, programs: &[&str]) -> Option<&Variable> {
        self.found.values().find(|variable| {
            let Some(of) = variable.name.value.strip_suffix("PORT") else {
                return false;
            };
            let of = of
                .trim_end_matches('_')
                .to_ascii_lowercase()
                .replace('_', "-");
            matches!(of.as_str(), "" | "app" | "http" | "listen") || programs.contains(&of.as_str())
        })
    }

    /// The variables, sorted by name.
    pub(crate) fn variables(mut self) -> Vec<Variable> {
        for variable in self.found.values_mut() {
            variable.required &= variable.default.is_none();
        }
        self.found.into_values().collect()
    }
}
