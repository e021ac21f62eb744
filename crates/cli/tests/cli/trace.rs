//! `plimsoll chart template --trace`, `--why-missing` and `--format`.

use crate::folder::{Answer, Folder, valid};

/// A chart with a library, a subchart that is off, and branches.
fn shop() -> Folder {
    Folder::with(&[
        (
            "shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: \"7\"\ndependencies:\n- name: cache\n  version: 1.0.0\n  condition: cache.enabled\n- name: base\n  version: 1.0.0\n",
        ),
        (
            "shop/values.yaml",
            "image:\n  name: web\n  tag: \"\"\nreplicas: 2\nscaling:\n  enabled: false\n  max: 4\ncache:\n  enabled: false\nresources: {}\nbase:\n  port: 80\n",
        ),
        (
            "shop/templates/_helpers.tpl",
            "{{- define \"shop.image\" -}}\n{{ .Values.image.name }}:{{ .Values.image.tag | default .Chart.AppVersion }}\n{{- end }}\n",
        ),
        (
            "shop/templates/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-web\n  labels:\n    app.kubernetes.io/name: web\nspec:\n  {{- if not .Values.scaling.enabled }}\n  replicas: {{ .Values.replicas }}\n  {{- end }}\n  template:\n    spec:\n      containers:\n        - name: web\n          image: {{ include \"shop.image\" . | quote }}\n          {{- with .Values.resources }}\n          resources:\n            {{- toYaml . | nindent 12 }}\n          {{- end }}\n",
        ),
        (
            "shop/templates/scaling.yaml",
            "{{- if .Values.scaling.enabled }}\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  maxReplicas: {{ .Values.scaling.max }}\n{{- end }}\n",
        ),
        (
            "shop/templates/any.yaml",
            "{{- if .Values.scaling.enabled }}\nkind: {{ .Values.kind }}\nmetadata:\n  name: {{ .Values.name }}\n{{- end }}\n",
        ),
        (
            "shop/templates/old.yaml",
            "kind: ConfigMap\nmetadata:\n  name: old\n",
        ),
        ("shop/.helmignore", "old.yaml\n"),
        (
            "shop/crds/a.yaml",
            "kind: CustomResourceDefinition\nmetadata:\n  name: as.example.com\n",
        ),
        (
            "shop/charts/cache/Chart.yaml",
            "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
        ),
        (
            "shop/charts/cache/templates/cache.yaml",
            "kind: StatefulSet\nmetadata:\n  name: {{ .Release.Name }}-cache\n",
        ),
        (
            "shop/charts/base/Chart.yaml",
            "apiVersion: v2\nname: base\nversion: 1.0.0\n",
        ),
        ("shop/charts/base/values.yaml", "port: 1\nname: main\n"),
        (
            "shop/charts/base/templates/service.yaml",
            "kind: Service\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  port: {{ .Values.port }}\n",
        ),
        ("prod.yaml", "replicas: 5\n"),
    ])
}

/// Runs `plimsoll chart template rel shop` with further arguments.
fn template(folder: &Folder, args: &[&str]) -> Answer {
    let args = [&["chart", "template", "rel", "shop"], args].concat();
    let mut command = folder.command(&args);
    command.current_dir(folder.path()).env_clear();
    Answer::of(command.output().expect("the binary runs"))
}

#[track_caller]
fn told(folder: &Folder, args: &[&str]) -> String {
    let answer = template(folder, args);
    assert_eq!(answer.quiet(), 0);
    answer.stdout
}

#[track_caller]
fn has(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "no `{wanted}` in\n{text}");
    }
}

#[test]
fn a_field_has_its_template_calls_and_values() {
    let folder = shop();
    let image = "deployment/rel-web.spec.template.spec.containers[0].image";
    let text = told(&folder, &["--trace", image]);
    has(
        &text,
        &[
            "          image: \"web:7\"\n",
            "= Deployment/rel-web spec.template.spec.containers[0].image\n",
            "copied    templates/web.yaml:15:1",
            "written   templates/_helpers.tpl:2:1 in \"shop.image\"",
            "called    templates/web.yaml:15:21",
            "from      `image.name`  values.yaml:2",
            "from      `.Chart.AppVersion`  of Chart.yaml",
            "decided   `image.tag`  values.yaml:3",
        ],
    );
    let named = "Deployment/rel-web.spec.template.spec.containers[name=web].image";
    assert_eq!(told(&folder, &["--trace", named]), text);
}

