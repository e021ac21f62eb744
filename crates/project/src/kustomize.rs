//! Kustomize: which files are bases and patches, and what an overlay adds.
#![expect(clippy::todo, reason = "skeleton being filled in")]

use plimsoll_source::FileId;

/// What overlays and transformers add to which objects.
#[derive(Debug, Default)]
pub struct Overlays {
    _private: (),
}

impl Overlays {
    /// Whether some kustomization may set `path` (such as `["spec", "replicas"]`, or
    /// `["spec", "template", "spec", "containers", "image"]` without indices) on the object
    /// `kind`/`name` of `file`, so that its absence there (or its value) means nothing.
    pub fn may_set(&self, file: FileId, kind: &str, name: &str, path: &[&str]) -> bool {
        let _ = (file, kind, name, path);
        todo!()
    }
}
