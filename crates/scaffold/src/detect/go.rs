//! Go services.

mod listen;
mod module;
mod reach;
mod viper;

use plimsoll_source::files::{file_name, parent};

use super::draft::{Cx, Draft, name};
use super::files::{Text, below, relative};
use super::reading::Found;
use super::releases::{self, GO, Wanted};
use super::told::{is_program, no_program};
use super::{names, pins};
use crate::model::{Certainty, Evidence, Go, GoMain, Known, Port, Refusal, Stack, Topic};
use module::Module;

/// A `main` package.
pub(crate) struct Main<'a> {
    /// Its folder.
    pub(crate) folder: String,
    /// Its files.
    pub(crate) files: Vec<&'a Text>,
    /// Where `func main` stands.
    pub(crate) evidence: Evidence,
}

/// How many programs one module may give.
const MAX_SERVICES: usize = 40;

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let Some(module) = Module::read(cx, folder) else {
        return Found::Nothing;
    };
    let mains = mains(cx, folder, own);
    if mains.is_empty() {
        return Found::Library;
    }
    let reaches: Vec<reach::Reach<'_>> = mains
        .iter()
        .map(|main| reach::of(cx, &module, main))
        .collect();
    let mut ports: Vec<Option<_>> = reaches.iter().map(|reach| listen::port(reach)).collect();
    doubt_shared(&mut ports);
    let serving: Vec<usize> = (0..mains.len())
        .filter(|&n| ports[n].is_some() || listen::serves(&reaches[n]))
        .collect();
    let said = cx.told.program(folder).filter(|_| mains.len() > 1);
    let chosen: Vec<usize> = match (said, mains.len(), serving.len()) {
        (Some(said), ..) => {
            let names: Vec<String> = mains.iter().map(|main| local(main, folder)).collect();
            let named = |name: &String| is_program(said, &[name, file_name(name)]);
            match names.iter().position(named) {
                Some(number) => vec![number],
                None => return Found::Refused(no_program(folder, said, &names)),
            }
        }
        (None, 1, _) => vec![0],
        (None, _, 0) => by_habit(&mains, &module, folder),
        _ => apart(&mains, serving, folder),
    };
    if chosen.is_empty() {
        if mains.iter().all(|main| is_tool(&main.folder)) || module.is_library(cx, folder) {
            return Found::Library;
        }
        let evidence = mains
            .iter()
            .take(8)
            .map(|main| main.evidence.clone())
            .collect();
        return Found::Refused(Refusal {
            folder: folder.to_owned(),
            evidence,
            why: "there are several programs and none of them listens".to_owned(),
            help: "say which one is the service with `program` for this folder in `plimsoll.toml`"
                .to_owned(),
        });
    }
    // A module that others of the workspace share may hold a program to try it.
    let shared = matches!(
        file_name(folder),
        "shared" | "common" | "lib" | "pkg" | "libs" | "utils"
    );
    if shared && ports.iter().all(Option::is_none) && !module.near.is_empty() {
        return Found::Library;
    }
    let several = chosen.len() > 1;
    let mut drafts = Vec::new();
    for number in chosen.into_iter().take(MAX_SERVICES) {
        let mut draft = service(cx, &module, &mains[number], &reaches[number], several);
        draft.port = ports[number].clone();
        if draft.port.is_none() && listen::serves(&reaches[number]) {
            draft.ask(
                Topic::Port,
                "On which port does it listen?",
                vec!["8080".to_owned()],
                vec![mains[number].evidence.clone()],
            );
        }
        drafts.push(draft);
    }
    Found::Services(drafts)
}

/// Where several programs listen by one and the same line, each may be told another port.
fn doubt_shared(ports: &mut [Option<Known<Port>>]) {
    let place = |port: &Option<Known<Port>>| {
        let evidence = port.as_ref()?.evidence.first()?;
        Some((evidence.file.clone(), evidence.line))
    };
    let places: Vec<_> = ports.iter().map(place).collect();
    for (port, own) in ports.iter_mut().zip(&places) {
        let shared = places.iter().filter(|other| *other == own).count() > 1;
        if shared {
            *port = port.take().map(|known| known.at_most(Certainty::Likely));
        }
    }
}

