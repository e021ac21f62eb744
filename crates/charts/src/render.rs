//! Rendering one chart with all of its sets of values.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use plimsoll_helm::Limits;
use plimsoll_helm::chart::{Metadata, is_in_archive};
use plimsoll_helm::render::{
    Capabilities, HELM_4_3_1, IsTold, KubeVersion, Release, RenderError, RenderedFile, Renderer,
    Request, Traced, check_name,
};
use plimsoll_helm::values::{Data, Item, SourceFile, Sources, merge_maps, read_values};
use plimsoll_project::Project;
use plimsoll_source::files::{file_name, join};
use plimsoll_source::{Gap, Part, TextRange};
use plimsoll_yaml::Tree;
use rayon::prelude::*;

use crate::chance::Repeatable;
use crate::documents;
use crate::failures::{self, Told};
use crate::find::{Found, inside};
use crate::load::{self, Chart};
use crate::long_names;
use crate::origins::{Behind, Mapper};
use crate::sets::{self, Set, Source};
use crate::unit::{self, LeftOut, Unit};
use crate::values::{self, ReadSet, Used, Values};
use crate::{Options, Sets};

/// What the chart of a folder came to.
pub(crate) struct Outcome {
    pub(crate) folder: String,
    pub(crate) renders: Vec<Done>,
    pub(crate) failures: Vec<Told>,
    /// The texts of the chart and of its values, by their paths relative to the root.
    pub(crate) texts: HashMap<String, Arc<str>>,
    /// The templates that were rendered with some set.
    pub(crate) covered: BTreeSet<String>,
    /// What the chart is made of.
    pub(crate) unit: Unit,
    /// What its values are.
    pub(crate) values: Option<Values>,
}

/// A chart rendered with one set of values.
pub(crate) struct Done {
    /// What the set is called.
    pub(crate) values: String,
    /// Whether it is of `ci/`.
    pub(crate) is_trial: bool,
    pub(crate) manifests: Vec<Manifest>,
    /// What the parts of all manifests name.
    pub(crate) behind: Behind,
}

/// A file that a template gave.
pub(crate) struct Manifest {
    /// The template's path.
    pub(crate) path: String,
    pub(crate) tree: Tree,
    pub(crate) parts: Vec<Part>,
    pub(crate) gaps: Vec<Gap>,
    /// Whether its template is under review.
    pub(crate) reported: bool,
}

/// How much a render may do: far more than real charts, far less than a review has time for.
const LIMITS: Limits = Limits {
    steps: 60_000_000,
    bytes: 256 << 20,
    depth: 100_000,
    nested_renders: 20_000,
    stop: None,
};
/// The most bytes that one chart gives with all sets; what comes after that is left out.
const MAX_OUTPUT: usize = 64 << 20;
/// The time in every review: 2026-01-01T00:00:00Z.
const NOW: (i64, u32) = (1_767_225_600, 0);

/// Renders the chart of a folder, if it is one that can be installed.
pub(crate) fn chart(project: &Project, found: &Found, options: &Options) -> Outcome {
    let folder = &found.folder;
    let mut texts = HashMap::new();
    let chart = match load::load(&*project.tree, folder) {
        Ok(chart) => chart,
        Err(error) => {
            let unit = unit::broken(project, folder, &mut texts);
            let mut outcome = Outcome::new(folder, texts, unit);
            let tree = &outcome.unit.tree;
            // What is itself made from a template (a scaffold, a release) is no chart yet.
            if !tree.text().contains("{{") {
                outcome
                    .failures
                    .push(failures::of_loading(folder, &error, tree));
            }
            read_texts(project, &mut outcome);
            return outcome;
        }
    };
    for file in &chart.loaded.chart.raw {
        if let (Some(path), Ok(text)) =
            (in_root(folder, &file.path), std::str::from_utf8(&file.data))
        {
            texts.insert(path, text.into());
        }
    }
    let unit = unit::of(folder, &chart, &texts);
    let mut outcome = Outcome::new(folder, texts, unit);
    if is_application(&chart.loaded.chart.metadata) {
        sets_of(project, found, options, chart, &mut outcome);
        read_texts(project, &mut outcome);
    }
    outcome
}

impl Outcome {
    fn new(folder: &str, texts: HashMap<String, Arc<str>>, unit: Unit) -> Self {
        Self {
            folder: folder.to_owned(),
            renders: Vec::new(),
            failures: Vec::new(),
            texts,
            covered: BTreeSet::new(),
            unit,
            values: None,
        }
    }
}

