//! Which lines two texts share.

use std::ops::Range;

/// Beyond this many edits the rest of two texts counts as wholly different, which bounds time and
/// memory by its square.
const MAX_EDITS: usize = 2_000;

/// Lines of one text that stand in place of lines of another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// Lines of the old text, from 0.
    pub old: Range<usize>,
    /// Lines of the new text, from 0.
    pub new: Range<usize>,
}

/// A text in lines, each with its line break.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Where two texts differ, in order, without lines that they share.
pub fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let shared_ends = old_rest.iter().rev().zip(new_rest.iter().rev());
    let tail = shared_ends.take_while(|(a, b)| a == b).count();
    let old_middle = &old_rest[..old_rest.len() - tail];
    let new_middle = &new_rest[..new_rest.len() - tail];
    let mut found: Vec<Hunk> = Vec::new();
    let (mut x, mut y) = (0, 0);
    for (from_old, from_new) in shared(old_middle, new_middle)
        .into_iter()
        .chain([(old_middle.len(), new_middle.len())])
    {
        if x < from_old || y < from_new {
            found.push(Hunk {
                old: head + x..head + from_old,
                new: head + y..head + from_new,
            });
        }
        (x, y) = (from_old + 1, from_new + 1);
    }
    found
}

/// Pairs of lines that are the same in both, in order: as many as there can be (Myers, "An O(ND)
/// difference algorithm and its variations", 1986).
fn shared(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let (n, m) = (old.len(), new.len());
    if n == 0 || m == 0 {
        return Vec::new();
    }
    let most = (n + m).min(MAX_EDITS);
    // `furthest[k + most + 1]` is how far the path on diagonal k has got in the old text.
    let mut furthest = vec![0usize; 2 * most + 3];
    let mut history: Vec<Vec<usize>> = Vec::new();
    let at = |k: isize| (k + most as isize + 1) as usize;
    for edits in 0..=most {
        let reach = edits as isize;
        history.push(furthest[at(-reach)..=at(reach)].to_vec());
        for k in (-reach..=reach).step_by(2) {
            let down = k == -reach || (k != reach && furthest[at(k - 1)] < furthest[at(k + 1)]);
            let mut x = if down {
                furthest[at(k + 1)]
            } else {
                furthest[at(k - 1)] + 1
            };
            let mut y = x.wrapping_add_signed(-k);
            // A path may leave the grid; it stays where it is and wins nothing.
            if x > n || y > m {
                furthest[at(k)] = x;
                continue;
            }
            while x < n && y < m && old[x] == new[y] {
                x += 1;
                y += 1;
            }
            furthest[at(k)] = x;
            if x == n && y == m {
                return path_back(&history, (n, m));
            }
        }
    }
    Vec::new()
}

/// The diagonal steps of the path that was found, from its end to its start.
fn path_back(history: &[Vec<usize>], end: (usize, usize)) -> Vec<(usize, usize)> {
    let (mut x, mut y) = end;
    let mut pairs = Vec::new();
    for edits in (0..history.len()).rev() {
        let reach = edits as isize;
        // What each diagonal had reached before this round.
        let before = |k: isize| {
            let index = k + reach;
            if (0..=2 * reach).contains(&index) {
                history[edits][index as usize]
            } else {
                0
            }
        };
        let diagonal = x as isize - y as isize;
        let down = diagonal == -reach
            || (diagonal != reach && before(diagonal - 1) < before(diagonal + 1));
        let from = if down { diagonal + 1 } else { diagonal - 1 };
        let from_x = if edits == 0 { 0 } else { before(from) };
        let from_y = if edits == 0 {
            0
        } else {
            from_x.wrapping_add_signed(-from)
        };
        let start_x = match (edits, down) {
            (0, _) => 0,
            (_, true) => from_x,
            (_, false) => from_x + 1,
        };
        while x > start_x && y > 0 {
            x -= 1;
            y -= 1;
            pairs.push((x, y));
        }
        (x, y) = (from_x, from_y);
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{hunks, lines};

    fn rebuilt(old: &str, new: &str) -> (String, usize) {
        let (old, new) = (lines(old), lines(new));
        let mut out = String::new();
        let mut at = 0;
        let mut edits = 0;
        for hunk in hunks(&old, &new) {
            out.extend(old[at..hunk.old.start].iter().copied());
            out.extend(new[hunk.new.clone()].iter().copied());
            edits += hunk.old.len() + hunk.new.len();
            at = hunk.old.end;
        }
        out.extend(old[at..].iter().copied());
        (out, edits)
    }

    /// Fewest lines to take out and put in, by the table of the textbook.
    fn fewest(old: &[&str], new: &[&str]) -> usize {
        let mut row: Vec<usize> = (0..=new.len()).collect();
        for (i, a) in old.iter().enumerate() {
            let mut above = std::mem::replace(&mut row[0], i + 1);
            for (j, b) in new.iter().enumerate() {
                let best = if a == b {
                    above
                } else {
                    1 + row[j].min(row[j + 1])
                };
                above = std::mem::replace(&mut row[j + 1], best);
            }
        }
        row[new.len()]
    }

    proptest! {
        #[test]
        fn hunks_lead_from_the_old_text_to_the_new_one(
            old in proptest::collection::vec("[a-d]", 0..24),
            new in proptest::collection::vec("[a-d]", 0..24),
        ) {
            let text = |words: &[String]| words.iter().map(|word| format!("{word}\n")).collect::<String>();
            let (old, new) = (text(&old), text(&new));
            let (out, edits) = rebuilt(&old, &new);
            prop_assert_eq!(out, new.clone());
            prop_assert_eq!(edits, fewest(&lines(&old), &lines(&new)));
        }
    }

    #[test]
    fn very_different_texts_are_one_hunk() {
        let old: String = (0..2500).map(|n| format!("a{n}\n")).collect();
        let new: String = (0..2500).map(|n| format!("b{n}\n")).collect();
        assert_eq!(hunks(&lines(&old), &lines(&new)).len(), 1);
    }
}
