//! What COPY instructions bring of a project: source, manifests, or neither.

use std::cell::RefCell;
use std::collections::HashMap;

use plimsoll_dockerfile::Stage;
use plimsoll_source::EntryKind;

use super::build_context::{View, below};
use super::facts::copies::{Copied, Source, Whence};
use super::facts::ecosystems::{Tool, is_code, meets};
use super::facts::folders::join;
use super::facts::installs::Install;
use super::facts::{Facts, ending};

/// The most COPY instructions looked at for one step.
const MOST: usize = 200;

/// What was copied from the context before instruction `index` of a stage with this lineage.
pub(crate) fn before<'f>(facts: &'f Facts, line: &[&Stage], index: usize) -> Vec<&'f Copied> {
    let until = facts
        .copies
        .partition_point(|copy| copy.instruction < index);
    facts.copies[..until]
        .iter()
        .filter(|copy| {
            copy.whence == Whence::Context
                && copy.exclude.is_empty()
                && line
                    .iter()
                    .any(|stage| stage.instructions.contains(&copy.instruction))
        })
        .take(MOST)
        .collect()
}

/// Whether the COPY lays its files into the project that is installed, or the project into its
/// files. Where one of the folders is not known, only a whole context is taken to.
pub(crate) fn is_for(copy: &Copied, install: &Install) -> bool {
    let dest = copy.dest.trim_end_matches('/');
    let Some(folder) = &install.folder else {
        return copy.sources.iter().any(Source::is_whole);
    };
    let touches = |folder: &str| below(dest, folder).is_some() || below(folder, dest).is_some();
    if install.files.is_empty() {
        return touches(folder);
    }
    install.files.iter().any(|file| {
        let path = join(folder, file);
        touches(path.rsplit_once('/').map_or("", |(dir, _)| dir))
    })
}

/// Names of folders that hold source wherever they occur.
const SOURCE_FOLDERS: &[&str] = &[
    "api", "app", "apps", "backend", "client", "cmd", "frontend", "internal", "lib", "pkg",
    "server", "source", "src", "web", "website",
];

fn is_source_folder(source: &Source) -> bool {
    source.known && SOURCE_FOLDERS.contains(&source.name())
}

/// What the sources of COPY instructions hold, each looked at once.
pub(crate) struct Sources<'a> {
    /// The context, where it is known.
    pub(crate) view: Option<View<'a>>,
    known: RefCell<HashMap<(u32, Question), bool>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    /// Does it hold source of any language?
    Code,
    /// Does it hold source besides what the tool reads?
    CodeBeside(Tool),
    /// Does it hold a manifest of the tool?
    Manifest(Tool),
}

impl<'a> Sources<'a> {
    pub(crate) fn new(view: Option<View<'a>>) -> Self {
        Self {
            view,
            known: RefCell::default(),
        }
    }

    fn ask(&self, view: View<'_>, source: &Source, question: Question) -> bool {
        let key = (source.range.start, question);
        if let Some(&known) = self.known.borrow().get(&key) {
            return known;
        }
        let answer = view.visible().select(&source.path).iter().any(|file| {
            let name = file.path.rsplit('/').next().unwrap_or("");
            match question {
                Question::Code => is_code(ending(name)),
                Question::CodeBeside(tool) => is_code(ending(name)) && !tool.reads(name),
                Question::Manifest(tool) => is_manifest(tool, name),
            }
        });
        self.known.borrow_mut().insert(key, answer);
        answer
    }

