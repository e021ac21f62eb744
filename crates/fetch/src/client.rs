//! One request and its answer, over redirects and retries.

mod agents;
mod content;
mod response;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::http;

use crate::error::{FetchError, FetchErrorKind};
use crate::proxy::Proxies;
use crate::retry::{self, Retries};
use crate::secret::Login;
use crate::tls::Tls;
use crate::url::{Scheme, Url};

use agents::Agents;
pub use content::Content;
pub(crate) use content::Part;
pub use response::Response;

/// A request is sent on so often, as Go's client does.
const MAX_REDIRECTS: u32 = 10;

/// How requests are made.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What we call ourselves.
    pub user_agent: String,
    /// Whom to trust and who we are.
    pub tls: Tls,
    /// Which proxies are used.
    pub proxies: Proxies,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// When to ask again.
    pub retries: Retries,
}

/// How long things may take.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// To find and reach a server and to agree on TLS.
    pub connect: Duration,
    /// Between two bytes in either direction.
    pub idle: Duration,
    /// For a request with its whole answer, unless the request says otherwise.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            idle: Duration::from_mins(1),
            whole: Duration::from_mins(2),
        }
    }
}

/// What is asked of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the methods of HTTP, by their names")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// A request.
#[derive(Clone)]
pub struct Request<'a> {
    /// What for.
    pub method: Method,
    /// Where to. A login in the URL is used if there is no other.
    pub url: Url,
    /// Header lines, but for `Authorization`.
    pub headers: Vec<(&'static str, String)>,
    /// Who asks. It is told only to the URL's own origin.
    pub login: Option<Login>,
    /// Tells every server on the way who asks (Helm's `--pass-credentials`), but never in the
    /// clear what was to be told over TLS.
    pub login_for_all: bool,
    /// What is sent along.
    pub content: Option<&'a dyn Content>,
    /// How long it may take with its whole answer; [`Timeouts::whole`] if it is `None`.
    pub whole: Option<Duration>,
    /// Whether the same request may be sent again.
    pub repeatable: bool,
}

impl<'a> Request<'a> {
    /// A request without anything.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            login: None,
            login_for_all: false,
            content: None,
            whole: None,
            repeatable: true,
        }
    }

    /// Asks for what is at a URL.
    pub fn get(url: Url) -> Self {
        Self::new(Method::Get, url)
    }

    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says who asks.
    #[must_use]
    pub fn login(mut self, login: Option<Login>) -> Self {
        self.login = login;
        self
    }

    /// Sends something along.
    #[must_use]
    pub fn content(mut self, content: &'a dyn Content) -> Self {
        self.content = Some(content);
        self
    }
}

/// Makes requests. Connections are kept and used again.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    agents: Agents,
}

