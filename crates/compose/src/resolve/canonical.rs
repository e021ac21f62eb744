//! Short forms made long: after this a port is a mapping, however it was written.
//!
//! Follows compose-go's `transform` package.

use super::context::{Cx, Resolving};
use super::item::{Data, Item, Map};
use super::paths;
use super::records::Trace;
use super::refusal::Reason;
use super::short;
use super::trail::{ITEM, Trail};
use super::values;

/// What is done to a value.
#[derive(Clone, Copy)]
enum Form {
    External,
    StringOrList,
    Names,
    EnvFiles,
    Gpus,
    DependsOn,
    Extends,
    Ports,
    Build,
    Volume,
    Device,
    Grant,
    Ulimit,
    StringOfAny,
    Pairs,
    Ssh,
    Schedule,
}

fn form_of(trail: &Trail<'_>) -> Option<Form> {
    if !(2..=6).contains(&trail.depth()) {
        return None;
    }
    let keys = trail.keys()?;
    match &keys[..trail.depth()] {
        ["volumes" | "networks" | "secrets" | "configs", _] => Some(Form::External),
        ["services", _, "pre_start", _, field @ ..] => container(field),
        ["services", _, "develop", "watch", _, "ignore" | "include"] => Some(Form::StringOrList),
        ["jobs", _, "triggers", "schedule", _] => Some(Form::Schedule),
        ["services" | "jobs", _, field @ ..] => container(field).or_else(|| workload(field)),
        _ => None,
    }
}

fn container(field: &[&str]) -> Option<Form> {
    Some(match field {
        ["env_file"] => Form::EnvFiles,
        ["label_file" | "dns"] => Form::StringOrList,
        ["gpus"] => Form::Gpus,
        ["networks" | "models"] => Form::Names,
        ["volumes", ITEM] => Form::Volume,
        ["devices", ITEM] => Form::Device,
        ["secrets" | "configs", ITEM] => Form::Grant,
        ["ulimits", _] => Form::Ulimit,
        _ => return None,
    })
}

fn workload(field: &[&str]) -> Option<Form> {
    Some(match field {
        ["build"] => Form::Build,
        ["build", "secrets", ITEM] => Form::Grant,
        ["build", "provenance" | "sbom"] => Form::StringOfAny,
        ["build", "additional_contexts"] => Form::Pairs,
        ["build", "ssh"] => Form::Ssh,
        ["build", "ulimits", _] => Form::Ulimit,
        ["depends_on"] => Form::DependsOn,
        ["extends"] => Form::Extends,
        ["ports"] => Form::Ports,
        _ => return None,
    })
}

/// Makes the long form of every value below `item`.
pub(super) fn canonical(cx: &mut Cx<'_>, item: &mut Item, trail: &Trail<'_>) -> Resolving<()> {
    if let Some(form) = form_of(trail) {
        return Canon { cx, trail }.apply(form, item);
    }
    children(cx, item, trail)
}

fn children(cx: &mut Cx<'_>, item: &mut Item, trail: &Trail<'_>) -> Resolving<()> {
    // Nothing lies deeper than this.
    if trail.depth() >= 6 {
        return Ok(());
    }
    match &mut item.data {
        Data::Map(map) => {
            for (key, _, value) in map.values_mut() {
                canonical(cx, value, &trail.key(key))?;
            }
        }
        Data::List(items) => {
            for (number, value) in items.iter_mut().enumerate() {
                canonical(cx, value, &trail.item(number))?;
            }
        }
        _ => {}
    }
    Ok(())
}

struct Canon<'c, 's> {
    cx: &'c mut Cx<'s>,
    trail: &'c Trail<'c>,
}

impl Canon<'_, '_> {
    fn apply(&mut self, form: Form, item: &mut Item) -> Resolving<()> {
        match form {
            Form::External => self.external(item),
            Form::StringOrList => {
                string_or_list(item);
                Ok(())
            }
            Form::Names => self.names(item),
            Form::EnvFiles => self.env_files(item),
            Form::Gpus => self.gpus(item),
            Form::DependsOn => self.depends_on(item),
            Form::Extends => self.keyed("service", item),
            Form::Build => self.keyed("context", item),
            Form::Ports => self.ports(item),
            Form::Volume => self.volume(item),
            Form::Device => self.device(item),
            Form::Grant => self.grant(item),
            Form::Ulimit => self.ulimit(item),
            Form::StringOfAny => {
                if item.as_str().is_none() {
                    item.data = Data::Text(values::sprint(item).into());
                }
                Ok(())
            }
            Form::Pairs => self.pairs(item),
            Form::Ssh => self.ssh(item),
            Form::Schedule => self.schedule(item),
        }
    }

