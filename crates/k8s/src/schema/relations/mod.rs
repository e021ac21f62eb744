//! What the fields of a structure must satisfy together: the parts of the API server's
//! validation that no schema holds.

mod containers;
mod other;
mod pods;
mod services;
mod workloads;

use plimsoll_yaml::Node;

use super::problem::{Problem, ProblemKind};
use super::required;
use super::unknown::listed;
use super::walk::{Place, Walk};

/// A check of one structure.
pub(super) type Relation = for<'a> fn(&mut Walk<'a>, Place<'a>);

/// The checks, by the structure that they look at.
pub(super) fn all() -> impl Iterator<Item = &'static (&'static str, Relation)> {
    containers::ROWS
        .iter()
        .chain(pods::ROWS)
        .chain(services::ROWS)
        .chain(workloads::ROWS)
        .chain(other::ROWS)
}

/// The names among `names` that the structure has.
fn given<'n>(node: Node<'_>, names: &[&'n str]) -> Vec<&'n str> {
    node.merged_entries()
        .filter(|entry| !entry.value.resolve().is_null())
        .filter_map(|entry| {
            let key = entry.key.str()?;
            names.iter().copied().find(|name| *name == key)
        })
        .collect()
}

/// Tells where more than one of `names`, which exclude each other, are there. `what` is said of
/// them, such as `a probe has one handler`.
fn at_most_one<'a>(walk: &mut Walk<'a>, place: Place<'a>, names: &[&'static str], what: &str) {
    let there = given(place.node, names);
    let [first, second, ..] = there.as_slice() else {
        return;
    };
    let (Some(first_entry), Some(second_entry)) =
        (place.node.entry(first), place.node.entry(second))
    else {
        return;
    };
    let message = format!("{} exclude each other", listed(&there));
    walk.report(ProblemKind::Conflict, second_entry.key.range(), message)
        .note(what)
        .related(first_entry.key.range(), format!("`{first}` is here"))
        .help("keep one of them");
}

/// Tells where none of `names` is there.
fn at_least_one<'a>(walk: &mut Walk<'a>, place: Place<'a>, names: &[&'static str], what: &str) {
    if !walk.settings.whole || !given(place.node, names).is_empty() {
        return;
    }
    // A name that is misspelt was told already.
    if walk.has_unknown_in(place.node) {
        return;
    }
    let owner = walk.owner(place.node);
    let words = match names {
        [one] => format!("`{one}`"),
        [.., _] if names.len() <= 6 => listed(names).replace(" and ", " or "),
        _ => what.to_owned(),
    };
    walk.report(
        ProblemKind::Missing,
        place.head,
        format!("{owner} lacks {words}"),
    )
    .note(what);
}

/// Tells of a field that must be there because of another one.
fn needed<'w, 'a>(
    walk: &'w mut Walk<'a>,
    place: Place<'a>,
    name: &'static str,
    why: &str,
) -> Option<&'w mut Problem> {
    if !walk.settings.whole || required::holds(place.node, name) {
        return None;
    }
    let owner = walk.owner(place.node);
    walk.path.push(name);
    let range = required::at(place, name);
    let path: Vec<String> = walk.path.iter().map(|name| (*name).to_owned()).collect();
    walk.path.pop();
    let problem = walk.report(
        ProblemKind::Missing,
        range,
        format!("{owner} lacks `{name}`"),
    );
    problem.path = path;
    Some(problem.note(why).help(format!("add `{name}`")))
}

/// The string of a field.
fn text<'a>(node: Node<'a>, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    node.present(name)?.as_str()
}
