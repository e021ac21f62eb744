//! What the builder may not see.

use super::{place, words};
use crate::model::{Evidence, Service, Stack};
use crate::plan::Running;
use crate::written::Written;

/// Files that no program needs, wherever they lie, in folders that are copied whole.
const NEVER: &[(&str, &str)] = &[
    ("**/.env", "secrets of the machine it lies on"),
    ("**/.env.*", "secrets of the machine it lies on"),
    ("**/.git", "the history"),
    ("**/.DS_Store", "a file of the desktop"),
    ("**/*.log", "what was written by an earlier run"),
];

/// The ignore file of a service's Dockerfile: nothing but what its `COPY` instructions need. Its
/// path is to be replaced by that of [`super::paths`] where services share a folder.
pub fn dockerignore(service: &Service, _running: &Running) -> Written {
    let mut written = Written::new(place(service, false).ignore);
    let paths = needed(&service.stack);
    let whole = paths.iter().any(|path| words::is_whole(path));
    if whole {
        written.push(
            "# The program is made of the whole folder: what it is not made of is named.",
            vec![Evidence::file(
                service.context.clone(),
                "it is copied whole",
            )],
        );
        for (line, says) in LEFT_OUT {
            written.push(*line, vec![Evidence::table(*says)]);
        }
    } else {
        written.push(
            "# Nothing but what the Dockerfile copies: a file that comes later stays outside.\n*",
            vec![Evidence::table("the builder sees what is named here")],
        );
        for path in paths {
            let path = path.trim_start_matches("./").trim_end_matches('/');
            let in_tree = match service.context.as_str() {
                "" => path.to_owned(),
                context => format!("{context}/{path}"),
            };
            let evidence = Evidence::file(in_tree, "the Dockerfile copies it");
            written.push(format!("!{}", escape(path)), vec![evidence]);
        }
    }
    for (line, says) in NEVER.iter().chain(leavings(&service.stack)) {
        if !written
            .blocks
            .iter()
            .any(|block| block.text.trim_end() == *line)
        {
            written.push(*line, vec![Evidence::table(*says)]);
        }
    }
    written
}

/// What is left out of a folder that is copied whole.
const LEFT_OUT: &[(&str, &str)] = &[
    (".*", "hidden files and folders are those of tools"),
    (
        "!.well-known",
        "but for this one, which web servers hand out",
    ),
    ("**/Dockerfile*", "the image's own description"),
    ("**/*.Dockerfile*", "the image's own description"),
    ("compose*.yaml", "how it runs elsewhere"),
    ("compose*.yml", "how it runs elsewhere"),
    ("docker-compose*.yml", "how it runs elsewhere"),
    ("docker-compose*.yaml", "how it runs elsewhere"),
    ("k8s", "how it runs elsewhere"),
    ("chart", "how it runs elsewhere"),
    ("plimsoll.toml", "settings of the review"),
    ("*.md", "for people"),
];

/// What the tools of a language leave behind.
fn leavings(stack: &Stack) -> &'static [(&'static str, &'static str)] {
    match stack {
        Stack::Python(_) => &[
            ("**/__pycache__", "byte code of another machine"),
            ("**/*.pyc", "byte code of another machine"),
            ("**/.venv", "an environment of another machine"),
            ("**/.pytest_cache", "what tests leave"),
        ],
        Stack::Node(_) | Stack::Deno(_) => &[
            ("**/node_modules", "packages of another machine"),
            ("**/coverage", "what tests leave"),
        ],
        Stack::Rust(_) => &[("**/target", "builds of another machine")],
        Stack::Jvm(_) => &[
            ("**/target", "builds of another machine"),
            ("**/build", "builds of another machine"),
        ],
        Stack::Dotnet(_) => &[
            ("**/bin", "builds of another machine"),
            ("**/obj", "builds of another machine"),
        ],
        Stack::Elixir(_) => &[
            ("**/_build", "builds of another machine"),
            ("**/deps", "packages of another machine"),
        ],
        Stack::Php(_) => &[("vendor", "packages of another machine")],
        Stack::Ruby(_) => &[
            ("log", "what was written by an earlier run"),
            ("tmp", "what was written by an earlier run"),
        ],
        Stack::Go(_) | Stack::Static(_) => &[],
    }
}

/// The paths of the context that the Dockerfile copies, each once.
pub(super) fn needed(stack: &Stack) -> Vec<String> {
    let (manifests, others): (&[String], Vec<&[String]>) = match stack {
        Stack::Python(python) => (&python.manifests, vec![&python.needs, &python.sources]),
        Stack::Node(node) => (&node.manifests, vec![&node.sources]),
        Stack::Go(go) => (&go.manifests, vec![&go.sources]),
        Stack::Rust(rust) => (&rust.manifests, vec![&rust.sources]),
        Stack::Jvm(jvm) => (&jvm.manifests, vec![&jvm.sources]),
        Stack::Dotnet(dotnet) => (&dotnet.manifests, vec![&dotnet.sources]),
        Stack::Php(php) => (&php.manifests, vec![&php.sources]),
        Stack::Ruby(ruby) => (&ruby.manifests, vec![&ruby.sources]),
        Stack::Elixir(elixir) => (&elixir.manifests, vec![&elixir.sources]),
        Stack::Deno(deno) => (&deno.manifests, vec![&deno.sources]),
        Stack::Static(_) => (&[], Vec::new()),
    };
    let mut paths: Vec<String> = manifests.to_vec();
    paths.extend(others.into_iter().flatten().cloned());
    match stack {
        Stack::Static(site) => paths.push(site.folder.value.clone()),
        Stack::Go(go) => {
            paths.extend(go.assets.iter().map(|known| known.value.clone()));
            if go.vendored {
                paths.push(crate::plan::artefact::vendor(go));
            }
        }
        Stack::Rust(rust) => paths.extend(rust.assets.iter().map(|known| known.value.clone())),
        _ => {}
    }
    let mut seen = Vec::new();
    paths.retain(|path| {
        let new = !seen.contains(path);
        seen.push(path.clone());
        new
    });
    paths
}

/// A path with nothing that would be a pattern.
fn escape(path: &str) -> String {
    let mut text = String::new();
    for c in path.chars().filter(|c| !c.is_control()) {
        if "*?[\\".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}
