//! Any text with any delimiters: there is a tree, and all that it names lies in the text.
#![no_main]

#[path = "../../crates/gotmpl/tests/suite/parsing.rs"]
mod parsing;

use libfuzzer_sys::fuzz_target;
use plimsoll_gotmpl::Functions;
use plimsoll_gotmpl::syntax::Delimiters;

fuzz_target!(|input: (&[u8], Option<(&str, &str)>)| {
    let (text, delimiters) = input;
    let delimiters = delimiters.map_or_else(Delimiters::default, |(left, right)| Delimiters {
        left: left.into(),
        right: right.into(),
    });
    parsing::check(text, &Functions::new(), &delimiters);
});
