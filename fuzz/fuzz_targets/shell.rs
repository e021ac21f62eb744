//! Any script in any pieces: parsing ends, everything has its place, and the pieces change
//! nothing but the places.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_dockerfile::shell::{Piece, Script, parse};

fn texts(script: &Script) -> Vec<(Vec<&str>, Option<&str>)> {
    let words = |n: usize| script.commands[n].words.iter().map(|word| word.text()).collect();
    (0..script.commands.len()).map(|n| (words(n), script.commands[n].name())).collect()
}

fuzz_target!(|input: (&str, Vec<u8>)| {
    let (text, cuts) = input;
    let whole = parse(&[Piece { start: 0, text }], "bash", &[]);
    assert!(whole.errors.len() <= 1);
    let mut last = 0;
    for command in &whole.commands {
        assert!(command.range.end as usize <= text.len());
        assert!(last <= command.range.start, "out of order");
        last = command.range.start;
        let words = command.words.iter().chain(command.assignments.iter().map(|(_, word)| word));
        for word in words.chain(command.redirects.iter().map(|redirect| &redirect.target)) {
            assert!(command.range.covers(word.range));
            assert!(text.is_char_boundary(word.range.start as usize));
            assert!(text.is_char_boundary(word.range.end as usize));
        }
    }
    // The same text in pieces, with three bytes between each two.
    let mut pieces = Vec::new();
    let mut at = 0;
    for cut in cuts.iter().map(|cut| usize::from(*cut)).chain([text.len()]) {
        let mut end = (at + cut).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        pieces.push(Piece { start: (at + 3 * pieces.len()) as u32, text: &text[at..end] });
        at = end;
    }
    let pieced = parse(&pieces, "bash", &[]);
    assert_eq!(texts(&whole), texts(&pieced));
    let length = (text.len() + 3 * pieces.len()) as u32;
    for (a, b) in whole.commands.iter().zip(&pieced.commands) {
        assert_eq!((a.joint, a.pipeline, a.depth), (b.joint, b.pipeline, b.depth));
        assert!(a.range.start <= b.range.start && b.range.end <= length);
    }
});
