//! .NET services.

mod controllers;

use std::collections::BTreeMap;

use plimsoll_source::files::{join, parent};
use serde_json::Value;

use super::dependencies::Dependencies;
use super::draft::{Cx, Draft, name};
use super::files::{below, inside, relative};
use super::node::parse;
use super::port as ports;
use super::reading::{Found, Reading, words};
use super::releases::{self, DOTNET, Wanted};
use super::xml::{self, Element};
use crate::model::{Certainty, Dotnet, Evidence, Known, Port, Stack, Topic};

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let names = cx.files.names(folder);
    let projects: Vec<&str> = names
        .into_iter()
        .filter(|name| name.ends_with(".csproj") || name.ends_with(".fsproj"))
        .collect();
    if projects.is_empty() {
        return Found::Nothing;
    }
    let found: Vec<Draft> = projects
        .into_iter()
        .filter_map(|project| service(cx, folder, project, own))
        .collect();
    if found.is_empty() {
        Found::Library
    } else {
        Found::Services(found)
    }
}

/// The first value of a property, in any of the groups.
fn property<'e>(project: &'e Element, name: &str) -> Option<&'e Element> {
    project
        .all("PropertyGroup")
        .find_map(|group| group.child(name))
        .filter(|element| !element.text.is_empty())
}

fn service(cx: Cx<'_>, folder: &str, project: &str, own: &dyn Fn(&str) -> bool) -> Option<Draft> {
    let file = below(folder, project);
    let text = cx.files.text(&file)?;
    let root = xml::parse(&text.text).filter(|root| root.name == "Project")?;
    let sdk = root.attribute("Sdk").unwrap_or_default().to_owned();
    let by_reference = root.all("ItemGroup").any(|group| {
        let mut references = group.all("FrameworkReference");
        references.any(|item| item.attribute("Include") == Some("Microsoft.AspNetCore.App"))
    });
    let by_sdk = sdk.contains("Sdk.Web") && !sdk.contains("WebAssembly");
    let worker = sdk.contains("Sdk.Worker");
    let output = property(&root, "OutputType");
    let executable = output.is_some_and(|element| matches!(element.text.as_str(), "Exe" | "exe"));
    // A library that knows ASP.NET is none that serves.
    let web = by_sdk || by_reference && executable;
    let packages = packages(&file, &root);
    let tests = packages.has("microsoft.net.test.sdk")
        || packages.has("benchmarkdotnet")
        || property(&root, "IsTestProject").is_some_and(|element| element.text == "true");
    let client = sdk.contains("BlazorWebAssembly")
        || packages.has("microsoft.aspnetcore.components.webassembly");
    // What orchestrates the others for developers is run by none.
    let host = packages
        .iter()
        .any(|(name, _)| name == "aspire.hosting.apphost")
        || root.children.iter().any(|child| {
            child.name == "Sdk"
                && child
                    .attribute("Name")
                    .is_some_and(|name| name.contains("AppHost"))
        })
        || sdk.contains("Aspire.AppHost");
    let entry = cx.files.has(&below(folder, "Program.cs"))
        || cx.files.has(&below(folder, "Program.fs"))
        || cx.files.has(&below(folder, "Startup.cs"));
    if tests || host || client || !(web && entry || worker || executable) {
        return None;
    }
    let references = references(cx, &file, &root);
    let context = context(cx, folder, &references);
    let mut questions = Vec::new();
    let version = version(cx, folder, &file, &root, &mut questions)?;
    let stem = project.rsplit_once('.').map_or(project, |(stem, _)| stem);
    let assembly = property(&root, "AssemblyName")
        .map_or(stem, |element| element.text.as_str())
        .to_owned();
    let mut manifests = vec![relative(&file, &context)];
    manifests.extend(references.iter().map(|path| relative(path, &context)));
    let mut at = folder;
    loop {
        for name in [
            "Directory.Build.props",
            "Directory.Build.targets",
            "Directory.Packages.props",
            "global.json",
            "nuget.config",
            "NuGet.config",
            "NuGet.Config",
            "packages.lock.json",
        ] {
            let path = below(at, name);
            if cx.files.has(&path) && inside(&path, &context) {
                manifests.push(relative(&path, &context));
            }
        }
        if at.is_empty() || at == context {
            break;
        }
        at = parent(at);
    }
    manifests.sort();
    manifests.dedup();
    let mut sources: Vec<String> = if folder == context {
        super::draft::sources(cx, folder, &context, &manifests, own)
    } else {
        vec![relative(folder, &context)]
    };
    sources.extend(
        references
            .iter()
            .map(|path| relative(parent(path), &context))
            .filter(|path| path != "."),
    );
    sources.sort();
    sources.dedup();
    let named = Known::stated(
        stem.to_owned(),
        Evidence::file(&file, "the project file has this name"),
    );
    let dotnet = Dotnet {
        version,
        project: Known::stated(
            relative(&file, &context),
            Evidence::file(
                &file,
                if by_sdk {
                    "it is made with the SDK for the web"
                } else {
                    "it is a program"
                },
            ),
        ),
        assembly: assembly.clone(),
        web,
        manifests,
        sources,
    };
    let mut draft = Draft::new(folder, &context, Stack::Dotnet(dotnet));
    draft.questions = questions;
    draft.name = Some(name(Some(named), folder));
    let dll = format!("{assembly}.dll");
    draft.start = Some(Known::stated(
        words(&["dotnet", &dll]),
        Evidence::file(&file, "the project leaves this assembly"),
    ));
    let mut all = packages;
    for reference in &references {
        if let Some(root) = cx
            .files
            .text(reference)
            .and_then(|text| xml::parse(&text.text))
        {
            for (name, dependency) in self::packages(reference, &root).iter() {
                all.add(
                    name,
                    &dependency.version,
                    Vec::new(),
                    true,
                    reference,
                    dependency.evidence.line,
                );
            }
        }
    }
    draft.depends_on(&all);
    let reading = Reading::of(cx, folder, &[".cs", ".fs"], own);
    reading.environment(&mut draft);
    draft.health = reading.health();
    draft.health.extend(controllers::health(&reading));
    if web {
        let port = port(cx, folder, &reading, &file);
        let unread = unread(&reading).filter(|_| port.certainty < Certainty::Stated);
        if let Some(evidence) = unread {
            // The habit of ASP.NET holds only where nothing else is said.
            draft.port = Some(port.at_most(Certainty::Assumed));
            let choices = vec!["8080".to_owned(), "5000".to_owned()];
            let question = "On which port does it listen?";
            draft.ask(Topic::Port, question, choices, vec![evidence]);
        } else {
            draft.port = Some(port);
        }
    }
    settings(cx, folder, &mut draft);
    Some(draft)
}

