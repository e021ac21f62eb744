//! What the traces of functions promise, over the cases of the oracle: changing a source that no
//! segment names changes nothing, and what changes lies where a segment names the source.

#[path = "sprig/cases.rs"]
#[expect(dead_code, reason = "what is expected is compared by another test")]
mod cases;
#[path = "sprig/data.rs"]
mod data;
#[path = "sprig/session.rs"]
mod session;
#[path = "sprig/sourced.rs"]
mod sourced;

use std::collections::BTreeSet;

use cases::Oracle;
use plimsoll_gotmpl::trace::Source;
use plimsoll_gotmpl::{HostId, Session, Trace, Traced};
use serde_json::{Map, Value as Json};
use sourced::{Path, paths, sourced, variants};

/// What a trace names.
#[derive(Clone, Default)]
struct Named {
    hosts: BTreeSet<HostId>,
    absent: BTreeSet<(HostId, Vec<u8>)>,
    many: bool,
}

impl Named {
    fn of(session: &Session, trace: Trace) -> Self {
        let mut named = Self::default();
        let sources = session.sources(trace);
        named.many = sources.is_none();
        for (source, _) in sources.unwrap_or_default() {
            match source {
                Source::Host(id) => {
                    named.hosts.insert(id);
                }
                Source::Absent {
                    map: Some(map),
                    keys,
                } => {
                    named.absent.insert((map, keys[0].bytes().to_vec()));
                }
                _ => {}
            }
        }
        named
    }

    /// Whether they admit that something depends on what is at a path.
    fn admit(&self, path: &Path) -> bool {
        let added = path.added.as_ref();
        self.many
            || self.hosts.contains(&path.id)
            || path.parts.iter().any(|part| self.hosts.contains(part))
            || added.is_some_and(|key| self.absent.contains(key))
    }
}

/// An output, and for each segment where it starts and ends and what it names.
struct Rendered {
    text: Vec<u8>,
    segments: Vec<(usize, usize, Named)>,
}

fn render(text: &str, dot: Traced) -> Option<Rendered> {
    let mut session = session::session(text, true).ok()?;
    let output = session.render("main.tpl", dot).ok()?;
    let segments = session.segments(&output);
    let segments = segments.into_iter().map(|segment| {
        let range = segment.output.as_usize();
        let named = Named::of(&session, segment.trace);
        (range.start, range.end, named)
    });
    let segments = segments.collect();
    Some(Rendered {
        text: output.bytes().to_vec(),
        segments,
    })
}

/// The first and the last byte of `before` that `after` has changed, in either order: what was
/// put in may look like what is around it.
fn changed(before: &[u8], after: &[u8]) -> (usize, usize) {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b);
    let first = same.count();
    let back = before.iter().rev().zip(after.iter().rev());
    let last = before.len() - back.take_while(|(a, b)| a == b).count();
    (first.min(last), first.max(last))
}

fn parts(all: &Json, text: &str) -> Json {
    let all = all.as_object().expect("data").iter();
    let named = all.filter(|(key, _)| text.contains(&format!(".{key}")));
    let named: Map<_, _> = named
        .map(|(key, part)| (key.clone(), part.clone()))
        .collect();
    Json::Object(named)
}

/// Every how many cases one is tried.
const STEP: usize = 5;

#[test]
fn changes_are_foretold_where_they_happen() {
    let oracle = Oracle::read();
    let (mut tried, mut wrong) = (0, Vec::new());
    for case in oracle.cases().iter().step_by(STEP) {
        // Signatures and slow hashes say nothing about traces.
        if case.group == "crypto" {
            continue;
        }
        let json = parts(&oracle.cases["data"], &case.text);
        let Some(before) = render(&case.text, sourced(&json)) else {
            continue;
        };
        for path in paths(&json) {
            let at_root = path.keys.len() == 1 && path.added.is_some();
            let mentioned = path.added.is_none() || case.text.contains(&path.name);
            if at_root || !mentioned && path.keys.len() > 2 {
                continue;
            }
            for variant in variants(&json, &path) {
                tried += 1;
                let Some(after) = render(&case.text, sourced(&variant)) else {
                    continue;
                };
                if after.text == before.text {
                    continue;
                }
                let (from, to) = changed(&before.text, &after.text);
                let mut segments = before.segments.iter();
                let foretold = segments
                    .any(|(start, end, named)| *start <= to && from <= *end && named.admit(&path));
                if !foretold {
                    wrong.push(format!(
                        "{}: {}\n  {:?}\n  {:?}",
                        case.text,
                        path.name,
                        String::from_utf8_lossy(&before.text),
                        String::from_utf8_lossy(&after.text),
                    ));
                }
            }
        }
    }
    let shown: Vec<_> = wrong.iter().take(30).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} of {tried} changes were not foretold:\n{}",
        wrong.len(),
        shown.join("\n")
    );
    assert!(tried > 3_000, "only {tried} changes");
}
