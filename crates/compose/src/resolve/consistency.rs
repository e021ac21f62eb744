//! Whether the parts of a project fit together: names that are defined, keys that exclude each
//! other, services that do not wait for each other.
//!
//! Follows compose-go's `loader/validate.go` and `graph`. Every violation is listed, where the
//! reference stops at the first.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Cx, Refused, Resolving};
use super::item::{Data, Entry, Item};
use super::records::Trace;
use super::refusal::{Reason, Refusal};
use super::select::{Model, Names};

/// Checks a decoded project.
pub(super) fn check(cx: &mut Cx<'_>, model: &mut Model) -> Resolving<()> {
    let mut checker = Checker {
        cx,
        model,
        found: Vec::new(),
    };
    for entry in checker.model.services() {
        checker.service(entry);
    }
    checker.jobs();
    checker.secrets();
    let found = checker.found;
    if !found.is_empty() {
        cx.tolerate(Refused(found))?;
    }
    share_scale(model);
    cycles(cx, model)
}

/// `scale` counts where both it and `deploy.replicas` are written.
fn share_scale(model: &mut Model) {
    let Some(services) = model.section_mut("services") else {
        return;
    };
    for (_, _, service) in services.values_mut() {
        let Some(scale) = service.get("scale").cloned() else {
            continue;
        };
        if let Some(deploy) = service
            .as_map_mut()
            .and_then(|service| service.get_mut("deploy"))
            .and_then(Item::as_map_mut)
        {
            let trace = deploy
                .get("replicas")
                .map_or(scale.trace, |known| known.trace);
            deploy.insert("replicas", scale.trace.implied(), Item { trace, ..scale });
        }
    }
}

struct Checker<'c, 's> {
    cx: &'c Cx<'s>,
    model: &'c Model,
    found: Vec<Refusal>,
}

