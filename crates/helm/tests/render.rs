//! Charts in memory, rendered: what is printed, what is said of errors, and where each part of
//! the output came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_helm::chart::{File, Loaded};
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{
    Capabilities, HELM_4_3_1, KubeVersion, Origin, Release, RenderError, Rendered, Renderer,
    Request, Role, Shown, show_only,
};
use plimsoll_helm::strvals::{self, Flag};
use plimsoll_helm::values::{Data, Item, SourceFile, Sources, merge_maps, read_values};
use plimsoll_helm::{Limits, values};

struct NoChance;

impl Random for NoChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

/// A chart of files: each begins with a line `//- PATH`.
fn chart(text: &str) -> Renderer {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("//- ") {
            Some(path) => current = path.trim().to_owned(),
            None => files.entry(current.clone()).or_default().push_str(line),
        }
    }
    files
        .entry("Chart.yaml".into())
        .or_insert("apiVersion: v2\nname: top\nversion: 1.0.0\n".into());
    let file = |(path, text): (String, String)| File {
        name: path.as_str().into(),
        data: text.into_bytes().into(),
        path: path.into(),
    };
    let loaded = Loaded::from_files(files.into_iter().map(file).collect());
    Renderer::new(loaded.expect("the chart can be loaded"))
}

/// What a user gives beside the chart.
#[derive(Default)]
struct User<'u> {
    file: &'u str,
    set: &'u str,
}

fn request(renderer: &Renderer, user: &User<'_>) -> Request {
    let mut sources = Sources::over(renderer.loaded().sources.clone());
    let mut values = Item::from(Data::map());
    let place = SourceFile {
        name: "my.yaml".into(),
        text: "".into(),
        below: Arc::default(),
    };
    let read = read_values(place, user.file.as_bytes(), &mut sources).expect("values");
    merge_maps(&mut values, read);
    if !user.set.is_empty() {
        let mut no_files = |_: &str| Err("no files".to_owned());
        strvals::set(
            &mut values,
            Flag::Set,
            user.set,
            &mut sources,
            &mut no_files,
        )
        .expect("values");
    }
    Request {
        release: Release {
            name: "rel".into(),
            namespace: "ns".into(),
            revision: 1,
            is_upgrade: false,
        },
        capabilities: Capabilities::assumed_by(&HELM_4_3_1),
        values,
        sources,
        skip_schema: false,
        tracing: true,
        limits: Limits::default(),
        now: (0, 0),
        zone: "UTC".into(),
        random: Box::new(NoChance),
    }
}

fn render(renderer: &Renderer, user: &User<'_>) -> Result<Rendered, RenderError> {
    renderer.render(request(renderer, user))
}

#[track_caller]
fn text(renderer: &Renderer) -> String {
    let rendered = render(renderer, &User::default());
    rendered.expect("it renders").text(Shown::default())
}

#[track_caller]
fn error(renderer: &Renderer, user: &User<'_>) -> RenderError {
    match render(renderer, user) {
        Ok(rendered) => panic!("rendered: {}", rendered.text(Shown::default())),
        Err(error) => error,
    }
}

#[test]
fn what_is_known_of_a_render_changes_nothing_in_the_next() {
    let text = "//- templates/a.yaml\nkind: A\n---\nkind: {{ .Values.kind | default \"B\" }}\nx: [{{ .Values.x }}]\n//- templates/b.yaml\n{{ .Values.x }}\n";
    let renderer = chart(text);
    let values = ["x: 1\n", "x: 1\n", "x: 2\nkind: C\n", "x: 'a: 1'\n", "{}\n"];
    for values in values {
        let user = User {
            file: values,
            ..User::default()
        };
        let shown = |rendered: Result<Rendered, RenderError>| match rendered {
            Ok(rendered) => rendered.text(Shown::default()),
            Err(error) => error.to_string(),
        };
        let again = shown(render(&renderer, &user));
        let last = renderer.render_last(request(&renderer, &user));
        assert_eq!(again, shown(last));
        assert_eq!(again, shown(render(&chart(text), &user)), "{values}");
    }
}

