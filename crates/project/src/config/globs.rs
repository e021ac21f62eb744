//! Patterns over paths, as `.gitignore` has them.

use std::fmt;
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// A list of patterns over paths. A pattern with a `/` before its end is relative to the folder
/// of the configuration file, one without matches at any depth; a folder stands for all that is
/// below it; `!` takes out again what an earlier pattern took in.
#[derive(Clone)]
pub struct Globs {
    patterns: Arc<[String]>,
    matcher: Arc<Gitignore>,
    base: Base,
}

/// Where the folder that patterns are relative to lies, seen from the root under review.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Base {
    /// The root, seen from that folder, when it lies below it: `shop/api`.
    pub root: String,
    /// That folder, seen from the root, when it lies below it.
    pub folder: String,
}

/// Collects patterns; a bad one is named by its number.
pub(crate) fn compile<'a>(
    patterns: impl IntoIterator<Item = &'a str>,
    base: &Base,
) -> Result<Globs, (usize, String)> {
    let mut builder = GitignoreBuilder::new("");
    let mut list = Vec::new();
    for (number, pattern) in patterns.into_iter().enumerate() {
        let added = builder.add_line(None, pattern).map(|_| ());
        added.map_err(|error| (number, words(&error)))?;
        list.push(pattern.to_owned());
    }
    let matcher = builder.build().map_err(|error| (0, words(&error)))?;
    Ok(Globs {
        patterns: list.into(),
        matcher: Arc::new(matcher),
        base: base.clone(),
    })
}

/// What is wrong with a pattern, without the pattern.
fn words(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.to_lowercase(),
        other => other.to_string().to_lowercase(),
    }
}

impl Globs {
    /// The patterns as written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Whether a file is among those meant. `path` is relative to the root under review.
    pub fn covers(&self, path: &str) -> bool {
        let within;
        let path = if !self.base.root.is_empty() {
            within = format!("{}/{path}", self.base.root);
            &within
        } else if !self.base.folder.is_empty() {
            match path.strip_prefix(&*self.base.folder) {
                Some(rest) if rest.starts_with('/') => &rest[1..],
                _ => return false,
            }
        } else {
            path
        };
        // The matcher has no answer for a path that leads upwards.
        !path.starts_with("../")
            && self
                .matcher
                .matched_path_or_any_parents(path, false)
                .is_ignore()
    }
}

impl fmt::Debug for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Globs").field(&self.patterns).finish()
    }
}
