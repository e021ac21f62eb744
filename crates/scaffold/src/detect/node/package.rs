//! `package.json` and the workspace around it.

use std::collections::BTreeMap;

use plimsoll_source::files::parent;
use serde_json::Value;

use crate::detect::code::{Kind, Language, tokens};
use crate::detect::dependencies::Dependencies;
use crate::detect::draft::Cx;
use crate::detect::files::{Files, Text, below};
use crate::detect::workspace;
use crate::model::{Evidence, Known};

/// A script of a package.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) evidence: Evidence,
}

/// A `package.json`.
#[derive(Clone, Default, Debug)]
pub(crate) struct Package {
    /// The file.
    pub(crate) path: String,
    pub(crate) folder: String,
    pub(crate) name: Option<Known<String>>,
    pub(crate) scripts: BTreeMap<String, Script>,
    /// `main`, or `module` where there is none.
    pub(crate) main: Option<Known<String>>,
    pub(crate) dependencies: Dependencies,
    /// `packageManager`, `engines.*` and `volta.*`, with lines.
    pub(crate) manager: Option<Known<String>>,
    pub(crate) engines: BTreeMap<String, Known<String>>,
    /// Patterns of workspace members.
    pub(crate) workspaces: Vec<String>,
}

impl Package {
    /// Reads the package of a folder.
    pub(crate) fn read(files: &Files<'_>, folder: &str) -> Option<Self> {
        let path = files.first(folder, &["package.json", "package.json5"])?;
        let text = files.text(&path)?;
        let value: Value = parse(&text.text)?;
        let mut package = Self {
            path: path.clone(),
            folder: folder.to_owned(),
            ..Self::default()
        };
        let known = |value: Option<&Value>, key: &str, says: &str| {
            let value = value?.as_str()?.to_owned();
            let line = line_of(text, key);
            Some(Known::stated(value, Evidence::line(&path, line, says)))
        };
        package.name = known(value.get("name"), "name", "the package has this name");
        package.main = known(value.get("main"), "main", "`main` names it")
            .or_else(|| known(value.get("module"), "module", "`module` names it"));
        package.manager = known(
            value.get("packageManager"),
            "packageManager",
            "`packageManager` is set",
        );
        for section in ["volta", "engines"] {
            let entries = value.get(section).and_then(Value::as_object);
            for (tool, version) in entries.into_iter().flatten() {
                let says = format!("`{section}.{tool}` is set");
                if let Some(known) = known(Some(version), tool, &says) {
                    package.engines.entry(tool.clone()).or_insert(known);
                }
            }
        }
        let scripts = value.get("scripts").and_then(Value::as_object);
        for (name, script) in scripts.into_iter().flatten() {
            let Some(script) = script.as_str() else {
                continue;
            };
            let line = line_of_pair(text, name, script);
            let says = format!("the script `{name}` is `{}`", shortened(script));
            let script = Script {
                text: script.to_owned(),
                evidence: Evidence::line(&path, line, says),
            };
            package.scripts.insert(name.clone(), script);
        }
        for (section, runtime) in [
            ("dependencies", true),
            ("optionalDependencies", true),
            ("devDependencies", false),
        ] {
            let entries = value.get(section).and_then(Value::as_object);
            for (name, version) in entries.into_iter().flatten() {
                let version = version.as_str().unwrap_or_default();
                package.dependencies.add(
                    name,
                    version,
                    Vec::new(),
                    runtime,
                    &path,
                    line_of(text, name),
                );
            }
        }
        let workspaces = value.get("workspaces");
        let list = workspaces.and_then(|w| w.as_array().or_else(|| w.get("packages")?.as_array()));
        package.workspaces = list
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let pnpm = below(folder, "pnpm-workspace.yaml");
        if let Some(text) = files.text(&pnpm) {
            let tree = plimsoll_yaml::parse(text.text.as_str(), plimsoll_yaml::Dialect::Core);
            let root = tree.documents().next().and_then(|document| document.root());
            let packages = root.and_then(|root| root.get("packages"));
            for item in packages.into_iter().flat_map(|node| node.items()) {
                package
                    .workspaces
                    .extend(item.as_str().map(|text| text.into_owned()));
            }
        }
        Some(package)
    }