/// Renders a chart with all of its sets.
fn sets_of(
    project: &Project,
    found: &Found,
    options: &Options,
    chart: Chart,
    outcome: &mut Outcome,
) {
    let folder = &found.folder;
    let lacks = chart.lacks();
    let work = Work {
        project,
        folder,
        renderer: Renderer::new(chart.loaded),
        options,
        in_part: lacks,
    };
    let mut sets = sets::sets(project, folder);
    let wanted = |set: &Set| Some(&set.name) == options.values.as_ref();
    if sets.iter().any(wanted) {
        sets.retain(wanted);
    }
    let attempts: Vec<Attempt> = match options.sets {
        Sets::All => sets.par_iter().map(|set| work.attempt(set)).collect(),
        Sets::First => {
            let mut tried: Vec<Attempt> = Vec::new();
            for set in &sets {
                tried.push(work.attempt(set));
                if tried.last().is_some_and(|attempt| attempt.done.is_ok()) {
                    break;
                }
            }
            tried
        }
    };
    let name = work.renderer.loaded().chart.name();
    let first = attempts.iter().position(|attempt| attempt.done.is_ok());
    // The templates that some set left out, and how many sets did.
    let mut left_out: BTreeMap<String, (usize, Told)> = BTreeMap::new();
    let mut left = MAX_OUTPUT;
    let mut used = Used::default();
    for (set, attempt) in sets.iter().zip(attempts) {
        outcome.texts.extend(attempt.texts);
        match attempt.done {
            Ok(rendered) => {
                let traced = rendered.traced;
                // What templates that failed would have read is not known.
                if rendered.failed.is_empty() {
                    used.add(&traced);
                }
                let size: usize = traced.files.iter().map(|file| file.text.len()).sum();
                let Some(rest) = left.checked_sub(size) else {
                    continue;
                };
                left = rest;
                let done = finish(&traced, name, found, options, &outcome.texts);
                outcome.renders.push(Done {
                    values: set.name.clone(),
                    is_trial: set.is_trial(),
                    ..done
                });
                for error in &rendered.failed {
                    let told = failures::of_rendering(folder, name, set, error);
                    if let Some((template, _)) = told.places.last()
                        && file_name(template) != "NOTES.txt"
                    {
                        let known = left_out.entry(template.clone());
                        known.or_insert((0, told)).0 += 1;
                    }
                }
            }
            // What a missing chart would have given is not there, and no supported cluster is
            // the one that is wanted.
            Err(Trouble::Rendering(RenderError::KubeVersion { .. })) => {}
            Err(Trouble::Rendering(_)) if lacks => {}
            // Our bound says nothing about the chart.
            Err(Trouble::Rendering(error)) if error.is_bound() => {}
            Err(Trouble::Rendering(error)) => {
                let told = failures::of_rendering(folder, name, set, &error);
                // Where another set works, the defaults are not meant to be used as they are,
                // and a file beside them may be one of several that are used together.
                let is_idle = first.is_some() && set.source == Source::Defaults;
                let is_part = told.is_demand && set.source == Source::Beside;
                if !is_idle && !is_part {
                    outcome.failures.push(told);
                }
            }
            Err(Trouble::Reading {
                path,
                message,
                range,
            }) => {
                if set.source != Source::Beside {
                    outcome
                        .failures
                        .push(failures::of_values(set, path, message, range));
                }
            }
        }
    }
    let read: Vec<ReadSet<'_>> = sets
        .iter()
        .filter_map(|set| {
            let mut sources = Sources::over(work.renderer.loaded().sources.clone());
            let item = read_set(project, set, &mut sources, &mut Vec::new()).ok()?;
            Some(ReadSet { set, item, sources })
        })
        .collect();
    let mut values = values::of(folder, work.renderer.loaded(), &read, &used);
    if values::lacks_templates(project, folder, work.renderer.loaded()) {
        values.claim_no_unread();
    }
    values.keep_named(&values::left_out(project, folder, work.renderer.loaded()));
    outcome.values = Some(values);
    outcome.texts.extend(values::texts(folder, &read));
    if !outcome.renders.is_empty() {
        outcome.covered.clone_from(&found.templates);
    }
    let rounds = outcome.renders.len();
    for (template, (times, told)) in left_out {
        if times < rounds {
            continue;
        }
        outcome.covered.remove(&template);
        // What the author demands, or wrote wrongly, would fail with the charts as well.
        if told.is_demand || told.message.contains("argument to non-function") {
            continue;
        }
        let Told {
            mut places,
            message,
            ..
        } = told;
        let (path, range) = places.swap_remove(0);
        outcome.unit.left_out.push(LeftOut {
            template,
            path,
            range,
            message,
        });
    }
    if let Some(first) = first.filter(|_| options.long_names) {
        outcome.unit.long_named = work.long_named(&sets[first], found);
    }
}

