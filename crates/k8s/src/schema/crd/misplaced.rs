//! Where a field fits that a structure does not have: above it, or up to two levels below.

use plimsoll_yaml::{Kind, Node};

use super::schema::Schema;

/// How many structures below one are looked into.
const MAX_INNER: usize = 400;

/// What to do with the field at the end of `path`, which leads there from the top of an object and
/// leaves out the indices of lists. `node` is the structure that has it.
pub(super) fn elsewhere(
    root: Schema<'_>,
    path: &[String],
    kind: &str,
    node: Node<'_>,
) -> Option<String> {
    let (name, owners) = path.split_last()?;
    let value = node.get(name)?.resolve();
    // Half of all structures have such.
    if matches!(
        &**name,
        "name" | "kind" | "type" | "metadata" | "spec" | "status"
    ) || value.is_null()
    {
        return None;
    }
    let mut above = vec![root];
    for owner in owners {
        above.push(step(*above.last()?, owner)?);
    }
    let own = above.pop()?;
    below(own, name, node, value).or_else(|| {
        let levels = above.iter().rev().position(|up| has(*up, name, value))?;
        let at = above.len() - 1 - levels;
        let owner = at.checked_sub(1).map_or(kind, |at| &owners[at]);
        let how_far = match levels {
            0 => "one level".to_owned(),
            more => format!("{} levels", more + 1),
        };
        Some(format!("move it {how_far} up: it is a field of `{owner}`"))
    })
}

/// The schema of a field's values, those of a list's items if it is one.
fn step<'s>(schema: Schema<'s>, name: &str) -> Option<Schema<'s>> {
    let mut found = schema
        .property(name)
        .or_else(|| schema.inner("additionalProperties"))?;
    while let Some(items) = found.inner("items") {
        found = items;
    }
    Some(found)
}

/// Whether a structure has the field, for values like this one.
fn has(schema: Schema<'_>, name: &str, value: Node<'_>) -> bool {
    schema.property(name).is_some_and(|field| {
        let is_one_of = |kind: Kind| match field.word("type") {
            Some("object") => kind == Kind::Mapping,
            Some("array") => kind == Kind::Sequence,
            _ => kind == Kind::Scalar,
        };
        is_one_of(value.kind())
    })
}

/// The one structure below that has the field and is no list, the nearest first; of several one
/// that the object has already.
fn below(own: Schema<'_>, name: &str, node: Node<'_>, value: Node<'_>) -> Option<String> {
    let mut level: Vec<(Vec<&str>, Schema<'_>)> = vec![(Vec::new(), own)];
    for _ in 0..2 {
        let mut next = Vec::new();
        for (path, schema) in &level {
            for inner in schema.properties() {
                let Some(field) = schema.property(inner).filter(|_| next.len() < MAX_INNER) else {
                    continue;
                };
                let mut path = path.clone();
                path.push(inner);
                next.push((path, field));
            }
        }
        let fits: Vec<&Vec<&str>> = next
            .iter()
            .filter(|(path, schema)| {
                let is_taken = node.at(path).is_some_and(|there| there.get(name).is_some());
                has(*schema, name, value) && !is_taken
            })
            .map(|(path, _)| path)
            .collect();
        let mut there = fits.iter().filter(|path| node.get(path[0]).is_some());
        let found = match (&fits[..], there.next(), there.next()) {
            ([one], ..) | (_, Some(one), None) => Some(*one),
            _ => None,
        };
        if !fits.is_empty() {
            return found.map(|path| format!("move it into `{}`", path.join(".")));
        }
        level = next;
    }
    None
}