#[test]
fn every_origin_of_a_value_is_told_apart() {
    let folder = shop();
    let replicas = |args: &[&str]| {
        let args = [args, &["--trace", "deployment/rel-web.spec.replicas"]].concat();
        told(&folder, &args)
    };
    has(
        &replicas(&[]),
        &[
            "from      `replicas`  values.yaml:4",
            "decided   `scaling.enabled`  values.yaml:6",
            "if        templates/web.yaml:8:3",
        ],
    );
    has(
        &replicas(&["-f", "prod.yaml"]),
        &["from      `replicas`  prod.yaml:1"],
    );
    has(
        &replicas(&["--set", "a=1", "--set", "replicas=9"]),
        &["from      `replicas`  --set number 2"],
    );
    // The parent's values lie over those of the subchart.
    let port = told(&folder, &["--trace", "service/main.spec.port"]);
    has(
        &port,
        &[
            "written   charts/base/templates/service.yaml:5:9",
            "from      `base.port`  values.yaml:12",
        ],
    );
    let name = told(&folder, &["--trace", "service/main.metadata.name"]);
    has(&name, &["from      `base.name`  charts/base/values.yaml:2"]);
    let label = "deployment/rel-web.metadata.labels.app.kubernetes.io/name";
    has(
        &told(&folder, &["--trace", label]),
        &["copied    templates/web.yaml:6:1"],
    );
}

#[test]
fn lines_are_traced_both_ways() {
    let folder = shop();
    let all = told(&folder, &["--trace"]);
    let printed = told(&folder, &[]);
    assert_eq!(all.lines().count(), printed.lines().count());
    has(
        &all,
        &["|   replicas: 2  <- replicas (values.yaml:4)  if scaling.enabled (values.yaml:6)"],
    );
    let at = printed.lines().position(|line| line == "  replicas: 2");
    let line = (at.expect("it is printed") + 1).to_string();
    let one = told(&folder, &["--trace", &line]);
    assert_eq!(
        one,
        told(&folder, &["--trace", "deployment/rel-web.spec.replicas"])
    );
    let wrote = told(&folder, &["--trace", "shop/templates/web.yaml:9"]);
    has(
        &wrote,
        &[
            "templates/web.yaml:9 is in these lines of the output:",
            "replicas: 2",
        ],
    );
    let fed = told(&folder, &["--trace", "values.yaml:6"]);
    has(
        &fed,
        &[
            "values.yaml:6 decided over these lines of the output:",
            "replicas: 2",
        ],
    );
    let nothing = told(&folder, &["--trace", "templates/web.yaml:17"]);
    has(
        &nothing,
        &[
            "templates/web.yaml:17 came to nothing that is printed",
            "not taken templates/web.yaml:16:11",
            "decided   `resources`  values.yaml:10",
        ],
    );
    let shown = told(&folder, &["-s", "templates/web.yaml", "--trace", "10"]);
    has(&shown, &["   10 |   replicas: 2"]);
    let crd = told(&folder, &["--include-crds", "--trace", "3"]);
    has(&crd, &["copied    crds/a.yaml:1"]);
}

#[test]
fn names_may_stand_before_or_behind_the_flag() {
    let folder = shop();
    let run = |args: &[&str]| folder.run(&[&["chart", "template"], args].concat()).stdout;
    let wanted = run(&["rel", "shop", "--trace"]);
    assert!(wanted.lines().count() > 20);
    assert_eq!(run(&["--trace", "rel", "shop"]), wanted);
    assert_eq!(run(&["rel", "--trace", "shop"]), wanted);
    assert_eq!(run(&["--trace", "--", "rel", "shop"]), wanted);
}

#[test]
fn traces_are_json_by_their_schema() {
    let folder = shop();
    let schema = include_str!("../../../../docs/schema/trace.schema.json");
    let all = valid(&told(&folder, &["--trace", "--format", "json"]), schema);
    assert!(
        all["branches"].as_array().is_some_and(|all| all.len() >= 3),
        "{all}"
    );
    let field = "deployment/rel-web.spec.replicas";
    let one = valid(
        &told(&folder, &["--format", "json", "--trace", field]),
        schema,
    );
    let line = &one["lines"][0];
    assert_eq!(line["text"], "  replicas: 2");
    assert_eq!(line["object"], "Deployment/rel-web");
    let part = &line["parts"][1];
    assert_eq!(
        (&part["kind"], &part["column"]),
        (&"action".into(), &13.into())
    );
    assert_eq!(part["place"]["line"], 9);
    let number = part["causes"].as_u64().expect("it has some") as usize;
    let causes = &one["causes"][number];
    assert_eq!(causes["content"][0]["path"], "replicas");
    assert_eq!(causes["conditions"][0]["path"], "scaling.enabled");
}

