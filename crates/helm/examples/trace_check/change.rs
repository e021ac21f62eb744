//! Other values for a key, and what of a text they changed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plimsoll_helm::values::{Data, Item, SourceId};

use crate::lines::Key;

/// The values with another one for a key; `None` if the key is nowhere in them.
pub(crate) fn with(values: &Item, key: &Key, new: &Data) -> Option<Item> {
    let (wanted, keys) = match key {
        Key::Set(id) => (*id, &[][..]),
        Key::Absent(id, keys) => (*id, keys.as_slice()),
    };
    let mut found = false;
    let changed = replaced(values, wanted, keys, new, &mut found);
    found.then_some(changed)
}

/// The values without what there is at a place: its key goes with it.
pub(crate) fn without(item: &Item, wanted: SourceId) -> Item {
    let mut item = item.clone();
    match &mut item.data {
        Data::Map(map) => {
            let map = Arc::make_mut(map);
            map.retain(|_, inner| inner.source != wanted);
            for inner in map.values_mut() {
                *inner = without(inner, wanted);
            }
        }
        Data::List(list) => {
            for inner in Arc::make_mut(list) {
                *inner = without(inner, wanted);
            }
        }
        _ => {}
    }
    item
}

/// Values nest no deeper than they can be read, which is bounded.
fn replaced(item: &Item, wanted: SourceId, keys: &[String], new: &Data, found: &mut bool) -> Item {
    let mut item = item.clone();
    if item.source == wanted {
        if keys.is_empty() {
            *found = true;
            return Item::new(new.clone(), item.source);
        }
        if let Data::Map(map) = &mut item.data {
            *found = true;
            put(Arc::make_mut(map), keys, new);
            return item;
        }
    }
    match &mut item.data {
        Data::Map(map) => {
            for inner in Arc::make_mut(map).values_mut() {
                *inner = replaced(inner, wanted, keys, new, found);
            }
        }
        Data::List(list) => {
            for inner in Arc::make_mut(list) {
                *inner = replaced(inner, wanted, keys, new, found);
            }
        }
        _ => {}
    }
    item
}

fn put(map: &mut BTreeMap<Arc<str>, Item>, keys: &[String], new: &Data) {
    let Some((first, rest)) = keys.split_first() else {
        return;
    };
    let entry = map.entry(first.as_str().into()).or_default();
    if rest.is_empty() {
        *entry = new.clone().into();
        return;
    }
    if !entry.data.is_map() {
        entry.data = Data::map();
    }
    if let Data::Map(inner) = &mut entry.data {
        put(Arc::make_mut(inner), rest, new);
    }
}

/// What there is at a place.
pub(crate) fn current(item: &Item, wanted: SourceId) -> Option<&Data> {
    if item.source == wanted {
        return Some(&item.data);
    }
    match &item.data {
        Data::Map(map) => map.values().find_map(|inner| current(inner, wanted)),
        Data::List(list) => list.iter().find_map(|inner| current(inner, wanted)),
        _ => None,
    }
}

/// Other values to try for one; `literals` are texts that it may be compared with.
pub(crate) fn candidates(now: Option<&Data>, literals: &[String]) -> Vec<Data> {
    let map = |key: &str| {
        let entries = [(Arc::from(key), Item::from(Data::str("plimsoll")))];
        Data::Map(Arc::new(entries.into_iter().collect()))
    };
    let list = |items: Vec<Data>| Data::List(Arc::new(items.into_iter().map(Item::from).collect()));
    let mut tried: Vec<Data> = match now {
        None | Some(Data::Null) => vec![
            Data::Bool(true),
            Data::str("plimsoll"),
            Data::Float(7.0),
            map("plimsoll"),
            list(vec![Data::str("plimsoll")]),
            list(vec![map("name")]),
            Data::Bool(false),
        ],
        Some(Data::Bool(value)) => vec![Data::Bool(!value), Data::Null, Data::str("plimsoll")],
        Some(Data::Int(number)) => vec![Data::Int(number + 1), Data::Int(0), Data::Null],
        Some(Data::Float(number)) => vec![
            Data::Float(number + 1.0),
            Data::Float(0.0),
            Data::Float(70_000.0),
            Data::Null,
        ],
        Some(Data::Str(text)) => {
            let text = String::from_utf8_lossy(text);
            vec![
                Data::str(format!("{text}x")),
                Data::str(format!("x{text}")),
                Data::str("plimsoll"),
                Data::str(""),
                Data::str("1.0.0"),
                Data::str("99.0.0"),
                Data::Bool(true),
                Data::Null,
                // What is a template or YAML once more can be broken.
                Data::str("{{"),
                Data::str("plimsoll:\n- ]"),
            ]
        }
        Some(Data::List(items)) => {
            let mut longer: Vec<Item> = items.to_vec();
            longer.extend(items.first().cloned());
            let mut shorter: Vec<Item> = items.to_vec();
            shorter.pop();
            vec![
                Data::List(Arc::new(longer)),
                Data::List(Arc::new(shorter)),
                list(vec![Data::str("plimsoll")]),
                list(vec![map("name")]),
                list(Vec::new()),
                Data::Null,
            ]
        }
        Some(Data::Map(entries)) => {
            let mut more = (**entries).clone();
            more.insert("plimsoll".into(), Item::from(Data::str("plimsoll")));
            vec![
                Data::Map(Arc::new(more)),
                Data::map(),
                map("plimsoll"),
                Data::Null,
            ]
        }
    };
    if !matches!(now, Some(Data::Str(_) | Data::List(_) | Data::Map(_))) {
        tried.push(Data::str("{{"));
    }
    tried.extend(literals.iter().map(Data::str));
    tried.retain(|data| Some(data) != now);
    tried
}

