//! A value against a structural schema.

use std::net::{Ipv4Addr, Ipv6Addr};

use plimsoll_source::nearest::nearest;
use plimsoll_source::{Safety, TextRange};
use plimsoll_yaml::{Kind, Node, Scalar, Style};

use super::super::placeholders::is_placeholder;
use super::super::problem::{Problem, ProblemKind};
use super::super::unknown::{free_fields, instead, listed};
use super::super::walk::is_misspelt;
use super::super::{Settings, scalars};
use super::schema::Schema;
use super::{Patterns, misplaced};

/// How deep values are followed.
const MAX_DEPTH: usize = 64;
/// The most values of one object that are looked at.
const MAX_VALUES: u32 = 100_000;
/// The most problems of one object that are told.
const MAX_PROBLEMS: usize = 100;
/// Enums up to this length are told whole.
const FEW: usize = 12;

/// A check in progress.
pub(super) struct Check<'p> {
    patterns: &'p Patterns,
    settings: Settings,
    keeps_unknown: bool,
    kind: String,
    path: Vec<String>,
    problems: Vec<Problem>,
    values: u32,
    /// Whether only the verdict counts, as within `anyOf`.
    is_trial: bool,
    /// The item at hand of a list that keeps unknown fields, which its items then do as well
    /// (`skipPrune` of the API server).
    open_item: Option<TextRange>,
    /// The schema whose condition is tried: what it has a default for is there when the server
    /// looks.
    outer: Option<Schema<'p>>,
    /// The schema of the whole object.
    root: Option<Schema<'p>>,
}

