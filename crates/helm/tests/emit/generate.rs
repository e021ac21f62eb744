//! Values made from a number, the same as in `tests/oracles/yamlemit/main.go`.

use plimsoll_gotmpl::{Map, Traced, Value};

#[derive(serde::Deserialize)]
pub(crate) struct Input {
    pub(crate) count: usize,
    words: Vec<String>,
    parts: Vec<String>,
    floats: Vec<String>,
    pub(crate) fixed: Vec<serde_json::Value>,
}

/// splitmix64, and what values are made of.
pub(crate) struct Generator<'i> {
    state: u64,
    input: &'i Input,
}

impl<'i> Generator<'i> {
    pub(crate) fn new(seed: u64, input: &'i Input) -> Self {
        Self { state: seed, input }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick(&mut self, list: &'i [String]) -> Vec<u8> {
        let index = self.below(list.len());
        let mut out = Vec::new();
        for (n, part) in list[index].split("<ff>").enumerate() {
            if n > 0 {
                out.push(0xff);
            }
            out.extend_from_slice(part.as_bytes());
        }
        out
    }

    fn words(&mut self, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..1 + self.below(most) {
            out.extend(self.pick(&self.input.words));
            out.push(b' ');
        }
        out
    }

    fn parts(&mut self, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..1 + self.below(most) {
            out.extend(self.pick(&self.input.parts));
        }
        out
    }

    pub(crate) fn string(&mut self) -> Vec<u8> {
        match self.below(8) {
            0 | 1 => self.pick(&self.input.words),
            2..=4 => self.parts(6),
            5 => self.words(30),
            6 => {
                let mut out = Vec::new();
                for _ in 0..1 + self.below(5) {
                    out.extend(self.parts(3));
                    out.push(b'\n');
                }
                out
            }
            _ => self.parts(40),
        }
    }

    fn key(&mut self) -> Vec<u8> {
        match self.below(16) {
            0 => self.string(),
            1..=4 => self.parts(3),
            5..=7 => self.pick(&self.input.words),
            _ => {
                let start = ["a", "b", "k", "x-", "K", "a.b"][self.below(6)];
                format!("{start}{}", self.below(30)).into_bytes()
            }
        }
    }

    pub(crate) fn value(&mut self, depth: usize) -> Value {
        let kinds = if depth >= 5 { 11 } else { 18 };
        match self.below(kinds) {
            0 => Value::Nil,
            1 => Value::Bool(self.below(2) == 0),
            2 => {
                let number = self.next() as i64;
                Value::int64(number >> self.below(64))
            }
            3 => {
                let text = self.pick(&self.input.floats);
                let text = String::from_utf8(text).expect("digits");
                Value::Float(text.parse().expect("a number"))
            }
            4 => {
                let number = self.next() as i64;
                let number = number >> self.below(64);
                Value::Float(number as f64 / (1_i64 << self.below(40)) as f64)
            }
            5..=10 => Value::from(self.string()),
            11..=13 => {
                let count = self.below(4);
                Value::list((0..count).map(|_| self.value(depth + 1).into()).collect())
            }
            _ => {
                let map = Map::new();
                for _ in 0..self.below(6) {
                    let key = self.key();
                    map.insert(key, Traced::from(self.value(depth + 1)));
                }
                map.into()
            }
        }
    }
}
