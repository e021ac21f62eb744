//! What a check is given, and how it reports.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use plimsoll_compose::ComposeFile;
use plimsoll_k8s::schema::{Definitions, KubeVersion};
use plimsoll_k8s::{Container, Object, Workload};
use plimsoll_links::{Links, ObjectRef};
use plimsoll_project::{ComposeUnit, DockerfileUnit, ManifestRole, ManifestUnit, Project};
use plimsoll_source::files::parent;
use plimsoll_source::{
    Confidence, FileId, Finding, Fingerprint, Fix, Place, Related, Severity, TextRange,
};
use plimsoll_yaml::Tree;

use crate::commented_out::CommentedOut;
use crate::deploys::Deploy;
use crate::dockerfile::facts::Facts;
use crate::rule::{Date, Rule, Strictness};
use crate::selection::Selection;
use crate::suppressions::read::{Suppression, Suppressions};

/// A Dockerfile and what is known of it.
pub struct DockerfileInput<'a> {
    /// The unit: file id, [`plimsoll_dockerfile::Build`], context.
    pub unit: &'a DockerfileUnit,
    /// Facts that several rules need, worked out once.
    pub facts: &'a Facts,
}

/// A Compose file and its view.
pub struct ComposeInput<'a> {
    /// The unit.
    pub unit: &'a ComposeUnit,
    /// The view over its tree.
    pub file: ComposeFile<'a>,
}

/// A Kubernetes object in its file.
pub struct ObjectInput<'a> {
    /// The file.
    pub unit: &'a ManifestUnit,
    /// The view.
    pub object: Object<'a>,
}

/// An object that makes pods.
pub struct WorkloadInput<'a> {
    /// The file.
    pub unit: &'a ManifestUnit,
    /// The view.
    pub workload: Workload<'a>,
}

/// One container of a workload.
pub struct ContainerInput<'a> {
    /// The file.
    pub unit: &'a ManifestUnit,
    /// The workload.
    pub workload: Workload<'a>,
    /// The container.
    pub container: Container<'a>,
}

/// A comment or annotation that allows findings, and what became of it.
pub struct SuppressionInput<'a> {
    /// What stands in the file.
    pub suppression: &'a Suppression,
    /// For each of its names, whether it covered a finding.
    pub used: &'a [bool],
    /// For each of its names, whether the rules that it means had their say, so that their
    /// silence means something.
    pub judged: &'a [bool],
}

/// The context of a check: the project, where the check stands, and what it has reported.
pub struct Cx<'a> {
    /// The project.
    pub project: &'a Project,
    /// The day of the review.
    pub today: Date,
    /// What refers to what in the project.
    pub links: &'a Links<'a>,
    /// The version of Kubernetes that manifests are for.
    pub kube_version: KubeVersion,
    /// The CustomResourceDefinitions that custom resources are checked against.
    pub definitions: &'a Definitions<'a>,
    pub(crate) objects: &'a ObjectIndex<'a>,
    pub(crate) rule: &'static Rule,
    pub(crate) file: Option<FileId>,
    pub(crate) object: Option<Arc<str>>,
    /// The name of the object among those of the project.
    pub(crate) reference: Option<ObjectRef>,
    pub(crate) subject: Arc<str>,
    pub(crate) drafts: Vec<Draft>,
}

/// What every check of a review is given.
#[derive(Clone, Copy)]
pub(crate) struct Review<'a> {
    pub(crate) links: &'a Links<'a>,
    pub(crate) selection: &'a Selection,
    pub(crate) objects: &'a ObjectIndex<'a>,
    pub(crate) definitions: &'a Definitions<'a>,
    pub(crate) suppressions: &'a Suppressions,
    pub(crate) commented_out: &'a CommentedOut,
}

/// A finding in the making.
#[derive(Debug)]
pub struct Draft {
    // Boxed: drafts are moved from list to list, and a finding is large.
    pub(crate) finding: Box<Finding>,
    pub(crate) strictness: Strictness,
    /// The rule's own strictness.
    pub(crate) usual: Strictness,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(review: Review<'a>, rule: &'static Rule) -> Self {
        Self {
            project: review.links.project(),
            today: review.selection.today,
            links: review.links,
            kube_version: review.selection.kube_version,
            definitions: review.definitions,
            objects: review.objects,
            rule,
            file: None,
            object: None,
            reference: None,
            subject: Arc::default(),
            drafts: Vec::new(),
        }
    }

    /// Reports a finding in the file of the input. `message` is one lower-case phrase without a
    /// final period that names the thing in backticks and stands alone.
    pub fn report(&mut self, range: TextRange, message: impl Into<String>) -> &mut Draft {
        let file = self
            .file
            .expect("checks of one file are run with that file set");
        self.report_at(Place::new(file, range), message)
    }

