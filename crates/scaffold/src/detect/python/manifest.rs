//! What a Python project says of itself: dependencies, manager, version.

use plimsoll_source::files::{file_name, join, parent};
use toml::{Table, Value};

use crate::detect::dependencies::Dependencies;
use crate::detect::draft::Cx;
use crate::detect::files::{Text, below, relative};
use crate::detect::releases::Wanted;
use crate::model::{Evidence, Known, PythonManager};

/// A project's manifest, whichever files it is spread over.
#[derive(Default)]
pub(crate) struct Manifest {
    /// The name that it gives.
    pub(crate) name: Option<Known<String>>,
    /// What it depends on; names as PEP 503 normalises them.
    pub(crate) dependencies: Dependencies,
    /// How they are installed.
    pub(crate) manager: Known<PythonManager>,
    /// The files, relative to the context.
    pub(crate) files: Vec<String>,
    /// The lock file among them.
    pub(crate) lock: Option<String>,
    /// The folder that the image is built from.
    pub(crate) context: String,
    /// Whether the project itself is installed.
    pub(crate) package: bool,
    /// Files that its build system reads.
    pub(crate) needs: Vec<String>,
    /// Scripts that it installs, as name and `module:function`.
    pub(crate) scripts: Vec<(String, String, Evidence)>,
    /// The file that makes it a project.
    pub(crate) evidence: Option<Evidence>,
    /// The constraint on Python.
    requires: Option<Wanted>,
    /// Whether it has a `[project]` or `[tool.poetry]`, rather than settings of tools only.
    described: bool,
}

impl Default for Known<PythonManager> {
    fn default() -> Self {
        Known::assumed(PythonManager::Pip, "pip comes with Python")
    }
}

/// Lock files, with what writes them.
const LOCKS: &[(&str, PythonManager)] = &[
    ("uv.lock", PythonManager::Uv),
    ("poetry.lock", PythonManager::Poetry),
    ("pdm.lock", PythonManager::Pdm),
    ("Pipfile.lock", PythonManager::Pipenv),
];

impl Manifest {
    /// Reads the manifest of a folder. `None` when it has none and no script either.
    pub(crate) fn read(cx: Cx<'_>, folder: &str) -> Option<Self> {
        let mut manifest = Self {
            context: folder.to_owned(),
            ..Self::default()
        };
        let mut paths: Vec<String> = Vec::new();
        let pyproject = below(folder, "pyproject.toml");
        if let Some(text) = cx.files.text(&pyproject) {
            manifest.pyproject(text);
            manifest.found(&pyproject, "there is a `pyproject.toml`");
            paths.push(pyproject);
        }
        let pipfile = below(folder, "Pipfile");
        if let Some(text) = cx.files.text(&pipfile) {
            manifest.pipfile(text);
            manifest.found(&pipfile, "there is a `Pipfile`");
            paths.push(pipfile);
        }
        let requirements = requirements(cx, folder);
        let locked = LOCKS
            .iter()
            .any(|(name, _)| cx.files.has(&below(folder, name)));
        if !locked {
            for path in &requirements {
                manifest.requirements(cx, path, &mut paths, 0);
            }
        }
        let setup = cx.files.first(folder, &["setup.py"]);
        if let Some(path) = setup.filter(|_| super::is_manifest(cx.files, folder, "setup.py")) {
            manifest.found(&path, "there is a `setup.py`");
            if requirements.is_empty() && paths.is_empty() {
                manifest.setup(cx, &path);
                manifest.package = true;
                paths.push(path);
            }
        }
        if manifest.evidence.is_none() {
            let script = super::bare_script(cx, folder)?;
            manifest.found(&script, "there is a script and no manifest");
        }
        manifest.choose_manager(cx, folder, &mut paths);
        let context = manifest.context.clone();
        manifest.files = paths.iter().map(|path| relative(path, &context)).collect();
        manifest.files.dedup();
        if manifest.package && !manifest.described && manifest.files.is_empty() {
            manifest.package = false;
        }
        Some(manifest)
    }

    fn found(&mut self, path: &str, says: &str) {
        self.evidence
            .get_or_insert_with(|| Evidence::file(path, says));
    }

