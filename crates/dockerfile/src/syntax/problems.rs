//! The errors of one instruction, by the step of the builder that finds them.

use super::SyntaxError;

/// Errors found while an instruction is read.
///
/// What ONBUILD holds is read twice: its words now, its meaning when a child image is built. So
/// the errors of the second step are dropped there.
pub(crate) struct Problems<'a> {
    list: &'a mut Vec<SyntaxError>,
    held: bool,
}

impl<'a> Problems<'a> {
    /// Errors go to `list`; `held` by an ONBUILD.
    pub(crate) fn new(list: &'a mut Vec<SyntaxError>, held: bool) -> Self {
        Self { list, held }
    }

    /// An error in the words, found at once.
    pub(crate) fn early(&mut self, error: SyntaxError) {
        self.list.push(error);
    }

    /// An error in what the words mean.
    pub(crate) fn late(&mut self, error: SyntaxError) {
        if !self.held {
            self.list.push(error);
        }
    }
}
