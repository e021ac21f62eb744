//! Lists in which one thing may stand once: the last one counts, at the place of the first.
//!
//! Which lists, and what tells their items apart, follows compose-go's `override/uncity.go`.

use std::collections::HashMap;

use super::context::{Cx, Resolving};
use super::item::{Data, Item};
use super::records::Trace;
use super::refusal::Reason;
use super::short;
use super::trail::Trail;
use super::values;

/// What tells the items of a list apart.
#[derive(Clone, Copy)]
pub(super) enum Identity {
    /// The text before `=`.
    KeyValue,
    /// The path in the container.
    VolumeTarget,
    /// The path of the device in the container.
    DeviceTarget,
    /// The path in the container, below this folder where none is written.
    MountTarget(&'static str),
    /// The text or number.
    Expose,
    /// Address, published port, target and protocol; the text of the short form.
    Port,
    /// The path of the file.
    EnvFile,
}

fn identity_of(trail: &Trail<'_>) -> Option<Identity> {
    if !(3..=5).contains(&trail.depth()) {
        return None;
    }
    let keys = trail.keys()?;
    Some(match &keys[..trail.depth()] {
        ["networks", _, "labels"] | ["networks", _, "ipam", "options"] => Identity::KeyValue,
        ["services", _, field @ ..] => match field {
            ["devices"] => Identity::DeviceTarget,
            ["volumes"] => Identity::VolumeTarget,
            ["configs"] => Identity::MountTarget(""),
            ["secrets"] => Identity::MountTarget("/run/secrets"),
            ["env_file"] => Identity::EnvFile,
            ["expose"] => Identity::Expose,
            ["ports"] => Identity::Port,
            [
                "annotations" | "cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search"
                | "environment" | "labels" | "links" | "profiles" | "sysctls" | "tmpfs",
            ]
            | [
                "build",
                "args" | "additional_contexts" | "platform" | "tags" | "labels",
            ]
            | ["deploy", "labels"]
            | ["networks", _, "aliases" | "link_local_ips"] => Identity::KeyValue,
            _ => return None,
        },
        _ => return None,
    })
}

/// Applies the rule to every such list below `item`.
pub(super) fn enforce(cx: &mut Cx<'_>, item: &mut Item, trail: &Trail<'_>) -> Resolving<()> {
    match &mut item.data {
        Data::Map(map) => {
            for (key, _, value) in map.values_mut() {
                // Nothing lies deeper than this.
                if trail.depth() < 5 {
                    enforce(cx, value, &trail.key(key))?;
                }
            }
        }
        Data::List(items) => {
            if let Some(identity) = identity_of(trail) {
                let items = std::mem::take(items);
                *item = entries(cx, items, identity, trail, item.trace)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The list with one item for each identity.
pub(super) fn entries(
    cx: &mut Cx<'_>,
    items: Vec<Item>,
    identity: Identity,
    trail: &Trail<'_>,
    trace: Trace,
) -> Resolving<Item> {
    let mut kept: Vec<Item> = Vec::with_capacity(items.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for (number, item) in items.into_iter().enumerate() {
        let id = id(cx, &item, identity, &trail.item(number))?;
        match places.get(&id) {
            Some(&place) => kept[place] = item,
            None => {
                places.insert(id, kept.len());
                kept.push(item);
            }
        }
    }
    Ok(Item::new(Data::List(kept), trace))
}

fn id(cx: &Cx<'_>, item: &Item, identity: Identity, trail: &Trail<'_>) -> Resolving<String> {
    let wrong_type = |wanted| {
        let reason = Reason::WrongType {
            path: trail.to_string(),
            wanted,
            found: item.kind_name(),
        };
        Err(cx.refusal(reason, item.trace))
    };
    let lacks = |field| {
        let reason = Reason::NoIdentity {
            path: trail.to_string(),
            field,
        };
        Err(cx.refusal(reason, item.trace))
    };
    match (identity, &item.data) {
        (Identity::KeyValue, Data::Text(text)) => {
            Ok(text.split('=').next().unwrap_or(text).to_owned())
        }
        (Identity::KeyValue, _) => wrong_type("a string"),
        (Identity::VolumeTarget | Identity::DeviceTarget, Data::Map(map)) => {
            match map.get("target").and_then(Item::as_str) {
                Some(target) => Ok(target.to_owned()),
                None => lacks("target"),
            }
        }
        (Identity::VolumeTarget, Data::Text(text)) => match short::volume(text) {
            Ok(volume) => Ok(volume.target),
            Err(problem) => Err(cx.refusal(
                Reason::Value {
                    path: trail.to_string(),
                    problem,
                },
                item.trace,
            )),
        },
        (Identity::DeviceTarget, Data::Text(text)) => {
            let mut parts = text.split(':');
            let first = parts.next().unwrap_or_default();
            Ok(parts.next().unwrap_or(first).to_owned())
        }
        (Identity::MountTarget(folder), Data::Text(name)) => Ok(format!("{folder}/{name}")),
        (Identity::MountTarget(folder), Data::Map(map)) => match map.get("target") {
            Some(target) => Ok(values::sprint(target)),
            None => {
                let source = map.get("source").map(values::sprint).unwrap_or_default();
                Ok(format!("{folder}/{source}"))
            }
        },
        (Identity::MountTarget(_), _) => wrong_type("a name or a mapping"),
        (Identity::Expose, Data::Text(_) | Data::Int(_)) => Ok(values::sprint(item)),
        (Identity::Expose, _) => wrong_type("a port"),
        (Identity::Port, Data::Map(map)) => {
            let Some(target) = map.get("target") else {
                return lacks("target");
            };
            // A port as a number and one as a string are two things to the reference.
            let text = |item: &Item| match item.as_str() {
                Some(text) => text.to_owned(),
                None => format!("({} {})", item.kind_name(), values::sprint(item)),
            };
            let field =
                |key, otherwise: &str| map.get(key).map_or_else(|| otherwise.to_owned(), text);
            let target = match &target.data {
                Data::Int(target) => target.to_string(),
                _ => format!("({} {})", target.kind_name(), values::sprint(target)),
            };
            Ok(format!(
                "{}:{}:{target}/{}",
                field("host_ip", "0.0.0.0"),
                field("published", "(nothing)"),
                field("protocol", "tcp")
            ))
        }
        (Identity::Port, Data::Text(_) | Data::Int(_)) => Ok(values::sprint(item)),
        (Identity::EnvFile, Data::Text(path)) => Ok(path.to_string()),
        (Identity::EnvFile, Data::Map(map)) => match map.get("path") {
            Some(path) => Ok(values::sprint(path)),
            None => lacks("path"),
        },
        _ => Ok(String::new()),
    }
}
