//! `plimsoll check --kube-version` and `--crds`.

use crate::folder::Folder;

const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.a.example}
spec:
  group: a.example
  scope: Namespaced
  names: {plural: shops, singular: shop, kind: Shop}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {size: {type: string}}}}
";
const SHOP: &str =
    "apiVersion: a.example/v1\nkind: Shop\nmetadata: {name: s}\nspec: {siez: small}\n";
const POLICY: &str =
    "apiVersion: networking.k8s.io/v1beta1\nkind: IPAddress\nmetadata: {name: 10.0.0.1}\n";

#[test]
fn the_version_of_kubernetes_decides_what_is_deprecated() {
    let folder = Folder::with(&[("policy.yaml", POLICY)]);
    let severities = |version: &[&str]| {
        let mut args = vec!["check", "--format", "json", "--select", "deprecated-api"];
        args.extend(version);
        let report = folder.run(&args).json();
        let findings = report["findings"].as_array().expect("a list").clone();
        findings
            .iter()
            .map(|finding| finding["severity"].as_str().expect("a word").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(severities(&[]), ["error"]);
    assert_eq!(severities(&["--kube-version", "1.36"]), ["warning"]);
    assert_eq!(severities(&["--kube-version", "v1.33.2"]), [""; 0]);
}

#[test]
fn definitions_may_lie_elsewhere() {
    let folder = Folder::with(&[("app/shop.yaml", SHOP), ("crds/shop.yaml", DEFINITION)]);
    let found = |args: &[&str]| {
        let mut all = vec!["check", "app", "--format", "json", "--select", "schema"];
        all.extend(args);
        folder.run(&all).places()
    };
    assert_eq!(found(&[]), [""; 0]);
    assert_eq!(found(&["--crds", "crds"]), ["shop.yaml:4:8 schema"]);
}

#[test]
fn versions_and_folders_that_are_none_are_mistakes_of_the_user() {
    let folder = Folder::with(&[("app/shop.yaml", SHOP), ("empty/README", "nothing\n")]);
    for (args, words) in [
        (
            ["--kube-version", "1.20"],
            "are not known, only those of 1.28 to 1.37",
        ),
        (
            ["--kube-version", "latest"],
            "`latest` is no version of Kubernetes",
        ),
        (["--crds", "nowhere"], "`nowhere` is no folder"),
        (["--crds", "empty"], "`empty` holds no manifests"),
    ] {
        let answer = folder.run(&["check", "app", args[0], args[1]]);
        assert_eq!(answer.code, 2, "{args:?}");
        assert!(answer.stderr.contains(words), "{args:?}: {}", answer.stderr);
    }
}
