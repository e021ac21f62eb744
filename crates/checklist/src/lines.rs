//! The lines of a checklist.

mod autoscaling;
mod configuration;
mod context;
mod image;
mod local;
mod network;
mod probes;
mod resources;
mod security;
mod workload;

use plimsoll_compose::{ComposeFile, Service as Compose};
use plimsoll_dockerfile::{Base, Build, Stage};
use plimsoll_k8s::{Container, Object, PodSpec, Workload};
use plimsoll_links::{Links, ObjectRef};
use plimsoll_project::{DockerfileUnit, Project};
use plimsoll_source::{FileId, Finding, Place, TextRange};

use crate::service::Service;
use crate::{Evidence, Line, Section, Status};

/// The most places of one line.
const MOST_EVIDENCE: usize = 12;

/// A service, and what a review found in it.
pub(crate) struct Asked<'a, 'l> {
    links: &'l Links<'a>,
    project: &'a Project,
    service: Service,
    findings: Vec<&'l Finding>,
}

impl<'a, 'l> Asked<'a, 'l> {
    pub(crate) fn new(links: &'l Links<'a>, service: Service, findings: &'l [Finding]) -> Self {
        let project = links.project();
        let mut asked = Self {
            links,
            project,
            service,
            findings: Vec::new(),
        };
        asked.findings = findings
            .iter()
            .filter(|finding| asked.concerns(finding))
            .collect();
        asked
    }

    /// Whether a finding is about this service.
    fn concerns(&self, finding: &Finding) -> bool {
        let file = finding.origin.place.file;
        let built = self.units().any(|unit| {
            let context = self.project.context_of(unit);
            let ignore = context.and_then(|context| context.ignore);
            let ignore = ignore.map(|index| self.project.ignores[index].file);
            unit.file == file || ignore == Some(file)
        });
        let object = finding.object.as_deref();
        let composed = || {
            let mut services = self.service.composes.iter().chain(&self.service.backing);
            services.any(|(compose, name)| {
                let of_service = object.and_then(|object| object.strip_prefix("service/"));
                self.project.composes[*compose].file == file
                    && of_service.is_none_or(|object| object == name)
            })
        };
        // An object of a chart stands in the rendered text.
        let applied = finding.generated.map_or(file, |place| place.file);
        let defined = || {
            self.objects().any(|reference| {
                self.links.objects().file(reference) == applied
                    && object == Some(&*self.object(reference).id())
            })
        };
        built || composed() || defined()
    }

