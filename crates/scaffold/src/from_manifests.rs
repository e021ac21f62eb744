//! From plain manifests to a Compose file for a developer's machine, a chart whose default values render
//! them again, and a Kustomize base with overlays.
//!
//! In the chart and in the base the text stays as it is, comments included; in the chart what usually
//! differs between environments is replaced by values: images, replicas, resources, variables, data of
//! `ConfigMap`s, hosts, classes, the types of Services, bounds of autoscaling, schedules, the room of
//! claims, and the namespace where there is one only. What is not carried over is listed, each with its
//! place. No value of a Secret is written.

mod base;
mod calls;
mod cluster;
mod compose;
mod edits;
mod kustomization;
mod ledger;
mod lost;
mod objects;
mod reading;
mod slots;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_source::Tree;

use self::cluster::Cluster;
use crate::chart;
use crate::from_compose::{Became, Loss, SecretNeeded};
use crate::generate::Artefact;
use crate::model::Evidence;
use crate::wishes::Wishes;
use crate::written::Written;

/// The folder of the chart.
const FOLDER: &str = "chart";

/// What builds an image of this tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Build {
    /// The folder that it is built from, relative to the root.
    pub context: String,
    /// The Dockerfile, relative to the context.
    pub dockerfile: String,
    /// The stage; nothing for the last.
    pub target: Option<String>,
    /// Whether the image has a health check of its own.
    pub has_healthcheck: bool,
    /// What says that it is this image.
    pub why: Vec<Evidence>,
}

/// What builds images, by the image's name as manifests have it.
pub type Builds = BTreeMap<String, Build>;

/// What is asked for.
pub struct Source<'s> {
    /// What lies below the folder that is written to.
    pub tree: &'s dyn Tree,
    /// Names and places that no file says.
    pub wishes: &'s Wishes,
    /// What is built here.
    pub builds: &'s Builds,
    /// Whether a file was written by us: it is not read.
    pub is_ours: &'s dyn Fn(&str) -> bool,
    /// The kinds of files that are wanted.
    pub only: &'s BTreeSet<Artefact>,
}

/// What became of manifests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Charted {
    /// The files, ordered by path; none where there is no object.
    pub written: Vec<Written>,
    /// How many objects were read.
    pub objects: usize,
    /// What is in no file that is written.
    pub left_out: Vec<LeftOut>,
    /// What of workloads and Services is not in the Compose file.
    pub losses: Vec<Loss>,
    /// What became of each container in the Compose file.
    pub services: Vec<Became>,
    /// Secrets that somebody has to make, in the cluster and on a developer's machine.
    pub secrets: Vec<SecretNeeded>,
    /// Images of others, which have a digest somewhere.
    pub images: Vec<String>,
}

/// Something that is in no file.
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

/// The images that the manifests below the root of a tree name, each once, in the order of files.
pub fn images(tree: &dyn Tree, is_ours: &dyn Fn(&str) -> bool) -> Vec<String> {
    let found = reading::manifests(tree, is_ours);
    images_of(&Cluster::new(found.files.iter()))
}

fn images_of(cluster: &Cluster<'_>) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for workload in &cluster.workloads {
        let Some(pod) = workload.pod() else { continue };
        for container in pod.all_containers() {
            let image = container.image().and_then(plimsoll_yaml::Node::text);
            if let Some(image) = image
                && !images.iter().any(|have| *have == *image)
            {
                images.push(image.into_owned());
            }
        }
    }
    images
}

