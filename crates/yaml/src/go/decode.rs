//! From nodes to values: aliases, merges, types.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::value::{self, Scalar};
use crate::{Dialect, Style};

use super::compose::{Content, Node};
use super::scan::Value;
use super::{GoError, GoNode, GoValue, MAX_DEPTH};

type Entries<'t> = Vec<(GoNode<'t>, GoNode<'t>)>;

pub(super) fn decode<'t>(bytes: &'t [u8], nodes: &[Node]) -> Result<Option<GoNode<'t>>, GoError> {
    let mut decoder = Decoder {
        bytes,
        nodes,
        // Which aliases are being followed.
        followed: vec![false; nodes.len()],
        depth: 0,
        decoded: 0,
        aliased: 0,
        in_alias: 0,
    };
    if nodes.is_empty() {
        return Ok(None);
    }
    // The document counts as a node.
    decoder.count()?;
    decoder.node(0).map(Some)
}

struct Decoder<'t, 'n> {
    bytes: &'t [u8],
    nodes: &'n [Node],
    followed: Vec<bool>,
    depth: usize,
    /// Nodes decoded, and how many of them through aliases: the reference refuses a document
    /// that is mostly made of aliases.
    decoded: u32,
    aliased: u32,
    in_alias: u32,
}

impl<'t> Decoder<'t, '_> {
    fn count(&mut self) -> Result<(), GoError> {
        self.decoded = self.decoded.saturating_add(1);
        self.aliased += u32::from(self.in_alias > 0);
        let ratio = f64::from(self.aliased) / f64::from(self.decoded);
        if self.aliased > 100 && self.decoded > 1000 && ratio > allowed_ratio(self.decoded) {
            return Err(GoError::new(
                "yaml: document contains excessive aliasing".into(),
            ));
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<(), GoError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(GoError::too_deep());
        }
        Ok(())
    }

    /// Follows an alias while `then` reads the node that it means.
    fn follow<T>(
        &mut self,
        alias: u32,
        target: u32,
        then: impl FnOnce(&mut Self, u32) -> Result<T, GoError>,
    ) -> Result<T, GoError> {
        if self.followed[alias as usize] {
            let name = &self.nodes[alias as usize].name;
            let text = format!("yaml: anchor '{name}' value contains itself");
            return Err(GoError::new(text));
        }
        self.followed[alias as usize] = true;
        self.in_alias += 1;
        self.enter()?;
        let result = then(self, target)?;
        self.depth -= 1;
        self.in_alias -= 1;
        self.followed[alias as usize] = false;
        Ok(result)
    }

    fn node(&mut self, id: u32) -> Result<GoNode<'t>, GoError> {
        self.count()?;
        let node = &self.nodes[id as usize];
        let value = match &node.content {
            Content::Alias(target) => return self.follow(id, *target, Self::node),
            Content::Scalar { value, implicit } => self.scalar(value, *implicit, &node.tag)?,
            Content::Sequence => {
                self.enter()?;
                let mut items = Vec::with_capacity(node.children.len());
                for &child in &node.children {
                    items.push(self.node(child)?);
                }
                self.depth -= 1;
                GoValue::Seq(items)
            }
            Content::Mapping => {
                let mut entries = Vec::with_capacity(node.children.len() / 2);
                self.mapping(id, &mut entries)?;
                GoValue::Map(entries)
            }
        };
        let range = node.range.clone();
        Ok(GoNode { value, range })
    }

    fn mapping(&mut self, id: u32, entries: &mut Entries<'t>) -> Result<(), GoError> {
        self.enter()?;
        let children = &self.nodes[id as usize].children;
        for pair in children.chunks_exact(2) {
            if self.is_merge(pair[0]) {
                self.merge(pair[1], entries)?;
                continue;
            }
            let key = self.node(pair[0])?;
            if matches!(key.value, GoValue::Map(_) | GoValue::Seq(_)) {
                let mut text = String::from("yaml: invalid map key: ");
                write_go(&key.value, &mut text);
                return Err(GoError::new(text));
            }
            let value = self.node(pair[1])?;
            entries.push((key, value));
        }
        self.depth -= 1;
        Ok(())
    }

    fn is_merge(&self, id: u32) -> bool {
        let node = &self.nodes[id as usize];
        let Content::Scalar { value, implicit } = &node.content else {
            return false;
        };
        let tagged = node.tag.strip_prefix(value::YAML_TAG) == Some("merge");
        (*implicit || tagged) && self.text(value).is_ok_and(|text| text == "<<")
    }

    fn merge(&mut self, id: u32, entries: &mut Entries<'t>) -> Result<(), GoError> {
        let is_mapping = |nodes: &[Node], id: u32| {
            let is = |id: u32| matches!(nodes[id as usize].content, Content::Mapping);
            match nodes[id as usize].content {
                Content::Alias(target) => is(target),
                _ => is(id),
            }
        };
        let wanted =
            || GoError::new("yaml: map merge requires map or sequence of maps as the value".into());
        let node = &self.nodes[id as usize];
        match node.content {
            Content::Sequence => {
                // The earlier ones win, so they come last.
                for &child in node.children.iter().rev() {
                    if !is_mapping(self.nodes, child) {
                        return Err(wanted());
                    }
                    self.merged(child, entries)?;
                }
                Ok(())
            }
            _ if is_mapping(self.nodes, id) => self.merged(id, entries),
            _ => Err(wanted()),
        }
    }

    /// Puts the entries of a mapping in.
    fn merged(&mut self, id: u32, entries: &mut Entries<'t>) -> Result<(), GoError> {
        self.count()?;
        match self.nodes[id as usize].content {
            Content::Alias(target) => self.follow(id, target, |decoder, target| {
                decoder.count()?;
                decoder.mapping(target, entries)
            }),
            _ => self.mapping(id, entries),
        }
    }

    fn text(&self, value: &Value) -> Result<Cow<'t, str>, GoError> {
        match value {
            Value::Text(range) => {
                let bytes = self.bytes.get(range.clone()).unwrap_or_default();
                std::str::from_utf8(bytes)
                    .map(Cow::Borrowed)
                    .map_err(|_| GoError::new("yaml: invalid leading UTF-8 octet".into()))
            }
            Value::Decoded(text) => Ok(Cow::Owned(text.clone())),
        }
    }

    fn scalar(&self, value: &Value, implicit: bool, tag: &str) -> Result<GoValue<'t>, GoError> {
        let text = self.text(value)?;
        if tag.is_empty() && !implicit {
            return Ok(GoValue::Str(text));
        }
        let style = if implicit {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        let scalar = if tag.is_empty() {
            value::plain_scalar(&text, Dialect::GoV2)
        } else {
            match value::tagged_text(tag, style, &text, Dialect::GoV2) {
                Ok(scalar) => scalar,
                Err(found) => {
                    let wanted = tag.strip_prefix(value::YAML_TAG).unwrap_or(tag);
                    return Err(GoError::new(if wanted == "binary" {
                        "yaml: !!binary value contains invalid base64 data".into()
                    } else {
                        format!("yaml: cannot decode !!{found} `{text}` as a !!{wanted}")
                    }));
                }
            }
        };
        Ok(match scalar {
            Scalar::Null => GoValue::Null,
            Scalar::Bool(value) => GoValue::Bool(value),
            Scalar::Int(value) => GoValue::Int(value),
            Scalar::UInt(value) => GoValue::UInt(value),
            Scalar::Float(value) => GoValue::Float(value),
            Scalar::Str(decoded) => {
                let changed = *decoded != *text;
                if changed {
                    GoValue::Str(Cow::Owned(decoded.into_owned()))
                } else {
                    drop(decoded);
                    GoValue::Str(text)
                }
            }
        })
    }
}

