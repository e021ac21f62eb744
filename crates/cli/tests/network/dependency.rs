//! Dependencies from all kinds of places.

use std::fs;

use crate::world::{Server, World};

struct Places {
    files: Server,
    registry: Server,
}

/// A repository, a registry and a folder with charts, and a chart that wants some of each.
fn umbrella(world: &World) -> Places {
    for version in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
        world.packed("web", version, "served");
    }
    world.packed("db", "0.3.0", "served");
    world.helm(&["repo", "index", "served"]).good();
    let files = world.server(&["files"]);
    let registry = world.server(&["registry"]);
    for version in ["1.0.0", "1.4.0", "2.0.0"] {
        world.packed("cache", version, "packed");
        let place = format!("oci://{}/charts", registry.address);
        let archive = format!("packed/cache-{version}.tgz");
        world
            .helm(&["push", &archive, &place, "--plain-http"])
            .good();
    }
    world.write(
        "local/Chart.yaml",
        "apiVersion: v2\nname: local\nversion: 0.2.0\n",
    );
    world.write("local/templates/a.yaml", "kind: A\n");
    world.write(
        "umbrella/charts/inner/Chart.yaml",
        "apiVersion: v2\nname: inner\nversion: 3.0.0\n",
    );
    let url = format!("http://{}", files.address);
    world.plimsoll(&["repo", "add", "one", &url]).good();
    let text = format!(
        "apiVersion: v2\nname: umbrella\nversion: 0.1.0\ndependencies:\n\
         - {{name: web, version: ^1.0, repository: '@one'}}\n\
         - {{name: db, version: '>=0.1.0', repository: 'alias:one', condition: db.enabled, tags: [a], alias: store, import-values: [x, {{child: a, parent: b}}]}}\n\
         - {{name: cache, version: 1.x, repository: 'oci://{}/charts'}}\n\
         - {{name: local, version: 0.x.x, repository: 'file://../local'}}\n\
         - {{name: inner, version: 3.0.0}}\n",
        registry.address
    );
    world.write("umbrella/Chart.yaml", text);
    Places { files, registry }
}

const PLAIN: &str = "--plain-http";

