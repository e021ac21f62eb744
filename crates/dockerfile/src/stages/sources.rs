//! What a source of ADD or COPY is: a Git repository, a URL or a path.

use crate::syntax::mounts::boolean;

/// A source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// A file of the build context.
    Path,
    /// A file behind HTTP.
    Http,
    /// A repository.
    Git(Repository),
    /// A repository whose query the builder refuses.
    Refused(String),
}

/// What a repository's query asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Repository {
    /// `checksum=` or `commit=`.
    pub(super) checksum: String,
    /// `keep-git-dir=`.
    pub(super) keep_git_dir: Option<bool>,
}

/// Looks at a source with its variables expanded.
pub(super) fn source(text: &str) -> Source {
    let otherwise = if text.starts_with("http://") || text.starts_with("https://") {
        Source::Http
    } else {
        Source::Path
    };
    if text.starts_with("./") || text.starts_with("../") {
        return otherwise;
    }
    let Some(url) = parse(text) else {
        return otherwise;
    };
    match query(&url) {
        // Only a build context may be named so.
        Ok(_) if url.local => otherwise,
        Ok(repository) => Source::Git(repository),
        Err(message) => Source::Refused(message),
    }
}

struct Url<'a> {
    query: &'a str,
    fragment: &'a str,
    local: bool,
}

fn parse(text: &str) -> Option<Url<'_>> {
    if text.starts_with("github.com/") {
        let (path, query, fragment) = split(text);
        return sound(path, fragment).then_some(Url {
            query,
            fragment,
            local: true,
        });
    }
    let scheme = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if scheme > 0 && text[scheme..].starts_with("://") {
        let name = text[..scheme].to_ascii_lowercase();
        // Go wants a letter first.
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let (rest, query, fragment) = split(&text[scheme + 3..]);
        let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let port = host
            .rsplit_once(':')
            .filter(|_| !host.ends_with(']'))
            .map_or("", |(_, p)| p);
        let odd = |byte: u8| {
            byte <= b' '
                || matches!(
                    byte,
                    b'<' | b'>' | b'"' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
                )
        };
        if host.bytes().any(odd) || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if !sound(path, fragment) {
            return None;
        }
        return match name.as_str() {
            "http" | "https" if unescape(path)?.strip_suffix(".git").is_none() => None,
            "http" | "https" | "ssh" | "git" => Some(Url {
                query,
                fragment,
                local: false,
            }),
            _ => None,
        };
    }
    // `git@host:path`
    let (user, rest) = text.split_once('@')?;
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if user.is_empty() || !user.bytes().all(|byte| word(byte) || byte == b'_') {
        return None;
    }
    let (host, rest) = rest.split_once(':')?;
    if host.is_empty()
        || !host.bytes().all(|byte| word(byte) || byte == b'.')
        || text.contains('\n')
    {
        return None;
    }
    let (_, query, fragment) = split(rest);
    // A broken escape in the query makes it no repository.
    pairs(query).1.then_some(Url {
        query,
        fragment,
        local: false,
    })
}

/// The text before `?` and `#`, the query and the fragment.
fn split(text: &str) -> (&str, &str, &str) {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    (text, query, fragment)
}

/// Whether Go can read path and fragment: no control letters, no broken escapes.
fn sound(path: &str, fragment: &str) -> bool {
    let control = |text: &str| text.bytes().any(|byte| byte < 0x20 || byte == 0x7f);
    !control(path) && !control(fragment) && unescape(path).is_some() && unescape(fragment).is_some()
}

/// `%41` and the like resolved; `None` if one is broken.
fn unescape(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = (bytes.next()? as char).to_digit(16)?;
            let low = (bytes.next()? as char).to_digit(16)?;
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Names and values of a query, and whether all of it could be read.
fn pairs(query: &str) -> (Vec<(String, String)>, bool) {
    let mut found = Vec::new();
    let mut sound = true;
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let read = |text: &str| unescape(&text.replace('+', " "));
        match (read(name), read(value)) {
            (Some(name), Some(value)) if !part.contains(';') => found.push((name, value)),
            _ => sound = false,
        }
    }
    (found, sound)
}

fn query(url: &Url<'_>) -> Result<Repository, String> {
    let found = pairs(url.query).0;
    let fragment = unescape(url.fragment).unwrap_or_default();
    let (reference, subdir) = fragment.split_once(':').unwrap_or((&fragment, ""));
    let mut reference = reference.to_owned();
    let mut repository = Repository::default();
    let (mut tag, mut branch) = (String::new(), String::new());
    for (at, (name, value)) in found.iter().enumerate() {
        if found
            .iter()
            .enumerate()
            .any(|(other, (n, _))| other != at && n == name)
        {
            return Err(format!("the query has `{name}` several times"));
        }
        let flag = matches!(
            name.as_str(),
            "submodules" | "keep-git-dir" | "fetch-by-commit"
        );
        if value.is_empty() && !flag {
            return Err(format!("`{name}` in the query has no value"));
        }
        let switch = match value.as_str() {
            "" => Some(true),
            text => boolean(text),
        };
        if flag && switch.is_none() {
            return Err(format!(
                "`{name}={value}` in the query is not `true` or `false`"
            ));
        }
        match name.as_str() {
            "ref" if reference.is_empty() || reference == *value => reference.clone_from(value),
            "ref" => {
                return Err(format!(
                    "the query and the fragment name `{value}` and `{reference}`"
                ));
            }
            "tag" => tag = format!("refs/tags/{}", value.trim_start_matches("refs/tags/")),
            "branch" => branch = format!("refs/heads/{}", value.trim_start_matches("refs/heads/")),
            "subdir" => {
                let inner = subdir.trim_matches('/');
                if !inner.is_empty() && inner != value {
                    return Err("the query and the fragment name two folders".to_owned());
                }
            }
            "checksum" | "commit" => repository.checksum.clone_from(value),
            "keep-git-dir" => repository.keep_git_dir = switch,
            "submodules" | "fetch-by-commit" => {}
            "mtime" if matches!(value.as_str(), "checkout" | "commit") => {}
            "mtime" => return Err(format!("`mtime={value}` in the query is not known")),
            _ => return Err(format!("the query of a repository has no `{name}`")),
        }
    }
    let two = |other: &str| Err(format!("the source names `{reference}` and `{other}`"));
    if !tag.is_empty() && !branch.is_empty() {
        return two(&branch);
    }
    let named = if tag.is_empty() { branch } else { tag };
    if !named.is_empty() && !reference.is_empty() && reference != named {
        return two(&named);
    }
    Ok(repository)
}

#[cfg(test)]
mod tests {
    use super::{Source, source};

    #[test]
    fn sources_are_told_apart() {
        for path in [
            "a",
            "./a.git",
            "github.com/a/b",
            "a@b",
            "x://y/z.git",
            "git@host/path",
        ] {
            assert_eq!(source(path), Source::Path, "{path}");
        }
        for url in ["https://a/b.tgz", "http://a/b?x.git"] {
            assert_eq!(source(url), Source::Http, "{url}");
        }
        for git in [
            "https://a/b.git",
            "https://a/b.git#v1:dir",
            "git@h:a/b",
            "git://a/b",
            "ssh://a/b",
        ] {
            assert!(matches!(source(git), Source::Git(_)), "{git}");
        }
        for bad in [
            "https://a/b.git?x=1",
            "https://a/b.git?ref=",
            "git@h:a?ref=a&ref=b",
        ] {
            assert!(matches!(source(bad), Source::Refused(_)), "{bad}");
        }
    }
}
