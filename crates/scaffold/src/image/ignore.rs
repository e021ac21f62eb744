//! What the builder may not see.

use super::{pages, place, words};
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
    let root = service.builder_root();
    let folder = pages::below(&service.context, root);
    let paths = needed(&service.stack);
    let whole = folder.is_empty() && paths.iter().any(|path| words::is_whole(path));
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
            let path = if path == "." { "" } else { path };
            let evidence =
                Evidence::file(joined(&service.context, path), "the Dockerfile copies it");
            let line = format!("!{}", escape(&joined(folder, path)));
            written.push(line, vec![evidence]);
        }
        for (path, evidence) in pages::needed(service) {
            let line = format!("!{}\n", escape(&path));
            if !written.blocks.iter().any(|block| block.text == line) {
                written.push(line, vec![evidence]);
            }
        }
    }
    let of_pages = service
        .pages
        .iter()
        .flat_map(|pages| leavings(&pages.service.stack));
    let builder = match &service.stack {
        Stack::Ruby(ruby) if ruby.builder.is_some() => PACKAGES,
        _ => &[],
    };
    let own = NEVER.iter().chain(leavings(&service.stack));
    for (line, says) in own.chain(builder).chain(of_pages) {
        let line = if line.starts_with("**/") {
            (*line).to_owned()
        } else {
            joined(folder, line)
        };
        if !written
            .blocks
            .iter()
            .any(|block| block.text.trim_end() == line)
        {
            written.push(line, vec![Evidence::table(*says)]);
        }
    }
    written
}

fn joined(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
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

/// What package managers and tests of Node leave behind.
const PACKAGES: &[(&str, &str)] = &[
    ("**/node_modules", "packages of another machine"),
    ("**/coverage", "what tests leave"),
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
        Stack::Node(_) | Stack::Deno(_) => PACKAGES,
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
        Stack::Ruby(ruby) => {
            let builder = ruby.builder.iter();
            paths.extend(builder.flat_map(|node| node.value.manifests.iter().cloned()));
        }
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
