//! The tags of a repository.

use serde::Deserialize;

use super::{MAX_ANSWER, RegistryError, Repository};
use crate::client::Request;
use crate::url::Url;

/// The most tags, and the most pages of them.
const MAX_TAGS: usize = 1_000_000;
const MAX_PAGES: usize = 10_000;

impl Repository<'_> {
    /// All tags, in the registry's order.
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        #[derive(Deserialize)]
        struct Page {
            // Some registries write `null` for none.
            tags: Option<Vec<String>>,
        }
        let malformed = |reason: String| RegistryError::Malformed {
            what: "the list of tags",
            reason,
        };
        let mut tags = Vec::new();
        let mut url = self.url("tags/list")?;
        for _ in 0..MAX_PAGES {
            let response = self.registry.send(Request::get(url), &self.pull())?;
            match response.status {
                200 => {}
                404 => {
                    let host = self.registry.access.host();
                    return Err(RegistryError::Missing(format!("{host}/{}", self.name)));
                }
                _ => return Err(self.registry.refused("list the tags", response)),
            }
            let next = response.header("link").and_then(next);
            let next = next.map(|link| response.url.join(link));
            let bytes = response.bytes(MAX_ANSWER)?;
            let page: Page =
                serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
            tags.extend(page.tags.unwrap_or_default());
            if tags.len() > MAX_TAGS {
                break;
            }
            url = match next {
                None => return Ok(tags),
                Some(Ok(next)) if next.same_origin(&self.registry.base) => next,
                Some(_) => return Err(malformed("it goes on at another server".into())),
            };
        }
        Err(malformed("it does not end".into()))
    }
}

/// The target of a `Link` header with `rel="next"` (RFC 8288).
fn next(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let mut parameters = parameters.split(';').map(str::trim);
        let is_next = parameters.any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
        });
        is_next.then_some(target)
    })
}

impl Url {
    /// `host:port`, the port only if it is not the usual one.
    pub(crate) fn host_with_port(&self) -> String {
        let origin = self.origin();
        origin
            .split_once("://")
            .map(|(_, host)| host.to_owned())
            .unwrap_or(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_found() {
        let link = "</v2/a/tags/list?last=x&n=2>; rel=\"next\"";
        assert_eq!(next(link), Some("/v2/a/tags/list?last=x&n=2"));
        assert_eq!(next("<a>; rel=prev, <b>; title=x; REL=Next"), Some("b"));
        for none in ["", "<a>", "<a>; rel=prev", "a; rel=next", "<a; rel=next"] {
            assert_eq!(next(none), None, "{none}");
        }
    }
}
