//! What every step of a resolution shares: the surroundings, the records, what was noticed, and
//! how much may still be made.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Dialect, Tree, parse};

use super::Request;
use super::item::{Data, Item, Map};
use super::records::{LinkKind, Records, SourceId, Spot, Trace};
use super::refusal::{Notice, Reason, Refusal};
use super::surroundings::{PathKind, ReadFailure, Surroundings};

/// Refusals, at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused(pub(super) Vec<Refusal>);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(vec![refusal])
    }
}

pub(super) type Resolving<T> = Result<T, Refused>;

/// The most values of all files together, copies by aliases, `extends` and `include` included.
const MAX_ITEMS: u64 = 500_000;

/// The most bytes that replacing variables may make, all values together.
const MAX_TEXT: u64 = 64 * 1024 * 1024;

/// The most files that are read.
const MAX_FILES: u64 = 2_000;

/// How deep `include` and `extends` may lead from file to file.
pub(super) const MAX_NESTING: usize = 100;

/// How deep mappings and lists may lie in one another.
pub(super) const MAX_DEPTH: usize = 200;

/// A Compose file that is read and parsed.
pub(super) struct Parsed<'s> {
    pub(super) source: SourceId,
    tree: Held<'s>,
}

enum Held<'s> {
    Borrowed(&'s Tree),
    Owned(Box<Tree>),
}

impl Parsed<'_> {
    pub(super) fn tree(&self) -> &Tree {
        match &self.tree {
            Held::Borrowed(tree) => tree,
            Held::Owned(tree) => tree,
        }
    }
}

/// See the module.
pub(super) struct Cx<'s> {
    pub(super) surroundings: &'s dyn Surroundings,
    pub(super) request: &'s Request,
    pub(super) home: Option<String>,
    pub(super) records: Records,
    pub(super) notices: Vec<Notice>,
    /// What was tolerated.
    pub(super) tolerated: Vec<Refusal>,
    parsed: HashMap<String, Rc<Parsed<'s>>>,
    texts: HashMap<String, (SourceId, Arc<str>)>,
    files: u64,
    items: u64,
    text: u64,
}

impl<'s> Cx<'s> {
    pub(super) fn new(surroundings: &'s dyn Surroundings, request: &'s Request) -> Self {
        Self {
            surroundings,
            request,
            home: surroundings.home(),
            records: Records::default(),
            notices: Vec::new(),
            tolerated: Vec::new(),
            parsed: HashMap::new(),
            texts: HashMap::new(),
            files: 0,
            items: 0,
            text: 0,
        }
    }

    /// A refusal at the place of a value.
    pub(super) fn refusal(&self, reason: Reason, trace: Trace) -> Refused {
        Refusal::at(reason, trace, &self.records).into()
    }

    /// Refuses, or goes on where that is asked for.
    pub(super) fn tolerate(&mut self, refused: Refused) -> Resolving<()> {
        if !self.request.lenient {
            return Err(refused);
        }
        self.tolerated.extend(refused.0);
        Ok(())
    }

