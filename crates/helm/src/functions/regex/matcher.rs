//! Matching as Go's package regexp does it: over characters, where each byte that is no UTF-8
//! counts as `U+FFFD`, and the leftmost match first.

use std::borrow::Cow;
use std::ops::Range;

use plimsoll_gotmpl::{Call, CallError, unicode};
use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};

use super::groups::too_large;
use super::syntax;

/// Bytes that the automaton of an expression may take.
const MAX_AUTOMATON: usize = 16 << 20;
/// Bytes that matching may take for what it remembers.
const MAX_CACHE: usize = 2 << 20;

/// A compiled expression.
pub(crate) struct Regex {
    meta: meta::Regex,
    names: Vec<Vec<u8>>,
    size: u64,
}

impl Regex {
    /// Compiles an expression; the error has Go's text.
    pub(crate) fn new(text: &[u8]) -> Result<Self, String> {
        let parsed = syntax::parse(text)?;
        let config = meta::Config::new()
            .nfa_size_limit(Some(MAX_AUTOMATON))
            .hybrid_cache_capacity(MAX_CACHE);
        let meta = meta::Builder::new()
            .configure(config)
            .build_from_hir(&parsed.hir)
            .map_err(|_| too_large(text))?;
        Ok(Self {
            meta,
            names: parsed.names,
            size: parsed.size,
        })
    }

    /// Whether it matches anywhere in a text; for hosts, which count no steps.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.meta.is_match(text)
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
    /// Where invalid bytes were: their offset in the text and in the original.
    invalid: Vec<(usize, usize)>,
}

impl<'t> Haystack<'t> {
    pub(super) fn new(original: &'t [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(original) {
            return Self {
                original,
                text: Cow::Borrowed(text),
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
        let mut captures = regex.meta.create_captures();
        let start = self.to_text(from);
        let input = Input::new(&*self.text)
            .span(start..self.text.len())
            .anchored(Anchored::No);
        regex.meta.search_captures(&input, &mut captures);
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
