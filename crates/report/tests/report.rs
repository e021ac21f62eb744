//! The report as people and programs see it.

#[path = "report/formats.rs"]
mod formats;
#[path = "report/world.rs"]
mod world;

use plimsoll_report::NotReviewed;
use plimsoll_source::{
    Edit, Fix, Place, Related, Safety, Severity, TextRange, ValueOrigin, ValueRole,
};

use world::World;

const DOCKERFILE: &str = "FROM python:3.13-slim AS build\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt && \\\n    python -m compileall . && \\\n    rm -rf tests\n\nCMD python app.py\n";
const MANIFEST: &str = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: web:1\n        - name: log\n          image: log:1\n";

/// The text with its edge marked, so that blanks at line ends would show.
fn edged(text: &str) -> String {
    assert!(
        text.lines().all(|line| line == line.trim_end()),
        "blanks at a line's end: {text:?}"
    );
    text.to_owned()
}

#[test]
fn one_finding_with_everything() {
    let mut world = World::default();
    let file = world.file("app/Dockerfile", DOCKERFILE);
    let other = world.file("compose.yaml", "services:\n  app:\n    build: ./app\n");
    let (primary, from) = (
        world.place(file, "python app.py", 0),
        world.place(file, "python", 0),
    );
    let build = world.place(other, "build", 0);
    let cmd = world.place(file, "CMD", 0).range.start;
    let finding = world.find("shell-form-entrypoint", primary, "`CMD` runs in a shell");
    finding.severity = Severity::Error;
    finding.label = Some("this is passed to `/bin/sh -c`".into());
    finding.related.push(Related {
        place: from,
        message: "the image has a shell".into(),
    });
    finding.related.push(Related {
        place: build,
        message: "built here".into(),
    });
    finding
        .notes
        .push("the shell does not pass SIGTERM on".into());
    finding.help = Some("write the command as a JSON array".into());
    let edit = Edit::replace(
        TextRange::new(cmd + 4, cmd + 17),
        "[\"python\", \"app.py\"]",
    );
    finding.fix = Some(Box::new(
        Fix::new("use the exec form", Safety::Safe).edit(file, edit),
    ));
    world.not_reviewed.push(NotReviewed {
        path: "chart/templates/web.yaml".into(),
        reason: "chart-template",
        called: ["chart template", "chart templates"],
    });
    insta::assert_snapshot!(edged(&world.text(None)), @r#"
    error[shell-form-entrypoint]: `CMD` runs in a shell
     --> app/Dockerfile:8:5
      |
    1 | FROM python:3.13-slim AS build
      |      ------ the image has a shell
    ...
    8 | CMD python app.py
      |     ^^^^^^^^^^^^^ this is passed to `/bin/sh -c`
      |
     ::: compose.yaml:3:5
      |
    3 |     build: ./app
      |     ----- built here
      |
      = note: the shell does not pass SIGTERM on
    help: write the command as a JSON array
      |
    8 - CMD python app.py
    8 + CMD ["python", "app.py"]

    1 error in 2 files; 1 chart template not reviewed
    "#);
}

#[test]
fn several_lines_and_marks_on_one_line() {
    let mut world = World::default();
    let file = world.file("Dockerfile", DOCKERFILE);
    let run = world.place(file, &DOCKERFILE[56..150], 0);
    let pip = world.place(file, "pip", 0);
    let finding = world.find("some-rule", run, "the whole `RUN`");
    finding.label = Some("all of this".into());
    finding.related.push(Related {
        place: pip,
        message: "begins here".into(),
    });
    let (copy, dots) = (world.place(file, "COPY", 0), world.place(file, ". .", 0));
    let finding = world.find("other-rule", copy, "two marks on one line");
    finding.severity = Severity::Note;
    finding.related.push(Related {
        place: dots,
        message: "everything".into(),
    });
    insta::assert_snapshot!(edged(&world.text(None)), @r"
    warning[some-rule]: the whole `RUN`
     --> Dockerfile:4:4
      |
    4 | / RUN pip install -r requirements.txt && \
      | |     --- begins here
    5 | |     python -m compileall . && \
    6 | |     rm -rf tests
    7 | |
    8 | | CMD python app.py
      | |______^ all of this

    note[other-rule]: two marks on one line
     --> Dockerfile:3:1
      |
    3 | COPY . .
      | ^^^^
      |      --- everything

    1 warning, 1 note in 1 file
    ");
}

#[test]
fn findings_of_one_group_are_one_block() {
    let mut world = World::default();
    let file = world.file("k8s/web.yaml", MANIFEST);
    let (web, log) = (world.place(file, "web", 0), world.place(file, "log", 0));
    let after = |world: &World, words| world.place(file, words, 0).range.end + 1;
    let (web_end, log_end) = (after(&world, "image: web:1"), after(&world, "image: log:1"));
    for (name, place, end) in [("web", web, web_end), ("log", log, log_end)] {
        let message = format!("container `{name}` may gain privileges");
        let finding = world.find("privilege-escalation", place, &message);
        finding.group = Some(format!("container/{name}#security-context"));
        finding
            .notes
            .push("a setuid program in the image makes it root".into());
        let lines = "          securityContext:\n            allowPrivilegeEscalation: false\n";
        let fix = Fix::new("forbid it", Safety::Safe).edit(file, Edit::insert(end, lines));
        finding.fix = Some(Box::new(fix));
        let message = format!("container `{name}` keeps all capabilities");
        let finding = world.find("capabilities-kept", place, &message);
        finding.group = Some(format!("container/{name}#security-context"));
        finding.severity = Severity::Error;
        finding.help = Some("drop `ALL`".into());
    }
    insta::assert_snapshot!(edged(&world.text(None)), @r"
    error[capabilities-kept]: container `web` keeps all capabilities
    warning[privilege-escalation]: container `web` may gain privileges
     --> k8s/web.yaml:6:17
      |
    6 |         - name: web
      |                 ^^^
      |
      = note: a setuid program in the image makes it root
      = help: drop `ALL`
    help: forbid it
      |
    7 |           image: web:1
    8 +           securityContext:
    9 +             allowPrivilegeEscalation: false

    error[capabilities-kept]: container `log` keeps all capabilities
    warning[privilege-escalation]: container `log` may gain privileges
      --> k8s/web.yaml:8:17
       |
     8 |         - name: log
       |                 ^^^
       |
       = note: a setuid program in the image makes it root
       = help: drop `ALL`
    help: forbid it
       |
     9 |           image: log:1
    10 +           securityContext:
    11 +             allowPrivilegeEscalation: false

    2 errors, 2 warnings in 1 file
    ");
}

#[test]
fn new_files_removed_lines_and_unsafe_fixes() {
    let mut world = World::default();
    let file = world.file("Dockerfile", DOCKERFILE);
    let copy = world.place(file, "COPY . .", 0);
    let finding = world.find(
        "missing-dockerignore",
        copy,
        "the context has no `.dockerignore`",
    );
    finding.fix = Some(Box::new(
        Fix::new("create `.dockerignore`", Safety::Safe).create(".dockerignore", ".git\n.venv\n"),
    ));
    let run = world.place(file, "&& \\\n    rm -rf tests", 0);
    let finding = world.find("some-rule", run, "this removes nothing");
    let edit = Edit::delete(TextRange::new(run.range.start - 1, run.range.end));
    finding.fix = Some(Box::new(
        Fix::new("leave it out", Safety::Safe).edit(file, edit.clone()),
    ));
    let finding = world.find("other-rule", copy, "not certain");
    finding.fix = Some(Box::new(
        Fix::new("may break", Safety::Unsafe).edit(file, edit),
    ));
    insta::assert_snapshot!(edged(&world.text(None)), @r"
    warning[missing-dockerignore]: the context has no `.dockerignore`
     --> Dockerfile:3:1
      |
    3 | COPY . .
      | ^^^^^^^^
    help: create `.dockerignore`
     --> .dockerignore (new file)
      |
    1 + .git
    2 + .venv

    warning[some-rule]: this removes nothing
     --> Dockerfile:5:28
      |
    5 | /     python -m compileall . && \
    6 | |     rm -rf tests
      | |________________^
    help: leave it out
      |
    5 -     python -m compileall . && \
    6 -     rm -rf tests
    5 +     python -m compileall .

    warning[other-rule]: not certain
     --> Dockerfile:3:1
      |
    3 | COPY . .
      | ^^^^^^^^

    3 warnings in 1 file
    ");
}

#[test]
fn generated_text_shows_the_values_behind_it() {
    let mut world = World::default();
    let template = world.file("templates/web.yaml", "replicas: {{ .Values.replicas }}\n");
    let values = world.file("values.yaml", "# how many\nreplicas: 1\n");
    let place = world.place(template, "{{ .Values.replicas }}", 0);
    let value = world.place(values, "1", 0);
    let finding = world.find("single-replica", place, "one replica");
    finding.origin.values.push(ValueOrigin {
        path: "replicas".into(),
        place: Some(value),
        role: ValueRole::Content,
    });
    insta::assert_snapshot!(edged(&world.text(None)), @r"
    warning[single-replica]: one replica
     --> templates/web.yaml:1:11
      |
    1 | replicas: {{ .Values.replicas }}
      |           ^^^^^^^^^^^^^^^^^^^^^^
      |
     ::: values.yaml:2:11
      |
    2 | replicas: 1
      |           - `replicas` is set here

    1 warning in 2 files
    ");
}

#[test]
fn hostile_text_is_harmless_and_columns_stay_true() {
    let mut world = World::default();
    let text = "\u{feff}FROM \u{1b}[2Jx\u{202e}y\u{9b}1m\r\n\tRUN 東京 needle\r\n";
    let file = world.file("a\u{1b}[31m/Dockerfile", text);
    let (first, needle) = (world.place(file, "x", 0), world.place(file, "needle", 0));
    world
        .find("some-rule", first, "a message\nwith `\u{1b}]0;title\u{7}`")
        .help = Some("do\u{202e} this".into());
    world.find("some-rule", needle, "after a tab and wide characters");
    let shown = world.text(None);
    assert!(
        shown.chars().all(|c| c == '\n' || !c.is_control()),
        "{shown:?}"
    );
    insta::assert_snapshot!(edged(&shown), @r"
    warning[some-rule]: a message␊with `␛]0;title␇`
     --> a␛[31m/Dockerfile:1:10
      |
    1 | FROM ␛[2Jx�y�1m
      |          ^
      |
      = help: do� this

    warning[some-rule]: after a tab and wide characters
     --> a␛[31m/Dockerfile:2:9
      |
    2 |     RUN 東京 needle
      |              ^^^^^^

    2 warnings in 1 file
    ");
    let json = world.json();
    assert!(
        json.chars()
            .all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')),
        "{json:?}"
    );
}

#[test]
fn long_lines_are_cut_and_remarks_wrapped_to_the_terminal() {
    let mut world = World::default();
    let text = format!(
        "RUN {} needle {}\n",
        "first word ".repeat(30),
        "last word ".repeat(30)
    );
    let file = world.file("Dockerfile", &text);
    let needle = world.place(file, "needle", 0);
    let finding = world.find("some-rule", needle, "far to the right");
    finding.label = Some("here".into());
    finding
        .notes
        .push("one word and another ".repeat(6).trim().to_owned().into());
    insta::assert_snapshot!(edged(&world.text(Some(72))), @r"
    warning[some-rule]: far to the right
     --> Dockerfile:1:336
      |
    1 | ...word first word  needle last word last word last word last wor...
      |                     ^^^^^^ here
      |
      = note: one word and another one word and another one word and another
              one word and another one word and another one word and another

    1 warning in 1 file
    ");
}

#[test]
fn places_at_the_edges_of_files() {
    let mut world = World::default();
    let empty = world.file("empty", "");
    let end = world.file("end", "last\n");
    world.find(
        "some-rule",
        Place::new(empty, TextRange::empty(0)),
        "an empty file",
    );
    world.find(
        "some-rule",
        Place::new(end, TextRange::empty(5)),
        "after the last line",
    );
    world.find(
        "some-rule",
        Place::new(end, TextRange::empty(4)),
        "at the end of the line",
    );
    world.find(
        "some-rule",
        Place::new(end, TextRange::new(0, 5)),
        "with the line break",
    );
    insta::assert_snapshot!(edged(&world.text(None)), @r"
    warning[some-rule]: an empty file
     --> empty:1:1

    warning[some-rule]: after the last line
     --> end:2:1
      |
    2 |
      | ^

    warning[some-rule]: at the end of the line
     --> end:1:5
      |
    1 | last
      |     ^

    warning[some-rule]: with the line break
     --> end:1:1
      |
    1 | last
      | ^^^^

    4 warnings in 2 files
    ");
}

#[test]
fn nothing_found() {
    let mut world = World::default();
    world.file("Dockerfile", DOCKERFILE);
    insta::assert_snapshot!(world.text(None), @"no findings in 1 file");
}

#[test]
fn colours_change_nothing_but_colours() {
    let mut world = World::default();
    let file = world.file("Dockerfile", DOCKERFILE);
    let place = world.place(file, "FROM", 0);
    world.find("some-rule", place, "a message").help = Some("do this".into());
    let coloured = world.text_in(true, None);
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').expect("a colour").1;
    }
    plain.push_str(rest);
    assert_eq!(plain, world.text(None));
}

#[test]
fn json_has_the_documented_shape() {
    let mut world = World::default();
    let file = world.file("app/Dockerfile", DOCKERFILE);
    let place = world.place(file, "python app.py", 0);
    let from = world.place(file, "python", 0);
    let finding = world.find("shell-form-entrypoint", place, "`CMD` runs in a shell");
    finding.related.push(Related {
        place: from,
        message: "the image".into(),
    });
    finding.object = Some("Deployment/shop/web".into());
    finding.group = Some("stage/0#entrypoint".into());
    finding.help = Some("write a JSON array".into());
    let fix = Fix::new("use the exec form", Safety::SuggestOnly)
        .edit(file, Edit::replace(place.range, "[]"))
        .create(".dockerignore", ".git\n");
    finding.fix = Some(Box::new(fix));
    let place = world.place(file, "FROM", 0);
    world.find("plain", place, "with nothing else").severity = Severity::Error;
    world.not_reviewed.push(NotReviewed {
        path: "a.jsonnet".into(),
        reason: "jsonnet",
        called: ["Jsonnet file", "Jsonnet files"],
    });
    let text = world.json();
    let value: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    let schema = include_str!("../../../docs/schema/check.schema.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{error}"))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    insta::assert_snapshot!(text, @r#"
    {
      "version": 1,
      "root": "/repository",
      "findings": [
        {
          "rule": "shell-form-entrypoint",
          "severity": "warning",
          "confidence": "high",
          "message": "`CMD` runs in a shell",
          "help": "write a JSON array",
          "docs": "docs/rules/shell-form-entrypoint.md",
          "file": "app/Dockerfile",
          "line": 8,
          "column": 5,
          "endLine": 8,
          "endColumn": 18,
          "object": "Deployment/shop/web",
          "fingerprint": "00000000deadbeef",
          "group": "stage/0#entrypoint",
          "related": [
            {
              "file": "app/Dockerfile",
              "line": 1,
              "column": 6,
              "endLine": 1,
              "endColumn": 12,
              "message": "the image"
            }
          ],
          "fix": {
            "title": "use the exec form",
            "safety": "suggest-only",
            "edits": [
              {
                "file": "app/Dockerfile",
                "start": 148,
                "end": 161,
                "text": "[]"
              }
            ],
            "create": [
              {
                "file": ".dockerignore",
                "text": ".git\n"
              }
            ]
          }
        },
        {
          "rule": "plain",
          "severity": "error",
          "confidence": "high",
          "message": "with nothing else",
          "help": null,
          "docs": "docs/rules/plain.md",
          "file": "app/Dockerfile",
          "line": 1,
          "column": 1,
          "endLine": 1,
          "endColumn": 5,
          "object": null,
          "fingerprint": "00000000deadbeef",
          "group": null,
          "related": [],
          "fix": null
        }
      ],
      "summary": {
        "files": 1,
        "errors": 1,
        "warnings": 1,
        "notes": 0,
        "notReviewed": [
          {
            "file": "a.jsonnet",
            "reason": "jsonnet"
          }
        ],
        "truncated": false,
        "suppressed": 0
      }
    }
    "#);
}

#[test]
fn many_findings_in_one_long_line_take_no_time() {
    let mut world = World::default();
    let text = format!("{{{}}}\n", "\"name\": \"wörter\", ".repeat(50_000));
    let file = world.file("one-line.json", &text);
    let starts: Vec<usize> = text
        .match_indices("name")
        .map(|(at, _)| at)
        .step_by(25)
        .collect();
    for at in starts {
        let range = TextRange::at(at, at + 4);
        let fix = Fix::new("mend it", Safety::Safe).edit(file, Edit::replace(range, "x"));
        world.find("some-rule", Place::new(file, range), "here").fix = Some(Box::new(fix));
    }
    assert_eq!(world.findings.len(), 2000);
    let started = std::time::Instant::now();
    let shown = world.text(None);
    let json = world.json();
    // A thousandth of this in a release build; walking the line for each finding takes 20 s.
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    assert!(shown.contains("one-line.json:1:") && json.contains("\"column\""));
}
