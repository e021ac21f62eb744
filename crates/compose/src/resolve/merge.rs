//! One file over another: which values replace, which are put together, and how.
//!
//! The rules are those of compose-go's `override/merge.go`: mappings are merged key by key, lists
//! are appended without what is there already, scalars replace, `null` leaves what was there;
//! and some keys have rules of their own.

use super::context::{Cx, Resolving};
use super::item::{Data, Halves, Item, Map};
use super::records::Trace;
use super::refusal::Reason;
use super::trail::Trail;
use super::unique::{self, Identity};
use super::values;

/// How the values of a key are merged.
#[derive(Clone, Copy)]
enum Rule {
    /// The later one replaces, even if it is `null`.
    Replace,
    /// Both are turned into lists of `KEY=value`; one entry for each key.
    Pairs,
    /// Both are turned into lists.
    List,
    /// A path is the context of a mapping.
    Build,
    /// A list of names is a mapping of names to nothing.
    Names,
    /// A list of names is a mapping of names to what `depends_on` means by itself.
    DependsOn,
    /// Options are merged if the driver is the same.
    Logging,
    /// Two mappings are merged, all else replaces.
    Ulimit,
    /// Pools are told apart by their subnet.
    IpamConfig,
}

fn rule_of(trail: &Trail<'_>) -> Option<Rule> {
    if !(3..=5).contains(&trail.depth()) {
        return None;
    }
    let keys = trail.keys()?;
    Some(match &keys[..trail.depth()] {
        ["networks", _, "ipam", "config"] => Rule::IpamConfig,
        ["networks" | "volumes" | "secrets" | "configs", _, "labels"] => Rule::Pairs,
        ["services", _, "deploy", "labels"] => Rule::Pairs,
        ["services" | "jobs", _, field @ ..] => match field {
            ["command" | "entrypoint"] | ["healthcheck", "test"] => Rule::Replace,
            ["annotations" | "environment" | "labels" | "sysctls"]
            | ["build", "args" | "additional_contexts" | "labels"] => Rule::Pairs,
            [
                "dns" | "dns_opt" | "dns_search" | "env_file" | "label_file" | "extra_hosts"
                | "tmpfs",
            ]
            | ["build", "extra_hosts"] => Rule::List,
            ["build"] => Rule::Build,
            ["depends_on"] => Rule::DependsOn,
            ["models" | "networks"] => Rule::Names,
            ["logging"] => Rule::Logging,
            ["ulimits", _] => Rule::Ulimit,
            _ => return None,
        },
        _ => return None,
    })
}

/// Merges `over` into `base`.
pub(super) fn merge(cx: &mut Cx<'_>, base: Item, over: Item, trail: &Trail<'_>) -> Resolving<Item> {
    if let Some(rule) = rule_of(trail) {
        return special(cx, rule, base, over, trail);
    }
    if over.is_null() {
        return Ok(base);
    }
    match (base.data, over.data) {
        (Data::Map(one), Data::Map(two)) => {
            let merged = mappings(cx, one, two, trail)?;
            Ok(Item::new(Data::Map(merged), base.trace))
        }
        (Data::List(one), Data::List(two)) => {
            Ok(Item::new(Data::List(appended(one, two)), base.trace))
        }
        (one @ (Data::Map(_) | Data::List(_)), two) => {
            let base = Item::new(one, base.trace);
            let over = Item::new(two, over.trace);
            let reason = Reason::CannotMerge {
                path: trail.to_string(),
                base: base.kind_name(),
                over: over.kind_name(),
            };
            Err(cx.refusal(reason, over.trace))
        }
        (_, two) => Ok(Item {
            data: two,
            trace: over.trace,
            halves: over.halves,
        }),
    }
}

fn mappings(cx: &mut Cx<'_>, base: Map, over: Map, trail: &Trail<'_>) -> Resolving<Map> {
    let mut merged = base;
    for entry in over {
        let value = match merged.get_mut(&entry.key) {
            None => entry.value,
            Some(known) => {
                let trace = known.trace;
                let known = std::mem::replace(known, Item::null(trace));
                merge(cx, known, entry.value, &trail.key(&entry.key))?
            }
        };
        merged.insert(entry.key, entry.key_trace, value);
    }
    Ok(merged)
}

