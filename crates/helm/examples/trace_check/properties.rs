//! The properties, tried on one chart.

use std::collections::{BTreeMap, HashMap, HashSet};

use plimsoll_helm::chart::Chart;
use plimsoll_helm::render::{Followed, Origin, Part, Written};
use plimsoll_helm::values::{Data, Item, SourceId};
use plimsoll_source::TextRange;

use crate::Effort;
use crate::change::{candidates, current, kept, leaves, with};
use crate::charts::Subject;
use crate::lines::{Key, Line, Trail, Trails, lines, of_line, parts};
use crate::tally::{Read, Tally, Verdict, Violation};

/// The most literals and values of other keys that a key is tried with.
const MAX_LITERALS: usize = 16;
/// The most keys that are tried one by one after they changed something together.
const MAX_SINGLE: usize = 400;

pub(crate) fn check(subject: &Subject, effort: Effort, tally: &mut Tally) {
    let Ok(base) = subject.render(&subject.values) else {
        return;
    };
    let all = lines(&base);
    if all.is_empty() {
        tally.empty += 1;
        return;
    }
    tally.charts += 1;
    tally.all_lines += all.len();
    let mut dice = Dice(effort.seed ^ all.len() as u64);
    let sampled = dice.some(&all, effort.lines);
    tally.lines += sampled.len();
    let mut all_values = HashMap::new();
    leaves(&subject.values, &mut all_values);
    let mut trails = Trails::default();
    let mut named: BTreeMap<Key, Vec<(Line, bool)>> = BTreeMap::new();
    let mut literals: HashMap<Key, HashSet<String>> = HashMap::new();
    for line in &sampled {
        let trail = of_line(&base.traced, line, &mut trails);
        written(subject, &base, line, tally);
        narrow(&base, line, &trail, tally);
        tally.read.push(read(subject, &base, line, &trail));
        tally.any_lines += usize::from(trail.any);
        for (keys, is_content) in [(&trail.content, true), (&trail.conditions, false)] {
            for key in keys {
                let lines = named.entry(key.clone()).or_default();
                if !lines
                    .iter()
                    .any(|(known, _)| known.range == line.range && known.file == line.file)
                {
                    lines.push((*line, is_content));
                }
                let texts = trail.literals.iter().filter_map(|at| literal(&base, at));
                // It may be compared with what else the line came from, too.
                let others = trail.content.union(&trail.conditions);
                let others = others.filter(|other| *other != key);
                let others = others.filter_map(|other| string(&all_values, other));
                let texts = texts.chain(others.take(MAX_LITERALS));
                literals.entry(key.clone()).or_default().extend(texts);
            }
        }
    }
    let keys: Vec<Key> = named.keys().cloned().collect();
    for key in dice.some(&keys, effort.keys) {
        let mut texts: Vec<String> = literals
            .remove(&key)
            .unwrap_or_default()
            .into_iter()
            .collect();
        texts.sort();
        let texts = dice.some(&texts, MAX_LITERALS);
        try_key(subject, &base, &key, &named[&key], &texts, tally);
    }
    untraced(subject, &base, tally);
}

/// What is said to be copied has the same bytes, and the rest was written by an action.
fn written(subject: &Subject, base: &Followed, line: &Line, tally: &mut Tally) {
    let traced = &base.traced;
    let output = &traced.files[line.file].text;
    for part in parts(traced, line) {
        let Some(at) = part.written else {
            tally.wrong(subject, base, line, "nothing of the chart wrote it");
            continue;
        };
        let text = &base.outlines[at.template as usize].text;
        if part.verbatim {
            tally.copied += 1;
            let range = |range: TextRange, of: &[u8]| of.get(range.as_usize()).map(<[u8]>::to_vec);
            if range(at.range, text) != range(part.output, output) {
                tally.wrong(subject, base, line, "the template has other bytes there");
            }
        } else {
            tally.acted += 1;
            let before = text.get(..(at.range.start as usize + 2).min(text.len()));
            let before = before.unwrap_or_default();
            let open = before.windows(2).rposition(|two| two == b"{{");
            let close = text[..at.range.start as usize]
                .windows(2)
                .rposition(|two| two == b"}}");
            if open.is_none() || close > open {
                tally.wrong(subject, base, line, "no action stands there");
            }
        }
    }
}

