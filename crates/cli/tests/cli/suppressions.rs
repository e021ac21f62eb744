//! Comments and annotations that allow findings.

use crate::folder::Folder;

/// `file:line:column rule` of the findings in all files.
#[track_caller]
fn found(folder: &Folder) -> Vec<String> {
    folder.run(&["check", "--format", "json"]).places()
}

#[track_caller]
fn suppressed(folder: &Folder) -> u64 {
    let answer = folder.run(&["check", "--format", "json"]);
    let count = answer.json()["summary"]["suppressed"].as_u64();
    count.expect("a number")
}

/// Writes a file and gives the rules found in it.
#[track_caller]
fn rules(path: &str, text: &str) -> Vec<String> {
    let folder = Folder::with(&[(path, text)]);
    let rule = |place: String| place.rsplit(' ').next().unwrap_or_default().to_owned();
    found(&folder).into_iter().map(rule).collect()
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 10001}
      containers:
        - name: web
          image: web:1
          resources: {requests: {cpu: 1, memory: 1Gi}}
";

#[test]
fn lines_instructions_and_stages_are_covered() {
    let line = "FROM alpine:3.22\n# plimsoll: allow(sudo-in-image) needed\nRUN a && \\\n    sudo b\nUSER 10001\nCMD [\"a\"]\n";
    assert_eq!(rules("Dockerfile", line), [""; 0]);
    let inside = "FROM alpine:3.22\nRUN a && \\\n    # plimsoll: allow(sudo-in-image) needed\n    sudo b\nUSER 10001\nCMD [\"a\"]\n";
    assert_eq!(rules("Dockerfile", inside), [""; 0]);
    // What is missing is missed at the end of the stage; its head allows it.
    let stage = "# plimsoll: allow(image-runs-as-root, sudo-in-image) needed\n# more words\nFROM alpine:3.22\nRUN sudo b\nCMD [\"a\"]\n";
    assert_eq!(rules("Dockerfile", stage), [""; 0]);
    let other = format!("{stage}FROM alpine:3.22\nRUN sudo c\nUSER 10001\nCMD [\"a\"]\n");
    assert_eq!(
        rules("Dockerfile", &other),
        ["unused-suppression", "sudo-in-image"]
    );
    let file = "# plimsoll: allow-file(sudo-in-image) needed\nFROM alpine:3.22\nRUN sudo b\nFROM alpine:3.22\nRUN sudo c\nUSER 10001\nCMD [\"a\"]\n";
    assert_eq!(rules("Dockerfile", file), [""; 0]);
}

#[test]
fn objects_services_and_items_are_covered() {
    assert_eq!(rules("web.yaml", DEPLOYMENT), ["missing-memory-limit"]);
    let above = |comment: &str| rules("web.yaml", &format!("{comment}\n{DEPLOYMENT}"));
    assert_eq!(
        above("# plimsoll: allow(missing-memory-limit) batch"),
        [""; 0]
    );
    assert_eq!(
        above("# plimsoll: allow-file(missing-memory-limit) batch"),
        [""; 0]
    );
    assert_eq!(
        above("---\n# plimsoll: allow(missing-memory-limit) batch\n"),
        [""; 0]
    );
    let at = |line: &str, with: &str| rules("web.yaml", &DEPLOYMENT.replace(line, with));
    let kind = "kind: Deployment # plimsoll: allow(missing-memory-limit) batch";
    assert_eq!(at("kind: Deployment", kind), [""; 0]);
    let item = "        # plimsoll: allow(missing-memory-limit) batch\n        - image: web:1\n          name: web";
    assert_eq!(
        at("        - name: web\n          image: web:1", item),
        [""; 0]
    );
    let elsewhere = "spec: # plimsoll: allow(missing-memory-limit) batch";
    assert_eq!(
        at("spec:\n  selector", &format!("{elsewhere}\n  selector")),
        ["unused-suppression", "missing-memory-limit"]
    );
    let two = format!(
        "# plimsoll: allow(missing-memory-limit) batch\n{DEPLOYMENT}---\n{}",
        DEPLOYMENT.replace("name: web", "name: api")
    );
    assert_eq!(rules("web.yaml", &two), ["missing-memory-limit"]);

    let service = "services:\n  # plimsoll: allow(unpinned-image) local\n  web:\n    ports: ['80:80']\n    image: nginx\n  api:\n    image: redis\n";
    assert_eq!(rules("compose.yaml", service), ["unpinned-image"]);
    let trailing = service.replace(
        "    image: redis",
        "    image: redis # plimsoll: allow(unpinned-image) local",
    );
    assert_eq!(rules("compose.yaml", &trailing), [""; 0]);
}

#[test]
fn patterns_are_covered() {
    let files = [
        (
            "Dockerfile",
            "FROM alpine:3.22\nCOPY a.txt /\nUSER 10001\nCMD [\"a\"]\n",
        ),
        ("a.txt", ""),
        (".dockerignore", "# plimsoll: allow(syntax) a test\n[\n"),
    ];
    let folder = Folder::with(&files);
    assert_eq!(found(&folder), [""; 0]);
    assert_eq!(suppressed(&folder), 1);
    folder.write(
        ".dockerignore",
        b"\n\n# plimsoll: allow(sintax) a test\n[\n",
    );
    assert_eq!(
        found(&folder),
        [
            ".dockerignore:3:19 invalid-suppression",
            ".dockerignore:4:1 syntax",
        ]
    );
}