    pub(super) fn notice(&mut self, message: impl Into<String>, spot: Option<Spot>) {
        let notice = Notice {
            message: message.into(),
            spot,
        };
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Accounts for values that are made.
    pub(super) fn count_items(&mut self, count: u64, trace: Trace) -> Resolving<()> {
        self.items += count;
        if self.items <= MAX_ITEMS {
            return Ok(());
        }
        let reason = Reason::TooMuch {
            what: "the project holds values,",
            limit: MAX_ITEMS,
        };
        Err(self.refusal(reason, trace))
    }

    /// Accounts for text that is made.
    pub(super) fn count_text(&mut self, bytes: usize, trace: Trace) -> Resolving<()> {
        self.text += bytes as u64;
        if self.text <= MAX_TEXT {
            return Ok(());
        }
        let reason = Reason::TooMuch {
            what: "replacing variables makes a text of bytes",
            limit: MAX_TEXT,
        };
        Err(self.refusal(reason, trace))
    }

    /// The path below the current folder, if it is not absolute.
    fn absolute(&self, path: &str) -> String {
        super::paths::absolute(&self.request.current_dir, path)
    }

    /// Reads an env file once, however often it is asked for.
    pub(super) fn read_once(
        &mut self,
        path: &str,
        cause: Trace,
    ) -> Resolving<(SourceId, Arc<str>)> {
        if let Some((source, text)) = self.texts.get(path) {
            return Ok((*source, Arc::clone(text)));
        }
        let (source, text) = self.read(path, cause)?;
        self.texts
            .insert(path.to_owned(), (source, Arc::clone(&text)));
        Ok((source, text))
    }

    /// Reads a text file. `cause` is where its path is written.
    pub(super) fn read(&mut self, path: &str, cause: Trace) -> Resolving<(SourceId, Arc<str>)> {
        let bytes = self
            .surroundings
            .read(&self.absolute(path))
            .map_err(|failure| {
                let path = path.to_owned();
                self.refusal(Reason::Unreadable { path, failure }, cause)
            })?;
        self.take(path, bytes, cause)
    }

    fn take(
        &mut self,
        path: &str,
        bytes: Vec<u8>,
        cause: Trace,
    ) -> Resolving<(SourceId, Arc<str>)> {
        self.files += 1;
        if self.files > MAX_FILES {
            let reason = Reason::TooMuch {
                what: "the project reads files,",
                limit: MAX_FILES,
            };
            return Err(self.refusal(reason, cause));
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text: Arc<str> = text.into();
                let source = self.records.add_source(path, Arc::clone(&text));
                Ok((source, text))
            }
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let source = self.records.add_source(path, "".into());
                let spot = Spot {
                    source,
                    range: TextRange::empty(0),
                };
                Err(Refusal::at_spot(Reason::NotUtf8 { offset }, spot).into())
            }
        }
    }

    /// Reads and parses a Compose file, once however often it is asked for. `-` is the text that
    /// the request brings along.
    pub(super) fn compose_file(&mut self, path: &str, cause: Trace) -> Resolving<Rc<Parsed<'s>>> {
        if let Some(known) = self.parsed.get(path) {
            return Ok(Rc::clone(known));
        }
        let parsed = if path == "-" {
            let bytes = self.request.standard_input.clone().unwrap_or_default();
            let (source, text) = self.take(path, bytes, cause)?;
            let tree = Held::Owned(Box::new(parse(text, Dialect::Core)));
            Parsed { source, tree }
        } else if let Some(tree) = self.surroundings.parsed(&self.absolute(path)) {
            let source = self.records.add_source(path, tree.text().into());
            let tree = Held::Borrowed(tree);
            Parsed { source, tree }
        } else {
            let (source, text) = self.read(path, cause)?;
            let tree = Held::Owned(Box::new(parse(text, Dialect::Core)));
            Parsed { source, tree }
        };
        let parsed = Rc::new(parsed);
        self.parsed.insert(path.to_owned(), Rc::clone(&parsed));
        Ok(parsed)
    }

    /// What stands at a path.
    pub(super) fn kind(&self, path: &str) -> Option<PathKind> {
        self.surroundings.kind(&self.absolute(path))
    }

    /// Whether a folder stands there.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        self.kind(path) == Some(PathKind::Folder)
    }

    /// Whether anything stands there.
    pub(super) fn exists(&self, path: &str) -> bool {
        self.kind(path).is_some()
    }

    /// Notes for every value of a mapping by what it came in.
    pub(super) fn link(&mut self, map: &mut Map, kind: LinkKind, spot: Spot) {
        let mut made = HashMap::new();
        let records = &mut self.records;
        link(map, &mut |trace| {
            records.behind(trace, kind, spot, &mut made)
        });
    }

    /// The path with the home folder for a leading `~`.
    pub(super) fn with_home(&mut self, path: &str, trace: Trace) -> String {
        let Some(rest) = path.strip_prefix('~') else {
            return path.to_owned();
        };
        if let Some(home) = &self.home {
            return super::paths::join(home, rest);
        }
        let message = format!("`{path}` begins with `~`, and no home folder is known");
        self.notice(message, trace.spot());
        path.to_owned()
    }
}

fn link(map: &mut Map, behind: &mut impl FnMut(Trace) -> Trace) {
    for entry in map.entries_mut() {
        entry.key_trace = behind(entry.key_trace);
        link_item(&mut entry.value, behind);
    }
}

fn link_item(item: &mut Item, behind: &mut impl FnMut(Trace) -> Trace) {
    item.trace = behind(item.trace);
    if let Some(halves) = &mut item.halves {
        halves.key = behind(halves.key);
        halves.value = behind(halves.value);
    }
    match &mut item.data {
        Data::List(items) => items.iter_mut().for_each(|item| link_item(item, behind)),
        Data::Map(map) => link(map, behind),
        _ => {}
    }
}

/// Why nothing is read from elsewhere, if the path leads elsewhere: to a registry, or to what
/// BuildKit takes for a Git repository.
pub(super) fn remote(path: &str) -> Option<Reason> {
    let is_remote = path.starts_with("oci://")
        || path.starts_with("github.com/")
        || path.starts_with("git://")
        || path.starts_with("ssh://")
        || is_repository_over_http(path)
        || is_scp_style(path);
    is_remote.then(|| Reason::Remote {
        path: path.to_owned(),
    })
}

/// Over HTTP a path names a repository only if it ends in `.git`.
fn is_repository_over_http(path: &str) -> bool {
    let rest = path
        .strip_prefix("http://")
        .or_else(|| path.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        let without_fragment = rest.split(['#', '?']).next().unwrap_or(rest);
        without_fragment.ends_with(".git")
    })
}

/// `git@host:path`.
fn is_scp_style(path: &str) -> bool {
    let Some((user, rest)) = path.split_once('@') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !user.is_empty()
        && user.chars().all(plain)
        && rest
            .split_once(':')
            .is_some_and(|(host, _)| !host.is_empty())
}

/// A file that is not there.
pub(super) fn is_missing(failure: &ReadFailure) -> bool {
    matches!(failure, ReadFailure::NotFound | ReadFailure::Outside)
}
