//! The files that are looked at: listed once within bounds, read and split into tokens when
//! first asked for.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use plimsoll_source::{EntryKind, LineIndex, Tree};

use super::code::{Code, Language, Token, tokens};
use super::xml::{self, Element};

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;
/// Source files above this are generated or bundled, and say nothing of the program.
const MAX_CODE_BYTES: usize = 512 * 1024;
/// The same, when its lines are longer than anybody writes them: the mean of those above this size.
const MAX_MEAN_LINE: usize = 800;
const MAY_BE_BUNDLED: usize = 16 * 1024;
/// How many files are listed.
const MAX_FILES: usize = 60_000;
/// How deep folders are followed.
const MAX_DEPTH: usize = 14;
/// How much is read altogether, in bytes.
const MAX_READ_BYTES: u64 = 192 * 1024 * 1024;

/// Folders that hold no program of the project: what tools make, what is fetched, and what is
/// there for people or tests.
const SKIPPED: &[&str] = &[
    "node_modules",
    "bower_components",
    "vendor",
    "third_party",
    "dist",
    "build",
    "out",
    "target",
    "bin",
    "obj",
    "coverage",
    "__pycache__",
    "venv",
    "env",
    "site-packages",
    "deps",
    "_build",
    "test",
    "tests",
    "testing",
    "__tests__",
    "__mocks__",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "testdata",
    "test-data",
    "fixture",
    "fixtures",
    "example",
    "examples",
    "sample",
    "samples",
    "demo-data",
    "benchmark",
    "benchmarks",
    "hack",
    "docs",
    "doc",
    "documentation",
];

/// Hidden folders that hold what a build reads.
const HIDDEN: &[&str] = &[".cargo", ".mvn", ".streamlit", ".config"];

/// A file.
struct Entry {
    len: u64,
    text: OnceCell<Option<Text>>,
}

/// A file's text.
#[derive(Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "the text of a text has no better name"
)]
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) text: String,
    lines: OnceCell<LineIndex>,
    tokens: OnceCell<Vec<Token>>,
    xml: OnceCell<Option<Element>>,
    may_listen: OnceCell<bool>,
}

impl Text {
    /// The line of a byte offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let lines = self.lines.get_or_init(|| LineIndex::new(&self.text));
        // The index counts from 1 as reports do.
        lines.line(offset as u32)
    }

    /// The line of the first place where `needle` stands; 0 for the file as a whole.
    pub(crate) fn line_with(&self, needle: &str) -> u32 {
        self.text.find(needle).map_or(0, |at| self.line(at))
    }

    /// Whether one of these words is in it; asked for once, with the same words each time.
    pub(crate) fn may_listen(&self, words: &[&str]) -> bool {
        let holds = || words.iter().any(|word| self.text.contains(word));
        *self.may_listen.get_or_init(holds)
    }

    /// Its root element, for what is XML.
    pub(crate) fn xml(&self) -> Option<&Element> {
        let root = self.xml.get_or_init(|| xml::parse(&self.text));
        root.as_ref()
    }

    /// Its tokens, in the language that its name says; none for what is no code.
    pub(crate) fn code(&self) -> Code<'_> {
        let language = Language::of(&self.path);
        let tokens = self.tokens.get_or_init(|| match language {
            Some(language) if is_written(&self.text) => tokens(&self.text, language),
            _ => Vec::new(),
        });
        Code {
            path: &self.path,
            text: &self.text,
            tokens,
            language: language.unwrap_or(Language::Script),
        }
    }
}

/// Whether people write code like this, rather than tools.
fn is_written(text: &str) -> bool {
    let lines = text.bytes().filter(|&byte| byte == b'\n').count() + 1;
    text.len() <= MAX_CODE_BYTES
        && (text.len() <= MAY_BE_BUNDLED || text.len() / lines <= MAX_MEAN_LINE)
}