    fn objects(&self) -> impl Iterator<Item = ObjectRef> + '_ {
        let service = &self.service;
        service
            .workloads
            .iter()
            .chain(&service.around)
            .chain(&service.configuration)
            .copied()
    }

    fn object(&self, reference: ObjectRef) -> Object<'a> {
        self.links.objects().get(reference)
    }

    fn place(&self, reference: ObjectRef, range: TextRange) -> Place {
        Place::new(self.links.objects().file(reference), range)
    }

    /// The Dockerfiles that are built for it.
    fn units(&self) -> impl Iterator<Item = &'a DockerfileUnit> + '_ {
        let project = self.project;
        self.service
            .stages
            .iter()
            .map(|(number, _)| &project.dockerfiles[*number])
    }

    /// The stages that ship, with their Dockerfiles.
    fn stages(&self) -> impl Iterator<Item = (&'a DockerfileUnit, &'a Stage)> + '_ {
        let project = self.project;
        self.service.stages.iter().filter_map(|(number, stage)| {
            let unit = &project.dockerfiles[*number];
            Some((unit, unit.build.stages.get(*stage)?))
        })
    }

    /// The objects that make its pods.
    fn workloads(&self) -> impl Iterator<Item = (ObjectRef, Workload<'a>)> + '_ {
        self.service
            .workloads
            .iter()
            .filter_map(|reference| Some((*reference, Workload::new(self.object(*reference))?)))
    }

    /// The containers that run as long as its pods do.
    fn containers(&self) -> Vec<(ObjectRef, Container<'a>)> {
        self.workloads()
            .filter_map(|(reference, workload)| Some((reference, workload.pod()?)))
            .flat_map(|(reference, pod): (ObjectRef, PodSpec<'a>)| {
                pod.running_containers()
                    .map(move |container| (reference, container))
            })
            .collect()
    }

    /// The objects around it of one kind.
    fn around(&self, kind: &str) -> Vec<(ObjectRef, Object<'a>)> {
        self.service
            .around
            .iter()
            .map(|reference| (*reference, self.object(*reference)))
            .filter(|(_, object)| object.kind() == kind)
            .collect()
    }

    /// Services of Compose files.
    fn compose_services(&self, named: &[(usize, String)]) -> Vec<(FileId, Compose<'a>)> {
        let project = self.project;
        named
            .iter()
            .filter_map(|(number, name)| {
                let unit = &project.composes[*number];
                let service = ComposeFile::new(&unit.tree)?.service(name)?;
                Some((unit.file, service))
            })
            .collect()
    }

    /// What the findings of these rules say in files of this kind.
    fn against(&self, rules: &[&str], files: Files) -> Vec<Evidence> {
        let composes = &self.project.composes;
        let is_compose = |file| composes.iter().any(|unit| unit.file == file);
        let found = self.findings.iter().filter(|finding| {
            let file = finding.origin.place.file;
            rules.contains(&finding.rule)
                && match files {
                    Files::All => true,
                    Files::Compose => is_compose(file),
                    Files::Other => !is_compose(file),
                }
        });
        found
            .take(MOST_EVIDENCE)
            .map(|finding| Evidence {
                place: finding.origin.place,
                text: finding.message.clone(),
                rule: Some(finding.rule),
            })
            .collect()
    }

    /// A line that the findings of rules decide.
    fn line(
        &self,
        id: &'static str,
        title: &'static str,
        rules: &'static [&'static str],
        answer: Answer,
    ) -> Line {
        self.line_in(Files::All, id, title, rules, answer)
    }

    /// A line that the findings of rules decide which look at other files as well.
    fn line_in(
        &self,
        files: Files,
        id: &'static str,
        title: &'static str,
        rules: &'static [&'static str],
        answer: Answer,
    ) -> Line {
        let against = self.against(rules, files);
        let (status, summary, mut evidence) = match answer {
            // What a rule found missing cannot be shown, but it is asked for.
            _ if !against.is_empty() => (Status::Fail, String::new(), against),
            Answer::Nothing(why) => (Status::NotApplicable, why.to_owned(), Vec::new()),
            Answer::Is(summary, evidence) => (Status::Pass, summary, evidence),
            Answer::Lacks(summary, evidence) => (Status::Fail, summary, evidence),
        };
        evidence.truncate(MOST_EVIDENCE);
        Line {
            id,
            title,
            status,
            summary,
            evidence,
            rules,
        }
    }
}

/// Kinds of files in which findings count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    All,
    Compose,
    Other,
}

/// What is known of a line besides the findings.
enum Answer {
    /// There is nothing to ask it of.
    Nothing(&'static str),
    /// It is as it should be, unless a rule found otherwise.
    Is(String, Vec<Evidence>),
    /// It is not, whatever the rules found.
    Lacks(String, Vec<Evidence>),
}

impl Answer {
    /// As it should be, by these places alone.
    fn shown(evidence: Vec<Evidence>) -> Self {
        Self::Is(String::new(), evidence)
    }
}

fn evidence(place: Place, text: impl Into<String>) -> Evidence {
    Evidence {
        place,
        text: text.into(),
        rule: None,
    }
}

/// The stage and those that it is built on, nearest first.
fn lineage<'b>(build: &'b Build, stage: &'b Stage) -> Vec<&'b Stage> {
    let mut line = vec![stage];
    let mut at = stage;
    while let Base::Stage(index) = at.base {
        let Some(base) = build.stages.get(index).filter(|base| base.index < at.index) else {
            break;
        };
        line.push(base);
        at = base;
    }
    line
}

/// All sections, in the order in which a service comes to run.
pub(crate) fn sections(asked: &Asked<'_, '_>) -> Vec<Section> {
    let section = |title, lines| Section { title, lines };
    vec![
        section("Image build", image::lines(asked)),
        section("Build context", context::lines(asked)),
        section("Local development", local::lines(asked)),
        section("Workload", workload::lines(asked)),
        section("Networking", network::lines(asked)),
        section("Configuration and secrets", configuration::lines(asked)),
        section("Resources", resources::lines(asked)),
        section("Probes", probes::lines(asked)),
        section("Autoscaling", autoscaling::lines(asked)),
        section("Security context", security::lines(asked)),
    ]
}

/// Why a line about the cluster cannot be asked.
const NO_WORKLOAD: &str = "no workload runs it";
/// Why a line about the image cannot be asked.
const NO_IMAGE: &str = "no Dockerfile here builds it";
/// Why a line about Compose cannot be asked.
const NO_COMPOSE: &str = "no Compose file runs it";
