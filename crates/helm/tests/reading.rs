//! What templates read of values, found without rendering: it is never less than what a render
//! uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_helm::Limits;
use plimsoll_helm::chart::{File, Loaded};
use plimsoll_helm::functions::Random;
use plimsoll_helm::reading::{Given, Reach, Reading, read};
use plimsoll_helm::render::{Capabilities, HELM_4_3_1, Origin, Release, Renderer, Request};
use plimsoll_helm::values::{Data, Item, Sources};

struct NoChance;

impl Random for NoChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

/// A chart of files: each begins with a line `//- PATH`. What is below `charts/packed/` comes out of
/// an archive.
fn chart(text: &str) -> Loaded {
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
        path: path.replace("charts/packed/", "charts/packed.tgz/").into(),
    };
    Loaded::from_files(files.into_iter().map(file).collect()).expect("the chart can be loaded")
}

fn reading(loaded: &Loaded) -> Reading {
    read(
        loaded,
        Given {
            missing: &[],
            sets: &[],
        },
    )
}

/// The paths of the values that a render used, by their keys.
fn used(loaded: &Loaded) -> Vec<String> {
    let renderer = Renderer::new(loaded.clone());
    let request = Request {
        release: Release {
            name: "rel".into(),
            namespace: "ns".into(),
            revision: 1,
            is_upgrade: false,
        },
        capabilities: Capabilities::assumed_by(&HELM_4_3_1),
        values: Item::from(Data::map()),
        sources: Sources::over(Arc::clone(&loaded.sources)),
        skip_schema: false,
        tracing: true,
        limits: Limits::default(),
        now: (0, 0),
        zone: "UTC".into(),
        random: Box::new(NoChance),
    };
    let traced = renderer.trace(request).expect("it renders");
    let mut paths = Vec::new();
    for (origin, _) in traced.sets.iter().flatten().flatten() {
        let Origin::Value(id) = origin else { continue };
        let place = traced.sources.get(*id).expect("it has a place");
        let file = traced.sources.file(place.file).expect("it is in a text");
        let path = traced.sources.path(*id);
        if file.name.ends_with("values.yaml") && !path.is_empty() {
            paths.push(path.split('[').next().unwrap_or_default().to_owned());
        }
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Asserts that what a render uses is read, and gives what is not read of `candidates`.
#[track_caller]
fn unread<'p>(text: &str, candidates: &[&'p str]) -> Vec<&'p str> {
    let loaded = chart(text);
    let reading = reading(&loaded);
    assert!(!reading.gave_up);
    let reach = |path: &str| {
        let keys: Vec<&str> = path.split('.').collect();
        reading.paths.reach(&keys).0
    };
    for path in used(&loaded) {
        assert_ne!(reach(&path), Reach::Unread, "{path}");
    }
    let is_unread = |path: &&&str| reach(path) == Reach::Unread;
    candidates.iter().filter(is_unread).copied().collect()
}

#[test]
fn ways_of_values_through_templates() {
    let left = unread(
        "//- values.yaml\na: {x: 1, y: 2}\nb: {x: 1, y: 2}\nc: {x: {n: 1, m: 2}, y: {n: 3}}\nd: {x: '{{ .Values.e.x }}'}\ne: {x: 1, y: 2}\nf: [{x: 1}]\ng: {x: 1, y: 2}\nh: {x: 1}\n\
         //- templates/_h.tpl\n\
         {{- define \"h.one\" }}{{ .x }}{{ end -}}\n\
         {{- define \"h.two\" }}{{ include \"h.one\" (index . 0) }}{{ end -}}\n\
         {{- define \"h.ctx\" }}{{ .ctx.Values.b.x }}{{ end -}}\n\
         //- templates/a.yaml\n\
         a: {{ include \"h.two\" (list .Values.a) }}\n\
         b: {{ include \"h.ctx\" (dict \"ctx\" $) }}\n\
         {{- range $k, $v := .Values.c }}\n{{ $k }}: {{ $v.n }}\n{{- end }}\n\
         d: {{ tpl .Values.d.x . }}\n\
         f: {{ (first .Values.f).x }}\n\
         {{- $g := merge (dict \"z\" 1) .Values.g }}\n\
         g: {{ $g.x }}\n",
        &[
            "a.x", "a.y", "b.y", "c.x.n", "c.x.m", "d", "e.x", "e.y", "g.y", "h",
        ],
    );
    assert_eq!(left, ["a.y", "b.y", "c.x.m", "e.y", "g.y", "h"]);
}

#[test]
fn what_is_set_leads_to_where_it_came_from() {
    let left = unread(
        "//- values.yaml\na: {x: 1}\nb: {x: 2, z: 3}\nc: {y: 4}\n\
         //- templates/z.yaml\n{{- $_ := set .Values.a \"y\" .Values.c }}\n{{- $_ := mergeOverwrite .Values.a .Values.b }}\na: 1\n\
         //- templates/a.yaml\na: {{ .Values.a.x }}{{ .Values.a.y.y }}\n",
        &["a.x", "b.x", "b.z", "c.y"],
    );
    assert_eq!(left, ["b.z"]);
}

