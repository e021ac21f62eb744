//! `plimsoll check`: exit codes, choice of rules, paths.

use crate::folder::Folder;

const UNPINNED: &str = "FROM alpine\nUSER 10001\nCMD [\"true\"]\n";
const PINNED: &str = "FROM alpine:3.22\nUSER 10001\nCMD [\"true\"]\n";
const ONLY: &[&str] = &["check", "--select", "unpinned-base-image"];

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    args.iter().chain(more).copied().collect()
}

#[test]
fn the_exit_code_says_whether_something_was_found() {
    let folder = Folder::with(&[("Dockerfile", UNPINNED)]);
    assert_eq!(folder.run(ONLY).quiet(), 1);
    assert_eq!(
        folder.run(&with(ONLY, &["--fail-on", "warning"])).quiet(),
        1
    );
    assert_eq!(folder.run(&with(ONLY, &["--fail-on", "note"])).quiet(), 1);
    assert_eq!(folder.run(&with(ONLY, &["--fail-on", "error"])).quiet(), 0);
    assert_eq!(folder.run(&with(ONLY, &["--fail-on", "never"])).quiet(), 0);
    folder.write("Dockerfile", PINNED.as_bytes());
    let answer = folder.run(ONLY);
    assert_eq!(
        (answer.quiet(), answer.stdout.as_str()),
        (0, "no findings in 1 file\n")
    );
}

#[test]
fn a_finding_is_shown_as_rustc_would() {
    let folder = Folder::with(&[("app/Dockerfile", UNPINNED)]);
    let text = folder.run(ONLY).stdout;
    let frame = " --> app/Dockerfile:1:6\n  |\n1 | FROM alpine\n  |      ^^^^^^";
    assert!(text.starts_with("warning[unpinned-base-image]: "), "{text}");
    assert!(text.contains(frame), "{text}");
    assert!(text.ends_with("\n1 warning in 1 file\n"), "{text}");
}

#[test]
fn rules_are_chosen_by_id_and_by_the_names_of_other_tools() {
    let folder = Folder::with(&[("Dockerfile", UNPINNED)]);
    let found = |args: &[&str]| {
        folder
            .run(&with(&["check", "--format", "json"], args))
            .places()
    };
    let alone = ["Dockerfile:1:6 unpinned-base-image"];
    assert_eq!(found(&["--select", "unpinned-base-image"]), alone);
    assert_eq!(found(&["--select", "dl3006"]), alone);
    assert_eq!(
        found(&["--select", "syntax", "--select", "DL3006,unknown-stage"]),
        alone
    );
    assert_eq!(
        found(&["--select", "DL3006", "--ignore", "unpinned-base-image"]),
        [""; 0]
    );
    let rest = found(&["--ignore", "DL3006"]);
    assert!(
        rest.iter()
            .all(|place| !place.ends_with("unpinned-base-image")),
        "{rest:?}"
    );
}

#[test]
fn selected_rules_speak_at_any_strictness() {
    let dockerfile = "FROM alpine:3.22\nUSER app\nCMD [\"true\"]\n";
    let folder = Folder::with(&[("Dockerfile", dockerfile)]);
    let found = |args: &[&str]| {
        let places = folder
            .run(&with(&["check", "--format", "json"], args))
            .places();
        places
            .iter()
            .any(|place| place.ends_with(" mutable-base-image"))
    };
    assert!(!found(&[]));
    assert!(!found(&["--strictness", "pedantic"]));
    assert!(found(&["--strictness", "auditor"]));
    assert!(found(&["--select", "mutable-base-image"]));
}

