//! Any template over data of all types: it ends, and tracing changes nothing.
#![no_main]

#[path = "../../crates/gotmpl/tests/suite/data.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod data;
#[path = "../../crates/gotmpl/tests/suite/functions.rs"]
mod functions;
#[path = "../../crates/gotmpl/tests/suite/parsing.rs"]
mod parsing;
#[path = "../../crates/gotmpl/tests/suite/rendering.rs"]
mod rendering;
#[path = "../../crates/gotmpl/tests/suite/sourced.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod sourced;

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use plimsoll_gotmpl::{Functions, MissingKey};
use serde_json::Value;

static FUNCTIONS: LazyLock<Arc<Functions>> = LazyLock::new(|| Arc::new(functions::all()));
static DATA: LazyLock<Value> = LazyLock::new(|| {
    let cases = include_str!("../../tests/oracles/gotmpl/cases.json");
    let cases: Value = serde_json::from_str(cases).expect("JSON");
    cases["data"]["main"].clone()
});

fuzz_target!(|text: &[u8]| {
    let missing = match text.len() % 3 {
        0 => MissingKey::Default,
        1 => MissingKey::Zero,
        _ => MissingKey::Error,
    };
    rendering::check(text, &FUNCTIONS, missing, || sourced::sourced(&DATA));
});
