//! From an offset in a scalar's decoded text back to the source.

use crate::node::Node;
use crate::tree::{Kind, Text};

pub(crate) fn in_source(node: Node<'_>, decoded: usize) -> u32 {
    let data = node.data();
    if data.kind != Kind::Scalar {
        return data.range.start;
    }
    match data.text {
        Text::Source(range) => (range.start as usize + decoded).min(range.end as usize) as u32,
        Text::Decoded(_) => data.range.start,
    }
}
