//! Walking the nodes of a template: statements and expressions.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use plimsoll_gotmpl::syntax::{Branch, Names, NodeId, NodeKind, Pipe};
use plimsoll_gotmpl::{Functions, Tree};

use super::atoms::{Atom, Object, Set};
use super::paths::{PathId, Paths, ROOT, Reach};
use super::{ReadingText, Site};

/// How many nodes all walks may visit, and how many atoms they may look at.
const MAX_STEPS: u32 = 1_500_000;
/// How deep walks may nest.
const MAX_DEPTH: u32 = 400;
/// How many things an expression may be before it counts as read with all that is in it.
const MAX_ATOMS: usize = 40;
/// Maps laid under maps.
const MAX_BASES: u32 = 6;

/// A chart in its place.
pub(super) struct Place {
    pub(super) name: Arc<str>,
    pub(super) values: PathId,
    pub(super) upper: Option<u32>,
    pub(super) children: Vec<(Arc<str>, u32)>,
}

/// A parsed text.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) tree: Arc<Tree>,
    /// Its number among the texts that places name.
    pub(super) number: u32,
    /// Where all of it stands, for a text that is no file of its own.
    pub(super) fixed: Option<Site>,
}

/// A template: a text and the node of its body.
pub(super) type Body = (usize, NodeId);

/// What a template is walked with.
pub(super) struct Frame {
    pub(super) text: usize,
    pub(super) variables: Vec<(Vec<u8>, Set)>,
    pub(super) dot: Set,
}

pub(super) struct Walker {
    pub(super) functions: Arc<Functions>,
    pub(super) charts: Vec<Place>,
    pub(super) paths: Paths,
    pub(super) objects: Vec<Object>,
    /// What was laid under a map or a chart's data by `set` and `merge`.
    pub(super) bases: HashMap<Atom, Set>,
    /// The values among them.
    pub(super) based: Vec<PathId>,
    /// What was looked through, after how many changes, and the values that were found in it.
    reached: HashMap<Atom, (u32, Rc<[PathId]>)>,
    pub(super) texts: Vec<Text>,
    pub(super) names: Vec<ReadingText>,
    pub(super) definitions: HashMap<Arc<str>, Vec<Body>>,
    pub(super) called: HashSet<Body>,
    /// Which templates were walked with what.
    pub(super) known: HashSet<(Body, Vec<u8>)>,
    pub(super) stack: Vec<Body>,
    /// Values that were tested before what is walked is reached.
    pub(super) guards: Vec<PathId>,
    /// Values that were tested, in the order in which they were.
    pub(super) tested: Vec<PathId>,
    /// Values that some template tests otherwise than by comparing them.
    pub(super) allowed: HashSet<PathId>,
    pub(super) needs: Vec<(PathId, Site)>,
    /// What is compared with something as if it were there.
    pub(super) compared: Vec<(PathId, Site)>,
    /// Templates in values, by the values that hold them.
    pub(super) in_values: Vec<(PathId, usize)>,
    /// Files of charts that may be templates.
    pub(super) in_files: Vec<usize>,
    /// How often something was changed that was walked already.
    pub(super) changes: u32,
    pub(super) steps: u32,
    pub(super) depth: u32,
    pub(super) gave_up: bool,
    /// The values of charts that are not there.
    pub(super) absent: Vec<PathId>,
    /// Whether some values are imported from charts that are not there.
    pub(super) lacks_imports: bool,
}

impl Walker {
    pub(super) fn new(functions: Arc<Functions>) -> Self {
        Self {
            functions,
            charts: Vec::new(),
            paths: Paths::new(),
            objects: Vec::new(),
            bases: HashMap::default(),
            based: Vec::new(),
            reached: HashMap::default(),
            texts: Vec::new(),
            names: Vec::new(),
            definitions: HashMap::default(),
            called: HashSet::default(),
            known: HashSet::default(),
            stack: Vec::new(),
            guards: Vec::new(),
            tested: Vec::new(),
            allowed: HashSet::default(),
            needs: Vec::new(),
            compared: Vec::new(),
            in_values: Vec::new(),
            in_files: Vec::new(),
            changes: 0,
            steps: 0,
            depth: 0,
            gave_up: false,
            absent: Vec::new(),
            lacks_imports: false,
        }
    }

    pub(super) fn site(&self, frame: &Frame, node: NodeId) -> Site {
        let text = &self.texts[frame.text];
        text.fixed.unwrap_or_else(|| Site {
            text: text.number,
            range: text.tree.node(node).range,
        })
    }

