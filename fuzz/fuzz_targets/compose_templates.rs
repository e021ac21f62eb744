//! Any text: its variables are replaced or it is refused; text without `$` stays.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use plimsoll_compose::resolve::replaced;

fuzz_target!(|text: &str| {
    let known = BTreeMap::from([("A".to_owned(), "a".to_owned()), ("B".to_owned(), String::new())]);
    let found = replaced(text, &known);
    if !text.contains('$') {
        assert_eq!(found.as_deref(), Ok(text));
    }
    if let Ok(found) = found {
        // Doubling every `$` keeps what it stands for.
        let doubled = found.replace('$', "$$");
        assert_eq!(replaced(&doubled, &known), Ok(found));
    }
});
