//! Edits that keep everything they do not name. Each returns edits of the source for one
//! logical change; apply with [`plimsoll_source::edit::apply`] and parse again.
//!
//! Nothing is ever printed again: an edit is a few byte ranges, so comments, line ends, quoting
//! and a byte order mark survive by construction. No edits come back where the change cannot be
//! made without touching more than asked: an anchor that others need would go, or the place is
//! reached through an alias or a merge.

mod block;
mod flow;
mod place;
mod render;

use plimsoll_source::{Edit, TextRange};

use crate::tree::{Kind, Style};
use crate::{Entry, Node, scan};
use place::Member;

/// Replaces a value by the given YAML text (already valid for one line), keeping the key,
/// anchors of others, comments and line ends.
pub fn set_value(entry: Entry<'_>, value: &str) -> Vec<Edit> {
    let node = entry.value;
    if place::others_need_anchors_below(node) {
        return Vec::new();
    }
    let mut value = value.to_owned();
    if let Some((name, _)) = node.anchor()
        && place::anchor_is_used(node)
    {
        value = format!("&{name} {value}");
    }
    place_value(entry, &value)
}

/// Writes `value` where the value of `entry` stands now.
fn place_value(entry: Entry<'_>, value: &str) -> Vec<Edit> {
    let tree = entry.key.tree();
    let text = tree.text();
    let key_end = entry.key.full_range().end as usize;
    let old = entry.value.full_range();
    let Some(colon) = scan::colon_after(text, key_end) else {
        let Some(mapping) = entry
            .key
            .parent()
            .filter(|mapping| mapping.style() == Style::Block)
        else {
            return vec![Edit::insert(key_end as u32, format!(": {value}"))];
        };
        // After a `?` the colon has to open a line of its own.
        let indent = place::column(text, mapping.range().start as usize);
        let eol = place::line_break(text);
        let line = scan::line_end(text, key_end) as u32;
        return vec![Edit::insert(line, format!("{eol}{:indent$}: {value}", ""))];
    };
    let after = colon as u32 + 1;
    if old.is_empty() {
        let space = place::space_before(text, old.start as usize);
        let gap = if needs_gap(text, old.start as usize) {
            " "
        } else {
            ""
        };
        return vec![Edit::insert(old.start, format!("{space}{value}{gap}"))];
    }
    let content = entry.value.range();
    let head_line = scan::line_end(text, colon);
    match entry.value.style() {
        // What is below the key's line goes, and the key's line keeps its comment.
        Style::Block if content.start as usize > head_line => {
            let mut edits = Vec::new();
            if (old.start as usize) < head_line {
                let props_end = place::properties_end(entry.value).max(old.start);
                edits.push(Edit::replace(TextRange::new(old.start, props_end), value));
            } else {
                edits.push(Edit::insert(after, format!(" {value}")));
            }
            edits.push(Edit::delete(TextRange::at(head_line, old.end as usize)));
            edits
        }
        Style::Literal | Style::Folded => {
            let header = scan::block_header_end(text, content.start as usize);
            let line = scan::line_end(text, header);
            let mut edits = vec![Edit::replace(
                TextRange::at(old.start as usize, header),
                value,
            )];
            if (old.end as usize) > line {
                edits.push(Edit::delete(TextRange::at(line, old.end as usize)));
            }
            edits
        }
        _ => vec![Edit::replace(old, value)],
    }
}

/// Whether what follows `at` would run into a scalar written there.
fn needs_gap(text: &str, at: usize) -> bool {
    !matches!(
        text.as_bytes().get(at),
        None | Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b'}' | b']')
    )
}

/// Replaces a scalar's content by `text`, in the quoting it has. A string stays a string: it is
/// quoted where the tree's dialect would read something else from the new text. A plain number,
/// boolean or null is replaced plainly.
pub fn set_scalar(node: Node<'_>, text: &str) -> Vec<Edit> {
    let node = node.resolve();
    if node.kind() != Kind::Scalar {
        return Vec::new();
    }
    if matches!(node.style(), Style::Literal | Style::Folded) {
        return block::set_block_scalar(node, text);
    }
    let written = render::in_style_of(node, text);
    let range = node.range();
    if !range.is_empty() {
        return vec![Edit::replace(range, written)];
    }
    let source = node.tree().text();
    match node.key() {
        Some(key) if node.full_range().is_empty() => {
            place_value(Entry { key, value: node }, &written)
        }
        _ => {
            let space = place::space_before(source, range.start as usize);
            let gap = if needs_gap(source, range.start as usize) {
                " "
            } else {
                ""
            };
            vec![Edit::insert(range.start, format!("{space}{written}{gap}"))]
        }
    }
}

