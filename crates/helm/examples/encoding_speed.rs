//! How fast values are encoded and texts decoded, in megabytes of text for each second:
//! `cargo run --release -p plimsoll-helm --example encoding_speed`.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use plimsoll_gotmpl::{
    Functions, HostId, Map, Options, Session, Templates, Trace, Traced, Tree, Value,
};

/// A pod template as charts have it in their values, with `containers` containers.
fn pod(containers: usize) -> Value {
    let mut next = 0;
    let mut source = |value: Value| {
        next += 1;
        Traced::new(value, Trace::of(HostId(next)))
    };
    let mut map = |entries: Vec<(&str, Value)>| {
        let map = Map::new();
        for (key, value) in entries {
            map.insert(key, source(value));
        }
        Value::Map(map)
    };
    let items = (0..containers).map(|n| {
        let resources = vec![
            ("cpu", Value::from("100m")),
            ("memory", Value::from("128Mi")),
        ];
        let limits = map(resources.clone());
        let requests = map(resources);
        let resources = map(vec![("limits", limits), ("requests", requests)]);
        let port = map(vec![
            ("containerPort", 8080.0.into()),
            ("name", "http".into()),
        ]);
        let script = "#!/bin/sh\nset -eu\nexec /bin/server --port 8080\n";
        let entries = vec![
            ("name", Value::from(format!("container-{n}"))),
            ("image", "registry.example.com/team/service:1.2.3".into()),
            ("imagePullPolicy", "IfNotPresent".into()),
            ("ports", Value::list(vec![port.into()])),
            ("resources", resources),
            (
                "args",
                Value::list(vec!["--flag=true".into_traced(), "a: b".into_traced()]),
            ),
            ("script", script.into()),
            ("readOnly", true.into()),
        ];
        map(entries).into()
    });
    Value::list(items.collect())
}

trait IntoTraced {
    fn into_traced(self) -> Traced;
}

impl IntoTraced for &str {
    fn into_traced(self) -> Traced {
        Value::from(self).into()
    }
}

fn measure(pipeline: &str, value: &Value, tracing: bool) {
    let mut functions = Functions::new();
    plimsoll_helm::functions::register(&mut functions);
    let functions = Arc::new(functions);
    let mut templates = Templates::new("set", functions.clone());
    let text =
        format!("{{{{ range $n := until 100 }}}}{{{{ $.value | {pipeline} }}}}{{{{ end }}}}");
    templates.add(Tree::parse("main", text.as_bytes(), &*functions));
    let templates = Arc::new(templates);
    let (mut bytes, mut calls, mut spent) = (0, 0, Duration::ZERO);
    while spent < Duration::from_millis(600) {
        let options = Options {
            tracing,
            ..Options::default()
        };
        let mut session = Session::new(templates.clone(), options);
        let dot = Map::new();
        dot.insert("value", Traced::from(value.clone()));
        let start = Instant::now();
        let output = session.render("main", Value::Map(dot).into());
        spent += start.elapsed();
        bytes += output.map_or(0, |output| output.bytes().len());
        calls += 100;
    }
    let seconds = spent.as_secs_f64();
    let (rate, each) = (
        bytes as f64 / 1e6 / seconds,
        seconds * 1e6 / f64::from(calls),
    );
    let traced = if tracing { "traced" } else { "plain" };
    println!("{pipeline:28} {traced:6} {rate:8.1} MB/s {each:10.2} µs/call");
}

fn main() {
    for containers in [1, 50] {
        let value = pod(containers);
        println!("{containers} containers");
        for pipeline in ["toYaml", "toYamlPretty", "toJson", "toToml"] {
            for tracing in [false, true] {
                measure(pipeline, &value, tracing);
            }
        }
        let write = |pipeline: &str| {
            let mut functions = Functions::new();
            plimsoll_helm::functions::register(&mut functions);
            let functions = Arc::new(functions);
            let mut templates = Templates::new("set", functions.clone());
            let text = format!("{{{{ . | {pipeline} }}}}");
            templates.add(Tree::parse("main", text.as_bytes(), &*functions));
            let mut session = Session::new(Arc::new(templates), Options::default());
            let output = session.render("main", value.clone().into());
            Value::from(
                output
                    .map(|output| output.bytes().to_vec())
                    .unwrap_or_default(),
            )
        };
        for (pipeline, text) in [
            ("fromYamlArray | len", write("toYaml")),
            ("fromJsonArray | len", write("toJson")),
        ] {
            let size = match &text {
                Value::Str(text) => text.len(),
                _ => 0,
            };
            print!("{size} bytes: ");
            for tracing in [false, true] {
                measure(pipeline, &text, tracing);
            }
        }
    }
}
