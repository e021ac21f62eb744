//! What is emitted reads back as the same value, for the tests and a fuzz target.

use plimsoll_yaml::emit::{Emitter, Flavor};
use plimsoll_yaml::go::{self, GoValue};

/// A value made of strings, a number and collections.
#[derive(Debug)]
pub(crate) enum Made {
    Text(String),
    Number(i64),
    List(Vec<Made>),
    Map(Vec<(String, Made)>),
}

/// A value whose shape follows from the bytes, with these texts in it. Nests at most as deep
/// as `depth`.
pub(crate) fn made(shape: &mut std::slice::Iter<'_, u8>, texts: &[String], depth: u32) -> Made {
    let byte = shape.next().copied().unwrap_or(0);
    let text = |byte: u8| match texts.get(usize::from(byte) % texts.len().max(1)) {
        Some(text) => readable(text),
        None => String::new(),
    };
    let count = usize::from(byte >> 4 & 3);
    match byte & 15 {
        0..=8 => Made::Text(text(byte >> 4)),
        9 => Made::Number(i64::from(byte) - 100),
        _ if depth == 0 => Made::Text(text(byte)),
        10..=12 => Made::List((0..count).map(|_| made(shape, texts, depth - 1)).collect()),
        _ => {
            let mut entries: Vec<(String, Made)> = Vec::new();
            for _ in 0..count {
                let key = text(shape.next().copied().unwrap_or(0));
                let value = made(shape, texts, depth - 1);
                if entries.iter().all(|(other, _)| *other != key) {
                    entries.push((key, value));
                }
            }
            Made::Map(entries)
        }
    }
}

/// The text without what no YAML text can hold, and without line breaks of more than one byte:
/// the reference writes those so that they read back as others. Nor has it tabs in more lines
/// than one: version 3 writes blocks that start with a tab, which version 2 refuses.
fn readable(text: &str) -> String {
    let lines = text.contains('\n');
    text.chars()
        .filter(|c| !(matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') || lines && *c == '\t'))
        .collect()
}

fn emit(value: &Made, out: &mut Emitter) {
    match value {
        Made::Text(text) => drop(out.string(text)),
        Made::Number(number) => drop(out.plain(&number.to_string())),
        Made::List(items) => {
            out.start_sequence(items.is_empty());
            items.iter().for_each(|item| emit(item, out));
            out.end();
        }
        Made::Map(entries) => {
            out.start_mapping(entries.is_empty());
            for (key, entry) in entries {
                out.key(key);
                emit(entry, out);
            }
            out.end();
        }
    }
}

fn is_same(made: &Made, read: &GoValue<'_>) -> bool {
    match (made, read) {
        (Made::Text(a), GoValue::Str(b)) => a == b,
        (Made::Number(a), GoValue::Int(b)) => a == b,
        (Made::List(a), GoValue::Seq(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, &b.value))
        }
        (Made::Map(a), GoValue::Map(b)) => {
            let same =
                |((key, a), (name, b)): (&(String, Made), &(go::GoNode<'_>, go::GoNode<'_>))| {
                    name.value == GoValue::Str(key.as_str().into()) && is_same(a, &b.value)
                };
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        _ => false,
    }
}

/// Panics if what either version writes does not read back as the value.
pub(crate) fn check(value: &Made) {
    for flavor in [Flavor::V2, Flavor::V3] {
        let mut out = Emitter::new(flavor, usize::MAX);
        emit(value, &mut out);
        let text = out.finish();
        let read = go::decode(text.as_bytes());
        let read = read.unwrap_or_else(|error| panic!("{error}: {text:?} of {value:?}"));
        let read = read.unwrap_or_else(|| panic!("nothing is read: {text:?} of {value:?}"));
        assert!(
            is_same(value, &read.value),
            "{flavor:?}: {text:?} of {value:?} reads as {read:?}"
        );
        let dialects = [plimsoll_yaml::Dialect::GoV2, plimsoll_yaml::Dialect::Core];
        for dialect in dialects {
            let tree = plimsoll_yaml::parse(text.as_str(), dialect);
            let root = tree
                .documents()
                .next()
                .and_then(plimsoll_yaml::Document::root);
            let Some(root) = root else {
                panic!("{dialect:?}: no tree: {text:?} of {value:?}");
            };
            assert!(
                is_same_tree(value, root),
                "{flavor:?}, {dialect:?}: {text:?} of {value:?}: {:?}",
                tree.errors()
            );
        }
    }
}

fn is_same_tree(made: &Made, node: plimsoll_yaml::Node<'_>) -> bool {
    match made {
        Made::Text(text) => node.as_str().is_some_and(|read| read == *text),
        Made::Number(number) => node.as_int() == Some(*number),
        Made::List(items) => {
            node.kind() == plimsoll_yaml::Kind::Sequence
                && node.len() == items.len()
                && items
                    .iter()
                    .zip(node.items())
                    .all(|(a, b)| is_same_tree(a, b))
        }
        Made::Map(entries) => {
            node.kind() == plimsoll_yaml::Kind::Mapping
                && node.len() == entries.len()
                && entries.iter().zip(node.entries()).all(|((key, a), entry)| {
                    entry.key.as_str().is_some_and(|read| read == *key)
                        && is_same_tree(a, entry.value)
                })
        }
    }
}
