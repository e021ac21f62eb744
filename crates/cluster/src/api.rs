//! Requests to an API server.

use plimsoll_fetch::{Client, FetchError, FetchErrorKind, Login, Request, Url};
use serde_json::Value;

/// What is received at once at most, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// The most of a refusal's own words that are shown, in characters.
const MOST_WORDS: usize = 1000;

/// An API server, and who asks it.
#[derive(Debug)]
pub struct Api {
    pub(crate) client: Client,
    /// The server's address, without a slash at its end.
    pub(crate) base: String,
    pub(crate) login: Option<Login>,
    /// Header lines of impersonation.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is none.
    #[error("`{0}` is no address of an API server")]
    Address(String),
    /// The server was not reached.
    #[error("no answer from the API server: {0}")]
    Unreachable(FetchErrorKind),
    /// It answered, but not with what was asked for.
    #[error("{message}")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// The answer is no text.
    #[error("the API server's answer is not UTF-8 text")]
    NotText,
}

impl ApiError {
    /// The status with which the server refused.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable(kind) => kind.help(),
            Self::Refused { status: 401, .. } => {
                Some("say who asks: see `kubectl config view`, or give `--token-file FILE`")
            }
            _ => None,
        }
    }
}

impl Api {
    /// A server at an address, such as that of `kubectl proxy`; `http://` where it names no scheme.
    ///
    /// # Errors
    ///
    /// [`ApiError::Address`].
    pub fn new(client: Client, address: &str, login: Option<Login>) -> Result<Self, ApiError> {
        let base = if address.contains("://") {
            address.to_owned()
        } else {
            format!("http://{address}")
        };
        let base = base.trim_end_matches('/').to_owned();
        Url::parse(&base).map_err(|_| ApiError::Address(address.to_owned()))?;
        Ok(Self {
            client,
            base,
            login,
            headers: Vec::new(),
        })
    }

    /// The text at a path, which begins with a slash, with parameters that are escaped here.
    ///
    /// # Errors
    ///
    /// See [`ApiError`].
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<String, ApiError> {
        let whole = format!("{}{path}", self.base);
        let mut url = Url::parse(&whole).map_err(|_| ApiError::Address(whole))?;
        for (name, value) in parameters {
            url = url.with_parameter(name, value);
        }
        let mut request = Request::get(url).login(self.login.clone());
        request = request.header("accept", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value.clone());
        }
        let unreachable = |error: FetchError| ApiError::Unreachable(error.kind);
        let answer = self.client.send(&request).map_err(unreachable)?;
        let status = answer.status;
        let bytes = answer.bytes(MOST_BYTES).map_err(unreachable)?;
        if status == 200 {
            return String::from_utf8(bytes).map_err(|_| ApiError::NotText);
        }
        Err(ApiError::Refused {
            status,
            message: words(status, &bytes),
        })
    }
}

/// What a refusal says: the message of a `Status`, or the text of who stands before the server.
fn words(status: u16, body: &[u8]) -> String {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let message = parsed.as_ref().and_then(|value| value["message"].as_str());
    let text = String::from_utf8_lossy(body);
    let words = message.unwrap_or(text.lines().next().unwrap_or_default());
    let words: String = words
        .chars()
        .filter(|c| !c.is_control())
        .take(MOST_WORDS)
        .collect();
    match words.trim() {
        "" => format!("the API server answers with status {status}"),
        words => format!("the API server refuses ({status}): {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn refusals_are_told_in_the_servers_words() {
        let status = br#"{"kind":"Status","message":"pods is forbidden","code":403}"#;
        assert_eq!(
            words(403, status),
            "the API server refuses (403): pods is forbidden"
        );
        assert_eq!(
            words(404, b"404 page not found\nmore"),
            "the API server refuses (404): 404 page not found"
        );
        assert_eq!(words(502, b"  "), "the API server answers with status 502");
    }
}
