//! `plimsoll.toml`: where it is found, what it does, what is said of mistakes.

use crate::folder::Folder;

const UNPINNED: &str = "FROM alpine\nUSER 10001\nCMD [\"true\"]\n";

/// `file:line:column rule` of the findings of these rules.
fn found(folder: &Folder, args: &[&str]) -> Vec<String> {
    let mut all = vec!["check", "--format", "json"];
    all.extend(args);
    folder.run(&all).places()
}

/// What standard error says, with exit code 2.
#[track_caller]
fn mistake(folder: &Folder, args: &[&str]) -> String {
    let answer = folder.run(args);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
    answer.stderr
}

#[test]
fn the_file_chooses_and_flags_override_it() {
    let folder = Folder::with(&[
        ("Dockerfile", UNPINNED),
        (
            "plimsoll.toml",
            "[check]\nselect = [\"DL3006\"]\nfail-on = \"error\"\n",
        ),
    ]);
    assert_eq!(found(&folder, &[]), ["Dockerfile:1:6 unpinned-base-image"]);
    assert_eq!(folder.run(&["check"]).quiet(), 0);
    assert_eq!(folder.run(&["check", "--fail-on", "warning"]).quiet(), 1);
    assert_eq!(found(&folder, &["--select", "sudo-in-image"]), [""; 0]);
    folder.write(
        "plimsoll.toml",
        b"[check]\nignore = [\"unpinned-base-image\"]\n",
    );
    assert_eq!(found(&folder, &[]), [""; 0]);
    assert_eq!(
        found(&folder, &["--select", "unpinned-base-image"]),
        ["Dockerfile:1:6 unpinned-base-image"]
    );
    assert_eq!(
        found(&folder, &["--ignore", "sudo-in-image"]),
        ["Dockerfile:1:6 unpinned-base-image"]
    );
    assert_eq!(
        found(&folder, &["--no-config"]),
        ["Dockerfile:1:6 unpinned-base-image"]
    );
}

#[test]
fn rules_have_severities_and_levels() {
    let folder = Folder::with(&[
        ("Dockerfile", "FROM alpine:3.22\nUSER app\nCMD [\"true\"]\n"),
        (
            "plimsoll.toml",
            "[rules.mutable-base-image]\nlevel = \"default\"\nseverity = \"error\"\n[rules.syntax]\nlevel = \"off\"\n",
        ),
    ]);
    assert_eq!(found(&folder, &[]), ["Dockerfile:1:6 mutable-base-image"]);
    assert_eq!(folder.run(&["check", "--fail-on", "error"]).quiet(), 1);
    folder.write("Dockerfile", b"FROM a:1\nNONSENSE\n");
    let found = found(&folder, &["--ignore", "mutable-base-image"]);
    assert_eq!(found, [""; 0], "a rule that is off says nothing");
}

#[test]
fn parts_of_the_tree_have_their_own_wishes() {
    let folder = Folder::repository(&[
        ("Dockerfile", UNPINNED),
        ("examples/a/Dockerfile", UNPINNED),
        (
            "strict/Dockerfile",
            "FROM alpine:3.22\nUSER 10001\nCMD [\"true\"]\n",
        ),
        (
            "plimsoll.toml",
            "[[check.override]]\npaths = [\"/examples/\"]\nignore = [\"DL3006\"]\n\
             [[check.override]]\npaths = [\"strict\"]\nstrictness = \"auditor\"\n",
        ),
    ]);
    let expected = [
        "Dockerfile:1:6 unpinned-base-image",
        "strict/Dockerfile:1:6 mutable-base-image",
    ];
    assert_eq!(found(&folder, &[]), expected);
    // A part is reviewed as the whole is.
    assert_eq!(found(&folder, &["examples"]), [""; 0]);
    assert_eq!(found(&folder, &["strict/Dockerfile"]), expected[1..]);
}

#[test]
fn one_file_counts_for_a_repository() {
    let folder = Folder::repository(&[
        ("a/Dockerfile", UNPINNED),
        ("a/plimsoll.toml", "[check]\nignore = [\"DL3006\"]\n"),
        ("other.toml", "[check]\nignore = [\"DL3006\"]\n"),
    ]);
    let place = ["a/Dockerfile:1:6 unpinned-base-image"];
    assert_eq!(found(&folder, &["a"]), [""; 0]);
    folder.write("plimsoll.toml", b"");
    assert_eq!(found(&folder, &["a"]), place);
    assert_eq!(found(&folder, &["--config", "other.toml", "a"]), [""; 0]);
}