/// The items of both, those of `over` left out that are there already.
fn appended(base: Vec<Item>, over: Vec<Item>) -> Vec<Item> {
    let mut merged = base;
    // Strings are looked up, so that long lists take no square time.
    let mut known: std::collections::HashSet<Box<str>> = merged
        .iter()
        .filter_map(Item::as_str)
        .map(Into::into)
        .collect();
    for item in over {
        let is_known = match item.as_str() {
            Some(text) => !known.insert(text.into()),
            None => merged.iter().any(|other| other.same(&item)),
        };
        if !is_known {
            merged.push(item);
        }
    }
    merged
}

fn special(
    cx: &mut Cx<'_>,
    rule: Rule,
    base: Item,
    over: Item,
    trail: &Trail<'_>,
) -> Resolving<Item> {
    let trace = base.trace;
    let data = match rule {
        Rule::Replace => return Ok(over),
        Rule::Pairs => {
            let mut both = as_list(base);
            both.extend(as_list(over));
            return unique::entries(cx, both, Identity::KeyValue, trail, trace);
        }
        Rule::List => Data::List(appended(as_list(base), as_list(over))),
        Rule::Build => {
            let (one, two) = (as_build(base), as_build(over));
            Data::Map(mappings(cx, one, two, trail)?)
        }
        Rule::Names => {
            let one = as_names(cx, base, false, trail)?;
            let two = as_names(cx, over, false, trail)?;
            Data::Map(mappings(cx, one, two, trail)?)
        }
        Rule::DependsOn => {
            let one = as_names(cx, base, true, trail)?;
            let two = as_names(cx, over, true, trail)?;
            Data::Map(mappings(cx, one, two, trail)?)
        }
        Rule::Logging => return logging(cx, base, over, trail),
        Rule::Ulimit => match (base.data, over.data) {
            (Data::Map(one), Data::Map(two)) => Data::Map(mappings(cx, one, two, trail)?),
            (_, two) => return Ok(Item::new(two, over.trace)),
        },
        Rule::IpamConfig => Data::List(ipam_config(cx, &base, &over, trail)?),
    };
    Ok(Item::new(data, trace))
}

fn logging(cx: &mut Cx<'_>, base: Item, over: Item, trail: &Trail<'_>) -> Resolving<Item> {
    for item in [&base, &over] {
        if item.as_map().is_none() {
            return Err(wrong_type(cx, item, trail, "a mapping"));
        }
    }
    let same_driver = match (base.get("driver"), over.get("driver")) {
        (Some(one), Some(two)) => one.same(two),
        _ => true,
    };
    let (trace, over_trace) = (base.trace, over.trace);
    match (base.data, over.data) {
        (Data::Map(one), Data::Map(two)) if same_driver => {
            Ok(Item::new(Data::Map(mappings(cx, one, two, trail)?), trace))
        }
        (_, two) => Ok(Item::new(two, over_trace)),
    }
}

fn ipam_config(
    cx: &mut Cx<'_>,
    base: &Item,
    over: &Item,
    trail: &Trail<'_>,
) -> Resolving<Vec<Item>> {
    for item in [base, over] {
        if !matches!(item.data, Data::List(_)) {
            return Err(wrong_type(cx, item, trail, "a list"));
        }
    }
    // The reference keeps references to the mappings that it goes on merging into, and so does
    // this: pools are numbers of mappings, those of the base first.
    let mut maps = Vec::new();
    for item in base.items().iter().chain(over.items()) {
        maps.push((item.trace, as_names(cx, item.clone(), false, trail)?));
    }
    let count = base.items().len();
    let same = |maps: &[(Trace, Map)], one: usize, two: usize| {
        let subnet = |number: usize| maps[number].1.get("subnet").filter(|item| !item.is_null());
        match (subnet(one), subnet(two)) {
            (None, None) => true,
            (Some(one), Some(two)) => one.same(two),
            _ => false,
        }
    };
    let mut pools: Vec<usize> = Vec::new();
    for right in 0..count {
        for left in count..maps.len() {
            if !same(&maps, left, right) && !pools.iter().any(|pool| same(&maps, *pool, left)) {
                pools.push(left);
                continue;
            }
            let merged = std::mem::take(&mut maps[right].1);
            let over = maps[left].1.clone();
            maps[right].1 = mappings(cx, merged, over, trail)?;
            match pools.iter().position(|pool| same(&maps, *pool, right)) {
                Some(known) => pools[known] = right,
                None => pools.push(right),
            }
        }
    }
    let pools = pools.into_iter().map(|pool| {
        let (trace, map) = maps[pool].clone();
        Item::new(Data::Map(map), trace)
    });
    Ok(pools.collect())
}