/// The files of a tree.
#[expect(clippy::struct_field_names, reason = "files are what it holds")]
pub(crate) struct Files<'t> {
    tree: &'t dyn Tree,
    files: BTreeMap<String, Entry>,
    /// Every folder seen, with whether it was looked into.
    folders: BTreeMap<String, bool>,
    read: Cell<u64>,
    /// The names of the files in each folder.
    names: BTreeMap<String, Vec<String>>,
}

impl<'t> Files<'t> {
    /// Lists `tree`. Folders that are skipped for their names are looked into all the same where
    /// `root` lies in them.
    pub(crate) fn new(tree: &'t dyn Tree, root: &str) -> Self {
        let mut files = Self {
            tree,
            files: BTreeMap::new(),
            folders: BTreeMap::from([(String::new(), true)]),
            read: Cell::new(0),
            names: BTreeMap::new(),
        };
        let mut waiting = vec![(String::new(), 0)];
        while let Some((folder, depth)) = waiting.pop() {
            let Ok(entries) = tree.list(&folder) else {
                continue;
            };
            for entry in entries.iter() {
                let path = below(&folder, &entry.name);
                match entry.kind {
                    EntryKind::File if files.files.len() < MAX_FILES => {
                        let text = OnceCell::new();
                        let len = entry.len;
                        files.files.insert(path, Entry { len, text });
                        let names = files.names.entry(folder.clone()).or_default();
                        names.push(entry.name.clone());
                    }
                    EntryKind::Dir => {
                        let leads_to_root = inside(root, &path);
                        let wanted = leads_to_root
                            || !skipped(&entry.name, &folder)
                            || files.is_member(&folder, &entry.name);
                        let enter = wanted && depth < MAX_DEPTH;
                        files.folders.insert(path.clone(), enter);
                        if enter {
                            waiting.push((path, depth + 1));
                        }
                    }
                    _ => {}
                }
            }
        }
        files
    }

    /// Whether a manifest names what lies in a folder that would be skipped for its name: members
    /// of a workspace may be called anything.
    fn is_member(&self, folder: &str, name: &str) -> bool {
        const NAMING: &[&str] = &[
            "Cargo.toml",
            "package.json",
            "pnpm-workspace.yaml",
            "go.work",
            "pom.xml",
        ];
        if !SKIPPED.contains(&name) {
            return false;
        }
        let named = [
            format!("\"{name}/"),
            format!("'{name}/"),
            format!("./{name}/"),
            format!(" {name}/"),
            format!("<module>{name}/"),
        ];
        NAMING.iter().any(|file| {
            let path = below(folder, file);
            let bytes = self
                .tree
                .kind(&path)
                .and_then(|_| self.tree.read(&path).ok());
            let text = bytes
                .filter(|bytes| bytes.len() < 256 * 1024)
                .and_then(|bytes| String::from_utf8(bytes).ok());
            // Paths of scripts and the like are no members.
            let members = |text: &str| {
                text.contains(if *file == "Cargo.toml" {
                    "[workspace"
                } else {
                    "workspace"
                }) || text.contains("packages:")
                    || text.contains("<module>")
                    || file.ends_with(".work")
            };
            text.is_some_and(|text| {
                members(&text) && named.iter().any(|part| text.contains(part.as_str()))
            })
        })
    }

