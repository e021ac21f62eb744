//! Rust services.

mod listen;

use plimsoll_source::files::{join, parent};
use toml::{Table, Value};

use super::backings::{Client, Grip};
use super::dependencies::Dependencies;
use super::draft::{Cx, Draft, name};
use super::files::{Text, below, relative};
use super::reading::{Found, Reading, words};
use super::releases::{self, RUST, Wanted};
use super::told::{is_program, no_program};
use super::{pins, tables, workspace};
use crate::model::{Evidence, Known, Rust, Stack, Topic};

/// A binary of a package.
struct Binary {
    name: String,
    /// Its file.
    path: String,
}

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let file = below(folder, "Cargo.toml");
    let Some((text, table)) = load(cx, &file) else {
        return Found::Nothing;
    };
    let Some(package) = table.get("package").and_then(Value::as_table) else {
        return Found::Library;
    };
    let Some(package_name) = package.get("name").and_then(Value::as_str) else {
        return Found::Library;
    };
    let binaries = binaries(cx, folder, &table, package_name);
    if binaries.is_empty() {
        return Found::Library;
    }
    let dependencies = dependencies(text, &table);
    let reading = Reading::of(cx, folder, &[".rs"], own);
    let root = workspace_root(cx, folder);
    let context = context(cx, folder, root.as_deref(), &table);
    let mut questions = Vec::new();
    let mut draft_questions = Vec::new();
    let said = cx.told.program(folder).filter(|_| binaries.len() > 1);
    let chosen = match said {
        Some(said) => {
            let named = |binary: &&Binary| {
                is_program(said, &[&binary.name, &relative(&binary.path, folder)])
            };
            let Some(binary) = binaries.iter().find(named) else {
                let names: Vec<String> = binaries.iter().map(|one| one.name.clone()).collect();
                return Found::Refused(no_program(folder, said, &names));
            };
            Some((binary, true))
        }
        None => choose(
            &binaries,
            package,
            package_name,
            &reading,
            &mut draft_questions,
        ),
    };
    let Some((binary, sure)) = chosen else {
        return Found::Library;
    };
    let line = text.line_with(&format!("\"{package_name}\""));
    let named = Known::stated(
        package_name.to_owned(),
        Evidence::line(&file, line, "the package has this name"),
    );
    let evidence = Evidence::file(&binary.path, "the binary begins here");
    let mut chosen = Known::stated(binary.name.clone(), evidence.clone());
    if !sure {
        chosen = chosen.at_most(crate::model::Certainty::Likely);
    }
    let serves = listen::serves(&reading, &dependencies);
    // A package of a workspace that is a tool of its makers is no service.
    if root.is_some() && !serves && binaries.len() > 1 && !sure {
        return Found::Library;
    }
    let version = version(cx, folder, &context, package, &mut questions);
    let near = near(cx, folder, &table, root.as_deref());
    let mut manifests = vec![relative(&file, &context)];
    if let Some(root) = &root {
        manifests.push(relative(&below(root, "Cargo.toml"), &context));
        for member in members(cx, root) {
            manifests.push(relative(&below(&member, "Cargo.toml"), &context));
        }
    }
    for place in &near {
        manifests.push(relative(&below(place, "Cargo.toml"), &context));
    }
    for name in ["Cargo.lock", "rust-toolchain.toml", "rust-toolchain"] {
        if cx.files.has(&below(&context, name)) {
            manifests.push(name.to_owned());
        }
    }
    if cx.files.has_folder(&below(&context, ".cargo")) {
        manifests.push(".cargo".to_owned());
    }
    manifests.sort();
    manifests.dedup();
    let mut sources = Vec::new();
    for place in std::iter::once(&folder.to_owned()).chain(&near) {
        if *place == context {
            for name in [
                "src",
                "build.rs",
                "migrations",
                ".sqlx",
                "proto",
                "templates",
                "assets",
                "queries",
            ] {
                let path = below(place, name);
                if cx.files.has(&path) || cx.files.has_folder(&path) {
                    sources.push(relative(&path, &context));
                }
            }
        } else {
            sources.push(relative(place, &context));
        }
    }
    sources.sort();
    sources.dedup();
    let rust = Rust {
        version,
        package: named.clone(),
        binary: chosen.clone(),
        locked: cx.files.has(&below(&context, "Cargo.lock")),
        manifests,
        sources,
        assets: listen::assets(cx, folder, &context, &reading),
    };
    let mut draft = Draft::new(folder, &context, Stack::Rust(rust));
    draft.questions = questions;
    draft.questions.extend(draft_questions);
    draft.name = Some(name(Some(named), folder));
    draft.start = Some(chosen.map(|binary| words(&[&binary])));
    draft.port = listen::port(cx, folder, &reading, &dependencies);
    let unread = listen::unread(&reading);
    if draft.port.is_none() && (serves || unread.is_some()) {
        draft.ask(
            Topic::Port,
            "On which port does it listen?",
            vec!["8080".to_owned(), "3000".to_owned()],
            vec![unread.unwrap_or(evidence)],
        );
    }
    draft.depends_on(&dependencies);
    draft.clients.extend(features(&dependencies));
    // Packages beside it are a part of it.
    for place in &near {
        if let Some((text, table)) = load(cx, &below(place, "Cargo.toml")) {
            let theirs = self::dependencies(text, &table);
            draft.depends_on(&theirs);
            draft.clients.extend(features(&theirs));
            draft.embedded |= chooses_sqlite(&theirs);
        }
    }
    draft.embedded |= chooses_sqlite(&dependencies);
    draft.libraries = dependencies.libraries(tables::RUST);
    if dependencies
        .get("openssl")
        .is_some_and(|openssl| openssl.extras.iter().any(|extra| extra == "vendored"))
    {
        draft
            .libraries
            .retain(|library| library.because.value != "openssl");
    }
    reading.environment(&mut draft);
    listen::clap(&reading, &mut draft);
    draft.health = reading.health();
    draft.health.extend(listen::attributes(&reading));
    Found::Services(vec![draft])
}

