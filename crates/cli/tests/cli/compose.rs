//! `plimsoll compose config`.

use crate::folder::{Answer, Folder};

fn shop() -> Folder {
    Folder::with(&[
        (
            "shop/compose.yaml",
            "services:\n  web:\n    image: acme/web:${TAG:-latest}\n    ports: ['8080:80']\n    \
             depends_on: [db]\n  db:\n    image: postgres:18.1\n    volumes: ['data:/data']\n  tool:\n    \
             image: acme/tool:1\n    profiles: [tools]\nvolumes:\n  data:\n",
        ),
        (
            "shop/compose.override.yaml",
            "services:\n  web:\n    environment: {LEVEL: '$LEVEL'}\n",
        ),
        ("shop/.env", "TAG=1.2\nLEVEL=debug\n"),
    ])
}

/// Runs `plimsoll compose` in a folder, with nothing in the environment.
fn compose(folder: &Folder, dir: &str, args: &[&str]) -> Answer {
    let args = [&["compose"], args].concat();
    let mut command = folder.command(&args);
    command.current_dir(folder.path().join(dir)).env_clear();
    Answer::of(command.output().expect("the binary runs"))
}

#[test]
fn a_project_is_shown_as_docker_compose_shows_it() {
    let folder = shop();
    let answer = compose(&folder, "shop", &["config"]);
    assert_eq!(answer.quiet(), 0);
    assert_eq!(
        answer.stdout,
        "name: shop\nservices:\n  db:\n    image: postgres:18.1\n    networks:\n      default: null\n    \
         volumes:\n      - type: volume\n        source: data\n        target: /data\n        \
         volume: {}\n  web:\n    environment:\n      LEVEL: debug\n    image: acme/web:1.2\n    networks:\n      \
         default: null\n    depends_on:\n      db:\n        condition: service_started\n        \
         required: true\n    ports:\n      - mode: ingress\n        target: 80\n        published: \
         \"8080\"\n        protocol: tcp\nnetworks:\n  default:\n    name: shop_default\nvolumes:\n  data:\n    \
         name: shop_data\n"
    );
    let answer = compose(&folder, "shop", &["config", "--format", "json", "db"]);
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("JSON");
    let services = value["services"].as_object().expect("a mapping");
    assert_eq!(services.keys().collect::<Vec<_>>(), ["db"]);
    let answer = compose(
        &folder,
        "",
        &["-f", "shop/compose.yaml", "config", "--quiet"],
    );
    assert_eq!((answer.quiet(), &*answer.stdout), (0, ""));
}

#[test]
fn parts_are_listed() {
    let folder = shop();
    let list = |args: &[&str]| {
        let answer = compose(&folder, "shop", args);
        assert_eq!(answer.quiet(), 0);
        answer.stdout.trim_end().to_owned()
    };
    assert_eq!(list(&["config", "--services"]), "db\nweb");
    assert_eq!(
        list(&["--profile", "tools", "config", "--services"]),
        "db\ntool\nweb"
    );
    assert_eq!(list(&["config", "--volumes"]), "data");
    assert_eq!(list(&["config", "--profiles"]), "tools");
    assert_eq!(list(&["config", "--images"]), "acme/web:1.2\npostgres:18.1");
    assert!(list(&["config", "--environment"]).contains("TAG=1.2"));
    let variables = list(&["config", "--variables"]);
    let rows: Vec<Vec<&str>> = variables
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[1..],
        [vec!["LEVEL", "false"], vec!["TAG", "false", "latest"]]
    );
    assert!(list(&["config", "--no-interpolate"]).contains("acme/web:${TAG:-latest}"));
}

#[test]
fn what_is_refused_has_its_place_and_a_way_out() {
    let folder = Folder::with(&[
        (
            "compose.yaml",
            "services:\n  web:\n    extends: {file: base.yaml, service: base}\n    imag: a:1\n",
        ),
        (
            "base.yaml",
            "services:\n  base:\n    image: a:1\n    networks: [front]\n",
        ),
        (
            "unknown.yaml",
            "services:\n  web:\n    extends: {file: base.yaml, service: base}\n",
        ),
    ]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let answer = compose(&folder, "", &["config"]);
    assert_eq!((answer.code, &*answer.stdout), (1, ""));
    assert_eq!(
        answer.stderr,
        format!(
            "error[schema]: `services.web` has no key `imag`\n --> {}:4:5\n  help: did you mean \
             `image`?\n",
            path("compose.yaml")
        )
    );
    let answer = compose(&folder, "", &["-f", "unknown.yaml", "config"]);
    assert_eq!(answer.code, 1);
    for line in [
        "error[reference]: the service `web` refers to the network `front`, which nothing defines\n",
        &format!(" --> {}:4:16\n", path("base.yaml")),
        &format!("  extended at {}:3:14\n", path("unknown.yaml")),
        "  help: define `front` under `networks` at the top, or correct the name\n",
    ] {
        assert!(answer.stderr.contains(line), "{line} in {}", answer.stderr);
    }
    folder.write("old.yaml", b"web:\n  image: a:1\n");
    let answer = compose(&folder, "", &["-f", "old.yaml", "config"]);
    let words = "the service `web` stands at the top of the file\n";
    assert!(answer.stderr.contains(words), "{}", answer.stderr);
    assert!(answer.stderr.contains("help: put it under `services:`"));
    let answer = compose(&folder, "", &["-f", "gone.yaml", "config"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.starts_with("error[file]: "),
        "{}",
        answer.stderr
    );
}

#[test]
fn what_is_noticed_is_a_warning() {
    let folder = Folder::with(&[("compose.yaml", "services:\n  web:\n    image: a:$TAG\n")]);
    let answer = compose(&folder, "", &["config", "-q"]);
    assert_eq!(answer.code, 0);
    let path = folder.path().join("compose.yaml");
    assert_eq!(
        answer.stderr,
        format!(
            "warning: {}:3:12: the variable `TAG` is not set, it is read as empty\n",
            path.display()
        )
    );
}

#[test]
fn standard_input_is_a_file() {
    let folder = Folder::new();
    let args = ["compose", "-p", "x", "-f", "-", "config", "--images"];
    let answer = folder.pipe(&args, "services: {web: {image: 'a:1'}}\n");
    assert_eq!((answer.quiet(), &*answer.stdout), (0, "a:1\n"));
}
