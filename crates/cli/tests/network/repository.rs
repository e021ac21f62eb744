//! Repositories of charts, and the files that both programs keep of them.

use std::fs;

use crate::world::World;

/// A folder of charts with an index that helm made.
fn charts(world: &World, versions: &[&str]) {
    for version in versions {
        world.packed("web", version, "served");
    }
    world.helm(&["repo", "index", "served"]).good();
}

#[test]
fn both_programs_keep_the_same_files() {
    let world = World::new();
    charts(&world, &["1.0.0"]);
    let server = world.server(&["files"]);
    let url = format!("http://{}", server.address);
    let added = world.plimsoll(&["repo", "add", "one", &url]).good();
    let ours = world.read("home/config/repositories.yaml");
    let files = world.names("home/cache/repository");
    assert_eq!(
        world.helm(&["repo", "list"]).good().out,
        world.plimsoll(&["repo", "list"]).good().out
    );
    for format in ["json", "yaml", "table"] {
        let words = ["repo", "list", "-o", format];
        assert_eq!(
            world.helm(&words).good().out,
            world.plimsoll(&words).good().out
        );
    }
    let again = world.plimsoll(&["repo", "add", "one", &url]).good();
    assert_eq!(
        again.out,
        world.helm(&["repo", "add", "one", &url]).good().out
    );
    let updated = world.plimsoll(&["repo", "update"]).good();
    assert_eq!(updated.out, world.helm(&["repo", "update"]).good().out);
    let removed = world.plimsoll(&["repo", "remove", "one"]).good();
    assert!(world.names("home/cache/repository").is_empty());

    assert_eq!(
        world.helm(&["repo", "add", "one", &url]).good().out,
        added.out
    );
    assert_eq!(world.read("home/config/repositories.yaml"), ours);
    assert_eq!(world.names("home/cache/repository"), files);
    assert_eq!(world.helm(&["repo", "rm", "one"]).good().out, removed.out);
    for (words, reason) in [
        (
            &["repo", "update"][..],
            "no repositories found. You must add one before updating",
        ),
        (&["repo", "remove", "one"], "no repositories configured"),
        (
            &["repo", "add", "a/b", "http://127.0.0.1:1"],
            "contains '/'",
        ),
        (
            &[
                "repo",
                "add",
                "gone",
                "https://kubernetes-charts.storage.googleapis.com",
            ],
            "no longer available",
        ),
        (
            &["repo", "add", "none", &format!("{url}/none")],
            "is not a valid chart repository or cannot be reached: failed to fetch",
        ),
    ] {
        world.plimsoll(words).bad(reason);
        world.helm(words).bad(reason);
    }
}

#[test]
fn charts_are_pulled_by_name_and_by_url() {
    let world = World::new();
    charts(&world, &["1.0.0", "1.1.0", "2.0.0-rc.1"]);
    let server = world.server(&["files", "-user", "ann", "-password", "hunter2"]);
    let url = format!("http://{}", server.address);
    world
        .plimsoll(&["repo", "add", "one", &url])
        .bad("401 Unauthorized");
    let add = [
        "repo",
        "add",
        "one",
        &url,
        "--username",
        "ann",
        "--password",
        "hunter2",
    ];
    let said = world.plimsoll(&add).good();
    assert!(!format!("{}{}", said.out, said.err).contains("hunter2"));
    let archive = format!("{url}/web-1.0.0.tgz");
    for (number, words) in [
        &["pull", "one/web"][..],
        &["pull", "one/web", "--version", "^1.0"],
        &["pull", "one/web", "--devel"],
        &["pull", "one/web", "--version", "1.0.0", "--untar"],
        // No index names it in full, so that its server is given no login; with one it is.
        &[
            "pull",
            &archive,
            "--username",
            "ann",
            "--password",
            "hunter2",
        ],
        &[
            "pull",
            "web",
            "--repo",
            &url,
            "--username",
            "ann",
            "--password",
            "hunter2",
        ],
    ]
    .iter()
    .enumerate()
    {
        let [ours, theirs] = ["ours", "theirs"].map(|name| format!("{name}{number}"));
        fs::create_dir_all(world.path(&ours)).expect("made");
        fs::create_dir_all(world.path(&theirs)).expect("made");
        let one = world.plimsoll(&[words, &["-d", &ours][..]].concat()).good();
        let other = world.helm(&[words, &["-d", &theirs][..]].concat()).good();
        assert_eq!(one.out, other.out);
        assert_eq!(world.names(&ours), world.names(&theirs), "{words:?}");
        assert!(!world.names(&ours).is_empty());
    }
    for (words, reason) in [
        (&["pull", "one/none"][..], "no chart name found"),
        (
            &["pull", "one/web", "--version", "9"],
            "no chart version found for web-9",
        ),
        (&["pull", "two/web"], "repo two not found"),
        (
            &["pull", "web"],
            "non-absolute URLs should be in form of repo_name/path_to_chart, got: web",
        ),
    ] {
        world.plimsoll(words).bad(reason);
        world.helm(words).bad(reason);
    }
}

