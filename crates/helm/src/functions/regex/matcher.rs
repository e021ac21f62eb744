//! Matching as Go's package regexp does it: over characters, where each byte that is no UTF-8
//! counts as `U+FFFD`, and the leftmost match first.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use plimsoll_gotmpl::{Call, CallError, unicode};
use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::Hir;

use super::ascii;
use super::groups::too_large;
use super::syntax;

/// Bytes that the automaton of an expression may take.
const MAX_AUTOMATON: usize = 16 << 20;
/// Bytes that matching may take for what it remembers.
const MAX_CACHE: usize = 2 << 20;

/// An expression of this size is no larger than [`MAX_AUTOMATON`] whatever it says, so that it need
/// not be built to know whether it can be: an instruction of a class takes less than 100 KB.
const SMALL: u64 = 64;

/// A compiled expression. Automata are built for the texts that they are asked of: of the characters
/// of classes few are ASCII, and so are nearly all texts.
pub(crate) struct Regex {
    text: Vec<u8>,
    hir: Hir,
    for_ascii: OnceLock<Option<meta::Regex>>,
    for_all: OnceLock<Option<meta::Regex>>,
    names: Vec<Vec<u8>>,
    size: u64,
}

impl Regex {
    /// Compiles an expression; the error has Go's text.
    pub(crate) fn new(text: &[u8]) -> Result<Self, String> {
        let parsed = syntax::parse(text)?;
        let regex = Self {
            text: text.to_vec(),
            hir: parsed.hir,
            for_ascii: OnceLock::new(),
            for_all: OnceLock::new(),
            names: parsed.names,
            size: parsed.size,
        };
        if regex.size > SMALL && regex.for_all().is_none() {
            return Err(too_large(text));
        }
        Ok(regex)
    }

    fn for_all(&self) -> Option<&meta::Regex> {
        self.for_all.get_or_init(|| built(&self.hir)).as_ref()
    }

    /// The automaton for a text.
    fn automaton(&self, is_ascii: bool) -> Option<&meta::Regex> {
        if !is_ascii || self.for_all.get().is_some() {
            return self.for_all();
        }
        let build = || built(&ascii::only(&self.hir));
        self.for_ascii.get_or_init(build).as_ref()
    }

    /// Whether it matches anywhere in a text; for hosts, which count no steps.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let automaton = self.automaton(text.is_ascii());
        automaton.is_some_and(|automaton| automaton.is_match(text))
    }

    /// The groups of this name, which may be several.
    pub(super) fn groups<'r>(&'r self, name: &'r [u8]) -> impl Iterator<Item = usize> + 'r {
        let named = self.names.iter().enumerate();
        named
            .filter(move |(_, known)| *known == name)
            .map(|(index, _)| index)
    }

    /// How many groups there are, the whole match included.
    pub(super) fn group_count(&self) -> usize {
        self.names.len()
    }
}

/// The automaton of an expression, unless it is too large.
fn built(hir: &Hir) -> Option<meta::Regex> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(MAX_AUTOMATON))
        .hybrid_cache_capacity(MAX_CACHE);
    let mut builder = meta::Builder::new();
    builder.configure(config).build_from_hir(hir).ok()
}

/// A match: the range of the whole and of each group.
pub(super) struct Match {
    pub(super) range: Range<usize>,
    groups: Vec<Option<Range<usize>>>,
}

impl Match {
    /// What a group matched.
    pub(super) fn group(&self, index: usize) -> Option<Range<usize>> {
        self.groups.get(index).cloned().flatten()
    }
}

/// A text to search in.
pub(super) struct Haystack<'t> {
    original: &'t [u8],
    text: Cow<'t, str>,
    is_ascii: bool,
    /// Where invalid bytes were: their offset in the text and in the original.
    invalid: Vec<(usize, usize)>,
}

