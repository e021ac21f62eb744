//! What starts a package: its scripts, `main`, or the file that listens.

use plimsoll_source::files::join;

use super::scripts::{self, Runs};
use super::{Project, assets, browser, framework, listen};
use crate::detect::draft::Draft;
use crate::detect::files::below;
use crate::detect::port::number_in;
use crate::model::{
    Certainty, Evidence, Known, Node, NodeFramework, NodeManager, NodeOutput, Port, Topic,
};

/// What was found when nothing starts the package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Others import it.
    Library,
    /// It is a program, or looks like one.
    Program,
}

/// Scripts that start a program for production, the likeliest first.
const STARTS: &[&str] = &[
    "start:prod",
    "start:production",
    "serve:prod",
    "prod",
    "start",
    "serve",
    "server",
    "start:server",
];

/// Finds what starts the package and what its build leaves.
pub(super) fn find(project: &Project<'_>, node: &mut Node, draft: &mut Draft) -> Verdict {
    build(project, node);
    let scripted = by_script(project, node.manager.value, draft);
    // A script that starts a member of the workspace says nothing of the root itself.
    if scripted.delegates {
        return Verdict::Library;
    }
    let started = scripted.command;
    if assets::of_another(project, node) {
        draft.port = Some(web_server());
        return Verdict::Program;
    }
    let made = node
        .framework
        .as_ref()
        .and_then(|framework| framework::built(project, framework));
    if let Some(built) = made {
        return by_framework(project, built, started, node, draft);
    }
    if vite_alone(project, node, started.as_ref()) || other_static(project, node, started.as_ref())
    {
        draft.port = Some(web_server());
        return Verdict::Program;
    }
    let command = started
        .or_else(|| from_workspace(project))
        .or_else(|| by_nx(project))
        .or_else(|| by_main(project))
        .or_else(|| by_file(project));
    let Some(command) = command else {
        return if project.package.main.is_some()
            || project.package.scripts.is_empty()
            || is_library(project)
        {
            Verdict::Library
        } else {
            Verdict::Program
        };
    };
    runs_on(project, &command, node);
    output(project, &command, node);
    listens(project, &command, node, draft);
    draft.start = Some(command);
    Verdict::Program
}

fn web_server() -> Known<Port> {
    let port = Port {
        number: 8080,
        variable: None,
        loopback: false,
    };
    Known::assumed(
        port,
        "a web server that is not run by root listens above 1024",
    )
}

fn is_library(project: &Project<'_>) -> bool {
    let text = project.cx.files.text(&project.package.path);
    text.is_some_and(|text| {
        [
            "\"exports\"",
            "\"types\"",
            "\"files\"",
            "\"bin\"",
            "\"peerDependencies\"",
        ]
        .iter()
        .any(|key| text.text.contains(key))
    })
}

fn build(project: &Project<'_>, node: &mut Node) {
    let names = [
        "build:prod",
        "build:production",
        "build",
        "compile",
        "generate",
    ];
    let script = names.iter().find_map(|name| {
        let script = project.package.script(name)?;
        // `generate` builds pages only where that is what it does.
        let counts =
            *name != "generate" || script.text.contains("nuxt") || script.text.contains("nuxi");
        (counts && !script.text.contains("--noEmit") || script.text.contains("vite build"))
            .then_some((name, script))
    });
    node.build =
        script.map(|(name, script)| Known::stated((*name).to_owned(), script.evidence.clone()));
    let schema = project.cx.files.first(
        &project.folder,
        &["prisma/schema.prisma", "schema.prisma", "prisma/schema"],
    );
    let folder = project
        .cx
        .files
        .has_folder(&below(&project.folder, "prisma/schema"));
    node.prisma = (schema.is_some() || folder)
        && (project.package.has("prisma") || project.package.has("@prisma/client"));
}

struct Scripted {
    command: Option<Known<Vec<String>>>,
    delegates: bool,
}

