//! Multi-file fixtures: `//- /path` lines start files; text before the first one belongs to the
//! default path.

use plimsoll_source::MemoryTree;

/// Files by path, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixture {
    /// (path, text) pairs.
    pub files: Vec<(String, String)>,
}

impl Fixture {
    /// Reads a fixture. `default_path` names a text without a `//- /path` line.
    pub fn parse(default_path: &str, text: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("//- /") {
                files.push((path.trim_end().to_owned(), String::new()));
            } else if let Some((_, text)) = files.last_mut() {
                text.push_str(line);
            } else {
                files.push((default_path.to_owned(), line.to_owned()));
            }
        }
        Self { files }
    }
}

/// The memory tree of a fixture.
pub fn tree(fixture: &Fixture) -> MemoryTree {
    let mut tree = MemoryTree::new();
    for (path, text) in &fixture.files {
        tree.insert(path.as_str(), text.as_bytes());
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::Fixture;

    #[test]
    fn marked_lines_start_files() {
        let one = Fixture::parse("Dockerfile", "FROM a\nRUN b\n");
        assert_eq!(one.files, [("Dockerfile".into(), "FROM a\nRUN b\n".into())]);
        let two = Fixture::parse("x", "//- /a/b\n1\n//- /c\n2\n");
        assert_eq!(
            two.files,
            [("a/b".into(), "1\n".into()), ("c".into(), "2\n".into())]
        );
    }
}