#[test]
fn documents_come_by_kind_and_hooks_last() {
    let renderer = chart(
        "//- templates/b.yaml\nkind: Deployment\n---\nkind: Service\n//- templates/a.yaml\nkind: Pod\nmetadata:\n  annotations: {helm.sh/hook: test}\n//- templates/NOTES.txt\nnotes of {{ .Release.Name }}\n//- templates/_x.tpl\nnever\n",
    );
    let rendered = render(&renderer, &User::default()).expect("it renders");
    assert_eq!(rendered.notes, "notes of rel\n");
    let hook = "---\n# Source: top/templates/a.yaml\nkind: Pod\nmetadata:\n  annotations: {helm.sh/hook: test}\n\n";
    let manifests = "---\n# Source: top/templates/b.yaml\nkind: Service\n\n---\n# Source: top/templates/b.yaml\nkind: Deployment\n";
    assert_eq!(
        rendered.text(Shown::default()),
        format!("{manifests}{hook}")
    );
    let without = Shown {
        skip_tests: true,
        ..Shown::default()
    };
    assert_eq!(rendered.text(without), manifests);
    let all = rendered.text(Shown::default());
    assert_eq!(
        show_only(&all, &["templates/a*".into()]).as_deref(),
        Ok(&*format!("---\n{}\n", &hook[4..]))
    );
    let missing = show_only(&all, &["templates/z.yaml".into()]).map_err(|error| error.to_string());
    assert_eq!(
        missing,
        Err("could not find template templates/z.yaml in chart".into())
    );
}

#[test]
fn an_empty_chart_prints_one_line_break() {
    assert_eq!(
        text(&chart("//- templates/a.yaml\n{{- /* nothing */ -}}\n")),
        "\n"
    );
}

#[test]
fn later_templates_see_what_earlier_ones_set() {
    let renderer = chart(
        "//- templates/a.yaml\na: {{ .Values.made }}\n//- templates/b.yaml\n{{ $_ := set .Values \"made\" \"by b\" }}b: 1\n//- values.yaml\nx: 1\n",
    );
    assert!(text(&renderer).contains("a: by b\n"));
    // Another render begins anew.
    assert!(text(&renderer).contains("a: by b\n"));
}

#[test]
fn a_subchart_shares_its_values_with_the_parent() {
    let renderer = chart(
        "//- templates/a.yaml\na: {{ .Values.sub.made }} {{ typeOf .Values.sub }} {{ .Subcharts.sub.Values.x }}\n//- charts/sub/Chart.yaml\nname: sub\nversion: 1.0.0\n//- charts/sub/values.yaml\nx: 7\n//- charts/sub/templates/b.yaml\n{{ $_ := set .Values \"made\" \"below\" }}b: {{ typeOf .Values }} {{ .Chart.Name }} {{ .Chart.IsRoot }}\n",
    );
    let text = text(&renderer);
    assert!(
        text.contains("a: below map[string]interface {} 7\n"),
        "{text}"
    );
    assert!(text.contains("b: common.Values sub false\n"), "{text}");
}

#[test]
fn no_value_disappears_but_counts_until_then() {
    let renderer = chart(
        "//- templates/a.yaml\na: \"{{ .Values.nope }}\"\nb: {{ include \"x\" . | len }}\nc: \"{{ tpl \"{{ .Values.nope }}\" . }}\"\n//- templates/_x.tpl\n{{ define \"x\" }}{{ .Values.nope }}{{ end }}\n",
    );
    assert!(text(&renderer).contains("a: \"\"\nb: 10\nc: \"\"\n"));
}

