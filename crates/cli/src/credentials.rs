//! What flags name to prove who asks whom: a file with a token, and one of certificate authorities.

use std::fs;
use std::path::Path;

use plimsoll_fetch::{Login, Secret, Tls, TlsError};

use crate::failure::Failure;
use crate::files::read_text;

/// The largest file with a token that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The login by the token in a file, where one is named.
pub(crate) fn login(token_file: Option<&Path>) -> Result<Option<Login>, Failure> {
    let Some(path) = token_file else {
        return Ok(None);
    };
    let text = read_text(path, MOST_BYTES)?;
    Ok(Some(Login::Token(Secret::new(text.trim()))))
}

/// Whom to trust: the authorities in a file and no others, where one is named.
pub(crate) fn tls(ca_file: Option<&Path>, insecure: bool) -> Result<Tls, Failure> {
    let tls = Tls::default().insecure(insecure);
    let Some(path) = ca_file else {
        return Ok(tls);
    };
    let shown = path.display();
    let ca =
        fs::read(path).map_err(|error| Failure::user(format!("cannot read `{shown}`: {error}")))?;
    tls.trusting(&ca)
        .map_err(|error: TlsError| Failure::user(format!("`{shown}` cannot be used: {error}")))
}
