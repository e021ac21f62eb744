//! Origins: where a piece of text was written, and which values flowed into it.
//!
//! A rule looks at text and reports a range of it. If that text was generated (a rendered
//! chart, a built overlay), the range means nothing to the person who must act; what they need
//! is the template line and the values key. Every finding's primary place is therefore an
//! [`Origin`], made by [`crate::Files::origin`] from the reported range, and no rule needs to
//! know which kind of text it was given.

use std::sync::Arc;

use crate::text::{Place, TextRange};

/// What a value did to the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValueRole {
    /// Its content is in the text.
    Content,
    /// It decided whether the text is there at all (`if`, `range`, `with`).
    Branch,
    /// What a finding misses would have come from it, or would be there if it were another.
    Lack,
}

/// A value that flowed into generated text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ValueOrigin {
    /// The value's path as a user writes it, such as `image.tag`.
    pub path: Arc<str>,
    /// Where the value was set; `None` when it came from no file (`--set`, a built-in).
    pub place: Option<Place>,
    /// What it did.
    pub role: ValueRole,
}

/// Where a piece of text was written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    /// The written text: the first place for a reader to look.
    pub place: Place,
    /// The calls that led there, innermost first (`include` lines, overlay files).
    pub chain: Vec<Place>,
    /// The values that flowed in.
    pub values: Vec<ValueOrigin>,
}

impl Origin {
    /// The origin of text that stands where it was written.
    pub fn written(place: Place) -> Self {
        Self {
            place,
            chain: Vec::new(),
            values: Vec::new(),
        }
    }

    /// This origin as found one generation behind `nearer`: its place, and what both know.
    fn merged(mut self, nearer: Self) -> Self {
        self.chain.extend(nearer.chain);
        self.values.extend(nearer.values);
        self
    }

    pub(crate) fn behind(self, nearer: Self) -> Self {
        self.merged(nearer)
    }
}

/// A range of generated text and where it was written.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The range in the generated text.
    pub output: TextRange,
    /// Where it was written.
    pub origin: Origin,
    /// Whether the output is a byte-for-byte copy of the text at `origin.place`, so that an
    /// edit of the one can be made to the other.
    pub verbatim: bool,
}

/// Bits that whoever generates a text puts on its parts. Only they know what each means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Marks(pub u32);

impl Marks {
    /// Those of both.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one of `other` is among them.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The same for a text of many parts: what many of them have in common is kept once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The range in the generated text.
    pub output: TextRange,
    /// Where it was written.
    pub place: Place,
    /// Whether the output is a byte-for-byte copy of the text at `place`.
    pub verbatim: bool,
    /// Whether another writes it, whose files are not under review, and `place` is the call that
    /// asked for it: what a library chart writes around the text of the chart itself.
    pub borrowed: bool,
    /// The calls and values, by their number among the backgrounds of the map.
    pub background: u32,
}

/// The calls and values behind a part.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Background {
    /// The calls that led there, innermost first.
    pub chain: Vec<Place>,
    /// The values that flowed in; many backgrounds have the same.
    pub values: Arc<[ValueOrigin]>,
    /// What else is known of it.
    pub marks: Marks,
}

/// A point of generated text where something could have been written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Where in the generated text.
    pub at: u32,
    /// What would have written there.
    pub place: Place,
    /// The calls, and the values that decided, by their number among the backgrounds.
    pub background: u32,
}

/// The map from a generated text to its origins: parts in output order, disjoint.
#[derive(Clone, Debug, Default)]
pub struct OriginMap {
    parts: Vec<Part>,
    gaps: Vec<Gap>,
    backgrounds: Arc<[Background]>,
}

impl OriginMap {
    /// Takes segments in any order. Of overlapping ones the first in output order is kept whole
    /// and the later one is cut.
    pub fn new(segments: Vec<Segment>) -> Self {
        let mut backgrounds = Vec::with_capacity(segments.len());
        let parts = segments.into_iter().map(|segment| {
            let Origin {
                place,
                chain,
                values,
            } = segment.origin;
            backgrounds.push(Background {
                chain,
                values: values.into(),
                marks: Marks::default(),
            });
            Part {
                output: segment.output,
                place,
                verbatim: segment.verbatim,
                borrowed: false,
                background: backgrounds.len() as u32 - 1,
            }
        });
        let parts = parts.collect();
        Self::shared(parts, backgrounds.into())
    }

