//! Any `.dockerignore`, any paths: what the walk finds is what single questions say, nothing
//! below a pruned folder is taken back in, and sources select without end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_dockerfile::ignore::{WalkLimits, parse, walk};
use plimsoll_source::MemoryTree;

fuzz_target!(|input: (&str, Vec<&str>, &str)| {
    let (text, paths, source) = input;
    let ignore = parse(text);
    for range in ignore.patterns.iter().map(|p| p.range).chain(ignore.errors.iter().map(|e| e.0)) {
        assert!(text.get(range.as_usize()).is_some_and(|line| line.trim() == line));
    }
    let mut tree = MemoryTree::new();
    for path in &paths {
        let parts: Vec<&str> =
            path.split('/').filter(|part| !matches!(*part, "" | "." | "..")).take(6).collect();
        let path = parts.join("/");
        if !path.is_empty() && plimsoll_source::Tree::kind(&tree, &path).is_none() {
            let taken = parts.len() > 1
                && (1..parts.len()).any(|n| tree.paths().any(|known| known == parts[..n].join("/")));
            if !taken {
                tree.insert(path, "x");
            }
        }
    }
    let context = walk(&tree, "", Some(&ignore), WalkLimits::default());
    let found: Vec<&str> = context.files.iter().map(|file| file.path.as_str()).collect();
    let mut expected = Vec::new();
    for path in tree.paths() {
        let excluded = ignore.excludes(path);
        assert_eq!(ignore.deciding(path).is_some_and(|(_, excluded)| excluded), excluded);
        if !excluded {
            expected.push(path);
            for (slash, _) in path.match_indices('/') {
                assert!(!ignore.prunes(&path[..slash]), "{path}");
            }
        }
    }
    assert_eq!(found, expected);
    let selected = context.select(source);
    assert!(selected.len() <= context.files.len());
    for path in found {
        if !path.contains(['*', '?', '[', '\\']) {
            assert!(context.select(path).iter().any(|file| file.path == path), "{path}");
        }
    }
});
