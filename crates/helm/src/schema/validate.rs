//! Values against a compiled schema, step by step as the library does it, because the order of
//! its steps is the order of what it prints.

mod array;
mod assertion;
mod object;
mod scalar;

use std::collections::BTreeSet;

use self::assertion::assertion;
use super::draft::Draft;
use super::node::{Id, Node, Schema};
use super::number::count;
use super::violation::{Kind, ROOT_URL, Violation, Violations};
use crate::values::{Data, Item};

/// Schemas in schemas and values in values, counted together.
const MAX_DEPTH: u32 = 200;

/// Schemas that are applied to values; hostile schemas could apply them without end.
const MAX_STEPS: u32 = 1_000_000;

impl Schema {
    /// Checks values.
    pub fn validate(&self, values: &Item) -> Result<(), Violations> {
        let mut check = Check {
            nodes: &self.nodes,
            path: Vec::new(),
            scopes: Vec::new(),
            steps: 0,
        };
        let scope = Scope {
            node: 0,
            value: 0,
            keyword: None,
        };
        let Err(violation) = check.node(scope, values, Quiet(false), false) else {
            return Ok(());
        };
        let violations = match violation.kind {
            Kind::Group => violation.causes,
            _ => vec![violation],
        };
        Err(Violations { violations })
    }
}

/// Whether only the verdict counts.
#[derive(Clone, Copy)]
struct Quiet(bool);

/// A schema that is being applied, and the value by its depth.
#[derive(Clone, Copy)]
struct Scope {
    node: Id,
    value: u32,
    /// The keyword of the reference that led here.
    keyword: Option<&'static str>,
}

struct Check<'s> {
    nodes: &'s [Node],
    path: Vec<String>,
    scopes: Vec<Scope>,
    steps: u32,
}

/// What of a value no schema has looked at yet.
#[derive(Default)]
struct Unevaluated {
    properties: BTreeSet<String>,
    items: BTreeSet<usize>,
}

impl Unevaluated {
    fn of(item: &Item, node: &Node, asked: bool) -> Self {
        let mut new = Self::default();
        match &item.data {
            Data::Map(map) => {
                let wanted = asked || node.unevaluated_properties.is_some();
                if wanted && !node.all_properties_evaluated() {
                    new.properties = map.keys().map(|key| key.to_string()).collect();
                }
            }
            Data::List(items) if asked || node.unevaluated_items.is_some() => {
                new.items = (node.items_evaluated()..items.len()).collect();
            }
            _ => {}
        }
        new
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    fn merge(&mut self, other: &Self) {
        self.properties
            .retain(|name| other.properties.contains(name));
        self.items.retain(|index| other.items.contains(index));
    }
}

/// One application of a schema to a value.
struct State<'v, 's> {
    item: &'v Item,
    node: &'s Node,
    scope: Scope,
    quiet: Quiet,
    left: Unevaluated,
    errors: Vec<Violation>,
}

impl State<'_, '_> {
    /// Whether more errors would change nothing.
    fn is_decided(&self) -> bool {
        self.quiet.0 && !self.errors.is_empty()
    }
}

type Outcome = Result<Unevaluated, Violation>;

impl<'s> Check<'s> {
    fn node(&mut self, scope: Scope, item: &Item, quiet: Quiet, asked: bool) -> Outcome {
        let node = &self.nodes[scope.node];
        let left = Unevaluated::of(item, node, asked);
        self.steps += 1;
        if self.steps > MAX_STEPS || self.scopes.len() as u32 > MAX_DEPTH {
            return Err(self.plain(item, Quiet(false), || {
                "the schema and the values are nested too deeply".to_owned()
            }));
        }
        let same = |other: &Scope| other.node == scope.node && other.value == scope.value;
        if let Some(first) = self.scopes.iter().position(same) {
            self.scopes.push(scope);
            let url = plimsoll_gotmpl::quote(node.place.to_string().as_bytes());
            let (one, two) = (self.keywords(self.scopes.len() - 1), self.keywords(first));
            let message =
                || format!("both {one} and {two} resolve to {url} causing reference cycle");
            let violation = self.plain(item, quiet, message);
            self.scopes.pop();
            return Err(violation);
        }
        self.scopes.push(scope);
        let outcome = self.pushed(scope, item, quiet, left);
        self.scopes.pop();
        outcome
    }

    fn pushed(&mut self, scope: Scope, item: &Item, quiet: Quiet, left: Unevaluated) -> Outcome {
        let node = &self.nodes[scope.node];
        if let Some(value) = node.bool {
            return if value {
                Ok(left)
            } else {
                Err(self.plain(item, quiet, || "false schema".to_owned()))
            };
        }
        self.run(State {
            item,
            node,
            scope,
            quiet,
            left,
            errors: Vec::new(),
        })
    }

