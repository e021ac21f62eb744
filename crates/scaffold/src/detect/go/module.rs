//! `go.mod` and `go.work`.

use plimsoll_source::files::{join, parent};

use super::reach::Reach;
use crate::detect::backings::{Client, Grip};
use crate::detect::dependencies::{Dependencies, grip};
use crate::detect::draft::Cx;
use crate::detect::files::{Files, Text, below, inside, relative};
use crate::model::{Backing, Evidence, Known};

/// A module.
pub(crate) struct Module {
    /// Its folder.
    pub(crate) folder: String,
    /// The folder that its image is built from.
    pub(crate) context: String,
    /// Its path.
    pub(crate) path: String,
    /// The same, with where it stands.
    pub(crate) name: Known<String>,
    /// The `go` line.
    pub(crate) go: Option<Known<String>>,
    /// The `toolchain` line.
    pub(crate) toolchain: Option<Known<String>>,
    /// What it requires.
    pub(crate) dependencies: Dependencies,
    /// Modules that lie in the same tree, as (path, folder): those that are replaced by folders,
    /// and those of the workspace.
    pub(crate) near: Vec<(String, String)>,
    /// The folder of the `go.work` that uses it.
    pub(crate) work: Option<String>,
}

/// The directives of a file: verb, words, line.
fn directives(text: &Text) -> Vec<(String, Vec<String>, u32)> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for (number, line) in text.text.lines().enumerate() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let mut words: Vec<String> = line
            .split_whitespace()
            .map(|word| word.trim_matches('"').to_owned())
            .collect();
        if words.is_empty() {
            continue;
        }
        let number = number as u32 + 1;
        if words[0] == ")" {
            block = None;
        } else if let Some(verb) = &block {
            found.push((verb.clone(), words, number));
        } else if words.len() == 2 && words[1] == "(" {
            block = Some(words.swap_remove(0));
        } else {
            let verb = words.remove(0);
            found.push((verb, words, number));
        }
    }
    found
}

impl Module {
    /// Reads the module of a folder.
    pub(crate) fn read(cx: Cx<'_>, folder: &str) -> Option<Self> {
        let path = below(folder, "go.mod");
        let text = cx.files.text(&path)?;
        let mut module = Self {
            folder: folder.to_owned(),
            context: folder.to_owned(),
            path: String::new(),
            name: Known::assumed(String::new(), "the module has no name"),
            go: None,
            toolchain: None,
            dependencies: Dependencies::default(),
            near: Vec::new(),
            work: None,
        };
        for (verb, words, line) in directives(text) {
            let Some(first) = words.first() else { continue };
            let known =
                |says: &str| Known::stated(first.clone(), Evidence::line(&path, line, says));
            match verb.as_str() {
                "module" => {
                    module.path.clone_from(first);
                    module.name = known("the module has this path");
                }
                "go" => module.go = Some(known(&format!("`go` is {first}"))),
                "toolchain" => {
                    let says = format!("`toolchain` is {first}");
                    module.toolchain =
                        Some(known(&says).map(|name| name.trim_start_matches("go").to_owned()));
                }
                "require" => {
                    let version = words.get(1).map_or("", String::as_str);
                    let runtime = !text
                        .text
                        .lines()
                        .nth(line as usize - 1)
                        .unwrap_or_default()
                        .contains("// indirect");
                    module
                        .dependencies
                        .add(first, version, Vec::new(), runtime, &path, line);
                }
                "replace" => {
                    let target = words.iter().skip_while(|word| *word != "=>").nth(1);
                    let Some(target) = target.filter(|target| target.starts_with('.')) else {
                        continue;
                    };
                    if let Some(target) = join(folder, target) {
                        module.near.push((first.clone(), target));
                    }
                }
                _ => {}
            }
        }
        module.workspace(cx.files);
        let near: Vec<String> = module
            .near
            .iter()
            .map(|(_, folder)| folder.clone())
            .collect();
        for folder in near {
            while !inside(&folder, &module.context) {
                module.context = parent(&module.context).to_owned();
            }
        }
        Some(module)
    }

