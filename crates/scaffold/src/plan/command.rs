//! The commands of a service as they are given in its image: without the tools that only a
//! developer has, with the paths that the image has, and listening on every address.

mod bind;

use super::artefact;
use crate::model::{Certainty, Evidence, JvmFramework, Known, Service, Stack};

/// The command that serves, in exec form.
pub(super) fn serving(service: &Service, port: Option<&Known<u16>>) -> Option<Known<Vec<String>>> {
    let start = service.start.as_ref();
    if let Some(told) = start.filter(|start| start.certainty == Certainty::Told) {
        return Some(in_image(&service.stack, told));
    }
    if artefact::is_site(&service.stack) {
        let words = words(&["nginx", "-g", "daemon off;"]);
        return Some(Known::assumed(words, "nginx hands out the files"));
    }
    match &service.stack {
        Stack::Php(_) => {
            let words = words(&["apache2-foreground"]);
            let says = "Apache with PHP as a module serves it";
            Some(Known::assumed(words, says))
        }
        Stack::Python(_) | Stack::Node(_) | Stack::Ruby(_) => {
            let command = in_image(&service.stack, start?);
            Some(reachable(command, port))
        }
        stack => match start {
            Some(start) => Some(in_image(stack, start)),
            None => by_itself(stack),
        },
    }
}

/// A command of the tree as it is given in the image.
pub(super) fn in_image(stack: &Stack, command: &Known<Vec<String>>) -> Known<Vec<String>> {
    let told = command.certainty == Certainty::Told;
    command.clone().map(|words| match stack {
        Stack::Python(_) => without_runner(words, &["uv", "poetry", "pdm", "pipenv", "rye"]),
        Stack::Node(node) => node_command(words, node.bun),
        Stack::Go(_) | Stack::Rust(_) => compiled(stack, words),
        Stack::Jvm(_) if !told => java(stack, words),
        Stack::Dotnet(dotnet) if !told => match words.iter().position(|w| is_assembly(w)) {
            Some(at) => assembly(&dotnet.assembly, &words[at + 1..]),
            None if words.first().is_some_and(|word| word == "dotnet") => {
                let arguments = words.iter().position(|word| word == "--");
                assembly(
                    &dotnet.assembly,
                    arguments.map_or(&[], |at| &words[at + 1..]),
                )
            }
            None => words,
        },
        Stack::Elixir(elixir) => match words.first().map(String::as_str) {
            Some("mix") if words.get(1).is_some_and(|task| task == "phx.server") => {
                release(&elixir.application.value, &["start"])
            }
            _ => words,
        },
        _ => words,
    })
}

/// What starts a build's result where nothing in the tree says how.
fn by_itself(stack: &Stack) -> Option<Known<Vec<String>>> {
    Some(match stack {
        Stack::Go(go) => go.main.clone().map(|_| compiled(stack, Vec::new())),
        Stack::Rust(rust) => rust.binary.clone().map(|_| compiled(stack, Vec::new())),
        Stack::Jvm(jvm) => jvm.jar.clone().map(|_| java(stack, Vec::new())),
        Stack::Dotnet(dotnet) => dotnet
            .project
            .clone()
            .map(|_| assembly(&dotnet.assembly, &[])),
        Stack::Elixir(elixir) => elixir
            .application
            .clone()
            .map(|application| release(&application, &["start"])),
        Stack::Deno(deno) => deno.entry.clone().at_most(Certainty::Likely).map(|entry| {
            let mut command = words(&["deno", "run", "--allow-net", "--allow-env", "--allow-read"]);
            command.push(entry);
            command
        }),
        _ => return None,
    })
}

/// Makes a server listen on every address, and on the port that the model says.
fn reachable(command: Known<Vec<String>>, port: Option<&Known<u16>>) -> Known<Vec<String>> {
    let added = bind::flags(&command.value, port.map(|port| port.value));
    if added.is_empty() {
        return command;
    }
    let mut command = command.and(Evidence::table(
        "a server in a container has to listen on every address",
    ));
    if let Some(port) = port {
        command.evidence.extend(port.evidence.iter().cloned());
    }
    command.value.extend(added);
    command
}

/// Drops `uv run` and the like: the image has the environment's programs in its `PATH`.
fn without_runner(words: Vec<String>, runners: &[&str]) -> Vec<String> {
    let is_runner = words
        .first()
        .is_some_and(|word| runners.contains(&word.as_str()))
        && words.get(1).is_some_and(|word| word == "run");
    if !is_runner {
        return words;
    }
    let rest = words[2..].iter().skip_while(|word| word.starts_with('-'));
    let rest: Vec<String> = rest.cloned().collect();
    // `uv run main.py` runs the file.
    if rest.first().is_some_and(|word| word.ends_with(".py")) {
        return std::iter::once("python".to_owned()).chain(rest).collect();
    }
    if rest.is_empty() { words } else { rest }
}

