//! What the comments of a values file say of its values: the lines above a key, `# -- …` as
//! helm-docs has them, and `@param path …` as in Bitnami's charts.

use std::collections::HashMap;

use plimsoll_yaml::{Node, Tree};

pub(super) struct Described<'t> {
    tree: &'t Tree,
    /// By the paths that comments name.
    parameters: HashMap<String, String>,
}

impl<'t> Described<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        let mut parameters = HashMap::new();
        for comment in tree.comments() {
            let line = bare(comment.range.of(tree.text()));
            let Some(rest) = line.strip_prefix("@param ") else {
                continue;
            };
            let (path, text) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
            // What stands in brackets is for other tools.
            let text = match text.trim().strip_prefix('[') {
                Some(rest) => rest.split_once(']').map_or("", |(_, rest)| rest),
                None => text,
            };
            parameters.insert(path.to_owned(), text.trim().to_owned());
        }
        Self { tree, parameters }
    }

    /// What is said of the value with this path, whose key this is.
    pub(super) fn of(&self, path: &str, key: Node<'_>) -> String {
        if let Some(text) = self.parameters.get(path) {
            return text.clone();
        }
        let comments = key.comments();
        let lines: Vec<&str> = comments
            .iter()
            .map(|comment| bare(comment.range.of(self.tree.text())))
            .collect();
        // `# --` starts what is meant for readers.
        let start = lines.iter().rposition(|line| line.starts_with("-- "));
        let lines = &lines[start.unwrap_or(0)..];
        let lines = lines
            .iter()
            .map(|line| line.trim_start_matches("-- "))
            .filter(|line| {
                let is_mark = line.starts_with('@');
                let is_rule = line.chars().all(|c| !c.is_alphanumeric());
                !is_mark && !is_rule
            });
        lines.collect::<Vec<_>>().join(" ")
    }
}

/// A comment without its signs.
fn bare(comment: &str) -> &str {
    comment.trim_start_matches('#').trim()
}