    /// Takes parts in any order, and the backgrounds that they name. Of overlapping parts the
    /// first in output order is kept whole and the later one is cut.
    pub fn shared(mut parts: Vec<Part>, backgrounds: Arc<[Background]>) -> Self {
        parts.sort_by_key(|part| (part.output.start, part.output.end));
        let mut end = 0;
        parts.retain_mut(|part| {
            if part.output.start < end {
                // A cut copy no longer starts where its origin starts.
                let cut = end - part.output.start;
                if part.output.end <= end {
                    return false;
                }
                part.output.start = end;
                if part.verbatim {
                    part.place.range.start += cut;
                }
            }
            end = part.output.end;
            true
        });
        Self {
            parts,
            gaps: Vec::new(),
            backgrounds,
        }
    }

    /// The map with points where nothing was written, in output order. Their backgrounds are
    /// among those of the parts.
    #[must_use]
    pub fn with_gaps(mut self, gaps: Vec<Gap>) -> Self {
        self.gaps = gaps;
        self
    }

    /// What could have been written in a range or at its ends, and what decided that it was not.
    pub fn gaps(&self, range: TextRange) -> impl Iterator<Item = (&Gap, &Background)> {
        let from = self.gaps.partition_point(|gap| gap.at < range.start);
        let inside = self.gaps[from..]
            .iter()
            .take_while(move |gap| gap.at <= range.end);
        inside.filter_map(|gap| {
            let background = self.backgrounds.get(gap.background as usize)?;
            Some((gap, background))
        })
    }

    /// The parts that a range touches, with what is behind them.
    pub fn behind(&self, range: TextRange) -> impl Iterator<Item = (&Part, &Background)> {
        let touching = self.touching(range).iter();
        touching.filter_map(|part| Some((part, self.background(part)?)))
    }

    /// The marks of all parts that a range touches.
    pub fn marks(&self, range: TextRange) -> Marks {
        let behind = self.behind(range).map(|(_, background)| background.marks);
        behind.fold(Marks::default(), Marks::join)
    }

    /// The parts, in output order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn background(&self, part: &Part) -> Option<&Background> {
        self.backgrounds.get(part.background as usize)
    }

    fn touching(&self, range: TextRange) -> &[Part] {
        let from = self.parts.partition_point(|part| {
            if range.is_empty() {
                part.output.end < range.start
            } else {
                part.output.end <= range.start
            }
        });
        let rest = &self.parts[from..];
        let until = rest.partition_point(|part| {
            part.output.start < range.end || (range.is_empty() && part.output.start <= range.start)
        });
        &rest[..until]
    }

    /// The origin of a range of generated text. Within one verbatim part the answer is as
    /// narrow as the question. Over several parts it covers those written by one call of one
    /// file; where parts were written by several calls, it is the calls that cover them in the
    /// file where these meet. What others write around text under review has no say in where that
    /// is. The values are those of all: never narrower than the truth.
    pub fn lookup(&self, range: TextRange) -> Option<Origin> {
        let touching = self.touching(range);
        // What others write around text of one's own is no place to edit.
        let is_own = |part: &&Part| !part.borrowed;
        let has_own = touching.iter().any(|part| is_own(&part));
        let parts: Vec<&Part> = touching
            .iter()
            .filter(|part| !has_own || is_own(part))
            .collect();
        let (first, rest) = parts.split_first()?;
        let none = Background::default();
        let background = self.background(first).unwrap_or(&none);
        let mut place = narrowed(first, range).unwrap_or(first.place);
        let mut chain = background.chain.clone();
        let mut parted = false;
        for part in rest {
            let other = narrowed(part, range).unwrap_or(part.place);
            // Parts of one background were written by the same call.
            if part.background != first.background {
                let background = self.background(part).unwrap_or(&none);
                parted |= background.chain != chain;
            }
            parted |= other.file != place.file;
            if !parted {
                place.range = place.range.join(other.range);
            }
        }
        if parted && let Some(meeting) = self.meeting(&parts, range) {
            (place, chain) = meeting;
        }
        Some(Origin {
            place,
            chain,
            values: self.values(touching),
        })
    }

    /// The values behind parts, each once.
    fn values(&self, parts: &[Part]) -> Vec<ValueOrigin> {
        let mut values: Vec<ValueOrigin> = Vec::new();
        let mut last = None;
        for part in parts {
            if last == Some(part.background) {
                continue;
            }
            last = Some(part.background);
            let known = self.background(part).map(|background| &background.values);
            for value in known.into_iter().flat_map(|values| values.iter()) {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
        }
        values
    }

    /// What covers all parts in the file of the innermost template that they all come through,
    /// and the calls that led there. `None` if they have not even the outermost file in common.
    fn meeting(&self, parts: &[&Part], range: TextRange) -> Option<(Place, Vec<Place>)> {
        // From the outermost call to the part itself.
        let stacks: Vec<Vec<Place>> = parts
            .iter()
            .map(|part| {
                let own = narrowed(part, range).unwrap_or(part.place);
                let calls = self
                    .background(part)
                    .map(|background| &background.chain[..]);
                let calls = calls.unwrap_or_default().iter().rev().copied();
                calls.chain([own]).collect()
            })
            .collect();
        let (first, rest) = stacks.split_first()?;
        let mut chain = Vec::new();
        let mut meeting = None;
        for (depth, &place) in first.iter().enumerate() {
            let mut joined = place;
            for stack in rest {
                match stack.get(depth) {
                    Some(other) if other.file == place.file => {
                        joined.range = joined.range.join(other.range);
                    }
                    _ => return meeting.map(|place| (place, callers(chain, place))),
                }
            }
            meeting = Some(joined);
            // Only what one call wrote can meet inside of what it called.
            if rest.iter().any(|stack| stack[depth] != place) {
                break;
            }
            chain.push(place);
        }
        meeting.map(|place| (place, callers(chain, place)))
    }

    /// The written text that `range` is a copy of, if it lies in one verbatim part.
    pub fn verbatim(&self, range: TextRange) -> Option<Place> {
        self.touching(range)
            .iter()
            .find(|part| part.verbatim && part.output.covers(range))
            .and_then(|part| narrowed(part, range))
    }
}

