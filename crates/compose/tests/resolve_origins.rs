//! Where the values of a resolved project were written.

use plimsoll_compose::resolve::{
    Item, LinkKind, MemorySurroundings, Request, Resolved, Spot, Trace, VariableOrigin, resolve,
};

/// Resolves the files; each is given as `name` and text and lies in `/p`.
fn resolved(files: &[(&str, &str)]) -> Resolved {
    let mut surroundings = MemorySurroundings::default().variable("SHELL_TAG", "9");
    for (name, text) in files {
        surroundings = surroundings.file(format!("/p/{name}"), *text);
    }
    let request = Request {
        current_dir: "/p".to_owned(),
        ..Request::default()
    };
    resolve(&request, &surroundings).expect("it resolves")
}

/// `file:line: text`.
fn spot(resolved: &Resolved, spot: Spot) -> String {
    let (path, at) = resolved.records().place(spot);
    let text = resolved.records().text(spot);
    let name = path.trim_start_matches("/p/");
    format!("{name}:{}: {text}", at.line)
}

fn place(resolved: &Resolved, trace: Trace) -> String {
    trace.spot().map_or_else(String::new, |s| spot(resolved, s))
}

fn at<'r>(resolved: &'r Resolved, path: &[&str]) -> &'r Item {
    let root = resolved.root();
    path.iter().fold(root, |item, key| {
        let by_number = || item.items().get(key.parse::<usize>().ok()?);
        item.get(key)
            .or_else(by_number)
            .expect("the path leads somewhere")
    })
}

fn written(resolved: &Resolved, path: &[&str]) -> String {
    place(resolved, at(resolved, path).trace())
}

#[test]
fn merged_values_keep_their_files() {
    let project = resolved(&[
        (
            "compose.yaml",
            "services:\n  web:\n    image: a:1\n    ports: ['80:80']\n    environment:\n      A: one\n",
        ),
        (
            "compose.override.yaml",
            "services:\n  web:\n    ports:\n      - '90:90'\n    environment:\n      - B=two\n      - A=three\n",
        ),
    ]);
    let web = ["services", "web"];
    let of = |path: &[&str]| written(&project, &[&web[..], path].concat());
    assert_eq!(of(&["image"]), "compose.yaml:3: a:1");
    assert_eq!(of(&["ports", "0"]), "compose.yaml:4: '80:80'");
    assert_eq!(
        of(&["ports", "1", "target"]),
        "compose.override.yaml:4: '90:90'"
    );
    assert_eq!(of(&["environment", "B"]), "compose.override.yaml:6: two");
    assert_eq!(of(&["environment", "A"]), "compose.override.yaml:7: three");
    let service = project.service("web").expect("the service");
    assert_eq!(place(&project, service.head()), "compose.yaml:2: web");
    let names: Vec<String> = service
        .environment()
        .map(|variable| place(&project, variable.key_trace()))
        .collect();
    assert_eq!(
        names,
        ["compose.override.yaml:7: A", "compose.override.yaml:6: B"]
    );
}

#[test]
fn extended_and_included_values_know_what_led_to_them() {
    let project = resolved(&[
        (
            "compose.yaml",
            "include: [parts/db.yaml]\nservices:\n  web:\n    extends:\n      file: base.yaml\n      service: base\n",
        ),
        ("base.yaml", "services:\n  base:\n    image: a:1\n"),
        ("parts/db.yaml", "services:\n  db:\n    image: b:1\n"),
    ]);
    let image = at(&project, &["services", "web", "image"]).trace();
    assert_eq!(place(&project, image), "base.yaml:3: a:1");
    let chain = project.records().chain(image);
    let [(LinkKind::Extends, by)] = chain[..] else {
        panic!("{chain:?}");
    };
    let by = spot(&project, by);
    assert!(by.starts_with("compose.yaml:5: file: base.yaml"), "{by}");

    let image = at(&project, &["services", "db", "image"]).trace();
    assert_eq!(place(&project, image), "parts/db.yaml:3: b:1");
    let chain = project.records().chain(image);
    let [(LinkKind::Include, by)] = chain[..] else {
        panic!("{chain:?}");
    };
    assert_eq!(spot(&project, by), "compose.yaml:1: parts/db.yaml");
}

#[test]
fn variables_know_where_they_are_set() {
    let project = resolved(&[
        (
            "compose.yaml",
            "services:\n  web:\n    image: a:${TAG}-${OTHER:-x}-${SHELL_TAG}${NONE}\n",
        ),
        (".env", "# Ours.\nTAG=\"1.2\"\n"),
    ]);
    let image = at(&project, &["services", "web", "image"]);
    assert_eq!(image.as_str(), Some("a:1.2-x-9"));
    let origins: Vec<String> = project
        .records()
        .uses(image.trace())
        .iter()
        .map(|used| match used.origin {
            VariableOrigin::File(at) => format!("{} {}", used.name, spot(&project, at)),
            origin => format!("{} {origin:?}", used.name),
        })
        .collect();
    assert_eq!(
        origins,
        [
            "TAG .env:2: \"1.2\"",
            "OTHER Default",
            "SHELL_TAG Shell",
            "NONE Unset"
        ]
    );
    assert!(project.records().is_unknown(image.trace()));
}

#[test]
fn variables_of_env_files_are_told_from_written_ones() {
    let project = resolved(&[
        (
            "compose.yaml",
            "services:\n  web:\n    image: a:1\n    env_file: [web.env]\n    environment: {A: b, TOKEN: }\n",
        ),
        ("web.env", "A=overridden\nexport KEY=value # Why.\n"),
        (".env", "TOKEN=t\n"),
    ]);
    let service = project.service("web").expect("the service");
    let found: Vec<String> = service
        .environment()
        .map(|variable| {
            let file = variable.env_file().map(|at| spot(&project, at));
            let value = variable.value().map(|value| value.text);
            let key = place(&project, variable.key_trace());
            format!("{} {value:?} {key} {file:?}", variable.name())
        })
        .collect();
    assert_eq!(
        found,
        [
            "KEY Some(\"value\") compose.yaml:4: web.env Some(\"web.env:2: value\")",
            "A Some(\"b\") compose.yaml:5: A None",
            "TOKEN Some(\"t\") compose.yaml:5: TOKEN None",
        ]
    );
}

#[test]
fn what_compose_adds_is_told_from_what_is_written() {
    let project = resolved(&[(
        "compose.yaml",
        "services:\n  web:\n    build: app\n    links: [db]\n  db:\n    image: b:1\n",
    )]);
    let web = ["services", "web"];
    let trace = |path: &[&str]| at(&project, &[&web[..], path].concat()).trace();
    assert!(!trace(&["build", "context"]).is_implied());
    assert!(trace(&["build", "dockerfile"]).is_implied());
    assert_eq!(
        written(&project, &["services", "web", "build", "context"]),
        "compose.yaml:3: app"
    );
    let service = project.service("web").expect("the service");
    let needed = service.depends_on().next().expect("the link implies it");
    assert!(needed.trace().is_implied());
    assert_eq!(place(&project, needed.trace()), "compose.yaml:4: db");
    let network = project
        .root()
        .get("networks")
        .and_then(|all| all.get("default"));
    assert!(network.is_some_and(|network| network.trace().is_implied()));
}
