use plimsoll_source::{DirEntry, EntryKind, MemoryTree, Tree, TreeError};

use super::*;

fn excluded(text: &str, path: &str) -> bool {
    parse(text).excludes(path)
}

#[test]
fn the_last_matching_pattern_decides() {
    assert!(excluded("*.log\n!keep.log\n", "a.log"));
    assert!(!excluded("*.log\n!keep.log\n", "keep.log"));
    assert!(excluded("node_modules", "node_modules/a/b"));
    assert!(!excluded("node_modules", "web/node_modules/a"));
    assert!(excluded("**/node_modules", "web/node_modules/a"));
    let ignore = parse("a\n!a/b\n");
    assert_eq!(ignore.deciding("a/b/c"), Some((1, false)));
    assert_eq!(ignore.deciding("a/x"), Some((0, true)));
    assert_eq!(ignore.deciding("x"), None);
}

#[test]
fn folders_are_skipped_where_nothing_can_come_back() {
    let prunes = |text: &str, dir: &str| parse(text).prunes(dir);
    assert!(prunes("a\n", "a"));
    assert!(!prunes("a\n", "b"));
    assert!(!prunes("a\n!a/b\n", "a") && prunes("a\n!a/b\n", "a/x"));
    assert!(prunes("*\n!*.md\n", "a"));
    assert!(!prunes("*\n!**/*.md\n", "a"));
    assert!(!prunes("*\n!a/**\n", "a"));
    assert!(prunes("*\n!src/*/keep\n", "docs") && !prunes("*\n!src/*/keep\n", "src"));
    assert!(prunes("*\n!src/*/keep\n", "src/a/b/c"));
}

#[test]
fn patterns_and_errors_have_their_places() {
    let text = "\u{feff}# note\n  *.log  \r\n!keep\n!\n[a\n a\\\n# end\n #no\n/ /\n";
    let ignore = parse(text);
    let patterns: Vec<_> = ignore
        .patterns
        .iter()
        .map(|p| (p.range.of(text), &*p.pattern, p.negated))
        .collect();
    assert_eq!(
        patterns,
        [
            ("*.log", "*.log", false),
            ("!keep", "keep", true),
            ("#no", "#no", false)
        ]
    );
    let errors: Vec<_> = ignore
        .errors
        .iter()
        .map(|(range, message)| (range.of(text), message.as_str()))
        .collect();
    assert_eq!(
        errors,
        [
            ("!", "`!` stands without a pattern"),
            ("[a", "the brackets of the pattern are malformed"),
            ("a\\", "the pattern ends in a backslash"),
        ]
    );
    let long = format!("a\n{}\nb\n", "x".repeat(65_536));
    assert_eq!(parse(long.as_str()).errors.len(), 1);
    assert_eq!(parse("x".repeat(65_535)).errors.len(), 0);
}