/// Reads the files that failures are told in and that were not read with the chart.
fn read_texts(project: &Project, outcome: &mut Outcome) {
    for path in outcome.failures.iter().flat_map(Told::paths) {
        if !outcome.texts.contains_key(path) {
            let bytes = project.tree.read(path).unwrap_or_default();
            let text = String::from_utf8(bytes).unwrap_or_default();
            outcome.texts.insert(path.to_owned(), text.into());
        }
    }
}

fn is_application(metadata: &Metadata) -> bool {
    matches!(&*metadata.kind, "" | "application")
}

/// The path of a file of a chart relative to the root; `None` if it is no file there, because it
/// is in an archive or was made up.
pub(crate) fn in_root(folder: &str, path: &str) -> Option<String> {
    let is_packed = is_in_archive(path);
    // What the renderer gives is called `.Release` and so on.
    let is_given = path.strip_prefix('.').is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_uppercase()) && !rest.contains('/')
    });
    if is_packed || is_given {
        return None;
    }
    match path.strip_prefix('/') {
        Some(path) => join("", path),
        None => join("", &inside(folder, path)),
    }
}

/// One set of values, and what came of it.
struct Attempt {
    done: Result<Rendering, Trouble>,
    /// The texts of its files, by their paths.
    texts: Vec<(String, Arc<str>)>,
}

/// Why a chart could not be rendered with a set.
enum Trouble {
    /// A values file could not be read.
    Reading {
        path: String,
        message: String,
        range: TextRange,
    },
    Rendering(RenderError),
}

/// What is done with every set of a chart.
struct Work<'w> {
    project: &'w Project,
    /// The chart's folder.
    folder: &'w str,
    renderer: Renderer,
    options: &'w Options,
    /// Whether templates that fail are left out.
    in_part: bool,
}

/// A render, and why templates are not in it.
struct Rendering {
    traced: Traced,
    failed: Vec<RenderError>,
}

impl Work<'_> {
    fn attempt(&self, set: &Set) -> Attempt {
        let mut texts = Vec::new();
        let mut release = release(&self.renderer.loaded().chart.metadata.name);
        if let Some(named) = &self.options.release {
            release.name.clone_from(&named.name);
            release.namespace.clone_from(&named.namespace);
        }
        // What charts in archives give is no file that anybody could edit.
        let is_told = |file: &RenderedFile| in_root(self.folder, &file.path).is_some();
        let done = self.render(set, release, &is_told, &mut texts);
        Attempt { done, texts }
    }

    fn render(
        &self,
        set: &Set,
        release: Release,
        is_told: IsTold<'_>,
        texts: &mut Vec<(String, Arc<str>)>,
    ) -> Result<Rendering, Trouble> {
        let loaded = self.renderer.loaded();
        let mut sources = Sources::over(loaded.sources.clone());
        let values = read_set(self.project, set, &mut sources, texts)?;
        let metadata = &loaded.chart.metadata;
        let request = Request {
            release,
            capabilities: capabilities(&self.options.kube_version, &metadata.kube_version),
            values,
            sources,
            // What breaks a schema is told for itself, and the rest is reviewed all the same.
            skip_schema: true,
            tracing: true,
            limits: LIMITS,
            now: NOW,
            zone: "UTC".to_owned(),
            random: Box::new(Repeatable::new()),
        };
        let mut failed = Vec::new();
        let left_out = self.in_part.then_some(&mut failed);
        let traced = self.renderer.trace_some(request, is_told, left_out);
        let traced = traced.map_err(Trouble::Rendering)?;
        Ok(Rendering { traced, failed })
    }

    /// The files in which the longest name of a release makes names that are longer than some
    /// are allowed to be.
    fn long_named(&self, set: &Set, found: &Found) -> Option<Done> {
        let release = Release {
            name: long_names::RELEASE.to_owned(),
            ..release("")
        };
        let is_long = |file: &RenderedFile| {
            in_root(self.folder, &file.path).is_some() && long_names::has_one(&file.text)
        };
        let rendering = self.render(set, release, &is_long, &mut Vec::new()).ok()?;
        let mut traced = rendering.traced;
        let files = std::mem::take(&mut traced.files).into_iter();
        let all = files.zip(std::mem::take(&mut traced.parts));
        let long = all.filter(|(file, _)| is_long(file));
        (traced.files, traced.parts) = long.unzip();
        if traced.files.is_empty() {
            return None;
        }
        let name = self.renderer.loaded().chart.name();
        // Nobody asks what is not there.
        let texts = HashMap::new();
        Some(finish(&traced, name, found, self.options, &texts))
    }
}

