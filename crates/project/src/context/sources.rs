//! What a Dockerfile takes from its context, and the folder in which that is found.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use plimsoll_dockerfile::{Body, Build, Instruction, Mount, Transfer, Word};
use plimsoll_source::files::{join, parent};
use plimsoll_source::{DirEntry, EntryKind, Tree};

use super::Evidence;

/// The most sources looked for.
const MAX_SOURCES: usize = 200;

/// The most entries of folders that the wildcards of one Dockerfile are compared with.
const MAX_COMPARED: usize = 50_000;

/// The paths that a Dockerfile takes from its context.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// Cleaned paths and patterns that name something below the context.
    named: BTreeSet<String>,
    /// Whether it takes the whole context, which every folder could be.
    whole: bool,
    /// What steps need of it then: paths that they name, files that their tools read.
    needed: BTreeSet<String>,
}

/// The file that a tool needs where it runs.
const TOOLS: &[(&str, &str)] = &[
    ("cargo", "Cargo.toml"),
    ("composer", "composer.json"),
    ("go", "go.mod"),
    ("mix", "mix.exs"),
    ("mvn", "pom.xml"),
    ("mvnw", "pom.xml"),
    ("npm", "package.json"),
    ("pnpm", "package.json"),
    ("yarn", "package.json"),
];

impl Sources {
    pub(super) fn of(build: &Build) -> Self {
        let mut sources = Self::default();
        for (index, instruction) in build.file.instructions.iter().enumerate() {
            match &instruction.body {
                Body::Copy(transfer) => {
                    sources.transfer(build, index, instruction, transfer, false);
                }
                Body::Add(transfer) => {
                    sources.transfer(build, index, instruction, transfer, true);
                }
                Body::Run(_) => {
                    sources.mounts(build, index, instruction);
                    if sources.whole {
                        sources.step(build, index);
                    }
                }
                _ => {}
            }
        }
        sources
    }

    fn transfer(
        &mut self,
        build: &Build,
        index: usize,
        instruction: &Instruction,
        transfer: &Transfer,
        is_add: bool,
    ) {
        if instruction.flag("from").is_some() {
            return;
        }
        for word in &transfer.sources {
            let (text, known) = build.expanded(index, word);
            if known && !(is_add && is_remote(&text)) {
                self.add(&text);
            }
        }
    }

    fn mounts(&mut self, build: &Build, index: usize, instruction: &Instruction) {
        for mount in instruction.flags_named("mount").filter_map(Mount::read) {
            if matches!(&*mount.kind, "" | "bind") && mount.from.is_none() {
                match &mount.source {
                    Some(word) => {
                        let (text, known) = build.expanded(index, word);
                        if known {
                            self.add(&text);
                        }
                    }
                    None => self.whole = true,
                }
            }
        }
    }

    /// What a step needs of a context that was taken as a whole: what its tools read, and the words of
    /// its commands that are paths below it.
    fn step(&mut self, build: &Build, index: usize) {
        let Some(script) = &build.scripts[index] else {
            return;
        };
        for command in &script.commands {
            let Some((program, args)) = command.words.split_first() else {
                continue;
            };
            let name = program.text().rsplit('/').next().unwrap_or_default();
            let reads = TOOLS.iter().find(|(tool, _)| *tool == name);
            self.needed
                .extend(reads.map(|(_, file)| (*file).to_owned()));
            for arg in args {
                let word = Word {
                    range: arg.range,
                    value: arg.text().trim_matches(['"', '\'']).into(),
                };
                let (text, known) = build.expanded(index, &word);
                if known && is_path(&text) && self.needed.len() < MAX_SOURCES {
                    self.needed.extend(join("", &text));
                }
            }
        }
    }

    fn add(&mut self, source: &str) {
        // Sources cannot leave the context: BuildKit cuts what leads above it.
        match join("", source) {
            Some(path) if path.is_empty() || path == "*" || path == "**" => self.whole = true,
            Some(path) if self.named.len() < MAX_SOURCES => {
                self.named.insert(path);
            }
            _ => {}
        }
    }

    /// The folder that fits best: the Dockerfile's own when all is there, else the nearest above
    /// in which all is there, else the nearest with most of it (what is missing may be built
    /// first).
    pub(super) fn folder(&self, tree: &dyn Tree, dockerfile: &str) -> Option<(String, Evidence)> {
        let own = parent(dockerfile);
        if self.named.is_empty() {
            if let Some(above) = self.above(tree, own) {
                return Some((above.to_owned(), Evidence::Sources));
            }
            let fits = !self.whole || own.is_empty() || has_content(tree, own);
            return fits.then(|| (own.to_owned(), Evidence::OwnFolder));
        }
        let mut best: Option<(usize, &str)> = None;
        let mut search = Search {
            tree,
            listed: HashMap::new(),
            budget: MAX_COMPARED,
        };
        let mut dir = own;
        loop {
            let found = self
                .named
                .iter()
                .filter(|source| search.finds(dir, source))
                .count();
            if found > best.map_or(0, |(most, _)| most) {
                best = Some((found, dir));
            }
            if found == self.named.len() || dir.is_empty() {
                break;
            }
            dir = parent(dir);
        }
        let (_, dir) = best?;
        let evidence = if dir == own {
            Evidence::OwnFolder
        } else {
            Evidence::Sources
        };
        Some((dir.to_owned(), evidence))
    }

