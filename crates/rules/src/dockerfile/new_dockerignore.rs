//! A `.dockerignore` for a context that has none, composed from what the folder is.

use std::fmt::Write;

use plimsoll_dockerfile::ignore::ContextFile;
use plimsoll_source::files::{file_name, join, parent};

use super::build_context::View;
use super::context_files::{bulk, holds_secret};
use super::facts::calls::calls;
use super::facts::copies::{Copied, Source};
use super::facts::ecosystems::Tool;
use super::facts::installs::Action;
use super::secret_uses::{used, used_by_another};
use crate::DockerfileInput;

/// The most lines taken from `.gitignore`.
const MOST: usize = 60;

/// The file, and what it is good for.
pub(crate) struct Composed {
    /// Its text.
    pub(crate) text: String,
    /// What is there and would be left out: secrets by path, bulk by pattern.
    pub(crate) there: Vec<String>,
    /// Whether it leaves out what matters: history, secrets, bulk, or folders that a package
    /// manager makes; as against notes and the Dockerfile itself.
    pub(crate) matters: bool,
}

/// Composes the file for a context of which `source` of `copy` takes the given files.
pub(crate) fn compose(
    input: &DockerfileInput<'_>,
    view: View<'_>,
    (copy, source): (&Copied, &Source),
    taken: &[&ContextFile],
) -> Composed {
    let text = &*input.unit.build.file.text;
    let names = view.names("");
    let has = |name: &str| names.iter().any(|other| other == name);
    let mut lines = Lines::default();

    // Any clone of a repository has its history at the top.
    let top = view.context.dir.is_empty()
        || [".git", ".gitignore", ".gitattributes", ".github"]
            .iter()
            .any(|name| has(name));
    if top && !text.contains(".git/") && !text.contains(" .git") {
        lines.add(0, ".git");
    }
    let described = describes_readme(view, &names);
    for name in &names {
        let lower = name.to_ascii_lowercase();
        let about_the_build = lower.starts_with("dockerfile") || lower.ends_with(".dockerfile");
        let about_the_project = matches!(
            &*lower,
            ".gitignore" | ".gitattributes" | ".github" | ".gitlab-ci.yml" | ".circleci"
        ) || lower.contains("compose") && is_yaml(&lower)
            || lower.starts_with("readme") && !described;
        if (about_the_build || about_the_project) && !text.contains(&**name) {
            lines.add(0, name);
        }
    }

    let mut there: Vec<String> = Vec::new();
    for file in taken {
        if let Some(kind) = bulk(&file.path)
            && !there.iter().any(|other| other == kind.pattern)
            && kind.pattern != ".git"
        {
            there.push(kind.pattern.to_owned());
            lines.add(1, kind.pattern);
        }
    }
    for pattern in made(input, view) {
        lines.add(1, pattern);
    }
    let secrets: Vec<String> = taken
        .iter()
        .filter(|file| holds_secret(view, &file.path, file.len))
        .map(|file| file.path.clone())
        .collect();
    let is_used = |path: &String| {
        let build = &input.unit.build;
        used(build, input.facts, view, (copy, source), path).is_some()
            || used_by_another(view.project, input.unit, view, path).is_some()
    };
    for path in secrets.iter().filter(|path| !is_used(path)) {
        lines.add(3, path);
    }
    // Without a build of its own the image ships what was built before, which git ignores too.
    let own = view.read(".gitignore").filter(|_| builds_itself(input));
    if let Some(own) = own {
        let settings = secrets.iter().any(is_used);
        for line in own
            .lines()
            .filter_map(|line| translated(line, text))
            .take(MOST)
        {
            if !(settings && line.contains(".env")) {
                lines.add(2, &line);
            }
        }
    }
    let settings = secrets.iter().any(is_used);
    there.splice(0..0, secrets);
    let matters = top || lines.parts[1..].iter().any(|part| !part.is_empty()) || !there.is_empty();
    // A file of settings that is not there yet is no reason by itself.
    for line in above(view) {
        let line = translated(&line, text).filter(|line| line.contains(".env") && !settings);
        if let Some(line) = line {
            lines.add(2, &line);
        }
    }
    Composed {
        matters,
        text: lines.text(),
        there,
    }
}

