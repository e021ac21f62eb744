//! Health checks as probes ask them.

/// How a container is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// By a request to a path of a port.
    Http {
        path: String,
        port: u16,
        is_tls: bool,
    },
    /// By a command.
    Exec(Vec<String>),
}

/// The request that a command makes of its own container, if it is nothing else. `ports` are those that
/// others reach: what listens on the loopback address alone answers no probe.
pub(super) fn request(words: &[String], ports: &[u16]) -> Option<Asked> {
    let words = match words {
        [shell, flag, line] if is_shell(shell) && flag == "-c" => plain_words(line)?,
        words => words.to_vec(),
    };
    let (program, rest) = words.split_first()?;
    let program = program.rsplit('/').next()?;
    let (url, is_blind) = match program {
        "curl" => curl(rest)?,
        "wget" => wget(rest)?,
        _ => return None,
    };
    let (path, port, is_tls) = own_address(url)?;
    // A kubelet does not check certificates: the request is the same only if the command does not.
    (ports.contains(&port) && (!is_tls || is_blind)).then_some(Asked::Http { path, port, is_tls })
}

fn is_shell(word: &str) -> bool {
    matches!(word, "sh" | "/bin/sh" | "bash" | "/bin/bash")
}

/// The words of a line that is one command, `|| exit 1` left out.
fn plain_words(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let line = line
        .strip_suffix("|| exit 1")
        .or_else(|| line.strip_suffix("|| false"))
        .or_else(|| line.strip_suffix("||exit 1"))
        .unwrap_or(line)
        .trim();
    // Output that nobody reads.
    let line = [
        ">/dev/null 2>&1",
        "> /dev/null 2>&1",
        "&>/dev/null",
        ">/dev/null",
        "> /dev/null",
    ]
    .iter()
    .find_map(|end| line.strip_suffix(end))
    .unwrap_or(line)
    .trim();
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (_, '$' | '`' | '\\') => return None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | ';' | '<' | '>' | '(' | ')' | '*' | '&') => return None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// The address that curl asks, if it fails where a probe does, and whether it takes any certificate.
fn curl(words: &[String]) -> Option<(&str, bool)> {
    let (mut url, mut fails, mut is_blind) = (None, false, false);
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--fail" | "--fail-with-body" => fails = true,
            "--silent"
            | "--show-error"
            | "--location"
            | "--head"
            | "--no-progress-meter"
            | "--ipv4" => {}
            "--insecure" => is_blind = true,
            "-o" | "--output" | "-m" | "--max-time" | "--connect-timeout" | "--retry" => {
                words.next()?;
            }
            word if word.starts_with("--max-time=")
                || word.starts_with("--connect-timeout=")
                || word.starts_with("--output=") => {}
            word if word.starts_with("--") => return None,
            word if word.starts_with('-') => {
                for flag in word[1..].chars() {
                    match flag {
                        'f' => fails = true,
                        'k' => is_blind = true,
                        's' | 'S' | 'L' | 'I' | '4' => {}
                        'o' if word.ends_with('o') => {
                            words.next()?;
                        }
                        _ => return None,
                    }
                }
            }
            word if url.is_none() => url = Some(word),
            _ => return None,
        }
    }
    url.filter(|_| fails).map(|url| (url, is_blind))
}

fn wget(words: &[String]) -> Option<(&str, bool)> {
    let (mut url, mut is_blind) = (None, false);
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-q" | "--quiet" | "--spider" | "-nv" | "--no-verbose" | "-qO-" | "-qO/dev/null"
            | "-O-" | "-O/dev/null" | "-4" => {}
            "--no-check-certificate" => is_blind = true,
            "-O" | "-qO" | "-T" | "-t" => {
                words.next()?;
            }
            word if word.starts_with("--tries=")
                || word.starts_with("--timeout=")
                || word.starts_with("--output-document=") => {}
            word if word.starts_with('-') => return None,
            word if url.is_none() => url = Some(word),
            _ => return None,
        }
    }
    url.map(|url| (url, is_blind))
}

/// Path and port of an address of the container itself.
fn own_address(url: &str) -> Option<(String, u16, bool)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let is_tls = match scheme {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let slash = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    let (host, port) = match authority.strip_prefix("[::1]") {
        Some(port) => ("localhost", port.strip_prefix(':')),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if !matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0") {
        return None;
    }
    let port = match port {
        Some(port) => port.parse().ok()?,
        None if is_tls => 443,
        None => 80,
    };
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    Some((path, port, is_tls))
}

#[cfg(test)]
mod tests {
    use super::{Asked, request};

    fn ask(line: &str) -> Option<(String, u16, bool)> {
        let words = ["/bin/sh", "-c", line].map(str::to_owned);
        match request(&words, &[80, 443, 3000])? {
            Asked::Http { path, port, is_tls } => Some((path, port, is_tls)),
            Asked::Exec(_) => None,
        }
    }

    #[test]
    fn requests_are_seen() {
        let is = |line: &str, path: &str, port: u16| {
            assert_eq!(ask(line), Some((path.to_owned(), port, false)), "{line}");
        };
        is(
            "curl -f http://localhost:3000/health || exit 1",
            "/health",
            3000,
        );
        is("curl -fsS -o /dev/null 'http://127.0.0.1/'", "/", 80);
        is("curl --fail http://localhost:3000", "/", 3000);
        is("wget -qO- http://localhost:3000/a?b=c", "/a?b=c", 3000);
        is(
            "wget --no-verbose --tries=1 --spider localhost:3000/x > /dev/null 2>&1",
            "/x",
            3000,
        );
        assert_eq!(
            ask("curl -kf https://localhost/"),
            Some(("/".to_owned(), 443, true))
        );
    }

    #[test]
    fn what_is_more_than_a_request_stays_a_command() {
        for line in [
            "curl http://localhost:3000/",
            "curl -f http://localhost:9999/",
            "curl -f https://localhost/",
            "curl -f http://other:3000/",
            "curl -f http://localhost:3000/ | grep ok",
            "curl -f http://localhost:$PORT/",
            "curl -f -H 'A: b' http://localhost:3000/",
            "curl -f http://localhost:3000/ && test -f /x",
            "pg_isready -U app",
            "curl -f 'http://localhost:3000/",
        ] {
            assert_eq!(ask(line), None, "{line}");
        }
    }
}