impl<'c> Checker<'c, '_> {
    fn refuse(&mut self, reason: Reason, trace: Trace) {
        self.found
            .push(Refusal::at(reason, trace, &self.cx.records));
    }

    fn undefined(&mut self, service: &str, kind: &'static str, name: &str, trace: Trace) {
        let reason = Reason::Undefined {
            service: service.to_owned(),
            kind,
            name: name.to_owned(),
        };
        self.refuse(reason, trace);
    }

    fn conflict(&mut self, path: String, problem: impl Into<String>, trace: Trace) {
        let problem = problem.into();
        self.refuse(Reason::Conflict { path, problem }, trace);
    }

    fn service(&mut self, entry: &'c Entry) {
        let (name, service) = (entry.key(), entry.value());
        let head = entry.key_trace();
        let build = service.get("build");
        if build.is_none() && text(service, "image").is_empty() && service.get("provider").is_none()
        {
            let service = name.to_owned();
            self.refuse(Reason::NothingToRun { service }, head);
        }
        if let Some(build) = build {
            self.build(name, service, build);
        }
        self.networks(name, service, head);
        self.references(name, service);
        self.dependencies(name, service);
        self.healthcheck(name, service);
        self.amounts(name, service);
        self.watch(name, service);
        self.mounts(name, service);
    }

    fn build(&mut self, name: &str, service: &Item, build: &Item) {
        let inline = text(build, "dockerfile_inline");
        if let Some(dockerfile) = build.get("dockerfile").filter(|d| !is_empty(d))
            && !inline.is_empty()
        {
            let problem = "`dockerfile` and `dockerfile_inline` exclude each other";
            self.conflict(path(name, "build"), problem, dockerfile.trace);
        }
        for context in build
            .get("additional_contexts")
            .into_iter()
            .flat_map(Item::entries)
        {
            let Some(target) = context
                .value()
                .as_str()
                .and_then(|text| text.strip_prefix("service:"))
            else {
                continue;
            };
            match self.model.any_service(target) {
                None => self.undefined(name, "service", target, context.value().trace),
                Some(other) if other.get("build").is_none() => {
                    let problem = format!("the service `{target}` has no `build` to take it from");
                    let path = path(name, "build.additional_contexts");
                    self.conflict(path, problem, context.value().trace);
                }
                Some(_) => {}
            }
        }
        let platform = text(service, "platform");
        let platforms = build.get("platforms").map(Item::items).unwrap_or_default();
        if !platform.is_empty()
            && !platforms.is_empty()
            && !platforms
                .iter()
                .any(|known| known.as_str() == Some(platform))
        {
            let problem = format!("it lacks the `platform` of the service, `{platform}`");
            let trace = platforms[0].trace;
            self.conflict(path(name, "build.platforms"), problem, trace);
        }
        for secret in build.get("secrets").map(Item::items).unwrap_or_default() {
            self.defined(name, "secret", secret);
        }
    }

    fn networks(&mut self, name: &str, service: &Item, head: Trace) {
        let mode = service.get("network_mode").filter(|mode| !is_empty(mode));
        let joined: Vec<&Entry> = service
            .get("networks")
            .into_iter()
            .flat_map(Item::entries)
            .collect();
        if let Some(mode) = mode
            && !joined.is_empty()
        {
            let problem = "`network_mode` and `networks` exclude each other";
            self.conflict(format!("services.{name}"), problem, mode.trace);
        }
        for network in joined {
            if !self.model.defines("networks", network.key()) {
                let trace = if network.key_trace().spot().is_some() {
                    network.key_trace()
                } else {
                    head
                };
                self.undefined(name, "network", network.key(), trace);
            }
        }
        if let Some(mode) = mode
            && let Some(other) = mode.as_str().and_then(|text| text.strip_prefix("service:"))
            && self.model.service(other).is_none()
        {
            self.missing_service(name, other, mode.trace);
        }
    }

    /// A service that is needed and not there, or not switched on.
    fn missing_service(&mut self, name: &str, other: &str, trace: Trace) {
        match self.model.disabled_service(other) {
            Some(disabled) => {
                let profiles = disabled.get("profiles").map(Item::items);
                let profiles = profiles.unwrap_or_default().iter();
                let reason = Reason::Disabled {
                    service: name.to_owned(),
                    name: other.to_owned(),
                    profiles: profiles
                        .filter_map(|profile| profile.as_str().map(str::to_owned))
                        .collect(),
                };
                self.refuse(reason, trace);
            }
            None => self.undefined(name, "service", other, trace),
        }
    }

    /// A grant of a secret or config.
    fn defined(&mut self, name: &str, kind: &'static str, grant: &Item) {
        let section = match kind {
            "secret" => "secrets",
            _ => "configs",
        };
        let source = text(grant, "source");
        if !self.model.defines(section, source) {
            let trace = grant.get("source").map_or(grant.trace, |item| item.trace);
            self.undefined(name, kind, source, trace);
        }
    }

    fn references(&mut self, name: &str, service: &Item) {
        for volume in items(service, "volumes") {
            let source = text(volume, "source");
            if text(volume, "type") == "volume"
                && !source.is_empty()
                && !self.model.defines("volumes", source)
            {
                let trace = volume.get("source").map_or(volume.trace, |item| item.trace);
                self.undefined(name, "volume", source, trace);
            }
        }
        for config in items(service, "configs") {
            self.defined(name, "config", config);
        }
        for secret in items(service, "secrets") {
            self.defined(name, "secret", secret);
        }
        for model in service.get("models").into_iter().flat_map(Item::entries) {
            if !self.model.defines("models", model.key()) {
                self.undefined(name, "model", model.key(), model.key_trace());
            }
        }
    }

    fn dependencies(&mut self, name: &str, service: &Item) {
        for dependency in service
            .get("depends_on")
            .into_iter()
            .flat_map(Item::entries)
        {
            let other = dependency.key();
            if self.model.service(other).is_some() {
                continue;
            }
            let required = is_required(dependency.value());
            let is_disabled = self.model.disabled_service(other).is_some();
            if is_disabled && !required {
                continue;
            }
            if self.model.defines("jobs", other) {
                let problem = format!("a service cannot depend on the job `{other}`");
                let trace = dependency.key_trace();
                self.conflict(path(name, "depends_on"), problem, trace);
            } else {
                self.missing_service(name, other, dependency.key_trace());
            }
        }
    }

    fn healthcheck(&mut self, name: &str, service: &Item) {
        let Some(test) = service
            .get("healthcheck")
            .and_then(|check| check.get("test"))
        else {
            return;
        };
        if let Some(first) = test.items().first().and_then(Item::as_str)
            && !matches!(first, "CMD" | "CMD-SHELL" | "NONE")
        {
            let reason = Reason::Value {
                path: path(name, "healthcheck.test"),
                problem: format!("it begins with `CMD`, `CMD-SHELL` or `NONE`, not `{first}`"),
            };
            self.refuse(reason, test.trace);
        }
    }

    /// Numbers that are said in two places, and how many containers there are.
    fn amounts(&mut self, name: &str, service: &Item) {
        let deploy = service.get("deploy");
        let scale = service.get("scale");
        let replicas = deploy.and_then(|deploy| deploy.get("replicas"));
        let whole = format!("services.{name}");
        if let (Some(scale), Some(replicas)) = (scale, replicas)
            && !scale.same(replicas)
        {
            let problem = "`scale` and `deploy.replicas` are different";
            self.conflict(whole.clone(), problem, scale.trace);
        }
        for (field, amount) in [("scale", scale), ("deploy.replicas", scale.or(replicas))] {
            if let Some(amount) = amount
                && amount.as_int().is_some_and(|count| count < 0)
                && (field == "scale" || deploy.is_some())
            {
                let reason = Reason::Value {
                    path: path(name, field),
                    problem: "there cannot be fewer than none".to_owned(),
                };
                self.refuse(reason, amount.trace);
                break;
            }
        }
        for (field, part, limit) in [
            ("cpus", "limits", "cpus"),
            ("mem_limit", "limits", "memory"),
            ("mem_reservation", "reservations", "memory"),
            ("pids_limit", "limits", "pids"),
        ] {
            let Some(amount) = service.get(field).filter(|amount| !is_empty(amount)) else {
                continue;
            };
            let Some(resources) = deploy
                .and_then(|deploy| deploy.get("resources"))
                .and_then(|resources| resources.get(part))
            else {
                continue;
            };
            let same = resources.get(limit).is_some_and(|other| other.same(amount));
            if !same {
                let problem =
                    format!("`{field}` and `deploy.resources.{part}.{limit}` are different");
                self.conflict(whole.clone(), problem, amount.trace);
            }
        }
        let count = scale.or(replicas).and_then(Item::as_int).unwrap_or(1);
        let container_name = service.get("container_name").filter(|name| !is_empty(name));
        if let Some(container_name) = container_name
            && count > 1
        {
            let problem = format!("{count} containers cannot all have the `container_name`");
            self.conflict(whole, problem, container_name.trace);
        }
    }

    fn watch(&mut self, name: &str, service: &Item) {
        let watch = service
            .get("develop")
            .and_then(|develop| develop.get("watch"));
        for trigger in watch.map(Item::items).unwrap_or_default() {
            let action = text(trigger, "action");
            if text(trigger, "target").is_empty() && !matches!(action, "rebuild" | "restart") {
                let problem = format!("the action `{action}` needs a `target`");
                self.conflict(path(name, "develop.watch"), problem, trigger.trace);
            }
        }
    }

    /// Two things cannot be mounted in one place.
    fn mounts(&mut self, name: &str, service: &Item) {
        let mut targets: BTreeMap<&str, &str> = BTreeMap::new();
        for mount in items(service, "tmpfs") {
            let text = mount.as_str().unwrap_or_default();
            let target = text.split(':').next().unwrap_or(text);
            if targets.insert(target, "tmpfs").is_some() {
                let problem = format!("`{target}` is mounted twice");
                self.conflict(path(name, "tmpfs"), problem, mount.trace);
            }
        }
        for mount in items(service, "volumes") {
            let target = text(mount, "target");
            if let Some(other) = targets.insert(target, "volumes") {
                let problem = if other == "tmpfs" {
                    format!("`{target}` is mounted twice, once as `tmpfs`")
                } else {
                    format!("`{target}` is mounted twice")
                };
                let trace = mount.get("target").map_or(mount.trace, |item| item.trace);
                self.conflict(path(name, "volumes"), problem, trace);
            }
        }
    }

    fn jobs(&mut self) {
        for entry in self.model.all_jobs() {
            if self.model.any_service(entry.key()).is_some() {
                let problem = "a service and a job have this name".to_owned();
                self.conflict(format!("jobs.{}", entry.key()), problem, entry.key_trace());
            }
        }
        for entry in self.model.jobs() {
            let depends_on = entry.value().get("depends_on");
            for dependency in depends_on.into_iter().flat_map(Item::entries) {
                let other = dependency.key();
                let known = self.model.defines("jobs", other)
                    || self.model.service(other).is_some()
                    || (self.model.disabled_service(other).is_some()
                        && !is_required(dependency.value()));
                if !known {
                    self.undefined(entry.key(), "service", other, dependency.key_trace());
                }
            }
        }
    }

    fn secrets(&mut self) {
        for entry in self.model.entries("secrets") {
            let secret = entry.value();
            let external = secret.get("external").and_then(Item::as_bool) == Some(true);
            if !external
                && text(secret, "file").is_empty()
                && text(secret, "environment").is_empty()
            {
                let problem = "one of `file` and `environment` must be said";
                let path = format!("secrets.{}", entry.key());
                self.conflict(path, problem, entry.key_trace());
            }
        }
    }
}

