//! From the text of a `plimsoll.toml` to a [`Config`].

use std::ops::Range;

use plimsoll_k8s::schema::KubeVersion;
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Severity, TextRange};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::globs::{Base, compile};
use super::schema::{Key, Shape, TOP};
use super::{
    ChartValues, Check, Config, FailOn, Globs, Image, Init, InitService, Level, Override, Problem,
    RuleEntry, Strictness, World, Written,
};

/// Reads a whole file. All problems are reported at once, in text order. `base` says where the
/// folder of the file lies.
pub fn parse(text: &str, base: &Base) -> Result<Config, Vec<Problem>> {
    // Ranges count from the start of the text, a byte order mark included.
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => (text.len() - body.len(), body),
        None => (0, text),
    };
    let mut reader = Reader {
        mark,
        base,
        problems: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(body);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().replace('\n', ", ");
        reader.problem(span, format!("not valid TOML: {message}"), None);
    }
    // What comes after a syntax error is mostly its consequence.
    if reader.problems.is_empty() {
        let config = reader.config(table.get_ref());
        if reader.problems.is_empty() {
            return Ok(config);
        }
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| (problem.range.start, problem.range.end));
    Err(problems)
}

type Node<'t> = Spanned<DeValue<'t>>;

struct Reader<'b> {
    mark: usize,
    base: &'b Base,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn config(&mut self, top: &DeTable<'_>) -> Config {
        self.check_keys(top, TOP, "", 0..0);
        let mut config = Config {
            base: self.base.clone(),
            ..Config::default()
        };
        if let Some(check) = table(top, "check") {
            config.check = Check {
                strictness: word(check, "strictness").and_then(strictness),
                fail_on: word(check, "fail-on").and_then(fail_on),
                kube_version: word(check, "kube-version").and_then(|word| word.parse().ok()),
                select: self.list(check, "select"),
                ignore: self.list(check, "ignore"),
            };
            config.overrides = tables(check, "override")
                .filter_map(|part| {
                    Some(Override {
                        paths: self.globs(part, "paths")?,
                        strictness: word(part, "strictness").and_then(strictness),
                        ignore: self.list(part, "ignore").unwrap_or_default(),
                        rules: self.rules(part),
                    })
                })
                .collect();
        }
        config.rules = self.rules(top);
        config.images = tables(top, "image")
            .filter_map(|image| {
                Some(Image {
                    name: self.text(image, "name")?,
                    dockerfile: self.text(image, "dockerfile")?,
                    stage: self.text(image, "stage"),
                })
            })
            .collect();
        config.charts = tables(top, "chart")
            .filter_map(|chart| {
                Some(ChartValues {
                    folder: self.text(chart, "folder")?,
                    name: self.text(chart, "name"),
                    values: self.list(chart, "values")?,
                })
            })
            .collect();
        if let Some(init) = table(top, "init") {
            config.init = Init {
                project: self.text(init, "project"),
                registry: self.text(init, "registry"),
                tag: self.text(init, "tag"),
                host: self.text(init, "host"),
                secrets: self.text(init, "secrets"),
                kustomize: word(init, "manifests").map(|word| word == "kustomize"),
                services: tables(init, "service")
                    .filter_map(|service| self.init_service(service))
                    .collect(),
            };
        }
        if let Some(secrets) = table(top, "secrets") {
            config.secrets_exclude = self.globs(secrets, "exclude");
        }
        config.worlds = tables(top, "world")
            .filter_map(|world| {
                Some(World {
                    name: self.text(world, "name"),
                    paths: self.globs(world, "paths")?,
                })
            })
            .collect();
        config
    }

    /// Reports what the schema does not allow in a table, and below it. The depth is that of the
    /// schema.
    fn check_keys(&mut self, table: &DeTable<'_>, keys: &[Key], within: &str, span: Range<usize>) {
        for (name, value) in table {
            let text = name.get_ref().as_ref();
            let Some(key) = keys.iter().find(|key| key.name == text) else {
                let message = match within {
                    "" => format!("unknown key `{text}`"),
                    within => format!("unknown key `{text}` in `{within}`"),
                };
                self.problem(name.span(), message, Some(known(text, keys)));
                continue;
            };
            let within = match within {
                "" => text.to_owned(),
                within => format!("{within}.{text}"),
            };
            if let Shape::Reserved(why) = key.shape {
                let message = format!("`{within}` is reserved: {why}");
                self.problem(name.span(), message, Some("remove it".into()));
                continue;
            }
            self.check_value(value, &key.shape, &within);
        }
        for key in keys.iter().filter(|key| key.required) {
            if !table.keys().any(|name| name.get_ref() == key.name) {
                let message = format!("`{within}` needs `{}`", key.name);
                let help = format!("add a line such as `{}`", key.example);
                self.problem(span.clone(), message, Some(help));
            }
        }
    }

    fn check_value(&mut self, value: &Node<'_>, shape: &Shape, name: &str) {
        match (shape, value.get_ref()) {
            (Shape::Table(keys), DeValue::Table(table)) => {
                self.check_keys(table, keys, name, value.span());
            }
            (Shape::Tables(keys), DeValue::Array(items)) => {
                for item in items {
                    match item.get_ref() {
                        DeValue::Table(table) => self.check_keys(table, keys, name, item.span()),
                        other => self.wrong_type(item.span(), name, "a table", other),
                    }
                }
            }
            (Shape::ByRule(keys), DeValue::Table(table)) => {
                for (rule, wishes) in table {
                    let name = format!("{name}.{}", rule.get_ref());
                    self.check_value(wishes, &Shape::Table(keys), &name);
                }
            }
            (Shape::Word(words), DeValue::String(text)) => {
                if !words.iter().any(|(word, _)| word == text) {
                    let message = format!("`{name}` is `{text}`, which is none of its words");
                    let near = nearest(text, words.iter().map(|(word, _)| *word));
                    let help = near.map_or_else(
                        || {
                            format!(
                                "write one of {}",
                                listed(words.iter().map(|(word, _)| *word))
                            )
                        },
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.problem(value.span(), message, Some(help));
                }
            }
            (Shape::RuleNames | Shape::Patterns | Shape::Texts, DeValue::Array(items)) => {
                for item in items {
                    if !item.get_ref().is_str() {
                        self.wrong_type(item.span(), name, "strings", item.get_ref());
                    }
                }
                if matches!(shape, Shape::Texts) && items.is_empty() {
                    self.problem(value.span(), format!("`{name}` is empty"), None);
                }
                if matches!(shape, Shape::Patterns) && items.is_empty() {
                    let help = "name at least one pattern, such as `\"examples/\"`";
                    let message = format!("`{name}` is empty");
                    self.problem(value.span(), message, Some(help.into()));
                }
            }
            (Shape::Text, DeValue::String(text)) => {
                if text.trim().is_empty() {
                    self.problem(value.span(), format!("`{name}` is empty"), None);
                }
            }
            (Shape::Port, DeValue::Integer(number)) => {
                if port(number.as_str()).is_none() {
                    let message = format!("`{name}` is no port: {}", number.as_str());
                    let help = "write a number up to 65535, or 0 for none";
                    self.problem(value.span(), message, Some(help.into()));
                }
            }
            (Shape::KubeVersion, DeValue::String(text)) => {
                if let Err(error) = text.parse::<KubeVersion>() {
                    let help = "write a minor version, such as `\"1.34\"`";
                    self.problem(
                        value.span(),
                        format!("`{name}`: {error}"),
                        Some(help.into()),
                    );
                }
            }
            (shape, other) => self.wrong_type(value.span(), name, shape.expected(), other),
        }
    }

    fn wrong_type(&mut self, span: Range<usize>, name: &str, wanted: &str, found: &DeValue<'_>) {
        let found = match found {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{name}` wants {wanted}, not {found}");
        let help = match (wanted, found) {
            ("an array of strings", "a string") => Some("put it in brackets".into()),
            ("an array of tables", "a table") => Some(format!("write `[[{name}]]`")),
            _ => None,
        };
        self.problem(span, message, help);
    }

    fn init_service(&mut self, service: &DeTable<'_>) -> Option<InitService> {
        let number = service.get("port");
        Some(InitService {
            folder: self.text(service, "folder")?,
            name: self.text(service, "name"),
            start: self.list(service, "start"),
            port: number.and_then(|value| {
                let number = value.get_ref().as_integer()?;
                Some((port(number.as_str())?, self.range(value.span())))
            }),
            health: self.text(service, "health"),
            version: self.text(service, "version"),
            program: self.text(service, "program"),
            migration: self.list(service, "migration"),
            backing: self.list(service, "backing"),
        })
    }

    fn rules(&mut self, within: &DeTable<'_>) -> Vec<RuleEntry> {
        let Some(rules) = table(within, "rules") else {
            return Vec::new();
        };
        let mut found: Vec<RuleEntry> = rules
            .iter()
            .filter_map(|(name, wishes)| {
                let wishes = wishes.get_ref().as_table()?;
                Some(RuleEntry {
                    name: Written {
                        text: name.get_ref().to_string(),
                        range: self.range(name.span()),
                    },
                    severity: word(wishes, "severity").and_then(severity),
                    level: word(wishes, "level").and_then(level),
                })
            })
            .collect();
        found.sort_by_key(|entry| entry.name.range.start);
        found
    }

    fn globs(&mut self, within: &DeTable<'_>, key: &str) -> Option<Globs> {
        let written = self.list(within, key)?;
        match compile(written.iter().map(|path| &*path.text), self.base) {
            Ok(globs) => Some(globs),
            Err((number, why)) => {
                let written = written.get(number)?;
                self.problems.push(Problem {
                    range: written.range,
                    message: format!("`{}` is no pattern: {why}", written.text),
                    help: Some("write patterns as in `.gitignore`".into()),
                });
                None
            }
        }
    }

    fn list(&self, within: &DeTable<'_>, key: &str) -> Option<Vec<Written>> {
        let items = within.get(key)?.get_ref().as_array()?;
        let texts = items.iter().filter_map(|item| self.written(item));
        Some(texts.collect())
    }

    fn text(&self, within: &DeTable<'_>, key: &str) -> Option<Written> {
        self.written(within.get(key)?)
    }

    fn written(&self, value: &Node<'_>) -> Option<Written> {
        Some(Written {
            text: value.get_ref().as_str()?.to_owned(),
            range: self.range(value.span()),
        })
    }

    fn range(&self, span: Range<usize>) -> TextRange {
        TextRange::at(span.start + self.mark, span.end + self.mark)
    }

    fn problem(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        let range = self.range(span);
        self.problems.push(Problem {
            range,
            message,
            help,
        });
    }
}

fn table<'t>(within: &'t DeTable<'t>, key: &str) -> Option<&'t DeTable<'t>> {
    within.get(key)?.get_ref().as_table()
}

fn tables<'t>(within: &'t DeTable<'t>, key: &str) -> impl Iterator<Item = &'t DeTable<'t>> {
    let items = within.get(key).and_then(|value| value.get_ref().as_array());
    items
        .into_iter()
        .flatten()
        .filter_map(|item| item.get_ref().as_table())
}

fn word<'t>(within: &'t DeTable<'t>, key: &str) -> Option<&'t str> {
    within.get(key)?.get_ref().as_str()
}

/// What to write instead of an unknown key.
fn known(name: &str, keys: &[Key]) -> String {
    let names = || {
        let spoken = keys
            .iter()
            .filter(|key| !matches!(key.shape, Shape::Reserved(_)));
        spoken.map(|key| key.name)
    };
    match nearest(&name.replace('_', "-"), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys here are {}", listed(names())),
    }
}

/// `a`, `b` and `c`.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn port(number: &str) -> Option<u16> {
    number.replace('_', "").parse().ok()
}

fn strictness(word: &str) -> Option<Strictness> {
    Some(match word {
        "default" => Strictness::Default,
        "pedantic" => Strictness::Pedantic,
        "auditor" => Strictness::Auditor,
        _ => return None,
    })
}

fn severity(word: &str) -> Option<Severity> {
    [Severity::Note, Severity::Warning, Severity::Error]
        .into_iter()
        .find(|severity| severity.name() == word)
}

fn level(word: &str) -> Option<Level> {
    match word {
        "off" => Some(Level::Off),
        word => strictness(word).map(Level::From),
    }
}

fn fail_on(word: &str) -> Option<FailOn> {
    match word {
        "never" => Some(FailOn::Never),
        word => severity(word).map(FailOn::Severity),
    }
}
