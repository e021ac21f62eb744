//! The engine: runs the chosen rules over every input, in parallel, and settles what they say.

use std::sync::Arc;

use plimsoll_compose::ComposeFile;
use plimsoll_k8s::{Object, PodSpec, Workload};
use plimsoll_links::{Links, ObjectRef};
use plimsoll_project::{ManifestRole, Project};
use plimsoll_source::{FileEdit, FileId, Files, Finding, Place, Suppressed};
use rayon::prelude::*;

use crate::commented_out::CommentedOut;
use crate::cx::{
    ComposeInput, ContainerInput, Cx, DockerfileInput, Draft, ObjectIndex, ObjectInput, Review,
    SuppressionInput, WorkloadInput,
};
use crate::dockerfile::facts::Facts;
use crate::fingerprint::Namer;
use crate::precedence;
use crate::registry::ACROSS;
use crate::rendered::{self, allowing};
use crate::rule::{Check, Rule};
use crate::selection::{Reach, Selection};
use crate::suppressions::apply::Verdicts;
use crate::suppressions::read::Suppressions;

/// What a review found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, by path, then place, then rule.
    pub findings: Vec<Finding>,
    /// Those that something in the files allows, in the same order.
    pub suppressed: Vec<Suppressed>,
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
    // To know which comments allow nothing, every rule must have had its say.
    let audits = selection.select.contains(UNUSED);
    let runs = |rule: &&'static Rule| selection.runs(rule) || audits;
    let chosen = Checks::of(rules.iter().copied().filter(runs));
    let objects = ObjectIndex::new(links);
    let definitions = objects.definitions(selection.definitions.as_deref());
    let suppressions = Suppressions::read(project, links.objects().by_unit());
    let review = Review {
        links,
        selection,
        objects: &objects,
        definitions: &definitions,
        suppressions: &suppressions,
        commented_out: &CommentedOut::of(project),
    };
    let mut said: Vec<Said> = Vec::new();
    said.par_extend(project.dockerfiles.par_iter().flat_map_iter(|unit| {
        let facts = Facts::new(&unit.build);
        let input = DockerfileInput {
            unit,
            facts: &facts,
        };
        let mut run = Run::new(review, Some(unit.file));
        for &(rule, check) in &chosen.dockerfile {
            run.one(rule, |cx| check(cx, &input));
        }
        run.said
    }));
    said.par_extend(project.ignores.par_iter().flat_map_iter(|unit| {
        let mut run = Run::new(review, Some(unit.file));
        for &(rule, check) in &chosen.ignore {
            run.one(rule, |cx| check(cx, unit));
        }
        run.said
    }));
    said.par_extend(project.composes.par_iter().flat_map_iter(|unit| {
        let mut run = Run::new(review, Some(unit.file));
        if let Some(file) = ComposeFile::new(&unit.tree) {
            let input = ComposeInput { unit, file };
            for &(rule, check) in &chosen.compose {
                run.one(rule, |cx| check(cx, &input));
            }
        }
        run.said
    }));
    let manifests = project.manifests.par_iter().zip(links.objects().by_unit());
    said.par_extend(
        manifests
            .enumerate()
            .flat_map_iter(|(number, (unit, objects))| {
                let mut run = Run::new(review, Some(unit.file));
                if !is_reported(project, unit.file) {
                    return run.said;
                }
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
                run.said
            }),
    );
    let mut whole = Run::new(review, None);
    for &(rule, check) in &chosen.project {
        whole.one(rule, check);
    }
    said.append(&mut whole.said);
    let mut drafts = Vec::with_capacity(said.len());
    let mut verdicts = Verdicts::new(&suppressions);
    for one in said {
        match one {
            Said::Aloud(draft) => drafts.push(draft),
            Said::Silently(rule, places) => {
                verdicts.covers(rule, &places);
            }
        }
    }
    let mut outcome = settle(project, selection, drafts, &mut verdicts);
    if !chosen.suppression.is_empty() {
        let ran: Vec<&'static Rule> = rules.iter().copied().filter(runs).collect();
        let drafts = judge(review, &chosen, &ran, &verdicts);
        outcome.join(project, settle(project, selection, drafts, &mut verdicts));
    }
    outcome
}