/// Writes what is wanted of the manifests below the root of a tree.
pub fn translate(source: &Source<'_>) -> Charted {
    let mut found = reading::manifests(source.tree, source.is_ours);
    let mut charted = Charted {
        left_out: std::mem::take(&mut found.left_out),
        ..Charted::default()
    };
    let namespace = objects::only_namespace(&found.files);
    let start = common_folder(&found.files);
    let cluster = Cluster::new(found.files.iter().chain(&found.made));
    charted.objects = cluster.objects.len().saturating_sub(found.made.len());
    charted.left_out.extend(again(&found, &cluster));
    if charted.objects == 0 {
        charted.left_out.sort();
        return charted;
    }
    charted.images = images_of(&cluster);
    let composed = compose::write(&found, &cluster, source.wishes, source.builds);
    charted.secrets = needed(&cluster, composed.secrets);
    if source.only.contains(&Artefact::Compose) {
        charted.written.extend(composed.written);
        charted.services = composed.services;
        charted.losses = composed.losses;
    }
    if source.only.contains(&Artefact::Chart) {
        let files = in_chart(
            source,
            &found,
            namespace.as_deref(),
            &start,
            &mut charted.left_out,
        );
        charted.written.extend(files);
    }
    if source.only.contains(&Artefact::Manifests) {
        let around = base::Around {
            found: &found,
            wishes: source.wishes,
            builds: source.builds,
            namespace: namespace.as_deref(),
            secrets: &charted.secrets,
            again: &cluster.again,
            start: &start,
        };
        let files = around.write(&mut charted.left_out);
        charted.written.extend(files);
    }
    charted.left_out.sort();
    charted.left_out.dedup();
    charted.written.sort_by(|a, b| a.path.cmp(&b.path));
    charted
}

/// Objects that stand there more than once, by file.
fn again(found: &reading::Found, cluster: &Cluster<'_>) -> Vec<LeftOut> {
    let mut all: BTreeMap<(&str, u32), Vec<String>> = BTreeMap::new();
    for object in &cluster.again {
        let node = object.node();
        let file = found
            .files
            .iter()
            .find(|file| std::ptr::eq(&raw const file.tree, node.tree()));
        let Some(file) = file else { continue };
        let title = format!("{} {}", object.kind(), object.name().unwrap_or_default());
        let same = all.iter_mut().find(|((path, _), _)| *path == file.path);
        match same {
            Some((_, titles)) => titles.push(title),
            None => {
                let line = file.line(node.range().start);
                all.insert((&file.path, line), vec![title]);
            }
        }
    }
    let all = all.into_iter().map(|((file, line), titles)| LeftOut {
        file: file.to_owned(),
        line,
        why: format!("another file has objects of the same names, and only the first are taken into Compose file and base: {}", titles.join(", ")),
        help: "name the folder of those that are meant: `plimsoll init FOLDER --from manifests`".to_owned(),
    });
    all.collect()
}

/// The Secrets that something reads or that hold values here, but for those that an object makes.
fn needed(cluster: &Cluster<'_>, read: Vec<SecretNeeded>) -> Vec<SecretNeeded> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for secret in read {
        all.entry(secret.name).or_default().extend(secret.keys);
    }
    for (name, keys) in &cluster.secrets {
        all.entry(name.clone())
            .or_default()
            .extend(keys.iter().cloned());
    }
    let all = all
        .into_iter()
        .filter(|(name, _)| !cluster.made.contains(name));
    all.map(|(name, keys)| SecretNeeded {
        name,
        keys: keys.into_iter().collect(),
        file: None,
    })
    .collect()
}

/// The chart of the manifests; nothing where none has an object.
fn in_chart(
    source: &Source<'_>,
    found: &reading::Found,
    namespace: Option<&str>,
    start: &str,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Written> {
    let mut slots = slots::Slots::default();
    let mut templates = Vec::new();
    let pins = |image: &str| {
        if source.builds.contains_key(image) {
            image.to_owned()
        } else {
            source.wishes.pinned(image)
        }
    };
    for file in &found.files {
        let done = objects::template(file, namespace, &mut slots, &pins);
        left_out.extend(done.left_out);
        if done.objects == 0 {
            continue;
        }
        let below = file.path.strip_prefix(start).unwrap_or(&file.path);
        let mut written = Written::new(format!("{FOLDER}/templates/{below}"));
        let why = vec![Evidence::line(
            file.path.as_str(),
            1,
            "the manifest says so",
        )];
        written.push(done.text, why);
        templates.push(written);
    }
    if templates.is_empty() {
        return templates;
    }
    let name = source.wishes.project.as_str();
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
    let mut written = vec![
        chart::chart_yaml(name, &source.wishes.tag(), &why, FOLDER),
        chart::helmignore(&why, FOLDER),
        chart::values_file(&values, &why, FOLDER),
        chart::schema_file(name, &values, &why, FOLDER),
        notes,
    ];
    written.extend(templates);
    written
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