    fn choose_manager(&mut self, cx: Cx<'_>, folder: &str, paths: &mut Vec<String>) {
        for (name, manager) in LOCKS {
            let own = below(folder, name);
            let path = if cx.files.has(&own) {
                Some(own)
            } else if *manager == PythonManager::Uv
                && cx.files.has(&below(folder, "pyproject.toml"))
            {
                // A member of a uv workspace is locked where the workspace is.
                workspace_above(cx, folder).map(|root| {
                    self.context = root.clone();
                    paths.push(below(&root, "pyproject.toml"));
                    below(&root, name)
                })
            } else {
                None
            };
            let Some(path) = path.filter(|path| cx.files.has(path)) else {
                continue;
            };
            self.manager = Known::stated(
                *manager,
                Evidence::file(&path, format!("there is a `{name}`")),
            );
            self.lock = Some(relative(&path, &self.context));
            paths.push(path);
            self.members(cx, paths);
            return;
        }
        let evidence = |says: &str| Evidence::file(below(folder, "pyproject.toml"), says);
        let text = cx.files.text(&below(folder, "pyproject.toml"));
        let has = |needle: &str| text.is_some_and(|text| text.text.contains(needle));
        if has("[tool.poetry]") || has("poetry.core") {
            self.manager = Known::likely(
                PythonManager::Poetry,
                evidence("there is a section `tool.poetry`"),
            );
        } else if has("[tool.uv") {
            self.manager =
                Known::likely(PythonManager::Uv, evidence("there is a section `tool.uv`"));
        } else if has("[tool.pdm") {
            self.manager = Known::likely(
                PythonManager::Pdm,
                evidence("there is a section `tool.pdm`"),
            );
        } else if cx.files.has(&below(folder, "Pipfile")) {
            let evidence = Evidence::file(below(folder, "Pipfile"), "there is a `Pipfile`");
            self.manager = Known::stated(PythonManager::Pipenv, evidence);
        } else if let Some(path) = paths.first() {
            let says = format!("there is a `{}` and no lock file", file_name(path));
            self.manager = Known::stated(PythonManager::Pip, Evidence::file(path, says));
        }
    }

