//! Lines of `--set` and its kin against the answers of Helm's package in
//! `tests/oracles/strvals`.

use std::collections::BTreeMap;

use plimsoll_helm::strvals::{Flag, SetError, set};
use plimsoll_helm::values::{Data, Item, Sources, Step};
use serde_json::Value;

fn read(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/strvals/");
    let text = std::fs::read_to_string(format!("{folder}{name}")).expect("committed");
    serde_json::from_str(&text).expect("JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn item(json: &Value) -> Item {
    let data = match json {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => Data::Float(number.as_f64().expect("a float")),
        Value::String(text) => Data::str(text),
        Value::Array(items) => Data::List(items.iter().map(item).collect::<Vec<_>>().into()),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (key.as_str().into(), item(value)));
            Data::Map(entries.collect::<BTreeMap<_, _>>().into())
        }
    };
    data.into()
}

/// As the oracle writes values.
fn encoded(item: &Item) -> String {
    match &item.data {
        Data::Null => "n".to_owned(),
        Data::Bool(true) => "t".to_owned(),
        Data::Bool(false) => "f".to_owned(),
        Data::Int(number) => format!("i{number}"),
        Data::Float(number) => format!("x{:x}", number.to_bits()),
        Data::Str(bytes) => quoted(std::str::from_utf8(bytes).expect("UTF-8")),
        Data::List(items) => {
            let parts: Vec<String> = items.iter().map(encoded).collect();
            format!("[{}]", parts.join(","))
        }
        Data::Map(map) => {
            let mut parts = Vec::new();
            for (key, value) in map.iter() {
                parts.push(format!("{}:{}", quoted(key), encoded(value)));
            }
            format!("{{{}}}", parts.join(","))
        }
    }
}

/// A JSON string as Go writes it.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).expect("a text");
    json.replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn file(name: &str) -> Result<Vec<u8>, String> {
    if name.starts_with("no") {
        return Err(format!("open {name}: no such file or directory"));
    }
    Ok(format!("text of {name}").into_bytes())
}

fn apply(values: &mut Item, flag: Flag, line: &str) -> Result<Sources, SetError> {
    let mut sources = Sources::default();
    set(values, flag, line, &mut sources, &mut file).map(|()| sources)
}