fn wrong_type(
    cx: &Cx<'_>,
    item: &Item,
    trail: &Trail<'_>,
    wanted: &'static str,
) -> super::context::Refused {
    let reason = Reason::WrongType {
        path: trail.to_string(),
        wanted,
        found: item.kind_name(),
    };
    cx.refusal(reason, item.trace)
}

/// A mapping as a sorted list of `KEY=value`, a string as a list of one.
fn as_list(item: Item) -> Vec<Item> {
    match item.data {
        Data::List(items) => items,
        Data::Text(_) => vec![item],
        Data::Map(map) => {
            let mut pairs: Vec<Item> = Vec::with_capacity(map.len());
            for entry in map {
                match &entry.value.data {
                    Data::Null => {
                        pairs.push(Item::text(entry.key, entry.key_trace));
                    }
                    // A host with several addresses.
                    Data::List(values) => {
                        for value in values {
                            pairs.push(pair(&entry.key, entry.key_trace, value));
                        }
                    }
                    _ => pairs.push(pair(&entry.key, entry.key_trace, &entry.value)),
                }
            }
            pairs.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            pairs
        }
        _ => Vec::new(),
    }
}

fn pair(key: &str, key_trace: Trace, value: &Item) -> Item {
    let text = format!("{key}={}", values::sprint(value));
    Item {
        halves: Some(Box::new(Halves {
            key: key_trace,
            value: value.trace,
        })),
        ..Item::text(text, value.trace)
    }
}

fn as_build(item: Item) -> Map {
    match item.data {
        Data::Map(map) => map,
        Data::Text(_) => {
            let mut map = Map::default();
            let trace = item.trace;
            map.insert("context", trace, item);
            map
        }
        _ => Map::default(),
    }
}

/// A name, a list of names or a mapping as a mapping. `null` is an empty one.
fn as_names(cx: &Cx<'_>, item: Item, depends_on: bool, trail: &Trail<'_>) -> Resolving<Map> {
    let implied = |trace: Trace| {
        if !depends_on {
            return Item::null(trace.implied());
        }
        let mut map = Map::default();
        map.imply("condition", Data::Text("service_started".into()), trace);
        map.imply("required", Data::Bool(true), trace);
        Item::new(Data::Map(map), trace)
    };
    match item.data {
        Data::Map(map) => Ok(map),
        Data::Null => Ok(Map::default()),
        Data::Text(name) => {
            let mut map = Map::default();
            map.insert(name, item.trace, implied(item.trace));
            Ok(map)
        }
        Data::List(items) => {
            let mut map = Map::default();
            for (number, name) in items.iter().enumerate() {
                let Some(text) = name.as_str() else {
                    return Err(wrong_type(cx, name, &trail.item(number), "a name"));
                };
                map.insert(text, name.trace, implied(name.trace));
            }
            Ok(map)
        }
        _ => Err(wrong_type(cx, &item, trail, "a list or a mapping of names")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appending_leaves_out_what_is_there() {
        let text = |text: &str| Item::text(text, Trace::IMPLICIT);
        let number = |value| Item::new(Data::Int(value), Trace::IMPLICIT);
        let merged = appended(
            vec![text("a"), text("a"), number(1)],
            vec![text("b"), text("a"), number(1), number(2), text("b")],
        );
        let shown: Vec<String> = merged.iter().map(values::sprint).collect();
        assert_eq!(shown, ["a", "a", "1", "b", "2"]);
    }

    #[test]
    fn mappings_become_sorted_pairs() {
        let trace = Trace::IMPLICIT;
        let mut map = Map::default();
        map.insert("b", trace, Item::new(Data::Int(1), trace));
        map.insert("a", trace, Item::null(trace));
        let list = as_list(Item::new(Data::Map(map), trace));
        let shown: Vec<&str> = list.iter().filter_map(Item::as_str).collect();
        assert_eq!(shown, ["a", "b=1"]);
    }
}