fn by_script(project: &Project<'_>, manager: NodeManager, draft: &mut Draft) -> Scripted {
    let mut found = Scripted {
        command: None,
        delegates: false,
    };
    let mut shell = None;
    for name in STARTS {
        let Some(runs) = scripts::follow(project.cx, &project.package, name, manager) else {
            continue;
        };
        match runs {
            Runs::Command { command, migration } => {
                // `nest start` builds first, and is for development.
                let words: Vec<&str> = command.value.iter().map(String::as_str).collect();
                if matches!(words.as_slice(), ["nest", "start", ..]) {
                    continue;
                }
                draft.migration = draft.migration.take().or(migration);
                found.command = Some(command);
                return found;
            }
            // `start` says it better than a `prod` that does more than to start.
            Runs::Shell(command) if *name == "prod" => shell = Some(command),
            Runs::Shell(command) if *name != "serve" && *name != "server" => {
                found.command = Some(command);
                return found;
            }
            Runs::Member => found.delegates = true,
            Runs::Development if !project.package.workspaces.is_empty() => found.delegates = true,
            _ => {}
        }
    }
    found.command = shell;
    found
}

/// The file that the workspace's root starts in this member: `node packages/api/index.js`.
fn from_workspace(project: &Project<'_>) -> Option<Known<Vec<String>>> {
    let root = project.workspace.as_ref()?;
    let script = root.script("start")?;
    let commands = crate::detect::shell::commands(&script.text)?;
    let words = &commands.last()?.words;
    let path = words
        .get(1)
        .filter(|_| matches!(words[0].as_str(), "node" | "bun" | "tsx"))?;
    let whole = join(&root.folder, path)?;
    let local = whole.strip_prefix(&project.folder)?.strip_prefix('/')?;
    let mut command = words.clone();
    command[1] = local.to_owned();
    Some(Known::stated(command, script.evidence.clone()))
}

/// What the build of an Nx project leaves, by its `project.json`.
fn by_nx(project: &Project<'_>) -> Option<Known<Vec<String>>> {
    let path = below(&project.folder, "project.json");
    let text = project.cx.files.text(&path)?;
    let value: serde_json::Value = serde_json::from_str(&text.text).ok()?;
    let build = value.get("targets")?.get("build")?;
    let executor = build.get("executor")?.as_str()?;
    if !matches!(
        executor,
        "@nx/esbuild:esbuild" | "@nx/js:tsc" | "@nx/webpack:webpack"
    ) {
        return None;
    }
    let options = build.get("options")?;
    let main = options.get("main")?.as_str()?;
    let folder = options.get("outputPath")?.as_str()?;
    let stem = plimsoll_source::files::file_name(main).rsplit_once('.')?.0;
    let file = format!("{folder}/{stem}.js");
    let evidence = Evidence::line(&path, text.line_with("outputPath"), "the build leaves this");
    Some(Known::likely(vec!["node".to_owned(), file], evidence))
}

/// Files that are started by habit.
const FILES: &[&str] = &[
    "server.js",
    "index.js",
    "app.js",
    "main.js",
    "server.mjs",
    "index.mjs",
    "src/server.js",
    "src/index.js",
    "src/app.js",
    "src/main.js",
    "src/index.mjs",
    "index.cjs",
    "server.cjs",
    "index.ts",
    "server.ts",
    "app.ts",
    "main.ts",
    "src/index.ts",
    "src/server.ts",
    "src/main.ts",
    "src/app.ts",
];

fn interpreter(project: &Project<'_>, file: &str) -> Option<Vec<String>> {
    let script = [".ts", ".mts", ".cts", ".tsx"]
        .iter()
        .any(|end| file.ends_with(end));
    let bun = project
        .cx
        .files
        .first(&project.context, &["bun.lock", "bun.lockb", "bunfig.toml"])
        .is_some();
    let tool = match (script, bun) {
        (_, true) => "bun",
        (false, _) => "node",
        (true, _) if project.package.has("tsx") => "tsx",
        (true, _) if project.package.has("ts-node") => "ts-node",
        (true, _) => return None,
    };
    Some(vec![tool.to_owned(), file.to_owned()])
}

fn by_main(project: &Project<'_>) -> Option<Known<Vec<String>>> {
    let main = project.package.main.as_ref()?;
    let file = scripts::local(&main.value);
    let path = below(&project.folder, &file);
    let there = project.cx.files.has(&path);
    // What others import is no program, unless it listens.
    let acts = project
        .code
        .iter()
        .find(|text| text.path == path)
        .is_some_and(|text| {
            let code = text.code();
            // Of a workspace's members most are packages for the others.
            listen::listens(code) || project.workspace.is_none() && listen::acts(code)
        });
    let mut code = project.code.iter().filter(|text| text.path == path);
    if !there || !acts || code.any(|text| browser::is_for_desktops(text)) {
        return None;
    }
    let known = Known::stated(interpreter(project, &file)?, main.evidence[0].clone());
    Some(known)
}

