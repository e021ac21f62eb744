//! What COPY and ADD bring into a stage, and from where.

use plimsoll_dockerfile::{Body, Build};
use plimsoll_source::TextRange;

use super::folders::{Folder, join};
use super::scope::Scope;

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

/// Reads instruction `index`, if it is a COPY or ADD; `folder` is where it runs.
pub(super) fn copied(build: &Build, index: usize, scope: &Scope, folder: &str) -> Option<Copied> {
    let instruction = &build.file.instructions[index];
    let (transfer, add) = match &instruction.body {
        Body::Copy(transfer) => (transfer, false),
        Body::Add(transfer) => (transfer, true),
        _ => return None,
    };
    let from = instruction
        .flag("from")
        .and_then(|flag| flag.value.as_ref());
    let mut whence = match from {
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
        let (path, known) = scope.expand(build, word);
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
    if remote && sources.is_empty() {
        whence = Whence::Remote;
    }
    let (dest, known) = scope.expand(build, &transfer.dest);
    let mut to = if known {
        join(folder, &dest)
    } else {
        "?".to_owned()
    };
    let is_folder = dest.ends_with('/') || matches!(&*dest, "." | "..") || dest.ends_with("/.");
    if is_folder && !to.ends_with('/') {
        to.push('/');
    }
    let exclude = instruction
        .flags_named("exclude")
        .filter_map(|flag| flag.value.as_ref());
    Some(Copied {
        instruction: index,
        whence,
        sources,
        dest: to,
        exclude: exclude.map(|word| (*word.value).into()).collect(),
        add,
    })
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
