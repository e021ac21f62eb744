//! Dockerfiles and what the builder may see.
//!
//! A Dockerfile has a stage for each purpose: `build`, `dev` for developers, and last, so that it
//! is the default, `runtime`. Files that name dependencies are copied before the program, so that
//! a change of code installs nothing again; what only builds never reaches the last stage.
//!
//! The builder sees what `COPY` needs and nothing else: `.dockerignore` excludes everything and
//! takes back the paths of the Dockerfile. So a secret, a dump or a folder that is added later never
//! travels with the context, which a list of exclusions cannot promise.

mod base;
mod deno;
mod dotnet;
mod elixir;
mod go;
mod ignore;
mod jvm;
mod node;
mod pages;
mod php;
mod python;
mod ruby;
mod rust;
mod sheet;
mod site;
mod words;

pub use ignore::dockerignore;

use self::sheet::Sheet;
use crate::model::{Service, Stack};
use crate::plan::{Running, artefact};
use crate::written::Written;

/// Where the files of an image lie in the tree.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Paths {
    /// The Dockerfile, relative to the root of the tree.
    pub dockerfile: String,
    /// What keeps files from its builder, relative to the root.
    pub ignore: String,
}

/// Where the files of each service's image lie, in the order of `services`. Services that share a
/// folder get names of their own.
pub fn paths(services: &[Service]) -> Vec<Paths> {
    services
        .iter()
        .map(|service| {
            let shared = services
                .iter()
                .filter(|other| other.folder == service.folder)
                .count()
                > 1;
            place(service, shared)
        })
        .collect()
}

fn place(service: &Service, shared: bool) -> Paths {
    let folder = match service.folder.as_str() {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let dockerfile = if shared {
        format!("{folder}{}.Dockerfile", service.name.value)
    } else {
        format!("{folder}Dockerfile")
    };
    // Beside a Dockerfile elsewhere than in its context the builder looks for this name.
    let ignore = if shared || service.folder != service.builder_root() {
        format!("{dockerfile}.dockerignore")
    } else {
        format!("{folder}.dockerignore")
    };
    Paths { dockerfile, ignore }
}

/// The Dockerfile of a service, as if no other shared its folder: else its path is to be replaced
/// by that of [`paths`].
pub fn dockerfile(service: &Service, running: &Running) -> Written {
    let path = place(service, false).dockerfile;
    let mut sheet = Sheet::new(path, service, running);
    pages::stages(&mut sheet);
    match &service.stack {
        Stack::Python(python) => python::write(&mut sheet, python),
        Stack::Node(node) => node::write(&mut sheet, node),
        Stack::Go(go) => go::write(&mut sheet, go),
        Stack::Rust(rust) => rust::write(&mut sheet, rust),
        Stack::Jvm(jvm) => jvm::write(&mut sheet, jvm),
        Stack::Dotnet(dotnet) => dotnet::write(&mut sheet, dotnet),
        Stack::Php(php) => php::write(&mut sheet, php),
        Stack::Ruby(ruby) => ruby::write(&mut sheet, ruby),
        Stack::Elixir(elixir) => elixir::write(&mut sheet, elixir),
        Stack::Deno(deno) => deno::write(&mut sheet, deno),
        Stack::Static(site) => site::write(&mut sheet, site),
    }
    sheet.finish()
}

/// Whether an image is built without a shell and Debian's packages in it.
fn is_bare(service: &Service) -> bool {
    artefact::is_bare(service)
}

#[cfg(test)]
mod tests;