    /// Whether there is such a file. Files in folders that were not looked into are asked for.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
            || (!self.looked_into(path) && self.tree.kind(path) == Some(EntryKind::File))
    }

    /// Whether there is such a folder.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        self.folders.contains_key(path)
            || (!self.looked_into(path) && self.tree.kind(path) == Some(EntryKind::Dir))
    }

    /// Whether a folder was looked into.
    pub(crate) fn walked_into(&self, folder: &str) -> bool {
        self.folders.get(folder) == Some(&true)
    }

    fn looked_into(&self, path: &str) -> bool {
        let folder = plimsoll_source::files::parent(path);
        self.folders.get(folder) == Some(&true)
    }

    /// A file's text; none for what is missing, too large or not UTF-8.
    pub(crate) fn text(&self, path: &str) -> Option<&Text> {
        let entry = self.files.get(path)?;
        let text = entry.text.get_or_init(|| {
            let read = self.read.get() + entry.len;
            if entry.len > MAX_FILE_BYTES || read > MAX_READ_BYTES {
                return None;
            }
            self.read.set(read);
            self.load(path)
        });
        text.as_ref()
    }

    fn load(&self, path: &str) -> Option<Text> {
        let bytes = self.tree.read(path).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        Some(Text {
            path: path.to_owned(),
            text: text
                .strip_prefix('\u{feff}')
                .map_or(text.clone(), str::to_owned),
            lines: OnceCell::new(),
            tokens: OnceCell::new(),
            xml: OnceCell::new(),
            may_listen: OnceCell::new(),
        })
    }

    /// The paths of all files in a folder and below it, in order.
    pub(crate) fn below<'s>(&'s self, folder: &str) -> impl Iterator<Item = &'s str> + use<'s> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let start = prefix.clone();
        self.files
            .range(start..)
            .map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(&prefix))
    }

    /// The names of the files that lie in a folder itself.
    pub(crate) fn names<'s>(&'s self, folder: &str) -> Vec<&'s str> {
        let names = self.names.get(folder).into_iter().flatten();
        names.map(String::as_str).collect()
    }

    /// The names of the folders in a folder, those that were not looked into among them.
    pub(crate) fn folders<'s>(&'s self, folder: &str) -> Vec<&'s str> {
        let skip = if folder.is_empty() {
            0
        } else {
            folder.len() + 1
        };
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        self.folders
            .range(prefix.clone()..)
            .map(|(path, _)| path.as_str())
            .take_while(|path| path.starts_with(&prefix))
            .filter(|path| !path.is_empty())
            .map(|path| &path[skip..])
            .filter(|name| !name.contains('/'))
            .collect()
    }

    /// All folders that were looked into, in order, the root first.
    pub(crate) fn walked(&self) -> impl Iterator<Item = &str> {
        self.folders
            .iter()
            .filter(|(_, walked)| **walked)
            .map(|(path, _)| path.as_str())
    }

    /// The first of these names that a folder has as a file, as a path.
    pub(crate) fn first(&self, folder: &str, names: &[&str]) -> Option<String> {
        names
            .iter()
            .map(|name| below(folder, name))
            .find(|path| self.has(path))
    }

    /// The nearest folder that holds one of these files, from `folder` upwards.
    pub(crate) fn above<'s>(&self, folder: &'s str, names: &[&str]) -> Option<&'s str> {
        let mut at = folder;
        loop {
            if self.first(at, names).is_some() {
                return Some(at);
            }
            if at.is_empty() {
                return None;
            }
            at = plimsoll_source::files::parent(at);
        }
    }
}

/// A path in a folder.
pub(crate) fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else if name.is_empty() {
        folder.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Whether `path` is `folder` or lies in it.
pub(crate) fn inside(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path relative to a folder that it lies in; `.` for the folder itself.
pub(crate) fn relative(path: &str, folder: &str) -> String {
    if folder.is_empty() {
        let whole = if path.is_empty() { "." } else { path };
        return whole.to_owned();
    }
    match path.strip_prefix(folder) {
        Some("") => ".".to_owned(),
        Some(rest) => rest.trim_start_matches('/').to_owned(),
        None => path.to_owned(),
    }
}

fn skipped(name: &str, folder: &str) -> bool {
    if name.starts_with('.') {
        return !HIDDEN.contains(&name);
    }
    // Rails keeps scripts in `bin`, Cargo programs in `src/bin`, and Next pages may be called
    // anything: below sources only what tools make is skipped.
    if folder == "src" || folder.ends_with("/src") || inside_sources(folder) {
        return matches!(
            name,
            "node_modules" | "__pycache__" | "test" | "tests" | "__tests__" | "__mocks__"
        );
    }
    let is_example = ["-examples", "_examples", "-samples"];
    // Go passes over folders whose names begin with `_`.
    SKIPPED.contains(&name.trim_start_matches('_'))
        || is_example.iter().any(|end| name.ends_with(end))
}

fn inside_sources(folder: &str) -> bool {
    folder.split('/').any(|part| part == "src" || part == "app")
}
