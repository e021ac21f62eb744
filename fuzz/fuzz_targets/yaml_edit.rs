//! An edit of any text that parses does what it says and changes nothing else.
#![no_main]

#[path = "../../crates/yaml/tests/model/mod.rs"]
mod model;
#[path = "../../crates/yaml/tests/typed/mod.rs"]
#[allow(dead_code)]
mod typed;

use libfuzzer_sys::fuzz_target;
use plimsoll_yaml::Dialect;

fuzz_target!(|input: (u64, bool, &str)| {
    let (choice, core, text) = input;
    let dialect = if core { Dialect::Core } else { Dialect::GoV2 };
    model::check_edit(text, dialect, choice);
});