#[test]
fn files_are_read_listed_and_encoded() {
    let renderer = chart(
        "//- templates/a.yaml\na: {{ .Files.Get \"x/a.txt\" | quote }}\nb: {{ range $name, $_ := .Files.Glob \"x/*\" }}{{ $name }},{{ end }}\nc: {{ .Files.Lines \"x/b.txt\" | len }}\n{{ (.Files.Glob \"x/*\").AsConfig }}\n{{ (.Files.Glob \"x/a*\").AsSecrets }}\nd: {{ .Files.Get \"templates/a.yaml\" | quote }}\ne: {{ .Files.Get \"values.yaml\" | quote }}\n//- x/a.txt\none\n//- x/b.txt\ntwo\nthree\n//- values.yaml\nx: 1\n",
    );
    let text = text(&renderer);
    for part in [
        "a: \"one\\n\"\nb: x/a.txt,x/b.txt,\nc: 2\n",
        "a.txt: |\n  one\nb.txt: |\n  two\n  three\n",
        "a.txt: b25lCg==\nd: \"\"\ne: \"\"\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn the_cluster_is_what_was_asked_for() {
    let renderer = chart(
        "//- templates/a.yaml\na: {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.APIVersions.Has \"x/v1\" }} {{ .Capabilities.APIVersions.Has \"apps/v1\" }}\n",
    );
    let mut request = request(&renderer, &User::default());
    request.capabilities.kube_version = KubeVersion::parse("1.33.4-gke.1").expect("a version");
    request.capabilities.api_versions.push("x/v1".into());
    let text = renderer
        .render(request)
        .expect("it renders")
        .text(Shown::default());
    assert!(
        text.contains("a: v1.33.4 v1.33.4-gke.1 33 true true\n"),
        "{text}"
    );
    for bad in ["", "x", "1", "1.x", "01.2", "v"] {
        assert!(KubeVersion::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn errors_have_helms_layout() {
    let renderer = chart(
        "//- templates/a.yaml\na: {{ include \"x\" . }}\n//- templates/_x.tpl\n{{ define \"x\" }}\n{{ .Values.nope.foo }}\n{{ end }}\n//- values.yaml\nother: 1\n",
    );
    let error = error(&renderer, &User::default());
    assert_eq!(
        error.to_string(),
        "top/templates/a.yaml:1:6\n  executing \"top/templates/a.yaml\" at <include \"x\" .>:\n    error calling include:\ntop/templates/_x.tpl:2:10\n  executing \"x\" at <.Values.nope.foo>:\n    nil pointer evaluating interface {}.foo"
    );
    let lines = error.explanation().expect("an explanation").lines();
    assert_eq!(
        lines,
        [
            "  templates/a.yaml:1:7: include \"x\" .",
            "  templates/_x.tpl:2:4: .Values.nope.foo",
            "  note: `.Values.nope` is not set; `.Values` is, in values.yaml:1",
        ]
    );
}

#[test]
fn the_value_to_blame_is_named() {
    let renderer = chart(
        "//- templates/a.yaml\na: {{ .Values.image.tag.name }}\n//- values.yaml\nother: 1\nimage:\n  tag: x\n",
    );
    let last = |user: &User<'_>| {
        let error = error(&renderer, user);
        error
            .explanation()
            .and_then(|explanation| explanation.notes.last().cloned())
    };
    assert_eq!(
        last(&User::default()).as_deref(),
        Some("`.Values.image.tag` is a string, set in values.yaml:3")
    );
    let file = User {
        file: "image:\n\n  tag: [1]\n",
        set: "",
    };
    assert_eq!(
        last(&file).as_deref(),
        Some("`.Values.image.tag` is a list of 1, set in my.yaml:3")
    );
    let set = User {
        file: "",
        set: "image.tag=3",
    };
    assert_eq!(
        last(&set).as_deref(),
        Some("`.Values.image.tag` is a number, set by `--set`")
    );
}

#[test]
fn required_and_fail_say_what_the_author_wrote() {
    let renderer = chart("//- templates/a.yaml\n{{ required \"a: must be set\" .Values.a }}\n");
    assert_eq!(
        error(&renderer, &User::default()).to_string(),
        "execution error at (top/templates/a.yaml:1:3): a: must be set"
    );
    let renderer = chart("//- templates/a.yaml\n{{ fail \"no\" }}\n");
    assert_eq!(
        error(&renderer, &User::default()).to_string(),
        "execution error at (top/templates/a.yaml:1:3): no"
    );
}

#[test]
fn a_broken_document_is_followed_to_its_template() {
    let renderer = chart(
        "//- templates/a.yaml\na: 1\n{{ include \"x\" . }}\n//- templates/_x.tpl\n{{- define \"x\" }}\nb: c: d\n{{- end }}\n",
    );
    let error = error(&renderer, &User::default());
    assert_eq!(
        error.to_string(),
        "YAML parse error on top/templates/a.yaml: error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context"
    );
    let lines = error.explanation().expect("an explanation").lines();
    assert_eq!(lines[0], "  templates/a.yaml:2:1: {{ include \"x\" . }}");
    assert!(lines[1].starts_with("  templates/_x.tpl:2:"), "{lines:?}");
    assert_eq!(lines[2], "  note: line 3 of what was rendered: `b: c: d`");
}

/// Each part of the output and the places of values that it came from.
fn origins(renderer: &Renderer, user: &User<'_>) -> Vec<(String, Vec<String>)> {
    let request = request(renderer, user);
    let rendered = renderer.render(request).expect("it renders");
    let file = &rendered.files[0];
    let sources = &rendered.sources;
    file.segments
        .iter()
        .filter(|segment| !segment.output.is_empty())
        .map(|segment| {
            let text = &file.text[segment.output.start as usize..segment.output.end as usize];
            let places = rendered.places(segment.trace).expect("few sources");
            let shown = places.iter().map(|place| {
                let source = sources.get(*place).expect("a known place");
                let file = sources.file(source.file).expect("a known file");
                let before = &file.text[..source.range.start as usize];
                let line = before.matches('\n').count() + 1;
                format!("{}:{line} {}", file.name, sources.path(*place))
            });
            (String::from_utf8_lossy(text).into_owned(), shown.collect())
        })
        .filter(|(_, places): &(String, Vec<String>)| !places.is_empty())
        .collect()
}

#[test]
fn every_part_knows_the_line_of_its_value() {
    let renderer = chart(
        "//- templates/a.yaml\na: {{ .Values.a }}\nb: {{ .Values.m.p | quote }}\nc: {{ index .Values.l 1 }}\nd: {{ .Release.Name }}\n//- values.yaml\na: one\nm:\n  p: two\n  o: three\nl:\n- x\n- why\n",
    );
    let found = origins(
        &renderer,
        &User {
            file: "m: {p: mine}\n",
            set: "a=given",
        },
    );
    let has = |text: &str, place: &str| {
        let known = found
            .iter()
            .any(|(part, places)| part == text && places.iter().any(|known| known == place));
        assert!(known, "{text:?} from {place:?} is not in {found:#?}");
    };
    has("given", "--set:1 a");
    has("mine", "my.yaml:1 m.p");
    has("why", "values.yaml:7 l[1]");
    has("rel", ".Release:1 Name");
}

#[test]
fn what_lets_a_subchart_take_part_decides_over_all_of_it() {
    let files = |values: &str, more: &str| {
        format!(
            "//- Chart.yaml\napiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n- {{name: sub, version: 1.0.0, condition: 'none.use,sub.use', tags: [t]}}\n\
             //- values.yaml\n{values}\n//- templates/a.yaml\na: top\n\
             //- charts/sub/Chart.yaml\napiVersion: v2\nname: sub\nversion: 1.0.0\n{more}\
             //- charts/sub/templates/b.yaml\nb: sub\n"
        )
    };
    let inner = "dependencies:\n- {name: deep, version: 1.0.0, condition: deep.use}\n//- charts/sub/charts/deep/Chart.yaml\napiVersion: v2\nname: deep\nversion: 1.0.0\n//- charts/sub/charts/deep/templates/c.yaml\nc: deep\n";
    for (values, file, decides) in [
        (
            "sub: {use: true}\ntags: {t: false}",
            "sub/templates/b",
            vec!["sub.use"],
        ),
        (
            "sub: {x: 1}\ntags: {t: true}",
            "sub/templates/b",
            vec!["tags.t"],
        ),
        ("sub: {x: 1}", "sub/templates/b", vec![]),
        ("sub: {use: true}", "top/templates/a", vec![]),
        (
            "sub: {use: true, deep: {use: true}}",
            "deep/templates/c",
            vec!["sub.use", "sub.deep.use"],
        ),
    ] {
        let renderer = chart(&files(values, inner));
        let traced = renderer
            .trace(request(&renderer, &User::default()))
            .expect("it renders");
        let number = traced.files.iter().position(|one| one.name.contains(file));
        let number = number.expect("it takes part");
        for part in &traced.parts[number] {
            let set = traced.sets[part.set as usize]
                .as_ref()
                .expect("they are known");
            let named = set.iter().map(|(origin, role)| match origin {
                Origin::Value(id) => {
                    assert_eq!(*role, Role::Condition);
                    traced.sources.path(*id)
                }
                other => panic!("{other:?}"),
            });
            let mut named: Vec<String> = named.collect();
            named.sort_by_key(String::len);
            assert_eq!(named, decides, "{values} {file}");
        }
    }
}

#[test]
fn values_of_subcharts_know_their_files() {
    let renderer = chart(
        "//- charts/sub/Chart.yaml\nname: sub\nversion: 1.0.0\n//- charts/sub/values.yaml\nx: 1\nw: down\n//- charts/sub/templates/a.yaml\na: {{ .Values.w }} {{ .Values.z }} {{ .Values.global.g }}\n//- values.yaml\nsub:\n  z: up\nglobal:\n  g: all\n",
    );
    let found = origins(&renderer, &User::default());
    let all: Vec<&str> = found
        .iter()
        .flat_map(|(_, places)| places)
        .map(|place| &**place)
        .collect();
    for place in [
        "charts/sub/values.yaml:2 sub.w",
        "values.yaml:2 sub.z",
        "values.yaml:4 global.g",
    ] {
        assert!(all.contains(&place), "{place:?} is not in {found:#?}");
    }
}

#[test]
fn what_holds_values_is_not_of_the_first_of_them() {
    let renderer = chart(
        "//- templates/a.yaml\n{{ toYaml .Values.m }}\n//- values.yaml\nm:\n  drop:\n  - ALL\n  path:\n    inner: x\n  text: |\n    one\n",
    );
    let found = origins(&renderer, &User::default());
    let of = |text: &str, place: &str| {
        let mut parts = found.iter().filter(|(part, _)| part.contains(text));
        parts.any(|(_, places)| places.iter().any(|known| known == place))
    };
    assert!(of("ALL", "values.yaml:3 m.drop[0]"), "{found:#?}");
    assert!(!of("drop:\n", "values.yaml:3 m.drop[0]"), "{found:#?}");
    assert!(!of(":\n", "values.yaml:3 m.drop[0]"), "{found:#?}");
    assert!(!of("path:\n", "values.yaml:5 m.path.inner"), "{found:#?}");
    // How a text is begun is of the text.
    assert!(of("|", "values.yaml:6 m.text"), "{found:#?}");
}

#[test]
fn an_empty_text_that_was_a_template_is_named() {
    let renderer = chart(
        "//- templates/a.yaml\na:\n{{- tpl .Values.e . | nindent 2 }}\nb: 1\n//- values.yaml\ne: \"\"\n",
    );
    let traced = renderer.trace(request(&renderer, &User::default()));
    let traced = traced.expect("it renders");
    // The part has no bytes.
    let named = traced.parts[0].iter().any(|part| {
        let set = traced.sets[part.set as usize].iter().flatten();
        let mut paths = set.filter_map(|(origin, _)| match origin {
            Origin::Value(id) => Some(traced.sources.path(*id)),
            _ => None,
        });
        paths.any(|path| path == "e")
    });
    assert!(named, "{traced:#?}");
}

#[test]
fn one_chart_is_rendered_for_many_values() {
    let renderer = chart("//- templates/a.yaml\na: {{ .Values.a }}\n//- values.yaml\na: 0\n");
    let texts: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let renderer = &renderer;
                scope.spawn(move || {
                    let set = format!("a={number}");
                    let user = User {
                        file: "",
                        set: &set,
                    };
                    render(renderer, &user)
                        .expect("it renders")
                        .text(Shown::default())
                })
            })
            .collect();
        let done = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        done.collect()
    });
    for (number, text) in texts.iter().enumerate() {
        assert!(text.ends_with(&format!("a: {number}\n")), "{text}");
    }
}

