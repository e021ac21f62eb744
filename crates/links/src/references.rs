//! What an object names, through every way of referring, and whether it is there.

mod extract;

use std::borrow::Cow;

use plimsoll_k8s::{IntOrString, LabelSelector};
use plimsoll_source::{FileId, Place, TextRange};
use plimsoll_yaml::Node;

use crate::model::LinkKind;
use crate::objects::{Definition, ObjectRef, Objects};
use crate::worlds::Distance;

use extract::references_of;

/// One place where an object refers to another.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    /// The object that refers.
    pub from: ObjectRef,
    /// Its file.
    pub file: FileId,
    /// What the reference is for.
    pub kind: LinkKind,
    /// What it means.
    pub target: Target<'a>,
    /// Where the name stands.
    pub range: TextRange,
    /// The container that needs it, by its label.
    pub container: Option<Box<str>>,
    /// The field, as people call it: `envFrom`, `spec.scaleTargetRef`.
    pub field: &'static str,
    /// Whether the object works without it.
    pub optional: bool,
}

impl Reference<'_> {
    /// Where the name stands.
    pub fn place(&self) -> Place {
        Place::new(self.file, self.range)
    }
}

/// What a reference means.
#[derive(Clone, Debug)]
pub enum Target<'a> {
    /// An object by kind and name.
    Named {
        /// The kind. Where several would do (a scale target without a known kind), the first.
        kind: Cow<'a, str>,
        /// The name.
        name: Cow<'a, str>,
        /// The namespace in which it is looked for, where it is known.
        namespace: Option<Cow<'a, str>>,
        /// The keys of it that are asked for.
        keys: Vec<Node<'a>>,
        /// The port of it that is asked for.
        port: Option<IntOrString<'a>>,
    },
    /// The pods with these labels.
    Pods {
        /// The selector.
        selector: LabelSelector<'a>,
        /// The namespace in which pods are looked for; `None` where any may be meant.
        namespace: Option<Cow<'a, str>>,
    },
    /// The Services with these labels.
    Services {
        /// The selector.
        selector: LabelSelector<'a>,
    },
}

/// What became of a reference to a named object.
#[derive(Clone, Debug)]
pub enum Resolution<'r, 'a> {
    /// The nearest definitions, all equally near.
    Found(Distance, Vec<&'r Definition<'a>>),
    /// Nothing in reach defines it.
    Absent,
}

/// All references of a project.
pub struct References<'a> {
    /// In the order of the objects.
    pub all: Vec<Reference<'a>>,
}

impl<'a> References<'a> {
    /// Collects them.
    pub fn new(objects: &Objects<'a>) -> Self {
        let mut all = Vec::new();
        for (from, object) in objects.iter() {
            let file = objects.file(from);
            references_of(from, file, object, &mut all);
        }
        Self { all }
    }

    /// Those of one object.
    pub fn of(&self, from: ObjectRef) -> &[Reference<'a>] {
        let start = self.all.partition_point(|reference| reference.from < from);
        let rest = &self.all[start..];
        let count = rest.partition_point(|reference| reference.from == from);
        &rest[..count]
    }
}

impl<'a> Objects<'a> {
    /// Looks for what a reference to a named object means.
    pub fn resolve(&self, reference: &Reference<'a>) -> Resolution<'_, 'a> {
        let Target::Named {
            kind,
            name,
            namespace,
            ..
        } = &reference.target
        else {
            return Resolution::Absent;
        };
        match self.nearest(reference.file, namespace.as_deref(), kind, name) {
            (Some(distance), found) => Resolution::Found(distance, found),
            (None, _) => Resolution::Absent,
        }
    }
}

/// The pods that an object makes, as selectors see them.
#[derive(Clone, Debug)]
pub struct Pods<'a> {
    /// The object.
    pub object: ObjectRef,
    /// Its file.
    pub file: FileId,
    /// Its namespace.
    pub namespace: Option<Cow<'a, str>>,
    /// The labels of its pods.
    pub labels: plimsoll_k8s::Labels<'a>,
}