fn load<'a>(cx: Cx<'a>, path: &str) -> Option<(&'a Text, Table)> {
    let text = cx.files.text(path)?;
    let table = text.text.parse::<Table>().ok()?;
    Some((text, table))
}

fn binaries(cx: Cx<'_>, folder: &str, table: &Table, package: &str) -> Vec<Binary> {
    let mut found: Vec<Binary> = Vec::new();
    for bin in table
        .get("bin")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let Some(name) = bin.get("name").and_then(Value::as_str) else {
            continue;
        };
        let path = bin
            .get("path")
            .and_then(Value::as_str)
            .map(|path| below(folder, path));
        let guesses = [
            format!("src/bin/{name}.rs"),
            format!("src/bin/{name}/main.rs"),
            "src/main.rs".to_owned(),
        ];
        let path = path.or_else(|| {
            guesses
                .iter()
                .map(|path| below(folder, path))
                .find(|path| cx.files.has(path))
        });
        if let Some(path) = path {
            found.push(Binary {
                name: name.to_owned(),
                path,
            });
        }
    }
    let known = |found: &[Binary], path: &str| found.iter().any(|binary| binary.path == path);
    let main = below(folder, "src/main.rs");
    if cx.files.has(&main) && !known(&found, &main) {
        found.push(Binary {
            name: package.to_owned(),
            path: main,
        });
    }
    let bin = below(folder, "src/bin");
    for name in cx.files.names(&bin) {
        let path = below(&bin, name);
        if let Some(stem) = name.strip_suffix(".rs").filter(|_| !known(&found, &path)) {
            found.push(Binary {
                name: stem.to_owned(),
                path,
            });
        }
    }
    for name in cx.files.folders(&bin) {
        let path = below(&bin, &format!("{name}/main.rs"));
        if cx.files.has(&path) && !known(&found, &path) {
            found.push(Binary {
                name: name.to_owned(),
                path,
            });
        }
    }
    found
}

