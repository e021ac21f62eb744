//! Tests of what is started.

use std::sync::Arc;

use plimsoll_project::{Options, Project};
use plimsoll_testkit::{Fixture, tree};

use super::{First, Start};
use crate::Links;
use crate::facts::image::Image;
use crate::facts::runner::Runner;

fn with<T>(files: &str, ask: impl FnOnce(&Project, &Links<'_>) -> T) -> T {
    let tree = tree(&Fixture::parse("Dockerfile", files));
    let project = Project::load(Arc::new(tree), &Options::default());
    let links = Links::new(&project);
    ask(&project, &links)
}

fn show(start: &Start) -> Vec<String> {
    let mut found: Vec<String> = start
        .calls
        .iter()
        .map(|call| {
            let set = call
                .assigned
                .iter()
                .map(|(name, value)| format!("{name}={} ", value.text));
            let args: Vec<&str> = call.args.iter().map(|word| &*word.text).collect();
            let within = call
                .within
                .as_ref()
                .map_or(String::new(), |(path, line)| format!(" @{path}:{line}"));
            let last = if call.last { "" } else { "… " };
            let maybe = if call.conditional { "? " } else { "" };
            format!(
                "{last}{maybe}{}{} {}{within}",
                set.collect::<String>(),
                call.program,
                args.join(" ")
            )
        })
        .collect();
    if start.opaque {
        found.push("opaque".into());
    }
    found
}

#[track_caller]
fn image(files: &str, expected: &[&str]) -> First {
    with(files, |project, _| {
        let last = project.dockerfiles[0].build.stages.len() as u32 - 1;
        let image = Image::new(project, 0, last).expect("a stage");
        let start = Start::of_image(image);
        assert_eq!(show(&start), expected, "{files}");
        start.first
    })
}

#[track_caller]
fn runner(files: &str, expected: &[&str]) -> First {
    with(files, |_, links| {
        let service = links.services().next().map(Runner::Service);
        let container = || {
            let (object, _) = links
                .objects()
                .iter()
                .find(|(object, _)| !links.containers(*object).is_empty())?;
            Some(Runner::Container(links.containers(object)[0]))
        };
        let runner = service.or_else(container).expect("a runner");
        let image = links.image_of(&runner).map(|(image, _)| image);
        let start = Start::of(&runner, image);
        assert_eq!(show(&start), expected, "{files}");
        start.first
    })
}

fn in_front(first: &First) -> Option<(&str, usize)> {
    match first {
        First::Shell {
            command, commands, ..
        } => Some((command, *commands)),
        _ => None,
    }
}

#[test]
fn exec_forms_join() {
    let first = image(
        "FROM python:3.13\nENTRYPOINT [\"tini\", \"-g\", \"--\"]\nCMD [\"python\", \"-m\", \"uvicorn\", \"a:b\", \"--port\", \"$PORT\"]\n",
        &["uvicorn a:b --port \u{1}PORT"],
    );
    assert_eq!(first, First::Init);
    let first = image("FROM a\nCMD [\"/bin/server\"]\n", &["server "]);
    assert_eq!(first, First::Program);
    image("FROM nginx\n", &[]);
}

#[test]
fn shell_forms_are_read() {
    let first = image(
        "FROM a\nENTRYPOINT x && PORT=1 gunicorn -b :${PORT:-8000} app\nCMD [\"ignored\"]\n",
        &["… x ", "PORT=1 gunicorn -b :${PORT:-8000} app"],
    );
    assert_eq!(
        in_front(&first),
        Some(("gunicorn -b :${PORT:-8000} app", 2))
    );
    let first = image("FROM a\nCMD exec node a.js\n", &["node a.js"]);
    assert_eq!(first, First::Program);
    let first = image(
        "FROM a\nCMD [\"sh\", \"-c\", \"a; exec b --port \\\"$PORT\\\"\"]\n",
        &["… a ", "b --port $PORT"],
    );
    assert_eq!(first, First::Program);
    image("FROM a\nCMD a | b\n", &["… a ", "… b "]);
}

#[test]
fn scripts_of_the_context_are_read() {
    let script = "//- /run.sh\n#!/bin/sh\nset -e\nif [ -n \"$X\" ]; then\n  migrate\nfi\nexec gosu app \"$@\"\n";
    let first = image(
        &format!(
            "FROM a\nWORKDIR /a\nCOPY . .\nENTRYPOINT [\"./run.sh\"]\nCMD [\"serve\", \"-p\", \"80\"]\n{script}"
        ),
        &[
            "… set -e @run.sh:2",
            "… [ -n $X ] @run.sh:3",
            "… ? migrate  @run.sh:4",
            "serve -p 80 @run.sh:6",
        ],
    );
    assert_eq!(first, First::Program);
    let script = "//- /run.sh\nset -e\nmigrate\nuvicorn a:b\n";
    let first = image(
        &format!("FROM a\nCOPY run.sh /\nCMD [\"sh\", \"/run.sh\"]\n{script}"),
        &[
            "… set -e @run.sh:1",
            "… migrate  @run.sh:2",
            "uvicorn a:b @run.sh:3",
        ],
    );
    assert_eq!(in_front(&first), Some(("uvicorn a:b", 3)));
    image(
        "FROM a\nENTRYPOINT [\"/gone.sh\"]\n",
        &["gone.sh ", "opaque"],
    );
    // One that calls itself ends.
    image(
        "FROM a\nCOPY run.sh /\nCMD [\"/run.sh\"]\n//- /run.sh\n/run.sh\n",
        &["run.sh  @run.sh:1"],
    );
}

#[test]
fn scripts_of_packages_are_read() {
    image(
        "FROM node:22\nWORKDIR /app\nCOPY . .\nCMD [\"npm\", \"start\"]\n//- /package.json\n{\n  \"scripts\": {\n    \"start\": \"PORT=3001 next start -p 3001\"\n  }\n}\n",
        &["PORT=3001 next start -p 3001 @package.json:3"],
    );
}

#[test]
fn services_say_otherwise() {
    let dockerfile =
        "//- /Dockerfile\nFROM a\nENTRYPOINT [\"poetry\", \"run\"]\nCMD [\"gunicorn\"]\n";
    let compose = |rest: &str| {
        format!("//- /compose.yaml\nservices:\n  web:\n    build: .\n{rest}{dockerfile}")
    };
    runner(&compose(""), &["gunicorn "]);
    runner(
        &compose("    command: uvicorn a:b --port ${P:-1} --x $$X\n"),
        &["uvicorn a:b --port 1 --x $X"],
    );
    runner(&compose("    entrypoint: [node]\n"), &["node "]);
    let first = runner(
        &compose("    entrypoint: []\n    command: sh -c \"a && b\"\n"),
        &["… a ", "b "],
    );
    assert_eq!(in_front(&first), Some(("b", 2)));
}

#[test]
fn containers_say_otherwise() {
    let pod = |rest: &str| {
        format!(
            "//- /p.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: web\n    image: web\n{rest}//- /web/Dockerfile\nFROM a\nENTRYPOINT [\"server\"]\nCMD [\"-p\", \"1\"]\n"
        )
    };
    runner(&pod(""), &["server -p 1"]);
    runner(&pod("    args: [-p, '2']\n"), &["server -p 2"]);
    runner(&pod("    command: [other]\n"), &["other "]);
    let first = runner(
        &pod("    command: [bash, -ec, 'a $(B); c']\n"),
        &["… a $(B)", "c "],
    );
    assert_eq!(in_front(&first), Some(("c", 2)));
}
