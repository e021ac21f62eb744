//! `plimsoll chart template`.

use crate::folder::{Answer, Folder};

fn shop() -> Folder {
    Folder::with(&[
        (
            "shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.2.3\n",
        ),
        ("shop/values.yaml", "image: web\nport: 80\n"),
        (
            "shop/templates/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  ports: [{port: {{ .Values.port }}}]\n",
        ),
        (
            "shop/templates/test.yaml",
            "kind: Pod\nmetadata:\n  name: {{ .Values.image }}\n  annotations:\n    helm.sh/hook: test\n",
        ),
        ("shop/crds/a.yaml", "kind: CustomResourceDefinition\n"),
        ("prod.yaml", "port: 8080\n"),
    ])
}

/// Runs `plimsoll chart template` in a folder, with nothing in the environment.
fn template(folder: &Folder, args: &[&str]) -> Answer {
    let args = [&["chart", "template"], args].concat();
    let mut command = folder.command(&args);
    command.current_dir(folder.path()).env_clear();
    Answer::of(command.output().expect("the binary runs"))
}

const SERVICE: &str = "---\n# Source: shop/templates/service.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: NAME\n  namespace: SPACE\nspec:\n  ports: [{port: PORT}]\n";
const TEST: &str = "---\n# Source: shop/templates/test.yaml\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    helm.sh/hook: test\n\n";

fn service(name: &str, space: &str, port: &str) -> String {
    let text = SERVICE.replace("NAME", name).replace("SPACE", space);
    text.replace("PORT", port)
}

#[test]
fn a_chart_is_printed_as_helm_prints_it() {
    let folder = shop();
    let answer = template(&folder, &["shop"]);
    assert_eq!(answer.quiet(), 0);
    let wanted = service("release-name", "default", "80") + TEST;
    assert_eq!(answer.stdout, wanted);
    let answer = template(
        &folder,
        &[
            "rel",
            "./shop/",
            "-n",
            "ns",
            "-f",
            "prod.yaml",
            "--set",
            "image=web",
            "--skip-tests",
        ],
    );
    assert_eq!(answer.stdout, service("rel", "ns", "8080"));
    let answer = template(
        &folder,
        &["rel", "shop", "--no-hooks=true", "--include-crds"],
    );
    let crd = "---\n# Source: shop/crds/a.yaml\nkind: CustomResourceDefinition\n\n";
    assert_eq!(
        answer.stdout,
        crd.to_owned() + &service("rel", "default", "80")
    );
}