/// Whether findings in a file are reported.
fn is_reported(project: &Project, file: FileId) -> bool {
    project
        .generated(file)
        .is_none_or(|generated| generated.reported)
}

/// The rule that needs every other one.
const UNUSED: &str = "unused-suppression";

/// Runs the checks of suppressions, when all others have had their say.
fn judge(
    review: Review<'_>,
    chosen: &Checks,
    ran: &[&'static Rule],
    verdicts: &Verdicts<'_>,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let project = review.links.project();
    for file in review.suppressions.files() {
        // What stands in a template is rendered several times, or not at all.
        if project.generated(file).is_some() {
            continue;
        }
        let in_chart = project.chart_files.binary_search(&file).is_ok();
        let path = project.path(file);
        let used = verdicts.used(file);
        for (suppression, used) in review.suppressions.of(file).iter().zip(used) {
            let judged: Vec<bool> = suppression
                .names
                .iter()
                .map(|name| {
                    let judged = |id: &&'static str| is_judged(review.selection, ran, id, path);
                    !in_chart && name.rules.iter().all(judged)
                })
                .collect();
            let input = SuppressionInput {
                suppression,
                used,
                judged: &judged,
            };
            let mut run = Run::new(review, Some(file));
            for &(rule, check) in &chosen.suppression {
                run.one(rule, |cx| check(cx, &input));
            }
            drafts.extend(run.said.into_iter().filter_map(Said::draft));
        }
    }
    drafts
}

/// Whether the silence of a rule in a file means that there is nothing to say.
fn is_judged(selection: &Selection, ran: &[&'static Rule], id: &str, path: &str) -> bool {
    let Some(rule) = ran.iter().find(|rule| rule.id == id) else {
        return false;
    };
    // What suppressions are found to lack comes after them.
    let late = rule
        .checks
        .iter()
        .any(|check| matches!(check, Check::Suppression(_)));
    let in_reach = match selection.reach {
        Reach::Whole => true,
        Reach::Part => !ACROSS.contains(&id),
        Reach::Alone => false,
    };
    !late && in_reach && selection.hears(id, path)
}

impl Outcome {
    /// Takes in the outcome of further checks.
    fn join(&mut self, project: &Project, other: Self) {
        fn merge<T>(project: &Project, list: &mut Vec<T>, more: Vec<T>, of: fn(&T) -> &Finding) {
            if more.is_empty() {
                return;
            }
            list.extend(more);
            list.sort_by(|a, b| {
                let (a, b) = (of(a), of(b));
                let path = |finding: &Finding| project.path(finding.origin.place.file);
                let key = |finding: &Finding| (finding.origin.place, finding.rule);
                path(a).cmp(path(b)).then_with(|| key(a).cmp(&key(b)))
            });
        }
        merge(project, &mut self.findings, other.findings, |one| one);
        merge(project, &mut self.suppressed, other.suppressed, |one| {
            &one.finding
        });
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
    suppression: Of<fn(&mut Cx<'_>, &SuppressionInput<'_>)>,
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
                    Check::Suppression(f) => checks.suppression.push((rule, f)),
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
    object: Option<Arc<str>>,
    reference: Option<ObjectRef>,
    subject: Arc<str>,
    said: Vec<Said>,
}

/// What a check reported.
enum Said {
    /// A finding.
    Aloud(Draft),
    /// A finding that this review is not demanding enough to hear of, in a file that allows
    /// some: a suppression of it is not idle.
    Silently(&'static str, Vec<Place>),
}

impl Said {
    fn draft(self) -> Option<Draft> {
        match self {
            Self::Aloud(draft) => Some(draft),
            Self::Silently(..) => None,
        }
    }
}

impl<'a> Run<'a> {
    fn new(review: Review<'a>, file: Option<FileId>) -> Self {
        Self {
            review,
            file,
            object: None,
            reference: None,
            subject: Arc::default(),
            said: Vec::new(),
        }
    }

    fn one(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Cx<'a>)) {
        let Review {
            links,
            selection,
            suppressions,
            commented_out,
            ..
        } = self.review;
        let mut cx = Cx::new(self.review, rule);
        cx.file = self.file;
        cx.object.clone_from(&self.object);
        cx.reference = self.reference;
        cx.subject.clone_from(&self.subject);
        check(&mut cx);
        let project = links.project();
        for mut draft in cx.drafts {
            let generated = draft.finding.generated;
            if generated.is_some_and(|place| !is_reported(project, place.file)) {
                continue;
            }
            let place = draft.finding.origin.place;
            let file = project.files.get(place.file);
            let path = &*file.path;
            // What a kustomization or a chart takes is applied, whatever its head says of doing so alone.
            let is_taken = generated.is_some() || project.overlays.is_member(place.file);
            let text = if is_taken { "" } else { &*file.text };
            if draft.finding.object.is_some()
                && (selection.is_kept_aside(&project.chart_folders, path)
                    || commented_out.has(project, place.file))
            {
                continue;
            }
            if selection.runs(rule) && selection.speaks(&mut draft, path, text) {
                draft.shrink();
                self.said.push(Said::Aloud(draft));
                continue;
            }
            let mut places = allowing(&draft.finding);
            places.retain(|place| !suppressions.of(place.file).is_empty());
            if !places.is_empty() {
                self.said.push(Said::Silently(rule.id, places));
            }
        }
    }

    fn object(
        &mut self,
        chosen: &Checks,
        unit: &'a plimsoll_project::ManifestUnit,
        object: Object<'a>,
        reference: ObjectRef,
    ) {
        let id: Arc<str> = object.id().into();
        self.object = Some(Arc::clone(&id));
        self.reference = Some(reference);
        self.subject = Arc::clone(&id);
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
            let containers = workload.pod().into_iter().flat_map(PodSpec::all_containers);
            for container in containers.filter(|one| patch || one.names_image()) {
                self.subject = format!("{id}/container/{}", container.label()).into();
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
        self.subject = Arc::default();
    }
}

/// Maps fixes to written text, removes what others speak for and repeats, orders, names, and
/// puts aside what is allowed.
fn settle(
    project: &Project,
    selection: &Selection,
    mut drafts: Vec<Draft>,
    verdicts: &mut Verdicts<'_>,
) -> Outcome {
    let files = &project.files;
    let namer = Namer::new(project, &selection.renamed);
    let place = |draft: &Draft| draft.finding.origin.place;
    drafts.retain(|draft| !rendered::is_made_up(files, &draft.finding));
    drafts.sort_by(|a, b| {
        let path = |draft: &Draft| &*files.get(place(draft).file).path;
        let key = |draft: &Draft| {
            let Place { file, range } = place(draft);
            let generated = draft.finding.generated;
            (file, range.start, range.end, draft.finding.rule, generated)
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
        let mut findings = rendered::merged(project, findings);
        for silent in precedence::apply(&mut findings) {
            verdicts.covers(silent.rule, &allowing(&silent));
        }
        all.append(&mut findings);
    }
    for silent in precedence::apply_across(&mut all) {
        verdicts.covers(silent.rule, &allowing(&silent));
    }
    namer.name(&mut all);
    let mut suppressed = Vec::new();
    verdicts.part(files, &mut all, &mut suppressed);
    Outcome {
        findings: all,
        suppressed,
    }
}

fn finished(files: &Files, draft: Draft) -> Finding {
    let mut finding = *draft.finding;
    if let Some(mut fix) = finding.fix.take() {
        let editable = fix.change.edits.iter_mut().all(|FileEdit { file, edit }| {
            let place = files.editable(Place::new(*file, edit.range));
            if let Some(place) = place {
                *file = place.file;
                edit.range = place.range;
            }
            place.is_some()
        });
        if editable {
            finding.fix = Some(fix);
        }
    }
    rendered::place(files, &mut finding);
    if let Some(group) = &mut finding.group {
        *group = format!("{}#{group}", finding.subject);
    }
    finding
}
