//! Any text gives a tree whose ranges nest and lie on character boundaries, in either dialect.
#![no_main]

#[path = "../../crates/yaml/tests/model/mod.rs"]
#[allow(dead_code)]
mod model;
#[path = "../../crates/yaml/tests/typed/mod.rs"]
#[allow(dead_code)]
mod typed;

use libfuzzer_sys::fuzz_target;
use plimsoll_yaml::{Dialect, parse};

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Core, Dialect::GoV2] {
        model::check_tree(&parse(text, dialect));
    }
});
