//! Many renders of one chart: each gives what it would give alone, and what did not change is not
//! rendered again.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_helm::Limits;
use plimsoll_helm::chart::{File, Loaded};
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{
    Capabilities, HELM_4_3_1, Release, Rendered, RenderedFile, Renderer, Request,
};
use plimsoll_helm::values::{SourceFile, Sources, read_values};

/// Gives other bytes in each render.
struct Chance(u8);

impl Random for Chance {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

/// A chart of files: each begins with a line `//- PATH`.
fn loaded(text: &str) -> Loaded {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("//- ") {
            Some(path) => current = path.trim().to_owned(),
            None => files.entry(current.clone()).or_default().push_str(line),
        }
    }
    let file = |(path, text): (String, String)| File {
        name: path.as_str().into(),
        data: text.into_bytes().into(),
        path: path.into(),
    };
    Loaded::from_files(files.into_iter().map(file).collect()).expect("the chart can be loaded")
}

fn render(renderer: &Renderer, values: &str, number: u8) -> Result<Rendered, String> {
    let mut sources = Sources::over(renderer.loaded().sources.clone());
    let place = SourceFile {
        name: "my.yaml".into(),
        text: "".into(),
        below: Arc::default(),
    };
    let values = read_values(place, values.as_bytes(), &mut sources).expect("values");
    let request = Request {
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
        tracing: false,
        limits: Limits::default(),
        now: (i64::from(number), 0),
        zone: "UTC".into(),
        random: Box::new(Chance(number)),
    };
    renderer.render(request).map_err(|error| error.to_string())
}

/// The names and texts of what was rendered.
fn texts(rendered: &Rendered) -> Vec<(&str, String)> {
    let file = |file: &'_ RenderedFile| String::from_utf8_lossy(&file.text).into_owned();
    let files = rendered.files.iter();
    files.map(|known| (&*known.name, file(known))).collect()
}

/// Renders one after the other with one renderer, and each with one of its own. Gives the names
/// of the files that were rendered again, for each but the first.
#[track_caller]
fn check(chart: &str, all: &[&str]) -> Vec<Vec<String>> {
    let loaded = loaded(chart);
    let renderer = Renderer::new(loaded.clone());
    let mut again = Vec::new();
    let mut before: Option<Rendered> = None;
    render(&Renderer::new(loaded.clone()), "", 0).expect("it can be rendered");
    for (number, values) in all.iter().enumerate() {
        let number = number as u8;
        let reused = render(&renderer, values, number);
        let alone = render(&Renderer::new(loaded.clone()), values, number);
        let (reused, alone) = match (reused, alone) {
            (Ok(reused), Ok(alone)) => (reused, alone),
            (reused, alone) => {
                assert_eq!(reused.map(|_| ()), alone.map(|_| ()), "{values}");
                continue;
            }
        };
        assert_eq!(texts(&reused), texts(&alone), "{number}: {values}");
        assert_eq!(reused.notes, alone.notes);
        assert_eq!(reused.warnings, alone.warnings, "{number}: {values}");
        if let Some(before) = &before {
            let is_new = |file: &&RenderedFile| {
                let mut known = before.files.iter();
                !known.any(|known| Arc::ptr_eq(&known.text, &file.text))
            };
            let short = |file: &RenderedFile| {
                let name = file.name.trim_start_matches("top/");
                name.replace("templates/", "").replace(".yaml", "")
            };
            let mut names: Vec<String> = reused.files.iter().filter(is_new).map(short).collect();
            names.sort();
            again.push(names);
        }
        before = Some(reused);
    }
    again
}

const CHART: &str = "\
//- Chart.yaml
apiVersion: v2
name: top
version: 1.0.0
dependencies:
  - {name: sub, version: 1.0.0, condition: sub.enabled}
