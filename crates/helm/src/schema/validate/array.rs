//! Lists: how long they are, and the schemas of their items.

use super::super::draft::Draft;
use super::super::node::{Additional, Id, Items};
use super::super::number::count;
use super::super::violation::Kind;
use super::assertion::is_equal;
use super::{Check, State};
use crate::values::Item;

impl<'s> Check<'s> {
    pub(super) fn array(&mut self, state: &mut State<'_, 's>, items: &[Item]) {
        let (node, size) = (state.node, items.len() as u64);
        if let Some(least) = node.min_items.filter(|least| size < *least) {
            self.add(state, || {
                format!("minItems: got {}, want {}", count(size), count(least))
            });
        }
        if let Some(most) = node.max_items.filter(|most| size > *most) {
            self.add(state, || {
                format!("maxItems: got {}, want {}", count(size), count(most))
            });
        }
        if let Some((one, other)) = duplicates(items).filter(|_| node.unique_items) {
            self.add(state, || {
                format!("items at {} and {} are equal", count(one), count(other))
            });
        }
        let mut evaluated = 0;
        match &node.items {
            None => {}
            Some(Items::All(schema)) => {
                for (index, item) in items.iter().enumerate() {
                    self.inner(state, *schema, item, &index.to_string());
                }
                evaluated = items.len();
            }
            Some(Items::Each(schemas)) => {
                for (index, (item, schema)) in items.iter().zip(schemas).enumerate() {
                    self.inner(state, *schema, item, &index.to_string());
                }
                evaluated = items.len().min(schemas.len());
            }
        }
        match node.additional_items {
            Some(Additional::Bool(false)) if evaluated < items.len() => {
                let more = (items.len() - evaluated) as u64;
                self.add(state, || {
                    format!("last {} additionalItem(s) not allowed", count(more))
                });
            }
            Some(Additional::Schema(schema)) => {
                for (index, item) in items.iter().enumerate().skip(evaluated) {
                    self.inner(state, schema, item, &index.to_string());
                }
            }
            _ => {}
        }
        for (index, (item, schema)) in items.iter().zip(&node.prefix_items).enumerate() {
            self.inner(state, *schema, item, &index.to_string());
        }
        if let Some(schema) = node.items_2020 {
            for (index, item) in items.iter().enumerate().skip(node.prefix_items.len()) {
                self.inner(state, schema, item, &index.to_string());
            }
        }
        if let Some(schema) = node.contains {
            self.contains(state, items, schema);
        }
    }

    pub(super) fn contains(&mut self, state: &mut State<'_, 's>, items: &[Item], schema: Id) {
        let node = state.node;
        let (mut errors, mut matched) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match self.other_value(state, schema, item, &index.to_string()) {
                Err(violation) => errors.push(violation),
                Ok(()) => {
                    matched.push(index.to_string());
                    if node.draft >= Draft::D2020 {
                        state.left.items.remove(&index);
                    }
                }
            }
        }
        let found = matched.len() as u64;
        let message = match node.min_contains {
            Some(least) if found < least && found == 0 => Some(format!(
                "min {} items required to match contains schema, but none matched",
                count(least)
            )),
            Some(least) if found < least => Some(format!(
                "min {} items required to match contains schema, but matched {} items at {}",
                count(least),
                count(found),
                matched.join(" ")
            )),
            None if found == 0 => Some("no items match contains schema".to_owned()),
            _ => None,
        };
        if let Some(message) = message {
            let (item, quiet) = (state.item, state.quiet);
            let violation = self.violation(item, quiet, Kind::Plain, || message, errors);
            state.errors.push(violation);
        }
        if let Some(most) = node.max_contains.filter(|most| found > *most) {
            self.add(state, || {
                format!(
                    "max {} items required to match contains schema, but matched {} items at {}",
                    count(most),
                    count(found),
                    matched.join(" ")
                )
            });
        }
    }
}

/// The first two elements that are equal.
fn duplicates(items: &[Item]) -> Option<(u64, u64)> {
    // Hostile lists are compared only up to a point.
    let items = &items[..items.len().min(2_000)];
    (1..items.len()).find_map(|later| {
        let earlier = (0..later).find(|&at| is_equal(&items[at].data, &items[later].data))?;
        Some((earlier as u64, later as u64))
    })
}
