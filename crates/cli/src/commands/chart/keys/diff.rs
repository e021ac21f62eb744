//! How a file changes: the lines from the first to the last that differ, with some around them.

use std::fmt::Write;

/// Lines that are shown around what changes.
const CONTEXT: usize = 3;

/// One hunk in the unified form.
pub(super) fn unified(path: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let ends = old.iter().rev().zip(new.iter().rev());
    let tail = ends.take(rest).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(CONTEXT);
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let more = tail.min(CONTEXT);
    let mut out = format!("--- {path}\n+++ {path}\n");
    let span = |end: usize| {
        let count = end + more - from;
        let start = if count == 0 { from } else { from + 1 };
        format!("{start},{count}")
    };
    let _ = writeln!(out, "@@ -{} +{} @@", span(old_end), span(new_end));
    let mut lines = |sign: char, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(out, "{sign}{line}");
        }
    };
    lines(' ', &old[from..same]);
    lines('-', &old[same..old_end]);
    lines('+', &new[same..new_end]);
    lines(' ', &old[old_end..old_end + more]);
    out
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn what_changes_is_shown_with_its_surroundings() {
        let shown = unified(
            "f",
            "1\n2\n3\n4\n5\n6\n7\n8\n",
            "1\n2\n3\n4\nx\ny\n6\n7\n8\n",
        );
        assert_eq!(
            shown,
            "--- f\n+++ f\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+x\n+y\n 6\n 7\n 8\n"
        );
        assert_eq!(
            unified("f", "", "a\n"),
            "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n"
        );
    }
}
