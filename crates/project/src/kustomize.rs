//! Kustomize: which files are bases and patches, and what an overlay adds.
//!
//! A kustomization changes everything that it includes, through however many others. Here those
//! changes are kept as the fields that they touch; nothing is built. What cannot be known (a
//! remote patch, a transformer of one's own) counts as touching everything that it may apply to.

mod patch;
mod read;
mod target;
mod transformers;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use plimsoll_k8s::{DocumentClass, classify};
use plimsoll_source::files::{file_name, parent};
use plimsoll_source::{FileId, Files, Tree};
use plimsoll_yaml as yaml;

use crate::discover::names::{Guess, guess};
use crate::snapshot::{ManifestRole, ManifestUnit};
use patch::{Change, What};
use read::{Layer, Reader};
use target::ObjectInfo;

/// The most kustomizations that reach one file; with more, everything may be set.
const MAX_REACHING: usize = 500;

/// What overlays and transformers add to which objects.
#[derive(Debug, Default)]
pub struct Overlays {
    layers: Vec<Node>,
    /// The kustomizations that list a file, and the objects in it.
    files: HashMap<FileId, Included>,
    /// The kustomizations that each file belongs to: those that list it, that patch with it, or
    /// that it is.
    member_of: HashMap<FileId, Vec<usize>>,
    /// Some kustomization changes names, so that patches may use the changed ones.
    renames: bool,
}

/// A kustomization among the others.
#[derive(Debug)]
struct Node {
    /// Its folder, relative to the root.
    dir: String,
    changes: Vec<Change>,
    /// Components, whose changes are made to all that this one includes.
    components: Vec<usize>,
    /// The kustomizations that include this one.
    parents: Vec<usize>,
    /// Itself, all above it, and the components of all of them; `None` when too many.
    reaching: OnceLock<Option<Vec<usize>>>,
    /// Itself and all above it, in order.
    above: OnceLock<Vec<usize>>,
    /// The kustomizations that this one includes.
    children: Vec<usize>,
    /// Itself and all below it, in order.
    below: OnceLock<Vec<usize>>,
}

/// How two files stand to each other among kustomizations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kinship {
    /// They belong to one kustomization.
    Same,
    /// Some kustomization includes both, through however many others.
    Joined,
    /// They build on a common base and nothing includes both: an overlay for production and one
    /// for development.
    Rivals,
    /// Nothing is known.
    Strangers,
}

#[derive(Debug, Default)]
struct Included {
    layers: Vec<usize>,
    objects: Vec<ObjectInfo>,
}

/// A kustomization that is known but not under review.
pub(crate) struct Unreviewed {
    pub(crate) path: String,
    pub(crate) tree: yaml::Tree,
}

