//! Strings: bytes, and where they came from.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use crate::trace::RopeId;

/// A string of Go: any bytes, usually UTF-8. In a session it may have pieces, each with what
/// it came from; comparisons look only at the bytes.
#[derive(Clone)]
pub struct Str(Rc<Content>);

struct Content {
    bytes: Bytes,
    /// The pieces that cover the bytes exactly, if it has any.
    rope: RopeId,
}

/// Most strings of templates are short: they need no room of their own.
enum Bytes {
    Short([u8; SHORT], u8),
    Long(Vec<u8>),
    /// Bytes of the host that many sessions share.
    Shared(Arc<[u8]>),
    /// The same of bytes that the host has not got yet.
    Late(Arc<dyn AsRef<[u8]> + Send + Sync>),
}

const SHORT: usize = 30;

impl Str {
    /// A string that came from one place as a whole.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Rc::new(Content {
            bytes: Bytes::Long(bytes.into()),
            rope: RopeId::default(),
        }))
    }

    /// A string of bytes that are shared, not copied.
    pub fn shared(bytes: &Arc<[u8]>) -> Self {
        if bytes.len() <= SHORT {
            return Self::from(&**bytes);
        }
        Self(Rc::new(Content {
            bytes: Bytes::Shared(bytes.clone()),
            rope: RopeId::default(),
        }))
    }

    /// A string of bytes that are asked for when somebody looks at them, and then stay the same.
    pub fn late(bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Self {
        Self(Rc::new(Content {
            bytes: Bytes::Late(bytes),
            rope: RopeId::default(),
        }))
    }

    /// A copy of bytes with pieces that cover them.
    pub(crate) fn with_rope(bytes: &[u8], rope: RopeId) -> Self {
        let bytes = if bytes.len() <= SHORT {
            let mut short = [0; SHORT];
            short[..bytes.len()].copy_from_slice(bytes);
            Bytes::Short(short, bytes.len() as u8)
        } else {
            Bytes::Long(bytes.to_vec())
        };
        Self(Rc::new(Content { bytes, rope }))
    }

    /// Bytes with pieces that cover them.
    pub(crate) fn whole(bytes: Vec<u8>, rope: RopeId) -> Self {
        let bytes = Bytes::Long(bytes);
        Self(Rc::new(Content { bytes, rope }))
    }

    /// The bytes; they are copied if others hold the string, too.
    pub fn into_bytes(self) -> Vec<u8> {
        match Rc::try_unwrap(self.0) {
            Ok(Content {
                bytes: Bytes::Long(bytes),
                ..
            }) => bytes,
            Ok(content) => Self(Rc::new(content)).bytes().to_vec(),
            Err(shared) => Self(shared).bytes().to_vec(),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.0.bytes {
            Bytes::Short(bytes, len) => &bytes[..usize::from(*len)],
            Bytes::Long(bytes) => bytes,
            Bytes::Shared(bytes) => bytes,
            Bytes::Late(bytes) => (**bytes).as_ref(),
        }
    }

    /// The text, with `U+FFFD` for what is not UTF-8.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        crate::unicode::text(self.bytes())
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    pub(crate) fn rope(&self) -> RopeId {
        self.0.rope
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self::with_rope(text.as_bytes(), RopeId::default())
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<&[u8]> for Str {
    fn from(bytes: &[u8]) -> Self {
        Self::with_rope(bytes, RopeId::default())
    }
}

impl Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Str {}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As a slice hashes, because a string is looked up by its bytes.
        self.bytes().hash(state);
    }
}

impl std::fmt::Debug for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.text())
    }
}
