//! The files that a program is made of: its own and those of packages that it imports.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_source::files::parent;

use super::Main;
use super::module::Module;
use crate::detect::code::Code;
use crate::detect::draft::Cx;
use crate::detect::files::{Text, below, inside, relative};

/// How many files of one program are read.
const MAX_FILES: usize = 2500;

/// What a program is made of.
pub(crate) struct Reach<'a> {
    /// Its files, those of the `main` package first.
    pub(crate) files: Vec<&'a Text>,
    /// What is imported from elsewhere.
    pub(crate) imports: BTreeSet<String>,
    /// Where each was seen first.
    seen: BTreeMap<String, (usize, u32)>,
    /// The files that the program calls.
    live: BTreeSet<usize>,
    /// Those that a file imports which the program calls.
    called: BTreeSet<String>,
    /// The folders of its packages.
    folders: BTreeSet<String>,
}

impl<'a> Reach<'a> {
    /// Where a package is imported.
    pub(crate) fn uses(&self, import: &str) -> Option<(&'a Text, u32)> {
        let (file, line) = self.seen.get(import)?;
        Some((self.files[*file], *line))
    }

    /// Whether the program calls a file, by its number.
    pub(crate) fn is_live(&self, number: usize) -> bool {
        self.live.contains(&number)
    }

    /// Whether a file imports a package that the program calls.
    pub(crate) fn calls(&self, import: &str) -> bool {
        self.called.contains(import)
    }

    /// What has to be copied to build it, relative to the context.
    pub(crate) fn sources(&self, cx: Cx<'_>, module: &Module) -> Vec<String> {
        let mut found = BTreeSet::new();
        for folder in &self.folders {
            let local = relative(folder, &module.context);
            let home =
                std::iter::once(&module.folder).chain(module.near.iter().map(|(_, folder)| folder));
            let is_root = home.clone().any(|root| root == folder);
            if is_root {
                let names = cx.files.names(folder).into_iter();
                let go = names.filter(|name| name.ends_with(".go") && !name.ends_with("_test.go"));
                found.extend(go.map(|name| relative(&below(folder, name), &module.context)));
                continue;
            }
            // The first folder below the module, but below `cmd` the program's own.
            let root = home
                .filter(|root| inside(folder, root))
                .max_by_key(|root| root.len());
            let root = root.map_or("", String::as_str);
            let rest = relative(folder, root);
            let parts: Vec<&str> = rest.split('/').collect();
            let keep = if matches!(parts[0], "cmd" | "apps" | "services") {
                2
            } else {
                1
            };
            let top = below(root, &parts[..keep.min(parts.len())].join("/"));
            let _ = &local;
            found.insert(relative(&top, &module.context));
        }
        for text in &self.files {
            for line in text.text.lines() {
                let Some(patterns) = line.strip_prefix("//go:embed ") else {
                    continue;
                };
                let folder = parent(&text.path);
                for pattern in patterns.split_whitespace() {
                    let pattern = pattern.trim_matches('"').trim_start_matches("all:");
                    let fixed: Vec<&str> = pattern
                        .split('/')
                        .take_while(|part| !part.contains(['*', '?', '[']))
                        .collect();
                    let path = below(folder, &fixed.join("/"));
                    if !path.is_empty() {
                        found.insert(relative(&path, &module.context));
                    }
                }
            }
        }
        // What lies in a folder that is copied whole needs no line of its own.
        let all: Vec<String> = found.into_iter().filter(|path| path != ".").collect();
        all.iter()
            .filter(|path| {
                !all.iter()
                    .any(|other| other != *path && inside(path, other))
            })
            .cloned()
            .collect()
    }
}

