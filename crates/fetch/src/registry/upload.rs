//! Sending blobs: not at all if they are there, from another repository if it may be, whole, or
//! in chunks that can be gone on with.

use plimsoll_oci::Digest;

use super::{RegistryError, Repository, time_for};
use crate::client::{Content, Method, Part, Request, Response};
use crate::url::Url;

/// How often an upload that broke is gone on with.
const MAX_RESUMED: u32 = 5;

/// How a blob is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Upload<'a> {
    /// Another repository of the registry that may have it.
    pub mount_from: Option<&'a str>,
    /// The bytes of a chunk; `None` sends all at once.
    pub chunk: Option<u64>,
}

impl Repository<'_> {
    /// Makes a blob be there. Gives whether it had to be sent.
    pub fn push_blob(
        &self,
        digest: &Digest,
        content: &dyn Content,
        upload: Upload<'_>,
    ) -> Result<bool, RegistryError> {
        if self.has_blob(digest)? {
            return Ok(false);
        }
        let mut url = self.url("blobs/uploads/")?;
        let mut scope = self.push();
        if let Some(from) = upload.mount_from {
            url = url.with_parameter("mount", digest.as_str());
            url = url.with_parameter("from", from);
            scope = scope.with(from, "pull");
        }
        let response = self
            .registry
            .send(Request::new(Method::Post, url), &scope)?;
        let location = match response.status {
            201 => return Ok(false),
            202 => self.location(&response)?,
            _ => return Err(self.registry.refused("begin an upload", response)),
        };
        match upload.chunk {
            Some(chunk) if chunk > 0 && content.len() > chunk => {
                self.in_chunks(location, digest, content, chunk)?;
            }
            _ => self.at_once(location, digest, content)?,
        }
        Ok(true)
    }

    fn at_once(
        &self,
        location: Url,
        digest: &Digest,
        content: &dyn Content,
    ) -> Result<(), RegistryError> {
        let url = location.with_parameter("digest", digest.as_str());
        let mut request = Request::new(Method::Put, url);
        request = request
            .header("content-type", "application/octet-stream")
            .content(content);
        request.whole = Some(time_for(content.len()));
        self.done(request)
    }

    fn in_chunks(
        &self,
        mut location: Url,
        digest: &Digest,
        content: &dyn Content,
        chunk: u64,
    ) -> Result<(), RegistryError> {
        let mut at = 0;
        let mut resumed = 0;
        while at < content.len() {
            let part = Part {
                whole: content,
                start: at,
                len: chunk.min(content.len() - at),
            };
            let range = format!("{at}-{}", at + part.len - 1);
            let mut request = Request::new(Method::Patch, location.clone())
                .header("content-type", "application/octet-stream")
                .header("content-range", range)
                .content(&part);
            request.whole = Some(time_for(part.len));
            // It may have arrived in part.
            request.repeatable = false;
            match self.registry.send(request, &self.push()) {
                Ok(response) if response.status == 202 => {
                    location = self.location(&response)?;
                    at = received(&response).unwrap_or(at + part.len);
                }
                Ok(response) if response.status != 416 && response.status < 500 => {
                    return Err(self.registry.refused("take a part of the blob", response));
                }
                failed => {
                    if resumed == MAX_RESUMED {
                        return match failed {
                            Ok(response) => {
                                Err(self.registry.refused("take a part of the blob", response))
                            }
                            Err(error) => Err(error),
                        };
                    }
                    resumed += 1;
                    (location, at) = self.progress(location)?;
                }
            }
        }
        let url = location.with_parameter("digest", digest.as_str());
        self.done(Request::new(Method::Put, url))
    }

    /// How much of an upload has arrived, and where it goes on.
    fn progress(&self, location: Url) -> Result<(Url, u64), RegistryError> {
        let response = self.registry.send(Request::get(location), &self.push())?;
        if response.status != 204 {
            return Err(self.registry.refused("go on with the upload", response));
        }
        let at = received(&response).unwrap_or(0);
        Ok((self.location(&response)?, at))
    }

    fn done(&self, request: Request<'_>) -> Result<(), RegistryError> {
        let response = self.registry.send(request, &self.push())?;
        if response.status != 201 {
            return Err(self.registry.refused("take the blob", response));
        }
        Ok(())
    }

    fn location(&self, response: &Response) -> Result<Url, RegistryError> {
        let location = response.header("location");
        let joined = location.and_then(|location| response.url.join(location).ok());
        joined.ok_or_else(|| RegistryError::Malformed {
            what: "the answer to an upload",
            reason: "it does not say where to go on".into(),
        })
    }
}

/// The number of bytes that the registry has: `Range: 0-41` are 42. An empty upload has `0-0`
/// with some registries, which is one byte or none; to say none is safe only before the first.
fn received(response: &Response) -> Option<u64> {
    let (first, last) = response.header("range")?.split_once('-')?;
    let first = first.trim().trim_start_matches("bytes=");
    let last: u64 = last.trim().parse().ok()?;
    match (first, last) {
        ("0", 0) => Some(0),
        ("0", last) => last.checked_add(1),
        _ => None,
    }
}
