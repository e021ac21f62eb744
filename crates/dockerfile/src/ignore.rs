//! `.dockerignore` with the semantics of moby/patternmatcher, and what BuildKit would transfer.
//!
//! Invariants: reading is total; a pattern that the matcher would refuse is an error with its
//! place and matches nothing; the time for one path is bounded by its length times the length
//! of the patterns, whatever stars they hold.

mod glob;
mod pattern;
mod regex;
mod walk;

use std::sync::Arc;

use plimsoll_source::TextRange;

pub use walk::{Context, ContextFile, WalkLimits, walk};

pub(crate) use glob::clean;
pub(crate) use pattern::Matcher;
pub(crate) use regex::Scratch;

/// The longest line that the builder reads, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// The most patterns that are read, and the most instructions that their regular expressions
/// may have together. Real files stay below a thousandth of either.
const MAX_PATTERNS: usize = 100_000;
const MAX_INSTRUCTIONS: usize = 1_000_000;

/// One line of a `.dockerignore`.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The line as written, trimmed.
    pub range: TextRange,
    /// The cleaned pattern, without `!`.
    pub pattern: Box<str>,
    /// `!`: takes back in.
    pub negated: bool,
    matcher: Matcher,
}

/// A parsed `.dockerignore`.
#[derive(Debug)]
pub struct Ignore {
    /// The source text.
    pub text: Arc<str>,
    /// Its patterns in order.
    pub patterns: Vec<Pattern>,
    /// Lines that the matcher would refuse, with the reason; the last one may say instead that
    /// the rest of a huge file is not read.
    pub errors: Vec<(TextRange, String)>,
}

/// Parses a `.dockerignore`. Total.
pub fn parse(text: impl Into<Arc<str>>) -> Ignore {
    let text = text.into();
    let mut patterns = Vec::new();
    let mut errors = Vec::new();
    let mut instructions = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let line_at = start;
        start += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        // Only the first line may have a byte order mark before its `#`.
        let without_mark = line
            .strip_prefix('\u{feff}')
            .filter(|_| line_at == 0)
            .unwrap_or(line);
        if without_mark.starts_with('#') {
            continue;
        }
        let trimmed = without_mark.trim();
        if trimmed.is_empty() {
            continue;
        }
        let leading = line.len() - without_mark.trim_start().len();
        let range = TextRange::at(line_at + leading, line_at + leading + trimmed.len());
        if line.len() >= MAX_LINE {
            errors.push((
                range,
                "the line is longer than the 65535 bytes that are read".to_owned(),
            ));
            continue;
        }
        if patterns.len() >= MAX_PATTERNS || instructions >= MAX_INSTRUCTIONS {
            errors.push((range, "the file has more patterns than are read".to_owned()));
            break;
        }
        match read(trimmed) {
            Ok(None) => {}
            Ok(Some((pattern, negated, matcher))) => {
                instructions += matcher.instructions();
                patterns.push(Pattern {
                    range,
                    pattern,
                    negated,
                    matcher,
                });
            }
            Err(message) => errors.push((range, message)),
        }
    }
    Ignore {
        text,
        patterns,
        errors,
    }
}

/// What a trimmed line means. The builder cleans it in two steps, one without and one with the
/// `!`, and so do we: they differ for lines such as `!/`.
fn read(line: &str) -> Result<Option<(Box<str>, bool, Matcher)>, String> {
    let (inverted, rest) = match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    let mut path = if rest.is_empty() {
        String::new()
    } else {
        clean(rest)
    };
    if path.len() > 1 && path.starts_with('/') {
        path.remove(0);
    }
    if inverted {
        path.insert(0, '!');
    }
    Matcher::read(&path)
}

/// Which patterns have matched a folder or one of those it lies in, a bit for each; by this a
/// walk knows about everything below it. Empty where none has, which is the common case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited(Box<[u64]>);

impl Inherited {
    fn contains(&self, index: usize) -> bool {
        self.0
            .get(index / 64)
            .is_some_and(|bits| bits >> (index % 64) & 1 == 1)
    }
}

/// What the patterns say about one path.
pub(crate) struct Verdict {
    pub(crate) excluded: bool,
    /// The last pattern that matched.
    pub(crate) deciding: Option<usize>,
    pub(crate) inherited: Inherited,
}

/// Asks `patterns` (negated or not, matcher) about `path`, given what they said about its
/// folder. A pattern that would change nothing is not tried, and then counts as not matching
/// for what lies below: the reference has it so.
pub(crate) fn evaluate<'a>(
    patterns: impl ExactSizeIterator<Item = (bool, &'a Matcher)>,
    path: &str,
    folder: &Inherited,
    scratch: &mut Scratch,
) -> Verdict {
    let words = patterns.len().div_ceil(64);
    let mut matched: Box<[u64]> = Box::default();
    let mut excluded = false;
    let mut deciding = None;
    for (index, (negated, matcher)) in patterns.enumerate() {
        let fits =
            folder.contains(index) || (negated == excluded && matcher.matches(path, scratch));
        if fits {
            if matched.is_empty() {
                matched = vec![0; words].into_boxed_slice();
            }
            matched[index / 64] |= 1 << (index % 64);
            excluded = !negated;
            deciding = Some(index);
        }
    }
    Verdict {
        excluded,
        deciding,
        inherited: Inherited(matched),
    }
}

impl Ignore {
    /// Whether `path` (relative to the context root, `/`-separated) is left out, parents
    /// considered (moby's `MatchesUsingParentResults`, asked from the root down as a walk does).
    pub fn excludes(&self, path: &str) -> bool {
        self.verdict(path).excluded
    }

    /// The number of the last pattern that decided about `path`, and whether it leaves it out.
    pub fn deciding(&self, path: &str) -> Option<(usize, bool)> {
        let verdict = self.verdict(path);
        verdict.deciding.map(|index| (index, verdict.excluded))
    }

    /// Whether nothing below the excluded folder `dir` can be taken back in, so that a walk may
    /// skip it.
    pub fn prunes(&self, dir: &str) -> bool {
        self.excludes(dir) && self.closes(dir, &mut Scratch::default())
    }

    /// Whether no `!` pattern can match anything below `dir`.
    fn closes(&self, dir: &str, scratch: &mut Scratch) -> bool {
        let below = format!("{dir}/");
        let mut exceptions = self.patterns.iter().filter(|pattern| pattern.negated);
        !exceptions.any(|pattern| pattern.matcher.may_match_below(&below, scratch))
    }

    fn evaluate(&self, path: &str, folder: &Inherited, scratch: &mut Scratch) -> Verdict {
        let patterns = self
            .patterns
            .iter()
            .map(|pattern| (pattern.negated, &pattern.matcher));
        evaluate(patterns, path, folder, scratch)
    }

    fn verdict(&self, path: &str) -> Verdict {
        from_the_root_down(path, |part, folder, scratch| {
            self.evaluate(part, folder, scratch)
        })
    }
}

/// Asks about every folder on the way to `path` and at last about itself.
pub(crate) fn from_the_root_down(
    path: &str,
    mut ask: impl FnMut(&str, &Inherited, &mut Scratch) -> Verdict,
) -> Verdict {
    let mut scratch = Scratch::default();
    let mut inherited = Inherited::default();
    for (slash, _) in path.match_indices('/') {
        inherited = ask(&path[..slash], &inherited, &mut scratch).inherited;
    }
    ask(path, &inherited, &mut scratch)
}

#[cfg(test)]
mod tests;
