//! From plain manifests to a chart whose default values render them again, object for object.
//!
//! The text stays as it is, comments included; only what usually differs between environments is
//! replaced by values: images, replicas, resources, variables, data of `ConfigMap`s, hosts, classes,
//! the types of Services, bounds of autoscaling, schedules, the room of claims, and the namespace
//! where there is one only. What is not carried over is listed.

mod edits;
mod objects;
mod reading;
mod slots;

#[cfg(test)]
mod tests;

use plimsoll_source::Tree;

use crate::chart;
use crate::model::Evidence;
use crate::wishes::Wishes;
use crate::written::Written;

/// The folder of the chart.
const FOLDER: &str = "chart";

/// What became of manifests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Charted {
    /// The files, ordered by path; none where there is no object.
    pub written: Vec<Written>,
    /// How many objects are in the chart.
    pub objects: usize,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
}

/// Something that is not in the chart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LeftOut {
    /// The file, relative to the root.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// What it is and why, a lower-case phrase.
    pub why: String,
    /// What to do, imperative.
    pub help: String,
}

/// Writes a chart of the manifests below the root of a tree.
pub fn chart(tree: &dyn Tree, wishes: &Wishes) -> Charted {
    let found = reading::manifests(tree);
    let mut charted = Charted {
        left_out: found.left_out,
        ..Charted::default()
    };
    let namespace = objects::only_namespace(&found.files);
    let mut slots = slots::Slots::default();
    let mut templates = Vec::new();
    let start = common_folder(&found.files);
    for file in &found.files {
        let done = objects::template(file, namespace.as_deref(), &mut slots);
        charted.left_out.extend(done.left_out);
        if done.objects == 0 {
            continue;
        }
        charted.objects += done.objects;
        let below = file.path.strip_prefix(start.as_str()).unwrap_or(&file.path);
        let mut written = Written::new(format!("{FOLDER}/templates/{below}"));
        let why = vec![Evidence::line(
            file.path.as_str(),
            1,
            "the manifest says so",
        )];
        written.push(done.text, why);
        templates.push(written);
    }
    charted.left_out.sort();
    if templates.is_empty() {
        return charted;
    }
    let name = wishes.project.as_str();
    let paths = found.files.iter().map(|file| file.path.as_str());
    let why: Vec<Evidence> = paths
        .map(|path| Evidence::file(path, "a manifest of the chart"))
        .collect();
    let values = slots.values();
    let mut notes = Written::new(format!("{FOLDER}/templates/NOTES.txt"));
    notes.push(
        "Look at what it runs:\n  helm get manifest {{ .Release.Name }} --namespace {{ .Release.Namespace }} | kubectl get -f -\n",
        why.clone(),
    );
    charted.written = vec![
        chart::chart_yaml(name, &wishes.tag(), &why, FOLDER),
        chart::helmignore(&why, FOLDER),
        chart::values_file(&values, &why, FOLDER),
        chart::schema_file(name, &values, &why, FOLDER),
        notes,
    ];
    charted.written.extend(templates);
    charted.written.sort_by(|a, b| a.path.cmp(&b.path));
    charted
}

/// The folder that all files are in, with a slash at its end; empty for the root.
fn common_folder(files: &[reading::Manifest]) -> String {
    let folder = |path: &str| {
        path.rsplit_once('/')
            .map_or(String::new(), |(folder, _)| format!("{folder}/"))
    };
    let Some(first) = files.first() else {
        return String::new();
    };
    let mut common = folder(&first.path);
    while !files.iter().all(|file| file.path.starts_with(&common)) {
        let shorter = common.trim_end_matches('/').rsplit_once('/');
        common = shorter.map_or(String::new(), |(shorter, _)| format!("{shorter}/"));
    }
    common
}
