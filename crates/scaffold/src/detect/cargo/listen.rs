//! What the code of a Rust service says: where it listens, what it answers and reads.

use super::super::code::Code;
use super::super::dependencies::Dependencies;
use super::super::draft::{Cx, Draft};
use super::super::files::{Text, below, relative};
use super::super::reading::Reading;
use super::super::{health, names, port as ports, reads};
use super::load;
use crate::model::{Certainty, Evidence, HealthRoute, Known, Port};

/// Whether it is made with a framework that serves, and does.
pub(super) fn serves(reading: &Reading<'_>, dependencies: &Dependencies) -> bool {
    let frameworks = [
        "axum",
        "actix-web",
        "rocket",
        "warp",
        "tonic",
        "poem",
        "salvo",
        "tide",
        "gotham",
        "ntex",
    ];
    frameworks
        .iter()
        .any(|name| dependencies.get(name).is_some_and(|d| d.runtime))
        && reading.files.iter().any(|text| {
            listens(text.code()).is_some()
                || text.text.contains("#[launch]")
                || text.text.contains("rocket::build")
                || text.text.contains("serve(")
        })
}

/// Where a file listens: the range of the address.
pub(super) fn listens(code: Code<'_>) -> Option<(usize, std::ops::Range<usize>)> {
    (0..code.len()).find_map(|index| {
        let bind = code.is(index, &["TcpListener", ":", ":", "bind", "("])
            || code.is(index, &["Server", ":", ":", "bind", "("]);
        if bind {
            return Some((index, index + 5..code.close(index + 4)));
        }
        let method = code.is(index, &[".", "bind", "("]) && code.text.contains("HttpServer")
            || code.is(index, &[".", "serve", "("]) && code.text.contains("tonic")
            || code.is(index, &[".", "run", "("]) && code.text.contains("warp::serve");
        method.then(|| (index, index + 3..code.close(index + 2)))
    })
}

/// The port that it listens on.
pub(super) fn port(
    cx: Cx<'_>,
    folder: &str,
    reading: &Reading<'_>,
    dependencies: &Dependencies,
) -> Option<Known<Port>> {
    let mut beside = None;
    for text in &reading.files {
        let code = text.code();
        let Some((index, range)) = listens(code) else {
            continue;
        };
        let is_beside = is_beside(text, range.clone());
        let elsewhere = |word: &str| elsewhere(reading, text, word);
        let found = ports::of_expression_with(code, range, &elsewhere);
        let known = found.stated(Evidence::line(
            &text.path,
            code.line(index),
            "it listens here",
        ));
        if known.is_some() && !is_beside {
            return known;
        }
        beside = beside.or(known);
    }
    // Where it answers others could not be read.
    if unread(reading).is_some() {
        return None;
    }
    if let Some(beside) = beside {
        return Some(beside.at_most(Certainty::Likely));
    }
    let rocket = dependencies
        .get("rocket")
        .filter(|dependency| dependency.runtime)?;
    let path = below(folder, "Rocket.toml");
    let set = load(cx, &path).and_then(|(text, table)| {
        let section = ["release", "default", "global"]
            .iter()
            .find_map(|name| table.get(*name)?.get("port")?.as_integer());
        let number = section.and_then(|number| u16::try_from(number).ok())?;
        Some((
            number,
            Evidence::line(&path, text.line_with("port"), "`port` is set"),
        ))
    });
    let variable = Some("ROCKET_PORT".to_owned());
    Some(match set {
        Some((number, evidence)) => Known::stated(
            Port {
                number,
                variable,
                loopback: true,
            },
            evidence,
        ),
        None => {
            let evidence = Evidence {
                says: "Rocket listens here when nothing else is said".to_owned(),
                ..rocket.evidence.clone()
            };
            Known::likely(
                Port {
                    number: 8000,
                    variable,
                    loopback: true,
                },
                evidence,
            )
        }
    })
}

/// Whether what listens is for metrics or probes alone, by its file or what the address is called.
fn is_beside(text: &Text, address: std::ops::Range<usize>) -> bool {
    let code = text.code();
    let mut words = address.filter_map(|at| code.word(at));
    ports::is_beside_file(&text.path) || words.any(ports::is_beside)
}

/// Where it listens for others, if the address is by a name.
pub(super) fn unread(reading: &Reading<'_>) -> Option<Evidence> {
    reading.files.iter().find_map(|text| {
        let code = text.code();
        let (index, range) = listens(code)?;
        let by_name = range.clone().any(|at| {
            let word = code.word(at).unwrap_or_default().to_ascii_lowercase();
            ["addr", "port", "bind", "listen"]
                .iter()
                .any(|part| word.contains(part))
        });
        let says = "it listens on an address that is put together elsewhere";
        (by_name && !is_beside(text, range))
            .then(|| Evidence::line(&text.path, code.line(index), says))
    })
}