impl Client {
    /// A client that has not connected to anything yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            agents: Agents::default(),
        }
    }

    /// Sends a request and gives the answer, whatever its status; the body is still to be read.
    pub fn send(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let mut number = 0;
        loop {
            let outcome = self.follow(request);
            let wanted = match &outcome {
                Ok(response) if retry::is_passing(response.status) => {
                    let header = response.header("retry-after");
                    Some(header.and_then(retry::retry_after))
                }
                Err(error) if error.kind.is_passing() => Some(None),
                _ => None,
            };
            let pause = wanted.filter(|_| request.repeatable);
            match pause.and_then(|wanted| self.settings.retries.pause(number, wanted)) {
                None => return outcome,
                Some(pause) => std::thread::sleep(pause),
            }
            number += 1;
        }
    }

    /// Gets all of an answer with the status 200, up to `most` bytes. A connection that breaks
    /// meanwhile is made again.
    pub fn bytes(&self, request: &Request<'_>, most: u64) -> Result<Vec<u8>, FetchError> {
        let mut number = 0;
        loop {
            let read = self.send(request)?.expect_ok()?.bytes(most);
            let pause = match &read {
                Err(error) if error.kind.is_passing() => self.settings.retries.pause(number, None),
                _ => None,
            };
            match pause {
                None => return read,
                Some(pause) => std::thread::sleep(pause),
            }
            number += 1;
        }
    }

    /// Follows redirects.
    fn follow(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let mut url = request.url.clone();
        let mut method = request.method;
        let mut with_content = true;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.once(request, &url, method, with_content)?;
            let location = match response.status {
                301 | 302 | 303 | 307 | 308 => response.header("location"),
                _ => None,
            };
            let Some(location) = location else {
                return Ok(response);
            };
            // What 301 and 302 do to a POST is older than the standard (RFC 9110, 15.4).
            match response.status {
                301 | 302 if method == Method::Post => {
                    (method, with_content) = (Method::Get, false);
                }
                303 if method != Method::Head => (method, with_content) = (Method::Get, false),
                _ => {}
            }
            url = url.join(location).map_err(|error| FetchError {
                url: Box::new(url.clone()),
                kind: FetchErrorKind::Redirect(error),
            })?;
        }
        let kind = FetchErrorKind::Redirects(MAX_REDIRECTS);
        Err(FetchError {
            url: Box::new(url),
            kind,
        })
    }

    fn once(
        &self,
        request: &Request<'_>,
        url: &Url,
        method: Method,
        with_content: bool,
    ) -> Result<Response, FetchError> {
        let fail = |kind| FetchError {
            url: Box::new(url.clone()),
            kind,
        };
        let proxy = self.settings.proxies.of(url);
        let agent = self.agents.of(url, proxy, &self.settings).map_err(fail)?;
        let mut built = http::Request::builder()
            .method(name(method))
            .uri(url.for_request());
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        if let Some(login) = login(request, url) {
            built = built.header("authorization", login);
        }
        let broken = |reason: String| {
            fail(FetchErrorKind::Broken {
                host: agents::place(url),
                reason,
            })
        };
        let content = request.content.filter(|_| with_content);
        let whole = request.whole.unwrap_or(self.settings.timeouts.whole);
        let failed = |error: ureq::Error| fail(agents::kind(error, url, proxy));
        let answer = match content {
            Some(content) => {
                let mut reader = content
                    .open()
                    .map_err(|error| fail(FetchErrorKind::Local(error)))?;
                let body = ureq::SendBody::from_reader(&mut reader);
                let built = built
                    .header("content-length", content.len())
                    .body(body)
                    .map_err(|error| broken(error.to_string()))?;
                let built = agent.configure_request(built);
                agent
                    .run(built.timeout_global(Some(whole)).build())
                    .map_err(failed)?
            }
            None => {
                // A server must not wait for what does not come.
                if matches!(method, Method::Post | Method::Put | Method::Patch) {
                    built = built.header("content-length", 0);
                }
                let built = built.body(()).map_err(|error| broken(error.to_string()))?;
                let built = agent.configure_request(built);
                let built = built
                    .timeout_global(Some(whole))
                    .allow_non_standard_methods(true);
                agent.run(built.build()).map_err(failed)?
            }
        };
        Ok(Response::new(url.clone(), answer))
    }
}

/// The value of `Authorization`, if the URL is one that may learn it.
fn login(request: &Request<'_>, url: &Url) -> Option<String> {
    // A redirect may carry a login of its own, which is meant for its own origin.
    let own = url.login().filter(|_| url != &request.url);
    let login = match (&request.login, own) {
        (_, Some(own)) => own,
        (Some(login), None) => {
            let downgraded = request.url.scheme() == Scheme::Https && url.scheme() == Scheme::Http;
            let trusted = url.same_origin(&request.url) || request.login_for_all && !downgraded;
            if !trusted {
                return None;
            }
            login
        }
        (None, None) => request
            .url
            .login()
            .filter(|_| url.same_origin(&request.url))?,
    };
    Some(match login {
        Login::Password { user, password } => {
            let pair = format!("{user}:{}", password.reveal());
            format!("Basic {}", BASE64_STANDARD.encode(pair))
        }
        Login::Identity(token) | Login::Token(token) => format!("Bearer {}", token.reveal()),
    })
}

fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}
