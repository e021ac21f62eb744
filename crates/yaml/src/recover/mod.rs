//! Parsing on after an error: what is broken is blanked out, byte for byte, and the document
//! read again, so that every range stays right and everything else is kept.
//!
//! Invariants: every attempt blanks something that was not blank or appends a closing bracket,
//! so the loop ends; what is read again is counted against a budget, so hostile text costs a
//! bounded multiple of reading it once; when the budget is spent, a broken document is kept up
//! to its first error and the next one is read.

mod locate;
mod tolerate;
mod words;

use std::sync::Arc;

use plimsoll_source::{LineIndex, TextRange};

use crate::build::{Builder, Checkpoint, Failure};
use crate::tree::{Comment, Kind, SyntaxError, Tree};
use crate::{Dialect, alias, dialect, scan};
use tolerate::Change;

/// Bytes that may be read again, whatever the length of the text.
const FREE_BYTES: usize = 4 << 20;
/// Lengths of the text that may be read again.
const FREE_LENGTHS: usize = 4;
/// How many errors are described; after that broken documents are cut short.
const MAX_ERRORS: usize = 200;

pub(crate) fn parse(text: &Arc<str>, dialect: Dialect) -> Tree {
    let mut tree = Tree::empty(Arc::clone(text), dialect);
    if u32::try_from(text.len()).is_err() {
        tree.errors.push(SyntaxError {
            range: TextRange::default(),
            message: "the text is longer than 4 GiB".into(),
            help: None,
        });
        return tree;
    }
    let mut recovery = Recovery {
        text,
        masked: None,
        errors: Vec::new(),
        blanked: Vec::new(),
        comments: Vec::new(),
        stand_ins: StandIns::default(),
        last: None,
        budget: FREE_BYTES.max(text.len().saturating_mul(FREE_LENGTHS)),
        cut_budget: FREE_BYTES.max(text.len().saturating_mul(FREE_LENGTHS)),
    };
    let mut from = 0;
    loop {
        let before = Checkpoint::of(&tree, from);
        let mut glued = Vec::new();
        let masked = recovery.masked.as_deref().unwrap_or(text);
        let builder = Builder::new(&mut tree, masked, from, &recovery.stand_ins, &mut glued);
        let result = builder.run();
        if recovery.glue(&glued, from) {
            before.restore(&mut tree);
            continue;
        }
        match result {
            Ok(()) => break,
            Err(failure) => match recovery.after(&failure, &mut tree) {
                Some(next) => from = next,
                None => break,
            },
        }
    }
    finish(&mut tree, recovery);
    // Trees live as long as the project, thousands of them at a time.
    tree.nodes.shrink_to_fit();
    tree.props.shrink_to_fit();
    tree.documents.shrink_to_fit();
    tree.decoded.shrink_to_fit();
    tree.comments.shrink_to_fit();
    tree
}

fn finish(tree: &mut Tree, mut recovery: Recovery<'_>) {
    tree.errors.append(&mut recovery.errors);
    tree.comments.append(&mut recovery.comments);
    tree.comments
        .sort_unstable_by_key(|comment| comment.range.start);
    tree.comments.dedup_by_key(|comment| comment.range.start);
    let len = tree.text.len() as u32;
    // Brackets that were closed for the text lie past its end.
    for node in tree.nodes.iter_mut().filter(|node| node.range.end > len) {
        node.range = TextRange::new(node.range.start.min(len), len);
    }
    for document in tree
        .documents
        .iter_mut()
        .filter(|document| document.range.end > len)
    {
        document.range.end = len;
    }
    if tree.dialect == Dialect::Core {
        duplicate_keys(tree);
    }
    recovery.blanked.sort_unstable();
    dialect::check(tree, &recovery.blanked);
    alias::check(tree);
    tree.errors
        .sort_by_key(|error| (error.range.start, error.range.end));
}

/// What was written into the masked text so that the parser takes it.
#[derive(Default)]
pub(crate) struct StandIns {
    /// Plain scalars that are to be read as the source has them.
    pub(crate) plain: Vec<TextRange>,
    /// Colons that are the last character of a plain scalar, in order.
    pub(crate) colons: Vec<usize>,
    /// What stands for `\'` in double quotes, a character that the source does not hold.
    pub(crate) quote: Option<char>,
}

struct Recovery<'t> {
    text: &'t Arc<str>,
    /// The text with what is broken blanked out, and brackets closed at its end.
    masked: Option<String>,
    errors: Vec<SyntaxError>,
    /// What was blanked because it is broken.
    blanked: Vec<TextRange>,
    /// Comments that the parser does not get to see.
    comments: Vec<Comment>,
    stand_ins: StandIns,
    /// What was blanked last.
    last: Option<locate::Broken>,
    /// Bytes that may still be read again after blanking.
    budget: usize,
    /// Bytes that may still be read for documents that are cut short.
    cut_budget: usize,
}

