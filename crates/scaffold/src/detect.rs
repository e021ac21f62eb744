//! From a source tree to what is known of the services in it.
//!
//! [`survey`] lists the tree once, within bounds, looks for manifests, and asks each language what
//! the folder is: a service, several, a library, or something that cannot be served. Manifests are
//! parsed; code is split into tokens ([`code`]) and looked through for calls that a program of its
//! kind makes, so that nothing in a comment or string is taken for code. What is suggested by a
//! name or habit only is [`Likely`](crate::model::Certainty::Likely), what a table says
//! [`Assumed`](crate::model::Certainty::Assumed).

mod aside;
mod assets;
mod backings;
mod bundled;
mod cargo;
mod code;
mod constraint;
mod deno;
mod dependencies;
mod dotnet;
mod draft;
mod elixir;
mod environment;
mod files;
mod go;
mod health;
mod jvm;
mod lexer;
mod names;
mod node;
mod nx;
mod pages;
mod php;
mod pins;
mod port;
mod procfile;
mod python;
mod reading;
mod reads;
mod releases;
mod ruby;
mod say;
mod schedule;
mod served;
mod shell;
mod tables;
mod told;
mod workspace;
mod xml;

pub(crate) use jvm::is_installed;
pub use told::{Told, ToldService};

use std::collections::BTreeSet;

use plimsoll_source::Tree;
use plimsoll_source::files::parent;

use crate::model::{Evidence, Refusal, Survey};
use draft::{Cx, Draft};
use files::{Files, below, inside};
use reading::Found;

/// What is known of the services in a folder of a tree.
///
/// `root` is that folder, relative to the tree's root (`""` for all of it). Paths in the answer
/// are relative to the tree's root; a context may lie above `root`, where a workspace's lock file
/// is. Total: what cannot be read is passed over, and what looks like a service and cannot be
/// served is a [`Refusal`]. Files of more than 2 MiB are not read, folders of dependencies, build
/// results, tests, examples and documentation not looked into, unless `root` is or lies in one.
pub fn survey(tree: &dyn Tree, root: &str, told: &Told) -> Survey {
    let root = plimsoll_source::files::join("", root).unwrap_or_default();
    let files = Files::new(tree, &root);
    let cx = Cx {
        files: &files,
        told,
    };
    let projects = projects(&files);
    let mut survey = Survey::default();
    for folder in files.walked().filter(|folder| inside(folder, &root)) {
        if !projects.contains(folder) && folder != root {
            continue;
        }
        let own = |path: &str| projects.contains(path);
        look(cx, folder, &own, &mut survey);
    }
    aside::leave_out(cx, &root, &mut survey);
    bundled::leave_out(cx, &mut survey);
    if survey.services.is_empty() {
        match pages::look(cx, &root) {
            Some(draft) => {
                survey.refusals.clear();
                finish(cx, &|path| projects.contains(path), draft, &mut survey);
            }
            None if survey.refusals.is_empty() => survey.refusals.push(nothing(&root)),
            None => {}
        }
    }
    survey
        .services
        .sort_by(|a, b| (&a.folder, &a.name.value).cmp(&(&b.folder, &b.name.value)));
    distinct_names(&mut survey);
    survey
}

/// Files that make a folder a project of its own.
const MANIFESTS: &[&str] = &[
    "package.json",
    "package.json5",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "mix.exs",
    "deno.json",
    "deno.jsonc",
];

/// The folders that hold a manifest.
fn projects(files: &Files<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in files.walked() {
        let names = files.names(folder);
        let manifest = names.iter().any(|name| {
            MANIFESTS.contains(name)
                || python::MANIFESTS.contains(name) && python::is_manifest(files, folder, name)
                || name.ends_with(".csproj")
                || name.ends_with(".fsproj")
        });
        if manifest || names.contains(&"project.json") && nx::is_application(files, folder) {
            found.insert(folder.to_owned());
        }
    }
    found
}

/// How a language looks at a folder.
type Look = fn(Cx<'_>, &str, &dyn Fn(&str) -> bool) -> Found;

/// The languages, in this order: what stands beside a program (a `package.json` for the pages of a
/// Django site, a `composer.json` for tools) is no service of its own.
const LANGUAGES: &[Look] = &[
    go::look,
    jvm::look,
    dotnet::look,
    cargo::look,
    elixir::look,
    ruby::look,
    python::look,
    deno::look,
    php::look,
    node::look,
];

/// What a folder is: a service of the first language that finds one.
fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool, survey: &mut Survey) {
    let mut refused = Vec::new();
    let mut library = false;
    for look in LANGUAGES {
        match look(cx, folder, own) {
            Found::Services(drafts) => {
                drafts
                    .into_iter()
                    .for_each(|draft| finish(cx, own, draft, survey));
                return;
            }
            Found::Library => library = true,
            Found::Refused(refusal) => refused.push(refusal),
            Found::Nothing => {}
        }
    }
    // A manifest of one language in the library of another is there for its tools.
    if !library {
        let refused = refused.into_iter().next();
        let refused = refused.or_else(|| nx::refusal(cx.files, folder));
        survey.refusals.extend(refused);
    }
}

fn finish(cx: Cx<'_>, own: &dyn Fn(&str) -> bool, mut draft: Draft, survey: &mut Survey) {
    procfile::apply(cx, &mut draft);
    schedule::apply(cx, own, &mut draft);
    say::apply(cx, &mut draft);
    leave_out_routes(cx, &mut draft);
    survey.services.push(draft.finish());
}

/// What a server for probes or metrics answers is answered on a port of its own.
fn leave_out_routes(cx: Cx<'_>, draft: &mut Draft) {
    const SERVERS: &[&str] = &[
        "http.Server{",
        "ListenAndServe(",
        "TcpListener::bind",
        "createServer(",
        "HTTPServer(",
    ];
    let place = |evidence: &[Evidence]| evidence.first().map(|first| first.file.clone());
    let port = draft.port.as_ref().and_then(|port| place(&port.evidence));
    draft.health.retain(|route| {
        let Some(file) = place(&route.evidence) else {
            return true;
        };
        let text = cx.files.text(&file).filter(|_| port::is_beside_file(&file));
        let has_server = text.is_some_and(|text| {
            let mut words = SERVERS.iter();
            words.any(|word| text.text.contains(word))
        });
        !has_server || port.as_ref() == Some(&file)
    });
}

fn nothing(root: &str) -> Refusal {
    Refusal {
        folder: root.to_owned(),
        evidence: vec![Evidence::file(root, "nothing here is known as a program")],
        why: "no manifest, script or page of a known kind is here".to_owned(),
        help: "name the folder of the service, or write a `Dockerfile` by hand and start from that"
            .to_owned(),
    }
}

/// Two services of one name get the folder above before it.
fn distinct_names(survey: &mut Survey) {
    let mut taken = BTreeSet::new();
    for service in &mut survey.services {
        let name = service.name.value.clone();
        if taken.insert(name.clone()) {
            continue;
        }
        let above = names::label(parent(&service.folder));
        let mut candidate = if above.is_empty() {
            name.clone()
        } else {
            format!("{above}-{name}")
        };
        let mut number = 2;
        while !taken.insert(candidate.clone()) {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        service.name.value = candidate;
        service.name.evidence.push(Evidence::file(
            below("", &service.folder),
            format!("another service is called `{name}`"),
        ));
    }
}
