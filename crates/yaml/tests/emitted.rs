//! What is emitted reads back as the same value, with both typings and as go-yaml reads it.

#[path = "emitted/mod.rs"]
mod emitted;

use emitted::{check, made};

const PARTS: [&str; 40] = [
    "a",
    "b",
    "word",
    " ",
    "  ",
    "\n",
    "\n\n",
    ": ",
    " #",
    "#",
    "'",
    "\"",
    "\\",
    ",",
    "[",
    "]",
    "{",
    "}",
    "-",
    "?",
    "- ",
    "1",
    "0",
    ".",
    "_",
    ":",
    "é",
    "日",
    "😀",
    "\t",
    "yes",
    "null",
    "~",
    "%",
    "@",
    "the quick brown fox jumps over the lazy dog ",
    "0x1",
    "1e3",
    "---",
    "|",
];

/// splitmix64
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % n as u64) as usize
    }
}

#[test]
fn what_is_emitted_reads_back_as_the_same() {
    for seed in 0..4000 {
        let mut random = Random(seed);
        let texts: Vec<String> = (0..8)
            .map(|_| {
                let count = random.below(12);
                (0..count)
                    .map(|_| PARTS[random.below(PARTS.len())])
                    .collect()
            })
            .collect();
        let shape: Vec<u8> = (0..40).map(|_| random.below(256) as u8).collect();
        check(&made(&mut shape.iter(), &texts, 5));
    }
}
