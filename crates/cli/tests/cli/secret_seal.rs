//! `plimsoll secret seal`.

use crate::folder::Folder;

const CERT: &str = include_str!("../../../seal/tests/data/cert.pem");
const ENDED: &str = include_str!("../../../seal/tests/data/ended.pem");
const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: pay, namespace: shop}\nstringData: {password: kJ8x2mQ9}\n";

fn folder() -> Folder {
    Folder::with(&[("cert.pem", CERT), ("secret.yaml", SECRET)])
}

#[test]
fn a_manifest_is_sealed_from_a_file_and_from_standard_input() {
    let folder = folder();
    let args = ["secret", "seal", "secret.yaml", "--cert", "cert.pem"];
    let answer = folder.run(&args);
    assert_eq!(answer.quiet(), 0);
    let head = "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: pay\n  namespace: shop\nspec:\n  encryptedData:\n    password: ";
    assert!(answer.stdout.starts_with(head), "{}", answer.stdout);
    assert!(!answer.stdout.contains("kJ8x2mQ9"));
    // Each run has a key of its own.
    assert_ne!(answer.stdout, folder.run(&args).stdout);
    let piped = folder.pipe(
        &["secret", "seal", "--cert", "cert.pem", "--format", "json"],
        SECRET,
    );
    assert_eq!(piped.quiet(), 0);
    let object: serde_json::Value = serde_json::from_str(&piped.stdout).expect("JSON");
    assert_eq!(object["spec"]["template"]["metadata"]["name"], "pay");
    let wide = folder.run(&[
        "secret",
        "seal",
        "secret.yaml",
        "--cert",
        "cert.pem",
        "--scope",
        "cluster-wide",
    ]);
    assert!(
        wide.stdout
            .contains("    sealedsecrets.bitnami.com/cluster-wide: \"true\""),
        "{}",
        wide.stdout
    );
}

#[test]
fn values_are_taken_by_name() {
    let folder = folder();
    folder.write("a.env", b"A=1\nB=2\n");
    folder.write("tls.key", b"\x00\x01");
    let answer = folder.pipe(
        &[
            "secret",
            "seal",
            "--cert",
            "cert.pem",
            "--name",
            "pay",
            "--namespace",
            "shop",
            "--from-env-file",
            "a.env",
            "--from-file",
            "tls.key",
            "--from-literal",
            "token",
        ],
        "kJ8x2mQ9\n",
    );
    assert_eq!(answer.quiet(), 0);
    for key in ["    A: ", "    B: ", "    tls.key: ", "    token: "] {
        assert!(answer.stdout.contains(key), "{key}: {}", answer.stdout);
    }
}

#[test]
fn values_are_merged_into_what_init_wrote() {
    let folder = folder();
    let path = "k8s/sealedsecret.yaml";
    folder.write(path, b"# For one key: plimsoll secret seal\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: pay\n  namespace: shop\nspec:\n  encryptedData:\n    db-password: \"\"\n    token: \"\"\n  template:\n    metadata:\n      name: pay\n");
    let args = [
        "secret",
        "seal",
        "--cert",
        "cert.pem",
        "--from-literal",
        "token",
        "--merge-into",
        path,
    ];
    let answer = folder.pipe(&args, "kJ8x2mQ9");
    assert_eq!((answer.quiet(), answer.stdout.as_str()), (0, ""));
    let text = folder.read(path);
    assert!(
        text.starts_with("# For one key: plimsoll secret seal\n"),
        "{text}"
    );
    assert!(
        text.contains("    db-password: \"\"\n    token: A"),
        "{text}"
    );
    assert!(
        text.ends_with("  template:\n    metadata:\n      name: pay\n"),
        "{text}"
    );
    let other = [
        "secret",
        "seal",
        "secret.yaml",
        "--cert",
        "cert.pem",
        "--merge-into",
        path,
        "--scope",
        "cluster-wide",
    ];
    let refused = folder.run(&other);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("is sealed with the scope `strict`, and `cluster-wide` is asked for"),
        "{}",
        refused.stderr
    );
}

#[test]
fn mistakes_are_told_without_any_value() {
    let folder = folder();
    folder.write("ended.pem", ENDED.as_bytes());
    folder.write(
        "nameless.yaml",
        b"apiVersion: v1\nkind: Secret\nstringData: {a: kJ8x2mQ9}\n",
    );
    folder.write(
        "broken.yaml",
        b"apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\ndata: {a: kJ8x2mQ9!}\n",
    );
    folder.write(
        "empty.yaml",
        b"apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\n",
    );
    for (manifest, cert, words) in [
        ("nameless.yaml", "cert.pem", "the Secret has no name"),
        (
            "broken.yaml",
            "cert.pem",
            "broken.yaml:4: the value of `a` is not base64",
        ),
        ("empty.yaml", "cert.pem", "the Secret `a` has no values"),
        ("cert.pem", "cert.pem", "cert.pem:1: "),
        (
            "secret.yaml",
            "secret.yaml",
            "`secret.yaml`: there is no certificate in PEM",
        ),
        ("no.yaml", "cert.pem", "cannot read `no.yaml`"),
    ] {
        let answer = folder.run(&["secret", "seal", manifest, "--cert", cert]);
        assert_eq!(answer.code, 2, "{manifest}: {}", answer.stderr);
        assert!(
            answer.stderr.contains(words),
            "{manifest}: {}",
            answer.stderr
        );
        assert!(!answer.stderr.contains("kJ8x2mQ9"), "{}", answer.stderr);
    }
    let ended = folder.run(&["secret", "seal", "secret.yaml", "--cert", "ended.pem"]);
    assert_eq!(ended.code, 0);
    assert!(
        ended.stderr.contains("the certificate `ended.pem` ended "),
        "{}",
        ended.stderr
    );
}