impl<'p> Check<'p> {
    pub(super) fn new(
        patterns: &'p Patterns,
        settings: Settings,
        keeps_unknown: bool,
        kind: &str,
    ) -> Self {
        Self {
            patterns,
            settings,
            keeps_unknown,
            kind: kind.to_owned(),
            path: Vec::new(),
            problems: Vec::new(),
            values: 0,
            is_trial: false,
            open_item: None,
            outer: None,
            root: None,
        }
    }

    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.problems.truncate(MAX_PROBLEMS);
        self.problems
    }

    /// The object itself, whose `apiVersion`, `kind` and `metadata` every schema has.
    pub(super) fn top(&mut self, schema: Schema<'p>, node: Node<'_>, head: TextRange) {
        self.root = Some(schema);
        self.mapping(schema, node, head, true);
        self.junctors(schema, node, head);
    }

    fn report(&mut self, kind: ProblemKind, range: TextRange, message: String) -> &mut Problem {
        let mut problem = Problem::new(kind, range, message);
        problem.path.clone_from(&self.path);
        self.problems.push(problem);
        self.problems.last_mut().expect("just pushed")
    }

    fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn is_spent(&mut self) -> bool {
        self.values += 1;
        self.values > MAX_VALUES
            || self.path.len() > MAX_DEPTH
            || self.problems.len() > MAX_PROBLEMS
    }

    fn value(&mut self, schema: Schema<'_>, node: Node<'_>, head: TextRange) {
        if self.is_spent() {
            return;
        }
        let node = node.resolve();
        if node.str().is_some_and(is_placeholder) || node.source().starts_with("{{") {
            return;
        }
        if node.is_null() {
            if !schema.flag("nullable") && !schema.has("default") && node.index().is_some() {
                let message = format!("an item of `{}` is empty", self.name());
                self.report(ProblemKind::WrongType, node.range(), message);
            }
            return;
        }
        if !self.has_type(schema, node) {
            return;
        }
        match node.kind() {
            Kind::Mapping => self.mapping(schema, node, head, false),
            Kind::Sequence => self.sequence(schema, node, head),
            Kind::Scalar | Kind::Alias => self.scalar(schema, node),
        }
        self.junctors(schema, node, head);
    }

    fn has_type(&mut self, schema: Schema<'_>, node: Node<'_>) -> bool {
        let scalar = node.scalar();
        if schema.is_int_or_string() {
            let fits =
                matches!(scalar, Some(Scalar::Str(_) | Scalar::Int(_))) || node.as_int().is_some();
            if !fits {
                self.wrong(node, "a number or a string", None);
            }
            return fits;
        }
        let Some(wanted) = schema.word("type") else {
            return true;
        };
        let (fits, words) = match wanted {
            "object" => (node.kind() == Kind::Mapping, "a mapping"),
            "array" => (node.kind() == Kind::Sequence, "a list"),
            "string" => (matches!(scalar, Some(Scalar::Str(_))), "a string"),
            "boolean" => (matches!(scalar, Some(Scalar::Bool(_))), "`true` or `false`"),
            "integer" => (
                node.as_int().is_some() || matches!(scalar, Some(Scalar::UInt(_))),
                "a whole number",
            ),
            "number" => (
                matches!(
                    scalar,
                    Some(Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_))
                ),
                "a number",
            ),
            _ => (true, ""),
        };
        if !fits {
            self.wrong(node, words, Some(wanted));
        }
        fits
    }

    fn wrong(&mut self, node: Node<'_>, words: &str, wanted: Option<&str>) {
        let name = self.name().to_owned();
        let message = format!("`{name}` must be {words}, not {}", scalars::found(node));
        let base = wanted.and_then(super::base);
        let problem = self.report(ProblemKind::WrongType, scalars::place(node), message);
        if let (Some(base), Some(scalar)) = (base, node.scalar()) {
            scalars::suggest(problem, base, node, &scalar);
        }
    }

    fn mapping(&mut self, schema: Schema<'_>, node: Node<'_>, head: TextRange, is_top: bool) {
        let inner = schema.inner("additionalProperties");
        let embedded = is_top || schema.flag("x-kubernetes-embedded-resource");
        for entry in node.merged_entries() {
            let Some(name) = entry.key.str() else {
                continue;
            };
            self.path.push(name.to_owned());
            match schema.property(name) {
                // The server empties it before it looks.
                Some(_) if is_top && name == "status" => {}
                Some(property) if is_top && name == "metadata" && !property.has("properties") => {}
                Some(property) => self.value(property, entry.value, entry.key.range()),
                None => match inner {
                    Some(inner) => self.value(inner, entry.value, entry.key.range()),
                    None if embedded && matches!(name, "apiVersion" | "kind" | "metadata") => {}
                    None => self.unknown(schema, node, entry.key),
                },
            }
            self.path.pop();
        }
        if let Some(outer) = self.outer.take() {
            for name in schema.properties() {
                let filled = outer
                    .property(name)
                    .and_then(|property| property.default_value());
                if let (None, Some(filled), Some(property)) =
                    (node.present(name), filled, schema.property(name))
                {
                    self.value(property, filled, head);
                }
            }
            self.outer = Some(outer);
        }
        if self.settings.whole {
            self.required(schema, node, head);
        }
        self.outer = None;
        let count = node.len();
        if schema
            .count("maxProperties")
            .is_some_and(|most| count > most)
        {
            self.too("many entries", head);
        }
        if self.settings.whole
            && schema
                .count("minProperties")
                .is_some_and(|least| count < least)
        {
            self.too("few entries", head);
        }
    }

    fn too(&mut self, what: &str, range: TextRange) {
        let name = self.name();
        let message = if name.is_empty() {
            format!("`{}` has too {what}", self.kind)
        } else {
            format!("`{name}` has too {what}")
        };
        self.report(ProblemKind::Value, range, message);
    }

    fn unknown(&mut self, schema: Schema<'_>, node: Node<'_>, key: Node<'_>) {
        let name = self.name().to_owned();
        let is_open = self.keeps_unknown
            || self.is_trial
            || schema.keeps_unknown()
            || self.open_item == Some(node.range())
            // Without a type it says nothing of what it holds.
            || schema.word("type").is_none() && !schema.has("properties")
            || is_placeholder(&name)
            // Conditions of a test.
            || name.starts_with(['$', '(']);
        if is_open {
            return;
        }
        let known = schema.properties();
        let near = nearest(
            &name,
            known
                .iter()
                .copied()
                .filter(|known| node.get(known).is_none()),
        );
        let owner = self.owner(node);
        let elsewhere = self
            .root
            .and_then(|root| misplaced::elsewhere(root, &self.path, &self.kind, node));
        let problem = self.report(
            ProblemKind::UnknownField,
            key.range(),
            format!("`{name}` is no field of {owner}"),
        );
        problem.note("its CustomResourceDefinition does not have it");
        if let Some(near) = near {
            problem.help(format!("write `{near}`"));
            if key.style() == Style::Plain {
                problem.replace(
                    format!("rename it `{near}`"),
                    key.range(),
                    near,
                    Safety::Unsafe,
                );
            }
        } else if let Some(elsewhere) = elsewhere {
            problem.help(elsewhere);
        } else {
            let free = free_fields(node, &known);
            if free.len() <= FEW {
                let value = node.get(&name).unwrap_or(node);
                problem.help(instead(value, &free));
            }
        }
    }

    fn owner(&self, node: Node<'_>) -> String {
        let path = node.path();
        if path.is_empty() || self.path.len() <= 1 {
            format!("`{}`", self.kind)
        } else {
            format!("`{path}`")
        }
    }

    fn required(&mut self, schema: Schema<'_>, node: Node<'_>, head: TextRange) {
        for name in schema.words("required") {
            if node.present(name).is_some() || is_misspelt(&self.problems, node, name) {
                continue;
            }
            let outer = self.outer.and_then(|outer| outer.property(name));
            let property = schema.property(name).or(outer);
            let is_filled = outer.is_some_and(|outer| outer.has("default"))
                || property.is_some_and(|property| property.has("default"))
                || node.get(name).is_some() && property.is_some_and(|p| p.flag("nullable"));
            if is_filled {
                continue;
            }
            self.path.push(name.to_owned());
            let owner = self.owner_of_missing(node);
            self.report(
                ProblemKind::Missing,
                head,
                format!("{owner} lacks `{name}`"),
            )
            .help(format!("add `{name}`"));
            self.path.pop();
        }
    }

    fn owner_of_missing(&self, node: Node<'_>) -> String {
        let path = node.path();
        if self.path.len() <= 1 {
            format!("`{}`", self.kind)
        } else {
            format!("`{path}`")
        }
    }

    fn sequence(&mut self, schema: Schema<'_>, node: Node<'_>, head: TextRange) {
        if let Some(items) = schema.inner("items") {
            let is_open = schema.flag("x-kubernetes-preserve-unknown-fields");
            for item in node.items() {
                let item = item.resolve();
                self.open_item = is_open.then(|| item.range());
                let head = match item.kind() {
                    Kind::Mapping => crate::view::head(item, &["name"]),
                    _ => item.range(),
                };
                self.value(items, item, head);
            }
        }
        if schema
            .count("maxItems")
            .is_some_and(|most| node.len() > most)
        {
            self.too("many items", head);
        }
        if schema
            .count("minItems")
            .is_some_and(|least| node.len() < least)
        {
            self.too("few items", head);
        }
        match schema.word("x-kubernetes-list-type") {
            Some("set") => self.distinct(node, &[]),
            Some("map") => self.distinct(node, &schema.words("x-kubernetes-list-map-keys")),
            _ => {}
        }
    }

    fn distinct(&mut self, node: Node<'_>, keys: &[&str]) {
        let mut seen: Vec<(String, TextRange)> = Vec::new();
        for item in node.items().take(1_000) {
            let item = item.resolve();
            let id: Option<Vec<&str>> = if keys.is_empty() {
                item.str().map(|text| vec![text])
            } else {
                keys.iter().map(|key| item.present(key)?.str()).collect()
            };
            let Some(id) = id else { continue };
            let id = id.join("/");
            if is_placeholder(&id) {
                continue;
            }
            let range = match item.kind() {
                Kind::Mapping => crate::view::head(item, keys),
                _ => item.range(),
            };
            match seen.iter().find(|(other, _)| *other == id) {
                Some((_, first)) => {
                    let first = *first;
                    let message = format!("two items of `{}` are `{id}`", self.name());
                    self.report(ProblemKind::Duplicate, range, message)
                        .related(first, "the first one")
                        .help("remove or change one");
                }
                None => seen.push((id, range)),
            }
        }
    }

    fn scalar(&mut self, schema: Schema<'_>, node: Node<'_>) {
        let name = self.name().to_owned();
        let values = schema.values();
        if !values.is_empty() && !values.iter().any(|value| value.scalar() == node.scalar()) {
            let words: Vec<&str> = values.iter().filter_map(|value| value.str()).collect();
            let shown = node.str().unwrap_or_default();
            let problem = self.report(
                ProblemKind::Value,
                node.range(),
                format!("`{name}` cannot be `{shown}`"),
            );
            if let Some(near) = nearest(shown, words.iter().copied()) {
                problem.help(format!("write `{near}`"));
            } else if words.len() <= FEW {
                problem.help(format!("use one of {}", listed(&words)));
            }
            return;
        }
        if let Some(Scalar::Str(text)) = node.scalar() {
            self.text(schema, node, &text);
        }
        self.number(schema, node);
    }

    fn text(&mut self, schema: Schema<'_>, node: Node<'_>, text: &str) {
        let name = self.name().to_owned();
        let len = text.chars().count();
        if schema.count("maxLength").is_some_and(|most| len > most) {
            let message = format!("`{name}` is too long: {len} characters");
            self.report(ProblemKind::Value, node.range(), message);
        } else if schema.count("minLength").is_some_and(|least| len < least) {
            let message = match len {
                0 => format!("`{name}` is empty"),
                _ => format!("`{name}` is too short"),
            };
            self.report(ProblemKind::Value, node.range(), message);
        }
        let address = match schema.word("format") {
            Some("ipv4") => text.parse::<Ipv4Addr>().is_ok(),
            Some("ipv6") => text.parse::<Ipv6Addr>().is_ok(),
            _ => true,
        };
        if !address {
            let message = format!("`{name}` is not the address that its definition wants");
            self.report(ProblemKind::Value, node.range(), message);
        }
        if let Some(pattern) = schema.word("pattern")
            && !self.patterns.fits(pattern, text)
        {
            let message = format!("`{name}` does not match the pattern of its definition");
            self.report(ProblemKind::Value, node.range(), message)
                .note(format!("the pattern is `{pattern}`"));
        }
    }

    fn number(&mut self, schema: Schema<'_>, node: Node<'_>) {
        let value = match node.scalar() {
            Some(Scalar::Int(value)) => value as f64,
            Some(Scalar::UInt(value)) => value as f64,
            Some(Scalar::Float(value)) => value,
            _ => return,
        };
        let name = self.name().to_owned();
        let beyond = |limit: f64, exclusive: bool| value > limit || exclusive && value >= limit;
        let below = |limit: f64, exclusive: bool| value < limit || exclusive && value <= limit;
        if let Some(most) = schema.number("maximum")
            && beyond(most, schema.flag("exclusiveMaximum"))
        {
            let message = format!("`{name}` is more than {most}");
            self.report(ProblemKind::Value, node.range(), message);
        }
        if let Some(least) = schema.number("minimum")
            && below(least, schema.flag("exclusiveMinimum"))
        {
            let message = format!("`{name}` is less than {least}");
            self.report(ProblemKind::Value, node.range(), message);
        }
        if let Some(step) = schema.number("multipleOf")
            && step > 0.0
            && (value / step).fract() != 0.0
        {
            let message = format!("`{name}` is no multiple of {step}");
            self.report(ProblemKind::Value, node.range(), message);
        }
    }

    /// `allOf`, `anyOf`, `oneOf`, `not`: conditions on the value as a whole.
    fn junctors(&mut self, schema: Schema<'_>, node: Node<'_>, head: TextRange) {
        // What a patch lacks may decide them.
        if !self.settings.whole {
            return;
        }
        for part in schema.list("allOf") {
            if !self.fits(schema, part, node, head) {
                self.unfit(head, "breaks a condition of its definition", part);
                return;
            }
        }
        let any = schema.list("anyOf");
        if !any.is_empty() && !any.iter().any(|part| self.fits(schema, *part, node, head)) {
            self.unfit(head, "has none of the forms that it can have", any[0]);
            return;
        }
        let one = schema.list("oneOf");
        if !one.is_empty() {
            match one
                .iter()
                .filter(|part| self.fits(schema, **part, node, head))
                .count()
            {
                0 => self.unfit(head, "has none of the forms that it can have", one[0]),
                1 => {}
                _ => self.unfit(
                    head,
                    "has several forms at once that exclude each other",
                    one[0],
                ),
            }
        }
        if let Some(not) = schema.inner("not")
            && self.fits(schema, not, node, head)
        {
            self.unfit(head, "breaks a condition of its definition", not);
        }
    }

    fn unfit(&mut self, head: TextRange, what: &str, part: Schema<'_>) {
        let name = self.name();
        let message = if name.is_empty() {
            format!("`{}` {what}", self.kind)
        } else {
            format!("`{name}` {what}")
        };
        let required = part.words("required");
        let problem = self.report(ProblemKind::Conflict, head, message);
        if !required.is_empty() {
            problem.note(format!("one of them needs {}", listed(&required)));
        }
    }

    fn fits(
        &mut self,
        outer: Schema<'_>,
        schema: Schema<'_>,
        node: Node<'_>,
        head: TextRange,
    ) -> bool {
        let mut trial = Check {
            patterns: self.patterns,
            settings: self.settings,
            keeps_unknown: true,
            kind: String::new(),
            path: self.path.clone(),
            problems: Vec::new(),
            values: self.values,
            is_trial: true,
            open_item: None,
            outer: Some(outer),
            root: None,
        };
        trial.value(schema, node, head);
        self.values = trial.values;
        trial.problems.is_empty()
    }
}