/// For each line of a text the line of another text that it is still there as.
pub(crate) fn kept(before: &[u8], after: &[u8]) -> Vec<Option<usize>> {
    let (old, new) = (marks(before), marks(after));
    let mut kept = vec![None; old.len()];
    let lead = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    for (line, kept) in kept.iter_mut().enumerate().take(lead) {
        *kept = Some(line);
    }
    let rest = || old[lead..].iter().rev().zip(new[lead..].iter().rev());
    let trail = rest().take_while(|(a, b)| a == b).count();
    for back in 1..=trail {
        kept[old.len() - back] = Some(new.len() - back);
    }
    let (middle, other) = (&old[lead..old.len() - trail], &new[lead..new.len() - trail]);
    for (line, to) in common(middle, other) {
        kept[lead + line] = Some(lead + to);
    }
    kept
}

/// The most cells of the table of a comparison; a larger middle counts as changed.
const MAX_CELLS: usize = 4_000_000;

/// A longest common subsequence, as pairs of positions.
fn common(old: &[u64], new: &[u64]) -> Vec<(usize, usize)> {
    let (rows, columns) = (old.len(), new.len());
    if rows * columns > MAX_CELLS {
        return Vec::new();
    }
    let width = columns + 1;
    let mut longest = vec![0u32; (rows + 1) * width];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row * width + column] = if old[row] == new[column] {
                longest[(row + 1) * width + column + 1] + 1
            } else {
                longest[(row + 1) * width + column].max(longest[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut pairs = Vec::new();
    while row < rows && column < columns {
        if old[row] == new[column] {
            pairs.push((row, column));
            row += 1;
            column += 1;
        } else if longest[(row + 1) * width + column] >= longest[row * width + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// A number for each line: its text and the keys that it stands below, so that equal lines of
/// different objects are told apart.
fn marks(text: &[u8]) -> Vec<u64> {
    let mut marks = Vec::new();
    let mut above: Vec<(usize, u64)> = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        let indent = line.len() - line.trim_ascii_start().len();
        let inner = line.trim_ascii();
        if inner.starts_with(b"---") {
            above.clear();
        }
        let mut path = Vec::new();
        if !inner.is_empty() && !inner.starts_with(b"#") {
            above.retain(|(its, _)| *its < indent);
        }
        for (its, mark) in &above {
            if *its < indent {
                path.push(*mark);
            }
        }
        marks.push(hash(&(line, &path)));
        if !inner.is_empty() && !inner.starts_with(b"#") {
            let end = inner.iter().position(|&byte| byte == b':');
            let key = match inner {
                [b'-', ..] => &b"-"[..],
                _ => &inner[..end.unwrap_or(inner.len())],
            };
            above.push((indent, hash(&key)));
        }
    }
    marks
}

fn hash(of: &impl std::hash::Hash) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Every value that holds no other one, with its source.
pub(crate) fn leaves(item: &Item, found: &mut HashMap<SourceId, Data>) {
    match &item.data {
        Data::Map(map) if !map.is_empty() => map.values().for_each(|inner| leaves(inner, found)),
        Data::List(list) if !list.is_empty() => list.iter().for_each(|inner| leaves(inner, found)),
        data => {
            if item.source != SourceId::NONE {
                found.insert(item.source, data.clone());
            }
        }
    }
}
