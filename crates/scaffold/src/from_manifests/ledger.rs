//! What of manifests a Compose file says as well, and what it does not.
//!
//! Whoever reads a value says so. In the end every object that became a service is walked, and what
//! nobody read is a loss with its place.

use std::collections::{BTreeMap, HashSet};

use plimsoll_yaml::{Kind, Node, Tree};

use super::lost;
use super::reading::Manifest;
use crate::from_compose::Loss;
use crate::model::Evidence;

/// A node: its tree, and where it lies in it.
type Name = (usize, u32, u32);

/// Keeps the books.
pub(super) struct Ledger<'a> {
    files: BTreeMap<usize, &'a Manifest>,
    read: HashSet<Name>,
    losses: Vec<Loss>,
}

fn address(tree: &Tree) -> usize {
    std::ptr::from_ref(tree).addr()
}

fn name_of(node: Node<'_>) -> Name {
    (address(node.tree()), node.range().start, node.range().end)
}

impl<'a> Ledger<'a> {
    pub(super) fn new(files: impl Iterator<Item = &'a Manifest>) -> Self {
        Self {
            files: files.map(|file| (address(&file.tree), file)).collect(),
            read: HashSet::new(),
            losses: Vec::new(),
        }
    }

    /// Notes that a value with all below it is carried over, or accounted for.
    pub(super) fn settle(&mut self, node: Node<'a>) {
        self.read.insert(name_of(node));
    }

    /// File and line of a node.
    pub(super) fn place(&self, node: Node<'a>) -> (String, u32) {
        match self.files.get(&address(node.tree())) {
            Some(file) => (file.path.clone(), file.line(node.range().start)),
            None => (String::new(), 0),
        }
    }

    /// What a line rests on.
    pub(super) fn evidence(&self, node: Node<'a>, says: impl Into<String>) -> Evidence {
        let (file, line) = self.place(node);
        Evidence::line(file, line, says)
    }

    /// Lists a loss.
    pub(super) fn lose(
        &mut self,
        node: Node<'a>,
        key: impl Into<String>,
        lost: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (file, line) = self.place(node);
        self.losses.push(Loss {
            file,
            line,
            key: key.into(),
            lost: lost.into(),
            help: help.into(),
        });
    }

    /// Lists what nobody read of an object; `title` is what keys of losses start with.
    pub(super) fn walk(&mut self, root: Node<'a>, title: &str) {
        let mut open: Vec<(Vec<String>, Node<'a>, Node<'a>)> = vec![(Vec::new(), root, root)];
        // Aliases may lead to one node again and again.
        let mut left = 50_000u32;
        while let Some((keys, at, node)) = open.pop() {
            left = left.saturating_sub(1);
            if left == 0 {
                break;
            }
            if self.read.contains(&name_of(node)) || node.is_null() || lost::is_silent(&keys) {
                continue;
            }
            let words = lost::of(&keys);
            let is_leaf = node.kind() == Kind::Scalar || node.is_empty();
            if words.is_none() && !is_leaf {
                for entry in node.entries() {
                    let key = entry.key.text().unwrap_or_default().into_owned();
                    let keys = [&keys[..], &[key]].concat();
                    open.push((keys, entry.key, entry.value.resolve()));
                }
                for (number, item) in node.items().enumerate() {
                    let item = item.resolve();
                    let keys = [&keys[..], &[number.to_string()]].concat();
                    open.push((keys, item, item));
                }
                continue;
            }
            let (lost, help) = words.unwrap_or(lost::UNKNOWN);
            self.lose(at, format!("{title}.{}", keys.join(".")), lost, help);
        }
    }

    /// All losses, ordered by place.
    pub(super) fn finish(mut self) -> Vec<Loss> {
        self.losses.sort();
        self.losses.dedup();
        self.losses
    }
}
