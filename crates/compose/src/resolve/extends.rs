//! `extends`: a service that takes over another's definition.
//!
//! Follows compose-go's `loader/extends.go`. A base from another file is made canonical, and its
//! paths are resolved against its own folder, before the service is merged over it.

use std::collections::HashMap;

use super::context::{Cx, MAX_NESTING, Resolving, remote};
use super::include::size;
use super::item::{Data, Item, Map};
use super::load::{self, Load};
use super::merge;
use super::read::Resets;
use super::records::{LinkKind, Trace};
use super::refusal::Reason;
use super::relative;
use super::trail::Trail;

/// Files that services extend, loaded once: by path and folder.
#[derive(Default)]
pub(super) struct Bases(HashMap<(String, String), (Map, Resets)>);

/// The services among which a base is looked for.
struct Scope {
    services: Map,
    resets: Resets,
}

/// Replaces every service of the file that extends another by both together.
pub(super) fn apply(
    cx: &mut Cx<'_>,
    root: &mut Item,
    file: &str,
    resets: &Resets,
    load: &Load<'_>,
    bases: &mut Bases,
) -> Resolving<()> {
    let Some(root) = root.as_map_mut() else {
        return Ok(());
    };
    for section in ["services", "jobs"] {
        let Some(item) = root.get_mut(section) else {
            continue;
        };
        let trace = item.trace;
        let Data::Map(services) = &mut item.data else {
            let reason = Reason::WrongType {
                path: section.to_owned(),
                wanted: "a mapping",
                found: item.kind_name(),
            };
            return Err(cx.refusal(reason, trace));
        };
        let extending: Vec<String> = services
            .iter()
            .filter(|entry| entry.value().get("extends").is_some() || is_odd(entry.value()))
            .map(|entry| entry.key().to_owned())
            .collect();
        if extending.is_empty() {
            continue;
        }
        let mut scope = Scope {
            services: std::mem::take(services),
            resets: resets.clone(),
        };
        let mut extender = Extender {
            cx,
            load,
            file,
            bases,
        };
        let mut outcome = Ok(());
        for name in extending {
            let done = extender.service(&name, &mut scope, &mut Vec::new());
            if let Err(refused) = done.map(|_| ())
                && let Err(refused) = extender.cx.tolerate(refused)
            {
                outcome = Err(refused);
                break;
            }
        }
        *services = scope.services;
        outcome?;
    }
    Ok(())
}

/// Whether a service is neither a mapping nor nothing.
fn is_odd(item: &Item) -> bool {
    item.as_map().is_none() && !item.is_null()
}

struct Extender<'c, 's> {
    cx: &'c mut Cx<'s>,
    load: &'c Load<'c>,
    /// The file whose services are completed.
    file: &'c str,
    bases: &'c mut Bases,
}

impl Extender<'_, '_> {
    /// The service with what it extends; it replaces what `scope` has. Nothing for `null`.
    fn service(
        &mut self,
        name: &str,
        scope: &mut Scope,
        chain: &mut Vec<(String, String)>,
    ) -> Resolving<Option<Item>> {
        let Some(service) = scope.services.get(name) else {
            return Ok(None);
        };
        if service.is_null() {
            return Ok(None);
        }
        let trace = service.trace;
        let Some(map) = service.as_map() else {
            let reason = Reason::WrongType {
                path: format!("services.{name}"),
                wanted: "a mapping",
                found: service.kind_name(),
            };
            return Err(self.cx.refusal(reason, trace));
        };
        let Some(extends) = map.get("extends") else {
            return Ok(Some(service.clone()));
        };
        let cause = extends.trace;
        let (base, file) = self.target(name, extends)?;
        // Where the name of what is extended is written.
        let named = extends.get("service").map_or(cause, Item::trace);
        let place = file.as_ref().map_or(self.file, |(path, _)| path.as_str());
        let step = (place.to_owned(), name.to_owned());
        if chain.contains(&step) || chain.len() >= MAX_NESTING {
            chain.push(step);
            let services = chain.iter();
            let services = services.map(|(file, service)| format!("{service} in {file}"));
            let services = services.collect();
            return Err(self.cx.refusal(Reason::ExtendsCycle { services }, cause));
        }
        let mut other = match &file {
            Some((path, trace)) => {
                let scope = self.base_file(path, *trace)?;
                if !scope.services.contains(&base) {
                    let reason = Reason::ExtendsUnknown {
                        service: name.to_owned(),
                        base,
                        file: self.load.path(path),
                    };
                    return Err(self.cx.refusal(reason, named));
                }
                Some(scope)
            }
            None if scope.services.contains(&base) => None,
            None => {
                let reason = Reason::ExtendsUnknown {
                    service: name.to_owned(),
                    base,
                    file: self.file.to_owned(),
                };
                return Err(self.cx.refusal(reason, named));
            }
        };
        chain.push(step);
        let found = self.service(&base, other.as_mut().unwrap_or(scope), chain)?;
        chain.pop();
        let Some(service) = scope.services.get(name).cloned() else {
            return Ok(None);
        };
        let Some(mut found) = found else {
            return Ok(Some(service));
        };
        self.cx.count_items(size(&found), cause)?;
        scope.resets.apply_within("services", name, &mut found);
        if let Some(spot) = cause.spot()
            && let Some(map) = found.as_map_mut()
        {
            self.cx.link(map, LinkKind::Extends, spot);
        }
        let services = Trail::TOP.key("services");
        // The service's own place is kept: it is not where its base is written.
        let mut merged = merge::merge(self.cx, found, service, &services.key("x"))?;
        merged.trace = trace;
        if let Some(map) = merged.as_map_mut() {
            map.remove("extends");
        }
        let head = scope
            .services
            .entry(name)
            .map_or(trace, super::item::Entry::key_trace);
        scope.services.insert(name, head, merged.clone());
        Ok(Some(merged))
    }

