//! What is sent.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// Something to send. It is opened anew for each try.
pub trait Content {
    /// How many bytes it has.
    fn len(&self) -> u64;

    /// A reader of all of it.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;

    /// Whether it has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Content for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(*self))
    }
}

impl Content for Vec<u8> {
    fn len(&self) -> u64 {
        Vec::len(self) as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(&**self))
    }
}

/// A file, with its length.
impl Content for (PathBuf, u64) {
    fn len(&self) -> u64 {
        self.1
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(&self.0)?.take(self.1)))
    }
}

/// A part of another content.
pub(crate) struct Part<'a> {
    pub(crate) whole: &'a dyn Content,
    pub(crate) start: u64,
    pub(crate) len: u64,
}

impl Content for Part<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut reader = self.whole.open()?;
        let skipped = io::copy(&mut (&mut reader).take(self.start), &mut io::sink())?;
        if skipped < self.start {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Box::new(reader.take(self.len)))
    }
}
