//! From files to one model: the steps that each file goes through, and in which order.
//!
//! The order is the meaning (compose-go's `loader/loader.go`): every document of every file is
//! interpolated, completed by what it includes and extends, and merged over what came before;
//! then the whole so far is checked against the schema and made canonical.

use std::collections::HashMap;

use super::canonical;
use super::context::{Cx, MAX_NESTING, Refused, Resolving};
use super::defaults;
use super::environment::Environment;
use super::extends::{self, Bases};
use super::include;
use super::interpolate;
use super::item::{Data, Item, Map};
use super::merge;
use super::normalise;
use super::paths;
use super::read::{self, Resets};
use super::records::Trace;
use super::refusal::Reason;
use super::relative;
use super::schema;
use super::trail::Trail;
use super::unique;

/// How files are loaded.
pub(super) struct Load<'e> {
    /// Relative paths of the model are resolved against this.
    pub(super) working_dir: String,
    /// Files that are named in files are looked for from here.
    pub(super) file_dir: String,
    /// What variables mean.
    pub(super) environment: &'e Environment,
    /// Whether paths of the model are resolved.
    pub(super) resolve_paths: bool,
}

/// Models that are included, by what decides over them.
type IncludeCache = HashMap<(Vec<String>, String, String), Vec<(Environment, Item)>>;

/// What one resolution loads once.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) includes: IncludeCache,
}

/// Loads files over one another.
pub(super) fn model(
    cx: &mut Cx<'_>,
    files: &[(String, Trace)],
    load: &Load<'_>,
    included: &[String],
    loaded: &mut Loaded,
) -> Resolving<Item> {
    let mut model = Item::new(Data::Map(Map::default()), Trace::IMPLICIT);
    let mut bases = Bases::default();
    for (path, cause) in files {
        model = file(cx, path, *cause, model, load, included, loaded, &mut bases)?;
    }
    defaults::complete(cx, &mut model, &Trail::TOP)?;
    if !cx.request.no_validation {
        defaults::validate(cx, &model, &Trail::TOP)?;
    }
    if load.resolve_paths {
        relative::resolve(cx, &mut model, &load.working_dir, &Trail::TOP)?;
    }
    normalise::environment(cx, &mut model, load.environment);
    Ok(model)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the state of a load, which lives in two places for the borrow checker's sake"
)]
fn file(
    cx: &mut Cx<'_>,
    path: &str,
    cause: Trace,
    model: Item,
    load: &Load<'_>,
    included: &[String],
    loaded: &mut Loaded,
    bases: &mut Bases,
) -> Resolving<Item> {
    let parsed = cx.compose_file(path, cause)?;
    let documents = read::documents(cx, &parsed)?;
    let mut model = model;
    let mut included = included.to_vec();
    for read::Read { root, resets } in documents {
        let mut root = prepared(cx, root, load.environment)?;
        included.push(path.to_owned());
        if included.len() > MAX_NESTING {
            let reason = Reason::TooMuch {
                what: "files include each other",
                limit: MAX_NESTING as u64,
            };
            return Err(cx.refusal(reason, cause));
        }
        include::apply(cx, &mut root, &resets, load, &included, loaded)?;
        resets.apply(&mut model);
        extends::apply(cx, &mut root, path, &resets, load, bases)?;
        if model.as_map().is_some_and(Map::is_empty) {
            model.trace = root.trace;
        }
        model = merge::merge(cx, model, root, &Trail::TOP)?;
        unique::enforce(cx, &mut model, &Trail::TOP)?;
        if !cx.request.no_validation {
            let violations = schema::check(cx, &model);
            if !violations.is_empty() {
                cx.tolerate(Refused(violations))?;
            }
            if let Some(version) = model.as_map_mut().and_then(|map| map.remove("version")) {
                let message = "`version` has no meaning any more; remove it";
                cx.notice(message, version.key_trace.spot());
            }
        }
        canonical(cx, &mut model)?;
    }
    Ok(model)
}

/// A document with its variables replaced and its old names renewed.
fn prepared(cx: &mut Cx<'_>, root: Item, environment: &Environment) -> Resolving<Item> {
    let mut root = root;
    if !cx.request.no_interpolate {
        interpolate::interpolate(cx, &mut root, environment)?;
    }
    promote(cx, &mut root)?;
    Ok(root)
}