impl Recovery<'_> {
    /// Has colons read as parts of the scalars that they end; whether there are any and the text
    /// may be read again from `from`.
    fn glue(&mut self, colons: &[usize], from: usize) -> bool {
        let cost = self.text.len().saturating_sub(from) + 1;
        if colons.is_empty() || cost > self.budget {
            return false;
        }
        self.budget -= cost;
        for &colon in colons {
            self.change(&Change::Colon(colon));
        }
        true
    }

    /// Records the failure; says from where to read on, if at all.
    fn after(&mut self, failure: &Failure, tree: &mut Tree) -> Option<usize> {
        let masked = self.masked.as_deref().unwrap_or(self.text);
        let cost = locate::read_until(self.text, failure).saturating_sub(failure.checkpoint.at) + 1;
        let affordable = cost <= self.budget;
        if affordable && let Some(change) = tolerate::tolerate(masked, self.text.len(), failure) {
            self.change(&change);
            self.budget -= cost;
            failure.checkpoint.restore(tree);
            return Some(failure.checkpoint.at);
        }
        let broken = locate::locate(masked, self.text.len(), failure);
        let follows = self
            .last
            .as_ref()
            .is_some_and(|last| broken.follows_from(last, masked));
        if !follows {
            self.errors
                .push(words::describe(self.text, masked, failure, &broken));
        }
        if affordable && self.errors.len() < MAX_ERRORS && self.blank(&broken) {
            self.budget -= cost;
            self.last = Some(broken);
            failure.checkpoint.restore(tree);
            return Some(failure.checkpoint.at);
        }
        self.last = None;
        self.cut_budget = self.cut_budget.checked_sub(cost)?;
        next_document(self.masked.as_deref().unwrap_or(self.text), failure.at)
    }

    /// Makes a change that is no error.
    fn change(&mut self, change: &Change) {
        let masked = self.masked.get_or_insert_with(|| self.text.to_string());
        let blank = |range: TextRange| " ".repeat(range.len() as usize);
        match change {
            Change::Comment(comment) => {
                // Characters that no text may hold are left for the parser to refuse.
                let source = comment.range.of(masked);
                let rest = source.chars().map(|c| match c {
                    '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' => {
                        c.to_string()
                    }
                    c => " ".repeat(c.len_utf8()),
                });
                let rest: String = rest.collect();
                masked.replace_range(comment.range.as_usize(), &rest);
                self.comments.push(*comment);
            }
            Change::Spaces(range) => masked.replace_range(range.as_usize(), &blank(*range)),
            Change::Stand(range, other) => {
                masked.replace_range(range.as_usize(), other);
                self.stand_ins.plain.push(*range);
            }
            Change::Colon(at) => {
                masked.replace_range(*at..*at + 1, "x");
                self.stand_ins.colons.push(*at);
            }
            Change::Quote(range) => {
                let text = self.text;
                let quote = *self.stand_ins.quote.get_or_insert_with(|| {
                    // Any character of two bytes that is not in use.
                    ('\u{0600}'..='\u{07ff}')
                        .find(|&c| !text.contains(c))
                        .unwrap_or('\u{07ff}')
                });
                masked.replace_range(range.as_usize(), &quote.to_string());
            }
        }
    }

    /// Blanks what is broken, or closes what is open; whether that changed anything.
    fn blank(&mut self, broken: &locate::Broken) -> bool {
        let masked = self.masked.get_or_insert_with(|| self.text.to_string());
        if let Some(closers) = &broken.closers {
            // On a line of their own: the last one may be a comment.
            masked.push('\n');
            masked.push_str(closers);
            return true;
        }
        let range = broken.mask.as_usize();
        let old = &masked[range.clone()];
        if old.bytes().all(|b| matches!(b, b' ' | b'\r' | b'\n')) {
            return false;
        }
        let blank: String = old
            .bytes()
            .map(|b| {
                if matches!(b, b'\r' | b'\n') {
                    char::from(b)
                } else {
                    ' '
                }
            })
            .collect();
        masked.replace_range(range, &blank);
        self.blanked.push(broken.mask);
        true
    }
}

/// Where the first document begins that starts after `at` with a `---`.
fn next_document(text: &str, at: usize) -> Option<usize> {
    let mut line = scan::next_line(text, at);
    while line < text.len() {
        let rest = &text[line..];
        if rest.starts_with("---") && rest[3..].chars().next().is_none_or(char::is_whitespace) {
            return Some(line);
        }
        line = scan::next_line(text, line);
    }
    None
}

/// compose-go refuses a mapping that has a key twice; so does its YAML library.
fn duplicate_keys(tree: &mut Tree) {
    let mut lines: Option<LineIndex> = None;
    let mut found = Vec::new();
    for id in 0..tree.nodes.len() as u32 {
        let node = tree.node(id);
        if node.kind() != Kind::Mapping || node.len() < 2 {
            continue;
        }
        for (first, second) in node.duplicate_entries() {
            let lines = lines.get_or_insert_with(|| LineIndex::new(&tree.text));
            let line = lines.line(first.key.range().start);
            let key = second.key.source();
            found.push(SyntaxError {
                range: second.key.range(),
                message: format!("the key `{key}` is already set on line {line}"),
                help: Some("keep one of the two".into()),
            });
        }
    }
    tree.errors.append(&mut found);
}
