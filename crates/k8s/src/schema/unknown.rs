//! Fields that a structure does not have.

use plimsoll_source::TextRange;
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
    if let Some((first, list)) = other_list(walk, place) {
        if first == entry.key.range() {
            told_of_item(walk, place, entry, list);
        }
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

/// Tells that a whole item of a list belongs to another one.
fn told_of_item<'a>(walk: &mut Walk<'a>, place: Place<'a>, entry: Entry<'a>, list: &str) {
    let keys: Vec<&str> = place.node.entries().filter_map(|e| e.key.str()).collect();
    let owner = walk.owner(place.node);
    let message = format!("`{}` is no field of {owner}", walk.name());
    walk.report(ProblemKind::UnknownField, entry.key.range(), message)
        .help(format!(
            "move the whole item to `{list}`, whose items have {}",
            listed(&keys)
        ));
}

/// The list beside the one that the structure is an item of, which all of its keys fit
/// (`name` and `valueFrom` below `envFrom`: `env`), with the first key that does not fit here.
fn other_list<'a>(walk: &Walk<'a>, place: Place<'a>) -> Option<(TextRange, &'static str)> {
    let (table, bit) = (walk.table, walk.bit);
    let list = place.node.parent().filter(|_| place.node.len() > 1)?;
    let own = list.key()?.str()?;
    let owner = *walk.above.iter().nth_back(1)?;
    let is_known = |definition: u16, entry: &Entry<'_>| {
        let name = entry.key.str();
        let field = name.and_then(|name| table.field(definition, name, bit));
        field.is_some_and(|field| {
            let kind = entry.value.resolve().kind();
            let is_structure = matches!(field.base, Base::Definition(_));
            field.holder != Holder::One || is_structure == (kind == Kind::Mapping)
        })
    };
    let first = place
        .node
        .entries()
        .find(|entry| !is_known(place.definition, entry))?;
    let mut fitting = table.fields_of(owner).iter().filter(|field| {
        let Base::Definition(items) = field.base else {
            return false;
        };
        field.holder == Holder::List
            && field.present & bit != 0
            && items != place.definition
            && table.field_name(field) != own
            && place.node.entries().all(|entry| is_known(items, &entry))
    });
    let only = fitting.next().filter(|_| list.kind() == Kind::Sequence)?;
    fitting
        .next()
        .is_none()
        .then(|| (first.key.range(), table.field_name(only)))
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
    let owners = std::iter::successors(place.node.parent(), |node| node.parent())
        .filter(|node| node.kind() == Kind::Mapping)
        .map(Some)
        .chain(std::iter::repeat(None));
    for ((levels, &definition), owner) in above.zip(owners) {
        // What stands there already is not meant again.
        let is_taken = owner.is_some_and(|owner| owner.get(name).is_some());
        if fits(definition) && !is_taken {
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
        return Some(into(place.node, field.holder, table.field_name(field)));
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

/// Where in a field something is to be moved: an item, if it is a list that has some.
fn into(node: Node<'_>, holder: Holder, name: &str) -> String {
    let items = match holder {
        Holder::List => node.get(name).map_or(0, |list| list.resolve().len()),
        _ => 0,
    };
    match items {
        0 => format!("move it into `{name}`"),
        1 => format!("move it into `{name}[0]`"),
        _ => format!("move it into the item of `{name}` that it belongs to"),
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
