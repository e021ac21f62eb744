//! Bytes that many hold.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes that are shared: all that a memory holds, or a part of it. So the files of an archive
/// need no memory beside that into which it was unpacked.
#[derive(Clone)]
pub struct SharedBytes {
    memory: Memory,
    range: Range<usize>,
}

#[derive(Clone)]
enum Memory {
    Slice(Arc<[u8]>),
    Vec(Arc<Vec<u8>>),
}

impl SharedBytes {
    /// A part of a memory; nothing, if it reaches beyond it.
    pub fn part(memory: &Arc<Vec<u8>>, range: Range<usize>) -> Self {
        let fits = memory.get(range.clone()).is_some();
        Self {
            memory: Memory::Vec(memory.clone()),
            range: if fits { range } else { 0..0 },
        }
    }

    /// The memory, if they are all of it.
    pub fn whole(&self) -> Option<&Arc<[u8]>> {
        match &self.memory {
            Memory::Slice(bytes) => Some(bytes),
            Memory::Vec(_) => None,
        }
    }
}

impl Default for SharedBytes {
    fn default() -> Self {
        Self::from(Arc::<[u8]>::default())
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.memory {
            Memory::Slice(bytes) => bytes,
            Memory::Vec(bytes) => bytes.get(self.range.clone()).unwrap_or_default(),
        }
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for SharedBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedBytes {}

impl std::fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl From<Arc<[u8]>> for SharedBytes {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self {
            range: 0..bytes.len(),
            memory: Memory::Slice(bytes),
        }
    }
}

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            range: 0..bytes.len(),
            memory: Memory::Vec(Arc::new(bytes)),
        }
    }
}

impl From<&[u8]> for SharedBytes {
    fn from(bytes: &[u8]) -> Self {
        Self::from(Arc::<[u8]>::from(bytes))
    }
}

impl<const LEN: usize> From<&[u8; LEN]> for SharedBytes {
    fn from(bytes: &[u8; LEN]) -> Self {
        Self::from(&bytes[..])
    }
}

impl From<&str> for SharedBytes {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl From<String> for SharedBytes {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_a_part_or_nothing() {
        let memory = Arc::new(b"abcdef".to_vec());
        assert_eq!(&*SharedBytes::part(&memory, 1..3), b"bc");
        for range in [6..6, 7..8, 2..7] {
            assert!(SharedBytes::part(&memory, range).is_empty());
        }
        assert!(SharedBytes::part(&memory, 0..6).whole().is_none());
        let whole = SharedBytes::from("abc");
        assert_eq!(whole.whole().map(|all| &**all), Some(&b"abc"[..]));
        assert_eq!(whole, SharedBytes::from(b"abc".to_vec()));
        assert!(SharedBytes::default().is_empty());
    }
}