impl<'t> Haystack<'t> {
    pub(super) fn new(original: &'t [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(original) {
            return Self {
                original,
                text: Cow::Borrowed(text),
                is_ascii: text.is_ascii(),
                invalid: Vec::new(),
            };
        }
        let mut text = String::with_capacity(original.len() + 16);
        let mut invalid = Vec::new();
        let mut at = 0;
        while at < original.len() {
            let (code, width) = unicode::decode(&original[at..]);
            if code == unicode::REPLACEMENT && width == 1 {
                invalid.push((text.len(), at));
            }
            text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            at += width;
        }
        Self {
            original,
            text: Cow::Owned(text),
            is_ascii: false,
            invalid,
        }
    }

    /// The bytes that are searched.
    pub(super) fn original(&self) -> &'t [u8] {
        self.original
    }

    fn to_original(&self, at: usize) -> usize {
        // Each invalid byte before is two bytes longer in the text.
        let before = self.invalid.partition_point(|&(text, _)| text < at);
        at - 2 * before
    }

    fn to_text(&self, at: usize) -> usize {
        let before = self.invalid.partition_point(|&(_, original)| original < at);
        at + 2 * before
    }

    /// The first match from `from` on.
    pub(super) fn find(
        &self,
        call: &mut Call<'_>,
        regex: &Regex,
        from: usize,
    ) -> Result<Option<Match>, CallError> {
        let automaton = regex.automaton(self.is_ascii);
        let automaton = automaton.ok_or_else(|| too_large(&regex.text))?;
        let mut captures = automaton.create_captures();
        let start = self.to_text(from);
        let input = Input::new(&*self.text)
            .span(start..self.text.len())
            .anchored(Anchored::No);
        automaton.search_captures(&input, &mut captures);
        let end = captures
            .get_match()
            .map_or(self.text.len(), |found| found.end());
        // At worst every instruction looks at every character.
        let passed = (end.saturating_sub(start) + 1) as u64;
        call.charge_steps(passed.saturating_mul(regex.size.min(1 << 20) + 16) / 256 + 1)?;
        call.charge_bytes(64 + regex.group_count() * 32)?;
        Ok(self.found(&captures, regex.group_count()))
    }

    fn found(&self, captures: &Captures, count: usize) -> Option<Match> {
        let of = |index: usize| {
            let span = captures.get_group(index)?;
            Some(self.to_original(span.start)..self.to_original(span.end))
        };
        Some(Match {
            range: of(0)?,
            groups: (0..count).map(of).collect(),
        })
    }

    fn width_at(&self, at: usize) -> usize {
        unicode::decode(&self.original[at..]).1
    }

    /// At most `limit` matches, one behind the other (`FindAll`).
    pub(super) fn find_all(
        &self,
        call: &mut Call<'_>,
        regex: &Regex,
        limit: usize,
    ) -> Result<Vec<Match>, CallError> {
        let mut all = Vec::new();
        let (mut at, mut last_end) = (0, None);
        while all.len() < limit && at <= self.original.len() {
            let Some(found) = self.find(call, regex, at)? else {
                break;
            };
            let Range { start, end } = found.range;
            let mut accept = true;
            if end == at {
                // An empty match right behind another one does not count.
                accept = last_end != Some(start);
                at += self.width_at(at).max(1);
            } else {
                at = end;
            }
            last_end = Some(end);
            if accept {
                all.push(found);
            }
        }
        Ok(all)
    }

    /// The matches that `ReplaceAll` replaces, and those only that it replaces.
    pub(super) fn to_replace(
        &self,
        call: &mut Call<'_>,
        regex: &Regex,
    ) -> Result<Vec<Match>, CallError> {
        let mut all: Vec<Match> = Vec::new();
        let (mut at, mut last_end) = (0, 0);
        while at <= self.original.len() {
            let Some(found) = self.find(call, regex, at)? else {
                break;
            };
            let Range { start, end } = found.range;
            // An empty match right behind another one is skipped.
            let accept = end > last_end || start == 0;
            last_end = end;
            let width = self.width_at(at);
            at = if at + width > end {
                at + width
            } else {
                end.max(at + 1)
            };
            if accept {
                all.push(found);
            }
            if width == 0 {
                break;
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_expressions_are_never_too_large() {
        for text in [
            r"\PL{60}",
            r"(?i)\pL{60}",
            r"(?s).{60}",
            r"[^\pL\pN]{20}\PM{20}x{20}",
        ] {
            let regex = Regex::new(text.as_bytes()).expect(text);
            assert!(regex.size <= SMALL, "{text}: {}", regex.size);
            assert!(regex.for_all().is_some(), "{text}");
        }
    }

    #[test]
    fn texts_in_ascii_are_matched_as_others_are() {
        let texts = [
            "",
            "a",
            "-a.b-",
            "A_b 9",
            "x\ny",
            "aaab",
            "\0\x7f",
            "no-match;",
            "((k))",
        ];
        for expression in [
            r"[^/]+",
            r"\W",
            r"(?i)K",
            r"(?i)[^k]+$",
            r"\PL*?",
            r"[^\x00-\x7F]",
            r"(a|[é-ü])+b?",
            r"é*a",
            r"(?m)^.?$",
            r"\bb|\B-",
            r"[^a-z\d\-]+-?",
            r"(?:[^é]{2})+",
            r"x{0}(é)?",
            r"(é){0,2}(b|$)",
        ] {
            let regex = Regex::new(expression.as_bytes()).expect(expression);
            for text in texts {
                let captures = |automaton: &meta::Regex| {
                    let mut captures = automaton.create_captures();
                    automaton.captures(text, &mut captures);
                    (0..regex.group_count())
                        .map(|group| captures.get_group(group))
                        .collect::<Vec<_>>()
                };
                let narrow = regex.automaton(true).map(captures);
                let wide = regex.for_all().map(captures);
                assert_eq!(narrow, wide, "{expression} in {text:?}");
            }
        }
    }
}