/// The folder of a program, relative to its module; `.` for the module's own.
fn local(main: &Main<'_>, folder: &str) -> String {
    match relative(&main.folder, folder).as_str() {
        "" => ".".to_owned(),
        path => path.to_owned(),
    }
}

/// The `main` packages of a module.
fn mains<'a>(cx: Cx<'a>, folder: &str, own: &dyn Fn(&str) -> bool) -> Vec<Main<'a>> {
    let mut found: Vec<Main<'a>> = Vec::new();
    for path in cx.files.below(folder) {
        if !path.ends_with(".go") || path.ends_with("_test.go") {
            continue;
        }
        let here = parent(path);
        let mut at = here;
        let mut foreign = false;
        while at.len() > folder.len() && !foreign {
            foreign = own(at);
            at = parent(at);
        }
        let Some(text) = cx.files.text(path).filter(|_| !foreign) else {
            continue;
        };
        if !text.text.contains("package main") {
            continue;
        }
        let code = text.code();
        if !code.is(0, &["package", "main"]) || ignored(&text.text) {
            continue;
        }
        if !found.iter().any(|main| main.folder == here) {
            found.push(Main {
                folder: here.to_owned(),
                files: Vec::new(),
                evidence: Evidence::file(here, ""),
            });
        }
        let Some(main) = found.iter_mut().find(|main| main.folder == here) else {
            continue;
        };
        main.files.push(text);
        if let Some(index) = code.find(&["func", "main", "("]) {
            main.evidence = Evidence::line(path, code.line(index), "`func main` of a program");
        }
    }
    found.retain(|main| !main.evidence.says.is_empty());
    found
}

/// Whether a build constraint keeps a file out.
fn ignored(text: &str) -> bool {
    text.lines().take(20).any(|line| {
        let line = line.trim();
        line.strip_prefix("//go:build ").is_some_and(|tags| {
            tags.split([' ', '&', '|', '(', ')']).any(|tag| {
                matches!(
                    tag,
                    "ignore"
                        | "tools"
                        | "windows"
                        | "darwin"
                        | "js"
                        | "wasip1"
                        | "integration"
                        | "e2e"
                )
            })
        }) || line == "// +build ignore"
            || line == "// +build tools"
    })
}

/// Programs that build, generate or try something.
fn is_tool(folder: &str) -> bool {
    folder.split('/').any(|part| {
        matches!(
            part,
            "tools"
                | "tool"
                | "scripts"
                | "script"
                | "internal"
                | "gen"
                | "codegen"
                | "generate"
                | "generator"
                | "ci"
                | "build"
                | "magefiles"
                | "dev"
                | "utils"
                | "playground"
                | "experimental"
        )
    }) || matches!(
        file_name(folder),
        "migrate"
            | "migration"
            | "migrations"
            | "seed"
            | "seeder"
            | "migrator"
            | "loadtest"
            | "client"
            | "cli"
            | "healthcheck"
            | "gen"
            | "bench"
    ) || file_name(folder).ends_with("docgen")
}

