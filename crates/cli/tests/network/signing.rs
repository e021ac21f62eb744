//! What one program signs, the other takes for signed.

use crate::world::{World, signed};

const PASSPHRASE: &str = "correct horse";

/// A world with a chart, and the keys by their paths: secret ones, and public ones.
fn world() -> (World, String, String) {
    let world = World::new();
    world.write(
        "web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0+b.1\nappVersion: \"1\"\nkeywords: [\"- a\", b]\nmaintainers: [{name: \"Ann \"}]\ndescription: |\n  - one  \n\n  --- two\n",
    );
    world.write("web/templates/map.yaml", "kind: ConfigMap\n");
    world.write("passphrase", format!("{PASSPHRASE}\nmore\n"));
    world.write("wrong", "wrong");
    let keys = |name: &str| signed().join(name).to_string_lossy().into_owned();
    (world, keys("secret.gpg"), keys("secret.public.gpg"))
}

#[test]
fn each_program_verifies_what_the_other_signed() {
    let (world, secret, public) = world();
    for name in ["rsa", "p256", "p384", "p521", "ed25519", "locked", "curve"] {
        let id = format!("{name}@example.com");
        let package = [
            "package",
            "web",
            "--sign",
            "--key",
            &id,
            "--keyring",
            &secret,
            "--passphrase-file",
            "passphrase",
        ];
        let verify = ["verify", "web-1.0.0+b.1.tgz", "--keyring", &public];
        let ours = world.plimsoll(&package).good();
        let text = world.read("web-1.0.0+b.1.tgz.prov");
        assert!(!format!("{}{}{text}", ours.out, ours.err).contains(PASSPHRASE));
        let said = world.helm(&verify).good().out;
        assert!(
            said.starts_with(&format!("Signed by: {name} <{id}>\n")),
            "{said}"
        );
        assert_eq!(world.plimsoll(&verify).good().out, said);
        let version = ["--version", "2.0.0", "--app-version", "7"];
        world.plimsoll(&[&package[..], &version].concat()).good();
        world
            .helm(&["verify", "web-2.0.0.tgz", "--keyring", &public])
            .good();

        let other = world.helm(&package).good();
        assert_eq!(ours.out, other.out);
        let said = world.helm(&verify).good().out;
        assert_eq!(world.plimsoll(&verify).good().out, said);
        // Both sign the same text, but for the digest of an archive that has its time in it.
        let body = |text: &str| {
            let end = text.find("\n...\n").expect("two parts");
            text[..end].to_owned()
        };
        assert_eq!(body(&text), body(&world.read("web-1.0.0+b.1.tgz.prov")));
    }
}

#[test]
fn both_refuse_to_sign_for_the_same_reasons() {
    let (world, secret, public) = world();
    let package = ["package", "web", "--sign"];
    for (flags, reason) in [
        (&[][..], "--key is required for signing a package"),
        (
            &["--key", "rsa@", "--keyring", ""],
            "--keyring is required for signing a package",
        ),
        (
            &["--key", "rsa@", "--keyring", "none"],
            "open none: no such file or directory",
        ),
        (
            &["--key", "nobody", "--keyring", &secret],
            "private key not found",
        ),
        (
            &["--key", "example.com", "--keyring", &secret],
            "more than one key contain the id \"example.com\"",
        ),
        (
            &["--key", "rsa@", "--keyring", &public],
            "provided key is not a private key. Try providing a keyring with secret keys",
        ),
        (
            &[
                "--key",
                "locked@",
                "--keyring",
                &secret,
                "--passphrase-file",
                "wrong",
            ],
            "openpgp: invalid data: private key checksum failure",
        ),
        (
            &[
                "--key",
                "locked@",
                "--keyring",
                &secret,
                "--passphrase-file",
                "none",
            ],
            "open none: no such file or directory",
        ),
    ] {
        let words = [&package[..], flags].concat();
        let refused = world.plimsoll(&words).bad(reason);
        assert!(!refused.err.contains("wrong\n"), "{}", refused.err);
        world.helm(&words).bad(reason);
    }
    // Without a statement, with one about another archive, and of a folder.
    let sign = ["--key", "rsa@", "--keyring", &secret];
    world.plimsoll(&[&package[..], &sign].concat()).good();
    world.write("other-1.0.0.tgz", "x");
    world.write("other-1.0.0.tgz.prov", world.read("web-1.0.0+b.1.tgz.prov"));
    world.write("none-1.0.0.tgz", "x");
    for (file, reason) in [
        ("none-1.0.0.tgz", "could not load provenance file"),
        (
            "other-1.0.0.tgz",
            "provenance does not contain a SHA for a file named \"other-1.0.0.tgz\"",
        ),
        ("web", "unpacked charts cannot be verified"),
        ("absent.tgz", "no such file or directory"),
        ("web/Chart.yaml", "chart must be a tgz file"),
    ] {
        let words = ["verify", file, "--keyring", &public];
        world.plimsoll(&words).bad(reason);
        world.helm(&words).bad(reason);
    }
}
