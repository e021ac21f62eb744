//! Getting in: asked who we are, a request is sent again with a login or a token.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use super::challenge::{Challenge, challenges};
use super::error::RegistryError;
use super::token;
use crate::client::{Client, Request, Response};
use crate::credentials::CredentialsError;
use crate::secret::Login;
use crate::url::Url;

/// Who we are to which server.
pub trait Logins {
    /// The login for a host with its port, as Docker's configuration calls it.
    fn login(&self, server: &str) -> Result<Option<Login>, CredentialsError>;
}

/// We are nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoLogins;

impl Logins for NoLogins {
    fn login(&self, _: &str) -> Result<Option<Login>, CredentialsError> {
        Ok(None)
    }
}

/// Always the same login.
impl Logins for Login {
    fn login(&self, _: &str) -> Result<Option<Login>, CredentialsError> {
        Ok(Some(self.clone()))
    }
}

/// What a request needs to be allowed: repositories with actions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Scope(BTreeMap<String, BTreeSet<String>>);

impl Scope {
    /// Adds actions, separated by commas.
    pub(super) fn with(mut self, repository: &str, actions: &str) -> Self {
        let known = self
            .0
            .entry(format!("repository:{repository}"))
            .or_default();
        known.extend(actions.split(',').map(str::to_owned));
        self
    }

    /// Adds what a challenge asks for: `type:name:actions`, separated by spaces.
    fn and(mut self, text: &str) -> Self {
        for part in text.split(' ').filter(|part| !part.is_empty()) {
            let (name, actions) = part.rsplit_once(':').unwrap_or((part, ""));
            let known = self.0.entry(name.to_owned()).or_default();
            let actions = actions.split(',').filter(|action| !action.is_empty());
            known.extend(actions.map(str::to_owned));
        }
        self
    }

    pub(super) fn texts(&self) -> Vec<String> {
        let text = |(name, actions): (&String, &BTreeSet<String>)| {
            let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
            format!("{name}:{}", actions.join(","))
        };
        self.0.iter().map(text).collect()
    }
}

/// How the registry let us in so far.
pub(super) struct Access<'l> {
    host: String,
    logins: &'l dyn Logins,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    basic: Option<Login>,
    tokens: HashMap<Scope, Login>,
}

impl std::hash::Hash for Scope {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<'l> Access<'l> {
    pub(super) fn new(host: &str, logins: &'l dyn Logins) -> Self {
        Self {
            host: host.to_owned(),
            logins,
            known: Mutex::default(),
        }
    }

    /// The host as the user calls it.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Sends a request to the registry. Another server that the registry names (for an upload)
    /// learns nothing of us.
    pub(super) fn send(
        &self,
        client: &Client,
        base: &Url,
        mut request: Request<'_>,
        scope: &Scope,
    ) -> Result<Response, RegistryError> {
        if !request.url.same_origin(base) {
            request.login = None;
            return Ok(client.send(&request)?);
        }
        request.login = self.known(scope);
        let response = client.send(&request)?;
        if response.status != 401 || !response.url.same_origin(base) {
            return Ok(response);
        }
        let asked: Vec<Challenge> = response
            .headers("www-authenticate")
            .flat_map(challenges)
            .collect();
        // A token is asked for only once: a second refusal is final.
        let wanted = |scheme: &str| asked.iter().find(|challenge| challenge.scheme == scheme);
        if let Some(challenge) = wanted("bearer") {
            let wide = challenge.parameter("scope").unwrap_or_default();
            let wide = scope.clone().and(wide);
            let login = self.login()?;
            let token = token::fetch(client, base, challenge, &wide, login.as_ref())?;
            let mut known = self.lock();
            known.tokens.insert(scope.clone(), token.clone());
            known.tokens.insert(wide, token.clone());
            request.login = Some(token);
        } else if wanted("basic").is_some() {
            let login = self.login()?;
            let Some(login @ Login::Password { .. }) = login else {
                return Err(RegistryError::NoLogin(self.host.clone()));
            };
            self.lock().basic = Some(login.clone());
            request.login = Some(login);
        } else {
            return Ok(response);
        }
        Ok(client.send(&request)?)
    }

    fn login(&self) -> Result<Option<Login>, RegistryError> {
        Ok(self.logins.login(&self.host)?)
    }

    fn known(&self, scope: &Scope) -> Option<Login> {
        let known = self.lock();
        known
            .basic
            .clone()
            .or_else(|| known.tokens.get(scope).cloned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn scopes_are_merged() {
        let scope = Scope::default().with("a/b", "pull");
        let scope = scope.and("repository:a/b:push,pull registry:catalog:* x");
        let texts = scope.texts();
        assert_eq!(
            texts,
            ["registry:catalog:*", "repository:a/b:pull,push", "x:"]
        );
    }
}
