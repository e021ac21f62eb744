//! Rendering one text with the functions of charts, within small limits.

use std::sync::{Arc, OnceLock};

use plimsoll_gotmpl::{Functions, Limits, Map, Options, Session, Templates, Traced, Tree};
use plimsoll_helm::functions::{Context, Random, register};

/// Chance that is the same in every run.
struct Dice(u64);

impl Random for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

/// The functions that templates can call here.
pub fn functions() -> Arc<Functions> {
    static FUNCTIONS: OnceLock<Arc<Functions>> = OnceLock::new();
    let make = || {
        let mut functions = Functions::new();
        register(&mut functions);
        Arc::new(functions)
    };
    FUNCTIONS.get_or_init(make).clone()
}

/// The output, or the error. With traces and without, it must be the same.
pub fn render(text: &str, texts: &[(&str, &str)]) -> Result<Vec<u8>, String> {
    let data = Map::new();
    for (name, text) in texts {
        data.insert(*name, *text);
    }
    let plain = render_once(text, Traced::from(deep(&data)), false);
    let traced = render_once(text, Traced::from(deep(&data)), true);
    assert_eq!(plain, traced, "{text}");
    plain
}

fn deep(data: &Map) -> Map {
    let copy = Map::new();
    for (name, entry) in data.entries() {
        copy.insert(name, entry);
    }
    copy
}

fn render_once(text: &str, dot: Traced, tracing: bool) -> Result<Vec<u8>, String> {
    let functions = functions();
    let tree = Tree::parse("main.tpl", text.as_bytes(), &*functions);
    if let Some(error) = tree.errors().first() {
        return Err(error.to_string());
    }
    let mut templates = Templates::new("set", functions);
    templates.add(tree);
    let mut context = Context::new((1_800_000_000, 5), Box::new(Dice(1)), Box::new(()));
    context.zone = "Europe/Berlin".into();
    let limits = Limits {
        steps: 2_000_000,
        bytes: 1 << 22,
        ..Limits::default()
    };
    let mut session = Session::new(
        Arc::new(templates),
        Options {
            limits,
            tracing,
            state: Some(Box::new(context)),
            ..Options::default()
        },
    );
    let output = session.render("main.tpl", dot);
    output
        .map(|output| output.bytes().to_vec())
        .map_err(|error| error.to_string())
}