/// Whether a line has one place in the templates and few keys.
fn narrow(base: &Followed, line: &Line, trail: &Trail, tally: &mut Tally) {
    let traced = &base.traced;
    let text = String::from_utf8_lossy(&traced.files[line.file].text[line.range.as_usize()]);
    if !is_leaf(&text) {
        return;
    }
    tally.leaves += 1;
    let one_line = places(base, &parts(traced, line)).is_some();
    let few = !trail.any && trail.content.len() <= 3;
    tally.one_line += usize::from(one_line);
    tally.few_keys += usize::from(few);
    tally.narrow += usize::from(one_line && few);
    let both: HashSet<&Key> = trail.content.union(&trail.conditions).collect();
    tally.conditions += trail.conditions.len();
    tally.narrow_with_conditions += usize::from(one_line && !trail.any && both.len() <= 3);
}

/// Whether a line of YAML holds a single value.
fn is_leaf(line: &str) -> bool {
    let line = line.trim();
    let line = line.trim_start_matches("- ").trim();
    if line.is_empty() || line.starts_with('#') || line.starts_with("---") {
        return false;
    }
    !line.ends_with(':') && !line.ends_with('|') && !line.ends_with("|-") && line != "-"
}

/// The template line on which all parts of a line meet: the innermost one.
fn places(base: &Followed, parts: &[Part]) -> Option<(u32, u32)> {
    let line = |at: &Written| {
        let text = &base.outlines[at.template as usize].text;
        let start = at.range.start as usize;
        let bytes = text.get(start..at.range.end as usize).unwrap_or_default();
        let blank = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
        let before = text.get(..start + blank).unwrap_or_default();
        let number = memchr::memchr_iter(b'\n', before).count();
        (at.template, number as u32 + 1)
    };
    let mut common: Option<Vec<(u32, u32)>> = None;
    for part in parts {
        let calls = &base.traced.calls[part.calls as usize];
        let chain: Vec<(u32, u32)> = part.written.iter().chain(calls).map(line).collect();
        common = Some(match common {
            None => chain,
            Some(mut known) => {
                known.retain(|place| chain.contains(place));
                known
            }
        });
    }
    common?.first().copied()
}

