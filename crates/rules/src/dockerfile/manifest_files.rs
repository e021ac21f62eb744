//! The files that an installation reads: manifests, lock files, what they include and refer to.

use plimsoll_source::files::{file_name, parent};

use super::build_context::{View, below, listed};
use super::dependency_steps::project_dir;
use super::facts::copies::{Copied, clean};
use super::facts::ecosystems::{Tool, meets};
use super::facts::folders::join;
use super::facts::installs::Install;
use super::members;

/// The most files that a sentence names.
const MOST_NAMED: usize = 6;

/// The most files that one step is taken to read.
const MOST: usize = 200;

/// The files of the context that the installation reads, where that is known. `prior` is what was
/// copied before it.
pub(crate) fn manifests(
    install: &Install,
    prior: &[&Copied],
    view: Option<View<'_>>,
) -> Vec<String> {
    let (Some(view), Some(folder)) = (view, &install.folder) else {
        return Vec::new();
    };
    if !install.files.is_empty() {
        let laid = |file: &str| view.laid(prior.iter().copied(), &join(folder, file));
        let mut found: Vec<String> = Vec::new();
        for path in install.files.iter().filter_map(|file| laid(file)) {
            for file in named_files(view, &path) {
                if !found.contains(&file) {
                    found.push(file);
                }
            }
        }
        return found;
    }
    let Some(dir) = project_dir(prior, install, view) else {
        return Vec::new();
    };
    let at = |name: &str| join(&dir, name);
    let known = install.tool.knowledge();
    let names = view.names(&dir);
    let here = |patterns: &[&str]| -> Vec<String> {
        let named = |name: &&String| patterns.iter().any(|pattern| meets(pattern, name));
        names.iter().filter(named).map(|name| at(name)).collect()
    };
    let mut found = here(known.manifests);
    found.extend(here(known.locks));
    let companions = here(install.tool.companions());
    let is_read = |path: &String| is_read(install, view, path);
    found.extend(companions.into_iter().filter(is_read));
    if install.tool == Tool::Go {
        found.extend(go_modules(view, &dir));
        return found;
    }
    if is_workspace(install.tool, view, &dir) {
        let is_member = members::of_workspace(install.tool, view, &dir);
        // What no COPY brings is installed without today.
        let all_known = prior
            .iter()
            .all(|copy| copy.sources.iter().all(|one| one.known));
        let inner = view.visible().files.iter().filter(|file| {
            let name = file.path.rsplit('/').next().unwrap_or("");
            below(&dir, &file.path)
                .or(dir.is_empty().then_some(""))
                .is_some()
                && !file.path.contains("node_modules/")
                && !file.path.contains("/target/")
                && known.manifests.iter().any(|pattern| meets(pattern, name))
                && !found.contains(&file.path)
                && is_member.as_ref().is_none_or(|is| is(parent(&file.path)))
                && (!all_known || prior.iter().any(|copy| brings(copy, &file.path)))
        });
        let inner: Vec<String> = inner.take(MOST).map(|file| file.path.clone()).collect();
        found.extend(inner);
    }
    found
}

/// Whether a call reads a file beside the manifest. The `mvn` of the image needs neither Maven's script
/// nor what says which Maven that one fetches; settings in the same folder it does read.
fn is_read(install: &Install, view: View<'_>, path: &str) -> bool {
    if install.tool != Tool::Maven || install.by_wrapper {
        return true;
    }
    match file_name(path) {
        "mvnw" => false,
        ".mvn" => view.names(path).iter().any(|name| name != "wrapper"),
        _ => true,
    }
}

/// Whether a COPY names a file, or a folder that holds it.
pub(crate) fn brings(copy: &Copied, path: &str) -> bool {
    copy.sources.iter().any(|source| {
        source.known
            && (source.is_whole()
                || source.path == path
                || below(&source.path, path).is_some()
                || source.path.contains('*') && meets(&source.path, path))
    })
}

/// Whether a COPY names a file itself, or by a pattern, and no folder around it.
pub(crate) fn names(copy: &Copied, path: &str) -> bool {
    copy.sources.iter().any(|source| {
        let by_pattern = || source.path.contains('*') && meets(&source.path, path);
        source.known && !source.is_whole() && (source.path == path || by_pattern())
    })
}

