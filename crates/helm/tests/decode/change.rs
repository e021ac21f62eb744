//! Texts made by random changes, the same as in `tests/oracles/decoding/main.go`.

#[derive(serde::Deserialize)]
pub(crate) struct Format {
    pub(crate) count: usize,
    texts: Vec<String>,
    parts: Vec<String>,
}

/// `<ff>` stands for the byte 255.
fn bytes(text: &str) -> Vec<u8> {
    let parts: Vec<&[u8]> = text.split("<ff>").map(str::as_bytes).collect();
    parts.join(&0xff)
}

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

impl Format {
    /// The texts that are written down.
    pub(crate) fn texts(&self) -> Vec<Vec<u8>> {
        self.texts.iter().map(|text| bytes(text)).collect()
    }

    /// The text of this number.
    pub(crate) fn changed(&self, number: u64) -> Vec<u8> {
        let mut random = Random(number);
        let mut text = bytes(&self.texts[random.below(self.texts.len())]);
        for _ in 0..1 + random.below(3) {
            let at = random.below(text.len() + 1);
            let end = (at + random.below(6)).min(text.len());
            let part = bytes(&self.parts[random.below(self.parts.len())]);
            match random.below(4) {
                0 => drop(text.drain(at..end)),
                1 => drop(text.splice(at..at, part)),
                2 => drop(text.splice(at..end, part)),
                _ => {
                    let from = random.below(text.len() + 1);
                    let to = (from + random.below(20)).min(text.len());
                    let copy = text[from..to].to_vec();
                    text.splice(at..at, copy);
                }
            }
        }
        text
    }
}
