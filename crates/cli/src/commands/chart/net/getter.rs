//! What is named by a URL where a path is expected (Helm's getters, as `values.readFile` uses them).

use plimsoll_fetch::{Request, Url};
use plimsoll_helm::repository::{url_scheme, without_secrets};
use plimsoll_source::files::MAX_FILE_BYTES;

use super::homes::HomeArgs;
use super::oci::{Oci, Part};
use super::reference::OciReference;
use super::servers::{ServerArgs, TlsFiles, client};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// What lies at a URL, or why that cannot be had; `None` for a path.
///
/// As in Helm, no flag counts here: a login stands in the URL or in the file of logins to
/// registries, and proxies and authorities are those of the environment.
pub(crate) fn at_url(text: &str, terminal: &Terminal) -> Result<Option<Vec<u8>>, String> {
    let bytes = match &*url_scheme(text)? {
        "http" | "https" => of_web(text)?,
        "oci" => of_registry(text, terminal)?,
        _ => return Ok(None),
    };
    Ok(Some(bytes))
}

fn of_web(text: &str) -> Result<Vec<u8>, String> {
    let url = Url::parse(text).map_err(|error| format!("`{}`: {error}", without_secrets(text)))?;
    let client = client(&TlsFiles::default(), None).map_err(|failure| failure.message)?;
    let fetched = client.bytes(&Request::get(url), MAX_FILE_BYTES);
    fetched.map_err(|error| error.to_string())
}

/// A chart as it is packed, or what is signed about it: `--set-file` takes both.
fn of_registry(text: &str, terminal: &Terminal) -> Result<Vec<u8>, String> {
    let (text, part) = match text.strip_suffix(".prov") {
        Some(text) => (text, Part::Provenance),
        None => (text, Part::Chart),
    };
    let pulled = OciReference::parse(text).and_then(|reference| {
        if reference.asked().is_none() {
            return Err(Failure::user(format!(
                "invalid reference: `{text}` names neither a version nor a digest"
            )));
        }
        let oci = Oci::new(&HomeArgs::default().homes(), &ServerArgs::default())?;
        oci.pull(&reference, part, terminal)
    });
    let (bytes, _) = pulled.map_err(|failure| failure.message)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("`{text}` has more than {MAX_FILE_BYTES} bytes"));
    }
    Ok(bytes)
}
