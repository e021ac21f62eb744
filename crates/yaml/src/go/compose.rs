//! From events to the nodes of the first document.

use std::collections::HashMap;
use std::ops::Range;

use super::GoError;
use super::parse::{Event, Parser, Properties};
use super::scan::Value;

pub(super) enum Content {
    Scalar {
        value: Value,
        implicit: bool,
    },
    /// The node that is meant.
    Alias(u32),
    Sequence,
    Mapping,
}

pub(super) struct Node {
    pub(super) content: Content,
    pub(super) tag: String,
    /// The name that an alias has.
    pub(super) name: String,
    pub(super) children: Vec<u32>,
    pub(super) range: Range<usize>,
}

/// The nodes of the first document; the root is the first, if there is one.
pub(super) fn compose(bytes: &[u8]) -> Result<Vec<Node>, GoError> {
    let mut parser = Parser::new(bytes);
    let mut nodes: Vec<Node> = Vec::new();
    match parser.next()?.event {
        Event::DocumentStart => {}
        _ => return Ok(nodes),
    }
    let mut anchors: HashMap<String, u32> = HashMap::new();
    let mut open: Vec<u32> = Vec::new();
    loop {
        let parsed = parser.next()?;
        let (content, properties, name) = match parsed.event {
            Event::End => {
                if let Some(ended) = open.pop() {
                    let end = parsed.range.end;
                    let node = &mut nodes[ended as usize];
                    node.range.end = node.range.end.max(end);
                }
                if open.is_empty() {
                    break;
                }
                continue;
            }
            Event::Alias(name) => {
                let Some(&target) = anchors.get(&name) else {
                    let text = format!("yaml: unknown anchor '{name}' referenced");
                    return Err(GoError::new(text));
                };
                (Content::Alias(target), Properties::default(), name)
            }
            Event::Scalar {
                value,
                implicit,
                properties,
            } => (
                Content::Scalar { value, implicit },
                properties,
                String::new(),
            ),
            Event::SequenceStart(properties) => (Content::Sequence, properties, String::new()),
            Event::MappingStart(properties) => (Content::Mapping, properties, String::new()),
            Event::StreamEnd | Event::DocumentStart | Event::DocumentEnd => break,
        };
        let id = nodes.len() as u32;
        if let Some(&parent) = open.last() {
            nodes[parent as usize].children.push(id);
        }
        if let Some(anchor) = properties.anchor {
            anchors.insert(anchor, id);
        }
        let is_open = matches!(content, Content::Sequence | Content::Mapping);
        nodes.push(Node {
            content,
            tag: properties.tag,
            name,
            children: Vec::new(),
            range: parsed.range,
        });
        if is_open {
            open.push(id);
        } else if open.is_empty() {
            break;
        }
    }
    // The reference looks for the end of the document, but not at what comes after it.
    parser.next()?;
    Ok(nodes)
}