impl Overlays {
    /// Reads the kustomizations among the manifests (and those that lie outside the paths under
    /// review) and sets the roles and sets of the manifests.
    pub(crate) fn new(
        manifests: &mut [ManifestUnit],
        outside: &[Unreviewed],
        files: &Files,
        tree: &dyn Tree,
    ) -> Self {
        let path = |unit: &ManifestUnit| -> &str { &files.get(unit.file).path };
        let by_path: HashMap<&str, usize> = manifests
            .iter()
            .enumerate()
            .map(|(n, unit)| (path(unit), n))
            .collect();
        let mut reader = Reader::new(tree, |path| Some(&manifests[*by_path.get(path)?].tree));
        let named = |path: &str| guess(file_name(path)) == Guess::Kustomization;
        let inside = manifests.iter().map(|unit| (path(unit), &unit.tree));
        let all = inside.chain(outside.iter().map(|unit| (unit.path.as_str(), &unit.tree)));
        let layers: Vec<Layer> = all
            .filter(|(path, _)| named(path))
            .map(|(path, tree)| reader.layer(path, tree))
            .collect();
        let by_dir: HashMap<&str, usize> = layers
            .iter()
            .enumerate()
            .rev()
            .map(|(n, layer)| (layer.dir.as_str(), n))
            .collect();

        let mut nodes: Vec<Node> = Vec::with_capacity(layers.len());
        let mut groups = Groups::new(layers.len());
        let mut parents: Vec<Vec<usize>> = vec![Vec::new(); layers.len()];
        let mut included: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut patches: BTreeMap<usize, usize> = BTreeMap::new();
        for (n, layer) in layers.iter().enumerate() {
            for path in &layer.resources {
                if let Some(&child) = by_dir.get(path.as_str()) {
                    parents[child].push(n);
                    groups.join(n, child);
                } else if let Some(&unit) = by_path.get(path.as_str()) {
                    included.entry(unit).or_default().push(n);
                }
            }
            let components: Vec<usize> = layer
                .components
                .iter()
                .filter_map(|dir| by_dir.get(dir.as_str()).copied())
                .collect();
            for &component in &components {
                parents[component].push(n);
                groups.join(n, component);
            }
            for path in &layer.patch_files {
                if let Some(&unit) = by_path.get(path.as_str()) {
                    patches.entry(unit).or_insert(n);
                }
            }
            nodes.push(Node {
                dir: layer.dir.clone(),
                changes: Vec::new(),
                components,
                parents: Vec::new(),
                reaching: OnceLock::new(),
                above: OnceLock::new(),
                children: Vec::new(),
                below: OnceLock::new(),
            });
        }
        for (child, mut parents) in parents.into_iter().enumerate() {
            parents.sort_unstable();
            parents.dedup();
            for &parent in &parents {
                nodes[parent].children.push(child);
            }
            nodes[child].parents = parents;
        }
        // A file in two kustomizations makes one set of both.
        for listing in included.values() {
            for layer in &listing[1..] {
                groups.join(listing[0], *layer);
            }
        }

        let mut overlays = Self {
            layers: nodes,
            files: HashMap::new(),
            member_of: HashMap::new(),
            renames: layers.iter().any(|l| l.renames),
        };
        let own: HashMap<usize, usize> = layers
            .iter()
            .enumerate()
            .filter_map(|(n, layer)| Some((*by_path.get(layer.path.as_str())?, n)))
            .collect();
        let places: Vec<Placed> = (0..manifests.len())
            .map(|unit| {
                let listed = included.remove(&unit);
                let mut layers: Vec<usize> = listed.clone().unwrap_or_default();
                layers.extend(patches.get(&unit).into_iter().chain(own.get(&unit)));
                layers.sort_unstable();
                layers.dedup();
                Placed {
                    listed,
                    is_patch: patches.contains_key(&unit),
                    layers,
                }
            })
            .collect();
        for (node, layer) in overlays.layers.iter_mut().zip(layers) {
            node.changes = layer.changes;
        }
        let mut sets: HashMap<Set, usize> = HashMap::new();
        for (unit, placed) in manifests.iter_mut().zip(places) {
            let set = match placed.layers.first() {
                Some(layer) => Set::Kustomization(groups.find(*layer)),
                None => Set::Folder(parent(&files.get(unit.file).path).to_owned()),
            };
            let next = sets.len();
            unit.set = *sets.entry(set).or_insert(next);
            if let Some(layers) = placed.listed {
                let is_changed = layers.iter().any(|layer| overlays.is_changed(*layer));
                unit.role = if is_changed {
                    ManifestRole::Base
                } else {
                    ManifestRole::Whole
                };
                let objects = target::objects(&unit.tree);
                overlays
                    .files
                    .insert(unit.file, Included { layers, objects });
            }
            if placed.is_patch {
                unit.role = ManifestRole::Patch;
            }
            if !placed.layers.is_empty() {
                overlays.member_of.insert(unit.file, placed.layers);
            }
        }
        overlays
    }

    /// Whether some kustomization may set `path` (such as `["spec", "replicas"]`, or
    /// `["spec", "template", "spec", "containers", "image"]` without indices) on the object
    /// `kind`/`name` of `file`, so that its absence there (or its value) means nothing.
    pub fn may_set(&self, file: FileId, kind: &str, name: &str, path: &[&str]) -> bool {
        self.may(file, kind, name, |change| change.touches(path))
    }

