//! What is wrong with an object, where, and what to do.

use plimsoll_source::{Edit, Safety, TextRange};

/// A defect of an object: what a decoder or the validation of the API server would refuse, or
/// warn about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Of which sort.
    pub kind: ProblemKind,
    /// The place to look at.
    pub range: TextRange,
    /// One lower-case phrase.
    pub message: String,
    /// Why it matters.
    pub note: Option<String>,
    /// What to do, imperative.
    pub help: Option<String>,
    /// A further place and what is there.
    pub related: Option<(TextRange, String)>,
    /// A mend: its title, the edits and how far it can be trusted.
    pub mend: Option<Mend>,
    /// The field, from the top of the object and without indices: where something is missing,
    /// the missing one.
    pub path: Vec<String>,
    /// Whether the API server only warns and takes the object.
    pub is_warning: bool,
}

/// A mend of a problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mend {
    /// What it does.
    pub title: String,
    /// The changes of the file.
    pub edits: Vec<Edit>,
    /// How far it can be trusted.
    pub safety: Safety,
}

/// The sorts of problems.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ProblemKind {
    /// The group has no such kind, or no such version.
    UnknownKind,
    /// The structure has no such field.
    UnknownField,
    /// A value of another type.
    WrongType,
    /// A field that must be there and is not.
    Missing,
    /// Two entries that must differ do not.
    Duplicate,
    /// A value that the type can hold and the field cannot.
    Value,
    /// Fields that exclude or need each other.
    Conflict,
}

impl Problem {
    pub(super) fn new(kind: ProblemKind, range: TextRange, message: String) -> Self {
        Self {
            kind,
            range,
            message,
            note: None,
            help: None,
            related: None,
            mend: None,
            path: Vec::new(),
            is_warning: false,
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.note = Some(note.into());
        self
    }

    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn related(&mut self, range: TextRange, message: impl Into<String>) -> &mut Self {
        self.related = Some((range, message.into()));
        self
    }

    pub(super) fn warning(&mut self) -> &mut Self {
        self.is_warning = true;
        self
    }

    /// Replaces one range.
    pub(super) fn replace(
        &mut self,
        title: impl Into<String>,
        range: TextRange,
        text: impl Into<String>,
        safety: Safety,
    ) -> &mut Self {
        self.mend = Some(Mend {
            title: title.into(),
            edits: vec![Edit::replace(range, text)],
            safety,
        });
        self
    }
}