#[test]
fn a_login_does_not_leave_its_repository() {
    let world = World::new();
    world.packed("web", "1.0.0", "elsewhere");
    let other = world.server(&["files"]);
    // The same folder is served, so that the other server has the chart.
    world.write(
        "served/web-1.0.0.tgz",
        fs::read(world.path("elsewhere/web-1.0.0.tgz")).expect("packed"),
    );
    let index = format!(
        "apiVersion: v1\nentries:\n  web:\n  - {{apiVersion: v2, name: web, version: 1.0.0, urls: ['http://{}/web-1.0.0.tgz']}}\n",
        other.address
    );
    world.write("served/index.yaml", index);
    let server = world.server(&["files", "-user", "ann", "-password", "hunter2"]);
    let url = format!("http://{}", server.address);
    let login = ["--username", "ann", "--password", "hunter2"];
    world
        .plimsoll(&[&["repo", "add", "one", &url][..], &login].concat())
        .good();
    let fetched = || {
        let log = world.read("log");
        let last = log
            .lines()
            .rfind(|line| line.contains("web-1.0.0.tgz"))
            .unwrap_or_default();
        last.to_owned()
    };
    world.plimsoll(&["pull", "one/web"]).good();
    assert_eq!(fetched(), "GET /web-1.0.0.tgz []");
    world
        .plimsoll(&[&["pull", "web", "--repo", &url][..], &login].concat())
        .good();
    assert_eq!(fetched(), "GET /web-1.0.0.tgz []");
    let passing = [
        &["pull", "web", "--repo", &url, "--pass-credentials"][..],
        &login,
    ]
    .concat();
    world.plimsoll(&passing).good();
    assert_eq!(fetched(), "GET /web-1.0.0.tgz [Basic]");
}

#[test]
fn indexes_are_the_same() {
    let world = World::new();
    for version in ["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1+b"] {
        world.packed("web", version, "served");
    }
    world.packed("db", "0.1.0", "served/more");
    world.write("served/none.tgz", "no chart");
    let masked = |text: String| {
        let is_time = |line: &&str| {
            let line = line.trim_start().trim_start_matches('"');
            !line.starts_with("created") && !line.starts_with("generated")
        };
        text.lines().filter(is_time).collect::<Vec<_>>().join("\n")
    };
    world.write("old.yaml", "apiVersion: v1\ngenerated: \"2020-01-01T00:00:00.100Z\"\nentries:\n  old:\n  - {apiVersion: v2, name: old, version: 1.0.0, created: \"2020-01-01T00:00:00.100Z\", digest: x, urls: [o.tgz], description: \"a: b\"}\n  web:\n  - {apiVersion: v2, name: web, version: 1.0.0, urls: [old.tgz]}\n");
    for flags in [
        &[][..],
        &["--url", "https://charts.example/a/"],
        &["--merge", "old.yaml"],
        &["--json"],
    ] {
        let words = [&["repo", "index", "served"], flags].concat();
        world.helm(&words).good();
        let theirs = world.read("served/index.yaml");
        world.plimsoll(&words).good();
        assert_eq!(
            masked(world.read("served/index.yaml")),
            masked(theirs),
            "{flags:?}"
        );
    }
}
