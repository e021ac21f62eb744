//! What the traces of encoders promise: changing a value changes only those parts of the text
//! that name its source.

#[path = "emit/generate.rs"]
#[expect(dead_code, reason = "another test reads the counts")]
mod generate;

use std::sync::Arc;

use generate::{Generator, Input};
use plimsoll_gotmpl::trace::Source;
use plimsoll_gotmpl::{
    Functions, HostId, List, Map, Options, Session, Templates, Trace, Traced, Tree, Type, Value,
};

const CASES: &str = include_str!("../../../tests/oracles/yamlemit/cases.json");

const FUNCTIONS: [&str; 6] = [
    "toYaml",
    "toYamlPretty",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "toToml",
];

/// A change: the number of a node and what stands there instead.
type Change<'c> = Option<(u32, &'c Value)>;

/// The value with a source for each node, numbered in order, and one more for the shape of each
/// container.
fn sourced(value: &Value, next: &mut u32, change: Change<'_>) -> Traced {
    let id = *next;
    *next += 2;
    if let Some((changed, other)) = change
        && changed == id
    {
        // The numbers of what comes later stay as they are.
        sourced_parts(value, id, next, None);
        return uniform(other, Trace::of(HostId(id)));
    }
    Traced::new(
        sourced_parts(value, id, next, change),
        Trace::of(HostId(id)),
    )
}

fn sourced_parts(value: &Value, id: u32, next: &mut u32, change: Change<'_>) -> Value {
    let shape = Trace::of(HostId(id + 1));
    match value {
        Value::List(list) => {
            let items = list.items().iter();
            let items = items
                .map(|item| sourced(&item.value, next, change))
                .collect();
            List::new(Type::Any, items).with_shape(shape).into()
        }
        Value::Map(map) => {
            let copy = Map::new().with_shape(shape);
            for (key, entry) in map.entries() {
                copy.insert(key, sourced(&entry.value, next, change));
            }
            copy.into()
        }
        other => other.clone(),
    }
}

/// The value with the same source everywhere.
fn uniform(value: &Value, trace: Trace) -> Traced {
    let value = match value {
        Value::List(list) => {
            let items = list.items().iter();
            let items = items.map(|item| uniform(&item.value, trace)).collect();
            List::new(Type::Any, items).with_shape(trace).into()
        }
        Value::Map(map) => {
            let copy = Map::new().with_shape(trace);
            for (key, entry) in map.entries() {
                copy.insert(key, uniform(&entry.value, trace));
            }
            copy.into()
        }
        other => other.clone(),
    };
    Traced::new(value, trace)
}

/// Parts of a text, each with its sources; no sources if it may be any.
type Parts = Vec<(Vec<u8>, Option<Vec<u32>>)>;

fn render(templates: &Arc<Templates>, entries: Vec<(&str, Traced)>) -> Option<Parts> {
    let options = Options {
        tracing: true,
        ..Options::default()
    };
    let mut session = Session::new(templates.clone(), options);
    let dot = Map::new();
    for (name, entry) in entries {
        dot.insert(name, entry);
    }
    let output = session.render("main", Value::Map(dot).into()).ok()?;
    let bytes = output.bytes().to_vec();
    let segments = session.segments(&output);
    let parts = segments.into_iter().map(|segment| {
        let sources = session.sources(segment.trace).map(|sources| {
            let hosts = sources.into_iter().filter_map(|(source, _)| match source {
                Source::Host(HostId(id)) => Some(id),
                _ => None,
            });
            hosts.collect()
        });
        (bytes[segment.output.as_usize()].to_vec(), sources)
    });
    Some(parts.collect())
}

/// The text without the parts that name the source.
fn without(parts: &Parts, id: u32) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for (part, sources) in parts {
        if !sources.as_ref()?.contains(&id) {
            text.extend_from_slice(part);
        }
    }
    Some(text)
}

/// Whether the parts that do not name the source are in the other text, too.
fn is_kept(before: &Parts, id: u32, after: &Parts) -> bool {
    let text: Vec<u8> = after.iter().flat_map(|(part, _)| part.clone()).collect();
    before.iter().all(|(part, sources)| {
        part.is_empty()
            || sources.as_ref().is_none_or(|sources| sources.contains(&id))
            || text.windows(part.len()).any(|window| window == part)
    })
}

fn templates(text: &str) -> Arc<Templates> {
    let mut functions = Functions::new();
    plimsoll_helm::functions::register(&mut functions);
    let functions = Arc::new(functions);
    let mut templates = Templates::new("set", functions.clone());
    let tree = Tree::parse("main", text.as_bytes(), &*functions);
    assert!(tree.errors().is_empty());
    templates.add(tree);
    Arc::new(templates)
}

