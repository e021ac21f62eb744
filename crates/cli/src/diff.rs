//! How a file changes, as a unified diff.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use plimsoll_report::escape;
use plimsoll_scaffold::merge::{Hunk, hunks};

/// Lines that are shown around a change.
const AROUND: usize = 3;

/// The difference of one file, of which `None` is one that is not there; empty where there is none.
pub(crate) fn unified(
    path: &str,
    before: Option<&str>,
    after: Option<&str>,
    color: bool,
) -> String {
    if before == after {
        return String::new();
    }
    let style = |style: Style| if color { style } else { Style::new() };
    let bold = style(Style::new().bold());
    let red = style(AnsiColor::Red.on_default());
    let green = style(AnsiColor::Green.on_default());
    let path = escape::one_line(path);
    let mut out = String::new();
    let name = |text: Option<&str>, side: &str| match text {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (from, to) = (name(before, "a"), name(after, "b"));
    let _ = write!(out, "{bold}--- {from}{bold:#}\n{bold}+++ {to}{bold:#}\n");
    let before = before.unwrap_or_default();
    let after = after.unwrap_or_default();
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut line = |sign: char, text: &str, style: Style| {
        let shown = escape::lines(text.trim_end_matches('\n'));
        let _ = writeln!(out, "{style}{sign}{shown}{style:#}");
        if !text.ends_with('\n') {
            out.push_str("\\ No newline at end of file\n");
        }
    };
    for group in groups(hunks(&old, &new)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let lead = first.old.start.min(AROUND);
        let tail = (old.len() - last.old.end).min(AROUND);
        let olds = first.old.start - lead..last.old.end + tail;
        let news = first.new.start - lead..last.new.end + tail;
        // A side without lines is counted from the line before it, as diff does.
        let start = |range: &std::ops::Range<usize>| range.start + usize::from(!range.is_empty());
        line(
            '@',
            &format!(
                "@ -{},{} +{},{} @@\n",
                start(&olds),
                olds.len(),
                start(&news),
                news.len()
            ),
            style(AnsiColor::Cyan.on_default()),
        );
        let mut at = olds.start;
        for hunk in &group {
            for text in &old[at..hunk.old.start] {
                line(' ', text, Style::new());
            }
            for text in &old[hunk.old.clone()] {
                line('-', text, red);
            }
            for text in &new[hunk.new.clone()] {
                line('+', text, green);
            }
            at = hunk.old.end;
        }
        for text in &old[at..olds.end] {
            line(' ', text, Style::new());
        }
    }
    out
}

/// Changes so near to each other that the lines between them are shown anyway.
fn groups(hunks: Vec<Hunk>) -> Vec<Vec<Hunk>> {
    let mut groups: Vec<Vec<Hunk>> = Vec::new();
    for hunk in hunks {
        let near = groups
            .last()
            .and_then(|group| group.last())
            .is_some_and(|last| hunk.old.start - last.old.end <= 2 * AROUND);
        match groups.last_mut() {
            Some(group) if near => group.push(hunk),
            _ => groups.push(vec![hunk]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::unified;

    fn diff(before: Option<&str>, after: Option<&str>) -> String {
        unified("a", before, after, false)
    }

    #[test]
    fn diffs_are_what_patch_reads() {
        assert_eq!(
            diff(None, Some("x\ny\n")),
            "--- /dev/null\n+++ b/a\n@@ -0,0 +1,2 @@\n+x\n+y\n"
        );
        assert_eq!(
            diff(Some("1\n2\n3\n4\n5\n6\n"), Some("1\n2\n3\n4\nfive\n6")),
            "--- a/a\n+++ b/a\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n-6\n+five\n+6\n\\ No newline at end of file\n"
        );
        assert_eq!(diff(Some("x\n"), Some("x\n")), "");
    }
}
