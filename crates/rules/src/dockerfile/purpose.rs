//! What an image is for, by its path, its stage's name and what it starts.

use plimsoll_dockerfile::{Body, Build, Command, Stage};
use plimsoll_project::Project;
use plimsoll_source::EntryKind;

use super::facts::calls::of_script;

/// Whether the path of the file or the name of the stage says that it is not for production.
pub(crate) fn is_for_development(path: &str, stage: &Stage) -> bool {
    const MARKS: &[&str] = &[
        "bench",
        "benchmark",
        "build",
        "builder",
        "check",
        "ci",
        "cross",
        "debug",
        "dev",
        "devcontainer",
        "devel",
        "develop",
        "devkit",
        "development",
        "e2e",
        "integration",
        "lint",
        "local",
        "minikube",
        "playground",
        "sdk",
        "tilt",
        "test",
        "testing",
        "tests",
        "tools",
        "toolchain",
        "devcontainers",
    ];
    let name = stage.name.as_ref().map_or("", |name| &*name.value);
    [path, name].iter().any(|text| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| MARKS.contains(&part.to_ascii_lowercase().as_str()))
    })
}

/// Whether the container starts a shell, a build tool or a development server: then it is meant
/// to hold tools.
pub(crate) fn starts_tool(build: &Build, stage: &Stage) -> bool {
    [stage.entrypoint, stage.cmd]
        .into_iter()
        .flatten()
        .any(|index| {
            let (Body::Cmd(command) | Body::Entrypoint(command)) =
                &build.file.instructions[index].body
            else {
                return false;
            };
            let words: Vec<String> = match (command, &build.scripts[index]) {
                (_, Some(script)) => of_script(script)
                    .first()
                    .map(|call| {
                        let args = call.args.iter().map(|arg| arg.text.to_owned());
                        std::iter::once(call.program.to_owned())
                            .chain(args)
                            .collect()
                    })
                    .unwrap_or_default(),
                (Command::Exec(words), None) => {
                    words.iter().map(|word| word.value.to_string()).collect()
                }
                _ => Vec::new(),
            };
            let words = without_init(&words);
            let program = words.first().map_or("", |word| file_name(word));
            let rest = words.get(1..).unwrap_or(&[]);
            let says = |marks: &[&str]| {
                rest.iter()
                    .any(|word| marks.iter().any(|m| word.contains(m)))
            };
            // An interpreter without a script is a base for other images.
            let bare = rest.is_empty()
                && matches!(
                    program,
                    "python" | "python3" | "node" | "irb" | "ruby" | "php" | "perl"
                );
            let shell = matches!(program, "sh" | "bash" | "zsh" | "ash" | "fish" | "tmux");
            bare || (shell
                && !rest
                    .iter()
                    .any(|word| word.contains('c') && word.starts_with('-')))
                && !says(&[".sh", "/"])
                || matches!(
                    program,
                    "make"
                        | "gcc"
                        | "go"
                        | "cargo"
                        | "mvn"
                        | "mvnw"
                        | "gradle"
                        | "gradlew"
                        | "sbt"
                        | "stack"
                        | "cabal"
                        | "air"
                        | "reflex"
                        | "nodemon"
                        | "vite"
                        | "webpack"
                        | "jupyter"
                        | "jupyter-lab"
                        | "start-notebook.sh"
                        | "pytest"
                        | "tox"
                        | "code-server"
                        | "ng"
                        | "tail"
                        | "sleep"
                        | "mix"
                        | "iex"
                )
                // Programs that load packages of Go call `go` for it.
                || matches!(
                    program,
                    "client-gen"
                        | "controller-gen"
                        | "deepcopy-gen"
                        | "gen-crd-api-reference-docs"
                        | "golangci-lint"
                        | "gopls"
                        | "mockery"
                        | "mockgen"
                        | "openapi-gen"
                        | "staticcheck"
                        | "swag"
                )
                || (matches!(program, "npm" | "yarn" | "pnpm" | "bun" | "npx" | "dotnet")
                    && says(&["dev", "watch", "test", "serve", "storybook", "lint"]))
        })
}

/// What an init such as `tini -g --` starts.
fn without_init(words: &[String]) -> &[String] {
    let is_init = |word: &String| matches!(file_name(word), "tini" | "dumb-init" | "catatonit");
    match words.split_first() {
        Some((first, rest)) if is_init(first) => {
            let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
            &rest[flags..]
        }
        _ => words,
    }
}

fn file_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or("")
}

/// Whether the file has one beside it that is for production: then this one is for development.
pub(crate) fn has_production_beside(project: &Project, path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if name != "Dockerfile" {
        return false;
    }
    let beside = |name: &str| match folder {
        "" => name.to_owned(),
        _ => format!("{folder}/{name}"),
    };
    [
        "Dockerfile.prod",
        "Dockerfile.production",
        "prod.Dockerfile",
        "production.Dockerfile",
    ]
    .iter()
    .any(|name| project.tree.kind(&beside(name)) == Some(EntryKind::File))
}