/// When none listens: the one at the module's root, or the one that is called as the module is.
fn by_habit(mains: &[Main<'_>], module: &Module, folder: &str) -> Vec<usize> {
    let at = |wanted: &dyn Fn(&Main<'_>) -> bool| mains.iter().position(wanted);
    let named = file_name(&module.path).to_owned();
    let root = at(&|main| main.folder == folder);
    let same =
        at(&|main| file_name(&main.folder) == named && !is_tool(&relative(&main.folder, folder)));
    let habit = at(&|main| {
        matches!(
            file_name(&main.folder),
            "server" | "api" | "app" | "web" | "main" | "service" | "http"
        )
    });
    let only = {
        let real: Vec<usize> = (0..mains.len())
            .filter(|&n| !is_tool(&relative(&mains[n].folder, folder)))
            .collect();
        (real.len() == 1).then(|| real[0])
    };
    root.or(same).or(habit).or(only).into_iter().collect()
}

/// Of those that listen: all, but for tools when others are no tools. What is called a worker runs
/// beside them.
fn apart(mains: &[Main<'_>], serving: Vec<usize>, folder: &str) -> Vec<usize> {
    let tool = |n: usize| is_tool(&relative(&mains[n].folder, folder));
    let real: Vec<usize> = serving.iter().copied().filter(|&n| !tool(n)).collect();
    let mut chosen = if real.is_empty() { serving } else { real };
    for (n, main) in mains.iter().enumerate() {
        let named = matches!(
            file_name(&main.folder),
            "worker" | "workers" | "consumer" | "processor" | "scheduler" | "cron"
        );
        if named && !tool(n) && !chosen.contains(&n) {
            chosen.push(n);
        }
    }
    chosen.sort_unstable();
    chosen
}

fn service(
    cx: Cx<'_>,
    module: &Module,
    main: &Main<'_>,
    reach: &reach::Reach<'_>,
    several: bool,
) -> Draft {
    let mut questions = Vec::new();
    let folder = module.folder.as_str();
    let version = version(cx, module, &mut questions);
    let package = relative(&main.folder, folder);
    let binary = binary(module, &package);
    let context = module.context.clone();
    let service_folder = if several {
        main.folder.clone()
    } else {
        folder.to_owned()
    };
    let go = Go {
        version,
        main: Known::stated(
            GoMain {
                package,
                binary: binary.clone(),
            },
            main.evidence.clone(),
        ),
        manifests: module.manifests(cx),
        module: if folder == context {
            String::new()
        } else {
            relative(folder, &context)
        },
        sources: reach.sources(cx, module),
        cgo: module.cgo(reach),
        vendored: cx.files.has(&below(folder, "vendor/modules.txt")),
        assets: listen::assets(cx, module, reach),
    };
    let mut draft = Draft::new(&service_folder, &context, Stack::Go(go));
    draft.questions = questions;
    let named = if several {
        Known::stated(binary.clone(), main.evidence.clone())
    } else {
        module.name.clone().map(|path| named_by_path(&path))
    };
    draft.name = Some(name(Some(named), &service_folder));
    draft.start = Some(Known::stated(vec![binary], main.evidence.clone()));
    draft.health = listen::health(reach);
    draft.clients = module.clients(reach);
    draft.embedded = module.embeds_database(reach);
    listen::environment(reach, &mut draft);
    listen::writes(reach, &mut draft);
    draft.migration = None;
    draft
}

/// The last part of a module's path that is no version.
fn named_by_path(path: &str) -> String {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let version =
        last.len() > 1 && last.starts_with('v') && last[1..].bytes().all(|b| b.is_ascii_digit());
    let part = if version {
        parts.next().unwrap_or(last)
    } else {
        last
    };
    part.to_owned()
}

/// The name that `go build` gives the binary.
fn binary(module: &Module, package: &str) -> String {
    let name = if package == "." {
        named_by_path(&module.path)
    } else {
        // `voting/cmd` is the program of `voting`.
        let says_nothing = |part: &&str| matches!(*part, "cmd" | "main" | "server" | "src" | "bin");
        let telling = package
            .rsplit('/')
            .find(|part| !says_nothing(part) && *part != ".");
        telling.unwrap_or(file_name(package)).to_owned()
    };
    let label = names::label(&name);
    if label.is_empty() {
        "app".to_owned()
    } else {
        label
    }
}

fn version(
    cx: Cx<'_>,
    module: &Module,
    questions: &mut Vec<crate::model::Question>,
) -> Known<String> {
    let mut wanted: Vec<Wanted> = pins::of(cx.files, &module.folder, &module.context, pins::GO);
    for known in module.toolchain.iter().chain(&module.go) {
        // `go 1.22` asks for at least that.
        wanted.push(Wanted::new(
            format!(">={}", known.value),
            known.evidence[0].clone(),
        ));
    }
    // A pinned release that ended is served by any newer one.
    for want in &mut wanted {
        if want.text.starts_with(|c: char| c.is_ascii_digit()) {
            want.text = format!(">={}", want.text);
        }
    }
    releases::choose(&GO, &wanted, questions)
}
