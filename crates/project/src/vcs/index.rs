//! Git's index (versions 2 to 4): the list of what is tracked.
//!
//! The layout is described in git's own `gitformat-index` manual. Only paths and modes are read.

/// What stands at a path in the index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A tracked file or link, or a folder with one below it.
    File,
    /// In a submodule, or in a folder that a sparse index keeps as one entry.
    Elsewhere,
}

/// The tracked paths, sorted by their bytes.
#[derive(Debug, Default)]
pub struct Index {
    /// All paths, one after the other.
    names: Vec<u8>,
    /// Where each ends, and what it is.
    ends: Vec<(u32, Entry)>,
}

impl Index {
    /// What stands at `path`, a folder included.
    pub fn get(&self, path: &str) -> Option<Entry> {
        let path = path.as_bytes();
        if let Some((_, entry)) = self.first_from(path).filter(|(name, _)| *name == path) {
            return Some(entry);
        }
        let folder = [path, b"/"].concat();
        if let Some((name, entry)) = self.first_from(&folder)
            && name.starts_with(&folder)
        {
            return Some(if name == folder {
                Entry::Elsewhere
            } else {
                entry
            });
        }
        // A submodule is entered under its name, a sparse folder with a slash after it.
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        slashes.map(|(at, _)| at).find_map(|at| {
            let within = |end: usize| {
                self.first_from(&path[..end])
                    .is_some_and(|(name, entry)| name == &path[..end] && entry == Entry::Elsewhere)
            };
            (within(at) || within(at + 1)).then_some(Entry::Elsewhere)
        })
    }

    /// The tracked paths.
    pub fn paths(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|n| self.name(n))
    }

    fn name(&self, n: usize) -> &[u8] {
        let start = n
            .checked_sub(1)
            .map_or(0, |before| self.ends[before].0 as usize);
        &self.names[start..self.ends[n].0 as usize]
    }

    /// The first entry whose path is not less than `path`.
    fn first_from(&self, path: &[u8]) -> Option<(&[u8], Entry)> {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.name(middle) < path {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let entry = self.ends.get(low)?.1;
        Some((self.name(low), entry))
    }
}

/// Reads an index. `None` if it is damaged, of an unknown version, or only names what changed
/// since another file (a split index).
pub fn parse(bytes: &[u8]) -> Option<Index> {
    // The length of a hash (SHA-1 or SHA-256) is not written in the file; with the wrong one, no
    // entry makes sense.
    [20, 32]
        .into_iter()
        .find_map(|hash| Reader { bytes, at: 0 }.index(hash))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn index(mut self, hash: usize) -> Option<Index> {
        if self.take(4)? != b"DIRC" {
            return None;
        }
        let version = self.number()?;
        let count = self.number()?;
        if !(2..=4).contains(&version) {
            return None;
        }
        let mut index = Index::default();
        let mut name: Vec<u8> = Vec::new();
        for _ in 0..count {
            let entry = self.entry(version, hash, &mut name)?;
            let last = index.ends.len().checked_sub(1).map(|last| index.name(last));
            match last.map(|last| last.cmp(&name)) {
                Some(std::cmp::Ordering::Greater) => return None,
                // The sides of a conflict stand under one path.
                Some(std::cmp::Ordering::Equal) => continue,
                _ => {}
            }
            index.names.extend_from_slice(&name);
            index
                .ends
                .push((u32::try_from(index.names.len()).ok()?, entry));
        }
        while self.bytes.len().saturating_sub(self.at) > hash {
            let signature = self.take(4)?;
            let len = self.number()? as usize;
            if signature == b"link" {
                return None;
            }
            self.take(len)?;
        }
        Some(index)
    }

    /// Reads one entry and leaves its path in `name`.
    fn entry(&mut self, version: u32, hash: usize, name: &mut Vec<u8>) -> Option<Entry> {
        let start = self.at;
        // Times, device and inode.
        self.take(24)?;
        let mode = self.number()?;
        // Owner, group, size.
        self.take(12 + hash)?;
        let flags = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        if flags & 0x4000 != 0 {
            if version == 2 {
                return None;
            }
            self.take(2)?;
        }
        if version == 4 {
            let cut = self.varint()?;
            name.truncate(name.len().checked_sub(cut)?);
            let rest = self.until_nul()?;
            name.extend_from_slice(rest);
        } else {
            let text = self.until_nul()?;
            let said = usize::from(flags & 0x0fff);
            if said != text.len().min(0x0fff) {
                return None;
            }
            name.clear();
            name.extend_from_slice(text);
            // One to eight zeros end an entry at a multiple of eight; one is read already.
            let zeros = (8 - (self.at - start) % 8) % 8;
            if self.take(zeros)?.iter().any(|byte| *byte != 0) {
                return None;
            }
        }
        if name.is_empty() || name[0] == b'/' {
            return None;
        }
        match mode >> 12 {
            0o10 | 0o12 => Some(Entry::File),
            0o16 | 0o04 => Some(Entry::Elsewhere),
            _ => None,
        }
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Git's own form of variable length: every further byte adds one before it shifts.
    fn varint(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            value = value
                .checked_add(1)?
                .checked_mul(128)?
                .checked_add(usize::from(byte & 0x7f))?;
        }
        Some(value)
    }

    fn until_nul(&mut self) -> Option<&'a [u8]> {
        let len = self
            .bytes
            .get(self.at..)?
            .iter()
            .position(|byte| *byte == 0)?;
        let text = self.take(len)?;
        self.take(1)?;
        Some(text)
    }
}

