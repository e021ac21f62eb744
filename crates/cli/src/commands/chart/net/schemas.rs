//! Documents that a schema of values refers to (`HTTPURLLoader` of Helm).

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use plimsoll_fetch::{FetchError, FetchErrorKind, Request, Url};
use plimsoll_helm::repository::{url_scheme, without_secrets};
use plimsoll_helm::schema::Resolve;
use plimsoll_source::files::MAX_FILE_BYTES;

use super::servers::{TlsFiles, client};

/// Helm waits no longer for one.
const PATIENCE: Duration = Duration::from_secs(15);

/// A document may lead to the next without end: no more are fetched in one run.
const MAX_DOCUMENTS: usize = 100;

/// Fetches schemas from the web, each once. As in Helm, proxies and authorities are those of the
/// environment.
///
/// Nothing on disk is read: a chart of somebody else could name any file. Helm reads `file:` URLs,
/// and takes a relative one for a path from the root of the disk.
#[derive(Default)]
pub(crate) struct SchemasOfWeb {
    known: Mutex<HashMap<String, Result<Vec<u8>, String>>>,
}

impl Resolve for SchemasOfWeb {
    fn load(&self, url: &str) -> Result<Vec<u8>, String> {
        let Ok(mut known) = self.known.lock() else {
            return Err("an earlier document broke off".to_owned());
        };
        if let Some(known) = known.get(url) {
            return known.clone();
        }
        if known.len() >= MAX_DOCUMENTS {
            return Err(format!("schemas refer to more than {MAX_DOCUMENTS} others"));
        }
        let found = fetched(url);
        known.insert(url.to_owned(), found.clone());
        found
    }
}

fn fetched(text: &str) -> Result<Vec<u8>, String> {
    let shown = without_secrets(text);
    match &*url_scheme(text)? {
        "http" | "https" => {}
        "file" => return Err("schemas are not read from the disk".to_owned()),
        scheme => return Err(format!("no URLLoader registered for {text:?} ({scheme})")),
    }
    let url = Url::parse(text).map_err(|error| format!("`{shown}`: {error}"))?;
    let client = client(&TlsFiles::default(), Some(PATIENCE)).map_err(|failure| failure.message)?;
    let bytes = client.bytes(&Request::get(url), MAX_FILE_BYTES);
    bytes.map_err(|error| words(&error, &shown))
}

/// Helm's words, as far as they do not depend on how Go's network failed.
fn words(error: &FetchError, shown: &str) -> String {
    match &error.kind {
        FetchErrorKind::Status(status) => {
            let said = error.kind.to_string();
            let reason = said.split_once(' ').map_or("", |(_, reason)| reason);
            format!("HTTP request to {shown} returned status {status} ({reason})")
        }
        kind => format!("HTTP request failed for {shown}: {kind}"),
    }
}
