//! `fromYaml`, `fromJson`, `fromToml` and their kin end on any text without a panic, with the
//! same answer whether traces are kept or not.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use plimsoll_gotmpl::{
    Functions, HostId, Limits, Map, Options, Session, Templates, Trace, Traced, Tree, Value,
};

const NAMES: [&str; 6] = [
    "fromYaml",
    "fromYamlArray",
    "fromJson",
    "fromJsonArray",
    "mustFromJson",
    "fromToml",
];

fn answer(templates: &Arc<Templates>, text: &[u8], tracing: bool) -> Result<Vec<u8>, String> {
    let options = Options {
        limits: Limits {
            bytes: 1 << 24,
            ..Limits::default()
        },
        tracing,
        ..Options::default()
    };
    let mut session = Session::new(templates.clone(), options);
    let dot = Map::new();
    let (start, end) = text.split_at(text.len() / 2);
    for (n, part) in [start, end].into_iter().enumerate() {
        let value = Traced::new(part.to_vec(), Trace::of(HostId(n as u32)));
        dot.insert(["start", "end"][n], value);
    }
    match session.render("main", Value::Map(dot).into()) {
        Ok(output) => Ok(output.bytes().to_vec()),
        Err(error) => Err(error.to_string()),
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, text) = input;
    let name = NAMES[usize::from(choice) % NAMES.len()];
    let mut functions = Functions::new();
    plimsoll_helm::functions::register(&mut functions);
    let functions = Arc::new(functions);
    let mut templates = Templates::new("set", functions.clone());
    let source = format!("{{{{ print .start .end | {name} | toYaml }}}}");
    templates.add(Tree::parse("main", source.as_bytes(), &*functions));
    let templates = Arc::new(templates);
    let plain = answer(&templates, text, false);
    let traced = answer(&templates, text, true);
    // What tracing costs counts against the limit of bytes.
    if plain.is_ok() && traced.is_ok() {
        assert_eq!(plain, traced);
    }
});