    fn wrong_type(&self, item: &Item, wanted: &'static str) -> super::context::Refused {
        let reason = Reason::WrongType {
            path: self.trail.to_string(),
            wanted,
            found: item.kind_name(),
        };
        self.cx.refusal(reason, item.trace)
    }

    fn bad_value(&self, item: &Item, problem: String) -> super::context::Refused {
        let path = self.trail.to_string();
        self.cx.refusal(Reason::Value { path, problem }, item.trace)
    }

    /// Whether text that cannot be taken apart stays as it is.
    fn is_raw(&self) -> bool {
        self.cx.request.no_interpolate
    }

    /// Drops what cannot be read where that is asked for.
    fn give_up(&mut self, item: &mut Item, problem: String) -> Resolving<()> {
        let refused = self.bad_value(item, problem);
        self.cx.tolerate(refused)?;
        item.data = Data::Null;
        Ok(())
    }

    fn external(&mut self, item: &mut Item) -> Resolving<()> {
        if item.is_null() {
            return Ok(());
        }
        if item.as_map().is_none() {
            return Err(self.wrong_type(item, "a mapping"));
        }
        children(self.cx, item, self.trail)?;
        let trace = item.trace;
        let Some(map) = item.as_map_mut() else {
            return Ok(());
        };
        let Some(external) = map.get("external").filter(|item| item.as_map().is_some()) else {
            return Ok(());
        };
        let external_trace = external.trace;
        let given = external.get("name").cloned();
        let named = map.get("name").cloned();
        map.insert(
            "external",
            external_trace,
            Item::new(Data::Bool(true), external_trace),
        );
        let Some(given) = given else {
            return Ok(());
        };
        match named {
            Some(named) if !named.same(&given) => {
                let reason = Reason::Conflict {
                    path: self.trail.to_string(),
                    problem: "`name` and `external.name` are different".into(),
                };
                return Err(self.cx.refusal(reason, given.trace));
            }
            Some(_) => {}
            None => map.insert("name", given.trace, given),
        }
        let path = self.trail.to_string();
        self.cx.notice(
            format!("`{path}.external.name` is outdated; write `name` and `external: true`"),
            trace.spot(),
        );
        Ok(())
    }

    fn names(&mut self, item: &mut Item) -> Resolving<()> {
        let Data::List(names) = &mut item.data else {
            return Ok(());
        };
        let mut map = Map::default();
        for name in std::mem::take(names) {
            let Some(text) = name.as_str() else {
                return Err(self.wrong_type(&name, "a name"));
            };
            map.insert(text, name.trace, Item::null(name.trace.implied()));
        }
        item.data = Data::Map(map);
        Ok(())
    }

    fn env_files(&mut self, item: &mut Item) -> Resolving<()> {
        string_or_list(item);
        let Data::List(files) = &mut item.data else {
            return Err(self.wrong_type(item, "a path or a list of paths"));
        };
        for file in files {
            let trace = file.trace;
            match &mut file.data {
                Data::Text(_) => {
                    let mut map = Map::default();
                    let path = std::mem::replace(file, Item::null(trace));
                    map.insert("path", trace, path);
                    map.imply("required", Data::Bool(true), trace);
                    file.data = Data::Map(map);
                }
                Data::Map(map) => {
                    if !map.contains("required") {
                        map.imply("required", Data::Bool(true), trace);
                    }
                }
                _ => file.data = Data::Null,
            }
        }
        Ok(())
    }

    fn gpus(&mut self, item: &mut Item) -> Resolving<()> {
        match &item.data {
            Data::List(_) => children(self.cx, item, self.trail),
            Data::Text(_) => {
                let mut map = Map::default();
                map.imply("count", Data::Text("all".into()), item.trace);
                item.data = Data::List(vec![Item::new(Data::Map(map), item.trace)]);
                Ok(())
            }
            _ => Err(self.wrong_type(item, "`all` or a list of devices")),
        }
    }