    /// Whether some kustomization may put an item whose name is `wanted` into the list at `path` of
    /// the object `kind`/`name` of `file`.
    pub fn may_add(
        &self,
        file: FileId,
        kind: &str,
        name: &str,
        path: &[&str],
        wanted: impl Fn(&str) -> bool,
    ) -> bool {
        self.may(file, kind, name, |change| change.may_add(path, &wanted))
    }

    /// The folder of a kustomization that builds the object `kind`/`name` of `file`, and in which
    /// nothing may set `path`.
    pub fn built_without(
        &self,
        file: FileId,
        kind: &str,
        name: &str,
        path: &[&str],
    ) -> Option<&str> {
        let included = self.files.get(&file)?;
        included.layers.iter().find_map(|layer| {
            let (known, mut all) =
                self.changing(included, *layer, kind, name, |one| one.touches(path))?;
            all.extend(known);
            self.goes_without(*layer, &all)
        })
    }

    fn may(
        &self,
        file: FileId,
        kind: &str,
        name: &str,
        concerns: impl Fn(&Change) -> bool,
    ) -> bool {
        let Some(included) = self.files.get(&file) else {
            return false;
        };
        included.layers.iter().any(|layer| {
            let found = self.changing(included, *layer, kind, name, &concerns);
            found.is_none_or(|(known, absent)| {
                !known.is_empty()
                    || !absent.is_empty() && self.goes_without(*layer, &absent).is_none()
            })
        })
    }

    /// The kustomizations around `layer` that may change the object `kind`/`name` in a way that
    /// concerns the caller, and those that may do so by files that are not there. `None` where
    /// there are too many to tell.
    fn changing(
        &self,
        included: &Included,
        layer: usize,
        kind: &str,
        name: &str,
        concerns: impl Fn(&Change) -> bool,
    ) -> Option<(Vec<usize>, Vec<usize>)> {
        let mut objects = included
            .objects
            .iter()
            .filter(|object| object.kind == kind && object.name == name);
        let unknown = ObjectInfo::unknown(kind, name);
        let first = objects.next().unwrap_or(&unknown);
        let objects: Vec<&ObjectInfo> = std::iter::once(first).chain(objects).collect();
        let applies = |change: &&Change| {
            concerns(change)
                && objects
                    .iter()
                    .any(|object| change.applies_to(object, self.renames))
        };
        let (mut known, mut absent) = (Vec::new(), Vec::new());
        for &at in self.reaching(layer)? {
            for change in self.layers[at].changes.iter().filter(applies) {
                match change.what {
                    What::Absent => absent.push(at),
                    _ => known.push(at),
                }
            }
        }
        Some((known, absent))
    }

    /// The folder of something that is built of this kustomization without any of those in
    /// `others`.
    fn goes_without(&self, layer: usize, others: &[usize]) -> Option<&str> {
        let has_part = |top: usize| {
            let below = self.below(top);
            let is_component = |at: &usize| {
                let mut all = below.iter().flat_map(|one| &self.layers[*one].components);
                all.any(|one| one == at)
            };
            others
                .iter()
                .any(|at| below.contains(at) || is_component(at))
        };
        let mut above = self.above(layer).iter();
        let top = above.find(|&&top| self.layers[top].parents.is_empty() && !has_part(top))?;
        Some(&self.layers[*top].dir)
    }

    /// Whether a kustomization that the file belongs to, as a resource or a patch, makes the object
    /// `kind`/`name` another kind, so that what the file says of it is not for `kind`.
    pub fn changes_kind(&self, file: FileId, kind: &str, name: &str) -> bool {
        let object = ObjectInfo::unknown(kind, name);
        let layers = self.member_of.get(&file).into_iter().flatten();
        layers.copied().any(|layer| {
            let reaching = self.reaching(layer).unwrap_or_default();
            let changes = reaching.iter().flat_map(|at| &self.layers[*at].changes);
            let mut touching = changes.filter(|change| change.touches(&["kind"]));
            touching.any(|change| change.applies_to(&object, self.renames))
        })
    }