/// Refuses services that wait for each other.
fn cycles(cx: &mut Cx<'_>, model: &Model) -> Resolving<()> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = model
        .services()
        .map(|entry| {
            let depends_on = entry.value().get("depends_on");
            let names = depends_on.into_iter().flat_map(Item::entries);
            let names = names.map(Entry::key);
            let known = names.filter(|name| model.service(name).is_some());
            (entry.key(), known.collect())
        })
        .collect();
    // Services that are known not to lead into a cycle.
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in edges.keys() {
        if let Some(cycle) = search(start, &edges, &mut done) {
            let (first, second) = (cycle[0], cycle[1]);
            let trace = model
                .service(first)
                .and_then(|service| service.get("depends_on")?.as_map()?.entry(second))
                .map_or(Trace::IMPLICIT, Entry::key_trace);
            let services = cycle.into_iter().map(str::to_owned).collect();
            let refused = cx.refusal(Reason::DependencyCycle { services }, trace);
            return cx.tolerate(refused);
        }
    }
    Ok(())
}

/// A cycle that `start` leads into, from one service back to itself.
fn search<'a>(
    start: &'a str,
    edges: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    let mut way: Vec<(&str, std::collections::btree_set::Iter<'_, &str>)> = Vec::new();
    way.push((start, edges.get(start)?.iter()));
    while let Some((name, rest)) = way.last_mut() {
        let Some(next) = rest.next() else {
            done.insert(name);
            way.pop();
            continue;
        };
        if let Some(at) = way.iter().position(|(known, _)| known == next) {
            let mut cycle: Vec<&str> = way[at..].iter().map(|(name, _)| *name).collect();
            cycle.push(next);
            return Some(cycle);
        }
        if !done.contains(next)
            && let Some(further) = edges.get(next)
        {
            way.push((next, further.iter()));
        }
    }
    None
}

