//! Any text: reading it as an env file ends, and every value lies within the text.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use plimsoll_compose::resolve::{VariableOrigin, env_file};

fuzz_target!(|text: &str| {
    let known = BTreeMap::from([("A".to_owned(), "a".to_owned())]);
    let Ok(variables) = env_file(text, &known) else {
        return;
    };
    for (_, variable) in variables.iter() {
        if let VariableOrigin::File(spot) = variable.origin {
            assert!(text.get(spot.range.as_usize()).is_some(), "{spot:?}");
        }
    }
});
