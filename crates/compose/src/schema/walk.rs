//! The walk over a file along the table.

use plimsoll_source::nearest::nearest;
use plimsoll_source::{Edit, Safety, TextRange};
use plimsoll_yaml::{Kind, Node, Scalar, Style};

use super::casts::Cast;
use super::generated::{SCHEMAS, TOP};
use super::table::{ANY, ARRAY, BOOLEAN, INTEGER, NULL, NUMBER, OBJECT, Rest, STRING, Schema};
use super::{Problem, Settings, place};
use crate::interpolation;

/// How deep values are followed.
const MAX_DEPTH: usize = 64;
/// The most values of one file that are looked at; aliases could ask for any number.
const MAX_VALUES: u32 = 100_000;
/// The most problems of one file that are told.
const MAX_PROBLEMS: usize = 100;
/// So many keys or values are told whole.
const FEW: usize = 10;

/// A walk in progress.
pub(super) struct Walk<'a> {
    pub(super) settings: Settings,
    path: Vec<&'a str>,
    problems: Vec<Problem>,
    values: u32,
}

/// The keys that a service can have.
pub(super) fn service_keys() -> Vec<&'static str> {
    let keys = |n: u16| SCHEMAS[usize::from(n)].properties;
    let services = keys(TOP).iter().find(|(name, _)| *name == "services");
    let Some(Rest::Words(service)) = services.map(|(_, n)| SCHEMAS[usize::from(*n)].rest) else {
        return Vec::new();
    };
    keys(service).iter().map(|(name, _)| *name).collect()
}