#[test]
fn charts_that_cannot_be_rendered_are_refused_in_helms_words() {
    let check = |chart_yaml: &str, wanted: &str| {
        let renderer = chart(&format!("//- Chart.yaml\n{chart_yaml}"));
        assert_eq!(error(&renderer, &User::default()).to_string(), wanted);
    };
    check(
        "name: c\nversion: 1.0.0\ntype: library\n",
        "library charts are not installable",
    );
    check(
        "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: x, version: 1}, {name: z}]\n",
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: x, z",
    );
    check(
        "name: c\nversion: 1.0.0\nkubeVersion: '>=2'\n",
        "chart requires kubeVersion: >=2 which is incompatible with Kubernetes v1.37.0",
    );
    check(
        "apiVersion: v3\nname: c\nversion: 1.0.0\n",
        "invalid chart apiVersion",
    );
}

#[test]
fn values_can_be_computed_without_a_render() {
    let renderer = chart("//- values.yaml\na: {b: 1, c: 2}\n");
    let user = Item::from(Data::map());
    let computed = values::compute(renderer.loaded(), &user).expect("they fit");
    assert!(computed.values.data.get("a").is_some());
    assert_eq!(computed.charts, ["top"]);
}

#[test]
fn a_last_render_says_what_any_other_says() {
    let include = "a: {{ include (print $.Template.BasePath \"/c.yaml\") . | quote }}\n";
    for files in [
        format!("//- templates/a.yaml\n{include}//- templates/c.yaml\nc: {{{{ .Chart.Name }}}}\n"),
        format!("//- templates/e.yaml\n{include}//- templates/c.yaml\nc: 1\n//- templates/NOTES.txt\nd\n"),
        format!("//- templates/e.yaml\n{include}//- templates/c.yaml\nc: {{{{ if }}}}\n"),
        "//- templates/_h.tpl\n{{ define \"h\" }}h{{ end }}\n//- templates/a.yaml\na: {{ include \"h\" . }}\n".to_owned(),
        // A template of the name of another, and one that nobody executes.
        "//- templates/b.yaml\nb: {{ block \"top/templates/a.yaml\" . }}c{{ end }}\n//- templates/a.yaml\na: 1\n".to_owned(),
        "//- templates/_h.tpl\n{{ else }}\n//- templates/a.yaml\na: 1\n".to_owned(),
        // What cannot be parsed comes before what cannot be executed, the first before others.
        "//- templates/b.yaml\n{{ fail \"b\" }}\n//- templates/a.yaml\n{{ if }}\n".to_owned(),
        "//- templates/b.yaml\n{{ end }}\n//- templates/a.yaml\n{{ if }}\n".to_owned(),
        "//- templates/b.yaml\n{{ end }}\n//- templates/a.yaml\n{{ define }}\n".to_owned(),
        "//- templates/b.yaml\n{{ define }}\n//- templates/a.yaml\n{{ end }}\n".to_owned(),
        "//- templates/a.yaml\n{{ .b.c.d }}\n".to_owned(),
    ] {
        let renderer = chart(&files);
        let plain = || Request {
            tracing: false,
            ..request(&renderer, &User::default())
        };
        let said = |outcome: Result<Rendered, RenderError>| match outcome {
            Ok(rendered) => (rendered.text(Shown::default()), rendered.notes),
            Err(error) => {
                let explanation = error.explanation().map(|found| found.lines().join("\n"));
                (error.to_string(), explanation.unwrap_or_default())
            }
        };
        let last = said(renderer.render_last(plain()));
        assert_eq!(last, said(renderer.render(plain())), "{files}");
    }
}