#[test]
fn subcharts_read_their_own_part_and_globals() {
    let left = unread(
        "//- values.yaml\nsub: {x: 1, y: 2}\nglobal: {g: 1, h: 2}\n\
         //- templates/a.yaml\na: 1\n\
         //- charts/sub/Chart.yaml\napiVersion: v2\nname: sub\nversion: 1.0.0\n\
         //- charts/sub/templates/a.yaml\na: {{ .Values.x }}{{ .Values.global.g }}\n",
        &["sub.x", "sub.y", "global.g", "global.h"],
    );
    assert_eq!(left, ["sub.y", "global.h"]);
}

/// A chart in an archive has a value that its templates do not read, and a global.
#[test]
fn charts_in_archives_read_what_their_own_values_have() {
    let with = |values: &str, template: &str| {
        format!(
            "//- values.yaml\n{values}//- templates/a.yaml\na: {{{{ .Values.global.own }}}}\n\
             //- charts/packed/Chart.yaml\napiVersion: v2\nname: packed\nversion: 1.0.0\n\
             //- charts/packed/values.yaml\nx: 1\nidle: {{y: 2, open: {{}}}}\nglobal: {{g: 1}}\n\
             //- charts/packed/templates/a.yaml\na: {{{{ .Values.x }}}}{{{{ .Values.z }}}}{template}\n"
        )
    };
    let known = "packed: {idle: {y: 3, open: {any: 1}}}\nglobal: {own: 1, g: 2}\n";
    let asked = [
        "packed.idle.y",
        "packed.idle.open.any",
        "global.own",
        "global.g",
    ];
    assert_eq!(unread(&with(known, ""), &asked), [""; 0]);
    // What it does not have is looked for in its templates.
    let more = "packed: {z: 1, w: 1}\nglobal: {own: 1}\n";
    assert_eq!(
        unread(&with(more, ""), &["packed.z", "packed.w"]),
        ["packed.w"]
    );
    // So are globals that nothing else reads, by name or as a whole.
    let global = "packed: {x: 1}\nglobal: {own: 1, region: eu, zone: a}\n";
    let asked = ["global.region", "global.zone"];
    assert_eq!(unread(&with(global, ""), &asked), asked);
    let named = with(global, "{{ .Values.global.region }}{{ .Values.zoned }}");
    assert_eq!(unread(&named, &asked), ["global.zone"]);
    let whole = with(global, "{{ toYaml .Values.global }}");
    assert_eq!(unread(&whole, &asked), [""; 0]);
}

#[test]
fn what_cannot_be_known_is_read() {
    let all = ["a", "a.b"];
    for template in [
        "{{ include (printf \"%s\" .Release.Name) . }}",
        "{{ include \"not.here\" . }}",
        "{{ toYaml .Values }}",
        "{{ tpl (printf \"{{ .Values.%s }}\" .Release.Name) . }}",
        "{{ index .Values .Release.Name }}",
    ] {
        let loaded = chart(&format!(
            "//- values.yaml\na: {{b: 1}}\n//- templates/a.yaml\na: {template}\n"
        ));
        let reading = reading(&loaded);
        assert_ne!(
            reading.paths.reach(&all[..1]).0,
            Reach::Unread,
            "{template}"
        );
    }
}

#[test]
fn needs_are_what_is_used_and_not_there() {
    let loaded = chart(
        "//- values.yaml\na: {b: 1}\n//- templates/a.yaml\na: {{ .Values.a.c }}{{ .Values.a.d | default 1 }}\n",
    );
    let reading = reading(&loaded);
    let needs: Vec<String> = reading
        .needs
        .iter()
        .map(|need| need.path.join("."))
        .collect();
    assert_eq!(needs, ["a.c"]);
    assert_eq!(reading.paths.unset(), ["a.c", "a.d"]);
}

/// There are many ways from a map to another where each is laid under each; all were once walked.
#[test]
fn maps_laid_under_one_another_are_looked_at_once() {
    let names: Vec<String> = (0..30).map(|n| format!("m{n}")).collect();
    let values = names
        .iter()
        .map(|name| format!("{name}: {{own-{name}: 1}}\n"));
    let merges = names.iter().flat_map(|one| {
        let merge = move |other| format!("{{{{- $_ := merge .Values.{one} .Values.{other} }}}}\n");
        names.iter().map(merge)
    });
    let reads = (0..200).map(|n| {
        let key = n % 20;
        format!("k{n}: {{{{ index .Values.m0 \"own-m{key}\" }}}}\n")
    });
    let start = "//- values.yaml\nlast: 1\nunread: 1\n".to_owned();
    let template = "//- templates/a.yaml\n".to_owned();
    let text: String = std::iter::once(start)
        .chain(values)
        .chain([template])
        .chain(merges)
        .chain(reads)
        .collect();
    let loaded = chart(&text);
    let reading = reading(&loaded);
    assert!(!reading.gave_up);
    assert_eq!(reading.paths.reach(&["m7", "own-m7"]).0, Reach::Whole);
    assert_eq!(reading.paths.reach(&["unread"]).0, Reach::Unread);
}