    /// How two files stand to each other in what `kustomize build` makes. `None` where
    /// kustomizations have nothing to say, as one of the files belongs to none.
    pub fn kinship(&self, a: FileId, b: FileId) -> Option<Kinship> {
        let (a, b) = (self.member_of.get(&a)?, self.member_of.get(&b)?);
        if a.iter().any(|layer| b.contains(layer)) {
            return Some(Kinship::Same);
        }
        let pairs = || a.iter().flat_map(|a| b.iter().map(move |b| (*a, *b)));
        if pairs().any(|(a, b)| meet(self.above(a), self.above(b))) {
            return Some(Kinship::Joined);
        }
        if pairs().any(|(a, b)| meet(self.below(a), self.below(b))) {
            return Some(Kinship::Rivals);
        }
        Some(Kinship::Strangers)
    }

    /// Whether the file belongs to a kustomization.
    pub fn is_member(&self, file: FileId) -> bool {
        self.member_of.contains_key(&file)
    }

    /// The kustomization itself and all that include it, in order.
    fn above(&self, layer: usize) -> &[usize] {
        self.layers[layer]
            .above
            .get_or_init(|| self.closure(layer, |node| &node.parents))
    }

    /// The kustomization itself and all that it includes, in order.
    fn below(&self, layer: usize) -> &[usize] {
        self.layers[layer]
            .below
            .get_or_init(|| self.closure(layer, |node| &node.children))
    }

    fn closure(&self, layer: usize, next: impl Fn(&Node) -> &Vec<usize>) -> Vec<usize> {
        let mut found = vec![layer];
        let mut seen = HashSet::from([layer]);
        let mut at = 0;
        while let Some(&layer) = found.get(at) {
            at += 1;
            let further = next(&self.layers[layer]).iter().copied();
            found.extend(further.filter(|next| seen.insert(*next)));
        }
        found.sort_unstable();
        found
    }

    /// Whether something is done to what this kustomization includes, here or above.
    fn is_changed(&self, layer: usize) -> bool {
        !self.layers[layer].parents.is_empty()
            || self.reaching(layer).is_none_or(|reaching| {
                reaching
                    .iter()
                    .any(|layer| !self.layers[*layer].changes.is_empty())
            })
    }

    /// The kustomizations whose changes reach what `layer` includes.
    fn reaching(&self, layer: usize) -> Option<&[usize]> {
        let found = self.layers[layer].reaching.get_or_init(|| {
            let mut found = vec![layer];
            let mut seen = HashSet::from([layer]);
            let mut at = 0;
            while let Some(&layer) = found.get(at) {
                at += 1;
                let node = &self.layers[layer];
                let next = node.parents.iter().chain(&node.components);
                found.extend(next.copied().filter(|next| seen.insert(*next)));
                if found.len() > MAX_REACHING {
                    return None;
                }
            }
            Some(found)
        });
        found.as_deref()
    }
}

/// The kustomizations in a file: by its name, as Kustomize finds them, or by what they say.
pub fn kustomizations<'t>(
    path: &str,
    tree: &'t yaml::Tree,
) -> impl Iterator<Item = yaml::Node<'t>> + use<'t> {
    let named = guess(file_name(path)) == Guess::Kustomization;
    tree.documents()
        .filter_map(yaml::Document::root)
        .map(yaml::Node::resolve)
        .filter(move |root| named || classify(*root) == DocumentClass::Kustomization)
}

/// Whether two lists in order share a number.
fn meet(a: &[usize], b: &[usize]) -> bool {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.iter().any(|number| many.binary_search(number).is_ok())
}

/// Where a manifest stands among the kustomizations.
struct Placed {
    /// The kustomizations that list it.
    listed: Option<Vec<usize>>,
    is_patch: bool,
    /// The kustomizations that it belongs to in whatever way, in order.
    layers: Vec<usize>,
}

#[derive(PartialEq, Eq, Hash)]
enum Set {
    Kustomization(usize),
    Folder(String),
}

/// Kustomizations that are connected.
struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    fn new(len: usize) -> Self {
        Self {
            parents: (0..len).collect(),
        }
    }

    fn find(&mut self, mut n: usize) -> usize {
        while self.parents[n] != n {
            self.parents[n] = self.parents[self.parents[n]];
            n = self.parents[n];
        }
        n
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests;