fn by_file(project: &Project<'_>) -> Option<Known<Vec<String>>> {
    for file in FILES {
        let path = below(&project.folder, file);
        let Some(text) = project.code.iter().find(|text| text.path == path) else {
            continue;
        };
        // Members of a workspace are packages for others, unless they listen.
        let member = project.workspace.is_some();
        if browser::is_for_browsers(text.code()) {
            continue;
        }
        if !listen::listens(text.code()) && (member || !listen::acts(text.code())) {
            continue;
        }
        let Some(command) = interpreter(project, file) else {
            continue;
        };
        let name = plimsoll_source::files::file_name(file);
        return Some(Known::likely(
            command,
            Evidence::file(&path, format!("`{name}` is called like a program's entry")),
        ));
    }
    // The one file that listens, whatever it is called.
    let mut listening = project
        .code
        .iter()
        .filter(|text| listen::listens(text.code()) && !browser::is_for_developers(text));
    let only = listening.next().filter(|_| listening.next().is_none())?;
    let file = crate::detect::files::relative(&only.path, &project.folder);
    Some(Known::likely(
        interpreter(project, &file)?,
        Evidence::file(&only.path, "it listens"),
    ))
}

fn by_framework(
    project: &Project<'_>,
    built: framework::Built,
    started: Option<Known<Vec<String>>>,
    node: &mut Node,
    draft: &mut Draft,
) -> Verdict {
    let pages = matches!(built.output.value, NodeOutput::Static(_));
    let own_server = started.as_ref().filter(|start| {
        let first = start.value.first().map(String::as_str);
        let file = start.value.get(1).map(|path| scripts::local(path));
        // A server of the project's own beside the framework's: `node server.js`.
        matches!(first, Some("node" | "bun" | "tsx" | "ts-node"))
            && file.is_some_and(|file| project.cx.files.has(&below(&project.folder, &file)))
    });
    if let (Some(start), true) = (own_server, pages || built.start.is_some()) {
        let start = start.clone();
        runs_on(project, &start, node);
        node.output = built.output.map(|output| match output {
            NodeOutput::Static(folder) | NodeOutput::Standalone(folder) => {
                NodeOutput::Compiled(folder)
            }
            output => output,
        });
        listens(project, &start, node, draft);
        if draft.port.is_none() {
            draft.port = Some(habit(
                project,
                built.port,
                "it is what the framework listens on by habit",
            ));
        }
        draft.start = Some(start);
        return Verdict::Program;
    }
    node.output = built.output;
    if pages {
        node.bun = false;
        draft.port = Some(web_server());
        return Verdict::Program;
    }
    let framework_start = built.start;
    let standalone = matches!(node.output.value, NodeOutput::Standalone(_));
    let command = match (started, framework_start) {
        (Some(own), Some(by_habit)) if standalone || own.value == by_habit.value[..2] => {
            by_habit.and(own.evidence[0].clone())
        }
        (Some(own), _) => own,
        (None, Some(by_habit)) => by_habit,
        (None, None) => return Verdict::Program,
    };
    runs_on(project, &command, node);
    draft.port = port_of_command(&command).or_else(|| {
        Some(habit(
            project,
            built.port,
            "it is what the framework listens on by habit",
        ))
    });
    if let Some(known) = &mut draft.port {
        known.value.variable = Some("PORT".to_owned())
            .filter(|_| known.value.variable.is_none() && reads_port(node))
            .or(known.value.variable.take());
    }
    if let Some(evidence) = built.open {
        draft.ask(
            Topic::Start,
            "The adapter does not say what the build leaves. Shall it be a server on Node or static pages?",
            vec!["@sveltejs/adapter-node".to_owned(), "@sveltejs/adapter-static".to_owned()],
            vec![evidence],
        );
    }
    draft.start = Some(command);
    Verdict::Program
}

/// Whether the server of the framework takes its port from `PORT`, by its documentation.
fn reads_port(node: &Node) -> bool {
    matches!(
        node.framework.as_ref().map(|framework| framework.value),
        Some(
            NodeFramework::Next
                | NodeFramework::Nuxt
                | NodeFramework::Remix
                | NodeFramework::Astro
                | NodeFramework::SvelteKit
                | NodeFramework::Angular
        )
    )
}

