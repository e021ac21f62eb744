//! Ports from expressions: `process.env.PORT || 3000`, `":8080"`, a name defined elsewhere.

use std::ops::Range;

use super::code::{Code, Kind, Language};
use super::reads;
use crate::model::{Evidence, Known, Port};

/// What an expression says of a port.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found {
    /// The number.
    pub(crate) number: Option<u16>,
    /// The variable that sets it.
    pub(crate) variable: Option<String>,
    /// Whether the address beside it is that of the loopback.
    pub(crate) loopback: bool,
}

/// How many names are followed.
const MAX_NAMES: usize = 12;

/// What the expression of these tokens says. Names are followed to their definitions in the same
/// file, a few deep.
pub(crate) fn of_expression(code: Code<'_>, range: Range<usize>) -> Found {
    of_expression_with(code, range, &|_| None)
}

/// The same, with `elsewhere` asked for names that this file does not define.
pub(crate) fn of_expression_with(
    code: Code<'_>,
    range: Range<usize>,
    elsewhere: &dyn Fn(&str) -> Option<Found>,
) -> Found {
    let mut found = Found::default();
    let mut waiting = vec![range];
    let mut followed: Vec<&str> = Vec::new();
    while let Some(range) = waiting.pop() {
        let mut index = range.start;
        while index < range.end.min(code.len()) {
            if let Some(read) = reads::at(code, index) {
                let default = read.default.as_deref().and_then(number_in);
                found.number = found.number.or(default);
                found.variable.get_or_insert(read.name);
                index = read.end.max(index + 1);
                continue;
            }
            match code.kind(index) {
                Some(Kind::Text) => {
                    let text = code.at(index);
                    found.loopback |= is_loopback(text);
                    if found.number.is_none() {
                        found.number = number_in(text);
                    }
                    // `format!("0.0.0.0:{port}")`.
                    if code.language == Language::Rust
                        && let Some(name) = named_in(text)
                        && followed.len() < MAX_NAMES
                        && !followed.contains(&name)
                    {
                        followed.push(name);
                        let definitions = code.definitions(name);
                        if definitions.is_empty() {
                            merge(&mut found, elsewhere(name));
                        }
                        waiting.extend(definitions.into_iter().rev());
                    }
                }
                Some(Kind::Number) if found.number.is_none() => {
                    let decimal =
                        code.at(index + 1) == ")" && code.at(index.wrapping_sub(1)) == ",";
                    // The base of `parseInt(x, 10)` is no port.
                    if !(decimal && code.at(index) == "10") {
                        found.number = number_in(code.at(index));
                    }
                }
                Some(Kind::Word) => {
                    let word = code.at(index);
                    let call = code.is(index + 1, &["("]);
                    if !call && followed.len() < MAX_NAMES && !followed.contains(&word) {
                        followed.push(word);
                        let mut definitions = code.definitions(word);
                        definitions.retain(|definition| !definition.contains(&index));
                        if definitions.is_empty() {
                            merge(&mut found, elsewhere(word));
                        }
                        waiting.extend(definitions.into_iter().rev());
                    }
                }
                _ => {}
            }
            index += 1;
        }
    }
    found
}

/// The name at the end of a format text that stands for a port: `{port}` after a colon or alone.
fn named_in(text: &str) -> Option<&str> {
    let (before, rest) = text.rsplit_once('{')?;
    let name = rest.strip_suffix('}')?;
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_name && !name.is_empty() && (before.is_empty() || before.ends_with(':'))).then_some(name)
}

/// Whether a name is that of what listens beside the program's own server: for metrics, probes and
/// those who look for faults.
pub(crate) fn is_beside(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let lower = lower.replace("promo", "").replace("prompt", "");
    [
        "metric", "debug", "pprof", "prom", "admin", "probe", "health", "monitor", "redirect",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// The same of a file, by its name and its folder's.
pub(crate) fn is_beside_file(path: &str) -> bool {
    let mut parts = path.rsplit('/').take(2);
    parts.any(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        matches!(
            stem,
            "metrics" | "metric" | "prometheus" | "probe" | "probes" | "pprof" | "healthcheck"
        )
    })
}

fn merge(found: &mut Found, other: Option<Found>) {
    let Some(other) = other else { return };
    found.number = found.number.or(other.number);
    found.variable = found.variable.take().or(other.variable);
}

/// Small numbers in an expression are indices and counts.
const LOWEST: u16 = 80;

/// The port in a text such as `8080`, `:8080`, `0.0.0.0:8080`, `http://*:5000`.
pub(crate) fn number_in(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = match text.rsplit_once(':') {
        Some((_, after)) => after.trim_end_matches('/'),
        None => text,
    };
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|number| *number >= LOWEST)
}

/// Whether a text names the loopback address.
pub(crate) fn is_loopback(text: &str) -> bool {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

impl Found {
    /// The port as a statement, if there is a number.
    pub(crate) fn stated(self, evidence: Evidence) -> Option<Known<Port>> {
        let number = self.number?;
        let port = Port {
            number,
            variable: self.variable,
            loopback: self.loopback,
        };
        Some(Known::stated(port, evidence))
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::tokens;
    use super::*;

    fn found(path: &str, text: &str, name: &str) -> (Option<u16>, Option<String>, bool) {
        let language = Language::of(path).expect("a language");
        let tokens = tokens(text, language);
        let code = Code {
            path,
            text,
            tokens: &tokens,
            language,
        };
        let call = code.find(&[name, "("]).expect("a call");
        let found = of_expression(code, call + 2..code.close(call + 1));
        (found.number, found.variable, found.loopback)
    }

    #[test]
    fn small_numbers_are_no_ports() {
        assert_eq!(number_in("1"), None);
        assert_eq!(number_in("0.0.0.0:5"), None);
        assert_eq!(number_in(":80"), Some(80));
    }

    #[test]
    fn names_and_defaults_are_followed() {
        let port = || Some("PORT".to_owned());
        let text = "const port = normalize(process.env.PORT || '3000');\nserver.listen(port);";
        assert_eq!(found("a.js", text, "listen"), (Some(3000), port(), false));
        let text = "app.listen(parseInt(process.env.PORT ?? '4000', 10), '127.0.0.1')";
        assert_eq!(found("a.ts", text, "listen"), (Some(4000), port(), true));
        let text = "addr := \":\" + port\nport := getEnv(\"PORT\", \"8081\")\nhttp.ListenAndServe(addr, nil)";
        let found_ = found("a.go", text, "ListenAndServe");
        assert_eq!(found_, (Some(8081), port(), false));
        let text = "let port = std::env::var(\"PORT\").unwrap_or_else(|_| \"8082\".into());\nlet l = TcpListener::bind(format!(\"0.0.0.0:{port}\"))?;";
        assert_eq!(found("a.rs", text, "bind"), (Some(8082), port(), false));
        let text = "app.run(host='0.0.0.0', port=int(os.environ.get('PORT', 5000)))";
        assert_eq!(found("a.py", text, "run"), (Some(5000), port(), false));
    }
}