/// What a program is made of.
pub(crate) fn of<'a>(cx: Cx<'a>, module: &Module, main: &Main<'a>) -> Reach<'a> {
    let mut reach = Reach {
        files: Vec::new(),
        imports: BTreeSet::new(),
        seen: BTreeMap::new(),
        live: BTreeSet::new(),
        called: BTreeSet::new(),
        folders: BTreeSet::from([main.folder.clone()]),
    };
    let mut waiting: Vec<&Text> = main.files.iter().rev().copied().collect();
    while let Some(text) = waiting.pop() {
        if reach.files.len() >= MAX_FILES {
            break;
        }
        let number = reach.files.len();
        reach.files.push(text);
        for (import, line) in imports(text.code()) {
            let Some(folder) = module.folder_of(import) else {
                reach.imports.insert(import.to_owned());
                reach
                    .seen
                    .entry(import.to_owned())
                    .or_insert((number, line));
                continue;
            };
            if !reach.folders.insert(folder.clone()) {
                continue;
            }
            let names = cx.files.names(&folder).into_iter();
            let go = names.filter(|name| name.ends_with(".go") && !name.ends_with("_test.go"));
            waiting.extend(go.filter_map(|name| cx.files.text(&below(&folder, name))));
        }
    }
    // An `init` makes drivers known; nothing listens by it.
    reach.live = called(&reach.files, &main.folder, false);
    for number in called(&reach.files, &main.folder, true) {
        let imports = imports(reach.files[number].code()).into_iter();
        reach
            .called
            .extend(imports.map(|(import, _)| import.to_owned()));
    }
    reach
}

/// The files that the program calls: its own, with `inits` those with one, and those that define a name which
/// such a file mentions. A package may hold what only its tests use.
fn called(files: &[&Text], main: &str, inits: bool) -> BTreeSet<usize> {
    let mut defining: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (number, text) in files.iter().enumerate() {
        let code = text.code();
        for name in defined(code) {
            defining.entry(name).or_default().push(number);
        }
        let begins = inits && code.find(&["func", "init", "("]).is_some();
        if parent(&text.path) == main || begins {
            waiting.push(number);
        }
    }
    let mut found: BTreeSet<usize> = waiting.iter().copied().collect();
    while let Some(number) = waiting.pop() {
        let code = files[number].code();
        for word in (0..code.len()).filter_map(|index| code.word(index)) {
            for &other in defining.get(word).into_iter().flatten() {
                if found.insert(other) {
                    waiting.push(other);
                }
            }
        }
    }
    found
}

/// The names that a file defines for others, and the types whose methods it holds.
fn defined(code: Code<'_>) -> Vec<&str> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < code.len() {
        let margin = code.at_margin(index);
        let block = margin && matches!(code.word(index), Some("type" | "var" | "const"));
        if block && code.is(index + 1, &["("]) {
            let close = code.close(index + 1);
            // In a block each name begins a line.
            let begins = |&at: &usize| code.line(at) != code.line(at - 1);
            let names = (index + 2..close).filter(begins);
            found.extend(names.filter_map(|at| code.word(at)));
            index = close;
        } else if block {
            found.extend(code.word(index + 1));
        } else if margin && code.is(index, &["func", "("]) {
            let close = code.close(index + 1);
            found.extend((index + 2..close).filter_map(|at| code.word(at)).nth(1));
        } else if margin && code.is(index, &["func"]) && !code.is(index + 1, &["init"]) {
            found.extend(code.word(index + 1));
        }
        index += 1;
    }
    found
}

/// The packages that a file imports.
fn imports(code: Code<'_>) -> Vec<(&str, u32)> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < code.len() {
        if code.at_margin(index)
            && matches!(code.word(index), Some("func" | "type" | "var" | "const"))
        {
            break;
        }
        if code.is(index, &["import"]) {
            let end = if code.is(index + 1, &["("]) {
                code.close(index + 1)
            } else {
                index + 3
            };
            for at in index + 1..end.min(code.len()) {
                if let Some(import) = code.string(at) {
                    found.push((import, code.line(at)));
                }
            }
            index = end;
        } else {
            index += 1;
        }
    }
    found
}
