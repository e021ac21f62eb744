//! Flags of `helm template` in `plimsoll chart template`.

use crate::folder::{Answer, Folder};

fn shop() -> Folder {
    Folder::with(&[
        (
            "shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        ),
        ("shop/templates/a.yaml", "name: {{ .Release.Name }}\n"),
    ])
}

fn template(folder: &Folder, args: &[&str]) -> Answer {
    let mut command = folder.command(&[&["chart", "template"], args].concat());
    command.env_clear().env("PORT", "eighty");
    Answer::of(command.output().expect("the binary runs"))
}

#[test]
fn names_are_made_as_helm_makes_them() {
    let folder = shop();
    for (args, name) in [
        (&["shop"][..], "release-name"),
        (&["-g", "shop"], "release-name"),
        (
            &[
                "--name-template",
                "x-{{ \"A\" | lower }}-{{ env \"PORT\" }}",
                "shop",
            ],
            "x-a-eighty",
        ),
        (&["--name-template", "", "shop"], "release-name"),
    ] {
        let answer = template(&folder, args);
        assert_eq!(answer.quiet(), 0, "{args:?}");
        assert!(
            answer.stdout.contains(&format!("name: {name}\n")),
            "{}",
            answer.stdout
        );
    }
    for (args, words) in [
        (
            &["--name-template", "x", "a", "shop"][..],
            "cannot set --name-template and also specify a name",
        ),
        (
            &["-g", "a", "shop"],
            "cannot set --generate-name and also specify a name",
        ),
        (
            &["--name-template", "{{ nofunction }}", "shop"],
            "template: name-template:1: function \"nofunction\" not defined",
        ),
        (
            &["--name-template", "A B", "shop"],
            "release name check failed: release name \"A B\"",
        ),
    ] {
        let answer = template(&folder, args);
        assert_eq!(answer.code, 1, "{args:?}");
        assert!(answer.stderr.contains(words), "{args:?}: {}", answer.stderr);
    }
}

#[test]
fn flags_of_installations_and_clusters_change_nothing() {
    let folder = shop();
    let plain = template(&folder, &["shop"]).stdout;
    for args in [
        &[
            "--create-namespace=false",
            "--devel",
            "--skip-crds",
            "--replace",
            "--force-conflicts",
        ][..],
        &[
            "--wait",
            "--wait=hookOnly",
            "--timeout",
            "5m",
            "--wait-for-jobs",
            "--rollback-on-failure",
        ],
        &[
            "--dry-run",
            "--dry-run=client",
            "--server-side=false",
            "-l",
            "a=b",
            "--description",
            "x",
        ],
        &["--cert-file", "x", "--username", "x", "--password", "x"],
        &[
            "--kube-context",
            "x",
            "--kubeconfig",
            "x",
            "--burst-limit",
            "1",
            "--qps",
            "2",
            "--registry-config",
            "x",
        ],
        &[
            "--dependency-update",
            "--enable-dns",
            "--version",
            "9",
            "--keyring",
            "x",
            "--plain-http",
        ],
        &[
            "--is-upgrade=0",
            "--no-hooks=f",
            "--skip-tests=F",
            "--debug=False",
        ],
    ] {
        let answer = template(&folder, &[&["shop"], args].concat());
        assert_eq!(answer.quiet(), 0, "{args:?}");
        assert_eq!(answer.stdout, plain, "{args:?}");
    }
}

#[test]
fn what_would_change_the_output_is_refused() {
    let folder = shop();
    for (args, words) in [
        (
            &["--dry-run=server"][..],
            "`--dry-run=server` and `--validate` need a cluster",
        ),
        (&["--verify"], "unpacked charts cannot be verified"),
        (
            &["--post-renderer", "x"],
            "`--post-renderer` is a plugin of Helm",
        ),
    ] {
        let answer = template(&folder, &[&["shop"], args].concat());
        assert_eq!(answer.code, 1, "{args:?}");
        assert!(answer.stderr.contains(words), "{args:?}: {}", answer.stderr);
        assert!(
            answer.stderr.contains("help: "),
            "{args:?}: {}",
            answer.stderr
        );
    }
    folder.write(
        "shop/templates/b.yaml",
        b"{{ getHostByName \"a.example\" }}",
    );
    assert_eq!(template(&folder, &["shop"]).code, 0);
    let answer = template(&folder, &["shop", "--enable-dns"]);
    assert!(
        answer.stderr.contains("`getHostByName`"),
        "{}",
        answer.stderr
    );
    assert_eq!(template(&folder, &["shop", "--unknown"]).code, 2);
}

/// Whether or not a server would be asked.
#[test]
fn files_for_tls_must_be_readable() {
    let folder = shop();
    let read = "missing registry client: can't create TLS config for client: ";
    for command in [
        &["template", "shop"][..],
        &["show", "chart", "shop"],
        &["package", "shop"],
        &["dependency", "update", "shop"],
        &["dependency", "build", "shop"],
        &["pull", "shop", "--repo", "http://127.0.0.1:1"],
        &["push", "shop-1.0.0.tgz", "oci://127.0.0.1:1/x"],
    ] {
        for (flags, words) in [
            (
                &["--ca-file", "none"][..],
                "can't read CA file: \"none\": open none: no such file or directory\n",
            ),
            (
                &["--cert-file", "none", "--key-file", "no"],
                "unable to read cert file: \"none\": open none: no such file or directory\n",
            ),
        ] {
            let args = [&["chart"][..], command, flags].concat();
            let answer = Answer::of(folder.command(&args).output().expect("the binary runs"));
            assert_eq!(answer.code, 1, "{args:?}");
            assert_eq!(answer.stderr, format!("error: {read}{words}"), "{args:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn links_may_be_allowed_farther() {
    let folder = shop();
    folder.write("common/b.yaml", b"b: 1\n");
    let link = |to: &str, name: &str| {
        let at = folder.path().join("shop/templates").join(name);
        std::os::unix::fs::symlink(to, at).expect("linked");
    };
    link("../../common/b.yaml", "b.yaml");
    let answer = template(&folder, &["shop"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("--links-below"), "{}", answer.stderr);
    let answer = template(&folder, &["shop", "--links-below", "."]);
    assert_eq!(answer.quiet(), 0);
    assert!(
        answer
            .stdout
            .contains("# Source: shop/templates/b.yaml\nb: 1\n")
    );
    let answer = template(&folder, &["shop", "--links-below", "common"]);
    assert!(
        answer.stderr.contains("does not lie below"),
        "{}",
        answer.stderr
    );
    link("/dev/null", "c.yaml");
    let answer = template(&folder, &["shop", "--links-below", "."]);
    assert!(
        answer.stderr.contains("cannot load irregular file"),
        "{}",
        answer.stderr
    );
}
