//! What health checks ask: the endpoint of the container's own server, by port and path.

use plimsoll_compose::{Healthcheck as ComposeCheck, Test};
use plimsoll_dockerfile::{Body, Command, Healthcheck};
use plimsoll_k8s::{Handler, Probe};
use plimsoll_source::{FileId, Place, TextRange};
use plimsoll_yaml::Node;

use super::environment::Environment;
use super::image::Image;
use super::runner::{ContainerRunner, ServiceRunner};
use super::words::{Part, for_shell, parts};

/// An endpoint of the container itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The port; `None` where a variable decides it that is not known.
    pub port: Option<u16>,
    /// The path of an HTTP request, without its query; `None` for a bare connection.
    pub path: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// What the HEALTHCHECK of an image asks.
pub fn of_image(image: Image<'_>) -> Vec<Endpoint> {
    let build = image.build();
    let Some(index) = image.stage().healthcheck else {
        return Vec::new();
    };
    let Body::Healthcheck(Healthcheck::Cmd(command)) = &build.file.instructions[index].body else {
        return Vec::new();
    };
    let set = Environment::of_image(image);
    let lookup = |name: &str| set.get(name).and_then(|given| given.value.clone());
    match command {
        Command::Exec(words) => {
            let words: Vec<_> = words
                .iter()
                .map(|word| (word.value.to_string(), image.place(word.range)))
                .collect();
            asked(&words, &lookup, &[])
        }
        Command::Shell(range) => {
            let text = range.of(&build.file.text);
            in_line(
                text,
                &|from, to| image.place(shifted(*range, from, to)),
                &lookup,
            )
        }
        Command::Heredoc(_) => Vec::new(),
    }
}

/// What the health check of a Compose service asks.
pub fn of_service(runner: &ServiceRunner<'_>, environment: &Environment) -> Vec<Endpoint> {
    let Some(check) = runner.service.healthcheck().filter(|check| !check.is_off()) else {
        return Vec::new();
    };
    let name = runner.service.name();
    let lookup = |name: &str| environment.get(name).and_then(|given| given.value.clone());
    test_of(check, runner.unit.file, &[&name], &lookup)
}