    /// Reports a finding in any file of the project.
    pub fn report_at(&mut self, place: Place, message: impl Into<String>) -> &mut Draft {
        let origin = self.project.files.origin(place);
        let generated = (origin.place != place).then_some(place);
        let finding = Box::new(Finding {
            rule: self.rule.id,
            severity: self.rule.severity,
            confidence: self.rule.confidence,
            message: message.into(),
            label: None,
            origin,
            generated,
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
            object: self.object.clone(),
            subject: Arc::clone(&self.subject),
            group: None,
            fix: None,
            secrets: Vec::new(),
            fingerprint: Fingerprint::default(),
        });
        self.drafts.push(Draft {
            finding,
            strictness: self.rule.strictness,
            usual: self.rule.strictness,
        });
        self.drafts.last_mut().expect("just pushed")
    }

    /// The object of the input, as links know it.
    pub fn this(&self) -> ObjectRef {
        self.reference
            .expect("checks of objects are run with their object set")
    }

    /// A place in the file of the input.
    pub fn place(&self, range: TextRange) -> Place {
        Place::new(
            self.file
                .expect("checks of one file are run with that file set"),
            range,
        )
    }

    /// Whether the absence of `path` from the object can be reported: not for a patch, and not
    /// where an overlay may set it. `path` has no indices, such as
    /// `["spec", "template", "spec", "containers", "resources"]`.
    pub fn reports_missing(&self, unit: &ManifestUnit, object: Object<'_>, path: &[&str]) -> bool {
        match unit.role {
            ManifestRole::Whole => !is_loose_patch(self.project.path(unit.file), object),
            ManifestRole::Patch | ManifestRole::Expected => false,
            ManifestRole::Base => {
                let kind = object.kind();
                let name = object.name().unwrap_or_default();
                !self.project.overlays.may_set(unit.file, &kind, &name, path)
            }
        }
    }

    /// [`Cx::reports_missing`] for a path below the pod spec, such as
    /// `["containers", "resources"]`.
    pub fn reports_missing_in_pod(
        &self,
        unit: &ManifestUnit,
        workload: Workload<'_>,
        path: &[&str],
    ) -> bool {
        self.reports_missing(unit, workload.object(), &in_pod(workload, path))
    }

    /// Whether a variable that a container lacks can be reported: not where an overlay may give it.
    pub fn reports_missing_variable(
        &self,
        unit: &ManifestUnit,
        workload: Workload<'_>,
        variable: &str,
    ) -> bool {
        if unit.role != ManifestRole::Base {
            return true;
        }
        let object = workload.object();
        let (kind, name) = (object.kind(), object.name().unwrap_or_default());
        let path = in_pod(workload, &["containers", "env"]);
        let overlays = &self.project.overlays;
        !overlays.may_add(unit.file, &kind, &name, &path, |one| one == variable)
    }

    /// The folder of an overlay that surely sets none of these paths below the pod spec, where
    /// another one does: what it builds lacks them.
    pub fn built_without(
        &self,
        unit: &ManifestUnit,
        workload: Workload<'_>,
        path: &[&str],
    ) -> Option<&'a str> {
        if unit.role != ManifestRole::Base {
            return None;
        }
        let object = workload.object();
        let (kind, name) = (object.kind(), object.name().unwrap_or_default());
        let path = in_pod(workload, path);
        let overlays = &self.project.overlays;
        overlays.built_without(unit.file, &kind, &name, &path)
    }

    /// The objects of this kind that are applied together with those of `unit`, those of `unit`
    /// included.
    pub fn peers(&self, unit: &ManifestUnit, kind: &str) -> &'a [(FileId, Object<'a>)] {
        let world = self.project.config.world_of(self.project.path(unit.file));
        self.objects.of_kind(unit.set, world, kind)
    }
}