#[test]
fn lines_set_what_helm_sets_and_fail_in_its_words() {
    let (cases, answers) = (read("cases.json"), read("answers.json"));
    let bases: Vec<Item> = list(&cases["bases"])
        .iter()
        .map(|base| item(&serde_json::from_str(text(base)).expect("JSON")))
        .collect();
    let flag = |name: &str| {
        let mut flags = Flag::ORDER.into_iter();
        flags.find(|flag| flag.name() == name).expect("a flag")
    };
    let mut asked: Vec<(Flag, usize, &str)> = Vec::new();
    for case in list(&cases["cases"]) {
        let base = case[1].as_u64().expect("a number") as usize;
        asked.push((flag(text(&case[0])), base, text(&case[2])));
    }
    for line in list(&cases["lines"]) {
        for name in [
            "--set",
            "--set-string",
            "--set-json",
            "--set-file",
            "--set-literal",
        ] {
            asked.extend((0..bases.len()).map(|base| (flag(name), base, text(line))));
        }
    }
    let answers = list(&answers);
    assert_eq!(asked.len(), answers.len());
    let mut wrong = Vec::new();
    for ((flag, base, line), theirs) in asked.into_iter().zip(answers) {
        // Helm takes it for an object before it asks strvals.
        if flag == Flag::Json && line.starts_with('{') {
            continue;
        }
        let mut values = bases[base].clone();
        let ours = match apply(&mut values, flag, line) {
            // Helm prints no cause for JSON: that it fails must be enough.
            Err(_) if flag == Flag::Json && text(theirs).starts_with('!') => continue,
            Err(error) => format!("!{}", error.cause),
            Ok(_) if values == bases[base] => "=".to_owned(),
            Ok(_) => encoded(&values),
        };
        if ours != text(theirs) {
            wrong.push(format!(
                "{} {line:?} on {base}\n  helm: {}\n  ours: {ours}",
                flag.name(),
                text(theirs)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn errors_read_as_helm_prints_them_and_name_their_place() {
    let fail = |flag, line: &str| {
        let error = apply(&mut Data::map().into(), flag, line).expect_err(line);
        (error.to_string(), error.range.of(line).to_owned())
    };
    assert_eq!(
        fail(Flag::Set, "a.b=1,key"),
        (
            "failed parsing --set data: key \"key\" has no value".to_owned(),
            "key".to_owned()
        )
    );
    assert_eq!(
        fail(Flag::Set, "a[x]=1"),
        (
            "failed parsing --set data: error parsing index: strconv.Atoi: parsing \"x\": invalid syntax".to_owned(),
            "x".to_owned()
        )
    );
    assert_eq!(
        fail(Flag::Json, "a=[1,}"),
        (
            "failed parsing --set-json data a=[1,}".to_owned(),
            "}".to_owned()
        )
    );
    assert_eq!(
        fail(Flag::Json, "{\"a\":}"),
        (
            "failed parsing --set-json data JSON: {\"a\":}".to_owned(),
            "}".to_owned()
        )
    );
}

#[test]
fn an_object_of_json_is_merged() {
    let mut values = item(&serde_json::json!({"a": {"x": 1, "y": 2}, "b": 1}));
    apply(
        &mut values,
        Flag::Json,
        " {\"a\": {\"y\": 3, \"z\": null}} ",
    )
    .expect("sound");
    assert_eq!(
        values,
        item(&serde_json::json!({"a": {"x": 1, "y": 3, "z": null}, "b": 1}))
    );
}

#[test]
fn every_value_knows_its_bytes_and_its_path() {
    let place = |flag, line: &str, path: &[&str]| {
        let mut values = Data::map().into();
        let sources = apply(&mut values, flag, line).expect(line);
        let mut at = &values;
        for key in path {
            at = match key.parse::<usize>() {
                Ok(index) => &at.data.as_list().expect("a list")[index],
                Err(_) => at.data.get(key).expect("an entry"),
            };
        }
        let source = *sources.get(at.source).expect("a place");
        assert!(matches!(source.step, Step::Key(_) | Step::Index(_)));
        (source.range.of(line).to_owned(), sources.path(at.source))
    };
    let pair = |text: &str, path: &str| (text.to_owned(), path.to_owned());
    let line = "a.b[1].c=x\\,y,d={1, two}";
    assert_eq!(
        place(Flag::Set, line, &["a", "b", "1", "c"]),
        pair("x\\,y", "a.b[1].c").clone()
    );
    assert_eq!(place(Flag::Set, line, &["d"]), pair("{1, two}", "d"));
    assert_eq!(place(Flag::Set, line, &["d", "1"]), pair(" two", "d[1]"));
    assert_eq!(
        place(
            Flag::Json,
            "a.b={\"c\": [1, {\"d\": \"e\"}]},x=1",
            &["a", "b", "c", "1", "d"]
        ),
        pair("\"e\"", "a.b.c[1].d")
    );
    assert_eq!(
        place(Flag::Literal, "a.b=x,y=z", &["a", "b"]),
        pair("x,y=z", "a.b")
    );
}

#[test]
fn short_lines_make_no_gigabytes_and_long_ones_no_deep_recursion() {
    let many: Vec<String> = (0..200).map(|n| format!("a{n}[65536]=1")).collect();
    for line in [
        many.join(","),
        format!("a{}=1", "[65536]".repeat(100)),
        format!("a{}=1", "[0]".repeat(100_000)),
        format!("a{}=1", "[0][0][0][0][0][0][0][0].b".repeat(30)),
        format!("a={}", "[".repeat(100_000)),
        format!("a={}1{}", "[".repeat(390), "]".repeat(390)),
    ] {
        for flag in Flag::ORDER {
            let _ = apply(&mut Data::map().into(), flag, &line);
        }
    }
}
