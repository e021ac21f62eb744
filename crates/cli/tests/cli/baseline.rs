//! `--baseline` and `--write-baseline`.

use crate::folder::Folder;

const OLD: &str = "FROM alpine\nRUN sudo ls\nUSER 10001\nCMD [\"a\"]\n";

#[test]
fn only_new_findings_are_reported_and_fail() {
    let folder = Folder::with(&[("Dockerfile", OLD)]);
    let answer = folder.run(&["check", "--write-baseline", "known.json"]);
    assert_eq!(
        (answer.quiet(), answer.stdout.as_str()),
        (0, "2 findings written to known.json\n")
    );
    let written = folder.read("known.json");
    let args = ["check", "--baseline", "known.json"];
    let answer = folder.run(&args);
    assert_eq!(
        (answer.quiet(), answer.stdout.as_str()),
        (0, "no new findings in 1 file; 2 known from the baseline\n")
    );
    // Lines move, stages come and neighbours change; the known ones stay known.
    let moved = format!(
        "FROM alpine:3.22 AS build\nRUN true\n\n{}",
        OLD.replace("USER", "# who\nUSER")
    );
    folder.write("Dockerfile", moved.as_bytes());
    assert_eq!(folder.run(&args).quiet(), 0);
    folder.write("Dockerfile", format!("{OLD}COPPY a b\n").as_bytes());
    let answer = folder.run(&args);
    assert_eq!(answer.quiet(), 1);
    assert!(
        answer.stdout.starts_with("error[syntax]"),
        "{}",
        answer.stdout
    );
    assert!(
        answer
            .stdout
            .ends_with("new: 1 error in 1 file; 2 known from the baseline\n"),
        "{}",
        answer.stdout
    );
    folder.write("Dockerfile", OLD.replace("sudo ", "").as_bytes());
    let json = folder
        .run(&["check", "--baseline", "known.json", "--format", "json"])
        .json();
    assert_eq!(
        json["summary"]["baseline"],
        serde_json::json!({"known": 1, "gone": 1})
    );
    // What this review does not look for is not gone.
    let json = folder
        .run(&[
            "check",
            "--baseline",
            "known.json",
            "--format",
            "json",
            "--select",
            "DL3006",
        ])
        .json();
    assert_eq!(
        json["summary"]["baseline"],
        serde_json::json!({"known": 1, "gone": 0})
    );
    // The same findings give the same bytes.
    folder.write("Dockerfile", OLD.as_bytes());
    folder.run(&["check", "--write-baseline", "known.json"]);
    assert_eq!(folder.read("known.json"), written);
}

#[test]
fn a_broken_baseline_is_a_mistake() {
    let folder = Folder::with(&[
        ("Dockerfile", OLD),
        ("b.json", "{\n  \"version\": 1,\n  \"findings\": 3\n}\n"),
    ]);
    let answer = folder.run(&["check", "--baseline", "b.json"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(answer.stderr, @r#"
    error: this is no baseline: invalid type: integer `3`, expected a sequence
     --> b.json:3:15
      |
    3 |   "findings": 3
      |               ^
      |
      = help: write it anew with `plimsoll check --write-baseline FILE`
    "#);
    let answer = folder.run(&["check", "--baseline", "nowhere"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.stderr.starts_with("error: cannot read `nowhere`: "),
        "{}",
        answer.stderr
    );
    let answer = folder.run(&["check", "--write-baseline", "no/where"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer
            .stderr
            .starts_with("error: cannot write `no/where`: "),
        "{}",
        answer.stderr
    );
}

#[test]
fn the_report_is_written_beside_the_text() {
    let folder = Folder::with(&[("Dockerfile", OLD)]);
    let answer = folder.run(&[
        "check",
        "--format",
        "sarif",
        "--output",
        "out.sarif",
        "--color",
        "always",
    ]);
    assert_eq!(answer.quiet(), 1);
    assert!(answer.stdout.ends_with(" in 1 file\n"), "{}", answer.stdout);
    let sarif: serde_json::Value = serde_json::from_str(&folder.read("out.sarif")).expect("JSON");
    assert_eq!(
        sarif["runs"][0]["results"].as_array().map(Vec::len),
        Some(2)
    );
    let rules = &sarif["runs"][0]["tool"]["driver"]["rules"];
    assert_eq!(rules.as_array().map(Vec::len), Some(2));
    assert!(
        rules[0]["help"]["markdown"]
            .as_str()
            .is_some_and(|page| page.contains("## Why it matters"))
    );
    folder.run(&["check", "--output", "out.txt", "--color", "always"]);
    let text = folder.read("out.txt");
    assert!(
        !text.contains('\u{1b}') && text.ends_with("2 warnings in 1 file\n"),
        "{text}"
    );
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("listed").collect();
    assert_eq!(left.len(), 3, "{left:?}");
}