    fn depends_on(&mut self, item: &mut Item) -> Resolving<()> {
        match &mut item.data {
            Data::Map(map) => {
                for (_, key_trace, value) in map.values_mut() {
                    let Data::Map(options) = &mut value.data else {
                        return Err(self.wrong_type(value, "a mapping with a condition"));
                    };
                    complete_dependency(options, key_trace);
                }
                Ok(())
            }
            Data::List(names) => {
                let mut map = Map::default();
                for name in std::mem::take(names) {
                    let Some(text) = name.as_str() else {
                        return Err(self.wrong_type(&name, "the name of a service"));
                    };
                    let mut options = Map::default();
                    complete_dependency(&mut options, name.trace);
                    let options = Item::new(Data::Map(options), name.trace);
                    map.insert(text, name.trace, options);
                }
                item.data = Data::Map(map);
                Ok(())
            }
            _ => Err(self.wrong_type(item, "a list or a mapping of services")),
        }
    }

    /// A string is the value of `key` in a mapping.
    fn keyed(&mut self, key: &str, item: &mut Item) -> Resolving<()> {
        match &item.data {
            Data::Map(_) => children(self.cx, item, self.trail),
            Data::Text(_) => {
                let trace = item.trace;
                let value = std::mem::replace(item, Item::null(trace));
                let mut map = Map::default();
                map.insert(key, trace, value);
                item.data = Data::Map(map);
                Ok(())
            }
            _ => Err(self.wrong_type(item, "a string or a mapping")),
        }
    }

    fn ports(&mut self, item: &mut Item) -> Resolving<()> {
        let Data::List(entries) = &item.data else {
            return Err(self.wrong_type(item, "a list of ports"));
        };
        let mut ports = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry.data {
                Data::Map(_) => {
                    ports.push(entry.clone());
                    continue;
                }
                Data::Int(_) | Data::Text(_) => {}
                _ => return Err(self.wrong_type(entry, "a port")),
            }
            match short::ports(&values::sprint(entry)) {
                Ok(parsed) => {
                    self.cx.count_items(parsed.len() as u64 * 5, entry.trace)?;
                    ports.extend(parsed.iter().map(|port| long_port(port, entry.trace)));
                }
                Err(_) if self.is_raw() && entry.as_str().is_some() => return Ok(()),
                Err(problem) => {
                    let refused = self.bad_value(entry, problem);
                    self.cx.tolerate(refused)?;
                }
            }
        }
        item.data = Data::List(ports);
        Ok(())
    }

    fn volume(&mut self, item: &mut Item) -> Resolving<()> {
        let text = match &item.data {
            Data::Map(_) => return Ok(()),
            Data::Text(text) => text,
            _ => return Err(self.wrong_type(item, "a volume")),
        };
        match short::volume(text) {
            Ok(volume) => {
                item.data = Data::Map(long_volume(&volume, item.trace));
                Ok(())
            }
            Err(_) if self.is_raw() => Ok(()),
            Err(problem) => self.give_up(item, problem),
        }
    }

    fn device(&mut self, item: &mut Item) -> Resolving<()> {
        let text = match &item.data {
            Data::Map(_) => return Ok(()),
            Data::Text(text) => text,
            _ => return Err(self.wrong_type(item, "a device")),
        };
        let trace = item.trace;
        let device = match short::device(text) {
            Some(device) => device,
            None if self.is_raw() => short::Device {
                source: String::new(),
                target: String::new(),
                permissions: "rwm".into(),
            },
            None => {
                let problem = format!("`{text}` has too many colons; write the long form");
                return self.give_up(item, problem);
            }
        };
        let mut map = Map::default();
        for (key, value) in [
            ("source", device.source),
            ("target", device.target),
            ("permissions", device.permissions),
        ] {
            map.insert(key, trace, Item::text(value, trace));
        }
        item.data = Data::Map(map);
        Ok(())
    }

    fn grant(&mut self, item: &mut Item) -> Resolving<()> {
        match &item.data {
            Data::Map(_) => Ok(()),
            Data::Text(_) => self.keyed("source", item),
            _ => Err(self.wrong_type(item, "a name or a mapping")),
        }
    }

    fn ulimit(&mut self, item: &mut Item) -> Resolving<()> {
        match &item.data {
            Data::Map(_) | Data::Int(_) => Ok(()),
            Data::Text(_) if self.is_raw() => Ok(()),
            _ => Err(self.wrong_type(item, "a whole number or a mapping")),
        }
    }

    fn pairs(&mut self, item: &mut Item) -> Resolving<()> {
        let entries = match &item.data {
            Data::Map(_) => return Ok(()),
            Data::List(entries) => entries,
            _ => return Err(self.wrong_type(item, "a list or a mapping")),
        };
        let mut map = Map::default();
        for entry in entries {
            let Some(text) = entry.as_str() else {
                return Err(self.wrong_type(entry, "`KEY=value`"));
            };
            let Some((key, value)) = text.split_once('=') else {
                if self.is_raw() {
                    return Ok(());
                }
                let problem = format!("`{text}` is no `KEY=value`");
                return Err(self.bad_value(entry, problem));
            };
            let (key_trace, value_trace) = halves(entry);
            map.insert(key, key_trace, Item::text(value, value_trace));
        }
        item.data = Data::Map(map);
        Ok(())
    }

    fn ssh(&mut self, item: &mut Item) -> Resolving<()> {
        let entries = match &item.data {
            Data::Map(_) => return Ok(()),
            Data::List(entries) => entries,
            _ => return Err(self.wrong_type(item, "a list or a mapping")),
        };
        let mut map = Map::default();
        for entry in entries {
            let Some(text) = entry.as_str() else {
                return Err(self.wrong_type(entry, "`ID=path`"));
            };
            let (key_trace, value_trace) = halves(entry);
            match text.split_once('=') {
                Some((id, path)) => map.insert(id, key_trace, Item::text(path, value_trace)),
                None if text == "default" => {
                    map.insert(text, key_trace, Item::null(key_trace.implied()));
                }
                None if self.is_raw() => return Ok(()),
                None => {
                    let problem = format!("the key `{text}` has no path");
                    return Err(self.bad_value(entry, problem));
                }
            }
        }
        item.data = Data::Map(map);
        Ok(())
    }

    fn schedule(&mut self, item: &mut Item) -> Resolving<()> {
        match &item.data {
            Data::Map(_) => Ok(()),
            Data::Text(_) => self.keyed("cron", item),
            _ => Err(self.wrong_type(item, "a schedule")),
        }
    }
}