/// The values of a set, its files laid over each other.
fn read_set(
    project: &Project,
    set: &Set,
    sources: &mut Sources,
    texts: &mut Vec<(String, Arc<str>)>,
) -> Result<Item, Trouble> {
    let mut values = Item::from(Data::map());
    for path in &set.files {
        let bytes = project.tree.read(path).map_err(|error| Trouble::Reading {
            path: path.clone(),
            message: error.to_string(),
            range: TextRange::default(),
        })?;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            texts.push((path.clone(), text.into()));
        }
        let place = SourceFile {
            name: format!("/{path}").into(),
            text: "".into(),
            below: Arc::default(),
        };
        let read = read_values(place, &bytes, sources).map_err(|error| Trouble::Reading {
            path: path.clone(),
            message: error.message,
            range: error.range,
        })?;
        merge_maps(&mut values, read);
    }
    Ok(values)
}

/// The release is called like the chart, as people mostly do, where nobody says otherwise.
fn release(chart: &str) -> Release {
    let name = if check_name(chart).is_ok() {
        chart.to_owned()
    } else {
        "release".to_owned()
    };
    Release {
        name,
        namespace: "default".to_owned(),
        revision: 1,
        is_upgrade: false,
    }
}

/// The API versions that Helm assumes and that no cluster has served for years.
const GONE: [&str; 14] = [
    "apps/v1beta1",
    "apps/v1beta2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1beta1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1beta1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "rbac.authorization.k8s.io/v1beta1",
];

/// API versions that every cluster serves and that Helm does not assume: those of its own
/// machinery, and with their kinds those that charts ask for.
const SERVED: [&str; 24] = [
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    "apiregistration.k8s.io/v1",
    "apiregistration.k8s.io/v1/APIService",
    "apps/v1/DaemonSet",
    "apps/v1/Deployment",
    "apps/v1/StatefulSet",
    "autoscaling/v2/HorizontalPodAutoscaler",
    "batch/v1/CronJob",
    "batch/v1/Job",
    "discovery.k8s.io/v1/EndpointSlice",
    "networking.k8s.io/v1/Ingress",
    "networking.k8s.io/v1/IngressClass",
    "networking.k8s.io/v1/NetworkPolicy",
    "policy/v1/PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1/ClusterRole",
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
    "rbac.authorization.k8s.io/v1/Role",
    "rbac.authorization.k8s.io/v1/RoleBinding",
    "scheduling.k8s.io/v1/PriorityClass",
    "storage.k8s.io/v1/CSIDriver",
    "storage.k8s.io/v1/StorageClass",
];

/// The oldest version of Kubernetes that a chart is rendered for.
const OLDEST: u32 = 16;

/// A cluster of the version that the review is for, or the newest one before it that the chart
/// wants.
fn capabilities(version: &str, wanted: &str) -> Capabilities {
    let mut capabilities = Capabilities::assumed_by(&HELM_4_3_1);
    capabilities.api_versions.retain(|version| {
        let is_of = |gone: &&str| {
            let rest = version.strip_prefix(*gone);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !GONE.iter().any(is_of)
    });
    let served = SERVED.iter().map(|&version| version.to_owned());
    capabilities.api_versions.extend(served);
    let minor = version
        .rsplit('.')
        .next()
        .and_then(|minor| minor.parse().ok());
    let newest: u32 = minor.unwrap_or(OLDEST);
    let fits = |minor: &u32| {
        wanted.is_empty() || plimsoll_helm::semver::is_compatible(wanted, &format!("v1.{minor}.0"))
    };
    let chosen = (OLDEST..=newest).rev().find(fits).unwrap_or(newest);
    if let Ok(version) = KubeVersion::parse(&format!("v1.{chosen}.0")) {
        capabilities.kube_version = version;
    }
    capabilities
}

/// Takes over what a render gave; of which set it is says who calls.
fn finish(
    traced: &Traced,
    chart: &str,
    found: &Found,
    options: &Options,
    texts: &HashMap<String, Arc<str>>,
) -> Done {
    let mut mapper = Mapper::new(traced, &found.folder, chart, texts);
    let mut manifests = Vec::new();
    for (file, parts) in traced.files.iter().zip(&traced.parts) {
        let Some(path) = in_root(&found.folder, &file.path) else {
            continue;
        };
        let Some(text) = documents::of(file) else {
            continue;
        };
        let is_own = crate::origins::is_own(chart, &file.name);
        let (parts, gaps) = mapper.parts(parts);
        manifests.push(Manifest {
            parts: text.moved(parts),
            gaps: text.gaps_moved(gaps),
            tree: text.tree,
            reported: (is_own || options.subcharts) && found.templates.contains(&path),
            path,
        });
    }
    Done {
        values: String::new(),
        is_trial: false,
        manifests,
        behind: mapper.finish(),
    }
}