fn canonical(cx: &mut Cx<'_>, model: &mut Item) -> Resolving<()> {
    canonical::canonical(cx, model, &Trail::TOP)?;
    drop_empty_dns(model);
    // A range of ports may meet ports of another file only now.
    unique::enforce(cx, model, &Trail::TOP)
}

/// A file that is only looked at for the services that others extend.
pub(super) fn base(
    cx: &mut Cx<'_>,
    path: &str,
    cause: Trace,
    environment: &Environment,
) -> Resolving<(Item, Resets)> {
    let parsed = cx.compose_file(path, cause)?;
    let documents = read::documents(cx, &parsed)?;
    let mut model = Item::new(Data::Map(Map::default()), Trace::IMPLICIT);
    let mut last = Resets::default();
    for read::Read { root, resets } in documents {
        let root = prepared(cx, root, environment)?;
        resets.apply(&mut model);
        model = merge::merge(cx, model, root, &Trail::TOP)?;
        unique::enforce(cx, &mut model, &Trail::TOP)?;
        canonical(cx, &mut model)?;
        last = resets;
    }
    Ok((model, last))
}

/// `x-develop` and `x-initialSync` are read as what they became; where both are written, the
/// extension lies under the attribute.
fn promote(cx: &mut Cx<'_>, root: &mut Item) -> Resolving<()> {
    let Some(services) = root
        .as_map_mut()
        .and_then(|root| root.get_mut("services"))
        .and_then(Item::as_map_mut)
    else {
        return Ok(());
    };
    let outer = Trail::TOP.key("services");
    for (name, _, service) in services.values_mut() {
        let Some(service) = service.as_map_mut() else {
            continue;
        };
        let trail = outer.key(name);
        rename(cx, service, "x-develop", "develop", &trail)?;
        let Some(Item {
            data: Data::List(watch),
            ..
        }) = service
            .get_mut("develop")
            .and_then(Item::as_map_mut)
            .and_then(|develop| develop.get_mut("watch"))
        else {
            continue;
        };
        let develop = trail.key("develop");
        let trail = develop.key("watch");
        for (number, trigger) in watch.iter_mut().enumerate() {
            if let Some(trigger) = trigger.as_map_mut() {
                let trail = trail.item(number);
                rename(cx, trigger, "x-initialSync", "initial_sync", &trail)?;
            }
        }
    }
    Ok(())
}

fn rename(
    cx: &mut Cx<'_>,
    map: &mut Map,
    from: &str,
    to: &str,
    trail: &Trail<'_>,
) -> Resolving<()> {
    let Some(old) = map.remove(from) else {
        return Ok(());
    };
    let value = match map.get_mut(to) {
        Some(known) if !known.is_null() => {
            let trace = known.trace;
            let known = std::mem::replace(known, Item::null(trace));
            merge::merge(cx, old.value, known, &trail.key(to))?
        }
        _ => old.value,
    };
    map.insert(to, old.key_trace, value);
    Ok(())
}

/// Empty entries of `dns` say nothing.
fn drop_empty_dns(model: &mut Item) {
    let Some(model) = model.as_map_mut() else {
        return;
    };
    for section in ["services", "jobs"] {
        let Some(containers) = model.get_mut(section).and_then(Item::as_map_mut) else {
            continue;
        };
        for (_, _, container) in containers.values_mut() {
            let dns = container.as_map_mut().and_then(|map| map.get_mut("dns"));
            if let Some(Item {
                data: Data::List(entries),
                ..
            }) = dns
            {
                entries.retain(|entry| !entry.is_null() && entry.as_str() != Some(""));
            }
        }
    }
}

impl Load<'_> {
    /// A path in a file, from the folder in which files are looked for.
    pub(super) fn path(&self, path: &str) -> String {
        paths::absolute(&self.file_dir, path)
    }

    /// The folder of such a path, relative to the folder in which files are looked for.
    pub(super) fn folder_of(&self, cx: &Cx<'_>, path: &str) -> String {
        let whole = self.path(path);
        let folder = if cx.is_folder(&whole) {
            whole
        } else {
            self.path(&paths::dir(path))
        };
        paths::relative(&self.file_dir, &folder).unwrap_or(folder)
    }
}
