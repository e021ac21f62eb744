//! What is emitted reads back as the same value, with both typings and as go-yaml reads it.
#![no_main]

#[path = "../../crates/yaml/tests/emitted/mod.rs"]
mod emitted;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, Vec<String>)| {
    let (shape, mut texts) = input;
    // A key is found within 1,024 characters only.
    texts.retain(|text| text.len() < 200);
    let allowed = |c: char| matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..);
    for text in &mut texts {
        text.retain(allowed);
    }
    emitted::check(&emitted::made(&mut shape.iter(), &texts, 6));
});