/// The lines of the `.gitignore` files above the context that hold at any depth.
fn above(view: View<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut dir = &*view.context.dir;
    while !dir.is_empty() {
        dir = parent(dir);
        let text = join(dir, ".gitignore").and_then(|path| view.project.tree.read(&path).ok());
        let text = text.unwrap_or_default();
        let lines = String::from_utf8_lossy(&text)
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let any_depth = |line: &String| !line.trim_end_matches('/').contains('/');
        found.extend(lines.into_iter().filter(any_depth));
    }
    found
}

/// The lines by part, none of them twice.
#[derive(Default)]
struct Lines {
    parts: [Vec<String>; 4],
}

const HEADS: [&str; 4] = [
    "# What no image needs.",
    "# What tools install and leave behind.",
    "# From .gitignore.",
    "# Settings and secrets of this machine.",
];

impl Lines {
    fn add(&mut self, part: usize, line: &str) {
        if !self.parts.iter().flatten().any(|other| other == line) {
            self.parts[part].push(line.to_owned());
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (head, lines) in HEADS.iter().zip(&self.parts) {
            if lines.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            let _ = writeln!(text, "{head}\n{}", lines.join("\n"));
        }
        text
    }
}

/// Whether steps of the file build the project.
fn builds_itself(input: &DockerfileInput<'_>) -> bool {
    let installs = input.facts.installs.iter();
    let build = &input.unit.build;
    installs.into_iter().any(|one| one.action != Action::Named)
        || (0..build.file.instructions.len()).any(|index| {
            let mut calls = calls(build, index).into_iter();
            calls.any(|call| matches!(call.program, "make" | "cmake" | "just" | "task" | "bazel"))
        })
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// Whether a manifest of the folder points at its README, which an installation then reads.
fn describes_readme(view: View<'_>, names: &[String]) -> bool {
    let manifests = ["pyproject.toml", "setup.py", "setup.cfg", "Cargo.toml"];
    names
        .iter()
        .filter(|name| manifests.contains(&&***name) || name.ends_with(".gemspec"))
        .any(|name| {
            view.read(name)
                .is_some_and(|text| text.to_ascii_lowercase().contains("readme"))
        })
}

/// The folders that the package managers of the context make, where the build makes them itself.
fn made(input: &DockerfileInput<'_>, view: View<'_>) -> Vec<&'static str> {
    let builds = |tools: &[Tool]| {
        input.facts.installs.iter().any(|one| {
            tools.contains(&one.tool)
                && matches!(one.action, Action::Project | Action::Fetch | Action::Build)
        })
    };
    let holds = |fits: &dyn Fn(&str) -> bool| {
        let mut files = view.visible().files.iter();
        files.any(|file| fits(file_name(&file.path)))
    };
    let is = |name: &'static str| move |other: &str| other == name;
    let text = &*input.unit.build.file.text;
    let mut found = Vec::new();
    if holds(&is("package.json")) && builds(&[Tool::Npm, Tool::Yarn, Tool::Pnpm, Tool::Bun]) {
        found.push("**/node_modules");
    }
    if holds(&is("composer.json")) && builds(&[Tool::Composer]) {
        found.push("**/vendor");
    }
    if holds(&is("Cargo.toml")) && builds(&[Tool::Cargo]) && !is_member_of_workspace(view)
        || holds(&is("pom.xml")) && builds(&[Tool::Maven])
    {
        found.push("**/target");
    }
    if holds(&|name| name.starts_with("build.gradle")) && builds(&[Tool::Gradle]) {
        found.extend(["**/.gradle", "**/build"]);
    }
    if holds(&|name| name.ends_with("proj")) && builds(&[Tool::Dotnet]) {
        found.extend(["**/bin", "**/obj"]);
    }
    if holds(&is("mix.exs")) && builds(&[Tool::Mix]) {
        found.extend(["**/_build", "**/deps"]);
    }
    if holds(&|name| name.ends_with(".py")) {
        found.push("**/__pycache__");
        if !text.contains("venv") {
            found.push("**/.venv");
        }
    }
    found
}

/// Whether the context is a member of a Cargo workspace whose root lies above it: `target` is made there.
fn is_member_of_workspace(view: View<'_>) -> bool {
    let context = &*view.context.dir;
    let mut dir = context;
    while !dir.is_empty() {
        dir = parent(dir);
        let text = join(dir, "Cargo.toml").and_then(|path| view.project.tree.read(&path).ok());
        let inner = context.strip_prefix(dir).unwrap_or(context);
        let inner = inner.trim_start_matches('/');
        let lists = |bytes: Vec<u8>| lists_member(&String::from_utf8_lossy(&bytes), inner);
        if text.is_some_and(|bytes| lists(bytes.to_vec())) {
            return true;
        }
    }
    false
}

/// Whether a Cargo.toml is the root of a workspace that lists this folder, by its path or with `*`
/// for a part of it.
fn lists_member(manifest: &str, folder: &str) -> bool {
    let is_member = |pattern: &str| {
        let (wanted, given) = (pattern.trim_end_matches('/').split('/'), folder.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.zip(given).all(|(one, two)| one == "*" || one == two)
    };
    // The list may go over several lines; what is behind `#` in it is none of it.
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| {
        line.strip_prefix("members")
            .is_none_or(|rest| !rest.trim_start().starts_with('='))
    });
    let mut inner: Vec<&str> = Vec::new();
    for line in &mut lines {
        inner.push(line.split('#').next().unwrap_or_default());
        if line.contains(']') {
            break;
        }
    }
    manifest.lines().any(|line| line.trim() == "[workspace]")
        && inner
            .iter()
            .flat_map(|line| line.split(['"', '\'']).skip(1).step_by(2))
            .any(is_member)
}

/// A line of `.gitignore` as `.dockerignore` has it, unless the Dockerfile speaks of what it
/// hides.
fn translated(line: &str, dockerfile: &str) -> Option<String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line.contains('\\') {
        return None;
    }
    let (mark, pattern) = match line.strip_prefix('!') {
        Some(rest) => ("!", rest),
        None => ("", line),
    };
    let folder = pattern.ends_with('/');
    let pattern = pattern.trim_end_matches('/');
    // One file by its name may be what a script puts there for this very build.
    let hidden = pattern.rsplit('/').next().unwrap_or("").starts_with('.');
    if !(folder || hidden || pattern.contains('*') || !pattern.contains('.')) {
        return None;
    }
    let word = pattern
        .rsplit('/')
        .next()
        .unwrap_or("")
        .trim_start_matches(['*', '.']);
    if word.is_empty() || dockerfile.contains(word) {
        return None;
    }
    Some(match pattern.strip_prefix('/') {
        Some(anchored) => format!("{mark}{anchored}"),
        None if pattern.contains('/') => format!("{mark}{pattern}"),
        None => format!("{mark}**/{pattern}"),
    })
}

#[cfg(test)]
mod tests {
    use super::{lists_member, translated};

    #[test]
    fn workspaces_list_their_members() {
        let text = "[workspace]\n# All of them.\nmembers = [\n  \"server\",\n  \"services/*\", # \"old\"\n]\n\
                    exclude = [\"archive\"]\n";
        assert!(lists_member(text, "server") && lists_member(text, "services/content"));
        for folder in ["old", "archive", "services", "services/a/b", "web"] {
            assert!(!lists_member(text, folder), "{folder}");
        }
        assert!(!lists_member("members = [\"server\"]\n", "server"));
    }

    #[test]
    fn lines_of_gitignore_are_translated() {
        let line = |text| translated(text, "COPY dist/app /app");
        assert_eq!(line("target/").as_deref(), Some("**/target"));
        assert_eq!(line("/gen").as_deref(), Some("gen"));
        assert_eq!(line("web/cache/").as_deref(), Some("web/cache"));
        assert_eq!(line("!*.log").as_deref(), Some("!**/*.log"));
        for text in ["", "# note", "e2e.test", "dist/", "a\\ b", "*"] {
            assert_eq!(line(text), None, "{text}");
        }
    }
}
