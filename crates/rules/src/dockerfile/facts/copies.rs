//! What COPY and ADD bring into a stage, and from where.

use std::borrow::Cow;

use plimsoll_dockerfile::{Body, Build, Word};
use plimsoll_source::TextRange;

use super::folders::{Folder, Folders, join};

/// Where the files of a COPY come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whence {
    /// The build context.
    Context,
    /// Another stage, by its number.
    Stage(usize),
    /// An image, or a context named on the command line.
    Image(String),
    /// A URL or git repository (ADD).
    Remote,
    /// Text in the Dockerfile (a heredoc).
    Inline,
}

/// One source of a COPY or ADD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The path, cleaned: relative to the context's root without `./`, `""` for the root itself;
    /// as written with a leading `/` for other stages.
    pub path: String,
    /// Whether the path is known (no variable without a value).
    pub known: bool,
    /// Where it is written.
    pub range: TextRange,
}

impl Source {
    /// Whether it takes the whole context: `.`, `./`, `/`, `*`.
    pub fn is_whole(&self) -> bool {
        matches!(&*self.path, "" | "*" | "**")
    }

    /// Its last part.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or("")
    }
}

/// One COPY or ADD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// The instruction.
    pub instruction: usize,
    /// Where from.
    pub whence: Whence,
    /// The sources, in order.
    pub sources: Vec<Source>,
    /// The destination in the image; a trailing slash is kept.
    pub dest: Folder,
    /// The patterns of `--exclude`.
    pub exclude: Vec<Box<str>>,
    /// ADD, not COPY.
    pub add: bool,
}

/// All transfers of a file, in order; those inside ONBUILD left out.
pub(super) fn all(build: &Build, folders: &Folders) -> Vec<Copied> {
    let mut found = Vec::new();
    for (index, instruction) in build.file.instructions.iter().enumerate() {
        let (transfer, add) = match &instruction.body {
            Body::Copy(transfer) => (transfer, false),
            Body::Add(transfer) => (transfer, true),
            _ => continue,
        };
        let from = instruction
            .flag("from")
            .and_then(|flag| flag.value.as_ref());
        let whence = match from {
            Some(word) => match build.stage_named(&word.value, usize::MAX) {
                Some(stage) => Whence::Stage(stage.index),
                None => Whence::Image(word.value.to_string()),
            },
            None if transfer.sources.is_empty() => Whence::Inline,
            None => Whence::Context,
        };
        let mut sources = Vec::with_capacity(transfer.sources.len());
        let mut remote = false;
        for word in &transfer.sources {
            let (path, known) = plain(build, index, word);
            if add && (path.contains("://") || path.starts_with("git@")) {
                remote = true;
                continue;
            }
            let path = match whence {
                Whence::Context => clean(&path),
                _ => path.into_owned(),
            };
            sources.push(Source {
                path,
                known,
                range: word.range,
            });
        }
        let whence = if remote && sources.is_empty() {
            Whence::Remote
        } else {
            whence
        };
        let (dest, known) = plain(build, index, &transfer.dest);
        let mut to = if known {
            join(folders.at(index), &dest)
        } else {
            "?".to_owned()
        };
        let is_folder = dest.ends_with('/') || matches!(&*dest, "." | "..") || dest.ends_with("/.");
        if is_folder && !to.ends_with('/') {
            to.push('/');
        }
        found.push(Copied {
            instruction: index,
            whence,
            sources,
            dest: to,
            exclude: instruction
                .flags_named("exclude")
                .filter_map(|flag| flag.value.as_ref())
                .map(|word| word.value.clone())
                .collect(),
            add,
        });
    }
    found
}

/// A word's text with its variables expanded, and whether all were known. Words without
/// variables, quotes and escapes, which are nearly all, cost nothing.
pub fn plain<'a>(build: &Build, index: usize, word: &'a Word) -> (Cow<'a, str>, bool) {
    if word.value.contains(['$', '"', '\'', '\\', '`']) {
        let (text, known) = build.expanded(index, word);
        (Cow::Owned(text), known)
    } else {
        (Cow::Borrowed(&word.value), true)
    }
}

/// A path of the context without `.` parts and slashes at the ends. `..` cannot lead out.
pub fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::super::Facts;
    use super::Whence;

    #[test]
    fn transfers_are_resolved() {
        let text = "FROM acme/x AS a\nWORKDIR /a\nCOPY ./b/ c/./d .\nFROM python:3\nARG D=srv\n\
                    COPY --from=a /x /$D/y\nADD https://x/y /z\nCOPY <<E /e\nE\nADD . \"$Q/\"\n";
        let build = Build::new(parse(text));
        let facts = Facts::new(&build);
        let found: Vec<(Whence, Vec<&str>, &str)> = facts
            .copies
            .iter()
            .map(|copy| {
                let paths = copy.sources.iter().map(|source| &*source.path).collect();
                (copy.whence.clone(), paths, &*copy.dest)
            })
            .collect();
        assert_eq!(found[0], (Whence::Context, vec!["b", "c/d"], "/a/"));
        assert_eq!(found[1], (Whence::Stage(0), vec!["/x"], "/srv/y"));
        assert_eq!(found[2], (Whence::Remote, vec![], "/z"));
        assert_eq!(found[3], (Whence::Inline, vec![], "/e"));
        assert_eq!((&found[4].0, &found[4].1), (&Whence::Context, &vec![""]));
        assert!(facts.copies[4].sources[0].is_whole());
    }
}
