//! Fields that a structure does not have.

use plimsoll_source::nearest::nearest;
use plimsoll_yaml::{Entry, Kind, Node};

use super::problem::ProblemKind;
use super::table::{Base, Field, Holder, Mask, Table};
use super::walk::{Place, Walk, rename};

/// Tells of a field that the structure does not have.
pub(super) fn field<'a>(walk: &mut Walk<'a>, place: Place<'a>, entry: Entry<'a>) {
    let name = walk.name();
    // Directives of a patch (`$patch: delete`) and conditions of a test (`(env != null)`).
    if name.starts_with(['$', '(']) || super::placeholders::is_placeholder(name) {
        return;
    }
    let table = walk.table;
    let bit = walk.bit;
    let other = table
        .variants(place.definition, name)
        .fold(0, |mask, field| mask | field.present);
    let owner = walk.owner(place.node);
    if other != 0 {
        let message = format!(
            "`{name}` is no field of {owner} in Kubernetes {}",
            table.version(bit)
        );
        let problem = walk.report(ProblemKind::UnknownField, entry.key.range(), message);
        problem.note(since(table, other, bit));
        return;
    }
    let known: Vec<&str> = table
        .fields_of(place.definition)
        .iter()
        .filter(|field| field.present & bit != 0)
        .map(|field| table.field_name(field))
        .collect();
    let near = nearest(
        name,
        known
            .iter()
            .copied()
            .filter(|name| place.node.get(name).is_none()),
    )
    .or_else(|| same_words(name, &known));
    let elsewhere = elsewhere(walk, place, entry);
    let message = if name.is_empty() {
        format!("the empty key is no field of {owner}")
    } else {
        format!("`{name}` is no field of {owner}")
    };
    let problem = walk.report(ProblemKind::UnknownField, entry.key.range(), message);
    if let Some(near) = near {
        problem.help(format!("write `{near}`"));
        rename(problem, entry.key, near);
    } else if let Some(elsewhere) = elsewhere {
        problem.help(elsewhere);
    } else if name.is_empty() {
        problem.help("put a name before the `:`");
    } else {
        let free = free_fields(place.node, &known);
        if free.len() <= FEW {
            problem.help(instead(entry.value, &free));
        } else {
            problem.help("remove it, or move it to the structure that it belongs to");
        }
    }
}

/// As many names as are listed in an advice.
const FEW: usize = 8;

/// The fields that a structure may have and does not have yet. What the cluster writes into an
/// object is none that could be meant.
pub(super) fn free_fields<'k>(node: Node<'_>, known: &[&'k str]) -> Vec<&'k str> {
    let is_object = node.get("apiVersion").is_some() || node.get("kind").is_some();
    let is_free = |name: &&str| node.get(name).is_none() && !(is_object && *name == "status");
    known.iter().copied().filter(is_free).collect()
}

/// What to do about a field that is none of `free`, when no other can be meant.
pub(super) fn instead(value: Node<'_>, free: &[&str]) -> String {
    match free {
        // It says nothing, so nothing is to be moved.
        _ if value.resolve().is_null() => "remove it".to_owned(),
        [] => "remove it".to_owned(),
        [name] => format!("remove it, or use `{name}`"),
        names => format!("remove it, or use one of {}", listed(names)),
    }
}

/// `a`, `b` and `c`.
pub(super) fn listed(names: &[&str]) -> String {
    let mut text = String::new();
    for (n, name) in names.iter().enumerate() {
        if n > 0 {
            text.push_str(if n + 1 == names.len() { " and " } else { ", " });
        }
        text.push('`');
        text.push_str(name);
        text.push('`');
    }
    text
}

/// A field of the same words in another style: `image_pull_policy`, `image-pull-policy`,
/// `container_name`'s plural.
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

/// Where a field of this name would fit: a structure above, or one up to two levels below.
fn elsewhere<'a>(walk: &Walk<'a>, place: Place<'a>, entry: Entry<'a>) -> Option<String> {
    let (table, bit, name) = (walk.table, walk.bit, walk.name());
    let fits = |definition: u16| {
        table.field(definition, name, bit).is_some_and(|field| {
            let kind = entry.value.resolve().kind();
            let is_structure = !matches!(field.base, Base::Definition(_)) || kind != Kind::Scalar;
            is_structure && name != "name" && name != "kind"
        })
    };
    let above = walk.above.iter().rev().skip(1).enumerate();
    for (levels, &definition) in above {
        if fits(definition) {
            let kind = table.type_name(definition);
            return Some(match levels {
                0 => format!("move it one level up: it is a field of `{kind}`"),
                _ => format!(
                    "move it {} levels up: it is a field of `{kind}`",
                    levels + 1
                ),
            });
        }
    }
    let inner = |definition: u16| {
        let fields = table.fields_of(definition).iter();
        fields.filter_map(move |field| match field.base {
            Base::Definition(inner) if field.present & bit != 0 => Some((field, inner)),
            _ => None,
        })
    };
    if let Some((field, _)) = inner(place.definition).find(|(_, definition)| fits(*definition)) {
        return Some(format!("move it into `{}`", table.field_name(field)));
    }
    // Two levels below: only where nothing else could be meant.
    let is_one = |field: &Field| field.holder == Holder::One;
    let mut found = inner(place.definition)
        .filter(|(field, _)| is_one(field))
        .flat_map(|(outer, definition)| {
            inner(definition).map(move |(field, last)| (outer, field, last))
        })
        .filter(|(_, field, last)| is_one(field) && fits(*last));
    match (found.next(), found.next()) {
        (Some((outer, field, _)), None) => Some(format!(
            "move it into `{}.{}`",
            table.field_name(outer),
            table.field_name(field)
        )),
        _ => None,
    }
}

/// Which versions have it.
fn since(table: &Table, mask: Mask, bit: Mask) -> String {
    let first = table.version(mask & mask.wrapping_neg());
    let last = table.version(1 << (Mask::BITS - 1 - mask.leading_zeros()));
    if mask > bit {
        format!("it came with Kubernetes {first}")
    } else {
        format!("Kubernetes {last} was the last that had it")
    }
}