impl<'a> Walk<'a> {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            path: Vec::new(),
            problems: Vec::new(),
            values: 0,
        }
    }

    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.problems.truncate(MAX_PROBLEMS);
        self.problems
    }

    pub(super) fn top(&mut self, root: Node<'a>) {
        self.value(TOP, root);
    }

    pub(super) fn report(&mut self, range: TextRange, message: String) -> &mut Problem {
        let service = match self.path.as_slice() {
            ["services", name, ..] => Some((*name).to_owned()),
            _ => None,
        };
        self.problems.push(Problem {
            range,
            message,
            note: None,
            help: None,
            mend: None,
            service,
            path: self.path.iter().map(|name| (*name).to_owned()).collect(),
            is_unknown_key: false,
        });
        self.problems.last_mut().expect("just pushed")
    }

    /// Whether something was told within this value.
    pub(super) fn was_told(&self, node: Node<'_>) -> bool {
        let range = node.range();
        self.problems
            .iter()
            .any(|problem| range.overlaps(problem.range))
    }

    fn is_spent(&mut self) -> bool {
        self.values += 1;
        self.values > MAX_VALUES
            || self.problems.len() > MAX_PROBLEMS
            || self.path.len() > MAX_DEPTH
    }

    fn value(&mut self, n: u16, node: Node<'a>) {
        if self.is_spent() || is_directive(node) {
            return;
        }
        let node = node.resolve();
        if is_directive(node) {
            return;
        }
        let schema = &SCHEMAS[usize::from(n)];
        if self.is_unknown(node) {
            // Interpolation gives a string; only what can be no scalar is certain.
            let all = all_types(n);
            if all & (ANY ^ ARRAY ^ OBJECT ^ NULL) == 0 {
                self.wrong(node, all);
            }
            return;
        }
        if let Some(form) = self.chosen(schema, node) {
            self.value(form, node);
            return;
        }
        if !schema.forms.is_empty() {
            if schema.types == OBJECT {
                self.alternatives(schema, node);
            } else {
                self.wrong(node, all_types(n));
            }
            return;
        }
        if schema.types & bits(node) == 0 {
            self.wrong(node, schema.types);
            return;
        }
        match node.kind() {
            Kind::Mapping => self.mapping(schema, node),
            Kind::Sequence => self.sequence(schema, node),
            Kind::Scalar | Kind::Alias => self.scalar(schema, node),
        }
    }

    /// The one of several forms that a value has: the first that has its type, and the best
    /// fitting one where several do.
    fn chosen(&mut self, schema: &Schema, node: Node<'a>) -> Option<u16> {
        let fitting: Vec<u16> = schema
            .forms
            .iter()
            .copied()
            .filter(|form| all_types(*form) & bits(node) != 0)
            .collect();
        if schema.types == OBJECT {
            return None;
        }
        match fitting.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => several
                .iter()
                .copied()
                .find(|form| self.problems_of(*form, node) == 0)
                .or_else(|| several.first().copied()),
        }
    }

    fn problems_of(&mut self, form: u16, node: Node<'a>) -> usize {
        let before = self.problems.len();
        self.value(form, node);
        let count = self.problems.len() - before;
        self.problems.truncate(before);
        count
    }

    /// A mapping that must have one of several sets of keys.
    fn alternatives(&mut self, schema: &Schema, node: Node<'a>) {
        let has = |form: &u16| {
            SCHEMAS[usize::from(*form)]
                .required
                .iter()
                .all(|key| node.get(key).is_some())
        };
        if self.settings.whole && !schema.forms.iter().any(has) {
            let keys: Vec<&str> = schema
                .forms
                .iter()
                .flat_map(|form| SCHEMAS[usize::from(*form)].required)
                .copied()
                .collect();
            let name = self.name();
            let message = format!("`{name}` needs one of {}", listed(&keys));
            self.report(place(node), message);
        }
        self.mapping(schema, node);
    }

    fn mapping(&mut self, schema: &Schema, node: Node<'a>) {
        for entry in node.merged_entries() {
            let Some(name) = entry.key.str() else {
                continue;
            };
            if entry.key.as_str().is_none() {
                self.report(
                    entry.key.range(),
                    format!("the key `{name}` must be a string"),
                )
                .help = Some("put quotes around it".to_owned());
                continue;
            }
            self.path.push(name);
            let known = schema
                .properties
                .binary_search_by_key(&name, |(name, _)| *name);
            match (known, schema.rest) {
                (Ok(at), _) => self.value(schema.properties[at].1, entry.value),
                (Err(_), _) if schema.takes_extensions && name.starts_with("x-") => {}
                (Err(_), Rest::Anything) => {}
                (Err(_), Rest::Named(n)) => self.value(n, entry.value),
                (Err(_), Rest::Lower(n)) => {
                    if name.bytes().all(|b| b.is_ascii_lowercase()) {
                        self.value(n, entry.value);
                    }
                }
                (Err(_), Rest::Words(n)) if is_words(name) => self.value(n, entry.value),
                (Err(_), Rest::Words(_)) => {
                    self.path.pop();
                    let message = format!("`{name}` cannot be a name in `{}`", self.name());
                    self.report(entry.key.range(), message).help =
                        Some("use letters, digits, `.`, `_` and `-`".to_owned());
                    self.path.push(name);
                }
                (Err(_), Rest::Nothing) => self.unknown(schema, node, entry.key),
            }
            self.path.pop();
        }
        if !self.settings.whole || self.was_unknown(node) {
            return;
        }
        for key in schema.required {
            if node.get(key).is_none() {
                let name = self.name();
                self.report(place(node), format!("`{name}` lacks `{key}`"))
                    .help = Some(format!("add `{key}`"));
            }
        }
    }

    /// Whether a key of this mapping was told to be unknown; it may be the missing one misspelt.
    fn was_unknown(&self, node: Node<'_>) -> bool {
        self.problems.iter().any(|problem| {
            problem.is_unknown_key
                && node
                    .entries()
                    .any(|entry| entry.key.range() == problem.range)
        })
    }

    fn unknown(&mut self, schema: &Schema, node: Node<'a>, key: Node<'a>) {
        let name = self.name();
        let owner = match self.path.as_slice() {
            [_] => "a Compose file".to_owned(),
            ["services", service, _] => format!("service `{service}`"),
            [.., owner, _] => format!("`{owner}`"),
            [] => String::new(),
        };
        let known: Vec<&str> = schema.properties.iter().map(|(name, _)| *name).collect();
        let free: Vec<&str> = known
            .iter()
            .copied()
            .filter(|known| node.get(known).is_none())
            .collect();
        let near = nearest(name, free.iter().copied()).or_else(|| same_words(name, &known));
        let elsewhere = elsewhere(&self.path, name, &known);
        let problem = self.report(key.range(), format!("`{name}` is no key of {owner}"));
        problem.is_unknown_key = true;
        problem.note = Some("Compose refuses the whole file".to_owned());
        problem.help = Some(match (near, elsewhere) {
            (Some(near), _) => format!("write `{near}`"),
            (None, Some(elsewhere)) => elsewhere,
            (None, None) if known.len() <= FEW && free.is_empty() => "remove it".to_owned(),
            (None, None) if known.len() <= FEW => {
                format!("remove it, or use one of {}", listed(&free))
            }
            (None, None) => "remove it, or begin it with `x-` if it is your own".to_owned(),
        });
        if let Some(near) = near
            && key.style() == Style::Plain
        {
            let edit = Edit::replace(key.range(), near);
            problem.mend = Some((format!("rename it `{near}`"), edit, Safety::Unsafe));
        }
    }

    fn sequence(&mut self, schema: &Schema, node: Node<'a>) {
        if let Some(items) = schema.items {
            for item in node.items() {
                self.value(items, item);
            }
        }
        // Compose merges repeats of most lists before the schema sees them; these are looked at
        // as they stand.
        if schema.is_set && matches!(self.name(), "depends_on" | "networks") {
            let mut seen: Vec<&str> = Vec::new();
            for item in node.items().take(1_000) {
                let Some(text) = item.str() else { continue };
                if seen.contains(&text) {
                    let name = self.name();
                    let message = format!("`{name}` holds `{text}` twice");
                    self.report(item.range(), message).help = Some("remove one".to_owned());
                }
                seen.push(text);
            }
        }
    }

    fn scalar(&mut self, schema: &Schema, node: Node<'a>) {
        let name = self.name();
        let number = match node.scalar() {
            Some(Scalar::Int(value)) => Some(value as f64),
            Some(Scalar::Float(value)) => Some(value),
            _ => None,
        };
        if let Some(number) = number {
            if schema.least.is_some_and(|least| number < least as f64) {
                let least = schema.least.unwrap_or_default();
                self.report(node.range(), format!("`{name}` is less than {least}"));
            } else if schema.most.is_some_and(|most| number > most as f64) {
                let most = schema.most.unwrap_or_default();
                self.report(node.range(), format!("`{name}` is more than {most}"));
            } else if name == "ports" && number.fract() != 0.0 {
                self.report(node.range(), "a port must be a whole number".to_owned());
            }
            return;
        }
        let Some(text) = node.as_str() else { return };
        let Some(text) = interpolation::with_defaults(&text) else {
            return;
        };
        if !schema.values.is_empty() && !schema.values.contains(&&*text) {
            let near = nearest(&text, schema.values.iter().copied());
            let problem = self.report(node.range(), format!("`{name}` cannot be `{text}`"));
            problem.help = Some(match near {
                Some(near) => format!("write `{near}`"),
                None => format!("use one of {}", listed(schema.values)),
            });
        }
        if let Some(form) = schema.form
            && !form.fits(&text)
        {
            self.report(node.range(), format!("`{name}` cannot be `{text}`"))
                .help = Some(form.words().to_owned());
        }
        if let Some(cast) = Cast::of(&self.path)
            && !cast.takes(&text)
        {
            self.report(node.range(), format!("`{name}` must be {}", cast.words()));
        }
    }

    fn wrong(&mut self, node: Node<'a>, types: u8) {
        // An empty value of an override leaves what it is laid over.
        if !self.settings.whole && bits(node) == NULL {
            return;
        }
        let name = match self.name() {
            "" => "the file",
            name => name,
        };
        let message = format!("`{name}` must be {}, not {}", words(types), found(node));
        let is_version = matches!(self.path.as_slice(), ["version"]);
        let is_item = node
            .parent()
            .is_some_and(|parent| parent.kind() == Kind::Sequence);
        let message = if is_item {
            format!("an item of {message}").replace("must be", "must be")
        } else {
            message
        };
        let problem = self.report(place(node), message);
        if is_version {
            problem.help = Some("remove the line: Compose ignores it".to_owned());
            return;
        }
        if node.is_null() {
            problem.note = Some("Compose refuses a key without a value".to_owned());
            problem.help = Some("give it a value, or remove it".to_owned());
        } else if types & STRING != 0 && node.kind() == Kind::Scalar && node.style() == Style::Plain
        {
            problem.help = Some("put quotes around it".to_owned());
            if node.tag().is_none() {
                let edit = Edit::replace(node.range(), format!("\"{}\"", node.source()));
                problem.mend = Some(("put quotes around it".to_owned(), edit, Safety::Safe));
            }
        } else if types & ARRAY != 0 && node.kind() == Kind::Mapping {
            problem.help = Some("begin each item with `- `".to_owned());
        } else if types & ARRAY != 0 && node.kind() == Kind::Scalar && node.style() == Style::Plain
        {
            let list = format!("[{}]", node.source());
            problem.help = Some(format!("write `{list}`"));
        }
    }

    fn name(&self) -> &'a str {
        self.path.last().copied().unwrap_or_default()
    }

    /// Whether a scalar's value depends on a variable without a default.
    fn is_unknown(&self, node: Node<'_>) -> bool {
        node.kind() == Kind::Scalar
            && node.as_str().is_some_and(|text| {
                text.contains('$') && interpolation::with_defaults(&text).is_none()
            })
    }
}