#[test]
fn hostile_patterns_take_no_time() {
    let path = "a/".repeat(60) + "b";
    for pattern in [
        "**/".repeat(150) + "c",
        "**/a/".repeat(100) + "c",
        "*a".repeat(150) + "c",
        "a*".repeat(300) + "/[c]",
        "?*".repeat(300) + "c{1000}",
        "[a-z]*".repeat(100) + "**/x|y",
        "(".repeat(5000) + "*",
        "\\Q".repeat(1000) + "*",
    ] {
        let start = std::time::Instant::now();
        let ignore = parse(pattern.as_str());
        ignore.excludes(&path);
        ignore.prunes(&path);
        let name = "a".repeat(1000);
        ignore.excludes(&name);
        let context = Context {
            files: vec![ContextFile { path: name, len: 0 }],
            ..Context::default()
        };
        context.select(&pattern);
        assert!(
            start.elapsed().as_secs() < 30,
            "{pattern}: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn huge_files_are_read_in_part() {
    let many = parse("a\n".repeat(150_000));
    assert_eq!((many.patterns.len(), many.errors.len()), (MAX_PATTERNS, 1));
    let large = parse("x{1000}*\n".repeat(10_000));
    assert!(large.patterns.len() < 1100 && large.errors.len() == 1);
}

fn tree(paths: &[&str]) -> MemoryTree {
    let mut tree = MemoryTree::new();
    for path in paths {
        tree.insert(*path, "12345");
    }
    tree
}

fn walked(tree: &dyn Tree, root: &str, text: &str) -> Vec<String> {
    let ignore = parse(text);
    let context = walk(tree, root, Some(&ignore), WalkLimits::default());
    assert_eq!(
        context.bytes,
        context.files.iter().map(|file| file.len).sum::<u64>()
    );
    context.files.into_iter().map(|file| file.path).collect()
}

#[test]
fn a_walk_lists_what_is_left_below_its_root() {
    let tree = tree(&[
        "x/a",
        "x/b/c",
        "x/b-d",
        "x/b/k/e",
        "x/.gitignore",
        "x/.git/HEAD",
        "y/a",
    ]);
    assert_eq!(
        walked(&tree, "x", ""),
        [".git/HEAD", ".gitignore", "a", "b-d", "b/c", "b/k/e"]
    );
    assert_eq!(
        walked(&tree, "x/", "b\n!b/k\n.git*\n"),
        ["a", "b-d", "b/k/e"]
    );
    assert_eq!(walked(&tree, "", "*/b\n*/.*"), ["x/a", "x/b-d", "y/a"]);
    let context = walk(&tree, "none", None, WalkLimits::default());
    assert!(context.truncated && context.files.is_empty());
}

#[test]
fn a_walk_stops_at_its_limits() {
    let paths: Vec<String> = (0..100).map(|n| format!("{}/{}/f", n % 10, n)).collect();
    let tree = tree(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    let limited = |entries, depth| walk(&tree, "", None, WalkLimits { entries, depth });
    assert!(!limited(1000, 64).truncated);
    let stopped = limited(50, 64);
    assert!(stopped.truncated && stopped.files.len() < 100);
    assert_eq!(stopped.files, limited(50, 64).files);
    let shallow = limited(1000, 2);
    assert!(shallow.truncated && shallow.files.is_empty());
}

/// A folder that is its own child, a link, a pipe and a folder that cannot be read.
struct Odd;

impl Tree for Odd {
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        self.list(path).map(|_| Vec::new())
    }
    fn list(&self, dir: &str) -> Result<std::sync::Arc<[DirEntry]>, TreeError> {
        let entry = |name: &str, kind| DirEntry {
            name: name.into(),
            kind,
            len: 1,
        };
        if dir.ends_with("locked") {
            let kind = plimsoll_source::TreeErrorKind::Denied;
            return Err(TreeError {
                path: dir.into(),
                kind,
            });
        }
        Ok(vec![
            entry("again", EntryKind::Dir),
            entry("link", EntryKind::Link),
            entry("locked", EntryKind::Dir),
            entry("pipe", EntryKind::Other),
        ]
        .into())
    }
    fn kind(&self, _: &str) -> Option<EntryKind> {
        None
    }
}

#[test]
fn a_walk_survives_odd_trees() {
    let limits = WalkLimits {
        entries: 1000,
        depth: 3,
    };
    let context = walk(&Odd, "", None, limits);
    let paths: Vec<_> = context
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(paths, ["again/again/link", "again/link", "link"]);
    assert!(context.truncated);
    // A folder that is left out need not be readable.
    let ignore = parse("**/locked\nagain\n");
    assert!(!walk(&Odd, "", Some(&ignore), limits).truncated);
}

#[test]
fn sources_select_files_and_folders() {
    let tree = tree(&[
        "a/b/c", "a/b-c", "a/x.go", "a.go", "b.go", "d/a.go", "s p/x", "w*/x", "[q]",
    ]);
    let context = walk(&tree, "", None, WalkLimits::default());
    let select = |source: &str| -> Vec<&str> {
        context
            .select(source)
            .into_iter()
            .map(|file| file.path.as_str())
            .collect()
    };
    assert_eq!(select(".").len(), 9);
    assert_eq!(select("../.."), select("/"));
    assert_eq!(select("a"), ["a/b-c", "a/b/c", "a/x.go"]);
    assert_eq!(select("./a/b/"), ["a/b/c"]);
    assert_eq!(select("../a/../a/x.go"), ["a/x.go"]);
    assert_eq!(select("*.go"), ["a.go", "b.go"]);
    assert_eq!(select("*/*.go"), ["a/x.go", "d/a.go"]);
    assert_eq!(select("a/b*"), ["a/b-c", "a/b/c"]);
    assert_eq!(select("?/b"), ["a/b/c"]);
    assert_eq!(select("[a-b].go"), ["a.go", "b.go"]);
    assert_eq!(select("s p"), ["s p/x"]);
    assert_eq!(select("w\\*/x"), Vec::<&str>::new());
    assert_eq!(select("w\\**"), ["w*/x"]);
    assert_eq!(select("none"), Vec::<&str>::new());
    assert_eq!(select("a/["), Vec::<&str>::new());
    assert_eq!(context.file("a.go").map(|file| file.len), Some(5));
}