/// Whether the reference refuses the value: then all of the text depends on all of the value.
fn is_refused(parts: &Parts) -> bool {
    let text: Vec<u8> = parts.iter().flat_map(|(part, _)| part.clone()).collect();
    text.is_empty() || text.starts_with(b"toml: ")
}

#[test]
fn a_changed_value_changes_only_what_names_it() {
    let input: Input = serde_json::from_str(CASES).unwrap();
    let mut tried = 0;
    for function in FUNCTIONS {
        let templates = templates(&format!("{{{{ .value | {function} }}}}"));
        for seed in 0..400_u64 {
            let value = Generator::new(seed * 3, &input).value(0);
            let mut count = 0;
            let whole = sourced(&value, &mut count, None);
            let Some(before) = render(&templates, vec![("value", whole)]) else {
                continue;
            };
            let ids: Vec<u32> = (0..count).step_by(2).skip(1).take(12).collect();
            for id in ids {
                let other = Generator::new(seed * 3 + u64::from(id) + 1, &input).value(3);
                let changed = sourced(&value, &mut 0, Some((id, &other)));
                let Some(after) = render(&templates, vec![("value", changed)]) else {
                    continue;
                };
                if is_refused(&before) || is_refused(&after) {
                    continue;
                }
                tried += 1;
                let (Some(a), Some(b)) = (without(&before, id), without(&after, id)) else {
                    continue;
                };
                // TOML writes a list otherwise when its items become alike, and tables behind
                // values: then more may name the source than before, and parts may have moved,
                // but what did not name it is still there.
                let kept = function == "toToml" && is_kept(&before, id, &after);
                assert!(
                    a == b || kept,
                    "{function}, seed {seed}, source {id}:\n{}\n-----\n{}\n----- {value:?}",
                    String::from_utf8_lossy(&a),
                    String::from_utf8_lossy(&b),
                );
            }
        }
    }
    assert!(tried > 3000, "only {tried} changes");
}

#[test]
fn a_changed_part_of_a_string_changes_only_what_names_it() {
    let input: Input = serde_json::from_str(CASES).unwrap();
    let mut tried = 0;
    for function in FUNCTIONS {
        let text = format!("{{{{ dict \"key\" (print .a .b .c) \"other\" 1 | {function} }}}}");
        let templates = templates(&text);
        for seed in 0..600_u64 {
            let mut generator = Generator::new(seed, &input);
            let texts = [0; 4].map(|_| Value::from(generator.string()));
            let entries = |values: [&Value; 3]| {
                let named = ["a", "b", "c"].into_iter().zip(values).enumerate();
                let source = |(n, (name, value)): (usize, (&'static str, &Value))| {
                    (
                        name,
                        Traced::new(value.clone(), Trace::of(HostId(n as u32))),
                    )
                };
                named.map(source).collect::<Vec<_>>()
            };
            let [a, b, c, d] = &texts;
            let before = render(&templates, entries([a, b, c])).unwrap();
            let after = render(&templates, entries([a, d, c])).unwrap();
            if is_refused(&before) || is_refused(&after) {
                continue;
            }
            tried += 1;
            assert_eq!(
                without(&before, 1).map(|text| String::from_utf8_lossy(&text).into_owned()),
                without(&after, 1).map(|text| String::from_utf8_lossy(&text).into_owned()),
                "{function}, seed {seed}"
            );
        }
    }
    assert!(tried > 2000, "only {tried} changes");
}

#[test]
fn each_scalar_and_key_names_its_own_entry() {
    let templates = templates("{{ .value | toYaml }}");
    let map = Map::new().with_shape(Trace::of(HostId(1)));
    map.insert("image", Traced::new("nginx", Trace::of(HostId(2))));
    map.insert("replicas", Traced::new(3.0, Trace::of(HostId(3))));
    let whole = Traced::new(map, Trace::of(HostId(0)));
    let parts = render(&templates, vec![("value", whole)]).unwrap();
    let named: Vec<(String, Vec<u32>)> = parts
        .into_iter()
        .map(|(part, sources)| (String::from_utf8(part).unwrap(), sources.unwrap()))
        .collect();
    let wanted = [
        ("image", vec![0, 1, 2]),
        (": ", vec![0, 1, 2]),
        ("nginx\n", vec![0, 2]),
        ("replicas", vec![0, 1, 3]),
        (": ", vec![0, 1, 3]),
        ("3", vec![0, 3]),
    ];
    let mut joined: Vec<(String, Vec<u32>)> = Vec::new();
    for (part, sources) in named {
        match joined.last_mut() {
            Some((last, same)) if *same == sources => last.push_str(&part),
            _ => joined.push((part, sources)),
        }
    }
    let mut expected: Vec<(String, Vec<u32>)> = Vec::new();
    for (part, sources) in wanted {
        match expected.last_mut() {
            Some((last, same)) if *same == sources => last.push_str(part),
            _ => expected.push((part.to_owned(), sources)),
        }
    }
    assert_eq!(joined, expected);
}
