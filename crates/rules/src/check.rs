//! The engine: runs the chosen rules over every input, in parallel, and settles what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plimsoll_compose::ComposeFile;
use plimsoll_k8s::schema::KubeVersion;
use plimsoll_k8s::{Object, PodSpec, Workload};
use plimsoll_links::{Links, ObjectRef};
use plimsoll_project::{ManifestRole, Project};
use plimsoll_source::{Edit, FileEdit, FileId, Files, Finding, Place};
use rayon::prelude::*;

use crate::cx::{
    ComposeInput, ContainerInput, Cx, DockerfileInput, Draft, ObjectIndex, ObjectInput, Review,
    WorkloadInput,
};
use crate::dockerfile::facts::Facts;
use crate::precedence;
use crate::rule::{Check, Date, Rule, Strictness};

/// Which rules speak.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The day of the review, for rules that compare with tables of dates.
    pub today: Date,
    /// The strictness of the review.
    pub strictness: Strictness,
    /// When not empty, only these rules run, whatever their strictness.
    pub select: BTreeSet<String>,
    /// These never run.
    pub ignore: BTreeSet<String>,
    /// The version of Kubernetes that manifests are for.
    pub kube_version: KubeVersion,
    /// Further files whose CustomResourceDefinitions count.
    pub definitions: Option<Arc<Project>>,
}

impl Selection {
    /// Everything that speaks at the default strictness on this day.
    pub const fn on(today: Date) -> Self {
        Self {
            today,
            strictness: Strictness::Default,
            select: BTreeSet::new(),
            ignore: BTreeSet::new(),
            kube_version: KubeVersion::NEWEST,
            definitions: None,
        }
    }

    fn runs(&self, rule: &Rule) -> bool {
        !self.ignore.contains(rule.id) && (self.select.is_empty() || self.select.contains(rule.id))
    }

    fn speaks(&self, draft: &Draft) -> bool {
        draft.strictness <= self.strictness || self.select.contains(draft.finding.rule)
    }
}

/// What a review found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, by path, then place, then rule.
    pub findings: Vec<Finding>,
}

/// Reviews a project.
pub fn check(project: &Project, selection: &Selection) -> Outcome {
    check_linked(&Links::new(project), selection)
}

/// Reviews a project whose links are known already.
pub fn check_linked(links: &Links<'_>, selection: &Selection) -> Outcome {
    check_with(links, selection, crate::RULES)
}

