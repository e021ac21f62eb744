//! Charts that are shown and rendered from where they lie.

use std::fs;

use crate::world::{World, signed};

const PLAIN: &str = "--plain-http";

/// Helm and we print the same, and say the same beside it. Of a signed chart that it has kept, Helm
/// tells only that it fetched what is signed.
fn same(world: &World, words: &[&str]) {
    let (ours, theirs) = (world.plimsoll(words).good(), world.helm(words).good());
    assert!(!ours.out.is_empty(), "{words:?}");
    assert_eq!(ours.out, theirs.out, "{words:?}");
    let is_kept = words.contains(&"--verify") && !theirs.err.is_empty();
    let said = if is_kept {
        theirs.err.repeat(2)
    } else {
        theirs.err.clone()
    };
    assert!(
        ours.err == theirs.err || ours.err == said,
        "{words:?}: {}",
        ours.err
    );
}

fn both_refuse(world: &World, words: &[&str], reason: &str) {
    world.plimsoll(words).bad(reason);
    world.helm(words).bad(reason);
}

#[test]
fn charts_of_repositories_are_shown_and_rendered() {
    let world = World::new();
    for version in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
        world.packed("web", version, "served");
    }
    world.helm(&["repo", "index", "served"]).good();
    let server = world.server(&["files", "-user", "ann", "-password", "hunter2"]);
    let url = format!("http://{}", server.address);
    let login = ["--username", "ann", "--password", "hunter2"];
    let repo = [&["--repo", &url][..], &login].concat();
    world
        .helm(&[&["repo", "add", "one", &url][..], &login].concat())
        .good();
    let archive = format!("{url}/web-1.0.0.tgz");
    for what in [
        &["show", "chart"][..],
        &["show", "all"],
        &["template"],
        &["template", "rel", "--show-only", "templates/map.yaml"],
    ] {
        same(&world, &[what, &["one/web"]].concat());
        same(&world, &[what, &["one/web", "--devel"]].concat());
        same(&world, &[what, &["one/web", "--version", "~1.0"]].concat());
        same(&world, &[what, &["web"], &repo].concat());
        same(&world, &[what, &["web", "--devel=true"], &repo].concat());
        same(&world, &[what, &[&archive], &login].concat());
    }
    for command in [&["show", "values"][..], &["template"]] {
        let words = [command, &["one/none"]].concat();
        both_refuse(&world, &words, "no chart name found");
        let words = [command, &["two/web"]].concat();
        both_refuse(&world, &words, "repo two not found");
        let words = [command, &["none"], &repo].concat();
        let reason = format!("chart \"none\" not found in {url} repository");
        both_refuse(&world, &words, &reason);
        let words = [command, &["web", "--version", "7"], &repo].concat();
        let reason = format!("chart \"web\" version \"7\" not found in {url} repository");
        both_refuse(&world, &words, &reason);
        let words = [command, &["web", "--repo", &url]].concat();
        let reason = "is not a valid chart repository or cannot be reached: failed to fetch";
        both_refuse(&world, &words, reason);
        let words = [command, &["web"], &repo, &["--verify", "--keyring", "none"]].concat();
        both_refuse(&world, &words, "");
        let words = [command, &["none"]].concat();
        let reason = "non-absolute URLs should be in form of repo_name/path_to_chart, got: none";
        both_refuse(&world, &words, reason);
        let words = [command, &["./none"]].concat();
        both_refuse(&world, &words, "path \"./none\" not found");
        let refused = world.plimsoll(&[command, &["web"], &repo, &["--ca-file", "none"]].concat());
        assert!(
            !refused
                .bad("missing registry client")
                .err
                .contains("hunter2")
        );
    }
    // What lies on disk is taken, whatever repositories have.
    world.packed("disk", "1.0.0", "packed");
    fs::rename(world.path("source/disk-1.0.0"), world.path("one")).expect("moved");
    let before = world.read("log");
    same(&world, &["show", "chart", "one"]);
    same(&world, &["template", "one"]);
    assert_eq!(world.read("log"), before);
}

#[test]
fn charts_of_registries_are_shown_and_rendered() {
    let world = World::new();
    let server = world.server(&["registry"]);
    let at = |path: &str| format!("oci://{}/{path}", server.address);
    let place = at("charts");
    for version in ["1.0.0", "1.1.0+b"] {
        let archive = world.packed("web", version, "packed");
        let archive = archive.to_string_lossy().into_owned();
        world.helm(&["push", &archive, &place, PLAIN]).good();
    }
    let data = signed();
    for (from, to) in [
        ("web-0.1.0.tgz", "web-0.1.0.tgz"),
        ("helm.prov", "web-0.1.0.tgz.prov"),
    ] {
        world.write(to, fs::read(data.join(from)).expect("there"));
    }
    let keys = data.join("keys.gpg").to_string_lossy().into_owned();
    let signed = at("signed");
    world
        .helm(&["push", "web-0.1.0.tgz", &signed, PLAIN])
        .good();
    let (web, signed) = (at("charts/web"), at("signed/web"));
    let tagged = format!("{web}:1.0.0");
    for what in [&["show", "chart"][..], &["show", "all"], &["template"]] {
        same(&world, &[what, &[&web, PLAIN]].concat());
        same(&world, &[what, &[&tagged, PLAIN]].concat());
        same(
            &world,
            &[what, &[&web, PLAIN, "--version", "^1.0.0"]].concat(),
        );
        let verified = [&signed, PLAIN, "--verify", "--keyring", &keys];
        same(&world, &[what, &verified].concat());
        let unsigned = [&web, PLAIN, "--verify", "--keyring", &keys];
        both_refuse(
            &world,
            &[what, &unsigned].concat(),
            "failed to fetch provenance",
        );
        let none = [&web, PLAIN, "--version", "^9"];
        let reason = "could not locate a version matching provided version string ^9";
        both_refuse(&world, &[what, &none].concat(), reason);
    }
    // On disk, too.
    for words in [
        &["verify", "web-0.1.0.tgz", "--keyring", &keys][..],
        &[
            "show",
            "chart",
            "web-0.1.0.tgz",
            "--verify",
            "--keyring",
            &keys,
        ],
        &["template", "web-0.1.0.tgz", "--verify", "--keyring", &keys],
    ] {
        same(&world, words);
    }
    world.write("web-0.1.0.tgz", "changed");
    let words = ["verify", "web-0.1.0.tgz", "--keyring", &keys];
    both_refuse(
        &world,
        &words,
        "sha256 sum does not match for web-0.1.0.tgz",
    );
}
