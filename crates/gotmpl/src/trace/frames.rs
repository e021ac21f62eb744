//! Frames: the calls that were open when something was written.

use std::sync::Arc;

use crate::syntax::NodeId;
use crate::templates::Template;
use crate::value::Str;

/// Names a parsed text in a session: those of the set first, then those that were parsed while
/// rendering.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TreeId(pub(crate) u32);

impl TreeId {
    /// Its number: those of the set are counted from 0 in the order in which they were added.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// Names a [`Frame`] of a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FrameId(pub(crate) u32);

/// One call of a template.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The template that was called.
    pub template: Arc<Template>,
    /// Its text.
    pub tree: TreeId,
    /// The frame and the node that called it; `None` if the host did.
    pub caller: Option<(FrameId, NodeId)>,
    /// For a text that was parsed while rendering: the string that it was, with its pieces.
    pub text: Option<Str>,
    /// The frame that was called last from here, and from which node.
    last: Option<(NodeId, FrameId)>,
}

/// The frames of a session.
#[derive(Default)]
pub(crate) struct Frames {
    frames: Vec<Frame>,
}

impl Frames {
    /// A frame for a call. Calls of one template from one node, one after the other, share it.
    pub(crate) fn enter(
        &mut self,
        caller: Option<(FrameId, NodeId)>,
        tree: TreeId,
        template: &Arc<Template>,
        text: Option<&Str>,
    ) -> FrameId {
        if let Some((parent, node)) = caller
            && let Some((last_node, last)) = self.frames[parent.0 as usize].last
            && last_node == node
            && text.is_none()
        {
            let frame = &self.frames[last.0 as usize];
            if Arc::ptr_eq(&frame.template, template) && frame.text.is_none() {
                return last;
            }
        }
        let id = FrameId(self.frames.len() as u32);
        self.frames.push(Frame {
            template: template.clone(),
            tree,
            caller,
            text: text.cloned(),
            last: None,
        });
        if let Some((parent, node)) = caller {
            self.frames[parent.0 as usize].last = Some((node, id));
        }
        id
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Forgets all but the first frames, which must not have called the others.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.frames.truncate(len);
    }

    pub(crate) fn get(&self, id: FrameId) -> &Frame {
        &self.frames[id.0 as usize]
    }
}