/// Where the halves of a `KEY=value` were written; the whole for both where that is not known.
pub(super) fn halves(item: &Item) -> (Trace, Trace) {
    match &item.halves {
        Some(halves) => (halves.key, halves.value),
        None => (item.trace, item.trace),
    }
}

fn string_or_list(item: &mut Item) {
    if item.as_str().is_some() {
        let trace = item.trace;
        let only = std::mem::replace(item, Item::null(trace));
        item.data = Data::List(vec![only]);
    }
}

fn complete_dependency(options: &mut Map, cause: Trace) {
    if !options.contains("condition") {
        options.imply("condition", Data::Text("service_started".into()), cause);
    }
    if !options.contains("required") {
        options.imply("required", Data::Bool(true), cause);
    }
}

fn long_port(port: &short::Port, trace: Trace) -> Item {
    let mut map = Map::default();
    map.imply("mode", Data::Text("ingress".into()), trace);
    if !port.host_ip.is_empty() {
        map.insert("host_ip", trace, Item::text(port.host_ip.as_str(), trace));
    }
    let target = Data::Int(i64::from(port.target));
    map.insert("target", trace, Item::new(target, trace));
    if !port.published.is_empty() {
        let published = Item::text(port.published.as_str(), trace);
        map.insert("published", trace, published);
    }
    map.insert("protocol", trace, Item::text(port.protocol.as_str(), trace));
    Item::new(Data::Map(map), trace)
}

fn long_volume(volume: &short::Volume, trace: Trace) -> Map {
    let mut map = Map::default();
    let text = |text: &str| Item::text(text, trace);
    let kind = if volume.is_bind { "bind" } else { "volume" };
    map.insert("type", trace, text(kind));
    if !volume.source.is_empty() {
        map.insert("source", trace, text(&volume.source));
    }
    if !volume.target.is_empty() {
        map.insert("target", trace, text(&paths::clean(&volume.target)));
    }
    if volume.read_only {
        map.insert("read_only", trace, Item::new(Data::Bool(true), trace));
    }
    if volume.has_bind {
        let mut bind = Map::default();
        if let Some(selinux) = &volume.selinux {
            bind.insert("selinux", trace, text(selinux));
        }
        if let Some(propagation) = &volume.propagation {
            bind.insert("propagation", trace, text(propagation));
        }
        if volume.is_bind {
            bind.imply("create_host_path", Data::Bool(true), trace);
        }
        map.insert("bind", trace, Item::new(Data::Map(bind), trace.implied()));
    }
    if let Some(nocopy) = volume.nocopy {
        let mut options = Map::default();
        if nocopy {
            options.insert("nocopy", trace, Item::new(Data::Bool(true), trace));
        }
        map.insert(
            "volume",
            trace,
            Item::new(Data::Map(options), trace.implied()),
        );
    }
    map
}
