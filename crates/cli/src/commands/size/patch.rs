//! The new numbers as a unified diff of the files that have the old ones.

use std::collections::BTreeMap;

use plimsoll_sizing::patch::{self, Change};
use plimsoll_sizing::plan::{Plan, Scaler, Scaling, Site};
use plimsoll_sizing::service::Service;
use plimsoll_source::files::file_name;
use plimsoll_source::{FileId, Place, TextRange, ValueRole};

use super::Answer;
use crate::diff;
use crate::roots;
use crate::terminal::Terminal;

pub(super) fn patch(answer: &Answer<'_>, terminal: &Terminal) -> String {
    // Texts as they will be; several workloads may stand in one file.
    let mut texts = Texts::new();
    let mut by_name: BTreeMap<_, Vec<&Site<'_>>> = BTreeMap::new();
    for site in answer.sites {
        by_name.entry(kind_and_name(site)).or_default().push(site);
    }
    for plan in answer.plans {
        let mut draft = Draft {
            answer,
            done: &texts,
            own: Texts::new(),
        };
        let written = match (plan.site, plan.service) {
            (Some(site), _) => one(&mut draft, plan, &answer.sites[site]),
            (None, Some(at)) => service(&mut draft, plan, &answer.services[at]),
            (None, None) => {
                terminal.warn(&match answer.elsewhere(plan) {
                    Some((namespace, place)) => format!(
                        "`{}` of the namespace `{}` is in no manifest given: that in {place} is of \
                         `{namespace}`",
                        plan.name, plan.namespace
                    ),
                    None => format!("`{}` is in no manifest given", plan.name),
                });
                continue;
            }
        };
        let own = draft.own;
        match written {
            Ok(()) => {
                texts.extend(own);
                for place in elsewhere(answer, plan, &by_name) {
                    terminal.warn(&format!(
                        "`{}` has resources in {place}, too, which are left as they are",
                        plan.name
                    ));
                }
            }
            Err(words) => terminal.warn(&format!("`{}` is left as it is: {words}", plan.name)),
        }
    }
    let files = &answer.project.files;
    let here = roots::here();
    let mut shown: Vec<(String, FileId)> = texts
        .keys()
        .map(|file| (answer.roots.shown(&here, &files.get(*file).path), *file))
        .collect();
    shown.sort();
    let parts = shown.iter().map(|(path, file)| {
        let (before, after) = (&files.get(*file).text, &texts[file]);
        diff::unified(path, Some(before), Some(after), terminal.color)
    });
    parts.collect()
}

/// Where else the same workload is written with resources: in a chart beside manifests, in an
/// overlay.
fn elsewhere(
    answer: &Answer<'_>,
    plan: &Plan,
    by_name: &BTreeMap<(String, String), Vec<&Site<'_>>>,
) -> Vec<String> {
    let Some(own) = plan.site.map(|at| &answer.sites[at]) else {
        return Vec::new();
    };
    let head = own.workload.head();
    let near = |other: &Site<'_>| {
        let of = |site: &Site<'_>| {
            let namespace = site.workload.object().namespace();
            namespace.map(|one| one.into_owned())
        };
        match (of(own), of(other)) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
    };
    let has = |other: &Site<'_>| {
        let mut all = plan.containers.iter();
        all.any(|one| !patch::places(other, &one.name).is_empty())
    };
    let all = by_name.get(&kind_and_name(own)).into_iter().flatten();
    let others = all.filter(|other| (other.tree, other.workload.head()) != (own.tree, head));
    let mut places: Vec<String> = others
        .filter(|other| near(other) && has(other))
        .filter_map(|other| answer.place_of(other))
        .collect();
    places.dedup();
    places
}

fn kind_and_name(site: &Site<'_>) -> (String, String) {
    let object = site.workload.object();
    let name = object.name().unwrap_or_default().into_owned();
    (object.kind().into_owned(), name)
}

type Texts = BTreeMap<FileId, String>;

/// What is written for one workload: all of it or nothing, for a request without the target that
/// belongs to it would move the load at which pods are added.
struct Draft<'a> {
    answer: &'a Answer<'a>,
    /// What is written for those before it.
    done: &'a Texts,
    own: Texts,
}

impl Draft<'_> {
    fn text(&self, file: FileId) -> String {
        let known = self.own.get(&file).or_else(|| self.done.get(&file));
        known.map_or_else(
            || self.answer.project.files.get(file).text.to_string(),
            String::clone,
        )
    }

    fn is_written(&self, file: FileId) -> bool {
        self.answer.project.files.get(file).origins.is_none()
    }
}

fn one(draft: &mut Draft<'_>, plan: &Plan, site: &Site<'_>) -> Result<(), String> {
    let file = draft.answer.project.manifests[site.tree].file;
    if draft.is_written(file) {
        let new = patch::manifest(&draft.text(file), site, plan);
        let new =
            new.ok_or("its `resources` are shared with others, or there is no place for them")?;
        draft.own.insert(file, new);
    } else {
        chart(draft, plan, site)?;
    }
    match (plan.scaling, site.scaler) {
        (Some(scaling), Some(scaler)) if scaling.before != scaling.after => {
            target(draft, scaling, &scaler)
        }
        _ => Ok(()),
    }
}