fn test_of(
    check: ComposeCheck<'_>,
    file: FileId,
    own: &[&str],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Vec<Endpoint> {
    match check.test() {
        Some(Test::Shell(line)) => {
            let text = line.with_unknowns();
            let whole = Place::new(file, line.range());
            let same = !line.text().contains('$');
            let words = [(text.into_owned(), whole)];
            let mut found = asked(&words, lookup, own);
            // Only where the text is as it is written are places inside it known.
            if same && !line.is_part() {
                let text = line.text();
                let place = |from: usize, to: usize| Place::new(file, line.range_of(from..to));
                found = in_text(&text, &place, lookup, own);
            }
            found
        }
        Some(Test::Exec(words)) => {
            let words: Vec<_> = words
                .iter()
                .map(|word| {
                    let place = Place::new(file, word.range());
                    (word.with_unknowns().into_owned(), place)
                })
                .collect();
            asked(&words, lookup, own)
        }
        Some(Test::Off) | None => Vec::new(),
    }
}

/// What one probe asks. A port by name is looked up in the container.
pub fn of_probe(
    runner: &ContainerRunner<'_>,
    probe: &Probe<'_>,
    environment: &Environment,
) -> Option<Endpoint> {
    let place = |node: Node<'_>| Place::new(runner.file, node.range());
    let handler = probe.handler()?;
    match handler {
        Handler::HttpGet(_) | Handler::TcpSocket(_) | Handler::Grpc(_) => {
            if handler.host().is_some() {
                return None;
            }
            let port = handler.port()?;
            let number = port.number().or_else(|| {
                let declared = runner.container.find_port(&port)?;
                declared.container_port().map(|(number, _)| number)
            });
            let path = handler
                .path()
                .map(|path| without_query(&path.value).to_owned());
            Some(Endpoint {
                port: number.and_then(|number| u16::try_from(number).ok()),
                path,
                place: place(port.node()),
            })
        }
        Handler::Exec(_) => {
            let words: Vec<_> = handler
                .command()
                .into_iter()
                .map(|node| {
                    let text = node.as_str().unwrap_or_default().into_owned();
                    (text, place(node))
                })
                .collect();
            let lookup = |name: &str| environment.get(name).and_then(|given| given.value.clone());
            let mut found = asked(&words, &lookup, &[]);
            (found.len() == 1).then(|| found.remove(0))
        }
        Handler::Sleep(_) => None,
    }
}

fn shifted(range: TextRange, from: usize, to: usize) -> TextRange {
    TextRange::new(range.start + from as u32, range.start + to as u32)
}

fn in_line(
    text: &str,
    place: &dyn Fn(usize, usize) -> Place,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Vec<Endpoint> {
    in_text(text, place, lookup, &[])
}

/// The endpoints that a command line asks. `own` are further names of the container itself.
fn asked(
    words: &[(String, Place)],
    lookup: &dyn Fn(&str) -> Option<String>,
    own: &[&str],
) -> Vec<Endpoint> {
    let mut found = Vec::new();
    for (number, (text, place)) in words.iter().enumerate() {
        let text = for_shell(text);
        let hits = in_text(&text, &|_, _| *place, lookup, own);
        // `nc -z localhost 8080`: the port is the next word.
        let next = words.get(number + 1);
        let alone = is_local(&text, own);
        if let (true, Some((port, at))) = (alone, next)
            && let Ok(port) = port.parse()
        {
            found.push(Endpoint {
                port: Some(port),
                path: None,
                place: *at,
            });
            continue;
        }
        found.extend(hits);
    }
    found
}

const LOCAL: &[&str] = &[
    "localhost",
    "127.0.0.1",
    "[::1]",
    "0.0.0.0",
    "$HOSTNAME",
    "::1",
];

fn is_local(text: &str, own: &[&str]) -> bool {
    LOCAL.contains(&text) || own.contains(&text)
}

/// The endpoints that are named inside a text.
fn in_text(
    text: &str,
    place: &dyn Fn(usize, usize) -> Place,
    lookup: &dyn Fn(&str) -> Option<String>,
    own: &[&str],
) -> Vec<Endpoint> {
    let mut found: Vec<Endpoint> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let Some((start, end)) = next_host(text, at, own) else {
            break;
        };
        at = end;
        let before = &text[..start];
        let scheme = before
            .rsplit_once("://")
            .filter(|(_, rest)| rest.is_empty());
        let scheme = scheme.map(|(front, _)| {
            let from = front
                .rfind(|c: char| !c.is_ascii_alphanumeric())
                .map_or(0, |at| at + 1);
            &front[from..]
        });
        if scheme.is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
            continue;
        }
        let rest = &text[end..];
        let (port_text, after) = match rest.strip_prefix(':') {
            Some(port) => {
                let len = port
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "${}:-_\u{0}".contains(c)))
                    .unwrap_or(port.len());
                (&port[..len], &port[len..])
            }
            None => ("", rest),
        };
        // `'http://localhost:' + port`: what the program puts there is not known.
        if port_text.is_empty() && rest.starts_with(':') {
            continue;
        }
        let path_len = after
            .find(|c: char| c.is_whitespace() || "\"'`|;&)>\\,".contains(c))
            .unwrap_or(after.len());
        let path_text = &after[..path_len];
        if port_text.is_empty() && scheme.is_none() {
            // `nc -z localhost 80` inside one text.
            let word = after.trim_start();
            let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
            if after.starts_with(' ') && digits.len() > 1 && !path_text.starts_with('/') {
                let from = end + (after.len() - word.len());
                found.push(Endpoint {
                    port: digits.parse().ok(),
                    path: None,
                    place: place(from, from + digits.len()),
                });
            }
            continue;
        }
        let port = if port_text.is_empty() {
            Some(if scheme == Some("https") { 443 } else { 80 })
        } else {
            filled(port_text, lookup).and_then(|text| text.parse().ok())
        };
        let http = scheme.is_some() || path_text.starts_with('/');
        let path = if path_text.starts_with('/') {
            let known = !path_text.contains(['$', '\u{0}', '{']);
            if !known {
                continue;
            }
            Some(without_query(path_text).to_owned())
        } else {
            http.then(|| "/".to_owned())
        };
        let from = start - scheme.map_or(0, |scheme| scheme.len() + 3);
        let to = text.len() - after.len() + path_len;
        found.push(Endpoint {
            port,
            path,
            place: place(from, to),
        });
        at = to.max(end);
    }
    found
}