    /// The service that is extended, and its file.
    fn target(&self, name: &str, extends: &Item) -> Resolving<(String, Option<(String, Trace)>)> {
        match &extends.data {
            Data::Text(base) => Ok((base.to_string(), None)),
            Data::Map(map) => {
                let Some(base) = map.get("service").and_then(Item::as_str) else {
                    let service = name.to_owned();
                    let reason = Reason::ExtendsNoService { service };
                    return Err(self.cx.refusal(reason, extends.trace));
                };
                let file = match map.get("file").filter(|file| !file.is_null()) {
                    None => None,
                    Some(file) => match file.as_str() {
                        Some(path) => Some((path.to_owned(), file.trace)),
                        None => {
                            let reason = Reason::WrongType {
                                path: format!("services.{name}.extends.file"),
                                wanted: "a path",
                                found: file.kind_name(),
                            };
                            return Err(self.cx.refusal(reason, file.trace));
                        }
                    },
                };
                Ok((base.to_owned(), file))
            }
            _ => {
                let service = name.to_owned();
                let reason = Reason::ExtendsNoService { service };
                Err(self.cx.refusal(reason, extends.trace))
            }
        }
    }

    /// The services of another file.
    fn base_file(&mut self, path: &str, cause: Trace) -> Resolving<Scope> {
        if let Some(reason) = remote(path) {
            return Err(self.cx.refusal(reason, cause));
        }
        let local = self.load.path(path);
        let folder = self.load.folder_of(self.cx, path);
        let key = (local, folder);
        if !self.bases.0.contains_key(&key) {
            let loaded = self.load_base(&key.0, &key.1, cause)?;
            self.bases.0.insert(key.clone(), loaded);
        }
        let scope = match self.bases.0.get(&key) {
            Some((services, resets)) => Scope {
                services: services.clone(),
                resets: resets.clone(),
            },
            None => Scope {
                services: Map::default(),
                resets: Resets::default(),
            },
        };
        let copied: u64 = scope.services.iter().map(|entry| size(entry.value())).sum();
        self.cx.count_items(copied, cause)?;
        Ok(scope)
    }

    fn load_base(&mut self, path: &str, folder: &str, cause: Trace) -> Resolving<(Map, Resets)> {
        let (mut model, resets) = load::base(self.cx, path, cause, self.load.environment)?;
        relative::resolve(self.cx, &mut model, folder, &Trail::TOP)?;
        let Data::Map(mut model) = model.data else {
            return Ok((Map::default(), resets));
        };
        match model.remove("services").map(|entry| entry.value.data) {
            Some(Data::Map(services)) => Ok((services, resets)),
            None => Ok((Map::default(), resets)),
            Some(_) => {
                let reason = Reason::WrongType {
                    path: "services".to_owned(),
                    wanted: "a mapping",
                    found: "something else",
                };
                Err(self.cx.refusal(reason, cause))
            }
        }
    }
}
