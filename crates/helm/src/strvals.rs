//! The grammar of `--set` and its kin, as Helm's package strvals has it.
//!
//! A line is laid over values that are already there, and what it does depends on them: a list
//! index needs a list. Errors have Helm's texts and the place in the line. Every value that a
//! line sets knows its bytes in the line.

mod error;
mod line;

use std::sync::Arc;

use plimsoll_source::TextRange;

pub use error::{Cause, SetError};

use self::line::Line;
use crate::json;
use crate::values::{Data, Item, Source, SourceFile, SourceId, Sources, Step, merge_maps};

/// The flags that set values on the command line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Flag {
    /// `--set-json`: `key=JSON`, or one JSON object.
    Json,
    /// `--set`: `true`, `false`, `null` and integers are what they look like.
    Set,
    /// `--set-string`: every value is a string.
    String,
    /// `--set-file`: every value is the text of the file that is named.
    File,
    /// `--set-literal`: one key, and the rest of the line is its value.
    Literal,
}

impl Flag {
    /// All of them, in the order in which Helm lays them over each other.
    pub const ORDER: [Flag; 5] = [
        Flag::Json,
        Flag::Set,
        Flag::String,
        Flag::File,
        Flag::Literal,
    ];

    /// How it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Flag::Json => "--set-json",
            Flag::Set => "--set",
            Flag::String => "--set-string",
            Flag::File => "--set-file",
            Flag::Literal => "--set-literal",
        }
    }
}

/// Gives the bytes of the file that `--set-file` names; the error is shown as it is.
pub type ReadFile<'r> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'r;

/// Lays the line of a flag over values. `values` must be a mapping. After an error the values
/// are those that were set before it.
pub fn set(
    values: &mut Item,
    flag: Flag,
    text: &str,
    sources: &mut Sources,
    read: &mut ReadFile<'_>,
) -> Result<(), SetError> {
    let file = sources.add_file(SourceFile {
        name: flag.name().into(),
        text: text.into(),
        below: Arc::default(),
    });
    let root = sources.add(Source {
        file,
        range: TextRange::at(0, text.len()),
        parent: SourceId::NONE,
        step: Step::Root,
    });
    let fail = |cause, range, is_object| SetError {
        flag,
        is_object,
        text: text.to_owned(),
        cause,
        range,
    };
    // A line of JSON that is no assignment is merged like a values file.
    let object = text.trim();
    if flag == Flag::Json && object.starts_with('{') {
        let start = text.len() - text.trim_start().len();
        let mut reader = json::Reader::new(text, file, sources);
        let item = reader
            .whole(start, root, Step::Root)
            .map_err(|error| fail(Cause::Json(error.expected), error.range, true))?;
        merge_maps(values, item);
        return Ok(());
    }
    if !values.data.is_map() {
        values.data = Data::map();
    }
    Line::new(text, flag, file, sources, read)
        .lay_over(values, root)
        .map_err(|(cause, range)| fail(cause, range, false))
}
