//! Here-documents.

use super::parser::{Parser, Pending};

impl Parser<'_> {
    /// Reads the bodies of the here-documents that the line just ended has begun. One without
    /// its delimiter ends with the text, as shells have it.
    pub(super) fn here_documents(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            self.here_document(&pending);
        }
    }

    fn here_document(&mut self, pending: &Pending) {
        let start = self.pos;
        let mut line_at = start;
        let mut body_end = self.end;
        let mut next = self.end;
        while line_at < self.end {
            let rest = &self.text[line_at..self.end];
            let line = rest.split('\n').next().unwrap_or(rest);
            let following = (line_at + line.len() + 1).min(self.end);
            let mut name = line.strip_suffix('\r').unwrap_or(line);
            if pending.strip_tabs {
                name = name.trim_start_matches('\t');
            }
            if name == pending.delimiter {
                body_end = line_at;
                next = following;
                break;
            }
            line_at = following;
        }
        if pending.slot != usize::MAX {
            let range = self.range(start, body_end);
            self.out
                .bodies
                .push((pending.slot, pending.redirect, range));
        }
        if !pending.raw {
            self.here_expansions(body_end);
        }
        self.pos = next;
    }

    /// The substitutions in a body that the shell expands. An error there (often a `$` or a
    /// backtick that was meant literally) is left to the shell: it says nothing about the
    /// commands after the body.
    fn here_expansions(&mut self, body_end: usize) {
        let outer = (self.end, self.scope, self.nesting);
        let errors = self.out.error_count();
        if self.expansions(self.pos, body_end).is_err() {
            self.out.forget_errors(errors);
            (self.end, self.scope, self.nesting) = outer;
        }
        self.pending.clear();
    }
}