    /// Whether what a COPY brings of Go's modules names any to fetch: others than those that it
    /// takes from folders beside it.
    pub(crate) fn fetches_modules(&self, copy: &Copied) -> bool {
        let Some(view) = self.view.filter(|view| !view.visible().truncated) else {
            return true;
        };
        let taken = copy.sources.iter();
        let taken: Vec<_> = taken
            .flat_map(|source| view.visible().select(&source.path))
            .collect();
        let named = |name: &'static str| {
            taken
                .iter()
                .map(|file| &*file.path)
                .filter(move |path| path.rsplit('/').next() == Some(name))
        };
        let modules: Vec<&str> = named("go.mod").collect();
        modules.is_empty()
            || named("go.sum").next().is_some()
            || modules
                .iter()
                .any(|path| view.read(path).is_none_or(|text| requires(&text)))
    }

    /// Whether a COPY brings a folder of source, whatever the language.
    pub(crate) fn brings_code(&self, copy: &Copied) -> bool {
        copy.sources.iter().any(|source| match self.view {
            Some(view) => {
                source.known
                    && (source.is_whole() || view.kind(&source.path) == Some(EntryKind::Dir))
                    && self.ask(view, source, Question::Code)
            }
            None => source.is_whole(),
        })
    }

    /// Whether a COPY brings what changes with the source, as seen by this installation.
    pub(crate) fn brings_source_for(&self, copy: &Copied, install: &Install) -> bool {
        copy.sources.iter().any(|source| {
            let name = source.name();
            if !source.is_whole() && install.tool.reads(name) {
                return false;
            }
            let Some(view) = self.view else {
                return source.is_whole() || is_code(ending(name)) || is_source_folder(source);
            };
            if source.is_whole() {
                return view.visible().truncated
                    || self.ask(view, source, Question::CodeBeside(install.tool));
            }
            match view.kind(&source.path) {
                Some(EntryKind::Dir) => self.ask(view, source, Question::Code),
                // How a tool is set up changes as seldom as what is installed.
                Some(_) => is_code(ending(name)) && !name.contains(".config."),
                None => false,
            }
        })
    }

    /// Whether the project that is installed comes from the context at all.
    pub(crate) fn brings_manifest(&self, prior: &[&Copied], install: &Install) -> bool {
        let tool = install.tool;
        let wanted = |name: &str| {
            if install.files.is_empty() {
                is_manifest(tool, name)
            } else {
                install
                    .files
                    .iter()
                    .any(|file| file.rsplit('/').next() == Some(name))
            }
        };
        prior.iter().flat_map(|copy| &copy.sources).any(|source| {
            if wanted(source.name()) {
                return true;
            }
            let Some(view) = self.view else {
                return source.is_whole() || is_source_folder(source);
            };
            if view.visible().truncated {
                return true;
            }
            if install.files.is_empty() {
                return self.ask(view, source, Question::Manifest(tool));
            }
            let taken = view.visible().select(&source.path);
            taken
                .iter()
                .any(|file| wanted(file.path.rsplit('/').next().unwrap_or("")))
        })
    }
}

fn is_manifest(tool: Tool, name: &str) -> bool {
    tool.knowledge()
        .manifests
        .iter()
        .any(|pattern| meets(pattern, name))
}
/// Whether a `go.mod` requires a module that it does not replace by a folder.
fn requires(text: &str) -> bool {
    let lines = || {
        text.lines()
            .map(|line| line.split("//").next().unwrap_or("").trim())
    };
    let module = |line: &'_ str| line.split_whitespace().next().map(str::to_owned);
    let replaced: Vec<String> = lines()
        .filter_map(|line| line.split_once("=>"))
        .filter(|(_, to)| to.trim().starts_with('.') || to.trim().starts_with('/'))
        .filter_map(|(from, _)| module(from.trim_start_matches("replace").trim()))
        .collect();
    let mut inside = false;
    lines().any(|line| {
        let required = match line.strip_prefix("require") {
            Some(rest) if rest.trim() == "(" => {
                inside = true;
                None
            }
            Some(rest) if rest.starts_with([' ', '\t']) => module(rest),
            _ if line == ")" => {
                inside = false;
                None
            }
            _ if inside => module(line),
            _ => None,
        };
        required.is_some_and(|module| !replaced.contains(&module))
    })
}
