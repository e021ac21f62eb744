//! The commands of helm 4.3.1 and ours, by what helm was recorded to answer.

use std::collections::BTreeMap;

use crate::folder::{Answer, Folder};

/// For each command of helm its flags, with their letters and what they take; under no name those
/// that all have.
type Flags = BTreeMap<String, Vec<(String, String, String)>>;

#[test]
fn every_flag_of_helm_is_known() {
    let text = include_str!("../../../../tests/oracles/helm-commands/flags.json");
    let flags: Flags = serde_json::from_str(text).expect("names, letters and kinds");
    let folder = Folder::new();
    for (command, own) in flags.iter().filter(|(command, _)| !command.is_empty()) {
        let mut args = vec!["chart".to_owned()];
        args.extend(command.split(' ').map(str::to_owned));
        for (name, letter, kind) in flags[""].iter().chain(own) {
            let value = match &**kind {
                _ if matches!(&**name, "color" | "colour") => "never",
                "format" => "json",
                "int" | "uint" | "float32" => "7",
                "duration" => "7s",
                _ => "a=b",
            };
            if kind.is_empty() {
                // As Go reads switches.
                let with = |word: &str| format!("--{name}{word}");
                args.extend(["", "=true", "=F", "=1"].map(with));
            } else if kind.contains('[') {
                args.extend([format!("--{name}"), format!("--{name}={value}")]);
            } else {
                args.extend([format!("--{name}={value}")]);
                args.extend([format!("--{name}"), value.to_owned()]);
            }
            if !letter.is_empty() {
                args.push(format!("-{letter}"));
                args.extend((!kind.is_empty()).then(|| value.to_owned()));
            }
        }
        // Flags are looked at before help is given.
        args.push("--help".into());
        let answer = Answer::of(folder.command(&args).output().expect("the binary runs"));
        assert_eq!(answer.quiet(), 0, "{command}");
    }
}

#[test]
fn flags_may_stand_before_the_command_and_more_than_once() {
    let folder = Folder::with(&[
        (
            "web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        ("web/templates/a.yaml", "at: {{ .Release.Namespace }}\n"),
    ]);
    let args = [
        "chart",
        "-n",
        "a",
        "--debug",
        "template",
        "--namespace",
        "b",
        "web",
        "--registry-config",
        "x",
        "--registry-config",
        "y",
    ];
    let answer = Answer::of(folder.command(&args).output().expect("the binary runs"));
    assert_eq!(answer.quiet(), 0);
    assert!(answer.stdout.ends_with("at: b\n"), "{}", answer.stdout);
    let answer = folder.command(&args[..5]).arg("web").output();
    let answer = Answer::of(answer.expect("the binary runs"));
    assert!(answer.stdout.ends_with("at: a\n"), "{}", answer.stdout);
}

#[test]
fn values_are_chosen_by_a_path() {
    let folder = Folder::with(&[
        (
            "web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        ("web/values.yaml", "image: {tag: \"1\"}\nports: [80, 81]\n"),
    ]);
    let show = |args: &[&str]| {
        let args = [&["chart", "show"], args].concat();
        Answer::of(folder.command(&args).output().expect("the binary runs"))
    };
    let answer = show(&["values", "web", "--jsonpath", "{.image.tag} {.ports}"]);
    assert_eq!(answer.quiet(), 0);
    assert_eq!(answer.stdout, "1 [80,81]");
    let answer = show(&["values", "web", "--jsonpath", "{.none}"]);
    assert_eq!((answer.code, &*answer.stdout), (0, ""));
    assert!(
        answer.stderr.contains("`none` is not found"),
        "{}",
        answer.stderr
    );
    let answer = show(&["values", "web", "--jsonpath", "{.none"]);
    assert_eq!(answer.code, 1);
    let words = "error: error parsing jsonpath {.none: unclosed action\n";
    assert_eq!(answer.stderr, words);
    assert_eq!(show(&["all", "web", "--jsonpath", "{.a}"]).code, 1);
}
