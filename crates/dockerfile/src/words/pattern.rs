//! Shell patterns in `${v#p}`, `${v%p}` and `${v/p/r}`: `*`, `?` and backslash escapes.

/// One element of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Any,
    One,
    Char(char),
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut chars = pattern.chars();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => Part::Char(chars.next().unwrap_or('\\')),
            c => Part::Char(c),
        });
    }
    parts
}

/// The ends (byte offsets) at which the pattern matches a prefix of `text`, shortest or longest.
fn prefix_end(parts: &[Part], text: &str, greedy: bool) -> Option<usize> {
    // The set of pattern positions that are alive after each character: linear in text × pattern.
    let mut alive = vec![false; parts.len() + 1];
    alive[0] = true;
    close(parts, &mut alive);
    let mut best = alive[parts.len()].then_some(0);
    if best.is_some() && !greedy {
        return best;
    }
    for (at, c) in text.char_indices() {
        let mut next = vec![false; parts.len() + 1];
        let mut any = false;
        for (n, part) in parts.iter().enumerate() {
            if !alive[n] {
                continue;
            }
            let target = match part {
                Part::Any => n,
                Part::One => n + 1,
                Part::Char(want) if *want == c => n + 1,
                Part::Char(_) => continue,
            };
            next[target] = true;
            any = true;
        }
        if !any {
            return best;
        }
        close(parts, &mut next);
        alive = next;
        if alive[parts.len()] {
            best = Some(at + c.len_utf8());
            if !greedy {
                return best;
            }
        }
    }
    best
}

/// A `*` may match nothing.
fn close(parts: &[Part], alive: &mut [bool]) {
    for (n, part) in parts.iter().enumerate() {
        if alive[n] && *part == Part::Any {
            alive[n + 1] = true;
        }
    }
}

/// `${v#p}` and `${v##p}`.
pub(super) fn trim_prefix<'a>(pattern: &str, text: &'a str, greedy: bool) -> &'a str {
    prefix_end(&parts(pattern), text, greedy).map_or(text, |end| &text[end..])
}

/// `${v%p}` and `${v%%p}`.
pub(super) fn trim_suffix<'a>(pattern: &str, text: &'a str, greedy: bool) -> &'a str {
    let mut reversed = parts(pattern);
    reversed.reverse();
    let backwards: String = text.chars().rev().collect();
    match prefix_end(&reversed, &backwards, greedy) {
        Some(len) => &text[..text.len() - len],
        None => text,
    }
}

/// `${v/p/r}` and `${v//p/r}`: leftmost, longest.
pub(super) fn replace(pattern: &str, text: &str, with: &str, all: bool, limit: usize) -> String {
    let parts = parts(pattern);
    let mut out = String::new();
    let mut rest = text;
    loop {
        let found = match prefix_end(&parts, rest, true) {
            Some(0) | None => None,
            Some(end) => Some(end),
        };
        match found {
            Some(end) => {
                out.push_str(with);
                rest = &rest[end..];
                if !all || out.len() > limit {
                    break;
                }
            }
            None => {
                let Some(c) = rest.chars().next() else { break };
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out.push_str(rest);
    out
}