#[test]
fn words_of_other_tools_are_honoured() {
    let docker = |comment: &str| {
        let text = format!("{comment}\nFROM debian\nUSER 10001\nCMD npm start\n");
        rules("Dockerfile", &text)
    };
    let both = ["unpinned-base-image", "shell-form-entrypoint"];
    assert_eq!(docker("# a comment"), both);
    assert_eq!(docker("# hadolint ignore=DL3006"), both[1..]);
    assert_eq!(docker("# hadolint ignore=DL3006\n# another"), both);
    assert_eq!(docker("# hadolint ignore=DL3025"), both);
    assert_eq!(docker("# hadolint global ignore=DL3025,DL3006"), [""; 0]);
    assert_eq!(
        docker("# check=skip=JSONArgsRecommended;error=true"),
        both[..1]
    );
    assert_eq!(docker("# check=skip=all"), both[..1]);
    assert_eq!(docker("# checkov:skip=CKV_DOCKER_7:ours"), both[1..]);
    assert_eq!(docker("#trivy:ignore:AVD-DS-0001"), both[1..]);

    let object = |annotation: &str| {
        let text = DEPLOYMENT.replace("{}", &format!("{{{annotation}}}"));
        rules("web.yaml", &text)
    };
    let limit = ["missing-memory-limit"];
    assert_eq!(object("a: b"), limit);
    assert_eq!(
        object("ignore-check.kube-linter.io/unset-memory-requirements: why"),
        [""; 0]
    );
    assert_eq!(object("ignore-check.kube-linter.io/latest-tag: why"), limit);
    assert_eq!(object("kube-linter.io/ignore-all: why"), [""; 0]);
    assert_eq!(object("checkov.io/skip1: CKV_K8S_13=why"), [""; 0]);
    let inside = DEPLOYMENT.replace(
        "  template:",
        "  # checkov:skip=CKV_K8S_13:why\n  template:",
    );
    assert_eq!(rules("web.yaml", &inside), [""; 0]);

    let compose = |comment: &str| {
        rules(
            "compose.yaml",
            &format!("{comment}version: '3'\nservices:\n  web:\n    image: nginx\n"),
        )
    };
    assert_eq!(compose(""), ["obsolete-compose-key", "unpinned-image"]);
    assert_eq!(
        compose("# dclint disable no-version-field\n"),
        ["unpinned-image"]
    );
    assert_eq!(
        compose("# dclint disable-line no-version-field\n"),
        ["unpinned-image"]
    );
    assert_eq!(compose("# dclint disable-file\n"), [""; 0]);
}

#[test]
fn a_rule_that_did_not_run_is_not_called_idle() {
    let text = "# plimsoll: allow(mutable-base-image, duplicate-object) x\nFROM alpine:3.22\nUSER 10001\nCMD [\"a\"]\n";
    let folder = Folder::with(&[("Dockerfile", text)]);
    assert_eq!(found(&folder), ["Dockerfile:1:39 unused-suppression"]);
    // What looks at several files may find more in all of them.
    let part = folder.run(&["check", "--format", "json", "Dockerfile"]);
    assert_eq!(part.places(), [""; 0]);
    let alone = folder.pipe(&["check", "--format", "json", "-"], text);
    assert_eq!(alone.places(), [""; 0]);
    let without = folder.run(&["check", "--format", "json", "--ignore", "duplicate-object"]);
    assert_eq!(without.places(), [""; 0]);
    let only = folder.run(&[
        "check",
        "--format",
        "json",
        "--select",
        "unused-suppression",
    ]);
    assert_eq!(only.places(), ["Dockerfile:1:39 unused-suppression"]);
}

#[test]
fn suppressed_findings_are_counted_and_shown_on_demand() {
    let text =
        "# plimsoll: allow(unpinned-base-image) nightly\nFROM alpine\nUSER 10001\nCMD [\"a\"]\n";
    let folder = Folder::with(&[("Dockerfile", text)]);
    let answer = folder.run(&["check"]);
    assert_eq!(
        (answer.quiet(), answer.stdout.as_str()),
        (0, "no findings in 1 file; 1 suppressed\n")
    );
    let shown = folder.run(&["check", "--show-suppressed"]);
    assert_eq!(shown.quiet(), 0);
    assert!(
        shown
            .stdout
            .starts_with("allowed warning[unpinned-base-image]: "),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("allowed here: nightly"));
    let json = folder
        .run(&["check", "--format", "json", "--show-suppressed"])
        .json();
    assert_eq!(json["suppressed"][0]["suppression"]["reason"], "nightly");
    assert_eq!(json["suppressed"][0]["suppression"]["line"], 1);
    assert_eq!(json["findings"], serde_json::json!([]));
}
