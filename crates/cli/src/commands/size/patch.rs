//! The new numbers as a unified diff of the files that have the old ones.

use std::collections::BTreeMap;

use plimsoll_sizing::patch;
use plimsoll_sizing::plan::{Plan, Site};
use plimsoll_sizing::service::Service;
use plimsoll_source::{FileId, Place, TextRange, ValueRole};

use super::Answer;
use crate::diff;
use crate::roots;
use crate::terminal::Terminal;

pub(super) fn patch(answer: &Answer<'_>, terminal: &Terminal) -> String {
    // Texts as they will be; several workloads may stand in one file.
    let mut texts: BTreeMap<FileId, String> = BTreeMap::new();
    for plan in answer.plans {
        let done = match (plan.site, plan.service) {
            (Some(site), _) => one(answer, plan, &answer.sites[site], &mut texts),
            (None, Some(at)) => service(answer, plan, &answer.services[at], &mut texts),
            (None, None) => {
                terminal.warn(&format!("`{}` is in no manifest given", plan.name));
                continue;
            }
        };
        if let Err(words) = done {
            terminal.warn(&format!("`{}` is left as it is: {words}", plan.name));
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

type Texts = BTreeMap<FileId, String>;

fn one(answer: &Answer<'_>, plan: &Plan, site: &Site<'_>, texts: &mut Texts) -> Result<(), String> {
    let project = answer.project;
    let unit = &project.manifests[site.tree];
    let is_written = project.files.get(unit.file).origins.is_none();
    if !is_written {
        return chart(answer, plan, site, texts);
    }
    let new = patch::manifest(&text(answer, texts, unit.file), site, plan);
    let new = new.ok_or("its `resources` are shared with others, or there is no place for them")?;
    texts.insert(unit.file, new);
    if let (Some(scaling), Some(scaler)) = (plan.scaling, site.scaler)
        && scaling.before != scaling.after
    {
        let file = project.manifests[scaler.tree].file;
        if project.files.get(file).origins.is_some() {
            return Err("the target of its autoscaler is written by a chart".to_owned());
        }
        let new = patch::target(&text(answer, texts, file), &scaler, scaling);
        let new = new.ok_or("its autoscaler's target is nowhere written: set it along")?;
        texts.insert(file, new);
    }
    Ok(())
}

/// A service is changed in the files that have its numbers, all of them or none.
fn service(
    answer: &Answer<'_>,
    plan: &Plan,
    service: &Service<'_>,
    texts: &mut Texts,
) -> Result<(), String> {
    let [sized] = plan.containers.as_slice() else {
        return Err("several containers were measured under its name".to_owned());
    };
    let mut changed = texts.clone();
    for (tree, change) in service.changes(sized).map_err(|error| error.to_string())? {
        let file = answer.project.composes[tree].file;
        let new = patch::service(&text(answer, &changed, file), &service.name, &change);
        let new =
            new.ok_or("its settings are shared with others, or there is no place for them")?;
        changed.insert(file, new);
    }
    *texts = changed;
    Ok(())
}

fn text(answer: &Answer<'_>, texts: &Texts, file: FileId) -> String {
    let known = texts.get(&file);
    known.map_or_else(
        || answer.project.files.get(file).text.to_string(),
        String::clone,
    )
}

/// A chart is changed through the values that its resources came from.
fn chart(
    answer: &Answer<'_>,
    plan: &Plan,
    site: &Site<'_>,
    texts: &mut Texts,
) -> Result<(), String> {
    let project = answer.project;
    let file = project.manifests[site.tree].file;
    for sized in &plan.containers {
        let missing = || {
            format!(
                "the chart gives `{}` no resources that values could set",
                sized.name
            )
        };
        let ranges = patch::places(site, &sized.name);
        let (values, path) = value_of(answer, file, ranges).ok_or_else(missing)?;
        let keys: Vec<&str> = path.split('.').collect();
        let new = patch::values(
            &text(answer, texts, values),
            &keys,
            &patch::resources(sized),
        );
        let new = new.ok_or_else(|| {
            format!("`{path}` of the values is shared with others, or no mapping")
        })?;
        texts.insert(values, new);
    }
    match plan.scaling {
        Some(scaling) if scaling.before != scaling.after => Err(format!(
            "set its autoscaler's target to {} %, too",
            scaling.after
        )),
        _ => Ok(()),
    }
}

/// The file and the path of the value that rendered resources came from: the first that is called
/// `resources`.
fn value_of(answer: &Answer<'_>, file: FileId, ranges: Vec<TextRange>) -> Option<(FileId, String)> {
    let files = &answer.project.files;
    ranges.into_iter().find_map(|range| {
        let origin = files.origin(Place { file, range });
        origin.values.into_iter().find_map(|value| {
            let place = value.place.filter(|_| value.role == ValueRole::Content)?;
            let keys: Vec<&str> = value.path.split('.').collect();
            let at = keys.iter().position(|key| *key == "resources")?;
            let is_written = files.get(place.file).origins.is_none();
            is_written.then(|| (place.file, keys[..=at].join(".")))
        })
    })
}