#[test]
fn a_page_holds_everything_and_fetches_nothing() {
    let folder = shop();
    folder.write(
        "shop/templates/x.yaml",
        b"kind: A\nmetadata: {name: a}\nx: \"</div><script>alert(1)</script>\"\n",
    );
    let page = told(&folder, &["--format", "html"]);
    has(
        &page,
        &[
            "default-src 'none'",
            "&lt;/div&gt;&lt;script&gt;alert(1)",
            "id=\"o1",
        ],
    );
    for outside in ["http://", "https://", "<script>alert", "@import", "url("] {
        assert!(!page.contains(outside), "`{outside}`");
    }
}

#[test]
fn what_is_asked_for_in_vain_has_near_names() {
    let folder = shop();
    for (target, wanted, help) in [
        (
            "deployment/web",
            "no object `deployment/web` is rendered",
            "`Deployment/rel-web`",
        ),
        (
            "deployment/rel-web.spec.replica",
            "`Deployment/rel-web` has no field `spec.replica`",
            "`spec` has `replicas`, `template`",
        ),
        ("999", "the output has ", " lines, not 999"),
        (
            "templates/wob.yaml:1",
            "no template and no values file is called `templates/wob.yaml`",
            "did you mean `templates/web.yaml`?",
        ),
        ("values.yaml:99", "`values.yaml` has 13 lines, not 99", ""),
        (
            "what",
            "`what` is no line, no `FILE:LINE` and no `kind/name`",
            "templates/web.yaml:12",
        ),
    ] {
        let answer = template(&folder, &["--trace", target]);
        assert_eq!((answer.code, &*answer.stdout), (1, ""), "{target}");
        has(&answer.stderr, &[wanted, help]);
    }
}

#[test]
fn what_keeps_an_object_out_is_found() {
    let folder = shop();
    let why = |args: &[&str]| told(&folder, args);
    has(
        &why(&["--why-missing", "horizontalpodautoscaler/rel-web"]),
        &[
            "templates/scaling.yaml:3 writes it when the branches below are decided otherwise",
            "not taken templates/scaling.yaml:1:1",
            "decided   `scaling.enabled`  values.yaml:6",
        ],
    );
    has(
        &why(&["--why-missing", "statefulset/rel-cache"]),
        &[
            "charts/cache/templates/cache.yaml:1 may write it",
            "off       subchart `cache`",
            "decided   `cache.enabled`  values.yaml:9",
        ],
    );
    // A kind that is worked out is no hint where others are written out, unless it comes to it.
    let cache = why(&["--why-missing", "statefulset/rel-cache"]);
    assert!(!cache.contains("any.yaml"), "{cache}");
    has(
        &why(&["--set", "kind=Job,name=x", "--why-missing", "job/x"]),
        &["templates/any.yaml:2 writes it when"],
    );
    has(
        &why(&["--why-missing", "configmap/old"]),
        &[
            "templates/old.yaml:1 writes it",
            "`.helmignore` leaves the file out",
        ],
    );
    has(
        &why(&["--why-missing", "customresourcedefinition/as.example.com"]),
        &["crds/a.yaml", "`--include-crds`"],
    );
    has(
        &why(&["-s", "templates/web.yaml", "--why-missing", "service/main"]),
        &["which `--show-only` does not name"],
    );
    has(
        &why(&["--why-missing", "deployment/rel-web"]),
        &["is there: line "],
    );
    // A name that the template would not give.
    has(
        &why(&["--why-missing", "horizontalpodautoscaler/other"]),
        &[
            "no place has its name",
            "templates/scaling.yaml:3 writes the kind",
        ],
    );
    folder.write("shop/templates/any.yaml", b"");
    let answer = template(&folder, &["--why-missing", "job/migrate"]);
    assert_eq!(answer.code, 1);
    has(
        &answer.stderr,
        &["nothing in the chart writes `job/migrate`"],
    );
    let answer = template(&folder, &["--why-missing", "job"]);
    has(&answer.stderr, &["`job` is no `kind/name`"]);
}