fn habit(project: &Project<'_>, number: u16, says: &str) -> Known<Port> {
    let port = Port {
        number,
        variable: None,
        loopback: false,
    };
    Known::likely(port, Evidence::file(&project.package.path, says))
}

/// The port that a command itself sets: `next start -p 4000`, `env PORT=4000 node x`.
fn port_of_command(command: &Known<Vec<String>>) -> Option<Known<Port>> {
    let words = &command.value;
    let number = words
        .iter()
        .enumerate()
        .find_map(|(index, word)| match word.as_str() {
            "-p" | "--port" => number_in(words.get(index + 1)?),
            word => number_in(
                word.strip_prefix("--port=")
                    .or_else(|| word.strip_prefix("PORT="))?,
            ),
        })?;
    let port = Port {
        number,
        variable: None,
        loopback: false,
    };
    Some(Known::stated(port, command.evidence[0].clone()))
}

/// A client that Vite builds, with no server beside it.
/// Whether a script runs another one that builds with Vite: `run-p type-check build-only`.
fn hands_on(project: &Project<'_>, script: &str) -> bool {
    let mut words = script.split(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    words.any(|word| {
        let other = project.package.script(word);
        other.is_some_and(|other| other.text.contains("vite build"))
    })
}

fn vite_alone(
    project: &Project<'_>,
    node: &mut Node,
    started: Option<&Known<Vec<String>>>,
) -> bool {
    if started.is_some() || project.package.dependencies.get("vite").is_none() {
        return false;
    }
    let page = project
        .cx
        .files
        .first(
            &project.folder,
            &[
                "index.html",
                "src/index.html",
                "public/index.html",
                "client/index.html",
            ],
        )
        .is_some();
    let builds = project
        .package
        .script("build")
        .is_some_and(|script| script.text.contains("vite") || hands_on(project, &script.text));
    // TanStack Start and its kin render on a server, and say so by their dependency.
    let renders = [
        "@tanstack/react-start",
        "@tanstack/solid-start",
        "@solidjs/start",
        "vike",
        "@builder.io/qwik-city",
    ];
    if let Some((_, dependency)) = project.package.dependencies.first(&renders) {
        node.output = Known::likely(
            NodeOutput::Compiled("dist".to_owned()),
            dependency.evidence.clone(),
        );
        node.framework = None;
        return false;
    }
    if !page
        || !(builds || project.package.scripts.is_empty())
        || project.code.iter().any(|text| listen::listens(text.code()))
    {
        return false;
    }
    node.output = framework::vite_output(project).map(NodeOutput::Static);
    node.bun = false;
    true
}

/// Other tools that build pages.
fn other_static(
    project: &Project<'_>,
    node: &mut Node,
    started: Option<&Known<Vec<String>>>,
) -> bool {
    if started.is_some() {
        return false;
    }
    let tools = [
        ("@vue/cli-service", "vue-cli-service build", "dist"),
        ("parcel", "parcel build", "dist"),
        ("parcel-bundler", "parcel build", "dist"),
        ("expo", "expo export", "dist"),
        ("ember-cli", "ember build", "dist"),
        ("preact-cli", "preact build", "build"),
        ("hexo", "hexo generate", "public"),
    ];
    for (name, command, folder) in tools {
        let Some(dependency) = project.package.dependencies.get(name) else {
            continue;
        };
        let script = project
            .package
            .script("build")
            .filter(|script| script.text.contains(command));
        // With folders for telephones it is an application for those.
        let native = ["ios", "android"].iter().any(|name| {
            let script = project.package.script(name);
            script.is_some_and(|script| script.text.contains("expo run:"))
                || (project.cx.files).has_folder(&below(&project.folder, name))
        });
        let web = name == "expo" && !native && project.package.has("react-native-web");
        if script.is_none() && !web {
            continue;
        }
        let evidence = script.map_or(dependency.evidence.clone(), |script| {
            script.evidence.clone()
        });
        node.framework = Some(Known::stated(
            NodeFramework::StaticGenerator,
            dependency.evidence.clone(),
        ));
        node.output = Known::stated(NodeOutput::Static(folder.to_owned()), evidence);
        node.bun = false;
        return true;
    }
    built_pages(project, node)
}

/// Pages that scripts of the project's own build into a folder that is committed.
fn built_pages(project: &Project<'_>, node: &mut Node) -> bool {
    let serves = project.code.iter().any(|text| listen::listens(text.code()));
    if serves || project.package.main.is_some() || node.build.is_none() {
        return false;
    }
    let folder = ["dist", "public", "build", "_site"]
        .into_iter()
        .find(|folder| {
            let page = below(&project.folder, &format!("{folder}/index.html"));
            project.cx.files.has(&page)
        });
    let Some(folder) = folder else { return false };
    let page = below(&project.folder, &format!("{folder}/index.html"));
    let says = "the build leaves pages here, and nothing listens";
    node.output = Known::likely(
        NodeOutput::Static(folder.to_owned()),
        Evidence::file(page, says),
    );
    node.bun = false;
    true
}

fn runs_on(project: &Project<'_>, command: &Known<Vec<String>>, node: &mut Node) {
    let first = command
        .value
        .iter()
        .find(|word| *word != "env" && !word.contains('='))
        .map(String::as_str);
    node.bun = matches!(first, Some("bun" | "bunx"));
    let _ = project;
}

/// What the build leaves, by the file that is started.
fn output(project: &Project<'_>, command: &Known<Vec<String>>, node: &mut Node) {
    let evidence = command.evidence[0].clone();
    let file = command
        .value
        .iter()
        .skip(1)
        .find(|word| word.contains('/') || word.ends_with("js") || word.ends_with("ts"));
    let Some(file) = file.map(|file| scripts::local(file)) else {
        node.output = Known::likely(NodeOutput::Sources, evidence);
        return;
    };
    let there = ["", ".js", ".ts", "/index.js"].iter().any(|end| {
        project
            .cx
            .files
            .has(&below(&project.folder, &format!("{file}{end}")))
    });
    let first = file.split('/').next().unwrap_or_default();
    node.output = if there || !file.contains('/') {
        Known::stated(NodeOutput::Sources, evidence)
    } else if file.starts_with(".output/") {
        Known::stated(NodeOutput::Standalone(".output".to_owned()), evidence)
    } else if node.build.is_some() {
        Known::stated(NodeOutput::Compiled(first.to_owned()), evidence)
    } else {
        Known::likely(NodeOutput::Compiled(first.to_owned()), evidence)
    };
    if there && !matches!(node.output.value, NodeOutput::Compiled(_)) && !builds_beside(project) {
        // A build that only checks or bundles nothing that is started is left out.
        node.build = node.build.take().filter(|build| {
            let script = project.package.script(&build.value);
            script.is_some_and(|script| {
                !script.text.starts_with("tsc") && !script.text.starts_with("echo")
            })
        });
    }
}

fn builds_beside(project: &Project<'_>) -> bool {
    ["vite", "webpack", "esbuild", "tailwindcss", "next"]
        .iter()
        .any(|name| project.package.has(name))
}

fn listens(project: &Project<'_>, command: &Known<Vec<String>>, node: &Node, draft: &mut Draft) {
    if let Some(port) = port_of_command(command) {
        draft.port = Some(port);
        return;
    }
    let started = command
        .value
        .iter()
        .skip(1)
        .find(|word| word.ends_with("js") || word.contains('/'));
    let entry = started.map(|word| scripts::local(word)).unwrap_or_default();
    if let Some(found) = listen::port(project, &entry) {
        draft.port = Some(found);
        return;
    }
    if matches!(node.output.value, NodeOutput::Standalone(_)) {
        let says = "what Nitro builds listens here when nothing else is said";
        let mut port = habit(project, 3000, says);
        port.value.variable = Some("PORT".to_owned());
        draft.port = Some(port);
        return;
    }
    let mut code = project.code.iter();
    let serves = code.find(|text| listen::listens(text.code()));
    if let Some(text) = serves {
        if let Some(known) = listen::set_by_variable(project) {
            draft.port = Some(known);
            return;
        }
        let says = "nothing says on which port it listens; many listen on this one";
        let variable = project
            .code
            .iter()
            .any(|text| text.text.contains("env.PORT"))
            .then(|| "PORT".to_owned());
        let port = Port {
            number: 3000,
            variable,
            loopback: false,
        };
        let known = Known::likely(port, Evidence::file(&text.path, says));
        if known.value.variable.is_none() {
            draft.ask(
                Topic::Port,
                "On which port does it listen?",
                vec!["3000".to_owned(), "8080".to_owned()],
                known.evidence.clone(),
            );
            draft.port = Some(known.at_most(Certainty::Assumed));
        } else {
            draft.port = Some(known);
        }
    }
}
