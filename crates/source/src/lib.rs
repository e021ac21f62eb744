//! The ground of Plimsoll: files and their text, byte ranges, lines and columns, findings,
//! edits, fixes, and **origins** — where a piece of text was really written.
//!
//! This crate knows no language, no rule, no terminal and no operating system. Paths are
//! `/`-separated and relative to the root under review; bytes come in through [`files::Tree`].

pub mod edit;
pub mod files;
pub mod finding;
pub mod nearest;
pub mod origin;
pub mod text;

pub use edit::{Change, Edit, EditError, FileEdit, Fix, NewFile, Safety};
pub use files::{
    DirEntry, EntryKind, FileId, Files, MemoryTree, OpenFile, SourceFile, Tree, TreeError,
    TreeErrorKind,
};
pub use finding::{Confidence, Finding, Fingerprint, Related, Severity, Suppressed};
pub use origin::{
    Background, Gap, Marks, Origin, OriginMap, Part, Segment, ValueOrigin, ValueRole,
};
pub use text::{LineCol, LineIndex, Place, TextRange};