/// Adds `key: block` to a mapping after its last entry (or `after` the named key, if it is
/// there). `block` is YAML text without leading indent; several lines are indented to fit.
/// Works on block and flow mappings and on an empty or null value in the place of a mapping.
pub fn insert_entry(mapping: Node<'_>, key: &str, block: &str, after: Option<&str>) -> Vec<Edit> {
    let edits = insert(mapping.resolve(), key, block, after);
    block::end_line(mapping.tree(), edits, block)
}

fn insert(mapping: Node<'_>, key: &str, block: &str, after: Option<&str>) -> Vec<Edit> {
    if mapping.kind() == Kind::Mapping && !mapping.is_empty() {
        let entry = after.and_then(|after| mapping.own_entry(after));
        let Some(entry) = entry.or_else(|| mapping.entries().last()) else {
            return Vec::new();
        };
        let member = Member::of_entry(entry);
        return if mapping.style() == Style::Flow {
            let (next, first) = (place::next_entry(entry), mapping.entries().next());
            let first = first.map_or(member, Member::of_entry);
            let json = flow::is_json(mapping);
            let text = render::flow_entry(mapping, key, block, json);
            flow::insert_after(mapping, first, member, next.map(Member::of_entry), &text)
        } else {
            let indent = place::column(mapping.tree().text(), mapping.range().start as usize);
            let text = render::block_entry(mapping, indent, key, block);
            block::insert_after(mapping, member, indent, &text)
        };
    }
    fill(
        mapping,
        &|indent| render::block_entry(mapping, indent, key, block),
        &|| {
            format!(
                "{{{}}}",
                render::flow_entry(mapping, key, block, flow::is_json(mapping))
            )
        },
    )
}

/// Adds an item at the end of a sequence. Works on block and flow sequences and on an empty or
/// null value in the place of a sequence.
pub fn push_item(sequence: Node<'_>, block: &str) -> Vec<Edit> {
    let edits = push(sequence.resolve(), block);
    block::end_line(sequence.tree(), edits, block)
}

fn push(sequence: Node<'_>, block: &str) -> Vec<Edit> {
    if sequence.kind() == Kind::Sequence && !sequence.is_empty() {
        let (Some(first), Some(last)) = (sequence.items().next(), sequence.items().last()) else {
            return Vec::new();
        };
        let member = Member::of_item(last);
        return if sequence.style() == Style::Flow {
            let text = render::flow_value(sequence, block, flow::is_json(sequence));
            flow::insert_after(sequence, Member::of_item(first), member, None, &text)
        } else {
            let indent = place::column(sequence.tree().text(), sequence.range().start as usize);
            let text = render::block_item(sequence, indent, block);
            block::insert_after(sequence, member, indent, &text)
        };
    }
    fill(
        sequence,
        &|indent| render::block_item(sequence, indent, block),
        &|| {
            format!(
                "[{}]",
                render::flow_value(sequence, block, flow::is_json(sequence))
            )
        },
    )
}

/// Puts the first member where an empty collection or a null stands.
fn fill(
    node: Node<'_>,
    in_block: &dyn Fn(usize) -> String,
    in_flow: &dyn Fn() -> String,
) -> Vec<Edit> {
    match node.kind() {
        Kind::Mapping | Kind::Sequence => {}
        Kind::Scalar if node.is_null() => {}
        Kind::Scalar | Kind::Alias => return Vec::new(),
    }
    if place::in_flow(node) {
        return match node.key() {
            Some(key) => place_value(Entry { key, value: node }, &in_flow()),
            None if node.range().is_empty() => Vec::new(),
            None => vec![Edit::replace(node.range(), in_flow())],
        };
    }
    block::fill(node, in_block, in_flow)
}

