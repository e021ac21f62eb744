//! `plimsoll secret scan`.

use crate::folder::{Folder, valid};

/// A value that nobody made up.
const KEY: &str = "kJ8x2mQ9vT4wZ7pL3nRb";

fn env() -> String {
    format!("NAME=pay\nSMTP_PASSWORD={KEY}\n")
}

#[test]
fn a_secret_is_shown_without_its_value() {
    let folder = Folder::with(&[("deploy/prod.env", &env())]);
    let answer = folder.run(&["secret", "scan"]);
    assert_eq!(answer.code, 1);
    let text = &answer.stdout;
    assert!(
        text.starts_with(
            "error[plain-secret]: `SMTP_PASSWORD` holds a secret, 20 characters, print "
        ),
        "{text}"
    );
    assert!(text.contains("--> deploy/prod.env:2:15"), "{text}");
    assert!(
        text.contains("SMTP_PASSWORD=********************\n"),
        "{text}"
    );
    assert!(text.ends_with("\n1 error in 1 file\n"), "{text}");
    for format in [
        "text", "json", "sarif", "github", "gitlab", "junit", "markdown",
    ] {
        let answer = folder.run(&["secret", "scan", "--format", format]);
        assert_eq!(answer.code, 1, "{format}");
        assert!(!answer.stdout.contains(KEY), "{format}");
        assert!(answer.stdout.contains("prod.env"), "{format}");
    }
    assert_eq!(
        folder.run(&["secret", "scan", "--fail-on", "never"]).code,
        0
    );
    assert_eq!(folder.run(&["secret", "scan", "no-such-folder"]).code, 2);
}

#[test]
fn the_json_fits_its_schema_and_names_the_manual() {
    let folder = Folder::with(&[("a.env", &env())]);
    let answer = folder.run(&["secret", "scan", "--format", "json"]);
    valid(
        &answer.stdout,
        include_str!("../../../../docs/schema/check.schema.json"),
    );
    assert!(
        answer.stdout.contains("docs/secrets.md"),
        "{}",
        answer.stdout
    );
    assert_eq!(answer.places(), ["a.env:2:15 plain-secret"]);
}

#[test]
fn ignored_files_and_samples_are_counted_and_shown_when_asked_for() {
    let env = env();
    let folder = Folder::repository(&[
        (".gitignore", ".env\n"),
        (".dockerignore", ".env\n"),
        ("src/app.py", "x = 1\n"),
        ("tests/settings.env", &env),
    ]);
    folder.write(".env", env.as_bytes());
    let answer = folder.run(&["secret", "scan"]);
    assert_eq!(answer.code, 0);
    assert!(
        answer.stdout.starts_with("no findings in "),
        "{}",
        answer.stdout
    );
    assert!(
        answer
            .stderr
            .contains("1 secret in files that git ignores: `--ignored` shows them"),
        "{}",
        answer.stderr
    );
    assert!(
        answer
            .stderr
            .contains("1 secret in tests, examples and manuals: `--samples`"),
        "{}",
        answer.stderr
    );
    let answer = folder.run(&["secret", "scan", "--ignored", "--samples"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stdout.contains("git ignores the file"),
        "{}",
        answer.stdout
    );
    assert!(
        answer
            .stdout
            .contains("`.dockerignore` leaves it out of images, too"),
        "{}",
        answer.stdout
    );
    assert!(
        answer.stdout.contains("git tracks the file"),
        "{}",
        answer.stdout
    );
    // What is named is looked into.
    assert_eq!(folder.run(&["secret", "scan", ".env"]).code, 1);
}

#[test]
fn comments_allow_secrets_and_files_are_excluded() {
    let code = format!("// plimsoll: allow(plain-secret) public\nconst apiKey = \"{KEY}\";\n");
    let folder = Folder::with(&[
        ("a.ts", &code),
        ("b.py", &format!("api_key = '{KEY}'  # gitleaks:allow\n")),
        ("golden/c.env", &env()),
        ("plimsoll.toml", "[secrets]\nexclude = [\"golden/\"]\n"),
    ]);
    let answer = folder.run(&["secret", "scan"]);
    assert_eq!(answer.code, 0, "{}", answer.stdout);
    assert!(answer.stdout.contains("2 suppressed"), "{}", answer.stdout);
    let answer = folder.run(&["secret", "scan", "--show-suppressed"]);
    assert!(
        answer.stdout.contains("allowed here: public"),
        "{}",
        answer.stdout
    );
    assert_eq!(folder.run(&["secret", "scan", "--no-config"]).code, 1);
}

#[test]
fn binary_and_large_files_are_counted() {
    let folder = Folder::with(&[
        ("a.env", &env()),
        ("b.sql", &format!("-- {KEY}\n").repeat(100_000)),
    ]);
    folder.write("c.bin", b"\0\x01password=kJ8x2mQ9vT4wZ7pL3nRb");
    let answer = folder.run(&["secret", "scan"]);
    let line = "1 error in 1 file; 1 binary file, 1 large file not reviewed\n";
    assert!(answer.stdout.ends_with(line), "{}", answer.stdout);
}

#[test]
fn a_review_knows_the_name_that_comments_allow() {
    let dockerfile =
        "# plimsoll: allow(plain-secret) made up\nFROM alpine:3.22\nUSER 10001\nCMD [\"true\"]\n";
    let folder = Folder::with(&[("Dockerfile", dockerfile)]);
    let answer = folder.run(&[
        "check",
        "--select",
        "invalid-suppression,unused-suppression",
    ]);
    assert_eq!(
        (answer.quiet(), answer.stdout.as_str()),
        (0, "no findings in 1 file\n")
    );
}
