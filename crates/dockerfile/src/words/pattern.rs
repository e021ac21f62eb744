//! Shell patterns in `${v#p}`, `${v%p}` and `${v/p/r}`: `*`, `?` and backslash escapes.
//!
//! The reference turns a pattern into a regular expression (`*` is `.*`, lazy or greedy, `?` is
//! `.`; neither matches a line break) and takes the leftmost match.

/// One element of a pattern.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Part {
    /// `*`.
    Any,
    /// `?`.
    One,
    /// A letter.
    Char(char),
}

/// Why a pattern cannot be applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PatternFault {
    /// `\` before a letter that needs none.
    Escape(char),
    /// `\` at the end.
    Lone,
    /// Text and pattern are too long together.
    Bound,
}

/// Steps that one pattern may take.
const MAX_STEPS: usize = 1 << 18;

fn parts(pattern: impl IntoIterator<Item = char>) -> Result<Vec<Part>, PatternFault> {
    let mut chars = pattern.into_iter().peekable();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            // `\}` and `\/` are escaped for the sake of the substitution, not of the pattern.
            '\\' => match chars.next() {
                Some(c @ ('}' | '/' | '*' | '?' | '\\')) => Part::Char(c),
                Some(c) => return Err(PatternFault::Escape(c)),
                None => return Err(PatternFault::Lone),
            },
            c => Part::Char(c),
        });
    }
    Ok(parts)
}

/// A matcher for one pattern; its memory is reused from start to start.
struct Matcher<'p> {
    parts: &'p [Part],
    alive: Vec<bool>,
    next: Vec<bool>,
    steps: usize,
}

impl<'p> Matcher<'p> {
    fn new(parts: &'p [Part]) -> Self {
        let size = parts.len() + 1;
        Self {
            parts,
            alive: vec![false; size],
            next: vec![false; size],
            steps: 0,
        }
    }

    /// The end of the shortest or longest match at the start of `text`.
    ///
    /// All positions in the pattern are followed at once, so the time is the product of both
    /// lengths. For patterns of letters and wildcards the lazy and greedy matches of a
    /// backtracking search are the shortest and the longest.
    fn prefix(
        &mut self,
        text: impl Iterator<Item = char>,
        greedy: bool,
    ) -> Result<Option<usize>, PatternFault> {
        let last = self.parts.len();
        self.alive.fill(false);
        self.alive[0] = true;
        close(self.parts, &mut self.alive);
        let mut best = self.alive[last].then_some(0);
        let mut length = 0;
        for c in text {
            if best.is_some() && !greedy {
                break;
            }
            self.steps += self.parts.len() + 1;
            if self.steps > MAX_STEPS {
                return Err(PatternFault::Bound);
            }
            self.next.fill(false);
            let mut any = false;
            for (n, part) in self.parts.iter().enumerate() {
                if !self.alive[n] {
                    continue;
                }
                let target = match part {
                    Part::Any if c != '\n' => n,
                    Part::One if c != '\n' => n + 1,
                    Part::Char(want) if *want == c => n + 1,
                    _ => continue,
                };
                self.next[target] = true;
                any = true;
            }
            if !any {
                break;
            }
            close(self.parts, &mut self.next);
            std::mem::swap(&mut self.alive, &mut self.next);
            length += c.len_utf8();
            if self.alive[last] {
                best = Some(length);
            }
        }
        Ok(best)
    }
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
pub(super) fn trim_prefix<'a>(
    pattern: &str,
    text: &'a str,
    greedy: bool,
) -> Result<&'a str, PatternFault> {
    let parts = parts(pattern.chars())?;
    let end = Matcher::new(&parts).prefix(text.chars(), greedy)?;
    Ok(&text[end.unwrap_or(0)..])
}

/// `${v%p}` and `${v%%p}`: pattern and text are turned round, escapes keep their letter.
pub(super) fn trim_suffix<'a>(
    pattern: &str,
    text: &'a str,
    greedy: bool,
) -> Result<&'a str, PatternFault> {
    let letters: Vec<char> = pattern.chars().collect();
    let mut turned = vec![' '; letters.len()];
    let mut at = 0;
    while at < letters.len() {
        let to = letters.len() - 1 - at;
        if letters[at] == '\\' && to > 0 {
            turned[to - 1] = '\\';
            turned[to] = letters[at + 1];
            at += 2;
        } else {
            turned[to] = letters[at];
            at += 1;
        }
    }
    let parts = parts(turned)?;
    let length = Matcher::new(&parts).prefix(text.chars().rev(), greedy)?;
    Ok(&text[..text.len() - length.unwrap_or(0)])
}