/// Ensures that the mappings along `path` exist below `root` and sets the last key to
/// `block` if it is not there yet (a null counts as not there).
pub fn insert_path(root: Node<'_>, path: &[&str], block: &str) -> Vec<Edit> {
    let mut at = root;
    for (depth, key) in path.iter().enumerate() {
        if at.kind() == Kind::Alias {
            return Vec::new();
        }
        if at.kind() == Kind::Mapping
            && let Some(entry) = at.entry(key)
        {
            if entry.key.parent() != Some(at) {
                // It comes with a merge: an own key would hide what the merge brings.
                return Vec::new();
            }
            at = entry.value;
            continue;
        }
        if !matches!(at.kind(), Kind::Mapping) && !at.is_null() {
            return Vec::new();
        }
        let nested = render::nested(&path[depth + 1..], block, place::step(at));
        return insert_entry(at, key, &nested, None);
    }
    match at.key() {
        Some(key) if !path.is_empty() && at.kind() == Kind::Scalar && at.is_null() => {
            let edits = set_null(Entry { key, value: at }, block);
            block::end_line(root.tree(), edits, block)
        }
        _ => Vec::new(),
    }
}

/// Gives an entry without value the value `block`.
fn set_null(entry: Entry<'_>, block: &str) -> Vec<Edit> {
    let node = entry.value;
    if place::in_flow(node) {
        let json = flow::is_json(entry.key);
        return place_value(entry, &render::flow_value(entry.key, block, json));
    }
    block::set_null(entry, block)
}

/// Removes an entry with its own comment lines; an emptied mapping becomes `{}`.
pub fn remove_entry(entry: Entry<'_>) -> Vec<Edit> {
    let Some(mapping) = entry.key.parent() else {
        return Vec::new();
    };
    if place::others_need_anchors(entry.key) || place::others_need_anchors(entry.value) {
        return Vec::new();
    }
    if mapping.len() <= 1 {
        return become_empty(mapping, "{}");
    }
    let previous = mapping.entries().take_while(|e| e.key != entry.key).last();
    let previous = previous.map(Member::of_entry);
    let next = place::next_entry(entry).map(Member::of_entry);
    let member = Member::of_entry(entry);
    if mapping.style() == Style::Flow {
        flow::remove(mapping, previous, member, next)
    } else {
        block::remove(mapping, previous, member, next)
    }
}

/// Removes an item of a sequence; an emptied one becomes `[]`.
pub fn remove_item(item: Node<'_>) -> Vec<Edit> {
    let Some(sequence) = item
        .parent()
        .filter(|parent| parent.kind() == Kind::Sequence)
    else {
        return Vec::new();
    };
    if place::others_need_anchors(item) {
        return Vec::new();
    }
    if sequence.len() <= 1 {
        return become_empty(sequence, "[]");
    }
    let previous = sequence.items().take_while(|other| *other != item).last();
    let previous = previous.map(Member::of_item);
    let next = place::next_item(item).map(Member::of_item);
    let member = Member::of_item(item);
    if sequence.style() == Style::Flow {
        flow::remove(sequence, previous, member, next)
    } else {
        block::remove(sequence, previous, member, next)
    }
}

/// Writes `{}` or `[]` for a collection that loses its only member.
fn become_empty(collection: Node<'_>, empty: &str) -> Vec<Edit> {
    let range = collection.range();
    if collection.style() == Style::Flow {
        let brackets = range.of(collection.tree().text()).starts_with(['{', '[']);
        // `[a: 1]` holds a mapping without brackets of its own.
        return vec![Edit::replace(
            range,
            if brackets {
                empty.to_owned()
            } else {
                "{}".into()
            },
        )];
    }
    if let Some(key) = collection.key() {
        let mut value = empty.to_owned();
        let props = TextRange::new(collection.full_range().start, range.start);
        let props = props.of(collection.tree().text()).trim();
        if !props.is_empty() && !props.contains('\n') && !props.contains('#') {
            value = format!("{props} {empty}");
        } else if !props.is_empty() {
            return vec![Edit::replace(range, empty)];
        }
        return place_value(
            Entry {
                key,
                value: collection,
            },
            &value,
        );
    }
    vec![Edit::replace(range, empty)]
}
