//! Writes the merged schemas as tables.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use miniz_oxide::deflate::compress_to_vec_zlib;

use super::read::{Base, Field, Holder, Mask, Merged, Shape};

/// The table of the structure: versions, masks, names, lists' keys, definitions, kinds.
pub(super) fn structure(merged: &Merged) -> Result<Vec<u8>> {
    let names = numbered(names(merged));
    let masks = numbered(masks(merged));
    let keys = numbered(
        all_fields(merged)
            .map(|(_, f)| f.shape.keys.clone())
            .collect(),
    );
    let definitions: BTreeMap<&str, usize> = merged
        .definitions
        .keys()
        .enumerate()
        .map(|(n, name)| (name.as_str(), n))
        .collect();
    let mut out = Out(b"PKS1".to_vec());
    out.number(*merged.minors.first().context("no version")? as usize);
    out.number(merged.minors.len());
    out.number(masks.len());
    for mask in masks.keys() {
        out.0.extend_from_slice(&mask.to_le_bytes());
    }
    out.number(names.len());
    let mut before = "";
    for name in names.keys() {
        let shared = before
            .bytes()
            .zip(name.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        out.number(shared);
        out.number(name.len() - shared);
        out.0.extend_from_slice(&name.as_bytes()[shared..]);
        before = name;
    }
    out.number(keys.len());
    for list in keys.keys() {
        out.number(list.len());
        for key in list {
            out.number(names[key]);
        }
    }
    out.number(definitions.len());
    for (name, definition) in &merged.definitions {
        out.number(names[name]);
        out.number(masks[&definition.closed]);
        out.number(definition.fields.values().map(Vec::len).sum());
        for (name, variants) in &definition.fields {
            for field in variants {
                out.number(names[name]);
                out.number(masks[&field.present]);
                out.number(masks[&field.required]);
                let Shape { holder, base, .. } = &field.shape;
                let holder = match holder {
                    Holder::One => 0,
                    Holder::List => 1,
                    Holder::Map => 2,
                    Holder::MapOfLists => 3,
                };
                let (base, target) = match base {
                    Base::Any => (0, None),
                    Base::Text => (1, None),
                    Base::Bool => (2, None),
                    Base::Int32 => (3, None),
                    Base::Int64 => (4, None),
                    Base::Number => (5, None),
                    Base::Bytes => (6, None),
                    Base::Time => (7, None),
                    Base::IntOrString => (8, None),
                    Base::Quantity => (9, None),
                    Base::Object => (10, None),
                    Base::Definition(name) => (11, Some(definitions[name.as_str()])),
                };
                out.0.push(base | holder << 4);
                if let Some(target) = target {
                    out.number(target);
                }
                if holder == 1 {
                    out.number(keys[&field.shape.keys]);
                }
            }
        }
    }
    out.number(merged.kinds.len());
    for ((group, kind, version), (definition, mask)) in &merged.kinds {
        out.number(names[group]);
        out.number(names[kind]);
        out.number(names[version]);
        out.number(definitions[definition.as_str()]);
        out.number(masks[mask]);
    }
    Ok(out.0)
}

/// The texts of all definitions and fields in the order of the structure, compressed: the number
/// of unique texts, each with its length before it, then the numbers of the texts.
pub(super) fn descriptions(merged: &Merged) -> Vec<u8> {
    let mut order = Vec::new();
    for definition in merged.definitions.values() {
        order.push(definition.description.as_str());
        order.extend(
            definition
                .fields
                .values()
                .flatten()
                .map(|f| f.description.as_str()),
        );
    }
    let texts = numbered(order.iter().copied().collect());
    let mut out = Out(Vec::new());
    out.number(texts.len());
    for text in texts.keys() {
        out.number(text.len());
        out.0.extend_from_slice(text.as_bytes());
    }
    for text in order {
        out.number(texts[text]);
    }
    compress_to_vec_zlib(&out.0, 10)
}

struct Out(Vec<u8>);

impl Out {
    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut value: usize) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

fn all_fields(merged: &Merged) -> impl Iterator<Item = (&String, &Field)> {
    merged
        .definitions
        .values()
        .flat_map(|d| &d.fields)
        .flat_map(|(name, variants)| variants.iter().map(move |field| (name, field)))
}

fn names(merged: &Merged) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = merged.definitions.keys().cloned().collect();
    for (name, field) in all_fields(merged) {
        names.insert(name.clone());
        names.extend(field.shape.keys.iter().cloned());
    }
    for (group, kind, version) in merged.kinds.keys() {
        names.extend([group.clone(), kind.clone(), version.clone()]);
    }
    names
}

fn masks(merged: &Merged) -> BTreeSet<Mask> {
    let mut masks = BTreeSet::from([0]);
    masks.extend(merged.definitions.values().map(|d| d.closed));
    masks.extend(all_fields(merged).flat_map(|(_, field)| [field.present, field.required]));
    masks.extend(merged.kinds.values().map(|(_, mask)| *mask));
    masks
}

fn numbered<T: Ord>(set: BTreeSet<T>) -> BTreeMap<T, usize> {
    set.into_iter()
        .enumerate()
        .map(|(n, item)| (item, n))
        .collect()
}