/// Commands of package managers in words of npm, the only manager that is in every image of Node;
/// programs of dependencies by their name, which is in `PATH`.
fn node_command(words: Vec<String>, bun: bool) -> Vec<String> {
    let text = |at: usize| words.get(at).map(String::as_str);
    match (text(0), text(1)) {
        (Some("npx" | "bunx"), Some(program)) if !program.starts_with('-') => words[1..].to_vec(),
        (Some("npm" | "pnpm" | "yarn"), Some("exec")) if words.len() > 2 => {
            let at = if text(2) == Some("--") { 3 } else { 2 };
            words[at..].to_vec()
        }
        (Some("pnpm" | "yarn"), Some("run")) if !bun => npm_run(&words[2..]),
        (Some("pnpm" | "yarn"), Some(script)) if !bun && !script.starts_with('-') => {
            npm_run(&words[1..])
        }
        (Some("bun"), Some("run")) if !bun => npm_run(&words[2..]),
        _ => words,
    }
}

fn npm_run(script_and_arguments: &[String]) -> Vec<String> {
    let Some((script, arguments)) = script_and_arguments.split_first() else {
        return words(&["npm", "start"]);
    };
    let mut command = words(&["npm", "run", script]);
    if !arguments.is_empty() {
        command.push("--".to_owned());
        command.extend(arguments.iter().filter(|word| *word != "--").cloned());
    }
    command
}

/// The program that the build leaves, with the arguments that the tree gives it.
fn compiled(stack: &Stack, words: Vec<String>) -> Vec<String> {
    let Some(program) = artefact::program(stack) else {
        return words;
    };
    let name = program.rsplit('/').next().unwrap_or_default();
    let arguments = match words.first().map(String::as_str) {
        None => &[][..],
        Some("go") if words.get(1).is_some_and(|word| word == "run") => {
            let package = words[2..].iter().position(|word| !word.starts_with('-'));
            package.map_or(&[][..], |at| &words[at + 3..])
        }
        Some("cargo") => {
            let at = words.iter().position(|word| word == "--");
            at.map_or(&[][..], |at| &words[at + 1..])
        }
        Some(first) if first.rsplit('/').next() == Some(name) => &words[1..],
        // Another program of the image, such as a shell.
        Some(_) => return words,
    };
    std::iter::once(program.clone())
        .chain(arguments.iter().cloned())
        .collect()
}

/// `java -jar` of the jar in the image, with the flags and arguments that the tree gives.
fn java(stack: &Stack, words: Vec<String>) -> Vec<String> {
    let Stack::Jvm(jvm) = stack else {
        return words;
    };
    if artefact::is_installed(&jvm.jar.value) {
        // Java itself takes `*` for all jars of a folder: no shell sees it.
        let rest = words.iter().skip_while(|word| *word != "-cp").skip(2);
        let command = ["java", "-cp", "./*"].map(str::to_owned);
        return command.into_iter().chain(rest.cloned()).collect();
    }
    let framework = jvm.framework.as_ref().map(|framework| framework.value);
    let jar = match framework {
        Some(JvmFramework::Quarkus) if artefact::is_quarkus_folder(&jvm.jar.value) => {
            "quarkus-run.jar"
        }
        _ => "app.jar",
    };
    let (flags, arguments) = match words.iter().position(|word| word == "-jar") {
        Some(at) if words[0] == "java" => (&words[1..at], &words[(at + 2).min(words.len())..]),
        _ => (&[][..], &[][..]),
    };
    let mut command = vec!["java".to_owned()];
    command.extend(flags.iter().cloned());
    command.extend(["-jar".to_owned(), jar.to_owned()]);
    command.extend(arguments.iter().cloned());
    command
}

fn is_assembly(word: &str) -> bool {
    word.ends_with(".dll")
}

fn assembly(name: &str, arguments: &[String]) -> Vec<String> {
    let mut command = vec!["dotnet".to_owned(), format!("{name}.dll")];
    command.extend(arguments.iter().cloned());
    command
}

fn release(application: &str, arguments: &[&str]) -> Vec<String> {
    let mut command = vec![format!("{}/bin/{application}", super::WORKDIR)];
    command.extend(words(arguments));
    command
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
