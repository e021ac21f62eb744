//! Mappings: their keys, and the schemas of their values.

use super::super::node::{Additional, Dependency};
use super::super::number::count;
use super::super::violation::Kind;
use super::super::{all_quoted, quoted};
use super::{Check, Quiet, Scope, State};
use crate::values::{Data, Item};

impl<'s> Check<'s> {
    pub(super) fn object(&mut self, state: &mut State<'_, 's>) {
        let (item, node, quiet) = (state.item, state.node, state.quiet);
        let Some(map) = item.data.as_map() else {
            return;
        };
        let size = map.len() as u64;
        if let Some(least) = node.min_properties.filter(|least| size < *least) {
            self.add(state, || {
                format!("minProperties: got {}, want {}", count(size), count(least))
            });
        }
        if let Some(most) = node.max_properties.filter(|most| size > *most) {
            self.add(state, || {
                format!("maxProperties: got {}, want {}", count(size), count(most))
            });
        }
        let missing = |names: &[String]| {
            let absent = names.iter().filter(|name| !map.contains_key(name.as_str()));
            absent.cloned().collect::<Vec<String>>()
        };
        let absent = missing(&node.required);
        match &absent[..] {
            [] => {}
            [one] => self.add(state, || format!("missing property {}", quoted(one))),
            all => self.add(state, || format!("missing properties {}", all_quoted(all))),
        }
        if state.is_decided() {
            return;
        }
        let needs = |name: &str, absent: &[String]| {
            format!(
                "properties {} required, if {} exists",
                all_quoted(absent),
                quoted(name)
            )
        };
        for (name, dependency) in &node.dependencies {
            if !map.contains_key(name.as_str()) {
                continue;
            }
            match dependency {
                Dependency::Properties(names) => {
                    let absent = missing(names);
                    if !absent.is_empty() {
                        self.add(state, || needs(name, &absent));
                    }
                }
                Dependency::Schema(schema) => {
                    let outcome = self.same_value(state, *schema, Quiet(false));
                    state.errors.extend(outcome.err());
                }
            }
        }
        let mut additional = Vec::new();
        for (name, value) in map {
            if state.is_decided() {
                return;
            }
            let mut evaluated = false;
            let known = node
                .properties
                .binary_search_by(|(known, _)| known.as_str().cmp(name));
            if let Ok(at) = known {
                evaluated = true;
                self.inner(state, node.properties[at].1, value, name);
            }
            for (pattern, schema) in &node.pattern_properties {
                if pattern.matches(name) {
                    evaluated = true;
                    self.inner(state, *schema, value, name);
                }
            }
            if !evaluated {
                match node.additional_properties {
                    None => continue,
                    Some(Additional::Bool(true)) => {}
                    Some(Additional::Bool(false)) => additional.push(name.to_string()),
                    Some(Additional::Schema(schema)) => self.inner(state, schema, value, name),
                }
            }
            state.left.properties.remove(&**name);
        }
        if !additional.is_empty() {
            self.add(state, || {
                format!(
                    "additional properties {} not allowed",
                    all_quoted(&additional)
                )
            });
        }
        if let Some(schema) = node.property_names {
            for name in map.keys() {
                let text = Item::new(Data::str(&**name), item.source);
                let path = std::mem::take(&mut self.path);
                let scopes = std::mem::take(&mut self.scopes);
                let scope = Scope {
                    node: schema,
                    value: 0,
                    keyword: None,
                };
                let outcome = self.node(scope, &text, Quiet(false), false);
                self.path = path;
                self.scopes = scopes;
                if let Err(violation) = outcome {
                    let causes = match violation.kind {
                        Kind::Group => violation.causes,
                        _ => vec![violation],
                    };
                    let message = || format!("invalid propertyName {}", quoted(name));
                    let violation = self.violation(item, quiet, Kind::Plain, message, causes);
                    state.errors.push(violation);
                }
            }
        }
        for (name, schema) in &node.dependent_schemas {
            if map.contains_key(name.as_str()) {
                let outcome = self.same_value(state, *schema, Quiet(false));
                state.errors.extend(outcome.err());
            }
        }
        for (name, names) in &node.dependent_required {
            let absent = missing(names);
            if map.contains_key(name.as_str()) && !absent.is_empty() {
                self.add(state, || needs(name, &absent));
            }
        }
    }
}