/// The binary that is the service, and whether something says so.
fn choose<'b>(
    binaries: &'b [Binary],
    package: &Table,
    name: &str,
    reading: &Reading<'_>,
    questions: &mut Vec<crate::model::Question>,
) -> Option<(&'b Binary, bool)> {
    if let [only] = binaries {
        return Some((only, true));
    }
    let by_name = |wanted: &str| binaries.iter().find(|binary| binary.name == wanted);
    if let Some(default) = package
        .get("default-run")
        .and_then(Value::as_str)
        .and_then(by_name)
    {
        return Some((default, true));
    }
    let listening: Vec<&Binary> = binaries
        .iter()
        .filter(|binary| {
            reading
                .files
                .iter()
                .any(|text| text.path == binary.path && listen::listens(text.code()).is_some())
        })
        .collect();
    if let [only] = listening.as_slice() {
        return Some((only, true));
    }
    let habit = by_name("server")
        .or_else(|| by_name("api"))
        .or_else(|| by_name(name))
        .or_else(|| by_name("app"))?;
    questions.push(crate::model::Question {
        topic: Topic::Program,
        text: "The package has several binaries. Which one is the service?".to_owned(),
        choices: std::iter::once(habit)
            .chain(binaries.iter().filter(|b| b.name != habit.name))
            .map(|b| b.name.clone())
            .collect(),
        evidence: binaries
            .iter()
            .take(4)
            .map(|b| Evidence::file(&b.path, "a binary begins here"))
            .collect(),
    });
    Some((habit, false))
}

fn dependencies(text: &Text, table: &Table) -> Dependencies {
    let mut found = Dependencies::default();
    for (section, runtime) in [
        ("dependencies", true),
        ("build-dependencies", true),
        ("dev-dependencies", false),
    ] {
        for (name, value) in table
            .get(section)
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
        {
            let real = value.get("package").and_then(Value::as_str).unwrap_or(name);
            let version = value
                .as_str()
                .or_else(|| value.get("version")?.as_str())
                .unwrap_or_default();
            let features = value
                .get("features")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let features = features
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            let line = text
                .text
                .lines()
                .position(|line| line.trim_start().starts_with(name.as_str()));
            found.add(
                real,
                version,
                features,
                runtime,
                &text.path,
                line.map_or(0, |line| line as u32 + 1),
            );
        }
    }
    found
}

/// Whether a feature chooses a database that is a file.
fn chooses_sqlite(dependencies: &Dependencies) -> bool {
    dependencies.iter().any(|(_, dependency)| {
        dependency
            .extras
            .iter()
            .any(|extra| extra.contains("sqlite"))
    })
}

/// The databases that features of sqlx, diesel, sea-orm and others choose.
fn features(dependencies: &Dependencies) -> Vec<Client> {
    use crate::model::Backing;
    let mut found = Vec::new();
    for name in [
        "sqlx",
        "diesel",
        "sea-orm",
        "diesel-async",
        "sqlx-core",
        "rocket_db_pools",
        "rocket_sync_db_pools",
    ] {
        let Some(dependency) = dependencies.get(name) else {
            continue;
        };
        for extra in &dependency.extras {
            let backing = if extra.contains("postgres") {
                Backing::Postgres
            } else if extra.contains("mysql") {
                Backing::Mysql
            } else {
                continue;
            };
            let mut evidence = dependency.evidence.clone();
            evidence.says = format!("`{name}` has the feature `{extra}`");
            found.push(Client {
                backing,
                grip: Grip::Driver,
                evidence,
            });
        }
    }
    found
}

fn workspace_root(cx: Cx<'_>, folder: &str) -> Option<String> {
    let mut at = folder;
    loop {
        if let Some((_, table)) = load(cx, &below(at, "Cargo.toml"))
            && table.contains_key("workspace")
        {
            return (at == folder || members(cx, at).iter().any(|member| member == folder))
                .then(|| at.to_owned());
        }
        if at.is_empty() {
            return None;
        }
        at = parent(at);
    }
}

