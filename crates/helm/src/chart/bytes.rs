//! The bytes of a file of a chart, which need not be read before somebody asks for them: charts
//! carry definitions, dashboards and manuals of megabytes that few renders look into.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use plimsoll_gotmpl::{SharedBytes, Str};
use plimsoll_source::{OpenFile, TreeErrorKind};

use super::folder::without_mark;

/// The bytes of a file, without a byte order mark.
#[derive(Clone, Debug)]
pub struct Bytes(State);

#[derive(Clone, Debug)]
enum State {
    Read(SharedBytes),
    Opened(Arc<Opened>),
}

#[derive(Debug)]
struct Opened {
    file: Box<dyn OpenFile>,
    read: OnceLock<Result<SharedBytes, TreeErrorKind>>,
}

impl Opened {
    fn outcome(&self) -> Result<&SharedBytes, &TreeErrorKind> {
        let read = || {
            let bytes = self.file.read()?;
            let from = bytes.len() - without_mark(&bytes).len();
            let range = from..bytes.len();
            Ok(SharedBytes::part(&Arc::new(bytes), range))
        };
        self.read.get_or_init(read).as_ref()
    }
}

impl AsRef<[u8]> for Opened {
    fn as_ref(&self) -> &[u8] {
        self.outcome().map(|bytes| &**bytes).unwrap_or_default()
    }
}

impl Bytes {
    /// The bytes of a file that was opened. If they cannot be read there are none, and
    /// [`Bytes::failure`] says why.
    pub(super) fn opened(file: Box<dyn OpenFile>) -> Self {
        let read = OnceLock::new();
        Self(State::Opened(Arc::new(Opened { file, read })))
    }

    /// The bytes, shared.
    pub fn shared(&self) -> SharedBytes {
        match &self.0 {
            State::Read(bytes) => bytes.clone(),
            State::Opened(opened) => opened.outcome().cloned().unwrap_or_default(),
        }
    }

    /// The same as a string of templates, which does not read them, either.
    pub(crate) fn to_str(&self) -> Str {
        match &self.0 {
            State::Read(bytes) => match bytes.whole() {
                Some(bytes) => Str::shared(bytes),
                None => Str::late(Arc::new(bytes.clone())),
            },
            State::Opened(opened) => Str::late(opened.clone()),
        }
    }

    /// Why somebody who asked for the bytes did not get them.
    pub fn failure(&self) -> Option<&TreeErrorKind> {
        match &self.0 {
            State::Read(_) => None,
            State::Opened(opened) => opened.read.get()?.as_ref().err(),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            State::Read(bytes) => bytes,
            State::Opened(opened) => (**opened).as_ref(),
        }
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<T: Into<SharedBytes>> From<T> for Bytes {
    fn from(bytes: T) -> Self {
        Self(State::Read(bytes.into()))
    }
}