//- values.yaml
one: 1
map: {a: {b: 1}, c: 2}
list: [{x: 1}, {x: 2}]
empty: {}
sub: {enabled: true}
global: {g: {h: 1}}
write: false
//- templates/_h.tpl
{{ define \"labels\" }}{{ .Values.map.c }}{{ .Chart.Name }}{{ end }}
//- templates/a.yaml
a: {{ .Values.one }}
//- templates/b.yaml
b: {{ .Values.map.a.b }} {{ .Values.map.none }} {{ (.Values.none | default dict).x }}
//- templates/c.yaml
c: {{ toJson .Values.map }}
//- templates/d.yaml
d: {{ range .Values.list }}{{ .x }}{{ end }}
//- templates/e.yaml
e: {{ if .Values.empty }}yes{{ end }} {{ .Template.Name }}
//- templates/f.yaml
f: {{ include \"labels\" . }} {{ tpl \"{{ .Values.one }}\" . }}
//- templates/g.yaml
g: {{ .Values.global.g.h }} {{ .Values.sub.own }}
//- templates/r.yaml
r: {{ randBytes 2 }} {{ now | unixEpoch }}
//- charts/sub/Chart.yaml
apiVersion: v2
name: sub
version: 1.0.0
//- charts/sub/values.yaml
own: 1
//- charts/sub/templates/s.yaml
s: {{ .Values.own }} {{ .Values.global.g.h }}
//- charts/sub/templates/t.yaml
t: {{ .Release.Name }}
";

#[test]
fn a_template_is_rendered_again_when_what_it_reads_changes() {
    let again = check(
        CHART,
        &[
            "",
            "",
            "one: 2\n",
            "one: 2\nmap: {d: 1}\n",
            "one: 2\nmap: {a: {b: 2}}\n",
            "map: {none: 1}\nnone: {x: 1}\n",
            "list: [{x: 1}, {x: 3}]\n",
            "list: [{x: 1}, {x: 3}]\nempty: {k: v}\n",
            "list: 3\n",
            "sub: {own: 5}\n",
            "sub: {own: 5}\nunread: 1\n",
            "global: {g: {h: 2}}\n",
            "map: {a: {b: null}}\n",
            "map: {c: \"2\"}\n",
            "sub: {enabled: false}\n",
            "sub: {enabled: false}\n",
        ],
    );
    let expected: [&[&str]; 14] = [
        &["r"],
        &["a", "f", "r"],
        &["c", "r"],
        &["b", "c", "r"],
        &["a", "b", "c", "f", "r"],
        &["b", "c", "d", "r"],
        &["e", "r"],
        // A number of YAML cannot be ranged over: that render failed, after some templates.
        &["charts/sub/s", "d", "e", "g", "r"],
        &["r"],
        &["charts/sub/s", "g", "r"],
        &["b", "c", "charts/sub/s", "g", "r"],
        &["b", "c", "f", "r"],
        &["a", "b", "c", "d", "e", "f", "g", "r"],
        &["r"],
    ];
    assert_eq!(again, expected);
}

#[test]
fn what_templates_write_is_seen_by_those_behind_them() {
    // Templates are executed with the last name first.
    let writes = [
        "{{ $_ := set .Values \"one\" 7 }}",
        "{{ $_ := set .Values.map \"c\" 7 }}",
        "{{ $_ := set .Values.map.a \"new\" 7 }}",
        "{{ $_ := unset .Values.map \"a\" }}",
        "{{ $_ := set . \"extra\" 7 }}",
        "{{ $_ := set (first .Values.list) \"x\" 7 }}",
        "{{ $_ := mergeOverwrite .Values.map (dict \"a\" (dict \"b\" 7)) }}",
        "{{ $_ := set .Chart \"Name\" \"other\" }}",
        "{{ $_ := set .Values.global.g \"h\" 7 }}",
        "{{ $_ := set .Values \"empty\" (dict \"k\" 1) }}",
        "{{ $_ := set .Values.sub \"own\" 7 }}",
        "{{ $d := dict \"m\" .Values.map }}{{ $_ := set $d.m \"c\" 7 }}",
    ];
    let all = [
        "",
        "write: true\n",
        "write: true\n",
        "",
        "write: true\none: 3\n",
        "one: 3\n",
        "",
    ];
    for write in writes {
        for behind in ["zz", "c", "_none"] {
            let mut chart = format!(
                "{CHART}//- templates/{behind}.yaml\nz: 1\n{{{{ if .Values.write }}}}{write}{{{{ end }}}}\n"
            );
            chart.push_str("//- templates/ab.yaml\nab: {{ .extra }} {{ .Values.map.a }} {{ .Chart.Name }} {{ len . }}\n");
            check(&chart, &all);
        }
    }
}

#[test]
fn what_changes_every_time_is_only_tried_now_and_then() {
    // A file that writes as soon as it is told to, which may be while nobody looks what it reads.
    let chart = format!(
        "{CHART}//- templates/w.yaml\nw: {{{{ .Values.turn }}}}{{{{ if gt (int .Values.turn) 20 }}}}{{{{ $_ := set .Values.map \"c\" .Values.turn }}}}{{{{ end }}}}\n//- templates/v.yaml\nv: {{{{ .Values.turn }}}}\n"
    );
    let mut texts: Vec<String> = (0..80)
        .map(|turn| format!("turn: {}\n", if turn < 60 { turn } else { 7 }))
        .collect();
    texts.push("turn: 7\none: 2\n".to_owned());
    let all: Vec<&str> = texts.iter().map(String::as_str).collect();
    let again = check(&chart, &all);
    let times = |name: &str| {
        again
            .iter()
            .filter(|names| names.iter().any(|known| known == name))
            .count()
    };
    // It is known again some time after it stays the same, and what it does not reach is known all along.
    let last = &again[again.len() - 2];
    assert!(!last.iter().any(|name| name == "w"), "{last:?}");
    assert_eq!(times("w"), 60);
    assert!((62..78).contains(&times("v")), "{}", times("v"));
    assert!(times("b") < 3, "{}", times("b"));
}

#[test]
fn renders_that_fail_leave_what_is_known_as_it_is() {
    let chart =
        format!("{CHART}//- templates/ee.yaml\nee: {{{{ required \"wanted\" .Values.one }}}}\n");
    let again = check(&chart, &["", "one: \"\"\n", "", "one: \"\"\n", "one: 2\n"]);
    // What was executed before the one that failed was for other values.
    assert_eq!(
        again,
        [
            ["ee", "f", "r"].map(str::to_owned).to_vec(),
            ["a", "ee", "f", "r"].map(str::to_owned).to_vec()
        ]
    );
}

#[test]
fn any_order_of_values_gives_what_each_gives_alone() {
    let parts = [
        "one: 2\n",
        "one: null\n",
        "map: {a: {b: 3}}\n",
        "map: {a: 3}\n",
        "map: {c: null}\n",
        "list: []\n",
        "list: [{x: {y: 1}}]\n",
        "empty: {a: {}}\n",
        "sub: {own: [1]}\n",
        "sub: {enabled: false}\n",
        "sub: {global: {g: {h: 4}}}\n",
        "global: {g: null}\n",
        "global: {other: {a: 1}}\n",
        "write: true\n",
    ];
    let chart = format!(
        "{CHART}//- templates/w.yaml\n{{{{ if .Values.write }}}}{{{{ $_ := set .Values.map \"c\" 8 }}}}{{{{ end }}}}\n"
    );
    let mut state = 12345_u64;
    let mut texts = Vec::new();
    for _ in 0..120 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut text = String::new();
        let mut keys = Vec::new();
        for shift in [20, 30, 40] {
            let part = parts[(state >> shift) as usize % parts.len()];
            let key = part.split(':').next();
            if !keys.contains(&key) {
                text.push_str(part);
                keys.push(key);
            }
        }
        texts.push(text);
    }
    let all: Vec<&str> = texts.iter().map(String::as_str).collect();
    check(&chart, &all);
}

#[test]
fn what_subcharts_hand_up_is_the_same_every_time() {
    let chart = "\
//- Chart.yaml
apiVersion: v2
name: top
version: 1.0.0
dependencies:
  - {name: sub, version: 1.0.0, tags: [a], import-values: [data, {child: deep.x, parent: in}]}
  - {name: sub, alias: two, version: 1.0.0, condition: two.enabled, import-values: [none]}
//- values.yaml
in: {own: 1, list: [1]}
two: {enabled: true, deep: {x: {y: null}}}
//- templates/a.yaml
a: {{ toJson .Values }}
//- charts/sub/Chart.yaml
apiVersion: v2
name: sub
version: 1.0.0
dependencies:
  - {name: leaf, version: 1.0.0, import-values: [{child: l, parent: deep.l}]}
//- charts/sub/values.yaml
exports: {data: {up: {a: 1, b: null}, list: [{x: 1}]}}
deep: {x: {y: 2, own: 3}}
//- charts/sub/templates/s.yaml
s: {{ toJson .Values }}
//- charts/sub/charts/leaf/Chart.yaml
apiVersion: v2
name: leaf
version: 1.0.0
//- charts/sub/charts/leaf/values.yaml
l: {m: [1, {n: 2}]}
";
    let all = [
        "",
        "up: {a: 2, c: 3}\n",
        "in: {y: null}\n",
        "tags: {a: false}\n",
        "two: {enabled: false}\n",
        "sub: {deep: {x: null}, leaf: {l: {m: 1}}}\n",
        "",
        "two: {deep: {x: {y: 5}}}\nlist: []\n",
        "tags: {a: false}\ntwo: {enabled: false}\n",
        "up: null\n",
        "in: 3\n",
    ];
    check(chart, &all);
    let backwards: Vec<&str> = all.iter().rev().copied().collect();
    check(chart, &backwards);
}
