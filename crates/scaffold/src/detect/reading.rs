//! The code of a project of a language without peculiarities: its files, and what they read and
//! answer.

use std::collections::BTreeMap;

use plimsoll_source::files::parent;

use super::draft::{Cx, Draft};
use super::files::Text;
use super::{backings, health as routes};
use crate::model::{Evidence, HealthRoute, Known, Refusal};

/// What a folder with a manifest turns out to be.
pub(crate) enum Found {
    /// Services.
    Services(Vec<Draft>),
    /// Something that others use.
    Library,
    /// A project that cannot be served.
    Refused(Refusal),
    /// None of this language.
    Nothing,
}

/// How many files of one project are read.
const MAX_FILES: usize = 3000;

/// The files of a project.
pub(crate) struct Reading<'a> {
    /// The files, the shallowest first.
    pub(crate) files: Vec<&'a Text>,
}

impl<'a> Reading<'a> {
    /// Reads the files with these endings below a folder, but for those of other projects.
    pub(crate) fn of(
        cx: Cx<'a>,
        folder: &str,
        endings: &[&str],
        own: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut files: Vec<&Text> = Vec::new();
        for path in cx.files.below(folder) {
            if files.len() >= MAX_FILES {
                break;
            }
            if !endings.iter().any(|ending| path.ends_with(ending)) {
                continue;
            }
            let mut at = parent(path);
            let mut foreign = false;
            while at.len() > folder.len() && !foreign {
                foreign = own(at);
                at = parent(at);
            }
            if !foreign {
                files.extend(cx.files.text(path));
            }
        }
        files.sort_by_key(|text| (text.path.matches('/').count(), text.path.clone()));
        Self { files }
    }

    /// Adds the environment variables that are read, and the servers whose addresses are written.
    pub(crate) fn environment(&self, draft: &mut Draft) {
        for text in &self.files {
            let code = text.code();
            draft.environment.scan(code);
            for index in 0..code.len() {
                let Some(address) = code.string(index).filter(|text| text.len() < 300) else {
                    continue;
                };
                draft.embedded |= address.starts_with("sqlite:");
                if let Some(backing) = backings::of_address(address) {
                    let evidence = Evidence::line(
                        &text.path,
                        code.line(index),
                        "an address of it is written here",
                    );
                    draft.backing.push(Known::likely(backing, evidence));
                }
            }
        }
    }

    /// Routes that tell of health.
    pub(crate) fn health(&self) -> Vec<Known<HealthRoute>> {
        let mut found = Vec::new();
        for text in &self.files {
            let telling = [
                "ealth",
                "live",
                "ready",
                "ping",
                "status",
                "alive",
                "heartbeat",
                "/up",
                "'up'",
                "\"up\"",
            ];
            if telling.iter().any(|word| text.text.contains(word)) {
                found.extend(routes::of_file(text.code(), &BTreeMap::new()));
            }
        }
        found
    }
}

/// A program in exec form.
pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A refusal of a project.
pub(crate) fn refused(folder: &str, evidence: Evidence, why: &str, help: &str) -> Found {
    Found::Refused(Refusal {
        folder: folder.to_owned(),
        evidence: vec![evidence],
        why: why.to_owned(),
        help: help.to_owned(),
    })
}