/// Reviews a project with the given rules.
pub(crate) fn check_with(
    links: &Links<'_>,
    selection: &Selection,
    rules: &[&'static Rule],
) -> Outcome {
    let project = links.project();
    let chosen = Checks::of(rules.iter().copied().filter(|rule| selection.runs(rule)));
    let objects = ObjectIndex::new(links);
    let definitions = objects.definitions(selection.definitions.as_deref());
    let review = Review {
        links,
        selection,
        objects: &objects,
        definitions: &definitions,
    };
    let mut drafts: Vec<Draft> = Vec::new();
    drafts.par_extend(project.dockerfiles.par_iter().flat_map_iter(|unit| {
        let facts = Facts::new(&unit.build);
        let input = DockerfileInput {
            unit,
            facts: &facts,
        };
        let mut run = Run::new(review, Some(unit.file));
        for &(rule, check) in &chosen.dockerfile {
            run.one(rule, |cx| check(cx, &input));
        }
        run.drafts
    }));
    drafts.par_extend(project.ignores.par_iter().flat_map_iter(|unit| {
        let mut run = Run::new(review, Some(unit.file));
        for &(rule, check) in &chosen.ignore {
            run.one(rule, |cx| check(cx, unit));
        }
        run.drafts
    }));
    drafts.par_extend(project.composes.par_iter().flat_map_iter(|unit| {
        let mut run = Run::new(review, Some(unit.file));
        if let Some(file) = ComposeFile::new(&unit.tree) {
            let input = ComposeInput { unit, file };
            for &(rule, check) in &chosen.compose {
                run.one(rule, |cx| check(cx, &input));
            }
        }
        run.drafts
    }));
    let manifests = project.manifests.par_iter().zip(links.objects().by_unit());
    drafts.par_extend(
        manifests
            .enumerate()
            .flat_map_iter(|(number, (unit, objects))| {
                let mut run = Run::new(review, Some(unit.file));
                for &(rule, check) in &chosen.manifest {
                    run.one(rule, |cx| check(cx, unit));
                }
                for (index, &object) in objects.iter().enumerate() {
                    let reference = ObjectRef {
                        unit: number as u32,
                        index: index as u32,
                    };
                    run.object(&chosen, unit, object, reference);
                }
                run.drafts
            }),
    );
    let mut whole = Run::new(review, None);
    for &(rule, check) in &chosen.project {
        whole.one(rule, check);
    }
    drafts.append(&mut whole.drafts);
    Outcome {
        findings: settle(project, drafts),
    }
}

type Of<F> = Vec<(&'static Rule, F)>;

/// The chosen checks by kind of input, so that no unit walks the whole registry.
#[derive(Default)]
struct Checks {
    dockerfile: Of<fn(&mut Cx<'_>, &DockerfileInput<'_>)>,
    ignore: Of<fn(&mut Cx<'_>, &plimsoll_project::IgnoreUnit)>,
    compose: Of<fn(&mut Cx<'_>, &ComposeInput<'_>)>,
    manifest: Of<fn(&mut Cx<'_>, &plimsoll_project::ManifestUnit)>,
    object: Of<fn(&mut Cx<'_>, &ObjectInput<'_>)>,
    workload: Of<fn(&mut Cx<'_>, &WorkloadInput<'_>)>,
    container: Of<fn(&mut Cx<'_>, &ContainerInput<'_>)>,
    project: Of<fn(&mut Cx<'_>)>,
}

impl Checks {
    fn of(rules: impl Iterator<Item = &'static Rule>) -> Self {
        let mut checks = Self::default();
        for rule in rules {
            for check in rule.checks {
                match *check {
                    Check::Dockerfile(f) => checks.dockerfile.push((rule, f)),
                    Check::Ignore(f) => checks.ignore.push((rule, f)),
                    Check::Compose(f) => checks.compose.push((rule, f)),
                    Check::Manifest(f) => checks.manifest.push((rule, f)),
                    Check::Object(f) => checks.object.push((rule, f)),
                    Check::Workload(f) => checks.workload.push((rule, f)),
                    Check::Container(f) => checks.container.push((rule, f)),
                    Check::Project(f) => checks.project.push((rule, f)),
                }
            }
        }
        checks
    }
}

/// The checks of one unit, one after the other.
struct Run<'a> {
    review: Review<'a>,
    file: Option<FileId>,
    object: Option<String>,
    reference: Option<ObjectRef>,
    subject: String,
    drafts: Vec<Draft>,
}

impl<'a> Run<'a> {
    fn new(review: Review<'a>, file: Option<FileId>) -> Self {
        Self {
            review,
            file,
            object: None,
            reference: None,
            subject: String::new(),
            drafts: Vec::new(),
        }
    }

    fn one(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Cx<'a>)) {
        let selection = self.review.selection;
        let mut cx = Cx::new(self.review, rule);
        cx.file = self.file;
        cx.object.clone_from(&self.object);
        cx.reference = self.reference;
        cx.subject.clone_from(&self.subject);
        check(&mut cx);
        self.drafts.extend(
            cx.drafts
                .into_iter()
                .filter(|draft| selection.speaks(draft)),
        );
    }

    fn object(
        &mut self,
        chosen: &Checks,
        unit: &'a plimsoll_project::ManifestUnit,
        object: Object<'a>,
        reference: ObjectRef,
    ) {
        self.object = Some(object.id());
        self.reference = Some(reference);
        self.subject = object.id();
        let input = ObjectInput { unit, object };
        for &(rule, check) in &chosen.object {
            self.one(rule, |cx| check(cx, &input));
        }
        // A workload without containers, and a container without an image, are refused by the API
        // server: part of a patch or a pattern, unless a kustomization says that it is a patch.
        let patch = unit.role == ManifestRole::Patch;
        let workload = Workload::new(object).filter(|workload| patch || workload.is_whole());
        if let Some(workload) = workload {
            let input = WorkloadInput { unit, workload };
            for &(rule, check) in &chosen.workload {
                self.one(rule, |cx| check(cx, &input));
            }
            let id = object.id();
            let containers = workload.pod().into_iter().flat_map(PodSpec::all_containers);
            for container in containers.filter(|one| patch || one.names_image()) {
                self.subject = format!("{id}/container/{}", container.label());
                let input = ContainerInput {
                    unit,
                    workload,
                    container,
                };
                for &(rule, check) in &chosen.container {
                    self.one(rule, |cx| check(cx, &input));
                }
            }
        }
        self.object = None;
        self.reference = None;
        self.subject.clear();
    }
}

/// Maps fixes to written text, removes what others speak for and repeats, orders, and names.
fn settle(project: &Project, mut drafts: Vec<Draft>) -> Vec<Finding> {
    let files = &project.files;
    let place = |draft: &Draft| draft.finding.origin.place;
    drafts.sort_by(|a, b| {
        let path = |draft: &Draft| &*files.get(place(draft).file).path;
        let key = |draft: &Draft| {
            let Place { file, range } = place(draft);
            (file, range.start, range.end, draft.finding.rule)
        };
        path(a)
            .cmp(path(b))
            .then_with(|| key(a).cmp(&key(b)))
            .then_with(|| a.finding.message.cmp(&b.finding.message))
    });
    let mut all = Vec::with_capacity(drafts.len());
    let mut drafts = drafts.into_iter().peekable();
    while let Some(draft) = drafts.next() {
        let file = place(&draft).file;
        let mut findings = vec![finished(files, draft)];
        while let Some(draft) = drafts.next_if(|next| place(next).file == file) {
            findings.push(finished(files, draft));
        }
        // The same object seen through two documents or two values sets is one defect.
        findings.dedup_by(|a, b| {
            a.rule == b.rule && a.origin.place == b.origin.place && a.message == b.message
        });
        precedence::apply(&mut findings);
        name(files, &mut findings);
        all.append(&mut findings);
    }
    precedence::apply_across(&mut all);
    all
}

fn finished(files: &Files, draft: Draft) -> Finding {
    let mut finding = *draft.finding;
    if let Some(mut fix) = finding.fix.take() {
        let edits: Option<Vec<FileEdit>> = fix
            .change
            .edits
            .drain(..)
            .map(|FileEdit { file, edit }| {
                let place = files.editable(Place::new(file, edit.range))?;
                Some(FileEdit {
                    file: place.file,
                    edit: Edit {
                        range: place.range,
                        ..edit
                    },
                })
            })
            .collect();
        if let Some(edits) = edits {
            fix.change.edits = edits;
            finding.fix = Some(fix);
        }
    }
    for place in &mut finding.secrets {
        *place = files.origin(*place).place;
    }
    if let Some(group) = &mut finding.group {
        *group = format!("{}#{group}", finding.subject);
    }
    finding
}

/// Gives each finding its fingerprint: rule, path, object, subject and the text it stands on,
/// so that edits elsewhere do not change it; repeats of all these are numbered.
fn name(files: &Files, findings: &mut [Finding]) {
    let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
    for finding in findings {
        let place = finding.origin.place;
        let text = files.text(place);
        let mut hash = Fnv::new();
        hash.part(finding.rule);
        hash.part(&files.get(place.file).path);
        hash.part(finding.object.as_deref().unwrap_or(""));
        hash.part(&finding.subject);
        for word in text.split_whitespace().take(64) {
            hash.part(word);
        }
        let count = seen.entry(hash.0).or_default();
        if *count > 0 {
            hash.part(&count.to_string());
        }
        *count += 1;
        finding.fingerprint = format!("{:016x}", hash.0);
    }
}

/// 64-bit FNV-1a: stable across versions and machines, unlike the standard hasher.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn part(&mut self, text: &str) {
        for &byte in text.as_bytes().iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
