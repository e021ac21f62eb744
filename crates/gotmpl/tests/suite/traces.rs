//! What traces promise: changing a source that no segment names changes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cases::{Case, Oracle};
use crate::sourced::{Path, paths, sourced, variants};
use plimsoll_gotmpl::trace::Source;
use plimsoll_gotmpl::{
    Functions, HostId, MissingKey, Options, Session, Templates, Trace, Traced, Tree,
};
use serde_json::Value as Json;

use crate::functions;

/// What a rendering gave: its text, or nothing if it failed, and what its segments name.
struct Rendered {
    text: Option<Vec<u8>>,
    named: Named,
    /// For each segment where it starts and ends, and what it names.
    segments: Vec<(usize, usize, Named)>,
}

/// What traces name.
#[derive(Clone, Default)]
struct Named {
    hosts: BTreeSet<HostId>,
    absent: BTreeSet<(HostId, Vec<u8>)>,
    many: bool,
}

impl Named {
    fn add(&mut self, session: &Session, trace: Trace) {
        let sources = session.sources(trace);
        self.many |= sources.is_none();
        for (source, _) in sources.unwrap_or_default() {
            match source {
                Source::Host(id) => {
                    self.hosts.insert(id);
                }
                Source::Absent {
                    map: Some(map),
                    keys,
                } => {
                    self.absent.insert((map, keys[0].bytes().to_vec()));
                }
                _ => {}
            }
        }
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

fn templates(case: &Case, functions: &Arc<Functions>) -> Option<Arc<Templates>> {
    let mut templates = Templates::new("set", functions.clone());
    let files = case.files.iter().map(|(name, text)| (name.as_str(), text));
    for (name, text) in files.chain([("main.tpl", &case.text)]) {
        let tree = Tree::parse(name, text.as_bytes(), &**functions);
        if !tree.errors().is_empty() {
            return None;
        }
        templates.add(tree);
    }
    Some(Arc::new(templates))
}

fn render(templates: &Arc<Templates>, case: &Case, dot: Traced) -> Rendered {
    let mut session = Session::new(
        templates.clone(),
        Options {
            missing_key: match case.missing.as_str() {
                "zero" => MissingKey::Zero,
                "error" => MissingKey::Error,
                _ => MissingKey::Default,
            },
            tracing: true,
            state: Some(Box::new(functions::Included::default())),
            ..Options::default()
        },
    );
    let mut rendered = Rendered {
        text: None,
        named: Named::default(),
        segments: Vec::new(),
    };
    let Ok(output) = session.render(&case.run, dot) else {
        return rendered;
    };
    for segment in session.segments(&output) {
        rendered.named.add(&session, segment.trace);
        let mut own = Named::default();
        own.add(&session, segment.trace);
        let range = segment.output.as_usize();
        rendered.segments.push((range.start, range.end, own));
    }
    rendered.text = Some(output.bytes().to_vec());
    rendered
}

/// Changes parts of the data for each case and says which changes were not foretold.
fn try_changes(
    concerns: impl Fn(&Rendered, &Path) -> bool,
    foretold: impl Fn(&Rendered, &Path, &[u8]) -> bool,
) -> usize {
    let oracle = Oracle::read();
    let functions = Arc::new(functions::all());
    let json = &oracle.data["main"];
    let all = paths(json);
    let (mut tried, mut wrong) = (0, Vec::new());
    let mut dice = 1_u64;
    // Every fourth case: all of them take minutes.
    for (_, case, _) in oracle.cases().into_iter().step_by(4) {
        if case.data != "main" || !case.delims.is_empty() {
            continue;
        }
        let Some(templates) = templates(&case, &functions) else {
            continue;
        };
        let before = render(&templates, &case, sourced(json));
        let Some(text) = &before.text else {
            continue;
        };
        for path in &all {
            // Those that the text seems to read, and some others for each case.
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let chosen = case.text.contains(&path.name) || (dice >> 33).is_multiple_of(64);
            if !chosen || !concerns(&before, path) {
                continue;
            }
            for variant in variants(json, path) {
                tried += 1;
                let after = render(&templates, &case, sourced(&variant));
                let Some(after) = after.text.filter(|after| after != text) else {
                    continue;
                };
                if !foretold(&before, path, &after) {
                    wrong.push(format!(
                        "{:?} (missing key {:?}): {} to {}\n  {:?}\n  {:?}",
                        case.text,
                        case.missing,
                        path.name,
                        at(&variant, path),
                        String::from_utf8_lossy(text),
                        String::from_utf8_lossy(&after),
                    ));
                }
            }
        }
    }
    let shown: Vec<_> = wrong.iter().take(8).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        shown.join("\n")
    );
    tried
}

#[test]
fn a_source_that_no_segment_names_changes_nothing() {
    let tried = try_changes(|before, path| !before.named.admit(path), |_, _, _| false);
    assert!(tried > 3_000, "only {tried} changes");
}

#[test]
fn what_changes_is_where_a_segment_names_the_source() {
    let tried = try_changes(
        |before, path| before.named.admit(path),
        |before, path, after| {
            let text = before.text.as_deref().unwrap_or_default();
            let first = text.iter().zip(after).take_while(|(a, b)| a == b).count();
            let back = text.iter().rev().zip(after.iter().rev());
            let last = text.len() - back.take_while(|(a, b)| a == b).count();
            // What was put in may look like what is around it: then both lie in wrong order.
            let (from, to) = (first.min(last), first.max(last));
            let touching = |start: usize, end: usize| start <= to && from <= end;
            let mut segments = before.segments.iter();
            segments.any(|(start, end, named)| touching(*start, *end) && named.admit(path))
        },
    );
    assert!(tried > 3_000, "only {tried} changes");
}

fn at(json: &Json, path: &Path) -> String {
    let mut json = json;
    for key in &path.keys {
        json = match key.parse::<usize>() {
            Ok(index) if json.is_array() => &json[index],
            _ => &json[key.as_str()],
        };
    }
    json.to_string()
}