/// A path below the pod spec of a workload, from its object on.
fn in_pod<'p>(workload: Workload<'_>, path: &[&'p str]) -> Vec<&'p str> {
    let template = workload.kind().template_path().iter().copied();
    template
        .chain(["spec"])
        .chain(path.iter().copied())
        .collect()
}

/// Whether the path says that the file is a patch, for `kubectl patch` or another tool.
pub(crate) fn is_named_patch(path: &str) -> bool {
    let is_word = |name: &str| {
        name.split(['-', '_', '.'])
            .any(|word| matches!(word, "patch" | "patches"))
    };
    path.split('/').any(is_word)
}

/// Whether a workload is a part of one in a file that is called a patch, though nothing here applies
/// it as such: a script does, or a line of a kustomization that is switched on later.
fn is_loose_patch(path: &str, object: Object<'_>) -> bool {
    let needs_selector = object.group() == "apps";
    let lacks_selector = || {
        object
            .spec()
            .is_none_or(|spec| spec.present("selector").is_none())
    };
    needs_selector && lacks_selector() && is_named_patch(path)
}

/// The objects of the project by set, world and kind, so that no check walks all of them.
#[derive(Default)]
pub(crate) struct ObjectIndex<'a> {
    by_kind: HashMap<Key, Vec<(FileId, Object<'a>)>>,
    /// The Dockerfiles (numbers) below a folder of each name, worked out when asked for.
    by_folder: OnceLock<HashMap<String, Vec<u32>>>,
    /// The names of the images that Compose files build, worked out when asked for.
    built: OnceLock<BTreeSet<String>>,
    /// The kustomizations that take what is not in the project, worked out when asked for.
    reaching_out: OnceLock<Vec<FileId>>,
    /// The hosts that manifests name with `https://`, collected when asked for.
    with_tls: OnceLock<HashSet<String>>,
    /// The scripts and pipelines that install charts, read when asked for.
    deploys: OnceLock<Vec<Deploy>>,
    /// The folders whose manifests are for a cluster of one node, worked out when asked for.
    one_node: OnceLock<HashSet<String>>,
    /// The files of values outside of charts by the folders of these, read when asked for.
    elsewhere: Mutex<HashMap<String, Arc<Vec<Tree>>>>,
}

/// A set, the world of who asks, and a kind.
type Key = (usize, Option<usize>, String);

impl<'a> ObjectIndex<'a> {
    pub(crate) fn new(links: &Links<'a>) -> Self {
        let project = links.project();
        let worlds = project.config.worlds.len();
        let mut by_kind: HashMap<Key, Vec<(FileId, Object<'a>)>> = HashMap::new();
        for (unit, objects) in project.manifests.iter().zip(links.objects().by_unit()) {
            let own = project.config.world_of(project.path(unit.file));
            // Who is of no world meets all; the others meet theirs and what is of none.
            let met = (0..worlds).filter(|world| own.is_none_or(|own| own == *world));
            let views: Vec<Option<usize>> = [None].into_iter().chain(met.map(Some)).collect();
            for &object in objects {
                for &view in &views {
                    let key = (unit.set, view, object.kind().into_owned());
                    by_kind.entry(key).or_default().push((unit.file, object));
                }
            }
        }
        Self {
            by_kind,
            by_folder: OnceLock::new(),
            built: OnceLock::new(),
            reaching_out: OnceLock::new(),
            with_tls: OnceLock::new(),
            deploys: OnceLock::new(),
            one_node: OnceLock::new(),
            elsewhere: Mutex::default(),
        }
    }

    /// The hosts that manifests name with `https://`, collected once for all Ingresses.
    pub(crate) fn with_tls(&self, collect: impl FnOnce() -> HashSet<String>) -> &HashSet<String> {
        self.with_tls.get_or_init(collect)
    }

    /// The names of the images that Compose files build, collected once for all files.
    pub(crate) fn built_by_compose(
        &self,
        collect: impl FnOnce() -> BTreeSet<String>,
    ) -> &BTreeSet<String> {
        self.built.get_or_init(collect)
    }

    /// The scripts and pipelines that install charts, read once.
    pub(crate) fn deploys(&self, read: impl FnOnce() -> Vec<Deploy>) -> &[Deploy] {
        self.deploys.get_or_init(read)
    }

    /// The folders whose manifests are for a cluster of one node, found once.
    pub(crate) fn one_node(&self, find: impl FnOnce() -> HashSet<String>) -> &HashSet<String> {
        self.one_node.get_or_init(find)
    }

    /// The files of values outside of a chart, read once.
    pub(crate) fn elsewhere(
        &self,
        chart: &str,
        read: impl FnOnce() -> Vec<Tree>,
    ) -> Arc<Vec<Tree>> {
        let Ok(mut known) = self.elsewhere.lock() else {
            return Arc::default();
        };
        let trees = known.entry(chart.to_owned());
        trees.or_insert_with(|| Arc::new(read())).clone()
    }

    /// The files with kustomizations that take what is not in the project, collected once.
    pub(crate) fn reaching_out(&self, collect: impl FnOnce() -> Vec<FileId>) -> &[FileId] {
        self.reaching_out.get_or_init(collect)
    }

    /// The Dockerfiles (numbers) that lie below a folder of this name.
    pub(crate) fn dockerfiles_below(&self, project: &Project, folder: &str) -> &[u32] {
        let known = self.by_folder.get_or_init(|| {
            let mut found: HashMap<String, Vec<u32>> = HashMap::new();
            for (number, unit) in (0_u32..).zip(&project.dockerfiles) {
                for part in parent(project.path(unit.file)).split('/') {
                    let numbers = found.entry(part.to_owned()).or_default();
                    if numbers.last() != Some(&number) {
                        numbers.push(number);
                    }
                }
            }
            found
        });
        known.get(folder).map_or(&[], Vec::as_slice)
    }

    /// The CustomResourceDefinitions of the project and of `more`.
    pub(crate) fn definitions(&self, more: Option<&'a Project>) -> Definitions<'a> {
        let mut definitions = Definitions::default();
        let mut own: Vec<(FileId, Object<'a>)> = self
            .by_kind
            .iter()
            .filter(|((_, view, kind), _)| view.is_none() && kind == "CustomResourceDefinition")
            .flat_map(|(_, objects)| objects.iter().copied())
            .collect();
        // The order of the files decides between definitions that fit alike.
        own.sort_by_key(|(file, object)| (*file, object.node().range().start));
        for (_, object) in own {
            definitions.add(object);
        }
        for unit in more.into_iter().flat_map(|project| &project.manifests) {
            for object in plimsoll_k8s::objects(&unit.tree) {
                definitions.add(object);
            }
        }
        definitions
    }

    fn of_kind(&self, set: usize, world: Option<usize>, kind: &str) -> &[(FileId, Object<'a>)] {
        self.by_kind
            .get(&(set, world, kind.to_owned()))
            .map_or(&[], Vec::as_slice)
    }
}

impl Draft {
    /// Gives back the room that its lists have to grow: most have one entry, and drafts wait for
    /// all others.
    pub(crate) fn shrink(&mut self) {
        let finding = &mut *self.finding;
        finding.related.shrink_to_fit();
        finding.notes.shrink_to_fit();
        finding.secrets.shrink_to_fit();
        finding.message.shrink_to_fit();
        if let Some(fix) = &mut finding.fix {
            fix.change.edits.shrink_to_fit();
            fix.change.create.shrink_to_fit();
        }
    }
    /// Says what is at the primary place, if the message does not.
    pub fn label(&mut self, label: impl Into<Cow<'static, str>>) -> &mut Self {
        self.finding.label = Some(label.into());
        self
    }
    /// Adds a reason why it matters.
    pub fn note(&mut self, note: impl Into<Cow<'static, str>>) -> &mut Self {
        self.finding.notes.push(note.into());
        self
    }
    /// Says what to do, imperative.
    pub fn help(&mut self, help: impl Into<Cow<'static, str>>) -> &mut Self {
        self.finding.help = Some(help.into());
        self
    }
    /// Adds a further place and what is there.
    pub fn related(&mut self, place: Place, message: impl Into<Cow<'static, str>>) -> &mut Self {
        self.finding.related.push(Related {
            place,
            message: message.into(),
        });
        self
    }
    /// Says that the text at a place is a secret, which no report may show.
    pub fn secret(&mut self, place: Place) -> &mut Self {
        self.finding.secrets.push(place);
        self
    }
    /// Attaches the change that mends it. Edits are in the coordinates of the input; the engine
    /// maps them to written text, and drops the fix where that cannot be done.
    pub fn fix(&mut self, fix: Fix) -> &mut Self {
        self.finding.fix = Some(Box::new(fix));
        self
    }
    /// Changes the severity for this finding.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.finding.severity = severity;
        self
    }
    /// Changes the confidence for this finding.
    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.finding.confidence = confidence;
        self
    }
    /// Changes the strictness for this finding.
    pub fn strictness(&mut self, strictness: Strictness) -> &mut Self {
        self.strictness = strictness;
        self
    }
    /// Names what the finding is about within its file (`stage/2`, `container/web`), for the
    /// precedence of rules. Workload and container checks have it set already.
    pub fn subject(&mut self, subject: impl Into<Arc<str>>) -> &mut Self {
        self.finding.subject = subject.into();
        self
    }
    /// Findings of one subject and one group name are mended by one edit and shown as one
    /// (`security-context`, `resources`).
    pub fn group(&mut self, group: &str) -> &mut Self {
        self.finding.group = Some(group.to_owned());
        self
    }
    /// Names the object (`service/web` in Compose; set already for Kubernetes checks).
    pub fn object(&mut self, object: impl Into<Arc<str>>) -> &mut Self {
        self.finding.object = Some(object.into());
        self
    }
}
