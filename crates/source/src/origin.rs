//! Origins: where a piece of text was written, and which values flowed into it.
//!
//! A rule looks at text and reports a range of it. If that text was generated (a rendered
//! chart, a built overlay), the range means nothing to the person who must act; what they need
//! is the template line and the values key. Every finding's primary place is therefore an
//! [`Origin`], made by [`crate::Files::origin`] from the reported range, and no rule needs to
//! know which kind of text it was given.

use crate::text::{Place, TextRange};

/// What a value did to the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValueRole {
    /// Its content is in the text.
    Content,
    /// It decided whether the text is there at all (`if`, `range`, `with`).
    Branch,
}

/// A value that flowed into generated text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ValueOrigin {
    /// The value's path as a user writes it, such as `image.tag`.
    pub path: String,
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

/// The map from a generated text to its origins: segments in output order, disjoint.
#[derive(Clone, Debug, Default)]
pub struct OriginMap {
    segments: Vec<Segment>,
}

impl OriginMap {
    /// Takes segments in any order. Of overlapping ones the first in output order is kept whole
    /// and the later one is cut.
    pub fn new(mut segments: Vec<Segment>) -> Self {
        segments.sort_by_key(|s| (s.output.start, s.output.end));
        let mut end = 0;
        segments.retain_mut(|segment| {
            if segment.output.start < end {
                // A cut copy no longer starts where its origin starts.
                let cut = end - segment.output.start;
                if segment.output.end <= end {
                    return false;
                }
                segment.output.start = end;
                if segment.verbatim {
                    segment.origin.place.range.start += cut;
                }
            }
            end = segment.output.end;
            true
        });
        Self { segments }
    }

    /// The segments, in output order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    fn touching(&self, range: TextRange) -> &[Segment] {
        let from = self.segments.partition_point(|s| {
            if range.is_empty() {
                s.output.end < range.start
            } else {
                s.output.end <= range.start
            }
        });
        let rest = &self.segments[from..];
        let until = rest.partition_point(|s| {
            s.output.start < range.end || (range.is_empty() && s.output.start <= range.start)
        });
        &rest[..until]
    }

    /// The origin of a range of generated text. Within one verbatim segment the answer is as
    /// narrow as the question. Over several segments it is the origin of the first, its place
    /// widened over those written in the same file, with the values of all: never narrower
    /// than the truth.
    pub fn lookup(&self, range: TextRange) -> Option<Origin> {
        let touching = self.touching(range);
        let first = touching.first()?;
        let mut origin = first.origin.clone();
        if let Some(place) = narrowed(first, range) {
            origin.place = place;
        }
        for segment in &touching[1..] {
            if segment.origin.place.file == origin.place.file {
                let other = narrowed(segment, range).unwrap_or(segment.origin.place);
                origin.place.range = origin.place.range.join(other.range);
            }
            for value in &segment.origin.values {
                if !origin.values.contains(value) {
                    origin.values.push(value.clone());
                }
            }
        }
        Some(origin)
    }

    /// The written text that `range` is a copy of, if it lies in one verbatim segment.
    pub fn verbatim(&self, range: TextRange) -> Option<Place> {
        self.touching(range)
            .iter()
            .find(|segment| segment.verbatim && segment.output.covers(range))
            .and_then(|segment| narrowed(segment, range))
    }
}

/// The part of a verbatim segment's written text that `range` is a copy of.
fn narrowed(segment: &Segment, range: TextRange) -> Option<Place> {
    if !segment.verbatim {
        return None;
    }
    let start = range.start.clamp(segment.output.start, segment.output.end);
    let end = range.end.clamp(segment.output.start, segment.output.end);
    let base = segment.origin.place.range.start;
    let range = TextRange::new(
        base + start - segment.output.start,
        base + end - segment.output.start,
    );
    Some(Place::new(segment.origin.place.file, range))
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
        assert_eq!(origin.values[0].path, "replicas");
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
