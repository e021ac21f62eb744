//! `--since`, on real repositories.

use crate::folder::Folder;

const ALPINE: &str = "FROM alpine\nRUN sudo ls\nUSER 10001\nCMD [\"a\"]\n";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  containers: [{name: web, image: 'web:1'}]\n";

/// `file:line:column rule` of what is new since a revision.
#[track_caller]
fn since(folder: &Folder, revision: &str) -> Vec<String> {
    let args = ["check", "--format", "json", "--since", revision];
    folder.run(&args).places()
}

#[test]
fn findings_on_changed_lines_are_reported() {
    let folder = Folder::repository(&[("Dockerfile", ALPINE), ("other/Dockerfile", ALPINE)]);
    assert_eq!(since(&folder, "HEAD"), [""; 0]);
    // Changed and not committed, then committed, on a branch.
    folder.git(&["switch", "--quiet", "--create", "work"]);
    folder.write("Dockerfile", ALPINE.replace("ls", "ls -l").as_bytes());
    assert_eq!(since(&folder, "HEAD"), ["Dockerfile:2:5 sudo-in-image"]);
    folder.commit();
    assert_eq!(since(&folder, "HEAD"), [""; 0]);
    assert_eq!(since(&folder, "main"), ["Dockerfile:2:5 sudo-in-image"]);
    // What happens on the other branch meanwhile is not ours.
    folder.git(&["switch", "--quiet", "main"]);
    folder.write(
        "other/Dockerfile",
        b"FROM alpine:3.22\nUSER 10001\nCMD [\"a\"]\n",
    );
    folder.commit();
    folder.git(&["switch", "--quiet", "work"]);
    assert_eq!(since(&folder, "main"), ["Dockerfile:2:5 sudo-in-image"]);
    let text = folder.run(&["check", "--since", "main"]).stdout;
    assert!(
        text.ends_with("new: 1 warning in 2 files; 3 there since before main\n"),
        "{text}"
    );
}

#[test]
fn new_files_count_whether_git_knows_them_or_not() {
    let folder = Folder::repository(&[("Dockerfile", ALPINE), (".gitignore", "out/\n")]);
    folder.write("new/Dockerfile", b"FROM alpine\nUSER 10001\nCMD [\"a\"]\n");
    folder.write("out/Dockerfile", b"FROM alpine\n");
    assert_eq!(
        since(&folder, "HEAD"),
        ["new/Dockerfile:1:6 unpinned-base-image"]
    );
    folder.git(&["add", "--all"]);
    assert_eq!(
        since(&folder, "HEAD"),
        ["new/Dockerfile:1:6 unpinned-base-image"]
    );
}

#[test]
fn what_a_change_brings_about_elsewhere_is_reported() {
    let folder = Folder::repository(&[("svc.yaml", SERVICE), ("pod.yaml", POD)]);
    // The line that is wrong now was not touched.
    folder.write("pod.yaml", POD.replace("app: web", "app: www").as_bytes());
    let found = since(&folder, "HEAD");
    assert_eq!(found, ["svc.yaml:5:19 service-selects-nothing"]);
    // What is missing since a line was taken away is new, too.
    folder.write("pod.yaml", POD.as_bytes());
    folder.write(
        "Dockerfile",
        b"FROM alpine:3.22\nEXPOSE 80\nUSER 10001\nCMD [\"a\"]\n",
    );
    folder.commit();
    folder.write("Dockerfile", b"FROM alpine:3.22\nEXPOSE 80\nCMD [\"a\"]\n");
    assert_eq!(
        since(&folder, "HEAD"),
        ["Dockerfile:3:1 image-runs-as-root"]
    );
}

#[test]
fn a_file_that_moves_keeps_its_findings() {
    let folder = Folder::repository(&[("a/Dockerfile", ALPINE), ("gone/Dockerfile", ALPINE)]);
    folder.git(&["mv", "a/Dockerfile", "a/b.Dockerfile"]);
    folder.git(&["rm", "--quiet", "gone/Dockerfile"]);
    assert_eq!(since(&folder, "HEAD"), [""; 0]);
    folder.write("a/b.Dockerfile", format!("{ALPINE}COPPY a b\n").as_bytes());
    assert_eq!(since(&folder, "HEAD"), ["a/b.Dockerfile:5:1 syntax"]);
}

#[test]
fn unusual_names_and_a_work_tree_are_no_trouble() {
    let folder = Folder::repository(&[("a \u{e9}\"x/Dockerfile", ALPINE), ("Dockerfile", ALPINE)]);
    folder.write(
        "a \u{e9}\"x/Dockerfile",
        ALPINE.replace("ls", "ls -l").as_bytes(),
    );
    assert_eq!(
        since(&folder, "HEAD"),
        ["a \u{e9}\"x/Dockerfile:2:5 sudo-in-image"]
    );
    folder.git(&["worktree", "add", "--quiet", "tree", "HEAD"]);
    folder.write("tree/Dockerfile", ALPINE.replace("ls", "ls -l").as_bytes());
    let args = ["check", "--format", "json", "--since", "HEAD", "tree"];
    assert_eq!(folder.run(&args).places(), ["Dockerfile:2:5 sudo-in-image"]);
}

#[test]
fn what_git_cannot_do_is_said() {
    let folder = Folder::with(&[("Dockerfile", ALPINE)]);
    let wrong = |folder: &Folder, args: &[&str]| {
        let answer = folder.run(args);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
        answer.stderr
    };
    let text = wrong(&folder, &["check", "--since", "main"]);
    assert!(
        text.contains("`--since` needs a git repository, and `"),
        "{text}"
    );
    folder.git(&["init", "--quiet", "--initial-branch=main"]);
    let text = wrong(&folder, &["check", "--since", "main"]);
    assert!(text.contains("git knows no revision `main`"), "{text}");
    folder.commit();
    for revision in ["nowhere", "--all", ""] {
        let argument = format!("--since={revision}");
        let text = wrong(&folder, &["check", &argument]);
        assert!(
            text.contains(&format!("git knows no revision `{revision}`")),
            "{text}"
        );
    }
    folder.git(&["switch", "--quiet", "--orphan", "other"]);
    folder.write("Dockerfile", b"FROM other\n");
    folder.commit();
    let text = wrong(&folder, &["check", "--since", "main"]);
    assert!(
        text.contains("`main` and HEAD have no commit in common"),
        "{text}"
    );
    let text = wrong(&folder, &["check", "-", "--since", "main"]);
    assert!(
        text.contains("`--since` is given together with `-`"),
        "{text}"
    );
    let mut command = folder.command(&["check", "--since", "main"]);
    let output = command.env("PATH", "").output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text.contains("cannot run `git`, which `--since` needs: "),
        "{text}"
    );
}