fn members(cx: Cx<'_>, root: &str) -> Vec<String> {
    let Some((_, table)) = load(cx, &below(root, "Cargo.toml")) else {
        return Vec::new();
    };
    let list = table
        .get("workspace")
        .and_then(|workspace| workspace.get("members"))
        .and_then(Value::as_array);
    let mut found: Vec<String> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .flat_map(|pattern| workspace::folders(cx.files, root, pattern))
        .filter(|folder| cx.files.has(&below(folder, "Cargo.toml")))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Packages in the tree that this one needs, all the way.
fn near(cx: Cx<'_>, folder: &str, table: &Table, root: Option<&str>) -> Vec<String> {
    let shared = root
        .and_then(|root| load(cx, &below(root, "Cargo.toml")))
        .map(|(_, table)| table);
    let mut found: Vec<String> = Vec::new();
    let mut waiting = vec![(folder.to_owned(), table.clone())];
    while let Some((at, table)) = waiting.pop() {
        for section in ["dependencies", "build-dependencies"] {
            for (name, value) in table
                .get(section)
                .and_then(Value::as_table)
                .into_iter()
                .flatten()
            {
                let own = value
                    .get("path")
                    .and_then(Value::as_str)
                    .and_then(|path| join(&at, path));
                let inherited = || {
                    value.get("workspace")?.as_bool().filter(|shared| *shared)?;
                    let entry = shared
                        .as_ref()?
                        .get("workspace")?
                        .get("dependencies")?
                        .get(name)?;
                    join(root?, entry.get("path")?.as_str()?)
                };
                let Some(place) = own.or_else(inherited) else {
                    continue;
                };
                if place == folder || found.contains(&place) || found.len() > 200 {
                    continue;
                }
                if let Some((_, table)) = load(cx, &below(&place, "Cargo.toml")) {
                    waiting.push((place.clone(), table));
                    found.push(place);
                }
            }
        }
    }
    found.sort();
    found
}

fn context(cx: Cx<'_>, folder: &str, root: Option<&str>, table: &Table) -> String {
    let mut context = root.unwrap_or(folder).to_owned();
    for place in near(cx, folder, table, root) {
        while !super::files::inside(&place, &context) {
            context = parent(&context).to_owned();
        }
    }
    context
}

fn version(
    cx: Cx<'_>,
    folder: &str,
    context: &str,
    package: &Table,
    questions: &mut Vec<crate::model::Question>,
) -> Known<String> {
    let mut wanted = Vec::new();
    for place in [folder, context] {
        let path = below(place, "rust-toolchain.toml");
        let plain = below(place, "rust-toolchain");
        let channel = load(cx, &path).and_then(|(text, table)| {
            let channel = table.get("toolchain")?.get("channel")?.as_str()?.to_owned();
            Some((
                channel,
                Evidence::line(&path, text.line_with("channel"), "`channel` is set"),
            ))
        });
        let channel = channel.or_else(|| {
            Some((
                cx.files.text(&plain)?.text.trim().to_owned(),
                Evidence::file(&plain, "the toolchain is pinned"),
            ))
        });
        if let Some((channel, evidence)) =
            channel.filter(|(channel, _)| channel.starts_with(|c: char| c.is_ascii_digit()))
        {
            wanted.push(Wanted::new(format!(">={channel}"), evidence));
        }
    }
    for want in pins::of(cx.files, folder, context, pins::RUST) {
        wanted.push(Wanted::new(format!(">={}", want.text), want.evidence));
    }
    if let Some(version) = package.get("rust-version").and_then(Value::as_str) {
        let evidence = Evidence::file(
            below(folder, "Cargo.toml"),
            format!("`rust-version` is {version}"),
        );
        wanted.push(Wanted::new(format!(">={version}"), evidence));
    }
    releases::choose(&RUST, &wanted, questions)
}