    /// The manifests of the members of a uv workspace, which installing needs.
    fn members(&self, cx: Cx<'_>, paths: &mut Vec<String>) {
        if self.manager.value != PythonManager::Uv {
            return;
        }
        let root = below(&self.context, "pyproject.toml");
        let Some(text) = cx.files.text(&root) else {
            return;
        };
        let Ok(table) = text.text.parse::<Table>() else {
            return;
        };
        let members = at(&table, &["tool", "uv", "workspace", "members"]).and_then(Value::as_array);
        for pattern in members.into_iter().flatten().filter_map(Value::as_str) {
            for folder in crate::detect::workspace::folders(cx.files, &self.context, pattern) {
                let path = below(&folder, "pyproject.toml");
                if cx.files.has(&path) && !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
    }

    /// What the tree asks of Python's version, the most exact first.
    pub(crate) fn versions(&self, cx: Cx<'_>, folder: &str) -> Vec<Wanted> {
        let mut wanted =
            crate::detect::pins::of(cx.files, folder, &self.context, crate::detect::pins::PYTHON);
        wanted.extend(self.requires.as_ref().map(|want| Wanted {
            text: want.text.clone(),
            evidence: want.evidence.clone(),
        }));
        wanted
    }

    /// Whether a `pyproject.toml` holds settings of tools and nothing else.
    pub(crate) fn is_tool_configuration(&self) -> bool {
        !self.described && !self.dependencies.any_at_run_time()
    }

    fn pyproject(&mut self, text: &Text) {
        let Ok(table) = text.text.parse::<Table>() else {
            return;
        };
        self.package = table.contains_key("build-system");
        if let Some(project) = table.get("project").and_then(Value::as_table) {
            self.described = true;
            self.named(text, project.get("name"));
            self.requires(text, project.get("requires-python"), "requires-python");
            for need in project
                .get("dependencies")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.requirement(need.as_str().unwrap_or_default(), text, true);
            }
            self.scripts(text, project.get("scripts"));
            self.read_files(project.get("readme"));
            self.read_files(
                project
                    .get("license")
                    .and_then(|license| license.get("file")),
            );
        }
        if let Some(groups) = table.get("dependency-groups").and_then(Value::as_table) {
            for need in groups
                .values()
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(Value::as_str)
            {
                self.requirement(need, text, false);
            }
        }
        if let Some(poetry) = at(&table, &["tool", "poetry"]).and_then(Value::as_table) {
            self.described = true;
            self.named(text, poetry.get("name"));
            self.read_files(poetry.get("readme"));
            self.scripts(text, poetry.get("scripts"));
            if poetry.get("package-mode").and_then(Value::as_bool) == Some(false) {
                self.package = false;
            }
            self.poetry_needs(text, poetry.get("dependencies"), true);
            self.poetry_needs(text, poetry.get("dev-dependencies"), false);
            let groups = poetry.get("group").and_then(Value::as_table);
            for group in groups.into_iter().flat_map(Table::values) {
                self.poetry_needs(text, group.get("dependencies"), false);
            }
        }
        let distribution = at(&table, &["tool", "pdm", "distribution"]).and_then(Value::as_bool);
        let package = at(&table, &["tool", "uv", "package"]).and_then(Value::as_bool);
        self.package = package.or(distribution).unwrap_or(self.package);
    }

    fn named(&mut self, text: &Text, name: Option<&Value>) {
        let Some(name) = name.and_then(Value::as_str) else {
            return;
        };
        let line = text.line_with(&format!("\"{name}\""));
        let evidence = Evidence::line(&text.path, line, format!("the project is called `{name}`"));
        self.name
            .get_or_insert(Known::stated(name.to_owned(), evidence));
    }

    fn requires(&mut self, text: &Text, value: Option<&Value>, key: &str) {
        let Some(value) = value.and_then(Value::as_str) else {
            return;
        };
        let line = text.line_with(key);
        let evidence = Evidence::line(&text.path, line, format!("`{key}` is `{value}`"));
        self.requires.get_or_insert(Wanted::new(value, evidence));
    }

    fn scripts(&mut self, text: &Text, scripts: Option<&Value>) {
        for (name, target) in scripts.and_then(Value::as_table).into_iter().flatten() {
            let Some(target) = target.as_str().or_else(|| target.get("callable")?.as_str()) else {
                continue;
            };
            let line = text.line_with(target);
            let evidence = Evidence::line(
                &text.path,
                line,
                format!("the script `{name}` is `{target}`"),
            );
            self.scripts
                .push((name.clone(), target.to_owned(), evidence));
        }
    }

    fn read_files(&mut self, value: Option<&Value>) {
        let Some(value) = value else { return };
        let name = value.as_str().or_else(|| value.get("file")?.as_str());
        let list = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        for name in name.into_iter().chain(list) {
            if name.contains('.') || name.starts_with("README") || name.starts_with("LICENSE") {
                self.needs.push(name.to_owned());
            }
        }
    }

    fn poetry_needs(&mut self, text: &Text, needs: Option<&Value>, runtime: bool) {
        for (name, value) in needs.and_then(Value::as_table).into_iter().flatten() {
            let version = value
                .as_str()
                .or_else(|| value.get("version")?.as_str())
                .unwrap_or_default();
            if name == "python" {
                let found = Value::String(version.to_owned());
                self.requires(text, Some(&found), "python");
                continue;
            }
            let extras = value.get("extras").and_then(Value::as_array);
            let extras = extras.into_iter().flatten().filter_map(Value::as_str);
            let line = line_of_key(text, name);
            let extras = extras.map(str::to_owned).collect();
            self.dependencies
                .add(&normal(name), version, extras, runtime, &text.path, line);
        }
    }

    fn pipfile(&mut self, text: &Text) {
        let Ok(table) = text.text.parse::<Table>() else {
            return;
        };
        for (section, runtime) in [("packages", true), ("dev-packages", false)] {
            self.poetry_needs(text, table.get(section), runtime);
        }
        let version = table.get("requires").and_then(Value::as_table);
        for key in ["python_full_version", "python_version"] {
            self.requires(text, version.and_then(|v| v.get(key)), key);
        }
    }

    fn requirements(&mut self, cx: Cx<'_>, path: &str, paths: &mut Vec<String>, depth: usize) {
        let Some(text) = cx.files.text(path) else {
            return;
        };
        if depth > 5 || paths.iter().any(|known| known == path) {
            return;
        }
        self.found(path, &format!("there is a `{}`", file_name(path)));
        paths.push(path.to_owned());
        for line in text.text.lines() {
            let line = line.trim();
            let include = ["-r", "--requirement", "-c", "--constraint"]
                .iter()
                .find_map(|flag| line.strip_prefix(flag));
            if let Some(name) = include {
                let name = name.trim_start_matches('=').trim();
                if let Some(path) = join(parent(path), name) {
                    self.requirements(cx, &path, paths, depth + 1);
                }
                continue;
            }
            self.requirement(line, text, true);
        }
    }

    /// One requirement as PEP 508 writes it.
    fn requirement(&mut self, need: &str, text: &Text, runtime: bool) {
        let need = need.split(" #").next().unwrap_or_default().trim();
        let need = need.split(';').next().unwrap_or_default().trim();
        if need.is_empty() || need.starts_with(['#', '-', '.', '/']) {
            return;
        }
        let end = need
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(need.len());
        let (name, rest) = need.split_at(end);
        let rest = rest.trim();
        let (extras, version) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((extras, version)) => (extras, version),
            None => ("", rest),
        };
        if name.is_empty() {
            return;
        }
        let extras = extras
            .split(',')
            .map(|extra| extra.trim().to_owned())
            .collect();
        let line = text.line_with(need);
        self.dependencies.add(
            &normal(name),
            version.trim(),
            extras,
            runtime,
            &text.path,
            line,
        );
    }