/// The target of an autoscaler, in its manifest or in the values that it comes from.
fn target(draft: &mut Draft<'_>, scaling: Scaling, scaler: &Scaler<'_>) -> Result<(), String> {
    let file = draft.answer.project.manifests[scaler.tree].file;
    let along = |why: &str| {
        format!(
            "the target of its autoscaler must become {} % along with its request, and {why}",
            scaling.after
        )
    };
    let node = scaler
        .node
        .ok_or_else(|| along("is a default that is nowhere written"))?;
    if draft.is_written(file) {
        let new = patch::target(&draft.text(file), scaler, scaling);
        let new = new.ok_or_else(|| along("there is no place for it"))?;
        draft.own.insert(file, new);
        return Ok(());
    }
    let found = values_of(draft.answer, file, [node.range()], |_| true);
    let (values, path) = found
        .into_iter()
        .next()
        .ok_or_else(|| along("no value of the chart sets it"))?;
    let new = patch::number(
        &draft.text(values),
        &path.split('.').collect::<Vec<_>>(),
        scaling.before,
        scaling.after,
    );
    let new = new.ok_or_else(|| {
        along(&format!(
            "`{path}` of the values is not that number, or is shared with others"
        ))
    })?;
    draft.own.insert(values, new);
    Ok(())
}

/// A service is changed in the files that have its numbers, all of them or none.
fn service(draft: &mut Draft<'_>, plan: &Plan, service: &Service<'_>) -> Result<(), String> {
    let [sized] = plan.containers.as_slice() else {
        return Err("several containers were measured under its name".to_owned());
    };
    for (tree, change) in service.changes(sized).map_err(|error| error.to_string())? {
        let file = draft.answer.project.composes[tree].file;
        let new = patch::service(&draft.text(file), &service.name, &change);
        let new =
            new.ok_or("its settings are shared with others, or there is no place for them")?;
        draft.own.insert(file, new);
    }
    Ok(())
}

/// A chart is changed through the values that its resources come from.
fn chart(draft: &mut Draft<'_>, plan: &Plan, site: &Site<'_>) -> Result<(), String> {
    let file = draft.answer.project.manifests[site.tree].file;
    for sized in &plan.containers {
        let ranges = patch::places(site, &sized.name);
        let mut found = values_of(draft.answer, file, ranges, |key| key == "resources");
        found.extend(read_by(draft.answer, site, &sized.name).filter(|_| found.is_empty()));
        // What is laid over the chart's own values has the last word.
        let is_own = |(file, _): &(FileId, String)| {
            file_name(&draft.answer.project.files.get(*file).path) == "values.yaml"
        };
        found.sort_by_key(is_own);
        found.dedup();
        let Some(((values, path), below)) = found.split_first() else {
            return Err(format!(
                "the chart gives `{}` no resources that values could set",
                sized.name
            ));
        };
        let keys: Vec<&str> = path.split('.').collect();
        let changes = patch::resources(sized);
        stays(draft, &keys, &changes, (*values, below))?;
        let new = patch::values(&draft.text(*values), &keys, &changes);
        let new = new.ok_or_else(|| {
            format!("`{path}` of the values is shared with others, or no mapping")
        })?;
        draft.own.insert(*values, new);
    }
    Ok(())
}

/// What is taken out of a file of values must not stand in those below it.
fn stays(
    draft: &Draft<'_>,
    keys: &[&str],
    changes: &[Change],
    (own, below): (FileId, &[(FileId, String)]),
) -> Result<(), String> {
    for change in changes.iter().filter(|change| change.value.is_none()) {
        let rest = change.path.iter().map(String::as_str);
        let path: Vec<&str> = keys.iter().copied().chain(rest).collect();
        let stays = below
            .iter()
            .find(|(file, _)| *file != own && patch::has(&draft.text(*file), &path));
        if let Some((file, _)) = stays {
            let answer = draft.answer;
            let shown = answer
                .roots
                .shown(&roots::here(), &answer.project.files.get(*file).path);
            return Err(format!(
                "`{}` is to go and is set in `{shown}`, too",
                path.join(".")
            ));
        }
    }
    Ok(())
}

/// The files and the paths of the values that rendered text came from, the first first: up to the
/// last key that is wanted.
fn values_of(
    answer: &Answer<'_>,
    file: FileId,
    ranges: impl IntoIterator<Item = TextRange>,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<(FileId, String)> {
    let files = &answer.project.files;
    let mut found = Vec::new();
    for range in ranges {
        let origin = files.origin(Place { file, range });
        found.extend(origin.values.into_iter().filter_map(|value| {
            let place = value.place.filter(|_| value.role == ValueRole::Content)?;
            let keys: Vec<&str> = value.path.split('.').collect();
            let at = keys.iter().rposition(|key| is_wanted(key))?;
            let is_written = files.get(place.file).origins.is_none();
            is_written.then(|| (place.file, keys[..=at].join(".")))
        }));
    }
    found
}

/// The value called `resources` that the template of a container reads, where that is one and empty:
/// nothing of it is in the render.
fn read_by(answer: &Answer<'_>, site: &Site<'_>, container: &str) -> Option<(FileId, String)> {
    let project = answer.project;
    let mut all = site.pod.running_containers();
    let only = all.next()?;
    if all.next().is_some() || only.name().as_deref() != Some(container) {
        return None;
    }
    let origin = project.files.origin(Place {
        file: project.manifests[site.tree].file,
        range: only.node().range(),
    });
    let template = origin.place.file;
    let mut found = project.chart_values.iter().flat_map(|values| {
        let keys = values.keys.iter().filter(|key| {
            key.path.rsplit('.').next() == Some("resources")
                && key.places.iter().any(|place| place.file == template)
        });
        keys.filter_map(|key| Some((values.file?, key.path.clone())))
    });
    let one = found.next()?;
    found.next().is_none().then_some(one)
}