/// `!reset` and `!override`, which act on other files.
fn is_directive(node: Node<'_>) -> bool {
    node.tag()
        .is_some_and(|(tag, _)| matches!(tag, "!reset" | "!override"))
}

/// The types that a schema, or one of its forms, takes.
fn all_types(n: u16) -> u8 {
    let schema = &SCHEMAS[usize::from(n)];
    if schema.forms.is_empty() {
        return schema.types;
    }
    schema
        .forms
        .iter()
        .fold(0, |types, form| types | all_types(*form))
        & schema.types
}

/// The types that a value has.
fn bits(node: Node<'_>) -> u8 {
    match node.kind() {
        Kind::Mapping => OBJECT,
        Kind::Sequence => ARRAY,
        Kind::Scalar | Kind::Alias => match node.scalar() {
            Some(Scalar::Null) => NULL,
            Some(Scalar::Bool(_)) => BOOLEAN,
            Some(Scalar::Int(_) | Scalar::UInt(_)) => INTEGER | NUMBER,
            Some(Scalar::Float(value)) if value.fract() == 0.0 => INTEGER | NUMBER,
            Some(Scalar::Float(_)) => NUMBER,
            _ => STRING,
        },
    }
}

fn words(types: u8) -> String {
    let mut names = Vec::new();
    for (bit, name) in [
        (OBJECT, "a mapping"),
        (ARRAY, "a list"),
        (STRING, "a string"),
        (NUMBER, "a number"),
        (INTEGER, "a whole number"),
        (BOOLEAN, "a boolean"),
    ] {
        if types & bit != 0 && !(bit == INTEGER && types & NUMBER != 0) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => "empty".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

fn found(node: Node<'_>) -> &'static str {
    match bits(node) {
        OBJECT => "a mapping",
        ARRAY => "a list",
        NULL => "empty",
        BOOLEAN => "a boolean",
        STRING => "a string",
        _ => "a number",
    }
}

/// `a`, `b` and `c`.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn is_words(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// A key of the same words in another style: `containerName`, `container-name`, `volume`.
fn same_words<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let own = plain(name);
    known.iter().copied().find(|known| {
        let known = plain(known);
        known == own
            || known.strip_suffix('s') == Some(&own)
            || own.strip_suffix('s') == Some(&known)
    })
}

/// Where a key of this name would fit.
fn elsewhere(path: &[&str], name: &str, known: &[&str]) -> Option<String> {
    let service = service_keys();
    match path {
        // A service without `services` above it, or its key beside it.
        [_] if service.contains(&name) => Some("move it into a service".to_owned()),
        // A service below the wrong head.
        [
            head @ ("volumes" | "networks" | "configs" | "secrets"),
            owner,
            _,
        ] if service.contains(&name) && !known.contains(&name) => Some(format!(
            "if `{owner}` is a service, move it from `{head}` into `services`"
        )),
        ["services", _, _] if matches!(name, "services" | "secrets" | "configs") => None,
        ["services", _, _] => {
            let below = ["deploy", "build", "healthcheck", "logging"];
            let found = below.iter().find(|owner| keys_below(owner).contains(&name));
            found.map(|owner| format!("move it into `{owner}`"))
        }
        ["services", _, .., _] if service.contains(&name) && !known.contains(&name) => {
            Some("move it up: it is a key of the service".to_owned())
        }
        _ => None,
    }
}

/// The keys of a mapping below a service.
fn keys_below(owner: &str) -> Vec<&'static str> {
    let keys = |n: u16| SCHEMAS[usize::from(n)].properties;
    let services = keys(TOP).iter().find(|(name, _)| *name == "services");
    let Some(Rest::Words(service)) = services.map(|(_, n)| SCHEMAS[usize::from(*n)].rest) else {
        return Vec::new();
    };
    let Some((_, n)) = keys(service).iter().find(|(name, _)| *name == owner) else {
        return Vec::new();
    };
    let schema = &SCHEMAS[usize::from(*n)];
    let forms = schema.forms.iter().flat_map(|form| keys(*form));
    schema
        .properties
        .iter()
        .chain(forms)
        .map(|(name, _)| *name)
        .collect()
}