/// What another file says of a name.
fn elsewhere(reading: &Reading<'_>, text: &Text, word: &str) -> Option<ports::Found> {
    let lower = word.to_ascii_lowercase();
    if !["port", "addr", "listen", "bind"]
        .iter()
        .any(|part| lower.contains(part))
    {
        return None;
    }
    reading
        .files
        .iter()
        .filter(|other| other.text.contains(word))
        .find_map(|other| {
            let code = other.code();
            for index in 0..code.len() {
                if code.word(index) != Some(word)
                    || !code.is(index + 1, &[":"])
                    || code.is(index + 2, &[":"])
                {
                    continue;
                }
                // An argument of clap: `#[arg(env = "PORT", default_value_t = 3000)] port: u16`.
                if let Some((name, default)) = argument(code, index) {
                    let number = default.as_deref().and_then(ports::number_in);
                    return Some(ports::Found {
                        number,
                        variable: name,
                        loopback: false,
                    });
                }
                let found = ports::of_expression(code, code.expression(index + 2));
                if found.number.is_some() || found.variable.is_some() {
                    return Some(found);
                }
            }
            if other.path == text.path {
                return None;
            }
            let definition = code.definition(word)?;
            let found = ports::of_expression(code, definition);
            found.number.is_some().then_some(found)
        })
}

/// The variable and default of the attribute before a field.
fn argument(code: Code<'_>, field: usize) -> Option<(Option<String>, Option<String>)> {
    let start = field.saturating_sub(40);
    let open = (start..field).rev().find(|&at| code.is(at, &["#", "["]))?;
    if !matches!(code.at(open + 2), "arg" | "clap" | "structopt")
        || code.close(open + 1) + 3 < field
    {
        return None;
    }
    let close = code.close(open + 1);
    let after = |name: &str| {
        (open..close)
            .find(|&at| code.is(at, &[name, "="]))
            .map(|at| at + 2)
    };
    let variable = after("env")
        .and_then(|at| code.string(at))
        .map(str::to_owned);
    let default = after("default_value")
        .or_else(|| after("default_value_t"))
        .map(|at| code.at(at).to_owned());
    (variable.is_some() || default.is_some()).then_some((variable, default))
}

/// Variables that clap reads.
pub(super) fn clap(reading: &Reading<'_>, draft: &mut Draft) {
    for text in reading
        .files
        .iter()
        .filter(|text| text.text.contains("env ="))
    {
        let code = text.code();
        for index in code.all(&["env", "="]) {
            let Some(name) = code
                .string(index + 2)
                .filter(|name| names::is_variable(name))
            else {
                continue;
            };
            let line = Evidence::line(
                &text.path,
                code.line(index),
                format!("`{name}` is the variable of an argument"),
            );
            // What stands in the brackets of another field is that field's.
            let open = code.opening(index);
            let within = open.map_or(index..index, |open| index..code.close(open));
            let before = open.map_or(index..index, |open| open..index);
            let default = within.chain(before).find(|&at| {
                code.is(at, &["default_value", "="]) || code.is(at, &["default_value_t", "="])
            });
            let default = default.and_then(|at| reads::literal(code, at + 2..at + 3));
            draft.environment.add(name.to_owned(), default, false, line);
        }
    }
}

/// `#[get("/health")]`
pub(super) fn attributes(reading: &Reading<'_>) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    for text in reading
        .files
        .iter()
        .filter(|text| text.text.contains("#[get("))
    {
        let code = text.code();
        for index in code.all(&["#", "[", "get", "("]) {
            let Some(path) = code.string(index + 4) else {
                continue;
            };
            let evidence = Evidence::line(
                &text.path,
                code.line(index),
                format!("`{path}` is answered here"),
            );
            found.extend(health::route(path, evidence));
        }
    }
    found
}

/// Folders of the package that the code names: templates, static files, migrations.
pub(super) fn assets(
    cx: Cx<'_>,
    folder: &str,
    context: &str,
    reading: &Reading<'_>,
) -> Vec<Known<String>> {
    let mut found: Vec<Known<String>> = Vec::new();
    for text in &reading.files {
        let code = text.code();
        for index in 0..code.len() {
            let Some(written) = code.string(index) else {
                continue;
            };
            let reads = (index.saturating_sub(5)..index).any(|at| {
                matches!(
                    code.at(at),
                    "ServeDir"
                        | "ServeFile"
                        | "Files"
                        | "FileServer"
                        | "Tera"
                        | "dir"
                        | "relative"
                        | "read_to_string"
                )
            });
            let first = written
                .trim_start_matches("./")
                .split('/')
                .next()
                .unwrap_or_default();
            let path = below(folder, first);
            let local = relative(&path, context);
            if reads
                && !first.is_empty()
                && first != "src"
                && cx.files.has_folder(&path)
                && !found.iter().any(|known| known.value == local)
            {
                found.push(Known::likely(
                    local,
                    Evidence::line(
                        &text.path,
                        code.line(index),
                        format!("`{written}` is read here"),
                    ),
                ));
            }
        }
    }
    found
}