/// The next name of the container itself in a text, from `at` on.
fn next_host(text: &str, at: usize, own: &[&str]) -> Option<(usize, usize)> {
    let named = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    LOCAL[..5]
        .iter()
        .chain(own)
        .filter(|host| !host.is_empty())
        .filter_map(|host| {
            let found = text[at..].match_indices(host).find(|(offset, _)| {
                let start = at + offset;
                let end = start + host.len();
                let free_before = !text[..start].ends_with(named);
                let free_after = !text[end..].starts_with(named);
                // Other names of one's own are words in many places: a URL or a port proves it.
                let proven = LOCAL.contains(host)
                    || text[..start].ends_with("://")
                    || text[end..].starts_with(':');
                free_before && free_after && proven
            })?;
            let start = at + found.0;
            Some((start, start + host.len()))
        })
        .min()
}

fn filled(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    for part in parts(text) {
        match part {
            Part::Text(part) => out.push_str(part),
            Part::Variable(one) => {
                let default = one.default.map(str::to_owned);
                out.push_str(&lookup(one.name).or(default)?);
            }
            Part::Unknown => return None,
        }
    }
    Some(out)
}

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use plimsoll_source::{FileId, Place, TextRange};

    use super::{Endpoint, asked, in_text};

    fn show(found: &[Endpoint]) -> Vec<String> {
        found
            .iter()
            .map(|one| {
                let port = one.port.map_or("?".into(), |port| port.to_string());
                let path = one.path.as_deref().unwrap_or("-");
                format!("{port} {path} {}", one.place.range.start)
            })
            .collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let place = |from: usize, to: usize| Place::new(FileId(0), TextRange::at(from, to));
        let lookup = |name: &str| (name == "PORT").then(|| "81".to_owned());
        let found = in_text(text, &place, &lookup, &["web"]);
        assert_eq!(show(&found), expected, "{text}");
    }

    #[test]
    fn endpoints_of_the_container_itself_are_found() {
        check(
            "curl -f http://localhost:8080/health || exit 1",
            &["8080 /health 8"],
        );
        check("curl localhost:8080/health?x=1", &["8080 /health 5"]);
        check("wget -qO- http://127.0.0.1/ ", &["80 / 10"]);
        check("curl https://localhost", &["443 / 5"]);
        check(
            "node -e \"fetch('http://localhost:' + (process.env.PORT || 3000) + '/')\"",
            &[],
        );
        check("nc -z localhost 5432", &["5432 - 16"]);
        check("curl http://localhost:${PORT}/x", &["81 /x 5"]);
        check("curl http://localhost:${P:-82}/x", &["82 /x 5"]);
        check("curl http://localhost:$Q/x", &["? /x 5"]);
        check(
            "python -c \"urlopen('http://localhost:8000/up')\"",
            &["8000 /up 20"],
        );
        check("curl http://web:80/a; echo web", &["80 /a 5"]);
        check("grpc_health_probe -addr=localhost:50051", &["50051 - 24"]);
    }

    #[test]
    fn others_are_left_out() {
        check("curl http://other:80/x", &[]);
        check("redis://localhost:6379", &[]);
        check("pg_isready -h localhost -U x", &[]);
        check("mylocalhost:80 localhost.org:80", &[]);
    }

    #[test]
    fn a_port_may_be_the_next_word() {
        let place = Place::new(FileId(0), TextRange::at(3, 4));
        let words = ["nc", "-z", "127.0.0.1", "80"].map(|word| (word.to_owned(), place));
        assert_eq!(show(&asked(&words, &|_| None, &[])), ["80 - 3"]);
    }
}
