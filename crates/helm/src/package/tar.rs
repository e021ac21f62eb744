//! Writing archives: tar in its form of POSIX, and gzip.

use miniz_oxide::deflate::compress_to_vec;

const BLOCK: usize = 512;
/// The longest name that fits a header, and the longest of the folders before it.
const NAME: usize = 100;
const PREFIX: usize = 155;

/// Writes one file after the other.
pub(super) struct Writer {
    out: Vec<u8>,
    time: u64,
}

impl Writer {
    pub(super) fn new(time: u64) -> Self {
        Self {
            out: Vec::new(),
            time,
        }
    }

    pub(super) fn file(&mut self, name: &str, data: &[u8]) {
        match split(name) {
            Some((prefix, name)) => self.header(prefix, name, b'0', data.len()),
            None => {
                // What does not fit a header is said in a record before it.
                let record = record("path", name);
                let short: String = name
                    .chars()
                    .map(|c| if c.is_ascii() { c } else { '_' })
                    .take(NAME)
                    .collect();
                self.header("", "PaxHeaders.0/path", b'x', record.len());
                self.data(record.as_bytes());
                self.header("", &short, b'0', data.len());
            }
        }
        self.data(data);
    }

    fn header(&mut self, prefix: &str, name: &str, kind: u8, size: usize) {
        let mut header = [0_u8; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, name.as_bytes());
        put(100, b"0000644\0");
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        put(124, format!("{size:011o}\0").as_bytes());
        put(136, format!("{:011o}\0", self.time).as_bytes());
        put(148, b"        ");
        put(156, &[kind]);
        put(257, b"ustar\x0000");
        put(329, b"0000000\0");
        put(337, b"0000000\0");
        put(345, prefix.as_bytes());
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.out.extend_from_slice(&header);
    }

    fn data(&mut self, data: &[u8]) {
        self.out.extend_from_slice(data);
        let whole = self.out.len().next_multiple_of(BLOCK);
        self.out.resize(whole, 0);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let end = self.out.len() + 2 * BLOCK;
        self.out.resize(end, 0);
        self.out
    }
}

/// The folders and the rest of a name, as a header has room for them.
fn split(name: &str) -> Option<(&str, &str)> {
    if !name.is_ascii() {
        return None;
    }
    if name.len() <= NAME {
        return Some(("", name));
    }
    let fits = |at: &usize| *at <= PREFIX && name.len() - at - 1 <= NAME;
    let at = name.match_indices('/').map(|(at, _)| at).find(fits)?;
    (at > 0 && at + 1 < name.len()).then(|| (&name[..at], &name[at + 1..]))
}

/// A record of an extended header: its own length counts.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while len != rest + len.to_string().len() {
        len = rest + len.to_string().len();
    }
    format!("{len} {key}={value}\n")
}

/// How hard it is tried to make it small, as Go does by itself.
const LEVEL: u8 = 6;

/// Packs bytes with the comment that Helm writes, and without a time.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    const WITH_COMMENT: u8 = 16;
    const UNKNOWN_SYSTEM: u8 = 255;
    let mut out = vec![0x1f, 0x8b, 8, WITH_COMMENT, 0, 0, 0, 0, 0, UNKNOWN_SYSTEM];
    out.extend_from_slice(b"Helm\0");
    out.extend_from_slice(&compress_to_vec(bytes, LEVEL));
    out.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::{record, split};

    #[test]
    fn long_names_are_split_where_they_fit() {
        assert_eq!(split("a/b"), Some(("", "a/b")));
        let name = format!("{}/{}", "a".repeat(60), "b".repeat(60));
        assert_eq!(split(&name), Some((&name[..60], &name[61..])));
        assert_eq!(split(&"a".repeat(101)), None);
        assert_eq!(split("ä"), None);
    }

    #[test]
    fn records_count_themselves() {
        assert_eq!(record("path", "a"), "9 path=a\n");
        assert_eq!(record("path", "ab"), "11 path=ab\n");
        let long = record("path", &"a".repeat(90));
        assert_eq!(long.len().to_string(), long[..3].trim());
    }
}