    /// The folders of its workspace members.
    pub(crate) fn members(&self, files: &Files<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for pattern in &self.workspaces {
            if let Some(pattern) = pattern.strip_prefix('!') {
                let excluded = workspace::folders(files, &self.folder, pattern);
                found.retain(|folder| !excluded.contains(folder));
                continue;
            }
            let folders = workspace::folders(files, &self.folder, pattern);
            let packages = folders.into_iter().filter(|folder| {
                files
                    .first(folder, &["package.json", "package.json5"])
                    .is_some()
                    && *folder != self.folder
            });
            found.extend(packages);
        }
        found.sort();
        found.dedup();
        found
    }

    /// A dependency, wherever it is listed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.dependencies.has(name)
    }

    /// A script's text.
    pub(crate) fn script(&self, name: &str) -> Option<&Script> {
        self.scripts.get(name)
    }
}

/// The workspace that a folder is a member of: its root's package.
pub(crate) fn workspace_of(cx: Cx<'_>, folder: &str) -> Option<Package> {
    let mut at = folder;
    while !at.is_empty() {
        at = parent(at);
        let Some(package) = Package::read(cx.files, at) else {
            continue;
        };
        let nx = cx.files.has(&below(at, "nx.json"));
        if package.workspaces.is_empty() && !nx {
            continue;
        }
        let member = package
            .members(cx.files)
            .iter()
            .any(|member| member == folder);
        return (member || nx).then_some(package);
    }
    None
}

/// A document in JSON, or in JSON with comments, trailing commas, bare keys and single quotes.
pub(crate) fn parse(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let tokens = tokens(text, Language::Script);
    let mut plain = String::with_capacity(text.len());
    for (index, token) in tokens.iter().enumerate() {
        let part = &text[token.start as usize..token.end as usize];
        match token.kind {
            Kind::Text => {
                let quoted =
                    text.as_bytes().get((token.start as usize).wrapping_sub(1)) == Some(&b'"');
                if quoted {
                    plain.extend(["\"", part, "\""]);
                } else {
                    plain.push_str(&Value::String(part.replace("\\'", "'")).to_string());
                }
            }
            Kind::Word if matches!(part, "true" | "false" | "null") => plain.push_str(part),
            Kind::Word => plain.push_str(&Value::String(part.to_owned()).to_string()),
            Kind::Sign if part == "," => {
                let next = tokens
                    .get(index + 1)
                    .map(|token| &text[token.start as usize..token.end as usize]);
                if !matches!(next, Some("}" | "]") | None) {
                    plain.push(',');
                }
            }
            _ => plain.push_str(part),
        }
    }
    serde_json::from_str(&plain).ok()
}

fn shortened(script: &str) -> String {
    if script.len() <= 80 {
        return script.to_owned();
    }
    let end = (0..=77)
        .rev()
        .find(|&at| script.is_char_boundary(at))
        .unwrap_or(0);
    format!("{}…", &script[..end])
}

/// The line that holds `"key":`.
pub(crate) fn line_of(text: &Text, key: &str) -> u32 {
    let quoted = format!("\"{key}\"");
    let mut from = 0;
    while let Some(at) = text.text[from..].find(&quoted) {
        let after = text.text[from + at + quoted.len()..].trim_start();
        if after.starts_with(':') {
            return text.line(from + at);
        }
        from += at + quoted.len();
    }
    0
}

fn line_of_pair(text: &Text, key: &str, value: &str) -> u32 {
    let start = value.split(['"', '\\']).next().unwrap_or(value);
    let quoted = format!("\"{key}\"");
    let line = text
        .text
        .lines()
        .position(|line| line.contains(&quoted) && line.contains(start));
    line.map_or_else(|| line_of(text, key), |line| line as u32 + 1)
}
