//! Three texts become one, line by line.

use std::ops::Range;

use super::diff::{Hunk, hunks, lines};

/// What came of merging.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// The text to stand on disk.
    pub text: String,
    /// What the next run takes as its base: what was written now, but for conflicts, which stay
    /// open until the two sides agree.
    pub base: String,
    /// Where both sides changed the same lines.
    pub conflicts: Vec<Conflict>,
}

/// Lines that both sides changed, differently.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The line of the merged text, from 1, at which the user's lines stand.
    pub line: usize,
    /// What was written last.
    pub base: String,
    /// What the user made of it, which stays.
    pub theirs: String,
    /// What would be written now.
    pub ours: String,
}

/// Merges what stands on disk (`theirs`) and what would be written now (`ours`), both made from
/// `base`.
pub fn merge(base: &str, theirs: &str, ours: &str) -> Merged {
    let (base, theirs, ours) = (lines(base), lines(theirs), lines(ours));
    let mut their_hunks = hunks(&base, &theirs).into_iter().peekable();
    let mut our_hunks = hunks(&base, &ours).into_iter().peekable();
    let mut out = Out::default();
    // How far each text has been gone through.
    let (mut at, mut at_theirs, mut at_ours) = (0, 0, 0);
    loop {
        let starts = [their_hunks.peek(), our_hunks.peek()];
        let Some(start) = starts.iter().flatten().map(|hunk| hunk.old.start).min() else {
            break;
        };
        out.keep(&base[at..start]);
        at_theirs += start - at;
        at_ours += start - at;
        // All that touches, taken together: hunks of one side reach into those of the other.
        let mut end = start;
        let (mut their_shift, mut our_shift) = (0isize, 0isize);
        loop {
            let theirs = their_hunks.next_if(|hunk| touches(hunk, start, end));
            let ours = our_hunks.next_if(|hunk| touches(hunk, start, end));
            if theirs.is_none() && ours.is_none() {
                break;
            }
            if let Some(hunk) = theirs {
                end = end.max(hunk.old.end);
                their_shift += growth(&hunk);
            }
            if let Some(hunk) = ours {
                end = end.max(hunk.old.end);
                our_shift += growth(&hunk);
            }
        }
        let span = |from: usize, shift: isize| -> Range<usize> {
            from..(from + (end - start)).wrapping_add_signed(shift)
        };
        let (in_theirs, in_ours) = (span(at_theirs, their_shift), span(at_ours, our_shift));
        out.settle(
            &base[start..end],
            &theirs[in_theirs.clone()],
            &ours[in_ours.clone()],
        );
        (at, at_theirs, at_ours) = (end, in_theirs.end, in_ours.end);
    }
    out.keep(&base[at..]);
    out.merged()
}

/// Whether a hunk overlaps the lines from `start` to `end`, or adjoins them: two sides that
/// change neighbouring lines, or put something in at the same place, may well mean the same.
fn touches(hunk: &Hunk, start: usize, end: usize) -> bool {
    hunk.old.start <= end && start <= hunk.old.end
}

fn growth(hunk: &Hunk) -> isize {
    hunk.new.len() as isize - hunk.old.len() as isize
}

#[derive(Default)]
struct Out {
    text: String,
    base: String,
    conflicts: Vec<Conflict>,
}

impl Out {
    fn keep(&mut self, lines: &[&str]) {
        self.text.extend(lines.iter().copied());
        self.base.extend(lines.iter().copied());
    }

    fn settle(&mut self, base: &[&str], theirs: &[&str], ours: &[&str]) {
        if theirs == ours || theirs == base {
            return self.keep(ours);
        }
        self.text.extend(theirs.iter().copied());
        if ours == base {
            self.base.extend(base.iter().copied());
            return;
        }
        let before = self.text.len() - theirs.iter().map(|line| line.len()).sum::<usize>();
        self.conflicts.push(Conflict {
            line: self.text[..before].matches('\n').count() + 1,
            base: base.concat(),
            theirs: theirs.concat(),
            ours: ours.concat(),
        });
        self.base.extend(base.iter().copied());
    }

    fn merged(self) -> Merged {
        Merged {
            text: self.text,
            base: self.base,
            conflicts: self.conflicts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[test]
    fn edits_apart_are_both_kept() {
        let base = "a\nb\nc\nd\ne\n";
        let merged = merge(base, "a\nmine\nb\nc\nd\ne\n", "a\nb\nc\nd\nnew\n");
        assert_eq!(merged.text, "a\nmine\nb\nc\nd\nnew\n");
        assert_eq!(merged.base, "a\nb\nc\nd\nnew\n");
        assert!(merged.conflicts.is_empty());
    }

    #[test]
    fn the_same_edit_on_both_sides_is_no_conflict() {
        let merged = merge("a\nb\n", "a\nc\n", "a\nc\n");
        assert_eq!(
            (merged.text.as_str(), merged.conflicts.len()),
            ("a\nc\n", 0)
        );
        assert_eq!(merged.base, "a\nc\n");
    }

    #[test]
    fn a_conflict_leaves_the_user_s_lines_and_stays_open() {
        let merged = merge("a\nb\nc\n", "a\nmine\nc\n", "a\nours\nc\n");
        assert_eq!(merged.text, "a\nmine\nc\n");
        let conflict = &merged.conflicts[0];
        assert_eq!((conflict.line, conflict.base.as_str()), (2, "b\n"));
        assert_eq!(
            (conflict.theirs.as_str(), conflict.ours.as_str()),
            ("mine\n", "ours\n")
        );
        let again = merge(&merged.base, &merged.text, "a\nours\nc\n");
        assert_eq!(again, merged);
        // Taking ours by hand settles it.
        let settled = merge(&merged.base, "a\nours\nc\n", "a\nours\nc\n");
        assert!(settled.conflicts.is_empty());
        assert_eq!(settled.base, "a\nours\nc\n");
    }

    #[test]
    fn a_missing_line_break_at_the_end_is_an_edit() {
        let merged = merge("a\nb\n", "a\nb", "z\na\nb\n");
        assert_eq!(merged.text, "z\na\nb");
    }
}
