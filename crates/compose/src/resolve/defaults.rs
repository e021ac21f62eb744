//! What holds where nothing is written, field by field; and checks of single values.
//!
//! Follows compose-go's `transform/defaults.go` and its `validation` package.

use super::context::{Cx, Resolving};
use super::item::{Data, Item};
use super::refusal::Reason;
use super::short;
use super::trail::{ITEM, Trail};
use super::values;

/// Adds the defaults below `item`.
pub(super) fn complete(cx: &mut Cx<'_>, item: &mut Item, trail: &Trail<'_>) -> Resolving<()> {
    if (3..=7).contains(&trail.depth())
        && let Some(keys) = trail.keys()
    {
        let done = match &keys[..trail.depth()] {
            ["services" | "jobs", _, field @ ..] => default_of(cx, item, field, trail)?,
            _ => false,
        };
        if done {
            return Ok(());
        }
    }
    // Nothing lies deeper than this.
    if trail.depth() >= 7 {
        return Ok(());
    }
    match &mut item.data {
        Data::Map(map) => {
            for (key, _, value) in map.values_mut() {
                complete(cx, value, &trail.key(key))?;
            }
        }
        Data::List(items) => {
            for (number, value) in items.iter_mut().enumerate() {
                complete(cx, value, &trail.item(number))?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether the field has defaults of its own, so that nothing below it is looked at.
fn default_of(cx: &Cx<'_>, item: &mut Item, field: &[&str], trail: &Trail<'_>) -> Resolving<bool> {
    let trace = item.trace;
    let wanted = match field {
        ["build"] => {
            if let Some(map) = item.as_map_mut()
                && !map.contains("context")
            {
                map.imply("context", Data::Text(".".into()), trace);
            }
            return Ok(true);
        }
        ["ports", ITEM] => {
            if let Some(map) = item.as_map_mut() {
                for (key, default) in [("protocol", "tcp"), ("mode", "ingress")] {
                    if !map.contains(key) {
                        map.imply(key, Data::Text(default.into()), trace);
                    }
                }
            }
            return Ok(true);
        }
        ["secrets", ITEM] => {
            if let Some(map) = item.as_map_mut() {
                if !map.contains("target") {
                    let source = map.get("source").map_or("<nil>".into(), values::sprint);
                    let target = format!("/run/secrets/{source}");
                    map.imply("target", Data::Text(target.into()), trace);
                }
                return Ok(true);
            }
            "a name or a mapping"
        }
        ["gpus", ITEM] | ["deploy", "resources", "reservations", "devices", ITEM] => {
            if let Some(map) = item.as_map_mut() {
                if !map.contains("count") && !map.contains("device_ids") {
                    map.imply("count", Data::Text("all".into()), trace);
                }
                return Ok(true);
            }
            "a mapping"
        }
        ["volumes", ITEM, "bind"] => {
            if let Some(map) = item.as_map_mut() {
                if !map.contains("create_host_path") {
                    map.imply("create_host_path", Data::Bool(true), trace);
                }
                return Ok(true);
            }
            "a mapping"
        }
        _ => return Ok(false),
    };
    let reason = Reason::WrongType {
        path: trail.to_string(),
        wanted,
        found: item.kind_name(),
    };
    Err(cx.refusal(reason, trace))
}

/// Refuses values that cannot be, below `item`.
pub(super) fn validate(cx: &mut Cx<'_>, item: &Item, trail: &Trail<'_>) -> Resolving<()> {
    if (2..=7).contains(&trail.depth())
        && let Some(keys) = trail.keys()
    {
        let problem = match &keys[..trail.depth()] {
            ["volumes", _] => Some(volume(item)),
            ["configs", _] => Some(file_object(item, &["file", "environment", "content"])),
            ["secrets", _] => Some(file_object(item, &["file", "environment"])),
            ["services", _, "ports", ITEM] => Some(address(item)),
            ["services", _, "develop", "watch", ITEM, "path"] => Some(
                (item.as_str() == Some(""))
                    .then(|| Reason::Value {
                        path: trail.to_string(),
                        problem: "an empty path is none".into(),
                    })
                    .map_or(Problem::None, Problem::Whole),
            ),
            [
                "services",
                _,
                "deploy",
                "resources",
                "reservations",
                "devices",
                ITEM,
            ]
            | ["services", _, "gpus", ITEM] => Some(device_request(item)),
            _ => None,
        };
        if let Some(problem) = problem {
            let reason = match problem {
                Problem::None => return Ok(()),
                Problem::Whole(reason) => reason,
                Problem::Contradiction(problem) => Reason::Conflict {
                    path: trail.to_string(),
                    problem,
                },
                Problem::Value(problem) => Reason::Value {
                    path: trail.to_string(),
                    problem,
                },
            };
            let refused = cx.refusal(reason, item.trace);
            return cx.tolerate(refused);
        }
    }
    if trail.depth() >= 7 {
        return Ok(());
    }
    match &item.data {
        Data::Map(map) => {
            for entry in map {
                validate(cx, &entry.value, &trail.key(entry.key()))?;
            }
        }
        Data::List(items) => {
            for (number, value) in items.iter().enumerate() {
                validate(cx, value, &trail.item(number))?;
            }
        }
        _ => {}
    }
    Ok(())
}

enum Problem {
    None,
    Whole(Reason),
    Contradiction(String),
    Value(String),
}

fn volume(item: &Item) -> Problem {
    if item.get("external").and_then(Item::as_bool) != Some(true) {
        return Problem::None;
    }
    let other = item.entries().find(|entry| {
        !matches!(entry.key(), "name" | "external") && !entry.key().starts_with("x-")
    });
    other.map_or(Problem::None, |entry| {
        Problem::Contradiction(format!(
            "what is `external` is defined elsewhere, `{}` cannot be said of it",
            entry.key()
        ))
    })
}

fn file_object(item: &Item, keys: &[&str]) -> Problem {
    let given = keys.iter().filter(|key| item.get(key).is_some()).count();
    let listed = format!("`{}`", keys.join("`, `"));
    if given > 1 {
        return Problem::Contradiction(format!("only one of {listed} can be said"));
    }
    if given == 0 && item.get("driver").is_none() && item.get("external").is_none() {
        return Problem::Contradiction(format!("one of {listed} must be said"));
    }
    Problem::None
}

fn address(item: &Item) -> Problem {
    match item.get("host_ip").map(values::sprint) {
        Some(text) if !short::is_ip(&text) => {
            Problem::Value(format!("`{text}` is no address of the host"))
        }
        _ => Problem::None,
    }
}

fn device_request(item: &Item) -> Problem {
    if item.get("count").is_some() && item.get("device_ids").is_some() {
        return Problem::Contradiction("`count` and `device_ids` exclude each other".into());
    }
    Problem::None
}
