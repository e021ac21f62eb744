//! `.gitignore` over a [`Tree`]: which paths its patterns leave out, folder by folder.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use plimsoll_source::Tree;
use plimsoll_source::files::parent;

use crate::vcs::EXCLUDE;

/// The name of the file in a folder.
pub(crate) const FILE_NAME: &str = ".gitignore";

/// The largest file of patterns that is compiled. Git itself reads any; real ones are small.
const MAX_BYTES: usize = 256 * 1024;

/// The most folders whose patterns are remembered.
const MAX_KNOWN: usize = 100_000;

/// The patterns that count in a folder: its own and those of the folders above. `None` where
/// there are none.
pub(crate) type Chain = Option<Arc<Patterns>>;

/// The patterns of one folder, in front of those above it.
#[derive(Debug)]
pub(crate) struct Patterns {
    above: Chain,
    /// The folder that they are relative to.
    dir: String,
    matcher: Gitignore,
}

/// The patterns for the whole tree, from `.git/info/exclude`.
pub(crate) fn top(tree: &dyn Tree) -> Chain {
    compiled(tree, EXCLUDE, "", None)
}

/// The patterns in `dir`, given those of the folder above it. Reads `dir`'s own file.
pub(crate) fn below(tree: &dyn Tree, dir: &str, above: Chain) -> Chain {
    let path = if dir.is_empty() {
        FILE_NAME.to_owned()
    } else {
        format!("{dir}/{FILE_NAME}")
    };
    compiled(tree, &path, dir, above)
}

fn compiled(tree: &dyn Tree, path: &str, dir: &str, above: Chain) -> Chain {
    let Ok(bytes) = tree.read(path) else {
        return above;
    };
    if bytes.len() > MAX_BYTES {
        return above;
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new("");
    for line in text.trim_start_matches('\u{feff}').lines() {
        // A pattern that git would not understand is skipped, as git does.
        let _ = builder.add_line(None, line);
    }
    match builder.build() {
        Ok(matcher) if !matcher.is_empty() => Some(Arc::new(Patterns {
            above,
            dir: dir.to_owned(),
            matcher,
        })),
        _ => above,
    }
}

/// Whether the patterns leave out `path` itself. The folders above it are not considered: a walk
/// does not enter what is left out.
pub(crate) fn ignores(chain: &Chain, path: &str, is_dir: bool) -> bool {
    let mut at = chain.as_ref();
    while let Some(patterns) = at {
        let relative = match patterns.dir.as_str() {
            "" => Some(path),
            dir => path
                .strip_prefix(dir)
                .and_then(|rest| rest.strip_prefix('/')),
        };
        match relative.map_or(Match::None, |path| patterns.matcher.matched(path, is_dir)) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => at = patterns.above.as_ref(),
        }
    }
    false
}

/// Answers for any path, remembering the patterns of each folder.
#[derive(Default)]
pub(crate) struct Known {
    chains: Mutex<HashMap<String, Chain>>,
}

impl Known {
    /// Whether git would leave out the file or folder at `path`, or a folder above it.
    pub(crate) fn ignores(&self, tree: &dyn Tree, path: &str, is_dir: bool) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let mut folders = ends.map(|end| (&path[..end], true)).chain([(path, is_dir)]);
        folders.any(|(path, is_dir)| ignores(&self.chain(tree, parent(path)), path, is_dir))
    }

    /// The patterns that count in `dir`.
    pub(crate) fn chain(&self, tree: &dyn Tree, dir: &str) -> Chain {
        let mut chain = self.step(tree, "", || top(tree));
        let ends = dir.match_indices('/').map(|(at, _)| at).chain([dir.len()]);
        for end in ends.filter(|end| *end > 0) {
            chain = self.step(tree, &dir[..end], || chain);
        }
        chain
    }

    fn step(&self, tree: &dyn Tree, dir: &str, above: impl FnOnce() -> Chain) -> Chain {
        if let Ok(chains) = self.chains.lock()
            && let Some(chain) = chains.get(dir)
        {
            return chain.clone();
        }
        let chain = below(tree, dir, above());
        if let Ok(mut chains) = self.chains.lock()
            && chains.len() < MAX_KNOWN
        {
            chains.insert(dir.to_owned(), chain.clone());
        }
        chain
    }
}
