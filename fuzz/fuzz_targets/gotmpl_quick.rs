//! Any text: usual actions are parsed byte by byte, and the tree is that of the parser of tokens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_gotmpl::Tree;
use plimsoll_gotmpl::syntax::FunctionNames;

/// Some functions, one of which is called as a keyword begins.
struct Known;

impl FunctionNames for Known {
    fn function(&self, name: &str) -> Option<u32> {
        let known = ["f", "include", "printf", "and", "not", "default", "end2"];
        (0..).zip(known).find(|(_, known)| *known == name).map(|(at, _)| at)
    }
}

fuzz_target!(|text: &[u8]| {
    let quick = Tree::parse("t", text, &Known);
    let slow = Tree::parse_by_tokens("t", text, &Known);
    assert_eq!(format!("{quick:?}"), format!("{slow:?}"));
});