    /// What `install_requires` of a `setup.py` lists, as far as it is written there.
    fn setup(&mut self, cx: Cx<'_>, path: &str) {
        let Some(text) = cx.files.text(path) else {
            return;
        };
        self.described = true;
        let code = text.code();
        if let Some(index) = code.find(&["name", "="])
            && let Some(name) = code.string(index + 2)
        {
            let evidence = Evidence::line(
                path,
                code.line(index),
                format!("the project is called `{name}`"),
            );
            self.name = Some(Known::stated(name.to_owned(), evidence));
        }
        if let Some(index) = code.find(&["install_requires", "=", "["]) {
            for at in index..code.close(index + 2) {
                if let Some(need) = code.string(at) {
                    self.requirement(need, text, true);
                }
            }
        }
    }
}

fn requirements(cx: Cx<'_>, folder: &str) -> Vec<String> {
    let names = [
        "requirements.txt",
        "requirements/production.txt",
        "requirements/prod.txt",
        "requirements/base.txt",
    ];
    let first = cx.files.first(folder, &names);
    first
        .or_else(|| cx.files.first(folder, &["requirements.in"]))
        .into_iter()
        .collect()
}

fn workspace_above(cx: Cx<'_>, folder: &str) -> Option<String> {
    let mut at = folder;
    while !at.is_empty() {
        at = parent(at);
        let text = cx.files.text(&below(at, "pyproject.toml"));
        if text.is_some_and(|text| text.text.contains("[tool.uv.workspace]"))
            && cx.files.has(&below(at, "uv.lock"))
        {
            return Some(at.to_owned());
        }
    }
    None
}

/// The value at a path of keys.
pub(crate) fn at<'t>(table: &'t Table, keys: &[&str]) -> Option<&'t Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter()
        .try_fold(table.get(*first)?, |value, key| value.get(*key))
}

fn line_of_key(text: &Text, key: &str) -> u32 {
    let found = text.text.lines().position(|line| {
        let line = line.trim_start().trim_start_matches(['"', '\'']);
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with('='))
    });
    found.map_or(0, |line| line as u32 + 1)
}

/// A name as PEP 503 normalises it.
fn normal(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}