/// Refuses two services with one container name.
pub(super) fn container_names(cx: &mut Cx<'_>, model: &Model) -> Resolving<()> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in model.services() {
        let Some(item) = entry.value().get("container_name") else {
            continue;
        };
        let Some(name) = item.as_str().filter(|name| !name.is_empty()) else {
            continue;
        };
        if let Some(other) = names.insert(name, entry.key()) {
            let reason = Reason::Conflict {
                path: path(entry.key(), "container_name"),
                problem: format!("the service `{other}` has the same container name `{name}`"),
            };
            let refused = cx.refusal(reason, item.trace);
            cx.tolerate(refused)?;
        }
    }
    Ok(())
}

fn path(service: &str, field: &str) -> String {
    format!("services.{service}.{field}")
}

fn text<'i>(item: &'i Item, key: &str) -> &'i str {
    item.get(key).and_then(Item::as_str).unwrap_or_default()
}

fn items<'i>(item: &'i Item, key: &str) -> &'i [Item] {
    item.get(key).map(Item::items).unwrap_or_default()
}

fn is_required(dependency: &Item) -> bool {
    dependency.get("required").and_then(Item::as_bool) == Some(true)
}

fn is_empty(item: &Item) -> bool {
    match &item.data {
        Data::Text(text) => text.is_empty(),
        Data::Int(value) => *value == 0,
        Data::Single(value) => *value == 0.0,
        _ => false,
    }
}