    fn run(&mut self, mut state: State<'_, 's>) -> Outcome {
        let (item, node, quiet) = (state.item, state.node, state.quiet);
        if let Some(message) = assertion(&item.data, node) {
            return Err(self.plain(item, quiet, || message));
        }
        if let Some(target) = node.reference {
            let outcome = self.reference(&mut state, target, "$ref");
            if node.draft < Draft::D2019 {
                return match outcome {
                    None => Ok(state.left),
                    Some(violation) => Err(violation),
                };
            }
            state.errors.extend(outcome);
        }
        match &item.data {
            Data::Map(_) => self.object(&mut state),
            Data::List(items) => self.array(&mut state, items),
            Data::Str(bytes) => self.string(&mut state, &String::from_utf8_lossy(bytes)),
            Data::Int(_) | Data::Float(_) => self.number(&mut state),
            Data::Null | Data::Bool(_) => {}
        }
        if !state.is_decided() {
            if node.draft >= Draft::D2019 {
                self.dynamic_references(&mut state);
            }
            self.conditions(&mut state);
            if node.draft >= Draft::D2019 {
                self.unevaluated(&mut state);
            }
        }
        match state.errors.len() {
            0 => Ok(state.left),
            1 => Err(state.errors.remove(0)),
            _ => Err(self.violation(
                item,
                quiet,
                Kind::Group,
                || "validation failed".to_owned(),
                state.errors,
            )),
        }
    }

    /// The keywords that led to a scope.
    fn keywords(&self, scope: usize) -> String {
        let mut path = String::new();
        for pair in self.scopes[..=scope].windows(2) {
            let location = |scope: &Scope| self.nodes[scope.node].place.to_string();
            match pair[1].keyword {
                Some(keyword) => {
                    path.push('/');
                    path.push_str(keyword);
                }
                None => {
                    let length = location(&pair[0]).len();
                    path.push_str(location(&pair[1]).get(length..).unwrap_or_default());
                }
            }
        }
        path
    }

    fn conditions(&mut self, state: &mut State<'_, 's>) {
        let (item, node, quiet) = (state.item, state.node, state.quiet);
        if let Some(schema) = node.not
            && self.same_value(state, schema, Quiet(true)).is_ok()
        {
            self.add(state, || "'not' failed".to_owned());
        }
        let mut errors = Vec::new();
        for schema in &node.all_of {
            if let Err(violation) = self.same_value(state, *schema, Quiet(false)) {
                errors.push(violation);
                if quiet.0 {
                    break;
                }
            }
        }
        if !errors.is_empty() {
            let message = || "'allOf' failed".to_owned();
            state
                .errors
                .push(self.violation(item, quiet, Kind::Plain, message, errors));
        }
        if !node.any_of.is_empty() {
            let (mut errors, mut matched) = (Vec::new(), false);
            for schema in &node.any_of {
                match self.same_value(state, *schema, Quiet(false)) {
                    Err(violation) => errors.push(violation),
                    Ok(()) => {
                        matched = true;
                        // Others may still look at what is left.
                        if state.left.is_empty() {
                            break;
                        }
                    }
                }
            }
            if !matched {
                let message = || "'anyOf' failed".to_owned();
                state
                    .errors
                    .push(self.violation(item, quiet, Kind::Plain, message, errors));
            }
        }
        if !node.one_of.is_empty() {
            let (mut errors, mut matched) = (Vec::new(), None);
            for (index, schema) in node.one_of.iter().enumerate() {
                match (
                    self.same_value(state, *schema, Quiet(matched.is_some())),
                    matched,
                ) {
                    (Err(violation), None) => errors.push(violation),
                    (Err(_), Some(_)) => {}
                    (Ok(()), None) => matched = Some(index as u64),
                    (Ok(()), Some(first)) => {
                        self.add(state, || {
                            let (one, two) = (count(first), count(index as u64));
                            format!("'oneOf' failed, subschemas {one}, {two} matched")
                        });
                        break;
                    }
                }
            }
            if matched.is_none() {
                let message = || "'oneOf' failed, none matched".to_owned();
                state
                    .errors
                    .push(self.violation(item, quiet, Kind::Plain, message, errors));
            }
        }
        if let Some(condition) = node.condition {
            let holds = self.same_value(state, condition, Quiet(true)).is_ok();
            if let Some(branch) = if holds { node.then } else { node.otherwise } {
                let outcome = self.same_value(state, branch, Quiet(false));
                state.errors.extend(outcome.err());
            }
        }
    }