/// Manifests as in a sentence. Many members of a workspace are named together; `dir` is its
/// root.
pub(crate) fn listed_manifests(files: &[String], tool: Tool, dir: &str) -> String {
    let (manifest, kind) = match tool {
        Tool::Npm | Tool::Yarn | Tool::Pnpm | Tool::Bun => ("package.json", "workspace"),
        Tool::Cargo => ("Cargo.toml", "member"),
        Tool::Uv => ("pyproject.toml", "member"),
        _ => return listed(files, MOST_NAMED),
    };
    let of_member = |file: &&String| file_name(file) == manifest && parent(file) != dir;
    let (members, own): (Vec<&String>, Vec<&String>) = files.iter().partition(of_member);
    if files.len() <= MOST_NAMED || members.len() < 2 {
        return listed(files, MOST_NAMED);
    }
    let every = format!("the `{manifest}` of every {kind}");
    if own.is_empty() {
        return every;
    }
    let own: Vec<String> = own.iter().map(|file| format!("`{file}`")).collect();
    format!("{} and {every}", own.join(", "))
}

/// A requirements file of pip with the files that it includes (`-r`, `-c`), itself first.
pub(crate) fn named_files(view: View<'_>, path: &str) -> Vec<String> {
    let mut found = vec![path.to_owned()];
    let mut at = 0;
    while let Some(path) = found.get(at).cloned() {
        at += 1;
        let Some(text) = view.read(&path) else {
            continue;
        };
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or("").trim();
            let included = ["--requirement", "--constraint", "-r", "-c"]
                .iter()
                .find_map(|option| line.strip_prefix(option));
            let Some(included) = included else { continue };
            let included = included.trim_start_matches(['=', ' ', '\t']);
            let file = clean(&join(dir, included));
            if found.len() < MOST && view.has(&file) && !found.contains(&file) {
                found.push(file);
            }
        }
    }
    found
}

/// The files of the modules that a Go module takes from folders of the context: those that
/// `replace` names, and those of the workspace.
fn go_modules(view: View<'_>, dir: &str) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    let read = |name: &str| view.read(&join(dir, name)).unwrap_or_default();
    for line in read("go.mod").lines() {
        let target = line.split_once("=>").map(|(_, target)| target.trim());
        folders.extend(target.map(str::to_owned));
    }
    for line in read("go.work").lines() {
        let line = line.trim();
        folders.push(line.strip_prefix("use ").unwrap_or(line).trim().to_owned());
    }
    let mut found = Vec::new();
    for folder in folders {
        let folder = folder
            .split(" //")
            .next()
            .unwrap_or("")
            .trim()
            .trim_matches('"');
        if !folder.starts_with("./") && !folder.starts_with("../") {
            continue;
        }
        for name in ["go.mod", "go.sum"] {
            let path = clean(&join(&join(dir, folder), name));
            if found.len() < MOST && view.has(&path) && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

/// Whether the project in `dir` has further projects below it that are installed with it.
pub(crate) fn is_workspace(tool: Tool, view: View<'_>, dir: &str) -> bool {
    let holds = |name: &str, word: &str| {
        view.read(&join(dir, name))
            .is_some_and(|text| text.contains(word))
    };
    match tool {
        Tool::Npm | Tool::Yarn | Tool::Bun => holds("package.json", "\"workspaces\""),
        Tool::Pnpm => view.has(&join(dir, "pnpm-workspace.yaml")),
        Tool::Uv => holds("pyproject.toml", "[tool.uv.workspace]"),
        Tool::Cargo => holds("Cargo.toml", "[workspace]"),
        Tool::Maven => holds("pom.xml", "<modules>"),
        Tool::Gradle => {
            holds("settings.gradle", "include") || holds("settings.gradle.kts", "include")
        }
        Tool::Dotnet => true,
        Tool::Mix => holds("mix.exs", "apps_path"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::source_copied_before_dependencies::RULE;
    use crate::testing::on;

    #[test]
    fn the_maven_of_the_image_needs_no_script() {
        let help = |call: &str, setting: &str| {
            let case = on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM maven:3-eclipse-temurin-21\nWORKDIR /app\nCOPY pom.xml .\nCOPY src \
                 ./src\nRUN {call} clean package\n//- /pom.xml\n<project/>\n//- /mvnw\n1\n//- \
                 /.mvn/wrapper/maven-wrapper.properties\na=b\n{setting}//- /src/A.java\nclass A {{}}\n"
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert_eq!(
            help("mvn", ""),
            "run `mvn dependency:go-offline` above this line: `pom.xml` is there already"
        );
        assert!(help("./mvnw", "").starts_with("copy `.mvn` and `mvnw` first"));
        let help = help("mvn", "//- /.mvn/maven.config\n-T1\n");
        assert!(help.starts_with("copy `.mvn` first"), "{help}");
    }
}