#[test]
fn single_templates_are_printed() {
    let folder = shop();
    let answer = template(&folder, &["rel", "shop", "-s", "templates/t*"]);
    assert_eq!(answer.stdout, TEST.to_owned() + "\n");
    let answer = template(&folder, &["rel", "shop", "-s", "templates/none.yaml"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer
            .stderr
            .contains("could not find template templates/none.yaml in chart")
    );
}

#[test]
fn manifests_are_written_into_files() {
    let folder = shop();
    let answer = template(
        &folder,
        &["rel", "shop", "--output-dir", "out", "--release-name"],
    );
    assert_eq!(
        answer.stdout,
        "wrote out/rel/shop/templates/service.yaml\nwrote out/rel/shop/templates/test.yaml\n\n"
    );
    let written = folder.read("out/rel/shop/templates/service.yaml");
    assert_eq!(written, service("rel", "default", "80") + "\n");
}

#[test]
fn refusals_have_helms_words_and_more() {
    let folder = shop();
    folder.write("shop/templates/bad.yaml", b"a: {{ .Values.image.tag }}\n");
    let answer = template(&folder, &["rel", "shop"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.starts_with(
            "error: shop/templates/bad.yaml:1:13\n  executing \"shop/templates/bad.yaml\" at <.Values.image.tag>:\n    can't evaluate field tag in type interface {}\n\nUse --debug flag to render out invalid YAML\n"
        ),
        "{}",
        answer.stderr
    );
    assert!(
        answer
            .stderr
            .contains("note: `.Values.image` is a string, set in values.yaml:1"),
        "{}",
        answer.stderr
    );
    for (args, wanted) in [
        (&["./none"][..], "path \"./none\" not found"),
        (
            &["a", "shop", "c"],
            "expected at most two arguments, unexpected arguments: c",
        ),
        (
            &["No", "shop"],
            "release name check failed: release name \"No\": invalid release name",
        ),
        (
            &["r", "shop", "-f", "none.yaml"],
            "open none.yaml: no such file or directory",
        ),
        (
            &["r", "shop", "--kube-version", "x"],
            "invalid kube version 'x': ",
        ),
        (
            &["r", "prod.yaml"],
            "seems to be a YAML file, but expected a gzipped archive",
        ),
    ] {
        let answer = template(&folder, args);
        assert_eq!(answer.code, 1, "{args:?}");
        assert!(
            answer.stderr.contains(wanted),
            "{args:?}: {}",
            answer.stderr
        );
    }
}

#[test]
fn a_broken_document_is_shown_with_debug() {
    let folder = shop();
    folder.write("shop/templates/bad.yaml", b"a: b: {{ .Values.image }}\n");
    let answer = template(&folder, &["rel", "shop", "--debug"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer
            .stdout
            .contains("# Source: shop/templates/bad.yaml\na: b: web\n")
    );
    assert!(
        answer
            .stderr
            .contains("YAML parse error on shop/templates/bad.yaml"),
        "{}",
        answer.stderr
    );
}

#[cfg(unix)]
#[test]
fn links_lead_no_farther_than_the_repository() {
    let folder = shop();
    folder.write("elsewhere/x.yaml", b"x: 1\n");
    let link = folder.path().join("shop/templates/x.yaml");
    std::os::unix::fs::symlink("../../elsewhere/x.yaml", link).expect("linked");
    let answer = template(&folder, &["rel", "shop"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.contains("leads out of the chart"),
        "{}",
        answer.stderr
    );
    folder.git(&["init", "--quiet"]);
    let answer = template(&folder, &["rel", "shop"]);
    assert!(
        answer
            .stdout
            .contains("# Source: shop/templates/x.yaml\nx: 1\n")
    );
}

#[test]
fn the_value_to_blame_is_named() {
    let folder = Folder::with(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        (
            "c/values.yaml",
            "app: {}\nports: [80]\nimage:\n  repo: nginx\nsets:\n  one: {x: 5}\n",
        ),
        (
            "c/templates/_h.tpl",
            "{{ define \"c.name\" }}{{ .name.first }}{{ end }}",
        ),
    ]);
    for (template, wanted) in [
        (
            "{{ required \"a name\" .Values.app.name }}",
            "`.Values.app.name` is not set; `.Values.app` is, in values.yaml:1",
        ),
        (
            "{{ index .Values.ports 3 }}",
            "`.Values.ports` is a list of 1, set in values.yaml:2",
        ),
        (
            "{{ .Values.image | upper }}",
            "`.Values.image` is a map, set in values.yaml:4",
        ),
        (
            "{{ with .Values.image }}{{ .repo.name }}{{ end }}",
            "`.Values.image` is a map, set in values.yaml:4",
        ),
        (
            "{{ range $k, $v := .Values.sets }}{{ $v.x.y }}{{ end }}",
            "`.Values.sets` is a map, set in values.yaml:6",
        ),
        (
            "{{ include \"c.name\" (dict \"name\" .Values.image.repo) }}",
            "`.Values.image.repo` is a string, set in values.yaml:4",
        ),
    ] {
        folder.write("c/templates/x.yaml", template.as_bytes());
        let answer = template_of(&folder);
        assert_eq!(answer.code, 1, "{template}");
        let note = format!("note: {wanted}\n");
        assert!(
            answer.stderr.contains(&note),
            "{template}: {}",
            answer.stderr
        );
    }
}

fn template_of(folder: &Folder) -> Answer {
    template(folder, &["rel", "c"])
}

#[test]
fn several_sets_of_values_are_rendered_in_one_call() {
    let folder = shop();
    folder.write("env/test.yaml", b"port: 1\n");
    folder.write("env/bad.yaml", b"port: [\n");
    let args = ["rel", "shop", "-f", "prod.yaml", "--skip-tests"];
    let each = [
        "--each",
        "env/test.yaml",
        "--each",
        "env/bad.yaml",
        "--each",
        "prod.yaml",
    ];
    let answer = template(&folder, &[&args[..], &each].concat());
    assert_eq!(answer.code, 1);
    let wanted = format!(
        "---\n# Values: env/test.yaml\n{}---\n# Values: prod.yaml\n{}",
        service("rel", "default", "1"),
        service("rel", "default", "8080")
    );
    assert_eq!(answer.stdout, wanted);
    assert!(
        answer
            .stderr
            .starts_with("error: env/bad.yaml: failed to parse env/bad.yaml: "),
        "{}",
        answer.stderr
    );
    let each = [
        "--each",
        "env/test.yaml",
        "--each",
        "prod.yaml",
        "--output-dir",
        "out",
    ];
    let answer = template(&folder, &[&args[..], &each].concat());
    assert_eq!(answer.quiet(), 0);
    let written = folder.read("out/env/test/shop/templates/service.yaml");
    assert_eq!(written, service("rel", "default", "1") + "\n");
    assert!(
        folder
            .path()
            .join("out/prod/shop/templates/service.yaml")
            .is_file()
    );
}
