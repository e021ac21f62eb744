//! The production-readiness checklist of each service of a project.
//!
//! A service is what links join: the stage that is built, the Compose service and the workload
//! that run it, and the objects around that. Each line of its checklist is passed, failed or not
//! applicable, and says by which place that is known. A line fails by the findings of the rules
//! behind it ([`Line::rules`]), so that the checklist and the review never contradict each other.
//!
//! This crate reviews nothing by itself and prints nothing: it is given the findings.

mod lines;
mod service;

use plimsoll_links::Links;
use plimsoll_rules::{Selection, Strictness};
use plimsoll_source::{Finding, Place};

pub use service::Service;

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Status {
    /// It is as it should be.
    Pass,
    /// It is not.
    Fail,
    /// There is nothing that it could be asked of.
    NotApplicable,
}

impl Status {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// A place that shows why a line has its status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// Where.
    pub place: Place,
    /// What is there: one phrase.
    pub text: String,
    /// The rule whose finding it is, if it is one.
    pub rule: Option<&'static str>,
}

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its name for programs, in kebab-case.
    pub id: &'static str,
    /// What is asked: one phrase.
    pub title: &'static str,
    /// The answer.
    pub status: Status,
    /// The answer in words; empty where the title says it all.
    pub summary: String,
    /// The places behind it.
    pub evidence: Vec<Evidence>,
    /// The rules by whose findings it fails.
    pub rules: &'static [&'static str],
}

/// Lines about one subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// The subject.
    pub title: &'static str,
    /// Its lines, in a fixed order.
    pub lines: Vec<Line>,
}

/// The checklist of one service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceList {
    /// What the service is called.
    pub name: String,
    /// What it consists of, with the places.
    pub parts: Vec<(String, Option<Place>)>,
    /// The lines.
    pub sections: Vec<Section>,
}

impl ServiceList {
    /// How many lines have this status.
    pub fn count(&self, status: Status) -> usize {
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        lines.filter(|line| line.status == status).count()
    }
}

/// The selection of rules that a checklist is made from: everything that reasonable teams do.
pub fn selection(mut selection: Selection) -> Selection {
    selection.strictness = Strictness::Pedantic;
    selection
}

/// Makes the checklist of every service, by name. `findings` are those of a review with
/// [`selection`] over the project of `links`.
pub fn checklists(links: &Links<'_>, findings: &[Finding]) -> Vec<ServiceList> {
    service::services(links)
        .into_iter()
        .map(|service| {
            let parts = service.parts(links);
            let name = service.name.clone();
            let asked = lines::Asked::new(links, service, findings);
            ServiceList {
                name,
                parts,
                sections: lines::sections(&asked),
            }
        })
        .collect()
}