/// The calls that led to a place, the innermost first, without the place itself.
fn callers(mut outer: Vec<Place>, place: Place) -> Vec<Place> {
    if outer.last() == Some(&place) {
        outer.pop();
    }
    outer.reverse();
    outer
}

/// The part of a copy's written text that `range` is a copy of.
fn narrowed(part: &Part, range: TextRange) -> Option<Place> {
    if !part.verbatim {
        return None;
    }
    let start = range.start.clamp(part.output.start, part.output.end);
    let end = range.end.clamp(part.output.start, part.output.end);
    let base = part.place.range.start;
    let range = TextRange::new(
        base + start - part.output.start,
        base + end - part.output.start,
    );
    Some(Place::new(part.place.file, range))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Files, SourceFile};

    /// `replicas: {{ .Values.replicas }}` rendered to `replicas: 1`.
    fn rendered() -> (Files, crate::FileId) {
        let mut files = Files::default();
        let template = files.add(SourceFile::written(
            "templates/web.yaml",
            "kind: X\nreplicas: {{ .Values.replicas }}\n",
        ));
        let values = files.add(SourceFile::written("values.yaml", "replicas: 1\n"));
        let at = |start, end| Origin::written(Place::new(template, TextRange::new(start, end)));
        let mut expression = at(18, 40);
        expression.values.push(ValueOrigin {
            path: "replicas".into(),
            place: Some(Place::new(values, TextRange::new(10, 11))),
            role: ValueRole::Content,
        });
        let map = OriginMap::new(vec![
            Segment {
                output: TextRange::new(0, 18),
                origin: at(0, 18),
                verbatim: true,
            },
            Segment {
                output: TextRange::new(18, 19),
                origin: expression,
                verbatim: false,
            },
            Segment {
                output: TextRange::new(19, 20),
                origin: at(40, 41),
                verbatim: true,
            },
        ]);
        let out = files.add(SourceFile::generated(
            "web.yaml",
            "kind: X\nreplicas: 1\n",
            map,
        ));
        (files, out)
    }

    #[test]
    fn a_range_of_generated_text_is_placed_on_the_template_and_the_value() {
        let (files, out) = rendered();
        let origin = files.origin(Place::new(out, TextRange::new(18, 19)));
        assert_eq!(files.text(origin.place), "{{ .Values.replicas }}");
        assert_eq!(&*origin.values[0].path, "replicas");
        let value = origin.values[0].place.expect("set in a file");
        assert_eq!(files.text(value), "1");
    }

    #[test]
    fn a_copied_range_stays_narrow_and_a_mixed_one_widens() {
        let (files, out) = rendered();
        let kind = files.origin(Place::new(out, TextRange::new(0, 4)));
        assert_eq!(files.text(kind.place), "kind");
        let line = files.origin(Place::new(out, TextRange::new(8, 19)));
        assert_eq!(files.text(line.place), "replicas: {{ .Values.replicas }}");
        assert_eq!(line.values.len(), 1);
    }

    #[test]
    fn only_copied_text_can_be_edited_through() {
        let (files, out) = rendered();
        let copied = files
            .editable(Place::new(out, TextRange::new(0, 4)))
            .expect("a copy");
        assert_eq!(files.text(copied), "kind");
        assert_eq!(
            files.editable(Place::new(out, TextRange::new(18, 19))),
            None
        );
        assert_eq!(files.editable(Place::new(out, TextRange::new(8, 19))), None);
    }

    #[test]
    fn parts_of_several_calls_stand_where_the_calls_meet() {
        let (mut files, out) = rendered();
        let template = files.by_path("templates/web.yaml").expect("added");
        let helper = files.add(SourceFile::written("templates/_names.tpl", "web"));
        let call = Place::new(template, TextRange::new(18, 40));
        let map = OriginMap::new(vec![
            Segment {
                output: TextRange::new(0, 3),
                origin: Origin {
                    place: Place::new(helper, TextRange::new(0, 3)),
                    chain: vec![call],
                    values: Vec::new(),
                },
                verbatim: true,
            },
            Segment {
                output: TextRange::new(3, 4),
                origin: Origin::written(Place::new(template, TextRange::new(40, 41))),
                verbatim: true,
            },
        ]);
        assert_ne!(helper, out);
        let inner = map.lookup(TextRange::new(0, 3)).expect("covered");
        assert_eq!(
            (inner.place.file, inner.chain.as_slice()),
            (helper, &[call][..])
        );
        let both = map.lookup(TextRange::new(0, 4)).expect("covered");
        assert_eq!(both.place, Place::new(template, TextRange::new(18, 41)));
        assert!(both.chain.is_empty());
    }

    #[test]
    fn parts_of_one_helper_meet_in_the_helper() {
        let (mut files, _) = rendered();
        let template = files.by_path("templates/web.yaml").expect("added");
        let job = files.add(SourceFile::written(
            "templates/_job.tpl",
            "name: {{ include \"name\" . }}-migrate",
        ));
        let names = files.add(SourceFile::written("templates/_names.tpl", "web"));
        let outer = Place::new(template, TextRange::new(18, 40));
        let inner = Place::new(job, TextRange::new(6, 28));
        let part = |output: TextRange, place: Place, chain: Vec<Place>| Segment {
            output,
            origin: Origin {
                place,
                chain,
                values: Vec::new(),
            },
            verbatim: true,
        };
        let map = OriginMap::new(vec![
            part(
                TextRange::new(0, 3),
                Place::new(names, TextRange::new(0, 3)),
                vec![inner, outer],
            ),
            part(
                TextRange::new(3, 11),
                Place::new(job, TextRange::new(28, 36)),
                vec![outer],
            ),
            part(
                TextRange::new(11, 12),
                Place::new(template, TextRange::new(40, 41)),
                Vec::new(),
            ),
        ]);
        let name = map.lookup(TextRange::new(0, 11)).expect("covered");
        assert_eq!(name.place, Place::new(job, TextRange::new(6, 36)));
        assert_eq!(name.chain, [outer]);
        let all = map.lookup(TextRange::new(0, 12)).expect("covered");
        assert_eq!(all.place, Place::new(template, TextRange::new(18, 41)));
        assert!(all.chain.is_empty());
    }

    #[test]
    fn what_a_library_writes_around_a_text_does_not_move_it() {
        let (files, _) = rendered();
        let template = files.by_path("templates/web.yaml").expect("added");
        let own = Place::new(template, TextRange::new(2, 6));
        let call = Place::new(template, TextRange::new(18, 40));
        let part = |output: TextRange, place: Place, borrowed: bool| Part {
            output,
            place,
            verbatim: !borrowed,
            borrowed,
            background: u32::from(borrowed),
        };
        let value = ValueOrigin {
            path: "name".into(),
            place: None,
            role: crate::ValueRole::Branch,
        };
        let of_call = Background {
            values: vec![value.clone()].into(),
            ..Background::default()
        };
        let of_text = Background {
            chain: vec![call],
            ..Background::default()
        };
        let map = OriginMap::shared(
            vec![
                part(TextRange::new(0, 6), call, true),
                part(TextRange::new(6, 10), own, false),
            ],
            vec![of_text, of_call].into(),
        );
        let name = map.lookup(TextRange::new(0, 10)).expect("covered");
        assert_eq!((name.place, name.chain.as_slice()), (own, &[call][..]));
        assert_eq!(name.values, [value]);
        let key = map.lookup(TextRange::new(0, 4)).expect("covered");
        assert_eq!(key.place, call);
    }

    #[test]
    fn overlapping_segments_are_cut() {
        let (files, out) = rendered();
        let template = files.by_path("templates/web.yaml").expect("added");
        let at = |a, b| Origin::written(Place::new(template, TextRange::new(a, b)));
        assert_ne!(template, out);
        let map = OriginMap::new(vec![
            Segment {
                output: TextRange::new(0, 8),
                origin: at(0, 8),
                verbatim: true,
            },
            Segment {
                output: TextRange::new(4, 12),
                origin: at(4, 12),
                verbatim: true,
            },
        ]);
        let place = map.verbatim(TextRange::new(8, 10)).expect("in the second");
        assert_eq!(place.range, TextRange::new(8, 10));
    }
}
