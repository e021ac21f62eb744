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
    assert!(!ignore.prunes("a") && ignore.prunes("a/x") && !ignore.prunes("b"));
}
