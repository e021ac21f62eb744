//! What the API's own documentation says of kinds and fields, from the newest version that has
//! them. Decompressed when it is first shown.

use std::sync::OnceLock;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::table::{Base, table};

static DESCRIPTIONS: &[u8] = include_bytes!("descriptions.bin");
/// The most bytes that the texts may have.
const LIMIT: usize = 4 << 20;

/// What the API's documentation says of the field at `path` (without indices; empty for the kind
/// itself), such as `describe("apps", "v1", "Deployment", &["spec", "replicas"])`.
pub fn describe(group: &str, version: &str, kind: &str, path: &[&str]) -> Option<&'static str> {
    let table = table();
    let mut definition = table.kind(group, version, kind)?.definition;
    let mut found = None;
    for name in path {
        // Below a field that is no structure there is nothing to describe.
        definition = match found {
            None => definition,
            Some(n) => match table.fields[n as usize].base {
                Base::Definition(next) => next,
                _ => return None,
            },
        };
        let range = table.field_range(definition);
        let newest = range
            .filter(|&n| table.field_name(&table.fields[n]) == *name)
            .max_by_key(|&n| table.fields[n].present)?;
        found = Some(newest as u32);
    }
    match found {
        None => of_definition(definition),
        Some(field) => of_field(field as usize),
    }
}

/// The first sentence of a description, without its period.
pub fn first_sentence(text: &str) -> &str {
    let line = text.split("\n\n").next().unwrap_or(text);
    let mut from = 0;
    while let Some(at) = line[from..].find(". ") {
        let end = from + at;
        // `e.g. ` and the like end no sentence; what follows one starts with a capital.
        if line[end + 2..].starts_with(|c: char| c.is_ascii_uppercase())
            && !line[..end].ends_with("e.g")
        {
            return &line[..end];
        }
        from = end + 2;
    }
    line.trim_end().trim_end_matches('.')
}

/// The description of a field by its number in the table.
pub(super) fn of_field(field: usize) -> Option<&'static str> {
    let table = table();
    // Each definition's own text stands before those of its fields.
    let before = table
        .definitions
        .iter()
        .enumerate()
        .take_while(|(n, _)| table.field_range(*n as u16).start <= field)
        .count();
    texts().get(field + before)
}

fn of_definition(definition: u16) -> Option<&'static str> {
    let start = table().field_range(definition).start;
    texts().get(start + usize::from(definition))
}

#[derive(Default)]
struct Texts {
    text: String,
    /// The end of each unique text.
    ends: Vec<u32>,
    /// The text of each definition and field, in order.
    order: Vec<u32>,
}

impl Texts {
    fn get(&self, at: usize) -> Option<&str> {
        let n = *self.order.get(at)? as usize;
        let start = n
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        let text = self.text.get(start..*self.ends.get(n)? as usize)?;
        (!text.is_empty()).then_some(text)
    }
}

fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| read().unwrap_or_default())
}

fn read() -> Option<Texts> {
    let bytes = decompress_to_vec_zlib_with_limit(DESCRIPTIONS, LIMIT).ok()?;
    let mut texts = Texts::default();
    let (count, used) = varint(&bytes)?;
    let mut rest = &bytes[used..];
    for _ in 0..count {
        let (len, used) = varint(rest)?;
        let text = rest.get(used..used + len)?;
        texts.text.push_str(std::str::from_utf8(text).ok()?);
        texts.ends.push(texts.text.len() as u32);
        rest = &rest[used + len..];
    }
    while let Some((n, used)) = varint(rest) {
        texts.order.push(n as u32);
        rest = &rest[used..];
    }
    rest.is_empty().then_some(texts)
}

/// A number of seven bits a byte, the lowest first, and the bytes that it takes.
fn varint(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (n, &byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * n);
        if byte < 0x80 {
            return Some((value, n + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_fields_are_described() {
        let text = describe("apps", "v1", "Deployment", &["spec", "replicas"]).expect("known");
        assert!(text.starts_with("Number of desired pods."), "{text}");
        let text = describe("apps", "v1", "Deployment", &[]).expect("known");
        assert!(text.starts_with("Deployment enables"), "{text}");
        let path = ["spec", "template", "spec", "containers", "imagePullPolicy"];
        let text = describe("apps", "v1", "Deployment", &path).expect("known");
        assert!(text.starts_with("Image pull policy."), "{text}");
        assert_eq!(describe("apps", "v1", "Deployment", &["spec", "no"]), None);
        assert_eq!(
            describe("apps", "v1", "Deployment", &["spec", "replicas", "x"]),
            None
        );
    }

    #[test]
    fn every_text_has_its_place() {
        let table = table();
        assert_eq!(
            texts().order.len(),
            table.definitions.len() + table.fields.len()
        );
    }

    #[test]
    fn the_first_sentence_ends_where_it_ends() {
        assert_eq!(first_sentence("One thing. Another."), "One thing");
        assert_eq!(
            first_sentence("Such as v1. or v2 here.\n\nMore."),
            "Such as v1. or v2 here"
        );
        assert_eq!(first_sentence(""), "");
    }
}
