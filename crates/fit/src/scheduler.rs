//! The scheduling cycle of one pod: filters, scores, and the node that is taken.
//!
//! What follows from a pod and the nodes alone is found out once for each template
//! ([`crate::prepare`]); what depends on where pods are is counted for each cycle.

use std::collections::HashMap;
use std::sync::Arc;

use crate::affinity::Namespaces;
use crate::face::FaceId;
use crate::load::Load;
use crate::node::Node;
use crate::prepare::{Prepared, Topologies};
use crate::reason::{Reason, Refusal};
use crate::scores::{self, Scored};
use crate::selector::Labels;
use crate::template::Template;
use crate::{filters, prepare};

/// Names a template that a [`Scheduler`] knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TemplateId(u32);

impl TemplateId {
    /// Its place among the templates.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The label that the API server gives to every namespace.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// kube-scheduler with its default plugins, for nodes that do not change.
#[derive(Debug)]
pub struct Scheduler {
    pub(crate) nodes: Vec<Node>,
    pub(crate) namespaces: Namespaces,
    pub(crate) templates: Vec<Arc<Template>>,
    known: HashMap<Arc<Template>, TemplateId>,
    /// The face of each template.
    face_of: Vec<FaceId>,
    /// What each face shows.
    faces: Vec<Arc<Template>>,
    known_faces: HashMap<Arc<Template>, FaceId>,
    topologies: Topologies,
    prepared: HashMap<TemplateId, Arc<Prepared>>,
}

/// What the filters say of each node.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The nodes that fit.
    pub fits: Vec<usize>,
    /// Why the others do not, by node; `None` for those that fit or are lost.
    pub reasons: Vec<Option<Reason>>,
    /// Why none was looked at.
    pub before: Option<Refusal>,
}

impl Scheduler {
    /// For these nodes and namespaces. Namespaces of pods need not be among them: every one has
    /// at least the label with its own name.
    pub fn new(nodes: Vec<Node>, namespaces: Namespaces) -> Self {
        let mut scheduler = Self {
            nodes,
            namespaces: Namespaces::new(),
            templates: Vec::new(),
            known: HashMap::new(),
            face_of: Vec::new(),
            faces: Vec::new(),
            known_faces: HashMap::new(),
            topologies: Topologies::default(),
            prepared: HashMap::new(),
        };
        for (name, labels) in namespaces {
            scheduler.add_namespace(&name, labels);
        }
        scheduler
    }

    fn add_namespace(&mut self, name: &str, labels: Labels) {
        let all = self.namespaces.entry(name.to_owned()).or_default();
        all.extend(labels);
        all.insert(NAMESPACE_NAME.to_owned(), name.to_owned());
    }

    /// Makes a template known.
    pub fn template(&mut self, template: Template) -> TemplateId {
        let template = Arc::new(template);
        if let Some(id) = self.known.get(&template) {
            return *id;
        }
        if !self.namespaces.contains_key(&template.namespace) {
            self.add_namespace(&template.namespace.clone(), Labels::new());
        }
        let id = TemplateId(u32::try_from(self.templates.len()).unwrap_or(u32::MAX));
        let face = self.face(&template);
        self.face_of.push(face);
        self.templates.push(Arc::clone(&template));
        self.known.insert(template, id);
        id
    }

    fn face(&mut self, template: &Template) -> FaceId {
        let shown = Arc::new(template.face());
        if let Some(id) = self.known_faces.get(&shown) {
            return *id;
        }
        let id = FaceId(u32::try_from(self.faces.len()).unwrap_or(u32::MAX));
        self.faces.push(Arc::clone(&shown));
        self.known_faces.insert(shown, id);
        // What was prepared says nothing of the new one.
        self.prepared.clear();
        id
    }

    /// What a template says.
    pub fn said(&self, id: TemplateId) -> &Template {
        &self.templates[id.index()]
    }

    /// The faces with their names.
    pub(crate) fn faces(&self) -> impl Iterator<Item = (FaceId, &Template)> {
        let numbers = 0..u32::try_from(self.faces.len()).unwrap_or(u32::MAX);
        numbers
            .zip(&self.faces)
            .map(|(number, face)| (FaceId(number), &**face))
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Nodes without pods.
    pub fn empty(&self) -> Load {
        Load::new(self.nodes.len())
    }

    /// Puts a pod on a node, whether it fits or not.
    pub fn put(&self, load: &mut Load, node: usize, id: TemplateId) {
        self.put_many(load, node, id, 1);
    }

    /// Puts so many of them there.
    pub(crate) fn put_many(&self, load: &mut Load, node: usize, id: TemplateId, more: i64) {
        let (face, template) = (self.face_of[id.index()], &self.templates[id.index()]);
        load.add(node, face, template, more);
    }

    fn prepare(&mut self, id: TemplateId) -> Arc<Prepared> {
        if let Some(prepared) = self.prepared.get(&id) {
            return Arc::clone(prepared);
        }
        let mut topologies = std::mem::take(&mut self.topologies);
        let prepared = Arc::new(prepare::prepare(self, &mut topologies, id));
        self.topologies = topologies;
        self.prepared.insert(id, Arc::clone(&prepared));
        prepared
    }

    /// What the filters say of each node (`findNodesThatFitPod`, with all nodes looked at: the
    /// scheduler stops early in clusters of 100 nodes and more).
    pub fn look(&mut self, load: &Load, id: TemplateId) -> Sight {
        let prepared = self.prepare(id);
        filters::look(self, &prepared, load)
    }

    /// What the nodes that fit are worth (`RunScorePlugins`).
    pub fn score(&mut self, load: &Load, id: TemplateId, fits: &[usize]) -> Vec<Scored> {
        let prepared = self.prepare(id);
        scores::score(self, &prepared, load, fits)
    }

    /// The node that the pod goes to: the first of the best in the order of the nodes, where the
    /// scheduler would throw a die.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn choose(&mut self, load: &Load, id: TemplateId) -> Result<usize, Refusal> {
        let sight = self.look(load, id);
        match sight.fits.as_slice() {
            [] => Err(sight.refusal(load.nodes())),
            [only] => Ok(*only),
            fits => {
                let scored = self.score(load, id, fits);
                let mut best = 0;
                for (at, one) in scored.iter().enumerate() {
                    if one.total() > scored[best].total() {
                        best = at;
                    }
                }
                Ok(fits[best])
            }
        }
    }
}

impl Sight {
    /// Why the pod is not placed, given that no node fits.
    pub fn refusal(&self, nodes: usize) -> Refusal {
        if let Some(before) = &self.before {
            return before.clone();
        }
        let mut reasons = std::collections::BTreeMap::new();
        for words in self.reasons.iter().flatten().flat_map(Reason::words) {
            *reasons.entry(words).or_insert(0) += 1;
        }
        Refusal::Nodes { nodes, reasons }
    }
}
