//! What `git diff` writes.

use std::ops::RangeInclusive;

use super::before::Entry;

/// A file that is different.
pub(crate) struct File {
    /// What it was; `None` for a new one.
    pub(crate) old: Option<Old>,
    /// Its path now; `None` if it is gone.
    pub(crate) new: Option<String>,
}

/// What a file was.
pub(crate) struct Old {
    pub(crate) path: String,
    pub(crate) entry: Entry,
}

/// The lines of a file that were changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Lines {
    /// All of them.
    All,
    /// These.
    Some(Vec<RangeInclusive<u32>>),
}

impl Lines {
    /// Whether one of them is from `first` to `last`.
    pub(crate) fn meet(&self, first: u32, last: u32) -> bool {
        match self {
            Self::All => true,
            Self::Some(ranges) => ranges
                .iter()
                .any(|range| *range.start() <= last && first <= *range.end()),
        }
    }
}

/// Reads `git diff --raw -z`: `:old-mode new-mode old-id new-id status`, then one path or two.
pub(crate) fn files(bytes: &[u8]) -> Vec<File> {
    let mut parts = bytes.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let Some(head) = parts.next() {
        let head = String::from_utf8_lossy(head).into_owned();
        let mut words = head.trim_start_matches(':').split(' ');
        let (Some(mode), Some(_), Some(id), Some(_), Some(status)) = (
            words.next(),
            words.next(),
            words.next(),
            words.next(),
            words.next(),
        ) else {
            continue;
        };
        let mut path = || Some(String::from_utf8_lossy(parts.next()?).into_owned());
        let Some(first) = path() else { break };
        let old = |path: &str| Old {
            path: path.to_owned(),
            entry: Entry::new(mode, id),
        };
        let file = match status.as_bytes().first() {
            Some(b'A') => File {
                old: None,
                new: Some(first),
            },
            Some(b'D') => File {
                old: Some(old(&first)),
                new: None,
            },
            Some(b'R') => File {
                old: Some(old(&first)),
                new: path(),
            },
            // A copy leaves its source alone.
            Some(b'C') => File {
                old: None,
                new: path(),
            },
            _ => File {
                old: Some(old(&first)),
                new: Some(first),
            },
        };
        found.push(file);
    }
    found
}

/// Reads `git diff -U0`: the lines of each file that are not as they were. Where lines were taken
/// away, both neighbours count.
pub(crate) fn lines(bytes: &[u8]) -> Vec<(String, Lines)> {
    let text = String::from_utf8_lossy(bytes);
    let mut found: Vec<(String, Lines)> = Vec::new();
    // A header comes before the hunks of a file; within these, lines begin with `+` and `-`.
    let mut left = 0;
    for line in text.split('\n') {
        if left > 0 {
            if line.starts_with(['+', '-']) {
                left -= 1;
            }
            continue;
        }
        if let Some(path) = line.strip_prefix("+++ ") {
            // A file that is gone has no lines; its hunks are read over.
            let path = unquoted(path.trim_end_matches('\t')).unwrap_or_default();
            let path = path.strip_prefix("b/").unwrap_or(&path).to_owned();
            found.push((path, Lines::Some(Vec::new())));
        } else if let Some((old, new)) = hunk(line) {
            left = old.1 + new.1;
            let range = match new {
                (line, 0) => line..=line + 1,
                (line, count) => line..=line + count - 1,
            };
            if let Some((_, Lines::Some(ranges))) = found.last_mut() {
                ranges.push(range);
            }
        } else if let Some(rest) = line.strip_prefix("Binary files ")
            && let Some((_, path)) = rest.split_once(" and ")
            && let Some(path) = path.strip_suffix(" differ").and_then(unquoted)
        {
            // What git takes for no text, for its attributes say so, is changed as a whole.
            let path = path.strip_prefix("b/").unwrap_or(&path).to_owned();
            found.push((path, Lines::All));
        }
    }
    found.retain(|(path, _)| !path.is_empty());
    found
}

/// `@@ -old,count +new,count @@`: line and count of both sides.
fn hunk(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let mut words = line.strip_prefix("@@ ")?.split(' ');
    let side = |word: &str, sign: char| {
        let word = word.strip_prefix(sign)?;
        let (line, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((line.parse().ok()?, count.parse().ok()?))
    };
    let old = side(words.next()?, '-')?;
    let new = side(words.next()?, '+')?;
    Some((old, new))
}

/// A path as git writes it: in quotes, with escapes as in C, where it holds unusual characters.
fn unquoted(path: &str) -> Option<String> {
    let Some(inner) = path.strip_prefix('"') else {
        return (path != "/dev/null").then(|| path.to_owned());
    };
    let mut bytes = Vec::new();
    let mut rest = inner.strip_suffix('"')?.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            high @ b'0'..=b'3' => {
                let digit = |byte: u8| (b'0'..=b'7').contains(&byte).then(|| byte - b'0');
                let (middle, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                (high - b'0') << 6 | middle << 3 | low
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Reads a list of paths, each ended by a zero.
pub(crate) fn paths(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    bytes
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Lines, files, lines, unquoted};

    #[test]
    fn files_have_what_they_were_and_what_they_are() {
        let raw = b":100644 100644 aa bb M\0a\0:000000 100644 00 bb A\0b\0:100644 000000 aa 00 D\0c\0:100644 100644 aa aa R100\0d\0e f\0";
        let shown: Vec<String> = files(raw)
            .into_iter()
            .map(|file| {
                let old = file.old.map(|old| old.path).unwrap_or_default();
                format!("{old}>{}", file.new.unwrap_or_default())
            })
            .collect();
        assert_eq!(shown, ["a>a", ">b", "c>", "d>e f"]);
        assert!(files(b"").is_empty());
        assert!(files(b":1 2").is_empty());
    }

    #[test]
    fn changed_lines_are_those_of_the_new_side() {
        let patch = b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1,2 @@ x\n-+++ b/z\n+@@ -9 +9 @@\n+y\n@@ -7,2 +8,0 @@\n-x\n-y\n\\ No newline at end of file\ndiff --git a/c b/c\n--- a/c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\nBinary files a/d and b/d differ\n";
        assert_eq!(
            lines(patch),
            [
                ("a".to_owned(), Lines::Some(vec![1..=2, 8..=9])),
                ("d".to_owned(), Lines::All),
            ]
        );
    }

    #[test]
    fn a_hunk_without_a_new_path_belongs_to_no_file() {
        let patch = b"+++ b/a\n@@ -1 +1 @@\n-x\n+y\n";
        assert_eq!(lines(patch)[0].1, Lines::Some(vec![1..=1]));
        assert!(lines(patch)[0].1.meet(1, 4));
        assert!(!lines(patch)[0].1.meet(2, 4));
    }

    #[test]
    fn unusual_paths_are_unquoted() {
        assert_eq!(
            unquoted(r#""b/a\"\\\303\251\n""#).as_deref(),
            Some("b/a\"\\é\n")
        );
        assert_eq!(unquoted("b/plain é").as_deref(), Some("b/plain é"));
        assert_eq!(unquoted("/dev/null"), None);
        assert_eq!(unquoted("\"open"), None);
    }
}
