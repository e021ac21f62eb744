//! Adding what charts gave to the project: one after the other, in the order of their folders.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use plimsoll_project::values::{
    ChartValues, ElementKey, IdleProperty, SchemaViolation, UndefinedValue, ValueKey,
};
use plimsoll_project::{
    ChartFile, ChartUnit, Failure, Generated, LeftOut, ManifestRole, ManifestUnit, Project, Reason,
    Render,
};
use plimsoll_source::{Background, FileId, OriginMap, Place, SourceFile, TextRange, ValueOrigin};

use crate::find::inside;
use crate::long_names;
use crate::origins::Behind;
use crate::render::{Done, Manifest, Outcome};
use crate::unit::{Texts, Unit};
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
            unit,
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
        self.unit(folder, unit, &texts);
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
            is_compared: one.is_compared,
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
        let unread_in_lists = values.unread_in_lists.into_iter().map(|one| ElementKey {
            path: one.path,
            keys: one.at,
        });
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
            unread_in_lists: unread_in_lists.collect(),
            unset: values.unset,
            undefined,
            violations,
            idle_properties: idle.collect(),
        });
    }

    /// The file with this path, which is added if it is new.
    fn file(&mut self, path: &str, texts: &Texts) -> FileId {
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

    fn unit(&mut self, folder: String, unit: Unit, texts: &Texts) {
        let file = self.file(&inside(&folder, "Chart.yaml"), texts);
        let files = unit.files.into_iter().map(|one| ChartFile {
            name: one.name,
            len: one.len,
            file: one.path.map(|path| self.file(&path, texts)),
        });
        let files = files.collect();
        let lock = unit.lock.map(|path| self.file(&path, texts));
        let left_out = unit.left_out.into_iter().map(|one| LeftOut {
            path: one.template,
            place: Place::new(self.file(&one.path, texts), one.range),
            message: one.message,
        });
        let left_out = left_out.collect();
        let long_named = unit.long_named.map(|done| {
            let manifests = self.manifests(done.manifests, done.behind, texts);
            let manifests = manifests.into_iter().filter(|(_, reported)| *reported);
            manifests.map(|(manifest, _)| manifest).collect()
        });
        self.project.charts.push(ChartUnit {
            folder,
            file,
            tree: unit.tree,
            is_library: unit.is_library,
            is_loaded: unit.is_loaded,
            files,
            lock,
            dependencies: unit.dependencies,
            unreadable: unit.unreadable,
            subcharts: unit.subcharts,
            long_named: long_named.unwrap_or_default(),
            long_name: long_names::RELEASE.len(),
            left_out,
        });
    }

    /// Adds the texts of manifests; of each whether it is reported.
    fn manifests(
        &mut self,
        manifests: Vec<Manifest>,
        behind: Behind,
        texts: &Texts,
    ) -> Vec<(ManifestUnit, bool)> {
        let files = behind.paths.iter().map(|path| self.file(path, texts));
        let files: Vec<FileId> = files.collect();
        let moved = |place: Place| Place::new(files[place.file.0 as usize], place.range);
        let values = behind.values.into_iter().map(|mut values| {
            for value in &mut values {
                value.place = value.place.map(moved);
            }
            Arc::from(values)
        });
        let values: Vec<Arc<[ValueOrigin]>> = values.collect();
        let backgrounds = behind.backgrounds.into_iter().map(|known| Background {
            chain: known.chain.into_iter().map(moved).collect(),
            values: Arc::clone(&values[known.values as usize]),
            marks: known.marks,
        });
        let backgrounds: Arc<[Background]> = backgrounds.collect();
        let mut added = Vec::with_capacity(manifests.len());
        for mut manifest in manifests {
            for part in &mut manifest.parts {
                part.place = moved(part.place);
            }
            for gap in &mut manifest.gaps {
                gap.place = moved(gap.place);
            }
            let map = OriginMap::shared(manifest.parts, Arc::clone(&backgrounds));
            let map = map.with_gaps(manifest.gaps);
            let text = manifest.tree.shared_text();
            let file = SourceFile::generated(manifest.path, text, map);
            let unit = ManifestUnit {
                file: self.project.files.add(file),
                tree: manifest.tree,
                role: ManifestRole::Whole,
                set: 0,
            };
            added.push((unit, manifest.reported));
        }
        added
    }

    fn done(&mut self, folder: &str, done: Done, texts: &Texts) {
        let manifests = self.manifests(done.manifests, done.behind, texts);
        let project = &mut *self.project;
        let render = project.renders.len();
        project.renders.push(Render {
            folder: folder.to_owned(),
            values: done.values,
            is_trial: done.is_trial,
        });
        let set = project.sets.len();
        let mut members = Vec::new();
        for (manifest, reported) in manifests {
            project.mark_generated(manifest.file, Generated { render, reported });
            members.push(project.manifests.len());
            project.manifests.push(ManifestUnit { set, ..manifest });
        }
        project.sets.push(members);
    }
}