fn without_time(lock: &str) -> String {
    let lines = lock.lines().filter(|line| !line.starts_with("generated:"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn dependencies_are_those_that_helm_brings() {
    let world = World::new();
    let _places = umbrella(&world);
    let missing = world.plimsoll(&["dependency", "list", "umbrella"]).good();
    assert_eq!(
        missing.out,
        world.helm(&["dependency", "list", "umbrella"]).good().out
    );
    let said = world
        .plimsoll(&["template", "umbrella"])
        .bad("found in Chart.yaml, but missing in charts/ directory");
    assert!(
        said.err.contains("plimsoll chart dependency"),
        "{}",
        said.err
    );
    let ours = world
        .plimsoll(&["dependency", "update", "umbrella", PLAIN])
        .good();
    let lock = world.read("umbrella/Chart.lock");
    let charts = world.names("umbrella/charts");
    assert_eq!(
        charts,
        [
            "cache-1.4.0.tgz",
            "db-0.3.0.tgz",
            "inner",
            "local-0.2.0.tgz",
            "web-1.1.0.tgz"
        ]
    );
    let listed = world.plimsoll(&["dep", "ls", "umbrella"]).good();
    assert_eq!(
        listed.out,
        world.helm(&["dep", "ls", "umbrella"]).good().out
    );

    // Helm builds from our lock file, and finds nothing to change in it.
    fs::remove_file(world.path("umbrella/charts/web-1.1.0.tgz")).expect("removed");
    world
        .helm(&["dependency", "build", "umbrella", PLAIN])
        .good();
    assert_eq!(world.names("umbrella/charts"), charts);
    world
        .helm(&["dependency", "update", "umbrella", PLAIN])
        .good();
    assert_eq!(world.read("umbrella/Chart.lock"), lock);

    // We build from helm's.
    fs::remove_file(world.path("umbrella/Chart.lock")).expect("removed");
    let theirs = world
        .helm(&["dependency", "update", "umbrella", PLAIN])
        .good();
    assert_eq!(
        without_time(&world.read("umbrella/Chart.lock")),
        without_time(&lock)
    );
    assert_eq!(ours.out, theirs.out);
    fs::remove_file(world.path("umbrella/charts/db-0.3.0.tgz")).expect("removed");
    let built = world
        .plimsoll(&["dependency", "build", "umbrella", PLAIN])
        .good();
    assert_eq!(
        built.out,
        world
            .helm(&["dependency", "build", "umbrella", PLAIN])
            .good()
            .out
    );
    assert_eq!(world.names("umbrella/charts"), charts);
    let [one, other] = [
        world.plimsoll(&["template", "umbrella"]),
        world.helm(&["template", "umbrella"]),
    ];
    assert_eq!(one.good().out, other.good().out);
}

#[test]
fn outdated_charts_go_and_others_stay() {
    let world = World::new();
    let places = umbrella(&world);
    world
        .plimsoll(&["dependency", "update", "umbrella", PLAIN])
        .good();
    let wanted = world
        .read("umbrella/Chart.yaml")
        .replace("version: ^1.0", "version: 1.0.0");
    world.write("umbrella/Chart.yaml", wanted);
    let stale = ["dependency", "build", "umbrella", PLAIN];
    world
        .plimsoll(&stale)
        .bad("the lock file (Chart.lock) is out of sync");
    world
        .helm(&stale)
        .bad("the lock file (Chart.lock) is out of sync");
    world.write("umbrella/charts/_note.txt", "no chart");
    world
        .plimsoll(&["dependency", "update", "umbrella", "--skip-refresh", PLAIN])
        .good();
    let names = world.names("umbrella/charts");
    assert!(names.contains(&"web-1.0.0.tgz".to_owned()), "{names:?}");
    assert!(!names.contains(&"web-1.1.0.tgz".to_owned()), "{names:?}");
    assert!(names.contains(&"_note.txt".to_owned()) && names.contains(&"inner".to_owned()));
    // What cannot be fetched leaves everything as it was.
    drop(places.registry);
    let before = (
        world.names("umbrella/charts"),
        world.read("umbrella/Chart.lock"),
    );
    world
        .plimsoll(&["dependency", "update", "umbrella", PLAIN])
        .bad("could not retrieve list of tags");
    let folders = world.names("umbrella");
    assert!(
        !folders.iter().any(|name| name.starts_with("tmpcharts")),
        "{folders:?}"
    );
    assert_eq!(
        (
            world.names("umbrella/charts"),
            world.read("umbrella/Chart.lock")
        ),
        before
    );
    drop(places.files);
}

#[test]
fn repositories_without_a_name_are_found_by_their_url() {
    let world = World::new();
    let places = umbrella(&world);
    world.plimsoll(&["repo", "remove", "one"]).good();
    let url = format!("http://{}", places.files.address);
    let text = world
        .read("umbrella/Chart.yaml")
        .replace("@one", &url)
        .replace("alias:one", &url);
    world.write("umbrella/Chart.yaml", text);
    let ours = world
        .plimsoll(&["dependency", "update", "umbrella", PLAIN])
        .good();
    assert!(
        ours.out
            .contains("Getting updates for unmanaged Helm repositories"),
        "{}",
        ours.out
    );
    let lock = without_time(&world.read("umbrella/Chart.lock"));
    let files = world.names("home/cache/repository");
    fs::remove_file(world.path("umbrella/Chart.lock")).expect("removed");
    world
        .helm(&["dependency", "update", "umbrella", PLAIN])
        .good();
    assert_eq!(without_time(&world.read("umbrella/Chart.lock")), lock);
    assert_eq!(world.names("home/cache/repository"), files);
    let words = ["dependency", "build", "umbrella", PLAIN];
    world.plimsoll(&words).bad("no repository definition for");
    world.helm(&words).bad("no repository definition for");
}

#[test]
fn what_cannot_be_had_is_said() {
    let world = World::new();
    let places = umbrella(&world);
    let url = format!("http://{}", places.files.address);
    for (dependency, reason) in [
        (
            "{name: web, version: ^9, repository: '@one'}".to_owned(),
            "can't get a valid version for 1 subchart(s): \"web\"",
        ),
        (
            "{name: none, version: ^1, repository: '@one'}".to_owned(),
            "none chart not found in repo",
        ),
        (
            "{name: web, version: ^1, repository: '@two'}".to_owned(),
            "no repository definition for @two",
        ),
        (
            "{name: web, version: ^1, repository: stable}".to_owned(),
            "repositories must be URLs or aliases",
        ),
        (
            "{name: web, version: 'x y', repository: '@one'}".to_owned(),
            "invalid version/constraint format",
        ),
        (
            "{name: local, version: ^1, repository: 'file://../local'}".to_owned(),
            "can't get a valid version for 1 subchart(s)",
        ),
        (
            "{name: local, version: ^1, repository: 'file://../none'}".to_owned(),
            "none not found",
        ),
        (
            format!("{{name: web, version: ^1, repository: '{url}/none'}}"),
            "no cached repository for helm-manager-",
        ),
    ] {
        let text = format!(
            "apiVersion: v2\nname: umbrella\nversion: 0.1.0\ndependencies:\n- {dependency}\n"
        );
        world.write("umbrella/Chart.yaml", text);
        let words = ["dependency", "update", "umbrella"];
        world.plimsoll(&words).bad(reason);
        world.helm(&words).bad(reason);
    }
}
