//! Measures what a call of the functions costs that charts use most:
//! `cargo run --release -p plimsoll-helm --example function_speed`.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::sync::Arc;
use std::time::Instant;

use plimsoll_gotmpl::{
    Functions, HostId, Map, Options, Session, Templates, Trace, Traced, Tree, Value,
};
use plimsoll_helm::functions::{Context, Random, register};

struct Zeros;

impl Random for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Each is an expression over the data.
const CALLS: [&str; 30] = [
    ".name",
    "default \"x\" .name",
    "default .name .empty",
    "quote .name",
    "squote .name",
    "indent 4 .lines",
    "nindent 8 .lines",
    "trunc 63 .name | trimSuffix \"-\"",
    "replace \"+\" \"_\" .name",
    "contains \"x\" .name",
    "dict \"a\" .name \"b\" 1",
    "list .name 1 2",
    "set .map \"k\" .name",
    "hasKey .map \"name\"",
    "get .map \"name\"",
    "merge (dict) .map",
    "mergeOverwrite (dict \"a\" 1) .map",
    "pick .map \"name\"",
    "omit .map \"name\"",
    "dig \"sub\" \"x\" \"d\" .map",
    "ternary .name \"b\" true",
    "kindIs \"map\" .map",
    "empty .map",
    "int .number",
    "join \",\" .list",
    "splitList \".\" .dotted | last",
    "b64enc .name",
    "sha256sum .lines",
    "regexReplaceAll \"[^a-z]\" .name \"-\"",
    "semverCompare \">=1.20-0\" \"1.30.2\"",
];

fn data() -> Traced {
    let mut next = 0;
    let mut source = || {
        next += 1;
        Trace::of(HostId(next))
    };
    let sub = Map::new();
    sub.insert("x", Traced::new("y", source()));
    let map = Map::new().with_id(HostId(1000)).with_shape(source());
    for key in ["name", "image", "tag", "port", "labels", "enabled"] {
        map.insert(key, Traced::new("value", source()));
    }
    map.insert("sub", Traced::new(sub, source()));
    let lines =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports: []\n".repeat(3);
    let root = Map::new();
    root.insert("name", Traced::new("my-release-name-1", source()));
    root.insert("empty", Traced::new("", source()));
    root.insert("lines", Traced::new(lines, source()));
    root.insert("number", Traced::new(8080.0, source()));
    root.insert("dotted", Traced::new("registry.example.org", source()));
    let items: Vec<Traced> = ["a", "b", "c"]
        .iter()
        .map(|item| Traced::new(*item, source()))
        .collect();
    root.insert("list", Traced::new(Value::list(items), source()));
    root.insert("map", Traced::new(map, source()));
    Traced::from(root)
}

/// Nanoseconds of a render of `count` calls; of an empty loop if the expression is empty.
fn measure(functions: &Arc<Functions>, expression: &str, count: u32, tracing: bool) -> f64 {
    let text = format!("{{{{ range until {count} }}}}{{{{ $r := {expression} }}}}{{{{ end }}}}");
    let text = text.replace(" .", " $.");
    let tree = Tree::parse("speed", text.as_bytes(), &**functions);
    assert!(tree.errors().is_empty(), "{:?}", tree.errors());
    let mut templates = Templates::new("speed", functions.clone());
    templates.add(tree);
    let templates = Arc::new(templates);
    let once = || {
        let context = Context::new((0, 0), Box::new(Zeros), Box::new(()));
        let options = Options {
            tracing,
            state: Some(Box::new(context)),
            ..Options::default()
        };
        let mut session = Session::new(templates.clone(), options);
        let start = Instant::now();
        if let Err(error) = session.render("speed", data()) {
            println!("{error}");
        }
        start.elapsed().as_secs_f64()
    };
    let best = (0..5).map(|_| once()).fold(f64::INFINITY, f64::min);
    best * 1e9 / f64::from(count)
}

fn main() {
    let mut functions = Functions::new();
    register(&mut functions);
    let functions = Arc::new(functions);
    let count = 20_000;
    let base = [true, false].map(|tracing| measure(&functions, "1", count, tracing));
    println!(
        "ns a call without and with traces; the loop itself: {:.0}",
        base[1]
    );
    for call in CALLS {
        let plain = measure(&functions, call, count, false) - base[1];
        let traced = measure(&functions, call, count, true) - base[0];
        println!("{plain:7.0} {traced:7.0}  {call}");
    }
}
