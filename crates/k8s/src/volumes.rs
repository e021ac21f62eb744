//! Volumes of a pod.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::Node;

use crate::view::{head, mapping, string, string_node};

/// One entry of `volumes`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Volume<'a> {
    node: Node<'a>,
}

/// Where a volume's content comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VolumeKind {
    /// Scratch space for the life of the pod; also what a volume without a source becomes.
    EmptyDir,
    /// A path of the node.
    HostPath,
    /// A ConfigMap's keys as files.
    ConfigMap,
    /// A Secret's keys as files.
    Secret,
    /// A claim, see [`Volume::claim_name`].
    PersistentVolumeClaim,
    /// Several sources in one directory.
    Projected,
    /// The pod's own fields as files.
    DownwardApi,
    /// A claim made for the pod.
    Ephemeral,
    /// A driver called inline.
    Csi,
    /// An image's content.
    Image,
    /// NFS.
    Nfs,
    /// Any other source.
    Other,
}

const SOURCES: &[(&str, VolumeKind)] = &[
    ("emptyDir", VolumeKind::EmptyDir),
    ("hostPath", VolumeKind::HostPath),
    ("configMap", VolumeKind::ConfigMap),
    ("secret", VolumeKind::Secret),
    ("persistentVolumeClaim", VolumeKind::PersistentVolumeClaim),
    ("projected", VolumeKind::Projected),
    ("downwardAPI", VolumeKind::DownwardApi),
    ("ephemeral", VolumeKind::Ephemeral),
    ("csi", VolumeKind::Csi),
    ("image", VolumeKind::Image),
    ("nfs", VolumeKind::Nfs),
];

impl<'a> Volume<'a> {
    /// The view of a mapping.
    pub fn new(node: Node<'a>) -> Self {
        Self {
            node: node.resolve(),
        }
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Its name, to which mounts refer.
    pub fn name(self) -> Option<Cow<'a, str>> {
        string(self.node, "name")
    }

    /// The `name:` entry, or what stands for the volume without one.
    pub fn head(self) -> TextRange {
        head(self.node, &["name"])
    }

    /// Where its content comes from. A source that is null is none, and a volume with no source
    /// is an `emptyDir`.
    pub fn kind(self) -> VolumeKind {
        let known = SOURCES
            .iter()
            .find(|(key, _)| self.node.present(key).is_some());
        if let Some((_, kind)) = known {
            return *kind;
        }
        let other = self.node.merged_entries().any(|entry| {
            !entry.value.resolve().is_null() && entry.key.text().is_none_or(|key| key != "name")
        });
        if other {
            VolumeKind::Other
        } else {
            VolumeKind::EmptyDir
        }
    }

    /// The mapping of its source, such as the value of `configMap`.
    pub fn source(self) -> Option<Node<'a>> {
        let known = SOURCES.iter().find_map(|(key, _)| mapping(self.node, key));
        known.or_else(|| {
            let mut entries = self.node.merged_entries();
            let other = entries.find(|entry| entry.key.text().is_none_or(|key| key != "name"))?;
            Some(other.value.resolve()).filter(|node| node.kind() == plimsoll_yaml::Kind::Mapping)
        })
    }

    /// The path of a `hostPath` volume.
    pub fn host_path(self) -> Option<Node<'a>> {
        string_node(mapping(self.node, "hostPath")?, "path")
    }

    /// The medium of an `emptyDir` (`Memory`), if one is written.
    pub fn medium(self) -> Option<Node<'a>> {
        string_node(mapping(self.node, "emptyDir")?, "medium")
    }

    /// The `sizeLimit` of an `emptyDir`, if one is written.
    pub fn size_limit(self) -> Option<Node<'a>> {
        mapping(self.node, "emptyDir")?.present("sizeLimit")
    }

    /// The name of the object that the volume reads: a ConfigMap's, a Secret's or a claim's.
    pub fn object_name(self) -> Option<Node<'a>> {
        let (source, key) = match self.kind() {
            VolumeKind::ConfigMap => ("configMap", "name"),
            VolumeKind::Secret => ("secret", "secretName"),
            VolumeKind::PersistentVolumeClaim => ("persistentVolumeClaim", "claimName"),
            _ => return None,
        };
        string_node(mapping(self.node, source)?, key)
    }

    /// The claim's name of a `persistentVolumeClaim` volume.
    pub fn claim_name(self) -> Option<Node<'a>> {
        string_node(mapping(self.node, "persistentVolumeClaim")?, "claimName")
    }
}
