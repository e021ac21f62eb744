//! What holds for the image of every stack, and a few images as they are.

use plimsoll_dockerfile::{Body, Build, Command, Healthcheck};

use super::{dockerfile, dockerignore, paths};
use crate::model::{NodeManager, NodeOutput, Service, Stack};
use crate::plan::running;
use crate::testing::{self, all, go, service};
use crate::written::Written;

mod compiled;
mod node;
mod python;
mod scripts;
mod site;

fn written(service: &Service) -> Written {
    dockerfile(service, &running(service).expect("it starts"))
}

/// The Dockerfile of one of the services for tests.
fn text(name: &str) -> String {
    let mut all = all().into_iter();
    let (_, service) = all.find(|(one, _)| one == name).expect("it is there");
    written(&service).text()
}

/// The parsed Dockerfile of each service.
fn builds() -> Vec<(String, Service, Build)> {
    all()
        .into_iter()
        .map(|(name, service)| {
            let text = written(&service).text();
            let file = plimsoll_dockerfile::parse(text.as_str());
            assert!(file.errors.is_empty(), "{name}: {:?}\n{text}", file.errors);
            (name, service, Build::new(file))
        })
        .collect()
}

#[test]
fn the_last_stage_runs_as_a_number_and_the_one_before_is_for_developers() {
    for (name, service, build) in builds() {
        let stage = build.final_stage().expect("it has stages");
        let stage_name = stage.name.as_ref().map(|name| name.value.to_string());
        assert_eq!(stage_name.as_deref(), Some("runtime"), "{name}");
        let user = stage.user.as_ref().map(|(_, user)| user.as_str());
        assert_eq!(user, Some("10001:10001"), "{name}");
        let dev = build.stage_named("dev", usize::MAX).expect(&name);
        assert_eq!(
            dev.user.as_ref().map(|(_, user)| user.as_str()),
            Some("10001:10001"),
            "{name}"
        );
        let running = running(&service).expect("it starts");
        assert_eq!(
            stage.workdir.as_deref(),
            Some(running.workdir.as_str()),
            "{name}"
        );
        let exposed: Vec<String> = stage.exposed.iter().map(|(_, port)| port.clone()).collect();
        let port = running.port.map(|port| port.value.to_string());
        assert_eq!(exposed, port.into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn what_starts_and_what_asks_is_in_exec_form() {
    for (name, service, build) in builds() {
        let running = running(&service).expect("it starts");
        let words = |command: &Command| -> Vec<String> {
            let Command::Exec(words) = command else {
                panic!("{name}: not in exec form");
            };
            words.iter().map(|word| word.value.to_string()).collect()
        };
        for instruction in &build.file.instructions {
            assert!(!matches!(instruction.body, Body::Cmd(_)), "{name}");
            if let Body::Entrypoint(command) = &instruction.body {
                words(command);
            }
        }
        let stage = build.final_stage().expect("it has stages");
        let body = |at: usize| &build.file.instructions[at].body;
        let Body::Entrypoint(command) = body(stage.entrypoint.expect("it starts")) else {
            panic!("{name}");
        };
        assert_eq!(words(command), running.command.value, "{name}");
        let check = stage.healthcheck.map(|at| match body(at) {
            Body::Healthcheck(Healthcheck::Cmd(command)) => words(command),
            other => panic!("{name}: {other:?}"),
        });
        assert_eq!(
            check,
            running.healthcheck.map(|known| known.value),
            "{name}"
        );
    }
}

#[test]
fn dependencies_are_installed_before_the_program_is_copied() {
    for (name, service, build) in builds() {
        // Rust's are compiled into a cache; a site has none.
        if matches!(service.stack, Stack::Rust(_) | Stack::Static(_)) {
            continue;
        }
        let text = &build.file.text;
        let manifests = text.find("# Dependencies change less often");
        let install = [
            "uv sync",
            "poetry install",
            "pdm sync",
            "pipenv sync",
            "pip install -r",
            "npm ci",
            "pnpm install",
            "yarn install",
            "bun install",
            "go mod download",
            "go-offline",
            "gradlew --no-daemon dependencies",
            "dotnet restore",
            "composer install",
            "bundle install",
            "mix deps.get",
            "deno install",
        ];
        let install = install.iter().filter_map(|words| text.find(words)).min();
        let folders = ["src", "app", "cmd", "lib", "main", "shop", "apps"];
        let program = folders.iter().filter_map(|folder| {
            let folder = format!("COPY {folder}");
            let ends = |at: &usize| {
                text[at + folder.len()..].starts_with([' ', '/', '.']) && Some(*at) > install
            };
            text.match_indices(&folder).map(|(at, _)| at).find(ends)
        });
        let program = program.min();
        assert!(manifests.is_some() && manifests < install, "{name}\n{text}");
        assert!(program.is_some() && install < program, "{name}\n{text}");
    }
}

#[test]
fn every_line_says_why() {
    for (name, service) in all() {
        let running = running(&service).expect("it starts");
        for written in [
            dockerfile(&service, &running),
            dockerignore(&service, &running),
        ] {
            for block in &written.blocks {
                assert!(!block.evidence.is_empty(), "{name}: {}", block.text);
                assert!(block.text.ends_with('\n'), "{name}: {}", block.text);
                for evidence in &block.evidence {
                    assert!(!evidence.says.is_empty(), "{name}: {}", block.text);
                }
            }
        }
    }
}

#[test]
fn the_builder_sees_what_is_copied_and_no_more() {
    for (name, service, build) in builds() {
        let running = running(&service).expect("it starts");
        let ignore = plimsoll_dockerfile::ignore::parse(dockerignore(&service, &running).text());
        for instruction in &build.file.instructions {
            let Body::Copy(transfer) = &instruction.body else {
                continue;
            };
            if instruction.flag("from").is_some() {
                continue;
            }
            for source in &transfer.sources {
                let path = source.value.trim_end_matches('/');
                let inside = if path == "." { "index.html" } else { path };
                assert!(!ignore.excludes(inside), "{name}: `{path}` is hidden");
            }
        }
        for path in [".env", ".git", "src/.env", ".env.local"] {
            assert!(ignore.excludes(path), "{name}: `{path}` is seen");
        }
        if name != "static root" {
            assert!(ignore.excludes("dump.sql"), "{name}");
        }
    }
}

#[test]
fn paths_keep_services_of_one_folder_apart() {
    let one = service(Stack::Go(go()), None, None);
    let mut other = one.clone();
    other.name.value = "worker".to_owned();
    let mut member = one.clone();
    member.folder = "apps/web".to_owned();
    let paths = paths(&[one, other, member]);
    let names: Vec<(&str, &str)> = paths
        .iter()
        .map(|paths| (paths.dockerfile.as_str(), paths.ignore.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("api.Dockerfile", "api.Dockerfile.dockerignore"),
            ("worker.Dockerfile", "worker.Dockerfile.dockerignore"),
            ("apps/web/Dockerfile", "apps/web/Dockerfile.dockerignore"),
        ]
    );
}

#[test]
fn names_of_a_tree_stay_words() {
    let mut hostile = testing::node(NodeManager::Npm, NodeOutput::Compiled("dist".to_owned()));
    hostile.sources = vec![
        "a b".to_owned(),
        "x\nUSER root".to_owned(),
        "$HOME".to_owned(),
    ];
    hostile.build.as_mut().expect("it builds").value = "x && rm -rf /\nUSER 0".to_owned();
    let service = service(Stack::Node(hostile), Some("node \"x"), Some(3000));
    let text = written(&service).text();
    let file = plimsoll_dockerfile::parse(text.as_str());
    assert!(file.errors.is_empty(), "{:?}\n{text}", file.errors);
    let mut users = file.instructions.iter().filter_map(|one| match &one.body {
        Body::User(user) => Some(user.value.to_string()),
        _ => None,
    });
    assert!(users.all(|user| user == "10001:10001"));
    assert!(text.contains("RUN npm run 'x && rm -rf /USER 0'"), "{text}");
    assert!(text.contains("COPY [\"a b\", \"a b\"]"), "{text}");
    assert!(text.contains("COPY \\$HOME \\$HOME"), "{text}");
}