    /// Says that everything may be read.
    pub(super) fn give_up(&mut self) {
        self.gave_up = true;
        self.paths.mark(ROOT, Reach::Whole, None);
    }

    /// Whether there is room for another level; otherwise everything may be read.
    fn enters(&mut self) -> bool {
        self.steps += 1;
        if self.gave_up || self.depth >= MAX_DEPTH || self.steps >= MAX_STEPS {
            self.give_up();
            return false;
        }
        self.depth += 1;
        true
    }

    /// Walks a statement or a list of them.
    pub(super) fn walk(&mut self, frame: &mut Frame, id: NodeId) {
        if !self.enters() {
            return;
        }
        let tree = self.texts[frame.text].tree.clone();
        match tree.node(id).kind {
            NodeKind::List(nodes) => {
                for &node in tree.nodes(nodes) {
                    self.walk(frame, node);
                }
            }
            NodeKind::Action(pipe) => {
                let is_printed = match tree.node(pipe).kind {
                    NodeKind::Pipe(pipe) => pipe.variables.is_empty(),
                    _ => true,
                };
                let value = self.pipe(frame, pipe);
                if is_printed {
                    let site = self.site(frame, pipe);
                    self.consume(&value, site);
                }
            }
            NodeKind::If(branch) => self.branch(frame, branch, false),
            NodeKind::With(branch) => self.branch(frame, branch, true),
            NodeKind::Range(branch) => self.range(frame, branch),
            NodeKind::Template { name, pipe, .. } => {
                let dot = match pipe {
                    Some(pipe) => self.pipe(frame, pipe),
                    None => Set::other(),
                };
                let name = String::from_utf8_lossy(tree.string(name)).into_owned();
                let site = self.site(frame, id);
                self.call(&Set::text(&name), &dot, site);
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn branch(&mut self, frame: &mut Frame, branch: Branch, moves: bool) {
        let scope = frame.variables.len();
        let guards = self.guards.len();
        let mark = self.tested.len();
        let value = self.pipe(frame, branch.pipe);
        self.test(&value);
        let tested = self.tested.split_off(mark);
        self.guards.extend(&tested);
        self.tested.extend(tested);
        if moves {
            let dot = std::mem::replace(&mut frame.dot, value);
            self.walk(frame, branch.list);
            frame.dot = dot;
        } else {
            self.walk(frame, branch.list);
        }
        if let Some(list) = branch.else_list {
            self.walk(frame, list);
        }
        self.guards.truncate(guards);
        frame.variables.truncate(scope);
    }

    fn range(&mut self, frame: &mut Frame, branch: Branch) {
        let tree = self.texts[frame.text].tree.clone();
        let scope = frame.variables.len();
        let guards = self.guards.len();
        let mark = self.tested.len();
        let variables: Vec<Vec<u8>> = match tree.node(branch.pipe).kind {
            NodeKind::Pipe(pipe) => variables(&tree, pipe),
            _ => Vec::new(),
        };
        let value = self.value_of_pipe(frame, branch.pipe);
        self.test(&value);
        let tested = self.tested.split_off(mark);
        self.guards.extend(&tested);
        self.tested.extend(tested);
        let site = self.site(frame, branch.pipe);
        let element = self.element(&value, site);
        // A second round sees what the first one assigned.
        let before = (self.changes, frame.variables.clone());
        for round in 0..2 {
            let values = [Set::other(), element.clone()];
            let given = &values[2 - variables.len().clamp(1, 2)..];
            for (name, value) in variables.iter().zip(given) {
                frame.variables.push((name.clone(), value.clone()));
            }
            let dot = std::mem::replace(&mut frame.dot, element.clone());
            self.walk(frame, branch.list);
            frame.dot = dot;
            frame.variables.truncate(scope);
            let same = self.changes == before.0 && frame.variables == before.1;
            if round == 0 && same {
                break;
            }
        }
        if let Some(list) = branch.else_list {
            self.walk(frame, list);
        }
        self.guards.truncate(guards);
        frame.variables.truncate(scope);
    }

    /// A pipeline with what it declares or assigns.
    pub(super) fn pipe(&mut self, frame: &mut Frame, id: NodeId) -> Set {
        let value = self.value_of_pipe(frame, id);
        let tree = self.texts[frame.text].tree.clone();
        if let NodeKind::Pipe(pipe) = tree.node(id).kind {
            for name in variables(&tree, pipe) {
                if pipe.assigns {
                    let mut known = frame.variables.iter_mut().rev();
                    if let Some((_, old)) = known.find(|(known, _)| *known == name) {
                        // It may or may not have been assigned when it is read.
                        old.join(&value);
                    }
                } else {
                    frame.variables.push((name, value.clone()));
                }
            }
        }
        value
    }

    fn value_of_pipe(&mut self, frame: &mut Frame, id: NodeId) -> Set {
        let tree = self.texts[frame.text].tree.clone();
        let NodeKind::Pipe(pipe) = tree.node(id).kind else {
            return self.operand(frame, id);
        };
        let mut value: Option<(Set, Site)> = None;
        for &command in tree.nodes(pipe.commands) {
            let site = self.site(frame, command);
            value = Some((self.command(frame, command, value), site));
        }
        value.map(|(value, _)| value).unwrap_or_default()
    }

    fn command(&mut self, frame: &mut Frame, id: NodeId, piped: Option<(Set, Site)>) -> Set {
        let tree = self.texts[frame.text].tree.clone();
        let NodeKind::Command(nodes) = tree.node(id).kind else {
            return self.operand(frame, id);
        };
        let Some((&first, arguments)) = tree.nodes(nodes).split_first() else {
            return Set::default();
        };
        if !self.enters() {
            return Set::other();
        }
        let value = if let NodeKind::Identifier(_) = tree.node(first).kind {
            let name = tree.bytes(tree.node(first).range);
            let name = String::from_utf8_lossy(name);
            self.function(frame, &name, id, arguments, piped)
        } else {
            let value = self.operand(frame, first);
            let is_method = !arguments.is_empty() || piped.is_some();
            for &argument in arguments {
                let site = self.site(frame, argument);
                let argument = self.operand(frame, argument);
                self.consume(&argument, site);
            }
            if let Some((piped, site)) = piped {
                self.consume(&piped, site);
            }
            if is_method {
                let site = self.site(frame, id);
                self.consume(&value, site);
                Set::other()
            } else {
                value
            }
        };
        self.depth -= 1;
        value
    }

    /// An argument.
    pub(super) fn operand(&mut self, frame: &mut Frame, id: NodeId) -> Set {
        if !self.enters() {
            return Set::other();
        }
        let tree = self.texts[frame.text].tree.clone();
        let site = self.site(frame, id);
        let value = match tree.node(id).kind {
            NodeKind::Dot => frame.dot.clone(),
            NodeKind::Field(names) => {
                let dot = frame.dot.clone();
                self.fields(&tree, dot, names, 0, site)
            }
            NodeKind::Variable(names) => {
                let name = tree.bytes(tree.names(names)[0]);
                let mut known = frame.variables.iter().rev();
                let found = known.find(|(known, _)| known == name);
                let value = found.map(|(_, value)| value.clone()).unwrap_or_default();
                self.fields(&tree, value, names, 1, site)
            }
            NodeKind::Chain { node, fields } => {
                let value = self.pipe(frame, node);
                // `(.a).b` is how templates read what may not be there.
                self.fields(&tree, value, fields, 0, site)
                    .joined(&Set::other())
            }
            NodeKind::Pipe(_) => {
                let scope = frame.variables.len();
                let value = self.pipe(frame, id);
                frame.variables.truncate(scope);
                value
            }
            NodeKind::Command(_) => self.command(frame, id, None),
            NodeKind::Identifier(_) => {
                let name = tree.bytes(tree.node(id).range);
                let name = String::from_utf8_lossy(name);
                self.function(frame, &name, id, &[], None)
            }
            NodeKind::String(string) => Set::text(&String::from_utf8_lossy(tree.string(string))),
            NodeKind::Number(_) => {
                Set::text(&String::from_utf8_lossy(tree.bytes(tree.node(id).range)))
            }
            _ => Set::other(),
        };
        self.depth -= 1;
        if value.atoms().len() > MAX_ATOMS {
            self.consume(&value, site);
            return Set::other();
        }
        value
    }

    fn fields(&mut self, tree: &Tree, of: Set, names: Names, skip: usize, site: Site) -> Set {
        let mut value = of;
        for &name in tree.names(names).iter().skip(skip) {
            let name = String::from_utf8_lossy(tree.bytes(name));
            value = self.field(&value, &name, site);
        }
        value
    }

    /// What stands under a key.
    pub(super) fn field(&mut self, of: &Set, key: &str, site: Site) -> Set {
        let mut found = Set::default();
        for atom in self.with_bases(of).atoms() {
            match atom {
                Atom::Chart(chart) => match key {
                    "Values" => found.add(Atom::Value(self.charts[*chart as usize].values)),
                    "Chart" => found.add(Atom::Metadata(*chart)),
                    "Subcharts" => found.add(Atom::Subcharts(*chart)),
                    "Release" | "Capabilities" | "Files" | "Template" => found.add(Atom::Other),
                    _ => {}
                },
                Atom::Metadata(chart) => match key {
                    "Name" => found.join(&Set::text(&self.charts[*chart as usize].name)),
                    _ => found.add(Atom::Other),
                },
                Atom::Subcharts(chart) => {
                    let children = &self.charts[*chart as usize].children;
                    let children = children.iter().filter(|(name, _)| &**name == key);
                    for (_, child) in children {
                        found.add(Atom::Chart(*child));
                    }
                }
                Atom::Value(path) => self.value_field(*path, key, site, &mut found),
                Atom::Object(object) => {
                    let object = &self.objects[*object as usize];
                    if let Some(field) = object.fields.get(key) {
                        found.join(field);
                    }
                    found.join(&object.rest);
                }
                Atom::Text(_) | Atom::Other => found.add(Atom::Other),
            }
        }
        found
    }

    /// What something is and what was laid under it, each once: maps that are laid under one another
    /// in turn have more ways between them than could be walked.
    fn with_bases<'s>(&mut self, of: &'s Set) -> Cow<'s, Set> {
        let mut all = Cow::Borrowed(of);
        let mut last = Cow::Borrowed(of);
        for _ in 0..MAX_BASES {
            let mut next = Set::default();
            let bases = last.atoms().iter().filter_map(|atom| self.bases.get(atom));
            for atom in bases.flat_map(Set::atoms) {
                if !all.has(atom) {
                    next.add(atom.clone());
                }
            }
            if next.atoms().is_empty() {
                break;
            }
            all.to_mut().join(&next);
            last = Cow::Owned(next);
        }
        self.steps += all.atoms().len() as u32;
        all
    }

    fn value_field(&mut self, path: PathId, key: &str, site: Site, found: &mut Set) {
        let chart = self.charts.iter().position(|chart| chart.values == path);
        if let Some(chart) = chart {
            // The method of the values themselves.
            if key == "AsMap" {
                found.add(Atom::Value(path));
                return;
            }
            if key == "global" {
                let mut at = self.charts[chart].upper;
                while let Some(upper) = at {
                    let upper = &self.charts[upper as usize];
                    at = upper.upper;
                    let global = self.paths.named(upper.values, key);
                    self.paths.mark(global, Reach::Itself, Some(site));
                    found.add(Atom::Value(global));
                }
            }
        }
        let child = self.paths.named(path, key);
        self.paths.mark(child, Reach::Itself, Some(site));
        found.add(Atom::Value(child));
    }

    /// What stands under some key, or is some element.
    pub(super) fn element(&mut self, of: &Set, site: Site) -> Set {
        let mut found = Set::default();
        for atom in self.with_bases(of).atoms() {
            match atom {
                Atom::Chart(chart) => {
                    found.add(Atom::Value(self.charts[*chart as usize].values));
                    found.add(Atom::Other);
                }
                Atom::Subcharts(chart) => {
                    for (_, child) in &self.charts[*chart as usize].children {
                        found.add(Atom::Chart(*child));
                    }
                }
                Atom::Value(path) => {
                    let child = self.paths.element(*path);
                    self.paths.mark(child, Reach::Itself, Some(site));
                    found.add(Atom::Value(child));
                }
                Atom::Object(object) => {
                    let object = &self.objects[*object as usize];
                    for field in object.fields.values() {
                        found.join(field);
                    }
                    found.join(&object.rest);
                }
                Atom::Metadata(_) | Atom::Text(_) | Atom::Other => found.add(Atom::Other),
            }
        }
        found
    }

    /// Something is tested for being there.
    pub(super) fn test(&mut self, value: &Set) {
        let values = value.atoms().iter().filter_map(|atom| match atom {
            Atom::Value(path) => Some(*path),
            _ => None,
        });
        let mark = self.tested.len();
        self.tested.extend(values);
        self.allowed.extend(&self.tested[mark..]);
    }

    /// Something is compared, with what it would not have to be there for, or with something else.
    pub(super) fn compare(&mut self, value: &Set, allows_absence: bool, site: Site) {
        let values = value.atoms().iter().filter_map(|atom| match atom {
            Atom::Value(path) => Some(*path),
            _ => None,
        });
        self.tested.extend(values);
        match value.as_value() {
            Some(path) if allows_absence => {
                self.allowed.insert(path);
            }
            Some(path) if self.is_needed(path, site) => self.compared.push((path, site)),
            _ => {}
        }
        self.read_whole(value, site);
    }

    /// Something is used with all that is in it.
    pub(super) fn consume(&mut self, value: &Set, site: Site) {
        if let Some(path) = value.as_value() {
            self.need(path, site);
        }
        self.read_whole(value, site);
    }

    /// The same for what may be absent.
    pub(super) fn read_whole(&mut self, value: &Set, site: Site) {
        for atom in value.atoms() {
            let reached = self.reached(atom);
            self.steps += reached.len() as u32;
            for &path in &*reached {
                self.paths.mark(path, Reach::Whole, Some(site));
            }
        }
    }

    /// The values that something holds, at any depth. What is printed is often printed again: it is
    /// looked through once, until something that was made is changed.
    fn reached(&mut self, atom: &Atom) -> Rc<[PathId]> {
        match self.reached.get(atom) {
            Some((changes, known)) if *changes == self.changes => return known.clone(),
            _ => {}
        }
        let mut found = Vec::new();
        let mut open: Vec<Atom> = vec![atom.clone()];
        let mut seen: HashSet<Atom> = HashSet::default();
        while let Some(atom) = open.pop() {
            if !seen.insert(atom.clone()) {
                continue;
            }
            if let Some(base) = self.bases.get(&atom) {
                open.extend_from_slice(base.atoms());
            }
            match atom {
                Atom::Chart(chart) => {
                    let chart = &self.charts[chart as usize];
                    open.push(Atom::Value(chart.values));
                    let mut at = chart.upper;
                    while let Some(upper) = at {
                        let upper = &self.charts[upper as usize];
                        at = upper.upper;
                        let global = self.paths.named(upper.values, "global");
                        open.push(Atom::Value(global));
                    }
                }
                Atom::Subcharts(chart) => {
                    let children = &self.charts[chart as usize].children;
                    open.extend(children.iter().map(|(_, child)| Atom::Chart(*child)));
                }
                Atom::Value(path) => {
                    self.steps += self.based.len() as u32;
                    found.push(path);
                    for &below in &self.based {
                        if self.paths.is_below(below, path)
                            && let Some(base) = self.bases.get(&Atom::Value(below))
                        {
                            open.extend_from_slice(base.atoms());
                        }
                    }
                }
                Atom::Object(object) => {
                    let object = &self.objects[object as usize];
                    let fields = object.fields.values().chain([&object.rest]);
                    open.extend(fields.flat_map(Set::atoms).cloned());
                }
                Atom::Metadata(_) | Atom::Text(_) | Atom::Other => {}
            }
        }
        self.steps += seen.len() as u32;
        let found: Rc<[PathId]> = found.into();
        let known = (self.changes, found.clone());
        self.reached.insert(atom.clone(), known);
        found
    }

    /// A value is used as if it were there.
    fn need(&mut self, path: PathId, site: Site) {
        if self.is_needed(path, site) {
            self.needs.push((path, site));
        }
    }

    /// Whether a value that is used is nowhere, and nothing around allows for that.
    fn is_needed(&self, path: PathId, site: Site) -> bool {
        let is_own = self.names[site.text as usize].is_own;
        if !is_own || self.paths.is_defined(path) || self.paths.is_filled(path) {
            return false;
        }
        // What a chart defines that is not there is not known.
        let of_absent = |&absent: &PathId| self.paths.is_below(path, absent);
        // Nor is who evaluates a text of values, with which data.
        let in_values = self.in_values.iter().any(|&(_, text)| {
            let text = &self.texts[text];
            text.fixed.is_some_and(|fixed| fixed == site)
        });
        if self.absent.iter().any(of_absent) || in_values && !self.absent.is_empty() {
            return false;
        }
        let above = self.paths.upwards(path).skip(1);
        let mut above = above.skip_while(|&at| !self.paths.is_defined(at));
        // What is empty is filled by users, with keys of their own.
        let is_open = above.next().is_none_or(|at| !self.paths.is_filled(at));
        // Who tested something that is not there knows that it may not be.
        let is_guarded = self
            .guards
            .iter()
            .any(|&guard| !self.paths.is_defined(guard));
        !is_open && !is_guarded
    }
}

/// The names that a pipeline declares or assigns.
fn variables(tree: &Tree, pipe: Pipe) -> Vec<Vec<u8>> {
    let nodes = tree.nodes(pipe.variables).iter();
    let names = nodes.map(|&id| tree.bytes(tree.node(id).range).to_vec());
    names.collect()
}
