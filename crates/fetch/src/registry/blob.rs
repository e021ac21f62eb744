//! Blobs: whether they are there, and what is in them.

use std::io::Write;

use plimsoll_oci::Digest;

use super::{Descriptor, Hasher, RegistryError, Repository, is_too_large, time_for};
use crate::client::{Method, Request};
use crate::error::FetchError;

/// How often a download that broke is gone on with.
const MAX_RESUMED: u32 = 5;

impl Repository<'_> {
    /// Whether the repository has a blob.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let request = Request::new(Method::Head, url);
        let response = self.registry.send(request, &self.pull())?;
        match response.status {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(self.registry.refused("look up the blob", response)),
        }
    }

    /// All of a blob, in memory. Its digest and its length are checked; more than `most` bytes are
    /// refused before anything is fetched.
    pub fn blob(&self, descriptor: &Descriptor, most: u64) -> Result<Vec<u8>, RegistryError> {
        if descriptor.size > most {
            return Err(RegistryError::Length {
                expected: most,
                found: descriptor.size,
            });
        }
        let mut bytes = Vec::new();
        self.blob_to(descriptor, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes a blob. Its digest and its length are checked when it is all written: what was
    /// written before an error must not be used. A connection that breaks is made again, and the
    /// rest fetched.
    pub fn blob_to(
        &self,
        descriptor: &Descriptor,
        out: &mut dyn Write,
    ) -> Result<(), RegistryError> {
        let digest = Digest::parse(&descriptor.digest);
        let digest = digest.map_err(|_| RegistryError::Reference(descriptor.digest.clone()))?;
        let mut sink = Sink {
            out,
            hasher: Hasher::of(&digest),
            written: 0,
            failed: None,
        };
        let mut resumed = 0;
        loop {
            let from = sink.written;
            match self.rest_of_blob(descriptor, &digest, &mut sink) {
                Ok(()) => break,
                Err(RegistryError::Fetch(error)) if is_too_large(&error.kind) => {
                    return Err(RegistryError::Length {
                        expected: descriptor.size,
                        found: descriptor.size + 1,
                    });
                }
                Err(RegistryError::Fetch(error))
                    if error.kind.is_passing() && sink.written > from && resumed < MAX_RESUMED =>
                {
                    resumed += 1;
                }
                Err(error) => return Err(sink.failed.map_or(error, RegistryError::Write)),
            }
        }
        if sink.written != descriptor.size {
            return Err(RegistryError::Length {
                expected: descriptor.size,
                found: sink.written,
            });
        }
        sink.hasher.check(&digest)
    }

    fn rest_of_blob(
        &self,
        descriptor: &Descriptor,
        digest: &Digest,
        sink: &mut Sink<'_>,
    ) -> Result<(), RegistryError> {
        let from = sink.written;
        let mut request = Request::get(self.url(&format!("blobs/{digest}"))?);
        request.whole = Some(time_for(descriptor.size));
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        let response = self.registry.send(request, &self.pull())?;
        match response.status {
            200 if from == 0 => {}
            206 if from > 0 => {
                let range = response.header("content-range").unwrap_or_default();
                if !range.starts_with(&format!("bytes {from}-")) {
                    return Err(self.registry.refused("go on with the blob", response));
                }
            }
            404 => return Err(self.missing(digest.as_str())),
            _ => return Err(self.registry.refused("give the blob", response)),
        }
        let left = descriptor.size.saturating_sub(from);
        response
            .copy_to(sink, left)
            .map(|_| ())
            .map_err(|error: FetchError| error.into())
    }
}

/// Counts and hashes what is written.
struct Sink<'a> {
    out: &'a mut dyn Write,
    hasher: Hasher,
    written: u64,
    failed: Option<std::io::Error>,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Err(error) = self.out.write_all(bytes) {
            let kind = error.kind();
            self.failed = Some(error);
            return Err(kind.into());
        }
        self.hasher.update(bytes);
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
