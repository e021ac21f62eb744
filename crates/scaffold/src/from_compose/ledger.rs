//! What of a Compose project was carried over, and what was not.
//!
//! Whoever reads a value says so. In the end everything that a file says is walked, and what nobody
//! read is a loss: nothing can be forgotten silently.

use std::collections::HashSet;

use plimsoll_compose::resolve::{Entry, Item, Records, Trace};

use super::lost;
use crate::model::Evidence;

/// Something that a Compose file says and what is written does not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Loss {
    /// The file, relative to the root of the tree where it lies below it; empty for what no file says.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// The keys that lead to it, joined by dots.
    pub key: String,
    /// What is lost, a lower-case phrase.
    pub lost: String,
    /// What to do, imperative.
    pub help: String,
}

/// Keeps the books.
pub(super) struct Ledger<'r> {
    records: &'r Records,
    /// The folder that paths are shown relative to, absolute.
    root: &'r str,
    read: HashSet<usize>,
    losses: Vec<Loss>,
}

fn name_of(item: &Item) -> usize {
    std::ptr::from_ref(item).addr()
}

impl<'r> Ledger<'r> {
    pub(super) fn new(records: &'r Records, root: &'r str) -> Self {
        Self {
            records,
            root,
            read: HashSet::new(),
            losses: Vec::new(),
        }
    }

    /// Notes that a value with all below it is carried over, or accounted for.
    pub(super) fn settle(&mut self, item: &Item) {
        self.read.insert(name_of(item));
    }

    /// File and line of what stands at a place; nothing for what Compose adds on nobody's behalf.
    pub(super) fn place(&self, trace: Trace) -> (String, u32) {
        let Some(spot) = trace.spot() else {
            return (String::new(), 0);
        };
        let (path, at) = self.records.place(spot);
        (relative(path, self.root).to_owned(), at.line)
    }

    /// What a line rests on.
    pub(super) fn evidence(&self, trace: Trace, says: impl Into<String>) -> Evidence {
        let (file, line) = self.place(trace);
        Evidence::line(file, line, says)
    }

    /// Lists a loss.
    pub(super) fn lose(
        &mut self,
        trace: Trace,
        key: impl Into<String>,
        lost: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (file, line) = self.place(trace);
        self.losses.push(Loss {
            file,
            line,
            key: key.into(),
            lost: lost.into(),
            help: help.into(),
        });
    }

    /// Walks all that the files say and lists what nobody read.
    pub(super) fn finish(mut self, root: &'r Item) -> Vec<Loss> {
        // What is still to be looked at: the keys that lead there, and the value with its entry.
        let mut open: Vec<(Vec<String>, Option<&Entry>, &Item)> = vec![(Vec::new(), None, root)];
        while let Some((keys, entry, item)) = open.pop() {
            // What begins with `#` are extensions, which Compose itself passes over.
            let is_extension = entry.is_some_and(|entry| entry.key().starts_with('#'));
            if is_extension || self.read.contains(&name_of(item)) {
                continue;
            }
            let words = lost::of(&keys);
            let entries: Vec<&Entry> = item.entries().collect();
            let is_leaf = entries.is_empty() && item.items().is_empty();
            if let (None, false) = (words, is_leaf) {
                for entry in entries {
                    let mut keys = keys.clone();
                    keys.push(entry.key().to_owned());
                    open.push((keys, Some(entry), entry.value()));
                }
                for (number, item) in item.items().iter().enumerate() {
                    let mut keys = keys.clone();
                    keys.push(number.to_string());
                    open.push((keys, None, item));
                }
                continue;
            }
            let trace = entry.map_or(item.trace(), Entry::key_trace);
            // Nobody wrote it, so that nobody misses it.
            if trace.is_implied() || item.trace().is_implied() {
                continue;
            }
            let (lost, help) = words.unwrap_or(lost::UNKNOWN);
            self.lose(trace, keys.join("."), lost, help);
        }
        self.losses.sort();
        self.losses.dedup();
        self.losses
    }
}

/// A path relative to the root, where it lies below it.
pub(super) fn relative<'p>(path: &'p str, root: &str) -> &'p str {
    let root = root.trim_end_matches('/');
    match path.strip_prefix(root) {
        Some("") => "",
        Some(rest) if rest.starts_with('/') => &rest[1..],
        _ => path,
    }
}
