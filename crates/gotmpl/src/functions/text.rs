//! Building text in a function, so that every part keeps where it came from.

use std::ops::Range;

use crate::error::CallError;
use crate::trace::{Builder, Pen, Sets, Trace};
use crate::value::{Str, Traced, Value};

use super::call::Call;

/// Text in the making. What is copied keeps its pieces; what is written anew is said to come
/// from the call, with the trace that the function gives.
pub struct TextBuilder<'b, 'a> {
    call: &'b mut Call<'a>,
    builder: Builder,
    pen: Pen,
}

impl<'b, 'a> TextBuilder<'b, 'a> {
    pub(super) fn new(call: &'b mut Call<'a>) -> Self {
        let builder = Builder::new(&mut call.env.sets, call.env.budget.bytes_left());
        let pen = Pen::at(call.frame, call.node, Trace::NONE);
        Self { call, builder, pen }
    }

    /// The call, for its unions and reads.
    pub fn call(&mut self) -> &mut Call<'a> {
        self.call
    }

    /// How many bytes there are so far.
    pub fn len(&self) -> usize {
        self.builder.len()
    }

    /// Whether there are none so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        self.builder.bytes()
    }

    /// Writes text that came from `trace`.
    pub fn write(&mut self, text: impl AsRef<[u8]>, trace: Trace) {
        self.builder.write(text.as_ref(), &self.pen.with(trace));
    }

    /// Says that `trace` decided that nothing is here.
    pub fn gap(&mut self, trace: Trace) {
        self.builder.gap(&self.pen.with(trace));
    }

    /// Copies bytes of a string; `trace` is that of the whole string and is joined to theirs.
    /// A range beyond the string is cut.
    pub fn copy(&mut self, text: &Str, range: Range<usize>, trace: Trace) {
        let range = clamped(text, range);
        let pen = self.pen.with(trace);
        let sets = &mut self.call.env.sets;
        self.builder.copy(sets, text, range, &pen, false);
    }

    /// Copies a whole string.
    pub fn copy_all(&mut self, text: &Str, trace: Trace) {
        self.copy(text, 0..text.len(), trace);
    }

    /// Writes `replacement` for bytes of a string: it has all that they came from.
    pub fn replace(
        &mut self,
        text: &Str,
        range: Range<usize>,
        replacement: impl AsRef<[u8]>,
        trace: Trace,
    ) {
        let range = clamped(text, range);
        let sets = &mut self.call.env.sets;
        let pieces = sets.within(text, range);
        let trace = sets.union(pieces, trace);
        let replacement = replacement.as_ref();
        if replacement.is_empty() {
            self.gap(trace);
        }
        self.write(replacement, trace);
    }

    /// Leaves bytes of a string out, but keeps in mind what they came from: with another
    /// content they might have stayed.
    pub fn drop(&mut self, text: &Str, range: Range<usize>, trace: Trace) {
        self.replace(text, range, "", trace);
    }

    /// Writes with a printer of the crate, and gives the text.
    pub(crate) fn with(
        mut self,
        print: impl FnOnce(&mut Builder, &mut Sets, Pen) -> Result<(), CallError>,
    ) -> Result<Traced, CallError> {
        print(&mut self.builder, &mut self.call.env.sets, self.pen)?;
        self.finish()
    }

    /// Writes a value as `%v` prints it.
    pub fn print(&mut self, value: &Traced) -> Result<(), CallError> {
        let sets = &mut self.call.env.sets;
        crate::format::print(&mut self.builder, sets, self.pen, value)
    }

    /// The text. An error says that it would exceed the session's limit.
    pub fn finish(self) -> Result<Traced, CallError> {
        let full = self.builder.is_full();
        let budget = &mut self.call.env.budget;
        if full {
            return Err(budget.too_many_bytes().into());
        }
        budget.take_bytes(self.builder.len())?;
        let text = self.builder.finish(&mut self.call.env.sets);
        Ok(Traced::new(Value::Str(text), Trace::NONE))
    }
}

fn clamped(text: &Str, range: Range<usize>) -> Range<usize> {
    let end = range.end.min(text.len());
    range.start.min(end)..end
}
