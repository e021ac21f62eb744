//! Standard input, and files that cannot be read or parsed.

use crate::folder::Folder;

const ONLY: &[&str] = &["--select", "unpinned-base-image", "--format", "json"];

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    args.iter().chain(more).copied().collect()
}

#[test]
fn standard_input_is_reviewed_under_its_name() {
    let folder = Folder::with(&[("app/Dockerfile", "FROM alpine:3.22\n")]);
    let args = with(&["check", "-"], ONLY);
    let named = |name| with(&args, &["--stdin-name", name]);
    let places = |args: &[&str]| folder.pipe(args, "FROM alpine\n").places();
    assert_eq!(places(&args), ["Dockerfile:1:6 unpinned-base-image"]);
    assert_eq!(
        places(&named("app/Dockerfile")),
        ["Dockerfile:1:6 unpinned-base-image"]
    );
    assert_eq!(
        places(&named("new/api.Dockerfile")),
        ["api.Dockerfile:1:6 unpinned-base-image"]
    );
    folder.write(".git/HEAD", b"ref: refs/heads/main\n");
    assert_eq!(
        places(&named("app/Dockerfile")),
        ["app/Dockerfile:1:6 unpinned-base-image"]
    );
    assert_eq!(
        places(&named("new/Dockerfile")),
        ["new/Dockerfile:1:6 unpinned-base-image"]
    );
}

#[test]
fn the_kind_of_a_nameless_text_is_told_by_its_content() {
    let folder = Folder::new();
    let args = [
        "check",
        "-",
        "--select",
        "unpinned-image",
        "--format",
        "json",
    ];
    let compose = "services:\n  web:\n    image: nginx\n";
    assert_eq!(
        folder.pipe(&args, compose).places(),
        ["stdin.yaml:3:12 unpinned-image"]
    );
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: nginx\n";
    assert_eq!(
        folder.pipe(&args, pod).places(),
        ["stdin.yaml:8:14 unpinned-image"]
    );
}

#[test]
fn files_that_cannot_be_read_or_parsed_do_not_stop_the_others() {
    let folder = Folder::with(&[
        ("a/Dockerfile", "FROM alpine\n"),
        (
            "b/k8s.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: [\nspec:\n",
        ),
        ("z/Dockerfile", "FROM alpine\n"),
    ]);
    folder.write("c/Dockerfile", b"FROM alp\xffine\n");
    let answer = folder.run(&["check", "--format", "json"]);
    assert_eq!(answer.quiet(), 1);
    let places = answer.places();
    let has = |start: &str, end: &str| {
        places
            .iter()
            .any(|place| place.starts_with(start) && place.ends_with(end))
    };
    assert!(
        has("a/Dockerfile:1:6 ", "unpinned-base-image"),
        "{places:?}"
    );
    assert!(
        has("z/Dockerfile:1:6 ", "unpinned-base-image"),
        "{places:?}"
    );
    assert!(has("b/k8s.yaml:", "syntax"), "{places:?}");
    assert!(has("c/Dockerfile:", "syntax"), "{places:?}");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_a_finding() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(&[("Dockerfile", "FROM alpine:3.22\n")]);
    let path = folder.path().join("Dockerfile");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("changed");
    if std::fs::read(&path).is_ok() {
        return; // root may read everything
    }
    let answer = folder.run(&["check", "--format", "json"]);
    assert_eq!(
        (answer.quiet(), answer.places()),
        (1, vec!["Dockerfile:1:1 syntax".into()])
    );
}

#[test]
fn windows_line_ends_and_byte_order_marks_keep_places_true() {
    let folder = Folder::with(&[("Dockerfile", "\u{feff}# é\r\nFROM alpine\r\nUSER 1\r\n")]);
    let args = with(&["check"], ONLY);
    assert_eq!(
        folder.run(&args).places(),
        ["Dockerfile:2:6 unpinned-base-image"]
    );
    let text = folder
        .run(&["check", "--select", "unpinned-base-image"])
        .stdout;
    assert!(text.contains("2 | FROM alpine\n  |      ^^^^^^"), "{text}");
    assert!(!text.contains('\r'), "{text:?}");
}