fn packages(file: &str, root: &Element) -> Dependencies {
    let mut found = Dependencies::default();
    for item in root
        .all("ItemGroup")
        .flat_map(|group| group.all("PackageReference"))
    {
        let Some(name) = item
            .attribute("Include")
            .or_else(|| item.attribute("Update"))
        else {
            continue;
        };
        found.add(
            &name.to_ascii_lowercase(),
            item.attribute("Version").unwrap_or_default(),
            Vec::new(),
            true,
            file,
            item.line,
        );
    }
    found
}

/// Project files that a project refers to, all the way.
fn references(cx: Cx<'_>, file: &str, root: &Element) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut waiting = vec![(file.to_owned(), root.clone())];
    while let Some((at, root)) = waiting.pop() {
        for item in root
            .all("ItemGroup")
            .flat_map(|group| group.all("ProjectReference"))
        {
            let Some(path) = item
                .attribute("Include")
                .and_then(|path| join(parent(&at), &path.replace('\\', "/")))
            else {
                continue;
            };
            if path == file || found.contains(&path) || found.len() > 200 {
                continue;
            }
            let Some(next) = cx.files.text(&path).and_then(|text| xml::parse(&text.text)) else {
                continue;
            };
            waiting.push((path.clone(), next));
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The folder that holds the project, what it refers to, and what it inherits.
fn context(cx: Cx<'_>, folder: &str, references: &[String]) -> String {
    let mut context = folder.to_owned();
    for path in references {
        while !inside(path, &context) {
            context = parent(&context).to_owned();
        }
    }
    let inherited = ["Directory.Packages.props", "Directory.Build.props"];
    if let Some(above) = cx.files.above(folder, &inherited)
        && inside(&context, above)
    {
        above.clone_into(&mut context);
    }
    context
}

fn version(
    cx: Cx<'_>,
    folder: &str,
    file: &str,
    root: &Element,
    questions: &mut Vec<crate::model::Question>,
) -> Option<Known<String>> {
    let own = property(root, "TargetFramework").or_else(|| property(root, "TargetFrameworks"));
    let (framework, evidence) = match own {
        Some(element) => (
            element.text.clone(),
            Evidence::line(
                file,
                element.line,
                format!("the target is `{}`", element.text),
            ),
        ),
        None => {
            let shared = ["Directory.Build.props", "Directory.Packages.props"];
            let (framework, line, path) = shared.iter().find_map(|name| {
                let path = below(cx.files.above(folder, &[name])?, name);
                let root = xml::parse(&cx.files.text(&path)?.text)?;
                let element = property(&root, "TargetFramework")?;
                Some((element.text.clone(), element.line, path))
            })?;
            let says = format!("the target is `{framework}`");
            (framework, Evidence::line(&path, line, says))
        }
    };
    let newest = framework.split(';').filter_map(|one| {
        let version = one
            .trim()
            .strip_prefix("netcoreapp")
            .or_else(|| one.trim().strip_prefix("net"))?;
        // `net48` is the Framework of Windows; `net9.0-android` runs on telephones.
        (version.contains('.') && !version.contains('-')).then(|| version.to_owned())
    });
    let newest = newest.max_by(|a, b| super::constraint::compare(a, b))?;
    Some(releases::choose(
        &DOTNET,
        &[Wanted::new(newest, evidence)],
        questions,
    ))
}

/// Calls that say where it listens.
const LISTENS: &[&[&str]] = &[
    &["UseUrls", "("],
    &["ListenAnyIP", "("],
    &["Urls", ".", "Add", "("],
    &["ListenLocalhost", "("],
    &["options", ".", "Listen", "("],
    &["serverOptions", ".", "Listen", "("],
    // Whatever the options are called.
    &[".", "Listen", "(", "IPAddress", "."],
    &[".", "Listen", "(", "IPEndPoint", "("],
];

/// Where code says on which port it listens; asked where that could not be read.
fn unread(reading: &Reading<'_>) -> Option<Evidence> {
    reading.files.iter().find_map(|text| {
        let code = text.code();
        let index = LISTENS.iter().find_map(|call| code.find(call))?;
        let says = "it listens on a port that is put together elsewhere";
        Some(Evidence::line(&text.path, code.line(index), says))
    })
}

fn port(cx: Cx<'_>, folder: &str, reading: &Reading<'_>, file: &str) -> Known<Port> {
    let said = reading.files.iter().find_map(|text| {
        let code = text.code();
        let index = (0..code.len()).find(|&at| LISTENS.iter().any(|call| code.is(at, call)))?;
        let open = (index..index + 5).find(|&at| code.is(at, &["("]))?;
        ports::of_expression(code, open + 1..code.close(open)).stated(Evidence::line(
            &text.path,
            code.line(index),
            "it listens here",
        ))
    });
    let path = below(folder, "appsettings.json");
    let configured = || {
        let text = cx.files.text(&path)?;
        let value = parse(&text.text)?;
        let endpoints = value
            .get("Kestrel")
            .and_then(Value::as_object)
            .and_then(|kestrel| {
                kestrel
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case("Endpoints"))
            })
            .and_then(|(_, endpoints)| endpoints.as_object());
        let url = endpoints
            .into_iter()
            .flat_map(|map| map.values())
            .find_map(|endpoint| {
                endpoint
                    .get("Url")?
                    .as_str()
                    .filter(|url| url.starts_with("http:"))
            });
        let url = url.or_else(|| value.get("Urls").or_else(|| value.get("urls"))?.as_str())?;
        let number = ports::number_in(url.split(';').next()?)?;
        let port = Port {
            number,
            variable: None,
            loopback: ports::is_loopback(url),
        };
        Some(Known::stated(
            port,
            Evidence::line(&path, text.line_with(url), "the address is set"),
        ))
    };
    said.or_else(configured).unwrap_or_else(|| {
        let port = Port {
            number: 8080,
            variable: Some("ASPNETCORE_HTTP_PORTS".to_owned()),
            loopback: false,
        };
        Known::likely(
            port,
            Evidence::file(file, "ASP.NET listens here in its own images"),
        )
    })
}

/// Connection strings of `appsettings.json`, which come from the environment in a container.
fn settings(cx: Cx<'_>, folder: &str, draft: &mut Draft) {
    let path = below(folder, "appsettings.json");
    let Some(text) = cx.files.text(&path) else {
        return;
    };
    let Some(value) = parse(&text.text) else {
        return;
    };
    let strings = value.get("ConnectionStrings").and_then(Value::as_object);
    let strings: BTreeMap<&String, &Value> = strings.into_iter().flatten().collect();
    for (name, value) in strings {
        let line = text.line_with(&format!("\"{name}\""));
        let evidence = Evidence::line(&path, line, format!("`ConnectionStrings:{name}` is set"));
        if let Some(backing) = value.as_str().and_then(super::names::of_address) {
            draft.backing.push(Known::likely(backing, evidence.clone()));
        }
        draft
            .environment
            .add_secret(format!("ConnectionStrings__{name}"), evidence);
    }
}