#[test]
fn mistakes_are_shown_at_their_place() {
    let folder = Folder::with(&[("Dockerfile", UNPINNED)]);
    folder.write(
        "plimsoll.toml",
        b"[check]\nstrictnes = \"pedantic\"\nfail-on = 3\n",
    );
    insta::assert_snapshot!(mistake(&folder, &["check"]), @r#"
    error: unknown key `strictnes` in `check`
     --> plimsoll.toml:2:1
      |
    2 | strictnes = "pedantic"
      | ^^^^^^^^^
      |
      = help: did you mean `strictness`?

    error: `check.fail-on` wants a string, not an integer
     --> plimsoll.toml:3:11
      |
    3 | fail-on = 3
      |           ^
    "#);
    folder.write(
        "plimsoll.toml",
        b"[rules.unpinned-base-imgae]\nlevel = \"off\"\n",
    );
    insta::assert_snapshot!(mistake(&folder, &["check"]), @r"
    error: no rule is called `unpinned-base-imgae`
     --> plimsoll.toml:1:8
      |
    1 | [rules.unpinned-base-imgae]
      |        ^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `unpinned-base-image`?
    ");
    folder.write("plimsoll.toml", b"\xff");
    assert!(mistake(&folder, &["check"]).contains("`plimsoll.toml` is not UTF-8 text: see byte 0"));
    assert!(mistake(&folder, &["links"]).contains("is not UTF-8 text"));
    assert!(
        mistake(&folder, &["check", "--config", "nowhere"])
            .contains("cannot read the configuration `nowhere`")
    );
    assert_eq!(folder.run(&["check", "--no-config"]).quiet(), 1);
}

#[test]
fn images_are_told_their_dockerfiles() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: acme/x}]}\n";
    let image = "[[image]]\nname = \"acme/x\"\ndockerfile = \"b/Dockerfile\"\n";
    let folder = Folder::with(&[
        ("a/Dockerfile", UNPINNED),
        ("b/Dockerfile", "FROM alpine:3 AS run\n"),
        ("pod.yaml", pod),
        ("plimsoll.toml", image),
    ]);
    let links = folder.run(&["links"]);
    assert_eq!(links.quiet(), 0);
    assert!(
        links.stdout.contains("`plimsoll.toml` says so"),
        "{}",
        links.stdout
    );
    folder.write(
        "plimsoll.toml",
        format!("{image}stage = \"rum\"\n").as_bytes(),
    );
    insta::assert_snapshot!(mistake(&folder, &["check"]), @r#"
    error: `b/Dockerfile` has no stage `rum`
     --> plimsoll.toml:4:9
      |
    4 | stage = "rum"
      |         ^^^^^
      |
      = help: did you mean `run`?
    "#);
    folder.write("plimsoll.toml", image.replace("b/", "c/").as_bytes());
    assert!(mistake(&folder, &["check"]).contains("there is no file `c/Dockerfile`"));
}

#[test]
fn manifests_of_two_worlds_do_not_count_for_each_other() {
    let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [{type: Container, default: {memory: 1Gi, cpu: 1}, defaultRequest: {memory: 1Gi, cpu: 1}}]}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {securityContext: {runAsNonRoot: true, runAsUser: 10001}, containers: [{name: a, image: 'acme/a:1'}]}\n";
    let folder = Folder::with(&[("eu.yaml", range), ("us.yaml", pod)]);
    assert_eq!(
        found(&folder, &["--select", "missing-memory-limit"]),
        [""; 0]
    );
    folder.write(
        "plimsoll.toml",
        b"[[world]]\nname = \"eu\"\npaths = [\"eu*\"]\n[[world]]\npaths = [\"us*\"]\n",
    );
    let found = found(&folder, &["--select", "missing-memory-limit"]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_version_of_kubernetes_may_be_told() {
    let budget =
        "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\nspec: {}\n";
    let folder = Folder::with(&[("psp.yaml", budget)]);
    let newest = found(&folder, &["--select", "deprecated-api"]);
    folder.write("plimsoll.toml", b"[check]\nkube-version = \"1.28\"\n");
    assert_eq!(found(&folder, &["--select", "deprecated-api"]), newest);
    let hpa = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a}\nspec: {priorityLevelConfiguration: {name: a}}\n";
    folder.write("psp.yaml", hpa.as_bytes());
    let severity = |args: &[&str]| {
        let mut all = vec!["check", "--format", "json", "--select", "deprecated-api"];
        all.extend(args);
        folder.run(&all).json()["findings"][0]["severity"].clone()
    };
    assert_eq!(severity(&["--no-config"]), "error");
    assert_ne!(severity(&[]), "error");
    assert_eq!(severity(&["--kube-version", "1.34"]), "error");
}