/// How much of a document may come from aliases.
fn allowed_ratio(decoded: u32) -> f64 {
    const LOW: u32 = 400_000;
    const HIGH: u32 = 4_000_000;
    match decoded {
        0..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * (f64::from(decoded - LOW) / f64::from(HIGH - LOW)),
    }
}

/// Writes a value as Go's `%#v` does.
pub(super) fn write_go(value: &GoValue<'_>, out: &mut String) {
    match value {
        GoValue::Null => out.push_str("interface {}(nil)"),
        GoValue::Bool(value) => out.push_str(&value.to_string()),
        GoValue::Int(value) => out.push_str(&value.to_string()),
        GoValue::UInt(value) => drop(write!(out, "{value:#x}")),
        GoValue::Float(value) => out.push_str(&value.to_string()),
        GoValue::Str(text) => drop(write!(out, "{text:?}")),
        GoValue::Seq(items) => {
            out.push_str("[]interface {}{");
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                write_go(&item.value, out);
            }
            out.push('}');
        }
        GoValue::Map(entries) => {
            out.push_str("map[interface {}]interface {}{");
            for (n, (key, entry)) in entries.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                write_go(&key.value, out);
                out.push(':');
                write_go(&entry.value, out);
            }
            out.push('}');
        }
    }
}
