//! Any text as a Dockerfile: nothing panics, every byte and every word has its place.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/dockerfile/tests/properties/places.rs"]
mod places;

fuzz_target!(|text: &str| places::check(text));