/// The value of a key, if it is a string.
fn string(all: &HashMap<SourceId, Data>, key: &Key) -> Option<String> {
    let Key::Set(id) = key else {
        return None;
    };
    match all.get(id)? {
        Data::Str(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    }
}

/// The content of a literal.
fn literal(base: &Followed, at: &Written) -> Option<String> {
    let text = &base.outlines[at.template as usize].text;
    let text = std::str::from_utf8(text.get(at.range.as_usize())?).ok()?;
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    Some(inner('"').or(inner('`'))?.to_owned())
}

/// The number of a file after a change, and for each of its lines the line that it is then.
type Moved = (usize, Vec<Option<usize>>);

/// Tries other values of a key against the lines that name it.
fn try_key(
    subject: &Subject,
    base: &Followed,
    key: &Key,
    lines: &[(Line, bool)],
    literals: &[String],
    tally: &mut Tally,
) {
    let now = match key {
        Key::Set(id) => current(&subject.values, *id),
        Key::Absent(..) => None,
    };
    if now.is_none() && matches!(key, Key::Set(_)) {
        tally.not_found += 1;
        return;
    }
    tally.keys += 1;
    let mut verdicts = vec![None; lines.len()];
    let tried = candidates(now, literals);
    let mut others = Vec::new();
    for new in &tried {
        let Some(values) = with(&subject.values, key, new) else {
            tally.not_found += 1;
            return;
        };
        others.push(values);
    }
    let mut without = None;
    for number in 0..=others.len() {
        let (subject, values) = match (others.get(number), key) {
            (Some(values), _) => (subject, values),
            // A key that is printed is another one only if it goes.
            (None, Key::Set(id)) if verdicts.contains(&None) => {
                let without = without.insert(subject.without(*id));
                (&*without, &without.values)
            }
            (None, _) => break,
        };
        tally.renders += 1;
        let Ok(after) = subject.render(values) else {
            for verdict in &mut verdicts {
                verdict.get_or_insert(Verdict::Refused);
            }
            continue;
        };
        let mut maps: HashMap<usize, Option<Moved>> = HashMap::new();
        let mut trails = [Trails::default(), Trails::default()];
        for ((line, _), verdict) in lines.iter().zip(&mut verdicts) {
            if *verdict == Some(Verdict::Changed) {
                continue;
            }
            let file = &base.traced.files[line.file];
            let map = maps.entry(line.file).or_insert_with(|| {
                let mut files = after.traced.files.iter();
                let other = files.position(|other| other.name == file.name)?;
                let text = &after.traced.files[other].text;
                Some((other, kept(&file.text, text)))
            });
            let there = map
                .as_ref()
                .and_then(|(other, map)| Some((*other, map[line.number]?)));
            let Some((other, number)) = there else {
                *verdict = Some(Verdict::Changed);
                continue;
            };
            if verdict.is_none() {
                let at = line_at(&after, other, number);
                let [old, new] = &mut trails;
                let before = of_line(&base.traced, line, old);
                let trail = of_line(&after.traced, &at, new);
                let same = before.content == trail.content && before.conditions == trail.conditions;
                // Two branches may write the same text.
                if !same || written_at(base, line) != written_at(&after, &at) {
                    *verdict = Some(Verdict::Elsewise);
                }
            }
        }
        if verdicts
            .iter()
            .all(|verdict| *verdict == Some(Verdict::Changed))
        {
            break;
        }
    }
    for ((line, is_content), verdict) in lines.iter().zip(verdicts) {
        match verdict {
            Some(verdict) => *tally.pairs.entry((*is_content, verdict)).or_default() += 1,
            None => if *is_content {
                &mut tally.violations
            } else {
                &mut tally.wide
            }
            .push(Violation {
                chart: subject.name.clone(),
                file: base.traced.files[line.file].name.to_string(),
                line: line.number + 1,
                text: text(base, line),
                key: shown(base, key),
                what: format!(
                    "{} other values of this {} change nothing (now {})",
                    others.len(),
                    if *is_content { "content" } else { "condition" },
                    brief(now),
                ),
            }),
        }
    }
}

/// The templates and offsets that the parts of a line were written at.
fn written_at(of: &Followed, line: &Line) -> Vec<(String, u32)> {
    let parts = parts(&of.traced, line).into_iter();
    let written = parts.filter_map(|part| part.written);
    let places = written.map(|at| {
        let path = &of.traced.templates[at.template as usize].path;
        (path.to_string(), at.range.start)
    });
    places.collect()
}

fn line_at(of: &Followed, file: usize, number: usize) -> Line {
    let text = &of.traced.files[file].text;
    let mut at = 0;
    for (line, bytes) in text.split(|&byte| byte == b'\n').enumerate() {
        if line == number {
            return Line {
                file,
                number,
                range: TextRange::at(at, at + bytes.len()),
            };
        }
        at += bytes.len() + 1;
    }
    Line {
        file,
        number,
        range: TextRange::default(),
    }
}

/// Other values of what nothing names must change nothing.
fn untraced(subject: &Subject, base: &Followed, tally: &mut Tally) {
    let mut named: HashSet<SourceId> = HashSet::new();
    for set in &base.traced.sets {
        let Some(set) = set else {
            tally.any_charts += 1;
            return;
        };
        for (origin, _) in set {
            match origin {
                Origin::Value(id) | Origin::Absent { map: Some(id), .. } => {
                    named.insert(*id);
                }
                Origin::Literal(_) | Origin::Absent { map: None, .. } => {}
            }
        }
    }
    let chart = &subject.renderer.loaded().chart;
    switches(
        chart,
        chart.name(),
        &subject.charts,
        &subject.values,
        &mut named,
    );
    let mut all = HashMap::new();
    leaves(&subject.values, &mut all);
    tally.leaf_keys += all.len();
    let mut free: Vec<(SourceId, Data)> = all
        .into_iter()
        .filter(|(id, _)| !named.contains(id))
        .collect();
    free.sort_by_key(|(id, _)| *id);
    tally.free_keys += free.len();
    // None if the chart refuses the values: that says nothing of what is printed.
    let same = |values: &Item| {
        let after = subject.render(values).ok()?;
        let texts = |of: &Followed| -> Vec<Vec<u8>> {
            let files = of.traced.files.iter();
            files.map(|file| file.text.to_vec()).collect()
        };
        Some(texts(&after) == texts(base))
    };
    // Null takes a key away, which is another value of what holds it.
    let tried = |now: &Data, round: usize| {
        let mut tried = candidates(Some(now), &[]);
        tried.retain(|data| !data.is_null());
        tried[round % tried.len()].clone()
    };
    for round in 0..3 {
        let changed = free
            .iter()
            .fold(subject.values.clone(), |values, (id, now)| {
                with(&values, &Key::Set(*id), &tried(now, round)).unwrap_or(values)
            });
        tally.renders += 1;
        if free.is_empty() || same(&changed) == Some(true) {
            continue;
        }
        for (id, now) in free.iter().take(MAX_SINGLE) {
            let new = tried(now, round);
            let key = Key::Set(*id);
            let Some(values) = with(&subject.values, &key, &new) else {
                continue;
            };
            tally.renders += 1;
            let outcome = same(&values);
            tally.free_refused += usize::from(outcome.is_none());
            if outcome == Some(false) {
                tally.violations.push(Violation {
                    chart: subject.name.clone(),
                    file: String::new(),
                    line: 0,
                    text: String::new(),
                    key: shown(base, &key),
                    what: format!(
                        "named nowhere, and {} instead of {} changes the output",
                        brief(Some(&new)),
                        brief(Some(now))
                    ),
                });
            }
        }
    }
}

/// The values that keep subcharts from taking part: a render knows nothing of those.
fn switches(
    chart: &Chart,
    path: &str,
    charts: &[String],
    values: &Item,
    named: &mut HashSet<SourceId>,
) {
    for wanted in chart
        .metadata
        .dependencies
        .iter()
        .flat_map(|all| all.iter())
    {
        let below = format!(
            "{path}/charts/{}",
            wanted.alias().unwrap_or(wanted.name.as_str())
        );
        if charts.contains(&below) {
            continue;
        }
        let tags = values.data.get("tags").and_then(|tags| tags.data.as_map());
        let tags = tags.into_iter().flat_map(|tags| {
            let of_it = tags
                .iter()
                .filter(|(tag, _)| wanted.tags.contains(&tag.to_string()));
            of_it.map(|(_, item)| item.source)
        });
        named.extend(tags);
        for path in wanted.condition.split(',') {
            let mut at = Some(values);
            for key in path.trim().split('.') {
                at = at.and_then(|item| item.data.get(key));
            }
            named.extend(at.map(|item| item.source));
        }
    }
    for inner in &chart.dependencies {
        if let Some(values) = values.data.get(inner.name()) {
            let path = format!("{path}/charts/{}", inner.name());
            switches(inner, &path, charts, values, named);
        }
    }
}

fn text(base: &Followed, line: &Line) -> String {
    let text = &base.traced.files[line.file].text[line.range.as_usize()];
    String::from_utf8_lossy(text).chars().take(120).collect()
}

/// The path of a key.
fn shown(base: &Followed, key: &Key) -> String {
    let sources = &base.traced.sources;
    match key {
        Key::Set(id) => sources.path(*id),
        Key::Absent(id, keys) => format!("{}.{} (absent)", sources.path(*id), keys.join(".")),
    }
}

fn brief(data: Option<&Data>) -> String {
    let text = match data {
        None => "absent".to_owned(),
        Some(Data::Str(text)) => format!("{:?}", String::from_utf8_lossy(text)),
        Some(Data::Map(map)) => format!("a map of {}", map.len()),
        Some(Data::List(list)) => format!("a list of {}", list.len()),
        Some(other) => format!("{other:?}"),
    };
    text.chars().take(60).collect()
}

/// A line for a person to judge.
fn read(subject: &Subject, base: &Followed, line: &Line, trail: &Trail) -> Read {
    let spot = |at: &Written| {
        let outline = &base.outlines[at.template as usize];
        let path = &base.traced.templates[at.template as usize].path;
        let start = at.range.start as usize;
        let bytes = outline
            .text
            .get(start..at.range.end as usize)
            .unwrap_or_default();
        let blank = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
        let before = outline.text.get(..start + blank).unwrap_or_default();
        let number = memchr::memchr_iter(b'\n', before).count();
        let source = String::from_utf8_lossy(&outline.text);
        let source = source.lines().nth(number).unwrap_or_default().trim();
        format!("{path}:{} {source}", number + 1)
    };
    let mut written: Vec<String> = Vec::new();
    for part in parts(&base.traced, line) {
        let calls = &base.traced.calls[part.calls as usize];
        for at in part.written.iter().chain(calls) {
            let spot = spot(at);
            if !written.contains(&spot) {
                written.push(spot);
            }
        }
    }
    let keys = |keys: &std::collections::BTreeSet<Key>| -> Vec<String> {
        let named = keys.iter().map(|key| {
            let now = match key {
                Key::Set(id) => current(&subject.values, *id),
                Key::Absent(..) => None,
            };
            format!("{} = {}", shown(base, key), brief(now))
        });
        named.collect()
    };
    Read {
        chart: subject.name.clone(),
        file: base.traced.files[line.file].name.to_string(),
        line: line.number + 1,
        text: text(base, line),
        written,
        content: keys(&trail.content),
        conditions: keys(&trail.conditions),
    }
}

/// A small generator of numbers (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    /// Some of the items, in their order.
    pub(crate) fn some<T: Clone>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut left = count.min(items.len());
        let mut found = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if self.below(items.len() - at) < left {
                found.push(item.clone());
                left -= 1;
            }
        }
        found
    }
}
