//! Elixir services.

use super::dependencies::Dependencies;
use super::draft::{Cx, Draft, name, sources};
use super::files::{Text, below};
use super::reading::{Found, Reading, words};
use super::releases::{self, ELIXIR, Wanted};
use super::{pins, port as ports};
use crate::model::{Elixir, Evidence, Known, Port, Stack};

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let file = below(folder, "mix.exs");
    let Some(text) = cx.files.text(&file) else {
        return Found::Nothing;
    };
    let code = text.code();
    let umbrella = (0..code.len()).any(|at| code.is(at, &["apps_path", ":"]));
    // A member of an umbrella is released with it.
    let member = folder.contains("apps/") && text.text.contains("in_umbrella")
        || text.text.contains("build_path: \"../../_build\"");
    if member {
        return Found::Library;
    }
    let application = (0..code.len())
        .find(|&at| code.is(at, &["app", ":", ":"]))
        .and_then(|at| Some((code.word(at + 3)?, code.line(at))));
    let release = (0..code.len())
        .find(|&at| code.is(at, &["releases", ":", "["]))
        .and_then(|at| Some((code.word(at + 3)?, code.line(at))));
    let Some((application, line)) = release.or(application) else {
        return Found::Library;
    };
    let starts = (0..code.len()).any(|at| code.is(at, &["mod", ":", "{"])) || umbrella;
    let dependencies = dependencies(text);
    if !starts {
        return Found::Library;
    }
    let phoenix = dependencies.has("phoenix")
        || umbrella
            && cx
                .files
                .below(folder)
                .any(|path| path.ends_with("/endpoint.ex"));
    let mut wanted = pins::of(cx.files, folder, folder, pins::ELIXIR);
    if let Some(at) = (0..code.len()).find(|&at| code.is(at, &["elixir", ":"]))
        && let Some(version) = code.string(at + 2)
    {
        wanted.push(Wanted::new(
            version,
            Evidence::line(&file, code.line(at), format!("`elixir` is `{version}`")),
        ));
    }
    let mut questions = Vec::new();
    let version = releases::choose(&ELIXIR, &wanted, &mut questions);
    let mut manifests = vec!["mix.exs".to_owned()];
    for name in ["mix.lock", "config"] {
        let path = below(folder, name);
        if cx.files.has(&path) || cx.files.has_folder(&path) {
            manifests.push(name.to_owned());
        }
    }
    let named = Known::stated(
        application.to_owned(),
        Evidence::line(&file, line, "the application has this name"),
    );
    let assets = (0..code.len()).any(|at| code.string(at) == Some("assets.deploy"));
    let elixir = Elixir {
        version,
        application: named.clone(),
        phoenix,
        sources: sources(cx, folder, folder, &manifests, own),
        manifests,
        assets,
    };
    let mut draft = Draft::new(folder, folder, Stack::Elixir(elixir));
    draft.questions = questions;
    draft.name = Some(name(Some(named.clone()), folder));
    let binary = format!("bin/{application}");
    draft.start = Some(named.clone().map(|_| words(&[&binary, "start"])));
    let reading = Reading::of(cx, folder, &[".ex", ".exs"], own);
    draft.port = port(&reading, phoenix, &dependencies, &file);
    draft.migration = migration(&reading, &binary);
    draft.depends_on(&dependencies);
    reading.environment(&mut draft);
    draft.health = reading.health();
    Found::Services(vec![draft])
}

fn dependencies(text: &Text) -> Dependencies {
    let mut found = Dependencies::default();
    let code = text.code();
    for index in code.all(&["{", ":"]) {
        let Some(name) = code.word(index + 2) else {
            continue;
        };
        if !code.is(index + 3, &[","]) {
            continue;
        }
        let close = code.close(index);
        let only = (index..close).any(|at| code.is(at, &["only", ":"]))
            && !(index..close).any(|at| code.at(at) == "prod");
        let version = code.string(index + 4).unwrap_or_default();
        found.add(
            name,
            version,
            Vec::new(),
            !only,
            &text.path,
            code.line(index),
        );
    }
    found
}

fn port(
    reading: &Reading<'_>,
    phoenix: bool,
    dependencies: &Dependencies,
    file: &str,
) -> Option<Known<Port>> {
    let order = [
        "config/runtime.exs",
        "config/prod.exs",
        "config/releases.exs",
        "config/config.exs",
        "application.ex",
    ];
    for name in order {
        for text in reading
            .files
            .iter()
            .filter(|text| text.path.ends_with(name))
        {
            let code = text.code();
            let found = (0..code.len()).find_map(|at| {
                let named = code
                    .is(at, &["port", ":"])
                    .then_some(at + 2)
                    .or_else(|| code.is(at, &["port", "="]).then_some(at + 2))?;
                let mut found = ports::of_expression(code, code.expression(named));
                if found.number.is_none()
                    || found.number == Some(443)
                    || found.number == Some(80) && phoenix
                {
                    return None;
                }
                found.loopback = false;
                found.stated(Evidence::line(&text.path, code.line(at), "it listens here"))
            });
            if found.is_some() {
                return found;
            }
        }
    }
    let serves = dependencies
        .get("plug_cowboy")
        .or_else(|| dependencies.get("bandit"))
        .or_else(|| dependencies.get("phoenix"));
    let evidence = serves
        .map(|dependency| dependency.evidence.clone())
        .or_else(|| phoenix.then(|| Evidence::file(file, "it is made with Phoenix")))?;
    let port = Port {
        number: 4000,
        variable: phoenix.then(|| "PORT".to_owned()),
        loopback: false,
    };
    Some(Known::likely(
        port,
        Evidence {
            says: "its framework listens here when nothing else is said".to_owned(),
            ..evidence
        },
    ))
}

/// The `migrate` of a module for releases.
fn migration(reading: &Reading<'_>, binary: &str) -> Option<Known<Vec<String>>> {
    reading.files.iter().find_map(|text| {
        if !text.path.ends_with("release.ex") {
            return None;
        }
        let code = text.code();
        let module = code.find(&["defmodule"])?;
        let migrate = code.find(&["def", "migrate"])?;
        let line = code.line(module);
        let name: String = (module + 1..code.len())
            .take_while(|&at| code.line(at) == line && code.at(at) != "do")
            .map(|at| code.at(at))
            .collect();
        let call = format!("{name}.migrate()");
        Some(Known::stated(
            words(&[binary, "eval", &call]),
            Evidence::line(
                &text.path,
                code.line(migrate),
                "`migrate` is there for releases",
            ),
        ))
    })
}