    /// The workspace that uses it.
    fn workspace(&mut self, files: &Files<'_>) {
        let Some(root) = files
            .above(&self.folder.clone(), &["go.work"])
            .map(str::to_owned)
        else {
            return;
        };
        let Some(text) = files.text(&below(&root, "go.work")) else {
            return;
        };
        let used: Vec<String> = directives(text)
            .into_iter()
            .filter(|(verb, _, _)| verb == "use")
            .filter_map(|(_, words, _)| join(&root, words.first()?))
            .collect();
        if !used.contains(&self.folder) {
            return;
        }
        for folder in used {
            let Some(text) = files.text(&below(&folder, "go.mod")) else {
                continue;
            };
            let path = directives(text)
                .into_iter()
                .find(|(verb, _, _)| verb == "module")
                .and_then(|(_, words, _)| words.into_iter().next());
            if let Some(path) = path.filter(|_| folder != self.folder) {
                self.near.push((path, folder));
            }
        }
        self.context.clone_from(&root);
        self.work = Some(root);
    }

    /// The files that fetching modules needs, relative to the context.
    pub(crate) fn manifests(&self, cx: Cx<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let mut add = |path: String| {
            if cx.files.has(&path) {
                found.push(relative(&path, &self.context));
            }
        };
        if let Some(root) = &self.work {
            add(below(root, "go.work"));
            add(below(root, "go.work.sum"));
        }
        for folder in
            std::iter::once(&self.folder).chain(self.near.iter().map(|(_, folder)| folder))
        {
            add(below(folder, "go.mod"));
            add(below(folder, "go.sum"));
        }
        found.dedup();
        found
    }

    /// The folder of a package that lies in this tree, by its import path.
    pub(crate) fn folder_of(&self, import: &str) -> Option<String> {
        let own = std::iter::once((&self.path, &self.folder));
        own.chain(self.near.iter().map(|(path, folder)| (path, folder)))
            .find_map(|(path, folder)| {
                let rest = import.strip_prefix(path.as_str())?;
                let whole = rest.is_empty() || rest.starts_with('/');
                whole.then(|| below(folder, rest.trim_start_matches('/')))
            })
    }

    /// Whether its packages are there for others.
    pub(crate) fn is_library(&self, cx: Cx<'_>, folder: &str) -> bool {
        let here = cx.files.names(folder);
        here.iter().any(|name| name.ends_with(".go")) && !cx.files.has(&below(folder, "main.go"))
    }

    /// Whether a dependency that is reached needs cgo.
    pub(crate) fn cgo(&self, reach: &Reach<'_>) -> Option<Known<bool>> {
        const NEEDS: &[&str] = &[
            "github.com/mattn/go-sqlite3",
            "gorm.io/driver/sqlite",
            "github.com/confluentinc/confluent-kafka-go",
            "gopkg.in/confluentinc/confluent-kafka-go.v1",
            "github.com/h2non/bimg",
            "github.com/davidbyttow/govips",
            "github.com/godror/godror",
            "gopkg.in/gographics/imagick",
        ];
        if let Some((text, line)) = reach.uses("C") {
            return Some(Known::stated(
                true,
                Evidence::line(&text.path, line, "`C` is imported"),
            ));
        }

        NEEDS.iter().find_map(|name| {
            let used = reach
                .imports
                .iter()
                .find(|import| import.starts_with(name))?;
            let (text, line) = reach.uses(used)?;
            Some(Known::stated(
                true,
                Evidence::line(
                    &text.path,
                    line,
                    format!("`{name}` is imported, which needs cgo"),
                ),
            ))
        })
    }

    /// Whether a database that is a file is imported.
    pub(crate) fn embeds_database(&self, reach: &Reach<'_>) -> bool {
        let mut imports = reach.imports.iter();
        imports.any(|import| crate::detect::tables::is_embedded(import))
    }

    /// The imported packages that speak with servers.
    pub(crate) fn clients(&self, reach: &Reach<'_>) -> Vec<Client> {
        let mut found = Vec::new();
        for import in &reach.imports {
            let backing = longest(import);
            let Some((backing, name)) = backing else {
                continue;
            };
            let Some((text, line)) = reach.uses(import) else {
                continue;
            };
            let says = format!("`{name}` is imported");
            let (grip, says) = if reach.calls(import) {
                (grip(&name), says)
            } else {
                let why = "in a file that nothing of the program calls";
                (Grip::Unused, format!("{says} {why}"))
            };
            let evidence = Evidence::line(&text.path, line, says);
            found.push(Client {
                backing,
                grip,
                evidence,
            });
        }
        found
    }
}

/// The backing of an import, by the longest prefix that the table has.
fn longest(import: &str) -> Option<(Backing, String)> {
    let mut name = import;
    loop {
        if let Some(backing) = crate::detect::tables::backing(name) {
            // `redis` alone is no Go package.
            return name.contains('.').then(|| (backing, name.to_owned()));
        }
        name = name.rsplit_once('/')?.0;
    }
}