    fn unevaluated(&mut self, state: &mut State<'_, 's>) {
        let (item, node) = (state.item, state.node);
        if let (Data::Map(map), Some(schema)) = (&item.data, node.unevaluated_properties) {
            for name in std::mem::take(&mut state.left.properties) {
                if let Some(value) = map.get(name.as_str()) {
                    self.inner(state, schema, value, &name);
                }
            }
        }
        if let (Data::List(items), Some(schema)) = (&item.data, node.unevaluated_items) {
            for index in std::mem::take(&mut state.left.items) {
                self.inner(state, schema, &items[index], &index.to_string());
            }
        }
    }

    fn dynamic_references(&mut self, state: &mut State<'_, 's>) {
        let node = state.node;
        if let Some(mut target) = node.recursive_ref {
            if self.nodes[target].recursive_anchor {
                let outermost = self.scopes.iter().find(|scope| {
                    let resource = self.nodes[scope.node].resource;
                    self.nodes[resource].recursive_anchor
                });
                target = outermost.map_or(target, |scope| scope.node);
            }
            let outcome = self.reference(state, target, "$recursiveRef");
            state.errors.extend(outcome);
        }
        if let Some((target, anchor)) = &node.dynamic_ref {
            let mut target = *target;
            if !anchor.is_empty() && self.nodes[target].dynamic_anchor == *anchor {
                let named = self.scopes.iter().find_map(|scope| {
                    let resource = &self.nodes[self.nodes[scope.node].resource];
                    let mut anchors = resource.dynamic_anchors.iter();
                    anchors.find(|(name, _)| name == anchor).map(|(_, id)| *id)
                });
                target = named.unwrap_or(target);
            }
            let outcome = self.reference(state, target, "$dynamicRef");
            state.errors.extend(outcome);
        }
    }

    /// Applies a referenced schema.
    fn reference(
        &mut self,
        state: &mut State<'_, 's>,
        target: Id,
        keyword: &'static str,
    ) -> Option<Violation> {
        let outcome = self.over(state, target, Quiet(false), Some(keyword));
        let violation = outcome.err()?;
        let causes = match violation.kind {
            Kind::Group => violation.causes,
            _ => vec![violation],
        };
        let message = || "validation failed".to_owned();
        Some(self.violation(state.item, state.quiet, Kind::Reference, message, causes))
    }

    /// Applies another schema to the same value.
    fn same_value(
        &mut self,
        state: &mut State<'_, 's>,
        schema: Id,
        quiet: Quiet,
    ) -> Result<(), Violation> {
        self.over(state, schema, quiet, None)
    }

    fn over(
        &mut self,
        state: &mut State<'_, 's>,
        schema: Id,
        quiet: Quiet,
        keyword: Option<&'static str>,
    ) -> Result<(), Violation> {
        let scope = Scope {
            node: schema,
            value: state.scope.value,
            keyword,
        };
        let quiet = Quiet(quiet.0 || state.quiet.0);
        let asked = !state.left.is_empty();
        let left = self.node(scope, state.item, quiet, asked)?;
        state.left.merge(&left);
        Ok(())
    }

    fn other_value(
        &mut self,
        state: &State<'_, 's>,
        schema: Id,
        item: &Item,
        step: &str,
    ) -> Result<(), Violation> {
        let scope = Scope {
            node: schema,
            value: state.scope.value + 1,
            keyword: None,
        };
        self.path.push(step.to_owned());
        let outcome = self.node(scope, item, state.quiet, false);
        self.path.pop();
        outcome.map(|_| ())
    }

    /// Applies a schema to a part of the value and keeps what is wrong.
    fn inner(&mut self, state: &mut State<'_, 's>, schema: Id, item: &Item, step: &str) {
        let outcome = self.other_value(state, schema, item, step);
        state.errors.extend(outcome.err());
    }

    fn add(&self, state: &mut State<'_, 's>, message: impl FnOnce() -> String) {
        state
            .errors
            .push(self.plain(state.item, state.quiet, message));
    }

    fn plain(&self, item: &Item, quiet: Quiet, message: impl FnOnce() -> String) -> Violation {
        self.violation(item, quiet, Kind::Plain, message, Vec::new())
    }

    fn violation(
        &self,
        item: &Item,
        quiet: Quiet,
        kind: Kind,
        message: impl FnOnce() -> String,
        causes: Vec<Violation>,
    ) -> Violation {
        let node = self.scopes.last().map(|scope| &self.nodes[scope.node]);
        let own = node.filter(|node| node.place.url.starts_with(ROOT_URL));
        // Nobody looks at it where only the verdict counts.
        Violation {
            schema: own.map(|node| node.range),
            path: if quiet.0 {
                Vec::new()
            } else {
                self.path.clone()
            },
            source: item.source,
            message: if quiet.0 { String::new() } else { message() },
            kind: if quiet.0 { Kind::Plain } else { kind },
            causes: if quiet.0 { Vec::new() } else { causes },
        }
    }
}
