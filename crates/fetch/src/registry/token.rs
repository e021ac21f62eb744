//! Tokens of a registry's token server (Docker Registry v2 authentication, and its OAuth2 form).

use std::net::IpAddr;

use serde::Deserialize;

use super::MAX_ANSWER;
use super::access::Scope;
use super::challenge::Challenge;
use super::error::{self, RegistryError};
use crate::client::{Client, Method, Request};
use crate::secret::{Login, Secret};
use crate::url::{Scheme, Url, percent};

/// What we call ourselves where a name is required.
const CLIENT_ID: &str = "plimsoll";

/// Gets a token for a scope.
pub(super) fn fetch(
    client: &Client,
    registry: &Url,
    challenge: &Challenge,
    scope: &Scope,
    login: Option<&Login>,
) -> Result<Login, RegistryError> {
    if let Some(token @ Login::Token(_)) = login {
        return Ok(token.clone());
    }
    let realm = realm(registry, challenge)?;
    let service = challenge.parameter("service");
    let form;
    let request = match login {
        Some(Login::Identity(identity)) => {
            let mut fields = vec![
                ("grant_type", "refresh_token".to_owned()),
                ("client_id", CLIENT_ID.to_owned()),
                ("refresh_token", identity.reveal().to_owned()),
                ("scope", scope.texts().join(" ")),
            ];
            fields.extend(service.map(|service| ("service", service.to_owned())));
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{name}={}", percent(value)));
            form = fields.collect::<Vec<_>>().join("&").into_bytes();
            let request = Request::new(Method::Post, realm);
            let kind = "application/x-www-form-urlencoded";
            request.header("content-type", kind).content(&form)
        }
        login => {
            let mut url = realm;
            if let Some(service) = service {
                url = url.with_parameter("service", service);
            }
            for text in scope.texts() {
                url = url.with_parameter("scope", &text);
            }
            Request::get(url).login(login.cloned())
        }
    };
    let response = client.send(&request)?;
    if response.status != 200 {
        let host = registry.host_with_port();
        return Err(match response.status {
            400 | 401 | 403 if login.is_none() => RegistryError::NoLogin(host),
            400 | 401 | 403 => RegistryError::BadLogin {
                host,
                message: error::message(response),
            },
            _ => error::refused(host, "give a token", response),
        });
    }
    let bytes = response.bytes(MAX_ANSWER)?;
    read(&bytes)
}

fn read(bytes: &[u8]) -> Result<Login, RegistryError> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        access_token: Option<String>,
    }
    // The reason is not told: it could quote the token.
    let malformed = |reason: &str| RegistryError::Malformed {
        what: "the answer of the token server",
        reason: reason.to_owned(),
    };
    let answer: Answer = serde_json::from_slice(bytes).map_err(|_| malformed("no JSON object"))?;
    let token = answer
        .access_token
        .or(answer.token)
        .filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| malformed("there is no token in it"))?;
    Ok(Login::Token(Secret::new(token)))
}

/// Where tokens are given. A registry must not send its clients anywhere: a login for TLS is not
/// told in the clear, and nothing is asked of addresses that only this machine or its network
/// can reach, such as those of a cloud's metadata.
fn realm(registry: &Url, challenge: &Challenge) -> Result<Url, RegistryError> {
    let text = challenge.parameter("realm").unwrap_or_default();
    let refuse = |reason| {
        Err(RegistryError::Realm {
            host: registry.host_with_port(),
            realm: text.to_owned(),
            reason,
        })
    };
    let Ok(realm) = Url::parse(text) else {
        return refuse("that is no URL");
    };
    if realm.login().is_some() {
        return refuse("that URL has a login of its own");
    }
    if registry.scheme() == Scheme::Https && realm.scheme() == Scheme::Http {
        return refuse("that is not over TLS, and the registry is");
    }
    let host = realm.host().trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse::<IpAddr>()
        && is_inner(address)
        && realm.host() != registry.host()
    {
        return refuse("that is an address of this machine or its network");
    }
    Ok(realm)
}

fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.is_link_local()
                || address.is_private()
                || address.is_unspecified()
                || address.is_multicast()
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => is_inner(inner.into()),
            None => {
                address.is_loopback()
                    || address.is_unicast_link_local()
                    || address.is_unique_local()
                    || address.is_unspecified()
                    || address.is_multicast()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::challenge::challenges;
    use super::{read, realm};
    use crate::url::Url;

    #[test]
    fn logins_are_sent_to_no_inner_address_and_not_in_the_clear() {
        let allowed = |registry: &str, text: &str| {
            let registry = Url::parse(registry).expect("a URL");
            let challenge = &challenges(&format!("Bearer realm=\"{text}\""))[0];
            realm(&registry, challenge).is_ok()
        };
        assert!(allowed(
            "https://r.example/v2/",
            "https://auth.example/token"
        ));
        assert!(allowed(
            "http://127.0.0.1:5000/v2/",
            "http://127.0.0.1:5001/token"
        ));
        for text in [
            "http://auth.example/token",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fd00::1]/",
            "https://u:p@auth.example/",
            "ftp://auth.example/",
            "/token",
        ] {
            assert!(!allowed("https://r.example/v2/", text), "{text}");
        }
    }

    #[test]
    fn an_answer_that_is_none_is_not_quoted() {
        assert!(read(br#"{"access_token":"a","token":"b"}"#).is_ok());
        for text in [
            r#"{"token":""}"#,
            "{}",
            r#""secret""#,
            r#"{"token":1,"x":"secret"}"#,
        ] {
            let error = read(text.as_bytes()).expect_err(text);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
