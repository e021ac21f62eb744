//! Adding what charts gave to the project: one after the other, in the order of their folders.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use plimsoll_project::values::{
    ChartValues, IdleProperty, SchemaViolation, UndefinedValue, ValueKey,
};
use plimsoll_project::{Failure, Generated, ManifestRole, ManifestUnit, Project, Reason, Render};
use plimsoll_source::{Background, FileId, OriginMap, Place, SourceFile, TextRange};

use crate::render::{Done, Outcome};
use crate::values::{At, Values};

/// Adds manifests, failures and the texts that both are told in.
pub(crate) fn merge(project: &mut Project, outcomes: Vec<Outcome>) {
    if outcomes.is_empty() {
        return;
    }
    let known = project.files.iter();
    let known = known
        .map(|(id, file)| (file.path.to_string(), id))
        .collect();
    let mut merger = Merger {
        project,
        known,
        chart_files: HashSet::new(),
    };
    let mut covered = BTreeSet::new();
    for outcome in outcomes {
        covered.extend(merger.outcome(outcome));
    }
    let mut files: Vec<FileId> = merger.chart_files.into_iter().collect();
    files.sort();
    project.chart_files = files;
    project
        .not_reviewed
        .retain(|file| file.reason != Reason::ChartTemplate || !covered.contains(&file.path));
}

struct Merger<'p> {
    project: &'p mut Project,
    /// Written files by path.
    known: HashMap<String, FileId>,
    chart_files: HashSet<FileId>,
}

impl Merger<'_> {
    fn outcome(&mut self, outcome: Outcome) -> BTreeSet<String> {
        let Outcome {
            folder,
            renders,
            failures,
            texts,
            covered,
            values,
        } = outcome;
        for told in failures {
            let mut places = told.places.into_iter();
            let mut place = || {
                let (path, range) = places.next()?;
                let file = self.file(&path, &texts);
                let len = self.project.files.get(file).text.len() as u32;
                let range = TextRange::new(range.start.min(len), range.end.min(len));
                Some(Place::new(file, range))
            };
            let Some(first) = place() else { continue };
            let mut chain: Vec<Place> = std::iter::from_fn(place).collect();
            chain.dedup();
            chain.retain(|place| *place != first);
            self.project.failures.push(Failure {
                place: first,
                chain,
                message: told.message,
                notes: told.notes,
                values: told.values,
                is_demand: told.is_demand,
            });
        }
        for done in renders {
            self.done(&folder, done, &texts);
        }
        if let Some(values) = values {
            self.values(&folder, values, &texts);
        }
        covered
    }

    fn values(&mut self, folder: &str, values: Values, texts: &HashMap<String, Arc<str>>) {
        let mut place = |(path, range): At| Place::new(self.file(&path, texts), range);
        let keys = values.keys.into_iter().map(|key| ValueKey {
            path: key.path,
            parent: key.parent,
            key: key.at,
            read: key.read,
            places: key.places.into_iter().map(&mut place).collect(),
        });
        let keys = keys.collect();
        let undefined = values.undefined.into_iter().map(|one| UndefinedValue {
            path: one.path,
            place: place(one.at),
            above: one.above.map(&mut place),
        });
        let undefined = undefined.collect();
        let violations = values.violations.into_iter().map(|one| SchemaViolation {
            place: place(one.at),
            path: one.path,
            message: one.message,
            schema: one.schema.map(&mut place),
            values: one.values,
            is_demand: one.is_demand,
        });
        let violations = violations.collect();
        let file = values.file.map(|path| self.file(&path, texts));
        let schema = values.schema.map(|path| self.file(&path, texts));
        let idle = values.idle_properties.into_iter().filter_map(|one| {
            Some(IdleProperty {
                path: one.path,
                place: Place::new(schema?, one.range),
            })
        });
        self.project.chart_values.push(ChartValues {
            folder: folder.to_owned(),
            file,
            schema,
            keys,
            unset: values.unset,
            undefined,
            violations,
            idle_properties: idle.collect(),
        });
    }

    /// The file with this path, which is added if it is new.
    fn file(&mut self, path: &str, texts: &HashMap<String, Arc<str>>) -> FileId {
        if let Some(&known) = self.known.get(path) {
            self.chart_files.insert(known);
            return known;
        }
        let text = texts.get(path).cloned().unwrap_or_default();
        let file = self.project.files.add(SourceFile::written(path, text));
        self.known.insert(path.to_owned(), file);
        self.chart_files.insert(file);
        file
    }

    fn done(&mut self, folder: &str, done: Done, texts: &HashMap<String, Arc<str>>) {
        let files: Vec<FileId> = done
            .paths
            .iter()
            .map(|path| self.file(path, texts))
            .collect();
        let moved = |place: Place| Place::new(files[place.file.0 as usize], place.range);
        let backgrounds = done.backgrounds.into_iter().map(|mut background| {
            for place in &mut background.chain {
                *place = moved(*place);
            }
            for value in &mut background.values {
                value.place = value.place.map(moved);
            }
            background
        });
        let backgrounds: Arc<[Background]> = backgrounds.collect();
        let project = &mut *self.project;
        let render = project.renders.len();
        project.renders.push(Render {
            folder: folder.to_owned(),
            values: done.values,
            is_trial: done.is_trial,
        });
        let set = project.sets.len();
        let mut members = Vec::new();
        for mut manifest in done.manifests {
            for part in &mut manifest.parts {
                part.place = moved(part.place);
            }
            let map = OriginMap::shared(manifest.parts, Arc::clone(&backgrounds));
            let text = manifest.tree.text();
            let file = SourceFile::generated(manifest.path, text, map);
            let file = project.files.add(file);
            let reported = manifest.reported;
            project.mark_generated(file, Generated { render, reported });
            members.push(project.manifests.len());
            project.manifests.push(ManifestUnit {
                file,
                tree: manifest.tree,
                role: ManifestRole::Whole,
                set,
            });
        }
        project.sets.push(members);
    }
}
