//! Relative paths of a model made absolute, or relative to another folder.
//!
//! Follows compose-go's `paths` package: which values are paths, and what is no path although it
//! stands where one may.

use super::context::{Cx, Resolving};
use super::item::{Data, Item};
use super::paths;
use super::refusal::Reason;
use super::trail::{ITEM, Trail};

#[derive(Clone, Copy)]
enum Kind {
    /// A build context: also a URL or `service:name`.
    Context,
    /// A path.
    Path,
    /// A path, on Unix or Windows.
    Either,
    /// A path whose links are followed.
    Followed,
    /// A mount.
    Volume,
    /// A volume whose driver may bind a path.
    DriverOptions,
}

fn kind_of(trail: &Trail<'_>) -> Option<Kind> {
    if !(2..=7).contains(&trail.depth()) {
        return None;
    }
    let keys = trail.keys()?;
    Some(match &keys[..trail.depth()] {
        ["services", _, "develop", "watch", ITEM, "path"] => Kind::Followed,
        ["services", _, "pre_start", _, field @ ..] => match field {
            ["env_file", _, "path"] | ["label_file", _] => Kind::Path,
            ["volumes", _] => Kind::Volume,
            _ => return None,
        },
        ["services" | "jobs", _, field @ ..] => match field {
            ["build", "context"] | ["build", "additional_contexts", _] => Kind::Context,
            ["build", "ssh", _] => Kind::Either,
            ["env_file", _, "path"] | ["label_file", _] | ["extends", "file"] => Kind::Path,
            ["volumes", _] => Kind::Volume,
            _ => return None,
        },
        ["configs" | "secrets", _, "file"] => Kind::Either,
        ["volumes", _] => Kind::DriverOptions,
        _ => return None,
    })
}

/// Resolves every path below `item` against the folder `base`.
pub(super) fn resolve(
    cx: &mut Cx<'_>,
    item: &mut Item,
    base: &str,
    trail: &Trail<'_>,
) -> Resolving<()> {
    if let Some(kind) = kind_of(trail) {
        return one(cx, item, base, kind, trail);
    }
    if trail.depth() >= 7 {
        return Ok(());
    }
    match &mut item.data {
        Data::Map(map) => {
            for (key, _, value) in map.values_mut() {
                resolve(cx, value, base, &trail.key(key))?;
            }
        }
        Data::List(items) => {
            for (number, value) in items.iter_mut().enumerate() {
                resolve(cx, value, base, &trail.item(number))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn one(
    cx: &mut Cx<'_>,
    item: &mut Item,
    base: &str,
    kind: Kind,
    trail: &Trail<'_>,
) -> Resolving<()> {
    let trace = item.trace;
    let path = match (kind, &mut item.data) {
        (Kind::Volume, Data::Map(map)) => {
            if map.get("type").and_then(Item::as_str) != Some("bind") {
                return Ok(());
            }
            let Some(source) = map.get_mut("source") else {
                let reason = Reason::Value {
                    path: trail.to_string(),
                    problem: "a bind mount needs a `source`".into(),
                };
                let refused = cx.refusal(reason, trace);
                return cx.tolerate(refused);
            };
            either(cx, source, base);
            return Ok(());
        }
        (Kind::DriverOptions, Data::Map(map)) => {
            if map.get("driver").and_then(Item::as_str) != Some("local") {
                return Ok(());
            }
            let Some(options) = map.get_mut("driver_opts").and_then(Item::as_map_mut) else {
                return Ok(());
            };
            if options.get("o").and_then(Item::as_str) != Some("bind") {
                return Ok(());
            }
            if let Some(device) = options.get_mut("device") {
                either(cx, device, base);
            }
            return Ok(());
        }
        (Kind::Volume | Kind::DriverOptions, _) => return Ok(()),
        (Kind::Either, _) => {
            either(cx, item, base);
            return Ok(());
        }
        (Kind::Context, Data::Text(text)) if is_elsewhere(text) => return Ok(()),
        (_, Data::Text(text)) => text.to_string(),
        // Not canonical, or dropped before.
        _ => return Ok(()),
    };
    let expanded = cx.with_home(&path, trace);
    let mut resolved = if paths::is_absolute(&expanded) || expanded.is_empty() {
        expanded
    } else {
        paths::join(base, &expanded)
    };
    if let Kind::Followed = kind {
        resolved = followed(cx, resolved);
    }
    item.data = Data::Text(resolved.into());
    Ok(())
}

fn either(cx: &mut Cx<'_>, item: &mut Item, base: &str) {
    let Data::Text(text) = &item.data else {
        return;
    };
    let text = text.to_string();
    let expanded = cx.with_home(&text, item.trace);
    let resolved = if paths::is_absolute(&expanded) || paths::is_windows_absolute(&expanded) {
        expanded
    } else {
        paths::join(base, &expanded)
    };
    item.data = Data::Text(resolved.into());
}

/// Whether a build context is not a folder of this machine.
fn is_elsewhere(text: &str) -> bool {
    text.contains("://")
        || text.starts_with("service:")
        || text.starts_with("github.com/")
        || text.starts_with("git@")
}

/// The path with its first symbolic link replaced by where that leads.
fn followed(cx: &Cx<'_>, path: String) -> String {
    let mut current = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        current = if paths::is_absolute(&path) || !current.is_empty() {
            format!("{current}/{part}")
        } else {
            part.to_owned()
        };
        if let Some(target) = cx.surroundings.link(&current) {
            return path.replacen(&current, &target, 1);
        }
    }
    path
}
