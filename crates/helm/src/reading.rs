//! What the templates of a chart read of its values, found without rendering.
//!
//! Every template is walked once for each kind of data that it is called with, all branches
//! alike. Where a value goes is followed through variables, `with`, `range`, `include`, `dict`,
//! `merge` and their like; what is printed or handed to a function that is not known here counts
//! as read with all that is in it. So a key that no walk came across is read by nothing, and
//! where a walk cannot know (a template whose name is made up, data that nests without end) it
//! says that everything may be read.
//!
//! Texts in values that are templates themselves are walked where `tpl` may get them; what a
//! user writes into values of his own is not known and reads nothing.

mod atoms;
mod calls;
mod charts;
mod functions;
mod paths;
mod texts;
mod walk;

use std::sync::Arc;

use plimsoll_source::TextRange;

use crate::chart::{Dependency, Loaded};
use crate::values::{Item, Sources};

pub use paths::{Paths, Reach};

/// A text that reads values: a template, a file of the chart, or values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadingText {
    /// Its path ([`crate::chart::File::path`]).
    pub path: Arc<str>,
    /// Whether it is of the outermost chart itself.
    pub is_own: bool,
}

/// Where a value is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Site {
    /// The text, by its number in [`Reading::texts`].
    pub text: u32,
    /// The bytes that read it.
    pub range: TextRange,
}

/// A value that is used as if it were there, and that no values define.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// Its keys from the root of the values on.
    pub path: Vec<Arc<str>>,
    /// Where it is used first.
    pub site: Site,
    /// Whether it is only compared with something (`eq`, `ne`), and nothing else in the chart
    /// allows for its absence.
    pub is_compared: bool,
}

/// What the templates of a chart read.
#[derive(Debug)]
pub struct Reading {
    /// All paths that are read or defined.
    pub paths: Paths,
    /// The texts that read them.
    pub texts: Vec<ReadingText>,
    /// What is used without a test and defined nowhere.
    pub needs: Vec<Need>,
    /// Whether a walk gave up, so that everything may be read.
    pub gave_up: bool,
}

/// What a chart is read with.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Dependencies that are not there.
    pub missing: &'a [Dependency],
    /// Further values, each laid over the chart's own by somebody, and the places of all.
    pub sets: &'a [(Item, &'a Sources)],
}

/// Reads the templates of a chart and of all charts in it, whether they take part or not.
pub fn read(loaded: &Loaded, given: Given<'_>) -> Reading {
    charts::read(loaded, given)
}
