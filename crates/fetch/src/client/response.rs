//! What a server answers.

use std::io::{Read, Write};

use ureq::http;

use super::agents;
use crate::error::{FetchError, FetchErrorKind};
use crate::url::Url;

/// An answer whose body is still to be read.
pub struct Response {
    /// Who gave it, behind all redirects.
    pub url: Url,
    /// Its status, such as 200.
    pub status: u16,
    headers: http::HeaderMap,
    body: ureq::Body,
}

impl Response {
    pub(super) fn new(url: Url, answer: http::Response<ureq::Body>) -> Self {
        let (head, body) = answer.into_parts();
        Self {
            url,
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    /// The first header line with a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All header lines with a name in lower case.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let all = self.headers.get_all(name).into_iter();
        all.filter_map(|value| value.to_str().ok())
    }

    /// The length that the server announces.
    pub fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// The answer if its status is 200.
    pub fn expect_ok(self) -> Result<Self, FetchError> {
        if self.status == 200 {
            Ok(self)
        } else {
            Err(self.refused())
        }
    }

    /// The error that the status is.
    pub fn refused(&self) -> FetchError {
        self.fail(FetchErrorKind::Status(self.status))
    }

    /// All of the body, up to `most` bytes.
    pub fn bytes(self, most: u64) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::new();
        self.copy_to(&mut bytes, most)?;
        Ok(bytes)
    }

    /// Writes all of the body, up to `most` bytes, and gives its length.
    pub fn copy_to(mut self, out: &mut dyn Write, most: u64) -> Result<u64, FetchError> {
        if self.length().is_some_and(|length| length > most) {
            return Err(self.fail(FetchErrorKind::TooLarge(most)));
        }
        let url = self.url.clone();
        let fail = |kind| FetchError {
            url: Box::new(url.clone()),
            kind,
        };
        let limited = self.body.with_config().limit(most.saturating_add(1));
        let mut reader = limited.reader();
        let mut buffer = vec![0; 64 * 1024];
        let mut copied = 0;
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => return Ok(copied),
                Ok(read) => read,
                Err(error) => {
                    let kind = agents::kind(ureq::Error::from(error), &url, None);
                    return Err(fail(match kind {
                        FetchErrorKind::TooLarge(_) => FetchErrorKind::TooLarge(most),
                        kind => kind,
                    }));
                }
            };
            copied += read as u64;
            if copied > most {
                return Err(fail(FetchErrorKind::TooLarge(most)));
            }
            let written = out.write_all(&buffer[..read]);
            written.map_err(|error| fail(FetchErrorKind::Local(error)))?;
        }
    }

    fn fail(&self, kind: FetchErrorKind) -> FetchError {
        FetchError {
            url: Box::new(self.url.clone()),
            kind,
        }
    }
}