#[test]
fn mistakes_of_the_user_have_code_2_and_help() {
    let folder = Folder::with(&[("Dockerfile", PINNED)]);
    let wrong = |args: &[&str]| {
        let answer = folder.run(args);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{args:?}");
        answer.stderr
    };
    assert_eq!(
        wrong(&["check", "--select", "unpinned-base-imgae"]),
        "error: no rule is called `unpinned-base-imgae`\n  help: did you mean `unpinned-base-image`?\n"
    );
    assert_eq!(
        wrong(&["check", "--ignore", "zzzzzz"]),
        "error: no rule is called `zzzzzz`\n  help: `plimsoll rules` lists all rules\n"
    );
    assert_eq!(
        wrong(&["check", "nowhere"]),
        "error: `nowhere` does not exist\n"
    );
    assert!(wrong(&["check", "-", "Dockerfile"]).contains("together with other paths"));
    assert!(wrong(&["check", "--stdin-name", "x"]).contains("not `-`"));
    assert!(wrong(&["check", "--format", "xml"]).contains("invalid value 'xml'"));
    assert!(wrong(&["chekc"]).contains("'check'"));
    assert!(wrong(&["explain", "unknown-stages"]).contains("did you mean `unknown-stage`?"));
    assert!(wrong(&[]).contains("Usage:"));
}

#[test]
fn paths_limit_the_review_and_are_shown_from_where_the_reader_stands() {
    let folder = Folder::with(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("a/Dockerfile", UNPINNED),
        ("b/Dockerfile", UNPINNED),
        ("b/c/Dockerfile", UNPINNED),
    ]);
    let json = with(ONLY, &["--format", "json"]);
    let answer = folder.run(&with(&json, &["b"]));
    let places = [
        "b/Dockerfile:1:6 unpinned-base-image",
        "b/c/Dockerfile:1:6 unpinned-base-image",
    ];
    assert_eq!(answer.places(), places);
    assert_eq!(
        answer.json()["root"],
        folder.path().to_str().expect("UTF-8")
    );
    let answer = folder.run(&with(&json, &["a", "b/c/Dockerfile"]));
    assert_eq!(answer.json()["summary"]["files"], 2);

    let mut command = folder.command(&with(ONLY, &["../a", "."]));
    let output = command
        .current_dir(folder.path().join("b"))
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for shown in [
        "--> ../a/Dockerfile:1:6\n",
        "--> Dockerfile:1:6\n",
        "--> c/Dockerfile:1:6\n",
    ] {
        assert!(text.contains(shown), "{text}");
    }
    assert!(text.ends_with("3 warnings in 3 files\n"), "{text}");
}

#[test]
fn ignored_files_are_left_alone_unless_named() {
    let folder = Folder::with(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".gitignore", "vendor/\n"),
        ("vendor/x/Dockerfile", UNPINNED),
        ("Dockerfile", PINNED),
    ]);
    let json = with(ONLY, &["--format", "json"]);
    assert_eq!(folder.run(&json).places(), [""; 0]);
    let named = folder.run(&with(&json, &["vendor/x/Dockerfile"]));
    assert_eq!(
        named.places(),
        ["vendor/x/Dockerfile:1:6 unpinned-base-image"]
    );
}

#[test]
fn an_empty_folder_is_no_failure() {
    let folder = Folder::new();
    let answer = folder.run(&["check"]);
    assert_eq!(answer.quiet(), 0);
    assert!(
        answer.stdout.starts_with("nothing to review"),
        "{}",
        answer.stdout
    );
    assert_eq!(folder.run(&["check", "--format", "json"]).places(), [""; 0]);
}

#[test]
fn named_files_of_other_kinds_are_no_mistake() {
    let folder = Folder::with(&[("Dockerfile", PINNED), ("README.md", "# x\n")]);
    let answer = folder.run(&with(ONLY, &["README.md", "Dockerfile"]));
    assert_eq!(answer.quiet(), 0);
    let summary = "no findings in 1 file; 1 file of another kind not reviewed\n";
    assert_eq!(answer.stdout, summary);
    let answer = folder.run(&with(ONLY, &["README.md", "--format", "json"]));
    assert_eq!(
        answer.json()["summary"]["notReviewed"][0]["reason"],
        "unrecognised"
    );
}