/// An index (version 2) of empty files at these paths.
pub fn write<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut paths: Vec<&str> = paths.into_iter().collect();
    paths.sort_unstable();
    paths.dedup();
    let mut bytes = b"DIRC\0\0\0\x02".to_vec();
    bytes.extend_from_slice(&(paths.len() as u32).to_be_bytes());
    for path in paths {
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 24]);
        bytes.extend_from_slice(&0o100_644_u32.to_be_bytes());
        bytes.extend_from_slice(&[0; 12 + 20]);
        bytes.extend_from_slice(&(path.len().min(0x0fff) as u16).to_be_bytes());
        bytes.extend_from_slice(path.as_bytes());
        let zeros = 8 - (bytes.len() - start) % 8;
        bytes.resize(bytes.len() + zeros, 0);
    }
    bytes.extend_from_slice(&[0; 20]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Entry, parse, write};

    #[test]
    fn what_is_written_is_read() {
        let long = "d/".repeat(3000) + "f";
        for paths in [
            vec![],
            vec!["a"],
            vec!["a", "a/b", "b-c", "b/c/d", "zebra.txt"],
            vec![&*long],
        ] {
            let index = parse(&write(paths.iter().copied())).expect("well formed");
            let read: Vec<&[u8]> = index.paths().collect();
            assert_eq!(
                read,
                paths.iter().map(|path| path.as_bytes()).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn folders_of_tracked_files_are_found() {
        let index = parse(&write(["a-b", "a/x/1", "b"])).expect("well formed");
        for (path, expected) in [
            ("a", Some(Entry::File)),
            ("a/x", Some(Entry::File)),
            ("a/x/1", Some(Entry::File)),
            ("a/x/1/2", None),
            ("a-b", Some(Entry::File)),
            ("a-", None),
            ("c", None),
            ("", None),
        ] {
            assert_eq!(index.get(path), expected, "{path}");
        }
    }

    fn entry(mode: u32, hash: usize, extended: bool, name: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 24];
        bytes.extend(mode.to_be_bytes());
        bytes.extend(vec![7; 12 + hash]);
        let flags = name.len() as u16 | if extended { 0x4000 } else { 0 };
        bytes.extend(flags.to_be_bytes());
        if extended {
            bytes.extend([0x20, 0]);
        }
        bytes.extend(name);
        bytes
    }

    fn header(version: u8, count: u8) -> Vec<u8> {
        [b"DIRC\0\0\0".as_slice(), &[version, 0, 0, 0, count]].concat()
    }

    #[test]
    fn other_hashes_submodules_and_sparse_folders_are_read() {
        let mut bytes = header(3, 3);
        for (mode, name) in [
            (0o160_000, "lib"),
            (0o040_000, "out/"),
            (0o120_000, "zlink"),
        ] {
            let mut one = entry(mode, 32, true, name.as_bytes());
            one.resize(one.len() + 8 - one.len() % 8, 0);
            bytes.extend(one);
        }
        bytes.extend([b'T', b'R', b'E', b'E', 0, 0, 0, 1, 9]);
        bytes.extend([0; 32]);
        let index = parse(&bytes).expect("well formed");
        assert_eq!(index.get("lib"), Some(Entry::Elsewhere));
        assert_eq!(index.get("lib/src/x"), Some(Entry::Elsewhere));
        assert_eq!(index.get("out"), Some(Entry::Elsewhere));
        assert_eq!(index.get("out/deep/x"), Some(Entry::Elsewhere));
        assert_eq!(index.get("zlink"), Some(Entry::File));
        assert_eq!(index.get("library"), None);
    }

    #[test]
    fn version_four_shares_beginnings() {
        let mut bytes = header(4, 3);
        let parts: [(&[u8], &[u8]); 3] = [(&[0], b"src/a"), (&[1], b"b/c"), (&[7], b"x")];
        for (cut, rest) in parts {
            bytes.extend(entry(0o100_755, 20, false, b""));
            bytes.extend(cut);
            bytes.extend(rest);
            bytes.push(0);
        }
        bytes.extend([0; 20]);
        let index = parse(&bytes).expect("well formed");
        let read: Vec<&[u8]> = index.paths().collect();
        assert_eq!(read, [&b"src/a"[..], b"src/b/c", b"x"]);
    }

    #[test]
    fn damage_is_refused_and_never_panics() {
        let good = write(["a", "dir/file", "zoo"]);
        for end in 0..good.len() - 20 {
            assert!(
                parse(&good[..end]).is_none() || end >= good.len() - 20,
                "cut at {end}"
            );
        }
        for at in 0..good.len() {
            for value in [0, 1, 0x40, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = parse(&bad);
            }
        }
        let mut unsorted = header(2, 2);
        for name in [b"b", b"a"] {
            let mut one = entry(0o100_644, 20, false, name);
            one.resize(one.len() + 8 - one.len() % 8, 0);
            unsorted.extend(one);
        }
        unsorted.extend([0; 20]);
        assert!(parse(&unsorted).is_none());
        let mut split = good;
        split.truncate(split.len() - 20);
        split.extend([b'l', b'i', b'n', b'k', 0, 0, 0, 0]);
        split.extend([0; 20]);
        assert!(parse(&split).is_none());
        let mut huge = header(2, 0);
        huge[8] = 0xff;
        assert!(parse(&huge).is_none());
    }
}