    /// The nearest folder above the Dockerfile's own that has something of what steps need, if its
    /// own has nothing of it.
    fn above<'p>(&self, tree: &dyn Tree, own: &'p str) -> Option<&'p str> {
        let has = |dir: &str| {
            let mut paths = self.needed.iter().filter_map(|path| join(dir, path));
            paths.any(|path| tree.kind(&path).is_some())
        };
        if own.is_empty() || self.needed.is_empty() || has(own) {
            return None;
        }
        let mut dir = own;
        while !dir.is_empty() {
            dir = parent(dir);
            if has(dir) {
                return Some(dir);
            }
        }
        None
    }
}

/// Whether a word may name something in a folder of the context, and no more than that.
fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let outside = text.starts_with(['/', '-']) || text.contains("..");
    text.contains('/') && !outside && text.chars().all(plain)
}

/// Whether ADD fetches it.
fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}

/// Whether a folder holds something to copy besides what describes the build itself.
fn has_content(tree: &dyn Tree, dir: &str) -> bool {
    tree.list(dir).is_ok_and(|entries| {
        entries.iter().any(|entry| {
            let name = entry.name.to_ascii_lowercase();
            let describes = name.contains("dockerfile")
                || name.contains("containerfile")
                || name.contains("compose")
                || name.starts_with("readme")
                || name == ".gitignore"
                || name == ".env"
                || name == "makefile";
            name == ".dockerignore" || !describes
        })
    })
}

/// Looks for sources in folders, listing each once.
struct Search<'t> {
    tree: &'t dyn Tree,
    listed: HashMap<String, Arc<[DirEntry]>>,
    /// Entries that may still be compared.
    budget: usize,
}

impl Search<'_> {
    /// Whether `source` names or matches something in `dir`.
    fn finds(&mut self, dir: &str, source: &str) -> bool {
        if !source.contains(['*', '?', '[', '\\']) {
            return join(dir, source).is_some_and(|path| self.tree.kind(&path).is_some());
        }
        let mut folders = vec![dir.to_owned()];
        let mut parts = source.split('/').peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            let pattern: Vec<char> = part.chars().collect();
            let mut next = Vec::new();
            for folder in folders {
                for entry in self.list(&folder).iter() {
                    if self.budget == 0 {
                        // Too much to look at: nothing speaks against it.
                        return true;
                    }
                    self.budget -= 1;
                    if !matches(&pattern, &entry.name) {
                        continue;
                    }
                    if is_last {
                        return true;
                    }
                    if entry.kind == EntryKind::Dir {
                        next.extend(join(&folder, &entry.name));
                    }
                }
            }
            folders = next;
        }
        false
    }

    fn list(&mut self, dir: &str) -> Arc<[DirEntry]> {
        if let Some(entries) = self.listed.get(dir) {
            return Arc::clone(entries);
        }
        let entries = self.tree.list(dir).unwrap_or_default();
        self.listed.insert(dir.to_owned(), Arc::clone(&entries));
        entries
    }
}

/// Go's `filepath.Match` for one part of a path.
fn matches(pattern: &[char], name: &str) -> bool {
    // Most names differ in their first letter or their last.
    if let (Some(first), Some(c)) = (pattern.first(), name.chars().next())
        && !['*', '?', '[', '\\'].contains(first)
        && *first != c
    {
        return false;
    }
    if let (Some(last), Some(c)) = (pattern.last(), name.chars().next_back())
        && !['*', '?', ']'].contains(last)
        && *last != c
    {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on after the last star when what follows does not fit.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            retry = Some((p + 1, n));
            p += 1;
            continue;
        }
        if n == name.len() {
            if p == pattern.len() {
                return true;
            }
        } else if let Some(next) = one(pattern, p, name[n]) {
            p = next;
            n += 1;
            continue;
        }
        match retry {
            Some((after, from)) if from < name.len() => {
                retry = Some((after, from + 1));
                p = after;
                n = from + 1;
            }
            _ => return false,
        }
    }
}

/// Where the pattern goes on if its part at `p` matches `c`.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' => (*pattern.get(p + 1)? == c).then_some(p + 2),
        '[' => {
            let mut at = p + 1;
            let negated = pattern.get(at) == Some(&'^');
            at += usize::from(negated);
            let mut hit = false;
            let mut first = true;
            while first || *pattern.get(at)? != ']' {
                first = false;
                let (low, next) = class_char(pattern, at)?;
                let (high, next) = match pattern.get(next) {
                    Some('-') => class_char(pattern, next + 1)?,
                    _ => (low, next),
                };
                hit |= low <= c && c <= high;
                at = next;
            }
            (hit != negated).then_some(at + 1)
        }
        literal => (*literal == c).then_some(p + 1),
    }
}

fn class_char(pattern: &[char], at: usize) -> Option<(char, usize)> {
    match pattern.get(at)? {
        '\\' => Some((*pattern.get(at + 1)?, at + 2)),
        c => Some((*c, at + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_are_those_of_go() {
        for (pattern, name, expected) in [
            ("*.txt", "a.txt", true),
            ("*.txt", "a.txt.gz", false),
            ("package*.json", "package-lock.json", true),
            ("package*.json", "package.json", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[", "[", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("", "", true),
        ] {
            let parts: Vec<char> = pattern.chars().collect();
            assert_eq!(matches(&parts, name), expected, "{pattern} {name}");
        }
    }
}
