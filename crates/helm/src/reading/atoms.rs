//! What an expression may be, as far as reading values needs to know.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::paths::PathId;

/// Names an object that a template makes.
pub(super) type ObjectId = u32;

/// One thing that an expression may be.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Atom {
    /// The data that the templates of a chart start with.
    Chart(u32),
    /// `.Chart` of a chart.
    Metadata(u32),
    /// `.Subcharts` of a chart.
    Subcharts(u32),
    /// A value.
    Value(PathId),
    /// A dict or list that a template made.
    Object(ObjectId),
    /// A text, of which some parts may not be known.
    Text(Rc<[Option<Arc<str>>]>),
    /// Something that leads to no value.
    Other,
}

/// What an expression may be: sorted, each once. Empty for what is not there.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Set(SmallVec<[Atom; 1]>);

impl Set {
    pub(super) fn other() -> Self {
        Atom::Other.into()
    }

    pub(super) fn text(text: &str) -> Self {
        Atom::Text([Some(Arc::from(text))].into()).into()
    }

    pub(super) fn atoms(&self) -> &[Atom] {
        &self.0
    }

    pub(super) fn add(&mut self, atom: Atom) {
        if let Err(at) = self.0.binary_search(&atom) {
            self.0.insert(at, atom);
        }
    }

    pub(super) fn has(&self, atom: &Atom) -> bool {
        self.0.binary_search(atom).is_ok()
    }

    pub(super) fn join(&mut self, other: &Self) {
        for atom in &other.0 {
            self.add(atom.clone());
        }
    }

    pub(super) fn remove(&mut self, atom: &Atom) {
        self.0.retain(|known| known != atom);
    }

    pub(super) fn joined(mut self, other: &Self) -> Self {
        self.join(other);
        self
    }

    /// The whole text, if it can be but one.
    pub(super) fn as_text(&self) -> Option<&Arc<str>> {
        match &*self.0 {
            [Atom::Text(parts)] => match &**parts {
                [Some(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value, if it can be but one.
    pub(super) fn as_value(&self) -> Option<PathId> {
        match &*self.0 {
            [Atom::Value(path)] => Some(*path),
            _ => None,
        }
    }
}

impl From<Atom> for Set {
    fn from(atom: Atom) -> Self {
        Self(smallvec![atom])
    }
}

/// A dict or list that a template made.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) fields: BTreeMap<Arc<str>, Set>,
    /// What may stand under any key.
    pub(super) rest: Set,
}

/// Whether a text can be one that is known in parts.
pub(super) fn fits(parts: &[Option<Arc<str>>], text: &str) -> bool {
    let mut rest = text;
    let mut is_free = false;
    for (number, part) in parts.iter().enumerate() {
        match part {
            None => is_free = true,
            Some(part) => {
                let is_last = number + 1 == parts.len();
                let at = match (is_free, is_last) {
                    (false, _) if !rest.starts_with(&**part) => return false,
                    (false, _) => 0,
                    (true, true) if !rest.ends_with(&**part) => return false,
                    (true, true) => rest.len() - part.len(),
                    (true, false) => match rest.find(&**part) {
                        Some(at) => at,
                        None => return false,
                    },
                };
                rest = &rest[at + part.len()..];
                is_free = false;
            }
        }
    }
    is_free || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn texts_known_in_parts_fit_or_not() {
        let some = |text: &str| Some(text.into());
        assert!(fits(&[None, some(".labels")], "web.labels"));
        assert!(!fits(&[None, some(".labels")], "web.labels.more"));
        assert!(fits(&[some("a."), None], "a.b"));
        assert!(fits(&[some("a."), None, some(".c")], "a.b.c"));
        assert!(!fits(&[some("a"), some("b")], "abc"));
        assert!(fits(&[None], ""));
    }
}