/// `${v/p/r}` and `${v//p/r}`: leftmost, longest.
pub(super) fn replace(
    pattern: &str,
    text: &str,
    with: &str,
    all: bool,
    limit: usize,
) -> Result<String, PatternFault> {
    let parts = parts(pattern.chars())?;
    let mut matcher = Matcher::new(&parts);
    let mut out = String::new();
    let mut at = 0;
    let mut copied = 0;
    // An empty match right after another match does not count.
    let mut last_end = None;
    while at <= text.len() {
        if out.len() > limit {
            return Err(PatternFault::Bound);
        }
        let step = text[at..].chars().next().map_or(1, char::len_utf8);
        let Some(length) = matcher.prefix(text[at..].chars(), true)? else {
            at += step;
            continue;
        };
        let end = at + length;
        if length > 0 || last_end != Some(at) {
            out.push_str(&text[copied..at]);
            if all {
                template(with, &text[at..end], &mut out);
            } else {
                out.push_str(with);
            }
            copied = end;
            if !all {
                break;
            }
        }
        last_end = Some(end);
        at = if length > 0 { end } else { at + step };
    }
    out.push_str(&text[copied..]);
    Ok(out)
}

/// The replacement of `//`: the reference takes `$0` for the match, other `$name` for groups
/// (there are none, so nothing stands there) and `$$` for a dollar.
fn template(with: &str, matched: &str, out: &mut String) {
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (braced, inner) = match rest.strip_prefix('{') {
            Some(inner) => (true, inner),
            None => (false, rest),
        };
        let len = inner
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(inner.len());
        let name = &inner[..len];
        let after = &inner[len..];
        let after = if braced {
            after.strip_prefix('}')
        } else {
            Some(after)
        };
        match after {
            Some(after) if !name.is_empty() => {
                if name.bytes().all(|byte| byte == b'0') && name.len() == 1 {
                    out.push_str(matched);
                }
                rest = after;
            }
            _ => out.push('$'),
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::{replace, trim_prefix, trim_suffix};

    #[test]
    fn prefixes_and_suffixes() {
        assert_eq!(trim_prefix("*-", "foo-bar-baz", false), Ok("bar-baz"));
        assert_eq!(trim_prefix("*-", "foo-bar-baz", true), Ok("baz"));
        assert_eq!(trim_suffix("-*", "foo-bar-baz", false), Ok("foo-bar"));
        assert_eq!(trim_suffix("-*", "foo-bar-baz", true), Ok("foo"));
        assert_eq!(trim_prefix("\\*", "*x", false), Ok("x"));
        assert_eq!(trim_suffix("\\?", "x?", false), Ok("x"));
        assert_eq!(trim_prefix("*", "a\nb", true), Ok("\nb"));
        assert!(trim_prefix("\\a", "a", false).is_err());
        assert!(trim_suffix("a\\", "a", false).is_err());
    }

    #[test]
    fn replacements() {
        let new = |pattern, text, with, all| replace(pattern, text, with, all, 1 << 20);
        assert_eq!(
            new("ba?", "foo-bar-baz", "X", false).as_deref(),
            Ok("foo-X-baz")
        );
        assert_eq!(
            new("ba?", "foo-bar-baz", "X", true).as_deref(),
            Ok("foo-X-X")
        );
        assert_eq!(new("", "ab", "-", true).as_deref(), Ok("-a-b-"));
        assert_eq!(new("b*", "abc", "$0$0", true).as_deref(), Ok("abcbc"));
        assert_eq!(new("b", "abc", "$1", true).as_deref(), Ok("ac"));
    }

    #[test]
    fn hostile_patterns_end() {
        let text = "a".repeat(100_000);
        let pattern = "*a".repeat(20_000);
        assert!(trim_prefix(&pattern, &text, true).is_err());
    }
}
